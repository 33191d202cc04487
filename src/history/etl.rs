//! The way of the data from the source to the model: fetch → clean → aggregate → features → labels → training.
//!
//! The first three are one step a day: a day that came is cleaned, stored and summed up before it is marked as known.
//! What changed by that is noted in the store and waits for features; each stage writes what it did beside it. So a run
//! that breaks off, or stops where a source fails, is gone on with by the next.

use std::collections::BTreeSet;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::changed::{changed, settle};
use super::fetch::{FetchSummary, Source, fetch_days};
use super::input::Watcher;
use crate::store::{Cursor, Store, StoreError};

const NAME: &str = "etl/state";
/// How far back the first run after pitches looks: what scorers may have corrected.
const OVERLAP_DAYS: i64 = 3;

/// The stages after the data: what the daily model's room does within a run.
pub trait DailyModel {
    /// Makes the features of these pitchers and seasons anew and stores them as snapshots. How many there are.
    ///
    /// # Errors
    /// The store fails or holds a corrupt record.
    fn features(
        &self,
        store: &Store,
        whose: &BTreeSet<(u32, u16)>,
        watcher: &mut dyn Watcher,
    ) -> Result<u64, StoreError>;

    /// Labels the snapshots that can be labelled by now.
    ///
    /// # Errors
    /// The store fails or holds a corrupt record.
    fn labels(&self, store: &Store) -> Result<LabelCounts, StoreError>;

    /// Trains where enough is new or quality fell. The version that came of it, if one did, or why none did.
    ///
    /// # Errors
    /// The store fails or holds a corrupt record.
    fn train_if_due(&self, store: &Store, labels: &LabelCounts) -> Result<Training, StoreError>;
}

/// Class balance of the labelled pitcher-days (science.md §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LabelCounts {
    /// Followed by a placement within 21 days.
    pub positive: u64,
    /// Not.
    pub negative: u64,
    /// Left out: on the list, in the blackout, or censored.
    pub left_out: u64,
}

/// What became of training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Training {
    /// A model of this version.
    Trained(String),
    /// None was due, for this reason.
    NotDue(String),
}

/// What the stages did in the last run; kept in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EtlReport {
    /// Day of the run.
    pub run_on: Option<Date>,
    /// Fetching, cleaning and summing up; absent where the run fetched nothing.
    pub fetch: Option<FetchSummary>,
    /// Pitcher-seasons that waited for features.
    pub changed: u64,
    /// Snapshots made; absent where no model's room was there.
    pub features: Option<u64>,
    /// Labels; absent likewise.
    pub labels: Option<LabelCounts>,
    /// Training; absent likewise.
    pub training: Option<Training>,
}

impl fmt::Display for EtlReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(fetch) = &self.fetch {
            write!(f, "{fetch}")?;
        }
        writeln!(f, "{} pitcher-seasons changed", self.changed)?;
        if let Some(snapshots) = self.features {
            writeln!(f, "{snapshots} feature snapshots made")?;
        }
        if let Some(LabelCounts { positive, negative, left_out }) = self.labels {
            writeln!(f, "{positive} days labelled as followed by an injury, {negative} not, {left_out} left out")?;
        }
        match &self.training {
            Some(Training::Trained(version)) => writeln!(f, "trained {version}"),
            Some(Training::NotDue(why)) => writeln!(f, "not trained: {why}"),
            None => writeln!(f, "no features, labels and training: this program has no daily model"),
        }
    }
}

/// What the last run did.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn last_run(store: &Store) -> Result<Option<EtlReport>, StoreError> {
    Ok(store.meta(NAME)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// The days to fetch where none are named: from a little before the newest imported pitch to yesterday. None where
/// there is no pitch to start from.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn days_due(store: &Store, today: Date) -> Result<Option<(Date, Date)>, StoreError> {
    let newest = store.latest_pitches(Cursor::END, 1, None)?;
    let newest = newest.first().and_then(|pitch| pitch.game_date.parse::<Date>().ok());
    let yesterday = today.saturating_sub(1.day());
    Ok(newest.map(|date| (date.saturating_sub(OVERLAP_DAYS.days()).min(yesterday), yesterday)))
}

/// Runs the stages: fetching where a source and days are given, then what the model's room does, where there is one. A
/// source that fails does not keep the rest from being done with what is there.
///
/// # Errors
/// The store fails or holds a corrupt record. What was committed before stays.
pub fn run_etl(
    store: &Store,
    fetch: Option<(&Source, (Date, Date))>,
    model: Option<&dyn DailyModel>,
    today: Date,
    watcher: &mut dyn Watcher,
) -> Result<EtlReport, StoreError> {
    let mut report = EtlReport { run_on: Some(today), ..EtlReport::default() };
    if let Some((source, days)) = fetch {
        report.fetch = Some(fetch_days(store, source, days, today, watcher)?);
        keep(store, &report)?;
    }
    let whose = changed(store)?;
    report.changed = whose.len() as u64;
    if let Some(model) = model.filter(|_| !watcher.stopped()) {
        report.features = Some(model.features(store, &whose, watcher)?);
        settle(store, &whose)?;
        keep(store, &report)?;
        let labels = model.labels(store)?;
        report.labels = Some(labels);
        keep(store, &report)?;
        report.training = Some(model.train_if_due(store, &labels)?);
    }
    keep(store, &report)?;
    Ok(report)
}

fn keep(store: &Store, report: &EtlReport) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(report).expect("a report is plain data");
    store.transact(|txn| txn.put_meta(NAME, &bytes).map(drop))
}
