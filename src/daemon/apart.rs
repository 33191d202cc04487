//! How far the box's clock is ahead of its cameras', for the ages that people are told.
//!
//! A frame that arrives shows the way that it took and what the clocks are apart in one number. While the clocks agree the
//! number is the way alone. Where they do not, the least that several cameras ever showed since is the nearest to what the
//! clocks are apart: nothing is faster than its way. What stays unknown is the shortest way itself, a few seconds at most.

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

#[cfg(test)]
mod tests {
    use super::*;

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
