//! The layout of the database: which it has, the copy that is made before it gets a newer one, and the step to it.
//!
//! | layout | what is new |
//! |---|---|
//! | 1 | the first |
//! | 2 | every record has a checksum |

use std::fs::{self, File};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use heed::types::Bytes;
use heed::{CommitOrAbort, CompactionOption, Env, WithoutTls};

use super::error::StoreError;
use super::scheme::{FILE, Raw, SCHEMA};
use super::table_key::{TABLES, Table};
use super::{codec, lock, mapping};
use crate::disk::sync_dir;

/// Key of the layout's number in `meta`.
pub(super) const KEY: &[u8] = b"schema";
/// Records that one transaction of a migration rewrites.
const STEP: usize = 1000;

/// The layout of the database in a directory, which another process may have open; none where there is no database.
///
/// # Errors
/// The database cannot be read: not by LMDB either, where nobody has it open who has looked at it.
pub fn of(dir: &Path) -> Result<Option<u32>, StoreError> {
    if !is_there(dir) {
        return Ok(None);
    }
    let (is_free, _lock) = lock::Lock::is_free(dir)?;
    if is_free {
        mapping::look(dir, None, &|_| ())?;
    }
    found(&mapping::open_to_read(dir)?)
}

/// Whether a directory holds a database.
pub(super) fn is_there(dir: &Path) -> bool {
    dir.join(FILE).exists()
}

/// The layout that a database says it has; none where it is new.
pub(super) fn found(env: &Env<WithoutTls>) -> Result<Option<u32>, StoreError> {
    let rtxn = env.read_txn().map_err(StoreError::lmdb("begin a transaction"))?;
    let opened = env
        .open_databases_and_commit(rtxn, |opener, rtxn| -> Result<_, heed::Error> {
            let meta = opener.open_database::<Bytes, Bytes>(rtxn, Some(Table::Meta.name()))?;
            Ok(CommitOrAbort::<_, ()>::Commit(meta))
        })
        .map_err(StoreError::lmdb("open the tables"))?;
    let meta = match opened {
        CommitOrAbort::Commit(Some(meta)) => meta,
        CommitOrAbort::Commit(None) => return Ok(None),
        CommitOrAbort::Abort(()) => unreachable!("nothing above aborts"),
    };
    let rtxn = env.read_txn().map_err(StoreError::lmdb("begin a transaction"))?;
    let value = meta.get(&rtxn, KEY).map_err(StoreError::lmdb("read the layout"))?;
    value.map(number).transpose()
}

/// The number in a value of `meta`.
pub(super) fn number(value: &[u8]) -> Result<u32, StoreError> {
    let bytes = codec::raw(Table::Meta, KEY, value)?;
    bytes.try_into().map(u32::from_be_bytes).map_err(|_| codec::corrupt(Table::Meta, KEY, "not four bytes"))
}

/// The number as a value of `meta`.
pub(super) fn value(layout: u32) -> Vec<u8> {
    codec::seal_raw(Table::Meta, KEY, &layout.to_be_bytes())
}

/// Brings an older database to this layout, a thousand records a transaction, so that the file needs little room for it. One
/// that is interrupted is of the older layout still, and goes on at the next start.
///
/// # Errors
/// LMDB fails.
pub(super) fn migrate(env: &Env<WithoutTls>, tables: &[Raw; TABLES]) -> Result<(), StoreError> {
    if found(env)?.is_none_or(|found| found >= SCHEMA) {
        return Ok(());
    }
    let indices = [Table::PitchTimes, Table::PitchIds];
    for table in Table::ALL.into_iter().filter(|table| !indices.contains(table)) {
        let raw = tables[table as usize];
        let mut after = None;
        loop {
            let mut txn = env.write_txn().map_err(StoreError::lmdb("begin a transaction"))?;
            let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let entries = raw.range(&txn, &(from, Bound::<&[u8]>::Unbounded)).map_err(StoreError::lmdb("scan"))?;
            let copied = entries.take(STEP).map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())));
            let entries = copied.collect::<Result<Vec<_>, _>>().map_err(StoreError::lmdb("scan"))?;
            let Some((last, _)) = entries.last() else { break };
            after = Some(last.clone());
            for (key, value) in &entries {
                // One that is none stays as it is, and is told of when it is read.
                if let Some(sealed) = codec::resealed(table, key, value) {
                    raw.put(&mut txn, key, &sealed).map_err(StoreError::lmdb("write"))?;
                }
            }
            txn.commit().map_err(StoreError::lmdb("commit"))?;
        }
    }
    let mut txn = env.write_txn().map_err(StoreError::lmdb("begin a transaction"))?;
    tables[Table::Meta as usize].put(&mut txn, KEY, &value(SCHEMA)).map_err(StoreError::lmdb("write"))?;
    txn.commit().map_err(StoreError::lmdb("commit"))
}

/// Where the copy lies that is made before a migration to this layout: a directory that serves as a store's.
fn copy_dir(dir: &Path, to: u32) -> PathBuf {
    dir.join(format!("before-layout-{to}"))
}

/// Copies a database of an older layout before it is migrated, compacted and synced, under its final name only when it is
/// whole. A copy that is there already stays: what it holds is older still.
///
/// # Errors
/// There is no room for the copy: then nothing is migrated.
pub(super) fn copy_before_migration(env: &Env<WithoutTls>, dir: &Path) -> Result<(), StoreError> {
    let Some(found) = found(env)?.filter(|found| *found < SCHEMA) else { return Ok(()) };
    let copy = copy_dir(dir, SCHEMA);
    let (file, unfinished) = (copy.join(FILE), copy.join("data.mdb.unfinished"));
    if file.exists() {
        return Ok(());
    }
    let failed = |source| StoreError::Copy { found, to: copy.clone(), source };
    fs::create_dir_all(&copy).map_err(failed)?;
    let made = File::create(&unfinished).and_then(|mut out| {
        env.copy_to_file(&mut out, CompactionOption::Enabled).map_err(std::io::Error::other)?;
        out.sync_all()?;
        fs::rename(&unfinished, &file)?;
        sync_dir(&copy)
    });
    made.map_err(|error| {
        // The room that it takes is what is lacking.
        let _ = fs::remove_file(&unfinished);
        failed(error)
    })?;
    tracing::info!(from = found, to = SCHEMA, copy = %copy.display(), "the database was copied and is migrated now");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, StoreOptions};

    /// A store that says that it has another layout.
    fn store_of(dir: &Path, layout: u32) {
        let store = Store::open(dir, StoreOptions::default()).expect("it opens");
        let mut txn = store.env.write_txn().expect("a transaction");
        store.table(Table::Meta).put(&mut txn, KEY, &value(layout)).expect("stored");
        txn.commit().expect("committed");
    }

    #[test]
    fn an_older_database_is_copied_before_it_is_migrated_and_a_present_one_is_not() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        assert_eq!(of(dir.path()).expect("no database is no error"), None);
        store_of(dir.path(), SCHEMA);
        drop(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        assert!(!copy_dir(dir.path(), SCHEMA).exists());
        store_of(dir.path(), SCHEMA - 1);
        drop(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        assert_eq!(of(dir.path()).expect("read"), Some(SCHEMA));
        assert_eq!(of(&copy_dir(dir.path(), SCHEMA)).expect("read"), Some(SCHEMA - 1));
    }

    #[test]
    fn a_database_that_was_cut_short_is_told_of_and_not_mapped() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        store_of(dir.path(), SCHEMA);
        let file = File::options().write(true).open(dir.path().join(FILE)).expect("it is there");
        file.set_len(2 * 4096).expect("cut");
        let error = of(dir.path()).expect_err("it is cut short").to_string();
        assert!(error.contains("cut short"), "{error}");
    }

    #[test]
    fn without_room_for_the_copy_nothing_is_migrated() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        store_of(dir.path(), SCHEMA - 1);
        // A file where the copy's directory should be takes no copy.
        fs::write(copy_dir(dir.path(), SCHEMA), "").expect("written");
        let error = Store::open(dir.path(), StoreOptions::default()).expect_err("no copy, no migration").to_string();
        assert!(error.contains("before-layout-"), "{error}");
        assert_eq!(of(dir.path()).expect("read"), Some(SCHEMA - 1));
    }
}
