//! How far the box's clock is ahead of its cameras', for the ages that people are told.
//!
//! A frame that arrives shows the way that it took and what the clocks are apart in one number. While the clocks agree the
//! number is the way alone. Where they do not, the least that several cameras ever showed since is the nearest to what the
//! clocks are apart: nothing is faster than its way. What stays unknown is the shortest way itself, a few seconds at most.

use serde::{Deserialize, Serialize};

use crate::clock::BoxClock;
use crate::ids::BoxNs;
use crate::moment::WAYS_NS;

/// So many cameras must show as little: one or two of them may be ahead of the others.
const CAMERAS: usize = 3;

/// What was shown so far.
#[derive(Debug, Default)]
pub(super) struct Apart {
    least_ns: Option<i64>,
}

impl Apart {
    /// How far the box's clock is ahead, ns: 0 while the clocks agree. `offset_ns` is what the median camera shows, 0 while that
    /// is a plausible way; `lags` is arrival less event time of each camera's newest frame, ns.
    pub(super) fn look(&mut self, offset_ns: i64, lags: impl Iterator<Item = i64>) -> i64 {
        if offset_ns == 0 {
            self.least_ns = None;
            return 0;
        }
        let mut near: Vec<i64> = lags.filter(|lag| lag.abs_diff(offset_ns) <= WAYS_NS).collect();
        near.sort_unstable();
        let shown = near.get(CAMERAS.min(near.len()).wrapping_sub(1)).copied().unwrap_or(offset_ns).min(offset_ns);
        // Beyond it a clock was set again.
        let goes_on = |least: &i64| (0..=WAYS_NS as i64).contains(&(offset_ns - least));
        let least = self.least_ns.filter(goes_on).map_or(shown, |least| least.min(shown));
        self.least_ns = Some(least);
        least
    }
}

/// By less than this, ns, a clock that a service of time keeps right is moved without anybody setting it.
const SET_NS: u64 = 10_000_000_000;

/// What no clock that is set tells otherwise: which boot of the machine it is, and for how long that runs, ns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Boot {
    id: String,
    uptime_ns: u64,
}

impl Boot {
    /// This one, for a box whose clock is this; none where that is not the system's, or the system does not tell.
    pub(super) fn of(clock: BoxClock) -> Option<Self> {
        Self::now().filter(|_| clock.is_systems())
    }

    fn now() -> Option<Self> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let uptime: f64 = std::fs::read_to_string("/proc/uptime").ok()?.split(' ').next()?.parse().ok()?;
        Some(Self { id: id.trim().to_owned(), uptime_ns: (uptime * 1e9) as u64 })
    }
}

/// What a later run is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptApart {
    /// By how much the system's clock was ahead of the cameras', ns.
    pub(super) system_ns: i64,
    /// By how much box time was, ns, which nobody sets.
    pub(super) box_ns: i64,
    /// Box time then.
    pub(super) at: BoxNs,
    /// How long the machine had been running then, where that is known.
    pub(super) boot: Option<Boot>,
}

impl KeptApart {
    /// How far the system's clock is ahead of the cameras', ns, for a run whose box time begins at `now`. Where the machine ran
    /// on it is known by how much the clock was set meanwhile; else it is supposed to be as it was.
    pub(super) fn at_start(&self, now: BoxNs, boot: Option<&Boot>) -> i64 {
        self.set_ns(now, boot).map_or(self.system_ns, |set_ns| self.box_ns.saturating_add(set_ns))
    }

    /// By how much the system's clock was set since the last run began, ns, where that is known and not nothing.
    pub(super) fn set_ns(&self, now: BoxNs, boot: Option<&Boot>) -> Option<i64> {
        let (then, boot) = (self.boot.as_ref()?, boot?);
        let ran_ns = boot.uptime_ns.saturating_sub(then.uptime_ns) as i64;
        let set_ns = (now.0 as i64).saturating_sub(self.at.0 as i64).saturating_sub(ran_ns);
        (then.id == boot.id && set_ns.unsigned_abs() >= SET_NS).then_some(set_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_while_nobody_looked_is_known_by_how_long_the_machine_ran() {
        const H: u64 = 3_600_000_000_000;
        let boot = |id: &str, hours: u64| Some(Boot { id: id.to_owned(), uptime_ns: hours * H });
        // Eighteen hours behind.
        let kept =
            KeptApart { system_ns: -18 * H as i64, box_ns: -18 * H as i64, at: BoxNs(1000 * H), boot: boot("a", 50) };
        let at_start = |now: u64, boot: Option<Boot>| kept.at_start(BoxNs(now), boot.as_ref()) / H as i64;
        assert_eq!(at_start(1001 * H, boot("a", 51)), -18, "nobody set it");
        assert_eq!(at_start(1019 * H, boot("a", 51)), 0, "it was put right");
        assert_eq!(at_start(1019 * H, boot("a", 69)), -18, "the box was off for eighteen hours");
        assert_eq!(at_start(995 * H, boot("a", 51)), -24, "it was put yet farther behind");
        assert_eq!(at_start(1019 * H, boot("b", 1)), -18, "of another boot nobody knows");
        assert_eq!(at_start(1019 * H, None), -18);
        // What was set while the last run looked is no matter of its box time.
        let set = KeptApart { system_ns: 0, ..kept.clone() };
        assert_eq!(set.at_start(BoxNs(1019 * H), boot("a", 51).as_ref()), 0);
        assert!(Boot::now().is_some_and(|now| now == now.clone() && now.uptime_ns > 0 && !now.id.is_empty()));
    }

    const S: i64 = 1_000_000_000;
    const DAYS: i64 = 172_800 * S;

    #[test]
    fn of_clocks_that_are_apart_the_shortest_way_that_several_cameras_showed_counts() {
        let mut apart = Apart::default();
        assert_eq!(apart.look(0, [3 * S, 4 * S].into_iter()), 0, "the clocks agree");
        let behind = |ways: [i64; 5]| ways.into_iter().map(|way| way * S - DAYS);
        assert_eq!(apart.look(5 * S - DAYS, behind([5, 4, 6, 7, 3])), 5 * S - DAYS);
        assert_eq!(apart.look(4 * S - DAYS, behind([4, 2, 2, 5, 6])), 4 * S - DAYS, "no one camera, nor two of them");
        assert_eq!(apart.look(4 * S - DAYS, behind([3, 2, 2, 5, 6])), 3 * S - DAYS);
        assert_eq!(apart.look(6 * S - DAYS, behind([6, 6, 7, 6, 7])), 3 * S - DAYS, "the way is longer now");
        assert_eq!(apart.look(60 * S, [62 * S, 60 * S, 58 * S].into_iter()), 60 * S, "the clock was set");
        assert_eq!(apart.look(0, [].into_iter()), 0);
    }
}
