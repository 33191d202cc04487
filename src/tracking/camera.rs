//! The camera model (science.md §2): a pinhole with Brown–Conrady distortion.
//!
//! `x_cam = R·(X − position)`, camera x right, y down, z forward. `(x', y') = distort(x/z, y/z)`,
//! `u = focal_px·x' + principal_px[0]`, `v` likewise. The distortion polynomial folds far-off points back into the
//! picture, so a point counts as seen only where its undistorted radius is inside the image.
//!
//! A [`CameraCorrection`] is applied last, as a similarity about the principal point: `(u, v) = lens·(x', y') + centre`.

use nalgebra::{
    Matrix2, Matrix2x3, Matrix2x6, Matrix3, Point3, Quaternion, Rotation3, UnitQuaternion, Vector2, Vector3,
};

use super::correction::CameraCorrection;

/// One camera of the rig, ready to project.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// Source id of its frames, 1–39.
    pub id: u8,
    /// The stadium's name for it.
    pub name: String,
    /// Frames per second.
    pub fps: f64,
    /// Picture size in pixels, width and height.
    pub image_px: [f64; 2],
    /// Where it stands, feet, field frame.
    pub position_ft: Vector3<f64>,
    /// Rotation of the field frame into the camera's.
    pub rotation: Matrix3<f64>,
    /// Focal length in pixels.
    pub focal_px: f64,
    /// Principal point in pixels.
    pub principal_px: Vector2<f64>,
    /// Brown–Conrady `[k1, k2, p1, p2, k3]`.
    pub distortion: [f64; 5],
    /// Largest undistorted radius (in focal lengths) that still belongs to the image.
    radius_max: f64,
    correction: CameraCorrection,
    /// Position and rotation without correction.
    surveyed: (Vector3<f64>, Matrix3<f64>),
    /// Axes (columns) and origin in the field frame of the frame that it stands in.
    frame: (Matrix3<f64>, Vector3<f64>),
    /// Distorted coordinates (focal lengths) to pixels: the focal length, turned and scaled by the correction.
    lens: Matrix2<f64>,
    /// Its inverse.
    lens_inverse: Matrix2<f64>,
    /// The principal point, moved by the correction, pixels.
    centre: Vector2<f64>,
}

/// A projection and its derivative with respect to the point.
#[derive(Debug, Clone, Copy)]
pub struct Projection {
    /// Pixels.
    pub uv: Vector2<f64>,
    /// ∂(u, v)/∂(x, y, z), pixels per foot.
    pub jacobian: Matrix2x3<f64>,
}

impl Camera {
    /// A camera from the venue file's values; `rotation_wxyz` is a unit quaternion.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        id: u8,
        name: String,
        fps: f64,
        image_px: [f64; 2],
        position_ft: [f64; 3],
        rotation_wxyz: [f64; 4],
        focal_px: f64,
        principal_px: [f64; 2],
        distortion: [f64; 5],
    ) -> Self {
        let [w, x, y, z] = rotation_wxyz;
        let rotation = UnitQuaternion::from_quaternion(Quaternion::new(w, x, y, z)).to_rotation_matrix().into_inner();
        let mut camera = Self {
            id,
            name,
            fps,
            image_px,
            position_ft: Vector3::from(position_ft),
            rotation,
            focal_px,
            principal_px: Vector2::from(principal_px),
            distortion,
            radius_max: f64::INFINITY,
            correction: CameraCorrection::default(),
            surveyed: (Vector3::from(position_ft), rotation),
            frame: (Matrix3::identity(), Vector3::zeros()),
            lens: Matrix2::identity() * focal_px,
            lens_inverse: Matrix2::identity() / focal_px,
            centre: Vector2::from(principal_px),
        };
        let corners = [[0.0, 0.0], [image_px[0], 0.0], [0.0, image_px[1]], image_px];
        camera.radius_max = corners.iter().map(|c| camera.undistort(Vector2::from(*c)).norm()).fold(0.0, f64::max);
        camera
    }

    /// Its model in numbers: equal where it maps every point to the same pixel and moment.
    pub(super) fn model(&self) -> Vec<f64> {
        let Self { position_ft, rotation, distortion, lens, centre, .. } = self;
        let parts = [position_ft.as_slice(), rotation.as_slice(), distortion, lens.as_slice(), centre.as_slice()];
        parts.into_iter().flatten().copied().chain([self.clock_offset_s()]).collect()
    }

    /// What was last set with [`correct`](Self::correct).
    pub fn correction(&self) -> &CameraCorrection {
        &self.correction
    }

    /// Replaces the correction of the model. One that is no small similarity (not finite, or half the picture away) is
    /// refused with `false`.
    pub fn correct(&mut self, correction: &CameraCorrection) -> bool {
        let lens = correction.similarity() * self.focal_px;
        let Some(inverse) = lens.try_inverse().filter(|_| correction.is_plausible()) else { return false };
        self.correction = *correction;
        (self.lens, self.lens_inverse) = (lens, inverse);
        self.centre = self.principal_px + Vector2::new(correction.dx_px, correction.dy_px);
        let (axes, origin) = &self.frame;
        let turned = Vector3::from(correction.rig_rad);
        let of_origin = Rotation3::new(turned) * origin - origin;
        let moved = axes.transpose() * (Vector3::from(correction.rig_ft) + of_origin);
        let turn = Rotation3::new(axes.transpose() * turned);
        self.position_ft = turn * self.surveyed.0 + moved;
        self.rotation = self.surveyed.1 * turn.matrix().transpose();
        true
    }

    /// The same camera in a frame with these axes (columns) and origin in the field frame.
    #[must_use]
    pub fn in_frame(&self, axes: &Matrix3<f64>, origin: &Vector3<f64>) -> Self {
        let mut local = self.clone();
        local.surveyed = (axes.transpose() * (self.surveyed.0 - origin), self.surveyed.1 * axes);
        local.frame = (*axes, *origin);
        local.correct(&self.correction);
        local
    }

    /// Pixels of a point by a motion of the camera, in the frame that it stands in: three ft, three rad about its origin.
    /// `None` behind the camera.
    pub fn by_motion(&self, point: &Vector3<f64>) -> Option<Matrix2x6<f64>> {
        let seen = self.project_with_jacobian(point)?;
        let mut motion = Matrix2x6::zeros();
        motion.fixed_columns_mut::<3>(0).copy_from(&-seen.jacobian);
        motion.fixed_columns_mut::<3>(3).copy_from(&(seen.jacobian * point.cross_matrix()));
        Some(motion)
    }

    /// How far the camera's clock is ahead, as corrected, seconds: an exposure happened this much before its time stamp.
    pub fn clock_offset_s(&self) -> f64 {
        self.correction.clock_offset_ns * 1e-9
    }

    /// Pixels from the principal point, as the correction's roll and scale act on them.
    pub fn from_centre(&self, uv: Vector2<f64>) -> Vector2<f64> {
        uv - self.centre
    }

    /// Pixels of a field point in feet, whatever is in the way; `None` behind the camera.
    pub fn project(&self, point: &Point3<f64>) -> Option<Vector2<f64>> {
        let c = self.rotation * (point.coords - self.position_ft);
        (c.z > 1e-6).then(|| self.lens * self.distort(c.x / c.z, c.y / c.z) + self.centre)
    }

    /// Pixels of a field point and their derivative; `None` behind the camera.
    pub fn project_with_jacobian(&self, point: &Vector3<f64>) -> Option<Projection> {
        let c = self.rotation * (point - self.position_ft);
        if c.z <= 1e-6 {
            return None;
        }
        let (iz, x, y) = (1.0 / c.z, c.x / c.z, c.y / c.z);
        let [k1, k2, p1, p2, k3] = self.distortion;
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        let slope = 2.0 * (k1 + r2 * (2.0 * k2 + 3.0 * r2 * k3));
        let xd = x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x);
        let yd = y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y;
        let dxx = radial + x * x * slope + 2.0 * p1 * y + 6.0 * p2 * x;
        let dxy = x * y * slope + 2.0 * p1 * x + 2.0 * p2 * y;
        let dyy = radial + y * y * slope + 6.0 * p1 * y + 2.0 * p2 * x;
        let normalised = Matrix2x3::new(iz, 0.0, -x * iz, 0.0, iz, -y * iz);
        let distorted = Matrix2::new(dxx, dxy, dxy, dyy);
        let jacobian = (self.lens * distorted) * (normalised * self.rotation);
        Some(Projection { uv: self.lens * Vector2::new(xd, yd) + self.centre, jacobian })
    }

    /// Pixels of a field point if the camera sees it: in front, and inside the image before and after distortion.
    pub fn sees(&self, point: &Point3<f64>) -> Option<Vector2<f64>> {
        let c = self.rotation * (point.coords - self.position_ft);
        if c.z <= 1e-6 || (c.x / c.z).hypot(c.y / c.z) > self.radius_max {
            return None;
        }
        let uv = self.lens * self.distort(c.x / c.z, c.y / c.z) + self.centre;
        let inside = (0.0..self.image_px[0]).contains(&uv.x) && (0.0..self.image_px[1]).contains(&uv.y);
        inside.then_some(uv)
    }

    /// Undistorted image coordinates (focal lengths) of a pixel, by fixed-point iteration.
    pub fn undistort(&self, uv: Vector2<f64>) -> Vector2<f64> {
        let target = self.lens_inverse * (uv - self.centre);
        let mut n = target;
        for _ in 0..12 {
            let step = self.distort(n.x, n.y) - target;
            n -= step;
            if step.norm_squared() < 1e-24 {
                break;
            }
        }
        n
    }

    /// Diameter in pixels of a ball (2.9 in across, [`BALL_DIAMETER_FT`]) at a point.
    pub fn ball_diameter_px(&self, point: &Point3<f64>) -> f64 {
        self.focal_px * BALL_DIAMETER_FT / (self.rotation * (point.coords - self.position_ft)).z
    }

    fn distort(&self, x: f64, y: f64) -> Vector2<f64> {
        let [k1, k2, p1, p2, k3] = self.distortion;
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        Vector2::new(
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        )
    }
}

/// Diameter of a baseball of 9.125 in circumference (science.md §1), feet.
pub const BALL_DIAMETER_FT: f64 = 9.125 / std::f64::consts::PI / 12.0;

#[cfg(test)]
mod tests {
    use nalgebra::Vector6;

    use super::*;
    use crate::tracking::venue::Venue;

    #[test]
    fn the_analytic_derivative_agrees_with_differences() {
        for camera in &Venue::busch_iii().cameras {
            let mound = Venue::busch_iii()
                .mound_of(camera.id)
                .expect("every camera has a mound")
                .to_field(&Point3::new(0.3, 30.0, 4.0));
            let at = camera.project_with_jacobian(&mound.coords).expect("in front");
            for axis in 0..3 {
                let mut step = Vector3::zeros();
                step[axis] = 1e-5;
                let ahead = camera.project(&(mound + step)).expect("in front");
                let behind = camera.project(&(mound - step)).expect("in front");
                let slope = (ahead - behind) / 2e-5;
                assert!(
                    (slope - at.jacobian.column(axis)).norm() < 1e-4 * camera.focal_px.max(1.0) / 100.0,
                    "camera {}",
                    camera.id
                );
            }
        }
    }

    #[test]
    fn undistorting_a_projection_gives_the_ray_back() {
        for camera in &Venue::busch_iii().cameras {
            let uv = Vector2::new(100.0, 2000.0);
            let n = camera.undistort(uv);
            assert!((camera.distort(n.x, n.y) * camera.focal_px + camera.principal_px - uv).norm() < 1e-6);
        }
    }

    #[test]
    fn a_correction_moves_turns_and_scales_about_the_principal_point_and_back() {
        let mut camera = Venue::busch_iii().cameras[0].clone();
        let point = Point3::new(0.3, 30.0, 4.0);
        let before = camera.project(&point).expect("in front");
        let q = camera.from_centre(before);
        let correction = CameraCorrection {
            version: 1,
            dx_px: 2.0,
            dy_px: -1.0,
            roll_rad: 1e-3,
            scale: 5e-4,
            clock_offset_ns: 200_000.0,
            ..CameraCorrection::default()
        };
        assert!(camera.correct(&correction));
        let moved = camera.project(&point).expect("in front") - before;
        assert!((moved.x - (2.0 - q.y * 1e-3 + q.x * 5e-4)).abs() < 1e-6);
        assert!((moved.y - (-1.0 + q.x * 1e-3 + q.y * 5e-4)).abs() < 1e-6);
        let uv = camera.project(&point).expect("in front");
        let n = camera.undistort(uv);
        assert!((camera.lens * camera.distort(n.x, n.y) + camera.centre - uv).norm() < 1e-6);
        let wild = CameraCorrection { scale: f64::NAN, ..correction };
        assert!(!camera.correct(&wild) && camera.correction() == &correction);
    }

    #[test]
    fn a_moved_rig_sees_the_park_move_the_other_way_in_every_mounds_frame() {
        let venue = Venue::busch_iii();
        let correction = CameraCorrection {
            rig_ft: [0.02, -0.01, 0.03],
            rig_rad: [1e-4, -2e-4, 5e-4],
            ..CameraCorrection::default()
        };
        let (moved, turned) = (Vector3::from(correction.rig_ft), Rotation3::new(Vector3::from(correction.rig_rad)));
        for still in &venue.cameras {
            let mound = venue.mound_of(still.id).expect("every camera has a mound");
            let (mut field, mut local) = (still.clone(), mound.localise(still));
            assert!(field.correct(&correction) && local.correct(&correction));
            let point = Point3::new(0.2, 30.0, 4.0);
            let in_field = mound.to_field(&point);
            let uv = field.project(&in_field).expect("in front");
            assert!((local.project(&point).expect("in front") - uv).norm() < 1e-6, "camera {}", still.id);
            let other_way = turned.inverse() * (in_field - moved);
            assert!((still.project(&other_way).expect("in front") - uv).norm() < 1e-6);
            let step = Vector6::new(0.02, -0.01, 0.03, 1e-4, -2e-4, 5e-4);
            let linear = still.by_motion(&in_field.coords).expect("in front") * step;
            assert!((still.project(&in_field).expect("in front") + linear - uv).norm() < 0.05 * linear.norm());
        }
    }

    #[test]
    fn every_pitch_camera_of_the_reference_rig_sees_the_pitch() {
        let venue = Venue::busch_iii();
        for camera in venue.cameras.iter().filter(|c| c.id <= 5) {
            for y in [2.0, 20.0, 40.0, 54.0] {
                assert!(camera.sees(&Point3::new(0.0, y, 4.0)).is_some(), "camera {} at y = {y} ft", camera.id);
            }
        }
    }
}
