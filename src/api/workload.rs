//! `/api/workload/pitcher/{id}`: what he carried, day by day.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::{Client, Named, QueryParams, read_history};
use super::pitchers::unknown_pitcher;
use super::problem::{Problem, ProblemDetails};
use super::risk::{admit, blocking, desk};
use super::state::ApiState;
use crate::ids::PitcherId;
use crate::queries::DayRange;
use crate::risk::Day;
use crate::workload::{RANGE_D, WorkloadReport};

/// Days of one answer at most: three seasons.
const DAYS_MAX: i32 = 1100;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WorkloadQuery {
    /// First day, `YYYY-MM-DD`; thirty days before the last where absent.
    start_date: Option<String>,
    /// Last day, `YYYY-MM-DD`, none that lies ahead; where absent thirty days after the first, or today where that is absent too.
    end_date: Option<String>,
    /// Whether to tell the injury risk at the end of each day; false where absent.
    #[serde(default)]
    risk: bool,
}

fn day(name: &str, text: Option<&str>) -> Result<Option<Date>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let refused = |detail| Problem::new(StatusCode::BAD_REQUEST, "invalid-date", "Invalid date", detail);
    let Some(date) = text.parse::<Date>().ok().filter(|_| text.len() == 10) else {
        return Err(refused(format!("{name} is {text:?}; write it as YYYY-MM-DD, such as 2023-06-11")));
    };
    if !(1901..=2261).contains(&date.year()) {
        return Err(refused(format!("{name} is {date}; nothing is known of days before 1901 or after 2261")));
    }
    Ok(Some(date))
}

/// The range that is asked for. `today` is the park's day of baseball; between midnight and its turn the calendar is a day
/// ahead of it.
fn range(query: &WorkloadQuery, today: Date) -> Result<DayRange, Problem> {
    let (start, end) = (day("start_date", query.start_date.as_deref())?, day("end_date", query.end_date.as_deref())?);
    let refused = |detail| Problem::new(StatusCode::BAD_REQUEST, "invalid-date-range", "Invalid date range", detail);
    let last = today.saturating_add(1.day());
    for (name, date) in [("start_date", start), ("end_date", end)] {
        if let Some(date) = date.filter(|date| *date > last) {
            return Err(refused(format!("{name} {date} lies ahead of today, {today}; nobody has thrown then")));
        }
    }
    let thirty_days = |start: Date| start.saturating_add(RANGE_D.days()).min(today.max(start));
    let end = end.unwrap_or_else(|| start.map_or(today, thirty_days));
    if let Some(start) = start {
        if start > end {
            return Err(refused(format!("start_date {start} is after end_date {end}; turn them round")));
        }
        if end.since(start).is_ok_and(|span| span.get_days() >= DAYS_MAX) {
            return Err(refused(format!("{start} to {end} is more than {DAYS_MAX} days; ask for less at once")));
        }
    }
    Ok(DayRange { start, end, today })
}

/// A pitcher's workload over a range of days.
#[utoipa::path(get, path = "/api/workload/pitcher/{id}", tag = "pitchers",
    params(("id" = u32, Path, description = "MLBAM id"), WorkloadQuery),
    responses(
        (status = 200, body = WorkloadReport),
        (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
    ))]
pub(super) async fn of_pitcher(
    State(state): State<ApiState>,
    client: Client,
    Named(id): Named<PitcherId>,
    QueryParams(query): QueryParams<WorkloadQuery>,
) -> Result<Json<WorkloadReport>, Problem> {
    let days = range(&query, state.today())?;
    let report = read_history(&state, move |history| history.workload(id, days)).await?;
    let mut report = report.ok_or_else(|| unknown_pitcher(id))?;
    if query.risk {
        let desk = desk(&state)?;
        admit(&desk, client, 1.0)?;
        let days: Vec<Day> = report.loads.iter().filter_map(|load| Day::parse(&load.date)).collect();
        let told = blocking(move || desk.service().probabilities(id.0, &days)).await??;
        for (load, probability) in report.loads.iter_mut().zip(told) {
            load.risk = probability;
        }
    }
    Ok(Json(report))
}
