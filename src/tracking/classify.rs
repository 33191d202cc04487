//! Is a measured flight a pitch, and which doubts go with it? And when did it leave the hand?
//!
//! Bounds are this project's own [P], wide of everything that Statcast has published for pitchers: what lies beyond the
//! first set is something else (a throw, a bird, a roller) and is not published; what lies beyond the second is published
//! with its flag.

use super::config::Config;
use super::extend::Grown;
use super::flight::Flight;
use super::pitch::{Flags, Quantities};
use super::quantities::{self, RUBBER_FT};
use crate::ids::EventNs;

/// A release in front of or behind this is no ordinary one, y in ft.
const RELEASE_Y_FT: std::ops::RangeInclusive<f64> = 48.0..=59.0;
/// Where a ball is assumed to be released when that part was not seen, ft in front of the rubber, and its sd.
const EXTENSION_FT: (f64, f64) = (6.2, 0.6);
/// The last observation of a wholly seen flight is nearer to the plate than this, y in ft.
const LAST_Y_FT: f64 = 8.0;
/// Seen for less than this, a ball is not judged at all, ft.
const SEEN_FT_MIN: f64 = 18.0;

/// Root mean square distance from a gap's end of what lies anywhere in it, over the gap: √⅓.
const UNIFORM_SD: f64 = 0.577_350_269;

/// When the ball left the hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Release {
    pub(super) event: EventNs,
    pub(super) marked: bool,
    /// Seconds from the path's reference.
    pub(super) seconds: f64,
    /// s².
    pub(super) variance: f64,
}

/// The release: the mark, else the first consistent observation, else (start not seen) where balls usually leave the hand.
///
/// The first observation comes after the release, by less than the time since the cameras' frame before it, and every
/// delay in that gap is as likely as another.
pub(super) fn release(flight: &Flight, grown: &Grown, unseen_s: f64, mark: Option<u64>) -> Option<Release> {
    let path = &flight.path;
    if let Some(mark) = mark.map(EventNs) {
        return Some(Release { event: mark, marked: true, seconds: path.seconds(mark), variance: 0.0 });
    }
    let seconds = path.seconds(grown.first);
    let y = path.position(seconds).y;
    if y < *RELEASE_Y_FT.start() {
        let seconds = path.seconds_at_y(RUBBER_FT - EXTENSION_FT.0)?;
        let variance = (EXTENSION_FT.1 / path.velocity(seconds).y).powi(2);
        return Some(Release { event: path.event(seconds), marked: false, seconds, variance });
    }
    let variance = (UNIFORM_SD * unseen_s).powi(2);
    Some(Release { event: grown.first, marked: false, seconds, variance })
}

/// Whether it is a pitch at all.
pub(super) fn is_pitch(flight: &Flight, grown: &Grown, values: &Quantities, sd: &Quantities) -> bool {
    let seen_ft = flight.path.position(flight.path.seconds(grown.first)).y
        - flight.path.position(flight.path.seconds(grown.last)).y;
    let certain = sd.plate_x < 1.0 && sd.plate_z < 1.0 && sd.release_speed < 5.0;
    let from_hand = (0.5..9.5).contains(&values.release_pos_z) && values.release_pos_x.abs() < 6.0;
    let to_plate = values.plate_x.abs() < 6.5 && (-5.0..10.0).contains(&values.plate_z);
    flight.cameras >= 2
        && seen_ft >= SEEN_FT_MIN
        && certain
        && from_hand
        && to_plate
        && (44.0..115.0).contains(&values.release_speed)
}

/// The doubts about it.
pub(super) fn flags(
    flight: &Flight,
    grown: &Grown,
    release: &Release,
    values: &Quantities,
    sd: &Quantities,
    config: &Config,
) -> Flags {
    let y_at = |event| flight.path.position(flight.path.seconds(event)).y;
    let fall = flight.path.acceleration(0.0).z;
    Flags {
        weak_geometry: sd.plate_x.max(sd.plate_z) > config.weak_plate_ft || sd.release_speed > config.weak_speed_mph,
        cameras_disagree: flight.disagree,
        short_track: y_at(grown.first) < *RELEASE_Y_FT.start() || y_at(grown.last) > LAST_Y_FT,
        unusual_flight: !(50.0..108.0).contains(&values.release_speed)
            || !RELEASE_Y_FT.contains(&flight.path.position(release.seconds).y)
            || !(0.1..0.75).contains(&values.drag_coefficient)
            || !(0.0..0.6).contains(&values.lift_coefficient)
            || !(-70.0..-3.0).contains(&fall),
        withdrawn: false,
    }
}

/// Values and standard deviations of a flight released then.
pub(super) fn values(flight: &Flight, release: &Release, config: &Config) -> Option<(Quantities, Quantities)> {
    let values = quantities::quantities(&flight.path, release.seconds, config.air_density)?;
    let sd = quantities::deviations(
        &flight.path,
        release.seconds,
        config.air_density,
        &flight.covariance,
        release.variance,
    )?;
    Some((values, sd))
}
