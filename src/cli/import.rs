//! `pitchguard import`: history into the store.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::run_job::{self, VerbError};
use crate::config::StoreConfig;
use crate::history::jobs::{Job, Kind};
use crate::risk;

/// `pitchguard import …`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What to import.
    #[command(subcommand)]
    pub what: ImportWhat,
}

/// The kinds of history.
#[derive(Debug, Subcommand)]
pub enum ImportWhat {
    /// Pitches from Baseball Savant's CSV files, of any year's columns; a file may be imported again at will
    Savant {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Placements from injured-list reports in `FanGraphs`' layout
    Injuries {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The season of rows that say none: a report as its source exports it has no such column.
        #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1901..=2261))]
        season: Option<u16>,
    },
    /// Game means of pitchers, for seasons without their pitches; import injuries first, whose names tell ids
    Appearances {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Names of people with their clubs and roles: a CSV file with columns `mlbam_id` and `name`, and `team`, `throws` and `role`
    Roster {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Runs the verb.
///
/// # Errors
/// The store cannot be used, or a file could not be read.
pub fn run(args: &ImportArgs, store: &StoreConfig, risk: &risk::Config) -> Result<ExitCode, VerbError> {
    let mut of_season = None;
    let (what, files) = match &args.what {
        ImportWhat::Savant { files } => (Kind::Savant, files),
        ImportWhat::Injuries { files, season } => {
            of_season = *season;
            (Kind::Injuries, files)
        }
        ImportWhat::Appearances { files } => (Kind::Appearances, files),
        ImportWhat::Roster { files } => (Kind::Roster, files),
    };
    run_job::run(&Job::Import { what, season: of_season }.into(), files, store, risk)
}
