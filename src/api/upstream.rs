//! `/api/upstream`: how the line to the analytics cloud does, and what the cloud refuses.

use axum::Json;
use axum::extract::State;

use super::problem::ProblemDetails;
use super::state::ApiState;
use crate::observe::UpstreamStatus;

/// The line to the analytics cloud: whether it carries, what waits, what had to go, and what the cloud refuses, with why.
#[utoipa::path(get, path = "/api/upstream", tag = "upstream", responses(
    (status = 200, body = UpstreamStatus),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn report(State(state): State<ApiState>) -> Json<UpstreamStatus> {
    Json(state.telemetry.upstream().map(|status| (*status).clone()).unwrap_or_default())
}
