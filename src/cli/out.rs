//! What the verbs say: on standard output what was asked for, on standard error everything else.
//!
//! A reader that stops early (`| head`) is no fault: nothing more is said then, and the verb goes on to its end, whose exit
//! status tells how it went. Where what was asked for cannot be written for another reason, a full disk behind `>`, that is
//! told once, and the exit status is 1.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Nobody takes standard output any more.
static UNREAD: AtomicBool = AtomicBool::new(false);
/// Something that was asked for could not be written.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Says a line on standard output.
macro_rules! say {
    () => { $crate::cli::out::write(format_args!("\n")) };
    ($($arg:tt)*) => { $crate::cli::out::write(format_args!("{}\n", format_args!($($arg)*))) };
}

/// Tells a line on standard error.
macro_rules! tell {
    ($($arg:tt)*) => { $crate::cli::out::write_error(format_args!("{}\n", format_args!($($arg)*))) };
}

pub(super) use {say, tell};

/// Writes to standard output as it is, and at once: what a program reads from a pipe must not wait for more.
pub(super) fn write(text: fmt::Arguments<'_>) {
    if UNREAD.load(Ordering::Relaxed) {
        return;
    }
    let mut out = io::stdout().lock();
    match judged(out.write_fmt(text).and_then(|()| out.flush())) {
        Judged::Written => {}
        Judged::Unread => UNREAD.store(true, Ordering::Relaxed),
        Judged::Failed(error) => {
            UNREAD.store(true, Ordering::Relaxed);
            FAILED.store(true, Ordering::Relaxed);
            write_error(format_args!("pitchguard: standard output takes nothing more: {error}\n"));
        }
    }
}

/// Writes to standard error; where nobody takes that, there is nobody left to tell.
pub(super) fn write_error(text: fmt::Arguments<'_>) {
    let _unread = io::stderr().lock().write_fmt(text);
}

/// Whether nobody takes standard output any more: what only says something can end then.
pub(super) fn unread() -> bool {
    UNREAD.load(Ordering::Relaxed)
}

/// Whether something that was asked for could not be written.
pub(super) fn failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

enum Judged {
    Written,
    Unread,
    Failed(io::Error),
}

fn judged(written: io::Result<()>) -> Judged {
    match written {
        Ok(()) => Judged::Written,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Judged::Unread,
        Err(error) => Judged::Failed(error),
    }
}
