//! Calibration in the running daemon: what the engineer sees, asks for, and still has after a restart.

use crate::daemon_support::{Cameras, Rack, Running};
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::simulate::{Faults, Game, Knock, Scenario, Settings, Silence, Stadium};
use pitchguard::tracking::venue::Venue;
use serde_json::{Value, json};

/// How much faster than the wall.
const SPEED: f64 = 15.0;
const PITCHES: usize = 16;
const KNOCKED: u8 = 2;
const KNOCK_PX: f64 = 3.0;

fn camera(daemon: &Running) -> Value {
    let report = daemon.get("/api/calibration/busch_iii");
    let cameras = report["cameras"].as_array().expect("a list").clone();
    cameras.into_iter().find(|c| c["id"] == KNOCKED).expect("every camera is told of")
}

#[test]
fn a_correction_is_shown_can_be_asked_for_and_outlives_the_daemon() {
    let mut rack = Rack::new();
    let mut daemon = rack.start(SPEED);
    let knock = Knock { camera: KNOCKED, at_s: 0.0, dx_px: KNOCK_PX, dy_px: 0.0 };
    let settings = Settings {
        seed: 5,
        start: daemon.now(),
        pace_s: 8.0,
        pitches_max: Some(PITCHES),
        faults: Faults::default().knock(knock),
        ..Settings::quiet()
    };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let mut cameras = Cameras::new(stadium, SPEED, daemon.udp);
    cameras.play_out();
    daemon.settle(PITCHES);
    let corrected = daemon.wait_for("the knocked camera is corrected", |r| {
        Some(camera(r)).filter(|c| c["correction"]["version"].as_u64().is_some_and(|version| version > 0))
    });
    let dx = corrected["correction"]["dx_px"].as_f64().expect("a number");
    assert!((dx - KNOCK_PX).abs() < 0.5, "{corrected}");
    assert!(
        daemon.pitches().iter().all(|p| p["calibration_confidence"].is_f64()),
        "every pitch says how far to trust it"
    );

    let made = corrected["corrections"].as_array().and_then(|made| made.last()).expect("what was done is told");
    assert!(made["why"].is_string() && made["shift_px"][0].is_number() && made["at"].is_u64(), "{made}");
    let points = corrected["chart"].as_array().expect("a chart");
    assert!(points.iter().all(|point| point["sd_px"].as_f64().is_some_and(|sd| sd > 0.0)), "{points:?}");
    let metrics = daemon.text("/metrics");
    assert!(metrics.contains("pitchguard_camera_corrections_total{camera=\"2\"} "), "{metrics}");
    let (status, proposed) = daemon.post_json("/api/calibration/busch_iii/recalibrate", &json!({ "dry_run": true }));
    assert_eq!((status, proposed["proposals"].as_array().map(Vec::len)), (200, Some(18)), "{proposed}");
    assert_eq!(camera(&daemon)["correction"], corrected["correction"], "a dry run does nothing");

    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{log}");
    let daemon = rack.start(SPEED);
    let after = camera(&daemon);
    assert_eq!(after["correction"], corrected["correction"]);
    assert_eq!(after["corrections"].as_array().map(Vec::len), corrected["corrections"].as_array().map(Vec::len));
    let (status, applied) =
        daemon.post_json("/api/calibration/busch_iii/recalibrate", &json!({ "cameras": [KNOCKED] }));
    assert_eq!((status, &applied["proposals"][0]["camera"]), (200, &json!(KNOCKED)), "{applied}");
    let (status, refused) = daemon.post_json("/api/calibration/wrigley/recalibrate", &json!({}));
    assert_eq!((status, &refused["status"]), (404, &json!(404)), "{refused}");
}

#[test]
fn an_alert_about_a_camera_stands_over_a_kill_as_it_stood() {
    const MINUTE: u64 = 60_000_000_000;
    let mut rack = Rack::new();
    let mut daemon = rack.start(SPEED);
    let start = daemon.now();
    let silent = Some(Silence { camera: 7, from_s: 5.0, for_s: 9000.0 });
    // Nobody throws within the minute.
    let settings = Settings { seed: 5, start, silent, pace_s: 300.0, ..Settings::quiet() };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let mut cameras = Cameras::new(stadium, SPEED, daemon.udp);
    cameras.play(EventNs(start.0 + MINUTE));
    let told = |r: &Running| -> Vec<Value> {
        let alerts = r.get("/api/alerts")["alerts"].as_array().expect("a list").clone();
        alerts.into_iter().filter(|alert| alert["rule"] == "camera_silent").collect()
    };
    let stood = daemon.wait_for("camera 7 is told", |r| Some(told(r)).filter(|alerts| !alerts.is_empty()));
    assert!(stood.len() == 1 && stood[0]["camera"] == 7, "{stood:?}");
    daemon.kill();
    let daemon = rack.start_at(SPEED, BoxNs(start.0 + 3 * MINUTE));
    assert_eq!(told(&daemon), stood, "neither cleared nor raised anew");
    let report = daemon.get("/api/calibration/busch_iii");
    let states: Vec<&Value> = report["cameras"].as_array().expect("a list").iter().map(|c| &c["state"]).collect();
    assert!(states.iter().all(|state| **state == json!("unheard") || **state == json!("silent")), "{states:?}");
}
