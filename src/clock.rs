//! Time at the edge. Everything inside takes `now` as an argument.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::day::game_date;
use crate::ids::BoxNs;

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

    /// How much faster than the wall this clock runs.
    pub fn speed(&self) -> f64 {
        self.speed
    }
}
