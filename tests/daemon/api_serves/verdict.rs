//! The one statement on how the box does: true in each of the states that a box can be in.

use std::sync::Arc;

use pitchguard::clock::BoxClock;
use pitchguard::observe::{
    About, BoxVerdict, BoxVerdictState, CalibrationStatus, CameraStatus, MoundCameras, PartState, PublishedPitches,
    ReorderStatus, Telemetry,
};
use pitchguard::pipeline::{AttributionStatus, MarkFeedState, MoundAttribution};

use crate::api_serves::stage::{Setting, problem};

const NS_PER_S: u64 = 1_000_000_000;

fn camera(id: u8, state: &str) -> CameraStatus {
    let judged = ["ok", "watch", "alarm"].contains(&state);
    CameraStatus {
        id,
        name: format!("camera_{id}"),
        state: state.to_owned(),
        is_heard: !["silent", "unheard"].contains(&state),
        confidence: judged.then_some(0.93),
        ..CameraStatus::default()
    }
}

fn mound(mound: u8, name: &str, confidence: Option<f64>) -> MoundCameras {
    MoundCameras {
        mound,
        name: name.to_owned(),
        state: if confidence.is_some() { "verified" } else { "unverified" }.to_owned(),
        verified_ns: None,
        unverified_for_s: confidence.is_none().then_some(3000.0),
        cameras_heard: 3,
        cameras_needed: 2,
        in_use: true,
        confidence,
        is_held: confidence.is_some_and(|confidence| confidence < 0.6),
    }
}

fn healthy() -> CalibrationStatus {
    CalibrationStatus {
        venue: "busch_iii".to_owned(),
        confidence: Some(0.93),
        age_s: Some(60.0),
        is_heard: true,
        hold_below: 0.6,
        look_below: Some(0.8),
        mounds: vec![mound(0, "game", Some(0.93)), mound(1, "bullpen_home", Some(0.9))],
        cameras: (1..=6).map(|id| camera(id, "ok")).collect(),
        ..CalibrationStatus::default()
    }
}

fn marks(mark_feed: MarkFeedState, sentence: &str) -> AttributionStatus {
    AttributionStatus {
        mark_feed,
        degraded: !sentence.is_empty(),
        sentence: sentence.to_owned(),
        game_date: "2026-06-11".to_owned(),
        unattributed_today: 0,
        unattributed_by_mound: std::collections::BTreeMap::new(),
        last_mark_at: None,
        mounds: Vec::new(),
    }
}

/// A box of which all is well: neither sensors nor a line are configured.
fn well() -> Arc<Telemetry> {
    let clock = BoxClock::start(1.0);
    let telemetry = Telemetry::new(clock, &["merge", "writer", "disk"]);
    for part in ["merge", "writer", "disk"] {
        telemetry.set_part(part, PartState::Ready, "");
    }
    telemetry.publish_calibration(healthy());
    telemetry.publish_attribution(marks(MarkFeedState::Live, ""));
    let newest_ns = Some(clock.now().0 - 14 * NS_PER_S);
    telemetry.publish_pitches(PublishedPitches { r#final: 3, newest_ns, ..PublishedPitches::default() });
    telemetry
}

fn state(verdict: &BoxVerdict, about: About) -> (BoxVerdictState, &str) {
    let part = verdict.parts.iter().find(|part| part.about == about).expect("each is told of");
    (part.state, part.sentence.as_str())
}

#[test]
fn a_box_of_which_all_is_well_says_what_that_rests_on() {
    use About::{Calibration, Cameras, Clocks, Line, Marks, Results, Sensors};

    let verdict = well().verdict();
    assert_eq!(verdict.state, BoxVerdictState::Ready, "{verdict:?}");
    assert_eq!(
        verdict.sentence,
        "Ready, all is well: all 6 cameras are heard; every mound's calibration is verified, the least trusted to 0.90; the clocks \
         agree; the mark feed tells who pitches; results are stored and served, the newest pitch is 14 s old."
    );
    let off = BoxVerdictState::Off;
    assert_eq!(state(&verdict, About::Sensors), (off, "no sensors are configured"), "neither good nor a fault");
    assert_eq!(state(&verdict, About::Line), (off, "the line to the cloud is not configured"));
    let about: Vec<About> = verdict.parts.iter().map(|part| part.about).collect();
    assert_eq!(about, [Cameras, Calibration, Clocks, Marks, Results, Sensors, Line]);
}

#[test]
fn without_any_data_nothing_is_well_and_nothing_is_said_to_be_broken() {
    let telemetry = Telemetry::new(BoxClock::start(1.0), &["merge"]);
    telemetry.set_part("merge", PartState::Ready, "");
    let cameras = (1..=6).map(|id| camera(id, "unheard")).collect();
    let mounds = vec![MoundCameras { in_use: false, cameras_heard: 0, ..mound(0, "game", None) }];
    telemetry.publish_calibration(CalibrationStatus { cameras, mounds, ..CalibrationStatus::default() });
    telemetry.publish_attribution(marks(MarkFeedState::Never, ""));
    let verdict = telemetry.verdict();
    assert_eq!(verdict.state, BoxVerdictState::Degraded);
    assert!(
        verdict.sentence.contains("no camera was heard since the start 0 s ago, so nothing is measured"),
        "{verdict:?}"
    );
    assert_eq!(state(&verdict, About::Marks).0, BoxVerdictState::Off, "no mark came, and nothing was thrown");
    assert!(verdict.sentence.contains("the game mound is unverified for 50 min"), "{verdict:?}");
    assert!(state(&verdict, About::Results).1.contains("no pitch came since the start"), "{verdict:?}");
    assert!(telemetry.ready(), "a restart brings no camera back");
}

#[test]
fn a_dead_camera_is_named_with_its_time() {
    let telemetry = well();
    let mut rig = healthy();
    rig.cameras[2] = CameraStatus { trouble_for_s: Some(340.0), ..camera(3, "silent") };
    telemetry.publish_calibration(rig.clone());
    let verdict = telemetry.verdict();
    assert_eq!(verdict.state, BoxVerdictState::Degraded);
    assert_eq!(
        verdict.sentence,
        "Degraded, it works and somebody should look: camera 3 (camera_3) is silent for 5 min; 5 of 6 cameras are of use."
    );
    rig.cameras[4] = camera(5, "useless");
    rig.mounds[0].cameras_heard = 1;
    telemetry.publish_calibration(rig);
    let verdict = telemetry.verdict();
    assert_eq!(verdict.state, BoxVerdictState::NotReady, "somebody throws there");
    assert!(verdict.sentence.contains("the game mound cannot be measured: 1 of its cameras is of use"), "{verdict:?}");
}

#[test]
fn nothing_fails_on_a_mound_that_everybody_left() {
    let telemetry = well();
    let mut rig = healthy();
    rig.mounds[1].cameras_heard = 0;
    telemetry.publish_calibration(rig.clone());
    assert_eq!(telemetry.verdict().state, BoxVerdictState::NotReady, "somebody threw there just now");
    let left = MoundAttribution {
        mound: 1,
        name: "bullpen_home".to_owned(),
        unattributed_today: 0,
        unattributed_from: None,
        unattributed_to: None,
        unattributed: 0,
        last_mark_at: None,
        last_released_mark_at: None,
        waiting: None,
        deserted: true,
    };
    telemetry.publish_attribution(AttributionStatus { mounds: vec![left], ..marks(MarkFeedState::Live, "") });
    let verdict = telemetry.verdict();
    assert_eq!(verdict.state, BoxVerdictState::Degraded, "{verdict:?}");
    assert!(verdict.sentence.contains("and it needs 2; nobody stands there"), "{verdict:?}");
    (rig.mounds[1].cameras_heard, rig.mounds[1].confidence) = (3, Some(0.5));
    telemetry.publish_calibration(rig);
    assert_eq!(telemetry.verdict().state, BoxVerdictState::Degraded, "nor is anybody held there");
}

#[test]
fn cameras_that_hold_readiness_and_ones_that_moved_are_told() {
    let telemetry = well();
    let mut rig = healthy();
    rig.cameras[1] = camera(2, "alarm");
    rig.mounds[0].confidence = Some(0.55);
    telemetry.publish_calibration(rig);
    let verdict = telemetry.verdict();
    let (of, sentence) = state(&verdict, About::Calibration);
    assert_eq!(of, BoxVerdictState::NotReady);
    assert_eq!(
        sentence,
        "readiness is held: the game mound is trusted to 0.55, less than the 0.60 that hold_confidence asks for; camera 2 (camera_2) is in alarm"
    );
}

#[test]
fn a_limit_that_holds_everybody_is_the_one_in_force() {
    let telemetry = well();
    telemetry.publish_calibration(CalibrationStatus { hold_below: 0.95, ..healthy() });
    let verdict = telemetry.verdict();
    let (of, sentence) = state(&verdict, About::Calibration);
    assert_eq!(of, BoxVerdictState::NotReady, "everybody who throws is held");
    let held = "readiness is held: the game mound is trusted to 0.93 and the home bullpen is trusted to 0.90, less than the 0.95 that hold_confidence asks for, \
                more than cameras reach for long";
    assert!(sentence.starts_with(held), "{sentence}");
    telemetry.publish_calibration(CalibrationStatus { hold_below: 0.2, look_below: None, ..healthy() });
    assert_eq!(state(&telemetry.verdict(), About::Calibration).0, BoxVerdictState::Ready);
}

#[test]
fn a_confidence_is_told_no_better_than_it_is() {
    let telemetry = well();
    telemetry.publish_calibration(CalibrationStatus { mounds: vec![mound(0, "game", Some(0.929_9))], ..healthy() });
    let sentence = state(&telemetry.verdict(), About::Calibration).1.to_owned();
    assert!(sentence.ends_with("the least trusted to 0.92"), "{sentence}");
}

#[test]
fn after_a_restart_nobody_counts_as_heard_who_was_not_yet() {
    let telemetry = well();
    let mut rig = healthy();
    rig.cameras[2] = camera(3, "unheard");
    telemetry.publish_calibration(rig.clone());
    assert_eq!(
        telemetry.verdict().sentence,
        "Degraded, it works and somebody should look: camera 3 (camera_3) was not heard yet since the start; 5 of 6 cameras are of use."
    );
    rig.is_heard = false;
    let started = BoxClock::start(1.0).now().0;
    rig.heard_ns = Some(started - 60 * NS_PER_S);
    telemetry.publish_calibration(rig.clone());
    let sentence = telemetry.verdict().sentence;
    assert!(
        sentence.contains("no camera was heard since the start 0 s ago"),
        "an earlier run's do not count: {sentence}"
    );
    rig.heard_ns = Some(started + NS_PER_S);
    telemetry.publish_calibration(rig);
    let sentence = telemetry.verdict().sentence;
    assert!(sentence.contains("no camera is heard any more, the last one 0 s ago"), "{sentence}");
}

#[test]
fn a_camera_that_is_quiet_for_some_seconds_is_not_said_to_be_heard() {
    let telemetry = well();
    let mut rig = healthy();
    rig.cameras[3].is_heard = false;
    telemetry.publish_calibration(rig);
    let verdict = telemetry.verdict();
    let words = "5 of 6 cameras are heard, camera 4 (camera_4) is not heard just now";
    assert_eq!(state(&verdict, About::Cameras), (BoxVerdictState::Ready, words));
    let mut rig = healthy();
    rig.cameras[3] = CameraStatus { is_heard: false, trouble_for_s: Some(12.0), ..camera(4, "quiet") };
    telemetry.publish_calibration(rig);
    let verdict = telemetry.verdict();
    let words = "5 of 6 cameras are heard, camera 4 (camera_4) is not heard for 12 s";
    assert_eq!(state(&verdict, About::Cameras), (BoxVerdictState::Ready, words));
}

#[test]
fn of_cameras_that_stopped_nothing_is_said_to_be_verified() {
    let telemetry = well();
    let mut rig = healthy();
    rig.is_heard = false;
    rig.heard_ns = Some(BoxClock::start(1.0).now().0);
    rig.mounds.iter_mut().for_each(|mound| mound.cameras_heard = 0);
    telemetry.publish_calibration(rig.clone());
    let verdict = telemetry.verdict();
    let words = "no mound has enough cameras to tell how far they are trusted";
    assert_eq!(state(&verdict, About::Calibration), (BoxVerdictState::Off, words), "they were, 17 s ago");
    rig.mounds.iter_mut().for_each(|mound| {
        (mound.confidence, mound.unverified_for_s, mound.verified_ns) = (None, Some(20.0), Some(1));
    });
    telemetry.publish_calibration(rig.clone());
    assert_eq!(state(&telemetry.verdict(), About::Calibration).0, BoxVerdictState::Off, "that nobody is heard is told");
    rig.mounds = healthy().mounds;
    rig.mounds[1].cameras_heard = 0;
    rig.is_heard = true;
    rig.mounds[0].cameras_heard = 12;
    telemetry.publish_calibration(rig);
    let verdict = telemetry.verdict();
    let (of, sentence) = state(&verdict, About::Calibration);
    assert_eq!(of, BoxVerdictState::Ready);
    assert!(sentence.starts_with("the calibration of every mound that has enough cameras is verified"), "{sentence}");
}

#[test]
fn a_clock_of_the_box_that_is_off_is_told_by_verdict_health_and_metrics() {
    let stage = Setting::default().serve();
    for part in stage.telemetry.parts() {
        stage.telemetry.set_part(&part.name, PartState::Ready, "");
    }
    let off = CalibrationStatus { box_clock_off_s: Some(-172_796.0), ..healthy() };
    stage.telemetry.publish_calibration(off);
    let words = "this box's clock is 2 days behind its cameras', so what it calls now is not their now: set the one that is wrong";
    let newest_ns = Some(BoxClock::start(1.0).now().0 + (172_796 - 14) * NS_PER_S);
    stage.telemetry.publish_pitches(PublishedPitches { newest_ns, ..PublishedPitches::default() });
    let verdict = stage.telemetry.verdict();
    assert_eq!(state(&verdict, About::Clocks), (BoxVerdictState::Degraded, words));
    let of_cameras = (BoxVerdictState::Ready, "all 6 cameras are heard");
    assert_eq!(state(&verdict, About::Cameras), of_cameras, "nothing ails them");
    let results = |verdict: &BoxVerdict| state(verdict, About::Results).1.to_owned();
    assert!(results(&verdict).contains("how old the newest pitch is no clock tells"), "{verdict:?}");
    stage.telemetry.publish_reorder(ReorderStatus { clocks_apart_ms: -172_796e3, ..ReorderStatus::default() });
    assert!(
        results(&stage.telemetry.verdict()).contains("the newest pitch is 14 s old"),
        "by the clock that stamped it"
    );
    let ready = stage.json("/health/ready");
    assert!(ready["verdict"].as_str().is_some_and(|verdict| verdict.contains(words)), "{ready}");
    assert_eq!(ready["status"], "degraded");
    let metrics = stage.get("/metrics").text().expect("text");
    assert!(metrics.contains("pitchguard_box_clock_off_seconds -172796.0"), "{metrics}");
}

#[test]
fn two_hours_after_the_last_pitch_its_age_is_told_and_not_the_daemons() {
    let telemetry = well();
    let newest_ns = Some(BoxClock::start(1.0).now().0 - 7290 * NS_PER_S);
    telemetry.publish_pitches(PublishedPitches { newest_ns, ..PublishedPitches::default() });
    let verdict = telemetry.verdict();
    assert!(verdict.sentence.contains("the newest pitch is 2 h 1 min old"), "{verdict:?}");
}

#[test]
fn what_is_off_by_configuration_is_no_fault_and_what_is_down_is() {
    let telemetry = well();
    telemetry.publish_attribution(marks(
        MarkFeedState::Never,
        "Nobody tells who pitches: no mark has come since the start.",
    ));
    telemetry.set_part(
        "mqtt",
        PartState::Degraded,
        "the broker is not reached (refused); pitches go on without weather",
    );
    telemetry.set_part("upstream", PartState::Degraded, "no answer from https://cloud");
    let verdict = telemetry.verdict();
    for (about, words) in [
        (About::Marks, "Nobody tells who pitches: no mark has come since the start"),
        (About::Sensors, "the broker is not reached (refused); pitches go on without weather"),
        (About::Line, "no answer from https://cloud"),
    ] {
        assert_eq!(state(&verdict, about), (BoxVerdictState::Degraded, words));
    }
    telemetry.set_part("mqtt", PartState::Off, "the broker is reached, and no sensor has told wind yet");
    telemetry.set_part("upstream", PartState::Off, "nothing has gone over the line to the cloud since the start");
    let verdict = telemetry.verdict();
    assert_eq!(state(&verdict, About::Sensors).0, BoxVerdictState::Off, "nothing of it came yet");
    assert_eq!(state(&verdict, About::Line).0, BoxVerdictState::Off);
    telemetry.set_part("mqtt", PartState::Ready, "");
    telemetry.set_part("upstream", PartState::Ready, "");
    let verdict = telemetry.verdict();
    assert_eq!(state(&verdict, About::Sensors).1, "weather comes from the park's sensors");
    assert_eq!(state(&verdict, About::Line), (BoxVerdictState::Ready, "the line to the cloud is up"));
}

#[test]
fn a_feed_of_marks_that_was_there_is_as_ready_as_the_part_and_throws_of_nobody_are_not_called_well() {
    let telemetry = well();
    telemetry.publish_attribution(marks(MarkFeedState::Silent, ""));
    let quiet = (BoxVerdictState::Ready, "no mark came for five minutes");
    assert_eq!(state(&telemetry.verdict(), About::Marks), quiet);
    let told = AttributionStatus {
        unattributed_today: 20,
        degraded: false,
        ..marks(MarkFeedState::Live, "20 throws today count for nobody")
    };
    telemetry.publish_attribution(told);
    let verdict = telemetry.verdict();
    assert_eq!(verdict.state, BoxVerdictState::Ready, "of now nothing is wrong");
    assert!(
        verdict.sentence.starts_with("Ready: all 6 cameras")
            && verdict.sentence.contains("; 20 throws today count for nobody"),
        "{verdict:?}"
    );
}

#[test]
fn a_full_disk_is_looked_at_and_a_thread_that_hangs_is_bad() {
    let telemetry = well();
    telemetry.set_part("disk", PartState::Degraded, "filling up: 4.0 % is free");
    let verdict = telemetry.verdict();
    assert_eq!(
        (verdict.state, verdict.sentence.as_str()),
        (
            BoxVerdictState::Degraded,
            "Degraded, it works and somebody should look: disk is in trouble (filling up: 4.0 % is free)."
        )
    );
    telemetry.set_hanging(vec!["merge".to_owned()]);
    let verdict = telemetry.verdict();
    assert_eq!(verdict.state, BoxVerdictState::NotReady);
    assert!(
        verdict
            .sentence
            .starts_with("Not ready, it does not work as it must: merge does not work (the merge thread hangs"),
        "{verdict:?}"
    );
}

#[test]
fn the_verdict_stands_first_wherever_the_box_is_asked() {
    let stage = Setting::default().serve();
    stage.telemetry.publish_calibration(healthy());
    let sentence = stage.telemetry.verdict().sentence;
    assert_eq!(stage.json("/api/status")["verdict"]["sentence"], sentence.as_str());
    let report = pitchguard::cli::status::ask(&stage.url("/")).expect("a report");
    assert!(pitchguard::cli::status::table(&report).starts_with(&sentence));
}

#[test]
fn one_scale_of_words_holds_for_status_health_and_the_verdict() {
    let stage = Setting::default().serve();
    let told = || {
        let report = pitchguard::cli::status::ask(&stage.url("/")).expect("a report");
        let word = report.verdict.sentence.split(", ").next().unwrap_or_default().to_owned();
        (report.ready, report.verdict.state, word, pitchguard::cli::status::table(&report))
    };
    // A part that does not work makes the box not ready, whichever it is.
    stage.telemetry.set_part("mqtt", PartState::Failed, "its thread ended");
    stage.all_parts_ready();
    let refused = problem(stage.get("/health/ready"), 503, "not-ready");
    let (ready, state, word, table) = told();
    assert_eq!((ready, state, word.as_str()), (false, BoxVerdictState::NotReady, "Not ready"));
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.starts_with("Not ready, it does not")), "{refused}");
    assert!(table.contains("NOT READY in mqtt") && table.contains("its thread ended"), "{table}");

    stage.telemetry.set_part("mqtt", PartState::Ready, "");
    let mut rig = healthy();
    rig.cameras[2] = camera(3, "silent");
    stage.telemetry.publish_calibration(rig.clone());
    assert_eq!(stage.json("/health/ready")["status"], "degraded");
    let (ready, state, word, _) = told();
    assert_eq!((ready, state, word.as_str()), (true, BoxVerdictState::Degraded, "Degraded"));

    // Somebody throws there, and nothing can be measured.
    rig.mounds[0].cameras_heard = 1;
    stage.telemetry.publish_calibration(rig);
    let refused = problem(stage.get("/health/ready"), 503, "not-ready");
    let (ready, state, word, table) = told();
    assert_eq!((ready, state, word.as_str()), (false, BoxVerdictState::NotReady, "Not ready"));
    assert_eq!(stage.json("/api/status")["verdict"]["state"], "not_ready");
    assert_eq!(refused["detail"], stage.telemetry.verdict().sentence);
    assert!(table.contains("cameras      NOT READY the game mound cannot be measured"), "{table}");

    stage.telemetry.publish_calibration(healthy());
    stage.telemetry.publish_attribution(marks(MarkFeedState::Live, ""));
    assert_eq!(stage.json("/health/ready")["status"], "ready");
    let (ready, state, word, _) = told();
    assert_eq!((ready, state, word.as_str()), (true, BoxVerdictState::Ready, "Ready"));
}
