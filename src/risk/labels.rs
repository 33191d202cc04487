//! Which snapshots count, and what came of them (science.md §7).
//!
//! A snapshot is the end of a day on which a pitcher appeared in the regular season. Its label is whether an injured-list
//! placement of the arm or shoulder class falls into the 21 days after it. The rules that keep the future out:
//! - a placement is dated by its announcement, and where none is known by its retroactive date;
//! - snapshots in the 3 days before the earlier of the two are a **blackout**, kept apart, and so is that of the day of
//!   the injury, however much later the list began: whoever limps off in the fourth inning is no prediction;
//! - snapshots while on the list are dropped;
//! - snapshots whose 21 days run past the regular season's end, or past the data, or of which no injured list is known, are
//!   censored: who is hurt in October is
//!   placed on no list, so the day of the year alone would predict (AUC 0.54).

use super::day::Day;
use super::season::RegularSeason;
use super::series::{Placement, Series};

/// How far ahead a placement counts, days.
pub const HORIZON_DAYS: i32 = 21;
/// How long before a placement a snapshot is scored apart, days.
pub const BLACKOUT_DAYS: i32 = 3;

/// What came of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// No arm placement within the horizon.
    Healthy,
    /// An arm placement within the horizon.
    Placed,
    /// An arm placement within the horizon, and the snapshot is within its blackout or of the day of the injury.
    Blackout,
    /// He was on the list on that day.
    OnList,
    /// The horizon runs past the regular season's end.
    SeasonEnd,
    /// The horizon runs past what the data tells, or no injured list covers it: who is on no known list may be hurt.
    DataEnd,
    /// Not in a regular season.
    OffSeason,
}

impl Outcome {
    /// 1 or 0 for a snapshot that trains and scores, none for one that does not.
    pub fn target(self) -> Option<f64> {
        match self {
            Self::Healthy => Some(0.0),
            Self::Placed => Some(1.0),
            _ => None,
        }
    }
}

/// The outcome of the snapshot at the end of `day`. `data_end` is the last day that placements are known of.
pub fn outcome(series: &Series, day: Day, season: Option<RegularSeason>, data_end: Day) -> Outcome {
    let Some(season) = season.filter(|s| s.has(day)) else { return Outcome::OffSeason };
    if on_list(series, day, season) {
        return Outcome::OnList;
    }
    if day.plus(HORIZON_DAYS) > season.last {
        return Outcome::SeasonEnd;
    }
    if day.plus(HORIZON_DAYS) > data_end || series.lists.missing(day, day.plus(HORIZON_DAYS)) > 0 {
        return Outcome::DataEnd;
    }
    let ahead = |p: &&Placement| {
        p.part.is_arm() && p.dated().is_some_and(|dated| dated > day && dated <= day.plus(HORIZON_DAYS))
    };
    let mut placed = false;
    for placement in series.placements.iter().filter(ahead) {
        // A placement has an earliest date where it has one at all.
        let soon = placement.earliest().is_some_and(|first| day.plus(BLACKOUT_DAYS) >= first);
        if soon || placement.hurt == Some(day) {
            return Outcome::Blackout;
        }
        placed = true;
    }
    if placed { Outcome::Placed } else { Outcome::Healthy }
}

/// Whether he was on the list, for whatever reason, on a day of this season. The list ends with his return; where none
/// is told, with the season.
fn on_list(series: &Series, day: Day, season: RegularSeason) -> bool {
    series.placements.iter().any(|p| {
        let Some(first) = p.earliest() else { return false };
        let until = match p.returned {
            Some(returned) if returned > first => returned,
            _ if first.year() == season.last.year() => season.last.plus(1),
            _ => return false,
        };
        (first..until).contains(&day)
    })
}

/// How many snapshots have which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Balance {
    /// No placement within the horizon.
    pub healthy: usize,
    /// A placement within the horizon.
    pub placed: usize,
    /// Scored apart.
    pub blackout: usize,
    /// Dropped.
    pub on_list: usize,
    /// Censored by the season's end.
    pub season_end: usize,
    /// Censored by the data's end.
    pub data_end: usize,
    /// Spring and postseason games.
    pub off_season: usize,
}

impl Balance {
    /// Counts one.
    pub fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Healthy => &mut self.healthy,
            Outcome::Placed => &mut self.placed,
            Outcome::Blackout => &mut self.blackout,
            Outcome::OnList => &mut self.on_list,
            Outcome::SeasonEnd => &mut self.season_end,
            Outcome::DataEnd => &mut self.data_end,
            Outcome::OffSeason => &mut self.off_season,
        } += 1;
    }

    /// Share of placements among those that score; 0 with none.
    pub fn base_rate(&self) -> f64 {
        let n = self.healthy + self.placed;
        if n == 0 { 0.0 } else { self.placed as f64 / n as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::coverage::Lists;
    use super::super::series::BodyPart;
    use super::*;

    const OPENING: Day = Day(19_446); // 2023-03-30
    const SEASON: RegularSeason = RegularSeason { first: OPENING, last: Day(19_446 + 185) };
    const FAR: Day = Day(30_000);

    fn lists() -> Lists {
        Lists::of_seasons(2022..=2024)
    }

    fn placed(announced: Option<i32>, retroactive: Option<i32>, returned: Option<i32>, part: BodyPart) -> Series {
        let day = |d: Option<i32>| d.map(|d| OPENING.plus(d));
        let placement = Placement {
            hurt: None,
            announced: day(announced),
            retroactive: day(retroactive),
            surgery: None,
            returned: day(returned),
            part,
        };
        Series { placements: vec![placement], lists: lists(), ..Series::default() }
    }

    fn on(series: &Series, day: i32) -> Outcome {
        outcome(series, OPENING.plus(day), Some(SEASON), FAR)
    }

    #[test]
    fn a_placement_counts_from_4_to_21_days_ahead_and_the_blackout_stands_apart() {
        let s = placed(Some(60), Some(58), Some(75), BodyPart::Elbow);
        assert_eq!(on(&s, 38), Outcome::Healthy, "22 days before the announcement");
        assert_eq!(on(&s, 39), Outcome::Placed, "21 days before");
        assert_eq!(on(&s, 54), Outcome::Placed);
        for day in 55..58 {
            assert_eq!(on(&s, day), Outcome::Blackout, "the 3 days before the earlier date, day {day}");
        }
        for day in 58..75 {
            assert_eq!(on(&s, day), Outcome::OnList, "day {day}");
        }
        assert_eq!(on(&s, 75), Outcome::Healthy, "back");
    }

    #[test]
    fn a_retroactive_date_does_not_move_the_label() {
        // Announced on day 60, counted from day 58: the horizon ends 21 days before 60, not before 58.
        let s = placed(Some(60), Some(58), Some(75), BodyPart::Shoulder);
        assert_eq!(on(&s, 38), Outcome::Healthy);
        // Nothing but the retroactive date is known: it dates the placement.
        let s = placed(None, Some(58), Some(75), BodyPart::Shoulder);
        assert_eq!((on(&s, 37), on(&s, 36)), (Outcome::Placed, Outcome::Healthy));
    }

    #[test]
    fn the_outing_of_the_injury_is_taken_out_however_late_the_list_began() {
        let mut s = placed(None, Some(58), Some(75), BodyPart::Elbow);
        s.placements[0].hurt = Some(OPENING.plus(51));
        let days = [50, 51, 52, 54, 55].map(|day| on(&s, day));
        let placed = Outcome::Placed;
        assert_eq!(days, [placed, Outcome::Blackout, placed, placed, Outcome::Blackout]);
    }

    #[test]
    fn other_parts_are_no_label_but_their_list_is_a_list() {
        let s = placed(Some(60), None, Some(75), BodyPart::Other);
        assert_eq!((on(&s, 50), on(&s, 65)), (Outcome::Healthy, Outcome::OnList));
    }

    #[test]
    fn the_ends_of_season_and_data_censor() {
        let s = Series { lists: lists(), ..Series::default() };
        assert_eq!((on(&s, 164), on(&s, 165)), (Outcome::Healthy, Outcome::SeasonEnd));
        assert_eq!((on(&s, 186), on(&s, -1)), (Outcome::OffSeason, Outcome::OffSeason));
        let end = OPENING.plus(100);
        assert_eq!(outcome(&s, OPENING.plus(79), Some(SEASON), end), Outcome::Healthy);
        assert_eq!(outcome(&s, OPENING.plus(80), Some(SEASON), end), Outcome::DataEnd);
    }

    #[test]
    fn nobody_is_healthy_by_a_list_that_nobody_has() {
        let s = Series { lists: Lists::of_seasons([2022, 2024]), ..Series::default() };
        assert_eq!(on(&s, 100), Outcome::DataEnd, "no list of 2023 is known");
    }

    #[test]
    fn without_a_return_the_list_lasts_to_the_seasons_end() {
        let s = placed(Some(60), None, None, BodyPart::Elbow);
        assert_eq!(on(&s, 150), Outcome::OnList);
    }
}
