//! The rows of one file by game, whatever order they come in: in memory while they fit, else as sorted runs in a file without a
//! name, which are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::row::{FIELDS, Row, pitch};
use crate::history::games::{Number, Slot};
use crate::records::{DELIBERATE, Measured, PitchRecord};

/// Rows held in memory at once (some 20 MB). Batches have fewer than twice as many.
pub(super) const CHUNK_ROWS: usize = 32_768;
/// Bytes of a run that are read at once.
const READ_BYTES: usize = 1 << 15;

/// Measured values of a row.
const VALUES: usize = FIELDS.len();

/// What a row tells of a game.
pub(super) struct Told {
    pub(super) line: u64,
    pub(super) game_pk: u32,
    pub(super) year: u16,
    pub(super) number: Number,
    pub(super) slot: Slot,
    /// None where no pitch was thrown.
    pub(super) thrown: Option<Thrown>,
}

/// A pitch, and of what kind its game was.
pub(super) struct Thrown {
    /// Boxed: rows are sorted twice.
    pub(super) pitch: Box<PitchRecord>,
    pub(super) game_type: Option<String>,
}

impl Told {
    pub(super) fn of(line: u64, year: u16, row: Row) -> Self {
        let pitch = &row.pitch;
        let number = (pitch.at_bat_number.unwrap_or(0), pitch.pitch_number.unwrap_or(0));
        let (game_pk, slot) = (pitch.game_pk, row.slot);
        Self { line, game_pk, year, number, slot, thrown: Some(Thrown { pitch: row.pitch, game_type: row.game_type }) }
    }
}

/// The same as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    line: u64,
    game_pk: u32,
    year: u16,
    number: Number,
    slot: Slot,
    thrown: Option<WrittenPitch>,
}

#[derive(Serialize, Deserialize)]
struct WrittenPitch {
    pitcher: u32,
    date: String,
    pitch_type: String,
    deliberate: bool,
    values: [Option<f64>; VALUES],
    game_type: Option<String>,
}

impl From<Told> for Written {
    fn from(told: Told) -> Self {
        let Told { line, game_pk, year, number, slot, thrown } = told;
        let written = |Thrown { mut pitch, game_type }: Thrown| WrittenPitch {
            pitcher: pitch.pitcher.unwrap_or(0),
            values: FIELDS.each_ref().map(|field| *(field.of)(&mut pitch.values)),
            deliberate: pitch.flags.iter().any(|flag| flag == DELIBERATE),
            date: pitch.game_date,
            pitch_type: pitch.pitch_type,
            game_type,
        };
        Self { line, game_pk, year, number, slot, thrown: thrown.map(written) }
    }
}

impl Written {
    fn told(self) -> Option<Told> {
        let Self { line, game_pk, year, number, slot, thrown } = self;
        let thrown = match thrown {
            None => None,
            Some(WrittenPitch { pitcher, date, pitch_type, deliberate, values, game_type }) => {
                let mut measured = Measured::default();
                FIELDS.iter().zip(values).for_each(|(field, value)| *(field.of)(&mut measured) = value);
                let date: Date = date.parse().ok()?;
                let pitch = pitch(pitcher, date, game_pk, number, (pitch_type, deliberate), &measured)?;
                Some(Thrown { pitch, game_type })
            }
        };
        Some(Told { line, game_pk, year, number, slot, thrown })
    }
}

/// Rows as they come.
#[derive(Default)]
pub(super) struct Rows {
    held: Vec<Told>,
    runs: Option<Runs>,
}

impl Rows {
    /// Takes one.
    ///
    /// # Errors
    /// The temporary file fails, in words.
    pub(super) fn push(&mut self, told: Told) -> Result<(), String> {
        if self.held.len() == CHUNK_ROWS {
            self.spill()?;
        }
        self.held.push(told);
        Ok(())
    }

    /// All of them came.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(super) fn by_game(mut self) -> Result<ByGame, String> {
        if self.runs.is_some() {
            self.spill()?;
        }
        self.held.sort_by_cached_key(|told| (told.game_pk, told.line));
        Ok(self.runs.map_or(ByGame::Held(self.held), ByGame::Written))
    }

    fn spill(&mut self) -> Result<(), String> {
        let runs = match &mut self.runs {
            Some(runs) => runs,
            None => self.runs.insert(Runs::new()?),
        };
        self.held.sort_by_cached_key(|told| (told.game_pk, told.line));
        runs.write(self.held.drain(..))
    }
}

/// All rows of a file, by game and line.
pub(super) enum ByGame {
    Held(Vec<Told>),
    Written(Runs),
}

impl ByGame {
    /// Shows all.
    ///
    /// # Errors
    /// The temporary file fails, in words.
    pub(super) fn look(&self, mut each: impl FnMut(&Told)) -> Result<(), String> {
        match self {
            Self::Held(held) => held.iter().for_each(each),
            Self::Written(runs) => {
                let mut merge = runs.merge()?;
                while let Some(told) = merge.next()? {
                    each(&told);
                }
            }
        }
        Ok(())
    }

    /// Hands them out, whole games at once.
    ///
    /// # Errors
    /// The temporary file fails, in words, or `each` does.
    pub(super) fn batches<E: From<String>>(self, mut each: impl FnMut(Vec<Told>) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Held(held) => each(held),
            Self::Written(runs) => {
                let mut merge = runs.merge()?;
                let mut batch: Vec<Told> = Vec::with_capacity(CHUNK_ROWS);
                while let Some(told) = merge.next()? {
                    if batch.len() >= CHUNK_ROWS && batch.last().is_some_and(|last| last.game_pk != told.game_pk) {
                        each(std::mem::take(&mut batch))?;
                    }
                    batch.push(told);
                }
                each(batch)
            }
        }
    }
}

/// Sorted runs, one after the other in a file.
pub(super) struct Runs {
    file: Rc<File>,
    /// Where each ends.
    ends: Vec<u64>,
}

impl Runs {
    fn new() -> Result<Self, String> {
        let file = tempfile::tempfile().map_err(|error| {
            format!("it is too long to be sorted in memory, and no temporary file can be had: {error}; set TMPDIR")
        })?;
        Ok(Self { file: Rc::new(file), ends: Vec::new() })
    }

    fn write(&mut self, run: impl Iterator<Item = Told>) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("what is too long to be sorted in memory: {error}; set TMPDIR");
        let (mut to, mut at) = (std::io::BufWriter::new(&*self.file), self.ends.last().copied().unwrap_or(0));
        for told in run {
            let bytes = postcard::to_allocvec(&Written::from(told)).expect("numbers and words go into memory");
            to.write_all(&(bytes.len() as u32).to_le_bytes()).and_then(|()| to.write_all(&bytes)).map_err(failed)?;
            at += bytes.len() as u64 + 4;
        }
        to.flush().map_err(failed)?;
        self.ends.push(at);
        Ok(())
    }

    fn merge(&self) -> Result<Merge, String> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let part = |(at, end)| BufReader::with_capacity(READ_BYTES, Part { file: Rc::clone(&self.file), at, end });
        let mut merge = Merge {
            parts: starts.zip(self.ends.iter().copied()).map(part).collect(),
            heads: Vec::new(),
            order: BinaryHeap::new(),
        };
        for at in 0..merge.parts.len() {
            merge.heads.push(None);
            merge.fill(at)?;
        }
        Ok(merge)
    }
}

/// One run.
struct Part {
    file: Rc<File>,
    at: u64,
    end: u64,
}

impl Read for Part {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let most = buf.len().min(usize::try_from(self.end - self.at).unwrap_or(usize::MAX));
        let n = self.file.read_at(&mut buf[..most], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// All runs, in order.
struct Merge {
    parts: Vec<BufReader<Part>>,
    /// The next of each.
    heads: Vec<Option<Told>>,
    order: BinaryHeap<Reverse<(u32, u64, usize)>>,
}

impl Merge {
    fn next(&mut self) -> Result<Option<Told>, String> {
        let Some(Reverse((.., at))) = self.order.pop() else { return Ok(None) };
        let told = self.heads[at].take();
        self.fill(at)?;
        Ok(told)
    }

    fn fill(&mut self, at: usize) -> Result<(), String> {
        let part = &mut self.parts[at];
        let is_over = part.buffer().is_empty() && part.get_ref().at == part.get_ref().end;
        if is_over {
            return Ok(());
        }
        let failed = |why: &dyn std::fmt::Display| format!("what was sorted in a temporary file cannot be read: {why}");
        let mut length = [0; 4];
        part.read_exact(&mut length).map_err(|error| failed(&error))?;
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        part.read_exact(&mut bytes).map_err(|error| failed(&error))?;
        let written: Written = postcard::from_bytes(&bytes).map_err(|error| failed(&error))?;
        let told = written.told().ok_or_else(|| failed(&"a row is damaged"))?;
        self.order.push(Reverse((told.game_pk, told.line, at)));
        self.heads[at] = Some(told);
        Ok(())
    }
}
