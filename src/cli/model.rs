//! `pitchguard model`: the registry of risk models.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::run_job::{self, VerbError};
use super::values;
use crate::config::StoreConfig;
use crate::history::jobs::{Job, ModelJob};
use crate::risk;

/// `pitchguard model …`
#[derive(Debug, Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    what: ModelWhat,
}

#[derive(Debug, Subcommand)]
enum ModelWhat {
    /// Lists all models, oldest first; the one that serves has a star
    List,
    /// Shows a model's card; the serving one's where no version is given
    Show {
        /// Which.
        version: Option<String>,
    },
    /// Lets a model serve
    Promote {
        /// Which.
        version: String,
        /// Even if it is not better than chance; its numbers are then shown to nobody
        #[arg(long)]
        force: bool,
    },
    /// Lets no model serve, until one is promoted or this is rolled back
    Retire,
    /// Lets the model serve again that did before
    Rollback,
    /// Judges a model on a year, and tells how far its inputs have moved since it was trained
    Evaluate {
        /// Which; the serving one where left out.
        version: Option<String>,
        /// On which year.
        #[arg(long, value_name = "YEAR", value_parser = values::year, allow_negative_numbers = true)]
        year: i16,
        /// Game means instead of the store's games
        #[arg(long, value_name = "FILE", num_args = 1.., requires = "injuries")]
        appearances: Vec<PathBuf>,
        /// Injured-list reports that go with them
        #[arg(long, value_name = "FILE", num_args = 1.., requires = "appearances")]
        injuries: Vec<PathBuf>,
    },
}

/// Runs the verb.
///
/// # Errors
/// What the registry says.
pub fn run(args: &ModelArgs, store: &StoreConfig, risk: &risk::Config) -> Result<ExitCode, VerbError> {
    let mut files = Vec::new();
    let ask = match &args.what {
        ModelWhat::List => ModelJob::List,
        ModelWhat::Show { version } => ModelJob::Show { version: version.clone() },
        ModelWhat::Promote { version, force } => ModelJob::Promote { version: version.clone(), force: *force },
        ModelWhat::Retire => ModelJob::Retire,
        ModelWhat::Rollback => ModelJob::Rollback,
        ModelWhat::Evaluate { version, year, appearances, injuries } => {
            files = [&injuries[..], &appearances[..]].concat();
            let reports = (!files.is_empty()).then_some(injuries.len());
            ModelJob::Evaluate { version: version.clone(), year: *year, reports }
        }
    };
    run_job::run(&Job::Model { ask }.into(), &files, store, risk)
}
