//! A store on a disk that takes 30 or 150 ms to sync, stopped and killed at random moments: it is whole every time, what was
//! reported committed is there, and it can be backed up, restored and opened again.
#![allow(unsafe_code)] // to be the slow disk

#[path = "support/common/mod.rs"]
mod common;

use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::full;
use pitchguard::records::PitchRecord;
use pitchguard::store::backup::BackupOptions;
use pitchguard::store::{Store, StoreOptions, Write, restore, verify};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const DIR: &str = "PITCHGUARD_TEST_SLOW_DIR";
const DELAY: &str = "PITCHGUARD_TEST_SLOW_MS";
const PITCHER: u32 = 425_794;
const DAY_NS: u64 = 86_400_000_000_000;

static DELAY_MS: AtomicU64 = AtomicU64::new(0);

/// The C library's, with a slow disk behind it: LMDB, which is linked into this test, meets this one first.
#[unsafe(no_mangle)]
extern "C" fn fdatasync(file: libc::c_int) -> libc::c_int {
    std::thread::sleep(Duration::from_millis(DELAY_MS.load(Ordering::Relaxed)));
    // SAFETY: the call takes a number and says what it thinks of it.
    let done = unsafe { libc::syscall(libc::SYS_fdatasync, file) };
    done as libc::c_int
}

fn pitch(number: u64) -> PitchRecord {
    common::final_pitch(PITCHER, 20_000 * DAY_NS + number * 1_000_000_000, number << 4, number as f64)
}

/// The number of the last pitch of the checkpoint's transaction; the rest of it is as long as it happens to be.
fn reached(store: &Store) -> u64 {
    let bytes = store.checkpoint("test").expect("the checkpoint is read");
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes.first_chunk().expect("eight bytes")))
}

/// The child's part: does nothing unless the parent asks for it. Checkpoints of every length, several in one transaction, as
/// a daemon on a slow disk has them; ends in order when nobody holds its input any more.
#[test]
fn child_that_writes_until_it_is_stopped_or_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let delay = std::env::var(DELAY).ok().and_then(|ms| ms.parse().ok());
    let store = Arc::new(Store::open(Path::new(&dir), StoreOptions::default()).expect("the store opens"));
    DELAY_MS.store(delay.expect("a number"), Ordering::Relaxed);
    let stop = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let first = reached(&store) + 1;
    let (writer, thread) = store.writer(|_| {}).expect("a thread");
    let mut rng = StdRng::seed_from_u64(first);
    for number in first.. {
        let mut bytes = number.to_le_bytes().to_vec();
        bytes.resize(rng.random_range(8..40_000), 7);
        let checkpoint = Write::Checkpoint { name: "test".to_owned(), bytes };
        let batch = writer.submit(vec![Write::Pitch(Box::new(pitch(number))), checkpoint]).expect("queued");
        if number % 16 == 0 && writer.wait(batch, Duration::from_mins(1)) {
            println!("committed {number}");
            std::io::stdout().flush().expect("the parent listens");
        }
        if stop.is_finished() {
            break;
        }
        std::thread::sleep(Duration::from_millis(rng.random_range(1..9)));
    }
    drop(writer);
    thread.join().expect("the writer ends in order");
}

#[test]
fn a_store_on_a_slow_disk_is_whole_after_every_stop_and_kill() {
    let rounds = if full() { 1_000 } else { 20 };
    let mut rng = StdRng::seed_from_u64(13);
    let mut dir = tempfile::tempdir().expect("a temporary directory");
    let (mut reported, mut longer) = (0, 0);
    for round in 0..rounds {
        if round % 50 == 0 {
            dir = tempfile::tempdir().expect("a temporary directory");
            reported = 0;
        }
        let delay_ms = if round % 2 == 0 { 30 } else { 150 };
        let mut child = Command::new(std::env::current_exe().expect("this test's file"))
            .args(["--exact", "child_that_writes_until_it_is_stopped_or_killed", "--nocapture", "--test-threads=1"])
            .env(DIR, dir.path())
            .env(DELAY, delay_ms.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let told = std::thread::spawn(move || {
            let numbers = lines.map_while(Result::ok).filter_map(|line| {
                // The harness may put its own words before the first report.
                line.rsplit_once("committed ")?.1.parse::<u64>().ok()
            });
            numbers.last().unwrap_or(0)
        });
        std::thread::sleep(Duration::from_millis(rng.random_range(40..700)));
        if round % 4 < 2 {
            child.kill().expect("SIGKILL is sent");
        }
        drop(child.stdin.take());
        let ended = child.wait().expect("the child is gone");
        assert!(round % 4 < 2 || ended.success(), "round {round}: it ends in order: {ended}");
        reported = told.join().expect("read").max(reported);

        let data = dir.path().join("data.mdb");
        if !data.exists() {
            continue;
        }
        verify(&data).unwrap_or_else(|error| panic!("round {round}, {delay_ms} ms: {error}"));
        let store = Store::open(dir.path(), StoreOptions::default()).expect("the store opens");
        let reached = reached(&store);
        assert!(reached >= reported, "round {round}: {reported} was reported, {reached} is there");
        let kept = store.pitches_of(PITCHER, 0, u64::MAX, usize::MAX).expect("every record is whole");
        assert_eq!(kept, (1..=reached).map(pitch).collect::<Vec<_>>(), "pitches and checkpoint are of one transaction");
        let other = tempfile::tempdir().expect("a temporary directory");
        let options = BackupOptions { bytes_per_second: 0, keep: 0 };
        let now = jiff::Timestamp::now();
        let backup = store.backup(other.path(), options, now, &mut |_, _| true).expect("it backs up");
        restore(&backup.path, &other.path().join("store"), false, now).expect("it restores");
        let restored = Store::open(&other.path().join("store"), StoreOptions::default()).expect("it starts");
        assert_eq!(restored.counts().expect("counted").pitches, reached);
        longer += u64::from(reached > 0);
    }
    eprintln!("{rounds} stops and kills, {longer} with something in the store");
    assert!(longer > rounds / 2);
}
