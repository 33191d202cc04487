//! What the API asks of the store: pitchers and pitches of the past, under the names that clients see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::features::baseline::PitcherBaseline;
use crate::ids::{GamePk, PitcherId};
use crate::records::PitchRecord;
use crate::risk::anomaly::Anomaly;
use crate::workload::WorkloadReport;

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
    /// Pitches of games that the box holds of him, today's included; null where it holds none.
    pub pitches: Option<u64>,
    /// `YYYY-MM-DD` of his newest known game, today's included; null where none is known.
    pub last_game_date: Option<String>,
}

/// Where a pitch stands in the order of all pitches: by release, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PitchPosition {
    /// [`PitchRecord::release_ns`].
    pub release_ns: u64,
    /// [`PitchRecord::id`].
    pub id: u64,
}

impl PitchPosition {
    /// Where this pitch stands.
    pub fn of(pitch: &PitchRecord) -> Self {
        Self { release_ns: pitch.release_ns, id: pitch.id }
    }
}

/// Which end of the pitches to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PitchPage {
    /// The newest ones.
    Newest,
    /// The last ones that stand before this position.
    Before(PitchPosition),
    /// The first ones that stand after this position.
    After(PitchPosition),
}

/// Which pitches to read: those that fit every condition given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PitchQuery {
    /// Of this pitcher only.
    pub pitcher: Option<PitcherId>,
    /// Of this game only.
    pub game_pk: Option<GamePk>,
    /// Which end of them.
    pub page: PitchPage,
    /// At most so many.
    pub limit: usize,
}

impl PitchQuery {
    /// Whether a pitch fits every condition but the limit.
    pub fn fits(&self, pitch: &PitchRecord) -> bool {
        let position = PitchPosition::of(pitch);
        self.pitcher.is_none_or(|id| pitch.pitcher == Some(id.0))
            && self.game_pk.is_none_or(|game| pitch.game_pk == game.0)
            && match self.page {
                PitchPage::Newest => true,
                PitchPage::Before(end) => position < end,
                PitchPage::After(start) => position > start,
            }
    }

    /// Of pitches in ascending order, those at the end that is read, `limit` at most.
    pub fn cut(&self, pitches: &mut Vec<PitchRecord>) {
        if let PitchPage::After(_) = self.page {
            pitches.truncate(self.limit);
        } else {
            pitches.drain(..pitches.len().saturating_sub(self.limit));
        }
    }
}

/// Pitches in ascending order, and how far was looked for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PitchSlice {
    /// Those that fit, as many as asked for at most.
    pub pitches: Vec<PitchRecord>,
    /// The last position that was looked at, where the search was cut off before it had found as many and before the
    /// end: it goes on from there.
    pub stopped_at: Option<PitchPosition>,
}

/// Why the past could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store is busy or not open yet.
    #[error("the store is not available now ({0}); ask again in a moment")]
    Unavailable(String),
    /// The store failed.
    #[error("the store could not be read: {0}; `journalctl --namespace=pitchguard -u pitchguard` says more")]
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

    /// How far his latest outing is from those before it; none where too little is known.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn latest_outing(&self, id: PitcherId) -> Result<Option<Anomaly>, HistoryError>;

    /// How far each of these pitches is from its pitcher's own of that type before that day; none where too little is
    /// known of them.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn anomalies(&self, pitches: &[PitchRecord]) -> Result<Vec<Option<Anomaly>>, HistoryError>;

    /// What was usual for a pitcher before this day; none where the box does not know him.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn baseline(&self, id: PitcherId, day: jiff::civil::Date) -> Result<Option<PitcherBaseline>, HistoryError>;

    /// The pitches that fit, `limit` at most from the end that `page` names, each in its last revision. Always in
    /// ascending order, whichever the end. A call does bounded work, so it may stop early and say where.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn pitches(&self, query: &PitchQuery) -> Result<PitchSlice, HistoryError>;

    /// What a pitcher carried over these days, the month to his newest outing where they are left open; none where the
    /// box does not know him. The caller sees to it that the range is none too long, and does not lie ahead.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn workload(&self, id: PitcherId, days: DayRange) -> Result<Option<WorkloadReport>, HistoryError>;
}

/// A range of days, whose start may be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRange {
    /// The first day.
    pub start: Option<jiff::civil::Date>,
    /// The last day.
    pub end: jiff::civil::Date,
    /// The day of baseball that is not over.
    pub today: jiff::civil::Date,
}
