//! People who pitch.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SIMULATED_TEAM;

/// A person who pitches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct PitcherRecord {
    /// MLBAM id.
    pub id: u32,
    /// Name for people, `First Last`; absent where no source gave one.
    pub name: Option<String>,
    /// Club code of the latest known game (`TB`).
    pub team: Option<String>,
    /// `L`, `R` or `S`.
    pub throws: Option<String>,
    /// Latest known game, `YYYY-MM-DD`: what `team` is from.
    pub last_date: Option<String>,
    /// Day of birth, `YYYY-MM-DD`; absent where no source gave an age.
    pub birth_date: Option<String>,
}

impl PitcherRecord {
    /// Whether he was invented: nothing that he does is anybody's.
    pub fn is_simulated(&self) -> bool {
        self.team.as_deref() == Some(SIMULATED_TEAM)
    }
}
