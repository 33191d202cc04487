//! One Kalman filter over all cameras of a mound (science.md §2).
//!
//! # State
//! Five errors a camera, `(dx, dy, φ, s, τ)` in the units of [`UNITS`](crate::tracking::evidence::UNITS), relative to the
//! corrected model. Each is a random walk. Its measurements come as information (matrix A, pull b): a pitch sees the errors
//! of its cameras through a flight that takes up part of them, so A is singular along what a flight can take up, a rigid
//! motion of the whole rig above all. There the variance grows with the walk, pitch after pitch, until landmarks anchor
//! it: the covariance says so and nothing has to be known of which directions these are.
//!
//! # Update
//! With `P = L·Lᵀ` the posterior is `(P⁻¹ + A)⁻¹ = L·(I + Lᵀ·A·L)⁻¹·Lᵀ`: the inner matrix has no eigenvalue below one
//! however singular A is, and the result is a square, hence symmetric and positive.
//!
//! # Innovation
//! `y = b − A·m` is what the prior did not foresee. Marginalised over the prior it is `w = y − A·P⁺·y` with information
//! `W = A − A·P⁺·A`: a jump j of some of the parameters U would have the likelihood ratio `wᵤᵀ·Wᵤᵤ⁻¹·wᵤ`, χ² with as many
//! degrees of freedom where there was none, and `Wᵤᵤ⁻¹·wᵤ` estimates it. Both account for what every other camera may be
//! off, so that an innocent neighbour is not blamed.

use nalgebra::{Const, DMatrix, DVector, Dyn, Matrix5, Matrix6, OMatrix, Vector5};

use crate::tracking::evidence::PARAMETERS;

/// A variance below this (units²) is a camera known to a thousandth of a pixel: nothing is.
const VARIANCE_MIN: f64 = 1e-6;
/// A variance above this means nothing is known.
const VARIANCE_MAX: f64 = 1e4;

/// Mean and covariance of all errors of a mound's cameras.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    pub(super) mean: DVector<f64>,
    pub(super) covariance: DMatrix<f64>,
}

/// A measurement of all errors, in the filter's order.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
    pub(super) matrix: DMatrix<f64>,
    pub(super) pull: DVector<f64>,
}

/// What a measurement would make of the filter, and what the filter had not foreseen.
#[derive(Debug)]
pub(super) struct Posterior {
    filter: Filter,
    /// Per camera.
    pub(super) innovations: Vec<Innovation>,
}

/// What was not foreseen of one camera.
#[derive(Debug, Clone, Copy)]
pub(super) struct Innovation {
    pub(super) pull: Vector5<f64>,
    pub(super) matrix: Matrix5<f64>,
}

impl Filter {
    /// Cameras with this variance of each error.
    pub(super) fn new(variances: &[Vector5<f64>]) -> Self {
        let size = PARAMETERS * variances.len();
        let diagonal = DVector::from_iterator(size, variances.iter().flat_map(|v| v.iter().copied()));
        Self { mean: DVector::zeros(size), covariance: DMatrix::from_diagonal(&diagonal) }
    }

    /// Cameras.
    pub(super) fn cameras(&self) -> usize {
        self.mean.len() / PARAMETERS
    }

    /// One camera's errors.
    pub(super) fn mean_of(&self, camera: usize) -> Vector5<f64> {
        self.mean.fixed_rows::<PARAMETERS>(camera * PARAMETERS).into_owned()
    }

    /// Their covariance.
    pub(super) fn covariance_of(&self, camera: usize) -> Matrix5<f64> {
        let at = camera * PARAMETERS;
        self.covariance.fixed_view::<PARAMETERS, PARAMETERS>(at, at).into_owned()
    }

    /// A camera's errors may have changed by as much as these variances.
    pub(super) fn widen(&mut self, camera: usize, variances: &Vector5<f64>) {
        for (k, variance) in variances.iter().enumerate() {
            let at = camera * PARAMETERS + k;
            let diagonal = &mut self.covariance[(at, at)];
            *diagonal = (*diagonal + variance).clamp(VARIANCE_MIN, VARIANCE_MAX);
        }
    }

    /// A camera's model was moved by this much: it is that much less off.
    pub(super) fn corrected(&mut self, camera: usize, change: &Vector5<f64>) {
        let mut rows = self.mean.fixed_rows_mut::<PARAMETERS>(camera * PARAMETERS);
        rows -= change;
    }

    /// All cameras may be off together by what this covariance of common causes does to each.
    pub(super) fn blur(&mut self, effect: &OMatrix<f64, Dyn, Const<6>>, covariance: &Matrix6<f64>) {
        self.covariance += effect * covariance * effect.transpose();
    }

    /// What a measurement would make of it. `None` where its numbers are not usable; the filter stays as it is.
    pub(super) fn weigh(&self, measurement: &Measurement) -> Option<Posterior> {
        let Measurement { matrix, pull } = measurement;
        let root = self.covariance.clone().cholesky()?.unpack();
        let mut inner = root.tr_mul(&(matrix * &root));
        inner += DMatrix::identity(inner.nrows(), inner.ncols());
        let half = inner.cholesky()?.l().solve_lower_triangular(&root.transpose())?;
        let covariance = half.tr_mul(&half);
        let unforeseen = pull - matrix * &self.mean;
        let mean = &self.mean + &covariance * &unforeseen;
        let told = &unforeseen - matrix * (&covariance * &unforeseen);
        if !mean.iter().chain(covariance.iter()).all(|x| x.is_finite()) {
            return None;
        }
        let innovations = (0..self.cameras())
            .map(|camera| {
                let at = camera * PARAMETERS;
                let columns = matrix.fixed_columns::<PARAMETERS>(at);
                let seen = &half * columns;
                Innovation {
                    pull: told.fixed_rows::<PARAMETERS>(at).into_owned(),
                    matrix: matrix.fixed_view::<PARAMETERS, PARAMETERS>(at, at) - seen.transpose() * seen,
                }
            })
            .collect();
        Some(Posterior { filter: Self { mean, covariance }, innovations })
    }

    /// Takes a measurement up.
    pub(super) fn take(&mut self, posterior: Posterior) {
        *self = posterior.filter;
    }
}

impl Measurement {
    /// Says nothing of this many cameras.
    pub(super) fn nothing(cameras: usize) -> Self {
        let size = PARAMETERS * cameras;
        Self { matrix: DMatrix::zeros(size, size), pull: DVector::zeros(size) }
    }
}
