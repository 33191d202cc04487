//! A serial line: how it is written in the configuration, and what is counted on it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::counters::add;

/// Most lines of one box: each takes a thread and 1 MB of ring.
pub const LINES_MAX: usize = 16;

/// The speeds of Linux's own table from 9,600 baud on; below that a line carries less than one camera's heartbeat.
pub const SPEEDS: [u32; 18] = [
    9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000,
    1_500_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000, 4_000_000,
];

/// A device and its speed, written `/dev/ttyUSB0@921600`. Always 8 data bits, no parity, 1 stop bit, no flow control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialLine {
    device: PathBuf,
    baud: u32,
}

impl SerialLine {
    /// The device's path; may be a symlink such as those in `/dev/serial/by-id`.
    pub fn device(&self) -> &Path {
        &self.device
    }

    /// Bits a second.
    pub fn baud(&self) -> u32 {
        self.baud
    }
}

/// Why a text names no line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not a path, `@` and a number.
    #[error("is {0:?}; write a device's path and its speed, such as \"/dev/ttyUSB0@921600\"")]
    Syntax(String),
    /// A speed that serial devices do not have.
    #[error("asks for {0} baud; write one of {all}", all = SPEEDS.map(|speed| speed.to_string()).join(", "))]
    Speed(String),
}

impl FromStr for SerialLine {
    type Err = LineError;

    fn from_str(text: &str) -> Result<Self, LineError> {
        let syntax = || LineError::Syntax(text.to_owned());
        let (device, speed) = text.rsplit_once('@').ok_or_else(syntax)?;
        let whole = Path::new(device).is_absolute() && !device.ends_with('/') && !device.contains('\0');
        if !whole || speed.is_empty() || !speed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(syntax());
        }
        let baud = speed.parse().ok().filter(|baud| SPEEDS.contains(baud));
        let baud = baud.ok_or_else(|| LineError::Speed(speed.to_owned()))?;
        Ok(Self { device: PathBuf::from(device), baud })
    }
}

impl fmt::Display for SerialLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.device.display(), self.baud)
    }
}

/// How a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum LineState {
    /// Nobody tried to open it yet.
    Starting,
    /// It is read.
    Open,
    /// It is read, and nothing that comes is a frame: wrong speed?
    Rubbish,
    /// The device is not there, or went away; opened again as soon as it is back.
    Unplugged,
    /// The device is there and cannot be used: no permission, taken by another process, no terminal.
    Refused,
}

impl LineState {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Starting, Self::Open, Self::Rubbish, Self::Unplugged, Self::Refused];

    /// As in JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Open => "open",
            Self::Rubbish => "rubbish",
            Self::Unplugged => "unplugged",
            Self::Refused => "refused",
        }
    }

    /// What to do, for people; empty where nothing is to be done.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Starting | Self::Open => "",
            Self::Rubbish => "nothing that comes is a frame: wrong speed?",
            Self::Unplugged => "not there: check plug and cable; it is opened again as soon as it is back",
            Self::Refused => "cannot be used: check its permissions (group dialout) and who else has it open",
        }
    }
}

/// Counts of one line since start: written by its thread, read by anybody.
#[derive(Debug)]
pub struct LineCounters {
    line: SerialLine,
    state: AtomicU8,
    pub(super) bytes: AtomicU64,
    pub(super) frames: AtomicU64,
    pub(super) rubbish: AtomicU64,
    pub(super) opened: AtomicU64,
    pub(super) open_failures: AtomicU64,
    pub(super) turns: AtomicU64,
}

impl LineCounters {
    pub(super) fn new(line: SerialLine) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            line,
            state: AtomicU8::new(LineState::Starting as u8),
            bytes: zero(),
            frames: zero(),
            rubbish: zero(),
            opened: zero(),
            open_failures: zero(),
            turns: zero(),
        }
    }

    /// The line counted.
    pub fn line(&self) -> &SerialLine {
        &self.line
    }

    /// Its state now.
    pub fn state(&self) -> LineState {
        LineState::ALL[usize::from(self.state.load(Ordering::Relaxed)) % LineState::ALL.len()]
    }

    /// Sets the state; what it was before.
    pub(super) fn set(&self, state: LineState) -> LineState {
        LineState::ALL[usize::from(self.state.swap(state as u8, Ordering::Relaxed)) % LineState::ALL.len()]
    }

    /// A stretch between two zeros was one whole frame, or rubbish.
    pub(super) fn stretch(&self, whole: bool) {
        add(if whole { &self.frames } else { &self.rubbish }, 1);
    }

    /// The counts as they are now.
    pub fn snapshot(&self) -> LineSnapshot {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        LineSnapshot {
            line: self.line.clone(),
            state: self.state(),
            bytes: read(&self.bytes),
            frames: read(&self.frames),
            rubbish: read(&self.rubbish),
            opened: read(&self.opened),
            open_failures: read(&self.open_failures),
        }
    }
}

/// Counts of a line at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSnapshot {
    /// The line.
    pub line: SerialLine,
    /// Its state.
    pub state: LineState,
    /// Bytes read.
    pub bytes: u64,
    /// Stretches between zeros that were whole frames, refused ones too.
    pub frames: u64,
    /// Stretches that were none: cut short, too long, or not held together by their checksum.
    pub rubbish: u64,
    /// Times that it was opened; more than one means that it was unplugged in between.
    pub opened: u64,
    /// Times that opening it failed.
    pub open_failures: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_path_and_a_speed_and_is_shown_as_it_is_written() {
        for text in ["/dev/ttyUSB0@921600", "/dev/serial/by-id/usb-a@b-if00@115200"] {
            let line: SerialLine = text.parse().expect("a line");
            assert_eq!(line.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_line_is_refused_with_what_to_write() {
        for text in ["", "/dev/ttyUSB0", "@921600", "ttyUSB0@921600", "/dev/@9600", "/dev/ttyUSB0@", "/dev/a@fast"] {
            assert!(matches!(text.parse::<SerialLine>(), Err(LineError::Syntax(_))), "{text}");
        }
        for text in ["/dev/ttyUSB0@0", "/dev/ttyUSB0@921601", "/dev/ttyUSB0@99999999999999999999"] {
            let error = text.parse::<SerialLine>().expect_err(text);
            assert!(matches!(error, LineError::Speed(_)) && error.to_string().contains(" 921600,"), "{error}");
        }
    }
}
