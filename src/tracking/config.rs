//! What an operator or a test may turn in tracking, with this project's own choices [P] as defaults.

use serde::{Deserialize, Serialize};

use crate::bounds::{Bound, Fault, outside};

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
    /// Whether a result is given out as soon as the first cameras make it known well enough.
    pub early: bool,
    /// How certain an early result is at least of the place at the plate, standard deviation, in.
    pub early_plate_in: f64,
    /// The same of the release speed, mph.
    pub early_speed_mph: f64,
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
            early: true,
            early_plate_in: 0.15,
            early_speed_mph: 0.10,
            jerk_scale_walk: 0.005,
        }
    }
}

impl Config {
    /// What its numbers may be.
    pub fn bounds(&self) -> Vec<Bound> {
        let ns = |ns: u64| ns as f64;
        vec![
            Bound::new("common_px", self.common_px, 0.001, 5.0),
            Bound::new("jerk_sd", self.jerk_sd, 0.01, 100.0),
            Bound::new("jerk_along_sd", self.jerk_along_sd, 0.01, 100.0),
            Bound::new("jerk_scale_walk", self.jerk_scale_walk, 0.0, 1.0),
            Bound::new("gate_chi2", self.gate_chi2, 1.0, 100.0),
            Bound::new("gather_ns", ns(self.gather_ns), 0.0, 5e9),
            Bound::new("revise_sd", self.revise_sd, 0.0, 10.0),
            Bound::new("end_margin_ns", ns(self.end_margin_ns), 0.0, 1e9),
            Bound::new("match_ns", ns(self.match_ns), 1e6, 2e8),
            Bound::new("attribute_ns", ns(self.attribute_ns), 1e6, 1e10),
            // From the thinnest air of a high park on a hot day to the densest of a cold one at the sea.
            Bound::new("air_density", self.air_density, 0.8, 1.4),
            Bound::new("disagree_px", self.disagree_px, 0.1, 20.0),
            Bound::new("weak_plate_ft", self.weak_plate_ft, 0.001, 2.0),
            Bound::new("weak_speed_mph", self.weak_speed_mph, 0.01, 10.0),
            Bound::new("early_plate_in", self.early_plate_in, 0.01, 10.0),
            Bound::new("early_speed_mph", self.early_speed_mph, 0.01, 5.0),
        ]
    }

    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        if self.attribute_ns < self.match_ns {
            let (attribute, matched) = (self.attribute_ns, self.match_ns);
            let why = format!("is {attribute}, below match_ns ({matched}); what is a pitch's release names it too");
            errors.push(Fault::of_two("attribute_ns", "match_ns", why));
        }
        if self.disagree_px <= self.common_px {
            let (disagree, common) = (self.disagree_px, self.common_px);
            let why =
                format!("is {disagree}, not above common_px ({common}); every camera would disagree by what is usual");
            errors.push(Fault::of_two("disagree_px", "common_px", why));
        }
        errors
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
