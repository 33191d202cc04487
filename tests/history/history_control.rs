//! Verbs that need the store go through the running daemon's control socket.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Output;
use std::time::Duration;

use crate::daemon_support::{Cameras, Rack, Running};
use crate::savant_support::{Act, Source, body};
use pitchguard::daemon::control::{Answer, FileHead, Request};
use pitchguard::history::jobs::{Job, Kind};
use pitchguard::records::Origin;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::store::{Cursor, Store, StoreOptions};
use pitchguard::tracking::venue::Venue;

/// How much faster than the wall the cameras' test runs.
const SPEED: f64 = 15.0;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn said(output: &Output) -> String {
    format!("{:?}\n{}\n{}", output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn connect(rack: &Rack) -> UnixStream {
    let stream = UnixStream::connect(rack.store().join("control.sock")).expect("the daemon listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
    stream
}

fn import_request(bytes: usize) -> Vec<u8> {
    let files = vec![FileHead { name: "some.csv".to_owned(), bytes: bytes as u64 }];
    let request = Request { work: Job::Import { what: Kind::Savant, season: None }.into(), files };
    let mut line = serde_json::to_vec(&request).expect("plain data");
    line.push(b'\n');
    line
}

fn import(rack: &Rack, what: &str, name: &str, content: &str) -> Output {
    let path = rack.path(name);
    fs::write(&path, content).expect("written");
    rack.output(&["import", what, path.to_str().expect("a plain path")])
}

fn started() -> (Rack, Running) {
    let mut rack = Rack::new();
    let running = rack.start(1.0);
    (rack, running)
}

#[test]
fn imports_go_through_the_daemon_and_show_at_once() {
    let (rack, daemon) = started();
    let pitches = format!("{}{}", body("2023-07-01"), body("2023-07-05").split_once('\n').expect("a header").1);
    let output = import(&rack, "savant", "pitches.csv", &pitches);
    assert!(output.status.success() && text(&output.stdout).contains("6 new, 0 unchanged"), "{}", said(&output));
    let again = rack.output(&["import", "savant", rack.path("pitches.csv").to_str().expect("plain")]);
    assert!(text(&again.stdout).contains("0 new, 6 unchanged"), "{}", said(&again));

    let report = "Name,Team,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date,MLBAMID,season\n\
        Ned Nobody,STL,SP,07/01/23,Strained lat,07/02/23,605154.0,2023\n";
    let output = import(&rack, "injuries", "report.csv", report);
    assert!(output.status.success() && text(&output.stdout).contains("1 new"), "{}", said(&output));
    let means = "player_name,game_date,num_pitches\n\"Nobody, Ned\",2023-06-20,88\n";
    let output = import(&rack, "appearances", "means.csv", means);
    assert!(output.status.success() && text(&output.stdout).contains("1 new"), "{}", said(&output));

    let listed = daemon.get("/api/pitchers?team=STL&season=2023");
    let names: Vec<_> = listed["pitchers"].as_array().expect("a list").iter().map(|p| p["name"].clone()).collect();
    assert_eq!(names, ["Jo Doe", "Ned Nobody"]);
    let load = daemon.get("/api/workload/pitcher/7?start_date=2023-07-01&end_date=2023-07-06");
    let (games, loads) = (load["appearances"].as_array().expect("a list"), load["loads"].as_array().expect("a list"));
    assert_eq!((games.len(), loads.len(), &loads[5]["rest_days"]), (2, 6, &serde_json::json!(0)), "{load}");
    assert_eq!(loads[4]["rest_days"], 3, "{load}");
    let ned = daemon.get("/api/workload/pitcher/605154?end_date=2023-06-20");
    assert_eq!((&ned["end_date"], &ned["summary"]["pitches"]), (&"2023-06-20".into(), &88.into()), "{ned}");
    let (status, ended) = daemon.terminate();
    assert!(status.success(), "{ended}");
    assert!(!rack.store().join("control.sock").exists(), "the socket goes with the daemon");
    let store = Store::open(&rack.store(), StoreOptions::default()).expect("it is free");
    assert_eq!(store.counts().expect("counted").injuries, 1);
}

#[test]
fn a_file_cut_in_half_is_refused_at_the_cut_and_the_rows_before_it_are_kept() {
    let (rack, daemon) = started();
    let whole = body("2023-07-01");
    let cut = import(&rack, "savant", "pitches.csv", &whole[..whole.len() - 12]);
    assert!(text(&cut.stdout).contains("2 new"), "{}", said(&cut));
    assert!(text(&cut.stdout).contains("1 × the file is cut off here (pitches.csv:4)"), "{}", said(&cut));
    assert_eq!(daemon.get("/api/pitchers")["pitchers"][0]["pitches"], 2);
    let completed = import(&rack, "savant", "pitches.csv", &whole);
    assert!(text(&completed.stdout).contains("1 new, 2 unchanged, 0 changed"), "{}", said(&completed));
}

#[test]
fn every_real_file_goes_through_the_daemon_and_twice_without_a_trace() {
    let names = [
        "batter_2014-09-28",
        "busch_2023-06-11_game717797",
        "darvish_2019-07",
        "league_2020-09-03",
        "league_2023-06-11",
        "shane_mcclanahan_pitches",
        "spencer_strider_pitches",
    ];
    let files: Option<Vec<_>> =
        names.iter().map(|name| crate::common::real_data(&format!("statcast/{name}.csv"))).collect();
    let Some(files) = files else { return };
    let (rack, daemon) = started();
    let files: Vec<&str> = files.iter().map(|path| path.to_str().expect("plain")).collect();
    let arguments = [&["import", "savant"][..], &files].concat();
    let first = rack.output(&arguments);
    assert!(first.status.success() && text(&first.stdout).contains("of 7 files"), "{}", said(&first));
    let again = rack.output(&arguments);
    assert!(again.status.success() && text(&again.stdout).contains(": 0 new"), "{}", said(&again));
    assert!(text(&again.stdout).contains(" unchanged, 0 changed"), "{}", said(&again));
    let known = daemon.get("/api/pitchers/663556");
    let outing = &known["latest_outing"];
    assert_eq!((&known["name"], &outing["driver"]), (&"Shane McClanahan".into(), &"pitches".into()), "{known}");
    assert_eq!(outing["unusual"], true, "he left his last game hurt, after 40 pitches: {known}");
}

#[test]
fn days_are_fetched_and_the_stages_run_by_the_daemon() {
    let (rack, _daemon) = started();
    let source = Source::start(&[Act::Good, Act::Status(404)]);
    let days = ["--from", "2023-07-01", "--to", "2023-07-02", "--url", &source.url];
    let output = rack.output(&[&["fetch", "savant"][..], &days[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(text(&output.stdout).contains("1 day fetched") && text(&output.stdout).contains("answers 404"));
    assert!(text(&output.stderr).contains("2023-07-02 and later days did not come"), "{}", said(&output));
    let output = rack.output(&[&["etl"][..], &days[..]].concat());
    assert!(output.status.success(), "{}", said(&output));
    assert!(text(&output.stdout).contains("1 day fetched, 1 known before"), "{}", said(&output));
    assert!(text(&output.stdout).contains("feature snapshots made of days of pitching"), "{}", said(&output));
    assert!(text(&output.stdout).contains("not trained: games and injury reports are needed"), "{}", said(&output));
    assert_eq!(source.days(), ["2023-07-01", "2023-07-02", "2023-07-02"]);
}

#[test]
fn pitches_are_measured_and_kept_while_an_import_runs() {
    let mut rack = Rack::new();
    let mut daemon = rack.start(SPEED);
    let settings = Settings { seed: 3, start: daemon.now(), pace_s: 10.0, pitches_max: Some(3), ..Settings::quiet() };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let mut cameras = Cameras::new(stadium, SPEED, daemon.udp);
    let whole = body("2023-07-01");
    let (header, row) = (whole.lines().next().expect("a header"), whole.lines().nth(1).expect("a row"));
    let start = row.rsplitn(4, ',').last().expect("a row has more fields");
    let mut many = format!("{header}\n");
    for n in 1..=8000_u32 {
        let (game, at_bat, number) = (700_000 + n / 800, n / 10 % 80 + 1, n % 10 + 1);
        writeln!(many, "{start},{game},{at_bat},{number}").expect("writing to a string cannot fail");
    }
    let imported = std::thread::scope(|scope| {
        let import = scope.spawn(|| import(&rack, "savant", "many.csv", &many));
        cameras.play_out();
        import.join().expect("it ends")
    });
    assert!(imported.status.success() && text(&imported.stdout).contains("8000 new"), "{}", said(&imported));
    daemon.settle(3);
    let status = daemon.swallow(cameras.sent);
    assert_eq!((&status["identity_holds"], &status["reorder"]["accounting"]["overflowed"]), (&true.into(), &0.into()));
    let (status, log) = daemon.terminate();
    assert!(status.success(), "{log}");
    let store = Store::open(&rack.store(), StoreOptions::default()).expect("it is free");
    let kept = store.pitches_since(Cursor::default(), usize::MAX, None).expect("read");
    let measured = kept.iter().filter(|p| p.origin == Origin::Live).count();
    assert_eq!((measured, kept.len()), (3, 8003));
}

#[test]
fn only_one_works_at_a_time_and_who_goes_away_in_the_middle_holds_nobody_up() {
    let (rack, mut daemon) = started();
    let mut slow = connect(&rack);
    let whole = body("2023-07-01");
    slow.write_all(&import_request(whole.len())).expect("sent");
    slow.write_all(&whole.as_bytes()[..120]).expect("sent");
    let busy = daemon.wait_for("the daemon is at it", |_| {
        let output = import(&rack, "savant", "pitches.csv", &whole);
        (!output.status.success()).then_some(output)
    });
    assert!(text(&busy.stderr).contains("the daemon says: the daemon is busy"), "{}", said(&busy));
    drop(slow);
    daemon.wait_for("it is free again", |_| {
        import(&rack, "savant", "pitches.csv", &whole).status.success().then_some(())
    });
    assert_eq!(daemon.get("/api/pitchers")["pitchers"][0]["pitches"], 3);
}

#[test]
fn who_says_nothing_holds_nobody_up_and_keys_wait_for_no_other_work() {
    let (rack, mut daemon) = started();
    let _silent = [connect(&rack), connect(&rack)];
    let whole = body("2023-07-01");
    let output = import(&rack, "savant", "pitches.csv", &whole);
    assert!(output.status.success(), "{}", said(&output));
    let mut slow = connect(&rack);
    slow.write_all(&import_request(whole.len())).expect("sent");
    slow.write_all(&whole.as_bytes()[..120]).expect("sent");
    daemon.wait_for("the daemon is at it", |_| {
        (!import(&rack, "savant", "pitches.csv", &whole).status.success()).then_some(())
    });
    for verb in [&["key", "add", "--name", "tablet"][..], &["key", "list"], &["key", "revoke", "tablet"]] {
        let output = rack.output(verb);
        assert!(output.status.success(), "{verb:?}: {}", said(&output));
    }
    assert!(!rack.output(&["backup"]).status.success(), "other work waits");
}

#[test]
fn rubbish_is_refused_in_words_and_a_file_that_is_not_there_is_named() {
    let (rack, mut daemon) = started();
    let endless = vec![0xff; 70_000];
    for rubbish in
        [&b"GET / HTTP/1.1\r\n"[..], b"{\"work\":{\"verb\":\"drop\"},\"files\":[]}\n", endless.as_slice(), b"\n"]
    {
        // Who comes before the last one's thread has ended is told to come again.
        while let Some(Answer::Refused(why)) = told_of(&rack, rubbish) {
            if !why.contains("busy") {
                assert!(why.contains("same version"), "{why}");
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let good = rack.path("good.csv");
    fs::write(&good, body("2023-07-01")).expect("written");
    let output = daemon.wait_for("it is free again", |_| {
        let output = rack.output(&["import", "savant", "/nowhere/a.csv", good.to_str().expect("plain")]);
        (!text(&output.stderr).contains("busy")).then_some(output)
    });
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(text(&output.stdout).contains("3 new") && text(&output.stdout).contains("not read: /nowhere/a.csv"));
    assert_eq!(daemon.get("/api/pitchers")["pitchers"][0]["pitches"], 3);
    let mode = fs::metadata(rack.store().join("control.sock")).expect("it is there").permissions().mode() & 0o777;
    assert!(matches!(mode, 0o600 | 0o660), "{mode:o}");
}

/// The first thing that the daemon says to these bytes; none where it hangs up on them.
fn told_of(rack: &Rack, bytes: &[u8]) -> Option<Answer> {
    let mut stream = connect(rack);
    // It may hang up before it has heard it all.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut line = String::new();
    let heard = BufReader::new(&stream).read_line(&mut line);
    heard.is_ok_and(|n| n > 0).then(|| serde_json::from_str(&line).expect("an answer"))
}

#[test]
fn a_store_that_is_taken_without_a_daemon_is_said() {
    let rack = Rack::new();
    let _store = Store::open(&rack.store(), StoreOptions::default()).expect("a new store opens");
    let output = import(&rack, "savant", "pitches.csv", &body("2023-07-01"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nobody answers on its control socket"), "{}", said(&output));
}
