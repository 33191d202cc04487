//! `pitchguard outbox`: the summaries on their way to the analytics cloud.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::out::say;
use super::run_job::{self, VerbError};
use crate::config::Config;
use crate::history::jobs::Job;
use crate::upstream::schema;

/// `pitchguard outbox …`
#[derive(Debug, Args)]
pub struct OutboxArgs {
    #[command(subcommand)]
    what: OutboxWhat,
}

#[derive(Debug, Subcommand)]
enum OutboxWhat {
    /// Tells what waits, what was delivered, and the newest of what the cloud refused, with its reason
    List,
    /// Puts what the cloud refused back into the backlog: when the cloud takes it now
    Requeue,
    /// Prints the JSON Schema of what goes to the cloud
    Schema,
}

/// Runs it.
///
/// # Errors
/// The store cannot be used, or the daemon that has it would not.
pub fn run(args: &OutboxArgs, config: &Config) -> Result<ExitCode, VerbError> {
    match args.what {
        OutboxWhat::List => run_job::run(&Job::Outbox.into(), &[], &config.store, &config.risk),
        OutboxWhat::Requeue => run_job::run(&Job::Requeue.into(), &[], &config.store, &config.risk),
        OutboxWhat::Schema => {
            say!("{:#}", schema::document());
            Ok(ExitCode::SUCCESS)
        }
    }
}
