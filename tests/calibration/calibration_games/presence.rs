//! Who is heard and who has looked, without a single pitch: heartbeats, landmarks, and their absence.

use std::ops::RangeInclusive;

use firmware_protocol::{Fiducial, Health};
use nalgebra::{Point3, Vector2};
use pitchguard::calibration::{
    AlertKind, Calibration, CameraReport, CameraState, Conditions, Config, Event, EventKind, Limits, MoundState, Report,
};
use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::tracking::venue::Venue;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;

use crate::thrower::{SECOND, START};

const ALL: RangeInclusive<u8> = 1..=18;
const HOME: RangeInclusive<u8> = 13..=15;
const SILENT: EventKind = EventKind::Raised(AlertKind::Silent);
const SHORT: EventKind = EventKind::Raised(AlertKind::MoundCameras);

/// A rig by the second.
struct Rig {
    venue: Venue,
    calibration: Calibration,
    rng: StdRng,
    second: u64,
    /// What happened, with its second.
    told: Vec<(u64, Event)>,
}

impl Rig {
    fn new() -> Self {
        let venue = Venue::busch_iii();
        let calibration = Calibration::new(&venue, Config::default(), BoxNs(START));
        Self { venue, calibration, rng: StdRng::seed_from_u64(1), second: 0, told: Vec::new() }
    }

    fn now(&self) -> BoxNs {
        BoxNs(START + self.second * SECOND)
    }

    /// Lets time pass, in which these cameras beat, in calm weather.
    fn pass(&mut self, seconds: u64, beats: impl Fn(u8) -> bool) {
        let health = Health {
            temperature_centi_c: 2500,
            vibration_milli_g: 20,
            dropped: 0,
            clock_offset_ns: 0,
            exposure_ns: 500_000,
        };
        for _ in 0..seconds {
            self.second += 1;
            let now = self.now();
            let calm = Conditions { wind_mph: Some(4.0), temperature_c: Some(20.0) };
            self.calibration.weather(&calm, now);
            for id in ALL.filter(|id| beats(*id)) {
                self.calibration.arrived(id, EventNs(now.0 - SECOND), now);
                self.calibration.delivered(id, EventNs(now.0 - SECOND), now);
                self.calibration.health(id, EventNs(now.0 - SECOND), &health, now);
            }
            self.look();
        }
    }

    /// Lets time pass in which all cameras beat, and the box's clock is so far ahead of theirs, ns, in each second.
    fn pass_apart(&mut self, seconds: i64, apart_ns: impl Fn(i64) -> i64) {
        for second in 0..seconds {
            self.pass(1, |_| true);
            self.calibration.clocks_apart(apart_ns(second), 0, self.now());
            self.look();
        }
    }

    /// A frame comes that is stamped 45 s ahead, and the fence lets nothing of it through.
    fn stamped_wrong(&mut self, camera: u8) {
        let now = self.now();
        self.calibration.arrived(camera, EventNs(now.0 + 45 * SECOND), now);
        self.look();
    }

    fn look(&mut self) {
        self.calibration.pass_time(self.now());
        let second = self.second;
        self.told.extend(self.calibration.drain_events().map(|event| (second, event)));
    }

    /// A round of landmarks; what each camera's picture is off, px.
    fn landmarks(&mut self, off: impl Fn(u8) -> f64) {
        self.landmarks_with(1.0, off);
    }

    /// The same with this share of the usual noise.
    fn landmarks_with(&mut self, noise: f64, off: impl Fn(u8) -> f64) {
        self.landmarks_at(EventNs(self.now().0), noise, off);
    }

    /// The same, stamped so.
    fn landmarks_at(&mut self, event: EventNs, noise: f64, off: impl Fn(u8) -> f64) {
        let now = self.now();
        for camera in self.venue.cameras.clone() {
            let mut pair = |sd: f64| {
                Vector2::new(self.rng.sample::<f64, _>(StandardNormal), self.rng.sample::<f64, _>(StandardNormal)) * sd
            };
            let common = pair(0.1 * noise);
            for landmark in &self.venue.landmarks {
                let white = pair(0.25 * noise);
                if let Some(uv) = camera.sees(&Point3::from(landmark.position_ft)) {
                    let at = uv + common + white + Vector2::new(off(camera.id), 0.0);
                    let fiducial = Fiducial { landmark: landmark.id, u: at.x as f32, v: at.y as f32, sigma: 0.25 };
                    self.calibration.landmark(camera.id, event, &fiducial, now);
                }
            }
        }
    }

    fn report(&self) -> Report {
        self.calibration.report(self.now())
    }

    fn state(&self, camera: u8) -> CameraState {
        self.report().cameras.iter().find(|c| c.id == camera).expect("in the rig").state
    }

    /// Seconds and cameras of an event, by kind.
    fn when(&self, kind: &EventKind) -> Vec<(u64, u8, Option<MoundId>)> {
        let those = self.told.iter().filter(|(_, event)| event.kind == *kind);
        those.map(|(second, event)| (*second, event.camera, event.mound)).collect()
    }
}

#[test]
fn what_was_never_seen_has_no_confidence_and_no_camera_of_it_is_ok() {
    let mut rig = Rig::new();
    rig.pass(600, |_| false);
    let report = rig.report();
    assert_eq!((report.confidence, report.age_s, report.is_heard), (None, None, false));
    assert!(report.cameras.iter().all(|c| c.state == CameraState::Unheard && c.confidence.is_none()), "{report:?}");
    assert!(report.cameras.iter().all(|c| c.drift.is_none() && c.clock_offset_us.is_none()));
    assert!(report.mounds.iter().all(|m| m.state == MoundState::Unverified && m.unverified_for_s == Some(600.0)));
    assert_eq!(report.next_action.why, "no camera is heard");
    assert_eq!(rig.when(&SHORT), [(30, 0, None)], "the box says so once, of all of them: {:?}", rig.told);
    assert!(
        rig.told.len() == 1 && rig.told[0].1.reason.contains("no camera was heard since the start"),
        "{:?}",
        rig.told
    );
    rig.pass(2, |_| true);
    assert_eq!(rig.when(&EventKind::Cleared(AlertKind::MoundCameras)), [(601, 0, None)], "{:?}", rig.told);
}

#[test]
fn a_rig_that_nobody_looks_at_says_so_and_tells_the_engineer() {
    let mut rig = Rig::new();
    rig.pass(44 * 60, |_| true);
    assert!(rig.told.is_empty(), "{:?}", rig.told);
    rig.pass(6 * 60, |_| true);
    let raised = rig.when(&EventKind::Raised(AlertKind::RigUnverified));
    let mounds: Vec<_> = raised.iter().map(|(_, _, mound)| mound.map(|m| m.0)).collect();
    assert_eq!(mounds, [Some(0), Some(1), Some(2)], "{:?}", rig.told);
    assert!(raised.iter().all(|(second, ..)| (44 * 60..=46 * 60).contains(second)));
    let report = rig.report();
    assert_eq!(report.mounds[1].unverified_for_s, Some(3000.0), "{:?}", report.mounds[1]);
    assert!(report.confidence.is_none() && report.cameras.iter().all(|c| c.state == CameraState::Unverified));
    rig.landmarks(|_| 0.0);
    rig.pass(5, |_| true);
    assert_eq!(rig.when(&EventKind::Cleared(AlertKind::RigUnverified)).len(), 3, "{:?}", rig.told);
}

#[test]
fn a_round_of_landmarks_verifies_every_mound_and_every_bullpen_camera() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.landmarks(|_| 0.0);
    rig.pass(5, |_| true);
    let report = rig.report();
    for mound in &report.mounds {
        let confidence = mound.confidence.expect("verified");
        assert!(mound.state == MoundState::Verified && confidence.fused > 0.94, "{mound:?}");
        assert!(!mound.in_use && mound.unverified_for_s.is_none() && mound.verified_at.is_some());
        assert_eq!(mound.unverified, None, "no pitches are asked for where landmarks verified it");
    }
    // Landmarks stand still and cross no plate.
    let measured = |c: &CameraReport| (c.clock_offset_us, c.clock_offset_sd_us, c.drift.expect("verified").plate_in);
    assert!(report.cameras.iter().all(|c| measured(c) == (None, None, None)));
    let bullpens: Vec<_> = report.cameras.iter().filter(|c| c.id > 12).collect();
    let verified = bullpens.iter().filter(|c| c.state == CameraState::Ok && c.confidence.is_some()).count();
    assert_eq!((bullpens.len(), verified), (6, 6), "{bullpens:?}");
    // By the next half-inning a bullpen in calm air is as good, and by the third it is still trusted.
    rig.pass(25 * 60, |_| true);
    assert!(rig.report().mounds[1].confidence.is_some_and(|c| c.fused > 0.80));
    assert!(rig.told.is_empty(), "{:?}", rig.told);
}

#[test]
fn one_round_that_fails_neither_verifies_nor_accuses_and_two_running_accuse() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.landmarks_with(0.0, |_| 0.0);
    rig.pass(600, |_| true);
    let aged = |rig: &Rig| rig.report().cameras[12].age_s.expect("verified");
    let before = aged(&rig);
    // Too little for a jump that is believed at once, too much for chance.
    let moved = |id: u8| if id == 13 { 0.9 } else { 0.0 };
    rig.landmarks_with(0.0, moved);
    rig.pass(5, |_| true);
    assert_eq!(rig.state(13), CameraState::Ok, "{:?}", rig.told);
    assert!(aged(&rig) > before, "and it is not verified either");
    assert!(rig.report().cameras[13].age_s.is_some_and(|s| s < 10.0), "its neighbour is");
    rig.pass(600, |_| true);
    rig.landmarks_with(0.0, moved);
    rig.pass(5, |_| true);
    let accused: Vec<_> = rig.when(&EventKind::Raised(AlertKind::Watch)).iter().map(|(_, camera, _)| *camera).collect();
    assert_eq!(accused, [13], "{:?}", rig.told);
    let why = rig.report().cameras[12].corrections.len();
    assert_eq!(why, 1, "what is known well enough is corrected at once");
}

#[test]
fn a_silent_camera_is_an_alert_after_half_a_minute_and_not_ok() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.landmarks(|_| 0.0);
    rig.pass(60, |_| true);
    rig.pass(4, |id| id != 7);
    assert_eq!((rig.state(7), rig.told.len()), (CameraState::Ok, 0));
    rig.pass(25, |id| id != 7);
    assert_eq!((rig.state(7), rig.told.len()), (CameraState::Quiet, 0), "nobody knows that it is well");
    let quiet = rig.report().cameras[6].clone();
    assert!(quiet.silent_for_s.is_some_and(|s| (s - 29.0).abs() < 1e-9) && quiet.confidence.is_some(), "{quiet:?}");
    rig.pass(400, |id| id != 7);
    assert_eq!(rig.when(&SILENT), [(150, 7, None)], "{:?}", rig.told);
    let report = rig.report();
    let silent = &report.cameras[6];
    assert_eq!((silent.state, silent.confidence, silent.silent_for_s), (CameraState::Silent, None, Some(429.0)));
    assert!(silent.drift.is_none() && silent.temperature_c.is_none() && silent.vibration_g.is_none(), "{silent:?}");
    assert!(report.next_action.what.contains("camera 7"), "{:?}", report.next_action);
    rig.pass(2, |_| true);
    assert_eq!(rig.when(&EventKind::Cleared(AlertKind::Silent)), [(550, 7, None)]);
}

#[test]
fn frames_that_a_dead_camera_sent_before_and_come_late_make_it_no_useless_one() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    for _ in 0..9 {
        rig.pass(1, |id| id != 7);
        rig.calibration.arrived(7, EventNs(rig.now().0 - 9 * SECOND), rig.now());
    }
    rig.pass(40, |id| id != 7);
    let raised: Vec<_> = rig.told.iter().map(|(second, event)| (*second, event.kind.clone(), event.camera)).collect();
    assert_eq!(raised, [(99, SILENT, 7)], "{:?}", rig.told);
}

#[test]
fn a_camera_never_heard_counts_from_the_first_one_that_was() {
    let mut rig = Rig::new();
    rig.pass(100, |_| false);
    rig.pass(1, |id| id != 16);
    assert_eq!([15, 16].map(|id| rig.state(id)), [CameraState::Unverified, CameraState::Unheard]);
    rig.pass(39, |id| id != 16);
    assert_eq!(rig.when(&SILENT), [(131, 16, None)], "{:?}", rig.told);
    assert!(rig.report().cameras[15].trouble.as_ref().is_some_and(|why| why.contains("never heard")));
}

#[test]
fn a_camera_whose_frames_are_all_refused_for_their_time_is_useless() {
    let mut rig = Rig::new();
    for _ in 0..60 {
        rig.pass(1, |id| id != 4);
        rig.stamped_wrong(4);
    }
    let raised = rig.when(&EventKind::Raised(AlertKind::Useless));
    assert!(matches!(raised[..], [(20..=22, 4, None)]), "{:?}", rig.told);
    let report = rig.report();
    let useless = &report.cameras[3];
    assert_eq!((useless.state, useless.confidence), (CameraState::Useless, None));
    assert!(
        useless.trouble.as_ref().is_some_and(|why| why.contains("46 s ahead of the other cameras'")),
        "{:?}",
        useless.trouble
    );
}

#[test]
fn a_mound_with_too_few_cameras_is_an_alert_at_once_and_one_without_any_is_one_alert() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.pass(10, |id| !(HOME.contains(&id) && id != 15));
    assert!(matches!(rig.when(&SHORT)[..], [(61..=66, 0, Some(MoundId(1)))]), "{:?}", rig.told);
    let report = rig.report();
    assert_eq!((report.mounds[1].cameras_heard, report.mounds[1].cameras_needed), (1, 2));
    rig.pass(60, |id| !HOME.contains(&id));
    assert!(rig.when(&SILENT).iter().all(|(_, camera, _)| *camera != 15), "the mound says it: {:?}", rig.told);
    rig.pass(3, |_| true);
    assert_eq!(rig.when(&EventKind::Cleared(AlertKind::MoundCameras)).len(), 1, "{:?}", rig.told);
}

#[test]
fn a_rig_that_falls_silent_as_a_whole_is_one_statement() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.pass(600, |_| false);
    assert_eq!(rig.told.len(), 1, "{:?}", rig.told);
    assert!(matches!(rig.when(&SHORT)[..], [(65..=66, 0, None)]), "{:?}", rig.told);
    let report = rig.report();
    assert!(!report.is_heard && report.confidence.is_none());
    assert!(report.cameras.iter().all(|c| c.state == CameraState::Silent));
}

#[test]
fn while_the_box_was_away_nobody_was_silent() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.second += 300;
    rig.look();
    rig.pass(60, |_| true);
    assert!(rig.told.is_empty(), "{:?}", rig.told);
}

/// A rig of which camera 7 has been silent for a minute, camera 4 sends nothing of use, and the home bullpen is short.
fn ailing() -> Rig {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.landmarks(|_| 0.0);
    for _ in 0..60 {
        rig.pass(1, |id| !ABSENT.contains(&id));
        rig.stamped_wrong(4);
    }
    rig
}

const ABSENT: [u8; 5] = [4, 7, 13, 14, 15];

fn standing(report: &Report) -> Vec<(AlertKind, u8, u64)> {
    let of_rig = report.alerts.iter().map(|a| (0, a));
    let of_mounds = report.mounds.iter().flat_map(|m| m.alerts.iter().map(|a| (0, a)));
    let of_cameras = report.cameras.iter().flat_map(|c| c.alerts.iter().map(|a| (c.id, a)));
    let mut all: Vec<_> = of_rig
        .chain(of_mounds)
        .chain(of_cameras)
        .map(|(camera, alert)| (alert.kind, camera, (alert.since.0 - START) / SECOND))
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn what_stood_before_the_box_was_away_stands_until_the_camera_itself_takes_it_back() {
    for restarted in [false, true] {
        let mut rig = ailing();
        let stood = standing(&rig.report());
        let kinds: Vec<_> = stood.iter().map(|(kind, camera, _)| (*kind, *camera)).collect();
        assert_eq!(kinds, [(AlertKind::Silent, 7), (AlertKind::Useless, 4), (AlertKind::MoundCameras, 0)], "{stood:?}");
        let before = rig.told.len();
        rig.second += 60;
        if restarted {
            let state = rig.calibration.state();
            rig.calibration = Calibration::new(&rig.venue, Config::default(), rig.now());
            rig.calibration.restore(state, rig.now());
        }
        // What the last look said is not so any more, before and after the first one since.
        assert!(rig.report().mounds.iter().all(|m| m.state == MoundState::Unverified && m.cameras_heard == 0));
        rig.look();
        let report = rig.report();
        assert!(!report.is_heard && report.mounds.iter().all(|m| m.cameras_heard == 0), "nobody is heard yet");
        assert!(report.cameras.iter().all(|c| c.state != CameraState::Ok && c.confidence.is_none()), "{report:?}");
        assert_eq!([1, 7].map(|id| rig.state(id)), [CameraState::Unheard, CameraState::Silent]);
        for second in 1..=45 {
            rig.pass(1, |id| !ABSENT.contains(&id));
            rig.stamped_wrong(4);
            assert_eq!(standing(&rig.report()), stood, "restarted {restarted}, {second} s after the return");
            assert_eq!([1, 4, 7].map(|id| rig.state(id)), [CameraState::Ok, CameraState::Useless, CameraState::Silent]);
            assert_eq!(rig.report().mounds[1].cameras_heard, 0);
        }
        assert_eq!(rig.told.len(), before, "nothing cleared, nothing raised anew: {:?}", rig.told);
        assert_eq!(rig.report().cameras[6].silent_for_s.map(f64::round), Some(60.0 + 60.0 + 45.0));
        rig.pass(2, |_| true);
        assert_eq!(standing(&rig.report()), [], "{:?}", rig.told);
    }
}

#[test]
fn a_camera_that_died_while_the_box_was_away_is_not_heard_and_told_after_half_a_minute() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.landmarks(|_| 0.0);
    rig.pass(5, |_| true);
    rig.second += 60;
    rig.pass(1, |id| id != 14);
    let report = rig.report();
    assert_eq!((report.cameras[13].state, report.mounds[1].cameras_heard), (CameraState::Unheard, 2));
    assert_eq!(report.cameras[12].state, CameraState::Ok, "it is verified as it was");
    rig.pass(40, |id| id != 14);
    assert_eq!(rig.when(&SILENT), [(156, 14, None)], "{:?}", rig.told);
}

#[test]
fn a_box_whose_sockets_nobody_reads_accuses_no_camera() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    // The merge thread looks on, and the thread at the socket hangs.
    let hung = rig.now();
    for _ in 0..60 {
        rig.calibration.vouched(BoxNs(START), hung);
        rig.pass(1, |_| false);
    }
    assert!(rig.told.is_empty(), "{:?}", rig.told);
    // It goes on, and what had come meanwhile was dropped.
    rig.calibration.vouched(rig.now(), rig.now());
    rig.pass(4, |_| false);
    rig.pass(10, |_| true);
    assert!(rig.told.is_empty(), "{:?}", rig.told);
    rig.pass(10, |_| false);
    assert!(matches!(rig.when(&SHORT)[..], [(139..=140, 0, None)]), "now they are silent: {:?}", rig.told);
}

#[test]
fn what_was_verified_by_a_clock_that_was_never_set_is_dated_by_the_right_one() {
    let mut rig = Rig::new();
    rig.calibration = Calibration::new(&rig.venue, Config::default(), BoxNs(600 * SECOND));
    let now = BoxNs(700 * SECOND);
    for id in ALL {
        rig.calibration.arrived(id, EventNs(START), now);
        rig.calibration.delivered(id, EventNs(START), now);
    }
    rig.calibration.calibrated(now);
    rig.calibration.pass_time(now);
    let state = rig.calibration.state();
    rig.calibration = Calibration::new(&rig.venue, Config::default(), rig.now());
    rig.calibration.restore(state, rig.now());
    rig.pass(60, |_| true);
    let report = rig.report();
    assert!(report.mounds.iter().all(|mound| mound.unverified_for_s.is_none_or(|s| s < 61.0)), "{:?}", report.mounds);
    // The cameras tell by how much the clock was set: what was verified was verified when they filmed it.
    assert!(
        report.mounds.iter().all(|mound| mound.verified_at.is_some_and(|at| at.0.abs_diff(START) <= SECOND)),
        "{:?}",
        report.mounds
    );
    assert!(rig.when(&EventKind::Raised(AlertKind::RigUnverified)).is_empty(), "{:?}", rig.told);
}

#[test]
fn a_clock_of_the_box_that_is_off_its_cameras_is_an_alert_until_they_agree() {
    let days = |days: i64| days * 86_400 * SECOND as i64;
    let (raised, cleared) = (EventKind::Raised(AlertKind::BoxClock), EventKind::Cleared(AlertKind::BoxClock));
    for (apart_ns, words) in [(-days(2), "2 days behind its cameras'"), (days(3), "3 days ahead of its cameras'")] {
        let mut rig = Rig::new();
        rig.pass(10, |_| true);
        for honest_ns in [0, -(SECOND as i64) / 2, 30 * SECOND as i64] {
            rig.pass_apart(40, |_| honest_ns);
            assert_eq!((rig.report().box_clock_off_s, rig.told.len()), (None, 0), "{honest_ns} ns");
        }
        rig.pass_apart(19, |_| apart_ns);
        assert!(rig.told.is_empty(), "{:?}", rig.told);
        rig.pass_apart(2, |_| apart_ns);
        assert!(matches!(rig.when(&raised)[..], [(150..=151, 0, None)]), "{:?}", rig.told);
        assert!(rig.told[0].1.reason.contains(words), "{:?}", rig.told);
        // While nobody is heard nobody knows better, a restart included.
        rig.second += 60;
        let state = rig.calibration.state();
        rig.calibration = Calibration::new(&rig.venue, Config::default(), rig.now());
        rig.calibration.restore(state, rig.now());
        rig.calibration.clocks_apart(0, 0, rig.now());
        rig.look();
        assert!(rig.report().box_clock_off_s.is_some() && rig.when(&cleared).is_empty(), "{:?}", rig.told);
        rig.pass_apart(2, |_| 0);
        assert_eq!(rig.when(&cleared).len(), 1, "{:?}", rig.told);
    }
    // A line that is held up for minutes, and catches up, is no clock.
    let mut rig = Rig::new();
    rig.pass(10, |_| true);
    rig.pass_apart(300, |second| (300 - second) * SECOND as i64);
    assert!(rig.when(&raised).is_empty(), "{:?}", rig.told);
}

#[test]
fn a_mound_is_unverified_since_as_many_cameras_were_verified_last_as_a_fit_needs() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    let camera = rig.venue.cameras.iter().find(|c| c.id == 13).expect("in the rig").clone();
    let now = rig.now();
    for landmark in &rig.venue.landmarks {
        if let Some(uv) = camera.sees(&Point3::from(landmark.position_ft)) {
            let fiducial = Fiducial { landmark: landmark.id, u: uv.x as f32, v: uv.y as f32, sigma: 0.25 };
            rig.calibration.landmark(13, EventNs(now.0), &fiducial, now);
        }
    }
    rig.pass(71, |_| true);
    assert_eq!(rig.state(13), CameraState::Ok, "one camera is verified");
    let mound = &rig.report().mounds[1];
    assert_eq!((mound.unverified_for_s, mound.verified_at), (Some(131.0), None), "and its mound never was");
}

#[test]
fn a_limit_that_holds_at_another_confidence_is_followed() {
    let mut rig = Rig::new();
    rig.calibration.follow_limits(Limits { hold_below: 0.9, ..Limits::default() });
    rig.pass(60, |_| true);
    rig.landmarks(|_| 0.0);
    rig.pass(5, |_| true);
    assert_eq!((rig.report().hold_below, rig.report().mounds[1].state), (0.9, MoundState::Verified));
    // Age alone would hold them at 0.9 after eight minutes: somebody looked lately, and what that is worth is told.
    rig.pass(600, |_| true);
    let mound = &rig.report().mounds[1];
    assert!(mound.state == MoundState::Verified && mound.confidence.is_some_and(|c| c.fused < 0.9), "{mound:?}");
    // After half an hour nothing is known of them any more.
    rig.pass(1500, |_| true);
    assert_eq!(rig.report().mounds[1].state, MoundState::Unverified);
    rig.calibration.follow_limits(Limits::default());
    assert_eq!(rig.report().mounds[1].state, MoundState::Verified);
}

#[test]
fn a_limit_that_no_rig_reaches_is_named_as_what_holds_readiness() {
    let mut rig = Rig::new();
    rig.calibration.follow_limits(Limits { hold_below: 0.95, ..Limits::default() });
    rig.pass(60, |_| true);
    rig.landmarks(|_| 0.0);
    rig.pass(5, |_| true);
    let report = rig.report();
    assert!(report.mounds.iter().all(|mound| mound.state == MoundState::Verified), "{:?}", report.mounds);
    let why = &report.next_action.why;
    assert!(why.contains("is trusted to 0.94, less than the 0.95 that hold_confidence asks for"), "{why}");
    assert_eq!(report.next_action.what, "set hold_confidence in [readiness] to 0.80 or less");
    // Nobody throws: nobody is held.
    assert!(rig.told.is_empty(), "{:?}", rig.told);
}

#[test]
fn a_rig_is_verified_when_its_landmarks_were_seen_and_not_when_that_was_understood() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    let seen = rig.now();
    rig.landmarks(|_| 0.0);
    // The round closes after two seconds.
    rig.pass(10, |_| true);
    for mound in rig.report().mounds {
        assert_eq!(mound.verified_at, Some(seen), "{mound:?}");
    }
    let age_s = rig.report().cameras[12].age_s.expect("verified");
    assert!((age_s - 10.0).abs() < 0.1, "{age_s}");
    // The same of cameras whose clock is two days behind.
    let behind = 2 * 86_400 * SECOND;
    let mut rig = Rig::new();
    rig.pass_apart(60, |_| behind as i64);
    let seen = rig.now();
    rig.landmarks_at(EventNs(seen.0 - behind), 1.0, |_| 0.0);
    rig.pass_apart(10, |_| behind as i64);
    let verified = rig.report().mounds[1].verified_at.expect("verified");
    assert!(verified.0.abs_diff(seen.0) <= 3 * SECOND, "{verified:?} {seen:?}");
}

#[test]
fn of_a_camera_that_is_silent_and_a_mound_that_is_unverified_no_number_of_earlier_is_told() {
    let mut rig = Rig::new();
    rig.pass(60, |_| true);
    rig.landmarks(|_| 0.0);
    rig.pass(60, |_| true);
    assert!(rig.report().cameras.iter().all(|camera| camera.dropped == Some(0)));
    rig.pass(60, |_| false);
    let report = rig.report();
    assert!(report.mounds.iter().all(|mound| mound.plate_error_in.is_none()), "{:?}", report.mounds);
    for camera in &report.cameras {
        assert_eq!((camera.dropped, camera.residual_px, camera.scatter_px), (None, None, None), "{camera:?}");
    }
}
