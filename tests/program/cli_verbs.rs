//! The command line as people and scripts meet it: pipes that close, files that are none, dates and numbers that are
//! wrong, errors that are told once, and verbs that do what they are told.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::daemon_support::Rack;
use crate::savant_support::body;

/// A verb that hangs is ended after so many seconds, with this status.
const PATIENCE_S: &str = "60";
const HUNG: i32 = 124;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn said(output: &Output) -> String {
    format!("{:?}\n{}\n{}", output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The same command, ended where it hangs.
fn bounded(command: &Command) -> Command {
    let mut bounded = Command::new("timeout");
    bounded.args(["--kill-after=5", PATIENCE_S]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bounded.env(name, value),
            None => bounded.env_remove(name),
        };
    }
    bounded.stdin(Stdio::null());
    bounded
}

fn run(rack: &Rack, arguments: &[&str]) -> Output {
    let output = bounded(&rack.command(arguments)).output().expect("the program starts");
    assert_ne!(output.status.code(), Some(HUNG), "{arguments:?} hangs: {}", said(&output));
    assert!(!text(&output.stderr).contains("panicked"), "{arguments:?}: {}", said(&output));
    output
}

/// Every verb that says something, with arguments by which it ends soon.
const TALKERS: [&[&str]; 14] = [
    &["status"],
    &["status", "--json"],
    &["config", "show"],
    &["config", "show", "--json"],
    &["check-config"],
    &["model", "list"],
    &["outbox", "list"],
    &["outbox", "schema"],
    &["key", "list"],
    &["retention", "--dry-run"],
    &["rollback", "model"],
    &["load-test", "--seconds", "1"],
    &["demo", "--fast", "--pitches", "2"],
    &["--help"],
];

#[test]
fn a_reader_that_stops_early_is_no_fault_of_any_verb() {
    let mut rack = Rack::new();
    let daemon = rack.start(1.0);
    for arguments in TALKERS {
        for closed in ["| true", "2>&1 | true"] {
            let mut command = rack.command(arguments);
            command.env("PITCHGUARD_HTTP__LISTEN", daemon.http.to_string());
            let wrapped = bounded(&command);
            let mut shell = Command::new("sh");
            let script = format!("{{ sleep 0.2; \"$0\" \"$@\"; echo $? >\"$OUT\"; }} {closed}");
            let out = rack.path("status");
            let _ = fs::remove_file(&out);
            shell.args(["-c", &script]).arg(wrapped.get_program()).args(wrapped.get_args()).env("OUT", &out);
            for (name, value) in command.get_envs() {
                match value {
                    Some(value) => shell.env(name, value),
                    None => shell.env_remove(name),
                };
            }
            let output = shell.stdin(Stdio::null()).output().expect("a shell");
            let complaint = text(&output.stderr);
            assert!(!complaint.contains("panicked") && !complaint.contains("roken pipe"), "{arguments:?}: {complaint}");
            let status = fs::read_to_string(&out).expect("it ended");
            // Nothing to roll back to; and no camera is heard, so that somebody should look.
            let expected = match arguments[0] {
                "rollback" => "1",
                "status" => "3",
                _ => "0",
            };
            assert_eq!(status.trim(), expected, "{arguments:?} {closed}: {complaint}");
        }
    }
}

#[test]
fn what_cannot_be_written_is_told_and_gives_1() {
    let rack = Rack::new();
    let mut command = rack.command(&["config", "show"]);
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = command.stdout(full).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(text(&output.stderr).contains("standard output takes nothing more: No space left"), "{}", said(&output));
}

#[test]
fn a_directory_is_no_file_to_import_with_a_daemon_and_without() {
    let mut rack = Rack::new();
    let dir = rack.path("files");
    fs::create_dir(&dir).expect("made");
    let (good, path) = (rack.path("good.csv"), dir.to_str().expect("plain").to_owned());
    fs::write(&good, body("2023-07-01")).expect("written");
    let good = good.to_str().expect("plain").to_owned();
    for absent in [path.as_str(), "/nowhere/at-all.csv"] {
        let output = run(&rack, &["import", "savant", absent]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(!rack.path("store").join("data.mdb").exists(), "nothing came in, and no empty store is made");
    }
    let daemon = rack.start(1.0);
    for kind in ["savant", "injuries", "appearances", "roster"] {
        let output = run(&rack, &["import", kind, &path]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("is a directory; name the files in it"), "{}", said(&output));
    }
    let output = run(&rack, &["import", "savant", &path, &good]);
    assert!(output.status.code() == Some(1) && text(&output.stdout).contains("3 new"), "{}", said(&output));
    let piped = "\"$0\" --config \"$1\" import savant /dev/stdin <\"$2\"\ncat \"$2\" | \"$0\" --config \"$1\" import savant /dev/stdin";
    let program = rack.command(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", piped]).arg(program.get_program()).arg(rack.config()).arg(&good);
    let output = shell.output().expect("a shell");
    assert_eq!(text(&output.stdout).matches("3 unchanged").count(), 2, "a pipe is as good: {}", said(&output));
    daemon.terminate();
}

/// A pipe that nobody writes was waited for for ever, and by the running daemon too; a device without an end was read until the memory
/// was full.
#[test]
fn settings_that_are_a_pipe_or_have_no_end_are_refused_at_once_also_by_the_running_daemon() {
    let mut rack = Rack::new();
    let config = fs::read_to_string(rack.config()).expect("it has one");
    let keys = rack.path("keys");
    fs::write(&keys, format!("1 {}\n", "5a".repeat(32))).expect("written");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).expect("ours");
    fs::write(rack.config(), format!("{config}[ingest]\nauth = \"required\"\nkeys_file = \"{}\"\n", keys.display()))
        .expect("written");
    let mut running = rack.start(1.0);
    fs::remove_file(&keys).expect("removed");
    let made = Command::new("mkfifo").args(["-m", "600"]).arg(&keys).status().expect("it starts");
    assert!(made.success());
    let refused = run(&rack, &["check-config"]);
    assert!(said(&refused).contains("no plain file") && refused.status.code() == Some(78), "{}", said(&refused));
    let hung_up = Command::new("kill").args(["-HUP", &running.pid().to_string()]).status().expect("it starts");
    assert!(hung_up.success());
    running.wait_for("it says so", |r| r.log().contains("no plain file").then_some(()));
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");

    fs::remove_file(rack.config()).expect("removed");
    std::os::unix::fs::symlink("/dev/zero", rack.config()).expect("linked");
    let refused = run(&rack, &["check-config"]);
    assert!(said(&refused).contains("no plain file") && refused.status.code() == Some(78), "{}", said(&refused));
    fs::remove_file(rack.config()).expect("removed");
    File::create(rack.config()).and_then(|file| file.set_len(1 << 40)).expect("a long hole");
    let refused = run(&rack, &["check-config"]);
    assert!(said(&refused).contains("longer than 4 MB") && refused.status.code() == Some(78), "{}", said(&refused));
}

#[test]
fn a_key_is_revoked_whatever_is_wrong_elsewhere_in_the_configuration() {
    let mut rack = Rack::new();
    let daemon = rack.start(1.0);
    let output = run(&rack, &["key", "add", "--name", "tablet"]);
    assert!(output.status.success(), "{}", said(&output));
    let keys = rack.path("keys");
    fs::write(&keys, format!("1 {}\n", "00".repeat(32))).expect("written");
    fs::set_permissions(&keys, PermissionsExt::from_mode(0o644)).expect("ours");
    let config = fs::read_to_string(rack.config()).expect("it has one");
    let wrong = format!("{config}[ingest]\nauth = \"required\"\nkeys_file = {keys:?}\n[reorder]\nidle_s = 99\n");
    fs::write(rack.config(), wrong).expect("written");
    let output = run(&rack, &["key", "revoke", "tablet"]);
    assert!(output.status.success(), "{}", said(&output));
    let told = text(&output.stderr);
    assert!(
        told.contains("chmod o-rwx") && told.contains("idle_s is 99") && told.contains("needs only [store]"),
        "{told}"
    );
    for verb in
        [&["key", "add", "--name", "other"][..], &["key", "list"], &["source", "list"], &["retention", "--dry-run"]]
    {
        let output = run(&rack, verb);
        assert!(output.status.success(), "{verb:?}: {}", said(&output));
    }
    // Where the store is, nobody can say then.
    fs::write(rack.config(), "[store]\npath = 7\n").expect("written");
    let output = run(&rack, &["key", "revoke", "other"]);
    assert_eq!(output.status.code(), Some(78), "{}", said(&output));
    fs::write(rack.config(), config).expect("written");
    daemon.terminate();
}

#[test]
fn a_file_of_which_no_row_is_taken_gives_1_with_a_daemon_and_without() {
    let mut rack = Rack::new();
    let whole = body("2023-07-01");
    let header = whole.lines().next().expect("a header");
    let row = whole.lines().nth(1).expect("a row").replace("2023-07-01", "yesterday");
    let files = [
        ("savant", "refused.csv", format!("{header}\n{row}\n")),
        ("savant", "empty.csv", String::new()),
        ("savant", "header.csv", format!("{header}\n")),
        (
            "injuries",
            "il.csv",
            "Name,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date,season\nX,P,a,b,c,d\n".to_owned(),
        ),
        ("appearances", "means.csv", "player_name,game_date,num_pitches\nX,soon,1\n".to_owned()),
        ("roster", "roster.csv", "mlbam_id,name,role\nx,Ned Nobody,starter\n".to_owned()),
    ];
    let check = |rack: &Rack| {
        for (kind, name, content) in &files {
            let path = rack.path(name);
            fs::write(&path, content).expect("written");
            let output = run(rack, &["import", kind, path.to_str().expect("plain")]);
            assert_eq!(output.status.code(), Some(1), "{kind} {name}: {}", said(&output));
            assert!(said(&output).contains(name), "{}", said(&output));
        }
    };
    check(&rack);
    let _daemon = rack.start(1.0);
    check(&rack);
}

#[test]
fn a_roster_names_people_through_the_daemon() {
    let mut rack = Rack::new();
    let daemon = rack.start(1.0);
    let path = rack.path("roster.csv");
    fs::write(&path, "mlbam_id,name,team,throws,role\n605154,\"Nobody, Ned\",STL,L,reliever\n").expect("written");
    let path = path.to_str().expect("plain");
    let output = run(&rack, &["import", "roster", path]);
    assert!(output.status.success() && text(&output.stdout).contains("1 new"), "{}", said(&output));
    let ned = &daemon.get("/api/pitchers")["pitchers"][0];
    assert_eq!((&ned["name"], &ned["team"], &ned["throws"]), (&"Ned Nobody".into(), &"STL".into(), &"L".into()));
    assert_eq!(daemon.get("/api/workload/pitcher/605154")["summary"]["role"], "reliever");
    let again = run(&rack, &["import", "roster", path]);
    assert!(again.status.success() && text(&again.stdout).contains("1 unchanged"), "{}", said(&again));
}

#[test]
fn numbers_out_of_their_range_are_refused_with_the_range() {
    let rack = Rack::new();
    for (arguments, wanted) in [
        (&["demo", "--speed", "0"][..], "0.01 to 1000"),
        (&["demo", "--speed", "-1"], "--speed"),
        (&["demo", "--speed", "NaN"], "0.01 to 1000"),
        (&["demo", "--pitches", "0"], "1 to 10000"),
        (&["demo", "--seed", "x"], "whole number"),
        (&["simulate", "--speed", "1e-300"], "0.01 to 1000"),
        (&["simulate", "--break", "1e300"], "up to 86400"),
        (&["simulate", "--pace", "1e300"], "up to 3600"),
        (&["simulate", "--rain", "0+1e300"], "3600+1800"),
        (&["simulate", "--drift", "2:1e300"], "2:0.8,-0.6@600"),
        (&["simulate", "--silent", "99@1+1"], "no camera 99"),
        (&["simulate", "--cameras", "1,77"], "no camera 77"),
        (&["load-test", "--seconds", "0"], "1 to 86400"),
        (&["load-test", "--pitchers", "0"], "1 to 128"),
        (&["load-test", "--rate", "fast"], "1 to 10000"),
        (&["load-test", "--url", "http://127.0.0.1:9", "--clients", "0"], "1 to 500"),
        (&["train", "--test-year", "25"], "1901 to 2261"),
        (&["model", "evaluate", "--year", "99999"], "1901 to 2261"),
        (&["backup", "--rate", "x"], "0 to 100000"),
    ] {
        let output = run(&rack, arguments);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}: {}", said(&output));
        assert!(text(&output.stderr).contains(wanted), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn a_date_that_is_none_is_told_the_form() {
    let rack = Rack::new();
    for wrong in ["11/06/2026", "2026-13-01", "2026-02-30", "20260611", "soon"] {
        for arguments in [
            &["fetch", "savant", "--to", "2026-06-11", "--from"][..],
            &["fetch", "savant", "--from", "2026-06-11", "--to"],
            &["etl", "--from"],
            &["etl", "--to"],
            &["train", "--data-end"],
            &["key", "add", "--name", "x", "--expires"],
        ] {
            let output = run(&rack, &[arguments, &[wrong]].concat());
            assert_eq!(output.status.code(), Some(2), "{arguments:?} {wrong}: {}", said(&output));
            assert!(text(&output.stderr).contains("YYYY-MM-DD"), "{arguments:?} {wrong}: {}", said(&output));
        }
    }
}

#[test]
fn what_only_reads_or_tidies_makes_no_store_and_says_that_there_is_none() {
    let rack = Rack::new();
    for arguments in [
        &["model", "list"][..],
        &["model", "show"],
        &["model", "retire"],
        &["model", "rollback"],
        &["model", "promote", "x"],
        &["model", "evaluate", "--year", "2023"],
        &["rollback", "model"],
        &["train"],
        &["etl", "--no-fetch"],
        &["retention"],
        &["retention", "--dry-run"],
        &["outbox", "list"],
        &["outbox", "requeue"],
        &["key", "list"],
        &["key", "revoke", "nobody"],
        &["backup"],
    ] {
        let output = run(&rack, arguments);
        let says = text(&output.stderr);
        assert!(output.status.code() == Some(1) && says.contains("no database in"), "{arguments:?}: {}", said(&output));
        assert!(!rack.store().join("data.mdb").exists(), "{arguments:?} made a store");
    }
    assert!(run(&rack, &["key", "add", "--name", "tablet"]).status.success(), "a key may be the first thing in it");
    assert!(text(&run(&rack, &["key", "list"]).stdout).contains("tablet"));
}

#[test]
fn a_wrong_argument_is_told_what_to_write() {
    let rack = Rack::new();
    let none = rack.path("none");
    let none = none.to_str().expect("plain");
    for (arguments, part) in [
        (&["status", "--url", "ftp://box"][..], "write http://HOST:PORT"),
        (&["load-test", "--url", "box please"], "write http://HOST:PORT"),
        (&["replay", "--from", "x"], "write a moment as 2026-06-11T19:15:00Z"),
        (&["simulate", "--venue", none], "check the path"),
        (&["simulate", "--key-file", none], "check the path"),
        (&["diag", "--log", none], "name another file with --log"),
        (&["train", "--data-end", "2019"], "YYYY-MM-DD"),
        (&["key", "add", "--name", "tablet", "--expires", "2020-01-01"], "no key is made: its day"),
        (&["train", "--dry-run", "--appearances", none, "--injuries", none], "No such file"),
    ] {
        let output = run(&rack, arguments);
        let says = text(&output.stderr);
        assert!(!output.status.success() && says.contains(part), "{arguments:?}: {}", said(&output));
        for raw in ["[venue]", "[ingest]", "[]", "expected four digit"] {
            assert!(!says.contains(raw), "{arguments:?}: {}", said(&output));
        }
    }
    // Without a scheme it is plain HTTP: nobody answers there.
    let output = run(&rack, &["status", "--url", "127.0.0.1:9"]);
    assert!(text(&output.stderr).contains("no daemon answers at http://127.0.0.1:9"), "{}", said(&output));
}

#[test]
fn an_error_is_told_once_and_says_where() {
    let rack = Rack::new();
    let nowhere = "/nowhere/at-all";
    for arguments in [
        &["import", "savant", nowhere][..],
        &["import", "roster", nowhere],
        &["verify", nowhere],
        &["restore", nowhere],
        &["diag", "--to", nowhere],
        &["man", "--to", "/proc/nowhere/at-all"],
        &["simulate", "--venue", nowhere],
        &["simulate", "--key-file", nowhere],
        &["simulate", "--statcast", nowhere],
        &["simulate", "--truth", nowhere, "--pitches", "1"],
        &["simulate", "--mqtt", "mqtt://127.0.0.1:1", "--weather", nowhere],
        &["replay", "--journal", nowhere],
        &["load-test", "--url", "http://127.0.0.1:9", "--key-file", nowhere],
        &["load-test", "--url", "http://127.0.0.1:9"],
        &["load-test", "--url", "ftp://127.0.0.1"],
        &["status"],
        &["rollback", "config", "--store", "/proc/self/cmdline"],
    ] {
        let output = run(&rack, arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", said(&output));
        let complaint = text(&output.stderr) + &text(&output.stdout);
        for once in ["No such file or directory", "Not a directory", "Connection refused"] {
            assert!(complaint.matches(once).count() <= 1, "{arguments:?} says it twice: {complaint}");
        }
        assert!(!complaint.trim().is_empty(), "{arguments:?} says nothing");
    }
}

/// A program that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port()
}

fn eventually(what: &str, mut look: impl FnMut() -> bool) {
    let since = Instant::now();
    while !look() {
        assert!(since.elapsed() < Duration::from_mins(3), "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn answers(port: u16, path: &str) -> bool {
    let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
    client.get(format!("http://127.0.0.1:{port}{path}")).send().is_ok_and(|answer| answer.status().is_success())
}

#[test]
fn a_demo_listens_where_its_configuration_says() {
    let rack = Rack::new();
    let (by_file, by_environment) = (free_port(), free_port());
    let before = fs::read_to_string(rack.config()).expect("there");
    fs::write(rack.config(), format!("{before}[http]\nlisten = \"127.0.0.1:{by_file}\"\n")).expect("written");
    for (port, variable) in [(by_file, None), (by_environment, Some(format!("127.0.0.1:{by_environment}")))] {
        let mut command = rack.command(&["demo", "--scenario", "bullpen"]);
        command.env_remove("PITCHGUARD_HTTP__LISTEN").stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(address) = variable {
            command.env("PITCHGUARD_HTTP__LISTEN", address);
        }
        let _demo = Ended(command.spawn().expect("it starts"));
        eventually("the demo answers at its address", || answers(port, "/health/live"));
    }
    assert!(!rack.store().exists(), "a demo keeps off the box's own store");
}

#[test]
fn a_load_test_is_the_tablets_of_a_box_whose_pitchers_are_invented() {
    let rack = Rack::new();
    let mut command = rack.command(&["load-test", "--pitchers", "5", "--rate", "50", "--seconds", "40"]);
    let mut served = Ended(command.stdout(Stdio::piped()).spawn().expect("it starts"));
    let mut lines = BufReader::new(served.0.stdout.take().expect("piped")).lines();
    let url = lines.find_map(|line| {
        line.ok()?.split_once("http://").map(|(_, at)| format!("http://{}", at.trim_end_matches('/')))
    });
    let url = url.expect("it says where");
    let output = run(&rack, &["load-test", "--url", &url, "--clients", "8", "--seconds", "3"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(text(&output.stdout).contains("8 of 8 stayed to the end"), "{}", said(&output));
    assert!(text(&output.stdout).contains(" 0 missed"), "{}", said(&output));
}
