//! What he carried into today (science.md §5).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::GamePk;

/// How a pitcher is used; it sets the cap of his dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Starts games.
    Starter,
    /// Comes in later.
    Reliever,
}

/// Load before today. The default knows nothing: no past pitches, role unknown, pW absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workload {
    /// Past appearances: how many days ago (1 is yesterday) and how many pitches.
    pub past: Vec<(u32, u32)>,
    /// Absent: judged by the past appearances.
    pub role: Option<Role>,
    /// Acute:chronic workload ratio; absent where unknown.
    pub acwr: Option<f64>,
    /// Days of rest short of the guidance; absent where unknown.
    pub rest_deficit: Option<f64>,
}

impl Workload {
    /// Σ past pitches·2^(−days).
    pub fn carried(&self) -> f64 {
        self.past.iter().map(|(days, pitches)| f64::from(*pitches) * (-f64::from(*days)).exp2()).sum()
    }

    /// The role as given, else a starter where the median past appearance has at least `starter_pitches_min` pitches,
    /// else a reliever. With no past it is a starter: the wrong way round, a reliever's cap would dock every starter
    /// in his second inning.
    pub fn role(&self, starter_pitches_min: u32) -> Role {
        if let Some(role) = self.role {
            return role;
        }
        let mut counts: Vec<u32> = self.past.iter().map(|(_, pitches)| *pitches).collect();
        counts.sort_unstable();
        match counts.get(counts.len() / 2) {
            Some(median) if *median < starter_pitches_min => Role::Reliever,
            _ => Role::Starter,
        }
    }
}

/// Which outing a pitch belongs to. One mound and one game, or one mound and one day where no game is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutingKey {
    /// A game.
    Game(GamePk),
    /// The park's local date.
    Day(Date),
}
