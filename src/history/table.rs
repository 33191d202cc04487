//! A CSV file whose columns are found by name, row by row, with its end looked at: a file that was cut off keeps the rows
//! before the cut.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use csv::ByteRecord;
use serde::{Deserialize, Serialize};

use crate::store::Put;

/// Places named per reason.
const PLACES: usize = 3;

/// Bytes of a row at most: Savant's have under 2,000.
const RECORD_MAX: usize = 1 << 20;
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
    /// Counts a file by what reading it gave, its rows or why there are none; whether it could be read. `refused_before`
    /// are the rows refused of the files before.
    pub(super) fn count_file(&mut self, name: &str, rows: Result<u64, String>, refused_before: u64) -> bool {
        match rows {
            Ok(rows) => {
                self.files += 1;
                self.rows += rows;
                if rows == self.refused.total() - refused_before {
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
            Put::Unchanged => self.unchanged += 1,
        }
    }
}

impl fmt::Display for RowSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |n: u64| if n == 1 { "" } else { "s" };
        write!(f, "{} row{} of {} file{}: ", self.rows, s(self.rows), self.files, s(self.files))?;
        write!(f, "{} new, {} unchanged, {} changed", self.new, self.unchanged, self.changed)?;
        write!(f, ", {} passed over, {} refused", self.passed_over.total(), self.refused.total())?;
        writeln!(f, "; {} of {} pitcher{}", self.what, self.pitchers, s(self.pitchers))?;
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

/// Tells whether a file ended within quotes: every whole CSV has an even number of them, also with quotes in its text,
/// and does not end in the middle of a line that opened one.
///
/// It also holds the size of a record: what has no end of line outside of quotes for so long is no CSV.
pub(super) struct Quotes<R> {
    inner: R,
    odd: bool,
    last: u8,
    /// Bytes since a line ended outside of quotes.
    open: usize,
}

impl<R> Quotes<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, odd: false, last: b'\n', open: 0 }
    }

    pub(super) fn cut(&self) -> bool {
        self.odd && self.last != b'\n'
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        for byte in &buf[..n] {
            self.odd ^= *byte == b'"';
            self.open = if *byte == b'\n' && !self.odd { 0 } else { self.open + 1 };
            if self.open > RECORD_MAX {
                return Err(io::Error::other(format!("a row is longer than {RECORD_MAX} bytes: it is no CSV")));
            }
        }
        self.last = buf[..n].last().copied().unwrap_or(self.last);
        Ok(n)
    }
}

/// Where a column of this name is in a header: the first of that name, whatever its quotes and byte order mark.
pub(super) fn find(header: &ByteRecord, name: &str) -> Option<usize> {
    header.iter().position(|column| {
        // A byte order mark keeps the first column's quotes from being read as quotes.
        let column = column.strip_prefix(b"\xef\xbb\xbf").unwrap_or(column).trim_ascii();
        let column = column.strip_prefix(b"\"").and_then(|c| c.strip_suffix(b"\"")).unwrap_or(column);
        column == name.as_bytes()
    })
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
}

/// Reads a table. `needed` columns must be there, `others` may. A row with another number of fields than the header is
/// refused; where it is the last, or ends within quotes, as the cut that it is. Gives the number of rows.
pub(super) fn read_table(
    bytes: impl Read,
    place: &str,
    (needed, others): (&[&'static str], &[&'static str]),
    refused: &mut Reasons,
    each: &mut dyn FnMut(&Row<'_>),
) -> Result<u64, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 16).from_reader(Quotes::new(bytes));
    let header = reader.byte_headers().map_err(|e| e.to_string())?;
    let count = header.len();
    let columns: BTreeMap<_, _> =
        needed.iter().chain(others).filter_map(|name| Some((*name, find(header, name)?))).collect();
    let missing: Vec<_> = needed.iter().copied().filter(|name| !columns.contains_key(name)).collect();
    if !missing.is_empty() {
        return Err(format!("its header lacks {}", missing.join(", ")));
    }
    let mut rows = 0;
    let mut record = ByteRecord::new();
    let mut last = ByteRecord::new();
    let mut last_line = 0;
    let mut take = |record: &ByteRecord, line: u64, refused: &mut Reasons| {
        if record.len() == count {
            each(&Row { line, record, columns: &columns });
        } else {
            let why = format!("the number of fields is not the header's ({}, not {count})", record.len());
            refused.add(&why, place, line);
        }
    };
    // A row is looked at when the next one has shown that it is not the last.
    while reader.read_byte_record(&mut record).map_err(|e| e.to_string())? {
        if rows > 0 {
            take(&last, last_line, refused);
        }
        rows += 1;
        if rows > ROWS_MAX {
            return Err(format!("it has more than {ROWS_MAX} rows: split it"));
        }
        last_line = record.position().map_or(0, csv::Position::line);
        std::mem::swap(&mut record, &mut last);
    }
    if rows > 0 {
        if last.len() < count || reader.get_ref().cut() {
            refused.add("the file is cut off here", place, last_line);
        } else {
            take(&last, last_line, refused);
        }
    }
    Ok(rows)
}
