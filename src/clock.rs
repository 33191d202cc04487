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

/// No clock that shows an earlier moment is right, ns: 2020-01-01, nor a later one: 2100-01-01.
pub const EARLIEST_NS: u64 = 1_577_836_800_000_000_000;
const LATEST_NS: u64 = 4_102_444_800_000_000_000;

/// Whether a clock that is right can show that moment, ns since the Unix epoch.
pub fn is_plausible(at_ns: u64) -> bool {
    (EARLIEST_NS..LATEST_NS).contains(&at_ns)
}

/// Whether a clock that is right can show that day.
pub fn is_plausible_day(day: Date) -> bool {
    (2020..2100).contains(&day.year())
}

/// Seconds for people, never more than they are.
pub fn span(seconds: f64) -> String {
    let total = seconds as u64;
    match total {
        0..120 => format!("{total} s"),
        120..7200 => format!("{} min", total / 60),
        7200..172_800 => format!("{} h {} min", total / 3600, total / 60 % 60),
        _ => match total / 3600 % 24 {
            0 => format!("{} days", total / 86_400),
            hours => format!("{} days {hours} h", total / 86_400),
        },
    }
}

/// How far two clocks are apart, s, for people: to the second, and to the minute from two of them on; what a frame takes on its way
/// is no part of it.
pub fn far(apart_s: f64) -> String {
    let apart_s = apart_s.abs();
    if apart_s < 120.0 { format!("{apart_s:.0} s") } else { span(apart_s + WAY_S) }
}

/// The same where arrivals tell it, which hold ways of frames: it may be `less` s less and `more` s more. A known distance between
/// time scales within that is told in its place.
pub fn far_by_arrivals(apart_s: f64, less: f64, more: f64) -> String {
    scale_within(apart_s, less, more).map_or_else(|| far(apart_s), |scale| format!("about {}", far(scale)))
}

/// What usually lies behind two clocks that are so far apart by arrivals, see [`far_by_arrivals`].
pub fn usual_cause_by_arrivals(apart_s: f64, less: f64, more: f64) -> Option<&'static str> {
    usual_cause(scale_within(apart_s, less, more).unwrap_or(apart_s))
}

fn scale_within(apart_s: f64, less: f64, more: f64) -> Option<f64> {
    let within = |scale: &f64| (apart_s - less..=apart_s + more).contains(scale);
    [37.0, -37.0, 18.0, -18.0].into_iter().find(within)
}

/// What a frame takes on its way at most, s.
const WAY_S: f64 = 10.0;

/// Ways of frames differ by this much at most, ns: as much as a camera may lag and be waited for.
pub const WAYS_NS: u64 = 8_000_000_000;
/// The same, s.
pub const WAYS_S: f64 = WAYS_NS as f64 * 1e-9;

/// A clock that is off others by so much was never set, s.
pub const NEVER_SET_S: f64 = 10.0 * 365.0 * 86_400.0;

/// A cause as it stands behind what it explains; nothing where none is known.
pub fn bracketed(cause: Option<&str>) -> String {
    cause.map_or_else(String::new, |cause| format!(" ({cause})"))
}

/// What usually lies behind two clocks that are so far apart, s; none where nothing is known for it.
pub fn usual_cause(apart_s: f64) -> Option<&'static str> {
    let apart_s = apart_s.abs();
    let hours = (apart_s / 3600.0).round();
    let near = |seconds: f64, within: f64| (apart_s - seconds).abs() <= within;
    if near(37.0, 2.0) {
        Some("TAI against UTC")
    } else if near(18.0, 2.0) || near(19.0, 0.5) {
        Some("GPS time against UTC or TAI")
    } else if near(3600.0, 60.0) {
        Some("an hour of daylight saving, or a time zone")
    } else if (2.0..=14.0).contains(&hours) && near(hours * 3600.0, 60.0) {
        Some("local time taken for UTC")
    } else if apart_s > NEVER_SET_S {
        Some("a clock that was never set, and counts since its boot or since 1970")
    } else {
        None
    }
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
}

impl BoxClock {
    /// A clock that starts now.
    pub fn start(speed: f64) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), started_ns: since_epoch.as_nanos() as u64, speed }
    }

    /// A clock that began at a moment of the system's, ns since the Unix epoch, with that reading, and ran at this speed
    /// ever since: the one that a process which is gone had.
    pub fn since(began_ns: u64, speed: f64) -> Self {
        let clock = Self::start(speed);
        let elapsed = clock.started_ns.saturating_sub(began_ns) as f64 * speed;
        Self { started_ns: began_ns + elapsed as u64, ..clock }
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

    /// How much faster than the wall this clock runs.
    pub fn speed(&self) -> f64 {
        self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_apart_by_a_round_number_where_only_the_way_is_missing() {
        for (apart_s, told) in
            [(37.2, "37 s"), (-3_597.5, "60 min"), (-172_796.5, "2 days"), (1.4, "1 s"), (7_200.0, "2 h 0 min")]
        {
            assert_eq!(far(apart_s), told);
        }
        let told = |apart_s| far_by_arrivals(apart_s, 8.0, 1.0);
        assert_eq!(
            [-34.2, -36.4, 36.5, -12.0, -28.0, 38.9].map(told),
            ["about 37 s", "about 37 s", "about 37 s", "about 18 s", "28 s", "about 37 s"]
        );
    }

    #[test]
    fn what_usually_sets_clocks_apart_is_named_and_nothing_else() {
        for (apart_s, word) in
            [(37.0, "TAI"), (-36.4, "TAI"), (18.2, "GPS"), (3600.0, "daylight"), (-18_000.0, "local"), (1.8e9, "1970")]
        {
            assert!(usual_cause(apart_s).is_some_and(|cause| cause.contains(word)), "{apart_s}");
        }
        for apart_s in [0.0, 5.0, 60.0, 1800.0, 5400.0, 172_800.0, 30.0 * 86_400.0] {
            assert_eq!(usual_cause(apart_s), None, "{apart_s}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date_by_the_other_sides_clock() {
        assert_eq!(retry_after("120", None), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", None), Some(Duration::ZERO), "that has passed");
        let answered = Some("Wed, 21 Oct 2015 07:27:00 GMT");
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", answered), Some(Duration::from_mins(1)));
        assert_eq!(retry_after("later", answered), None);
    }
}
