//! The day of baseball: which date a moment belongs to in a ballpark.
//!
//! A game that runs past midnight belongs to the day it began, so the day turns at six in the morning by the clock on the
//! park's wall: on every night of the year, those on which the clock is set included. Whatever makes a date of a moment
//! asks here.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// When the day turns, by the park's clock: hours after the last out of the longest game, hours before anybody throws.
pub const TURNS_AT: Time = Time::constant(6, 0, 0, 0);

/// The date that a moment belongs to in the park's zone; `at_ns` is event or box time, ns since the Unix epoch.
pub fn game_date(at_ns: u64, zone: &TimeZone) -> Date {
    let moment = Timestamp::from_nanosecond(i128::from(at_ns)).expect("64 bits of nanoseconds end in 2554");
    let local = moment.to_zoned(zone.clone()).datetime();
    if local.time() >= TURNS_AT { local.date() } else { local.date().yesterday().unwrap_or(local.date()) }
}

/// The zone of this IANA name; UTC where there is no such zone, which a venue file is checked for.
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The park's wall clock as in a calendar, where it can be read in two ways the first of them.
    fn date_at(zone_name: &str, wall: &str) -> String {
        let zone = zone(zone_name);
        let wall: jiff::civil::DateTime = wall.parse().expect("a literal");
        let at = wall.to_zoned(zone.clone()).expect("in range").timestamp().as_nanosecond();
        game_date(u64::try_from(at).expect("after 1970"), &zone).to_string()
    }

    #[test]
    fn a_game_past_midnight_belongs_to_the_day_it_began() {
        let chicago = |wall| date_at("America/Chicago", wall);
        assert_eq!(chicago("2026-06-11T23:59:00"), "2026-06-11");
        assert_eq!(chicago("2026-06-12T01:30:00"), "2026-06-11");
        assert_eq!(chicago("2026-06-12T13:00:00"), "2026-06-12");
    }

    #[test]
    fn the_day_turns_at_six_by_the_wall_clock_on_every_night_of_the_year() {
        // The nights on which the clock is set in 2024, 29 February, New Year, and nights beside them.
        for (before, day) in [
            ("2024-03-09", "2024-03-10"),
            ("2024-03-10", "2024-03-11"),
            ("2024-11-02", "2024-11-03"),
            ("2024-11-03", "2024-11-04"),
            ("2024-02-28", "2024-02-29"),
            ("2024-02-29", "2024-03-01"),
            ("2024-12-31", "2025-01-01"),
            ("2024-07-03", "2024-07-04"),
        ] {
            for zone in ["America/Chicago", "America/Los_Angeles", "America/Phoenix", "America/Toronto", "UTC"] {
                assert_eq!(date_at(zone, &format!("{day}T00:30:00")), before, "{zone}");
                assert_eq!(date_at(zone, &format!("{day}T05:59:59.999999999")), before, "{zone}");
                assert_eq!(date_at(zone, &format!("{day}T06:00:00")), day, "{zone}");
                assert_eq!(date_at(zone, &format!("{day}T06:59:00")), day, "{zone}");
            }
        }
    }

    #[test]
    fn no_moment_however_strange_panics() {
        for zone in [zone("America/Chicago"), zone("nowhere"), TimeZone::UTC] {
            game_date(0, &zone);
            game_date(u64::MAX, &zone);
        }
    }
}
