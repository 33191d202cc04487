//! What is plausible, what differs too much, and how long a value stands for the present.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounds::{Bound, Fault, outside};

/// What a sensor can tell; the names and units are those of a message's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Air temperature, °C.
    TemperatureC,
    /// Relative humidity, %.
    HumidityPct,
    /// Station pressure, hPa.
    PressureHpa,
    /// Wind speed, m/s.
    WindSpeedMps,
    /// Where the wind comes from, degrees, 0 to 360.
    WindDirectionDeg,
}

impl Quantity {
    /// How many there are.
    pub const COUNT: usize = 5;
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] =
        [Self::TemperatureC, Self::HumidityPct, Self::PressureHpa, Self::WindSpeedMps, Self::WindDirectionDeg];

    /// The field's name in a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::TemperatureC => "temperature_c",
            Self::HumidityPct => "humidity_pct",
            Self::PressureHpa => "pressure_hpa",
            Self::WindSpeedMps => "wind_speed_mps",
            Self::WindDirectionDeg => "wind_direction_deg",
        }
    }

    /// What can be in a ballpark, in its unit: no limit lies beyond.
    fn bounds(self) -> (f64, f64) {
        match self {
            Self::TemperatureC => (-60.0, 60.0),
            Self::HumidityPct => (0.0, 100.0),
            Self::PressureHpa => (500.0, 1100.0),
            Self::WindSpeedMps => (0.0, 120.0),
            Self::WindDirectionDeg => (0.0, 360.0),
        }
    }

    /// How far two values are apart; directions the short way round.
    pub(super) fn distance(self, a: f64, b: f64) -> f64 {
        if self == Self::WindDirectionDeg {
            let apart = (a - b).rem_euclid(360.0);
            apart.min(360.0 - apart)
        } else {
            (a - b).abs()
        }
    }
}

/// Limits of one quantity, in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Below this no sensor in a ballpark can be right.
    pub low: f64,
    /// Nor above this.
    pub high: f64,
    /// Sensors this far from the others are still believed: sun, shade and height of the stand.
    pub differ: f64,
    /// The others must have moved by this before a value that stands still is called stuck.
    pub moved: f64,
    /// Standard deviation of a good sensor for the field's air; a lone one counts twice that.
    pub sd: f64,
}

/// Settings of [`Fusion`](super::fusion::Fusion). All of it \[P\], this project's own choice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// A value older than this is stale: shown as such, and used for nothing, s.
    pub stale_s: f64,
    /// A message whose own time is farther ahead is refused, s.
    pub future_s: f64,
    /// A message whose own time is farther behind is refused, s.
    pub old_s: f64,
    /// A value unchanged bit for bit for so long is stuck once the others have moved, s.
    pub stuck_s: f64,
    /// A sensor farther off than this many standard deviations, told from the median absolute deviation, is absurd.
    pub outlier_sd: f64,
    /// Limits of the temperature, °C.
    pub temperature_c: Limits,
    /// Limits of the humidity, %.
    pub humidity_pct: Limits,
    /// Limits of the station pressure, hPa.
    pub pressure_hpa: Limits,
    /// Limits of the wind speed, m/s.
    pub wind_speed_mps: Limits,
    /// Limits of the wind direction, degrees.
    pub wind_direction_deg: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            stale_s: 300.0,
            future_s: 60.0,
            old_s: 3600.0,
            stuck_s: 900.0,
            outlier_sd: 4.0,
            temperature_c: Limits { low: -40.0, high: 55.0, differ: 4.0, moved: 0.5, sd: 0.5 },
            humidity_pct: Limits { low: 2.0, high: 100.0, differ: 15.0, moved: 2.0, sd: 3.0 },
            pressure_hpa: Limits { low: 700.0, high: 1100.0, differ: 3.0, moved: 0.5, sd: 0.5 },
            wind_speed_mps: Limits { low: 0.0, high: 75.0, differ: 5.0, moved: 1.0, sd: 0.5 },
            wind_direction_deg: Limits { low: 0.0, high: 360.0, differ: 90.0, moved: 45.0, sd: 15.0 },
        }
    }
}

impl Config {
    /// What its numbers may be.
    pub fn bounds(&self) -> Vec<Bound> {
        let mut bounds = vec![
            Bound::new("stale_s", self.stale_s, 10.0, 86_400.0),
            Bound::new("future_s", self.future_s, 1.0, 3600.0),
            Bound::new("old_s", self.old_s, 10.0, 604_800.0),
            Bound::new("stuck_s", self.stuck_s, 30.0, 86_400.0),
            Bound::new("outlier_sd", self.outlier_sd, 1.0, 20.0),
        ];
        for quantity in Quantity::ALL {
            let (least, most) = quantity.bounds();
            let Limits { low, high, differ, moved, sd } = *self.limits(quantity);
            let mut bound = |name, value, least| {
                bounds.push(Bound::new(format!("{}.{name}", quantity.name()), value, least, most));
            };
            bound("low", low, least);
            bound("high", high, least);
            bound("differ", differ, 0.01);
            bound("moved", moved, 0.01);
            bound("sd", sd, 0.01);
        }
        bounds
    }

    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        if self.stale_s > self.old_s {
            let (stale, old) = (self.stale_s, self.old_s);
            let why =
                format!("is {stale}, above old_s ({old}); what is refused as old is no value that could become stale");
            errors.push(Fault::of_two("stale_s", "old_s", why));
        }
        for quantity in Quantity::ALL {
            let Limits { low, high, .. } = *self.limits(quantity);
            if low >= high {
                let why = format!("has low = {low} and high = {high}; write low below high");
                errors.push(Fault::new(quantity.name(), why));
            }
        }
        errors
    }

    /// The limits of a quantity.
    pub fn limits(&self, quantity: Quantity) -> &Limits {
        match quantity {
            Quantity::TemperatureC => &self.temperature_c,
            Quantity::HumidityPct => &self.humidity_pct,
            Quantity::PressureHpa => &self.pressure_hpa,
            Quantity::WindSpeedMps => &self.wind_speed_mps,
            Quantity::WindDirectionDeg => &self.wind_direction_deg,
        }
    }
}
