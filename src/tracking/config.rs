//! What an operator or a test may turn in tracking, with this project's own choices [P] as defaults.

use serde::{Deserialize, Serialize};

/// Settings of a [`MoundTracker`](super::MoundTracker). Every default is a prior of this project \[P\].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Standard deviation of the offset that one camera's pixels share during one pitch, px: what does not average out.
    pub common_px: f64,
    /// Standard deviation of the true jerk around its prediction by the force model, across the flight, ft/s³
    /// (science.md §1). 2.5 rather than 2: the spin along the flight, which no camera sees, bends it by more.
    pub jerk_sd: f64,
    /// The same along the flight, where drag is all there is and varies less, ft/s³. From 1 on, the 90 % interval of the
    /// speed holds over 96 % of the time on flights of constant acceleration.
    pub jerk_along_sd: f64,
    /// An observation farther off than this is not used: squared residual over variance, two degrees of freedom.
    pub gate_chi2: f64,
    /// How long frames behind the eager watermark are gathered before a revision, box time, ns.
    pub gather_ns: u64,
    /// A revision needs a value that moved by more than this many of its standard deviations.
    pub revise_sd: f64,
    /// Event time past the crossing of the plate's front that the eager watermark must reach, ns.
    pub end_margin_ns: u64,
    /// A released mark or a spin this near to the first consistent observation belongs to it, ns.
    pub match_ns: u64,
    /// A released mark this near names pitcher and pitch, though not the release, unless it is nearer to another
    /// pitch, ns.
    pub attribute_ns: u64,
    /// Air density, kg/m³; only the published drag and lift coefficients depend on it.
    pub air_density: f64,
    /// A camera in the fit whose mean residual is beyond this disagrees, px.
    pub disagree_px: f64,
    /// Weak geometry: a plate position less certain than this, ft.
    pub weak_plate_ft: f64,
    /// Weak geometry: a release speed less certain than this, mph.
    pub weak_speed_mph: f64,
    /// How much the scale of the modelled jerk may wander from pitch to pitch, standard deviation.
    pub jerk_scale_walk: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            common_px: 0.1,
            jerk_sd: 2.5,
            jerk_along_sd: 0.4,
            gate_chi2: 9.21,
            gather_ns: 250_000_000,
            revise_sd: 0.1,
            end_margin_ns: 2_000_000,
            match_ns: 20_000_000,
            attribute_ns: 1_000_000_000,
            air_density: super::force::STANDARD_AIR_DENSITY,
            disagree_px: 1.0,
            weak_plate_ft: 0.5 / 12.0,
            weak_speed_mph: 0.5,
            jerk_scale_walk: 0.005,
        }
    }
}

impl Config {
    /// Every key that cannot be meant, with why; empty for a sound configuration. What is divided by, or gates everything out
    /// where it is 0, must be above 0.
    pub fn errors(&self) -> Vec<(&'static str, String)> {
        let above_zero = [
            ("common_px", self.common_px, "0.1"),
            ("jerk_sd", self.jerk_sd, "2.5"),
            ("jerk_along_sd", self.jerk_along_sd, "0.4"),
            ("gate_chi2", self.gate_chi2, "9.21"),
            ("air_density", self.air_density, "1.1739"),
            ("disagree_px", self.disagree_px, "1.0"),
            ("weak_plate_ft", self.weak_plate_ft, "0.04"),
            ("weak_speed_mph", self.weak_speed_mph, "0.5"),
            ("match_ns", self.match_ns as f64, "20000000"),
            ("attribute_ns", self.attribute_ns as f64, "1000000000"),
        ];
        let bad = above_zero.into_iter().filter(|(_, value, _)| *value <= 0.0);
        bad.map(|(key, value, usual)| (key, format!("is {value}; write more than 0 ({usual} is usual)"))).collect()
    }
}

/// How an observation stands to the watermarks at its arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In event order, at or before the eager watermark that follows.
    Eager,
    /// Behind the eager watermark, still ahead of the final one.
    AfterEager,
    /// Behind the final watermark.
    Late,
}
