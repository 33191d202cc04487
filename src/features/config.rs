//! What the features assume where nothing measures it.

use serde::{Deserialize, Serialize};

use crate::bounds::Bound;

/// How far the environment may be from usual while no sensor tells. All of it \[P\], this project's own choice: priors
/// that live in configuration. They widen standard deviations and never move a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Standard deviation of today's temperature about the baseline's, °F. Velocity follows at 1 mph per 37 °F
    /// (science.md §1).
    pub temperature_sd_f: f64,
    /// Standard deviation of today's air density about the baseline's, as a fraction. Break follows in proportion.
    pub density_sd_frac: f64,
    /// Standard deviation of the wind along the flight, mph. Break widens by 0.35 in per mph (science.md §1).
    pub wind_sd_mph: f64,
    /// Standard deviation of the season's mean temperature behind a baseline about standard conditions, °F: what stays in
    /// doubt where sensors tell today's.
    pub baseline_temperature_sd_f: f64,
    /// The same of the density, as a fraction.
    pub baseline_density_sd_frac: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            temperature_sd_f: 12.0,
            density_sd_frac: 0.02,
            wind_sd_mph: 3.0,
            baseline_temperature_sd_f: 5.0,
            baseline_density_sd_frac: 0.01,
        }
    }
}

impl Config {
    /// What its numbers may be, as keys of `[readiness]`.
    pub(crate) fn bounds(&self) -> Vec<Bound> {
        let of = |name: &str, sd, most| Bound::new(format!("features.{name}"), sd, 0.0, most);
        vec![
            of("temperature_sd_f", self.temperature_sd_f, 60.0),
            of("density_sd_frac", self.density_sd_frac, 0.2),
            of("wind_sd_mph", self.wind_sd_mph, 60.0),
            of("baseline_temperature_sd_f", self.baseline_temperature_sd_f, 60.0),
            of("baseline_density_sd_frac", self.baseline_density_sd_frac, 0.2),
        ]
    }
}
