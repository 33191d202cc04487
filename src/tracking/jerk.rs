//! How much of the modelled jerk real flights have, learned over the pitches so far (science.md §1).
//!
//! A constant-acceleration fit is biased on a real flight and a constant-jerk fit pays for its freedom with variance.
//! The better half of both is a prior `j ~ N(α·m, σ²I)` with `m` the jerk of the force model. The scale α is unknown but
//! common to a park's pitches, so it is estimated: a pitch fitted without the prior gives `ĵ` with covariance `P`,
//! hence `ĵ = α·m + e`, `e ~ N(0, P + σ²I)`, which is a scalar Bayesian regression. Its own variance enters the prior
//! that the next pitch sees, `σ²I + var(α)·m·mᵀ`, so that the first pitches are nearly free and later ones are held.

use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

/// The scale α of the modelled jerk, as learned so far. Persists over restarts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JerkScale {
    /// Estimate of α: 0 for a flight of constant acceleration, 1 for the force model.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
    /// Pitches that taught it.
    pub pitches: u32,
}

impl Default for JerkScale {
    /// Knows nothing: 0 and 1 are equally likely, each a standard deviation away.
    fn default() -> Self {
        Self { mean: 0.5, variance: 0.25, pitches: 0 }
    }
}

/// What a park begins with for early results: its flights are those of the force model, give or take \[P\].
const SHIPPED: JerkScale = JerkScale { mean: 1.0, variance: 0.05 * 0.05, pitches: 0 };
/// Two scales contradict each other when they are farther apart than this, in standard deviations.
const CONTRADICTION_SD: f64 = 3.0;

impl JerkScale {
    /// The most certain scale of a park's, for a mound that learned its own: what is shipped and what other mounds learned, where
    /// that does not contradict its own.
    pub fn of_a_park(own: Self, others: impl IntoIterator<Item = Self>) -> Self {
        let agrees =
            |other: &Self| (other.mean - own.mean).abs() <= CONTRADICTION_SD * (other.variance + own.variance).sqrt();
        let known = others.into_iter().chain([SHIPPED]).filter(agrees);
        known.fold(own, |best, other| if other.variance < best.variance { other } else { best })
    }

    /// Covariance of a pitch's jerk around `mean · model`, ft²/s⁶, given the scatter of jerks around the truly scaled model.
    pub(super) fn prior_covariance(&self, model: &Vector3<f64>, scatter: &Matrix3<f64>) -> Matrix3<f64> {
        scatter + model * model.transpose() * self.variance
    }

    /// Learns from one pitch's jerk, fitted without a prior: estimate and covariance, ft/s³ and its square.
    pub(super) fn learn(
        &mut self,
        estimate: &Vector3<f64>,
        covariance: &Matrix3<f64>,
        model: &Vector3<f64>,
        scatter: &Matrix3<f64>,
        walk: f64,
    ) {
        let Some(weight) = (covariance + scatter).try_inverse() else { return };
        let seen = (model.transpose() * weight * model).x;
        let told = (model.transpose() * weight * estimate).x;
        let before = 1.0 / (self.variance + walk * walk);
        let after = before + seen;
        if after.is_finite() && told.is_finite() {
            self.mean = (before * self.mean + told) / after;
            self.variance = 1.0 / after;
            self.pitches = self.pitches.saturating_add(1);
        }
    }
}

/// How jerks scatter around the model, ft²/s⁶: drag changes smoothly along the flight, while the force across it turns with
/// what no camera sees (the part of the spin along the flight, the seams).
pub(super) fn scatter(velocity: &Vector3<f64>, along_sd: f64, across_sd: f64) -> Matrix3<f64> {
    let along = velocity / velocity.norm();
    let along = along * along.transpose();
    along * along_sd.powi(2) + (Matrix3::identity() - along) * across_sd.powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_found_and_grows_certain() {
        let model = Vector3::new(1.0, -13.0, 3.0);
        for truth in [0.0, 1.0] {
            let mut scale = JerkScale::default();
            for k in 0..40 {
                let noise = if k % 2 == 0 { 4.0 } else { -4.0 };
                let seen = model * truth + Vector3::new(0.0, noise, -noise);
                scale.learn(&seen, &(Matrix3::identity() * 16.0), &model, &(Matrix3::identity() * 4.0), 0.005);
            }
            assert!((scale.mean - truth).abs() < 3.0 * scale.variance.sqrt(), "{truth}: {scale:?}");
            assert!(scale.variance.sqrt() < 0.1, "{scale:?}");
        }
    }

    #[test]
    fn a_singular_estimate_teaches_nothing_wrong() {
        let mut scale = JerkScale::default();
        let broken = Matrix3::from_element(f64::NAN);
        scale.learn(&Vector3::zeros(), &broken, &Vector3::new(0.0, -10.0, 0.0), &Matrix3::identity(), 0.0);
        assert_eq!(scale, JerkScale::default());
    }
}
