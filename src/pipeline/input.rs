//! What enters the pipeline beside frames and time, as the journal keeps it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::held::Downstream;
use super::profile::Profile;
use crate::environment::Air;
use crate::ids::{BoxNs, PitchId, PitcherId};

/// The first byte of a note: another one is of a version that this one does not read.
const LAYOUT: u8 = 5;

/// One such thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Input {
    /// A pipeline begins with this state, and with no frames held.
    Began(Box<Checkpoint>),
    /// A pipeline goes on after one that was killed; where what was committed went beyond the journal, with that state.
    Resumed(Option<Box<Checkpoint>>),
    /// How things stand: a place from which to replay.
    Checkpoint(Box<Checkpoint>),
    /// All that was held went through, in order.
    Finished { now: BoxNs },
    /// What the sensors say of the air.
    Weather { air: Air, now: BoxNs },
    /// What a sensor says of a camera.
    Vibration { camera: u8, rms_g: f64, now: BoxNs },
    /// Somebody asked for it.
    Recalibrate { cameras: Option<Vec<u8>>, dry_run: bool, now: BoxNs },
    /// Somebody saw an alert.
    Acknowledge { alert: u64, now: BoxNs },
    /// Readiness is judged by other limits from now on.
    JudgeBy(Box<crate::readiness::Config>),
    /// What came too late was measured again.
    Reprocessed(Box<super::late::Remeasured>),
    /// What was known of a pitcher when it was asked.
    Profile { pitcher: PitcherId, day: Date, profile: Profile },
    /// All that was held went through, in order, though a kill had kept more of it from coming.
    CutShort { now: BoxNs },
    /// What people call a pitcher, where it was asked beside his profile.
    Called { pitcher: PitcherId, name: String },
    /// What was found as this pitch was a throw of before.
    OldThrow { id: PitchId },
    /// The system's clock is so far ahead of the box's, ns.
    Wall { ahead_ns: i64 },
}

impl Input {
    fn to_bytes(&self) -> Box<[u8]> {
        let bytes = postcard::to_extend(self, vec![LAYOUT]);
        bytes.expect("a note is plain data, and a Vec takes everything").into()
    }

    /// None for what this version does not read.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (layout, body) = bytes.split_first()?;
        if *layout == LAYOUT { postcard::from_bytes(body).ok() } else { None }
    }
}

impl<P> Downstream<P> {
    /// Journals a note, if anything is journalled.
    pub(super) fn note(&mut self, note: impl FnOnce() -> Input) {
        if let Some(tap) = &mut self.tap {
            tap.note(|| note().to_bytes());
        }
    }
}
