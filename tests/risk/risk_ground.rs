//! Risk and training say only what they have ground for: a year without placements tests no model, and what no injured list
//! covers makes nobody healthy.

use crate::risk_support::{YEARS, day, league, plan, telling_league};
use pitchguard::ids::PitcherId;
use pitchguard::records::AppearanceRecord;
use pitchguard::risk::coverage::Lists;
use pitchguard::risk::features::Snapshot;
use pitchguard::risk::metrics::Interval;
use pitchguard::risk::model::Model;
use pitchguard::risk::respond::assess;
use pitchguard::risk::series::{Appearance, BodyPart, Placement, Series};
use pitchguard::risk::train::{Plan, TrainError, train};
use pitchguard::risk::{Config, Day};
use pitchguard::workload::{Roles, Workload, report};

const PITCHERS: u32 = 20;

/// The league, and twenty games of one more year that nobody was placed after.
fn with_twenty_games(lists: &Lists) -> (Vec<Series>, Plan) {
    let mut league = league(PITCHERS, 11);
    for (at, series) in league.iter_mut().enumerate() {
        series.lists = lists.clone();
        if at < 20 {
            let game = Appearance { day: Some(day(2024, 5, 1 + at as i8)), pitches: 20, ..Appearance::default() };
            series.appearances.push(game);
        }
        series.placements.retain(|p| p.dated() < Some(day(2024, 1, 1)));
    }
    (league, Plan { data_end: day(2024, 10, 1), ..plan() })
}

#[test]
fn a_year_without_placements_is_no_test_year_and_training_says_so_in_words() {
    let (league, plan) = with_twenty_games(&Lists::of_seasons(2021..=2024));
    let model = train(&league, &plan).expect("2023 can test it");
    assert_eq!(model.record.test_year, 2023, "the latest year that can judge a model");
    assert!(model.record.test.placed > 0 && model.record.test.auc.half_width() > 0.0, "{:?}", model.record.test.auc);
    let refused = train(&league, &Plan { test_year: Some(2024), auc_within: 0.1, ..plan })
        .expect_err("nobody was placed in 2024");
    assert!(matches!(refused, TrainError::NoTestYear { .. }), "{refused}");
    let said = refused.to_string();
    for part in ["2024", "no placement follows", "20 days of pitching", "±0.1", "about 50 pitchers"] {
        assert!(said.contains(part), "{said:?} should say {part:?}");
    }
}

#[test]
fn a_year_that_no_injured_list_covers_has_no_healthy_days() {
    let (league, plan) = with_twenty_games(&Lists::of_seasons(YEARS));
    let refused = train(&league, &Plan { test_year: Some(2024), ..plan }).expect_err("nothing is known of 2024");
    assert!(
        refused.to_string().contains("three years are needed") || refused.to_string().contains("no day of pitching")
    );
}

#[test]
fn an_auc_that_is_known_to_a_tenth_only_tests_nothing() {
    let few = league(8, 11);
    let refused =
        train(&few, &Plan { auc_within: Config::default().test_auc_within, ..plan() }).expect_err("eight pitchers");
    assert!(matches!(refused, TrainError::NoTestYear { .. }), "{refused}");
    assert!(refused.to_string().contains("2023"), "{refused}");
}

fn model() -> Model {
    let league = telling_league(10, 11);
    let mut model = train(&league, &plan()).expect("three years");
    model.record.test.auc = Interval { value: 0.62, low: 0.55, high: 0.69 };
    model
}

/// Somebody who was operated on in the winter before, of whom no list tells.
fn operated(lists: Lists, told: bool) -> Series {
    let games = (0..30).map(|at| Appearance {
        day: Some(day(2023, 5, 1).plus(3 * at)),
        pitches: 20,
        release_speed: Some(94.0),
        effective_speed: Some(94.3),
        release_spin_rate: Some(2300.0),
        ..Appearance::default()
    });
    let placement = Placement {
        hurt: None,
        announced: Some(day(2022, 9, 1)),
        retroactive: None,
        surgery: Some(day(2022, 9, 10)),
        returned: Some(day(2023, 4, 20)),
        part: BodyPart::Elbow,
    };
    let placements = if told { vec![placement] } else { Vec::new() };
    let born = Some(day(1995, 1, 1));
    let mut series = Series { pitcher: 5, born, appearances: games.collect(), placements, lists, ..Series::default() };
    series.settle();
    series
}

#[test]
fn what_no_list_covers_moves_the_risk_neither_way_and_is_said_beside_it() {
    let (model, at) = (model(), day(2023, 7, 20));
    let of = |series: &Series| {
        assess(&model, series, series, at, &Config { contributors: 99, ..Config::default() }).expect("known")
    };
    let uncovered = of(&operated(Lists::of_seasons([2019]), false));
    assert!(!uncovered.coverage.earlier_injuries_known);
    assert!(uncovered.coverage.sentence.contains("2019-02-15 to 2020-02-14 only"), "{}", uncovered.coverage.sentence);
    assert_eq!(uncovered.coverage.games_known, 27);
    for contributor in &uncovered.top_contributors {
        assert!(!contributor.explanation.contains("no such injury"), "{contributor:?}");
        let of_lists = ["placements", "before", "return"].iter().any(|part| contributor.name.contains(part));
        assert!(!of_lists, "what is unknown contributes nothing: {contributor:?}");
    }
    assert!(uncovered.notes.iter().any(|note| note.contains("not known")), "{:?}", uncovered.notes);
    let covered = of(&operated(Lists::of_seasons([2022, 2023]), false));
    assert!(covered.coverage.earlier_injuries_known && covered.coverage.sentence.contains("2022-02-15 to 2024-02-14"));
    assert!(covered.notes.iter().all(|note| !note.contains("not known")), "{:?}", covered.notes);
    let score = |lists: Lists| {
        let snapshot = Snapshot::of(&operated(lists, false), at).expect("games");
        model.score(&snapshot).expect("enough is known").explanation.contributions
    };
    let columns = model.preparation.columns.iter();
    for (column, part) in columns.zip(score(Lists::default())) {
        let of_lists = ["placements", "before", "return"].iter().any(|part| column.feature.contains(part));
        assert!(!of_lists || part == 0.0, "{}: {part}", column.feature);
    }
}

#[test]
fn a_model_that_is_not_better_than_chance_tells_nobodys_risk() {
    let mut model = model();
    let series = operated(Lists::of_seasons([2022, 2023]), true);
    let of = |model: &Model| assess(model, &series, &series, day(2023, 7, 20), &Config::default()).expect("known");
    let told = of(&model);
    assert!(told.probability.is_some() && told.level.is_some() && told.risk_absent.is_none());
    model.record.test.auc = Interval { value: 0.486, low: 0.43, high: 0.54 };
    let told = of(&model);
    assert_eq!((told.probability, told.percentage, told.risk_index, told.level), (None, None, None, None));
    let why = told.risk_absent.expect("a reason");
    assert!(why.contains("not better than chance") && why.contains("0.486"), "{why}");
    assert!(told.top_contributors.is_empty() && !told.recommendation.availability.is_empty());
}

#[test]
fn one_acute_to_chronic_ratio_is_told_of_one_day_wherever_it_is_told() {
    let model = model();
    let series = operated(Lists::of_seasons([2022, 2023]), false);
    let at: Day = day(2023, 7, 20);
    let record = |a: &Appearance| AppearanceRecord {
        pitcher: 5,
        game_date: a.day.expect("a day").to_string(),
        game_pk: 7,
        pitches: a.pitches,
        ..AppearanceRecord::default()
    };
    let records: Vec<_> = series.appearances.iter().map(record).collect();
    let roles = Roles { starter_pitches_min: 45, starter_cap: 100.0, reliever_cap: 25.0 };
    let day = at.date();
    let workload = report(PitcherId(5), &records, (day, day), &roles);
    let ago = |a: &Appearance| (at.plus(1).since(a.day.expect("a day")) as u32, a.pitches);
    let past = series.appearances.iter().filter(|a| a.day <= Some(at)).map(ago).filter(|(days, _)| *days <= 63);
    let morning = Workload::of_past(past.collect()).acwr.expect("four weeks are known");
    let risk = assess(&model, &series, &series, at, &Config::default()).expect("known").workload_summary.acwr;
    for (told, by) in [(workload.loads[0].acwr, "workload"), (workload.summary.acwr, "its summary"), (risk, "risk")] {
        assert!(
            told.is_some_and(|told| (told - morning).abs() < 1e-12),
            "{by}: {told:?}, {morning} on the next morning"
        );
    }
}
