//! Where the bytes of an import come from, and who watches.

use std::fs::{File, FileType};
use std::io::{ErrorKind, Read, Seek};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes that are taken from a pipe at most: twenty seasons of the whole league.
const PIPE_MAX: u64 = 8 << 30;

/// How long a pipe may have nobody who writes into it, and how often that is looked at.
const WRITER_WITHIN: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// One file to import.
pub struct Input<'i> {
    /// What it is called in reports.
    pub name: String,
    /// Its bytes, or why there are none.
    pub bytes: Result<Box<dyn Read + 'i>, String>,
}

/// Files one after the other; each borrows what it is read from until the next is asked for.
pub trait Inputs {
    /// The next file.
    fn next(&mut self) -> Option<Input<'_>>;

    /// Bytes of all files, as far as known: what progress is measured against.
    fn total(&self) -> u64;
}

/// Hears how far work has come, and may ask it to stop.
pub trait Watcher {
    /// `done` of `total` bytes, days or people of what is being done.
    fn progress(&mut self, doing: &str, done: u64, total: u64);

    /// Whether the work is to end at the next place where nothing is half done.
    fn stopped(&mut self) -> bool {
        false
    }
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn progress(&mut self, _: &str, _: u64, _: u64) {}
}

/// Opens a file to import, with its length. What comes from a pipe is kept in a file without a name first, so that it has
/// one.
///
/// # Errors
/// Why there is nothing to read, in words that follow the file's name.
pub fn open(path: &Path) -> Result<(File, u64), String> {
    let failed = |error: std::io::Error| error.to_string();
    // What has a name of its own can be opened before anybody writes into it.
    let named_pipe = path.symlink_metadata().is_ok_and(|metadata| metadata.file_type().is_fifo());
    let (file, mut begun) =
        if named_pipe { written_pipe(path, WRITER_WITHIN)? } else { (File::open(path).map_err(failed)?, Vec::new()) };
    let metadata = file.metadata().map_err(failed)?;
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok((file, metadata.len()));
    }
    holds_bytes(kind)?;
    let mut kept =
        tempfile::tempfile().map_err(|error| format!("no temporary file can be had: {error}; set TMPDIR"))?;
    let begun = std::io::Cursor::new(std::mem::take(&mut begun));
    let bytes = std::io::copy(&mut begun.chain(file).take(PIPE_MAX), &mut kept).map_err(failed)?;
    if bytes == PIPE_MAX {
        return Err(format!("more than {PIPE_MAX} bytes came; import it in parts"));
    }
    kept.rewind().map_err(failed)?;
    Ok((kept, bytes))
}

/// A pipe that somebody writes into, and what was read of it meanwhile.
fn written_pipe(path: &Path, within: Duration) -> Result<(File, Vec<u8>), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(failed)?;
    let (until, mut begun) = (Instant::now() + within, [0; 4096]);
    let read = loop {
        match file.read(&mut begun) {
            // So reads a pipe that nobody has opened to write.
            Ok(0) if Instant::now() < until => std::thread::sleep(LOOK_EVERY),
            Ok(0) => return Err(format!("it is a pipe, and nobody has written into it for {} s", within.as_secs())),
            Ok(read) => break read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break 0,
            Err(error) => return Err(failed(error)),
        }
    };
    rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::empty()).map_err(|error| failed(error.into()))?;
    Ok((file, begun[..read].to_vec()))
}

/// Whether a thing of this kind has bytes to import.
fn holds_bytes(kind: FileType) -> Result<(), String> {
    if kind.is_dir() {
        return Err("it is a directory; name the files in it, such as DIRECTORY/*.csv".to_owned());
    }
    if !kind.is_file() && !kind.is_fifo() && !kind.is_socket() {
        return Err("it is neither a file nor a pipe".to_owned());
    }
    Ok(())
}

/// Looks whether one of these files can be read at all; a pipe can, and is not opened.
///
/// # Errors
/// Why none can, a line each.
pub fn some_can_be_read(paths: &[PathBuf]) -> Result<(), String> {
    let look = |path: &PathBuf| {
        let kind = path.metadata().map_err(|error| error.to_string())?.file_type();
        holds_bytes(kind)?;
        if kind.is_file() { File::open(path).map(drop).map_err(|error| error.to_string()) } else { Ok(()) }
    };
    let mut told = Vec::new();
    for path in paths {
        match look(path) {
            Ok(()) => return Ok(()),
            Err(why) => told.push(format!("not read: {}: {why}", path.display())),
        }
    }
    if told.is_empty() { Ok(()) } else { Err(told.join("\n")) }
}

/// Files of this machine.
#[derive(Debug)]
pub struct Paths {
    paths: std::vec::IntoIter<PathBuf>,
    total: u64,
}

impl Paths {
    /// These, in this order.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let paths: Vec<_> = paths.into_iter().collect();
        let total = paths.iter().filter_map(|path| path.metadata().ok()).map(|m| m.len()).sum();
        Self { paths: paths.into_iter(), total }
    }
}

impl Inputs for Paths {
    fn next(&mut self) -> Option<Input<'_>> {
        let path = self.paths.next()?;
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        match open(&path) {
            Ok((file, _)) => Some(Input { name, bytes: Ok(Box::new(file)) }),
            Err(why) => Some(Input { name: path.display().to_string(), bytes: Err(why) }),
        }
    }

    fn total(&self) -> u64 {
        self.total
    }
}

/// The first so many of other files.
pub struct First<'i> {
    files: &'i mut dyn Inputs,
    left: usize,
}

impl<'i> First<'i> {
    /// The first `count` of these.
    pub fn of(files: &'i mut dyn Inputs, count: usize) -> Self {
        Self { files, left: count }
    }
}

impl Inputs for First<'_> {
    fn next(&mut self) -> Option<Input<'_>> {
        self.left = self.left.checked_sub(1)?;
        self.files.next()
    }

    fn total(&self) -> u64 {
        self.files.total()
    }
}

/// Counts what is read, tells the watcher, and breaks off where he says so.
pub(super) struct Watched<'w, R> {
    inner: R,
    watcher: &'w mut dyn Watcher,
    doing: &'static str,
    /// Bytes of this and all files before.
    read: &'w mut u64,
    total: u64,
}

impl<'w, R> Watched<'w, R> {
    pub(super) fn new(
        inner: R,
        doing: &'static str,
        read: &'w mut u64,
        total: u64,
        watcher: &'w mut dyn Watcher,
    ) -> Self {
        Self { inner, watcher, doing, read, total }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.watcher.stopped() {
            return Err(std::io::Error::other("the work was told to stop; import the file again"));
        }
        let n = self.inner.read(buf)?;
        *self.read += n as u64;
        self.watcher.progress(self.doing, *self.read, self.total);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_that_nobody_writes_into_is_given_up_and_one_that_somebody_does_is_read_whole() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).expect("made");
        let why = written_pipe(&path, Duration::ZERO).map(drop).expect_err("nobody writes");
        assert!(why.contains("nobody has written into it"), "{why}");
        let text = "a line of text\n".repeat(10_000);
        let (to, written) = (path.clone(), text.clone());
        let writer = std::thread::spawn(move || std::fs::write(to, written));
        let (mut file, bytes) = open(&path).expect("it is read");
        writer.join().expect("no panic").expect("all was taken");
        let mut read = String::new();
        file.read_to_string(&mut read).expect("text");
        assert!(read == text && bytes == text.len() as u64);
    }
}
