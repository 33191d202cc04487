//! The watching thread: once a second it looks at all that surrounds the pipeline, judges it, and says what changed.
//!
//! It also acts on a full disk. What the box can rebuild is given up first, in the order in which it was handed over, while
//! little of the disk is left or the writer says that it cannot commit; results themselves wait in the writer's queue.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, UNIX_EPOCH};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::memory;
use super::part_alerts::PartAlerts;
use super::speakers::with_speakers;
use super::upstream::SummaryWriter;
use crate::api::{ApiKeys, Event, Live, RiskApi};
use crate::clock::BoxClock;
use crate::config::StoreConfig;
use crate::environment::{BrokerState, Environment, Quantity};
use crate::ids::BoxNs;
use crate::journal::Journal;
use crate::moment::span;
use crate::observe::surroundings::{EnvironmentStatus, ModelStatus, PitcherStatus, Surroundings};
use crate::observe::{Part, PartReport, PartState, SystemStatus, Telemetry};
use crate::readiness::{PresenceState, Readiness, Severity};
use crate::records::State;
use crate::store::{MAP_USED_WARN, Store, Write, WriterHandle, backup};
use crate::upstream::SummaryEvent;
use crate::words::counted;

/// How often it looks, wall time.
const EVERY: Duration = Duration::from_secs(1);
/// How often what needs a directory read or a transaction is done.
const SELDOM: Duration = Duration::from_mins(1);
/// With less than this a disk is full, whatever a failed commit says, bytes.
const NONE_LEFT_BYTES: u64 = 64 << 10;
/// Sensors may take so long after the start to say something, ns.
const SENSORS_BEGIN_NS: u64 = 300_000_000_000;
/// Of alerts that the cloud has not heard of so many are kept.
const UNTOLD_MAX: usize = 256;
/// So long the part says that changes of final pitches were refused.
const REFUSED_SHOWN_NS: u64 = 600_000_000_000;
/// What the sensors tell of that calibration and the pitches' air are judged by.
const WEATHER: [(&str, Quantity); 2] = [("temperature", Quantity::TemperatureC), ("wind", Quantity::WindSpeedMps)];
/// Pitchers whose numbers become metrics at once: every one is a dozen series.
const PITCHERS_MAX: usize = 128;

/// Something on the disk that can be made again, and is given up before anything else.
pub trait Sheddable: Send {
    /// What it is called in the log.
    fn name(&self) -> &'static str;

    /// Gives up what it can at once. How many bytes that freed; 0 where nothing is left.
    ///
    /// # Errors
    /// The file system refuses.
    fn shed(&mut self) -> std::io::Result<u64>;
}

/// The journal can be lost: what is replayed from it is less, and no result is gone.
impl Sheddable for Journal {
    fn name(&self) -> &'static str {
        "journal"
    }

    fn shed(&mut self) -> std::io::Result<u64> {
        Ok(Self::shed(self))
    }
}

/// What it looks at.
pub(super) struct Watched {
    pub(super) clock: BoxClock,
    pub(super) live: Arc<Live>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) store: Arc<Store>,
    pub(super) writer: WriterHandle,
    pub(super) environment: Arc<Environment>,
    pub(super) risk: Arc<RiskApi>,
    pub(super) keys: Arc<ApiKeys>,
    pub(super) config: StoreConfig,
    pub(super) upstream: SummaryWriter,
    /// Given up first, in this order, when the disk is full.
    pub(super) sheddable: Vec<Box<dyn Sheddable>>,
}

/// The running thread.
pub(super) struct Watching {
    /// Dropped to stop it.
    goes_on: Sender<()>,
    thread: JoinHandle<()>,
}

impl Watching {
    /// Stops it after the look at hand.
    pub(super) fn stop(self) {
        drop(self.goes_on);
        // If it panicked it has said so on stderr; nothing depends on it now.
        let _ = self.thread.join();
    }
}

/// Starts the thread. Its first look is over when this returns, so that no part of it is unknown at the start.
pub(super) fn spawn(watched: Watched) -> std::io::Result<Watching> {
    let (goes_on, stopped) = bounded(0);
    let started = watched.clock.now();
    let known = watched.telemetry.parts();
    let mut watch = Watch {
        known,
        alerts: PartAlerts::default(),
        newest_alert: 0,
        untold: Vec::new(),
        watched,
        started,
        newest_backup_s: None,
        shed_bytes: 0,
        weather_told: [None; 2],
        refused: (0, None),
        seldom: None,
    };
    watch.look();
    let thread = std::thread::Builder::new().name("watch".into()).spawn(move || watch.run(&stopped))?;
    Ok(Watching { goes_on, thread })
}

struct Watch {
    watched: Watched,
    /// When it began to look.
    started: BoxNs,
    /// The parts' states as they were published last.
    known: Vec<Part>,
    alerts: PartAlerts,
    /// Their newest id.
    newest_alert: u64,
    /// What of them the cloud is to hear, and the writer has no room for yet.
    untold: Vec<Write>,
    newest_backup_s: Option<f64>,
    shed_bytes: u64,
    /// When temperature and wind were told last.
    weather_told: [Option<BoxNs>; 2],
    /// How many changes of final pitches were refused, and when that number was last seen to rise.
    refused: (u64, Option<BoxNs>),
    /// When that was done last which is done seldom.
    seldom: Option<Instant>,
}

impl Watch {
    fn run(mut self, stopped: &Receiver<()>) {
        while matches!(stopped.recv_timeout(EVERY), Err(RecvTimeoutError::Timeout)) {
            self.look();
        }
        self.note_keys();
    }

    fn look(&mut self) {
        if self.seldom.is_none_or(|done| done.elapsed() >= SELDOM) {
            if self.seldom.replace(Instant::now()).is_some() {
                self.note_keys();
            }
            self.newest_backup_s = newest_backup_s(&self.watched.config.backup_dir());
            memory::give_back();
        }
        let system = self.disk();
        self.store(self.watched.clock.now());
        let environment = self.broker();
        let now = self.watched.clock.now();
        self.tell_alerts(now);
        let snapshot = self.watched.live.snapshot();
        let mut alerts = BTreeMap::new();
        for alert in snapshot.alerts() {
            *alerts.entry((alert.rule.clone(), severity(alert.severity))).or_default() += 1;
        }
        self.watched.telemetry.publish_surroundings(Surroundings {
            system,
            access: self.watched.keys.status(),
            environment,
            model: model(&self.watched.risk),
            pitchers: snapshot
                .readiness(now)
                .iter()
                .filter(|readiness| is_here(readiness))
                .take(PITCHERS_MAX)
                .map(pitcher)
                .collect(),
            alerts,
            newest_backup_s: self.newest_backup_s,
            shed_bytes: self.shed_bytes,
        });
        self.tell_changes();
    }

    /// Looks at the disk, and makes room on it where there is none.
    fn disk(&mut self) -> Option<SystemStatus> {
        let dir = self.watched.store.dir().to_path_buf();
        let system = match SystemStatus::sample(&dir) {
            Ok(system) => system,
            Err(error) => {
                let detail = format!("the file system of {} does not answer: {error}", dir.display());
                self.watched.telemetry.set_part("disk", PartState::Failed, detail);
                return None;
            }
        };
        // Of a page that fits in part LMDB tells no more than that it could not be written.
        let none_left = system.disk_free_bytes < NONE_LEFT_BYTES;
        let short = self.watched.writer.trouble().is_some_and(|trouble| trouble.is_about_room || none_left);
        let free = system.disk_free_frac();
        let (state, detail) = disk_part(&system, short, &self.watched.config, &dir);
        if self.watched.telemetry.set_part("disk", state, detail.clone()) && state != PartState::Ready {
            tracing::warn!(detail, "the disk is filling up");
        }
        if short || free < self.watched.config.disk_shed_frac {
            self.shed_bytes += shed(&mut self.watched.sheddable);
        }
        Some(system)
    }

    fn store(&mut self, now: BoxNs) {
        let store = &self.watched.store;
        if store.refused_finals() != self.refused.0 {
            self.refused = (store.refused_finals(), Some(now));
        }
        let used = store.map_used().unwrap_or_default();
        let corrupt = store.corrupt_records();
        let (state, detail) = if !store.is_in_place() {
            let detail = "the database's file was removed or replaced while it is open: all that is kept is gone when the daemon \
                          stops; `pitchguard backup --to DIR` writes it elsewhere now, then restore that";
            (PartState::Failed, detail.to_owned())
        } else if corrupt > 0 {
            let detail = format!(
                "{} met: `pitchguard verify FILE` finds a backup that is whole, `pitchguard restore --replace FILE` puts it in place",
                counted(corrupt, "corrupt record was", "corrupt records were")
            );
            (PartState::Degraded, detail)
        } else if self.refused.1.is_some_and(|last| now.0.saturating_sub(last.0) < REFUSED_SHOWN_NS) {
            let detail = match store.refused_finals() {
                1 => "once a final pitch would have been overwritten or thrown again".to_owned(),
                times => format!("{times} times a final pitch would have been overwritten or thrown again"),
            };
            let why = ", and stayed as it is: old frames come again, or another box sends as this one's cameras";
            (PartState::Degraded, detail + why)
        } else if used >= MAP_USED_WARN {
            let percent = 100.0 * used;
            (PartState::Degraded, format!("{percent:.0} % of its map is used: run `pitchguard retention`"))
        } else {
            (PartState::Ready, String::new())
        };
        self.watched.telemetry.set_part("store", state, detail);
    }

    /// The sensors' broker; no part of the daemon where none is configured.
    fn broker(&mut self) -> Option<EnvironmentStatus> {
        let (broker, now) = (self.watched.environment.broker(), self.watched.clock.now());
        let (state, detail) = match broker.state {
            BrokerState::Off => return None,
            BrokerState::Listening => {
                let conditions = self.watched.environment.conditions();
                for (told, quantity) in self.weather_told.iter_mut().zip(WEATHER.map(|(_, quantity)| quantity)) {
                    *told = conditions.fresh(quantity, now).map(|_| now).or(*told);
                }
                let patience_ns = conditions.stale_ns.max(SENSORS_BEGIN_NS);
                with_speakers(sensors_part(self.weather_told, patience_ns, self.started, now), &conditions, now)
            }
            BrokerState::Connecting => {
                let why = broker.error.as_deref().unwrap_or("no answer yet");
                (PartState::Degraded, format!("the broker is not reached ({why}); pitches go on without weather"))
            }
            BrokerState::Refused => {
                (PartState::Degraded, "the broker does not let this box subscribe: mend its access list".to_owned())
            }
        };
        self.watched.telemetry.set_part("mqtt", state, detail);
        Some(environment(&self.watched.environment, now))
    }

    fn note_keys(&self) {
        if let Err(error) = self.watched.keys.note_used() {
            tracing::warn!(%error, "when keys were last used is not stored");
        }
    }

    /// Raises and clears the alerts about the box itself.
    fn tell_alerts(&mut self, now: BoxNs) {
        let news = self.alerts.look(&self.watched.telemetry.reasons(), &self.watched.live.snapshot(), now);
        for event in news {
            let told = match &event {
                Event::AlertCleared(alert) => Some(alert),
                // In other words it is shown here, and is no news to the cloud.
                Event::AlertRaised(alert) if alert.id > self.newest_alert => {
                    self.newest_alert = alert.id;
                    Some(alert)
                }
                _ => None,
            };
            let write = told.and_then(|alert| self.watched.upstream.write(SummaryEvent::Alert(alert), now));
            self.untold.extend(write);
            self.watched.live.publish(event);
        }
        // Nor does it wait for the writer, whose trouble it tells of.
        let (writer, counts) = (&self.watched.writer, self.watched.writer.counts());
        let has_room = counts.submitted - counts.settled < writer.room() as u64 / 2;
        if !self.untold.is_empty() && has_room && writer.trouble().is_none() {
            // Where it has stopped meanwhile, so does the daemon.
            let _ = writer.submit(std::mem::take(&mut self.untold));
        }
        let too_many = self.untold.len().saturating_sub(UNTOLD_MAX);
        self.untold.drain(..too_many);
    }

    /// Publishes the parts whose state changed since the last look.
    fn tell_changes(&mut self) {
        let parts = self.watched.telemetry.parts();
        for part in &parts {
            let before = self.known.iter().find(|known| known.name == part.name);
            if before.is_some_and(|known| known.state == part.state) {
                continue;
            }
            self.watched.live.publish(Event::Health(PartReport::from(part.clone())));
        }
        self.known = parts;
    }
}

/// How the sensors behind the broker do, by when each of [`WEATHER`] was told last: fresh as of that moment.
fn sensors_part(told: [Option<BoxNs>; 2], patience_ns: u64, started: BoxNs, now: BoxNs) -> (PartState, String) {
    let names = |those: &dyn Fn(Option<BoxNs>) -> bool| {
        let named = WEATHER.iter().zip(told).filter(|(_, at)| those(*at)).map(|((name, _), _)| *name);
        Some(named.collect::<Vec<_>>().join(" and ")).filter(|names| !names.is_empty())
    };
    let lost = names(&|at| at.is_some_and(|at| at < now));
    let never = names(&|at| at.is_none());
    let in_time = now.0.saturating_sub(started.0) <= patience_ns;
    let worst = "the worst is assumed of the weather";
    match (lost, never) {
        (None, None) => (PartState::Ready, String::new()),
        (None, Some(never)) if in_time => {
            (PartState::Off, format!("the broker is reached, and no sensor has told {never} yet"))
        }
        (None, Some(never)) => (
            PartState::Degraded,
            format!("the broker is reached, and no sensor has told {never} since the start: {worst}"),
        ),
        (Some(lost), never) => {
            let last = told.into_iter().flatten().filter(|at| *at < now).min().unwrap_or(now);
            let ago = span(now.0.saturating_sub(last.0) as f64 * 1e-9);
            let never = never.map_or_else(String::new, |never| format!(", or {never} since the start"));
            (
                PartState::Degraded,
                format!("the broker is reached, and no sensor tells {lost} any more since {ago}{never}: {worst}"),
            )
        }
    }
}

/// Gives up the first thing that frees anything. How many bytes that were.
fn shed(sheddable: &mut [Box<dyn Sheddable>]) -> u64 {
    for one in sheddable {
        match one.shed() {
            Ok(0) => {}
            Ok(bytes) => {
                tracing::warn!(what = one.name(), bytes, "given up to make room on the disk");
                return bytes;
            }
            Err(error) => tracing::error!(what = one.name(), %error, "cannot be given up to make room"),
        }
    }
    0
}

/// How the disk stands. Full is no failure of the daemon: results are shown and wait in memory.
fn disk_part(system: &SystemStatus, short: bool, config: &StoreConfig, dir: &Path) -> (PartState, String) {
    let percent = 100.0 * system.disk_free_frac();
    let left = format!("{percent:.1} % of the file system of {} is free", dir.display());
    if short {
        (PartState::Degraded, format!("full: {left}; results wait in memory until room is made: remove files there"))
    } else if system.disk_free_frac() < config.disk_warn_frac {
        (PartState::Degraded, format!("filling up: {left}; remove files there, or run `pitchguard retention`"))
    } else {
        (PartState::Ready, String::new())
    }
}

/// When the newest backup was written, s since 1970.
fn newest_backup_s(dir: &Path) -> Option<f64> {
    let newest: PathBuf = backup::backups(dir).ok()?.pop()?;
    let written = newest.metadata().ok()?.modified().ok()?;
    Some(written.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

fn model(desk: &RiskApi) -> ModelStatus {
    let service = desk.service();
    let model = service.model();
    let trained = model.as_ref().and_then(|model| model.trained_at.parse::<jiff::Timestamp>().ok());
    ModelStatus {
        version: model.map(|model| model.version.clone()),
        trained_s: trained.map(|at| at.as_second() as f64),
        assessments: service.counts(),
    }
}

fn environment(environment: &Environment, now: BoxNs) -> EnvironmentStatus {
    let (broker, conditions) = (environment.broker(), environment.conditions());
    let c = conditions.counts;
    let fresh = |quantity| conditions.fresh(quantity, now).map(|estimate| estimate.value);
    EnvironmentStatus {
        connected: broker.state == BrokerState::Listening,
        connects: broker.connects,
        messages: [
            ("accepted", c.accepted),
            ("repeated", c.repeated),
            ("topic", c.topic),
            ("oversized", c.oversized),
            ("not_json", c.not_json),
            ("no_time", c.no_time),
            ("future", c.future),
            ("old", c.old),
            ("empty", c.empty),
            ("implausible", c.implausible),
            ("too_many", c.too_many),
            ("implausible_values", c.implausible_values),
        ],
        sensors: conditions.sensors.len() as u64,
        left_out: conditions.left_out.len() as u64,
        temperature_c: fresh(Quantity::TemperatureC),
        humidity_pct: fresh(Quantity::HumidityPct),
        pressure_hpa: fresh(Quantity::PressureHpa),
        wind_speed_mps: fresh(Quantity::WindSpeedMps),
    }
}

/// Whether he still pitches: who was replaced is no longer watched.
fn is_here(readiness: &Readiness) -> bool {
    let state = readiness.presence.as_ref().map(|presence| presence.state);
    !matches!(state, Some(PresenceState::Replaced | PresenceState::Gone))
}

fn pitcher(readiness: &Readiness) -> PitcherStatus {
    PitcherStatus {
        pitcher: readiness.pitcher.0,
        mound: readiness.mound.0,
        readiness: [readiness.readiness.value, readiness.readiness.low, readiness.readiness.high],
        fatigue: readiness.fatigue.value,
        risk: readiness.risk.value,
        velocity_delta_mph: readiness.features.get("velocity_delta_5").map(|feature| feature.value),
        feature_qa_min: readiness.feature_qa_min,
        late_data_frac: readiness.late_data_frac,
        calibration_confidence: readiness.calibration_confidence,
        data_age_s: readiness.data_age_ms.map(|ms| ms as f64 / 1e3),
        held: readiness.state == State::Held,
        pitches: readiness.pitches,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_said_to_fill_up_before_it_is_full_and_full_where_nothing_can_be_written() {
        let config = StoreConfig::default();
        let at = |free: u64, short: bool| {
            let system = SystemStatus { disk_bytes: 1000, disk_free_bytes: free, ..SystemStatus::default() };
            disk_part(&system, short, &config, Path::new("/var/lib/pitchguard"))
        };
        assert_eq!(at(500, false), (PartState::Ready, String::new()));
        let (state, detail) = at(80, false);
        assert!(state == PartState::Degraded && detail.contains("8.0 %"), "{detail}");
        let (state, detail) = at(0, true);
        assert!(state == PartState::Degraded && detail.starts_with("full"), "{detail}");
    }

    /// Frees what it has, once.
    struct Held(std::io::Result<u64>);

    impl Sheddable for Held {
        fn name(&self) -> &'static str {
            "held"
        }

        fn shed(&mut self) -> std::io::Result<u64> {
            std::mem::replace(&mut self.0, Ok(0))
        }
    }

    #[test]
    fn what_can_be_made_again_is_given_up_in_order_and_only_as_much_as_is_needed() {
        let broken = Held(Err(std::io::ErrorKind::PermissionDenied.into()));
        let mut all: Vec<Box<dyn Sheddable>> = vec![Box::new(broken), Box::new(Held(Ok(7))), Box::new(Held(Ok(9)))];
        assert_eq!(
            [shed(&mut all), shed(&mut all), shed(&mut all)],
            [7, 9, 0],
            "one a look, and a broken one holds none up"
        );
    }

    #[test]
    fn sensors_that_tell_nothing_are_no_sensors_that_work() {
        let minute = |minutes: u64| BoxNs(1_700_000_000_000_000_000 + minutes * 60_000_000_000);
        let at = |told, minutes| sensors_part(told, 300_000_000_000, minute(0), minute(minutes));
        let (state, detail) = at([None; 2], 4);
        assert_eq!(state, PartState::Off, "they may still begin");
        assert_eq!(detail, "the broker is reached, and no sensor has told temperature and wind yet");
        let (state, detail) = at([None; 2], 6);
        assert!(state == PartState::Degraded && detail.contains("temperature and wind since the start"), "{detail}");
        assert_eq!(at([Some(minute(6)); 2], 6), (PartState::Ready, String::new()));
        let (state, detail) = at([Some(minute(6)), Some(minute(11))], 11);
        assert!(state == PartState::Degraded && detail.contains("tells temperature any more since 5 min:"), "{detail}");
        let (_, detail) = at([Some(minute(3)), None], 5);
        assert!(detail.contains("temperature any more since 2 min, or wind since the start"), "{detail}");
    }

    #[test]
    fn the_newest_backup_is_told_by_its_name() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        assert_eq!(newest_backup_s(dir.path()), None);
        for name in ["pitchguard-20270115T000000Z.mdb", "pitchguard-20270116T000000Z.mdb", "other.mdb"] {
            std::fs::write(dir.path().join(name), "").expect("written");
        }
        assert!(newest_backup_s(dir.path()).is_some_and(|at| at > 1e9));
        assert_eq!(newest_backup_s(&dir.path().join("gone")), None);
    }
}
