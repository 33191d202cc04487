//! Whether a file of the database is whole: every record of every table read and checked, every index followed.
//!
//! LMDB trusts the pages that it maps: a file cut short is a fault of memory, one whose pages were overwritten may be. So
//! each page that is in use is looked at by plain reads before any is mapped (`pages`), and a backup's checksum, which lies
//! beside it, before the file is opened at all.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use heed::{RoTxn, WithoutTls};
use sha2::{Digest, Sha256};

use super::api_key::ApiKeyRecord;
use super::codec::{self, Record};
use super::error::StoreError;
use super::pages::{self, PagesError};
use super::scheme::{Raw, SCHEMA};
use super::summary::{OutboxRecord, OutboxSums, RefusedRecord};
use super::table_key::{self, TABLES, Table};
use super::{mapping, summary};
use crate::records::{
    AppearanceRecord, BaselineRecord, CalibrationRecord, FeatureSnapshotRecord, InjuryRecord, ModelRecord, PitchRecord,
    PitcherRecord,
};

/// Faults that are quoted; the rest is only counted.
const QUOTED_MAX: usize = 20;

/// What a whole file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its length.
    pub bytes: u64,
    /// Records by table, in the store's order.
    pub records: Vec<(&'static str, u64)>,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (table, records) in &self.records {
            writeln!(f, "  {table:<18} {records:>9}")?;
        }
        let total: u64 = self.records.iter().map(|(_, records)| records).sum();
        writeln!(f, "whole: {total} records read and checked, {} bytes", self.bytes)
    }
}

/// Why a file is no whole database.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its checksum is another.
    #[error("{} is damaged: its checksum is not the one beside it; take another backup", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
    },
    /// It ends before a page that is in use.
    #[error(
        "{} is cut short: it has {found} bytes, and what it holds reaches to {wanted} at least; take another backup",
        path.display()
    )]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Its length.
        found: u64,
        /// Where the first page ends that was found missing.
        wanted: u64,
    },
    /// A page that is in use is another than it should be.
    #[error("{} is damaged: page {page} {why}; take another backup", path.display())]
    Page {
        /// The file.
        path: PathBuf,
        /// The page's number.
        page: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Its parts contradict each other.
    #[error("{} is damaged: {why}; take another backup", path.display())]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// How.
        why: &'static str,
    },
    /// It is no database.
    #[error("{} is no database of this version: {why}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// Records do not read.
    #[error("{} has {count} faults; take another backup:\n{}", path.display(), faults.join("\n"))]
    Faults {
        /// The file.
        path: PathBuf,
        /// How many there are.
        count: u64,
        /// The first of them.
        faults: Vec<String>,
    },
    /// LMDB will not have it.
    #[error("{} is no database of this version: {source}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<StoreError>,
    },
}

/// The file beside a backup that holds its checksum, as `sha256sum -c` reads it.
pub(super) fn checksum_path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".sha256");
    path.into()
}

/// Compares a file with the checksum beside it. Whether there is one.
///
/// # Errors
/// The file is another than it was, or cannot be read.
pub fn verify_checksum(file: &Path) -> Result<bool, VerifyError> {
    let failed = |source| VerifyError::File { path: file.to_path_buf(), source };
    let wanted = match std::fs::read_to_string(checksum_path(file)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let mut reader = File::open(file).map_err(failed)?;
    let (mut hasher, mut block) = (Sha256::new(), vec![0; 1 << 17]);
    loop {
        match reader.read(&mut block).map_err(failed)? {
            0 => break,
            n => hasher.update(&block[..n]),
        }
    }
    if wanted.split_whitespace().next() == Some(codec::hex(&hasher.finalize()).as_str()) {
        Ok(true)
    } else {
        Err(VerifyError::Checksum { path: file.to_path_buf() })
    }
}

/// Reads every record of a database's file, which nobody may write meanwhile.
///
/// # Errors
/// Everything that is not whole.
pub fn verify(path: &Path) -> Result<Verified, VerifyError> {
    let (bytes, tables) = check_pages(path)?;
    let foreign = |source| VerifyError::Store { path: path.to_path_buf(), source: Box::new(source) };
    let env = mapping::open_file(path).map_err(foreign)?;
    let handles = mapping::file_tables(&env).map_err(foreign)?;
    let txn = env.read_txn().map_err(StoreError::lmdb("begin a read")).map_err(foreign)?;
    let mut reading = Reading { txn: &txn, tables: handles, faults: Vec::new(), count: 0 };
    for name in tables.iter().filter(|name| Table::named(name).is_none()) {
        reading.fault(&mapping::unknown_table(name));
    }
    let records = Table::ALL.map(|table| (table.name(), reading.table(table))).to_vec();
    let Reading { faults, count, .. } = reading;
    if count > 0 {
        return Err(VerifyError::Faults { path: path.to_path_buf(), count, faults });
    }
    Ok(Verified { bytes, records })
}

/// Looks at every page in use. The file's length, and the names of its tables.
fn check_pages(path: &Path) -> Result<(u64, Vec<Vec<u8>>), VerifyError> {
    let failed = |source| VerifyError::File { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let pages = pages::check(&file, &|_| ()).map_err(|error| {
        let path = path.to_path_buf();
        match error {
            PagesError::File(source) => VerifyError::File { path, source },
            PagesError::Foreign(why) => VerifyError::Foreign { path, why },
            PagesError::Missing { end } => VerifyError::CutShort { path, found: bytes, wanted: end },
            PagesError::Damaged { page, why } => VerifyError::Page { path, page, why },
            PagesError::Inconsistent(why) => VerifyError::Inconsistent { path, why },
        }
    })?;
    Ok((bytes, pages.tables))
}

/// Checks an entry.
type Check<R> = fn(&R, &[u8], &[u8]) -> Result<(), StoreError>;

struct Reading<'r> {
    txn: &'r RoTxn<'r, WithoutTls>,
    tables: [Option<Raw>; TABLES],
    faults: Vec<String>,
    count: u64,
}

impl Reading<'_> {
    /// Reads a table to its end. How many records it has; 0 for one that the file was written before.
    fn table(&mut self, table: Table) -> u64 {
        let check: Check<Self> = match table {
            Table::Pitches => Self::pitch,
            Table::PitchTimes => Self::pitch_time,
            Table::PitchIds => Self::pitch_id,
            Table::Appearances => Self::record::<AppearanceRecord>,
            Table::Baselines => Self::record::<BaselineRecord>,
            Table::Calibration => Self::record::<CalibrationRecord>,
            Table::Pitchers => Self::record::<PitcherRecord>,
            Table::ModelRegistry => Self::record::<ModelRecord>,
            Table::Injuries => Self::record::<InjuryRecord>,
            Table::FeatureSnapshots => Self::record::<FeatureSnapshotRecord>,
            Table::ApiKeys => Self::record::<ApiKeyRecord>,
            Table::Outbox => Self::record::<OutboxRecord>,
            Table::Refused => Self::record::<RefusedRecord>,
            Table::Checkpoints => |_, key, value| codec::raw(Table::Checkpoints, key, value).map(drop),
            Table::Meta => Self::meta,
        };
        let Some(raw) = self.tables[table as usize] else { return 0 };
        let txn = self.txn;
        let entries = match raw.iter(txn).map_err(StoreError::lmdb("scan")) {
            Ok(entries) => entries,
            Err(error) => {
                self.fault(&error);
                return 0;
            }
        };
        let mut records = 0;
        for entry in entries {
            let checked = entry.map_err(StoreError::lmdb("scan")).and_then(|(key, value)| check(self, key, value));
            records += 1;
            if let Err(error) = checked {
                self.fault(&error);
                if matches!(error, StoreError::Lmdb { .. }) {
                    break;
                }
            }
        }
        records
    }

    fn fault(&mut self, error: &StoreError) {
        self.count += 1;
        if self.faults.len() < QUOTED_MAX {
            self.faults.push(format!("  {error}"));
        }
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<&[u8]>, StoreError> {
        let Some(raw) = self.tables[table as usize] else { return Ok(None) };
        raw.get(self.txn, key).map_err(StoreError::lmdb("read"))
    }

    /// A pitch, and that both indices lead to it.
    fn pitch(&self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let pitch: PitchRecord = codec::unseal(key, value)?;
        if self.get(Table::PitchIds, &table_key::pitch_id(pitch.id))? != Some(key) {
            return Err(codec::corrupt(Table::Pitches, key, "its id does not lead to it"));
        }
        let pitcher = pitch.pitcher.unwrap_or(0).to_be_bytes();
        if self.get(Table::PitchTimes, &table_key::pitch_time(pitch.release_ns, pitch.id))? != Some(&pitcher) {
            return Err(codec::corrupt(Table::Pitches, key, "its time does not lead to it"));
        }
        Ok(())
    }

    fn pitch_time(&self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let corrupt = |why| codec::corrupt(Table::PitchTimes, key, why);
        let parts = (key.first_chunk::<8>(), <[u8; 4]>::try_from(value));
        let (Some(release_ns), Ok(pitcher)) = parts else { return Err(corrupt("not a time and a pitcher")) };
        let pitch = table_key::pitch(u32::from_be_bytes(pitcher), u64::from_be_bytes(*release_ns));
        let value = self.get(Table::Pitches, &pitch)?.ok_or_else(|| corrupt("it names a pitch that is not there"))?;
        // One that does not read is told with its own table.
        match codec::unseal::<PitchRecord>(&pitch, value) {
            Ok(pitch) if key != table_key::pitch_time(pitch.release_ns, pitch.id) => {
                Err(corrupt("it names another pitch"))
            }
            _ => Ok(()),
        }
    }

    fn pitch_id(&self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let corrupt = |why| codec::corrupt(Table::PitchIds, key, why);
        let there = self.get(Table::Pitches, value)?.ok_or_else(|| corrupt("it names a pitch that is not there"))?;
        match codec::unseal::<PitchRecord>(value, there) {
            Ok(pitch) if key != table_key::pitch_id(pitch.id) => Err(corrupt("it names another pitch")),
            _ => Ok(()),
        }
    }

    /// A record alone, by its own bytes.
    fn record<R: Record>(_: &Self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        codec::unseal::<R>(key, value).map(drop)
    }

    fn meta(reading: &Self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if key == summary::SUMS_KEY {
            return Self::record::<OutboxSums>(reading, key, value);
        }
        let bytes = codec::raw(Table::Meta, key, value)?;
        if key != b"schema" {
            return Ok(());
        }
        let found = bytes.try_into().map(u32::from_be_bytes);
        match found {
            Ok(found) if found <= SCHEMA => Ok(()),
            Ok(found) => Err(StoreError::Newer { dir: PathBuf::new(), found }),
            Err(_) => Err(codec::corrupt(Table::Meta, key, "not four bytes")),
        }
    }
}
