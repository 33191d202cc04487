//! Who may ask: whoever is on this box, and whoever shows a key.
//!
//! A key comes as `Authorization: Bearer …`. A browser cannot send that with a WebSocket, and a key in an address would
//! stand in every log and history; so a browser trades its key for a cookie once (`POST /api/session`), which scripts
//! cannot read and which goes to this box only (`HttpOnly`, `SameSite=Strict`). The cookie is the key's id, a moment and a
//! BLAKE3 tag over both: nothing is kept about it here, it survives a restart, and it ends with its key. The tag's secret
//! lies in a file of its own, apart from the database, so that a backup lets nobody in.
//!
//! Whoever may read that file is this box's own user or root, and is let in by it: a pass for the verbs that ask the daemon
//! where it listens beyond loopback only, good for a minute.
//!
//! Failed attempts of one address are limited, whoever shows a good key is not: guessing 256 bits is hopeless anyway, and
//! nobody can lock a tablet out from behind the same router.

mod shown;
#[cfg(test)]
mod tests;
mod wrong;

use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use data_encoding::BASE64URL_NOPAD;

pub(super) use self::shown::COOKIE;
use self::shown::{PASS, Shown, shown};
use self::wrong::Wrong;
use super::limit::Buckets;
use super::problem::Problem;
use crate::config::HttpConfig;
use crate::disk::write_private;
use crate::observe::AccessStatus;
use crate::store::api_key::{ApiKeyRecord, id_in, random};
use crate::store::{Store, StoreError};

/// How long a cookie is good: from one game day to the next, so that a tablet in daily use never asks again.
const SESSION: Duration = Duration::from_hours(24);

/// Failed attempts of one address a minute.
const FAILURES_PER_MINUTE: f64 = 10.0;

/// The file of the cookies' secret, in the store's directory.
const SECRET: &str = "session.key";

/// How long a pass is good, s.
const PASS_S: u64 = 60;

/// Of whom a key is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPolicy {
    /// Of everybody beyond loopback.
    BeyondLoopback,
    /// Of everybody.
    Everybody,
    /// Of nobody: said out loud by `insecure`.
    Nobody,
}

impl KeyPolicy {
    /// What the configuration says.
    pub fn of(http: &HttpConfig) -> Self {
        match http {
            HttpConfig { insecure: true, .. } => Self::Nobody,
            HttpConfig { require_keys: true, .. } => Self::Everybody,
            _ => Self::BeyondLoopback,
        }
    }
}

/// A key with its last use, which is noted in memory and stored now and then.
#[derive(Debug)]
struct Held {
    record: ApiKeyRecord,
    used_ns: AtomicU64,
}

/// Checks keys and cookies.
pub struct ApiKeys {
    store: Arc<Store>,
    asked: KeyPolicy,
    keys: ArcSwap<Vec<Arc<Held>>>,
    secret: [u8; 32],
    failures: Buckets,
    admitted: AtomicU64,
    refused: AtomicU64,
    limited: AtomicU64,
    wrong: Wrong,
}

/// Without keys and secret.
impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys").field("asked", &self.asked).finish_non_exhaustive()
    }
}

/// By which credential somebody was let in. It goes with the request, and a WebSocket asks again by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// Nobody is asked, or not here.
    Unasked,
    /// A key with this id, up to a moment, ns since 1970, where a cookie says so.
    Key { id: String, until_ns: u64 },
}

impl ApiKeys {
    /// Checks by the keys of this store.
    ///
    /// # Errors
    /// The store fails, or the system has no random bytes.
    pub fn new(store: Arc<Store>, asked: KeyPolicy) -> Result<Self, StoreError> {
        let secret = session_secret(store.dir())?;
        let desk = Self {
            store,
            asked,
            keys: ArcSwap::default(),
            secret,
            failures: Buckets::new(FAILURES_PER_MINUTE),
            admitted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            limited: AtomicU64::new(0),
            wrong: Wrong::default(),
        };
        desk.reload()?;
        Ok(desk)
    }

    /// Reads the keys again, because they were changed.
    ///
    /// # Errors
    /// The store fails; the keys stay as they were.
    pub fn reload(&self) -> Result<(), StoreError> {
        let before = self.keys.load();
        let used = |record: &ApiKeyRecord| {
            let known = before.iter().find(|held| held.record.id == record.id);
            known.map_or(0, |held| held.used_ns.load(Ordering::Relaxed)).max(record.last_used_ns.unwrap_or_default())
        };
        let held = |record: ApiKeyRecord| Arc::new(Held { used_ns: AtomicU64::new(used(&record)), record });
        let keys = self.store.keys()?.into_iter().map(held).collect();
        self.keys.store(Arc::new(keys));
        Ok(())
    }

    /// Stores when keys were last used, where that is news by a minute.
    ///
    /// # Errors
    /// The store fails; it is tried again next time.
    pub fn note_used(&self) -> Result<(), StoreError> {
        const NEWS_NS: u64 = 60_000_000_000;
        let news = |held: &&Arc<Held>| {
            held.used_ns.load(Ordering::Relaxed) >= held.record.last_used_ns.unwrap_or_default() + NEWS_NS
        };
        let used: Vec<_> = self
            .keys
            .load()
            .iter()
            .filter(news)
            .map(|held| (held.record.id.clone(), held.used_ns.load(Ordering::Relaxed)))
            .collect();
        if used.is_empty() {
            return Ok(());
        }
        self.store.note_keys_used(&used)?;
        self.reload()
    }

    /// Whether any key is in force.
    pub fn has_keys(&self) -> bool {
        let now_ns = now_ns();
        self.keys.load().iter().any(|held| held.record.in_force(now_ns))
    }

    /// Of whom a key is asked.
    pub fn asked(&self) -> KeyPolicy {
        self.asked
    }

    /// Attempts so far.
    pub fn status(&self) -> AccessStatus {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let now_ns = now_ns();
        AccessStatus {
            keys: self.keys.load().iter().filter(|held| held.record.in_force(now_ns)).count() as u64,
            admitted: load(&self.admitted),
            refused: load(&self.refused),
            limited: load(&self.limited),
            last_refused: self.wrong.status(now_ns),
        }
    }

    /// Whether this peer must show a key.
    pub(super) fn asks(&self, peer: IpAddr) -> bool {
        match self.asked {
            KeyPolicy::Nobody => false,
            KeyPolicy::Everybody => true,
            KeyPolicy::BeyondLoopback => !peer.to_canonical().is_loopback(),
        }
    }

    /// Lets a request in, or says why not.
    pub(super) fn admit(&self, peer: IpAddr, headers: &HeaderMap, now: Instant) -> Result<Credential, Problem> {
        if !self.asks(peer) {
            return Ok(Credential::Unasked);
        }
        let shown = shown(headers);
        match self.credential(&shown) {
            Some(credential) => {
                self.admitted.fetch_add(1, Ordering::Relaxed);
                Ok(credential)
            }
            None => Err(self.refuse(peer, &shown, now)),
        }
    }

    /// Lets in whoever shows this key, also where nobody would have to.
    pub(super) fn admit_key(&self, peer: IpAddr, key: &str, now: Instant) -> Result<Credential, Problem> {
        let credential = self.by_key(key).ok_or_else(|| self.refuse(peer, &Shown::Key(key), now))?;
        self.admitted.fetch_add(1, Ordering::Relaxed);
        Ok(credential)
    }

    /// Whether a request of this peer with these headers would be let in. A wrong key or cookie is an attempt here as
    /// anywhere else: counted, and limited by address.
    pub(super) fn would_admit(&self, peer: IpAddr, headers: &HeaderMap, now: Instant) -> Result<bool, Problem> {
        let shown = shown(headers);
        if !self.asks(peer) || self.credential(&shown).is_some() {
            return Ok(true);
        }
        if matches!(shown, Shown::Nothing) {
            return Ok(false);
        }
        let refusal = self.refuse(peer, &shown, now);
        if refusal.status() == StatusCode::TOO_MANY_REQUESTS { Err(refusal) } else { Ok(false) }
    }

    fn credential(&self, shown: &Shown<'_>) -> Option<Credential> {
        match shown {
            Shown::Nothing => None,
            Shown::Key(key) => self.by_key(key).or_else(|| self.by_pass(key)),
            Shown::Cookie(cookie) => self.by_cookie(cookie),
        }
    }

    /// By a pass of this box's own user.
    fn by_pass(&self, pass: &str) -> Option<Credential> {
        let (until_s, tag) = pass.strip_prefix(PASS)?.split_once('_')?;
        let until_s = until_s.parse::<u64>().ok()?;
        let now_s = now_ns() / 1_000_000_000;
        let shown: [u8; 32] = BASE64URL_NOPAD.decode(tag.as_bytes()).ok()?.try_into().ok()?;
        let right = pass_tag(&self.secret, until_s) == blake3::Hash::from_bytes(shown);
        (right && (now_s..=now_s + PASS_S).contains(&until_s)).then_some(Credential::Unasked)
    }

    /// Counts a failed attempt and remembers it; one that showed nothing is none.
    fn refuse(&self, peer: IpAddr, shown: &Shown<'_>, now: Instant) -> Problem {
        if matches!(shown, Shown::Nothing) {
            let detail = "show a key of this box: Authorization: Bearer …, or a cookie of POST /api/session; \
                `pitchguard key add --name NAME` on the box makes one";
            return Problem::new(StatusCode::UNAUTHORIZED, "key-missing", "Key missing", detail);
        }
        if let Err(wait) = self.failures.take(peer, 1.0, now) {
            self.limited.fetch_add(1, Ordering::Relaxed);
            self.wrong.note(peer, None, now_ns());
            let seconds = wait.as_secs_f64().ceil() as u64;
            let detail = format!("too many wrong keys came from this address; try the right one, or wait {seconds} s");
            return Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", "Too many attempts", detail)
                .retry_after(seconds);
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        let keys = self.keys.load();
        let records: Vec<_> = keys.iter().map(|held| &held.record).collect();
        let what = wrong::words(shown, &records, now_ns());
        tracing::warn!(%peer, what, "a key or cookie that is not in force was shown");
        self.wrong.note(peer, Some(what), now_ns());
        let detail = "this key is not in force, or the session has ended: `pitchguard key list` on the box shows the keys, \
            `pitchguard key add --name NAME` makes one";
        Problem::new(StatusCode::UNAUTHORIZED, "key-refused", "Key refused", detail)
    }

    /// By a key's text.
    fn by_key(&self, key: &str) -> Option<Credential> {
        let held = self.in_force(id_in(key)?)?;
        held.record.is(key).then(|| {
            held.used_ns.fetch_max(now_ns(), Ordering::Relaxed);
            Credential::Key { id: held.record.id.clone(), until_ns: u64::MAX }
        })
    }

    /// By a cookie's text.
    fn by_cookie(&self, cookie: &str) -> Option<Credential> {
        let (signed, tag) = cookie.rsplit_once('.')?;
        let (id, until_s) = signed.split_once('.')?;
        let until_ns = until_s.parse::<u64>().ok()?.checked_mul(1_000_000_000)?;
        let held = self.in_force(id)?;
        let shown: [u8; 32] = BASE64URL_NOPAD.decode(tag.as_bytes()).ok()?.try_into().ok()?;
        // blake3's own comparison takes as long for a wrong tag as for the right one.
        if self.tag(signed, &held.record) != blake3::Hash::from_bytes(shown) || now_ns() >= until_ns {
            return None;
        }
        held.used_ns.fetch_max(now_ns(), Ordering::Relaxed);
        Some(Credential::Key { id: id.to_owned(), until_ns })
    }

    /// Whether the credential still holds: a key may have been revoked meanwhile.
    pub(super) fn still_holds(&self, credential: &Credential) -> bool {
        match credential {
            Credential::Unasked => true,
            Credential::Key { id, until_ns } => now_ns() < *until_ns && self.in_force(id).is_some(),
        }
    }

    /// A cookie for whoever showed a key or a cookie, with how long it is good.
    pub(super) fn cookie(&self, credential: &Credential) -> Option<HeaderValue> {
        let Credential::Key { id, .. } = credential else { return None };
        let held = self.in_force(id)?;
        let until_s = now_ns() / 1_000_000_000 + SESSION.as_secs();
        let signed = format!("{id}.{until_s}");
        let tag = BASE64URL_NOPAD.encode(self.tag(&signed, &held.record).as_bytes());
        let text = format!("{COOKIE}={signed}.{tag}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict", SESSION.as_secs());
        HeaderValue::from_str(&text).ok()
    }

    /// A cookie that is worth renewing: half of its time is over.
    pub(super) fn wanes(credential: &Credential) -> bool {
        let half_ns = SESSION.as_nanos() as u64 / 2;
        matches!(credential, Credential::Key { until_ns, .. } if until_ns.saturating_sub(now_ns()) < half_ns)
    }

    fn in_force(&self, id: &str) -> Option<Arc<Held>> {
        let now_ns = now_ns();
        self.keys.load().iter().find(|held| held.record.id == id && held.record.in_force(now_ns)).cloned()
    }

    /// Bound to the key by its hash: another key of the same id would not do.
    fn tag(&self, signed: &str, record: &ApiKeyRecord) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(signed.as_bytes()).update(&record.hash);
        hasher.finalize()
    }
}

fn pass_tag(secret: &[u8; 32], until_s: u64) -> blake3::Hash {
    blake3::keyed_hash(secret, format!("{PASS}{until_s}").as_bytes())
}

/// A pass for whoever may read the store's directory; none where its secret cannot be read.
pub fn local_pass(store: &Path) -> Option<String> {
    let secret: [u8; 32] = fs::read(store.join(SECRET)).ok()?.try_into().ok()?;
    let until_s = now_ns() / 1_000_000_000 + PASS_S;
    Some(format!("{PASS}{until_s}_{}", BASE64URL_NOPAD.encode(pass_tag(&secret, until_s).as_bytes())))
}

/// Ends a browser's session.
pub(super) fn cleared_cookie() -> HeaderValue {
    HeaderValue::from_static("pitchguard_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
}

/// Keys expire by the calendar: wall time, whatever box time does.
fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

/// The cookies' secret: made once, readable by this user only, and never part of a backup. Where it cannot be kept,
/// cookies end with this run.
fn session_secret(dir: &Path) -> Result<[u8; 32], StoreError> {
    let path = dir.join(SECRET);
    if let Ok(bytes) = fs::read(&path)
        && let Ok(secret) = bytes.try_into()
    {
        return Ok(secret);
    }
    let secret = random::<32>()?;
    let partial = dir.join(format!("{SECRET}.partial"));
    let kept = write_private(&partial, &secret).and_then(|()| fs::rename(&partial, &path));
    if let Err(error) = kept {
        tracing::warn!(path = %path.display(), %error, "the sessions of browsers end with this run");
    }
    Ok(secret)
}
