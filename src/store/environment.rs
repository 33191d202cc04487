//! Opening LMDB, under an exclusive lock. The only unsafe code of the store: LMDB maps a file.
#![allow(unsafe_code)]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use heed::{CommitOrAbort, Env, EnvFlags, EnvOpenOptions, WithoutTls};

use super::error::StoreError;
use super::handle::{Raw, SCHEMA};
use super::options::StoreOptions;
use super::table_key::{TABLES, Table};
use super::{backup, codec, layout, outbox, pages};
use crate::disk::{give_to_owner_of_dir, sync_dir, write_private};

/// Beside the database once it has held records: what is empty or gone then is no new one.
const HELD: &str = "held-records";
const HELD_TEXT: &str = "The database in this directory has held records: one that is gone or empty is not taken for a new one.\n\
    Remove this file to begin anew.\n";

/// Readers at once: 64 connections, the rooms, and room to spare.
const READERS_MAX: u32 = 256;

/// Held while a process owns the store; the kernel lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

/// The process that a lock file names.
fn pid_in(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

/// What it says it is doing.
fn doing_in(text: &str) -> Option<&str> {
    text.lines().nth(1).map(str::trim).filter(|doing| !doing.is_empty())
}

/// Which process has the store and what keeps others waiting for it; none where nobody has it, it is at work, or it cannot be
/// told.
pub(super) fn doing(dir: &Path) -> Option<(String, String)> {
    let text = fs::read_to_string(dir.join("pitchguard.lock")).ok()?;
    let doing = doing_in(&text)?.to_owned();
    let (is_free, _lock) = Lock::is_free(dir).ok()?;
    (!is_free).then(|| (pid_in(&text).to_owned(), doing))
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
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(failed)?;
                let pid = match (pid_in(&text), doing_in(&text)) {
                    ("", _) => "that has just started".to_owned(),
                    (pid, None) => pid.to_owned(),
                    (pid, Some(doing)) => format!("{pid}, which is {doing}"),
                };
                return Err(StoreError::Locked { dir: dir.to_path_buf(), pid });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let lock = Self { file };
        // The number only helps whoever comes second: a full disk must not keep the daemon from starting.
        if let Err(error) = lock.note(None) {
            tracing::warn!(path = %path.display(), %error, "the lock file does not name this process");
        }
        Ok(lock)
    }

    /// Names this process in the lock file, and what it is doing where others have to wait for it.
    pub(super) fn note(&self, doing: Option<&str>) -> std::io::Result<()> {
        let text = format!("{}\n{}", std::process::id(), doing.map_or_else(String::new, |doing| format!("{doing}\n")));
        self.file.set_len(0)?;
        self.file.write_all_at(text.as_bytes(), 0)
    }

    /// Whether nobody owns the store; then nobody can while what comes with it lives, if there ever was a lock.
    pub(super) fn is_free(dir: &Path) -> Result<(bool, Option<Self>), StoreError> {
        let path = dir.join("pitchguard.lock");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((true, None)),
            Err(source) => return Err(StoreError::File { path, source }),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok((true, Some(Self { file }))),
            Err(TryLockError::WouldBlock) => Ok((false, None)),
            Err(TryLockError::Error(source)) => Err(StoreError::File { path, source }),
        }
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
    let looked = match File::open(dir.join(layout::FILE)) {
        // LMDB makes a new one of an empty file.
        Ok(file) if file.metadata().is_ok_and(|metadata| metadata.len() == 0) => return Ok(None),
        Ok(file) => pages::check(&file, looking),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(error.into()),
    };
    looked.map(|pages| Some(pages.tables)).map_err(|error| unusable(dir, backups, error.to_string()))
}

fn unusable(dir: &Path, backups: Option<&Path>, why: String) -> StoreError {
    let advice = backup::advice(backups.unwrap_or(&dir.join(backup::DIR)));
    StoreError::Unusable { path: dir.join(layout::FILE), why, advice }
}

/// Device and number of the file under the database's name.
pub(super) fn file_of(dir: &Path) -> Option<(u64, u64)> {
    fs::metadata(dir.join(layout::FILE)).ok().map(|file| (file.dev(), file.ino()))
}

/// A table that no version up to this one has: its name was changed by something else.
pub(super) fn unknown_table(name: &[u8]) -> StoreError {
    codec::corrupt(Table::Meta, name, &format!("`{}` is no table of this version", String::from_utf8_lossy(name)))
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
