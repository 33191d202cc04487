//! Bytes that earlier releases wrote, in `tests/golden`: what is written today stands in the same ones, or what reads them says so.

use std::fs;
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The bytes of that file.
pub(crate) fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fails where that file holds other bytes. With `PITCHGUARD_WRITE_GOLDEN=1` it is written where there is none, for a new layout;
/// one that exists is never written over.
#[track_caller]
pub(crate) fn holds(name: &str, found: &[u8]) {
    let path = path(name);
    if std::env::var_os("PITCHGUARD_WRITE_GOLDEN").is_some() && !path.exists() {
        fs::create_dir_all(path.parent().expect("it is below tests")).expect("a directory");
        fs::write(&path, found).expect("it is written");
    }
    let golden = bytes(name);
    let first = golden.iter().zip(found).position(|(golden, found)| golden != found);
    assert!(
        golden == found,
        "{name}: {} bytes, today {}, other ones from byte {} on: what was written before would be misread. Raise the layout, and \
         say by name that the earlier one is not read, or read it",
        golden.len(),
        found.len(),
        first.unwrap_or(golden.len().min(found.len()))
    );
}
