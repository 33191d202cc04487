//! What can go wrong with the store, and what to do.

use std::path::{Path, PathBuf};

use super::scheme::SCHEMA;

/// What can go wrong with the store, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it.
    #[error(
        "the store {} is in use by process {pid}: stop it, or let the running daemon do the work through its control socket",
        dir.display()
    )]
    Locked {
        /// The store's directory.
        dir: PathBuf,
        /// Who holds it, as far as the lock file tells.
        pid: String,
    },
    /// Written by a newer version of this program.
    #[error(
        "the store {} has layout {found}, this version knows layouts up to {SCHEMA}: install the version that wrote it, or restore a backup",
        dir.display()
    )]
    Newer {
        /// The store's directory.
        dir: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// The database is not what LMDB could work on, or has lost what it held.
    #[error("the database {} cannot be used: {why}; {advice}", path.display())]
    Unusable {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// How to go on.
        advice: String,
    },
    /// The copy before a migration cannot be made.
    #[error(
        "the store has layout {found} and is not migrated, since the copy of before it in {} cannot be made: {source}; \
         make room on that disk, or install the version that wrote the store",
        to.display()
    )]
    Copy {
        /// The store's layout.
        found: u32,
        /// Where the copy should be.
        to: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file operation failed.
    #[error("cannot use the store's {}: {source}{}", path.display(), whose(path, source))]
    File {
        /// Which file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// LMDB failed.
    #[error("LMDB cannot {what}: {source}")]
    Lmdb {
        /// What was tried.
        what: &'static str,
        /// Why.
        source: heed::Error,
    },
    /// A stored record cannot be read.
    #[error("corrupt record in table `{table}`, key {key}: {why}; restore a backup, or remove the record")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Key as hexadecimal digits.
        key: String,
        /// What does not fit.
        why: String,
    },
    /// A record that cannot be stored.
    #[error("record for table `{table}` refused: {why}")]
    Refused {
        /// Table.
        table: &'static str,
        /// What does not fit.
        why: String,
    },
    /// Nothing can be stored at the moment, and no more be kept for later.
    #[error("the store cannot commit, and its queue is full: make room on its disk; `pitchguard status` says why")]
    NoRoom,
    /// The writer thread has ended.
    #[error("the store's writer has stopped")]
    WriterStopped,
}

/// Where the file system lets nobody but its owner at a file: whose it is, and how it becomes this user's.
fn whose(path: &Path, source: &std::io::Error) -> String {
    use std::os::unix::fs::MetadataExt;
    let owner = std::fs::metadata(path).or_else(|_| std::fs::metadata(path.parent().unwrap_or(path)));
    match owner {
        Ok(owner) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            let (own, dir) = (rustix::process::geteuid().as_raw(), path.parent().unwrap_or(path));
            format!(
                "; it belongs to user {}, and this is user {own}: `chown -R {own} {}` as root",
                owner.uid(),
                dir.display()
            )
        }
        _ => String::new(),
    }
}

impl StoreError {
    pub(crate) fn lmdb(what: &'static str) -> impl FnOnce(heed::Error) -> Self {
        move |source| Self::Lmdb { what, source }
    }

    /// Whether the disk or the map is full.
    pub fn is_about_room(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        let Self::Lmdb { source, .. } = self else { return false };
        match source {
            heed::Error::Mdb(heed::MdbError::MapFull) => true,
            heed::Error::Io(error) => matches!(error.kind(), StorageFull | QuotaExceeded),
            _ => false,
        }
    }

    /// Whether starting again cannot help before somebody has looked after the database.
    pub fn wants_a_person(&self) -> bool {
        matches!(self, Self::Unusable { .. } | Self::Newer { .. } | Self::Corrupt { .. })
    }

    /// Whether the cause is the record itself, so that trying again cannot help.
    pub fn is_about_a_record(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Refused { .. })
    }
}
