//! Putting a backup in the store's place, with the old store kept aside.
//!
//! The new file is copied beside the old one, verified and synced before any name changes. The old file gets a second
//! name, then the new one takes the first by one rename: at every moment there is a whole database under it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::handle::Store;
use super::lock::Lock;
use super::marks::{self, SourceMarks};
use super::table_key::Table;
use super::verify::{Verified, VerifyError, verify, verify_checksum};
use super::{codec, mapping, pages};
use crate::disk::{Undo, give_to_owner_of_dir, sync_dir};

/// LMDB's files in the store's directory.
const DATA: &str = "data.mdb";
const READERS: &str = "lock.mdb";
/// The copy while it is not yet verified.
const PARTIAL: &str = "data.mdb.restoring";
/// Says that the store was restored since it was last open.
const MARK: &str = "restored";

/// A store as it was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What it holds now.
    pub verified: Verified,
    /// Where the database is that was there before.
    pub aside: Option<PathBuf>,
    /// How far its sources had come could not be read of that one: what they sent since the backup would be taken once more.
    pub marks_lost: bool,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a database already.
    #[error(
        "{} holds a database already; with --replace the backup takes its place, and the old one is kept beside it",
        dir.display()
    )]
    Occupied {
        /// The store's directory.
        dir: PathBuf,
    },
    /// The backup.
    #[error(transparent)]
    Unsound(#[from] VerifyError),
    /// The store: a daemon that has it must be stopped first.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file system.
    #[error("cannot restore into {}: {source}; what was there is unchanged", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Puts `backup` in the place of the store in `dir`. Where there is a database already it is refused, unless `replace`
/// says otherwise; that one is kept under a name of its own.
///
/// # Errors
/// A process has the store, the backup is not whole, or the file system refuses. What was there is unchanged then.
pub fn restore(backup: &Path, dir: &Path, replace: bool, now: jiff::Timestamp) -> Result<Restored, RestoreError> {
    let _lock = Lock::take(dir)?;
    let data = dir.join(DATA);
    let occupied = data.exists();
    if occupied && !replace {
        return Err(RestoreError::Occupied { dir: dir.to_path_buf() });
    }
    verify_checksum(backup)?;
    let partial = dir.join(PARTIAL);
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        |source| RestoreError::File { path, source }
    };
    let _undo = Undo(&partial);
    copy(backup, &partial).map_err(failed(&partial))?;
    let verified = verify(&partial)?;
    let aside = occupied.then(|| dir.join(format!("{DATA}.before-{}", now.strftime("%Y%m%dT%H%M%SZ"))));
    if let Some(aside) = &aside {
        fs::hard_link(&data, aside).map_err(failed(aside))?;
    }
    // First the mark: a store that was restored is never open without it. It carries how far the sources had come.
    let mark = dir.join(MARK);
    let marks = if occupied { marks_of(&data) } else { Some(SourceMarks::default()) };
    let mut carried = marks.clone().unwrap_or_default();
    // Of a restore before this one that nobody has opened yet.
    carried.join(carried_by(&mark).unwrap_or_default());
    create(&mark)
        .and_then(|mut file| file.write_all(&carried.to_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| sync_dir(dir))
        .map_err(failed(&mark))?;
    fs::rename(&partial, &data).map_err(failed(&data))?;
    // The table of readers belongs to the old file; LMDB makes a new one.
    match fs::remove_file(dir.join(READERS)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&dir.join(READERS))(error)),
        _ => {}
    }
    sync_dir(dir).map_err(failed(dir))?;
    Ok(Restored { verified, aside, marks_lost: marks.is_none() })
}

/// How far the sources had come by a database that gives up its place; none where it does not read.
fn marks_of(data: &Path) -> Option<SourceMarks> {
    let readable = File::open(data).is_ok_and(|file| pages::check(&file, &|_| ()).is_ok());
    let env = readable.then(|| mapping::open_file(data).ok()).flatten()?;
    let meta = mapping::file_tables(&env).ok()?[Table::Meta as usize]?;
    let txn = env.read_txn().ok()?;
    match meta.get(&txn, marks::KEY.as_bytes()).ok()? {
        Some(value) => SourceMarks::from_bytes(codec::raw(Table::Meta, marks::KEY.as_bytes(), value).ok()?),
        None => Some(SourceMarks::default()),
    }
}

fn carried_by(mark: &Path) -> Option<SourceMarks> {
    SourceMarks::from_bytes(&fs::read(mark).ok()?)
}

/// Copies a file durably; it belongs to whom the directory belongs to, also where root restores.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut file = create(to)?;
    io::copy(&mut source, &mut file)?;
    file.sync_all()
}

/// Creates a file that belongs to whom the directory belongs to.
fn create(path: &Path) -> io::Result<File> {
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    give_to_owner_of_dir(path)?;
    Ok(file)
}

/// Goes on from the newer marks of the sources, and draws a new epoch of the outbox, where the store was restored since it was last open: it counts through numbers that were
/// given out already. A crash between them leaves the mark, and doing it again does no harm.
pub(super) fn settle(store: &Store) -> Result<(), StoreError> {
    let mark = store.dir.join(MARK);
    if mark.exists() {
        store.renew_outbox_epoch()?;
        if let Some(carried) = carried_by(&mark) {
            let mut marks = store.source_marks()?;
            marks.join(carried);
            store.transact(|txn| txn.put_meta(marks::KEY, &marks.to_bytes()).map(drop))?;
        }
        if let Err(error) = fs::remove_file(&mark) {
            tracing::warn!(path = %mark.display(), %error, "the mark of a restore stays: each start draws a new epoch");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::backup::BackupOptions;
    use super::super::options::StoreOptions;
    use super::*;

    #[test]
    fn a_restore_that_fails_leaves_what_was_there_and_nothing_half_done() {
        let (dir, kept) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let store = Store::open(dir.path(), StoreOptions::default()).expect("a new store opens");
        let options = BackupOptions { bytes_per_second: 0, keep: 0 };
        let now = jiff::Timestamp::now();
        let backup = store.backup(kept.path(), options, now, &mut |_, _| true).expect("a backup");
        drop(store);
        let files = || {
            let all = fs::read_dir(dir.path()).expect("there").map(|entry| entry.expect("an entry").path());
            let mut all: Vec<_> = all.map(|path| (fs::read(&path).expect("read"), path)).collect();
            all.sort();
            all
        };
        // The name that the old database would get is taken: two restores of one second.
        fs::write(dir.path().join(format!("data.mdb.before-{}", now.strftime("%Y%m%dT%H%M%SZ"))), "").expect("written");
        let before = files();
        let refused = restore(&backup.path, dir.path(), true, now).expect_err("the name is taken");
        assert!(matches!(&refused, RestoreError::File { .. }), "{refused}");
        assert_eq!(files(), before);
    }

    #[test]
    fn what_a_restored_store_queues_has_names_that_were_never_given_out() {
        let (dir, kept) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let epoch = || {
            let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
            store.outbox_sums().expect("they read").epoch
        };
        let before = epoch();
        assert_eq!(epoch(), before, "a restart changes nothing");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        let options = BackupOptions { bytes_per_second: 0, keep: 0 };
        let now = jiff::Timestamp::now();
        let backup = store.backup(kept.path(), options, now, &mut |_, _| true).expect("a backup");
        drop(store);
        restore(&backup.path, dir.path(), true, now).expect("restored");
        let after = epoch();
        assert_ne!(after, before);
        assert_eq!(epoch(), after, "once");
    }
}
