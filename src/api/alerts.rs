//! `/api/alerts`: what stands, and saying that somebody has seen it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::command::Command;
use super::extract::Named;
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::readiness::Alert;

/// The merge thread looks at commands between frames, every few ms; a second without an answer is a fault.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Standing alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alerts {
    /// Oldest first.
    alerts: Vec<Alert>,
}

/// Standing alerts, acknowledged or not.
#[utoipa::path(get, path = "/api/alerts", tag = "alerts", responses(
    (status = 200, body = Alerts),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn list(State(state): State<ApiState>) -> Json<Alerts> {
    Json(Alerts { alerts: state.live.snapshot().alerts().cloned().collect() })
}

/// Says that somebody has seen an alert. Saying it twice changes nothing.
#[utoipa::path(post, path = "/api/alerts/{id}/ack", tag = "alerts",
    params(("id" = u64, Path, description = "The alert's id")), responses(
    (status = 200, body = Alert),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn acknowledge(State(state): State<ApiState>, Named(id): Named<u64>) -> Result<Json<Alert>, Problem> {
    let (reply, answer) = oneshot::channel();
    state.commands.try_send(Command::AcknowledgeAlert { id, reply }).map_err(|error| match error {
        TrySendError::Full(_) => Problem::busy("too many acknowledgements wait already; try again in a moment"),
        TrySendError::Closed(_) => Problem::busy("the pipeline does not run; GET /health/ready says why"),
    })?;
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(Some(alert))) => Ok(Json(alert)),
        Ok(Ok(None)) => {
            let detail = format!("no alert {id} stands, it may have cleared; GET /api/alerts lists what stands");
            Err(Problem::new(StatusCode::NOT_FOUND, "unknown-alert", "Unknown alert", detail))
        }
        Ok(Err(_)) | Err(_) => Err(Problem::busy("the pipeline did not answer; GET /health/ready says why")),
    }
}
