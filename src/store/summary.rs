//! Summaries as they wait for the line to the cloud.

use super::codec;
use super::error::StoreError;

/// The name of [`OutboxSums`] in `meta`.
pub(super) const SUMS: &str = "outbox";

/// What a summary tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SummaryKind {
    /// A pitch, in each published revision.
    Pitch,
    /// A pitcher's game that is over.
    Outing,
    /// A pitcher's readiness.
    Readiness,
    /// An alert, raised, cleared or acknowledged.
    Alert,
    /// How the cameras stand.
    Calibration,
    /// The injury model that serves, and how it did.
    Model,
}

impl SummaryKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Pitch, Self::Outing, Self::Readiness, Self::Alert, Self::Calibration, Self::Model];

    /// As in JSON, subjects and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pitch => "pitch",
            Self::Outing => "outing",
            Self::Readiness => "readiness",
            Self::Alert => "alert",
            Self::Calibration => "calibration",
            Self::Model => "model",
        }
    }
}

/// Which way a summary goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// At once.
    Live,
    /// Behind everything live, at a limited rate.
    Backlog,
}

impl Lane {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Live, Self::Backlog];

    /// As in JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Backlog => "backlog",
        }
    }
}

/// A summary to queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it tells of.
    pub kind: SummaryKind,
    /// When it was made, box time, ns since the Unix epoch.
    pub queued_ns: u64,
    /// MLBAM id of whom it tells of, so that it can be found when he is to be forgotten; none where it tells of nobody.
    pub pitcher: Option<u32>,
    /// The JSON text of what it tells, without its envelope.
    pub body: Vec<u8>,
}

/// A summary as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRecord {
    /// The epoch that it was queued under: with the sequence its name for ever.
    pub epoch: u64,
    /// The summary.
    pub summary: Summary,
}

/// A summary in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Its lane.
    pub lane: Lane,
    /// Its place in the order of all summaries of this box.
    pub sequence: u64,
    /// The record.
    pub record: OutboxRecord,
}

/// A summary that the cloud refuses, set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecord {
    /// The record.
    pub record: OutboxRecord,
    /// When it was set aside, box time, ns since the Unix epoch.
    pub refused_ns: u64,
    /// What the cloud said.
    pub why: String,
}

/// The sums of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxSums {
    /// What summaries are queued under now.
    pub epoch: u64,
    /// The sequence that the next summary gets.
    pub next: u64,
    /// Summaries waiting, by [`Lane`].
    pub waiting: [u64; 2],
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Summaries acknowledged so far.
    pub delivered: u64,
    /// Summaries let go because they were too old.
    pub dropped_age: u64,
    /// Summaries let go because all together were too large.
    pub dropped_bytes: u64,
    /// Summaries set aside now.
    pub refused: u64,
    /// How often a summary was set aside so far.
    pub refused_ever: u64,
    /// Summaries that were set aside and had to make room there.
    pub dropped_refused: u64,
    /// Summaries let go because whom they told of is to be forgotten.
    pub dropped_forgotten: u64,
    /// Summaries let go because the disk gave back other bytes than were written.
    pub dropped_corrupt: u64,
}

/// The start of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// Oldest first.
    pub queued: Vec<Queued>,
    /// The sums of the same moment.
    pub sums: OutboxSums,
}

pub(super) fn sums_of(value: Option<&[u8]>) -> Result<OutboxSums, StoreError> {
    value.map_or_else(|| Ok(OutboxSums::default()), |value| codec::unseal(SUMS.as_bytes(), value))
}

/// The first value of the sums, for a store that has none: a new epoch.
pub(super) fn first_sums() -> Result<Vec<u8>, StoreError> {
    codec::seal(SUMS_KEY, &OutboxSums { epoch: rand::random(), ..OutboxSums::default() })
}

/// Where the sums are.
pub(super) const SUMS_KEY: &[u8] = SUMS.as_bytes();
