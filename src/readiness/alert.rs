//! An alert as it is shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{EventNs, MoundId, PitcherId};

/// How bad an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Look.
    Warning,
    /// Act.
    Critical,
}

/// Whom an alert is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Who decides about pitchers.
    #[default]
    Coach,
    /// Who looks after the rig.
    Engineer,
}

/// A raised alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Number, unique on this box.
    pub id: u64,
    /// Which rule: `readiness`, `velocity_delta`, `late_data_frac`, `feature_qa_min`, `calibration_confidence`,
    /// `two_mounds`; of a camera or a mound's, what calibration has against it; of the box, `part_` and the part's name,
    /// `frames_unaccounted`, `results_lost`.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// Whom it is about, where it is about somebody.
    pub pitcher: Option<PitcherId>,
    /// Source of the camera that it is about, where it is about one.
    pub camera: Option<u8>,
    /// In a coach's words, or an engineer's where it is about a camera. It follows the number that is watched, and tells the
    /// past once the alert is over.
    pub message: String,
    /// The number that raised it.
    pub value: f64,
    /// The limit that it crossed.
    pub limit: f64,
    /// Event time at which it was raised, RFC 3339.
    pub raised_at: String,
    /// Since when what it tells of is so, RFC 3339, where that is known and was before it was raised; null else.
    #[serde(default)]
    pub since: Option<String>,
    /// When it cleared, RFC 3339; absent while it stands.
    pub cleared_at: Option<String>,
    /// When somebody acknowledged it, RFC 3339.
    pub acknowledged_at: Option<String>,
    /// The number that it watches, now; null where it is not known, or held.
    #[serde(default)]
    pub now: Option<f64>,
    /// Why it cleared, in words; null while it stands, and where nobody said.
    #[serde(default)]
    pub cleared_because: Option<String>,
    /// The mound that it is about, where it is about one.
    #[serde(default)]
    pub mound: Option<MoundId>,
    /// `coach`, or `engineer` where it is about the rig.
    #[serde(default)]
    pub audience: Audience,
}

/// What somebody else than this room has against a camera or a mound's cameras; the book of alerts numbers and keeps it as its
/// own.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraAlert {
    /// Source, where it is about one camera.
    pub camera: Option<u8>,
    /// The mound, where it is about all cameras of one.
    pub mound: Option<MoundId>,
    /// Which rule.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// In an engineer's words.
    pub message: String,
    /// The number that raised it.
    pub value: f64,
    /// The limit that it crossed.
    pub limit: f64,
    /// Since when what it tells of is so, where that is known and was before it was raised.
    pub since: Option<EventNs>,
}
