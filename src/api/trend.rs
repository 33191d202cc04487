//! How a pitcher's indices went over his outing, pitch by pitch.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{Named, QueryParams};
use super::problem::{Problem, ProblemDetails};
use super::readiness::{OnMound, not_active};
use super::state::ApiState;
use crate::ids::{MoundId, PitcherId};
use crate::readiness::TrendPoint;

/// How an outing went.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutingTrend {
    /// MLBAM id.
    pitcher: PitcherId,
    /// Where he throws.
    mound: MoundId,
    /// The last event behind these points: `GET /api/live?since=` goes on from there.
    seq: u64,
    /// One a pitch, oldest first, since the outing began; the last 200.
    points: Vec<TrendPoint>,
}

/// How an active pitcher's indices went over his outing, and what moved them.
#[utoipa::path(get, path = "/api/readiness/{id}/trend", tag = "readiness",
    params(("id" = u32, Path, description = "MLBAM id"), OnMound), responses(
    (status = 200, body = OutingTrend),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn of_outing(
    State(state): State<ApiState>,
    Named(id): Named<PitcherId>,
    QueryParams(on): QueryParams<OnMound>,
) -> Result<Json<OutingTrend>, Problem> {
    let snapshot = state.live.snapshot();
    let (mound, trend) = snapshot.trend_of(id, on.mound).ok_or_else(|| not_active(id))?;
    Ok(Json(OutingTrend { pitcher: id, mound, seq: snapshot.seq(), points: trend.points().cloned().collect() }))
}
