//! Stored pitches as an outing needs them, to continue it after a restart.

use crate::features::{OutingPitch, Reading};
use crate::ids::{EventNs, PitchId, PitchType};
use crate::records::{EARLY, Measured, PitchRecord, State, is_of_its_making};
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
            flagged: record.flags.iter().any(|flag| !is_of_its_making(flag)),
            early: record.flags.iter().any(|flag| flag == EARLY),
            late_data_frac: record.late_data_frac,
            calibration_confidence: record.calibration_confidence,
            environment: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Origin;
    use crate::tracking::pitch::{MeasuredSpin, Pitch, Quantities};

    fn pitch() -> Pitch {
        let spin = MeasuredSpin { release_spin_rate: 2150.0, spin_axis: 200.0, confidence: 0.9 };
        Pitch {
            values: Quantities {
                release_speed: 95.1,
                release_pos_z: 5.9,
                release_extension: 6.6,
                pfx_x: -1.2,
                pfx_z: f64::NAN,
                ..Quantities::default()
            },
            sd: Quantities {
                release_speed: 0.03,
                release_pos_z: 0.004,
                release_extension: 0.05,
                pfx_x: 0.01,
                ..Quantities::default()
            },
            spin: Some(spin),
            ..Pitch::example()
        }
    }

    #[test]
    fn a_pitch_and_its_record_are_the_same_to_an_outing() {
        let (pitch, v, sd) = (pitch(), pitch().values, pitch().sd);
        let record = PitchRecord {
            pitcher: Some(1),
            release_ns: pitch.release.0,
            id: pitch.id.0,
            game_date: "2023-11-14".to_owned(),
            game_pk: 0,
            at_bat_number: None,
            pitch_number: None,
            pitch_type: "SI".to_owned(),
            mound: 1,
            origin: Origin::Live,
            state: State::Final,
            revision: 2,
            values: Measured {
                release_speed: Some(v.release_speed),
                release_pos_z: Some(v.release_pos_z),
                release_extension: Some(v.release_extension),
                release_spin_rate: Some(2150.0),
                pfx_x: Some(v.pfx_x),
                ..Measured::default()
            },
            sd: Some(Measured {
                release_speed: Some(sd.release_speed),
                release_pos_z: Some(sd.release_pos_z),
                release_extension: Some(sd.release_extension),
                pfx_x: Some(sd.pfx_x),
                ..Measured::default()
            }),
            cameras: 5,
            residual_px: Some(0.5),
            late_data_frac: 0.1,
            calibration_confidence: None,
            release_marked: true,
            flags: vec!["short_track".to_owned()],
        };
        let taken = OutingPitch::from(&pitch);
        assert_eq!(taken, OutingPitch::from(&record));
        assert_eq!((taken.release_speed, taken.pfx_z), (Reading::new(95.1, 0.03), None));
        assert!(taken.flagged);
    }
}
