//! A pitch as the store keeps it and the API shows it.

use crate::records::{EARLY, Measured, Origin, PitchRecord, State, UNMARKED, WITHDRAWN};
use crate::tracking::pitch::{Flags, NineP, Pitch, PitchState};

/// The record of a live pitch. `game_date` is the park's day of baseball, `YYYY-MM-DD`, `confidence` that in the rig, where it is
/// verified.
pub(super) fn record(pitch: &Pitch, game_date: String, confidence: Option<f64>) -> PitchRecord {
    let mut values = Measured::from(&pitch.values);
    let NineP { vx0, vy0, vz0, ax, ay, az, .. } = pitch.nine_p;
    for (to, from) in [
        (&mut values.vx0, vx0),
        (&mut values.vy0, vy0),
        (&mut values.vz0, vz0),
        (&mut values.ax, ax),
        (&mut values.ay, ay),
        (&mut values.az, az),
    ] {
        *to = Some(from);
    }
    values.release_spin_rate = pitch.spin.map(|s| s.release_spin_rate);
    values.spin_axis = pitch.spin.map(|s| s.spin_axis);
    PitchRecord {
        pitcher: pitch.context.pitcher.map(|p| p.0),
        release_ns: pitch.release.0,
        id: pitch.id.0,
        game_date,
        game_pk: pitch.context.game_pk.map_or(0, |g| g.0),
        at_bat_number: pitch.context.at_bat_number,
        pitch_number: pitch.context.pitch_number,
        pitch_type: pitch.context.pitch_type.map(|t| t.as_str().to_owned()).unwrap_or_default(),
        mound: pitch.mound.0,
        origin: Origin::Live,
        state: match pitch.state {
            PitchState::Provisional => State::Provisional,
            PitchState::Final => State::Final,
        },
        revision: pitch.revision,
        values,
        sd: Some(Measured::from(&pitch.sd)),
        cameras: pitch.cameras,
        residual_px: Some(pitch.residual_px),
        late_data_frac: pitch.late_data_frac(),
        calibration_confidence: confidence,
        release_marked: pitch.release_marked,
        flags: flags(pitch),
    }
}

fn flags(pitch: &Pitch) -> Vec<String> {
    let Flags { weak_geometry, cameras_disagree, short_track, unusual_flight, withdrawn } = pitch.flags;
    [
        (weak_geometry, "weak_geometry"),
        (cameras_disagree, "cameras_disagree"),
        (short_track, "short_track"),
        (unusual_flight, "unusual_flight"),
        (pitch.early && !withdrawn, EARLY),
        (withdrawn, WITHDRAWN),
        (pitch.context.pitcher.is_none() && !withdrawn, UNMARKED),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, name)| name.to_owned())
    .collect()
}
