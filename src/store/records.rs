//! Records as the store keeps and the API shows them. The store knows records, not features.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::tracking::pitch::Quantities;

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

/// A person who pitches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct PitcherRecord {
    /// MLBAM id.
    pub id: u32,
    /// Name for people, `First Last`; absent where no source gave one.
    pub name: Option<String>,
    /// Club code of the latest known game (`TB`).
    pub team: Option<String>,
    /// `L`, `R` or `S`.
    pub throws: Option<String>,
    /// Latest known game, `YYYY-MM-DD`: what `team` is from.
    pub last_date: Option<String>,
    /// Day of birth, `YYYY-MM-DD`; absent where no source gave an age.
    pub birth_date: Option<String>,
}

impl PitcherRecord {
    /// Whether he was invented: nothing that he does is anybody's.
    pub fn is_simulated(&self) -> bool {
        self.team.as_deref() == Some(SIMULATED_TEAM)
    }
}

/// What an injury is of, as fine as the risk model asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyPart {
    /// Elbow, its ligament and nerve; forearm and flexor.
    Elbow,
    /// Shoulder with rotator cuff, labrum, lat and teres; thoracic outlet.
    Shoulder,
    /// Biceps, triceps, and an arm without more.
    Arm,
    /// Wrist, hand, finger, thumb, blister.
    Hand,
    /// Everything else, and what was not disclosed.
    Other,
}

impl BodyPart {
    /// Whether the risk model's label counts it (science.md §7: arm or shoulder class).
    pub fn is_arm(self) -> bool {
        matches!(self, Self::Elbow | Self::Shoulder | Self::Arm)
    }
}

/// One row of an injured-list report. Its dates mean different things and are kept apart, each `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InjuryRecord {
    /// MLBAM id.
    pub pitcher: u32,
    /// The season whose report tells of it; a long injury is told by several.
    pub season: u16,
    /// Club code.
    pub team: Option<String>,
    /// As reported: `SP`, `RP`, `SP/RP`.
    pub position: Option<String>,
    /// What it was, in the report's words.
    pub injury: String,
    /// What it was of.
    pub part: BodyPart,
    /// When he was hurt; absent where the report tells the surgery's date instead.
    pub injury_date: Option<String>,
    /// When he was operated on.
    pub surgery_date: Option<String>,
    /// When the club announced the placement; absent where the report has no such column.
    pub announced_date: Option<String>,
    /// From when the placement counts: before its announcement by three days at most, and after his last game.
    pub retroactive_date: Option<String>,
    /// From when he may return.
    pub eligible_date: Option<String>,
    /// When he returned; absent while he has not.
    pub return_date: Option<String>,
    /// As reported: `60-Day IL`, `Activated`.
    pub status: Option<String>,
}

impl InjuryRecord {
    /// The day that dates the placement: its announcement, where none is known the retroactive date (science.md §7).
    pub fn placed(&self) -> Option<&str> {
        self.announced_date.as_deref().or(self.retroactive_date.as_deref())
    }

    /// The day that the record is filed under: [`Self::placed`], else that of the injury or surgery.
    pub fn filed(&self) -> Option<&str> {
        self.placed().or(self.injury_date.as_deref()).or(self.surgery_date.as_deref())
    }
}

/// The daily model's features of one pitcher as of the end of one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeatureSnapshotRecord {
    /// MLBAM id.
    pub pitcher: u32,
    /// `YYYY-MM-DD`; only what was known at its end went in.
    pub date: String,
    /// Version of the feature set.
    pub version: u16,
    /// SHA-256 of the sorted feature names and definitions: what serving and model must agree on.
    pub fingerprint: [u8; 32],
    /// In the order of the feature set's names; absent where the minimum sample was not there.
    pub values: Vec<Option<f64>>,
    /// Share of `values` that are there, 0–1.
    pub completeness: f64,
}

/// A trained model as the registry keeps it; once written it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRecord {
    /// Its name, which sorts by the time of training.
    pub version: String,
    /// SHA-256 of the feature definitions that it was trained with, hexadecimal.
    pub fingerprint: String,
    /// The risk room's own encoding.
    pub artifact: Vec<u8>,
}

/// What calibration knows of a ballpark's cameras: estimates, and the corrections with their history, in an encoding of
/// that room's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CalibrationRecord {
    /// The ballpark's short name (`busch_iii`).
    pub venue: String,
    /// Box time at which it was true, ns since the Unix epoch.
    pub saved_ns: u64,
    /// All that the room needs to go on.
    pub state: Vec<u8>,
}

/// Count, mean and sum of squared deviations from it: mergeable (Chan, Golub and `LeVeque` 1983).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Moments {
    /// How many values.
    pub n: u32,
    /// Their mean; 0 where there is none.
    pub mean: f64,
    /// Σ(x − mean)².
    pub m2: f64,
}

/// One pitch type within one outing: what baselines are made of. Quantities in the order of
/// `features::baseline::Quantity`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct TypeSums {
    /// Statcast's code; empty where unknown.
    pub pitch_type: String,
    /// Pitches of it.
    pub pitches: u32,
    /// Per quantity over its unflagged pitches.
    pub quantities: [Moments; 6],
}

/// One pitcher's pitches of one game.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct AppearanceRecord {
    /// MLBAM id.
    pub pitcher: u32,
    /// `YYYY-MM-DD`, the park's local date.
    pub game_date: String,
    /// Statcast's `game_pk`; 0 where none is known: of a game that no mark named, and of the means of a day
    /// ([`Self::is_means_only`]).
    pub game_pk: u32,
    /// Statcast's `game_type` (`R`, `S` spring, `E` exhibition, postseason `F` `D` `L` `W`); absent where unknown.
    pub game_type: Option<String>,
    /// Pitches thrown.
    pub pitches: u32,
    /// Release of the first and the last, ns since the Unix epoch.
    pub first_ns: u64,
    /// See `first_ns`.
    pub last_ns: u64,
    /// Mean over all pitches that have it, mph.
    pub release_speed: Option<f64>,
    /// Mean over all pitches that have it, rpm.
    pub release_spin_rate: Option<f64>,
    /// Mean over all pitches that have it, mph.
    pub effective_speed: Option<f64>,
    /// By pitch type, ascending.
    pub types: Vec<TypeSums>,
    /// What of it is known to be missing: `pitches` is at least what is told.
    #[serde(default)]
    pub missed: Missed,
    /// What of it is missing, by the numbers of the game's at-bats; absent where nothing is known to be.
    #[serde(default)]
    pub lack: Option<Lack>,
}

/// What is known to be missing of an outing, whose count is the least that he threw then.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Missed {
    /// Whiles in which nobody saw his mound, from and to, ns since the Unix epoch; oldest first.
    pub unseen: Vec<(u64, u64)>,
    /// Throws on his mound that no mark names and that may be his.
    pub unnamed: u32,
}

/// Nobody throws faster, one pitch after the other, ns \[P\]: it bounds what may have been thrown unseen.
const PITCH_EVERY_NS: u64 = 10_000_000_000;

impl Missed {
    /// Whether he was seen all the time and every throw has a name.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// More pitches than can be missing.
    pub fn pitches_at_most(&self) -> u32 {
        let unseen = |(from, to): &(u64, u64)| {
            u32::try_from(to.saturating_sub(*from).div_ceil(PITCH_EVERY_NS)).unwrap_or(u32::MAX)
        };
        self.unseen.iter().map(unseen).fold(self.unnamed, u32::saturating_add)
    }
}

/// What is missing of an outing, before it is summed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedOuting {
    /// MLBAM id.
    pub pitcher: u32,
    /// `YYYY-MM-DD`, the park's day of baseball.
    pub game_date: String,
    /// Statcast's `game_pk`; 0 where none is known.
    pub game_pk: u32,
    /// Release of a pitch of it, ns since the Unix epoch.
    pub thrown_ns: u64,
    /// What is missing.
    pub missed: Missed,
}

/// What is missing of an outing, by the numbers of the game's at-bats and pitches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lack {
    /// Pitches of his that are missing, at least; 0 where it is only known that there may be more.
    pub missing: u32,
    /// Whether they are missing within at-bats: what is there may have been chosen by its values, and is no baseline's.
    pub by_pitch: bool,
    /// Whether this box measured what is there: then it counts, as the least that he threw.
    pub measured_here: bool,
}

/// Nobody throws more in an outing \[P\]: it bounds one of which nobody knows how long it was.
const OUTING_MAX: u32 = 150;

impl AppearanceRecord {
    /// Whether it counts for dose, load, role and rest: an outing of which files hold a part does not.
    pub fn counts(&self) -> bool {
        self.lack.is_none_or(|lack| lack.measured_here)
    }

    /// Pitches that count, and more than can be missing besides.
    pub fn counted(&self) -> (u32, u32) {
        let unseen = self.missed.pitches_at_most();
        match self.lack {
            Some(lack) if lack.measured_here => (self.pitches, unseen.max(lack.missing)),
            Some(_) => (0, OUTING_MAX),
            None => (self.pitches, unseen),
        }
    }

    /// Whether it was imported as the means of a day, without its pitches.
    pub fn is_means_only(&self) -> bool {
        self.game_pk == 0 && self.first_ns == 0
    }
}

/// Sums of one quantity of one pitch type over a season: of a pitcher's outings, or of the league's pitchers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct SeasonSums {
    /// Pitches with a value.
    pub pitches: u32,
    /// Outings with a value.
    pub outings: u32,
    /// Over outing means (a pitcher) or over pitcher means (the league).
    pub means: Moments,
    /// Σ over pitchers of Σ(outing mean − pitcher mean)².
    pub between_m2: f64,
    /// Its degrees of freedom: Σ over pitchers of (outings − 1).
    pub between_dof: u32,
    /// Σ over outings of Σ(x − outing mean)².
    pub within_m2: f64,
    /// Its degrees of freedom: Σ over outings of (pitches − 1).
    pub within_dof: u32,
}

/// One season of one pitch type of one pitcher, or of the league (pitcher 0).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct BaselineRecord {
    /// MLBAM id; 0 is the league.
    pub pitcher: u32,
    /// Year.
    pub season: u16,
    /// Statcast's code.
    pub pitch_type: String,
    /// Latest outing in it, `YYYY-MM-DD`.
    pub last_date: String,
    /// In the order of `features::baseline::Quantity`.
    pub quantities: [SeasonSums; 6],
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

impl From<&Quantities> for Measured {
    /// What a fit gives; spin and the nine parameters are measured apart and stay absent.
    fn from(q: &Quantities) -> Self {
        Self {
            release_speed: Some(q.release_speed),
            release_pos_x: Some(q.release_pos_x),
            release_pos_y: Some(q.release_pos_y),
            release_pos_z: Some(q.release_pos_z),
            release_extension: Some(q.release_extension),
            plate_x: Some(q.plate_x),
            plate_z: Some(q.plate_z),
            pfx_x: Some(q.pfx_x),
            pfx_z: Some(q.pfx_z),
            vertical_approach_angle: Some(q.vertical_approach_angle),
            horizontal_approach_angle: Some(q.horizontal_approach_angle),
            effective_speed: Some(q.effective_speed),
            ..Self::default()
        }
    }
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
    /// because too much of its data came late), `simulated` (of an invented season), `unmarked` (no mark says who threw it: it
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
    matches!(flag, JOURNAL_GAP | REPROCESSED | SIMULATED | UNDATED | UNMARKED)
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
