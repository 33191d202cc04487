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

/// Judges `now` against `history`, each in the order of `names`; none with too little history, with values that are no
/// numbers, or of quantities that never vary.
pub fn judge(names: &[&str], history: &[Vec<f64>], now: &[f64]) -> Option<Anomaly> {
    let k = names.len();
    if history.len() < HISTORY_MIN || k == 0 || k > CHI2_99.len() || now.len() != k {
        return None;
    }
    let history = &history[history.len().saturating_sub(HISTORY_MAX)..];
    if history.iter().any(|row| row.len() != k) || history.iter().flatten().chain(now).any(|x| !x.is_finite()) {
        return None;
    }
    let scale = |column: usize| {
        let values: Vec<f64> = history.iter().map(|row| row[column]).collect();
        let middle = median(values.clone());
        let spread = 1.4826 * median(values.iter().map(|v| (v - middle).abs()).collect());
        (middle, spread.max(SCALE_FLOOR * middle.abs()).max(1e-9))
    };
    let scales: Vec<(f64, f64)> = (0..k).map(scale).collect();
    let z_of = |row: &[f64]| -> Vec<f64> { row.iter().zip(&scales).map(|(x, (m, s))| (x - m) / s).collect() };
    let clipped: Vec<Vec<f64>> =
        history.iter().map(|row| z_of(row).into_iter().map(|z| z.clamp(-3.0, 3.0)).collect()).collect();
    let correlation = Array2::from_shape_fn((k, k), |(i, j)| {
        if i == j {
            return 1.0;
        }
        let column = |c: usize| clipped.iter().map(|row| row[c]).collect::<Vec<_>>();
        (1.0 - SHRINK) * super::prepare::correlation(&column(i), &column(j))
    });
    let z = z_of(now);
    let turned = solve(correlation, Array1::from(z.clone()))?;
    let parts: Vec<f64> = z.iter().zip(&turned).map(|(z, t)| z * t).collect();
    let distance: f64 = parts.iter().sum();
    let driver = (0..k).max_by(|a, b| parts[*a].total_cmp(&parts[*b]))?;
    Some(Anomaly {
        distance,
        limit: CHI2_99[k - 1],
        unusual: distance > CHI2_99[k - 1],
        driver: names[driver].to_owned(),
        value: now[driver],
        usual: scales[driver].0,
        z: z[driver],
    })
}

/// The latest outing up to `day` against those before it.
pub fn outing(series: &Series, day: Day) -> Option<Anomaly> {
    let row = |a: &Appearance| Some(vec![f64::from(a.pitches), a.release_speed?, a.release_spin_rate?]);
    let mut rows: Vec<Vec<f64>> =
        series.appearances.iter().filter(|a| a.day.is_some_and(|d| d <= day)).filter_map(row).collect();
    let now = rows.pop()?;
    judge(&["pitches", "release_speed", "release_spin_rate"], &rows, &now)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(judge(&["x"], &vec![vec![1.0, 2.0]; 20], &[2.0]), None);
        assert!(judge(&["x"], &vec![vec![1.0]; 20], &[1.0]).is_some_and(|a| !a.unusual), "what never varies");
    }
}
