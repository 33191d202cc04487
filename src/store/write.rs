//! What the writer is given.

use super::summary::Summary;
use crate::ingest::SourceMark;
use crate::records::{AppearanceRecord, CalibrationRecord, MissedOuting, PitchRecord, PitcherRecord};

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A pitch, replacing earlier revisions of it.
    Pitch(Box<PitchRecord>),
    /// A pitcher's game.
    Appearance(Box<AppearanceRecord>),
    /// Notes what is missing of an outing.
    Missed(Box<MissedOuting>),
    /// What calibration knows of a ballpark, replacing what it knew.
    Calibration(Box<CalibrationRecord>),
    /// A person.
    Pitcher(PitcherRecord),
    /// A room's restart state.
    Checkpoint {
        /// The room's name for it.
        name: String,
        /// Its own encoding.
        bytes: Vec<u8>,
    },
    /// A number or setting of a room.
    Meta {
        /// Its name.
        key: String,
        /// Its own encoding.
        bytes: Vec<u8>,
    },
    /// How far each source has come.
    SourceMarks(Vec<SourceMark>),
    /// A summary for the analytics cloud, queued with whatever else is in the batch.
    Summary(Box<Summary>),
}
