//! What a sender says that it threw, from its file: a line of JSON a pitch, under Statcast's names.

use std::path::Path;

use pitchguard::ids::{EventNs, GamePk, MoundId, PitchType, PitcherId};
use pitchguard::simulate::Thrown;
use pitchguard::tracking::pitch::Quantities;
use serde_json::Value;

/// Reads a truth file. What a sender does not say is NaN, which agrees with nothing.
pub fn read(path: &Path) -> Vec<Thrown> {
    let text = std::fs::read_to_string(path).expect("the sender wrote it");
    text.lines().map(|line| thrown(&serde_json::from_str(line).expect("a line of JSON"))).collect()
}

fn thrown(row: &Value) -> Thrown {
    let number = |name: &str| row[name].as_f64().unwrap_or(f64::NAN);
    let whole = |name: &str| row[name].as_u64().unwrap_or(0);
    Thrown {
        mound: MoundId(whole("mound") as u8),
        release: EventNs(row["release_ns"].as_u64().expect("each pitch says when it was released")),
        plate: EventNs(whole("plate_ns")),
        pitcher: PitcherId(whole("pitcher") as u32),
        game_pk: GamePk(whole("game_pk") as u32),
        at_bat_number: whole("at_bat_number") as u16,
        pitch_number: whole("pitch_number") as u16,
        pitch_type: row["pitch_type"].as_str().and_then(PitchType::parse).expect("each pitch has a type"),
        quantities: Quantities {
            release_speed: number("release_speed"),
            release_pos_x: number("release_pos_x"),
            release_pos_y: number("release_pos_y"),
            release_pos_z: number("release_pos_z"),
            release_extension: number("release_extension"),
            plate_x: number("plate_x"),
            plate_z: number("plate_z"),
            pfx_x: number("pfx_x"),
            pfx_z: number("pfx_z"),
            vertical_approach_angle: number("vertical_approach_angle"),
            horizontal_approach_angle: number("horizontal_approach_angle"),
            effective_speed: number("effective_speed"),
            drag_coefficient: number("drag_coefficient"),
            lift_coefficient: number("lift_coefficient"),
        },
        nine_p: None,
        spin: None,
    }
}
