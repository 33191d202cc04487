//! What ingest counts: one table of atomics, written by the receiving threads and read by anybody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use firmware_protocol::Cause;
use firmware_protocol::serial::SerialError;

use super::heard::Heard;
use super::line::{LineCounters, LineSnapshot, SerialLine};
use super::marks::Marks;
use super::refused::{LastRefused, RefusedFrame};
use super::senders::{Senders, Twofold};
use crate::ids::BoxNs;

/// Sources 1 to 63; row 0 takes what names no source that can be believed.
pub(super) const SOURCES: usize = 64;
const CAUSES: usize = Cause::ALL.len();
const FRAMING: [SerialError; 2] = [SerialError::CutShort, SerialError::TooLong];
pub(super) const REFUSALS: usize = CAUSES + 2 + FRAMING.len();

/// Why a frame went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It failed a check of the protocol. After [`Cause::Kind`] the rest of the datagram is still read, after any other
    /// cause it is dropped.
    Protocol(Cause),
    /// `[ingest] sources` is set, and its source is not listed or sends from another address than listed.
    Address,
    /// An old one sent again: an authenticated frame of more than 32 s before its source's newest, or any that was heard
    /// before the last start.
    Replayed,
    /// What stood between two zeros of a serial line cannot be a frame.
    Serial(SerialError),
}

impl Refusal {
    /// Every refusal: those of any frame in the order of the checks, then those of serial lines.
    pub fn all() -> impl Iterator<Item = Self> {
        let of_frames = Cause::ALL.into_iter().map(Self::Protocol).chain([Self::Address, Self::Replayed]);
        of_frames.chain(FRAMING.map(Self::Serial))
    }

    /// The name that counters carry: the protocol's own for its causes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Protocol(cause) => cause.as_str(),
            Self::Address => "address",
            Self::Replayed => "replayed",
            Self::Serial(error) => error.as_str(),
        }
    }

    pub(super) const fn column(self) -> usize {
        match self {
            Self::Protocol(cause) => cause as usize,
            Self::Address => CAUSES,
            Self::Replayed => CAUSES + 1,
            Self::Serial(error) => CAUSES + 2 + error as usize,
        }
    }
}

/// Counts since start.
#[derive(Debug)]
pub struct IngestCounters {
    /// How far each source has come.
    pub marks: Marks,
    /// What was heard before the start.
    pub heard: OnceLock<Heard>,
    pub(super) datagrams: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) kernel_dropped: AtomicU64,
    pub(super) unstamped: AtomicU64,
    pub(super) socket_errors: AtomicU64,
    pub(super) turns: AtomicU64,
    frames: [AtomicU64; SOURCES],
    refused: [[AtomicU64; REFUSALS]; SOURCES],
    last_refused: LastRefused,
    pub(super) senders: Senders,
    lines: Box<[Arc<LineCounters>]>,
}

impl Default for IngestCounters {
    fn default() -> Self {
        Self {
            marks: Marks::default(),
            heard: OnceLock::new(),
            datagrams: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            kernel_dropped: AtomicU64::new(0),
            unstamped: AtomicU64::new(0),
            socket_errors: AtomicU64::new(0),
            turns: AtomicU64::new(0),
            frames: std::array::from_fn(|_| AtomicU64::new(0)),
            refused: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
            last_refused: LastRefused::default(),
            senders: Senders::default(),
            lines: Box::default(),
        }
    }
}

/// Adds to a count. Counts are only ever read as numbers, so no order between them is needed.
pub(super) fn add(count: &AtomicU64, n: u64) {
    count.fetch_add(n, Ordering::Relaxed);
}

impl IngestCounters {
    /// Counters that have these serial lines too.
    pub fn with_lines(lines: &[SerialLine]) -> Self {
        let lines = lines.iter().map(|line| Arc::new(LineCounters::new(line.clone()))).collect();
        Self { lines, ..Self::default() }
    }

    /// Those of each serial line.
    pub(super) fn lines(&self) -> &[Arc<LineCounters>] {
        &self.lines
    }

    /// How often each receiving thread has turned: the socket's, then those of the serial lines. One that works turns many
    /// times a second, frames or none.
    pub fn turns(&self) -> impl Iterator<Item = u64> {
        let lines = self.lines.iter().map(|line| &line.turns);
        std::iter::once(&self.turns).chain(lines).map(|turns| turns.load(Ordering::Relaxed))
    }

    /// A frame was accepted.
    pub(super) fn accept(&self, source: u8) {
        add(&self.frames[usize::from(source) % SOURCES], 1);
    }

    /// A frame was refused. `source` is none where the frame's own claim cannot be believed.
    pub(super) fn refuse(&self, source: Option<u8>, refusal: Refusal) {
        add(&self.refused[usize::from(source.unwrap_or(0)) % SOURCES][refusal.column()], 1);
    }

    /// Which frame was refused: it is remembered as the last of its sender.
    pub(super) fn remember(&self, frame: RefusedFrame) {
        self.last_refused.note(frame);
    }

    /// The last refused frame of each sender and cause, the newest first, as far as there is room for senders.
    pub fn last_refused(&self) -> Vec<RefusedFrame> {
        self.last_refused.all()
    }

    /// Sources that are sent from two addresses, as of `now`.
    pub fn twofold(&self, now: BoxNs) -> Vec<Twofold> {
        self.senders.twofold(now)
    }

    /// The counts as they are now.
    pub fn snapshot(&self) -> IngestSnapshot {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let sources = (0..SOURCES)
            .map(|source| SourceSnapshot {
                source: source as u8,
                frames: read(&self.frames[source]),
                refused: std::array::from_fn(|column| read(&self.refused[source][column])),
            })
            .filter(|s| s.frames > 0 || s.refused.iter().any(|n| *n > 0))
            .collect();
        IngestSnapshot {
            datagrams: read(&self.datagrams),
            bytes: read(&self.bytes),
            kernel_dropped: read(&self.kernel_dropped),
            unstamped: read(&self.unstamped),
            socket_errors: read(&self.socket_errors),
            sources,
            lines: self.lines.iter().map(|line| line.snapshot()).collect(),
        }
    }
}

/// Counts at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IngestSnapshot {
    /// Datagrams received.
    pub datagrams: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Datagrams that the kernel dropped because the receive buffer was full.
    pub kernel_dropped: u64,
    /// Datagrams without a kernel stamp, whose arrival is the moment they were read.
    pub unstamped: u64,
    /// Errors of the socket that were survived.
    pub socket_errors: u64,
    /// The sources that were heard of, ascending; source 0 stands for frames that name none that can be believed.
    pub sources: Vec<SourceSnapshot>,
    /// The serial lines, as configured.
    pub lines: Vec<LineSnapshot>,
}

/// Counts of one source at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceSnapshot {
    /// Its number; 0 for frames that name none that can be believed.
    pub source: u8,
    /// Frames accepted.
    pub frames: u64,
    refused: [u64; REFUSALS],
}

impl SourceSnapshot {
    /// Frames refused for this reason.
    pub fn refused(&self, refusal: Refusal) -> u64 {
        self.refused[refusal.column()]
    }
}

impl IngestSnapshot {
    /// Frames accepted, of all sources.
    pub fn frames(&self) -> u64 {
        self.sources.iter().map(|s| s.frames).sum()
    }

    /// Frames refused for this reason, of all sources.
    pub fn refused(&self, refusal: Refusal) -> u64 {
        self.sources.iter().map(|s| s.refused(refusal)).sum()
    }

    /// The counts of one source; none if it was not heard of.
    pub fn source(&self, source: u8) -> Option<&SourceSnapshot> {
        self.sources.iter().find(|s| s.source == source)
    }
}
