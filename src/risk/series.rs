//! What the risk model knows of a pitcher: plain series of appearances and placements.

use super::coverage::Lists;
use super::day::Day;
pub use crate::records::BodyPart;

/// One pitcher's game.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Appearance {
    /// The park's local date.
    pub day: Option<Day>,
    /// Pitches thrown; at least so many where some may be missing.
    pub pitches: u32,
    /// How many more there can have been at most, of a game that was only partly seen; 0 of one that is whole.
    pub missed: u32,
    /// Mean `release_speed`, mph.
    pub release_speed: Option<f64>,
    /// Mean `effective_speed`, mph: with `release_speed` it tells extension.
    pub effective_speed: Option<f64>,
    /// Mean `release_spin_rate`, rpm.
    pub release_spin_rate: Option<f64>,
    /// Share of each pitch type, Statcast's code; empty where unknown.
    pub mix: Vec<(String, f64)>,
}

/// One placement on the injured list. Its dates are kept apart, since each means something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The day of the injury, where it is told: an outing on it is the one that he was removed from.
    pub hurt: Option<Day>,
    /// When the club announced it.
    pub announced: Option<Day>,
    /// The day from which it counts, up to three days earlier, and not before the last game.
    pub retroactive: Option<Day>,
    /// When he was operated on, where he was.
    pub surgery: Option<Day>,
    /// When he was back.
    pub returned: Option<Day>,
    /// What for.
    pub part: BodyPart,
}

impl Placement {
    /// The day that dates it (science.md §7): its announcement, where none is known the retroactive date.
    pub fn dated(&self) -> Option<Day> {
        self.announced.or(self.retroactive)
    }

    /// The earlier of announcement and retroactive date: from here the blackout counts, and the list begins.
    pub fn earliest(&self) -> Option<Day> {
        match (self.announced, self.retroactive) {
            (Some(a), Some(r)) => Some(a.min(r)),
            (a, r) => a.or(r),
        }
    }
}

/// All that is known of one pitcher.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// MLBAM id, or a local one.
    pub pitcher: u32,
    /// Name for people; empty where unknown.
    pub name: String,
    /// Day of birth, as far as it is known.
    pub born: Option<Day>,
    /// His games, ascending by day.
    pub appearances: Vec<Appearance>,
    /// Games of which files hold a part, ascending by day: of unknown length, and no load, dose or rest is told by them.
    pub partial: Vec<Appearance>,
    /// His placements, ascending by the day that dates them.
    pub placements: Vec<Placement>,
    /// Of which days injured lists are known: on others he may have been on one.
    pub lists: Lists,
}

impl Series {
    /// The same, of somebody whose newest injured list is known to tell of all days up to this one.
    #[must_use]
    pub fn told_until(&self, day: Day) -> Self {
        Self { lists: self.lists.clone().up_to(day), ..self.clone() }
    }

    /// The newest day up to this one, and not more than so many days before it, of which only part was seen.
    pub fn partly_seen_by(&self, day: Day, days: i32) -> Option<Day> {
        let known = self.appearances.iter().chain(&self.partial);
        let dates = known.filter(|a| a.missed > 0).filter_map(|a| a.day);
        dates.filter(|date| *date <= day && day.since(*date) < days).max()
    }

    /// Puts games and placements in order and merges games of one day (a doubleheader is one day's work).
    pub fn settle(&mut self) {
        self.appearances.retain(|a| a.day.is_some());
        self.appearances.sort_by_key(|a| a.day);
        let mut merged: Vec<Appearance> = Vec::with_capacity(self.appearances.len());
        for appearance in self.appearances.drain(..) {
            match merged.last_mut() {
                Some(last) if last.day == appearance.day => last.merge(&appearance),
                _ => merged.push(appearance),
            }
        }
        self.appearances = merged;
        self.placements.retain(|p| p.dated().is_some());
        self.placements.sort_by_key(Placement::dated);
    }
}

impl Appearance {
    fn merge(&mut self, other: &Self) {
        let (a, b) = (f64::from(self.pitches), f64::from(other.pitches));
        let mean = |x: Option<f64>, y: Option<f64>| match (x, y) {
            (Some(x), Some(y)) if a + b > 0.0 => Some((a * x + b * y) / (a + b)),
            (x, y) => x.or(y),
        };
        self.release_speed = mean(self.release_speed, other.release_speed);
        self.effective_speed = mean(self.effective_speed, other.effective_speed);
        self.release_spin_rate = mean(self.release_spin_rate, other.release_spin_rate);
        if self.mix.is_empty() {
            self.mix.clone_from(&other.mix);
        }
        self.pitches = self.pitches.saturating_add(other.pitches);
        self.missed = self.missed.saturating_add(other.missed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_is_dated_by_its_announcement_and_without_one_by_its_retroactive_date() {
        let day = |d| Some(Day(d));
        let mut p = Placement {
            hurt: None,
            announced: day(10),
            retroactive: day(8),
            surgery: day(30),
            returned: None,
            part: BodyPart::Elbow,
        };
        assert_eq!((p.dated(), p.earliest()), (day(10), day(8)));
        p.announced = None;
        assert_eq!((p.dated(), p.earliest()), (day(8), day(8)));
        p.retroactive = None;
        assert_eq!(p.dated(), None, "a surgery alone dates no placement");
    }

    #[test]
    fn games_of_one_day_are_one_days_work() {
        let game = |day, pitches, speed| Appearance {
            day: Some(Day(day)),
            pitches,
            release_speed: Some(speed),
            ..Appearance::default()
        };
        let mut series =
            Series { appearances: vec![game(5, 30, 90.0), game(3, 10, 91.0), game(5, 10, 94.0)], ..Series::default() };
        series.settle();
        let seen: Vec<_> = series.appearances.iter().map(|a| (a.day, a.pitches, a.release_speed)).collect();
        assert_eq!(seen, [(Some(Day(3)), 10, Some(91.0)), (Some(Day(5)), 40, Some(91.0))]);
    }
}
