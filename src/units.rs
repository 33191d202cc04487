//! Units as every interface writes them, and the decimals that a value needs to say anything: who shows a number takes
//! both from here, so that none stands without its unit, or as `0.00`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A unit, Statcast's for Statcast's quantities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Unit {
    /// Miles an hour.
    #[serde(rename = "mph")]
    Mph,
    /// Miles an hour a week.
    #[serde(rename = "mph/week")]
    MphPerWeek,
    /// Miles an hour a day of rest.
    #[serde(rename = "mph/day")]
    MphPerDay,
    /// Turns a minute.
    #[serde(rename = "rpm")]
    Rpm,
    /// Turns a minute a week.
    #[serde(rename = "rpm/week")]
    RpmPerWeek,
    /// Turns a minute for each mile an hour.
    #[serde(rename = "rpm/mph")]
    RpmPerMph,
    /// Feet.
    #[serde(rename = "ft")]
    Ft,
    /// Square feet.
    #[serde(rename = "ft²")]
    Ft2,
    /// Inches.
    #[serde(rename = "in")]
    In,
    /// Seconds.
    #[serde(rename = "s")]
    S,
    /// Pitches.
    #[serde(rename = "pitches")]
    Pitches,
    /// Games.
    #[serde(rename = "games")]
    Games,
    /// Days.
    #[serde(rename = "days")]
    Days,
    /// Years.
    #[serde(rename = "years")]
    Years,
    /// Placements on the injured list.
    #[serde(rename = "placements")]
    Placements,
    /// A share from 0 to 1, shown in percent.
    #[serde(rename = "share")]
    Share,
    /// A ratio of two like things: 1 is the same, and no unit is written.
    #[serde(rename = "ratio")]
    Ratio,
    /// A score without a unit of its own: compared with itself only.
    #[serde(rename = "score")]
    Score,
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// In what.
    pub unit: Unit,
    /// Decimals in that unit.
    pub digits: u8,
}

impl Shown {
    /// In this unit, with so many decimals.
    pub const fn new(unit: Unit, digits: u8) -> Self {
        Self { unit, digits }
    }
}
