//! The watermark buffer: frames come in as they arrive, and leave in order of event time.
//!
//! It knows nothing of pixels: a frame is a source, a sequence number, two times and a payload.
#![allow(clippy::inline_always)] // what every frame passes is one loop: calls in it are a tenth of its instructions

mod build;
mod calendar;
mod config;
mod fence;
mod frame;
mod judge;
mod lag;
mod mound;
mod poll;
mod pool;
mod prefetch;
mod producer;
mod ring;
mod source;
mod status;
mod tally;

pub use build::buffer;
pub use config::{CAMERA_MAX, Config, ConfigError, MOUNDS_MAX, MoundPlan, SOURCE_MAX, SPAN_TICKS, TICK_BITS};
pub use frame::{Route, Sink, Stamped};
pub use poll::Reorder;
pub use producer::{Life, Overflowed, Producer};
pub use status::{Counts, SourceState, SourceStatus};
