//! `pitchguard replay`: an interval of the journal once more, through the same code under a simulated clock.
//!
//! One JSON document a line: what came of each step within the interval, with the box time at which it did. The same
//! journal and the same configuration give the same lines, bit for bit, and those that the daemon published then: a replay
//! begins some minutes before the interval, at a place where the daemon noted how outings, calibration and everything
//! else stood. What cannot be known is said on stderr: an interval that reaches beyond the journal, frames that were
//! not journalled, pitches that were not final yet at its end.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::out::tell;
use crate::config::Config;
use crate::daemon;
use crate::ids::BoxNs;
use crate::journal::{JournalError, Reader};
use crate::moment::rfc3339;
use crate::pipeline::{Answers, CheckpointError, Output, Pipeline, Replayer, Start};
use crate::readiness::{Alert, Readiness};
use crate::records::{PitchRecord, State};
use crate::reorder::{self, ConfigError};
use crate::tracking::venue::VenueError;

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// From which box time on, RFC 3339, such as 2026-06-11T19:15:00Z; without it from the journal's beginning.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<BoxNs>,
    /// Until which box time; without it to the journal's end.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<BoxNs>,
    /// The journal's directory; without it that of the configuration, which a running daemon must not have open.
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
}

fn moment(text: &str) -> Result<BoxNs, String> {
    let stamp: jiff::Timestamp = text.parse().map_err(|_| "write a moment as 2026-06-11T19:15:00Z".to_owned())?;
    u64::try_from(stamp.as_nanosecond()).map(BoxNs).map_err(|_| "is before 1970".to_owned())
}

/// Why an interval cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The venue file.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// The buffer's settings.
    #[error(transparent)]
    Buffer(#[from] ConfigError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Where to begin is of another rig.
    #[error("the journal cannot be replayed: {0}; name the configuration and the venue of its time with --config")]
    Checkpoint(#[from] CheckpointError),
    /// An interval that ends before it begins.
    #[error("--from {from} is after --to {to}: turn them round")]
    Backwards {
        /// Its beginning.
        from: String,
        /// Its end.
        to: String,
    },
    /// Nothing of the interval.
    #[error("the journal in {} holds {first} to {last}, and nothing to replay of the interval asked for", dir.display())]
    Outside {
        /// The journal.
        dir: PathBuf,
        /// Its oldest entry.
        first: String,
        /// Its newest.
        last: String,
    },
    /// Nothing at all.
    #[error("the journal in {} is empty: nothing was journalled here", dir.display())]
    Empty {
        /// The journal.
        dir: PathBuf,
    },
    /// Nobody takes the lines.
    #[error("cannot write the results: {0}")]
    Write(#[from] std::io::Error),
}

/// What came of a step, as a line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'o> {
    Pitch { now_ns: u64, moved_by_ns: u64, pitch: &'o PitchRecord },
    Recounted { now_ns: u64, pitch: &'o PitchRecord },
    Readiness { now_ns: u64, moved_by_ns: u64, readiness: &'o Readiness },
    AlertRaised { now_ns: u64, alert: &'o Alert },
    AlertCleared { now_ns: u64, alert: &'o Alert },
    Camera { now_ns: u64, camera: u8, reason: &'o str },
}

/// What is shown of an output; what only a restart needs is not.
fn line(now: BoxNs, output: &Output) -> Option<Line<'_>> {
    let now_ns = now.0;
    Some(match output {
        Output::Pitch { record, moved_by, .. } => Line::Pitch { now_ns, moved_by_ns: moved_by.0, pitch: record },
        Output::Recounted(record) => Line::Recounted { now_ns, pitch: record },
        Output::Readiness { readiness, moved_by } => Line::Readiness { now_ns, moved_by_ns: moved_by.0, readiness },
        Output::Raised(alert) => Line::AlertRaised { now_ns, alert },
        Output::Cleared(alert) => Line::AlertCleared { now_ns, alert },
        Output::Camera(event) => Line::Camera { now_ns, camera: event.camera, reason: &event.reason },
        Output::Calibration(_) | Output::Learned(..) | Output::Critical(_) | Output::Missed(_) => return None,
    })
}

/// What stderr is told when all is replayed.
#[derive(Debug, Default)]
struct Tally {
    lines: u64,
    /// Pitches as last printed and not final.
    open: BTreeSet<u64>,
}

impl Tally {
    fn note(&mut self, line: &Line<'_>) {
        self.lines += 1;
        match line {
            Line::Pitch { pitch, .. } if pitch.state == State::Final => {
                self.open.remove(&pitch.id);
            }
            Line::Pitch { pitch, .. } => {
                self.open.insert(pitch.id);
            }
            _ => {}
        }
    }
}

/// Replays and prints.
///
/// # Errors
/// The journal cannot be read, or has nothing of the interval.
pub fn run(config: &Config, args: &Args) -> Result<ExitCode, ReplayError> {
    let (from, to) = (args.from.unwrap_or(BoxNs(0)), args.to.unwrap_or(BoxNs(u64::MAX)));
    if from > to {
        return Err(ReplayError::Backwards { from: rfc3339(from), to: rfc3339(to) });
    }
    let venue = config.venue.load()?;
    let settings = daemon::settings(config, &venue);
    let dir = args.journal.clone().unwrap_or_else(|| config.journal_dir());
    if !dir.exists() {
        return Err(ReplayError::Empty { dir });
    }
    let reader = Reader::open(&dir)?;
    let Some((first, last)) = reader.span()? else { return Err(ReplayError::Empty { dir }) };
    let Some(start) = Start::find(&reader, from)?.filter(|start| start.now() <= to) else {
        return Err(ReplayError::Outside { dir, first: rfc3339(first), last: rfc3339(last) });
    };
    say_where(args, &start, last);
    let answers = Answers::default();
    settings.reorder.check()?;
    let make = |now| {
        let (producers, buffer) = reorder::buffer(&settings.reorder).expect("the settings were checked");
        (producers, Pipeline::new(&venue, &settings, buffer, answers.clone(), now))
    };
    let mut replayer = Replayer::new(make, answers.clone());
    let blocks = start.blocks(&reader)?;
    start.prepare(&mut replayer)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut tally = Tally::default();
    let steps_back = blocks.steps_back();
    for block in blocks {
        if replayer.now() > to && !steps_back {
            break;
        }
        let block = match block {
            Ok(block) => block,
            Err(error) => {
                tell!("{error}");
                continue;
            }
        };
        let mut failed = None;
        replayer.block(block, |now, outputs| {
            if !(from..=to).contains(&now) || failed.is_some() {
                return;
            }
            for line in outputs.iter().filter_map(|output| line(now, output)) {
                let written = serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from);
                failed = failed.take().or(written.and_then(|()| out.write_all(b"\n")).err());
                tally.note(&line);
            }
        })?;
        if let Some(error) = failed {
            return ended(error);
        }
    }
    if let Err(error) = out.flush() {
        return ended(error);
    }
    if replayer.missed_ever() > 0 {
        tell!("{} frames were not journalled: what they touch is not as it was", replayer.missed_ever());
    }
    if !tally.open.is_empty() {
        tell!("{} pitches are not final at the end of the interval", tally.open.len());
    }
    tell!("{} frames, {} results", replayer.frames(), tally.lines);
    Ok(ExitCode::SUCCESS)
}

/// Nobody takes the lines: a reader that has seen enough is no fault.
fn ended(error: std::io::Error) -> Result<ExitCode, ReplayError> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(ExitCode::SUCCESS) } else { Err(error.into()) }
}

/// Where the replay begins, what is known there, and where the journal leaves the interval.
fn say_where(args: &Args, start: &Start, last: BoxNs) {
    let at = rfc3339(start.now());
    if start.begins() {
        tell!("replaying from {at}, where a daemon began with what its store knew");
    } else {
        tell!("replaying from {at}, where the daemon noted how everything stood");
    }
    if args.from.is_some_and(|from| from < start.now()) {
        tell!("what was before is not in the journal");
    }
    if args.to.is_some_and(|to| to > last) {
        tell!("the journal ends at {}", rfc3339(last));
    }
}
