//! What was before today: imports, outings, and the baselines that come of them.

pub mod appearances;
mod changed;
pub mod etl;
pub mod fetch;
mod games;
pub mod injuries;
pub mod input;
pub mod jobs;
mod local;
pub mod outings;
mod outliers;
mod people;
pub mod roster;
pub mod savant;
mod table;
pub mod teams;

pub use appearances::import_appearances;
pub use changed::changed;
pub use injuries::{import_injuries, imports};
pub use input::{First, Input, Inputs, Paths, Unwatched, Watcher};
pub use outings::{
    GameTypes, Rebuilt, baseline_before, rebuild, rebuild_all, rebuild_league, rebuild_telling, season_of,
};
pub use roster::import_roster;
pub use savant::{Summary, import_pitches, import_savant};
pub use table::{Group, Reasons, RowSummary};
