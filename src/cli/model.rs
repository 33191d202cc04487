//! `pitchguard model`: the registry of risk models.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::risk::Day;
use crate::risk::drift::{PSI_ALARM, PSI_WATCH};
use crate::risk::model::Model;
use crate::risk::read::{self, ReadError};
use crate::risk::registry::{Registry, RegistryError};
use crate::risk::report::model_card;
use crate::risk::stored;
use crate::risk::train::{evaluate, recent};
use crate::store::{Store, StoreError, StoreOptions};

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
    },
    /// Lets the model serve again that did before
    Rollback,
    /// Judges a model on a year, and tells how far its inputs have moved since it was trained
    Evaluate {
        /// Which; the serving one where left out.
        version: Option<String>,
        /// On which year.
        #[arg(long)]
        year: i16,
        /// Game means instead of the store's games
        #[arg(long, value_name = "FILE", num_args = 1.., requires = "injuries")]
        appearances: Vec<PathBuf>,
        /// Injured-list reports that go with them
        #[arg(long, value_name = "FILE", num_args = 1.., requires = "appearances")]
        injuries: Vec<PathBuf>,
    },
}

/// Why a verb of the registry failed.
#[derive(Debug, thiserror::Error)]
pub enum ModelVerbError {
    /// The registry said no.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be used.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No model serves.
    #[error("no model serves; `pitchguard model list` shows all")]
    NoneServes,
    /// The year has no rows.
    #[error("there are no rows with outcomes in {0}")]
    NoRows(i16),
}

/// Runs the verb on the store in `store_dir`.
///
/// # Errors
/// What the registry says.
pub fn run(args: &ModelArgs, store_dir: &Path) -> Result<(), ModelVerbError> {
    let store = Arc::new(Store::open(store_dir, StoreOptions::default())?);
    let registry = Registry::new(Arc::clone(&store));
    let named = |version: &Option<String>| match version {
        Some(version) => registry.get(version).map_err(ModelVerbError::from),
        None => registry.serving()?.ok_or(ModelVerbError::NoneServes),
    };
    match &args.what {
        ModelWhat::List => {
            for listed in registry.list()? {
                let test = listed.model.record.test;
                let star = if listed.serving { '*' } else { ' ' };
                println!(
                    "{star} {}  AUC {:.3} [{:.3}, {:.3}] on {}",
                    listed.model.version, test.auc.value, test.auc.low, test.auc.high, listed.model.record.test_year
                );
            }
        }
        ModelWhat::Show { version } => print!("{}", model_card(&named(version)?)),
        ModelWhat::Promote { version } => println!("{} serves", registry.promote(version)?.version),
        ModelWhat::Rollback => println!("{} serves", registry.rollback()?.version),
        ModelWhat::Evaluate { version, year, appearances, injuries } => {
            judge(&named(version)?, &store, *year, appearances, injuries)?;
        }
    }
    Ok(())
}

fn judge(
    model: &Model,
    store: &Store,
    year: i16,
    appearances: &[PathBuf],
    injuries: &[PathBuf],
) -> Result<(), ModelVerbError> {
    let series = match appearances {
        [] => stored::all_series(store)?,
        files => read::read_files(files, injuries)?.0,
    };
    let data_end = series.iter().filter_map(|s| s.appearances.last()?.day).max().unwrap_or(Day(0));
    model.check().map_err(RegistryError::from)?;
    let (judged, settled) = evaluate(model, &series, data_end, year).ok_or(ModelVerbError::NoRows(year))?;
    println!("{} on {year}: {} rows, {} placements", model.version, judged.rows, judged.placed);
    for (name, figure) in [
        ("AUC", judged.auc),
        ("PR-AUC", judged.pr_auc),
        ("lift at 10 %", judged.lift_10),
        ("Brier skill", judged.brier_skill),
        ("ECE", judged.ece),
        ("slope", judged.slope),
    ] {
        println!("  {name:<12} {:.4} [{:.4}, {:.4}]", figure.value, figure.low, figure.high);
    }
    println!("  {:.0} rows with a placement, {:.0} foretold (z {:.1})", settled.came, settled.foretold, settled.z);
    for moved in model.reference.moved(&recent(&series, year)).unwrap_or_default() {
        let word = match moved.psi {
            p if p >= PSI_ALARM => "another population",
            p if p >= PSI_WATCH => "has moved",
            _ => continue,
        };
        println!("  input {:<24} {word} (PSI {:.2})", moved.feature, moved.psi);
    }
    Ok(())
}
