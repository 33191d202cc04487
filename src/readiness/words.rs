//! What a coach reads: reasons, recommendation and alert messages in plain baseball English.

use super::alerts::Rule;
use super::config::Config;
use super::indices::{Inputs, Points};
use super::workload::Role;
use super::{Index, Severity};
use crate::features::{FeatureSet, Lowering};
use crate::ids::EventNs;

/// Said with every recommendation (science.md §6).
const NO_PROMISE: &str = "It describes today's arm and promises nothing about injury.";

/// An event time as RFC 3339, UTC.
pub(super) fn rfc3339(at: EventNs) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.0))
        .expect("every u64 of nanoseconds since 1970 lies before the year 2555")
        .to_string()
}

/// Why the last value is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Hold {
    /// Nothing to judge by: no baseline.
    NoBaseline,
    /// Nothing to judge by: no window has opened.
    TooFewPitches,
    /// Nothing to judge by: pitches enough, but no mark names their types.
    NoPitchTypes,
    /// Confidence in calibration is too low.
    Calibration(f64),
    /// Too little of the expected data is there, or it comes too late.
    Quality(f64),
}

impl Hold {
    fn reason(self, config: &Config) -> String {
        match self {
            Self::NoBaseline => "No season baseline for him yet, so nothing to compare today with".to_owned(),
            Self::TooFewPitches => "Too few pitches yet to compare with his season".to_owned(),
            Self::NoPitchTypes => "No pitch types from the game feed, so nothing to compare with his season".to_owned(),
            Self::Calibration(confidence) => format!(
                "Held at the last good value: camera calibration confidence {confidence:.2} is under {:.2}",
                config.hold_confidence
            ),
            Self::Quality(qa) => format!(
                "Held at the last good value: data quality {:.0} % is under {:.0} %",
                qa * 100.0,
                config.hold_qa * 100.0
            ),
        }
    }
}

/// What he has thrown, for the words about dose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dose {
    pub(super) today: u32,
    pub(super) carried: f64,
    pub(super) role: Role,
}

/// Reasons, the weightiest first; what is held and why comes before all.
pub(super) fn reasons(
    config: &Config,
    features: &FeatureSet,
    inputs: &Inputs,
    points: &Points,
    dose: Dose,
    hold: Option<Hold>,
) -> Vec<String> {
    let mut weighed: Vec<(f64, String)> = Vec::new();
    if let Some(f) = features.velocity_delta_5 {
        let by = if f.value < 0.0 { "under" } else { "over" };
        let words = format!(
            "Fastball {:.1} mph {by} his season baseline over the last {} (sd {:.1})",
            f.value.abs(),
            f.n,
            f.sd
        );
        weighed.push((points.velocity, words));
    }
    if let (Some(ratio), Some(f)) = (features.spin_ratio, features.spin_consistency_20) {
        weighed.push((
            points.spin,
            format!("Spin varies {:.1} times as much as usual over the last {}", ratio.value, f.n),
        ));
    }
    if let Some(f) = features.release_height_var_25 {
        let words = format!("Release height varies {:.1} times as much as usual over the last {}", f.value, f.n);
        weighed.push((points.height, words));
    }
    if let Some(words) = mechanics(features) {
        weighed.push((points.mechanics, words));
    }
    let role = match dose.role {
        Role::Starter => "starter",
        Role::Reliever => "reliever",
    };
    let carried = match dose.carried {
        0.5.. => format!(" and {:.0} still counting from earlier days", dose.carried),
        _ => String::new(),
    };
    let words = format!("{} pitches today{carried}, {:.0} % of a {role}'s load", dose.today, inputs.dose * 100.0);
    weighed.push((points.dose, words));
    if let Some(ratio) = inputs.acwr {
        weighed.push((points.acwr, format!("This week's load is {ratio:.1} times his month's")));
    }
    if let Some(days) = inputs.rest_deficit {
        let unit = if (days - 1.0).abs() < 0.5 { "day" } else { "days" };
        weighed.push((points.rest, format!("{days:.0} {unit} short of the rest guidance")));
    }
    weighed.retain(|(points, _)| *points > 0.0);
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut reasons: Vec<String> = hold.map(|h| h.reason(config)).into_iter().collect();
    reasons.extend(weighed.into_iter().map(|(_, words)| words));
    if reasons.is_empty() {
        reasons.push("Nothing out of the ordinary against his season".to_owned());
    }
    reasons
}

fn mechanics(features: &FeatureSet) -> Option<String> {
    let (height, extension) = (features.mechanics.release_pos_z, features.mechanics.release_extension);
    let z = |l: Option<Lowering>| l.map_or(f64::NEG_INFINITY, |l| l.z);
    let (part, lowering) =
        if z(height) >= z(extension) { ("Release point is", height?) } else { ("Extension is", extension?) };
    let way = if part == "Extension is" { "shorter" } else { "lower" };
    Some(format!("{part} {:.1} in {way} than usual over the last 5", lowering.inches))
}

/// What to do, by bands of readiness. [P], and the choice is the coach's.
pub(super) fn recommendation(readiness: &Index, held: bool) -> String {
    let Some(value) = readiness.value else {
        return format!("No number yet: go by what you see. {NO_PROMISE}");
    };
    let advice = match value {
        80.0.. => "Ready: good to go.",
        70.0..80.0 => "Watch him: check his next few pitches.",
        60.0..70.0 => "Have someone warm.",
        _ => "Time to take him out.",
    };
    let held = if held { "This is the last good number, not a new one. " } else { "" };
    format!("{held}{advice} {NO_PROMISE}")
}

/// An alert's message.
pub(super) fn alert(name: &str, rule: Rule, severity: Severity, value: f64) -> String {
    match (rule, severity) {
        (Rule::Readiness, Severity::Warning) => format!("{name}: readiness is down to {value:.0}, watch him"),
        (Rule::Readiness, Severity::Critical) => {
            format!("{name}: readiness is down to {value:.0}, time to take him out")
        }
        (Rule::VelocityDelta, _) => {
            format!("{name}: fastball {:.1} mph under his season baseline over the last 5", -value)
        }
        (Rule::LateDataFrac, _) => format!("{name}: {:.0} % of the camera data comes too late", value * 100.0),
        (Rule::FeatureQaMin, _) => {
            format!("{name}: data quality is down to {:.0} %, so his readiness is held", value * 100.0)
        }
        (Rule::CalibrationConfidence, Severity::Warning) => {
            format!("{name}: camera calibration confidence is down to {value:.2}")
        }
        (Rule::CalibrationConfidence, Severity::Critical) => {
            format!("{name}: camera calibration confidence is down to {value:.2}, so his readiness is held")
        }
    }
}
