//! The configuration: typed, with every default working on one machine with nothing else running.
//!
//! A key comes from the file (`/etc/pitchguard/pitchguard.toml`, or `--config FILE`) or from the environment variable
//! `PITCHGUARD_SECTION__KEY`, which wins. Unknown keys are refused, and all faults are reported at once, each with line,
//! column and advice. A configuration that has a fault, or cannot be read, is never replaced by defaults.

mod check;
mod error;
mod log;
mod provenance;
mod reader;
mod sections;
mod setting;

pub use error::{ConfigError, ConfigErrors, Place};
pub use log::{LogConfig, LogLevel, LogLevelError};
pub use provenance::{Origin, Provenance};
pub use sections::{
    Auth, Config, DEFAULT_FILE, DEFAULT_VENUE_FILE, HttpConfig, IngestConfig, KEYS_CREDENTIAL, LIVE_CLIENTS_MAX,
    MqttConfig, ReorderConfig, StoreConfig, VenueConfig,
};
