//! The merge thread's end: entries go into blocks that were taken at start, and full or due blocks to the writer.
//!
//! Back of the envelope: an entry is 64 bytes, a block of 512 is 32 KiB, and 96 blocks are 3 MiB. The stadium's 3,000
//! frames a second fill six blocks a second; at a hundred times that rate the writer may fall 80 ms behind before
//! frames are missed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::entry;
use super::entry::{Entry, Missed};
use super::handle::Shared;
use crate::ids::BoxNs;
use crate::reorder::{Life, Stamped};
use crate::signal::Signal;

/// Entries of one block.
const BLOCK: usize = 512;
/// Blocks in all.
const BLOCKS: usize = 96;
/// A block that is not full is handed over when a step ends this long after its first entry, box time.
const HAND_OVER_NS: u64 = 8_000_000;

/// Entries on their way to the writer; with none of its own it takes no memory.
pub(super) type Batch = Vec<Entry>;

/// The writer's end.
pub(super) struct Inlet {
    pub(super) full: Receiver<Batch>,
    pub(super) empty: Sender<Batch>,
    /// Number of the first step to come.
    pub(super) step: u64,
}

/// Where the merge thread leaves what entered the pipeline. No call waits, and none but [`Recorder::note`] allocates.
#[derive(Debug)]
pub struct Recorder {
    full: Sender<Batch>,
    empty: Receiver<Batch>,
    batch: Batch,
    /// When the batch was begun, box time.
    begun: Option<BoxNs>,
    missed: Missed,
    /// Signs of life as last told, by path.
    lives: Vec<Option<Life>>,
    step: u64,
    shared: Arc<Shared>,
}

pub(super) fn tap(step: u64, shared: Arc<Shared>) -> (Recorder, Inlet) {
    let (full, inlet) = bounded(BLOCKS);
    let (outlet, empty) = bounded(BLOCKS);
    for _ in 0..BLOCKS {
        outlet.send(Vec::with_capacity(BLOCK)).expect("the channel has room for each block and both ends are here");
    }
    let tap = Recorder {
        full,
        empty,
        batch: Vec::new(),
        begun: None,
        missed: Missed::default(),
        lives: Vec::new(),
        step,
        shared,
    };
    (tap, Inlet { full: inlet, empty: outlet, step })
}

impl Recorder {
    /// A frame was taken off a path.
    #[inline]
    pub fn frame(&mut self, path: usize, frame: &Stamped<Signal>) {
        if !self.push(|| Entry::Frame { path: path as u8, frame: *frame }) {
            self.missed.frames += 1;
            self.shared.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The pipeline was told something else.
    pub fn note(&mut self, note: impl FnOnce() -> Box<[u8]>) {
        self.push(|| Entry::Note(note()));
    }

    /// A step ends that was told this time and read these signs of life. What is gathered is handed over where it is old
    /// or something happened that others may rest on.
    pub fn step(&mut self, now: BoxNs, lives: impl Iterator<Item = Life>, happened: bool) {
        for (path, life) in lives.enumerate() {
            if self.lives.len() <= path {
                // A path's first: once.
                self.lives.push(None);
            }
            if self.lives[path] != Some(life) && self.push(|| Entry::Life { path: path as u8, life }) {
                self.lives[path] = Some(life);
            }
        }
        if !self.push(|| Entry::Step { now }) {
            self.missed.steps += 1;
        }
        self.step += 1;
        let begun = *self.begun.get_or_insert(now);
        let due = happened || now.0.saturating_sub(begun.0) >= HAND_OVER_NS;
        // A writer that has something to do will not be sooner for a block that is not full, and has fewer of them.
        if due && self.full.is_empty() {
            self.hand_over();
        }
    }

    /// Number of the next step.
    pub fn next_step(&self) -> u64 {
        self.step
    }

    /// Adds an entry; whether there was room.
    #[inline]
    fn push(&mut self, entry: impl FnOnce() -> Entry) -> bool {
        if self.batch.len() == self.batch.capacity() && !self.renew() {
            return false;
        }
        self.batch.push(entry());
        true
    }

    /// Takes another block.
    #[cold]
    fn renew(&mut self) -> bool {
        self.hand_over();
        let Ok(batch) = self.empty.try_recv() else { return false };
        self.batch = batch;
        if self.missed.any() {
            self.batch.push(Entry::Missed(std::mem::take(&mut self.missed)));
        }
        true
    }

    fn hand_over(&mut self) {
        self.begun = None;
        if !self.batch.is_empty() {
            // There is room for every block that there is; a writer that has ended takes nothing any more.
            let _ = self.full.try_send(std::mem::take(&mut self.batch));
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.hand_over();
    }
}

const _: () = assert!(size_of::<entry::Entry>() <= 64, "the sketch above counts on it");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EventNs;

    fn frame(seq: u32) -> Stamped<Signal> {
        let payload = Signal::Pose { mound: 0, joints: 1 };
        Stamped { source: 1, seq, event: EventNs(1), arrival: BoxNs(2), payload }
    }

    #[test]
    fn a_writer_that_stands_still_costs_frames_that_are_counted_and_told() {
        let shared = Arc::new(Shared::default());
        let (mut tap, inlet) = tap(5, Arc::clone(&shared));
        let (room, frames) = (BLOCK * BLOCKS, BLOCK * BLOCKS + 100);
        for seq in 0..frames {
            tap.frame(0, &frame(seq as u32));
        }
        tap.step(BoxNs(3), std::iter::empty(), true);
        assert_eq!(shared.missed.load(Ordering::Relaxed), 100);
        let mut kept: Vec<Entry> = Vec::new();
        while let Ok(mut batch) = inlet.full.try_recv() {
            kept.append(&mut batch);
            inlet.empty.send(batch).expect("the tap is there");
        }
        assert_eq!(kept.len(), room);
        tap.frame(0, &frame(7));
        tap.step(BoxNs(4), std::iter::empty(), true);
        let after = inlet.full.try_recv().expect("handed over");
        assert_eq!(after[0], Entry::Missed(Missed { frames: 100, steps: 1 }));
        assert_eq!((after.len(), tap.next_step()), (3, 7));
    }

    #[test]
    fn signs_of_life_are_told_where_they_change() {
        let (mut tap, inlet) = tap(0, Arc::new(Shared::default()));
        let life = Life { beat: BoxNs(10), alive_since: BoxNs(1), closed: false };
        tap.step(BoxNs(11), [life].into_iter(), false);
        tap.step(BoxNs(12), [life].into_iter(), true);
        let batch = inlet.full.try_recv().expect("handed over");
        assert_eq!(
            batch,
            [Entry::Life { path: 0, life }, Entry::Step { now: BoxNs(11) }, Entry::Step { now: BoxNs(12) }]
        );
    }
}
