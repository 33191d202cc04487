//! A journal that is damaged, too large, or in a directory that takes nothing: never the pipeline's problem.

use std::fs;
use std::path::{Path, PathBuf};

use firmware_protocol::Ball;
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::journal::{Config, Counts, Entry, Journal, JournalError, Reader, Recorder};
use pitchguard::reorder::Stamped;
use pitchguard::signal::Signal;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

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
fn a_part_that_is_let_go_soon_is_waited_for() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    write(dir.path(), &Config::default(), 0, 10);
    let held = Journal::open(dir.path(), &Config::default()).expect("it opens");
    let other = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        drop(held);
    });
    Journal::open(dir.path(), &Config::default()).expect("it waits");
    other.join().expect("it does not panic");
}

#[test]
fn a_directory_that_cannot_be_had_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("file");
    fs::write(&file, b"no directory").expect("written");
    let error = Journal::open(&file, &Config::default()).expect_err("a file");
    assert!(error.to_string().contains("[journal] path") && error.to_string().contains("file"), "{error}");
}

/// So many frames of [`write`] take more than an hour: far longer than a part is written.
const HOUR: u32 = 3_700_000;

#[test]
fn a_full_disk_is_given_the_older_half_of_the_closed_parts() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for run in 0..5 {
        write(dir.path(), &Config::default(), run * HOUR, 100);
    }
    assert_eq!(parts(dir.path()).len(), 5);
    let journal = Journal::open(dir.path(), &Config::default()).expect("it opens");
    let before = journal.counts();
    let given_back = journal.shed();
    let after = journal.counts();
    assert!(given_back > 0 && after.bytes <= before.bytes - given_back, "{before:?} {after:?}");
    assert_eq!((before.parts, after.parts, after.removed), (5, 3, 2));
    drop(journal);
    assert_eq!(read(&reader(dir.path()), 0), (2..5).flat_map(|run| run * HOUR..run * HOUR + 100).collect::<Vec<_>>());
}

const SECOND: u64 = 1_000_000_000;
/// What going on after a kill may need before its checkpoint, and how old that is at most.
const NEEDED_NS: u64 = 85 * SECOND;

/// A journal that is written for a long time under a simulated clock.
struct Long {
    dir: tempfile::TempDir,
    journal: Journal,
    tap: Option<Recorder>,
    thread: Option<std::thread::JoinHandle<()>>,
    begun: u64,
    now: u64,
    seq: u32,
    /// Steps that the journal may be behind.
    behind: u64,
    /// Of balls that nobody can compress.
    rng: StdRng,
}

impl Long {
    fn begin(config: &Config, behind: u64) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let journal = Journal::open(dir.path(), config).expect("it opens");
        let (tap, thread) = journal.start().expect("a thread");
        let (now, rng) = (1_800_000_000 * SECOND, StdRng::seed_from_u64(7));
        Self { dir, journal, tap: Some(tap), thread: Some(thread), begun: now, now, seq: 0, behind, rng }
    }

    /// One step `ns` later, with so many frames.
    fn step(&mut self, ns: u64, frames: u32) {
        let tap = self.tap.as_mut().expect("it runs");
        self.now += ns;
        for _ in 0..frames {
            self.seq += 1;
            let [u, v, sigma, diameter] = self.rng.random();
            let payload = Signal::Ball(Ball { u, v, sigma, diameter });
            let (arrival, event) = (BoxNs(self.now - 1), EventNs(self.now - 3 * SECOND));
            tap.frame(0, &Stamped { source: 3, seq: self.seq, event, arrival, payload });
        }
        tap.step(BoxNs(self.now), std::iter::empty(), true);
        // Simulated time flies: let the journal follow.
        while self.journal.flushed() + self.behind < tap.next_step() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// Box time of the oldest entry that is kept of the last `ns`.
    fn oldest_of(&self, ns: u64) -> u64 {
        let blocks = self.journal.reader().since(BoxNs(self.now - ns), u64::MAX).expect("it opens");
        let mut entries = blocks.flat_map(|block| block.expect("it reads").entries);
        entries.find_map(|entry| if let Entry::Step { now } = entry { Some(now.0) } else { None }).expect("a step")
    }

    fn assert_needed_is_there(&self) {
        let oldest = self.oldest_of(NEEDED_NS);
        assert!(oldest <= (self.now - NEEDED_NS).max(self.begun) + SECOND, "{} s of it", (self.now - oldest) / SECOND);
    }

    fn disk_bytes(&self) -> u64 {
        let files = parts(self.dir.path()).into_iter().flat_map(|part| fs::read_dir(part).expect("a directory"));
        files.map(|file| file.expect("a file").metadata().map_or(0, |file| file.len())).sum()
    }

    fn part_numbers(&self) -> Vec<u64> {
        let name = |part: &PathBuf| part.file_name().expect("named").to_string_lossy()["part-".len()..].to_owned();
        parts(self.dir.path()).iter().map(|part| name(part).parse().expect("a number")).collect()
    }

    fn end(&mut self) -> Counts {
        self.tap = None;
        self.thread.take().expect("once").join().expect("it does not panic");
        let counts = self.journal.counts();
        assert_eq!((counts.frames, counts.missed, counts.failed), (u64::from(self.seq), 0, 0));
        counts
    }
}

#[test]
fn the_oldest_parts_go_so_that_it_never_takes_more_than_it_may() {
    let config = Config { max_bytes: 24 << 20, ..Config::default() };
    let mut long = Long::begin(&config, 20);
    let (mut begun, mut largest) = (std::collections::BTreeSet::new(), 0);
    // Five minutes of 4,000 frames a second.
    for second in 1..=300 {
        for _ in 0..20 {
            long.step(SECOND / 20, 200);
        }
        begun.extend(long.part_numbers());
        largest = largest.max(long.disk_bytes());
        if second % 30 == 0 {
            long.assert_needed_is_there();
        }
    }
    assert!(largest <= config.max_bytes, "{largest} bytes on the disk");
    assert!(largest > config.max_bytes / 2, "{largest}: what it may take is used");
    let there = long.part_numbers();
    let counts = long.end();
    assert_eq!(
        there,
        begun.iter().copied().skip(begun.len() - there.len()).collect::<Vec<_>>(),
        "the newest are there"
    );
    assert_eq!((counts.removed, counts.parts), ((begun.len() - there.len()) as u64, there.len() as u64));
    assert!(counts.removed > 3 && counts.bytes <= config.max_bytes, "{counts:?}");
}

#[test]
fn what_is_too_old_goes_by_the_journals_own_time_and_what_a_kill_may_need_stays() {
    const HOUR_NS: u64 = 3_600 * SECOND;
    const PART_NS: u64 = 600 * SECOND;
    const STEP_NS: u64 = 30 * SECOND;
    const BEHIND: u64 = 5;
    // Two hours, and less than going on after a kill needs.
    for age_h in [2.0, 0.001] {
        let config = Config { max_age_h: age_h, ..Config::default() };
        let mut long = Long::begin(&config, BEHIND);
        let mut begun = std::collections::BTreeSet::new();
        for step in 1..=8 * 120 {
            long.step(STEP_NS, 1);
            begun.extend(long.part_numbers());
            if step % 120 == 0 {
                long.assert_needed_is_there();
            }
        }
        let age_ns = (age_h * HOUR_NS as f64) as u64;
        let oldest_ns = long.now - long.oldest_of(48 * HOUR_NS);
        // A part goes as a whole once its youngest block is too old, which is looked at where the part after it ends. A block
        // holds what the journal was behind.
        let late_ns = 2 * PART_NS + 3 * BEHIND * STEP_NS;
        assert!(oldest_ns <= age_ns.max(120 * SECOND) + late_ns, "{} s old", oldest_ns / SECOND);
        assert!(oldest_ns >= age_ns, "{} s old: too much is gone", oldest_ns / SECOND);
        let there = long.part_numbers().len();
        let counts = long.end();
        // The journal may be some steps behind: a part can come and go between two looks.
        assert!(counts.removed as usize >= begun.len() - there, "{counts:?}");
        assert!(counts.removed >= 20, "{counts:?}");
    }
}
