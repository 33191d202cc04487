//! `/`: what this is, and the live readiness table, in plain HTML with nothing from elsewhere.

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// The page and its two assets; separate files, so that no inline script needs to be allowed.
pub(super) fn routes() -> Router {
    let file =
        |kind: &'static str, text: &'static str| get(move || async move { ([(header::CONTENT_TYPE, kind)], text) });
    Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("page/index.html")))
        .route("/assets/live.css", file("text/css; charset=utf-8", include_str!("page/live.css")))
        .route("/assets/live.js", file("text/javascript; charset=utf-8", include_str!("page/live.js")))
}
