//! `pitchguard config show`: each value with where it came from.

use std::path::Path;
use std::process::ExitCode;

use super::out::{self, tell};
use crate::cli::check_config::EXIT_CONFIG;
use crate::config::Config;

/// Arguments of `config`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What `config` can do.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Action {
    /// Print each value with where it came from.
    Show {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Prints the configuration in effect; with faults, prints those and gives 78.
pub fn run(config: Option<&Path>, args: &Args) -> ExitCode {
    let Action::Show { json } = args.action;
    let provenance = match Config::load(config, std::env::vars_os()) {
        Ok((_, provenance)) => provenance,
        Err(errors) => {
            tell!("{errors}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let text = if json {
        provenance.to_json().expect("plain TOML values are always valid JSON") + "\n"
    } else {
        provenance.to_string()
    };
    out::write(format_args!("{text}"));
    ExitCode::SUCCESS
}
