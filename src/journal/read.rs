//! Reading the journal: forward from a moment, part after part.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::block::{self, Header};
use super::entry::Entry;
use super::parts::{self, Parts};
use super::{Config, JournalError, Shared};
use crate::ids::BoxNs;

/// Reads what is flushed.
#[derive(Debug, Clone)]
pub struct Reader {
    parts: Arc<Parts>,
}

impl Reader {
    pub(super) fn of(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    /// A journal that nobody writes.
    ///
    /// # Errors
    /// The directory cannot be read, or another process writes the newest part.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        if !dir.is_dir() {
            let source = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(JournalError::File { path: dir.to_path_buf(), source });
        }
        Ok(Self { parts: Arc::new(Parts::open(dir, &Config::default(), Arc::new(Shared::default()))?) })
    }

    /// The blocks from the last one on that ends before `since`, so that every entry at or after that moment is among them.
    /// Costs what lies behind that moment, and nothing for what lies before.
    ///
    /// # Errors
    /// The newest part does not open.
    pub fn since(&self, since: BoxNs) -> Result<Blocks, JournalError> {
        let mut parts = Vec::new();
        for (path, open) in self.parts.newest_first() {
            let db = match open.map_or_else(|| parts::open(&path), Ok) {
                Ok(db) => db,
                Err(error) if parts.is_empty() => return Err(error),
                // What is newer can be had without it.
                Err(error) => {
                    tracing::error!(%error, "the journal is read from the part after it on");
                    break;
                }
            };
            let mut first = None;
            let mut reached = false;
            for item in db.iter().rev() {
                let (key, value) = item.map_err(|source| JournalError::Part { path: path.clone(), source })?;
                first = Some(key);
                if block::header(&value).is_ok_and(|(header, _)| header.last_ns < since.0 && header.last_ns > 0) {
                    reached = true;
                    break;
                }
            }
            parts.extend(first.map(|first| (path, db, first)));
            if reached {
                break;
            }
        }
        Ok(Blocks { parts, open: None })
    }
}

/// Blocks in the order in which they were written.
pub struct Blocks {
    /// Those to come, the next one last, each with its first key.
    parts: Vec<(PathBuf, sled::Db, sled::IVec)>,
    open: Option<(PathBuf, sled::Iter)>,
}

/// One block: the number of its first step, and its entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Number of its first step.
    pub step: u64,
    /// What it holds.
    pub entries: Vec<Entry>,
}

impl Iterator for Blocks {
    type Item = Result<Block, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((path, items)) = &mut self.open {
                match items.next() {
                    Some(Ok((key, value))) => return Some(read(path, &key, &value)),
                    Some(Err(source)) => return Some(Err(JournalError::Part { path: path.clone(), source })),
                    None => self.open = None,
                }
            }
            let (path, db, first) = self.parts.pop()?;
            self.open = Some((path, db.range(first..)));
        }
    }
}

fn read(path: &Path, key: &[u8], value: &[u8]) -> Result<Block, JournalError> {
    let unpacked = block::unpack(value);
    let (Header { step, .. }, entries) = unpacked.map_err(|error| JournalError::Block {
        path: path.to_path_buf(),
        block: key.try_into().map_or(0, u64::from_be_bytes),
        error,
    })?;
    Ok(Block { step, entries })
}
