//! Training: choose on the years before the test year, fit on the earlier ones, calibrate on the year before the test
//! year, and judge once on the test year.

use std::collections::BTreeSet;
use std::fmt;

use super::audit;
use super::boosted::Boosted;
use super::calibrate::{Isotonic, Platt};
use super::choose::{Choice, YARDSTICK, choose};
use super::dataset::{Dataset, Row, seasons, targets};
use super::day::Day;
use super::drift::{Reference, Settled, settled};
use super::features::{Snapshot, fingerprint};
use super::logistic::{FitError, Logistic};
use super::metrics::{Judged, RESAMPLES, Scored, auc_difference, judge};
use super::model::{Model, Record};
use super::prepare::Preparation;
use super::series::Series;
use crate::words::counted;

/// Rows that the audit recomputes with another future: enough to meet every feature open.
const AUDITED_ROWS: usize = 300;

/// What to train on.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Last day that placements are known of.
    pub data_end: Day,
    /// The test year; the latest that can judge a model where absent.
    pub test_year: Option<i16>,
    /// An AUC known no better than to ± this judges nothing.
    pub auc_within: f64,
    /// RFC 3339.
    pub trained_at: String,
    /// Pitchers with arm placements, and of those the ones whom names matched; absent where ids were matched.
    pub matched: Option<(usize, usize)>,
}

/// Pitchers placed within a season that an AUC known to ± `within` takes: with m of them it is known to about
/// ±1.96·1.25·√(1/(12·m)), where 1.25 is what a bootstrap over pitchers adds on real seasons (145 pitchers, standard error
/// 0.03).
fn placed_usual(within: f64) -> f64 {
    (1.96 * 1.25 / within).powi(2) / 12.0
}

/// A year that cannot test a model, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Which.
    pub year: i16,
    /// Why, in words.
    pub why: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.year, self.why)
    }
}

fn listed(years: &[Unfit]) -> String {
    years.iter().map(Unfit::to_string).collect::<Vec<_>>().join("; ")
}

fn in_words(years: &[i16]) -> String {
    match years.iter().map(i16::to_string).collect::<Vec<_>>().as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Why nothing was trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Not enough years.
    #[error(
        "three years with known outcomes are needed, to train, to calibrate and to test; known are {}: import the games and \
         the injured lists of more seasons, or choose another --test-year or a later --data-end",
        in_words(years)
    )]
    Years {
        /// The years that have rows.
        years: Vec<i16>,
    },
    /// No year can tell how good a model is.
    #[error(
        "no model was trained, for no year can tell how good it is: {}. A test year needs an AUC known to better than \
         ±{within}, which takes placements of about {:.0} pitchers in it: import the games and the injured lists of more \
         seasons",
        listed(years), placed_usual(*within)
    )]
    NoTestYear {
        /// Those that were looked at.
        years: Vec<Unfit>,
        /// How well the AUC must be known.
        within: f64,
    },
    /// The regression failed.
    #[error("the regression: {0}")]
    Fit(#[from] FitError),
}

/// A decision for each row, and the model behind it.
struct Fitted {
    preparation: Preparation,
    logistic: Logistic,
    platt: Platt,
    calibrated_on: (Vec<f64>, Vec<f64>),
}

impl Fitted {
    fn on(train: &[&Row], calibrate: &[&Row], choice: &Choice) -> Result<Self, TrainError> {
        let preparation = Preparation::fit(train, choice.recipe).ok_or(FitError::NoMinimum)?;
        let logistic = Logistic::fit(&preparation.matrix(train), &targets(train), choice.c)?;
        let decisions = logistic.decisions(&preparation.matrix(calibrate));
        let outcomes = targets(calibrate);
        let platt = Platt::fit(&decisions, &outcomes);
        Ok(Self { preparation, logistic, platt, calibrated_on: (decisions, outcomes) })
    }

    fn decisions(&self, rows: &[&Row]) -> Vec<f64> {
        self.logistic.decisions(&self.preparation.matrix(rows))
    }

    fn probabilities(&self, rows: &[&Row]) -> Vec<f64> {
        self.decisions(rows).into_iter().map(|f| self.platt.probability(f)).collect()
    }
}

/// Pitchers of rows.
fn pitchers(rows: &[&Row]) -> Vec<u32> {
    rows.iter().map(|r| r.snapshot.pitcher).collect()
}

/// Trains and judges a model. `series` ascend by pitcher.
///
/// # Errors
/// Fewer than three years, or none of them can tell how good a model is.
pub fn train(series: &[Series], plan: &Plan) -> Result<Model, TrainError> {
    train_told(series, plan, &mut |_, _, _| ())
}

/// [`train`], which takes a while: `told` hears what is being done, and how much of how much is.
///
/// # Errors
/// As there.
pub fn train_told(series: &[Series], plan: &Plan, told: &mut dyn FnMut(&str, u64, u64)) -> Result<Model, TrainError> {
    told("making features", 0, 1);
    let data = Dataset::of(series, plan.data_end);
    let mut years: Vec<i16> = data.rows.iter().map(|r| r.snapshot.day.year()).collect();
    years.sort_unstable();
    years.dedup();
    let too_few = || TrainError::Years { years: years.clone() };
    let first = *years.first().ok_or_else(too_few)?;
    let candidates = match plan.test_year {
        Some(year) => vec![year],
        None => years.iter().rev().copied().collect(),
    };
    let mut unfit = Vec::new();
    for year in candidates {
        let has = |from: i16, to: i16| !data.years(from, to).is_empty();
        if !(has(first, year - 2) && has(year - 1, year - 1)) {
            break;
        }
        match train_for(series, &data, plan, (first, year), told)? {
            Ok(model) => return Ok(model),
            Err(why) => unfit.push(Unfit { year, why }),
        }
    }
    Err(if unfit.is_empty() { too_few() } else { TrainError::NoTestYear { years: unfit, within: plan.auc_within } })
}

/// Why rows of a year cannot calibrate or test, for want of placements.
fn without_placements(rows: &[&Row], year: i16) -> Option<String> {
    match (rows.len(), rows.iter().any(|row| row.target() > 0.5)) {
        (0, _) => Some(format!("no day of pitching of {year} has a known outcome")),
        (days, false) => {
            let days = counted(days, "day", "days");
            Some(format!("no placement follows its {days} of pitching of {year} with a known outcome"))
        }
        (_, true) => None,
    }
}

/// Trains and judges a model on this test year; or why the year can judge none.
fn train_for(
    series: &[Series],
    data: &Dataset,
    plan: &Plan,
    (first, test_year): (i16, i16),
    told: &mut dyn FnMut(&str, u64, u64),
) -> Result<Result<Model, String>, TrainError> {
    let train = data.years(first, test_year - 2);
    let calibrate = data.years(test_year - 1, test_year - 1);
    let test = data.years(test_year, test_year);
    let unfit = without_placements(&test, test_year).or_else(|| without_placements(&calibrate, test_year - 1));
    if let Some(why) = unfit {
        return Ok(Err(why));
    }
    let no_fold = || TrainError::Years { years: vec![first, test_year] };
    let (choice, tried) = choose(&data.years(first, test_year - 1), &mut |done, of| told("choosing inputs", done, of))
        .ok_or_else(no_fold)?;
    let fitted = Fitted::on(&train, &calibrate, &choice)?;

    told("judging on the test year", 0, 1);
    let (p, y, whose) = (fitted.probabilities(&test), targets(&test), pitchers(&test));
    let judged = |p: &[f64]| judge(Scored { p, y: &y, pitcher: &whose }, RESAMPLES);
    let placed: BTreeSet<u32> = test.iter().filter(|row| row.target() > 0.5).map(|row| row.snapshot.pitcher).collect();
    let too_wide =
        |known: &str| Ok(Err(format!("{} placed, and {known}", counted(placed.len(), "pitcher was", "pitchers were"))));
    let Some(result) = judged(&p) else { return too_wide("the AUC has no interval") };
    if result.auc.half_width() >= plan.auc_within {
        return too_wide(&format!("the AUC is known to ±{:.2} only", result.auc.half_width()));
    }
    let plain = Fitted::on(&train, &calibrate, &YARDSTICK)?;
    let few = || {
        let years = vec![Unfit { year: test_year, why: "too few pitchers were placed".to_owned() }];
        TrainError::NoTestYear { years, within: plan.auc_within }
    };
    let yardstick = plain.probabilities(&test);
    let isotonic = Isotonic::fit(&fitted.calibrated_on.0, &fitted.calibrated_on.1);
    let stepped = isotonic.as_ref().map(|iso| fitted.decisions(&test).iter().map(|f| iso.probability(*f)).collect());
    let stepped: Option<Vec<f64>> = stepped;
    let difference =
        |other: &[f64]| auc_difference(Scored { p: &p, y: &y, pitcher: &whose }, other, RESAMPLES).ok_or_else(few);
    told("comparing with trees", 0, 1);
    let boosted = match Boosted::fit(&train, &calibrate) {
        Some(trees) => {
            let other = trees.probabilities(&test);
            let of_trees = Scored { p: &other, y: &y, pitcher: &whose };
            let difference = auc_difference(of_trees, &p, RESAMPLES).ok_or_else(few)?;
            Some((judged(&other).ok_or_else(few)?, difference))
        }
        None => None,
    };
    told("auditing", 0, 1);
    let mut findings = audit::split(&train, &calibrate, &test);
    findings.extend(audit::preparation(&fitted.preparation, &train, choice.recipe));
    let x = fitted.preparation.matrix(&train);
    let column = |(at, c): (usize, &super::prepare::Column)| {
        let name = if c.flag { format!("{} (missing)", c.feature) } else { c.feature.clone() };
        (name, x.column(at).to_vec())
    };
    let inputs: Vec<_> = fitted.preparation.columns.iter().enumerate().map(column).collect();
    findings.extend(audit::calendar_proxies(&train, &inputs));
    let seasons = seasons(series);
    findings.extend(audit::labels(series, &test, |year| seasons.get(&year).copied(), plan.data_end));
    let step = (data.rows.len() / AUDITED_ROWS).max(1);
    let some: Vec<&Row> = data.rows.iter().step_by(step).collect();
    findings.extend(audit::future_features(series, &some, audit::as_computed));
    findings.extend(audit::too_good(result.auc.value));

    Ok(Ok(Model {
        version: format!("{}-{test_year}", plan.trained_at.replace([':', '-'], "").replace('T', "t").to_lowercase()),
        trained_at: plan.trained_at.clone(),
        fingerprint: fingerprint(),
        means: x.mean_axis(ndarray::Axis(0)).map(|m| m.to_vec()).unwrap_or_default(),
        reference: Reference::of(&train, &fitted.preparation),
        weights: fitted.logistic.weights.to_vec(),
        intercept: fitted.logistic.intercept,
        platt: fitted.platt,
        isotonic,
        base_rate: fitted.calibrated_on.1.iter().sum::<f64>() / fitted.calibrated_on.1.len() as f64,
        record: Record {
            train_years: (first, test_year - 2),
            calibrate_year: test_year - 1,
            test_year,
            inputs: choice.name.to_owned(),
            c: choice.c,
            tried,
            balance: data.balance.iter().map(|(year, balance)| (*year, *balance)).collect(),
            data_end: plan.data_end,
            matched: plan.matched,
            test: result,
            test_with_blackout: with_blackout(&fitted, data, &test).ok_or_else(few)?,
            test_isotonic: stepped.as_deref().and_then(judged),
            yardstick: judged(&yardstick).ok_or_else(few)?,
            over_yardstick: difference(&yardstick)?,
            boosted,
            audit: findings.iter().map(ToString::to_string).collect(),
        },
        preparation: fitted.preparation,
    }))
}

/// The test year with the blackout rows counted as placements.
fn with_blackout(fitted: &Fitted, data: &Dataset, test: &[&Row]) -> Option<Judged> {
    let year = test.first()?.snapshot.day.year();
    let blackout = data.blackout(year);
    let all: Vec<&Row> = test.iter().chain(&blackout).copied().collect();
    let mut y = targets(test);
    y.resize(all.len(), 1.0);
    let (p, whose) = (fitted.probabilities(&all), pitchers(&all));
    judge(Scored { p: &p, y: &y, pitcher: &whose }, RESAMPLES)
}

/// A model on a later year than those it was made with, and whether as many placements came as it foretold; none where
/// the year has no rows, or none of them is followed by a placement.
pub fn evaluate(model: &Model, series: &[Series], data_end: Day, year: i16) -> Option<(Judged, Settled)> {
    let data = Dataset::of(series, data_end);
    let rows = data.years(year, year);
    let weights = ndarray::Array1::from(model.weights.clone());
    let decisions = model.preparation.matrix(&rows).dot(&weights) + model.intercept;
    let p: Vec<f64> = decisions.iter().map(|f| model.platt.probability(*f)).collect();
    let y = targets(&rows);
    let outcomes: Vec<(f64, f64)> = p.iter().copied().zip(y.iter().copied()).collect();
    Some((judge(Scored { p: &p, y: &y, pitcher: &pitchers(&rows) }, RESAMPLES)?, settled(&outcomes)?))
}

/// Snapshots of the game days of a year's regular season, for drift.
pub fn recent(series: &[Series], year: i16) -> Vec<Snapshot> {
    let Some(season) = seasons(series).get(&year).copied() else { return Vec::new() };
    let of = |one: &Series| {
        let days = one.appearances.iter().filter_map(|a| a.day).filter(|d| season.has(*d));
        days.filter_map(|day| Snapshot::of(one, day)).collect::<Vec<_>>()
    };
    series.iter().flat_map(of).collect()
}
