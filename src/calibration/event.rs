//! What calibration did or wants to be known, for the pipeline to act on and for people to read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{BoxNs, MoundId};
use crate::tracking::CameraCorrection;

/// How a camera stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraState {
    /// In place, as somebody looked.
    #[default]
    Ok,
    /// Nobody has looked since the start, or for too long: nothing is known of it.
    Unverified,
    /// It was not heard yet since the start, or since the box was away.
    Unheard,
    /// Nothing has come of it for some seconds: silent where that lasts.
    Quiet,
    /// Moved by more than is usual.
    Watch,
    /// Moved by more than results can stand.
    Alarm,
    /// Left out of fits.
    Excluded,
    /// It sends, and nothing that results could use.
    Useless,
    /// It sends nothing.
    Silent,
}

impl CameraState {
    /// All states, for metrics.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Unverified,
        Self::Unheard,
        Self::Quiet,
        Self::Watch,
        Self::Alarm,
        Self::Excluded,
        Self::Useless,
        Self::Silent,
    ];

    /// `ok`, `unverified`, `unheard`, `quiet`, `watch`, `alarm`, `excluded`, `useless`, `silent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unverified => "unverified",
            Self::Unheard => "unheard",
            Self::Quiet => "quiet",
            Self::Watch => "watch",
            Self::Alarm => "alarm",
            Self::Excluded => "excluded",
            Self::Useless => "useless",
            Self::Silent => "silent",
        }
    }

    /// Whether calibration has something against the camera itself, by what it saw.
    pub fn is_accused(self) -> bool {
        matches!(self, Self::Watch | Self::Alarm | Self::Excluded)
    }
}

/// Something happened to a camera, or to the rig.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Box time.
    pub at: BoxNs,
    /// Source of the camera; 0 is the whole rig, or that of `mound`.
    pub camera: u8,
    /// The mound that it is about, where it is about no one camera.
    pub mound: Option<MoundId>,
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
    /// A camera sends nothing.
    Silent,
    /// A camera sends, and nothing that results could use.
    Useless,
    /// A mound has fewer cameras than a fit needs; without a mound, no camera at all is heard.
    MoundCameras,
    /// Nobody has looked at a mound's cameras for long.
    RigUnverified,
    /// Somebody throws on a mound, and readiness is held there because its cameras are not trusted.
    RigHeld,
    /// This box's clock is off its cameras'.
    BoxClock,
    /// The clock of a mark feed or a device is off the cameras'.
    SourceClock,
}

impl AlertKind {
    /// Each of them.
    pub const ALL: [Self; 11] = [
        Self::Watch,
        Self::Alarm,
        Self::Excluded,
        Self::Maintenance,
        Self::Silent,
        Self::Useless,
        Self::MoundCameras,
        Self::RigUnverified,
        Self::RigHeld,
        Self::BoxClock,
        Self::SourceClock,
    ];

    /// `watch`, `alarm`, `excluded`, `maintenance`, `silent`, `useless`, `mound_cameras`, `rig_unverified`, `rig_held`, `box_clock`, `source_clock`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Alarm => "alarm",
            Self::Excluded => "excluded",
            Self::Maintenance => "maintenance",
            Self::Silent => "silent",
            Self::Useless => "useless",
            Self::MoundCameras => "mound_cameras",
            Self::RigUnverified => "rig_unverified",
            Self::RigHeld => "rig_held",
            Self::BoxClock => "box_clock",
            Self::SourceClock => "source_clock",
        }
    }

    /// The rule's name in the book of alerts.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Watch => "camera_watch",
            Self::Alarm => "camera_alarm",
            Self::Excluded => "camera_excluded",
            Self::Maintenance => "camera_maintenance",
            Self::Silent => "camera_silent",
            Self::Useless => "camera_useless",
            Self::MoundCameras => "mound_cameras",
            Self::RigUnverified => "rig_unverified",
            Self::RigHeld => "rig_held",
            Self::BoxClock => "box_clock",
            Self::SourceClock => "source_clock",
        }
    }
}
