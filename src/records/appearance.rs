//! One outing: how much was thrown, and what of it nobody saw.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TypeSums;
use super::pitch::PITCH_EVERY_NS;

/// One pitcher's pitches of one game.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct AppearanceRecord {
    /// MLBAM id.
    pub pitcher: u32,
    /// `YYYY-MM-DD`, the park's local date.
    pub game_date: String,
    /// Statcast's `game_pk`; 0 where none is known: of a game that no mark named, and of the means of a day
    /// ([`Self::is_means_only`]).
    pub game_pk: u32,
    /// Statcast's `game_type` (`R`, `S` spring, `E` exhibition, postseason `F` `D` `L` `W`); absent where unknown.
    pub game_type: Option<String>,
    /// Pitches thrown.
    pub pitches: u32,
    /// Release of the first and the last, ns since the Unix epoch.
    pub first_ns: u64,
    /// See `first_ns`.
    pub last_ns: u64,
    /// Mean over all pitches that have it, mph.
    pub release_speed: Option<f64>,
    /// Mean over all pitches that have it, rpm.
    pub release_spin_rate: Option<f64>,
    /// Mean over all pitches that have it, mph.
    pub effective_speed: Option<f64>,
    /// By pitch type, ascending.
    pub types: Vec<TypeSums>,
    /// What of it is known to be missing: `pitches` is at least what is told.
    #[serde(default)]
    pub missed: Missed,
    /// What of it is missing, by the numbers of the game's at-bats; absent where nothing is known to be.
    #[serde(default)]
    pub lack: Option<Lack>,
}

/// What is known to be missing of an outing, whose count is the least that he threw then.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Missed {
    /// Whiles in which nobody saw his mound, from and to, ns since the Unix epoch; oldest first.
    pub unseen: Vec<(u64, u64)>,
    /// Throws on his mound that no mark names and that may be his.
    pub unnamed: u32,
}

impl Missed {
    /// Whether he was seen all the time and every throw has a name.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// More pitches than can be missing.
    pub fn pitches_at_most(&self) -> u32 {
        let unseen = |(from, to): &(u64, u64)| {
            u32::try_from(to.saturating_sub(*from).div_ceil(PITCH_EVERY_NS)).unwrap_or(u32::MAX)
        };
        self.unseen.iter().map(unseen).fold(self.unnamed, u32::saturating_add)
    }
}

/// What is missing of an outing, before it is summed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedOuting {
    /// MLBAM id.
    pub pitcher: u32,
    /// `YYYY-MM-DD`, the park's day of baseball.
    pub game_date: String,
    /// Statcast's `game_pk`; 0 where none is known.
    pub game_pk: u32,
    /// Release of a pitch of it, ns since the Unix epoch.
    pub thrown_ns: u64,
    /// What is missing.
    pub missed: Missed,
}

/// What is missing of an outing, by the numbers of the game's at-bats and pitches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lack {
    /// Pitches of his that are missing, at least; 0 where it is only known that there may be more.
    pub missing: u32,
    /// Whether they are missing within at-bats: what is there may have been chosen by its values, and is no baseline's.
    pub by_pitch: bool,
    /// Whether this box measured what is there: then it counts, as the least that he threw.
    pub measured_here: bool,
}

/// Nobody throws more in an outing \[P\]: it bounds one of which nobody knows how long it was.
const OUTING_MAX: u32 = 150;

impl AppearanceRecord {
    /// Whether it counts for dose, load, role and rest: an outing of which files hold a part does not.
    pub fn counts(&self) -> bool {
        self.lack.is_none_or(|lack| lack.measured_here)
    }

    /// Pitches that count, and more than can be missing besides.
    pub fn counted(&self) -> (u32, u32) {
        let unseen = self.missed.pitches_at_most();
        match self.lack {
            Some(lack) if lack.measured_here => (self.pitches, unseen.max(lack.missing)),
            Some(_) => (0, OUTING_MAX),
            None => (self.pitches, unseen),
        }
    }

    /// Whether it was imported as the means of a day, without its pitches.
    pub fn is_means_only(&self) -> bool {
        self.game_pk == 0 && self.first_ns == 0
    }
}
