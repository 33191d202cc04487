//! What an import did, for people.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::history::table::Reasons;
use crate::words::counted;

/// Games that are named one by one.
const LACKING_TOLD: usize = 10;

/// A game of which pitches are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// Statcast's.
    pub game_pk: u32,
    /// Outings that lack some.
    pub outings: u64,
    /// Pitches that are known of the game.
    pub thrown: u32,
    /// Pitches that are missing, at least.
    pub missing: u32,
}

/// What an import did. Every row read is in exactly one of `new`, `changed`, `unchanged`, `doubled`, `measured_here`,
/// `passed_over` and `refused`.
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
    /// Rows that are sound and not taken, with the reason.
    #[serde(default)]
    pub passed_over: Reasons,
    /// Stored pitches that a whole game does not have, or that this box measured itself, and that are gone now.
    #[serde(default)]
    pub taken_away: u64,
    /// Games in the files.
    #[serde(default)]
    pub games: u64,
    /// Those of them of which pitches are missing, as they are known now.
    #[serde(default)]
    pub lacking: Vec<Lacking>,
    /// Games that seem whole and may not be, and why.
    #[serde(default)]
    pub doubtful: Vec<String>,
    /// Numbers in at-bats without a pitch, which the clock gave by the count.
    #[serde(default)]
    pub clock: u64,
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
        self.passed_over.absorb(other.passed_over);
        self.taken_away += other.taken_away;
        self.games += other.games;
        self.lacking.extend(other.lacking);
        self.doubtful.extend(other.doubtful);
        self.clock += other.clock;
        self.refused.absorb(other.refused);
        self.dropped.absorb(other.dropped);
        self.notes.absorb(other.notes);
        self.appearances = self.appearances.max(other.appearances);
        self.outliers = other.outliers;
    }
}

impl Summary {
    /// Rows of which nothing is taken, so far.
    pub(super) fn left(&self) -> u64 {
        self.refused.total() + self.passed_over.total()
    }

    fn list_games(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.taken_away > 0 {
            let pitches = counted(self.taken_away, "stored pitch", "stored pitches");
            writeln!(f, "{pitches} taken away: whole games do not have them, or this box measured them")?;
        }
        if self.clock > 0 {
            let numbers = counted(self.clock, "number", "numbers");
            writeln!(f, "{numbers} in at-bats without a pitch, by the count automatic balls and strikes")?;
        }
        if !self.doubtful.is_empty() {
            writeln!(f, "doubtful, and counted as they are:")?;
            self.doubtful.iter().take(LACKING_TOLD).try_for_each(|doubt| writeln!(f, "  {doubt}"))?;
            if self.doubtful.len() > LACKING_TOLD {
                writeln!(f, "  and {} more", self.doubtful.len() - LACKING_TOLD)?;
            }
        }
        if self.lacking.is_empty() {
            return Ok(());
        }
        let n = self.lacking.len() as u64;
        let (are, their) = if n == 1 { ("is", "its") } else { ("are", "their") };
        writeln!(
            f,
            "{n} of {} {are} not whole; {their} outings that lack pitches count for no dose, load, role or rest:",
            counted(self.games, "game", "games")
        )?;
        for Lacking { game_pk, outings, thrown, missing } in self.lacking.iter().take(LACKING_TOLD) {
            let of = if *missing > 0 { format!("of at least {}", thrown + missing) } else { "of more".to_owned() };
            writeln!(
                f,
                "  game {game_pk}: {thrown} pitches are known {of}; {} lacking some",
                counted(outings, "outing", "outings")
            )?;
        }
        if self.lacking.len() > LACKING_TOLD {
            writeln!(f, "  and {} more", self.lacking.len() - LACKING_TOLD)?;
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}: ", counted(self.rows, "row", "rows"), counted(self.files, "file", "files"))?;
        write!(f, "{} new, {} unchanged, {} changed", self.new, self.unchanged, self.changed)?;
        if self.doubled > 0 {
            write!(f, ", {} doubled", self.doubled)?;
        }
        if self.measured_here > 0 {
            write!(f, ", {} measured here and kept so", self.measured_here)?;
        }
        writeln!(f, ", {} refused; {}", self.refused.total(), counted(self.pitchers, "pitcher", "pitchers"))?;
        self.passed_over.list("rows not taken", f)?;
        self.refused.list("rows refused", f)?;
        self.dropped.list("fields dropped", f)?;
        self.notes.list("to be known", f)?;
        if !self.outliers.is_empty() {
            let counts: Vec<_> = self.outliers.iter().map(|(column, count)| format!("{count} {column}")).collect();
            writeln!(f, "marked as outliers in these seasons: {}", counts.join(", "))?;
        }
        self.list_games(f)?;
        for untaken in &self.untaken {
            writeln!(f, "nothing taken of {untaken}")?;
        }
        for failed in &self.failed {
            writeln!(f, "not read: {failed}")?;
        }
        Ok(())
    }
}
