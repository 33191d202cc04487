//! `/api/live`: a snapshot with its sequence number, then numbered events.
//!
//! Each client has a task and a position in the hub's ring; the ring is its bounded queue. While one message is being
//! written to a socket that takes none, the task keeps watching the head of the ring: once the client's next event is
//! overwritten it is dropped with close code 1013 and told how to come back. Nobody ever waits for it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use utoipa::IntoParams;

use super::auth::Credential;
use super::extract::{Client, QueryParams};
use super::limit::network;
use super::live::{Live, Since, SnapshotMessage};
use super::options::HttpOptions;
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::observe::{Stage, Telemetry};

/// A client has nothing to say but control frames; longer messages end the connection.
const FROM_CLIENT_MAX: usize = 4096;
/// What may wait to be written to one client, bytes: the largest snapshot, and answers to its pings. More than that is an
/// error, which ends the connection; without a bound a client that pings and never reads would fill the memory.
const UNREAD_MAX: usize = 4 << 20;

/// From where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LiveQuery {
    /// The `seq` of the last message that the client has. Where the events after it are still kept, they follow at once
    /// without a snapshot; otherwise a snapshot comes first, as without `since`.
    since: Option<u64>,
    /// Also sends a `beat` (`{"seq", "type": "beat", "published_at"}`) every so many seconds, 1 to 60: how a page, which sees
    /// no pings, tells a quiet evening from a dead link.
    beat_s: Option<u8>,
}

/// Everything as it happens, by WebSocket.
///
/// First a snapshot (`{"seq", "type": "snapshot", "published_at", "data"}`), then events, each with the next `seq`:
/// `pitch`, `readiness`, `outing_ended`, `alert_raised`, `alert_cleared`, `alert_acknowledged`, `health`, `attribution`;
/// and a `beat` in between where it was asked for. Close codes: 1013 too slow, 1008 silent, talks too much or no longer let
/// in, 1001 the daemon stops.
#[utoipa::path(get, path = "/api/live", tag = "live", params(LiveQuery), responses(
    (status = 101, description = "The first message", body = SnapshotMessage),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn live(
    State(state): State<ApiState>,
    QueryParams(query): QueryParams<LiveQuery>,
    credential: Credential,
    Client(peer): Client,
    Extension(seats): Extension<Arc<Seats>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|rejection| {
        let detail = format!("{}; open this address as a WebSocket", rejection.body_text());
        Problem::new(StatusCode::UPGRADE_REQUIRED, "websocket-only", "WebSocket only", detail)
    })?;
    let beat_every = match query.beat_s {
        Some(seconds @ 1..=60) => Some(Duration::from_secs(seconds.into())),
        Some(seconds) => {
            return Err(Problem::invalid_query(format!("beat_s = {seconds} is not in 1 to 60; leave it out for none")));
        }
        None => None,
    };
    let seat = seats.take(peer)?;
    let upgrade = upgrade
        .max_message_size(FROM_CLIENT_MAX)
        .max_frame_size(FROM_CLIENT_MAX)
        .read_buffer_size(FROM_CLIENT_MAX)
        .max_write_buffer_size(UNREAD_MAX);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let changes = state.live.changes();
        let listener = Listener {
            socket,
            position: 0,
            heard: Instant::now(),
            said: Allowance::new(state.options.live_messages),
            credential,
            changes,
            live: state.live,
            options: state.options,
            telemetry: state.telemetry,
        };
        listener.serve(query.since, beat_every).await;
        drop(seat);
    }))
}

/// The places for clients, overall and by address.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    most_of_address: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
    telemetry: Arc<Telemetry>,
}

impl Seats {
    pub(super) fn new(options: &HttpOptions, telemetry: Arc<Telemetry>) -> Arc<Self> {
        telemetry.clients().seats.store(options.live_clients_max as u64, Ordering::Relaxed);
        let (most, most_of_address) = (options.live_clients_max, options.live_per_address);
        Arc::new(Self { most, most_of_address, taken: Mutex::default(), telemetry })
    }

    fn take(self: &Arc<Self>, peer: IpAddr) -> Result<Seat, Problem> {
        let (address, clients) = (network(peer), self.telemetry.clients());
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= self.most {
            clients.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Problem::busy(format!("{} clients are connected already; close one", self.most)));
        }
        let of_address = taken.get(&address).copied().unwrap_or_default();
        if of_address >= self.most_of_address {
            clients.refused_address.fetch_add(1, Ordering::Relaxed);
            let detail = format!(
                "{} clients of this address are connected already; close one, or raise live_per_address in [http]",
                self.most_of_address
            );
            return Err(Problem::busy(detail));
        }
        taken.insert(address, of_address + 1);
        clients.connected.fetch_add(1, Ordering::Relaxed);
        Ok(Seat { seats: Arc::clone(self), address })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Plain numbers: they stay good where a thread panicked.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the clients, given back when dropped.
struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(of_address) = taken.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                taken.remove(&self.address);
            }
        }
        self.seats.telemetry.clients().connected.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a client may still say.
struct Allowance {
    most: f64,
    left: f64,
    at: Instant,
}

impl Allowance {
    fn new(a_minute: u32) -> Self {
        let most = f64::from(a_minute);
        Self { most, left: most, at: Instant::now() }
    }

    /// Whether one more message is within it.
    fn take(&mut self) -> bool {
        let now = Instant::now();
        let refilled = now.duration_since(self.at).as_secs_f64() * self.most / 60.0;
        (self.left, self.at) = ((self.left + refilled).min(self.most) - 1.0, now);
        self.left >= 0.0
    }
}

/// Why a client's connection ends.
enum End {
    /// It left.
    Left,
    /// It is so many events behind and the next one is gone.
    Slow { behind: u64 },
    /// It neither answers nor takes anything.
    Silent,
    /// It says more than a client has to.
    Noisy,
    /// What it was let in for holds no longer.
    Refused,
    /// The daemon stops.
    Stopping,
}

struct Listener {
    socket: WebSocket,
    /// The last event that the client has.
    position: u64,
    /// When it last sent something.
    heard: Instant,
    /// What it may still send.
    said: Allowance,
    /// By which credential it was let in.
    credential: Credential,
    changes: watch::Receiver<u64>,
    live: Arc<Live>,
    options: Arc<HttpOptions>,
    telemetry: Arc<Telemetry>,
}

impl Listener {
    async fn serve(mut self, since: Option<u64>, beat_every: Option<Duration>) {
        let Err(end) = self.converse(since, beat_every).await;
        let clients = self.telemetry.clients();
        let (code, reason) = match end {
            End::Left => return,
            End::Slow { behind } => {
                clients.dropped_slow.fetch_add(1, Ordering::Relaxed);
                (
                    close_code::AGAIN,
                    format!("too slow: {behind} events behind; connect again without since for a snapshot"),
                )
            }
            End::Silent => {
                clients.dropped_silent.fetch_add(1, Ordering::Relaxed);
                (close_code::POLICY, "silent: no pong came and nothing was taken; connect again".to_owned())
            }
            End::Noisy => {
                clients.dropped_noisy.fetch_add(1, Ordering::Relaxed);
                (close_code::POLICY, "too many messages: only answers to pings are asked of a client".to_owned())
            }
            End::Refused => (close_code::POLICY, "your key was revoked, or it or your session has ended".to_owned()),
            End::Stopping => (close_code::AWAY, "the daemon stops; connect again in a moment".to_owned()),
        };
        tracing::info!(code, reason, "live client dropped");
        let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let leave = async {
            self.socket.send(frame).await?;
            // The client's own close frame ends the connection in order.
            while self.socket.recv().await.transpose()?.is_some() {}
            Ok::<_, axum::Error>(())
        };
        // A client that takes not even this is cut off.
        let _ = timeout(self.options.close_within, leave).await;
    }

    async fn converse(
        &mut self,
        since: Option<u64>,
        beat_every: Option<Duration>,
    ) -> Result<std::convert::Infallible, End> {
        match since.map(|seq| (seq, self.live.since(seq))) {
            Some((seq, Since::Events(_))) => self.position = seq,
            Some((_, Since::Gone)) | None => {
                let snapshot = self.live.snapshot_message();
                self.position = snapshot.seq;
                let text = serde_json::to_string(&snapshot).expect("a snapshot is plain data");
                self.send(Message::text(text)).await?;
            }
        }
        // What a client missed before it came says nothing about the latency to its socket.
        let timed_from = self.live.head();
        let mut ping = interval(self.options.ping_every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        let mut beat = interval(beat_every.unwrap_or(self.options.ping_every));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        loop {
            self.changes.mark_unchanged();
            while self.position < self.live.head() {
                let Some(event) = self.live.event(self.position + 1) else { return Err(self.slow()) };
                self.send(Message::Text(event.text())).await?;
                self.position = event.seq;
                if event.seq > timed_from {
                    self.telemetry.record(Stage::PublishToSocket, event.published.elapsed());
                }
            }
            if self.live.closed() {
                return Err(End::Stopping);
            }
            tokio::select! {
                changed = self.changes.changed() => changed.map_err(|_| End::Stopping)?,
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Left),
                    Some(Ok(_)) => {
                        self.heard = Instant::now();
                        if !self.said.take() {
                            return Err(End::Noisy);
                        }
                    }
                },
                _ = beat.tick(), if beat_every.is_some() => {
                    let beat = serde_json::to_string(&self.live.beat(self.position)).expect("a beat is plain data");
                    self.send(Message::text(beat)).await?;
                }
                _ = ping.tick() => {
                    if self.heard.elapsed() > self.options.silent_after {
                        return Err(End::Silent);
                    }
                    if self.options.keys.as_ref().is_some_and(|desk| !desk.still_holds(&self.credential)) {
                        return Err(End::Refused);
                    }
                    self.send(Message::Ping(axum::body::Bytes::new())).await?;
                }
            }
        }
    }

    /// Sends one message, unless meanwhile the ring overtakes the client or nothing is taken for too long.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        let (live, position) = (&self.live, self.position);
        let mut send = pin!(timeout(self.options.silent_after, self.socket.send(message)));
        loop {
            tokio::select! {
                biased;
                sent = &mut send => {
                    return match sent {
                        Ok(sent) => sent.map_err(|_| End::Left),
                        Err(_) => Err(End::Silent),
                    };
                }
                changed = self.changes.changed() => {
                    changed.map_err(|_| End::Stopping)?;
                    if live.closed() {
                        return Err(End::Stopping);
                    }
                    let behind = live.head().saturating_sub(position);
                    if behind > live.capacity() {
                        return Err(End::Slow { behind });
                    }
                }
            }
        }
    }

    fn slow(&self) -> End {
        End::Slow { behind: self.live.head() - self.position }
    }
}
