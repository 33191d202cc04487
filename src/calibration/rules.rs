//! What follows from what is known: watch and alarm, correction and its trial, exclusion and return (science.md §2 and §3).

use nalgebra::{Const, Dyn, OMatrix, Vector2, Vector5, Vector6};

use super::confidence;
use super::event::{AlertKind, CameraState, Event, EventKind};
use super::motion::{self, Motion, RIG_PARAMETERS, RIG_UNITS};
use super::report::{Confidence, CorrectionRecord, Outcome, Proposal, StandingAlert};
use super::watched::{RECORDS_MAX, Trial, mishap, push_bounded};
use super::{Calibration, EVENTS_MAX, chart::Charts, find};
use crate::ids::BoxNs;
use crate::tracking::CameraCorrection;
use crate::tracking::evidence::{PARAMETERS, UNITS};

/// An estimate must be clear of zero by so many of its standard deviations to be one.
const CLEAR_SD: f64 = 2.5;
/// The same for a clock, whose steps are corrected without a chart.
const CLOCK_CLEAR_SD: f64 = 5.0;
/// A shift smaller than this many standard deviations of the clock's share in the picture may be the clock's.
const CLOCK_MARGIN: f64 = 4.0;
/// A watch ends where the shift is below this share of what began it, an alarm likewise.
const ENDS_AT: f64 = 0.6;
/// A verification needs so many accepted pitches in 15 minutes …
const VERIFYING_PITCHES: usize = 10;
/// … and this confidence by residuals.
const VERIFYING_CONFIDENCE: f64 = 0.80;
/// A shift known no better than this is no ground for anything, px: a step of the clock and a knock along the flight look alike
/// for a few pitches.
const KNOWN_SD_PX: f64 = 0.25;
/// Cameras that must be left for a fit.
const FIT_CAMERAS_MIN: usize = 2;
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
    fn by_residuals(&self, index: usize) -> f64 {
        let standing = self.standing(index);
        let by_shift = confidence::by_shift(standing.shift.norm(), standing.sd_px);
        let lane = self.lane_of(self.cameras[index].mound);
        lane.and_then(|at| self.plate_error_in(at)).map_or(by_shift, |error| by_shift.min(confidence::by_plate(error)))
    }

    pub(super) fn camera_confidence(&self, index: usize, now: BoxNs) -> Confidence {
        let kept = &self.cameras[index].kept;
        let time = confidence::by_age(kept.age.at(now, &self.air, &kept.vibration_g));
        let recent = kept.pitches.iter().filter(|at| now.0.saturating_sub(at.0) <= super::WINDOW_NS).count();
        confidence::fuse(time, self.by_residuals(index), recent as f64, kept.state != CameraState::Ok)
    }

    /// A mound's cameras in the list.
    fn cameras_of(&self, at: usize) -> Vec<usize> {
        self.lanes[at].rig.cameras.iter().filter_map(|id| find(&self.cameras, *id)).collect()
    }

    /// Cameras of a mound that its fits need: not excluded, part of at least half of the pitches of late, and moving the
    /// plate at least half as much as the camera that does most; and whatever is on watch or in alarm.
    pub(super) fn needed(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let quorum = self.lanes[at].pitches.len().div_ceil(2);
        let pull = |index: usize| self.cameras[index].plate().fixed_columns::<2>(0).norm();
        let taking_part = move |index: &usize| {
            let camera = &self.cameras[*index];
            !camera.is_excluded() && camera.kept.pitches.len() >= quorum
        };
        let most = self.cameras_of(at).into_iter().filter(taking_part).map(pull).fold(0.0, f64::max);
        self.cameras_of(at)
            .into_iter()
            .filter(taking_part)
            .filter(move |index| 2.0 * pull(*index) >= most || self.cameras[*index].kept.state != CameraState::Ok)
    }

    /// Enough pitches that agree verify the calibration: its age starts anew.
    pub(super) fn verify(&mut self, at: usize, now: BoxNs) {
        for index in self.cameras_of(at) {
            let enough = self.cameras[index].kept.pitches.len() >= VERIFYING_PITCHES;
            if enough && self.by_residuals(index) >= VERIFYING_CONFIDENCE {
                self.cameras[index].kept.age.verified(now);
            }
        }
    }

    /// Why pitches do not verify a mound's calibration, in words; `None` where they do.
    pub(super) fn unverified(&self, at: usize) -> Option<String> {
        let pitches = self.lanes[at].pitches.len();
        if pitches < VERIFYING_PITCHES {
            return Some(format!("{pitches} pitches in 15 min: {VERIFYING_PITCHES} verify it"));
        }
        let worst = self.needed(at).min_by(|a, b| self.by_residuals(*a).total_cmp(&self.by_residuals(*b)))?;
        if self.by_residuals(worst) >= VERIFYING_CONFIDENCE {
            return None;
        }
        let (standing, name) = (self.standing(worst), &self.cameras[worst].model.name);
        let (shift, sd) = (standing.shift.norm(), standing.sd_px);
        let anchor = match self.lanes[at].landmarks_at {
            None => "; no landmarks anchor the rig",
            Some(_) => "",
        };
        Some(format!(
            "camera {} ({name}) may be {:.2} px off: {shift:.2} estimated, sd {sd:.2}{anchor}",
            self.cameras[worst].kept.id,
            shift + 1.96 * sd
        ))
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
    fn judge_state(&mut self, index: usize, now: BoxNs) {
        let standing = self.standing(index);
        let camera = &self.cameras[index];
        let (kept, config) = (&camera.kept, &self.config);
        let shift = standing.shift.norm();
        let clock_px = standing.sd[4] * UNITS[4] * camera.kept.track.speed_px_s;
        let clear =
            shift > CLEAR_SD * standing.sd_px && standing.sd_px <= KNOWN_SD_PX && shift >= CLOCK_MARGIN * clock_px;
        let shifted = clear && (kept.jumped || kept.charts.shifted(config.ewma_limit));
        let turned =
            standing.turn_px > CLEAR_SD * standing.turn_sd_px && (kept.jumped || kept.charts.turned(config.ewma_limit));
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
            _ => CameraState::Ok,
        };
        let reason = format!(
            "{shift:.2} px off (sd {:.2}), {:.2} in at the plate{}",
            standing.sd_px,
            standing.plate_in,
            if kept.jumped { ", all at once" } else { "" }
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
    fn exclude(&mut self, index: usize, why: &str, now: BoxNs) {
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

    fn reinstate(&mut self, index: usize, why: &str, now: BoxNs) {
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
            self.alert(index, kind, (to == state).then(|| reason.to_owned()), now);
        }
    }

    /// Raises or clears an alert.
    pub(super) fn alert(&mut self, index: usize, kind: AlertKind, reason: Option<String>, now: BoxNs) {
        let alerts = &mut self.cameras[index].kept.alerts;
        match (reason, alerts.get_mut(&kind)) {
            (Some(reason), Some(standing)) => standing.reason = reason,
            (Some(reason), None) => {
                alerts.insert(kind, StandingAlert { kind, since: now, reason: reason.clone() });
                self.tell(index, EventKind::Raised(kind), &reason, now);
            }
            (None, Some(_)) => {
                alerts.remove(&kind);
                self.tell(index, EventKind::Cleared(kind), "over", now);
            }
            (None, None) => {}
        }
    }

    fn tell(&mut self, index: usize, kind: EventKind, reason: &str, now: BoxNs) {
        let event = Event { at: now, camera: self.cameras[index].kept.id, kind, reason: reason.to_owned() };
        push_bounded(&mut self.events, event, EVENTS_MAX);
    }

    /// science.md §3: C ≤ 0.70, or in alarm, or a shift that is large and well known; re-armed at C ≥ 0.80, ten minutes apart.
    fn recalibrate_by_rule(&mut self, index: usize, now: BoxNs) {
        let (standing, confidence) = (self.standing(index), self.camera_confidence(index, now).fused);
        let kept = &mut self.cameras[index].kept;
        kept.armed |= confidence >= self.config.rearm_confidence;
        let waited = self.config.correct_every_s * 1e9;
        let rested = kept.corrected_at.is_none_or(|at| now.0.saturating_sub(at.0) as f64 >= waited);
        if !rested {
            return;
        }
        let (shift, known) = (standing.shift.norm(), standing.sd_px <= self.config.correct_sd_px);
        let clear = shift > CLEAR_SD * standing.sd_px && shift >= self.config.watch_px;
        let clock_ns = standing.errors[4].abs() * UNITS[4] * 1e9;
        let clock_known = standing.sd[4] * UNITS[4] * 1e9 <= self.config.correct_clock_sd_ns;
        let clock_clear = clock_known && standing.errors[4].abs() > CLOCK_CLEAR_SD * standing.sd[4];
        let why = if kept.armed && known && clear && kept.state == CameraState::Alarm {
            format!("in alarm, {shift:.2} px off")
        } else if kept.armed && known && shift >= self.config.correct_px {
            format!("{shift:.2} px off, known to {:.2} px", standing.sd_px)
        } else if kept.armed && known && clear && confidence <= self.config.correct_confidence {
            format!("confidence {confidence:.2}, {shift:.2} px off")
        } else if clock_clear && clock_ns >= self.config.correct_clock_ns {
            format!("its clock is {:.0} µs off", standing.errors[4] * UNITS[4] * 1e6)
        } else {
            return;
        };
        let change = self.change(index, &standing);
        self.correct(index, &change, &why, Outcome::Open, now);
    }

    /// The estimated errors, as far as they are known: a shift and what goes with it, a clock that is clear of zero.
    fn change(&self, index: usize, standing: &Standing) -> Vector5<f64> {
        let mut change = standing.errors;
        let shift_known = standing.sd_px <= KNOWN_SD_PX
            && standing.shift.norm().max(self.cameras[index].turn_px(&standing.errors)) > 2.0 * standing.sd_px;
        if !shift_known {
            change.fixed_rows_mut::<4>(0).fill(0.0);
        }
        if standing.errors[4].abs() <= CLOCK_CLEAR_SD * standing.sd[4] {
            change[4] = 0.0;
        }
        change
    }

    /// Moves a camera's model.
    fn correct(&mut self, index: usize, change: &Vector5<f64>, why: &str, outcome: Outcome, now: BoxNs) {
        let before = self.cameras[index].kept.correction;
        let after = moved(&before, change);
        let shift = self.standing(index).shift;
        let camera = &mut self.cameras[index];
        if !camera.set(after) {
            return;
        }
        let moved_px = camera.shift(change);
        let kept = &mut camera.kept;
        if kept.trial.take().is_some()
            && let Some(last) = kept.records.back_mut().filter(|r| r.outcome == Outcome::Open)
        {
            last.outcome = Outcome::Replaced;
        }
        if outcome == Outcome::Open {
            let trial = Trial {
                change: (*change).into(),
                moved_px: moved_px.into(),
                sum_px: [0.0; 2],
                variance: 0.0,
                pitches: 0,
            };
            kept.trial = Some(trial);
        }
        let record = CorrectionRecord {
            at: now,
            correction: after,
            why: why.to_owned(),
            outcome,
            shift_px: [Some(shift.norm()), None],
        };
        push_bounded(&mut kept.records, record, RECORDS_MAX);
        kept.charts = Charts::default();
        (kept.jumped, kept.armed, kept.corrected_at) = (false, false, Some(now));
        kept.age.calibrated(now, &self.air);
        let (id, mound) = (kept.id, camera.mound);
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.mound == mound)
            && let Some(at) = lane.rig.index(id)
        {
            lane.rig.filter.corrected(at, change);
        }
        let kind = if outcome == Outcome::TookBack { EventKind::Undone(after) } else { EventKind::Corrected(after) };
        self.tell(index, kind, why, now);
        self.judge_state(index, now);
    }

    /// The rig of a mound moved as one: the models of all its cameras go along.
    pub(super) fn follow(&mut self, at: usize, moved: &Motion, now: BoxNs) {
        let size = PARAMETERS * self.lanes[at].rig.cameras.len();
        let mut effect = OMatrix::<f64, Dyn, Const<RIG_PARAMETERS>>::zeros(size);
        let motion = moved.units.component_mul(&Vector6::from(RIG_UNITS));
        let (moved_ft, turned_rad) = ([motion[0], motion[1], motion[2]], [motion[3], motion[4], motion[5]]);
        let words =
            |by: [f64; 3], unit: f64| format!("({:.2}, {:.2}, {:.2})", by[0] * unit, by[1] * unit, by[2] * unit);
        let why = format!(
            "landmarks show the whole rig moved by {} in and turned by {}°",
            words(moved_ft, 12.0),
            words(turned_rad, 1.0_f64.to_degrees())
        );
        let mound = self.lanes[at].mound;
        let event = Event {
            at: now,
            camera: 0,
            kind: EventKind::RigMoved { mound, moved_ft, turned_rad },
            reason: why.clone(),
        };
        push_bounded(&mut self.events, event, EVENTS_MAX);
        for index in self.cameras_of(at) {
            let camera = &mut self.cameras[index];
            let mut correction = camera.kept.correction;
            correction.version = correction.version.saturating_add(1);
            for axis in 0..3 {
                correction.rig_ft[axis] += moved_ft[axis];
                correction.rig_rad[axis] += turned_rad[axis];
            }
            if !camera.set(correction) {
                continue;
            }
            if let (Some(place), Some(seen)) =
                (self.lanes[at].rig.index(camera.kept.id), motion::motion(&camera.model, &camera.middle_ft))
            {
                effect.fixed_rows_mut::<2>(place * PARAMETERS).copy_from(&seen);
            }
            camera.kept.age.calibrated(now, &self.air);
            let record = CorrectionRecord {
                at: now,
                correction,
                why: why.clone(),
                outcome: Outcome::ByLandmarks,
                shift_px: [None, None],
            };
            push_bounded(&mut camera.kept.records, record, RECORDS_MAX);
            self.tell(index, EventKind::Corrected(correction), &why, now);
        }
        self.lanes[at].rig.filter.blur(&effect, &moved.covariance);
    }

    /// The pitches after a correction say whether it held. It did not where the old model would have been nearer to them.
    fn judge_trial(&mut self, index: usize, now: BoxNs) {
        let Some(trial) = self.cameras[index].kept.trial.filter(|t| t.pitches >= self.config.judge_pitches) else {
            return;
        };
        let count = f64::from(trial.pitches);
        let after = Vector2::from(trial.sum_px) / count;
        let old_model = after + Vector2::from(trial.moved_px);
        let sd = (trial.variance / count / count).sqrt();
        let worse = after.norm() > old_model.norm() && after.norm() > 3.0 * sd && after.norm() >= self.config.watch_px;
        let kept = &mut self.cameras[index].kept;
        kept.trial = None;
        if let Some(record) = kept.records.back_mut() {
            record.shift_px[1] = Some(after.norm());
            record.outcome = if worse { Outcome::Undone } else { Outcome::Held };
        }
        if worse {
            let undone = mishap(&mut kept.undone, now);
            let why = format!(
                "{count:.0} pitches later it is {:.2} px off, and would be {:.2} px without the correction",
                after.norm(),
                old_model.norm()
            );
            self.correct(index, &-Vector5::from(trial.change), &why, Outcome::TookBack, now);
            if undone >= self.config.undone_max {
                self.exclude(index, &format!("{undone} corrections within an hour did not hold"), now);
            }
        }
    }

    /// Recalibrates by command: all cameras or these, whatever the rules would wait for; an excluded camera that is named is taken
    /// in again. A dry run only proposes.
    pub fn recalibrate(&mut self, which: Option<&[u8]>, dry_run: bool, now: BoxNs) -> Vec<Proposal> {
        let chosen: Vec<usize> = match which {
            None => (0..self.cameras.len()).collect(),
            Some(ids) => ids.iter().filter_map(|id| find(&self.cameras, *id)).collect(),
        };
        let mut proposals = Vec::with_capacity(chosen.len());
        for index in chosen {
            let standing = self.standing(index);
            let change = self.change(index, &standing);
            let applies = change.iter().any(|c| *c != 0.0);
            let (shift_px, sd_px) = (standing.shift.norm(), standing.sd_px);
            let why = if applies {
                format!("by command: {shift_px:.2} px off, its clock {:.0} µs", standing.errors[4] * UNITS[4] * 1e6)
            } else if sd_px > KNOWN_SD_PX {
                format!("where it stands is known to {sd_px:.2} px only: wait for pitches and landmarks")
            } else {
                format!("{shift_px:.2} px off (sd {sd_px:.2}) is none")
            };
            let camera = &self.cameras[index];
            proposals.push(Proposal {
                camera: camera.kept.id,
                applies,
                correction: if applies { moved(&camera.kept.correction, &change) } else { camera.kept.correction },
                shift_px,
                sd_px,
                why: why.clone(),
            });
            if dry_run {
                continue;
            }
            if applies {
                self.correct(index, &change, &why, Outcome::Open, now);
            }
            if which.is_some() && self.cameras[index].is_excluded() {
                self.reinstate(index, "by command", now);
            }
        }
        proposals
    }
}

/// A correction after a change in units.
fn moved(before: &CameraCorrection, change: &Vector5<f64>) -> CameraCorrection {
    CameraCorrection {
        version: before.version.saturating_add(1),
        dx_px: before.dx_px + change[0] * UNITS[0],
        dy_px: before.dy_px + change[1] * UNITS[1],
        roll_rad: before.roll_rad + change[2] * UNITS[2],
        scale: before.scale + change[3] * UNITS[3],
        clock_offset_ns: before.clock_offset_ns + change[4] * UNITS[4] * 1e9,
        ..*before
    }
}
