//! The journal on a disk that fills: it stops once, gives its room to the store, and goes on once there is room again.

use std::fs;
use std::time::{Duration, Instant};

use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::journal::{Config, Entry, Journal, Reader, Recorder};
use pitchguard::reorder::Stamped;
use pitchguard::signal::Signal;
use serde_json::Value;

use crate::daemon_support::Rack;
use crate::ops::disk::{SPEED, Small, first_pitches, ids, part};
use crate::ops::said;

/// Shares well above what the parts of so short a game take, so that giving them up is not yet room again.
const SHARES: [(&str, &str); 3] = [
    ("PITCHGUARD_STORE__DISK_SHED_FRAC", "0.2"),
    ("PITCHGUARD_STORE__DISK_WARN_FRAC", "0.25"),
    ("PITCHGUARD_INGEST__UDP_LISTEN", "127.0.0.1:0"),
];
const PATIENCE: Duration = Duration::from_secs(45);

fn journalled(status: &Value, key: &str) -> u64 {
    status["journal"][key].as_u64().unwrap_or_else(|| panic!("no {key}: {}", status["journal"]))
}

#[test]
fn a_journal_on_a_full_disk_stops_once_says_so_and_goes_on_by_itself_while_the_game_is_kept() {
    let mut rack = Rack::new();
    let Some(disk) = Small::mount(rack.store(), "64m") else { return };
    let pitches = 24;
    let (mut daemon, mut cameras, acknowledged) = first_pitches(&mut rack, 7, pitches, &SHARES);
    assert_eq!(part(&daemon, "journal").0, "ready");
    let ballast = disk.fill();
    cameras.play(cameras.quiet_after(5));
    daemon.wait_for("the journal is off", |r| {
        let (state, detail) = part(r, "journal");
        (state == "degraded" && detail.starts_with("off for want of room") && detail.contains("remove files"))
            .then_some(())
    });
    assert_eq!(daemon.try_get("/health/ready").0, 200, "nothing rests on it");
    let before = daemon.status();
    // Long enough for many an attempt to begin a part.
    cameras.play(cameras.quiet_after(pitches - 4));
    daemon.wait_for("what is thrown meanwhile is measured and kept", |r| {
        (r.pitches().len() >= pitches - 3 && r.status()["store"]["queued"] == 0).then_some(())
    });
    let during = daemon.status();
    let is_counted = journalled(&during, "failed") > journalled(&before, "failed");
    assert!(is_counted && journalled(&during, "frames") == journalled(&before, "frames"), "{}", during["journal"]);
    assert_eq!(part(&daemon, "journal").0, "degraded");
    assert!(daemon.text("/metrics").contains("pitchguard_journal_stops_total 1"), "{}", during["journal"]);

    fs::remove_file(ballast).expect("room again");
    daemon.wait_for("the journal is on again", |r| (part(r, "journal").0 == "ready").then_some(()));
    cameras.play_out();
    daemon.settle(pitches);
    daemon.swallow(cameras.sent);
    let after = daemon.wait_for("every frame is accounted for", |r| {
        let status = r.status();
        let sum: u64 = ["frames", "missed", "failed"].iter().map(|key| journalled(&status, key)).sum();
        (Some(sum) == status["reorder"]["accounting"]["received"].as_u64()).then_some(status)
    });
    assert!(journalled(&after, "frames") > journalled(&during, "frames"), "{}", after["journal"]);
    let turns = (journalled(&after, "stops"), after["store"]["lost"].as_u64());
    assert!(turns == (1, Some(0)) && journalled(&after, "set_aside") == 0, "{}", after["journal"]);
    let kept = ids(&daemon.pitches());
    assert!(kept.len() == pitches && kept.starts_with(&acknowledged), "{kept:?}");
    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{log}");
    let lines = |message: &str| log.lines().filter(|line| line.contains(message)).count();
    let told = [lines("the journal stops"), lines("the journal goes on"), lines("the journal takes no frames")];
    assert_eq!(told, [1, 1, 0], "{log}");
    said(&rack.output(&["verify", rack.store().join("data.mdb").to_str().expect("plain")]));
}

#[test]
fn a_daemon_killed_with_its_journal_on_a_full_disk_starts_there_again_with_what_it_had() {
    let mut rack = Rack::new();
    let Some(disk) = Small::mount(rack.store(), "32m") else { return };
    let (mut daemon, mut cameras, acknowledged) = first_pitches(&mut rack, 8, 6, &SHARES);
    disk.fill();
    cameras.play(cameras.quiet_after(3));
    daemon.wait_for("the journal is off", |r| part(r, "journal").1.starts_with("off for want of room").then_some(()));
    daemon.kill();
    // Meanwhile somebody fills what was given up.
    fs::rename(disk.path().join("ballast"), disk.path().join("more")).expect("renamed");
    disk.fill();
    let mut daemon = rack.start_with(SPEED, &SHARES);
    let there = ids(&daemon.pitches());
    assert!(there.starts_with(&acknowledged), "{there:?} lacks some of {acknowledged:?}");
    // Its cameras are silent, but its steps are journalled.
    daemon.wait_for("the journal is off", |r| part(r, "journal").1.starts_with("off for want of room").then_some(()));
    for more in ["more", "ballast"] {
        fs::remove_file(disk.path().join(more)).expect("room again");
    }
    daemon.wait_for("the journal is on again", |r| (part(r, "journal").0 == "ready").then_some(()));
    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{log}");
    said(&rack.output(&["verify", rack.store().join("data.mdb").to_str().expect("plain")]));
}

/// Frames a millisecond apart, one a step.
struct Frames {
    tap: Recorder,
    seq: u32,
}

impl Frames {
    fn take(&mut self, frames: u32) {
        for _ in 0..frames {
            self.seq += 1;
            let now = BoxNs(1_000_000_000 + u64::from(self.seq) * 1_000_000);
            let payload = Signal::Pose { mound: 0, joints: 17 };
            let frame = Stamped { source: 40, seq: self.seq, event: EventNs(now.0 - 1), arrival: now, payload };
            self.tap.frame(0, &frame);
            self.tap.step(now, std::iter::empty(), true);
        }
    }

    /// Takes one after the other until something is so.
    fn take_until(&mut self, what: &str, is_so: impl Fn() -> bool) {
        let since = Instant::now();
        while !is_so() {
            assert!(since.elapsed() < PATIENCE, "never: {what}");
            self.take(1);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn what_the_journal_lacks_after_a_full_disk_is_told_where_it_goes_on() {
    let rack = Rack::new();
    let Some(disk) = Small::mount(rack.path("journal"), "32m") else { return };
    let journal = Journal::open(disk.path(), &Config::default()).expect("it opens");
    let (tap, thread) = journal.start().expect("a thread");
    let mut frames = Frames { tap, seq: 0 };
    frames.take(500);
    frames.take_until("the first are flushed", || journal.counts().frames >= 500);
    let ballast = disk.fill();
    frames.take_until("it stops", || journal.shortage().is_some());
    assert_eq!(journal.flushed(), u64::MAX, "nobody waits for it");
    fs::remove_file(ballast).expect("room again");
    frames.take_until("it goes on", || journal.shortage().is_none());
    let on = frames.seq;
    frames.take(500);
    let Frames { tap, seq } = frames;
    drop(tap);
    thread.join().expect("it does not panic");
    let counts = journal.counts();
    assert_eq!((counts.stops, counts.missed, counts.frames + counts.failed), (1, 0, u64::from(seq)));
    drop(journal);

    let reader = loop {
        // sled lets go of a part's lock a moment after the part was closed.
        match Reader::open(disk.path()) {
            Ok(reader) => break reader,
            Err(error) => assert!(error.to_string().contains("running daemon"), "{error}"),
        }
    };
    let (mut read, mut missed) = (Vec::new(), 0);
    for block in reader.since(BoxNs(0), u64::MAX).expect("it opens") {
        let block = block.expect("it reads");
        let mut step = block.step;
        for entry in block.entries {
            match entry {
                Entry::Frame { frame, .. } => {
                    assert_eq!(u64::from(frame.seq), step + 1, "each frame is in the step in which it came");
                    read.push(frame.seq);
                }
                Entry::Step { .. } => step += 1,
                Entry::Missed(what) => {
                    missed += what.frames;
                    step += what.steps;
                }
                Entry::Life { .. } | Entry::Note(_) => {}
            }
        }
    }
    assert_eq!(missed, counts.failed, "what is missing is told");
    assert_eq!(read.len() as u64, counts.frames, "and all else is there");
    assert!(read.contains(&1) && (on + 1..=seq).all(|seq| read.contains(&seq)), "what came before, and afterwards");
}
