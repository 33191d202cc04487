//! What the engineer sees of the cameras, and correcting them by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use pitchguard::calibration::{
    AlertKind, CameraReport, CameraState, ChartPoint, Confidence, CorrectionRecord, Drift, MoundReport, MoundState,
    NextAction, Outcome, Proposal, Report, StandingAlert,
};
use pitchguard::ids::{BoxNs, MoundId};
use pitchguard::observe::{CalibrationStatus, CameraStatus, MoundCameras};
use pitchguard::tracking::CameraCorrection;
use serde_json::{Value, json};

use crate::api_serves::stage::{Setting, Stage, client_of_tests, problem};

fn served() -> Stage {
    let stage = Setting::default().serve();
    stage.live.show_calibration(Arc::new(calibration()));
    stage
}

fn post(stage: &Stage, venue: &str, body: &str) -> reqwest::blocking::Response {
    client_of_tests()
        .post(stage.url(&format!("/api/calibration/{venue}/recalibrate")))
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .expect("the server answers")
}

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn a_ballpark_tells_of_every_camera_what_the_design_names() {
    let stage = served();
    let shown = stage.json("/api/calibration/busch_iii");
    for name in ["venue", "confidence", "confidence_time", "confidence_residual", "age_s", "cameras", "next_action"] {
        assert!(names(&shown).contains(name), "{name}");
    }
    let camera = &shown["cameras"][1];
    let made = &camera["corrections"][0];
    assert_eq!((&made["outcome"], &made["shift_px"]), (&json!("held"), &json!([0.4, 0.02])), "{made}");
    assert_eq!((camera["chart"].as_array().map(Vec::len), &camera["chart"][9]["sd_px"]), (Some(10), &json!(0.05)));
    let of_design =
        "id name state confidence drift clock_offset_us residual_px dropped temperature_c vibration_g corrections";
    for name in of_design.split_whitespace() {
        assert!(names(camera).contains(name), "{name}");
    }
    for name in ["dx_px", "dy_px", "roll_rad", "scale"] {
        assert!(names(&camera["drift"]).contains(name), "{name}");
    }
    assert_eq!((&camera["state"], &camera["temperature_c"]), (&json!("watch"), &Value::Null));
    assert!(names(&shown["next_action"]).is_superset(&["what", "why", "when"].into()));
}

#[test]
fn another_ballpark_is_unknown_and_so_is_any_before_the_first_judgement() {
    problem(served().get("/api/calibration/wrigley"), 404, "unknown-venue");
    let nothing = Setting::default().serve();
    problem(nothing.get("/api/calibration/busch_iii"), 404, "unknown-venue");
    problem(post(&nothing, "busch_iii", "{}"), 404, "unknown-venue");
}

#[test]
fn recalibration_reaches_the_merge_thread_for_all_cameras_or_those_named() {
    let stage = served();
    let asked = |body: &str| -> Value { post(&stage, "busch_iii", body).json().expect("JSON") };
    let ids = |answer: &Value| -> Vec<u64> {
        answer["proposals"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|p| p["camera"].as_u64().expect("a number"))
            .collect()
    };
    let all = asked("{}");
    assert_eq!(
        (ids(&all), &all["dry_run"], &all["proposals"][0]["applies"]),
        (vec![1, 2], &json!(false), &json!(true))
    );
    let one = asked(r#"{"cameras": [2], "dry_run": true}"#);
    assert_eq!((ids(&one), &one["dry_run"], &one["proposals"][0]["applies"]), (vec![2], &json!(true), &json!(false)));
    assert_eq!(names(&one["proposals"][0]), names(&serde_json::to_value(proposal(2, false)).expect("plain data")));
}

#[test]
fn a_recalibration_that_makes_no_sense_is_refused_with_what_to_send() {
    let stage = served();
    problem(post(&stage, "wrigley", "{}"), 404, "unknown-venue");
    let unknown = problem(post(&stage, "busch_iii", r#"{"cameras": [3]}"#), 400, "unknown-camera");
    assert!(unknown["detail"].as_str().is_some_and(|d| d.contains("its cameras are 1, 2")), "{unknown}");
    for (body, status) in [("{", 400), (r#"{"camera": 2}"#, 422), (r#"{"cameras": [999]}"#, 422)] {
        problem(post(&stage, "busch_iii", body), status, "invalid-body");
    }
    let untyped = client_of_tests().post(stage.url("/api/calibration/busch_iii/recalibrate")).send();
    problem(untyped.expect("the server answers"), 415, "invalid-body");
}

#[test]
fn scrapers_and_the_status_verb_see_each_camera() {
    let stage = served();
    let camera = CameraStatus {
        id: 2,
        name: "home_high_third".to_owned(),
        state: "watch".to_owned(),
        is_heard: true,
        trouble: None,
        trouble_for_s: None,
        maintenance: None,
        confidence: Some(0.83),
        drift_px: Some(0.41),
        drift_sd_px: Some(0.05),
        clock_offset_us: Some(-20.0),
        corrections: 1,
    };
    let unknown = CameraStatus { id: 7, state: "silent".to_owned(), ..CameraStatus::default() };
    let bullpen = MoundCameras {
        mound: 1,
        name: "bullpen_home".to_owned(),
        state: "unverified".to_owned(),
        unverified_for_s: Some(3000.0),
        cameras_heard: 3,
        cameras_needed: 2,
        ..MoundCameras::default()
    };
    let status = CalibrationStatus {
        venue: "busch_iii".to_owned(),
        confidence: Some(0.9),
        age_s: Some(60.0),
        is_heard: true,
        mounds: vec![bullpen],
        cameras: vec![camera, unknown],
        ..CalibrationStatus::default()
    };
    stage.telemetry.publish_calibration(status.clone());
    let text = stage.get("/metrics").text().expect("text");
    for line in [
        "pitchguard_calibration_confidence 0.9",
        "pitchguard_calibration_age_seconds 60.0",
        "pitchguard_camera_state{camera=\"2\",state=\"watch\"} 1",
        "pitchguard_camera_state{camera=\"2\",state=\"ok\"} 0",
        "pitchguard_camera_confidence{camera=\"2\"} 0.83",
        "pitchguard_camera_drift_pixels{camera=\"2\"} 0.41",
        "pitchguard_camera_corrections_total{camera=\"2\"} 1",
        "pitchguard_camera_state{camera=\"7\",state=\"silent\"} 1",
        "pitchguard_mound_unverified_seconds{mound=\"bullpen_home\"} 3000.0",
        "pitchguard_mound_cameras{mound=\"bullpen_home\"} 3",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
    }
    for unknown in [
        "pitchguard_camera_confidence{camera=\"7\"}",
        "pitchguard_camera_drift_pixels{camera=\"7\"}",
        "pitchguard_mound_confidence{",
    ] {
        assert!(!text.contains(unknown), "what is not known has no number: {unknown} in\n{text}");
    }
    let report = pitchguard::cli::status::ask(&stage.url("/")).expect("a report");
    assert_eq!(report.calibration, Some(status));
}

pub(crate) fn proposal(camera: u8, applies: bool) -> Proposal {
    let correction = CameraCorrection { version: 1, dx_px: 0.4, ..CameraCorrection::default() };
    let why = "0.40 ± 0.05 px off its model".to_owned();
    Proposal { camera, applies, reinstates: false, correction, shift_px: 0.4, sd_px: 0.05, why }
}

/// Camera 2 drifts and was corrected; camera 1, whose name is no good HTML, saw no pitch.
#[allow(clippy::too_many_lines)] // one value
pub(crate) fn calibration() -> Report {
    let camera = |id: u8, name: &str| CameraReport {
        id,
        name: name.to_owned(),
        mound: MoundId(0),
        state: CameraState::Ok,
        is_heard: true,
        trouble: None,
        silent_for_s: None,
        useless_for_s: None,
        confidence: Some(0.91),
        confidence_time: Some(0.92),
        confidence_residual: Some(0.9),
        age_s: Some(120.0),
        drift: Some(Drift {
            dx_px: 0.41,
            dy_px: -0.02,
            roll_rad: 1e-5,
            scale: -2e-5,
            dx_sd_px: 0.05,
            dy_sd_px: 0.04,
            roll_sd_rad: 2e-5,
            scale_sd: 3e-5,
            plate_in: Some(0.012),
            turn_px: 0.01,
        }),
        clock_offset_us: Some(3.0),
        clock_offset_sd_us: Some(4.0),
        clock_told_us: Some(0.1),
        residual_px: None,
        scatter_px: None,
        dropped: Some(7),
        temperature_c: None,
        vibration_g: Some(0.02),
        correction: CameraCorrection::default(),
        corrections: Vec::new(),
        alerts: Vec::new(),
        chart: Vec::new(),
    };
    let at = |minute: u64| BoxNs(1_751_652_900_000_000_000 + minute * 60_000_000_000);
    let mut landmarks_only = camera(1, "<b>high & \"low\"</b>");
    (landmarks_only.clock_offset_us, landmarks_only.clock_offset_sd_us) = (None, None);
    landmarks_only.drift = landmarks_only.drift.map(|drift| Drift { plate_in: None, ..drift });
    let mut drifting = camera(2, "home_high_third");
    drifting.state = CameraState::Watch;
    drifting.residual_px = Some(0.2);
    drifting.corrections = vec![CorrectionRecord {
        at: at(1),
        correction: proposal(2, true).correction,
        why: "a shift of 0.40 px".to_owned(),
        outcome: Outcome::Held,
        shift_px: [Some(0.4), Some(0.02)],
    }];
    drifting.correction = drifting.corrections[0].correction;
    drifting.alerts =
        vec![StandingAlert { kind: AlertKind::Watch, since: at(2), began: None, reason: "0.41 px <right>".to_owned() }];
    let point = |minute: u64| ChartPoint {
        at: at(minute),
        dx_px: 0.01 * minute as f64,
        dy_px: 0.0,
        sd_px: 0.05,
        ewma_px: [0.0, 0.0],
        limit_px: [0.1, 0.1],
        clock_us: 0.0,
        version: u32::from(minute > 5),
    };
    drifting.chart = (0..10).map(point).collect();
    Report {
        venue: "busch_iii".to_owned(),
        confidence: Some(0.9),
        confidence_time: Some(0.92),
        confidence_residual: Some(0.88),
        age_s: Some(120.0),
        is_heard: true,
        heard_at: Some(at(58)),
        away: Vec::new(),
        box_clock_off_s: None,
        source_clock_off_s: None,
        hold_below: 0.6,
        look_below: Some(0.8),
        alerts: Vec::new(),
        watch_px: 0.25,
        alarm_px: 1.0,
        mounds: vec![MoundReport {
            mound: MoundId(0),
            name: "game".to_owned(),
            state: MoundState::Verified,
            verified_at: Some(at(0)),
            unverified_for_s: None,
            cameras_heard: 12,
            cameras_needed: 2,
            in_use: true,
            confidence: Some(Confidence { fused: 0.9, time: 0.92, residual: 0.88 }),
            is_held: false,
            plate_error_in: Some(0.03),
            pitches: 12,
            unverified: None,
            alerts: Vec::new(),
        }],
        cameras: vec![landmarks_only, drifting],
        next_action: NextAction { what: "correct camera 2".to_owned(), why: "its drift & sd".to_owned(), when: None },
    }
}
