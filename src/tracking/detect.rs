//! Finding the start of a flight in the stream of sightings, without marks and without gaps to lean on.
//!
//! A window of 50 ms slides over event time. In it each camera's sightings are chained into tracklets (one moving
//! thing in one picture). Two tracklets of different cameras make a hypothesis: the rows of science.md §2 are linear
//! in position and velocity (gravity known), undistorted pixels at their own exposure times. A hypothesis is
//! supported by every camera with a tracklet on its predicted pixels, and counts only when it runs in the corridor
//! from mound to plate at a pitch's speed. What three cameras agree on outside the corridor is no pitch, and its
//! tracklets ask no further questions, so a ball in view all the time costs little. All work is bounded: tracklets
//! per camera, sightings per tracklet and hypotheses per window have limits, so a flood costs a fixed price.

use nalgebra::{Matrix6, Vector2, Vector3, Vector6};

use super::camera::Camera;
use super::force::GRAVITY;
use super::quantities::PLATE_FRONT_FT;
use super::sightings::Sightings;
use super::trajectory::Trajectory;
use crate::ids::EventNs;

/// Length of the window, ns: five frames of a 100 fps camera.
pub(super) const WINDOW_NS: u64 = 50_000_000;
/// Step of the window, ns.
pub(super) const HOP_NS: u64 = 25_000_000;

const TRACKLETS_PER_CAMERA: usize = 6;
const TRACKLET_LENGTH: usize = 24;
const SIGHTINGS_PER_WINDOW: usize = 128;
const HYPOTHESES_MAX: usize = 400;
const TRACKLET_LENGTH_MIN: usize = 3;
/// Farthest that a ball moves in a picture between two frames, px.
const STEP_PX_MAX: f64 = 500.0;
/// How far a supporting camera's pixels may be from the hypothesis, px: its straight line bends less in 50 ms.
const SUPPORT_PX: f64 = 8.0;

#[derive(Debug, Clone, Copy)]
struct Ray {
    seconds: f64,
    uv: Vector2<f64>,
}

#[derive(Debug, Clone)]
struct Tracklet {
    camera: usize,
    rays: Vec<Ray>,
    explained: bool,
}

/// The search, with its memory taken at start.
#[derive(Debug)]
pub(super) struct Detector {
    tracklets: Vec<Tracklet>,
    open: usize,
}

impl Detector {
    pub(super) fn new(cameras: usize) -> Self {
        let empty = || Tracklet { camera: 0, rays: Vec::with_capacity(TRACKLET_LENGTH), explained: false };
        Self { tracklets: (0..cameras * TRACKLETS_PER_CAMERA).map(|_| empty()).collect(), open: 0 }
    }

    /// A flight in the corridor that at least two cameras, of those that have a say, saw in the window starting at `from`.
    pub(super) fn seek(
        &mut self,
        cameras: &[Camera],
        sightings: &Sightings,
        from: u64,
        has_say: impl Fn(usize) -> bool,
    ) -> Option<Trajectory> {
        let reference = EventNs(from + WINDOW_NS / 2);
        self.chain(cameras, sightings, from, has_say);
        let tracklets = &mut self.tracklets[..self.open];
        tracklets.sort_unstable_by_key(|t| std::cmp::Reverse(t.rays.len()));
        let seeing = (0..cameras.len()).filter(|c| tracklets.iter().any(|t| t.camera == *c)).count();
        let enough = (seeing / 2 + 1).max(3);
        let mut best: Option<(usize, Trajectory)> = None;
        let mut tried = 0;
        for b in 1..tracklets.len() {
            for a in 0..b {
                let (one, other) = (&tracklets[a], &tracklets[b]);
                if one.camera == other.camera || one.explained || other.explained {
                    continue;
                }
                tried += 1;
                if tried > HYPOTHESES_MAX {
                    return best.map(|(_, path)| path);
                }
                let Some(path) = straight(cameras, one, other, reference) else { continue };
                let support = |t: &Tracklet| supports(&cameras[t.camera], t, &path);
                if !support(one) || !support(other) {
                    continue;
                }
                let count =
                    (0..cameras.len()).filter(|c| tracklets.iter().any(|t| t.camera == *c && support(t))).count();
                if in_corridor(&path) {
                    if best.as_ref().is_none_or(|(most, _)| count > *most) {
                        best = Some((count, path));
                    }
                    if count >= enough {
                        return best.map(|(_, path)| path);
                    }
                } else if count >= 3 {
                    for t in tracklets.iter_mut() {
                        t.explained |= supports(&cameras[t.camera], t, &path);
                    }
                }
            }
        }
        best.map(|(_, path)| path)
    }

    fn chain(&mut self, cameras: &[Camera], sightings: &Sightings, from: u64, has_say: impl Fn(usize) -> bool) {
        self.open = 0;
        let centre = from + WINDOW_NS / 2;
        let those = cameras.iter().map(Camera::clock_offset_s).enumerate().filter(|(camera, _)| has_say(*camera));
        for (camera, clock_offset_s) in those {
            let first = self.open;
            for s in sightings.between(camera, from, from + WINDOW_NS).take(SIGHTINGS_PER_WINDOW) {
                let seconds = (s.event as i64 - centre as i64) as f64 * 1e-9 - clock_offset_s;
                let ray = Ray { seconds, uv: s.uv() };
                let mine = &mut self.tracklets[first..self.open];
                let nearest = mine
                    .iter_mut()
                    .filter_map(|t| t.distance(&ray).map(|d| (d, t)))
                    .min_by(|(a, _), (b, _)| a.total_cmp(b));
                if let Some((_, tracklet)) = nearest {
                    tracklet.rays.push(ray);
                } else if self.open - first < TRACKLETS_PER_CAMERA {
                    let fresh = &mut self.tracklets[self.open];
                    fresh.camera = camera;
                    fresh.explained = false;
                    fresh.rays.clear();
                    fresh.rays.push(ray);
                    self.open += 1;
                }
            }
            let mut kept = first;
            for at in first..self.open {
                if self.tracklets[at].rays.len() >= TRACKLET_LENGTH_MIN {
                    self.tracklets.swap(kept, at);
                    kept += 1;
                }
            }
            self.open = kept;
        }
    }
}

impl Tracklet {
    /// How far a ray is from where this tracklet would go on, px; `None` where it does not continue it.
    fn distance(&self, ray: &Ray) -> Option<f64> {
        let last = self.rays.last()?;
        let gap = ray.seconds - last.seconds;
        if gap <= 0.0 || self.rays.len() >= TRACKLET_LENGTH {
            return None;
        }
        let (expected, reach) = if let [.., before, _] = self.rays.as_slice() {
            let step = (last.uv - before.uv) * (gap / (last.seconds - before.seconds));
            (last.uv + step, 6.0 + 0.25 * step.norm())
        } else {
            (last.uv, STEP_PX_MAX)
        };
        let off = (ray.uv - expected).norm();
        (off <= reach).then_some(off)
    }
}

/// Position and velocity from two tracklets, by weighted linear least squares; the weights need the depth, so twice.
fn straight(cameras: &[Camera], one: &Tracklet, other: &Tracklet, reference: EventNs) -> Option<Trajectory> {
    let fall = Vector3::new(0.0, 0.0, -GRAVITY);
    let mut state = Vector6::new(0.0, 30.0, 4.0, 0.0, 0.0, 0.0);
    for _ in 0..2 {
        let (mut normal, mut right) = (Matrix6::zeros(), Vector6::zeros());
        for tracklet in [one, other] {
            let camera = &cameras[tracklet.camera];
            let [right_axis, down, forward] = [0, 1, 2].map(|i| camera.rotation.row(i).transpose());
            let stride = tracklet.rays.len().div_ceil(5);
            for ray in tracklet.rays.iter().step_by(stride) {
                let t = ray.seconds;
                let known = camera.position_ft - fall * (0.5 * t * t);
                let at = state.fixed_rows::<3>(0) + state.fixed_rows::<3>(3) * t;
                let depth = forward.dot(&(at - known)).max(1.0);
                let weight = (camera.focal_px / depth).powi(2);
                let bearing = camera.undistort(ray.uv);
                for row in [right_axis - forward * bearing.x, down - forward * bearing.y] {
                    let full = Vector6::new(row.x, row.y, row.z, row.x * t, row.y * t, row.z * t);
                    normal.syger(weight, &full, &full, 1.0);
                    right += full * (weight * row.dot(&known));
                }
            }
        }
        state = normal.cholesky()?.solve(&right);
    }
    let scale_s = WINDOW_NS as f64 * 0.5e-9;
    let (position, velocity) = (state.fixed_rows::<3>(0).into_owned(), state.fixed_rows::<3>(3).into_owned());
    state.iter().all(|s| s.is_finite()).then(|| Trajectory::new(reference, scale_s, position, velocity, fall))
}

fn supports(camera: &Camera, tracklet: &Tracklet, path: &Trajectory) -> bool {
    let near = tracklet
        .rays
        .iter()
        .filter(|ray| camera.project(&path.point(ray.seconds)).is_some_and(|uv| (uv - ray.uv).norm() < SUPPORT_PX))
        .count();
    near >= TRACKLET_LENGTH_MIN && near * 10 >= tracklet.rays.len() * 7
}

/// Whether a short piece of flight may be part of a pitch: fast toward the plate, and straight lines back to the mound
/// and on to the plate that stay near both. Wide: the whole flight is judged again after its fit.
fn in_corridor(path: &Trajectory) -> bool {
    let (p, v) = (path.position(0.0), path.velocity(0.0));
    let speed = v.norm();
    if !(58.0..=175.0).contains(&speed) || v.y > -0.9 * speed || !(PLATE_FRONT_FT..=60.0).contains(&p.y) {
        return false;
    }
    // between a ball that drops like a stone and one that hardly falls
    let at = |y: f64, fall: f64| {
        let t = (y - p.y) / v.y;
        p + v * t - Vector3::z() * (0.5 * fall * t * t)
    };
    let (released, arrived) = (at(54.0, 20.0), at(PLATE_FRONT_FT, 20.0));
    released.x.abs() < 6.5
        && (-1.0..11.0).contains(&released.z)
        && arrived.x.abs() < 7.0
        && (-6.0..11.0).contains(&arrived.z)
}
