//! `pitchguard import`: history into the store.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use crate::history::import_savant;
use crate::store::{Store, StoreError, StoreOptions};

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
}

/// Why an import did not do all that was asked.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Some files could not be read; the others were imported.
    #[error("{0} of the files could not be read: see above")]
    Unread(usize),
}

/// Runs the verb on the store in `store_dir`, with a progress bar where standard error is a terminal, and prints the
/// summary.
///
/// # Errors
/// The store cannot be used, or a file could not be read.
pub fn run(args: &ImportArgs, store_dir: &Path) -> Result<(), ImportError> {
    let ImportWhat::Savant { files } = &args.what;
    let store = Store::open(store_dir, StoreOptions::default())?;
    let bytes = files.iter().filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum();
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}").expect("the template is valid");
    let bar = ProgressBar::new(bytes).with_style(style);
    let summary = import_savant(&store, files, &mut |read| bar.set_position(read))?;
    bar.finish_and_clear();
    print!("{summary}");
    if summary.failed.is_empty() { Ok(()) } else { Err(ImportError::Unread(summary.failed.len())) }
}
