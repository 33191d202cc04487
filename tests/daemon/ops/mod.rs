//! The box looked after: keys, backups, a full disk, numbers, and what is collected for help, on the running program.

mod backups;
mod diag;
mod disk;
mod journal_room;
mod keys;
mod numbers;
mod reload;
mod rollback;

use std::fs;
use std::process::Output;

use crate::daemon_support::Rack;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a verb said on stdout, once it has succeeded.
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{:?}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a verb that failed said on stderr.
fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "it succeeded: {}", text(&output.stdout));
    text(&output.stderr)
}

/// Adds to the box's configuration.
fn configure(rack: &Rack, more: &str) {
    let before = fs::read_to_string(rack.config()).expect("it has one");
    fs::write(rack.config(), format!("{before}\n{more}\n")).expect("written");
}
