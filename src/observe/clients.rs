//! Who asks: clients of the live WebSocket and connections of HTTP, counted where they come and go.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Clients of the live WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ClientStatus {
    /// Connected now.
    pub connected: u64,
    /// Dropped because they read too slowly.
    pub dropped_slow: u64,
    /// Dropped because they no longer answered.
    pub dropped_silent: u64,
    /// Dropped because they sent more than answers to pings.
    #[serde(default)]
    pub dropped_noisy: u64,
    /// Refused because too many were connected.
    pub refused: u64,
    /// Refused because too many of their address were connected.
    #[serde(default)]
    pub refused_address: u64,
    /// How many may be connected.
    #[serde(default)]
    pub seats: u64,
}

/// The counters behind [`ClientStatus`].
#[derive(Debug, Default)]
pub(crate) struct Clients {
    pub(crate) connected: AtomicU64,
    pub(crate) dropped_slow: AtomicU64,
    pub(crate) dropped_silent: AtomicU64,
    pub(crate) dropped_noisy: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) refused_address: AtomicU64,
    pub(crate) seats: AtomicU64,
}

impl Clients {
    pub(crate) fn status(&self) -> ClientStatus {
        ClientStatus {
            connected: load(&self.connected),
            dropped_slow: load(&self.dropped_slow),
            dropped_silent: load(&self.dropped_silent),
            dropped_noisy: load(&self.dropped_noisy),
            refused: load(&self.refused),
            refused_address: load(&self.refused_address),
            seats: load(&self.seats),
        }
    }
}

/// Connections of HTTP clients, those of the live WebSocket among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct HttpStatus {
    /// Open now.
    pub open: u64,
    /// How many may be open.
    pub most: u64,
    /// Refused because every place was taken by one that is being served.
    pub refused: u64,
    /// Sent away, not being served, to make room for others.
    pub made_room: u64,
    /// Closed because no whole request came on them in time.
    pub unfinished: u64,
    /// Cut off because their client did not take its answer.
    pub unread: u64,
    /// Requests refused because too many answers of their address were under way.
    pub refused_answers: u64,
}

/// The counters behind [`HttpStatus`].
#[derive(Debug, Default)]
pub(crate) struct Http {
    pub(crate) open: AtomicU64,
    pub(crate) most: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) made_room: AtomicU64,
    pub(crate) unfinished: AtomicU64,
    pub(crate) unread: AtomicU64,
    pub(crate) refused_answers: AtomicU64,
}

impl Http {
    pub(crate) fn status(&self) -> HttpStatus {
        HttpStatus {
            open: load(&self.open),
            most: load(&self.most),
            refused: load(&self.refused),
            made_room: load(&self.made_room),
            unfinished: load(&self.unfinished),
            unread: load(&self.unread),
            refused_answers: load(&self.refused_answers),
        }
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
