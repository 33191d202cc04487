//! Whatever the writer reported committed is there after `kill -9`, every time, and the store opens.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use pitchguard::records::PitchRecord;
use pitchguard::store::summary::{Lane, Summary, SummaryKind};
use pitchguard::store::{Store, StoreOptions, Write};

const DIR: &str = "PITCHGUARD_TEST_KILL_DIR";
const ROUNDS: u64 = 12;
const PITCHER: u32 = 425_794;

fn pitch(number: u64) -> PitchRecord {
    crate::common::final_pitch(PITCHER, 1_686_506_400_000_000_000 + number * 1_000_000_000, number, number as f64)
}

/// What the checkpoint says: the number of the last pitch of the same transaction.
fn reached(store: &Store) -> u64 {
    let bytes = store.checkpoint("test").expect("the checkpoint is read");
    bytes.map_or(0, |b| u64::from_le_bytes(b.try_into().expect("eight bytes")))
}

/// The child's part: does nothing unless the parent asks for it.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let store = Arc::new(Store::open(Path::new(&dir), StoreOptions::default()).expect("the store opens after a kill"));
    let first = reached(&store) + 1;
    let (writer, _thread) = store.writer(|_| {}).expect("a thread");
    for number in first.. {
        let checkpoint = Write::Checkpoint { name: "test".to_owned(), bytes: number.to_le_bytes().to_vec() };
        let summary = Summary { kind: SummaryKind::Pitch, queued_ns: number, pitcher: Some(PITCHER), body: vec![b'x'] };
        let batch = vec![Write::Pitch(Box::new(pitch(number))), Write::Summary(Box::new(summary)), checkpoint];
        let batch = writer.submit(batch).expect("queued");
        // Every eighth waits for the disk and says so; between them batches share a commit.
        if number % 8 == 0 && writer.wait(batch, Duration::from_mins(1)) {
            println!("committed {number}");
            std::io::stdout().flush().expect("the parent listens");
        }
    }
}

#[test]
fn what_was_reported_committed_survives_kill_9_again_and_again() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut reported = 0;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().expect("this test's file"))
            .args(["--exact", "store_kill::child_that_writes_until_it_is_killed", "--nocapture", "--test-threads=1"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut numbers = lines.map_while(Result::ok).filter_map(|line| {
            // The harness may put its own words before the first report.
            line.rsplit_once("committed ")?.1.parse::<u64>().ok()
        });
        for _ in 0..=round % 5 {
            reported = numbers.next().expect("the child commits").max(reported);
        }
        std::thread::sleep(Duration::from_micros(700 * round));
        child.kill().expect("SIGKILL is sent");
        child.wait().expect("the child is gone");
        reported = numbers.last().unwrap_or(0).max(reported);

        let store = Store::open(dir.path(), StoreOptions::default()).expect("the store opens after a kill");
        let reached = reached(&store);
        assert!(reached >= reported, "round {round}: {reported} was reported, {reached} is there");
        let kept = store.pitches_of(PITCHER, 0, u64::MAX, usize::MAX).expect("every record is whole");
        assert_eq!(kept, (1..=reached).map(pitch).collect::<Vec<_>>(), "pitches and checkpoint are of one transaction");
        let queued = store.outbox_front(Lane::Live, usize::MAX).expect("every summary is whole").queued;
        let told: Vec<_> = queued.iter().map(|queued| queued.record.summary.queued_ns).collect();
        assert_eq!(told, (1..=reached).collect::<Vec<_>>(), "a summary is there exactly where its pitch is");
        assert_eq!(store.outbox_sums().expect("read").next, reached);
        let outing = store.open_outings(pitch(1).release_ns).expect("the outing is read");
        assert_eq!(outing[&PITCHER].len() as u64, reached, "the next pitch continues the outing");
    }
}
