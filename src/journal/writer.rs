//! The thread that encodes, packs and flushes.
//!
//! What the disk does not take is counted and dropped: the pipeline does not wait for it, and neither does what comes next.
//! The block that follows says what is missing before it. A part that failed is set aside and another begun, at most once in
//! [`RETRY`]; without room none is begun until there is some again (`room`).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;

use super::block::{self, Header};
use super::disk_budget::{DiskBudget, Shortage, Verdict};
use super::entry::{Encoder, Entry, Missed};
use super::error::JournalError;
use super::handle::{FLUSH_EVERY, Shared};
use super::recorder::Inlet;
use super::segments::Segments;
use crate::disk::Disk;

/// A block is written when it has so many bytes, however young it is.
const BLOCK_BYTES: usize = 256 << 10;
/// Between two attempts to begin a part where the disk refuses.
const RETRY: Duration = Duration::from_secs(1);
/// How often age and bytes are looked at.
const TIDY_EVERY: Duration = Duration::from_secs(5);

pub(super) fn spawn(inlet: Inlet, parts: Arc<Segments>, shared: Arc<Shared>) -> Result<JoinHandle<()>, JournalError> {
    let header = Header { step: inlet.step, next_step: inlet.step, ..Header::default() };
    // An earlier writer may have ended while the disk was full: this one looks for itself.
    shared.set_shortage(None);
    shared.flushed.store(inlet.step, Ordering::Release);
    let writer = Writer {
        inlet,
        room: DiskBudget::new(parts.leaves_free_frac()),
        parts,
        shared,
        encoder: Encoder::with_capacity(2 * BLOCK_BYTES),
        packed: Vec::with_capacity(2 * BLOCK_BYTES),
        header,
        frames: 0,
        lost: Missed::default(),
        due: None,
        failed_at: None,
        tidied: Instant::now(),
    };
    std::thread::Builder::new().name("journal".into()).spawn(move || writer.run()).map_err(JournalError::Thread)
}

struct Writer {
    inlet: Inlet,
    parts: Arc<Segments>,
    shared: Arc<Shared>,
    room: DiskBudget,
    encoder: Encoder,
    packed: Vec<u8>,
    /// Of the block that is being gathered; it begins with what was lost before it.
    header: Header,
    /// Frames in it.
    frames: u64,
    /// What was taken since the last block that was written, and is in none.
    lost: Missed,
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
        self.frames += u64::from(matches!(entry, Entry::Frame { .. }));
        if self.room.is_off() {
            return;
        }
        if self.encoder.bytes().is_empty() && self.lost.any() {
            self.encoder.push(&Entry::Missed(self.lost));
        }
        self.encoder.push(entry);
    }

    /// Writes what is gathered and flushes it.
    fn write(&mut self) {
        self.due = None;
        if self.room.is_off() {
            self.lose();
        } else if !self.encoder.bytes().is_empty() {
            self.flush();
        }
        self.encoder.clear();
        // What is lost is told first in the next block, so that its steps are counted from there.
        let step = self.header.next_step - self.lost.steps;
        self.header = Header { step, next_step: self.header.next_step, ..Header::default() };
        self.frames = 0;
        if self.tidied.elapsed() >= TIDY_EVERY {
            self.tidied = Instant::now();
            self.parts.tidy();
        }
        if self.room.is_due(Instant::now()) {
            self.look();
        }
    }

    fn flush(&mut self) {
        if self.failed_at.is_some_and(|at| at.elapsed() < RETRY) {
            return self.lose();
        }
        block::pack(&self.header, self.encoder.bytes(), &mut self.packed);
        match self.parts.append(&self.packed, &self.header) {
            Ok(()) => {
                self.shared.frames.fetch_add(self.frames, Ordering::Relaxed);
                self.shared.blocks.fetch_add(1, Ordering::Relaxed);
                self.shared.flushed.store(self.header.next_step, Ordering::Release);
                self.lost = Missed::default();
                if self.failed_at.take().is_some() {
                    self.shared.broken.store(false, Ordering::Relaxed);
                    tracing::info!("the journal takes frames again");
                }
            }
            Err(error) => {
                self.lose();
                self.failed(&error);
            }
        }
    }

    /// Counts what is gathered as lost.
    fn lose(&mut self) {
        self.shared.failed.fetch_add(self.frames, Ordering::Relaxed);
        self.lost.frames += self.frames;
        self.lost.steps = self.header.next_step - self.header.step;
    }

    /// A disk without room is no broken one: the first is waited for, the second is tried again.
    fn failed(&mut self, error: &JournalError) {
        let disk = Disk::of(self.parts.dir());
        let low = disk.as_ref().ok().filter(|disk| self.room.is_low(**disk) || error.is_about_room());
        if let Some(disk) = low {
            let shortage = self.room.shortage(*disk);
            return self.stop(shortage);
        }
        if self.failed_at.replace(Instant::now()).is_none() {
            tracing::error!(%error, "the journal takes no frames: they are counted, and cannot be replayed");
        }
        self.shared.broken.store(true, Ordering::Relaxed);
    }

    /// Looks at the disk, and gives way to the store where it is nearly full.
    fn look(&mut self) {
        // A disk that does not answer is met again when it is written to.
        let Ok(disk) = Disk::of(self.parts.dir()) else { return };
        match self.room.judge(disk, Instant::now()) {
            Verdict::AsItIs => {}
            Verdict::Low(shortage) => match self.parts.shed() {
                0 => self.stop(shortage),
                bytes => tracing::warn!(bytes, "older parts of the journal are given up: its disk is nearly full"),
            },
            Verdict::Off(shortage) => self.shared.set_shortage(Some(shortage)),
            Verdict::Ample => {
                self.shared.set_shortage(None);
                // Steps before it are lost, and are not to be waited for.
                self.shared.flushed.store(self.header.next_step, Ordering::Release);
                tracing::info!(free_bytes = disk.free, "there is room again: the journal goes on");
            }
        }
    }

    /// Lets the disk alone until there is room.
    fn stop(&mut self, shortage: Shortage) {
        self.room.stop(Instant::now());
        self.parts.close();
        self.failed_at = None;
        self.shared.broken.store(false, Ordering::Relaxed);
        self.shared.stops.fetch_add(1, Ordering::Relaxed);
        self.shared.flushed.store(u64::MAX, Ordering::Release);
        self.shared.set_shortage(Some(shortage));
        tracing::error!(
            free_bytes = shortage.free,
            wanted_bytes = shortage.wanted,
            dir = %self.parts.dir().display(),
            "the journal stops: its disk has no room for it. Results are kept; frames are counted, and cannot be replayed. \
             Make room there: it goes on by itself"
        );
    }
}
