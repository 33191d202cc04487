//! Clocks that are off each other, on the daemon as it runs: the fault is told within half a minute with its size, every pitch is
//! somebody's or openly nobody's, and of its day or openly of none; and once the clock is right all is, without a restart.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::daemon_support::{Cameras, Rack, Running};
use pitchguard::day::{game_date, zone};
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::simulate::{Game, Scenario, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;
use serde_json::{Value, json};

const S: i64 = 1_000_000_000;
/// How much faster than the wall.
const SPEED: f64 = 8.0;
/// A pitch is not dated later by more than this, ns, where the box dates it, and the next is not thrown earlier.
const WAY_NS: u64 = 5_500_000_000;
/// Pitches until four releases agree on how far a feed is off, and a few that are told apart late.
const UNNAMED_MAX: usize = 6;

fn wall() -> EventNs {
    EventNs(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64)
}

fn stadium(seed: u64, start: EventNs, pitches: usize, pace_s: f64) -> Stadium {
    let settings =
        Settings { seed, start, pitches_max: Some(pitches), pace_s, break_s: 20.0, tail_s: 14.0, ..Settings::quiet() };
    Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings)
}

fn park(daemon: &Running, seed: u64, pitches: usize, ahead: impl Fn(u8) -> i64 + Send + 'static) -> Cameras {
    let mut cameras = Cameras::new(stadium(seed, soon(daemon, SPEED), pitches, 12.0), SPEED, daemon.udp);
    cameras.ahead = Box::new(ahead);
    cameras.make();
    begin(daemon, &cameras, 0);
    cameras
}

/// A moment of box time before which a stadium is made.
fn soon(daemon: &Running, speed: f64) -> EventNs {
    EventNs(daemon.now().0 + (4.0 * speed * S as f64) as u64)
}

/// Waits until the stadium's start, which is so far behind the box's clock, ns.
fn begin(daemon: &Running, cameras: &Cameras, ahead_ns: u64) {
    let start = cameras.stadium.start().0 + ahead_ns;
    while daemon.now().0 < start {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The middle of the pause after the pitch with this number.
fn pause_after(cameras: &Cameras, pitch: usize) -> EventNs {
    let truth = cameras.stadium.truth();
    EventNs(truth[pitch].plate.0.midpoint(truth[pitch + 1].release.0))
}

/// Stops the daemon in order and starts it again, its clock going on, at that moment of the stadium; the clock is so far ahead, ns.
fn restart(rack: &mut Rack, daemon: Running, at: EventNs, ahead_ns: u64) -> Running {
    let udp = daemon.udp.to_string();
    let (status, log) = daemon.terminate();
    assert!(status.success(), "{log}");
    let mut command = rack.command(&["run", "--clock-speed", &SPEED.to_string()]);
    command.args(["--clock-since", &(at.0 + ahead_ns).to_string()]).env("PITCHGUARD_INGEST__UDP_LISTEN", &udp);
    rack.start_as(command)
}

fn is_camera(source: u8) -> bool {
    source < 40
}

/// A moment of the game, s since its start.
fn after(cameras: &Cameras, s: u64) -> EventNs {
    EventNs(cameras.stadium.start().0 + s * S as u64)
}

/// Whose clock is off, as the part `clocks` says; none while nobody's is, or there is nothing to compare with.
fn clocks(daemon: &Running) -> Option<String> {
    let status = daemon.status();
    let part = status["parts"].as_array()?.iter().find(|part| part["name"] == "clocks")?.clone();
    (!["ready", "off"].map(|state| json!(state)).contains(&part["state"]))
        .then(|| part["detail"].as_str().unwrap_or_default().to_owned())
}

/// After half a minute the part and an alert of this rule say all these words, and metrics that this source's clock is off by so much.
fn is_told(daemon: &Running, rule: &str, words: &[&str], source: Option<(u8, f64)>) {
    let has = |text: &str| words.iter().all(|word| text.contains(word));
    let told = clocks(daemon).unwrap_or_default();
    assert!(has(&told), "{words:?} of {told:?}");
    let alerts = daemon.get("/api/alerts");
    let alerts = alerts["alerts"].as_array().expect("an array");
    let of_rule = |alert: &&Value| alert["rule"] == rule && alert["message"].as_str().is_some_and(has);
    assert!(alerts.iter().any(|alert| of_rule(&alert)), "{rule} {words:?} of {alerts:?}");
    if let Some((source, off_s)) = source {
        let metrics = daemon.text("/metrics");
        let of = |name: &str| {
            let series = format!("pitchguard_{name}{{source=\"{source}\"}} ");
            let line = metrics.lines().find_map(|line| line.strip_prefix(&series));
            line.and_then(|value| value.parse::<f64>().ok()).unwrap_or_else(|| panic!("{series} in {metrics}"))
        };
        assert!((of("source_clock_off_seconds") - off_s).abs() < 10.0, "{}", of("source_clock_off_seconds"));
        assert!(of("source_clock_told") > 0.5);
    }
}

/// How many of what was thrown are nobody's; each pitch was measured once, has its day, and is its own man's or nobody's. Their releases
/// are so much later than the truth, ns, and may be as much later again as frames take to the box.
fn unnamed(pitches: &[Value], thrown: &[Thrown], later: i64) -> usize {
    let mut unnamed = 0;
    for thrown in thrown {
        let at = thrown.release.0.saturating_add_signed(later);
        let of =
            |pitch: &&Value| pitch["release_ns"].as_u64().is_some_and(|ns| (at - S as u64..at + WAY_NS).contains(&ns));
        let near: Vec<&Value> = pitches.iter().filter(of).collect();
        let [pitch] = near[..] else { panic!("{} pitches at {at} of {pitches:#?}", near.len()) };
        let day = game_date(thrown.release.0, &zone("America/Chicago")).to_string();
        assert_eq!(pitch["game_date"], day.as_str(), "{pitch}");
        if pitch["pitcher"].is_null() {
            assert!(pitch["flags"].as_array().is_some_and(|flags| flags.iter().any(|f| f == "unmarked")), "{pitch}");
            unnamed += 1;
            continue;
        }
        let said = ["pitcher", "game_pk", "at_bat_number", "pitch_number"].map(|name| pitch[name].as_u64());
        let (at_bat, number) = (thrown.at_bat_number.into(), thrown.pitch_number.into());
        assert_eq!(said, [thrown.pitcher.0.into(), thrown.game_pk.0.into(), at_bat, number].map(Some), "{pitch}");
    }
    unnamed
}

/// Plays to the end, and what became of it.
fn play_out(daemon: &mut Running, cameras: &mut Cameras) -> Vec<Value> {
    cameras.play_out();
    let thrown = cameras.stadium.truth().len();
    daemon.wait_for("every throw is a final pitch and kept", |r| {
        let pitches = r.pitches();
        let finals = pitches.iter().filter(|pitch| pitch["state"] == "final").count();
        (finals >= thrown && finals == pitches.len() && r.status()["store"]["queued"] == 0).then_some(pitches)
    })
}

#[test]
fn cameras_on_tai_are_told_and_marks_of_utc_name_their_pitches() {
    let mut daemon = Rack::new().start(SPEED);
    let mut cameras = park(&daemon, 301, 14, |source| if is_camera(source) { 37 * S } else { 0 });
    cameras.play(after(&cameras, 30));
    is_told(&daemon, "box_clock", &["his box's clock is about 37 s behind", "TAI"], None);
    is_told(&daemon, "source_clock", &["37 s behind the cameras'", "TAI"], Some((48, -37.0)));
    let pitches = play_out(&mut daemon, &mut cameras);
    let unnamed = unnamed(&pitches, cameras.stadium.truth(), 37 * S);
    assert!((1..=UNNAMED_MAX).contains(&unnamed), "{unnamed}");
}

#[test]
fn one_camera_on_tai_is_told_and_every_pitch_is_named() {
    let mut daemon = Rack::new().start(SPEED);
    let mut cameras = park(&daemon, 302, 8, |source| if source == 3 { 37 * S } else { 0 });
    cameras.play(after(&cameras, 30));
    is_told(&daemon, "camera_useless", &["about 37 s ahead of the other cameras'", "TAI"], Some((3, 37.0)));
    let pitches = play_out(&mut daemon, &mut cameras);
    assert_eq!(unnamed(&pitches, cameras.stadium.truth(), 0), 0);
}

#[test]
fn cameras_that_count_since_their_boot_are_told_and_dated_by_this_box() {
    let mut daemon = Rack::new().start(SPEED);
    let boot = daemon.now().0 as i64 - 3_600 * S;
    let mut cameras = park(&daemon, 303, 12, move |source| if is_camera(source) { -boot } else { 0 });
    cameras.play(after(&cameras, 30));
    is_told(&daemon, "box_clock", &["ahead of its cameras'", "1970", "dated by this box's"], None);
    let pitches = play_out(&mut daemon, &mut cameras);
    let unnamed = unnamed(&pitches, cameras.stadium.truth(), 0);
    assert!(unnamed <= UNNAMED_MAX, "{unnamed}");
}

#[test]
fn marks_an_hour_off_are_told_and_after_a_restart_and_when_they_are_set_right_no_pitch_is_anothers() {
    let mut rack = Rack::new();
    let daemon = rack.start(SPEED);
    let mut cameras = park(&daemon, 304, 22, |source| if is_camera(source) { 0 } else { 3_600 * S });
    cameras.play(after(&cameras, 30));
    is_told(&daemon, "source_clock", &["60 min ahead of the cameras'", "daylight saving"], Some((48, 3_600.0)));
    let stopped = pause_after(&cameras, 8);
    cameras.play(stopped);
    let mut daemon = restart(&mut rack, daemon, stopped, 0);
    cameras.play(pause_after(&cameras, 14));
    daemon.wait_for("what was known of the feed is known again", |r| {
        clocks(r).filter(|told| told.contains("60 min ahead") && told.contains("allowed for"))
    });
    cameras.ahead = Box::new(|_| 0);
    let pitches = play_out(&mut daemon, &mut cameras);
    let truth = cameras.stadium.truth();
    let before = unnamed(&pitches, &truth[..8], 0);
    assert!((1..=UNNAMED_MAX).contains(&before), "{before}");
    assert_eq!(unnamed(&pitches, &truth[10..14], 0), 0, "it had not to be learned anew");
    assert_eq!(unnamed(&pitches, &truth[16..], 0), 0, "after the feed was set right");
    // The stop itself, and the first pitch of other marks, may be nobody's; they are nobody else's.
    unnamed(&pitches, &truth[8..16], 0);
    assert_eq!(clocks(&daemon), None, "all are right");
}

/// Plays until the man of the first pitch is shown with five: who he is, how many he throws before another man does, and the
/// moment, in a pause.
fn play_five(daemon: &mut Running, cameras: &mut Cameras) -> (u32, usize, EventNs) {
    let truth = cameras.stadium.truth();
    let man = truth[0].pitcher.0;
    let his = truth.iter().take_while(|thrown| thrown.pitcher.0 == man && thrown.mound.0 == 0).count();
    assert!(his >= 7, "{his}");
    let stopped = pause_after(cameras, 4);
    cameras.play(stopped);
    daemon.wait_for("five pitches are shown", |r| r.readiness(man).filter(|shown| shown["pitches"] == 5));
    (man, his, stopped)
}

#[test]
fn an_outing_goes_on_over_a_restart_of_a_box_whose_clock_is_days_ahead() {
    let mut rack = Rack::new();
    let ahead = 51 * 3_600 * S as u64;
    let mut daemon = rack.start_at(SPEED, BoxNs(wall().0 + ahead));
    let start = EventNs(soon(&daemon, SPEED).0 - ahead);
    let mut cameras = Cameras::new(stadium(305, start, 9, 12.0), SPEED, daemon.udp);
    cameras.make();
    begin(&daemon, &cameras, ahead);
    cameras.play(after(&cameras, 30));
    is_told(&daemon, "box_clock", &["2 days 3 h ahead"], None);
    let truth = cameras.stadium.truth().to_vec();
    let (man, his, stopped) = play_five(&mut daemon, &mut cameras);
    let mut daemon = restart(&mut rack, daemon, stopped, ahead);
    let shown = daemon.readiness(man).expect("his outing is open");
    assert_eq!(shown["pitches"], 5, "{shown}");
    let pitches = play_out(&mut daemon, &mut cameras);
    assert_eq!(unnamed(&pitches, &truth, 0), 0);
    let shown = daemon.readiness(man).expect("his outing is open");
    assert_eq!(shown["pitches"], his, "{shown}");
}

/// The library that sets a program's clock, or nothing, which is said.
fn faketime() -> Option<String> {
    let library = format!("/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1", std::env::consts::ARCH);
    let is_there = Path::new(&library).exists();
    if !is_there {
        crate::common::skip("a system's clock that is wrong needs libfaketime; packaging/setup installs it");
    }
    is_there.then_some(library)
}

/// Starts the daemon on a system whose clock is what the file says.
fn start_faked(rack: &mut Rack, library: &str, file: &Path, udp: Option<SocketAddr>, speed: f64) -> Running {
    let (file, udp) = (file.display().to_string(), udp.map(|udp| udp.to_string()));
    let faked = [
        ("LD_PRELOAD", library),
        ("FAKETIME_TIMESTAMP_FILE", &file),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("FAKETIME_CACHE_DURATION", "1"),
    ];
    let listen = udp.as_deref().map(|udp| ("PITCHGUARD_INGEST__UDP_LISTEN", udp));
    rack.start_with(speed, &faked.into_iter().chain(listen).collect::<Vec<_>>())
}

/// Sets the system's clock off the wall's, s.
fn set(file: &Path, off_s: i64) {
    std::fs::write(file, format!("{off_s:+}\n")).expect("written");
}

#[test]
fn a_box_in_1970_is_told_and_once_it_is_set_right_nothing_is_told_any_more_without_a_restart() {
    let Some(library) = faketime() else { return };
    let mut rack = Rack::new();
    let file = rack.path("clock");
    set(&file, 900 - wall().0 as i64 / S);
    let mut daemon = start_faked(&mut rack, &library, &file, None, 1.0);
    let mut cameras = Cameras::new(stadium(306, wall(), 9, 9.0), 1.0, daemon.udp);
    cameras.play(after(&cameras, 30));
    is_told(&daemon, "box_clock", &["behind its cameras'", "1970"], None);
    set(&file, 0);
    let pitches = play_out(&mut daemon, &mut cameras);
    assert_eq!(unnamed(&pitches, cameras.stadium.truth(), 0), 0);
    daemon.wait_for("nothing is told of clocks", |r| clocks(r).is_none().then_some(()));
    let alerts = daemon.get("/api/alerts");
    assert!(!alerts.to_string().contains("box's clock"), "{alerts}");
    let (status, log) = daemon.terminate();
    assert!(status.success(), "{log}");

    let daemon = start_faked(&mut rack, &library, &file, None, 1.0);
    assert_eq!(unnamed(&daemon.pitches(), cameras.stadium.truth(), 0), 0, "nothing of it is lost");
    let man = cameras.stadium.truth()[0].pitcher.0;
    assert!(daemon.readiness(man).is_some(), "his outing goes on");
}

/// A box's clock is eighteen hours behind, and right when the daemon starts again in mid-outing: nobody's pitches are forgotten for it.
fn put_right_while_stopped(stop: impl FnOnce(Running)) {
    let Some(library) = faketime() else { return };
    let mut rack = Rack::new();
    let file = rack.path("clock");
    set(&file, -18 * 3_600);
    let mut daemon = start_faked(&mut rack, &library, &file, None, 1.0);
    let mut cameras = Cameras::new(stadium(305, wall(), 9, 9.0), 1.0, daemon.udp);
    let (man, his, _) = play_five(&mut daemon, &mut cameras);
    daemon
        .wait_for("that the clock is wrong is told", |r| clocks(r).filter(|told| told.contains("behind its cameras'")));
    let udp = daemon.udp;
    stop(daemon);
    set(&file, 0);
    let mut daemon = start_faked(&mut rack, &library, &file, Some(udp), 1.0);
    let shown = daemon.readiness(man).expect("his outing is open");
    assert_eq!(shown["pitches"], 5, "{shown}");
    let told = daemon.status()["verdict"]["sentence"].to_string();
    assert!(!told.contains(" 18 h "), "nothing is as old as the clock was wrong: {told}");
    cameras.play_out();
    // While it was stopped he may have thrown one.
    let counted = |shown: &Value| shown["pitches"].as_u64().is_some_and(|pitches| pitches as usize >= his - 1);
    daemon.wait_for("his later pitches are counted with them", |r| r.readiness(man).filter(counted));
    let verified = |r: &Running| r.status()["calibration"]["mounds"][0]["confidence"].as_f64();
    daemon.wait_for("his cameras are verified", verified);
}

#[test]
fn a_clock_that_is_put_right_while_the_daemon_is_stopped_costs_nobody_his_outing() {
    put_right_while_stopped(|daemon| assert!(daemon.terminate().0.success()));
}

#[test]
fn nor_does_one_that_is_put_right_after_a_kill() {
    put_right_while_stopped(Running::kill);
}

#[test]
fn where_no_clock_was_ever_set_pitches_are_kept_without_a_date_and_dated_once_one_is() {
    let Some(library) = faketime() else { return };
    let mut rack = Rack::new();
    let file = rack.path("clock");
    let boot_s = wall().0 as i64 / S - 3_600;
    set(&file, 900 - wall().0 as i64 / S);
    let mut daemon = start_faked(&mut rack, &library, &file, None, 1.0);
    let mut cameras = Cameras::new(stadium(307, wall(), 9, 14.0), 1.0, daemon.udp);
    cameras.ahead = Box::new(move |_| -boot_s * S);
    cameras.make();
    // Played so much later than it was to begin.
    let later = (wall().0 - cameras.stadium.start().0) as i64;
    cameras.play(after(&cameras, 30));
    let words = ["box's clock shows 1970-01-01", "no date until this box's clock is set"];
    is_told(&daemon, "source_clock", &words, None);
    let truth = cameras.stadium.truth().to_vec();
    cameras.play(EventNs(truth[3].plate.0 + S as u64));
    set(&file, 0);
    let pitches = play_out(&mut daemon, &mut cameras);
    let (undated, dated): (Vec<_>, Vec<_>) = pitches.iter().cloned().partition(|pitch| pitch["game_date"].is_null());
    assert_eq!(undated.len() + dated.len(), truth.len(), "{pitches:#?}");
    assert!(undated.len() > 2 && dated.len() > 2, "{} {}", undated.len(), dated.len());
    for pitch in &undated {
        assert!(pitch["release_ns"].is_null() && pitch["release_at"].is_null(), "{pitch}");
        assert!(pitch["pitcher"].is_u64(), "marks of the same clock name it: {pitch}");
    }
    assert!(unnamed(&dated, &truth[truth.len() - dated.len()..], later) <= 2, "{dated:#?}");
    let store = daemon.status()["store"].clone();
    assert_eq!((&store["refused"], &store["lost"]), (&Value::from(0), &Value::from(0)), "every pitch was kept");
    let (status, log) = daemon.terminate();
    assert!(status.success(), "{log}");
    let daemon = start_faked(&mut rack, &library, &file, None, 1.0);
    let kept = daemon.get("/api/pitches?limit=1000");
    let null =
        kept["pitches"].as_array().expect("an array").iter().filter(|pitch| pitch["game_date"].is_null()).count();
    assert_eq!(null, undated.len());
}
