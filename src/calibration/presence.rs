//! Who is heard: cameras that are silent, that send nothing of use, and mounds with too few of them.
//!
//! All is judged in box time, from arrivals and by looks a second apart, so that a replay judges the same. Nobody is accused of
//! a time in which the box itself did not listen: silence counts from its return on, and only as far as the threads at its
//! sockets vouch for. What was not heard since the return is not heard: it is no camera that works, and an alert about it
//! stands as it stood, until the camera itself takes it back. A camera that was never heard counts as silent from the first
//! camera on that was; while none was, that is one statement about all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::build_report::asked_words;
use super::camera_state::push_bounded;
use super::clock_set::{Before, back_words};
use super::estimator::{Calibration, EVENTS_MAX};
use super::event::{AlertKind, CameraState, Event, EventKind};
use super::report::StandingAlert;
use super::rules::FIT_CAMERAS_MIN;
use crate::ids::{BoxNs, EventNs, MoundId};
use crate::moment::{
    NEVER_SET_S, WAYS_NS, WAYS_S, bracketed, far, far_by_arrivals, is_plausible, usual_cause_by_arrivals,
};
use crate::tracking::venue::mound_in_words;

/// A camera that sent nothing, or nothing of use, for so long is an alert, s.
pub const ABSENT_S: f64 = 30.0;
const SILENT_NS: u64 = ABSENT_S as u64 * 1_000_000_000;
/// So long after the first camera all of them are up, ns.
const UP_NS: u64 = 10_000_000_000;
/// Looks come once a second, and frames many times; where neither came for so long, the box was away, ns.
const AWAY_NS: u64 = 5_000_000_000;
/// Pitches in a row that others saw and a camera did not, which make it useless: a healthy one has a part in all that
/// cross its picture, but for one that a crowd of birds or a lost packet took.
const MISSED_PITCHES: u32 = 3;
/// A mound that nobody has looked at for so long is told to the engineer, s: as long as a round of landmarks anchors a rig. \[P\]
pub const UNVERIFIED_TOLD_S: f64 = 2700.0;
/// A frame is not seen before it was exposed: farther behind its cameras' than this, s, the box's clock is wrong.
pub const CLOCK_BEHIND_S_MAX: f64 = 1.0;
/// Cameras lag by seconds: farther ahead of theirs than this, s, the box's clock is wrong.
pub const CLOCK_AHEAD_S_MAX: f64 = 60.0;
/// Clocks that are apart are told of after so long, ns.
const CLOCK_TOLD_NS: u64 = 20_000_000_000;
/// A camera so far ahead of the others, or so far behind them, is believed nothing, ns: the fence in front of the buffer.
const CAMERA_AHEAD_NS: i64 = 1_000_000_000;
const CAMERA_BEHIND_NS: i64 = 30_000_000_000;
/// Clocks that are apart stay so to within what the way through the network takes, ns.
const STEADY_NS: u64 = 3_000_000_000;
/// Sources 0 to 39; cameras are 1 to 39.
const SOURCES: usize = 40;

/// A camera that says nothing for longer, ns of its own time, missed what was to be seen meanwhile.
const MISSED_NS: u64 = 1_000_000_000;
/// And what it says between two such silences for no longer than that, ns \[P\], ends neither: a straggler is no camera that
/// is back.
const BACK_FOR_NS: u64 = 2_000_000_000;
/// Nor does what all came so much later than what followed, ns \[P\]: it had waited on its way since before the silence.
const STRAGGLED_NS: i64 = 1_000_000_000;
/// For so long of a camera's own time, ns \[P\]: nothing on the way holds more.
const STRAGGLERS_NS: u64 = 60_000_000_000;

/// What can be seen of a mound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoundSight {
    /// Whether as many of its cameras as a pitch needs send just now what results can use.
    pub is_seen: bool,
    /// The newest moment that as many of them have told of; none where they never did.
    pub until: Option<EventNs>,
    /// The last while of which fewer told: nothing that was thrown then was measured.
    pub unseen: Option<(EventNs, EventNs)>,
}

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
    /// Event time of its newest frame that can be used.
    newest: Option<EventNs>,
    /// Between which two of them it last told of nothing; from 0 where it never told of anything before.
    missed_while: Option<(EventNs, EventNs)>,
    /// The least that its frames since then were behind the box's time when they could be used, ns.
    least_behind_ns: i64,
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
    /// When it began to listen at all, over restarts.
    pub(super) started: BoxNs,
    /// When something was last done here: a look, or a frame.
    awake: BoxNs,
    /// When the box was back after it was away last; the start, where it never was.
    back: BoxNs,
    /// Since when it has listened without a break, and until when, as of the last look.
    since: BoxNs,
    until: BoxNs,
    /// Until when the threads at the sockets vouch that what came was taken, told before the next look.
    vouched: Option<BoxNs>,
    /// Arrival of the first frame of any camera.
    first: Option<BoxNs>,
    /// How far the box's clock is ahead of its cameras', ns, 0 while they agree; and since when it has been about that.
    apart: (i64, BoxNs),
    /// By how much the source that is no camera and whose clock is off most is off, s, and all of them in words.
    #[serde(default)]
    pub(super) sources_off: Option<(f64, String)>,
    /// What an earlier run knew of the clocks; none once this one has looked at it.
    #[serde(default)]
    pub(super) before: Option<Before>,
    /// By source.
    each: Vec<Presence>,
    /// Standing alerts about the whole rig.
    pub(super) alerts: BTreeMap<AlertKind, StandingAlert>,
}

impl Hearing {
    pub(super) fn new(cameras: impl Iterator<Item = u8>, now: BoxNs) -> Self {
        let mut each = vec![Presence::default(); SOURCES];
        for camera in cameras {
            each[usize::from(camera)].planned = true;
        }
        Self {
            started: now,
            awake: now,
            back: now,
            since: now,
            until: now,
            vouched: None,
            first: None,
            apart: (0, now),
            sources_off: None,
            before: None,
            each,
            alerts: BTreeMap::new(),
        }
    }

    /// Goes on where an earlier run stopped, whatever the clock did since: nobody is heard yet, and what stood stands.
    pub(super) fn go_on(&mut self, mut before: Self, now: BoxNs) {
        let lags = before.each.iter().map(|was| was.arrived.map(|_| was.lag_ns)).collect();
        self.before = Some(Before { stopped: before.awake, began: now, lags });
        let earlier = |at: BoxNs| at.min(BoxNs(now.0.saturating_sub(1)));
        for (own, was) in self.each.iter_mut().zip(&before.each).filter(|(own, was)| own.planned && was.planned) {
            *own = Presence {
                arrived: was.arrived.map(earlier),
                began: was.began.map(earlier),
                delivered: was.delivered.map(earlier),
                part: was.part.map(earlier),
                ..*was
            };
        }
        before.alerts.values_mut().for_each(|alert| alert.since = alert.since.min(now));
        // A start by a clock that was never set was at no time that this one knows.
        let is_known = is_plausible(before.started.0) || !is_plausible(now.0);
        self.started = if is_known { before.started.min(now) } else { now };
        self.first = before.first.map(earlier);
        (self.apart, self.alerts) = ((before.apart.0, before.apart.1.min(now)), before.alerts);
        (self.awake, self.back, self.since, self.until) = (now, now, now, now);
    }

    /// The box does something. Where it had not for long, it was away and is back.
    #[inline]
    fn stir(&mut self, at: BoxNs) {
        if at.0.saturating_sub(self.awake.0) >= AWAY_NS {
            (self.back, self.since) = (at, self.since.max(at));
        }
        self.awake = self.awake.max(at);
    }

    /// A frame came.
    #[inline]
    pub(super) fn arrived(&mut self, camera: u8, lag_ns: i64, arrival: BoxNs) {
        self.stir(arrival);
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
    pub(super) fn delivered(&mut self, camera: u8, event: EventNs, now: BoxNs) {
        let Some(own) = self.each.get_mut(usize::from(camera)) else { return };
        own.delivered = own.delivered.max(Some(now));
        let behind_ns = now.0.wrapping_sub(event.0) as i64;
        match own.newest {
            Some(newest) if event.0 > newest.0.saturating_add(MISSED_NS) => {
                let straggled = own.least_behind_ns.saturating_sub(behind_ns) > STRAGGLED_NS;
                let back_for_ns = if straggled { STRAGGLERS_NS } else { BACK_FOR_NS };
                let goes_on = |(_, to): &(EventNs, EventNs)| newest.0.saturating_sub(to.0) < back_for_ns;
                let from = own.missed_while.filter(goes_on).map_or(newest, |(from, _)| from);
                (own.missed_while, own.least_behind_ns) = (Some((from, event)), behind_ns);
            }
            Some(newest) if event > newest => own.least_behind_ns = own.least_behind_ns.min(behind_ns),
            Some(_) => return,
            None => (own.missed_while, own.least_behind_ns) = (Some((EventNs(0), event)), behind_ns),
        }
        own.newest = Some(event);
    }

    /// Of which while a camera told of nothing, without an end where it still does not.
    fn missed_while(&self, camera: u8, now: BoxNs, heard_ns: u64) -> Option<(EventNs, EventNs)> {
        let own = self.of(camera);
        if self.is_heard(camera, now, heard_ns) {
            own.missed_while
        } else {
            Some((own.newest.unwrap_or(EventNs(0)), EventNs(u64::MAX)))
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

    /// It looks.
    fn look(&mut self, now: BoxNs) {
        self.stir(now);
        self.until = self.vouched.take().map_or(now, |until| until.min(now));
    }

    /// For how long it has listened without a break, as of the last look, ns.
    fn listened_ns(&self) -> u64 {
        self.until.0.saturating_sub(self.since.0)
    }

    /// Whether any frame of it came since the start, or since the box was back; of a box that is away, or not yet back, none did.
    pub(super) fn is_up(&self, camera: u8, now: BoxNs) -> bool {
        now.0.saturating_sub(self.awake.0) < AWAY_NS && self.of(camera).arrived.is_some_and(|at| at >= self.back)
    }

    /// Whether it sent something just before `at`.
    pub(super) fn is_heard(&self, camera: u8, at: BoxNs, heard_ns: u64) -> bool {
        self.of(camera).arrived.is_some_and(|arrived| at.0.saturating_sub(arrived.0) < heard_ns)
    }

    /// Whether any camera did.
    pub(super) fn is_anybody_heard(&self, at: BoxNs, heard_ns: u64) -> bool {
        (1..SOURCES as u8).any(|camera| self.is_heard(camera, at, heard_ns))
    }

    /// By how much more each camera lags now than in an earlier run, ns, of those that were heard in both.
    pub(super) fn lag_more(&self, before: &Before) -> Vec<i64> {
        let both = self.each.iter().zip(&before.lags).filter(|(own, _)| own.arrived >= Some(before.began));
        both.filter_map(|(own, was)| Some(own.lag_ns.saturating_sub((*was)?))).collect()
    }

    /// All that it dates and that was before `began`.
    pub(super) fn dates_of_before(&mut self, began: BoxNs) -> impl Iterator<Item = &mut BoxNs> {
        let each = self.each.iter_mut();
        let each = each.flat_map(|own| {
            own.arrived.iter_mut().chain(&mut own.began).chain(&mut own.delivered).chain(&mut own.part)
        });
        each.chain([&mut self.started]).chain(&mut self.first).filter(move |at| **at < began)
    }

    /// When any camera was heard last; none where none was, or nobody knows when.
    pub(super) fn heard_at(&self) -> Option<BoxNs> {
        let from =
            self.before.as_ref().filter(|before| before.behind_s().is_some()).map_or(BoxNs(0), |before| before.began);
        self.each.iter().filter_map(|own| own.arrived).filter(|at| *at >= from).max()
    }

    /// For how long it has been silent, s; `None` while that is not long, or no camera was ever heard.
    fn silent_for_s(&self, camera: u8, now: BoxNs) -> Option<f64> {
        let last = self.of(camera).arrived.or(self.first)?;
        let listened = self.until.0.saturating_sub(last.max(self.since).0) >= SILENT_NS;
        listened.then(|| now.0.saturating_sub(last.0) as f64 * 1e-9)
    }

    /// For how long it has sent nothing of use, s, and why; `None` where it does, is not heard, or that is not long.
    fn useless_for_s(&self, camera: u8, now: BoxNs, heard_ns: u64) -> Option<(f64, String)> {
        let own = self.of(camera);
        // One that sends no more may have frames on their way that come too late for anything.
        let sends = self.is_up(camera, now) && self.is_heard(camera, self.until, heard_ns);
        let began = own.began.filter(|_| sends)?;
        let from = |last: Option<BoxNs>| last.unwrap_or(began).max(began).max(self.since);
        let since_ns = |last: Option<BoxNs>| self.until.0.saturating_sub(from(last).0);
        let ns = since_ns(own.delivered);
        // How far it is ahead of the others is looked at where it matters only.
        let off_ns = (ns >= CLOCK_TOLD_NS).then(|| self.off_ns(camera, heard_ns)).flatten();
        if off_ns.is_some() || ns >= SILENT_NS {
            let slow = || {
                let old = far(own.lag_ns as f64 * 1e-9);
                format!("its newest ones are {old} old when they come, so its line is far too slow")
            };
            let why = off_ns.map_or_else(slow, |ahead_ns| camera_words(ahead_ns as f64 * 1e-9));
            return Some((ns as f64 * 1e-9, format!("it sends, and none of its frames can be used: {why}")));
        }
        let ns = Some(since_ns(own.part)).filter(|ns| *ns >= SILENT_NS && own.missed >= MISSED_PITCHES)?;
        Some((ns as f64 * 1e-9, "it sends, and has no part in the pitches that others see".to_owned()))
    }

    /// Whether nothing of it is of use because of its clock.
    fn is_clock_off(&self, camera: u8, now: BoxNs, heard_ns: u64) -> bool {
        self.off_ns(camera, heard_ns).is_some()
            && self.of(camera).delivered.is_none_or(|at| self.until.0.saturating_sub(at.0) >= CLOCK_TOLD_NS)
            && self.useless_for_s(camera, now, heard_ns).is_some()
    }

    /// How far its clock is ahead of the other cameras', ns, where nothing of it can be believed for that.
    fn off_ns(&self, camera: u8, heard_ns: u64) -> Option<i64> {
        Some(self.ahead_ns(camera, heard_ns)).filter(|ns| !(-CAMERA_BEHIND_NS..=CAMERA_AHEAD_NS).contains(ns))
    }

    /// How far its clock is ahead of the other cameras', ns: of those of which something was of use just now.
    fn ahead_ns(&self, camera: u8, heard_ns: u64) -> i64 {
        let is_used = |own: &&Presence| {
            own.delivered.is_some_and(|at| self.until.0.saturating_sub(at.0) < CLOCK_TOLD_NS.max(heard_ns))
        };
        let others = self.each.iter().enumerate().filter(|(of, _)| *of != usize::from(camera)).map(|(_, own)| own);
        let mut lags: Vec<i64> = others.filter(is_used).map(|own| own.lag_ns).collect();
        lags.sort_unstable();
        lags.get(lags.len() / 2).copied().unwrap_or(0).saturating_sub(self.of(camera).lag_ns)
    }

    /// Of a lag that tells what clocks are apart what is the cameras' clock alone: the least that several of them show.
    fn less_the_way(&self, ns: i64) -> i64 {
        let mut near: Vec<i64> = self.each.iter().filter(|own| own.arrived.is_some()).map(|own| own.lag_ns).collect();
        near.retain(|lag| lag.abs_diff(ns) <= WAYS_NS);
        near.sort_unstable();
        near.get(FIT_CAMERAS_MIN).copied().unwrap_or(ns).min(ns)
    }

    /// Whether it has taken back that it sends nothing of use, since it was told so and the box was back: its frames are used, and
    /// it has a part in the pitches.
    fn is_redeemed(&self, camera: u8, told: BoxNs) -> bool {
        let own = self.of(camera);
        let since = |at: Option<BoxNs>| at.is_some_and(|at| at >= told.max(self.back));
        since(own.delivered) && (own.missed < MISSED_PITCHES || since(own.part))
    }

    fn of(&self, camera: u8) -> Presence {
        self.each.get(usize::from(camera)).copied().unwrap_or_default()
    }

    /// That the box's clock is behind its own records, in words, until cameras tell what it is.
    fn back_words(&self) -> Option<String> {
        self.before.as_ref().and_then(Before::behind_s).map(back_words)
    }

    /// How far the box's clock is ahead of its cameras', s, where that makes one of them wrong; negative where it is behind. Clocks
    /// that are apart stay so; frames that were held up do not.
    pub(super) fn clock_off_s(&self) -> Option<f64> {
        let (ns, since) = self.apart;
        let off_s = ns as f64 * 1e-9;
        let steady = self.until.0.saturating_sub(since.0) >= CLOCK_TOLD_NS;
        (steady && !(-CLOCK_BEHIND_S_MAX..=CLOCK_AHEAD_S_MAX).contains(&off_s)).then_some(off_s)
    }
}

/// That the box's clock is so far ahead of its cameras', s, in words; behind where that is negative.
pub fn clock_words(off_s: f64) -> String {
    let (far, cause) = (far_by_arrivals(off_s, WAYS_S, 1.0), cause(off_s, WAYS_S, 1.0));
    if off_s >= NEVER_SET_S {
        return format!(
            "this box's clock is {far} ahead of its cameras'{cause}: the cameras' was never set, and pitches are dated by this box's"
        );
    }
    let way = if off_s < 0.0 { "behind" } else { "ahead of" };
    format!(
        "this box's clock is {far} {way} its cameras'{cause}, so what it calls now is not their now: set the one that is wrong"
    )
}

/// That a camera's clock is so far ahead of the others', s, in words; behind where that is negative.
fn camera_words(off_s: f64) -> String {
    let (way, or) = if off_s < 0.0 { ("behind", ", or its line is far too slow") } else { ("ahead of", "") };
    format!("its clock is {} {way} the other cameras'{}{or}", far_by_arrivals(off_s, 5.0, 5.0), cause(off_s, 5.0, 5.0))
}

fn cause(off_s: f64, less: f64, more: f64) -> String {
    bracketed(usual_cause_by_arrivals(off_s, less, more))
}

/// The while in which more cameras than can be spared told of nothing; none where there was none, or it is not over.
fn too_many_missed(missed: &[(EventNs, EventNs)], spare: Option<usize>) -> Option<(EventNs, EventNs)> {
    let spare = spare?;
    let (mut begins, mut ends): (Vec<_>, Vec<_>) = missed.iter().copied().unzip();
    begins.sort_unstable();
    ends.sort_unstable_by(|a, b| b.cmp(a));
    let (from, to) = (*begins.get(spare)?, *ends.get(spare)?);
    (from < to && to.0 < u64::MAX).then_some((from, to))
}

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
        } else if kept.state.is_accused() || self.is_judged(index, now) {
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
        let clock = hearing.clock_off_s().map(clock_words).or_else(|| hearing.back_words());
        let sources = hearing.sources_off.as_ref().map(|(_, words)| words.clone());
        if anybody {
            self.alert_of(None, AlertKind::MoundCameras, None, now);
            self.alert_of(None, AlertKind::BoxClock, clock, now);
            self.alert_of(None, AlertKind::SourceClock, sources, now);
        } else if clock.is_some() {
            self.alert_of(None, AlertKind::BoxClock, clock, now);
        }
        if !anybody && listened_ns >= first.map_or(SILENT_NS, |_| heard_ns) {
            let why = match first {
                Some(_) => "no camera is heard: nothing is measured",
                None => "no camera was heard since the start: nothing is measured",
            };
            self.alert_of(None, AlertKind::MoundCameras, Some(why.to_owned()), now);
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
                "{name}: {heard} of {all} cameras send what results can use, and a pitch needs {FIT_CAMERAS_MIN}"
            ),
        });
        let enough = heard >= FIT_CAMERAS_MIN;
        self.alert_of(Some(at), AlertKind::MoundCameras, short, now);
        let long = self.unverified_for_s(at, now).is_some_and(|s| s >= UNVERIFIED_TOLD_S);
        let stands = self.lanes[at].alerts.contains_key(&AlertKind::RigUnverified);
        let unverified = ((enough || stands) && long).then(|| {
            let minutes = UNVERIFIED_TOLD_S / 60.0;
            format!("{name}: its cameras are unverified: no pitches and no landmarks said where they stand for {minutes:.0} min and more")
        });
        self.alert_of(Some(at), AlertKind::RigUnverified, unverified, now);
        let held = self.held(at, now);
        self.alert_of(Some(at), AlertKind::RigHeld, held, now);
    }

    /// That readiness is held on a mound where somebody throws, in words that stay true while it is.
    fn held(&self, at: usize, now: BoxNs) -> Option<String> {
        let (lane, limit) = (&self.lanes[at], self.limits.hold_below);
        let is_held = self.confidence(lane.mound, now).is_some_and(|confidence| confidence.fused < limit);
        (is_held && self.recent_throws(at, now) > 0).then(|| {
            let name = mound_in_words(&lane.name);
            format!("readiness is held: {name} is trusted to less than {}", asked_words(limit))
        })
    }

    /// Cameras that are silent or useless while others of their mound are not.
    fn listen_to_cameras(&mut self, at: usize, now: BoxNs) {
        let cameras = self.cameras_of(at);
        let (until, heard_ns) = (self.hearing.until, self.limits.heard_ns);
        let others = cameras.iter().any(|index| self.hearing.is_heard(self.cameras[*index].kept.id, until, heard_ns));
        for index in cameras {
            let stands = self.cameras[index].kept.alerts.contains_key(&AlertKind::Silent);
            let silent = self.silent(index, now).filter(|_| others || stands);
            self.alert(index, AlertKind::Silent, silent, now);
            let useless = self.useless_for_s(index, now).map(|(_, why)| why);
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
    fn alert_of(&mut self, lane: Option<usize>, kind: AlertKind, reason: Option<String>, now: BoxNs) {
        let mound = lane.map(|at| self.lanes[at].mound);
        let stands = self.alerts_of(lane).get_mut(&kind);
        let told = match (reason, stands) {
            (Some(reason), Some(standing)) => {
                standing.reason = reason;
                return;
            }
            (Some(reason), None) => {
                let standing = StandingAlert { kind, since: now, reason: reason.clone() };
                self.alerts_of(lane).insert(kind, standing);
                (EventKind::Raised(kind), reason)
            }
            (None, Some(_)) => {
                self.alerts_of(lane).remove(&kind);
                (EventKind::Cleared(kind), "over".to_owned())
            }
            (None, None) => return,
        };
        push_bounded(&mut self.events, Event { at: now, camera: 0, mound, kind: told.0, reason: told.1 }, EVENTS_MAX);
    }

    fn alerts_of(&mut self, lane: Option<usize>) -> &mut BTreeMap<AlertKind, StandingAlert> {
        match lane {
            Some(at) => &mut self.lanes[at].alerts,
            None => &mut self.hearing.alerts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::{Config, Limits};
    use super::*;
    use crate::tracking::venue::Venue;

    #[test]
    fn readiness_that_is_held_where_somebody_throws_is_an_alert_until_it_is_no_longer() {
        const S: u64 = 1_000_000_000;
        let mut now = BoxNs(1_800_000_000 * S);
        let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), now);
        let mut told = |calibration: &mut Calibration, hold_below: f64| -> Vec<(EventKind, Option<MoundId>)> {
            calibration.follow_limits(Limits { hold_below, ..calibration.limits() });
            for _ in 0..20 {
                now = BoxNs(now.0 + S);
                for id in 1..=18 {
                    calibration.arrived(id, EventNs(now.0 - S), now);
                    calibration.delivered(id, EventNs(now.0 - S), now);
                }
                calibration.listen(now);
            }
            calibration.drain_events().map(|event| (event.kind, event.mound)).collect()
        };
        let (raised, cleared) = (EventKind::Raised(AlertKind::RigHeld), EventKind::Cleared(AlertKind::RigHeld));
        assert_eq!(told(&mut calibration, 0.6), []);
        calibration.calibrated(BoxNs(1_800_000_020 * S));
        assert_eq!(told(&mut calibration, 0.95), [], "nobody throws");
        calibration.lanes[0].pitches.push_back(BoxNs(1_800_000_040 * S));
        assert_eq!(told(&mut calibration, 0.95), [(raised, Some(MoundId(0)))]);
        let words = &calibration.lanes[0].alerts[&AlertKind::RigHeld].reason;
        let asked =
            "the game mound is trusted to less than the 0.95 that hold_confidence asks for, more than cameras reach";
        assert!(words.contains(asked), "{words}");
        assert_eq!(told(&mut calibration, 0.9), [(cleared, Some(MoundId(0)))]);
    }

    fn missed(whiles: &[(u64, u64)]) -> Vec<(EventNs, EventNs)> {
        whiles.iter().map(|(from, to)| (EventNs(*from), EventNs(*to))).collect()
    }

    #[test]
    fn nothing_was_seen_while_more_cameras_than_can_be_spared_told_of_nothing() {
        let of =
            |whiles: &[(u64, u64)], spare| too_many_missed(&missed(whiles), spare).map(|(from, to)| (from.0, to.0));
        assert_eq!(of(&[(10, 70), (11, 71), (12, 69)], Some(2)), Some((12, 69)), "all of three");
        assert_eq!(of(&[(10, 70), (11, 71)], Some(2)), None, "a third one saw it");
        assert_eq!(of(&[(10, 70), (11, 71), (1, 3)], Some(2)), None, "a third one saw it, and missed something before");
        assert_eq!(
            of(&[(10, u64::MAX), (11, u64::MAX), (12, 69)], Some(2)),
            Some((12, 69)),
            "one is back, which is enough"
        );
        assert_eq!(of(&[(10, u64::MAX), (11, u64::MAX), (12, u64::MAX)], Some(2)), None, "it is not over");
        assert_eq!(of(&[(10, 70)], None), None, "never enough of them");
    }

    const TENTH: u64 = 100_000_000;

    /// Of which while it missed what was to be seen, tenths; frames by their own time and when they came.
    fn missed_of(frames: impl Iterator<Item = (u64, u64)>) -> Option<(u64, u64)> {
        let mut hearing = Hearing::new([1].into_iter(), BoxNs(0));
        frames.for_each(|(own, came)| hearing.delivered(1, EventNs(own * TENTH), BoxNs(came * TENTH)));
        hearing.of(1).missed_while.map(|(from, to)| (from.0 / TENTH, to.0 / TENTH)).filter(|(from, _)| *from > 0)
    }

    #[test]
    fn a_camera_missed_what_lies_between_two_of_its_frames_and_nothing_that_only_came_late() {
        let steady = || (10..60).map(|n| (n, n)).chain((40..65).map(|n| (n, n.max(60))));
        assert_eq!(missed_of(steady()), None);
        assert_eq!(missed_of(steady().chain([(120, 120), (121, 121)])), Some((64, 120)));
    }

    #[test]
    fn a_straggler_ends_no_silence() {
        let after = |came: &[u64]| missed_of((10..=300).chain(came.iter().copied()).map(|n| (n, n)));
        assert_eq!(after(&[740, 782, 783]), Some((300, 782)), "one straggler");
        assert_eq!(after(&[740, 741, 761, 782, 783]), Some((300, 782)), "and more of them");
        assert_eq!(after(&[330, 331, 332]), Some((300, 330)), "one of its own");
        let steady: Vec<u64> = (330..360).collect();
        assert_eq!(after(&[&steady[..], &[400]].concat()), Some((359, 400)), "it was back");
        assert_eq!(after(&[301, 302]), None, "a kill that lost nothing");
    }

    #[test]
    fn a_trickle_of_what_had_waited_on_its_way_ends_no_silence_however_long_it_lasts() {
        let before = || (10..=300).map(|n| (n, n));
        let trickle = || (330..400).map(|n| (n, 900));
        let on = || (905..950).map(|n| (n, n));
        assert_eq!(missed_of(before().chain(trickle())), Some((300, 330)), "as far as is known then");
        assert_eq!(missed_of(before().chain(trickle()).chain(on())), Some((300, 905)), "all of it was old");
        let back = || (400..500).map(|n| (n, n));
        let lost = before().chain(back()).chain([(900, 900)]);
        assert_eq!(missed_of(lost), Some((499, 900)), "it was back in between");
        let slow = before().chain((330..1_200).map(|n| (n, n + 50))).chain([(1_220, 1_230)]);
        assert_eq!(missed_of(slow), Some((1_199, 1_220)), "a line that was slow for longer than anything waits");
        // Of a run that knows nothing of the one before.
        assert_eq!(missed_of(trickle().chain(on()).skip(69)), None, "since when it missed nobody knows");
    }
}
