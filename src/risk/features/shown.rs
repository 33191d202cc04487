//! In what each daily feature is told, and with how many decimals.

use crate::units::{Shown, Unit};

/// How a daily feature is shown; none of another name.
pub fn shown(feature: &str) -> Option<Shown> {
    let (unit, digits) = match feature {
        "pitches_7d" | "pitches_14d" | "pitches_30d" | "pitches_90d" | "pitches_365d" | "pitches_last" => {
            (Unit::Pitches, 0)
        }
        "pitches_per_appearance_30d" => (Unit::Pitches, 1),
        "appearances_7d" | "appearances_30d" | "short_rest_30d" | "hundred_pitch_days_30d" => (Unit::Games, 0),
        "days_rest" | "gap_60d" => (Unit::Days, 0),
        "mean_rest_30d" => (Unit::Days, 1),
        "acwr" | "intensity_7d" => (Unit::Ratio, 2),
        "velocity_mean_30d"
        | "velocity_sd_30d"
        | "velocity_delta_last"
        | "velocity_decline_7d"
        | "velocity_decline_14d"
        | "velocity_drop_worst_14d"
        | "velocity_year"
        | "recovery_short_90d" => (Unit::Mph, 1),
        "perceived_mean_30d" | "perceived_decline_14d" => (Unit::Mph, 2),
        "velocity_trend_30d" => (Unit::MphPerWeek, 2),
        "recovery_slope_90d" => (Unit::MphPerDay, 2),
        "spin_mean_30d" | "spin_sd_30d" | "spin_delta_last" | "spin_decline_14d" => (Unit::Rpm, 0),
        "spin_trend_30d" => (Unit::RpmPerWeek, 1),
        "spin_per_mph_30d" | "spin_per_mph_decline_14d" => (Unit::RpmPerMph, 2),
        "mix_fastball_30d" | "mix_change_14d" => (Unit::Share, 2),
        "age" => (Unit::Years, 1),
        "placements_365d" | "arm_placements_365d" => (Unit::Placements, 0),
        // Logarithms, squares, entropies, fading sums and flags: told, and compared with themselves.
        "pitches_last_ratio" | "mix_entropy_30d" | "age_squared" | "arm_return_fading" | "other_return_fading" => {
            (Unit::Score, 2)
        }
        "elbow_before" | "shoulder_before" | "surgery_before" => (Unit::Score, 0),
        _ => return None,
    };
    Some(Shown::new(unit, digits))
}

#[cfg(test)]
mod tests {
    use super::super::definitions;
    use super::*;

    #[test]
    fn every_daily_feature_has_its_unit_which_is_the_one_that_its_definition_names() {
        for definition in definitions() {
            let unit = shown(definition.name).unwrap_or_else(|| panic!("{} has no unit", definition.name)).unit;
            for (named, means) in [(", mph a week", Unit::MphPerWeek), (", rpm a week", Unit::RpmPerWeek)] {
                assert!(!definition.what.ends_with(named) || unit == means, "{}", definition.name);
            }
            for (named, means) in [(", rpm", Unit::Rpm), (", days", Unit::Days), (", years", Unit::Years)] {
                assert!(!definition.what.ends_with(named) || unit == means, "{}", definition.name);
            }
        }
        assert_eq!(shown("nothing"), None);
    }
}
