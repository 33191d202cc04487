//! The memory that held frames live in: a slab of frames, and chunks of entries chained to buckets.
//!
//! All of it is reserved at start. What was given back last is taken first, and nothing is touched before all that was
//! touched is in use: the memory in use is what is held, and what is written to was just read and lies in the cache.

use super::frame::Stamped;
use super::prefetch::{large_pages, prefetch};

/// Bits of a slot's number.
pub(super) const SLOT_BITS: u32 = 23;

/// Entries in a chunk, which is a cache line.
const LANES: usize = 8;

/// One value on cache lines of its own.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line<V>(V);

/// Frames, by the number of their slot.
pub(super) struct Slab<T> {
    frames: Vec<Line<Stamped<T>>>,
    free: Vec<u32>,
}

impl<T: Copy> Slab<T> {
    /// A slab for so many frames.
    pub(super) fn new(frames: usize) -> Self {
        debug_assert!(frames <= 1 << SLOT_BITS, "the configuration is checked");
        let slab = Self { frames: Vec::with_capacity(frames), free: Vec::with_capacity(frames) };
        large_pages(&slab.frames);
        slab
    }

    /// Keeps a frame; its slot.
    #[inline]
    pub(super) fn put(&mut self, frame: &Stamped<T>) -> u32 {
        let Some(slot) = self.free.pop() else { return self.touch(frame) };
        self.frames[slot as usize].0 = *frame;
        slot
    }

    /// Keeps a frame in a slot that was not in use before.
    #[cold]
    fn touch(&mut self, frame: &Stamped<T>) -> u32 {
        debug_assert!(self.frames.len() < self.frames.capacity(), "the slab was measured for all that may be held");
        self.frames.push(Line(*frame));
        self.frames.len() as u32 - 1
    }

    /// The frame in a slot.
    #[inline]
    pub(super) fn get(&self, slot: u32) -> &Stamped<T> {
        &self.frames[slot as usize].0
    }

    /// The same, to change it.
    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Stamped<T> {
        &mut self.frames[slot as usize].0
    }

    /// The frame in a slot, if the slab has it.
    #[inline]
    pub(super) fn find(&self, slot: u32) -> Option<&Stamped<T>> {
        self.frames.get(slot as usize).map(|line| &line.0)
    }

    /// Gives a slot back.
    #[inline]
    pub(super) fn free(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// Fetches a slot's frame into the cache; any number will do.
    #[inline]
    pub(super) fn prefetch(&self, slot: u32) {
        if let Some(line) = self.frames.get(slot as usize) {
            prefetch(line);
        }
    }

    /// Slots in use.
    #[cfg(test)]
    pub(super) fn in_use(&self) -> usize {
        self.frames.len() - self.free.len()
    }

    /// Slots that were ever in use.
    #[cfg(test)]
    pub(super) fn touched(&self) -> usize {
        self.frames.len()
    }
}

/// A chain of chunks, newest chunk first, all but that one full.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    /// The newest chunk; means nothing while the chain is empty.
    chunk: u32,
    /// Entries in the chain.
    pub(super) count: u32,
}

impl Chain {
    /// Without an entry, and without a chunk that anybody has.
    pub(super) const EMPTY: Self = Self { chunk: u32::MAX, count: 0 };
}

/// Chunks of entries.
pub(super) struct Pool {
    chunks: Vec<Line<[u64; LANES]>>,
    /// Per chunk the one before it in its chain.
    before: Vec<u32>,
    free: Vec<u32>,
}

impl Pool {
    /// Room for so many entries in so many chains.
    pub(super) fn new(entries: usize, chains: usize) -> Self {
        let chunks = entries.min(entries / LANES + chains);
        Self {
            chunks: Vec::with_capacity(chunks),
            before: Vec::with_capacity(chunks),
            free: Vec::with_capacity(chunks),
        }
    }

    /// Adds an entry at the end of a chain; whether that took a chunk, as the first one does.
    #[inline]
    pub(super) fn push(&mut self, chain: &mut Chain, entry: u64) -> bool {
        let lane = chain.count as usize % LANES;
        if lane == 0 {
            let chunk = self.free.pop().unwrap_or_else(|| self.touch());
            self.before[chunk as usize] = std::mem::replace(&mut chain.chunk, chunk);
        }
        self.chunks[chain.chunk as usize].0[lane] = entry;
        chain.count += 1;
        lane == 0
    }

    /// A chunk that was not in use before.
    #[cold]
    fn touch(&mut self) -> u32 {
        debug_assert!(self.chunks.len() < self.chunks.capacity(), "the pool was measured for all that may be held");
        self.chunks.push(Line([0; LANES]));
        self.before.push(0);
        self.chunks.len() as u32 - 1
    }

    /// Fetches where the next entry of a chain goes, as far as that is known.
    #[inline]
    pub(super) fn prefetch(&self, chain: Chain) {
        if let Some(chunk) = self.chunks.get(chain.chunk as usize) {
            prefetch(chunk);
        }
    }

    /// Shows a chain's entries, chunk by chunk, the newest chunk first, until told to stop.
    pub(super) fn any(&self, chain: Chain, mut stop: impl FnMut(u64) -> bool) -> bool {
        let (mut chunk, mut left) = (chain.chunk as usize, chain.count as usize);
        while left > 0 {
            let lanes = (left - 1) % LANES + 1;
            if self.chunks[chunk].0[..lanes].iter().any(|entry| stop(*entry)) {
                return true;
            }
            left -= lanes;
            chunk = self.before[chunk] as usize;
        }
        false
    }

    /// Empties a chain into `out`, newest chunk first; [`Pool::oldest_first`] tells the order in which they came.
    #[inline]
    pub(super) fn take(&mut self, chain: &mut Chain, out: &mut Vec<u64>) {
        let Chain { mut chunk, count } = std::mem::replace(chain, Chain::EMPTY);
        let mut left = count as usize;
        out.clear();
        while left > 0 {
            let lanes = (left - 1) % LANES + 1;
            out.extend_from_slice(&self.chunks[chunk as usize].0[..lanes]);
            self.free.push(chunk);
            left -= lanes;
            chunk = self.before[chunk as usize];
        }
    }

    /// What [`Pool::take`] took, in the order in which it came.
    pub(super) fn oldest_first(taken: &[u64]) -> impl Iterator<Item = &u64> {
        let (newest, older) = taken.split_at(taken.len().saturating_sub(1) % LANES + 1);
        older.chunks(LANES).rev().flatten().chain(newest)
    }

    /// Chunks in use.
    #[cfg(test)]
    pub(super) fn in_use(&self) -> usize {
        self.chunks.len() - self.free.len()
    }
}
