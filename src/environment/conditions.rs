//! What is known of the environment at a moment: immutable, and read by anybody without waiting.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::config::Quantity;
use super::density;
use super::refusal::Counts;
use super::speakers::Speaker;
use super::units::{Estimate, MPH_PER_MPS, fahrenheit};
use crate::ids::{BoxNs, EventNs};

/// One quantity, fused from the sensors that agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fused {
    /// In the quantity's unit.
    pub value: f64,
    /// Standard deviation for the field's air.
    pub sd: f64,
    /// Sensors behind it.
    pub sensors: u32,
    /// The newest of their times.
    pub at: EventNs,
}

/// Why a sensor's value is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It has said nothing for too long.
    Stale,
    /// It stands still bit for bit while the others move.
    Stuck,
    /// It is too far from the others.
    Absurd,
    /// No station at this height above the sea can read it.
    Altitude,
}

/// A sensor's value that is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// The sensor.
    pub sensor: String,
    /// What it tells.
    pub quantity: Quantity,
    /// What it told last.
    pub value: f64,
    /// Why it is left out.
    pub why: Why,
    /// The same in words, with the figures.
    pub detail: String,
}

/// What a sensor said last of one quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SensorValue {
    /// Which.
    pub quantity: Quantity,
    /// The value, as it was said.
    pub value: f64,
    /// When, by the sensor's own clock.
    pub at: EventNs,
    /// Why it is left out; none where it is used.
    pub left_out: Option<Why>,
}

/// A sensor and its last values.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorReport {
    /// Its name in the topic.
    pub name: String,
    /// Its last message's own time.
    pub at: EventNs,
    /// By quantity; what it never told is absent.
    pub values: Vec<SensorValue>,
}

/// How a camera shakes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vibration {
    /// The camera's source.
    pub camera: u8,
    /// g rms.
    pub rms_g: f64,
    /// When, by the sensor's own clock.
    pub at: EventNs,
}

/// What the air does to a pitch: the part of [`Conditions`] that features, drift and confidence need. What is not known,
/// or stale, is absent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Air {
    /// °F.
    pub temperature_f: Option<Estimate>,
    /// kg/m³.
    pub density_kg_m3: Option<Estimate>,
    /// mph.
    pub wind_mph: Option<Estimate>,
    /// Where the wind comes from, degrees.
    pub wind_direction_deg: Option<Estimate>,
}

impl Air {
    /// Whether any sensor tells anything: otherwise the worst is to be assumed (science.md §3).
    pub fn is_known(&self) -> bool {
        *self != Self::default()
    }
}

/// Everything known, as of a moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conditions {
    /// By [`Quantity`]: the last that sensors agreed on, which may be stale by now.
    pub fused: [Option<Fused>; Quantity::COUNT],
    /// Every sensor, by name.
    pub sensors: Vec<SensorReport>,
    /// What is not used, and why.
    pub left_out: Vec<LeftOut>,
    /// Ascending by camera; may be stale.
    pub vibration: Vec<Vibration>,
    /// Messages by what became of them.
    pub counts: Counts,
    /// Who speaks, by name.
    pub speakers: Vec<Speaker>,
    /// From this age on a value is stale, ns.
    pub stale_ns: u64,
}

impl Conditions {
    /// Whether something of that time is too old to say how it is.
    pub fn is_stale(&self, at: EventNs, now: BoxNs) -> bool {
        now.0.saturating_sub(at.0) > self.stale_ns
    }

    /// One quantity, unless stale.
    pub fn fresh(&self, quantity: Quantity, now: BoxNs) -> Option<Estimate> {
        let fused = self.fused[quantity as usize].filter(|f| !self.is_stale(f.at, now))?;
        Some(Estimate { value: fused.value, sd: fused.sd })
    }

    /// Density of the air, kg/m³ (science.md §1); needs temperature and pressure.
    pub fn density_kg_m3(&self, now: BoxNs) -> Option<Estimate> {
        let temperature = self.fresh(Quantity::TemperatureC, now)?;
        let pressure = self.fresh(Quantity::PressureHpa, now)?;
        Some(density::estimate(temperature, self.fresh(Quantity::HumidityPct, now), pressure))
    }

    /// What a pitch thrown now meets.
    pub fn air(&self, now: BoxNs) -> Air {
        let temperature = self.fresh(Quantity::TemperatureC, now);
        let wind = self.fresh(Quantity::WindSpeedMps, now);
        Air {
            temperature_f: temperature.map(|t| Estimate { value: fahrenheit(t.value), sd: 1.8 * t.sd }),
            density_kg_m3: self.density_kg_m3(now),
            wind_mph: wind.map(|w| Estimate { value: w.value * MPH_PER_MPS, sd: w.sd * MPH_PER_MPS }),
            wind_direction_deg: self.fresh(Quantity::WindDirectionDeg, now),
        }
    }

    /// How a camera shakes, g rms, unless nobody told lately.
    pub fn vibration_g(&self, camera: u8, now: BoxNs) -> Option<f64> {
        let found = self.vibration.iter().find(|v| v.camera == camera)?;
        (!self.is_stale(found.at, now)).then_some(found.rms_g)
    }
}
