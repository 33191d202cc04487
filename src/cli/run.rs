//! `pitchguard run`: the daemon.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::check_config::{EXIT_CONFIG, hold};
use super::out::tell;
use super::verbs::chain;
use super::{logs, values};
use crate::clock::BoxClock;
use crate::config::{Config, DEFAULT_FILE, Provenance};
use crate::daemon::reload::Reload;
use crate::daemon::systemd::{Sockets, SocketsError};
use crate::daemon::{Daemon, DaemonError, known_good_config, service};
use crate::store::tell_of_lost_pages;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How much faster than the wall box time runs: for tests that push hours of game through a real socket.
    #[arg(long, default_value_t = 1.0, hide = true, value_parser = values::clock_speed)]
    clock_speed: f64,
    /// When a clock of that speed began, ns since the Unix epoch: for tests that start the daemon again.
    #[arg(long, hide = true)]
    clock_since: Option<u64>,
    /// With a database that cannot be used, wait so many seconds, or until it is another, before ending: a service manager that
    /// starts it again and again then does so with measure.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, hide = true)]
    hold: u64,
}

/// Why the daemon does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The level of the log that the environment asks for.
    #[error("{0}")]
    Log(String),
    /// What the service manager handed over.
    #[error(transparent)]
    Sockets(#[from] SocketsError),
    /// The daemon does not start, or lost a part.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
}

/// Runs until SIGTERM or Ctrl-C, then lets through and commits all that was received. SIGHUP reads the configuration anew.
///
/// A database that nobody but a person can help gives 78, so that a service manager does not try for ever.
///
/// # Errors
/// The daemon does not start, or a thread that it cannot do without ended.
pub fn run(file: Option<&Path>, config: &Config, provenance: Provenance, args: &Args) -> Result<ExitCode, RunError> {
    let logs = logs::start(&config.log.level).map_err(RunError::Log)?;
    let sockets = Sockets::inherited()?.serving(config.ingest.udp_listen, config.http.listen);
    let (frames, http) = (sockets.udp.is_some(), sockets.http.is_some());
    let clock = args
        .clock_since
        .map_or_else(|| BoxClock::start(args.clock_speed), |began_ns| BoxClock::since(began_ns, args.clock_speed));
    let reload = Reload::new(file.map(Path::to_path_buf), config, provenance, Box::new(move |level| logs.set(level)));
    tell_of_lost_pages();
    let daemon = match Daemon::start_on(config, clock, sockets) {
        Err(DaemonError::Store(error)) if error.wants_a_person() => {
            tell!("pitchguard: {}", chain(&error));
            hold(&config.store.path.join("data.mdb"), Duration::from_secs(args.hold));
            return Ok(ExitCode::from(EXIT_CONFIG));
        }
        started => started?,
    };
    let ended = service::serve(&daemon, reload, || {
        tracing::info!(
            udp = %daemon.udp, http = %daemon.http, store = %config.store.path.display(), udp_handed_over = frames,
            http_handed_over = http, "ready"
        );
        let file = file.unwrap_or(Path::new(DEFAULT_FILE));
        if let Err(error) = known_good_config::keep(&config.store.path, file, config.venue.file.as_deref()) {
            tracing::warn!(%error, "the configuration that works is not kept: `pitchguard rollback config` cannot go back to it");
        }
    });
    tracing::info!("stopping: letting through what was received");
    let telemetry = Arc::clone(&daemon.telemetry);
    daemon.shutdown();
    let report = telemetry.report();
    let (frames, ingest) = (report.reorder.accounting, report.ingest.unwrap_or_default());
    tracing::info!(
        received = frames.received,
        released = frames.released,
        duplicate = frames.duplicate,
        late = frames.late,
        quarantined = frames.quarantined,
        refused = frames.refused,
        overflowed = frames.overflowed,
        held = frames.held,
        datagrams = ingest.datagrams,
        kernel_drops = ingest.kernel_drops,
        "stopped"
    );
    ended.map(|()| ExitCode::SUCCESS).map_err(RunError::from)
}
