//! The ingest thread's end of a path: quotas, and signs of life.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use thiserror::Error;

use super::frame::Stamped;
use super::ring::Writer;
use super::tally::NUMBERS;
use crate::ids::BoxNs;

/// An ingest thread that says nothing for longer than this was held up, and what its sources did meanwhile is unknown.
const BEAT_GAP_NS: u64 = 1_000_000_000;

/// The frame found no slot and was dropped and counted: its source holds its quota, or its path has none left.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("source {source_id} has no slot left in the watermark buffer; the frame was dropped and counted")]
pub struct Overflowed {
    /// Whose frame it was.
    pub source_id: u8,
}

/// What a producer lets the merge thread know beside the frames.
#[derive(Debug)]
pub(super) struct Signals {
    beat: AtomicU64,
    alive_since: AtomicU64,
    closed: AtomicBool,
    overflowed: Box<[AtomicU64; NUMBERS]>,
}

/// Signs of life as the merge thread reads them, before it looks at the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Every frame that came before this was on the ring when the signs were read.
    pub beat: BoxNs,
    /// Since then the thread was neither held up nor short of slots.
    pub alive_since: BoxNs,
    /// The producer is gone, or what feeds it is.
    pub closed: bool,
}

impl Signals {
    pub(super) fn new() -> Self {
        Self {
            beat: AtomicU64::new(0),
            alive_since: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            overflowed: Box::new([const { AtomicU64::new(0) }; NUMBERS]),
        }
    }

    pub(super) fn life(&self) -> Life {
        let closed = self.closed.load(Ordering::Acquire);
        let beat = BoxNs(self.beat.load(Ordering::Acquire));
        Life { beat, alive_since: BoxNs(self.alive_since.load(Ordering::Acquire)), closed }
    }

    pub(super) fn overflowed(&self, source: u8) -> u64 {
        self.overflowed[usize::from(source)].load(Ordering::Acquire)
    }
}

/// One path's way into the buffer. Dropping it finishes its sources: nobody waits for them any more.
///
/// While fewer slots are in use than one source may have, nobody can have too many, and nothing is counted by source.
/// Beyond that the path is *crowded*: then each source's slots are counted, until half of that many are in use.
pub struct Producer<T> {
    writer: Writer<Stamped<T>>,
    signals: Arc<Signals>,
    /// Slots that one source may have, no more than there are.
    quota: u32,
    /// Slots that may be in use before a push has to look closer: none while the path is crowded.
    unlooked: u32,
    /// While the path is crowded the slots in use by each source.
    in_use: [u32; NUMBERS],
    beat: BoxNs,
    hung_up: bool,
}

impl<T: Copy + Send> Producer<T> {
    pub(super) fn new(writer: Writer<Stamped<T>>, signals: Arc<Signals>, quota: usize) -> Self {
        let quota = (quota as u32).min(writer.slots());
        let in_use = [0; NUMBERS];
        Self { writer, signals, quota, unlooked: quota, in_use, beat: BoxNs(0), hung_up: false }
    }

    /// Puts a frame on its way to the merge thread.
    ///
    /// # Errors
    /// The source holds its quota of slots, or the path has none left. The frame is dropped and counted.
    #[inline]
    pub fn push(&mut self, frame: Stamped<T>) -> Result<(), Overflowed> {
        if self.writer.in_use() >= self.unlooked && !self.has_room(frame.source) {
            return Err(self.overflow(frame.source, frame.arrival));
        }
        self.writer.put(&frame);
        Ok(())
    }

    /// Says that the thread is alive and has pushed every frame that arrived before `now`. Once per turn of its loop, at
    /// least a few times a second: a silent source is told from a silent thread by it.
    pub fn beat(&mut self, now: BoxNs) {
        if self.hung_up || now.0.saturating_sub(self.beat.0) > BEAT_GAP_NS {
            self.signals.alive_since.store(now.0, Ordering::Release);
        }
        self.beat = BoxNs(self.beat.0.max(now.0));
        self.signals.beat.store(self.beat.0, Ordering::Release);
        if std::mem::take(&mut self.hung_up) {
            self.signals.closed.store(false, Ordering::Release);
        }
        self.reclaim();
    }

    /// Says that what feeds the path is gone, an unplugged line say: its sources are finished until the next beat, and
    /// then come back as any source does.
    pub fn hang_up(&mut self) {
        self.hung_up = true;
        self.signals.closed.store(true, Ordering::Release);
    }

    /// Shows signs of life as they were read from a path before: for a replay, whose frames follow. The next
    /// [`beat`](Self::beat) is a thread's of its own, that has just begun.
    pub fn relive(&mut self, life: Life) {
        self.signals.alive_since.store(life.alive_since.0, Ordering::Release);
        self.signals.beat.store(life.beat.0, Ordering::Release);
        self.signals.closed.store(life.closed, Ordering::Release);
        self.hung_up = life.closed;
        self.reclaim();
    }

    /// Slots that the path has left, as far as the last beat knows.
    pub fn free(&self) -> usize {
        (self.writer.slots() - self.writer.in_use()) as usize
    }

    /// Looks closer: whether the source may have another slot and there is one, which it then has.
    #[cold]
    #[inline(never)]
    fn has_room(&mut self, source_id: u8) -> bool {
        self.reclaim();
        if self.unlooked > 0 {
            if self.writer.in_use() < self.quota {
                return true;
            }
            self.unlooked = 0;
            let in_use = &mut self.in_use;
            in_use.fill(0);
            self.writer.each_in_use(|frame| in_use[usize::from(frame.source)] += 1);
        }
        let in_use = &mut self.in_use[usize::from(source_id)];
        let room = *in_use < self.quota && self.writer.in_use() < self.writer.slots();
        *in_use += u32::from(room);
        room
    }

    fn reclaim(&mut self) {
        if self.unlooked > 0 {
            self.writer.reclaim();
            return;
        }
        let in_use = &mut self.in_use;
        self.writer.reclaim_each(|frame| in_use[usize::from(frame.source)] -= 1);
        if self.writer.in_use() <= self.quota / 2 {
            self.unlooked = self.quota;
        }
    }

    #[cold]
    fn overflow(&mut self, source_id: u8, arrival: BoxNs) -> Overflowed {
        // What was dropped here is no silence of its source.
        self.signals.alive_since.fetch_max(arrival.0, Ordering::Release);
        let count = &self.signals.overflowed[usize::from(source_id)];
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Release);
        Overflowed { source_id }
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        self.signals.closed.store(true, Ordering::Release);
    }
}
