//! Accepting connections and serving HTTP/1 on them, so that nobody from outside takes the box down with them.
//!
//! Every wait for a client has an end: for a request's head (and for the next request on a kept connection), for its body
//! ([`super::options::HttpOptions::request_timeout`]), and for the client to take its answer. Connections are bounded overall and by address
//! ([`connections`]), and where there is none left, one that is not being served makes room for the newcomer: a client that
//! behaves is not locked out by a thousand that do nothing. Answers of one address take turns: each may hold a megabyte until
//! it is taken.

mod answer;
mod connections;
mod wire;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;

use self::answer::Answer;
use self::connections::{Connections, Place};
use self::wire::Wire;
use super::options::HttpOptions;
use super::problem::Problem;
use crate::observe::Telemetry;

/// Pause after the system refused a connection: without it an accept that fails at once would burn a core.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// What the kernel keeps of an answer for a client that takes it slowly; it reckons twice as much.
const SEND_BUFFER_BYTES: usize = 128 << 10;
/// A peer that is gone without a word, and what was sent to it, are given up after this; longer than a WebSocket client may
/// be silent, so that such a one still hears why it is dropped.
const GONE_AFTER: Duration = Duration::from_mins(1);

/// What compressing an answer keeps in memory besides it, bytes.
const COMPRESSOR_BYTES: usize = 300 << 10;

/// What is kept in memory for an answer until its client took it, bytes; travels with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept(usize);

impl Kept {
    /// It is there once, however many ask for it.
    pub(super) const SHARED: Self = Self(0);
}

/// Says of an answer that it is there once, however many ask for it.
pub(super) async fn note_shared(mut response: Response<Body>) -> Response<Body> {
    response.extensions_mut().insert(Kept::SHARED);
    response
}

/// Notes what is kept of an answer that does not say so itself: its length, which nobody knows any more once it is compressed.
pub(super) async fn note_kept(mut response: Response<Body>) -> Response<Body> {
    let bytes = usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX);
    response.extensions_mut().get_or_insert_with(|| Kept(bytes));
    response
}

fn kept(response: &Response<Body>) -> usize {
    response.extensions().get::<Kept>().map_or(0, |kept| kept.0)
}

/// Serves until `shutdown` ends; requests under way are finished. WebSocket clients are sent away by [`super::live::Live::close`].
///
/// # Errors
/// Where the listener has no address.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: Arc<HttpOptions>,
    telemetry: Arc<Telemetry>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    listener.local_addr()?;
    let connections = Connections::new(&options, telemetry);
    let (stop, stopping) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // One that finds no place is closed by being dropped.
                if let Some(place) = connections.admit(peer.ip()).await {
                    let place = Arc::new(place);
                    tokio::spawn(converse(stream, peer, place, router.clone(), Arc::clone(&options), stopping.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop((listener, stopping));
    // Heard by every connection; nobody is left to hear it where there is none.
    let _ = stop.send(());
    stop.closed().await;
    Ok(())
}

/// Serves one connection to its end.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    place: Arc<Place>,
    router: Router,
    options: Arc<HttpOptions>,
    mut stopping: watch::Receiver<()>,
) {
    let socket = SockRef::from(&stream);
    // Where the system knows none of these, the connection works without.
    let _ = stream.set_nodelay(true);
    let _ = socket.set_send_buffer_size(SEND_BUFFER_BYTES);
    let _ = socket.set_tcp_user_timeout(Some(GONE_AFTER));
    let wire = Wire::new(stream, Arc::clone(&place), options.unread_after, options.answer_within);
    let serving = Arc::clone(&place);
    let service = service_fn(move |request| answer(request, peer, Arc::clone(&serving), router.clone()));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(options.head_within)
            .max_buf_size(options.head_limit)
            .serve_connection(TokioIo::new(wire), service)
            .with_upgrades()
    );
    let mut stopped = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if ended.is_err_and(|error| error.is_timeout()) {
                    place.overdue();
                }
                return;
            }
            () = place.told_to_leave() => return,
            _ = stopping.changed(), if !stopped => {
                stopped = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Answers one request.
async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    place: Arc<Place>,
    router: Router,
) -> Result<Response<Answer>, Infallible> {
    let Some(served) = place.begin().await else {
        let detail = "too many answers for this address are under way; take them, or ask again in a moment";
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", detail).retry_after(1);
        return Ok(problem.into_response().map(|body| Answer::new(body, None)));
    };
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request).await?;
    let compressed = response.body().size_hint().exact().is_none();
    served.holds(kept(&response).saturating_add(if compressed { COMPRESSOR_BYTES } else { 0 }));
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        place.goes_live();
    }
    Ok(response.map(|body| Answer::new(body, Some(served))))
}
