//! From where each source sends. Two devices that have one number take turns, and neither can be believed; they are told with both
//! addresses.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::counters::SOURCES;
use crate::ids::BoxNs;

/// Times in a row that a source sends again from where it sent before the last change, from which on it is two: a device that
/// starts anew from another port comes back to none.
const TURNS_MIN: u32 = 6;
/// After so long without another change nothing is told any more, ns.
const WHILE_NS: u64 = 10_000_000_000;

/// A source that is sent from two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twofold {
    /// Its number.
    pub source: u8,
    /// From where, the latest first.
    pub from: [SocketAddr; 2],
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    from: SocketAddr,
    before: Option<SocketAddr>,
    back: u32,
    at: BoxNs,
}

/// Written by the receiving thread, read by anybody.
#[derive(Debug)]
pub(super) struct Senders {
    /// By source a mark of where its newest frame came from: what changes nothing costs one load.
    newest: [AtomicU64; SOURCES],
    turns: Mutex<[Option<Turn>; SOURCES]>,
}

impl Default for Senders {
    fn default() -> Self {
        Self { newest: std::array::from_fn(|_| AtomicU64::new(0)), turns: Mutex::new([None; SOURCES]) }
    }
}

impl Senders {
    /// A frame of this source came from there, of which this is the [`mark`].
    pub(super) fn hear(&self, source: u8, (from, mark): (SocketAddr, u64), at: BoxNs) {
        let row = usize::from(source) % SOURCES;
        if self.newest[row].load(Ordering::Relaxed) != mark {
            self.newest[row].store(mark, Ordering::Relaxed);
            self.turn(row, from, at);
        }
    }

    #[cold]
    fn turn(&self, row: usize, from: SocketAddr, at: BoxNs) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let known = turns[row].filter(|turn| at.0.saturating_sub(turn.at.0) < WHILE_NS);
        let back = known.filter(|turn| turn.before == Some(from)).map_or(0, |turn| turn.back.saturating_add(1));
        turns[row] = Some(Turn { from, before: turns[row].map(|turn| turn.from), back, at });
    }

    /// Sources that two send, as of `now`.
    pub(super) fn twofold(&self, now: BoxNs) -> Vec<Twofold> {
        let turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let told = turns.iter().enumerate().filter_map(|(row, turn)| {
            let turn = turn.filter(|t| t.back >= TURNS_MIN && now.0.saturating_sub(t.at.0) < WHILE_NS)?;
            Some(Twofold { source: row as u8, from: [turn.from, turn.before?] })
        });
        told.collect()
    }
}

/// A number for an address and port, never 0.
pub(super) fn mark(from: SocketAddr) -> u64 {
    let mut hasher = DefaultHasher::new();
    from.hash(&mut hasher);
    hasher.finish() | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(port: u16) -> (SocketAddr, u64) {
        let from = SocketAddr::from(([10, 0, 0, 3], port));
        (from, mark(from))
    }

    #[test]
    fn two_that_take_turns_are_told_and_one_that_moves_is_not() {
        let senders = Senders::default();
        let ms = |n: u64| BoxNs(1_700_000_000_000_000_000 + n * 1_000_000);
        for n in 0..20 {
            senders.hear(3, from(if n % 2 == 0 { 5000 } else { 6000 }), ms(n * 100));
            senders.hear(4, from(4000), ms(n * 100));
            // Another port each time, as of a device that opens its socket anew.
            senders.hear(5, from(7000 + n as u16), ms(n * 100));
            // Moved once, after a while.
            senders.hear(6, from(if n < 15 { 8000 } else { 8001 }), ms(n * 100));
        }
        assert_eq!(senders.twofold(ms(2_000)), [Twofold { source: 3, from: [from(6000).0, from(5000).0] }]);
        assert_eq!(senders.twofold(ms(13_000)), [], "the other one is gone");
        senders.hear(3, from(5000), ms(60_000));
        assert_eq!(senders.twofold(ms(60_001)), [], "one change is none of many");
    }
}
