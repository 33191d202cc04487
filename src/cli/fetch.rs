//! `pitchguard fetch`: new days from a source over HTTP.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::run_job::{self, VerbError};
use super::values;
use crate::config::StoreConfig;
use crate::history::jobs::Job;
use crate::risk;

/// `pitchguard fetch …`
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// What to fetch.
    #[command(subcommand)]
    pub what: FetchWhat,
}

/// The sources.
#[derive(Debug, Subcommand)]
pub enum FetchWhat {
    /// Pitches from Baseball Savant, or from whom answers as it does; goes on where it stopped
    Savant {
        /// First day, YYYY-MM-DD.
        #[arg(long, value_name = "DATE", value_parser = values::day, required_unless_present = "again", requires = "to")]
        from: Option<Date>,
        /// Last day, YYYY-MM-DD.
        #[arg(long, value_name = "DATE", value_parser = values::day, required_unless_present = "again", requires = "from")]
        to: Option<Date>,
        /// First and last day of a time that is fetched anew, also where it has come: what the source says now takes the place of
        /// what it said then.
        #[arg(long, num_args = 2, value_names = ["FROM", "TO"], value_parser = values::day, conflicts_with_all = ["from", "to"])]
        again: Option<Vec<Date>>,
        /// The source; <https://baseballsavant.mlb.com> where not given.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
}

/// Runs the verb.
///
/// # Errors
/// The store cannot be used, or not all days came.
pub fn run(args: &FetchArgs, store: &StoreConfig, risk: &risk::Config) -> Result<ExitCode, VerbError> {
    let FetchWhat::Savant { from, to, again, url } = &args.what;
    let (from, to) = match (again.as_deref(), from, to) {
        (Some([from, to]), ..) | (_, Some(from), Some(to)) => (*from, *to),
        _ => unreachable!("clap asks for either both days or --again with two"),
    };
    let work = Job::Fetch { from, to, url: url.clone(), again: again.is_some() };
    run_job::run(&work.into(), &[], store, risk)
}
