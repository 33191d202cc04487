//! The frames that were heard before a start, so that one of them sent again is known.
//!
//! Within a run the watermark buffer knows its duplicates, and how far each source came ([`marks`](super::marks)) tells what is
//! older. Between them lies what was heard shortly before a stop: a new run's buffer has never seen it, and it is not old enough
//! to be told by its time alone, since stragglers that nobody heard are as old. So the journal's end is read at the start, and a
//! frame that stands there is refused, signed or not.

use std::collections::VecDeque;

/// How long before the journal's end what was heard counts: what is a straggler by its time, and the longest way to the box.
pub const HEARD_NS: u64 = 40_000_000_000;
/// Frames that are kept of that, the newest: the stadium's 3,000 a second for that long, 2 MB.
const FRAMES_MAX: usize = 1 << 17;

/// Event time, ns, and number of a frame of one source.
type Frame = (u64, u32);

/// Frames of an earlier run, by source, in order.
#[derive(Debug)]
pub struct Heard([Box<[Frame]>; 64]);

impl Heard {
    /// From sources, event times in ns and numbers, in the order in which they were heard.
    pub fn of(frames: impl Iterator<Item = (u8, u64, u32)>) -> Self {
        let mut newest = VecDeque::new();
        for frame in frames {
            if newest.len() == FRAMES_MAX {
                newest.pop_front();
            }
            newest.push_back(frame);
        }
        let mut by_source: [Vec<Frame>; 64] = std::array::from_fn(|_| Vec::new());
        for (source, event_ns, seq) in newest {
            by_source[usize::from(source) % 64].push((event_ns, seq));
        }
        Self(by_source.map(|mut frames| {
            frames.sort_unstable();
            frames.dedup();
            frames.into()
        }))
    }

    /// Whether this frame is one of them. One that is newer than all of its source costs a comparison.
    pub(super) fn has(&self, source: u8, event_ns: u64, seq: u32) -> bool {
        let frames = &self.0[usize::from(source) % 64];
        frames.last().is_some_and(|newest| event_ns <= newest.0) && frames.binary_search(&(event_ns, seq)).is_ok()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|frames| frames.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_known_by_source_time_and_number() {
        let heard = Heard::of([(3, 100, 7), (3, 90, 6), (3, 100, 7), (4, 100, 8)].into_iter());
        assert_eq!(heard.len(), 3);
        for known in [(3, 100, 7), (3, 90, 6), (4, 100, 8)] {
            assert!(heard.has(known.0, known.1, known.2));
        }
        for other in [(3, 100, 8), (3, 101, 7), (3, 95, 7), (4, 100, 7), (5, 100, 7), (3, u64::MAX, 7), (3, 0, 0)] {
            assert!(!heard.has(other.0, other.1, other.2), "{other:?}");
        }
    }

    #[test]
    fn of_more_than_there_is_room_for_the_newest_are_kept() {
        let heard = Heard::of((0..FRAMES_MAX as u64 + 10).map(|n| (1, n, n as u32)));
        assert_eq!(heard.len(), FRAMES_MAX);
        assert!(!heard.has(1, 9, 9) && heard.has(1, 10, 10));
    }
}
