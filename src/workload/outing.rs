//! Which outing a pitch belongs to.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::GamePk;

/// Which outing a pitch on a mound belongs to: one of one day, and of one game where a game is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OutingKey {
    /// The day of baseball, in the park.
    pub day: Date,
    /// Absent where no mark names a game. A game that goes on another day is another outing.
    pub game: Option<GamePk>,
}

impl OutingKey {
    /// Of a day and a game, where 0 is none.
    pub fn new(day: Date, game: GamePk) -> Self {
        Self { day, game: Some(game).filter(|game| game.0 != 0) }
    }
}
