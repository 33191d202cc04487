//! The memory that held frames live in: chunks of a few frames, chained to buckets.
//!
//! All of it is reserved at start. A chunk is first touched when all that were touched before are in use, and a chunk given
//! back is the first to be taken again, so that the memory in use is what is held and stays in the cache. Chunks are taken as
//! buckets begin to fill, by the fastest cameras in order of event time: neighbours in time lie close together.

use super::Stamped;
use super::prefetch::prefetch;

/// Frames in a chunk: a bucket of the stadium's 3,000 frames a second fits one, and a chunk's entries fill a cache line.
pub(super) const LANES: usize = 8;

/// Of a long chain no more than this is fetched ahead.
const PREFETCH_CHUNKS: usize = 4;

/// Frames side by side, on cache lines of their own, and before them what is known of their order.
#[repr(align(64))]
struct Chunk<T> {
    entries: [u64; LANES],
    frames: [Stamped<T>; LANES],
}

/// A chain of chunks, newest chunk first, all but that one full.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Chain {
    /// The newest chunk; means nothing while the chain is empty.
    chunk: u32,
    /// Frames in the chain.
    pub(super) count: u32,
}

pub(super) struct Pool<T> {
    chunks: Vec<Chunk<T>>,
    /// Per chunk the one before it in its chain.
    before: Vec<u32>,
    free: Vec<u32>,
}

impl<T: Copy> Pool<T> {
    /// A pool that never needs more than this many chunks.
    pub(super) fn new(chunks: usize) -> Self {
        Self {
            chunks: Vec::with_capacity(chunks),
            before: Vec::with_capacity(chunks),
            free: Vec::with_capacity(chunks),
        }
    }

    /// Adds a frame and an entry at the end of a chain.
    #[inline]
    pub(super) fn push(&mut self, chain: &mut Chain, entry: u64, frame: &Stamped<T>) {
        let lane = chain.count as usize % LANES;
        if lane == 0 {
            let before = std::mem::replace(&mut chain.chunk, self.take(entry, frame));
            self.before[chain.chunk as usize] = before;
        } else {
            let chunk = &mut self.chunks[chain.chunk as usize];
            chunk.entries[lane] = entry;
            chunk.frames[lane] = *frame;
        }
        chain.count += 1;
    }

    /// A chunk with this frame in its first lane.
    #[inline]
    fn take(&mut self, entry: u64, frame: &Stamped<T>) -> u32 {
        let Some(number) = self.free.pop() else { return self.touch(entry, frame) };
        let chunk = &mut self.chunks[number as usize];
        chunk.entries[0] = entry;
        chunk.frames[0] = *frame;
        number
    }

    /// A chunk that was not in use before.
    #[cold]
    fn touch(&mut self, entry: u64, frame: &Stamped<T>) -> u32 {
        debug_assert!(self.chunks.len() < self.chunks.capacity(), "the pool was measured for all that may be held");
        self.chunks.push(Chunk { entries: [entry; LANES], frames: [*frame; LANES] });
        self.before.push(0);
        self.chunks.len() as u32 - 1
    }

    /// Entries and frames of a chunk, by number; of a chain's newest chunk by [`Pool::newest`].
    #[inline]
    pub(super) fn chunk(&mut self, number: u32) -> (&mut [u64; LANES], &mut [Stamped<T>; LANES]) {
        let chunk = &mut self.chunks[number as usize];
        (&mut chunk.entries, &mut chunk.frames)
    }

    /// Entries and frames of a chain's newest chunk: of one that fits a chunk, all.
    #[inline]
    pub(super) fn newest(&mut self, chain: Chain) -> (&mut [u64; LANES], &mut [Stamped<T>; LANES]) {
        self.chunk(chain.chunk)
    }

    /// Writes down a chain's chunks, oldest first.
    #[inline]
    pub(super) fn list(&self, chain: Chain, chunks: &mut Vec<u32>) {
        chunks.clear();
        let mut chunk = chain.chunk;
        for _ in 0..(chain.count as usize).div_ceil(LANES) {
            chunks.push(chunk);
            chunk = self.before[chunk as usize];
        }
        chunks.reverse();
    }

    /// A frame by its place in a listed chain.
    #[inline]
    pub(super) fn at(&mut self, list: &[u32], place: usize) -> &mut Stamped<T> {
        &mut self.chunks[list[place / LANES] as usize].frames[place % LANES]
    }

    /// Cuts a chain down to its first `count` frames.
    #[inline]
    pub(super) fn truncate(&mut self, chain: &mut Chain, count: u32) {
        let surplus = chain.count.div_ceil(LANES as u32) - count.div_ceil(LANES as u32);
        for _ in 0..surplus {
            self.free.push(chain.chunk);
            chain.chunk = self.before[chain.chunk as usize];
        }
        chain.count = count;
    }

    /// Fetches a chain's entries into the cache, of a long one the newest chunks'.
    #[inline]
    pub(super) fn prefetch_entries(&self, chain: Chain) {
        let mut chunk = chain.chunk as usize;
        for _ in 0..(chain.count as usize).div_ceil(LANES).min(PREFETCH_CHUNKS) {
            prefetch(&self.chunks[chunk].entries);
            chunk = self.before[chunk] as usize;
        }
    }

    /// Fetches a chain's entries and frames into the cache, of a long one the newest chunks'.
    #[inline]
    pub(super) fn prefetch(&self, chain: Chain) {
        let (mut chunk, mut lanes) = (chain.chunk as usize, (chain.count as usize).wrapping_sub(1) % LANES + 1);
        for _ in 0..(chain.count as usize).div_ceil(LANES).min(PREFETCH_CHUNKS) {
            prefetch(&self.chunks[chunk].entries);
            self.chunks[chunk].frames[..lanes].iter().for_each(prefetch);
            (chunk, lanes) = (self.before[chunk] as usize, LANES);
        }
    }

    /// Fetches where the next frame of a chain goes, as far as that is known.
    #[inline]
    pub(super) fn prefetch_next(&self, chain: Chain) {
        if let Some(chunk) = self.chunks.get(chain.chunk as usize) {
            prefetch(&chunk.entries);
            prefetch(&chunk.frames[chain.count as usize % LANES]);
        }
    }

    /// Chunks in use.
    #[cfg(test)]
    pub(super) fn in_use(&self) -> usize {
        self.chunks.len() - self.free.len()
    }

    /// Chunks that were ever in use.
    #[cfg(test)]
    pub(super) fn touched(&self) -> usize {
        self.chunks.len()
    }
}
