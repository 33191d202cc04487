//! What files and file systems take beyond the standard library: how much room there is, and writing so that it lasts.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
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

/// The longest file of settings, keys or certificates, bytes.
const SETTINGS_MAX: u64 = 4 << 20;

/// Opens a file of settings, keys or certificates, which is a plain one: the other end of a pipe may never come, and a device has
/// no end.
pub(crate) fn open_settings(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
    }
    if !kind.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is a pipe or a device, and no plain file"));
    }
    Ok(file)
}

/// Reads what [`open_settings`] opened, and no more than such a file may hold.
pub(crate) fn read_opened_settings(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(SETTINGS_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SETTINGS_MAX {
        let why = format!("it is longer than {} MB, which no such file is", SETTINGS_MAX >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// Reads a file of settings, keys or certificates.
pub(crate) fn read_settings(path: &Path) -> io::Result<Vec<u8>> {
    read_opened_settings(open_settings(path)?)
}

/// Reads one that is text.
pub(crate) fn read_settings_text(path: &Path) -> io::Result<String> {
    let not_text = || io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8");
    String::from_utf8(read_settings(path)?).map_err(|_| not_text())
}

/// Makes the names in a directory last.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_from_plain_files_of_a_bounded_length_and_nothing_is_waited_for() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("settings");
        let refused = |path: &Path| read_settings(path).expect_err("no settings").kind();
        assert_eq!(refused(&path), ErrorKind::NotFound);
        fs::write(&path, "[log]\n").expect("written");
        assert_eq!(read_settings_text(&path).expect("read"), "[log]\n");
        File::options().write(true).open(&path).and_then(|file| file.set_len(SETTINGS_MAX)).expect("as long as may be");
        assert_eq!(read_settings(&path).expect("read").len() as u64, SETTINGS_MAX);
        File::options().write(true).open(&path).and_then(|file| file.set_len(1 << 40)).expect("a long hole");
        assert_eq!(refused(&path), ErrorKind::FileTooLarge);
        assert_eq!(refused(Path::new("/dev/zero")), ErrorKind::InvalidInput);
        assert_eq!(refused(dir.path()), ErrorKind::IsADirectory);
        fs::remove_file(&path).expect("removed");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).expect("a pipe");
        assert_eq!(refused(&path), ErrorKind::InvalidInput);
        fs::remove_file(&path).expect("removed");
        fs::write(&path, [0xff, 0xfe]).expect("written");
        assert_eq!(read_settings_text(&path).expect_err("no text").kind(), ErrorKind::InvalidData);
    }
}
