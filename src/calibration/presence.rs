//! Who is heard: cameras that are silent, that send nothing of use, and mounds with too few of them.
//!
//! All is judged in box time, from arrivals and by looks a second apart, so that a replay judges the same. While nobody looked
//! (the box was away) nobody was listening: silence counts from the return on. A camera that was never heard counts as silent
//! from the first camera on that was; while none was, there is nothing to say of any single one.

use serde::{Deserialize, Serialize};

use super::event::{AlertKind, CameraState, Event, EventKind};
use super::report::StandingAlert;
use super::rules::FIT_CAMERAS_MIN;
use super::watched::push_bounded;
use super::{Calibration, EVENTS_MAX};
use crate::ids::{BoxNs, EventNs};

/// A camera that sent nothing, or nothing of use, for so long is an alert, s.
pub const ABSENT_S: f64 = 30.0;
const SILENT_NS: u64 = ABSENT_S as u64 * 1_000_000_000;
/// A camera counts as heard for so long after a frame, ns: as long as the buffer waits for it. It beats ten times a second.
const HEARD_NS: u64 = 5_000_000_000;
/// So long after the first camera all of them are up, ns.
const UP_NS: u64 = 10_000_000_000;
/// Looks come once a second; where they were farther apart, nobody was listening in between, ns.
const AWAY_NS: u64 = 5_000_000_000;
/// Pitches in a row that others saw and a camera did not, which make it useless: a healthy one has a part in all that
/// cross its picture, but for one that a crowd of birds or a lost packet took.
const MISSED_PITCHES: u32 = 3;
/// A mound that nobody has looked at for so long is told to the engineer, s: as long as a round of landmarks anchors a rig. \[P\]
pub const UNVERIFIED_TOLD_S: f64 = 2700.0;
/// Sources 0 to 39; cameras are 1 to 39.
const SOURCES: usize = 40;

/// What came of one camera.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Presence {
    /// Whether the venue has it.
    planned: bool,
    /// Arrival of its newest frame, whatever became of it.
    arrived: Option<BoxNs>,
    /// Arrival less event time of that frame, ns.
    lag_ns: i64,
    /// Arrival of the first frame after it was silent, or of all.
    began: Option<BoxNs>,
    /// When a frame of it last went on to the trackers: not refused, quarantined or late.
    delivered: Option<BoxNs>,
    /// When it last had a part in a pitch.
    part: Option<BoxNs>,
    /// Pitches since then that others saw.
    missed: u32,
}

/// Who is heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Hearing {
    /// When it began to listen at all.
    pub(super) started: BoxNs,
    /// When it last looked, and since when it has without a break.
    looked: BoxNs,
    since: BoxNs,
    /// Arrival of the first frame of any camera.
    first: Option<BoxNs>,
    /// By source.
    each: Vec<Presence>,
    /// That no camera is heard, where that is an alert.
    pub(super) nobody: Option<StandingAlert>,
}

impl Hearing {
    pub(super) fn new(cameras: impl Iterator<Item = u8>, now: BoxNs) -> Self {
        let mut each = vec![Presence::default(); SOURCES];
        for camera in cameras {
            each[usize::from(camera)].planned = true;
        }
        Self { started: now, looked: now, since: now, first: None, each, nobody: None }
    }

    /// A frame came.
    #[inline]
    pub(super) fn arrived(&mut self, camera: u8, lag_ns: i64, arrival: BoxNs) {
        let Some(own) = self.each.get_mut(usize::from(camera)).filter(|own| own.planned) else { return };
        if own.arrived.is_none_or(|last| arrival.0.saturating_sub(last.0) >= SILENT_NS) {
            (own.began, own.missed) = (Some(arrival), 0);
        }
        own.arrived = own.arrived.max(Some(arrival));
        own.lag_ns = lag_ns;
        self.first.get_or_insert(arrival);
    }

    /// A frame went on to the trackers.
    #[inline]
    pub(super) fn delivered(&mut self, camera: u8, now: BoxNs) {
        if let Some(own) = self.each.get_mut(usize::from(camera)) {
            own.delivered = own.delivered.max(Some(now));
        }
    }

    /// It had a part in a pitch, or not.
    pub(super) fn pitched(&mut self, camera: u8, took_part: bool, now: BoxNs) {
        let Some(own) = self.each.get_mut(usize::from(camera)) else { return };
        if took_part {
            (own.part, own.missed) = (Some(now), 0);
        } else {
            own.missed = own.missed.saturating_add(1);
        }
    }

    /// Whether any frame of it came since the start.
    pub(super) fn is_known(&self, camera: u8) -> bool {
        self.of(camera).arrived.is_some()
    }

    /// Whether it sent something just now.
    fn is_heard(&self, camera: u8, now: BoxNs) -> bool {
        self.of(camera).arrived.is_some_and(|at| now.0.saturating_sub(at.0) < HEARD_NS)
    }

    /// Whether any camera did.
    pub(super) fn is_anybody_heard(&self, now: BoxNs) -> bool {
        (1..SOURCES as u8).any(|camera| self.is_heard(camera, now))
    }

    /// For how long it has been silent, s; `None` while that is not long, or no camera was ever heard.
    pub(super) fn silent_for_s(&self, camera: u8, now: BoxNs) -> Option<f64> {
        let last = self.of(camera).arrived.or(self.first)?;
        let listened = now.0.saturating_sub(last.max(self.since).0) >= SILENT_NS;
        listened.then(|| now.0.saturating_sub(last.0) as f64 * 1e-9)
    }

    /// For how long it has sent nothing of use, s, and why; `None` where it does, is silent, or that is not long.
    pub(super) fn useless_for_s(&self, camera: u8, now: BoxNs) -> Option<(f64, String)> {
        let own = self.of(camera);
        let began = own.began.filter(|_| self.silent_for_s(camera, now).is_none())?;
        let from = |last: Option<BoxNs>| last.unwrap_or(began).max(began).max(self.since);
        let long = |from: BoxNs| Some(now.0.saturating_sub(from.0)).filter(|ns| *ns >= SILENT_NS);
        if let Some(ns) = long(from(own.delivered)) {
            let (lag_s, way) =
                (own.lag_ns.unsigned_abs() as f64 * 1e-9, if own.lag_ns < 0 { "ahead" } else { "behind" });
            let why = format!(
                "it sends, and none of its frames can be used: they are stamped {lag_s:.1} s {way} of their arrival, so its clock is \
                 wrong or its line is far too slow"
            );
            return Some((ns as f64 * 1e-9, why));
        }
        let ns = long(from(own.part)).filter(|_| own.missed >= MISSED_PITCHES)?;
        Some((ns as f64 * 1e-9, "it sends, and has no part in the pitches that others see".to_owned()))
    }

    fn of(&self, camera: u8) -> Presence {
        self.each.get(usize::from(camera)).copied().unwrap_or_default()
    }
}

impl Calibration {
    /// A frame of a camera arrived, whatever becomes of it.
    #[inline]
    pub fn arrived(&mut self, camera: u8, event: EventNs, arrival: BoxNs) {
        self.hearing.arrived(camera, arrival.0.wrapping_sub(event.0) as i64, arrival);
    }

    /// A frame of a camera can be used: it was neither refused nor quarantined nor late.
    #[inline]
    pub fn delivered(&mut self, camera: u8, now: BoxNs) {
        self.hearing.delivered(camera, now);
    }

    /// How a camera stands now, with what its presence says.
    pub(super) fn camera_state(&self, index: usize, now: BoxNs) -> CameraState {
        let kept = &self.cameras[index].kept;
        if self.hearing.silent_for_s(kept.id, now).is_some() {
            CameraState::Silent
        } else if self.hearing.useless_for_s(kept.id, now).is_some() {
            CameraState::Useless
        } else if kept.state.is_accused() || self.is_judged(index, now) {
            kept.state
        } else {
            CameraState::Unverified
        }
    }

    /// Whether results can count on a camera: it sends what they can use.
    pub(super) fn is_present(&self, index: usize, now: BoxNs) -> bool {
        !matches!(self.camera_state(index, now), CameraState::Silent | CameraState::Useless)
    }

    /// Cameras of a mound that send just now what results can use, and are not left out.
    pub(super) fn cameras_heard(&self, at: usize, now: BoxNs) -> usize {
        let heard = |index: &usize| {
            let camera = &self.cameras[*index];
            let id = camera.kept.id;
            !camera.is_excluded() && self.hearing.is_heard(id, now) && self.hearing.useless_for_s(id, now).is_none()
        };
        self.cameras_of(at).into_iter().filter(heard).count()
    }

    /// Looks who is heard, and raises and clears what follows from it.
    pub(super) fn listen(&mut self, now: BoxNs) {
        let hearing = &mut self.hearing;
        if now.0.saturating_sub(hearing.looked.0) >= AWAY_NS {
            hearing.since = now;
        }
        hearing.looked = now;
        let Some(first) = hearing.first else { return };
        let listens = now.0.saturating_sub(hearing.since.0) >= HEARD_NS;
        let anybody = hearing.is_anybody_heard(now);
        if listens || anybody {
            let why = (!anybody).then(|| "no camera is heard: nothing is measured".to_owned());
            self.alert_of(None, AlertKind::MoundCameras, why, now);
        }
        let up = listens && now.0.saturating_sub(first.0) >= UP_NS;
        for at in 0..self.lanes.len() {
            if up {
                self.count_cameras(at, anybody, now);
            }
            self.listen_to_cameras(at, now);
        }
    }

    /// A mound with fewer cameras than a fit needs is an alert at once; one whose cameras nobody has looked at, after a while.
    fn count_cameras(&mut self, at: usize, anybody: bool, now: BoxNs) {
        let heard = self.cameras_heard(at, now);
        let (all, name) = (self.lanes[at].rig.cameras.len(), self.lanes[at].name.clone());
        let short = (anybody && heard < FIT_CAMERAS_MIN).then(|| match heard {
            0 => format!("{name}: none of its {all} cameras sends anything of use; nothing is measured there"),
            _ => format!(
                "{name}: {heard} of {all} cameras send what results can use, and a pitch needs {FIT_CAMERAS_MIN}"
            ),
        });
        let enough = heard >= FIT_CAMERAS_MIN;
        self.alert_of(Some(at), AlertKind::MoundCameras, short, now);
        let long = self.unverified_for_s(at, now).is_some_and(|s| s >= UNVERIFIED_TOLD_S);
        let unverified = (enough && long).then(|| {
            let minutes = UNVERIFIED_TOLD_S / 60.0;
            format!("{name}: its cameras are unverified: no pitches and no landmarks said where they stand for {minutes:.0} min and more")
        });
        self.alert_of(Some(at), AlertKind::RigUnverified, unverified, now);
    }

    /// Cameras that are silent or useless while others of their mound are not.
    fn listen_to_cameras(&mut self, at: usize, now: BoxNs) {
        let cameras = self.cameras_of(at);
        let others = cameras.iter().any(|index| self.hearing.is_heard(self.cameras[*index].kept.id, now));
        for index in cameras {
            let id = self.cameras[index].kept.id;
            let stands = self.cameras[index].kept.alerts.contains_key(&AlertKind::Silent);
            let silent = self.silent(index, now).filter(|_| others || stands);
            self.alert(index, AlertKind::Silent, silent, now);
            let useless = self.hearing.useless_for_s(id, now).map(|(_, why)| why);
            self.alert(index, AlertKind::Useless, useless, now);
        }
    }

    /// That a camera is silent, in words.
    fn silent(&self, index: usize, now: BoxNs) -> Option<String> {
        let id = self.cameras[index].kept.id;
        self.hearing.silent_for_s(id, now)?;
        let what = if self.hearing.is_known(id) { "it sends nothing" } else { "it was never heard" };
        Some(format!("{what}: check its power, cable and network"))
    }

    /// Why a camera is silent or useless, in words.
    pub(super) fn trouble(&self, index: usize, now: BoxNs) -> Option<String> {
        let id = self.cameras[index].kept.id;
        self.silent(index, now).or_else(|| self.hearing.useless_for_s(id, now).map(|(_, why)| why))
    }

    /// Raises or clears an alert about a mound, or without one about the whole rig.
    fn alert_of(&mut self, lane: Option<usize>, kind: AlertKind, reason: Option<String>, now: BoxNs) {
        let (mound, stands) = match lane {
            Some(at) => (Some(self.lanes[at].mound), self.lanes[at].alerts.get_mut(&kind)),
            None => (None, self.hearing.nobody.as_mut()),
        };
        let told = match (reason, stands) {
            (Some(reason), Some(standing)) => {
                standing.reason = reason;
                return;
            }
            (Some(reason), None) => {
                let standing = StandingAlert { kind, since: now, reason: reason.clone() };
                match lane {
                    Some(at) => drop(self.lanes[at].alerts.insert(kind, standing)),
                    None => self.hearing.nobody = Some(standing),
                }
                (EventKind::Raised(kind), reason)
            }
            (None, Some(_)) => {
                match lane {
                    Some(at) => drop(self.lanes[at].alerts.remove(&kind)),
                    None => self.hearing.nobody = None,
                }
                (EventKind::Cleared(kind), "over".to_owned())
            }
            (None, None) => return,
        };
        push_bounded(&mut self.events, Event { at: now, camera: 0, mound, kind: told.0, reason: told.1 }, EVENTS_MAX);
    }
}
