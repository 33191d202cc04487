//! The daemon: threads, sockets and disk around the pipeline.
//!
//! Start-up reads as a list: venue → store → buffer → sockets → threads. Whatever fails does so before the first thread
//! runs. Shutdown goes the way of the data: ingest stops, the merge thread lets all that is held through, the writer
//! commits it, then HTTP ends.

pub mod control;
mod fold;
mod history;
mod merge;
mod profiles;
mod rig;
mod upstream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use crate::api::{self, ApiState, HttpOptions, Live};
use crate::clock::BoxClock;
use crate::config::Config;
use crate::environment::Environment;
use crate::ingest::{IngestCounters, IngestError, KeyFileError, SerialIngest, UdpIngest};
use crate::observe::{PartState, Stage, Telemetry};
use crate::pipeline::{Pipeline, Settings};
use crate::reorder::{self, ConfigError, Producer};
use crate::risk::service::RiskService;
use crate::store::{Store, StoreError, StoreOptions, WriterHandle};
use crate::tracking::venue::{Venue, VenueError};

use control::Control;
use fold::Folding;
pub use profiles::StoreProfiles;
pub use upstream::UpstreamError;
use upstream::{Teller, Upstream};

/// Parts whose state `/health/ready` shows.
const PARTS: [&str; 4] = ["ingest", "merge", "store", "api"];
/// Events that a reconnecting client can resume over: a busy game's last ten minutes.
const LIVE_EVENTS: usize = 512;
/// Requests of the API that may wait for the merge thread.
const COMMANDS: usize = 64;
/// HTTP workers: the hot path keeps the cores.
const HTTP_WORKERS: usize = 2;
/// How often the threads are looked after, and signals.
const WATCH_EVERY: Duration = Duration::from_millis(100);
/// How long HTTP may take to say goodbye to its clients.
const DRAIN: Duration = Duration::from_secs(3);
/// How long the store may hold up the end: a slow disk has caught up by then, a full one never does.
const STORE_GRACE: Duration = Duration::from_secs(10);
/// How often the end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The venue file.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// The keys file.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The watermark buffer's settings.
    #[error(transparent)]
    Buffer(#[from] ConfigError),
    /// The UDP socket.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The HTTP socket.
    #[error("cannot listen on http {address}: {source}; `ss -tlpn` shows who has it: stop that, or set [http] listen")]
    Http {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The line to the cloud.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// A thread that the daemon cannot do without has ended.
    #[error(
        "the {0} thread has ended by itself, which is a fault of this program; the lines above say why. Restart it"
    )]
    Died(&'static str),
    /// The system gives no thread.
    #[error("cannot start a thread: {0}; raise TasksMax or the process limit")]
    Thread(#[from] std::io::Error),
}

/// A running daemon.
pub struct Daemon {
    /// Where frames are received.
    pub udp: SocketAddr,
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// What it publishes.
    pub live: Arc<Live>,
    /// Its numbers of its own.
    pub telemetry: Arc<Telemetry>,
    /// What ingest counts.
    pub counters: Arc<IngestCounters>,
    /// Its clock.
    pub clock: BoxClock,
    /// Tells ingest to stop.
    stop: Arc<AtomicBool>,
    /// Tells the merge thread that all that will ever come is on the rings.
    received: Arc<AtomicBool>,
    /// One thread a path: the socket's, then those of the serial lines.
    ingest: Vec<JoinHandle<Producer<crate::ingest::Signal>>>,
    merge: JoinHandle<()>,
    writer: JoinHandle<()>,
    writes: WriterHandle,
    folding: Folding,
    /// Absent where the line to the cloud is off.
    upstream: Option<Upstream>,
    /// Absent where the system refused its socket.
    control: Option<Control>,
    http_stop: oneshot::Sender<()>,
    http_done: tokio::task::JoinHandle<()>,
    runtime: Runtime,
}

impl Daemon {
    /// Starts everything that the configuration names.
    ///
    /// # Errors
    /// The first thing that cannot be had, with what to do.
    pub fn start(config: &Config, clock: BoxClock) -> Result<Self, DaemonError> {
        let telemetry = Telemetry::new(clock, &PARTS);
        let venue = config.venue.load()?;
        let store = Arc::new(open_store(config)?);
        let settings = settings(config, &venue);
        let (mut producers, buffer) = reorder::buffer(&settings.reorder)?;
        let udp_producer = producers.remove(0);

        let udp_settings = config.ingest.udp()?;
        let keys = udp_settings.keys.clone();
        let udp = UdpIngest::bind(udp_settings)?;
        let udp_address = udp.address();
        let receive_buffer_bytes = udp.receive_buffer_bytes();
        let (runtime, listener) = listen(config.http.listen)?;
        let http_address = listener.local_addr().unwrap_or(config.http.listen);

        let environment = match &config.mqtt.url {
            Some(url) => Environment::listen(url, &venue.id, config.environment, clock, runtime.handle()),
            None => Environment::off(clock),
        };
        let live = Live::new(LIVE_EVENTS, clock);
        let counters = Arc::new(IngestCounters::with_lines(&config.ingest.serial));
        let (stop, received) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (commands, inbox) = mpsc::channel(COMMANDS);

        let (writer, writer_thread) = {
            let telemetry = Arc::clone(&telemetry);
            Arc::clone(&store).writer(move |took| telemetry.record(Stage::StoreCommit, took))?
        };
        let started = clock.now();
        let risk = Arc::new(api::RiskDesk::new(RiskService::new(Arc::clone(&store), config.risk)));
        let profiles = StoreProfiles::new(Arc::clone(&store)).with_risk(Arc::clone(&risk));
        let mut pipeline = Pipeline::new(&venue, &settings, buffer, profiles, started);
        profiles::recall(&store, &venue, &mut pipeline, started)?;
        profiles::show(&pipeline, &live);
        rig::show(pipeline.calibration(started), &live, &telemetry);
        let teller = Teller::new(&config.upstream);
        let line = upstream::spawn(upstream::Parts {
            config: &config.upstream,
            venue: &venue.id,
            store: Arc::clone(&store),
            clock,
            telemetry: Arc::clone(&telemetry),
            risk: Arc::clone(&risk),
            runtime: runtime.handle(),
        })?;
        let merge = merge::spawn(merge::Merge {
            pipeline,
            clock,
            live: Arc::clone(&live),
            telemetry: Arc::clone(&telemetry),
            writer: writer.clone(),
            store: Arc::clone(&store),
            counters: Arc::clone(&counters),
            udp: udp_address,
            receive_buffer_bytes: (config.ingest.receive_buffer_bytes, receive_buffer_bytes),
            venue,
            environment: Arc::clone(&environment),
            inbox,
            stop: Arc::clone(&received),
            upstream: teller,
        })?;
        let mut ingest = vec![udp.spawn(clock, Arc::clone(&counters), Arc::clone(&stop), udp_producer)?];
        for (line, producer) in SerialIngest::lines(keys.as_ref(), &counters).into_iter().zip(producers) {
            ingest.push(line.spawn(clock, Arc::clone(&stop), producer)?);
        }
        telemetry.set_part("ingest", PartState::Ready, format!("udp {udp_address}"));

        let folding = fold::spawn(Arc::clone(&store), clock, teller)?;
        let control = Control::try_serve(&config.store.control_socket(), &store, runtime.handle());

        let mut options = HttpOptions::new(http_address);
        options.allowed_hosts.clone_from(&config.http.allowed_hosts);
        let router = api::router(ApiState {
            live: Arc::clone(&live),
            risk: Some(risk),
            history: Arc::new(history::StoreHistory::new(store, roles(&config.readiness))),
            commands,
            telemetry: Arc::clone(&telemetry),
            environment,
            clock,
            options: Arc::new(options),
        });
        let (http_stop, stopped) = oneshot::channel::<()>();
        let http_done = runtime.spawn(serve(listener, router, stopped, Arc::clone(&telemetry)));
        telemetry.set_part("api", PartState::Ready, format!("http {http_address}"));
        Ok(Self {
            udp: udp_address,
            http: http_address,
            live,
            telemetry,
            counters,
            clock,
            stop,
            received,
            ingest,
            merge,
            writer: writer_thread,
            writes: writer,
            folding,
            upstream: line,
            control,
            http_stop,
            http_done,
            runtime,
        })
    }

    /// Waits for SIGTERM or Ctrl-C.
    ///
    /// # Errors
    /// A thread of the hot path ended by itself: a daemon without it would look alive and do nothing.
    pub fn wait_for_signal(&self) -> Result<(), DaemonError> {
        let interrupted = self.interrupted();
        while !interrupted.load(Ordering::Acquire) {
            if let Some(part) = self.died() {
                return Err(DaemonError::Died(part));
            }
            std::thread::sleep(WATCH_EVERY);
        }
        Ok(())
    }

    /// Which thread that the daemon cannot do without has ended by itself, if one has; its part is failed then.
    pub fn died(&self) -> Option<&'static str> {
        let threads = [
            ("ingest", self.ingest.iter().any(JoinHandle::is_finished)),
            ("merge", self.merge.is_finished()),
            ("store", self.writer.is_finished()),
        ];
        let (part, _) = threads.into_iter().find(|(_, ended)| *ended)?;
        self.telemetry.set_part(part, PartState::Failed, "its thread ended; the daemon stops");
        Some(part)
    }

    /// A flag that SIGTERM or Ctrl-C sets.
    pub fn interrupted(&self) -> Arc<AtomicBool> {
        let flag = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&flag);
        self.runtime.spawn(async move {
            match signalled().await {
                Ok(()) => raised.store(true, Ordering::Release),
                Err(error) => tracing::error!(%error, "the system lets nobody listen for signals: stop it by SIGKILL"),
            }
        });
        flag
    }

    /// Stops in the way of the data: what was received is merged, what was merged is committed. A store that takes nothing
    /// any more holds that up for `STORE_GRACE` at most; what it has not taken then is lost, and said so.
    pub fn shutdown(self) {
        self.stop.store(true, Ordering::Release);
        if let Some(control) = self.control {
            control.stop();
        }
        self.folding.stop();
        if let Some(upstream) = self.upstream {
            upstream.stop();
        }
        // A thread that panicked has said so on stderr; the others still stop in order.
        let producers: Vec<_> = self.ingest.into_iter().map(JoinHandle::join).collect();
        self.received.store(true, Ordering::Release);
        let until = Instant::now() + STORE_GRACE;
        while !self.merge.is_finished() && Instant::now() < until {
            std::thread::sleep(LOOK_EVERY);
        }
        if !self.merge.is_finished() {
            self.writes.stop();
        }
        let _ = self.merge.join();
        drop(producers);
        drop(self.writes);
        let _ = self.writer.join();
        self.live.close();
        let _ = self.http_stop.send(());
        let _ = self.runtime.block_on(async { tokio::time::timeout(DRAIN, self.http_done).await });
        self.runtime.shutdown_timeout(DRAIN);
    }
}

async fn signalled() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        done = tokio::signal::ctrl_c() => done,
    }
}

fn open_store(config: &Config) -> Result<Store, StoreError> {
    let group_commit = Duration::from_millis(config.store.commit_ms.into());
    Store::open(&config.store.path, StoreOptions { group_commit, ..StoreOptions::default() })
}

/// The runtime of all that may wait, and its HTTP listener.
fn listen(address: SocketAddr) -> Result<(Runtime, tokio::net::TcpListener), DaemonError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(HTTP_WORKERS)
        .thread_name("http")
        .enable_all()
        .build()?;
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind(address))
        .map_err(|source| DaemonError::Http { address, source })?;
    Ok((runtime, listener))
}

/// Serves HTTP until it is told to stop.
async fn serve(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    stopped: oneshot::Receiver<()>,
    telemetry: Arc<Telemetry>,
) {
    let asked = async move {
        let _ = stopped.await;
    };
    if let Err(error) = api::serve(listener, router, asked).await {
        tracing::error!(%error, "HTTP ended");
        telemetry.set_part("api", PartState::Failed, error.to_string());
    }
}

/// The rooms' settings from the configuration.
pub fn settings(config: &Config, venue: &Venue) -> Settings {
    let paths = 1 + config.ingest.serial.len();
    Settings {
        reorder: reorder::Config { paths, ..config.reorder.buffer(venue) },
        tracking: config.tracking.clone(),
        readiness: config.readiness,
        calibration: config.calibration.clone(),
    }
}

/// What roles are told by, the same as in readiness.
fn roles(readiness: &crate::readiness::Config) -> crate::history::workload::Roles {
    crate::history::workload::Roles {
        starter_pitches_min: readiness.starter_pitches_min,
        starter_cap: readiness.starter_cap,
        reliever_cap: readiness.reliever_cap,
    }
}

/// A final pitch of a game as this box would have measured it.
#[cfg(test)]
fn live_pitch(pitcher: u32, release_ns: u64, id: u64) -> crate::store::records::PitchRecord {
    use crate::store::records::{Measured, Origin, PitchRecord, State};
    PitchRecord {
        pitcher: Some(pitcher),
        release_ns,
        id,
        game_date: "2027-01-15".to_owned(),
        game_pk: 7,
        at_bat_number: None,
        pitch_number: None,
        pitch_type: "FF".to_owned(),
        mound: 0,
        origin: Origin::Live,
        state: State::Final,
        revision: 1,
        values: Measured { release_speed: Some(95.0), ..Measured::default() },
        sd: None,
        cameras: 5,
        residual_px: None,
        late_data_frac: 0.0,
        calibration_confidence: None,
        release_marked: true,
        flags: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ends_by_itself_is_noticed_and_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = Config::default();
        config.store.path = dir.path().to_path_buf();
        config.venue.file = None;
        config.ingest.udp_listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let daemon = Daemon::start(&config, BoxClock::start(1.0)).expect("it starts");
        assert_eq!(daemon.died(), None);
        daemon.received.store(true, Ordering::Release);
        while !daemon.merge.is_finished() {
            std::thread::sleep(LOOK_EVERY);
        }
        assert_eq!(daemon.died(), Some("merge"));
        assert!(matches!(daemon.wait_for_signal(), Err(DaemonError::Died("merge"))));
        daemon.shutdown();
    }
}
