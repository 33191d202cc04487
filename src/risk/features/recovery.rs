//! How velocity comes back with rest.

use super::Definition;
use super::past::{Past, mean, slope, values};
use super::speed::speed;

pub(super) const FEATURES: &[Definition] = &[
    Definition::new(
        "recovery_slope_90d",
        "gain of release speed a day of rest, 90 days, mph",
        "6 games, rests vary",
        |p| slope(&by_rest(p), 6),
    ),
    Definition::new(
        "recovery_short_90d",
        "release speed on 0–1 day of rest − on more, 90 days, mph",
        "3 games each",
        |p| {
            let points = by_rest(p);
            let of = |short: bool| -> Vec<f64> {
                points.iter().filter(|(rest, _)| (*rest <= 1.0) == short).map(|(_, v)| *v).collect()
            };
            Some(mean(&of(true), 3)? - mean(&of(false), 3)?)
        },
    ),
];

/// Days of rest (5 and more are alike) and the release speed after them.
fn by_rest(past: &Past<'_>) -> Vec<(f64, f64)> {
    let games = past.window(90);
    let pairs = games.windows(2).filter_map(|pair| {
        let rest = f64::from(pair[1].day.since(pair[0].day) - 1);
        Some((rest.min(5.0), values(&pair[1..], speed).first().copied()?))
    });
    pairs.collect()
}
