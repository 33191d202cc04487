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
mod config;
mod disk_budget;
mod entry;
mod error;
mod handle;
mod read;
mod recorder;
mod segments;
mod writer;

pub use config::Config;
pub use disk_budget::Shortage;
pub use entry::{BlockError, Entry, Missed};
pub use error::JournalError;
pub use handle::{Counts, FLUSH_EVERY, Journal};
pub use read::{Block, Blocks, Reader, STEP_BACK_NS};
pub use recorder::Recorder;
