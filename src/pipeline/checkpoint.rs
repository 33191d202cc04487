//! A cut: how the pipeline stands at the end of a step, so that another one goes on as if nothing had happened.
//!
//! What stands in the watermark buffer and the trackers is made of the frames of the last seconds, and those are in the
//! journal. So a cut holds only what lives longer: outings and alerts, calibration, what the trackers learned and who
//! stands on each mound. To go on from it, frames are first taken from `since` on with nothing but buffer and trackers
//! at work (*warming*); at the cut's own step the rest is put in place, and from there on everything is as it was.
//!
//! `since` is [`WARM_NS`] before the earliest event time still open, R, in the box's time: by R the buffer has heard every
//! camera and waited for the absent ones (8 s), its final watermark (7 s behind) has passed all that came before the warming,
//! and no pitch that is open has a frame that is not there. What the trackers learn from pitches is taken from the run that
//! had all their frames ([`Scales`]).

use std::collections::HashMap;

use firmware_protocol::{Mark, MarkKind};
use serde::{Deserialize, Serialize};

use super::calibrating::About;
use super::clocks::Clocks;
use super::held::{Downstream, Recent};
use super::profile::Profiles;
use super::scales::Scales;
use super::step::Pipeline;
use super::whose::Known;
use crate::calibration::ExactState;
use crate::environment::Air;
use crate::ids::{BoxNs, EventNs, MoundId, PitcherId};
use crate::readiness::EngineState;
use crate::records::{PitchRecord, State};
use crate::tracking::Standing;
use crate::workload::OutingKey;

/// How long before the earliest open event time frames are taken.
const WARM_NS: u64 = 20_000_000_000;

/// And how long before the cut at most: nothing is held for longer than 30 s and lags by more than 10 s.
pub(super) const WARM_NS_MAX: u64 = 75_000_000_000;

/// Published pitches that a late frame or mark may still change were released this long before at most.
const RECENT_NS: u64 = 75_000_000_000;

/// The first byte of a cut's bytes.
pub(super) const LAYOUT: u8 = 8;

/// Why stored bytes are no cut to go on from.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum CheckpointError {
    /// Another version wrote it.
    #[error("layout {0} is another version's")]
    Layout(u8),
    /// It does not read.
    #[error("it does not read: {0}")]
    Unreadable(String),
    /// The cameras, or the mounds, are others now.
    #[error("it is of another rig than the venue file's")]
    OtherRig,
}

/// How the pipeline stands at the end of a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Number of that step in the journal.
    pub step: u64,
    /// What it was told as the time.
    pub now: BoxNs,
    /// From where on frames are needed to go on from it, box time.
    pub since: BoxNs,
    /// The smallest final watermark W of any mound.
    pub watermark: Option<EventNs>,
    /// The earliest event time still open R.
    pub open_since: Option<EventNs>,
    begun: BoxNs,
    lanes: Vec<LaneCut>,
    engine: EngineState,
    calibration: ExactState,
    standing: Vec<(About, u64)>,
    recent: Vec<Recent>,
    profiled: Vec<((PitcherId, MoundId), OutingKey)>,
    whose: Known,
    clocks: Clocks,
    dropped: Vec<u32>,
    air: Air,
    passed: BoxNs,
    kept: BoxNs,
    learned: bool,
    retired: BoxNs,
    seen: BoxNs,
    clock_ns: i64,
}

/// One mound.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LaneCut {
    mound: MoundId,
    scales: Scales,
    searched: EventNs,
    on_mound: Option<OnMound>,
}

/// The mark that says who stands on a mound, or that nobody does any more.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct OnMound {
    event: EventNs,
    said: Said,
    thrown: EventNs,
    at_bat_number: u16,
    pitch_number: u16,
    game_pk: u32,
    pitcher: u32,
    pitch_type: [u8; 4],
}

/// What that mark was.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Said {
    Named,
    Released,
    Over,
}

/// Finals of one mound within [`WARM_NS_MAX`]: one a second.
pub(super) const SCALES_MAX: usize = 80;

impl Checkpoint {
    /// As it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![LAYOUT]).expect("a cut is plain data, and a Vec takes everything")
    }

    /// From what was stored.
    ///
    /// # Errors
    /// Bytes of another version, or damaged ones.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        match bytes.split_first() {
            Some((&LAYOUT, body)) => {
                postcard::from_bytes(body).map_err(|error| CheckpointError::Unreadable(error.to_string()))
            }
            Some((layout, _)) => Err(CheckpointError::Layout(*layout)),
            None => Err(CheckpointError::Unreadable("it is empty".to_owned())),
        }
    }
}

impl<P: Profiles> Pipeline<P> {
    /// How it stands now, at the end of a step. None while nothing is journalled, which going on would need.
    pub fn cut(&mut self) -> Option<Checkpoint> {
        let step = self.stage.tap.as_ref()?.next_step().checked_sub(1)?;
        let now = self.stage.now;
        let watermarks = || self.stage.lanes.iter().filter_map(|lane| self.reorder.watermarks(lane.mound));
        let watermark = watermarks().map(|(_, final_)| final_).min();
        let open = self.stage.lanes.iter().filter_map(|lane| lane.tracker.open_since());
        let open_since = open.chain(watermark).min();
        let clock_ns = self.reorder.clock_offset_ns();
        let earliest = now.0.saturating_sub(WARM_NS_MAX);
        let since = open_since.map_or(now.0, |open| open.0.saturating_add_signed(clock_ns)).saturating_sub(WARM_NS);
        let since = BoxNs(since.max(earliest)).max(self.stage.begun);
        let seen_from = EventNs(since.0.saturating_add_signed(-clock_ns));
        Some(self.stage.cut(Edge { step, since, watermark, open_since, seen_from }))
    }

    /// Number of the next step in the journal; none while nothing is journalled.
    pub fn next_step(&self) -> Option<u64> {
        self.stage.tap.as_ref().map(crate::journal::Recorder::next_step)
    }

    /// Journals how it stands, as a place from which to replay.
    pub fn note_cut(&mut self) {
        if let Some(cut) = self.cut() {
            self.stage.note(|| super::input::Input::Checkpoint(Box::new(cut)));
        }
    }

    /// Prepares to take frames from the cut's `since` on: from now on only buffer and trackers take part.
    ///
    /// # Errors
    /// The cut is of another rig; nothing was changed then.
    pub fn warm(&mut self, cut: &Checkpoint) -> Result<(), CheckpointError> {
        let stage = &mut self.stage;
        let same = cut.lanes.len() == stage.lanes.len()
            && cut.lanes.iter().zip(&stage.lanes).all(|(kept, lane)| kept.mound == lane.mound)
            && stage.rig.calibration.resume(cut.calibration.clone());
        if !same {
            return Err(CheckpointError::OtherRig);
        }
        stage.warming = true;
        // What was recalled before is in the cut as well, as it stood then.
        stage.outputs.clear();
        stage.begun = cut.begun;
        stage.clocks = cut.clocks.clone();
        stage.correct_all();
        for (lane, kept) in stage.lanes.iter_mut().zip(&cut.lanes) {
            lane.scales = kept.scales.clone();
            lane.tracker.set_searched(kept.searched);
            if let Some(on_mound) = kept.on_mound {
                lane.tracker.set_standing(&on_mound.standing(lane.mound));
            }
        }
        self.take_by_clocks();
        Ok(())
    }

    /// The pitches of a cut that are another way here, or not at all.
    pub(super) fn known_otherwise<'c>(&self, cut: &'c Checkpoint) -> impl Iterator<Item = &'c PitchRecord> {
        let own = |record: &PitchRecord| self.stage.recent.iter().rev().find(|own| own.record.id == record.id);
        let records = cut.recent.iter().map(|recent| &recent.record);
        records.filter(move |record| own(record).is_none_or(|own| own.record != **record))
    }

    /// Puts the rest in place: the step of the cut has been taken.
    pub fn resume(&mut self, cut: Checkpoint) {
        let stage = &mut self.stage;
        let Checkpoint {
            now, lanes, engine, calibration, standing, recent, profiled, whose, clocks, dropped, air, ..
        } = cut;
        stage.warming = false;
        stage.engine.resume(engine);
        // `warm` found that it is of this rig.
        stage.rig.calibration.resume(calibration);
        stage.rig.standing = standing;
        (stage.rig.passed, stage.rig.kept, stage.rig.learned) = (cut.passed, cut.kept, cut.learned);
        stage.correct_all();
        for (lane, kept) in stage.lanes.iter_mut().zip(lanes) {
            lane.scales = kept.scales;
            lane.tracker.set_jerk_scale(lane.scales.at(now));
        }
        stage.whose.resume(whose);
        stage.clocks.resume(clocks);
        stage.recent = recent.into();
        let open = stage.recent.iter().map(|recent| &recent.record).filter(|record| record.state == State::Provisional);
        stage.open = open.map(|record| (MoundId(record.mound), record.id, EventNs(record.release_ns))).collect();
        stage.profiled = profiled.into_iter().collect::<HashMap<_, _>>();
        for (own, kept) in stage.dropped.iter_mut().zip(dropped) {
            *own = kept;
        }
        (stage.air, stage.retired, stage.seen, stage.begun) = (air, cut.retired, cut.seen, cut.begun);
        stage.clock_ns = cut.clock_ns;
        stage.outputs.clear();
        self.take_by_clocks();
    }

    /// Journals from now on what enters, and first of all where it comes from.
    pub fn journal(&mut self, tap: crate::journal::Recorder, beginning: Beginning) {
        let (now, step) = (self.stage.now, tap.next_step());
        self.stage.tap = Some(tap);
        let note = match beginning {
            Beginning::Resumed(cut) => super::input::Input::Resumed(cut),
            Beginning::Anew => {
                let begun = Edge { step, since: now, watermark: None, open_since: None, seen_from: EventNs(now.0) };
                super::input::Input::Began(Box::new(self.stage.cut(begun)))
            }
        };
        self.stage.note(|| note);
    }
}

/// How a pipeline came to what it knows.
#[derive(Debug)]
pub enum Beginning {
    /// It begins.
    Anew,
    /// It went on after one that was killed: from the journal, and where what was committed went beyond that, from this cut.
    Resumed(Option<Box<Checkpoint>>),
}

/// What the buffer says of a cut.
struct Edge {
    step: u64,
    since: BoxNs,
    watermark: Option<EventNs>,
    open_since: Option<EventNs>,
    /// Event time of what arrives at `since` without delay.
    seen_from: EventNs,
}

impl<P> Downstream<P> {
    fn cut(&mut self, Edge { step, since, watermark, open_since, seen_from }: Edge) -> Checkpoint {
        let now = self.now;
        let lanes = self.lanes.iter().map(|lane| LaneCut {
            mound: lane.mound,
            scales: if lane.scales == Scales::default() {
                Scales::from(lane.tracker.jerk_scale())
            } else {
                lane.scales.clone()
            },
            searched: lane.tracker.searched(),
            on_mound: lane.tracker.standing(seen_from).map(OnMound::from),
        });
        let is_recent = |recent: &&Recent| recent.record.release_ns.saturating_add(RECENT_NS) >= seen_from.0;
        let mut profiled: Vec<_> = self.profiled.iter().map(|(of, key)| (*of, *key)).collect();
        profiled.sort_unstable_by_key(|(of, _)| *of);
        Checkpoint {
            step,
            now,
            since,
            watermark,
            open_since,
            begun: self.begun,
            lanes: lanes.collect(),
            engine: self.engine.state(),
            calibration: self.rig.calibration.exact_state(),
            standing: self.rig.standing.clone(),
            recent: self.recent.iter().filter(is_recent).cloned().collect(),
            profiled,
            whose: self.whose.known().clone(),
            clocks: self.clocks.clone(),
            dropped: self.dropped.to_vec(),
            air: self.air,
            passed: self.rig.passed,
            kept: self.rig.kept,
            learned: self.rig.learned,
            retired: self.retired,
            seen: self.seen,
            clock_ns: self.clock_ns,
        }
    }
}

impl From<Standing> for OnMound {
    fn from(Standing { event, mark, thrown }: Standing) -> Self {
        let Mark { what, at_bat_number, pitch_number, game_pk, pitcher, pitch_type, .. } = mark;
        let said = match what {
            MarkKind::PitchReleased => Said::Released,
            MarkKind::InningEnd => Said::Over,
            _ => Said::Named,
        };
        Self { event, said, thrown, at_bat_number, pitch_number, game_pk, pitcher, pitch_type }
    }
}

impl OnMound {
    fn standing(&self, mound: MoundId) -> Standing {
        let Self { event, said, thrown, at_bat_number, pitch_number, game_pk, pitcher, pitch_type } = *self;
        let what = match said {
            Said::Named => MarkKind::PitcherOnMound,
            Said::Released => MarkKind::PitchReleased,
            Said::Over => MarkKind::InningEnd,
        };
        let mark = Mark { what, mound: mound.0, at_bat_number, pitch_number, game_pk, pitcher, pitch_type };
        Standing { event, mark, thrown }
    }
}

/// A record within a compact encoding that knows no flattened fields.
pub(super) mod as_json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::pipeline) fn serialize<T: Serialize, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        serde_json::to_string(value).map_err(S::Error::custom)?.serialize(to)
    }

    pub(in crate::pipeline) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        serde_json::from_str(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
