//! The running daemon and its cloud: what it publishes arrives, over an outage of the line too.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pitchguard::observe::UpstreamStatus;
use pitchguard::store::records::{PitchRecord, State};

use crate::receiver::{Act, Receiver};
use crate::stage::PATIENCE;

#[path = "../common/mod.rs"]
mod common;
use common::process::{RunningDaemon, simulate};

#[test]
fn what_the_daemon_publishes_reaches_the_cloud_over_an_outage_of_the_line() {
    const SPEED: f64 = 1.0;
    let up = Arc::new(AtomicBool::new(false));
    let line = Arc::clone(&up);
    let receiver =
        Receiver::start(move |_| if line.load(Ordering::Relaxed) { Act::Good } else { Act::Silent { stored: false } });
    let url = receiver.url();
    let daemon =
        RunningDaemon::start_with(SPEED, &[("PITCHGUARD_UPSTREAM__KIND", "https"), ("PITCHGUARD_UPSTREAM__URL", &url)]);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let truth = folder.path().join("truth.jsonl");
    let sent =
        simulate(&daemon, SPEED, &truth, &["--scenario", "bullpen", "--pitches", "8", "--seed", "31", "--pace", "2"]);
    daemon.settled(sent.frames);
    let until = |what: &str, so: &dyn Fn(&UpstreamStatus) -> bool| {
        let began = Instant::now();
        loop {
            let status: UpstreamStatus = daemon.get("/api/upstream");
            if so(&status) {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "never {what}: {status:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let down = until("down", &|status| status.up == Some(false));
    assert!(down.waiting.values().sum::<u64>() > 0 && down.delivered == 0, "{down:?}");
    assert_eq!((down.kind.as_str(), down.r#box.as_str()), ("https", "busch_iii"));
    up.store(true, Ordering::Relaxed);
    let back = until("drained", &|status| status.up == Some(true) && status.waiting.values().sum::<u64>() == 0);
    assert_eq!(back.dropped.values().sum::<u64>(), 0);

    let pitches = daemon.pitches();
    assert!(!pitches.is_empty());
    let log = receiver.log();
    log.assert_in_order();
    let of = |kind: &'static str| log.documents.iter().filter(move |d| d["kind"] == kind).map(|d| d["data"].clone());
    for kind in ["pitch", "readiness", "alert", "calibration", "outing", "model"] {
        eprintln!("{kind:<12} {} of {} pitches", of(kind).count(), pitches.len());
    }
    let told: Vec<PitchRecord> = of("pitch").map(|data| serde_json::from_value(data).expect("a pitch")).collect();
    let last_told =
        |id| told.iter().filter(|pitch| pitch.id == id).max_by_key(|p| (p.revision, p.state == State::Final));
    for pitch in &pitches {
        assert_eq!(last_told(pitch.id), Some(pitch), "what the box shows is what the cloud was told last");
    }
    let ready: BTreeSet<u64> = of("readiness").filter_map(|data| data["pitcher"].as_u64()).collect();
    let who: BTreeSet<u64> = pitches.iter().filter_map(|pitch| pitch.pitcher.map(u64::from)).collect();
    assert_eq!(ready, who);
    drop(log);
    daemon.stop();
}
