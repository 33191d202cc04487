//! The merge thread's step: reorder → tracking → features → readiness, for every mound.
//!
//! The pipeline owns no thread, socket or clock. Frames come through the buffer's rings, time comes as an argument,
//! and what happened leaves as [`Output`]s: events to publish and records to write. So the same code runs behind a
//! socket and under a simulated clock.
//!
//! The watermark buffer calls back into [`Stage`], which is everything behind it: a tracker a mound, and one readiness
//! engine. A frame reaches its tracker when the eager watermark passes it (or at once where the eager watermark has
//! passed it already); the trackers keep what they need until the final watermark has passed the pitch.

mod record;

use std::collections::{HashMap, VecDeque};

use jiff::civil::Date;

use crate::features::OutingPitch;
use crate::features::baseline::PitcherBaseline;
use crate::ids::{BoxNs, EventNs, GamePk, MoundId, PitchId, PitcherId};
use crate::ingest::Signal;
use crate::observe::rfc3339;
use crate::readiness::{self, Alert, Engine, Outcome, OutingKey, Readiness, Workload};
use crate::reorder::{self, Reorder, Sink, Stamped};
use crate::store::records::PitchRecord;
use crate::tracking::pitch::{Pitch, PitchState};
use crate::tracking::venue::Venue;
use crate::tracking::{self, JerkScale, MoundTracker, When};

/// What is known of a pitcher before his first pitch of the day.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Name for people.
    pub name: Option<String>,
    /// What is usual for him, without today.
    pub baseline: Option<PitcherBaseline>,
    /// What he carried into today.
    pub workload: Workload,
}

/// Where profiles come from: the store behind the daemon, a table in tests. Asked once an outing.
pub trait Profiles: Send {
    /// What is known of a pitcher before that day.
    fn profile(&mut self, pitcher: PitcherId, day: Date) -> Profile;
}

/// Something that happened, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A pitch was published: provisional, revised or final. To be shown and to be kept.
    Pitch {
        /// The record.
        record: Box<PitchRecord>,
        /// Arrival of the frame that moved the watermark past the pitch's end.
        moved_by: BoxNs,
    },
    /// A pitcher's readiness changed.
    Readiness {
        /// The answer.
        readiness: Box<Readiness>,
        /// As for the pitch behind it.
        moved_by: BoxNs,
    },
    /// An alert was raised.
    Raised(Alert),
    /// An alert cleared.
    Cleared(Alert),
    /// What the trackers learned about the flight model changed: to be kept over a restart.
    Learned(MoundId, JerkScale),
}

/// The whole way from frames to readiness.
pub struct Pipeline<P> {
    reorder: Reorder<Signal>,
    stage: Stage<P>,
}

/// Settings of each room.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The watermark buffer's.
    pub reorder: reorder::Config,
    /// The fit's.
    pub tracking: tracking::Config,
    /// The indices' and alerts'.
    pub readiness: readiness::Config,
}

impl<P: Profiles> Pipeline<P> {
    /// The pipeline behind a buffer made with the same settings.
    pub fn new(venue: &Venue, settings: Settings, reorder: Reorder<Signal>, profiles: P) -> Self {
        let lanes = venue
            .mounds
            .iter()
            .map(|mound| Lane {
                mound: mound.id,
                tracker: MoundTracker::new(venue, mound.id, settings.tracking.clone()),
            })
            .collect();
        let zone = jiff::tz::TimeZone::get(&venue.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        Self {
            reorder,
            stage: Stage {
                lanes,
                engine: Engine::new(settings.readiness),
                profiles,
                zone,
                known: VecDeque::with_capacity(KNOWN_MAX),
                profiled: HashMap::new(),
                pitches: Vec::with_capacity(8),
                outputs: Vec::with_capacity(64),
                now: BoxNs(0),
            },
        }
    }

    /// Takes what the rings hold, moves the watermarks and appends what happened to `outputs`. Returns how many frames
    /// it took.
    pub fn step(&mut self, now: BoxNs, outputs: &mut Vec<Output>) -> usize {
        self.stage.now = now;
        let frames = self.reorder.poll(now, &mut self.stage);
        outputs.append(&mut self.stage.outputs);
        frames
    }

    /// Shutdown: everything held goes through, and what is open becomes final.
    pub fn finish(&mut self, now: BoxNs, outputs: &mut Vec<Output>) {
        self.stage.now = now;
        self.reorder.drain(&mut self.stage);
        outputs.append(&mut self.stage.outputs);
    }

    /// Somebody saw the alert. `None` where no such alert stands.
    pub fn acknowledge(&mut self, alert: u64, now: BoxNs) -> Option<Alert> {
        self.stage.engine.acknowledge(alert, rfc3339(now)).cloned()
    }

    /// Takes back a pitch of an outing in progress, as stored before a restart.
    pub fn restore(&mut self, record: &PitchRecord, now: BoxNs) {
        let (Some(pitcher), Ok(day)) = (record.pitcher.map(PitcherId), record.game_date.parse()) else { return };
        let key = self.stage.begin(pitcher, day, GamePk(record.game_pk));
        self.stage.engine.restore(pitcher, MoundId(record.mound), key, [OutingPitch::from(record)], now);
        self.stage.remember(PitchId(record.id), pitcher);
    }

    /// Readiness of everybody who has an outing, as last judged.
    pub fn active(&self) -> impl Iterator<Item = &Readiness> {
        self.stage.engine.active()
    }

    /// Takes over what an earlier run learned about a mound's flights.
    pub fn set_learned(&mut self, mound: MoundId, scale: JerkScale) {
        if let Some(lane) = self.stage.lanes.iter_mut().find(|l| l.mound == mound) {
            lane.tracker.set_jerk_scale(scale);
        }
    }

    /// The buffer's own counts and sources, for observation.
    pub fn reorder(&self) -> &Reorder<Signal> {
        &self.reorder
    }
}

/// Pitchers whose profile was asked for; more than an organisation has.
const PROFILED_MAX: usize = 1024;
/// Published pitches whose pitcher is remembered, so that a late mark can move a pitch to another pitcher.
const KNOWN_MAX: usize = 1024;

#[derive(Debug)]
struct Lane {
    mound: MoundId,
    tracker: MoundTracker,
}

/// Everything behind the watermark buffer.
#[derive(Debug)]
struct Stage<P> {
    lanes: Vec<Lane>,
    engine: Engine,
    profiles: P,
    zone: jiff::tz::TimeZone,
    /// Whose each recent pitch is, oldest first.
    known: VecDeque<(PitchId, PitcherId)>,
    /// The outing for which each pitcher's profile was asked.
    profiled: HashMap<PitcherId, OutingKey>,
    pitches: Vec<Pitch>,
    outputs: Vec<Output>,
    now: BoxNs,
}

impl<P: Profiles> Stage<P> {
    fn observe(&mut self, mound: MoundId, frame: &Stamped<Signal>, when: When) {
        if let Some(lane) = self.lanes.iter_mut().find(|l| l.mound == mound) {
            lane.tracker.observe(frame.source, frame.event, frame.arrival, &frame.payload, when);
        }
    }

    /// The outing that a pitch belongs to; at its first pitch the pitcher's profile is asked for.
    fn begin(&mut self, pitcher: PitcherId, day: Date, game: GamePk) -> OutingKey {
        let key = if game.0 == 0 { OutingKey::Day(day) } else { OutingKey::Game(game) };
        if self.profiled.get(&pitcher) != Some(&key) {
            let profile = self.profiles.profile(pitcher, day);
            if self.profiled.len() >= PROFILED_MAX {
                self.profiled.clear();
            }
            self.profiled.insert(pitcher, key);
            if let Some(name) = profile.name {
                self.engine.set_name(pitcher, name);
            }
            if let Some(baseline) = profile.baseline {
                self.engine.set_baseline(pitcher, baseline);
            }
            self.engine.set_workload(pitcher, profile.workload);
        }
        key
    }

    fn remember(&mut self, id: PitchId, pitcher: PitcherId) {
        if self.known.len() == KNOWN_MAX {
            self.known.pop_front();
        }
        self.known.push_back((id, pitcher));
    }

    fn publish(&mut self, pitch: &Pitch, moved_by: BoxNs) {
        let day = record::game_date(pitch.release, &self.zone);
        let record = Box::new(record::record(pitch, day.to_string()));
        self.outputs.push(Output::Pitch { record, moved_by });
        let before = self.known.iter().rev().find(|(id, _)| *id == pitch.id).map(|(_, pitcher)| *pitcher);
        let now = pitch.context.pitcher;
        if before != now {
            self.known.retain(|(id, _)| *id != pitch.id);
            if let Some(outcome) = before.and_then(|before| self.engine.remove(before, pitch.id, self.now)) {
                self.tell(outcome, moved_by);
            }
            if let Some(pitcher) = now {
                self.remember(pitch.id, pitcher);
            }
        }
        let Some(pitcher) = now else { return };
        let key = self.begin(pitcher, day, pitch.context.game_pk.unwrap_or(GamePk(0)));
        let outcome = self.engine.pitch(pitcher, pitch.mound, key, OutingPitch::from(pitch), self.now);
        self.tell(outcome, moved_by);
    }

    fn tell(&mut self, outcome: Outcome, moved_by: BoxNs) {
        if outcome.changed {
            self.outputs.push(Output::Readiness { readiness: Box::new(outcome.readiness), moved_by });
        }
        self.outputs.extend(outcome.cleared.into_iter().map(Output::Cleared));
        self.outputs.extend(outcome.raised.into_iter().map(Output::Raised));
    }
}

impl<P: Profiles> Sink<Signal> for Stage<P> {
    fn eager(&mut self, mound: MoundId, frame: &Stamped<Signal>) {
        self.observe(mound, frame, When::Eager);
    }

    fn after_eager(&mut self, mound: MoundId, frame: &Stamped<Signal>) {
        self.observe(mound, frame, When::AfterEager);
    }

    fn released(&mut self, _mound: MoundId, _frame: &Stamped<Signal>) {}

    fn late(&mut self, mound: MoundId, frame: &Stamped<Signal>) {
        self.observe(mound, frame, When::Late);
    }

    fn advanced(&mut self, mound: MoundId, eager: EventNs, final_: EventNs, moved_by: BoxNs) {
        let Some(lane) = self.lanes.iter_mut().find(|l| l.mound == mound) else { return };
        let mut pitches = std::mem::take(&mut self.pitches);
        lane.tracker.advance(eager, final_, self.now, &mut pitches);
        if pitches.iter().any(|p| p.state == PitchState::Final) {
            self.outputs.push(Output::Learned(mound, lane.tracker.jerk_scale()));
        }
        for pitch in pitches.drain(..) {
            self.publish(&pitch, moved_by);
        }
        self.pitches = pitches;
    }
}
