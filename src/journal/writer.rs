//! The thread that encodes, packs and flushes.
//!
//! What the disk does not take is counted and dropped: the pipeline does not wait for it, and neither does what comes next.
//! A part that failed is set aside and another begun, at most once in [`RETRY`].

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;

use super::block::{self, Header};
use super::entry::{Encoder, Entry};
use super::parts::Parts;
use super::tap::Inlet;
use super::{FLUSH_EVERY, JournalError, Shared};

/// A block is written when it has so many bytes, however young it is.
const BLOCK_BYTES: usize = 256 << 10;
/// Between two attempts to begin a part where the disk refuses.
const RETRY: Duration = Duration::from_secs(1);
/// How often age and bytes are looked at.
const TIDY_EVERY: Duration = Duration::from_secs(5);

pub(super) fn spawn(inlet: Inlet, parts: Arc<Parts>, shared: Arc<Shared>) -> Result<JoinHandle<()>, JournalError> {
    let header = Header { step: inlet.step, next_step: inlet.step, ..Header::default() };
    let writer = Writer {
        inlet,
        parts,
        shared,
        encoder: Encoder::with_capacity(2 * BLOCK_BYTES),
        packed: Vec::with_capacity(2 * BLOCK_BYTES),
        header,
        frames: 0,
        due: None,
        failed_at: None,
        tidied: Instant::now(),
    };
    std::thread::Builder::new().name("journal".into()).spawn(move || writer.run()).map_err(JournalError::Thread)
}

struct Writer {
    inlet: Inlet,
    parts: Arc<Parts>,
    shared: Arc<Shared>,
    encoder: Encoder,
    packed: Vec<u8>,
    header: Header,
    /// Frames in the block that is being gathered.
    frames: u64,
    /// When it must be flushed.
    due: Option<Instant>,
    failed_at: Option<Instant>,
    tidied: Instant,
}

impl Writer {
    fn run(mut self) {
        loop {
            let received = match self.due {
                Some(due) => self.inlet.full.recv_deadline(due),
                None => self.inlet.full.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match received {
                Ok(mut batch) => {
                    batch.drain(..).for_each(|entry| self.gather(&entry));
                    // The tap may be gone, and then needs no blocks.
                    let _ = self.inlet.empty.try_send(batch);
                    self.due.get_or_insert_with(|| Instant::now() + FLUSH_EVERY);
                    let due = self.due.is_some_and(|due| Instant::now() >= due);
                    if due || self.encoder.bytes().len() >= BLOCK_BYTES {
                        self.write();
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.write(),
                Err(RecvTimeoutError::Disconnected) => break self.write(),
            }
        }
    }

    fn gather(&mut self, entry: &Entry) {
        self.header.note(entry);
        self.encoder.push(entry);
        self.frames += u64::from(matches!(entry, Entry::Frame { .. }));
    }

    /// Writes what is gathered and flushes it.
    fn write(&mut self) {
        self.due = None;
        if self.encoder.bytes().is_empty() {
            return;
        }
        block::pack(&self.header, self.encoder.bytes(), &mut self.packed);
        let waiting = self.failed_at.is_some_and(|at| at.elapsed() < RETRY);
        let outcome = if waiting { None } else { Some(self.parts.append(&self.packed, &self.header)) };
        match outcome {
            Some(Ok(())) => {
                self.shared.frames.fetch_add(self.frames, Ordering::Relaxed);
                self.shared.blocks.fetch_add(1, Ordering::Relaxed);
                self.shared.flushed.store(self.header.next_step, Ordering::Release);
                if self.failed_at.take().is_some() {
                    self.shared.broken.store(false, Ordering::Relaxed);
                    tracing::info!("the journal takes frames again");
                }
            }
            Some(Err(error)) => {
                if self.failed_at.replace(Instant::now()).is_none() {
                    tracing::error!(%error, "the journal takes no frames: they are counted, and cannot be replayed");
                }
                self.shared.broken.store(true, Ordering::Relaxed);
                self.shared.failed.fetch_add(self.frames, Ordering::Relaxed);
            }
            None => {
                self.shared.failed.fetch_add(self.frames, Ordering::Relaxed);
            }
        }
        self.encoder.clear();
        self.header = Header { step: self.header.next_step, next_step: self.header.next_step, ..Header::default() };
        self.frames = 0;
        if self.tidied.elapsed() >= TIDY_EVERY {
            self.tidied = Instant::now();
            self.parts.tidy();
        }
    }
}
