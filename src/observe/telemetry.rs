//! The daemon's numbers of its own, gathered where they arise.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;

use super::latency::{Recorder, Stage};
use super::risk::RiskStatus;
use super::status::{
    CalibrationStatus, IngestStatus, JournalStatus, Part, PartState, PublishedPitches, ReorderStatus, StoreStatus,
};
use super::surroundings::Surroundings;
use super::upstream::UpstreamStatus;
use super::{clients, latency};
use crate::clock::BoxClock;
use crate::ids::BoxNs;
use crate::pipeline::AttributionStatus;

/// Content type of [`Telemetry::prometheus`]'s text.
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All numbers of one daemon.
#[derive(Debug)]
pub struct Telemetry {
    pub(super) clock: BoxClock,
    pub(super) started: BoxNs,
    pub(super) stages: latency::Stages,
    pub(super) reorder: ArcSwapOption<ReorderStatus>,
    pub(super) ingest: ArcSwapOption<IngestStatus>,
    pub(super) store: ArcSwapOption<StoreStatus>,
    pub(super) published: ArcSwapOption<PublishedPitches>,
    pub(super) calibration: ArcSwapOption<CalibrationStatus>,
    pub(super) attribution: ArcSwapOption<AttributionStatus>,
    pub(super) risk: ArcSwapOption<RiskStatus>,
    pub(super) surroundings: ArcSwapOption<Surroundings>,
    /// Answers by class of status, 1xx first.
    pub(super) responses: [AtomicU64; 5],
    pub(super) upstream: ArcSwapOption<UpstreamStatus>,
    pub(super) journal: ArcSwapOption<JournalStatus>,
    pub(super) clients: clients::Clients,
    pub(super) http: clients::Http,
    pub(super) parts: Mutex<Vec<Part>>,
    /// Threads that hang.
    hanging: ArcSwapOption<Vec<(String, BoxNs)>>,
}

impl Telemetry {
    /// Numbers of a daemon that starts now; the parts named here count as starting until they say otherwise, so that
    /// the daemon is not ready before each of them is.
    pub fn new(clock: BoxClock, parts: &[&str]) -> Arc<Self> {
        let started = clock.now();
        let parts = parts
            .iter()
            .map(|name| Part {
                name: (*name).to_owned(),
                state: PartState::Starting,
                since: started,
                detail: String::new(),
            })
            .collect();
        Arc::new(Self {
            clock,
            started,
            stages: latency::Stages::new(),
            reorder: ArcSwapOption::empty(),
            ingest: ArcSwapOption::empty(),
            store: ArcSwapOption::empty(),
            published: ArcSwapOption::empty(),
            calibration: ArcSwapOption::empty(),
            attribution: ArcSwapOption::empty(),
            risk: ArcSwapOption::empty(),
            surroundings: ArcSwapOption::empty(),
            responses: Default::default(),
            upstream: ArcSwapOption::empty(),
            journal: ArcSwapOption::empty(),
            clients: clients::Clients::default(),
            http: clients::Http::default(),
            parts: Mutex::new(parts),
            hanging: ArcSwapOption::empty(),
        })
    }

    /// A recorder for the calling thread to own.
    pub fn recorder(self: &Arc<Self>) -> Recorder {
        Recorder::new(Arc::clone(self))
    }

    /// Records a latency from a thread that may wait a moment (HTTP, writer); the merge thread owns a [`Recorder`].
    pub fn record(&self, stage: Stage, latency: std::time::Duration) {
        self.stages.record(stage, latency);
    }

    /// Publishes the watermark buffer's accounting and sources, as one moment's truth.
    pub fn publish_reorder(&self, status: ReorderStatus) {
        self.reorder.store(Some(Arc::new(status)));
    }

    /// Publishes what ingest received and refused.
    pub fn publish_ingest(&self, status: IngestStatus) {
        self.ingest.store(Some(Arc::new(status)));
    }

    /// Publishes the store's fill and commits.
    pub fn publish_store(&self, status: StoreStatus) {
        self.store.store(Some(Arc::new(status)));
    }

    /// Publishes how many pitches were published in which state.
    pub fn publish_pitches(&self, status: PublishedPitches) {
        self.published.store(Some(Arc::new(status)));
    }

    /// Publishes how the cameras stand.
    pub fn publish_calibration(&self, status: CalibrationStatus) {
        self.calibration.store(Some(Arc::new(status)));
    }

    /// Whether any camera is heard, as last published.
    pub fn hears_cameras(&self) -> bool {
        self.calibration.load().as_ref().is_some_and(|rig| rig.is_heard)
    }

    /// Publishes whose the throws are.
    pub fn publish_attribution(&self, status: AttributionStatus) {
        self.attribution.store(Some(Arc::new(status)));
    }

    /// Publishes how the risk model stands; none where no model serves.
    pub fn publish_risk(&self, status: Option<RiskStatus>) {
        self.risk.store(status.map(Arc::new));
    }

    /// Publishes what surrounds the pipeline.
    pub fn publish_surroundings(&self, around: Surroundings) {
        self.surroundings.store(Some(Arc::new(around)));
    }

    /// Counts an answer of the API by its status.
    pub(crate) fn count_response(&self, status: u16) {
        if let Some(count) = self.responses.get(usize::from(status / 100).wrapping_sub(1)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Publishes how the line to the cloud does.
    pub fn publish_upstream(&self, status: UpstreamStatus) {
        self.upstream.store(Some(Arc::new(status)));
    }

    /// How the line to the cloud does; none where there is none.
    pub fn upstream(&self) -> Option<Arc<UpstreamStatus>> {
        self.upstream.load_full()
    }

    /// Publishes what the journal took and missed.
    pub fn publish_journal(&self, status: JournalStatus) {
        self.journal.store(Some(Arc::new(status)));
    }

    /// Counts of HTTP connections; the API writes them.
    pub(crate) fn http(&self) -> &clients::Http {
        &self.http
    }

    /// Counts of the live WebSocket's clients; the API writes them.
    pub(crate) fn clients(&self) -> &clients::Clients {
        &self.clients
    }

    /// Sets the state of a part of the daemon, with what to do about it where it is not ready. The time since when is
    /// kept while the state stays the same. True where the state changed.
    pub fn set_part(&self, name: &str, state: PartState, detail: impl Into<String>) -> bool {
        let (now, detail) = (self.clock.now(), detail.into());
        let mut parts = self.lock_parts();
        if let Some(part) = parts.iter_mut().find(|part| part.name == name) {
            part.detail = detail;
            let changed = part.state != state;
            if changed {
                (part.state, part.since) = (state, now);
            }
            return changed;
        }
        parts.push(Part { name: name.to_owned(), state, since: now, detail });
        true
    }

    /// Says which threads hang: what they said last of their parts is not so any more.
    pub fn set_hanging(&self, threads: Vec<String>) {
        let (now, before) = (self.clock.now(), self.hanging.load_full());
        let known = |thread: &String| before.iter().flat_map(|hanging| hanging.iter()).find(|(name, _)| name == thread);
        let hanging: Vec<(String, BoxNs)> = threads
            .into_iter()
            .map(|thread| {
                let since = known(&thread).map_or(now, |(_, since)| *since);
                (thread, since)
            })
            .collect();
        self.hanging.store((!hanging.is_empty()).then(|| Arc::new(hanging)));
    }

    /// Each part's state and since when, in the order in which they were named.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = self.lock_parts().clone();
        for (thread, since) in self.hanging.load().iter().flat_map(|threads| threads.iter()) {
            // "ingest of serial line 1" is a thread of the part `ingest`.
            let of_thread = |part: &&mut Part| thread.split(' ').next() == Some(part.name.as_str());
            if let Some(part) = parts.iter_mut().find(of_thread) {
                // What does not work already does not work since then.
                part.since = if part.state.works() { *since } else { part.since };
                part.state = PartState::Failed;
                part.detail =
                    format!("the {thread} thread hangs; where a service manager watches, it restarts the daemon");
            }
        }
        parts
    }

    /// Whether what is needed now works, if need be degraded: every part, and the cameras of whoever throws.
    pub fn ready(&self) -> bool {
        self.verdict().is_ready()
    }

    fn lock_parts(&self) -> MutexGuard<'_, Vec<Part>> {
        // Each write leaves the list whole, so a panic elsewhere does not make it unreadable.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_is_ready_only_when_every_named_part_is() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &["ingest", "store"]);
        assert!(!telemetry.ready());
        assert!(telemetry.set_part("ingest", PartState::Ready, ""));
        assert!(!telemetry.ready());
        assert!(telemetry.set_part("store", PartState::Degraded, "map 60 % full"));
        assert!(telemetry.ready(), "a degraded part still works");
        assert!(telemetry.set_part("store", PartState::Failed, "disk full"));
        assert!(!telemetry.ready());
    }

    #[test]
    fn a_thread_that_hangs_is_no_part_that_works_whatever_it_said_last() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &["merge"]);
        telemetry.set_part("merge", PartState::Ready, "");
        let ready = telemetry.parts()[0].since;
        telemetry.set_hanging(vec!["merge".to_owned()]);
        let merge = telemetry.parts().swap_remove(0);
        assert!(merge.since > ready, "it does not hang since it was ready: {merge:?}");
        telemetry.set_hanging(vec!["merge".to_owned()]);
        assert_eq!(telemetry.parts()[0].since, merge.since, "since when it hangs stays");
        assert!(!telemetry.ready() && merge.state == PartState::Failed && merge.detail.contains("hangs"), "{merge:?}");
        telemetry.set_hanging(Vec::new());
        assert!(telemetry.ready(), "it was only slow");
    }

    #[test]
    fn a_part_keeps_the_time_since_when_while_its_state_stays() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &[]);
        telemetry.set_part("ingest", PartState::Ready, "");
        let since = telemetry.parts()[0].since;
        assert!(!telemetry.set_part("ingest", PartState::Ready, "20 sources"));
        assert_eq!((telemetry.parts()[0].since, telemetry.parts()[0].detail.as_str()), (since, "20 sources"));
    }
}
