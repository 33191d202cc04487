//! The database's file, looked at before it is mapped.
#![allow(unsafe_code)]

use std::fs;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use heed::{CommitOrAbort, Env, EnvFlags, EnvOpenOptions, WithoutTls};

use super::error::StoreError;
use super::scheme::{FILE, Raw};
use super::table_key::{TABLES, Table};
use super::{backup_files, codec, pages};

/// Readers at once: 64 connections, the rooms, and room to spare.
pub(super) const READERS_MAX: u32 = 256;

/// Opens the environment of a directory for reading only, beside the process that may have it.
pub(super) fn open_to_read(dir: &Path) -> Result<Env<WithoutTls>, StoreError> {
    let mut builder = EnvOpenOptions::new().read_txn_without_tls();
    builder.max_dbs(TABLES as u32).max_readers(READERS_MAX);
    // SAFETY: the flag takes rights away, no more.
    unsafe { builder.flags(EnvFlags::READ_ONLY) };
    // SAFETY: as in `open`: LMDB's own locking is on, and is what lets several processes read beside the one that writes.
    unsafe { builder.open(dir) }.map_err(StoreError::lmdb("open the environment"))
}

/// Gives LMDB's table of readers its blocks on the disk before it is mapped: written into through the map, a page that has
/// none would end the process on a full disk. It must not be open yet: closing a second descriptor drops LMDB's locks.
pub(super) fn reserve_readers(dir: &Path) {
    // A reader takes 64 bytes; the head of the table less than a page.
    let bytes = u64::from(READERS_MAX) * 64 + 4096;
    let path = dir.join("lock.mdb");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let reserved = options.open(&path).and_then(|file| {
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes).map_err(Into::into)
    });
    if let Err(error) = reserved {
        tracing::warn!(path = %path.display(), %error, "the table of readers has no room of its own on the disk");
    }
}

/// Looks at every page of the database in a directory, which nobody writes. The names of its tables; none where there is no
/// database yet.
///
/// # Errors
/// LMDB could not work on it; with the newest of these backups, else of the usual ones.
pub(super) fn look(
    dir: &Path,
    backups: Option<&Path>,
    looking: &dyn Fn(u8),
) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
    let looked = match File::open(dir.join(FILE)) {
        // LMDB makes a new one of an empty file.
        Ok(file) if file.metadata().is_ok_and(|metadata| metadata.len() == 0) => return Ok(None),
        Ok(file) => pages::check(&file, looking),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(error.into()),
    };
    looked.map(|pages| Some(pages.tables)).map_err(|error| unusable(dir, backups, error.to_string()))
}

pub(super) fn unusable(dir: &Path, backups: Option<&Path>, why: String) -> StoreError {
    let advice = backup_files::advice(backups.unwrap_or(&dir.join(backup_files::DIR)));
    StoreError::Unusable { path: dir.join(FILE), why, advice }
}

/// Device and number of the file under the database's name.
pub(super) fn file_of(dir: &Path) -> Option<(u64, u64)> {
    fs::metadata(dir.join(FILE)).ok().map(|file| (file.dev(), file.ino()))
}

/// A table that no version up to this one has: its name was changed by something else.
pub(super) fn unknown_table(name: &[u8]) -> StoreError {
    codec::corrupt(Table::Meta, name, &format!("`{}` is no table of this version", String::from_utf8_lossy(name)))
}

/// Opens a single file of LMDB that nobody writes, such as a backup, for reading only; tables that it lacks are absent.
pub(super) fn open_file(path: &Path) -> Result<Env<WithoutTls>, StoreError> {
    let mut builder = EnvOpenOptions::new().read_txn_without_tls();
    // The size of the map is the file's own.
    builder.max_dbs(TABLES as u32);
    // SAFETY: `NO_LOCK` asks that nobody writes meanwhile: the file was put into place whole and is only ever replaced.
    unsafe { builder.flags(EnvFlags::READ_ONLY | EnvFlags::NO_SUB_DIR | EnvFlags::NO_LOCK) };
    // SAFETY: as above; opening itself reads the two meta pages by `pread`, so a file cut short is no fault of memory yet.
    unsafe { builder.open(path) }.map_err(StoreError::lmdb("open the file"))
}

/// The tables of an environment that [`open_file`] opened.
pub(super) fn file_tables(env: &Env<WithoutTls>) -> Result<[Option<Raw>; TABLES], StoreError> {
    let rtxn = env.read_txn().map_err(StoreError::lmdb("begin a read"))?;
    let opened = env
        .open_databases_and_commit(rtxn, |opener, rtxn| -> Result<_, heed::Error> {
            let mut tables = [None; TABLES];
            for table in Table::ALL {
                tables[table as usize] =
                    opener.open_database::<heed::types::Bytes, heed::types::Bytes>(rtxn, Some(table.name()))?;
            }
            Ok(CommitOrAbort::<_, ()>::Commit(tables))
        })
        .map_err(StoreError::lmdb("open the tables"))?;
    match opened {
        CommitOrAbort::Commit(tables) => Ok(tables),
        CommitOrAbort::Abort(()) => unreachable!("nothing above aborts"),
    }
}
