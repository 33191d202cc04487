//! When he may pitch again and how much, each with the rule or the contribution behind it (science.md §5).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day::Day;
use super::series::Series;
use crate::readiness::rest_asked;

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
    /// Whether he may.
    pub available: bool,
    /// The rule behind it.
    pub rule: String,
}

/// What is advised. Guidance, not an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Advice {
    /// The next day on which he may pitch, `YYYY-MM-DD`.
    pub next_available: String,
    /// Why not before.
    pub next_available_rule: String,
    /// For the day asked about.
    pub limit_today: Limit,
    /// For his next outing.
    pub limit_next: Limit,
    /// The seven days from the day asked about.
    pub availability: Vec<Available>,
}

/// Advice for `day`. `high` names the contribution that makes his level of risk high, where it is.
pub fn advise(series: &Series, day: Day, high: Option<&str>) -> Advice {
    let games: Vec<(Day, u32)> =
        series.appearances.iter().filter_map(|a| Some((a.day.filter(|d| *d <= day)?, a.pitches))).collect();
    let (rested, rule) = rested_by(&games, day);
    let listed = series.placements.iter().find(|p| {
        p.dated().is_some_and(|d| d <= day) && p.returned.is_none_or(|r| r > day) && no_game_since(p.dated(), &games)
    });
    let (next, rule) = match listed {
        // When he comes back lies ahead: the next seven days are the list's.
        Some(_) => (day.plus(DAYS_AHEAD), "he is on the injured list".to_owned()),
        None => (rested.max(day), rule),
    };
    let usual = usual(&games);
    let limit = |rested: bool| {
        if !rested {
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
        let available = date >= next && listed.is_none();
        let rule = if available { "rested".to_owned() } else { rule.clone() };
        Available { date: date.to_string(), available, rule }
    };
    Advice {
        next_available: next.to_string(),
        limit_today: limit(next <= day && listed.is_none()),
        limit_next: limit(true),
        availability: (0..DAYS_AHEAD).map(on).collect(),
        next_available_rule: rule.clone(),
    }
}

fn no_game_since(placed: Option<Day>, games: &[(Day, u32)]) -> bool {
    games.last().is_none_or(|(last, _)| placed.is_none_or(|placed| *last <= placed))
}

/// The first day on which all his games have had the rest that the guidance asks for.
fn rested_by(games: &[(Day, u32)], day: Day) -> (Day, String) {
    let after = |(game, pitches): &(Day, u32)| {
        let rest = rest_asked(*pitches) as i32;
        let rule = match rest {
            0 => format!("he threw {pitches} pitches on {game}"),
            1 => format!("Pitch Smart asks for 1 day of rest after {pitches} pitches on {game}"),
            _ => format!("Pitch Smart asks for {rest} days of rest after {pitches} pitches on {game}"),
        };
        (game.plus(rest + 1), rule)
    };
    let recent = games.iter().rev().take_while(|(game, _)| day.since(*game) <= DAYS_AHEAD);
    recent.map(after).max_by_key(|(free, _)| *free).unwrap_or((day, "no game in the last week".to_owned()))
}

/// Mean pitches of his latest five games; of a pitcher without games one inning's.
fn usual(games: &[(Day, u32)]) -> f64 {
    let latest: Vec<f64> = games.iter().rev().take(5).map(|(_, pitches)| f64::from(*pitches)).collect();
    if latest.is_empty() { 15.0 } else { latest.iter().sum::<f64>() / latest.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::super::series::{Appearance, BodyPart, Placement};
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
    fn a_long_outing_still_counts_after_a_short_one() {
        let advice = advise(&threw(&[(100, 90), (102, 5)]), Day(103), None);
        assert_eq!(advice.next_available, Day(105).to_string());
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
