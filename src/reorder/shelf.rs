//! Everything held: the slots, the links that chain them, and the tally of where frames went.

use super::slab::{Held, Reader};
use super::{Counts, Route, SOURCE_MAX, Stamped, TICK_BITS};

/// Where one source's frames went.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) taken: u64,
    pub(super) released: u64,
    pub(super) duplicate: u64,
    pub(super) late: u64,
    pub(super) quarantined: u64,
    pub(super) refused: u64,
    pub(super) held: u64,
}

/// What chains a slot to its bucket, or to the waiting line.
#[derive(Default)]
pub(super) struct Link {
    pub(super) key: u64,
    pub(super) next: Option<Held>,
}

/// A slot on its way into order.
pub(super) struct Entry {
    /// The frame's [`key`], above it its bucket's distance from the first one.
    pub(super) key: u64,
    /// Smaller came earlier.
    pub(super) order: u32,
    pub(super) held: Held,
}

/// A line of slots, first come first served.
#[derive(Default)]
pub(super) struct Staged {
    first: Option<Held>,
    last: Option<usize>,
}

/// The slots that the merge thread has.
pub(super) struct Shelf<T> {
    pub(super) reader: Reader<Stamped<T>>,
    /// Per slot its key and the slot after it in its chain. Beside the slots, so that putting frames in order follows
    /// links of 16 bytes and leaves the frames alone.
    pub(super) links: Box<[Link]>,
    /// Room to sort in; as long as there are slots, since all may share one bucket.
    pub(super) scratch: Vec<Entry>,
    /// By source; 0 collects numbers that are no source's.
    pub(super) tally: [Tally; SOURCE_MAX as usize + 1],
}

/// Bits of a [`key`]; those above it are free for the bucket's distance.
pub(super) const KEY_BITS: u32 = TICK_BITS + 6 + 32;

/// Order within a bucket, and identity: event time below the tick, source, seq. 20 + 6 + 32 bits, so that a comparison is
/// one instruction and equal keys in one bucket are duplicates.
pub(super) fn key<T>(frame: &Stamped<T>) -> u64 {
    let below_tick = frame.event.0 & ((1 << TICK_BITS) - 1);
    below_tick << 38 | u64::from(frame.source) << 32 | u64::from(frame.seq)
}

/// The source in a key, as the row of its tally.
pub(super) fn key_row(key: u64) -> usize {
    (key >> 32) as usize & usize::from(SOURCE_MAX)
}

/// Where a source's tally is kept.
pub(super) fn row(source: u8) -> usize {
    if source <= SOURCE_MAX { usize::from(source) } else { 0 }
}

impl<T: Copy + Send + Route> Shelf<T> {
    pub(super) fn new(reader: Reader<Stamped<T>>, slots: usize) -> Self {
        Self {
            reader,
            links: (0..slots).map(|_| Link::default()).collect(),
            scratch: Vec::with_capacity(slots),
            tally: [Tally::default(); SOURCE_MAX as usize + 1],
        }
    }

    /// Holds a frame at the end of the waiting line.
    pub(super) fn stage(&mut self, staged: &mut Staged, held: Held) {
        self.tally[row(self.reader.get(&held).source)].held += 1;
        let at = held.index();
        match staged.last.replace(at) {
            Some(last) => self.links[last].next = Some(held),
            None => staged.first = Some(held),
        }
    }

    /// Takes the first frame of the waiting line.
    pub(super) fn unstage(&mut self, staged: &mut Staged) -> Option<Held> {
        let held = staged.first.take()?;
        staged.first = self.links[held.index()].next.take();
        self.tally[row(self.reader.get(&held).source)].held -= 1;
        Some(held)
    }

    /// Counts a frame that leaves without having been held, and gives its slot back.
    pub(super) fn dismiss(&mut self, held: Held, count: impl FnOnce(&mut Tally) -> &mut u64) {
        let source = self.reader.get(&held).source;
        *count(&mut self.tally[row(source)]) += 1;
        self.reader.give_back(held);
    }

    /// The sums over all sources, without what the producers counted.
    pub(super) fn counts(&self) -> Counts {
        self.tally.iter().fold(Counts::default(), |sum, t| Counts {
            received: sum.received + t.taken,
            released: sum.released + t.released,
            duplicate: sum.duplicate + t.duplicate,
            late: sum.late + t.late,
            quarantined: sum.quarantined + t.quarantined,
            refused: sum.refused + t.refused,
            held: sum.held + t.held,
            ..sum
        })
    }
}
