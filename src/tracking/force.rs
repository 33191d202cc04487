//! Forces on a ball in flight (science.md §1): drag and Magnus.
//!
//! `a = −g·ẑ − K·Cd·|v|·v + K·CL·|v|²·(ω̂ × v̂)`. A fit gives v and a; drag is the part of `a + g·ẑ` along the flight and
//! Magnus the rest, so the products K·Cd and K·CL, and with them the jerk, need no air density.

use nalgebra::Vector3;

/// Gravity, ft/s².
pub(super) const GRAVITY: f64 = 32.174;

/// Air density of standard conditions at Busch Stadium, kg/m³.
pub(super) const STANDARD_AIR_DENSITY: f64 = 1.1739;

/// K = ½ρA/m per unit of air density, ft⁻¹ per kg/m³.
const K_PER_DENSITY: f64 = 5.381e-3 / 1.2;

/// Acceleration split along and across the flight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forces {
    /// Deceleration by drag, ft/s².
    pub(super) drag: f64,
    /// Acceleration across the flight without gravity, ft/s².
    pub(super) magnus: Vector3<f64>,
    velocity: Vector3<f64>,
}

impl Forces {
    /// Splits an acceleration (ft/s²) at a velocity (ft/s).
    pub(super) fn split(velocity: &Vector3<f64>, acceleration: &Vector3<f64>) -> Self {
        let along = velocity / velocity.norm();
        let air = acceleration + Vector3::z() * GRAVITY;
        let drag = -air.dot(&along);
        Self { drag, magnus: air + along * drag, velocity: *velocity }
    }

    /// Cd at this air density, kg/m³.
    pub(super) fn drag_coefficient(&self, air_density: f64) -> f64 {
        self.drag / (K_PER_DENSITY * air_density * self.velocity.norm_squared())
    }

    /// CL at this air density, kg/m³.
    pub(super) fn lift_coefficient(&self, air_density: f64) -> f64 {
        self.magnus.norm() / (K_PER_DENSITY * air_density * self.velocity.norm_squared())
    }

    /// The jerk that drag and Magnus with these coefficients and a constant spin imply, ft/s³.
    ///
    /// Drag: `d/dt(−k|v|v) = −k(|v|′v + |v|a)`. Magnus is `m(|v|)·(ω̂ × v̂)` with `m ∝ CL(S)·|v|²`, S ∝ 1/|v|, so that
    /// `m′/m = (2 − ε)·|v|′/|v|`, ε = 0.583/(0.583 + 2.333·S); its direction turns with v̂ around ω̂ ∥ v̂ × magnus.
    pub(super) fn jerk(&self) -> Vector3<f64> {
        let speed = self.velocity.norm();
        let along = self.velocity / speed;
        let acceleration = self.magnus - along * self.drag - Vector3::z() * GRAVITY;
        let slowing = along.dot(&acceleration);
        let drag_jerk = -(self.velocity * slowing + acceleration * speed) * (self.drag / (speed * speed));
        let lift = self.magnus.norm();
        if lift < 1e-6 {
            return drag_jerk;
        }
        let spin = along.cross(&self.magnus) / lift;
        let turning = (acceleration - along * slowing) / speed;
        let coefficient = self.lift_coefficient(STANDARD_AIR_DENSITY).min(0.45);
        let spin_factor = 0.583 * coefficient / (1.120 - 2.333 * coefficient);
        let elasticity = 0.583 / (0.583 + 2.333 * spin_factor);
        drag_jerk + self.magnus * ((2.0 - elasticity) * slowing / speed) + spin.cross(&turning) * lift
    }

    /// The derivative of that jerk along the flight, ft/s⁴, by central differences.
    pub(super) fn snap(&self) -> Vector3<f64> {
        const STEP_S: f64 = 0.01;
        let acceleration = self.magnus - self.velocity * (self.drag / self.velocity.norm()) - Vector3::z() * GRAVITY;
        let jerk = self.jerk();
        let at = |s: f64| Self::split(&(self.velocity + acceleration * s), &(acceleration + jerk * s)).jerk();
        (at(STEP_S) - at(-STEP_S)) / (2.0 * STEP_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const K: f64 = K_PER_DENSITY * STANDARD_AIR_DENSITY;
    const RADIUS_FT: f64 = 0.121;

    fn acceleration(v: &Vector3<f64>, spin: &Vector3<f64>) -> Vector3<f64> {
        let (speed, rate) = (v.norm(), spin.norm());
        let factor = RADIUS_FT * rate / speed;
        let lift = 1.120 * factor / (0.583 + 2.333 * factor);
        -Vector3::z() * GRAVITY - v * (K * 0.33 * speed) + (spin / rate).cross(v) * (K * lift * speed)
    }

    #[test]
    fn the_jerk_agrees_with_a_simulated_flight() {
        let v = Vector3::new(4.0, -130.0, -6.0);
        // spin across the flight: what the split can see
        let spin = (Vector3::new(-200.0, 0.0, 90.0)).cross(&v).cross(&v).normalize() * 230.0;
        let a = acceleration(&v, &spin);
        let step = 1e-5;
        let ahead = acceleration(&(v + a * step), &spin);
        let behind = acceleration(&(v - a * step), &spin);
        let truth = (ahead - behind) / (2.0 * step);
        let forces = Forces::split(&v, &a);
        assert!((forces.jerk() - truth).norm() < 0.02 * truth.norm(), "{} {truth}", forces.jerk());
        assert!((forces.drag_coefficient(STANDARD_AIR_DENSITY) - 0.33).abs() < 1e-9);
        let jerk_at = |v: Vector3<f64>| {
            let step = 1e-4;
            let a = acceleration(&v, &spin);
            (acceleration(&(v + a * step), &spin) - acceleration(&(v - a * step), &spin)) / (2.0 * step)
        };
        let snap = (jerk_at(v + a * 0.005) - jerk_at(v - a * 0.005)) / 0.01;
        // a spin fixed in space turns a little along the flight, which the split cannot see
        assert!((forces.snap() - snap).norm() < 0.25 * snap.norm(), "{} {snap}", forces.snap());
    }
}
