//! The thread that measures again, from the journal, what came too late: off the hot path, one stretch at a time.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::clock::BoxClock;
use crate::journal::Journal;
use crate::pipeline::{Critical, Remeasured};
use crate::tracking;
use crate::tracking::venue::Venue;

/// Stretches that may wait: more than the pitches that three mounds throw while one is measured.
const WAITING_MAX: usize = 64;

/// The merge thread's end.
#[derive(Debug)]
pub(super) struct Reprocess {
    wanted: Sender<Critical>,
    done: Receiver<Remeasured>,
}

impl Reprocess {
    /// Starts the thread; it ends when this is dropped.
    pub(super) fn start(
        journal: Journal,
        venue: Venue,
        config: tracking::Config,
        clock: BoxClock,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (wanted, requests) = bounded::<Critical>(WAITING_MAX);
        let (results, done) = bounded(WAITING_MAX);
        let venue = Arc::new(venue);
        let thread = std::thread::Builder::new().name("reprocess".into()).spawn(move || {
            for critical in requests {
                let blocks = match journal.reader().since(critical.since, u64::MAX) {
                    Ok(blocks) => blocks.filter_map(Result::ok),
                    Err(error) => {
                        tracing::error!(%error, "late data cannot be worked in: the journal does not read");
                        continue;
                    }
                };
                let remeasured = critical.measure(&venue, &config, blocks, clock.now());
                if results.send(remeasured).is_err() {
                    break;
                }
            }
        })?;
        Ok((Self { wanted, done }, thread))
    }

    /// Asks for a stretch to be measured again.
    pub(super) fn ask(&self, critical: Critical) {
        if self.wanted.try_send(critical).is_err() {
            tracing::error!("late data is not worked in: too much of it came at once");
        }
    }

    /// What was measured again since the last call.
    pub(super) fn done(&self) -> impl Iterator<Item = Remeasured> + '_ {
        self.done.try_iter()
    }
}
