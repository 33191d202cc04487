//! A rig that goes wrong, at the level of observations, in the whole pipeline and in the running daemon: it is told, corrected, and nothing false is.

mod calibration_daemon;
mod calibration_games;
mod calibration_pipeline;
#[path = "../support/common/mod.rs"]
mod common;
#[path = "../support/daemon_support/mod.rs"]
mod daemon_support;
#[path = "../support/thrower.rs"]
mod thrower;
