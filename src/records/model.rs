//! What models and cameras are known by.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
