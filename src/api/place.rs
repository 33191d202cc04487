//! The ballpark, as far as people need to know it.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::day::{game_date, zone};
use crate::ids::{BoxNs, MoundId};
use crate::tracking::venue::Venue;

/// The ballpark, as far as people need to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// Short name, as in topics and addresses (`busch_iii`).
    id: String,
    /// Name for people.
    name: String,
    /// IANA time zone: every time that people read is told in it.
    time_zone: String,
    /// Where somebody may throw, ascending by id.
    mounds: Vec<PlaceMound>,
}

/// A mound by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct PlaceMound {
    /// As in readiness and pitches.
    id: MoundId,
    /// `game`, `bullpen_home`, `bullpen_visitor`.
    name: String,
}

impl Place {
    /// The day of baseball that a moment belongs to in this park.
    pub(super) fn day_of(&self, at: BoxNs) -> Date {
        game_date(at.0, &zone(&self.time_zone))
    }
}

impl From<&Venue> for Place {
    fn from(venue: &Venue) -> Self {
        let mounds = venue.mounds.iter().map(|mound| PlaceMound { id: mound.id, name: mound.name.clone() });
        Self {
            id: venue.id.clone(),
            name: venue.name.clone(),
            time_zone: venue.time_zone.clone(),
            mounds: mounds.collect(),
        }
    }
}
