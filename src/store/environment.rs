//! Opening LMDB, under an exclusive lock. The only unsafe code of the store: LMDB maps a file.
#![allow(unsafe_code)]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use heed::{CommitOrAbort, Env, EnvOpenOptions, WithoutTls};

use super::key::{TABLES, Table};
use super::{Raw, SCHEMA, StoreError, StoreOptions, codec, outbox};

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
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Opens the environment and its tables, and refuses a layout newer than this program's.
pub(super) fn open(dir: &Path, options: StoreOptions) -> Result<(Env<WithoutTls>, [Raw; TABLES]), StoreError> {
    let mut builder = EnvOpenOptions::new().read_txn_without_tls();
    builder.map_size(options.map_bytes).max_dbs(TABLES as u32).max_readers(READERS_MAX);
    // SAFETY: the files are changed through LMDB only: `Lock` keeps other processes of this program out, a second
    // opening within this process meets the same lock, and no flag is set that weakens LMDB's own locking.
    let env = unsafe { builder.open(dir) }.map_err(StoreError::lmdb("open the environment"))?;
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
            match meta.get(wtxn, b"schema")? {
                Some(value) => {
                    match codec::raw(Table::Meta, b"schema", value).map(|b| b.try_into().map(u32::from_be_bytes)) {
                        Ok(Ok(found)) if found <= SCHEMA => {}
                        Ok(Ok(found)) => {
                            return Ok(CommitOrAbort::Abort(StoreError::Newer { dir: dir.to_path_buf(), found }));
                        }
                        Ok(Err(_)) => {
                            return Ok(CommitOrAbort::Abort(codec::corrupt(Table::Meta, b"schema", "not four bytes")));
                        }
                        Err(error) => return Ok(CommitOrAbort::Abort(error)),
                    }
                }
                None => meta.put(wtxn, b"schema", &codec::seal_raw(&SCHEMA.to_be_bytes()))?,
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
