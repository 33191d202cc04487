//! What mark feeds and spin devices said, kept until their pitch is known: late, missing and doubled ones included.
//!
//! A released mark within `match_ns` (20 ms) of the first consistent observation **is** the release. One that is only
//! within `attribute_ns` (1 s) still says which pitch it was, unless it is nearer to another pitch, but no longer when
//! the ball left the hand: a person's click is that sloppy, and pitches are many seconds apart.
//!
//! # Whose it is
//! - Who stands on a mound is whom the last mark named, "pitcher on mound" or "pitch released". The end of an inning ends
//!   it, being named on the game mound ends it for the bullpen, and so do [`STANDS_NS`] without a throw and without a mark.
//! - A **game pitch** has a released mark: on the game mound what has none is nobody's, a warm-up between innings as much
//!   as a pitch whose mark was lost. Whoever stood there last is no guess that may count against a man.
//! - In a **bullpen** whoever stands there throws; released marks are not needed.
//!
//! # Several feeds
//! The feed with the lowest number has the say while it lives, which is [`LIVES_NS`] from each of its marks on. What another one
//! says then about who stands on a mound is not kept; a released mark of it fills in for a lost one where it names the man who
//! stands there anyway. What it says otherwise is a contradiction, and counted.

use std::collections::VecDeque;

use firmware_protocol::{Mark, MarkKind, Spin};

use super::pitch::Context;
use crate::ids::{EventNs, GamePk, MoundId, PitchType, PitcherId};

const KEPT: usize = 64;
/// Who was named on a mound has left it after so long without a throw and without a mark, ns \[P\]: longer than any break
/// after which the same man goes on unsaid, shorter than what lies between two men who use a bullpen mound.
pub(super) const STANDS_NS: u64 = 30 * 60 * 1_000_000_000;

/// So long after its last mark a feed has the say before those with higher numbers, event time, ns \[P\]: longer than from one
/// pitch to the next, and short enough that a feed that died is followed within a batter.
const LIVES_NS: u64 = 60 * 1_000_000_000;
/// Sources that are mark feeds.
const FEEDS: std::ops::Range<u8> = 48..64;

/// Who stands on a mound as far as marks tell, so that another tracker can go on from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// When it was said.
    pub event: EventNs,
    /// Who was named, or that nobody is any more: a mark "inning end".
    pub mark: Mark,
    /// The newest throw on that mound; 0 where none is known.
    pub thrown: EventNs,
}

/// Marks and spins of one mound in event order, the last so many of each.
#[derive(Debug)]
pub(super) struct Marks {
    /// Whether only a released mark makes a pitch somebody's.
    game: bool,
    /// The newest mark of each feed on this mound, by rank.
    heard: [u64; 16],
    contradicted: u64,
    /// By rank: feeds whose marks say whose a pitch was, and not when the ball left the hand.
    rough: [bool; 16],
    /// With the rank of the feed.
    released: VecDeque<(u64, (u8, Mark))>,
    /// Who is named, and the ends of that.
    on_mound: VecDeque<(u64, Mark)>,
    /// First observations of throws.
    throws: VecDeque<(u64, ())>,
    spins: VecDeque<(u64, Spin)>,
}

impl Marks {
    pub(super) fn new(mound: MoundId) -> Self {
        Self {
            game: mound == MoundId::GAME,
            heard: [0; 16],
            contradicted: 0,
            rough: [false; 16],
            released: VecDeque::with_capacity(KEPT),
            on_mound: VecDeque::with_capacity(KEPT),
            throws: VecDeque::with_capacity(KEPT),
            spins: VecDeque::with_capacity(KEPT),
        }
    }

    /// Notes that a feed lives.
    pub(super) fn hear(&mut self, source: u8, event: u64) {
        let heard = &mut self.heard[rank(source)];
        *heard = event.max(*heard);
    }

    /// Whether a feed's marks say only whose a pitch was.
    pub(super) fn set_rough(&mut self, source: u8, is_rough: bool) {
        if FEEDS.contains(&source) {
            self.rough[rank(source)] = is_rough;
        }
    }

    /// Marks that were not kept, because a feed with a lower number says otherwise.
    pub(super) fn contradicted(&self) -> u64 {
        self.contradicted
    }

    /// Keeps a mark that tracking needs; whether it is news.
    pub(super) fn mark(&mut self, source: u8, event: u64, mark: &Mark) -> bool {
        let outranked = self.heard[..rank(source)].iter().any(|heard| *heard > 0 && heard.abs_diff(event) <= LIVES_NS);
        if outranked && mark.what != MarkKind::PitchReleased {
            let news = matches!(mark.what, MarkKind::PitcherOnMound) && self.stands(event) != pitcher_of(mark);
            self.contradicted += u64::from(news);
            return false;
        }
        let other = mark.pitcher != 0 && self.stands(event) != pitcher_of(mark);
        if outranked && other {
            self.contradicted += 1;
            return false;
        }
        match mark.what {
            MarkKind::PitchReleased => {
                let named = !outranked && mark.pitcher != 0 && keep(&mut self.on_mound, event, *mark);
                keep(&mut self.released, event, (rank(source) as u8, *mark)) | named
            }
            MarkKind::PitcherOnMound | MarkKind::InningEnd => keep(&mut self.on_mound, event, *mark),
            MarkKind::PitchEnded | MarkKind::InningStart | MarkKind::CalibrationDone => false,
        }
    }

    /// Who stands here as of an event time.
    fn stands(&self, event: u64) -> Option<PitcherId> {
        let here = self.on_mound.iter().rev().find(|(at, _)| *at <= event);
        here.filter(|(_, mark)| mark.what != MarkKind::InningEnd).and_then(|(_, mark)| pitcher_of(mark))
    }

    /// He was named on another mound and stands here no more; whether that is news.
    pub(super) fn left(&mut self, event: u64, pitcher: u32) -> bool {
        let here = self.on_mound.iter().rev().find(|(at, _)| *at <= event);
        let stands = here.is_some_and(|(_, mark)| mark.what != MarkKind::InningEnd && mark.pitcher == pitcher);
        stands && keep(&mut self.on_mound, event, NOBODY)
    }

    /// A throw was seen first at `first`: whoever stands here goes on standing here, or is gone since long before it.
    pub(super) fn threw(&mut self, first: u64) {
        if let Some(gone) = self.gone_since(first) {
            keep(&mut self.on_mound, gone, NOBODY);
        }
        keep(&mut self.throws, first, ());
    }

    /// Time begins anew: whoever stands on the mound stands there from its beginning, the rest was of another time.
    pub(super) fn restart(&mut self) {
        let last = self.on_mound.pop_back();
        self.on_mound.clear();
        self.on_mound.extend(last.map(|(_, mark)| (0, mark)));
        self.heard = [0; 16];
        self.released.clear();
        self.throws.clear();
        self.spins.clear();
    }

    /// Takes what was said as so much later, ns; 0 stays no time.
    pub(super) fn move_on(&mut self, by_ns: i64) {
        let released = self.released.iter_mut().map(|(at, _)| at);
        let on_mound = self.on_mound.iter_mut().map(|(at, _)| at);
        let throws = self.throws.iter_mut().map(|(at, ())| at);
        let spins = self.spins.iter_mut().map(|(at, _)| at);
        let all = self.heard.iter_mut().chain(released).chain(on_mound).chain(throws).chain(spins);
        all.filter(|at| **at > 0).for_each(|at| *at = at.saturating_add_signed(by_ns));
    }

    /// Who stood here as of an event time, as far as marks before it tell.
    pub(super) fn standing(&self, at: u64) -> Option<Standing> {
        let (event, mark) = self.on_mound.iter().rev().find(|(event, _)| *event < at).copied()?;
        let thrown = self.throws.iter().rev().find(|(event, ())| *event < at).map_or(0, |(event, ())| *event);
        Some(Standing { event: EventNs(event), mark, thrown: EventNs(thrown) })
    }

    /// Takes over what another tracker's marks told.
    pub(super) fn set_standing(&mut self, standing: &Standing) {
        keep(&mut self.on_mound, standing.event.0, standing.mark);
        if standing.thrown.0 > 0 {
            keep(&mut self.throws, standing.thrown.0, ());
        }
    }

    /// The mark that says who stands here for a throw first seen at `first`. A name may come `reach` too late.
    fn naming(&self, first: u64, reach: u64) -> Option<&(u64, Mark)> {
        let counts = |at: u64, mark: &Mark| {
            at <= if mark.what == MarkKind::InningEnd { first } else { first.saturating_add(reach) }
        };
        self.on_mound.iter().rev().find(|(at, mark)| counts(*at, mark))
    }

    /// Since when whoever was named last before `at` is gone, if he is.
    fn gone_since(&self, at: u64) -> Option<u64> {
        let (named, mark) = self.on_mound.iter().rev().find(|(event, _)| *event <= at)?;
        let thrown = self.throws.iter().rev().find(|(event, ())| *event < at).map_or(0, |(event, ())| *event);
        // At 0 stands who was taken over from another time; since when is not known.
        let seen = (*named).max(thrown);
        let gone = seen.saturating_add(STANDS_NS);
        (mark.what != MarkKind::InningEnd && seen > 0 && gone < at).then_some(gone)
    }

    /// Keeps a spin; whether it is news.
    pub(super) fn spin(&mut self, event: u64, spin: &Spin) -> bool {
        keep(&mut self.spins, event, *spin)
    }

    /// The event time of the released mark that gives the release of a flight first seen at `first`.
    pub(super) fn release(&self, first: u64, match_ns: u64) -> Option<u64> {
        let exact = |rank: u8| !self.rough[usize::from(rank)];
        self.said(first, match_ns, exact).map(|(event, _)| event)
    }

    /// The released mark nearest to an event, of the feed that has the say among those.
    fn said(&self, event: u64, within: u64, among: impl Fn(u8) -> bool) -> Option<(u64, Mark)> {
        let near = self.released.iter().filter(|(at, (rank, _))| at.abs_diff(event) <= within && among(*rank));
        near.min_by_key(|(at, (rank, _))| (*rank, at.abs_diff(event))).map(|(at, (_, mark))| (*at, *mark))
    }

    /// Who threw the pitch first seen at `first`; `others` are the first observations of other pitches.
    pub(super) fn context(&self, first: u64, attribute_ns: u64, mut others: impl Iterator<Item = u64>) -> Context {
        let naming = self.naming(first, attribute_ns / 10);
        let naming = naming.filter(|(at, _)| *at > first || self.gone_since(first).is_none()).map(|(_, mark)| mark);
        let standing = naming.filter(|mark| mark.what != MarkKind::InningEnd).and_then(pitcher_of);
        let game_pk = naming.and_then(game_of);
        let released = self.said(first, attribute_ns, |_| true);
        let released = released.filter(|(at, _)| !others.any(|other| other.abs_diff(*at) < first.abs_diff(*at)));
        let Some((_, mark)) = &released else {
            return Context { pitcher: standing.filter(|_| !self.game), game_pk, ..Context::default() };
        };
        Context {
            pitcher: pitcher_of(mark).or(standing),
            game_pk: game_of(mark).or(game_pk),
            at_bat_number: (mark.at_bat_number > 0).then_some(mark.at_bat_number),
            pitch_number: (mark.pitch_number > 0).then_some(mark.pitch_number),
            pitch_type: std::str::from_utf8(&mark.pitch_type)
                .ok()
                .and_then(|text| PitchType::parse(text.trim_end_matches('\0'))),
        }
    }

    /// The spin measured at this release.
    pub(super) fn spin_at(&self, release: u64, match_ns: u64) -> Option<&Spin> {
        nearest(&self.spins, release, match_ns).map(|(_, spin)| spin)
    }
}

/// Nobody stands here any more.
const NOBODY: Mark = Mark {
    what: MarkKind::InningEnd,
    mound: 0,
    at_bat_number: 0,
    pitch_number: 0,
    game_pk: 0,
    pitcher: 0,
    pitch_type: [0; 4],
};

/// The place of a feed among all, the first has the say.
fn rank(source: u8) -> usize {
    usize::from(source.clamp(FEEDS.start, FEEDS.end - 1) - FEEDS.start)
}

fn pitcher_of(mark: &Mark) -> Option<PitcherId> {
    (mark.pitcher > 0).then_some(PitcherId(mark.pitcher))
}

fn game_of(mark: &Mark) -> Option<GamePk> {
    (mark.game_pk > 0).then_some(GamePk(mark.game_pk))
}

/// Inserts in event order, once; the oldest gives way, and what is older than all of a full list is not kept.
fn keep<T: PartialEq>(list: &mut VecDeque<(u64, T)>, event: u64, value: T) -> bool {
    if list.iter().any(|(at, kept)| *at == event && *kept == value) {
        return false;
    }
    let at = list.partition_point(|(kept, _)| *kept <= event);
    if list.len() < KEPT {
        list.insert(at, (event, value));
    } else if at > 0 {
        list.pop_front();
        list.insert(at - 1, (event, value));
    } else {
        return false;
    }
    true
}

fn nearest<T>(list: &VecDeque<(u64, T)>, event: u64, within: u64) -> Option<&(u64, T)> {
    list.iter().filter(|(at, _)| at.abs_diff(event) <= within).min_by_key(|(at, _)| at.abs_diff(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(pitch_number: u16) -> Mark {
        Mark {
            what: MarkKind::PitchReleased,
            mound: 0,
            at_bat_number: 3,
            pitch_number,
            game_pk: 717_797,
            pitcher: 425_794,
            pitch_type: *b"FF\0\0",
        }
    }

    fn on_mound(pitcher: u32) -> Mark {
        Mark { what: MarkKind::PitcherOnMound, pitcher, pitch_number: 0, ..released(0) }
    }

    fn inning_end() -> Mark {
        Mark { what: MarkKind::InningEnd, ..on_mound(11) }
    }

    const MS: u64 = 1_000_000;
    const S: u64 = 1_000 * MS;
    const MIN: u64 = 60 * S;

    fn game() -> Marks {
        Marks::new(MoundId::GAME)
    }

    fn bullpen() -> Marks {
        Marks::new(MoundId(1))
    }

    /// Whose a throw first seen then is.
    fn whose(marks: &Marks, at: u64) -> Option<u32> {
        marks.context(at, S, std::iter::empty()).pitcher.map(|p| p.0)
    }

    #[test]
    fn a_doubled_mark_is_no_news() {
        let mut marks = game();
        assert!(marks.mark(48, 1_000 * MS, &released(1)));
        assert!(!marks.mark(48, 1_000 * MS, &released(1)));
    }

    #[test]
    fn a_sloppy_mark_names_the_pitch_but_not_the_release() {
        let mut marks = game();
        marks.mark(48, 5_300 * MS, &released(1));
        assert_eq!(marks.release(5_000 * MS, 20 * MS), None);
        let context = marks.context(5_000 * MS, 1_000 * MS, std::iter::empty());
        assert_eq!(context.pitch_number, Some(1));
        assert_eq!(context.pitch_type.map(|t| t.as_str().to_owned()).as_deref(), Some("FF"));
        let other = marks.context(5_000 * MS, 1_000 * MS, std::iter::once(5_290 * MS));
        assert_eq!(other.pitch_number, None, "the mark is nearer to the other pitch");
    }

    #[test]
    fn in_a_bullpen_the_pitcher_counts_from_his_mark_on() {
        let mut marks = bullpen();
        marks.mark(48, 90 * S, &on_mound(22));
        marks.mark(48, 10 * S, &on_mound(11));
        assert_eq!([5, 20, 95].map(|at| whose(&marks, at * S)), [None, Some(11), Some(22)]);
    }

    #[test]
    fn on_the_game_mound_what_has_no_released_mark_is_nobodys() {
        let mut marks = game();
        marks.mark(48, 10 * S, &on_mound(11));
        assert_eq!(whose(&marks, 20 * S), None, "a warm-up before the inning");
        marks.mark(48, 40 * S, &Mark { pitcher: 0, ..released(1) });
        assert_eq!(whose(&marks, 40 * S), Some(11), "a feed that marks releases without a name");
        assert_eq!(whose(&marks, 60 * S), None, "its mark was lost, or it was no pitch");
        assert_eq!(
            marks.context(60 * S, S, std::iter::empty()).game_pk,
            Some(GamePk(717_797)),
            "of this game all the same"
        );
        marks.mark(48, 60 * S, &released(2));
        assert_eq!(whose(&marks, 60 * S), Some(425_794), "it came late");
    }

    #[test]
    fn the_end_of_an_inning_ends_who_stands_there_until_somebody_is_named_anew() {
        for mut marks in [game(), bullpen()] {
            marks.mark(48, 10 * S, &on_mound(11));
            marks.mark(48, 100 * S, &inning_end());
            let nameless = Mark { pitcher: 0, ..released(1) };
            marks.mark(48, 90 * S, &nameless);
            marks.mark(48, 150 * S, &nameless);
            assert_eq!((whose(&marks, 90 * S), whose(&marks, 150 * S)), (Some(11), None));
            marks.mark(48, 140 * S, &on_mound(22));
            assert_eq!(whose(&marks, 150 * S), Some(22));
            assert!(!marks.mark(48, 100 * S, &inning_end()), "told twice");
        }
    }

    #[test]
    fn who_is_named_on_the_game_mound_has_left_the_bullpen() {
        let mut marks = bullpen();
        marks.mark(48, 10 * S, &on_mound(11));
        assert!(!marks.left(100 * S, 22), "another man");
        assert!(marks.left(100 * S, 11));
        assert!(!marks.left(120 * S, 11), "he is gone already");
        assert_eq!((whose(&marks, 90 * S), whose(&marks, 110 * S)), (Some(11), None));
    }

    #[test]
    fn who_was_named_is_gone_after_half_an_hour_without_throw_and_mark() {
        let mut marks = bullpen();
        marks.mark(48, 10 * MIN, &on_mound(11));
        for at in [20 * MIN, 49 * MIN] {
            assert_eq!(whose(&marks, at), Some(11));
            marks.threw(at);
        }
        let later = 80 * MIN;
        assert_eq!(whose(&marks, later), None, "half an hour after his last throw");
        marks.threw(later);
        assert_eq!(whose(&marks, later + 20 * S), None, "nor is the next one his");
        marks.mark(48, later + 30 * S, &on_mound(22));
        assert_eq!(whose(&marks, later + 40 * S), Some(22));
    }

    #[test]
    fn a_session_longer_than_what_is_kept_stays_his() {
        let mut marks = bullpen();
        marks.mark(48, 10 * MIN, &on_mound(11));
        for throw in 1..200 {
            let at = 10 * MIN + throw * 25 * S;
            assert_eq!(whose(&marks, at), Some(11), "{throw}");
            marks.threw(at);
        }
    }

    #[test]
    fn another_tracker_goes_on_with_who_stands_there() {
        let mut marks = bullpen();
        marks.mark(48, 10 * MIN, &on_mound(11));
        marks.threw(35 * MIN);
        let mut other = bullpen();
        other.set_standing(&marks.standing(36 * MIN).expect("he was named"));
        assert_eq!((whose(&other, 60 * MIN), whose(&other, 70 * MIN)), (Some(11), None));
        marks.mark(48, 36 * MIN, &inning_end());
        let mut other = bullpen();
        other.set_standing(&marks.standing(37 * MIN).expect("it was said"));
        assert_eq!(whose(&other, 38 * MIN), None);
    }

    /// A second feed that repeats itself, each time nearer to the throw than the first one's mark.
    #[test]
    fn a_second_feed_that_stutters_renames_no_pitch_and_is_counted() {
        let mut marks = game();
        let of = |pitcher, number| Mark { pitcher, ..released(number) };
        let hear = |marks: &mut Marks, source, at, mark: Mark| {
            marks.hear(source, at);
            marks.mark(source, at, &mark);
        };
        hear(&mut marks, 48, 10 * S, on_mound(11));
        for pitch in 1..=10_u16 {
            let at = 20 * S * u64::from(pitch) + 20 * S;
            hear(&mut marks, 49, at - 2 * S, on_mound(22));
            hear(&mut marks, 49, at + MS, of(22, pitch - 1));
            hear(&mut marks, 48, at + 5 * MS, of(11, pitch));
            hear(&mut marks, 49, at + 2 * MS, of(11, pitch - 1));
            let context = marks.context(at, S, std::iter::empty());
            assert_eq!((context.pitcher.map(|p| p.0), context.pitch_number), (Some(11), Some(pitch)));
            assert_eq!(marks.release(at, 20 * MS), Some(at + 5 * MS));
        }
        assert_eq!(marks.contradicted(), 20);
        // One that the first feed lost is told by the second, where it agrees about the man.
        hear(&mut marks, 49, 230 * S, of(11, 11));
        assert_eq!(marks.context(230 * S, S, std::iter::empty()).pitch_number, Some(11));
        // The first one dies: after a minute the second has the say.
        hear(&mut marks, 49, 310 * S, on_mound(33));
        hear(&mut marks, 49, 320 * S, of(33, 1));
        assert_eq!(whose(&marks, 320 * S), Some(33));
    }
}
