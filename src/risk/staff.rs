//! Everybody at one date: risk, load and availability of all pitchers in one answer. Load and availability need no model.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::advise::{Advice, Available, advise};
use super::coverage::{DateSpan, Lists};
use super::day::Day;
use super::features::{Past, acute_to_chronic};
use super::model::Model;
use super::respond::{Level, SILENT_DAYS, level, score};
use super::series::Series;
use super::service::{RiskError, RiskService};
use super::{stored, words};
use crate::store::StoreError;
use crate::workload::HISTORY_DAYS;

/// Days back to which a day that was only partly seen is told of: those that still weigh in a load.
const PARTLY_SEEN_DAYS: i32 = HISTORY_DAYS as i32;

/// One pitcher of the staff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StaffRow {
    /// MLBAM id.
    pub pitcher: u32,
    /// Of an arm or shoulder placement within 21 days; null where there is none to be told, see `risk_absent`.
    pub probability: Option<f64>,
    /// By the configured thresholds; null where there is no probability.
    pub level: Option<Level>,
    /// Why there is no probability; null where there is one.
    pub risk_absent: Option<String>,
    /// Whether the injured lists tell of the year before: where they do not, earlier injuries are unknown.
    pub earlier_injuries_known: bool,
    /// Acute to chronic load at the end of the day, its own pitches counted; null where too little is known. A
    /// readiness goes by that of the evening before.
    pub acwr: Option<f64>,
    /// Pitches of the 7 days that end with the day; null without a game of his by then. At least so many where `partly_seen_on` is
    /// one of them.
    pub pitches_7d: Option<u32>,
    /// The newest of the last nine weeks' days of which only part was seen, `YYYY-MM-DD`: counts that reach back to it are at least
    /// what is told, ratios may be either way off; null where there is none.
    #[serde(default)]
    pub partly_seen_on: Option<String>,
    /// Days since his latest game; null without one.
    pub days_since_last: Option<i32>,
    /// His latest game by then, `YYYY-MM-DD`; null without one.
    pub last_game_date: Option<String>,
    /// The next day on which he may pitch, `YYYY-MM-DD`; null where he has not pitched for 60 days.
    pub next_available: Option<String>,
    /// Whether he may pitch on the day and the six after it, after all that he has thrown by then; empty where he has not pitched for
    /// 60 days.
    pub availability: Vec<Available>,
}

/// All pitchers at the end of one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Staff {
    /// As of the end of this day, `YYYY-MM-DD`, for everybody.
    pub date: String,
    /// Which model told; null where none serves.
    pub model_version: Option<String>,
    /// What is usual: the share of days of pitching that a placement follows within 21 days; null where no model serves.
    pub base_rate: Option<f64>,
    /// Why nobody has a risk: no model serves, or it is not better than chance. Null where single ones may have none.
    pub risk_absent: Option<String>,
    /// Days that the loaded injured lists tell of, oldest first; empty where none is loaded.
    pub injured_lists: Vec<DateSpan>,
    /// Everybody whom the box knows, ascending by id.
    pub rows: Vec<StaffRow>,
}

impl RiskService {
    /// Everybody at the end of `day`.
    ///
    /// # Errors
    /// The store fails.
    pub fn staff(&self, day: Day) -> Result<Staff, StoreError> {
        let lists = self.lists()?;
        let serving = self.serving();
        let model = serving.as_ref().ok();
        let absent = match &serving {
            Err(error) => Some(words::absent(error)),
            Ok(model) => (!model.is_better_than_chance()).then(|| words::no_better_than_chance(model)),
        };
        let mut measured = stored::measured_here(self.store(), day)?;
        let mut rows = Vec::new();
        for person in self.store().known_pitchers()? {
            let mut series =
                stored::series_of(self.store(), person.id, &lists)?.unwrap_or_else(|| nobody(person.id, &lists));
            let told = match (&absent, model) {
                (None, Some(model)) => self.told(model, &series, day),
                (why, _) => Err(why.clone().unwrap_or_default()),
            };
            // His load is of today too; what the model was trained with is of games that are over.
            series.appearances.extend(measured.remove(&person.id).unwrap_or_default());
            series.settle();
            rows.push(row(&series, day, told));
        }
        Ok(Staff {
            date: day.to_string(),
            model_version: model.map(|model| model.version.clone()),
            base_rate: model.map(|model| model.base_rate),
            risk_absent: absent,
            injured_lists: lists.spans().iter().copied().map(DateSpan::from).collect(),
            rows,
        })
    }

    fn told(&self, model: &Model, series: &Series, day: Day) -> Result<(f64, Level), String> {
        match score(model, series, day) {
            Ok((_, score)) => Ok((score.probability, level(score.probability, self.config()))),
            Err(_) if series.appearances.is_empty() => Err(words::absent(&RiskError::UnknownPitcher(series.pitcher))),
            Err(why) => Err(words::absent(&RiskError::NoAssessment(why))),
        }
    }
}

/// Somebody of whom no game is known.
fn nobody(pitcher: u32, lists: &Lists) -> Series {
    Series { pitcher, lists: lists.clone(), ..Series::default() }
}

fn row(series: &Series, day: Day, told: Result<(f64, Level), String>) -> StaffRow {
    let past = Past::of(series, day);
    let known = series.appearances.iter().chain(&series.partial).filter_map(|game| game.day);
    let last = known.filter(|game| *game <= day).max();
    let since = last.map(|last| day.since(last));
    let advice: Option<Advice> = since.filter(|days| *days <= SILENT_DAYS).map(|_| {
        let high = matches!(told, Ok((_, Level::High)));
        advise(series, day, high.then_some("his risk as a whole"))
    });
    StaffRow {
        pitcher: series.pitcher,
        probability: told.as_ref().ok().map(|(probability, _)| *probability),
        level: told.as_ref().ok().map(|(_, level)| *level),
        risk_absent: told.err(),
        earlier_injuries_known: series.lists.tell_of_year_before(day),
        acwr: acute_to_chronic(&past),
        pitches_7d: last.map(|_| past.pitches(7)),
        partly_seen_on: series.partly_seen_by(day, PARTLY_SEEN_DAYS).map(|on| on.to_string()),
        days_since_last: since,
        last_game_date: last.map(|last| last.to_string()),
        next_available: advice.as_ref().map(|advice| advice.next_available.clone()),
        availability: advice.map(|advice| advice.availability).unwrap_or_default(),
    }
}
