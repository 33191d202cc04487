//! Whether anything of a game is missing, and of whose outing.
//!
//! What must go on from one row to the next: the numbers in an at-bat, the count over a number that is missing, at-bats within a
//! half-inning, outs from half-inning to half-inning. What rows do not tell (files without such columns, games measured here) is
//! no reason against them. A file of one pitcher has nobody else's at-bats: the first one of an outing may have been begun by
//! another, and the last one ended by one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Game, Outcome, Slot};

/// Since this year the clock gives balls and strikes without a pitch.
const CLOCK_SINCE: u16 = 2023;
/// Since this year an intentional walk needs no pitch.
const WALK_SINCE: u16 = 2017;
/// Numbers of an outing that are taken for the clock's: one, and one more for so many pitches \[P\]; the most of a real outing were
/// four.
const PITCHES_A_CLOCK: u32 = 25;
/// A file picks pitches where more than one of so many at-bats lacks some \[P\]: of three whole days of the league none does.
const PICKED_ONE_OF: usize = 10;
/// Share of the at-bats from a game's first known to its last that are known where a file is of both sides \[P\].
const BOTH_SIDES: f64 = 0.9;
/// Before the end of the fifth inning no game is over.
const OVER_MIN: u8 = 2 * 5;

/// One pitcher's outing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::history) struct Judged {
    /// Pitches that are known.
    pub(in crate::history) thrown: u32,
    /// Pitches that are missing, at least.
    pub(in crate::history) missing: u32,
    /// Whether it is known to lack some, be it unknown how many.
    pub(in crate::history) lacks: bool,
    /// Whether pitches are missing within most of its at-bats that lack any: what is there may have been chosen by its values.
    pub(in crate::history) by_pitch: bool,
    /// Numbers without a pitch that the clock gave, by the count.
    pub(in crate::history) clock: u32,
    at_bats: u32,
    broken: u32,
    seams: u32,
}

impl Judged {
    fn lack(&mut self, pitches: u32) {
        self.lacks = true;
        self.missing += pitches;
    }
}

/// Whether the rows of a file are picked pitch by pitch, by what it holds of all games.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::history) struct Picking {
    at_bats: usize,
    faults: usize,
}

impl Picking {
    /// Takes what the file holds of one game.
    pub(in crate::history) fn hear(&mut self, game: &Game) {
        self.at_bats += game.slots.keys().map(|(at_bat, _)| at_bat).collect::<BTreeSet<_>>().len();
        self.faults += game.judge().values().map(|one| (one.broken + one.seams) as usize).sum::<usize>();
    }

    /// Whether they are.
    pub(in crate::history) fn are_picked(self) -> bool {
        self.faults * PICKED_ONE_OF > self.at_bats
    }
}

/// An at-bat: its number and what is known of it, in order.
struct AtBat<'g> {
    number: u16,
    slots: Vec<(u16, &'g Slot)>,
}

impl AtBat<'_> {
    fn first(&self) -> &Slot {
        self.slots[0].1
    }

    /// The last pitch, else the last number.
    fn last(&self) -> &Slot {
        let thrown = self.slots.iter().rev().find(|(_, slot)| slot.thrown);
        thrown.or(self.slots.last()).expect("an at-bat has a number").1
    }

    fn half(&self) -> Option<u8> {
        self.first().half
    }

    fn is_of(&self, pitcher: u32) -> bool {
        self.slots.iter().any(|(_, slot)| slot.thrown && slot.owner() == pitcher)
    }

    /// Outs after it.
    fn outs(&self) -> Option<u8> {
        match self.last().outcome? {
            Outcome::Over(made) => Some(self.last().outs? + made),
            _ => self.last().outs,
        }
    }

    /// Whether the half-inning may have ended with it: a runner who is put out is not in its outcome.
    fn may_end_half(&self) -> bool {
        self.outs().is_none_or(|outs| outs >= 2)
    }
}

impl Game {
    /// Everybody's outing.
    pub(in crate::history) fn judge(&self) -> BTreeMap<u32, Judged> {
        let at_bats = self.at_bats();
        let mut judged: BTreeMap<u32, Judged> = BTreeMap::new();
        for slot in self.slots.values().filter(|slot| slot.thrown) {
            judged.entry(slot.owner()).or_default().thrown += 1;
        }
        for place in 0..at_bats.len() {
            self.judge_at_bat(&at_bats, place, &mut judged);
        }
        if Self::is_of_both_sides(&at_bats) {
            self.judge_lost_at_bats(&at_bats, &mut judged);
        }
        let pitchers: Vec<u32> = judged.keys().copied().collect();
        for pitcher in pitchers {
            let one = judged.get_mut(&pitcher).expect("he was just there");
            self.judge_seams(&at_bats, pitcher, one);
            if one.clock > 1 + one.thrown / PITCHES_A_CLOCK {
                let missing = std::mem::take(&mut one.clock);
                one.lack(missing);
                one.broken += 1;
            }
            one.by_pitch = one.broken > 1 || (one.broken > 0 && one.broken == one.at_bats);
        }
        judged
    }

    /// Whether it is all of a game, from the first at-bat to its end, of which at-bats up to `known` are known from others.
    pub(super) fn tells_all(&self, known: u16) -> bool {
        let at_bats = self.at_bats();
        let (Some(first), Some(last)) = (at_bats.first(), at_bats.last()) else { return false };
        let there = first.number == 1
            && at_bats.windows(2).all(|pair| pair[1].number == pair[0].number + 1 || self.is_walk(&pair[0], &pair[1]));
        let Some(half) = last.half() else { return false };
        let is_over = matches!(last.last().outcome, Some(Outcome::Over(_)));
        let full = if matches!(self.year, 2020 | 2021) { 2 * 7 } else { 2 * 9 };
        there
            && is_over
            && (half >= full || (half >= OVER_MIN && known <= last.number))
            && self.judge().values().all(|one| !one.lacks)
    }

    /// The inning in which each outing that seems whole begins, as far as it is known.
    pub(in crate::history) fn first_innings(&self) -> BTreeMap<u32, u8> {
        let at_bats = self.at_bats();
        let judged = self.judge();
        let seems_whole = judged.iter().filter(|(_, one)| !one.lacks).map(|(pitcher, _)| *pitcher);
        let first = |pitcher| at_bats.iter().find(|at_bat| at_bat.is_of(pitcher))?.half();
        seems_whole.filter_map(|pitcher| Some((pitcher, first(pitcher)? / 2))).collect()
    }

    /// The inning in which a game of which both sides are known ends before its ninth, as rain ends one and a file that is cut does.
    pub(in crate::history) fn ends_early(&self) -> Option<u8> {
        let at_bats = self.at_bats();
        let half = at_bats.last()?.half()?;
        let full = if matches!(self.year, 2020 | 2021) { 7 } else { 9 };
        (Self::is_of_both_sides(&at_bats) && half >= OVER_MIN && half / 2 < full).then_some(half / 2)
    }

    fn at_bats(&self) -> Vec<AtBat<'_>> {
        let mut at_bats: Vec<AtBat<'_>> = Vec::new();
        for ((number, pitch), slot) in &self.slots {
            match at_bats.last_mut().filter(|last| last.number == *number) {
                Some(last) => last.slots.push((*pitch, slot)),
                None => at_bats.push(AtBat { number: *number, slots: vec![(*pitch, slot)] }),
            }
        }
        at_bats
    }

    /// Whole at-bats that are missing where both sides are known: whose they were is one of those around them.
    fn judge_lost_at_bats(&self, at_bats: &[AtBat<'_>], judged: &mut BTreeMap<u32, Judged>) {
        for place in 1..at_bats.len() {
            let (early, late) = (&at_bats[place - 1], &at_bats[place]);
            if late.number == early.number + 1 || self.is_walk(early, late) {
                continue;
            }
            let side = late.half().map(|half| half & 1);
            let before = at_bats[..place].iter().rev().find(|other| other.half().map(|half| half & 1) == side);
            let went_on = Some(early).filter(|early| early.outs().is_none_or(|outs| outs < 3));
            for one in [before, went_on].into_iter().flatten().map(AtBat::last).chain([late.first()]) {
                judged.entry(one.owner()).or_default().lacks = true;
            }
        }
    }

    /// Numbers within an at-bat, and its end.
    fn judge_at_bat(&self, at_bats: &[AtBat<'_>], place: usize, judged: &mut BTreeMap<u32, Judged>) {
        let at_bat = &at_bats[place];
        let whose: BTreeSet<u32> =
            at_bat.slots.iter().filter(|(_, s)| s.thrown).map(|(_, slot)| slot.owner()).collect();
        let (mut before, mut broken): (Option<(u16, &Slot)>, BTreeSet<u32>) = (None, BTreeSet::new());
        for (pitch, slot) in &at_bat.slots {
            let gap = pitch - before.map_or(0, |(pitch, _)| pitch) - 1;
            if gap > 0 && whose.contains(&slot.owner()) {
                let one = judged.entry(slot.owner()).or_default();
                if gap == 1 && self.is_clock(before.map(|(_, slot)| slot), slot) {
                    one.clock += 1;
                } else if before.is_some() || !Self::may_have_come_within(at_bats, place, slot.owner()) {
                    one.lack(u32::from(gap));
                    broken.insert(slot.owner());
                }
            }
            before = Some((*pitch, slot));
        }
        let last = at_bat.last();
        let goes_on = last.thrown && last.outcome.is_some_and(|outcome| !matches!(outcome, Outcome::Over(_)));
        let ended_without = at_bat.slots.last().is_some_and(|(_, slot)| !slot.thrown);
        if goes_on && !ended_without && !self.may_end_without_pitch(at_bats, place) {
            judged.entry(last.owner()).or_default().lack(1);
            broken.insert(last.owner());
        }
        for pitcher in whose {
            let one = judged.entry(pitcher).or_default();
            one.at_bats += 1;
            one.broken += u32::from(broken.contains(&pitcher));
        }
    }

    /// Whether the clock gave the one number between two pitches of an at-bat, by the count.
    fn is_clock(&self, before: Option<&Slot>, after: &Slot) -> bool {
        let count = before.map_or(Some((0, 0)), count_after);
        let (Some((balls, strikes)), Some(now)) = (count, after.balls.zip(after.strikes)) else { return false };
        self.year >= CLOCK_SINCE && (now == (balls + 1, strikes) || now == (balls, strikes + 1))
    }

    /// Whether somebody else may have begun an at-bat of which the first known pitch is this one's: it is the first of his outing,
    /// and he went on.
    fn may_have_come_within(at_bats: &[AtBat<'_>], place: usize, pitcher: u32) -> bool {
        let is_his_first = !at_bats[..place].iter().any(|at_bat| at_bat.is_of(pitcher));
        let next = at_bats.get(place + 1);
        is_his_first
            && !Self::is_of_both_sides(at_bats)
            && next.is_some_and(|next| {
                next.number == at_bats[place].number + 1 && next.is_of(pitcher) && next.slots[0].0 == 1
            })
    }

    /// Whether an at-bat whose last known pitch did not end it may have had no other.
    fn may_end_without_pitch(&self, at_bats: &[AtBat<'_>], place: usize) -> bool {
        let at_bat = &at_bats[place];
        let last = at_bat.last();
        let Some(next) = at_bats.get(place + 1) else {
            // A run without a batter's doing may end the last inning.
            return !Self::is_of_both_sides(at_bats) || at_bat.half().is_some_and(|half| half > 2 * 9);
        };
        let his_last = !at_bats[place + 1..].iter().any(|later| later.is_of(last.owner()));
        if next.number != at_bat.number + 1 || next.half() != at_bat.half() {
            // He left, or a runner was put out: then the same man bats first in the next inning.
            let again =
                at_bats[place..].iter().find(|later| later.half().zip(at_bat.half()).is_some_and(|(l, h)| l == h + 2));
            let batters = again.and_then(|again| again.first().batter.zip(last.batter));
            let struck_out = self.year >= CLOCK_SINCE
                && last.outs == Some(2)
                && count_after(last).is_some_and(|(_, strikes)| strikes == 2);
            return struck_out
                || (his_last && next.number != at_bat.number + 1)
                || (last.outs.is_none_or(|outs| outs > 0) && batters.is_none_or(|(then, now)| then == now));
        }
        let (Some(outs), Some(then)) = (last.outs, next.first().outs) else { return true };
        let walked = then == outs && next.first().on_first != Some(false);
        let struck_out = then == outs + 1 && count_after(last).is_none_or(|(_, strikes)| strikes == 2);
        // Nobody orders a walk at a full count; with a runner on first some do.
        let ordered = self.year >= WALK_SINCE && count_after(last) != Some((3, 2));
        (walked && (ordered || self.year >= CLOCK_SINCE)) || (struck_out && self.year >= CLOCK_SINCE)
    }

    /// From one at-bat of his to the next, and where his first and last lie in the game.
    fn judge_seams(&self, at_bats: &[AtBat<'_>], pitcher: u32, one: &mut Judged) {
        let his: Vec<usize> = (0..at_bats.len()).filter(|place| at_bats[*place].is_of(pitcher)).collect();
        let cut = Self::is_of_both_sides(at_bats);
        for pair in his.windows(2) {
            let (early, late) = (&at_bats[pair[0]], &at_bats[pair[1]]);
            let (Some(half), Some(then)) = (early.half(), late.half()) else { continue };
            if half == then {
                if pair[1] == pair[0] + 1 && late.number != early.number + 1 && !self.is_walk(early, late) {
                    one.lack(u32::from(late.number - early.number - 1));
                    one.seams += 1;
                }
                continue;
            }
            let next = at_bats.get(pair[0] + 1);
            let goes_on = next.is_some_and(|next| next.half() == Some(half));
            let lost = cut
                && next.is_some_and(|next| next.number != early.number + 1)
                && early.outs().is_some_and(|outs| outs < 3);
            let comes_on = late.number > 1 && at_bats[pair[1] - 1].half() == Some(then);
            let began = late.first().outs.is_none_or(|outs| outs == 0);
            if then != half + 2 || lost || (!goes_on && !early.may_end_half()) || (!comes_on && !began) {
                one.lack(1);
                one.seams += 1;
            }
        }
        let (Some(first), Some(last)) = (his.first(), his.last()) else { return };
        let begins = Self::begins(at_bats, *first);
        let ends = at_bats.get(last + 1).is_some_and(|next| next.number == at_bats[*last].number + 1)
            || (last + 1 == at_bats.len() && Self::tells_end(at_bats));
        let picked = self
            .slots
            .values()
            .any(|slot| slot.pitcher == pitcher && slot.thrown && slot.picked && slot.measured_by.is_none());
        if (begins == Some(false)) || (picked && !(begins == Some(true) && ends)) || (cut && begins.is_none()) {
            one.lacks = true;
        }
        let side = at_bats[*last].half().map(|half| half & 1);
        let relieved = at_bats[last + 1..].iter().any(|later| later.half().map(|half| half & 1) == side);
        if cut && !relieved && at_bats.last().and_then(AtBat::half).is_some_and(|half| half < OVER_MIN) {
            one.lacks = true;
        }
    }

    /// Whether the first known at-bat of an outing is its first; unknown where nobody else's of his side are known before it.
    fn begins(at_bats: &[AtBat<'_>], first: usize) -> Option<bool> {
        let at_bat = &at_bats[first];
        let half = at_bat.half();
        let (Some(half), outs) = (half, at_bat.first().outs) else { return Some(true) };
        if at_bat.number == 1 {
            // Of a game that is counted from another at-bat on it is not the first.
            let on_first = at_bat.first().on_first == Some(true);
            return Some(half == 2 && outs.is_none_or(|outs| outs == 0) && !on_first);
        }
        if half < 4 {
            // The first inning: of the visitors' half the first at-bat is the game's.
            let teammate = first > 0 && at_bats[first - 1].half() == Some(half);
            return Some(teammate || (half == 3 && outs.is_none_or(|outs| outs == 0)));
        }
        let teammates =
            at_bats[..first].iter().any(|other| other.half().is_some_and(|h| h + 2 >= half && (h ^ half) & 1 == 0));
        if teammates { Some(true) } else { None }
    }

    /// Whether the last known at-bat ended the game, as far as innings tell.
    fn tells_end(at_bats: &[AtBat<'_>]) -> bool {
        at_bats.last().is_some_and(|last| {
            last.half().is_some_and(|half| half >= 2 * 9) && matches!(last.last().outcome, Some(Outcome::Over(_)))
        })
    }

    /// Whether rows of both sides are known, as in a file of the league: from the first known at-bat on hardly one is missing.
    fn is_of_both_sides(at_bats: &[AtBat<'_>]) -> bool {
        let (Some(first), Some(last)) = (at_bats.first(), at_bats.last()) else { return false };
        let sides: BTreeSet<u8> = at_bats.iter().filter_map(|at_bat| Some(at_bat.half()? & 1)).collect();
        sides.len() == 2 && at_bats.len() as f64 >= BOTH_SIDES * f64::from(last.number - first.number + 1)
    }

    /// Whether an intentional walk without pitches lies between two at-bats.
    fn is_walk(&self, early: &AtBat<'_>, late: &AtBat<'_>) -> bool {
        self.year >= WALK_SINCE
            && late.number == early.number + 2
            && early.half() == late.half()
            && late.first().on_first == Some(true)
            && early.outs().zip(late.first().outs).is_some_and(|(outs, then)| then == outs)
    }
}

/// The count after a pitch that did not end the at-bat.
fn count_after(slot: &Slot) -> Option<(u8, u8)> {
    let (balls, strikes) = slot.balls.zip(slot.strikes)?;
    match slot.outcome? {
        Outcome::Ball => Some((balls + 1, strikes)),
        Outcome::Strike => Some((balls, strikes + 1)),
        Outcome::Foul => Some((balls, (strikes + 1).min(2))),
        Outcome::Over(_) => None,
    }
}
