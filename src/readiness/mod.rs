//! Indices, intervals, reasons, recommendation and alerts (science.md §6).
//!
//! [`Engine`] is the room: pitches go in, what to publish comes out; no clock, no I/O, and the same pitches in the same
//! order give the same output to the last bit. Readiness describes today's arm and promises nothing about injury; every
//! recommendation says so.

mod alert;
mod alerts;
mod answer;
mod arm;
mod config;
mod engine;
mod indices;
mod presence;
mod record;
mod run;
mod sight;
mod silence;
mod trend;
mod two_mounds;
mod unseen;
mod verdict;
mod words;

pub use alert::{Alert, Audience, CameraAlert, Severity};
pub use alerts::Rule;
pub use answer::{AsOf, FeatureValue, Index, InjuryRisk, Readiness, Side, VERDICT_FOR_S, Verdict, VerdictAbsent};
pub use config::{AlertConfig, Config, Limit, Limits, Ramp, VerdictLimits};
pub use engine::{Engine, EngineState, Outcome};
pub use indices::{Indices, Inputs, Judge, Points};
pub use presence::{Presence, PresenceState, Sign};
pub use sight::Unseen;
pub use trend::{Trend, TrendPoint};
pub use words::{sentence, whole, within};
