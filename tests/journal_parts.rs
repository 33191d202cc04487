//! A journal that is damaged, too large, or in a directory that takes nothing: never the pipeline's problem.

use std::fs;
use std::path::{Path, PathBuf};

use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::ingest::Signal;
use pitchguard::journal::{Config, Counts, Entry, Journal, JournalError, Reader};
use pitchguard::reorder::Stamped;

/// Journals so many frames from that number on, a millisecond apart, and stops.
fn write(dir: &Path, config: &Config, from: u32, frames: u32) -> Counts {
    let journal = Journal::open(dir, config).expect("it opens");
    let (mut tap, thread) = journal.start().expect("a thread");
    for seq in from..from + frames {
        let now = BoxNs(1_000_000_000 + u64::from(seq) * 1_000_000);
        let event = EventNs(now.0 - 500_000);
        let payload = Signal::Pose { mound: 0, joints: 17 };
        tap.frame(0, &Stamped { source: 40, seq, event, arrival: now, payload });
        tap.step(now, std::iter::empty(), false);
    }
    drop(tap);
    thread.join().expect("it does not panic");
    let counts = journal.counts();
    assert_eq!((counts.frames, counts.missed, counts.failed), (u64::from(frames), 0, 0));
    counts
}

fn read(reader: &Reader, since: u64) -> Vec<u32> {
    let blocks = reader.since(BoxNs(since), u64::MAX).expect("it opens");
    let entries = blocks.flat_map(|block| block.expect("it reads").entries);
    entries
        .filter_map(|entry| match entry {
            Entry::Frame { frame, .. } => Some(frame.seq),
            _ => None,
        })
        .collect()
}

fn parts(dir: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<PathBuf> =
        fs::read_dir(dir).expect("it is there").map(|e| e.expect("an entry").path()).collect();
    parts.sort();
    parts
}

/// Opens what was written. sled lets go of a part's lock a moment after the part was closed.
fn reader(dir: &Path) -> Reader {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        match Reader::open(dir) {
            Err(JournalError::InUse { .. }) if std::time::Instant::now() < until => std::thread::yield_now(),
            opened => return opened.expect("nobody writes it"),
        }
    }
}

#[test]
fn frames_of_several_runs_read_in_the_order_in_which_they_came() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for run in 0..3 {
        write(dir.path(), &Config::default(), run * 1_000, 1_000);
    }
    let reader = reader(dir.path());
    assert_eq!(read(&reader, 0), (0..3_000).collect::<Vec<_>>());
    let late = read(&reader, 1_000_000_000 + 2_900 * 1_000_000);
    assert!(late.contains(&2_900) && late.last() == Some(&2_999), "what is asked for is there");
    assert!(!late.contains(&999), "and what is long before is not read: {:?} on", late.first());
}

#[test]
fn a_part_that_does_not_open_is_set_aside_and_a_new_one_begun() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    write(dir.path(), &Config::default(), 0, 100);
    let part = parts(dir.path()).pop().expect("one part");
    for file in fs::read_dir(&part).expect("a directory").map(|e| e.expect("an entry").path()).filter(|p| p.is_file()) {
        fs::write(file, b"this was a journal once").expect("damaged");
    }
    let counts = write(dir.path(), &Config::default(), 100, 100);
    assert_eq!(counts.set_aside, 1);
    let names: Vec<String> = parts(dir.path()).iter().map(|p| p.display().to_string()).collect();
    assert!(names.iter().any(|name| name.ends_with(".broken")) && names.len() == 2, "{names:?}");
    assert_eq!(read(&reader(dir.path()), 0), (100..200).collect::<Vec<_>>());
    write(dir.path(), &Config::default(), 200, 50);
    assert_eq!(read(&reader(dir.path()), 0), (100..250).collect::<Vec<_>>());
}

#[test]
fn a_journal_that_another_process_has_says_so() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    write(dir.path(), &Config::default(), 0, 10);
    let _held = Journal::open(dir.path(), &Config::default()).expect("it opens");
    let refused = Journal::open(dir.path(), &Config::default()).expect_err("one writer");
    assert!(matches!(refused, JournalError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("--journal"), "{refused}");
}

#[test]
fn a_directory_that_cannot_be_had_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("file");
    fs::write(&file, b"no directory").expect("written");
    let error = Journal::open(&file, &Config::default()).expect_err("a file");
    assert!(error.to_string().contains("[journal] path") && error.to_string().contains("file"), "{error}");
}

/// A journal each run of which is a part of its own.
fn tiny() -> Config {
    Config { max_bytes: 16, ..Config::default() }
}

#[test]
fn a_full_disk_is_given_the_older_half_of_the_closed_parts() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for run in 0..5 {
        write(dir.path(), &tiny(), run * 100, 100);
    }
    assert_eq!(parts(dir.path()).len(), 5);
    let journal = Journal::open(dir.path(), &tiny()).expect("it opens");
    let before = journal.counts();
    let given_back = journal.shed();
    let after = journal.counts();
    assert!(given_back > 0 && after.bytes <= before.bytes - given_back, "{before:?} {after:?}");
    assert_eq!((before.parts, after.parts, after.removed), (5, 3, 2));
    drop(journal);
    assert_eq!(read(&reader(dir.path()), 0), (200..500).collect::<Vec<_>>());
}
