//! Which camera will pass a limit within days, from how its numbers went so far.
//!
//! Every half hour a camera's numbers are sampled: how far it was corrected and is off in all, frames dropped an hour, its
//! temperature, what it says of its clock. A straight line through the last week's samples that rises clear of its own
//! standard error says when the limit is reached. Temperature goes up and down with the day, so only whole days count there.

use std::collections::VecDeque;

use nalgebra::Vector2;
use serde::{Deserialize, Serialize};

use crate::ids::BoxNs;

/// Between two samples, ns.
const EVERY_NS: u64 = 1_800_000_000_000;
/// Samples kept: a week.
const SAMPLES_MAX: usize = 336;
/// Samples that a trend needs: three hours.
const SAMPLES_MIN: usize = 6;
/// A slope must exceed so many of its standard errors.
const SLOPE_SD: f64 = 5.0;
/// Looked ahead, h.
const AHEAD_H: f64 = 7.0 * 24.0;
/// Limits of this project \[P\]: px of shift in all, frames dropped an hour, °C, ns.
const SHIFT_PX: f64 = 20.0;
const DROPPED_H: f64 = 10_000.0;
const TEMPERATURE_C: f64 = 60.0;
const CLOCK_NS: f64 = 1e6;
/// A day in samples.
const DAY: usize = 48;

/// One look at a camera.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Sample {
    pub(super) at: BoxNs,
    /// Corrected and remaining shift, px.
    pub(super) shift_px: [f64; 2],
    /// Frames dropped since the camera's start.
    pub(super) dropped: Option<u32>,
    pub(super) temperature_c: Option<f64>,
    pub(super) clock_ns: Option<f64>,
}

/// A camera's samples of the last week.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Trends {
    samples: VecDeque<Sample>,
}

impl Trends {
    /// Whether the next sample is due.
    pub(super) fn is_due(&self, now: BoxNs) -> bool {
        self.samples.back().is_none_or(|last| now.0.saturating_sub(last.at.0) >= EVERY_NS)
    }

    /// Takes a sample up.
    pub(super) fn sample(&mut self, sample: Sample) {
        super::camera_state::push_bounded(&mut self.samples, sample, SAMPLES_MAX);
    }

    /// The first limit that will be passed within a week, in words.
    pub(super) fn warning(&self) -> Option<String> {
        let latest = self.samples.back()?;
        let hours = |s: &Sample| (s.at.0 as f64 - latest.at.0 as f64) / 3.6e12;
        let line = |of: &dyn Fn(&Sample) -> Option<f64>, least: usize| {
            let points: Vec<(f64, f64)> = self.samples.iter().filter_map(|s| Some((hours(s), of(s)?))).collect();
            if points.len() < least { None } else { Line::through(&points) }
        };
        let drift = [0, 1].map(|axis| line(&|s| Some(s.shift_px[axis]), SAMPLES_MIN));
        let drift = match drift {
            [Some(x), Some(y)] if x.rises() || y.rises() => {
                let rate = Vector2::new(x.slope, y.slope);
                let off = Vector2::new(x.now, y.now);
                let left_h = (SHIFT_PX - off.norm()) / rate.norm();
                (off.norm() + rate.norm() * AHEAD_H > SHIFT_PX).then(|| {
                    let (rate, days) = (rate.norm() * 24.0, (left_h / 24.0).max(0.0));
                    format!("drifts by {rate:.1} px a day and will be {SHIFT_PX:.0} px off in {days:.1} days: look at its mount")
                })
            }
            _ => None,
        };
        let crossing = |line: Option<Line>, limit: f64| line.filter(Line::rises).and_then(|l| l.reaches(limit));
        drift
            .or_else(|| {
                let line = self.dropped_an_hour();
                let days = crossing(line, DROPPED_H)? / 24.0;
                Some(format!(
                    "drops ever more frames: {DROPPED_H:.0} an hour in {days:.1} days: look at its network and storage"
                ))
            })
            .or_else(|| {
                let days =
                    crossing(line(&|s| s.temperature_c, DAY).filter(|_| self.samples.len() >= 2 * DAY), TEMPERATURE_C)?
                        / 24.0;
                Some(format!("gets warmer: {TEMPERATURE_C:.0} °C in {days:.1} days: look at its housing and fan"))
            })
            .or_else(|| {
                let days = crossing(line(&|s| s.clock_ns.map(f64::abs), SAMPLES_MIN), CLOCK_NS)? / 24.0;
                Some(format!("its clock runs away: {:.0} ms off in {days:.1} days: look at its PTP", CLOCK_NS * 1e-6))
            })
    }

    /// Frames dropped an hour between samples, and how that goes; a camera that was restarted counts anew.
    fn dropped_an_hour(&self) -> Option<Line> {
        let latest = self.samples.back()?.at;
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1));
        let rates: Vec<(f64, f64)> = pairs
            .filter_map(|(a, b)| {
                let more = b.dropped?.checked_sub(a.dropped?)?;
                let hours = b.at.0.saturating_sub(a.at.0) as f64 / 3.6e12;
                (hours > 0.0).then(|| ((b.at.0 as f64 - latest.0 as f64) / 3.6e12, f64::from(more) / hours))
            })
            .collect();
        if rates.len() < SAMPLES_MIN { None } else { Line::through(&rates) }
    }
}

/// A straight line by least squares, over hours that end now.
#[derive(Debug, Clone, Copy)]
struct Line {
    now: f64,
    /// Per hour, and its standard error.
    slope: f64,
    error: f64,
}

impl Line {
    fn through(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
        let sxx: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
        let sxy: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
        let slope = sxy / sxx;
        let left: f64 = points.iter().map(|p| (p.1 - my - slope * (p.0 - mx)).powi(2)).sum();
        let error = (left / (n - 2.0).max(1.0) / sxx).sqrt();
        (slope.is_finite() && error.is_finite()).then_some(Self { now: my - slope * mx, slope, error })
    }

    fn rises(&self) -> bool {
        self.slope.abs() > SLOPE_SD * self.error && self.slope != 0.0
    }

    /// Hours until it is at the limit, where that is within the time looked ahead.
    fn reaches(&self, limit: f64) -> Option<f64> {
        let hours = ((limit - self.now) / self.slope).max(0.0);
        (self.slope > 0.0 && hours <= AHEAD_H).then_some(hours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(of: impl Fn(f64) -> Sample, hours: usize) -> Trends {
        let mut trends = Trends::default();
        for half in 0..2 * hours {
            let at = BoxNs(1_800_000_000_000_000_000 + half as u64 * EVERY_NS);
            assert!(trends.is_due(at));
            trends.sample(Sample { at, ..of(half as f64 / 2.0) });
        }
        trends
    }

    const QUIET: Sample =
        Sample { at: BoxNs(0), shift_px: [0.0; 2], dropped: Some(0), temperature_c: Some(28.0), clock_ns: Some(100.0) };

    fn wobble(hours: f64) -> f64 {
        (hours * 7.3).sin()
    }

    #[test]
    fn a_quiet_camera_and_a_warm_afternoon_warn_of_nothing() {
        let day = |h: f64| Sample {
            shift_px: [0.1 * wobble(h), 0.1 * wobble(h + 1.0)],
            temperature_c: Some(28.0 + 12.0 * (h * std::f64::consts::TAU / 24.0).sin()),
            clock_ns: Some(200.0 * wobble(h)),
            ..QUIET
        };
        for hours in [3, 6, 48, 150] {
            assert_eq!(week(day, hours).warning(), None, "{hours} h");
        }
    }

    #[test]
    fn each_trend_is_named_with_its_reason() {
        type Case = (fn(f64) -> Sample, usize, &'static str);
        let cases: [Case; 4] = [
            (|h| Sample { shift_px: [h * 0.3, 0.05 * wobble(h)], ..QUIET }, 6, "px a day"),
            (|h| Sample { dropped: Some((40.0 * h * h) as u32), ..QUIET }, 12, "frames"),
            (|h| Sample { temperature_c: Some(30.0 + h * 0.2 + wobble(h)), ..QUIET }, 72, "°C"),
            (|h| Sample { clock_ns: Some(8_000.0 * h + 200.0 * wobble(h)), ..QUIET }, 24, "clock"),
        ];
        for (of, hours, word) in cases {
            let warning = week(of, hours).warning().unwrap_or_default();
            assert!(warning.contains(word), "{word}: {warning:?}");
        }
    }
}
