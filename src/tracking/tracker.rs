//! One mound's tracker: signals in, pitches out.

use super::config::{Config, When};
use super::jerk::JerkScale;
use super::pitch::Pitch;
use super::venue::Venue;
use crate::ids::{BoxNs, EventNs, MoundId, PitchId};
use crate::ingest::Signal;

/// Frames of a pitch after late ones were added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateCount {
    /// Which pitch.
    pub id: PitchId,
    /// All its frames so far.
    pub frames: u32,
    /// Those that came after the final watermark.
    pub frames_late: u32,
}

/// Finds and fits the pitches of one mound.
#[derive(Debug)]
pub struct MoundTracker {
    scale: JerkScale,
}

impl MoundTracker {
    /// A tracker of this mound's cameras; a mound that the venue lacks has none and finds nothing.
    pub fn new(_venue: &Venue, _mound: MoundId, _config: Config) -> Self {
        Self { scale: JerkScale::default() }
    }

    /// Takes one signal in.
    pub fn observe(&mut self, _source: u8, _event: EventNs, _arrival: BoxNs, _signal: &Signal, _when: When) {}

    /// Moves on to these watermarks and appends what became due.
    pub fn advance(&mut self, _eager: EventNs, _final: EventNs, _now: BoxNs, _out: &mut Vec<Pitch>) {}

    /// Appends the final pitches whose frame counts grew by late frames since the last call.
    pub fn late_counts(&mut self, _out: &mut Vec<LateCount>) {}

    /// What was learned about the jerk of flights.
    pub fn jerk_scale(&self) -> JerkScale {
        self.scale
    }

    /// Takes up what an earlier run learned.
    pub fn set_jerk_scale(&mut self, scale: JerkScale) {
        self.scale = scale;
    }
}
