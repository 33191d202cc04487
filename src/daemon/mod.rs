//! The daemon: threads, sockets and disk around the pipeline.
//!
//! Start-up reads as a list: venue → store → buffer → sockets → threads. Whatever fails does so before the first thread
//! runs. Shutdown goes the way of the data: ingest stops, the merge thread lets all that is held through, the writer
//! commits it, then HTTP ends.

mod apart;
mod calibration;
pub mod control;
mod days;
mod descriptors;
mod error;
pub mod invented;
mod journal;
pub mod known_good_config;
mod memory;
mod merge;
mod merge_status;
mod named_files;
mod outing_rollup;
mod part_alerts;
mod profiles;
mod recovery;
mod refused;
pub mod reload;
mod reprocess;
pub mod service;
mod setup;
mod speakers;
pub mod systemd;
mod threads;
pub mod upkeep;
mod upstream;
mod waking;
pub mod watch;
pub mod watchdog;

pub use error::DaemonError;
pub use profiles::StoreProfiles;
pub(crate) use setup::listen;
#[cfg(test)]
pub(crate) use setup::live_pitch;
pub use setup::settings;
pub use threads::Daemon;
pub use upstream::UpstreamError;
