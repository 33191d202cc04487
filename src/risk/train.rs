//! Training: choose on the years before the test year, fit on the earlier ones, calibrate on the year before the test
//! year, and judge once on the test year.

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

/// Rows that the audit recomputes with another future: enough to meet every feature open.
const AUDITED_ROWS: usize = 300;

/// What to train on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Last day that placements are known of.
    pub data_end: Day,
    /// The test year; the latest with rows where absent.
    pub test_year: Option<i16>,
    /// RFC 3339.
    pub trained_at: String,
    /// Pitchers with arm placements, and of those the ones whom names matched; absent where ids were matched.
    pub matched: Option<(usize, usize)>,
}

/// Why nothing was trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Not enough years.
    #[error("three years are needed, to train, to calibrate and to test; rows with outcomes are of {years:?}")]
    Years {
        /// The years that have rows.
        years: Vec<i16>,
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
/// Fewer than three years, or one of them without placements.
pub fn train(series: &[Series], plan: &Plan) -> Result<Model, TrainError> {
    let data = Dataset::of(series, plan.data_end);
    let mut years: Vec<i16> = data.rows.iter().map(|r| r.snapshot.day.year()).collect();
    years.sort_unstable();
    years.dedup();
    let too_few = || TrainError::Years { years: years.clone() };
    let test_year = plan.test_year.or(years.last().copied()).ok_or_else(too_few)?;
    let first = years.first().copied().ok_or_else(too_few)?;
    let train = data.years(first, test_year - 2);
    let calibrate = data.years(test_year - 1, test_year - 1);
    let test = data.years(test_year, test_year);
    if train.is_empty() || calibrate.is_empty() || test.is_empty() {
        return Err(too_few());
    }
    let (choice, tried) = choose(&data.years(first, test_year - 1)).ok_or_else(too_few)?;
    let fitted = Fitted::on(&train, &calibrate, &choice)?;
    let plain = Fitted::on(&train, &calibrate, &YARDSTICK)?;

    let (p, y, whose) = (fitted.probabilities(&test), targets(&test), pitchers(&test));
    let judged = |p: &[f64]| judge(Scored { p, y: &y, pitcher: &whose }, RESAMPLES).ok_or_else(too_few);
    let yardstick = plain.probabilities(&test);
    let isotonic = Isotonic::fit(&fitted.calibrated_on.0, &fitted.calibrated_on.1);
    let stepped = isotonic.as_ref().map(|iso| fitted.decisions(&test).iter().map(|f| iso.probability(*f)).collect());
    let stepped: Option<Vec<f64>> = stepped;
    let result = judged(&p)?;
    let difference = |other: &[f64]| auc_difference(Scored { p: &p, y: &y, pitcher: &whose }, other, RESAMPLES);
    let boosted = match Boosted::fit(&train, &calibrate) {
        Some(trees) => {
            let other = trees.probabilities(&test);
            let of_trees = Scored { p: &other, y: &y, pitcher: &whose };
            Some((judged(&other)?, auc_difference(of_trees, &p, RESAMPLES)))
        }
        None => None,
    };
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

    Ok(Model {
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
            test_with_blackout: with_blackout(&fitted, &data, &test).ok_or_else(too_few)?,
            test_isotonic: stepped.as_deref().map(judged).transpose()?,
            yardstick: judged(&yardstick)?,
            over_yardstick: difference(&yardstick),
            boosted,
            audit: findings.iter().map(ToString::to_string).collect(),
        },
        preparation: fitted.preparation,
    })
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
/// the year has no rows.
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
