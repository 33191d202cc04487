//! Each route answers what its schema says.

use std::collections::BTreeSet;

use pitchguard::api::Event;
use pitchguard::ids::{MoundId, PitcherId};
use pitchguard::observe::PartState;
use pitchguard::readiness::{AsOf, Index, Readiness};
use pitchguard::records::State;
use serde_json::{Value, json};

use crate::api_serves::stage::{Memory, Mood, Setting, alert, client_of_tests, pitch, problem, readiness};

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn readiness_has_exactly_the_fields_that_the_design_names() {
    let stage = Setting::default().serve();
    stage.live.publish(Event::Readiness(readiness(1)));
    let shown = stage.json("/api/readiness/1");
    let of_design = "pitcher name mound readiness fatigue risk probability_21d features feature_set feature_qa_min \
                     calibration_confidence late_data_frac data_age_ms state revision reasons recommendation alerts \
                     model_version";
    let beside = "pitches last_pitch_at as_of presence verdict verdict_limits verdict_absent unseen unnamed_throws unnamed_from \
         unnamed_to base_rate_21d risk_coverage risk_absent early";
    assert_eq!(names(&shown), of_design.split_whitespace().chain(beside.split_whitespace()).collect());
    for index in ["readiness", "fatigue", "risk"] {
        assert_eq!(names(&shown[index]), ["value", "low", "high", "one_sided"].into(), "{index}");
    }
    assert_eq!((&shown["risk"]["value"], &shown["state"]), (&Value::Null, &json!("provisional")));
    let all = stage.json("/api/readiness");
    assert_eq!(all["readiness"].as_array().map(Vec::len), Some(1));
    assert_eq!(all["seq"], stage.live.head());
}

#[test]
fn the_age_of_the_data_grows_between_two_readings_of_the_same_result() {
    let stage = Setting::default().serve();
    let ago = |s: i64| (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(s)).to_string();
    // Published now, and yet as old as the pitches behind it: it was shown again after a restart, or is held.
    let held = Readiness {
        state: State::Held,
        data_age_ms: Some(14_000),
        pitches: 45,
        last_pitch_at: ago(5),
        as_of: Some(AsOf { pitches: 31, at: ago(691) }),
        ..readiness(1)
    };
    stage.live.publish(Event::Readiness(held.clone()));
    std::thread::sleep(std::time::Duration::from_millis(20));
    let age = |value: &Value| value["data_age_ms"].as_u64().expect("a number");
    let first = age(&stage.json("/api/readiness/1"));
    assert!((691_020..700_000).contains(&first), "since its pitch: {first}");
    stage.live.publish(Event::Readiness(Readiness { as_of: None, pitcher: PitcherId(2), ..held }));
    assert_eq!(stage.json("/api/readiness/2")["data_age_ms"], Value::Null, "there is no value");
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert!(age(&stage.json("/api/readiness")["readiness"][0]) >= first + 20);
}

#[test]
fn an_age_is_that_by_the_cameras_clock_wherever_it_is_told_though_the_boxs_is_two_days_off() {
    const TWO_DAYS_S: i64 = 2 * 86_400;
    for apart_s in [TWO_DAYS_S, -TWO_DAYS_S] {
        let stage = Setting::default().serve();
        let by_cameras = |ago_s: i64| jiff::Timestamp::now() - jiff::SignedDuration::from_secs(apart_s + ago_s);
        let thrown = Readiness {
            as_of: Some(AsOf { pitches: 31, at: by_cameras(90).to_string() }),
            presence: None,
            ..readiness(1)
        };
        stage.live.publish(Event::Readiness(thrown));
        stage.live.set_clocks_apart(apart_s * 1_000_000_000);
        let age = stage.json("/api/readiness/1")["data_age_ms"].as_u64().expect("it is known");
        assert!((90_000..95_000).contains(&age), "{apart_s}: {age}");
        let told = stage.live.snapshot_message();
        assert!(told.data.readiness[0].data_age_ms.is_some_and(|told| (90_000..95_000).contains(&told)), "{told:?}");
        let seen: jiff::Timestamp = told.seen_at.parse().expect("RFC 3339");
        let since = seen.duration_since(by_cameras(90)).as_secs();
        assert!((85..=90).contains(&since), "what a page counts by: {since} s after the pitch");
    }
    let stage = Setting::default().serve();
    let ahead = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60)).to_string();
    let unknown = Readiness { as_of: Some(AsOf { pitches: 31, at: ahead }), ..readiness(1) };
    stage.live.publish(Event::Readiness(unknown));
    assert_eq!(stage.json("/api/readiness/1")["data_age_ms"], Value::Null, "a pitch of a clock that was set");
}

#[test]
fn a_pitcher_is_active_until_his_outing_ends() {
    let stage = Setting::default().serve();
    problem(stage.get("/api/readiness/1"), 404, "not-active");
    stage.live.publish(Event::Readiness(readiness(2)));
    stage.live.publish(Event::Readiness(readiness(1)));
    let active = stage.json("/api/readiness");
    assert_eq!((&active["readiness"][0]["pitcher"], &active["readiness"][1]["pitcher"]), (&json!(1), &json!(2)));
    stage.live.publish(Event::OutingEnded { pitcher: PitcherId(1), mound: MoundId(0) });
    problem(stage.get("/api/readiness/1"), 404, "not-active");
    assert_eq!(stage.json("/api/readiness")["readiness"].as_array().map(Vec::len), Some(1));
}

#[test]
fn pitchers_are_listed_by_team_and_season() {
    let stage = Setting::default().serve();
    let count = |path: &str| stage.json(path)["pitchers"].as_array().map(Vec::len);
    assert_eq!(count("/api/pitchers"), Some(2));
    assert_eq!(count("/api/pitchers?team=&season=2025"), Some(2), "an empty team is none");
    assert_eq!(count("/api/pitchers?team=STL"), Some(1));
    assert_eq!(count("/api/pitchers?season=1999"), Some(0));
    assert_eq!(stage.json("/api/pitchers/2")["name"], "Bob Bull");
    problem(stage.get("/api/pitchers/3"), 404, "unknown-pitcher");
}

/// Numbers of the pitches of all pages, following `next` to its end, and the number of pages.
fn all_pages(stage: &crate::api_serves::stage::Stage, query: &str) -> (Vec<Vec<u64>>, usize) {
    let (mut pages, mut since) = (Vec::new(), String::new());
    loop {
        let page = stage.json(&format!("/api/pitches?{query}{since}"));
        let pitches = page["pitches"].as_array().expect("a list");
        pages.push(pitches.iter().map(|pitch| pitch["pitch_number"].as_u64().expect("a number")).collect());
        match page["next"].as_str() {
            Some(next) => since = format!("&since={next}"),
            None => break,
        }
        // A time in the query leads forward only once; the cursor takes its place.
        assert!(pages.len() < 20, "the pages end");
    }
    let count = pages.len();
    (pages, count)
}

#[test]
fn pages_lead_back_from_the_newest_pitch_each_newest_last() {
    let memory = Memory { pitches: (0..10).map(|number| pitch(number, 1)).collect(), mood: Mood::Answers };
    let stage = Setting { memory, ..Setting::default() }.serve();
    let (pages, _) = all_pages(&stage, "limit=4");
    assert_eq!(pages, [vec![6, 7, 8, 9], vec![2, 3, 4, 5], vec![0, 1]]);
    let (pages, count) = all_pages(&stage, "limit=5");
    assert_eq!((pages.concat().len(), count), (10, 2), "no empty page at the end");
}

#[test]
fn pages_lead_forward_from_a_time_and_a_cursor_outlives_new_pitches_and_revisions() {
    let memory = Memory { pitches: (0..6).map(|number| pitch(number, 1)).collect(), mood: Mood::Answers };
    let stage = Setting { memory, ..Setting::default() }.serve();
    let start = pitch(2, 1).release_ns;
    let first = stage.json(&format!("/api/pitches?since={start}&limit=2"));
    assert_eq!((&first["pitches"][0]["pitch_number"], &first["pitches"][1]["pitch_number"]), (&json!(2), &json!(3)));
    let mut revised = pitch(3, 1);
    revised.revision = 1;
    stage.live.publish(Event::Pitch(revised));
    stage.live.publish(Event::Pitch(pitch(6, 1)));
    let next = first["next"].as_str().expect("more pitches");
    let rest = stage.json(&format!("/api/pitches?since={next}"));
    let numbers: Vec<_> = rest["pitches"].as_array().expect("a list").iter().map(|p| &p["pitch_number"]).collect();
    assert_eq!((numbers, &rest["next"]), (vec![&json!(4), &json!(5), &json!(6)], &Value::Null));
    assert_eq!(stage.json("/api/pitches?since=2025-07-05")["pitches"], json!([]));
    assert_eq!(stage.json("/api/pitches?since=2025-07-04T18:15:00Z")["pitches"].as_array().map(Vec::len), Some(7));
}

#[test]
fn a_pitch_shows_before_it_is_committed_and_in_its_last_revision() {
    let memory = Memory { pitches: vec![pitch(0, 1), pitch(1, 2)], mood: Mood::Answers };
    let stage = Setting { memory, ..Setting::default() }.serve();
    let mut revised = pitch(0, 1);
    (revised.revision, revised.state) = (1, State::Provisional);
    stage.live.publish(Event::Pitch(revised));
    stage.live.publish(Event::Pitch(pitch(2, 1)));
    let of_pitcher = stage.json("/api/pitches?pitcher=1&game_pk=777001");
    let seen: Vec<_> = of_pitcher["pitches"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pitch| (pitch["pitch_number"].as_u64(), pitch["revision"].as_u64()))
        .collect();
    assert_eq!(seen, [(Some(0), Some(1)), (Some(2), Some(0))]);
    let fields = names(&of_pitcher["pitches"][0]);
    for name in
        ["release_speed", "state", "revision", "cameras", "late_data_frac", "residual_px", "calibration_confidence"]
    {
        assert!(fields.contains(name), "{name}");
    }
    let newest = stage.json("/api/pitches?limit=1");
    assert_eq!(newest["pitches"][0]["pitch_number"], 2);
    assert!(newest["next"].is_string(), "older ones follow");
}

#[test]
fn an_alert_stands_until_it_clears_and_can_be_acknowledged() {
    let stage = Setting::default().serve();
    stage.live.publish(Event::AlertRaised(alert(7)));
    assert_eq!(stage.json("/api/alerts")["alerts"][0]["acknowledged_at"], Value::Null);
    let acknowledge = |id: u64| {
        client_of_tests().post(stage.url(&format!("/api/alerts/{id}/ack"))).send().expect("the server answers")
    };
    let seen: Value = acknowledge(7).json().expect("JSON");
    assert!(seen["acknowledged_at"].is_string(), "{seen}");
    assert_eq!(stage.json("/api/alerts")["alerts"][0], seen);
    problem(acknowledge(8), 404, "unknown-alert");
    stage.live.publish(Event::AlertCleared(alert(7)));
    assert_eq!(stage.json("/api/alerts")["alerts"], json!([]));
}

#[test]
fn a_workload_has_every_known_day_of_its_range_and_a_bad_range_is_refused() {
    let stage = Setting::default().serve();
    let load = stage.json("/api/workload/pitcher/1?start_date=2025-07-01&end_date=2025-07-06");
    assert_eq!(
        (&load["pitcher"], &load["start_date"], &load["end_date"]),
        (&json!(1), &json!("2025-07-01"), &json!("2025-07-06"))
    );
    assert_eq!(load["appearances"][0]["game_date"], "2025-07-04");
    let loads = load["loads"].as_array().expect("a list");
    assert_eq!((loads.len(), &loads[2]["dose"], &loads[2]["risk"]), (3, &json!(27.5), &Value::Null), "{load}");
    assert_eq!(loads[2]["rest_deficit"], 3);
    let role = (&load["summary"]["role"], &load["summary"]["role_days"], &loads[0]["pap3"]);
    assert_eq!(role, (&Value::Null, &json!(1), &Value::Null), "one outing tells no role");
    assert!(load["unknown"].as_str().is_some_and(|why| why.contains("before that day is unknown")), "{load}");
    for (query, slug) in [
        ("start_date=2025-02-30", "invalid-date"),
        ("start_date=0001-01-01", "invalid-date"),
        ("end_date=yesterday", "invalid-date"),
        ("end_date=2025-07-04T12:00", "invalid-date"),
        ("start_date=2025-07-05&end_date=2025-07-04", "invalid-date-range"),
        ("start_date=2020-07-05&end_date=2025-07-04", "invalid-date-range"),
        ("end_date=2250-01-01", "invalid-date-range"),
        ("start_date=2250-01-01", "invalid-date-range"),
        ("from=2025-07-04", "invalid-query"),
    ] {
        problem(stage.get(&format!("/api/workload/pitcher/1?{query}")), 400, slug);
    }
    problem(stage.get("/api/workload/pitcher/3"), 404, "unknown-pitcher");
}

#[test]
fn health_tells_which_part_is_not_ready_and_since_when() {
    let stage = Setting::default().serve();
    assert_eq!(stage.json("/health/live")["status"], "alive");
    stage.telemetry.set_part("ingest", PartState::Ready, "");
    stage.telemetry.set_part("store", PartState::Failed, "the disk is full: free some space");
    let refused = problem(stage.get("/health/ready"), 503, "not-ready");
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("the disk is full")), "{refused}");
    assert_eq!((&refused["parts"][0]["state"], &refused["parts"][1]["state"]), (&json!("ready"), &json!("failed")));
    stage.all_parts_ready();
    let ready = stage.json("/health/ready");
    assert_eq!(ready["status"], "degraded");
    assert!(ready["parts"][1]["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{ready}");
}

#[test]
fn the_status_verb_reads_what_the_daemon_serves() {
    let stage = Setting::default().serve();
    stage.all_parts_ready();
    let report = pitchguard::cli::status::ask(&stage.url("/")).expect("a report");
    assert!(report.ready && report.identity_holds);
    assert_eq!(report.parts.len(), 2);
    let text = pitchguard::cli::status::table(&report);
    for told in ["each part is ready", "ingest", "store", "every frame accounted for", "watermark_to_provisional"] {
        assert!(text.contains(told), "{told} in\n{text}");
    }
}

#[test]
fn an_outings_trend_has_one_point_a_pitch_in_its_last_revision_and_ends_with_the_outing() {
    let stage = Setting::default().serve();
    problem(stage.get("/api/readiness/1/trend"), 404, "not-active");
    for (pitches, value) in [(1, 90.0), (2, 85.0), (2, 84.0), (3, 80.0)] {
        let shown = Index { value: Some(value), low: Some(value - 5.0), high: Some(value + 5.0), one_sided: None };
        stage.live.publish(Event::Readiness(Readiness { pitches, readiness: shown, ..readiness(1) }));
    }
    let trend = stage.json("/api/readiness/1/trend");
    let points: Vec<_> = trend["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| (point["pitches"].as_u64(), point["readiness"]["value"].as_f64()))
        .collect();
    assert_eq!(points, [(Some(1), Some(90.0)), (Some(2), Some(84.0)), (Some(3), Some(80.0))]);
    assert_eq!(trend["points"][0]["reasons"][0], "Fastball 0.4 mph below his season");
    stage.live.publish(Event::OutingEnded { pitcher: PitcherId(1), mound: MoundId(0) });
    problem(stage.get("/api/readiness/1/trend"), 404, "not-active");
}

#[test]
fn the_ballpark_tells_its_time_zone_and_a_pitcher_what_is_usual_for_him() {
    let stage = Setting::default().serve();
    let venue = stage.json("/api/venue");
    assert_eq!((&venue["id"], &venue["time_zone"]), (&"busch_iii".into(), &"America/Chicago".into()));
    assert_eq!(venue["mounds"][1], json!({ "id": 1, "name": "bullpen_home" }));
    let baseline = stage.json("/api/pitchers/1/baseline?date=2025-07-04");
    assert_eq!((&baseline["pitcher"], &baseline["date"]), (&1.into(), &"2025-07-04".into()));
    problem(stage.get("/api/pitchers/9/baseline"), 404, "unknown-pitcher");
    problem(stage.get("/api/pitchers/1/baseline?date=4.7.2025"), 400, "invalid-date");
}
