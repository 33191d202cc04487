//! Calibration's place in the pipeline: frames and the evidence of final pitches go in, and its corrections come back to
//! the trackers. That is the only way back in the whole pipeline.

use firmware_protocol::MarkKind;
use serde::{Deserialize, Serialize};

use super::held::{Downstream, Lane};
use super::output::Output;
use crate::calibration::{
    self, ABSENT_S, AlertKind, CLOCK_AHEAD_S_MAX, CLOCK_BEHIND_S_MAX, Calibration, CalibrationState, EventKind, Limits,
    MoundReport, Report, StandingAlert, UNVERIFIED_TOLD_S,
};
use crate::ids::{BoxNs, EventNs, MoundId};
use crate::readiness::{self, CameraAlert, Severity};
use crate::reorder::{Life, Stamped};
use crate::signal::Signal;
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

/// What an alert of calibration is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    /// Source; 0 where it is about no one camera.
    camera: u8,
    /// The mound, where it is about one.
    mound: Option<MoundId>,
    kind: AlertKind,
}

/// Calibration, and what the pipeline knows of it.
pub(super) struct Rig {
    pub(super) calibration: Calibration,
    limits: calibration::Config,
    venue: String,
    /// Source, name and mound of each camera.
    cameras: Vec<(u8, String, MoundId)>,
    /// Alerts that stand, with their numbers in the book.
    pub(super) standing: Vec<(About, u64)>,
    evidence: Vec<RigEvidence>,
    pub(super) passed: BoxNs,
    pub(super) kept: BoxNs,
    /// Whether it learned something since it was last kept.
    pub(super) learned: bool,
}

impl Rig {
    /// With its own settings and what it follows of the others'.
    pub(super) fn new(venue: &Venue, settings: &super::step::Settings, now: BoxNs) -> Self {
        let of_mound = |id| venue.mound_of(id).map(|mound| mound.id);
        let limits = settings.calibration.clone();
        let mut calibration = Calibration::new(venue, limits.clone(), now);
        calibration.follow_limits(Limits { heard_ns: settings.reorder.idle_ns, ..calibration.limits() });
        let mut rig = Self {
            calibration,
            limits,
            venue: venue.id.clone(),
            cameras: venue.cameras.iter().filter_map(|c| Some((c.id, c.name.clone(), of_mound(c.id)?))).collect(),
            standing: Vec::new(),
            evidence: Vec::with_capacity(8),
            passed: now,
            kept: now,
            learned: false,
        };
        rig.judge_by(&settings.readiness);
        rig
    }

    /// Readiness is held, and warned of, below these confidences from now on.
    pub(super) fn judge_by(&mut self, readiness: &readiness::Config) {
        let warning = readiness.alerts.calibration_confidence.warning;
        let limits = Limits {
            hold_below: readiness.hold_confidence,
            look_below: warning.map(|warning| warning.raise),
            ..self.calibration.limits()
        };
        self.calibration.follow_limits(limits);
    }

    /// Takes note of since when, and until when, the threads at the sockets vouch that what came was taken.
    pub(super) fn vouched(&mut self, lives: impl Iterator<Item = Life>) {
        let open = lives.filter(|life| !life.closed && life.beat.0 > 0).map(|life| (life.alive_since, life.beat));
        if let Some((since, until)) = open.reduce(|a, b| (a.0.max(b.0), a.1.min(b.1))) {
            self.calibration.vouched(since, until);
        }
    }

    /// The cameras of a mound.
    pub(super) fn cameras_of(&self, mound: MoundId) -> impl Iterator<Item = u8> + '_ {
        self.cameras.iter().filter(move |(.., of)| *of == mound).map(|(id, ..)| *id)
    }

    fn mound_of(&self, camera: u8) -> Option<MoundId> {
        self.cameras.iter().find(|(id, ..)| *id == camera).map(|(.., mound)| *mound)
    }

    /// The rule's name, how bad it is, the number behind it and its limit; `is_needed` where somebody throws, or may throw, at
    /// what it is about.
    fn alert(&self, about: About, stands: &StandingAlert, report: &Report, is_needed: bool) -> CameraAlert {
        let About { camera, mound, kind } = about;
        let of_camera = report.cameras.iter().find(|c| c.id == camera);
        let of_mound = report.mounds.iter().find(|m| Some(m.mound) == mound);
        let drift = of_camera.and_then(|c| c.drift);
        // A picture that is turned or grown may stand where it did in its middle.
        let shift_px = drift.map_or(0.0, |drift| drift.dx_px.hypot(drift.dy_px).max(drift.turn_px));
        let (value, limit) = match kind {
            AlertKind::Watch => (shift_px, self.limits.watch_px),
            AlertKind::Maintenance | AlertKind::Alarm => (shift_px, self.limits.alarm_px),
            AlertKind::Excluded => (shift_px, self.limits.beyond_repair_px),
            AlertKind::Silent | AlertKind::Useless => {
                let for_s = of_camera.and_then(|c| c.silent_for_s.or(c.useless_for_s));
                (for_s.unwrap_or(ABSENT_S), ABSENT_S)
            }
            AlertKind::MoundCameras => {
                let heard = of_mound.map_or(0, |m| m.cameras_heard);
                (heard.into(), of_mound.map_or(1, |m| m.cameras_needed).into())
            }
            AlertKind::RigUnverified => {
                let for_s = of_mound.and_then(|m| m.unverified_for_s);
                (for_s.unwrap_or(UNVERIFIED_TOLD_S) / 60.0, UNVERIFIED_TOLD_S / 60.0)
            }
            AlertKind::RigHeld => {
                let confidence = of_mound.and_then(|m| m.confidence).map(|confidence| confidence.fused);
                (confidence.unwrap_or(report.hold_below), report.hold_below)
            }
            AlertKind::SourceClock => (report.source_clock_off_s.unwrap_or(0.0), 1.0),
            AlertKind::BoxClock => {
                let off_s = report.box_clock_off_s.unwrap_or(0.0);
                (off_s, if off_s < 0.0 { -CLOCK_BEHIND_S_MAX } else { CLOCK_AHEAD_S_MAX })
            }
        };
        let name = self.cameras.iter().find(|(id, ..)| *id == camera).map_or("", |(_, name, _)| name);
        let reason = &stands.reason;
        let message = if camera > 0 { format!("Camera {camera} ({name}): {reason}") } else { capital(reason) };
        CameraAlert {
            camera: (camera > 0).then_some(camera),
            mound,
            rule: kind.rule().to_owned(),
            severity: severity_of(kind, is_needed),
            message,
            value,
            limit,
            since: stands.began.map(|began| EventNs(began.0)),
        }
    }
}

/// How bad an alert of calibration is, as the box's verdict has it: critical is where somebody throws, or may throw (`is_needed`), and
/// is not measured or held for it. What a camera that moved or is left out does to the games' numbers is told by these two.
pub fn severity_of(kind: AlertKind, is_needed: bool) -> Severity {
    match kind {
        AlertKind::MoundCameras | AlertKind::RigHeld if is_needed => Severity::Critical,
        _ => Severity::Warning,
    }
}

/// What stands in a report of an alert.
fn standing(report: &Report, About { camera, mound, kind }: About) -> Option<&StandingAlert> {
    let alerts = match mound {
        _ if camera > 0 => &report.cameras.iter().find(|of| of.id == camera)?.alerts,
        Some(mound) => &report.mounds.iter().find(|of| of.mound == mound)?.alerts,
        None => &report.alerts,
    };
    alerts.iter().find(|alert| alert.kind == kind)
}

/// With a capital letter.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl<P> Downstream<P> {
    /// Hands on what a frame says of its camera. A BALL says nothing until its pitch is final.
    pub(super) fn inspect(&mut self, frame: &Stamped<Signal>) {
        let calibration = &mut self.rig.calibration;
        calibration.delivered(frame.source, frame.event, self.now);
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
        // What the cameras are taken as later by holds what the system's clock was set by already.
        let (apart_ns, set_ns) = match self.clocks.cameras_ns() {
            0 => (self.clock_ns, self.clocks.wall_ns()),
            cameras_ns => (cameras_ns, 0),
        };
        self.rig.calibration.clocks_apart(apart_ns, set_ns, self.now);
        self.rig.calibration.sources_off(self.clocks.most_off(self.now));
        self.rig.calibration.pass_time(self.now);
        self.settle();
        self.weigh_need();
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
                EventKind::Raised(kind) => {
                    let about = About { camera: event.camera, mound: event.mound, kind };
                    // One that is over already is told as it was.
                    let over = || StandingAlert { kind, since: event.at, began: None, reason: event.reason.clone() };
                    let stands = standing(&report, about).cloned().unwrap_or_else(over);
                    self.raise(about, &stands, &report);
                }
                EventKind::Cleared(kind) => self.clear(About { camera: event.camera, mound: event.mound, kind }),
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
        let of_rig = report.alerts.iter().map(|alert| (0, None, alert));
        let of_mounds = report.mounds.iter().flat_map(|m| m.alerts.iter().map(|alert| (0, Some(m.mound), alert)));
        let of_cameras = report.cameras.iter().flat_map(|c| c.alerts.iter().map(|alert| (c.id, None, alert)));
        let mut standing: Vec<_> = of_rig.chain(of_mounds).chain(of_cameras).collect();
        standing.sort_by_key(|(.., alert)| alert.since);
        for (camera, mound, alert) in standing {
            self.raise(About { camera, mound, kind: alert.kind }, alert, &report);
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

    fn raise(&mut self, about: About, stands: &StandingAlert, report: &Report) {
        if self.rig.standing.iter().any(|(of, _)| *of == about) {
            return;
        }
        let is_needed = self.is_needed(about, report);
        let mut alert = self.rig.alert(about, stands, report, is_needed);
        if about.kind == AlertKind::RigUnverified {
            let since = super::whose::clock(stands.so_since(), self.now, &self.zone);
            alert.message = format!("{} since {since}", alert.message);
        }
        let alert = self.engine.raise_of_camera(alert, EventNs(stands.since.0));
        self.rig.standing.push((about, alert.id));
        self.outputs.push(Output::Raised(alert));
    }

    /// Whether somebody throws, or may throw, at what an alert is about, as the box's verdict has it: a box that does not measure
    /// him is not ready, and one that measures nobody wants a look.
    fn is_needed(&self, about: About, report: &Report) -> bool {
        let now = BoxNs(self.now.0.saturating_add_signed(self.clock_ns.saturating_neg()));
        let mut of = report.mounds.iter().filter(|mound| about.mound.is_none_or(|id| id == mound.mound));
        let is_game = |mound: MoundId| about.mound == Some(mound) && mound == MoundId(0);
        let may_throw = |mound: &MoundReport| {
            let waits = about.kind == AlertKind::MoundCameras && is_game(mound.mound);
            (mound.in_use || waits) && !self.engine.is_deserted(mound.mound, now)
        };
        of.any(may_throw)
    }

    /// Tells alerts anew that are as bad as a mound is needed, where that has changed.
    fn weigh_need(&mut self) {
        let by_need = |about: &About| matches!(about.kind, AlertKind::MoundCameras | AlertKind::RigHeld);
        let those: Vec<_> = self.rig.standing.iter().copied().filter(|(about, _)| by_need(about)).collect();
        if those.is_empty() {
            return;
        }
        let report = self.rig.calibration.report(self.now);
        for (about, id) in those {
            let told = self.engine.alerts().find(|alert| alert.id == id).map(|alert| alert.severity);
            let is_so = told.is_some_and(|told| (told == Severity::Critical) == self.is_needed(about, &report));
            if let Some(alert) = standing(&report, about).filter(|_| !is_so) {
                self.clear(about);
                self.raise(about, alert, &report);
            }
        }
    }

    fn clear(&mut self, about: About) {
        let Some(at) = self.rig.standing.iter().position(|(of, _)| *of == about) else {
            return;
        };
        let (_, id) = self.rig.standing.swap_remove(at);
        self.outputs.extend(self.engine.clear_of_camera(id, EventNs(self.now.0)).map(Output::Cleared));
    }
}

#[cfg(test)]
mod tests {
    use super::super::profile::{Profile, Profiles};
    use super::super::step::Pipeline;
    use super::*;

    struct Nobody;

    impl Profiles for Nobody {
        fn profile(&mut self, _: crate::ids::PitcherId, _: jiff::civil::Date) -> Profile {
            Profile::default()
        }
    }

    #[test]
    fn an_alert_of_a_box_that_nobody_needs_is_no_worse_than_the_sentence_about_it() {
        const S: u64 = 1_000_000_000;
        let venue = Venue::busch_iii();
        let settings = crate::daemon::settings(&crate::config::Config::default(), &venue);
        let (_, buffer) = crate::reorder::buffer(&settings.reorder).expect("the defaults are good settings");
        let start = 1_800_000_000 * S;
        let mut pipeline = Pipeline::new(&venue, &settings, buffer, Nobody, BoxNs(start));
        let mut outputs = Vec::new();
        for second in 1..=40 {
            pipeline.step(BoxNs(start + second * S), &mut outputs);
        }
        let told: Vec<_> = pipeline.standing_alerts().map(|alert| (alert.rule.as_str(), alert.severity)).collect();
        assert_eq!(told, [("mound_cameras", Severity::Warning)], "nobody throws, as far as anybody knows");
    }

    #[test]
    fn an_alert_says_since_when_it_is_so_and_not_since_when_that_is_told() {
        const S: u64 = 1_000_000_000;
        let venue = Venue::busch_iii();
        let start = 1_800_000_000 * S;
        let mut calibration = Calibration::new(&venue, calibration::Config::default(), BoxNs(start));
        for second in 1..=4_140 {
            let now = BoxNs(start + second * S);
            for id in (1..=18).filter(|id| *id != 7 || second < 4_000) {
                calibration.arrived(id, EventNs(now.0 - S), now);
                calibration.delivered(id, EventNs(now.0 - S), now);
            }
            calibration.pass_time(now);
        }
        let settings = crate::daemon::settings(&crate::config::Config::default(), &venue);
        let (_, buffer) = crate::reorder::buffer(&settings.reorder).expect("the defaults are good settings");
        let now = BoxNs(start + 4_141 * S);
        let mut pipeline = Pipeline::new(&venue, &settings, buffer, Nobody, now);
        pipeline.restore_calibration(calibration.state(), now);
        let of = |rule: &str, about: &str| {
            let found = pipeline.standing_alerts().find(|alert| alert.rule == rule && alert.message.contains(about));
            found.cloned().expect("it stands")
        };
        let at = |second: u64| Some(crate::moment::rfc3339(BoxNs(start + second * S)));
        let parsed = |text: &str| text.parse::<jiff::Timestamp>().expect("a moment");
        let same =
            |told: &Option<String>, second: u64| told.as_deref().map(parsed) == at(second).as_deref().map(parsed);
        let silent = of("camera_silent", "Camera 7");
        assert!(same(&silent.since, 3_999), "{silent:?}");
        assert!(same(&Some(silent.raised_at.clone()), 4_029), "{silent:?}");
        let unverified = of("rig_unverified", "The game mound");
        assert!(same(&unverified.since, 0), "{unverified:?}");
        let words = "no pitches and no landmarks said where they stand since 2:00 AM";
        assert!(unverified.message.ends_with(words), "{unverified:?}");
    }
}
