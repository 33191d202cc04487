//! From bytes to frames, and onto the source's ring.
//!
//! One OS thread per socket ([`udp`]) receives datagrams in batches with the kernel's stamps, one per serial line ([`serial`])
//! reads what stands between zeros; both decode and admit frames ([`intake`]), by how far each source has come ([`marks`]) and
//! what was heard before the start ([`heard`]), note from where each source sends (`senders`), and hand them to a [`FrameSink`]. After start no frame costs an allocation. Whatever is refused is counted by cause and source
//! ([`counters`]), and the last of each sender is remembered ([`refused`]).

pub mod counters;
pub mod heard;
pub mod intake;
pub mod keys;
pub mod line;
pub mod looks;
pub mod marks;
pub mod refusals;
pub mod refused;
mod senders;
pub mod serial;
mod sink;
mod sys;
pub mod udp;

pub use counters::{IngestCounters, IngestSnapshot, Refusal, SourceSnapshot};
pub use heard::Heard;
pub use keys::{KeyFileError, KeyRing, Keys};
pub use line::{LineError, LineSnapshot, LineState, SerialLine};
pub use marks::{Marks, SourceMark};
pub use refusals::{OnlyRefused, RefusedSources};
pub use refused::{RefusedFrame, Sender};
pub use senders::Twofold;
pub use serial::SerialIngest;
pub use sink::FrameSink;
pub use udp::{IngestError, UdpIngest, UdpSettings};
