//! What the surroundings do to a rig: how fast a calibration ages in them (science.md §3).

use serde::{Deserialize, Serialize};

/// Conditions at the park at one moment; what no sensor says is absent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Conditions {
    /// Wind speed, mph.
    pub wind_mph: Option<f64>,
    /// Air temperature, °C.
    pub temperature_c: Option<f64>,
}
