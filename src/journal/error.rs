//! Why a journal cannot be used.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::entry::BlockError;

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
    pub(super) fn is_about_room(&self) -> bool {
        let Self::Part { source: sled::Error::Io(error), .. } = self else { return false };
        matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
    }
}
