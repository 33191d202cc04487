//! The command line: one file a verb.

mod check_config;
mod config;
mod demo;
mod import;
mod logs;
mod run;
mod simulate;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    Simulate(simulate::Args),
    /// Imports history: what is usual for each pitcher.
    Import(import::Args),
    /// Asks the running daemon how it is.
    Status(status::Args),
    /// Reads the configuration and prints every error in it.
    CheckConfig(check_config::Args),
    /// Shows the configuration in force.
    Config(config::Args),
}

/// Parses the command line and runs the verb. Errors go to stderr with their causes; the exit status is 1, or 78
/// for a configuration that cannot be used.
pub fn main() -> ExitCode {
    todo!()
}
