//! What a kill took with it: frames that came in and were not flushed to the journal yet.
//!
//! Nobody counted them, but their sources did: between the numbers of a source's last frames in the journal and of its
//! first ones afterwards, those that never come are lost, and they were exposed between the frames with the numbers before
//! and after. A pitch that was in the air then is told apart: its result may rest on fewer frames than the killed run had.
//! Frames that the network lost just there look the same.

use std::collections::VecDeque;

use crate::ids::{BoxNs, EventNs};
use crate::reorder::Stamped;
use crate::signal::Signal;

/// Frames of a source that are remembered before the gap: more than come within a second.
const BEFORE: usize = 384;
/// And after it.
const AFTER: usize = 64;
/// Frames of one source overtake each other by this much at most, ns of event time.
const JITTER_NS: u64 = 1_000_000_000;
/// A pitch that touches the gap is final after this long, ns.
const MINDED_NS: u64 = 75_000_000_000;
/// Half a frame on either side of a flight, ns.
const MARGIN_NS: u64 = 20_000_000;
/// Sources 0 to 63.
const SOURCES: usize = 64;

/// The last frames of every source.
#[derive(Debug, Clone)]
pub(super) struct Tail(Vec<VecDeque<(u32, u64)>>);

impl Default for Tail {
    fn default() -> Self {
        Self(vec![VecDeque::new(); SOURCES])
    }
}

impl Tail {
    pub(super) fn note(&mut self, frame: &Stamped<Signal>) {
        if let Some(own) = self.0.get_mut(usize::from(frame.source)) {
            if own.len() == BEFORE {
                own.pop_front();
            }
            own.push_back((frame.seq, frame.event.0));
        }
    }
}

/// The gap of one kill.
#[derive(Debug)]
pub(super) struct Gap {
    sources: Vec<Side>,
    /// Frames are missing before it, too, nobody knows of whom: every pitch before it is touched.
    whole: bool,
    /// Nothing comes after it: every pitch is touched that a camera may have said more of.
    ends: bool,
    until: Option<BoxNs>,
}

#[derive(Debug, Default)]
struct Side {
    /// Number and event time, as they came.
    before: VecDeque<(u32, u64)>,
    after: Vec<(u32, u64)>,
}

impl Gap {
    pub(super) fn new(tail: Tail, whole: bool) -> Self {
        let sources = tail.0.into_iter().map(|before| Side { before, after: Vec::with_capacity(AFTER) }).collect();
        Self { sources, whole, ends: false, until: None }
    }

    /// A frame came after the gap. Whether the gap still matters.
    pub(super) fn note(&mut self, frame: &Stamped<Signal>) -> bool {
        if let Some(own) = self.sources.get_mut(usize::from(frame.source))
            && own.after.len() < AFTER
        {
            own.after.push((frame.seq, frame.event.0));
        }
        let until = *self.until.get_or_insert(BoxNs(frame.arrival.0.saturating_add(MINDED_NS)));
        frame.arrival < until
    }

    /// Whether as many of these cameras went on after it with the very next of their frames: whatever they saw came.
    pub(super) fn is_none_of(&self, cameras: impl IntoIterator<Item = u8>, least: usize) -> bool {
        let goes_on = |camera: &u8| self.sources.get(usize::from(*camera)).is_some_and(Side::goes_on);
        !self.whole && cameras.into_iter().filter(goes_on).count() >= least
    }

    /// Nothing of what comes after it will be taken.
    pub(super) fn end_here(&mut self) {
        self.ends = true;
    }

    /// Whether a flight seen by these cameras may have lost frames.
    pub(super) fn touches(&self, cameras: impl IntoIterator<Item = u8>, from: EventNs, to: EventNs) -> bool {
        let (from, to) = (from.0.saturating_sub(MARGIN_NS), to.0.saturating_add(MARGIN_NS));
        cameras.into_iter().filter_map(|camera| self.sources.get(usize::from(camera))).any(|side| {
            let newest = side.before.iter().map(|(_, event)| *event).max();
            let before = self.whole && newest.is_some_and(|newest| from <= newest);
            let beyond = self.ends && newest.is_some_and(|newest| newest < to.saturating_add(JITTER_NS));
            before || beyond || side.lost().any(|(first, last)| first <= to && from <= last)
        })
    }
}

impl Side {
    /// Whether the first frames after it follow the last ones before it.
    fn goes_on(&self) -> bool {
        !self.before.is_empty() && !self.after.is_empty() && self.lost().next().is_none()
    }

    /// The event times between which frames were lost.
    fn lost(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let newest = self.before.iter().map(|(_, event)| *event).max().unwrap_or(u64::MAX);
        let highest = self.before.iter().max_by_key(|(_, event)| *event).map_or(0, |(seq, _)| *seq);
        let mut known: Vec<(i32, u64)> = self
            .before
            .iter()
            .chain(&self.after)
            .map(|(seq, event)| (seq.wrapping_sub(highest) as i32, *event))
            .collect();
        known.sort_unstable();
        known.dedup();
        let pairs: Vec<(u64, u64)> = known
            .windows(2)
            .filter(|pair| pair[0].0 <= 0 && pair[1].0 - pair[0].0 > 1)
            .map(|pair| (pair[0].1, pair[1].1))
            .filter(|(_, last)| last.saturating_add(JITTER_NS) >= newest)
            .collect();
        pairs.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn frame(seq: u32) -> Stamped<Signal> {
        let event = EventNs(u64::from(seq.wrapping_add(1_000)) * 10 * MS);
        let payload = Signal::Pose { mound: 0, joints: 0 };
        Stamped { source: 3, seq, event, arrival: BoxNs(event.0 + 3_000 * MS), payload }
    }

    fn gap(before: &[u32], after: &[u32]) -> Gap {
        let mut tail = Tail::default();
        for seq in before {
            tail.note(&frame(*seq));
        }
        let mut gap = Gap::new(tail, false);
        assert!(after.iter().all(|seq| gap.note(&frame(*seq))));
        gap
    }

    fn touched(gap: &Gap, from: u32, to: u32) -> bool {
        gap.touches([3], frame(from).event, frame(to).event)
    }

    #[test]
    fn nothing_is_touched_where_the_numbers_go_on() {
        let gap = gap(&[0, 1, 2, 4, 3, 6], &[5, 7, 8, 9]);
        assert!(!touched(&gap, 0, 9));
    }

    #[test]
    fn a_flight_is_touched_where_numbers_are_missing_and_nowhere_else() {
        let numbers: Vec<u32> = (0..100).collect();
        let gap = gap(&numbers, &[104, 105, 106]);
        assert!(touched(&gap, 60, 101) && touched(&gap, 103, 120));
        assert!(!touched(&gap, 50, 95) && !touched(&gap, 108, 120));
        assert!(!gap.touches([4], frame(60).event, frame(101).event), "another camera lost nothing");
    }

    #[test]
    fn what_ends_for_good_touches_the_flights_that_a_camera_may_have_said_more_of() {
        let numbers: Vec<u32> = (0..300).collect();
        let mut gap = gap(&numbers, &[]);
        assert!(!touched(&gap, 150, 290));
        gap.end_here();
        assert!(touched(&gap, 150, 290) && touched(&gap, 300, 340));
        assert!(!touched(&gap, 50, 150), "all of it had come");
    }

    #[test]
    fn a_gap_is_none_where_enough_cameras_go_on_with_their_next_frames() {
        let is_none = |after: &[u32], cameras: &[u8], least| gap(&[0, 1, 2], after).is_none_of(cameras.to_vec(), least);
        assert!(is_none(&[4, 3], &[3], 1), "they overtook each other");
        assert!(!is_none(&[4, 5], &[3], 1) && !is_none(&[], &[3], 1), "one is missing, or nothing came yet");
        assert!(!is_none(&[3], &[3], 2) && !is_none(&[3], &[3, 4], 2), "of the other one nothing is known");
    }

    #[test]
    fn numbers_that_wrap_are_no_gap() {
        let before: Vec<u32> = (0..50).map(|k| u32::MAX - 49 + k).collect();
        let gap = gap(&before, &[0, 1, 2]);
        assert!(!gap.sources[3].lost().any(|_| true));
    }

    #[test]
    fn what_the_network_lost_long_before_is_no_gap() {
        let numbers: Vec<u32> = (0..300).filter(|seq| *seq != 20).collect();
        assert!(!touched(&gap(&numbers, &[300, 301]), 0, 302));
    }
}
