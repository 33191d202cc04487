//! Calendar days as numbers: windows and labels count days, nothing here knows an hour.

use std::fmt;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// A park's local date, in days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(pub i32);

impl Day {
    /// The day of a calendar date.
    pub fn of(day: Date) -> Self {
        Self(day.since(date(1970, 1, 1)).map_or(0, |span| span.get_days()))
    }

    /// From year, month and day. None for what is no calendar date.
    pub fn ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self::of)
    }

    /// From `YYYY-MM-DD` and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let day: Date = text.parse().ok()?;
        (text.len() == 10).then(|| Self::of(day))
    }

    /// The calendar date; the last one that exists for a day beyond it.
    pub fn date(self) -> Date {
        date(1970, 1, 1).saturating_add(jiff::Span::new().days(self.0.clamp(-700_000, 2_900_000)))
    }

    /// Its year.
    pub fn year(self) -> i16 {
        self.date().year()
    }

    /// So many days later.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Days from `earlier` to this one.
    pub fn since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no YYYY-MM-DD"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_back_as_it_was_written_and_counts_on_over_a_leap_day() {
        for text in ["1970-01-01", "2024-02-29", "2023-10-01", "1969-12-31"] {
            assert_eq!(Day::parse(text).map(|d| d.to_string()).as_deref(), Some(text));
        }
        let day = |text| Day::parse(text).expect("a date");
        assert_eq!(day("2024-03-01").since(day("2024-02-28")), 2);
        assert_eq!(Day(i32::MAX).plus(5).date().year(), 9909, "no day, however far, panics");
        for bad in ["", "2023-02-30", "6/11/23", "2023-06-11T00:00"] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }
}
