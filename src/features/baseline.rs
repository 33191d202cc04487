//! What is usual for a pitcher: baselines per season and pitch type (science.md §4).

use crate::ids::{PitchType, PitcherId};

/// What to expect of one quantity, after shrinkage towards last season or the league.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Mean over outings, shrunk: (n·x̄ + κ·prior)/(n + κ).
    pub mean: f64,
    /// Standard deviation of that mean as an estimate of today's true baseline.
    pub sd_mean: f64,
    /// Variance of single pitches within an outing.
    pub var_within: f64,
    /// Outings behind it (n, without the prior's).
    pub outings: u32,
}

/// What to expect of one pitch type of one pitcher. Units are Statcast's. Absent where nothing is known.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // Statcast's own columns
pub struct TypeBaseline {
    pub pitch_type: PitchType,
    pub release_speed: Option<Expected>,
    pub release_spin_rate: Option<Expected>,
    pub release_pos_z: Option<Expected>,
    pub release_extension: Option<Expected>,
    pub pfx_x: Option<Expected>,
    pub pfx_z: Option<Expected>,
}

/// What to expect of one pitcher today.
#[derive(Debug, Clone, PartialEq)]
pub struct PitcherBaseline {
    /// Whose.
    pub pitcher: PitcherId,
    /// By pitch type.
    pub types: Vec<TypeBaseline>,
}

impl PitcherBaseline {
    /// The baseline of one pitch type.
    pub fn of(&self, pitch_type: PitchType) -> Option<&TypeBaseline> {
        self.types.iter().find(|t| t.pitch_type == pitch_type)
    }
}
