//! What the journal keeps of a pipeline beside frames and steps: what entered it, what it was answered when it asked, and how its
//! life went.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::held::Downstream;
use super::input::Input;
use super::profile::Profile;
use crate::ids::{BoxNs, PitchId, PitcherId};

/// The first byte of a note; another one since checkpoints, which it may hold, are written in another way.
pub(super) const LAYOUT: u8 = 6;

/// One such thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Note {
    /// A pipeline begins with this state, and with no frames held.
    Began(Box<Checkpoint>),
    /// A pipeline goes on after one that was killed; where what was committed went beyond the journal, with that state.
    Resumed(Option<Box<Checkpoint>>),
    /// How things stand: a place from which to replay.
    Checkpoint(Box<Checkpoint>),
    /// All that was held went through, in order.
    Finished { now: BoxNs },
    /// All that was held went through, in order, though a kill had kept more of it from coming.
    CutShort { now: BoxNs },
    /// Something entered.
    Input { input: Input, now: BoxNs },
    /// What was known of a pitcher when it was asked.
    Profile { pitcher: PitcherId, day: Date, profile: Profile },
    /// What people call a pitcher, where it was asked beside his profile.
    Called { pitcher: PitcherId, name: String },
    /// What was found as this pitch was a throw of before.
    OldThrow { id: PitchId },
}

impl Note {
    pub(super) fn to_bytes(&self) -> Box<[u8]> {
        let bytes = postcard::to_extend(self, vec![LAYOUT]);
        bytes.expect("a note is plain data, and a Vec takes everything").into()
    }
}

impl<P> Downstream<P> {
    /// Journals a note, if anything is journalled.
    pub(super) fn note(&mut self, note: impl FnOnce() -> Note) {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(|| note().to_bytes());
        }
    }
}
