//! Opening LMDB, under an exclusive lock. The only unsafe code of the store: LMDB maps a file.
#![allow(unsafe_code)]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use heed::{CommitOrAbort, Env, EnvFlags, EnvOpenOptions, WithoutTls};

use super::key::{TABLES, Table};
use super::{Raw, SCHEMA, StoreError, StoreOptions, codec, layout, outbox};

/// Readers at once: 64 connections, the rooms, and room to spare.
const READERS_MAX: u32 = 256;

/// Held while a process owns the store; the kernel lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(|source| StoreError::File { path: dir.to_path_buf(), source })?;
        let path = dir.join("pitchguard.lock");
        let failed = |source| StoreError::File { path: path.clone(), source };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(failed)?;
                let pid = pid.trim();
                let pid = if pid.is_empty() { "that has just started".to_owned() } else { pid.to_owned() };
                return Err(StoreError::Locked { dir: dir.to_path_buf(), pid });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // The number only helps whoever comes second: a full disk must not keep the daemon from starting.
        if let Err(error) = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())) {
            tracing::warn!(path = %path.display(), %error, "the lock file does not name this process");
        }
        Ok(Self { _file: file })
    }
}

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
fn reserve_readers(dir: &Path) {
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

/// Opens the environment and its tables, and refuses a layout newer than this program's.
pub(super) fn open(dir: &Path, options: StoreOptions) -> Result<(Env<WithoutTls>, [Raw; TABLES]), StoreError> {
    let mut builder = EnvOpenOptions::new().read_txn_without_tls();
    reserve_readers(dir);
    builder.map_size(options.map_bytes).max_dbs(TABLES as u32).max_readers(READERS_MAX);
    // SAFETY: the files are changed through LMDB only: `Lock` keeps other processes of this program out, a second
    // opening within this process meets the same lock, and no flag is set that weakens LMDB's own locking.
    let env = unsafe { builder.open(dir) }.map_err(StoreError::lmdb("open the environment"))?;
    layout::copy_before_migration(&env, dir)?;
    let tables = open_tables(&env, dir)?;
    Ok((env, tables))
}

fn open_tables(env: &Env<WithoutTls>, dir: &Path) -> Result<[Raw; TABLES], StoreError> {
    let wtxn = env.write_txn().map_err(StoreError::lmdb("begin a transaction"))?;
    let opened = env
        .create_databases_and_commit(wtxn, |opener, wtxn| -> Result<_, heed::Error> {
            let mut tables = Vec::with_capacity(TABLES);
            for table in Table::ALL {
                tables
                    .push(opener.create_database::<heed::types::Bytes, heed::types::Bytes>(wtxn, Some(table.name()))?);
            }
            let meta = &tables[Table::Meta as usize];
            let found = match meta.get(wtxn, layout::KEY)?.map(layout::number).transpose() {
                Ok(found) => found,
                Err(error) => return Ok(CommitOrAbort::Abort(error)),
            };
            match found {
                Some(found) if found > SCHEMA => {
                    return Ok(CommitOrAbort::Abort(StoreError::Newer { dir: dir.to_path_buf(), found }));
                }
                Some(SCHEMA) => {}
                // A new one, or an older one: a step from layout to layout has its place here, in this transaction.
                Some(_) | None => meta.put(wtxn, layout::KEY, &codec::seal_raw(&SCHEMA.to_be_bytes()))?,
            }
            if meta.get(wtxn, outbox::SUMS_KEY)?.is_none() {
                match outbox::first_sums() {
                    Ok(sums) => meta.put(wtxn, outbox::SUMS_KEY, &sums)?,
                    Err(error) => return Ok(CommitOrAbort::Abort(error)),
                }
            }
            let tables: [_; TABLES] = tables.try_into().unwrap_or_else(|_| unreachable!("one handle a table"));
            Ok(CommitOrAbort::Commit(tables))
        })
        .map_err(StoreError::lmdb("open the tables"))?;
    match opened {
        CommitOrAbort::Commit(tables) => Ok(tables),
        CommitOrAbort::Abort(error) => Err(error),
    }
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
