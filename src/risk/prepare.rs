//! From snapshots to the numbers that a model takes: selection, imputation, missing flags, scaling. All of it is fitted
//! on the training years only, and kept with the model.

use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::dataset::Row;
use super::day::Day;
use super::features::{Definition, Snapshot, definitions};

/// A feature missing in more of the training rows is left out.
const MISSING_MAX: f64 = 0.5;
/// A feature missing in more of them has a missing flag.
const FLAG_MIN: f64 = 0.01;
/// Of two features that correlate more closely, the later one is left out.
const TWIN: f64 = 0.98;
/// What follows the day of the year more closely (rank correlation) is a calendar and left out: in April every pitcher's
/// windows are short.
pub const CALENDAR: f64 = 0.4;
/// Standardised values are clipped here: one odd game is no ten standard deviations of risk.
const CLIP: f64 = 5.0;

/// One input of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Which feature.
    pub feature: String,
    /// Whether it is the feature's missing flag instead of its value.
    pub flag: bool,
    /// What stands in for a missing value: the training rows' median; of what injured lists tell, their mean.
    pub median: f64,
    /// Mean of the training rows, after imputation.
    pub mean: f64,
    /// Their standard deviation.
    pub sd: f64,
}

/// What was fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// The inputs, in the order of the weights.
    pub columns: Vec<Column>,
    /// First and last day of the rows that it was fitted on.
    pub fitted_on: (Day, Day),
    /// Features that were left out, and why.
    pub left_out: Vec<(String, String)>,
}

/// How to prepare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe<'a> {
    /// Candidate features by name; all where empty.
    pub candidates: &'a [&'a str],
    /// Whether missing flags are inputs.
    pub flags: bool,
}

impl Preparation {
    /// Fits on training rows; none without rows.
    pub fn fit(rows: &[&Row], recipe: Recipe<'_>) -> Option<Self> {
        let days = rows.iter().map(|r| r.snapshot.day);
        let fitted_on = (days.clone().min()?, days.max()?);
        let mut columns: Vec<Column> = Vec::new();
        let mut kept: Vec<Vec<f64>> = Vec::new();
        let mut left_out = Vec::new();
        let calendar = ranks(&rows.iter().map(|r| f64::from(r.snapshot.day.date().day_of_year())).collect::<Vec<_>>());
        let follows_calendar = |values: &[f64]| correlation(&ranks(values), &calendar).abs() > CALENDAR;
        for (index, definition) in definitions().iter().enumerate() {
            let name = definition.name;
            if !(recipe.candidates.is_empty() || recipe.candidates.contains(&name)) {
                continue;
            }
            let raw: Vec<Option<f64>> = rows.iter().map(|r| r.snapshot.values[index]).collect();
            let missing = raw.iter().filter(|v| v.is_none()).count() as f64 / raw.len() as f64;
            if missing > MISSING_MAX {
                left_out.push((name.to_owned(), format!("missing in {:.0} % of the training rows", 100.0 * missing)));
                continue;
            }
            let stand_in = stand_in(definition, raw.iter().flatten().copied().collect());
            let values: Vec<f64> = raw.iter().map(|v| v.unwrap_or(stand_in)).collect();
            let Some(column) = Column::fit(name, false, stand_in, &values) else {
                left_out.push((name.to_owned(), "does not vary".to_owned()));
                continue;
            };
            let scaled: Vec<f64> = values.iter().map(|v| column.scale(*v)).collect();
            if let Some(twin) = kept.iter().position(|other| correlation(other, &scaled).abs() > TWIN) {
                left_out.push((name.to_owned(), format!("says what {} says", columns[twin].feature)));
                continue;
            }
            if follows_calendar(&scaled) {
                left_out.push((name.to_owned(), "follows the day of the year".to_owned()));
                continue;
            }
            columns.push(column);
            kept.push(scaled);
            if recipe.flags && missing > FLAG_MIN && !definition.is_of_lists() {
                let flags: Vec<f64> = raw.iter().map(|v| f64::from(u8::from(v.is_none()))).collect();
                let Some(column) = Column::fit(name, true, 0.0, &flags) else { continue };
                let scaled: Vec<f64> = flags.iter().map(|v| column.scale(*v)).collect();
                if follows_calendar(&scaled) {
                    left_out.push((format!("{name} (missing)"), "follows the day of the year".to_owned()));
                } else if kept.iter().all(|other| correlation(other, &scaled).abs() <= TWIN) {
                    columns.push(column);
                    kept.push(scaled);
                }
            }
        }
        Some(Self { columns, fitted_on, left_out })
    }

    /// The model's inputs of one snapshot, in the order of the columns.
    pub fn inputs(&self, snapshot: &Snapshot) -> Vec<f64> {
        let all = definitions();
        let value = |name: &str| all.iter().position(|d| d.name == name).and_then(|i| snapshot.values[i]);
        let input = |column: &Column| {
            let value = value(&column.feature);
            column.scale(if column.flag {
                f64::from(u8::from(value.is_none()))
            } else {
                value.unwrap_or(column.median)
            })
        };
        self.columns.iter().map(input).collect()
    }

    /// The inputs of rows, one row each.
    pub fn matrix(&self, rows: &[&Row]) -> Array2<f64> {
        let names: Vec<&str> = definitions().iter().map(|d| d.name).collect();
        let places: Vec<Option<usize>> =
            self.columns.iter().map(|c| names.iter().position(|n| *n == c.feature)).collect();
        Array2::from_shape_fn((rows.len(), self.columns.len()), |(row, at)| {
            let column = &self.columns[at];
            let value = places[at].and_then(|i| rows[row].snapshot.values[i]);
            column.scale(if column.flag {
                f64::from(u8::from(value.is_none()))
            } else {
                value.unwrap_or(column.median)
            })
        })
    }

    /// Columns that the injured lists would tell and do not.
    pub fn uncovered(&self, snapshot: &Snapshot) -> Vec<usize> {
        let all = definitions();
        let unknown = |column: &Column| {
            let at = all.iter().position(|d| d.name == column.feature);
            at.is_some_and(|at| all[at].is_of_lists() && snapshot.values[at].is_none())
        };
        self.columns.iter().enumerate().filter(|(_, column)| unknown(column)).map(|(at, _)| at).collect()
    }

    /// Share of the model's features that a snapshot has.
    pub fn completeness(&self, snapshot: &Snapshot) -> f64 {
        let wanted: Vec<&Column> = self.columns.iter().filter(|c| !c.flag).collect();
        let there = wanted.iter().filter(|c| snapshot.value(&c.feature).is_some()).count();
        if wanted.is_empty() { 0.0 } else { there as f64 / wanted.len() as f64 }
    }
}

impl Column {
    fn fit(feature: &str, flag: bool, median: f64, values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        (sd > 1e-9).then(|| Self { feature: feature.to_owned(), flag, median, mean, sd })
    }

    fn scale(&self, value: f64) -> f64 {
        ((value - self.mean) / self.sd).clamp(-CLIP, CLIP)
    }
}

/// What stands in for the missing values of a feature. The median of earlier placements is none at all: whoever is on no
/// list that is known would pass for a man who was never hurt, so their mean stands in.
fn stand_in(definition: &Definition, known: Vec<f64>) -> f64 {
    if definition.is_of_lists() { known.iter().sum::<f64>() / known.len().max(1) as f64 } else { median(known) }
}

/// The median; 0 of nothing.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// Pearson's correlation; 0 where one does not vary.
pub(super) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ArrayView1::from(a), ArrayView1::from(b));
    let (a, b) = (&a - a.mean().unwrap_or(0.0), &b - b.mean().unwrap_or(0.0));
    let norm = (a.dot(&a) * b.dot(&b)).sqrt();
    if norm > 1e-12 { a.dot(&b) / norm } else { 0.0 }
}

/// Ranks, ties by their mean.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut at = 0;
    while at < order.len() {
        let tied = order[at..].iter().take_while(|i| values[**i].total_cmp(&values[order[at]]).is_eq()).count();
        for index in &order[at..at + tied] {
            ranks[*index] = at as f64 + (tied as f64 - 1.0) / 2.0;
        }
        at += tied;
    }
    ranks
}
