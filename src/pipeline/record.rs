//! A pitch as the store keeps it and the API shows it.

use crate::ids::EventNs;
use crate::store::records::{Measured, Origin, PitchRecord, State};
use crate::tracking::pitch::{Flags, NineP, Pitch, PitchState};

/// The record of a live pitch. `game_date` is the park's local date, `YYYY-MM-DD`, `confidence` that in the rig.
pub(super) fn record(pitch: &Pitch, game_date: String, confidence: f64) -> PitchRecord {
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
        calibration_confidence: Some(confidence),
        release_marked: pitch.release_marked,
        flags: flags(pitch.flags),
    }
}

fn flags(flags: Flags) -> Vec<String> {
    [
        (flags.weak_geometry, "weak_geometry"),
        (flags.cameras_disagree, "cameras_disagree"),
        (flags.short_track, "short_track"),
        (flags.unusual_flight, "unusual_flight"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, name)| name.to_owned())
    .collect()
}

/// The date that a moment belongs to in a ballpark: a game that runs past midnight still belongs to the day it began, so
/// the day turns at six in the morning, park time.
pub fn game_date(at: EventNs, zone: &jiff::tz::TimeZone) -> jiff::civil::Date {
    const DAY_TURNS_NS: i128 = 6 * 3_600 * 1_000_000_000;
    let moment = jiff::Timestamp::from_nanosecond(i128::from(at.0) - DAY_TURNS_NS)
        .expect("64 bits of nanoseconds end in 2554, a timestamp in 9999");
    moment.to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_past_midnight_belongs_to_the_day_it_began() {
        let zone = jiff::tz::TimeZone::get("America/Chicago").expect("bundled");
        let at = |text: &str| {
            let stamp: jiff::Timestamp = text.parse().expect("a literal");
            game_date(EventNs(stamp.as_nanosecond() as u64), &zone).to_string()
        };
        assert_eq!(at("2026-06-12T04:59:00Z"), "2026-06-11", "one minute before midnight in St. Louis");
        assert_eq!(at("2026-06-12T06:30:00Z"), "2026-06-11", "half past one in the morning");
        assert_eq!(at("2026-06-12T18:00:00Z"), "2026-06-12");
    }
}
