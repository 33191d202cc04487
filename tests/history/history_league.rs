//! Five seasons of a whole league in the store: how large it is, how long its features take in a night, and how long a
//! workload and a risk take to ask for. Minutes long: it runs with `PITCHGUARD_FULL` set only. Times are printed and never
//! asserted.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::risk_support::{league, plan};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use pitchguard::clock::BoxClock;
use pitchguard::config::Config;
use pitchguard::daemon::Daemon;
use pitchguard::history::etl::{DailyModel, keep_up};
use pitchguard::history::savant::row::{pitch_id, release_ns};
use pitchguard::history::{self, GameTypes, Unwatched};
use pitchguard::records::{Measured, Origin, PitchRecord, PitcherRecord, State};
use pitchguard::risk::registry::{Insist, Registry};
use pitchguard::risk::service::RiskService;
use pitchguard::risk::train::train;
use pitchguard::store::{Store, StoreOptions};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const SEASONS: std::ops::RangeInclusive<u16> = 2019..=2023;
const DAYS: u32 = 180;
/// Who throws on a day, and how many pitches: 700,000 a season.
const PITCHERS: u32 = 750;
const OF_A_DAY: u32 = 130;
const PITCHES: u32 = 30;
const FIRST_ID: u32 = 500_000;

fn pitch(day: Date, game: u32, pitcher: u32, number: u32, rng: &mut StdRng) -> PitchRecord {
    let mut about =
        |mean: f64, spread: f64| Some(((mean + spread * (rng.random::<f64>() - 0.5)) * 100.0).round() / 100.0);
    let at_bat = number / 5 + 1 + (pitcher % 7) * 10;
    let number = number % 5 + 1;
    PitchRecord {
        pitcher: Some(pitcher),
        release_ns: release_ns(day, game, at_bat, number).expect("after 1970"),
        id: pitch_id(game, at_bat, number),
        game_date: day.to_string(),
        game_pk: game,
        at_bat_number: Some(at_bat as u16),
        pitch_number: Some(number as u16),
        pitch_type: if number.is_multiple_of(3) { "SL" } else { "FF" }.to_owned(),
        mound: 0,
        origin: Origin::Savant,
        state: State::Final,
        revision: 0,
        values: Measured {
            release_speed: about(94.0, 3.0),
            release_pos_x: about(-1.5, 0.4),
            release_pos_y: about(54.0, 0.4),
            release_pos_z: about(5.9, 0.3),
            release_extension: about(6.4, 0.4),
            plate_x: about(0.0, 2.0),
            plate_z: about(2.5, 2.0),
            pfx_x: about(-0.6, 0.4),
            pfx_z: about(1.3, 0.4),
            vertical_approach_angle: None,
            horizontal_approach_angle: None,
            effective_speed: about(93.8, 3.0),
            release_spin_rate: about(2300.0, 300.0),
            spin_axis: about(210.0, 20.0),
            vx0: about(5.0, 4.0),
            vy0: about(-136.0, 4.0),
            vz0: about(-5.0, 4.0),
            ax: about(-8.0, 6.0),
            ay: about(28.0, 4.0),
            az: about(-16.0, 6.0),
        },
        sd: None,
        cameras: 0,
        residual_px: None,
        late_data_frac: 0.0,
        calibration_confidence: None,
        release_marked: false,
        flags: Vec::new(),
    }
}

fn fill(store: &Store) {
    let mut rng = StdRng::seed_from_u64(7);
    let people = (0..PITCHERS).map(|n| PitcherRecord {
        id: FIRST_ID + n,
        name: Some(format!("Pitcher {n}")),
        team: Some(format!("T{}", n % 30)),
        ..PitcherRecord::default()
    });
    store.bulk(people, |txn, person| txn.put_pitcher(&person).map(drop)).expect("stored");
    for season in SEASONS {
        for nth in 0..DAYS {
            let day = date(season as i16, 4, 1).saturating_add(i64::from(nth).days());
            // Everybody has his turn every few days; a game has nine of a team's.
            let whose = (0..OF_A_DAY).map(|i| (nth * OF_A_DAY + i) % PITCHERS);
            let pitches: Vec<_> = whose
                .enumerate()
                .flat_map(|(i, n)| (0..PITCHES).map(move |number| (i as u32, n, number)))
                .map(|(i, n, number)| {
                    let game = (u32::from(season) - 2018) * 100_000 + nth * 200 + i;
                    pitch(day, game, FIRST_ID + n, number, &mut rng)
                })
                .collect();
            store.bulk(pitches, |txn, pitch| txn.put_pitch(&pitch).map(drop)).expect("stored");
        }
    }
}

#[test]
#[ignore = "fills a store with 3.5 million pitches: make soak"]
fn five_seasons_of_a_league_are_asked_for_a_workload() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(dir.path(), StoreOptions::default()).expect("a new store opens");
    let began = Instant::now();
    fill(&store);
    println!("{} pitches stored in {:.0?}", store.counts().expect("counted").pitches, began.elapsed());
    let began = Instant::now();
    let whose: BTreeSet<_> = SEASONS.flat_map(|season| (0..PITCHERS).map(move |n| (FIRST_ID + n, season))).collect();
    let rebuilt = history::rebuild_all(&store, &whose, &GameTypes::new()).expect("summed up");
    println!("{} appearances summed up in {:.0?}", rebuilt.appearances, began.elapsed());
    println!("the database has {} MB", store.disk_bytes().expect("measured") / 1_000_000);
    assert_eq!(rebuilt.appearances, u64::from(DAYS * OF_A_DAY) * 5);
    serves_a_model(&Arc::new(store));

    let mut config = Config::default();
    config.store.path = dir.path().to_path_buf();
    config.venue.file = None;
    config.ingest.udp_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.risk.requests_per_minute = 1_000_000;
    let began = Instant::now();
    let daemon = Daemon::start(&config, BoxClock::start(1.0)).expect("it starts");
    println!("the daemon started in {:.1?}", began.elapsed());
    let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
    let url = |path: &str| format!("http://{}{path}", daemon.http);
    let whose = |n: u32| (FIRST_ID + n * 7 % PITCHERS, 2019 + n % 5);
    time("a season's workload over HTTP", |n| {
        let (id, season) = whose(n);
        let path = format!("/api/workload/pitcher/{id}?start_date={season}-04-01&end_date={season}-09-30");
        let body = client.get(url(&path)).send().expect("it answers").bytes().expect("a body");
        assert!(body.starts_with(b"{\"pitcher\":"), "{path}");
    });
    time("a risk that nobody has asked for over HTTP", |n| {
        let (pitcher, season) = whose(n);
        let asked =
            serde_json::json!({"pitcher": pitcher, "date": format!("{season}-0{}-{:02}", 5 + n % 4, 1 + n / 5 % 28)});
        let response = client.post(url("/api/risk/pitcher")).json(&asked).send().expect("it answers");
        assert!(response.status().is_success(), "{asked}: {:?}", response.text());
    });
    let began = Instant::now();
    let staff = client.get(url("/api/risk/staff?date=2023-09-28")).send().expect("it answers").bytes().expect("a body");
    println!("the whole staff, {} bytes, in {:.1?}", staff.len(), began.elapsed());
    assert!(staff.starts_with(b"{\"date\":\"2023-09-28\""));
    let began = Instant::now();
    let listed = client.get(url("/api/pitchers?team=T3&season=2023")).send();
    println!("a team's pitchers in {:.1?}", began.elapsed());
    assert!(listed.expect("it answers").status().is_success());
    daemon.shutdown();
}

/// Asks 3000 times, and tells how long an answer took.
fn time(what: &str, mut ask: impl FnMut(u32)) {
    let mut took: Vec<Duration> = (0..3000)
        .map(|n| {
            let began = Instant::now();
            ask(n);
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    let at = |share: f64| took[(share * (took.len() - 1) as f64) as usize];
    println!("{what}: p50 {:.2?}, p99 {:.2?}, most {:.2?}", at(0.5), at(0.99), at(1.0));
}

/// Lets a model serve, and makes everybody's features: of every day of pitching, and of one night.
fn serves_a_model(store: &Arc<Store>) {
    let model = train(&league(40, 11), &plan()).expect("three years");
    let service = RiskService::new(Arc::clone(store), pitchguard::risk::Config::default());
    Registry::new(Arc::clone(store)).register(&model).expect("kept");
    service.promote(&model.version, Insist::Yes).expect("it fits");
    let began = Instant::now();
    let (made, night) = keep_up(store, &service, date(2023, 9, 28), &mut Unwatched).expect("the store works");
    println!("features of {made:?} days of pitching and the night's of {night:?} pitchers in {:.1?}", began.elapsed());
    let began = Instant::now();
    let again = service.night(date(2023, 9, 26)).expect("the store works");
    println!("a night's features of {again} pitchers, drift looked at, in {:.2?}", began.elapsed());
    assert_eq!((made, again), (Some(u64::from(DAYS * OF_A_DAY) * 5), u64::from(PITCHERS)));
    println!("the database has {} MB with them", store.disk_bytes().expect("measured") / 1_000_000);
}

#[test]
fn eleven_thousand_rows_of_real_seasons_are_imported() {
    let names = ["shane_mcclanahan_pitches.csv", "spencer_strider_pitches.csv"];
    let files = names.map(|name| crate::common::real_data(&format!("statcast/{name}")));
    let [Some(first), Some(second)] = files.map(|path| path.map(|p| std::fs::read_to_string(p).expect("text"))) else {
        return;
    };
    assert_eq!(first.lines().next(), second.lines().next(), "one layout");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut text = String::new();
    for line in first.lines().chain(second.lines().skip(1)).take(11_001) {
        writeln!(text, "{line}").expect("a String takes everything");
    }
    let path = dir.path().join("both.csv");
    std::fs::write(&path, text).expect("written");
    let store = Store::open(&dir.path().join("store"), StoreOptions::default()).expect("a new store opens");
    let began = Instant::now();
    let summary = history::import_savant(&store, &[path], &mut |_| ()).expect("the store works");
    println!("{} rows of 118 columns, {} new, in {:.2?}", summary.rows, summary.new, began.elapsed());
    assert_eq!(summary.rows, 11_000);
}
