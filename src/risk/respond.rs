//! What is answered about a pitcher's risk (science.md §8).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::advise::{Advice, advise};
use super::anomaly::{Anomaly, outing};
use super::config::Config;
use super::coverage::Coverage;
use super::day::Day;
use super::features::{self, Past, Snapshot};
use super::model::{Model, Score, ScoreError, risk_index};
use super::series::Series;
use super::words;
use crate::units::Unit;

/// Days without a game after which what is known says half as much: this project's own choice.
const STALE_DAYS: f64 = 21.0;
/// Without a game for longer there is nothing to tell from.
pub const SILENT_DAYS: i32 = 60;

/// A contribution up to this is none, log-odds: what no injured list covers moves nothing, but for rounding.
const NOTHING: f64 = 1e-12;

/// Level by the configured thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Below the medium threshold.
    Low,
    /// From the medium threshold on.
    Medium,
    /// From the high threshold on.
    High,
}

/// Which way a contribution goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It raises the risk.
    Increases,
    /// It lowers the risk.
    Decreases,
}

/// What makes his risk what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contributor {
    /// The feature.
    pub name: String,
    /// Its value; absent where it is missing, and that is what contributes.
    pub value: Option<f64>,
    /// Which way.
    pub direction: Direction,
    /// In calibrated log-odds (SHAP); all of them and `base_log_odds` add up to the probability's.
    pub contribution: f64,
    /// In a coach's words.
    pub explanation: String,
    /// What can be done, where something can.
    pub mitigation: Option<String>,
    /// In what the value is told.
    pub unit: Option<Unit>,
    /// Decimals that it is shown with in that unit.
    pub digits: Option<u8>,
}

/// His load in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RiskWorkload)]
pub struct WorkloadSummary {
    /// Pitches of the last 7 days.
    pub pitches_7d: Option<f64>,
    /// Pitches of the last 14 days.
    pub pitches_14d: Option<f64>,
    /// Pitches of the last 30 days.
    pub pitches_30d: Option<f64>,
    /// Games of the last 30 days.
    pub appearances_30d: Option<f64>,
    /// Acute to chronic load: at the end of the day of the assessment the same number as the workload's of
    /// that day, and as readiness is told it on the next morning.
    pub acwr: Option<f64>,
    /// Days since his latest game.
    pub days_since_last: i32,
}

/// How likely he is placed on the injured list with his arm or shoulder within 21 days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Assessment {
    /// MLBAM id.
    pub pitcher: u32,
    /// As of the end of this day, `YYYY-MM-DD`.
    pub date: String,
    /// His latest game by then.
    pub last_game_date: String,
    /// Of an arm or shoulder placement within 21 days; null where there is none to be told, see `risk_absent`.
    pub probability: Option<f64>,
    /// The same in percent.
    pub percentage: Option<f64>,
    /// 0–100: the base rate is 25, thrice its odds 50, nine times 75. No percentage: show the probability beside the base
    /// rate.
    pub risk_index: Option<f64>,
    /// The share of days of pitching that a placement follows within 21 days: what is usual.
    pub base_rate: f64,
    /// By the configured thresholds; null where there is no probability.
    pub level: Option<Level>,
    /// Why there is no probability though a model serves: it is not better than chance. Null where there is one.
    pub risk_absent: Option<String>,
    /// 0–1: completeness, halved for each 21 days without a game, and halved where the model's ranking could not be told
    /// from chance on the year that it was tested on.
    pub confidence: f64,
    /// Share of the model's features that are known.
    pub data_completeness: f64,
    /// Log-odds that the contributions start from.
    pub base_log_odds: f64,
    /// The largest contributions; empty where there is no probability.
    pub top_contributors: Vec<Contributor>,
    /// His load.
    pub workload_summary: WorkloadSummary,
    /// What is advised.
    pub recommendation: Advice,
    /// His latest outing against his own; absent with too little history.
    pub anomaly: Option<Anomaly>,
    /// Of which days injured lists and his games are known.
    pub coverage: Coverage,
    /// What to mind.
    pub notes: Vec<String>,
    /// Which model told.
    pub model_version: String,
}

/// Why there is no assessment.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoAssessment {
    /// No game by that day, or none for long.
    #[error("he has no game in the {SILENT_DAYS} days up to {0}")]
    NoGames(Day),
    /// The model does not score him.
    #[error(transparent)]
    NotScored(#[from] ScoreError),
}

/// What was known of him at the end of `day`, and what the model says of it.
pub(super) fn score(model: &Model, series: &Series, day: Day) -> Result<(Snapshot, Score), NoAssessment> {
    let has_pitched = |game: &Day| (0..=SILENT_DAYS).contains(&day.since(*game));
    if !series.appearances.iter().rev().filter_map(|a| a.day).any(|game| has_pitched(&game)) {
        return Err(NoAssessment::NoGames(day));
    }
    let snapshot = Snapshot::of(series, day).ok_or(NoAssessment::NoGames(day))?;
    let score = model.score(&snapshot)?;
    Ok((snapshot, score))
}

/// By the configured thresholds.
pub(super) fn level(probability: f64, config: &Config) -> Level {
    match probability {
        p if p >= config.high_from => Level::High,
        p if p >= config.medium_from => Level::Medium,
        _ => Level::Low,
    }
}

/// Of an arm placement within 21 days of the end of `day`, and nothing else.
///
/// # Errors
/// Too little is known of him by then.
pub fn probability(model: &Model, series: &Series, day: Day) -> Result<f64, NoAssessment> {
    score(model, series, day).map(|(_, score)| score.probability)
}

/// Assesses a pitcher as of the end of `day`. `thrown` is `series` with the games that are not over or summed up yet, which load and
/// advice go by.
///
/// # Errors
/// Too little is known of him by then.
pub fn assess(
    model: &Model,
    series: &Series,
    thrown: &Series,
    day: Day,
    config: &Config,
) -> Result<Assessment, NoAssessment> {
    let (snapshot, score) = score(model, series, day)?;
    let since = day.since(snapshot.last_game);
    let contributors = contributors(model, &snapshot, &score, config.contributors);
    let absent = (!model.is_better_than_chance()).then(|| words::no_better_than_chance(model));
    let told = Some(score.probability).filter(|_| absent.is_none());
    let level = told.map(|probability| level(probability, config));
    let contributors = if absent.is_none() { contributors } else { Vec::new() };
    let raising = contributors.iter().find(|c| c.direction == Direction::Increases).map(|c| words::title(&c.name));
    let coverage = Coverage::of(series, day);
    let mut notes = Vec::new();
    match &absent {
        Some(why) => notes.push(format!("No risk is told: {why}.")),
        None => notes.push("A probability over many pitchers: most at high risk stay healthy.".to_owned()),
    }
    if !coverage.earlier_injuries_known {
        notes.push("Whether he was hurt in the last year is not known: that moves his risk neither way.".to_owned());
    }
    Ok(Assessment {
        pitcher: series.pitcher,
        date: day.to_string(),
        last_game_date: snapshot.last_game.to_string(),
        probability: told,
        percentage: told.map(|probability| 100.0 * probability),
        risk_index: told.map(|probability| risk_index(probability, model.base_rate)),
        base_rate: model.base_rate,
        level,
        confidence: score.completeness
            * (-f64::from(since) / STALE_DAYS).exp2()
            * if absent.is_none() { 1.0 } else { 0.5 },
        risk_absent: absent,
        data_completeness: score.completeness,
        base_log_odds: score.explanation.base,
        workload_summary: WorkloadSummary {
            pitches_7d: snapshot.value("pitches_7d"),
            pitches_14d: snapshot.value("pitches_14d"),
            pitches_30d: snapshot.value("pitches_30d"),
            appearances_30d: snapshot.value("appearances_30d"),
            acwr: features::acute_to_chronic(&Past::of(thrown, day)),
            days_since_last: since,
        },
        recommendation: advise(thrown, day, raising.as_deref().filter(|_| level == Some(Level::High))),
        anomaly: outing(series, day),
        coverage,
        top_contributors: contributors,
        notes,
        model_version: model.version.clone(),
    })
}

/// The largest contributions, a feature's missing flag counted to the feature.
fn contributors(model: &Model, snapshot: &Snapshot, score: &Score, most: usize) -> Vec<Contributor> {
    let mut sums: Vec<(&str, f64)> = Vec::new();
    for (column, part) in model.preparation.columns.iter().zip(&score.explanation.contributions) {
        match sums.iter_mut().find(|(name, _)| *name == column.feature) {
            Some((_, sum)) => *sum += part,
            None => sums.push((&column.feature, *part)),
        }
    }
    sums.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let one = |(name, contribution): (&str, f64)| {
        let raises = contribution > 0.0;
        let value = snapshot.value(name);
        let explanation = match value {
            Some(value) => words::explanation(name, value, raises),
            None => "Not enough is known of this; the usual value stands in.".to_owned(),
        };
        Contributor {
            name: name.to_owned(),
            value,
            direction: if raises { Direction::Increases } else { Direction::Decreases },
            contribution,
            explanation,
            mitigation: value.and_then(|value| words::mitigation(name, value, raises)).map(str::to_owned),
            unit: features::shown(name).map(|shown| shown.unit),
            digits: features::shown(name).map(|shown| shown.digits),
        }
    };
    // What moves nothing is no contribution: of what is unknown least of all.
    sums.into_iter().filter(|(_, part)| part.abs() > NOTHING).take(most).map(one).collect()
}
