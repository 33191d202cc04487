//! cli

pub mod check_config;
pub mod config;
pub mod simulate;
