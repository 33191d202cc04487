//! Control charts: an exponentially weighted moving average per camera and parameter (science.md §2).
//!
//! `e ← (1 − λ)·e + λ·z`, z being what one pitch alone says of the camera. Without drift its variance is
//! `v ← (1 − λ)²·v + λ²·var z`, from the first pitch on. The limit is L standard deviations.
//!
//! # L
//! A game has 48 charts of 300 pitches; 100 undrifted games may show two watches or alarms in all. A chart's values are
//! correlated over about 2/λ − 1 = 19 pitches, and once beyond a limit stay for a few. With normal noise P(|e| > L) is
//! 6.3e-5, 5.7e-7 and 2e-8 for L = 4, 4.9 and 5.6: times 1.44 million values 91, 1.4 and 0.03 in the hundred games, values that stay
//! counted each. L = 5 gives 0.8, about 0.3 episodes. What a chart adds to a shift of 0.25 px only makes that rarer.

use nalgebra::Matrix2;
use serde::{Deserialize, Serialize};

use super::joint_filter::Seen;

/// One average.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Ewma {
    pub(super) value: f64,
    variance: f64,
}

impl Ewma {
    fn see(&mut self, value: f64, variance: f64, lambda: f64) {
        if value.is_finite() && variance.is_finite() {
            self.value += lambda * (value - self.value);
            self.variance = (1.0 - lambda).powi(2) * self.variance + lambda * lambda * variance;
        }
    }

    /// The distance from zero that is still chance.
    pub(super) fn limit(&self, limit: f64) -> f64 {
        limit * self.variance.sqrt()
    }

    fn is_out(&self, limit: f64) -> bool {
        self.value.abs() > self.limit(limit)
    }
}

/// The charts of one camera: dx, dy (px), roll and scale (mrad and thousandths).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Charts {
    pub(super) shift: [Ewma; 2],
    turn: [Ewma; 2],
}

impl Charts {
    /// Takes up what one pitch alone says.
    pub(super) fn see(&mut self, seen: &Seen, lambda: f64) {
        let variance: &Matrix2<f64> = &seen.shift_variance;
        for (axis, chart) in self.shift.iter_mut().enumerate() {
            chart.see(seen.shift[axis], variance[(axis, axis)], lambda);
        }
        for (chart, (value, variance)) in self.turn.iter_mut().zip(seen.turn) {
            chart.see(value, variance, lambda);
        }
    }

    /// Whether the shift is more than chance.
    pub(super) fn shifted(&self, limit: f64) -> bool {
        self.shift.iter().any(|chart| chart.is_out(limit))
    }

    /// Whether roll or scale are more than chance.
    pub(super) fn turned(&self, limit: f64) -> bool {
        self.turn.iter().any(|chart| chart.is_out(limit))
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector2;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    use rand_distr::StandardNormal;

    use super::*;

    #[test]
    fn a_hundred_games_of_48_charts_stay_within_their_limits_and_a_shift_does_not() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut normal = |sd: f64| sd * rng.sample::<f64, _>(StandardNormal);
        let mut episodes = 0;
        for _ in 0..1200 {
            let (mut charts, mut out) = (Charts::default(), false);
            for _ in 0..300 {
                let seen = Seen {
                    shift: Vector2::new(normal(0.2), normal(0.2)),
                    shift_variance: Matrix2::identity() * 0.04,
                    turn: [(normal(0.3), 0.09), (normal(0.3), 0.09)],
                    turn_before: [0.0; 2],
                };
                charts.see(&seen, 0.1);
                let now = charts.shifted(5.0) || charts.turned(5.0);
                episodes += u32::from(now && !out);
                out = now;
            }
        }
        assert!(episodes <= 2, "{episodes}");
        let mut charts = Charts::default();
        let mut pitches = 0;
        while !charts.shifted(5.0) {
            let seen = Seen {
                shift: Vector2::new(0.5 + normal(0.2), normal(0.2)),
                shift_variance: Matrix2::identity() * 0.04,
                turn: [(0.0, 0.09); 2],
                turn_before: [0.0; 2],
            };
            charts.see(&seen, 0.1);
            pitches += 1;
        }
        assert!(pitches < 15, "{pitches}");
    }
}
