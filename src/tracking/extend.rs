//! From a piece of flight to the whole of it.
//!
//! The seed's 50 ms are fitted with constant acceleration under a broad prior of what air and gravity do; the fit predicts
//! the pixels of the next piece on both sides, what lies near is taken in, and so on, doubling, to mound and plate. Then
//! the first and last consistent observations are found by walking out from the seed.

use nalgebra::{Matrix3, Vector3};

use super::camera::Camera;
use super::config::Config;
use super::fit::{Freedom, Group, Prior, Samples};
use super::quantities::PLATE_FRONT_FT;
use super::sightings::Sightings;
use super::trajectory::Trajectory;
use crate::ids::EventNs;

/// The hand does not let go behind this y, ft.
const BACK_FT: f64 = 59.5;
/// A prediction reaches this far for its next observations, px.
const REACH_PX: f64 = 12.0;
/// A pause longer than this ends the consistent observations, s.
const PAUSE_S: f64 = 0.06;
/// Cameras that see the same thing do so within this, s: a frame of a 100 fps camera and some.
const TOGETHER_S: f64 = 0.012;
/// A ball smaller than this is not detected, px.
const SMALLEST_BALL_PX: f64 = 4.0;
/// Seconds of a flight at most: 60 ft at 45 mph and some.
const FLIGHT_S_MAX: f64 = 1.2;
/// Standard deviation of an acceleration around the prior, ft/s².
const ACCELERATION_SD: f64 = 20.0;

/// A whole flight, roughly fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grown {
    /// Constant acceleration, centred on the flight.
    pub(super) path: Trajectory,
    /// First consistent observation, event time.
    pub(super) first: EventNs,
    /// Last consistent observation, event time.
    pub(super) last: EventNs,
    /// Crossing of the plate's front, event time.
    pub(super) plate: EventNs,
}

/// When a ball on this path crosses the plate's front.
pub(super) fn plate_event(path: &Trajectory) -> Option<EventNs> {
    path.seconds_at_y(PLATE_FRONT_FT).map(|t| path.event(t))
}

/// Extends a seed to mound and plate; `None` where it turns out to be no pitch.
pub(super) fn grow(
    cameras: &[Camera],
    sightings: &Sightings,
    seed: &Trajectory,
    samples: &mut Samples,
    config: &Config,
) -> Option<Grown> {
    let mut path = *seed;
    let half = path.scale_s;
    let (mut from, mut to) = (seed.event(-half), seed.event(half));
    let mut whole = false;
    loop {
        let centre = EventNs(from.0.midpoint(to.0));
        path = path.recentred(centre, ((to.0 - from.0) as f64 * 0.5e-9).max(0.01));
        let reach = (path.seconds(from), path.seconds(to));
        sightings.collect(cameras, &path, reach.0, reach.1, REACH_PX, samples);
        let prior = expectation(&path);
        path = samples
            .fit(cameras, &path, &Freedom::Acceleration(Some(prior)), config.common_px, 16.0 * config.gate_chi2)?
            .path;
        if whole {
            break;
        }
        let (back, plate) = (path.event(path.seconds_at_y(BACK_FT)?), plate_event(&path)?);
        if plate.0.saturating_sub(back.0) as f64 * 1e-9 > FLIGHT_S_MAX || plate <= back {
            return None;
        }
        let step = ((to.0 - from.0) / 2).max(30_000_000);
        from = EventNs(from.0.saturating_sub(step)).max(back);
        to = EventNs(to.0 + step).min(EventNs(plate.0 + config.end_margin_ns));
        whole = from == back && to.0 == plate.0 + config.end_margin_ns;
        if to <= from {
            return None;
        }
    }
    let plate = plate_event(&path)?;
    let (first, last) = ends(samples, path.seconds(seed.reference))?;
    Some(Grown { path, first: path.event(first), last: path.event(last), plate })
}

/// First and last of the used observations that follow each other without a pause, seen from `middle`; the first with
/// company.
fn ends(samples: &Samples, middle: f64) -> Option<(f64, f64)> {
    let (mut first, mut last) = (middle, middle);
    loop {
        let (mut earlier, mut later) = (first, last);
        for group in samples.groups() {
            for (sample, used) in samples.of(group) {
                if used && sample.seconds >= first - PAUSE_S && sample.seconds <= last + PAUSE_S {
                    earlier = earlier.min(sample.seconds);
                    later = later.max(sample.seconds);
                }
            }
        }
        if earlier >= first && later <= last {
            break;
        }
        (first, last) = (earlier, later);
    }
    let first = agreed_start(samples, first)?;
    (first < last).then_some((first, last))
}

/// The earliest observation from `first` on that at least half of the cameras follow within [`TOGETHER_S`].
///
/// Before its release the ball is in a hand. A camera that looks along the flight sees hardly a difference between
/// that and the flight's prolongation, the others do.
pub(super) fn agreed_start(samples: &Samples, first: f64) -> Option<f64> {
    let used_in = |group: &Group, from: f64, to: f64| {
        samples.of(group).any(|(s, used)| used && s.seconds >= from && s.seconds <= to)
    };
    let groups = samples.groups();
    let seeing = groups.iter().filter(|g| used_in(g, f64::NEG_INFINITY, f64::INFINITY)).count();
    let quorum = seeing.div_ceil(2).max(2);
    let mut start = first;
    loop {
        if groups.iter().filter(|g| used_in(g, start, start + TOGETHER_S)).count() >= quorum {
            return Some(start);
        }
        let later = groups.iter().flat_map(|g| samples.of(g)).filter(|(s, used)| *used && s.seconds > start);
        start = later.map(|(s, _)| s.seconds).reduce(f64::min)?;
    }
}

/// The same where few cameras show the flight: the earliest observation that at least half of those follow which have the ball in
/// their picture then, be it one alone.
pub(super) fn start_of_few(samples: &Samples, cameras: &[Camera], path: &Trajectory) -> Option<f64> {
    let groups = || samples.groups().iter().filter(|group| !samples.is_muted(group.camera));
    let follows = |group: &Group, from: f64| {
        samples.of(group).any(|(s, used)| used && s.seconds >= from && s.seconds <= from + TOGETHER_S)
    };
    let used = || groups().flat_map(|g| samples.of(g)).filter(|(_, used)| *used).map(|(s, _)| s.seconds);
    let mut start = used().reduce(f64::min)?;
    loop {
        let point = path.point(start);
        let shows = |group: &&Group| {
            let camera = &cameras[group.camera];
            camera.sees(&point).is_some() && camera.ball_diameter_px(&point) >= SMALLEST_BALL_PX
        };
        let showing = groups().filter(shows).count();
        let quorum = showing.div_ceil(2).max(showing.min(2));
        if groups().filter(|group| follows(group, start)).count() >= quorum {
            return Some(start);
        }
        start = used().filter(|seconds| *seconds > start).reduce(f64::min)?;
    }
}

/// Whether at least two cameras saw the same ball on its way behind the mound: a throw from the field.
pub(super) fn came_from_behind(
    cameras: &[Camera],
    sightings: &Sightings,
    path: &Trajectory,
    samples: &mut Samples,
) -> bool {
    let (Some(near), Some(far)) = (path.seconds_at_y(62.0), path.seconds_at_y(76.0)) else { return false };
    sightings.collect(cameras, path, far, near, 2.0 * REACH_PX, samples);
    samples.groups().iter().filter(|g| g.to - g.from >= 3).count() >= 2
}

/// What air and gravity do to a ball at this speed: drag of an ordinary ball, half the fall.
fn expectation(path: &Trajectory) -> Prior {
    let v = path.velocity(0.0);
    let drag = v * (-1.5e-3 * v.norm());
    Prior {
        mean: Vector3::new(drag.x, drag.y, -20.0),
        precision: Matrix3::identity() / (ACCELERATION_SD * ACCELERATION_SD),
    }
}
