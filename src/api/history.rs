//! What the API asks of the store: pitchers and pitches of the past, under the names that clients see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{GamePk, PitcherId};
use crate::store::records::PitchRecord;

/// A pitcher whom the box knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pitcher {
    /// MLBAM id.
    pub id: PitcherId,
    /// Name for people; the id's digits where no name is known.
    pub name: String,
    /// Team, Statcast's letters (`STL`), of his newest pitch; absent where unknown.
    pub team: Option<String>,
    /// `L` or `R`; absent where unknown.
    pub throws: Option<String>,
    /// Seasons with pitches, ascending.
    pub seasons: Vec<i16>,
    /// Pitches that the box holds of him.
    pub pitches: u64,
    /// `YYYY-MM-DD` of his newest pitch; absent where there is none.
    pub last_game_date: Option<String>,
}

/// Where a pitch stands in the order of all pitches: by release, then pitcher, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PitchPosition {
    /// [`PitchRecord::release_ns`].
    pub release_ns: u64,
    /// [`PitchRecord::pitcher`], 0 where none is named.
    pub pitcher: u32,
    /// [`PitchRecord::id`].
    pub id: u64,
}

impl PitchPosition {
    /// Where this pitch stands.
    pub fn of(pitch: &PitchRecord) -> Self {
        Self { release_ns: pitch.release_ns, pitcher: pitch.pitcher.unwrap_or(0), id: pitch.id }
    }
}

/// Which pitches to read: those that fit every condition given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PitchQuery {
    /// Of this pitcher only.
    pub pitcher: Option<PitcherId>,
    /// Of this game only.
    pub game_pk: Option<GamePk>,
    /// Only pitches that stand after this one.
    pub after: Option<PitchPosition>,
    /// At most so many, the first in order.
    pub limit: usize,
}

impl PitchQuery {
    /// Whether a pitch fits every condition but the limit.
    pub fn fits(&self, pitch: &PitchRecord) -> bool {
        self.pitcher.is_none_or(|id| pitch.pitcher == Some(id.0))
            && self.game_pk.is_none_or(|game| pitch.game_pk == game.0)
            && self.after.is_none_or(|after| PitchPosition::of(pitch) > after)
    }
}

/// Why the past could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store is busy or not open yet.
    #[error("the store is not available now ({0}); ask again in a moment")]
    Unavailable(String),
    /// The store failed.
    #[error("the store could not be read: {0}; `journalctl -u pitchguard` says more")]
    Failed(String),
}

/// The past, as the API reads it. Calls may take milliseconds; the API makes them off its event loop.
pub trait History: Send + Sync + 'static {
    /// Pitchers, ascending by name, of this team and with pitches in this season where given.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn pitchers(&self, team: Option<&str>, season: Option<i16>) -> Result<Vec<Pitcher>, HistoryError>;

    /// One pitcher, none where the box does not know him.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn pitcher(&self, id: PitcherId) -> Result<Option<Pitcher>, HistoryError>;

    /// The first `limit` pitches that fit, in the order of [`PitchPosition`], each in its last revision.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn pitches(&self, query: &PitchQuery) -> Result<Vec<PitchRecord>, HistoryError>;
}
