//! Logs of the daemon: plain lines in a terminal, JSON lines otherwise. `PITCHGUARD_LOG` sets the level.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging to stderr.
pub(super) fn start() {
    let filter = EnvFilter::try_from_env("PITCHGUARD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).init();
    } else {
        builder.json().init();
    }
}
