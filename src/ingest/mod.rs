//! From bytes to frames, and onto the source's ring.
//!
//! One OS thread per socket ([`udp`]) receives datagrams in batches with the kernel's stamps, decodes and admits their
//! frames ([`intake`]), and hands them to a [`FrameSink`]. After start it allocates nothing. Whatever is refused is
//! counted by cause and source ([`counters`]).

pub mod counters;
pub mod intake;
pub mod keys;
mod sys;
pub mod udp;

use firmware_protocol::{Ball, Body, Fiducial, Health, Mark, Spin};

pub use counters::{IngestCounters, IngestSnapshot, Refusal, SourceSnapshot};
pub use keys::{KeyFileError, KeyRing};
pub use udp::{IngestError, UdpIngest, UdpSettings};

use crate::ids::{BoxNs, EventNs};

/// What one accepted frame says, as it waits in the watermark buffer. Fixed size, no heap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signal {
    /// A ball seen by a camera, in pixels.
    Ball(Ball),
    /// A landmark seen by a camera, in pixels.
    Fiducial(Fiducial),
    /// A ball's spin at release.
    Spin(Spin),
    /// A pose of so many joints on that mound.
    Pose {
        /// Mound that the frame names.
        mound: u8,
        /// Joints in the frame.
        joints: u8,
    },
    /// What the game feed says happened.
    Mark(Mark),
    /// A camera's heartbeat.
    Health(Health),
}

impl From<&Body<'_>> for Signal {
    fn from(body: &Body<'_>) -> Self {
        match body {
            Body::Ball(ball) => Self::Ball(*ball),
            Body::Fiducial(fiducial) => Self::Fiducial(*fiducial),
            Body::Spin(spin) => Self::Spin(*spin),
            // The count is a byte on the wire.
            Body::Pose(pose) => Self::Pose { mound: pose.mound, joints: pose.count() as u8 },
            Body::Mark(mark) => Self::Mark(*mark),
            Body::Health(health) => Self::Health(*health),
        }
    }
}

/// An accepted frame with its times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stamped<T> {
    /// Who sent it, 1 to 63.
    pub source: u8,
    /// The source's count of its frames; wraps.
    pub seq: u32,
    /// When it was exposed.
    pub event: EventNs,
    /// When the kernel received it.
    pub arrival: BoxNs,
    /// What it says.
    pub payload: T,
}

/// Where accepted frames go. Called on the receiving thread: it must neither block nor allocate.
pub trait FrameSink: Send + 'static {
    /// Takes a frame. Arrivals never go back.
    fn frame(&mut self, frame: Stamped<Signal>);
    /// The receiver is alive and has handed over all that had arrived before `now`; comes every 50 ms at least.
    fn beat(&mut self, now: BoxNs);
}
