//! The ingest thread's end of a path: quotas, and signs of life.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use thiserror::Error;

use super::ring::Writer;
use super::{SOURCE_MAX, Stamped};
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
    overflowed: [AtomicU64; SOURCE_MAX as usize + 1],
}

/// Signs of life as the merge thread reads them, before it looks at the ring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    /// Every frame that came before this was on the ring when the signs were read.
    pub(super) beat: BoxNs,
    /// Since then the thread was neither held up nor short of slots.
    pub(super) alive_since: BoxNs,
    /// The producer is gone.
    pub(super) closed: bool,
}

impl Signals {
    pub(super) fn new() -> Self {
        Self {
            beat: AtomicU64::new(0),
            alive_since: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            overflowed: std::array::from_fn(|_| AtomicU64::new(0)),
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
pub struct Producer<T> {
    writer: Writer<Stamped<T>>,
    signals: Arc<Signals>,
    /// Whose frame is in which slot of the path.
    owner: Box<[u8]>,
    /// Slots in use by each source; 0 collects the numbers beyond the last source.
    in_use: [u32; SOURCE_MAX as usize + 1],
    quota: u32,
    beat: BoxNs,
    hung_up: bool,
}

impl<T: Copy + Send> Producer<T> {
    pub(super) fn new(writer: Writer<Stamped<T>>, signals: Arc<Signals>, quota: usize) -> Self {
        let owner = vec![0; writer.free()].into_boxed_slice();
        let in_use = [0; SOURCE_MAX as usize + 1];
        Self { writer, signals, owner, in_use, quota: quota as u32, beat: BoxNs(0), hung_up: false }
    }

    /// Puts a frame on its way to the merge thread.
    ///
    /// # Errors
    /// The source holds its quota of slots, or the path has none left. The frame is dropped and counted.
    #[inline]
    pub fn push(&mut self, frame: Stamped<T>) -> Result<(), Overflowed> {
        let source = if frame.source <= SOURCE_MAX { usize::from(frame.source) } else { 0 };
        if self.in_use[source] >= self.quota || self.writer.free() == 0 {
            self.reclaim();
            if self.in_use[source] >= self.quota {
                return Err(self.overflow(source, &frame));
            }
        }
        match self.writer.put(&frame) {
            Some(slot) => {
                self.owner[slot] = source as u8;
                self.in_use[source] += 1;
                Ok(())
            }
            None => Err(self.overflow(source, &frame)),
        }
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

    /// Slots that the path has left, as far as the last beat knows.
    pub fn free(&self) -> usize {
        self.writer.free()
    }

    fn reclaim(&mut self) {
        let (owner, in_use) = (&self.owner, &mut self.in_use);
        self.writer.reclaim(|slot| in_use[usize::from(owner[slot])] -= 1);
    }

    // Out of line: it keeps the frame in one piece, so that it is copied as one.
    #[cold]
    #[inline(never)]
    fn overflow(&mut self, source: usize, frame: &Stamped<T>) -> Overflowed {
        // What was dropped here is no silence of its source.
        self.signals.alive_since.fetch_max(frame.arrival.0, Ordering::Release);
        let count = &self.signals.overflowed[source];
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Release);
        Overflowed { source_id: frame.source }
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        self.signals.closed.store(true, Ordering::Release);
    }
}
