//! Kind 3, SPIN: the ball's spin, measured by a device.

use crate::Cause;
use crate::bytes::{f32_at, put};

mod field {
    pub(super) const RATE_RPM: usize = 0;
    pub(super) const AXIS_X: usize = 4;
    pub(super) const AXIS_Y: usize = 8;
    pub(super) const AXIS_Z: usize = 12;
    pub(super) const CONFIDENCE: usize = 16;
}

/// Length of the payload in bytes.
pub(crate) const LEN: usize = 20;

/// How far the square of the axis' length may be from 1: a device that rounds its components to 1/256 still passes,
/// an axis in other units or left at zero does not.
const AXIS_TOLERANCE: f32 = 0.02;

/// A ball's spin at release; the frame's event time is the release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spin {
    /// Revolutions per minute.
    pub rate_rpm: f32,
    /// Unit vector, field frame.
    pub axis: [f32; 3],
    /// 0 to 1.
    pub confidence: f32,
}

impl Spin {
    /// Whether receivers accept it: a finite rate not below 0, a unit axis (the square of its length 0.98 to 1.02)
    /// and a confidence of 0 to 1.
    pub fn is_valid(&self) -> bool {
        // NaN and infinity in the axis make its length so too, and then it is not within the tolerance.
        let [x, y, z] = self.axis;
        let length_squared = x * x + y * y + z * z;
        self.rate_rpm.is_finite()
            && self.rate_rpm >= 0.0
            && (length_squared - 1.0).abs() <= AXIS_TOLERANCE
            && (0.0..=1.0).contains(&self.confidence)
    }

    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Cause> {
        let payload: &[u8; LEN] = payload.try_into().map_err(|_| Cause::PayloadSize)?;
        let spin = Self {
            rate_rpm: f32_at::<{ field::RATE_RPM }, _>(payload),
            axis: [
                f32_at::<{ field::AXIS_X }, _>(payload),
                f32_at::<{ field::AXIS_Y }, _>(payload),
                f32_at::<{ field::AXIS_Z }, _>(payload),
            ],
            confidence: f32_at::<{ field::CONFIDENCE }, _>(payload),
        };
        if spin.is_valid() { Ok(spin) } else { Err(Cause::Values) }
    }

    pub(crate) fn emit(&self) -> [u8; LEN] {
        let mut payload = [0; LEN];
        let [x, y, z] = self.axis;
        put::<{ field::RATE_RPM }, _, _>(&mut payload, self.rate_rpm.to_le_bytes());
        put::<{ field::AXIS_X }, _, _>(&mut payload, x.to_le_bytes());
        put::<{ field::AXIS_Y }, _, _>(&mut payload, y.to_le_bytes());
        put::<{ field::AXIS_Z }, _, _>(&mut payload, z.to_le_bytes());
        put::<{ field::CONFIDENCE }, _, _>(&mut payload, self.confidence.to_le_bytes());
        payload
    }
}
