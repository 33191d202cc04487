//! How the API serves: limits, with their reasons, and who may ask.

use std::net::SocketAddr;
use std::time::Duration;

/// How the API serves. [`HttpOptions::new`] gives the values that ship.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Address that it listens on; its IP is an allowed host.
    pub listen: SocketAddr,
    /// Host names beyond `localhost` and the listen address under which clients may ask (no port).
    pub allowed_hosts: Vec<String>,
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
            body_limit: 16 * 1024,
            request_timeout: Duration::from_secs(10),
            live_clients_max: 256,
            ping_every: Duration::from_secs(15),
            silent_after: Duration::from_secs(45),
            close_within: Duration::from_secs(2),
        }
    }
}

/// Listening to the network without keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "[http] listen = \"{0}\" is open to the network, and nobody would have to show a key: listen on 127.0.0.1 and put a \
     proxy that authenticates before it, or say insecure = true in [http] if everybody on that network may see this"
)]
pub struct ExposureError(pub SocketAddr);

/// Loopback is safe by itself; anything beyond it must be said out loud.
///
/// # Errors
/// Where `addr` is beyond loopback and `insecure` is not set.
pub fn check_exposure(addr: SocketAddr, insecure: bool) -> Result<(), ExposureError> {
    if addr.ip().to_canonical().is_loopback() || insecure { Ok(()) } else { Err(ExposureError(addr)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_served_without_saying_so() {
        for safe in ["127.0.0.1:8080", "127.9.9.9:1", "[::1]:8080", "[::ffff:127.0.0.1]:80"] {
            let addr = safe.parse().expect("an address");
            assert_eq!(check_exposure(addr, false), Ok(()), "{safe}");
        }
        for open in ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080", "[::ffff:10.0.0.1]:80"] {
            let addr = open.parse().expect("an address");
            assert_eq!(check_exposure(addr, false), Err(ExposureError(addr)), "{open}");
            assert_eq!(check_exposure(addr, true), Ok(()), "{open} said out loud");
        }
    }
}
