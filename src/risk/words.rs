//! What a contribution means, in a coach's words, and what he can do about it.

use super::model::Model;
use super::service::RiskError;

/// What a feature is about: one explanation and one mitigation a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Spike,
    Volume,
    Rest,
    Gap,
    SpeedLevel,
    SpeedSpread,
    SpeedLoss,
    Spin,
    Extension,
    Recovery,
    Mix,
    Age,
    Earlier,
}

/// Features to subjects, by the beginning of the name; the first that fits.
const SUBJECTS: [(&str, Subject); 22] = [
    ("acwr", Subject::Spike),
    ("intensity", Subject::Spike),
    ("pitches", Subject::Volume),
    ("appearances", Subject::Volume),
    ("hundred", Subject::Volume),
    ("days_rest", Subject::Rest),
    ("mean_rest", Subject::Rest),
    ("short_rest", Subject::Rest),
    ("gap", Subject::Gap),
    ("velocity_mean", Subject::SpeedLevel),
    ("velocity_year", Subject::SpeedLevel),
    ("velocity_sd", Subject::SpeedSpread),
    ("velocity", Subject::SpeedLoss),
    ("spin", Subject::Spin),
    ("perceived", Subject::Extension),
    ("recovery", Subject::Recovery),
    ("mix", Subject::Mix),
    ("age", Subject::Age),
    ("placements", Subject::Earlier),
    ("arm_", Subject::Earlier),
    ("other_return", Subject::Earlier),
    ("", Subject::Earlier),
];

fn subject(feature: &str) -> Subject {
    SUBJECTS.iter().find(|(begin, _)| feature.starts_with(begin)).map_or(Subject::Earlier, |(_, s)| *s)
}

/// Why this feature pushes his risk where it does. Of earlier injuries it tells what is on record, whichever way that pushes.
pub fn explanation(feature: &str, value: f64, raises: bool) -> String {
    let (up, down) = match subject(feature) {
        Subject::Spike => {
            ("has thrown more lately than his arm is used to", "has thrown no more lately than he is used to")
        }
        Subject::Volume => {
            ("carries a load that went with more injuries", "carries a load that went with fewer injuries")
        }
        Subject::Rest => {
            ("has a rhythm of rest that went with more injuries", "has a rhythm of rest that went with fewer injuries")
        }
        Subject::Gap => ("comes out of a long stretch without games", "has pitched without a long break"),
        Subject::SpeedLevel => {
            ("throws at a velocity that went with more injuries", "throws at a velocity that went with fewer injuries")
        }
        Subject::SpeedSpread => (
            "has a spread of velocity between games that went with more injuries",
            "has a spread of velocity between games that went with fewer injuries",
        ),
        Subject::SpeedLoss => (
            "shows a change of velocity that went with more injuries",
            "shows a change of velocity that went with fewer injuries",
        ),
        Subject::Spin => ("has spin that went with more injuries", "has spin that went with fewer injuries"),
        Subject::Extension => {
            ("has extension that went with more injuries", "has extension that went with fewer injuries")
        }
        Subject::Recovery => {
            ("comes back from rest in a way that went with more injuries", "comes back well from rest")
        }
        Subject::Mix => ("throws a mix that went with more injuries", "throws a mix that went with fewer injuries"),
        Subject::Age => {
            ("is of an age that went with more arm injuries", "is of an age that went with fewer arm injuries")
        }
        Subject::Earlier if value > 0.0 => (
            "has been on the injured list in the last year, which went with more injuries",
            "has been on the injured list in the last year, which went with fewer injuries",
        ),
        Subject::Earlier => (
            "has no such injury on the lists of the last year, which went with more injuries",
            "has no such injury on the lists of the last year, which went with fewer injuries",
        ),
    };
    format!("He {}.", if raises { up } else { down })
}

/// What can be done where it raises his risk; none where nothing can or needs to be.
pub fn mitigation(feature: &str, value: f64, raises: bool) -> Option<&'static str> {
    if !raises {
        return None;
    }
    match subject(feature) {
        Subject::Spike => Some("Hold his pitches near his weekly usual and build up by no more than a tenth a week."),
        Subject::Volume => Some("Take an inning or a bullpen session off this week."),
        Subject::Rest => Some("Keep his days of rest regular; give the day that the guidance asks for."),
        Subject::Gap => Some("Build him up over two or three short outings before a full one."),
        Subject::SpeedSpread | Subject::SpeedLoss => {
            Some("Watch his velocity by inning and end the outing at a drop of 2 mph (3 km/h).")
        }
        Subject::Spin | Subject::Extension => {
            Some("Have the pitching coach look at his release and extension on video.")
        }
        Subject::Recovery => Some("Give him one more day after his next outing."),
        Subject::Mix => Some("Ask why he throws other pitches than usual: soreness shows there."),
        Subject::Earlier if value > 0.0 => {
            Some("Ask the trainer for the state of the old injury and keep to the return plan.")
        }
        Subject::Earlier | Subject::SpeedLevel | Subject::Age => None,
    }
}

/// Why a pitcher has no risk, in a coach's words.
pub fn absent(error: &RiskError) -> String {
    match error {
        RiskError::NoModel => "no risk model serves on this box".to_owned(),
        RiskError::CannotServe(why) => format!("the risk model that was promoted cannot serve: {why}"),
        RiskError::UnknownPitcher(_) => {
            "a risk model serves, but no game of his is known to the box: too little to tell from".to_owned()
        }
        RiskError::NoAssessment(why) => format!("a risk model serves, but too little is known of him: {why}"),
        RiskError::Store(_) => "the risk could not be read from the store; the log says more".to_owned(),
    }
}

/// Why a model that serves tells no risk of anybody.
pub fn no_better_than_chance(model: &Model) -> String {
    let auc = model.record.test.auc;
    format!(
        "the risk model that serves is not better than chance (AUC {:.3} [{:.3}, {:.3}] on {}), so its number is not shown",
        auc.value, auc.low, auc.high, model.record.test_year
    )
}

/// A feature's name for people.
pub fn title(feature: &str) -> String {
    feature.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::super::features::definitions;
    use super::*;

    #[test]
    fn every_feature_has_words_for_both_directions() {
        for definition in definitions() {
            let (up, down) = (explanation(definition.name, 1.0, true), explanation(definition.name, 1.0, false));
            assert!(up.starts_with("He ") && down.starts_with("He ") && up != down, "{}", definition.name);
            assert_eq!(mitigation(definition.name, 1.0, false), None, "what helps needs no mending");
        }
        assert_eq!(subject("velocity_sd_30d"), Subject::SpeedSpread);
        assert_eq!(subject("velocity_delta_last"), Subject::SpeedLoss);
        assert_eq!(subject("placements_365d"), Subject::Earlier);
    }

    #[test]
    fn nobody_is_said_to_have_been_hurt_who_was_not() {
        for feature in ["placements_365d", "arm_return_fading", "surgery_before"] {
            for raises in [true, false] {
                assert!(explanation(feature, 0.0, raises).contains("no such injury on the lists of the last year"));
                assert_eq!(mitigation(feature, 0.0, raises), None, "{feature}");
                assert!(explanation(feature, 0.3, raises).contains("has been on the injured list"), "{feature}");
            }
            assert!(mitigation(feature, 0.3, true).is_some(), "{feature}");
        }
    }
}
