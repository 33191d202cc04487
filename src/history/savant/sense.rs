//! Columns against each other: a value can be plausible for itself and impossible beside the others, as where a script made inches
//! of feet, or miles of kilometres, in one column. What most rows of a file contradict is left out whole; nobody can tell what
//! it was in.
//!
//! The measure is the flight itself: nine parameters at y = 50 ft (`vx0` … `az`), from which speed, break and place follow (science.md §1).

use std::collections::{BTreeMap, BTreeSet};

use super::row::{FIELDS, Field, Row};
use crate::history::outings::FASTBALLS;
use crate::records::Measured;

/// Rows with a value below which a column is not judged \[P\].
const ROWS_MIN: usize = 20;
/// ft/s to mph.
const MPH: f64 = 0.681_818;
/// ft/s².
const GRAVITY: f64 = 32.174;
/// Break below which a ratio tells nothing, ft.
const BREAK_MIN_FT: f64 = 0.3;
/// Front of the plate, and where the parameters are, ft from its tip.
const PLATE_FT: f64 = 17.0 / 12.0;
const START_FT: f64 = 50.0;
/// Pitcher's rubber, ft from the tip of the plate.
const RUBBER_FT: f64 = 60.5;

/// What must hold between columns, by the median of what rows tell.
struct Check {
    /// Left out where it does not.
    columns: &'static [&'static str],
    /// In words.
    why: &'static str,
    /// What one row tells.
    of: fn(&Measured) -> Option<f64>,
    /// Between which the median is, of any sound file.
    low: f64,
    high: f64,
}

/// The medians of seven real files are 0.87 to 1.03 for the break, 1.006 to 1.007 for the speed, and 0.003 ft for the place.
const CHECKS: [Check; 6] = [
    Check {
        columns: &["pfx_x"],
        why: "pfx_x contradicts ax and the velocities: it is in feet as the catcher sees it",
        of: |m| ratio(m.pfx_x?, 0.5 * m.ax? * flight(m)?.powi(2)),
        low: 0.6,
        high: 1.4,
    },
    Check {
        columns: &["pfx_z"],
        why: "pfx_z contradicts az and the velocities: it is in feet, without gravity's part",
        of: |m| ratio(m.pfx_z?, 0.5 * (m.az? + GRAVITY) * flight(m)?.powi(2)),
        low: 0.6,
        high: 1.4,
    },
    Check {
        columns: &["release_speed"],
        why: "release_speed contradicts vx0, vy0 and vz0: it is in mph",
        of: |m| Some(m.release_speed? / (MPH * (m.vx0?.powi(2) + m.vy0?.powi(2) + m.vz0?.powi(2)).sqrt())),
        low: 0.95,
        high: 1.06,
    },
    Check {
        columns: &["effective_speed"],
        why: "effective_speed contradicts release_speed: both are in mph",
        of: |m| Some(m.effective_speed? / m.release_speed?),
        low: 0.85,
        high: 1.15,
    },
    Check {
        columns: &["release_extension"],
        why: "release_extension contradicts release_pos_y: together they are 60.5 ft",
        of: |m| Some((m.release_pos_y? + m.release_extension? - RUBBER_FT).abs()),
        low: 0.0,
        high: 0.5,
    },
    Check {
        columns: &["release_pos_x", "release_pos_z", "plate_x", "plate_z"],
        why: "release_pos_x, release_pos_z, plate_x and plate_z contradict the flight: they are in feet",
        of: off,
        low: 0.0,
        high: 0.5,
    },
];

/// A column, between which the median of fastballs is, and its value of a pitch.
type Band = (&'static str, f64, f64, fn(&Measured) -> Option<f64>);
/// What follows from a league's arms: between which the median of fastballs is, in Statcast's units. Only other units are outside \[P\].
const BANDS: [Band; 3] = [
    ("release_speed", 70.0, 105.0, |m| m.release_speed),
    ("effective_speed", 65.0, 106.0, |m| m.effective_speed),
    ("release_spin_rate", 1000.0, 3500.0, |m| m.release_spin_rate),
];
/// What is counted to one side.
const SIDEWAYS: [&str; 5] = ["release_pos_x", "plate_x", "pfx_x", "vx0", "ax"];
/// From so many pitchers on most of them let the ball go on the side of their arm; a single one may throw so far over the top
/// that he does on the other, ft \[P\].
const PITCHERS_MIN: usize = 3;
const OVER_THE_TOP_FT: f64 = 0.75;

fn ratio(told: f64, follows: f64) -> Option<f64> {
    (follows.abs() >= BREAK_MIN_FT).then_some(told / follows)
}

/// When the ball is at y, s after it was at 50 ft.
fn time_at(m: &Measured, y: f64) -> Option<f64> {
    let (vy, ay) = (m.vy0?, m.ay?);
    let time = (-vy - (vy * vy - 2.0 * ay * (START_FT - y)).sqrt()) / ay;
    time.is_finite().then_some(time)
}

/// From the hand to the plate, s.
fn flight(m: &Measured) -> Option<f64> {
    Some(time_at(m, PLATE_FT)? - time_at(m, m.release_pos_y?)?)
}

/// How far the plate is missed by a flight from the place of release, ft.
fn off(m: &Measured) -> Option<f64> {
    let (from, to) = (time_at(m, m.release_pos_y?)?, time_at(m, PLATE_FT)?);
    let moved = |v: f64, a: f64| v * (to - from) + 0.5 * a * (to * to - from * from);
    let x = m.release_pos_x? + moved(m.vx0?, m.ax?) - m.plate_x?;
    let z = m.release_pos_z? + moved(m.vz0?, m.az?) - m.plate_z?;
    Some(x.abs().max(z.abs()))
}

/// What the rows of a file tell of its columns, counted as they come.
#[derive(Default)]
pub(super) struct Sense {
    /// Of each check: values, those below its range, and those above it.
    checks: [(usize, usize, usize); CHECKS.len()],
    /// Of each measured column: values outside its range, and within.
    ranges: [(usize, usize); FIELDS.len()],
    /// Of each band: values of fastballs, those below it, and those above it.
    bands: [(usize, usize, usize); BANDS.len()],
    /// Places of release of those whose arm is known: all, on the other side than the arm, and far on it.
    hands: (usize, usize, usize),
    pitchers: BTreeSet<u32>,
}

impl Sense {
    pub(super) fn hear(&mut self, row: &Row) {
        let mut values = row.pitch.values;
        for (check, (told, below, above)) in CHECKS.iter().zip(&mut self.checks) {
            let Some(value) = (check.of)(&values).filter(|value| value.is_finite()) else { continue };
            *told += 1;
            *below += usize::from(value < check.low);
            *above += usize::from(value > check.high);
        }
        if row.pitch.pitch_type.is_empty() || FASTBALLS.contains(&row.pitch.pitch_type.as_str()) {
            for ((_, low, high, of), (told, below, above)) in BANDS.iter().zip(&mut self.bands) {
                let Some(value) = of(&values) else { continue };
                *told += 1;
                *below += usize::from(value < *low);
                *above += usize::from(value > *high);
            }
        }
        // As the catcher sees it a right hander's ball comes from the left.
        let side = match row.throws.as_deref() {
            Some("R") => values.release_pos_x.map(|x| -x),
            Some("L") => values.release_pos_x,
            _ => None,
        };
        if let Some(side) = side {
            self.hands.0 += 1;
            self.hands.1 += usize::from(side < 0.0);
            self.hands.2 += usize::from(side < -OVER_THE_TOP_FT);
            self.pitchers.insert(row.pitcher);
        }
        for (place, (Field { of, .. }, (outside, within))) in FIELDS.iter().zip(&mut self.ranges).enumerate() {
            *outside += usize::from(row.outside & 1 << place != 0);
            *within += usize::from(of(&mut values).is_some());
        }
    }

    /// What most rows contradict: the column, and why in words. What is out of its range in most of them is none in the others.
    pub(super) fn contradictions(&self) -> BTreeMap<&'static str, String> {
        let mut found = BTreeMap::new();
        for (check, (told, below, above)) in CHECKS.iter().zip(self.checks) {
            // The median is outside where half of them or more are on one side.
            let middle = told / 2;
            if told >= ROWS_MIN && (below > middle || told - above <= middle) {
                found.extend(check.columns.iter().map(|column| (*column, check.why.to_owned())));
            }
        }
        for ((column, low, high, _), (told, below, above)) in BANDS.iter().zip(self.bands) {
            if told >= ROWS_MIN && 2 * below.max(above) > told {
                let why = format!("{column} of most fastballs is outside {low} to {high}: it is in another unit");
                found.entry(column).or_insert(why);
            }
        }
        let (told, across, far) = self.hands;
        let wrong = if self.pitchers.len() < PITCHERS_MIN { far } else { across };
        if told >= ROWS_MIN && 2 * wrong > told && !found.contains_key("release_pos_x") {
            let why = "release_pos_x is on the other side than p_throws in most rows: x counts to the catcher's right";
            found.extend(SIDEWAYS.iter().map(|column| (*column, why.to_owned())));
        }
        for (Field { column, low, high, .. }, (outside, within)) in FIELDS.iter().zip(self.ranges) {
            if outside >= ROWS_MIN && outside > within {
                found
                    .insert(column, format!("{column} is outside {low} to {high} in most rows: it is in another unit"));
            }
        }
        found
    }
}
