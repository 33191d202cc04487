//! Feature set v1 (science.md §4).
//!
//! | feature | inputs expected | opens | full |
//! |---|---|---|---|
//! | `velocity_delta_5` | fastballs (FF, SI, FC) with a baseline | 5 | 5 |
//! | `spin_consistency_20` | every pitch | 10 | 20 |
//! | `release_height_var_25` | every pitch | 10 | 25 |
//! | `break_adj_x`, `break_adj_z` | pitches of a type with a baseline | 10 | 20 |
//!
//! Break has no window of its own in science.md §4; it takes spin's, which it goes with. A pitch that no mark has typed
//! yet is expected by all of them and valid for none, so a silent mark feed lowers QA. Nothing crosses outings.
//! QA takes the late-data fraction that is published beside it, the pitcher's mean over his last 25 pitches.
//!
//! Velocity and break are compared in standard air (science.md §1) where sensors told the air of the last 25 pitches;
//! what is uncertain about the air is common to a window and added once. Where they did not tell, the standard deviations
//! are widened by [`Config`].
//!
//! Standard deviations: of a mean, see [`Sample::mean_delta`]; of a pooled variance ratio R over ν degrees of freedom,
//! R·√(2/ν); of a pooled coefficient of variation, CV·√(1/(2ν)). The baseline's variances rest on hundreds of pitches
//! and count as known.

use super::baseline::{Expected, PitcherBaseline, TypeBaseline};
use super::config::Config;
use super::outing::{Outing, OutingPitch, Reading};
use super::window::{Input, Item, Sample, Window};
use crate::environment::adjust::{Adjustment, BREAK_IN_PER_WIND_MPH, TEMPERATURE_F_PER_MPH};

const VELOCITY: Window = Window { open: 5, full: 5 };
const SPIN: Window = Window { open: 10, full: 20 };
const HEIGHT: Window = Window { open: 10, full: 25 };
const BREAK: Window = Window { open: 10, full: 20 };
const MECHANICS: Window = Window { open: 5, full: 5 };

const INCHES: f64 = 12.0;

/// A feature that is present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    /// In the feature's unit.
    pub value: f64,
    /// Standard deviation of the value.
    pub sd: f64,
    /// Completeness × (1 − `late_data_frac`), 0–1.
    pub qa: f64,
    /// Pitches in the window.
    pub n: u32,
}

/// Something over what is usual for him; 1 is usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// No unit.
    pub value: f64,
    /// Standard deviation of the value.
    pub sd: f64,
}

/// How far a part of his delivery has sunk below usual, mean of the last 5 pitches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lowering {
    /// In pitch-to-pitch standard deviations; positive is lower or shorter.
    pub z: f64,
    /// Standard deviation of `z`.
    pub sd: f64,
    /// The same drop in inches.
    pub inches: f64,
}

/// What pM judges (science.md §6); parts without data or baseline are absent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mechanics {
    /// Drop of the release height.
    pub release_pos_z: Option<Lowering>,
    /// Loss of extension.
    pub release_extension: Option<Lowering>,
}

/// Feature set v1. A feature whose window has not opened is absent, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FeatureSet {
    /// mph against the season's baseline.
    pub velocity_delta_5: Option<Feature>,
    /// Coefficient of variation of spin.
    pub spin_consistency_20: Option<Feature>,
    /// The same over his usual one: what points are counted on.
    pub spin_ratio: Option<Ratio>,
    /// Variance of release height over his usual one.
    pub release_height_var_25: Option<Feature>,
    /// The raw variance beside it, ft².
    pub release_height_var_25_ft2: Option<Feature>,
    /// Horizontal break against baseline, in.
    pub break_adj_x: Option<Feature>,
    /// Vertical break against baseline, in.
    pub break_adj_z: Option<Feature>,
    /// Drop of release point and extension.
    pub mechanics: Mechanics,
}

impl FeatureSet {
    /// Name of the set.
    pub const NAME: &'static str = "v1";

    /// The present features by name, the raw variance included.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Feature)> {
        [
            ("velocity_delta_5", self.velocity_delta_5),
            ("spin_consistency_20", self.spin_consistency_20),
            ("release_height_var_25", self.release_height_var_25),
            ("release_height_var_25_ft2", self.release_height_var_25_ft2),
            ("break_adj_x", self.break_adj_x),
            ("break_adj_z", self.break_adj_z),
        ]
        .into_iter()
        .filter_map(|(name, feature)| Some((name, feature?)))
    }

    /// The smallest QA over present features; none with none.
    pub fn qa_min(&self) -> Option<f64> {
        self.named().map(|(_, feature)| feature.qa).min_by(f64::total_cmp)
    }

    /// Whether there is a feature that readiness can be judged by: one that is known against what is usual for him.
    pub fn can_judge(&self) -> bool {
        self.velocity_delta_5.is_some() || self.spin_ratio.is_some() || self.release_height_var_25.is_some()
    }
}

/// Computes feature set v1 (science.md §4) of the newest windows of an outing. Without a baseline only what needs none
/// is present: the spin's coefficient of variation and the raw variance of release height.
pub fn features_v1(outing: &Outing, baseline: Option<&PitcherBaseline>, config: &Config) -> FeatureSet {
    let features = Computation::new(outing, baseline);
    let (spin_consistency_20, spin_ratio) = features.spin();
    let (release_height_var_25, release_height_var_25_ft2) = features.height();
    FeatureSet {
        velocity_delta_5: features.velocity(config),
        spin_consistency_20,
        spin_ratio,
        release_height_var_25,
        release_height_var_25_ft2,
        break_adj_x: features.movement(config, |p| p.pfx_x, |t| t.pfx_x),
        break_adj_z: features.movement(config, |p| p.pfx_z, |t| t.pfx_z),
        mechanics: Mechanics {
            release_pos_z: features.drop(|p| p.release_pos_z, |t| t.release_pos_z),
            release_extension: features.drop(|p| p.release_extension, |t| t.release_extension),
        },
    }
}

pub(super) struct Computation<'a> {
    outing: &'a Outing,
    baseline: Option<&'a PitcherBaseline>,
    late: f64,
}

type Usual = fn(&TypeBaseline) -> Option<Expected>;
type Read = fn(&OutingPitch) -> Option<Reading>;

impl<'a> Computation<'a> {
    pub(super) fn new(outing: &'a Outing, baseline: Option<&'a PitcherBaseline>) -> Self {
        Self { outing, baseline, late: outing.late_data_frac() }
    }

    /// A window over every pitch; the baseline is optional.
    fn every(&self, window: Window, read: Read, usual: Usual) -> Option<Sample> {
        window.collect(self.outing.pitches(), |pitch| match (pitch.flagged, pitch.pitch_type, read(pitch)) {
            (false, Some(pitch_type), Some(reading)) => {
                let usual = self.baseline.and_then(|b| b.of(pitch_type)).and_then(usual);
                Input::Valid(Item { pitch_type, reading, usual })
            }
            _ => Input::Missing,
        })
    }

    /// A window over pitches of types that have a baseline, fastballs only where asked.
    fn usual(&self, window: Window, read: Read, usual: Usual, fastballs: bool) -> Option<Sample> {
        let baseline = self.baseline?;
        window.collect(self.outing.pitches(), |pitch| {
            let Some(pitch_type) = pitch.pitch_type else { return Input::Missing };
            if fastballs && !pitch_type.is_fastball() {
                return Input::NotExpected;
            }
            let Some(expected) = baseline.of(pitch_type).and_then(usual) else { return Input::NotExpected };
            match read(pitch) {
                Some(reading) if !pitch.flagged => Input::Valid(Item { pitch_type, reading, usual: Some(expected) }),
                _ => Input::Missing,
            }
        })
    }

    /// Extension against baseline over the newest pitches, ft.
    pub(super) fn extension(&self) -> Option<Feature> {
        let sample = self.usual(MECHANICS, |p| p.release_extension, |t| t.release_extension, false)?;
        let (delta, variance) = sample.mean_delta()?;
        Some(self.feature(&sample, delta, variance.sqrt()))
    }

    fn feature(&self, sample: &Sample, value: f64, sd: f64) -> Feature {
        Feature { value, sd, qa: sample.completeness() * (1.0 - self.late), n: sample.n() as u32 }
    }

    fn velocity(&self, config: &Config) -> Option<Feature> {
        let sample = self.usual(VELOCITY, |p| p.release_speed, |t| t.release_speed, true)?;
        let (delta, variance) = sample.mean_delta()?;
        let temperature = match self.told(|a| a.speed_mph.map(|raised| raised.sd)) {
            Some(sd) => sd.hypot(config.baseline_temperature_sd_f / TEMPERATURE_F_PER_MPH),
            None => config.temperature_sd_f / TEMPERATURE_F_PER_MPH,
        };
        Some(self.feature(&sample, delta, (variance + temperature.powi(2)).sqrt()))
    }

    /// The worst of a standard deviation of the air over the last pitches, if sensors told it at each of them.
    fn told(&self, sd: impl Fn(&Adjustment) -> Option<f64>) -> Option<f64> {
        let pitches = self.outing.pitches();
        let last = &pitches[pitches.len().saturating_sub(Outing::LATE_WINDOW)..];
        last.iter().map(|p| p.environment.as_ref().and_then(&sd)).try_fold(0.0, |worst: f64, sd| Some(worst.max(sd?)))
    }

    fn spin(&self) -> (Option<Feature>, Option<Ratio>) {
        let Some(sample) = self.every(SPIN, |p| p.release_spin_rate, |t| t.release_spin_rate) else {
            return (None, None);
        };
        let feature = sample.scatter(true, |_| true).map(|scatter| {
            let cv = scatter.variance.sqrt();
            self.feature(&sample, cv, cv / (2.0 * scatter.dof).sqrt())
        });
        let ratio = against_usual(&sample, SPIN, true).map(|(squared, dof)| {
            let value = squared.sqrt();
            Ratio { value, sd: value / (2.0 * dof).sqrt() }
        });
        (feature, ratio)
    }

    fn height(&self) -> (Option<Feature>, Option<Feature>) {
        let Some(sample) = self.every(HEIGHT, |p| p.release_pos_z, |t| t.release_pos_z) else {
            return (None, None);
        };
        let raw = sample.scatter(false, |_| true).map(|scatter| {
            let sd = scatter.variance * (2.0 / scatter.dof).sqrt();
            self.feature(&sample, scatter.variance, sd)
        });
        let ratio = against_usual(&sample, HEIGHT, false)
            .map(|(ratio, dof)| self.feature(&sample, ratio, ratio * (2.0 / dof).sqrt()));
        (ratio, raw)
    }

    /// Break against baseline, ft in and in out.
    fn movement(&self, config: &Config, read: Read, usual: Usual) -> Option<Feature> {
        let sample = self.usual(BREAK, read, usual, false)?;
        let (delta, variance) = sample.mean_delta()?;
        let mean = sample.items().map(|i| i.reading.value).sum::<f64>() / sample.n() as f64;
        let density = match self.told(|a| a.break_factor.map(|factor| factor.sd)) {
            Some(sd) => sd.hypot(config.baseline_density_sd_frac),
            None => config.density_sd_frac,
        };
        let density_in = density * mean * INCHES;
        let wind_in = BREAK_IN_PER_WIND_MPH * self.told(|a| a.wind_sd_mph).unwrap_or(config.wind_sd_mph);
        let sd = (variance * INCHES * INCHES + density_in.powi(2) + wind_in.powi(2)).sqrt();
        Some(self.feature(&sample, delta * INCHES, sd))
    }

    fn drop(&self, read: Read, usual: Usual) -> Option<Lowering> {
        let sample = self.usual(MECHANICS, read, usual, false)?;
        let (delta, variance) = sample.mean_delta()?;
        let within = sample.items().filter_map(|i| i.usual).map(|e| e.var_within).sum::<f64>() / sample.n() as f64;
        (within > 0.0).then(|| Lowering {
            z: -delta / within.sqrt(),
            sd: (variance / within).sqrt(),
            inches: -delta * INCHES,
        })
    }
}

/// Pooled variance over the usual one, with its degrees of freedom, over the inputs whose type has a baseline; none
/// while they alone would not open the window.
fn against_usual(sample: &Sample, window: Window, relative: bool) -> Option<(f64, f64)> {
    let known = |i: &Item| i.usual.is_some_and(|e| e.var_within > 0.0 && e.mean > 0.0);
    if sample.items().filter(|i| known(i)).count() < window.open {
        return None;
    }
    let scatter = sample.scatter(relative, known)?;
    Some((scatter.variance / scatter.usual?, scatter.dof))
}
