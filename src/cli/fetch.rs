//! `pitchguard fetch`: new days from a source over HTTP.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::values;
use super::work::{self, VerbError};
use crate::config::StoreConfig;
use crate::history::work::Work;
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
        #[arg(long, value_name = "DATE", value_parser = values::day)]
        from: Date,
        /// Last day, YYYY-MM-DD.
        #[arg(long, value_name = "DATE", value_parser = values::day)]
        to: Date,
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
    let FetchWhat::Savant { from, to, url } = &args.what;
    work::run(&Work::Fetch { from: *from, to: *to, url: url.clone() }.into(), &[], store, risk)
}
