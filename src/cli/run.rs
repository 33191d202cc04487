//! `pitchguard run`: the daemon.

use std::process::ExitCode;

use super::logs;
use crate::clock::BoxClock;
use crate::config::Config;
use crate::daemon::{Daemon, DaemonError};

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How much faster than the wall box time runs: for tests that push hours of game through a real socket.
    #[arg(long, default_value_t = 1.0, hide = true, value_parser = clap::value_parser!(f64))]
    clock_speed: f64,
}

/// Runs until SIGTERM or Ctrl-C, then lets through and commits all that was received.
pub fn run(config: &Config, args: &Args) -> Result<ExitCode, DaemonError> {
    logs::start();
    let daemon = Daemon::start(config, BoxClock::start(args.clock_speed))?;
    tracing::info!(udp = %daemon.udp, http = %daemon.http, store = %config.store.path.display(), "ready");
    daemon.wait_for_signal()?;
    tracing::info!("stopping: letting through what was received");
    daemon.shutdown();
    Ok(ExitCode::SUCCESS)
}
