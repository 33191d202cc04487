//! The same job with what the library shelf offers.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::time::Duration;

use crossbeam_skiplist::SkipMap;
use pitchguard::ids::BoxNs;
use pitchguard::reorder::TICK_BITS;

use super::CHUNK;
use super::watch::Watch;
use super::workload::{Frame, Outcome, SOURCES};

const WATERMARK_TICKS: u64 = 7_000_000_000_u64.div_ceil(1 << TICK_BITS);
const IDLE_NS: u64 = 5_000_000_000;

pub(crate) type Key = (u64, u8, u32);

fn key(frame: &Frame) -> Key {
    (frame.event.0, frame.source, frame.seq)
}

/// The watermark policy, as the buffer's: smallest largest event time over cameras that are not idle.
struct Policy {
    largest: [u64; SOURCES as usize + 1],
    advanced: [u64; SOURCES as usize + 1],
    gates: [u64; SOURCES as usize + 1],
    unseen: u8,
    eager: u64,
}

impl Policy {
    fn new() -> Self {
        let none = [0; SOURCES as usize + 1];
        Self { largest: none, advanced: none, gates: [u64::MAX; SOURCES as usize + 1], unseen: SOURCES, eager: 0 }
    }

    fn see(&mut self, frame: &Frame) {
        let i = usize::from(frame.source);
        if frame.event.0 <= self.largest[i] {
            return;
        }
        self.unseen -= u8::from(self.largest[i] == 0);
        self.largest[i] = frame.event.0;
        self.advanced[i] = frame.arrival.0;
        let tick = frame.event.0 >> TICK_BITS;
        let before = self.gates[i];
        if before == tick || (before == u64::MAX && tick < self.eager) {
            return;
        }
        self.gates[i] = tick;
        if before == u64::MAX || before == self.eager || self.eager == 0 {
            self.follow();
        }
    }

    fn follow(&mut self) {
        let least = self.gates.iter().copied().min().unwrap_or(0);
        if self.unseen == 0 && least != u64::MAX {
            self.eager = self.eager.max(least);
        }
    }

    fn tell_idle(&mut self, now: BoxNs) {
        for i in 1..self.gates.len() {
            if self.gates[i] != u64::MAX && now.0.saturating_sub(self.advanced[i]) >= IDLE_NS {
                self.gates[i] = u64::MAX;
                self.follow();
            }
        }
    }

    fn final_(&self) -> u64 {
        self.eager.saturating_sub(WATERMARK_TICKS)
    }
}

/// A frame ordered for a heap whose top is the earliest.
pub(crate) struct ByKey(Frame);

impl Ord for ByKey {
    fn cmp(&self, other: &Self) -> Ordering {
        key(&other.0).cmp(&key(&self.0))
    }
}

impl PartialOrd for ByKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for ByKey {}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        key(&self.0) == key(&other.0)
    }
}

/// Keeps frames in order.
pub(crate) trait Sorted: Default {
    /// Puts a frame in; false where it can tell that it is there already.
    fn put(&mut self, frame: Frame) -> bool;
    /// The earliest frame before this tick.
    fn take_before(&mut self, tick: u64) -> Option<Frame>;
}

impl Sorted for BinaryHeap<ByKey> {
    fn put(&mut self, frame: Frame) -> bool {
        self.push(ByKey(frame));
        true
    }

    fn take_before(&mut self, tick: u64) -> Option<Frame> {
        self.peek().filter(|top| top.0.event.0 >> TICK_BITS < tick)?;
        self.pop().map(|top| top.0)
    }
}

impl Sorted for BTreeMap<Key, Frame> {
    fn put(&mut self, frame: Frame) -> bool {
        self.insert(key(&frame), frame).is_none()
    }

    fn take_before(&mut self, tick: u64) -> Option<Frame> {
        self.first_key_value().filter(|(key, _)| key.0 >> TICK_BITS < tick)?;
        self.pop_first().map(|(_, frame)| frame)
    }
}

/// A radix heap: keys are never below the last one that was taken, so each lies in the bucket of the highest bit in which it differs
/// from that, and is moved to a lower one at most once a bit.
pub(crate) struct RadixHeap {
    buckets: Vec<Vec<(u128, Frame)>>,
    last: u128,
    /// The smallest key; all bits set where there is none.
    least: u128,
}

impl Default for RadixHeap {
    fn default() -> Self {
        Self { buckets: (0..=u128::BITS).map(|_| Vec::new()).collect(), last: 0, least: u128::MAX }
    }
}

impl RadixHeap {
    fn keyed(frame: &Frame) -> u128 {
        u128::from(frame.event.0) << 40 | u128::from(frame.source) << 32 | u128::from(frame.seq)
    }

    fn bucket(&self, key: u128) -> usize {
        (u128::BITS - (key ^ self.last).leading_zeros()) as usize
    }
}

impl Sorted for RadixHeap {
    fn put(&mut self, frame: Frame) -> bool {
        let key = Self::keyed(&frame);
        let bucket = self.bucket(key);
        self.buckets[bucket].push((key, frame));
        self.least = self.least.min(key);
        true
    }

    fn take_before(&mut self, tick: u64) -> Option<Frame> {
        if self.least == u128::MAX || (self.least >> (40 + TICK_BITS)) as u64 >= tick {
            return None;
        }
        if self.buckets[0].is_empty() {
            let first = self.buckets.iter().position(|bucket| !bucket.is_empty())?;
            self.last = self.least;
            let mut spread = std::mem::take(&mut self.buckets[first]);
            for (key, frame) in spread.drain(..) {
                let bucket = self.bucket(key);
                self.buckets[bucket].push((key, frame));
            }
            self.buckets[first] = spread;
        }
        let taken = self.buckets[0].pop();
        if self.buckets[0].is_empty() {
            let next = self.buckets.iter().find(|bucket| !bucket.is_empty());
            self.least = next.and_then(|bucket| bucket.iter().map(|(key, _)| *key).min()).unwrap_or(u128::MAX);
        }
        taken.map(|(_, frame)| frame)
    }
}

/// One thread, any sorted container.
pub(crate) fn sorted<S: Sorted>(input: &[Frame], _rate: u32) -> (Duration, Outcome) {
    let mut held = S::default();
    let mut policy = Policy::new();
    let mut outcome = Outcome::default();
    let mut last = None;
    let watch = Watch::start();
    let mut release = |held: &mut S, outcome: &mut Outcome, before: u64| {
        while let Some(frame) = held.take_before(before) {
            if last.replace(key(&frame)) == Some(key(&frame)) {
                outcome.duplicates += 1;
            } else {
                outcome.release(&frame);
            }
        }
    };
    for chunk in input.chunks(CHUNK) {
        for frame in chunk {
            if frame.event.0 >> TICK_BITS < policy.final_() {
                outcome.late += 1;
            } else if !held.put(*frame) {
                outcome.duplicates += 1;
            }
            let before = policy.eager;
            policy.see(frame);
            if policy.eager != before {
                release(&mut held, &mut outcome, policy.final_());
            }
        }
        policy.tell_idle(chunk[chunk.len() - 1].arrival);
        release(&mut held, &mut outcome, policy.final_());
    }
    release(&mut held, &mut outcome, u64::MAX);
    (watch.alone(), outcome)
}

/// Keeps frames in order between threads.
pub(crate) trait Shared: Default + Sync {
    /// Puts a frame in; false where it is there already.
    fn put(&self, frame: Frame) -> bool;
    /// The earliest frame before this tick.
    fn take_before(&self, tick: u64) -> Option<Frame>;
}

/// A map behind a lock.
#[derive(Default)]
pub(crate) struct Locked(Mutex<BTreeMap<Key, Frame>>);

impl Shared for Locked {
    fn put(&self, frame: Frame) -> bool {
        self.0.lock().expect("no thread panics").put(frame)
    }

    fn take_before(&self, tick: u64) -> Option<Frame> {
        self.0.lock().expect("no thread panics").take_before(tick)
    }
}

/// A lock-free map.
#[derive(Default)]
pub(crate) struct Skip(SkipMap<Key, Frame>);

impl Shared for Skip {
    fn put(&self, frame: Frame) -> bool {
        let mut new = false;
        self.0.get_or_insert_with(key(&frame), || {
            new = true;
            frame
        });
        new
    }

    fn take_before(&self, tick: u64) -> Option<Frame> {
        self.0.front().filter(|front| front.key().0 >> TICK_BITS < tick)?;
        self.0.pop_front().map(|entry| *entry.value())
    }
}

/// Two producers, each with half of the sources, that stay within some chunks of each other; the first one also keeps the
/// watermark and releases.
pub(crate) fn shared<S: Shared>(input: &[Frame], _rate: u32) -> (Duration, Outcome) {
    const STRIDE: usize = 16 * CHUNK;
    let held = S::default();
    let final_ = AtomicU64::new(0);
    let done = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let (late, duplicates) = (AtomicU64::new(0), AtomicU64::new(0));
    let mut outcome = Outcome::default();
    let watch = Watch::start();
    let produce = |half: u8, stride: &[Frame]| {
        for frame in stride.iter().filter(|frame| frame.source % 2 == half) {
            if frame.event.0 >> TICK_BITS < final_.load(Relaxed) {
                late.fetch_add(1, Relaxed);
            } else if !held.put(*frame) {
                duplicates.fetch_add(1, Relaxed);
            }
        }
    };
    let wait_for = |half: usize, strides: usize| {
        while done[half].load(SeqCst) < strides {
            std::thread::yield_now();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (i, stride) in input.chunks(STRIDE).enumerate() {
                wait_for(0, i);
                produce(1, stride);
                done[1].store(i + 1, SeqCst);
            }
        });
        let mut policy = Policy::new();
        for (i, stride) in input.chunks(STRIDE).enumerate() {
            produce(0, stride);
            wait_for(1, i + 1);
            done[0].store(i + 1, SeqCst);
            for frame in stride {
                policy.see(frame);
            }
            policy.tell_idle(stride[stride.len() - 1].arrival);
            final_.store(policy.final_(), Relaxed);
            while let Some(frame) = held.take_before(policy.final_()) {
                outcome.release(&frame);
            }
        }
    });
    while let Some(frame) = held.take_before(u64::MAX) {
        outcome.release(&frame);
    }
    (outcome.late, outcome.duplicates) = (late.into_inner(), duplicates.into_inner());
    (watch.wall(), outcome)
}
