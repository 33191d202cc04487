//! Slots and the numbers that own them: the only memory that ingest threads and the merge thread share.
//!
//! A slab of slots is cut into one part per path. A slot belongs to whoever has its number: the path's [`Writer`] (on its
//! free stack), the ring to the merge thread, the [`Reader`] (as a [`Held`]), or the ring back. A number is never copied,
//! so neither is the right to touch the slot.
//!
//! ```text
//!   Writer ── free stack ── put ─► forward ring ─► Reader::take ─► Held ─► give_back ─► back ring ─► Writer::reclaim
//! ```
//!
//! Each ring has one pusher and one popper and shares a single word, its tail; the popper's head is private. A ring has as
//! many cells as its path has slots, so it cannot be full and needs no look at the other side: numbers are popped in the
//! order in which they are pushed, and whoever pushes holds a free number, so of the last `cells` pushes at least one has
//! come all the way round; hence every push before it has been popped, the one whose cell is now reused among them.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::num::NonZeroU32;

#[cfg(loom)]
use loom::{cell::UnsafeCell, sync::Arc, sync::atomic::AtomicU32, sync::atomic::Ordering};
#[cfg(not(loom))]
use std::sync::{Arc, atomic::AtomicU32, atomic::Ordering};

#[cfg(not(loom))]
use plain::UnsafeCell;

/// Returned numbers are published at least this often, so that a long poll does not starve the ingest threads.
const RETURN_BATCH: u32 = 64;

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
struct Tail(AtomicU32);

struct Ring {
    tail: Tail,
    cells: Box<[AtomicU32]>,
}

impl Ring {
    fn new(cells: usize) -> Self {
        Self { tail: Tail(AtomicU32::new(0)), cells: (0..cells).map(|_| AtomicU32::new(0)).collect() }
    }

    fn cell(&self, at: u32) -> &AtomicU32 {
        &self.cells[at as usize & (self.cells.len() - 1)]
    }
}

struct Path {
    forward: Ring,
    back: Ring,
}

struct Slots<V>(Box<[Slot<V>]>);

// SAFETY: a slot is touched only by the thread that has its number, and numbers pass between threads through the rings,
// whose tails are stored with Release after the last touch and loaded with Acquire before the next.
unsafe impl<V: Copy + Send> Sync for Slots<V> {}
// SAFETY: the slots hold values that may change threads and need no drop.
unsafe impl<V: Copy + Send> Send for Slots<V> {}

/// A slot that the reader has: the right to read it until it is given back. Four bytes, also as an `Option`.
#[derive(Debug)]
pub(super) struct Held(NonZeroU32);

impl Held {
    /// The slot's number in the whole slab.
    pub(super) fn index(&self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The ingest thread's side of a path.
pub(super) struct Writer<V> {
    slots: Arc<Slots<V>>,
    path: Arc<Path>,
    free: Vec<NonZeroU32>,
    first: usize,
    forward_tail: u32,
    back_head: u32,
}

impl<V: Copy + Send> Writer<V> {
    /// Puts a value on its way; the slot's number within the path, or `None` when no slot is free.
    pub(super) fn put(&mut self, value: V) -> Option<usize> {
        let number = self.free.pop()?;
        let index = number.get() as usize - 1;
        self.slots.0[index].0.with_mut(|slot| {
            // SAFETY: the number was on our free stack, so nobody else touches the slot; the index is in bounds.
            unsafe { (*slot).write(value) };
        });
        self.path.forward.cell(self.forward_tail).store(number.get(), Ordering::Relaxed);
        self.forward_tail = self.forward_tail.wrapping_add(1);
        self.path.forward.tail.0.store(self.forward_tail, Ordering::Release);
        Some(index - self.first)
    }

    /// Takes back what the reader has returned, and tells `each` number within the path.
    pub(super) fn reclaim(&mut self, mut each: impl FnMut(usize)) {
        let tail = self.path.back.tail.0.load(Ordering::Acquire);
        while self.back_head != tail {
            let number = self.path.back.cell(self.back_head).load(Ordering::Relaxed);
            self.back_head = self.back_head.wrapping_add(1);
            let number = NonZeroU32::new(number).expect("a pushed number is never zero");
            each(number.get() as usize - 1 - self.first);
            self.free.push(number);
        }
    }

    /// Slots free without reclaiming.
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }
}

struct Ends {
    path: Arc<Path>,
    forward_head: u32,
    /// Where the last look saw the forward tail.
    forward_tail: u32,
    back_tail: u32,
    unpublished: u32,
}

/// The merge thread's side of all paths.
pub(super) struct Reader<V> {
    slots: Arc<Slots<V>>,
    paths: Vec<Ends>,
    path_shift: u32,
}

impl<V: Copy + Send> Reader<V> {
    /// Looks at what has arrived on a path; [`Reader::take`] takes no more than this look saw.
    pub(super) fn look(&mut self, path: usize) {
        let ends = &mut self.paths[path];
        ends.forward_tail = ends.path.forward.tail.0.load(Ordering::Acquire);
    }

    /// The next slot of the path.
    pub(super) fn take(&mut self, path: usize) -> Option<Held> {
        let ends = &mut self.paths[path];
        if ends.forward_head == ends.forward_tail {
            return None;
        }
        let number = ends.path.forward.cell(ends.forward_head).load(Ordering::Relaxed);
        ends.forward_head = ends.forward_head.wrapping_add(1);
        Some(Held(NonZeroU32::new(number).expect("a pushed number is never zero")))
    }

    /// What the slot says.
    pub(super) fn get(&self, held: &Held) -> &V {
        // SAFETY: `held` came from `take`, whose Acquire saw the value written; nobody writes the slot before `held` is
        // given back, which takes `self` mutably, so not while the reference lives.
        self.slots.0[held.index()].0.with(|slot| unsafe { (*slot).assume_init_ref() })
    }

    /// Asks the processor to fetch the slot.
    pub(super) fn prefetch(&self, held: &Held) {
        #[cfg(all(target_arch = "x86_64", not(loom)))]
        self.slots.0[held.index()].0.with(|slot| {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: a prefetch reads nothing that the program can see, and the address is inside the slab.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(slot.cast()) };
        });
        #[cfg(not(all(target_arch = "x86_64", not(loom))))]
        let _ = held;
    }

    /// Gives the slot back to its path.
    pub(super) fn give_back(&mut self, Held(number): Held) {
        let index = number.get() as usize - 1;
        let ends = &mut self.paths[index >> self.path_shift];
        ends.path.back.cell(ends.back_tail).store(number.get(), Ordering::Relaxed);
        ends.back_tail = ends.back_tail.wrapping_add(1);
        ends.unpublished += 1;
        if ends.unpublished == RETURN_BATCH {
            ends.publish();
        }
    }

    /// Lets every path see all that was given back.
    pub(super) fn publish(&mut self) {
        self.paths.iter_mut().for_each(Ends::publish);
    }
}

impl Ends {
    fn publish(&mut self) {
        if self.unpublished > 0 {
            self.unpublished = 0;
            self.path.back.tail.0.store(self.back_tail, Ordering::Release);
        }
    }
}

/// A slab of `paths` parts of `slots` slots each, a power of two.
pub(super) fn slab<V: Copy + Send>(paths: usize, slots: usize) -> (Vec<Writer<V>>, Reader<V>) {
    assert!(
        slots.is_power_of_two() && paths * slots < u32::MAX as usize,
        "slot numbers are 32 bits, rings powers of two"
    );
    // Written once, so that the system hands out the memory now and not frame by frame.
    let all = (0..paths * slots).map(|_| Slot(UnsafeCell::new(MaybeUninit::zeroed()))).collect();
    let all = Arc::new(Slots(all));
    let mut writers = Vec::with_capacity(paths);
    let mut ends = Vec::with_capacity(paths);
    for p in 0..paths {
        let path = Arc::new(Path { forward: Ring::new(slots), back: Ring::new(slots) });
        let first = p * slots;
        // The lowest number on top, so that the slots in use stay close together.
        let free = (first..first + slots).rev().filter_map(|i| NonZeroU32::new(i as u32 + 1)).collect();
        writers.push(Writer {
            slots: Arc::clone(&all),
            path: Arc::clone(&path),
            free,
            first,
            forward_tail: 0,
            back_head: 0,
        });
        ends.push(Ends { path, forward_head: 0, forward_tail: 0, back_tail: 0, unpublished: 0 });
    }
    (writers, Reader { slots: all, paths: ends, path_shift: slots.trailing_zeros() })
}
