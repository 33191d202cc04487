//! Which backups there are.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The directory of backups within the store's, where no other is configured.
pub(crate) const DIR: &str = "backups";

/// What a backup's name begins and ends with; between them is the moment that it was begun.
pub(super) const PREFIX: &str = "pitchguard-";

pub(super) const SUFFIX: &str = ".mdb";

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Files of ours in a directory: names that this module gives, and no others.
pub(super) fn ours(dir: &Path, suffix: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let middle = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(suffix));
        let shaped = |c: char| c.is_ascii_digit() || matches!(c, 'T' | 'Z' | '-');
        if middle.is_some_and(|moment| moment.len() >= 16 && moment.chars().all(shaped)) {
            found.push(path);
        }
    }
    // Without the ending, the second backup of a second comes after the first.
    found.sort_by_cached_key(|path| path.with_extension(""));
    Ok(found)
}

/// How to restore the newest backup of a directory, in words.
pub(super) fn advice(dir: &Path) -> String {
    match backups(dir).unwrap_or_default().pop() {
        Some(newest) => format!(
            "restore a backup: `pitchguard restore --replace {}` puts the newest of {} in its place, and keeps what is there beside it",
            newest.display(),
            dir.display()
        ),
        None => format!(
            "restore a backup: none is in {}, and `pitchguard restore --replace FILE` takes one from elsewhere",
            dir.display()
        ),
    }
}

/// The backups in a directory, the oldest first.
///
/// # Errors
/// It cannot be read.
pub fn backups(dir: &Path) -> io::Result<Vec<PathBuf>> {
    ours(dir, SUFFIX)
}
