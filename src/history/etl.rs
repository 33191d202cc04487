//! The way of the data from the source to the model: fetch → clean → aggregate → features → labels → training.
//!
//! The first three are one step a day: a day that came is cleaned, stored and summed up before it is marked as known.
//! What changed by that is noted in the store and waits for features; each stage writes what it did beside it. So a run
//! that breaks off, or stops where a source fails, is gone on with by the next.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::changed::{changed, settle};
use super::fetch::{Days, FetchSummary, Source, fetch_days, first_lacking_before};
use super::input::{Inputs, Watcher};
use super::jobs::{ModelJob, Outcome};
use crate::store::{Cursor, Store, StoreError};

const NAME: &str = "etl/state";
/// The newest day whose night was kept.
const NIGHT: &str = "etl/night";
/// How far back the first run after pitches looks: what scorers may have corrected.
const OVERLAP_DAYS: i64 = 3;
/// Pitcher-seasons whose features are made between two looks whether to stop; what is done then is done.
const FEATURES_AT_ONCE: usize = 32;

/// The stages after the data: the daily model's room, which has the store.
pub trait DailyModel: Send + Sync {
    /// Makes the features of these pitchers and seasons anew, one snapshot a day of pitching, and stores them. How many
    /// there are.
    ///
    /// # Errors
    /// The store fails or holds a corrupt record.
    fn features(&self, whose: &BTreeSet<(u32, u16)>) -> Result<u64, StoreError>;

    /// Stores everybody's features as of the end of `day`, and looks whether the inputs of the model that serves have
    /// moved. How many snapshots there are.
    ///
    /// # Errors
    /// The store fails or holds a corrupt record.
    fn night(&self, day: Date) -> Result<u64, StoreError>;

    /// Labels the days that can be labelled by now.
    ///
    /// # Errors
    /// The store fails or holds a corrupt record.
    fn labels(&self) -> Result<LabelCounts, StoreError>;

    /// Trains where enough is new or quality fell. The version that came of it, if one did, or why none did.
    ///
    /// # Errors
    /// The store fails or holds a corrupt record.
    fn train_if_due(&self, labels: &LabelCounts) -> Result<Training, StoreError>;

    /// Does what the model's own verbs ask.
    ///
    /// # Errors
    /// In that room's own words.
    fn perform(
        &self,
        ask: &ModelJob,
        files: &mut dyn Inputs,
        watcher: &mut dyn Watcher,
    ) -> Result<Outcome, Box<dyn Error + Send + Sync>>;
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
    /// Snapshots made of days of pitching; absent where no model's room was there.
    pub features: Option<u64>,
    /// Snapshots of last night; absent likewise, and where they were there.
    pub night: Option<u64>,
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
            writeln!(f, "{snapshots} feature snapshots made of days of pitching")?;
        }
        if let Some(snapshots) = self.night {
            writeln!(f, "{snapshots} pitchers' features as of last night")?;
        }
        if let Some(LabelCounts { positive, negative, left_out }) = self.labels {
            writeln!(f, "{positive} days labelled as followed by an injury, {negative} not, {left_out} left out")?;
        }
        match &self.training {
            Some(Training::Trained(version)) => writeln!(f, "trained {version}"),
            Some(Training::NotDue(why)) => writeln!(f, "not trained: {why}"),
            None => writeln!(f, "no features, labels and training"),
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

/// The days to fetch where none are named: from a little before the newest imported pitch, or from a day of the weeks before it
/// that came empty or in part, to yesterday. None where there is no pitch to start from.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn days_due(store: &Store, today: Date) -> Result<Option<(Date, Date)>, StoreError> {
    let newest = store.latest_pitches(Cursor::END, 1, None)?;
    let newest = newest.first().and_then(|pitch| pitch.game_date.parse::<Date>().ok());
    let yesterday = today.saturating_sub(1.day());
    let Some(newest) = newest else { return Ok(None) };
    let from = newest.saturating_sub(OVERLAP_DAYS.days()).min(yesterday);
    Ok(Some((first_lacking_before(store, from)?.unwrap_or(from), yesterday)))
}

/// Runs the stages: fetching where a source and days are given, then what the model's room does, where there is one. A
/// source that fails does not keep the rest from being done with what is there.
///
/// # Errors
/// The store fails or holds a corrupt record. What was committed before stays.
pub fn run_etl(
    store: &Store,
    fetch: Option<(&Source, Days)>,
    model: Option<&dyn DailyModel>,
    today: Date,
    watcher: &mut dyn Watcher,
) -> Result<EtlReport, StoreError> {
    let mut report = EtlReport { run_on: Some(today), ..EtlReport::default() };
    if let Some((source, days)) = fetch {
        report.fetch = Some(fetch_days(store, source, days, today, watcher)?);
        keep(store, &report)?;
    }
    report.changed = changed(store)?.len() as u64;
    if let Some(model) = model {
        (report.features, report.night) = keep_up(store, model, today, watcher)?;
        keep(store, &report)?;
        if watcher.stopped() {
            return Ok(report);
        }
        let labels = model.labels()?;
        report.labels = Some(labels);
        keep(store, &report)?;
        report.training = Some(model.train_if_due(&labels)?);
    }
    keep(store, &report)?;
    Ok(report)
}

/// Makes the features that wait to be made, and those of last night where they are not there yet. How many of each.
///
/// # Errors
/// The store fails or holds a corrupt record. What was made before stays, and is not made again.
pub fn keep_up(
    store: &Store,
    model: &dyn DailyModel,
    today: Date,
    watcher: &mut dyn Watcher,
) -> Result<(Option<u64>, Option<u64>), StoreError> {
    let whose: Vec<(u32, u16)> = changed(store)?.into_iter().collect();
    let mut made = 0;
    for (nth, some) in whose.chunks(FEATURES_AT_ONCE).enumerate() {
        watcher.progress("making features", (nth * FEATURES_AT_ONCE) as u64, whose.len() as u64);
        if watcher.stopped() {
            return Ok((Some(made), None));
        }
        let some = some.iter().copied().collect();
        made += model.features(&some)?;
        settle(store, &some)?;
    }
    let yesterday = today.saturating_sub(1.day());
    let kept = store.meta(NIGHT)?;
    if whose.is_empty() && kept.is_some_and(|kept| kept == yesterday.to_string().as_bytes()) {
        return Ok((Some(made), None));
    }
    let night = model.night(yesterday)?;
    store.transact(|txn| txn.put_meta(NIGHT, yesterday.to_string().as_bytes()).map(drop))?;
    Ok((Some(made), Some(night)))
}

fn keep(store: &Store, report: &EtlReport) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(report).expect("a report is plain data");
    store.transact(|txn| txn.put_meta(NAME, &bytes).map(drop))
}
