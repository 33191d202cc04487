//! Who is heard: cameras that are silent, that send nothing of use, and mounds with too few of them.
//!
//! All is judged in box time, from arrivals and by looks a second apart, so that a replay judges the same. Nobody is accused of
//! a time in which the box itself did not listen: silence counts from its return on, and only as far as the threads at its
//! sockets vouch for. What was not heard since the return is not heard: it is no camera that works, and an alert about it
//! stands as it stood, until the camera itself takes it back. A camera that was never heard counts as silent from the first
//! camera on that was; while none was, that is one statement about all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::away::Away;
use super::clock_set::{Before, back_words};
use super::event::AlertKind;
use super::report::StandingAlert;
use super::rules::FIT_CAMERAS_MIN;
use crate::ids::{BoxNs, EventNs};
use crate::moment::{
    NEVER_SET_S, WAYS_NS, WAYS_S, bracketed, far, far_by_arrivals, is_plausible, usual_cause_by_arrivals,
};

/// A camera that sent nothing, or nothing of use, for so long is an alert, s.
pub const ABSENT_S: f64 = 30.0;

pub(super) const SILENT_NS: u64 = ABSENT_S as u64 * 1_000_000_000;

/// One that sent nothing for so long is no camera that is known to be well, ns \[P\]: frames wait no longer on their way.
const QUIET_NS: u64 = 5_000_000_000;

/// So long after the first camera all of them are up, ns.
pub(super) const UP_NS: u64 = 10_000_000_000;

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
pub(super) const STEADY_NS: u64 = 3_000_000_000;

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
pub(super) struct Presence {
    /// Whether the venue has it.
    planned: bool,
    /// Arrival of its newest frame, whatever became of it.
    pub(super) arrived: Option<BoxNs>,
    /// Arrival less event time of that frame, ns.
    lag_ns: i64,
    /// Arrival of the first frame after it was silent, or of all.
    began: Option<BoxNs>,
    /// Event time of its newest frame that can be used.
    pub(super) newest: Option<EventNs>,
    /// Between which two of them it last told of nothing; from 0 where it never told of anything before.
    pub(super) missed_while: Option<(EventNs, EventNs)>,
    /// The least that its frames since then were behind the box's time when they could be used, ns.
    least_behind_ns: i64,
    /// When a frame of it last went on to the trackers: not refused, quarantined or late.
    pub(super) delivered: Option<BoxNs>,
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
    pub(super) since: BoxNs,
    pub(super) until: BoxNs,
    /// Until when the threads at the sockets vouch that what came was taken, told before the next look.
    pub(super) vouched: Option<BoxNs>,
    /// Arrival of the first frame of any camera.
    pub(super) first: Option<BoxNs>,
    /// How far the box's clock is ahead of its cameras', ns, 0 while they agree; and since when it has been about that.
    pub(super) apart: (i64, BoxNs),
    /// By how much the source that is no camera and whose clock is off most is off, s, and all of them in words.
    #[serde(default)]
    pub(super) sources_off: Option<(f64, String)>,
    /// What an earlier run knew of the clocks; none once this one has looked at it.
    #[serde(default)]
    pub(super) before: Option<Before>,
    /// Whiles in which nobody heard the cameras, because the box was away.
    #[serde(default)]
    pub(super) away: Away,
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
            away: Away::default(),
            each,
            alerts: BTreeMap::new(),
        }
    }

    /// Goes on where an earlier run stopped, whatever the clock did since: nobody is heard yet, and what stood stands.
    pub(super) fn go_on(&mut self, mut before: Self, now: BoxNs) {
        let lags = before.each.iter().map(|was| was.arrived.map(|_| was.lag_ns)).collect();
        self.before = Some(Before { stopped: before.awake, began: now, lags });
        let earlier = |at: BoxNs| at.min(BoxNs(now.0.saturating_sub(1)));
        self.away = std::mem::take(&mut before.away);
        self.away.back(before.last_arrival(), before.awake, now);
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
        self.away.arrived(arrival);
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
    pub(super) fn missed_while(&self, camera: u8, now: BoxNs, heard_ns: u64) -> Option<(EventNs, EventNs)> {
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
    pub(super) fn look(&mut self, now: BoxNs) {
        self.stir(now);
        self.until = self.vouched.take().map_or(now, |until| until.min(now));
    }

    /// For how long it has listened without a break, as of the last look, ns.
    pub(super) fn listened_ns(&self) -> u64 {
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
        each.chain(self.away.dates()).chain([&mut self.started]).chain(&mut self.first).filter(move |at| **at < began)
    }

    /// The box's clock is by so much farther ahead of its cameras' than an earlier run left it, ns.
    pub(super) fn clock_was_set(&mut self, by_ns: i64, now: BoxNs) {
        self.apart = (self.apart.0.saturating_add(by_ns), now);
    }

    /// The run that goes on from here was away until now.
    pub(super) fn was_away(&mut self, now: BoxNs) {
        self.away.back(self.last_arrival(), self.awake, now);
    }

    /// Arrival of the newest frame of any camera.
    fn last_arrival(&self) -> Option<BoxNs> {
        self.each.iter().filter_map(|own| own.arrived).max()
    }

    /// When any camera was heard last; none where none was, or nobody knows when.
    pub(super) fn heard_at(&self) -> Option<BoxNs> {
        let from =
            self.before.as_ref().filter(|before| before.behind_s().is_some()).map_or(BoxNs(0), |before| before.began);
        self.each.iter().filter_map(|own| own.arrived).filter(|at| *at >= from).max()
    }

    /// For how long it has been silent, s; `None` while that is not long, or no camera was ever heard.
    pub(super) fn silent_for_s(&self, camera: u8, now: BoxNs) -> Option<f64> {
        self.nothing_for_s(camera, now, SILENT_NS)
    }

    /// For how long nothing has come of it, s, where that is some seconds at least.
    pub(super) fn quiet_for_s(&self, camera: u8, now: BoxNs) -> Option<f64> {
        self.nothing_for_s(camera, now, QUIET_NS)
    }

    fn nothing_for_s(&self, camera: u8, now: BoxNs, least_ns: u64) -> Option<f64> {
        let last = self.of(camera).arrived.or(self.first)?;
        let listened = self.until.0.saturating_sub(last.max(self.since).0) >= least_ns;
        listened.then(|| now.0.saturating_sub(last.0) as f64 * 1e-9)
    }

    /// For how long it has sent nothing of use, s, and why; `None` where it does, is not heard, or that is not long.
    pub(super) fn useless_for_s(&self, camera: u8, now: BoxNs, heard_ns: u64) -> Option<(f64, String)> {
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
    pub(super) fn is_clock_off(&self, camera: u8, now: BoxNs, heard_ns: u64) -> bool {
        self.off_ns(camera, heard_ns).is_some()
            && self.of(camera).delivered.is_none_or(|at| self.until.0.saturating_sub(at.0) >= CLOCK_TOLD_NS)
            && self.useless_for_s(camera, now, heard_ns).is_some()
    }

    /// How far its clock is ahead of the other cameras', ns, where nothing of it can be believed for that.
    fn off_ns(&self, camera: u8, heard_ns: u64) -> Option<i64> {
        Some(self.ahead_ns(camera, heard_ns)).filter(|ns| !(-CAMERA_BEHIND_NS..=CAMERA_AHEAD_NS).contains(ns))
    }

    /// How far its clock is ahead of the other cameras', ns: of those of which something was of use just now.
    pub(super) fn ahead_ns(&self, camera: u8, heard_ns: u64) -> i64 {
        let is_used = |own: &&Presence| {
            own.delivered.is_some_and(|at| self.until.0.saturating_sub(at.0) < CLOCK_TOLD_NS.max(heard_ns))
        };
        let others = self.each.iter().enumerate().filter(|(of, _)| *of != usize::from(camera)).map(|(_, own)| own);
        let mut lags: Vec<i64> = others.filter(is_used).map(|own| own.lag_ns).collect();
        lags.sort_unstable();
        lags.get(lags.len() / 2).copied().unwrap_or(0).saturating_sub(self.of(camera).lag_ns)
    }

    /// Of a lag that tells what clocks are apart what is the cameras' clock alone: the least that several of them show.
    pub(super) fn less_the_way(&self, ns: i64) -> i64 {
        let mut near: Vec<i64> = self.each.iter().filter(|own| own.arrived.is_some()).map(|own| own.lag_ns).collect();
        near.retain(|lag| lag.abs_diff(ns) <= WAYS_NS);
        near.sort_unstable();
        near.get(FIT_CAMERAS_MIN).copied().unwrap_or(ns).min(ns)
    }

    /// Whether it has taken back that it sends nothing of use, since it was told so and the box was back: its frames are used, and
    /// it has a part in the pitches.
    pub(super) fn is_redeemed(&self, camera: u8, told: BoxNs) -> bool {
        let own = self.of(camera);
        let since = |at: Option<BoxNs>| at.is_some_and(|at| at >= told.max(self.back));
        since(own.delivered) && (own.missed < MISSED_PITCHES || since(own.part))
    }

    pub(super) fn of(&self, camera: u8) -> Presence {
        self.each.get(usize::from(camera)).copied().unwrap_or_default()
    }

    /// That the box's clock is behind its own records, in words, until cameras tell what it is.
    pub(super) fn back_words(&self) -> Option<String> {
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
pub(super) fn camera_words(off_s: f64) -> String {
    let (way, or) = if off_s < 0.0 { ("behind", ", or its line is far too slow") } else { ("ahead of", "") };
    format!("its clock is {} {way} the other cameras'{}{or}", far_by_arrivals(off_s, 5.0, 5.0), cause(off_s, 5.0, 5.0))
}

fn cause(off_s: f64, less: f64, more: f64) -> String {
    bracketed(usual_cause_by_arrivals(off_s, less, more))
}

/// The while in which more cameras than can be spared told of nothing; none where there was none, or it is not over.
pub(super) fn too_many_missed(missed: &[(EventNs, EventNs)], spare: Option<usize>) -> Option<(EventNs, EventNs)> {
    let spare = spare?;
    let (mut begins, mut ends): (Vec<_>, Vec<_>) = missed.iter().copied().unzip();
    begins.sort_unstable();
    ends.sort_unstable_by(|a, b| b.cmp(a));
    let (from, to) = (*begins.get(spare)?, *ends.get(spare)?);
    (from < to && to.0 < u64::MAX).then_some((from, to))
}

#[cfg(test)]
mod tests;
