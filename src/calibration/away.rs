//! Whiles in which the box was away, and what cameras told was heard by nobody.
//!
//! They are by arrivals: from the last frame that came before the box was away to when it listened again. What a socket that stayed
//! open kept meanwhile was not missed. Cameras that had been silent before the box was away told nothing that is missing.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::report::AwayWhile;
use crate::ids::BoxNs;

/// Cameras of which nothing came for so long before the box was away did not speak, ns.
const SPOKE_NS: u64 = 30_000_000_000;
/// Nothing that comes within so long of what came before was missed, ns: no frame of any camera for a second is no healthy rig.
const MISSED_NS: u64 = 1_000_000_000;
/// What a socket kept is heard so soon after the box is back, ns.
const KEPT_NS: u64 = 10_000_000_000;
/// For so long after it was over a while is told, ns \[P\].
const TOLD_NS: u64 = 600 * 1_000_000_000;
/// Whiles kept: a daemon that cannot start is started anew every few seconds.
const WHILES_MAX: usize = 16;

/// What is known of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Away {
    /// Until when cameras were heard and since when the box is back, while nothing came since that tells how long it was.
    open: Option<(BoxNs, BoxNs)>,
    /// Those of which that is known, oldest first.
    over: VecDeque<(BoxNs, BoxNs)>,
}

impl Away {
    /// The box is back. A camera was heard last at `heard`, and the box last did something at `stopped`.
    pub(super) fn back(&mut self, heard: Option<BoxNs>, stopped: BoxNs, now: BoxNs) {
        self.close(now);
        let spoke = |heard: &BoxNs| stopped.0.saturating_sub(heard.0) < SPOKE_NS;
        self.open = heard.filter(spoke).map(|heard| (heard, now));
    }

    /// Cameras are known to have been heard until a moment before the box was away.
    pub(super) fn heard_until(&mut self, at: BoxNs) {
        if let Some((heard, back)) = &mut self.open {
            *heard = at.min(*back).max(*heard);
        }
    }

    /// A frame of a camera came.
    #[inline]
    pub(super) fn arrived(&mut self, arrival: BoxNs) {
        let Some((heard, back)) = self.open else { return };
        if arrival.0 >= heard.0.saturating_add(MISSED_NS) || arrival.0 >= back.0.saturating_add(KEPT_NS) {
            self.close(arrival);
        } else {
            self.open = Some((heard.max(arrival), back));
        }
    }

    fn close(&mut self, at: BoxNs) {
        let Some((heard, back)) = self.open.take() else { return };
        if at.min(back).0 >= heard.0.saturating_add(MISSED_NS) {
            if self.over.len() == WHILES_MAX {
                self.over.pop_front();
            }
            self.over.push_back((heard, at.min(back)));
        }
    }

    /// Those that are told at a moment, oldest first.
    pub(super) fn told(&self, now: BoxNs) -> Vec<AwayWhile> {
        let lasts = self.open.filter(|(heard, back)| back.0 >= heard.0.saturating_add(MISSED_NS));
        let is_told = |(_, to): &(BoxNs, BoxNs)| now.0.saturating_sub(to.0) < TOLD_NS;
        let all = self.over.iter().copied().chain(lasts).filter(is_told);
        all.map(|(from, to)| AwayWhile { from, to }).collect()
    }

    /// All that it dates.
    pub(super) fn dates(&mut self) -> impl Iterator<Item = &mut BoxNs> {
        self.over.iter_mut().chain(&mut self.open).flat_map(|(from, to)| [from, to])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> BoxNs {
        BoxNs(1_800_000_000_000_000_000 + ms * 1_000_000)
    }

    /// Whiles told, ms, after the cameras were heard and the box stopped, was back, and frames came.
    fn told(heard: u64, stopped: u64, back: u64, frames: &[u64]) -> Vec<(u64, u64)> {
        let mut away = Away::default();
        away.back(Some(at(heard)), at(stopped), at(back));
        for ms in frames {
            away.arrived(at(*ms));
        }
        let ms = |at_: BoxNs| (at_.0 - at(0).0) / 1_000_000;
        away.told(at(back + 20_000)).iter().map(|of| (ms(of.from), ms(of.to))).collect()
    }

    #[test]
    fn what_nobody_heard_lies_between_the_last_frame_before_and_when_the_box_was_back() {
        assert_eq!(told(50_000, 50_010, 109_000, &[]), [(50_000, 109_000)], "before a camera speaks");
        assert_eq!(told(50_000, 50_010, 109_000, &[109_004, 200_000]), [(50_000, 109_000)]);
        assert_eq!(told(50_000, 50_010, 109_000, &[500_000]), [(50_000, 109_000)], "it listened since");
        assert_eq!(told(20_000, 50_010, 109_000, &[109_004]), [], "cameras were silent before");
        assert_eq!(told(50_000, 50_010, 50_400, &[50_500]), [], "hardly away");
    }

    #[test]
    fn what_a_socket_kept_meanwhile_was_not_missed() {
        let steady = |from: u64, to: u64| (from..to).step_by(100);
        let all: Vec<u64> = steady(50_100, 65_000).collect();
        assert_eq!(told(50_000, 50_010, 53_000, &all), []);
        let full: Vec<u64> = steady(50_100, 70_000).chain(steady(109_100, 111_000)).collect();
        assert_eq!(told(50_000, 50_010, 109_000, &full), [(69_900, 109_000)], "until it was full");
    }

    #[test]
    fn whiles_are_told_for_some_minutes_each_and_over_another_one() {
        let mut away = Away::default();
        away.back(Some(at(1_000)), at(1_000), at(10_000));
        away.back(Some(at(1_000)), at(1_000), at(20_000));
        away.arrived(at(20_010));
        assert_eq!(away.told(at(30_000)).len(), 2);
        assert_eq!(away.told(at(615_000)).len(), 1);
        assert_eq!(away.told(at(621_000)), []);
        away.back(Some(at(630_000)), at(630_000), at(700_000));
        away.heard_until(at(640_000));
        assert_eq!(away.told(at(700_000)), [AwayWhile { from: at(640_000), to: at(700_000) }]);
    }
}
