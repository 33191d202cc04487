//! Injuries as injured lists tell of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
