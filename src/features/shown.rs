//! In what each feature is told, and with how many decimals.

use crate::units::{Shown, Unit};

/// How a feature of [`super::FeatureSetV2::named`] is shown; none of another name.
///
/// Decimals show a tenth of what counts: a velocity loss of 0.1 mph, a spread of spin of a tenth of a percent, the
/// variance of a release height that scatters by half an inch (0.0017 ft²).
pub fn shown(feature: &str) -> Option<Shown> {
    Some(match feature {
        "velocity_delta_5" => Shown::new(Unit::Mph, 1),
        "spin_consistency_20" | "late_data_frac" => Shown::new(Unit::Share, 3),
        "release_height_var_25" | "acwr" => Shown::new(Unit::Ratio, 2),
        "release_height_var_25_ft2" => Shown::new(Unit::Ft2, 4),
        "break_adj_x" | "break_adj_z" => Shown::new(Unit::In, 1),
        "release_extension_delta" => Shown::new(Unit::Ft, 2),
        "pitch_tempo_delta" => Shown::new(Unit::S, 1),
        "calibration_confidence" => Shown::new(Unit::Share, 2),
        "dose" => Shown::new(Unit::Pitches, 0),
        "days_rest" => Shown::new(Unit::Days, 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Feature, FeatureSet, FeatureSetV2};
    use super::*;

    /// Every feature there is, all with the same value.
    fn all() -> FeatureSetV2 {
        let one = Some(Feature { value: 1.0, sd: 0.1, qa: 1.0, n: 20 });
        FeatureSetV2 {
            v1: FeatureSet {
                velocity_delta_5: one,
                spin_consistency_20: one,
                release_height_var_25: one,
                release_height_var_25_ft2: one,
                break_adj_x: one,
                break_adj_z: one,
                ..FeatureSet::default()
            },
            release_extension_delta: one,
            pitch_tempo_delta: one,
            late_data_frac: one,
            calibration_confidence: one,
            dose: one,
            acwr: one,
            days_rest: one,
        }
    }

    #[test]
    fn every_feature_has_its_unit_and_a_spread_of_spin_is_no_rpm() {
        let set = all();
        let names: Vec<_> = set.named().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 13, "{names:?}");
        assert!(names.iter().all(|name| shown(name).is_some()), "{names:?}");
        assert_eq!(shown("spin_consistency_20").map(|s| s.unit), Some(Unit::Share));
        assert_eq!(shown("nothing"), None);
    }

    #[test]
    fn values_as_they_come_have_digits_that_are_not_all_zero() {
        for (name, usual) in [
            ("velocity_delta_5", 0.4),
            ("spin_consistency_20", 0.012),
            ("release_height_var_25_ft2", 0.0019),
            ("break_adj_z", 0.3),
            ("release_extension_delta", 0.04),
            ("pitch_tempo_delta", 0.8),
            ("late_data_frac", 0.004),
        ] {
            let digits = usize::from(shown(name).expect("a feature").digits);
            let text = format!("{usual:.digits$}");
            assert!(text.chars().any(|c| ('1'..='9').contains(&c)), "{name}: {usual} is shown as {text}");
        }
    }
}
