//! Every number of science.md §6 that is a choice, with its default. All [P]: unvalidated priors of this project.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alerts::Rule;
use crate::bounds::{Bound, Fault, outside};
use crate::calibration::CONFIDENCE_REACHED;
use crate::features;
use crate::workload::Roles;

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

impl Limits {
    /// Below which readiness a verdict is another one.
    pub fn verdicts(&self) -> VerdictLimits {
        let (ready, out) = (self.warning.map(|limit| limit.raise), self.critical.map(|limit| limit.raise));
        VerdictLimits { ready, warm: ready.zip(out).map(|(ready, out)| f64::midpoint(ready, out)), out }
    }
}

/// Below which readiness a verdict is another one, as configured; null where none is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct VerdictLimits {
    /// Under it he is not `ready`.
    pub ready: Option<f64>,
    /// Under it somebody should be warm: half-way between the two others \[P\].
    pub warm: Option<f64>,
    /// Under it he is taken out, or sat down.
    pub out: Option<f64>,
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
    /// A median of this many pitches over his newest days of pitching makes a starter, where no roster says his role.
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

impl Config {
    /// What its numbers may be.
    pub fn bounds(&self) -> Vec<Bound> {
        let mut bounds = vec![
            Bound::new("starter_cap", self.starter_cap, 20.0, 200.0),
            Bound::new("reliever_cap", self.reliever_cap, 5.0, 150.0),
            Bound::new("starter_pitches_min", f64::from(self.starter_pitches_min), 10.0, 120.0),
            // No rig's confidence is above 0.95 (science.md §3): what holds there holds for ever.
            Bound::new("hold_confidence", self.hold_confidence, 0.0, 0.95),
            Bound::new("hold_qa", self.hold_qa, 0.0, 1.0),
            Bound::new("pitchers_max", self.pitchers_max as f64, 1.0, 10_000.0),
            Bound::new("alerts_max", self.alerts_max as f64, 1.0, 100_000.0),
            Bound::new("alerts.raise_pitches", f64::from(self.alerts.raise_pitches), 1.0, 100.0),
            Bound::new("alerts.clear_pitches", f64::from(self.alerts.clear_pitches), 1.0, 100.0),
        ];
        for (name, Ramp { points, from, span, max }) in [
            ("velocity", self.velocity),
            ("spin", self.spin),
            ("height", self.height),
            ("mechanics", self.mechanics),
            ("dose", self.dose),
            ("acwr", self.acwr),
            ("rest", self.rest),
        ] {
            bounds.extend([
                Bound::new(format!("{name}.points"), points, 0.0, 100.0),
                Bound::new(format!("{name}.from"), from, 0.0, 100.0),
                Bound::new(format!("{name}.span"), span, 0.01, 100.0),
                Bound::new(format!("{name}.max"), max, 0.0, 10.0),
            ]);
        }
        bounds.extend(Rule::ALL.iter().flat_map(|rule| rule.bounds(&self.alerts)));
        bounds.extend(self.features.bounds());
        bounds
    }

    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        errors.extend(Rule::ALL.iter().flat_map(|rule| rule.contradictions(&self.alerts)));
        if self.starter_cap < self.reliever_cap {
            let (starter, reliever) = (self.starter_cap, self.reliever_cap);
            let why = format!("is {starter}, below reliever_cap ({reliever}); a starter carries more than a reliever");
            errors.push(Fault::of_two("starter_cap", "reliever_cap", why));
        }
        errors
    }

    /// What is allowed and hardly meant, with why: limits of confidence that cameras do not reach for long.
    pub fn doubts(&self) -> Vec<Fault> {
        let warning = self.alerts.calibration_confidence.warning.map(|warning| warning.raise);
        let limits = [
            ("hold_confidence", Some(self.hold_confidence), "readiness would be held"),
            ("alerts.calibration_confidence.warning.raise", warning, "there would always be a warning"),
        ];
        let above = |(key, limit, what): (&str, Option<f64>, &str)| {
            let limit = limit.filter(|limit| *limit > CONFIDENCE_REACHED)?;
            let why = format!(
                "is {limit}: {what} of cameras that are well, for their confidence falls to {CONFIDENCE_REACHED:.2} between two \
                 looks; write {CONFIDENCE_REACHED:.2} or less"
            );
            Some(Fault::new(key, why))
        };
        limits.into_iter().filter_map(above).collect()
    }

    /// What roles are told by, and their caps.
    pub fn roles(&self) -> Roles {
        let Self { starter_pitches_min, starter_cap, reliever_cap, .. } = *self;
        Roles { starter_pitches_min, starter_cap, reliever_cap }
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
    fn a_limit_of_confidence_that_no_rig_keeps_above_is_doubted() {
        let keys = |config: &Config| config.doubts().into_iter().map(|doubt| doubt.key).collect::<Vec<_>>();
        assert_eq!(Config::default().doubts(), []);
        let mut config = Config { hold_confidence: 0.95, ..Config::default() };
        assert_eq!(keys(&config), ["hold_confidence"]);
        assert!(
            config.doubts()[0].why.contains("readiness would be held of cameras that are well"),
            "{:?}",
            config.doubts()
        );
        config.alerts.calibration_confidence.warning = Some(Limit { raise: 0.9, clear: 0.92 });
        assert_eq!(keys(&config), ["hold_confidence", "alerts.calibration_confidence.warning.raise"]);
        assert_eq!(config.errors(), [], "it is allowed");
    }

    #[test]
    fn every_error_is_told_at_once_with_its_key() {
        let mut config = Config { starter_cap: 0.0, hold_qa: 1.2, ..Config::default() };
        config.velocity.span = 0.0;
        config.features.wind_sd_mph = f64::NAN;
        config.alerts.readiness.warning = Some(Limit { raise: 50.0, clear: 48.0 });
        config.alerts.late_data_frac.critical = Some(Limit { raise: 0.1, clear: 0.2 });
        config.alerts.clear_pitches = 0;
        let mut keys: Vec<_> = config.errors().into_iter().map(|fault| fault.key).collect();
        keys.sort();
        let told = [
            "alerts.clear_pitches",
            "alerts.late_data_frac.critical.clear",
            "alerts.late_data_frac.critical.raise",
            "alerts.readiness.critical.raise",
            "alerts.readiness.warning.clear",
            "features.wind_sd_mph",
            "hold_qa",
            "starter_cap",
            "starter_cap",
            "velocity.span",
        ];
        assert_eq!(keys, told);
    }

    #[test]
    fn limits_that_contradict_each_other_or_no_value_can_reach_are_refused() {
        let unsound = |change: fn(&mut AlertConfig)| {
            let mut config = Config::default();
            change(&mut config.alerts);
            config.errors().len()
        };
        let some = |raise, clear| Some(Limit { raise, clear });
        assert_eq!(some(80.0, 83.0), AlertConfig::default().readiness.warning);
        assert_eq!(
            unsound(|a| a.readiness.warning = Some(Limit { raise: 80.0, clear: 70.0 })),
            1,
            "clears while it raises"
        );
        assert_eq!(
            unsound(|a| a.readiness.critical = Some(Limit { raise: 90.0, clear: 93.0 })),
            1,
            "critical before warning"
        );
        assert_eq!(
            unsound(|a| a.late_data_frac.warning = Some(Limit { raise: 20.0, clear: 17.0 })),
            3,
            "percent, not a share: both values, and the critical one is no worse"
        );
        assert_eq!(
            unsound(|a| a.readiness.critical = Some(Limit { raise: 0.6, clear: 0.63 })),
            0,
            "strict, but it can be"
        );
        assert_eq!(unsound(|a| a.velocity_delta.warning = Some(Limit { raise: -2.0, clear: -2.3 })), 1);
        assert_eq!(unsound(|a| a.calibration_confidence.warning = None), 0);
    }
}
