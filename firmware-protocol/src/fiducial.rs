//! Kind 2, FIDUCIAL: a surveyed landmark in a camera's picture.

use crate::Cause;
use crate::bytes::{f32_at, put, u16_at};

mod field {
    pub(super) const LANDMARK: usize = 0;
    // 2..4 is reserved: zero when sent, ignored when received.
    pub(super) const U: usize = 4;
    pub(super) const V: usize = 8;
    pub(super) const SIGMA: usize = 12;
}

/// Length of the payload in bytes.
pub(crate) const LEN: usize = 16;

/// A landmark seen by a camera, pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fiducial {
    /// Number of the landmark in the venue file.
    pub landmark: u16,
    /// Column.
    pub u: f32,
    /// Row.
    pub v: f32,
    /// Standard deviation of u and v.
    pub sigma: f32,
}

impl Fiducial {
    /// Whether receivers accept it: all finite and sigma above 0.
    pub fn is_valid(&self) -> bool {
        self.u.is_finite() && self.v.is_finite() && self.sigma.is_finite() && self.sigma > 0.0
    }

    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Cause> {
        let payload: &[u8; LEN] = payload.try_into().map_err(|_| Cause::PayloadSize)?;
        let fiducial = Self {
            landmark: u16_at::<{ field::LANDMARK }, _>(payload),
            u: f32_at::<{ field::U }, _>(payload),
            v: f32_at::<{ field::V }, _>(payload),
            sigma: f32_at::<{ field::SIGMA }, _>(payload),
        };
        if fiducial.is_valid() { Ok(fiducial) } else { Err(Cause::Values) }
    }

    pub(crate) fn emit(&self) -> [u8; LEN] {
        let mut payload = [0; LEN];
        put::<{ field::LANDMARK }, _, _>(&mut payload, self.landmark.to_le_bytes());
        put::<{ field::U }, _, _>(&mut payload, self.u.to_le_bytes());
        put::<{ field::V }, _, _>(&mut payload, self.v.to_le_bytes());
        put::<{ field::SIGMA }, _, _>(&mut payload, self.sigma.to_le_bytes());
        payload
    }
}
