//! The verbs that look after the store, as one who has it open does them: the command line itself, or the daemon for it.

use std::fmt::Write as _;
use std::path::PathBuf;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::api::ApiKeys;
use crate::clock::is_plausible_day;
use crate::config::StoreConfig;
use crate::history::Watcher;
use crate::history::jobs::Outcome;
use crate::ingest::SourceMark;
use crate::observe::RefusedKeyStatus;
use crate::store::api_key::ApiKeyRecord;
use crate::store::backup::{BackupError, BackupOptions};
use crate::store::marks::{Forgotten, SourceMarks};
use crate::store::{Store, StoreError};
use crate::words::counted;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub enum Upkeep {
    /// Write a backup.
    Backup {
        /// Into this directory; the configured one where absent.
        to: Option<PathBuf>,
        /// MB a second at most, 0 for no limit; the configured rate where absent.
        rate_mb_s: Option<u32>,
    },
    /// Forget what is older than it may be.
    Retention {
        /// Only count it.
        dry_run: bool,
    },
    /// Make a key of the API.
    KeyAdd {
        /// What its holder is called.
        name: String,
        /// The last day on which it admits, UTC; for ever where absent.
        expires: Option<Date>,
    },
    /// List the keys of the API.
    KeyList,
    /// Revoke a key of the API.
    KeyRevoke {
        /// Its name or id.
        name: String,
    },
    /// List how far each source has come.
    SourceList,
    /// Forget how far a source has come.
    SourceReset {
        /// Which.
        source: u8,
    },
}

impl Upkeep {
    /// Whether it is about keys: then it is done in a moment, and nobody waits for other work.
    pub fn is_about_keys(&self) -> bool {
        matches!(self, Self::KeyAdd { .. } | Self::KeyList | Self::KeyRevoke { .. })
    }

    /// What is done, in a few words that name nobody.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Backup { .. } => "backup",
            Self::Retention { .. } => "retention",
            Self::KeyAdd { .. } => "key add",
            Self::KeyList => "key list",
            Self::KeyRevoke { .. } => "key revoke",
            Self::SourceList => "source list",
            Self::SourceReset { .. } => "source reset",
        }
    }
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A day that no calendar has.
    #[error("the day {0} cannot be reckoned with; choose one between the years 1970 and 2200")]
    Day(Date),
    /// A clock that cannot be right.
    #[error("the clock shows {0}, which cannot be: set it, and ask again; nothing was removed")]
    Clock(Date),
    /// What a key cannot be.
    #[error("no key is made: {0}")]
    Key(String),
    /// No such key.
    #[error("no key in force has the name or id `{0}`; `pitchguard key list` shows them")]
    NoSuchKey(String),
    /// A source that has no mark.
    #[error(
        "source {0} has no mark: whatever it sends first is taken; `pitchguard source list` shows those that have one"
    )]
    NoMark(u8),
}

/// Does it. `today` is the day that what is kept is counted back from, `desk` who checks keys for the API, where a daemon serves
/// one: it hears of changes at once.
///
/// # Errors
/// It could not be done; what was done before stays.
pub fn perform(
    store: &Store,
    upkeep: &Upkeep,
    (config, today): (&StoreConfig, Date),
    desk: Option<&ApiKeys>,
    watcher: &mut dyn Watcher,
) -> Result<Outcome, UpkeepError> {
    let now = Timestamp::now();
    let now_ns = now.as_nanosecond() as u64;
    let said = match upkeep {
        Upkeep::Backup { to, rate_mb_s } => backup(store, to.clone(), *rate_mb_s, config, now, watcher)?,
        Upkeep::Retention { dry_run } => retention(store, *dry_run, config, today, watcher)?,
        Upkeep::KeyAdd { name, expires } => {
            let expires_ns = expires.map(|day| end_of(day).ok_or(UpkeepError::Day(day))).transpose()?;
            let issued = store.issue_key(name, expires_ns, now_ns).map_err(|error| match error {
                StoreError::Refused { why, .. } => UpkeepError::Key(why),
                error => error.into(),
            })?;
            let until =
                expires.map_or_else(|| "until it is revoked".to_owned(), |day| format!("to the end of {day}, UTC"));
            format!(
                "{}\n\nThis is the key of `{name}`, good {until}. It is shown this once: the box keeps only its hash.\n\
                 Send it as `Authorization: Bearer …`; browsers trade it for a cookie at POST /api/session.\n",
                issued.key
            )
        }
        Upkeep::KeyList => {
            let refused = desk.map(|desk| desk.status().last_refused).unwrap_or_default();
            key_table(&store.keys()?, now_ns) + &refused_table(&refused)
        }
        Upkeep::KeyRevoke { name } => {
            let key = store.revoke_key(name, now_ns)?.ok_or_else(|| UpkeepError::NoSuchKey(name.clone()))?;
            format!("revoked `{}` ({}): it admits nobody from now on\n", key.name, key.id)
        }
        Upkeep::SourceList => mark_table(&store.source_marks()?),
        Upkeep::SourceReset { source } => {
            let mark = store.forget_source(*source, now_ns)?.ok_or(UpkeepError::NoMark(*source))?;
            let event = moment(mark.event_ns);
            tracing::warn!(source, mark = event, "how far the source had come is forgotten, as somebody asked for");
            format!(
                "source {source} had come to {event} UTC by its own clock; that is forgotten, and its next frame is taken whatever its \
                 time. Old frames of it are, too, until then.\n"
            )
        }
    };
    if let (Some(desk), Upkeep::KeyAdd { .. } | Upkeep::KeyRevoke { .. }) = (desk, upkeep) {
        desk.reload()?;
    }
    Ok(Outcome::said(said))
}

fn backup(
    store: &Store,
    to: Option<PathBuf>,
    rate_mb_s: Option<u32>,
    config: &StoreConfig,
    now: Timestamp,
    watcher: &mut dyn Watcher,
) -> Result<String, UpkeepError> {
    let dir = to.unwrap_or_else(|| config.backup_dir());
    let options = BackupOptions {
        bytes_per_second: u64::from(rate_mb_s.unwrap_or(config.backup_rate_mb_s)) * 1_000_000,
        keep: config.backups_keep as usize,
    };
    let backup = store.backup(&dir, options, now, &mut |done, total| {
        watcher.progress("backing up", done, total);
        !watcher.stopped()
    })?;
    let mut said = format!("{}\n{}", backup.path.display(), backup.verified);
    for removed in &backup.removed {
        // Writing to a string cannot fail.
        let _ = writeln!(said, "removed the older {}", removed.display());
    }
    tracing::info!(path = %backup.path.display(), bytes = backup.verified.bytes, took = ?backup.took, "backup written");
    Ok(said)
}

fn retention(
    store: &Store,
    dry_run: bool,
    config: &StoreConfig,
    today: Date,
    watcher: &mut dyn Watcher,
) -> Result<String, UpkeepError> {
    if !is_plausible_day(today) {
        return Err(UpkeepError::Clock(today));
    }
    let first = today.saturating_sub(i64::from(config.retention_years).years());
    let removed = store.retain_from(first, dry_run, &mut || !watcher.stopped())?;
    let did = if dry_run { "would be removed" } else { "removed" };
    tracing::info!(%first, dry_run, %removed, "retention");
    Ok(format!("kept from {first} on ({}); {did}: {removed}\n", counted(config.retention_years, "year", "years")))
}

/// The first moment after a day, UTC, ns since 1970.
fn end_of(day: Date) -> Option<u64> {
    let midnight = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
    u64::try_from(midnight.timestamp().as_nanosecond()).ok()
}

/// A moment for people, UTC.
fn moment(ns: u64) -> String {
    let at = Timestamp::from_nanosecond(i128::from(ns)).ok();
    at.map_or_else(|| format!("{ns} ns"), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// How far the sources have come, for people.
fn mark_table(kept: &SourceMarks) -> String {
    if kept.marks.is_empty() && kept.forgotten.is_empty() {
        return "no marks: no source has sent signed frames yet ([ingest] auth)\n".to_owned();
    }
    let mut out = format!("{:<8} {:<20} {}\n", "source", "newest frame (UTC)", "which came at");
    for SourceMark { source, event_ns, at_ns } in &kept.marks {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{source:<8} {:<20} {}", moment(*event_ns), moment(*at_ns));
    }
    for Forgotten { source, event_ns, at_ns } in &kept.forgotten {
        let _ = writeln!(out, "{source:<8} {:<20} forgotten at {}", moment(*event_ns), moment(*at_ns));
    }
    out
}

/// The keys for people.
fn key_table(keys: &[ApiKeyRecord], now_ns: u64) -> String {
    if keys.is_empty() {
        return "no keys; make one with `pitchguard key add --name NAME`\n".to_owned();
    }
    let day = |ns: Option<u64>, none: &str| {
        let at = ns.and_then(|ns| Timestamp::from_nanosecond(i128::from(ns)).ok());
        at.map_or_else(|| none.to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
    };
    let mut out = format!(
        "{:<24} {:<10} {:<8} {:<17} {:<17} {}\n",
        "name", "id", "state", "made (UTC)", "admits until", "last used"
    );
    for key in keys {
        let state = match (key.revoked_ns, key.in_force(now_ns)) {
            (Some(_), _) => "revoked",
            (None, true) => "in force",
            (None, false) => "expired",
        };
        let until = key.revoked_ns.or(key.expires_ns);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:<24} {:<10} {state:<8} {:<17} {:<17} {}",
            key.name,
            key.id,
            day(Some(key.created_ns), ""),
            day(until, "revoked"),
            day(key.last_used_ns, "never")
        );
    }
    out
}

/// Who showed what lets nobody in, for people.
fn refused_table(refused: &[RefusedKeyStatus]) -> String {
    let mut out = String::new();
    for (n, RefusedKeyStatus { from, at, times, why, .. }) in refused.iter().enumerate() {
        let heading = if n == 0 { "\nrefused since the daemon's start, the newest of each address:\n" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{heading}  {from}, {}, last {at}: {why}", counted(times, "time", "times"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_good_to_the_end_of_its_last_day() {
        let end = end_of("2027-04-01".parse().expect("a day")).expect("in range");
        assert_eq!(end, 1_806_624_000_000_000_000, "midnight before 2027-04-02, UTC");
    }
}
