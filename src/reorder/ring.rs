//! The way from an ingest thread to the merge thread: the only memory that they share.
//!
//! A slab of slots per path, and two counters. The merge thread copies a frame out as soon as it takes it, so that slots
//! come back in the order in which they went: the numbers of full slots on their way there are those from `head` to `tail`,
//! the numbers of free ones on their way back those from `tail` to `head`, and neither ring of numbers need be written
//! down. A slot's number is its count modulo the slots, a power of two. Only the counters are shared, each written by one
//! side alone and on cache lines of its own.
//!
//! ```text
//!   Writer::put ── slot, then tail (Release) ─► Reader::look (Acquire) ─► peek, pass
//!   Writer::reclaim (Acquire) ◄── head (Release) ── Reader::publish ◄──────────┘
//! ```
//!
//! At `tail − head` = slots the writer finds no room; at zero the reader finds nothing.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

#[cfg(loom)]
use loom::{cell::UnsafeCell, sync::Arc, sync::atomic::AtomicU32, sync::atomic::Ordering};
#[cfg(not(loom))]
use std::sync::{Arc, atomic::AtomicU32, atomic::Ordering};

#[cfg(not(loom))]
use plain::UnsafeCell;

/// The reader publishes what it has passed at least this often, so that a long poll does not starve the ingest thread.
const PUBLISH_BATCH: u32 = 64;

/// Loom's cell interface over the standard one.
#[cfg(not(loom))]
mod plain {
    pub(super) struct UnsafeCell<V>(std::cell::UnsafeCell<V>);

    impl<V> UnsafeCell<V> {
        pub(super) fn new(value: V) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        pub(super) fn with<R>(&self, f: impl FnOnce(*const V) -> R) -> R {
            f(self.0.get())
        }

        pub(super) fn with_mut<R>(&self, f: impl FnOnce(*mut V) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// One slot on cache lines of its own.
#[repr(align(64))]
struct Slot<V>(UnsafeCell<MaybeUninit<V>>);

/// A word that two threads share, on a pair of cache lines of its own (the prefetcher fetches pairs).
#[repr(align(128))]
struct Counter(AtomicU32);

struct Ring<V> {
    /// Values put so far.
    tail: Counter,
    /// Values passed so far.
    head: Counter,
    slots: Box<[Slot<V>]>,
}

impl<V> Ring<V> {
    fn slot(&self, count: u32) -> &UnsafeCell<MaybeUninit<V>> {
        &self.slots[count as usize & (self.slots.len() - 1)].0
    }
}

// SAFETY: a slot is touched by the writer only while its count is free and by the reader only while it is full; it changes
// hands by a counter that is stored with Release after the last touch and loaded with Acquire before the next.
unsafe impl<V: Copy + Send> Sync for Ring<V> {}
// SAFETY: the slots hold values that may change threads and need no drop.
unsafe impl<V: Copy + Send> Send for Ring<V> {}

/// The ingest thread's end.
pub(super) struct Writer<V> {
    ring: Arc<Ring<V>>,
    tail: u32,
    /// What the last [`Writer::reclaim`] saw of the reader.
    head: u32,
}

impl<V: Copy + Send> Writer<V> {
    /// Puts a value on its way, there being a free slot.
    #[inline]
    pub(super) fn put(&mut self, value: &V) {
        assert!(self.in_use() < self.slots(), "the writer looks before it puts");
        self.ring.slot(self.tail).with_mut(|slot| {
            // SAFETY: fewer than all slots are between head and tail, so this one is free and the reader, who takes none
            // at or after the tail, does not touch it.
            unsafe { (*slot).write(*value) };
        });
        self.tail = self.tail.wrapping_add(1);
        self.ring.tail.0.store(self.tail, Ordering::Release);
    }

    /// Takes back the slots that the reader has passed.
    #[inline]
    pub(super) fn reclaim(&mut self) {
        self.head = self.ring.head.0.load(Ordering::Acquire);
    }

    /// The same, showing `each` value that was in one.
    pub(super) fn reclaim_each(&mut self, each: impl FnMut(&V)) {
        let head = self.ring.head.0.load(Ordering::Acquire);
        self.show(self.head, head, each);
        self.head = head;
    }

    /// Shows `each` value whose slot is in use.
    pub(super) fn each_in_use(&self, each: impl FnMut(&V)) {
        self.show(self.head, self.tail, each);
    }

    fn show(&self, mut from: u32, to: u32, mut each: impl FnMut(&V)) {
        while from != to {
            // SAFETY: the writer wrote the slot and has not given it out again; the reader only reads it.
            self.ring.slot(from).with(|slot| each(unsafe { (*slot).assume_init_ref() }));
            from = from.wrapping_add(1);
        }
    }

    /// Slots in use, as far as the last [`Writer::reclaim`] knows.
    #[inline]
    pub(super) fn in_use(&self) -> u32 {
        self.tail.wrapping_sub(self.head)
    }

    /// All slots.
    #[inline]
    pub(super) fn slots(&self) -> u32 {
        self.ring.slots.len() as u32
    }
}

/// The merge thread's end.
pub(super) struct Reader<V> {
    ring: Arc<Ring<V>>,
    head: u32,
    /// What the last [`Reader::look`] saw of the writer.
    tail: u32,
}

impl<V: Copy + Send> Reader<V> {
    /// Looks at what has arrived; [`Reader::peek`] shows no more than this look saw.
    pub(super) fn look(&mut self) {
        self.tail = self.ring.tail.0.load(Ordering::Acquire);
    }

    /// The next value.
    #[inline]
    pub(super) fn peek(&self) -> Option<&V> {
        self.peek_at(0)
    }

    /// The value so many after the next one.
    #[inline]
    pub(super) fn peek_at(&self, ahead: u32) -> Option<&V> {
        if self.tail.wrapping_sub(self.head) <= ahead {
            return None;
        }
        // SAFETY: the count is before the tail that `look` loaded with Acquire, so the value is written; the writer does
        // not write the slot before `pass` moves the head over it, which takes `self` mutably, so not while this lives.
        Some(self.ring.slot(self.head.wrapping_add(ahead)).with(|slot| unsafe { (*slot).assume_init_ref() }))
    }

    /// Gives the slot of the value that [`Reader::peek`] shows back.
    #[inline]
    pub(super) fn pass(&mut self) {
        debug_assert!(self.head != self.tail);
        self.head = self.head.wrapping_add(1);
        if self.head.is_multiple_of(PUBLISH_BATCH) {
            self.publish();
        }
    }

    /// Lets the writer see all that was given back.
    pub(super) fn publish(&mut self) {
        self.ring.head.0.store(self.head, Ordering::Release);
    }
}

/// A ring of so many slots, a power of two.
pub(super) fn ring<V: Copy + Send>(slots: usize) -> (Writer<V>, Reader<V>) {
    assert!(slots.is_power_of_two() && u32::try_from(slots).is_ok(), "slots are counted modulo a power of two");
    let ring = Arc::new(Ring {
        tail: Counter(AtomicU32::new(0)),
        head: Counter(AtomicU32::new(0)),
        // Written once, so that the system hands out the memory now and not frame by frame.
        slots: (0..slots).map(|_| Slot(UnsafeCell::new(MaybeUninit::zeroed()))).collect(),
    });
    (Writer { ring: Arc::clone(&ring), tail: 0, head: 0 }, Reader { ring, head: 0, tail: 0 })
}
