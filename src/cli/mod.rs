//! The command line: one file a verb.

mod board;
pub mod check_config;
pub mod config;
pub mod demo;
pub mod etl;
pub mod faults;
pub mod fetch;
pub mod import;
mod logs;
pub mod model;
pub mod outbox;
pub mod run;
pub mod simulate;
pub mod status;
pub mod train;
pub mod work;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// Pitcher readiness from stadium camera frames, on the box, with its confidence.
#[derive(Debug, Parser)]
#[command(name = "pitchguard", version, about)]
pub struct Cli {
    /// Configuration file; default /etc/pitchguard/pitchguard.toml where it exists.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
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
    /// Imports history: what is usual for each pitcher.
    Import(import::ImportArgs),
    /// Fetches new days of pitches over HTTP.
    Fetch(fetch::FetchArgs),
    /// Brings everything up to date: fetch, clean, sum up, features, labels, training.
    Etl(etl::EtlArgs),
    /// Trains a risk model, and tells how it does on a year that it never saw.
    Train(train::TrainArgs),
    /// The registry of risk models: list, show, promote, rollback, evaluate.
    Model(model::ModelArgs),
    /// Summaries on their way to the analytics cloud.
    Outbox(outbox::OutboxArgs),
    /// Asks the running daemon how it is.
    Status(status::StatusArgs),
    /// Reads the configuration and prints every error in it.
    CheckConfig(check_config::Args),
    /// Shows the configuration in force.
    Config(config::Args),
}

/// Parses the command line and runs the verb. Errors go to stderr with their causes; the exit status is 1, or 78
/// for a configuration that cannot be used.
pub fn main() -> ExitCode {
    let Cli { config: path, verb } = Cli::parse();
    let path = path.as_deref();
    match verb {
        Verb::Run(args) => with_config(path, |config| told(run::run(config, &args))),
        Verb::Demo(args) => told(demo::run(&args)),
        Verb::Simulate(args) => simulate::run(&args),
        Verb::Import(args) => with_config(path, |config| told(import::run(&args, &config.store))),
        Verb::Fetch(args) => with_config(path, |config| told(fetch::run(&args, &config.store))),
        Verb::Etl(args) => with_config(path, |config| told(etl::run(&args, &config.store))),
        Verb::Train(args) => {
            with_config(path, |config| told(train::run(&args, &config.store.path).map(|()| ExitCode::SUCCESS)))
        }
        Verb::Model(args) => {
            with_config(path, |config| told(model::run(&args, &config.store.path).map(|()| ExitCode::SUCCESS)))
        }
        Verb::Outbox(args) => with_config(path, |config| told(outbox::run(&args, &config.store))),
        Verb::Status(args) => with_config(path, |config| status::run(&args, config.http.listen)),
        Verb::CheckConfig(args) => check_config::run(path, &args),
        Verb::Config(args) => config::run(path, &args),
    }
}

/// Runs a verb that needs the configuration; one with faults is never replaced by defaults.
fn with_config(path: Option<&Path>, verb: impl FnOnce(&Config) -> ExitCode) -> ExitCode {
    match Config::load(path, std::env::vars_os()) {
        Ok((config, _)) => verb(&config),
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::from(check_config::EXIT_CONFIG)
        }
    }
}

/// Prints what went wrong, with its causes.
fn told<E: Error + 'static>(outcome: Result<ExitCode, E>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        eprintln!("pitchguard: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            eprintln!("  because: {error}");
            cause = error.source();
        }
        ExitCode::FAILURE
    })
}
