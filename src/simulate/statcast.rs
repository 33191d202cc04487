//! Real pitches: a Savant CSV, read by column name, whose flights are thrown exactly as published.
//!
//! Statcast publishes velocity and acceleration at y = 50 ft but not x and z there. They follow from the release point
//! (science.md §1): x0 = `release_pos_x` − displacement from y = 50 ft to the release plane. The release plane is
//! `release_pos_y`, which is 60.5 ft − extension before the rounding to a tenth of a foot that `release_extension` has.

use std::path::Path;

use super::flight::Flight;
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

/// Reads a Savant CSV of any column layout. Rows that cannot be thrown are counted, not guessed at.
///
/// # Errors
/// When the file cannot be read, a needed column is missing or no row is complete; see [`StatcastError`].
pub fn read(path: &Path) -> Result<StatcastGame, StatcastError> {
    let name = || path.display().to_string();
    let csv_error = |source| StatcastError::Csv { path: name(), source };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(csv_error)?;
    let columns = Columns::find(reader.headers().map_err(csv_error)?)
        .map_err(|column| StatcastError::Column { path: name(), column })?;
    let mut game = StatcastGame::default();
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(csv_error)? {
        game.rows += 1;
        game.pitches.extend(columns.pitch(&row));
    }
    if game.pitches.is_empty() {
        return Err(StatcastError::Empty { path: name(), rows: game.rows });
    }
    game.pitches.sort_by_key(|p| (p.game_pk, p.at_bat_number, p.pitch_number));
    Ok(game)
}

/// Where the columns are in this file.
struct Columns {
    /// In the order of [`NEEDED`].
    needed: [usize; NEEDED.len()],
    release_pos_y: Option<usize>,
    inning: Option<usize>,
    inning_topbot: Option<usize>,
    release_spin_rate: Option<usize>,
    spin_axis: Option<usize>,
}

const NEEDED: [&str; 14] = [
    "vx0",
    "vy0",
    "vz0",
    "ax",
    "ay",
    "az",
    "release_pos_x",
    "release_pos_z",
    "release_extension",
    "pitcher",
    "game_pk",
    "at_bat_number",
    "pitch_number",
    "pitch_type",
];

impl Columns {
    fn find(header: &csv::StringRecord) -> Result<Self, &'static str> {
        let of = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}').trim() == name);
        let mut needed = [0; NEEDED.len()];
        for (slot, name) in needed.iter_mut().zip(NEEDED) {
            *slot = of(name).ok_or(name)?;
        }
        Ok(Self {
            needed,
            release_pos_y: of("release_pos_y"),
            inning: of("inning"),
            inning_topbot: of("inning_topbot"),
            release_spin_rate: of("release_spin_rate"),
            spin_axis: of("spin_axis"),
        })
    }

    /// The row's pitch, if it is complete and its flight reaches the plate.
    fn pitch(&self, row: &csv::StringRecord) -> Option<ThrownNineP> {
        let number = |at: usize| row.get(at)?.trim().parse::<f64>().ok().filter(|v| v.is_finite());
        let optional = |at: Option<usize>| at.and_then(number);
        let mut values = [0.0; NEEDED.len() - 1];
        for (value, at) in values.iter_mut().zip(self.needed) {
            *value = number(at)?;
        }
        let [vx0, vy0, vz0, ax, ay, az, release_x, release_z, extension, pitcher, game_pk, at_bat, pitch] = values;
        let pitch_type = PitchType::parse(row.get(self.needed[NEEDED.len() - 1])?)?;

        // release_extension is rounded to 0.1 ft; a release_pos_y further off than that means something else
        let from_extension = 60.5 - extension;
        let release_pos_y =
            optional(self.release_pos_y).filter(|y| (y - from_extension).abs() < 0.06).unwrap_or(from_extension);
        let without_place = NineP { x0: 0.0, z0: 0.0, vx0, vy0, vz0, ax, ay, az };
        let (moved, _) = Flight::constant(without_place, release_pos_y)?.at(0.0);
        let nine_p = NineP { x0: release_x - moved.x, z0: release_z - moved.z, ..without_place };

        let inning = optional(self.inning).unwrap_or(1.0).max(1.0) as u16;
        let bottom = self.inning_topbot.and_then(|at| row.get(at)).is_some_and(|half| half.starts_with("Bot"));
        Some(ThrownNineP {
            nine_p,
            release_pos_y,
            pitcher: PitcherId(pitcher as u32),
            pitch_type,
            game_pk: GamePk(game_pk as u32),
            at_bat_number: at_bat as u16,
            pitch_number: pitch as u16,
            half_inning: (inning - 1) * 2 + u16::from(bottom),
            release_spin_rate: optional(self.release_spin_rate).filter(|rpm| *rpm > 0.0),
            spin_axis: optional(self.spin_axis),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const HEADER: &str = "pitch_type,pitcher,pitcher_1,release_pos_x,release_pos_z,release_extension,release_pos_y,\
                          vx0,vy0,vz0,ax,ay,az,game_pk,at_bat_number,pitch_number,inning,inning_topbot";

    fn read_text(text: &str) -> Result<StatcastGame, StatcastError> {
        let mut file = tempfile::NamedTempFile::new().expect("a scratch file");
        file.write_all(text.as_bytes()).expect("written");
        read(file.path())
    }

    #[test]
    fn rows_come_in_the_order_thrown_and_incomplete_ones_are_counted() {
        let game = read_text(&format!(
            "\u{feff}{HEADER}\n\
             FF,1,9,-1,6,6.5,54.04,2,-124,-3,-2,24,-17,5,2,1,1,Bot\n\
             SL,1,9,-1,6,6.5,54.04,2,-124,-3,-2,24,-17,5,1,2,1,Top\n\
             SL,1,9,-1,6,,54.04,2,-124,-3,-2,24,-17,5,1,3,1,Top\n\
             ,1,9,-1,6,6.5,54.04,2,-124,-3,-2,24,-17,5,1,4,1,Top\n\
             SL,1,9,-1,6,6.5,54.04,2,-124,-3,-2,24,null,5,1,5,1,Top\n"
        ))
        .expect("two pitches");
        assert_eq!((game.rows, game.pitches.len()), (5, 2));
        let order: Vec<_> = game.pitches.iter().map(|p| (p.at_bat_number, p.half_inning)).collect();
        assert_eq!(order, [(1, 0), (2, 1)]);
        assert_eq!(game.pitches[0].release_spin_rate, None);
    }

    #[test]
    fn the_flight_leaves_from_the_published_release_point() {
        let row = "FF,1,9,-1.25,6.11,6.5,54.04,2,-124,-3,-2,24,-17,5,2,1,1,Bot";
        let pitch = read_text(&format!("{HEADER}\n{row}\n")).expect("one pitch").pitches[0];
        let release = Flight::constant(pitch.nine_p, pitch.release_pos_y).expect("flies").at(0.0).0;
        assert!((release - nalgebra::Vector3::new(-1.25, 54.04, 6.11)).norm() < 1e-9, "{release}");
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = read_text("pitch_type,pitcher\nFF,1\n").expect_err("no flight in it").to_string();
        assert!(error.contains("no column `vx0`"), "{error}");
    }
}
