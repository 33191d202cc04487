//! Why a probability is what it is: exact interventional SHAP values of the linear model in calibrated log-odds.
//!
//! φᵢ = −A·wᵢ·(xᵢ − μᵢ), base −(A·(w·μ + b) + B), μ the means over the training rows (science.md §7). They add up to the
//! log-odds of the probability exactly. A feature's missing flag is part of the feature.

use super::calibrate::Platt;

/// Contributions in log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Log-odds of the mean training row.
    pub base: f64,
    /// One a column.
    pub contributions: Vec<f64>,
}

impl Explanation {
    /// Of one row of inputs.
    pub fn of(inputs: &[f64], means: &[f64], weights: &[f64], intercept: f64, platt: &Platt) -> Self {
        let at_mean: f64 = weights.iter().zip(means).map(|(w, m)| w * m).sum::<f64>() + intercept;
        let contribution = |((x, m), w): ((&f64, &f64), &f64)| -platt.a * w * (x - m);
        Self {
            base: -(platt.a * at_mean + platt.b),
            contributions: inputs.iter().zip(means).zip(weights).map(contribution).collect(),
        }
    }

    /// The log-odds that they add up to.
    pub fn log_odds(&self) -> f64 {
        self.base + self.contributions.iter().sum::<f64>()
    }
}
