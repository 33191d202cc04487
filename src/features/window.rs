//! The newest valid inputs of an outing, walked from the newest pitch back.
//!
//! A window collects up to `full` valid inputs among the newest `2·full` expected ones. Completeness is valid ÷
//! expected over what was walked: a gap lowers QA while it is recent, and when a device stays silent the window falls
//! below `open` and the feature disappears instead of showing old pitches for ever.

use super::baseline::Expected;
use super::outing::{OutingPitch, Reading};
use crate::ids::PitchType;

/// The longest window (release height variance).
const FULL_MAX: usize = 25;

/// How many valid inputs a feature needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Fewer than this: the feature is absent.
    pub(super) open: usize,
    /// No more than this, the newest.
    pub(super) full: usize,
}

/// What one pitch is to a feature.
pub(super) enum Input {
    /// It feeds the feature.
    Valid(Item),
    /// It should have, and cannot.
    Missing,
    /// The feature has nothing to do with it.
    NotExpected,
}

/// One valid input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) pitch_type: PitchType,
    pub(super) reading: Reading,
    pub(super) usual: Option<Expected>,
    /// Standard deviation of the part of the error that all inputs of a window share, the weather's; its sign is the
    /// direction in which it moves this input.
    pub(super) shared_sd: f64,
}

/// An open window.
pub(super) struct Sample {
    items: [Option<Item>; FULL_MAX],
    n: usize,
    expected: usize,
}

impl Window {
    /// Collects the window, or nothing while it is not open.
    pub(super) fn collect(self, pitches: &[OutingPitch], judge: impl Fn(&OutingPitch) -> Input) -> Option<Sample> {
        debug_assert!(self.open <= self.full && self.full <= FULL_MAX);
        let mut sample = Sample { items: [None; FULL_MAX], n: 0, expected: 0 };
        for pitch in pitches.iter().rev() {
            if sample.n == self.full || sample.expected == 2 * self.full {
                break;
            }
            match judge(pitch) {
                Input::NotExpected => continue,
                Input::Missing => {}
                Input::Valid(item) => {
                    sample.items[sample.n] = Some(item);
                    sample.n += 1;
                }
            }
            sample.expected += 1;
        }
        (sample.n >= self.open).then_some(sample)
    }
}

/// Scatter about each pitch type's own mean, pooled over types by degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scatter {
    /// Pitches less types.
    pub(super) dof: f64,
    /// Pooled variance; of value ÷ type mean where `relative`.
    pub(super) variance: f64,
    /// What the baseline's within-outing variance makes of the same mix of types.
    pub(super) usual: Option<f64>,
}

impl Sample {
    /// Inputs, newest first.
    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().flatten()
    }

    /// Valid inputs.
    pub(super) fn n(&self) -> usize {
        self.n
    }

    /// Valid over expected, 0–1.
    pub(super) fn completeness(&self) -> f64 {
        self.n as f64 / self.expected as f64
    }

    /// Pooled scatter of the inputs that `keep` admits: Σₜ(nₜ − 1)·sₜ² ÷ Σₜ(nₜ − 1), each term over the type's mean
    /// squared where `relative` (then `usual` is `var_within` ÷ the baseline's mean squared). None without a pair.
    pub(super) fn scatter(&self, relative: bool, keep: impl Fn(&Item) -> bool) -> Option<Scatter> {
        let (mut dof, mut squares, mut usual, mut usual_known) = (0.0, 0.0, 0.0, true);
        for item in self.items().filter(|i| keep(i)) {
            let (mut count, mut sum) = (0.0, 0.0);
            for other in self.items().filter(|o| o.pitch_type == item.pitch_type && keep(o)) {
                count += 1.0;
                sum += other.reading.value;
            }
            let mean: f64 = sum / count;
            let deviation = (item.reading.value - mean) / if relative { mean } else { 1.0 };
            // Each of a type's nₜ inputs brings (nₜ − 1)/nₜ of a degree of freedom.
            let share = (count - 1.0) / count;
            dof += share;
            squares += deviation * deviation;
            match item.usual {
                Some(e) => usual += share * e.var_within / if relative { e.mean * e.mean } else { 1.0 },
                None => usual_known = false,
            }
        }
        (dof >= 0.5 && squares.is_finite()).then(|| Scatter {
            dof,
            variance: squares / dof,
            usual: (usual_known && usual > 0.0).then_some(usual / dof),
        })
    }

    /// Mean of value less baseline over the inputs, with the variance of that mean: within-outing scatter and
    /// measurement, averaged; the baseline's own uncertainty, which a type's inputs share; and what all share.
    pub(super) fn mean_delta(&self) -> Option<(f64, f64)> {
        let n = self.n as f64;
        let (mut sum, mut variance) = (0.0, self.items().map(|i| i.shared_sd).sum::<f64>().powi(2));
        for item in self.items() {
            let usual = item.usual?;
            sum += item.reading.value - usual.mean;
            let same = self.items().filter(|o| o.pitch_type == item.pitch_type).count() as f64;
            // Σ over a type's inputs of nₜ·sd² is nₜ²·sd²: the shared part.
            variance += usual.var_within + item.reading.sd.powi(2) + same * usual.sd_mean.powi(2);
        }
        Some((sum / n, variance / (n * n)))
    }
}
