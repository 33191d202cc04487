//! Dates as a whole file writes them: whether `4/5/2023` is in April or in May, one row cannot tell.

use jiff::ToSpan;
use jiff::civil::Date;

/// What comes first where numbers alone do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::history) enum Order {
    /// `M/D/YYYY`, as in the United States.
    MonthFirst,
    /// `D/M/YYYY`, as nearly everywhere else.
    DayFirst,
}

/// A date as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// Nothing about it can be read in two ways.
    Sure(Date),
    /// Two numbers, and a year.
    Two(i8, i8, i16),
}

/// Months of spring training to the last day of a World Series.
pub(in crate::history) const SEASON: std::ops::RangeInclusive<i8> = 2..=11;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// How a text writes a date; none where it is no date.
fn written(text: &str) -> Option<Written> {
    // Midnight behind it comes of programs that know days as moments only.
    let (day, clock) = parted(text);
    if clock.is_some_and(|clock| !is_midnight(clock)) {
        return None;
    }
    if let Ok(date) = day.parse::<Date>() {
        return Some(Written::Sure(date));
    }
    if day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()) {
        let part = |range: std::ops::Range<usize>| day[range].parse::<i16>().ok();
        return date(part(0..4)?, part(4..6)?, part(6..8)?).map(Written::Sure);
    }
    let separator = day.chars().find(|c| matches!(c, '/' | '-' | '.'))?;
    let parts: Vec<&str> = day.split(separator).collect();
    let [first, second, third] = parts[..] else { return None };
    let number = |part: &str| part.parse::<i16>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
    if first.len() == 4 {
        return date(number(first)?, number(second)?, number(third)?).map(Written::Sure);
    }
    let year = number(third).and_then(|year| match third.len() {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    })?;
    if let Some(month) = MONTHS.iter().position(|month| second.to_ascii_lowercase().starts_with(month)) {
        return date(year, month as i16 + 1, number(first)?).map(Written::Sure);
    }
    let (first, second) = (i8::try_from(number(first)?).ok()?, i8::try_from(number(second)?).ok()?);
    if separator == '.' {
        // Points are put behind days and months, in this order, wherever they are written.
        return date(year, second.into(), first.into()).map(Written::Sure);
    }
    Some(Written::Two(first, second, year))
}

/// What stands for a day, and what stands behind it.
fn parted(text: &str) -> (&str, Option<&str>) {
    let is_end = |(at, _): &(usize, &str)| text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    match text.match_indices([' ', 'T']).find(is_end) {
        Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// Whether a time of day is midnight, in whatever zone: so a day is written by programs that know moments only.
fn is_midnight(clock: &str) -> bool {
    let clock = clock.trim();
    let end = clock.find(|c: char| !matches!(c, '0'..='9' | ':' | '.')).unwrap_or(clock.len());
    let (time, zone) = (&clock[..end], clock[end..].trim());
    let is_zone = matches!(zone, "" | "Z" | "UTC" | "GMT")
        || (zone.starts_with(['+', '-']) && zone[1..].bytes().all(|b| b.is_ascii_digit() || b == b':'));
    let is_nought = |part: &str| !part.is_empty() && part.bytes().all(|b| matches!(b, b'0' | b'.'));
    let mut parts = time.split(':');
    let hour = parts.next().unwrap_or_default();
    let begins = if zone.eq_ignore_ascii_case("am") { hour == "12" } else { is_zone && is_nought(hour) };
    begins && matches!(parts.clone().count(), 1 | 2) && parts.all(is_nought)
}

/// Why a text is no date, in words that follow a column's name.
pub(in crate::history) fn why_none(text: &str) -> &'static str {
    let number = text.parse::<f64>().ok();
    if parted(text).1.is_some_and(|clock| clock.contains(':')) {
        "has a time of day, and only its zone tells which day that is in the park: write the day alone, as YYYY-MM-DD"
    } else if number.is_some_and(|days| (20_000.0..80_000.0).contains(&days)) {
        "is a number of days, as a spreadsheet keeps dates: show the column as a date before it is saved"
    } else if number.is_some_and(|since| since > 1e8 && text.len() != 8) {
        "is a number of seconds, as programs keep moments: write the day, as YYYY-MM-DD"
    } else if text.starts_with("=\"") {
        "is a formula of Excel: save it as a bare day, YYYY-MM-DD"
    } else {
        NO_DATE
    }
}

/// What to say where nothing tells what a text is instead.
pub(in crate::history) const NO_DATE: &str = "is no YYYY-MM-DD";

/// Whether a day lies more than one ahead of `today`, which is none where no clock tells it.
pub(in crate::history) fn is_ahead(date: Date, today: Option<Date>) -> bool {
    today.is_some_and(|today| date > today.saturating_add(1.day()))
}

/// What to say of such a day.
pub(in crate::history) const AHEAD: &str = "lies ahead of today: the file is wrong, or this box's clock";

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// A date; none where it is none, or can be read in two ways and the order is not known.
pub(in crate::history) fn parse(text: &str, order: Option<Order>) -> Option<Date> {
    match (written(text)?, order) {
        (Written::Sure(date), _) => Some(date),
        (Written::Two(month, day, year), Some(Order::MonthFirst))
        | (Written::Two(day, month, year), Some(Order::DayFirst)) => Date::new(year, month, day).ok(),
        (Written::Two(..), None) => None,
    }
}

/// Whether a row alone does not tell which day is meant.
pub(super) fn is_twofold(text: &str) -> bool {
    matches!(written(text), Some(Written::Two(..)))
}

/// What the dates of a file tell of the order of day and month.
#[derive(Debug, Default)]
pub(super) struct Judge {
    /// Dates that can only be read with the month first, or only with the day first, and where.
    only: [Option<(String, u64)>; 2],
    /// Whether each reading puts some date out of the season.
    off_season: [bool; 2],
    /// Whether some are written so that nothing is to be judged.
    sure: bool,
    /// The first that can be read both ways.
    twofold: Option<(String, u64)>,
}

impl Judge {
    pub(super) fn hear(&mut self, text: &str, line: u64) {
        let Some(Written::Two(first, second, year)) = written(text) else {
            self.sure |= written(text).is_some();
            return;
        };
        let readings = [(first, second), (second, first)];
        let possible = readings.map(|(month, day)| Date::new(year, month, day).is_ok());
        let told = || Some((text.to_owned(), line));
        match possible {
            [true, false] if self.only[0].is_none() => self.only[0] = told(),
            [false, true] if self.only[1].is_none() => self.only[1] = told(),
            [true, true] if self.twofold.is_none() => self.twofold = told(),
            _ => {}
        }
        for (off, ((month, _), possible)) in self.off_season.iter_mut().zip(readings.into_iter().zip(possible)) {
            *off |= possible && !SEASON.contains(&month);
        }
    }

    /// The order. `usual` is that of the source, if it has one; `in_season` says that no date is of the winter. Where a source
    /// without an order writes some dates in one way only, those are its own, and the others are some hand's.
    ///
    /// # Errors
    /// The dates contradict each other, or can be read both ways.
    pub(super) fn order(&self, usual: Option<Order>, in_season: bool) -> Result<Option<Order>, String> {
        if usual.is_none() && self.sure {
            return Ok(None);
        }
        match (&self.only, &self.twofold) {
            ([Some((month, at)), Some((day, also))], _) => Err(format!(
                "its dates contradict each other: {month} (line {at}) has the month first, {day} (line {also}) the day; write \
                 them as YYYY-MM-DD"
            )),
            ([Some(_), None], _) => Ok(Some(Order::MonthFirst)),
            ([None, Some(_)], _) => Ok(Some(Order::DayFirst)),
            ([None, None], Some((text, line))) => match (usual, in_season, self.off_season) {
                (Some(usual), ..) => Ok(Some(usual)),
                (None, true, [false, true]) => Ok(Some(Order::MonthFirst)),
                (None, true, [true, false]) => Ok(Some(Order::DayFirst)),
                _ => Err(format!(
                    "nothing in it tells whether its dates have the month or the day first ({text}, line {line}): write them \
                     as YYYY-MM-DD"
                )),
            },
            ([None, None], None) => Ok(usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_in_one_way_only_needs_no_order() {
        for text in [
            "2023-09-30",
            "2023-09-30 00:00:00",
            "2023-09-30T00:00",
            "2023/9/30",
            "20230930",
            "30.9.2023",
            "30-Sep-23",
            "30.09.23",
            "2023-09-30T00:00:00Z",
            "2023-09-30 00:00:00+00:00",
            "2023-09-30T00:00:00.000-0400",
        ] {
            assert_eq!(parse(text, None).map(|d| d.to_string()).as_deref(), Some("2023-09-30"), "{text}");
        }
        for text in [
            "",
            "soon",
            "45199",
            "2023-02-30",
            "31.2.2023",
            "1/2",
            "1/2/3/4",
            "4/-7/21",
            "99999/1/21",
            "9/30/2023 PM",
            "2023-06-11 99:99:99 nonsense",
            "2023-06-12T00:15:00Z",
            "2023-06-11 19:05:00",
            "2023-06-11 00:00:00 or so",
            "9/30/2023 12:00:00 PM",
        ] {
            assert_eq!(parse(text, Some(Order::MonthFirst)), None, "{text}");
        }
        assert_eq!(parse("4/5/2023", None), None);
        let october = parse("30-OCT-23", None).map(|d| d.to_string());
        assert_eq!(october.as_deref(), Some("2023-10-30"), "in capitals, whose T parts no time from it");
        assert!(parse("9/30/2023 12:00:00 AM", Some(Order::MonthFirst)).is_some());
    }

    #[test]
    fn what_is_no_date_is_told_by_what_it_is() {
        for (text, word) in [
            ("2023-06-12T00:15:00Z", "time of day"),
            ("6/11/2023 19:05", "time of day"),
            ("45088", "as a spreadsheet keeps dates"),
            ("1686441600000", "number of seconds"),
            ("soon", "is no YYYY-MM-DD"),
            ("2023-02-30", "is no YYYY-MM-DD"),
        ] {
            assert!(why_none(text).contains(word), "{text}: {}", why_none(text));
        }
    }

    #[test]
    fn a_day_ahead_of_today_is_told_where_a_clock_tells_today() {
        let day = |d| jiff::civil::date(2026, 11, d);
        assert_eq!([1, 2, 3].map(|d| is_ahead(day(d), Some(day(1)))), [false, false, true]);
        assert!(!is_ahead(day(30), None));
    }

    fn judged(texts: &[&str], usual: Option<Order>) -> Result<Option<Order>, String> {
        let mut judge = Judge::default();
        texts.iter().zip(2..).for_each(|(text, line)| judge.hear(text, line));
        judge.order(usual, true)
    }

    #[test]
    fn a_files_dates_are_judged_together() {
        use Order::{DayFirst, MonthFirst};
        assert_eq!(judged(&["4/5/2023", "9/30/2023 0:00"], None), Ok(Some(MonthFirst)));
        assert_eq!(judged(&["4/5/2023", "30/9/2023"], Some(MonthFirst)), Ok(Some(DayFirst)));
        assert_eq!(judged(&["4/12/2023", "5/12/2023"], None), Ok(Some(MonthFirst)), "nobody plays in December");
        assert_eq!(judged(&["12/4/2023"], None), Ok(Some(DayFirst)));
        assert_eq!(judged(&["4/5/23"], Some(MonthFirst)), Ok(Some(MonthFirst)));
        assert_eq!(judged(&["2023-04-05"], None), Ok(None));
        assert_eq!(judged(&["2023-04-05", "6/11/2023"], None), Ok(None), "one that somebody typed");
        let why = judged(&["4/5/2023", "6/7/2023"], None).expect_err("both are possible");
        assert!(why.contains("4/5/2023, line 2") && why.contains("YYYY-MM-DD"), "{why}");
        let why = judged(&["4/30/2023", "30/4/2023"], None).expect_err("they contradict each other");
        assert!(why.contains("4/30/2023 (line 2)") && why.contains("30/4/2023 (line 3)"), "{why}");
    }
}
