//! The daemon and its API as processes and whole games: how it starts and ends, what holds it up, what attacks it, what looks after it.

mod api_serves;
mod clocks;
mod clocks_daemon;
mod clocks_set;
#[path = "../support/common/mod.rs"]
mod common;
mod daemon_abuse;
mod daemon_games;
mod daemon_life;
#[path = "../support/daemon_support/mod.rs"]
mod daemon_support;
mod early_daemon;
mod environment_sensors;
mod game;
mod holdups;
mod hostile;
mod ops;
#[path = "../support/risk_support/mod.rs"]
mod risk_support;
mod service;
