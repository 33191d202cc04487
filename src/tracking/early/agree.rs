//! Whether few cameras agree about a flight as well as their noise lets them.
//!
//! Two tests, because each is blind to what the other sees. The reduced χ² asks whether pixels scatter about the fit as they say
//! they do; hundreds of them drown what a whole camera is off. So the cameras' common offsets are tested by themselves: near
//! the fit camera c is off by `r = J·δθ + o_c + noise`, `o_c ~ N(0, s²)`. With the flight marginalised (with the jerk's prior)
//! the data know `Λ` of the offsets, and their estimate `ô = (Λ + I/s²)⁻¹·b` has the covariance `s²·Λs²/(Λs² + I)` if
//! nothing is wrong. In the directions that the data see at all, `ôᵀ·cov⁻¹·ô` is χ².

use nalgebra::{DMatrix, DVector, SMatrix, SVector, Vector2};

use crate::tracking::camera::Camera;
use crate::tracking::fit::{Freedom, Matrix12, Samples};
use crate::tracking::flight::Flight;

/// Normal deviate that is exceeded once in a thousand times.
const DEVIATE: f64 = 3.090_232;
/// A direction of which the data know less than this share of what is usual is not tested.
const SEEN_MIN: f64 = 0.1;
/// How much larger than stated the variance of pixels may be, since the fit says so in its standard deviations \[P\].
const VARIANCE_MAX: f64 = 1.2;

/// The χ² of so many degrees of freedom that is exceeded once in a thousand times (Wilson–Hilferty).
fn limit(freedom: f64) -> f64 {
    let spread = 2.0 / (9.0 * freedom);
    freedom * (1.0 - spread + DEVIATE * spread.sqrt()).powi(3)
}

/// Whether the flight fits its pixels as well as they say, and no camera is off by more than is usual.
pub(super) fn do_agree(samples: &Samples, cameras: &[Camera], flight: &Flight, common_px: f64) -> bool {
    let used: u32 = flight.residuals.iter().map(|r| u32::from(r.used)).sum();
    let freedom = 2.0 * f64::from(used) - 12.0;
    let scatters = freedom < 1.0 || flight.chi2_reduced * freedom > VARIANCE_MAX * limit(freedom);
    !scatters && offsets_agree(samples, cameras, flight, common_px)
}

/// Whether the cameras' common offsets are as small as is usual; `false` where nothing can be said.
fn offsets_agree(samples: &Samples, cameras: &[Camera], flight: &Flight, common_px: f64) -> bool {
    let path = &flight.path;
    let freedom = Freedom::Jerk(Some(flight.prior));
    let mut normal = freedom.complete(&Matrix12::zeros(), path);
    let mut gradient = freedom.prior_pull(path);
    let mut parts: Vec<(f64, Vector2<f64>, SMatrix<f64, 12, 2>)> = Vec::with_capacity(samples.groups().len());
    for group in samples.groups() {
        let camera = &cameras[group.camera];
        let (mut weights, mut pull, mut cross) = (0.0, Vector2::zeros(), SMatrix::<f64, 12, 2>::zeros());
        for (sample, _) in samples.of(group).filter(|(_, used)| *used) {
            let Some(seen) = camera.project_with_jacobian(&path.position(sample.seconds)) else { continue };
            let (residual, weight) = (sample.uv - seen.uv, sample.variance.recip());
            let mut rows = SMatrix::<f64, 2, 12>::zeros();
            let mut power = 1.0;
            for k in 0..4 {
                rows.fixed_columns_mut::<3>(3 * k).copy_from(&(seen.jacobian * power));
                power *= sample.seconds / path.scale_s;
            }
            let weighted = rows.transpose() * weight;
            weights += weight;
            pull += residual * weight;
            cross += weighted;
            normal += weighted * rows;
            gradient += weighted * residual;
        }
        if weights > 0.0 {
            parts.push((weights, pull, cross));
        }
    }
    let Some(flight) = normal.cholesky() else { return false };
    let size = 2 * parts.len();
    let (mut known, mut told) = (DMatrix::zeros(size, size), DVector::zeros(size));
    let moved: SVector<f64, 12> = flight.solve(&gradient);
    let gains: Vec<SMatrix<f64, 12, 2>> = parts.iter().map(|(.., cross)| flight.solve(cross)).collect();
    for (a, (weights, pull, cross)) in parts.iter().enumerate() {
        told.fixed_rows_mut::<2>(2 * a).copy_from(&(pull - cross.transpose() * moved));
        for (b, gain) in gains.iter().enumerate() {
            let mut block = -(cross.transpose() * gain);
            if a == b {
                block += nalgebra::Matrix2::identity() * *weights;
            }
            known.fixed_view_mut::<2, 2>(2 * a, 2 * b).copy_from(&block);
        }
    }
    let usual = common_px * common_px;
    let known = (&known + known.transpose()) * (0.5 * usual);
    let eigen = known.symmetric_eigen();
    let (mut chi2, mut directions) = (0.0, 0.0);
    for (share, direction) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
        if *share > SEEN_MIN {
            let offset = direction.dot(&told) * usual / (share + 1.0);
            chi2 += offset * offset * (share + 1.0) / (share * usual);
            directions += 1.0;
        }
    }
    chi2.is_finite() && (directions == 0.0 || chi2 <= limit(directions))
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;
    use crate::ids::EventNs;
    use crate::tracking::config::Config;
    use crate::tracking::fit::Sample;
    use crate::tracking::flight;
    use crate::tracking::jerk::JerkScale;
    use crate::tracking::trajectory::Trajectory;
    use crate::tracking::venue::Venue;

    /// Whether these cameras agree about a flight that the first of them shows so far off, its pixels being as noisy as they say.
    fn agree(ids: &[usize], off_px: f64, noise: f64) -> bool {
        let cameras: Vec<Camera> = ids.iter().map(|at| Venue::busch_iii().cameras[*at].clone()).collect();
        let (p, v, a) =
            (Vector3::new(-0.5, 27.0, 5.0), Vector3::new(4.0, -128.0, -10.0), Vector3::new(-8.0, 26.0, -16.0));
        let path = Trajectory::new(EventNs(1_000_000_000), 0.2, p, v, a);
        let mut samples = Samples::with_capacity(2000, cameras.len());
        for (index, camera) in cameras.iter().enumerate() {
            for k in 0..60_u32 {
                let seconds = -0.2 + 0.0066 * f64::from(k) + 0.0007 * index as f64;
                let uv = camera.project(&path.point(seconds)).expect("in front");
                // As even as noise can be, with the variance that is stated.
                let turn = f64::from(k) * 2.4 + index as f64;
                let white = Vector2::new(turn.sin(), turn.cos()) * (0.5 * std::f64::consts::SQRT_2 * noise);
                let off = if index == 0 { Vector2::new(0.6, 0.8) * off_px } else { Vector2::zeros() };
                samples.push(index, Sample { seconds, uv: uv + white + off, variance: 0.25 });
            }
        }
        let config = Config { gate_chi2: 1e3, ..Config::default() };
        let flight =
            flight::measure(&mut samples, &cameras, &path, &JerkScale::default(), &config).expect("determined");
        do_agree(&samples, &cameras, &flight, config.common_px)
    }

    #[test]
    fn cameras_that_are_off_by_what_is_usual_agree_and_one_that_is_off_by_more_does_not() {
        assert!(agree(&[0, 2, 5], 0.0, 1.0) && agree(&[0, 2, 5], 0.15, 1.0));
        assert!(!agree(&[0, 2, 5], 1.5, 1.0), "three cameras see it though hundreds of pixels scatter as they say");
        assert!(agree(&[0, 2], 0.0, 1.0));
        assert!(!agree(&[0, 2], 3.0, 1.0) || !agree(&[0, 5], 3.0, 1.0), "two see what no flight can take up");
    }

    #[test]
    fn pixels_that_scatter_by_more_than_they_say_are_not_believed() {
        assert!(agree(&[0, 2], 0.0, 1.08) && !agree(&[0, 2], 0.0, 1.5));
    }

    #[test]
    fn the_limit_is_exceeded_once_in_a_thousand_times() {
        for (freedom, exact) in [(1.0, 10.83), (2.0, 13.82), (3.0, 16.27), (100.0, 149.45)] {
            assert!((limit(freedom) / exact - 1.0).abs() < 0.04, "{freedom}: {} and {exact}", limit(freedom));
        }
    }
}
