//! The environment from the outside: the same ball in cold and hot air, a city's real sensors, a real broker.

mod breaks;
mod broker;
#[path = "../common/mod.rs"]
mod common;
mod daemon;
#[path = "../daemon_support/mod.rs"]
mod daemon_support;
mod mosquitto;
mod replay;
