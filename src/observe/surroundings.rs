//! What surrounds the pipeline, as the watching thread sees it once a second: the machine, the sensors' broker, keys,
//! the risk model, the backups, and of whom readiness is told. Everything here is bounded by what it is told of.

use std::collections::BTreeMap;

use super::status::AccessStatus;
use super::system::SystemStatus;

/// Everything around the pipeline at one moment.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The machine; none where it does not tell.
    pub system: Option<SystemStatus>,
    /// Keys of the API.
    pub access: AccessStatus,
    /// The park's sensors; none where no broker is configured.
    pub environment: Option<EnvironmentStatus>,
    /// The risk model.
    pub model: ModelStatus,
    /// Active pitchers, ascending.
    pub pitchers: Vec<PitcherStatus>,
    /// Standing alerts by rule and severity.
    pub alerts: BTreeMap<(String, &'static str), u64>,
    /// When the newest backup was written, s since 1970; none where there is none.
    pub newest_backup_s: Option<f64>,
    /// Bytes that were given up because the disk was full.
    pub shed_bytes: u64,
}

/// The park's sensors.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentStatus {
    /// Whether the broker is listened to.
    pub connected: bool,
    /// Times that it was reached.
    pub connects: u64,
    /// Messages by what became of them.
    pub messages: [(&'static str, u64); 12],
    /// Sensors that were heard.
    pub sensors: u64,
    /// Values of sensors that are left out as stale, stuck, absurd or beyond the altitude.
    pub left_out: u64,
    /// °C, unless stale.
    pub temperature_c: Option<f64>,
    /// Percent, unless stale.
    pub humidity_pct: Option<f64>,
    /// hPa at the station, unless stale.
    pub pressure_hpa: Option<f64>,
    /// m/s, unless stale.
    pub wind_speed_mps: Option<f64>,
}

/// The risk model.
#[derive(Debug, Clone, Default)]
pub struct ModelStatus {
    /// Its version; none where none serves.
    pub version: Option<String>,
    /// When it was trained, s since 1970.
    pub trained_s: Option<f64>,
    /// Assessments by what became of them.
    pub assessments: [(&'static str, u64); 3],
}

/// One active pitcher: his MLBAM id, and no name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PitcherStatus {
    /// MLBAM id.
    pub pitcher: u32,
    /// Where he throws.
    pub mound: u8,
    /// Readiness and its 5 % and 95 % quantiles, 0–100.
    pub readiness: [Option<f64>; 3],
    /// 0–100.
    pub fatigue: Option<f64>,
    /// 0–100.
    pub risk: Option<f64>,
    /// Mean velocity of five pitches against his usual, mph.
    pub velocity_delta_mph: Option<f64>,
    /// Smallest QA of a feature, 0–1.
    pub feature_qa_min: Option<f64>,
    /// 0–1, over 25 pitches.
    pub late_data_frac: f64,
    /// 0.50–0.95.
    pub calibration_confidence: Option<f64>,
    /// Age of readiness and fatigue: since the newest pitch behind them, s; none where there is no value.
    pub data_age_s: Option<f64>,
    /// Whether the last value is held because the data is not good enough.
    pub held: bool,
    /// Pitches in this outing.
    pub pitches: u32,
}
