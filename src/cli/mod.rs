//! cli

pub mod check_config;
pub mod config;
