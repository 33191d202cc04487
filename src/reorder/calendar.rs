//! The calendar ring of one mound: a bucket per tick of event time ahead of the eager watermark, one run of frames in order
//! behind it.
//!
//! A frame lies still in its slot of the slab from the day it comes; what is moved and sorted are *entries*, one word each:
//! event time modulo the ring, source, slot. Ahead of the eager watermark a bucket chains its entries in the order in which
//! they came. When the eager watermark passes a bucket, its entries are put in order once, duplicates are dropped, and they
//! go to the end of the run; the run is in order throughout, and the final watermark takes it from the front. A frame that
//! comes behind the eager watermark goes to the bucket of its tick again, unless that tick's part of the run or the bucket
//! has it already; the final watermark brings both parts of such a tick together. A bit per bucket says whether there is
//! anything in it.
//!
//! All ticks held are in `final_ .. final_ + SPAN_TICKS`, so that each has a bucket to itself and an entry tells its tick.

use super::config::{SPAN_TICKS, TICK_BITS};
use super::frame::{Sink, Stamped};
use super::pool::{Chain, Pool, SLOT_BITS, Slab};
use super::prefetch::prefetch;
use super::tally::Tallies;
use crate::ids::{EventNs, MoundId};

const BUCKETS: usize = SPAN_TICKS as usize;
const SOURCE_BITS: u32 = 6;
/// Bits of event time in an entry: a whole turn of the ring.
const EVENT_BITS: u32 = u64::BITS - SOURCE_BITS - SLOT_BITS;
const _: () = assert!(1 << (EVENT_BITS - TICK_BITS) == SPAN_TICKS, "an entry tells its tick within the ring");
/// The final watermark of a calendar that has no place in time: later than any tick.
const NOWHEN: u64 = 1 << 62;
/// How far ahead of the release frames are fetched, in frames.
const FETCH_AHEAD: u32 = 16;

/// What all calendars share: the frames, their entries, and room to sort in.
pub(super) struct Shelf<T> {
    slab: Slab<T>,
    pool: Pool,
    pub(super) tallies: Tallies,
    /// Frames in all calendars.
    pub(super) held: usize,
    /// Entries of one tick, as they came and in order.
    came: Vec<u64>,
    entries: Vec<u64>,
    doubles: Vec<(u64, u32, u32, u64)>,
}

impl<T: Copy> Shelf<T> {
    /// Room for `held_max` frames on so many mounds.
    pub(super) fn new(held_max: usize, mounds: usize) -> Self {
        Self {
            slab: Slab::new(held_max),
            pool: Pool::new(held_max, mounds * BUCKETS),
            tallies: Tallies::new(),
            held: 0,
            came: Vec::with_capacity(held_max),
            entries: Vec::with_capacity(held_max),
            doubles: Vec::with_capacity(held_max),
        }
    }
}

/// A frame's entry: by size in order of event time and source, within a turn of the ring.
#[inline]
fn entry<T>(frame: &Stamped<T>, slot: u32) -> u64 {
    frame.event.0 << (u64::BITS - EVENT_BITS) | u64::from(frame.source) << SLOT_BITS | u64::from(slot)
}

#[inline]
fn slot(entry: u64) -> u32 {
    entry as u32 & ((1 << SLOT_BITS) - 1)
}

/// Event time and source of an entry: equal for duplicates, and for two frames of one source at one time.
#[inline]
fn key(entry: u64) -> u64 {
    entry >> SLOT_BITS
}

#[inline]
fn bucket(tick: u64) -> usize {
    tick as usize & (BUCKETS - 1)
}

/// The bucket that an entry's tick has.
#[inline]
fn bucket_of(entry: u64) -> usize {
    (entry >> (u64::BITS - EVENT_BITS + TICK_BITS)) as usize
}

/// An array that was never on the stack. Where the value has a bit that is set, its memory is written to here, and no
/// frame waits for it.
pub(super) fn boxed<V: Copy, const N: usize>(value: V) -> Box<[V; N]> {
    vec![value; N].into_boxed_slice().try_into().unwrap_or_else(|_| unreachable!("it has that many"))
}

pub(super) struct Calendar {
    mound: MoundId,
    buckets: Box<[Chain; BUCKETS]>,
    occupied: Box<[u64; BUCKETS / 64]>,
    run: Run,
    /// Ticks before this one are in order and have been given to [`Sink::eager`].
    eager: u64,
    /// Ticks before this one have been released.
    final_: u64,
}

/// Entries between the watermarks, in order: a ring of a power of two.
struct Run {
    entries: Box<[u64]>,
    head: u32,
    tail: u32,
    /// Per bucket where its part begins, and of how many entries; means nothing where it has none.
    parts: Box<[(u32, u32); BUCKETS]>,
}

impl Run {
    #[inline]
    fn at(&self, count: u32) -> u64 {
        self.entries[count as usize & (self.entries.len() - 1)]
    }

    #[inline]
    fn push(&mut self, entry: u64) {
        let at = self.tail as usize & (self.entries.len() - 1);
        self.entries[at] = entry;
        self.tail = self.tail.wrapping_add(1);
    }

    fn set(&mut self, count: u32, entry: u64) {
        let at = count as usize & (self.entries.len() - 1);
        self.entries[at] = entry;
    }

    /// The entries of a bucket with this key.
    #[inline]
    fn alike(&self, bucket: usize, own: u64) -> impl Iterator<Item = u64> + '_ {
        let (start, count) = self.parts[bucket];
        // Where the part is of an earlier turn, what is there now is none of this bucket's, or no longer held.
        let holds = self.tail.wrapping_sub(start) <= self.tail.wrapping_sub(self.head)
            && start != self.tail
            && bucket_of(self.at(start)) == bucket;
        let (mut low, mut high) = (0, if holds { count } else { 0 });
        while low < high {
            let middle = u32::midpoint(low, high);
            if key(self.at(start.wrapping_add(middle))) < own {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let alike = move |i: &u32| key(self.at(start.wrapping_add(*i))) == own;
        (low..if holds { count } else { 0 }).take_while(alike).map(move |i| self.at(start.wrapping_add(i)))
    }
}

impl Calendar {
    /// A calendar that holds `held_max` frames at most.
    pub(super) fn new(mound: MoundId, held_max: usize) -> Self {
        Self {
            mound,
            buckets: boxed(Chain::EMPTY),
            occupied: boxed(0),
            run: Run {
                entries: vec![u64::MAX; held_max.next_power_of_two()].into(),
                head: 0,
                tail: 0,
                parts: boxed((u32::MAX, 0)),
            },
            eager: 0,
            final_: NOWHEN,
        }
    }

    /// Eager and final watermark, ticks.
    #[inline]
    pub(super) fn watermarks(&self) -> (u64, u64) {
        (self.eager, self.final_)
    }

    /// Ticks from the final watermark to this one; no less than the span where it is late or before anything is known.
    #[inline]
    pub(super) fn ahead(&self, tick: u64) -> u64 {
        tick.wrapping_sub(self.final_)
    }

    /// Whether it has a place in time.
    pub(super) fn anchored(&self) -> bool {
        self.final_ != NOWHEN
    }

    /// Takes an empty calendar's place in time away.
    pub(super) fn forget(&mut self) {
        self.final_ = NOWHEN;
    }

    /// Sets the watermarks of an empty calendar.
    pub(super) fn anchor(&mut self, eager: u64, final_: u64) {
        debug_assert!(self.occupied.iter().all(|w| *w == 0) && self.run.head == self.run.tail && final_ <= eager);
        (self.eager, self.final_) = (eager, final_);
    }

    /// Takes all that is held, and the watermarks, as so many ticks later.
    #[cold]
    pub(super) fn move_on<T: Copy>(&mut self, shelf: &mut Shelf<T>, ticks: i64) {
        if !self.anchored() {
            return;
        }
        let mut ahead = Vec::new();
        for chain in self.buckets.iter_mut().filter(|chain| chain.count > 0) {
            shelf.pool.take(chain, &mut shelf.came);
            ahead.extend(Pool::oldest_first(&shelf.came));
        }
        self.occupied.fill(0);
        self.eager = self.eager.saturating_add_signed(ticks);
        self.final_ = self.final_.saturating_add_signed(ticks);
        for old in ahead {
            let entry = shelf.moved(old, ticks);
            let bucket = bucket_of(entry);
            if shelf.pool.push(&mut self.buckets[bucket], entry) {
                self.occupied[bucket / 64] |= 1 << (bucket % 64);
            }
        }
        let (mut at, mut part) = (self.run.head, None);
        while at != self.run.tail {
            let entry = shelf.moved(self.run.at(at), ticks);
            self.run.set(at, entry);
            let bucket = bucket_of(entry);
            if part.replace(bucket) == Some(bucket) {
                self.run.parts[bucket].1 += 1;
            } else {
                self.run.parts[bucket] = (at, 1);
            }
            at = at.wrapping_add(1);
        }
    }

    /// Fetches the bucket of a tick.
    #[inline]
    pub(super) fn prefetch_bucket(&self, tick: u64) {
        prefetch(&self.buckets[bucket(tick)]);
    }

    /// Fetches where an entry of this tick would go, its bucket having been fetched.
    #[inline]
    pub(super) fn prefetch_chunk<T: Copy>(&self, shelf: &Shelf<T>, tick: u64) {
        shelf.pool.prefetch(self.buckets[bucket(tick)]);
    }

    /// Puts a frame in, its tick being in the span; whether it was new. One ahead of the eager watermark is taken to be.
    #[inline(always)]
    pub(super) fn put<T: Copy>(
        &mut self,
        shelf: &mut Shelf<T>,
        tick: u64,
        frame: &Stamped<T>,
        sink: &mut impl Sink<T>,
    ) -> bool {
        debug_assert!((self.final_..self.final_ + SPAN_TICKS).contains(&tick));
        if tick < self.eager {
            if self.knows(shelf, tick, frame) {
                return false;
            }
            sink.after_eager(self.mound, frame);
        }
        let entry = entry(frame, shelf.slab.put(frame));
        if shelf.pool.push(&mut self.buckets[bucket(tick)], entry) {
            self.occupied[bucket(tick) / 64] |= 1 << (tick % 64);
        }
        shelf.held += 1;
        true
    }

    /// Whether a frame behind the eager watermark is held already.
    #[inline(never)]
    fn knows<T: Copy>(&self, shelf: &Shelf<T>, tick: u64, frame: &Stamped<T>) -> bool {
        let own = key(entry(frame, 0));
        let same = |entry: u64| key(entry) == own && shelf.seq(entry) == frame.seq;
        self.run.alike(bucket(tick), own).any(same) || shelf.pool.any(self.buckets[bucket(tick)], same)
    }

    /// Moves the eager watermark to `to`: buckets before it are put in order and given to the sink.
    #[inline]
    pub(super) fn pass_eager<T: Copy>(&mut self, shelf: &mut Shelf<T>, to: u64, sink: &mut impl Sink<T>) {
        let end = to.min(self.final_ + SPAN_TICKS);
        while let Some(tick) = self.next_occupied(self.eager, end) {
            self.gather(shelf, tick);
            self.run.parts[bucket(tick)] = (self.run.tail, shelf.entries.len() as u32);
            for entry in &shelf.entries {
                self.run.push(*entry);
            }
            for frame in shelf.entries.iter().filter_map(|entry| shelf.slab.find(slot(*entry))) {
                sink.eager(self.mound, frame);
            }
            self.eager = tick + 1;
        }
        self.eager = self.eager.max(to);
    }

    /// Moves the final watermark to `to`, not beyond the eager one: what is before it is released.
    #[inline]
    pub(super) fn release<T: Copy>(&mut self, shelf: &mut Shelf<T>, to: u64, sink: &mut impl Sink<T>) {
        debug_assert!(to <= self.eager);
        let end = to.min(self.final_ + SPAN_TICKS);
        if self.final_ >= end {
            return;
        }
        // Entries are compared from the final watermark on, so that the ring's seam is none.
        let from = self.final_ << (u64::BITS - EVENT_BITS + TICK_BITS);
        let mut tick = self.final_;
        while let Some(more) = self.next_occupied(tick, end) {
            self.gather(shelf, more);
            for at in 0..shelf.entries.len() {
                let entry = shelf.entries[at];
                self.release_run(shelf, sink, |shelf, other| {
                    if key(other) == key(entry) {
                        shelf.seq(other) < shelf.seq(entry)
                    } else {
                        other.wrapping_sub(from) < entry.wrapping_sub(from)
                    }
                });
                shelf.release(self.mound, entry, sink);
            }
            tick = more + 1;
        }
        let last = ((end - self.final_) << (u64::BITS - EVENT_BITS + TICK_BITS)).wrapping_sub(1);
        self.release_run(shelf, sink, |_, other| other.wrapping_sub(from) <= last);
        self.final_ = to;
    }

    /// Releases the run from its front while it is before something.
    #[inline]
    fn release_run<T: Copy>(
        &mut self,
        shelf: &mut Shelf<T>,
        sink: &mut impl Sink<T>,
        before: impl Fn(&Shelf<T>, u64) -> bool,
    ) {
        while self.run.head != self.run.tail {
            let entry = self.run.at(self.run.head);
            if !before(shelf, entry) {
                return;
            }
            shelf.slab.prefetch(slot(self.run.at(self.run.head.wrapping_add(FETCH_AHEAD))));
            self.run.head = self.run.head.wrapping_add(1);
            shelf.release(self.mound, entry, sink);
        }
    }

    /// Takes a bucket's entries out, in order and without duplicates.
    #[inline]
    fn gather<T: Copy>(&mut self, shelf: &mut Shelf<T>, tick: u64) {
        shelf.pool.take(&mut self.buckets[bucket(tick)], &mut shelf.came);
        self.occupied[bucket(tick) / 64] &= !(1 << (tick % 64));
        shelf.settle();
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

    /// The tick after the last one that holds anything.
    pub(super) fn end(&self) -> u64 {
        let (mut end, limit) = (self.final_, self.final_ + SPAN_TICKS);
        if self.run.head != self.run.tail {
            let last = bucket_of(self.run.at(self.run.tail.wrapping_sub(1)));
            end += (last.wrapping_sub(bucket(end)) & (BUCKETS - 1)) as u64 + 1;
        }
        while let Some(tick) = self.next_occupied(end, limit) {
            end = tick + 1;
        }
        end
    }
}

impl<T: Copy> Shelf<T> {
    /// Gives a frame to the sink, and its slot back.
    #[inline]
    fn release(&mut self, mound: MoundId, entry: u64, sink: &mut impl Sink<T>) {
        let frame = self.slab.get(slot(entry));
        sink.released(mound, frame);
        self.tallies.of(frame.source).gone += 1;
        self.slab.free(slot(entry));
        self.held -= 1;
    }

    /// Takes an entry's frame as so many ticks later; its entry then.
    fn moved(&mut self, old: u64, ticks: i64) -> u64 {
        let frame = self.slab.get_mut(slot(old));
        frame.event = EventNs(frame.event.0.saturating_add_signed(ticks << TICK_BITS));
        entry(frame, slot(old))
    }

    /// The seq of an entry's frame.
    fn seq(&self, entry: u64) -> u32 {
        self.slab.get(slot(entry)).seq
    }

    /// Puts the entries of one tick in order, and drops duplicates.
    #[inline]
    fn settle(&mut self) {
        self.entries.clear();
        self.entries.extend_from_slice(&self.came);
        self.entries.sort_unstable();
        if self.entries.array_windows().any(|[a, b]| key(*a) == key(*b)) {
            self.settle_doubles();
        }
    }

    /// The same where frames share source and event time: by seq, and of equals the first to come stays.
    #[cold]
    fn settle_doubles(&mut self) {
        let Self { slab, came, entries, doubles, tallies, held, .. } = self;
        doubles.clear();
        let numbered = Pool::oldest_first(came).zip(0..);
        doubles.extend(numbered.map(|(entry, number)| (key(*entry), slab.get(slot(*entry)).seq, number, *entry)));
        doubles.sort_unstable();
        entries.clear();
        let mut last = None;
        for &(key, seq, _, entry) in doubles.iter() {
            if last.replace((key, seq)) == Some((key, seq)) {
                tallies.of(slab.get(slot(entry)).source).drop_as(|tally| &mut tally.doubled);
                *held -= 1;
                slab.free(slot(entry));
            } else {
                entries.push(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::ids::BoxNs;

    /// (event, source, seq), and the order of coming.
    type Known = ((u64, u8, u32), u32);

    #[derive(Default)]
    struct Log {
        eager: Vec<Known>,
        after_eager: Vec<Known>,
        released: Vec<Known>,
        /// What all was moved on by, ns, and is told without.
        moved: i64,
    }

    impl Log {
        fn known(&self, frame: &Stamped<u32>) -> Known {
            ((frame.event.0.strict_sub_signed(self.moved), frame.source, frame.seq), frame.payload)
        }
    }

    impl Sink<u32> for Log {
        fn eager(&mut self, _: MoundId, frame: &Stamped<u32>) {
            self.eager.push(self.known(frame));
        }
        fn after_eager(&mut self, _: MoundId, frame: &Stamped<u32>) {
            self.after_eager.push(self.known(frame));
        }
        fn released(&mut self, _: MoundId, frame: &Stamped<u32>) {
            self.released.push(self.known(frame));
        }
        fn late(&mut self, _: MoundId, _: &Stamped<u32>) {}
        fn advanced(&mut self, _: MoundId, _: EventNs, _: EventNs, _: BoxNs) {}
    }

    /// Puts the frames in, (tick, below the tick, source, seq), the eager watermark passing so many ticks after each so
    /// many frames, and all in the end; the final watermark stays behind the eager one by two ticks.
    fn through(frames: &[(u64, u64, u8, u32)], every: usize, ticks: u64) -> (Log, Shelf<u32>) {
        through_moved(frames, every, ticks, (usize::MAX, 0))
    }

    /// The same where before one of the frames all is moved on by so many ticks.
    fn through_moved(
        frames: &[(u64, u64, u8, u32)],
        every: usize,
        ticks: u64,
        (move_at, by): (usize, i64),
    ) -> (Log, Shelf<u32>) {
        let mut shelf = Shelf::new(frames.len(), 1);
        let mut calendar = Calendar::new(MoundId(0), frames.len());
        let mut log = Log::default();
        // Across the seam of the ring, so often that starts of earlier turns lie about.
        let mut first = 5 * SPAN_TICKS - 2;
        calendar.anchor(first, first);
        for (came, &(tick, below, source, seq)) in frames.iter().enumerate() {
            if came % every == every - 1 {
                calendar.pass_eager(&mut shelf, calendar.watermarks().0 + ticks, &mut log);
                calendar.release(&mut shelf, calendar.watermarks().0.saturating_sub(2).max(first), &mut log);
            }
            if came == move_at {
                calendar.move_on(&mut shelf, by);
                log.moved = by << TICK_BITS;
            }
            first = calendar.watermarks().1;
            let event = EventNs((first + tick) << TICK_BITS | below);
            let frame = Stamped { source, seq, event, arrival: BoxNs(0), payload: came as u32 };
            calendar.put(&mut shelf, first + tick, &frame, &mut log);
        }
        assert_eq!(calendar.end() > first, shelf.held > 0);
        let end = calendar.end();
        calendar.pass_eager(&mut shelf, end, &mut log);
        calendar.release(&mut shelf, end, &mut log);
        (log, shelf)
    }

    proptest! {
        #[test]
        fn frames_leave_in_order_once_and_the_first_of_equals_stays(
            frames in prop::collection::vec((0_u64..4, 0_u64..3, 1_u8..4, 0_u32..12), 1..400),
            every in 1_usize..400,
            ticks in 0_u64..4,
        ) {
            let (log, shelf) = through(&frames, every, ticks);
            // What came again after its like had left is new: only what was held together is told apart.
            let mut first = BTreeMap::new();
            for frame in log.eager.iter().chain(&log.after_eager) {
                first.entry(frame.0).or_insert(frame.1);
            }
            prop_assert!(log.released.is_sorted());
            prop_assert!(log.released.array_windows().all(|[a, b]| a.0 < b.0), "once");
            prop_assert!(log.released.iter().all(|(key, came)| first[key] == *came), "the first stays");
            prop_assert!(log.eager.is_sorted());
            prop_assert_eq!(log.eager.len() + log.after_eager.len(), log.released.len());
            let gone: u64 = (0..4).map(|source| shelf.tallies.get(source).gone).sum();
            prop_assert_eq!(gone, log.released.len() as u64 + (0..4).map(|s| shelf.tallies.get(s).doubled).sum::<u64>());
            prop_assert_eq!((shelf.held, shelf.slab.in_use(), shelf.pool.in_use()), (0, 0, 0), "all came back");
        }

        #[test]
        fn what_is_moved_on_leaves_as_it_would_have(
            frames in prop::collection::vec((0_u64..9, 0_u64..3, 1_u8..4, 0_u32..12), 1..400),
            every in 1_usize..60,
            ticks in 0_u64..4,
            move_at in 0_usize..400,
            by in prop_oneof![-100_000_i64..100_000, Just(1_600_000_000_000), Just(SPAN_TICKS as i64)],
        ) {
            let (moved, shelf) = through_moved(&frames, every, ticks, (move_at, by));
            let (stayed, _) = through(&frames, every, ticks);
            prop_assert_eq!(moved.eager, stayed.eager);
            prop_assert_eq!(moved.after_eager, stayed.after_eager);
            prop_assert_eq!(moved.released, stayed.released);
            prop_assert_eq!((shelf.held, shelf.slab.in_use(), shelf.pool.in_use()), (0, 0, 0));
        }

        #[test]
        fn of_all_that_is_held_together_the_first_of_equals_stays(
            frames in prop::collection::vec((0_u64..4, 0_u64..3, 1_u8..4, 0_u32..12), 1..400),
        ) {
            let (log, _) = through(&frames, usize::MAX, 0);
            let mut first = BTreeMap::new();
            for (came, &(tick, below, source, seq)) in frames.iter().enumerate() {
                let event = (5 * SPAN_TICKS - 2 + tick) << TICK_BITS | below;
                first.entry((event, source, seq)).or_insert(came as u32);
            }
            prop_assert_eq!(&log.released, &first.into_iter().collect::<Vec<Known>>());
        }
    }

    #[test]
    fn a_long_bucket_is_put_in_order_too() {
        let frames: Vec<_> = (0..200).map(|i| (1, 0, 1, i * 77 % 191)).collect();
        let (log, _) = through(&frames, usize::MAX, 0);
        assert_eq!(log.released.len(), 191);
        assert!(log.released.is_sorted() && log.eager == log.released);
    }

    #[test]
    fn no_more_slots_are_touched_than_are_needed_at_once() {
        let mut shelf = Shelf::new(1000, 1);
        let (mut calendar, mut log) = (Calendar::new(MoundId(0), 1000), Log::default());
        calendar.anchor(0, 0);
        for tick in 0..100_000_u64 {
            let event = EventNs(tick << TICK_BITS);
            let frame = Stamped { source: 1, seq: 0, event, arrival: BoxNs(0), payload: 0 };
            calendar.put(&mut shelf, tick, &frame, &mut log);
            calendar.pass_eager(&mut shelf, tick, &mut log);
            calendar.release(&mut shelf, tick.saturating_sub(7), &mut log);
        }
        assert_eq!((shelf.held, shelf.slab.touched()), (8, 9));
    }
}
