//! What the surroundings do to a rig: how fast a calibration ages in them, and how far its cameras walk (science.md §3).
//!
//! `m = m_v·m_w·m_T`: `m_v = 1 + min(V, 1)` for vibration V > 0.3 g rms, `m_w = 1 + 0.5·min(W/30, 1)` for wind W > 15 mph,
//! `m_T = 1 + 0.3·min(|ΔT|/15, 1)` for |ΔT| > 5 °F since the calibration. Each reading counts for five minutes; without one the
//! worst is assumed of it, 2, 1.5 and 1.3. The age is integrated piece by piece with what was known of each moment, so
//! that it never shrinks because the wind drops.

use serde::{Deserialize, Serialize};

use crate::ids::BoxNs;

/// A reading counts for this long, ns.
const FRESH_NS: u64 = 300_000_000_000;
/// Fahrenheit degrees in a Celsius degree.
const F_PER_C: f64 = 1.8;
/// A temperature's rate is learned over about this time, h.
const TREND_H: f64 = 0.25;

/// Conditions at the park at one moment; what no sensor says, or has not said for five minutes, is absent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Conditions {
    /// Wind speed, mph.
    pub wind_mph: Option<f64>,
    /// Air temperature, °C.
    pub temperature_c: Option<f64>,
}

/// The last reading of one quantity, and until when it counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Reading {
    value: Option<f64>,
    at: BoxNs,
}

impl Reading {
    /// Nothing was read, but for the next five minutes nothing had to be.
    pub(super) fn none(now: BoxNs) -> Self {
        Self { value: None, at: now }
    }

    /// Takes up a finite value.
    pub(super) fn read(&mut self, value: f64, now: BoxNs) {
        if value.is_finite() && now >= self.at {
            *self = Self { value: Some(value), at: now };
        }
    }

    /// Who told it tells nothing any more: it counts no longer.
    pub(super) fn lose(&mut self, now: BoxNs) {
        if self.fresh(now).is_some() {
            *self = Self { value: None, at: BoxNs(now.0.saturating_sub(FRESH_NS)) };
        }
    }

    /// The value as long as it counts.
    pub(super) fn fresh(&self, now: BoxNs) -> Option<f64> {
        self.value.filter(|_| now < self.expires())
    }

    /// Whether the worst is assumed of it: nothing told it for five minutes.
    fn is_missed(&self, now: BoxNs) -> bool {
        now >= self.expires()
    }

    fn expires(&self) -> BoxNs {
        BoxNs(self.at.0.saturating_add(FRESH_NS))
    }

    /// A multiplier by the value, its worst once nothing fresh is known; and one by what is known alone.
    fn multiplier(&self, at: BoxNs, worst: f64, by: impl Fn(f64) -> f64) -> (f64, f64) {
        if self.is_missed(at) {
            return (worst, 1.0);
        }
        let known = self.value.map_or(1.0, by);
        (known, known)
    }
}

/// Seconds of calm air that a time aged a calibration like.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Aged {
    /// With the worst of what is not known.
    pub(super) worst_s: f64,
    /// By what is known alone.
    pub(super) known_s: f64,
}

/// The air at the park.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Surroundings {
    pub(super) wind_mph: Reading,
    pub(super) temperature_c: Reading,
    /// °F an hour, smoothed.
    trend_f_h: f64,
}

impl Surroundings {
    pub(super) fn new(now: BoxNs) -> Self {
        Self { wind_mph: Reading::none(now), temperature_c: Reading::none(now), trend_f_h: 0.0 }
    }

    /// Takes up what the sensors say.
    pub(super) fn read(&mut self, conditions: &Conditions, now: BoxNs) {
        match conditions.wind_mph {
            Some(wind) => self.wind_mph.read(wind.max(0.0), now),
            None => self.wind_mph.lose(now),
        }
        if let Some(celsius) = conditions.temperature_c {
            let hours = now.0.saturating_sub(self.temperature_c.at.0) as f64 / 3.6e12;
            if let Some(before) = self.temperature_c.fresh(now).filter(|_| hours > 0.0) {
                let share = 1.0 - (-hours / TREND_H).exp();
                self.trend_f_h += share * (F_PER_C * (celsius - before) / hours - self.trend_f_h);
            }
            self.temperature_c.read(celsius, now);
        } else {
            self.temperature_c.lose(now);
        }
        if !self.trend_f_h.is_finite() {
            self.trend_f_h = 0.0;
        }
    }

    /// How a calibration aged between two moments.
    pub(super) fn aging(&self, vibration_g: &Reading, since_c: Option<f64>, from: BoxNs, to: BoxNs) -> Aged {
        let mut cuts = [from, self.wind_mph.expires(), self.temperature_c.expires(), vibration_g.expires(), to]
            .map(|cut| cut.clamp(from, to.max(from)));
        cuts.sort_unstable();
        let mut aged = Aged::default();
        for piece in cuts.windows(2).filter(|piece| piece[0] < piece[1]) {
            let at = piece[0];
            let each = [
                vibration_g.multiplier(at, 2.0, by_vibration),
                self.wind_mph.multiplier(at, 1.5, by_wind),
                self.temperature_c.multiplier(at, 1.3, |c| by_warming(c, since_c)),
            ];
            let seconds = (piece[1].0 - at.0) as f64 * 1e-9;
            aged.worst_s += seconds * each.iter().map(|(worst, _)| worst).product::<f64>();
            aged.known_s += seconds * each.iter().map(|(_, known)| known).product::<f64>();
        }
        aged
    }

    /// How much farther than in calm air a camera walks.
    pub(super) fn restlessness(&self, vibration_g: &Reading, now: BoxNs) -> f64 {
        let trend = if self.temperature_c.fresh(now).is_some() { self.trend_f_h.abs() } else { 0.0 };
        vibration_g.fresh(now).map_or(1.0, by_vibration)
            * self.wind_mph.fresh(now).map_or(1.0, by_wind)
            * (1.0 + 0.3 * (trend / 15.0).min(1.0))
    }

    /// Of what the worst is assumed, in words; `None` of nothing.
    pub(super) fn missing(&self, now: BoxNs) -> Option<&'static str> {
        match (self.wind_mph.is_missed(now), self.temperature_c.is_missed(now)) {
            (false, false) => None,
            (true, false) => Some("no sensor tells the wind"),
            (false, true) => Some("no sensor tells the temperature"),
            (true, true) => Some("no sensor tells the weather"),
        }
    }
}

fn by_vibration(rms_g: f64) -> f64 {
    if rms_g > 0.3 { 1.0 + rms_g.min(1.0) } else { 1.0 }
}

fn by_wind(mph: f64) -> f64 {
    if mph > 15.0 { 1.0 + 0.5 * (mph / 30.0).min(1.0) } else { 1.0 }
}

fn by_warming(celsius: f64, since_c: Option<f64>) -> f64 {
    let change = since_c.map_or(0.0, |before| F_PER_C * (celsius - before).abs());
    if change > 5.0 { 1.0 + 0.3 * (change / 15.0).min(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    fn at(minutes: u64) -> BoxNs {
        BoxNs(1_800_000_000_000_000_000 + minutes * MINUTE)
    }

    #[test]
    fn each_multiplier_is_the_sciences() {
        assert!((by_vibration(0.3) - 1.0).abs() < 1e-12 && (by_vibration(0.5) - 1.5).abs() < 1e-12);
        assert!((by_vibration(3.0) - 2.0).abs() < 1e-12);
        assert!((by_wind(15.0) - 1.0).abs() < 1e-12 && (by_wind(24.0) - 1.4).abs() < 1e-12);
        assert!((by_wind(60.0) - 1.5).abs() < 1e-12);
        assert!(
            (by_warming(20.0, Some(25.0)) - 1.18).abs() < 1e-12 && (by_warming(22.0, Some(20.0)) - 1.0).abs() < 1e-12
        );
    }

    #[test]
    fn without_data_for_five_minutes_the_worst_is_assumed_from_then_on_only() {
        let air = Surroundings::new(at(0));
        let vibration = Reading::none(at(0));
        let aged = air.aging(&vibration, None, at(0), at(15));
        assert!((aged.worst_s - (300.0 + 600.0 * 2.0 * 1.5 * 1.3)).abs() < 1e-6, "{aged:?}");
        assert!((aged.known_s - 900.0).abs() < 1e-6, "{aged:?}");
    }

    #[test]
    fn what_the_wind_aged_stays_when_it_drops() {
        let (mut air, mut vibration) = (Surroundings::new(at(0)), Reading::none(at(0)));
        let mut aged = Vec::new();
        for minute in 0..20 {
            let wind_mph = if minute < 10 { 30.0 } else { 0.0 };
            vibration.read(0.02, at(minute));
            air.read(&Conditions { wind_mph: Some(wind_mph), temperature_c: Some(20.0) }, at(minute));
            aged.push(air.aging(&vibration, Some(20.0), at(minute), at(minute + 1)).worst_s);
        }
        assert!((aged.iter().sum::<f64>() - (600.0 * 1.5 + 600.0)).abs() < 1e-6);
    }
}
