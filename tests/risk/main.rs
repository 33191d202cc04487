//! Injury risk: its ground, its leaks, its reference, and the way from files to an answer.

#[path = "../support/common/mod.rs"]
mod common;
#[path = "../support/daemon_support/mod.rs"]
mod daemon_support;
mod risk_control;
mod risk_ground;
mod risk_leakage;
mod risk_reference;
mod risk_serving;
mod risk_stored;
#[path = "../support/risk_support/mod.rs"]
mod risk_support;
