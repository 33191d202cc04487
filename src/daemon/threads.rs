//! The threads around the pipeline: start and shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use super::apart::Boot;
use super::control::Control;
use super::days::Days;
use super::error::DaemonError;
use super::outing_rollup::OutingRollup;
use super::profiles::StoreProfiles;
use super::recovery::Recovered;
use super::setup::{
    environment_of, http_options, listen, open_store, recall_heard, record, reprocess_of, settings, show, udp_of,
    warn_of_doubts,
};
use super::systemd::Sockets;
use super::upstream::{SummaryWriter, Upstream};
use super::waking::Waking;
use super::watch::{Watched, Watching};
use super::{journal, memory, merge, outing_rollup, recovery, service, upstream, watch, watchdog};
use crate::api::{ApiKeys, ApiState, Command, HttpOptions, KeyPolicy, Live};
use crate::clock::BoxClock;
use crate::config::Config;
use crate::environment::Environment;
use crate::history::etl::DailyModel;
use crate::ingest::{IngestCounters, KeyRing, SerialIngest};
use crate::journal::Journal;
use crate::observe::{PartState, Stage, Telemetry};
use crate::pipeline::Pipeline;
use crate::queries::StoreHistory;
use crate::risk::service::RiskService;
use crate::store::{Store, WriterHandle};
use crate::{api, reorder};

/// Parts whose state `/health/ready` shows.
const PARTS: [&str; 6] = ["ingest", "merge", "writer", "store", "api", "cameras"];

/// Events that a reconnecting client can resume over: a busy game's last ten minutes.
const LIVE_EVENTS: usize = 512;

/// Requests of the API that may wait for the merge thread.
const COMMANDS: usize = 64;

/// How long HTTP may take to say goodbye to its clients.
const DRAIN: Duration = Duration::from_secs(3);

/// How long the store may hold up the end: a slow disk has caught up by then, a full one never does.
const STORE_GRACE: Duration = Duration::from_secs(10);

/// How often the end is looked for.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(1);

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
    pub(super) ingest: Vec<JoinHandle<Waking>>,
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

/// What measures, before anybody may ask.
struct Core {
    store: Arc<Store>,
    days: Days,
    model: Arc<dyn DailyModel>,
    runtime: Runtime,
    listener: tokio::net::TcpListener,
    http: SocketAddr,
    udp: SocketAddr,
    environment: Arc<Environment>,
    live: Arc<Live>,
    counters: Arc<IngestCounters>,
    place: Arc<api::Place>,
    stop: Arc<AtomicBool>,
    received: Arc<AtomicBool>,
    commands: mpsc::Sender<Command>,
    merge_turns: Arc<AtomicU64>,
    writer: WriterHandle,
    writer_thread: JoinHandle<()>,
    risk: Arc<api::RiskApi>,
    journal: Option<Journal>,
    journal_thread: Option<JoinHandle<()>>,
    teller: SummaryWriter,
    line: Option<Upstream>,
    merge: JoinHandle<()>,
    ingest: Vec<JoinHandle<Waking>>,
    frame_keys: Option<KeyRing>,
    telemetry: Arc<Telemetry>,
    clock: BoxClock,
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
    pub fn start_on(config: &Config, clock: BoxClock, sockets: Sockets) -> Result<Self, DaemonError> {
        Self::open(Self::core(config, clock, sockets)?, config)
    }

    /// Starts what measures: store, journal, pipeline, and the threads that feed them.
    #[allow(clippy::too_many_lines)] // a list: what is started, in order
    fn core(config: &Config, clock: BoxClock, sockets: Sockets) -> Result<Core, DaemonError> {
        warn_of_doubts(config);
        memory::map_big_blocks();
        let telemetry = Telemetry::new(clock, &PARTS);
        let venue = config.venue.load()?;
        let store = Arc::new(open_store(config)?);
        let zone = crate::day::zone(&venue.time_zone);
        let settings = settings(config, &venue);
        settings.reorder.check()?;
        let udp_settings = config.ingest.udp()?;
        let frame_keys = udp_settings.keys.clone();
        let udp = udp_of(sockets.udp, udp_settings)?;
        let (udp_address, receive_buffer_bytes) = (udp.address(), udp.receive_buffer_bytes());
        let (runtime, listener) = listen(config.http.listen, sockets.http)?;
        let http_address = listener.local_addr().unwrap_or(config.http.listen);
        let environment = environment_of(config, &venue, clock, &runtime);
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
            recovery::start(&store, journal.as_ref(), &venue, make, started, Boot::of(clock).as_ref())?;
        recall_heard(&store, &mut pipeline)?;
        counters.heard.get_or_init(|| journal::heard(journal.as_ref(), started));
        let (tap, journal_thread) = journal.as_ref().and_then(|journal| journal::start(journal, &telemetry)).unzip();
        record(&mut pipeline, tap, beginning, (config.readiness, started));
        let reprocess = reprocess_of(journal.as_ref(), &venue, config, clock)?;
        let kept_journal = journal.clone();
        let udp_producer = producers.remove(0);
        show(&pipeline, &store, &zone, &live, &telemetry, started)?;
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
        let (merge, waker) = merge::spawn(merge::Merge {
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
        let mut ingest = vec![udp.spawn(clock, Arc::clone(&counters), Arc::clone(&stop), waker.on(udp_producer))?];
        for (line, producer) in SerialIngest::lines(frame_keys.as_ref(), &counters).into_iter().zip(producers) {
            ingest.push(line.spawn(clock, Arc::clone(&stop), waker.on(producer))?);
        }
        telemetry.set_part("ingest", PartState::Ready, format!("udp {udp_address}"));
        let days = Days::new(clock, Arc::clone(&live), zone);
        Ok(Core {
            store,
            days,
            model,
            runtime,
            listener,
            http: http_address,
            udp: udp_address,
            environment,
            live,
            counters,
            place,
            stop,
            received,
            commands,
            merge_turns,
            writer,
            writer_thread,
            risk,
            journal: kept_journal,
            journal_thread,
            teller,
            line,
            merge,
            ingest,
            frame_keys,
            telemetry,
            clock,
        })
    }

    /// Opens the doors: whoever asks over HTTP, WebSocket or the control socket is answered from here on.
    fn open(core: Core, config: &Config) -> Result<Self, DaemonError> {
        let folding =
            outing_rollup::spawn(Arc::clone(&core.store), Arc::clone(&core.model), core.days.clone(), core.teller)?;
        let keys = Arc::new(ApiKeys::new(Arc::clone(&core.store), KeyPolicy::of(&config.http))?);
        if !core.http.ip().is_loopback() && keys.asked() != KeyPolicy::Nobody && !keys.has_keys() {
            tracing::warn!(http = %core.http, "nobody beyond loopback can ask yet: `pitchguard key add --name NAME` makes a key");
        }
        let control = Control::try_serve(
            &config.store,
            &core.store,
            (core.model, core.days),
            &keys,
            (core.commands.clone(), core.runtime.handle()),
        );
        match &control {
            Some(_) => core.telemetry.set_part("control", PartState::Ready, ""),
            None => core.telemetry.set_part("control", PartState::Degraded, "no control socket: the log says why"),
        };

        let options = Arc::new(http_options(config, core.http, &keys));
        let watching = watch::spawn(Watched {
            clock: core.clock,
            live: Arc::clone(&core.live),
            telemetry: Arc::clone(&core.telemetry),
            store: Arc::clone(&core.store),
            writer: core.writer.clone(),
            environment: Arc::clone(&core.environment),
            risk: Arc::clone(&core.risk),
            keys: Arc::clone(&keys),
            config: config.store.clone(),
            upstream: SummaryWriter::new(&config.upstream),
            sheddable: journal::sheddable(core.journal.as_ref(), &config.store.path),
        })?;
        let router = api::router(ApiState {
            live: Arc::clone(&core.live),
            risk: Some(core.risk),
            history: Arc::new(StoreHistory::new(core.store, config.readiness.roles())),
            commands: core.commands.clone(),
            telemetry: Arc::clone(&core.telemetry),
            environment: core.environment,
            place: core.place,
            clock: core.clock,
            options: Arc::clone(&options),
        });
        let (http_stop, stopped) = oneshot::channel::<()>();
        let http_done = core.runtime.spawn(serve(core.listener, router, options, stopped, Arc::clone(&core.telemetry)));
        core.telemetry.set_part("api", PartState::Ready, format!("http {}", core.http));
        Ok(Self {
            udp: core.udp,
            http: core.http,
            live: core.live,
            telemetry: core.telemetry,
            counters: core.counters,
            clock: core.clock,
            stop: core.stop,
            received: core.received,
            ingest: core.ingest,
            merge: core.merge,
            writer: core.writer_thread,
            writes: core.writer,
            folding,
            watching,
            upstream: core.line,
            journal: core.journal,
            journal_thread: core.journal_thread,
            control,
            frame_keys: core.frame_keys,
            commands: core.commands,
            merge_turns: core.merge_turns,
            http_stop,
            http_done,
            runtime: core.runtime,
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

    /// Judges readiness by other limits from now on. Whether the merge thread will hear of it.
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
