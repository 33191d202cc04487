//! `pitchguard train`: a risk model from the store, or from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::risk::Day;
use crate::risk::read::{self, ReadError};
use crate::risk::registry::{Registry, RegistryError};
use crate::risk::report::model_card;
use crate::risk::series::Series;
use crate::risk::stored;
use crate::risk::train::{Plan, TrainError, train};
use crate::store::{Store, StoreError, StoreOptions};

/// `pitchguard train`
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Game means (`player_name`, `game_date`, `num_pitches`, …) to train on instead of the store's games
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "injuries")]
    appearances: Vec<PathBuf>,
    /// Injured-list reports that go with them
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "appearances")]
    injuries: Vec<PathBuf>,
    /// Test on this year, calibrate on the one before, train on all before that; the latest year where left out
    #[arg(long, value_name = "YEAR")]
    test_year: Option<i16>,
    /// Placements are known up to this day (YYYY-MM-DD); the latest game's day where left out
    #[arg(long, value_name = "DATE", value_parser = day)]
    data_end: Option<Day>,
    /// Writes the model card
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "docs/model-card.md")]
    report: Option<PathBuf>,
    /// Lets the model serve at once
    #[arg(long)]
    promote: bool,
    /// Trains and tells, and keeps nothing
    #[arg(long, conflicts_with = "promote")]
    dry_run: bool,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| format!("`{text}` is no YYYY-MM-DD"))
}

/// Why nothing was trained or kept.
#[derive(Debug, thiserror::Error)]
pub enum TrainVerbError {
    /// A file cannot be used.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The model cannot be kept.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There are no games.
    #[error("there are no games to train on: import some, or name files with --appearances and --injuries")]
    NoGames,
    /// The model card cannot be written.
    #[error("cannot write the model card {}: {source}", path.display())]
    Card {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Trains, tells how the model does, and keeps it in the registry.
///
/// # Errors
/// What the rooms beneath say, with what to do.
pub fn run(args: &TrainArgs, store_dir: &Path) -> Result<(), TrainVerbError> {
    let from_files = !args.appearances.is_empty();
    let needs_store = !(args.dry_run && from_files);
    let open = || Store::open(store_dir, StoreOptions::default()).map(Arc::new);
    let store = needs_store.then(open).transpose()?;
    let (series, matched) = load(args, store.as_deref())?;
    let latest = series.iter().filter_map(|s| s.appearances.last()?.day).max().ok_or(TrainVerbError::NoGames)?;
    let plan = Plan {
        data_end: args.data_end.unwrap_or(latest),
        test_year: args.test_year,
        trained_at: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
        matched,
    };
    let model = train(&series, &plan)?;
    let card = model_card(&model);
    print!("{card}");
    if let Some(path) = &args.report {
        std::fs::write(path, &card).map_err(|source| TrainVerbError::Card { path: path.clone(), source })?;
    }
    if let Some(store) = store.filter(|_| !args.dry_run) {
        let registry = Registry::new(store);
        registry.register(&model)?;
        if args.promote {
            registry.promote(&model.version)?;
        }
        let serves = if args.promote { "and serves" } else { "`pitchguard model promote` lets it serve" };
        println!("\nregistered as {}; {serves}", model.version);
    }
    Ok(())
}

type Loaded = (Vec<Series>, Option<(usize, usize)>);

fn load(args: &TrainArgs, store: Option<&Store>) -> Result<Loaded, TrainVerbError> {
    if let Some(store) = store.filter(|_| args.appearances.is_empty()) {
        return Ok((stored::all_series(store)?, None));
    }
    let (series, tally) = read::read_files(&args.appearances, &args.injuries)?;
    eprintln!(
        "{} games, {} placements; of {} pitchers with arm placements {} were found by name ({:.1} %)",
        tally.games,
        tally.placements,
        tally.arm_pitchers,
        tally.arm_pitchers_matched,
        100.0 * tally.matched_share()
    );
    if tally.ambiguous > 0 {
        eprintln!("{} names stand for several people; their placements are left out", tally.ambiguous);
    }
    for reason in &tally.reasons {
        eprintln!("  {reason}");
    }
    if tally.bad_rows > tally.reasons.len() {
        eprintln!("  and {} more rows", tally.bad_rows - tally.reasons.len());
    }
    Ok((series, Some((tally.arm_pitchers, tally.arm_pitchers_matched))))
}
