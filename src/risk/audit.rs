//! The leakage audit: what can make a risk model look better than it is, looked for and named.
//!
//! It runs with every training, and an AUC of 0.70 or more, which public data does not give, is a finding by itself
//! (science.md §7).

use super::dataset::Row;
use super::day::Day;
use super::features::{Snapshot, definitions};
use super::labels::{HORIZON_DAYS, Outcome, outcome};
use super::prepare::{CALENDAR, Preparation, Recipe, correlation, ranks};
use super::season::RegularSeason;
use super::series::{Appearance, BodyPart, Placement, Series};

/// From this AUC on a result needs explaining.
pub const TOO_GOOD: f64 = 0.70;

/// Something that leaks, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// A feature changes when the future does.
    #[error("feature `{feature}` of pitcher {pitcher} on {day} changes with what happened afterwards")]
    FutureFeature {
        /// Which feature.
        feature: String,
        /// Whose.
        pitcher: u32,
        /// When.
        day: Day,
    },
    /// A feature tells the calendar.
    #[error("feature `{0}` follows the day of the year: it is a calendar")]
    CalendarProxy(String),
    /// A row's outcome is not what the label rules say.
    #[error("the row of pitcher {pitcher} on {day} is scored as {found:?}, the rules say {expected:?}")]
    Label {
        /// Whose row.
        pitcher: u32,
        /// When.
        day: Day,
        /// As scored.
        found: Outcome,
        /// As the rules say.
        expected: Outcome,
    },
    /// Years overlap.
    #[error(
        "rows that {earlier} reach {reach} with their 21 days, rows that {later} begin {begin}: the split is not by time"
    )]
    Split {
        /// What the earlier rows do.
        earlier: &'static str,
        /// How far they reach.
        reach: Day,
        /// What the later rows do.
        later: &'static str,
        /// When they begin.
        begin: Day,
    },
    /// Medians and scales are not those of the training rows.
    #[error("imputation and scaling were fitted on other rows than the training rows: `{0}` differs")]
    Preparation(String),
    /// Too good.
    #[error("an AUC of {0} is not to be had from public data: look for what leaks")]
    TooGood(String),
}

/// Features that change when the future of a series does. `compute` is the snapshot to be audited.
pub fn future_features(
    series: &[Series],
    rows: &[&Row],
    compute: impl Fn(&Series, Day) -> Option<Vec<Option<f64>>>,
) -> Vec<Finding> {
    let names: Vec<&str> = definitions().iter().map(|d| d.name).collect();
    let mut findings: Vec<Finding> = Vec::new();
    for row in rows {
        let (pitcher, day) = (row.snapshot.pitcher, row.snapshot.day);
        let Ok(at) = series.binary_search_by_key(&pitcher, |s| s.pitcher) else { continue };
        let (now, other) = (compute(&series[at], day), compute(&another_future(&series[at], day), day));
        let (Some(now), Some(other)) = (now, other) else { continue };
        for (index, (a, b)) in now.iter().zip(&other).enumerate() {
            let feature = names.get(index).map_or_else(|| format!("#{index}"), |n| (*n).to_owned());
            let same = match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
                (a, b) => a.is_none() && b.is_none(),
            };
            let told = findings.iter().any(|f| matches!(f, Finding::FutureFeature { feature: f, .. } if *f == feature));
            if !same && !told {
                findings.push(Finding::FutureFeature { feature, pitcher, day });
            }
        }
    }
    findings
}

/// The same past with another future: other games, other placements, another return.
fn another_future(series: &Series, day: Day) -> Series {
    let mut other = series.clone();
    other.appearances.retain(|a| a.day.is_some_and(|d| d <= day));
    let game = |days: i32| Appearance {
        day: Some(day.plus(days)),
        pitches: 150,
        missed: 0,
        release_speed: Some(60.0),
        effective_speed: Some(75.0),
        release_spin_rate: Some(1000.0),
        mix: vec![("KN".to_owned(), 1.0)],
    };
    other.appearances.extend([game(1), game(2), game(9)]);
    other.placements.retain(|p| p.dated().is_some_and(|d| d <= day));
    for placement in &mut other.placements {
        // A return that lies ahead, and an operation that does, are not known either.
        if placement.returned.is_some_and(|r| r > day) {
            placement.returned = None;
        }
        if placement.surgery.is_some_and(|s| s > day) {
            placement.surgery = None;
        }
    }
    other.placements.push(Placement {
        hurt: Some(day.plus(1)),
        announced: Some(day.plus(5)),
        retroactive: Some(day.plus(1)),
        surgery: Some(day.plus(6)),
        returned: Some(day.plus(40)),
        part: BodyPart::Elbow,
    });
    other
}

/// Inputs of a model that follow the day of the year, missing flags among them. `inputs` are named columns over `rows`.
pub fn calendar_proxies(rows: &[&Row], inputs: &[(String, Vec<f64>)]) -> Vec<Finding> {
    let days: Vec<f64> = rows.iter().map(|r| day_of_year(r.snapshot.day)).collect();
    let days = ranks(&days);
    let follows = |(_, values): &&(String, Vec<f64>)| correlation(&ranks(values), &days).abs() > CALENDAR;
    inputs.iter().filter(follows).map(|(name, _)| Finding::CalendarProxy(name.clone())).collect()
}

fn day_of_year(day: Day) -> f64 {
    f64::from(day.date().day_of_year())
}

/// Rows whose outcome is not what the rules say: rows on the list, uncensored ends, labels dated by the wrong date.
pub fn labels(
    series: &[Series],
    rows: &[&Row],
    season: impl Fn(i16) -> Option<RegularSeason>,
    data_end: Day,
) -> Vec<Finding> {
    let check = |row: &&Row| {
        let (pitcher, day) = (row.snapshot.pitcher, row.snapshot.day);
        let at = series.binary_search_by_key(&pitcher, |s| s.pitcher).ok()?;
        let expected = outcome(&series[at], day, season(day.year()), data_end);
        (expected != row.outcome).then_some(Finding::Label { pitcher, day, found: row.outcome, expected })
    };
    rows.iter().filter_map(check).take(5).collect()
}

/// Whether training, calibration and test lie one after the other, with the horizon between them.
pub fn split(train: &[&Row], calibrate: &[&Row], test: &[&Row]) -> Vec<Finding> {
    let check = |earlier: &[&Row], later: &[&Row], names: (&'static str, &'static str)| {
        let reach = earlier.iter().map(|r| r.snapshot.day).max()?.plus(HORIZON_DAYS);
        let begin = later.iter().map(|r| r.snapshot.day).min()?;
        (reach >= begin).then_some(Finding::Split { earlier: names.0, reach, later: names.1, begin })
    };
    let pairs = [
        check(train, calibrate, ("train", "calibrate")),
        check(calibrate, test, ("calibrate", "test")),
        check(train, test, ("train", "test")),
    ];
    pairs.into_iter().flatten().collect()
}

/// Whether medians and scales are those of the training rows and of no others.
pub fn preparation(fitted: &Preparation, train: &[&Row], recipe: Recipe<'_>) -> Vec<Finding> {
    let Some(again) = Preparation::fit(train, recipe) else { return Vec::new() };
    let pairs = fitted.columns.iter().zip(&again.columns);
    let differs = pairs.filter(|(a, b)| a != b).map(|(a, _)| a.feature.clone()).next();
    let differs = differs.or_else(|| (fitted.fitted_on != again.fitted_on).then(|| "its days".to_owned()));
    differs.map(Finding::Preparation).into_iter().collect()
}

/// An AUC that starts the audit.
pub fn too_good(auc: f64) -> Option<Finding> {
    (auc >= TOO_GOOD).then(|| Finding::TooGood(format!("{auc:.3}")))
}

/// The snapshot as it is computed here, for [`future_features`].
pub fn as_computed(series: &Series, day: Day) -> Option<Vec<Option<f64>>> {
    Snapshot::of(series, day).map(|s| s.values)
}
