//! Reading the journal: forward from a moment, part after part.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::block::{self, Header};
use super::config::Config;
use super::entry::Entry;
use super::error::JournalError;
use super::handle::Shared;
use super::segments::{self, Segments};
use crate::ids::BoxNs;

/// A run goes on after one that was killed where the box's clock is behind that one's by this at most, ns.
pub const STEP_BACK_NS: u64 = 1_000_000_000;

/// Reads what is flushed.
#[derive(Debug, Clone)]
pub struct Reader {
    parts: Arc<Segments>,
}

impl Reader {
    pub(super) fn of(parts: Arc<Segments>) -> Self {
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
        Ok(Self { parts: Arc::new(Segments::open(dir, &Config::default(), Arc::new(Shared::default()))?) })
    }

    /// The blocks from the last one on that ends before `since`, of what was written up to that step and after it, so that
    /// every entry at or after that moment is among them. Where the box's clock was set back between two runs, the later
    /// run is not read beyond its beginning. Costs what lies behind that moment, and nothing for what lies before.
    ///
    /// # Errors
    /// The newest part does not open.
    pub fn since(&self, since: BoxNs, step: u64) -> Result<Blocks, JournalError> {
        let (mut clock, mut steps_back) = (Backwards::default(), false);
        let blocks = self.back_to(|header| {
            let stepped = clock.steps(header);
            if header.step > step {
                steps_back |= stepped;
                Walk::On
            } else if stepped {
                Walk::After
            } else if header.last_ns > 0 && header.last_ns < since.0 {
                Walk::Here
            } else {
                Walk::On
            }
        })?;
        Ok(Blocks { steps_back, ..blocks })
    }

    /// The blocks of the journal's last `for_ns`, if it ends at `since` or later: every entry of that while, and some before it.
    /// Nothing of before the box's clock was set back. Costs what lies in that while.
    ///
    /// # Errors
    /// The newest part does not open.
    pub fn last(&self, for_ns: u64, since: BoxNs) -> Result<Blocks, JournalError> {
        let (mut clock, mut newest) = (Backwards::default(), None);
        self.back_to(|header| {
            if header.last_ns == 0 {
                return Walk::On;
            }
            let newest: u64 = *newest.get_or_insert(header.last_ns);
            if newest < since.0 || clock.steps(header) {
                Walk::After
            } else if header.last_ns < newest.saturating_sub(for_ns) {
                Walk::Here
            } else {
                Walk::On
            }
        })
    }

    /// The blocks from `near` on of the last stretch of the journal in which `from` lies, the box's clock having been set
    /// back between stretches; of all where it lies before them. None where the journal ends before it.
    ///
    /// # Errors
    /// The newest part does not open.
    pub fn around(&self, near: BoxNs, from: BoxNs) -> Result<Option<Blocks>, JournalError> {
        let (mut clock, mut covered) = (Backwards::default(), false);
        let blocks = self.back_to(|header| {
            let began = clock.later;
            if clock.steps(header) && covered && began.is_some_and(|began| began <= from.0) {
                return Walk::After;
            }
            covered |= header.last_ns >= from.0;
            if covered && header.last_ns > 0 && header.last_ns < near.0 { Walk::Here } else { Walk::On }
        })?;
        Ok(covered.then_some(blocks))
    }

    /// Box times of the oldest and the newest entry that can be read; none of an empty journal.
    ///
    /// # Errors
    /// The newest part does not open.
    pub fn span(&self) -> Result<Option<(BoxNs, BoxNs)>, JournalError> {
        let timed = |item: sled::Result<(sled::IVec, sled::IVec)>| {
            let header = block::header(&item.ok()?.1).ok()?.0;
            (header.last_ns > 0).then_some(header)
        };
        let parts = self.parts.newest_first();
        let mut last = None;
        for (path, open) in &parts {
            last = open.clone().map_or_else(|| segments::open(path), Ok)?.iter().rev().find_map(timed);
            if last.is_some() {
                break;
            }
        }
        let oldest = parts.iter().rev().find_map(|(path, open)| {
            let db = open.clone().map_or_else(|| segments::open(path), Ok).ok()?;
            db.iter().find_map(timed)
        });
        Ok(oldest.zip(last).map(|(oldest, last)| (BoxNs(oldest.first_ns), BoxNs(last.last_ns))))
    }

    /// Goes back over the blocks until it is told to stop; those from there on.
    fn back_to(&self, mut at: impl FnMut(&Header) -> Walk) -> Result<Blocks, JournalError> {
        let mut parts = Vec::new();
        for (path, open) in self.parts.newest_first() {
            let db = match open.map_or_else(|| segments::open(&path), Ok) {
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
                let walk = block::header(&value).map_or(Walk::On, |(header, _)| at(&header));
                reached = walk != Walk::On;
                if walk == Walk::After {
                    break;
                }
                first = Some(key);
                if reached {
                    break;
                }
            }
            parts.extend(first.map(|first| (path, db, first)));
            if reached {
                break;
            }
        }
        Ok(Blocks { parts, open: None, steps_back: false })
    }
}

/// Whether to go farther back.
#[derive(PartialEq)]
enum Walk {
    On,
    /// No: this block is the first.
    Here,
    /// No: the one after it is.
    After,
}

/// Tells, going back, where the box's clock was set back.
#[derive(Default)]
struct Backwards {
    /// When the block after it begins, box time ns.
    later: Option<u64>,
}

impl Backwards {
    /// Whether the clock was set back after this block.
    fn steps(&mut self, header: &Header) -> bool {
        if header.last_ns == 0 {
            return false;
        }
        let stepped = self.later.is_some_and(|later| header.last_ns > later.saturating_add(STEP_BACK_NS));
        self.later = Some(header.first_ns);
        stepped
    }
}

/// Blocks in the order in which they were written.
pub struct Blocks {
    /// Those to come, the next one last, each with its first key.
    parts: Vec<(PathBuf, sled::Db, sled::IVec)>,
    open: Option<(PathBuf, sled::Iter)>,
    steps_back: bool,
}

impl Blocks {
    /// Whether the box's clock was set back somewhere between them, so that later blocks may hold earlier moments.
    pub fn steps_back(&self) -> bool {
        self.steps_back
    }
}

/// One block: the number of its first step, and its entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Box time of its first entry that has one.
    pub since: BoxNs,
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
    let (Header { step, first_ns, .. }, entries) = unpacked.map_err(|error| JournalError::Block {
        path: path.to_path_buf(),
        block: key.try_into().map_or(0, u64::from_be_bytes),
        error,
    })?;
    Ok(Block { since: BoxNs(first_ns), step, entries })
}
