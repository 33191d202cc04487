//! The wire protocol of `pitchguard`, version 1: how cameras, devices and mark feeds speak to the daemon.
//!
//! Frames are decoded in place from a UDP datagram ([`frames`]) or from a stretch of a serial line
//! ([`serial::Decoder`]), and written into the caller's buffer by [`encode`] and [`serial::encode`]. Nothing here
//! allocates, and no input panics: the fields of a payload are read out of arrays whose length the compiler knows.
//! `SPEC.md` describes every byte, the order of the checks and the cause that each failure is counted under.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod auth;
mod ball;
mod bytes;
mod cause;
mod fiducial;
mod frame;
mod header;
mod health;
mod mark;
mod pose;
pub mod serial;
mod source;
mod spin;

pub use auth::{Authentication, Keyring, TAG_LEN};
pub use ball::Ball;
pub use cause::{Cause, EncodeError, Rejected};
pub use fiducial::Fiducial;
pub use frame::{Body, Frame, Frames, Kind, MAX_DATAGRAM, MAX_FRAME, decode, encode, frames};
pub use header::{HEADER_LEN, MAGIC};
pub use health::Health;
pub use mark::{Mark, MarkKind};
pub use pose::{Joint, Pose};
pub use source::SourceId;
pub use spin::Spin;
