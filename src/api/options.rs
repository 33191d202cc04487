//! How the API serves: limits, with their reasons, and who may ask.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::auth::KeyDesk;

/// How the API serves. [`HttpOptions::new`] gives the values that ship.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Address that it listens on; its IP is an allowed host.
    pub listen: SocketAddr,
    /// Host names beyond `localhost` and the listen address under which clients may ask (no port).
    pub allowed_hosts: Vec<String>,
    /// Who checks keys; none where nobody does.
    pub keys: Option<Arc<KeyDesk>>,
    /// Largest request body, bytes. No request here carries more than a few words.
    pub body_limit: usize,
    /// A request that takes longer is answered 503.
    pub request_timeout: Duration,
    /// WebSocket clients at most; each tablet is one.
    pub live_clients_max: usize,
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
        Self {
            listen,
            allowed_hosts: Vec::new(),
            keys: None,
            body_limit: 16 * 1024,
            request_timeout: Duration::from_secs(10),
            live_clients_max: 256,
            ping_every: Duration::from_secs(15),
            silent_after: Duration::from_secs(45),
            close_within: Duration::from_secs(2),
        }
    }
}
