//! The reader.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};

use csv::ByteRecord;
use encoding_rs_io::DecodeReaderBytesBuilder;
use memchr::memchr_iter;

use super::dates::{self, Judge, Order};
use super::letters::{Letters, look};
use super::lines::Lines;
use super::packed::Unpacked;
use super::{Reasons, kind, text};

/// How what gzip packed begins.
pub(super) const GZIP: &[u8] = b"\x1f\x8b";
/// What parts fields.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Bytes by which it is told what a file is.
const MAGIC_BYTES: usize = 4096;
/// Bytes that show how its rows are written.
const HEAD_BYTES: usize = 1 << 16;
/// Bytes of a file at most, unpacked.
const BYTES_MAX: u64 = 8 << 30;

/// What a table must be.
#[derive(Debug)]
pub(in crate::history) struct Layout {
    /// What it is called where it is none.
    pub(in crate::history) what: &'static str,
    /// Columns that must be there.
    pub(in crate::history) needed: &'static [&'static str],
    /// Columns that may.
    pub(in crate::history) others: &'static [&'static str],
    /// Those of them that hold dates.
    pub(in crate::history) dates: &'static [&'static str],
    /// How the source writes dates of which one row does not tell the order; none where it does not.
    pub(in crate::history) order: Option<Order>,
    /// Whether no date is of the winter.
    pub(in crate::history) in_season: bool,
}

impl Layout {
    /// All columns.
    pub(in crate::history) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.needed.iter().chain(self.others).copied()
    }
}

/// A table that is read.
pub(in crate::history) struct Table<'t> {
    reader: csv::Reader<Lines<Box<dyn Read + 't>>>,
    header: ByteRecord,
    row_names: bool,
    trailing: bool,
    /// Lines before its header.
    before: u64,
    order: Option<Order>,
    /// Fields of a row.
    width: usize,
    /// Columns that are looked for, and where those are that are there.
    names: Vec<&'static str>,
    used: Vec<usize>,
    record: ByteRecord,
    /// The row after it, and its line, which tells whether it is the last.
    ahead: Option<ByteRecord>,
    line_ahead: u64,
    began: bool,
    /// Fields whose letters were read in another way, and whose letters nobody can tell: how many, and where the first is.
    meant: (u64, u64),
    lost: (u64, u64),
}

impl<'t> Table<'t> {
    /// Looks what comes, and finds the columns.
    ///
    /// # Errors
    /// It is no such table, or cannot be read safely; in words, with what to do.
    pub(in crate::history) fn open(bytes: impl Read + 't, layout: &Layout) -> Result<Self, String> {
        let bytes = unpacked(Box::new(bytes))?;
        let (mut head, mut bytes) = peeked(bytes, HEAD_BYTES)?;
        let told = told_delimiter(&head);
        if let Some((_, length)) = told {
            head.drain(..length);
            io::copy(&mut bytes.by_ref().take(length as u64), &mut io::sink()).map_err(|e| e.to_string())?;
        }
        let sketch = Sketch::of(&head, told.map(|(delimiter, _)| delimiter), layout)?;
        let (order, bytes) = if sketch.twofold { judged(bytes, &sketch, layout)? } else { (layout.order, bytes) };
        let mut reader = sketch.reader(bytes);
        let header = reader.byte_headers().map_err(|e| e.to_string())?.clone();
        let mut table = Self {
            width: header.len() + usize::from(sketch.row_names || sketch.trailing),
            row_names: sketch.row_names,
            trailing: sketch.trailing,
            before: sketch.before,
            order,
            names: Vec::new(),
            used: Vec::new(),
            reader,
            header,
            record: ByteRecord::new(),
            ahead: Some(ByteRecord::new()),
            line_ahead: 0,
            began: false,
            meant: (0, 0),
            lost: (0, 0),
        };
        table.names = layout.columns().collect();
        table.used = table.names.iter().filter_map(|name| table.column(name)).collect();
        Ok(table)
    }

    /// Where a column of this name is in a row: the first of that name.
    pub(in crate::history) fn column(&self, name: &str) -> Option<usize> {
        Some(find(&self.header, name)? + usize::from(self.row_names))
    }

    /// How dates are written of which one row does not tell.
    pub(in crate::history) fn order(&self) -> Option<Order> {
        self.order
    }

    /// The next row and its line, or why it cannot be used.
    ///
    /// # Errors
    /// The file cannot be read on.
    #[expect(clippy::type_complexity, reason = "a line, and what is on it")]
    pub(in crate::history) fn next(&mut self) -> Result<Option<(u64, Result<&ByteRecord, String>)>, String> {
        if !std::mem::replace(&mut self.began, true) {
            self.look_ahead()?;
        }
        let Some(ahead) = &mut self.ahead else { return Ok(None) };
        std::mem::swap(&mut self.record, ahead);
        let line = self.line_ahead;
        self.look_ahead()?;
        let fields = self.record.len();
        if self.ahead.is_none() && (fields < self.width || self.reader.get_ref().cut()) {
            return Ok(Some((line, Err("the file is cut off here".to_owned()))));
        }
        if fields != self.width && !(self.trailing && fields + 1 == self.width) {
            let why = format!("the number of fields is not the header's ({fields}, not {})", self.width);
            return Ok(Some((line, Err(why))));
        }
        self.mend(line)?;
        Ok(Some((line, Ok(&self.record))))
    }

    /// Tells what was done to read the rows.
    pub(in crate::history) fn tell(&self, place: &str, notes: &mut Reasons) {
        for name in &self.names {
            if named(&self.header, name).is_some() {
                continue;
            }
            match alike(&self.header, name).as_slice() {
                [] => {}
                [one] => notes.add(&format!("no {name} column: {one} is read as it"), place, 1),
                several => {
                    let which = several.join(" and ");
                    notes.add(&format!("no {name} column: {which} look like it, and neither is read"), place, 1);
                }
            }
        }
        notes.add_many("letters are read as what they were written for, not UTF-8", place, self.meant);
        let lost =
            "letters were lost before the file came here, and the name is left out: save it as UTF-8 where it is whole";
        notes.add_many(lost, place, self.lost);
        if self.order == Some(Order::DayFirst) {
            notes.add("its dates are read with the day first", place, 1);
        }
    }

    /// Reads the row after the one at hand. Rows without anything in them, as Excel leaves behind a table, are none.
    fn look_ahead(&mut self) -> Result<(), String> {
        let Some(ahead) = &mut self.ahead else { return Ok(()) };
        loop {
            if !self.reader.read_byte_record(ahead).map_err(|e| e.to_string())? {
                self.ahead = None;
                return Ok(());
            }
            // Where the row ends is known; it has a line more for each that its fields have within quotes. A file that ends within
            // them has its last end of a line there, too.
            let bytes = ahead.as_slice();
            let is_cut = bytes.ends_with(b"\n") && self.reader.get_ref().cut();
            let within = memchr_iter(b'\n', bytes).count() as u64;
            let read = self.reader.position().line() + self.before;
            self.line_ahead = read.saturating_sub(within + u64::from(!is_cut));
            if is_cut || bytes.iter().any(|byte| !byte.is_ascii_whitespace()) {
                return Ok(());
            }
        }
    }

    /// Looks at the letters and numbers of the columns that are used.
    fn mend(&mut self, line: u64) -> Result<(), String> {
        let fields = || self.used.iter().filter_map(|at| Some((*at, self.record.get(*at)?)));
        if let Some(field) = fields().map(|(_, field)| field).find(|field| has_comma_in_number(field)) {
            return Err(format!(
                "line {line} has a comma in a number ({}): write numbers with a point and without separators of thousands",
                String::from_utf8_lossy(field)
            ));
        }
        if self.record.as_slice().is_ascii() {
            return Ok(());
        }
        let mut mended = Vec::new();
        for (at, field) in fields().filter(|(_, field)| !field.is_ascii()) {
            let (count, text) = match look(field) {
                Letters::Sound => continue,
                Letters::Meant(text) => (&mut self.meant, text),
                Letters::Lost => (&mut self.lost, String::new()),
            };
            *count = (count.0 + 1, if count.0 == 0 { line } else { count.1 });
            mended.push((at, text));
        }
        if !mended.is_empty() {
            let of = |at: usize, field| {
                mended.iter().find(|(mended, _)| *mended == at).map_or(field, |(_, text)| text.as_bytes())
            };
            self.record = self.record.iter().enumerate().map(|(at, field)| of(at, field)).collect();
        }
        Ok(())
    }
}

/// `95,3` or `2,345`.
fn has_comma_in_number(field: &[u8]) -> bool {
    let Some(comma) = field.iter().position(|byte| *byte == b',') else { return false };
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let (whole, rest) = (field[..comma].trim_ascii_start(), &field[comma + 1..]);
    digits(whole.strip_prefix(b"-").unwrap_or(whole)) && rest.split(|byte| matches!(byte, b',' | b'.')).all(digits)
}

/// The bytes of text behind gzip and encodings of two bytes.
fn unpacked<'t>(bytes: Box<dyn Read + 't>) -> Result<Box<dyn Read + 't>, String> {
    let (mut head, mut bytes) = peeked(bytes, MAGIC_BYTES)?;
    if head.starts_with(GZIP) {
        (head, bytes) = peeked(Box::new(Unpacked::new(BufReader::new(bytes)).take(BYTES_MAX)), MAGIC_BYTES)?;
        if head.starts_with(GZIP) {
            return Err("it is packed twice with gzip: unpack it once".to_owned());
        }
    }
    if head.is_empty() {
        return Err("it is empty".to_owned());
    }
    if let Some(what) = kind::foreign(&head) {
        return Err(what);
    }
    let decoder = DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).build(bytes);
    Ok(Box::new(decoder))
}

/// The first bytes, and all of them.
fn peeked<'t>(mut bytes: Box<dyn Read + 't>, most: usize) -> Result<(Vec<u8>, Box<dyn Read + 't>), String> {
    let mut head = Vec::new();
    bytes.by_ref().take(most as u64).read_to_end(&mut head).map_err(|e| e.to_string())?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(bytes))))
}

/// What the first rows show of how a table is written.
struct Sketch {
    delimiter: u8,
    /// Rows have a field before the header's first.
    row_names: bool,
    /// Rows have an empty field behind the header's last.
    trailing: bool,
    /// Its dates can be read in two ways.
    twofold: bool,
    /// Lines before its header.
    before: u64,
}

/// What parts the fields by a first line `sep=;`, as Excel writes and reads one, and how long that line is.
fn told_delimiter(head: &[u8]) -> Option<(u8, usize)> {
    let rest = head.strip_prefix(b"sep=").or_else(|| head.strip_prefix(b"SEP="))?;
    let (delimiter, end) = rest.split_first().filter(|(delimiter, _)| DELIMITERS.contains(delimiter))?;
    let ends = [&b"\r\n"[..], b"\n", b"\r"].into_iter().find(|ends| end.starts_with(ends))?;
    Some((*delimiter, b"sep=;".len() + ends.len()))
}

impl Sketch {
    fn of(head: &[u8], told: Option<u8>, layout: &Layout) -> Result<Self, String> {
        let first = head.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty()).unwrap_or_default();
        let count = |delimiter: u8| first.split(|byte| *byte == delimiter).count();
        let most = DELIMITERS.into_iter().max_by_key(|delimiter| (count(*delimiter), *delimiter == b','));
        let mut sketch = Self {
            delimiter: told.or(most).unwrap_or(b','),
            row_names: false,
            trailing: false,
            twofold: false,
            before: u64::from(told.is_some()),
        };
        let mut reader = sketch.reader(Box::new(head));
        let header = reader.byte_headers().map_err(|e| e.to_string())?.clone();
        let missing: Vec<_> = layout.needed.iter().copied().filter(|name| find(&header, name).is_none()).collect();
        if !missing.is_empty() {
            if let Some(at) = find(&header, "error").filter(|_| header.len() <= 2) {
                let mut first = ByteRecord::new();
                // What cannot be read says nothing.
                reader.read_byte_record(&mut first).ok();
                return Err(kind::refused(text(&first, at).unwrap_or_default()));
            }
            let alike: Vec<_> = missing.iter().flat_map(|name| alike(&header, name)).collect();
            let known = kind::known(layout.what, &|name| find(&header, name).is_some());
            let what = match (alike.as_slice(), known) {
                ([], Some(known)) => format!("; {known}"),
                ([], None) => String::new(),
                ([one], _) => format!("; {one} looks like it"),
                (several, _) => format!("; {} look like it: rename those that are meant", several.join(", ")),
            };
            return Err(format!("no {}: its header lacks {}{what}", layout.what, missing.join(", ")));
        }
        let mut record = ByteRecord::new();
        // The last one that the head shows may be cut.
        let mut rows = Vec::new();
        while rows.len() < 8 && reader.read_byte_record(&mut record).unwrap_or(false) {
            rows.push(record.clone());
        }
        if rows.len() > 1 {
            rows.pop();
        }
        if !rows.is_empty() && rows.iter().all(|row| row.len() == header.len() + 1) {
            sketch.trailing = rows.iter().all(|row| row.get(row.len() - 1).is_some_and(<[u8]>::is_empty));
            let numbers: Option<Vec<u64>> =
                rows.iter().map(|row| std::str::from_utf8(row.get(0)?).ok()?.parse().ok()).collect();
            // Where the last column is empty too, it counts the rows.
            sketch.row_names = numbers.is_some_and(|numbers| {
                let counts = numbers[0] <= 1 && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1);
                counts || !sketch.trailing
            });
            sketch.trailing &= !sketch.row_names;
            if !sketch.trailing && !sketch.row_names {
                let (fields, named) = (header.len() + 1, header.len());
                return Err(format!(
                    "its rows have {fields} fields and its header {named}, so nobody can tell which column is which: write it anew \
                     (R: write.csv(…, row.names = FALSE))"
                ));
            }
        }
        sketch.twofold = rows.iter().any(|row| sketch.dates(&header, row, layout).any(dates::is_twofold));
        Ok(sketch)
    }

    fn reader<'t>(&self, bytes: Box<dyn Read + 't>) -> csv::Reader<Lines<Box<dyn Read + 't>>> {
        csv::ReaderBuilder::new()
            .flexible(true)
            .delimiter(self.delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(Lines::new(bytes))
    }

    /// The dates of a row, as they are written.
    fn dates<'r>(
        &self,
        header: &ByteRecord,
        row: &'r ByteRecord,
        layout: &Layout,
    ) -> impl Iterator<Item = &'r str> + use<'r> {
        let shift = usize::from(self.row_names);
        let columns: Vec<_> = layout.dates.iter().filter_map(|name| Some(find(header, name)? + shift)).collect();
        columns.into_iter().filter_map(|at| text(row, at))
    }
}

/// Reads a table to its end for its dates, and gives its bytes again.
fn judged<'t>(
    bytes: Box<dyn Read + 't>,
    sketch: &Sketch,
    layout: &Layout,
) -> Result<(Option<Order>, Box<dyn Read + 't>), String> {
    let mut kept: File =
        tempfile::tempfile().map_err(|error| format!("no temporary file can be had: {error}; set TMPDIR"))?;
    io::copy(&mut bytes.take(BYTES_MAX), &mut kept).map_err(|e| e.to_string())?;
    kept.rewind().map_err(|e| e.to_string())?;
    let again = kept.try_clone().map_err(|e| e.to_string())?;
    let mut judge = Judge::default();
    let mut reader = sketch.reader(Box::new(BufReader::new(again)));
    let header = reader.byte_headers().map_err(|e| e.to_string())?.clone();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|e| e.to_string())? {
        let line = (reader.position().line() + sketch.before).saturating_sub(1);
        sketch.dates(&header, &record, layout).for_each(|date| judge.hear(date, line));
    }
    let order = judge.order(layout.order, layout.in_season)?;
    kept.rewind().map_err(|e| e.to_string())?;
    Ok((order, Box::new(BufReader::new(kept))))
}

/// What pandas puts behind names that both of two merged tables have.
const MERGED: [&str; 2] = ["_x", "_y"];

/// A column's name without quotes and capitals.
fn bare(column: &[u8]) -> Vec<u8> {
    let column = column.strip_prefix(b"\xef\xbb\xbf").unwrap_or(column).trim_ascii();
    column.strip_prefix(b"\"").and_then(|c| c.strip_suffix(b"\"")).unwrap_or(column).to_ascii_lowercase()
}

/// Columns that a merge of tables made of one of this name.
fn alike(header: &ByteRecord, name: &str) -> Vec<String> {
    let merged = MERGED.map(|end| format!("{}{end}", name.to_ascii_lowercase()));
    let there = |name: &String| header.iter().any(|column| bare(column) == name.as_bytes());
    merged.into_iter().filter(there).collect()
}

/// Where a column of this name is in a header: the first of that name, whatever its quotes and capitals, and what R puts
/// behind a name that comes twice; else the only one that a merge made of it.
fn find(header: &ByteRecord, name: &str) -> Option<usize> {
    let merged = || match alike(header, name).as_slice() {
        [one] => header.iter().position(|column| bare(column) == one.as_bytes()),
        _ => None,
    };
    named(header, name).or_else(merged)
}

/// The first column of this very name.
fn named(header: &ByteRecord, name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    header.iter().map(bare).position(|column| {
        let is_same = column == name.as_bytes();
        is_same
            || column
                .strip_prefix(name.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"..."))
                .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
    })
}
