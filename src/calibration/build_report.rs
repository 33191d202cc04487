//! The whole picture, for people and pages: built when asked for.

use super::estimator::{Calibration, WINDOW_NS};
use super::event::CameraState;
use super::report::{CameraReport, Confidence, Drift, MoundReport, MoundState, NextAction, Report};
use super::rules::FIT_CAMERAS_MIN;
use super::{CONFIDENCE_REACHED, confidence_shown};
use crate::ids::{BoxNs, MoundId};
use crate::tracking::evidence::UNITS;
use crate::tracking::venue::mound_in_words;

/// That readiness is held on these mounds, each with its confidence, and what the limit in force asks for, in words.
pub fn held_words(mounds: &[(String, f64)], limit: f64) -> String {
    let told = |(name, confidence): &(String, f64)| format!("{name} is trusted to {}", confidence_shown(*confidence));
    let each: Vec<String> = mounds.iter().map(told).collect();
    format!("readiness is held: {}, less than {}", each.join(" and "), asked_words(limit))
}

/// The limit that holds readiness, in words; and that cameras do not reach it, where that is so.
pub(super) fn asked_words(limit: f64) -> String {
    let out_of_reach = if limit > CONFIDENCE_REACHED {
        format!(", more than cameras reach for long ({CONFIDENCE_REACHED:.2})")
    } else {
        String::new()
    };
    format!("the {limit:.2} that hold_confidence asks for{out_of_reach}")
}

impl Calibration {
    /// How far to trust a mound's results: the worst of the cameras that its fits need. None where it is unverified, and of a
    /// mound that the venue lacks.
    pub fn confidence(&self, mound: MoundId, now: BoxNs) -> Option<Confidence> {
        let at = self.lane_of(mound)?;
        let each = self.judged(at, now).into_iter().filter_map(|index| self.camera_confidence(index, now));
        each.reduce(|a, b| Confidence {
            fused: a.fused.min(b.fused),
            time: a.time.min(b.time),
            residual: a.residual.min(b.residual),
        })
    }

    /// The whole picture.
    pub fn report(&self, now: BoxNs) -> Report {
        let first = self.lanes.first().and_then(|lane| self.confidence(lane.mound, now));
        let oldest = |at| {
            let ages = self.judged(at, now).into_iter().map(|index| self.age_s(index, now));
            ages.reduce(f64::max)
        };
        Report {
            venue: self.venue.clone(),
            confidence: first.map(|c| c.fused),
            confidence_time: first.map(|c| c.time),
            confidence_residual: first.map(|c| c.residual),
            age_s: if self.lanes.is_empty() { None } else { oldest(0) },
            is_heard: self.hearing.is_anybody_heard(now, self.limits.heard_ns),
            heard_at: self.hearing.heard_at(),
            away: self.hearing.away.told(now),
            box_clock_off_s: self.hearing.clock_off_s(),
            source_clock_off_s: self.hearing.sources_off.as_ref().map(|(off_s, _)| *off_s),
            hold_below: self.limits.hold_below,
            look_below: self.limits.look_below,
            alerts: self.hearing.alerts.values().cloned().collect(),
            watch_px: self.config.watch_px,
            alarm_px: self.config.alarm_px,
            mounds: (0..self.lanes.len()).map(|at| self.mound_report(at, now)).collect(),
            cameras: (0..self.cameras.len()).map(|index| self.camera_report(index, now)).collect(),
            next_action: self.next_action(now),
        }
    }

    /// Accepted pitches of a mound of the last 15 minutes.
    pub(super) fn recent_throws(&self, at: usize, now: BoxNs) -> u32 {
        self.lanes[at].pitches.iter().filter(|p| now.0.saturating_sub(p.0) <= WINDOW_NS).count() as u32
    }

    fn age_s(&self, index: usize, now: BoxNs) -> f64 {
        let kept = &self.cameras[index].kept;
        kept.age.at(now, &self.air, &kept.vibration_g).worst_s
    }

    fn mound_report(&self, at: usize, now: BoxNs) -> MoundReport {
        let lane = &self.lanes[at];
        let pitches = self.recent_throws(at, now);
        let confidence = self.confidence(lane.mound, now);
        let cameras_heard = self.cameras_heard(at, now);
        MoundReport {
            mound: lane.mound,
            name: lane.name.clone(),
            state: if confidence.is_some() { MoundState::Verified } else { MoundState::Unverified },
            verified_at: self.looked_at(at, now),
            unverified_for_s: self.unverified_for_s(at, now),
            cameras_heard: cameras_heard as u32,
            cameras_needed: FIT_CAMERAS_MIN as u32,
            in_use: pitches > 0 || cameras_heard < FIT_CAMERAS_MIN && lane.used_when_seen,
            confidence,
            is_held: self.is_held(at, now),
            plate_error_in: confidence.and_then(|_| self.plate_error_in(at)),
            pitches,
            unverified: self.unverified(at, now),
            alerts: lane.alerts.values().cloned().collect(),
        }
    }

    fn camera_report(&self, index: usize, now: BoxNs) -> CameraReport {
        let camera = &self.cameras[index];
        let (kept, standing) = (&camera.kept, self.standing(index));
        let confidence = self.camera_confidence(index, now);
        // What is not known to be so now is not told.
        let told = |value: f64| confidence.map(|_| value);
        // Neither is what only pitches measure, before there was one.
        let had_part = !camera.plate().iter().all(|by| *by == 0.0);
        let by_pitches = |value: f64| Some(value).filter(|_| had_part);
        let silent_for_s = self.silent_for_s(index, now);
        let useless = self.useless_for_s(index, now);
        let speaks = silent_for_s.is_none() && self.hearing.is_up(kept.id, now);
        CameraReport {
            id: kept.id,
            name: camera.model.name.clone(),
            mound: camera.mound,
            state: self.camera_state(index, now),
            is_heard: self.hearing.is_heard(kept.id, now, self.limits.heard_ns),
            trouble: self.trouble(index, now),
            silent_for_s: silent_for_s.or_else(|| self.hearing.quiet_for_s(kept.id, now)),
            useless_for_s: useless.map(|(for_s, _)| for_s),
            confidence: confidence.map(|c| c.fused),
            confidence_time: confidence.map(|c| c.time),
            confidence_residual: confidence.map(|c| c.residual),
            age_s: told(self.age_s(index, now)),
            drift: confidence.map(|_| Drift {
                dx_px: standing.shift.x,
                dy_px: standing.shift.y,
                roll_rad: standing.errors[2] * UNITS[2],
                scale: standing.errors[3] * UNITS[3],
                dx_sd_px: standing.sd_px,
                dy_sd_px: standing.sd_px,
                roll_sd_rad: standing.sd[2] * UNITS[2],
                scale_sd: standing.sd[3] * UNITS[3],
                plate_in: by_pitches(standing.plate_in),
                turn_px: standing.turn_px,
            }),
            clock_offset_us: told(standing.errors[4] * UNITS[4] * 1e6).and_then(by_pitches),
            clock_offset_sd_us: told(standing.sd[4] * UNITS[4] * 1e6).and_then(by_pitches),
            clock_told_us: kept.clock_told_ns.filter(|_| speaks).map(|ns| ns * 1e-3),
            residual_px: kept.residual_px.filter(|_| speaks),
            scatter_px: kept.scatter_px.filter(|_| speaks),
            dropped: kept.dropped.filter(|_| speaks),
            temperature_c: kept.temperature_c.filter(|_| speaks),
            vibration_g: kept.vibration_g.fresh(now).filter(|_| speaks),
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
        if let Some(action) = self.absent_action(now) {
            return action;
        }
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
            CameraState::Ok
            | CameraState::Unverified
            | CameraState::Unheard
            | CameraState::Useless
            | CameraState::Quiet
            | CameraState::Silent => self.quiet_action(off, now),
        }
    }

    /// Cameras that send nothing of use are for somebody to see to before anything else.
    fn absent_action(&self, now: BoxNs) -> Option<NextAction> {
        if !self.hearing.is_anybody_heard(now, self.limits.heard_ns) {
            let what = "switch the cameras on, or see to their network".into();
            return Some(NextAction { what, why: "no camera is heard".into(), when: None });
        }
        let (index, why) = (0..self.cameras.len()).find_map(|index| Some((index, self.trouble(index, now)?)))?;
        let camera = &self.cameras[index];
        let what = format!("see to camera {} ({})", camera.kept.id, camera.model.name);
        Some(NextAction { what, why, when: None })
    }

    /// What a mound waits for on which readiness is held.
    fn held_action(&self, now: BoxNs) -> Option<NextAction> {
        let limit = self.limits.hold_below;
        let each = self.lanes.iter().filter_map(|lane| Some((lane, self.confidence(lane.mound, now)?.fused)));
        let (lane, confidence) =
            each.filter(|(_, confidence)| *confidence < limit).min_by(|a, b| a.1.total_cmp(&b.1))?;
        let name = mound_in_words(&lane.name);
        let why = held_words(&[(name.clone(), confidence)], limit);
        let what = if limit > CONFIDENCE_REACHED {
            format!("set hold_confidence in [readiness] to {CONFIDENCE_REACHED:.2} or less")
        } else {
            format!("have a round of landmarks seen, or calibrate the cameras of {name}")
        };
        Some(NextAction { what, why, when: None })
    }

    /// Every camera is in place: what a mound waits for on which readiness is held, or that is not verified, else the first mound.
    fn quiet_action(&self, off: String, now: BoxNs) -> NextAction {
        if let Some(action) = self.held_action(now) {
            return action;
        }
        let missing =
            self.air.missing(now).map(|what| format!("; {what}, so the worst is assumed")).unwrap_or_default();
        let is_unverified = |at: &usize| self.unverified_for_s(*at, now).is_some();
        if let Some(at) = (0..self.lanes.len()).find(is_unverified) {
            let name = mound_in_words(&self.lanes[at].name);
            let why =
                self.unverified(at, now).unwrap_or_else(|| format!("too few cameras of {name} were looked at lately"));
            let what = format!("have a round of landmarks seen for {name}");
            return NextAction { what, why: why + &missing, when: None };
        }
        match self.lanes.first().and_then(|_| self.unverified(0, now)) {
            Some(why) => {
                NextAction { what: "wait for what verifies the calibration".into(), why: why + &missing, when: None }
            }
            None => NextAction { what: "nothing".into(), why: off + &missing, when: None },
        }
    }
}
