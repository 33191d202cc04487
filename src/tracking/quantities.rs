//! Statcast's quantities of a fitted flight (science.md §1), and their standard deviations.
//!
//! A quantity is a function of the flight's twelve parameters and the release time. Its standard deviation is the full
//! covariance of those thirteen through the function's derivative, taken by central differences: exact formulas would
//! be long and the function costs a fraction of a microsecond.

use nalgebra::{SMatrix, SVector};

use super::fit::Matrix12;
use super::force::{Forces, GRAVITY};
use super::pitch::{NineP, Quantities};
use super::trajectory::Trajectory;

/// y of the plate's front, ft.
pub const PLATE_FRONT_FT: f64 = 17.0 / 12.0;
/// y of the rubber, ft.
pub const RUBBER_FT: f64 = 60.5;
/// y at which Statcast publishes its nine parameters, ft.
const STATCAST_Y_FT: f64 = 50.0;
const FTPS_PER_MPH: f64 = 1.466_667;
/// What a cubic flight misses in drag and lift coefficients, beside integrated flights of drag and Magnus [C].
const COEFFICIENT_SD: f64 = 3.5e-4;
const COUNT: usize = 14;

type Row = SVector<f64, COUNT>;

/// The quantities of a flight released at `release_s` from its reference; `None` where it does not reach the plate.
pub fn quantities(path: &Trajectory, release_s: f64, air_density: f64) -> Option<Quantities> {
    let plate_s = path.seconds_at_y(PLATE_FRONT_FT)?;
    let flight_s = plate_s - release_s;
    let (release, plate) = (path.position(release_s), path.position(plate_s));
    let (v_release, v_plate) = (path.velocity(release_s), path.velocity(plate_s));
    let mean_acceleration = (v_plate - v_release) / flight_s;
    let forces = Forces::split(&(v_release + mean_acceleration * (0.5 * flight_s)), &mean_acceleration);
    let extension = RUBBER_FT - release.y;
    let speed = v_release.norm() / FTPS_PER_MPH;
    let forward = plate.y - release.y;
    Some(Quantities {
        release_speed: speed,
        release_pos_x: release.x,
        release_pos_y: release.y,
        release_pos_z: release.z,
        release_extension: extension,
        plate_x: plate.x,
        plate_z: plate.z,
        pfx_x: plate.x - release.x - v_release.x / v_release.y * forward,
        pfx_z: plate.z - release.z - v_release.z / v_release.y * forward + 0.5 * GRAVITY * flight_s * flight_s,
        vertical_approach_angle: -(v_plate.z / v_plate.y).atan().to_degrees(),
        horizontal_approach_angle: -(v_plate.x / v_plate.y).atan().to_degrees(),
        effective_speed: speed * (RUBBER_FT - 6.3) / release.y,
        drag_coefficient: forces.drag_coefficient(air_density),
        lift_coefficient: forces.lift_coefficient(air_density),
    })
}

/// Standard deviations of [`quantities`], from the covariance of the parameters and the variance of the release time (s²).
pub fn deviations(
    path: &Trajectory,
    release_s: f64,
    air_density: f64,
    covariance: &Matrix12,
    release_variance: f64,
) -> Option<Quantities> {
    let mut slopes = SMatrix::<f64, COUNT, 12>::zeros();
    let at = |path: &Trajectory, release_s: f64| quantities(path, release_s, air_density).map(|q| row(&q));
    for k in 0..12 {
        let mut step = SVector::<f64, 12>::zeros();
        step[k] = 1e-4;
        let difference = at(&path.stepped(&step), release_s)? - at(&path.stepped(&-step), release_s)?;
        slopes.set_column(k, &(difference / 2e-4));
    }
    let by_release = (at(path, release_s + 1e-5)? - at(path, release_s - 1e-5)?) / 2e-5;
    let spread = slopes * covariance;
    let deviation = Row::from_fn(|i, _| {
        (spread.row(i).dot(&slopes.row(i)) + by_release[i].powi(2) * release_variance).max(0.0).sqrt()
    });
    let mut deviation = from_row(&deviation);
    deviation.drag_coefficient = deviation.drag_coefficient.hypot(COEFFICIENT_SD);
    deviation.lift_coefficient = deviation.lift_coefficient.hypot(COEFFICIENT_SD);
    Some(deviation)
}

/// The nine parameters at y = 50 ft of a flight of constant acceleration; `None` where it never is there.
pub fn nine_p(path: &Trajectory) -> Option<NineP> {
    let t = path.seconds_at_y(STATCAST_Y_FT)?;
    let (p, v, a) = (path.position(t), path.velocity(t), path.acceleration(t));
    Some(NineP { x0: p.x, z0: p.z, vx0: v.x, vy0: v.y, vz0: v.z, ax: a.x, ay: a.y, az: a.z })
}

/// Whether any quantity moved by more than `share` of its standard deviation.
pub fn moved(before: &Quantities, after: &Quantities, sd: &Quantities, share: f64) -> bool {
    let change = row(after) - row(before);
    change.iter().zip(row(sd).iter()).any(|(change, sd)| change.abs() > share * sd)
}

/// Standard deviations times a factor.
pub fn scaled(sd: &Quantities, factor: f64) -> Quantities {
    from_row(&(row(sd) * factor))
}

fn row(q: &Quantities) -> Row {
    Row::from([
        q.release_speed,
        q.release_pos_x,
        q.release_pos_y,
        q.release_pos_z,
        q.release_extension,
        q.plate_x,
        q.plate_z,
        q.pfx_x,
        q.pfx_z,
        q.vertical_approach_angle,
        q.horizontal_approach_angle,
        q.effective_speed,
        q.drag_coefficient,
        q.lift_coefficient,
    ])
}

fn from_row(row: &Row) -> Quantities {
    Quantities {
        release_speed: row[0],
        release_pos_x: row[1],
        release_pos_y: row[2],
        release_pos_z: row[3],
        release_extension: row[4],
        plate_x: row[5],
        plate_z: row[6],
        pfx_x: row[7],
        pfx_z: row[8],
        vertical_approach_angle: row[9],
        horizontal_approach_angle: row[10],
        effective_speed: row[11],
        drag_coefficient: row[12],
        lift_coefficient: row[13],
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;
    use crate::ids::EventNs;

    /// First row of the Busch game as published: release_speed 85.2, plate −0.16/3.40, pfx −0.17/1.44, extension 6.5.
    fn published() -> Trajectory {
        let position = Vector3::new(-0.848, 50.0, 6.194);
        let velocity = Vector3::new(2.253_191_73, -124.088_114_6, -3.451_340_4);
        let acceleration = Vector3::new(-2.201_998_98, 23.921_275_2, -16.795_137_8);
        Trajectory::new(EventNs(1_000_000_000), 0.2, position, velocity, acceleration)
    }

    #[test]
    fn a_published_pitch_has_its_published_quantities() {
        let path = published();
        let release = path.seconds_at_y(54.04).expect("on its way");
        let q = quantities(&path, release, 1.1739).expect("reaches the plate");
        assert!((q.release_speed - 85.2).abs() < 0.1, "{q:?}");
        assert!((q.release_extension - 6.46).abs() < 1e-9);
        assert!((q.pfx_x + 0.17).abs() < 0.02 && (q.pfx_z - 1.44).abs() < 0.02, "{q:?}");
        assert!((q.effective_speed - 85.7).abs() < 0.8, "{q:?}");
        assert!(q.vertical_approach_angle < 0.0, "a falling pitch: {q:?}");
        let nine = nine_p(&path).expect("passes y = 50");
        assert!((nine.vy0 + 124.088_114_6).abs() < 1e-9 && (nine.x0 + 0.848).abs() < 1e-9);
    }

    #[test]
    fn an_uncertain_release_time_makes_an_uncertain_release() {
        let path = published();
        let release = path.seconds_at_y(54.04).expect("on its way");
        let sd = deviations(&path, release, 1.1739, &Matrix12::zeros(), 1e-6).expect("reaches the plate");
        assert!((sd.release_pos_y - 0.125).abs() < 0.002, "1 ms at 125 ft/s: {sd:?}");
        assert!(sd.plate_x < 1e-9, "the plate does not depend on it: {sd:?}");
    }
}
