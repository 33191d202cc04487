//! What goes wrong with the rig while its model stays as calibrated: cameras that drift or are knocked, a rig that
//! moves as a whole, clocks that are off, cameras that ail. It changes what the cameras see and nothing that is thrown.

use nalgebra::{Point3, Rotation3, Vector2, Vector3};

use crate::ids::MoundId;
use crate::tracking::camera::Camera;
use crate::tracking::venue::Mound;

/// Seconds of an hour.
const HOUR_S: f64 = 3600.0;

/// Everything that is wrong with the rig. `Default` is nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults {
    /// Cameras whose picture moves slowly; several of one camera add up.
    pub drifts: Vec<Drift>,
    /// Cameras whose picture jumps; several of one camera add up.
    pub knocks: Vec<Knock>,
    /// Rigs that move as a whole; the first of a mound counts.
    pub displacements: Vec<Displacement>,
    /// Cameras whose clock is off without their knowing it.
    pub clocks: Vec<ClockFault>,
    /// Cameras whose HEALTH gets worse.
    pub ailments: Vec<Ailment>,
}

/// A camera whose picture moves steadily: pixels seen are the model's plus the drift state of science.md §2.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Drift {
    /// Source.
    pub camera: u8,
    /// Seconds after the start.
    pub from_s: f64,
    /// To the picture's right, px an hour.
    pub dx_px_per_h: f64,
    /// Down, px an hour.
    pub dy_px_per_h: f64,
    /// About the principal point, from right to down, rad an hour.
    pub roll_rad_per_h: f64,
    /// Growth of the picture, share an hour.
    pub scale_per_h: f64,
}

/// A camera that is knocked: its picture is elsewhere from then on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knock {
    /// Source.
    pub camera: u8,
    /// Seconds after the start.
    pub at_s: f64,
    /// To the picture's right, px.
    pub dx_px: f64,
    /// Down, px.
    pub dy_px: f64,
}

/// All cameras of a mound moved as one body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Displacement {
    /// Whose cameras.
    pub mound: MoundId,
    /// Seconds after the start.
    pub at_s: f64,
    /// In the field frame, feet.
    pub translation_ft: [f64; 3],
    /// About the mound's plate, a rotation vector in the field frame, rad.
    pub rotation_rad: [f64; 3],
}

/// A clock that is off while HEALTH says that it is right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockFault {
    /// Source.
    pub camera: u8,
    /// The camera's time less the true time, µs.
    pub offset_us: f64,
}

/// A camera that gets worse by the hour, as its HEALTH tells.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ailment {
    /// Source.
    pub camera: u8,
    /// Seconds after the start.
    pub from_s: f64,
    /// °C an hour.
    pub temperature_c_per_h: f64,
    /// g rms an hour.
    pub vibration_g_per_h: f64,
    /// Frames that it drops an hour.
    pub dropped_per_h: f64,
    /// Offset of its clock that it knows of, ns an hour.
    pub clock_ns_per_h: f64,
}

impl Faults {
    /// With a camera that drifts, too.
    #[must_use]
    pub fn drift(mut self, drift: Drift) -> Self {
        self.drifts.push(drift);
        self
    }

    /// With a camera that is knocked, too.
    #[must_use]
    pub fn knock(mut self, knock: Knock) -> Self {
        self.knocks.push(knock);
        self
    }

    /// With a rig that moves, too.
    #[must_use]
    pub fn displacement(mut self, displacement: Displacement) -> Self {
        self.displacements.push(displacement);
        self
    }

    /// With a clock that is off, too.
    #[must_use]
    pub fn clock(mut self, camera: u8, offset_us: f64) -> Self {
        self.clocks.push(ClockFault { camera, offset_us });
        self
    }

    /// With a camera that ails, too.
    #[must_use]
    pub fn ailment(mut self, ailment: Ailment) -> Self {
        self.ailments.push(ailment);
        self
    }

    /// Sources of the cameras that a fault names.
    pub fn cameras(&self) -> impl Iterator<Item = u8> {
        let moved = self.drifts.iter().map(|d| d.camera).chain(self.knocks.iter().map(|k| k.camera));
        moved.chain(self.clocks.iter().map(|c| c.camera)).chain(self.ailments.iter().map(|a| a.camera))
    }

    /// What is wrong with one camera.
    pub(super) fn of(&self, camera: u8) -> CameraFaults {
        CameraFaults {
            drifts: self.drifts.iter().copied().filter(|d| d.camera == camera).collect(),
            knocks: self.knocks.iter().copied().filter(|k| k.camera == camera).collect(),
            ailments: self.ailments.iter().copied().filter(|a| a.camera == camera).collect(),
            clock_ns: self.clocks.iter().filter(|c| c.camera == camera).map(|c| c.offset_us * 1e3).sum::<f64>() as i64,
        }
    }
}

/// The part of the faults that is one camera's.
#[derive(Debug, Clone)]
pub(super) struct CameraFaults {
    drifts: Vec<Drift>,
    knocks: Vec<Knock>,
    ailments: Vec<Ailment>,
    /// The camera's time less the true time, ns.
    pub(super) clock_ns: i64,
}

impl CameraFaults {
    /// Where the camera sees what its model has at `uv`, `at_s` seconds after the start.
    pub(super) fn shifted(&self, camera: &Camera, uv: Vector2<f64>, at_s: f64) -> Vector2<f64> {
        let (mut shift, mut roll, mut scale) = (Vector2::zeros(), 0.0, 0.0);
        for drift in &self.drifts {
            let hours = (at_s - drift.from_s).max(0.0) / HOUR_S;
            shift += Vector2::new(drift.dx_px_per_h, drift.dy_px_per_h) * hours;
            roll += drift.roll_rad_per_h * hours;
            scale += drift.scale_per_h * hours;
        }
        for knock in self.knocks.iter().filter(|k| at_s >= k.at_s) {
            shift += Vector2::new(knock.dx_px, knock.dy_px);
        }
        let from = uv - camera.principal_px;
        uv + shift + Vector2::new(-from.y, from.x) * roll + from * scale
    }

    /// The sum of its ailments so far: their `*_per_h` fields as totals.
    pub(super) fn ailing(&self, at_s: f64) -> Ailment {
        let mut sum = Ailment::default();
        for ailment in &self.ailments {
            let hours = (at_s - ailment.from_s).max(0.0) / HOUR_S;
            sum.temperature_c_per_h += ailment.temperature_c_per_h * hours;
            sum.vibration_g_per_h += ailment.vibration_g_per_h * hours;
            sum.dropped_per_h += ailment.dropped_per_h * hours;
            sum.clock_ns_per_h += ailment.clock_ns_per_h * hours;
        }
        sum
    }
}

impl Displacement {
    /// A camera of the mound as it stands after the displacement.
    pub(super) fn moved(&self, mound: &Mound, camera: &Camera) -> Camera {
        let rotation = Rotation3::new(Vector3::from(self.rotation_rad));
        let plate = mound.to_field(&Point3::origin()).coords;
        let mut moved = camera.clone();
        moved.position_ft = rotation * (camera.position_ft - plate) + plate + Vector3::from(self.translation_ft);
        moved.rotation = camera.rotation * rotation.inverse().matrix();
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::venue::Venue;

    #[test]
    fn a_picture_drifts_from_its_moment_on_and_jumps_when_knocked() {
        let venue = Venue::busch_iii();
        let camera = venue.camera(2).expect("in the venue");
        let drift = Drift { camera: 2, from_s: 600.0, dx_px_per_h: 1.0, dy_px_per_h: -0.5, ..Drift::default() };
        let faults = Faults::default().drift(drift).knock(Knock { camera: 2, at_s: 5000.0, dx_px: 0.0, dy_px: 2.0 });
        let uv = Vector2::new(100.0, 200.0);
        let shift = |faults: &CameraFaults, at_s| faults.shifted(camera, uv, at_s) - uv;
        assert_eq!(shift(&faults.of(2), 599.0), Vector2::zeros());
        assert!((shift(&faults.of(2), 600.0 + 1800.0) - Vector2::new(0.5, -0.25)).norm() < 1e-9);
        assert!((shift(&faults.of(2), 600.0 + 7200.0) - Vector2::new(2.0, 1.0)).norm() < 1e-9);
        assert_eq!(shift(&faults.of(3), 1e5), Vector2::zeros(), "another camera's picture stands still");
    }

    #[test]
    fn roll_and_scale_act_about_the_principal_point() {
        let venue = Venue::busch_iii();
        let camera = venue.camera(1).expect("in the venue");
        let drift = Drift { camera: 1, roll_rad_per_h: 1e-3, scale_per_h: 2e-3, ..Drift::default() };
        let faults = Faults::default().drift(drift).of(1);
        assert_eq!(faults.shifted(camera, camera.principal_px, HOUR_S), camera.principal_px);
        let right = camera.principal_px + Vector2::new(1000.0, 0.0);
        assert!((faults.shifted(camera, right, HOUR_S) - right - Vector2::new(2.0, 1.0)).norm() < 1e-9);
        let below = camera.principal_px + Vector2::new(0.0, 1000.0);
        assert!((faults.shifted(camera, below, HOUR_S) - below - Vector2::new(-1.0, 2.0)).norm() < 1e-9);
    }

    #[test]
    fn a_displaced_rig_sees_the_park_moved_the_other_way() {
        let venue = Venue::busch_iii();
        for (id, mound) in [(1, 0), (5, 0), (13, 1)] {
            let (camera, mound) = (venue.camera(id).expect("in the venue"), &venue.mounds[mound]);
            let displacement = Displacement {
                mound: mound.id,
                at_s: 0.0,
                translation_ft: [0.02, -0.01, 0.015],
                rotation_rad: [1e-4, -2e-4, 5e-4],
            };
            let moved = displacement.moved(mound, camera);
            let plate = mound.to_field(&Point3::origin()).coords;
            let rotation = Rotation3::new(Vector3::from(displacement.rotation_rad));
            let seen = mound.to_field(&Point3::new(0.3, 20.0, 4.0));
            let carried =
                Point3::from(rotation * (seen.coords - plate) + plate + Vector3::from(displacement.translation_ft));
            let (before, after) =
                (camera.project(&seen).expect("in front"), moved.project(&carried).expect("in front"));
            assert!((before - after).norm() < 1e-6, "what moves with the rig stays where it was in the picture");
            assert!((moved.project(&seen).expect("in front") - before).norm() > 0.5, "what stands still moves");
        }
    }

    #[test]
    fn ailments_grow_by_the_hour() {
        let ailment =
            Ailment { camera: 4, from_s: 100.0, temperature_c_per_h: 3.0, dropped_per_h: 90.0, ..Ailment::default() };
        let faults = Faults::default().ailment(ailment);
        let after = faults.of(4).ailing(100.0 + 2.0 * HOUR_S);
        assert_eq!((after.temperature_c_per_h, after.dropped_per_h, after.vibration_g_per_h), (6.0, 180.0, 0.0));
        assert_eq!(faults.of(4).ailing(0.0), Ailment::default());
    }
}
