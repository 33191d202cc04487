//! Where the bytes of an import come from, and who watches.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

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
        match File::open(&path) {
            Ok(file) => Some(Input { name, bytes: Ok(Box::new(file)) }),
            Err(error) => Some(Input { name: path.display().to_string(), bytes: Err(error.to_string()) }),
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
