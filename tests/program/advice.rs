//! Commands that the program and its documents advise are command lines that the program takes.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;

use pitchguard::cli::Cli;

/// Files below a directory with one of these endings.
fn files(dir: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory of the repository").flatten() {
        let path = entry.path();
        let is_ours = !["node_modules", "dist", "target"].iter().any(|other| path.ends_with(other));
        if path.is_dir() && is_ours {
            files(&path, endings, found);
        } else if path.extension().is_some_and(|end| endings.iter().any(|wanted| end == *wanted)) {
            found.push(path);
        }
    }
}

/// A command as somebody would type it, what stands for something replaced by an example of it.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (nth, part) in command.split('"').enumerate() {
        if nth % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(example));
        }
    }
    words
}

fn example(word: &str) -> String {
    match word {
        "YEAR" => "2025".to_owned(),
        "DATE" | "YYYY-MM-DD" | "…" => "2026-06-11".to_owned(),
        "URL" | "http://BOX:8080" => "http://10.0.7.2:8080".to_owned(),
        "ADDR" => "127.0.0.1:7117".to_owned(),
        "{source}" => "7".to_owned(),
        word if word.starts_with('{') => "x".to_owned(),
        word => word.to_owned(),
    }
}

fn refused(command: &str) -> Option<clap::Error> {
    Cli::try_parse_from(words(command)).err().filter(|error| error.kind() != ErrorKind::DisplayHelp)
}

/// Commands in backticks; lines of a Rust string that go on are joined, comments left out.
fn advised(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut joined = String::new();
    for line in code {
        let goes_on = line.strip_suffix('\\');
        joined.push_str(goes_on.unwrap_or(line));
        if goes_on.is_none() {
            joined.push('\n');
        }
    }
    let parts = joined.split('`').filter(|part| part.starts_with("pitchguard ") && !part.contains('\n'));
    parts.map(str::to_owned).collect()
}

#[test]
fn what_the_program_advises_can_be_typed_as_it_stands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    files(&root.join("src"), &["rs", "tsx", "html"], &mut all);
    let mut seen = 0;
    for path in &all {
        for command in advised(&fs::read_to_string(path).expect("text")) {
            seen += 1;
            // A test of the tablet or the wire may quote half of one.
            assert!(refused(&command).is_none(), "{path:?}: `{command}`: {}", refused(&command).expect("refused"));
        }
    }
    assert!(seen > 15, "only {seen} were found");
}

#[test]
fn what_the_documents_show_can_be_typed_as_it_stands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = vec![root.join("README.md"), root.join("packaging/prometheus/operation.rules.yml")];
    files(&root.join("docs"), &["md"], &mut all);
    let incomplete = |error: &clap::Error| {
        let kinds = [
            ErrorKind::MissingSubcommand,
            ErrorKind::MissingRequiredArgument,
            ErrorKind::InvalidValue,
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ];
        kinds.contains(&error.kind())
    };
    for path in &all {
        let text = fs::read_to_string(path).expect("text");
        for (nth, block) in text.split("```").enumerate() {
            if nth % 2 == 0 {
                // In prose a verb is named without all that it needs; what is named must be there.
                for command in
                    block.split('`').filter(|part| part.starts_with("pitchguard ") && !part.contains(['|', '\n', '\\']))
                {
                    let error = refused(&command.replace('…', "")).filter(|error| !incomplete(error));
                    assert!(error.is_none(), "{path:?}: `{command}`: {}", error.expect("refused"));
                }
                continue;
            }
            for line in block.lines().flat_map(|line| line.split("&&")) {
                let line = line.trim().strip_prefix("target/release/").unwrap_or(line.trim());
                let line = line.split("  ").next().unwrap_or_default();
                let line: Vec<&str> =
                    line.split_whitespace().take_while(|word| !word.starts_with(['#', '['])).collect();
                if line.first() == Some(&"pitchguard") {
                    let command = line.join(" ");
                    assert!(
                        refused(&command).is_none(),
                        "{path:?}: {command}: {}",
                        refused(&command).expect("refused")
                    );
                }
            }
        }
    }
}
