//! The whole rig moved as one: what no ball can see, and no camera's own error explains.
//!
//! A rig that is carried by t and turned by ω sees the park carried by −t and turned by −ω. Balls go along, so their
//! residuals stay what they were; landmarks do not. A camera by itself could call it a shift and a roll, but each at another
//! depth moves differently, and twelve cameras would have to have slipped in the one way that agrees. So every round of
//! landmarks is first asked for a common motion: the six numbers are estimated over all cameras, each camera's own errors
//! marginalised with their covariance in the filter. Where the likelihood ratio is beyond [`MOTION_CHI2`] and far beyond
//! that of any one camera's own shift, the rig did move, and the models of all its cameras move along.

use nalgebra::{Matrix2x6, Matrix5, Matrix6, SMatrix, Vector3, Vector5, Vector6};

use super::filter::Filter;
use super::landmarks::RoundSum;
use crate::tracking::camera::Camera;
use crate::tracking::evidence::PARAMETERS;

/// Three of translation, three of rotation.
pub(super) const RIG_PARAMETERS: usize = 6;
/// What one unit of each is: a hundredth of a foot, a ten-thousandth of a radian, about a pixel each.
pub(super) const RIG_UNITS: [f64; RIG_PARAMETERS] = [1e-2, 1e-2, 1e-2, 1e-4, 1e-4, 1e-4];

/// Likelihood ratio beyond which the rig moved: with six degrees of freedom once in 20 million rounds.
const MOTION_CHI2: f64 = 45.0;
/// It must explain the round better than any one camera's shift by this factor.
const BETTER_THAN_ONE: f64 = 1.5;
/// Cameras that must have seen landmarks: fewer could each have slipped.
const CAMERAS_MIN: usize = 3;
/// Before anything is seen the motion is known to this, in units: a foot, a hundredth of a radian.
const PRIOR_SD: f64 = 100.0;

/// A motion of the rig, in units, with its covariance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    pub(super) units: Vector6<f64>,
    pub(super) covariance: Matrix6<f64>,
}

/// Pixels of a point by a motion of the rig, in units; `None` behind the camera.
pub(super) fn motion(camera: &Camera, point: &Vector3<f64>) -> Option<Matrix2x6<f64>> {
    let units = Matrix6::from_diagonal(&Vector6::from(RIG_UNITS));
    camera.by_motion(point).map(|by_motion| by_motion * units)
}

/// The motion of the rig that a round of landmarks shows, where it does; `sums` are by index of the camera, and
/// `alone` is the largest likelihood ratio of one camera's own shift.
pub(super) fn find(filter: &Filter, sums: &[(usize, RoundSum)], alone: f64) -> Option<Motion> {
    if sums.len() < CAMERAS_MIN {
        return None;
    }
    let mut matrix = Matrix6::identity() / (PRIOR_SD * PRIOR_SD);
    let mut pull = Vector6::zeros();
    for (index, sum) in sums {
        let own: Matrix5<f64> = sum.matrix.fixed_view::<PARAMETERS, PARAMETERS>(0, 0).into_owned();
        let cross: SMatrix<f64, PARAMETERS, RIG_PARAMETERS> =
            sum.matrix.fixed_view::<PARAMETERS, RIG_PARAMETERS>(0, PARAMETERS).into_owned();
        let mean = filter.mean_of(*index);
        let unforeseen: Vector5<f64> = sum.pull.fixed_rows::<PARAMETERS>(0) - own * mean;
        let unforeseen_rig: Vector6<f64> = sum.pull.fixed_rows::<RIG_PARAMETERS>(PARAMETERS) - cross.transpose() * mean;
        let known = (own + filter.covariance_of(*index).cholesky()?.inverse()).cholesky()?;
        matrix += sum.matrix.fixed_view::<RIG_PARAMETERS, RIG_PARAMETERS>(PARAMETERS, PARAMETERS);
        matrix -= cross.transpose() * known.solve(&cross);
        pull += unforeseen_rig - cross.transpose() * known.solve(&unforeseen);
    }
    let covariance = matrix.cholesky()?.inverse();
    let units = covariance * pull;
    let chi2 = pull.dot(&units);
    (chi2 > MOTION_CHI2 && chi2 > BETTER_THAN_ONE * alone).then_some(Motion { units, covariance })
}
