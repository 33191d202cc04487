//! Of which days injured lists and games are known: what no loaded list covers is unknown, and no sign of health.
//!
//! A list is that of a season: it tells of the days from spring training to the eve of the next one's. The newest list, of
//! a season under way, ends with the latest day that it tells anything of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day::Day;
use super::series::Series;

/// The first day of a season's list, month and day: pitchers report, and the first are placed.
const LIST_FROM: (i8, i8) = (2, 15);
/// A list that tells of a day from here on is of a whole season, month and day: placements are told up to its last weeks.
const LIST_WHOLE_FROM: (i8, i8) = (9, 15);
/// Days of a window that may be missing before what is not known of them counts: half the half-life of an earlier placement
/// (`features::person`). Lists are loaded once a week or so, and nobody is placed between the seasons.
const MISSING_MAX: i32 = 45;
/// Days before a game that earlier injuries are looked for in.
pub const LOOK_BACK_DAYS: i32 = 365;

/// Days from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first.
    pub from: Day,
    /// The last.
    pub to: Day,
}

/// The days that the loaded injured lists tell of. The default knows of none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Lists(Vec<Span>);

impl Lists {
    /// From the latest day that each season's list tells anything of.
    pub fn of(told: &BTreeMap<i16, Day>) -> Self {
        let newest = told.keys().next_back();
        let mut spans: Vec<Span> = Vec::with_capacity(told.len());
        for (season, latest) in told {
            let day = |year: i16, (month, day): (i8, i8)| Day::ymd(year, month, day);
            let (Some(from), Some(next)) = (day(*season, LIST_FROM), day(season.saturating_add(1), LIST_FROM)) else {
                continue;
            };
            let whole = Some(season) != newest || day(*season, LIST_WHOLE_FROM).is_some_and(|least| *latest >= least);
            let to = if whole { next.plus(-1) } else { (*latest).clamp(from, next.plus(-1)) };
            match spans.last_mut() {
                Some(before) if before.to.plus(1) >= from => before.to = to,
                _ => spans.push(Span { from, to }),
            }
        }
        Self(spans)
    }

    /// Whole lists of these seasons.
    pub fn of_seasons(seasons: impl IntoIterator<Item = i16>) -> Self {
        Self::of(&seasons.into_iter().filter_map(|year| Some((year, Day::ymd(year, 12, 31)?))).collect())
    }

    /// The stretches of days, oldest first.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// What somebody who knows says: the newest list tells of all days up to this one.
    #[must_use]
    pub fn up_to(mut self, day: Day) -> Self {
        if let Some(newest) = self.0.last_mut() {
            newest.to = newest.to.max(day);
        }
        self
    }

    /// Days of `from..=to` that no list tells of.
    pub fn missing(&self, from: Day, to: Day) -> i32 {
        let told = self.0.iter().map(|span| (span.to.min(to).since(span.from.max(from)) + 1).max(0));
        (to.since(from) + 1).max(0) - told.sum::<i32>()
    }

    /// Whether they tell of these days, but for so few that nothing hangs on them.
    pub fn tell_of(&self, from: Day, to: Day) -> bool {
        self.missing(from, to) <= MISSING_MAX
    }

    /// Whether they tell of the year before the end of `day`.
    pub fn tell_of_year_before(&self, day: Day) -> bool {
        self.tell_of(day.plus(-LOOK_BACK_DAYS), day)
    }
}

/// Days from one to another, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DateSpan {
    /// `YYYY-MM-DD`.
    pub from: String,
    /// `YYYY-MM-DD`.
    pub to: String,
}

impl From<Span> for DateSpan {
    fn from(span: Span) -> Self {
        Self { from: span.from.to_string(), to: span.to.to_string() }
    }
}

/// What a risk rests on: of which days injured lists and his games are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    /// Days that the loaded injured lists tell of, oldest first; empty where none is loaded.
    pub injured_lists: Vec<DateSpan>,
    /// Whether they tell of the year before the day asked about: where they do not, earlier injuries are unknown, and
    /// change his risk neither way.
    pub earlier_injuries_known: bool,
    /// Days from his first to his latest known game by that day.
    pub games: Option<DateSpan>,
    /// How many days with games are known in them.
    pub games_known: u32,
    /// The same in a sentence.
    pub sentence: String,
}

impl Coverage {
    /// What is known of a pitcher at the end of `day`.
    pub fn of(series: &Series, day: Day) -> Self {
        let mut games = series.appearances.iter().filter_map(|a| a.day).filter(|game| *game <= day);
        let first = games.next();
        let (mut last, mut games_known) = (first, u32::from(first.is_some()));
        for game in games {
            (last, games_known) = (Some(game), games_known + 1);
        }
        let games = first.zip(last).map(|(from, to)| Span { from, to });
        let known = series.lists.tell_of_year_before(day);
        Self {
            injured_lists: series.lists.spans().iter().copied().map(DateSpan::from).collect(),
            earlier_injuries_known: known,
            games: games.map(DateSpan::from),
            games_known,
            sentence: sentence(&series.lists, known, day, games.map(|games| (games, games_known))),
        }
    }
}

fn sentence(lists: &Lists, known: bool, day: Day, games: Option<(Span, u32)>) -> String {
    let spans: Vec<String> = lists.spans().iter().map(|s| format!("{} to {}", s.from, s.to)).collect();
    let lists = match (spans.is_empty(), known) {
        (true, _) => "No injured list is loaded: earlier injuries are unknown.".to_owned(),
        (false, true) => format!("Injured lists of {}.", spans.join(", ")),
        (false, false) => {
            let year = format!("{} to {day}", day.plus(-LOOK_BACK_DAYS));
            format!("Injured lists of {} only, not of {year}: injuries in that year are unknown.", spans.join(", "))
        }
    };
    match games {
        Some((span, 1)) => format!("{lists} One game of his is known, of {}.", span.from),
        Some((span, count)) => format!("{lists} {count} games of his are known, {} to {}.", span.from, span.to),
        None => format!("{lists} No game of his is known."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::series::Appearance;
    use super::*;

    fn day(year: i16, month: i8, of: i8) -> Day {
        Day::ymd(year, month, of).expect("a date")
    }

    #[test]
    fn lists_of_seasons_in_a_row_are_one_stretch_and_a_missing_one_is_a_gap() {
        let lists = Lists::of_seasons([2019, 2020, 2023]);
        let span = |from: Day, to: Day| Span { from, to };
        assert_eq!(lists.spans(), [span(day(2019, 2, 15), day(2021, 2, 14)), span(day(2023, 2, 15), day(2024, 2, 14))]);
        assert!(lists.tell_of_year_before(day(2020, 7, 1)) && !lists.tell_of_year_before(day(2022, 7, 1)));
        assert!(!lists.tell_of_year_before(day(2023, 7, 1)), "half of that year is not told of");
        assert_eq!(Lists::default().missing(day(2020, 1, 1), day(2020, 1, 10)), 10);
    }

    #[test]
    fn a_season_under_way_ends_with_what_its_list_tells_and_a_week_without_a_list_is_no_gap() {
        let lists = Lists::of(&BTreeMap::from([(2024, day(2024, 10, 2)), (2025, day(2025, 6, 10))]));
        assert_eq!(lists.spans(), [Span { from: day(2024, 2, 15), to: day(2025, 6, 10) }]);
        assert!(lists.tell_of_year_before(day(2025, 6, 20)), "ten days");
        assert!(!lists.tell_of_year_before(day(2025, 8, 20)), "ten weeks");
        assert_eq!(lists.up_to(day(2025, 8, 20)).missing(day(2025, 6, 1), day(2025, 8, 20)), 0);
    }

    #[test]
    fn the_dates_are_told_and_so_is_what_they_leave_open() {
        let game = |on: Day| Appearance { day: Some(on), pitches: 20, ..Appearance::default() };
        let appearances = vec![game(day(2025, 4, 2)), game(day(2025, 5, 3)), game(day(2025, 6, 1))];
        let mut series = Series { appearances, ..Series::default() };
        let of = |series: &Series| Coverage::of(series, day(2025, 5, 10));
        assert!(of(&series).sentence.starts_with("No injured list is loaded"), "{}", of(&series).sentence);
        series.lists = Lists::of_seasons([2019, 2020]);
        let told = of(&series);
        assert!(!told.earlier_injuries_known);
        assert_eq!(
            told.sentence,
            "Injured lists of 2019-02-15 to 2021-02-14 only, not of 2024-05-10 to 2025-05-10: injuries in that year are \
             unknown. 2 games of his are known, 2025-04-02 to 2025-05-03."
        );
        series.lists = Lists::of_seasons([2024, 2025]);
        assert!(of(&series).earlier_injuries_known);
        assert!(of(&series).sentence.starts_with("Injured lists of 2024-02-15 to 2026-02-14. 2 games"));
    }
}
