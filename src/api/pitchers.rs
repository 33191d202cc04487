//! `/api/pitchers`: whom the box knows.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiState;
use super::extract::{Asked, Named, read_history};
use super::history::Pitcher;
use super::problem::{Problem, ProblemDetails};
use crate::ids::PitcherId;

/// Which pitchers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PitchersQuery {
    /// Of this team only, Statcast's letters: `STL`.
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
    Asked(query): Asked<PitchersQuery>,
) -> Result<Json<Pitchers>, Problem> {
    let team = query.team.filter(|team| !team.is_empty());
    let pitchers = read_history(&state, move |history| history.pitchers(team.as_deref(), query.season)).await?;
    Ok(Json(Pitchers { pitchers }))
}

/// One pitcher.
#[utoipa::path(get, path = "/api/pitchers/{id}", tag = "pitchers", params(("id" = u32, Path, description = "MLBAM id")),
    responses(
        (status = 200, body = Pitcher),
        (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
    ))]
pub(super) async fn one(State(state): State<ApiState>, Named(id): Named<PitcherId>) -> Result<Json<Pitcher>, Problem> {
    let pitcher = read_history(&state, move |history| history.pitcher(id)).await?;
    pitcher.map(Json).ok_or_else(|| unknown_pitcher(id))
}

/// Nobody has this id.
pub(super) fn unknown_pitcher(id: PitcherId) -> Problem {
    let detail = format!("the box knows no pitcher {id}; GET /api/pitchers lists whom it knows");
    Problem::new(StatusCode::NOT_FOUND, "unknown-pitcher", "Unknown pitcher", detail)
}
