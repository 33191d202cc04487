//! Records: what the store keeps and the API shows, under names that every room knows. They know no room.

mod appearance;
mod injury;
mod model;
mod person;
mod pitch;
mod season;

pub use appearance::{AppearanceRecord, Lack, Missed, MissedOuting};
pub use injury::{BodyPart, InjuryRecord};
pub use model::{CalibrationRecord, FeatureSnapshotRecord, ModelRecord};
pub use person::PitcherRecord;
pub use pitch::{
    DELIBERATE, EARLY, JOURNAL_GAP, Measured, Origin, PitchRecord, REPROCESSED, SIMULATED, SIMULATED_TEAM, State,
    UNDATED, UNMARKED, WITHDRAWN, is_of_its_making, serialize_all_told, serialize_told,
};
pub use season::{BaselineRecord, Moments, SeasonSums, TypeSums};
