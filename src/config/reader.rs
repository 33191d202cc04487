//! Hands out the values of file and environment one key at a time, and keeps account: every fault with its place, every
//! value with its origin, and in the end every key that nobody asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, ConfigErrors, Place};
use super::provenance::{Origin, Provenance};
use super::setting::{Faults, Setting, describe};
use crate::bounds::Bound;

const PREFIX: &str = "PITCHGUARD_";
/// How a fault of the file's form begins.
const NOT_TOML: &str = "not TOML";

/// Documented keys that this version has no code for: refused in so many words, never ignored.
const NOT_YET: [(&str, Option<&str>, &str); 3] =
    [("http", Some("tls_cert"), "TLS is"), ("http", Some("tls_key"), "TLS is"), ("http", Some("client_ca"), "TLS is")];

/// Keys that an earlier version had: refused with the reason.
const NO_MORE: [(&str, &str, &str); 1] =
    [("readiness", "same_day_hours", "what counts as today's pitches goes by the day of baseball")];

/// A value as written in the file.
struct Written<'t> {
    key: Range<usize>,
    value: Spanned<DeValue<'t>>,
}

/// The values not yet taken, and the account of those that were.
pub(super) struct Reader<'t> {
    file: Option<(&'t Path, &'t str)>,
    written: BTreeMap<(String, String), Written<'t>>,
    environment: BTreeMap<String, OsString>,
    /// Where each key stands, inner tables' with dots: `readiness.alerts.readiness.warning`.
    spans: BTreeMap<String, usize>,
    broken_lines: BTreeSet<usize>,
    faulty: BTreeSet<(&'static str, String)>,
    taken: Vec<Origin>,
    outside: Vec<(String, Range<usize>)>,
    sections: Vec<(String, Range<usize>)>,
    /// What numbers may be, each with its usual value.
    ranges: Vec<(&'static str, Bound)>,
    errors: Vec<ConfigError>,
}

impl<'t> Reader<'t> {
    /// Parses the file as far as it can be parsed, and picks the variables with a section from the environment.
    pub(super) fn new(
        file: Option<(&'t Path, &'t str)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        let environment = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.strip_prefix(PREFIX).is_some_and(|rest| rest.contains("__")))
            .collect();
        let mut reader = Self {
            file,
            written: BTreeMap::new(),
            environment,
            spans: BTreeMap::new(),
            broken_lines: BTreeSet::new(),
            faulty: BTreeSet::new(),
            taken: Vec::new(),
            outside: Vec::new(),
            sections: Vec::new(),
            ranges: Vec::new(),
            errors: Vec::new(),
        };
        if let Some((_, text)) = file {
            reader.parse(text);
        }
        reader
    }

    /// From now on who writes no number where one is wanted is told which may be.
    pub(super) fn set_ranges(&mut self, ranges: Vec<(&'static str, Bound)>) {
        self.ranges = ranges;
    }

    fn range(&self, section: &str, key: &str) -> Option<String> {
        let is_of = |(of, bound): &&(&str, Bound)| *of == section && bound.key == key;
        self.ranges.iter().find(is_of).map(|(_, bound)| bound.range())
    }

    fn parse(&mut self, text: &'t str) {
        let (table, faults) = DeTable::parse_recoverable(text);
        for fault in faults {
            let span = fault.span().unwrap_or(0..0);
            // What follows on a broken line is only an echo of the first break.
            if self.broken_lines.insert(line_column(text, span.start).0) {
                let message = format!("{NOT_TOML}: {}; check this line's quotes, brackets and commas", fault.message());
                self.report_span(span.start, message);
            }
        }
        for (section, content) in table.into_inner() {
            let DeValue::Table(keys) = content.into_inner() else {
                self.outside.push((section.get_ref().to_string(), section.span()));
                continue;
            };
            self.sections.push((section.get_ref().to_string(), section.span()));
            note_spans(section.get_ref(), &keys, &mut self.spans);
            for (key, value) in keys {
                let written = Written { key: key.span(), value };
                self.written.insert((section.get_ref().to_string(), key.into_inner().into_owned()), written);
            }
        }
    }

    /// The value of a key: the environment's, else the file's, else the default. A faulty one is reported and read as
    /// its default, so that the rest can be checked too.
    pub(super) fn take<T: Setting>(&mut self, section: &'static str, key: &'static str, default: T) -> T {
        let mut value = None;
        let mut place = Place::Default;
        let range = self.range(section, key).map_or_else(String::new, |range| format!(", {range}"));
        if let Some(written) = self.written.remove(&(section.to_owned(), key.to_owned())) {
            let mut faults = Faults::new();
            value = T::read(&written.value, &mut faults);
            place = self.place_at(written.key.start);
            for (span, problem) in faults {
                self.faulty.insert((section, key.to_owned()));
                self.report_span(span.start, format!("[{section}] {key} {problem}{range}"));
            }
        }
        let name = variable(section, key);
        if let Some(text) = self.environment.remove(&name) {
            place = Place::Environment(name);
            match read_text::<T>(&text) {
                Ok(read) => value = Some(read),
                Err(problems) => {
                    self.faulty.insert((section, key.to_owned()));
                    for problem in problems {
                        self.report(place.clone(), format!("[{section}] {key} {problem}{range}"));
                    }
                }
            }
        }
        let value = value.unwrap_or(default);
        self.taken.push(Origin { section, key: key.to_owned(), value: value.show(), place });
        value
    }

    /// A whole section of numbers that another room describes; tables in it may be given in part. Each part is read on its
    /// own, so that one fault hides no other.
    pub(super) fn take_section<T: Serialize + DeserializeOwned>(&mut self, section: &'static str, default: &T) -> T {
        let defaults = toml::Table::try_from(default).expect("settings are plain values");
        let mut table = defaults.clone();
        for key in defaults.keys() {
            let mut place = Place::Default;
            for (from, value) in self.overrides(section, key) {
                place = from;
                let mut faults = Vec::new();
                put_parts::<T>(&mut table, &[key], &value, &mut faults);
                for (path, problem) in faults {
                    let place = match place {
                        Place::File { .. } => self.place_in_file(section, &path),
                        _ => place.clone(),
                    };
                    let range = self.range(section, &path).map_or_else(String::new, |range| format!("; write {range}"));
                    self.report(place, format!("[{section}] {path} {}{range}", problem.trim_end()));
                    self.faulty.insert((section, path));
                }
            }
            self.taken.push(Origin { section, value: table.get(key).cloned(), key: key.clone(), place });
        }
        T::deserialize(table).expect("only what can be read was put in")
    }

    /// What the file says of a key, then what the environment says.
    fn overrides(&mut self, section: &str, key: &str) -> Vec<(Place, toml::Value)> {
        let mut found = Vec::new();
        if let Some(written) = self.written.remove(&(section.to_owned(), key.to_owned())) {
            found.push((self.place_at(written.key.start), plain(written.value.get_ref())));
        }
        let name = variable(section, key);
        if let Some(text) = self.environment.remove(&name) {
            let text = text.to_string_lossy();
            let value = DeValue::parse(&text).map_or_else(|_| text.as_ref().into(), |v| plain(v.get_ref()));
            found.push((Place::Environment(name), value));
        }
        found
    }

    /// Whether all these keys could be read, so that a check across them makes sense.
    pub(super) fn sound(&self, keys: &[(&str, &str)]) -> bool {
        let is = |(section, key): &(&str, &str)| self.faulty.iter().any(|(s, k)| s == section && k == key);
        !keys.iter().any(is)
    }

    /// Where a taken key's value stands; that of an inner table has dots, and stands where the nearest table around it
    /// does where it was not written itself.
    pub(super) fn place_of(&self, section: &str, key: &str) -> Place {
        let (outer, _) = key.split_once('.').unwrap_or((key, ""));
        let taken = self.taken.iter().find(|o| o.section == section && o.key == outer);
        match taken.map_or(&Place::Default, |taken| &taken.place) {
            Place::File { .. } => self.place_in_file(section, key),
            place => place.clone(),
        }
    }

    /// The same, where this very key was written or set.
    pub(super) fn written_place(&self, section: &str, key: &str) -> Option<Place> {
        match self.place_of(section, key) {
            Place::Default => None,
            Place::File { .. } if !self.spans.contains_key(&format!("{section}.{key}")) => None,
            place => Some(place),
        }
    }

    fn place_in_file(&self, section: &str, key: &str) -> Place {
        let mut path = format!("{section}.{key}");
        loop {
            if let Some(offset) = self.spans.get(&path) {
                return self.place_at(*offset);
            }
            let Some(dot) = path.rfind('.') else { return Place::Default };
            path.truncate(dot);
        }
    }

    /// Adds a fault.
    pub(super) fn report(&mut self, place: Place, message: String) {
        self.errors.push(ConfigError { place, message });
    }

    fn report_span(&mut self, offset: usize, message: String) {
        let place = self.place_at(offset);
        self.report(place, message);
    }

    fn place_at(&self, offset: usize) -> Place {
        self.file.map_or(Place::Default, |(path, text)| {
            let (line, column) = line_column(text, offset);
            Place::File { path: path.to_path_buf(), line, column }
        })
    }

    /// All is taken: whatever is left is unknown.
    pub(super) fn finish(mut self) -> Result<Provenance, ConfigErrors> {
        self.refuse_leftovers();
        // A line that is no TOML was read as far as it went: what else seems wrong with it is only an echo.
        let broken = std::mem::take(&mut self.broken_lines);
        let mut errors = self.errors;
        errors.retain(|e| match &e.place {
            Place::File { line, .. } => !broken.contains(line) || e.message.starts_with(NOT_TOML),
            _ => true,
        });
        errors.sort();
        errors.dedup();
        if errors.is_empty() { Ok(Provenance(self.taken)) } else { Err(ConfigErrors(errors)) }
    }

    /// Only this section was to be read: no matter what the others hold. A file that is no TOML may have lost it, unless this
    /// key of it was found.
    pub(super) fn finish_section(self, section: &str, key: &str) -> Result<(), ConfigErrors> {
        let found = self.written_place(section, key).is_some();
        let mut errors = self.errors;
        errors.retain(|error| !(found && error.message.starts_with(NOT_TOML)));
        errors.sort();
        if errors.is_empty() { Ok(()) } else { Err(ConfigErrors(errors)) }
    }

    fn refuse_leftovers(&mut self) {
        let taken = std::mem::take(&mut self.taken);
        let known: Vec<(&str, &str)> = taken.iter().map(|o| (o.section, o.key.as_str())).collect();
        for (name, span) in std::mem::take(&mut self.outside) {
            let message = match known.iter().find(|(_, key)| *key == name) {
                Some((section, _)) => format!("{name} stands outside its section; put it under [{section}]"),
                None => format!("unknown key {name}; {}", sections_advice(&name, &known)),
            };
            self.report_span(span.start, message);
        }
        for (section, span) in std::mem::take(&mut self.sections) {
            if known.iter().any(|(s, _)| *s == section) {
                continue;
            }
            let message = not_yet(&section, None)
                .unwrap_or_else(|| format!("unknown section [{section}]; {}", sections_advice(&section, &known)));
            self.report_span(span.start, message);
        }
        for ((section, key), written) in std::mem::take(&mut self.written) {
            if known.iter().any(|(s, _)| *s == section) {
                let message = not_any_more_or_not_yet(&section, Some(&key))
                    .unwrap_or_else(|| unknown_key(&section, &key, &known));
                self.report_span(written.key.start, message);
            }
        }
        for (name, _) in std::mem::take(&mut self.environment) {
            let rest = name.strip_prefix(PREFIX).unwrap_or(&name).to_lowercase();
            let (section, key) = rest.split_once("__").unwrap_or((&rest, ""));
            let message = not_any_more_or_not_yet(section, Some(key)).unwrap_or_else(|| {
                let names: Vec<String> = known.iter().map(|(s, k)| variable(s, k)).collect();
                let guess = closest(&name, names.iter().map(String::as_str)).map_or_else(
                    || "unset it; `pitchguard config show` lists every key".to_owned(),
                    |guess| format!("did you mean {guess}?"),
                );
                format!("no such key; {guess}")
            });
            self.report(Place::Environment(name), message);
        }
        self.taken = taken;
    }
}

/// A value without its spans.
fn plain(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::Table(table) => {
            toml::Value::Table(table.iter().map(|(k, v)| (k.get_ref().to_string(), plain(v.get_ref()))).collect())
        }
        DeValue::Array(items) => toml::Value::Array(items.iter().map(|item| plain(item.get_ref())).collect()),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::String(text) => text.as_ref().into(),
        // Numbers and dates read back from what they are written as; one that is out of range stays a text, which the
        // key then refuses.
        other => {
            let text = match other {
                DeValue::Integer(number) => number.to_string(),
                DeValue::Float(number) => number.to_string(),
                other => describe(other),
            };
            text.parse::<i64>().map(Into::into).or_else(|_| text.parse::<f64>().map(Into::into)).unwrap_or(text.into())
        }
    }
}

/// Puts a value over another; of two tables, key by key.
fn merge(under: &mut toml::Value, over: toml::Value) {
    match (under, over) {
        (toml::Value::Table(under), toml::Value::Table(over)) => {
            for (key, value) in over {
                match under.get_mut(&key) {
                    Some(under) => merge(under, value),
                    None => _ = under.insert(key, value),
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// Notes where each key of a table stands.
fn note_spans(path: &str, table: &DeTable<'_>, spans: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = format!("{path}.{}", key.get_ref());
        if let DeValue::Table(inner) = value.get_ref() {
            note_spans(&path, inner, spans);
        }
        spans.insert(path, key.span().start);
    }
}

/// Puts a value into a section, as far as its parts can be read, and tells those that cannot, each with its key and why.
fn put_parts<T: DeserializeOwned>(
    table: &mut toml::Table,
    path: &[&str],
    value: &toml::Value,
    faults: &mut Vec<(String, String)>,
) {
    let wrap = |inner, name: &&str| toml::Value::Table(toml::Table::from_iter([((*name).to_owned(), inner)]));
    let mut candidate = toml::Value::Table(table.clone());
    merge(&mut candidate, path.iter().rev().fold(value.clone(), wrap));
    let Err(error) = T::deserialize(candidate.clone()) else {
        if let toml::Value::Table(candidate) = candidate {
            *table = candidate;
        }
        return;
    };
    let before = faults.len();
    for (name, part) in value.as_table().into_iter().flatten() {
        put_parts::<T>(table, &[path, &[name.as_str()]].concat(), part, faults);
    }
    if faults.len() == before {
        let why = match value.as_integer() {
            Some(number) if number < 0 => format!("is {number}"),
            _ => format!("cannot be read: {}", error.message()),
        };
        faults.push((path.join("."), why));
    }
}

/// Name of a key's environment variable.
fn variable(section: &str, key: &str) -> String {
    format!("{PREFIX}{}__{}", section.to_uppercase(), key.to_uppercase())
}

/// A value from the environment is TOML, or a text that needs no quotes.
fn read_text<T: Setting>(text: &OsString) -> Result<T, Vec<String>> {
    let Some(text) = text.to_str() else {
        return Err(vec!["is not UTF-8; write plain text".into()]);
    };
    let mut faults = Faults::new();
    if let Ok(value) = DeValue::parse(text) {
        if let Some(read) = T::read(&value, &mut faults) {
            return Ok(read);
        }
        if matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_)) {
            return Err(faults.into_iter().map(|(_, problem)| problem).collect());
        }
    }
    faults.clear();
    T::read(&Spanned::new(0..text.len(), DeValue::String(text.into())), &mut faults)
        .ok_or_else(|| faults.into_iter().map(|(_, problem)| problem).collect())
}

/// What to do about a key or section that this version does not know, where it is known what was meant.
fn not_any_more_or_not_yet(section: &str, key: Option<&str>) -> Option<String> {
    let removed = NO_MORE.iter().find(|(s, k, _)| *s == section && Some(*k) == key);
    removed
        .map(|(section, key, why)| format!("[{section}] {key} is no setting any more: {why}; remove it"))
        .or_else(|| not_yet(section, key))
}

fn not_yet(section: &str, key: Option<&str>) -> Option<String> {
    let (_, key, what) =
        NOT_YET.iter().find(|(s, k, _)| *s == section && k.is_none_or(|wanted| Some(wanted) == key))?;
    let name = key.map_or_else(|| format!("[{section}]"), |key| format!("[{section}] {key}"));
    Some(format!("{name}: {what} not supported by this version; remove it"))
}

fn unknown_key(section: &str, key: &str, known: &[(&str, &str)]) -> String {
    let here = known.iter().filter(|(s, _)| *s == section).map(|(_, k)| *k);
    let advice = if let Some(guess) = closest(key, here.clone()) {
        format!("did you mean {guess}?")
    } else if let Some((other, _)) = known.iter().find(|(_, k)| *k == key) {
        format!("it belongs under [{other}]")
    } else {
        format!("[{section}] has {}", here.collect::<Vec<_>>().join(", "))
    };
    format!("unknown key [{section}] {key}; {advice}")
}

fn sections_advice(name: &str, known: &[(&str, &str)]) -> String {
    let mut sections: Vec<&str> = known.iter().map(|(s, _)| *s).collect();
    sections.dedup();
    match closest(name, sections.iter().copied()) {
        Some(guess) => format!("did you mean [{guess}]?"),
        None => format!("the sections are {}", sections.join(", ")),
    }
}

/// The name that a person most likely meant: at most a third of its letters wrong.
fn closest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    among
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Line and column of a byte, from 1, columns in characters.
fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_not_bytes() {
        assert_eq!(line_column("a\nüb = 1", 4), (2, 2));
        assert_eq!(line_column("", 9), (1, 1));
    }

    #[test]
    fn a_near_miss_is_guessed_and_a_far_one_is_not() {
        let keys = ["udp_listen", "auth", "sources"];
        assert_eq!(closest("udp_lisen", keys.into_iter()), Some("udp_listen"));
        assert_eq!(closest("auht", keys.into_iter()), Some("auth"));
        assert_eq!(closest("auths", keys.into_iter()), Some("auth"));
        assert_eq!(closest("watermark", keys.into_iter()), None);
    }
}
