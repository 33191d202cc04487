//! `[upstream]`: the line to the analytics cloud.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::bounds::{Bound, Fault, outside};

/// Which way summaries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpstreamKind {
    /// Nowhere: nothing is queued either.
    #[default]
    Off,
    /// Batches by POST.
    Https,
    /// `JetStream`, one subject a box and kind.
    Nats,
}

impl UpstreamKind {
    /// As in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Https => "https",
            Self::Nats => "nats",
        }
    }
}

/// The name by which the cloud knows this box: part of subjects, names and SQL keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoxName(String);

impl BoxName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BoxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no box's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no name of a box; write 1 to 40 of a-z, 0-9, _ and -, such as \"busch_iii\"")]
pub struct BadBoxName;

impl FromStr for BoxName {
    type Err = BadBoxName;

    fn from_str(text: &str) -> Result<Self, BadBoxName> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        let fits = (1..=40).contains(&text.len()) && text.bytes().all(good);
        if fits { Ok(Self(text.to_owned())) } else { Err(BadBoxName) }
    }
}

/// An Ed25519 public key that model bundles may be signed with: 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SigningKey(pub [u8; 32]);

impl fmt::Display for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why a text is no public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no Ed25519 public key; write its 32 bytes as 64 hexadecimal digits")]
pub struct BadKey;

impl FromStr for SigningKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let digits: Option<Vec<u8>> = text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(BadKey)?;
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(key))
    }
}

/// How the line is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Which way.
    pub kind: UpstreamKind,
    /// Where to.
    pub url: Option<String>,
    /// This box's name; the venue's where absent.
    pub box_name: Option<BoxName>,
    /// A file with the bearer token (https) or with NATS credentials; systemd's credential `upstream` where absent.
    pub credential_file: Option<PathBuf>,
    /// Certificates that the other side's must come from; those of the web where absent.
    pub ca_file: Option<PathBuf>,
    /// This box's certificate, with its chain.
    pub client_cert: Option<PathBuf>,
    /// Its key.
    pub client_key: Option<PathBuf>,
    /// Backlog summaries a second.
    pub backlog_per_s: f64,
    /// A live summary that has waited for so long goes with the backlog, s.
    pub live_s: f64,
    /// Summaries in one batch.
    pub batch_max: u32,
    /// Summaries older than this are let go, days; by what this run lived through, since an earlier one's clock may have been wrong.
    pub max_age_days: u32,
    /// Summaries beyond this are let go, the oldest first, megabytes (10⁶ bytes).
    pub max_mb: u32,
    /// Keys that model bundles may be signed with; none: none are taken.
    pub model_keys: Vec<SigningKey>,
    /// How often a model bundle is asked for, s.
    pub model_every_s: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            kind: UpstreamKind::Off,
            url: None,
            box_name: None,
            credential_file: None,
            ca_file: None,
            client_cert: None,
            client_key: None,
            backlog_per_s: 50.0,
            live_s: 10.0,
            batch_max: 100,
            max_age_days: 30,
            max_mb: 1000,
            model_keys: Vec::new(),
            model_every_s: 900.0,
        }
    }
}

impl Config {
    /// Whether summaries are queued and sent.
    pub fn is_on(&self) -> bool {
        self.kind != UpstreamKind::Off
    }

    /// The file with the bearer token or the NATS credentials: the one named, else systemd's credential where it is there.
    pub fn credential(&self) -> Option<PathBuf> {
        let handed_over = || {
            let path = Path::new(&std::env::var_os("CREDENTIALS_DIRECTORY")?).join("upstream");
            path.exists().then_some(path)
        };
        self.credential_file.clone().or_else(handed_over)
    }

    /// What its numbers may be.
    pub fn bounds(&self) -> Vec<Bound> {
        vec![
            Bound::new("backlog_per_s", self.backlog_per_s, 1.0, 10_000.0),
            Bound::new("live_s", self.live_s, 1.0, 3600.0),
            Bound::new("batch_max", f64::from(self.batch_max), 1.0, 1000.0),
            Bound::new("max_age_days", f64::from(self.max_age_days), 1.0, 3650.0),
            // Half of what the database may hold.
            Bound::new("max_mb", f64::from(self.max_mb), 1.0, 4000.0),
            Bound::new("model_every_s", self.model_every_s, 1.0, 86_400.0),
        ]
    }

    /// Where to, without logins.
    pub fn shown_url(&self) -> String {
        self.url.iter().flat_map(|url| url.split(',')).map(without_login).collect::<Vec<_>>().join(",")
    }

    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        let url_fault = match (self.kind, self.url.as_deref()) {
            (UpstreamKind::Off, _) => None,
            (UpstreamKind::Https | UpstreamKind::Nats, None) => {
                Some("is missing; write where summaries go, or kind = \"off\"")
            }
            (UpstreamKind::Https, Some(url)) => {
                let is_private = url.starts_with("https://") || is_loopback(url, "http://");
                (!is_private).then_some("is no https:// address; plain http:// goes to 127.0.0.1 only")
            }
            (UpstreamKind::Nats, Some(urls)) => {
                let is_private = urls.split(',').all(|url| url.starts_with("tls://") || is_loopback(url, "nats://"));
                (!is_private)
                    .then_some("is no tls:// address, or several with commas; plain nats:// goes to 127.0.0.1 only")
            }
        };
        errors.extend(url_fault.map(|why| Fault::new("url", why)));
        if self.client_cert.is_some() != self.client_key.is_some() {
            let why = "and client_key go together; write both or neither";
            errors.push(Fault::of_two("client_cert", "client_key", why));
        }
        errors
    }
}

/// An address without what stands before its `@`.
pub(super) fn without_login(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    format!("{scheme}://{}{path}", authority.rsplit('@').next().unwrap_or_default())
}

/// Whether a URL of this scheme goes no farther than this machine.
fn is_loopback(url: &str, scheme: &str) -> bool {
    url.strip_prefix(scheme).is_some_and(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A login stands before the last @.
        let host = authority.rsplit('@').next().unwrap_or_default();
        ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|own| host.strip_prefix(own).is_some_and(|port| port.is_empty() || port.starts_with(':')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(kind: UpstreamKind, url: &str) -> Config {
        Config { kind, url: Some(url.to_owned()), ..Config::default() }
    }

    #[test]
    fn the_default_is_sound_and_off() {
        assert_eq!(Config::default().errors(), []);
        assert!(!Config::default().is_on());
    }

    #[test]
    fn summaries_leave_the_machine_encrypted_or_not_at_all() {
        for (kind, url, good) in [
            (UpstreamKind::Https, "https://cloud.example/summaries", true),
            (UpstreamKind::Https, "http://127.0.0.1:8123/summaries", true),
            (UpstreamKind::Https, "http://127.0.0.1.example/summaries", false),
            (UpstreamKind::Https, "http://cloud.example/summaries", false),
            (UpstreamKind::Nats, "tls://a.example:4222,tls://b.example:4222", true),
            (UpstreamKind::Nats, "nats://127.0.0.1:4222,nats://localhost:4223", true),
            (UpstreamKind::Nats, "tls://a.example:4222,nats://b.example:4222", false),
            (UpstreamKind::Nats, "nats://park:secret@127.0.0.1:4222", true),
            (UpstreamKind::Nats, "nats://127.0.0.1:4222@b.example:4222", false),
            (UpstreamKind::Https, "http://b.example?@127.0.0.1/", false),
        ] {
            assert_eq!(to(kind, url).errors().is_empty(), good, "{url}");
        }
        let nowhere = Config { kind: UpstreamKind::Nats, ..Config::default() };
        assert_eq!(nowhere.errors()[0].key, "url");
    }

    #[test]
    fn no_login_is_shown() {
        for (url, shown) in [
            ("nats://park:secret@127.0.0.1:4222,tls://a:b@c@b.example", "nats://127.0.0.1:4222,tls://b.example"),
            ("https://cloud.example/x?to=a@b", "https://cloud.example/x?to=a@b"),
        ] {
            assert_eq!(to(UpstreamKind::Nats, url).shown_url(), shown);
        }
    }

    #[test]
    fn every_fault_is_told() {
        let config = Config {
            client_key: Some("key.pem".into()),
            backlog_per_s: 0.0,
            live_s: 0.0,
            batch_max: 0,
            max_age_days: 0,
            max_mb: 5000,
            model_every_s: f64::NAN,
            ..Config::default()
        };
        assert_eq!(config.errors().len(), 7);
    }

    #[test]
    fn names_and_keys_are_what_they_must_be() {
        assert!("busch_iii".parse::<BoxName>().is_ok());
        for bad in ["", "Busch", "busch.iii", "busch iii", "*", &"x".repeat(41)] {
            assert_eq!(bad.parse::<BoxName>(), Err(BadBoxName), "{bad}");
        }
        let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        assert_eq!(key.parse::<SigningKey>().expect("a key").to_string(), key);
        for bad in ["", "0011", &format!("{key}00"), &key.replace('f', "g")] {
            assert_eq!(bad.parse::<SigningKey>(), Err(BadKey), "{bad}");
        }
    }
}
