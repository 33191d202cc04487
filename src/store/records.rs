//! Records as the store keeps and the API shows them. The store knows records, not features.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a pitch came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Fitted by this box from camera frames.
    Live,
    /// Imported from Baseball Savant.
    Savant,
}

/// State of a published number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Late frames may still change it.
    Provisional,
    /// Settled.
    Final,
    /// Not good enough to judge: the last good value is shown.
    Held,
}

/// Statcast's quantities under Statcast's names and units; absent where not measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[allow(missing_docs)] // Statcast's own columns
pub struct Measured {
    pub release_speed: Option<f64>,
    pub release_pos_x: Option<f64>,
    pub release_pos_y: Option<f64>,
    pub release_pos_z: Option<f64>,
    pub release_extension: Option<f64>,
    pub plate_x: Option<f64>,
    pub plate_z: Option<f64>,
    pub pfx_x: Option<f64>,
    pub pfx_z: Option<f64>,
    pub vertical_approach_angle: Option<f64>,
    pub horizontal_approach_angle: Option<f64>,
    pub effective_speed: Option<f64>,
    pub release_spin_rate: Option<f64>,
    pub spin_axis: Option<f64>,
    pub vx0: Option<f64>,
    pub vy0: Option<f64>,
    pub vz0: Option<f64>,
    pub ax: Option<f64>,
    pub ay: Option<f64>,
    pub az: Option<f64>,
}

/// One pitch, live or imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PitchRecord {
    /// MLBAM id of the pitcher; absent while no mark has named one.
    pub pitcher: Option<u32>,
    /// Release event time (live) or a time made from date and order (imported): ns since the Unix epoch. With the
    /// pitcher it is the key.
    pub release_ns: u64,
    /// Pitch id, stable over revisions.
    pub id: u64,
    /// `YYYY-MM-DD`, the park's local date.
    pub game_date: String,
    /// Statcast's `game_pk`; 0 where no game is known.
    pub game_pk: u32,
    /// Statcast's.
    pub at_bat_number: Option<u16>,
    /// Statcast's.
    pub pitch_number: Option<u16>,
    /// Statcast's code (`FF`); empty where unknown.
    pub pitch_type: String,
    /// Mound id; 0 for imported pitches.
    pub mound: u8,
    /// Where the record came from.
    pub origin: Origin,
    /// Provisional or final.
    pub state: State,
    /// Counts up with each published change.
    pub revision: u32,
    /// The values, Statcast's names.
    #[serde(flatten)]
    pub values: Measured,
    /// Their standard deviations; absent for imported pitches.
    pub sd: Option<Measured>,
    /// Cameras that the fit used; 0 for imported pitches.
    pub cameras: u8,
    /// Root mean square residual of the fit, px; absent for imported pitches.
    pub residual_px: Option<f64>,
    /// Share of its frames that came after the final watermark.
    pub late_data_frac: f64,
    /// Confidence in the rig's calibration, 0.50–0.95; absent where nobody judges it yet.
    pub calibration_confidence: Option<f64>,
    /// Whether a released mark gave the release.
    pub release_marked: bool,
    /// Reasons to distrust it: `weak_geometry`, `cameras_disagree`, `short_track`, `unusual_flight`.
    pub flags: Vec<String>,
}
