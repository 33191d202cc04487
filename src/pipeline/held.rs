//! What the pipeline holds: the buffer, and everything behind it.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::as_json;
use super::clocks::Clocks;
use super::gap::Gap;
use super::late::Late;
use super::output::Output;
use super::rig::Rig;
use super::scales::Scales;
use super::whose::Whose;
use crate::environment::Air;
use crate::features::OutingPitch;
use crate::ids::{BoxNs, EventNs, MoundId, PitcherId};
use crate::journal::Recorder;
use crate::readiness::Engine;
use crate::records::PitchRecord;
use crate::reorder::Reorder;
use crate::signal::Signal;
use crate::tracking::pitch::Pitch;
use crate::tracking::{LateCount, MoundTracker};
use crate::workload::OutingKey;

/// Pitchers whose profile was asked for; more than an organisation has.
pub(super) const PROFILED_MAX: usize = 1024;

/// Published pitches that are remembered, so that a late mark can move one to another pitcher and late frames can be
/// counted: more than three mounds throw while a frame can still come.
pub(super) const RECENT_MAX: usize = 128;

/// An arm that has not thrown for so long is forgotten.
pub(super) const RETIRE_NS: u64 = 18 * 3_600 * 1_000_000_000;

/// How often arms are looked through for those to forget, box time.
pub(super) const RETIRE_EVERY_NS: u64 = 60 * 1_000_000_000;

/// Sources 0 to 63.
pub(super) const SOURCES: usize = 64;

/// A published pitch, as last published.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Recent {
    #[serde(with = "as_json")]
    pub(super) record: PitchRecord,
    /// Whose it is, in which outing, and what the features saw of it.
    pub(super) outing: Option<(PitcherId, OutingKey, OutingPitch)>,
}

pub(super) struct Lane {
    pub(super) mound: MoundId,
    pub(super) tracker: MoundTracker,
    /// What it learned of the jerk in the last minutes, and when.
    pub(super) scales: Scales,
    pub(super) late: Late,
}

/// Everything behind the watermark buffer.
pub(super) struct Downstream<P> {
    pub(super) lanes: Vec<Lane>,
    pub(super) engine: Engine,
    pub(super) rig: Rig,
    pub(super) air: Air,
    pub(super) profiles: P,
    pub(super) zone: jiff::tz::TimeZone,
    pub(super) whose: Whose,
    pub(super) clocks: Clocks,
    /// Oldest first.
    pub(super) recent: VecDeque<Recent>,
    /// The outing for which each pitcher's profile was asked, by mound.
    pub(super) profiled: HashMap<(PitcherId, MoundId), OutingKey>,
    /// By source: what HEALTH last said.
    pub(super) dropped: [u32; SOURCES],
    /// Arrival of the first frame that this step took: those that follow came later.
    pub(super) first_taken: Option<BoxNs>,
    pub(super) pitches: Vec<Pitch>,
    pub(super) counts: Vec<LateCount>,
    pub(super) outputs: Vec<Output>,
    pub(super) now: BoxNs,
    /// How far the box's clock is ahead of the cameras'; 0 while they agree.
    pub(super) clock_ns: i64,
    /// When arms were last looked through for those to forget.
    pub(super) retired: BoxNs,
    /// When readiness was last told which mounds are seen.
    pub(super) seen: BoxNs,
    /// Named by marks, and their names were asked for in vain.
    pub(super) nameless: BTreeSet<PitcherId>,
    /// When the first of the runs that this one goes on after began; frames before went through another pipeline.
    pub(super) begun: BoxNs,
    /// Only buffer and trackers take part, and nothing is published: see `checkpoint`.
    pub(super) warming: bool,
    /// Whether the run that this one goes on after was killed since the last step.
    pub(super) was_killed: bool,
    /// When this one was back after an earlier one; none where there was none.
    pub(super) returned: Option<BoxNs>,
    /// Where what enters is journalled.
    pub(super) recorder: Option<Recorder>,
    /// What kills took with them, for as long as that may matter.
    pub(super) gaps: Vec<Gap>,
    /// Provisional pitches of a run that was gone on from, with their mounds and releases, until it is known that they became
    /// final.
    pub(super) open: Vec<(MoundId, u64, EventNs)>,
}

impl<P> Downstream<P> {
    /// Now by the cameras' clock, as event times have it.
    pub(super) fn seen_now(&self) -> BoxNs {
        BoxNs(self.seen_at(self.now).0)
    }

    /// A moment of the box by the cameras' clock.
    pub(super) fn seen_at(&self, at: BoxNs) -> EventNs {
        at.by_cameras(self.clock_ns)
    }
}

/// The whole way from frames to readiness.
pub struct Pipeline<P> {
    pub(super) reorder: Reorder<Signal>,
    pub(super) stage: Downstream<P>,
}
