//! Bytes that earlier releases wrote, in `tests/golden`: what is written today stands in the same ones, or what reads them says so.

use std::fs;
use std::path::Path;

/// The bytes of that file. With `PITCHGUARD_WRITE_GOLDEN=1` it is written where there is none, for a new layout; one that exists is
/// never written over.
pub(crate) fn bytes(name: &str, today: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("PITCHGUARD_WRITE_GOLDEN").is_some() && !path.exists() {
        fs::create_dir_all(path.parent().expect("it is below tests")).expect("a directory");
        fs::write(&path, today()).expect("it is written");
    }
    fs::read(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fails where that file holds other bytes.
#[track_caller]
pub(crate) fn holds(name: &str, today: &[u8]) {
    let golden = bytes(name, || today.to_vec());
    let first = golden.iter().zip(today).position(|(golden, today)| golden != today);
    let at = first.unwrap_or(golden.len().min(today.len()));
    let after = String::from_utf8_lossy(&today[at.saturating_sub(80)..at]);
    assert!(
        golden == today,
        "{name}: {} bytes, today {}, other ones from byte {at} on, after {after:?}: what was written before would be misread. Raise \
         the layout, and say by name that the earlier one is not read, or read it",
        golden.len(),
        today.len(),
    );
}
