//! All numbers as one JSON document: what `/api/status` answers and `pitchguard status` prints.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::clients::{ClientStatus, HttpStatus};
use super::latency::{Latencies, Stage};
use super::status::{
    AccessStatus, CalibrationStatus, IngestStatus, JournalStatus, Part, PartState, PublishedPitches, ReorderStatus,
    StoreStatus,
};
use super::system::SystemStatus;
use super::telemetry::Telemetry;
use super::verdict::{self, BoxReason, BoxVerdict, Seen};
use crate::moment::rfc3339;
use crate::pipeline::AttributionStatus;

/// A part of the daemon and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartReport {
    /// `ingest`, `merge`, `writer`, `store`, `api`, `disk`, `control`, `marks`, `mqtt`.
    pub name: String,
    /// Its state.
    pub state: PartState,
    /// Since when, RFC 3339.
    pub since: String,
    /// What is the matter and what to do; empty where nothing is.
    pub detail: String,
}

impl From<Part> for PartReport {
    fn from(part: Part) -> Self {
        Self { name: part.name, state: part.state, since: rfc3339(part.since), detail: part.detail }
    }
}

/// One stage's latencies, milliseconds; null while nothing was timed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LatencyReport {
    /// What is timed.
    pub stage: String,
    /// Values so far.
    pub count: u64,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Largest.
    pub max_ms: Option<f64>,
}

impl LatencyReport {
    fn new(stage: Stage, latencies: &Latencies) -> Self {
        let histogram = &latencies.histogram;
        let ms = |ns: u64| (!histogram.is_empty()).then_some(ns as f64 / 1e6);
        Self {
            stage: stage.as_str().to_owned(),
            count: histogram.len(),
            p50_ms: ms(histogram.value_at_quantile(0.5)),
            p99_ms: ms(histogram.value_at_quantile(0.99)),
            max_ms: ms(histogram.max()),
        }
    }
}

/// The daemon's numbers of its own at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatusReport {
    /// Version of the daemon.
    pub version: String,
    /// One statement on all of it: cameras, calibration, clocks, marks, results, sensors, line.
    pub verdict: BoxVerdict,
    /// Whether what is needed now works, if need be degraded: false where the verdict is `not_ready`.
    pub ready: bool,
    /// RFC 3339.
    pub started_at: String,
    /// Seconds of box time since the start.
    pub uptime_s: f64,
    /// Each part's state and since when.
    pub parts: Vec<PartReport>,
    /// By stage, in the way of the data.
    pub latencies: Vec<LatencyReport>,
    /// received = released + duplicate + late + quarantined + refused + overflowed + held.
    pub identity_holds: bool,
    /// Watermark buffer: accounting, sources, mounds.
    pub reorder: ReorderStatus,
    /// Null before ingest published anything.
    pub ingest: Option<IngestStatus>,
    /// Null before the store published anything.
    pub store: Option<StoreStatus>,
    /// Pitches published so far.
    pub pitches: PublishedPitches,
    /// How the cameras stand; null before anybody judged them.
    pub calibration: Option<CalibrationStatus>,
    /// Whose the throws are; null before the pipeline published anything.
    #[serde(default)]
    pub attribution: Option<AttributionStatus>,
    /// The journal; null where nothing is journalled.
    #[serde(default)]
    pub journal: Option<JournalStatus>,
    /// Clients of the live WebSocket.
    pub clients: ClientStatus,
    /// Connections of HTTP clients, those of the live WebSocket among them.
    #[serde(default)]
    pub http: HttpStatus,
    /// Keys of the API, and attempts to use them; nothing before it was looked at.
    #[serde(default)]
    pub access: AccessStatus,
    /// The machine; null before it was looked at.
    #[serde(default)]
    pub system: Option<SystemStatus>,
    /// When the newest backup was written, RFC 3339; null where there is none.
    #[serde(default)]
    pub newest_backup_at: Option<String>,
}

impl Telemetry {
    /// One statement on how the box does.
    pub fn verdict(&self) -> BoxVerdict {
        self.see(BoxVerdict::of)
    }

    /// Why the box is not ready, or degraded, beside its cameras and their calibration, which have alerts of their own.
    pub fn reasons(&self) -> Vec<BoxReason> {
        self.see(verdict::reasons)
    }

    fn see<R>(&self, judge: impl FnOnce(&Seen<'_>) -> R) -> R {
        let parts = self.parts();
        let calibration = self.calibration.load_full();
        let reorder = self.reorder.load_full();
        let attribution = self.attribution.load_full();
        let pitches = self.published.load_full().map(|status| (*status).clone()).unwrap_or_default();
        judge(&Seen {
            parts: &parts,
            calibration: calibration.as_deref(),
            reorder: reorder.as_deref(),
            attribution: attribution.as_deref(),
            store: self.store.load_full().map(|status| *status),
            pitches: &pitches,
            now: self.clock.now(),
            started: self.started,
        })
    }

    /// All numbers at this moment.
    pub fn report(&self) -> StatusReport {
        let around = self.surroundings.load_full();
        let newest_backup_s = around.as_ref().and_then(|around| around.newest_backup_s);
        let reorder = self.reorder.load_full().map(|status| (*status).clone()).unwrap_or_default();
        let verdict = self.verdict();
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ready: verdict.is_ready(),
            verdict,
            started_at: rfc3339(self.started),
            uptime_s: self.clock.now().0.saturating_sub(self.started.0) as f64 / 1e9,
            parts: self.parts().into_iter().map(PartReport::from).collect(),
            latencies: Stage::ALL.iter().map(|stage| LatencyReport::new(*stage, &self.stages.read(*stage))).collect(),
            identity_holds: reorder.accounting.holds(),
            reorder,
            ingest: self.ingest.load_full().map(|status| (*status).clone()),
            store: self.store.load_full().map(|status| *status),
            pitches: self.published.load_full().map(|status| (*status).clone()).unwrap_or_default(),
            calibration: self.calibration.load_full().map(|status| (*status).clone()),
            attribution: self.attribution.load_full().map(|status| (*status).clone()),
            journal: self.journal.load_full().map(|status| *status),
            clients: self.clients.status(),
            http: self.http.status(),
            access: around.as_ref().map(|around| around.access.clone()).unwrap_or_default(),
            system: around.and_then(|around| around.system),
            newest_backup_at: newest_backup_s.map(|at| rfc3339(crate::ids::BoxNs((at * 1e9) as u64))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::BoxClock;

    #[test]
    fn a_stage_that_was_never_timed_has_no_quantiles() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &[]);
        telemetry.record(Stage::Step, Duration::from_millis(2));
        let report = telemetry.report();
        let of = |stage: &str| report.latencies.iter().find(|l| l.stage == stage).expect("every stage is listed");
        assert_eq!((of("store_commit").count, of("store_commit").p99_ms), (0, None));
        let p50 = of("step").p50_ms.expect("one value was recorded");
        assert!((p50 - 2.0).abs() < 0.03, "{p50}");
    }

    #[test]
    fn a_report_reads_back_as_it_was_written() {
        let report = Telemetry::new(BoxClock::start(1.0), &["store"]).report();
        let json = serde_json::to_string(&report).expect("a report is plain data");
        assert_eq!(serde_json::from_str::<StatusReport>(&json).expect("and reads back"), report);
    }
}
