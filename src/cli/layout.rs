//! `pitchguard store-layout`: which layout a database has, for the package that decides whether it can read it.

use std::path::PathBuf;
use std::process::ExitCode;

use super::out::say;
use crate::store::{StoreError, layout};

/// Arguments of `store-layout`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's directory.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
}

/// Prints the number; nothing where there is no database.
///
/// # Errors
/// The database cannot be read.
pub fn run(args: &Args) -> Result<ExitCode, StoreError> {
    if let Some(layout) = layout::of(&args.store)? {
        say!("{layout}");
    }
    Ok(ExitCode::SUCCESS)
}
