//! How much he threw, and with how much rest.

use super::Definition;
use super::past::{Game, Past, mean};
use crate::workload::{HISTORY_DAYS, Workload, rest_asked};

pub(super) const FEATURES: &[Definition] = &[
    Definition::new("pitches_7d", "pitches of the last 7 days", "a game", |p| Some(pitches(p, 7))),
    Definition::new("pitches_14d", "pitches of the last 14 days", "a game", |p| Some(pitches(p, 14))),
    Definition::new("pitches_30d", "pitches of the last 30 days", "a game", |p| Some(pitches(p, 30))),
    Definition::new("pitches_90d", "pitches of the last 90 days", "a season of 60 days or more", |p| {
        reaches(p, 60).then(|| pitches(p, 90))
    }),
    Definition::new("pitches_365d", "pitches of the last 365 days", "a game 300 days back or more", |p| {
        let known = p.games().first().is_some_and(|g| p.day().since(g.day) >= 300);
        known.then(|| pitches(p, 365))
    }),
    Definition::new("pitches_last", "pitches of the latest game", "a game", |p| Some(p.last()?.pitches)),
    Definition::new(
        "pitches_last_ratio",
        "pitches of the latest game ÷ mean of the 60 days before it",
        "3 games before",
        |p| {
            let before = p.between(61, 1);
            let usual = mean(&before.iter().map(|g| g.pitches).collect::<Vec<_>>(), 3)?;
            Some((p.last()?.pitches / usual.max(1.0)).ln())
        },
    ),
    Definition::new("appearances_7d", "games of the last 7 days", "a game", |p| Some(p.window(7).len() as f64)),
    Definition::new("appearances_30d", "games of the last 30 days", "a game", |p| Some(p.window(30).len() as f64)),
    Definition::new("pitches_per_appearance_30d", "mean pitches a game, 30 days", "a game in them", |p| {
        mean(&p.window(30).iter().map(|g| g.pitches).collect::<Vec<_>>(), 1)
    }),
    Definition::new("days_rest", "days without a game before the latest one", "2 games, 30 days apart at most", |p| {
        let rest = f64::from(p.last()?.day.since(p.games().iter().rev().nth(1)?.day) - 1);
        (rest <= 30.0).then_some(rest)
    }),
    Definition::new("mean_rest_30d", "mean days of rest between games, 30 days", "2 rests", |p| {
        mean(&p.rests(30).into_iter().filter(|r| *r <= 30.0).collect::<Vec<_>>(), 2)
    }),
    Definition::new(
        "short_rest_30d",
        "games after less rest than Pitch Smart asks for (§5), 30 days",
        "a game",
        |p| Some(short_rests(p, 30) as f64),
    ),
    Definition::new("hundred_pitch_days_30d", "days with 100 pitches or more, 30 days", "a game", |p| {
        Some(p.window(30).iter().filter(|g| g.pitches >= 100.0).count() as f64)
    }),
    Definition::new(
        "acwr",
        "EWMA(7) ÷ EWMA(28) of pitches a day, uncoupled (§5), 5 at most",
        "28 days, not idle",
        acwr,
    ),
    Definition::new("intensity_7d", "pitches of 7 days ÷ (pitches of the 28 before ÷ 4)", "50 pitches before", |p| {
        let before: f64 = p.between(35, 7).iter().map(|g| g.pitches).sum();
        (before >= 50.0).then(|| (pitches(p, 7) / (before / 4.0)).min(5.0))
    }),
    Definition::new(
        "gap_60d",
        "longest stretch without a game between games of 60 days, days",
        "3 games in them",
        |p| {
            let games = p.window(60);
            let rests = games.windows(2).map(|pair| f64::from(pair[1].day.since(pair[0].day) - 1));
            (games.len() >= 3).then(|| rests.fold(0.0, f64::max))
        },
    ),
];

fn pitches(past: &Past<'_>, days: i32) -> f64 {
    past.window(days).iter().map(|g| g.pitches).sum()
}

/// Whether his season reaches so far back: before that a long window counts the winter, or where the data starts.
fn reaches(past: &Past<'_>, days: i32) -> bool {
    past.first_of_season().is_some_and(|first| past.day().since(first) >= days)
}

fn short_rests(past: &Past<'_>, days: i32) -> usize {
    let from = past.day().plus(-days);
    let pairs = past.games().windows(2).filter(|pair| pair[1].day > from);
    let short = |pair: &&[Game<'_>]| pair[1].day.since(pair[0].day) - 1 < rest_asked(pair[0].pitches as u32) as i32;
    pairs.filter(short).count()
}

/// The model's input: beyond a ratio of 5 nothing more is learned of it.
fn acwr(past: &Past<'_>) -> Option<f64> {
    acute_to_chronic(past).map(|ratio| ratio.min(5.0))
}

/// Acute to chronic load at the end of the day, as the workload of that day and the next morning's readiness tell it.
pub fn acute_to_chronic(past: &Past<'_>) -> Option<f64> {
    let games = past.window(HISTORY_DAYS as i32);
    let ago = |game: &Game<'_>| ((past.day().since(game.day) + 1) as u32, game.pitches as u32);
    Workload::of_past(games.iter().map(ago).collect()).acwr
}
