//! What the numbers in marks tell: pitches that were thrown and that nobody measured.
//!
//! A mark numbers its pitch within the batter's turn. Where a man's numbers jump from one of his pitches to the next, he threw
//! more than was counted. How much more between two batters is not known: what is told is the least. Throws without a mark that
//! were measured in between are the first to be among them: they were no warm-ups. Where a number follows the one before, they
//! were nothing else, however long it took.

use super::held::Downstream;
use crate::ids::{EventNs, MoundId, PitchId, PitcherId};
use crate::records::{PitchRecord, State};

/// Nobody takes longer from one pitch to the next of a batter, ns \[P\]: that far back reaches what a jump tells of.
const PITCH_WITHIN_NS: u64 = 60 * 1_000_000_000;

/// Pitches between two of one man in one game that his marks' numbers tell of at least; none where they tell nothing.
fn skipped(before: &PitchRecord, after: &PitchRecord) -> Option<u16> {
    let of = |record: &PitchRecord| Some((record.at_bat_number?, record.pitch_number?));
    let ((batter, number), (next_batter, next)) = (of(before)?, of(after)?);
    let first = match next_batter.checked_sub(batter)? {
        0 => number + 1,
        _ => 1,
    };
    next.checked_sub(first)
}

/// The while before a final pitch in which its man threw what `recent` knows nothing of; none where its number tells of none.
pub(super) fn unmeasured<'r>(
    record: &PitchRecord,
    recent: impl Iterator<Item = &'r PitchRecord> + Clone,
) -> Option<(EventNs, EventNs)> {
    if record.state != State::Final || record.pitcher.is_none() {
        return None;
    }
    let key = |r: &PitchRecord| (r.pitcher, r.mound, r.game_pk);
    let earlier = recent.clone().filter(|r| r.release_ns < record.release_ns && r.game_date == record.game_date);
    let before = earlier.filter(|r| key(r) == key(record)).max_by_key(|r| r.release_ns)?;
    let is_between = |r: &&PitchRecord| (before.release_ns + 1..record.release_ns).contains(&r.release_ns);
    // Throws without a mark were measured, and are told of as such.
    let nobodys = recent.filter(|r| r.mound == record.mound && r.pitcher.is_none()).filter(is_between).count();
    let count = u64::from(skipped(before, record)?).saturating_sub(nobodys as u64);
    let from = record.release_ns.saturating_sub(count * PITCH_WITHIN_NS).max(before.release_ns);
    (count > 0).then_some((EventNs(from), EventNs(record.release_ns)))
}

/// When the pitch was thrown that a final pitch follows as the next of its batter, or as the first of the next one.
fn follows<'r>(record: &PitchRecord, recent: impl Iterator<Item = &'r PitchRecord>) -> Option<EventNs> {
    let is_final = record.state == State::Final && record.pitcher.is_some() && record.mound == MoundId::GAME.0;
    let key = |r: &PitchRecord| (r.mound, r.game_pk);
    let named = recent.filter(|r| r.pitcher.is_some() && key(r) == key(record) && r.game_date == record.game_date);
    let before = named.filter(|r| r.release_ns < record.release_ns).max_by_key(|r| r.release_ns)?;
    let batters = record.at_bat_number?.checked_sub(before.at_bat_number?)?;
    (is_final && batters <= 1 && skipped(before, record) == Some(0)).then_some(EventNs(before.release_ns))
}

/// Throws of nobody that a final pitch's number tells were pitches: the last ones before it, as many as its batter saw since the
/// last pitch that is known, or as its man threw.
fn pitches_of_nobody<'r>(
    record: &PitchRecord,
    recent: impl Iterator<Item = &'r PitchRecord> + Clone,
) -> Vec<(PitchId, EventNs)> {
    if record.state != State::Final || record.pitcher.is_none() || record.mound != MoundId::GAME.0 {
        return Vec::new();
    }
    let (Some(batter), Some(number)) = (record.at_bat_number, record.pitch_number) else { return Vec::new() };
    let is_before = |r: &&PitchRecord| {
        (r.mound, &r.game_date) == (record.mound, &record.game_date) && r.release_ns < record.release_ns
    };
    let earlier = recent.filter(is_before);
    let named = earlier.clone().filter(|r| r.pitcher.is_some() && r.game_pk == record.game_pk);
    let before = named.max_by_key(|r| r.release_ns);
    let count = match before {
        Some(before) if before.pitcher == record.pitcher || before.at_bat_number == Some(batter) => {
            let batters = before.at_bat_number.map_or(0, |before| batter.saturating_sub(before + 1));
            skipped(before, record).unwrap_or(0).saturating_add(batters)
        }
        _ => number - 1,
    };
    let from = before.map_or(0, |before| before.release_ns);
    let nobodys = earlier.filter(|r| r.pitcher.is_none() && r.release_ns > from);
    let mut nobodys: Vec<_> = nobodys.map(|r| (EventNs(r.release_ns), PitchId(r.id))).collect();
    nobodys.sort_unstable();
    let last = nobodys.into_iter().rev().take(count.into());
    last.map(|(at, id)| (id, at)).collect()
}

impl<P> Downstream<P> {
    /// Takes what a pitch's number tells of those before it.
    pub(super) fn count_on(&mut self, record: &PitchRecord) {
        let recent = self.recent.iter().map(|recent| &recent.record);
        let mound = MoundId(record.mound);
        if let Some(from) = follows(record, recent.clone()) {
            for id in self.whose.were_warm_ups(mound, from, EventNs(record.release_ns)) {
                self.engine.throw_was_none(mound, id);
            }
        }
        for (id, at) in pitches_of_nobody(record, recent.clone()) {
            self.whose.owe(mound, (id, at));
            self.engine.throw_unnamed(mound, at, id);
        }
        let Some((from, to)) = unmeasured(record, recent) else { return };
        let Some(pitcher) = record.pitcher.map(PitcherId) else { return };
        self.engine.missed(pitcher, mound, from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::live_pitch;

    const S: u64 = 1_000_000_000;

    fn thrown(s: u64, batter: u16, number: u16) -> PitchRecord {
        PitchRecord {
            at_bat_number: Some(batter),
            pitch_number: Some(number),
            state: State::Final,
            ..live_pitch(7, s * S, s)
        }
    }

    #[test]
    fn a_number_that_jumps_tells_of_pitches_that_nobody_measured() {
        let told = |before: &[PitchRecord], record: &PitchRecord| {
            unmeasured(record, before.iter()).map(|(from, to)| (from.0 / S, to.0 / S))
        };
        let before = [thrown(900, 4, 2), thrown(1000, 5, 1)];
        assert_eq!(told(&before, &thrown(1020, 5, 2)), None, "the next one");
        assert_eq!(told(&before, &thrown(1040, 5, 3)), Some((1000, 1040)), "one is missing");
        assert_eq!(told(&before, &thrown(1060, 6, 1)), None, "the next batter's first");
        assert_eq!(
            told(&before, &thrown(2000, 8, 3)),
            Some((1880, 2000)),
            "two of this batter's, long after the last one"
        );
        assert_eq!(told(&[], &thrown(1040, 5, 3)), None, "he came in the middle of a turn");
        assert_eq!(told(&before, &PitchRecord { game_pk: 9, ..thrown(1040, 5, 3) }), None, "another game");
        assert_eq!(told(&before, &PitchRecord { pitcher: Some(8), ..thrown(1040, 5, 3) }), None, "another man");
        assert_eq!(told(&before, &PitchRecord { pitch_number: None, ..thrown(1040, 5, 3) }), None, "no number");
        assert_eq!(told(&before, &PitchRecord { state: State::Provisional, ..thrown(1040, 5, 3) }), None);
        let unmarked = PitchRecord { pitcher: None, ..thrown(1020, 5, 2) };
        let unmarked = PitchRecord { at_bat_number: None, pitch_number: None, ..unmarked };
        let with = [before.as_slice(), &[unmarked]].concat();
        assert_eq!(told(&with, &thrown(1040, 5, 3)), None, "it was measured, and counts for nobody");
        assert_eq!(told(&with, &thrown(1060, 5, 4)), Some((1000, 1060)), "and another one was not");
    }
    #[test]
    fn throws_of_nobody_before_a_number_that_jumps_were_pitches() {
        let nobodys =
            |s: u64| PitchRecord { pitcher: None, at_bat_number: None, pitch_number: None, ..thrown(s, 1, 1) };
        let told = |before: &[PitchRecord], record: &PitchRecord| {
            let mut told: Vec<_> =
                pitches_of_nobody(record, before.iter()).into_iter().map(|(_, at)| at.0 / S).collect();
            told.sort_unstable();
            told
        };
        let other = |s, batter, number| PitchRecord { pitcher: Some(8), ..thrown(s, batter, number) };
        // Six throws of a break, the last two of them with the batter there.
        let six = (0..6).map(|i| nobodys(1_100 + 20 * i));
        let after = |first: PitchRecord| std::iter::once(first).chain(six.clone()).collect::<Vec<_>>();
        assert_eq!(told(&after(other(1_000, 4, 5)), &thrown(1_300, 5, 1)), [0; 0], "the first to his batter");
        assert_eq!(told(&after(other(1_000, 4, 5)), &thrown(1_300, 5, 3)), [1_180, 1_200], "the third");
        assert_eq!(told(&after(other(1_000, 5, 2)), &thrown(1_300, 5, 4)), [1_200], "he came for another in the turn");
        assert_eq!(told(&after(thrown(1_000, 4, 5)), &thrown(1_300, 5, 1)), [0; 0], "his own, of an earlier inning");
        assert_eq!(told(&after(thrown(1_000, 4, 5)), &thrown(1_300, 7, 1)), [1_180, 1_200], "two batters are missing");
        assert_eq!(told(&after(other(1_000, 4, 5)), &thrown(1_300, 9, 1)), [0; 0], "the other side's batters");
        let next = |before: PitchRecord, record: &PitchRecord| follows(record, [before].iter()).map(|at| at.0 / S);
        assert_eq!(next(other(1_000, 5, 2), &thrown(1_300, 5, 3)), Some(1_000), "he came for another in the turn");
        assert_eq!(next(other(1_000, 4, 5), &thrown(1_300, 5, 1)), Some(1_000), "the next batter");
        assert_eq!(next(other(1_000, 4, 5), &thrown(1_300, 5, 2)), None);
        assert_eq!(next(other(1_000, 4, 5), &thrown(1_300, 6, 1)), None);
        assert_eq!(told(&six.collect::<Vec<_>>(), &thrown(1_300, 1, 2)), [1_200], "nobody is known before");
    }
}
