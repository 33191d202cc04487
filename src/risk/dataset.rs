//! Snapshots with their outcomes: the rows that train, calibrate and test.

use std::collections::BTreeMap;

use super::day::Day;
use super::features::Snapshot;
use super::labels::{Balance, Outcome, outcome};
use super::season::RegularSeason;
use super::series::Series;

/// One snapshot and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was known.
    pub snapshot: Snapshot,
    /// What came.
    pub outcome: Outcome,
}

impl Row {
    /// 1 or 0; rows without a target are not in training sets.
    pub fn target(&self) -> f64 {
        self.outcome.target().unwrap_or(0.0)
    }
}

/// All rows with a target or a blackout, ascending by day then pitcher, and the balance of each year.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// The rows.
    pub rows: Vec<Row>,
    /// Outcomes by year, those that give no row among them.
    pub balance: BTreeMap<i16, Balance>,
}

/// The regular season of each year that has games.
pub fn seasons(series: &[Series]) -> BTreeMap<i16, RegularSeason> {
    let mut pitchers = BTreeMap::new();
    for day in series.iter().flat_map(|s| s.appearances.iter().filter_map(|a| a.day)) {
        *pitchers.entry(day).or_insert(0) += 1;
    }
    let years: std::collections::BTreeSet<i16> = pitchers.keys().map(|d| d.year()).collect();
    years.into_iter().filter_map(|year| Some((year, RegularSeason::of(year, &pitchers)?))).collect()
}

impl Dataset {
    /// One row for each game day of the regular seasons. `data_end` is the last day that placements are known of.
    pub fn of(series: &[Series], data_end: Day) -> Self {
        let seasons = seasons(series);
        let mut out = Self::default();
        for one in series {
            for day in one.appearances.iter().filter_map(|a| a.day) {
                let what = outcome(one, day, seasons.get(&day.year()).copied(), data_end);
                out.balance.entry(day.year()).or_default().count(what);
                if !matches!(what, Outcome::Healthy | Outcome::Placed | Outcome::Blackout) {
                    continue;
                }
                out.rows.extend(Snapshot::of(one, day).map(|snapshot| Row { snapshot, outcome: what }));
            }
        }
        out.rows.sort_by_key(|r| (r.snapshot.day, r.snapshot.pitcher));
        out
    }

    /// Rows with a target whose year is in the range.
    pub fn years(&self, from: i16, to: i16) -> Vec<&Row> {
        let in_range = |r: &&Row| (from..=to).contains(&r.snapshot.day.year()) && r.outcome.target().is_some();
        self.rows.iter().filter(in_range).collect()
    }

    /// Blackout rows of a year: scored apart.
    pub fn blackout(&self, year: i16) -> Vec<&Row> {
        let fits = |r: &&Row| r.snapshot.day.year() == year && r.outcome == Outcome::Blackout;
        self.rows.iter().filter(fits).collect()
    }
}

/// Targets of rows.
pub fn targets(rows: &[&Row]) -> Vec<f64> {
    rows.iter().map(|r| r.target()).collect()
}
