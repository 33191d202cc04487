//! What one pitch says about the cameras that saw it (science.md §2).
//!
//! # The linear problem
//! Near the fitted flight θ̂ an observation i of camera c is off by `r_i = A_i·δθ + G_i·d_c + e_c + noise`. δθ is what the flight
//! really differs from θ̂ (twelve parameters, with the jerk's prior), `d_c = (dx, dy, φ, s, τ)` what the camera differs from its
//! corrected model, and `e_c` the offset that a camera's pixels share for this one pitch only. G holds the similarity about
//! the principal point, `r_x = dx − v·φ + u·s`, `r_y = dy + u·φ + v·s`, and minus the image velocity for τ: a clock that is
//! ahead by τ stamps a picture with a time at which the ball has already moved on.
//!
//! The sums kept here are those of the normal equations with plain weights 1/σ², from residuals *before* any gate: the
//! gate takes most of a camera that is 2 px off, and the fit that used the rest is bent. θ̂ is only the point of
//! linearisation, so neither matters. [`RigEvidence::information`] marginalises `e_c` and then δθ (Schur complements): what
//! is left is how all cameras' errors together are seen in this pitch, each one's pull on the flight included.
//!
//! A stray thing near the flight in one picture is left out by distance from the camera's own median; a camera whose
//! pixels scatter by more than they state is weighted by what they do.

use nalgebra::{DMatrix, DVector, Matrix2, Matrix5, SMatrix, SVector, Vector2, Vector5};

use super::camera::Camera;
use super::correction::CameraCorrection;
use super::fit::{Freedom, Matrix12, Samples};
use super::flight::Flight;
use super::quantities::PLATE_FRONT_FT;
use super::trajectory::Trajectory;
use crate::ids::{EventNs, MoundId, PitchId};

/// Errors of one camera: dx, dy (px), φ (rad), s, τ (s).
pub const PARAMETERS: usize = 5;

/// What one unit of each error is in the evidence, so that each moves pixels by about one: px, px, mrad, thousandth, 100 µs.
pub const UNITS: [f64; PARAMETERS] = [1.0, 1.0, 1e-3, 1e-3, 1e-4];

/// A camera with fewer usable observations says nothing.
const OBSERVATIONS_MIN: usize = 6;
/// Strays are farther from the median than this, in standard deviations.
const STRAY_SD: f64 = 6.0;
/// From median absolute deviation to standard deviation.
const MAD_TO_SD: f64 = 1.4826;

/// 2×5: pixels by unit errors.
pub type Basis = SMatrix<f64, 2, PARAMETERS>;

/// What one pitch says about its cameras.
#[derive(Debug, Clone, PartialEq)]
pub struct RigEvidence {
    /// Which pitch.
    pub pitch: PitchId,
    /// Where it was thrown.
    pub mound: MoundId,
    /// Event time of its release.
    pub release: EventNs,
    /// Whether it is an ordinary pitch without a flag.
    pub accepted: bool,
    /// Standard deviation of its place at the plate, the worse of both axes, inches.
    pub plate_sd_in: f64,
    /// Cameras that saw enough of it, in the order of the mound's cameras.
    pub cameras: Vec<CameraEvidence>,
    normal: Matrix12,
    gradient: SVector<f64, 12>,
    /// Inches at the plate's front by flight parameters.
    plate: SMatrix<f64, 2, 12>,
}

/// One camera's part.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraEvidence {
    /// Source id.
    pub camera: u8,
    /// The correction of the model that the residuals are relative to.
    pub correction: CameraCorrection,
    /// Usable observations.
    pub observations: u16,
    /// Observations near the flight that the fit did not use.
    pub gated: u16,
    /// Mean residual, px.
    pub mean_px: [f64; 2],
    /// Root mean square around that mean, per axis, px.
    pub scatter_px: f64,
    /// The same as stated by the camera, px.
    pub stated_px: f64,
    /// Centre of the track, px from the principal point.
    pub track_px: [f64; 2],
    /// Largest distance of the track from its centre, px.
    pub reach_px: f64,
    /// Mean image velocity, px/s.
    pub velocity_px_s: [f64; 2],
    block: Matrix5<f64>,
    pull: Vector5<f64>,
    cross: SMatrix<f64, 12, PARAMETERS>,
}

/// Information about the errors of all cameras of a pitch, five by five in the order of [`RigEvidence::cameras`], in [`UNITS`].
#[derive(Debug, Clone)]
pub struct Information {
    /// Inverse covariance; singular along what a flight can take up.
    pub matrix: DMatrix<f64>,
    /// Matrix times the errors that were seen.
    pub pull: DVector<f64>,
    /// What the errors move a fit that knows nothing of them, inches at the plate's front (x, z).
    pub plate: DMatrix<f64>,
}

/// Pixels by unit errors at a pixel (from the principal point) that moves at this image velocity (px/s).
pub fn basis(from_centre: Vector2<f64>, velocity_px_s: Vector2<f64>) -> Basis {
    let (u, v) = (from_centre.x, from_centre.y);
    let turn = UNITS[2];
    let clock = -velocity_px_s * UNITS[4];
    Basis::new(1.0, 0.0, -v * turn, u * turn, clock.x, 0.0, 1.0, u * turn, v * turn, clock.y)
}

/// What the observations of a measured flight say. `None` where the flight does not reach the plate or no camera says anything.
pub fn evidence(samples: &Samples, cameras: &[Camera], flight: &Flight, told: &Told) -> Option<RigEvidence> {
    let path = &flight.path;
    let freedom = Freedom::Jerk(Some(flight.prior));
    let mut normal = freedom.complete(&Matrix12::zeros(), path);
    let mut gradient = freedom.prior_pull(path);
    let mut parts = Vec::with_capacity(samples.groups().len());
    for group in samples.groups() {
        let camera = &cameras[group.camera];
        let seen: Vec<Seen> = samples
            .seen_by(group)
            .iter()
            .filter_map(|sample| {
                let at = camera.project_with_jacobian(&path.position(sample.seconds))?;
                let tau = sample.seconds / path.scale_s;
                Some(Seen {
                    residual: sample.uv - at.uv,
                    from_centre: camera.from_centre(at.uv),
                    velocity: at.jacobian * path.velocity(sample.seconds),
                    jacobian: at.jacobian,
                    tau,
                    variance: sample.variance,
                })
            })
            .collect();
        if let Some((mut part, own_normal, own_gradient)) = part(camera, &seen) {
            let residual = flight.residuals.iter().find(|r| r.camera == camera.id);
            part.gated = residual.map_or(0, |r| r.gated);
            normal += own_normal;
            gradient += own_gradient;
            parts.push(part);
        }
    }
    (!parts.is_empty()).then_some(())?;
    Some(RigEvidence {
        pitch: told.pitch,
        mound: told.mound,
        release: told.release,
        accepted: told.accepted,
        plate_sd_in: told.plate_sd_in,
        cameras: parts,
        normal,
        gradient,
        plate: plate_by_flight(path)?,
    })
}

/// What the evidence repeats of the pitch.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Which pitch.
    pub pitch: PitchId,
    /// Where it was thrown.
    pub mound: MoundId,
    /// Event time of its release.
    pub release: EventNs,
    /// Whether it is an ordinary pitch without a flag.
    pub accepted: bool,
    /// Standard deviation of its place at the plate, inches.
    pub plate_sd_in: f64,
}

/// One observation, linearised.
struct Seen {
    residual: Vector2<f64>,
    from_centre: Vector2<f64>,
    velocity: Vector2<f64>,
    jacobian: SMatrix<f64, 2, 3>,
    tau: f64,
    variance: f64,
}

/// A camera's sums, and its part of the flight's.
fn part(camera: &Camera, seen: &[Seen]) -> Option<(CameraEvidence, Matrix12, SVector<f64, 12>)> {
    if seen.len() < OBSERVATIONS_MIN {
        return None;
    }
    let centre = Vector2::new(median(seen, |s| s.residual.x), median(seen, |s| s.residual.y));
    let spread = MAD_TO_SD
        * median(seen, |s| (s.residual.x - centre.x).abs()).max(median(seen, |s| (s.residual.y - centre.y).abs()));
    let near = |s: &&Seen| (s.residual - centre).norm_squared() <= STRAY_SD.powi(2) * s.variance.max(spread * spread);
    let kept = || seen.iter().filter(near);
    let count = kept().count();
    if count < OBSERVATIONS_MIN || 2 * count < seen.len() {
        return None;
    }
    let share = (count as f64).recip();
    let mean = |of: fn(&Seen) -> Vector2<f64>| kept().map(of).sum::<Vector2<f64>>() * share;
    let mean_px = mean(|s| s.residual);
    let track = mean(|s| s.from_centre);
    let stated = kept().map(|s| s.variance).sum::<f64>() * share;
    let scatter = kept().map(|s| (s.residual - mean_px).norm_squared()).sum::<f64>() * 0.5 * share;
    let trust = (stated / scatter.max(f64::MIN_POSITIVE)).min(1.0);
    let mut part = CameraEvidence {
        camera: camera.id,
        correction: *camera.correction(),
        observations: count.min(usize::from(u16::MAX)) as u16,
        gated: 0,
        mean_px: mean_px.into(),
        scatter_px: scatter.sqrt(),
        stated_px: stated.sqrt(),
        track_px: track.into(),
        reach_px: kept().map(|s| (s.from_centre - track).norm()).fold(0.0, f64::max),
        velocity_px_s: mean(|s| s.velocity).into(),
        block: Matrix5::zeros(),
        pull: Vector5::zeros(),
        cross: SMatrix::zeros(),
    };
    let (mut normal, mut gradient) = (Matrix12::zeros(), SVector::<f64, 12>::zeros());
    for s in kept() {
        let weight = trust / s.variance;
        let basis = basis(s.from_centre, s.velocity);
        let weighted = basis.transpose() * weight;
        part.block += weighted * basis;
        part.pull += weighted * s.residual;
        let mut rows = SMatrix::<f64, 2, 12>::zeros();
        let mut power = 1.0;
        for k in 0..4 {
            rows.fixed_columns_mut::<3>(3 * k).copy_from(&(s.jacobian * power));
            power *= s.tau;
        }
        let weighted = rows.transpose() * weight;
        part.cross += weighted * basis;
        normal += weighted * rows;
        gradient += weighted * s.residual;
    }
    Some((part, normal, gradient))
}

fn median(seen: &[Seen], of: impl Fn(&Seen) -> f64) -> f64 {
    let mut values: Vec<f64> = seen.iter().map(of).collect();
    let half = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(half, f64::total_cmp).1 }
}

/// Inches at the plate's front by flight parameters: the place at a fixed time, less what the time of the crossing moves.
fn plate_by_flight(path: &Trajectory) -> Option<SMatrix<f64, 2, 12>> {
    let seconds = path.seconds_at_y(PLATE_FRONT_FT)?;
    let velocity = path.velocity(seconds);
    let (slope_x, slope_z) = (velocity.x / velocity.y, velocity.z / velocity.y);
    let tau = seconds / path.scale_s;
    let mut plate = SMatrix::zeros();
    let mut inches = 12.0;
    for k in 0..4 {
        plate[(0, 3 * k)] = inches;
        plate[(1, 3 * k + 2)] = inches;
        plate[(0, 3 * k + 1)] = -inches * slope_x;
        plate[(1, 3 * k + 1)] = -inches * slope_z;
        inches *= tau;
    }
    Some(plate)
}

impl RigEvidence {
    /// The information about all cameras' errors with the flight and each camera's common offset marginalised;
    /// `common_variance` gives that offset's variance by source, px². `None` where the flight is not determined at all.
    pub fn information(&self, common_variance: impl Fn(u8) -> f64) -> Option<Information> {
        let size = PARAMETERS * self.cameras.len();
        let (mut matrix, mut pull) = (DMatrix::zeros(size, size), DVector::zeros(size));
        let mut cross = SMatrixX::zeros(size);
        let (mut normal, mut gradient) = (self.normal, self.gradient);
        for (at, part) in self.cameras.iter().enumerate() {
            let variance = common_variance(part.camera).max(1e-9);
            let offset: Matrix2<f64> = part.block.fixed_view::<2, 2>(0, 0) + Matrix2::identity() / variance;
            let inverse = offset.try_inverse()?;
            let (block_rows, cross_columns) =
                (part.block.fixed_rows::<2>(0).into_owned(), part.cross.fixed_columns::<2>(0).into_owned());
            let pulled = inverse * part.pull.fixed_rows::<2>(0);
            let at = at * PARAMETERS;
            let block = part.block - block_rows.transpose() * inverse * block_rows;
            matrix.fixed_view_mut::<PARAMETERS, PARAMETERS>(at, at).copy_from(&block);
            pull.fixed_rows_mut::<PARAMETERS>(at).copy_from(&(part.pull - block_rows.transpose() * pulled));
            cross.0.fixed_columns_mut::<PARAMETERS>(at).copy_from(&(part.cross - cross_columns * inverse * block_rows));
            normal -= cross_columns * inverse * cross_columns.transpose();
            gradient -= cross_columns * pulled;
        }
        let flight = normal.cholesky()?;
        let gain = flight.solve(&cross.0);
        let transposed = cross.0.transpose();
        matrix -= &transposed * &gain;
        pull -= &transposed * flight.solve(&gradient);
        let matrix = (&matrix + matrix.transpose()) * 0.5;
        let plate = self.plate * gain;
        let finite = matrix.iter().chain(pull.iter()).all(|x| x.is_finite());
        finite.then(|| Information { matrix, pull, plate: DMatrix::from_iterator(2, size, plate.iter().copied()) })
    }
}

/// Twelve rows, as many columns as the cameras need.
struct SMatrixX(nalgebra::OMatrix<f64, nalgebra::Const<12>, nalgebra::Dyn>);

impl SMatrixX {
    fn zeros(columns: usize) -> Self {
        Self(nalgebra::OMatrix::<f64, nalgebra::Const<12>, nalgebra::Dyn>::zeros(columns))
    }
}

impl CameraEvidence {
    /// Pixels by unit errors at the track's centre.
    pub fn basis(&self) -> Basis {
        basis(Vector2::from(self.track_px), Vector2::from(self.velocity_px_s))
    }
}
