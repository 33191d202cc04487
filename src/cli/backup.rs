//! `pitchguard backup` and `pitchguard retention`: the store looked after, by the daemon where it runs.

use std::path::PathBuf;
use std::process::ExitCode;

use super::run_job::{self, VerbError};
use super::values;
use crate::config::StoreConfig;
use crate::daemon::upkeep::Upkeep;
use crate::risk;

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// Directory to write into; `[store] backup_dir` where not given. A running daemon writes it, so it must be allowed to.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// MB a second at most, 0 for no limit; `[store] backup_rate_mb_s` where not given.
    #[arg(long, value_name = "MB/S", value_parser = values::count::<0, 100_000>, allow_negative_numbers = true)]
    rate: Option<u32>,
}

/// Arguments of `retention`.
#[derive(Debug, clap::Args)]
pub struct RetentionArgs {
    /// Only counts what would be removed.
    #[arg(long)]
    dry_run: bool,
}

/// Writes a backup: compacted, verified, put into place whole.
///
/// # Errors
/// No backup was kept.
pub fn backup(args: &BackupArgs, store: &StoreConfig) -> Result<ExitCode, VerbError> {
    // The daemon that may do it stands in another directory.
    let to = args.to.as_ref().map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.clone()));
    run_job::run(&Upkeep::Backup { to, rate_mb_s: args.rate }.into(), &[], store, &risk::Config::default())
}

/// Forgets what is older than `[store] retention_years`.
///
/// # Errors
/// The store cannot be used.
pub fn retention(args: &RetentionArgs, store: &StoreConfig) -> Result<ExitCode, VerbError> {
    run_job::run(&Upkeep::Retention { dry_run: args.dry_run }.into(), &[], store, &risk::Config::default())
}
