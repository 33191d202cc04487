//! When to try again: exponential back-off with full jitter, and a circuit breaker over it.
//!
//! Full jitter (a wait drawn evenly from zero to the exponential's value) keeps 150 boxes whose line returned at the same
//! moment from knocking at the same moment. The breaker opens after some failures in a row: then one small probe at a
//! time is sent, and its success closes it. Both are written here since they must run under a simulated clock, and the
//! crates for them read the system's.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;

use crate::ids::BoxNs;

/// Value of the exponential after the first failure, ns.
const FIRST_NS: u64 = 250_000_000;
/// Its largest value, ns: how long after its return a line is found at the latest.
pub(super) const LONGEST_NS: u64 = 5_000_000_000;
/// A `Retry-After` is believed up to this, ns.
const ASKED_NS_MAX: u64 = 300_000_000_000;
/// Failures in a row that open the breaker.
const FAILURES_TO_OPEN: u32 = 5;

/// State of the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// Batches are sent.
    Closed,
    /// Nothing is sent until the wait is over.
    Open,
    /// One summary is sent to see whether the line is back.
    HalfOpen,
}

impl Circuit {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// Waits and breaker of one line.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    until: BoxNs,
    random: SmallRng,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self { failures: 0, until: BoxNs(0), random: SmallRng::seed_from_u64(seed) }
    }

    /// Something came through.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.until = BoxNs(0);
    }

    /// An attempt failed; `asked_ns` is how long the other side wants to be left alone.
    pub(super) fn failed(&mut self, now: BoxNs, asked_ns: Option<u64>) {
        let ceiling = FIRST_NS.checked_shl(self.failures.min(10)).unwrap_or(LONGEST_NS).min(LONGEST_NS);
        let jittered = self.random.random_range(0..=ceiling);
        let wait = jittered.max(asked_ns.unwrap_or(0).min(ASKED_NS_MAX));
        self.failures = self.failures.saturating_add(1);
        self.until = BoxNs(now.0.saturating_add(wait));
    }

    /// When the next attempt may be made.
    pub(super) fn until(&self) -> BoxNs {
        self.until
    }

    /// Failures since the last success.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn circuit(&self, now: BoxNs) -> Circuit {
        if self.failures < FAILURES_TO_OPEN {
            Circuit::Closed
        } else if now < self.until {
            Circuit::Open
        } else {
            Circuit::HalfOpen
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    #[test]
    fn waits_are_spread_evenly_from_zero_to_a_growing_limit() {
        let mut waits = vec![Vec::new(); 12];
        for seed in 0..400 {
            let mut backoff = Backoff::new(seed);
            for waits in &mut waits {
                backoff.failed(BoxNs(S), None);
                waits.push(backoff.until().0 - S);
            }
        }
        for (nth, waits) in waits.iter().enumerate() {
            let limit = (FIRST_NS << nth).min(LONGEST_NS);
            let mean = waits.iter().sum::<u64>() as f64 / waits.len() as f64;
            assert!(waits.iter().all(|wait| *wait <= limit), "attempt {nth}");
            // 400 draws: four standard errors of an even spread.
            let slack = 4.0 * limit as f64 / (12.0_f64 * 400.0).sqrt();
            assert!((mean - limit as f64 / 2.0).abs() < slack, "attempt {nth}: {mean}");
        }
    }

    #[test]
    fn the_breaker_opens_after_failures_in_a_row_and_a_success_closes_it() {
        let mut backoff = Backoff::new(1);
        let mut now = BoxNs(S);
        for _ in 0..FAILURES_TO_OPEN - 1 {
            backoff.failed(now, None);
            assert_eq!(backoff.circuit(now), Circuit::Closed);
        }
        backoff.failed(now, Some(2 * S));
        assert_eq!(backoff.circuit(now), Circuit::Open);
        now = backoff.until();
        assert!(now >= BoxNs(3 * S), "as long as was asked for");
        assert_eq!(backoff.circuit(now), Circuit::HalfOpen);
        backoff.succeeded();
        assert_eq!((backoff.circuit(now), backoff.until()), (Circuit::Closed, BoxNs(0)));
    }

    #[test]
    fn nobody_is_left_alone_for_hours_because_he_asks_for_it() {
        let mut backoff = Backoff::new(1);
        backoff.failed(BoxNs(0), Some(u64::MAX));
        assert_eq!(backoff.until(), BoxNs(ASKED_NS_MAX));
    }
}
