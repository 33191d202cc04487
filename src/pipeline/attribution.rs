//! What is known of whose throws are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the mark feed does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkFeedState {
    /// A mark came within the last five minutes.
    Live,
    /// Marks came, and none for five minutes, or none for the last throws of an inning that goes on.
    Silent,
    /// No mark has come since the start.
    Never,
}

impl MarkFeedState {
    /// All states, for metrics.
    pub const ALL: [Self; 3] = [Self::Live, Self::Silent, Self::Never];

    /// As in JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Silent => "silent",
            Self::Never => "never",
        }
    }
}

/// Who was named on a mound and has not thrown there yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// MLBAM id.
    pub pitcher: u32,
    /// Name for people; the id's digits where no name is known.
    pub name: String,
    /// Event time since which he is named there, RFC 3339.
    pub since: String,
}

/// Whose the throws on one mound are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MoundAttribution {
    /// Mound id.
    pub mound: u8,
    /// `game`, `bullpen_home`, `bullpen_visitor`.
    pub name: String,
    /// Final throws of today that count for nobody.
    pub unattributed_today: u64,
    /// When the first of them was thrown, RFC 3339; null where there is none.
    #[serde(default)]
    pub unattributed_from: Option<String>,
    /// The same of the last.
    #[serde(default)]
    pub unattributed_to: Option<String>,
    /// The same since the start.
    pub unattributed: u64,
    /// Arrival of the newest mark that names this mound, RFC 3339; null before there is one.
    pub last_mark_at: Option<String>,
    /// Arrival of the newest mark "pitch released" of this mound, RFC 3339; null before there is one.
    pub last_released_mark_at: Option<String>,
    /// Who stands there by the marks and has not thrown yet; null where nobody does.
    #[serde(default)]
    pub waiting: Option<Waiting>,
    /// Whether whoever threw there is known to have left, and nothing was thrown or marked there since.
    #[serde(default)]
    pub deserted: bool,
}

/// Whose the throws are, as far as the mark feed says. A throw is counted when it is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttributionStatus {
    /// How the mark feed does.
    pub mark_feed: MarkFeedState,
    /// Whether somebody should look: throws come, and nobody tells whose they are.
    pub degraded: bool,
    /// What is so, in words; empty where every throw is somebody's.
    pub sentence: String,
    /// The day of baseball that "today" is, `YYYY-MM-DD`: it turns at six in the morning by the park's clock.
    pub game_date: String,
    /// Throws of today that count for nobody: they are measured and shown, and no pitches of anybody.
    pub unattributed_today: u64,
    /// The same by mound.
    pub unattributed_by_mound: BTreeMap<String, u64>,
    /// Arrival of the newest mark, RFC 3339; null before there is one.
    pub last_mark_at: Option<String>,
    /// Ascending by mound.
    pub mounds: Vec<MoundAttribution>,
}

#[cfg(test)]
impl AttributionStatus {
    /// Of a mark feed that tells all.
    pub(crate) fn example() -> Self {
        Self {
            mark_feed: MarkFeedState::Live,
            degraded: false,
            sentence: String::new(),
            game_date: "2027-01-15".to_owned(),
            unattributed_today: 0,
            unattributed_by_mound: BTreeMap::new(),
            last_mark_at: None,
            mounds: Vec::new(),
        }
    }
}

impl AttributionStatus {
    /// Whether this tells people something else than `other` does: a mark that came is no news.
    pub fn is_news(&self, other: &Self) -> bool {
        let told = |status: &Self| (status.mark_feed, status.degraded, status.game_date.clone());
        let waits = |status: &Self| status.mounds.iter().map(|mound| mound.waiting.clone()).collect::<Vec<_>>();
        told(self) != told(other)
            || waits(self) != waits(other)
            || self.sentence != other.sentence
            || self.unattributed_by_mound != other.unattributed_by_mound
    }
}
