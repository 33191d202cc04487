//! Indices, intervals, reasons, recommendation and alerts (science.md §6).
//!
//! [`Engine`] is the room: pitches go in, what to publish comes out; no clock, no I/O, and the same pitches in the same
//! order give the same output to the last bit. Readiness describes today's arm and promises nothing about injury; every
//! recommendation says so.

mod alerts;
mod config;
mod engine;
mod indices;
mod record;
mod words;
mod workload;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::features::{self, Feature};
use crate::ids::{MoundId, PitcherId};
use crate::units::Unit;

pub use alerts::Rule;
pub use config::{AlertConfig, Config, Limit, Limits, Ramp};
pub use engine::{Engine, EngineState, Outcome};
pub use indices::{Indices, Inputs, Judge, Points};
pub use workload::{HISTORY_DAYS, OutingKey, Role, Workload, acute_chronic, rest_asked};

/// A number with its 90 % interval; all null where it cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Index {
    /// 0–100.
    pub value: Option<f64>,
    /// 5 % quantile.
    pub low: Option<f64>,
    /// 95 % quantile.
    pub high: Option<f64>,
}

/// One feature as shown: value, uncertainty, QA.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeatureValue {
    /// In `unit`.
    pub value: f64,
    /// Standard deviation of the value; 0 of one that is counted and has none, of which no ± is shown.
    pub sd: f64,
    /// Completeness × (1 − `late_data_frac`) of a feature with a window; 1 of one that is counted or judged elsewhere.
    pub qa: f64,
    /// Pitches behind it; 0 where it rests on earlier days.
    pub n: u32,
    /// In what it is told.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// Decimals that it is shown with in that unit: fewer would hide it, more would feign.
    #[serde(default)]
    pub digits: Option<u8>,
}

impl FeatureValue {
    /// A feature as it is shown under its name.
    pub fn of(name: &str, feature: Feature) -> Self {
        let Feature { value, sd, qa, n } = feature;
        let shown = features::shown(name);
        Self { value, sd, qa, n, unit: shown.map(|s| s.unit), digits: shown.map(|s| s.digits) }
    }
}

/// How bad an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Look.
    Warning,
    /// Act.
    Critical,
}

/// A raised alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Number, unique on this box.
    pub id: u64,
    /// Which rule: `readiness`, `velocity_delta`, `late_data_frac`, `feature_qa_min`, `calibration_confidence`; of a
    /// camera, what calibration has against it.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// Whom it is about, where it is about somebody.
    pub pitcher: Option<PitcherId>,
    /// Source of the camera that it is about, where it is about one.
    pub camera: Option<u8>,
    /// In a coach's words, or an engineer's where it is about a camera.
    pub message: String,
    /// The number that raised it.
    pub value: f64,
    /// The limit that it crossed.
    pub limit: f64,
    /// Event time at which it was raised, RFC 3339.
    pub raised_at: String,
    /// When it cleared, RFC 3339; absent while it stands.
    pub cleared_at: Option<String>,
    /// When somebody acknowledged it, RFC 3339.
    pub acknowledged_at: Option<String>,
}

/// What somebody else than this room has against a camera; the book of alerts numbers and keeps it as its own.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraAlert {
    /// Source.
    pub camera: u8,
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
}

/// What an injury model told of a pitcher before today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InjuryRisk {
    /// Risk Index, 0–100.
    pub index: f64,
    /// Calibrated 21-day probability.
    pub probability: f64,
    /// What is usual: the share of days of pitching that a placement follows within 21 days.
    pub base_rate: f64,
    /// Of which days injured lists and his games are known, in a sentence.
    pub coverage: String,
    /// Which model told.
    pub model_version: String,
}

/// The answer for one pitcher, as published (design.md, HTTP).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// MLBAM id.
    pub pitcher: PitcherId,
    /// Name for people; the id's digits where no name is known.
    pub name: String,
    /// Where he throws.
    pub mound: MoundId,
    /// 0–100, high is good. It describes today's arm and promises nothing about injury.
    pub readiness: Index,
    /// 0–100, high is tired.
    pub fatigue: Index,
    /// 0–100, 25 is usual; no percentage: show `probability_21d` beside `base_rate_21d`. Null where there is none.
    pub risk: Index,
    /// Calibrated 21-day injury probability; null where there is none, see `risk_absent`.
    pub probability_21d: Option<f64>,
    /// What is usual: the share of days of pitching that a placement follows within 21 days; null where there is no
    /// probability to be compared with it.
    #[serde(default)]
    pub base_rate_21d: Option<f64>,
    /// Of which days injured lists and his games are known; null where there is no probability that rests on them.
    #[serde(default)]
    pub risk_coverage: Option<String>,
    /// Why there is no probability, in a coach's words; null where there is one.
    #[serde(default)]
    pub risk_absent: Option<String>,
    /// Present features by name.
    pub features: BTreeMap<String, FeatureValue>,
    /// `v2`.
    pub feature_set: String,
    /// Smallest QA over present features that have a window; null with none.
    pub feature_qa_min: Option<f64>,
    /// 0.50–0.95; null where nobody judges it yet.
    pub calibration_confidence: Option<f64>,
    /// Mean over the last 25 pitches.
    pub late_data_frac: f64,
    /// Age of the newest pitch behind the number, ms.
    pub data_age_ms: u64,
    /// `provisional`, `final` or `held`.
    pub state: crate::store::records::State,
    /// Counts up with each published change.
    pub revision: u64,
    /// In words, the weightiest first.
    pub reasons: Vec<String>,
    /// In a coach's words.
    pub recommendation: String,
    /// Standing alerts about him.
    pub alerts: Vec<Alert>,
    /// Version of the injury model; null until one serves.
    pub model_version: Option<String>,
    /// Pitches in this outing so far.
    pub pitches: u32,
    /// Release event time of the newest pitch behind the number, RFC 3339.
    pub last_pitch_at: String,
}
