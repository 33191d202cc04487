//! When he may pitch again and how much, each with the rule or the contribution behind it (science.md §5).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day::Day;
use super::series::{Appearance, Series};
use crate::words::counted;
use crate::workload::rest_asked;

/// Pitch Smart's most pitches of a day, ages 19–22.
const DAY_MAX: u32 = 120;
/// Share of the limit at a high level of risk: this project's own choice.
const HIGH_RISK_SHARE: f64 = 0.8;
/// Days that availability is told for.
pub const DAYS_AHEAD: i32 = 7;

/// A number of pitches, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limit {
    /// At most so many.
    pub pitches: u32,
    /// The rule or the contribution behind it.
    pub rule: String,
}

/// Whether he may pitch on a day, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Available {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Whether he may, as far as what he threw was counted.
    pub available: bool,
    /// Whether that is not sure: a day was only partly seen, and what he may have thrown besides would ask for more rest.
    #[serde(default)]
    pub unsure: bool,
    /// Game pitches that he has thrown on that day already: it is asked about no more, and `available` is false; null of others.
    #[serde(default)]
    pub thrown: Option<u32>,
    /// The rule behind it.
    pub rule: String,
}

/// A day of pitching.
#[derive(Debug, Clone, Copy)]
struct Game {
    day: Day,
    pitches: u32,
    /// How many more there can have been at most.
    missed: u32,
}

impl Game {
    /// `23 pitches`, or `at least 23 pitches`.
    fn in_words(&self) -> String {
        if self.pitches == 0 && self.missed > 0 {
            return "an unknown number of pitches".to_owned();
        }
        let least = if self.missed > 0 { "at least " } else { "" };
        format!("{least}{}", counted(self.pitches, "pitch", "pitches"))
    }
}

/// What is advised. Guidance, not an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Advice {
    /// The next day on which he may pitch, `YYYY-MM-DD`.
    pub next_available: String,
    /// Why not before.
    pub next_available_rule: String,
    /// For the whole of the day asked about: what he has thrown on it already is part of it.
    pub limit_today: Limit,
    /// For his next outing.
    pub limit_next: Limit,
    /// The seven days from the day asked about.
    pub availability: Vec<Available>,
}

/// Advice for `day`. `high` names the contribution that makes his level of risk high, where it is.
pub fn advise(series: &Series, day: Day, high: Option<&str>) -> Advice {
    let game = |day, a: &Appearance| Game { day, pitches: a.pitches, missed: a.missed };
    let known = series.appearances.iter().chain(&series.partial);
    let mut games: Vec<Game> = known.filter_map(|a| Some(game(a.day.filter(|d| *d <= day)?, a))).collect();
    games.sort_by_key(|game| game.day);
    let today = games.last().filter(|game| game.day == day);
    let before = &games[..games.len() - usize::from(today.is_some())];
    let counted = |game: &Game| game.pitches;
    let (rested, asked, rule) = rested_by(&games, day, counted);
    // Who threw again before he had the rest that an earlier game asked for never had it.
    let again = games.last().filter(|last| last.day > rested.plus(-asked - 1));
    let (rested_at_most, asked_at_most, _) = rested_by(&games, day, |game| game.pitches.saturating_add(game.missed));
    let (rested_before, _, rule_before) = rested_by(before, day, counted);
    let listed = series.placements.iter().find(|p| {
        p.dated().is_some_and(|d| d <= day) && p.returned.is_none_or(|r| r > day) && no_game_since(p.dated(), &games)
    });
    let (next, rule) = match listed {
        // When he comes back lies ahead: the next seven days are the list's.
        Some(_) => (day.plus(DAYS_AHEAD), "he is on the injured list".to_owned()),
        None => (rested.max(day), rule),
    };
    let usual = usual(before);
    let limit = |not_rested: Option<&String>| {
        if let Some(rule) = not_rested {
            return Limit { pitches: 0, rule: rule.clone() };
        }
        // A fifth above what he is used to, and what the guidance allows in a day.
        let used_to = (1.2 * usual).ceil() as u32;
        let (pitches, why) = if used_to < DAY_MAX {
            (used_to, format!("a fifth above the {usual:.0} pitches of his latest games"))
        } else {
            (DAY_MAX, format!("Pitch Smart's most of a day, {DAY_MAX}"))
        };
        match high {
            Some(contribution) => Limit {
                pitches: (f64::from(pitches) * HIGH_RISK_SHARE) as u32,
                rule: format!("{why}, less a fifth for his high risk ({contribution})"),
            },
            None => Limit { pitches, rule: why },
        }
    };
    let on = |ahead: i32| {
        let date = day.plus(ahead);
        let thrown = today.filter(|_| ahead == 0);
        let available = date >= next && listed.is_none();
        let unsure = available && date < rested_at_most;
        let rule = match thrown {
            Some(game) => format!("he has thrown {} on it", game.in_words()),
            None if unsure => format!(
                "by what was counted he needs no more rest; what he may have thrown besides could ask for it until {rested_at_most}"
            ),
            None if available => match (asked, asked_at_most) {
                (0, 0) => format!("needs no rest: {rule}"),
                (0, _) => "rested, even if he threw more than was counted".to_owned(),
                _ => match again {
                    Some(last) => {
                        format!("{rule}, which are over; he threw {} on {} in them", last.in_words(), last.day)
                    }
                    None => format!("rested: {rule}"),
                },
            },
            None => rule.clone(),
        };
        Available { date: date.to_string(), available, unsure, thrown: thrown.map(|game| game.pitches), rule }
    };
    Advice {
        next_available: next.to_string(),
        limit_today: limit(match listed {
            Some(_) => Some(&rule),
            None => Some(&rule_before).filter(|_| rested_before > day),
        }),
        limit_next: limit(None),
        availability: (0..DAYS_AHEAD).map(on).collect(),
        next_available_rule: rule.clone(),
    }
}

fn no_game_since(placed: Option<Day>, games: &[Game]) -> bool {
    games.last().is_none_or(|last| placed.is_none_or(|placed| last.day <= placed))
}

/// The first day on which all his games have had the rest that the guidance asks for, days of rest after the game that decides
/// it, and that in words.
fn rested_by(games: &[Game], day: Day, pitches_of: impl Fn(&Game) -> u32) -> (Day, i32, String) {
    let after = |game: &Game| {
        let rest = rest_asked(pitches_of(game)) as i32;
        let (pitches, on) = (game.in_words(), game.day);
        let rule = match rest {
            0 if game.missed == 0 => format!("Pitch Smart asks for none after {pitches} on {on}"),
            0 => format!("he threw {pitches} on {on}"),
            _ => format!("Pitch Smart asks for {} of rest after {pitches} on {on}", counted(rest, "day", "days")),
        };
        (on.plus(rest + 1), rest, rule)
    };
    let recent = games.iter().rev().take_while(|game| day.since(game.day) <= DAYS_AHEAD);
    recent.map(after).max_by_key(|(free, ..)| *free).unwrap_or((day, 0, "no game in the last week".to_owned()))
}

/// Mean pitches of his latest five games; of a pitcher without games one inning's.
fn usual(games: &[Game]) -> f64 {
    let latest: Vec<f64> =
        games.iter().rev().filter(|game| game.pitches > 0).take(5).map(|game| f64::from(game.pitches)).collect();
    if latest.is_empty() { 15.0 } else { latest.iter().sum::<f64>() / latest.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::super::series::{BodyPart, Placement};
    use super::*;

    fn threw(games: &[(i32, u32)]) -> Series {
        let game = |(day, pitches): &(i32, u32)| Appearance {
            day: Some(Day(*day)),
            pitches: *pitches,
            ..Appearance::default()
        };
        Series { appearances: games.iter().map(game).collect(), ..Series::default() }
    }

    #[test]
    fn rest_follows_the_guidance_and_every_number_has_its_rule() {
        let advice = advise(&threw(&[(100, 90)]), Day(101), None);
        assert_eq!(advice.next_available, Day(105).to_string(), "4 days of rest after 81 and more");
        assert!(advice.next_available_rule.contains("4 days") && advice.next_available_rule.contains("90 pitches"));
        assert_eq!(advice.limit_today.pitches, 0);
        assert_eq!(advice.limit_next.pitches, 108);
        let free: Vec<bool> = advice.availability.iter().map(|a| a.available).collect();
        assert_eq!(free, [false, false, false, false, true, true, true]);
    }

    #[test]
    fn who_needs_no_rest_is_not_called_rested() {
        let told = |series: &Series| advise(series, Day(105), None).availability[0].rule.clone();
        assert_eq!(told(&threw(&[(60, 90)])), "needs no rest: no game in the last week");
        let few = told(&threw(&[(104, 12)]));
        assert_eq!(few, format!("needs no rest: Pitch Smart asks for none after 12 pitches on {}", Day(104)));
        let many = told(&threw(&[(100, 90)]));
        assert_eq!(many, format!("rested: Pitch Smart asks for 4 days of rest after 90 pitches on {}", Day(100)));
        let again = &advise(&threw(&[(100, 90), (104, 12)]), Day(105), None).availability[0].rule;
        let rule = "Pitch Smart asks for 4 days of rest after 90 pitches on";
        assert_eq!(*again, format!("{rule} {}, which are over; he threw 12 pitches on {} in them", Day(100), Day(104)));
        let mut partly = threw(&[(103, 25)]);
        partly.appearances[0].missed = 6;
        assert_eq!(told(&partly), "rested, even if he threw more than was counted");
    }

    #[test]
    fn a_long_outing_still_counts_after_a_short_one() {
        let advice = advise(&threw(&[(100, 90), (102, 5)]), Day(103), None);
        assert_eq!(advice.next_available, Day(105).to_string());
    }

    #[test]
    fn of_who_has_thrown_today_the_days_ahead_are_told_and_today_is_what_he_threw() {
        let advice = advise(&threw(&[(95, 20), (100, 35)]), Day(100), None);
        let [today, next, after] = &advice.availability[..3] else { panic!("seven days") };
        assert_eq!((today.thrown, today.available), (Some(35), false));
        assert_eq!(today.rule, "he has thrown 35 pitches on it");
        assert_eq!((next.thrown, next.available, after.available), (None, false, true));
        assert_eq!(advice.next_available, Day(102).to_string());
        assert_eq!(advice.limit_today.pitches, 24, "a fifth above his 20, of the whole day");
        let tired = advise(&threw(&[(99, 90), (100, 5)]), Day(100), None);
        assert_eq!(tired.limit_today.pitches, 0);
        assert!(tired.limit_today.rule.contains("90 pitches"), "{:?}", tired.limit_today);
    }

    #[test]
    fn rest_after_a_day_that_was_only_partly_seen_is_told_as_not_sure() {
        let mut series = threw(&[(100, 25)]);
        series.appearances[0].missed = 6;
        let advice = advise(&series, Day(101), None);
        let told: Vec<_> = advice.availability[..2].iter().map(|a| (a.available, a.unsure)).collect();
        assert_eq!(told, [(true, true), (true, false)], "31 pitches ask for a day");
        assert!(advice.next_available_rule.contains("at least 25 pitches"), "{}", advice.next_available_rule);
        assert!(advice.availability[0].rule.contains(&Day(102).to_string()), "{}", advice.availability[0].rule);
        assert_eq!((series.partly_seen_by(Day(106), 7), series.partly_seen_by(Day(107), 7)), (Some(Day(100)), None));
    }

    #[test]
    fn a_game_of_which_a_file_holds_a_part_may_ask_for_rest_and_is_nobodys_usual() {
        let mut series = threw(&[(90, 20)]);
        series.partial = vec![Appearance { day: Some(Day(100)), missed: 150, ..Appearance::default() }];
        let advice = advise(&series, Day(101), None);
        let told: Vec<_> = advice.availability[..5].iter().map(|a| (a.available, a.unsure)).collect();
        assert_eq!(told, [(true, true), (true, true), (true, true), (true, true), (true, false)]);
        assert!(advice.next_available_rule.contains("an unknown number of pitches"), "{}", advice.next_available_rule);
        assert_eq!(advice.limit_today.pitches, 24, "a fifth above his 20");
        assert_eq!(series.partly_seen_by(Day(101), 7), Some(Day(100)));
    }

    #[test]
    fn high_risk_lowers_the_limit_and_says_by_what() {
        let series = threw(&[(80, 100), (90, 100)]);
        let advice = advise(&series, Day(100), Some("acwr"));
        assert_eq!(advice.limit_today.pitches, 96, "120 less a fifth");
        assert!(advice.limit_today.rule.contains("acwr"));
    }

    #[test]
    fn on_the_list_he_is_not_available() {
        let mut series = threw(&[(100, 20)]);
        series.placements.push(Placement {
            hurt: None,
            announced: None,
            retroactive: Some(Day(101)),
            surgery: None,
            returned: None,
            part: BodyPart::Elbow,
        });
        let advice = advise(&series, Day(104), None);
        assert!(advice.availability.iter().all(|a| !a.available && a.rule.contains("injured list")));
        assert!(advise(&series, Day(100), None).availability[1].available, "the future is not known");
    }
}
