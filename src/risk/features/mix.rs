//! What he throws, and whether that changed.

use std::collections::BTreeMap;

use super::Definition;
use super::past::{Game, Past};

pub(super) const FEATURES: &[Definition] = &[
    Definition::new("mix_fastball_30d", "share of FF, SI and FC, 30 days", "2 games with pitch types", |p| {
        let mix = shares(p.window(30), 2)?;
        Some(mix.iter().filter(|(kind, _)| matches!(**kind, "FF" | "SI" | "FC")).map(|(_, share)| share).sum())
    }),
    Definition::new("mix_entropy_30d", "entropy of the pitch mix, 30 days, nats", "2 games with pitch types", |p| {
        Some(shares(p.window(30), 2)?.values().filter(|s| **s > 0.0).map(|s| -s * s.ln()).sum())
    }),
    Definition::new(
        "mix_change_14d",
        "half the summed change of shares, 14 days against the 76 before",
        "2 and 5 games",
        change,
    ),
];

/// Share of each type over the pitches of at least `least` games that tell it.
fn shares<'s>(games: &[Game<'s>], least: usize) -> Option<BTreeMap<&'s str, f64>> {
    let (mut sums, mut told, mut all) = (BTreeMap::new(), 0, 0.0);
    for game in games.iter().filter(|g| !g.mix().is_empty()) {
        told += 1;
        for (kind, share) in game.mix() {
            *sums.entry(kind.as_str()).or_insert(0.0) += share * game.pitches;
            all += share * game.pitches;
        }
    }
    for sum in sums.values_mut() {
        *sum /= all;
    }
    (told >= least && all > 0.0).then_some(sums)
}

fn change(past: &Past<'_>) -> Option<f64> {
    let (now, then) = (shares(past.window(14), 2)?, shares(past.between(90, 14), 5)?);
    let kinds: std::collections::BTreeSet<_> = now.keys().chain(then.keys()).collect();
    let share = |mix: &BTreeMap<&str, f64>, kind: &str| mix.get(kind).copied().unwrap_or(0.0);
    Some(kinds.iter().map(|kind| (share(&now, kind) - share(&then, kind)).abs()).sum::<f64>() / 2.0)
}
