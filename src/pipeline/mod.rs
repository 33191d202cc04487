//! The merge thread's step: reorder → tracking → calibration → features → readiness, for every mound.
//!
//! The pipeline owns no thread, socket or clock. Frames come through the buffer's rings, time comes as an argument,
//! and what happened leaves as [`Output`]s: events to publish and records to write. So the same code runs behind a
//! socket and under a simulated clock.
//!
//! The watermark buffer calls back into `Downstream`, which is everything behind it: a tracker a mound, and one readiness
//! engine, with calibration beside them (`Rig`). A frame reaches its tracker when the eager watermark passes it (or at once where the eager watermark has
//! passed it already); the trackers keep what they need until the final watermark has passed the pitch.

mod arms;
mod attribution;
mod calibrating;
mod checkpoint;
mod clocks;
mod downstream;
mod gap;
mod held;
mod input;
mod late;
mod numbers;
mod output;
mod profile;
mod record;
mod replay;
mod scales;
mod step;
mod whose;

pub use attribution::{AttributionStatus, MarkFeedState, MoundAttribution, Waiting};
pub use calibrating::{Kept, severity_of};
pub use checkpoint::{Beginning, Checkpoint, CheckpointError};
pub use late::{CRITICAL_FRAC, Critical, Remeasured};
pub use output::Output;
pub use profile::{Profile, Profiles};
pub use replay::{Answers, Replayer, Start};
pub use step::{Pipeline, Settings, SourceClock};
