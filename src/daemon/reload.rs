//! Reading the configuration anew while the daemon runs: what can change at once does, and the rest is named.

use std::path::PathBuf;

use super::Daemon;
use crate::config::{Config, ConfigErrors, LogLevel, Provenance};

/// Keys of `[readiness]` that size something at the start.
const SIZES: [&str; 2] = ["pitchers_max", "alerts_max"];

/// Sets the level of the log.
pub type SetLevel = Box<dyn Fn(&LogLevel) -> Result<(), String>>;

/// What a reload came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reloaded {
    /// Keys that changed and are in force.
    pub applied: Vec<String>,
    /// Keys that differ from what the daemon runs with and need a restart.
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
    set_level: SetLevel,
}

impl Reload {
    /// For a daemon that started with these values from this file.
    pub fn new(path: Option<PathBuf>, in_force: Provenance, set_level: SetLevel) -> Self {
        Self { path, in_force, set_level }
    }

    /// Reads, checks, applies.
    ///
    /// # Errors
    /// Every fault of the configuration; then nothing of it is applied.
    pub fn apply(&mut self, daemon: &Daemon) -> Result<Reloaded, ConfigErrors> {
        let (config, provenance) = Config::load(self.path.as_deref(), std::env::vars_os())?;
        let mut told = Reloaded::default();
        for changed in changed(&self.in_force, &provenance) {
            if self.takes_effect(changed, &config, daemon) {
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
            "readiness" => !SIZES.contains(&changed.key) && daemon.judge_by(config.readiness),
            _ => false,
        }
    }
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
