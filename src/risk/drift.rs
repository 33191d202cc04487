//! Whether what a model meets is still what it was trained on: the population stability index of each input, and
//! calibration as outcomes come in.

use serde::{Deserialize, Serialize};

use super::dataset::Row;
use super::features::Snapshot;
use super::prepare::Preparation;

/// Bins of a feature's values.
const BINS: usize = 10;
/// A share of nothing is counted as this one, so that the logarithm exists.
const FLOOR: f64 = 1e-4;
/// From here an input has moved (the customary limits are 0.1 for a look and 0.25 for action).
pub const PSI_WATCH: f64 = 0.1;
/// From here it is another population.
pub const PSI_ALARM: f64 = 0.25;
/// With fewer snapshots chance alone moves the index.
pub const SNAPSHOTS_MIN: usize = 200;

/// What the training rows looked like.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reference {
    features: Vec<Shares>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shares {
    feature: String,
    /// Upper edges of all bins but the last.
    edges: Vec<f64>,
    /// Share of each bin, and last of what is missing.
    parts: Vec<f64>,
}

impl Shares {
    fn count<'v>(&self, values: impl Iterator<Item = &'v Option<f64>>) -> Vec<f64> {
        let mut counts = vec![0.0; self.edges.len() + 2];
        let mut all: f64 = 0.0;
        for value in values {
            let bin = value.map_or(self.edges.len() + 1, |v| self.edges.partition_point(|e| *e < v));
            counts[bin] += 1.0;
            all += 1.0;
        }
        counts.iter().map(|n| n / all.max(1.0)).collect()
    }
}

/// How far an input has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Which feature.
    pub feature: String,
    /// Population stability index: Σ (now − then)·ln(now ÷ then).
    pub psi: f64,
}

impl Reference {
    /// Of the training rows, for the features that the model takes.
    pub fn of(rows: &[&Row], preparation: &Preparation) -> Self {
        let wanted = preparation.columns.iter().filter(|c| !c.flag);
        let shares = wanted.map(|column| {
            let values: Vec<Option<f64>> = rows.iter().map(|r| r.snapshot.value(&column.feature)).collect();
            let mut there: Vec<f64> = values.iter().flatten().copied().collect();
            there.sort_by(f64::total_cmp);
            let mut edges: Vec<f64> = (1..BINS).filter_map(|k| there.get(k * there.len() / BINS).copied()).collect();
            edges.dedup();
            let mut shares = Shares { feature: column.feature.clone(), edges, parts: Vec::new() };
            shares.parts = shares.count(values.iter());
            shares
        });
        Self { features: shares.collect() }
    }

    /// How far live snapshots are from it, the farthest first; none with fewer than [`SNAPSHOTS_MIN`].
    pub fn moved(&self, live: &[Snapshot]) -> Option<Vec<Moved>> {
        if live.len() < SNAPSHOTS_MIN {
            return None;
        }
        let index = |then: &Shares| {
            let values: Vec<Option<f64>> = live.iter().map(|s| s.value(&then.feature)).collect();
            let now = then.count(values.iter());
            let term = |(now, then): (&f64, &f64)| {
                let (now, then) = (now.max(FLOOR), then.max(FLOOR));
                (now - then) * (now / then).ln()
            };
            Moved { feature: then.feature.clone(), psi: now.iter().zip(&then.parts).map(term).sum() }
        };
        let mut moved: Vec<Moved> = self.features.iter().map(index).collect();
        moved.sort_by(|a, b| b.psi.total_cmp(&a.psi));
        Some(moved)
    }
}

/// Placements that came against those that were foretold, over snapshots whose 21 days are over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// Snapshots.
    pub snapshots: usize,
    /// Placements that came.
    pub came: f64,
    /// Sum of the probabilities.
    pub foretold: f64,
    /// (came − foretold) ÷ the standard deviation that independent snapshots would have; those of one pitcher overlap,
    /// so that 3 is a look and 6 is a fault.
    pub z: f64,
}

/// Calibration as outcomes come in, of (probability, outcome); none without any.
pub fn settled(outcomes: &[(f64, f64)]) -> Option<Settled> {
    let variance: f64 = outcomes.iter().map(|(p, _)| p * (1.0 - p)).sum();
    let (came, foretold) = outcomes.iter().fold((0.0, 0.0), |(c, f), (p, y)| (c + y, f + p));
    (variance > 0.0).then(|| Settled {
        snapshots: outcomes.len(),
        came,
        foretold,
        z: (came - foretold) / variance.sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_zero_for_the_same_and_large_for_another_population() {
        let shares = |edges: Vec<f64>| Shares { feature: "age".to_owned(), edges, parts: Vec::new() };
        let mut then = shares(vec![25.0, 30.0]);
        let values: Vec<Option<f64>> = (0..300).map(|i| Some(20.0 + f64::from(i % 15))).collect();
        then.parts = then.count(values.iter());
        let reference = Reference { features: vec![then] };
        let index = super::super::features::definitions().iter().position(|d| d.name == "age").expect("a feature");
        let live = |shift: f64| -> Vec<Snapshot> {
            let one = |value: &Option<f64>| {
                let mut all = vec![None; super::super::features::definitions().len()];
                all[index] = value.map(|v| v + shift);
                let day = super::super::Day(19_000);
                Snapshot { pitcher: 1, day, last_game: day, values: all }
            };
            values.iter().map(one).collect()
        };
        assert!(reference.moved(&live(0.0)).expect("enough")[0].psi < 1e-9);
        assert!(reference.moved(&live(6.0)).expect("enough")[0].psi > PSI_ALARM);
        assert_eq!(reference.moved(&live(0.0)[..199]), None);
    }

    #[test]
    fn outcomes_beyond_what_was_foretold_show() {
        let honest: Vec<_> = (0..1000).map(|i| (0.05, f64::from(u8::from(i % 20 == 0)))).collect();
        assert!(settled(&honest).expect("some").z.abs() < 1e-9);
        let wrong: Vec<_> = honest.iter().map(|(p, y)| (p / 3.0, *y)).collect();
        assert!(settled(&wrong).expect("some").z > 6.0);
        assert_eq!(settled(&[]), None);
    }
}
