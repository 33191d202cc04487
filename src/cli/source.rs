//! `pitchguard source`: how far each source of signed frames has come, and believing its clock anew.

use std::process::ExitCode;

use clap::Subcommand;

use super::run_job::{self, VerbError};
use super::values;
use crate::config::StoreConfig;
use crate::daemon::upkeep::Upkeep;
use crate::risk;

/// Arguments of `source`.
#[derive(Debug, clap::Args)]
pub struct SourceArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists how far each has come: signed frames of more than 32 s before that are refused as old ones sent again.
    List,
    /// Forgets how far one has come: for a camera whose clock was ahead and is right now.
    Reset {
        /// Its number.
        #[arg(value_parser = values::count::<1, 63>, allow_negative_numbers = true)]
        source: u32,
    },
}

/// Runs the verb.
///
/// # Errors
/// The store cannot be used, or the source has no mark.
pub fn run(args: &SourceArgs, store: &StoreConfig) -> Result<ExitCode, VerbError> {
    let upkeep = match args.what {
        What::List => Upkeep::SourceList,
        What::Reset { source } => Upkeep::SourceReset { source: source as u8 },
    };
    run_job::run(&upkeep.into(), &[], store, &risk::Config::default())
}
