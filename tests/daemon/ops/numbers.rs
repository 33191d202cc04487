//! Alert rules and dashboards: they are sound, they fire, and every number that they name is one that the daemon tells.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::daemon_support::Rack;
use crate::ops::configure;

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name)
}

fn files(dir: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(packaging(dir)).expect("it is there").map(|entry| entry.expect("read").path());
    let mut found: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    assert!(!found.is_empty(), "no {ending} in {dir}");
    found
}

/// Runs promtool; nothing, with a word, where it is not installed.
fn promtool(arguments: &[&str], files: &[PathBuf]) -> Option<String> {
    match Command::new("promtool").args(arguments).args(files).output() {
        Ok(output) => {
            let said = crate::ops::text(&output.stdout) + &crate::ops::text(&output.stderr);
            assert!(output.status.success(), "{said}");
            Some(said)
        }
        Err(error) => {
            crate::common::skip(&format!("promtool: {error}; packaging/setup installs it"));
            None
        }
    }
}

#[test]
fn the_rules_are_sound() {
    let Some(said) = promtool(&["check", "rules"], &files("prometheus", ".rules.yml")) else { return };
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
fn every_alert_fires_at_its_limit_and_not_before() {
    let Some(said) = promtool(&["test", "rules"], &files("prometheus/tests", ".test.yml")) else { return };
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
fn every_alert_has_a_test_a_severity_and_says_what_to_do() {
    for rules in files("prometheus", ".rules.yml") {
        let name = rules.file_name().expect("a name").to_string_lossy().replace(".rules.yml", ".test.yml");
        let tests = fs::read_to_string(packaging("prometheus/tests").join(name)).expect("each has its tests");
        let text = fs::read_to_string(&rules).expect("read");
        for rule in text.split("- alert: ").skip(1) {
            let alert = rule.lines().next().expect("its name").trim();
            assert!(tests.contains(&format!("alertname=\"{alert}\"")), "{alert} has no test");
            for part in ["severity: ", "summary: ", "action: "] {
                assert!(rule.contains(part), "{alert} has no {part}");
            }
        }
    }
}

/// Names of metrics of ours in a text.
fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("pitchguard_")).map(str::to_owned).collect()
}

/// Names under which a scrape's families are asked for.
fn told(metrics: &str) -> BTreeSet<String> {
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .flat_map(|(name, kind)| {
            let endings: &[&str] = match kind {
                "counter" => &["_total"],
                "histogram" => &["_bucket", "_sum", "_count"],
                "info" => &["_info"],
                _ => &[""],
            };
            endings.iter().map(move |ending| format!("{name}{ending}"))
        })
        .collect()
}

#[test]
fn every_number_that_rules_and_dashboards_name_is_told_by_a_running_daemon() {
    let mut rack = Rack::new();
    // A broker, a serial line and a cloud that are not there are told of all the same.
    configure(
        &rack,
        "[ingest]\nserial = [\"/dev/pitchguard-none@9600\"]\n[mqtt]\nurl = \"mqtt://127.0.0.1:1\"\n\
         [upstream]\nkind = \"https\"\nurl = \"https://127.0.0.1:1/none\"",
    );
    let mut daemon = rack.start(1.0);
    let told = daemon.wait_for("all rooms have told their numbers", |r| {
        let told = told(&r.text("/metrics"));
        let last = ["store_map_used_bytes", "camera_state", "journal_frames_total", "upstream_up"];
        last.iter().all(|name| told.contains(&format!("pitchguard_{name}"))).then_some(told)
    });
    let mut named = 0;
    for file in files("prometheus", ".rules.yml").into_iter().chain(files("grafana", ".json")) {
        let text = fs::read_to_string(&file).expect("read");
        let names = names_in(&text);
        assert!(!names.is_empty(), "{} names no metric", file.display());
        let unknown: Vec<_> = names.difference(&told).collect();
        assert!(unknown.is_empty(), "{} names {unknown:?}; told are {told:#?}", file.display());
        named += names.len();
    }
    assert!(named > 60, "{named}");
}

#[test]
fn every_expression_of_the_dashboards_is_one() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut rules = "groups:\n- name: dashboards\n  rules:\n".to_owned();
    for file in files("grafana", ".json") {
        let board: Value = serde_json::from_str(&fs::read_to_string(&file).expect("read")).expect("JSON");
        let panels = board["panels"].as_array().expect("panels").iter();
        for target in panels.filter_map(|panel| panel["targets"].as_array()).flatten() {
            let asked = target["expr"].as_str().expect("text").replace("$instance", "box").replace("$pitcher", "1");
            let number = rules.len();
            writeln!(rules, "  - record: expression_{number}\n    expr: {}", Value::from(asked))
                .expect("a string takes it");
        }
    }
    let path = dir.path().join("dashboards.rules.yml");
    fs::write(&path, rules).expect("written");
    promtool(&["check", "rules"], &[path]);
}

#[test]
fn the_dashboards_are_whole_and_every_panel_asks_for_something_in_a_unit() {
    let mut found = Vec::new();
    for file in files("grafana", ".json") {
        let board: Value = serde_json::from_str(&fs::read_to_string(&file).expect("read")).expect("JSON");
        found.push(board["uid"].as_str().expect("a uid").to_owned());
        let panels = board["panels"].as_array().expect("panels");
        let mut ids = BTreeSet::new();
        for panel in panels {
            assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{}: an id twice", file.display());
            if panel["type"] == "row" {
                continue;
            }
            let title = panel["title"].as_str().expect("a title");
            let targets = panel["targets"].as_array().unwrap_or_else(|| panic!("{title} asks for nothing"));
            assert!(targets.iter().all(|t| t["expr"].as_str().is_some_and(|e| e.contains("pitchguard_"))), "{title}");
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title} has no unit");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
    assert_eq!(found, ["pitchguard-pipeline", "pitchguard-pitchers", "pitchguard-stadium"]);
}
