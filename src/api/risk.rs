//! `/api/risk`: how likely a pitcher is hurt within 21 days, and why.

use super::risk_api::RiskApi;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Body, Client, QueryParams};
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::risk::Day;
use crate::risk::respond::Assessment;
use crate::risk::service::RiskError;
use crate::risk::staff::Staff;

/// About whom, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RiskQuestion {
    /// MLBAM id.
    pitcher: u32,
    /// As of the end of this day, `YYYY-MM-DD`; the day of his latest game where left out.
    date: Option<String>,
}

/// About whom, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RiskQuestions {
    /// MLBAM ids.
    pitchers: Vec<u32>,
    /// As of the end of this day, `YYYY-MM-DD`; the day of each one's latest game where left out.
    date: Option<String>,
}

/// A pitcher without an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Unanswered {
    /// MLBAM id.
    pitcher: u32,
    /// Why: `UNKNOWN_PITCHER` or `NO_FEATURES_FOR_DATE`.
    code: &'static str,
    /// The same in words.
    detail: String,
}

/// Who may pitch on a day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TeamDay {
    /// `YYYY-MM-DD`.
    date: String,
    /// Of those asked about, MLBAM ids.
    available: Vec<u32>,
}

/// Several pitchers' risk.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RiskAnswers {
    /// In the order asked.
    assessments: Vec<Assessment>,
    /// Those of whom nothing can be told, and why.
    unanswered: Vec<Unanswered>,
    /// The seven days from the date asked about; empty where no date was given.
    availability: Vec<TeamDay>,
}

/// A pitcher's risk of an arm or shoulder placement within 21 days, with the reasons and what is advised.
#[utoipa::path(post, path = "/api/risk/pitcher", tag = "risk", request_body = RiskQuestion, responses(
    (status = 200, body = Assessment),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details; `code` is UNKNOWN_PITCHER, NO_FEATURES_FOR_DATE, INVALID_DATE, INVALID_DATE_RANGE, RATE_LIMITED, …"),
))]
pub(super) async fn one(
    State(state): State<ApiState>,
    client: Client,
    Body(asked): Body<RiskQuestion>,
) -> Result<Json<Assessment>, Problem> {
    let desk = desk(&state)?;
    admit(&desk, client, 1.0)?;
    let day = read_day(asked.date.as_deref(), state.today())?;
    let assessment = blocking(move || desk.service.assess(asked.pitcher, day)).await?;
    assessment.map(|a| Json(Assessment::clone(&a))).map_err(Problem::from)
}

/// The risk of several pitchers at once, and who of them may pitch over the next seven days.
#[utoipa::path(post, path = "/api/risk/pitchers", tag = "risk", request_body = RiskQuestions, responses(
    (status = 200, body = RiskAnswers),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn many(
    State(state): State<ApiState>,
    client: Client,
    Body(asked): Body<RiskQuestions>,
) -> Result<Json<RiskAnswers>, Problem> {
    let desk = desk(&state)?;
    let most = desk.service.config().batch_max;
    if asked.pitchers.is_empty() || asked.pitchers.len() > most {
        let detail = format!("{} pitchers are asked about; ask about 1 to {most} at once", asked.pitchers.len());
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid-body", "Invalid body", detail));
    }
    admit(&desk, client, asked.pitchers.len() as f64)?;
    let day = read_day(asked.date.as_deref(), state.today())?;
    blocking(move || answer(&desk, &asked.pitchers, day)).await?.map(Json)
}

fn answer(desk: &RiskApi, pitchers: &[u32], day: Option<Day>) -> Result<RiskAnswers, Problem> {
    let mut answers = RiskAnswers { assessments: Vec::new(), unanswered: Vec::new(), availability: Vec::new() };
    for (pitcher, told) in desk.service.assess_all(pitchers, day)? {
        let (code, detail) = match told {
            Ok(assessment) => {
                answers.assessments.push(Assessment::clone(&assessment));
                continue;
            }
            Err(error @ RiskError::UnknownPitcher(_)) => ("UNKNOWN_PITCHER", error.to_string()),
            Err(error) => ("NO_FEATURES_FOR_DATE", error.to_string()),
        };
        answers.unanswered.push(Unanswered { pitcher, code, detail });
    }
    if day.is_some() {
        let days = answers.assessments.first().map(|a| a.recommendation.availability.clone()).unwrap_or_default();
        let team = |(at, date): (usize, String)| {
            let may = |a: &&Assessment| a.recommendation.availability.get(at).is_some_and(|d| d.available);
            TeamDay { date, available: answers.assessments.iter().filter(may).map(|a| a.pitcher).collect() }
        };
        answers.availability = days.into_iter().map(|d| d.date).enumerate().map(team).collect();
    }
    Ok(answers)
}

/// What asking about the whole staff takes of a client's minute: at the usual limit it can be asked for 24 times.
const STAFF_COST: f64 = 10.0;

/// As of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StaffQuery {
    /// As of the end of this day, `YYYY-MM-DD`; today's in the park where left out.
    date: Option<String>,
}

/// Everybody's risk, load and availability at one date, in one answer. Load and availability are told without a model too.
#[utoipa::path(get, path = "/api/risk/staff", tag = "risk", params(StaffQuery), responses(
    (status = 200, body = Staff),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details; `code` is INVALID_DATE, INVALID_DATE_RANGE, RATE_LIMITED, …"),
))]
pub(super) async fn staff(
    State(state): State<ApiState>,
    client: Client,
    QueryParams(asked): QueryParams<StaffQuery>,
) -> Result<Json<Staff>, Problem> {
    let desk = desk(&state)?;
    admit(&desk, client, STAFF_COST)?;
    let today = state.today();
    let day = read_day(asked.date.as_deref(), today)?.unwrap_or(Day::of(today));
    let staff = blocking(move || desk.service.staff(day)).await?;
    staff.map(Json).map_err(|error| RiskError::from(error).into())
}

/// The service, where there is one.
pub(super) fn desk(state: &ApiState) -> Result<Arc<RiskApi>, Problem> {
    state.risk.clone().ok_or_else(|| RiskError::NoModel.into())
}

/// Takes `cost` requests of a client's minute.
pub(super) fn admit(desk: &RiskApi, Client(ip): Client, cost: f64) -> Result<(), Problem> {
    desk.asked.take(ip, cost, Instant::now()).map_err(|wait| {
        let seconds = wait.as_secs() + 1;
        let most = desk.service.config().requests_per_minute;
        let detail = format!(
            "This device has asked for more risks than the {most} a minute that one may ask for; it can ask again in \
             {seconds} s. GET /api/risk/staff tells everybody's in one request."
        );
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many requests", detail).retry_after(seconds)
    })
}

/// A day up to today, the park's day of baseball; between midnight and its turn the calendar is a day ahead of it.
fn read_day(text: Option<&str>, today: Date) -> Result<Option<Day>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let day = Day::parse(text).ok_or_else(|| {
        let detail = format!("date = {text:?} is no date; write YYYY-MM-DD");
        Problem::new(StatusCode::BAD_REQUEST, "invalid-date", "Invalid date", detail)
    })?;
    if day > Day::of(today).plus(1) {
        let detail = format!("date = {text} lies ahead; what is not played yet cannot be judged");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid-date-range", "Invalid date range", detail));
    }
    Ok(Some(day))
}

/// Works off the event loop.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let broke_off = |_| Problem::internal("this request broke off by a fault of ours; the log says more");
    tokio::task::spawn_blocking(work).await.map_err(broke_off)
}

impl From<RiskError> for Problem {
    fn from(error: RiskError) -> Self {
        let (status, slug, title) = match &error {
            // Nothing fails where there is none: there is nothing at this address yet.
            RiskError::NoModel => (StatusCode::NOT_FOUND, "no-model", "No model serves"),
            RiskError::CannotServe(_) => (StatusCode::SERVICE_UNAVAILABLE, "no-model", "No model serves"),
            RiskError::UnknownPitcher(_) => (StatusCode::NOT_FOUND, "unknown-pitcher", "Unknown pitcher"),
            RiskError::NoAssessment(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "no-features-for-date", "Too little known for this date")
            }
            RiskError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store-failed", "Store failed"),
        };
        Self::new(status, slug, title, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_apart() {
        let today = jiff::civil::date(2023, 6, 11);
        assert!(matches!(read_day(None, today), Ok(None)));
        assert!(matches!(read_day(Some("2023-06-11"), today), Ok(Some(_))));
        for wrong in ["6/11/23", "2023-06-13", "9000-01-01"] {
            assert!(read_day(Some(wrong), today).is_err(), "{wrong}");
        }
    }
}
