//! Tables of rows, and what an import did with them.
//!
//! [`Table`] is the one reader of all imports. Columns are found by name, and a row is told by the line that an editor
//! shows. What people's programs make of a table is read as what it was:
//!
//! | what comes | read as |
//! |---|---|
//! | gzip, UTF-16, a byte order mark, any end of line | what is in it |
//! | tabs, semicolons or pipes between the fields, `sep=;` before them | as such |
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
mod packed;
mod reader;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use csv::ByteRecord;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::dates::Order;
pub(super) use self::kind::said_in_json;
pub(super) use self::reader::{Layout, Table};

use super::people::LOCAL_ID_MIN;
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
    /// What stood there first, where that helps.
    #[serde(default)]
    pub sample: Option<String>,
    /// Where first, `file:line`.
    pub places: Vec<String>,
}

/// Letters of a value that are shown.
const SAMPLE_MAX: usize = 40;

/// Why a row cannot be used, and what stood there, where that helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    why: String,
    value: Option<String>,
}

impl Flaw {
    /// Of this value, for this reason.
    pub(super) fn of(why: String, value: &str) -> Self {
        let mut shown: String = value.chars().take(SAMPLE_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
        if value.chars().nth(SAMPLE_MAX).is_some() {
            shown.push('…');
        }
        Self { why, value: Some(shown) }
    }
}

impl From<String> for Flaw {
    fn from(why: String) -> Self {
        Self { why, value: None }
    }
}

impl From<&str> for Flaw {
    fn from(why: &str) -> Self {
        Self::from(why.to_owned())
    }
}

impl Reasons {
    /// A row that cannot be used.
    pub(super) fn refuse(&mut self, flaw: Flaw, file: &str, line: u64) {
        self.add(&flaw.why, file, line);
        self.0.entry(flaw.why).and_modify(|group| group.sample = group.sample.take().or(flaw.value));
    }

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
            own.sample = own.sample.take().or(group.sample);
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
            let sample = group.sample.as_ref().map_or_else(String::new, |value| format!(": “{value}”"));
            writeln!(f, "  {:>6} × {why}{sample} ({}{more})", group.count, group.places.join(", "))?;
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

/// Whether a field's text is one of the ways to say nothing: of R, of Python, of databases, and what a sheet shows where it
/// could not reckon.
pub(super) fn is_null(text: &str) -> bool {
    match text.as_bytes() {
        [] => true,
        [b'0'..=b'9', ..] => false,
        [b'#', ..] => {
            matches!(
                text,
                "#N/A" | "#VALUE!" | "#REF!" | "#DIV/0!" | "#NAME?" | "#NUM!" | "#NULL!" | "#N/A N/A" | "#NA"
            )
        }
        _ => matches!(
            text,
            "NA" | "N/A"
                | "n/a"
                | "null"
                | "NULL"
                | "Null"
                | "NaN"
                | "nan"
                | "NaT"
                | "None"
                | "none"
                | "<NA>"
                | "\\N"
                | "-"
                | "--"
                | "."
        ),
    }
}

/// A number as programs write it, also with a sheet's minus sign (U+2212).
pub(super) fn decimal(text: &str) -> Option<f64> {
    let minus = || text.strip_prefix('\u{2212}').and_then(|digits| Some(-digits.parse::<f64>().ok()?));
    text.parse().ok().or_else(minus).filter(|x: &f64| x.is_finite())
}

/// Whether an id is written as `7.18E+05`: a sheet rounded it, and nobody can tell which it was.
pub(super) fn is_rounded(text: &str) -> bool {
    text.contains(['e', 'E']) && decimal(text).is_some()
}

/// Why a text is no whole number; `else_why` where nothing more can be said.
pub(super) fn no_number(column: &str, else_why: &str, text: &str) -> Flaw {
    if is_rounded(text) {
        return Flaw::of(rounded(column), text);
    }
    if text.starts_with("=\"") {
        return Flaw::of(format!("{column} is a formula of Excel: save it as a bare number"), text);
    }
    Flaw::of(format!("{column} {else_why}"), text)
}

/// What to say of such an id.
pub(super) fn rounded(column: &str) -> String {
    format!(
        "{column} is in scientific notation, so a spreadsheet has rounded it, and nobody can tell which it was: take the \
         download as it came, or show the column as a number without decimals before it is saved"
    )
}

/// A whole number from 0 on, also as other tools write it (`717797.0`); none of one that was rounded.
pub(super) fn whole(text: &str) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number = decimal(text).filter(|_| !is_rounded(text))?;
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
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
        decimal(self.text(column)?)
    }

    /// The MLBAM id in this column; none where nothing is there.
    ///
    /// # Errors
    /// It is none, in words.
    pub(super) fn mlbam_id(&self, column: &str) -> Result<Option<u32>, Flaw> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let Some(id) = whole(text) else { return Err(no_number(column, "is no MLBAM id", text)) };
        let is_id = (1..LOCAL_ID_MIN).contains(&id);
        is_id.then_some(Some(id)).ok_or_else(|| Flaw::of(format!("{column} is no MLBAM id"), text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_nothing_whichever_program_wrote_it() {
        for text in ["", "NA", "N/A", "#N/A", "<NA>", "\\N", "NaT", "#VALUE!", "null", "None", "-", "--", "."] {
            assert!(is_null(text), "{text}");
        }
        for text in ["0", "-1", "0.5", "Top", "#1", "Nan, Al", "S", "<b>", ".5"] {
            assert!(!is_null(text), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_other_tools_write_them_and_not_where_a_sheet_rounded_them() {
        assert_eq!((whole("717797"), whole("717797.0"), whole("0")), (Some(717_797), Some(717_797), Some(0)));
        assert_eq!([whole("-1"), whole("1.5"), whole("5000000000"), whole("x")], [None; 4]);
        assert_eq!([whole("7.18E+05"), whole("7e5")], [None; 2]);
        assert!(is_rounded("7.18E+05") && !is_rounded("717797.0") && !is_rounded("Eve"));
        assert_eq!(
            (decimal("\u{2212}1.5"), decimal("1e-3"), decimal("inf"), decimal("\u{2212}")),
            (Some(-1.5), Some(0.001), None, None)
        );
    }
}
