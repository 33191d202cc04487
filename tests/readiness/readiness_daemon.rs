//! What a person sees of readiness on the running daemon: how old a number is, over a kill and a restart, what a held one is
//! of, what an alert says beside it, and who left.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::daemon_support::{Cameras, Rack, Running, WAY_NS, season_csv};
use firmware_protocol::MarkKind;
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::signal::Signal;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;
use serde_json::{Value, json};

const SPEED: f64 = 12.0;
const PITCHES: usize = 13;
const S: u64 = 1_000_000_000;

fn settings(seed: u64, start: EventNs) -> Settings {
    Settings { seed, start, pace_s: 10.0, pitches_max: Some(PITCHES), tail_s: 30.0, ..Settings::quiet() }
}

/// A game that begins with one man's pitches, fastballs enough among the first eight that his velocity can be judged.
fn stadium(start: EventNs) -> Stadium {
    let of = |seed| Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings(seed, start));
    let good = |stadium: &Stadium| {
        let truth = stadium.truth();
        let fastballs = truth[..8].iter().filter(|t| t.pitch_type.is_fastball()).count();
        fastballs >= 5 && truth.iter().all(|t| (t.pitcher, t.mound) == (truth[0].pitcher, truth[0].mound))
    };
    (1..200).map(of).find(good).expect("there are many")
}

/// A daemon that knows everybody's season, in which he threw faster, and cameras that wait for it.
fn started(rack: &mut Rack) -> (Running, Cameras, u32) {
    let csv = rack.path("season.csv");
    let today = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
    season_csv(&csv, &stadium(EventNs(today)), 6.0);
    let imported = rack.output(&["import", "savant", csv.to_str().expect("a plain path")]);
    assert!(imported.status.success(), "{imported:?}");
    let daemon = rack.start(SPEED);
    let cameras = Cameras::new(stadium(EventNs(daemon.now().0)), SPEED, daemon.udp);
    let pitcher = cameras.stadium.truth()[0].pitcher.0;
    (daemon, cameras, pitcher)
}

/// His readiness once it counts so many pitches.
fn after(daemon: &mut Running, pitcher: u32, pitches: u64) -> Value {
    daemon.wait_for("so many pitches are judged", |r| r.readiness(pitcher).filter(|r| r["pitches"] == pitches))
}

fn trend(daemon: &Running, pitcher: u32) -> Vec<Value> {
    let mut points =
        daemon.get(&format!("/api/readiness/{pitcher}/trend"))["points"].as_array().expect("points").clone();
    for point in &mut points {
        point["reasons"] = json!(of_his(&point["reasons"]));
    }
    points
}

/// The reasons that are of his pitches, and not of what nobody saw since.
fn of_his(reasons: &Value) -> Vec<&Value> {
    let reasons = reasons.as_array().expect("a list").iter();
    reasons.filter(|reason| !reason.as_str().is_some_and(|words| words.contains("not seen"))).collect()
}

/// What is of his pitches, and not of the moment of reading: whether he is seen then, and so what is said of him.
fn lasting(readiness: &Value) -> Value {
    let of = ["readiness", "fatigue", "as_of", "pitches", "last_pitch_at", "state"];
    let alerts = readiness["alerts"].as_array().expect("a list").iter().map(|alert| &alert["id"]);
    let features = readiness["features"].as_object().expect("features").iter().map(|(name, of)| (name, &of["value"]));
    let lists = (alerts.collect::<Vec<_>>(), features.collect::<Vec<_>>(), of_his(&readiness["reasons"]));
    json!([of.map(|key| &readiness[key]), lists])
}

fn ns(text: &Value) -> i128 {
    let at: jiff::Timestamp = text.as_str().expect("a time").parse().expect("RFC 3339");
    at.as_nanosecond()
}

#[test]
fn after_a_kill_and_after_a_restart_a_number_is_as_old_as_its_pitch_and_the_trend_goes_on() {
    let mut rack = Rack::new();
    let (mut daemon, mut cameras, pitcher) = started(&mut rack);
    let last = cameras.stadium.truth()[7].release;
    cameras.play(EventNs(last.0 + 9 * S));
    after(&mut daemon, pitcher, 8);
    daemon.wait_for("all is final and kept", |r| {
        let finals = r.status()["pitches"]["final"].as_u64()?;
        (finals >= 8 && r.status()["store"]["queued"] == 0).then_some(())
    });
    let (before, points) = (daemon.readiness(pitcher).expect("active"), trend(&daemon, pitcher));
    assert_eq!(points.iter().map(|p| p["pitches"].as_u64()).collect::<Vec<_>>(), (1..=8).map(Some).collect::<Vec<_>>());
    assert_eq!(before["as_of"]["pitches"], 8);
    assert!(!before["alerts"].as_array().expect("a list").is_empty(), "{before}");
    // How things stand is kept every ten seconds besides.
    std::thread::sleep(std::time::Duration::from_secs(2));
    daemon.kill();

    let mut daemon = rack.start_at(1.0, BoxNs(last.0 + 691 * S));
    // Ages count by the cameras' clock, which that of a box is ahead of where a loaded machine has frames come late.
    let apart_ms = |r: &Running| r.status()["reorder"]["clocks_apart_ms"].as_f64().unwrap_or(0.0);
    let age_ms = |r: &Running| {
        let age = r.readiness(pitcher).expect("active")["data_age_ms"].as_f64().expect("a number");
        age + apart_ms(r).max(0.0)
    };
    let age = age_ms(&daemon);
    assert!((690_000.0..730_000.0).contains(&age), "691 s and what the start took: {age} ms");
    let killed = daemon.readiness(pitcher).expect("active");
    assert_eq!(lasting(&killed), lasting(&before), "after the kill");
    assert_eq!((&killed["verdict"], &killed["verdict_absent"]), (&Value::Null, &json!("not_seen")), "{killed}");
    assert_eq!(trend(&daemon, pitcher), points, "after the kill");
    let line = daemon.wait_for("its metric", |r| {
        let metrics = r.text("/metrics");
        metrics.lines().find(|line| line.starts_with("pitchguard_pitcher_data_age_seconds{")).map(str::to_owned)
    });
    let told: f64 = line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number");
    let told = told + apart_ms(&daemon).max(0.0) * 1e-3;
    assert!((690.0..730.0).contains(&told), "{line}");
    assert!(daemon.terminate().0.success());

    let daemon = rack.start_at(1.0, BoxNs(last.0 + 1_000 * S));
    let age = age_ms(&daemon);
    assert!((999_000.0..1_040_000.0).contains(&age), "1000 s and what the start took: {age} ms");
    assert_eq!(lasting(&daemon.readiness(pitcher).expect("active")), lasting(&before), "after the restart");
    assert_eq!(trend(&daemon, pitcher), points, "after the restart");
}

#[test]
fn throws_that_no_mark_names_withhold_the_verdict_and_then_make_every_count_of_his_a_lower_bound() {
    let mut rack = Rack::new();
    let (mut daemon, mut cameras, pitcher) = started(&mut rack);
    let truth = |cameras: &Cameras, number: usize| cameras.stadium.truth()[number].release;
    cameras.unmarked = EventNs(truth(&cameras, 8).0 - 3 * S)..EventNs(truth(&cameras, 11).0 - 3 * S);
    cameras.play(cameras.quiet_after(7));
    after(&mut daemon, pitcher, 8);
    // Three pitches of his without a mark; two of them are final.
    cameras.play(EventNs(truth(&cameras, 10).0 + 2 * S));
    let untold = daemon.wait_for("nobody tells whose", |r| {
        r.readiness(pitcher).filter(|r| ["not_told", "not_seen"].map(|why| json!(why)).contains(&r["verdict_absent"]))
    });
    assert_eq!((&untold["pitches"], &untold["verdict"]), (&json!(8), &Value::Null), "{untold}");
    cameras.play(EventNs(truth(&cameras, 11).0 + 5 * S));
    let told = |r: &Running| r.readiness(pitcher).filter(|r| r["unnamed_throws"] == 3);
    let named =
        daemon.wait_for("a mark names him again", |r| told(r).filter(|r| r["pitches"] == 9 && r["early"] == false));
    assert_ne!(named["verdict_absent"], json!("not_told"), "{named}");
    // On a slow machine cameras were silent for a while besides.
    let least = "e has thrown at least 9 pitches; 3 throws on this mound that may be his carry no name";
    let mut reasons = named["reasons"].as_array().expect("a list").iter();
    assert!(reasons.any(|reason| reason.as_str().is_some_and(|reason| reason.ends_with(least))), "{named}");
    assert_eq!(named["features"]["dose"]["partly_seen"], true, "{named}");
    let kept = daemon.wait_for("it is kept", |r| {
        let load = r.get(&format!("/api/workload/pitcher/{pitcher}"));
        let today = load["end_date"].clone();
        (load["summary"]["partly_seen_on"] == today && load["summary"]["dose"] == named["features"]["dose"]["value"])
            .then_some(load)
    });
    assert!(kept["not_final"].as_str().is_some_and(|said| said.contains("at least 9 game pitches")), "{kept}");
    let staff = daemon.get(&format!("/api/risk/staff?date={}", kept["end_date"].as_str().expect("a day")));
    let row =
        staff["rows"].as_array().expect("rows").iter().find(|row| row["pitcher"] == pitcher).expect("he is known");
    assert_eq!((&row["partly_seen_on"], &row["availability"][0]["thrown"]), (&kept["end_date"], &json!(9)), "{row}");

    let now = daemon.now();
    assert!(daemon.terminate().0.success());
    let daemon = rack.start_at(1.0, BoxNs(now.0));
    let restarted = daemon.readiness(pitcher).expect("active");
    assert_eq!((&restarted["unnamed_throws"], &restarted["pitches"]), (&json!(3), &json!(9)), "{restarted}");
}

#[test]
fn a_held_number_is_told_as_one_of_before_and_who_is_replaced_leaves_no_alert() {
    let mut rack = Rack::new();
    let (mut daemon, mut cameras, pitcher) = started(&mut rack);
    cameras.play(cameras.quiet_after(7));
    let judged = after(&mut daemon, pitcher, 8);
    let of_readiness = |readiness: &Value| {
        let alerts = readiness["alerts"].as_array().expect("a list").clone();
        alerts.into_iter().find(|alert| alert["rule"] == "readiness").expect("6 mph slower than his season")
    };
    // The cameras stand still: on a slow machine he is not seen any more, and the number not known now.
    let now = if judged["verdict_absent"] == "not_seen" { &Value::Null } else { &judged["readiness"]["value"] };
    assert_eq!(&of_readiness(&judged)["now"], now, "what stands says what is shown: {judged}");
    assert_eq!((&of_readiness(&judged)["audience"], &of_readiness(&judged)["mound"]), (&json!("coach"), &json!(0)));
    let is_told = judged["verdict"].is_string() || judged["verdict_absent"] == "not_seen";
    assert!(is_told && judged["presence"]["state"] == "on_mound", "{judged}");

    // The feed names no pitch types any more: of the window of five too much is missing.
    cameras.typed_until = cameras.stadium.truth()[8].release.min(EventNs(cameras.stadium.truth()[8].release.0 - S));
    let over = EventNs(cameras.stadium.truth()[12].plate.0 + WAY_NS);
    cameras.play(over);
    let held = after(&mut daemon, pitcher, 13);
    assert_eq!((&held["state"], &held["verdict"]), (&json!("held"), &Value::Null), "{held}");
    let of = held["as_of"]["pitches"].as_u64().expect("there was a number");
    assert!((8..13).contains(&of), "{held}");
    let number = held["readiness"]["value"].as_f64().expect("the last good one").floor();
    let said = held["recommendation"].as_str().expect("words");
    // The cameras stand still again: on a slow machine that is told first.
    let is_of_then = said.starts_with(&format!("{number:.0} is the last good number, as of pitch {of}, "));
    assert!(is_of_then || held["verdict_absent"] == "not_seen", "{said}");
    // One moment in the reasons and in the alert.
    let message = of_readiness(&held)["message"].as_str().expect("words").to_owned();
    assert!(message.contains(&format!("{number:.0} is the last good number, as of pitch {of}")), "{message}");
    assert!(
        held["reasons"][0]
            .as_str()
            .is_some_and(|r| r.starts_with(&format!("Held at the last good number, as of pitch {of}: "))),
        "{held}"
    );
    let behind_ms = (ns(&held["last_pitch_at"]) - ns(&held["as_of"]["at"])) / 1_000_000;
    assert!(
        held["data_age_ms"].as_u64().is_some_and(|age| i128::from(age) > behind_ms),
        "older than his newest: {held}"
    );
    assert_eq!(of_readiness(&held)["now"], Value::Null, "what is held is not known now: {held}");
    let listed = daemon.get("/api/alerts")["alerts"].as_array().expect("a list").clone();
    assert!(listed.contains(&of_readiness(&held)), "the list says the same: {listed:?}");

    // Another man is named before the inning is over.
    let mut mark = cameras.marked.expect("marks were sent");
    let Signal::Mark(named) = &mut mark.signal else { panic!("not a mark") };
    (named.what, named.pitcher, named.mound) = (MarkKind::PitcherOnMound, 900_099, 0);
    (mark.event, mark.seq) = (EventNs(cameras.stadium.truth()[12].plate.0 + S), mark.seq + 1_000);
    cameras.wire.send(&mark);
    cameras.wire.flush();
    cameras.play_out();
    let replaced =
        daemon.wait_for("he is replaced", |r| r.readiness(pitcher).filter(|r| r["presence"]["state"] == "replaced"));
    assert_eq!(replaced["presence"]["by"], 900_099, "{replaced}");
    assert_eq!((&replaced["alerts"], &replaced["verdict"]), (&json!([]), &Value::Null), "{replaced}");
    let listed = daemon.get("/api/alerts")["alerts"].as_array().expect("a list").clone();
    assert!(listed.iter().all(|alert| alert["pitcher"] != pitcher), "{listed:?}");
    let (status, log) = daemon.terminate();
    assert!(status.success() && !log.contains("panicked"), "{log}");
}
