//! A copy of the store while it works: compacted, slowed down, verified, put into place whole.
//!
//! - **One moment.** LMDB copies what one read transaction sees; live pitches go on meanwhile. The pages that they free
//!   cannot be reused before the copy is done, so that it should not take for ever.
//! - **Compacted.** LMDB writes the pages in use in their order into a pipe; this end of it hashes them, writes them at
//!   the rate that is asked for, and so slows the copying down.
//! - **Verified before it counts.** The copy has a name of its own that no restore takes until every record of it was
//!   read; then its checksum is put beside it and it is renamed.
//! - **Room first.** Nothing is begun that would not leave the disk a reserve.

pub use super::backup_files::backups;
use super::backup_files::{PREFIX, SUFFIX, ours, with_suffix};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use heed::CompactionOption;
use sha2::{Digest, Sha256};

use super::codec;
use super::error::StoreError;
use super::handle::Store;
use super::verify::{Verified, VerifyError, checksum_path, verify};
use crate::disk::{Disk, Undo, give_to_owner_of_dir, sync_dir, write_private};

/// Added while it is not yet verified.
const PARTIAL: &str = ".partial";

/// Bytes written at once.
const BLOCK: usize = 1 << 17;

/// Share of the file system that a backup leaves free.
const RESERVE: f64 = 0.05;

/// How to make a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupOptions {
    /// Bytes written in a second at most; 0: as fast as the disk takes them.
    pub bytes_per_second: u64,
    /// Backups kept in the directory, the newest; older ones are removed once this one is in place. 0: all.
    pub keep: usize,
}

/// A backup that is in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its file.
    pub path: PathBuf,
    /// What it holds.
    pub verified: Verified,
    /// Older ones that were removed.
    pub removed: Vec<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory or the file.
    #[error(
        "cannot write the backup {}: {source}; where a daemon has the store it writes the backup itself: name a directory \
         that it may write, and copy it elsewhere from there",
        path.display()
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The disk is too full.
    #[error(
        "no room for a backup in {}: it needs {needed} bytes and {free} are free, of which a twentieth of the disk stays \
         free; remove old backups, or name another directory with --to",
        dir.display()
    )]
    NoRoom {
        /// Where.
        dir: PathBuf,
        /// Bytes in use in the store.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The copy is not what it should be.
    #[error("the backup was not kept, since it does not read back: {0}")]
    Unsound(#[from] VerifyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody stopped it.
    #[error("stopped before it was done; no backup was kept")]
    Stopped,
}

impl Store {
    /// Writes a backup into `dir` and tells how far it is: bytes done, of about so many. It ends where `goes_on` says no.
    ///
    /// # Errors
    /// Nothing is kept then: no room, the file system refuses, or the copy does not read back.
    pub fn backup(
        &self,
        dir: &Path,
        options: BackupOptions,
        now: jiff::Timestamp,
        goes_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Backup, BackupError> {
        let began = Instant::now();
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            |source| BackupError::File { path, source }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed(dir))?;
        give_to_owner_of_dir(dir).map_err(failed(dir))?;
        remove_partial(dir).map_err(failed(dir))?;
        let total = (self.map_used()? * self.map_bytes() as f64) as u64;
        has_room(dir, total)?;

        let path = free_name(dir, now);
        let partial = with_suffix(&path, PARTIAL);
        let _undo = Undo(&partial);
        let mut file =
            File::options().write(true).create_new(true).mode(0o600).open(&partial).map_err(failed(&partial))?;
        give_to_owner_of_dir(&partial).map_err(failed(&partial))?;
        let hash = self.copy(&mut file, options.bytes_per_second, &mut |done| goes_on(done, total.max(done))).map_err(
            |error| match error {
                CopyError::Write(source) => failed(&partial)(source),
                CopyError::Store(error) => error.into(),
                CopyError::Stopped => BackupError::Stopped,
            },
        )?;
        file.sync_all().map_err(failed(&partial))?;
        drop(file);
        let verified = verify(&partial)?;

        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // On the disk before the backup has its name: beside an empty one it would be taken for damaged.
        let checksum = checksum_path(&path);
        let placed = write_private(&checksum, format!("{hash}  {name}\n").as_bytes())
            .map_err(failed(&checksum))
            .and_then(|()| fs::rename(&partial, &path).map_err(failed(&path)));
        if let Err(error) = placed {
            // It belongs to no backup.
            let _ = fs::remove_file(&checksum);
            return Err(error);
        }
        sync_dir(dir).map_err(failed(dir))?;
        let removed = prune(dir, options.keep).map_err(failed(dir))?;
        Ok(Backup { path, verified, removed, took: began.elapsed() })
    }

    /// Copies one moment of the store into a file. Its SHA-256.
    fn copy(
        &self,
        file: &mut File,
        bytes_per_second: u64,
        goes_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<String, CopyError> {
        let (reader, writer) = io::pipe().map_err(CopyError::Write)?;
        std::thread::scope(|scope| {
            let copying = scope.spawn(move || {
                let mut writer = File::from(std::os::fd::OwnedFd::from(writer));
                self.env.copy_to_file(&mut writer, CompactionOption::Enabled)
            });
            // A write that fails drops the reading end, and LMDB ends by a broken pipe.
            let taken = take(reader, file, bytes_per_second, goes_on);
            let copied = copying.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let hash = taken?;
            copied.map_err(|source| CopyError::Store(StoreError::Lmdb { what: "copy itself", source }))?;
            Ok(hash)
        })
    }
}

enum CopyError {
    Write(io::Error),
    Store(StoreError),
    Stopped,
}

/// Writes what comes out of the pipe, no faster than asked.
fn take(
    mut pipe: io::PipeReader,
    file: &mut File,
    bytes_per_second: u64,
    goes_on: &mut dyn FnMut(u64) -> bool,
) -> Result<String, CopyError> {
    let (mut hasher, mut block) = (Sha256::new(), vec![0; BLOCK]);
    let (began, mut done) = (Instant::now(), 0);
    loop {
        let n = pipe.read(&mut block).map_err(CopyError::Write)?;
        if n == 0 {
            return Ok(codec::hex(&hasher.finalize()));
        }
        hasher.update(&block[..n]);
        file.write_all(&block[..n]).map_err(CopyError::Write)?;
        done += n as u64;
        if !goes_on(done) {
            return Err(CopyError::Stopped);
        }
        if bytes_per_second > 0 {
            let due = Duration::from_secs_f64(done as f64 / bytes_per_second as f64);
            std::thread::sleep(due.saturating_sub(began.elapsed()));
        }
    }
}

fn has_room(dir: &Path, needed: u64) -> Result<(), BackupError> {
    let Disk { bytes, free } = Disk::of(dir).map_err(|source| BackupError::File { path: dir.to_path_buf(), source })?;
    let reserve = (RESERVE * bytes as f64) as u64;
    if free < needed + reserve {
        return Err(BackupError::NoRoom { dir: dir.to_path_buf(), needed, free });
    }
    Ok(())
}

/// A name that is not taken yet.
fn free_name(dir: &Path, now: jiff::Timestamp) -> PathBuf {
    let moment = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let named = |nth: u32| match nth {
        1 => dir.join(format!("{PREFIX}{moment}{SUFFIX}")),
        _ => dir.join(format!("{PREFIX}{moment}-{nth}{SUFFIX}")),
    };
    (1..=u32::MAX).map(named).find(|path| !path.exists()).expect("a second has fewer backups than numbers")
}

/// Removes what a backup that was killed left behind: its copy, and a checksum that came before its backup.
fn remove_partial(dir: &Path) -> io::Result<()> {
    let alone = |checksum: &PathBuf| !checksum.with_extension("").exists();
    let checksums = ours(dir, &format!("{SUFFIX}.sha256"))?.into_iter().filter(alone);
    ours(dir, &format!("{SUFFIX}{PARTIAL}"))?.into_iter().chain(checksums).try_for_each(fs::remove_file)
}

/// Keeps the newest backups of a directory.
fn prune(dir: &Path, keep: usize) -> io::Result<Vec<PathBuf>> {
    let mut backups = backups(dir)?;
    if keep == 0 || backups.len() <= keep {
        return Ok(Vec::new());
    }
    backups.truncate(backups.len() - keep);
    for path in &backups {
        fs::remove_file(path)?;
        match fs::remove_file(checksum_path(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(backups)
}
