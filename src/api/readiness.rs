//! `/api/readiness`: how ready each active pitcher is, as of the moment of reading.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Named, QueryParams};
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::ids::{MoundId, PitcherId};
use crate::readiness::Readiness;

/// All active pitchers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AllReadiness {
    /// The last event behind these numbers: `GET /api/live?since=` goes on from there.
    seq: u64,
    /// Ascending by pitcher and mound: who throws on two mounds is there twice.
    readiness: Vec<Readiness>,
}

/// Readiness of all active pitchers. It describes today's arm and promises nothing about injury.
#[utoipa::path(get, path = "/api/readiness", tag = "readiness", responses(
    (status = 200, body = AllReadiness),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn all(State(state): State<ApiState>) -> Json<AllReadiness> {
    let snapshot = state.live.snapshot();
    Json(AllReadiness { seq: snapshot.seq(), readiness: snapshot.readiness(state.clock.now()) })
}

/// Which of a pitcher's mounds.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OnMound {
    /// Mound; the one where he threw last where it is absent.
    pub(super) mound: Option<MoundId>,
}

/// Readiness of one active pitcher, on the mound where he threw last or on another one.
#[utoipa::path(get, path = "/api/readiness/{id}", tag = "readiness",
    params(("id" = u32, Path, description = "MLBAM id"), OnMound), responses(
    (status = 200, body = Readiness),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn one(
    State(state): State<ApiState>,
    Named(id): Named<PitcherId>,
    QueryParams(on): QueryParams<OnMound>,
) -> Result<Json<Readiness>, Problem> {
    let readiness = state.live.snapshot().readiness_of(id, on.mound, state.clock.now());
    readiness.map(Json).ok_or_else(|| not_active(id))
}

/// He does not throw.
pub(super) fn not_active(id: PitcherId) -> Problem {
    let detail = format!(
        "pitcher {id} is not active: nothing of him came in this outing; GET /api/readiness lists who is active"
    );
    Problem::new(StatusCode::NOT_FOUND, "not-active", "Pitcher not active", detail)
}
