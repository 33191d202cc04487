//! All routes with their guards, and the `OpenAPI` document made from the same list.
//!
//! From the outside in: request id → log → latency → security headers → compression → problem details → time limit →
//! panics → Host and Origin → body limit → keys → route. The pages themselves hold nothing about anybody and need no key: a
//! browser has to be able to ask for one.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use super::options::HttpOptions;
use super::problem::{Problem, write_problems};
use super::server::{self, Kept};
use super::state::ApiState;
use super::{
    admission, alerts, auth, baseline, calibration, environment, guard, health, models, pitchers, pitches, readiness,
    risk, session, socket, tablet, trend, upstream, venue, workload,
};
use crate::observe::{Stage, Telemetry};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Said with every answer. Pages load nothing from elsewhere and run no inline script; Swagger UI needs inline styles
/// and `data:` pictures. Nothing is kept by browsers or proxies: it is about people, and about this second.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What the document says of itself; the paths come from the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "PitchGuard",
        description = "Pitcher readiness from stadium camera frames, with its confidence. Statcast's names and units \
            for Statcast's quantities. Errors are RFC 9457 problem details. Readiness describes today's arm and \
            promises nothing about injury."
    ),
    components(schemas(super::live::Beat, super::live::Event, super::live::Numbered)),
    tags(
        (name = "readiness", description = "How ready each active pitcher is"),
        (name = "live", description = "Everything as it happens"),
        (name = "pitches", description = "Fitted and imported pitches"),
        (name = "pitchers", description = "Whom the box knows"),
        (name = "risk", description = "How likely a pitcher is hurt within 21 days, and why"),
        (name = "alerts", description = "What needs a look"),
        (name = "environment", description = "The air of the park, and how it shakes"),
        (name = "calibration", description = "How the cameras stand, and how far to trust them"),
        (name = "session", description = "A browser's cookie for its key"),
        (name = "upstream", description = "The line to the analytics cloud"),
        (name = "health", description = "The daemon itself")
    ),
    modifiers(&Keys)
)]
struct Document;

/// Says in the document how a key is shown.
struct Keys;

impl utoipa::Modify for Keys {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
        let components = openapi.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::new(auth::COOKIE));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

fn api() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(readiness::all))
        .routes(routes!(readiness::one))
        .routes(routes!(trend::of_outing))
        .routes(routes!(socket::live))
        .routes(routes!(pitches::list))
        .routes(routes!(pitchers::list))
        .routes(routes!(pitchers::one))
        .routes(routes!(baseline::of_pitcher))
        .routes(routes!(workload::of_pitcher))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::acknowledge))
        .routes(routes!(environment::report))
        .routes(routes!(calibration::report))
        .routes(routes!(calibration::recalibrate))
        .routes(routes!(risk::one))
        .routes(routes!(risk::many))
        .routes(routes!(risk::staff))
        .routes(routes!(models::list))
        .routes(routes!(models::promote))
        .routes(routes!(models::rollback))
        .routes(routes!(session::begin, session::show, session::end))
        .routes(routes!(upstream::report))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::status))
        .routes(routes!(health::metrics))
        .routes(routes!(venue::venue))
}

/// The `OpenAPI` document, as served at `/api/openapi.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = api().into_openapi();
    name_operations(&mut document);
    document
}

/// Names each operation by its method and path: handlers of different rooms share names, and the standard wants unique
/// ones.
fn name_operations(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let name: Vec<&str> = path.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        for (method, operation) in [("get", &mut item.get), ("post", &mut item.post)] {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{}", name.join("_")));
            }
        }
    }
}

/// All routes with their guards.
pub fn router(state: ApiState) -> Router {
    let (options, telemetry) = (Arc::clone(&state.options), Arc::clone(&state.telemetry));
    let seats = socket::Seats::new(&options, Arc::clone(&telemetry));
    let (routes, mut document) = api().split_for_parts();
    name_operations(&mut document);
    let document = Bytes::from(document.to_json().expect("the document is plain data"));
    let serve_document = move || async move {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (Extension(Kept::SHARED), kind, document.clone())
    };
    // Without a validator: its badge would be loaded from the internet.
    let docs_config = utoipa_swagger_ui::Config::from("/api/openapi.json").validator_url("none");
    let around = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, RequestIds::new()))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(TraceLayer::new_for_http().make_span_with(request_span))
        .layer(from_fn_with_state(telemetry, time_request))
        .layer(from_fn(add_headers))
        .layer(CompressionLayer::new())
        .layer(map_response(server::note_kept))
        .layer(from_fn(write_problems))
        .layer(from_fn_with_state(Arc::clone(&options), limit_time))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state(Arc::clone(&options), guard::check))
        .layer(RequestBodyLimitLayer::new(options.body_limit));
    routes
        .layer(Extension(seats))
        .with_state(state)
        .route("/api/openapi.json", get(serve_document))
        .merge(SwaggerUi::new("/api/docs").config(docs_config))
        .route_layer(from_fn_with_state(options, admission::check))
        .merge(tablet::routes().layer(map_response(server::note_shared)))
        .fallback(|uri: Uri| async move { Problem::no_such_route(uri.path()) })
        .layer(around)
}

/// Request ids: the start of the run and a count, so that the log of many runs names each request once.
#[derive(Debug, Clone)]
struct RequestIds {
    run: u64,
    count: Arc<AtomicU64>,
}

impl RequestIds {
    fn new() -> Self {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self { run: since_epoch.as_secs(), count: Arc::default() }
    }
}

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let id = format!("{:x}-{}", self.run, self.count.fetch_add(1, Ordering::Relaxed));
        HeaderValue::try_from(id).ok().map(RequestId::new)
    }
}

fn request_span(request: &axum::http::Request<axum::body::Body>) -> tracing::Span {
    let request_id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::debug_span!("request", request_id, method = %request.method(), path = request.uri().path())
}

async fn time_request(State(telemetry): State<Arc<Telemetry>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let response = next.run(request).await;
    telemetry.count_response(response.status().as_u16());
    telemetry.record(Stage::HttpRequest, started.elapsed());
    response
}

async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        // What may be kept says so itself.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn limit_time(State(options): State<Arc<HttpOptions>>, request: Request, next: Next) -> Response {
    let limit = options.request_timeout;
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let seconds = limit.as_secs_f64();
        let detail = format!("no answer within {seconds} s; ask for less at once, or see GET /health/ready");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", "Took too long", detail).into_response()
    })
}

fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let words = match panic.downcast::<String>() {
        Ok(words) => *words,
        Err(panic) => panic.downcast::<&str>().map_or_else(|_| String::new(), |words| (*words).to_owned()),
    };
    tracing::error!("a request handler panicked: {words}");
    Problem::internal("this request broke off by a fault of ours; the log says more under this request id")
        .into_response()
}
