//! `pitchguard etl`: everything brought up to date, from the source to the daily model.

use std::process::ExitCode;

use jiff::civil::Date;

use super::run_job::{self, VerbError};
use super::values;
use crate::config::StoreConfig;
use crate::history::jobs::Job;
use crate::risk;

/// Arguments of `etl`.
#[derive(Debug, clap::Args)]
pub struct EtlArgs {
    /// First day to fetch, YYYY-MM-DD; a little before the newest stored pitch where not given.
    #[arg(long, value_name = "DATE", value_parser = values::day)]
    pub from: Option<Date>,
    /// Last day to fetch, YYYY-MM-DD; yesterday where not given.
    #[arg(long, value_name = "DATE", value_parser = values::day)]
    pub to: Option<Date>,
    /// The source; <https://baseballsavant.mlb.com> where not given.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Fetches nothing: only what is stored already.
    #[arg(long, conflicts_with_all = ["from", "to", "url"])]
    pub no_fetch: bool,
}

/// Runs the verb.
///
/// # Errors
/// The store cannot be used, or not all days came.
pub fn run(args: &EtlArgs, store: &StoreConfig, risk: &risk::Config) -> Result<ExitCode, VerbError> {
    let work = Job::Etl { from: args.from, to: args.to, url: args.url.clone(), fetch: !args.no_fetch };
    run_job::run(&work.into(), &[], store, risk)
}
