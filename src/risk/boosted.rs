//! Gradient-boosted trees beside the regression: trained and judged on the same years. They are never served: none of
//! their test results has earned it so far, and what is served must be explained.

use forust_ml::objective::ObjectiveType;
use forust_ml::{GradientBooster, Matrix};

use super::calibrate::Platt;
use super::dataset::{Row, targets};

/// Trees: few and shallow, with large leaves; placements are rare and the signal is weak.
const TREES: usize = 80;
/// Depth of each.
const DEPTH: usize = 2;
/// Share of each tree that is taken.
const LEARNING_RATE: f32 = 0.05;

/// A fitted ensemble with its calibration.
pub struct Boosted {
    trees: GradientBooster,
    platt: Platt,
}

/// Feature values by column, NaN where missing: the trees split on that themselves.
fn columns(rows: &[&Row]) -> Vec<f64> {
    let width = rows.first().map_or(0, |r| r.snapshot.values.len());
    (0..width).flat_map(|c| rows.iter().map(move |r| r.snapshot.values[c].unwrap_or(f64::NAN))).collect()
}

impl Boosted {
    /// Fits on the training rows and calibrates on the next year's; none where that fails, which is logged.
    pub fn fit(train: &[&Row], calibrate: &[&Row]) -> Option<Self> {
        let data = columns(train);
        let width = train.first()?.snapshot.values.len();
        let mut trees = GradientBooster::default()
            .set_objective_type(ObjectiveType::LogLoss)
            .set_iterations(TREES)
            .set_max_depth(DEPTH)
            .set_max_leaves(1 << DEPTH)
            .set_learning_rate(LEARNING_RATE)
            .set_l2(50.0)
            .set_min_leaf_weight(5.0)
            .set_parallel(false);
        let matrix = Matrix::new(&data, train.len(), width);
        trees.fit_unweighted(&matrix, &targets(train), None).ok()?;
        let mut fitted = Self { trees, platt: Platt { a: -1.0, b: 0.0 } };
        fitted.platt = Platt::fit(&fitted.decisions(calibrate), &targets(calibrate));
        Some(fitted)
    }

    fn decisions(&self, rows: &[&Row]) -> Vec<f64> {
        let data = columns(rows);
        let width = rows.first().map_or(0, |r| r.snapshot.values.len());
        self.trees.predict(&Matrix::new(&data, rows.len(), width), false)
    }

    /// Calibrated probabilities.
    pub fn probabilities(&self, rows: &[&Row]) -> Vec<f64> {
        self.decisions(rows).into_iter().map(|f| self.platt.probability(f)).collect()
    }
}
