//! `pitchguard diag`: everything that helps to help, in one archive, and nothing secret or personal.
//!
//! What cannot be had is said in its place: the archive of a box whose daemon is dead is the one that matters. Every text
//! goes through `Redactor`, whatever it is made of.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::http_client::DaemonClient;
use super::out::say;
use super::redact::Redactor;
use crate::config::{Config, Provenance};
use crate::observe::SystemStatus;
use crate::store::{Store, StoreError, StoreOptions, backup};

/// The namespace of the journal that the units log into: their `LogNamespace`.
const NAMESPACE: &str = "pitchguard";
/// Lines of the log that are taken, the newest.
const LOG_LINES: &str = "5000";
/// Of a log file, the end: bytes.
const LOG_BYTES: usize = 4 << 20;

/// Arguments of `diag`.
#[derive(Debug, clap::Args)]
pub struct DiagArgs {
    /// The archive to write; pitchguard-diag-MOMENT.tar.gz in this directory where not given.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// A log file to take in; the unit's journal where not given.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum DiagError {
    /// It cannot be written.
    #[error("cannot write {}: {source}; name another file with --to", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The log file that was named cannot be read.
    #[error("cannot read the log {}: {source}; name another file with --log, or leave it out", path.display())]
    Log {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes the archive and says where.
///
/// # Errors
/// It cannot be written, or the log file that was named cannot be read.
pub fn run(args: &DiagArgs, config_file: Option<&Path>) -> Result<ExitCode, DiagError> {
    let moment = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let path = args.to.clone().unwrap_or_else(|| format!("pitchguard-diag-{moment}.tar.gz").into());
    let log = match &args.log {
        Some(path) => log_file(path).map_err(|source| DiagError::Log { path: path.clone(), source })?,
        None => journal(),
    };
    let texts = gather(log, config_file);
    write(&path, &format!("pitchguard-diag-{moment}"), &texts)
        .map_err(|source| DiagError::Write { path: path.clone(), source })?;
    say!("{}", path.display());
    say!("{} files, secrets blanked and without personal data; look through it before you send it", texts.len());
    Ok(ExitCode::SUCCESS)
}

/// The files of the archive.
fn gather(log: String, config_file: Option<&Path>) -> Vec<(&'static str, String)> {
    let loaded = Config::load(config_file, std::env::vars_os());
    let keys_file = loaded.as_ref().ok().and_then(|(config, _)| config.ingest.keys_file.clone());
    let blank = Redactor::with_secrets_of(keys_file.as_deref());
    let mut texts = vec![("versions.txt", versions()), ("log.txt", log)];
    match loaded {
        Ok((config, provenance)) => {
            let daemon = DaemonClient::here(config.http.listen, &config.store.path);
            let ask = |path| match daemon.get(path) {
                Ok((_, text)) => text,
                Err(error) => format!("{error}\n"),
            };
            texts.extend([
                ("config.toml", shown(&provenance)),
                ("status.json", ask("/api/status")),
                ("ready.json", ask("/health/ready")),
                ("metrics.txt", without_people(&ask("/metrics"))),
                ("store.txt", store(&config)),
            ]);
        }
        Err(errors) => texts.push(("config-errors.txt", format!("{errors}\n"))),
    }
    texts.into_iter().map(|(name, text)| (name, blank.text(&text))).collect()
}

/// The configuration in effect. A secret among its values is blanked by its key's name.
fn shown(provenance: &Provenance) -> String {
    provenance.to_string().lines().fold(String::new(), |mut text, line| {
        text.push_str(&super::redact::setting(line));
        text.push('\n');
        text
    })
}

fn versions() -> String {
    let mut text = format!("pitchguard {}\n", env!("CARGO_PKG_VERSION"));
    for (what, file) in [
        ("kernel", "/proc/version"),
        ("system", "/etc/os-release"),
        ("net.core.rmem_max", "/proc/sys/net/core/rmem_max"),
        ("uptime", "/proc/uptime"),
        ("clock source", "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    ] {
        let said = fs::read_to_string(file).unwrap_or_else(|error| error.to_string());
        let first = said.lines().find(|line| !file.ends_with("os-release") || line.starts_with("PRETTY_NAME="));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{what}: {}", first.unwrap_or("not told").trim());
    }
    text
}

/// A log file's end.
fn log_file(path: &Path) -> std::io::Result<String> {
    let bytes = fs::read(path)?;
    Ok(String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(LOG_BYTES)..]).into_owned())
}

/// The units' journal, or why it cannot be had.
fn journal() -> String {
    // The units log into a namespace of their own; what systemd says of them is in the journal of everybody.
    let asked = Command::new("journalctl")
        .args([&format!("--namespace=+{NAMESPACE}"), "--unit=pitchguard*", "--lines", LOG_LINES])
        .args(["--output", "json", "--no-pager", "--quiet"])
        .output();
    match asked {
        Ok(output) if output.status.success() && output.stdout.is_empty() => {
            "the journal holds nothing of pitchguard's units that you may read: ask as root, or name a log file with \
             --log\n"
                .to_owned()
        }
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).lines().fold(String::new(), |text, entry| text + &entry_line(entry))
        }
        Ok(output) => format!("journalctl: {}\n", String::from_utf8_lossy(&output.stderr).trim()),
        Err(error) => format!("no journal here: {error}; name a log file with --log\n"),
    }
}

/// An entry of the journal as a line: when, how grave, what, and the fields that the daemon gave it.
fn entry_line(entry: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(entry) else { return format!("{entry}\n") };
    let text = |name: &str| fields.get(name).map(plain).unwrap_or_default();
    let moment = text("__REALTIME_TIMESTAMP").parse().ok().and_then(|us| jiff::Timestamp::from_microsecond(us).ok());
    let moment = moment.map(|moment| moment.to_string()).unwrap_or_default();
    let grave = ["EMERG", "ALERT", "CRIT", "ERROR", "WARN", "NOTICE", "INFO", "DEBUG"];
    let grave = text("PRIORITY").parse().ok().and_then(|at: usize| grave.get(at)).copied().unwrap_or_default();
    let mut line = format!("{moment} {grave} {}: {}", text("SYSLOG_IDENTIFIER"), text("MESSAGE"));
    // The journal's own fields begin with a line below, and some with words that say where they are from.
    let own = |name: &str| {
        name.starts_with('_')
            || ["SYSLOG_", "CODE_", "JOB_", "INVOCATION_"].iter().any(|start| name.starts_with(start))
            || ["MESSAGE", "MESSAGE_ID", "PRIORITY", "TID", "UNIT"].contains(&name)
    };
    for (name, value) in fields.iter().filter(|(name, _)| !own(name)) {
        // Writing to a string cannot fail.
        let _ = write!(line, " {}={}", name.to_lowercase(), plain(value));
    }
    line + "\n"
}

/// A field of the journal as text; one that is no UTF-8 comes as a list of its bytes.
fn plain(value: &serde_json::Value) -> String {
    let byte = |value: &serde_json::Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(bytes) => {
            String::from_utf8_lossy(&bytes.iter().filter_map(byte).collect::<Vec<_>>()).into_owned()
        }
        other => other.to_string(),
    }
}

/// Metrics without those of single pitchers.
fn without_people(metrics: &str) -> String {
    metrics.lines().filter(|line| !line.contains("pitcher=\"")).fold(String::new(), |text, line| text + line + "\n")
}

/// What lies in the store's directory, and how many records it has where no daemon has it open.
fn store(config: &Config) -> String {
    let dir = &config.store.path;
    let mut text = format!("directory {}\n", dir.display());
    match fs::read_dir(dir) {
        Ok(entries) => {
            for entry in entries.flatten() {
                let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
                let _ = writeln!(text, "  {bytes:>14} {}", entry.file_name().to_string_lossy());
            }
        }
        Err(error) => drop(writeln!(text, "  cannot be read: {error}")),
    }
    for backup in backup::backups(&config.store.backup_dir()).unwrap_or_default() {
        let _ = writeln!(text, "backup {}", backup.display());
    }
    if let Ok(system) = SystemStatus::sample(dir) {
        let _ = writeln!(text, "disk: {} of {} bytes free", system.disk_free_bytes, system.disk_bytes);
    }
    // Nothing is made where there is nothing.
    if !Store::is_there(dir) {
        return text + "no database\n";
    }
    let told = match Store::open(dir, StoreOptions::default()) {
        Ok(store) => store.counts().map(|counts| format!("{counts:#?}\n")),
        Err(StoreError::Locked { .. }) => Ok("a daemon has it open: see status.json\n".to_owned()),
        Err(error) => Err(error),
    };
    text + &told.unwrap_or_else(|error| format!("{error}\n"))
}

fn write(path: &Path, folder: &str, texts: &[(&'static str, String)]) -> std::io::Result<()> {
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::default()));
    let now_s = jiff::Timestamp::now().as_second().unsigned_abs();
    for (name, text) in texts {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(now_s);
        archive.append_data(&mut header, format!("{folder}/{name}"), text.as_bytes())?;
    }
    archive.into_inner()?.finish()?.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_journal_is_a_line_with_the_fields_that_the_daemon_gave_it() {
        let entry = r#"{"__REALTIME_TIMESTAMP":"1781205300000000","_PID":"7","PRIORITY":"4","SYSLOG_IDENTIFIER":"pitchguard",
            "MESSAGE":"camera left out of fits","CAMERA":"5","CODE_FILE":"x.rs","TARGET":"pitchguard::daemon"}"#;
        let line = entry_line(&entry.replace('\n', ""));
        assert_eq!(
            line,
            "2026-06-11T19:15:00Z WARN pitchguard: camera left out of fits camera=5 target=pitchguard::daemon\n"
        );
        assert_eq!(entry_line(r#"{"MESSAGE":[104,105]}"#), "  : hi\n");
        assert_eq!(entry_line("no JSON"), "no JSON\n");
    }

    /// Every hint and every question about the log names the namespace that the units log into.
    #[test]
    fn the_journal_is_asked_in_the_namespace_of_the_units() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &Path| fs::read_to_string(path).expect("a file of the repository");
        let named = format!("LogNamespace={NAMESPACE}\n");
        for entry in fs::read_dir(root.join("systemd")).expect("a directory").flatten() {
            let path = entry.path();
            assert!(path.extension().is_none_or(|end| end != "service") || read(&path).contains(&named), "{path:?}");
        }
        let hinting = [
            "src/queries/history.rs",
            "packaging/prometheus/operation.rules.yml",
            "docs/operations.md",
            "docs/install.md",
        ];
        for path in hinting {
            for (at, line) in read(&root.join(path)).lines().enumerate().filter(|(_, line)| line.contains("journalctl"))
            {
                let is_named = ["", "+"].iter().any(|all| line.contains(&format!("--namespace={all}{NAMESPACE}")));
                assert!(is_named, "{path}:{}: {line}", at + 1);
            }
        }
    }
}
