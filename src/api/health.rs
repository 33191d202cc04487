//! `/health`, `/api/status` and `/metrics`: the daemon's numbers of its own.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::models;
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::observe::{BoxVerdictState, METRICS_CONTENT_TYPE, PartReport, StatusReport};

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alive {
    /// Always `alive`.
    status: &'static str,
}

/// What is needed now works, if need be degraded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// As in the verdict of `/api/status`: `ready`, or `degraded` where somebody should look; where it is not ready the answer is a
    /// 503 with the same sentence and `parts`.
    status: &'static str,
    /// How the box does, in one sentence that begins with that word.
    verdict: String,
    /// Each part's state and since when.
    parts: Vec<PartReport>,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, body = Alive)))]
pub(super) async fn live() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

/// Whether what is needed now works, and each part's state and since when.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, body = Ready),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json", description = "Not ready: some part does not work, or somebody throws and nothing can be measured"),
))]
pub(super) async fn ready(State(state): State<ApiState>) -> Result<Json<Ready>, Problem> {
    let verdict = state.telemetry.verdict();
    let parts = state.telemetry.parts().into_iter().map(PartReport::from).collect();
    if !verdict.is_ready() {
        return Err(Problem::not_ready(verdict.sentence, parts));
    }
    let status = verdict.state.max(BoxVerdictState::Ready).in_words();
    Ok(Json(Ready { status, verdict: verdict.sentence, parts }))
}

/// All numbers of the daemon, as `pitchguard status` prints them.
#[utoipa::path(get, path = "/api/status", tag = "health", responses((status = 200, body = StatusReport)))]
pub(super) async fn status(State(state): State<ApiState>) -> Json<StatusReport> {
    Json(state.telemetry.report())
}

/// All numbers of the daemon as `OpenMetrics` text, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, body = String, content_type = "application/openmetrics-text"),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn metrics(State(state): State<ApiState>) -> Result<impl IntoResponse, Problem> {
    if let Some(desk) = &state.risk {
        state.telemetry.publish_risk(models::status(desk.service()));
    }
    let text = state.telemetry.prometheus().map_err(|error| Problem::internal(format!("metrics: {error}")))?;
    Ok(([(header::CONTENT_TYPE, METRICS_CONTENT_TYPE)], text))
}
