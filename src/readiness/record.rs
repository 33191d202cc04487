//! Stored pitches as an outing needs them, to continue it after a restart.

use crate::features::{OutingPitch, Reading};
use crate::ids::{EventNs, PitchId, PitchType};
use crate::store::records::{Measured, PitchRecord, State};
use crate::tracking::pitch::PitchState;

impl From<&PitchRecord> for OutingPitch {
    fn from(record: &PitchRecord) -> Self {
        let sds = record.sd.unwrap_or_default();
        let reading = |quantity: fn(&Measured) -> Option<f64>| {
            Reading::new(quantity(&record.values)?, quantity(&sds).unwrap_or_default())
        };
        Self {
            id: PitchId(record.id),
            release: EventNs(record.release_ns),
            revision: record.revision,
            state: if record.state == State::Final { PitchState::Final } else { PitchState::Provisional },
            pitch_type: PitchType::parse(&record.pitch_type),
            release_speed: reading(|m| m.release_speed),
            release_spin_rate: reading(|m| m.release_spin_rate),
            release_pos_z: reading(|m| m.release_pos_z),
            release_extension: reading(|m| m.release_extension),
            pfx_x: reading(|m| m.pfx_x),
            pfx_z: reading(|m| m.pfx_z),
            flagged: !record.flags.is_empty(),
            late_data_frac: record.late_data_frac,
            calibration_confidence: record.calibration_confidence,
        }
    }
}
