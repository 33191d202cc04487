//! The command line: one file a verb.
#![warn(clippy::print_stdout, clippy::print_stderr)] // see `out`: they panic where nobody reads

pub mod backup;
pub mod check_config;
pub mod config;
mod crowd;
pub mod demo;
mod demo_table;
pub mod diag;
pub mod etl;
pub mod fetch;
pub mod http_client;
pub mod import;
pub mod key;
pub mod layout;
pub mod load_test;
mod logs;
pub mod man;
pub mod model;
mod out;
pub mod outbox;
mod pages;
mod redact;
pub mod replay;
pub mod restore;
pub mod rollback;
pub mod run;
pub mod run_job;
pub mod simulate;
pub mod simulate_faults;
pub mod socket_units;
pub mod source;
pub mod status;
pub mod train;
mod values;
mod verbs;

pub use verbs::{Cli, main};
