//! How far each source has come, so that an old authenticated frame sent again is known: a mark a source, kept over restarts.
//!
//! A frame of more than 32 s before its source's newest is refused, and any that is not newer where the newest came more than 32 s
//! ago: a recording's last half minute is no news to a box that has gone on. (Nearer repeats fall into the watermark buffer's span, which
//! knows its duplicates.) "Newest" must not be poisoned by one frame from a camera whose clock jumped ahead, else all its good
//! frames would be refused afterwards: event time is believed to advance by as much as box time does, plus 32 s; a jump beyond
//! that must last 32 s to be believed. A source's first frame of all is believed once a second one bears it out.
//!
//! A camera whose clock was believed and is then mended backwards by more than 32 s stays refused until its clock is past its
//! mark, or a person [forgets](Marks::forget) the mark.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::ids::BoxNs;

/// How far behind its source's newest an authenticated frame may be: the span of the watermark buffer's calendar.
pub const REPLAY_NS_MAX: u64 = 32_000_000_000;

/// A source's mark, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceMark {
    /// Which source.
    pub source: u8,
    /// The newest event time that is believed of it, ns.
    pub event_ns: u64,
    /// When that frame came, box time, ns.
    pub at_ns: u64,
}

/// The marks of all sources, shared by all paths that frames come on. A frame takes its source's lock, which nobody holds
/// for longer than it takes to copy three numbers.
#[derive(Debug)]
pub struct Marks([Mutex<Mark>; 64]);

impl Default for Marks {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Marks {
    /// Whether an authenticated frame is recent enough; its source's mark moves with it.
    pub(super) fn admit(&self, source: u8, event_ns: u64, arrival: BoxNs) -> bool {
        self.of(source).admit(event_ns, arrival)
    }

    /// The marks that are believed, by source.
    pub fn kept(&self) -> Vec<SourceMark> {
        let kept = (0..64).filter_map(|source| {
            let mark = *self.of(source);
            let (event_ns, at) = mark.newest.filter(|_| mark.sure)?;
            Some(SourceMark { source, event_ns, at_ns: at.0 })
        });
        kept.collect()
    }

    /// Goes on from marks that were kept.
    pub fn recall(&self, kept: &[SourceMark]) {
        for mark in kept {
            *self.of(mark.source) =
                Mark { newest: Some((mark.event_ns, BoxNs(mark.at_ns))), sure: true, ahead_since: None };
        }
    }

    /// Forgets how far a source has come: its next frame is its first.
    pub fn forget(&self, source: u8) {
        *self.of(source) = Mark::default();
    }

    fn of(&self, source: u8) -> MutexGuard<'_, Mark> {
        // A poisoned lock guards plain numbers: they stay good.
        self.0[usize::from(source) % 64].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A source's newest authenticated event time, as far as it is believed.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    newest: Option<(u64, BoxNs)>,
    /// A second frame has borne `newest` out: until then a lone first one of the future proves nothing.
    sure: bool,
    ahead_since: Option<BoxNs>,
}

impl Mark {
    /// Whether a frame is recent enough.
    fn admit(&mut self, event: u64, arrival: BoxNs) -> bool {
        let Some((newest, at)) = self.newest else {
            self.newest = Some((event, arrival));
            return true;
        };
        if event.saturating_add(REPLAY_NS_MAX) < newest {
            if self.sure {
                return false;
            }
            self.newest = Some((event, arrival));
            return true;
        }
        let elapsed = arrival.0.saturating_sub(at.0);
        // No frame takes so long: what is older than the newest, and comes so long after it, was kept by somebody.
        if self.sure && event <= newest && elapsed > REPLAY_NS_MAX {
            return false;
        }
        if event > newest.saturating_add(elapsed).saturating_add(REPLAY_NS_MAX) {
            let since = *self.ahead_since.get_or_insert(arrival);
            if arrival.0.saturating_sub(since.0) < REPLAY_NS_MAX {
                return true;
            }
        }
        (self.ahead_since, self.sure) = (None, true);
        if event > newest {
            self.newest = Some((event, arrival));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    #[test]
    fn an_authenticated_frame_of_more_than_32_s_ago_is_a_replay() {
        let mut mark = Mark::default();
        assert!(mark.admit(1000 * S, BoxNs(1003 * S)));
        assert!(mark.admit(1030 * S, BoxNs(1033 * S)));
        assert!(mark.admit(998 * S, BoxNs(1033 * S)));
        assert!(!mark.admit(998 * S - 1, BoxNs(1033 * S)));
    }

    #[test]
    fn the_end_of_a_recording_is_a_replay_once_the_newest_came_long_ago_and_what_is_newer_is_none() {
        let mut mark = Mark::default();
        assert!(mark.admit(990 * S, BoxNs(993 * S)));
        assert!(mark.admit(1000 * S, BoxNs(1003 * S)));
        assert!(mark.admit(990 * S, BoxNs(1034 * S)), "a frame may be late");
        for later in [36, 3_600, 72_000] {
            assert!(!mark.admit(990 * S, BoxNs((1000 + later) * S)));
            assert!(!mark.admit(1000 * S, BoxNs((1000 + later) * S)));
        }
        assert!(mark.admit(1000 * S + 1, BoxNs(73_000 * S)), "the camera went on from where it was");
    }

    #[test]
    fn a_lone_frame_of_the_future_does_not_turn_the_good_ones_into_replays() {
        let mut mark = Mark::default();
        for second in 0..100 {
            let now = BoxNs((1003 + second) * S);
            assert!(mark.admit((1000 + second) * S, now));
            if second % 10 == 0 {
                assert!(mark.admit(u64::MAX - second, now), "the clock fence judges it, not this");
            }
        }
    }

    #[test]
    fn a_first_frame_of_the_future_does_not_turn_the_good_ones_into_replays() {
        let mut mark = Mark::default();
        assert!(mark.admit(u64::MAX, BoxNs(1002 * S)));
        for second in 0..100 {
            assert!(mark.admit((1000 + second) * S, BoxNs((1003 + second) * S)));
        }
        assert!(!mark.admit(1000 * S, BoxNs(1103 * S)));
    }

    #[test]
    fn a_clock_that_was_set_ahead_for_good_is_believed_after_32_s() {
        let mut mark = Mark::default();
        assert!(mark.admit(1000 * S, BoxNs(1003 * S)));
        for second in 0..=33 {
            assert!(mark.admit((5000 + second) * S, BoxNs((1004 + second) * S)));
        }
        assert!(!mark.admit(1000 * S, BoxNs(1040 * S)), "what was new before the clock was set is old now");
    }

    #[test]
    fn a_source_back_after_a_long_silence_is_no_jump() {
        let mut mark = Mark::default();
        assert!(mark.admit(1000 * S, BoxNs(1003 * S)));
        assert!(mark.admit(9000 * S, BoxNs(9003 * S)));
        assert!(!mark.admit(1000 * S, BoxNs(9004 * S)));
    }

    #[test]
    fn no_times_overflow() {
        let mut mark = Mark::default();
        for event in [u64::MAX, 0, u64::MAX, 1, 0] {
            for arrival in [0, u64::MAX, 5] {
                mark.admit(event, BoxNs(arrival));
            }
        }
    }

    #[test]
    fn marks_that_were_kept_refuse_what_came_before_them_and_let_go_on() {
        let before = Marks::default();
        for second in 0..60 {
            assert!(before.admit(3, (1000 + second) * S, BoxNs((1003 + second) * S)));
        }
        assert!(before.admit(4, 900 * S, BoxNs(1003 * S)));
        let kept = before.kept();
        assert_eq!(
            kept,
            [SourceMark { source: 3, event_ns: 1059 * S, at_ns: 1062 * S }],
            "a lone frame proves nothing"
        );
        // A day later, the first frames are those of the day before.
        let (after, day) = (Marks::default(), 86_400 * S);
        after.recall(&kept);
        for second in 0..20 {
            assert!(!after.admit(3, (1000 + second) * S, BoxNs(day + second * S)));
        }
        assert!(after.admit(3, day, BoxNs(day + 3 * S)));
        assert!(after.admit(3, day + S, BoxNs(day + 4 * S)));
        assert!(!after.admit(3, 1059 * S, BoxNs(day + 5 * S)));
        assert_eq!(after.kept()[0].event_ns, day + S);
    }

    #[test]
    fn a_clock_that_is_mended_backwards_is_refused_until_its_mark_is_forgotten() {
        let marks = Marks::default();
        let ahead = 86_400 * S;
        for second in 0..60 {
            assert!(marks.admit(5, ahead + second * S, BoxNs((1000 + second) * S)));
        }
        assert!(!marks.admit(5, 1060 * S, BoxNs(1060 * S)));
        marks.forget(5);
        assert_eq!(marks.kept(), []);
        for second in 61..70 {
            assert!(marks.admit(5, second * S, BoxNs((1000 + second) * S)));
        }
    }
}
