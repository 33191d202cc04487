//! One source: who may speak for it, how it counts, whether it is heard.

use super::lag::{FUTURE_NS, lag_ns};
use super::status::SourceState;
use crate::ids::{BoxNs, EventNs};

/// A seq no further back than this, with an event time hardly newer, is two frames swapped on the way.
const SWAP_SEQ: i32 = 16;
const SWAP_NS: i64 = 100_000_000;

/// No path's number.
const NOBODY: u32 = u32::MAX;

/// A camera's mound, and its gate there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) mound: u8,
    pub(super) gate: u8,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// Where the plan puts it; `None` for devices, which name a mound in every frame.
    pub(super) place: Option<Place>,
    pub(super) state: SourceState,
    /// The path that it belongs to.
    owner: Option<u32>,
    /// The same for cameras, [`NOBODY`] for all others.
    lane: u32,
    /// Its last arrival there.
    last: BoxNs,
    /// One past the largest event time within the fence; zero before there is one.
    reached: u64,
    /// Arrival of the frame that brought it.
    pub(super) advanced: BoxNs,
    counter: Option<Counter>,
    /// The lag that the clock fence knows of it: see there.
    pub(super) lag_ns: Option<i64>,
    /// Gaps of earlier incarnations.
    gaps: u64,
    pub(super) restarts: u64,
}

/// One incarnation's sequence numbers. As in RTP, what is missing is what was expected less what came, so that frames that
/// overtake each other are no gaps.
#[derive(Debug, Clone, Copy)]
struct Counter {
    highest: u32,
    /// Event time and arrival of the frame that brought `highest`.
    event: EventNs,
    arrival: BoxNs,
    expected: u64,
    /// The source's frames before this incarnation, duplicates not counted.
    before: u64,
}

impl Counter {
    fn missing(&self, came: u64) -> u64 {
        (self.expected + self.before).saturating_sub(came)
    }
}

impl Source {
    /// A source that was never heard.
    pub(super) fn unseen(place: Option<Place>) -> Self {
        Self {
            place,
            state: SourceState::Unseen,
            owner: None,
            lane: NOBODY,
            last: BoxNs(0),
            reached: 0,
            advanced: BoxNs(0),
            counter: None,
            lag_ns: None,
            gaps: 0,
            restarts: 0,
        }
    }

    /// Whether it is a camera that the path speaks for.
    #[inline]
    pub(super) fn is_camera_on(&self, path: usize) -> bool {
        self.lane == path as u32
    }

    /// Whether the path may speak for this source: the one that it has, or any once that was silent for `idle_ns`.
    pub(super) fn own(&mut self, path: usize, arrival: BoxNs, idle_ns: u64) -> bool {
        let others = self.owner.is_some_and(|owner| owner != path as u32);
        if others && arrival.0.saturating_sub(self.last.0) < idle_ns {
            return false;
        }
        if self.owner.replace(path as u32) != Some(path as u32) {
            self.last = arrival;
            self.lane = if self.place.is_some() { path as u32 } else { NOBODY };
        }
        true
    }

    /// Whether it speaks on this path.
    pub(super) fn is_on(&self, path: usize) -> bool {
        self.owner == Some(path as u32)
    }

    /// Whether its event time was advancing when last told.
    pub(super) fn is_heard(&self) -> bool {
        matches!(self.state, SourceState::Active | SourceState::Rejoining)
    }

    /// Its path was closed: any other may speak for it.
    pub(super) fn finish(&mut self) {
        (self.owner, self.lane) = (None, NOBODY);
        self.state = SourceState::Finished;
    }

    /// Largest event time within the fence.
    pub(super) fn largest(&self) -> Option<EventNs> {
        self.reached.checked_sub(1).map(EventNs)
    }

    /// Whether this event time is beyond the largest one.
    #[inline]
    pub(super) fn is_behind(&self, event: EventNs) -> bool {
        event.0 >= self.reached
    }

    /// This is the largest event time now; whether it is the first.
    pub(super) fn reach(&mut self, event: EventNs, arrival: BoxNs) -> bool {
        self.advanced = arrival;
        std::mem::replace(&mut self.reached, event.0.saturating_add(1)) == 0
    }

    /// Its event times are taken as so much later from now on, ns.
    pub(super) fn shift(&mut self, by_ns: i64) {
        let later = |event: u64| event.saturating_add_signed(by_ns);
        self.reached = if self.reached == 0 { 0 } else { later(self.reached).max(1) };
        self.lag_ns = self.lag_ns.map(|lag| lag.saturating_sub(by_ns));
        if let Some(counter) = &mut self.counter {
            counter.event = EventNs(later(counter.event.0));
        }
    }

    /// Its event times begin anew.
    pub(super) fn forget(&mut self) {
        self.reached = 0;
    }

    /// Counts a frame's sequence number; `came` tells how many frames of the source have come with this one, duplicates not
    /// counted.
    #[inline(always)]
    pub(super) fn count(&mut self, seq: u32, event: EventNs, arrival: BoxNs, came: impl FnOnce() -> u64) {
        self.last = arrival;
        let Some(counter) = &mut self.counter else {
            self.counter = Some(Counter { highest: seq, event, arrival, expected: 1, before: came() - 1 });
            return;
        };
        let ahead = seq.wrapping_sub(counter.highest) as i32;
        let newer_ns = event.0.wrapping_sub(counter.event.0) as i64;
        if ahead <= 0 && newer_ns <= 0 {
            return;
        }
        if ahead < 0 && (ahead < -SWAP_SEQ || newer_ns > SWAP_NS) {
            let came = came() - 1;
            self.gaps += counter.missing(came);
            self.restarts += 1;
            (counter.expected, counter.before) = (1, came);
        } else if ahead > 0 && (newer_ns >= 0 || ahead <= SWAP_SEQ) {
            counter.expected += u64::from(ahead.unsigned_abs());
        } else {
            // Far ahead yet older is a straggler of the incarnation before.
            return;
        }
        let passed_ns = arrival.0.saturating_sub(counter.arrival.0) as i64;
        if newer_ns > 0 && newer_ns <= passed_ns.saturating_add(FUTURE_NS) {
            self.lag_ns = Some(lag_ns(arrival, event));
        }
        (counter.highest, counter.event, counter.arrival) = (seq, event, arrival);
    }

    /// Its lag, if its newest frame came within the idle time.
    pub(super) fn fresh_lag_ns(&self, now: BoxNs, idle_ns: u64) -> Option<i64> {
        let arrival = self.counter.as_ref()?.arrival;
        self.lag_ns.filter(|_| now.0.saturating_sub(arrival.0) <= idle_ns)
    }

    /// Sequence numbers that never came; `came` as for [`Source::count`].
    pub(super) fn gaps(&self, came: u64) -> u64 {
        self.gaps + self.counter.map_or(0, |counter| counter.missing(came))
    }
}
