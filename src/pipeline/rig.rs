//! Calibration's place in the pipeline: frames and the evidence of final pitches go in, and its corrections come back to
//! the trackers. That is the only way back in the whole pipeline.

use firmware_protocol::MarkKind;

use super::{Lane, Output, Stage};
use crate::calibration::{self, AlertKind, Calibration, CalibrationState, EventKind, Report};
use crate::ids::{BoxNs, EventNs, MoundId};
use crate::ingest::Signal;
use crate::readiness::{CameraAlert, Severity};
use crate::reorder::Stamped;
use crate::tracking::evidence::RigEvidence;
use crate::tracking::venue::Venue;

/// How often calibration is told that time passes, box time.
const PASS_EVERY_NS: u64 = 1_000_000_000;
/// How often what the estimates have learned is kept, box time; a correction is kept at once.
const KEEP_EVERY_NS: u64 = 60 * 1_000_000_000;
/// Cameras are sources 1 to 39.
const CAMERAS: std::ops::RangeInclusive<u8> = 1..=39;

/// What of calibration must outlive a restart.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The ballpark's short name.
    pub venue: String,
    /// Box time at which it was true.
    pub at: BoxNs,
    /// All that calibration needs to go on.
    pub state: CalibrationState,
}

/// Calibration, and what the pipeline knows of it.
pub(super) struct Rig {
    pub(super) calibration: Calibration,
    limits: calibration::Config,
    venue: String,
    /// Source, name and mound of each camera.
    cameras: Vec<(u8, String, MoundId)>,
    /// Alerts that stand, with their numbers in the book.
    pub(super) standing: Vec<(u8, AlertKind, u64)>,
    evidence: Vec<RigEvidence>,
    pub(super) passed: BoxNs,
    pub(super) kept: BoxNs,
    /// Whether it learned something since it was last kept.
    pub(super) learned: bool,
}

impl Rig {
    pub(super) fn new(venue: &Venue, limits: calibration::Config, now: BoxNs) -> Self {
        let of_mound = |id| venue.mound_of(id).map(|mound| mound.id);
        Self {
            calibration: Calibration::new(venue, limits.clone(), now),
            limits,
            venue: venue.id.clone(),
            cameras: venue.cameras.iter().filter_map(|c| Some((c.id, c.name.clone(), of_mound(c.id)?))).collect(),
            standing: Vec::new(),
            evidence: Vec::with_capacity(8),
            passed: now,
            kept: now,
            learned: false,
        }
    }

    /// The cameras of a mound.
    pub(super) fn cameras_of(&self, mound: MoundId) -> impl Iterator<Item = u8> + '_ {
        self.cameras.iter().filter(move |(.., of)| *of == mound).map(|(id, ..)| *id)
    }

    fn mound_of(&self, camera: u8) -> Option<MoundId> {
        self.cameras.iter().find(|(id, ..)| *id == camera).map(|(.., mound)| *mound)
    }

    /// The rule's name, how bad it is, the number behind it and its limit.
    fn alert(&self, camera: u8, kind: AlertKind, reason: &str, report: &Report) -> CameraAlert {
        let of_camera = report.cameras.iter().find(|c| c.id == camera);
        let shift_px = of_camera.map_or(0.0, |c| c.drift.dx_px.hypot(c.drift.dy_px));
        let (severity, limit) = match kind {
            AlertKind::Watch => (Severity::Warning, self.limits.watch_px),
            AlertKind::Maintenance => (Severity::Warning, self.limits.alarm_px),
            AlertKind::Alarm => (Severity::Critical, self.limits.alarm_px),
            AlertKind::Excluded => (Severity::Critical, self.limits.beyond_repair_px),
        };
        let name = self.cameras.iter().find(|(id, ..)| *id == camera).map_or("", |(_, name, _)| name);
        CameraAlert {
            camera,
            rule: format!("camera_{}", kind.as_str()),
            severity,
            message: format!("Camera {camera} ({name}): {reason}"),
            value: shift_px,
            limit,
        }
    }
}

impl<P> Stage<P> {
    /// Hands on what a frame says of its camera. A BALL says nothing until its pitch is final.
    pub(super) fn inspect(&mut self, frame: &Stamped<Signal>) {
        let calibration = &mut self.rig.calibration;
        match &frame.payload {
            Signal::Health(health) if CAMERAS.contains(&frame.source) => {
                calibration.health(frame.source, frame.event, health, self.now);
            }
            Signal::Fiducial(fiducial) if CAMERAS.contains(&frame.source) => {
                calibration.landmark(frame.source, frame.event, fiducial, self.now);
                self.rig.learned = true;
            }
            Signal::Mark(mark) if mark.what == MarkKind::CalibrationDone => {
                calibration.calibrated(self.now);
                self.settle();
            }
            _ => {}
        }
    }

    /// Takes what the pitches of a mound that have just become final say of its cameras.
    pub(super) fn hear(&mut self, mound: MoundId) {
        let mut evidence = std::mem::take(&mut self.rig.evidence);
        if let Some(lane) = self.lanes.iter_mut().find(|l| l.mound == mound) {
            evidence.extend(lane.tracker.evidence());
        }
        let heard = !evidence.is_empty();
        for told in evidence.drain(..) {
            self.rig.calibration.pitch(&told, self.now);
        }
        self.rig.evidence = evidence;
        if heard {
            self.rig.learned = true;
            self.settle();
        }
    }

    /// Lets calibration age, and has it kept now and then.
    pub(super) fn pass_time(&mut self) {
        if self.now.0.saturating_sub(self.rig.passed.0) < PASS_EVERY_NS {
            return;
        }
        self.rig.passed = self.now;
        self.rig.calibration.pass_time(self.now);
        self.settle();
        if self.rig.learned && self.now.0.saturating_sub(self.rig.kept.0) >= KEEP_EVERY_NS {
            self.keep_rig();
        }
    }

    /// Has what calibration knows kept.
    pub(super) fn keep_rig(&mut self) {
        let rig = &mut self.rig;
        (rig.kept, rig.learned) = (self.now, false);
        let kept = Kept { venue: rig.venue.clone(), at: self.now, state: rig.calibration.state() };
        self.outputs.push(Output::Calibration(Box::new(kept)));
    }

    /// Acts on what calibration decided.
    pub(super) fn settle(&mut self) {
        let events: Vec<calibration::Event> = self.rig.calibration.drain_events().collect();
        if events.is_empty() {
            return;
        }
        let report = self.rig.calibration.report(self.now);
        for event in &events {
            match event.kind {
                EventKind::Corrected(correction) | EventKind::Undone(correction) => {
                    self.with_lane_of(event.camera, |lane| lane.tracker.set_correction(event.camera, &correction));
                }
                EventKind::Excluded => {
                    self.with_lane_of(event.camera, |lane| lane.tracker.exclude(event.camera, true));
                }
                EventKind::Reinstated => {
                    self.with_lane_of(event.camera, |lane| lane.tracker.exclude(event.camera, false));
                }
                EventKind::Raised(kind) => self.raise(event.camera, kind, &event.reason, &report),
                EventKind::Cleared(kind) => self.clear(event.camera, kind),
                // A rig that moved corrects each of its cameras besides.
                EventKind::State { .. } | EventKind::RigMoved { .. } => {}
            }
        }
        self.outputs.extend(events.into_iter().map(|event| Output::Camera(Box::new(event))));
        self.keep_rig();
    }

    /// Goes on where an earlier run stopped: its corrections hold from the first frame on, its alerts stand again.
    pub(super) fn restore_rig(&mut self, state: CalibrationState) {
        self.rig.calibration.restore(state, self.now);
        self.correct_all();
        let report = self.rig.calibration.report(self.now);
        for camera in &report.cameras {
            for alert in &camera.alerts {
                self.raise(camera.id, alert.kind, &alert.reason, &report);
            }
        }
        self.settle();
    }

    /// Tells the trackers of every correction and exclusion in force.
    pub(super) fn correct_all(&mut self) {
        let cameras: Vec<u8> = self.rig.cameras.iter().map(|(id, ..)| *id).collect();
        for camera in cameras {
            let correction = self.rig.calibration.correction(camera);
            let excluded = self.rig.calibration.is_excluded(camera);
            self.with_lane_of(camera, |lane| {
                lane.tracker.set_correction(camera, &correction);
                lane.tracker.exclude(camera, excluded);
            });
        }
    }

    fn with_lane_of<R>(&mut self, camera: u8, act: impl FnOnce(&mut Lane) -> R) {
        let mound = self.rig.mound_of(camera);
        if let Some(lane) = self.lanes.iter_mut().find(|l| Some(l.mound) == mound) {
            act(lane);
        }
    }

    fn raise(&mut self, camera: u8, kind: AlertKind, reason: &str, report: &Report) {
        if self.rig.standing.iter().any(|(of, what, _)| (*of, *what) == (camera, kind)) {
            return;
        }
        let about = self.rig.alert(camera, kind, reason, report);
        let alert = self.engine.raise_of_camera(about, EventNs(self.now.0));
        self.rig.standing.push((camera, kind, alert.id));
        self.outputs.push(Output::Raised(alert));
    }

    fn clear(&mut self, camera: u8, kind: AlertKind) {
        let Some(at) = self.rig.standing.iter().position(|(of, what, _)| (*of, *what) == (camera, kind)) else {
            return;
        };
        let (.., id) = self.rig.standing.swap_remove(at);
        self.outputs.extend(self.engine.clear_of_camera(id, EventNs(self.now.0)).map(Output::Cleared));
    }
}
