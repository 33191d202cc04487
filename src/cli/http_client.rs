//! Asking the running daemon over HTTP, for the verbs that show how it does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::api::local_pass;

/// A daemon on the same box answers in milliseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody answers.
    #[error(
        "no daemon answers at {url} ({source}); start it with `pitchguard run` or `systemctl start pitchguard`, or name \
         its address with --url"
    )]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// What the connection said.
        source: Box<ureq::Error>,
    },
    /// Nothing came in time.
    #[error(
        "waited {} s for an answer at {url}: the daemon there is stopped or hangs, or is not reached; `systemctl status \
         pitchguard` and its log say more",
        ANSWER_WITHIN.as_secs()
    )]
    Silent {
        /// Where it was asked.
        url: String,
    },
    /// It wants a key.
    #[error(
        "the daemon at {url} asks for a key: ask as its own user or root, who can read the store's directory, or over \
         loopback"
    )]
    KeyWanted {
        /// Where it was asked.
        url: String,
    },
    /// Something else answers there, or a daemon of another version.
    #[error("what answers at {url} is no pitchguard of this version: {why}; name the daemon's address with --url")]
    Foreign {
        /// Where it was asked.
        url: String,
        /// What came instead.
        why: String,
    },
}

/// A daemon, and how to be let in by it.
#[derive(Debug)]
pub struct DaemonClient {
    base: String,
    pass: Option<String>,
}

impl DaemonClient {
    /// The daemon at an address of somebody's own choice; nothing secret is sent there.
    pub fn at(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), pass: None }
    }

    /// The daemon of this box: whoever may read its store's directory is let in by that.
    pub fn here(listen: SocketAddr, store: &Path) -> Self {
        Self { base: url_of(listen), pass: local_pass(store) }
    }

    /// Shows this key, where there is one.
    #[must_use]
    pub fn with_key(self, key: Option<&str>) -> Self {
        Self { pass: key.map(str::to_owned).or(self.pass), ..self }
    }

    /// Asks, and gives status and body. Nobody's absence is an error here but the daemon's.
    ///
    /// # Errors
    /// Where nobody answers, not in text, or not without a key.
    pub fn get(&self, path: &str) -> Result<(u16, String), AskError> {
        let url = format!("{}{path}", self.base);
        // A proxy of the environment is for the internet, not for the daemon on this box.
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_WITHIN))
            .proxy(None)
            .http_status_as_error(false)
            .build()
            .into();
        let mut request = agent.get(&url);
        if let Some(pass) = &self.pass {
            request = request.header("authorization", format!("Bearer {pass}"));
        }
        let mut response = request.call().map_err(|source| match source {
            ureq::Error::Timeout(_) => AskError::Silent { url: url.clone() },
            source => AskError::Unreachable { url: url.clone(), source: source.into() },
        })?;
        let status = response.status().as_u16();
        if status == 401 {
            return Err(AskError::KeyWanted { url });
        }
        let text = response.body_mut().read_to_string();
        text.map(|text| (status, text)).map_err(|error| AskError::Foreign { url, why: error.to_string() })
    }

    /// Where a path of it is.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The address to ask where the daemon listens on `listen`: loopback where it listens everywhere.
pub(super) fn url_of(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_takes_a_request_and_says_nothing_is_told_from_one_that_is_not_there() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let error = DaemonClient::at(&base).get("/api/status").expect_err("nobody answers");
        assert!(matches!(error, AskError::Silent { .. }), "{error}");
        drop(listener);
        let error = DaemonClient::at(&base).get("/api/status").expect_err("nobody is there");
        assert!(matches!(error, AskError::Unreachable { .. }), "{error}");
    }
}
