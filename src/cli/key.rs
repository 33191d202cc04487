//! `pitchguard key`: who may ask the API from beyond loopback.

use std::process::ExitCode;

use clap::Subcommand;
use jiff::civil::Date;

use super::run_job::{self, VerbError};
use super::values;
use crate::config::StoreConfig;
use crate::daemon::upkeep::Upkeep;
use crate::risk;

/// Arguments of `key`.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes a key and shows it, this once.
    Add {
        /// What its holder is called: `bullpen tablet`, `prometheus`.
        #[arg(long)]
        name: String,
        /// The last day on which it admits, YYYY-MM-DD, UTC; for ever where not given.
        #[arg(long, value_name = "DATE", value_parser = values::day)]
        expires: Option<Date>,
    },
    /// Lists the keys: names, ids, how long they are good, when they were last used.
    List,
    /// Revokes a key, at once.
    Revoke {
        /// Its name or id.
        name: String,
    },
}

/// Runs the verb.
///
/// # Errors
/// The store cannot be used, or the key cannot be made or is not there.
pub fn run(args: &KeyArgs, store: &StoreConfig) -> Result<ExitCode, VerbError> {
    let upkeep = match &args.what {
        What::Add { name, expires } => Upkeep::KeyAdd { name: name.clone(), expires: *expires },
        What::List => Upkeep::KeyList,
        What::Revoke { name } => Upkeep::KeyRevoke { name: name.clone() },
    };
    run_job::run(&upkeep.into(), &[], store, &risk::Config::default())
}
