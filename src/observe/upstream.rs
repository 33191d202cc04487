//! How the line to the analytics cloud does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A summary that the cloud refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedStatus {
    /// Its name, as the cloud knows it.
    pub id: String,
    /// `pitch`, `outing`, `readiness`, `alert`, `calibration` or `model`.
    pub kind: String,
    /// When it was set aside, RFC 3339.
    pub refused_at: String,
    /// What the cloud said.
    pub why: String,
}

/// The last model bundle that came down the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundleStatus {
    /// When it came, RFC 3339.
    pub at: String,
    /// Its model's version, where it was registered.
    pub registered: Option<String>,
    /// Why it was not.
    pub refused: Option<String>,
}

/// The line and its outbox at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct UpstreamStatus {
    /// `off`, `https` or `nats`.
    pub kind: String,
    /// Where summaries go; empty where the line is off.
    pub url: String,
    /// The name by which the cloud knows this box.
    pub r#box: String,
    /// Whether the last attempt came through; null before the first one.
    pub up: Option<bool>,
    /// Since when nothing comes through, RFC 3339; null while it does.
    pub down_since: Option<String>,
    /// Why nothing comes through, and what to do; empty while it does.
    pub trouble: String,
    /// The circuit breaker: `closed`, `open` or `half_open`.
    pub circuit: String,
    /// Attempts that failed since the last success.
    pub failures: u32,
    /// Summaries waiting, by lane: `live`, `backlog`.
    pub waiting: BTreeMap<String, u64>,
    /// Bytes of the waiting summaries.
    pub waiting_bytes: u64,
    /// Age of the oldest waiting summary by lane, s; a lane without one is absent.
    pub oldest_s: BTreeMap<String, f64>,
    /// Summaries that the cloud acknowledged, since the store was created.
    pub delivered: u64,
    /// Summaries that had to go unsent, by cause: `age`, `bytes`, `refused_full`, `forgotten`, `corrupt`.
    pub dropped: BTreeMap<String, u64>,
    /// Summaries set aside now because the cloud refuses them.
    pub refused: u64,
    /// How often a summary was set aside.
    pub refused_ever: u64,
    /// The newest of them.
    pub newest_refused: Vec<RefusedStatus>,
    /// The last model bundle; null while none came.
    pub model: Option<BundleStatus>,
}
