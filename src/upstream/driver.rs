//! The line between store and sink: performs what [`Line`] says, one turn after the other, and tells how it does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::bundle::{self, Registered};
use super::config::{BoxName, Config};
use super::line::{Action, Event, Line, LineSettings};
use super::sink::Sink;
use super::summary::Parcel;
use crate::clock::BoxClock;
use crate::ids::BoxNs;
use crate::moment::rfc3339;
use crate::observe::{BundleStatus, RefusedStatus, UpstreamStatus};
use crate::risk::registry::Registry;
use crate::store::outbox::{Bounds, OUTBOX_STEP};
use crate::store::summary::Lane;
use crate::store::{Store, StoreError, Transaction};

/// Set-aside summaries that are shown.
const SHOWN_MAX: usize = 50;
/// How often the bounds are kept and the status is made, wall time ns.
const HOUSEKEEPING_NS: u64 = 1_000_000_000;
const DAY_NS: u64 = 86_400_000_000_000;

/// One box's line at work. Every call may take as long as the sink does.
pub struct Driver {
    line: Line,
    store: Arc<Store>,
    registry: Registry,
    sink: Box<dyn Sink>,
    clock: BoxClock,
    /// When this run began.
    started: BoxNs,
    box_name: BoxName,
    config: Config,
    came_through: bool,
    kept_house: Option<BoxNs>,
    asked_for_model: Option<BoxNs>,
    model: Option<BundleStatus>,
}

impl Driver {
    /// The line of this box, from this store into this sink.
    pub fn new(store: Arc<Store>, sink: Box<dyn Sink>, clock: BoxClock, box_name: BoxName, config: Config) -> Self {
        let ns = |seconds: f64| (seconds * 1e9) as u64;
        let settings = LineSettings {
            batch_max: config.batch_max as usize,
            backlog_per_s: config.backlog_per_s,
            live_ns_max: ns(config.live_s),
            seed: rand::random(),
            ..LineSettings::default()
        };
        let registry = Registry::new(Arc::clone(&store));
        Self {
            line: Line::new(settings),
            store,
            registry,
            sink,
            clock,
            started: clock.now(),
            box_name,
            config,
            came_through: false,
            kept_house: None,
            asked_for_model: None,
            model: None,
        }
    }

    /// Does what is to be done now, one batch at most. True where one was sent: then another turn is due at once.
    ///
    /// # Errors
    /// The store fails. The line goes on where it stands at the next turn: what was sent and not deleted is sent again.
    pub fn turn(&mut self) -> Result<bool, StoreError> {
        let mut actions: VecDeque<_> = self.line.step(self.clock.now(), Event::Tick).into();
        let mut sent = false;
        let mut failed = None;
        while let Some(action) = actions.pop_front() {
            sent |= matches!(action, Action::Send(_));
            match self.perform(action) {
                Ok(Some(event)) => actions.extend(self.line.step(self.clock.now(), event)),
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(sent), Err)
    }

    fn perform(&mut self, action: Action) -> Result<Option<Event>, StoreError> {
        match action {
            Action::Read(lane, limit) => Ok(Some(Event::Read(lane, self.front(lane, limit)))),
            Action::Send(queued) => {
                let mut parcels = Vec::with_capacity(queued.len());
                for queued in &queued {
                    let simulated = self.is_simulated(queued.record.summary.pitcher)?;
                    parcels.push(Parcel::new(&self.box_name, queued, simulated));
                }
                let answer = self.sink.send(&parcels);
                Ok(Some(Event::Answered(answer)))
            }
            Action::Acknowledged(keys) => {
                self.came_through |= !keys.is_empty();
                self.write(|txn| txn.acknowledged(&keys)).map(|()| None)
            }
            Action::SetAside { lane, sequence, why, others_pass } => {
                tracing::warn!(sequence, why, "the cloud refuses a summary; it is set aside");
                let now_ns = self.clock.now().0;
                self.write(|txn| txn.set_aside(lane, sequence, now_ns, &why, others_pass)).map(|()| None)
            }
            Action::ReadAside(after, limit) => Ok(Some(Event::ReadAside(self.aside(after, limit)))),
            Action::AcknowledgedAside(keys) => self.write(|txn| txn.acknowledged_aside(&keys)).map(|()| None),
            Action::FallBehind { after, before } => {
                self.write(|txn| txn.fall_behind(after, before.0).map(drop)).map(|()| None)
            }
        }
    }

    /// Whether a summary is of an invented person, as the box knows when it sends it.
    fn is_simulated(&self, pitcher: Option<u32>) -> Result<bool, StoreError> {
        let person = pitcher.map(|id| self.store.pitcher(id)).transpose()?.flatten();
        Ok(person.is_some_and(|person| person.is_simulated()))
    }

    /// The start of a lane; nothing where it cannot be read now, which is said.
    fn front(&self, lane: Lane, limit: usize) -> Vec<crate::store::summary::Queued> {
        match self.store.outbox_front(lane, limit) {
            Ok(front) => front.queued,
            Err(error) => {
                tracing::error!(%error, lane = lane.as_str(), "the outbox cannot be read");
                if error.is_about_a_record()
                    && let Err(error) = self.write(|txn| txn.drop_unreadable(lane).map(drop))
                {
                    tracing::error!(%error, "and what cannot be read cannot be let go");
                }
                Vec::new()
            }
        }
    }

    /// What is aside; nothing where it cannot be read now, which is said.
    fn aside(&self, after: Option<(u64, u64)>, limit: usize) -> Vec<crate::store::summary::Queued> {
        self.store.refused_from(after, limit).unwrap_or_else(|error| {
            tracing::error!(%error, "what the cloud refused cannot be read");
            Vec::new()
        })
    }

    /// One transaction, behind live pitches that wait for the store.
    fn write(&self, mut work: impl FnMut(&mut Transaction<'_>) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.store.bulk([()], |txn, ()| work(txn))
    }

    /// Keeps the outbox within its bounds, asks for a model bundle where one is due, and says how the line does; nothing
    /// where it was said within the last second.
    ///
    /// # Errors
    /// The store fails.
    pub fn keep_house(&mut self) -> Result<Option<UpstreamStatus>, StoreError> {
        let now = self.clock.now();
        let every = (HOUSEKEEPING_NS as f64 * self.clock.speed()) as u64;
        if self.kept_house.is_some_and(|last| now.0.saturating_sub(last.0) < every) {
            return Ok(None);
        }
        self.kept_house = Some(now);
        let age_max_ns = u64::from(self.config.max_age_days) * DAY_NS;
        let lived_ns = now.0.saturating_sub(self.started.0);
        let bounds = Bounds {
            // What an earlier run queued was dated by a clock that may have been wrong: it is as old as this run, at least.
            before_ns: if lived_ns < age_max_ns { 0 } else { now.0 - age_max_ns },
            bytes_max: u64::from(self.config.max_mb) * 1_000_000,
        };
        let mut gone = OUTBOX_STEP;
        while gone == OUTBOX_STEP {
            self.write(|txn| {
                gone = txn.enforce(bounds)?;
                Ok(())
            })?;
        }
        self.look_for_model(now);
        self.status(now).map(Some)
    }

    fn look_for_model(&mut self, now: BoxNs) {
        let every = (self.config.model_every_s * 1e9) as u64;
        let due = self.asked_for_model.is_none_or(|last| now.0.saturating_sub(last.0) >= every);
        if self.config.model_keys.is_empty() || !due || self.line.trouble().is_some() {
            return;
        }
        self.asked_for_model = Some(now);
        let bytes = match self.sink.newest_model() {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(trouble) => {
                tracing::warn!(why = trouble.why, "no model bundle came");
                return;
            }
        };
        let mut status = BundleStatus { at: rfc3339(now), registered: None, refused: None };
        match bundle::register(&bytes, &self.config.model_keys, &self.registry) {
            Ok(Registered::New(version)) => {
                tracing::info!(
                    version,
                    "a model came down the line; `pitchguard model promote {version}` lets it serve"
                );
                status.registered = Some(version);
            }
            Ok(Registered::Known(version)) => status.registered = Some(version),
            Err(error) => {
                tracing::error!(%error, "a model bundle is refused");
                status.refused = Some(error.to_string());
            }
        }
        self.model = Some(status);
    }

    fn status(&self, now: BoxNs) -> Result<UpstreamStatus, StoreError> {
        let sums = self.store.outbox_sums()?;
        let by_lane = |count: [u64; 2]| Lane::ALL.map(|lane| (lane.as_str().to_owned(), count[lane as usize])).into();
        let mut oldest_s = BTreeMap::new();
        for lane in Lane::ALL {
            if let Some(oldest) = self.store.outbox_front(lane, 1)?.queued.first() {
                let age_s = now.0.saturating_sub(oldest.record.summary.queued_ns) as f64 / 1e9;
                oldest_s.insert(lane.as_str().to_owned(), age_s);
            }
        }
        let dropped = [
            ("age", sums.dropped_age),
            ("bytes", sums.dropped_bytes),
            ("refused_full", sums.dropped_refused),
            ("forgotten", sums.dropped_forgotten),
            ("corrupt", sums.dropped_corrupt),
        ];
        let shown = self.store.refused(SHOWN_MAX)?.into_iter().map(|(sequence, refused)| RefusedStatus {
            id: format!("{}/{:016x}/{sequence}", self.box_name, refused.record.epoch),
            kind: refused.record.summary.kind.as_str().to_owned(),
            refused_at: rfc3339(BoxNs(refused.refused_ns)),
            why: refused.why,
        });
        let trouble = self.line.trouble();
        Ok(UpstreamStatus {
            kind: self.config.kind.as_str().to_owned(),
            url: self.config.shown_url(),
            r#box: self.box_name.to_string(),
            up: if trouble.is_some() { Some(false) } else { self.came_through.then_some(true) },
            down_since: trouble.map(|(since, _)| rfc3339(since)),
            trouble: trouble.map(|(_, why)| why.to_owned()).unwrap_or_default(),
            circuit: self.line.circuit(now).as_str().to_owned(),
            failures: self.line.failures(),
            waiting: by_lane(sums.waiting),
            waiting_bytes: sums.bytes,
            oldest_s,
            delivered: sums.delivered,
            dropped: dropped.map(|(cause, count)| (cause.to_owned(), count)).into(),
            refused: sums.refused,
            refused_ever: sums.refused_ever,
            newest_refused: shown.collect(),
            model: self.model.clone(),
        })
    }
}
