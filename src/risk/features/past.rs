//! What was known at the end of a day, cut off there.

use super::super::coverage::Lists;
use super::super::day::Day;
use super::super::series::{Appearance, Placement, Series};

/// A game of the past.
#[derive(Debug, Clone, Copy)]
pub(super) struct Game<'s> {
    pub(super) day: Day,
    pub(super) pitches: f64,
    appearance: &'s Appearance,
}

impl<'s> Game<'s> {
    pub(super) fn speed(&self) -> Option<f64> {
        self.appearance.release_speed
    }

    pub(super) fn spin(&self) -> Option<f64> {
        self.appearance.release_spin_rate
    }

    /// What extension adds to the speed that the batter sees, mph.
    pub(super) fn perceived(&self) -> Option<f64> {
        Some(self.appearance.effective_speed? - self.appearance.release_speed?)
    }

    pub(super) fn mix(&self) -> &'s [(String, f64)] {
        &self.appearance.mix
    }
}

/// A quantity of a game.
pub(super) type Quantity = fn(&Game<'_>) -> Option<f64>;

/// One pitcher's past as of the end of a day: games up to and of that day, placements announced by then.
#[derive(Debug)]
pub struct Past<'s> {
    day: Day,
    games: Vec<Game<'s>>,
    placements: Vec<&'s Placement>,
    lists: &'s Lists,
    born: Option<Day>,
}

/// Games further back than this are not looked at: bounds the work of a snapshot.
const BACK_DAYS: i32 = 3 * 366;

/// A stretch without a game that is a winter, or as long as one.
const WINTER_DAYS: i32 = 100;

impl<'s> Past<'s> {
    /// The past at the end of `day`.
    pub fn of(series: &'s Series, day: Day) -> Self {
        let from = day.plus(-BACK_DAYS);
        let games = series.appearances.iter().filter_map(|appearance| {
            let of = appearance.day.filter(|d| (from..=day).contains(d))?;
            Some(Game { day: of, pitches: f64::from(appearance.pitches), appearance })
        });
        let known = |p: &&Placement| p.dated().is_some_and(|dated| dated <= day);
        Self {
            day,
            games: games.collect(),
            placements: series.placements.iter().filter(known).collect(),
            lists: &series.lists,
            born: series.born,
        }
    }

    pub(super) fn day(&self) -> Day {
        self.day
    }

    pub(super) fn born(&self) -> Option<Day> {
        self.born
    }

    pub(super) fn games(&self) -> &[Game<'s>] {
        &self.games
    }

    /// His first game since the winter, as far as it is known. What needs a longer past than this season's is counted
    /// from here, so that it does not tell where the data starts.
    pub(super) fn first_of_season(&self) -> Option<Day> {
        let winter = self.games.windows(2).rev().find(|pair| pair[1].day.since(pair[0].day) > WINTER_DAYS);
        winter.map(|pair| pair[1].day).or_else(|| self.games.first().map(|g| g.day))
    }

    /// A count of earlier placements of the last year, where injured lists tell of that year. What they do not cover is
    /// unknown: then only a placement that is known all the same says something.
    pub(super) fn as_far_as_known(&self, found: f64) -> Option<f64> {
        (found > 0.0 || self.lists.tell_of_year_before(self.day)).then_some(found)
    }

    pub(super) fn placements(&self) -> &[&'s Placement] {
        &self.placements
    }

    /// Games of the last `days` days, the snapshot's own included.
    pub(super) fn window(&self, days: i32) -> &[Game<'s>] {
        self.between(days, 0)
    }

    /// Games of the days from `from` days back to before `to` days back.
    pub(super) fn between(&self, from: i32, to: i32) -> &[Game<'s>] {
        let after = |back: i32| self.games.partition_point(|g| g.day <= self.day.plus(-back));
        &self.games[after(from)..after(to)]
    }

    /// Pitches of the last `days` days, the snapshot's own included.
    pub fn pitches(&self, days: i32) -> u32 {
        self.window(days).iter().map(|game| game.appearance.pitches).sum()
    }

    pub(super) fn last(&self) -> Option<&Game<'s>> {
        self.games.last()
    }

    /// Days without a game before each game but the first, of games within the last `days` days.
    pub(super) fn rests(&self, days: i32) -> Vec<f64> {
        let from = self.day.plus(-days);
        let pairs = self.games.windows(2).filter(|pair| pair[1].day > from);
        pairs.map(|pair| f64::from(pair[1].day.since(pair[0].day) - 1)).collect()
    }
}

/// The quantity's values over games, with the days they are from.
pub(super) fn values(games: &[Game<'_>], quantity: Quantity) -> Vec<f64> {
    games.iter().filter_map(quantity).collect()
}

/// The mean of at least `least` values.
pub(super) fn mean(values: &[f64], least: usize) -> Option<f64> {
    (values.len() >= least.max(1)).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample standard deviation of at least `least` values, never of fewer than two.
pub(super) fn sd(values: &[f64], least: usize) -> Option<f64> {
    let mean = mean(values, least.max(2))?;
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    Some((square / (values.len() - 1) as f64).sqrt())
}

/// The least-squares slope of at least `least` points (x, y); none where x does not vary.
pub(super) fn slope(points: &[(f64, f64)], least: usize) -> Option<f64> {
    if points.len() < least.max(2) {
        return None;
    }
    let n = points.len() as f64;
    let (x, y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let sxx: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    let sxy: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    (sxx > 1e-9).then(|| sxy / sxx)
}
