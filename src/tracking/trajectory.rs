//! A flight as a polynomial of time, in its mound's own frame.
//!
//! `p(τ) = Σ c_k·τ^k + q·τ⁴`, k = 0 … 3, with `τ = (t − reference)/scale`: time is centred on the flight and scaled to about ±1,
//! so that the coefficients have one unit (feet) and the normal equations one scale. The `c_k` are fitted; q is the force
//! model's (science.md §1) and given: a cubic alone is 0.006 mph slow at the release of a flight under drag.

use nalgebra::{Point3, SVector, Vector3};
use serde::{Deserialize, Serialize};

use crate::ids::EventNs;

/// Coefficients of a flight: constant acceleration (the last one zero) or constant jerk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trajectory {
    /// Event time of τ = 0.
    pub reference: EventNs,
    /// Seconds per unit of τ.
    pub scale_s: f64,
    /// Feet.
    pub coefficients: [Vector3<f64>; 4],
    /// Feet: the part of the fourth order, given and never fitted.
    pub quartic: Vector3<f64>,
}

impl Trajectory {
    /// Constant acceleration: position (ft), velocity (ft/s) and acceleration (ft/s²) at the reference.
    pub fn new(
        reference: EventNs,
        scale_s: f64,
        position: Vector3<f64>,
        velocity: Vector3<f64>,
        acceleration: Vector3<f64>,
    ) -> Self {
        let coefficients = [position, velocity * scale_s, acceleration * (0.5 * scale_s * scale_s), Vector3::zeros()];
        Self { reference, scale_s, coefficients, quartic: Vector3::zeros() }
    }

    /// Seconds from the reference to an event time, which may lie before it.
    pub fn seconds(&self, event: EventNs) -> f64 {
        event.0.wrapping_sub(self.reference.0) as i64 as f64 * 1e-9
    }

    /// The event time `seconds` from the reference.
    pub fn event(&self, seconds: f64) -> EventNs {
        EventNs(self.reference.0.saturating_add_signed((seconds * 1e9).round() as i64))
    }

    /// Feet, at seconds from the reference.
    pub fn position(&self, seconds: f64) -> Vector3<f64> {
        let [c0, c1, c2, c3] = &self.coefficients;
        let tau = seconds / self.scale_s;
        c0 + (c1 + (c2 + (c3 + self.quartic * tau) * tau) * tau) * tau
    }

    /// The position as a point.
    pub fn point(&self, seconds: f64) -> Point3<f64> {
        Point3::from(self.position(seconds))
    }

    /// ft/s, at seconds from the reference.
    pub fn velocity(&self, seconds: f64) -> Vector3<f64> {
        let [_, c1, c2, c3] = &self.coefficients;
        let tau = seconds / self.scale_s;
        (c1 + (c2 * 2.0 + (c3 * 3.0 + self.quartic * (4.0 * tau)) * tau) * tau) / self.scale_s
    }

    /// ft/s², at seconds from the reference.
    pub fn acceleration(&self, seconds: f64) -> Vector3<f64> {
        let [_, _, c2, c3] = &self.coefficients;
        let tau = seconds / self.scale_s;
        (c2 * 2.0 + (c3 * 6.0 + self.quartic * (12.0 * tau)) * tau) / (self.scale_s * self.scale_s)
    }

    /// When the ball that flies toward the plate is at this y (ft): seconds from the reference, by Newton's method
    /// from the reference. `None` when the flight does not lead there within 1.5 s of it.
    pub fn seconds_at_y(&self, y: f64) -> Option<f64> {
        let mut t = 0.0;
        for _ in 0..30 {
            let slope = self.velocity(t).y;
            if slope > -1.0 {
                return None;
            }
            let step = (self.position(t).y - y) / slope;
            t -= step;
            if t.abs() > 1.5 {
                return None;
            }
            if step.abs() < 1e-10 {
                return Some(t);
            }
        }
        None
    }

    /// The same flight with another reference and scale, so that both fit its observed part.
    #[must_use]
    pub fn recentred(&self, reference: EventNs, scale_s: f64) -> Self {
        let t = self.seconds(reference);
        let mut moved = Self::new(reference, scale_s, self.position(t), self.velocity(t), self.acceleration(t));
        let ratio = scale_s / self.scale_s;
        moved.coefficients[3] = (self.coefficients[3] + self.quartic * (4.0 * t / self.scale_s)) * ratio.powi(3);
        moved.quartic = self.quartic * ratio.powi(4);
        moved
    }

    /// The flight after a step of its twelve parameters, coefficient by coefficient.
    #[must_use]
    pub fn stepped(&self, step: &SVector<f64, 12>) -> Self {
        let mut moved = *self;
        for (k, c) in moved.coefficients.iter_mut().enumerate() {
            *c += step.fixed_rows::<3>(3 * k);
        }
        moved
    }
}

/// A path as plain numbers, to be kept.
impl Serialize for Trajectory {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { reference, scale_s, coefficients, quartic } = self;
        let numbers = coefficients.map(Into::<[f64; 3]>::into);
        (reference, scale_s, numbers, Into::<[f64; 3]>::into(*quartic)).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Trajectory {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (reference, scale_s, numbers, quartic) = <(EventNs, f64, [[f64; 3]; 4], [f64; 3])>::deserialize(from)?;
        Ok(Self { reference, scale_s, coefficients: numbers.map(Into::into), quartic: quartic.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recentring_changes_nothing_but_the_numbers() {
        let mut path = Trajectory::new(
            EventNs(5_000_000_000),
            0.2,
            Vector3::new(0.1, 30.0, 5.0),
            Vector3::new(4.0, -130.0, -6.0),
            Vector3::new(-5.0, 25.0, -20.0),
        );
        path.coefficients[3] = Vector3::new(0.001, -0.02, 0.01);
        path.quartic = Vector3::new(0.0002, 0.003, -0.001);
        let moved = path.recentred(EventNs(5_100_000_000), 0.3);
        for t in [-0.2, 0.0, 0.2] {
            assert!((path.position(t) - moved.position(t - 0.1)).norm() < 1e-9);
            assert!((path.velocity(t) - moved.velocity(t - 0.1)).norm() < 1e-9);
            assert!((path.acceleration(t) - moved.acceleration(t - 0.1)).norm() < 1e-9);
        }
        let t = path.seconds_at_y(17.0 / 12.0).expect("flies to the plate");
        assert!((path.position(t).y - 17.0 / 12.0).abs() < 1e-9);
        assert_eq!(path.event(path.seconds(EventNs(4_900_000_123))), EventNs(4_900_000_123));
    }

    #[test]
    fn a_ball_that_flies_away_never_reaches_the_plate() {
        let back = Trajectory::new(
            EventNs(1),
            0.2,
            Vector3::new(0.0, 30.0, 5.0),
            Vector3::new(0.0, 60.0, 10.0),
            Vector3::zeros(),
        );
        assert_eq!(back.seconds_at_y(1.4), None);
    }
}
