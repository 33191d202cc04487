//! The whole way: a league in the store, a model in the registry, a daemon that answers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::risk_support::{day, league, plan};
use pitchguard::clock::BoxClock;
use pitchguard::config::Config;
use pitchguard::daemon::Daemon;
use pitchguard::records::{AppearanceRecord, PitcherRecord};
use pitchguard::risk::metrics::Interval;
use pitchguard::risk::model::{Model, ScoreError};
use pitchguard::risk::registry::{Insist, Registry, RegistryError};
use pitchguard::risk::series::Series;
use pitchguard::risk::service::RiskService;
use pitchguard::risk::train::train;
use pitchguard::store::{Store, StoreOptions};
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

static LEAGUE: LazyLock<Vec<Series>> = LazyLock::new(|| league(40, 11));
static MODEL: LazyLock<Model> = LazyLock::new(|| train(&LEAGUE, &plan()).expect("three years"));

fn game(series: &Series, at: usize) -> AppearanceRecord {
    let a = &series.appearances[at];
    AppearanceRecord {
        pitcher: series.pitcher,
        game_date: a.day.expect("a day").to_string(),
        game_pk: at as u32 + 1,
        pitches: a.pitches,
        release_speed: a.release_speed,
        release_spin_rate: a.release_spin_rate,
        ..AppearanceRecord::default()
    }
}

/// A store with ten pitchers' games of 2023.
fn filled(dir: &Path) -> Arc<Store> {
    let store = Store::open(dir, StoreOptions::default()).expect("it opens");
    for series in LEAGUE.iter().take(10) {
        let recent = |at: &usize| series.appearances[*at].day >= Some(day(2023, 1, 1));
        let games: Vec<usize> = (0..series.appearances.len()).filter(recent).collect();
        store.bulk(games, |txn, at| txn.put_appearance(&game(series, at)).map(drop)).expect("stored");
        let person = PitcherRecord { id: series.pitcher, name: Some(series.name.clone()), ..PitcherRecord::default() };
        store.transact(|txn| txn.put_pitcher(&person)).expect("stored");
    }
    Arc::new(store)
}

fn named(version: &str) -> Model {
    Model { version: version.to_owned(), ..MODEL.clone() }
}

/// One whose ranking can be told from chance.
fn able(version: &str) -> Model {
    let mut model = named(version);
    model.record.test.auc = Interval { value: 0.62, low: 0.55, high: 0.69 };
    model
}

#[test]
fn the_registry_promotes_rolls_back_and_refuses_what_does_not_fit() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let registry = Registry::new(filled(dir.path()));
    assert!(registry.serving().expect("read").is_none());
    let foreign = Model { fingerprint: "00".repeat(32), ..able("c") };
    for model in [able("a"), able("b"), foreign] {
        registry.register(&model).expect("kept");
    }
    assert!(registry.serving().expect("read").is_none(), "registered is not promoted");
    assert!(matches!(registry.promote("z", Insist::No), Err(RegistryError::Unknown(_))));
    registry.promote("a", Insist::No).expect("it fits");
    registry.promote("b", Insist::No).expect("it fits");
    let refused = registry.promote("c", Insist::No);
    assert!(matches!(refused, Err(RegistryError::Mismatch(ScoreError::Fingerprint { .. }))), "{refused:?}");
    let listed: Vec<_> = registry.list().expect("read").into_iter().map(|l| (l.model.version, l.serving)).collect();
    assert_eq!(listed, [("a".to_owned(), false), ("b".to_owned(), true), ("c".to_owned(), false)]);
    assert_eq!(registry.serving().expect("read"), Some(able("b")), "what was kept comes back to the bit");
    assert_eq!(registry.rollback().expect("a served before").version, "a");
    assert!(matches!(registry.rollback(), Err(RegistryError::NothingBefore)));
    let serving = || registry.serving().expect("read").map(|m| m.version);
    assert_eq!(serving().as_deref(), Some("a"));

    assert_eq!(registry.retire().expect("one serves"), "a");
    assert_eq!(serving(), None, "nobody serves");
    assert!(registry.list().expect("read").iter().all(|listed| !listed.serving));
    assert!(matches!(registry.retire(), Err(RegistryError::NoneServes)));
    assert_eq!(registry.rollback().expect("a served before").version, "a");
    registry.retire().expect("one serves");
    registry.promote("b", Insist::No).expect("it fits");
    assert_eq!(registry.rollback().expect("the one that served before").version, "a");
}

#[test]
fn an_answer_is_kept_until_the_model_or_what_is_known_of_him_changes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = filled(dir.path());
    let registry = Registry::new(Arc::clone(&store));
    for version in ["a", "b"] {
        registry.register(&able(version)).expect("kept");
    }
    registry.promote("a", Insist::No).expect("it fits");
    let service = RiskService::new(Arc::clone(&store), pitchguard::risk::Config::default());
    let at = Some(day(2023, 9, 1));
    let ask = || service.assess(1, at).expect("he is known");
    let first = ask();
    assert!(Arc::ptr_eq(&first, &ask()), "the same answer, not made anew");
    service.promote("b", Insist::No).expect("it fits");
    let second = ask();
    assert_eq!((first.model_version.as_str(), second.model_version.as_str()), ("a", "b"));
    let more =
        AppearanceRecord { pitches: 60, game_date: "2023-08-31".to_owned(), game_pk: 9999, ..game(&LEAGUE[0], 0) };
    store.transact(|txn| txn.put_appearance(&more)).expect("stored");
    let third = ask();
    assert!(third.workload_summary.pitches_7d > second.workload_summary.pitches_7d, "a new game is seen at once");
    service.rollback().expect("a served before");
    assert_eq!(ask().model_version, "a");
    service.retire().expect("one serves");
    assert!(matches!(service.assess(1, at), Err(pitchguard::risk::service::RiskError::NoModel)), "at once");
    service.rollback().expect("a served before");
    assert_eq!(ask().model_version, "a");
}

fn daemon(dir: &Path, risk: pitchguard::risk::Config) -> Daemon {
    let mut config = Config { risk, ..Config::default() };
    config.store.path = dir.to_path_buf();
    config.venue.file = None;
    config.ingest.udp_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    Daemon::start(&config, BoxClock::start(1.0)).expect("it starts")
}

struct Desk {
    client: Client,
    daemon: Daemon,
}

impl Desk {
    fn open(dir: &Path, risk: pitchguard::risk::Config) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { client, daemon: daemon(dir, risk) }
    }

    fn post(&self, path: &str, body: &Value) -> Response {
        let url = format!("http://{}{path}", self.daemon.http);
        self.client.post(url).json(body).send().expect("it answers")
    }

    fn get(&self, path: &str) -> Value {
        let response = self.client.get(format!("http://{}{path}", self.daemon.http)).send().expect("it answers");
        assert_eq!(response.status(), 200, "{path}");
        response.json().expect("JSON")
    }

    fn refused(&self, path: &str, body: &Value) -> (u16, String) {
        let response = self.post(path, body);
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = response.json().expect("JSON");
        (status, problem["code"].as_str().expect("a code").to_owned())
    }
}

#[test]
fn a_coach_is_answered_with_reasons_and_every_mistake_by_its_code() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    {
        let registry = Registry::new(filled(dir.path()));
        registry.register(&able("a")).expect("kept");
        registry.register(&able("b")).expect("kept");
        registry.promote("a", Insist::No).expect("it fits");
    }
    let desk = Desk::open(dir.path(), pitchguard::risk::Config::default());
    let response = desk.post("/api/risk/pitcher", &json!({"pitcher": 1, "date": "2023-09-01"}));
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().expect("JSON");
    let p = answer["probability"].as_f64().expect("a number");
    assert!(p > 0.0 && p < 1.0 && (answer["percentage"].as_f64().expect("a number") - 100.0 * p).abs() < 1e-9);
    assert_eq!(answer["model_version"], "a");
    assert!(["low", "medium", "high"].contains(&answer["level"].as_str().expect("a level")));
    assert_eq!(answer["recommendation"]["availability"].as_array().map(Vec::len), Some(7));
    for contributor in answer["top_contributors"].as_array().expect("contributors") {
        assert!(contributor["explanation"].as_str().is_some_and(|words| words.ends_with('.')), "{contributor}");
        assert!(contributor["contribution"].is_f64() && contributor["name"].is_string());
    }
    let one = "/api/risk/pitcher";
    for (body, status, code) in [
        (json!({"pitcher": 777, "date": "2023-09-01"}), 404, "UNKNOWN_PITCHER"),
        (json!({"pitcher": 1, "date": "2022-09-01"}), 422, "NO_FEATURES_FOR_DATE"),
        (json!({"pitcher": 1, "date": "9/1/23"}), 400, "INVALID_DATE"),
        (json!({"pitcher": 1, "date": "2199-09-01"}), 400, "INVALID_DATE_RANGE"),
        (json!({"pitcher": "one"}), 422, "INVALID_BODY"),
        (json!({"pitcher": 1, "dat": "2023-09-01"}), 422, "INVALID_BODY"),
    ] {
        assert_eq!(desk.refused(one, &body), (status, code.to_owned()), "{body}");
    }
    let many: Value =
        desk.post("/api/risk/pitchers", &json!({"pitchers": [1, 2, 777], "date": "2023-09-01"})).json().expect("JSON");
    assert_eq!(many["assessments"].as_array().map(Vec::len), Some(2));
    assert_eq!(many["unanswered"][0]["code"], "UNKNOWN_PITCHER");
    assert_eq!(many["availability"].as_array().map(Vec::len), Some(7));
    assert_eq!(desk.refused("/api/risk/pitchers", &json!({"pitchers": []})), (400, "INVALID_BODY".to_owned()));

    let models: Value = desk
        .client
        .get(format!("http://{}/api/models", desk.daemon.http))
        .send()
        .expect("it answers")
        .json()
        .expect("JSON");
    assert_eq!(models["models"].as_array().map(Vec::len), Some(2));
    assert_eq!(desk.post("/api/models/b/promote", &json!({})).status(), 200);
    let again: Value = desk.post(one, &json!({"pitcher": 1, "date": "2023-09-01"})).json().expect("JSON");
    assert_eq!(again["model_version"], "b", "at once");
    assert_eq!(desk.refused("/api/models/z/promote", &json!({})), (404, "UNKNOWN_MODEL".to_owned()));
    assert_eq!(desk.post("/api/models/rollback", &json!({})).status(), 200);
    assert_eq!(desk.refused("/api/models/rollback", &json!({})), (409, "NOTHING_BEFORE".to_owned()));
    desk.daemon.shutdown();
}

#[test]
fn without_a_model_it_says_so_and_who_asks_too_often_is_told_when_to_come_back() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    drop(filled(dir.path()));
    let risk = pitchguard::risk::Config { requests_per_minute: 2, ..pitchguard::risk::Config::default() };
    let desk = Desk::open(dir.path(), risk);
    let body = json!({"pitcher": 1});
    for _ in 0..2 {
        assert_eq!(desk.refused("/api/risk/pitcher", &body), (404, "NO_MODEL".to_owned()));
    }
    let response = desk.post("/api/risk/pitcher", &body);
    assert_eq!(response.status(), 429);
    let wait: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=31).contains(&wait), "{wait}");
    let problem: Value = response.json().expect("JSON");
    assert_eq!(problem["code"], "RATE_LIMITED");
    let said = problem["detail"].as_str().expect("words");
    assert!(
        said.starts_with("This device has asked for more risks than the 2 a minute") && said.ends_with('.'),
        "{said}"
    );
    desk.daemon.shutdown();
}

#[test]
fn the_whole_staff_is_told_in_one_answer_at_one_date_with_or_without_a_model() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let registry = Registry::new(filled(dir.path()));
    registry.register(&able("a")).expect("kept");
    drop(registry);
    let desk = Desk::open(dir.path(), pitchguard::risk::Config::default());
    let staff = |query: &str| desk.get(&format!("/api/risk/staff{query}"));
    let told = staff("?date=2023-09-01");
    assert_eq!((&told["date"], &told["model_version"]), (&json!("2023-09-01"), &Value::Null));
    assert_eq!(told["risk_absent"], "no risk model serves on this box");
    let rows = told["rows"].as_array().expect("a list");
    assert_eq!(rows.len(), 10);
    for row in rows {
        assert!(row["probability"].is_null() && row["risk_absent"] == "no risk model serves on this box", "{row}");
        assert_eq!(row["availability"].as_array().map(Vec::len), Some(7), "availability needs no model");
        assert_eq!(row["availability"][0]["date"], "2023-09-01");
        assert!(row["pitches_7d"].is_u64() && row["last_game_date"].as_str() <= Some("2023-09-01"), "{row}");
    }
    assert_eq!(desk.post("/api/models/a/promote", &json!({})).status(), 200);
    let told = staff("?date=2023-09-01");
    assert_eq!((&told["model_version"], &told["risk_absent"]), (&json!("a"), &Value::Null));
    let first = &told["rows"][0];
    let one: Value = desk
        .post("/api/risk/pitcher", &json!({"pitcher": first["pitcher"], "date": "2023-09-01"}))
        .json()
        .expect("JSON");
    assert_eq!(one["probability"], first["probability"], "{first}");
    assert_eq!(one["workload_summary"]["acwr"], first["acwr"]);
    assert_eq!(told["injured_lists"], json!([]));
    assert!(one["coverage"]["sentence"].as_str().is_some_and(|s| s.starts_with("No injured list is loaded")), "{one}");
    // The page that shows it can be opened again and again within a minute.
    for _ in 0..7 {
        assert_eq!(staff("?date=2023-09-01")["rows"].as_array().map(Vec::len), Some(10));
    }
    let long_after = staff("?date=2024-09-01");
    let why = long_after["rows"][0]["risk_absent"].as_str().expect("a reason").to_owned();
    assert!(
        why.starts_with("a risk model serves, but too little is known of him: he has no game in the 60 days"),
        "{why}"
    );
    desk.daemon.shutdown();
}

#[test]
fn a_model_that_is_not_better_than_chance_serves_only_by_force_and_shows_nobody_a_number() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let registry = Registry::new(filled(dir.path()));
    let mut chance = named("chance");
    chance.record.test.auc = Interval { value: 0.5, low: 0.5, high: 0.5 };
    registry.register(&chance).expect("kept");
    assert!(matches!(registry.promote("chance", Insist::No), Err(RegistryError::NotBetterThanChance { .. })));
    assert_eq!(registry.serving().expect("read"), None);
    drop(registry);
    let desk = Desk::open(dir.path(), pitchguard::risk::Config::default());
    let code = "NOT_BETTER_THAN_CHANCE".to_owned();
    assert_eq!(desk.refused("/api/models/chance/promote", &json!({})), (409, code));
    let shown: Value = desk.post("/api/models/chance/promote?force=true", &json!({})).json().expect("JSON");
    assert_eq!((&shown["serving"], &shown["better_than_chance"]), (&json!(true), &json!(false)));
    let told: Value =
        desk.post("/api/risk/pitcher", &json!({"pitcher": 1, "date": "2023-09-01"})).json().expect("JSON");
    assert!(told["probability"].is_null() && told["level"].is_null() && told["risk_index"].is_null(), "{told}");
    assert!(told["risk_absent"].as_str().is_some_and(|why| why.contains("not better than chance")), "{told}");
    let days = desk.get("/api/workload/pitcher/1?start_date=2023-08-01&end_date=2023-08-10&risk=true");
    assert!(days["loads"].as_array().expect("a list").iter().all(|load| load["risk"].is_null()), "{days}");
    let staff = desk.get("/api/risk/staff?date=2023-09-01");
    assert!(staff["risk_absent"].as_str().is_some_and(|why| why.contains("not better than chance")), "{staff}");
    desk.daemon.shutdown();
}
