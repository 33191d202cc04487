//! Where every frame went, by source.

use super::{Counts, SOURCE_MAX};

/// Where one source's frames went.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Taken from the rings.
    pub(super) taken: u64,
    /// Of these, let in to be held.
    pub(super) entered: u64,
    pub(super) released: u64,
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
    /// Frames held now.
    pub(super) fn held(&self) -> u64 {
        self.entered - self.released - self.doubled
    }

    /// Duplicates of either kind.
    pub(super) fn duplicate(&self) -> u64 {
        self.known + self.doubled
    }
}

/// Every source's tally, by number; 0 collects numbers that are no source's.
pub(super) struct Tallies([Tally; SOURCE_MAX as usize + 1]);

impl Tallies {
    pub(super) fn new() -> Self {
        Self([Tally::default(); SOURCE_MAX as usize + 1])
    }

    #[inline]
    pub(super) fn of(&mut self, source: u8) -> &mut Tally {
        &mut self.0[row(source)]
    }

    pub(super) fn get(&self, source: u8) -> &Tally {
        &self.0[row(source)]
    }

    /// The sums over all sources, without what the producers counted.
    pub(super) fn counts(&self) -> Counts {
        self.0.iter().fold(Counts::default(), |sum, t| Counts {
            received: sum.received + t.taken,
            released: sum.released + t.released,
            duplicate: sum.duplicate + t.duplicate(),
            late: sum.late + t.late,
            quarantined: sum.quarantined + t.quarantined,
            refused: sum.refused + t.refused,
            overflowed: sum.overflowed + t.overflowed,
            held: sum.held + t.held(),
            ..sum
        })
    }
}

/// Where a source's tally is kept.
#[inline]
pub(super) fn row(source: u8) -> usize {
    if source <= SOURCE_MAX { usize::from(source) } else { 0 }
}
