//! Who stands on which mound, as far as marks and throws tell.
//!
//! Nothing here depends on the order in which marks and throws became known, only on their event times: what was said
//! late is placed where it belongs.
//!
//! - Both sides of a game pitch from one mound. A mark that names another man replaces a pitcher where as many
//!   half-innings began since he was there as bring his own side back (none, two, …); where it is the other side's turn, he
//!   is between innings. Where marks may have been lost between the two names, neither is known: he left the mound, and the
//!   other came. So it is where the box was away, where a throw of somebody's had no mark, where nothing was marked for longer
//!   than a change of pitchers takes, where no mark ever told of an inning, and where the other one had pitched before him
//!   (nobody comes back who was replaced). That ends when he throws again, when both sides have pitched since, when the batters'
//!   numbers tell that no half-inning turned between the two, or after a while.
//! - A half-inning turns once at most between two throws, and not between two of one man: with its end, however often that is
//!   marked; with the last throw before its start, where the mark of the end was lost.
//! - A mound without a throw or a mark is left by everybody at the same moment: after half an hour where somebody was pitching,
//!   after an hour where the half-inning was over.
//! - A man who goes from a bullpen to another mound has left the bullpen, and so has one after whom nothing was thrown or marked
//!   there for long: whoever comes to it later takes nobody's place. Nobody who stands on the game mound leaves it
//!   because a throw elsewhere bears his name: either may be a slip, and nothing is taken from him for it.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::silence;
use crate::ids::{BoxNs, EventNs, MoundId, PitcherId};

/// The mound of the game.
pub(super) const GAME_MOUND: MoundId = MoundId(0);

const NS_PER_S: u64 = 1_000_000_000;
const NS_PER_MIN: u64 = 60 * NS_PER_S;
/// A mound on which nothing was thrown or marked for so long is left, \[P\].
const SILENT_NS: u64 = 30 * NS_PER_MIN;
/// And for so long where the half-inning was over: a break may be long, \[P\].
const SILENT_BETWEEN_NS: u64 = 60 * NS_PER_MIN;
/// Longer than this from the last sign of one man to the first of the next, and nobody knows whether the half-inning turned where
/// no mark says so, \[P\]: who relieves is named sooner, and the break of a turn lasts two minutes.
const SAID_NS: u64 = 110 * NS_PER_S;
/// Who was replaced is shown for so long: his last number is asked for until the inning is over, \[P\].
const REPLACED_SHOWN_NS: u64 = 60 * NS_PER_MIN;
/// Who went from a bullpen to another mound is shown there for so long: until his game tells of him by itself, \[P\].
const MOVED_SHOWN_NS: u64 = 15 * NS_PER_MIN;
/// Who is gone without having been replaced is shown for so long: after a rain delay he may go on, \[P\].
const GONE_SHOWN_NS: u64 = 3 * 60 * NS_PER_MIN;
/// Who was named or threw on another mound of a bullpen so long after his last throw in one has left it, \[P\].
const LEFT_NS: u64 = NS_PER_MIN;
/// Who was not seen for so long may have gone, \[P\].
const MAY_HAVE_GONE_NS: u64 = NS_PER_MIN;
/// As many batters has a half-inning at least, but for the last of a game.
const HALF_BATTERS_MIN: u16 = 3;
/// Whiles kept of a mound in which marks may have been lost.
const LOST_MAX: usize = 64;
/// Marks kept of a mound, of each kind: both games of a doubleheader have some 600 pitches.
const KEPT: usize = 1024;

/// Whether somebody stands on a mound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// He stands there.
    OnMound,
    /// The half-inning is over, and nobody has taken his place.
    BetweenInnings,
    /// Another man has taken his place, or he went to another mound.
    Replaced,
    /// Nothing was thrown or marked there for so long that nobody stands there.
    Gone,
}

/// Who stands on a mound, as far as marks and throws tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Presence {
    /// `on_mound`, `between_innings`, `replaced` or `gone`.
    pub state: PresenceState,
    /// Event time since which it is so, RFC 3339; of `gone` the last that was thrown or marked there, of who went to another
    /// mound his own last throw or mark here.
    pub since: String,
    /// Who took his place; of `between_innings` who came to the mound where marks may have been lost, so that he may as well have
    /// been replaced: `since` is when that one came. Null where nobody did.
    pub by: Option<PitcherId>,
    /// What people call who did, where that is known.
    #[serde(default)]
    pub by_name: Option<String>,
    /// The mound that he went to from here; null where that is not known, or he went to none.
    #[serde(default)]
    pub to: Option<MoundId>,
    /// Until when his mound was seen, RFC 3339, where it is not seen now: what it tells of him was so then. Null while it is.
    #[serde(default)]
    pub seen_until: Option<String>,
    /// Since when nobody knows whether he stayed, RFC 3339: the mound was not seen from then on for a minute or more, and he has
    /// not been seen or named there since. Null where he is known to be there, or to have left.
    #[serde(default)]
    pub unsure_since: Option<String>,
    /// His own last throw or mark there, RFC 3339, where nobody tells any more who pitches there: that he is there was so then.
    /// Null while it is told.
    #[serde(default)]
    pub last_named: Option<String>,
}

/// What a mark says of a mound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// This man stands there.
    Named(PitcherId),
    /// A half-inning is over.
    InningEnded,
    /// A half-inning begins.
    InningBegan,
    /// Somebody is there, nobody says who.
    Somebody,
    /// A pitch to the batter of this number in the game was released.
    Batter(u16),
}

/// A presence before it is put in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) state: PresenceState,
    pub(super) since: EventNs,
    pub(super) by: Option<PitcherId>,
    /// Where he went, if he left for another mound.
    pub(super) to: Option<MoundId>,
    /// His own last throw or mark there.
    pub(super) last: EventNs,
}

/// How well it is known who stands on a mound.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    /// Until when it was seen, where it is not seen now.
    pub(super) seen_until: Option<EventNs>,
    /// Since when nobody knows whether he stayed.
    pub(super) unsure_since: Option<EventNs>,
    /// Whether nobody tells who pitches there.
    pub(super) is_untold: bool,
}

impl Stand {
    /// Whether he still counts as one who pitches.
    pub(super) fn is_here(&self) -> bool {
        matches!(self.state, PresenceState::OnMound | PresenceState::BetweenInnings)
    }

    /// Whether he left the mound and it is not known whether he was replaced.
    pub(super) fn may_be_replaced(&self) -> bool {
        self.state == PresenceState::BetweenInnings && self.by.is_some()
    }

    /// Whether he is not even shown any more.
    pub(super) fn is_past(&self, now: BoxNs) -> bool {
        let shown_ns = match self.state {
            PresenceState::OnMound | PresenceState::BetweenInnings => return false,
            PresenceState::Replaced if self.to.is_some() => MOVED_SHOWN_NS,
            PresenceState::Replaced => REPLACED_SHOWN_NS,
            PresenceState::Gone => GONE_SHOWN_NS,
        };
        now.0.saturating_sub(self.since.0) >= shown_ns
    }

    /// What is known of a mound beside him tells how sure that is.
    pub(super) fn told(&self, by_name: Option<String>, known: Known) -> Presence {
        let Known { seen_until, unsure_since, is_untold } = known;
        // When he was first seen elsewhere is late by the way there.
        let since = if self.to.is_some() { self.last } else { self.since };
        Presence {
            state: self.state,
            since: super::words::rfc3339(since),
            by: self.by,
            by_name,
            to: self.to,
            seen_until: seen_until.filter(|_| self.is_here()).map(super::words::rfc3339),
            unsure_since: unsure_since.filter(|_| self.is_here()).map(super::words::rfc3339),
            last_named: (is_untold && self.is_here()).then(|| super::words::rfc3339(self.last)),
        }
    }
}

/// The throws of one man on one mound, ascending.
#[derive(Debug, Clone)]
pub(super) struct Throws {
    pub(super) pitcher: PitcherId,
    pub(super) mound: MoundId,
    pub(super) releases: Vec<EventNs>,
}

/// What marks told of one mound.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Marked {
    /// Who was named, and when.
    named: VecDeque<(EventNs, PitcherId)>,
    /// Ends (true) and starts (false) of half-innings.
    turns: VecDeque<(EventNs, bool)>,
    /// Numbers of batters, of both sides, and when a pitch to them was released.
    batters: VecDeque<(EventNs, u16)>,
    /// The newest mark, or throw of nobody.
    newest: Option<EventNs>,
    /// Whiles in which marks may have been lost: nobody saw what happened, or somebody's throw had none.
    lost: VecDeque<(EventNs, EventNs)>,
}

/// What marks told of all mounds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Mounds(BTreeMap<MoundId, Marked>);

/// Inserts in order of event time, once; the oldest makes room.
fn keep<T: PartialEq>(list: &mut VecDeque<(EventNs, T)>, at: EventNs, value: T) {
    let place = list.partition_point(|(event, _)| *event <= at);
    let same_time = list.iter().take(place).rev().take_while(|(event, _)| *event == at);
    if same_time.into_iter().any(|(_, kept)| *kept == value) {
        return;
    }
    list.insert(place, (at, value));
    if list.len() > KEPT {
        list.pop_front();
    }
}

impl Marked {
    fn take(&mut self, at: EventNs, sign: Sign) {
        self.newest = self.newest.max(Some(at));
        match sign {
            Sign::Named(pitcher) => keep(&mut self.named, at, pitcher),
            Sign::InningEnded => keep(&mut self.turns, at, true),
            Sign::InningBegan => keep(&mut self.turns, at, false),
            Sign::Batter(number) => keep(&mut self.batters, at, number),
            Sign::Somebody => {}
        }
    }

    fn forget(&mut self, before: EventNs) {
        self.named.retain(|(at, _)| *at >= before);
        self.turns.retain(|(at, _)| *at >= before);
        self.batters.retain(|(at, _)| *at >= before);
        self.lost.retain(|(_, to)| *to >= before);
    }

    /// What was known of it at a moment.
    fn as_of(&self, at: EventNs) -> Self {
        let mut then = self.clone();
        then.named.retain(|(named, _)| *named <= at);
        then.turns.retain(|(turn, _)| *turn <= at);
        then.batters.retain(|(thrown, _)| *thrown <= at);
        then.lost.retain(|(from, _)| *from <= at);
        then.newest = then.newest.map(|newest| newest.min(at));
        then
    }

    /// From when to when marks may have been lost after a moment, all whiles as one, with those that are `untold`.
    fn lost_after(&self, at: EventNs, untold: &[(EventNs, EventNs)]) -> Option<(EventNs, EventNs)> {
        let after = self.lost.iter().chain(untold).copied().filter(|(_, to)| *to > at);
        after.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// For how long nothing was thrown or marked here after a moment and until another one.
    fn silent_ns(&self, from: EventNs, to: EventNs, blind_since: Option<EventNs>) -> u64 {
        silence::silent_ns(from, to, self.lost.iter().copied(), blind_since)
    }

    /// When half-innings were over.
    fn ends(&self) -> impl DoubleEndedIterator<Item = EventNs> + '_ {
        self.turns.iter().filter(|(_, ended)| *ended).map(|(at, _)| *at)
    }

    /// Who threw or was named here, and when, ascending.
    fn signs(&self, here: &[(EventNs, PitcherId)]) -> Vec<(EventNs, PitcherId)> {
        let mut signs: Vec<_> = self.named.iter().chain(here).copied().collect();
        signs.sort_unstable();
        signs
    }

    /// When half-innings turned, ascending; `here` are the throws that have a name, ascending.
    fn turned(&self, here: &[(EventNs, PitcherId)]) -> Vec<EventNs> {
        let unnamed = self.lost.iter().filter(|(from, to)| from == to).map(|(at, _)| (*at, None));
        let mut thrown: Vec<_> = here.iter().map(|(at, who)| (*at, Some(*who))).chain(unnamed).collect();
        thrown.sort_unstable();
        let place = |at: EventNs| thrown.partition_point(|(release, _)| *release <= at);
        let mut turned = Vec::new();
        for marks in self.turns.iter().copied().collect::<Vec<_>>().chunk_by(|a, b| place(a.0) == place(b.0)) {
            let start = marks[0].0;
            let [before, after] = [place(start).checked_sub(1), Some(place(start))].map(|at| thrown.get(at?).copied());
            let goes_on =
                before.zip(after).is_some_and(|((_, before), (_, after))| before.is_some() && before == after);
            if goes_on {
                continue;
            }
            let end = marks.iter().find(|(_, ended)| *ended).map(|(at, _)| *at);
            // The next man is named after the turn, however late its end is marked.
            let is_late = |end: &EventNs| {
                let next = |(at, named): &(EventNs, PitcherId)| {
                    before.is_some_and(|(release, who)| *at > release && at < end && Some(*named) != who)
                };
                self.named.iter().any(next)
            };
            let end = end.filter(|end| !is_late(end));
            // Of who threw last the half-inning was over right after his last sign.
            let last = || {
                let (release, who) = before?;
                let named = self.named.iter().filter(|(at, named)| Some(*named) == who && *at < start);
                Some(EventNs(named.map(|(at, _)| *at).fold(release, EventNs::max).0 + 1))
            };
            turned.push(end.or_else(last).unwrap_or(start));
        }
        turned
    }

    /// The batter of the last pitch up to a moment.
    fn batter_by(&self, at: EventNs) -> Option<u16> {
        self.batters.iter().rev().find(|(thrown, _)| *thrown <= at).map(|(_, number)| *number)
    }

    /// The batter of the first pitch from a moment on.
    fn batter_from(&self, at: EventNs) -> Option<u16> {
        self.batters.iter().find(|(thrown, _)| *thrown >= at).map(|(_, number)| *number)
    }

    /// Whether batters tell that no half-inning turned between two signs of which no mark tells it: the turn of one of them went on,
    /// or the half-inning ended with fewer batters since than it has (another one followed, so the game went on).
    fn is_same_half(&self, from: EventNs, to: EventNs, signs: &[(EventNs, PitcherId)], turned: &[EventNs]) -> bool {
        let Some((before, after)) = self.batter_by(from).zip(self.batter_from(to)) else { return false };
        let ended = turned.iter().copied().find(|turn| *turn > to).filter(|end| signs.iter().any(|(at, _)| at > end));
        let last = ended.and_then(|end| self.batter_by(end));
        let is_short = last.is_some_and(|last| (before..before.saturating_add(HALF_BATTERS_MIN)).contains(&last));
        before == after || after > before && is_short
    }

    /// The whiles between signs of two men of which no mark tells whether a half-inning turned in them.
    fn untold(&self, signs: &[(EventNs, PitcherId)], turned: &[EventNs]) -> Vec<(EventNs, EventNs)> {
        let is_untold = |index: &usize| {
            let ((from, who), (to, next)) = (signs[*index], signs[index + 1]);
            let is_told = turned.iter().any(|turn| (from..=to).contains(turn));
            let is_first_told = || self.turns.front().is_none_or(|(first, _)| *first > to);
            let is_long = to.0 - from.0 > SAID_NS;
            let was_here = || signs[..*index].iter().any(|(_, before)| *before == next);
            let goes_on = || self.is_same_half(from, to, signs, turned);
            who != next && !is_told && (was_here() || (is_long || is_first_told()) && !goes_on())
        };
        let between = (0..signs.len().saturating_sub(1)).filter(is_untold);
        between.map(|index| (signs[index].0, EventNs(signs[index + 1].0.0 - 1))).collect()
    }
}

/// The throws of one mound that have a name, ascending.
pub(super) fn thrown_on(mound: MoundId, throws: &[Throws]) -> Vec<(EventNs, PitcherId)> {
    let here = throws.iter().filter(|there| there.mound == mound);
    let mut here: Vec<_> = here.flat_map(|there| there.releases.iter().map(|at| (*at, there.pitcher))).collect();
    here.sort_unstable();
    here
}

impl Mounds {
    /// Takes what a mark says.
    pub(super) fn take(&mut self, mound: MoundId, at: EventNs, sign: Sign) {
        self.0.entry(mound).or_default().take(at, sign);
    }

    /// Marks of a mound may have been lost in a while: nobody saw what happened there, or a throw had none.
    pub(super) fn lose(&mut self, mound: MoundId, from: EventNs, to: EventNs) {
        let lost = &mut self.0.entry(mound).or_default().lost;
        if !lost.contains(&(from, to)) {
            if lost.len() == LOST_MAX {
                lost.pop_front();
            }
            lost.push_back((from, to));
        }
    }

    /// A throw that had no mark has one after all.
    pub(super) fn find(&mut self, mound: MoundId, at: EventNs) {
        if let Some(marked) = self.0.get_mut(&mound) {
            marked.lost.retain(|lost| *lost != (at, at));
        }
    }

    /// What was known of a mound at a moment.
    pub(super) fn as_of(&self, mound: MoundId, at: EventNs) -> Self {
        Self(self.0.get(&mound).map(|marked| (mound, marked.as_of(at))).into_iter().collect())
    }

    /// Forgets what was marked before a moment.
    pub(super) fn forget(&mut self, before: EventNs) {
        self.0.values_mut().for_each(|marked| marked.forget(before));
    }

    /// Where a pitcher stands who threw on a mound; `throws` are everybody's. None where he did not throw there.
    /// `blind_since` is since when nobody sees what is thrown there; none where it is seen.
    pub(super) fn stand(
        &self,
        pitcher: PitcherId,
        mound: MoundId,
        throws: &[Throws],
        blind_since: Option<EventNs>,
        now: BoxNs,
    ) -> Option<Stand> {
        let unmarked = Marked::default();
        let marked = self.0.get(&mound).unwrap_or(&unmarked);
        let own = throws.iter().find(|t| t.pitcher == pitcher && t.mound == mound)?;
        let thrown = *own.releases.last()?;
        let named = marked.named.iter().filter(|(_, who)| *who == pitcher).map(|(at, _)| *at);
        let last = named.clone().max().map_or(thrown, |at| at.max(thrown));

        let here = thrown_on(mound, throws);
        let (signs, turned) = (marked.signs(&here), marked.turned(&here));
        let turns = |from: EventNs, to: EventNs| turned.iter().filter(|turn| (from..=to).contains(turn)).count();
        let others = || signs.iter().copied().filter(|(_, who)| *who != pitcher);
        let takes_over = |(at, _): &(EventNs, PitcherId)| *at > last && turns(last, *at).is_multiple_of(2);
        // Both sides pitch from one mound only.
        let lost = (mound == GAME_MOUND).then(|| marked.lost_after(last, &marked.untold(&signs, &turned))).flatten();
        let known = |(at, _): &(EventNs, PitcherId)| lost.is_none_or(|(from, _)| *at <= from);
        let stand = |state, since, by| Stand { state, since, by, to: None, last };
        let went = self.left_for(pitcher, mound, last, throws);
        let taken = others().filter(takes_over).filter(known).min();
        if let Some((since, by)) = taken.filter(|(at, _)| went.is_none_or(|(left, _)| *at <= left)) {
            let was_gone = mound != GAME_MOUND && marked.silent_ns(last, since, None) >= SILENT_NS;
            return Some(if was_gone {
                stand(PresenceState::Gone, last, None)
            } else {
                stand(PresenceState::Replaced, since, Some(by))
            });
        }
        // How often it turned in a while that was lost is not known: he was replaced once both sides have pitched since, and he
        // has not.
        if let Some((_, to)) = lost {
            let mut since: Vec<EventNs> = others().map(|(at, _)| at).filter(|at| *at > to).collect();
            since.sort_unstable();
            let side = |at: EventNs| turns(to, at) % 2;
            let other_side = since.iter().copied().find(|at| side(*at) != side(since[0]));
            if let Some(since) = other_side {
                return Some(stand(PresenceState::Replaced, since, None));
            }
        }
        if let Some((since, to)) = went {
            return Some(Stand { to: Some(to), ..stand(PresenceState::Replaced, since, None) });
        }
        let newest = signs.last().map_or(thrown, |(at, _)| *at);
        let sign = marked.newest.map_or(newest, |marked| marked.max(newest));
        let patience_ns = match turned.last() {
            Some(turn) if *turn >= newest => SILENT_BETWEEN_NS,
            _ => SILENT_NS,
        };
        if marked.silent_ns(sign, EventNs(now.0), blind_since) >= patience_ns {
            return Some(stand(PresenceState::Gone, sign, None));
        }
        let other = others().find(|(at, _)| *at > last);
        let end = turned.iter().copied().find(|turn| *turn >= last);
        let other = other.filter(|(at, _)| end.is_none_or(|end| *at < end));
        // Where the turn is not known, or by the start after it, the half-inning of a man was over with his last sign.
        let over = other.map(|_| last).or(end.map(|end| if end.0 == last.0 + 1 { last } else { end }));
        let unsure =
            lost.filter(|_| over.is_some()).and_then(|(from, _)| others().find(|(at, _)| *at > from.max(last)));
        if unsure.is_some_and(|(came, _)| now.0.saturating_sub(came.0) >= SILENT_NS) {
            return Some(stand(PresenceState::Gone, last, None));
        }
        if let Some((since, by)) = other.filter(|_| lost.is_some() && went.is_none()) {
            return Some(stand(PresenceState::BetweenInnings, since, Some(by)));
        }
        if let Some(since) = over {
            return Some(stand(PresenceState::BetweenInnings, since, None));
        }
        let before = others().map(|(at, _)| at).chain(marked.ends()).filter(|at| *at < last).max();
        let came =
            named.chain(own.releases.iter().copied()).filter(|at| before.is_none_or(|before| *at > before)).min();
        Some(stand(PresenceState::OnMound, came.unwrap_or(last), None))
    }

    /// Since when nobody knows whether a man stayed on a mound whose last throw or mark there was at `last`: it was not seen for so long
    /// since then that he may have gone. None where it was. `seen_until` is until when, where it is not seen now.
    pub(super) fn unsure_since(
        &self,
        mound: MoundId,
        last: EventNs,
        seen_until: Option<EventNs>,
        now: BoxNs,
    ) -> Option<EventNs> {
        let lost = self.0.get(&mound).into_iter().flat_map(|marked| marked.lost.iter().copied());
        let lasts = seen_until.map(|until| (until, EventNs(now.0)));
        let unseen = lost.chain(lasts).map(|(from, to)| (from.max(last), to));
        unseen.filter(|(from, to)| to.0.saturating_sub(from.0) >= MAY_HAVE_GONE_NS).map(|(from, _)| from).min()
    }

    /// When half-innings turned on a mound, ascending, as far as marks tell.
    pub(super) fn turned(&self, mound: MoundId, throws: &[Throws]) -> Vec<EventNs> {
        self.0.get(&mound).map(|marked| marked.turned(&thrown_on(mound, throws))).unwrap_or_default()
    }

    /// Whether a man may have thrown on a mound in a while before his first throw that is known: its half-inning had begun, and he
    /// was named there before it was over, or nobody was known there before.
    pub(super) fn may_have_begun(
        &self,
        pitcher: PitcherId,
        mound: MoundId,
        throws: &[Throws],
        (from, to): (EventNs, EventNs),
    ) -> bool {
        let named = || self.0.get(&mound).into_iter().flat_map(|marked| &marked.named);
        let was_named = named().any(|(at, who)| *who == pitcher && *at <= to);
        let nobody = |(at, who): &(EventNs, PitcherId)| *who == pitcher || *at > from;
        was_named || named().chain(&thrown_on(mound, throws)).all(nobody)
    }

    /// Whether fewer batters came between two pitches on a mound than a half-inning of another man would have had.
    pub(super) fn are_too_few_batters(&self, mound: MoundId, from: EventNs, to: EventNs) -> bool {
        let Some(marked) = self.0.get(&mound) else { return false };
        let both = marked.batter_by(from).zip(marked.batter_from(to));
        both.is_some_and(|(before, after)| (before..=before.saturating_add(HALF_BATTERS_MIN)).contains(&after))
    }

    /// Whether a half-inning turned or began on a mound after one moment and before another.
    pub(super) fn is_another_half(&self, mound: MoundId, from: EventNs, to: EventNs) -> bool {
        let turns = self.0.get(&mound).into_iter().flat_map(|marked| &marked.turns);
        turns.into_iter().any(|(at, _)| *at > from && *at < to)
    }

    /// Whether whoever threw on a mound is known to have left it, and nothing was thrown or marked there since.
    pub(super) fn is_deserted(
        &self,
        mound: MoundId,
        throws: &[Throws],
        blind_since: Option<EventNs>,
        now: BoxNs,
    ) -> bool {
        let here = throws.iter().filter(|t| t.mound == mound);
        let stands: Vec<Stand> = here.filter_map(|t| self.stand(t.pitcher, mound, throws, blind_since, now)).collect();
        let Some(last) = stands.iter().map(|stand| stand.last).max() else { return false };
        let newest = self.0.get(&mound).and_then(|marked| marked.newest);
        stands.iter().all(|stand| !stand.is_here()) && newest.is_none_or(|newest| newest <= last)
    }

    /// Who was named last on a mound and has not thrown there, and since when he is: nobody else threw or was named there
    /// since, he was named nowhere else, and no half-inning ended.
    pub(super) fn waiting(&self, mound: MoundId, throws: &[Throws], now: BoxNs) -> Option<(PitcherId, EventNs)> {
        let marked = self.0.get(&mound)?;
        let (last, pitcher) = *marked.named.back()?;
        let (came, _) = marked.named.iter().rev().take_while(|(_, who)| *who == pitcher).last()?;
        let mut here = throws.iter().filter(|t| t.mound == mound && !t.releases.is_empty());
        let thrown = here.any(|t| t.pitcher == pitcher || t.releases.last() > Some(&last));
        let elsewhere = self.0.iter().filter(|(on, _)| **on != mound).flat_map(|(_, marked)| &marked.named);
        let left = elsewhere.into_iter().any(|(at, who)| *who == pitcher && *at > last);
        let over = marked.ends().any(|end| end > last);
        let silent = now.0.saturating_sub(marked.newest.max(Some(last))?.0) >= SILENT_NS;
        (!thrown && !left && !over && !silent).then_some((pitcher, *came))
    }

    /// When and for which mound he left a bullpen.
    fn left_for(
        &self,
        pitcher: PitcherId,
        mound: MoundId,
        last: EventNs,
        throws: &[Throws],
    ) -> Option<(EventNs, MoundId)> {
        if mound == GAME_MOUND {
            return None;
        }
        let threw =
            throws.iter().filter(|t| t.pitcher == pitcher).flat_map(|t| t.releases.iter().map(|at| (*at, t.mound)));
        let marks = self.0.iter().flat_map(|(on, marked)| marked.named.iter().map(|(at, who)| (*at, *on, *who)));
        let marks = marks.filter(|(.., who)| *who == pitcher).map(|(at, on, _)| (at, on));
        // Whom the game names last is in the game, however soon; a name on the other mound of a bullpen may be a slip.
        let left_ns = |on: MoundId| if on == GAME_MOUND { 1 } else { LEFT_NS };
        let elsewhere =
            threw.chain(marks).filter(|(at, on)| *on != mound && at.0 >= last.0.saturating_add(left_ns(*on)));
        elsewhere.min()
    }
}

#[cfg(test)]
mod tests;
