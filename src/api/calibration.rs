//! `/api/calibration`: how the cameras of the ballpark stand, and correcting them by hand.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::command::Command;
use super::extract::Named;
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::calibration::{Proposal, Report};

/// The merge thread looks at commands between frames, every few ms; a second without an answer is a fault.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// What to recalibrate.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Recalibrate {
    /// Sources of the cameras; absent for all.
    cameras: Option<Vec<u8>>,
    /// Say what would be done, and do nothing.
    dry_run: bool,
}

/// What was done, or would be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Recalibrated {
    /// Whether nothing was done.
    dry_run: bool,
    /// One a camera.
    proposals: Vec<Proposal>,
}

/// Every camera's state, drift, clock, confidence and corrections, and what would be done next. Charts reach back over the
/// last pitches.
#[utoipa::path(get, path = "/api/calibration/{venue}", tag = "calibration",
    params(("venue" = String, Path, description = "The ballpark's short name, `busch_iii`")), responses(
    (status = 200, body = Report),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn report(State(state): State<ApiState>, Named(venue): Named<String>) -> Result<Response, Problem> {
    shown(&state, &venue).map(|report| Json(&*report).into_response())
}

/// Corrects all cameras, or those named, by what the pitches and landmarks so far say of them; what cannot be told well
/// enough is left, with the reason. A dry run only says what it would do.
#[utoipa::path(post, path = "/api/calibration/{venue}/recalibrate", tag = "calibration",
    params(("venue" = String, Path, description = "The ballpark's short name, `busch_iii`")),
    request_body = Recalibrate, responses(
    (status = 200, body = Recalibrated),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn recalibrate(
    State(state): State<ApiState>,
    Named(venue): Named<String>,
    body: Result<Json<Recalibrate>, JsonRejection>,
) -> Result<Json<Recalibrated>, Problem> {
    let report = shown(&state, &venue)?;
    let Json(Recalibrate { cameras, dry_run }) = body.map_err(|error| {
        let detail = format!("{}; send JSON such as {{\"cameras\": [2], \"dry_run\": true}}", error.body_text());
        Problem::new(error.status(), "invalid-body", "Invalid body", detail)
    })?;
    if let Some(unknown) = cameras.iter().flatten().find(|id| report.cameras.iter().all(|camera| camera.id != **id)) {
        let known: Vec<String> = report.cameras.iter().map(|camera| camera.id.to_string()).collect();
        let detail = format!("{venue} has no camera {unknown}; its cameras are {}", known.join(", "));
        return Err(Problem::new(StatusCode::BAD_REQUEST, "unknown-camera", "Unknown camera", detail));
    }
    let (reply, answer) = oneshot::channel();
    state.commands.try_send(Command::Recalibrate { cameras, dry_run, reply }).map_err(|error| match error {
        TrySendError::Full(_) => Problem::busy("too many requests wait already; try again in a moment"),
        TrySendError::Closed(_) => Problem::busy("the pipeline does not run; GET /health/ready says why"),
    })?;
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(proposals)) => Ok(Json(Recalibrated { dry_run, proposals })),
        Ok(Err(_)) | Err(_) => Err(Problem::busy("the pipeline did not answer; GET /health/ready says why")),
    }
}

/// What was last shown of a ballpark.
fn shown(state: &ApiState, venue: &str) -> Result<Arc<Report>, Problem> {
    let report = state.live.calibration();
    report.clone().filter(|report| report.venue == venue).ok_or_else(|| {
        let here = report.map_or_else(|| "none yet".to_owned(), |report| format!("`{}`", report.venue));
        let detail = format!("no ballpark `{venue}` is calibrated by this box; it serves {here}");
        Problem::new(StatusCode::NOT_FOUND, "unknown-venue", "Unknown venue", detail)
    })
}
