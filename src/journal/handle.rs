//! The open journal, and what its threads share.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::config::Config;
use super::disk_budget::Shortage;
use super::error::JournalError;
use super::read::Reader;
use super::recorder::Recorder;
use super::segments::Segments;
use super::{recorder, writer};

/// Longest time from taking a frame to flushing it, but for the disk.
pub const FLUSH_EVERY: Duration = Duration::from_millis(40);

/// The journal's numbers since the start, and what it takes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Frames flushed.
    pub frames: u64,
    /// Frames not journalled because no block was free.
    pub missed: u64,
    /// Frames not journalled because the disk did not take them, or had no room for them.
    pub failed: u64,
    /// Times that it stopped for want of room.
    pub stops: u64,
    /// Blocks written.
    pub blocks: u64,
    /// Parts that did not open or write, and were set aside.
    pub set_aside: u64,
    /// Parts removed for their age, for want of room, or because the disk was full.
    pub removed: u64,
    /// Parts there now.
    pub parts: u64,
    /// What they take on the disk, bytes.
    pub bytes: u64,
}

/// What the journal's threads share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) frames: AtomicU64,
    pub(super) missed: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) blocks: AtomicU64,
    pub(super) set_aside: AtomicU64,
    pub(super) removed: AtomicU64,
    pub(super) stops: AtomicU64,
    /// Parts, and what they take, bytes, as they were last seen.
    pub(super) parts: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Steps that are flushed, or that nobody should wait for: numbers below it.
    pub(super) flushed: AtomicU64,
    pub(super) broken: AtomicBool,
    /// There while it is off.
    pub(super) shortage: Mutex<Option<Shortage>>,
}

impl Shared {
    pub(super) fn set_shortage(&self, shortage: Option<Shortage>) {
        // What is behind it is replaced as a whole.
        *self.shortage.lock().unwrap_or_else(PoisonError::into_inner) = shortage;
    }
}

/// The open journal: reads it, counts it, sheds it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    pub(super) parts: Arc<Segments>,
    pub(super) shared: Arc<Shared>,
}

impl Journal {
    /// Opens the journal, beginning one where there is none. A newest part that does not open is set aside.
    ///
    /// # Errors
    /// The directory cannot be made or read, or another process has the journal.
    pub fn open(dir: &Path, config: &Config) -> Result<Self, JournalError> {
        let shared = Arc::new(Shared::default());
        let parts = Segments::open(dir, config, Arc::clone(&shared))?;
        Ok(Self { parts: Arc::new(parts), shared })
    }

    /// Starts the thread that writes, behind the tap that the merge thread owns. It ends when the tap is dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(&self) -> Result<(Recorder, JoinHandle<()>), JournalError> {
        let (tap, inlet) = recorder::tap(self.parts.next_step(), Arc::clone(&self.shared));
        let thread = writer::spawn(inlet, Arc::clone(&self.parts), Arc::clone(&self.shared))?;
        Ok((tap, thread))
    }

    /// Reads what is flushed.
    pub fn reader(&self) -> Reader {
        Reader::of(Arc::clone(&self.parts))
    }

    /// Removes the older half of its parts at once, for a disk that is full; the bytes that this gave back. The part that
    /// is being written stays.
    pub fn shed(&self) -> u64 {
        self.parts.shed()
    }

    /// Its numbers.
    pub fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (parts, bytes) = self.parts.size();
        let s = &self.shared;
        Counts {
            frames: of(&s.frames),
            missed: of(&s.missed),
            failed: of(&s.failed),
            stops: of(&s.stops),
            blocks: of(&s.blocks),
            set_aside: of(&s.set_aside),
            removed: of(&s.removed),
            parts,
            bytes,
        }
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        self.parts.dir()
    }

    /// What it lacks while it is off for want of room.
    pub fn shortage(&self) -> Option<Shortage> {
        *self.shared.shortage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether writing fails at the moment.
    pub fn is_broken(&self) -> bool {
        self.shared.broken.load(Ordering::Relaxed)
    }

    /// Number of the first step that is not flushed yet. While the journal is off nothing is worth waiting for: the largest
    /// number there is.
    pub fn flushed(&self) -> u64 {
        self.shared.flushed.load(Ordering::Acquire)
    }
}
