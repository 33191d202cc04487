//! The verbs that fill the store, as one who has it open does them: the command line itself, or the daemon for it.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::etl::{DailyModel, days_due, run_etl};
use super::fetch::{Days, SAVANT, Settings, Source, fetch_days};
use super::input::{Inputs, Watcher};
use super::{RowSummary, import_appearances, import_injuries, import_pitches, import_roster};
use crate::clock::is_plausible_day;
use crate::ids::BoxNs;
use crate::moment::rfc3339;
use crate::store::summary::RefusedRecord;
use crate::store::{Store, StoreError};

/// Refused summaries that are told of one by one, the newest.
const REFUSED_SHOWN: usize = 64;

/// What files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Pitches, Savant's CSV.
    Savant,
    /// Injured-list reports.
    Injuries,
    /// Game means.
    Appearances,
    /// People, their clubs and roles.
    Roster,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub enum Job {
    /// Import the files that come with it.
    Import {
        /// What they hold.
        what: Kind,
        /// The season of injured-list reports that do not say theirs.
        #[serde(default)]
        season: Option<u16>,
    },
    /// Fetch days from a Savant-compatible source.
    Fetch {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// The source; Savant itself where absent.
        url: Option<String>,
        /// Whether days that are known are asked for again.
        #[serde(default)]
        again: bool,
    },
    /// Bring everything up to date.
    Etl {
        /// First day to fetch; from the newest stored pitch on where absent.
        from: Option<Date>,
        /// Last day to fetch; yesterday where absent.
        to: Option<Date>,
        /// The source; Savant itself where absent.
        url: Option<String>,
        /// Whether to fetch at all.
        fetch: bool,
    },
    /// What the daily model's room does.
    Model {
        /// What.
        ask: ModelJob,
    },
    /// Put what the analytics cloud refused back into the outbox.
    Requeue,
    /// Tell what waits for the analytics cloud, and what it refused.
    Outbox,
}

impl Job {
    /// What is done, in one word.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Import { .. } => "import",
            Self::Fetch { .. } => "fetch",
            Self::Etl { .. } => "etl",
            Self::Model { .. } => "model",
            Self::Requeue => "requeue",
            Self::Outbox => "outbox",
        }
    }
}

/// What the daily model is asked for. `reports` is absent where the store's own games and injury reports are meant; else
/// so many of the files that come along are injured-list reports, the first ones, and the rest game means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelJob {
    /// Train one, and tell how it does.
    Train {
        /// Test on this year; on the latest where absent.
        test_year: Option<i16>,
        /// Games and placements are known up to this day; as far as they tell where absent.
        data_end: Option<Date>,
        /// Whether it is registered.
        keep: bool,
        /// Whether it serves at once.
        promote: bool,
        /// Whether it serves even if it is not better than chance.
        #[serde(default)]
        force: bool,
        /// See [`ModelJob`].
        reports: Option<usize>,
    },
    /// All that are registered.
    List,
    /// A model's card.
    Show {
        /// Which; the serving one where absent.
        version: Option<String>,
    },
    /// Let one serve.
    Promote {
        /// Which.
        version: String,
        /// Whether it serves even if it is not better than chance.
        #[serde(default)]
        force: bool,
    },
    /// Let none serve.
    Retire,
    /// Let the one serve that did before.
    Rollback,
    /// Judge one on a year.
    Evaluate {
        /// Which; the serving one where absent.
        version: Option<String>,
        /// On which year.
        year: i16,
        /// See [`ModelJob`].
        reports: Option<usize>,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// For people.
    pub said: String,
    /// What is left undone, in words; absent where nothing is.
    pub undone: Option<String>,
    /// The card of the model that was trained; absent where none was.
    #[serde(default)]
    pub card: Option<String>,
}

impl Outcome {
    /// All is done, and this is to be said.
    pub fn said(said: String) -> Self {
        Self { said, undone: None, card: None }
    }
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The days make no sense.
    #[error("{0}")]
    Days(String),
    /// The daily model's room, in its own words.
    #[error(transparent)]
    Model(Box<dyn std::error::Error + Send + Sync>),
    /// Nobody is there to do it.
    #[error("this program has no daily model")]
    NoModel,
}

/// Sources that were asked, and how they did: one that failed is left alone by the next run too.
#[derive(Debug, Default)]
pub struct Sources {
    last: Mutex<Option<Arc<Source>>>,
}

impl Sources {
    /// The source at this address, the same one as before where it was asked last.
    fn at(&self, url: Option<&str>) -> Arc<Source> {
        let settings = Settings::of(url.unwrap_or(SAVANT));
        // A poisoned lock guards a pointer: it stays good.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(source) if source.base() == settings.base => Arc::clone(source),
            _ => Arc::clone(last.insert(Arc::new(Source::new(settings)))),
        }
    }
}

/// Does it. `today` is the day of asking; `model` the daily model's room, where there is one.
///
/// # Errors
/// The store fails, or the days make no sense. What was committed before stays.
pub fn perform(
    store: &Store,
    work: &Job,
    inputs: &mut dyn Inputs,
    sources: &Sources,
    model: Option<&dyn DailyModel>,
    today: Date,
    watcher: &mut dyn Watcher,
) -> Result<Outcome, JobError> {
    match work {
        Job::Import { what, season } => {
            // A clock that cannot be right tells no day that others lie ahead of.
            let day = is_plausible_day(today).then_some(today);
            let of_rows = |summary: RowSummary| (summary.to_string(), summary.failed.len(), summary.untaken.len());
            let (said, failed, untaken) = match what {
                Kind::Savant => {
                    let summary = import_pitches(store, inputs, day, watcher)?;
                    (summary.to_string(), summary.failed.len(), summary.untaken.len())
                }
                Kind::Injuries => of_rows(import_injuries(store, inputs, *season, day, watcher)?),
                Kind::Appearances => of_rows(import_appearances(store, inputs, day, watcher)?),
                Kind::Roster => of_rows(import_roster(store, inputs, today, watcher)?),
            };
            Ok(Outcome { undone: undone(failed, untaken), ..Outcome::said(said) })
        }
        Job::Fetch { from, to, url, again } => {
            let days = Days { again: *again, ..checked(*from, *to, today)? };
            let summary = fetch_days(store, &sources.at(url.as_deref()), days, today, watcher)?;
            Ok(Outcome { undone: summary.undone(today), ..Outcome::said(summary.to_string()) })
        }
        Job::Etl { from, to, url, fetch } => {
            let source = sources.at(url.as_deref());
            let days = if *fetch { Some(due(store, *from, *to, today)?) } else { None };
            let report = run_etl(store, days.map(|days| (&*source, days)), model, today, watcher)?;
            let undone = report.fetch.as_ref().and_then(|fetch| fetch.undone(today));
            Ok(Outcome { undone, ..Outcome::said(report.to_string()) })
        }
        Job::Model { ask } => {
            let model = model.ok_or(JobError::NoModel)?;
            model.perform(ask, inputs, watcher).map_err(JobError::Model)
        }
        Job::Requeue => {
            let requeued = store.requeue_refused()?;
            Ok(Outcome::said(format!("{requeued} summaries are in the outbox again")))
        }
        Job::Outbox => Ok(Outcome::said(outbox(store)?)),
    }
}

/// What of an import is left undone, in words; nothing where each file gave something.
pub fn undone(failed: usize, untaken: usize) -> Option<String> {
    match (failed, untaken) {
        (0, 0) => None,
        (failed, 0) => Some(format!("{failed} of the files could not be read: see above")),
        (0, untaken) => Some(format!("of {untaken} of the files no row was taken: see above")),
        (failed, untaken) => {
            Some(format!("{failed} of the files could not be read, and of {untaken} no row was taken: see above"))
        }
    }
}

/// The sums of the outbox, and the newest of what was refused, for people.
fn outbox(store: &Store) -> Result<String, StoreError> {
    let sums = store.outbox_sums()?;
    let [live, backlog] = sums.waiting;
    let mut said = format!(
        "waiting    {live} live, {backlog} in the backlog, {} bytes\n\
         delivered  {}\n\
         let go     {} too old, {} for want of room, {} of forgotten people, {} damaged\n\
         refused    {} set aside now, {} ever, {} of them let go",
        sums.bytes,
        sums.delivered,
        sums.dropped_age,
        sums.dropped_bytes,
        sums.dropped_forgotten,
        sums.dropped_corrupt,
        sums.refused,
        sums.refused_ever,
        sums.dropped_refused,
    );
    for (sequence, RefusedRecord { record, refused_ns, why }) in store.refused(REFUSED_SHOWN)? {
        let (kind, at) = (record.summary.kind.as_str(), rfc3339(BoxNs(refused_ns)));
        // Writing to a string cannot fail.
        let _ = write!(said, "\n  {:016x}/{sequence}  {kind:<11}  {at}  {why}", record.epoch);
    }
    if sums.refused > REFUSED_SHOWN as u64 {
        let _ = write!(said, "\n  and {} older ones", sums.refused - REFUSED_SHOWN as u64);
    }
    Ok(said)
}

fn due(store: &Store, from: Option<Date>, to: Option<Date>, today: Date) -> Result<Days, JobError> {
    let usual = days_due(store, today)?;
    let from = from.or(usual.map(|(from, _)| from));
    let from = from.ok_or_else(|| JobError::Days("the store has no pitches to go on from: say --from".to_owned()))?;
    checked(from, to.or(usual.map(|(_, to)| to)).unwrap_or(today), today)
}

fn checked(from: Date, to: Date, today: Date) -> Result<Days, JobError> {
    if from > to {
        return Err(JobError::Days(format!("--from {from} is after --to {to}; turn them round")));
    }
    if from > today && !is_plausible_day(today) {
        return Err(JobError::Days(format!("the clock shows {today}, which cannot be: set it, and ask again")));
    }
    if from > today {
        return Err(JobError::Days(format!("--from {from} has not come yet")));
    }
    Ok(Days { from, to: to.min(today), again: false })
}
