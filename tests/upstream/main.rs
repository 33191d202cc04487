//! The line to the cloud: under a simulated clock against receivers that fail in every way, and over real sockets.

#[path = "../support/common/mod.rs"]
mod common;
mod upstream_line;
mod upstream_wire;
