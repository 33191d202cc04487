//! New pitches from a Savant-compatible source over HTTP, day by day.
//!
//! - **Whole or not at all.** A body of the wrong type, cut off, garbled or suspiciously long is asked for again and never
//!   imported: a day is either there or still to be fetched.
//! - **Patient, then polite.** Attempts wait longer each time, as long as `Retry-After` says where it says so. A source
//!   that failed several times in a row is left alone for a while, over all runs of a daemon (circuit breaker).
//! - **Resumes.** A day that came is marked in the store and not asked for again, but for the last days before it was
//!   asked: their games went on, and their scorers still correct. The first day that does not come ends the run.
//! - **No answer is none.** Rows of another day are no answer. A day without a row may be one without games, or a source in
//!   trouble: in the season it is asked for again for weeks, and told of; where it had rows before, it is not believed.
//! - **A part is no day.** A day of whose rows none can be taken, or of which a game lacks pitches, is asked for again for as long.

use std::cell::RefCell;
use std::io;
use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder};
use jiff::ToSpan;
use jiff::civil::Date;
use recloser::Recloser;
use serde::{Deserialize, Serialize};

use super::input::{Input, Inputs, Watcher};
use super::savant::{Summary, import_pitches, rows_of_day};
use super::table::dates::SEASON;
use super::table::said_in_json;
use crate::store::{Store, StoreError};
use crate::words::counted;

/// Where Statcast's own pitches are.
pub const SAVANT: &str = "https://baseballsavant.mlb.com";
/// Savant answers with so many rows at most and says nothing of the rest.
const ROWS_MAX: u64 = 25_000;
/// A `Retry-After` beyond this is not waited for.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);
/// Days before the day of asking whose pitches may still change.
const UNSETTLED_DAYS: i64 = 3;
/// Days for which a day is asked for again that is not whole: of the season without a row, or with a part of its games \[P\].
const AGAIN_DAYS: i64 = 28;
/// Days of a kind that are told of by name.
const DAYS_TOLD: usize = 8;
/// Bytes of an answer that is no CSV which are read for what it says.
const ERROR_MAX: u64 = 64 << 10;
/// How often a wait looks whether it is to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Types under which a CSV comes.
const TYPES: [&str; 5] =
    ["text/csv", "application/csv", "text/plain", "application/octet-stream", "application/vnd.ms-excel"];

/// How a source is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Scheme and host, and path where it has one.
    pub base: String,
    /// Time for one attempt, its body included.
    pub timeout: Duration,
    /// Attempts for a day.
    pub attempts: usize,
    /// Wait after the first failed attempt; it doubles, with jitter.
    pub wait: Duration,
    /// Longest such wait.
    pub wait_max: Duration,
    /// Failures in a row after which the source is left alone (one more where it was never asked before) …
    pub failures_max: usize,
    /// … for so long.
    pub open: Duration,
    /// Pause between two days that were asked for.
    pub pause: Duration,
    /// Largest body, bytes: a day of the whole league has 3 MB.
    pub body_max: u64,
}

impl Settings {
    /// The values that ship, for this source.
    pub fn of(base: &str) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            timeout: Duration::from_mins(1),
            attempts: 5,
            wait: Duration::from_secs(1),
            wait_max: Duration::from_mins(1),
            failures_max: 4,
            open: Duration::from_mins(5),
            pause: Duration::from_secs(1),
            body_max: 64 << 20,
        }
    }
}

/// Why a day did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The source answered with an error.
    #[error("the source answers {status}{}", .retry_after.map_or_else(String::new, |s| format!(" and asks to wait {} s", s.as_secs())))]
    Status {
        /// HTTP's status.
        status: u16,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// No connection, none in time, or it broke off.
    #[error("{0}")]
    Connection(ureq::Error),
    /// It sent something else.
    #[error("the source sends {kind:?}, which is no CSV{}", .said.as_ref().map_or_else(String::new, |said| format!(", and says “{said}”")))]
    ContentType {
        /// What it calls it.
        kind: String,
        /// Its own words, where it says what went wrong.
        said: Option<String>,
    },
    /// What came is not whole.
    #[error("what came is no whole Savant CSV: {0}")]
    Garbage(String),
    /// As many rows as the source ever sends: there may be more.
    #[error("{0} rows came, as many as the source ever sends: there may be more of that day")]
    TooMany(u64),
    /// The source failed too often and is left alone.
    #[error("the source failed several times in a row and is left alone for a while")]
    LeftAlone,
    /// The work was told to stop.
    #[error("the work was told to stop")]
    Stopped,
}

impl FetchError {
    /// Whether asking again may help.
    fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, retry_after } => {
                (*status >= 500 || matches!(status, 408 | 429)) && retry_after.is_none_or(|s| s <= RETRY_AFTER_MAX)
            }
            Self::Connection(error) => !matches!(error, ureq::Error::BadUri(_) | ureq::Error::BodyExceedsLimit(_)),
            Self::ContentType { .. } | Self::Garbage(_) => true,
            Self::TooMany(_) | Self::LeftAlone | Self::Stopped => false,
        }
    }
}

/// A day as it came.
struct Answer {
    bytes: Vec<u8>,
    rows: u64,
}

/// A source, and what is remembered of how it did.
#[derive(Debug)]
pub struct Source {
    settings: Settings,
    agent: ureq::Agent,
    breaker: Recloser,
}

impl Source {
    /// A source that nobody has asked yet.
    pub fn new(settings: Settings) -> Self {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(settings.timeout))
            .user_agent(concat!("pitchguard/", env!("CARGO_PKG_VERSION")));
        let host = settings.base.split_once("://").map_or(settings.base.as_str(), |(_, rest)| rest);
        if ["127.", "localhost", "[::1]"].iter().any(|own| host.starts_with(own)) {
            config = config.proxy(None);
        }
        let breaker = Recloser::custom()
            .error_rate(1.0)
            .closed_len(settings.failures_max)
            .half_open_len(1)
            .open_wait(settings.open)
            .build();
        Self { agent: config.build().into(), breaker, settings }
    }

    /// Where it is.
    pub fn base(&self) -> &str {
        &self.settings.base
    }

    /// One attempt.
    fn ask(&self, date: Date) -> Result<Answer, FetchError> {
        let url = format!(
            "{}/statcast_search/csv?all=true&type=details&player_type=pitcher&hfGT=R%7CPO%7CS%7C&min_pitches=0\
             &min_results=0&group_by=name&sort_col=pitches&sort_order=desc&game_date_gt={date}&game_date_lt={date}",
            self.settings.base
        );
        let mut response = self.agent.get(&url).call().map_err(FetchError::Connection)?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        if status != 200 {
            let asked = header("retry-after");
            let retry_after = asked.and_then(|asked| crate::clock::retry_after(&asked, header("date").as_deref()));
            return Err(FetchError::Status { status, retry_after });
        }
        let kind = header("content-type").unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !TYPES.contains(&essence.as_str()) {
            // What cannot be read says nothing.
            let body = response.body_mut().with_config().limit(ERROR_MAX).read_to_vec().unwrap_or_default();
            return Err(FetchError::ContentType { kind, said: said_in_json(&body) });
        }
        let body = response.body_mut().with_config().limit(self.settings.body_max).read_to_vec();
        let body = body.map_err(FetchError::Connection)?;
        let rows = rows_of_day(&body, date).map_err(FetchError::Garbage)?;
        if rows >= ROWS_MAX { Err(FetchError::TooMany(rows)) } else { Ok(Answer { bytes: body, rows }) }
    }

    /// A day's pitches, after as many attempts as it takes. `retried` hears of each that failed.
    fn day(
        &self,
        date: Date,
        watcher: &mut dyn Watcher,
        retried: &mut dyn FnMut(&FetchError, Duration),
    ) -> Result<Answer, FetchError> {
        let settings = &self.settings;
        let backoff = ExponentialBuilder::default()
            .with_min_delay(settings.wait)
            .with_max_delay(settings.wait_max)
            .with_factor(2.0)
            .with_jitter()
            .with_max_times(settings.attempts.saturating_sub(1));
        let watcher = RefCell::new(watcher);
        let attempt = || {
            if watcher.borrow_mut().stopped() {
                return Err(FetchError::Stopped);
            }
            self.breaker.call(|| self.ask(date)).map_err(|error| match error {
                recloser::Error::Inner(error) => error,
                recloser::Error::Rejected => FetchError::LeftAlone,
            })
        };
        // The wait is made where its reason is known: it lasts as long as the source asks for.
        attempt
            .retry(backoff)
            .sleep(|_: Duration| ())
            .when(FetchError::is_passing)
            .notify(|error: &FetchError, backoff: Duration| {
                let asked = match error {
                    FetchError::Status { retry_after, .. } => retry_after.unwrap_or_default(),
                    _ => Duration::ZERO,
                };
                let wait = backoff.max(asked);
                retried(error, wait);
                pause(wait, *watcher.borrow_mut());
            })
            .call()
    }
}

/// Waits, unless the work is told to stop.
fn pause(wait: Duration, watcher: &mut dyn Watcher) {
    let until = Instant::now() + wait;
    while !watcher.stopped() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        std::thread::sleep(left.min(LOOK_EVERY));
    }
}

/// What a run of days did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FetchSummary {
    /// Days that came.
    pub days: u64,
    /// Days that had come before.
    pub known: u64,
    /// Attempts that failed and were made again.
    pub retries: u64,
    /// Bytes that came.
    pub bytes: u64,
    /// What was in them.
    pub pitches: Summary,
    /// Days of the season that came without a row, which are asked for again.
    #[serde(default)]
    pub empty: Vec<String>,
    /// Days that came without a row and had some before: they stay as they were.
    #[serde(default)]
    pub emptied: Vec<String>,
    /// Days that came with rows of which none could be taken, which are asked for again.
    #[serde(default)]
    pub untaken: Vec<String>,
    /// Days of whose games pitches are missing, which are asked for again.
    #[serde(default)]
    pub partly: Vec<String>,
    /// The day that did not come, and why.
    pub ended_at: Option<(String, String)>,
}

impl std::fmt::Display for FetchSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days = |count: u64| counted(count, "day", "days");
        write!(f, "{} fetched, {} known before, {} bytes", days(self.days), self.known, self.bytes)?;
        writeln!(f, ", {} made again", counted(self.retries, "attempt", "attempts"))?;
        if self.days > 0 {
            write!(f, "{}", self.pitches)?;
        }
        let named = |days: &[String]| {
            let more = if days.len() > DAYS_TOLD { ", …" } else { "" };
            format!("{}{more}", days[..days.len().min(DAYS_TOLD)].join(", "))
        };
        if !self.empty.is_empty() {
            let (count, which) = (days(self.empty.len() as u64), named(&self.empty));
            writeln!(f, "{count} of the season without a pitch, asked for again for {AGAIN_DAYS} days: {which}")?;
        }
        if !self.untaken.is_empty() {
            let (count, which) = (days(self.untaken.len() as u64), named(&self.untaken));
            writeln!(f, "{count} of whose rows none could be taken, asked for again for {AGAIN_DAYS} days: {which}")?;
        }
        if !self.partly.is_empty() {
            let (count, which) = (days(self.partly.len() as u64), named(&self.partly));
            writeln!(f, "{count} of whose games pitches are missing, asked for again for {AGAIN_DAYS} days: {which}")?;
        }
        if !self.emptied.is_empty() {
            let (count, which) = (days(self.emptied.len() as u64), named(&self.emptied));
            writeln!(f, "{count} came empty, and had pitches before, which stay: {which}")?;
        }
        if let Some((date, why)) = &self.ended_at {
            writeln!(f, "ended at {date}: {why}; ask again to go on from there")?;
        }
        Ok(())
    }
}

impl FetchSummary {
    /// What did not come, in words; nothing where all days came. A game of today may be going on, and its day is none.
    pub(super) fn undone(&self, today: Date) -> Option<String> {
        let today = today.to_string();
        let over = |days: &[String]| days.iter().filter(|day| **day < today).count() as u64;
        let parts = over(&self.untaken) + over(&self.partly);
        let days = counted(parts, "day", "days");
        match (&self.ended_at, parts) {
            (None, 0) => None,
            (None, _) => Some(format!("{days} came only in part, or nothing of it could be taken: see above")),
            (Some((date, _)), 0) => Some(format!("{date} and later days did not come: see above")),
            (Some((date, _)), _) => {
                Some(format!("{date} and later days did not come, and {days} only in part: see above"))
            }
        }
    }
}

/// What is known of a day that came.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    /// When it was asked for, `YYYY-MM-DD`.
    asked_on: Date,
    /// Rows that were taken.
    rows: u64,
    /// Since when it comes without a row, or with a part of its games; absent where it is whole.
    #[serde(default, alias = "empty_since")]
    lacks_since: Option<Date>,
}

impl Mark {
    /// Whether the day need not be asked for again.
    fn is_settled(&self, date: Date) -> bool {
        let asked_enough = match self.lacks_since {
            Some(since) => self.asked_on >= since.saturating_add(AGAIN_DAYS.days()),
            // Of a mark that does not tell since when, nothing is known.
            None => self.rows > 0,
        };
        let certain = asked_enough || !SEASON.contains(&date.month());
        date.saturating_add(UNSETTLED_DAYS.days()) <= self.asked_on && certain
    }
}

fn mark_of(date: Date) -> String {
    format!("fetch/savant/{date}")
}

fn known(store: &Store, date: Date) -> Result<Option<Mark>, StoreError> {
    Ok(store.meta(&mark_of(date))?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// The first of the weeks before a day that came without a row or in part and is to be asked for again.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub(super) fn first_lacking_before(store: &Store, day: Date) -> Result<Option<Date>, StoreError> {
    for date in day.saturating_sub(AGAIN_DAYS.days()).series(1.day()).take_while(|date| *date < day) {
        if known(store, date)?
            .is_some_and(|mark| (mark.rows == 0 || mark.lacks_since.is_some()) && !mark.is_settled(date))
        {
            return Ok(Some(date));
        }
    }
    Ok(None)
}

/// Which days are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Also those that are known and settled.
    pub again: bool,
}

/// Fetches and imports days that are not known yet. `today` is when they are asked for.
///
/// # Errors
/// The store fails or holds a corrupt record. What was committed before stays.
pub fn fetch_days(
    store: &Store,
    source: &Source,
    Days { from, to, again }: Days,
    today: Date,
    watcher: &mut dyn Watcher,
) -> Result<FetchSummary, StoreError> {
    let mut summary = FetchSummary::default();
    let total = to.since(from).map_or(0, |span| u64::try_from(span.get_days()).map_or(0, |days| days + 1));
    let mut asked = false;
    for (nth, date) in from.series(1.day()).take_while(|date| *date <= to).enumerate() {
        watcher.progress("fetching", nth as u64, total);
        let before = known(store, date)?;
        if !again && before.as_ref().is_some_and(|mark| mark.is_settled(date)) {
            summary.known += 1;
            continue;
        }
        if asked {
            pause(source.settings.pause, watcher);
        }
        asked = true;
        let came = source.day(date, watcher, &mut |error, wait| {
            summary.retries += 1;
            tracing::info!(%date, %error, wait_s = wait.as_secs_f64(), "a day did not come; trying again");
        });
        let body = match came {
            Ok(body) => body,
            Err(error) => {
                summary.ended_at = Some((date.to_string(), error.to_string()));
                break;
            }
        };
        summary.days += 1;
        summary.bytes += body.bytes.len() as u64;
        if body.rows == 0 && before.as_ref().is_some_and(|mark| mark.rows > 0) {
            summary.emptied.push(date.to_string());
            continue;
        }
        let (mut taken, mut lacks) = (0, true);
        if body.rows > 0 {
            let mut one = One { name: format!("savant-{date}"), body: Some(&body.bytes) };
            let imported = import_pitches(store, &mut one, None, &mut Stoppable(watcher))?;
            if let Some(why) = imported.failed.first() {
                summary.ended_at = Some((date.to_string(), why.clone()));
                break;
            }
            taken = imported.rows - imported.refused.total();
            lacks = taken == 0 || !imported.lacking.is_empty();
            if taken == 0 {
                summary.untaken.push(date.to_string());
            } else if lacks {
                summary.partly.push(date.to_string());
            }
            summary.pitches.absorb(imported);
            // What was there before stays, and so does what is known of it.
            if taken == 0 && before.as_ref().is_some_and(|mark| mark.rows > 0) {
                continue;
            }
        } else if SEASON.contains(&date.month()) {
            summary.empty.push(date.to_string());
        }
        let lacks_since = lacks.then(|| before.and_then(|mark| mark.lacks_since).unwrap_or(today));
        let mark = Mark { asked_on: today, rows: taken, lacks_since };
        let mark = serde_json::to_vec(&mark).expect("dates and a number are plain data");
        store.transact(|txn| txn.put_meta(&mark_of(date), &mark))?;
    }
    Ok(summary)
}

/// One body to import.
struct One<'b> {
    name: String,
    body: Option<&'b [u8]>,
}

impl Inputs for One<'_> {
    fn next(&mut self) -> Option<Input<'_>> {
        let body = self.body.take()?;
        Some(Input { name: self.name.clone(), bytes: Ok(Box::new(io::Cursor::new(body))) })
    }

    fn total(&self) -> u64 {
        self.body.map_or(0, |body| body.len() as u64)
    }
}

/// Progress goes by days; only the word to stop is passed on.
struct Stoppable<'w>(&'w mut dyn Watcher);

impl Watcher for Stoppable<'_> {
    fn progress(&mut self, _: &str, _: u64, _: u64) {}

    fn stopped(&mut self) -> bool {
        self.0.stopped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_asked_again_and_what_will_not_is_not() {
        let status = |status, retry_after| FetchError::Status { status, retry_after };
        for passing in [status(500, None), status(503, None), status(429, Some(Duration::from_secs(30)))] {
            assert!(passing.is_passing(), "{passing}");
        }
        for lasting in [status(404, None), status(429, Some(Duration::from_hours(1))), FetchError::LeftAlone] {
            assert!(!lasting.is_passing(), "{lasting}");
        }
    }
}
