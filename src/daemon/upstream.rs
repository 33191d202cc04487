//! The line to the cloud at work: what the merge thread tells it, and the thread that sends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::api::RiskApi;
use crate::clock::BoxClock;
use crate::ids::BoxNs;
use crate::observe::{PartState, Telemetry, UpstreamStatus};
use crate::store::summary::Summary;
use crate::store::{Store, StoreError, Write};
use crate::upstream::{
    BoxName, Config, Driver, Https, InputDrift, ModelSummary, Nats, NatsError, Sink, SummaryEvent, TlsError,
    UpstreamKind,
};

/// Nap where there is nothing to send: what it adds to a summary's way.
const NAP: Duration = Duration::from_millis(50);
/// Pause after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// How long an attempt under way may hold up the end; what it sent is sent again by the next run, if need be.
const GRACE: Duration = Duration::from_secs(3);
/// How often it is looked whether there is something to tell of the model.
const MODEL_EVERY: Duration = Duration::from_mins(1);
/// What was last told of the model, in the store's `meta`.
const MODEL_TOLD: &str = "upstream.model_told";
const DAY_NS: u64 = 86_400_000_000_000;
/// How the line does before its first attempt.
const NOT_YET: &str = "nothing has gone over the line to the cloud since the start";

/// Why the line cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// By HTTPS.
    #[error(transparent)]
    Https(#[from] TlsError),
    /// By NATS.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// The venue's id is no name of a box.
    #[error("the venue's id {0:?} cannot be this box's name in the cloud; write one in [upstream] box")]
    Name(String),
    /// The system gives no thread.
    #[error("cannot start the thread of the line to the cloud: {0}")]
    Thread(#[from] std::io::Error),
}

/// Makes summaries where there is a line, and none where there is not.
#[derive(Debug, Clone, Copy)]
pub(super) struct SummaryWriter {
    on: bool,
}

impl SummaryWriter {
    pub(super) fn new(config: &Config) -> Self {
        Self { on: config.is_on() }
    }

    /// Whether there is a line.
    pub(super) fn is_on(self) -> bool {
        self.on
    }

    /// The summary of what is told.
    pub(super) fn summary(self, told: SummaryEvent<'_>, now: BoxNs) -> Option<Summary> {
        if self.on { told.summary(now) } else { None }
    }

    /// The same as a write of a batch.
    pub(super) fn write(self, told: SummaryEvent<'_>, now: BoxNs) -> Option<Write> {
        self.summary(told, now).map(|summary| Write::Summary(Box::new(summary)))
    }
}

/// The running thread.
pub(super) struct Upstream {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Upstream {
    /// Stops it. An attempt that takes longer than `GRACE` is left behind: nothing is deleted without its answer.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Release);
        let until = Instant::now() + GRACE;
        while !self.thread.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        if self.thread.is_finished() {
            // If it panicked it has said so on stderr; nothing depends on it now.
            let _ = self.thread.join();
        }
    }
}

/// What the thread needs.
pub(super) struct Parts<'d> {
    pub(super) config: &'d Config,
    /// The name of the box where the configuration gives none.
    pub(super) venue: &'d str,
    pub(super) store: Arc<Store>,
    pub(super) clock: BoxClock,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) risk: Arc<RiskApi>,
    pub(super) runtime: &'d Handle,
}

/// Starts the thread; none where the line is off.
pub(super) fn spawn(parts: Parts<'_>) -> Result<Option<Upstream>, UpstreamError> {
    let Parts { config, venue, store, clock, telemetry, risk, runtime } = parts;
    let name = || venue.to_ascii_lowercase().parse().map_err(|_| UpstreamError::Name(venue.to_owned()));
    let Some(url) = config.url.as_deref().filter(|_| config.is_on()) else {
        telemetry
            .publish_upstream(UpstreamStatus { kind: UpstreamKind::Off.as_str().to_owned(), ..Default::default() });
        return Ok(None);
    };
    let box_name: BoxName = config.box_name.clone().map_or_else(name, Ok)?;
    let sink: Box<dyn Sink> = match config.kind {
        UpstreamKind::Nats => Box::new(Nats::new(config, url, box_name.clone(), runtime.clone())?),
        UpstreamKind::Https | UpstreamKind::Off => Box::new(Https::new(config, url)?),
    };
    let driver = Driver::new(Arc::clone(&store), sink, clock, box_name, config.clone());
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    telemetry.set_part("upstream", PartState::Ready, NOT_YET);
    let thread = std::thread::Builder::new().name("upstream".into()).spawn(move || {
        Running { driver, store, clock, telemetry, risk, stop: told, model_looked: None }.run();
    })?;
    Ok(Some(Upstream { stop, thread }))
}

struct Running {
    driver: Driver,
    store: Arc<Store>,
    clock: BoxClock,
    telemetry: Arc<Telemetry>,
    risk: Arc<RiskApi>,
    stop: Arc<AtomicBool>,
    model_looked: Option<Instant>,
}

impl Running {
    fn run(mut self) {
        while !self.stop.load(Ordering::Acquire) {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => std::thread::sleep(NAP),
                Err(error) => {
                    tracing::error!(%error, "the line to the cloud cannot use the store; trying again");
                    self.telemetry.set_part("upstream", PartState::Degraded, error.to_string());
                    std::thread::sleep(STORE_PAUSE);
                }
            }
        }
        self.telemetry.set_part("upstream", PartState::Stopped, "");
    }

    fn turn(&mut self) -> Result<bool, StoreError> {
        if self.model_looked.is_none_or(|at| at.elapsed() >= MODEL_EVERY) {
            self.model_looked = Some(Instant::now());
            tell_of_model(&self.store, &self.risk, self.clock.now())?;
        }
        let sent = self.driver.turn()?;
        if let Some(status) = self.driver.keep_house()? {
            let (state, detail) = part(&status);
            if self.telemetry.set_part("upstream", state, detail.clone()) {
                tracing::info!(state = state.as_str(), detail, "the line to the cloud");
            }
            self.telemetry.publish_upstream(status);
        }
        Ok(sent)
    }
}

/// How the line does, as a part of the daemon. It never makes the daemon unready: nothing here waits for it.
fn part(status: &UpstreamStatus) -> (PartState, String) {
    if let Some(since) = &status.down_since {
        return (PartState::Degraded, format!("nothing comes through since {since}: {}", status.trouble));
    }
    if status.refused > 0 {
        let detail = format!("the cloud refuses {} summaries; GET /api/upstream says which and why", status.refused);
        return (PartState::Degraded, detail);
    }
    if status.up.is_none() { (PartState::Off, NOT_YET.to_owned()) } else { (PartState::Ready, String::new()) }
}

/// What was told of the model that serves, and on which day.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ModelTold {
    version: String,
    day: u64,
}

/// Queues a summary of the model that serves, where another one serves than was told, and once a day with how far its inputs
/// have moved. That it was told and the summary are one transaction.
fn tell_of_model(store: &Store, risk: &RiskApi, now: BoxNs) -> Result<(), StoreError> {
    let service = risk.service();
    let Some(model) = service.model() else { return Ok(()) };
    let told = ModelTold { version: model.version.clone(), day: now.0 / DAY_NS };
    let before = store.meta(MODEL_TOLD)?;
    if before.and_then(|bytes| serde_json::from_slice(&bytes).ok()).as_ref() == Some(&told) {
        return Ok(());
    }
    let moved = service.watch().and_then(|watch| watch.inputs.clone()).unwrap_or_default();
    let drift = moved.into_iter().map(|m| InputDrift { feature: m.feature, psi: m.psi }).collect();
    let Some(summary) = SummaryEvent::Model(&ModelSummary::new(&model, drift)).summary(now) else { return Ok(()) };
    let mark = serde_json::to_vec(&told).expect("a text and a number are plain data");
    store.bulk([()], |txn, ()| {
        txn.put_meta(MODEL_TOLD, &mark)?;
        txn.queue(&summary).map(drop)
    })
}
