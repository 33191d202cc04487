//! The daemon
