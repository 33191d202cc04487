//! How a pipeline goes on from a checkpoint, and what of it is journalled.
//!
//! `since` is [`WARM_NS`] before the earliest event time still open, R, in the box's time: by R the buffer has heard every
//! camera and waited for the absent ones (8 s), its final watermark (7 s behind) has passed all that came before the warming,
//! and no pitch that is open has a frame that is not there. What the trackers learn from pitches is taken from the run that
//! had all their frames ([`Scales`]).

use std::collections::HashMap;

use super::checkpoint::{Checkpoint, CheckpointError, LaneState, OnMound};
use super::held::{Downstream, Pipeline, Recent};
use super::note::Note;
use super::profile::Profiles;
use super::scales::{Scales, WARM_NS_MAX};
use crate::ids::{BoxNs, EventNs, MoundId};
use crate::journal::Recorder;
use crate::records::{PitchRecord, State};

/// How long before the earliest open event time frames are taken.
const WARM_NS: u64 = 20_000_000_000;

/// Published pitches that a late frame or mark may still change were released this long before at most.
const RECENT_NS: u64 = 75_000_000_000;

impl<P: Profiles> Pipeline<P> {
    /// How it stands now, at the end of a step. None while nothing is journalled, which going on would need.
    pub fn checkpoint(&mut self) -> Option<Checkpoint> {
        let step = self.stage.recorder.as_ref()?.next_step().checked_sub(1)?;
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
        Some(self.stage.checkpoint(Edge { step, since, watermark, open_since, seen_from }))
    }

    /// Number of the next step in the journal; none while nothing is journalled.
    pub fn next_step(&self) -> Option<u64> {
        self.stage.recorder.as_ref().map(Recorder::next_step)
    }

    /// Journals how it stands, as a place from which to replay.
    pub fn note_checkpoint(&mut self) {
        if let Some(checkpoint) = self.checkpoint() {
            self.stage.note(|| Note::Checkpoint(Box::new(checkpoint)));
        }
    }

    /// Prepares to take frames from the checkpoint's `since` on: from now on only buffer and trackers take part.
    ///
    /// # Errors
    /// The checkpoint is of another rig; nothing was changed then.
    pub fn warm(&mut self, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
        let stage = &mut self.stage;
        let same = checkpoint.lanes.len() == stage.lanes.len()
            && checkpoint.lanes.iter().zip(&stage.lanes).all(|(kept, lane)| kept.mound == lane.mound)
            && stage.rig.calibration.resume(checkpoint.calibration.clone());
        if !same {
            return Err(CheckpointError::OtherRig);
        }
        stage.warming = true;
        // What was recalled before is in the checkpoint as well, as it stood then.
        stage.outputs.clear();
        stage.begun = checkpoint.begun;
        stage.clocks = checkpoint.clocks.clone();
        stage.correct_all();
        for (lane, kept) in stage.lanes.iter_mut().zip(&checkpoint.lanes) {
            lane.scales = kept.scales.clone();
            lane.tracker.set_searched(kept.searched);
            lane.tracker.recall_early(&kept.early);
            if let Some(on_mound) = kept.on_mound {
                lane.tracker.set_standing(&on_mound.standing(lane.mound));
            }
        }
        self.take_by_clocks();
        Ok(())
    }

    /// The pitches of a checkpoint that are another way here, or not at all.
    pub(super) fn known_otherwise<'c>(&self, checkpoint: &'c Checkpoint) -> impl Iterator<Item = &'c PitchRecord> {
        let own = |record: &PitchRecord| self.stage.recent.iter().rev().find(|own| own.record.id == record.id);
        let records = checkpoint.recent.iter().map(|recent| &recent.record);
        records.filter(move |record| own(record).is_none_or(|own| own.record != **record))
    }

    /// Puts the rest in place: the step of the checkpoint has been taken.
    pub fn resume(&mut self, checkpoint: Checkpoint) {
        let stage = &mut self.stage;
        let Checkpoint {
            now, lanes, engine, calibration, standing, recent, profiled, whose, clocks, dropped, air, ..
        } = checkpoint;
        stage.warming = false;
        stage.engine.resume(engine);
        stage.rig.judge_by(stage.engine.limits());
        // `warm` found that it is of this rig.
        stage.rig.calibration.resume(calibration);
        stage.rig.standing = standing;
        (stage.rig.passed, stage.rig.kept, stage.rig.learned) =
            (checkpoint.passed, checkpoint.kept, checkpoint.learned);
        stage.correct_all();
        for (lane, kept) in stage.lanes.iter_mut().zip(lanes) {
            lane.scales = kept.scales;
            lane.tracker.set_jerk_scale(lane.scales.at(now));
            lane.tracker.resume_early(kept.early);
        }
        stage.share_scales();
        stage.whose.resume(whose);
        stage.clocks.resume(clocks);
        stage.recent = recent.into();
        let open = stage.recent.iter().map(|recent| &recent.record).filter(|record| record.state == State::Provisional);
        stage.open = open.map(|record| (MoundId(record.mound), record.id, EventNs(record.release_ns))).collect();
        stage.profiled = profiled.into_iter().collect::<HashMap<_, _>>();
        for (own, kept) in stage.dropped.iter_mut().zip(dropped) {
            *own = kept;
        }
        (stage.air, stage.retired, stage.seen, stage.begun) =
            (air, checkpoint.retired, checkpoint.seen, checkpoint.begun);
        (stage.clock_ns, stage.returned) = (checkpoint.clock_ns, checkpoint.returned);
        stage.outputs.clear();
        self.take_by_clocks();
    }

    /// Journals from now on what enters, and first of all where it comes from.
    pub fn journal(&mut self, recorder: Recorder, beginning: Beginning) {
        let (now, step) = (self.stage.now, recorder.next_step());
        self.stage.recorder = Some(recorder);
        let note = match beginning {
            Beginning::Resumed(checkpoint) => Note::Resumed(checkpoint),
            Beginning::Anew => {
                let begun = Edge { step, since: now, watermark: None, open_since: None, seen_from: EventNs(now.0) };
                Note::Began(Box::new(self.stage.checkpoint(begun)))
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
    /// It went on after one that was killed: from the journal, and where what was committed went beyond that, from this checkpoint.
    Resumed(Option<Box<Checkpoint>>),
}

/// What the buffer says of a checkpoint.
struct Edge {
    step: u64,
    since: BoxNs,
    watermark: Option<EventNs>,
    open_since: Option<EventNs>,
    /// Event time of what arrives at `since` without delay.
    seen_from: EventNs,
}

impl<P> Downstream<P> {
    fn checkpoint(&mut self, Edge { step, since, watermark, open_since, seen_from }: Edge) -> Checkpoint {
        let now = self.now;
        let lanes = self.lanes.iter().map(|lane| LaneState {
            mound: lane.mound,
            scales: if lane.scales == Scales::default() {
                Scales::from(lane.tracker.jerk_scale())
            } else {
                lane.scales.clone()
            },
            searched: lane.tracker.searched(),
            on_mound: lane.tracker.standing(seen_from).map(OnMound::from),
            early: lane.tracker.early_state(),
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
            returned: self.returned,
        }
    }
}
