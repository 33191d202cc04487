//! Calibration's place in the pipeline: frames and the evidence of final pitches go in, and its corrections come back to
//! the trackers. That is the only way back in the whole pipeline.

use firmware_protocol::MarkKind;

use super::held::{Downstream, Lane};
use super::output::Output;
use super::rig::{About, Kept, standing};
use super::whose::clock;
use crate::calibration::{self, AlertKind, CalibrationState, EventKind, MoundReport, Report, StandingAlert};
use crate::ids::{BoxNs, MoundId};
use crate::readiness::{CameraAlert, Severity};
use crate::reorder::Stamped;
use crate::signal::Signal;

/// How often calibration is told that time passes, box time.
const PASS_EVERY_NS: u64 = 1_000_000_000;
/// How often what the estimates have learned is kept, box time; a correction is kept at once.
const KEEP_EVERY_NS: u64 = 60 * 1_000_000_000;
/// Cameras are sources 1 to 39.
const CAMERAS: std::ops::RangeInclusive<u8> = 1..=39;

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
                EventKind::State { to, .. } => {
                    self.with_lane_of(event.camera, |lane| lane.tracker.accuse(event.camera, to.is_accused()));
                }
                // A rig that moved corrects each of its cameras besides.
                EventKind::RigMoved { .. } => {}
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
            let accused = self.rig.calibration.is_accused(camera);
            self.with_lane_of(camera, |lane| {
                lane.tracker.set_correction(camera, &correction);
                lane.tracker.exclude(camera, excluded);
                lane.tracker.accuse(camera, accused);
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
        let since = stands.began.map(|began| self.seen_at(began));
        let mut alert = CameraAlert { since, ..self.rig.alert(about, &stands.reason, report, is_needed) };
        if about.kind == AlertKind::RigUnverified {
            let since = BoxNs(self.seen_at(stands.so_since()).0);
            alert.message = format!("{} since {}", alert.message, clock(since, self.seen_now(), &self.zone));
        }
        let alert = self.engine.raise_of_camera(alert, self.seen_at(stands.since));
        self.rig.standing.push((about, alert.id));
        self.outputs.push(Output::Raised(alert));
    }

    /// Whether somebody throws, or may throw, at what an alert is about, as the box's verdict has it: a box that does not measure
    /// him is not ready, and one that measures nobody wants a look.
    fn is_needed(&self, about: About, report: &Report) -> bool {
        let now = self.seen_now();
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
        self.outputs.extend(self.engine.clear_of_camera(id, self.seen_at(self.now)).map(Output::Cleared));
    }
}

#[cfg(test)]
mod tests {
    use super::super::profile::{Profile, Profiles};
    use super::*;
    use crate::calibration::Calibration;
    use crate::ids::EventNs;
    use crate::pipeline::Pipeline;
    use crate::tracking::venue::Venue;

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
        for apart_ns in [0, 2 * 86_400 * S as i64] {
            let (_, buffer) = crate::reorder::buffer(&settings.reorder).expect("the defaults are good settings");
            let now = BoxNs(start + 4_141 * S);
            let mut pipeline = Pipeline::new(&venue, &settings, buffer, Nobody, now);
            // The cameras' clock is what all alerts are told by.
            pipeline.suppose_clocks_apart(apart_ns);
            pipeline.restore_calibration(calibration.state(), now);
            let of = |rule: &str, about: &str| {
                let found =
                    pipeline.standing_alerts().find(|alert| alert.rule == rule && alert.message.contains(about));
                found.cloned().expect("it stands")
            };
            let at = |second: u64| Some(crate::moment::rfc3339(BoxNs(start + second * S - apart_ns.unsigned_abs())));
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
}
