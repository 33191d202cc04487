//! What mark feeds and spin devices said, kept until their pitch is known: late, missing and doubled ones included.
//!
//! A released mark within `match_ns` (20 ms) of the first consistent observation **is** the release. One that is only
//! within `attribute_ns` (1 s) still says which pitch it was, unless it is nearer to another pitch, but no longer when
//! the ball left the hand: a person's click is that sloppy, and pitches are many seconds apart.

use std::collections::VecDeque;

use firmware_protocol::{Mark, MarkKind, Spin};

use super::pitch::Context;
use crate::ids::{GamePk, PitchType, PitcherId};

const KEPT: usize = 64;

/// Marks and spins of one mound in event order, the last so many of each.
#[derive(Debug)]
pub(super) struct Marks {
    released: VecDeque<(u64, Mark)>,
    on_mound: VecDeque<(u64, Mark)>,
    spins: VecDeque<(u64, Spin)>,
}

impl Marks {
    pub(super) fn new() -> Self {
        Self {
            released: VecDeque::with_capacity(KEPT),
            on_mound: VecDeque::with_capacity(KEPT),
            spins: VecDeque::with_capacity(KEPT),
        }
    }

    /// Keeps a mark that tracking needs; whether it is news.
    pub(super) fn mark(&mut self, event: u64, mark: &Mark) -> bool {
        match mark.what {
            MarkKind::PitchReleased => {
                let named = mark.pitcher != 0 && keep(&mut self.on_mound, event, *mark);
                keep(&mut self.released, event, *mark) | named
            }
            MarkKind::PitcherOnMound => keep(&mut self.on_mound, event, *mark),
            MarkKind::PitchEnded | MarkKind::InningStart | MarkKind::InningEnd | MarkKind::CalibrationDone => false,
        }
    }

    /// Time begins anew: whoever stands on the mound stands there from its beginning, the rest was of another time.
    pub(super) fn restart(&mut self) {
        let last = self.on_mound.pop_back();
        self.on_mound.clear();
        self.on_mound.extend(last.map(|(_, mark)| (0, mark)));
        self.released.clear();
        self.spins.clear();
    }

    /// The last mark before this event time that says who stands on the mound.
    pub(super) fn standing(&self, at: u64) -> Option<(u64, Mark)> {
        self.on_mound.iter().rev().find(|(event, _)| *event < at).copied()
    }

    /// Keeps a spin; whether it is news.
    pub(super) fn spin(&mut self, event: u64, spin: &Spin) -> bool {
        keep(&mut self.spins, event, *spin)
    }

    /// The event time of the released mark that gives the release of a flight first seen at `first`.
    pub(super) fn release(&self, first: u64, match_ns: u64) -> Option<u64> {
        nearest(&self.released, first, match_ns).map(|(event, _)| *event)
    }

    /// Who threw the pitch first seen at `first`; `others` are the first observations of other pitches.
    pub(super) fn context(&self, first: u64, attribute_ns: u64, others: impl Iterator<Item = u64>) -> Context {
        let pitcher = self.on_mound.iter().rev().find(|(event, _)| *event <= first.saturating_add(attribute_ns / 10));
        let mut context = Context::default();
        if let Some((_, mark)) = pitcher {
            context.pitcher = pitcher_of(mark);
            context.game_pk = game_of(mark);
        }
        let Some((event, mark)) = nearest(&self.released, first, attribute_ns) else { return context };
        let mut others = others;
        if others.any(|other| other.abs_diff(*event) < first.abs_diff(*event)) {
            return context;
        }
        Context {
            pitcher: pitcher_of(mark).or(context.pitcher),
            game_pk: game_of(mark).or(context.game_pk),
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

    const MS: u64 = 1_000_000;

    #[test]
    fn a_doubled_mark_is_no_news() {
        let mut marks = Marks::new();
        assert!(marks.mark(1_000 * MS, &released(1)));
        assert!(!marks.mark(1_000 * MS, &released(1)));
    }

    #[test]
    fn a_sloppy_mark_names_the_pitch_but_not_the_release() {
        let mut marks = Marks::new();
        marks.mark(5_300 * MS, &released(1));
        assert_eq!(marks.release(5_000 * MS, 20 * MS), None);
        let context = marks.context(5_000 * MS, 1_000 * MS, std::iter::empty());
        assert_eq!(context.pitch_number, Some(1));
        assert_eq!(context.pitch_type.map(|t| t.as_str().to_owned()).as_deref(), Some("FF"));
        let other = marks.context(5_000 * MS, 1_000 * MS, std::iter::once(5_290 * MS));
        assert_eq!(other.pitch_number, None, "the mark is nearer to the other pitch");
    }

    #[test]
    fn the_pitcher_counts_from_his_mark_on() {
        let mut marks = Marks::new();
        let on = |pitcher| Mark { what: MarkKind::PitcherOnMound, pitcher, pitch_number: 0, ..released(0) };
        marks.mark(90_000 * MS, &on(22));
        marks.mark(10_000 * MS, &on(11));
        let at = |t: u64| marks.context(t * MS, 1_000 * MS, std::iter::empty()).pitcher.map(|p| p.0);
        assert_eq!((at(5_000), at(20_000), at(95_000)), (None, Some(11), Some(22)));
    }
}
