//! What an import did, for people.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Places named per reason.
const PLACES: usize = 3;

/// Why things were left out, how often, and where first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reasons(pub BTreeMap<String, Group>);

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Group {
    /// How often.
    pub count: u64,
    /// Where first, `file:line`.
    pub places: Vec<String>,
}

impl Reasons {
    pub(super) fn add(&mut self, why: &str, file: &str, line: u64) {
        if !self.0.contains_key(why) {
            self.0.insert(why.to_owned(), Group::default());
        }
        let group = self.0.get_mut(why).expect("it was just put there");
        group.count += 1;
        if group.places.len() < PLACES {
            group.places.push(format!("{file}:{line}"));
        }
    }

    /// How often in all.
    pub fn total(&self) -> u64 {
        self.0.values().map(|g| g.count).sum()
    }
}

/// What an import did. Every row read is in exactly one of `new`, `changed`, `unchanged`, `doubled`, `measured_here`
/// and `refused`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Files read.
    pub files: u64,
    /// Files that could not be read, with the reason.
    pub failed: Vec<String>,
    /// Rows read.
    pub rows: u64,
    /// Pitches that the store did not know.
    pub new: u64,
    /// Pitches of which a value is another now.
    pub changed: u64,
    /// Pitches that were known already.
    pub unchanged: u64,
    /// Rows that say a pitch of the same file again.
    pub doubled: u64,
    /// Pitches that this box measured itself: left as measured.
    pub measured_here: u64,
    /// Pitchers in the files.
    pub pitchers: u64,
    /// Rows refused.
    pub refused: Reasons,
    /// Fields left out of rows that were taken.
    pub dropped: Reasons,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |n: u64| if n == 1 { "" } else { "s" };
        write!(f, "{} row{} of {} file{}: ", self.rows, s(self.rows), self.files, s(self.files))?;
        write!(f, "{} new, {} unchanged, {} changed", self.new, self.unchanged, self.changed)?;
        if self.doubled > 0 {
            write!(f, ", {} doubled", self.doubled)?;
        }
        if self.measured_here > 0 {
            write!(f, ", {} measured here and kept so", self.measured_here)?;
        }
        writeln!(f, ", {} refused; {} pitcher{}", self.refused.total(), self.pitchers, s(self.pitchers))?;
        for (what, reasons) in [("rows refused", &self.refused), ("fields dropped", &self.dropped)] {
            if reasons.total() > 0 {
                writeln!(f, "{what}:")?;
            }
            for (why, group) in &reasons.0 {
                let more = if group.count > group.places.len() as u64 { ", …" } else { "" };
                writeln!(f, "  {:>6} × {why} ({}{more})", group.count, group.places.join(", "))?;
            }
        }
        for failed in &self.failed {
            writeln!(f, "not read: {failed}")?;
        }
        Ok(())
    }
}
