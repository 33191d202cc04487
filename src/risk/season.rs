//! When a regular season is played. Rows near its end are censored, and spring games are history but no snapshots.

use std::collections::BTreeMap;

use super::day::Day;

/// Year; month and day of the first and of the last game.
type Played = (i16, (i8, i8), (i8, i8));

/// Regular seasons as they were played (MLB's own calendar; games abroad before opening day left out).
const PLAYED: [Played; 12] = [
    (2015, (4, 5), (10, 4)),
    (2016, (4, 3), (10, 2)),
    (2017, (4, 2), (10, 1)),
    (2018, (3, 29), (10, 1)),
    (2019, (3, 28), (9, 29)),
    (2020, (7, 23), (9, 27)),
    (2021, (4, 1), (10, 3)),
    (2022, (4, 7), (10, 5)),
    (2023, (3, 30), (10, 1)),
    (2024, (3, 28), (9, 30)),
    (2025, (3, 27), (9, 28)),
    (2026, (3, 26), (9, 27)),
];

/// Pitchers on the last day that still belongs to a regular season: 15 games need about 120, the busiest day of a
/// postseason saw 41.
const LAST_DAY_PITCHERS: usize = 60;

/// First and last day of a regular season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegularSeason {
    /// Opening day.
    pub first: Day,
    /// Last day.
    pub last: Day,
}

impl RegularSeason {
    /// As it was played; none for a year that the table does not know.
    pub fn played(year: i16) -> Option<Self> {
        let (_, first, last) = PLAYED.iter().find(|(y, ..)| *y == year)?;
        Some(Self { first: Day::ymd(year, first.0, first.1)?, last: Day::ymd(year, last.0, last.1)? })
    }

    /// From the days on which pitchers appeared, for a year that the table does not know: from April 1 to the last busy
    /// day, or, where no day is busy (a store of few pitchers), to September 28.
    pub fn inferred(year: i16, pitchers_by_day: &BTreeMap<Day, usize>) -> Option<Self> {
        let first = Day::ymd(year, 4, 1)?;
        let busy = pitchers_by_day.iter().rev().find(|(d, n)| d.year() == year && **n >= LAST_DAY_PITCHERS);
        let usual = Day::ymd(year, 9, 28)?;
        // A season under way has busy days in July too: it ends no earlier than seasons do.
        let last = busy.map_or(usual, |(day, _)| (*day).max(usual));
        Some(Self { first, last })
    }

    /// The season of `year`, from the table or from the days on which pitchers appeared.
    pub fn of(year: i16, pitchers_by_day: &BTreeMap<Day, usize>) -> Option<Self> {
        Self::played(year).or_else(|| Self::inferred(year, pitchers_by_day))
    }

    /// Whether a day is one of its days.
    pub fn has(&self, day: Day) -> bool {
        (self.first..=self.last).contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_postseason_does_not_lengthen_an_unknown_season() {
        let day = |m, d| Day::ymd(2031, m, d).expect("a date");
        let days = BTreeMap::from([(day(7, 1), 110), (day(10, 2), 118), (day(10, 9), 41)]);
        let season = RegularSeason::of(2031, &days).expect("a season");
        assert_eq!((season.first, season.last), (day(4, 1), day(10, 2)));
        let under_way = BTreeMap::from([(day(7, 1), 110)]);
        assert_eq!(RegularSeason::of(2031, &under_way).map(|s| s.last), Some(day(9, 28)));
    }
}
