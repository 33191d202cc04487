//! Tests that cannot be had on this machine say so, and are counted.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

/// Says that this test, or a part of it, is skipped, and why: on stderr, and as a line of the file that `PITCHGUARD_SKIPPED` names,
/// where `make test` and CI count.
pub fn skip(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("?");
    eprintln!("SKIPPED: {test}: {why}");
    if let Some(file) = std::env::var_os("PITCHGUARD_SKIPPED") {
        let mut file =
            OpenOptions::new().create(true).append(true).open(file).expect("the list of what was skipped opens");
        writeln!(file, "{} {test}\t{why}", env!("CARGO_CRATE_NAME"))
            .expect("the list of what was skipped takes a line");
    }
}

/// A file or folder of real data; none where it is absent, which is said.
pub fn real_data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PITCHGUARD_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let there = root.join(path);
    if there.exists() {
        return Some(there);
    }
    skip(&format!("{} is not there; real data is never part of the project", there.display()));
    None
}
