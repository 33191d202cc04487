//! PitchGuard: from camera frames to a readiness number, on the box in the stadium's rack.
//!
//! `ARCHITECTURE.md` is the map. A room knows only the rooms before it in the way of the data:
//! ingest → reorder → tracking → features → readiness → store → api. The logic is pure
//! (`step(&mut self, input, now) -> outputs`); sockets, disk and clock stay at the edge.

pub mod api;
pub mod bounds;
pub mod calibration;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod day;
mod disk;
pub mod environment;
pub mod features;
#[cfg(test)]
#[path = "../tests/support/golden.rs"]
mod golden_tests;
pub mod history;
pub mod ids;
pub mod ingest;
pub mod journal;
pub mod moment;
pub mod observe;
pub mod pipeline;
pub mod queries;
pub mod readiness;
pub mod records;
pub mod reorder;
pub mod risk;
pub mod signal;
pub mod simulate;
pub mod store;
pub mod tracking;
pub mod units;
pub mod upstream;
pub mod words;
pub mod workload;
