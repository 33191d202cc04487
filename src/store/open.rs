//! Opening the store, and its transactions.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::error::StoreError;
use super::handle::{BULK_NS_MAX, Store};
use super::options::StoreOptions;
use super::transaction::Transaction;
use super::{environment, layout, lock, mapping, restore};

impl Store {
    /// Whether `dir` holds a store. Who only reads asks before [`Self::open`], which makes one.
    pub fn is_there(dir: &Path) -> bool {
        layout::is_there(dir)
    }

    /// The process that has the store in `dir`, and what it is doing that keeps others waiting; none where it is at work.
    pub fn doing(dir: &Path) -> Option<(String, String)> {
        lock::doing(dir)
    }

    /// Opens the store in `dir`, creating both where absent.
    ///
    /// # Errors
    /// Another process holds it, it was written by a newer version, it is damaged or has lost its records, or the file system
    /// refuses.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let lock = lock::Lock::take(dir)?;
        let (env, tables) = environment::open(dir, &options, &lock)?;
        environment::give_to_owner(dir);
        let store = Self {
            env,
            tables,
            options,
            dir: dir.to_path_buf(),
            file: mapping::file_of(dir),
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

    /// Whether the database's file is still the one that is open: one that was removed or replaced is written on, and gone
    /// when the process ends.
    pub fn is_in_place(&self) -> bool {
        mapping::file_of(&self.dir) == self.file
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
}
