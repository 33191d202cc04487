//! What calibration did or wants to be known, for the pipeline to act on and for people to read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{BoxNs, MoundId};
use crate::tracking::CameraCorrection;

/// How a camera stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraState {
    /// In place.
    #[default]
    Ok,
    /// Moved by more than is usual.
    Watch,
    /// Moved by more than results can stand.
    Alarm,
    /// Left out of fits.
    Excluded,
}

impl CameraState {
    /// `ok`, `watch`, `alarm`, `excluded`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Watch => "watch",
            Self::Alarm => "alarm",
            Self::Excluded => "excluded",
        }
    }
}

/// Something happened to a camera, or to the rig.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Box time.
    pub at: BoxNs,
    /// Source of the camera; 0 is the whole rig of a mound.
    pub camera: u8,
    /// What.
    pub kind: EventKind,
    /// Why, in words for people.
    pub reason: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The camera's model has this correction from now on.
    Corrected(CameraCorrection),
    /// A correction made things worse: the model is back at this one.
    Undone(CameraCorrection),
    /// Its state changed.
    State {
        /// Before.
        from: CameraState,
        /// Now.
        to: CameraState,
    },
    /// Left out of fits from now on.
    Excluded,
    /// Part of fits again.
    Reinstated,
    /// The rig of a mound moved as one; each of its cameras is corrected by it.
    RigMoved {
        /// Which mound's.
        mound: MoundId,
        /// ft, field frame.
        moved_ft: [f64; 3],
        /// rad about the field's origin, field frame.
        turned_rad: [f64; 3],
    },
    /// An alert was raised.
    Raised(AlertKind),
    /// An alert cleared.
    Cleared(AlertKind),
}

/// Why somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A camera drifts.
    Watch,
    /// A camera moved.
    Alarm,
    /// A camera is left out of fits.
    Excluded,
    /// A camera will pass a limit within days.
    Maintenance,
}

impl AlertKind {
    /// `watch`, `alarm`, `excluded`, `maintenance`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Alarm => "alarm",
            Self::Excluded => "excluded",
            Self::Maintenance => "maintenance",
        }
    }
}
