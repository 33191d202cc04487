//! The truth: what was thrown, to compare with what was found.

use serde_json::json;

use crate::ids::{EventNs, GamePk, MoundId, PitchId, PitchType, PitcherId};
use crate::tracking::pitch::{MeasuredSpin, NineP, Quantities};

/// One thrown pitch, exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thrown {
    /// Where.
    pub mound: MoundId,
    /// Event time of the release, to the nanosecond.
    pub release: EventNs,
    /// Event time at which the ball crosses the plate's front.
    pub plate: EventNs,
    /// Who.
    pub pitcher: PitcherId,
    /// 0 in a bullpen.
    pub game_pk: GamePk,
    /// Statcast's; 0 in a bullpen.
    pub at_bat_number: u16,
    /// Statcast's; in a bullpen the count of the session.
    pub pitch_number: u16,
    /// What.
    pub pitch_type: PitchType,
    /// The true trajectory in Statcast's quantities.
    pub quantities: Quantities,
    /// Its nine parameters, where the flight is of constant acceleration.
    pub nine_p: Option<NineP>,
    /// The true spin; absent where Statcast's row has none.
    pub spin: Option<MeasuredSpin>,
}

impl Thrown {
    /// The id it is published with when a released mark gives the release.
    pub fn id(&self) -> PitchId {
        PitchId::new(self.release, self.mound)
    }

    /// One line of JSON under Statcast's names.
    pub fn to_json(&self) -> serde_json::Value {
        let q = &self.quantities;
        json!({
            "id": self.id().0,
            "mound": self.mound.0,
            "release_ns": self.release.0,
            "plate_ns": self.plate.0,
            "pitcher": self.pitcher.0,
            "game_pk": self.game_pk.0,
            "at_bat_number": self.at_bat_number,
            "pitch_number": self.pitch_number,
            "pitch_type": self.pitch_type.as_str(),
            "release_speed": q.release_speed,
            "release_pos_x": q.release_pos_x,
            "release_pos_y": q.release_pos_y,
            "release_pos_z": q.release_pos_z,
            "release_extension": q.release_extension,
            "plate_x": q.plate_x,
            "plate_z": q.plate_z,
            "pfx_x": q.pfx_x,
            "pfx_z": q.pfx_z,
            "vertical_approach_angle": q.vertical_approach_angle,
            "horizontal_approach_angle": q.horizontal_approach_angle,
            "effective_speed": q.effective_speed,
            "drag_coefficient": q.drag_coefficient,
            "lift_coefficient": q.lift_coefficient,
            "release_spin_rate": self.spin.map(|s| s.release_spin_rate),
            "spin_axis": self.spin.map(|s| s.spin_axis),
        })
    }
}
