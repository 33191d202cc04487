//! A pitch as it is kept and shown.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
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

/// Nobody throws faster, one pitch after the other, ns \[P\]: it bounds what may have been thrown unseen.
pub(super) const PITCH_EVERY_NS: u64 = 10_000_000_000;

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
    /// Release event time (live) or a time made from date and order (imported): ns since the Unix epoch; of a pitch without a date
    /// what its cameras counted, which is no time of day, and null for everybody else. With the pitcher it is the key.
    #[serde(deserialize_with = "or_unknown")]
    #[schema(value_type = Option<u64>, required = true)]
    pub release_ns: u64,
    /// Pitch id, stable over revisions.
    pub id: u64,
    /// `YYYY-MM-DD`, the park's local date; null, and empty on this box, where no clock could tell it.
    #[serde(deserialize_with = "or_unknown", serialize_with = "unless_unknown")]
    #[schema(value_type = Option<String>, required = true)]
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
    /// Reasons to distrust it: `weak_geometry`, `cameras_disagree`, `short_track`, `unusual_flight`; of an imported one
    /// `outlier:` and the column whose value is far from his others of that type. And how it came about:
    /// `journal_gap` (frames of it came in before a crash and are lost), `reprocessed` (measured again from the journal,
    /// because too much of its data came late), `early` (provisional, of the first cameras that showed it: the others follow),
    /// `withdrawn` (given out early, and no pitch as all cameras say: it counts for nobody), `simulated` (of an invented season), `unmarked` (no mark says who threw it: it
    /// counts for nobody).
    pub flags: Vec<String>,
}

fn or_unknown<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

fn unless_unknown<S: Serializer>(date: &str, to: S) -> Result<S::Ok, S::Error> {
    Some(date).filter(|date| !date.is_empty()).serialize(to)
}

/// Writes a pitch for whoever is not this box: without a time that no clock could tell.
///
/// # Errors
/// As those of the serializer.
pub fn serialize_told<S: Serializer>(pitch: &PitchRecord, to: S) -> Result<S::Ok, S::Error> {
    if pitch.is_dated() {
        return pitch.serialize(to);
    }
    let mut told = serde_json::to_value(pitch).map_err(serde::ser::Error::custom)?;
    told["release_ns"] = serde_json::Value::Null;
    told.serialize(to)
}

/// [`serialize_told`] of several.
///
/// # Errors
/// As those of the serializer.
pub fn serialize_all_told<S: Serializer>(pitches: &[PitchRecord], to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Told<'p>(#[serde(serialize_with = "serialize_told")] &'p PitchRecord);
    to.collect_seq(pitches.iter().map(Told))
}

/// The flag of a pitch of which frames came in before a crash and were not in the journal.
pub const JOURNAL_GAP: &str = "journal_gap";
/// The flag of a pitch that was measured again from the journal.
pub const REPROCESSED: &str = "reprocessed";
/// The flag of a result of the first cameras that showed the pitch: it is as certain as its standard deviations say, and the others
/// have not spoken yet.
pub const EARLY: &str = "early";
/// The flag of what was given out early and was no pitch, as all cameras say.
pub const WITHDRAWN: &str = "withdrawn";
/// The flag of a pitch of an invented season: nobody threw it.
pub const SIMULATED: &str = "simulated";
/// The club of invented people.
pub const SIMULATED_TEAM: &str = "SIM";

/// The flag of a pitch of which no mark says who threw it.
pub const UNMARKED: &str = "unmarked";

/// The flag of a pitch of which nobody knows the date: neither the cameras' clock nor this box's can be right.
pub const UNDATED: &str = "undated";

/// The flag of a pitch that was thrown wide or slowly on purpose: it counts as one, and its values say nothing of an arm.
pub const DELIBERATE: &str = "deliberate";

/// Whether a flag tells how a pitch came about, and is no reason to distrust it: its standard deviations say what it is
/// worth.
pub fn is_of_its_making(flag: &str) -> bool {
    matches!(flag, EARLY | JOURNAL_GAP | REPROCESSED | SIMULATED | UNDATED | UNMARKED)
}

/// How long after its expected crossing of the plate a ball may still be that of a throw: far less than a catcher needs to give
/// it back, ns.
const CROSSING_LATE_NS: u64 = 100_000_000;
const FT_S_PER_MPH: f64 = 1.466_667;
/// A flight whose speed is not known takes this at most, s: 45 mph.
const FLIGHT_S_MAX: f64 = 0.9;

impl PitchRecord {
    /// Whether a clock that can be right told when it was thrown.
    pub fn is_dated(&self) -> bool {
        !self.game_date.is_empty()
    }

    /// A run that was killed left it provisional, and nothing more comes of it: it is final as it is, and flagged.
    pub fn close_unfinished(&mut self) {
        self.state = State::Final;
        self.revision += 1;
        if !self.flags.iter().any(|flag| flag == JOURNAL_GAP) {
            self.flags.push(JOURNAL_GAP.to_owned());
        }
    }

    /// Whether a ball that crosses the plate on the same mound at this event time is this very throw: from its release until
    /// a tenth of a second after the slowest ball of its speed would have crossed. Nobody throws twice within that.
    pub fn spans(&self, crossing_ns: u64) -> bool {
        let flight_s = match (self.values.release_pos_y, self.values.release_speed) {
            // Air takes a tenth of a ball's speed on its way (science.md §1).
            (Some(feet), Some(mph)) if mph > 0.0 => (feet / (0.9 * mph * FT_S_PER_MPH)).min(FLIGHT_S_MAX),
            _ => FLIGHT_S_MAX,
        };
        let until = self.release_ns.saturating_add((flight_s * 1e9) as u64).saturating_add(CROSSING_LATE_NS);
        (self.release_ns..=until).contains(&crossing_ns)
    }

    /// Which pitch of which game: Statcast's (`game_pk`, `at_bat_number`, `pitch_number`), where all are known.
    pub fn identity(&self) -> Option<(u32, u16, u16)> {
        (self.game_pk != 0).then_some((self.game_pk, self.at_bat_number?, self.pitch_number?))
    }
}
