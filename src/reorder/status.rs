//! What the buffer says of itself: the accounting identity, and how each source does.

use crate::ids::{EventNs, MoundId};

/// Where every frame went. Always: received = released + duplicate + late + quarantined + refused + overflowed + held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames taken from the rings, and those that found no slot on one.
    pub received: u64,
    /// Frames given on, in order, at the final watermark.
    pub released: u64,
    /// The same (source, seq, event time) as a frame that is held.
    pub duplicate: u64,
    /// Behind the final watermark.
    pub late: u64,
    /// Event time not to be believed: outside the clock fence or beyond the calendar.
    pub quarantined: u64,
    /// A source that is not planned, names no mound of ours, or belongs to another path.
    pub refused: u64,
    /// No slot left on the ring, or no room to be held, for the source or for all.
    pub overflowed: u64,
    /// Waiting in the buffer now.
    pub held: u64,
    /// Times a mound's watermarks began anew because the cameras' own time stepped back. Not part of the sum.
    pub epochs: u64,
}

impl Counts {
    /// Whether the accounting identity holds.
    pub fn balanced(&self) -> bool {
        self.received
            == self.released
                + self.duplicate
                + self.late
                + self.quarantined
                + self.refused
                + self.overflowed
                + self.held
    }
}

/// Whether a source is heard, and whether its mound waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceState {
    /// Never heard.
    #[default]
    Unseen,
    /// Heard; a camera in this state gates.
    Active,
    /// Its event time has not advanced for `idle_ns` while its ingest thread was alive.
    Idle,
    /// Heard again, or lagging: gates once its lag allows it and its event time has reached the eager watermark.
    Rejoining,
    /// Its path was closed.
    Finished,
}

/// One source as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceStatus {
    /// The source's number.
    pub source: u8,
    /// Its mound; `None` for devices and mark feeds, which name a mound in every frame.
    pub mound: Option<MoundId>,
    /// Its state.
    pub state: SourceState,
    /// Arrival − event of its newest advancing frame, ns, by the box's clock. `None` before there were two of them.
    pub lag_ns: Option<i64>,
    /// Largest event time that the fence let through.
    pub largest: Option<EventNs>,
    /// Sequence numbers skipped and not seen since.
    pub gaps: u64,
    /// Times it began to count anew.
    pub restarts: u64,
    /// Frames in the buffer now.
    pub held: u64,
    /// Frames released in order.
    pub released: u64,
    /// Frames dropped as duplicates.
    pub duplicate: u64,
    /// Frames behind the final watermark.
    pub late: u64,
    /// Frames quarantined.
    pub quarantined: u64,
    /// Frames refused.
    pub refused: u64,
    /// Frames that found no slot or no room.
    pub overflowed: u64,
}
