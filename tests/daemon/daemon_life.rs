//! The daemon as a process: how it starts, what outlives its end, and what it says where it cannot start.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Output;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::daemon_support::{Cameras, Rack, WAY_NS, rehearse, season_csv};
use pitchguard::config::Config;
use pitchguard::daemon;
use pitchguard::ids::EventNs;
use pitchguard::pipeline::Output as Happened;
use pitchguard::records::PitchRecord;
use pitchguard::simulate::{Game, Scenario, Score, Settings, Stadium};
use pitchguard::store::{Store, StoreOptions};
use pitchguard::tracking::venue::Venue;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

/// How much faster than the wall.
const SPEED: f64 = 15.0;

fn today() -> EventNs {
    EventNs(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64)
}

/// A game whose first eleven pitches are one man's, five fastballs among the first eight: his velocity can be judged.
fn seed() -> u64 {
    let good = |seed: &u64| {
        let settings = Settings { seed: *seed, pitches_max: Some(11), ..Settings::quiet() };
        let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
        let truth = stadium.truth();
        let fastballs = truth[..8].iter().filter(|t| t.pitch_type.is_fastball()).count();
        fastballs >= 5 && truth.iter().all(|t| (t.pitcher, t.mound) == (truth[0].pitcher, truth[0].mound))
    };
    (1..100).find(good).expect("there are many")
}

fn stadium(scenario: Scenario, pitches: usize, start: EventNs) -> Stadium {
    // A pause between any two pitches in which all frames of the first arrive.
    let settings = Settings { seed: seed(), start, pace_s: 10.0, pitches_max: Some(pitches), ..Settings::quiet() };
    Stadium::new(&Venue::busch_iii(), &Game::Scenario(scenario), settings)
}

/// Tells the store what the stadium's pitchers threw this season, through `pitchguard import savant`.
fn import_season(rack: &Rack, stadium: &Stadium, faster_mph: f64) -> Output {
    let csv = rack.path("season.csv");
    season_csv(&csv, stadium, faster_mph);
    rack.output(&["import", "savant", csv.to_str().expect("a plain path")])
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn ids(alerts: &Value) -> Vec<u64> {
    alerts["alerts"].as_array().expect("an array").iter().map(|a| a["id"].as_u64().expect("a number")).collect()
}

/// Pitches that taught the jerk of the game mound, as kept; the daemon must have ended.
fn taught(rack: &Rack) -> u32 {
    let store = Store::open(&rack.store(), StoreOptions::default()).expect("nobody else has it");
    let bytes = store.checkpoint("jerk_scale/0").expect("read").expect("it was learned");
    u32::from_le_bytes(*bytes.last_chunk().expect("20 bytes"))
}

#[test]
fn an_outing_goes_on_after_kill_minus_nine_as_if_nothing_had_been() {
    let mut rack = Rack::new();
    let imported = import_season(&rack, &stadium(Scenario::Game, 11, today()), 6.0);
    assert!(imported.status.success(), "{:?}", said(&imported));
    let mut daemon = rack.start(SPEED);
    let mut cameras = Cameras::new(stadium(Scenario::Game, 11, daemon.now()), SPEED, daemon.udp);
    let pitcher = cameras.stadium.truth()[0].pitcher.0;
    assert!(cameras.stadium.truth().iter().all(|t| t.pitcher.0 == pitcher && t.mound.0 == 0), "one man's outing");

    cameras.play(cameras.quiet_after(7));
    daemon.wait_for("eight pitches are judged", |r| r.readiness(pitcher).filter(|r| r["pitches"] == 8));
    // The eighth is provisional or final, as it happens. What is shown may not be committed yet: a report that counts all
    // of it and has nothing queued says that it is.
    let (before, pitches, alerts) =
        (daemon.readiness(pitcher).expect("active"), daemon.pitches(), daemon.get("/api/alerts"));
    let finals = pitches.iter().filter(|p| p["state"] == "final").count() as u64;
    daemon.wait_for("all that was shown is kept", |r| {
        let status = r.status();
        let of = |state: &str| status["pitches"][state].as_u64();
        (of("provisional")? >= 8 && of("final")? >= finals && status["store"]["queued"] == 0).then_some(())
    });
    assert!(before["features"]["velocity_delta_5"]["n"] == 5, "the import gave a baseline: {before}");
    assert!(!ids(&alerts).is_empty(), "6 mph slower than his season: {before}");
    let udp = daemon.udp.to_string();
    daemon.kill();
    let taught_before = taught(&rack);
    assert!(taught_before >= 6, "{taught_before}");

    // The box's clock starts anew, behind the cameras' by what the first run was too fast: it is the box's that is wrong.
    let mut daemon = rack.start_on(SPEED, &udp);
    let after = daemon.readiness(pitcher).expect("the outing is open");
    for same in ["pitches", "name", "mound", "last_pitch_at"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    let value = |readiness: &Value, path: &str| readiness.pointer(path).and_then(Value::as_f64).expect("a number");
    for path in ["/readiness/value", "/fatigue/value", "/features/velocity_delta_5/value"] {
        let (is, was) = (value(&after, path), value(&before, path));
        assert!((is - was).abs() < 0.5, "{path}: {is}, was {was}");
    }
    let mut still = daemon.get("/api/alerts");
    // The first run's clock was fast, so that this one's is behind what is stored, and says so.
    still["alerts"].as_array_mut().expect("a list").retain(|alert| alert["rule"] != "box_clock");
    assert_eq!(ids(&still), ids(&alerts), "the same alerts stand under the same numbers: {still}");
    let kept = daemon.pitches();
    for pitch in pitches.iter().filter(|p| p["state"] == "final") {
        assert!(kept.contains(pitch), "shown as final before, and not there now: {pitch}");
    }
    assert_eq!(kept.len(), pitches.len());

    cameras.play(cameras.quiet_after(8));
    let next = daemon.wait_for("the ninth pitch is judged", |r| r.readiness(pitcher).filter(|r| r["pitches"] != 8));
    assert_eq!(next["pitches"], 9, "{next}");
    assert_eq!(next["features"]["velocity_delta_5"]["n"], 5, "the window reaches back over the restart: {next}");
    assert!(next["last_pitch_at"].as_str() > before["last_pitch_at"].as_str(), "{next}");
    assert!(ids(&daemon.get("/api/alerts")).starts_with(&ids(&alerts)), "none is raised anew");
    cameras.play_out();
    daemon.wait_for("the eleventh pitch is judged", |r| r.readiness(pitcher).filter(|r| r["pitches"] == 11));
    assert_eq!(daemon.pitches().len(), 11);
    let (status, log) = daemon.terminate();
    assert!(status.success() && !log.contains("panicked"), "{status}\n{log}");
    assert!(taught(&rack) > taught_before, "it went on from what it had learned");
}

#[test]
fn sigterm_ends_it_with_0_and_all_that_was_received_is_kept_and_final() {
    // Slow enough that a look at the counters is short beside the 7 s until a pitch is final.
    let speed = 6.0;
    let mut rack = Rack::new();
    let mut daemon = rack.start(speed);
    let mut cameras = Cameras::new(stadium(Scenario::Game, 4, daemon.now()), speed, daemon.udp);
    let over = EventNs(cameras.stadium.truth()[3].plate.0 + WAY_NS);
    cameras.play(over);
    let status = daemon.swallow(cameras.sent);
    let finals = status["pitches"]["final"].as_u64().expect("a number");
    eprintln!("{finals} of 4 pitches were final at SIGTERM");
    let (status, log) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("panicked"), "{log}");

    let daemon = rack.start(speed);
    let kept = daemon.pitches();
    let kept: Vec<PitchRecord> = kept.into_iter().map(|p| serde_json::from_value(p).expect("a pitch")).collect();
    let score = Score::of(cameras.stadium.truth(), &kept);
    assert_eq!((score.found, score.invented), (4, 0), "{score}");
    assert!(kept.iter().all(|p| p.state == pitchguard::records::State::Final), "{kept:?}");
}

#[test]
fn a_store_in_use_is_refused_to_a_second_daemon_and_imports_go_through_the_first() {
    let mut rack = Rack::new();
    let daemon = rack.start(1.0);
    let pid = daemon.pid().to_string();
    let (code, _, stderr) = said(&rack.output(&["run"]));
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains(&format!("in use by process {pid}")) && stderr.contains("stop it"), "{stderr}");

    let through = said(&import_season(&rack, &stadium(Scenario::Game, 1, today()), 0.0));
    assert!(through.0 == Some(0) && through.1.contains(" 0 unchanged"), "{through:?}");
    assert_eq!(daemon.try_get("/health/ready").0, 200, "the daemon does not mind");

    let (status, _) = daemon.terminate();
    assert!(status.success());
    let alone = said(&import_season(&rack, &stadium(Scenario::Game, 1, today()), 0.0));
    assert!(alone.0 == Some(0) && alone.1.contains(" 0 new"), "once it has ended: {alone:?}");
}

/// The next message of that kind.
fn next(socket: &mut WebSocket<TcpStream>, kind: &str) -> Value {
    let since = Instant::now();
    loop {
        assert!(since.elapsed() < Duration::from_secs(45), "no {kind} ever came");
        if let Message::Text(text) = socket.read().expect("a message") {
            let event: Value = serde_json::from_str(&text).expect("JSON");
            if event["type"] == kind {
                return event;
            }
        }
    }
}

#[test]
fn an_alert_is_shown_told_and_acknowledged_once() {
    let mut rack = Rack::new();
    let past = stadium(Scenario::Closer, 8, today());
    assert!(import_season(&rack, &past, 6.0).status.success());
    let daemon = rack.start(SPEED);
    let stream = TcpStream::connect(daemon.http).expect("the daemon listens");
    stream.set_read_timeout(Some(Duration::from_secs(45))).expect("a timeout above zero");
    let (mut socket, _) = client(format!("ws://{}/api/live", daemon.http), stream).expect("an upgrade");
    let mut cameras = Cameras::new(stadium(Scenario::Closer, 8, daemon.now()), SPEED, daemon.udp);
    let sending = std::thread::spawn(move || cameras.play_out());

    // A machine that is slow to start the cameras hears of their silence first.
    let mut raised = next(&mut socket, "alert_raised");
    while raised["data"]["audience"] == "engineer" {
        raised = next(&mut socket, "alert_raised");
    }
    let alert = &raised["data"];
    let id = alert["id"].as_u64().expect("a number");
    assert!(alert["acknowledged_at"].is_null() && alert["pitcher"] == 900_021, "{alert}");
    assert!(alert["message"].as_str().is_some_and(|m| m.contains("Marcus Bellweather")), "{alert}");
    assert!(ids(&daemon.get("/api/alerts")).contains(&id));
    sending.join().expect("the cameras do not panic");

    let (status, answer) = daemon.post(&format!("/api/alerts/{id}/ack"));
    assert_eq!((status, &answer["id"]), (200, &json!(id)), "{answer}");
    assert!(answer["acknowledged_at"].is_string(), "{answer}");
    let told = next(&mut socket, "alert_acknowledged");
    assert_eq!(told["data"], answer);
    let shown = daemon.get("/api/alerts");
    assert!(shown["alerts"].as_array().expect("an array").contains(&answer), "{shown}");
    let of_him = daemon.readiness(900_021).expect("active");
    assert!(of_him["alerts"].as_array().expect("an array").contains(&answer), "{of_him}");

    let (status, again) = daemon.post(&format!("/api/alerts/{id}/ack"));
    assert_eq!((status, again), (200, answer), "the first who saw it stays");
    let (status, problem) = daemon.post("/api/alerts/1/ack");
    assert_eq!((status, &problem["type"]), (404, &json!("urn:pitchguard:problem:unknown-alert")), "{problem}");
}

/// Answers one request with this report, as a daemon would.
fn serve_once(report: &Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let body = report.to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        let _request = stream.read(&mut [0; 4096]).expect("a request");
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("it is read");
    });
    url
}

#[test]
fn status_says_to_look_that_it_is_bad_and_that_it_is_not_there_by_its_exit_status() {
    let mut rack = Rack::new();
    let mut daemon = rack.start(1.0);
    let ready = daemon.wait_for("it is ready", |r| {
        let (status, body) = r.try_get("/health/ready");
        (status == 200).then_some(body)
    });
    assert_eq!(ready["status"], "degraded", "nothing is wrong with its parts, and no camera is heard");
    let url = format!("http://{}", daemon.http);
    let (code, stdout, stderr) = said(&rack.output(&["status", "--url", &url]));
    // No camera is heard: it works, and somebody should look.
    assert_eq!((code, stderr.as_str()), (Some(3), ""), "{stdout}");
    assert!(
        stdout.starts_with(
            "Degraded, it waits for cameras and somebody should look: no camera was heard since the start"
        ),
        "{stdout}"
    );
    for word in [
        "DEGRADED in cameras",
        "ingest",
        "merge",
        "store",
        "every frame accounted for",
        "No source was heard yet",
        "Pitches",
    ] {
        assert!(stdout.contains(word), "{word}: {stdout}");
    }
    let (code, stdout, _) = said(&rack.output(&["status", "--json", "--url", &url]));
    let mut report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &report["ready"]), (Some(3), &json!(true)));

    report["ready"] = json!(false);
    report["parts"][2]["state"] = json!("failed");
    report["parts"][2]["detail"] = json!("the disk is full; make room");
    let (code, stdout, _) = said(&rack.output(&["status", "--url", &serve_once(&report)]));
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("NOT READY") && stdout.contains("the disk is full; make room"), "{stdout}");

    assert!(daemon.terminate().0.success());
    let (code, stdout, stderr) = said(&rack.output(&["status", "--url", &url]));
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    assert!(stderr.contains(&url) && stderr.contains("pitchguard run"), "{stderr}");
    let (code, _, stderr) = said(&rack.output(&["status", "--url", &serve_once(&json!({"hello": 1}))]));
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("no pitchguard"), "{stderr}");
}

#[test]
fn a_broken_configuration_is_told_in_full_and_nothing_starts_on_defaults() {
    let rack = Rack::new();
    let faults = format!(
        "[store]\npath = {:?}\n[ingest]\nudp_listne = \"127.0.0.1:7117\"\n[http]\nlisten = 8080\n",
        rack.store()
    );
    std::fs::write(rack.config(), faults).expect("written");
    let refused = |arguments: &[&str]| {
        let (code, stdout, stderr) = said(&rack.output(arguments));
        assert_eq!((code, stdout.as_str()), (Some(78), ""), "{arguments:?}: {stderr}");
        assert!(!rack.store().exists(), "{arguments:?} made a store");
        stderr
    };
    for arguments in [&["check-config"][..], &["run"], &["status"], &["import", "savant", "x.csv"]] {
        let stderr = refused(arguments);
        // The environment of this test sets a good [http] listen, which wins; the file's is still wrong.
        assert!(stderr.contains("udp_listne") && stderr.contains(":4:"), "{stderr}");
    }
    assert!(refused(&["check-config"]).contains("in the configuration"));

    std::fs::remove_file(rack.config()).expect("it was there");
    let stderr = refused(&["run"]);
    assert!(stderr.contains(rack.config().to_str().expect("text")) && stderr.contains("cannot be read"), "{stderr}");

    std::fs::write(rack.config(), format!("[store]\npath = {:?}\n", rack.store())).expect("written");
    let output = rack.command(&["run"]).env("PITCHGUARD_REORDER__IDLE_S", "soon").output().expect("it starts");
    let (code, _, stderr) = said(&output);
    assert_eq!(code, Some(78), "{stderr}");
    assert!(stderr.contains("PITCHGUARD_REORDER__IDLE_S"), "{stderr}");
    assert!(!rack.store().exists());
    let (code, stdout, _) = said(&rack.output(&["check-config"]));
    assert_eq!(code, Some(0));
    assert!(stdout.starts_with("OK") && stdout.contains(rack.store().to_str().expect("text")), "{stdout}");
}

#[test]
fn ports_in_use_and_venue_files_that_cannot_be_used_are_named_with_advice() {
    let rack = Rack::new();
    let run = |name: &str, value: &str| {
        let output = rack.command(&["run"]).env(name, value).output().expect("it starts");
        said(&output)
    };
    let udp = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let taken = udp.local_addr().expect("bound").to_string();
    let (code, _, stderr) = run("PITCHGUARD_INGEST__UDP_LISTEN", &taken);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains(&taken) && stderr.contains("ss -ulpn") && stderr.contains("udp_listen"), "{stderr}");

    let tcp = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let taken = tcp.local_addr().expect("bound").to_string();
    let (code, _, stderr) = run("PITCHGUARD_HTTP__LISTEN", &taken);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains(&taken) && stderr.contains("ss -tlpn") && stderr.contains("[http] listen"), "{stderr}");

    let venue = rack.path("some-park.toml");
    let path = venue.to_str().expect("text");
    for (text, word) in [(None, "No such file"), (Some("name = ["), ""), (Some("name = \"x\"\n"), "")] {
        if let Some(text) = text {
            std::fs::write(&venue, text).expect("written");
        }
        let (code, _, stderr) = run("PITCHGUARD_VENUE__FILE", path);
        assert_eq!(code, Some(78), "{stderr}");
        assert!(stderr.contains(path) && stderr.contains(word), "{text:?}: {stderr}");
    }
}

#[test]
fn every_section_of_the_configuration_reaches_its_room() {
    let mut config = Config::default();
    config.reorder.watermark_s = 6.0;
    config.reorder.max_hold_s = 7.5;
    config.tracking.jerk_sd = 3.5;
    config.readiness.starter_cap = 80.0;
    let settings = daemon::settings(&config, &Venue::busch_iii());
    assert_eq!((settings.reorder.watermark_ns, settings.reorder.max_hold_ns), (6_000_000_000, 7_500_000_000));
    assert_eq!(settings.reorder.check(), Ok(()), "what the configuration allows, the buffer takes");
    assert_eq!((settings.tracking, settings.readiness), (config.tracking, config.readiness));
}

#[test]
fn a_pitch_that_is_found_late_is_never_shown_as_the_newest() {
    let venue = Venue::busch_iii();
    let settings = Settings { seed: seed(), pace_s: 4.0, pitches_max: Some(11), ..Settings::quiet() };
    let stadium = Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings);
    let truth = stadium.truth().to_vec();
    assert!(truth.iter().all(|t| t.pitcher == truth[0].pitcher));
    // Every camera's balls of the sixth pitch come 9 to 12 s after they were seen; heartbeats are not held up.
    let late = truth[5];
    let mut deliveries: Vec<_> = stadium.collect();
    for d in &mut deliveries {
        let of_it = (late.release.0..late.plate.0 + 100_000_000).contains(&d.event.0);
        if of_it && matches!(d.signal, pitchguard::signal::Signal::Ball(_)) {
            d.arrival.0 = d.event.0 + 9_000_000_000 + u64::from(d.source) * 150_000_000;
        }
    }
    deliveries.sort_by_key(|d| (d.arrival, d.source, d.seq));
    let played = rehearse(&venue, &Config::default(), deliveries.into_iter().map(|d| (0, d)), 1);
    assert!(played.counts.balanced(), "{:?}", played.counts);

    let (mut shown, mut newest_release, mut found_late) = (Vec::new(), 0, false);
    for output in &played.outputs {
        match output {
            Happened::Pitch { record, .. } => {
                let it = record.release_ns.abs_diff(late.release.0) < 50_000_000;
                found_late |= it && record.revision == 0 && newest_release > record.release_ns;
                newest_release = newest_release.max(record.release_ns);
            }
            Happened::Readiness { readiness, .. } => {
                let at: jiff::Timestamp = readiness.last_pitch_at.parse().expect("RFC 3339");
                let newest = jiff::Timestamp::from_nanosecond(newest_release.into()).expect("now");
                let behind = newest.duration_since(at).abs();
                assert!(behind < jiff::SignedDuration::from_millis(1), "{at} shown where {newest} is the newest");
                shown.push(at);
            }
            _ => {}
        }
    }
    assert!(found_late, "the test must find it, and after the one that followed it");
    assert!(shown.is_sorted(), "never back: {shown:?}");
    let last = played.outputs.iter().rev().find_map(|o| match o {
        Happened::Readiness { readiness, .. } => Some(readiness.pitches),
        _ => None,
    });
    assert_eq!(last, Some(11), "and it counts");
}
