//! `pitchguard man`: manual pages and shell completions, out of the command line's own definitions.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::pages::{EXIT, PAGES, Page};
use super::verbs::Cli;

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

/// Writes a page for the program, one for each of its verbs and what they do, and the completions.
///
/// # Errors
/// A file cannot be written.
pub fn run(args: &Args) -> Result<ExitCode, ManError> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    write_pages(&args.to.join("man/man1"), command, "")?;
    for (shell, path) in COMPLETIONS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
        write(&args.to.join(path), &script)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The page of a command and those of the commands below it; `verb` is the one that it belongs to.
fn write_pages(dir: &Path, command: Command, verb: &str) -> Result<(), ManError> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()).cloned() {
        let name = below.get_name().to_owned();
        write_pages(dir, below, if verb.is_empty() { &name } else { verb })?;
    }
    let man = Man::new(command);
    let path = dir.join(man.get_filename());
    let mut text = Vec::new();
    man.render(&mut text).map_err(|source| ManError { path: path.clone(), source })?;
    text.extend(further(verb).bytes());
    write(&path, &text)
}

/// The sections of a verb's page that its arguments do not tell.
fn further(verb: &str) -> String {
    let Some(Page { exit, files, examples, .. }) = PAGES.iter().find(|page| page.verb == verb) else {
        return String::new();
    };
    let mut out = String::new();
    let own = |status: &str| exit.iter().find(|(own, _)| *own == status).copied();
    let mut statuses: Vec<_> = EXIT.iter().map(|common| own(common.0).unwrap_or(*common)).collect();
    statuses.extend(exit.iter().filter(|(own, _)| EXIT.iter().all(|(common, _)| common != own)));
    statuses.sort_by_key(|(status, _)| status.parse::<u8>().ok());
    section(&mut out, "EXIT STATUS", statuses.into_iter());
    if !files.is_empty() {
        section(&mut out, "FILES", files.iter().copied());
    }
    section(&mut out, "EXAMPLES", examples.iter().copied());
    out
}

fn section<'s>(out: &mut String, title: &str, entries: impl Iterator<Item = (&'s str, &'s str)>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, ".SH \"{title}\"");
    for (what, text) in entries {
        let _ = writeln!(out, ".TP\n\\fB{}\\fR\n{}", roff(what), roff(text));
    }
}

/// A text as roff shows it: hyphens as they are typed, and no line that begins with a request.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ManError> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes));
    written.map_err(|source| ManError { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn verbs() -> Vec<String> {
        let shown = |verb: &&Command| !verb.is_hide_set();
        Cli::command().get_subcommands().filter(shown).map(|verb| verb.get_name().to_owned()).collect()
    }

    #[test]
    fn every_verb_that_is_shown_has_a_page_with_statuses_files_and_examples_and_every_shell_its_completions() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        run(&Args { to: dir.path().to_path_buf() }).expect("written");
        let read = |path: &str| fs::read_to_string(dir.path().join(path)).expect(path);
        let pages = verbs().into_iter().map(|verb| format!("pitchguard-{verb}")).chain(["pitchguard".to_owned()]);
        for page in pages.chain(["pitchguard-import-savant".to_owned()]) {
            let text = read(&format!("man/man1/{page}.1"));
            for title in ["SYNOPSIS", "\"EXIT STATUS\"", "EXAMPLES"] {
                assert!(
                    text.contains(&format!(".SH {title}")) || text.contains(&format!(".SH \"{title}\"")),
                    "{page}: {title}"
                );
            }
            // A load test reads and writes none.
            assert!(text.contains(".SH \"FILES\"") || page == "pitchguard-load-test", "{page}");
            assert!(text.contains("\\fB78\\fR"), "{page}");
        }
        assert!(read("man/man1/pitchguard.1").contains("check\\-config"));
        let status = read("man/man1/pitchguard-status.1");
        let told = ["0", "1", "2", "3", "78"].map(|code| status.find(&format!("\\fB{code}\\fR")));
        assert!(told.iter().all(Option::is_some) && told.is_sorted(), "every status of its own, in order: {told:?}");
        for (_, path) in COMPLETIONS {
            assert!(read(path).contains("check-config"), "{path}");
        }
    }

    #[test]
    fn every_example_is_a_command_line_that_the_program_takes() {
        let mut told: Vec<&str> = PAGES.iter().map(|page| page.verb).filter(|verb| !verb.is_empty()).collect();
        let mut wanted = verbs();
        told.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(told, wanted);
        for page in PAGES {
            assert!(!page.examples.is_empty(), "{}", page.verb);
            for (command, _) in page.examples {
                let parsed = Cli::try_parse_from(command.split_whitespace());
                assert!(parsed.is_ok(), "{command}: {}", parsed.expect_err("not taken"));
                assert!(page.verb.is_empty() || command.split_whitespace().any(|word| word == page.verb), "{command}");
            }
        }
    }
}
