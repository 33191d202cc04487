//! What was before today: imports, outings, and the baselines that come of them.

pub mod outings;
pub mod savant;

pub use outings::{GameTypes, baseline_before, rebuild, rebuild_all, rebuild_league, season_of};
pub use savant::{Summary, import_savant};
