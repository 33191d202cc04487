//! Snapshots as the store keeps them: what was known on a day, whatever is learned of it later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::day::Day;
use super::features::{Snapshot, fingerprint};
use super::series::Series;
use crate::records::FeatureSnapshotRecord;
use crate::store::{Store, StoreError};

/// Version of the feature set, under which snapshots are filed: two sets stand side by side, so raise it where features
/// are added or change their meaning.
pub const VERSION: u16 = 1;

/// The feature definitions' fingerprint as bytes.
static FINGERPRINT: LazyLock<[u8; 32]> = LazyLock::new(|| {
    let hex = fingerprint();
    std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("64 hexadecimal digits"))
});

/// A snapshot as a record.
pub fn record_of(snapshot: &Snapshot) -> FeatureSnapshotRecord {
    let there = snapshot.values.iter().flatten().count();
    FeatureSnapshotRecord {
        pitcher: snapshot.pitcher,
        date: snapshot.day.to_string(),
        version: VERSION,
        fingerprint: *FINGERPRINT,
        completeness: there as f64 / snapshot.values.len().max(1) as f64,
        values: snapshot.values.clone(),
    }
}

/// Stores these.
///
/// # Errors
/// The store fails.
pub fn keep(store: &Store, snapshots: Vec<Snapshot>) -> Result<(), StoreError> {
    store.bulk(snapshots, |txn, snapshot| txn.put_feature_snapshot(&record_of(&snapshot)).map(drop))
}

/// The stored snapshots of a pitcher's days of pitching from `from` to `to` that tell today's features, oldest first.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn of_days_of_pitching(store: &Store, series: &Series, from: Day, to: Day) -> Result<Vec<Snapshot>, StoreError> {
    let days: BTreeSet<Day> =
        series.appearances.iter().filter_map(|a| a.day).filter(|d| (from..=to).contains(d)).collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(Vec::new()) };
    let records = store.feature_snapshots_of(series.pitcher, &first.to_string(), &last.to_string())?;
    let told = records.into_iter().filter(|r| r.version == VERSION && r.fingerprint == *FINGERPRINT);
    let by_day: BTreeMap<Day, Vec<Option<f64>>> =
        told.filter_map(|r| Some((Day::parse(&r.date).filter(|d| days.contains(d))?, r.values))).collect();
    let snapshot = |(day, values)| Snapshot { pitcher: series.pitcher, day, last_game: day, values };
    Ok(by_day.into_iter().map(snapshot).collect())
}
