//! What was before today: imports, outings, and the baselines that come of them.

pub mod outings;

pub use outings::{baseline_before, rebuild};
