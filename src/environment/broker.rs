//! The broker's address, and how this box behaves towards it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rumqttc::v5::MqttOptions;

/// MQTT without TLS.
const PORT: u16 = 1883;
/// A dead broker is noticed within twice this.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// Longest wait for a connection, s: what is lost on the way is tried anew.
const CONNECT_WITHIN_S: u64 = 1;
/// Largest packet that the broker is allowed to send, bytes: it keeps larger ones to itself (MQTT 5), where a client of MQTT
/// 3.1.1 could only hang up, again and again for a retained one.
const PACKET_MAX: u32 = 64 << 10;

/// What is wrong with a broker's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerUrlError {
    /// Not an address of MQTT.
    #[error("is no MQTT address; write \"mqtt://HOST:PORT\" or \"mqtt://USER:PASSWORD@HOST:PORT\"")]
    Form,
    /// TLS is asked for.
    #[error(
        "asks for TLS, which this version does not speak to a broker; let a TLS-terminating proxy listen on loopback"
    )]
    Tls,
}

/// `mqtt://[user:password@]host[:port]`. Shown without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// As in the URL: an IPv6 address in brackets.
    host: String,
    port: u16,
    login: Option<(String, String)>,
}

impl BrokerUrl {
    /// What a client of this broker needs. `client` is its name there.
    pub(crate) fn options(&self, client: String) -> MqttOptions {
        let mut options = MqttOptions::new(client, &self.host, self.port);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_connection_timeout(CONNECT_WITHIN_S)
            .set_max_packet_size(Some(PACKET_MAX));
        if let Some((user, password)) = &self.login {
            options.set_credentials(user, password);
        }
        options
    }
}

impl FromStr for BrokerUrl {
    type Err = BrokerUrlError;

    fn from_str(text: &str) -> Result<Self, BrokerUrlError> {
        if text.starts_with("mqtts://") || text.starts_with("ssl://") {
            return Err(BrokerUrlError::Tls);
        }
        let rest = text.strip_prefix("mqtt://").ok_or(BrokerUrlError::Form)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let login = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
            Some(("", _)) => return Err(BrokerUrlError::Form),
            login => login.map(|(user, password)| (user.to_owned(), password.to_owned())),
        };
        let bracketed = place.starts_with('[');
        let (host, port) = match place.rsplit_once(':').filter(|(host, _)| !bracketed || host.ends_with(']')) {
            Some((host, port)) => (host, port.parse().ok().filter(|p| *p != 0).ok_or(BrokerUrlError::Form)?),
            None => (place, PORT),
        };
        let inside = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let good = match inside {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
            }
        };
        if good { Ok(Self { host: host.to_owned(), port, login }) } else { Err(BrokerUrlError::Form) }
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.login {
            Some((user, _)) => write!(f, "mqtt://{user}:***@{}:{}", self.host, self.port),
            None => write!(f, "mqtt://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_their_password() {
        for (text, shown) in [
            ("mqtt://127.0.0.1:1883", "mqtt://127.0.0.1:1883"),
            ("mqtt://broker.local/", "mqtt://broker.local:1883"),
            ("mqtt://[::1]:2883", "mqtt://[::1]:2883"),
            ("mqtt://[::1]", "mqtt://[::1]:1883"),
            ("mqtt://park:se@cr:et@broker", "mqtt://park:***@broker:1883"),
        ] {
            let url: BrokerUrl = text.parse().expect(text);
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.to_owned(), shown.to_owned()));
        }
        let url: BrokerUrl = "mqtt://park:se@cr:et@broker".parse().expect("good");
        assert_eq!(url.login, Some(("park".to_owned(), "se@cr:et".to_owned())));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "127.0.0.1:1883",
            "mqtt://",
            "mqtt://:1883",
            "mqtt://h:0",
            "mqtt://h:99999",
            "mqtt://a b",
            "mqtt://::1",
            "mqtt://[::1",
            "mqtt://@h",
            "http://h",
            "mqtt://h/topic",
        ] {
            assert_eq!(text.parse::<BrokerUrl>(), Err(BrokerUrlError::Form), "{text}");
        }
        assert_eq!("mqtts://h".parse::<BrokerUrl>(), Err(BrokerUrlError::Tls));
    }
}
