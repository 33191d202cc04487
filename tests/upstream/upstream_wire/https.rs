//! Batches by POST to a receiver that fails in every way.

use std::time::{Duration, Instant};

use pitchguard::records::{PitcherRecord, SIMULATED_TEAM};
use pitchguard::store::summary::{Summary, SummaryKind};
use pitchguard::upstream::{Config, Https, UpstreamKind};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::upstream_wire::receiver::{Act, Receiver};
use crate::upstream_wire::stage::{Stage, now_ns, summary};

pub(crate) fn config(url: String) -> Config {
    Config { kind: UpstreamKind::Https, url: Some(url), backlog_per_s: 5000.0, ..Config::default() }
}

fn stage(config: &Config) -> Stage {
    let url = config.url.clone().expect("set");
    Stage::new("busch_iii", config, |config, _| Box::new(Https::new(config, &url).expect("good settings")))
}

#[test]
fn batches_arrive_packed_named_and_in_order_and_are_deleted_then() {
    let receiver = Receiver::start(|_| Act::Good);
    let mut stage = stage(&config(receiver.url()));
    stage.queue(1000, 0);
    let epoch = stage.sums().epoch;
    stage.drain();
    let log = receiver.log();
    assert_eq!((log.documents.len(), log.duplicates, log.posts), (1000, 0, 10));
    log.assert_in_order();
    assert_eq!(log.documents[0]["id"], format!("busch_iii/{epoch:016x}/0"));
    assert_eq!(log.headers["idempotency-key"], format!("busch_iii/{epoch:016x}/900-999"));
    assert_eq!((log.headers["content-encoding"].as_str(), log.headers.get("authorization")), ("gzip", None));
    eprintln!("{} bytes of documents went as {} bytes", log.unpacked, log.packed);
    assert!(log.packed < log.unpacked / 4);
    drop(log);
    assert_eq!(stage.sums().delivered, 1000);
}

#[test]
fn whatever_goes_wrong_is_sent_again_and_comes_once_after_deduplication() {
    for act in [
        Act::Silent { stored: false },
        Act::Silent { stored: true },
        Act::MidBody,
        Act::Status { code: 500, stored: false },
        Act::Status { code: 502, stored: true },
        Act::Status { code: 408, stored: false },
        Act::Status { code: 401, stored: false },
        Act::Status { code: 403, stored: false },
        Act::Status { code: 301, stored: false },
        Act::Status { code: 404, stored: false },
        Act::Status { code: 405, stored: false },
        Act::Status { code: 407, stored: false },
        Act::Status { code: 421, stored: false },
        Act::Status { code: 200, stored: false },
        Act::Status { code: 204, stored: false },
        Act::Says("<html>Welcome to the ballpark's wireless</html>"),
        Act::Says(""),
        Act::Says("{\"accepted\":9}"),
        Act::Says("{}"),
        Act::Reflects(200, "{\"accepted\":0,\"error\":\"disk full\"}"),
        Act::Reflects(200, "{\"errors\":[\"disk full\"]}"),
        Act::Reflects(207, "{\"results\":[{\"status\":500}]}"),
        Act::Echoes,
        Act::Busy(1),
        Act::BusyUntil,
        Act::Slow(300),
    ] {
        let receiver = Receiver::start(move |post| if post == 1 { act } else { Act::Good });
        let mut stage = stage(&Config { batch_max: 10, ..config(receiver.url()) });
        stage.queue(40, 0);
        let began = Instant::now();
        stage.drain();
        let log = receiver.log();
        assert_eq!((log.documents.len(), stage.sums().refused), (40, 0), "{act:?}");
        log.assert_in_order();
        let again = if matches!(act, Act::Slow(_) | Act::Echoes) { 4 } else { 5 };
        assert_eq!(log.posts, again, "{act:?}");
        if matches!(act, Act::Busy(1) | Act::BusyUntil) {
            assert!(began.elapsed() >= Duration::from_secs(1), "as long as it asked for");
        }
    }
}

#[test]
fn seeded_schedules_over_a_socket_lose_nothing() {
    let schedules = if crate::upstream_wire::full() { 20 } else { 4 };
    for seed in 0..schedules {
        let mut random = SmallRng::seed_from_u64(seed);
        let receiver = Receiver::start(move |post| match random.random_range(0..12) {
            _ if post > 60 => Act::Good,
            0 => Act::Silent { stored: random.random() },
            1 => Act::MidBody,
            2 => Act::Status { code: 500, stored: random.random() },
            3 => Act::Slow(random.random_range(0..200)),
            _ => Act::Good,
        });
        let batch_max = 1 + seed as u32 % 13;
        let mut stage = stage(&Config { batch_max, ..config(receiver.url()) });
        stage.queue(150, 20_000_000_000);
        stage.queue(150, 0);
        stage.drain();
        let log = receiver.log();
        assert_eq!(log.documents.len(), 300, "seed {seed}");
        log.assert_in_order();
        assert_eq!(stage.sums().delivered, 300);
    }
}

#[test]
fn what_the_cloud_refuses_is_set_aside_and_shown_and_stops_nobody() {
    let receiver = Receiver::start(|_| Act::Good);
    let mut stage = stage(&config(receiver.url()));
    stage.queue(30, 0);
    let poison = summary(SummaryKind::Calibration, now_ns(), "poison");
    stage.store.transact(|txn| txn.queue(&poison)).expect("queued");
    stage.queue(30, 0);
    stage.until("set aside and shown", |stage| stage.waiting() == 0 && !stage.status.newest_refused.is_empty());
    assert_eq!(receiver.log().documents.len(), 60);
    let shown = &stage.status.newest_refused[0];
    assert!(
        shown.id.ends_with("/30") && shown.why.contains("poison in it") && shown.kind == "calibration",
        "{shown:?}"
    );
    assert_eq!((stage.status.refused, stage.status.up, stage.status.failures), (1, Some(true), 0));
}

#[test]
fn a_receiver_that_takes_nothing_has_nothing_set_aside_and_what_it_says_is_told() {
    for (act, word) in [
        (Act::Status { code: 404, stored: false }, "nothing takes summaries there"),
        (Act::Says("<html>Log in</html>"), "without naming what it takes (a web page)"),
    ] {
        let receiver = Receiver::start(move |post| if post < 12 { act } else { Act::Good });
        let mut stage = stage(&Config { batch_max: 10, ..config(receiver.url()) });
        stage.queue(20, 0);
        stage.until("told", |stage| stage.status.trouble.contains(word));
        assert_eq!((stage.waiting(), stage.status.up), (20, Some(false)), "{act:?}");
        stage.drain();
        assert_eq!((receiver.log().documents.len(), stage.sums().refused), (20, 0), "{act:?}");
    }
}

#[test]
fn a_receiver_that_refuses_everything_for_a_while_has_all_in_the_end() {
    let receiver = Receiver::start(|post| if post < 20 { Act::Status { code: 400, stored: false } } else { Act::Good });
    let mut stage = stage(&Config { batch_max: 10, ..config(receiver.url()) });
    stage.queue(40, 0);
    stage.until("told", |stage| stage.status.trouble.contains("refuses one summary after the other"));
    assert_eq!(stage.status.up, Some(false));
    assert!(stage.sums().refused > 0, "what was refused stops nobody");
    stage.until("asked for again", |stage| stage.waiting() == 0 && stage.sums().refused == 0);
    assert_eq!((receiver.log().documents.len(), stage.sums().delivered), (40, 40));
}

#[test]
fn a_line_that_is_down_is_told_with_its_reason_and_found_when_it_is_back() {
    let down = config("http://127.0.0.1:1/summaries".to_owned());
    let mut stage = stage(&down);
    stage.queue(3, 0);
    stage.until("told", |stage| stage.status.failures >= 5);
    assert_eq!(stage.status.up, Some(false));
    assert!(stage.status.trouble.contains("no answer") && stage.status.down_since.is_some(), "{:?}", stage.status);
    assert_eq!((stage.waiting(), stage.sums().delivered), (3, 0), "nothing is deleted without an answer");
}

#[test]
fn what_a_run_with_a_wrong_clock_queued_is_not_let_go_when_the_clock_is_right() {
    let mut stage = stage(&config("http://127.0.0.1:1/summaries".to_owned()));
    // By a clock that began in 1970.
    let made = summary(SummaryKind::Pitch, 60_000_000_000, "busch_iii");
    stage.store.transact(|txn| txn.queue(&made)).expect("queued");
    stage.queue(1, 0);
    stage.until("tried", |stage| stage.status.failures >= 2);
    assert_eq!((stage.waiting(), stage.sums().dropped_age), (2, 0));
    // A run that lived through more than a month knows that it is older.
    let sink =
        Https::new(&config("http://127.0.0.1:1/summaries".to_owned()), "http://127.0.0.1:1/").expect("good settings");
    let clock = pitchguard::clock::BoxClock::start(40.0 * 86_400.0);
    let name = crate::upstream_wire::stage::box_name("busch_iii");
    let store = std::sync::Arc::clone(&stage.store);
    let config = Config { max_age_days: 30, ..config("http://127.0.0.1:1/".to_owned()) };
    let mut later = pitchguard::upstream::Driver::new(store, Box::new(sink), clock, name, config);
    let began = Instant::now();
    while stage.sums().dropped_age == 0 {
        assert!(began.elapsed() < crate::upstream_wire::stage::PATIENCE, "it stays for ever");
        later.keep_house().expect("the store works");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_token_is_read_anew_for_each_batch_and_a_missing_one_is_trouble_not_loss() {
    let receiver = Receiver::start(|_| Act::Good);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let token = folder.path().join("token");
    let mut stage = stage(&Config { credential_file: Some(token.clone()), ..config(receiver.url()) });
    stage.queue(1, 0);
    stage.until("told", |stage| stage.status.trouble.contains("credential_file"));
    assert_eq!(receiver.log().posts, 0, "nothing goes without it");
    for secret in ["first", "second"] {
        std::fs::write(&token, format!("{secret}\n")).expect("written");
        stage.queue(1, 0);
        stage.drain();
        assert_eq!(receiver.log().headers["authorization"], format!("Bearer {secret}"));
    }
}

#[test]
fn a_restart_sends_again_what_was_not_acknowledged_under_the_same_name() {
    let receiver = Receiver::start(|post| if post == 0 { Act::Silent { stored: true } } else { Act::Good });
    let config = config(receiver.url());
    let mut first = stage(&config);
    first.queue(5, 0);
    first.turn();
    assert_eq!((receiver.log().posts, first.waiting()), (1, 5));
    // Another line over the same store, as after a restart.
    let sink = Https::new(&config, &receiver.url()).expect("good settings");
    let clock = pitchguard::clock::BoxClock::start(1.0);
    let name = crate::upstream_wire::stage::box_name("busch_iii");
    let mut second =
        pitchguard::upstream::Driver::new(std::sync::Arc::clone(&first.store), Box::new(sink), clock, name, config);
    second.turn().expect("the store works");
    assert_eq!(first.waiting(), 0);
    let log = receiver.log();
    assert_eq!((log.documents.len(), log.duplicates), (5, 5));
}

#[test]
fn what_is_of_an_invented_person_says_so_and_nothing_else_does() {
    let receiver = Receiver::start(|_| Act::Good);
    let mut stage = stage(&config(receiver.url()));
    let person = |id, team: &str| PitcherRecord { id, team: Some(team.to_owned()), ..PitcherRecord::default() };
    let about = |pitcher| Summary { pitcher, ..summary(SummaryKind::Readiness, now_ns(), "busch_iii") };
    stage
        .store
        .transact(|txn| {
            txn.put_pitcher(&person(900_001, SIMULATED_TEAM))?;
            txn.put_pitcher(&person(605_154, "STL"))?;
            for whose in [Some(900_001), Some(605_154), Some(7), None] {
                txn.queue(&about(whose))?;
            }
            Ok(())
        })
        .expect("queued");
    stage.drain();
    let told: Vec<_> = receiver.log().documents.iter().map(|document| document.get("simulated").cloned()).collect();
    assert_eq!(told, [Some(serde_json::Value::Bool(true)), None, None, None]);
}
