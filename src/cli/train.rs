//! `pitchguard train`: a risk model from the store, or from files.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::civil::Date;

use super::out::say;
use super::run_job::{self, VerbError};
use super::values;
use crate::config::StoreConfig;
use crate::history::jobs::{Job, ModelJob};
use crate::risk;

/// `pitchguard train`
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Game means (`player_name`, `game_date`, `num_pitches`, …) to train on instead of the store's games
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "injuries")]
    appearances: Vec<PathBuf>,
    /// Injured-list reports that go with them
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "appearances")]
    injuries: Vec<PathBuf>,
    /// Test on this year, calibrate on the one before, train on all before that; the latest year with placements enough to
    /// judge a model where left out
    #[arg(long, value_name = "YEAR", value_parser = values::year, allow_negative_numbers = true)]
    test_year: Option<i16>,
    /// Games and placements are known up to this day (YYYY-MM-DD); as far as both tell where left out
    #[arg(long, value_name = "DATE", value_parser = values::day)]
    data_end: Option<Date>,
    /// Writes the model card
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "docs/model-card.md")]
    report: Option<PathBuf>,
    /// Lets the model serve at once
    #[arg(long)]
    promote: bool,
    /// Lets it serve even if it is not better than chance; its numbers are then shown to nobody
    #[arg(long, requires = "promote")]
    force: bool,
    /// Trains and tells, and keeps nothing
    #[arg(long, conflicts_with = "promote")]
    dry_run: bool,
}

/// Trains, tells how the model does, and keeps it in the registry.
///
/// # Errors
/// What the rooms beneath say, with what to do.
pub fn run(args: &TrainArgs, store: &StoreConfig, risk: &risk::Config) -> Result<ExitCode, VerbError> {
    let files = [&args.injuries[..], &args.appearances[..]].concat();
    let ask = ModelJob::Train {
        test_year: args.test_year,
        data_end: args.data_end,
        keep: !args.dry_run,
        promote: args.promote,
        force: args.force,
        reports: (!files.is_empty()).then_some(args.injuries.len()),
    };
    // Files that are only tried need no store, and none is made for them.
    let scratch =
        (args.dry_run && !files.is_empty()).then(tempfile::tempdir).transpose().map_err(VerbError::Scratch)?;
    let path = scratch.as_ref().map_or(store.path.as_path(), |dir| dir.path());
    let store = StoreConfig { path: path.to_path_buf(), ..store.clone() };
    let outcome = run_job::ask(&Job::Model { ask }.into(), &files, &store, risk)?;
    if let Some(card) = &outcome.card {
        say!("{card}");
        if let Some(path) = &args.report {
            std::fs::write(path, card).map_err(|source| VerbError::Card { path: path.clone(), source })?;
        }
    }
    run_job::told(outcome)
}
