//! Where every frame went, by source.

use super::status::Counts;

/// Where one source's frames went: on one cache line.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub(super) struct Tally {
    /// Taken from the rings.
    pub(super) taken: u64,
    /// Of these, no longer held: released, or any of the ways below.
    pub(super) gone: u64,
    /// Let in, and found to be the second of their kind when their bucket was put in order.
    pub(super) doubled: u64,
    /// Not let in: already there.
    pub(super) known: u64,
    pub(super) late: u64,
    pub(super) quarantined: u64,
    pub(super) refused: u64,
    /// Taken from the rings, with no room to hold them.
    pub(super) overflowed: u64,
}

impl Tally {
    /// A frame goes one of the ways that are counted.
    pub(super) fn drop_as(&mut self, way: impl FnOnce(&mut Self) -> &mut u64) {
        *way(self) += 1;
        self.gone += 1;
    }

    /// Frames held now.
    #[inline]
    pub(super) fn held(&self) -> u64 {
        self.taken - self.gone
    }

    /// Duplicates of either kind.
    pub(super) fn duplicate(&self) -> u64 {
        self.known + self.doubled
    }

    /// Frames of the source itself: neither refused nor the second of their kind.
    pub(super) fn came(&self) -> u64 {
        self.taken - self.refused - self.duplicate()
    }

    /// Frames released in order.
    pub(super) fn released(&self) -> u64 {
        self.gone - self.duplicate() - self.late - self.quarantined - self.refused - self.overflowed
    }
}

/// Numbers that a source may be said to have: all that fit its byte, most of them nobody's.
pub(super) const NUMBERS: usize = 1 << u8::BITS;

/// Every source's tally, by number.
pub(super) struct Tallies(Box<[Tally; NUMBERS]>);

impl Tallies {
    pub(super) fn new() -> Self {
        Self(Box::new([Tally::default(); NUMBERS]))
    }

    #[inline]
    pub(super) fn of(&mut self, source: u8) -> &mut Tally {
        &mut self.0[usize::from(source)]
    }

    #[inline]
    pub(super) fn get(&self, source: u8) -> &Tally {
        &self.0[usize::from(source)]
    }

    /// The sums over all sources, without what the producers counted and without what is held, which the calendars know.
    pub(super) fn counts(&self) -> Counts {
        self.0.iter().fold(Counts::default(), |sum, t| Counts {
            received: sum.received + t.taken,
            released: sum.released + t.released(),
            duplicate: sum.duplicate + t.duplicate(),
            late: sum.late + t.late,
            quarantined: sum.quarantined + t.quarantined,
            refused: sum.refused + t.refused,
            overflowed: sum.overflowed + t.overflowed,
            ..sum
        })
    }
}
