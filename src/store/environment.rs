//! Opening LMDB, under an exclusive lock. The only unsafe code of the store: LMDB maps a file.
#![allow(unsafe_code)]

use std::fs;
use std::path::Path;

use heed::{CommitOrAbort, Env, EnvOpenOptions, WithoutTls};

use super::error::StoreError;
use super::lock::Lock;
use super::mapping::{READERS_MAX, look, reserve_readers, unknown_table, unusable};
use super::options::StoreOptions;
use super::scheme::{Raw, SCHEMA};
use super::table_key::{TABLES, Table};
use super::{layout, summary};
use crate::disk::{give_to_owner_of_dir, sync_dir, write_private};

/// Beside the database once it has held records: what is empty or gone then is no new one.
const HELD: &str = "held-records";
const HELD_TEXT: &str = "The database in this directory has held records: one that is gone or empty is not taken for a new one.\n\
    Remove this file to begin anew.\n";

/// Opens the environment and its tables. What LMDB could not work on is refused before it is mapped, and so is a layout newer
/// than this program's.
pub(super) fn open(
    dir: &Path,
    options: &StoreOptions,
    lock: &Lock,
) -> Result<(Env<WithoutTls>, [Raw; TABLES]), StoreError> {
    let unusable = |why| unusable(dir, options.backups.as_deref(), why);
    let lost = |what: &str| {
        let mark = dir.join(HELD);
        unusable(format!("{what}, though it has held records (to begin anew, remove {})", mark.display()))
    };
    let held = dir.join(HELD).exists();
    let looking = |percent: u8| {
        // As above: it only helps others.
        let _ = lock.note(Some(&format!("looking through the database, {percent} %")));
        (options.looking)(percent);
    };
    let looked = look(dir, options.backups.as_deref(), &looking);
    let _ = lock.note(None);
    let tables = match looked? {
        Some(tables) => tables,
        None if held => return Err(lost("it is gone or empty")),
        None => Vec::new(),
    };
    let mut builder = EnvOpenOptions::new().read_txn_without_tls();
    reserve_readers(dir);
    builder.map_size(options.map_bytes).max_dbs(TABLES as u32).max_readers(READERS_MAX);
    // SAFETY: the files are changed through LMDB only: `Lock` keeps other processes of this program out, a second
    // opening within this process meets the same lock, and no flag is set that weakens LMDB's own locking.
    let env = unsafe { builder.open(dir) }.map_err(StoreError::lmdb("open the environment"))?;
    let layout = layout::found(&env)?;
    // A newer one may have tables of its own.
    if layout.is_none_or(|layout| layout <= SCHEMA)
        && let Some(unknown) = tables.iter().find(|name| Table::named(name).is_none())
    {
        return Err(unusable(unknown_table(unknown).to_string()));
    }
    layout::copy_before_migration(&env, dir)?;
    let tables = open_tables(&env, dir)?;
    layout::migrate(&env, &tables)?;
    match (holds_records(&env, &tables)?, held) {
        (false, true) => return Err(lost("it is empty")),
        (true, false) => mark_held(dir),
        _ => {}
    }
    Ok((env, tables))
}

/// Gives the files of a store's directory to whom that belongs to: root may have been the first to open it.
pub(super) fn give_to_owner(dir: &Path) {
    let files =
        fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    for path in files {
        if let Err(error) = give_to_owner_of_dir(&path) {
            tracing::warn!(path = %path.display(), %error, "it stays root's: the service cannot open it");
        }
    }
}

/// Whether there is more than what a new store has.
pub(super) fn holds_records(env: &Env<WithoutTls>, tables: &[Raw; TABLES]) -> Result<bool, StoreError> {
    let rtxn = env.read_txn().map_err(StoreError::lmdb("begin a read"))?;
    for table in Table::ALL {
        let own = if table == Table::Meta { 2 } else { 0 };
        if tables[table as usize].len(&rtxn).map_err(StoreError::lmdb("count"))? > own {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes beside the database that it holds records.
pub(super) fn mark_held(dir: &Path) {
    let path = dir.join(HELD);
    if path.exists() {
        return;
    }
    if let Err(error) = write_private(&path, HELD_TEXT.as_bytes()).and_then(|()| sync_dir(dir)) {
        tracing::warn!(path = %path.display(), %error, "not noted that the store holds records: one that is emptied would pass for a new one");
    }
}

/// Ends the process with a word where a page of a mapped file is gone: a database that was cut short, or whose disk fails, while
/// it is open. The next start looks at the whole file and tells more.
pub fn tell_of_lost_pages() {
    extern "C" fn lost(_: libc::c_int) {
        const SAID: &[u8] =
            b"pitchguard: a page of the open database is gone (SIGBUS): its file was cut short, or its disk \
            fails; ending, and the next start looks at the whole file\n";
        // SAFETY: both calls may be made in a signal handler, and the text lives for ever.
        unsafe {
            libc::write(libc::STDERR_FILENO, SAID.as_ptr().cast(), SAID.len());
            libc::_exit(1);
        }
    }
    // SAFETY: the handler makes only calls that are allowed in one, and does not return.
    let before = unsafe { libc::signal(libc::SIGBUS, lost as *const () as libc::sighandler_t) };
    if before == libc::SIG_ERR {
        tracing::warn!("a database that is cut short while it is open would end the process without a word");
    }
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
                // An older one is migrated next.
                Some(_) => {}
                None => meta.put(wtxn, layout::KEY, &layout::value(SCHEMA))?,
            }
            if meta.get(wtxn, summary::SUMS_KEY)?.is_none() {
                match summary::first_sums() {
                    Ok(sums) => meta.put(wtxn, summary::SUMS_KEY, &sums)?,
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
