//! What nobody saw or nobody named, and whose count it makes the least.

use super::arm::Arm;
use super::engine::{Engine, EngineState, free_since, throws_until};
use super::presence::{Stand, Throws, thrown_on};
use super::sight::{HALF_NS, While};
use crate::ids::{BoxNs, EventNs, MoundId, PitchId, PitcherId};
use crate::records::Missed;

impl Engine {
    /// Takes what can be seen of a mound: whether as many of its cameras as a pitch needs are heard now, until which moment as
    /// many have told what happened, and the last while of which fewer did; event times. To be told about once a second.
    /// [`Self::watch`] tells what it changed.
    pub fn see(&mut self, mound: MoundId, is_seen: bool, until: Option<EventNs>, unseen: Option<(EventNs, EventNs)>) {
        let (is_news, ended) = self.known.sight.see(mound, is_seen, until, unseen);
        self.known.stirred |= is_news || ended.is_some();
        if let Some(unseen) = ended {
            self.known.mounds.lose(mound, unseen.from(), unseen.to());
            self.miss(mound, unseen);
        }
    }

    /// Where everybody stands who threw on a mound, at a moment.
    pub(super) fn stands_at(&self, mound: MoundId, throws: &[Throws], at: EventNs) -> Vec<(PitcherId, Stand)> {
        let stand = |there: &Throws| {
            let stand = self.known.mounds.stand(there.pitcher, mound, throws, None, BoxNs(at.0))?;
            Some((there.pitcher, stand))
        };
        throws.iter().filter(|throws| throws.mound == mound).filter_map(stand).collect()
    }

    /// The while in which a man may have begun whose first throw on a mound is known.
    pub(super) fn began_in(&self, pitcher: PitcherId, mound: MoundId, first: EventNs) -> Option<While> {
        let EngineState { sight, mounds, .. } = &self.known;
        let unseen = sight.before(mound, first)?;
        let others = throws_until(&self.throws(), EventNs(first.0 - 1));
        let free_since = || free_since(&self.stands_at(mound, &others, unseen.from()), unseen.from());
        let may_have_begun = !mounds.is_another_half(mound, unseen.to(), first)
            && (mounds.may_have_begun(pitcher, mound, &others, (unseen.from(), unseen.to()))
                || unseen.is_long(free_since()));
        Some(unseen).filter(|_| may_have_begun)
    }

    /// Takes back of whom the throws after the last while in which a mound was not seen show that he cannot have thrown in it: it was
    /// too short for another man's half-inning, or for the batters that a half-inning has, between the man who threw last before it
    /// and the one who threw first after it. Nor did that one, where his half-inning began after it.
    pub(super) fn settle_unseen(&mut self, mound: MoundId) {
        let EngineState { arms, mounds, sight, .. } = &self.known;
        let Some(unseen) = sight.unseen_and_named(mound) else { return };
        let is_told = |arm: &Arm| arm.runs.get(&mound).is_some_and(|run| run.unseen.contains(&unseen));
        if !arms.values().any(is_told) {
            return;
        }
        let here = thrown_on(mound, &self.throws());
        let Some((last, before)) = here.iter().rev().find(|(at, _)| *at <= unseen.from()).copied() else { return };
        let Some((first, after)) = here.iter().find(|(at, _)| *at >= unseen.to()).copied() else { return };
        let is_short = unseen.ns() < HALF_NS || mounds.are_too_few_batters(mound, last, first);
        if !is_short {
            return;
        }
        let began_later = before != after && mounds.is_another_half(mound, unseen.to(), first);
        let cannot = |pitcher: PitcherId| pitcher != before && (pitcher != after || began_later);
        let those: Vec<PitcherId> = arms.keys().copied().filter(|pitcher| cannot(*pitcher)).collect();
        for pitcher in those {
            let arm = self.known.arms.get_mut(&pitcher);
            self.known.stirred |= arm.is_some_and(|arm| arm.did_not_throw_in(mound, unseen));
        }
    }

    /// Takes that a man threw more in a while than was measured, as the numbers of his pitches tell. [`Self::watch`] tells what it
    /// changed.
    pub fn missed(&mut self, pitcher: PitcherId, mound: MoundId, from: EventNs, to: EventNs) {
        if let Some(arm) = self.known.arms.get_mut(&pitcher) {
            arm.miss(mound, While::new(from, to));
            self.known.stirred = true;
        }
    }

    /// Takes a throw that must be somebody's and that no mark names; [`Self::watch`] tells of whom it makes the count the least.
    pub fn throw_unnamed(&mut self, mound: MoundId, at: EventNs, id: PitchId) {
        self.known.sight.throw_unnamed(mound, at, id);
        self.known.mounds.lose(mound, at, at);
        self.known.stirred = true;
        self.count_unnamed(mound);
    }

    /// Takes back that a throw must be somebody's: it was one to warm up.
    pub fn throw_was_none(&mut self, mound: MoundId, id: PitchId) {
        if let Some(at) = self.known.sight.throw_named(mound, id) {
            self.known.mounds.find(mound, at);
            self.known.stirred = true;
            self.count_unnamed(mound);
        }
    }

    /// Takes back what was stored of what is missing of an outing in progress.
    pub fn recall_missed(&mut self, pitcher: PitcherId, mound: MoundId, missed: &Missed) {
        if let Some(arm) = self.known.arms.get_mut(&pitcher) {
            arm.recall_missed(mound, missed);
            self.known.stirred = true;
        }
    }

    /// Counts for everybody on a mound the throws without a name that may be his.
    pub(super) fn count_unnamed(&mut self, mound: MoundId) {
        let EngineState { arms, mounds, sight, .. } = &self.known;
        let was_counted = |arm: &Arm| arm.published(mound).is_some_and(|published| published.unnamed_throws > 0);
        if !sight.has_unnamed(mound) && !arms.values().any(was_counted) {
            return;
        }
        let throws = self.throws();
        let here = thrown_on(mound, &throws);
        let turned = mounds.turned(mound, &throws);
        let count = |pitcher: PitcherId| {
            let named: Vec<_> = here.iter().map(|(at, who)| (*at, *who == pitcher)).collect();
            let is_here = |at: EventNs| {
                let thrown = throws_until(&throws, at);
                let stand = mounds.as_of(mound, at).stand(pitcher, mound, &thrown, None, BoxNs(at.0));
                stand.is_some_and(|stand| stand.is_here())
            };
            sight.unnamed_of(mound, &named, &turned, is_here)
        };
        let there = arms.iter().filter(|(_, arm)| arm.runs.contains_key(&mound));
        let counts: Vec<_> = there.map(|(pitcher, _)| (*pitcher, count(*pitcher))).collect();
        for (pitcher, thrown) in counts {
            let arm = self.known.arms.get_mut(&pitcher);
            self.known.stirred |= arm.is_some_and(|arm| arm.count_unnamed(mound, &thrown));
        }
    }

    /// The box was away until now: what was thrown meanwhile was not seen.
    pub fn was_away(&mut self) {
        self.known.sight.was_away();
    }

    /// A stored pitch shows that its mound was seen then, by a run of which nothing else is known.
    pub fn was_seen(&mut self, mound: MoundId, at: EventNs) {
        self.known.sight.was_seen(mound, at);
    }
}
