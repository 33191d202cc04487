//! How the API serves: limits, with their reasons, and who may ask.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::auth::ApiKeys;
use crate::config::{HttpConfig, LIVE_CLIENTS_MAX};

/// How the API serves. [`HttpOptions::new`] gives the values that ship.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Address that it listens on; its IP is an allowed host.
    pub listen: SocketAddr,
    /// Host names beyond `localhost` and the listen address under which clients may ask (no port).
    pub allowed_hosts: Vec<String>,
    /// Who checks keys; none where nobody does.
    pub keys: Option<Arc<ApiKeys>>,
    /// Largest request body, bytes. No request here carries more than a few words.
    pub body_limit: usize,
    /// A request that takes longer is answered 503.
    pub request_timeout: Duration,
    /// Connections at most, those of the live WebSocket among them.
    pub connections_max: usize,
    /// Of one address, or one /64 of IPv6, at most.
    pub connections_per_address: usize,
    /// Answers of one address under way at most; a browser asks for six things at once, and others wait for their turn.
    pub answers_per_address: usize,
    /// A request's head must be there whole so long after the connection began or its last answer was taken.
    pub head_within: Duration,
    /// Largest head of a request, bytes.
    pub head_limit: usize,
    /// A client that takes nothing of its answer for so long is cut off, …
    pub unread_after: Duration,
    /// … and one that has not taken it whole so long after asking.
    pub answer_within: Duration,
    /// WebSocket clients at most; each tablet is one.
    pub live_clients_max: usize,
    /// Of one address at most.
    pub live_per_address: usize,
    /// Messages that a WebSocket client may send at once, and as many more a minute: a browser answers a ping now and then.
    pub live_messages: u32,
    /// Time between pings to a WebSocket client.
    pub ping_every: Duration,
    /// A WebSocket client that sent nothing, not even a pong, or took nothing for so long is dropped as silent.
    pub silent_after: Duration,
    /// Time given to a dropped client to take the close frame.
    pub close_within: Duration,
}

impl HttpOptions {
    /// The values that ship.
    pub fn new(listen: SocketAddr) -> Self {
        let http = HttpConfig::default();
        Self {
            listen,
            allowed_hosts: Vec::new(),
            keys: None,
            body_limit: 16 * 1024,
            request_timeout: Duration::from_secs(10),
            connections_max: http.connections as usize,
            connections_per_address: http.connections_per_address as usize,
            answers_per_address: 16,
            head_within: Duration::from_secs(10),
            head_limit: 32 * 1024,
            unread_after: Duration::from_secs(15),
            answer_within: Duration::from_mins(1),
            live_clients_max: LIVE_CLIENTS_MAX,
            live_per_address: http.live_per_address as usize,
            live_messages: 120,
            ping_every: Duration::from_secs(15),
            silent_after: Duration::from_secs(45),
            close_within: Duration::from_secs(2),
        }
    }
}
