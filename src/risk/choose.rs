//! Which inputs and how much regularisation, by rolling origin within the years before the test year.
//!
//! Each season is halved on July 1. A fold trains on the halves before, as far as their 21 days end before the fold
//! begins, and scores on the next half. The test year is in no fold.

use serde::{Deserialize, Serialize};

use super::dataset::{Row, targets};
use super::day::Day;
use super::labels::HORIZON_DAYS;
use super::logistic::Logistic;
use super::metrics::auc;
use super::prepare::{Preparation, Recipe};

/// Few features that say different things: load, rest, recovery of speed, age, what was hurt before.
const CORE: &[&str] = &[
    "acwr",
    "intensity_7d",
    "pitches_7d",
    "pitches_last",
    "mean_rest_30d",
    "gap_60d",
    "velocity_mean_30d",
    "velocity_sd_30d",
    "velocity_drop_worst_14d",
    "age",
    "placements_365d",
    "arm_placements_365d",
    "arm_return_fading",
    "other_return_fading",
    "elbow_before",
    "surgery_before",
];

/// Penalties tried.
const C_GRID: [f64; 5] = [1e-4, 3e-4, 1e-3, 1e-2, 1.0];

/// A mean AUC within so much of the best is as good: a season's is known to ±0.025 (pitcher bootstrap), and the plainer
/// choice fares better in another year.
const AS_GOOD: f64 = 0.005;

/// Inputs and penalty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Its name in the report.
    pub name: &'static str,
    /// Inputs.
    pub recipe: Recipe<'static>,
    /// C.
    pub c: f64,
}

/// The plain pipeline that a model has to beat: all features, medians for what is missing, scaled, C = 1.
pub const YARDSTICK: Choice = Choice { name: "yardstick", recipe: Recipe { candidates: &[], flags: false }, c: 1.0 };

/// How a choice did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Inputs.
    pub name: String,
    /// C.
    pub c: f64,
    /// AUC of each fold.
    pub auc: Vec<f64>,
}

impl Tried {
    /// Mean over the folds; 0 without any.
    pub fn mean(&self) -> f64 {
        if self.auc.is_empty() { 0.0 } else { self.auc.iter().sum::<f64>() / self.auc.len() as f64 }
    }
}

/// Everything that is tried.
pub fn candidates() -> Vec<Choice> {
    let inputs: [(&'static str, Recipe<'static>); 4] = [
        ("core", Recipe { candidates: CORE, flags: false }),
        ("core with missing flags", Recipe { candidates: CORE, flags: true }),
        ("all", Recipe { candidates: &[], flags: false }),
        ("all with missing flags", Recipe { candidates: &[], flags: true }),
    ];
    let each = |(name, recipe)| C_GRID.map(|c| Choice { name, recipe, c });
    inputs.into_iter().flat_map(each).collect()
}

/// The folds over rows: indices that train and that score.
fn folds<'r>(rows: &[&'r Row]) -> Vec<(Vec<&'r Row>, Vec<&'r Row>)> {
    let half = |day: Day| (day.year(), day.date().month() >= 7);
    let mut halves: Vec<_> = rows.iter().map(|r| half(r.snapshot.day)).collect();
    halves.sort_unstable();
    halves.dedup();
    let fold = |scored: &(i16, bool)| {
        let score: Vec<&Row> = rows.iter().filter(|r| half(r.snapshot.day) == *scored).copied().collect();
        let begin = score.iter().map(|r| r.snapshot.day).min()?;
        let settled = |r: &&&Row| r.snapshot.day.plus(HORIZON_DAYS) < begin;
        let train: Vec<&Row> = rows.iter().filter(settled).copied().collect();
        (!train.is_empty()).then_some((train, score))
    };
    halves.iter().skip(1).filter_map(fold).collect()
}

/// Tries every candidate on rows of the years before the test year; `told` hears how many of how many are tried. The plainest of those as good as the best by mean
/// AUC, and how all did; none where
/// the rows give no fold.
pub fn choose(rows: &[&Row], told: &mut dyn FnMut(u64, u64)) -> Option<(Choice, Vec<Tried>)> {
    let folds = folds(rows);
    let mut tried: Vec<(Choice, Tried)> = Vec::new();
    let mut prepared: Option<(Recipe<'static>, Vec<_>)> = None;
    let candidates = candidates();
    let of = candidates.len() as u64;
    for choice in candidates {
        told(tried.len() as u64, of);
        if prepared.as_ref().is_none_or(|(recipe, _)| *recipe != choice.recipe) {
            let each = folds.iter().filter_map(|(train, score)| {
                let preparation = Preparation::fit(train, choice.recipe)?;
                Some((preparation.matrix(train), targets(train), preparation.matrix(score), targets(score)))
            });
            prepared = Some((choice.recipe, each.collect()));
        }
        let Some((_, matrices)) = &prepared else { continue };
        let score = |(x, y, at, outcome): &(_, Vec<f64>, ndarray::Array2<f64>, Vec<f64>)| {
            let model = Logistic::fit(x, y, choice.c).ok()?;
            auc(&model.decisions(at), outcome)
        };
        let auc = matrices.iter().filter_map(score).collect();
        tried.push((choice, Tried { name: choice.name.to_owned(), c: choice.c, auc }));
    }
    let best = tried.iter().map(|(_, t)| t.mean()).fold(0.0, f64::max);
    // Candidates come in the order of their plainness, the larger penalty first.
    let plainest = tried.iter().find(|(_, t)| t.mean() >= best - AS_GOOD)?.0;
    (!folds.is_empty()).then(|| (plainest, tried.into_iter().map(|(_, t)| t).collect()))
}
