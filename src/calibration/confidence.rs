//! How far to trust a calibration: 0.50 to 0.95 (science.md §3).
//!
//! Two witnesses. Age: `C_time = 0.50 + 0.45·2^(−T_eff/45 min)`, `T_eff` being the time since the calibration or its last
//! verification as it passed for the rig (see `weather`). Residuals: `C_res` is the lower of
//! 0.50 + 0.45·exp(−0.811·(e95/0.39 in)²), with e95 the 95 % error at the plate that drift implies, and the same of
//! q/0.5 px, q the shift that cannot be excluded at the track's centre. They are weighed against each other in logits, age like
//! ten pitches. Where a camera is on watch or in alarm, age does not speak for it.

use super::report::Confidence;
use super::weather::Aged;

const FLOOR: f64 = 0.50;
const SPAN: f64 = 0.45;
/// Half-life of the part above the floor, s.
const HALF_LIFE_S: f64 = 45.0 * 60.0;
/// exp(−this) is what is left at the scale of 1: 0.70 in all.
const STEEPNESS: f64 = 0.811;
/// 95 % of the automatic strike zone's pitches are this near, inches.
const PLATE_IN: f64 = 0.39;
/// Shift that costs as much, px.
const SHIFT_PX: f64 = 0.5;
/// Pitches that the age weighs like.
const KAPPA: f64 = 10.0;
/// A look at a camera says where it stands for so long at least, s, however strict the limit is: what is younger than that is no
/// unverified rig, and has a number to hold against the limit. \[P\]
const LOOK_S: f64 = 30.0 * 60.0;
/// All mounds of the reference rig stay above this through healthy games without sensors of the weather: the game mound at 0.89 to
/// 0.94, an idle bullpen between two rounds of landmarks at 0.81 to 0.95. What asks for more holds readiness for nothing. \[P\]
pub const REACHED: f64 = 0.80;
/// Weather that nobody told takes the part by age no lower than this above what holds readiness: missing sensors alone hold
/// nobody. \[P\]
const UNTOLD_ABOVE: f64 = 0.01;
/// 95 % of a distance in two dimensions, in standard deviations of each.
const RADIUS_95: f64 = 2.4477;
/// 95 % of a number, both sides.
const BOTH_SIDES_95: f64 = 1.96;

/// By age alone.
pub(super) fn by_age(effective_s: f64) -> f64 {
    FLOOR + SPAN * (-effective_s / HALF_LIFE_S).exp2()
}

/// By age, in weather of which some may be unknown: the worst is assumed of that, down to [`UNTOLD_ABOVE`] what holds readiness.
pub(super) fn by_ages(aged: &Aged, hold_below: f64) -> f64 {
    by_age(aged.worst_s).max(by_age(aged.known_s).min(hold_below + UNTOLD_ABOVE))
}

/// Whether it is too long since anybody looked, by what is known of the weather: so long that age alone would hold readiness.
/// 97.6 min of calm air where 0.60 holds. No limit stretches that beyond the time in which half of what is above the floor is
/// lost four times, three hours, and none shortens it to less than half an hour.
pub(super) fn is_too_old(known_s: f64, hold_below: f64) -> bool {
    by_age(known_s) < hold_below.clamp(FLOOR + SPAN / 16.0, by_age(LOOK_S))
}

/// A confidence for people: two decimals, and never better than it is.
pub fn shown(confidence: f64) -> String {
    // A number that is meant to lie on a hundredth may lie a rounding error below it.
    format!("{:.2}", (100.0 * confidence + 1e-11).floor() / 100.0)
}

/// By the 95 % error at the plate, inches.
pub(super) fn by_plate(error_in: f64) -> f64 {
    FLOOR + SPAN * (-STEEPNESS * (error_in / PLATE_IN).powi(2)).exp()
}

/// By the estimated shift at the track's centre and its standard deviation, px.
pub(super) fn by_shift(shift_px: f64, sd_px: f64) -> f64 {
    FLOOR + SPAN * (-STEEPNESS * ((shift_px + BOTH_SIDES_95 * sd_px) / SHIFT_PX).powi(2)).exp()
}

/// 95 % error at the plate: what the drift is estimated to move it, and what drift and fit leave uncertain, inches.
pub(super) fn plate_error_in(moved_in: f64, drift_sd_in: f64, fit_sd_in: f64) -> f64 {
    moved_in + RADIUS_95 * drift_sd_in.hypot(fit_sd_in)
}

/// Both witnesses together, by so many accepted pitches; `disturbed` under watch or alarm.
pub(super) fn fuse(time: f64, residual: f64, pitches: f64, disturbed: bool) -> Confidence {
    let logit = |c: f64| (c / (1.0 - c)).ln();
    let fused = (KAPPA * logit(time) + pitches * logit(residual)) / (KAPPA + pitches);
    let fused = 1.0 / (1.0 + (-fused).exp());
    Confidence { fused: if disturbed { fused.min(residual) } else { fused }, time, residual }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_alone_decays_as_the_science_says() {
        for (minutes, expected) in [(0.0, 0.95), (26.3, 0.80), (52.6, 0.70), (97.6, 0.60)] {
            assert!((by_age(minutes * 60.0) - expected).abs() < 1e-3, "{minutes} min");
            let fused = fuse(by_age(minutes * 60.0), 0.5, 0.0, false).fused;
            assert!((fused - by_age(minutes * 60.0)).abs() < 1e-12, "no pitch, no other witness");
        }
    }

    #[test]
    fn missing_weather_alone_holds_nobody_and_known_weather_still_ages() {
        let by = |worst_min: f64, known_min: f64| {
            by_ages(&Aged { worst_s: 60.0 * worst_min, known_s: 60.0 * known_min }, 0.6)
        };
        assert!((by(26.3, 26.3) - 0.80).abs() < 1e-3, "all is known");
        assert!((by(3.9 * 5.0, 5.0) - by_age(60.0 * 3.9 * 5.0)).abs() < 1e-12, "the worst is assumed …");
        assert!((by(3.9 * 60.0, 60.0) - 0.61).abs() < 1e-12, "… and not below what holds");
        assert!(by(3.9 * 100.0, 100.0) < 0.6, "two hours without a look are two hours");
    }

    #[test]
    fn what_holds_is_what_is_configured() {
        let aged = Aged { worst_s: 3.9 * 1200.0, known_s: 1200.0 };
        assert!((by_ages(&aged, 0.75) - 0.76).abs() < 1e-12, "missing sensors hold nobody at another limit either");
        let minutes = |limit: f64| (0..1000).find(|min| is_too_old(60.0 * f64::from(*min), limit)).expect("once");
        assert_eq!([0.60, 0.75, 0.50, 0.95].map(minutes), [98, 39, 181, 31]);
    }

    #[test]
    fn a_confidence_is_never_shown_better_than_it_is() {
        assert_eq!([0.929_9, 0.93, 0.57, 0.29, 0.599_999].map(shown), ["0.92", "0.93", "0.57", "0.29", "0.59"]);
    }

    #[test]
    fn the_strike_zones_own_error_and_half_a_pixel_cost_the_same() {
        assert!((by_plate(0.39) - 0.70).abs() < 1e-3 && (by_shift(0.5, 0.0) - 0.70).abs() < 1e-3);
        assert!(by_plate(0.03) > 0.94);
    }

    #[test]
    fn pitches_outweigh_age_and_a_watch_leaves_them_the_only_witness() {
        let few = fuse(0.6, 0.9, 2.0, false).fused;
        let many = fuse(0.6, 0.9, 50.0, false).fused;
        assert!(0.6 < few && few < many && many < 0.9);
        assert!((fuse(0.95, 0.7, 0.0, true).fused - 0.7).abs() < 1e-12);
    }
}
