//! One source: who may speak for it, how it counts, whether it is heard.

use super::SourceState;
use crate::ids::{BoxNs, EventNs};

/// A seq no further back than this, with an event time hardly newer, is two frames swapped on the way.
const SWAP_SEQ: i32 = 16;
const SWAP_NS: i64 = 100_000_000;

#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub(super) state: SourceState,
    /// The path that it belongs to, and its last arrival there.
    owner: Option<(usize, BoxNs)>,
    /// Largest event time within the fence.
    pub(super) largest: Option<EventNs>,
    /// Arrival of the frame that brought `largest`.
    pub(super) advanced: BoxNs,
    counter: Option<Counter>,
    /// Gaps of earlier incarnations.
    gaps: u64,
    pub(super) restarts: u64,
}

/// One incarnation's sequence numbers. As in RTP, what is missing is what was expected less what came, so that frames that
/// overtake each other are no gaps.
#[derive(Debug, Clone, Copy)]
struct Counter {
    highest: u32,
    event: EventNs,
    expected: u64,
    came: u64,
    /// The source's duplicates before this incarnation.
    duplicates: u64,
}

impl Counter {
    fn start(seq: u32, event: EventNs, duplicates: u64) -> Self {
        Self { highest: seq, event, expected: 1, came: 1, duplicates }
    }

    fn missing(&self, duplicates: u64) -> u64 {
        (self.expected + (duplicates - self.duplicates)).saturating_sub(self.came)
    }
}

impl Source {
    /// A source that was never heard.
    pub(super) const UNSEEN: Self = Self {
        state: SourceState::Unseen,
        owner: None,
        largest: None,
        advanced: BoxNs(0),
        counter: None,
        gaps: 0,
        restarts: 0,
    };

    /// Whether the path may speak for this source: the one that it has, or any once that was silent for `idle_ns`.
    pub(super) fn own(&mut self, path: usize, arrival: BoxNs, idle_ns: u64) -> bool {
        match &mut self.owner {
            Some((owner, last)) if *owner == path => {
                last.0 = last.0.max(arrival.0);
                true
            }
            Some((_, last)) if arrival.0.saturating_sub(last.0) < idle_ns => false,
            owner => {
                *owner = Some((path, arrival));
                true
            }
        }
    }

    /// Whether it speaks on this path.
    pub(super) fn is_on(&self, path: usize) -> bool {
        self.owner.is_some_and(|(owner, _)| owner == path)
    }

    /// Whether its event time was advancing when last told.
    pub(super) fn is_heard(&self) -> bool {
        matches!(self.state, SourceState::Active | SourceState::Rejoining)
    }

    /// Its path was closed: any other may speak for it.
    pub(super) fn finish(&mut self) {
        self.owner = None;
        self.state = SourceState::Finished;
    }

    /// Counts a frame's sequence number; `duplicates` tells how many of the source's frames came twice so far. Whether it is
    /// the newest.
    #[inline]
    pub(super) fn count(&mut self, seq: u32, event: EventNs, duplicates: impl FnOnce() -> u64) -> bool {
        let Some(counter) = &mut self.counter else {
            self.counter = Some(Counter::start(seq, event, duplicates()));
            return true;
        };
        let ahead = seq.wrapping_sub(counter.highest) as i32;
        let newer_ns = event.0.wrapping_sub(counter.event.0) as i64;
        if ahead < 0 && newer_ns > 0 && (ahead < -SWAP_SEQ || newer_ns > SWAP_NS) {
            let duplicates = duplicates();
            self.gaps += counter.missing(duplicates);
            self.restarts += 1;
            *counter = Counter::start(seq, event, duplicates);
            return true;
        }
        counter.came += 1;
        // Far ahead yet older: a straggler of the incarnation before.
        let newest = ahead > 0 && (newer_ns >= 0 || ahead <= SWAP_SEQ);
        if newest {
            counter.expected += u64::from(ahead.unsigned_abs());
            counter.highest = seq;
            counter.event = event;
        }
        newest
    }

    /// Sequence numbers that never came.
    pub(super) fn gaps(&self, duplicates: u64) -> u64 {
        self.gaps + self.counter.map_or(0, |counter| counter.missing(duplicates))
    }
}
