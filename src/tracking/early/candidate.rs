//! A flight that few cameras have shown, and how far each must have come to say all that it can of it.

use serde::{Deserialize, Serialize};

use crate::ids::BoxNs;
use crate::tracking::camera::Camera;
use crate::tracking::extend::{self, Grown};
use crate::tracking::fit::Samples;
use crate::tracking::measuring::Ground;
use crate::tracking::quantities::PLATE_FRONT_FT;
use crate::tracking::trajectory::Trajectory;

/// A picture is looked at in steps of this, s, for where a ball leaves it.
const STEP_S: f64 = 0.005;
/// A flight is looked for in a picture from this y on, ft.
const RELEASE_FT: f64 = 55.0;
/// Two rays determine a point well from this angle on, degrees \[P\].
const CROSSING_DEG: f64 = 15.0;
/// A camera with fewer observations in the fit gives no ray.
const OBSERVATIONS_MIN: usize = 4;
/// The start was seen from in front of or behind this y, ft.
const START_FT: f64 = 48.0;

/// A flight that is followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Candidate {
    pub(super) path: Trajectory,
    /// Crossing of the plate's front, event time.
    pub(super) plate: u64,
    /// By camera: it counts once it has come so far, event time.
    pub(super) due: Vec<u64>,
    /// Box time before which more frames of cameras that count are only gathered.
    pub(super) retry_at: BoxNs,
    /// Whether there is something new to fit.
    pub(super) is_stirred: bool,
}

impl Candidate {
    /// Follows a seed; `None` where it does not reach the plate.
    pub(super) fn new(ground: &Ground<'_>, seed: Trajectory) -> Option<Self> {
        let plate = extend::plate_event(&seed)?.0;
        let due = ground.cameras.iter().map(|camera| due(camera, &seed)).collect();
        Some(Self { path: seed, plate, due, retry_at: BoxNs(0), is_stirred: false })
    }

    /// Goes on with the flight as it looks with more of it seen.
    pub(super) fn follow(&mut self, ground: &Ground<'_>, grown: &Grown) {
        // Around the middle, as a seed is, so that it can be grown again.
        self.path = grown.path.recentred(grown.path.reference, SEED_HALF_S);
        self.plate = grown.plate.0;
        for (due_at, camera) in self.due.iter_mut().zip(ground.cameras) {
            *due_at = due(camera, &grown.path);
        }
    }

    /// Takes its times as so much later, ns.
    pub(super) fn move_on(&mut self, by_ns: i64) {
        let later = |event: u64| if event == u64::MAX { event } else { event.saturating_add_signed(by_ns) };
        self.path.reference.0 = later(self.path.reference.0);
        self.plate = later(self.plate);
        self.due.iter_mut().for_each(|due| *due = later(*due));
    }
}

/// Half of what a seed spans, s.
const SEED_HALF_S: f64 = 0.025;

/// How far a camera must have come, event time by its own clock: the earlier of the ball's crossing and its leaving the picture, less
/// one frame. One that never sees it never counts.
fn due(camera: &Camera, path: &Trajectory) -> u64 {
    let ends = path.seconds_at_y(PLATE_FRONT_FT).zip(path.seconds_at_y(RELEASE_FT));
    let Some((plate, release)) = ends else { return u64::MAX };
    let sees = |seconds: f64| camera.sees(&path.point(seconds)).is_some();
    let mut last = plate;
    if !sees(plate) {
        let mut outside = plate;
        loop {
            let inside = outside - STEP_S;
            if inside < release {
                return u64::MAX;
            }
            if sees(inside) {
                let (mut low, mut high) = (inside, outside);
                for _ in 0..12 {
                    let middle = 0.5 * (low + high);
                    if sees(middle) { low = middle } else { high = middle }
                }
                last = low;
                break;
            }
            outside = inside;
        }
    }
    path.event(last + camera.clock_offset_s() - camera.fps.recip()).0
}

/// Whether two of the cameras that the fit used look at the middle of the flight from directions far enough apart.
pub(super) fn rays_cross(cameras: &[Camera], samples: &Samples, path: &Trajectory) -> bool {
    let middle = path.position(0.0);
    let counting =
        || samples.groups().iter().filter(|g| samples.of(g).filter(|(_, used)| *used).count() >= OBSERVATIONS_MIN);
    let ray = |camera: usize| (cameras[camera].position_ft - middle).normalize();
    let limit = CROSSING_DEG.to_radians().cos();
    counting().any(|a| counting().any(|b| a.camera < b.camera && ray(a.camera).dot(&ray(b.camera)).abs() <= limit))
}

/// Whether a flight was seen from the hand on.
pub(super) fn saw_the_start(grown: &Grown) -> bool {
    grown.path.position(grown.path.seconds(grown.first)).y >= START_FT
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;
    use crate::ids::EventNs;
    use crate::tracking::venue::Venue;

    #[test]
    fn a_camera_is_due_a_frame_before_the_ball_crosses_the_plate_or_leaves_its_picture() {
        let venue = Venue::busch_iii();
        let bullpen = &venue.mounds[1];
        let cameras: Vec<Camera> =
            bullpen.cameras.iter().map(|id| bullpen.localise(venue.camera(*id).expect("in the rig"))).collect();
        let (p, v, a) = (Vector3::new(0.0, 54.0, 6.0), Vector3::new(0.0, -135.0, -4.0), Vector3::new(0.0, 27.0, -16.0));
        let path = Trajectory::new(EventNs(5_000_000_000), 0.2, p, v, a);
        let plate = extend::plate_event(&path).expect("it gets there").0;
        let due: Vec<u64> = cameras.iter().map(|camera| due(camera, &path)).collect();
        assert_eq!(due[..2], [plate - 8_333_333; 2], "both from behind the plate see it cross");
        let last = path.point(path.seconds(EventNs(due[2])) + cameras[2].fps.recip() - 1e-4);
        assert!(due[2] < plate - 20_000_000 && cameras[2].sees(&last).is_some(), "the one at the side does not");
        let away = Trajectory::new(EventNs(5_000_000_000), 0.2, p + Vector3::new(300.0, 0.0, 0.0), v, a);
        assert!(cameras.iter().all(|camera| self::due(camera, &away) == u64::MAX), "nobody sees that one");
    }
}
