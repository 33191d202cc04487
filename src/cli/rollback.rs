//! `pitchguard rollback`: back to the configuration, or the risk model, that worked before.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::out::say;
use super::run_job::{self, VerbError};
use crate::config::{Config, ConfigErrors, DEFAULT_FILE};
use crate::daemon::known_good_config::{self, Proven, Which};
use crate::disk::{Undo, sync_dir, write_private};
use crate::history::jobs::{Job, ModelJob};

/// Names the venue file over the configuration's head.
const VENUE_VARIABLE: &str = "PITCHGUARD_VENUE__FILE";

/// Arguments of `rollback`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Puts back the configuration that the daemon was last ready with; where that is the one in force, the one before it.
    ///
    /// The configuration file and the venue file beside it are replaced; what they held is kept in files that end in
    /// .rolled-back. A restart of the daemon then runs with it.
    Config {
        /// The store's directory, where the configuration in force does not say.
        #[arg(long, value_name = "DIR")]
        store: Option<PathBuf>,
    },
    /// Lets the risk model serve again that did before, as `model rollback`, also while the daemon runs.
    Model,
}

/// Why there is no way back.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// Nothing is kept.
    #[error(
        "no {which} configuration is kept in {}; name the store's directory with --store, or put a copy of yours at {}",
        store.display(), config.display()
    )]
    Nothing {
        /// Which one was looked for.
        which: &'static str,
        /// The store's directory.
        store: PathBuf,
        /// The configuration file.
        config: PathBuf,
    },
    /// What is kept would not be accepted.
    #[error("the configuration that is kept has errors of its own today and is not put back:\n{0}")]
    Faulty(ConfigErrors),
    /// A file operation failed.
    #[error("cannot {what} {}: {source}; run it as root", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The configuration in force, which says where the models are.
    #[error("{0}")]
    Config(ConfigErrors),
    /// The registry said no, or whoever has the store.
    #[error(transparent)]
    Model(#[from] VerbError),
}

/// Goes back.
///
/// # Errors
/// Nothing is kept, what is kept is no good, or a file cannot be written.
pub fn run(config: Option<&Path>, args: &Args) -> Result<ExitCode, RollbackError> {
    match &args.what {
        What::Config { store } => roll_config_back(config.unwrap_or(Path::new(DEFAULT_FILE)), store.as_deref())?,
        What::Model => roll_model_back(config)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RollbackError {
    let path = path.to_path_buf();
    move |source| RollbackError::File { what, path, source }
}

fn roll_config_back(file: &Path, store: Option<&Path>) -> Result<(), RollbackError> {
    let in_force = Config::load(Some(file), std::env::vars_os()).ok().map(|(config, _)| config);
    // A file that cannot be used says where the store is all the same, and which venue it means.
    let text = fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let store = match (store, &in_force) {
        (Some(dir), _) => dir.to_path_buf(),
        (None, Some(config)) => config.store.path.clone(),
        (None, None) => Config::store_of(file, &text, std::env::vars_os()),
    };
    let read = |which| known_good_config::kept(&store, which).map_err(failed("read what is kept in", &store));
    let last = read(Which::Last)?;
    let venue = match in_force {
        Some(config) => config.venue.file,
        None => Config::venue_of(file, &text, std::env::vars_os()),
    };
    let now = Proven::of(file, venue.as_deref()).map_err(failed("read", file))?;
    let (which, kept) = if last.as_ref() == Some(&now) { ("earlier", read(Which::Before)?) } else { ("working", last) };
    let Some(Proven { config: Some(text), venue: kept_venue }) = kept else {
        return Err(RollbackError::Nothing { which, store, config: file.to_path_buf() });
    };

    // Judged as it will be read: from beside the file that it replaces, with the venue that comes back with it.
    let candidate = beside(file, ".rolling-back");
    let _undo = Undo(&candidate);
    write_as(&candidate, &text, file)?;
    let mut environment: Vec<_> = std::env::vars_os().collect();
    let venue_file = Config::venue_of(&candidate, &String::from_utf8_lossy(&text), environment.clone());
    let venue = match (&venue_file, &kept_venue) {
        (Some(path), Some(text)) if is_to_be_put_back(path, text, file) => {
            Some((beside(path, ".rolling-back"), path, text))
        }
        _ => None,
    };
    let _undo_venue = venue.as_ref().map(|(candidate, ..)| Undo(candidate));
    if let Some((candidate, path, text)) = &venue {
        write_as(candidate, text, path)?;
        environment.retain(|(name, _)| name != VENUE_VARIABLE);
        environment.push((VENUE_VARIABLE.into(), candidate.into()));
    }
    Config::load(Some(&candidate), environment).map_err(RollbackError::Faulty)?;
    if let Some((candidate, path, _)) = &venue {
        replace(candidate, path)?;
        say!("{} is as the daemon ran with it", path.display());
    }
    replace(&candidate, file)?;
    say!("{} is as the daemon ran with it; `systemctl restart pitchguard` runs with it again", file.display());
    Ok(())
}

/// Whether the venue file is another now, and beside the configuration file: what is kept was written by the daemon, and
/// whoever puts it back is root.
fn is_to_be_put_back(path: &Path, text: &[u8], config: &Path) -> bool {
    if fs::read(path).is_ok_and(|now| now == text) {
        return false;
    }
    let home = |path: &Path| path.parent().and_then(|dir| dir.canonicalize().ok());
    let inside = match (home(path), home(config)) {
        (Some(dir), Some(allowed)) => dir.starts_with(allowed) && !path.is_symlink(),
        _ => false,
    };
    if !inside {
        say!("{} is not beside {} and stays as it is", path.display(), config.display());
    }
    inside
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes a file that belongs to whom the other one does, with its mode; durably, since it takes another's place.
fn write_as(path: &Path, text: &[u8], like: &Path) -> Result<(), RollbackError> {
    // It may hold a broker's password: nobody else reads it before it has its mode.
    write_private(path, text).map_err(failed("write", path))?;
    match fs::metadata(like) {
        Ok(like) => fs::set_permissions(path, like.permissions())
            .and_then(|()| chown(path, Some(like.uid()), Some(like.gid())))
            .map_err(failed("set the owner of", path)),
        Err(_) => Ok(()),
    }
}

/// Puts the candidate in the file's place, in one step, and keeps what the file held.
fn replace(candidate: &Path, file: &Path) -> Result<(), RollbackError> {
    if file.exists() {
        let kept = beside(file, ".rolled-back");
        let text = fs::read(file).map_err(failed("read", file))?;
        write_as(&kept, &text, file)?;
        say!("what {} held is in {}", file.display(), kept.display());
    }
    fs::rename(candidate, file).map_err(failed("replace", file))?;
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sync_dir(dir).map_err(failed("make it last in", dir))
}

fn roll_model_back(file: Option<&Path>) -> Result<(), RollbackError> {
    let (config, _) = Config::load(file, std::env::vars_os()).map_err(RollbackError::Config)?;
    let work = Job::Model { ask: ModelJob::Rollback };
    run_job::run(&work.into(), &[], &config.store, &config.risk)?;
    Ok(())
}
