//! What was shown and let nobody in: who showed it, when last, how often, and what it was, in words.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::shown::{PASS, Shown};
use crate::api::limit::network;
use crate::ids::BoxNs;
use crate::moment::rfc3339;
use crate::observe::RefusedKeyStatus;
use crate::store::api_key::{ApiKeyRecord, id_in, is_id};

/// Clients that are remembered, an address of IPv4 or a network of IPv6 each; the one unheard for longest makes room.
const CLIENTS: usize = 16;

/// The last of each client.
#[derive(Debug, Default)]
pub(super) struct Wrong(Mutex<Vec<Last>>);

#[derive(Debug)]
struct Last {
    /// The address that it came from last, …
    from: IpAddr,
    /// … and whether others of its network were before it.
    several: bool,
    at_ns: u64,
    times: u64,
    limited: bool,
    why: String,
}

impl Wrong {
    /// Notes a refusal; `why` is none where what was shown was not looked at.
    pub(super) fn note(&self, from: IpAddr, why: Option<String>, now_ns: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limited = why.is_none();
        let own = all.iter().position(|last| network(last.from) == network(from));
        let before = own.map(|own| all.swap_remove(own));
        let several = before.as_ref().is_some_and(|before| before.several || before.from != from);
        let times = before.as_ref().map_or(0, |before| before.times) + 1;
        let why = why.or(before.map(|before| before.why)).unwrap_or_default();
        if all.len() >= CLIENTS
            && let Some(oldest) = (0..all.len()).min_by_key(|place| all[*place].at_ns)
        {
            all.swap_remove(oldest);
        }
        all.push(Last { from, several, at_ns: now_ns, times, limited, why });
    }

    /// All that is remembered, the newest first.
    pub(super) fn status(&self, now_ns: u64) -> Vec<RefusedKeyStatus> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.sort_by_key(|last| std::cmp::Reverse(last.at_ns));
        let told = |last: &Last| RefusedKeyStatus {
            from: if last.several {
                format!("{}/64, last {}", network(last.from), last.from)
            } else {
                last.from.to_string()
            },
            at: rfc3339(BoxNs(last.at_ns)),
            ago_s: now_ns.saturating_sub(last.at_ns) / 1_000_000_000,
            times: last.times,
            limited: last.limited,
            why: last.why.clone(),
        };
        all.iter().map(told).collect()
    }
}

/// What was shown, in words that hold no key.
pub(super) fn words(shown: &Shown<'_>, keys: &[&ApiKeyRecord], now_ns: u64) -> String {
    match shown {
        Shown::Nothing => "nothing was shown".to_owned(),
        Shown::Key(pass) if pass.starts_with(PASS) => {
            "a pass of this box's own user that has run out, or of another box".to_owned()
        }
        Shown::Key(key) => match id_in(key) {
            None => {
                "no key of a PitchGuard: those begin with pgk_; `pitchguard key add --name NAME` makes one".to_owned()
            }
            Some(id) => match keys.iter().find(|record| record.id == id) {
                Some(record) if record.is(key) => ended("key", record, now_ns),
                Some(record) => {
                    format!("it begins as the key {} does, and the rest is wrong: was it copied whole?", named(record))
                }
                None => unknown("a key", id),
            },
        },
        Shown::Cookie(cookie) => {
            let id = cookie.split('.').next().unwrap_or_default();
            match keys.iter().find(|record| record.id == id) {
                Some(record) if !record.in_force(now_ns) => ended("cookie of the key", record, now_ns),
                Some(record) => {
                    format!(
                        "a session of the key {} that has ended, or of another box: show the key again",
                        named(record)
                    )
                }
                None => unknown("a cookie of a key", id),
            }
        }
    }
}

fn named(record: &ApiKeyRecord) -> String {
    format!("`{}` ({})", record.name, record.id)
}

/// A key that is known and admits nobody any more.
fn ended(what: &str, record: &ApiKeyRecord, now_ns: u64) -> String {
    let day = |ns: u64| {
        let at = Timestamp::from_nanosecond(i128::from(ns)).unwrap_or_default();
        at.strftime("%Y-%m-%d").to_string()
    };
    let how = match (record.revoked_ns, record.expires_ns) {
        (Some(revoked), _) => format!("revoked {}", day(revoked)),
        (None, Some(expires)) if expires <= now_ns => format!("expired {}", day(expires - 1)),
        _ => "in force only now".to_owned(),
    };
    format!("{what} {}, {how}: make its holder a new one with `pitchguard key add --name NAME`", named(record))
}

fn unknown(what: &str, id: &str) -> String {
    // What is no id may be part of somebody's secret.
    let id = if is_id(id) { format!("with the id {id}") } else { "without an id".to_owned() };
    format!("{what} {id} that this box does not know: of another box, or removed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_addresses_are_remembered_those_that_were_heard_last_and_what_is_not_looked_at_keeps_its_words() {
        let wrong = Wrong::default();
        let from = |n: u64| IpAddr::from([10, 0, 0, n as u8]);
        for n in 0..40 {
            wrong.note(from(n), Some(format!("words {n}")), n * 1_000_000_000);
            wrong.note(from(0), None, n * 1_000_000_000 + 1);
        }
        let told = wrong.status(50_000_000_000);
        assert_eq!((told.len(), told[0].from.as_str(), told[0].times, told[0].limited), (16, "10.0.0.0", 41, true));
        assert_eq!((told[0].why.as_str(), told[0].ago_s), ("words 0", 10));
        assert_eq!((told[15].from.as_str(), told[15].times, told[15].limited), ("10.0.0.25", 1, false));
    }

    #[test]
    fn whoever_changes_his_address_within_a_network_of_ipv6_stays_one_and_hides_nobody() {
        let wrong = Wrong::default();
        let note = |from: &str, n: u64| wrong.note(from.parse().expect("an address"), Some("words".to_owned()), n);
        note("10.0.0.1", 1);
        note("2001:db8:0:2::1", 2);
        for n in 0..1000 {
            note(&format!("2001:db8:0:1::{n:x}"), 10 + n);
        }
        let told: Vec<_> = wrong.status(2000).into_iter().map(|told| (told.from, told.times)).collect();
        let one = |from: &str, times| (from.to_owned(), times);
        assert_eq!(
            told,
            [one("2001:db8:0:1::/64, last 2001:db8:0:1::3e7", 1000), one("2001:db8:0:2::1", 1), one("10.0.0.1", 1)]
        );
    }
}
