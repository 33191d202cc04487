//! A state disk that fills during a game: the box goes on, says so, keeps what it acknowledged, and recovers.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::store::{Store, StoreOptions};
use pitchguard::tracking::venue::Venue;
use serde_json::Value;

use crate::daemon_support::{Cameras, Rack, Running};
use crate::ops::said;

/// How much faster than the wall the game runs.
pub(crate) const SPEED: f64 = 15.0;
/// A journal gives way to the store, which then never meets its full disk.
const WITHOUT_JOURNAL: [(&str, &str); 2] =
    [("PITCHGUARD_JOURNAL__ENABLED", "false"), ("PITCHGUARD_INGEST__UDP_LISTEN", "127.0.0.1:0")];

/// A small file system of its own; unmounted when dropped.
pub(crate) struct Small(PathBuf);

impl Small {
    /// Mounts one; none, with a word, where this user may not.
    pub(crate) fn mount(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&at).expect("made");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&at).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            crate::common::skip("this user may not mount a file system");
            return None;
        }
        Some(Self(at))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = File::create(&path).expect("a last file");
        let block = vec![0xa5; 4096];
        while file.write_all(&block).is_ok() {}
        path
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: a daemon that the test forgot may still be about to end.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

pub(crate) fn part(daemon: &Running, name: &str) -> (String, String) {
    let status = daemon.status();
    let parts = status["parts"].as_array().expect("a list");
    let found = parts.iter().find(|part| part["name"] == name).unwrap_or_else(|| panic!("no part {name}: {status}"));
    let word = |key: &str| found[key].as_str().expect("text").to_owned();
    (word("state"), word("detail"))
}

pub(crate) fn ids(pitches: &[Value]) -> Vec<u64> {
    pitches.iter().map(|p| p["id"].as_u64().expect("a number")).collect()
}

/// A daemon in a game of so many pitches, the first of which it has acknowledged: their ids.
pub(crate) fn first_pitches(
    rack: &mut Rack,
    seed: u64,
    pitches: usize,
    environment: &[(&str, &str)],
) -> (Running, Cameras, Vec<u64>) {
    let mut daemon = rack.start_with(SPEED, environment);
    // Five cameras: a box that is busy with other tests keeps up with fifteen times a game of these.
    let settings = Settings {
        seed,
        start: daemon.now(),
        cameras: Some(vec![1, 2, 3, 4, 5]),
        pace_s: 10.0,
        pitches_max: Some(pitches),
        ..Settings::quiet()
    };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let mut cameras = Cameras::new(stadium, SPEED, daemon.udp);
    cameras.play(cameras.quiet_after(2));
    daemon.wait_for("the first pitches are kept", |r| {
        let status = r.status();
        (status["pitches"]["provisional"].as_u64()? >= 3 && status["store"]["queued"] == 0).then_some(())
    });
    let acknowledged = ids(&daemon.pitches());
    (daemon, cameras, acknowledged)
}

#[test]
fn a_disk_that_fills_during_a_game_stops_nothing_and_what_waited_is_stored_when_room_returns() {
    let mut rack = Rack::new();
    let Some(disk) = Small::mount(rack.store(), "64m") else { return };
    let (mut daemon, mut cameras, acknowledged) = first_pitches(&mut rack, 5, 9, &WITHOUT_JOURNAL);
    let ballast = disk.fill();
    cameras.play(cameras.quiet_after(5));
    daemon.wait_for("the box says that the disk is full", |r| {
        let (state, detail) = part(r, "disk");
        (state == "degraded" && detail.starts_with("full")).then_some(())
    });
    let (state, detail) = part(&daemon, "writer");
    assert!(state == "degraded" && detail.contains("wait in memory"), "{state}: {detail}");
    assert_eq!(daemon.try_get("/health/live").0, 200, "a restart would lose what waits");
    // Between two innings no camera is heard here, which is the cameras' part.
    let (_, health) = daemon.try_get("/health/ready");
    let failed = health["parts"].as_array().expect("parts").iter().filter(|part| part["state"] == "failed");
    assert!(failed.map(|part| &part["name"]).all(|name| name == "cameras"), "it stays in service: {health}");
    let metrics = daemon.text("/metrics");
    assert!(metrics.contains("pitchguard_part_state{part=\"disk\",state=\"degraded\"} 1"), "{metrics}");
    assert!(metrics.contains("pitchguard_disk_free_bytes 0"), "{metrics}");
    daemon.wait_for("pitches are measured on a full disk", |r| {
        (r.status()["pitches"]["provisional"].as_u64()? >= 6).then_some(())
    });
    let status = daemon.status();
    assert!(status["store"]["queued"].as_u64() > Some(0) && status["store"]["lost"] == 0, "{}", status["store"]);
    let shown = ids(&daemon.pitches());
    assert!(shown.starts_with(&acknowledged), "what was acknowledged is still there, and is read");
    assert_eq!(shown.len(), 6, "and what waits is shown all the same");

    fs::remove_file(ballast).expect("room again");
    cameras.play_out();
    daemon.settle(9);
    daemon.wait_for("the parts are well again", |r| {
        (part(r, "disk").0 == "ready" && part(r, "writer").0 == "ready").then_some(())
    });
    let status = daemon.swallow(cameras.sent);
    assert_eq!(status["reorder"]["accounting"]["overflowed"], 0, "nobody waited for the disk");
    assert_eq!((daemon.pitches().len(), &status["store"]["lost"]), (9, &Value::from(0)));
    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{log}");
    let failures = log.lines().filter(|line| line.contains("the store cannot commit")).count();
    assert_eq!(failures, 1, "said once, not with every attempt: {log}");
    said(&rack.output(&["verify", rack.store().join("data.mdb").to_str().expect("plain")]));
}

#[test]
fn a_daemon_killed_on_a_full_disk_starts_there_again_with_what_it_had() {
    let mut rack = Rack::new();
    let Some(disk) = Small::mount(rack.store(), "16m") else { return };
    let (mut daemon, mut cameras, acknowledged) = first_pitches(&mut rack, 6, 6, &WITHOUT_JOURNAL);
    disk.fill();
    cameras.play(cameras.quiet_after(3));
    daemon.wait_for("the disk is full", |r| part(r, "disk").1.starts_with("full").then_some(()));
    daemon.kill();
    let daemon = rack.start_with(SPEED, &WITHOUT_JOURNAL);
    // Some more may have found pages that were free.
    let there = ids(&daemon.pitches());
    assert!(there.starts_with(&acknowledged), "{there:?} lacks some of {acknowledged:?}");
    drop(daemon);
    let store = Store::open(&rack.store(), StoreOptions::default()).expect("it opens on a full disk");
    assert_eq!(store.counts().expect("counted").pitches, there.len() as u64);
}
