//! Velocity and spin: level, spread, decline against his own, trend. Baselines are as of the day.

use super::Definition;
use super::past::{Game, Past, Quantity, mean, sd, slope, values};

pub(super) const FEATURES: &[Definition] = &[
    Definition::new("velocity_mean_30d", "mean release speed of games, 30 days, mph", "2 games", |p| {
        level(p, speed, 30)
    }),
    Definition::new("velocity_sd_30d", "sd of the games' release speed, 30 days, mph", "4 games", |p| {
        sd(&values(p.window(30), speed), 4)
    }),
    Definition::new(
        "velocity_delta_last",
        "release speed of the latest game − mean of 90 days before, mph",
        "5 games",
        |p| delta(p, speed, 1, 91),
    ),
    Definition::new("velocity_decline_7d", "release speed, 7 days − the 83 before, mph", "5 games before", |p| {
        delta(p, speed, 7, 90)
    }),
    Definition::new("velocity_decline_14d", "release speed, 14 days − the 76 before, mph", "5 games before", |p| {
        delta(p, speed, 14, 90)
    }),
    Definition::new("velocity_trend_30d", "slope of release speed over 30 days, mph a week", "4 games", |p| {
        trend(p, speed, 30)
    }),
    Definition::new(
        "velocity_drop_worst_14d",
        "worst game of 14 days − mean of the 76 before, mph",
        "5 games before",
        |p| worst(p, speed),
    ),
    Definition::new(
        "velocity_year",
        "release speed, 30 days − that of 180 to 540 days back, mph",
        "5 games then",
        |p| Some(level(p, speed, 30)? - mean(&values(p.between(540, 180), speed), 5)?),
    ),
    Definition::new("spin_mean_30d", "mean spin of games, 30 days, rpm", "2 games", |p| level(p, spin, 30)),
    Definition::new("spin_sd_30d", "sd of the games' spin, 30 days, rpm", "4 games", |p| {
        sd(&values(p.window(30), spin), 4)
    }),
    Definition::new("spin_delta_last", "spin of the latest game − mean of 90 days before, rpm", "5 games", |p| {
        delta(p, spin, 1, 91)
    }),
    Definition::new("spin_decline_14d", "spin, 14 days − the 76 before, rpm", "5 games before", |p| {
        delta(p, spin, 14, 90)
    }),
    Definition::new("spin_trend_30d", "slope of spin over 30 days, rpm a week", "4 games", |p| trend(p, spin, 30)),
    Definition::new("spin_per_mph_30d", "spin ÷ release speed, 30 days, rpm/mph", "2 games", |p| level(p, ratio, 30)),
    Definition::new(
        "spin_per_mph_decline_14d",
        "spin ÷ release speed, 14 days − the 76 before",
        "5 games before",
        |p| delta(p, ratio, 14, 90),
    ),
    Definition::new("perceived_mean_30d", "effective − release speed, 30 days, mph: extension", "2 games", |p| {
        level(p, perceived, 30)
    }),
    Definition::new(
        "perceived_decline_14d",
        "effective − release speed, 14 days − the 76 before, mph",
        "5 games before",
        |p| delta(p, perceived, 14, 90),
    ),
];

pub(super) fn speed(game: &Game<'_>) -> Option<f64> {
    game.speed()
}

fn spin(game: &Game<'_>) -> Option<f64> {
    game.spin()
}

fn ratio(game: &Game<'_>) -> Option<f64> {
    Some(game.spin()? / game.speed()?.max(1.0))
}

fn perceived(game: &Game<'_>) -> Option<f64> {
    game.perceived()
}

fn level(past: &Past<'_>, quantity: Quantity, days: i32) -> Option<f64> {
    mean(&values(past.window(days), quantity), 2)
}

/// Mean of the last `days` days − mean of those before, back to `back` days. `days` = 1 is the latest game.
fn delta(past: &Past<'_>, quantity: Quantity, days: i32, back: i32) -> Option<f64> {
    // The latest game need not be of the snapshot's own day.
    let gap = past.last().map_or(0, |g| past.day().since(g.day));
    let now = if days == 1 { quantity(past.last()?) } else { mean(&values(past.window(days), quantity), 1) }?;
    let split = if days == 1 { gap + 1 } else { days };
    Some(now - mean(&values(past.between(back.max(split), split), quantity), 5)?)
}

fn worst(past: &Past<'_>, quantity: Quantity) -> Option<f64> {
    let usual = mean(&values(past.between(90, 14), quantity), 5)?;
    values(past.window(14), quantity).into_iter().reduce(f64::min).map(|low| low - usual)
}

fn trend(past: &Past<'_>, quantity: Quantity, days: i32) -> Option<f64> {
    let weeks = |game: &Game<'_>| -f64::from(past.day().since(game.day)) / 7.0;
    let points: Vec<_> = past.window(days).iter().filter_map(|g| Some((weeks(g), quantity(g)?))).collect();
    slope(&points, 4)
}
