//! The `pitchguard` binary: parses the command line and hands over to one verb.

use std::process::ExitCode;

fn main() -> ExitCode {
    pitchguard::cli::main()
}
