//! What leaves the pipeline.

use super::late::Critical;
use super::rig::Kept;
use crate::calibration;
use crate::ids::{BoxNs, EventNs, MoundId};
use crate::readiness::{Alert, Readiness};
use crate::records::{MissedOuting, PitchRecord};
use crate::tracking::JerkScale;

/// Something that happened, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A pitch was published: provisional, revised or final. To be shown and to be kept.
    Pitch {
        /// The record.
        record: Box<PitchRecord>,
        /// Arrival of the frame that moved the watermark past the pitch's end, or that made it known early.
        moved_by: BoxNs,
        /// When the ball crossed the plate, where this is the pitch's first result of its kind: early, of all cameras, final.
        crossed: Option<EventNs>,
    },
    /// A pitcher's readiness changed.
    Readiness {
        /// The answer.
        readiness: Box<Readiness>,
        /// As for the pitch behind it.
        moved_by: BoxNs,
    },
    /// Of an outing whose pitches count something is missing: to be kept.
    Missed(Box<MissedOuting>),
    /// An alert was raised.
    Raised(Alert),
    /// An alert cleared.
    Cleared(Alert),
    /// Frames of a final pitch came late, or it became known how far the cameras are trusted that saw a pitch: its `late_data_frac`
    /// or `calibration_confidence` changed and nothing else. To be kept, under the same revision.
    Recounted(Box<PitchRecord>),
    /// Something happened to a camera: its state, its correction, its place in the fits.
    Camera(Box<calibration::Event>),
    /// What calibration knows, to be kept over a restart.
    Calibration(Box<Kept>),
    /// What the trackers learned about the flight model changed: to be kept over a restart.
    Learned(MoundId, JerkScale),
    /// Too much came too late: to be measured again from the journal, and given back as [`Input::Reprocessed`](super::Input::Reprocessed).
    Critical(Box<Critical>),
}
