//! How well what was published agrees with what was thrown.

use std::collections::BTreeMap;
use std::fmt;

use super::thrown::Thrown;
use crate::records::{Measured, PitchRecord, is_of_its_making};
use crate::tracking::pitch::Quantities;

/// A published pitch belongs to the thrown one of its mound whose release is at most this far away, ns.
const SAME_PITCH_NS: u64 = 250_000_000;
/// Half width of a 90 % interval in standard deviations.
const Z90: f64 = 1.645;

/// A quantity that is compared: name, unit, how many of the unit one stored unit is, where it stands.
struct Compared {
    name: &'static str,
    unit: &'static str,
    scale: f64,
    published: fn(&Measured) -> Option<f64>,
    thrown: fn(&Quantities) -> f64,
}

const COMPARED: [Compared; 6] = [
    Compared { name: "plate_x", unit: "in", scale: 12.0, published: |m| m.plate_x, thrown: |q| q.plate_x },
    Compared { name: "plate_z", unit: "in", scale: 12.0, published: |m| m.plate_z, thrown: |q| q.plate_z },
    Compared {
        name: "release_speed",
        unit: "mph",
        scale: 1.0,
        published: |m| m.release_speed,
        thrown: |q| q.release_speed,
    },
    Compared {
        name: "release_pos_z",
        unit: "ft",
        scale: 1.0,
        published: |m| m.release_pos_z,
        thrown: |q| q.release_pos_z,
    },
    Compared { name: "pfx_x", unit: "in", scale: 12.0, published: |m| m.pfx_x, thrown: |q| q.pfx_x },
    Compared { name: "pfx_z", unit: "in", scale: 12.0, published: |m| m.pfx_z, thrown: |q| q.pfx_z },
];

/// Absolute errors of one quantity over an evening.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    /// Statcast's name.
    pub name: &'static str,
    /// Unit of the figures below.
    pub unit: &'static str,
    /// Median of |published − thrown|.
    pub median: f64,
    /// 95 % quantile.
    pub p95: f64,
    /// Largest.
    pub max: f64,
    /// Share of pitches whose 90 % interval holds the truth.
    pub coverage: f64,
}

/// The comparison of an evening.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Pitches thrown.
    pub thrown: usize,
    /// Of those, published.
    pub found: usize,
    /// Releases of those that were not.
    pub missed: Vec<Thrown>,
    /// Published without having been thrown, or a second time.
    pub invented: usize,
    /// Found, and flagged as not to be trusted.
    pub flagged: usize,
    /// Of the unflagged ones, by quantity.
    pub errors: Vec<Errors>,
}

impl Score {
    /// Compares the last revision of each published pitch with the truth.
    pub fn of<'p>(truth: &[Thrown], published: impl IntoIterator<Item = &'p PitchRecord>) -> Self {
        let mut last: BTreeMap<u64, &PitchRecord> = BTreeMap::new();
        for pitch in published {
            let newest = last.entry(pitch.id).or_insert(pitch);
            if pitch.revision >= newest.revision {
                *newest = pitch;
            }
        }
        let mut matched: Vec<Option<&PitchRecord>> = vec![None; truth.len()];
        let mut invented = 0;
        for pitch in last.into_values() {
            let near = |t: &Thrown| t.mound.0 == pitch.mound && t.release.0.abs_diff(pitch.release_ns) <= SAME_PITCH_NS;
            match truth.iter().position(near) {
                Some(at) if matched[at].is_none() => matched[at] = Some(pitch),
                _ => invented += 1,
            }
        }
        let missed = truth.iter().zip(&matched).filter(|(_, m)| m.is_none()).map(|(t, _)| *t).collect::<Vec<_>>();
        let pairs = || truth.iter().zip(&matched).filter_map(|(t, m)| Some((t, (*m)?)));
        let trusted = |p: &PitchRecord| p.flags.iter().all(|flag| is_of_its_making(flag));
        let flagged = pairs().filter(|(_, p)| !trusted(p)).count();
        let errors = COMPARED.iter().filter_map(|c| c.errors(pairs().filter(|(_, p)| trusted(p)))).collect();
        Self { thrown: truth.len(), found: truth.len() - missed.len(), missed, invented, flagged, errors }
    }

    /// The errors of one quantity.
    pub fn errors_of(&self, name: &str) -> Option<&Errors> {
        self.errors.iter().find(|e| e.name == name)
    }
}

impl Compared {
    fn errors<'p>(&self, pairs: impl Iterator<Item = (&'p Thrown, &'p PitchRecord)>) -> Option<Errors> {
        let (mut errors, mut inside) = (Vec::new(), 0_usize);
        for (thrown, pitch) in pairs {
            let Some(value) = (self.published)(&pitch.values) else { continue };
            let error = (value - (self.thrown)(&thrown.quantities)).abs();
            let sd = pitch.sd.as_ref().and_then(|sd| (self.published)(sd)).unwrap_or(0.0);
            inside += usize::from(error <= Z90 * sd);
            errors.push(error * self.scale);
        }
        errors.sort_by(f64::total_cmp);
        let at = |share: f64| errors[((errors.len() - 1) as f64 * share).round() as usize];
        (!errors.is_empty()).then(|| Errors {
            name: self.name,
            unit: self.unit,
            median: at(0.5),
            p95: at(0.95),
            max: at(1.0),
            coverage: inside as f64 / errors.len() as f64,
        })
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} of {} pitches found, {} invented, {} flagged",
            self.found, self.thrown, self.invented, self.flagged
        )?;
        writeln!(f, "  {:<14} {:>9} {:>9} {:>9}      90 % interval holds", "error", "median", "95 %", "max")?;
        for e in &self.errors {
            writeln!(
                f,
                "  {:<14} {:>9.4} {:>9.4} {:>9.4} {:<4} {:>5.1} %",
                e.name,
                e.median,
                e.p95,
                e.max,
                e.unit,
                e.coverage * 100.0
            )?;
        }
        Ok(())
    }
}
