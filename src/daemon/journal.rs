//! The journal beside the merge thread: opened at start, counted while it runs, closed at the end.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::watch::Sheddable;
use crate::config::Config;
use crate::ids::BoxNs;
use crate::ingest::Heard;
use crate::ingest::heard::HEARD_NS;
use crate::journal::{self, Entry, Journal, JournalError, Recorder, Shortage};
use crate::observe::{JournalStatus, PartState, Telemetry};

/// Its part in `/health/ready`.
const PART: &str = "journal";
/// How long the disk may hold up the end.
const GRACE: Duration = Duration::from_secs(5);
/// How often the end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Opens the journal. One that cannot be had is said, and the daemon works without: no result rests on it.
pub(super) fn open(config: &Config, telemetry: &Telemetry) -> Option<Journal> {
    if !config.journal.enabled {
        return None;
    }
    let settings = journal::Config { leaves_free_frac: config.store.disk_shed_frac, ..config.journal.clone() };
    match Journal::open(&config.journal_dir(), &settings) {
        Ok(journal) => Some(journal),
        Err(error) => {
            without(&error, telemetry);
            None
        }
    }
}

/// The frames that were heard shortly before now, as far as the journal has them.
pub(super) fn heard(journal: Option<&Journal>, now: BoxNs) -> Heard {
    let since = BoxNs(now.0.saturating_sub(HEARD_NS));
    let blocks = journal.map(|journal| journal.reader().last(HEARD_NS, since)).transpose().unwrap_or_else(|error| {
        tracing::warn!(%error, "frames of before the start that come again are not known");
        None
    });
    // A block that does not read is told by whoever needs it.
    let entries = blocks.into_iter().flatten().flatten().flat_map(|block| block.entries);
    Heard::of(entries.filter_map(|entry| match entry {
        Entry::Frame { frame, .. } => Some((frame.source, frame.event.0, frame.seq)),
        _ => None,
    }))
}

/// Starts what writes it.
pub(super) fn start(journal: &Journal, telemetry: &Telemetry) -> Option<(Recorder, JoinHandle<()>)> {
    match journal.start() {
        Ok(started) => {
            telemetry.set_part(PART, PartState::Ready, "");
            Some(started)
        }
        Err(error) => {
            without(&error, telemetry);
            None
        }
    }
}

fn without(error: &JournalError, telemetry: &Telemetry) {
    tracing::error!(%error, "nothing is journalled: a crash loses the pitches in flight, and nothing can be replayed");
    telemetry.set_part(PART, PartState::Degraded, format!("nothing is journalled: {error}"));
}

/// Publishes its numbers; `recovered` frames were taken from it at the start.
pub(super) fn report(journal: &Journal, recovered: u64, telemetry: &Telemetry) {
    // Before the numbers: whoever hears that it is off knows all that was flushed before.
    let shortage = journal.shortage();
    let counts = journal.counts();
    telemetry.publish_journal(JournalStatus {
        frames: counts.frames,
        missed: counts.missed,
        failed: counts.failed,
        stops: counts.stops,
        set_aside: counts.set_aside,
        removed: counts.removed,
        parts: counts.parts,
        bytes: counts.bytes,
        recovered,
    });
    if let Some(shortage) = shortage {
        telemetry.set_part(PART, PartState::Degraded, without_room(shortage, journal.dir()));
    } else if journal.is_broken() {
        let detail =
            "the disk takes no frames: they are counted, and cannot be replayed; look at its room and its health";
        telemetry.set_part(PART, PartState::Degraded, detail);
    } else {
        telemetry.set_part(PART, PartState::Ready, "");
    }
}

/// What is told while it is off for want of room.
fn without_room(shortage: Shortage, dir: &Path) -> String {
    let percent = |bytes: u64| 100.0 * bytes as f64 / shortage.disk.max(1) as f64;
    format!(
        "off for want of room: {:.1} % of the file system of {} is free, and it goes on by itself at {:.1} %; until then \
         frames are counted, and cannot be replayed: remove files there",
        percent(shortage.free),
        dir.display(),
        percent(shortage.wanted)
    )
}

/// What of it can be given up for the store's sake: nothing where it is on a disk of its own, which is not the store's.
pub(super) fn sheddable(journal: Option<&Journal>, store: &Path) -> Vec<Box<dyn Sheddable>> {
    let device = |dir: &Path| std::fs::metadata(dir).map(|metadata| metadata.dev()).ok();
    let beside = journal.filter(|journal| device(journal.dir()) == device(store));
    beside.map(|journal| Box::new(journal.clone()) as _).into_iter().collect()
}

/// Waits until what was journalled is flushed, but not for a disk that hangs.
pub(super) fn end(thread: JoinHandle<()>) {
    let until = Instant::now() + GRACE;
    while !thread.is_finished() && Instant::now() < until {
        std::thread::sleep(LOOK_EVERY);
    }
    if thread.is_finished() {
        // A panic has been said on stderr.
        let _ = thread.join();
    } else {
        tracing::error!("the journal's disk hangs: what it has not taken cannot be replayed");
    }
}
