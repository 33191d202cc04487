//! The open store.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use heed::{Env, WithoutTls};

use super::error::StoreError;
use super::options::StoreOptions;
use super::scheme::Raw;
use super::{lock, table_key};

/// Longest time that one bulk transaction keeps the write lock before it commits, ns: live pitches wait no longer.
/// Half of the 10 ms in which a result is to be on the disk, since the commit itself comes on top.
pub const BULK_NS_MAX: u64 = 5_000_000;

/// Share of the map from which on the store asks for retention or a larger map.
pub const MAP_USED_WARN: f64 = 0.5;

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
    pub(super) _lock: lock::Lock,
}

impl Store {
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
