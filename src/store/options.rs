//! How to open a store.

use std::path::PathBuf;
use std::time::Duration;

/// Batches that wait while nothing can be committed: about ten games of three a pitch, some 10 MB where all of it is used.
const QUEUE: usize = 8192;

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
