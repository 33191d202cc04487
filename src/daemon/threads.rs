//! The threads around the pipeline: start and shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use super::control::Control;
use super::days::Days;
use super::outing_rollup::OutingRollup;
use super::profiles::StoreProfiles;
use super::recovery::Recovered;
use super::reprocess::Reprocess;
use super::systemd::Sockets;
use super::upstream::{SummaryWriter, Upstream, UpstreamError};
use super::watch::{Watched, Watching};
use super::{
    calibration, descriptors, journal, memory, merge, outing_rollup, profiles, recovery, service, systemd, upstream,
    watch, watchdog,
};
use crate::api::{ApiKeys, ApiState, Command, HttpOptions, KeyPolicy, Live};
use crate::clock::BoxClock;
use crate::config::Config;
use crate::environment::Environment;
use crate::history::etl::DailyModel;
use crate::ingest::{IngestCounters, IngestError, KeyFileError, KeyRing, SerialIngest, UdpIngest};
use crate::journal::Journal;
use crate::observe::{PartState, Stage, Telemetry};
use crate::pipeline::{Beginning, Pipeline, Settings};
use crate::queries::StoreHistory;
use crate::reorder::{ConfigError, Producer};
use crate::risk::service::RiskService;
use crate::store::{Store, StoreError, StoreOptions, WriterHandle};
use crate::tracking::venue::{Venue, VenueError};
use crate::{api, reorder};

/// Parts whose state `/health/ready` shows.
const PARTS: [&str; 6] = ["ingest", "merge", "writer", "store", "api", "cameras"];

/// Events that a reconnecting client can resume over: a busy game's last ten minutes.
const LIVE_EVENTS: usize = 512;

/// Requests of the API that may wait for the merge thread.
const COMMANDS: usize = 64;

/// HTTP workers: the hot path keeps the cores.
const HTTP_WORKERS: usize = 2;

/// How long HTTP may take to say goodbye to its clients.
const DRAIN: Duration = Duration::from_secs(3);

/// How long the store may hold up the end: a slow disk has caught up by then, a full one never does.
const STORE_GRACE: Duration = Duration::from_secs(10);

/// How often the end is looked for.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(1);

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
    pub(super) stop: Arc<AtomicBool>,
    /// Tells the merge thread that all that will ever come is on the rings.
    pub(super) received: Arc<AtomicBool>,
    /// One thread a path: the socket's, then those of the serial lines.
    pub(super) ingest: Vec<JoinHandle<Producer<crate::signal::Signal>>>,
    pub(super) merge: JoinHandle<()>,
    pub(super) writer: JoinHandle<()>,
    writes: WriterHandle,
    folding: OutingRollup,
    watching: Watching,
    /// Absent where the line to the cloud is off.
    pub(super) upstream: Option<Upstream>,
    /// The journal, to be looked at and shed; absent where nothing is journalled.
    pub journal: Option<Journal>,
    journal_thread: Option<JoinHandle<()>>,
    /// Absent where the system refused its socket.
    control: Option<Control>,
    /// What frames are judged by; absent where they need no tag.
    pub(super) frame_keys: Option<KeyRing>,
    /// To the merge thread.
    pub(super) commands: mpsc::Sender<Command>,
    /// Turns of the merge thread.
    merge_turns: Arc<AtomicU64>,
    http_stop: oneshot::Sender<()>,
    http_done: tokio::task::JoinHandle<()>,
    pub(super) runtime: Runtime,
}

impl Daemon {
    /// Starts everything that the configuration names.
    ///
    /// # Errors
    /// The first thing that cannot be had, with what to do.
    pub fn start(config: &Config, clock: BoxClock) -> Result<Self, DaemonError> {
        Self::start_on(config, clock, Sockets::default())
    }

    /// As [`Self::start`], on sockets that the service manager has open already; those that it lacks are opened.
    ///
    /// # Errors
    /// As those of [`Self::start`].
    #[allow(clippy::too_many_lines)] // a list: what is started, in order
    pub fn start_on(config: &Config, clock: BoxClock, sockets: Sockets) -> Result<Self, DaemonError> {
        for doubt in config.readiness.doubts() {
            tracing::warn!("[readiness] {} {}", doubt.key, doubt.why);
        }
        memory::map_big_blocks();
        let telemetry = Telemetry::new(clock, &PARTS);
        let venue = config.venue.load()?;
        let store = Arc::new(open_store(config)?);
        let zone = crate::day::zone(&venue.time_zone);
        let settings = settings(config, &venue);
        settings.reorder.check()?;

        let udp_settings = config.ingest.udp()?;
        let frame_keys = udp_settings.keys.clone();
        let udp = match sockets.udp {
            Some(socket) => UdpIngest::take_over(socket, udp_settings)?,
            None => UdpIngest::bind(udp_settings)?,
        };
        let udp_address = udp.address();
        let receive_buffer_bytes = udp.receive_buffer_bytes();
        let (runtime, listener) = listen(config.http.listen, sockets.http)?;
        let http_address = listener.local_addr().unwrap_or(config.http.listen);

        let environment = match &config.mqtt.url {
            Some(url) => {
                let park = (venue.id.as_str(), venue.altitude_ft);
                Environment::listen(url, park, config.environment, clock, runtime.handle())
            }
            None => Environment::off(clock),
        };
        let live = Live::new(LIVE_EVENTS, clock);
        let counters = Arc::new(IngestCounters::with_lines(&config.ingest.serial));
        counters.marks.recall(&store.source_marks()?.marks);
        let place = Arc::new(api::Place::from(&venue));
        let (stop, received) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let merge_turns = Arc::new(AtomicU64::new(0));

        let (writer, writer_thread) = {
            let telemetry = Arc::clone(&telemetry);
            Arc::clone(&store).writer(move |took| telemetry.record(Stage::StoreCommit, took))?
        };
        let started = clock.now();
        let service = Arc::new(RiskService::new(Arc::clone(&store), config.risk));
        let risk = Arc::new(api::RiskApi::new(Arc::clone(&service)));
        let model: Arc<dyn DailyModel> = service;
        let profiles = StoreProfiles::new(Arc::clone(&store)).with_risk(Arc::clone(&risk));
        let journal = journal::open(config, &telemetry);
        let make = |now| {
            let (producers, buffer) = reorder::buffer(&settings.reorder).expect("the settings were checked");
            (producers, Pipeline::new(&venue, &settings, buffer, profiles.clone(), now))
        };
        let Recovered { mut pipeline, mut producers, outputs, beginning, frames } =
            recovery::start(&store, journal.as_ref(), &venue, make, started)?;
        counters.heard.get_or_init(|| journal::heard(journal.as_ref(), started));
        let (tap, journal_thread) = journal.as_ref().and_then(|journal| journal::start(journal, &telemetry)).unzip();
        if let Some(tap) = tap {
            let goes_on = matches!(beginning, Beginning::Resumed(_));
            pipeline.journal(tap, beginning);
            if goes_on {
                pipeline.note_cut();
            }
        }
        // It ends with the merge thread, and nobody waits for what it still measures.
        let reprocess = journal
            .clone()
            .map(|journal| Reprocess::start(journal, venue.clone(), config.tracking.clone(), clock))
            .transpose()?
            .map(|(reprocess, _thread)| reprocess);
        let kept_journal = journal.clone();
        let udp_producer = producers.remove(0);
        let seen = started.0.saturating_add_signed(pipeline.clocks_apart_ns().saturating_neg());
        profiles::show_pitches(&store, &live, crate::ids::BoxNs(seen))?;
        profiles::show(&pipeline, &live, started);
        calibration::show(pipeline.calibration(started), &live, &telemetry);
        let teller = SummaryWriter::new(&config.upstream);
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
            listed: config.ingest.sources.keys().copied().collect(),
            frame_keys: frame_keys.clone(),
            counters: Arc::clone(&counters),
            udp: udp_address,
            receive_buffer_bytes: (config.ingest.receive_buffer_bytes, receive_buffer_bytes),
            venue,
            environment: Arc::clone(&environment),
            inbox,
            stop: Arc::clone(&received),
            turns: Arc::clone(&merge_turns),
            upstream: teller,
            journal,
            reprocess,
            recovered: (outputs, frames),
        })?;
        let mut ingest = vec![udp.spawn(clock, Arc::clone(&counters), Arc::clone(&stop), udp_producer)?];
        for (line, producer) in SerialIngest::lines(frame_keys.as_ref(), &counters).into_iter().zip(producers) {
            ingest.push(line.spawn(clock, Arc::clone(&stop), producer)?);
        }
        telemetry.set_part("ingest", PartState::Ready, format!("udp {udp_address}"));

        let days = Days::new(clock, Arc::clone(&live), zone);
        let folding = outing_rollup::spawn(Arc::clone(&store), Arc::clone(&model), days.clone(), teller)?;
        let keys = Arc::new(ApiKeys::new(Arc::clone(&store), KeyPolicy::of(&config.http))?);
        if !http_address.ip().is_loopback() && keys.asked() != KeyPolicy::Nobody && !keys.has_keys() {
            tracing::warn!(http = %http_address, "nobody beyond loopback can ask yet: `pitchguard key add --name NAME` makes a key");
        }
        let control =
            Control::try_serve(&config.store, &store, (model, days), &keys, (commands.clone(), runtime.handle()));
        match &control {
            Some(_) => telemetry.set_part("control", PartState::Ready, ""),
            None => telemetry.set_part("control", PartState::Degraded, "no control socket: the log says why"),
        };

        let mut options = HttpOptions::new(http_address);
        options.allowed_hosts.clone_from(&config.http.allowed_hosts);
        options.keys = Some(Arc::clone(&keys));
        options.connections_max = descriptors::room_for(config.http.connections);
        options.connections_per_address = config.http.connections_per_address as usize;
        options.live_per_address = config.http.live_per_address as usize;
        let options = Arc::new(options);
        let watching = watch::spawn(Watched {
            clock,
            live: Arc::clone(&live),
            telemetry: Arc::clone(&telemetry),
            store: Arc::clone(&store),
            writer: writer.clone(),
            environment: Arc::clone(&environment),
            risk: Arc::clone(&risk),
            keys: Arc::clone(&keys),
            config: config.store.clone(),
            sheddable: journal::sheddable(kept_journal.as_ref(), &config.store.path),
        })?;
        let router = api::router(ApiState {
            live: Arc::clone(&live),
            risk: Some(risk),
            history: Arc::new(StoreHistory::new(store, roles(&config.readiness))),
            commands: commands.clone(),
            telemetry: Arc::clone(&telemetry),
            environment,
            place,
            clock,
            options: Arc::clone(&options),
        });
        let (http_stop, stopped) = oneshot::channel::<()>();
        let http_done = runtime.spawn(serve(listener, router, options, stopped, Arc::clone(&telemetry)));
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
            watching,
            upstream: line,
            journal: kept_journal,
            journal_thread,
            control,
            frame_keys,
            commands,
            merge_turns,
            http_stop,
            http_done,
            runtime,
        })
    }

    /// Which thread that the daemon cannot do without has ended by itself, if one has; its part is failed then.
    pub fn died(&self) -> Option<&'static str> {
        let threads = [
            ("ingest", self.ingest.iter().any(JoinHandle::is_finished)),
            ("merge", self.merge.is_finished()),
            ("writer", self.writer.is_finished()),
        ];
        let (part, _) = threads.into_iter().find(|(_, ended)| *ended)?;
        self.telemetry.set_part(part, PartState::Failed, "its thread ended; the daemon stops");
        Some(part)
    }

    /// How often each thread that the way of the data needs has turned; one whose number stands still hangs.
    pub fn turns(&self) -> Vec<watchdog::Turns> {
        let ingest = self.counters.turns().enumerate().map(|(path, turns)| match path {
            0 => ("ingest".to_owned(), turns),
            line => (format!("ingest of serial line {line}"), turns),
        });
        // A merge thread that waits for room in the writer's queue does not hang; whether the writer does is seen by its own.
        let merge = self.merge_turns.load(Ordering::Relaxed) + self.writes.pushes();
        ingest.chain([("merge".to_owned(), merge), ("writer".to_owned(), self.writes.turns())]).collect()
    }

    /// Judges readiness by other limits from the next pitch on. Whether the merge thread will hear of it.
    pub fn judge_by(&self, readiness: crate::readiness::Config) -> bool {
        self.commands.try_send(Command::Judge(Box::new(readiness))).is_ok()
    }

    /// Judges frames by these keys from now on: whether it judges by keys.
    pub fn take_keys(&self, keys: &KeyRing) -> bool {
        self.frame_keys.as_ref().map(|ring| ring.replace(keys)).is_some()
    }

    /// A flag that each SIGHUP sets.
    pub fn hung_up(&self) -> Arc<AtomicBool> {
        service::on_hangup(&self.runtime)
    }

    /// A flag that SIGTERM or Ctrl-C sets.
    pub fn interrupted(&self) -> Arc<AtomicBool> {
        service::on_end(&self.runtime)
    }

    /// Stops in the way of the data: what was received is merged, what was merged is committed. A store that takes nothing
    /// any more holds that up for `STORE_GRACE` at most; what it has not taken then is lost, and said so.
    pub fn shutdown(self) {
        self.stop.store(true, Ordering::Release);
        if let Some(control) = self.control {
            control.stop();
        }
        self.folding.stop();
        self.watching.stop();
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
        if let Some(thread) = self.journal_thread {
            journal::end(thread);
        }
        drop(producers);
        drop(self.writes);
        let _ = self.writer.join();
        self.live.close();
        let _ = self.http_stop.send(());
        let _ = self.runtime.block_on(async { tokio::time::timeout(DRAIN, self.http_done).await });
        self.runtime.shutdown_timeout(DRAIN);
    }
}

fn open_store(config: &Config) -> Result<Store, StoreError> {
    let group_commit = Duration::from_millis(config.store.commit_ms.into());
    let backups = Some(config.store.backup_dir());
    Store::open(&config.store.path, StoreOptions { group_commit, backups, looking, ..StoreOptions::default() })
}

/// Tells how far the look through a large database has come: the service manager at each percent, the log at each tenth.
fn looking(percent: u8) {
    let words = format!("looking through the database, {percent} %");
    systemd::starting(&words);
    if percent.is_multiple_of(10) {
        tracing::info!("{words}");
    }
}

/// The runtime of all that may wait, and its HTTP listener.
pub(crate) fn listen(
    address: SocketAddr,
    handed_over: Option<std::net::TcpListener>,
) -> Result<(Runtime, tokio::net::TcpListener), DaemonError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(HTTP_WORKERS)
        .thread_name("http")
        .enable_all()
        .build()?;
    let failed = |source| DaemonError::Http { address, source };
    let listener = match handed_over {
        Some(socket) => {
            let _inside = runtime.enter();
            socket.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(socket)).map_err(failed)?
        }
        None => runtime.block_on(tokio::net::TcpListener::bind(address)).map_err(failed)?,
    };
    Ok((runtime, listener))
}

/// Serves HTTP until it is told to stop.
pub(super) async fn serve(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    options: Arc<HttpOptions>,
    stopped: oneshot::Receiver<()>,
    telemetry: Arc<Telemetry>,
) {
    let asked = async move {
        let _ = stopped.await;
    };
    if let Err(error) = api::serve(listener, router, options, Arc::clone(&telemetry), asked).await {
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
pub(crate) fn roles(readiness: &crate::readiness::Config) -> crate::workload::Roles {
    crate::workload::Roles {
        starter_pitches_min: readiness.starter_pitches_min,
        starter_cap: readiness.starter_cap,
        reliever_cap: readiness.reliever_cap,
    }
}

/// A final pitch of a game as this box would have measured it.
#[cfg(test)]
pub(crate) fn live_pitch(pitcher: u32, release_ns: u64, id: u64) -> crate::records::PitchRecord {
    use crate::records::{Measured, Origin, PitchRecord, State};
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
    use super::super::reload;
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
        let reload = reload::Reload::new(None, &config, crate::config::Provenance::default(), Box::new(|_| Ok(())));
        assert!(matches!(service::serve(&daemon, reload, || ()), Err(DaemonError::Died("merge"))));
        daemon.shutdown();
    }
}
