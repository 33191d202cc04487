//! The verbs, and how each is begun.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::out::tell;
use super::{
    backup, check_config, config, demo, diag, etl, fetch, import, key, layout, load_test, man, model, out, outbox,
    replay, restore, rollback, run, simulate, socket_units, source, status, train,
};
use crate::config::{Config, DEFAULT_FILE, Provenance, StoreConfig};

/// Pitcher readiness from stadium camera frames, on the box, with its confidence.
#[derive(Debug, Parser)]
#[command(name = "pitchguard", version, about)]
pub struct Cli {
    /// Configuration file; default /etc/pitchguard/pitchguard.toml where it exists.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Runs the daemon.
    Run(run::Args),
    /// Runs a stadium and the daemon together, and shows each pitch and readiness as it comes.
    Demo(demo::Args),
    /// Plays a stadium's cameras: sends their frames over UDP.
    Simulate(Box<simulate::Args>),
    /// Serves many invented pitchers many times a second, to try tablets against; or is many tablets of a box.
    LoadTest(load_test::Args),
    /// Imports history: what is usual for each pitcher.
    Import(import::ImportArgs),
    /// Fetches new days of pitches over HTTP.
    Fetch(fetch::FetchArgs),
    /// Brings everything up to date: fetch, clean, sum up, features, labels, training.
    Etl(etl::EtlArgs),
    /// Trains a risk model, and tells how it does on a year that it never saw.
    Train(train::TrainArgs),
    /// The registry of risk models: list, show, promote, retire, rollback, evaluate.
    Model(model::ModelArgs),
    /// Replays an interval of the journal, and prints what comes of it.
    Replay(replay::Args),
    /// Summaries on their way to the analytics cloud.
    Outbox(outbox::OutboxArgs),
    /// Asks the running daemon how it is.
    Status(status::StatusArgs),
    /// Writes a verified copy of the database, while the daemon works.
    Backup(backup::BackupArgs),
    /// Puts a backup in the place of the database; the daemon must be stopped.
    Restore(restore::RestoreArgs),
    /// Reads every record of a backup.
    Verify(restore::VerifyArgs),
    /// Removes records older than the years for which they may be kept.
    Retention(backup::RetentionArgs),
    /// Keys of the API, for everybody beyond loopback: add, list, revoke.
    Key(key::KeyArgs),
    /// How far the sources of signed frames have come: list, reset.
    Source(source::SourceArgs),
    /// Collects what helps to help into one archive, secrets blanked.
    Diag(diag::DiagArgs),
    /// Reads the configuration and prints every error in it.
    CheckConfig(check_config::Args),
    /// Shows the configuration in force.
    Config(config::Args),
    /// Goes back to the configuration, or the model, that worked before.
    Rollback(rollback::Args),
    /// Tells the layout of a database, which may be in use.
    #[command(hide = true)]
    StoreLayout(layout::Args),
    /// Writes manual pages and shell completions.
    #[command(hide = true)]
    Man(man::Args),
    /// Writes the addresses of the configuration into systemd's socket units, as a generator does.
    #[command(hide = true)]
    SocketUnits(socket_units::Args),
}

/// Parses the command line and runs the verb. Errors go to stderr with their causes; the exit status is 1, or 78
/// for a configuration that cannot be used.
pub fn main() -> ExitCode {
    let Cli { config: path, verb } = Cli::parse();
    let code = perform(path.as_deref(), verb);
    if out::failed() { ExitCode::FAILURE } else { code }
}

fn perform(path: Option<&Path>, verb: Verb) -> ExitCode {
    match verb {
        Verb::Run(args) => with_provenance(path, |config, provenance| told(run::run(path, config, provenance, &args))),
        Verb::Demo(args) => demo::configured(path, |config| told(demo::run(&args, config))),
        Verb::LoadTest(args) => told(load_test::run(&args)),
        Verb::Simulate(args) => simulate::run(&args, path),
        Verb::Import(args) => with_config(path, |config| told(import::run(&args, &config.store, &config.risk))),
        Verb::Fetch(args) => with_config(path, |config| told(fetch::run(&args, &config.store, &config.risk))),
        Verb::Etl(args) => with_config(path, |config| told(etl::run(&args, &config.store, &config.risk))),
        Verb::Train(args) => with_config(path, |config| told(train::run(&args, &config.store, &config.risk))),
        Verb::Model(args) => with_config(path, |config| told(model::run(&args, &config.store, &config.risk))),
        Verb::Replay(args) => with_config(path, |config| told(replay::run(config, &args))),
        Verb::Outbox(args) => with_config(path, |config| told(outbox::run(&args, config))),
        Verb::Status(args) => with_config(path, |config| status::run(&args, config)),
        Verb::Backup(args) => with_store(path, |store| told(backup::backup(&args, store))),
        Verb::Restore(args) => with_store(path, |store| told(restore::restore(&args, store))),
        Verb::Verify(args) => told(restore::verify(&args)),
        Verb::Retention(args) => with_store(path, |store| told(backup::retention(&args, store))),
        Verb::Key(args) => with_store(path, |store| told(key::run(&args, store))),
        Verb::Source(args) => with_store(path, |store| told(source::run(&args, store))),
        Verb::Diag(args) => told(diag::run(&args, path)),
        Verb::CheckConfig(args) => check_config::run(path, &args),
        Verb::Config(args) => config::run(path, &args),
        Verb::Rollback(args) => told(rollback::run(path, &args)),
        Verb::StoreLayout(args) => told(layout::run(&args)),
        Verb::Man(args) => told(man::run(&args)),
        Verb::SocketUnits(args) => with_config(path, |config| told(socket_units::run(config, &args))),
    }
}

/// Runs a verb that needs the configuration; one with faults is never replaced by defaults.
pub(super) fn with_config(path: Option<&Path>, verb: impl FnOnce(&Config) -> ExitCode) -> ExitCode {
    with_provenance(path, |config, _| verb(config))
}

/// Runs a verb that needs only to know where the store is: what is wrong elsewhere in the configuration is said, and keeps
/// nobody from revoking a key or backing up.
fn with_store(path: Option<&Path>, verb: impl FnOnce(&StoreConfig) -> ExitCode) -> ExitCode {
    let errors = match Config::load(path, std::env::vars_os()) {
        Ok((config, _)) => return verb(&config.store),
        Err(errors) => errors,
    };
    let file = path.unwrap_or(Path::new(DEFAULT_FILE));
    // A default file that is not there is as good as an empty one; any other that cannot be read tells nothing.
    let text = crate::disk::read_settings_text(file).or_else(|error| match (path, error.kind()) {
        (None, std::io::ErrorKind::NotFound) => Ok(String::new()),
        _ => Err(error),
    });
    tell!("{errors}");
    let Ok(Ok(store)) = text.map(|text| Config::store_alone(file, &text, std::env::vars_os())) else {
        return ExitCode::from(check_config::EXIT_CONFIG);
    };
    tell!("pitchguard: this needs only [store], and goes on without what is wrong above");
    verb(&store)
}

/// The same for one that needs to know where each value came from.
fn with_provenance(path: Option<&Path>, verb: impl FnOnce(&Config, Provenance) -> ExitCode) -> ExitCode {
    match Config::load(path, std::env::vars_os()) {
        Ok((config, provenance)) => verb(&config, provenance),
        Err(errors) => {
            tell!("{errors}");
            ExitCode::from(check_config::EXIT_CONFIG)
        }
    }
}

/// Prints what went wrong, with its causes.
pub(super) fn told<E: Error + 'static>(outcome: Result<ExitCode, E>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        tell!("pitchguard: {}", chain(&error));
        ExitCode::FAILURE
    })
}

/// An error with those of its causes that it does not tell itself.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let why = error.to_string();
        if !said.contains(&why) {
            // Writing to a string cannot fail.
            let _ = write!(said, "\n  because: {why}");
        }
        cause = error.source();
    }
    said
}
