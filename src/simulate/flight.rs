//! The flight of a ball from the hand to the plate, in its mound's frame (science.md §1).
//!
//! Two kinds. A published pitch is nine parameters: constant acceleration, evaluated exactly. A scenario's pitch is
//! integrated under a = −g ẑ − K·Cd·|u|·u + K·CL·|u|²·(ω̂ × û), u = v − wind, K = ½ρA/m, CL = 1.120·S/(0.583 + 2.333·S),
//! S = Rω/|u|: fourth-order Runge–Kutta at 1 ms, between whose steps a cubic Hermite segment (position and velocity at
//! both ends) errs by less than 1e-9 ft, since the fourth derivative of a pitch is below 100 ft/s⁴.

use nalgebra::Vector3;

use crate::tracking::camera::BALL_DIAMETER_FT;
use crate::tracking::pitch::{NineP, Quantities};

/// Gravity, ft/s².
const G: f64 = 32.174;
/// The plate's front, ft.
const PLATE_FRONT_FT: f64 = 17.0 / 12.0;
/// The rubber, ft.
const RUBBER_FT: f64 = 60.5;
/// ft/s in a mile an hour.
pub(crate) const FT_S_PER_MPH: f64 = 1.466_667;
/// The state of nine parameters is at this y, ft.
const Y0_FT: f64 = 50.0;
/// Step of integration, s.
const STEP_S: f64 = 1e-3;
/// No pitch flies longer than this, s: a bound on the memory of one flight.
const LONGEST_S: f64 = 2.0;

/// The air of a mound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Air {
    /// K = ½ρA/m, ft⁻¹.
    k: f64,
    /// Wind in the mound's frame, ft/s.
    wind: Vector3<f64>,
}

impl Air {
    /// Air of this density (kg/m³) with this wind in the mound's frame (ft/s).
    pub(crate) fn new(density_kg_m3: f64, wind: Vector3<f64>) -> Self {
        Self { k: 5.381e-3 * density_kg_m3 / 1.2, wind }
    }
}

/// How a ball leaves the hand: mound frame, ft, ft/s, rad/s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Launch {
    pub(crate) position: Vector3<f64>,
    pub(crate) velocity: Vector3<f64>,
    pub(crate) spin: Vector3<f64>,
    pub(crate) drag_coefficient: f64,
}

impl Launch {
    /// Acceleration at a velocity, ft/s².
    fn acceleration(&self, velocity: &Vector3<f64>, air: &Air) -> Vector3<f64> {
        let u = velocity - air.wind;
        let speed = u.norm();
        let omega = self.spin.norm();
        let mut a = -air.k * self.drag_coefficient * speed * u;
        a.z -= G;
        if omega > 0.0 && speed > 0.0 {
            let s = 0.5 * BALL_DIAMETER_FT * omega / speed;
            let lift = 1.120 * s / (0.583 + 2.333 * s);
            a += air.k * lift * speed * (self.spin / omega).cross(&u);
        }
        a
    }

    /// One Runge–Kutta step of `h` seconds.
    fn step(&self, (x, v): (Vector3<f64>, Vector3<f64>), h: f64, air: &Air) -> (Vector3<f64>, Vector3<f64>) {
        let a1 = self.acceleration(&v, air);
        let v2 = v + a1 * (h / 2.0);
        let a2 = self.acceleration(&v2, air);
        let v3 = v + a2 * (h / 2.0);
        let a3 = self.acceleration(&v3, air);
        let v4 = v + a3 * h;
        let a4 = self.acceleration(&v4, air);
        (x + (v + 2.0 * v2 + 2.0 * v3 + v4) * (h / 6.0), v + (a1 + 2.0 * a2 + 2.0 * a3 + a4) * (h / 6.0))
    }

    /// The same launch turned so that it crosses the plate's front at (x, z), keeping its speed.
    pub(crate) fn aimed_at(mut self, x: f64, z: f64, air: &Air) -> Self {
        let speed = self.velocity.norm();
        let target = Vector3::new(x, PLATE_FRONT_FT, z);
        self.velocity = (target - self.position).normalize() * speed;
        for _ in 0..4 {
            // 5 ms steps miss the plate by under 1e-5 ft, a thousandth of what aiming is for
            let mut state = (self.position, self.velocity);
            let mut elapsed = 0.0;
            while state.0.y > PLATE_FRONT_FT && elapsed < LONGEST_S {
                state = self.step(state, 5e-3, air);
                elapsed += 5e-3;
            }
            let over = (PLATE_FRONT_FT - state.0.y) / state.1.y;
            let miss = target - (state.0 + state.1 * over);
            let flight_s = elapsed + over;
            let turned = self.velocity + Vector3::new(miss.x, 0.0, miss.z) / flight_s;
            self.velocity = turned.normalize() * speed;
        }
        self
    }
}

/// Position and velocity, ft and ft/s.
type State = (Vector3<f64>, Vector3<f64>);

#[derive(Debug, Clone)]
enum Path {
    /// Nine parameters, with the time of the release counted from y = 50 ft.
    Constant { nine_p: NineP, release_s: f64 },
    /// States every [`STEP_S`] from the release on, and the acceleration's source.
    Integrated { states: Vec<State>, launch: Launch, air: Air },
}

/// One flight, in seconds after the release.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    path: Path,
    release_pos_y: f64,
    end_s: f64,
}

impl Flight {
    /// The exact flight of nine parameters; `None` where they never reach the plate from that release plane.
    pub(crate) fn constant(nine_p: NineP, release_pos_y: f64) -> Option<Self> {
        let time_at = |y: f64| {
            let root = (nine_p.vy0 * nine_p.vy0 - 2.0 * nine_p.ay * (Y0_FT - y)).sqrt();
            // The textbook form divides by ay; this one is the same root and holds at ay = 0 too.
            let t = 2.0 * (y - Y0_FT) / (nine_p.vy0 - root);
            t.is_finite().then_some(t)
        };
        if nine_p.vy0 >= 0.0 {
            return None;
        }
        let release_s = time_at(release_pos_y)?;
        let end_s = time_at(0.0)? - release_s;
        (end_s > 0.0 && end_s < LONGEST_S).then_some(Self {
            path: Path::Constant { nine_p, release_s },
            release_pos_y,
            end_s,
        })
    }

    /// The flight of a launch under drag and Magnus force.
    pub(crate) fn integrated(launch: Launch, air: Air) -> Self {
        let mut states = vec![(launch.position, launch.velocity)];
        let mut state = states[0];
        while state.0.y > 0.0 && (states.len() as f64) * STEP_S < LONGEST_S {
            state = launch.step(state, STEP_S, &air);
            states.push(state);
        }
        let last_s = (states.len() - 1) as f64 * STEP_S;
        let mut flight =
            Self { path: Path::Integrated { states, launch, air }, release_pos_y: launch.position.y, end_s: last_s };
        flight.end_s = flight.time_at_y(0.0);
        flight
    }

    /// Seconds from the release until the ball is over the plate's back tip, where it is last seen.
    pub(crate) fn end_s(&self) -> f64 {
        self.end_s
    }

    /// Seconds from the release to the plate's front.
    pub(crate) fn plate_s(&self) -> f64 {
        self.time_at_y(PLATE_FRONT_FT)
    }

    /// Position (ft) and velocity (ft/s) so many seconds after the release.
    pub(crate) fn at(&self, t: f64) -> State {
        match &self.path {
            Path::Constant { nine_p: p, release_s } => {
                let t = t + release_s;
                let v0 = Vector3::new(p.vx0, p.vy0, p.vz0);
                let a = Vector3::new(p.ax, p.ay, p.az);
                (Vector3::new(p.x0, Y0_FT, p.z0) + v0 * t + a * (0.5 * t * t), v0 + a * t)
            }
            Path::Integrated { states, .. } => {
                let i = ((t / STEP_S) as usize).min(states.len() - 2);
                let s = t / STEP_S - i as f64;
                let ((p0, v0), (p1, v1)) = (states[i], states[i + 1]);
                let (m0, m1) = (v0 * STEP_S, v1 * STEP_S);
                let (s2, s3) = (s * s, s * s * s);
                let position = p0 * (2.0 * s3 - 3.0 * s2 + 1.0)
                    + m0 * (s3 - 2.0 * s2 + s)
                    + p1 * (3.0 * s2 - 2.0 * s3)
                    + m1 * (s3 - s2);
                (position, v0 + (v1 - v0) * s)
            }
        }
    }

    /// Acceleration so many seconds after the release, ft/s².
    fn acceleration(&self, t: f64) -> Vector3<f64> {
        match &self.path {
            Path::Constant { nine_p, .. } => Vector3::new(nine_p.ax, nine_p.ay, nine_p.az),
            Path::Integrated { launch, air, .. } => launch.acceleration(&self.at(t).1, air),
        }
    }

    /// Seconds from the release at which the ball passes a y, by bisection (y falls throughout).
    fn time_at_y(&self, y: f64) -> f64 {
        let (mut low, mut high) = (0.0, self.end_s);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.at(middle).0.y > y { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Statcast's quantities of this very flight (science.md §1). Drag and lift are those of the middle of the flight.
    pub(crate) fn quantities(&self, air: &Air) -> Quantities {
        let plate_s = self.plate_s();
        let (release, v_release) = self.at(0.0);
        let (plate, v_plate) = self.at(plate_s);
        let ahead = PLATE_FRONT_FT - release.y;
        let release_speed = v_release.norm() / FT_S_PER_MPH;
        let extension = RUBBER_FT - self.release_pos_y;

        let v_middle = self.at(0.5 * plate_s).1;
        let speed = v_middle.norm();
        let along = v_middle / speed;
        let forces = self.acceleration(0.5 * plate_s) + Vector3::new(0.0, 0.0, G);
        let drag = -forces.dot(&along);
        let lift = (forces + drag * along).norm();
        Quantities {
            release_speed,
            release_pos_x: release.x,
            release_pos_y: self.release_pos_y,
            release_pos_z: release.z,
            release_extension: extension,
            plate_x: plate.x,
            plate_z: plate.z,
            pfx_x: plate.x - release.x - v_release.x / v_release.y * ahead,
            pfx_z: plate.z - release.z - v_release.z / v_release.y * ahead + 0.5 * G * plate_s * plate_s,
            vertical_approach_angle: (v_plate.z / -v_plate.y).atan().to_degrees(),
            horizontal_approach_angle: (v_plate.x / -v_plate.y).atan().to_degrees(),
            effective_speed: release_speed * (RUBBER_FT - 6.3) / self.release_pos_y,
            drag_coefficient: drag / (air.k * speed * speed),
            lift_coefficient: lift / (air.k * speed * speed),
        }
    }

    /// The axis about which the flight's own side force says the ball spins: the velocity × the side force, unit, mound frame; `None`
    /// where there is no side force.
    pub(crate) fn implied_spin_axis(&self) -> Option<Vector3<f64>> {
        let middle_s = 0.5 * self.plate_s();
        let along = self.at(middle_s).1.normalize();
        let forces = self.acceleration(middle_s) + Vector3::new(0.0, 0.0, G);
        along.cross(&forces).try_normalize(1e-6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fastball() -> (Launch, Air) {
        let air = Air::new(1.1739, Vector3::zeros());
        let launch = Launch {
            position: Vector3::new(-1.6, 54.0, 6.0),
            velocity: Vector3::new(0.0, -95.0 * FT_S_PER_MPH, 0.0),
            spin: Vector3::new(-0.9, 0.1, -0.4).normalize() * (2300.0 / 60.0 * std::f64::consts::TAU),
            drag_coefficient: 0.33,
        };
        (launch.aimed_at(0.3, 2.5, &air), air)
    }

    #[test]
    fn a_fastball_loses_eight_to_ten_percent_of_its_speed_and_rides() {
        let (launch, air) = fastball();
        let flight = Flight::integrated(launch, air);
        let lost = 1.0 - flight.at(flight.plate_s()).1.norm() / flight.at(0.0).1.norm();
        assert!((0.075..0.10).contains(&lost), "{lost}");
        let q = flight.quantities(&air);
        assert!((1.0..1.9).contains(&q.pfx_z), "{}", q.pfx_z);
        assert!(q.pfx_x < -0.2, "a right-hander's fastball runs to his arm side: {}", q.pfx_x);
        assert!((q.drag_coefficient - 0.33).abs() < 1e-9, "{}", q.drag_coefficient);
        assert!((0.1..0.3).contains(&q.lift_coefficient), "{}", q.lift_coefficient);
    }

    #[test]
    fn an_aimed_pitch_crosses_the_plate_where_it_was_aimed() {
        let (launch, air) = fastball();
        let q = Flight::integrated(launch, air).quantities(&air);
        assert!((q.plate_x - 0.3).abs() < 1e-3 && (q.plate_z - 2.5).abs() < 1e-3, "{q:?}");
        assert!((q.release_speed - 95.0).abs() < 1e-9);
    }

    #[test]
    fn a_hundred_times_finer_integration_finds_the_same_flight() {
        let (launch, air) = fastball();
        let flight = Flight::integrated(launch, air);
        let mut state = (launch.position, launch.velocity);
        for i in 1_u32..=38_000 {
            state = launch.step(state, 1e-5, &air);
            if i % 3_777 == 0 {
                let miss = (flight.at(f64::from(i) * 1e-5).0 - state.0).norm();
                assert!(miss < 1e-9, "{miss} ft at {i}");
            }
        }
    }

    #[test]
    fn a_nine_parameter_flight_is_at_its_release_and_at_its_parameters() {
        let p = NineP { x0: -1.0, z0: 6.0, vx0: 4.0, vy0: -135.0, vz0: -5.0, ax: -10.0, ay: 28.0, az: -16.0 };
        let flight = Flight::constant(p, 54.2).expect("a pitch");
        assert!((flight.at(0.0).0.y - 54.2).abs() < 1e-9);
        assert!(flight.at(flight.end_s()).0.y.abs() < 1e-9);
        let at_50 = flight.time_at_y(50.0);
        let (x, v) = flight.at(at_50);
        assert!((x - Vector3::new(-1.0, 50.0, 6.0)).norm() < 1e-6);
        assert!((v - Vector3::new(4.0, -135.0, -5.0)).norm() < 1e-4);
    }

    #[test]
    fn a_ball_that_never_comes_is_no_flight() {
        let p = NineP { x0: 0.0, z0: 6.0, vx0: 0.0, vy0: -20.0, vz0: 0.0, ax: 0.0, ay: 28.0, az: 0.0 };
        assert!(Flight::constant(p, 54.0).is_none());
        assert!(Flight::constant(NineP { vy0: 3.0, ..p }, 54.0).is_none());
    }

    #[test]
    fn the_side_force_tells_the_spin_axis() {
        let (mut launch, air) = fastball();
        launch.spin.y = 0.0;
        let axis = Flight::integrated(launch, air).implied_spin_axis().expect("it spins");
        assert!(axis.dot(&launch.spin.normalize()) > 0.99, "{axis}");
    }
}
