//! Time at the edge. Everything inside takes `now` as an argument.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::day::game_date;
use crate::ids::BoxNs;

/// How long an answer of HTTP's asks to be left alone: `Retry-After`, seconds or a date. A date is counted from the answer's own
/// `Date`, which tells what its clock shows, whatever this box's does; without one from this box's.
pub fn retry_after(text: &str, answered: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| Some(jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp());
    let from = answered.and_then(date).unwrap_or_else(jiff::Timestamp::now);
    Some(date(text)?.duration_since(from).try_into().unwrap_or(Duration::ZERO))
}

/// Whether a clock that is right can show that day.
pub fn is_plausible_day(day: Date) -> bool {
    (2020..2100).contains(&day.year())
}

/// The day of baseball now, by the system's clock, in this zone.
pub fn today(zone: &TimeZone) -> Date {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    game_date(since_epoch.as_nanos() as u64, zone)
}

/// The box's monotonic clock, offset once at start so that it reads like nanoseconds since the Unix epoch.
/// A step of the system clock never reaches it. `speed` above 1 makes box time run faster than the wall, so that a
/// test pushes hours of game through a real socket in minutes.
#[derive(Debug, Clone, Copy)]
pub struct BoxClock {
    started: Instant,
    started_ns: u64,
    speed: f64,
    /// Whether it was the system's clock at the start, and runs as fast.
    is_systems: bool,
}

impl BoxClock {
    /// A clock that starts now.
    pub fn start(speed: f64) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), started_ns: since_epoch.as_nanos() as u64, speed, is_systems: speed <= 1.0 }
    }

    /// A clock that began at a moment of the system's, ns since the Unix epoch, with that reading, and ran at this speed
    /// ever since: the one that a process which is gone had.
    pub fn since(began_ns: u64, speed: f64) -> Self {
        let clock = Self::start(speed);
        let elapsed = clock.started_ns.saturating_sub(began_ns) as f64 * speed;
        Self { started_ns: began_ns + elapsed as u64, is_systems: false, ..clock }
    }

    /// Box time.
    pub fn now(&self) -> BoxNs {
        self.at(Instant::now())
    }

    /// Box time of an instant of the monotonic clock; instants before the start read as the start.
    pub fn at(&self, instant: Instant) -> BoxNs {
        let elapsed = instant.saturating_duration_since(self.started).as_nanos() as f64 * self.speed;
        BoxNs(self.started_ns + elapsed as u64)
    }

    /// How far the system's clock is ahead of this one now, ns: what it was set by since the start. 0 where this one runs faster.
    pub fn set_by_ns(&self) -> i64 {
        if self.speed > 1.0 {
            return 0;
        }
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (since_epoch.as_nanos() as u64).wrapping_sub(self.now().0) as i64
    }

    /// Whether it was the system's clock at the start, and runs as fast: what the machine's running time tells of that holds for it.
    pub fn is_systems(&self) -> bool {
        self.is_systems
    }

    /// How much faster than the wall this clock runs.
    pub fn speed(&self) -> f64 {
        self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date_by_the_other_sides_clock() {
        assert_eq!(retry_after("120", None), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", None), Some(Duration::ZERO), "that has passed");
        let answered = Some("Wed, 21 Oct 2015 07:27:00 GMT");
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", answered), Some(Duration::from_mins(1)));
        assert_eq!(retry_after("later", answered), None);
    }
}
