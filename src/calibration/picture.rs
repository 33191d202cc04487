//! The whole picture, for people and pages: built when asked for.

use super::event::CameraState;
use super::report::{CameraReport, Confidence, Drift, MoundReport, NextAction, Report};
use super::{Calibration, WINDOW_NS};
use crate::ids::{BoxNs, MoundId};
use crate::tracking::evidence::UNITS;

impl Calibration {
    /// How far to trust a mound's results: the worst of the cameras that its fits need. A mound that the venue lacks has none.
    pub fn confidence(&self, mound: MoundId, now: BoxNs) -> Confidence {
        let nothing = Confidence { fused: 0.50, time: 0.50, residual: 0.50 };
        let Some(at) = self.lane_of(mound) else { return nothing };
        let each = self.needed(at).map(|index| self.camera_confidence(index, now));
        each.reduce(|a, b| Confidence {
            fused: a.fused.min(b.fused),
            time: a.time.min(b.time),
            residual: a.residual.min(b.residual),
        })
        .unwrap_or(nothing)
    }

    /// The whole picture.
    pub fn report(&self, now: BoxNs) -> Report {
        let first = self.lanes.first().map_or(MoundId(0), |lane| lane.mound);
        let Confidence { fused, time, residual } = self.confidence(first, now);
        let mounds = self.lanes.iter().enumerate().map(|(at, lane)| MoundReport {
            mound: lane.mound,
            confidence: self.confidence(lane.mound, now),
            plate_error_in: self.plate_error_in(at),
            pitches: lane.pitches.iter().filter(|p| now.0.saturating_sub(p.0) <= WINDOW_NS).count() as u32,
            unverified: self.unverified(at),
        });
        let oldest = |at| {
            let ages = self.needed(at).map(|index| {
                let kept = &self.cameras[index].kept;
                kept.age.at(now, &self.air, &kept.vibration_g)
            });
            ages.fold(0.0, f64::max)
        };
        Report {
            venue: self.venue.clone(),
            confidence: fused,
            confidence_time: time,
            confidence_residual: residual,
            age_s: if self.lanes.is_empty() { 0.0 } else { oldest(0) },
            watch_px: self.config.watch_px,
            alarm_px: self.config.alarm_px,
            mounds: mounds.collect(),
            cameras: (0..self.cameras.len()).map(|index| self.camera_report(index, now)).collect(),
            next_action: self.next_action(now),
        }
    }

    fn camera_report(&self, index: usize, now: BoxNs) -> CameraReport {
        let camera = &self.cameras[index];
        let (kept, standing) = (&camera.kept, self.standing(index));
        let Confidence { fused, time, residual } = self.camera_confidence(index, now);
        CameraReport {
            id: kept.id,
            name: camera.model.name.clone(),
            mound: camera.mound,
            state: kept.state,
            confidence: fused,
            confidence_time: time,
            confidence_residual: residual,
            age_s: kept.age.at(now, &self.air, &kept.vibration_g),
            drift: Drift {
                dx_px: standing.shift.x,
                dy_px: standing.shift.y,
                roll_rad: standing.errors[2] * UNITS[2],
                scale: standing.errors[3] * UNITS[3],
                dx_sd_px: standing.sd_px,
                dy_sd_px: standing.sd_px,
                roll_sd_rad: standing.sd[2] * UNITS[2],
                scale_sd: standing.sd[3] * UNITS[3],
                plate_in: standing.plate_in,
            },
            clock_offset_us: standing.errors[4] * UNITS[4] * 1e6,
            clock_offset_sd_us: standing.sd[4] * UNITS[4] * 1e6,
            clock_told_us: kept.clock_told_ns.map(|ns| ns * 1e-3),
            residual_px: kept.residual_px,
            scatter_px: kept.scatter_px,
            dropped: kept.dropped,
            temperature_c: kept.temperature_c,
            vibration_g: kept.vibration_g.fresh(now),
            correction: kept.correction,
            corrections: kept.records.iter().cloned().collect(),
            alerts: kept.alerts.values().cloned().collect(),
            chart: kept.points.iter().copied().collect(),
        }
    }

    /// What comes next: of the camera that needs it most.
    fn next_action(&self, now: BoxNs) -> NextAction {
        let worst = (0..self.cameras.len()).max_by(|a, b| {
            let key = |index: usize| (self.cameras[index].kept.state, self.standing(index).shift.norm());
            let (a, b) = (key(*a), key(*b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let quiet = |why: String| NextAction { what: "nothing".into(), why, when: None };
        let Some(index) = worst else { return quiet("there is no camera".into()) };
        let (kept, name) = (&self.cameras[index].kept, &self.cameras[index].model.name);
        let standing = self.standing(index);
        let (shift, sd) = (standing.shift.norm(), standing.sd_px);
        let off = format!("camera {} ({name}) is {shift:.2} px off, known to {sd:.2} px", kept.id);
        let earliest =
            kept.corrected_at.map(|at| BoxNs(at.0.saturating_add((self.config.correct_every_s * 1e9) as u64)));
        let when = Some(earliest.map_or(now, |at| at.max(now)));
        match kept.state {
            CameraState::Excluded => NextAction {
                what: format!(
                    "take camera {} in again once it holds still for {} pitches",
                    kept.id, self.config.reinstate_pitches
                ),
                why: off,
                when: None,
            },
            CameraState::Alarm | CameraState::Watch if sd > self.config.correct_sd_px => NextAction {
                what: format!("correct camera {} once its shift is known to {} px", kept.id, self.config.correct_sd_px),
                why: off,
                when: None,
            },
            CameraState::Alarm => NextAction { what: format!("correct camera {}", kept.id), why: off, when },
            CameraState::Watch => NextAction {
                what: format!("correct camera {} from {} px on", kept.id, self.config.correct_px),
                why: off,
                when: None,
            },
            CameraState::Ok => self.quiet_action(off, now),
        }
    }

    /// Every camera is in place: what the first mound's confidence waits for.
    fn quiet_action(&self, off: String, now: BoxNs) -> NextAction {
        let missing =
            self.air.missing(now).map(|what| format!("; {what}, so the worst is assumed")).unwrap_or_default();
        let needed = self.lanes.first().map(|_| self.unverified(0));
        match needed.flatten() {
            Some(why) => {
                NextAction { what: "wait for what verifies the calibration".into(), why: why + &missing, when: None }
            }
            None => NextAction { what: "nothing".into(), why: off + &missing, when: None },
        }
    }
}
