//! An estimate with its uncertainty, and units.

use serde::{Deserialize, Serialize};

/// A value with its standard deviation, in the unit of its field.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its standard deviation.
    pub sd: f64,
}

/// Degrees Celsius of degrees Fahrenheit.
pub fn celsius(fahrenheit: f64) -> f64 {
    (fahrenheit - 32.0) / 1.8
}

/// Degrees Fahrenheit of degrees Celsius.
pub fn fahrenheit(celsius: f64) -> f64 {
    celsius * 1.8 + 32.0
}

/// Miles an hour in a metre per second.
pub const MPH_PER_MPS: f64 = 2.236_936;
