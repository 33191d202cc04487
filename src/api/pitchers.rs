//! `/api/pitchers`: whom the box knows.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Named, QueryParams, read_history};
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::ids::PitcherId;
use crate::queries::{History, Pitcher};
use crate::risk::anomaly::Anomaly;

/// Which pitchers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PitchersQuery {
    /// Of this team only, Statcast's letters: `STL`. Other sources' codes of the same club do as well: `CHW` is `CWS`.
    team: Option<String>,
    /// With pitches in this season only: `2025`.
    season: Option<i16>,
}

/// Pitchers whom the box knows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pitchers {
    /// Ascending by name.
    pitchers: Vec<Pitcher>,
}

/// Pitchers whom the box knows.
#[utoipa::path(get, path = "/api/pitchers", tag = "pitchers", params(PitchersQuery), responses(
    (status = 200, body = Pitchers),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn list(
    State(state): State<ApiState>,
    QueryParams(query): QueryParams<PitchersQuery>,
) -> Result<Json<Pitchers>, Problem> {
    let team = query.team.filter(|team| !team.is_empty());
    let pitchers = read_history(&state, move |history| history.pitchers(team.as_deref(), query.season)).await?;
    Ok(Json(Pitchers { pitchers }))
}

/// A pitcher, and how his latest outing was.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PitcherShown {
    /// Who.
    #[serde(flatten)]
    pitcher: Pitcher,
    /// How far his latest outing is from those before it, and what drives that; null where too little is known.
    latest_outing: Option<Anomaly>,
}

/// One pitcher.
#[utoipa::path(get, path = "/api/pitchers/{id}", tag = "pitchers", params(("id" = u32, Path, description = "MLBAM id")),
    responses(
        (status = 200, body = PitcherShown),
        (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
    ))]
pub(super) async fn one(
    State(state): State<ApiState>,
    Named(id): Named<PitcherId>,
) -> Result<Json<PitcherShown>, Problem> {
    let read = move |history: &dyn History| {
        let Some(pitcher) = history.pitcher(id)? else { return Ok(None) };
        Ok(Some(PitcherShown { pitcher, latest_outing: history.latest_outing(id)? }))
    };
    read_history(&state, read).await?.map(Json).ok_or_else(|| unknown_pitcher(id))
}

/// Nobody has this id.
pub(super) fn unknown_pitcher(id: PitcherId) -> Problem {
    let detail = format!("the box knows no pitcher {id}; GET /api/pitchers lists whom it knows");
    Problem::new(StatusCode::NOT_FOUND, "unknown-pitcher", "Unknown pitcher", detail)
}
