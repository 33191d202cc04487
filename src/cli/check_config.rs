//! `pitchguard check-config`: every fault of the configuration, with its place and what to do.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::out::{say, tell};
use crate::config::{Config, DEFAULT_FILE};
use crate::words::counted;

/// `EX_CONFIG` of sysexits.h: the configuration, or the database, cannot be used, and trying again cannot help.
pub const EXIT_CONFIG: u8 = 78;
/// How often a held check looks whether the file is changed.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Arguments of `check-config`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// With errors, wait so many seconds, or until the file is changed, before ending: a service manager that tries again and
    /// again then does so with measure.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, hide = true)]
    hold: u64,
}

/// Prints one line and gives 0 when all is well, after a warning of each value that is hardly meant; else prints every fault and gives 78.
pub fn run(config: Option<&Path>, args: &Args) -> ExitCode {
    match Config::load(config, std::env::vars_os()) {
        Ok((config, provenance)) => {
            for doubt in config.readiness.doubts() {
                let place =
                    provenance.of("readiness", &doubt.key).map_or_else(String::new, |of| format!("{}: ", of.place));
                tell!("warning: {place}[readiness] {} {}", doubt.key, doubt.why);
            }
            let venue = config.venue.file.map_or("the built-in busch_iii".into(), |file| file.display().to_string());
            let ways: Vec<String> = std::iter::once(format!("udp {}", config.ingest.udp_listen))
                .chain(config.ingest.serial.iter().map(|line| format!("serial {line}")))
                .collect();
            say!(
                "OK: frames on {}, venue {venue}, store {}, http {}",
                ways.join(", "),
                config.store.path.display(),
                config.http.listen
            );
            ExitCode::SUCCESS
        }
        Err(errors) => {
            tell!("{errors}");
            let count = errors.0.len();
            tell!("{} in the configuration", counted(count, "error", "errors"));
            hold(config.unwrap_or(Path::new(DEFAULT_FILE)), Duration::from_secs(args.hold));
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

/// Waits so long, or until the file is another one.
pub(super) fn hold(file: &Path, time: Duration) {
    let changed = || std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    let (before, until) = (changed(), Instant::now() + time);
    while Instant::now() < until && changed() == before {
        std::thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faulty_configuration_gives_78_and_a_good_one_0() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("pitchguard.toml");
        std::fs::write(&path, "[ingest]\nauth = 1\n").expect("written");
        assert_eq!(run(Some(&path), &Args { hold: 0 }), ExitCode::from(78));
        std::fs::write(&path, "[reorder]\nidle_s = 4\n").expect("written");
        assert_eq!(run(Some(&path), &Args { hold: 0 }), ExitCode::SUCCESS);
    }
}
