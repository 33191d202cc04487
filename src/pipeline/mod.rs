//! The merge thread's step: reorder → tracking → calibration → features → readiness, for every mound.
//!
//! The pipeline owns no thread, socket or clock. Frames come through the buffer's rings, time comes as an argument,
//! and what happened leaves as [`Output`]s: events to publish and records to write. So the same code runs behind a
//! socket and under a simulated clock.
//!
//! A [`Pipeline`] is made; it takes back what the store or a [`Checkpoint`] knows (`restore`, `resume_…`, or `warm`, then frames, then
//! `resume`); from [`Pipeline::journal`] on what enters is written down; then it is stepped, and takes each [`Input`] between
//! two steps, until it is finished or, where a kill kept it from that, cut short. A [`Replayer`] does the same with a journal.
//!
//! The watermark buffer calls back into `Downstream`, which is everything behind it: a tracker a mound, and one readiness
//! engine, with calibration beside them (`Rig`). A frame reaches its tracker when the eager watermark passes it (or at once where the eager watermark has
//! passed it already); the trackers keep what they need until the final watermark has passed the pitch.

mod arms;
mod as_json;
mod attribution;
mod calibrating;
mod catching_up;
mod checkpoint;
mod clocks;
mod downstream;
mod gap;
mod going_on;
mod held;
mod input;
mod late;
mod note;
mod numbers;
mod output;
mod profile;
mod record;
mod replay;
mod rig;
mod scales;
mod settings;
mod step;
mod whose;

pub use attribution::{AttributionStatus, MarkFeedState, MoundAttribution, Waiting};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use clocks::SourceClock;
pub use going_on::Beginning;
pub use held::Pipeline;
pub use input::{Answer, Input};
pub use late::{CRITICAL_FRAC, Critical, Remeasured};
pub use output::Output;
pub use profile::{Profile, Profiles};
pub use replay::{Answers, Replayer, Start};
pub use rig::{Kept, severity_of};
pub use settings::Settings;
