//! Whose clock is off by how much, and what is made of it.
//!
//! All that is matched by time is matched in the *cameras' time*. A source whose clock is known to be off is taken as so much
//! later (or earlier) before anything judges it, which is one addition in front of the watermark buffer:
//!
//! - **Mark feeds and devices** are matched to the pitches by what most of their releases agree on: where a released mark (or a
//!   spin) is as far from a pitch of its mound as [`AGREE_MIN`] others are from theirs, within [`AGREE_NS`], and no other distance
//!   explains more than half as many, that is how far the clock is off. Until then its marks count for nothing as before. A
//!   distance that is a known one between time scales is that one exactly; any other is a mean of clicks, which says whose a
//!   pitch was and not when the ball left the hand.
//! - **Cameras** that count since their boot, or since 1970, are taken as so much later that their time is the box's, where that
//!   is a time that can be. Where neither shows one, what they see has no date. A feed or device that counts as they do is taken as
//!   they are.
//! - **What is held goes with them.** Where the cameras are taken as later than before and their own clocks did not step, all that is
//!   held and open moves as far, in the buffer and behind it: a throw in the air stays one flight. Where their clocks did step,
//!   what was held is let through as it is, and the rest of a throw in the air then makes no second one.
//!
//! How far a feed seems to be off before that is known is told by the arrivals of its newest marks, to within seconds.

use std::collections::{BTreeMap, VecDeque};

use firmware_protocol::MarkKind;
use serde::{Deserialize, Serialize};

use crate::ids::{BoxNs, EventNs, MoundId};
use crate::moment::{
    EARLIEST_NS, WAYS_NS, WAYS_S, bracketed, far, far_by_arrivals, is_plausible, rfc3339, usual_cause,
    usual_cause_by_arrivals,
};
use crate::reorder::{CAMERA_MAX, Route, SourceStatus, Stamped, TICK_BITS};
use crate::signal::Signal;

/// How far a source's clock is off the cameras': of a camera, off the others'.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceClock {
    /// The source.
    pub source: u8,
    /// Ahead of them, s; negative where it is behind. By arrivals, which hold ways of frames, unless more is known.
    pub ahead_s: f64,
    /// Whether that is so much that it is told.
    pub is_told: bool,
}

/// The first byte of what is kept of them over an orderly stop.
pub(super) const LAYOUT: u8 = 7;

const S: i64 = 1_000_000_000;
/// Mark feeds are sources from this one on, other devices those before it.
const FEED_MIN: u8 = 48;
/// Cameras whose time was corrected are corrected anew where it is this far from the box's: they began to count anew.
const ANEW_NS: u64 = 60_000_000_000;

/// No two throws of one mound are released within this, ns: a part of a flight is of the one that is so near …
const AIR_NS: u64 = 1_000_000_000;
/// … and published so long after its cameras' time stepped at most, ns of box time.
const CUT_NS: u64 = 30_000_000_000;

/// Releases of a device, and pitches of a mound, that are remembered.
const RELEASES: usize = 12;
const THROWS: usize = 36;
/// Marks of a feed that are taken again once its clock is known.
const MARKS: usize = 24;
/// So many releases must agree …
const AGREE_MIN: usize = 4;
/// … within this, ns: a person's click is that sloppy.
const AGREE_NS: i64 = 600_000_000;
/// A mark comes this long after its moment at most, ns, and before it by no more than cameras lag: of a time that is theirs alone it
/// is not known how long they take.
const LATE_NS: i64 = 30 * S;
const EARLY_NS: i64 = 10 * S;
/// A clock that is off by less is right, ns.
const OFF_NS: i64 = 250_000_000;
/// And by less than this nobody has to set it, ns.
const TOLD_NS: i64 = S;
/// Marks that seem later than this, ns, all of them, are of a clock that is behind.
const SEEMS_BEHIND_NS: i64 = 12 * S;
/// So many of the newest marks must seem so.
const SEEN: usize = 3;
/// A feed says nothing of its clock after so long without a mark, ns of box time.
const HEARD_NS: u64 = 600_000_000_000;
/// Known distances between time scales, s: TAI − UTC, GPS − UTC, TAI − GPS; and whole quarters of an hour.
const SCALES_S: [i64; 3] = [37, 18, 19];
const QUARTER_S: i64 = 900;
/// A distance this near to a known one is that one, ns.
const SNAP_NS: i64 = 100_000_000;

/// What is known of the clocks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Clocks {
    /// How much later the cameras' event times are taken.
    cameras_ns: i64,
    /// How far the system's clock is ahead of the box's: what it was set by since the start.
    wall_ns: i64,
    devices: BTreeMap<u8, Device>,
    /// Newest last.
    throws: VecDeque<(MoundId, u64, EventNs)>,
    /// What an earlier run knew of devices, until their first marks show that it still holds: shifts and whether they are exact.
    remembered: BTreeMap<u8, (i64, bool)>,
    /// What the box's clock and the cameras' show, where neither can be right.
    #[serde(skip)]
    never_set: Option<(BoxNs, BoxNs)>,
    /// Something to learn from came.
    #[serde(skip)]
    news: bool,
    /// Arrival less what the cameras themselves say, when last looked at: where it jumps they were set or began anew.
    #[serde(skip)]
    raw_lag_ns: Option<i64>,
    /// So many ticks later is all that is held to be taken, as its cameras are from now on.
    #[serde(skip)]
    moves: i64,
    /// When the cameras' time stepped last, and by how much as it is taken, to within what ways of frames differ.
    #[serde(skip)]
    stepped: Option<(BoxNs, i64)>,
}

/// What is known of a mark feed's or a device's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Device {
    /// How much later its event times are taken, and whether that is a known distance.
    shift_ns: i64,
    is_exact: bool,
    /// Mound and event time as told, and the cameras' time at the arrival.
    releases: VecDeque<(MoundId, i64, i64)>,
    /// How late the newest seemed by their arrival, ns.
    lates: VecDeque<i64>,
    heard: Option<BoxNs>,
    /// Whether it is taken otherwise now, and its newest marks were not taken again yet.
    #[serde(skip)]
    is_new: bool,
    /// As they came, to be taken again.
    #[serde(skip)]
    marks: VecDeque<Stamped<Signal>>,
}

impl Device {
    fn is_heard(&self, now: BoxNs) -> bool {
        self.heard.is_some_and(|at| now.0.saturating_sub(at.0) < HEARD_NS)
    }

    /// How far its clock is behind the cameras', ns; none while it is not off by more than marks may be, or than is to be told.
    fn behind_ns(&self, told_ns: i64) -> Option<i64> {
        if self.shift_ns != 0 {
            return Some(self.shift_ns).filter(|ns| ns.abs() > told_ns);
        }
        let least = *self.lates.iter().min()?;
        let is_off = !(-EARLY_NS..=SEEMS_BEHIND_NS).contains(&least);
        (self.lates.len() >= 2 && is_off).then_some(least)
    }
}

impl Clocks {
    /// Goes on with what another run knew; the marks that came meanwhile are kept.
    pub(super) fn resume(&mut self, known: Self) {
        let came = std::mem::replace(self, known).devices;
        for (source, device) in &mut self.devices {
            device.marks = came.get(source).map(|came| came.marks.clone()).unwrap_or_default();
        }
    }

    /// How much later a source's event times are taken, ns.
    pub(super) fn shift_ns(&self, source: u8) -> i64 {
        match source {
            ..=CAMERA_MAX => self.cameras_ns,
            _ => self.devices.get(&source).map_or(0, |device| device.shift_ns),
        }
    }

    /// A frame with its corrected time.
    pub(super) fn corrected(&self, frame: &Stamped<Signal>) -> Stamped<Signal> {
        let event = frame.event.0.saturating_add_signed(self.shift_ns(frame.source));
        Stamped { event: EventNs(event), ..*frame }
    }

    /// All that are taken as later, by source, ns.
    pub(super) fn shifts(&self) -> BTreeMap<u8, i64> {
        (1..=u8::MAX).map(|source| (source, self.shift_ns(source))).filter(|(_, ns)| *ns != 0).collect()
    }

    /// Whether a mark of that source says only whose a pitch was, and not when the ball left the hand.
    pub(super) fn is_rough(&self, source: u8) -> bool {
        self.cameras_ns != 0 || self.devices.get(&source).is_some_and(|device| device.shift_ns != 0 && !device.is_exact)
    }

    /// How much later the cameras' event times are taken, ns.
    pub(super) fn cameras_ns(&self) -> i64 {
        self.cameras_ns
    }

    /// How far the system's clock is ahead of the box's, ns.
    pub(super) fn wall_ns(&self) -> i64 {
        self.wall_ns
    }

    /// The system's clock is so far ahead of the box's. Whether that is news.
    pub(super) fn set_wall(&mut self, ns: i64) -> bool {
        let is_news = self.wall_ns.abs_diff(ns) > S as u64;
        if is_news {
            self.wall_ns = ns;
        }
        is_news
    }

    /// A frame was taken off its path; the box's clock is `clock_ns` ahead of the cameras'.
    #[inline]
    pub(super) fn hear(&mut self, frame: &Stamped<Signal>, clock_ns: i64) {
        if frame.source > CAMERA_MAX {
            self.hear_device(frame, clock_ns);
        }
    }

    #[cold]
    fn hear_device(&mut self, frame: &Stamped<Signal>, clock_ns: i64) {
        let is_release = match &frame.payload {
            Signal::Mark(mark) if mark.what == MarkKind::CalibrationDone => return,
            Signal::Mark(mark) => mark.what == MarkKind::PitchReleased,
            Signal::Spin(_) => true,
            _ => return,
        };
        let said = frame.event.0 as i64;
        let due = (frame.arrival.0 as i64).saturating_sub(clock_ns);
        let late = due.saturating_sub(said);
        let device = self.devices.entry(frame.source).or_default();
        let is_late = |late: i64| (-EARLY_NS..=LATE_NS).contains(&late);
        if device.shift_ns != 0 && !is_late(late - device.shift_ns) && is_late(late) {
            // It was set: it is right as it is now.
            let mut marks = std::mem::take(&mut device.marks);
            marks.retain(|mark| is_late((mark.arrival.0 as i64).saturating_sub(clock_ns) - mark.event.0 as i64));
            *device = Device { is_new: true, marks, ..Device::default() };
            self.news = true;
        }
        if let Some((shift_ns, is_exact)) = self.remembered.get(&frame.source).copied() {
            let goes_on = device.shift_ns == 0 && (-S..=WAYS_NS as i64).contains(&late.saturating_sub(shift_ns));
            if goes_on {
                (device.shift_ns, device.is_exact, device.is_new) = (shift_ns, is_exact, true);
                self.news = true;
            }
            if goes_on || device.lates.len() + 1 >= SEEN {
                self.remembered.remove(&frame.source);
            }
        }
        device.heard = Some(frame.arrival);
        push(&mut device.lates, late, SEEN);
        if is_release {
            push(&mut device.releases, (frame.payload.mound(frame.source), said, due), RELEASES);
        }
        push(&mut device.marks, *frame, MARKS);
    }

    /// A pitch was published with this release.
    pub(super) fn threw(&mut self, mound: MoundId, id: u64, release: EventNs) {
        if let Some(known) = self.throws.iter_mut().find(|(_, known, _)| *known == id) {
            known.2 = release;
        } else {
            push(&mut self.throws, (mound, id, release), THROWS);
            self.news = true;
        }
    }

    /// Learns from what came since. The newest marks, as they came, of those whose clocks became known, or were set.
    pub(super) fn learn(&mut self) -> Vec<Stamped<Signal>> {
        let mut again = Vec::new();
        if !std::mem::take(&mut self.news) {
            return again;
        }
        for device in self.devices.values_mut() {
            if std::mem::take(&mut device.is_new) {
                again.extend(&device.marks);
                continue;
            }
            let Some(agreed) = agreed(&device.releases, &self.throws) else { continue };
            if self.cameras_ns != 0 && (OFF_NS..EARLY_NS).contains(&agreed.abs()) {
                // The box's time of cameras that were never set is ahead by their way, which marks tell.
                let ticks = -agreed >> TICK_BITS;
                self.moves += ticks;
                self.cameras_ns = self.cameras_ns.saturating_add(ticks << TICK_BITS);
                for (.., release) in &mut self.throws {
                    release.0 = release.0.saturating_add_signed(ticks << TICK_BITS);
                }
                again.extend(&device.marks);
                continue;
            }
            let exact = exactly(agreed);
            let shift_ns = exact.unwrap_or(agreed);
            let shift_ns = if shift_ns.abs() <= OFF_NS { 0 } else { shift_ns };
            let keeps = exact.is_none() && device.shift_ns.abs_diff(shift_ns) <= AGREE_NS as u64 / 2;
            if shift_ns != device.shift_ns && !keeps {
                (device.shift_ns, device.is_exact) = (shift_ns, exact.is_some());
                again.extend(&device.marks);
            }
        }
        again
    }

    /// Looks at the cameras' clocks against the box's. Whether they are taken as later by something else from now on.
    pub(super) fn look(&mut self, cameras: impl Iterator<Item = SourceStatus>, median_lag_ns: i64, now: BoxNs) -> bool {
        let seen = (now.0 as i64).saturating_sub(median_lag_ns).saturating_sub(self.cameras_ns);
        let seen = BoxNs(u64::try_from(seen).unwrap_or(0));
        let is_right = is_plausible(seen.0);
        let wall = now.0.saturating_add_signed(self.wall_ns);
        let ahead_ns = median_lag_ns.saturating_add(self.wall_ns);
        self.never_set = (!is_right && self.cameras_ns == 0 && !is_plausible(wall)).then_some((BoxNs(wall), seen));
        let cameras_ns = if is_right {
            0
        } else if is_plausible(wall) && (self.cameras_ns == 0 || ahead_ns.unsigned_abs() > ANEW_NS) {
            // The shortest way of those that agree: nothing is seen before it was.
            let lags = cameras.filter(|camera| camera.source <= CAMERA_MAX).filter_map(|camera| camera.lag_ns);
            let least = lags.filter(|lag| lag.abs_diff(median_lag_ns) <= WAYS_NS).min().unwrap_or(median_lag_ns);
            self.cameras_ns.saturating_add(least).saturating_add(self.wall_ns)
        } else {
            self.cameras_ns
        };
        let before = self.cameras_ns;
        let raw_lag_ns = median_lag_ns.saturating_add(before);
        let was = self.raw_lag_ns.replace(raw_lag_ns);
        let stepped = was.is_some_and(|was| was.abs_diff(raw_lag_ns) > ANEW_NS);
        let ticks = cameras_ns.saturating_sub(before) >> TICK_BITS;
        self.cameras_ns = if cameras_ns == 0 { 0 } else { before.saturating_add(ticks << TICK_BITS) };
        if cameras_ns != 0 && !stepped {
            // Nobody's clock stepped but the one that they are dated by: what is held was seen by the same clock.
            self.moves += ticks;
        }
        if let Some(was) = was.filter(|_| stepped) {
            self.stepped = Some((now, was.saturating_sub(before).saturating_sub(raw_lag_ns) + self.cameras_ns));
            // What came by clocks that were set before the cameras' were is of their time now.
            self.devices.values_mut().for_each(|device| device.is_new = true);
            self.news = true;
        }
        if before == 0 && cameras_ns != 0 {
            self.move_on(self.cameras_ns);
        }
        self.follow_cameras();
        before != self.cameras_ns
    }

    /// Whether a release is that of a throw of before a step of the cameras' clocks, which was in the air meanwhile.
    pub(super) fn is_cut_off(&self, release: EventNs, before: EventNs, now: BoxNs) -> bool {
        self.stepped.is_some_and(|(at, by_ns)| {
            now.0.saturating_sub(at.0) < CUT_NS && release.0.abs_diff(before.0.saturating_add_signed(by_ns)) < AIR_NS
        })
    }

    /// Whether a frame, as it came, is of the cameras' time, ways apart.
    pub(super) fn is_of_now(&self, frame: &Stamped<Signal>) -> bool {
        let way_ns = (frame.arrival.0 as i64).saturating_sub(self.corrected(frame).event.0 as i64);
        self.raw_lag_ns.is_none_or(|lag_ns| way_ns.abs_diff(lag_ns.saturating_sub(self.cameras_ns)) < ANEW_NS)
    }

    /// So many ticks later all that is held is to be taken, since this was asked last.
    pub(super) fn take_moves(&mut self) -> i64 {
        std::mem::take(&mut self.moves)
    }

    /// The cameras' time is another from now on.
    fn move_on(&mut self, by_ns: i64) {
        for device in self.devices.values_mut() {
            // Where the box's clock was not told from theirs yet, it is so late by the new time already.
            for late in device.lates.iter_mut().filter(|late| late.abs() < by_ns.abs() / 2) {
                *late = late.saturating_add(by_ns);
            }
            for (.., said, due) in &mut device.releases {
                if said.abs_diff(*due) < by_ns.unsigned_abs() / 2 {
                    *due = due.saturating_add(by_ns);
                }
            }
        }
        for (.., release) in &mut self.throws {
            release.0 = release.0.saturating_add_signed(by_ns);
        }
    }

    /// What counts as cameras do that were never set is taken as they are.
    fn follow_cameras(&mut self) {
        let shift_ns = self.cameras_ns;
        for device in self.devices.values_mut().filter(|device| shift_ns != 0 && device.shift_ns == 0) {
            let is_alike = |late: &i64| (-EARLY_NS..=SEEMS_BEHIND_NS).contains(&late.saturating_sub(shift_ns));
            if device.lates.iter().min().is_some_and(is_alike) {
                (device.shift_ns, device.is_exact, device.is_new) = (shift_ns, false, true);
                self.news = true;
            }
        }
    }

    /// Whether what cameras see has no date, because no clock was ever set.
    pub(super) fn is_never_set(&self) -> bool {
        self.never_set.is_some()
    }

    /// What an orderly stop keeps: how far devices' clocks are off, as far as that is known.
    pub(super) fn kept(&self) -> BTreeMap<u8, (i64, bool)> {
        let known = self.devices.iter().filter(|(_, device)| device.shift_ns != 0);
        let known = known.map(|(source, device)| (*source, (device.shift_ns, device.is_exact)));
        known.chain(self.remembered.iter().map(|(source, kept)| (*source, *kept))).collect()
    }

    /// Remembers what an earlier run kept. Of a source it is believed once one of its first marks comes as late as it says.
    pub(super) fn remember(&mut self, kept: BTreeMap<u8, (i64, bool)>) {
        self.remembered = kept;
    }

    /// The same in words, a sentence each.
    pub(super) fn words(&self, now: BoxNs) -> Vec<String> {
        self.never_set_words().into_iter().chain(words(&self.off(now), true)).collect()
    }

    /// All of it in words, and by how much the one is off that is off most, s.
    pub(super) fn most_off(&self, now: BoxNs) -> Option<(f64, String)> {
        let off = self.off(now);
        let never_set = self.never_set.map(|(this_box, _)| (this_box.0 as f64 - EARLIEST_NS as f64) * 1e-9);
        let most = off.iter().map(|off| off.ahead_s).chain(never_set).max_by(|a, b| a.abs().total_cmp(&b.abs()))?;
        let told: Vec<String> = self.never_set_words().into_iter().chain(words(&off, false)).collect();
        Some((most, told.join("; ")))
    }

    fn never_set_words(&self) -> Option<String> {
        let (this_box, cameras) = self.never_set?;
        let shown = |at: BoxNs| rfc3339(at).get(..16).unwrap_or_default().replace('T', " ");
        let (this_box, cameras) = (shown(this_box), shown(cameras));
        Some(format!(
            "this box's clock shows {this_box} and its cameras' {cameras}, which were never set: what is thrown has no date \
             until this box's clock is set"
        ))
    }

    /// Of mark feeds whose marks match no pitch yet, in words.
    pub(super) fn unmatched(&self, now: BoxNs) -> Option<String> {
        let mut off = self.off(now);
        off.retain(|off| off.source >= FEED_MIN && !off.is_allowed_for);
        words(&off, true).into_iter().next()
    }

    /// How far each source that is no camera is off the cameras, of those that were heard of late.
    pub(super) fn of_sources(&self, now: BoxNs) -> impl Iterator<Item = SourceClock> {
        let off = self.off(now);
        let heard = self.devices.iter().filter(|(_, device)| device.is_heard(now));
        let heard: Vec<u8> = heard.map(|(source, _)| *source).collect();
        heard.into_iter().map(move |source| {
            let told = off.iter().find(|off| off.source == source);
            SourceClock { source, ahead_s: told.map_or(0.0, |off| off.ahead_s), is_told: told.is_some() }
        })
    }

    /// How far sources that are no cameras are off the cameras, s, negative where they are behind, as far as they were heard of late.
    pub(super) fn off(&self, now: BoxNs) -> Vec<Off> {
        // The box's time of cameras that were never set is short of their way.
        let told_ns = if self.cameras_ns == 0 { TOLD_NS } else { EARLY_NS };
        let of = |(source, device): (&u8, &Device)| {
            let behind_ns = device.behind_ns(told_ns).filter(|_| device.is_heard(now))?;
            // Of the cameras' own clock the box tells.
            let is_theirs = self.cameras_ns != 0 && behind_ns.abs_diff(self.cameras_ns) < EARLY_NS as u64;
            if is_theirs {
                return None;
            }
            Some(Off { source: *source, ahead_s: -(behind_ns as f64) * 1e-9, is_allowed_for: device.shift_ns != 0 })
        };
        self.devices.iter().filter_map(of).collect()
    }
}

/// How far a source that is no camera is off the cameras.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Off {
    pub(super) source: u8,
    /// Ahead of them, s.
    pub(super) ahead_s: f64,
    /// Whether it is known well enough to be allowed for.
    pub(super) is_allowed_for: bool,
}

/// `mark feeds 48 and 49: their clock is 37 s behind the cameras' (TAI against UTC)`, and where that is asked for what is made of it, a
/// sentence for those that are alike.
fn words(off: &[Off], with_use: bool) -> Vec<String> {
    let mut alike: BTreeMap<(bool, String), Vec<u8>> = BTreeMap::new();
    for Off { source, ahead_s, is_allowed_for } in off {
        let way = if *ahead_s < 0.0 { "behind" } else { "ahead of" };
        let (far, cause) = if *is_allowed_for {
            (far(*ahead_s), usual_cause(*ahead_s))
        } else {
            (far_by_arrivals(*ahead_s, WAYS_S, 2.0), usual_cause_by_arrivals(*ahead_s, WAYS_S, 2.0))
        };
        let cause = bracketed(cause);
        let then = match (with_use, *is_allowed_for) {
            (false, _) => "",
            (true, true) => ", which is allowed for",
            (true, false) => ", and what it says matches no pitch until several agree by how much",
        };
        let told = format!("clock is {far} {way} the cameras'{cause}{then}: set the one that is wrong");
        alike.entry((*source < FEED_MIN, told)).or_default().push(*source);
    }
    let sentence = |((is_device, told), sources): ((bool, String), Vec<u8>)| {
        let kind = if is_device { "device" } else { "mark feed" };
        match &sources[..] {
            [one] => format!("{kind} {one}'s {told}"),
            [first @ .., last] => {
                let first: Vec<String> = first.iter().map(u8::to_string).collect();
                format!("{kind}s {} and {last}: their {told}", first.join(", "))
            }
            [] => told,
        }
    };
    alike.into_iter().map(sentence).collect()
}

fn push<T>(list: &mut VecDeque<T>, value: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(value);
}

/// The known distance that this one is.
fn exactly(ns: i64) -> Option<i64> {
    let known = SCALES_S.into_iter().flat_map(|s| [s, -s]).map(|s| s * S);
    let quarters = (ns + ns.signum() * QUARTER_S * S / 2) / (QUARTER_S * S) * QUARTER_S * S;
    known.chain([quarters, 0]).find(|known| known.abs_diff(ns) <= SNAP_NS as u64)
}

/// By how much releases of one device are before the pitches that they are of, ns, as most agree; none while too few do, or others
/// agree on something else.
fn agreed(releases: &VecDeque<(MoundId, i64, i64)>, throws: &VecDeque<(MoundId, u64, EventNs)>) -> Option<i64> {
    let mut apart: Vec<(i64, usize)> = Vec::new();
    for (at, (mound, said, due)) in releases.iter().enumerate() {
        let of_mound = throws.iter().filter(|(of, ..)| of == mound).map(|(.., release)| release.0 as i64);
        let came = of_mound.filter(|release| (-EARLY_NS..=LATE_NS).contains(&due.saturating_sub(*release)));
        apart.extend(came.map(|release| (release.saturating_sub(*said), at)));
    }
    apart.sort_unstable();
    // Each as the first of a window.
    let windows: Vec<(usize, i64, i64)> = apart
        .iter()
        .enumerate()
        .map(|(from, (least, _))| {
            let within = apart[from..].iter().take_while(|(ns, _)| ns.saturating_sub(*least) <= AGREE_NS);
            let mut window: Vec<(i64, usize)> = within.copied().collect();
            let middle = window[window.len() / 2].0;
            window.sort_unstable_by_key(|(_, at)| *at);
            window.dedup_by_key(|(_, at)| *at);
            (window.len(), *least, middle)
        })
        .collect();
    let (most, least, middle) = *windows.iter().max_by_key(|(count, ..)| *count)?;
    let is_other = |other: i64| other.abs_diff(least) > 2 * AGREE_NS as u64;
    let rival = windows.iter().filter(|(_, other, _)| is_other(*other)).map(|(count, ..)| *count).max().unwrap_or(0);
    (most >= AGREE_MIN && 2 * rival <= most).then_some(middle)
}

#[cfg(test)]
mod tests;
