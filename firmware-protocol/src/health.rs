//! Kind 6, HEALTH: a camera's heartbeat. Every value of its fields is possible, so only its length can be wrong.

use crate::Cause;
use crate::bytes::{i16_at, i32_at, put, u16_at, u32_at};

mod field {
    pub(super) const TEMPERATURE_CENTI_C: usize = 0;
    pub(super) const VIBRATION_MILLI_G: usize = 2;
    pub(super) const DROPPED: usize = 4;
    pub(super) const CLOCK_OFFSET_NS: usize = 8;
    pub(super) const EXPOSURE_NS: usize = 12;
}

/// Length of the payload in bytes.
pub(crate) const LEN: usize = 16;

/// A camera's heartbeat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Health {
    /// 0.01 °C.
    pub temperature_centi_c: i16,
    /// 0.001 g rms.
    pub vibration_milli_g: u16,
    /// Frames the camera dropped since it started.
    pub dropped: u32,
    /// Offset of the camera's clock, ns.
    pub clock_offset_ns: i32,
    /// Exposure, ns.
    pub exposure_ns: u32,
}

impl Health {
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Cause> {
        let payload: &[u8; LEN] = payload.try_into().map_err(|_| Cause::PayloadSize)?;
        Ok(Self {
            temperature_centi_c: i16_at::<{ field::TEMPERATURE_CENTI_C }, _>(payload),
            vibration_milli_g: u16_at::<{ field::VIBRATION_MILLI_G }, _>(payload),
            dropped: u32_at::<{ field::DROPPED }, _>(payload),
            clock_offset_ns: i32_at::<{ field::CLOCK_OFFSET_NS }, _>(payload),
            exposure_ns: u32_at::<{ field::EXPOSURE_NS }, _>(payload),
        })
    }

    pub(crate) fn emit(&self) -> [u8; LEN] {
        let mut payload = [0; LEN];
        put::<{ field::TEMPERATURE_CENTI_C }, _, _>(&mut payload, self.temperature_centi_c.to_le_bytes());
        put::<{ field::VIBRATION_MILLI_G }, _, _>(&mut payload, self.vibration_milli_g.to_le_bytes());
        put::<{ field::DROPPED }, _, _>(&mut payload, self.dropped.to_le_bytes());
        put::<{ field::CLOCK_OFFSET_NS }, _, _>(&mut payload, self.clock_offset_ns.to_le_bytes());
        put::<{ field::EXPOSURE_NS }, _, _>(&mut payload, self.exposure_ns.to_le_bytes());
        payload
    }
}
