//! Sums of a season, from which baselines are made.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Count, mean and sum of squared deviations from it: mergeable (Chan, Golub and `LeVeque` 1983).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Moments {
    /// How many values.
    pub n: u32,
    /// Their mean; 0 where there is none.
    pub mean: f64,
    /// Σ(x − mean)².
    pub m2: f64,
}

/// One pitch type within one outing: what baselines are made of. Quantities in the order of
/// `features::baseline::Quantity`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct TypeSums {
    /// Statcast's code; empty where unknown.
    pub pitch_type: String,
    /// Pitches of it.
    pub pitches: u32,
    /// Per quantity over its unflagged pitches.
    pub quantities: [Moments; 6],
}

/// Sums of one quantity of one pitch type over a season: of a pitcher's outings, or of the league's pitchers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct SeasonSums {
    /// Pitches with a value.
    pub pitches: u32,
    /// Outings with a value.
    pub outings: u32,
    /// Over outing means (a pitcher) or over pitcher means (the league).
    pub means: Moments,
    /// Σ over pitchers of Σ(outing mean − pitcher mean)².
    pub between_m2: f64,
    /// Its degrees of freedom: Σ over pitchers of (outings − 1).
    pub between_dof: u32,
    /// Σ over outings of Σ(x − outing mean)².
    pub within_m2: f64,
    /// Its degrees of freedom: Σ over outings of (pitches − 1).
    pub within_dof: u32,
}

/// One season of one pitch type of one pitcher, or of the league (pitcher 0).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct BaselineRecord {
    /// MLBAM id; 0 is the league.
    pub pitcher: u32,
    /// Year.
    pub season: u16,
    /// Statcast's code.
    pub pitch_type: String,
    /// Latest outing in it, `YYYY-MM-DD`.
    pub last_date: String,
    /// In the order of `features::baseline::Quantity`.
    pub quantities: [SeasonSums; 6],
}
