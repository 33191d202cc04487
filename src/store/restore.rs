//! Putting a backup in the store's place, with the old store kept aside.
//!
//! The new file is copied beside the old one, verified and synced before any name changes. The old file gets a second
//! name, then the new one takes the first by one rename: at every moment there is a whole database under it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use super::backup::sync_dir;
use super::environment::Lock;
use super::{StoreError, Verified, VerifyError, verify, verify_checksum};

/// LMDB's files in the store's directory.
const DATA: &str = "data.mdb";
const READERS: &str = "lock.mdb";
/// The copy while it is not yet verified.
const PARTIAL: &str = "data.mdb.restoring";

/// A store as it was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What it holds now.
    pub verified: Verified,
    /// Where the database is that was there before.
    pub aside: Option<PathBuf>,
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
    let restored = copy(backup, &partial, dir).map_err(failed(&partial)).and_then(|()| Ok(verify(&partial)?));
    let verified = restored.inspect_err(|_| drop(fs::remove_file(&partial)))?;
    let aside = occupied.then(|| dir.join(format!("{DATA}.before-{}", now.strftime("%Y%m%dT%H%M%SZ"))));
    if let Some(aside) = &aside {
        fs::hard_link(&data, aside).map_err(failed(aside))?;
    }
    fs::rename(&partial, &data).map_err(failed(&data))?;
    // The table of readers belongs to the old file; LMDB makes a new one.
    match fs::remove_file(dir.join(READERS)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&dir.join(READERS))(error)),
        _ => {}
    }
    sync_dir(dir).map_err(failed(dir))?;
    Ok(Restored { verified, aside })
}

/// Copies a file durably; it belongs to whom the directory belongs to, also where root restores.
fn copy(from: &Path, to: &Path, dir: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut file)?;
    file.sync_all()?;
    let (owner, own) = (fs::metadata(dir)?, file.metadata()?);
    if (owner.uid(), owner.gid()) != (own.uid(), own.gid()) {
        chown(to, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}
