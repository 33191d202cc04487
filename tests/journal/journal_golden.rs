//! What earlier releases wrote is read, or refused by name; never misread.

use std::fs;
use std::path::Path;
use std::process::Command;

use pitchguard::ids::BoxNs;
use pitchguard::journal::Reader;
use pitchguard::pipeline::{Checkpoint, CheckpointError, Start};
use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;

use crate::golden;
use crate::journal_support::{Box0, Known, deliveries};

/// Of a game, between two pitches.
fn checkpoint() -> Vec<u8> {
    let venue = Venue::busch_iii();
    let cameras = Some(vec![1, 2, 3, 4, 5]);
    let settings =
        Settings { seed: 7, cameras, pitches_max: Some(8), pace_s: 6.0, break_s: 20.0, ..Settings::default() };
    let mut stadium = Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings);
    let start = BoxNs(stadium.start().0);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut running = Box0::begin(&venue, Known(stadium.baselines()), start, Some(dir.path()));
    running.play(deliveries(&mut stadium), &mut Vec::new());
    assert!(running.committed.1 > 8, "it has pitches");
    running.committed.0
}

#[test]
fn a_checkpoint_stands_in_the_bytes_in_which_it_always_stood() {
    let bytes = golden::bytes("journal/checkpoint-11.bin", checkpoint);
    let read = Checkpoint::from_bytes(&bytes).expect("it is of this version");
    golden::holds("journal/checkpoint-11.bin", &read.to_bytes());
    // By their names too: two fields of one type may have changed places.
    golden::holds("journal/checkpoint-11.json", &serde_json::to_vec(&read).expect("plain data"));
}

#[test]
fn a_checkpoint_of_another_version_is_refused_by_name() {
    let mut bytes = golden::bytes("journal/checkpoint-11.bin", checkpoint);
    assert!(matches!(Checkpoint::from_bytes(&bytes[..bytes.len() - 1]), Err(CheckpointError::Unreadable(_))));
    bytes.push(0);
    assert!(matches!(Checkpoint::from_bytes(&bytes), Err(CheckpointError::Unreadable(_))), "a byte more");
    bytes[0] += 1;
    assert!(matches!(Checkpoint::from_bytes(&bytes), Err(CheckpointError::Layout(12))));
    assert!(matches!(Checkpoint::from_bytes(&[]), Err(CheckpointError::Unreadable(_))));
}

/// Of a release of 2026-11-29.
#[test]
fn a_journal_of_another_format_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/journal/format-1");
    let part = "part-00000000000000000000";
    fs::create_dir_all(dir.path().join(part).join("blobs")).expect("a directory");
    for file in ["conf", "db"] {
        fs::copy(sample.join(part).join(file), dir.path().join(part).join(file)).expect("it is copied");
    }
    let reader = Reader::open(dir.path()).expect("it opens");
    let (first, _) = reader.span().expect("it opens").expect("it is not empty");
    let why = Start::find(&reader, first).expect_err("not silently").to_string();
    assert!(
        why.ends_with("its format is 1, which this version does not read; what it held cannot be replayed"),
        "{why}"
    );
    drop(reader);
    let ran = Command::new(env!("CARGO_BIN_EXE_pitchguard")).args(["replay", "--journal"]).arg(dir.path()).output();
    let ran = ran.expect("the program starts");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success() && said.contains("its format is 1"), "{said}");
}
