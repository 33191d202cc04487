//! Who is heard, as the estimate of all cameras takes it.

use std::collections::BTreeMap;

use super::build_report::asked_words;
use super::camera_state::push_bounded;
use super::estimator::{Calibration, EVENTS_MAX};
use super::event::{AlertKind, CameraState, Event};
use super::presence::{
    ABSENT_S, MoundSight, SILENT_NS, STEADY_NS, UNVERIFIED_TOLD_S, UP_NS, camera_words, clock_words, too_many_missed,
};
use super::report::{StandingAlert, Told};
use super::rules::{FIT_CAMERAS_MIN, settle};
use crate::ids::{BoxNs, EventNs, MoundId};
use crate::tracking::venue::mound_in_words;
use crate::words::agreeing;

/// Readiness that was held within so long is told as held, ns \[P\]: at its limit a confidence goes up and down with each pitch.
const HELD_FOR_NS: u64 = 120_000_000_000;

impl Calibration {
    /// A frame of a camera arrived, whatever becomes of it.
    #[inline]
    pub fn arrived(&mut self, camera: u8, event: EventNs, arrival: BoxNs) {
        self.hearing.arrived(camera, arrival.0.wrapping_sub(event.0) as i64, arrival);
    }

    /// A frame of a camera can be used: it was neither refused nor quarantined nor late.
    #[inline]
    pub fn delivered(&mut self, camera: u8, event: EventNs, now: BoxNs) {
        self.hearing.delivered(camera, event, now);
    }

    /// The box was away until now: what cameras told meanwhile nobody heard.
    pub fn was_away(&mut self, now: BoxNs) {
        self.hearing.was_away(now);
    }

    /// Cameras are known to have been heard until a moment of an earlier run, whatever that run kept of them.
    pub fn were_heard_until(&mut self, at: BoxNs) {
        self.hearing.away.heard_until(at);
    }

    /// Says what the threads at the sockets vouch for, before time passes: since when all of them have listened without a break,
    /// and until when what came was taken. Without it they did all the time.
    pub fn vouched(&mut self, since: BoxNs, until: BoxNs) {
        let hearing = &mut self.hearing;
        (hearing.since, hearing.vouched) = (hearing.since.max(since), Some(until));
    }

    /// Says how far the box's clock is ahead of its cameras', ns, 0 while they agree, and by how much the system's was set since the
    /// box's went off by it: of the system's people are told. Of a time in which no camera is heard it says nothing.
    pub fn clocks_apart(&mut self, ns: i64, set_ns: i64, now: BoxNs) {
        if self.hearing.is_anybody_heard(now, self.limits.heard_ns) {
            let ns = if ns == 0 { 0 } else { self.hearing.less_the_way(ns) };
            let ns = ns.saturating_add(set_ns);
            let (before, since) = self.hearing.apart;
            let goes_on = (before == 0) == (ns == 0) && before.abs_diff(ns) <= STEADY_NS;
            self.hearing.apart = if goes_on { (before, since) } else { (ns, now) };
        }
    }

    /// A moment of the cameras' time by the box's clock, as far as arriving frames tell how far the two are apart.
    pub(super) fn moment(&self, at: EventNs, now: BoxNs) -> BoxNs {
        BoxNs(at.0.saturating_add_signed(self.hearing.apart.0)).min(now)
    }

    /// Says which sources that are no cameras have a clock that is off, in words, and by how much the one that is off most, s; none
    /// while all are right.
    pub fn sources_off(&mut self, off: Option<(f64, String)>) {
        self.hearing.sources_off = off;
    }

    /// How far each camera that is heard is ahead of the others, s, by arrivals, and whether that is told.
    pub fn clocks_ahead(&self, now: BoxNs) -> Vec<(u8, f64, bool)> {
        let (hearing, heard_ns) = (&self.hearing, self.limits.heard_ns);
        let heard = self.cameras.iter().map(|camera| camera.kept.id).filter(|id| hearing.is_heard(*id, now, heard_ns));
        let of = |id| (id, hearing.ahead_ns(id, heard_ns) as f64 * 1e-9, hearing.is_clock_off(id, now, heard_ns));
        heard.map(of).collect()
    }

    /// Which clocks of the box and its cameras are off, a sentence each; none while they agree.
    pub fn clocks_off(&self, now: BoxNs) -> Vec<String> {
        let of_box = self.hearing.clock_off_s().map(clock_words).or_else(|| self.hearing.back_words());
        let mut told: Vec<String> = of_box.into_iter().collect();
        for camera in
            self.cameras.iter().filter(|camera| self.hearing.is_clock_off(camera.kept.id, now, self.limits.heard_ns))
        {
            let ahead_s = self.hearing.ahead_ns(camera.kept.id, self.limits.heard_ns) as f64 * 1e-9;
            told.push(format!("camera {} ({}): {}", camera.kept.id, camera.model.name, camera_words(ahead_s)));
        }
        told
    }

    /// How a camera stands now, with what its presence says.
    pub(super) fn camera_state(&self, index: usize, now: BoxNs) -> CameraState {
        let kept = &self.cameras[index].kept;
        if self.silent_for_s(index, now).is_some() {
            CameraState::Silent
        } else if self.useless_for_s(index, now).is_some() {
            CameraState::Useless
        } else if kept.state == CameraState::Excluded {
            CameraState::Excluded
        } else if !self.hearing.is_up(kept.id, now) {
            CameraState::Unheard
        } else if kept.state.is_accused() {
            kept.state
        } else if self.hearing.quiet_for_s(kept.id, now).is_some() {
            CameraState::Quiet
        } else if self.is_judged(index, now) {
            kept.state
        } else {
            CameraState::Unverified
        }
    }

    /// For how long a camera has been silent, s; `None` while that is not long and no alert says so.
    pub(super) fn silent_for_s(&self, index: usize, now: BoxNs) -> Option<f64> {
        let kept = &self.cameras[index].kept;
        self.hearing.silent_for_s(kept.id, now).or_else(|| {
            let stands = kept.alerts.get(&AlertKind::Silent).filter(|_| !self.hearing.is_up(kept.id, now))?;
            let last = self.hearing.of(kept.id).arrived.unwrap_or(stands.since);
            Some(now.0.saturating_sub(last.0) as f64 * 1e-9)
        })
    }

    /// For how long a camera has sent nothing of use, s, and why; `None` while that is not long and no alert says so.
    pub(super) fn useless_for_s(&self, index: usize, now: BoxNs) -> Option<(f64, String)> {
        let (kept, hearing) = (&self.cameras[index].kept, &self.hearing);
        hearing.useless_for_s(kept.id, now, self.limits.heard_ns).or_else(|| {
            let stands = kept.alerts.get(&AlertKind::Useless)?;
            let still = hearing.silent_for_s(kept.id, now).is_none() && !hearing.is_redeemed(kept.id, stands.since);
            still.then(|| (ABSENT_S + now.0.saturating_sub(stands.since.0) as f64 * 1e-9, stands.reason.clone()))
        })
    }

    /// Whether results can count on a camera: it sends what they can use.
    pub(super) fn is_present(&self, index: usize, now: BoxNs) -> bool {
        !matches!(self.camera_state(index, now), CameraState::Silent | CameraState::Useless | CameraState::Unheard)
    }

    /// Cameras of a mound that are not left out, and send nothing that is of no use.
    fn usable(&self, at: usize, now: BoxNs) -> impl Iterator<Item = u8> + '_ {
        let used =
            move |index: &usize| !self.cameras[*index].is_excluded() && self.useless_for_s(*index, now).is_none();
        self.cameras_of(at).into_iter().filter(used).map(|index| self.cameras[index].kept.id)
    }

    /// Cameras of a mound that send at that time what results can use, and are not left out.
    pub(super) fn cameras_heard(&self, at: usize, now: BoxNs) -> usize {
        self.usable(at, now).filter(|id| self.hearing.is_heard(*id, now, self.limits.heard_ns)).count()
    }

    /// What can be seen of a mound; none where there is no such mound.
    pub fn sight(&self, mound: MoundId, now: BoxNs) -> Option<MoundSight> {
        let at = self.lanes.iter().position(|lane| lane.mound == mound)?;
        let cameras: Vec<u8> = self.usable(at, now).collect();
        let mut newest: Vec<EventNs> = cameras.iter().filter_map(|id| self.hearing.of(*id).newest).collect();
        newest.sort_unstable_by(|a, b| b.cmp(a));
        let missed = |id: &u8| self.hearing.missed_while(*id, now, self.limits.heard_ns);
        let missed: Vec<_> = cameras.iter().filter_map(missed).collect();
        Some(MoundSight {
            is_seen: self.cameras_heard(at, now) >= FIT_CAMERAS_MIN,
            until: newest.get(FIT_CAMERAS_MIN - 1).copied(),
            unseen: too_many_missed(&missed, cameras.len().checked_sub(FIT_CAMERAS_MIN)),
        })
    }

    /// Looks who is heard, and raises and clears what follows from it.
    pub(super) fn listen(&mut self, now: BoxNs) {
        self.hearing.look(now);
        let (hearing, heard_ns) = (&self.hearing, self.limits.heard_ns);
        let (first, listened_ns) = (hearing.first, hearing.listened_ns());
        let anybody = hearing.is_anybody_heard(hearing.until, heard_ns);
        let off = hearing.clock_off_s().map(|off_s| Told::since(clock_words(off_s), Some(hearing.apart.1)));
        let clock = off.or_else(|| hearing.back_words().map(Told::from));
        let sources = hearing.sources_off.as_ref().map(|(_, words)| words.clone());
        if anybody {
            self.alert_of(None, AlertKind::MoundCameras, None, now);
            self.alert_of(None, AlertKind::BoxClock, clock, now);
            self.alert_of(None, AlertKind::SourceClock, sources.map(Told::from), now);
        } else if clock.is_some() {
            self.alert_of(None, AlertKind::BoxClock, clock, now);
        }
        if !anybody && listened_ns >= first.map_or(SILENT_NS, |_| heard_ns) {
            let why = match first {
                Some(_) => "no camera is heard: nothing is measured",
                None => "no camera was heard since the start: nothing is measured",
            };
            let last = self.hearing.heard_at();
            self.alert_of(None, AlertKind::MoundCameras, Some(Told::since(why.to_owned(), last)), now);
        }
        let Some(first) = first else { return };
        let up = listened_ns >= heard_ns && now.0.saturating_sub(first.0) >= UP_NS;
        for at in 0..self.lanes.len() {
            if self.cameras_heard(at, self.hearing.until) >= FIT_CAMERAS_MIN {
                self.lanes[at].used_when_seen = self.recent_throws(at, now) > 0;
            }
            if up {
                self.count_cameras(at, anybody, now);
            }
            self.listen_to_cameras(at, now);
        }
    }

    /// A mound with fewer cameras than a fit needs is an alert at once; one whose cameras nobody has looked at, after a while.
    fn count_cameras(&mut self, at: usize, anybody: bool, now: BoxNs) {
        let until = self.hearing.until;
        let heard = self.cameras_heard(at, until);
        let (all, name) = (self.lanes[at].rig.cameras.len(), mound_in_words(&self.lanes[at].name));
        let heard_ns = self.limits.heard_ns;
        let sends = self.lanes[at].rig.cameras.iter().any(|id| self.hearing.is_heard(*id, until, heard_ns));
        let short = (anybody && heard < FIT_CAMERAS_MIN).then(|| match heard {
            0 if sends => format!("{name}: none of its {all} cameras sends anything of use; nothing is measured there"),
            0 => format!("{name}: none of its {all} cameras is heard; nothing is measured there"),
            _ => format!(
                "{name}: {heard} of {all} cameras {} what results can use, and a pitch needs {FIT_CAMERAS_MIN}",
                agreeing(heard, "sends", "send")
            ),
        });
        let enough = heard >= FIT_CAMERAS_MIN;
        let short = short.map(|words| Told::since(words, self.enough_until(at, now)));
        self.alert_of(Some(at), AlertKind::MoundCameras, short, now);
        let long = self.unverified_for_s(at, now).is_some_and(|s| s >= UNVERIFIED_TOLD_S);
        let stands = self.lanes[at].alerts.contains_key(&AlertKind::RigUnverified);
        let unverified = ((enough || stands) && long).then(|| {
            let since = self.looked_at(at, now).unwrap_or(self.hearing.started);
            let words =
                format!("{name}: its cameras are unverified: no pitches and no landmarks said where they stand");
            Told::since(words, Some(since))
        });
        self.alert_of(Some(at), AlertKind::RigUnverified, unverified, now);
        self.note_held(at, now);
        let held = self.is_held(at, now).then(|| {
            format!("readiness is held: {name} is trusted to less than {}", asked_words(self.limits.hold_below))
        });
        self.alert_of(Some(at), AlertKind::RigHeld, held.map(Told::from), now);
    }

    /// The last moment at which as many cameras of a mound were heard as a fit needs, where it is silence that keeps it from one.
    fn enough_until(&self, at: usize, now: BoxNs) -> Option<BoxNs> {
        let mut arrived: Vec<BoxNs> = self.usable(at, now).filter_map(|id| self.hearing.of(id).arrived).collect();
        arrived.sort_unstable_by(|a, b| b.cmp(a));
        arrived.get(FIT_CAMERAS_MIN - 1).copied()
    }

    /// Notes that readiness is held on a mound where somebody throws.
    fn note_held(&mut self, at: usize, now: BoxNs) {
        let below = |fused: f64| fused < self.limits.hold_below;
        let is_below = self.confidence(self.lanes[at].mound, now).map(|confidence| below(confidence.fused));
        let held_at = &mut self.lanes[at].held_at;
        match is_below {
            Some(true) => *held_at = Some(now),
            Some(false) => {}
            None => *held_at = None,
        }
    }

    /// Whether readiness is held on a mound where somebody throws. At the limit it is held now and again: it is over once it has not
    /// been for a while.
    pub(super) fn is_held(&self, at: usize, now: BoxNs) -> bool {
        let is_lately = self.lanes[at].held_at.is_some_and(|held| now.0.saturating_sub(held.0) <= HELD_FOR_NS);
        is_lately && self.recent_throws(at, now) > 0
    }

    /// Cameras that are silent or useless while others of their mound are not.
    fn listen_to_cameras(&mut self, at: usize, now: BoxNs) {
        let cameras = self.cameras_of(at);
        let (until, heard_ns) = (self.hearing.until, self.limits.heard_ns);
        let others = cameras.iter().any(|index| self.hearing.is_heard(self.cameras[*index].kept.id, until, heard_ns));
        for index in cameras {
            let stands = self.cameras[index].kept.alerts.contains_key(&AlertKind::Silent);
            let last = self.hearing.of(self.cameras[index].kept.id).arrived;
            let silent = self.silent(index, now).filter(|_| others || stands);
            self.alert(index, AlertKind::Silent, silent.map(|words| Told::since(words, last)), now);
            let ago = |s: f64| BoxNs(now.0.saturating_sub((s * 1e9) as u64));
            let useless = self.useless_for_s(index, now).map(|(for_s, why)| Told::since(why, Some(ago(for_s))));
            self.alert(index, AlertKind::Useless, useless, now);
        }
    }

    /// That a camera is silent, in words.
    fn silent(&self, index: usize, now: BoxNs) -> Option<String> {
        self.silent_for_s(index, now)?;
        let was_heard = self.hearing.of(self.cameras[index].kept.id).arrived.is_some();
        let what = if was_heard { "it sends nothing" } else { "it was never heard" };
        Some(format!("{what}: check its power, cable and network"))
    }

    /// Why a camera is silent or useless, in words.
    pub(super) fn trouble(&self, index: usize, now: BoxNs) -> Option<String> {
        self.silent(index, now).or_else(|| self.useless_for_s(index, now).map(|(_, why)| why))
    }

    /// Raises or clears an alert about a mound, or without one about the whole rig.
    fn alert_of(&mut self, lane: Option<usize>, kind: AlertKind, told: Option<Told>, now: BoxNs) {
        let mound = lane.map(|at| self.lanes[at].mound);
        if let Some((kind, reason)) = settle(self.alerts_of(lane), kind, told, now) {
            push_bounded(&mut self.events, Event { at: now, camera: 0, mound, kind, reason }, EVENTS_MAX);
        }
    }

    fn alerts_of(&mut self, lane: Option<usize>) -> &mut BTreeMap<AlertKind, StandingAlert> {
        match lane {
            Some(at) => &mut self.lanes[at].alerts,
            None => &mut self.hearing.alerts,
        }
    }
}
