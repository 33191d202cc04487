//! Levenberg–Marquardt over one whole flight, in pixels (science.md §2).
//!
//! # The problem
//! Camera c saw the ball at its own exposure time tᵢ in pixel uᵢ with standard deviation σᵢ. The flight is a [`Trajectory`]
//! of 9 or 12 parameters θ, and `uᵢ = project_c(p(tᵢ; θ)) + o_c + noise`, where `o_c ~ N(0, s²)` is what camera c is off
//! during this one flight: calibration, refraction, the ball's lit side. It does not average out over frames; leaving it out
//! would make the weights wrong and the stated standard deviations several times too small.
//!
//! # Structure
//! With `J = ∂u/∂p` (2×3) and `τ` the scaled time, an observation's rows are `J·[I, τI, τ²I, τ³I]`. So the normal matrix
//! consists of the moments `M_m = Σ w·JᵀJ·τ^m`, m = 0 … 6 (block (j, k) is `M_{j+k}`): 42 sums instead of a 12×12 outer
//! product per row. The offsets are marginalised camera by camera (Schur complement): with `D = Σw + 1/s²`,
//! `B_k = Σ w·τ^k·Jᵀ` and `e = Σ w·r`, the matrix loses `B·Bᵀ/D`, the right side `B·e/D`, and the cost `|e|²/D`.
//!
//! # Robustness
//! The size of a residual is `χ² = |r|²/(σ² + s²)` with the raw residual, so that a camera which is consistently wrong
//! cannot hide in its offset. Beyond the gate an observation has no weight; inside it the Huber weight `min(1, 2/χ)`
//! applies. Weights are renewed in every pass; a step is accepted when it lowers the cost under the weights it was
//! computed with, else it is damped.

use nalgebra::{Matrix3, Matrix3x2, SMatrix, SVector, Vector2, Vector3};

use super::camera::Camera;
use super::trajectory::Trajectory;

/// Normal matrix and covariance of the twelve parameters, coefficient by coefficient.
pub type Matrix12 = SMatrix<f64, 12, 12>;

/// Where the Huber weight begins to fall, in standard deviations.
const HUBER: f64 = 2.0;
/// A step below this (ft in every coefficient) ends the fit: a tenth of the best standard deviations.
const STEP_FT_MIN: f64 = 1e-4;
const PASSES_MAX: usize = 15;

/// One ball in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Seconds from the trajectory's reference.
    pub seconds: f64,
    /// Pixels.
    pub uv: Vector2<f64>,
    /// Variance of each, px².
    pub variance: f64,
}

/// The observations of one flight, camera by camera. Memory is kept between flights.
#[derive(Debug, Default)]
pub struct Samples {
    list: Vec<Sample>,
    groups: Vec<Group>,
    weights: Vec<f64>,
    weights_before: Vec<f64>,
    /// By index of the camera: whether it has no say in fits.
    muted: Vec<bool>,
}

/// One camera's part of [`Samples`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Index of the camera.
    pub camera: usize,
    /// Its first sample.
    pub from: usize,
    /// One past its last.
    pub to: usize,
}

/// Prior knowledge of one coefficient's physical meaning: acceleration (ft/s²) or jerk (ft/s³).
#[derive(Debug, Clone, Copy)]
pub struct Prior {
    /// Expected value.
    pub mean: Vector3<f64>,
    /// Inverse covariance.
    pub precision: Matrix3<f64>,
}

/// How free the flight is.
#[derive(Debug, Clone, Copy)]
pub enum Freedom {
    /// Constant acceleration (9P), with a prior of the acceleration while little of the flight is known.
    Acceleration(Option<Prior>),
    /// Constant jerk (12P), with a prior of the jerk.
    Jerk(Option<Prior>),
}

/// A minimum, and the linearised problem there.
#[derive(Debug, Clone)]
pub struct Solution {
    /// The flight.
    pub path: Trajectory,
    /// `JᵀWJ` of the data alone, offsets marginalised.
    pub normal: Matrix12,
    /// `JᵀWr` of the data alone at `path`.
    pub gradient: SVector<f64, 12>,
    /// Observations with weight.
    pub used: usize,
}

/// Sums of one pass over the observations.
struct Pass {
    normal: Matrix12,
    gradient: SVector<f64, 12>,
    cost: f64,
    cost_under_old_weights: f64,
    used: usize,
}

impl Samples {
    /// Room for so many observations of so many cameras.
    pub fn with_capacity(samples: usize, cameras: usize) -> Self {
        Self {
            list: Vec::with_capacity(samples),
            groups: Vec::with_capacity(cameras),
            weights: Vec::with_capacity(samples),
            weights_before: Vec::with_capacity(samples),
            muted: vec![false; cameras],
        }
    }

    /// Leaves a camera out of fits, or takes it in again. Its observations still come, with no weight.
    pub fn mute(&mut self, camera: usize, muted: bool) {
        if let Some(slot) = self.muted.get_mut(camera) {
            *slot = muted;
        }
    }

    /// Whether a camera has no say in fits.
    pub fn is_muted(&self, camera: usize) -> bool {
        self.muted.get(camera).copied().unwrap_or(false)
    }

    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.list.clear();
        self.groups.clear();
    }

    /// Adds an observation; a camera's come one after the other. What is beyond the capacity is left out.
    pub fn push(&mut self, camera: usize, sample: Sample) {
        if self.list.len() == self.list.capacity() {
            return;
        }
        let at = self.list.len();
        match self.groups.last_mut() {
            Some(group) if group.camera == camera => group.to = at + 1,
            _ => self.groups.push(Group { camera, from: at, to: at + 1 }),
        }
        self.list.push(sample);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Camera by camera.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// A camera's observations.
    pub fn seen_by(&self, group: &Group) -> &[Sample] {
        &self.list[group.from..group.to]
    }

    /// A camera's observations and whether the last fit used them.
    pub fn of(&self, group: &Group) -> impl Iterator<Item = (&Sample, bool)> + '_ {
        self.list[group.from..group.to].iter().zip(self.weights[group.from..group.to].iter().map(|w| *w > 0.0))
    }

    /// Fits a flight, starting near it. `common_px` is s and `gate` the largest χ² with weight; `None` when the
    /// observations do not determine it.
    pub fn fit(
        &mut self,
        cameras: &[Camera],
        start: &Trajectory,
        freedom: &Freedom,
        common_px: f64,
        gate: f64,
    ) -> Option<Solution> {
        self.weights_before.clear();
        self.weights_before.resize(self.list.len(), 0.0);
        self.weights.clone_from(&self.weights_before);
        let mut path = *start;
        if matches!(freedom, Freedom::Acceleration(_)) {
            path.coefficients[3] = Vector3::zeros();
            path.quartic = Vector3::zeros();
        }
        let mut here = self.pass(cameras, &path, common_px, Some(gate));
        let mut cost = here.cost + freedom.cost(&path);
        let mut damping = 0.0;
        for _ in 0..PASSES_MAX {
            let step = freedom.step(&here.normal, &here.gradient, &path, damping)?;
            let trial = path.stepped(&step);
            std::mem::swap(&mut self.weights, &mut self.weights_before);
            let there = self.pass(cameras, &trial, common_px, Some(gate));
            if there.cost_under_old_weights + freedom.cost(&trial) <= cost * (1.0 + 1e-9) + 1e-9 {
                (path, here, damping) = (trial, there, damping * 0.1);
                cost = here.cost + freedom.cost(&path);
                if step.amax() < STEP_FT_MIN {
                    return Some(Solution { path, normal: here.normal, gradient: here.gradient, used: here.used });
                }
            } else {
                std::mem::swap(&mut self.weights, &mut self.weights_before);
                damping = f64::max(damping * 10.0, 1e-3);
            }
        }
        None
    }

    /// The constant-acceleration flight under the weights of a fit just made: its linearised problem gives the start,
    /// one more pass the end.
    pub fn fit_nine(&mut self, cameras: &[Camera], from: &Solution, common_px: f64) -> Option<Trajectory> {
        let freedom = Freedom::Acceleration(None);
        let mut straight = from.path;
        straight.coefficients[3] = Vector3::zeros();
        straight.quartic = Vector3::zeros();
        let bend = from.path.coefficients[3];
        let gradient = from.gradient + from.normal.fixed_columns::<3>(9) * bend;
        let start = straight.stepped(&freedom.step(&from.normal, &gradient, &straight, 0.0)?);
        self.weights_before.clone_from(&self.weights);
        let pass = self.pass(cameras, &start, common_px, None);
        Some(start.stepped(&freedom.step(&pass.normal, &pass.gradient, &start, 0.0)?))
    }

    /// χ² per degree of freedom of the observations that the last fit used.
    pub fn chi2_reduced(&self, cameras: &[Camera], path: &Trajectory, common_px: f64) -> f64 {
        let (mut chi2, mut used) = (0.0, 0);
        for group in &self.groups {
            let (mut mean, mut weight) = (Vector2::zeros(), common_px.powi(-2));
            for (sample, counts) in self.of(group) {
                if let (true, Some(r)) = (counts, residual(&cameras[group.camera], path, sample)) {
                    chi2 += r.norm_squared() / sample.variance;
                    mean += r / sample.variance;
                    weight += sample.variance.recip();
                    used += 1;
                }
            }
            chi2 -= mean.norm_squared() / weight;
        }
        chi2 / (2.0 * f64::from(used) - 12.0).max(1.0)
    }

    /// One pass: linearises at `path`, with renewed weights where a gate is given, else with the old ones.
    fn pass(&mut self, cameras: &[Camera], path: &Trajectory, common_px: f64, gate: Option<f64>) -> Pass {
        let common = common_px * common_px;
        let inverse_scale = path.scale_s.recip();
        let ([c0, c1, c2, c3], c4) = (&path.coefficients, &path.quartic);
        let mut moments = [[0.0; 6]; 7];
        let mut gradient = [Vector3::zeros(); 4];
        let mut out = Pass {
            normal: Matrix12::zeros(),
            gradient: SVector::zeros(),
            cost: 0.0,
            cost_under_old_weights: 0.0,
            used: 0,
        };
        for group in &self.groups {
            if self.is_muted(group.camera) {
                self.weights[group.from..group.to].fill(0.0);
                continue;
            }
            let camera = &cameras[group.camera];
            let mut cross = [Matrix3x2::zeros(); 4];
            let (mut sum, mut weight_sum) = (Vector2::zeros(), common.recip());
            let (mut old_sum, mut old_weight_sum) = (Vector2::zeros(), common.recip());
            for i in group.from..group.to {
                let sample = &self.list[i];
                let old = self.weights_before[i];
                let tau = sample.seconds * inverse_scale;
                let seen = camera.project_with_jacobian(&(c0 + (c1 + (c2 + (c3 + c4 * tau) * tau) * tau) * tau));
                let Some(seen) = seen else {
                    self.weights[i] = 0.0;
                    continue;
                };
                let r = sample.uv - seen.uv;
                let square = r.norm_squared();
                let weight = match gate {
                    None => old,
                    Some(gate) => weight_of(square / (sample.variance + common), gate) / sample.variance,
                };
                self.weights[i] = weight;
                if old > 0.0 {
                    out.cost_under_old_weights += old * square;
                    old_sum += r * old;
                    old_weight_sum += old;
                }
                if weight == 0.0 {
                    continue;
                }
                out.used += 1;
                out.cost += weight * square;
                sum += r * weight;
                weight_sum += weight;
                let j = &seen.jacobian;
                let weighted = j.transpose() * weight;
                let pull = weighted * r;
                let g = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
                    .map(|(a, b)| weighted[(a, 0)] * j[(0, b)] + weighted[(a, 1)] * j[(1, b)]);
                let powers = [1.0, tau, tau * tau, tau * tau * tau];
                for k in 0..4 {
                    cross[k] += weighted * powers[k];
                    gradient[k] += pull * powers[k];
                    for (m, g) in moments[k].iter_mut().zip(g) {
                        *m += g * powers[k];
                    }
                }
                for k in 4..7 {
                    let power = powers[3] * powers[k - 3];
                    for (m, g) in moments[k].iter_mut().zip(g) {
                        *m += g * power;
                    }
                }
            }
            let mut stacked = SMatrix::<f64, 12, 2>::zeros();
            for (k, cross) in cross.iter().enumerate() {
                stacked.fixed_rows_mut::<3>(3 * k).copy_from(cross);
            }
            out.normal -= stacked * stacked.transpose() / weight_sum;
            out.gradient -= stacked * sum / weight_sum;
            out.cost -= sum.norm_squared() / weight_sum;
            out.cost_under_old_weights -= old_sum.norm_squared() / old_weight_sum;
        }
        for j in 0..4 {
            let mut rows = out.gradient.fixed_rows_mut::<3>(3 * j);
            rows += gradient[j];
            for k in 0..4 {
                let [xx, xy, xz, yy, yz, zz] = moments[j + k];
                let mut block = out.normal.fixed_view_mut::<3, 3>(3 * j, 3 * k);
                block += Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz);
            }
        }
        out
    }
}

impl Freedom {
    /// Prior in units of its coefficient: (which, mean, precision).
    fn prior(&self, path: &Trajectory) -> Option<(usize, Vector3<f64>, Matrix3<f64>)> {
        let (k, prior, unit) = match self {
            Self::Acceleration(prior) => (2, prior.as_ref()?, 0.5 * path.scale_s.powi(2)),
            Self::Jerk(prior) => (3, prior.as_ref()?, path.scale_s.powi(3) / 6.0),
        };
        Some((k, prior.mean * unit, prior.precision / (unit * unit)))
    }

    fn cost(&self, path: &Trajectory) -> f64 {
        self.prior(path).map_or(0.0, |(k, mean, precision)| {
            let off = path.coefficients[k] - mean;
            off.dot(&(precision * off))
        })
    }

    /// The normal matrix with the prior in, and with what is not free pinned.
    pub(super) fn complete(&self, data: &Matrix12, path: &Trajectory) -> Matrix12 {
        let mut normal = *data;
        if let Some((k, _, precision)) = self.prior(path) {
            let mut block = normal.fixed_view_mut::<3, 3>(3 * k, 3 * k);
            block += precision;
        }
        if matches!(self, Self::Acceleration(_)) {
            normal.fixed_columns_mut::<3>(9).fill(0.0);
            normal.fixed_rows_mut::<3>(9).fill(0.0);
            normal.fixed_view_mut::<3, 3>(9, 9).copy_from(&Matrix3::identity());
        }
        normal
    }

    /// The prior's pull on the parameters at `path`.
    pub(super) fn prior_pull(&self, path: &Trajectory) -> SVector<f64, 12> {
        let mut pull = SVector::<f64, 12>::zeros();
        if let Some((k, mean, precision)) = self.prior(path) {
            pull.fixed_rows_mut::<3>(3 * k).copy_from(&(precision * (mean - path.coefficients[k])));
        }
        pull
    }

    fn step(
        &self,
        data: &Matrix12,
        gradient: &SVector<f64, 12>,
        path: &Trajectory,
        damping: f64,
    ) -> Option<SVector<f64, 12>> {
        let mut normal = self.complete(data, path);
        let mut right = gradient + self.prior_pull(path);
        if matches!(self, Self::Acceleration(_)) {
            right.fixed_rows_mut::<3>(9).fill(0.0);
        }
        for i in 0..12 {
            normal[(i, i)] *= 1.0 + damping;
        }
        let step = normal.cholesky()?.solve(&right);
        step.iter().all(|s| s.is_finite()).then_some(step)
    }
}

/// Observed minus predicted pixels; `None` behind the camera.
pub fn residual(camera: &Camera, path: &Trajectory, sample: &Sample) -> Option<Vector2<f64>> {
    camera.project(&path.point(sample.seconds)).map(|uv| sample.uv - uv)
}

fn weight_of(chi2: f64, gate: f64) -> f64 {
    if chi2 > gate {
        0.0
    } else if chi2 > HUBER * HUBER {
        HUBER / chi2.sqrt()
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::*;
    use crate::ids::EventNs;
    use crate::tracking::venue::Venue;

    const COMMON_PX: f64 = 0.1;

    fn flight() -> Trajectory {
        let (p, v, a) =
            (Vector3::new(-0.5, 27.0, 5.0), Vector3::new(4.0, -128.0, -10.0), Vector3::new(-8.0, 26.0, -16.0));
        Trajectory::new(EventNs(1_000_000_000), 0.2, p, v, a)
    }

    /// Noiseless pictures of a flight, every third frame, moved by `off` px in the first camera.
    fn film(cameras: &[Camera], path: &Trajectory, off: f64) -> Samples {
        let mut samples = Samples::with_capacity(2000, cameras.len());
        for (index, camera) in cameras.iter().enumerate() {
            for k in 0..40 {
                let seconds = -0.2 + 0.01 * f64::from(k) + 0.0007 * index as f64;
                let uv = camera.project(&path.point(seconds)).expect("in front");
                let off = if index == 0 { off } else { 0.0 };
                samples.push(index, Sample { seconds, uv: uv + Vector2::new(off, 0.0), variance: 0.25 });
            }
        }
        samples
    }

    #[test]
    fn the_moments_are_the_dense_normal_equations_with_the_offsets_marginalised() {
        let cameras: Vec<Camera> = Venue::busch_iii().cameras[..4].to_vec();
        let truth = flight();
        let mut samples = film(&cameras, &truth, 0.1);
        let mut step = SVector::<f64, 12>::zeros();
        step[2] = 1e-3;
        step[10] = -5e-4;
        let path = truth.stepped(&step);
        samples.weights_before = vec![0.0; samples.len()];
        samples.weights = vec![0.0; samples.len()];
        let pass = samples.pass(&cameras, &path, COMMON_PX, Some(9.21));
        // the oracle: covariance of a camera's stacked pixels is σ²I plus s² between equal axes
        let (mut normal, mut gradient, mut cost) = (DMatrix::zeros(12, 12), DMatrix::zeros(12, 1), 0.0);
        for group in samples.groups() {
            let rows = 2 * (group.to - group.from);
            let (mut jacobian, mut residuals) = (DMatrix::zeros(rows, 12), DMatrix::zeros(rows, 1));
            for (i, (sample, used)) in samples.of(group).enumerate() {
                assert!(used);
                let seen = cameras[group.camera].project_with_jacobian(&path.position(sample.seconds)).expect("seen");
                for axis in 0..2 {
                    residuals[(2 * i + axis, 0)] = sample.uv[axis] - seen.uv[axis];
                    for k in 0..12 {
                        let power = (sample.seconds / path.scale_s).powi(k / 3);
                        jacobian[(2 * i + axis, k as usize)] = seen.jacobian[(axis, k as usize % 3)] * power;
                    }
                }
            }
            let covariance = DMatrix::from_fn(rows, rows, |i, j| {
                let common = if i % 2 == j % 2 { COMMON_PX * COMMON_PX } else { 0.0 };
                common + if i == j { 0.25 } else { 0.0 }
            });
            let weight = covariance.try_inverse().expect("positive");
            normal += jacobian.transpose() * &weight * &jacobian;
            gradient += jacobian.transpose() * &weight * &residuals;
            cost += (residuals.transpose() * &weight * &residuals)[(0, 0)];
        }
        let scale = normal.amax();
        for i in 0..12 {
            assert!((pass.gradient[i] - gradient[(i, 0)]).abs() < 1e-9 * gradient.amax());
            for j in 0..12 {
                assert!((pass.normal[(i, j)] - normal[(i, j)]).abs() < 1e-10 * scale, "({i}, {j})");
            }
        }
        assert!((pass.cost - cost).abs() < 1e-9 * cost);
    }

    #[test]
    fn a_flight_is_found_back_from_a_foot_away() {
        let cameras: Vec<Camera> = Venue::busch_iii().cameras[..5].to_vec();
        let truth = flight();
        let mut samples = film(&cameras, &truth, 0.0);
        let mut start = truth;
        start.coefficients[0] += Vector3::new(0.5, -0.7, 0.6);
        let found = samples.fit(&cameras, &start, &Freedom::Jerk(None), COMMON_PX, f64::INFINITY).expect("determined");
        for k in 0..4 {
            assert!((found.path.coefficients[k] - truth.coefficients[k]).norm() < 1e-6, "{k}");
        }
        let nine = samples.fit_nine(&cameras, &found, COMMON_PX).expect("determined");
        assert!((nine.coefficients[2] - truth.coefficients[2]).norm() < 1e-6);
    }

    #[test]
    fn one_camera_determines_no_flight() {
        let cameras: Vec<Camera> = Venue::busch_iii().cameras[..1].to_vec();
        let truth = flight();
        let mut samples = film(&cameras, &truth, 0.0);
        let found = samples.fit(&cameras, &truth, &Freedom::Jerk(None), COMMON_PX, 9.21);
        assert!(found.is_none_or(|f| {
            let free = f.normal.symmetric_eigenvalues();
            free.min() < 1e-9 * free.max()
        }));
    }
}
