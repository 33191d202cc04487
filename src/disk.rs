//! What files and file systems take beyond the standard library: how much room there is, and writing so that it lasts.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, lchown};
use std::path::Path;

/// A file system, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Disk {
    /// Its size.
    pub(crate) bytes: u64,
    /// What of it is free to this user.
    pub(crate) free: u64,
}

impl Disk {
    /// That of a file or directory: one system call.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let disk = rustix::fs::statvfs(path)?;
        Ok(Self { bytes: disk.f_blocks * disk.f_frsize, free: disk.f_bavail * disk.f_frsize })
    }
}

/// Removes an unfinished file however the work ends; a renamed one is no longer there.
pub(crate) struct Undo<'p>(pub(crate) &'p Path);

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0);
    }
}

/// Writes a file that only its user may read, where it is new, and waits until it is on the disk.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    give_to_owner_of_dir(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives a file or directory to whom the directory that it is in belongs to: what root makes in a service's directory, the service
/// must be able to open. Who is not root has made it under his own name anyhow.
pub(crate) fn give_to_owner_of_dir(path: &Path) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (owner, own) = (fs::metadata(dir)?, fs::symlink_metadata(path)?);
    let is_others = (owner.uid(), owner.gid()) != (own.uid(), own.gid());
    if is_others && rustix::process::geteuid().is_root() {
        lchown(path, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

/// Makes the names in a directory last.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
