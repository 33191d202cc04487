//! What is collected for help holds what helps, and no secret that was planted.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::daemon_support::Rack;
use crate::ops::{configure, said};

const PASSWORD: &str = "hunter2-of-the-park";
const CAMERA_KEY: &str = "8f3b1c0d5a7e9246813579bdf02468ace13579bdf02468ace8f3b1c0d5a7e924";

/// Every file of an archive, by name.
fn opened(archive: &Path) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(archive).expect("it is there")));
    let entries = archive.entries().expect("a tar file");
    entries
        .map(|entry| {
            let mut entry = entry.expect("an entry");
            let path = entry.path().expect("a path").into_owned();
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("text");
            (path.file_name().expect("a name").to_string_lossy().into_owned(), text)
        })
        .collect()
}

fn planted() -> Rack {
    let rack = Rack::new();
    let keys = rack.path("keys");
    fs::write(&keys, format!("1, {CAMERA_KEY}\n")).expect("written");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).expect("our own file");
    configure(
        &rack,
        &format!(
            "[ingest]\nauth = \"required\"\nkeys_file = \"{}\"\n[mqtt]\nurl = \"mqtt://park:{PASSWORD}@127.0.0.1:1\"",
            keys.display()
        ),
    );
    rack
}

fn assert_silent(files: &[(String, String)], secrets: &[&str]) {
    for (name, text) in files {
        for secret in secrets {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
}

#[test]
fn what_is_collected_of_a_running_box_helps_and_tells_no_secret() {
    let mut rack = planted();
    let daemon = rack.start(1.0);
    let key = said(&rack.output(&["key", "add", "--name", "tablet"])).lines().next().expect("a key").to_owned();
    let (log, archive) = (rack.path("some.log"), rack.path("diag.tar.gz"));
    let planted = format!(
        "ready\nAuthorization: Bearer {key}\nmqtt://park:{PASSWORD}@127.0.0.1:1 refused\nkey {CAMERA_KEY}\n\
         outing ended pitcher=425794\n"
    );
    fs::write(&log, planted).expect("written");
    let [log, to] = [&log, &archive].map(|path| path.to_str().expect("plain"));
    let mut diag = rack.command(&["diag", "--to", to, "--log", log]);
    said(&diag.env("PITCHGUARD_HTTP__LISTEN", daemon.http.to_string()).output().expect("it starts"));
    let files = opened(&archive);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = ["versions.txt", "log.txt", "config.toml", "status.json", "ready.json", "metrics.txt", "store.txt"];
    assert_eq!(names, wanted);
    let text = |name: &str| &files.iter().find(|(file, _)| file == name).expect("listed").1;
    assert!(text("versions.txt").contains("kernel: Linux") && text("versions.txt").contains("pitchguard 0."));
    assert!(text("status.json").contains("\"parts\"") && text("ready.json").contains("ready"));
    assert!(text("metrics.txt").contains("pitchguard_uptime_seconds"));
    assert!(text("config.toml").contains("auth = \"required\"") && text("log.txt").starts_with("ready"));
    assert!(text("store.txt").contains("data.mdb"));
    assert_silent(&files, &[PASSWORD, CAMERA_KEY, &key, "425794"]);
}

#[test]
fn a_box_whose_daemon_is_dead_is_told_of_and_so_is_a_configuration_with_faults() {
    let rack = planted();
    let archive = rack.path("diag.tar.gz");
    let to = archive.to_str().expect("plain");
    said(&rack.output(&["diag", "--to", to]));
    let files = opened(&archive);
    let status = &files.iter().find(|(name, _)| name == "status.json").expect("listed").1;
    assert!(status.contains("no daemon answers"), "{status}");
    assert_silent(&files, &[PASSWORD, CAMERA_KEY]);

    let config = fs::read_to_string(rack.config()).expect("there");
    fs::write(rack.config(), config.replace("auth = \"required\"", "auth = \"maybe\"")).expect("written");
    said(&rack.output(&["diag", "--to", to]));
    let files = opened(&archive);
    let errors = &files.iter().find(|(name, _)| name == "config-errors.txt").expect("listed").1;
    assert!(errors.contains("write \"off\" or \"required\""), "{errors}");
    assert_silent(&files, &[PASSWORD, CAMERA_KEY]);
}

/// What systemd's journal answers here: the daemon's own entries are in the namespace of its units, and only there.
const JOURNALCTL: &str = r#"#!/bin/sh
case "$*" in
  *--namespace=+pitchguard*) ;;
  *) exit 0 ;;
esac
cat <<'JSON'
{"__REALTIME_TIMESTAMP":"1781205300000000","PRIORITY":"4","SYSLOG_IDENTIFIER":"pitchguard","MESSAGE":"camera left out of fits","CAMERA":"5"}
{"__REALTIME_TIMESTAMP":"1781205301000000","PRIORITY":"7","SYSLOG_IDENTIFIER":"pitchguard","MESSAGE":"pitch","PITCHER":"425794","PATH":"/api/readiness/425794"}
{"__REALTIME_TIMESTAMP":"1781205302000000","PRIORITY":"7","SYSLOG_IDENTIFIER":"pitchguard","MESSAGE":"as it was asked for","WORK":"Upkeep(KeyAdd { name: \"Joe of the bullpen\", expires: None })"}
{"__REALTIME_TIMESTAMP":"1781205303000000","PRIORITY":"4","SYSLOG_IDENTIFIER":"pitchguard","MESSAGE":"POST https://cloud.example/in?token=s3cr3t-of-the-cloud refused"}
JSON
"#;

#[test]
fn under_systemd_the_daemons_own_log_is_taken_from_its_namespace_and_names_nobody() {
    use std::os::unix::fs::PermissionsExt;
    let rack = planted();
    let upstream =
        "[upstream]\nkind = \"https\"\nurl = \"https://cloud.example/in?token=s3cr3t-of-the-cloud\"\nbox = \"bullpen\"";
    configure(&rack, upstream);
    let bin = rack.path("bin");
    fs::create_dir(&bin).expect("made");
    fs::write(bin.join("journalctl"), JOURNALCTL).expect("written");
    fs::set_permissions(bin.join("journalctl"), fs::Permissions::from_mode(0o755)).expect("set");
    let archive = rack.path("diag.tar.gz");
    let mut diag = rack.command(&["diag", "--to", archive.to_str().expect("plain")]);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    said(&diag.env("PATH", path).output().expect("it starts"));
    let files = opened(&archive);
    let log = &files.iter().find(|(name, _)| name == "log.txt").expect("listed").1;
    assert!(log.contains("WARN pitchguard: camera left out of fits camera=5"), "{log}");
    assert_eq!(log.lines().count(), 4, "{log}");
    assert_silent(&files, &[PASSWORD, CAMERA_KEY, "425794", "Joe of the bullpen", "s3cr3t-of-the-cloud"]);
}

#[test]
fn a_box_at_work_logs_no_holder_of_a_key_and_no_pitcher_into_what_is_collected() {
    let mut rack = planted();
    let daemon = rack.start_with(1.0, &[("PITCHGUARD_LOG", "debug")]);
    said(&rack.output(&["key", "add", "--name", "Joe of the bullpen"]));
    daemon.try_get("/api/readiness/425794");
    daemon.try_get("/api/workload/pitcher/425794?start_date=2026-06-11");
    let log = rack.path("daemon.log");
    fs::write(&log, daemon.log()).expect("written");
    assert!(daemon.log().contains("425794"), "at debug the log names whom a request is about");
    let archive = rack.path("diag.tar.gz");
    let [log, to] = [&log, &archive].map(|path| path.to_str().expect("plain"));
    said(&rack.output(&["diag", "--to", to, "--log", log]));
    assert_silent(&opened(&archive), &["425794", "Joe of the bullpen"]);
}
