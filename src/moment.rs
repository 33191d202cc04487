//! Moments and the time between them as people read them, and how far clocks are apart. Nothing here reads a clock.

use crate::ids::BoxNs;

/// A moment of box time for people and JSON, RFC 3339 with milliseconds.
pub fn rfc3339(at: BoxNs) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.0))
        .map_or_else(|_| format!("{} ns", at.0), |time| format!("{time:.3}"))
}

/// No clock that shows an earlier moment is right, ns: 2020-01-01, nor a later one: 2100-01-01.
pub const EARLIEST_NS: u64 = 1_577_836_800_000_000_000;
const LATEST_NS: u64 = 4_102_444_800_000_000_000;

/// Whether a clock that is right can show that moment, ns since the Unix epoch.
pub fn is_plausible(at_ns: u64) -> bool {
    (EARLIEST_NS..LATEST_NS).contains(&at_ns)
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

/// How far from 1970 others count their seconds from, s.
const EPOCHS: [(f64, &str); 3] = [
    (946_684_800.0, "seconds since 2000 taken for those since 1970"),
    (315_964_800.0, "GPS seconds, since 1980, taken for those since 1970"),
    (2_208_988_800.0, "NTP seconds, since 1900, taken for those since 1970"),
];

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
    } else if let Some((_, cause)) = EPOCHS.iter().find(|(epoch_s, _)| near(*epoch_s, 60.0)) {
        Some(*cause)
    } else if apart_s > NEVER_SET_S {
        Some("a clock that was never set, and counts since its boot or since 1970")
    } else {
        None
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
    fn a_span_is_never_told_as_more_than_it_is() {
        // The tablet writes them so too, see its `format.test.ts`.
        let told = [119.9, 120.0, 7_199.0, 7_200.0, 11_100.0, 172_799.0, 172_800.0, 277_200.0].map(span);
        let words = ["119 s", "2 min", "119 min", "2 h 0 min", "3 h 5 min", "47 h 59 min", "2 days", "3 days 5 h"];
        assert_eq!(told, words);
        assert_eq!([64.3, -172_796.5].map(far), ["64 s", "2 days"]);
    }

    #[test]
    fn what_usually_sets_clocks_apart_is_named_and_nothing_else() {
        for (apart_s, word) in [
            (37.0, "TAI"),
            (-36.4, "TAI"),
            (18.2, "GPS"),
            (3600.0, "daylight"),
            (-18_000.0, "local"),
            (1.8e9, "1970"),
            (-946_684_797.0, "since 2000"),
            (-315_964_782.0, "GPS seconds"),
            (2_208_988_801.0, "NTP"),
        ] {
            assert!(usual_cause(apart_s).is_some_and(|cause| cause.contains(word)), "{apart_s}");
        }
        for apart_s in [0.0, 5.0, 60.0, 1800.0, 5400.0, 172_800.0, 30.0 * 86_400.0] {
            assert_eq!(usual_cause(apart_s), None, "{apart_s}");
        }
    }

    #[test]
    fn moments_are_written_as_rfc_3339_in_utc() {
        assert_eq!(rfc3339(BoxNs(1_700_000_000_123_456_789)), "2023-11-14T22:13:20.123Z");
    }
}
