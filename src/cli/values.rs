//! Values of the command line, each refused with what to write instead.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::Date;

/// A day, s: no evening and no wait of one is longer.
const DAY_S: f64 = 86_400.0;
/// How many times faster than the wall a stadium can run: at more, a machine cannot send its frames in time.
const SPEED: RangeInclusive<f64> = 0.01..=1000.0;
/// Pitches of an evening, warm-ups counted: some 450 are thrown.
const PITCHES_MAX: usize = 10_000;
/// Years that a season can have.
const YEARS: RangeInclusive<i16> = 1901..=2261;
/// Largest amount of a fault or of noise, in whatever unit: beyond it nothing is a number any more.
pub(super) const AMOUNT_MAX: f64 = 1e6;

/// A day by the calendar.
pub(super) fn day(text: &str) -> Result<Date, String> {
    let wanted = || "write a day of the calendar as YYYY-MM-DD, such as 2026-06-11".to_owned();
    // The library takes other forms and times of day, too; one form is enough.
    let looks = text.len() == 10 && text.bytes().enumerate().all(|(at, b)| (b == b'-') == (at == 4 || at == 7));
    if looks { text.parse().map_err(|_| wanted()) } else { Err(wanted()) }
}

/// Where a daemon serves: a URL, or HOST:PORT, which is one of plain HTTP.
pub(super) fn daemon_url(text: &str) -> Result<String, String> {
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let at = url.parse::<ureq::http::Uri>().ok().filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    let sound = at.is_some_and(|uri| uri.host().is_some_and(|host| !host.is_empty()) && uri.query().is_none());
    if sound { Ok(url) } else { Err("write http://HOST:PORT, such as http://127.0.0.1:8080".to_owned()) }
}

/// A season's year.
pub(super) fn year(text: &str) -> Result<i16, String> {
    let (first, last) = (YEARS.start(), YEARS.end());
    whole(text, &YEARS).ok_or_else(|| format!("write a year from {first} to {last}, such as 2025"))
}

/// Pitches to throw.
pub(super) fn pitches(text: &str) -> Result<usize, String> {
    whole(text, &(1..=PITCHES_MAX)).ok_or_else(|| format!("write a whole number of pitches from 1 to {PITCHES_MAX}"))
}

/// The seed of what is random.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    whole(text, &(0..=u64::MAX)).ok_or_else(|| format!("write a whole number from 0 to {}", u64::MAX))
}

/// How much faster than the wall.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    number(text, &SPEED, "a number above 0: from 0.01 to 1000")
}

/// How much faster than the wall a daemon may run: its threads' signs of life are to stay less than a second of its time apart.
pub(super) fn clock_speed(text: &str) -> Result<f64, String> {
    number(text, &(0.01..=15.0), "a number above 0: from 0.01 to 15")
}

/// A length of time, s.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    number(text, &(0.0..=DAY_S), "a number from 0 up to 86400")
}

/// Mean seconds between pitches.
pub(super) fn pace(text: &str) -> Result<f64, String> {
    number(text, &(2.0..=3600.0), "a number of seconds from 2 up to 3600")
}

/// Noise, px.
pub(super) fn pixels(text: &str) -> Result<f64, String> {
    number(text, &(0.0..=1000.0), "a number from 0 up to 1000")
}

/// A share of a whole.
pub(super) fn share(text: &str) -> Result<f64, String> {
    number(text, &(0.0..=1.0), "a share from 0 to 1")
}

/// Whole seconds, one at least.
pub(super) fn whole_seconds(text: &str) -> Result<u64, String> {
    whole(text, &(1..=DAY_S as u64)).ok_or_else(|| "write a whole number of seconds from 1 to 86400".to_owned())
}

/// So many of something, within bounds that are told.
pub(super) fn count<const MIN: u32, const MAX: u32>(text: &str) -> Result<u32, String> {
    whole(text, &(MIN..=MAX)).ok_or_else(|| format!("write a whole number from {MIN} to {MAX}"))
}

fn whole<T: FromStr + PartialOrd>(text: &str, range: &RangeInclusive<T>) -> Option<T> {
    text.parse().ok().filter(|value| range.contains(value))
}

fn number(text: &str, range: &RangeInclusive<f64>, wanted: impl Display) -> Result<f64, String> {
    whole(text, range).ok_or_else(|| format!("write {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_in_one_form_and_another_is_told_which() {
        assert_eq!(day("2024-02-29"), Ok(jiff::civil::date(2024, 2, 29)));
        for other in
            ["2023-02-29", "11/06/2026", "20260611", "2026-6-11", "2026-06-11T19:00", "-02026-06-1", "soon", ""]
        {
            assert!(day(other).is_err_and(|why| why.contains("YYYY-MM-DD")), "{other}");
        }
    }

    #[test]
    fn a_daemon_is_where_a_url_or_a_host_and_port_say() {
        assert_eq!(daemon_url("127.0.0.1:8080"), Ok("http://127.0.0.1:8080".to_owned()));
        assert_eq!(daemon_url("bullpen.local:8080"), Ok("http://bullpen.local:8080".to_owned()));
        for good in ["http://[::1]:8080", "https://bullpen.local"] {
            assert_eq!(daemon_url(good), Ok(good.to_owned()));
        }
        for bad in ["", "http://", "ftp://bullpen:8080", "8080 please", "http://a/?b=c"] {
            assert!(daemon_url(bad).is_err_and(|why| why.contains("http://HOST:PORT")), "{bad}");
        }
    }

    #[test]
    fn a_number_out_of_its_range_is_told_the_range() {
        for (refused, range) in [
            (speed("0").err(), "0.01 to 1000"),
            (speed("NaN").err(), "0.01 to 1000"),
            (speed("inf").err(), "0.01 to 1000"),
            (clock_speed("30").err(), "0.01 to 15"),
            (pitches("0").err(), "1 to 10000"),
            (seconds("1e300").err(), "0 up to 86400"),
            (year("99999").err(), "1901 to 2261"),
            (whole_seconds("0").err(), "1 to 86400"),
            (count::<1, 128>("129").err(), "1 to 128"),
            (seed("-1").err(), "from 0 to"),
        ] {
            assert!(refused.as_ref().is_some_and(|why| why.contains(range)), "{refused:?}, {range}");
        }
        assert_eq!((speed("15"), pitches("7"), year("2025")), (Ok(15.0), Ok(7), Ok(2025)));
    }
}
