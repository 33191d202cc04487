//! Start after a kill: from the last checkpoint and the journal, as if nothing had happened.
//!
//! The checkpoint is a [`Checkpoint`] in the same transaction as the results of its step, and every [`CHECKPOINT_EVERY_NS`] besides. The
//! journal is read from the checkpoint's `since` on, some twenty seconds before it, and so is at most that and [`CHECKPOINT_EVERY_NS`]
//! long, whatever else it holds. Up to the checkpoint's step frames only fill buffer and trackers; nothing that was committed is
//! published again. After it everything is as it was: what follows was not committed, and is published now.
//!
//! Without a journal, or with a checkpoint of another version or rig, the daemon continues its outings from the stored
//! pitches, as after an ordinary stop.
//!
//! Where the box's clock was set back meanwhile, what comes now would be late in the run that was killed until the clock is
//! past it; where it was set forward, as the machine's own running time tells, that run would take itself for one that was
//! away for as long. It is then ended in its own, recorded time: what it held goes through, and pitches of which more would
//! have come are flagged `journal_gap`. A new one begins by the new clock, as after an ordinary stop.

use std::time::Instant;

use super::apart::Boot;
use super::calibration;
use super::profiles::{self, StoreProfiles};
use crate::ids::{BoxNs, EventNs, MoundId};
use crate::journal::{Journal, JournalError, STEP_BACK_NS};
use crate::pipeline::{Answers, Beginning, Checkpoint, CheckpointError, Output, Pipeline, Replayer};
use crate::records::{Origin, PitchRecord, State};
use crate::reorder::Producer;
use crate::signal::Signal;
use crate::store::{Cursor, Store, StoreError, Write};
use crate::tracking::venue::Venue;

/// The checkpoint's name.
const NAME: &str = "pipeline";
/// How often how things stand is kept while no pitch is published, box time.
pub(super) const CHECKPOINT_EVERY_NS: u64 = 10_000_000_000;
/// What a run that was killed left provisional is among so many of the newest pitches, imported ones of that week with them.
const LEFT_OPEN_AMONG: usize = 4096;
/// A journal whose first entry is later than it should be by more than this has lost what came before, ns.
const SLACK_NS: u64 = 1_000_000_000;

/// The write that keeps a checkpoint.
pub(super) fn checkpoint(checkpoint: &Checkpoint) -> Write {
    Write::Checkpoint { name: NAME.to_owned(), bytes: checkpoint.to_bytes() }
}

/// The write that says that there is nothing to go on from: all went through.
pub(super) fn all_done() -> Write {
    Write::Checkpoint { name: NAME.to_owned(), bytes: Vec::new() }
}

/// A pipeline that goes on, or begins.
pub(super) struct Recovered {
    pub(super) pipeline: Pipeline<StoreProfiles>,
    pub(super) producers: Vec<Producer<Signal>>,
    /// What was not published before the kill.
    pub(super) outputs: Vec<Output>,
    /// For [`Pipeline::journal`].
    pub(super) beginning: Beginning,
    /// Frames taken from the journal.
    pub(super) frames: u64,
}

/// Why the journal is of no use.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Makes a pipeline and lets it go on where the last run was.
///
/// # Errors
/// The store does not read, or takes nothing.
pub(super) fn start(
    store: &Store,
    journal: Option<&Journal>,
    venue: &Venue,
    make: impl Fn(BoxNs) -> (Vec<Producer<Signal>>, Pipeline<StoreProfiles>),
    now: BoxNs,
    boot: Option<&Boot>,
) -> Result<Recovered, StoreError> {
    let mut ended = None;
    if let Some(journal) = journal {
        match replay(store, journal, venue, &make) {
            Ok(Some(last))
                if last.now.0 <= now.0.saturating_add(STEP_BACK_NS)
                    && profiles::clock_set_ns(store, now, boot)?.is_none() =>
            {
                return Ok(last.go_on());
            }
            Ok(Some(last)) => ended = Some(last.end(store, journal, now)?),
            Ok(None) => {}
            Err(Why::Store(error)) => return Err(error),
            Err(error) => tracing::error!(
                %error,
                "pitches that were in flight when the last run was killed are lost: there is no going on from its journal"
            ),
        }
    }
    let (producers, mut pipeline) = make(now);
    let Ended { mut outputs, published, frames } = ended.unwrap_or_default();
    // Before outings are taken back from the store.
    outputs.extend(close_unfinished(store, now)?);
    profiles::recall(store, venue, &mut pipeline, now, boot)?;
    for (mound, release) in published {
        pipeline.published_before(mound, release);
    }
    Ok(Recovered { pipeline, producers, outputs, beginning: Beginning::Anew, frames })
}

/// Pitches that a run which is not gone on from left provisional are final as they are, in the store at once, and flagged.
fn close_unfinished(store: &Store, now: BoxNs) -> Result<Vec<Output>, StoreError> {
    let newest = store.latest_pitches(Cursor::END, LEFT_OPEN_AMONG, None)?;
    let is_open = |pitch: &PitchRecord| pitch.origin == Origin::Live && pitch.state == State::Provisional;
    let mut open: Vec<_> = newest.into_iter().filter(is_open).collect();
    open.iter_mut().for_each(PitchRecord::close_unfinished);
    store.transact(|txn| open.iter().try_for_each(|pitch| txn.put_pitch(pitch).map(drop)))?;
    if !open.is_empty() {
        tracing::warn!(
            pitches = open.len(),
            "pitches that the last run left provisional are final with what it had of them"
        );
    }
    Ok(open.into_iter().map(|pitch| Output::Pitch { record: Box::new(pitch), moved_by: now, crossed: None }).collect())
}

/// The last run, replayed up to where it was killed.
struct Last {
    pipeline: Pipeline<StoreProfiles>,
    producers: Vec<Producer<Signal>>,
    /// What it had not published.
    outputs: Vec<Output>,
    /// Where what it had committed went beyond its journal.
    beyond: Option<Box<Checkpoint>>,
    frames: u64,
    /// When it was killed, by its own clock.
    now: BoxNs,
}

/// What is left of a run that did not go on.
#[derive(Default)]
struct Ended {
    outputs: Vec<Output>,
    published: Vec<(MoundId, EventNs)>,
    frames: u64,
}

impl Last {
    fn go_on(self) -> Recovered {
        let Self { pipeline, producers, outputs, beyond, frames, .. } = self;
        Recovered { pipeline, producers, outputs, beginning: Beginning::Resumed(beyond), frames }
    }

    /// Ends it in its own time, which is journalled before anything of the new run is, and keeps its pitches at once: the
    /// new run takes its outings from the store.
    fn end(mut self, store: &Store, journal: &Journal, started: BoxNs) -> Result<Ended, StoreError> {
        tracing::warn!(
            ahead_s = (started.0 as i64 - self.now.0 as i64) as f64 * 1e-9,
            "the box's clock was set: the last run is ended by its own clock, and a new one begins"
        );
        let writing = match journal.start() {
            Ok((tap, thread)) => {
                self.pipeline.journal(tap, Beginning::Resumed(self.beyond));
                Some(thread)
            }
            Err(error) => {
                tracing::error!(%error, "how the last run ended is not journalled");
                None
            }
        };
        self.pipeline.step(self.now, &mut self.outputs);
        self.pipeline.cut_short(self.now, &mut self.outputs);
        if let Some(thread) = writing {
            super::journal::end(thread);
        }
        let pitches = self.outputs.iter().filter_map(|output| match output {
            Output::Pitch { record, .. } | Output::Recounted(record) => Some(&**record),
            _ => None,
        });
        store.transact(|txn| pitches.into_iter().try_for_each(|pitch| txn.put_pitch(pitch).map(drop)))?;
        Ok(Ended { published: self.pipeline.published().collect(), outputs: self.outputs, frames: self.frames })
    }
}

fn replay(
    store: &Store,
    journal: &Journal,
    venue: &Venue,
    make: &impl Fn(BoxNs) -> (Vec<Producer<Signal>>, Pipeline<StoreProfiles>),
) -> Result<Option<Last>, Why> {
    let Some(bytes) = store.checkpoint(NAME)?.filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
    let began = Instant::now();
    let checkpoint = Checkpoint::from_bytes(&bytes)?;
    let (killed_at, since, step) = (checkpoint.now, checkpoint.since, checkpoint.step);
    let make = |now| {
        let (producers, mut pipeline) = make(now);
        // Charts and trends, which are no part of a checkpoint.
        calibration::recall(store, venue, &mut pipeline, now);
        (producers, pipeline)
    };
    let mut replayer = Replayer::new(make, Answers::default());
    replayer.warm(checkpoint)?;
    let mut outputs = Vec::new();
    let mut first = None;
    for block in journal.reader().since(since, step)? {
        match block {
            Ok(block) => {
                replayer.block(block, |now, fresh| {
                    first.get_or_insert(now);
                    outputs.append(fresh);
                })?;
            }
            Err(error) => tracing::error!(%error, "a block of the journal is left out"),
        }
    }
    if first.is_none_or(|first| first.0 > since.0 + SLACK_NS) {
        tracing::warn!("the journal does not reach back to where the last run was: pitches in flight then may be lost");
    }
    let (frames, journalled) = (replayer.frames(), replayer.now());
    let (pipeline, producers, beyond) = replayer.end();
    let now = if beyond.is_some() { killed_at } else { journalled };
    tracing::info!(
        frames,
        outputs = outputs.len(),
        from = %crate::moment::rfc3339(since),
        checkpoint = %crate::moment::rfc3339(killed_at),
        took_ms = began.elapsed().as_millis() as u64,
        "gone on from the journal"
    );
    Ok(Some(Last { pipeline, producers, outputs, beyond, frames, now }))
}
