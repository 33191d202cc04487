//! What follows from what is known: confidence, watch and alarm, exclusion and return (science.md §2 and §3).

use std::collections::BTreeMap;

use nalgebra::{Const, Dyn, OMatrix, Vector2, Vector5};

use super::camera_state::push_bounded;
use super::confidence;
use super::estimator::{Calibration, EVENTS_MAX, find};
use super::event::{AlertKind, CameraState, Event, EventKind};
use super::report::{Confidence, StandingAlert, Told};
use super::verify::ACCUSING_ROUNDS;
use crate::ids::BoxNs;
use crate::tracking::evidence::{PARAMETERS, UNITS};

/// An estimate must be clear of zero by so many of its standard deviations to be one.
pub(super) const CLEAR_SD: f64 = 2.5;
/// A shift smaller than this many standard deviations of the clock's share in the picture may be the clock's.
const CLOCK_MARGIN: f64 = 4.0;
/// A watch ends where the shift is below this share of what began it, an alarm likewise.
const ENDS_AT: f64 = 0.6;
/// A shift known no better than this is no ground for anything, px: a step of the clock and a knock along the flight look alike
/// for a few pitches.
pub(super) const KNOWN_SD_PX: f64 = 0.25;
/// Cameras that must be left for a fit.
pub const FIT_CAMERAS_MIN: usize = 2;
/// A camera beyond repair stays out for this long at least, ns.
const EXCLUDED_NS_MIN: u64 = 600_000_000_000;

/// How a camera stands, by the filter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// In units.
    pub(super) errors: Vector5<f64>,
    pub(super) sd: Vector5<f64>,
    /// Of the track's centre, px.
    pub(super) shift: Vector2<f64>,
    /// The worse axis, px.
    pub(super) sd_px: f64,
    /// What roll and scale move the track's ends by, px.
    pub(super) turn_px: f64,
    /// Its standard deviation, the worse of both.
    pub(super) turn_sd_px: f64,
    /// What the drift moves a pitch at the plate, inches.
    pub(super) plate_in: f64,
}

impl Standing {
    /// Whether its place is known well enough to act on.
    pub(super) fn is_known(&self) -> bool {
        self.sd_px <= KNOWN_SD_PX
    }

    /// Whether it is off its place by more than that may be an error.
    pub(super) fn is_shifted(&self) -> bool {
        self.shift.norm() > CLEAR_SD * self.sd_px
    }

    /// Whether its picture is turned or grown by more than that may be an error.
    pub(super) fn is_turned(&self) -> bool {
        self.turn_px > CLEAR_SD * self.turn_sd_px
    }

    /// How far its clock is ahead, µs, and the standard deviation.
    pub(super) fn clock_us(&self) -> (f64, f64) {
        (self.errors[4] * UNITS[4] * 1e6, self.sd[4] * UNITS[4] * 1e6)
    }
}

impl Calibration {
    pub(super) fn standing(&self, index: usize) -> Standing {
        let camera = &self.cameras[index];
        let place = self.lanes.iter().find_map(|lane| lane.rig.index(camera.kept.id).map(|at| (lane, at)));
        let Some((lane, at)) = place else {
            return Standing {
                errors: Vector5::zeros(),
                sd: Vector5::zeros(),
                shift: Vector2::zeros(),
                sd_px: 0.0,
                turn_px: 0.0,
                turn_sd_px: 0.0,
                plate_in: 0.0,
            };
        };
        let (errors, covariance) = (lane.rig.filter.mean_of(at), lane.rig.filter.covariance_of(at));
        let sd = covariance.diagonal().map(|v| v.max(0.0).sqrt());
        let mut drift = errors;
        drift[4] = 0.0;
        Standing {
            errors,
            sd,
            shift: camera.shift(&errors),
            sd_px: camera.shift_covariance(&covariance).symmetric_eigenvalues().max().max(0.0).sqrt(),
            turn_px: camera.turn_px(&errors),
            turn_sd_px: camera.kept.track.reach_px * 1e-3 * sd[2].max(sd[3]),
            plate_in: (camera.plate() * drift).norm(),
        }
    }

    /// 95 % error at a mound's plate, inches; absent before the first pitch.
    pub(super) fn plate_error_in(&self, at: usize) -> Option<f64> {
        let lane = &self.lanes[at];
        let mut plate = OMatrix::<f64, Const<2>, Dyn>::zeros(PARAMETERS * lane.rig.cameras.len());
        for (index, id) in lane.rig.cameras.iter().enumerate() {
            let camera = &self.cameras[find(&self.cameras, *id)?];
            plate.fixed_columns_mut::<PARAMETERS>(PARAMETERS * index).copy_from(&camera.plate());
        }
        if plate.iter().all(|by| *by == 0.0) {
            return None;
        }
        let moved = &plate * &lane.rig.filter.mean;
        let spread = &plate * &lane.rig.filter.covariance * plate.transpose();
        let sd = spread.symmetric_eigenvalues().max().max(0.0).sqrt();
        Some(confidence::plate_error_in(moved.norm(), sd, lane.fit_sd_in))
    }

    /// Confidence by residuals of one camera.
    pub(super) fn by_residuals(&self, index: usize) -> f64 {
        let standing = self.standing(index);
        let by_shift = confidence::by_shift(standing.shift.norm(), standing.sd_px);
        let lane = self.lane_of(self.cameras[index].mound);
        lane.and_then(|at| self.plate_error_in(at)).map_or(by_shift, |error| by_shift.min(confidence::by_plate(error)))
    }

    /// None where nothing is known of it: it is unverified, silent or of no use.
    pub(super) fn camera_confidence(&self, index: usize, now: BoxNs) -> Option<Confidence> {
        if !self.is_present(index, now) || !self.is_judged(index, now) {
            return None;
        }
        let kept = &self.cameras[index].kept;
        let time = confidence::by_ages(&kept.age.at(now, &self.air, &kept.vibration_g), self.limits.hold_below);
        let recent = self.recent_pitches(index, now) as f64;
        Some(confidence::fuse(time, self.by_residuals(index), recent, kept.state.is_accused()))
    }

    /// A mound's cameras in the list.
    pub(super) fn cameras_of(&self, at: usize) -> Vec<usize> {
        self.lanes[at].rig.cameras.iter().filter_map(|id| find(&self.cameras, *id)).collect()
    }

    /// Cameras of a mound that its fits need: heard, not excluded, part of at least half of the pitches of late, and moving the
    /// plate at least half as much as the camera that does most; and whatever is on watch, in alarm or of unknown place.
    pub(super) fn needed(&self, at: usize, now: BoxNs) -> impl Iterator<Item = usize> + '_ {
        let quorum = self.lanes[at].pitches.len().div_ceil(2);
        let pull = |index: usize| self.cameras[index].plate().fixed_columns::<2>(0).norm();
        let taking_part = move |index: &usize| {
            let camera = &self.cameras[*index];
            !camera.is_excluded() && camera.kept.pitches.len() >= quorum && self.is_present(*index, now)
        };
        let most = self.cameras_of(at).into_iter().filter(taking_part).map(pull).fold(0.0, f64::max);
        self.cameras_of(at).into_iter().filter(taking_part).filter(move |index| {
            2.0 * pull(*index) >= most
                || self.cameras[*index].kept.state != CameraState::Ok
                || self.standing(*index).sd_px > KNOWN_SD_PX
        })
    }

    /// Looks at all cameras of a mound.
    pub(super) fn look(&mut self, at: usize, now: BoxNs) {
        for index in self.cameras_of(at) {
            self.judge_trial(index, now);
            self.judge_state(index, now);
            self.recalibrate_by_rule(index, now);
        }
    }

    /// Watch and alarm need the statistics and the size; exclusion overrides both.
    pub(super) fn judge_state(&mut self, index: usize, now: BoxNs) {
        let standing = self.standing(index);
        let camera = &self.cameras[index];
        let (kept, config) = (&camera.kept, &self.config);
        let shift = standing.shift.norm();
        let clock_px = standing.sd[4] * UNITS[4] * camera.kept.track.speed_px_s;
        let clear = standing.is_shifted() && standing.is_known() && shift >= CLOCK_MARGIN * clock_px;
        let shifted = clear && (kept.jumped || kept.charts.shifted(config.ewma_limit));
        let turned = standing.is_turned() && (kept.jumped || kept.charts.turned(config.ewma_limit));
        let size = f64::max(if shifted { shift } else { 0.0 }, if turned { standing.turn_px } else { 0.0 });
        let beyond = size > config.beyond_repair_px || kept.excess > config.beyond_repair_scatter;
        if kept.state == CameraState::Excluded {
            self.judge_return(index, &standing, now);
            return;
        }
        if beyond {
            let why = if size > config.beyond_repair_px {
                format!("{size:.0} px off: beyond a correction")
            } else {
                format!("its pixels scatter by {:.1} times what it states", kept.excess)
            };
            self.exclude(index, &why, now);
            return;
        }
        let alarmed = size >= config.alarm_px || (size > 0.0 && standing.plate_in > config.alarm_plate_in);
        let still = |share: f64, limit: f64| shift.max(standing.turn_px) >= share * limit;
        let to = match kept.state {
            _ if alarmed => CameraState::Alarm,
            CameraState::Alarm if still(ENDS_AT, config.alarm_px) => CameraState::Alarm,
            _ if size >= config.watch_px => CameraState::Watch,
            CameraState::Watch | CameraState::Alarm if still(ENDS_AT, config.watch_px) => CameraState::Watch,
            _ if kept.disputed >= ACCUSING_ROUNDS => CameraState::Watch,
            _ => CameraState::Ok,
        };
        let reason = format!(
            "{shift:.2} px off (sd {:.2}){}, {:.2} in at the plate{}{}",
            standing.sd_px,
            if turned {
                format!(", turned or grown by {:.2} px at the ends of its track", standing.turn_px)
            } else {
                String::new()
            },
            standing.plate_in,
            if kept.jumped { ", all at once" } else { "" },
            if kept.disputed >= ACCUSING_ROUNDS { "; the last rounds of landmarks disagree with it" } else { "" }
        );
        self.set_state(index, to, &reason, now);
    }

    fn judge_return(&mut self, index: usize, standing: &Standing, now: BoxNs) {
        let camera = &self.cameras[index];
        let long_enough = camera.kept.excluded_at.is_none_or(|at| now.0.saturating_sub(at.0) >= EXCLUDED_NS_MIN);
        if long_enough
            && camera.kept.good >= self.config.reinstate_pitches
            && standing.shift.norm() < self.config.watch_px
        {
            self.reinstate(index, &format!("it held still for {} pitches", camera.kept.good), now);
        }
    }

    /// Counts how long an excluded camera has behaved; called once a pitch that it saw.
    pub(super) fn count_good(&mut self, index: usize, scatter_share: f64) {
        let standing = self.standing(index);
        let good =
            scatter_share < 0.5 * self.config.beyond_repair_scatter && standing.shift.norm() < self.config.watch_px;
        let kept = &mut self.cameras[index].kept;
        kept.good = if good { kept.good.saturating_add(1) } else { 0 };
    }

    pub(super) fn count_knocks(&mut self, index: usize, knocks: u32, now: BoxNs) {
        if knocks >= self.config.knocks_max && !self.cameras[index].is_excluded() {
            self.exclude(index, &format!("it moved {knocks} times within an hour"), now);
        }
    }

    /// Leaves a camera out, as long as enough others are left.
    pub(super) fn exclude(&mut self, index: usize, why: &str, now: BoxNs) {
        let mound = self.cameras[index].mound;
        let left = self.cameras.iter().filter(|c| c.mound == mound && !c.is_excluded()).count();
        if left <= FIT_CAMERAS_MIN {
            let why = format!("{why}; it stays in fits, since there are no others");
            self.set_state(index, CameraState::Alarm, &why, now);
            return;
        }
        let kept = &mut self.cameras[index].kept;
        (kept.excluded_at, kept.good, kept.trial) = (Some(now), 0, None);
        self.set_state(index, CameraState::Excluded, why, now);
        self.tell(index, EventKind::Excluded, why, now);
    }

    pub(super) fn reinstate(&mut self, index: usize, why: &str, now: BoxNs) {
        let kept = &mut self.cameras[index].kept;
        kept.undone.clear();
        kept.knocks.clear();
        (kept.excluded_at, kept.jumped, kept.excess) = (None, false, 1.0);
        self.set_state(index, CameraState::Ok, why, now);
        self.tell(index, EventKind::Reinstated, why, now);
    }

    fn set_state(&mut self, index: usize, to: CameraState, reason: &str, now: BoxNs) {
        let from = std::mem::replace(&mut self.cameras[index].kept.state, to);
        if from == to {
            return;
        }
        if to == CameraState::Ok {
            self.cameras[index].kept.jumped = false;
        }
        self.tell(index, EventKind::State { from, to }, reason, now);
        for (kind, state) in [
            (AlertKind::Watch, CameraState::Watch),
            (AlertKind::Alarm, CameraState::Alarm),
            (AlertKind::Excluded, CameraState::Excluded),
        ] {
            self.alert(index, kind, (to == state).then(|| reason.to_owned().into()), now);
        }
    }

    /// Raises or clears an alert.
    pub(super) fn alert(&mut self, index: usize, kind: AlertKind, told: Option<Told>, now: BoxNs) {
        if let Some((kind, reason)) = settle(&mut self.cameras[index].kept.alerts, kind, told, now) {
            self.tell(index, kind, &reason, now);
        }
    }

    pub(super) fn tell(&mut self, index: usize, kind: EventKind, reason: &str, now: BoxNs) {
        let camera = self.cameras[index].kept.id;
        let event = Event { at: now, camera, mound: None, kind, reason: reason.to_owned() };
        push_bounded(&mut self.events, event, EVENTS_MAX);
    }
}

/// Raises, words anew or clears an alert among those that stand; what is news of it.
pub(super) fn settle(
    alerts: &mut BTreeMap<AlertKind, StandingAlert>,
    kind: AlertKind,
    told: Option<Told>,
    now: BoxNs,
) -> Option<(EventKind, String)> {
    match (told, alerts.get_mut(&kind)) {
        (Some(told), Some(standing)) => {
            standing.reason = told.reason;
            None
        }
        (Some(told), None) => {
            let reason = told.reason.clone();
            alerts.insert(kind, told.raised(kind, now));
            Some((EventKind::Raised(kind), reason))
        }
        (None, _) => alerts.remove(&kind).map(|_| (EventKind::Cleared(kind), "over".to_owned())),
    }
}
