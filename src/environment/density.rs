//! Density of the air (science.md §1):
//! ρ = 1.2929·273/(T+273)·(P·e^(−1.217e-4·h) − 0.3783·RH·SVP/100)/760,
//! SVP = 4.5841·exp((18.687 − T/234.5)·T/(257.14 + T)); T in °C, P and SVP in mmHg, h in m, RH in %. P is the pressure at
//! sea level; a station's own is the same formula with h = 0.

use super::units::Estimate;

/// Density of standard conditions at Busch Stadium, kg/m³: 70 °F, 50 %, 29.92 inHg at sea level, 466 ft.
pub const STANDARD_KG_M3: f64 = 1.1739;
/// Temperature of standard conditions, °F.
pub const STANDARD_TEMPERATURE_F: f64 = 70.0;

/// Standard pressure at sea level, hPa: 29.92 inHg.
pub const STANDARD_HPA: f64 = 29.92 * 33.863_89;

const MMHG_PER_HPA: f64 = 0.750_061_68;
/// Humidity where no sensor tells, %: with its spread worth 0.3 % of density at 95 °F, and less in the cold \[P\].
const UNKNOWN_HUMIDITY: Estimate = Estimate { value: 50.0, sd: 25.0 };

/// Density from the pressure where the air is, kg/m³.
pub fn from_station(temperature_c: f64, humidity_pct: f64, pressure_hpa: f64) -> f64 {
    let saturated = 4.5841 * ((18.687 - temperature_c / 234.5) * temperature_c / (257.14 + temperature_c)).exp();
    let dry = pressure_hpa * MMHG_PER_HPA - 0.3783 * humidity_pct * saturated / 100.0;
    1.2929 * 273.0 / (temperature_c + 273.0) * dry / 760.0
}

/// Station pressure of a sea-level pressure at this height.
pub fn station_hpa(sea_level_hpa: f64, height_m: f64) -> f64 {
    sea_level_hpa * (-1.217e-4 * height_m).exp()
}

/// Density with its standard deviation, the three readings' own carried through by their differences. Without humidity a
/// middling one is assumed, wide enough.
pub fn estimate(temperature_c: Estimate, humidity_pct: Option<Estimate>, pressure_hpa: Estimate) -> Estimate {
    let humidity_pct = humidity_pct.unwrap_or(UNKNOWN_HUMIDITY);
    let (t, rh, p) = (temperature_c.value, humidity_pct.value, pressure_hpa.value);
    let value = from_station(t, rh, p);
    let variance = (from_station(t + temperature_c.sd, rh, p) - value).powi(2)
        + (from_station(t, rh + humidity_pct.sd, p) - value).powi(2)
        + (from_station(t, rh, p + pressure_hpa.sd) - value).powi(2);
    Estimate { value, sd: variance.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HPA_PER_INHG: f64 = 33.863_89;
    const BUSCH_M: f64 = 466.0 * 0.3048;

    fn busch(temperature_f: f64, inhg: f64) -> f64 {
        from_station((temperature_f - 32.0) / 1.8, 50.0, station_hpa(inhg * HPA_PER_INHG, BUSCH_M))
    }

    #[test]
    fn standard_conditions_cold_heat_and_pressure_are_the_sciences() {
        let standard = busch(70.0, 29.92);
        assert!((standard - STANDARD_KG_M3).abs() < 5e-5, "{standard}");
        let change = |density: f64| 100.0 * (density / standard - 1.0);
        assert!((change(busch(40.0, 29.92)) - 6.3).abs() < 0.05, "{}", change(busch(40.0, 29.92)));
        assert!((change(busch(95.0, 29.92)) + 5.1).abs() < 0.05, "{}", change(busch(95.0, 29.92)));
        assert!((change(busch(70.0, 30.42)) - 1.7).abs() < 0.05, "{}", change(busch(70.0, 30.42)));
        assert!((change(busch(70.0, 29.42)) + 1.7).abs() < 0.05, "{}", change(busch(70.0, 29.42)));
    }

    #[test]
    fn doubt_in_the_readings_is_doubt_in_the_density() {
        let sure = |value| Estimate { value, sd: 0.0 };
        let one = |t, rh, p| estimate(t, rh, p).sd / STANDARD_KG_M3;
        assert!(one(sure(21.1), Some(sure(50.0)), sure(996.2)) < 1e-12);
        // 6.3 % over the 16.7 °C down to 40 °F, 5.1 % over the 13.9 °C up to 95 °F; a hPa in 996 less the vapour's share
        assert!((one(Estimate { value: 21.1, sd: 1.0 }, Some(sure(50.0)), sure(996.2)) - 0.0037).abs() < 1e-4);
        assert!((one(sure(21.1), Some(sure(50.0)), Estimate { value: 996.2, sd: 1.0 }) - 1.0 / 992.0).abs() < 2e-5);
        assert!((one(sure(35.0), None, sure(996.2)) - 0.005).abs() < 0.002, "humidity unknown on a hot day");
    }
}
