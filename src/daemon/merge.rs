//! The merge thread: steps the pipeline, publishes what happened, hands records to the writer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

use super::StoreProfiles;
use super::profiles::learned_key;
use crate::api::{Command, Event, Live};
use crate::clock::BoxClock;
use crate::ids::BoxNs;
use crate::ingest::{IngestCounters, Refusal};
use crate::observe::{
    Accounting, IngestStatus, MoundStatus, PartState, PublishedPitches, Recorder, RefusedFrames, ReorderStatus,
    SourceState, SourceStatus, Stage, StoreStatus, Telemetry,
};
use crate::pipeline::{Output, Pipeline};
use crate::reorder;
use crate::store::records::State;
use crate::store::{Store, Write, WriterHandle};
use crate::tracking::venue::Venue;
use firmware_protocol::Cause;

/// Nap when the rings are empty: it bounds the delay that the merge thread adds, and what an idle daemon costs.
const NAP: Duration = Duration::from_micros(500);
/// How often counters and states are published.
const REPORT_EVERY_NS: u64 = 250_000_000;

pub(super) struct Merge {
    pub(super) pipeline: Pipeline<StoreProfiles>,
    pub(super) clock: BoxClock,
    pub(super) live: Arc<Live>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) writer: WriterHandle,
    pub(super) store: Arc<Store>,
    pub(super) counters: Arc<IngestCounters>,
    /// Asked for, given.
    pub(super) receive_buffer_bytes: (u32, u32),
    pub(super) venue: Venue,
    pub(super) inbox: mpsc::Receiver<Command>,
    pub(super) stop: Arc<AtomicBool>,
}

/// Starts the thread. It ends once `stop` is set and everything held has gone through.
pub(super) fn spawn(merge: Merge) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("merge".into()).spawn(move || {
        let recorder = merge.telemetry.recorder();
        Running { merge, recorder, published: PublishedPitches::default(), reported: BoxNs(0) }.run();
    })
}

struct Running {
    merge: Merge,
    recorder: Recorder,
    published: PublishedPitches,
    reported: BoxNs,
}

impl Running {
    fn run(mut self) {
        self.merge.telemetry.set_part("merge", PartState::Ready, "");
        let mut outputs = Vec::with_capacity(64);
        loop {
            // Read before the step: what ingest pushed before it was told to stop is still taken.
            let stopping = self.merge.stop.load(Ordering::Acquire);
            let now = self.merge.clock.now();
            let frames = self.merge.pipeline.step(now, &mut outputs);
            self.commands(now);
            if stopping && frames == 0 {
                break;
            }
            let quiet = frames == 0 && outputs.is_empty();
            self.apply(&mut outputs);
            if now.0.saturating_sub(self.reported.0) as f64 >= REPORT_EVERY_NS as f64 * self.merge.clock.speed() {
                self.reported = now;
                self.report(now);
            }
            if quiet {
                std::thread::sleep(NAP);
            }
        }
        self.merge.pipeline.finish(self.merge.clock.now(), &mut outputs);
        self.apply(&mut outputs);
        self.report(self.merge.clock.now());
        self.merge.telemetry.set_part("merge", PartState::Stopped, "");
    }
}
