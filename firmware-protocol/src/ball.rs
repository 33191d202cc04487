//! Kind 1, BALL: a ball in a camera's picture.

use crate::Cause;
use crate::bytes::{f32_at, put};

mod field {
    pub(super) const U: usize = 0;
    pub(super) const V: usize = 4;
    pub(super) const SIGMA: usize = 8;
    pub(super) const DIAMETER: usize = 12;
}

/// Length of the payload in bytes.
pub(crate) const LEN: usize = 16;

/// A ball seen by a camera, pixels, undistortion not yet applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ball {
    /// Column.
    pub u: f32,
    /// Row.
    pub v: f32,
    /// Standard deviation of u and v.
    pub sigma: f32,
    /// Diameter of the ball's picture.
    pub diameter: f32,
}

impl Ball {
    /// Whether receivers accept it: all finite, sigma above 0, diameter not below 0.
    pub fn is_valid(&self) -> bool {
        self.u.is_finite()
            && self.v.is_finite()
            && self.sigma.is_finite()
            && self.sigma > 0.0
            && self.diameter.is_finite()
            && self.diameter >= 0.0
    }

    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Cause> {
        let payload: &[u8; LEN] = payload.try_into().map_err(|_| Cause::PayloadSize)?;
        let ball = Self {
            u: f32_at::<{ field::U }, _>(payload),
            v: f32_at::<{ field::V }, _>(payload),
            sigma: f32_at::<{ field::SIGMA }, _>(payload),
            diameter: f32_at::<{ field::DIAMETER }, _>(payload),
        };
        if ball.is_valid() { Ok(ball) } else { Err(Cause::Values) }
    }

    pub(crate) fn emit(&self) -> [u8; LEN] {
        let mut payload = [0; LEN];
        put::<{ field::U }, _, _>(&mut payload, self.u.to_le_bytes());
        put::<{ field::V }, _, _>(&mut payload, self.v.to_le_bytes());
        put::<{ field::SIGMA }, _, _>(&mut payload, self.sigma.to_le_bytes());
        put::<{ field::DIAMETER }, _, _>(&mut payload, self.diameter.to_le_bytes());
        payload
    }
}
