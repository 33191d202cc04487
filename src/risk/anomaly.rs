//! How far an outing or a pitch is from what its pitcher does, and the quantity that drives it.
//!
//! Each quantity is put on a robust scale (median, and 1.4826 times the median absolute deviation), correlations are
//! taken from values clipped at 3 and shrunk towards none, and the distance is d² = zᵀR⁻¹z. Under no anomaly d² has about
//! a χ² distribution with as many degrees of freedom as quantities; a quantity's part is zᵢ·(R⁻¹z)ᵢ, which sum to d².

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day::Day;
use super::logistic::solve;
use super::prepare::median;
use super::series::{Appearance, Series};

/// History that a judgement needs.
pub const HISTORY_MIN: usize = 10;
/// History that is looked at, the latest.
const HISTORY_MAX: usize = 120;
/// How far correlations are shrunk towards none: with few outings they are mostly noise.
const SHRINK: f64 = 0.3;
/// A scale smaller than this share of the median is no scale: rounding would be an anomaly.
const SCALE_FLOOR: f64 = 0.002;

/// What is far from usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Anomaly {
    /// d², to be compared with `limit`.
    pub distance: f64,
    /// χ² at 99 % for as many quantities.
    pub limit: f64,
    /// Whether it is beyond the limit.
    pub unusual: bool,
    /// The quantity with the largest part.
    pub driver: String,
    /// Its value.
    pub value: f64,
    /// His median of it.
    pub usual: f64,
    /// How many robust standard deviations it is off.
    pub z: f64,
}

/// χ² at 99 % for 1 to 8 degrees of freedom.
const CHI2_99: [f64; 8] = [6.635, 9.210, 11.345, 13.277, 15.086, 16.812, 18.475, 20.090];

/// What is usual of some quantities.
#[derive(Debug, Clone, PartialEq)]
pub struct Usual {
    names: Vec<&'static str>,
    /// Median and robust standard deviation of each.
    scales: Vec<(f64, f64)>,
    correlation: Array2<f64>,
}

impl Usual {
    /// Of a history, oldest first, each row in the order of `names`; none with too little of it, with values that are no
    /// numbers, or of more quantities than a limit is known for.
    pub fn of(names: &[&'static str], history: &[Vec<f64>]) -> Option<Self> {
        let k = names.len();
        if history.len() < HISTORY_MIN || k == 0 || k > CHI2_99.len() {
            return None;
        }
        let history = &history[history.len().saturating_sub(HISTORY_MAX)..];
        if history.iter().any(|row| row.len() != k) || history.iter().flatten().any(|x| !x.is_finite()) {
            return None;
        }
        let scale = |column: usize| {
            let values: Vec<f64> = history.iter().map(|row| row[column]).collect();
            let middle = median(values.clone());
            let spread = 1.4826 * median(values.iter().map(|v| (v - middle).abs()).collect());
            (middle, spread.max(SCALE_FLOOR * middle.abs()).max(1e-9))
        };
        let scales: Vec<(f64, f64)> = (0..k).map(scale).collect();
        let clipped = |column: usize| {
            let (middle, spread) = scales[column];
            history.iter().map(|row| ((row[column] - middle) / spread).clamp(-3.0, 3.0)).collect::<Vec<f64>>()
        };
        let clipped: Vec<Vec<f64>> = (0..k).map(clipped).collect();
        let correlation = Array2::from_shape_fn((k, k), |(i, j)| {
            if i == j { 1.0 } else { (1.0 - SHRINK) * super::prepare::correlation(&clipped[i], &clipped[j]) }
        });
        Some(Self { names: names.to_vec(), scales, correlation })
    }

    /// How far `now`, in the same order, is from it; none where it is no row of numbers.
    pub fn judge(&self, now: &[f64]) -> Option<Anomaly> {
        let k = self.names.len();
        if now.len() != k || now.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let z: Vec<f64> = now.iter().zip(&self.scales).map(|(x, (middle, spread))| (x - middle) / spread).collect();
        let turned = solve(self.correlation.clone(), Array1::from(z.clone()))?;
        let parts: Vec<f64> = z.iter().zip(&turned).map(|(z, t)| z * t).collect();
        let distance: f64 = parts.iter().sum();
        let driver = (0..k).max_by(|a, b| parts[*a].total_cmp(&parts[*b]))?;
        Some(Anomaly {
            distance,
            limit: CHI2_99[k - 1],
            unusual: distance > CHI2_99[k - 1],
            driver: self.names[driver].to_owned(),
            value: now[driver],
            usual: self.scales[driver].0,
            z: z[driver],
        })
    }
}

/// The latest outing up to `day` against those before it.
pub fn outing(series: &Series, day: Day) -> Option<Anomaly> {
    let row = |a: &Appearance| Some(vec![f64::from(a.pitches), a.release_speed?, a.release_spin_rate?]);
    let mut rows: Vec<Vec<f64>> =
        series.appearances.iter().filter(|a| a.day.is_some_and(|d| d <= day)).filter_map(row).collect();
    let now = rows.pop()?;
    Usual::of(&["pitches", "release_speed", "release_spin_rate"], &rows)?.judge(&now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(names: &[&'static str], history: &[Vec<f64>], now: &[f64]) -> Option<Anomaly> {
        Usual::of(names, history)?.judge(now)
    }

    fn usual() -> Vec<Vec<f64>> {
        // Speed and spin go together, as they do.
        (0..40)
            .map(|i| f64::from(i % 9) - 4.0)
            .map(|t| vec![95.0 + 0.3 * t, 2400.0 + 30.0 * t + 5.0 * (t * t % 3.0)])
            .collect()
    }

    #[test]
    fn what_breaks_a_pattern_is_far_though_each_value_is_near() {
        let names = ["release_speed", "release_spin_rate"];
        let along = judge(&names, &usual(), &[96.0, 2500.0]).expect("enough history");
        let against = judge(&names, &usual(), &[96.0, 2300.0]).expect("enough history");
        assert!(!along.unusual && against.distance > 3.0 * along.distance, "{along:?} {against:?}");
    }

    #[test]
    fn the_driver_is_the_quantity_that_is_off() {
        let far = judge(&["release_speed", "release_spin_rate"], &usual(), &[89.0, 2400.0]).expect("enough history");
        assert!(far.unusual && far.driver == "release_speed" && far.z < -3.0, "{far:?}");
    }

    #[test]
    fn a_few_wild_outings_in_the_past_hide_nothing() {
        let mut history = usual();
        history.extend([vec![60.0, 900.0], vec![61.0, 900.0], vec![62.0, 950.0]]);
        assert!(judge(&["release_speed", "release_spin_rate"], &history, &[89.0, 2400.0]).is_some_and(|a| a.unusual));
    }

    #[test]
    fn too_little_or_no_number_is_no_judgement_and_no_panic() {
        assert_eq!(judge(&["x"], &vec![vec![1.0]; 9], &[2.0]), None);
        assert_eq!(judge(&["x"], &vec![vec![f64::NAN]; 20], &[2.0]), None);
        assert_eq!(judge(&["x"], &vec![vec![1.0]; 20], &[f64::INFINITY]), None);
        assert_eq!(judge(&["x"], &vec![vec![1.0, 2.0]; 20], &[2.0]), None);
        assert!(judge(&["x"], &vec![vec![1.0]; 20], &[1.0]).is_some_and(|a| !a.unusual), "what never varies");
    }
}
