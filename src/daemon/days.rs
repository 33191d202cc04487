//! What day it is, on a box whose own clock may be off: by the cameras' clock, as what they see is dated.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::api::Live;
use crate::clock::{BoxClock, today};
use crate::day::game_date;
use crate::ids::BoxNs;

/// Tells moments and days of baseball in the park.
#[derive(Clone)]
pub(super) struct Days {
    clock: BoxClock,
    live: Arc<Live>,
    zone: TimeZone,
}

impl Days {
    pub(super) fn new(clock: BoxClock, live: Arc<Live>, zone: TimeZone) -> Self {
        Self { clock, live, zone }
    }

    /// Now by the cameras' clock, as far as it is known to be off this box's.
    pub(super) fn now(&self) -> BoxNs {
        self.live.snapshot().seen(self.clock.now())
    }

    /// The day of baseball: by the cameras' clock where it is known to be off this box's, else by the system's, which may have been
    /// set since the start.
    pub(super) fn today(&self) -> Date {
        let (now, seen) = (self.clock.now(), self.now());
        if now.0.abs_diff(seen.0) < SAME_NS { today(&self.zone) } else { game_date(seen.0, &self.zone) }
    }
}

/// Clocks that are no farther apart turn the day alike, ns.
const SAME_NS: u64 = 60_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_cameras_where_the_boxs_clock_is_off_them_by_days() {
        let (clock, zone) = (BoxClock::start(1.0), TimeZone::UTC);
        let live = Live::new(8, clock);
        let days = Days::new(clock, Arc::clone(&live), zone.clone());
        assert_eq!(days.today(), today(&zone));
        let three_days = 3 * 86_400_000_000_000;
        live.set_clocks_apart(three_days);
        let measured = game_date(clock.now().0 - three_days as u64, &zone);
        assert_eq!(days.today(), measured, "this box is three days ahead");
        assert!(days.now().0 < clock.now().0);
    }
}
