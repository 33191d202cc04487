//! What the box remembers, in LMDB.
//!
//! Constraints that shaped it:
//! - **Nothing reported committed is ever lost.** No `WRITEMAP`, no `NOSYNC`: LMDB's two meta pages are flipped by a
//!   synced write, so that a kill at any moment leaves the last committed transaction.
//! - **One process.** An exclusive lock on `pitchguard.lock` in the directory; whoever comes second is told who holds it.
//! - **One writer thread** with group commit ([`writer`]). Imports share the write lock in transactions of at most
//!   [`BULK_NS_MAX`] and let waiting live pitches go first.
//! - **Every read is checked.** A record is a header (schema, key version, checksum) and an rkyv archive that bytecheck
//!   validates; one that fails is an error that names table and key, and is counted.
//! - **What LMDB trusts is looked at before it is mapped**: every page in use, at each opening (`pages`). A database that is
//!   damaged, or empty though it held records, is refused with the way to restore it.
//! - **Final is final.** A final pitch is replaced by nothing but a later revision that was measured again, or by a newer count
//!   of its late frames; what tries is counted.
//! - **Keys are big-endian**, so that a range scan is a time range.
//! - **Read transactions are short**: every method opens one, copies out what it returns and closes it.
//!
//! | table | key | value |
//! |---|---|---|
//! | `pitches` | pitcher u32 (0: nobody named), release ns u64 | `PitchV1` |
//! | `pitch_times` | release ns u64, id u64 | pitcher u32: the order of the day over all pitchers |
//! | `pitch_ids` | id u64 | the key in `pitches`, so that a revision finds what it replaces |
//! | `appearances` | pitcher u32, date u32 (yyyymmdd), `game_pk` u32 | `AppearanceV2` |
//! | `baselines` | pitcher u32 (0: the league), season u16, pitch type 4 B | `BaselineV1` |
//! | `calibration` | venue | `CalibrationV1` |
//! | `pitchers` | id u32 | `PitcherV2` |
//! | `model_registry` | version, text | `ModelV1` |
//! | `checkpoints` | name | bytes of the room that wrote it |
//! | `meta` | name | bytes; `schema` is the version of this layout |
//! | `injuries` | pitcher u32, day filed u32, day hurt u32, season u16 | `InjuryV1` |
//! | `feature_snapshots` | pitcher u32, date u32, version u16 | `FeatureSnapshotV1` |
//! | `api_keys` | id, text | `ApiKeyV1` |
//! | `outbox` | priority u8 (0 live, 1 backlog), sequence u64 | `OutboxV1` |
//! | `outbox_refused` | sequence u64, epoch u64 | `RefusedV1` |

pub mod api_key;
pub mod backup;
mod codec;
mod environment;
pub mod layout;
pub mod marks;
pub mod outbox;
mod pages;
mod read;
mod restore;
mod retention;
mod schema;
mod table_key;
#[cfg(test)]
mod tests;
mod transaction;
mod verify;
pub mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use heed::types::Bytes;
use heed::{Database, Env, WithoutTls};

pub use environment::tell_of_lost_pages;
pub use read::{Counts, Cursor, Found, Wanted};
pub use restore::{RestoreError, Restored, restore};
pub use retention::Removed;
pub(crate) use table_key::game as game_name;
pub use transaction::{Put, Transaction};
pub use verify::{Verified, VerifyError, verify, verify_checksum};
pub use writer::{Write, WriterHandle};

/// Version of the layout (tables and keys). A store of a newer one is refused, one of an older one is copied and migrated.
#[cfg(not(feature = "next-layout"))]
pub const SCHEMA: u32 = 2;
/// The layout of a version to come, which differs in its number only: what upgrades and downgrades are tried with.
#[cfg(feature = "next-layout")]
pub const SCHEMA: u32 = 3;

/// Batches that wait while nothing can be committed: about ten games of three a pitch, some 10 MB where all of it is used.
const QUEUE: usize = 8192;

/// Longest time that one bulk transaction keeps the write lock before it commits, ns: live pitches wait no longer.
/// Half of the 10 ms in which a result is to be on the disk, since the commit itself comes on top.
pub const BULK_NS_MAX: u64 = 5_000_000;

/// Share of the map from which on the store asks for retention or a larger map.
pub const MAP_USED_WARN: f64 = 0.5;

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

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Size of LMDB's map, bytes: address space and the largest size of the file, not memory.
    pub map_bytes: usize,
    /// Batches that may wait for the writer before it pushes back, or, while it fails, before they are lost.
    pub queue: usize,
    /// How long the writer gathers batches before it commits them together.
    pub group_commit: Duration,
    /// Where backups are, for advice; `backups` in the store's directory where absent.
    pub backups: Option<PathBuf>,
    /// Hears how far the look through a large database has come while the store is opened, percent.
    pub looking: fn(u8),
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            map_bytes: 8 << 30,
            queue: QUEUE,
            group_commit: Duration::from_millis(5),
            backups: None,
            looking: |_| (),
        }
    }
}

type Raw = Database<'static, Bytes, Bytes>;

/// The open store. Share it in an `Arc`.
#[derive(Debug)]
pub struct Store {
    // Declared before the lock: LMDB closes first.
    env: Env<WithoutTls>,
    tables: [Raw; table_key::TABLES],
    options: StoreOptions,
    dir: PathBuf,
    /// Device and number of the database's file.
    file: Option<(u64, u64)>,
    corrupt: AtomicU64,
    refused_finals: AtomicU64,
    held: AtomicBool,
    /// Sources whose marks were forgotten, a bit each, until somebody hears of it.
    forgotten: AtomicU64,
    live_waiting: AtomicBool,
    _lock: environment::Lock,
}

impl Store {
    /// Whether `dir` holds a store. Who only reads asks before [`Self::open`], which makes one.
    pub fn is_there(dir: &Path) -> bool {
        layout::is_there(dir)
    }

    /// The process that has the store in `dir`, and what it is doing that keeps others waiting; none where it is at work.
    pub fn doing(dir: &Path) -> Option<(String, String)> {
        environment::doing(dir)
    }

    /// Opens the store in `dir`, creating both where absent.
    ///
    /// # Errors
    /// Another process holds it, it was written by a newer version, it is damaged or has lost its records, or the file system
    /// refuses.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let lock = environment::Lock::take(dir)?;
        let (env, tables) = environment::open(dir, &options, &lock)?;
        environment::give_to_owner(dir);
        let store = Self {
            env,
            tables,
            options,
            dir: dir.to_path_buf(),
            file: environment::file_of(dir),
            corrupt: AtomicU64::new(0),
            refused_finals: AtomicU64::new(0),
            held: AtomicBool::new(false),
            forgotten: AtomicU64::new(0),
            live_waiting: AtomicBool::new(false),
            _lock: lock,
        };
        restore::settle(&store)?;
        Ok(store)
    }

    /// Where it lives.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Size of LMDB's map, bytes.
    pub fn map_bytes(&self) -> usize {
        self.options.map_bytes
    }

    /// Corrupt records met since the store was opened.
    pub fn corrupt_records(&self) -> u64 {
        self.corrupt.load(Ordering::Relaxed)
    }

    /// Whether the database's file is still the one that is open: one that was removed or replaced is written on, and gone
    /// when the process ends.
    pub fn is_in_place(&self) -> bool {
        environment::file_of(&self.dir) == self.file
    }

    /// How often a final pitch would have been overwritten, or thrown a second time, since the store was opened.
    pub fn refused_finals(&self) -> u64 {
        self.refused_finals.load(Ordering::Relaxed)
    }

    /// Counts what would have changed a final pitch, or been a second one of its throw; logged once a thousand.
    pub fn refuse(&self, kept: &crate::records::PitchRecord) {
        let before = self.refused_finals.fetch_add(1, Ordering::Relaxed);
        if before.is_multiple_of(1000) {
            tracing::error!(
                id = kept.id,
                refused = before + 1,
                "a final pitch would have been overwritten or thrown twice, and stays alone: old frames come again"
            );
        }
    }

    /// One transaction: all of `work` or nothing. A transaction that changed nothing leaves the file as it was.
    ///
    /// # Errors
    /// Those of `work`, and of LMDB.
    pub fn transact<T>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut transaction = Transaction::begin(self)?;
        let out = work(&mut transaction)?;
        transaction.commit()?;
        Ok(out)
    }

    /// Applies `work` to every item, in as many transactions as keep each within [`BULK_NS_MAX`], so that live pitches
    /// never wait. What was committed stays when a later item fails.
    ///
    /// # Errors
    /// The first of `work` or of LMDB; the transaction that it happened in is undone.
    pub fn bulk<I>(
        &self,
        items: impl IntoIterator<Item = I>,
        mut work: impl FnMut(&mut Transaction<'_>, I) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            while self.live_waiting.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_micros(200));
            }
            let mut transaction = Transaction::begin(self)?;
            let began = Instant::now();
            for item in items.by_ref() {
                work(&mut transaction, item)?;
                if began.elapsed().as_nanos() as u64 >= BULK_NS_MAX {
                    break;
                }
            }
            transaction.commit()?;
        }
        Ok(())
    }

    /// Something was committed: once that is a record, an empty database is no new one any more.
    fn note_held(&self) {
        if !self.held.load(Ordering::Relaxed) && environment::holds_records(&self.env, &self.tables).unwrap_or(false) {
            self.held.store(true, Ordering::Relaxed);
            environment::mark_held(&self.dir);
        }
    }

    fn table(&self, table: table_key::Table) -> Raw {
        self.tables[table as usize]
    }

    fn counted(&self, error: StoreError) -> StoreError {
        if matches!(error, StoreError::Corrupt { .. }) {
            self.corrupt.fetch_add(1, Ordering::Relaxed);
        }
        error
    }
}
