//! Reading the configuration anew while the daemon runs: what can change at once does, and the rest is named.

use std::path::PathBuf;

use super::named_files::NamedFiles;
use super::threads::Daemon;
use crate::config::{Auth, Config, ConfigErrors, LogLevel, Provenance};
use crate::ingest::KeyRing;
use crate::upstream::UpstreamKind;

/// Keys of `[readiness]` that size something at the start.
const SIZES: [&str; 2] = ["pitchers_max", "alerts_max"];

/// Sets the level of the log.
pub type SetLevel = Box<dyn Fn(&LogLevel) -> Result<(), String>>;

/// What a reload came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reloaded {
    /// Keys, or contents of the files that they name, that changed and are in force.
    pub applied: Vec<String>,
    /// Those that differ from what the daemon runs with and need a restart.
    pub needs_restart: Vec<String>,
}

impl std::fmt::Display for Reloaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.applied.as_slice() {
            [] => f.write_str("configuration read, nothing to apply")?,
            applied => write!(f, "configuration read, applied {}", applied.join(", "))?,
        }
        if !self.needs_restart.is_empty() {
            write!(f, "; needs a restart: {}", self.needs_restart.join(", "))?;
        }
        Ok(())
    }
}

/// Reads the configuration anew, and knows what is in force.
pub struct Reload {
    path: Option<PathBuf>,
    in_force: Provenance,
    files: NamedFiles,
    set_level: SetLevel,
}

impl Reload {
    /// For a daemon that is about to start with this configuration, of these values from this file.
    pub fn new(path: Option<PathBuf>, config: &Config, in_force: Provenance, set_level: SetLevel) -> Self {
        Self { path, in_force, files: NamedFiles::of(config), set_level }
    }

    /// Reads, checks, applies.
    ///
    /// # Errors
    /// Every fault of the configuration; then nothing of it is applied.
    pub fn apply(&mut self, daemon: &Daemon) -> Result<Reloaded, ConfigErrors> {
        let (config, provenance) = Config::load(self.path.as_deref(), std::env::vars_os())?;
        let (files, mut told) = (NamedFiles::of(&config), Reloaded::default());
        for (section, key) in files.changed_since(&self.files) {
            let named = format!("{} (what is in the file)", Key { section, key });
            if file_takes_effect(section, key, &config, daemon) {
                self.files.take_over(&files, section, key);
                told.applied.push(named);
            } else {
                told.needs_restart.push(named);
            }
        }
        for changed in changed(&self.in_force, &provenance) {
            if self.takes_effect(changed, &config, daemon) {
                self.files.take_over(&files, changed.section, changed.key);
                told.applied.push(changed.to_string());
            } else {
                told.needs_restart.push(changed.to_string());
            }
        }
        for origin in provenance.0 {
            if told.applied.contains(&Key { section: origin.section, key: &origin.key }.to_string())
                && let Some(in_force) =
                    self.in_force.0.iter_mut().find(|o| o.section == origin.section && o.key == origin.key)
            {
                *in_force = origin;
            }
        }
        Ok(told)
    }

    /// Whether the key's new value is in force from now on.
    fn takes_effect(&self, changed: Key<'_>, config: &Config, daemon: &Daemon) -> bool {
        match changed.section {
            "log" => (self.set_level)(&config.log.level)
                .inspect_err(|error| tracing::error!(error, "the log keeps its level"))
                .is_ok(),
            "ingest" if changed.key == "keys_file" => takes_keys(config, daemon),
            "readiness" => !SIZES.contains(&changed.key) && daemon.judge_by(config.readiness),
            _ => false,
        }
    }
}

/// Whether what is in a file is in force from now on.
fn file_takes_effect(section: &str, key: &str, config: &Config, daemon: &Daemon) -> bool {
    match (section, key) {
        ("ingest", "keys_file") => takes_keys(config, daemon),
        // The token of HTTPS is read anew for each batch.
        ("upstream", "credential_file") => config.upstream.kind == UpstreamKind::Https,
        _ => false,
    }
}

/// Whether frames are judged by the keys of the file from now on: where they were judged by keys so far.
fn takes_keys(config: &Config, daemon: &Daemon) -> bool {
    let Some(path) = config.ingest.keys_file.as_ref().filter(|_| config.ingest.auth == Auth::Required) else {
        return false;
    };
    // It was read a moment ago, when the configuration was checked.
    let read = KeyRing::load(path).inspect_err(|error| tracing::error!(%error, "the keys stay as they were"));
    read.is_ok_and(|keys| daemon.take_keys(&keys))
}

/// A key of the configuration by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key<'p> {
    section: &'static str,
    key: &'p str,
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}", self.section, self.key)
    }
}

/// Keys whose values differ.
fn changed<'n>(before: &Provenance, now: &'n Provenance) -> Vec<Key<'n>> {
    let differs = |section, key: &str, value| before.of(section, key).is_none_or(|origin| origin.value != value);
    now.0
        .iter()
        .filter(|origin| differs(origin.section, &origin.key, origin.value.clone()))
        .map(|origin| Key { section: origin.section, key: &origin.key })
        .collect()
}
