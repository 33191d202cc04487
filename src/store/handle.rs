//! The open store.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use heed::types::Bytes;
use heed::{Database, Env, WithoutTls};

use super::error::StoreError;
use super::options::StoreOptions;
use super::transaction::Transaction;
use super::{environment, layout, restore, table_key};

/// Version of the layout (tables and keys). A store of a newer one is refused, one of an older one is copied and migrated.
#[cfg(not(feature = "next-layout"))]
pub const SCHEMA: u32 = 2;

/// The layout of a version to come, which differs in its number only: what upgrades and downgrades are tried with.
#[cfg(feature = "next-layout")]
pub const SCHEMA: u32 = 3;

/// Longest time that one bulk transaction keeps the write lock before it commits, ns: live pitches wait no longer.
/// Half of the 10 ms in which a result is to be on the disk, since the commit itself comes on top.
pub const BULK_NS_MAX: u64 = 5_000_000;

/// Share of the map from which on the store asks for retention or a larger map.
pub const MAP_USED_WARN: f64 = 0.5;

pub(super) type Raw = Database<'static, Bytes, Bytes>;

/// The open store. Share it in an `Arc`.
#[derive(Debug)]
pub struct Store {
    // Declared before the lock: LMDB closes first.
    pub(super) env: Env<WithoutTls>,
    pub(super) tables: [Raw; table_key::TABLES],
    pub(super) options: StoreOptions,
    pub(super) dir: PathBuf,
    /// Device and number of the database's file.
    pub(super) file: Option<(u64, u64)>,
    pub(super) corrupt: AtomicU64,
    pub(super) refused_finals: AtomicU64,
    pub(super) held: AtomicBool,
    /// Sources whose marks were forgotten, a bit each, until somebody hears of it.
    pub(super) forgotten: AtomicU64,
    pub(super) live_waiting: AtomicBool,
    pub(super) _lock: environment::Lock,
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
    pub(super) fn note_held(&self) {
        if !self.held.load(Ordering::Relaxed) && environment::holds_records(&self.env, &self.tables).unwrap_or(false) {
            self.held.store(true, Ordering::Relaxed);
            environment::mark_held(&self.dir);
        }
    }

    pub(super) fn table(&self, table: table_key::Table) -> Raw {
        self.tables[table as usize]
    }

    pub(super) fn counted(&self, error: StoreError) -> StoreError {
        if matches!(error, StoreError::Corrupt { .. }) {
            self.corrupt.fetch_add(1, Ordering::Relaxed);
        }
        error
    }
}
