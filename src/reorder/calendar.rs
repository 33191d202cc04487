//! The calendar ring of one mound: a bucket per tick of event time, each a chain of frames.
//!
//! Beside the frames a bucket keeps an entry per frame, which is its key and its number in the bucket: sorting and
//! searching touch entries alone, and frames stay where they came. Ahead of the eager watermark entries are in no order. When
//! the eager watermark passes a bucket they are put in order once and duplicates dropped; behind it a frame's entry goes in
//! at its place. The final watermark empties buckets. A bucket of more frames than an entry can number has its frames
//! themselves in order. A bit per bucket says whether there is anything in it.
//!
//! All ticks held are in `final_ .. final_ + SPAN_TICKS`, so that each has a bucket to itself.

use super::pool::{Chain, LANES, Pool};
use super::prefetch::prefetch;
use super::tally::Tallies;
use super::{SPAN_TICKS, Sink, Stamped, TICK_BITS};
use crate::ids::MoundId;

const BUCKETS: usize = SPAN_TICKS as usize;
/// How far ahead of itself a walk over buckets fetches frames: occupied buckets, and ticks to look for them in.
const AHEAD_BUCKETS: usize = 2;
const AHEAD_TICKS: u64 = 64;
/// Bits of a [`key`].
const KEY_BITS: u32 = TICK_BITS + 6 + 32;
/// Bits that a key leaves in an entry, and the frames that they can number.
const NUMBER_BITS: u32 = u64::BITS - KEY_BITS;
const NUMBERED: usize = 1 << NUMBER_BITS;

/// What all calendars share: the frames, and room to sort in.
pub(super) struct Shelf<T> {
    pub(super) pool: Pool<T>,
    pub(super) tallies: Tallies,
    /// Frames in all calendars.
    pub(super) held: usize,
    list: Vec<u32>,
    entries: Vec<u64>,
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
            entries: Vec::with_capacity(NUMBERED),
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

/// A frame's key above its number in its bucket; what it numbers beyond [`NUMBERED`] means nothing.
#[inline]
fn entry<T>(frame: &Stamped<T>, number: u32) -> u64 {
    key(frame) << NUMBER_BITS | u64::from(number % NUMBERED as u32)
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

    /// Fetches the bucket of a tick.
    #[inline]
    pub(super) fn prefetch_bucket(&self, tick: u64) {
        prefetch(&self.buckets[bucket(tick)]);
    }

    /// Fetches where a frame of this tick would go.
    #[inline]
    pub(super) fn prefetch_place<T: Copy>(&self, pool: &Pool<T>, tick: u64) {
        pool.prefetch_next(self.buckets[bucket(tick)]);
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
        let chain = &mut self.buckets[bucket(tick)];
        if tick >= self.eager {
            shelf.pool.push(chain, entry(frame, chain.count), frame);
        } else if insert(shelf, chain, frame) {
            sink.after_eager(self.mound, frame);
        } else {
            return false;
        }
        self.occupied[bucket(tick) / 64] |= 1 << (tick % 64);
        shelf.held += 1;
        true
    }

    /// Moves the eager watermark to `to`: buckets before it are put in order and given to the sink.
    pub(super) fn pass_eager<T: Copy>(&mut self, shelf: &mut Shelf<T>, to: u64, sink: &mut impl Sink<T>) {
        let end = to.min(self.final_ + SPAN_TICKS);
        while let Some(tick) = self.next_occupied(self.eager, end) {
            shelf.pool.prefetch_entries(self.ahead(tick));
            let chain = &mut self.buckets[bucket(tick)];
            settle(shelf, chain);
            each(shelf, *chain, |frame, _| sink.eager(self.mound, frame));
            self.eager = tick + 1;
        }
        self.eager = self.eager.max(to);
    }

    /// Moves the final watermark to `to`, not beyond the eager one: buckets before it are released and emptied.
    pub(super) fn release<T: Copy>(&mut self, shelf: &mut Shelf<T>, to: u64, sink: &mut impl Sink<T>) {
        debug_assert!(to <= self.eager);
        let end = to.min(self.final_ + SPAN_TICKS);
        while let Some(tick) = self.next_occupied(self.final_, end) {
            shelf.pool.prefetch(self.ahead(tick));
            let chain = &mut self.buckets[bucket(tick)];
            each(shelf, *chain, |frame, tallies| {
                sink.released(self.mound, frame);
                tallies.of(frame.source).released += 1;
            });
            shelf.held -= chain.count as usize;
            shelf.pool.truncate(chain, 0);
            self.occupied[bucket(tick) / 64] &= !(1 << (tick % 64));
            self.final_ = tick + 1;
        }
        self.final_ = self.final_.max(to);
    }

    /// The chain that a walk at this tick will come to soon; an empty one where there is none near.
    #[inline]
    fn ahead(&self, tick: u64) -> Chain {
        let mut found = tick;
        for _ in 0..AHEAD_BUCKETS {
            let Some(next) = self.next_occupied(found + 1, tick + AHEAD_TICKS) else { return Chain::default() };
            found = next;
        }
        self.buckets[bucket(found)]
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

/// Tells each frame of a chain that is in order.
#[inline]
fn each<T: Copy>(shelf: &mut Shelf<T>, chain: Chain, mut each: impl FnMut(&Stamped<T>, &mut Tallies)) {
    let Shelf { pool, tallies, list, .. } = shelf;
    let count = chain.count as usize;
    if count <= LANES {
        let (entries, frames) = pool.newest(chain);
        for entry in &entries[..count] {
            each(&frames[*entry as usize % LANES], tallies);
        }
        return;
    }
    pool.list(chain, list);
    for place in 0..count {
        let number = if count <= NUMBERED {
            pool.chunk(list[place / LANES]).0[place % LANES] as usize % NUMBERED
        } else {
            place
        };
        each(pool.at(list, number), tallies);
    }
}

/// Puts a chain in order, and drops its duplicates: of equals the first to come stays.
#[inline]
fn settle<T: Copy>(shelf: &mut Shelf<T>, chain: &mut Chain) {
    let count = chain.count as usize;
    if count == 1 {
        return;
    }
    let same = |pair: [u64; 2]| pair[0] >> NUMBER_BITS == pair[1] >> NUMBER_BITS;
    let unique = if count <= LANES {
        let entries = &mut shelf.pool.newest(*chain).0[..count];
        entries.sort_unstable();
        !entries.array_windows().any(|pair| same(*pair))
    } else if count <= NUMBERED {
        gather(shelf, *chain);
        shelf.entries.sort_unstable();
        scatter(shelf);
        !shelf.entries.array_windows().any(|pair| same(*pair))
    } else {
        false
    };
    if !unique {
        settle_frames(shelf, chain, |tallies, source| tallies.of(source).doubled += 1);
    }
}

/// Puts a frame in a chain that is in order, unless it is there.
fn insert<T: Copy>(shelf: &mut Shelf<T>, chain: &mut Chain, frame: &Stamped<T>) -> bool {
    let own = entry(frame, chain.count);
    let count = chain.count as usize;
    if count >= NUMBERED {
        let mut known = false;
        shelf.pool.push(chain, own, frame);
        shelf.held += 1;
        settle_frames(shelf, chain, |_, _| known = true);
        shelf.held -= usize::from(!known);
        return !known;
    }
    let place = |entries: &[u64]| {
        let place = entries.iter().take_while(|other| **other >> NUMBER_BITS < own >> NUMBER_BITS).count();
        let known = entries.get(place).is_some_and(|other| *other >> NUMBER_BITS == own >> NUMBER_BITS);
        (!known).then_some(place)
    };
    if (1..LANES).contains(&count) {
        let Some(place) = place(&shelf.pool.newest(*chain).0[..count]) else { return false };
        shelf.pool.push(chain, own, frame);
        shelf.pool.newest(*chain).0[place..=count].rotate_right(1);
        return true;
    }
    gather(shelf, *chain);
    let Some(place) = place(&shelf.entries) else { return false };
    shelf.pool.push(chain, own, frame);
    shelf.entries.insert(place, own);
    shelf.pool.list(*chain, &mut shelf.list);
    scatter(shelf);
    true
}

/// Lists a chain, and copies its entries.
fn gather<T: Copy>(shelf: &mut Shelf<T>, chain: Chain) {
    let Shelf { pool, list, entries, .. } = shelf;
    pool.list(chain, list);
    entries.clear();
    for chunk in list.iter() {
        entries.extend_from_slice(pool.chunk(*chunk).0);
    }
    entries.truncate(chain.count as usize);
}

/// Copies the entries back to the chain that is listed.
fn scatter<T: Copy>(shelf: &mut Shelf<T>) {
    for (chunk, entries) in shelf.list.iter().zip(shelf.entries.chunks(LANES)) {
        shelf.pool.chunk(*chunk).0[..entries.len()].copy_from_slice(entries);
    }
}

/// Puts the frames themselves in order where there are too many to be numbered or some are to be dropped, and tells whose
/// each dropped one is.
#[cold]
fn settle_frames<T: Copy>(shelf: &mut Shelf<T>, chain: &mut Chain, mut drop: impl FnMut(&mut Tallies, u8)) {
    let Shelf { pool, tallies, held, list, frames, keys, .. } = shelf;
    pool.list(*chain, list);
    let count = chain.count as usize;
    frames.clear();
    for chunk in list.iter() {
        let left = count - frames.len();
        frames.extend_from_slice(&pool.chunk(*chunk).1[..left.min(LANES)]);
    }
    keys.clear();
    keys.extend(frames.iter().enumerate().map(|(number, frame)| (key(frame), number as u32)));
    keys.sort_unstable();
    let mut kept = 0;
    let mut last = None;
    for (key, number) in keys.iter() {
        let frame = &frames[*number as usize];
        if last.replace(*key) == Some(*key) {
            drop(tallies, frame.source);
            continue;
        }
        let (entries, lanes) = pool.chunk(list[kept / LANES]);
        entries[kept % LANES] = entry(frame, kept as u32);
        lanes[kept % LANES] = *frame;
        kept += 1;
    }
    *held -= count - kept;
    pool.truncate(chain, kept as u32);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::ids::{BoxNs, EventNs};

    /// (event, source, seq), and the order of coming.
    type Known = ((u64, u8, u32), u32);

    #[derive(Default)]
    struct Log {
        eager: Vec<Known>,
        after_eager: Vec<Known>,
        released: Vec<Known>,
    }

    fn known(frame: &Stamped<u32>) -> Known {
        ((frame.event.0, frame.source, frame.seq), frame.payload)
    }

    impl Sink<u32> for Log {
        fn eager(&mut self, _: MoundId, frame: &Stamped<u32>) {
            self.eager.push(known(frame));
        }
        fn after_eager(&mut self, _: MoundId, frame: &Stamped<u32>) {
            self.after_eager.push(known(frame));
        }
        fn released(&mut self, _: MoundId, frame: &Stamped<u32>) {
            self.released.push(known(frame));
        }
        fn late(&mut self, _: MoundId, _: &Stamped<u32>) {}
        fn advanced(&mut self, _: MoundId, _: EventNs, _: EventNs, _: BoxNs) {}
    }

    /// Puts the frames in, (tick, below the tick, source, seq), the eager watermark passing all after the first `ahead`.
    fn through(frames: &[(u64, u64, u8, u32)], ahead: usize) -> (Log, Shelf<u32>) {
        let mut shelf = Shelf::new(frames.len(), 1);
        let mut calendar = Calendar::new(MoundId(0));
        let mut log = Log::default();
        // Across the seam of the ring.
        let first = 5 * SPAN_TICKS - 2;
        calendar.anchor(first, first);
        for (came, &(tick, below, source, seq)) in frames.iter().enumerate() {
            if came == ahead {
                calendar.pass_eager(&mut shelf, first + 100, &mut log);
            }
            let event = EventNs((first + tick) << TICK_BITS | below);
            let frame = Stamped { source, seq, event, arrival: BoxNs(0), payload: came as u32 };
            calendar.put(&mut shelf, first + tick, &frame, &mut log);
        }
        calendar.pass_eager(&mut shelf, first + 100, &mut log);
        calendar.release(&mut shelf, first + 100, &mut log);
        (log, shelf)
    }

    proptest! {
        #[test]
        fn frames_leave_in_order_once_and_the_first_of_equals_stays(
            frames in prop::collection::vec((0_u64..4, 0_u64..3, 1_u8..4, 0_u32..12), 1..400),
            ahead in 0_usize..400,
        ) {
            let (log, shelf) = through(&frames, ahead);
            let mut first = BTreeMap::new();
            for (came, &(tick, below, source, seq)) in frames.iter().enumerate() {
                let event = (5 * SPAN_TICKS - 2 + tick) << TICK_BITS | below;
                first.entry((event, source, seq)).or_insert(came as u32);
            }
            prop_assert_eq!(&log.released, &first.into_iter().collect::<Vec<Known>>());
            prop_assert!(log.eager.is_sorted());
            prop_assert_eq!(log.eager.len() + log.after_eager.len(), log.released.len());
            prop_assert_eq!(shelf.held, 0);
            prop_assert_eq!(shelf.pool.in_use(), 0, "every chunk came back");
        }
    }

    #[test]
    fn a_bucket_too_long_to_number_its_frames_in_the_key_is_put_in_order_too() {
        let frames: Vec<_> = (0..3 * NUMBERED as u32).map(|i| (1, 0, 1, i * 77 % 191)).collect();
        let (log, _) = through(&frames, frames.len());
        assert_eq!(log.released.len(), 191);
        assert!(log.released.is_sorted() && log.eager == log.released);
    }

    #[test]
    fn no_more_chunks_are_touched_than_are_needed_at_once() {
        let mut shelf = Shelf::new(1000, 1);
        let (mut calendar, mut log) = (Calendar::new(MoundId(0)), Log::default());
        calendar.anchor(0, 0);
        for tick in 0..10_000_u64 {
            let event = EventNs(tick << TICK_BITS);
            let frame = Stamped { source: 1, seq: 0, event, arrival: BoxNs(0), payload: 0 };
            calendar.put(&mut shelf, tick, &frame, &mut log);
            calendar.pass_eager(&mut shelf, tick, &mut log);
            calendar.release(&mut shelf, tick.saturating_sub(7), &mut log);
        }
        assert_eq!((shelf.held, shelf.pool.touched()), (8, 9));
    }
}
