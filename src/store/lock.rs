//! One process has the store.

use std::fs;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::error::StoreError;

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
