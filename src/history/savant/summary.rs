//! What an import did, for people.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::history::table::Reasons;

/// What an import did. Every row read is in exactly one of `new`, `changed`, `unchanged`, `doubled`, `measured_here`
/// and `refused`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Files read.
    pub files: u64,
    /// Files that could not be read, with the reason.
    pub failed: Vec<String>,
    /// Files that were read and of which no row was taken.
    #[serde(default)]
    pub untaken: Vec<String>,
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
    /// What to know of rows that were taken.
    #[serde(default)]
    pub notes: Reasons,
    /// Appearances of the seasons that the files speak of.
    pub appearances: u64,
    /// Values marked as outliers in those seasons, by column: kept with the pitch, left out of what is made of it.
    pub outliers: BTreeMap<String, u64>,
}

impl Summary {
    /// Puts another file's summary to this one.
    pub(in crate::history) fn absorb(&mut self, other: Self) {
        let Self { files, failed, untaken, rows, new, changed, unchanged, doubled, measured_here, .. } = other;
        self.files += files;
        self.failed.extend(failed);
        self.untaken.extend(untaken);
        self.rows += rows;
        self.new += new;
        self.changed += changed;
        self.unchanged += unchanged;
        self.doubled += doubled;
        self.measured_here += measured_here;
        self.pitchers = self.pitchers.max(other.pitchers);
        self.refused.absorb(other.refused);
        self.dropped.absorb(other.dropped);
        self.notes.absorb(other.notes);
        self.appearances = self.appearances.max(other.appearances);
        self.outliers = other.outliers;
    }
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
        self.refused.list("rows refused", f)?;
        self.dropped.list("fields dropped", f)?;
        self.notes.list("to be known", f)?;
        if !self.outliers.is_empty() {
            let counts: Vec<_> = self.outliers.iter().map(|(column, count)| format!("{count} {column}")).collect();
            writeln!(f, "marked as outliers in these seasons: {}", counts.join(", "))?;
        }
        for untaken in &self.untaken {
            writeln!(f, "nothing taken of {untaken}")?;
        }
        for failed in &self.failed {
            writeln!(f, "not read: {failed}")?;
        }
        Ok(())
    }
}
