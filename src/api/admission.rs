//! Who is let in: every request passes here.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::auth::ApiKeys;
use super::extract::Client;
use super::options::HttpOptions;
use super::problem::Problem;

/// Answered to everybody: it says nothing but that the process lives.
const OPEN: [&str; 2] = ["/health/live", "/api/session"];

/// Lets in whoever may ask, and notes by which credential.
pub(super) async fn check(State(options): State<Arc<HttpOptions>>, mut request: Request, next: Next) -> Response {
    let Some(desk) = &options.keys else { return next.run(request).await };
    if OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let credential = match desk.admit(Client::of(request.extensions()).0, request.headers(), Instant::now()) {
        Ok(credential) => credential,
        Err(problem) => return challenge(problem),
    };
    let renewed = ApiKeys::wanes(&credential).then(|| desk.cookie(&credential)).flatten();
    request.extensions_mut().insert(credential);
    let mut response = next.run(request).await;
    if let Some(cookie) = renewed {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// A refusal that says what it wants to see.
pub(super) fn challenge(problem: Problem) -> Response {
    let mut response = problem.into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        let wanted = HeaderValue::from_static("Bearer realm=\"pitchguard\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, wanted);
    }
    response
}
