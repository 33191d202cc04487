//! What is known of the pitchers at an orderly stop, so that the next run goes on with the same numbers, trends and alerts.
//!
//! A kill is gone on from by a [`super::checkpoint::Checkpoint`] and the journal. An orderly stop leaves nothing open, and what is known of the
//! pitchers is kept by itself. Stored pitches alone would nearly do: they lack the air that a pitch was thrown in, what
//! stood before their last revision, and what marks told.

use super::checkpoint::{self, LAYOUT};
use super::held::{Pipeline, Recent};
use super::profile::Profiles;
use crate::features::OutingPitch;
use crate::ids::{BoxNs, EventNs, GamePk, MoundId, PitcherId};
use crate::readiness::EngineState;
use crate::records::PitchRecord;
use crate::tracking::KeptTrust;
use crate::workload::OutingKey;

impl<P: Profiles> Pipeline<P> {
    /// All that is known of the pitchers, to be kept, behind a checkpoint's layout: it is a part of one.
    pub fn arms(&self) -> Vec<u8> {
        let known = self.stage.engine.state().of_pitchers();
        postcard::to_extend(&known, vec![LAYOUT]).expect("it is plain data, and a Vec takes everything")
    }

    /// Goes on with what an earlier run kept of the pitchers, if it is of the stored pitches of the outings in progress.
    /// Whether it was.
    pub fn resume_arms(&mut self, kept: &[u8], pitches: &[PitchRecord], now: BoxNs) -> bool {
        let Ok(known) = checkpoint::read::<EngineState>(LAYOUT, kept) else { return false };
        if !is_of(&known, pitches) {
            return false;
        }
        self.stage.engine.resume(known);
        self.stage.rig.judge_by(self.stage.engine.limits());
        self.stage.engine.was_away();
        self.stage.now = now;
        let seen = self.stage.seen_now().0;
        self.stage.whose.was_away(EventNs(seen));
        // However long the box was off: the time of frames that come again would find them as they were.
        self.stage.retire(seen);
        for record in pitches {
            let (Some(pitcher), Ok(day)) = (record.pitcher.map(PitcherId), record.game_date.parse()) else { continue };
            let key = OutingKey::new(day, GamePk(record.game_pk));
            let outing = Some((pitcher, key, OutingPitch::from(record)));
            self.stage.remember(Recent { record: record.clone(), outing });
        }
        self.look(now);
        true
    }
}

impl<P: Profiles> Pipeline<P> {
    /// What full fits found of the cameras, for early results of the next run after an orderly stop; behind a checkpoint's layout.
    pub fn trust(&self) -> Vec<u8> {
        let trust: Vec<Vec<KeptTrust>> = self.stage.lanes.iter().map(|lane| lane.tracker.kept_trust()).collect();
        postcard::to_extend(&trust, vec![LAYOUT]).expect("it is plain data, and a Vec takes everything")
    }

    /// Goes on with what an earlier run kept by [`trust`](Self::trust), once the cameras are corrected as they were. It ages as if
    /// that run had gone on.
    pub fn resume_trust(&mut self, kept: &[u8]) {
        let Ok(kept) = checkpoint::read::<Vec<Vec<KeptTrust>>>(LAYOUT, kept) else { return };
        let kept = kept.concat();
        self.stage.lanes.iter_mut().for_each(|lane| lane.tracker.take_up_trust(&kept));
    }
}

/// Whether what is known ends, for everybody and on every mound, with the newest of these pitches.
fn is_of(known: &EngineState, pitches: &[PitchRecord]) -> bool {
    let newest = |pitcher: PitcherId, mound: MoundId| {
        let his = pitches.iter().filter(|p| (p.pitcher, p.mound) == (Some(pitcher.0), mound.0));
        his.map(|p| EventNs(p.release_ns)).max()
    };
    let oldest = pitches.iter().map(|p| EventNs(p.release_ns)).min();
    let since = |at: EventNs| oldest.is_some_and(|oldest| at >= oldest);
    let agrees = |(pitcher, mound, at): (PitcherId, MoundId, EventNs)| !since(at) || newest(pitcher, mound) == Some(at);
    let is_known =
        |p: &PitchRecord| known.outings().any(|(pitcher, mound, _)| (Some(pitcher.0), mound.0) == (p.pitcher, p.mound));
    known.outings().all(agrees) && pitches.iter().all(is_known)
}
