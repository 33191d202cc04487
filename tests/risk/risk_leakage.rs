//! Every leak of science.md §7, planted, and caught by the audit. A clean training finds nothing.

use std::sync::LazyLock;

use crate::risk_support::{day, league, plan};
use pitchguard::risk::Day;
use pitchguard::risk::audit::{self, Finding};
use pitchguard::risk::dataset::{Dataset, Row, seasons};
use pitchguard::risk::features::Snapshot;
use pitchguard::risk::labels::Outcome;
use pitchguard::risk::prepare::{Preparation, Recipe};
use pitchguard::risk::series::Series;
use pitchguard::risk::train::train;

static LEAGUE: LazyLock<Vec<Series>> = LazyLock::new(|| league(60, 7));
static DATA: LazyLock<Dataset> = LazyLock::new(|| Dataset::of(&LEAGUE, day(2023, 10, 1)));
const ALL: Recipe<'_> = Recipe { candidates: &[], flags: true };

fn some_rows() -> Vec<&'static Row> {
    DATA.rows.iter().step_by(DATA.rows.len() / 60).collect()
}

fn labels(rows: &[&Row]) -> Vec<Finding> {
    let seasons = seasons(&LEAGUE);
    audit::labels(&LEAGUE, rows, |year| seasons.get(&year).copied(), day(2023, 10, 1))
}

#[test]
fn our_own_features_do_not_change_with_the_future() {
    assert_eq!(audit::future_features(&LEAGUE, &some_rows(), audit::as_computed), []);
}

#[test]
fn a_feature_that_sees_the_next_game_is_caught_and_named() {
    // Pitches of 7 days, centred instead of trailing.
    let leaking = |series: &Series, at: Day| Snapshot::of(series, at.plus(3)).map(|s| s.values);
    let findings = audit::future_features(&LEAGUE, &some_rows(), leaking);
    let named = |f: &Finding| matches!(f, Finding::FutureFeature { feature, .. } if feature == "pitches_7d");
    assert!(findings.iter().any(named), "{findings:?}");
}

#[test]
fn a_feature_that_knows_of_a_later_placement_is_caught() {
    let leaking = |series: &Series, at: Day| {
        let ahead = series.placements.iter().filter(|p| p.dated().is_some_and(|d| d > at)).count();
        Some(vec![Some(ahead as f64)])
    };
    assert!(!audit::future_features(&LEAGUE, &some_rows(), leaking).is_empty());
}

#[test]
fn a_baseline_of_the_whole_season_is_caught() {
    let leaking = |series: &Series, at: Day| {
        let season = series.appearances.iter().filter(|a| a.day.is_some_and(|d| d.year() == at.year()));
        let speeds: Vec<f64> = season.filter_map(|a| a.release_speed).collect();
        Some(vec![Some(speeds.iter().sum::<f64>() / speeds.len() as f64)])
    };
    assert!(!audit::future_features(&LEAGUE, &some_rows(), leaking).is_empty());
}

#[test]
fn a_calendar_is_caught_also_where_it_hides_in_what_is_missing() {
    let rows: Vec<&Row> = DATA.years(2021, 2021);
    let column = |of: fn(Day) -> f64| rows.iter().map(|r| of(r.snapshot.day)).collect::<Vec<_>>();
    let since_spring = column(|d| f64::from(d.since(Day::ymd(d.year(), 3, 1).expect("a date"))) / 7.0);
    let in_april = column(|d| f64::from(u8::from(d.date().month() <= 5)));
    let innocent: Vec<f64> = rows.iter().map(|r| f64::from(r.snapshot.pitcher)).collect();
    let inputs =
        [("load".to_owned(), since_spring), ("x (missing)".to_owned(), in_april), ("innocent".to_owned(), innocent)];
    let found = audit::calendar_proxies(&rows, &inputs);
    assert_eq!(found, [Finding::CalendarProxy("load".to_owned()), Finding::CalendarProxy("x (missing)".to_owned())]);
}

#[test]
fn what_follows_the_calendar_becomes_no_input() {
    let train = DATA.years(2021, 2021);
    let preparation = Preparation::fit(&train, ALL).expect("rows");
    let x = preparation.matrix(&train);
    let inputs: Vec<_> =
        (0..x.ncols()).map(|c| (preparation.columns[c].feature.clone(), x.column(c).to_vec())).collect();
    assert_eq!(audit::calendar_proxies(&train, &inputs), []);
}

/// A row of the data with another outcome or day.
fn planted(of: impl Fn(&Row) -> bool, outcome: Outcome, days: i32) -> Row {
    let row = DATA.rows.iter().find(|r| of(r)).expect("there is one");
    let snapshot = Snapshot { day: row.snapshot.day.plus(days), ..row.snapshot.clone() };
    Row { snapshot, outcome }
}

#[test]
fn rows_on_the_list_are_caught() {
    let placed = LEAGUE.iter().find_map(|s| Some((s, s.placements.first()?))).expect("somebody was hurt");
    let on_list = placed.1.earliest().expect("a date").plus(5);
    let snapshot = Snapshot::of(placed.0, on_list).expect("games");
    let row = Row { snapshot, outcome: Outcome::Placed };
    assert!(matches!(labels(&[&row])[..], [Finding::Label { expected: Outcome::OnList, .. }]));
}

#[test]
fn the_removal_outing_scored_as_a_prediction_is_caught() {
    let row = planted(|r| r.outcome == Outcome::Blackout, Outcome::Placed, 0);
    assert!(matches!(labels(&[&row])[..], [Finding::Label { expected: Outcome::Blackout, .. }]));
}

#[test]
fn an_uncensored_end_of_season_is_caught() {
    let late = Snapshot { day: day(2023, 9, 20), ..DATA.rows[0].snapshot.clone() };
    let row = Row { snapshot: late, outcome: Outcome::Healthy };
    assert!(matches!(labels(&[&row])[..], [Finding::Label { expected: Outcome::SeasonEnd | Outcome::OnList, .. }]));
    let seasons = seasons(&LEAGUE);
    let unknown = planted(|r| r.outcome == Outcome::Healthy && r.snapshot.day.year() == 2022, Outcome::Healthy, 0);
    let end = unknown.snapshot.day.plus(20);
    let found = audit::labels(&LEAGUE, &[&unknown], |year| seasons.get(&year).copied(), end);
    assert!(matches!(found[..], [Finding::Label { expected: Outcome::DataEnd, .. }]), "the data's end: {found:?}");
}

#[test]
fn a_label_dated_by_the_retroactive_date_is_caught() {
    // Announced a day after: 21 days before the retroactive date are 22 before the announcement, which is healthy.
    let hurt = LEAGUE.iter().flat_map(|s| s.placements.iter().map(move |p| (s, p.retroactive.expect("a date"))));
    let rows = hurt
        .filter_map(|(s, retro)| Some(Row { snapshot: Snapshot::of(s, retro.plus(-21))?, outcome: Outcome::Placed }));
    let rows: Vec<Row> = rows.collect();
    let found = labels(&rows.iter().collect::<Vec<_>>());
    assert!(found.iter().any(|f| matches!(f, Finding::Label { expected: Outcome::Healthy, .. })), "{found:?}");
}

#[test]
fn shuffled_splits_are_caught() {
    let all: Vec<&Row> = DATA.years(2021, 2023);
    let part = |n: usize| all.iter().skip(n).step_by(3).copied().collect::<Vec<_>>();
    assert!(audit::split(&part(0), &part(1), &part(2)).len() >= 2);
    let by_time = audit::split(&DATA.years(2021, 2021), &DATA.years(2022, 2022), &DATA.years(2023, 2023));
    assert_eq!(by_time, []);
}

#[test]
fn years_that_touch_within_the_horizon_are_caught() {
    let rows = DATA.years(2021, 2021);
    let (june, july): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|r| r.snapshot.day < day(2021, 7, 1));
    assert!(matches!(audit::split(&june, &july, &DATA.years(2023, 2023))[..], [Finding::Split { .. }]));
}

#[test]
fn a_scaler_or_median_fitted_on_the_test_year_is_caught() {
    let train = DATA.years(2021, 2021);
    let own = Preparation::fit(&train, ALL).expect("rows");
    assert_eq!(audit::preparation(&own, &train, ALL), []);
    let all = Preparation::fit(&DATA.years(2021, 2023), ALL).expect("rows");
    assert!(matches!(audit::preparation(&all, &train, ALL)[..], [Finding::Preparation(_)]));
}

#[test]
fn a_result_too_good_starts_the_audit() {
    assert!(audit::too_good(0.71).is_some() && audit::too_good(0.64).is_none());
}

#[test]
fn a_clean_training_finds_nothing_and_balances_its_outcomes() {
    let model = train(&LEAGUE, &plan()).expect("three years");
    let clean: Vec<_> = model.record.audit.iter().filter(|f| !f.contains("AUC")).collect();
    assert!(clean.is_empty(), "{clean:?}");
    assert_eq!(
        (model.record.train_years, model.record.calibrate_year, model.record.test_year),
        ((2021, 2021), 2022, 2023)
    );
    assert_eq!(model.record.balance.len(), 3);
    assert!(model.record.balance.iter().all(|(_, b)| b.placed > 0 && b.blackout > 0 && b.season_end > 0));
    assert_eq!(model.preparation.fitted_on.0.year(), 2021);
    assert_eq!(model.preparation.fitted_on.1.year(), 2021);
}
