//! What the journal keeps of a pipeline beside frames and steps: what entered it, what it was answered when it asked, and how its
//! life went.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::checkpoint::{self, Checkpoint, CheckpointError};
use super::held::Downstream;
use super::input::Input;
use super::profile::Profile;
use crate::ids::{BoxNs, PitchId, PitcherId};

/// The first byte of a note; another one since checkpoints, which it may hold, are written in another way.
const LAYOUT: u8 = 9;

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

    /// What these bytes of a journal say.
    ///
    /// # Errors
    /// Bytes of another version, or damaged ones.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        checkpoint::read(LAYOUT, bytes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Air;
    use crate::golden_tests;
    use crate::pipeline::late::Remeasured;
    use crate::tracking::pitch::Pitch;

    /// One of each kind, of the three with a checkpoint the first.
    fn one_of_each() -> Vec<Note> {
        let checkpoint = Checkpoint::from_bytes(&golden_tests::bytes("journal/checkpoint-11.bin", || {
            unreachable!("the test of the journal makes it")
        }))
        .expect("it reads");
        let (now, pitcher) = (BoxNs(1_780_000_004_500_000_000), PitcherId(669_203));
        let named = Profile { name: Some("Walt Kessler".to_owned()), ..Profile::default() };
        let again = Remeasured { pitches: vec![Pitch::example()], now };
        let input = |input| Note::Input { input, now };
        vec![
            Note::Began(Box::new(checkpoint)),
            Note::Resumed(None),
            Note::Finished { now },
            Note::CutShort { now },
            input(Input::Weather(Air::default())),
            input(Input::Vibration { camera: 7, rms_g: 0.125 }),
            input(Input::Recalibrate { cameras: Some(vec![3, 7]), dry_run: true }),
            input(Input::Acknowledge { alert: 41 }),
            input(Input::JudgeBy(Box::default())),
            input(Input::Reprocessed(Box::new(again))),
            input(Input::Wall { ahead_ns: -37_000_000_000 }),
            Note::Profile { pitcher, day: jiff::civil::date(2026, 11, 30), profile: named },
            Note::Called { pitcher, name: "Walt Kessler".to_owned() },
            Note::OldThrow { id: Pitch::example().id },
        ]
    }

    /// Their bytes, each behind its length.
    fn bytes_of(notes: &[Note]) -> Vec<u8> {
        let one = |note: &Note| {
            let bytes = note.to_bytes();
            [&u32::try_from(bytes.len()).expect("short").to_le_bytes()[..], &bytes].concat()
        };
        notes.iter().flat_map(one).collect()
    }

    fn notes_in(mut bytes: &[u8]) -> Vec<Note> {
        let mut notes = Vec::new();
        while let Some((length, rest)) = bytes.split_first_chunk() {
            let (note, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
            notes.push(Note::from_bytes(note).expect("it reads"));
            bytes = rest;
        }
        notes
    }

    #[test]
    fn notes_stand_in_the_bytes_in_which_they_always_stood() {
        let bytes = bytes_of(&one_of_each());
        golden_tests::holds("journal/notes-9.bin", &bytes);
        assert!(bytes_of(&notes_in(&bytes)) == bytes, "they read back as they are");
    }

    #[test]
    fn bytes_of_another_version_are_refused_by_name() {
        let mut bytes = Note::OldThrow { id: PitchId(1) }.to_bytes();
        assert!(Note::from_bytes(&[&bytes[..], &[0]].concat()).is_err(), "a byte more");
        bytes[0] = LAYOUT + 1;
        let why = Note::from_bytes(&bytes).expect_err("of a later one").to_string();
        assert_eq!(why, "layout 10 is another version's");
        assert!(matches!(Note::from_bytes(&[]), Err(CheckpointError::Unreadable(_))));
    }
}
