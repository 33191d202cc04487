//! Tables of rows, and what an import did with them.
//!
//! [`Table`] is the one reader of all imports. Columns are found by name, and a row is told by the line that an editor
//! shows. What people's programs make of a table is read as what it was:
//!
//! | what comes | read as |
//! |---|---|
//! | gzip, UTF-16, a byte order mark, any end of line | what is in it |
//! | tabs or semicolons between the fields | as such |
//! | `pitcher...8` of R's readr, other capitals | the column's name |
//! | one field fewer in the header, as of R's `write.table` | row names before the first column |
//! | `9/30/2023`, `30.9.2023`, `20230930`, midnight behind a day | a date, where the whole file leaves one reading |
//! | Windows-1252, UTF-8 encoded twice | the letters that are meant |
//!
//! Where that is not safe the file is refused as a whole, with what to do. A file that was cut off keeps the rows before the
//! cut.

pub(super) mod dates;
mod kind;
mod letters;
mod lines;
mod reader;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use csv::ByteRecord;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::dates::Order;
pub(super) use self::reader::{Layout, Table};

use crate::store::Put;
use crate::words::counted;

/// Places named per reason.
const PLACES: usize = 3;

/// Rows of a table at most, which is held in memory: a season of game means has 20,000.
const ROWS_MAX: u64 = 500_000;

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

    /// A reason that came so often, first at that line.
    pub(super) fn add_many(&mut self, why: &str, file: &str, (count, line): (u64, u64)) {
        if count > 0 {
            self.add(why, file, line);
            self.0.entry(why.to_owned()).and_modify(|group| group.count += count - 1);
        }
    }

    /// How often in all.
    pub fn total(&self) -> u64 {
        self.0.values().map(|g| g.count).sum()
    }

    /// Puts another's reasons to these.
    pub(super) fn absorb(&mut self, other: Self) {
        for (why, group) in other.0 {
            let own = self.0.entry(why).or_default();
            own.count += group.count;
            let room = PLACES.saturating_sub(own.places.len());
            own.places.extend(group.places.into_iter().take(room));
        }
    }

    /// A heading and a line a reason; nothing where there is none.
    pub(super) fn list(&self, what: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total() > 0 {
            writeln!(f, "{what}:")?;
        }
        for (why, group) in &self.0 {
            let more = if group.count > group.places.len() as u64 { ", …" } else { "" };
            writeln!(f, "  {:>6} × {why} ({}{more})", group.count, group.places.join(", "))?;
        }
        Ok(())
    }
}

/// What an import of a table did. Every row read is in exactly one of `new`, `changed`, `unchanged`, `passed_over` and
/// `refused`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowSummary {
    /// What the rows are.
    pub what: String,
    /// Files read.
    pub files: u64,
    /// Files that could not be read, with the reason.
    pub failed: Vec<String>,
    /// Files that were read and of which no row was taken.
    #[serde(default)]
    pub untaken: Vec<String>,
    /// Rows read.
    pub rows: u64,
    /// Rows that the store did not know.
    pub new: u64,
    /// Rows of which a value is another now.
    pub changed: u64,
    /// Rows that were known already.
    pub unchanged: u64,
    /// People whom the rows are about.
    pub pitchers: u64,
    /// Rows that are sound and not needed, with the reason.
    pub passed_over: Reasons,
    /// Rows refused.
    pub refused: Reasons,
    /// Fields left out of rows that were taken.
    pub dropped: Reasons,
    /// What to know of rows that were taken.
    pub notes: Reasons,
}

impl RowSummary {
    /// Rows of which nothing is taken, so far.
    pub(super) fn left(&self) -> u64 {
        self.refused.total() + self.passed_over.total()
    }

    /// Counts a file by what reading it gave, its rows or why there are none; whether it could be read. `left_before`
    /// are the rows left of the files before.
    pub(super) fn count_file(&mut self, name: &str, rows: Result<u64, String>, left_before: u64) -> bool {
        match rows {
            Ok(rows) => {
                self.files += 1;
                self.rows += rows;
                if rows == self.left() - left_before {
                    self.untaken.push(name.to_owned());
                }
                true
            }
            Err(why) => {
                self.failed.push(format!("{name}: {why}"));
                false
            }
        }
    }

    /// Counts a row by what the store knew of it.
    pub(super) fn count(&mut self, put: Put) {
        match put {
            Put::New => self.new += 1,
            Put::Changed => self.changed += 1,
            Put::Unchanged | Put::Refused => self.unchanged += 1,
        }
    }
}

impl fmt::Display for RowSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}: ", counted(self.rows, "row", "rows"), counted(self.files, "file", "files"))?;
        write!(f, "{} new, {} unchanged, {} changed", self.new, self.unchanged, self.changed)?;
        write!(f, ", {} passed over, {} refused", self.passed_over.total(), self.refused.total())?;
        writeln!(f, "; {} of {}", self.what, counted(self.pitchers, "pitcher", "pitchers"))?;
        self.passed_over.list("rows passed over", f)?;
        self.refused.list("rows refused", f)?;
        self.dropped.list("fields dropped", f)?;
        self.notes.list("to be known", f)?;
        for untaken in &self.untaken {
            writeln!(f, "nothing taken of {untaken}")?;
        }
        for failed in &self.failed {
            writeln!(f, "not read: {failed}")?;
        }
        Ok(())
    }
}

/// Whether a field's text is one of the ways to say nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "NA" | "null" | "NULL" | "NaN" | "nan" | "None")
}

/// A field's text; absent where it says nothing, or is no UTF-8.
pub(super) fn text(record: &ByteRecord, at: usize) -> Option<&str> {
    let text = std::str::from_utf8(record.get(at)?).ok()?.trim();
    (!is_null(text)).then_some(text)
}

/// A row of a table and its line.
pub(super) struct Row<'r> {
    pub(super) line: u64,
    record: &'r ByteRecord,
    columns: &'r BTreeMap<&'static str, usize>,
    order: Option<Order>,
}

impl Row<'_> {
    /// The text in this column; absent where there is no such column, or nothing in it.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        text(self.record, *self.columns.get(column)?)
    }

    /// The number in this column.
    pub(super) fn number(&self, column: &str) -> Option<f64> {
        self.text(column)?.parse().ok().filter(|x: &f64| x.is_finite())
    }

    /// The date in this column, as the whole file writes dates.
    pub(super) fn date(&self, column: &str) -> Option<Date> {
        dates::parse(self.text(column)?, self.order)
    }
}

/// Reads a table row by row, and gives the number of rows. A row that cannot be used goes to `refused`, with what was done to
/// read the others to `notes`.
pub(super) fn read_table(
    bytes: impl Read,
    place: &str,
    layout: &Layout,
    (refused, notes): (&mut Reasons, &mut Reasons),
    each: &mut dyn FnMut(&Row<'_>),
) -> Result<u64, String> {
    let mut table = Table::open(bytes, layout)?;
    let columns: BTreeMap<_, _> = layout.columns().filter_map(|name| Some((name, table.column(name)?))).collect();
    let order = table.order();
    let mut rows = 0;
    while let Some((line, row)) = table.next()? {
        rows += 1;
        if rows > ROWS_MAX {
            return Err(format!("it has more than {ROWS_MAX} rows: split it"));
        }
        match row {
            Ok(record) => each(&Row { line, record, columns: &columns, order }),
            Err(why) => refused.add(&why, place, line),
        }
    }
    table.tell(place, notes);
    Ok(rows)
}
