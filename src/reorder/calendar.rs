//! The calendar ring of one mound: a bucket per tick of event time, each the head of a chain of slots.
//!
//! Ahead of the eager watermark a bucket is a heap of slots in no order, so that a frame goes in with two stores. When the
//! eager watermark passes a bucket it is put in order once, its duplicates dropped; behind it a frame goes in at its place.
//! The final watermark empties buckets. A bit per bucket says whether there is anything in it.
//!
//! All ticks held are in `final_ .. final_ + SPAN_TICKS`, so that each has a bucket to itself.

use super::shelf::{Entry, KEY_BITS, Link, Shelf, key, key_row};
use super::slab::Held;
use super::{Route, SPAN_TICKS, Sink};
use crate::ids::MoundId;

/// Slots looked up together, so that their cache lines are fetched in parallel.
const GATHER: usize = 128;
/// Chains up to this are sorted by insertion.
const INSERTION_MAX: usize = 8;

pub(super) struct Calendar {
    mound: MoundId,
    heads: Box<[Option<Held>]>,
    occupied: Box<[u64]>,
    /// Ticks before this one are in order and have been given to [`Sink::eager`].
    eager: u64,
    /// Ticks before this one have been released.
    final_: u64,
}

/// What became of a frame that was put in.
pub(super) enum Put {
    /// It is in its bucket.
    Done,
    /// It was already there: the slot comes back.
    Duplicate(Held),
}

impl Calendar {
    pub(super) fn new(mound: MoundId) -> Self {
        let buckets = SPAN_TICKS as usize;
        Self {
            mound,
            heads: (0..buckets).map(|_| None).collect(),
            occupied: vec![0; buckets / 64].into(),
            eager: 0,
            final_: 0,
        }
    }

    /// Eager and final watermark, ticks.
    pub(super) fn watermarks(&self) -> (u64, u64) {
        (self.eager, self.final_)
    }

    /// Sets the watermarks of an empty calendar.
    pub(super) fn anchor(&mut self, eager: u64, final_: u64) {
        debug_assert!(self.occupied.iter().all(|w| *w == 0) && final_ <= eager);
        (self.eager, self.final_) = (eager, final_);
    }

    /// Puts a frame in, its tick being in the span.
    pub(super) fn put<T: Copy + Send + Route>(
        &mut self,
        shelf: &mut Shelf<T>,
        tick: u64,
        held: Held,
        sink: &mut impl Sink<T>,
    ) -> Put {
        debug_assert!((self.final_..self.final_ + SPAN_TICKS).contains(&tick));
        let bucket = bucket(tick);
        let Shelf { reader, links, .. } = shelf;
        let frame = reader.get(&held);
        let own = key(frame);
        let mut place = &mut self.heads[bucket];
        if tick < self.eager {
            while let Some(there) = place {
                let there = there.index();
                let other = links[there].key;
                if other == own {
                    return Put::Duplicate(held);
                }
                if other > own {
                    break;
                }
                place = &mut links[there].next;
            }
            sink.after_eager(self.mound, frame);
        }
        let at = held.index();
        let next = place.replace(held);
        links[at] = Link { key: own, next };
        self.occupied[bucket / 64] |= 1 << (bucket % 64);
        Put::Done
    }

    /// Moves the eager watermark to `to`: buckets before it are put in order and given to the sink.
    pub(super) fn pass_eager<T: Copy + Send + Route>(
        &mut self,
        shelf: &mut Shelf<T>,
        to: u64,
        sink: &mut impl Sink<T>,
    ) {
        let end = to.min(self.final_ + SPAN_TICKS);
        while let Some(first) = self.next_occupied(self.eager, end) {
            let last = self.gather(shelf, first, end);
            self.chain_in_order(shelf, first, sink);
            self.eager = last + 1;
        }
        self.eager = self.eager.max(to);
    }

    /// Takes whole chains off their buckets, from `first` on, until there is a handful, asking for their slots on the way,
    /// and puts each in order. Keys get the bucket's distance from `first`. The last tick taken.
    fn gather<T: Copy + Send + Route>(&mut self, shelf: &mut Shelf<T>, first: u64, end: u64) -> u64 {
        let end = end.min(first + (1 << (64 - KEY_BITS)));
        let Shelf { reader, links, scratch, .. } = shelf;
        scratch.clear();
        let mut tick = first;
        loop {
            let start = scratch.len();
            let mut head = self.heads[bucket(tick)].take();
            while let Some(held) = head {
                reader.prefetch(&held);
                let link = &mut links[held.index()];
                head = link.next.take();
                let order = u32::MAX - scratch.len() as u32;
                scratch.push(Entry { key: (tick - first) << KEY_BITS | link.key, order, held });
            }
            sort(&mut scratch[start..]);
            match self.next_occupied(tick + 1, end) {
                Some(following) if scratch.len() < GATHER => tick = following,
                _ => return tick,
            }
        }
    }

    /// Gives the sorted entries to the sink and chains them to their buckets again; of equals the first stays.
    fn chain_in_order<T: Copy + Send + Route>(&mut self, shelf: &mut Shelf<T>, first: u64, sink: &mut impl Sink<T>) {
        let Shelf { reader, links, scratch, tally } = shelf;
        let mut before: Option<(u64, usize)> = None;
        for Entry { key, held, .. } in scratch.drain(..) {
            let at = held.index();
            match before {
                Some((same, _)) if same == key => {
                    let tally = &mut tally[key_row(key)];
                    tally.duplicate += 1;
                    tally.held -= 1;
                    reader.give_back(held);
                    continue;
                }
                Some((other, last)) if other >> KEY_BITS == key >> KEY_BITS => {
                    sink.eager(self.mound, reader.get(&held));
                    links[last].next = Some(held);
                }
                _ => {
                    sink.eager(self.mound, reader.get(&held));
                    self.heads[bucket(first + (key >> KEY_BITS))] = Some(held);
                }
            }
            before = Some((key, at));
        }
    }

    /// Moves the final watermark to `to`, not beyond the eager one: buckets before it are released and emptied.
    pub(super) fn release<T: Copy + Send + Route>(&mut self, shelf: &mut Shelf<T>, to: u64, sink: &mut impl Sink<T>) {
        debug_assert!(to <= self.eager);
        let end = to.min(self.final_ + SPAN_TICKS);
        let Shelf { reader, links, scratch, tally } = shelf;
        let mut from = self.final_;
        while from < end {
            scratch.clear();
            while scratch.len() < GATHER
                && let Some(tick) = self.next_occupied(from, end)
            {
                let bucket = bucket(tick);
                self.occupied[bucket / 64] &= !(1 << (bucket % 64));
                let mut head = self.heads[bucket].take();
                while let Some(held) = head {
                    reader.prefetch(&held);
                    let link = &mut links[held.index()];
                    head = link.next.take();
                    scratch.push(Entry { key: link.key, order: 0, held });
                }
                from = tick + 1;
            }
            if scratch.is_empty() {
                break;
            }
            for Entry { key, held, .. } in scratch.drain(..) {
                sink.released(self.mound, reader.get(&held));
                let tally = &mut tally[key_row(key)];
                tally.released += 1;
                tally.held -= 1;
                reader.give_back(held);
            }
        }
        self.final_ = self.final_.max(to);
    }

    /// The first occupied tick in `from .. to`, less than a turn apart.
    pub(super) fn next_occupied(&self, from: u64, to: u64) -> Option<u64> {
        let mut tick = from;
        while tick < to {
            let bucket = bucket(tick);
            let word = self.occupied[bucket / 64] >> (bucket % 64);
            if word != 0 {
                let found = tick + u64::from(word.trailing_zeros());
                return (found < to).then_some(found);
            }
            tick += 64 - (bucket % 64) as u64;
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

fn bucket(tick: u64) -> usize {
    (tick & (SPAN_TICKS - 1)) as usize
}

/// Puts a chain in order; it has the newest in front. Most are of a few entries, hence by insertion.
fn sort(chain: &mut [Entry]) {
    if chain.len() > INSERTION_MAX {
        chain.sort_unstable_by_key(|entry| (entry.key, entry.order));
        return;
    }
    chain.reverse();
    for i in 1..chain.len() {
        let key = chain[i].key;
        let place = chain[..i].iter().rposition(|entry| entry.key <= key).map_or(0, |at| at + 1);
        chain[place..=i].rotate_right(1);
    }
}
