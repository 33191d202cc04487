//! The measurement of one whole flight: the published 12P fit with its covariance, 9P beside it, what it teaches about the
//! jerk, and how well the cameras agree.

use nalgebra::{Matrix3, Vector2, Vector3};

use super::camera::Camera;
use super::config::Config;
use super::fit::{Freedom, Matrix12, Prior, Samples, Solution, residual};
use super::force::Forces;
use super::jerk::{self, JerkScale};
use super::pitch::CameraResidual;
use super::trajectory::Trajectory;

/// A camera counts with at least so many observations inside the gate.
const CAMERA_MIN: u16 = 4;

/// One measured flight.
#[derive(Debug, Clone)]
pub struct Flight {
    /// Constant jerk with the learned prior: what is published.
    pub path: Trajectory,
    /// Covariance of its twelve parameters, ft², inflated where the residuals are larger than stated.
    pub covariance: Matrix12,
    /// Constant acceleration from the same observations.
    pub nine: Trajectory,
    /// χ² per degree of freedom.
    pub chi2_reduced: f64,
    /// What this flight alone says about the jerk, where it says anything.
    pub free_jerk: Option<FreeJerk>,
    /// What was expected of its jerk.
    pub prior: Prior,
    /// Per camera, ascending by source.
    pub residuals: Vec<CameraResidual>,
    /// Root mean square of all used residuals per axis, px.
    pub residual_px: f64,
    /// Cameras with enough observations inside the gate.
    pub cameras: u8,
    /// Observations near the flight.
    pub frames: u32,
    /// Cameras contradict each other.
    pub disagree: bool,
}

/// A flight's jerk fitted without prior.
#[derive(Debug, Clone, Copy)]
pub struct FreeJerk {
    /// ft/s³.
    pub estimate: Vector3<f64>,
    /// ft²/s⁶.
    pub covariance: Matrix3<f64>,
    /// The force model's, ft/s³.
    pub model: Vector3<f64>,
    /// How jerks scatter around the model, ft²/s⁶.
    pub scatter: Matrix3<f64>,
}

/// Measures the flight that `samples` show, starting near it; `None` where they do not determine it.
pub fn measure(
    samples: &mut Samples,
    cameras: &[Camera],
    start: &Trajectory,
    scale: &JerkScale,
    config: &Config,
) -> Option<Flight> {
    let forces = Forces::split(&start.velocity(0.0), &start.acceleration(0.0));
    let model = forces.jerk();
    let mut start = *start;
    start.quartic = forces.snap() * (scale.mean * start.scale_s.powi(4) / 24.0);
    let start = &start;
    let scatter = jerk::scatter(&start.velocity(0.0), config.jerk_along_sd, config.jerk_sd);
    let precision = scale.prior_covariance(&model, &scatter).try_inverse()?;
    let prior = Prior { mean: model * scale.mean, precision };
    let freedom = Freedom::Jerk(Some(prior));
    let solution = samples.fit(cameras, start, &freedom, config.common_px, config.gate_chi2)?;
    let chi2_reduced = samples.chi2_reduced(cameras, &solution.path, config.common_px);
    let inflation = chi2_reduced.max(1.0);
    let covariance = freedom.complete(&solution.normal, &solution.path).cholesky()?.inverse() * inflation;
    let free_jerk = free_jerk(&solution, model, scatter, inflation);
    let residuals = residuals(samples, cameras, &solution.path);
    let muted = |r: &CameraResidual| (0..cameras.len()).any(|c| cameras[c].id == r.camera && samples.is_muted(c));
    let counting: Vec<CameraResidual> = residuals.iter().filter(|r| !muted(r)).copied().collect();
    let nine = samples.fit_nine(cameras, &solution, config.common_px)?;
    let used: f64 = residuals.iter().map(|r| f64::from(r.used)).sum();
    let square: f64 = residuals.iter().map(|r| f64::from(r.used) * r.rms_px.powi(2)).sum();
    Some(Flight {
        path: solution.path,
        covariance,
        nine,
        chi2_reduced,
        free_jerk,
        prior,
        residual_px: (square / used.max(1.0)).sqrt(),
        cameras: residuals.iter().filter(|r| r.used >= CAMERA_MIN).count() as u8,
        frames: samples.len() as u32,
        disagree: chi2_reduced > 2.0 || disagree(&counting, config),
        residuals,
    })
}

/// The minimum without the prior is one linear step away: the problem is as good as linear over a fraction of a foot.
fn free_jerk(solution: &Solution, model: Vector3<f64>, scatter: Matrix3<f64>, inflation: f64) -> Option<FreeJerk> {
    let free = solution.normal.cholesky()?;
    let unit = 6.0 / solution.path.scale_s.powi(3);
    let step = free.solve(&solution.gradient);
    Some(FreeJerk {
        estimate: (solution.path.coefficients[3] + step.fixed_rows::<3>(9)) * unit,
        covariance: free.inverse().fixed_view::<3, 3>(9, 9) * (unit * unit * inflation),
        model,
        scatter,
    })
}

/// Seconds before the first observation in which no camera took a frame that would have shown the ball. A camera that had
/// the ball in its next frame (inside the gate or not) took its last one a frame interval earlier; one that found it
/// later says nothing.
pub(super) fn unseen_before(first: f64, samples: &Samples, cameras: &[Camera]) -> f64 {
    let gaps = samples.groups().iter().filter_map(|group| {
        let since = samples.of(group).map(|(s, _)| s.seconds).filter(|s| *s >= first);
        since.reduce(f64::min).map(|start| first - (start - cameras[group.camera].fps.recip()))
    });
    gaps.filter(|gap| *gap > 0.0).fold(f64::INFINITY, f64::min)
}

/// Too few cameras agree for the number that does not, or one that is used is far off the others.
fn disagree(residuals: &[CameraResidual], config: &Config) -> bool {
    let agrees = |r: &&CameraResidual| r.used >= r.gated;
    let seen = residuals.iter().filter(|r| r.used + r.gated >= 2 * CAMERA_MIN);
    let against = seen.clone().filter(|r| !agrees(r)).count();
    let far = |r: &CameraResidual| r.mean_px[0].hypot(r.mean_px[1]) > config.disagree_px;
    seen.clone().filter(agrees).count() < 4 * against || seen.filter(agrees).any(far)
}

fn residuals(samples: &Samples, cameras: &[Camera], path: &Trajectory) -> Vec<CameraResidual> {
    let mut out: Vec<CameraResidual> = samples
        .groups()
        .iter()
        .map(|group| {
            let camera = &cameras[group.camera];
            let all: Vec<(Vector2<f64>, f64, bool)> = samples
                .of(group)
                .filter_map(|(s, used)| residual(camera, path, s).map(|r| (r, s.variance, used)))
                .collect();
            let used = all.iter().filter(|(_, _, used)| *used).count();
            let square: f64 = all.iter().filter(|(_, _, used)| *used).map(|(r, _, _)| r.norm_squared()).sum();
            CameraResidual {
                camera: camera.id,
                used: used as u16,
                gated: (all.len() - used) as u16,
                mean_px: mean_near_median(&all).into(),
                rms_px: (square / (2.0 * used.max(1) as f64)).sqrt(),
            }
        })
        .collect();
    out.sort_unstable_by_key(|r| r.camera);
    out
}

/// Mean of what lies within six standard deviations of the camera's own median: before any gate of the fit, so that a camera
/// that is off shows by how much, and without the strays that happened to be near.
fn mean_near_median(all: &[(Vector2<f64>, f64, bool)]) -> Vector2<f64> {
    let median = |axis: usize| {
        let mut values: Vec<f64> = all.iter().map(|(r, _, _)| r[axis]).collect();
        let half = values.len() / 2;
        if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(half, f64::total_cmp).1 }
    };
    let centre = Vector2::new(median(0), median(1));
    let near = all.iter().filter(|(r, variance, _)| (r - centre).norm_squared() <= 36.0 * variance);
    let (sum, count) = near.fold((Vector2::zeros(), 0.0), |(sum, count), (r, _, _)| (sum + r, count + 1.0));
    if count > 0.0 { sum / count } else { centre }
}
