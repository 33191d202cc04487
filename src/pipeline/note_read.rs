//! Reads notes, of this version, and as the releases before 2026-11-30 wrote them, so that their journals are still replayed.

use jiff::civil::Date;
use serde::Deserialize;

use super::checkpoint::{self, Checkpoint, CheckpointError};
use super::input::Input;
use super::late::Remeasured;
use super::note::{LAYOUT, Note};
use super::profile::Profile;
use crate::environment::Air;
use crate::ids::{BoxNs, PitchId, PitcherId};
use crate::readiness;

/// The first byte of a note of before. They go once a checkpoint has another layout than theirs had.
const V5: u8 = 5;

const _: () = assert!(checkpoint::LAYOUT == 7, "a checkpoint in such a note has that layout");

#[derive(Deserialize)]
enum NoteV5 {
    Began(Box<Checkpoint>),
    Resumed(Option<Box<Checkpoint>>),
    Checkpoint(Box<Checkpoint>),
    Finished { now: BoxNs },
    Weather { air: Air, now: BoxNs },
    Vibration { camera: u8, rms_g: f64, now: BoxNs },
    Recalibrate { cameras: Option<Vec<u8>>, dry_run: bool, now: BoxNs },
    Acknowledge { alert: u64, now: BoxNs },
    JudgeBy(Box<readiness::Config>),
    Reprocessed(Box<Remeasured>),
    Profile { pitcher: PitcherId, day: Date, profile: Profile },
    CutShort { now: BoxNs },
    Called { pitcher: PitcherId, name: String },
    OldThrow { id: PitchId },
    Wall { ahead_ns: i64 },
}

/// What these bytes of a journal say.
///
/// # Errors
/// Bytes of another version, or damaged ones.
pub(super) fn read_note(bytes: &[u8]) -> Result<Note, CheckpointError> {
    if bytes.first() == Some(&V5) {
        checkpoint::read::<NoteV5>(V5, bytes).map(Note::from)
    } else {
        checkpoint::read(LAYOUT, bytes)
    }
}

impl From<NoteV5> for Note {
    fn from(note: NoteV5) -> Self {
        // Three kinds did not say when, and do not go by it.
        let undated = |input| Note::Input { input, now: BoxNs(0) };
        match note {
            NoteV5::Began(checkpoint) => Note::Began(checkpoint),
            NoteV5::Resumed(beyond) => Note::Resumed(beyond),
            NoteV5::Checkpoint(checkpoint) => Note::Checkpoint(checkpoint),
            NoteV5::Finished { now } => Note::Finished { now },
            NoteV5::CutShort { now } => Note::CutShort { now },
            NoteV5::Weather { air, now } => Note::Input { input: Input::Weather(air), now },
            NoteV5::Vibration { camera, rms_g, now } => Note::Input { input: Input::Vibration { camera, rms_g }, now },
            NoteV5::Recalibrate { cameras, dry_run, now } => {
                Note::Input { input: Input::Recalibrate { cameras, dry_run }, now }
            }
            NoteV5::Acknowledge { alert, now } => Note::Input { input: Input::Acknowledge { alert }, now },
            NoteV5::JudgeBy(limits) => undated(Input::JudgeBy(limits)),
            NoteV5::Reprocessed(again) => undated(Input::Reprocessed(again)),
            NoteV5::Wall { ahead_ns } => undated(Input::Wall { ahead_ns }),
            NoteV5::Profile { pitcher, day, profile } => Note::Profile { pitcher, day, profile },
            NoteV5::Called { pitcher, name } => Note::Called { pitcher, name },
            NoteV5::OldThrow { id } => Note::OldThrow { id },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Air;
    use crate::golden_tests;
    use crate::ids::{EventNs, MoundId, PitchType};
    use crate::tracking::pitch::{Context, Flags, MeasuredSpin, NineP, Pitch, PitchState, Quantities};

    fn pitch() -> Pitch {
        let release = EventNs(1_780_000_000_123_456_789);
        Pitch {
            id: PitchId::new(release, MoundId(1)),
            revision: 2,
            state: PitchState::Final,
            mound: MoundId(1),
            release,
            release_marked: true,
            plate: EventNs(release.0 + 400_000_000),
            context: Context { pitch_type: PitchType::parse("SI"), ..Context::default() },
            values: Quantities { release_speed: 95.125, plate_x: -0.5, ..Quantities::default() },
            sd: Quantities { release_speed: 0.03125, plate_x: 0.25, ..Quantities::default() },
            nine_p: NineP::default(),
            spin: Some(MeasuredSpin { release_spin_rate: 2150.0, spin_axis: 200.0, confidence: 0.75 }),
            cameras: 5,
            residuals: Vec::new(),
            residual_px: 0.5,
            flags: Flags { short_track: true, ..Flags::default() },
            frames: 200,
            frames_late: 20,
        }
    }

    /// One of each kind, of the three with a checkpoint the first.
    fn one_of_each() -> Vec<Note> {
        let checkpoint = Checkpoint::from_bytes(&golden_tests::bytes("journal/checkpoint-7.bin")).expect("it reads");
        let (now, pitcher) = (BoxNs(1_780_000_004_500_000_000), PitcherId(669_203));
        let named = Profile { name: Some("Walt Kessler".to_owned()), ..Profile::default() };
        let again = Remeasured::new(vec![pitch()], now);
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
            Note::OldThrow { id: pitch().id },
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
            notes.push(read_note(note).expect("it reads"));
            bytes = rest;
        }
        notes
    }

    #[test]
    fn notes_stand_in_the_bytes_in_which_they_always_stood() {
        let bytes = bytes_of(&one_of_each());
        golden_tests::holds("journal/notes-6.bin", &bytes);
        assert!(bytes_of(&notes_in(&bytes)) == bytes, "they read back as they are");
    }

    #[test]
    fn a_note_of_an_earlier_release_says_the_same() {
        let undated = |notes: &[Note]| format!("{notes:?}").replace("BoxNs(0)", "BoxNs(1780000004500000000)");
        let read = notes_in(&golden_tests::bytes("journal/notes-5.bin"));
        assert!(undated(&read) == undated(&one_of_each()));
    }

    #[test]
    fn bytes_of_another_version_are_refused_by_name() {
        let mut bytes = Note::OldThrow { id: PitchId(1) }.to_bytes();
        assert!(read_note(&[&bytes[..], &[0]].concat()).is_err(), "a byte more");
        bytes[0] = LAYOUT + 1;
        let why = read_note(&bytes).expect_err("of a later one").to_string();
        assert_eq!(why, "layout 7 is another version's");
        assert!(matches!(read_note(&[]), Err(CheckpointError::Unreadable(_))));
    }
}
