//! `/api/session`: a browser trades its key for a cookie, asks whether it has one, and gives it back.

use std::convert::Infallible;
use std::time::Instant;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admission;
use super::auth::{self, Credential};
use super::extract::{Body, Client};
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;

/// A key, for a browser that has it from its user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionQuestion {
    /// As `pitchguard key add` showed it.
    key: String,
}

/// Whether this client may ask.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Session {
    /// Whether a key is asked of this client at all.
    key_required: bool,
    /// Whether it is let in as it stands.
    admitted: bool,
}

/// Trades a key for a cookie that is good for a day and renewed while it is used.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = SessionQuestion, responses(
    (status = 204, description = "The cookie, which a WebSocket sends too"),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details; `code` is KEY_REFUSED or TOO_MANY_ATTEMPTS where the key is not in force"),
))]
pub(super) async fn begin(
    State(state): State<ApiState>,
    Client(peer): Client,
    Body(asked): Body<SessionQuestion>,
) -> Response {
    let Some(desk) = &state.options.keys else { return StatusCode::NO_CONTENT.into_response() };
    match desk.admit_key(peer, &asked.key, Instant::now()) {
        Ok(credential) => match desk.cookie(&credential) {
            Some(cookie) => (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        },
        Err(problem) => admission::challenge(problem),
    }
}

/// Whether this client must show a key, and whether it is let in. A wrong key or cookie counts as an attempt.
#[utoipa::path(get, path = "/api/session", tag = "session", responses(
    (status = 200, body = Session),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details; `code` is TOO_MANY_ATTEMPTS where too many wrong keys came from this address"),
))]
pub(super) async fn show(
    State(state): State<ApiState>,
    Client(peer): Client,
    headers: HeaderMap,
) -> Result<Json<Session>, Problem> {
    let Some(desk) = &state.options.keys else { return Ok(Json(Session { key_required: false, admitted: true })) };
    let admitted = desk.would_admit(peer, &headers, Instant::now())?;
    Ok(Json(Session { key_required: desk.asks(peer), admitted }))
}

/// Gives the cookie back.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses((status = 204, description = "No cookie any more")))]
pub(super) async fn end() -> Response {
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, auth::cleared_cookie())]).into_response()
}

/// By which credential the request was let in; by none that needs to be asked for again where nobody checks keys.
impl<S: Send + Sync> FromRequestParts<S> for Credential {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or(Self::Unasked))
    }
}
