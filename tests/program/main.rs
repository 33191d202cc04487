//! The command line, the configuration, the README's own path, the stadium, and the document that the tablet is made from.

mod advice;
mod cli_verbs;
mod config_load;
#[path = "../support/daemon_support/mod.rs"]
mod daemon_support;
mod readme;
#[path = "../support/savant_support/mod.rs"]
mod savant_support;
mod simulate_closer;
mod simulate_stadium;
mod simulate_statcast;
mod simulate_udp;
#[path = "../support/skipping.rs"]
mod skipping;
mod tablet_build;
