//! What the service manager hands over and is told: sockets that it opened, and how the daemon does (`sd_notify`).
//!
//! Without a service manager nothing is handed over and what is told goes nowhere, so the daemon is the same in a terminal.
#![allow(unsafe_code)] // taking over a descriptor, and reading the monotonic clock in its own units

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::Socket;
use systemd::daemon::{self, Listening, SocketType};

/// `FileDescriptorName=` of the socket that frames come in by.
pub const UDP: &str = "udp";
/// `FileDescriptorName=` of the socket that HTTP comes in by.
pub const HTTP: &str = "http";

/// What cannot be had of the service manager.
#[derive(Debug, thiserror::Error)]
pub enum SocketsError {
    /// `LISTEN_FDS` and its like say nothing that makes sense.
    #[error(
        "the sockets of the service manager cannot be taken over: {0}; start pitchguard by `systemctl start pitchguard`, \
         or without LISTEN_FDS in the environment"
    )]
    Environment(systemd::Error),
}

/// Sockets that were open before the daemon was, so that what came meanwhile waits in them.
#[derive(Debug, Default)]
pub struct Sockets {
    /// For frames.
    pub udp: Option<Socket>,
    /// For HTTP.
    pub http: Option<TcpListener>,
}

impl Sockets {
    /// Takes over the sockets that the service manager passed by, named [`UDP`] and [`HTTP`]; others are closed, and that is
    /// said. Later calls find none.
    ///
    /// # Errors
    /// The environment speaks of sockets that are not there.
    pub fn inherited() -> Result<Self, SocketsError> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        let mut sockets = Self::default();
        if TAKEN.swap(true, Ordering::AcqRel) {
            return Ok(sockets);
        }
        let passed = daemon::listen_fds_with_names().map_err(SocketsError::Environment)?;
        for (number, name) in passed.iter() {
            let is =
                |kind, listening| daemon::is_socket_inet(number, None, Some(kind), listening, None).unwrap_or(false);
            let datagram = is(SocketType::Datagram, Listening::NoListeningCheck);
            let stream = is(SocketType::Stream, Listening::IsListening);
            // SAFETY: the service manager opened this descriptor for this process and nobody else has taken it: `TAKEN`
            // lets this line run once a descriptor.
            let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
            let name = name.to_string_lossy();
            match name.as_ref() {
                UDP if datagram && sockets.udp.is_none() => sockets.udp = Some(descriptor.into()),
                HTTP if stream && sockets.http.is_none() => sockets.http = Some(descriptor.into()),
                _ => tracing::warn!(
                    %name, number,
                    "a socket of the service manager is not used and closed: one named udp (ListenDatagram) and one named \
                     http (ListenStream) are"
                ),
            }
        }
        Ok(sockets)
    }

    /// Those that listen where the configuration says. It wins: another one is closed, and the daemon opens its own.
    #[must_use]
    pub fn serving(mut self, udp: SocketAddr, http: SocketAddr) -> Self {
        let no_inet = || io::Error::other("no socket of the internet's protocols");
        self.udp = self.udp.filter(|socket| {
            let address = socket.local_addr().and_then(|address| address.as_socket().ok_or_else(no_inet));
            serves(address, udp) || stale("pitchguard.socket", udp)
        });
        self.http =
            self.http.filter(|socket| serves(socket.local_addr(), http) || stale("pitchguard-http.socket", http));
        self
    }
}

/// Says that a unit listens elsewhere; the socket is of no use then.
fn stale(unit: &str, wanted: SocketAddr) -> bool {
    tracing::warn!(
        unit,
        "{unit} does not listen on {wanted}, which the configuration names and the daemon now opens itself: what comes in \
         while it restarts is lost. Run `systemctl daemon-reload`, `systemctl stop pitchguard`, `systemctl restart {unit}` \
         and `systemctl start pitchguard`"
    );
    false
}

/// Whether a socket that was passed by serves the address that the configuration names: the same one, or any port where it
/// names port 0.
fn serves(socket: io::Result<SocketAddr>, wanted: SocketAddr) -> bool {
    socket.is_ok_and(|address| {
        address.ip().to_canonical() == wanted.ip().to_canonical()
            && (wanted.port() == 0 || address.port() == wanted.port())
    })
}

/// The daemon serves.
pub fn ready(status: &str) {
    tell(&[(daemon::STATE_READY, "1"), (daemon::STATE_STATUS, status)]);
}

/// The daemon starts and is not stuck: it is not to be ended for the next quarter of an hour.
pub fn starting(status: &str) {
    tell(&[(daemon::STATE_STATUS, status), ("EXTEND_TIMEOUT_USEC", "900000000")]);
}

/// The daemon reads its configuration anew; [`ready`] ends that.
pub fn reloading() {
    let now = monotonic().as_micros().to_string();
    tell(&[(daemon::STATE_RELOADING, "1"), ("MONOTONIC_USEC", now.as_str())]);
}

/// The daemon stops.
pub fn stopping(status: &str) {
    tell(&[(daemon::STATE_STOPPING, "1"), (daemon::STATE_STATUS, status)]);
}

/// How it does, in a line.
pub fn status(status: &str) {
    tell(&[(daemon::STATE_STATUS, status)]);
}

/// Everything that must move has moved.
pub fn feed_watchdog() {
    tell(&[(daemon::STATE_WATCHDOG, "1")]);
}

/// The time without food after which the service manager ends the daemon; none where it does not watch.
pub fn watchdog() -> Option<Duration> {
    daemon::watchdog_enabled().ok().filter(|usec| *usec > 0).map(Duration::from_micros)
}

fn tell(state: &[(&str, &str)]) {
    // Line breaks would end the value: a status is one line.
    let state: Vec<(&str, String)> = state.iter().map(|(key, value)| (*key, value.replace('\n', " "))).collect();
    if let Err(error) = daemon::notify(state.iter()) {
        tracing::warn!(%error, "the service manager cannot be told anything: NOTIFY_SOCKET is of no use");
    }
}

/// `CLOCK_MONOTONIC`, as the service manager counts.
fn monotonic() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of this function.
    let read = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    debug_assert_eq!(read, 0, "every Linux has this clock");
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket to stand for one of the service manager's.
    fn datagram() -> Socket {
        let socket = Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).expect("a socket");
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
        socket
    }

    #[test]
    fn a_socket_serves_its_own_address_and_any_port_where_none_is_asked_for() {
        let address = || datagram().local_addr().map(|address| address.as_socket().expect("inet"));
        let own: SocketAddr = address().expect("bound");
        assert!(serves(Ok(own), own));
        assert!(serves(Ok(own), SocketAddr::from(([127, 0, 0, 1], 0))));
        assert!(!serves(Ok(own), SocketAddr::from(([127, 0, 0, 1], own.port() ^ 1))));
        assert!(!serves(Ok(own), SocketAddr::from(([0, 0, 0, 0], own.port()))));
        assert!(!serves(Err(io::Error::other("no socket")), own));
        let handed_over = || Sockets { udp: Some(datagram()), http: None };
        assert!(handed_over().serving(SocketAddr::from(([127, 0, 0, 1], 0)), own).udp.is_some());
        assert!(handed_over().serving(SocketAddr::from(([127, 0, 0, 2], 0)), own).udp.is_none());
    }

    #[test]
    fn without_a_service_manager_nothing_is_handed_over_and_nothing_breaks() {
        let sockets = Sockets::inherited().expect("the tests' environment names no sockets");
        assert!(sockets.udp.is_none() && sockets.http.is_none());
        ready("two\nlines");
        assert_eq!(watchdog(), None);
    }
}
