//! What is answered about a pitcher's risk (science.md, risk response).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::advise::{Advice, advise};
use super::anomaly::{Anomaly, outing};
use super::config::Config;
use super::day::Day;
use super::features::Snapshot;
use super::model::{Model, Score, ScoreError, risk_index};
use super::series::Series;
use super::words;

/// Days without a game after which what is known says half as much: this project's own choice.
const STALE_DAYS: f64 = 21.0;
/// Without a game for longer there is nothing to tell from.
pub const SILENT_DAYS: i32 = 60;

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
    /// Acute to chronic load.
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
    /// Of an arm or shoulder placement within 21 days.
    pub probability: f64,
    /// The same in percent.
    pub percentage: f64,
    /// 0–100: the base rate is 25, thrice its odds 50, nine times 75.
    pub risk_index: f64,
    /// The base rate that the index is measured from.
    pub base_rate: f64,
    /// By the configured thresholds.
    pub level: Level,
    /// 0–1: completeness, halved for each 21 days without a game, and halved where the model's ranking could not be told
    /// from chance on the year that it was tested on.
    pub confidence: f64,
    /// Share of the model's features that are known.
    pub data_completeness: f64,
    /// Log-odds that the contributions start from.
    pub base_log_odds: f64,
    /// The largest contributions.
    pub top_contributors: Vec<Contributor>,
    /// His load.
    pub workload_summary: WorkloadSummary,
    /// What is advised.
    pub recommendation: Advice,
    /// His latest outing against his own; absent with too little history.
    pub anomaly: Option<Anomaly>,
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
fn score(model: &Model, series: &Series, day: Day) -> Result<(Snapshot, Score), NoAssessment> {
    let snapshot = Snapshot::of(series, day).ok_or(NoAssessment::NoGames(day))?;
    if day.since(snapshot.last_game) > SILENT_DAYS {
        return Err(NoAssessment::NoGames(day));
    }
    let score = model.score(&snapshot)?;
    Ok((snapshot, score))
}

/// Of an arm placement within 21 days of the end of `day`, and nothing else.
///
/// # Errors
/// Too little is known of him by then.
pub fn probability(model: &Model, series: &Series, day: Day) -> Result<f64, NoAssessment> {
    score(model, series, day).map(|(_, score)| score.probability)
}

/// Assesses a pitcher as of the end of `day`.
///
/// # Errors
/// Too little is known of him by then.
pub fn assess(model: &Model, series: &Series, day: Day, config: &Config) -> Result<Assessment, NoAssessment> {
    let (snapshot, score) = score(model, series, day)?;
    let since = day.since(snapshot.last_game);
    let contributors = contributors(model, &snapshot, &score, config.contributors);
    let level = match score.probability {
        p if p >= config.high_from => Level::High,
        p if p >= config.medium_from => Level::Medium,
        _ => Level::Low,
    };
    let raising = contributors.iter().find(|c| c.direction == Direction::Increases).map(|c| words::title(&c.name));
    let ranks = model.record.test.auc.low > 0.5;
    let mut notes = vec!["A probability over many pitchers: most at high risk stay healthy.".to_owned()];
    if !ranks {
        notes.push(format!(
            "On {} this model's ranking could not be told from chance (AUC {:.3}, {:.2}–{:.2}).",
            model.record.test_year, model.record.test.auc.value, model.record.test.auc.low, model.record.test.auc.high
        ));
    }
    Ok(Assessment {
        pitcher: series.pitcher,
        date: day.to_string(),
        last_game_date: snapshot.last_game.to_string(),
        probability: score.probability,
        percentage: 100.0 * score.probability,
        risk_index: risk_index(score.probability, model.base_rate),
        base_rate: model.base_rate,
        level,
        confidence: score.completeness * (-f64::from(since) / STALE_DAYS).exp2() * if ranks { 1.0 } else { 0.5 },
        data_completeness: score.completeness,
        base_log_odds: score.explanation.base,
        workload_summary: WorkloadSummary {
            pitches_7d: snapshot.value("pitches_7d"),
            pitches_14d: snapshot.value("pitches_14d"),
            pitches_30d: snapshot.value("pitches_30d"),
            appearances_30d: snapshot.value("appearances_30d"),
            acwr: snapshot.value("acwr"),
            days_since_last: since,
        },
        recommendation: advise(series, day, raising.as_deref().filter(|_| level == Level::High)),
        anomaly: outing(series, day),
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
        }
    };
    sums.into_iter().take(most).map(one).collect()
}
