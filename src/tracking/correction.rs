//! What a camera was found to be off, as applied to its model (science.md §2). Raw frames are never changed.

use nalgebra::Matrix2;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Farthest that a model may be moved, px: beyond it the camera wants a surveyor.
const SHIFT_PX_MAX: f64 = 500.0;
/// Largest roll (rad) and scale.
const TURN_MAX: f64 = 0.1;
/// Farthest that a rig may have moved, ft.
const RIG_FT_MAX: f64 = 10.0;
/// Largest clock offset, ns: beyond it a frame is another pitch's.
const CLOCK_NS_MAX: f64 = 50e6;

/// Correction of one camera's model, in whole and not as a step: `r_x = dx − v·φ + u·s`, `r_y = dy + u·φ + v·s`, with (u, v) the
/// pixels from the principal point.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct CameraCorrection {
    /// Counts up with every correction of the camera; 0 is the venue file's model.
    pub version: u32,
    /// px to the right.
    pub dx_px: f64,
    /// px down.
    pub dy_px: f64,
    /// Roll φ, rad.
    pub roll_rad: f64,
    /// Relative change s of the focal length.
    pub scale: f64,
    /// How far the camera's clock is ahead, ns.
    pub clock_offset_ns: f64,
    /// How far the camera was carried along with the whole rig, ft, field frame.
    pub rig_ft: [f64; 3],
    /// How far it was turned with it about the field's origin, rad, field frame.
    pub rig_rad: [f64; 3],
}

impl CameraCorrection {
    /// Whether it is finite and small enough for a camera that is still in place.
    pub fn is_plausible(&self) -> bool {
        let within = |value: f64, bound: f64| value.is_finite() && value.abs() <= bound;
        within(self.dx_px, SHIFT_PX_MAX)
            && within(self.dy_px, SHIFT_PX_MAX)
            && within(self.roll_rad, TURN_MAX)
            && within(self.scale, TURN_MAX)
            && within(self.clock_offset_ns, CLOCK_NS_MAX)
            && self.rig_ft.iter().all(|ft| within(*ft, RIG_FT_MAX))
            && self.rig_rad.iter().all(|rad| within(*rad, TURN_MAX))
    }

    pub(super) fn similarity(&self) -> Matrix2<f64> {
        Matrix2::new(1.0 + self.scale, -self.roll_rad, self.roll_rad, 1.0 + self.scale)
    }
}
