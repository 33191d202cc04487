//! How far each camera is off its model, how far to trust the rig, and what to do about it (science.md §2 and §3).
//!
//! [`Calibration`] owns a venue. Evidence of pitches, rounds of landmarks, heartbeats and weather come in with the time;
//! corrections, states and alerts go out as [`Event`]s. Pure logic: no clock, no thread, no disk.
//!
//! # The way of a pitch
//! [`RigEvidence`](crate::tracking::evidence::RigEvidence) → the mound's joint filter (`rig`) → per camera a control chart of what this pitch alone says (`chart`)
//! and the filter's estimate → confidence (`confidence`) → the rules: watch and alarm, exclusion and return (`rules`),
//! correction and its trial (`repair`). A watch needs both: a chart beyond its limit, and an estimate that is large
//! enough to matter and clear of its own standard deviation. Rounds of landmarks go the same way (`landmarks`), and are
//! first asked whether the whole rig moved (`motion`).

mod away;
mod build_report;
mod camera_state;
mod chart;
mod clock_set;
mod confidence;
mod config;
mod estimator;
mod event;
mod filter;
mod heard;
mod joint_filter;
mod landmarks;
mod maintenance;
mod motion;
mod presence;
mod repair;
mod report;
mod rules;
mod state;
mod verify;
mod weather;

pub use build_report::held_words;
pub use confidence::{REACHED as CONFIDENCE_REACHED, shown as confidence_shown};
pub use config::{Config, Limits};
pub use estimator::Calibration;
pub use event::{AlertKind, CameraState, Event, EventKind};
pub use presence::{ABSENT_S, CLOCK_AHEAD_S_MAX, CLOCK_BEHIND_S_MAX, MoundSight, UNVERIFIED_TOLD_S, clock_words};
pub use report::{
    AwayWhile, CameraReport, ChartPoint, Confidence, CorrectionRecord, Drift, MoundReport, MoundState, NextAction,
    Outcome, Proposal, Report, StandingAlert,
};
pub use rules::FIT_CAMERAS_MIN;
pub use state::{CalibrationState, ExactState};
pub use verify::unverified_words;
pub use weather::Conditions;
