//! Every number of science.md §6 that is a choice, with its default. All [P]: unvalidated priors of this project.

use serde::{Deserialize, Serialize};

use super::alerts::Rule;
use super::workload::Role;
use crate::features;

/// Penalty points that rise in a straight line: points·clamp((x − from)/span, 0, max).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// Points per span.
    pub points: f64,
    /// Where they begin, in the unit of x.
    pub from: f64,
    /// Width of one step, in the unit of x.
    pub span: f64,
    /// Steps at most.
    pub max: f64,
}

impl Ramp {
    /// Points at x.
    pub fn at(&self, x: f64) -> f64 {
        self.points * ((x - self.from) / self.span).max(0.0).min(self.max)
    }

    fn is_sound(&self) -> bool {
        [self.points, self.from, self.span, self.max].iter().all(|x| x.is_finite())
            && self.points >= 0.0
            && self.span > 0.0
            && self.max >= 0.0
    }
}

/// A limit that raises, and how far back inside it a value must come to clear.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// A value beyond it raises.
    pub raise: f64,
    /// A value that is back here, or better, may clear.
    pub clear: f64,
}

/// Warning and critical limit of one alert rule; an absent one never raises.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Look.
    pub warning: Option<Limit>,
    /// Act.
    pub critical: Option<Limit>,
}

/// Alert limits (science.md §6) and how they settle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertConfig {
    /// Of readiness, low is bad.
    pub readiness: Limits,
    /// Of `velocity_delta_5`, mph, low is bad.
    pub velocity_delta: Limits,
    /// Of the pitcher's late-data fraction, high is bad.
    pub late_data_frac: Limits,
    /// Of the smallest feature QA, low is bad.
    pub feature_qa_min: Limits,
    /// Of confidence in the rig's calibration, low is bad.
    pub calibration_confidence: Limits,
    /// New pitches in a row beyond a limit that raise.
    pub raise_pitches: u32,
    /// New pitches in a row inside the clear value that clear.
    pub clear_pitches: u32,
}

impl Default for AlertConfig {
    fn default() -> Self {
        let limit = |raise, clear| Some(Limit { raise, clear });
        Self {
            readiness: Limits { warning: limit(80.0, 83.0), critical: limit(60.0, 63.0) },
            velocity_delta: Limits { warning: limit(-2.0, -1.7), critical: None },
            late_data_frac: Limits { warning: limit(0.2, 0.17), critical: limit(0.3, 0.27) },
            feature_qa_min: Limits { warning: None, critical: limit(0.7, 0.75) },
            calibration_confidence: Limits { warning: limit(0.8, 0.82), critical: limit(0.6, 0.62) },
            raise_pitches: 1,
            clear_pitches: 3,
        }
    }
}

/// How readiness is judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// pV, of the velocity lost, mph.
    pub velocity: Ramp,
    /// pS, of CV ÷ usual CV of spin.
    pub spin: Ramp,
    /// pH, of release height variance ÷ usual.
    pub height: Ramp,
    /// pM, of the worse drop of extension or release height in pitch-to-pitch standard deviations.
    pub mechanics: Ramp,
    /// pD, of dose ÷ cap.
    pub dose: Ramp,
    /// pW, of the acute:chronic ratio.
    pub acwr: Ramp,
    /// pW, of the days of rest missing.
    pub rest: Ramp,
    /// Cap of a starter's dose, pitches.
    pub starter_cap: f64,
    /// Cap of a reliever's dose, pitches.
    pub reliever_cap: f64,
    /// A median past appearance of this many pitches makes a starter, where no role is given.
    pub starter_pitches_min: u32,
    /// Below this confidence in calibration the last value is held.
    pub hold_confidence: f64,
    /// Below this feature QA the last value is held.
    pub hold_qa: f64,
    /// Pitchers followed at once; the one who threw longest ago makes room.
    pub pitchers_max: usize,
    /// Alerts kept; cleared ones make room, the oldest first.
    pub alerts_max: usize,
    /// When alerts are raised and cleared.
    pub alerts: AlertConfig,
    /// What the features assume.
    pub features: features::Config,
}

impl Default for Config {
    fn default() -> Self {
        let ramp = |points, from, span, max| Ramp { points, from, span, max };
        Self {
            velocity: ramp(20.0, 0.5, 1.5, 2.0),
            spin: ramp(10.0, 1.25, 0.75, 1.5),
            height: ramp(10.0, 1.5, 1.5, 1.5),
            mechanics: ramp(10.0, 1.0, 2.0, 1.0),
            dose: ramp(20.0, 0.7, 0.6, 1.0),
            acwr: ramp(10.0, 1.3, 0.5, 1.0),
            rest: ramp(10.0, 0.0, 2.0, 1.0),
            starter_cap: 100.0,
            reliever_cap: 25.0,
            starter_pitches_min: 45,
            hold_confidence: 0.6,
            hold_qa: 0.7,
            pitchers_max: 128,
            alerts_max: 1000,
            alerts: AlertConfig::default(),
            features: features::Config::default(),
        }
    }
}

/// A number of the readiness configuration that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A ramp that is none.
    #[error("`{0}`: points and max must be 0 or more, span above 0, all of them finite")]
    Ramp(&'static str),
    /// A limit whose clear value is no better than the value that raises.
    #[error("`alerts.{0}`: clear must lie on the good side of raise, and the critical limit beyond the warning")]
    Limit(&'static str),
    /// A number that must be above 0.
    #[error("`{0}` must be a finite number above 0")]
    NotPositive(&'static str),
    /// A fraction out of range.
    #[error("`{0}` must lie between 0 and 1")]
    NoFraction(&'static str),
    /// A standard deviation below 0.
    #[error("`features.{0}` must be a finite number, 0 or more")]
    Deviation(&'static str),
}

impl Config {
    /// Every number that cannot be meant; empty for a sound configuration.
    pub fn errors(&self) -> Vec<ConfigError> {
        let ramps = [
            ("velocity", self.velocity),
            ("spin", self.spin),
            ("height", self.height),
            ("mechanics", self.mechanics),
            ("dose", self.dose),
            ("acwr", self.acwr),
            ("rest", self.rest),
        ];
        let positive = [
            ("starter_cap", self.starter_cap),
            ("reliever_cap", self.reliever_cap),
            ("pitchers_max", self.pitchers_max as f64),
            ("alerts_max", self.alerts_max as f64),
        ];
        let fractions = [("hold_confidence", self.hold_confidence), ("hold_qa", self.hold_qa)];
        let deviations = [
            ("temperature_sd_f", self.features.temperature_sd_f),
            ("density_sd_frac", self.features.density_sd_frac),
            ("wind_sd_mph", self.features.wind_sd_mph),
        ];
        let mut errors = Vec::new();
        errors.extend(ramps.iter().filter(|(_, r)| !r.is_sound()).map(|(key, _)| ConfigError::Ramp(key)));
        let limits = Rule::ALL.iter().filter(|rule| !rule.limits_are_sound(&self.alerts));
        errors.extend(limits.map(|rule| ConfigError::Limit(rule.name())));
        let bad = positive.iter().filter(|(_, x)| !(x.is_finite() && *x > 0.0));
        errors.extend(bad.map(|(key, _)| ConfigError::NotPositive(key)));
        let bad = fractions.iter().filter(|(_, x)| !(0.0..=1.0).contains(x));
        errors.extend(bad.map(|(key, _)| ConfigError::NoFraction(key)));
        let bad = deviations.iter().filter(|(_, x)| !(x.is_finite() && *x >= 0.0));
        errors.extend(bad.map(|(key, _)| ConfigError::Deviation(key)));
        errors
    }

    /// The cap of a role's dose, pitches.
    pub fn cap(&self, role: Role) -> f64 {
        match role {
            Role::Starter => self.starter_cap,
            Role::Reliever => self.reliever_cap,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_sound() {
        assert_eq!(Config::default().errors(), []);
    }

    #[test]
    fn every_error_is_told_at_once() {
        let mut config = Config { starter_cap: 0.0, hold_qa: 1.2, ..Config::default() };
        config.velocity.span = 0.0;
        config.features.wind_sd_mph = f64::NAN;
        config.alerts.readiness.warning = Some(Limit { raise: 80.0, clear: 78.0 });
        config.alerts.late_data_frac.critical = Some(Limit { raise: 0.1, clear: 0.05 });
        assert_eq!(
            config.errors(),
            [
                ConfigError::Ramp("velocity"),
                ConfigError::Limit("late_data_frac"),
                ConfigError::Limit("readiness"),
                ConfigError::NotPositive("starter_cap"),
                ConfigError::NoFraction("hold_qa"),
                ConfigError::Deviation("wind_sd_mph"),
            ]
        );
    }
}
