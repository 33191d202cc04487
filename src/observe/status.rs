//! Plain structs in which the parts of the daemon publish their counters and states.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::BoxNs;

/// Where every frame went. Always true: received = the sum of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Accounting {
    /// Frames taken from the ingest rings.
    pub received: u64,
    /// Released in event-time order.
    pub released: u64,
    /// Seen before: same source, sequence number and event time.
    pub duplicate: u64,
    /// Behind the final watermark.
    pub late: u64,
    /// Outside the clock fence.
    pub quarantined: u64,
    /// From a source that belongs to another path, or that no mound knows.
    pub refused: u64,
    /// The buffer was full.
    pub overflowed: u64,
    /// Waiting in the buffer at this moment.
    pub held: u64,
}

impl Accounting {
    /// Each outcome with its count but `held`, which is no counter; as in metrics.
    pub fn outcomes(&self) -> [(&'static str, u64); 6] {
        [
            ("released", self.released),
            ("duplicate", self.duplicate),
            ("late", self.late),
            ("quarantined", self.quarantined),
            ("refused", self.refused),
            ("overflowed", self.overflowed),
        ]
    }

    /// Received minus everything accounted for; 0 where the identity holds.
    pub fn difference(&self) -> i128 {
        let gone: i128 = self.outcomes().into_iter().map(|(_, count)| i128::from(count)).sum();
        i128::from(self.received) - gone - i128::from(self.held)
    }

    /// Whether every frame is accounted for.
    pub fn holds(&self) -> bool {
        self.difference() == 0
    }
}

/// State of a source in the watermark buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Nothing came from it yet.
    Unseen,
    /// It sends.
    Active,
    /// Silent for `idle_s`.
    Idle,
    /// It sends again, and does not gate yet.
    Rejoining,
    /// It will send no more.
    Finished,
}

impl SourceState {
    /// All states, for metrics.
    pub const ALL: [Self; 5] = [Self::Unseen, Self::Active, Self::Idle, Self::Rejoining, Self::Finished];

    /// As in JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unseen => "unseen",
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Rejoining => "rejoining",
            Self::Finished => "finished",
        }
    }
}

/// One source: a camera, a device or a mark feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SourceStatus {
    /// Its number on the wire.
    pub source: u8,
    /// A camera's name in the venue file, `mark feed`, `device`, or `not in the venue file`.
    pub name: String,
    /// Its state.
    pub state: SourceState,
    /// Whether the watermark waits for it now.
    pub gates: bool,
    /// Arrival minus event time of its newest frame, ms; absent while it is not heard.
    pub lag_ms: Option<f64>,
    /// How far its clock is ahead of the cameras', of a camera's the others', s; negative where it is behind. By arrivals, so that a
    /// slow line shows as some seconds behind, unless more is known. Absent while it is not heard.
    #[serde(default)]
    pub clock_off_s: Option<f64>,
    /// Whether that is so much that somebody has to set a clock: the part `clocks` says which.
    #[serde(default)]
    pub clock_told: bool,
    /// How far its newest event time is behind the newest of its mound, ms; absent while unseen.
    pub watermark_lag_ms: Option<f64>,
    /// Where its frames went.
    pub accounting: Accounting,
    /// Sequence numbers skipped and not seen since.
    pub gaps: u64,
    /// How often it started anew.
    pub restarts: u64,
    /// Frames that the camera itself says it dropped (HEALTH).
    pub dropped: u64,
}

/// One mound's buffer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MoundStatus {
    /// Mound id.
    pub mound: u8,
    /// `game`, `bullpen_home`, `bullpen_visitor`.
    pub name: String,
    /// How far the eager watermark is behind box time, ms; absent before it opened.
    pub eager_watermark_lag_ms: Option<f64>,
    /// How far the final watermark is behind box time, ms; absent before it opened.
    pub final_watermark_lag_ms: Option<f64>,
    /// Frames waiting in its buffer.
    pub held: u64,
}

/// The watermark buffer at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct ReorderStatus {
    /// Where every frame went, over all mounds.
    pub accounting: Accounting,
    /// Times the watermarks were restarted because the cameras' own time stepped out of the calendar.
    pub epochs: u64,
    /// Ascending by source.
    pub sources: Vec<SourceStatus>,
    /// Ascending by mound.
    pub mounds: Vec<MoundStatus>,
    /// How far the box's clock is ahead of its cameras', ms, as far as arriving frames tell: ages are counted by theirs. 0 while
    /// the two agree.
    #[serde(default)]
    pub clocks_apart_ms: f64,
}

/// One serial line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SerialStatus {
    /// The device's path.
    pub device: String,
    /// Bits a second.
    pub baud: u32,
    /// `starting`, `open`, `rubbish` (it is read, and nothing that comes is a frame), `unplugged`, `refused` (the device is
    /// there and cannot be used).
    pub state: String,
    /// Bytes read.
    pub bytes: u64,
    /// Stretches between zeros that were whole frames, refused ones too.
    pub frames: u64,
    /// Stretches that were none.
    pub rubbish: u64,
    /// Times that it was opened.
    pub opened: u64,
    /// Times that opening it failed.
    pub open_failures: u64,
}

/// The last frame of one sender that ingest refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedFrameStatus {
    /// The first check that failed, as in [`IngestStatus::refused`].
    pub cause: String,
    /// Who sent it: address and port, or the serial device.
    pub from: String,
    /// The source that it claims to be of, be it one or not; null where it is no frame.
    pub source: Option<u8>,
    /// When it arrived, RFC 3339.
    pub at: String,
    /// How long ago that is, s.
    pub ago_s: u64,
    /// Bytes from the refused frame to the end of its datagram or stretch.
    pub bytes: u64,
    /// The first 16 of them in hexadecimal, two digits each; of a serial stretch that is none, as it came on the line.
    pub sample: String,
    /// What is wrong with it and what to do.
    pub why: String,
}

/// What ingest received and refused, over all sockets and serial lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct IngestStatus {
    /// Datagrams received.
    pub datagrams: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Frames accepted.
    pub frames: u64,
    /// Frames refused, by the first check that failed: `truncated`, `magic`, `version`, `crc`, `flags`, `auth`, `kind`,
    /// `payload_size`, `values`, `address`, `replayed`, and on serial lines `serial_cut_short`, `serial_too_long`.
    pub refused: BTreeMap<String, u64>,
    /// The last refused frame of each sender and cause since the start, the newest first: eight senders a cause at most, those
    /// that were heard last.
    #[serde(default)]
    pub last_refused: Vec<RefusedFrameStatus>,
    /// Datagrams that the kernel dropped because the receive buffer was full.
    pub kernel_drops: u64,
    /// Datagrams without a kernel stamp, whose arrival is the moment they were read.
    pub unstamped: u64,
    /// Errors of a socket that were survived.
    pub socket_errors: u64,
    /// Size of the receive buffer that the kernel gave, bytes.
    pub receive_buffer_bytes: u64,
    /// Size of the receive buffer that was asked for, bytes.
    pub receive_buffer_wanted_bytes: u64,
    /// The serial lines, as configured.
    #[serde(default)]
    pub serial: Vec<SerialStatus>,
}

/// The store's fill and commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct StoreStatus {
    /// Pages in use, bytes.
    pub map_used_bytes: u64,
    /// Size of the map, bytes; a warning is due at half of it.
    pub map_size_bytes: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Transactions that failed and were tried again.
    pub commit_failures: u64,
    /// Writes waiting for the writer thread.
    pub queued: u64,
    /// Writes that may wait.
    #[serde(default)]
    pub queue_room: u64,
    /// Batches refused for their own sake.
    #[serde(default)]
    pub refused: u64,
    /// Batches lost because nothing could be stored and the queue was full.
    #[serde(default)]
    pub lost: u64,
    /// Times that the merge thread waited for room in the queue.
    #[serde(default)]
    pub waits: u64,
    /// Corrupt records met since the start.
    #[serde(default)]
    pub corrupt_records: u64,
    /// Refused: what would have overwritten a final pitch and is no later revision of it, or been a second pitch of its throw.
    #[serde(default)]
    pub finals_kept: u64,
}

/// Pitches published so far, by state; and what was no pitch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct PublishedPitches {
    /// First published at the eager watermark.
    pub provisional: u64,
    /// Settled behind the final watermark.
    pub r#final: u64,
    /// Published again because late frames changed them.
    pub revised: u64,
    /// Of the final ones those with a flag, whichever.
    pub flagged: u64,
    /// The same by flag; one with two flags is in both.
    #[serde(default)]
    pub flags: BTreeMap<String, u64>,
    /// Groups of observations that were no pitch.
    pub rejected: u64,
    /// Measured again from the journal, because too much of their data came late.
    #[serde(default)]
    pub reprocessed: u64,
    /// Of which frames came in before a crash and were not flushed to the journal.
    #[serde(default)]
    pub journal_gap: u64,
    /// Marks that were not believed, because a feed with a lower number says otherwise.
    #[serde(default)]
    pub marks_contradicted: u64,
    /// Release of the newest one, ns since 1970, earlier runs' included; null where there was none.
    #[serde(default)]
    pub newest_ns: Option<u64>,
}

impl PublishedPitches {
    /// Counts a pitch that was published with these flags, final or not.
    pub(crate) fn flag(&mut self, is_final: bool, flags: &[String]) {
        if is_final && !flags.is_empty() {
            self.flagged += 1;
            for flag in flags {
                *self.flags.entry(flag.clone()).or_default() += 1;
            }
        }
    }

    /// How many final ones are flagged and with what: `12 flagged (12 unmarked)`, `0 flagged`.
    pub fn flagged_words(&self) -> String {
        let each: Vec<String> =
            self.flags.iter().map(|(flag, count)| format!("{count} {}", flag.replace('_', " "))).collect();
        let which = if each.is_empty() { String::new() } else { format!(" ({})", each.join(", ")) };
        format!("{} flagged{which}", self.flagged)
    }
}

/// The journal: what it took since the start, and what it takes on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct JournalStatus {
    /// Frames flushed.
    pub frames: u64,
    /// Frames not journalled because it was behind.
    pub missed: u64,
    /// Frames not journalled because the disk did not take them, or had no room for them.
    pub failed: u64,
    /// Times that it stopped for want of room.
    #[serde(default)]
    pub stops: u64,
    /// Parts set aside because they did not open or write.
    pub set_aside: u64,
    /// Parts removed for age, for want of room, or because the disk was full.
    pub removed: u64,
    /// Parts there now.
    pub parts: u64,
    /// What they take on the disk, bytes.
    pub bytes: u64,
    /// Frames taken from it at the start, to go on where a run stopped that was killed.
    pub recovered: u64,
}

/// One camera as calibration has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct CameraStatus {
    /// Source.
    pub id: u8,
    /// Its name in the venue file.
    pub name: String,
    /// `ok`, `unverified`, `unheard`, `quiet`, `watch`, `alarm`, `excluded`, `useless` or `silent`.
    pub state: String,
    /// Whether it sends just now.
    #[serde(default)]
    pub is_heard: bool,
    /// Why it is silent or useless, in words; null where it is neither.
    #[serde(default)]
    pub trouble: Option<String>,
    /// For how long it has been so, or `quiet`, s; null where it is none of them.
    #[serde(default)]
    pub trouble_for_s: Option<f64>,
    /// What will be wrong with it within days, in words; null where nothing is foreseen.
    #[serde(default)]
    pub maintenance: Option<String>,
    /// Of this camera alone, 0.50–0.95; null while it is unverified, unheard, useless or silent.
    pub confidence: Option<f64>,
    /// How far its picture is off its model, px at the centre of its track; null with the confidence.
    pub drift_px: Option<f64>,
    /// Its standard deviation, px; null with the confidence.
    pub drift_sd_px: Option<f64>,
    /// How far its clock is ahead of what is corrected, µs; null with the confidence.
    pub clock_offset_us: Option<f64>,
    /// Corrections of its model so far.
    pub corrections: u32,
}

/// One mound's cameras as calibration has them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct MoundCameras {
    /// Mound id.
    pub mound: u8,
    /// `game`, `bullpen_home`, `bullpen_visitor`.
    pub name: String,
    /// `verified` or `unverified`.
    pub state: String,
    /// When enough of its cameras were verified last, ns since 1970; null where they never were.
    #[serde(default)]
    pub verified_ns: Option<u64>,
    /// How long ago that was, or the start, where they never were, s; null while they are verified.
    pub unverified_for_s: Option<f64>,
    /// Cameras that send what results can use, and are not left out.
    pub cameras_heard: u32,
    /// Cameras that a pitch needs.
    pub cameras_needed: u32,
    /// Whether somebody threw here within 15 minutes; while too few of its cameras are heard, within 15 of when it was last seen.
    pub in_use: bool,
    /// How far to trust its results, 0.50–0.95; null while it is unverified.
    pub confidence: Option<f64>,
    /// Whether readiness is held here while somebody throws, or was within the last two minutes.
    #[serde(default)]
    pub is_held: bool,
}

/// A while in which the box was away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct AwayStatus {
    /// When the last frame of a camera came before it, RFC 3339.
    pub from: String,
    /// When the box was back, RFC 3339.
    pub to: String,
    /// The same by the park's clock, `from 7:05:12 to 7:06:11 PM`.
    pub told: String,
}

/// The rig as calibration has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct CalibrationStatus {
    /// The ballpark's short name.
    pub venue: String,
    /// Of the game mound, 0.50–0.95; null while it is unverified.
    pub confidence: Option<f64>,
    /// Effective age of its calibration, s; null while it is unverified.
    pub age_s: Option<f64>,
    /// Whether any camera is heard.
    #[serde(default)]
    pub is_heard: bool,
    /// When any camera was heard last, ns since 1970, earlier runs included; null where none ever was.
    #[serde(default)]
    pub heard_ns: Option<u64>,
    /// Whiles of the last ten minutes in which the box was away and cameras spoke that nobody heard, oldest first.
    #[serde(default)]
    pub away: Vec<AwayStatus>,
    /// How far this box's clock is ahead of its cameras', s, where that makes one of them wrong, negative where it is behind; null
    /// while they agree.
    #[serde(default)]
    pub box_clock_off_s: Option<f64>,
    /// Below this confidence readiness is held.
    #[serde(default)]
    pub hold_below: f64,
    /// Below this one its pitchers are warned of; null where that is off.
    #[serde(default)]
    pub look_below: Option<f64>,
    /// Ascending by mound.
    #[serde(default)]
    pub mounds: Vec<MoundCameras>,
    /// Ascending by source.
    pub cameras: Vec<CameraStatus>,
}

/// What one address showed last that let nobody in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedKeyStatus {
    /// The address.
    pub from: String,
    /// When it was shown, RFC 3339, by the system's clock.
    pub at: String,
    /// How long ago that is, s.
    pub ago_s: u64,
    /// How often this address showed such a thing, as far as it is remembered.
    pub times: u64,
    /// Whether the last was not looked at, because too many wrong ones had come from there.
    pub limited: bool,
    /// What it was and what to do: of a key that is known its name and id, never the key.
    pub why: String,
}

/// Keys of the API, and attempts to use them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct AccessStatus {
    /// Keys in force.
    pub keys: u64,
    /// Requests let in by a key or cookie.
    pub admitted: u64,
    /// Requests refused because their key or cookie is not in force.
    pub refused: u64,
    /// Requests refused because too many wrong keys came from their address.
    pub limited: u64,
    /// The last refused key or cookie of each address since the start, the newest first: sixteen addresses at most, those that were
    /// heard last.
    #[serde(default)]
    pub last_refused: Vec<RefusedKeyStatus>,
}

/// State of a part of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// Nothing for it to do yet: no fault, and nothing that works either.
    Off,
    /// Not yet at work.
    Starting,
    /// At work.
    Ready,
    /// At work, but somebody should look.
    Degraded,
    /// Not at work.
    Failed,
    /// Ended, as told.
    Stopped,
}

impl PartState {
    /// All states, for metrics.
    pub const ALL: [Self; 6] = [Self::Off, Self::Starting, Self::Ready, Self::Degraded, Self::Failed, Self::Stopped];

    /// Whether the daemon may call itself ready.
    pub fn works(self) -> bool {
        matches!(self, Self::Off | Self::Ready | Self::Degraded)
    }

    /// As in JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A part of the daemon: `ingest`, `merge`, `writer`, `store`, `api`, `disk`, `control`, `cameras`, `calibration` and `clocks` as the
/// verdict has them, and `mqtt` where it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: PartState,
    /// Box time at which it came into this state.
    pub since: BoxNs,
    /// What is the matter and what to do; empty where nothing is.
    pub detail: String,
}

#[cfg(test)]
mod tests;
