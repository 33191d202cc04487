//! The replayable log of what entered the pipeline: every frame that the merge thread took off its paths, in order of
//! arrival, with the steps in which it did and whatever else the pipeline was told.
//!
//! Constraints that shaped it:
//! - **It never slows the pipeline.** The merge thread copies an entry into a block that was taken at start, and hands
//!   the block over when a step ends ([`Recorder`]); without a free block the entry is counted as missed, and the block that
//!   follows says so. Encoding, compression and the disk are another thread's (`writer`).
//! - **Losing it loses replay, never state.** It lives in sled, whose durability nobody vouches for: what does not open
//!   is set aside and a new one begun; what cannot be written is counted.
//! - **A frame counts as accepted once it is flushed**, [`FLUSH_EVERY`] after it was taken at most while the disk
//!   keeps up.
//! - **Bounded by age and bytes, and starting costs the same whatever is in it.** sled gives no disk space back and reads
//!   through its log when it opens. So the journal is a row of *parts* (`parts`), each a small sled of its own in a
//!   directory of its own: the newest is written, the oldest is removed as a whole, and a start opens the newest only.
//! - **Last in line for the disk.** Where little room is left it gives up its older parts, then stops, and goes on by itself
//!   once there is clearly room again (`room`).
//!
//! A part holds blocks under their number (u64, big-endian). A block is a header of 40 bytes (`block`) and the entries
//! (`entry`), compressed with LZ4: it packs at a hundred times the stadium's rate on a fraction of a core, which Zstandard
//! does not.

mod block;
mod disk_budget;
mod entry;
mod read;
mod recorder;
mod segments;
mod writer;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use disk_budget::Shortage;
pub use entry::{BlockError, Entry, Missed};
pub use read::{Block, Blocks, Reader, STEP_BACK_NS};
pub use recorder::Recorder;

use crate::bounds::{Bound, Fault, outside};
use segments::Segments;

/// Longest time from taking a frame to flushing it, but for the disk.
pub const FLUSH_EVERY: Duration = Duration::from_millis(40);

/// `[journal]`: this project's own choices.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Whether frames are journalled at all. Without it nothing is replayed after a crash.
    pub enabled: bool,
    /// Its directory; `journal` in the store's directory where absent.
    pub path: Option<PathBuf>,
    /// Frames older than this are removed, hours.
    pub max_age_h: f64,
    /// The most that it takes on the disk, bytes; the oldest part goes first. Never more than half of its file system.
    pub max_bytes: u64,
    /// Share of its file system that it leaves free: `[store] disk_shed_frac`.
    pub leaves_free_frac: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { enabled: true, path: None, max_age_h: 72.0, max_bytes: 8 << 30, leaves_free_frac: 0.05 }
    }
}

impl Config {
    /// The least room that a journal is of any use with: a few parts.
    pub const BYTES_MIN: u64 = 64 << 20;

    /// What its numbers may be.
    pub fn bounds(&self) -> Vec<Bound> {
        vec![
            Bound::new("max_age_h", self.max_age_h, 0.01, 8784.0),
            Bound::new("max_bytes", self.max_bytes as f64, Self::BYTES_MIN as f64, (1_u64 << 43) as f64),
        ]
    }

    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<Fault> {
        outside(self.bounds(), &Self::default().bounds())
    }
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The directory.
    #[error("cannot use the journal's {}: {source}; check [journal] path and who owns it", path.display())]
    File {
        /// Which file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A part that does not open or read.
    #[error("the journal's part {}: {source}", path.display())]
    Part {
        /// Which.
        path: PathBuf,
        /// What sled said.
        source: sled::Error,
    },
    /// A part that another process has.
    #[error(
        "the journal's part {} is being written by a running daemon: stop it, or copy the journal's directory and name \
         the copy with --journal",
        path.display()
    )]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// A block that is none.
    #[error("block {block} of the journal's part {} cannot be read: {error}; what it held cannot be replayed", path.display())]
    Block {
        /// The part.
        path: PathBuf,
        /// The block's number.
        block: u64,
        /// What is wrong with it.
        error: BlockError,
    },
    /// The system gives no thread.
    #[error("cannot start the journal's thread: {0}")]
    Thread(std::io::Error),
}

impl JournalError {
    /// Whether the disk refuses for want of room, whatever it says of itself.
    fn is_about_room(&self) -> bool {
        let Self::Part { source: sled::Error::Io(error), .. } = self else { return false };
        matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
    }
}

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
struct Shared {
    frames: AtomicU64,
    missed: AtomicU64,
    failed: AtomicU64,
    blocks: AtomicU64,
    set_aside: AtomicU64,
    removed: AtomicU64,
    stops: AtomicU64,
    /// Parts, and what they take, bytes, as they were last seen.
    parts: AtomicU64,
    bytes: AtomicU64,
    /// Steps that are flushed, or that nobody should wait for: numbers below it.
    flushed: AtomicU64,
    broken: AtomicBool,
    /// There while it is off.
    shortage: Mutex<Option<Shortage>>,
}

impl Shared {
    fn set_shortage(&self, shortage: Option<Shortage>) {
        // What is behind it is replaced as a whole.
        *self.shortage.lock().unwrap_or_else(PoisonError::into_inner) = shortage;
    }
}

/// The open journal: reads it, counts it, sheds it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    parts: Arc<Segments>,
    shared: Arc<Shared>,
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
