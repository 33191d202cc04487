//! Corrections: by the rule of science.md §3 and by command, on trial, taken back, and of a rig that moved as one.

use nalgebra::{Const, Dyn, OMatrix, Vector2, Vector5, Vector6};

use super::camera_state::{RECORDS_MAX, Trial, mishap, push_bounded};
use super::chart::Charts;
use super::estimator::{Calibration, EVENTS_MAX, find};
use super::event::{CameraState, Event, EventKind};
use super::motion::{self, Motion, RIG_PARAMETERS, RIG_UNITS};
use super::report::{CorrectionRecord, Outcome, Proposal};
use super::rules::Standing;
use crate::ids::BoxNs;
use crate::tracking::CameraCorrection;
use crate::tracking::evidence::{PARAMETERS, UNITS};
use crate::words::counted;

/// A clock is corrected without a chart, once it is clear of zero by so many standard deviations.
const CLOCK_CLEAR_SD: f64 = 5.0;

impl Calibration {
    /// science.md §3: C ≤ 0.70, or in alarm, or a shift that is large and well known; re-armed at C ≥ 0.80, ten minutes apart.
    pub(super) fn recalibrate_by_rule(&mut self, index: usize, now: BoxNs) {
        let (standing, confidence) = (self.standing(index), self.camera_confidence(index, now).map(|c| c.fused));
        let kept = &mut self.cameras[index].kept;
        kept.armed |= confidence.is_some_and(|confidence| confidence >= self.config.rearm_confidence);
        let waited = self.config.correct_every_s * 1e9;
        let rested = kept.corrected_at.is_none_or(|at| now.0.saturating_sub(at.0) as f64 >= waited);
        if !rested {
            return;
        }
        let (shift, known) = (standing.shift.norm(), standing.sd_px <= self.config.correct_sd_px);
        let clear = standing.is_shifted() && shift >= self.config.watch_px;
        let clock_ns = standing.errors[4].abs() * UNITS[4] * 1e9;
        let clock_known = standing.sd[4] * UNITS[4] * 1e9 <= self.config.correct_clock_sd_ns;
        let clock_clear = clock_known && is_clock_off(&standing);
        let why = if kept.armed && known && clear && kept.state == CameraState::Alarm {
            format!("in alarm, {shift:.2} px off")
        } else if kept.armed && known && shift >= self.config.correct_px {
            format!("{shift:.2} px off, known to {:.2} px", standing.sd_px)
        } else if let Some(low) = confidence.filter(|c| *c <= self.config.correct_confidence)
            && kept.armed
            && known
            && clear
        {
            format!("confidence {low:.2}, {shift:.2} px off")
        } else if clock_clear && clock_ns >= self.config.correct_clock_ns {
            format!("its clock is {:.0} µs off", standing.errors[4] * UNITS[4] * 1e6)
        } else {
            return;
        };
        let change = change(&standing);
        self.correct(index, &change, &why, Outcome::Open, now);
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
        (kept.jumped, kept.armed, kept.corrected_at, kept.disputed) = (false, false, Some(now), 0);
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
            mound: Some(mound),
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
    pub(super) fn judge_trial(&mut self, index: usize, now: BoxNs) {
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
                "{} later it is {:.2} px off, and would be {:.2} px without the correction",
                counted(format_args!("{count:.0}"), "pitch", "pitches"),
                after.norm(),
                old_model.norm()
            );
            self.correct(index, &-Vector5::from(trial.change), &why, Outcome::TookBack, now);
            if undone >= self.config.undone_max {
                self.exclude(index, &format!("{undone} corrections within an hour did not hold"), now);
            }
        }
    }

    /// Recalibrates by command: all cameras or these, whatever the rules would wait for, by what is more than its own error; an
    /// excluded camera that is named is taken in again. A dry run only proposes.
    pub fn recalibrate(&mut self, which: Option<&[u8]>, dry_run: bool, now: BoxNs) -> Vec<Proposal> {
        let chosen: Vec<usize> = match which {
            None => (0..self.cameras.len()).collect(),
            Some(ids) => ids.iter().filter_map(|id| find(&self.cameras, *id)).collect(),
        };
        let mut proposals = Vec::with_capacity(chosen.len());
        for index in chosen {
            let standing = self.standing(index);
            let change = change(&standing);
            let applies = change.iter().any(|c| *c != 0.0);
            let (shift_px, sd_px) = (standing.shift.norm(), standing.sd_px);
            let why = measured(&standing);
            let camera = &self.cameras[index];
            let reinstates = which.is_some() && camera.is_excluded();
            proposals.push(Proposal {
                camera: camera.kept.id,
                applies,
                reinstates,
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
            if reinstates {
                self.reinstate(index, &format!("somebody asked for it, {why}"), now);
            }
        }
        proposals
    }
}

/// Whether a clock is off by more than that may be an error.
fn is_clock_off(standing: &Standing) -> bool {
    standing.errors[4].abs() > CLOCK_CLEAR_SD * standing.sd[4]
}

/// The estimated errors, as far as they are more than their own error may be: a shift and what goes with it, a turn, a clock.
fn change(standing: &Standing) -> Vector5<f64> {
    let mut change = standing.errors;
    if !standing.is_known() || !(standing.is_shifted() || standing.is_turned()) {
        change.fixed_rows_mut::<4>(0).fill(0.0);
    }
    if !is_clock_off(standing) {
        change[4] = 0.0;
    }
    change
}

/// What was measured of a camera, in words: all that is more than its own error may be, or that nothing is.
fn measured(standing: &Standing) -> String {
    let (shift, sd) = (standing.shift.norm(), standing.sd_px);
    let is_known = standing.is_known();
    let shifted = (is_known && standing.is_shifted()).then(|| format!("{shift:.2} px off (sd {sd:.2})"));
    let turned = (is_known && standing.is_turned())
        .then(|| format!("turned or grown by {:.2} px (sd {:.2})", standing.turn_px, standing.turn_sd_px));
    let (clock_us, clock_sd_us) = standing.clock_us();
    let clock = is_clock_off(standing).then(|| format!("its clock {clock_us:.0} µs off (sd {clock_sd_us:.0})"));
    let unknown =
        (!is_known).then(|| format!("where it stands is known to {sd:.2} px only: wait for pitches and landmarks"));
    let told: Vec<String> = shifted.into_iter().chain(turned).chain(clock).chain(unknown).collect();
    if told.is_empty() {
        return format!("{shift:.2} px off, which is within its error (sd {sd:.2} px)");
    }
    told.join(", ")
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
