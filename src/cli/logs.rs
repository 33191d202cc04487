//! Logs of the daemon: to the journal where the service manager reads them, plain lines in a terminal, JSON lines else.
//!
//! In the journal each field has its own name in capitals: `journalctl PITCHER=… SOURCE=4 REQUEST_ID=…`. People's names and
//! numbers are fields of levels from debug on, so that a log at its usual level holds nothing about a person. Lines are
//! limited by kind, and what is left out is counted ([`throttle`]).

mod throttle;

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;

use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, fmt, reload};

use self::throttle::Throttle;
use crate::config::LogLevel;

/// Environment variable that wins over `[log] level`.
const VARIABLE: &str = "PITCHGUARD_LOG";
/// What the journal's `SYSLOG_IDENTIFIER` says.
const IDENTIFIER: &str = "pitchguard";

/// The journal's priorities: its own default makes every information a notice.
const PRIORITIES: PriorityMappings = PriorityMappings {
    error: Priority::Error,
    warn: Priority::Warning,
    info: Priority::Informational,
    debug: Priority::Debug,
    trace: Priority::Debug,
};

/// Changes what is logged.
#[derive(Debug, Clone)]
pub(super) struct Logs(reload::Handle<Targets, Registry>);

impl Logs {
    /// Logs from this level on.
    ///
    /// # Errors
    /// The environment has a level, which wins, in words.
    pub(super) fn set(&self, level: &LogLevel) -> Result<(), String> {
        if std::env::var_os(VARIABLE).is_some() {
            return Err(format!("{VARIABLE} in the environment wins over [log] level; unset it and restart"));
        }
        self.0.reload(level.targets()).map_err(|error| error.to_string())
    }
}

/// Starts logging, from the level of the environment or else this one.
///
/// # Errors
/// The level in the environment is none, in words.
pub(super) fn start(level: &LogLevel) -> Result<Logs, String> {
    let from_environment = std::env::var(VARIABLE).ok().map(|text| text.parse::<LogLevel>());
    let level = match from_environment.transpose() {
        Ok(environment) => environment.unwrap_or_else(|| level.clone()),
        Err(error) => return Err(format!("environment {VARIABLE} {error}")),
    };
    let (targets, handle) = reload::Layer::new(level.targets());
    let throttle = Throttle::default();
    throttle.keep_telling().map_err(|error| format!("cannot start a thread: {error}"))?;
    let registry = tracing_subscriber::registry().with(targets).with(throttle);
    // Where there is no journal after all, its reader takes the lines.
    let journal = read_by_journal().then(tracing_journald::layer).and_then(Result::ok);
    match journal {
        Some(journal) => {
            let journal = journal
                .with_field_prefix(None)
                .with_syslog_identifier(IDENTIFIER.to_owned())
                .with_priority_mappings(PRIORITIES);
            registry.with(journal).init();
        }
        None if std::io::stderr().is_terminal() => {
            let lines = fmt::layer().with_target(false).with_writer(std::io::stderr).log_internal_errors(false);
            registry.with(lines).init();
        }
        // Where nobody takes the lines any more (`2>&1 | head`), telling that on the same way would end the thread.
        None => {
            registry.with(fmt::layer().json().with_writer(std::io::stderr).log_internal_errors(false)).init();
        }
    }
    Ok(Logs(handle))
}

/// Whether standard error is the journal's own stream, as `JOURNAL_STREAM` (device:inode) says: a child whose output goes
/// elsewhere inherits the variable all the same.
fn read_by_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let stderr = std::fs::metadata("/proc/self/fd/2");
    stderr.is_ok_and(|stderr| stream == format!("{}:{}", stderr.dev(), stderr.ino()))
}
