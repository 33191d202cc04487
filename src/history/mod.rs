//! What was before today: imports, outings, and the baselines that come of them.

pub mod outings;
pub mod savant;

pub use outings::{baseline_before, rebuild, rebuild_league};
pub use savant::{Summary, import_savant};
