//! cli

pub mod status;
