//! `pitchguard load-test --url`: as many tablets of a running box, each with a live connection of its own.
//!
//! A crowd takes from the box what the coach's tablets need, so it does not come while real pitchers throw, unless
//! somebody says so.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::{Error as WsError, Message, client};

use super::http_client::{AskError, DaemonClient};
use super::load_test::LOAD_NAME;
use super::out::say;
use crate::simulate;

/// Time for a connection, and longest wait for a message: the box beats once a second.
const PATIENCE: Duration = Duration::from_secs(10);
/// Who threw within this time still pitches.
const THROWS_WITHIN_S: i64 = 1800;
/// Pitchers named in a refusal.
const NAMED: usize = 3;

/// Why no crowd came.
#[derive(Debug, thiserror::Error)]
pub enum CrowdError {
    /// The box does not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// No address.
    #[error("--url {0} is no address of a box; write http://HOST:PORT")]
    Url(String),
    /// The coach needs it now.
    #[error(
        "{names} threw at {url} within the last half hour and is not simulated: a load test takes from the coach's \
         tablets. Wait until nobody throws, try a box that simulates, or say --during-a-game"
    )]
    InUse {
        /// The box.
        url: String,
        /// Who throws there.
        names: String,
    },
}

/// Somebody whom the box shows; of his record only what tells whether he is real and throws now.
#[derive(Debug, Deserialize)]
struct Shown {
    pitcher: u32,
    name: String,
    last_pitch_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Everybody {
    readiness: Vec<Shown>,
}

/// What one tablet saw.
#[derive(Debug, Default)]
struct Seen {
    messages: u64,
    missed: u64,
    longest: Duration,
    connected_in: Duration,
    failed: Option<String>,
}

/// How a crowd is made.
#[derive(Debug, Clone)]
pub(super) struct Crowd<'a> {
    pub(super) url: &'a str,
    pub(super) clients: u32,
    pub(super) time: Duration,
    pub(super) key: Option<&'a str>,
    /// Also where real pitchers throw.
    pub(super) regardless: bool,
}

/// Connects, listens for the time, and tells how the box served. Success means: everybody heard everything.
///
/// # Errors
/// The box does not answer, or real pitchers throw there.
pub(super) fn run(crowd: &Crowd<'_>) -> Result<ExitCode, CrowdError> {
    let bad = || CrowdError::Url(crowd.url.to_owned());
    let host = crowd.url.trim_end_matches('/').strip_prefix("http://").ok_or_else(bad)?;
    let address = host.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(bad)?;
    let daemon = DaemonClient::at(crowd.url).with_key(crowd.key);
    if !crowd.regardless {
        let shown = shown(&daemon)?;
        let throwing = real(&shown, jiff::Timestamp::now());
        if !throwing.is_empty() {
            return Err(CrowdError::InUse { url: crowd.url.to_owned(), names: named(&throwing) });
        }
    }
    say!("load test: {} tablets of http://{host} for {} s", crowd.clients, crowd.time.as_secs());
    let until = Instant::now() + crowd.time;
    let seen: Vec<Seen> = std::thread::scope(|scope| {
        let listeners: Vec<_> =
            (0..crowd.clients).map(|_| scope.spawn(|| listen(address, host, crowd.key, until))).collect();
        let panicked = |_| Seen { failed: Some("this program failed".to_owned()), ..Seen::default() };
        listeners.into_iter().map(|one| one.join().unwrap_or_else(panicked)).collect()
    });
    Ok(told(&seen))
}

fn shown(daemon: &DaemonClient) -> Result<Vec<Shown>, CrowdError> {
    let (status, text) = daemon.get("/api/readiness")?;
    let foreign = |why: String| AskError::Foreign { url: daemon.url("/api/readiness"), why };
    if status != 200 {
        return Err(foreign(format!("{status} {text}")).into());
    }
    let everybody: Everybody = serde_json::from_str(&text).map_err(|error| foreign(error.to_string()))?;
    Ok(everybody.readiness)
}

/// Real people who throw now.
fn real(shown: &[Shown], now: jiff::Timestamp) -> Vec<&str> {
    let throws = |one: &&Shown| {
        let at: Option<jiff::Timestamp> = one.last_pitch_at.as_deref().and_then(|at| at.parse().ok());
        // What cannot be read may be now.
        at.is_none_or(|at| now.as_second() - at.as_second() < THROWS_WITHIN_S)
    };
    let is_real = |one: &&Shown| !one.name.starts_with(LOAD_NAME) && !simulate::is_invented(one.pitcher, &one.name);
    shown.iter().filter(throws).filter(is_real).map(|one| one.name.as_str()).collect()
}

fn named(people: &[&str]) -> String {
    let some = people.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match people.len().saturating_sub(NAMED) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

/// One tablet, until that moment.
fn listen(address: std::net::SocketAddr, host: &str, key: Option<&str>, until: Instant) -> Seen {
    let mut seen = Seen::default();
    if let Err(error) = hear(address, host, key, until, &mut seen) {
        seen.failed = Some(error.to_string());
    }
    seen
}

fn hear(
    address: std::net::SocketAddr,
    host: &str,
    key: Option<&str>,
    until: Instant,
    seen: &mut Seen,
) -> Result<(), WsError> {
    let began = Instant::now();
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("ws://{host}/api/live?beat_s=1").into_client_request()?;
    if let Some(key) = key {
        let shown =
            HeaderValue::from_str(&format!("Bearer {key}")).map_err(|error| io::Error::other(error.to_string()))?;
        request.headers_mut().insert(header::AUTHORIZATION, shown);
    }
    let (mut socket, _) = client(request, stream).map_err(|error| match error {
        tokio_tungstenite::tungstenite::HandshakeError::Failure(error) => error,
        tokio_tungstenite::tungstenite::HandshakeError::Interrupted(_) => {
            io::Error::from(io::ErrorKind::TimedOut).into()
        }
    })?;
    seen.connected_in = began.elapsed();
    let (mut last, mut newest) = (Instant::now(), None);
    while Instant::now() < until {
        let text = match socket.read()? {
            Message::Text(text) => text,
            Message::Close(frame) => {
                let why = frame.map_or_else(|| "without a reason".to_owned(), |frame| frame.reason.to_string());
                return Err(io::Error::other(format!("the box closed the connection: {why}")).into());
            }
            _ => continue,
        };
        seen.longest = seen.longest.max(last.elapsed());
        last = Instant::now();
        seen.messages += 1;
        seen.missed += missed(&text, &mut newest);
    }
    // The time is over; the box sees that we go.
    let _gone = socket.close(None);
    Ok(())
}

/// Events that should have come between the newest so far and this message.
fn missed(text: &str, newest: &mut Option<u64>) -> u64 {
    #[derive(Deserialize)]
    struct Head {
        seq: u64,
        r#type: String,
    }
    let Ok(Head { seq, r#type }) = serde_json::from_str::<Head>(text) else { return 1 };
    let expected = match (r#type.as_str(), *newest) {
        ("snapshot", _) | (_, None) => seq,
        ("beat", Some(newest)) => newest,
        (_, Some(newest)) => newest + 1,
    };
    *newest = Some(seq);
    seq.saturating_sub(expected)
}

fn told(seen: &[Seen]) -> ExitCode {
    let good: Vec<&Seen> = seen.iter().filter(|one| one.failed.is_none()).collect();
    let most = |of: &dyn Fn(&Seen) -> Duration| good.iter().map(|one| of(one)).max().unwrap_or_default().as_secs_f64();
    let missed: u64 = seen.iter().map(|one| one.missed).sum();
    say!(
        "{} of {} stayed to the end; {} messages, {missed} missed; slowest to connect {:.0} ms, longest silence {:.1} s",
        good.len(),
        seen.len(),
        seen.iter().map(|one| one.messages).sum::<u64>(),
        1e3 * most(&|one| one.connected_in),
        most(&|one| one.longest)
    );
    let mut reasons: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for why in seen.iter().filter_map(|one| one.failed.as_deref()) {
        *reasons.entry(why).or_default() += 1;
    }
    for (why, count) in &reasons {
        say!("{count} × {why}");
    }
    if reasons.is_empty() && missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(pitcher: u32, name: &str, last_pitch_at: &str) -> Shown {
        Shown { pitcher, name: name.to_owned(), last_pitch_at: Some(last_pitch_at.to_owned()) }
    }

    #[test]
    fn only_a_real_person_who_throws_now_keeps_a_crowd_away() {
        let now: jiff::Timestamp = "2026-06-11T20:00:00Z".parse().expect("a moment");
        let shown = [
            one(663_556, "Shane McClanahan", "2026-06-11T19:45:00Z"),
            one(663_557, "Long Gone", "2026-06-11T19:00:00Z"),
            one(900_001, "Walt Kessler", "2026-06-11T19:59:00Z"),
            one(900_003, "Tobias Lindqvist (simulated)", "2026-06-11T19:59:00Z"),
            one(900_001, "Real Namesake", "2026-06-11T19:59:00Z"),
            one(1 << 31, "Load Tester 1", "2026-06-11T19:59:00Z"),
            one(5, "Nobody Knows When", "soon"),
        ];
        assert_eq!(real(&shown, now), ["Shane McClanahan", "Real Namesake", "Nobody Knows When"]);
        assert_eq!(named(&["a", "b", "c", "d"]), "a, b, c and 1 more");
    }

    #[test]
    fn events_that_did_not_come_are_counted() {
        let mut newest = None;
        let mut hear = |seq: u64, kind: &str| missed(&format!("{{\"seq\":{seq},\"type\":\"{kind}\"}}"), &mut newest);
        assert_eq!((hear(7, "snapshot"), hear(8, "pitch"), hear(8, "beat"), hear(11, "pitch")), (0, 0, 0, 2));
        assert_eq!((hear(14, "beat"), hear(20, "snapshot")), (3, 0));
    }
}
