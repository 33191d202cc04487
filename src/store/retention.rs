//! Forgetting what is older than it may be: whole records by their date, in transactions that let live pitches go first.

use std::fmt;
use std::ops::Bound;

use jiff::civil::Date;

use super::error::StoreError;
use super::handle::Store;
use super::table_key::{self, Table};
use super::transaction::Transaction;

/// Keys gathered in one short read before they are removed.
const KEYS_MAX: usize = 4096;

/// Records that were removed, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Pitches.
    pub pitches: u64,
    /// Appearances.
    pub appearances: u64,
    /// Rows of injured-list reports.
    pub injuries: u64,
    /// Days' features.
    pub feature_snapshots: u64,
    /// Season sums by pitch type.
    pub baselines: u64,
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} pitches, {} appearances, {} injury reports, {} feature snapshots, {} season baselines",
            self.pitches, self.appearances, self.injuries, self.feature_snapshots, self.baselines
        )
    }
}

/// A table with a date in its key.
struct Dated {
    table: Table,
    /// Whether a key's record is older than the day and the season.
    older: fn(&[u8], u32, u16) -> bool,
}

/// Big-endian number at an offset of a key; one cut short is never old, and is found by `verify`.
fn number(key: &[u8], at: usize) -> u32 {
    key.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(u32::MAX, u32::from_be_bytes)
}

fn season(key: &[u8], at: usize) -> u16 {
    key.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map_or(u16::MAX, u16::from_be_bytes)
}

const APPEARANCES: Dated = Dated { table: Table::Appearances, older: |key, day, _| number(key, 4) < day };
const SNAPSHOTS: Dated = Dated { table: Table::FeatureSnapshots, older: |key, day, _| number(key, 4) < day };
/// A season is removed whole, once all of it is older.
const BASELINES: Dated = Dated { table: Table::Baselines, older: |key, _, first| season(key, 4) < first };
/// Both days that a report is filed by; 0 where there is none. Without either the season decides.
const INJURIES: Dated = Dated {
    table: Table::Injuries,
    older: |key, day, first| match number(key, 4).max(number(key, 8)) {
        0 => season(key, 12) < first,
        newest => newest < day,
    },
};

impl Store {
    /// Removes everything of days before `first`, or only counts it; with the last appearances of a game what is known of the game as a
    /// whole, and pitches that no clock could date, since nobody can say when they are due. It ends early where `goes_on` says no; what was
    /// removed until then stays so.
    ///
    /// # Errors
    /// LMDB fails.
    pub fn retain_from(
        &self,
        first: Date,
        dry_run: bool,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Removed, StoreError> {
        let first_ns = first
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .and_then(|midnight| u64::try_from(midnight.timestamp().as_nanosecond()).ok())
            .unwrap_or_default();
        let day = table_key::date_number(&first.to_string()).unwrap_or_default();
        // The season of the first day kept may have days that are kept.
        let season = first.year().unsigned_abs();
        let dated = |dated: &Dated, goes_on: &mut dyn FnMut() -> bool| {
            let older = |key: &[u8], _: &[u8]| (dated.older)(key, day, season);
            let delete = |txn: &mut Transaction<'_>, (key, _): Entry| {
                if matches!(dated.table, Table::Appearances) {
                    // It says who threw which pitch of the game to whom.
                    txn.delete(Table::Meta, table_key::game(number(&key, 8)).as_bytes())?;
                }
                txn.delete(dated.table, &key)
            };
            self.forget(dated.table, None, &older, &delete, dry_run, goes_on)
        };
        Ok(Removed {
            pitches: self.forget_pitches(first_ns, dry_run, goes_on)?,
            appearances: dated(&APPEARANCES, goes_on)?,
            injuries: dated(&INJURIES, goes_on)?,
            feature_snapshots: dated(&SNAPSHOTS, goes_on)?,
            baselines: dated(&BASELINES, goes_on)?,
        })
    }

    fn forget_pitches(
        &self,
        first_ns: u64,
        dry_run: bool,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<u64, StoreError> {
        let end = table_key::pitch_time(first_ns, 0);
        let delete = |txn: &mut Transaction<'_>, (key, pitcher): Entry| {
            if let (Some((release_ns, id)), Ok(pitcher)) = (key.split_first_chunk::<8>(), pitcher.try_into()) {
                let pitch = table_key::pitch(u32::from_be_bytes(pitcher), u64::from_be_bytes(*release_ns));
                txn.delete(Table::Pitches, &pitch)?;
                txn.delete(Table::PitchIds, id)?;
            }
            txn.delete(Table::PitchTimes, &key)
        };
        self.forget(Table::PitchTimes, Some(&end), &|_, _| true, &delete, dry_run, goes_on)
    }

    /// Goes through a table up to `end` and removes what `older` says is old; how many.
    fn forget(
        &self,
        table: Table,
        end: Option<&[u8]>,
        older: &dyn Fn(&[u8], &[u8]) -> bool,
        delete: &dyn Fn(&mut Transaction<'_>, Entry) -> Result<bool, StoreError>,
        dry_run: bool,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<u64, StoreError> {
        let (mut removed, mut after) = (0, None::<Vec<u8>>);
        while goes_on() {
            let (entries, last) = self.old_entries(table, after.as_deref(), end, older)?;
            removed += entries.len() as u64;
            if !dry_run {
                self.bulk(entries, |txn, entry| delete(txn, entry).map(drop))?;
            }
            let Some(last) = last else { break };
            after = Some(last);
        }
        Ok(removed)
    }

    /// Old entries after a key, and the last key looked at unless the table ended.
    fn old_entries(
        &self,
        table: Table,
        after: Option<&[u8]>,
        end: Option<&[u8]>,
        older: &dyn Fn(&[u8], &[u8]) -> bool,
    ) -> Result<(Vec<Entry>, Option<Vec<u8>>), StoreError> {
        let txn = self.env.read_txn().map_err(StoreError::lmdb("begin a read"))?;
        let bounds = (after.map_or(Bound::Unbounded, Bound::Excluded), end.map_or(Bound::Unbounded, Bound::Excluded));
        let entries = self.table(table).range(&txn, &bounds).map_err(StoreError::lmdb("scan"))?;
        let (mut found, mut last, mut looked) = (Vec::new(), None, 0);
        for entry in entries {
            let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
            if older(key, value) {
                found.push((key.to_vec(), value.to_vec()));
            }
            looked += 1;
            if looked == KEYS_MAX {
                last = Some(key.to_vec());
                break;
            }
        }
        Ok((found, last))
    }
}

/// A key and its value.
type Entry = (Vec<u8>, Vec<u8>);
