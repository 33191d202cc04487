//! The running daemon and its cloud: what it publishes arrives, over an outage of the line too.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pitchguard::observe::UpstreamStatus;
use pitchguard::records::{PitchRecord, State};

use crate::upstream_wire::receiver::{Act, Receiver};
use crate::upstream_wire::stage::PATIENCE;

use crate::common::process::{RunningDaemon, simulate};

/// Looks at the line until it is so.
fn until(daemon: &RunningDaemon, what: &str, so: &dyn Fn(&UpstreamStatus) -> bool) -> UpstreamStatus {
    let began = Instant::now();
    loop {
        let status: UpstreamStatus = daemon.get("/api/upstream");
        if so(&status) {
            return status;
        }
        assert!(began.elapsed() < PATIENCE, "never {what}: {status:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

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
    let until = |what: &str, so: &dyn Fn(&UpstreamStatus) -> bool| until(&daemon, what, so);
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

/// What a verb said; it ended well.
fn said(daemon: &RunningDaemon, args: &[&str]) -> String {
    let ran = daemon.verb(args);
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("text")
}

#[test]
fn a_summary_that_the_cloud_refuses_is_shown_and_delivered_when_it_is_asked_for_again() {
    let receiver = Receiver::start(|_| Act::Good);
    // The first final pitch that comes, whatever it comes with.
    let mut refused = None;
    receiver.refuse(move |document| {
        let id = document["id"].as_str().map(str::to_owned);
        if refused.is_none() && document["kind"] == "pitch" && document["data"]["state"] == "final" {
            refused.clone_from(&id);
        }
        refused.is_some() && refused == id
    });
    let url = receiver.url();
    let daemon =
        RunningDaemon::start_with(1.0, &[("PITCHGUARD_UPSTREAM__KIND", "https"), ("PITCHGUARD_UPSTREAM__URL", &url)]);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let truth = folder.path().join("truth.jsonl");
    let sent =
        simulate(&daemon, 1.0, &truth, &["--scenario", "bullpen", "--pitches", "4", "--seed", "32", "--pace", "2"]);
    daemon.settled(sent.frames);
    let sent_all = |status: &UpstreamStatus| status.waiting.values().sum::<u64>() == 0;
    let status = until(&daemon, "set aside", &|status| status.refused == 1 && sent_all(status));
    let shown = status.newest_refused[0].clone();
    assert!(shown.kind == "pitch" && shown.why.contains("400"), "{shown:?}");
    assert_eq!((status.up, status.dropped.values().sum::<u64>()), (Some(true), 0), "it blocks nothing");
    let of = |id: &str| receiver.log().documents.iter().filter(|document| document["id"] == id).count();
    assert_eq!(of(&shown.id), 0);
    let name = shown.id.split_once('/').expect("box, epoch and sequence").1;
    let list = said(&daemon, &["outbox", "list"]);
    assert!(list.contains(name) && list.contains(&shown.why) && list.contains("1 set aside now, 1 ever"), "{list}");

    // The cloud has not changed its mind.
    assert!(said(&daemon, &["outbox", "requeue"]).starts_with("1 summaries"));
    let status = until(&daemon, "set aside again", &|status| status.refused_ever == 2 && sent_all(status));
    assert_eq!((status.refused, &status.newest_refused[0].id), (1, &shown.id));

    receiver.refuse(|_| false);
    assert!(said(&daemon, &["outbox", "requeue"]).starts_with("1 summaries"));
    let status = until(&daemon, "delivered", &|status| status.refused == 0 && sent_all(status));
    assert!(status.newest_refused.is_empty(), "{status:?}");
    assert_eq!(of(&shown.id), 1, "under its old name");
    let list = said(&daemon, &["outbox", "list"]);
    assert!(!list.contains(name) && list.contains("0 set aside now, 2 ever"), "{list}");
    assert_eq!(receiver.log().duplicates, 0);
    assert!(said(&daemon, &["outbox", "requeue"]).starts_with("0 summaries"), "there is nothing any more");
    daemon.stop();
}

#[test]
fn an_alert_about_the_box_itself_is_told_the_cloud() {
    let receiver = Receiver::start(|_| Act::Good);
    let url = receiver.url();
    let daemon = RunningDaemon::start_with(
        10.0,
        &[
            ("PITCHGUARD_UPSTREAM__KIND", "https"),
            ("PITCHGUARD_UPSTREAM__URL", &url),
            ("PITCHGUARD_MQTT__URL", "mqtt://127.0.0.1:9"),
        ],
    );
    let told = || {
        let documents = receiver.log().documents.clone();
        documents.into_iter().find(|document| document["kind"] == "alert" && document["data"]["rule"] == "part_mqtt")
    };
    let began = Instant::now();
    let alert = loop {
        if let Some(alert) = told() {
            break alert;
        }
        assert!(began.elapsed() < PATIENCE, "never told: {:?}", receiver.log().documents);
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(alert["data"]["severity"], "warning", "{alert}");
    assert!(alert["data"]["cleared_at"].is_null(), "{alert}");
    daemon.stop();
}
