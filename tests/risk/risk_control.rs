//! Training, promoting and judging a model through the running daemon, and what it shows then: the whole way from files to
//! the readiness of the man on the mound.

use std::fs;
use std::process::Output;
use std::sync::LazyLock;

use crate::daemon_support::{Cameras, Rack, Running, season_csv};
use crate::risk_support::{files, telling_league};
use pitchguard::risk::series::Series;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::store::{Store, StoreOptions};
use pitchguard::tracking::venue::Venue;
use serde_json::{Value, json};

/// How much faster than the wall the box's clock runs.
const SPEED: f64 = 4.0;

static LEAGUE: LazyLock<Vec<Series>> = LazyLock::new(|| telling_league(24, 11));

/// Somebody whose id the injury reports tell: the others have local ones.
fn placed() -> u32 {
    LEAGUE.iter().find(|series| !series.placements.is_empty()).expect("somebody was hurt").pitcher
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a verb and gives what it says.
fn ask(rack: &Rack, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = rack.output(arguments);
    assert!(status.success(), "{arguments:?}: {}{}", text(&stdout), text(&stderr));
    text(&stdout)
}

/// A daemon that was given the league's games and injuries.
fn informed(speed: f64) -> (Rack, Running) {
    let mut rack = Rack::new();
    // A league of two dozen tells no AUC to a tenth.
    let running = rack.start_with(speed, &[("PITCHGUARD_RISK__TEST_AUC_WITHIN", "0.5")]);
    let (means, report) = files(&LEAGUE);
    let (means_at, report_at) = (rack.path("means.csv"), rack.path("report.csv"));
    fs::write(&means_at, means).expect("written");
    fs::write(&report_at, report).expect("written");
    ask(&rack, &["import", "injuries", report_at.to_str().expect("plain")]);
    ask(&rack, &["import", "appearances", means_at.to_str().expect("plain")]);
    (rack, running)
}

#[test]
fn the_stages_run_through_the_daemon_train_once_and_their_model_is_watched() {
    let (rack, daemon) = informed(1.0);
    let first = ask(&rack, &["etl", "--no-fetch"]);
    let version = first.lines().find_map(|line| line.strip_prefix("trained ")).expect("nothing was trained before");
    assert!(first.contains("days labelled as followed by an injury"), "{first}");
    let again = ask(&rack, &["etl", "--no-fetch"]);
    assert!(
        again.contains("0 pitcher-seasons changed") && again.contains("not trained: 0 days are newly labelled"),
        "{again}"
    );
    assert!(ask(&rack, &["model", "list"]).starts_with(&format!("  {version}")), "it waits to be promoted");
    let refused = daemon.post_json("/api/risk/pitcher", &json!({"pitcher": placed()}));
    assert_eq!((refused.0, &refused.1["code"]), (404, &"NO_MODEL".into()));

    assert_eq!(ask(&rack, &["model", "promote", version]), format!("{version} serves\n"));
    let (status, told) = daemon.post_json("/api/risk/pitcher", &json!({"pitcher": placed(), "date": "2023-08-01"}));
    assert_eq!((status, &told["model_version"]), (200, &version.into()), "at once: {told}");
    assert!(ask(&rack, &["model", "show"]).contains(version));
    let judged = ask(&rack, &["model", "evaluate", "--year", "2023"]);
    assert!(judged.contains(&format!("{version} on 2023")) && judged.contains("AUC"), "{judged}");
    let metrics = daemon.text("/metrics");
    assert!(metrics.contains(&format!("pitchguard_risk_model_info{{version=\"{version}\"}} 1")), "{metrics}");

    let days =
        daemon.get(&format!("/api/workload/pitcher/{}?start_date=2023-08-01&end_date=2023-08-10&risk=true", placed()));
    let risks: Vec<&Value> = days["loads"].as_array().expect("a list").iter().map(|load| &load["risk"]).collect();
    assert_eq!((risks.len(), risks[0]), (10, &told["probability"]), "{days}");

    let alone = rack.output(&["model", "rollback"]);
    assert!(
        !alone.status.success() && text(&alone.stderr).contains("nothing to roll back to"),
        "{}",
        text(&alone.stderr)
    );
    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{log}");
    let store = Store::open(&rack.store(), StoreOptions::default()).expect("it is free");
    let kept = store.feature_snapshots_of(placed(), "2023-08-01", "2023-08-31").expect("read");
    assert!(kept.len() > 3 && kept.iter().all(|s| s.version == 1 && s.completeness > 0.5 && s.fingerprint != [0; 32]));
}

#[test]
fn drift_is_looked_at_every_night_kept_and_shown() {
    let (rack, daemon) = informed(1.0);
    let (means, report) = (rack.path("means.csv"), rack.path("report.csv"));
    let plain = |path: &std::path::Path| path.to_str().expect("plain").to_owned();
    // Of the first two and a half seasons: what came after is what the model meets.
    let said = ask(
        &rack,
        &[
            "train",
            "--promote",
            "--data-end",
            "2023-06-30",
            "--injuries",
            &plain(&report),
            "--appearances",
            &plain(&means),
        ],
    );
    assert!(said.contains("registered as") && said.contains("and serves") && said.contains("# Model card"), "{said}");
    assert!(daemon.get("/api/models")["drift"].is_null(), "nobody has looked at it");
    ask(&rack, &["etl", "--no-fetch"]);
    let shown = daemon.get("/api/models")["drift"].clone();
    let calibration = &shown["calibration"];
    assert!(calibration["snapshots"].as_u64().is_some_and(|n| n > 100), "{shown}");
    assert!(calibration["foretold"].as_f64().is_some_and(|p| p > 0.0) && calibration["z"].is_f64(), "{shown}");
    let metrics = daemon.text("/metrics");
    assert!(metrics.contains("pitchguard_risk_placements{kind=\"came\"}"), "{metrics}");
    assert!(metrics.contains("pitchguard_risk_model_fault"), "{metrics}");
}

#[test]
fn the_readiness_of_the_man_on_the_mound_tells_his_risk_by_the_promoted_model() {
    let (rack, mut daemon) = informed(SPEED);
    let (means, report) = (rack.path("means.csv"), rack.path("report.csv"));
    let settings = Settings { seed: 3, start: daemon.now(), pace_s: 10.0, pitches_max: Some(3), ..Settings::quiet() };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings.clone());
    let season = rack.path("season.csv");
    season_csv(&season, &stadium, 0.0);
    ask(&rack, &["import", "savant", season.to_str().expect("plain")]);
    let trained = ask(
        &rack,
        &[
            "train",
            "--promote",
            "--injuries",
            report.to_str().expect("plain"),
            "--appearances",
            means.to_str().expect("plain"),
        ],
    );
    let version = trained.lines().find_map(|l| l.strip_prefix("registered as ")).and_then(|l| l.split(';').next());
    let version = version.expect("it is registered").to_owned();
    let settings = Settings { start: daemon.now(), ..settings };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let pitcher = stadium.truth()[0].pitcher.0;
    let mut cameras = Cameras::new(stadium, SPEED, daemon.udp);
    cameras.play_out();
    daemon.settle(3);
    let shown = daemon.wait_for("his readiness", |d| d.readiness(pitcher));
    assert_eq!(shown["model_version"], version, "{shown}");
    let (index, p) = (shown["risk"]["value"].as_f64(), shown["probability_21d"].as_f64());
    assert!(index.is_some_and(|i| i > 0.0 && i < 100.0) && p.is_some_and(|p| p > 0.0 && p < 1.0), "{shown}");

    let known = daemon.get(&format!("/api/pitchers/{pitcher}"));
    let outing = &known["latest_outing"];
    assert!(outing["distance"].is_f64() && outing["driver"].is_string(), "{known}");
    let judged = daemon.get(&format!("/api/pitches?pitcher={pitcher}&anomalies=true&limit=3"));
    let judged: Vec<&Value> = judged["pitches"].as_array().expect("a list").iter().collect();
    let told = |pitch: &&&Value| pitch["anomaly"]["driver"].is_string() && pitch["anomaly"]["limit"].is_f64();
    assert!(judged.iter().filter(told).count() > 0, "{judged:?}");
}
