//! Whose the throws are: how the mark feed does, and how many throws count for nobody.
//!
//! A throw is counted when it is final, which no mark can rename any more, so a count never falls but for a pitch that is
//! measured again with the mark that it had missed. "Today" is the day of baseball.
//!
//! Warm-ups have no mark, and a pitch of a running inning has one: an inning runs on the game mound from its first released mark
//! on, until it ends, another one starts, or another man is named there. So a mark feed that dies is told by the second throw
//! without a mark while an inning runs, and in a break once there are more throws than anybody warms up with, or for longer, or
//! as hard and as far apart as pitches of a game. After the box was away nobody knows which of the two it is until the first mark:
//! a throw before that is somebody's.

use std::collections::{BTreeMap, VecDeque};

use firmware_protocol::{Mark, MarkKind};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::attribution::{AttributionStatus, MarkFeedState, MoundAttribution};
use crate::day::game_date;
use crate::ids::{BoxNs, EventNs, MoundId, PitchId};
use crate::moment::rfc3339;
use crate::records::{PitchRecord, State, WITHDRAWN};
use crate::tracking::venue::{Venue, mound_in_words};
use crate::words::{agreeing, counted};

/// A mark feed lives for so long after its newest mark, box time \[P\]: longer than any break of a game that goes on
/// (between innings, a change of pitchers, a review), shorter than half an inning.
const FEED_LIVES_NS: u64 = 5 * 60 * 1_000_000_000;
/// More throws on the game mound than this without a released mark between them are no warm-ups \[P\]: there are eight in a
/// break, and a few more after rain or an injury.
const WARM_UPS_MAX: u32 = 12;
/// Nor are those that come so long after the first of a break, ns \[P\]: a break lasts little longer, with the walk to the mound.
const WARM_UP_NS: u64 = 150 * 1_000_000_000;
/// Nor so many as hard as pitches of the game, each so long after the throw before it, ns \[P\]: a game's come 20 s apart, and who
/// warms up does not wait for a batter.
const HARD_MIN: usize = 4;
const APART_NS: u64 = 15 * 1_000_000_000;
/// As hard is what is no slower by more than this, mph, than the faster quarter of the last pitches \[P\]; known once there were as
/// many of them.
const SLOWER_MPH: f64 = 3.0;
const SPEEDS_MIN: usize = 12;
const SPEEDS_KEPT: usize = 64;
/// So many throws without a released mark while an inning runs are no chance \[P\]: one mark may be lost, or one ball be thrown
/// that is no pitch.
const UNMARKED_MIN: u32 = 2;

/// What is known of whose the throws are.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    /// Names of the mounds, in the order of `known.mounds`.
    names: Vec<String>,
    known: Known,
}

/// Of it what outlives a kill.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Known {
    /// The day that the counts below are of.
    day: Option<Date>,
    /// Event time and arrival of the newest mark.
    marked: Option<(EventNs, BoxNs)>,
    /// Throws of nobody since then.
    since_mark: u32,
    /// Since when the box listens again that was away.
    back: Option<EventNs>,
    /// Release speeds of the last pitches on the game mound that are somebody's, mph.
    speeds: VecDeque<f64>,
    mounds: Vec<Tally>,
}

/// One mound.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Tally {
    mound: MoundId,
    marked: Option<BoxNs>,
    /// Event time and arrival of the newest released mark, and whom it named.
    released: Option<(EventNs, BoxNs)>,
    thrower: u32,
    /// Event time of the newest mark that an inning starts or ends, or that another man takes the mound.
    turned: Option<EventNs>,
    /// Throws of nobody today, since the newest released mark, and ever since the start.
    today: u32,
    /// When the first and the last of today were thrown.
    today_between: Option<(EventNs, EventNs)>,
    since_release: u32,
    total: u64,
    /// Throws of nobody since the newest released mark, ascending, until they are known to be no warm-ups.
    warm_ups: Vec<WarmUp>,
    /// The newest throws that are somebody's and have no name, in a bullpen all that have none.
    owed: Vec<(PitchId, EventNs)>,
    /// Of them those that were taken for warm-ups at first.
    doubted: Vec<(PitchId, EventNs)>,
    /// Event times of the newest released marks, and of the newest turns, ascending: a throw is final some pitches later.
    releases: Vec<EventNs>,
    turns: Vec<EventNs>,
}

/// A throw that may be one to warm up.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct WarmUp {
    id: PitchId,
    at: EventNs,
    is_hard: bool,
    /// Whether it turned out to be somebody's.
    is_owed: bool,
}

/// As many of them are kept.
const WARM_UPS_KEPT: usize = 64;
const OWED_KEPT: usize = 64;

/// Frames come so long after what they show at most, and are of use, ns: what was thrown so soon before the box was back is measured by it,
/// and its mark, which comes sooner, was missed.
const UNDER_WAY_NS: u64 = 8_000_000_000;
/// As many of them are kept: nobody throws more pitches in the time that one takes to become final.
const MARKS_KEPT: usize = 8;

fn newest_before(kept: &[EventNs], at: EventNs) -> Option<EventNs> {
    kept.iter().rev().find(|event| **event < at).copied()
}

/// Keeps an event time at its place.
fn keep(kept: &mut Vec<EventNs>, event: EventNs) {
    if let Err(place) = kept.binary_search(&event) {
        kept.insert(place, event);
        if kept.len() > MARKS_KEPT {
            kept.remove(0);
        }
    }
}

impl Whose {
    pub(super) fn new(venue: &Venue) -> Self {
        let tally = |mound| Tally {
            mound,
            marked: None,
            released: None,
            thrower: 0,
            turned: None,
            today: 0,
            today_between: None,
            since_release: 0,
            total: 0,
            warm_ups: Vec::new(),
            owed: Vec::new(),
            doubted: Vec::new(),
            releases: Vec::new(),
            turns: Vec::new(),
        };
        Self {
            names: venue.mounds.iter().map(|mound| mound.name.clone()).collect(),
            known: Known {
                day: None,
                marked: None,
                since_mark: 0,
                back: None,
                speeds: VecDeque::new(),
                mounds: venue.mounds.iter().map(|mound| tally(mound.id)).collect(),
            },
        }
    }

    /// What outlives a kill.
    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// Goes on with what another run of the same rig knew.
    pub(super) fn resume(&mut self, known: Known) {
        self.known = known;
    }

    /// The box was away until now: marks that came meanwhile were not heard.
    pub(super) fn was_away(&mut self, now: EventNs) {
        self.known.back = Some(now);
    }

    /// A mark came.
    pub(super) fn hear(&mut self, mark: &Mark, event: EventNs, arrival: BoxNs) {
        if mark.what == MarkKind::CalibrationDone {
            return;
        }
        let known = &mut self.known;
        known.marked = known.marked.max(Some((event, arrival)));
        known.since_mark = 0;
        let Some(tally) = known.mounds.iter_mut().find(|tally| tally.mound.0 == mark.mound) else { return };
        tally.marked = tally.marked.max(Some(arrival));
        let is_newest = tally.released.is_none_or(|(newest, _)| newest <= event);
        match mark.what {
            MarkKind::PitchReleased => {
                tally.released = tally.released.max(Some((event, arrival)));
                tally.thrower = if is_newest { mark.pitcher } else { tally.thrower };
                tally.since_release = 0;
                tally.warm_ups.clear();
                keep(&mut tally.releases, event);
            }
            MarkKind::InningStart | MarkKind::InningEnd => tally.turn(event),
            MarkKind::PitcherOnMound if mark.pitcher != tally.thrower && is_newest => tally.turn(event),
            MarkKind::PitcherOnMound | MarkKind::PitchEnded | MarkKind::CalibrationDone => {}
        }
    }

    /// Takes back a throw of nobody's of before the start: since when no mark came is counted from the start.
    pub(super) fn recall(&mut self, record: &PitchRecord) {
        let known = &self.known;
        let before: Vec<u32> = known.mounds.iter().map(|tally| tally.since_release).collect();
        let since_mark = known.since_mark;
        self.count(record);
        self.known.since_mark = since_mark;
        self.known.mounds.iter_mut().zip(before).for_each(|(tally, before)| tally.since_release = before);
    }

    /// Counts a throw of nobody that is final. Returns the throws of the game mound that have just turned out to be somebody's, by
    /// their number and release: this one in a running inning, all since the last mark once they are too many to be warm-ups.
    pub(super) fn count(&mut self, record: &PitchRecord) -> Vec<(PitchId, EventNs)> {
        let known = &mut self.known;
        let Some(tally) = known.mounds.iter_mut().find(|tally| tally.mound.0 == record.mound) else {
            return Vec::new();
        };
        tally.total += 1;
        let Ok(day) = record.game_date.parse::<Date>() else { return Vec::new() };
        if known.day.is_none_or(|known| known < day) {
            (known.day, known.since_mark) = (Some(day), 0);
            for tally in &mut known.mounds {
                (tally.today, tally.today_between, tally.since_release) = (0, None, 0);
                tally.warm_ups.clear();
            }
        }
        let Some(tally) = known.mounds.iter_mut().find(|tally| tally.mound.0 == record.mound) else {
            return Vec::new();
        };
        if known.day != Some(day) {
            return Vec::new();
        }
        let after = |marked: Option<(EventNs, BoxNs)>| marked.is_none_or(|(event, _)| record.release_ns > event.0);
        tally.today += 1;
        let thrown = EventNs(record.release_ns);
        let (first, last) = tally.today_between.unwrap_or((thrown, thrown));
        tally.today_between = Some((first.min(thrown), last.max(thrown)));
        known.since_mark += u32::from(after(known.marked));
        let is_newer = after(tally.released);
        tally.since_release += u32::from(is_newer);
        let this = (PitchId(record.id), EventNs(record.release_ns));
        if tally.mound != MoundId::GAME {
            tally.owe(this);
            return Vec::new();
        }
        if tally.was_inning_on(this.1) || known.back.is_some_and(|back| tally.is_first_since(this.1, back)) {
            tally.owe(this);
            return vec![this];
        }
        if !is_newer {
            return Vec::new();
        }
        let is_hard = record.values.release_speed.zip(hard_mph(&known.speeds)).is_some_and(|(mph, hard)| mph >= hard);
        tally.warm_up(WarmUp { id: this.0, at: this.1, is_hard, is_owed: false });
        let owed = tally.no_warm_ups(this.1);
        for throw in &owed {
            tally.owe(*throw);
        }
        tally.doubted.extend(&owed);
        let more = tally.doubted.len().saturating_sub(OWED_KEPT);
        tally.doubted.drain(..more);
        owed
    }

    /// Takes how fast a final pitch on the game mound was that is somebody's.
    pub(super) fn pitched(&mut self, record: &PitchRecord) {
        let Some(mph) = record.values.release_speed.filter(|_| record.mound == MoundId::GAME.0) else { return };
        let speeds = &mut self.known.speeds;
        if speeds.len() == SPEEDS_KEPT {
            speeds.pop_front();
        }
        speeds.push_back(mph);
    }

    /// Throws on a mound between two pitches that follow each other were warm-ups after all, as numbers tell; returns those that
    /// had been told as somebody's.
    pub(super) fn were_warm_ups(&mut self, mound: MoundId, from: EventNs, to: EventNs) -> Vec<PitchId> {
        let tally = self.known.mounds.iter_mut().find(|tally| tally.mound == mound);
        let Some(tally) = tally else { return Vec::new() };
        let (those, others) = tally.doubted.iter().partition(|(_, at)| *at > from && *at < to);
        tally.doubted = others;
        let those: Vec<(PitchId, EventNs)> = those;
        tally.owed.retain(|throw| !those.contains(throw));
        those.into_iter().map(|(id, _)| id).collect()
    }

    /// A throw of nobody turned out to be somebody's.
    pub(super) fn owe(&mut self, mound: MoundId, throw: (PitchId, EventNs)) {
        if let Some(tally) = self.known.mounds.iter_mut().find(|tally| tally.mound == mound) {
            tally.owe(throw);
        }
    }

    /// Takes back a throw that turned out to be somebody's: it was measured again with its mark.
    pub(super) fn uncount(&mut self, record: &PitchRecord) {
        let known = &mut self.known;
        let Some(tally) = known.mounds.iter_mut().find(|tally| tally.mound.0 == record.mound) else { return };
        tally.total = tally.total.saturating_sub(1);
        tally.owed.retain(|(id, _)| id.0 != record.id);
        if record.game_date.parse().ok() == known.day {
            tally.today = tally.today.saturating_sub(1);
            // Which throws are left is not kept: they lie between the same two.
            tally.today_between = tally.today_between.filter(|_| tally.today > 0);
        }
    }

    /// In words, throws of the last minutes that are somebody's and have no name; empty where there are none.
    fn owed(&self, seen_now: BoxNs, zone: &TimeZone) -> String {
        let told = self.names.iter().zip(&self.known.mounds).filter_map(|(name, tally)| {
            // A bullpen's man may be named with his second throw.
            let least = if tally.mound == MoundId::GAME { 1 } else { UNMARKED_MIN as usize };
            let (count, last) = tally.owed_of_late(seen_now).filter(|(count, _)| *count >= least)?;
            let (count, place, last) = (throws(count as u64), placed(name), clock(BoxNs(last.0), seen_now, zone));
            Some(format!(
                "{count} of the last five minutes {place} must be somebody's and no mark says whose, the last at {last}"
            ))
        });
        told.collect::<Vec<_>>().join("; ")
    }

    /// How many throws of today count for nobody, where they were thrown, and when by the park's clock; empty where none do.
    fn today(&self, is_today: bool, seen_now: BoxNs, zone: &TimeZone) -> String {
        let told = self.names.iter().zip(&self.known.mounds).filter(|(_, tally)| is_today && tally.today > 0);
        let all: u64 = told.clone().map(|(_, tally)| u64::from(tally.today)).sum();
        let mounds = told.map(|(name, tally)| {
            let clock = |at: EventNs| clock(BoxNs(at.0), seen_now, zone);
            let when = match tally.today_between.map(|(first, last)| (clock(first), clock(last))) {
                Some((first, last)) if first == last => format!(" at {last}"),
                Some((first, last)) => format!(" between {first} and {last}"),
                None => String::new(),
            };
            format!("{} {}{when}", tally.today, placed(name))
        });
        let mounds: Vec<String> = mounds.collect();
        if all == 0 {
            return String::new();
        }
        format!("{} today {} for nobody: {}", throws(all), agreeing(all, "counts", "count"), mounds.join("; "))
    }

    /// Whether throws on the game mound count for nobody that are somebody's: nobody tells any more whose they are.
    pub(super) fn is_untold(&self) -> bool {
        self.known.mounds.iter().any(|tally| tally.mound == MoundId::GAME && tally.unmarked().is_some())
    }

    /// How it stands at `now`, in the park's zone; the day is that of `seen_now`, by the cameras' clock, as the pitches' are.
    /// `off` says in words that marks come which match no pitch.
    pub(super) fn status(&self, now: BoxNs, seen_now: BoxNs, zone: &TimeZone, off: Option<&str>) -> AttributionStatus {
        let known = &self.known;
        let today = game_date(seen_now.0, zone);
        let is_today = known.day == Some(today);
        let of_today = |count: u32| if is_today { count } else { 0 };
        let mounds: Vec<MoundAttribution> = self
            .names
            .iter()
            .zip(&known.mounds)
            .map(|(name, tally)| MoundAttribution {
                mound: tally.mound.0,
                name: name.clone(),
                unattributed_today: of_today(tally.today).into(),
                unattributed_from: tally.today_between.filter(|_| is_today).map(|(first, _)| rfc3339(BoxNs(first.0))),
                unattributed_to: tally.today_between.filter(|_| is_today).map(|(_, last)| rfc3339(BoxNs(last.0))),
                unattributed: tally.total,
                last_mark_at: tally.marked.map(rfc3339),
                last_released_mark_at: tally.released.map(|(_, arrival)| rfc3339(arrival)),
                waiting: None,
                deserted: false,
            })
            .collect();
        let by_mound: BTreeMap<String, u64> = mounds.iter().map(|m| (m.name.clone(), m.unattributed_today)).collect();
        let of_game = known.mounds.iter().find(|tally| tally.mound == MoundId::GAME);
        let since_mark = known.since_mark;
        let unmarked = of_game.and_then(Tally::unmarked).filter(|_| is_today);
        let mark_feed = match known.marked {
            None => MarkFeedState::Never,
            Some((_, arrival)) if now.0.saturating_sub(arrival.0) >= FEED_LIVES_NS => MarkFeedState::Silent,
            // Marks of another kind may still come.
            Some(_) if unmarked.is_some_and(|count| since_mark >= count) => MarkFeedState::Silent,
            Some(_) => MarkFeedState::Live,
        };
        let told = Told {
            feed: mark_feed,
            last_mark: known.marked.map(|(_, arrival)| clock(arrival, now, zone)).unwrap_or_default(),
            since_mark: of_today(since_mark),
            unmarked,
            today: self.today(is_today, seen_now, zone),
            owed: self.owed(seen_now, zone),
            off,
        };
        let (degraded, sentence) = told.sentence();
        AttributionStatus {
            mark_feed,
            degraded,
            sentence,
            game_date: today.to_string(),
            unattributed_today: by_mound.values().sum(),
            unattributed_by_mound: by_mound,
            last_mark_at: known.marked.map(|(_, arrival)| rfc3339(arrival)),
            mounds,
        }
    }
}

/// From which speed on a throw is as hard as a game's, mph; none where too few of them are known.
fn hard_mph(speeds: &VecDeque<f64>) -> Option<f64> {
    let mut speeds: Vec<f64> = speeds.iter().copied().collect();
    speeds.sort_unstable_by(f64::total_cmp);
    let usual = *speeds.get(speeds.len() * 3 / 4).filter(|_| speeds.len() >= SPEEDS_MIN)?;
    Some(usual - SLOWER_MPH)
}

impl Tally {
    /// The last throws here, where each of them must have had a released mark and had none.
    fn unmarked(&self) -> Option<u32> {
        let allowed = if self.is_inning_on() { UNMARKED_MIN - 1 } else { WARM_UPS_MAX };
        let is_owed = self.warm_ups.iter().any(|throw| throw.is_owed);
        Some(self.since_release).filter(|count| *count > allowed || is_owed)
    }

    /// Keeps a throw that may be one to warm up.
    fn warm_up(&mut self, throw: WarmUp) {
        let place = self.warm_ups.partition_point(|kept| (kept.at, kept.id) <= (throw.at, throw.id));
        self.warm_ups.insert(place, throw);
        if self.warm_ups.len() > WARM_UPS_KEPT {
            self.warm_ups.remove(0);
        }
    }

    /// Throws that have just turned out to be no warm-ups, by the one at a moment: of the break that it was thrown in, or all since
    /// the last release where they are too many.
    fn no_warm_ups(&mut self, at: EventNs) -> Vec<(PitchId, EventNs)> {
        let are_too_many = self.since_release > WARM_UPS_MAX;
        let began = newest_before(&self.turns, at).filter(|_| !are_too_many);
        let throws = || self.warm_ups.iter().filter(|throw| began.is_none_or(|began| throw.at > began));
        let is_long = throws().next().is_some_and(|first| at.0.saturating_sub(first.at.0) > WARM_UP_NS);
        let is_apart = |pair: &&[WarmUp]| pair[1].is_hard && pair[1].at.0.saturating_sub(pair[0].at.0) >= APART_NS;
        let here: Vec<WarmUp> = throws().copied().collect();
        let are_hard = here.windows(2).filter(is_apart).count() >= HARD_MIN;
        let is_owed = here.iter().any(|throw| throw.is_owed);
        if !(are_too_many || is_long || are_hard || is_owed) {
            return Vec::new();
        }
        let mut owed = Vec::new();
        for throw in self.warm_ups.iter_mut().filter(|throw| began.is_none_or(|began| throw.at > began)) {
            if !std::mem::replace(&mut throw.is_owed, true) {
                owed.push((throw.id, throw.at));
            }
        }
        owed
    }

    /// Keeps a throw that is somebody's and has no name.
    fn owe(&mut self, throw: (PitchId, EventNs)) {
        if !self.owed.contains(&throw) {
            self.owed.push(throw);
            if self.owed.len() > OWED_KEPT {
                self.owed.remove(0);
            }
        }
    }

    /// Of them those of the last minutes: how many, and when the last one was thrown.
    fn owed_of_late(&self, now: BoxNs) -> Option<(usize, EventNs)> {
        let is_recent = |at: &EventNs| now.0.saturating_sub(at.0) < FEED_LIVES_NS;
        let recent = || self.owed.iter().map(|(_, at)| *at).filter(is_recent);
        Some(recent().count()).zip(recent().max())
    }

    /// Whether the pitches of an inning are being thrown here, each of which has a mark.
    fn is_inning_on(&self) -> bool {
        self.released.is_some_and(|(released, _)| self.turned.is_none_or(|turned| turned < released))
    }

    /// The same as of a throw, whatever was marked since then: the newest mark before it was a release.
    fn was_inning_on(&self, at: EventNs) -> bool {
        let turned = newest_before(&self.turns, at);
        newest_before(&self.releases, at).is_some_and(|released| turned.is_none_or(|turned| turned < released))
    }

    /// Whether a throw is one of those that a box which had been away could measure first, before the first mark here since: its own may
    /// have been missed.
    fn is_first_since(&self, at: EventNs, back: EventNs) -> bool {
        let newest = self.releases.iter().chain(&self.turns).filter(|event| **event < at).max();
        at.0.saturating_add(UNDER_WAY_NS) >= back.0 && newest.is_none_or(|newest| *newest < back)
    }

    fn turn(&mut self, event: EventNs) {
        self.turned = self.turned.max(Some(event));
        keep(&mut self.turns, event);
    }
}

/// Whether nobody can say whose a published pitch is any more.
pub(super) fn is_nobodys(record: &PitchRecord) -> bool {
    let is_withdrawn = || record.flags.iter().any(|flag| flag == WITHDRAWN);
    record.state == State::Final && record.pitcher.is_none() && !is_withdrawn()
}

/// What people are told of it.
struct Told<'t> {
    feed: MarkFeedState,
    /// The park's clock at the newest mark.
    last_mark: String,
    /// Throws of nobody since then.
    since_mark: u32,
    /// The last throws on the game mound, where each of them must have had a released mark and had none.
    unmarked: Option<u32>,
    today: String,
    /// Throws of the last minutes that are somebody's, in words.
    owed: String,
    /// That marks come which match no pitch.
    off: Option<&'t str>,
}

impl Told<'_> {
    /// Whether somebody should look, and what is so in words.
    fn sentence(&self) -> (bool, String) {
        let (since, last) = (throws(self.since_mark.into()), &self.last_mark);
        let (degraded, words) = match self.feed {
            _ if self.off.is_some() => (true, format!("Nobody tells who pitches: {}", self.off.unwrap_or_default())),
            MarkFeedState::Never if self.since_mark > 0 => {
                let words = "Nobody tells who pitches: no mark has come since the start. Have the mark feed switched on: until then \
                             no throw counts for anybody";
                (true, words.to_owned())
            }
            MarkFeedState::Never => (
                false,
                "Nobody tells yet who pitches: no mark has come since the start. Have the mark feed switched on before \
                 anybody throws"
                    .to_owned(),
            ),
            MarkFeedState::Silent => match self.unmarked {
                Some(count) => {
                    let last = format!("no mark has come since {last}");
                    (
                        true,
                        format!(
                            "Nobody tells who pitches: the last {count} throws on the game mound have no mark; {last}"
                        ),
                    )
                }
                None if self.since_mark > 0 => {
                    (true, format!("Nobody tells who pitches: no mark has come since {last}, and {since} since then"))
                }
                None if self.owed.is_empty() => {
                    (false, format!("No mark has come since {last}, and no throw was seen since"))
                }
                None => (true, format!("{}; no mark has come since {last}", self.owed)),
            },
            MarkFeedState::Live => match self.unmarked {
                Some(count) => (
                    true,
                    format!("The mark feed marks no releases: the last {count} throws on the game mound have none"),
                ),
                None => (!self.owed.is_empty(), self.owed.clone()),
            },
        };
        let sentences = [words, self.today.clone()].into_iter().filter(|words| !words.is_empty());
        (degraded, sentences.map(|words| words + ".").collect::<Vec<_>>().join(" "))
    }
}

/// Where a mound is, in words.
fn placed(name: &str) -> String {
    let place = mound_in_words(name);
    format!("{} {place}", if place.ends_with("mound") { "on" } else { "in" })
}

fn throws(count: u64) -> String {
    counted(count, "throw", "throws")
}

/// A moment as the park's clock shows it, `7:05 PM`; of another day of baseball than now, `Jul 4, 7:05 PM`.
pub(super) fn clock(at: BoxNs, now: BoxNs, zone: &TimeZone) -> String {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    let form = if game_date(at.0, zone) == game_date(now.0, zone) { "%-I:%M %p" } else { "%b %-d, %-I:%M %p" };
    moment.to_zoned(zone.clone()).strftime(form).to_string()
}

#[cfg(test)]
mod tests;
