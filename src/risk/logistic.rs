//! L2-regularised logistic regression by Newton's method (science.md §7).
//!
//! Minimised over weights w and intercept b, with ỹ = ±1 and balanced row weights sᵢ = `n/(2·n_k)`:
//!
//! ```text
//! C·Σ sᵢ·log(1 + e^(−ỹᵢ(w·xᵢ + b))) + ½‖w‖²        b is not penalised
//! ```
//!
//! With p = σ(Xw + b) the gradient is C·Xᵀ(s(p − y)) + w and the Hessian C·Xᵀ diag(s·p(1 − p)) X + I, the intercept's row
//! and column without the I. The Hessian is positive definite while both classes occur, so each step is one Cholesky
//! solve; a step that does not lower the objective is halved. Newton converges quadratically: the last step's gradient is
//! about the square of the one before, and the coefficients agree with scikit-learn's `newton-cholesky` to 1e-6 (its
//! default lbfgs stops 2.6e-2 away and is no reference).

use ndarray::{Array1, Array2, ArrayView1, Axis};

/// Newton steps at most; well-posed problems need 5 to 10.
const STEPS: usize = 50;
/// The largest gradient component at which it is solved, relative to C·Σs.
const TOLERANCE: f64 = 1e-12;

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// One a column.
    pub weights: Array1<f64>,
    /// b.
    pub intercept: f64,
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// Only one class.
    #[error("the rows have {placed} placements and {healthy} without: both are needed; use more years")]
    OneClass {
        /// Rows with a placement.
        placed: usize,
        /// Rows without.
        healthy: usize,
    },
    /// Something is not a number, or no minimum was found.
    #[error("no minimum was found: the inputs hold values that are no finite numbers, or C is none")]
    NoMinimum,
}

/// σ(x), without overflow.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// log(p/(1 − p)), of p kept off 0 and 1.
pub fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    (p / (1.0 - p)).ln()
}

/// log(1 + e^x), without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

impl Logistic {
    /// Fits with balanced row weights. `targets` are 0 and 1.
    ///
    /// # Errors
    /// One class only, or values that are no numbers.
    pub fn fit(x: &Array2<f64>, targets: &[f64], c: f64) -> Result<Self, FitError> {
        let placed = targets.iter().filter(|y| **y > 0.5).count();
        let healthy = targets.len() - placed;
        if placed == 0 || healthy == 0 {
            return Err(FitError::OneClass { placed, healthy });
        }
        let n = targets.len() as f64;
        let balanced = |y: &f64| n / (2.0 * if *y > 0.5 { placed as f64 } else { healthy as f64 });
        let weights: Array1<f64> = targets.iter().map(balanced).collect();
        Self::fit_weighed(x, targets, &weights, c)
    }

    /// Fits with the row weights given.
    ///
    /// # Errors
    /// Values that are no numbers.
    pub fn fit_weighed(x: &Array2<f64>, targets: &[f64], row_weights: &Array1<f64>, c: f64) -> Result<Self, FitError> {
        let d = x.ncols();
        let y = ArrayView1::from(targets);
        // The intercept is the last coefficient, of a column of ones.
        let mut design = Array2::ones((x.nrows(), d + 1));
        design.slice_mut(ndarray::s![.., ..d]).assign(x);
        let objective = |beta: &Array1<f64>| {
            let f = design.dot(beta);
            let loss: f64 = f.iter().zip(targets).zip(row_weights).map(|((f, y), s)| s * (softplus(*f) - y * f)).sum();
            c * loss + beta.iter().take(d).map(|w| w * w).sum::<f64>() / 2.0
        };
        let scale = c * row_weights.sum();
        let mut beta = Array1::<f64>::zeros(d + 1);
        let mut value = objective(&beta);
        for _ in 0..STEPS {
            let p = design.dot(&beta).mapv(sigmoid);
            let mut gradient = design.t().dot(&(row_weights * &(&p - &y))) * c;
            for k in 0..d {
                gradient[k] += beta[k];
            }
            if !value.is_finite() {
                return Err(FitError::NoMinimum);
            }
            if gradient.iter().all(|g| g.abs() <= TOLERANCE * scale) {
                break;
            }
            let curvature = (row_weights * &p * &(1.0 - &p)).mapv(f64::sqrt);
            let rooted = &design * &curvature.insert_axis(Axis(1));
            let mut hessian = rooted.t().dot(&rooted) * c;
            for k in 0..d {
                hessian[[k, k]] += 1.0;
            }
            let step = solve(hessian, gradient).ok_or(FitError::NoMinimum)?;
            let (mut share, before) = (1.0, value);
            loop {
                let next = &beta - &(&step * share);
                let next_value = objective(&next);
                if next_value <= before {
                    (beta, value) = (next, next_value);
                    break;
                }
                share /= 2.0;
                // At the minimum, rounding decides what is lower.
                if share < 1e-6 {
                    return Ok(Self::from_beta(&beta));
                }
            }
        }
        if value.is_finite() { Ok(Self::from_beta(&beta)) } else { Err(FitError::NoMinimum) }
    }

    fn from_beta(beta: &Array1<f64>) -> Self {
        let d = beta.len() - 1;
        Self { weights: beta.slice(ndarray::s![..d]).to_owned(), intercept: beta[d] }
    }

    /// w·x + b of each row.
    pub fn decisions(&self, x: &Array2<f64>) -> Vec<f64> {
        (x.dot(&self.weights) + self.intercept).to_vec()
    }
}

/// Solves a symmetric positive definite system by Cholesky; none where it is not.
pub(super) fn solve(mut a: Array2<f64>, mut b: Array1<f64>) -> Option<Array1<f64>> {
    let n = b.len();
    for k in 0..n {
        for j in 0..k {
            let l = a[[k, j]];
            a[[k, k]] -= l * l;
        }
        if !(a[[k, k]] > 0.0 && a[[k, k]].is_finite()) {
            return None;
        }
        a[[k, k]] = a[[k, k]].sqrt();
        for i in k + 1..n {
            let mut sum = a[[i, k]];
            for j in 0..k {
                sum -= a[[i, j]] * a[[k, j]];
            }
            a[[i, k]] = sum / a[[k, k]];
        }
    }
    for i in 0..n {
        for j in 0..i {
            b[i] -= a[[i, j]] * b[j];
        }
        b[i] /= a[[i, i]];
    }
    for i in (0..n).rev() {
        for j in i + 1..n {
            b[i] -= a[[j, i]] * b[j];
        }
        b[i] /= a[[i, i]];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symmetric_fit_has_the_weight_that_the_gradient_asks_for() {
        let x = ndarray::array![[-1.0], [1.0], [-1.0], [1.0]];
        let model = Logistic::fit(&x, &[0.0, 1.0, 1.0, 1.0], 1.0).expect("two classes");
        // At the minimum the gradient is zero: C·Σ s(p − y)x + w = 0 and Σ s(p − y) = 0.
        let y = [0.0, 1.0, 1.0, 1.0];
        let s = [2.0, 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0];
        let p = model.decisions(&x).into_iter().map(sigmoid).collect::<Vec<_>>();
        let residual = |i: usize| s[i] * (p[i] - y[i]);
        let (sum, along): (f64, f64) = ((0..4).map(residual).sum(), (0..4).map(|i| residual(i) * x[[i, 0]]).sum());
        assert!(sum.abs() < 1e-12 && (along + model.weights[0]).abs() < 1e-12, "{sum} {along} {model:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_an_error_and_no_panic() {
        let x = ndarray::array![[1.0], [2.0]];
        assert!(matches!(Logistic::fit(&x, &[1.0, 1.0], 1.0), Err(FitError::OneClass { placed: 2, healthy: 0 })));
        let nan = ndarray::array![[f64::NAN], [2.0]];
        assert_eq!(Logistic::fit(&nan, &[0.0, 1.0], 1.0), Err(FitError::NoMinimum));
    }

    #[test]
    fn separable_rows_stay_finite_under_the_penalty() {
        let x = ndarray::array![[-900.0], [-1.0], [1.0], [900.0]];
        let model = Logistic::fit(&x, &[0.0, 0.0, 1.0, 1.0], 100.0).expect("a minimum");
        assert!(model.weights[0].is_finite() && model.weights[0] > 0.0);
    }
}
