//! `/health`, `/api/status` and `/metrics`: the daemon's numbers of its own.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiState;
use super::models;
use super::problem::{Problem, ProblemDetails};
use crate::observe::{BoxVerdictState, METRICS_CONTENT_TYPE, PartReport, StatusReport};

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alive {
    /// Always `alive`.
    status: &'static str,
}

/// Every part works, if need be degraded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// `ready`, or `degraded` where somebody should look; where a part does not work the answer is a 503 with the same `parts`.
    status: &'static str,
    /// How the box does, in one sentence: a part that is degraded works, and somebody should look.
    verdict: String,
    /// Each part's state and since when.
    parts: Vec<PartReport>,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, body = Alive)))]
pub(super) async fn live() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

/// Whether every part of the daemon works, and each part's state and since when.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, body = Ready),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json", description = "Some part does not work"),
))]
pub(super) async fn ready(State(state): State<ApiState>) -> Result<Json<Ready>, Problem> {
    let parts = state.telemetry.parts();
    let works = parts.iter().all(|part| part.state.works());
    let parts = parts.into_iter().map(PartReport::from).collect();
    let verdict = state.telemetry.verdict();
    if !works {
        return Err(Problem::not_ready(parts));
    }
    let status = if verdict.state <= BoxVerdictState::Good { "ready" } else { "degraded" };
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
