//! The tablet's pages: what `make tablet` built from `src/tablet`, carried in the binary.
//!
//! A binary built without Node carries none of it, and shows a plain table that says how to build it. The addresses of
//! the views all answer with the same page; which view it shows is told by the address in the browser. A service worker
//! (`src/tablet/src/shell/worker.js`) keeps the page for reloads while the box is away.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;

/// The addresses of the views; the first is home.
const VIEWS: [&str; 4] = ["/", "/pitchers/{id}", "/staff", "/system"];
/// Vite names what it builds by its content, so that it never changes.
const FOREVER: (HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");

/// What `make tablet` built. Its `README` is always there, so that the directory is.
#[derive(RustEmbed)]
#[folder = "src/tablet/dist"]
struct Built;

/// The page that shows every view; none in a build without Node.
pub(super) fn page() -> Option<EmbeddedFile> {
    Built::get("index.html")
}

/// The views, or the plain table at home, and the assets of both.
pub(super) fn routes() -> Router {
    let file =
        |kind: &'static str, text: &'static str| get(move || async move { ([(header::CONTENT_TYPE, kind)], text) });
    let router = Router::new()
        .route("/assets/live.css", file("text/css; charset=utf-8", include_str!("page/live.css")))
        .route("/assets/live.js", file("text/javascript; charset=utf-8", include_str!("page/live.js")))
        .route("/assets/key.js", file("text/javascript; charset=utf-8", include_str!("page/key.js")))
        .route("/assets/old.js", file("text/javascript; charset=utf-8", include_str!("../tablet/src/shell/old.js")))
        .route("/assets/{name}", get(asset))
        .route("/sw.js", get(worker))
        .route("/plain", file("text/html; charset=utf-8", include_str!("page/index.html")));
    match page() {
        Some(_) => VIEWS
            .into_iter()
            .fold(router, |router, view| router.route(view, get(view_page)))
            // Where the cameras stood before they were on a view.
            .route("/calibration", get(|| async { Redirect::permanent("/system") })),
        None => router.route("/", file("text/html; charset=utf-8", include_str!("page/index.html"))),
    }
}

async fn view_page() -> Response {
    match page() {
        Some(page) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.data).into_response(),
        // Only a debug build, which reads the directory anew, can lose it.
        None => Problem::no_such_route("/").into_response(),
    }
}

/// The worker that keeps the pages in the browser. It is asked for at each load and never kept itself; a build without
/// pages answers with one that takes itself away, so that none of an earlier build stays.
async fn worker() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    match Built::get("sw.js") {
        Some(file) => (kind, file.data).into_response(),
        None => (kind, include_str!("page/no-worker.js")).into_response(),
    }
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some(file) = Built::get(&format!("assets/{name}")) else {
        return Problem::no_such_route(&format!("/assets/{name}")).into_response();
    };
    let kind = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    (StatusCode::OK, [(header::CONTENT_TYPE, kind), FOREVER], file.data).into_response()
}
