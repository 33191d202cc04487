//! Which mounds are seen, and the whiles in which they were not.
//!
//! A mound is seen while as many of its cameras as a pitch needs send what can be used. What is thrown in between is thrown
//! unseen: while the box was down, or while its cameras were silent. Who stood there then has thrown at least what was
//! counted, and nobody knows how much more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::presence::{PresenceState, Stand};
use super::words::rfc3339;
use crate::ids::{EventNs, MoundId, PitchId};

const NS_PER_S: u64 = 1_000_000_000;
/// A while that hides a throw, ns \[P\]: a flight takes 360 ms and more, and is found by what is seen of it on both sides.
const HIDES_NS: u64 = 100_000_000;
/// What lies so far apart is another day, or another clock.
const ANOTHER_DAY_NS: u64 = 18 * 3_600 * NS_PER_S;
/// Nobody of the other side throws so soon before or after a throw, \[P\]: an inning without warm-ups changes sides in less than
/// the two minutes of a usual break, and not in less than this.
const CHANGE_NS: u64 = 30 * NS_PER_S;
/// Nobody is named on a mound so soon after another man's throw there, \[P\]: he has to come first.
const NAMED_AFTER_NS: u64 = 5 * NS_PER_S;
/// Nobody is back on the mound so soon after his half-inning, \[P\]: three pitches of the other side and two changes lie between.
pub(super) const HALF_NS: u64 = 120 * NS_PER_S;
/// As many throws has a half-inning at least.
const HALF_THROWS_MIN: usize = 3;
/// A while that lasts so long is told before it is over, \[P\]: what comes late has come by then.
const LASTS_NS: u64 = 30 * NS_PER_S;
/// And how long it is by now so often.
const LASTING_TOLD_NS: u64 = 60 * NS_PER_S;
/// Whoever is first seen so soon after a while unseen may have begun in it, \[P\].
const BEGAN_NS: u64 = 120 * NS_PER_S;
/// And a while is long enough for that from here on whoever he is, \[P\]: nobody comes to the mound and throws in less.
const CAME_NS: u64 = 30 * NS_PER_S;
/// Whose throw comes so long before or after a throw that no mark names has nothing to do with it, \[P\].
const UNNAMED_NEAR_NS: u64 = 60 * 60 * NS_PER_S;
/// Throws kept of a mound that no mark names; two games have some 600 pitches.
const UNNAMED_MAX: usize = 600;
/// Whiles kept of an outing; the last two become one where there are more.
const WHILES_MAX: usize = 16;

/// A while in which nothing that he threw would have been measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unseen {
    /// Since when his mound was not seen, RFC 3339.
    pub from: String,
    /// Since when it was seen again, or until when it is known by now that it was not, RFC 3339.
    pub to: String,
}

/// The same before it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct While {
    from: EventNs,
    to: EventNs,
}

impl While {
    pub(super) fn new(from: EventNs, to: EventNs) -> Self {
        Self { from, to }
    }

    pub(super) fn told(&self) -> Unseen {
        Unseen { from: rfc3339(self.from), to: rfc3339(self.to) }
    }

    pub(super) fn from(&self) -> EventNs {
        self.from
    }

    pub(super) fn to(&self) -> EventNs {
        self.to
    }

    pub(super) fn ns(&self) -> u64 {
        self.to.0.saturating_sub(self.from.0)
    }

    /// As it is stored.
    pub(super) fn ends(&self) -> (u64, u64) {
        (self.from.0, self.to.0)
    }

    /// From what is stored of it.
    pub(super) fn of((from, to): (u64, u64)) -> Self {
        Self { from: EventNs(from), to: EventNs(to) }
    }

    /// Whether somebody may have thrown in it, by where he stands as far as was known when it was over. `free_since` is since when
    /// nobody stood on the mound as it began; none where somebody did. `threw_last` says that nobody threw there after him: who is
    /// between innings then comes back after the other side only.
    pub(super) fn concerns(&self, stand: &Stand, free_since: Option<EventNs>, threw_last: bool) -> bool {
        let was_there = stand.since <= self.from;
        // Who left in it, or after it, may have thrown before, but not just before another one was named.
        let left_in_it = stand.since.0 >= self.from.0.saturating_add(NAMED_AFTER_NS);
        let may_be_back = self.to.0.saturating_sub(stand.since.0) >= HALF_NS;
        let began = free_since.unwrap_or(self.from);
        let is_other_sides_turn = threw_last && stand.state == PresenceState::BetweenInnings;
        let change_ns = if is_other_sides_turn { HALF_NS } else { CHANGE_NS };
        let may_have_come = self.to.0.saturating_sub(began.0) >= change_ns;
        match stand.state {
            PresenceState::OnMound => was_there || may_have_come,
            PresenceState::BetweenInnings if stand.may_be_replaced() => was_there || left_in_it || may_be_back,
            PresenceState::BetweenInnings => !was_there || may_have_come,
            PresenceState::Replaced => left_in_it,
            PresenceState::Gone => false,
        }
    }
}

/// Takes back that somebody may have thrown in a while; whether that was told.
pub(super) fn take_back(whiles: &mut Vec<While>, unseen: While) -> bool {
    let before = whiles.len();
    whiles.retain(|known| known.from < unseen.from || known.to > unseen.to);
    whiles.len() < before
}

/// Adds a while to those of an outing.
pub(super) fn add(whiles: &mut Vec<While>, added: While) {
    let is_full = whiles.len() >= WHILES_MAX;
    match whiles.last_mut() {
        Some(last) if added.from <= last.to || is_full => last.to = last.to.max(added.to),
        _ => whiles.push(added),
    }
}

/// One mound.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Seen {
    is_blind: bool,
    /// Whether nobody tells whose the throws there are.
    is_untold: bool,
    /// The newest moment of which is known what happened.
    until: Option<EventNs>,
    /// Whether another run saw that: what came since then was not seen, however short it was.
    by_another: bool,
    /// The last while in which it was not seen.
    unseen: Option<While>,
    /// Until when the while that lasts was told.
    #[serde(default)]
    lasting_told: Option<EventNs>,
    /// Throws that are somebody's and that no mark names, ascending.
    unnamed: Vec<(EventNs, PitchId)>,
}

/// All mounds of which somebody told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Sight(BTreeMap<MoundId, Seen>);

impl Sight {
    /// Takes whether a mound is seen now, until when it was, and the last while in which it was not; whether the first is
    /// news, and a while that nobody knew of.
    pub(super) fn see(
        &mut self,
        mound: MoundId,
        is_seen: bool,
        until: Option<EventNs>,
        unseen: Option<(EventNs, EventNs)>,
    ) -> (bool, Option<While>) {
        let seen = self.0.entry(mound).or_default();
        // One that was not seen is seen again once more is told of it, which shows what was missed meanwhile.
        let is_seen =
            is_seen && !(seen.is_blind && until.is_some_and(|until| seen.until.is_some_and(|known| until <= known)));
        let is_news = std::mem::replace(&mut seen.is_blind, !is_seen) == is_seen;
        let Some(to) = until.filter(|_| is_seen) else { return (is_news, None) };
        let before = seen.until.replace(to).filter(|_| std::mem::take(&mut seen.by_another));
        let ended = before.map(|from| (from, to)).or(unseen).map(|(from, to)| While { from, to });
        let is_new = |ended: &While| ended.to.0 > seen.unseen.map_or(0, |known| known.to.0);
        // What goes on from the last one is the same while: what came between were stragglers.
        let whole = |ended: While| match seen.unseen {
            Some(known) if ended.from <= known.to => While { from: known.from, ..ended },
            _ => ended,
        };
        let ended = ended.filter(is_new).map(whole).filter(|ended| (HIDES_NS..ANOTHER_DAY_NS).contains(&ended.ns()));
        seen.unseen = ended.or(seen.unseen);
        (is_news, ended)
    }

    /// What was seen until now was seen by another run.
    pub(super) fn was_away(&mut self) {
        self.0.values_mut().for_each(|seen| seen.by_another = true);
    }

    /// A pitch of an earlier run shows that a mound was seen then.
    pub(super) fn was_seen(&mut self, mound: MoundId, at: EventNs) {
        let seen = self.0.entry(mound).or_default();
        (seen.until, seen.by_another) = (seen.until.max(Some(at)), true);
    }

    /// Whether nothing that is thrown on a mound now would be measured; not where nobody told.
    pub(super) fn is_blind(&self, mound: MoundId) -> bool {
        self.0.get(&mound).is_some_and(|seen| seen.is_blind)
    }

    /// Since when a mound is not seen, in the whole of what is known where nobody saw it ever; none of one that is.
    pub(super) fn blind_since(&self, mound: MoundId) -> Option<EventNs> {
        self.is_blind(mound).then(|| self.seen_until(mound).unwrap_or(EventNs(0)))
    }

    /// Whiles that last, of mounds that are not seen: each as soon as it is long, and then once a minute.
    pub(super) fn lasting(&mut self, now: EventNs) -> Vec<(MoundId, While)> {
        let of_mound = |(mound, seen): (&MoundId, &mut Seen)| {
            let from = seen.until.filter(|_| seen.is_blind)?;
            let told = seen.lasting_told.filter(|told| *told > from);
            let since_ns = now.0.saturating_sub(told.unwrap_or(from).0);
            let wait_ns = if told.is_some() { LASTING_TOLD_NS } else { LASTS_NS };
            let is_news = since_ns >= wait_ns && now.0 - from.0 < ANOTHER_DAY_NS;
            is_news.then(|| {
                seen.lasting_told = Some(now);
                (*mound, While { from, to: now })
            })
        };
        self.0.iter_mut().filter_map(of_mound).collect()
    }

    /// Until when a mound was seen that is not seen now; none of one that is, or never was.
    pub(super) fn seen_until(&self, mound: MoundId) -> Option<EventNs> {
        self.0.get(&mound).filter(|seen| seen.is_blind)?.until
    }

    /// Takes whether it is told whose the throws on a mound are; whether that is news.
    pub(super) fn is_told(&mut self, mound: MoundId, is_told: bool) -> bool {
        let is_new = self.is_untold(mound) == is_told;
        if is_new {
            self.0.entry(mound).or_default().is_untold = !is_told;
        }
        is_new
    }

    /// Whether nobody tells whose the throws on a mound are.
    pub(super) fn is_untold(&self, mound: MoundId) -> bool {
        self.0.get(&mound).is_some_and(|seen| seen.is_untold)
    }

    /// Takes a throw that is somebody's and that no mark names.
    pub(super) fn throw_unnamed(&mut self, mound: MoundId, at: EventNs, id: PitchId) {
        let unnamed = &mut self.0.entry(mound).or_default().unnamed;
        if let Err(place) = unnamed.binary_search(&(at, id)) {
            unnamed.insert(place, (at, id));
            if unnamed.len() > UNNAMED_MAX {
                unnamed.remove(0);
            }
        }
    }

    /// Takes one of them back: it was measured again with its mark. When it was thrown, where it was one of them.
    pub(super) fn throw_named(&mut self, mound: MoundId, id: PitchId) -> Option<EventNs> {
        let unnamed = &mut self.0.get_mut(&mound)?.unnamed;
        let place = unnamed.iter().position(|(_, unnamed)| *unnamed == id)?;
        Some(unnamed.remove(place).0)
    }

    /// Forgets throws that no mark names and that were thrown before a moment.
    pub(super) fn forget(&mut self, before: EventNs) {
        self.0.values_mut().for_each(|seen| seen.unnamed.retain(|(at, _)| *at >= before));
    }

    /// Whether a mound has throws that no mark names.
    pub(super) fn has_unnamed(&self, mound: MoundId) -> bool {
        self.0.get(&mound).is_some_and(|seen| !seen.unnamed.is_empty())
    }

    /// When throws on a mound that no mark names were thrown that may be one man's: those before and after which the nearest throw that has
    /// a name is his, and those so long after and before these throws that the sides may have changed, while he was there or
    /// between innings. What a half-inning lies between that is known to have turned is the other side's. `named` are the releases
    /// of throws that have a name, ascending, and whether they are his; `turned` is when half-innings did, ascending;
    /// `is_here_at` tells whether he was on the mound or between innings at a moment.
    pub(super) fn unnamed_of(
        &self,
        mound: MoundId,
        named: &[(EventNs, bool)],
        turned: &[EventNs],
        is_here_at: impl Fn(EventNs) -> bool,
    ) -> Vec<EventNs> {
        let Some(seen) = self.0.get(&mound) else { return Vec::new() };
        let near = |at: EventNs, other: EventNs| at.0.abs_diff(other.0) < UNNAMED_NEAR_NS;
        let turns = |from: EventNs, to: EventNs| turned.iter().filter(move |turn| (from..=to).contains(turn));
        let is_his_side = |at: EventNs, his: EventNs| turns(at.min(his), at.max(his)).count().is_multiple_of(2);
        // Of whom the half-inning is known to be over: whether another whole one may lie between that and a throw.
        let may_be_back = |at: EventNs, his: EventNs| {
            let since = |over: &EventNs| {
                let thrown =
                    seen.unnamed.iter().map(|(thrown, _)| *thrown).chain(named.iter().map(|(thrown, _)| *thrown));
                thrown.filter(|thrown| thrown > over && *thrown < at).count() >= HALF_THROWS_MIN
            };
            is_his_side(at, his) || turns(his, at).next_back().is_none_or(since)
        };
        let may_be_his = |(at, _): &&(EventNs, PitchId)| {
            let place = named.partition_point(|(release, _)| release <= at);
            let before = place.checked_sub(1).map(|before| named[before]);
            let around = [before, named.get(place).copied()];
            let is_of = |(release, his): (EventNs, bool)| his && near(*at, release) && is_his_side(*at, release);
            if around.into_iter().flatten().any(is_of) {
                return true;
            }
            let his_last = named[..place].iter().rev().find(|(_, his)| *his);
            let may_have_changed = |(release, _): (EventNs, bool)| at.0.abs_diff(release.0) >= CHANGE_NS;
            before.is_some_and(|(release, _)| near(*at, release))
                && around.into_iter().flatten().all(may_have_changed)
                && his_last.is_none_or(|(release, _)| may_be_back(*at, *release))
                && is_here_at(*at)
        };
        seen.unnamed.iter().filter(may_be_his).map(|(at, _)| *at).collect()
    }

    /// The last while in which a mound was not seen, where every throw there since it began has a name.
    pub(super) fn unseen_and_named(&self, mound: MoundId) -> Option<While> {
        let seen = self.0.get(&mound)?;
        let unseen = seen.unseen?;
        Some(unseen).filter(|unseen| seen.unnamed.iter().all(|(at, _)| *at < unseen.from))
    }

    /// The while in which somebody may have begun who is first seen at a moment.
    pub(super) fn before(&self, mound: MoundId, first: EventNs) -> Option<While> {
        let unseen = self.0.get(&mound)?.unseen?;
        let soon = first >= unseen.to && first.0 - unseen.to.0 < BEGAN_NS;
        Some(unseen).filter(|_| soon)
    }
}

impl While {
    /// Whether anybody may have come to the mound and thrown in it; `free_since` is since when nobody stood there as it began,
    /// none where somebody did.
    pub(super) fn is_long(&self, free_since: Option<EventNs>) -> bool {
        self.to.0.saturating_sub(free_since.unwrap_or(self.from).0) >= CAME_NS
    }
}

#[cfg(test)]
mod tests {
    use super::PresenceState::{BetweenInnings, Gone, OnMound, Replaced};
    use super::*;
    use crate::ids::PitcherId;

    const START: u64 = 1_700_000_000 * NS_PER_S;
    const MOUND: MoundId = MoundId(0);

    fn at(s: u64) -> EventNs {
        EventNs(START + s * NS_PER_S)
    }

    /// Seen until a moment, with that while before it.
    fn see(sight: &mut Sight, until: u64, unseen: Option<(u64, u64)>) -> Option<(u64, u64)> {
        let unseen = unseen.map(|(from, to)| (at(from), at(to)));
        let (_, ended) = sight.see(MOUND, true, Some(at(until)), unseen);
        ended.map(|ended| ((ended.from.0 - START) / NS_PER_S, (ended.to.0 - START) / NS_PER_S))
    }

    #[test]
    fn a_while_in_which_it_was_not_seen_is_told_once_when_it_is_over() {
        let mut sight = Sight::default();
        assert!(!sight.is_blind(MOUND), "nobody told");
        assert_eq!(sight.see(MOUND, false, None, None), (true, None));
        assert!(sight.is_blind(MOUND), "no camera was ever heard");
        assert_eq!([10, 11, 12].map(|s| see(&mut sight, s, None)), [None; 3], "before it there is nothing to miss");
        assert_eq!(sight.see(MOUND, false, Some(at(12)), None), (true, None));
        assert_eq!(sight.see(MOUND, false, Some(at(12)), None), (false, None));
        assert_eq!(see(&mut sight, 72, Some((12, 71))), Some((12, 71)));
        assert_eq!(see(&mut sight, 73, Some((12, 71))), None, "it is known");
    }

    #[test]
    fn what_is_shorter_than_a_part_of_a_flight_hides_no_throw() {
        let mut sight = Sight::default();
        let of_ms = |from: u64, ms: u64| Some((at(from), EventNs(at(from).0 + ms * 1_000_000)));
        assert_eq!(sight.see(MOUND, true, Some(at(20)), of_ms(10, 99)), (false, None));
        let (_, told) = sight.see(MOUND, true, Some(at(40)), of_ms(30, 100));
        assert_eq!(told.map(|ended| ended.ns()), Some(100_000_000));
    }

    #[test]
    fn what_lies_between_two_runs_was_not_seen_however_short_and_a_clock_that_jumps_is_no_while() {
        let mut sight = Sight::default();
        see(&mut sight, 10, None);
        sight.was_away();
        assert_eq!(see(&mut sight, 12, None), Some((10, 12)));
        assert_eq!(see(&mut sight, 13, None), None);
        assert_eq!([200_000, 20, 21].map(|s| see(&mut sight, s, Some((21, 200_000)))), [None; 3]);
        sight.was_seen(MOUND, at(100));
        assert_eq!(see(&mut sight, 130, None), Some((100, 130)), "as a stored pitch tells");
    }

    #[test]
    fn who_stood_there_or_may_have_come_has_thrown_at_least_what_was_counted() {
        let hole = |s: u64| While { from: at(100), to: at(100 + s) };
        let stand = |state, since| Stand { state, since: at(since), by: None, to: None, last: at(0) };
        let concerns = |s: u64, state, since| hole(s).concerns(&stand(state, since), None, false);
        assert!(concerns(6, OnMound, 0));
        assert!(!concerns(29, BetweenInnings, 90) && concerns(30, BetweenInnings, 90), "the sides may have changed");
        assert!(concerns(6, BetweenInnings, 107), "his inning ended after it");
        let unsure = Stand { by: Some(PitcherId(2)), ..stand(BetweenInnings, 90) };
        assert!(hole(6).concerns(&unsure, None, true), "nobody knows whether he was replaced");
        assert!(!concerns(600, Replaced, 90) && concerns(6, Replaced, 107));
        assert!(!concerns(600, Replaced, 101), "he was replaced as it began");
        let unsure_at = |since| Stand { by: Some(PitcherId(2)), ..stand(BetweenInnings, since) };
        assert!(!hole(120).concerns(&unsure_at(101), None, true), "he left as it began");
        assert!(hole(121).concerns(&unsure_at(101), None, true), "and may be back");
        assert!(hole(6).concerns(&unsure_at(160), None, true), "who came after it may have been named late");
        assert!(!concerns(600, Gone, 0));
        let in_a_break = |s: u64, last| hole(s).concerns(&stand(BetweenInnings, 20), Some(at(80)), last);
        assert!(!in_a_break(9, false) && in_a_break(10, false), "the break may have been over in it");
        assert!(!in_a_break(99, true) && in_a_break(100, true), "whose half it was is back after the other side only");
    }

    #[test]
    fn whoever_is_first_seen_soon_after_a_long_while_may_have_begun_in_it() {
        let mut sight = Sight::default();
        see(&mut sight, 70, Some((10, 70)));
        assert!(sight.before(MOUND, at(189)).is_some());
        assert!(sight.before(MOUND, at(190)).is_none() && sight.before(MOUND, at(60)).is_none());
        assert!(sight.before(MoundId(1), at(80)).is_none());
        let hole = |s: u64| While { from: at(100), to: at(100 + s) };
        assert!(!hole(29).is_long(None) && hole(30).is_long(None) && hole(6).is_long(Some(at(76))));
    }

    #[test]
    fn a_throw_that_no_mark_names_may_be_his_whose_throws_are_around_it() {
        let mut sight = Sight::default();
        assert!(!sight.has_unnamed(MOUND));
        for s in [100, 120, 140, 400] {
            sight.throw_unnamed(MOUND, at(s), PitchId(s));
            sight.throw_unnamed(MOUND, at(s), PitchId(s));
        }
        let of = |named: &[(u64, bool)], is_here: bool| {
            let named: Vec<_> = named.iter().map(|(s, his)| (at(*s), *his)).collect();
            sight.unnamed_of(MOUND, &named, &[], |_| is_here).len()
        };
        assert_eq!(of(&[(80, true), (160, true)], true), 4, "he went on");
        assert_eq!(of(&[(80, true)], true), 4, "he went on until nobody was named any more");
        assert_eq!(of(&[(80, false), (160, true)], false), 4, "he may have begun with them, and gone on");
        assert_eq!(of(&[(80, false), (160, false)], false), 0, "another man's");
        assert_eq!(of(&[(80, false)], true), 3, "the sides may have changed");
        assert_eq!(of(&[(80, false), (160, false)], true), 2, "one of them may have come between two of the other's");
        assert_eq!(of(&[], true), 0, "nobody was named");
        assert_eq!(of(&[(5_000, true)], true), 0, "long after them");
        sight.throw_named(MOUND, PitchId(120));
        sight.forget(at(110));
        assert_eq!(sight.unnamed_of(MOUND, &[(at(80), true)], &[], |_| true).len(), 2);
    }

    #[test]
    fn what_follows_the_end_of_his_half_inning_is_not_his_until_the_other_side_may_have_pitched() {
        let mut sight = Sight::default();
        for s in [220, 240, 300, 320, 400] {
            sight.throw_unnamed(MOUND, at(s), PitchId(s));
        }
        let of = |named: &[(u64, bool)], turned: &[u64]| {
            let named: Vec<_> = named.iter().map(|(s, his)| (at(*s), *his)).collect();
            let turned: Vec<_> = turned.iter().map(|s| at(*s)).collect();
            let is_here = |at: EventNs| named.iter().any(|(release, his)| *his && *release < at);
            sight.unnamed_of(MOUND, &named, &turned, is_here).len()
        };
        assert_eq!(of(&[(80, true)], &[]), 5, "nobody says that it is over");
        assert_eq!(of(&[(80, true)], &[90]), 2, "after three throws of the other side it may be his again");
        assert_eq!(of(&[(80, true), (600, true)], &[90, 500]), 2, "and so on the way back");
        assert_eq!(of(&[(80, false), (600, true)], &[90, 500]), 0, "they are all of before his own");
        assert_eq!(of(&[(10, true), (80, false), (600, false)], &[20, 90]), 5, "his side's turn");
    }

    #[test]
    fn stragglers_of_before_cut_no_while_short() {
        let mut sight = Sight::default();
        see(&mut sight, 10, None);
        sight.was_away();
        assert_eq!(see(&mut sight, 33, Some((0, 5))), Some((10, 33)), "as far as they tell");
        assert_eq!(see(&mut sight, 72, Some((10, 72))), Some((10, 72)), "they were old");
        assert_eq!(see(&mut sight, 90, Some((80, 90))), Some((80, 90)), "another one");
    }

    #[test]
    fn whiles_of_an_outing_are_bounded_and_cover_what_they_told() {
        let mut whiles = Vec::new();
        for i in 0..100 {
            add(&mut whiles, While { from: at(100 * i), to: at(100 * i + 10) });
        }
        assert_eq!(whiles.len(), WHILES_MAX);
        assert_eq!((whiles[0].from, whiles[WHILES_MAX - 1].to), (at(0), at(9_910)));
    }
}
