//! The calendar ring of one mound: a bucket per tick of event time, each a chain of frames.
//!
//! Ahead of the eager watermark a bucket is a heap in no order, so that a frame goes in with one look at the bucket and one
//! store of the frame. When the eager watermark passes a bucket it is put in order once, its duplicates dropped; behind it a
//! frame goes in at its place. The final watermark empties buckets. Both walk over buckets whose frames lie side by side in
//! chunks. A bit per bucket says whether there is anything in it.
//!
//! All ticks held are in `final_ .. final_ + SPAN_TICKS`, so that each has a bucket to itself.

use super::pool::{Chain, LANES, Pool};
use super::tally::Tallies;
use super::{SPAN_TICKS, Sink, Stamped, TICK_BITS};
use crate::ids::MoundId;

const BUCKETS: usize = SPAN_TICKS as usize;
/// Bits of a [`key`].
const KEY_BITS: u32 = TICK_BITS + 6 + 32;
/// Frames that can be numbered in the bits that a key leaves.
const NUMBERED: usize = 1 << (u64::BITS - KEY_BITS);

/// What all calendars share: the frames, and room to sort in.
pub(super) struct Shelf<T> {
    pub(super) pool: Pool<T>,
    pub(super) tallies: Tallies,
    /// Frames in all calendars.
    pub(super) held: usize,
    list: Vec<u32>,
    frames: Vec<Stamped<T>>,
    keys: Vec<(u64, u32)>,
}

impl<T: Copy> Shelf<T> {
    /// Room for `held_max` frames on so many mounds; every occupied bucket may have a chunk that is not full.
    pub(super) fn new(held_max: usize, mounds: usize) -> Self {
        Self {
            pool: Pool::new(held_max.min(held_max / LANES + mounds * BUCKETS)),
            tallies: Tallies::new(),
            held: 0,
            list: Vec::with_capacity(held_max.div_ceil(LANES)),
            frames: Vec::with_capacity(held_max),
            keys: Vec::with_capacity(held_max),
        }
    }
}

/// Order within a bucket, and identity: event time below the tick, source, seq. 20 + 6 + 32 bits, so that a comparison is
/// one instruction and equal keys in one bucket are duplicates.
#[inline]
fn key<T>(frame: &Stamped<T>) -> u64 {
    let below_tick = frame.event.0 & ((1 << TICK_BITS) - 1);
    below_tick << 38 | u64::from(frame.source) << 32 | u64::from(frame.seq)
}

pub(super) struct Calendar {
    mound: MoundId,
    buckets: Box<[Chain]>,
    occupied: Box<[u64]>,
    /// Ticks before this one are in order and have been given to [`Sink::eager`].
    eager: u64,
    /// Ticks before this one have been released.
    final_: u64,
}

impl Calendar {
    pub(super) fn new(mound: MoundId) -> Self {
        Self {
            mound,
            buckets: vec![Chain::default(); BUCKETS].into(),
            occupied: vec![0; BUCKETS / 64].into(),
            eager: 0,
            final_: 0,
        }
    }

    /// Eager and final watermark, ticks.
    #[inline]
    pub(super) fn watermarks(&self) -> (u64, u64) {
        (self.eager, self.final_)
    }

    /// Sets the watermarks of an empty calendar.
    pub(super) fn anchor(&mut self, eager: u64, final_: u64) {
        debug_assert!(self.occupied.iter().all(|w| *w == 0) && final_ <= eager);
        (self.eager, self.final_) = (eager, final_);
    }

    /// Puts a frame in, its tick being in the span; whether it was new. One ahead of the eager watermark is taken to be.
    #[inline]
    pub(super) fn put<T: Copy>(
        &mut self,
        shelf: &mut Shelf<T>,
        tick: u64,
        frame: &Stamped<T>,
        sink: &mut impl Sink<T>,
    ) -> bool {
        debug_assert!((self.final_..self.final_ + SPAN_TICKS).contains(&tick));
        if tick >= self.eager {
            shelf.pool.push(&mut self.buckets[bucket(tick)], frame);
        } else if self.make_place(shelf, tick, frame) {
            sink.after_eager(self.mound, frame);
        } else {
            return false;
        }
        self.occupied[bucket(tick) / 64] |= 1 << (tick % 64);
        shelf.held += 1;
        true
    }

    /// Puts a frame in its place in a bucket that is in order, unless it is there.
    fn make_place<T: Copy>(&mut self, shelf: &mut Shelf<T>, tick: u64, frame: &Stamped<T>) -> bool {
        let Shelf { pool, list, .. } = shelf;
        let chain = &mut self.buckets[bucket(tick)];
        let (own, mut place) = (key(frame), chain.count as usize);
        pool.list(*chain, list);
        while place > 0 && key(pool.at(list, place - 1)) > own {
            place -= 1;
        }
        if place > 0 && key(pool.at(list, place - 1)) == own {
            return false;
        }
        pool.push(chain, frame);
        pool.list(*chain, list);
        for later in (place + 1..chain.count as usize).rev() {
            *pool.at(list, later) = *pool.at(list, later - 1);
        }
        *pool.at(list, place) = *frame;
        true
    }

    /// Moves the eager watermark to `to`: buckets before it are put in order and given to the sink.
    pub(super) fn pass_eager<T: Copy>(&mut self, shelf: &mut Shelf<T>, to: u64, sink: &mut impl Sink<T>) {
        let end = to.min(self.final_ + SPAN_TICKS);
        while let Some(tick) = self.next_occupied(self.eager, end) {
            let chain = &mut self.buckets[bucket(tick)];
            if chain.count as usize <= LANES {
                settle_short(shelf, chain, |frame| sink.eager(self.mound, frame));
            } else {
                settle_long(shelf, chain, |frame| sink.eager(self.mound, frame));
            }
            self.eager = tick + 1;
        }
        self.eager = self.eager.max(to);
    }

    /// Moves the final watermark to `to`, not beyond the eager one: buckets before it are released and emptied.
    pub(super) fn release<T: Copy>(&mut self, shelf: &mut Shelf<T>, to: u64, sink: &mut impl Sink<T>) {
        debug_assert!(to <= self.eager);
        let end = to.min(self.final_ + SPAN_TICKS);
        let Shelf { pool, tallies, list, held, .. } = shelf;
        while let Some(tick) = self.next_occupied(self.final_, end) {
            let chain = &mut self.buckets[bucket(tick)];
            pool.list(*chain, list);
            let mut left = chain.count as usize;
            *held -= left;
            for chunk in list.iter() {
                for frame in pool.lanes(*chunk).iter().take(left) {
                    sink.released(self.mound, frame);
                    tallies.of(frame.source).released += 1;
                }
                left = left.saturating_sub(LANES);
            }
            pool.truncate(chain, 0);
            self.occupied[bucket(tick) / 64] &= !(1 << (tick % 64));
            self.final_ = tick + 1;
        }
        self.final_ = self.final_.max(to);
    }

    /// The first occupied tick in `from .. to`, less than a turn apart.
    #[inline]
    fn next_occupied(&self, from: u64, to: u64) -> Option<u64> {
        let mut tick = from;
        while tick < to {
            let word = self.occupied[bucket(tick) / 64] >> (tick % 64);
            if word != 0 {
                let found = tick + u64::from(word.trailing_zeros());
                return (found < to).then_some(found);
            }
            tick += 64 - tick % 64;
        }
        None
    }

    /// The tick after the last occupied one.
    pub(super) fn end(&self) -> u64 {
        let (mut end, limit) = (self.final_, self.final_ + SPAN_TICKS);
        while let Some(tick) = self.next_occupied(end, limit) {
            end = tick + 1;
        }
        end
    }
}

#[inline]
fn bucket(tick: u64) -> usize {
    tick as usize & (BUCKETS - 1)
}

/// Puts a chain of one chunk in order by a network of comparisons, without a branch that cannot be foretold; then as
/// [`settle_long`].
#[inline]
fn settle_short<T: Copy>(shelf: &mut Shelf<T>, chain: &mut Chain, mut each: impl FnMut(&Stamped<T>)) {
    let count = chain.count as usize;
    let lanes = shelf.pool.short(*chain);
    if count == 1 {
        return each(&lanes[0]);
    }
    let mut order = [u64::MAX; LANES];
    for (lane, frame) in lanes.iter().enumerate().take(count) {
        order[lane] = key(frame) << 2 | lane as u64;
    }
    for (a, b) in [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)] {
        (order[a], order[b]) = (order[a].min(order[b]), order[a].max(order[b]));
    }
    let mixed = *lanes;
    let mut kept = 0;
    let mut last = None;
    for &numbered in &order[..count] {
        let frame = &mixed[numbered as usize % LANES];
        if last.replace(numbered >> 2) == Some(numbered >> 2) {
            shelf.tallies.of(frame.source).doubled += 1;
            continue;
        }
        lanes[kept] = *frame;
        kept += 1;
        each(frame);
    }
    shelf.held -= count - kept;
    chain.count = kept as u32;
}

/// Puts a chain in order, drops its duplicates (of equals the first to come stays), and tells `each` frame that stays.
fn settle_long<T: Copy>(shelf: &mut Shelf<T>, chain: &mut Chain, mut each: impl FnMut(&Stamped<T>)) {
    let Shelf { pool, tallies, held, list, frames, keys } = shelf;
    pool.list(*chain, list);
    let count = chain.count as usize;
    frames.clear();
    for chunk in list.iter() {
        let left = count - frames.len();
        frames.extend_from_slice(&pool.lanes(*chunk)[..left.min(LANES)]);
    }
    let mut kept = 0;
    let mut last = None;
    let mut keep = |key: u64, number: usize| {
        let frame = &frames[number];
        if last.replace(key) == Some(key) {
            tallies.of(frame.source).doubled += 1;
        } else {
            *pool.at(list, kept) = *frame;
            kept += 1;
            each(frame);
        }
    };
    if count <= NUMBERED {
        let mut numbered = [0; NUMBERED];
        let numbered = &mut numbered[..count];
        for (number, frame) in frames.iter().enumerate() {
            numbered[number] = key(frame) << (u64::BITS - KEY_BITS) | number as u64;
        }
        numbered.sort_unstable();
        for numbered in numbered {
            keep(*numbered >> (u64::BITS - KEY_BITS), *numbered as usize % NUMBERED);
        }
    } else {
        keys.clear();
        keys.extend(frames.iter().enumerate().map(|(number, frame)| (key(frame), number as u32)));
        keys.sort_unstable();
        for (key, number) in keys.iter() {
            keep(*key, *number as usize);
        }
    }
    *held -= count - kept;
    pool.truncate(chain, kept as u32);
}
