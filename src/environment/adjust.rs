//! Break and velocity brought to standard air (science.md §1).
//!
//! Break is proportional to density: `break_std = break_obs·ρ_std/ρ_obs`, within 0.5 % from −16 % to +6 % of density. The
//! wind is not corrected, since nobody measures it along the flight: it widens the break's standard deviation by 0.35 in
//! per mph of wind sd, and a wind of unknown direction has the sd `√((W² + σ²)/2)` along each axis. Release speed is
//! before the air acts: no density correction, but an arm in the cold throws 1 mph less per 37 °F.

use serde::{Deserialize, Serialize};

use super::conditions::Air;
use super::density::{STANDARD_KG_M3, STANDARD_TEMPERATURE_F};
use super::units::Estimate;

/// Fahrenheit per mph of release speed (science.md §1).
pub const TEMPERATURE_F_PER_MPH: f64 = 37.0;
/// Inches of break per mph of wind (science.md §1).
pub const BREAK_IN_PER_WIND_MPH: f64 = 0.35;
/// Standard deviation of the proportionality itself: half its stated bound.
const PROPORTIONAL_SD: f64 = 0.0025;
const INCHES_PER_FT: f64 = 12.0;

/// How a pitch's readings were, or can be, brought to standard air. A part that sensors do not tell is absent, and then
/// nothing is moved by it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Adjustment {
    /// `ρ_std/ρ_obs`: what break is multiplied by.
    pub break_factor: Option<Estimate>,
    /// Standard deviation of the wind along an axis of the field, mph.
    pub wind_sd_mph: Option<f64>,
    /// What the release speed is raised by, mph.
    pub speed_mph: Option<Estimate>,
}

impl Adjustment {
    /// The adjustment for a pitch thrown in this air; none where nothing is known of it.
    pub fn of(air: &Air) -> Option<Self> {
        let adjustment = Self {
            break_factor: air.density_kg_m3.filter(|rho| rho.value > 0.0).map(|rho| {
                let value = STANDARD_KG_M3 / rho.value;
                Estimate { value, sd: value * (rho.sd / rho.value).hypot(PROPORTIONAL_SD) }
            }),
            wind_sd_mph: air.wind_mph.map(|wind| wind.value.hypot(wind.sd) * std::f64::consts::FRAC_1_SQRT_2),
            speed_mph: air.temperature_f.map(|t| Estimate {
                value: (STANDARD_TEMPERATURE_F - t.value) / TEMPERATURE_F_PER_MPH,
                sd: t.sd / TEMPERATURE_F_PER_MPH,
            }),
        };
        (adjustment != Self::default()).then_some(adjustment)
    }

    /// Break of one pitch in standard air, ft in and out, with everything that is uncertain about it. Unmoved where the
    /// density is not known.
    pub fn pfx_ft(&self, observed: Estimate) -> Estimate {
        let scaled = self.scaled_pfx_ft(observed);
        let factor_sd = self.break_factor.map_or(0.0, |factor| observed.value * factor.sd);
        let wind_sd = self.wind_sd_mph.unwrap_or(0.0) * BREAK_IN_PER_WIND_MPH / INCHES_PER_FT;
        Estimate { value: scaled.value, sd: (scaled.sd.powi(2) + factor_sd.powi(2) + wind_sd.powi(2)).sqrt() }
    }

    /// The same with the fit's own uncertainty alone: what is uncertain about the air is common to the pitches of a
    /// window, and does not average out.
    pub fn scaled_pfx_ft(&self, observed: Estimate) -> Estimate {
        let factor = self.break_factor.map_or(1.0, |factor| factor.value);
        Estimate { value: observed.value * factor, sd: observed.sd * factor }
    }

    /// Release speed as at standard temperature, mph in and out, with everything that is uncertain about it.
    pub fn release_speed(&self, observed: Estimate) -> Estimate {
        let raised = self.speed_mph.unwrap_or(Estimate { value: 0.0, sd: 0.0 });
        Estimate { value: observed.value + raised.value, sd: observed.sd.hypot(raised.sd) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn air(density: f64, temperature_f: f64) -> Air {
        Air {
            temperature_f: Some(Estimate { value: temperature_f, sd: 1.0 }),
            density_kg_m3: Some(Estimate { value: density, sd: 0.001 * density }),
            ..Air::default()
        }
    }

    #[test]
    fn thin_air_breaks_less_and_is_given_back() {
        let hot = Adjustment::of(&air(STANDARD_KG_M3 * 0.949, 95.0)).expect("known");
        let adjusted = hot.pfx_ft(Estimate { value: 1.4, sd: 0.007 });
        assert!((adjusted.value - 1.4 / 0.949).abs() < 1e-12 && adjusted.sd > 0.007, "{adjusted:?}");
        let unchanged = Adjustment::of(&air(STANDARD_KG_M3, 70.0)).expect("known");
        assert!((unchanged.pfx_ft(Estimate { value: 1.4, sd: 0.007 }).value - 1.4).abs() < 1e-12);
    }

    #[test]
    fn wind_moves_nothing_and_widens() {
        let windy = Air { wind_mph: Some(Estimate { value: 10.0, sd: 0.0 }), ..Air::default() };
        let adjusted = Adjustment::of(&windy).expect("known").pfx_ft(Estimate { value: -0.8, sd: 0.0 });
        assert!((adjusted.value + 0.8).abs() < 1e-12);
        let wind_sd_in = adjusted.sd * 12.0;
        assert!((wind_sd_in - 0.35 * 10.0 / 2_f64.sqrt()).abs() < 1e-9, "{wind_sd_in}");
    }

    #[test]
    fn a_cold_arm_is_given_a_mile_an_hour_per_37_degrees_and_no_more() {
        let cold = Adjustment::of(&air(STANDARD_KG_M3, 33.0)).expect("known");
        let speed = cold.release_speed(Estimate { value: 94.0, sd: 0.02 });
        assert!((speed.value - 95.0).abs() < 1e-12, "{speed:?}");
        assert!((speed.sd - 0.02_f64.hypot(1.0 / 37.0)).abs() < 1e-12, "{speed:?}");
    }

    #[test]
    fn without_sensors_there_is_no_adjustment() {
        assert_eq!(Adjustment::of(&Air::default()), None);
        assert!(!Air::default().is_known());
    }
}
