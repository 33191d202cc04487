//! Errors as RFC 9457 problem details, each with what to do.
//!
//! A handler returns a [`Problem`]; [`write_problems`], outside of everything that can refuse a request, writes it out
//! with the request's path and id. It also turns into a problem whatever axum or a layer refused in its own words.

use axum::body::Body;
use axum::extract::Request;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tower_http::request_id::RequestId;
use utoipa::ToSchema;

use crate::observe::PartReport;
use crate::queries::HistoryError;

/// Longest refusal of axum's own that is quoted, bytes.
const QUOTED_MAX: usize = 4096;

/// What went wrong and what to do, as a handler says it.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    detail: String,
    parts: Option<Vec<PartReport>>,
    retry_after_s: Option<u64>,
}

/// What went wrong and what to do (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// `urn:pitchguard:problem:…`, the same for each problem of a kind.
    r#type: String,
    /// The kind of problem, for programs: `UNKNOWN_PITCHER`, `RATE_LIMITED`, …
    code: String,
    /// The kind of problem, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// This problem, and what to do.
    detail: String,
    /// Path of the request.
    instance: String,
    /// Id of the request, as in the log and in `x-request-id`.
    request_id: String,
    /// State of each part of the daemon; with `not-ready` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartReport>>,
}

impl Problem {
    /// A problem of the kind `slug`.
    pub(super) fn new(status: StatusCode, slug: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, slug, title, detail: detail.into(), parts: None, retry_after_s: None }
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// Says after how many seconds to ask again.
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// As written to the client.
    fn into_details(self, instance: String, request_id: String) -> ProblemDetails {
        ProblemDetails {
            r#type: format!("urn:pitchguard:problem:{}", self.slug),
            code: self.slug.to_uppercase().replace('-', "_"),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
            instance,
            request_id,
            parts: self.parts,
        }
    }

    pub(super) fn no_such_route(path: &str) -> Self {
        let detail = format!("nothing is served at {path}; /api/docs lists every address");
        Self::new(StatusCode::NOT_FOUND, "no-such-address", "No such address", detail)
    }

    pub(super) fn invalid_query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid-query", "Invalid query", detail)
    }

    pub(super) fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", detail)
    }

    pub(super) fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Fault in the daemon", detail)
    }

    /// `why` is the verdict's sentence.
    pub(super) fn not_ready(why: String, parts: Vec<PartReport>) -> Self {
        Self { parts: Some(parts), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", why) }
    }

    /// For what axum or a layer refused in its own words.
    fn from_status(status: StatusCode, words: &str) -> Self {
        let (slug, title, advice) = match status {
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method-not-allowed", "Method not allowed", "the Allow header says what this address takes")
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("body-too-large", "Body too large", "no request here needs a body of this size: send less")
            }
            StatusCode::NOT_FOUND => ("no-such-address", "No such address", "/api/docs lists every address"),
            _ if status.is_server_error() => {
                ("internal", "Fault in the daemon", "its log says more under this request id")
            }
            _ => ("refused", "Request refused", "/api/docs says what this address takes"),
        };
        let detail = if words.is_empty() { advice.to_owned() } else { format!("{words}; {advice}") };
        Self::new(status, slug, title, detail)
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid_query(format!("{}; /api/docs says what this address takes", rejection.body_text()))
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        let detail = format!("{}; /api/docs says what this address takes", rejection.body_text());
        Self::new(StatusCode::BAD_REQUEST, "invalid-path", "Invalid path", detail)
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        let (status, slug, title) = match error {
            HistoryError::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "store-unavailable", "Store not available")
            }
            HistoryError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store-failed", "Store failed"),
        };
        Self::new(status, slug, title, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let unavailable = (self.status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        if let Some(seconds) = self.retry_after_s.or(unavailable) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// A path without the numbers in it: they are people's.
fn nameless(path: &str) -> String {
    let numbered = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    path.split('/').map(|part| if numbered(part) { "{id}" } else { part }).collect::<Vec<_>>().join("/")
}

/// Whether somebody opened this address in a browser, to look at it.
fn navigates(request: &Request) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    request.method() == Method::GET && accepted.is_some_and(|kinds| kinds.contains("text/html"))
}

/// Writes every refusal as problem details; whoever opens a page without a key sees one that asks for it.
pub(super) async fn write_problems(request: Request, next: Next) -> Response {
    let instance = request.uri().path().to_owned();
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let navigates = navigates(&request);
    let mut response = next.run(request).await;
    if !(response.status().is_client_error() || response.status().is_server_error()) {
        return response;
    }
    let problem = if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        problem
    } else {
        let body = std::mem::take(response.body_mut());
        let words = axum::body::to_bytes(body, QUOTED_MAX).await.unwrap_or_default();
        Problem::from_status(response.status(), String::from_utf8_lossy(&words).trim())
    };
    if response.status().is_server_error() {
        tracing::warn!(request_id, path = nameless(&instance), "{}: {}", problem.title, problem.detail);
    }
    if navigates && response.status() == StatusCode::UNAUTHORIZED {
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        *response.body_mut() = Body::from(include_str!("page/key.html"));
        return response;
    }
    let text = serde_json::to_vec(&problem.into_details(instance, request_id)).expect("a problem is plain data");
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    *response.body_mut() = Body::from(text);
    response
}
