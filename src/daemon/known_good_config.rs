//! Configurations that the daemon has run ready with: the last one and the one before it, kept beside the store, so that an
//! edit that went wrong can be taken back.
//!
//! A configuration is the configuration file and the venue file. What is kept is written by the daemon's own user, so whoever
//! puts it back must not believe it blindly: see `pitchguard rollback`.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::disk::{read_settings, sync_dir};

/// Directory in the store's.
const DIRECTORY: &str = "proven";
/// The configuration that the daemon was last ready with, and the one before that.
const LAST: &str = "last";
const BEFORE: &str = "before";
/// What is being written.
const NEW: &str = "new";
/// Names of the two files in each.
const CONFIG: &str = "pitchguard.toml";
const VENUE: &str = "venue.toml";

/// Largest file that is put back, bytes.
const SIZE_MAX: u64 = 1 << 20;

/// A configuration by content; a file that is not there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proven {
    /// The configuration file.
    pub config: Option<Vec<u8>>,
    /// The venue file that it names.
    pub venue: Option<Vec<u8>>,
}

impl Proven {
    /// What these files hold now.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn of(config: &Path, venue: Option<&Path>) -> io::Result<Self> {
        Ok(Self { config: read(config)?, venue: venue.map(read).transpose()?.flatten() })
    }
}

/// Which of the two that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one that the daemon was last ready with.
    Last,
    /// The one before.
    Before,
}

/// One that is kept, if there is one.
///
/// # Errors
/// It cannot be read.
pub fn kept(store: &Path, which: Which) -> io::Result<Option<Proven>> {
    let name = match which {
        Which::Last => LAST,
        Which::Before => BEFORE,
    };
    let dir = store.join(DIRECTORY).join(name);
    if !dir.try_exists()? {
        return Ok(None);
    }
    Ok(Some(Proven { config: read_plain(&dir.join(CONFIG))?, venue: read_plain(&dir.join(VENUE))? }))
}

/// Keeps the configuration of a daemon that is ready; the one kept so far becomes the one before, if it is another.
///
/// # Errors
/// The store's directory takes no files, or the configuration's cannot be read any more.
pub fn keep(store: &Path, config: &Path, venue: Option<&Path>) -> io::Result<()> {
    let now = Proven::of(config, venue)?;
    if kept(store, Which::Last)?.as_ref() == Some(&now) {
        return Ok(());
    }
    let dir = store.join(DIRECTORY);
    let [last, before, new] = [LAST, BEFORE, NEW].map(|name| dir.join(name));
    remove(&new)?;
    fs::create_dir_all(&new)?;
    // It may hold a broker's password.
    fs::set_permissions(&dir, Permissions::from_mode(0o700))?;
    for (name, content) in [(CONFIG, &now.config), (VENUE, &now.venue)] {
        if let Some(content) = content {
            let mut file = File::create(new.join(name))?;
            file.write_all(content)?;
            file.sync_all()?;
        }
    }
    if last.try_exists()? {
        remove(&before)?;
        fs::rename(&last, &before)?;
    }
    fs::rename(&new, &last)?;
    sync_dir(&dir)
}

fn remove(dir: &PathBuf) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A file that is kept: no link to somewhere else, and no larger than a configuration can be.
fn read_plain(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut options = fs::OpenOptions::new();
    match options.read(true).custom_flags(libc::O_NOFOLLOW).open(path) {
        Ok(file) => {
            let mut bytes = Vec::new();
            file.take(SIZE_MAX + 1).read_to_end(&mut bytes)?;
            let fits = bytes.len() as u64 <= SIZE_MAX;
            fits.then_some(Some(bytes))
                .ok_or_else(|| io::Error::new(ErrorKind::FileTooLarge, "too large for a configuration"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match read_settings(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_configurations_that_differ_are_kept() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let [store, config, venue] = ["store", "pitchguard.toml", "venue.toml"].map(|name| dir.path().join(name));
        fs::create_dir(&store).expect("made");
        let kept = |which| super::kept(&store, which).expect("read");
        assert_eq!((kept(Which::Last), kept(Which::Before)), (None, None));
        let run = |text: &str| {
            fs::write(&config, text).expect("written");
            keep(&store, &config, Some(&venue)).expect("kept");
            Proven { config: Some(text.into()), venue: fs::read(&venue).ok() }
        };
        let first = run("[log]\n");
        assert_eq!((kept(Which::Last), kept(Which::Before)), (Some(first.clone()), None));
        run("[log]\n");
        assert_eq!(kept(Which::Before), None, "the same again is no other");
        fs::write(&venue, "a venue").expect("written");
        let second = run("[log]\n");
        assert_eq!((kept(Which::Last), kept(Which::Before)), (Some(second.clone()), Some(first)));
        let third = run("[http]\n");
        assert_eq!((kept(Which::Last), kept(Which::Before)), (Some(third), Some(second)));
    }
}
