//! `pitchguard man`: manual pages and shell completions, out of the command line's own definitions.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;

/// The program's name, on the pages and for the shells.
const NAME: &str = "pitchguard";
/// Shells, and where Debian looks for their completions.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/pitchguard"),
    (Shell::Zsh, "zsh/vendor-completions/_pitchguard"),
    (Shell::Fish, "fish/vendor_completions.d/pitchguard.fish"),
];

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory as `/usr/share`: pages go to man/man1, completions where each shell looks for them.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; name a directory that can be written with --to", path.display())]
pub struct ManError {
    path: PathBuf,
    source: io::Error,
}

/// Writes a page for the program, one for each of its verbs, and the completions.
///
/// # Errors
/// A file cannot be written.
pub fn run(args: &Args) -> Result<ExitCode, ManError> {
    let pages = args.to.join("man/man1");
    fs::create_dir_all(&pages)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &pages))
        .map_err(|source| ManError { path: pages, source })?;
    for (shell, path) in COMPLETIONS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
        write(&args.to.join(path), &script)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ManError> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes));
    written.map_err(|source| ManError { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_that_is_shown_has_a_page_and_every_shell_its_completions() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        run(&Args { to: dir.path().to_path_buf() }).expect("written");
        let read = |path: &str| fs::read_to_string(dir.path().join(path)).expect(path);
        for verb in Cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let text = read(&format!("man/man1/pitchguard-{}.1", verb.get_name()));
            assert!(text.contains(".SH SYNOPSIS"), "{text}");
        }
        assert!(read("man/man1/pitchguard.1").contains("check\\-config"));
        for (_, path) in COMPLETIONS {
            assert!(read(path).contains("check-config"), "{path}");
        }
    }
}
