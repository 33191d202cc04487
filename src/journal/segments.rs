//! The parts of a journal: directories, each a sled of its own, named by the number of their first block.
//!
//! A part is closed when it takes a sixteenth of what the journal may take, [`PART_BYTES_MAX`] at most, or when it would
//! hold [`PART_AGE_NS`]. Then the oldest parts go, until there is room for another one and none is too old. Ages are told
//! by what the parts hold, in box time: a step of the system's clock removes nothing while the daemon runs.
//!
//! Blocks are numbered through over all parts. A directory that does not open is renamed to end in `.broken`, is read by
//! nobody, and goes when it is the oldest. One without a block is removed.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, SystemTime};

use backon::{BlockingRetryable, ConstantBuilder};

use super::block::{self, Header};
use super::config::Config;
use super::error::JournalError;
use super::handle::Shared;
use crate::disk::Disk;
use crate::ids::BoxNs;

const PREFIX: &str = "part-";
const BROKEN: &str = ".broken";
/// sled reads through a part when it opens: this is what a start costs at most.
const PART_BYTES_MAX: u64 = 48 << 20;
/// sled keeps an index of the part that it writes in memory, whatever its cache may take: 8 MB of half an hour of the full
/// rig (`make soak`).
const PART_AGE_NS: u64 = 600_000_000_000;
/// What was written this long before the newest entry may be needed to go on after a kill, and is not too old whatever
/// the limit says, ns: a checkpoint is 10 s old at most and needs the 75 s before it.
const NEEDED_NS: u64 = 120_000_000_000;
/// What sled may keep in memory of a part, bytes.
const CACHE_BYTES: u64 = 4 << 20;
/// A part that is locked is tried so often, so far apart, before it is another process'.
const LOCK_TRIES: usize = 50;
const LOCK_EVERY: Duration = Duration::from_millis(20);
/// Where sled keeps a part.
const SLEDS_FILE: &str = "db";
/// How large sled's segments are, bytes: what a part takes at least.
const SEGMENT_BYTES: usize = 1 << 20;

#[derive(Debug)]
struct Segment {
    dir: PathBuf,
    /// Number of its first block.
    first: u64,
    bytes: u64,
    /// Box time of its newest entry; of one that is of an earlier run, when it was last written.
    newest: BoxNs,
    broken: bool,
}

/// The part that is being written.
#[derive(Debug)]
struct Current {
    db: sled::Db,
    dir: PathBuf,
    first: u64,
    next: u64,
    bytes: u64,
    /// Box time of its first entry, and of its newest.
    begun: Option<BoxNs>,
    newest: BoxNs,
}

#[derive(Debug, Default)]
struct Row {
    /// Oldest first, without the one that is being written.
    closed: VecDeque<Segment>,
    current: Option<Current>,
    /// The number of the next block where nothing is open.
    next: u64,
    next_step: u64,
    /// Box time of what was written last.
    now: Option<BoxNs>,
}

impl Current {
    /// How much time it would hold with a block that ends then, ns.
    fn holds_ns(&self, last_ns: u64) -> u64 {
        self.begun.map_or(0, |begun| last_ns.saturating_sub(begun.0))
    }
}

impl Row {
    fn close(&mut self) {
        let closed = self.current.take().and_then(part);
        self.closed.extend(closed);
    }

    /// Goes beyond every number that a part which cannot be read may have used.
    fn skip(&mut self) {
        self.next += 1 << 32;
        self.next_step = self.next << 20;
    }
}

/// All parts.
#[derive(Debug)]
pub(super) struct Segments {
    dir: PathBuf,
    bytes_max: u64,
    age_max_ns: u64,
    leaves_free_frac: f64,
    row: Mutex<Row>,
    shared: Arc<Shared>,
}

impl Segments {
    /// Finds the parts and opens the newest one.
    pub(super) fn open(dir: &Path, config: &Config, shared: Arc<Shared>) -> Result<Self, JournalError> {
        let failed = |source| JournalError::File { path: dir.to_path_buf(), source };
        fs::create_dir_all(dir).map_err(failed)?;
        let mut closed = find(dir).map_err(failed)?;
        let mut row = Row::default();
        while let Some(newest) = closed.pop_back() {
            row.next = row.next.max(newest.first);
            if newest.broken {
                row.skip();
                closed.push_back(newest);
                break;
            }
            match open(&newest.dir) {
                Ok(db) => {
                    if db.is_empty() {
                        // Begun and never written.
                        drop(db);
                        remove(&newest.dir);
                        continue;
                    }
                    let Some((next, last)) = last_block(&db) else {
                        drop(db);
                        tracing::error!(part = %newest.dir.display(), "a part of the journal is of another version, which can replay it, and is set aside");
                        shared.set_aside.fetch_add(1, Ordering::Relaxed);
                        closed.push_back(set_aside(newest));
                        row.skip();
                        break;
                    };
                    (row.next, row.next_step) = (next, last.next_step);
                    let begun = first_moment(&db);
                    let Segment { dir, first, bytes, .. } = newest;
                    row.current = Some(Current { db, dir, first, next, bytes, begun, newest: BoxNs(last.last_ns) });
                    break;
                }
                Err(error @ JournalError::InUse { .. }) => return Err(error),
                Err(error) if error.is_about_room() => {
                    tracing::error!(%error, "a part of the journal is not read before there is room on its disk");
                    closed.push_back(newest);
                    row.skip();
                    break;
                }
                Err(error) => {
                    tracing::error!(%error, "a part of the journal does not open and is set aside: it cannot be replayed");
                    shared.set_aside.fetch_add(1, Ordering::Relaxed);
                    closed.push_back(set_aside(newest));
                    row.skip();
                    break;
                }
            }
        }
        row.closed = closed;
        let age_max_ns = (config.max_age_h * 3_600e9) as u64;
        // On a small disk parts are small, too, and giving one up is no great loss.
        let disk = Disk::of(dir).map_err(failed)?;
        Ok(Self {
            dir: dir.to_path_buf(),
            bytes_max: config.max_bytes.min(disk.bytes / 2),
            age_max_ns,
            leaves_free_frac: config.leaves_free_frac,
            row: Mutex::new(row),
            shared,
        })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Share of its file system that the journal leaves free.
    pub(super) fn leaves_free_frac(&self) -> f64 {
        self.leaves_free_frac
    }

    fn row(&self) -> MutexGuard<'_, Row> {
        // Each change leaves the row whole, so that a panic elsewhere does not make it unreadable.
        self.row.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of the next step to be journalled.
    pub(super) fn next_step(&self) -> u64 {
        self.row().next_step
    }

    /// Parts, and what they take, bytes; as they were last seen while the disk is at work on them, since the merge thread
    /// asks and waits for no disk.
    pub(super) fn size(&self) -> (u64, u64) {
        let row = match self.row.try_lock() {
            Ok(row) => Some(row),
            Err(TryLockError::Poisoned(row)) => Some(row.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(row) = row {
            let current = row.current.as_ref().map_or(0, |c| c.bytes);
            let parts = row.closed.len() + usize::from(row.current.is_some());
            self.shared.parts.store(parts as u64, Ordering::Relaxed);
            let closed = row.closed.iter().map(|part| part.bytes).sum::<u64>();
            self.shared.bytes.store(current + closed, Ordering::Relaxed);
        }
        (self.shared.parts.load(Ordering::Relaxed), self.shared.bytes.load(Ordering::Relaxed))
    }

    /// Writes one block and flushes it.
    pub(super) fn append(&self, packed: &[u8], header: &Header) -> Result<(), JournalError> {
        let (db, dir, number) = self.target(header.last_ns)?;
        let written = db.insert(number.to_be_bytes(), packed).and_then(|_| db.flush());
        let mut row = self.row();
        match written {
            Ok(_) => {
                if let Some(current) = row.current.as_mut().filter(|current| current.next == number) {
                    current.next += 1;
                    current.bytes += packed.len() as u64;
                    if header.last_ns > 0 {
                        current.newest = BoxNs(header.last_ns);
                        current.begun.get_or_insert(BoxNs(header.first_ns));
                    }
                }
                if header.last_ns > 0 {
                    row.now = Some(BoxNs(header.last_ns));
                }
                row.next = number + 1;
                row.next_step = header.next_step;
                Ok(())
            }
            Err(source) => {
                // sled does not recover from an error of the disk: another part does. For want of room it is cut short, no more.
                drop(db);
                let error = JournalError::Part { path: dir, source };
                if let Some(part) = row.current.take().and_then(part) {
                    let part = if error.is_about_room() {
                        part
                    } else {
                        self.shared.set_aside.fetch_add(1, Ordering::Relaxed);
                        set_aside(part)
                    };
                    row.closed.push_back(part);
                }
                Err(error)
            }
        }
    }

    /// The part to write a block to that ends then, and the number of the block; begins another part where the last one is
    /// full or old.
    fn target(&self, last_ns: u64) -> Result<(sled::Db, PathBuf, u64), JournalError> {
        let mut row = self.row();
        if row.current.as_ref().is_some_and(|c| c.bytes >= self.part_bytes() || c.holds_ns(last_ns) >= PART_AGE_NS) {
            row.close();
            self.tidy_row(&mut row);
        }
        if row.current.is_none() {
            let (first, dir) = (row.next, self.dir.join(format!("{PREFIX}{:020}", row.next)));
            let db = open(&dir).inspect_err(|error| {
                // What was begun of one that does not open is in the way of the next attempt.
                if !matches!(error, JournalError::InUse { .. }) {
                    remove(&dir);
                }
            })?;
            row.current = Some(Current { db, dir, first, next: first, bytes: 0, begun: None, newest: BoxNs(0) });
        }
        let current = row.current.as_ref().expect("opened above");
        Ok((current.db.clone(), current.dir.clone(), current.next))
    }

    /// Closes the part that is being written; the next block begins another.
    pub(super) fn close(&self) {
        self.row().close();
    }

    fn part_bytes(&self) -> u64 {
        (self.bytes_max / 16).min(PART_BYTES_MAX)
    }

    /// Notices what somebody else removed, and removes what is too old or too much.
    pub(super) fn tidy(&self) {
        let mut row = self.row();
        self.notice_gone(&mut row);
        self.tidy_row(&mut row);
    }

    /// sled writes on into a file that has no name any more, and nobody would find it after a kill: the next block begins
    /// another part.
    fn notice_gone(&self, row: &mut Row) {
        let is_there = |path: &Path| path.try_exists().unwrap_or(true);
        let before = row.closed.len();
        row.closed.retain(|part| is_there(&part.dir));
        let mut gone = before - row.closed.len();
        if row.current.as_ref().is_some_and(|current| !is_there(&current.dir.join(SLEDS_FILE))) {
            row.current = None;
            gone += 1;
        }
        if gone > 0 {
            self.shared.set_aside.fetch_add(gone as u64, Ordering::Relaxed);
            tracing::error!(
                parts = gone,
                dir = %self.dir.display(),
                "parts of the journal were removed by somebody else: they cannot be replayed, and a kill within the next \
                minutes loses the pitches in flight; another part is begun"
            );
        }
    }

    fn tidy_row(&self, row: &mut Row) {
        // Room for the part that is being written to become full.
        let mut current = self.part_bytes().max(SEGMENT_BYTES as u64);
        if let Some(writing) = &mut row.current {
            writing.bytes = writing.bytes.max(writing.db.size_on_disk().unwrap_or(0));
            current = current.max(writing.bytes);
        }
        let mut total = current + row.closed.iter().map(|p| p.bytes).sum::<u64>();
        while let Some(oldest) = row.closed.front() {
            let age_ns = row.now.map_or(0, |now| now.0.saturating_sub(oldest.newest.0));
            let aged = age_ns > self.age_max_ns.max(NEEDED_NS);
            if !aged && total <= self.bytes_max {
                break;
            }
            total -= self.remove_oldest(row);
        }
    }

    /// Removes the older half of the closed parts; the bytes that they took.
    pub(super) fn shed(&self) -> u64 {
        let mut row = self.row();
        let count = row.closed.len().div_ceil(2);
        (0..count).map(|_| self.remove_oldest(&mut row)).sum()
    }

    fn remove_oldest(&self, row: &mut Row) -> u64 {
        let Some(oldest) = row.closed.pop_front() else { return 0 };
        remove(&oldest.dir);
        self.shared.removed.fetch_add(1, Ordering::Relaxed);
        oldest.bytes
    }

    /// Every part that can be read, newest first, with its sled where it is open already.
    pub(super) fn newest_first(&self) -> Vec<(PathBuf, Option<sled::Db>)> {
        let row = self.row();
        let current = row.current.as_ref().map(|current| (current.dir.clone(), Some(current.db.clone())));
        let closed = row.closed.iter().rev().filter(|part| !part.broken).map(|part| (part.dir.clone(), None));
        current.into_iter().chain(closed).collect()
    }
}

/// A part that is written no more. One without a block is removed: its number is the next one's.
fn part(current: Current) -> Option<Segment> {
    let Current { db, dir, first, next, bytes, newest, .. } = current;
    if next == first {
        drop(db);
        remove(&dir);
        return None;
    }
    let bytes = db.size_on_disk().unwrap_or(bytes);
    Some(Segment { dir, first, bytes, newest, broken: false })
}

/// Renames a part so that nobody opens it again.
fn set_aside(mut part: Segment) -> Segment {
    let name = part.dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = part.dir.with_file_name(format!("{name}{BROKEN}"));
    match fs::rename(&part.dir, &aside) {
        Ok(()) => part.dir = aside,
        Err(error) => tracing::warn!(%error, part = %part.dir.display(), "cannot be renamed"),
    }
    part.broken = true;
    part
}

/// The parts in a directory, oldest first.
fn find(dir: &Path) -> std::io::Result<VecDeque<Segment>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(number) = name.strip_prefix(PREFIX) else { continue };
        let broken = number.ends_with(BROKEN);
        let Ok(first) = number.trim_end_matches(BROKEN).parse() else { continue };
        let (bytes, touched) = weigh(&entry.path());
        let newest = BoxNs(touched.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64));
        parts.push(Segment { dir: entry.path(), first, bytes, newest, broken });
    }
    parts.sort_by_key(|part| (part.first, !part.broken));
    Ok(parts.into())
}

/// What the files of a part take, and when the newest was written.
fn weigh(dir: &Path) -> (u64, SystemTime) {
    let files = fs::read_dir(dir).into_iter().flatten().flatten().filter_map(|file| file.metadata().ok());
    files.filter(fs::Metadata::is_file).fold((0, SystemTime::UNIX_EPOCH), |(bytes, newest), file| {
        (bytes + file.len(), newest.max(file.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
    })
}

/// Opens a part. One that was just closed may be waited for: sled's own threads keep the lock until they have ended, some
/// milliseconds later.
pub(super) fn open(dir: &Path) -> Result<sled::Db, JournalError> {
    let waits = ConstantBuilder::default().with_delay(LOCK_EVERY).with_max_times(LOCK_TRIES);
    (|| open_once(dir)).retry(waits).when(|error| matches!(error, JournalError::InUse { .. })).call()
}

fn open_once(dir: &Path) -> Result<sled::Db, JournalError> {
    let config = sled::Config::new()
        .path(dir)
        .cache_capacity(CACHE_BYTES)
        .segment_size(SEGMENT_BYTES)
        .mode(sled::Mode::HighThroughput)
        .flush_every_ms(None);
    let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| config.open()));
    match opened {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(sled::Error::Io(error))) if error.to_string().contains("lock") => {
            Err(JournalError::InUse { path: dir.to_path_buf() })
        }
        Ok(Err(source)) => Err(JournalError::Part { path: dir.to_path_buf(), source }),
        // sled 0.34 meets some damage with an assertion.
        Err(_) => {
            Err(JournalError::Part { path: dir.to_path_buf(), source: sled::Error::Corruption { at: None, bt: () } })
        }
    }
}

/// The number after the last block's, and what that says of itself.
fn last_block(db: &sled::Db) -> Option<(u64, Header)> {
    let (key, value) = db.iter().rev().flatten().next()?;
    let number = u64::from_be_bytes(key.as_ref().try_into().ok()?);
    Some((number + 1, block::header(&value).ok()?.0))
}

/// Box time of the first entry.
fn first_moment(db: &sled::Db) -> Option<BoxNs> {
    let headers = db.iter().flatten().filter_map(|(_, value)| Some(block::header(&value).ok()?.0));
    headers.map(|header| BoxNs(header.first_ns)).find(|first| first.0 > 0)
}

fn remove(dir: &Path) {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, part = %dir.display(), "a part of the journal cannot be removed");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_somebody_removed_is_noticed_and_another_part_is_begun() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let journal = dir.path().join("journal");
        let shared = Arc::new(Shared::default());
        let parts = Segments::open(&journal, &Config::default(), Arc::clone(&shared)).expect("it opens");
        let mut header = Header { next_step: 1, ..Header::default() };
        let mut append = || {
            let mut packed = Vec::new();
            block::pack(&header, b"entries", &mut packed);
            parts.append(&packed, &header).expect("written");
            header = Header { step: header.next_step, next_step: header.next_step + 1, ..header };
        };
        append();
        parts.close();
        append();
        parts.tidy();
        assert_eq!(shared.set_aside.load(Ordering::Relaxed), 0, "both are there");
        fs::remove_dir_all(&journal).expect("removed");
        append();
        parts.tidy();
        assert_eq!(shared.set_aside.load(Ordering::Relaxed), 2);
        append();
        let there = parts.newest_first();
        assert_eq!(there.len(), 1);
        assert!(there[0].0.join(SLEDS_FILE).exists(), "what is written now can be found");
        drop((there, parts));
        let again = Segments::open(&journal, &Config::default(), Arc::default()).expect("it opens");
        assert_eq!((again.newest_first().len(), again.next_step()), (1, 4));
    }

    #[test]
    fn whoever_counts_the_parts_does_not_wait_for_the_disk() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let parts = Segments::open(dir.path(), &Config::default(), Arc::default()).expect("it opens");
        let header = Header { next_step: 1, ..Header::default() };
        parts.append(b"a block", &header).expect("written");
        let before = parts.size();
        assert_eq!(before.0, 1);
        let _at_work = parts.row();
        assert_eq!(parts.size(), before, "as it was last seen");
    }
}
