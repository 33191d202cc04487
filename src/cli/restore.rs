//! `pitchguard restore` and `pitchguard verify`: backups read back.
//!
//! LMDB maps what it reads, and a page that was overwritten can end the process that reads it. So a file is read in a
//! child process, whose end is told in words.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use super::out::{self, say, tell};
use crate::config::StoreConfig;
use crate::store::{self, RestoreError, VerifyError};

/// Arguments of `restore`.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// Takes the place of the database that is there; that one is kept beside it.
    #[arg(long)]
    replace: bool,
}

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The backup, or the database of a daemon that is stopped.
    file: PathBuf,
    /// Reads it in this process: the parent tells how it ended.
    #[arg(long, hide = true)]
    here: bool,
}

/// Why a backup was not restored, or is none.
#[derive(Debug, thiserror::Error)]
pub enum RestoringError {
    /// It was not put into place.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// It is not whole.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// No child process.
    #[error("cannot start a process to read it in: {0}")]
    Process(#[from] std::io::Error),
    /// Reading it ended the process.
    #[error("{} is damaged: reading it ended the process by signal {signal}; take another backup", path.display())]
    Crashed {
        /// The file.
        path: PathBuf,
        /// Which signal.
        signal: i32,
    },
}

/// Reads every record of a backup and tells what it holds.
///
/// # Errors
/// It is not whole.
pub fn verify(args: &VerifyArgs) -> Result<ExitCode, RestoringError> {
    if args.here {
        out::write(format_args!("{}", store::verify(&args.file)?));
        return Ok(ExitCode::SUCCESS);
    }
    // What is no file is told by whoever tries to read it.
    if args.file.is_file() && !store::verify_checksum(&args.file)? {
        tell!("no checksum lies beside it: only its records are checked");
    }
    read_in_a_child(&args.file)
}

/// Puts a backup in the store's place.
///
/// # Errors
/// It is not whole, a daemon has the store, or there is a database and nobody said that it may be replaced.
pub fn restore(args: &RestoreArgs, config: &StoreConfig) -> Result<ExitCode, RestoringError> {
    store::verify_checksum(&args.file)?;
    let read = read_in_a_child(&args.file)?;
    if read != ExitCode::SUCCESS {
        return Ok(read);
    }
    let restored = store::restore(&args.file, &config.path, args.replace, jiff::Timestamp::now())?;
    say!("restored into {}", config.path.display());
    if let Some(aside) = restored.aside {
        say!("the database that was there is {}; remove it once you are sure", aside.display());
    }
    if restored.marks_lost {
        say!(
            "that one does not tell how far its cameras had come: their signed frames of since the backup would be taken once more"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What the child finds wrong it says itself.
fn read_in_a_child(file: &PathBuf) -> Result<ExitCode, RestoringError> {
    let status = Command::new(std::env::current_exe()?).args(["verify", "--here"]).arg(file).status()?;
    match (status.code(), status.signal()) {
        (_, Some(signal)) => Err(RestoringError::Crashed { path: file.clone(), signal }),
        (Some(0), None) => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::FAILURE),
    }
}
