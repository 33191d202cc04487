//! The numbers as `/metrics` gives them: `OpenMetrics` text through prometheus-client, encoded anew at each scrape.

mod risk;
mod surroundings;

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::latency::{Latencies, Stage};
use super::status::{
    CalibrationStatus, CameraStatus, IngestStatus, JournalStatus, MoundCameras, PartState, ReorderStatus, SerialStatus,
    SourceState, SourceStatus, StoreStatus,
};
use super::telemetry::Telemetry;
use super::upstream::UpstreamStatus;
use crate::calibration::CameraState;
use crate::ingest::LineState;
use crate::pipeline::{AttributionStatus, MarkFeedState, MoundAttribution};

/// Upper bounds of the latency buckets, ns: 1–2.5–5 from 10 µs, below which nothing here is worth telling apart, to
/// 10 s, the hold of the slowest camera. The last one is +Inf.
const BUCKETS_NS: [u64; 19] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

type Labels<'a> = [(&'a str, &'a str)];
type SourceCount = fn(&SourceStatus) -> u64;
type LineCount = fn(&SerialStatus) -> u64;
type CameraGauge = fn(&CameraStatus) -> Option<f64>;

impl Telemetry {
    /// All numbers as `OpenMetrics` text ([`super::telemetry::METRICS_CONTENT_TYPE`]).
    ///
    /// # Errors
    /// Where the text cannot be formatted, which writing to a string does not cause.
    pub fn prometheus(self: &Arc<Self>) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("pitchguard");
        registry.register_collector(Box::new(TelemetryCollector(Arc::clone(self))));
        let mut out = String::with_capacity(64 * 1024);
        text::encode(&mut out, &registry)?;
        Ok(out)
    }
}

#[derive(Debug)]
struct TelemetryCollector(Arc<Telemetry>);

impl Collector for TelemetryCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut families = Families(encoder);
        let telemetry = &self.0;
        families.build_info()?;
        let uptime = telemetry.clock.now().0.saturating_sub(telemetry.started.0) as f64 / 1e9;
        families.gauges("uptime", "Box time since the start", Some(&Unit::Seconds), [(no_labels(), uptime)])?;
        families.parts(telemetry)?;
        families.latencies(telemetry)?;
        if let Some(reorder) = telemetry.reorder.load_full() {
            families.reorder(&reorder)?;
        }
        if let Some(ingest) = telemetry.ingest.load_full() {
            families.ingest(&ingest)?;
        }
        if let Some(store) = telemetry.store.load_full() {
            families.store(&store)?;
        }
        if let Some(pitches) = telemetry.published.load_full() {
            let counts = [
                ("provisional", pitches.provisional),
                ("final", pitches.r#final),
                ("revised", pitches.revised),
                ("flagged", pitches.flagged),
                ("rejected", pitches.rejected),
                ("reprocessed", pitches.reprocessed),
                ("journal_gap", pitches.journal_gap),
            ];
            families.counters("pitches", "Pitches published, and groups rejected", None, by_label("state", &counts))?;
            let help = "Marks that were not believed, because a feed with a lower number says otherwise";
            families.counters("marks_contradicted", help, None, [(no_labels(), pitches.marks_contradicted)])?;
        }
        if let Some(calibration) = telemetry.calibration.load_full() {
            families.calibration(&calibration)?;
        }
        if let Some(attribution) = telemetry.attribution.load_full() {
            families.attribution(&attribution)?;
        }
        if let Some(risk) = telemetry.risk.load_full() {
            families.risk(&risk)?;
        }
        if let Some(journal) = telemetry.journal.load_full() {
            families.journal(&journal)?;
        }
        if let Some(upstream) = telemetry.upstream().filter(|status| status.kind != "off") {
            families.upstream(&upstream)?;
        }
        families.responses(telemetry)?;
        if let Some(around) = telemetry.surroundings.load_full() {
            families.surroundings(&around)?;
        }
        families.clients(telemetry)?;
        families.connections(telemetry)
    }
}

/// Writes one metric family after another.
struct Families<'a>(DescriptorEncoder<'a>);

impl Families<'_> {
    fn counters<'l, L>(&mut self, name: &str, help: &str, unit: Option<&Unit>, values: L) -> fmt::Result
    where
        L: IntoIterator<Item = (Vec<(&'l str, &'l str)>, u64)>,
    {
        let mut metric = self.0.encode_descriptor(name, help, unit, MetricType::Counter)?;
        for (labels, value) in values {
            with_labels(&mut metric, &labels, |series| series.encode_counter::<NoLabelSet, _, f64>(&value, None))?;
        }
        Ok(())
    }

    fn gauges<'l, L, V>(&mut self, name: &str, help: &str, unit: Option<&Unit>, values: L) -> fmt::Result
    where
        L: IntoIterator<Item = (Vec<(&'l str, &'l str)>, V)>,
        V: EncodeGaugeValue,
    {
        let mut metric = self.0.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        for (labels, value) in values {
            with_labels(&mut metric, &labels, |series| series.encode_gauge(&value))?;
        }
        Ok(())
    }

    fn build_info(&mut self) -> fmt::Result {
        let labels: &Labels<'_> = &[("version", env!("CARGO_PKG_VERSION"))];
        self.0.encode_descriptor("build", "What runs", None, MetricType::Info)?.encode_info(&labels)
    }

    fn parts(&mut self, telemetry: &Telemetry) -> fmt::Result {
        let parts = telemetry.parts();
        let states = parts.iter().flat_map(|part| {
            PartState::ALL.map(|state| {
                (vec![("part", part.name.as_str()), ("state", state.as_str())], u32::from(part.state == state))
            })
        });
        self.gauges("part_state", "1 for the state that a part is in", None, states)
    }

    fn latencies(&mut self, telemetry: &Telemetry) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(
            "stage_latency",
            "Latency of each stage in the way of the data",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for stage in Stage::ALL {
            let latencies = telemetry.stages.read(stage);
            let labels: &Labels<'_> = &[("stage", stage.as_str())];
            let sum_s = latencies.sum_ns as f64 / 1e9;
            let mut family = metric.encode_family(&labels)?;
            family.encode_histogram::<NoLabelSet>(sum_s, latencies.histogram.len(), &buckets(&latencies), None)?;
        }
        Ok(())
    }

    fn reorder(&mut self, status: &ReorderStatus) -> fmt::Result {
        let accounting = &status.accounting;
        self.counters(
            "reorder_received",
            "Frames that the watermark buffer took in",
            None,
            [(no_labels(), accounting.received)],
        )?;
        let outcomes = accounting.outcomes();
        self.counters("reorder_frames", "Where the received frames went", None, by_label("outcome", &outcomes))?;
        self.gauges("reorder_held", "Frames waiting in the buffer", None, [(no_labels(), accounting.held)])?;
        self.gauges(
            "reorder_unaccounted",
            "Received minus everything accounted for; anything but 0 is a fault",
            None,
            [(no_labels(), accounting.difference() as i64)],
        )?;
        let help = "Times the watermarks were restarted";
        self.counters("reorder_epochs", help, None, [(no_labels(), status.epochs)])?;
        self.sources(&status.sources)?;
        self.mounds(status)
    }

    fn attribution(&mut self, status: &AttributionStatus) -> fmt::Result {
        let states =
            MarkFeedState::ALL.map(|state| (vec![("state", state.as_str())], u32::from(state == status.mark_feed)));
        self.gauges("mark_feed_state", "1 for the state that the mark feed is in", None, states)?;
        let each = |of: fn(&MoundAttribution) -> u64| {
            status.mounds.iter().map(move |mound| (vec![("mound", mound.name.as_str())], of(mound)))
        };
        let help = "Final throws that no mark gave to anybody";
        self.counters("unattributed_throws", help, None, each(|mound| mound.unattributed))?;
        let today = each(|mound| mound.unattributed_today).map(|(labels, count)| (labels, count as f64));
        self.gauges("unattributed_throws_today", "The same of this day of baseball", None, today)
    }

    fn mounds(&mut self, status: &ReorderStatus) -> fmt::Result {
        let lags = status.mounds.iter().flat_map(|mound| {
            let of = |kind, lag: Option<f64>| {
                lag.map(|ms| (vec![("mound", mound.name.as_str()), ("watermark", kind)], ms / 1e3))
            };
            [of("eager", mound.eager_watermark_lag_ms), of("final", mound.final_watermark_lag_ms)]
        });
        let help = "Box time minus the mound's watermark";
        self.gauges("mound_watermark_lag", help, Some(&Unit::Seconds), lags.flatten())
    }

    fn sources(&mut self, sources: &[SourceStatus]) -> fmt::Result {
        let numbers: Vec<String> = sources.iter().map(|source| source.source.to_string()).collect();
        let each = || sources.iter().zip(&numbers).map(|(source, number)| (source, ("source", number.as_str())));
        let seconds = |ms: Option<f64>, label: (&'static str, _)| ms.map(|ms| (vec![(label.0, label.1)], ms / 1e3));
        let states = each().flat_map(|(source, label)| {
            SourceState::ALL.map(|state| (vec![label, ("state", state.as_str())], u32::from(source.state == state)))
        });
        self.gauges("source_state", "1 for the state that a source is in", None, states)?;
        let gates = each().map(|(source, label)| (vec![label], u32::from(source.gates)));
        self.gauges("source_gates", "1 where the watermark waits for the source", None, gates)?;
        let lags = each().filter_map(|(source, label)| seconds(source.lag_ms, label));
        self.gauges("source_lag", "Arrival minus event time of the newest frame", Some(&Unit::Seconds), lags)?;
        let off = each().filter_map(|(source, label)| Some((vec![label], source.clock_off_s?)));
        let help = "How far the source's clock is ahead of the cameras', of a camera's the others', by arrivals unless more is known";
        self.gauges("source_clock_off", help, Some(&Unit::Seconds), off)?;
        let told = each().map(|(source, label)| (vec![label], u32::from(source.clock_told)));
        self.gauges("source_clock_told", "1 where somebody has to set the source's clock, or the others'", None, told)?;
        let lags = each().filter_map(|(source, label)| seconds(source.watermark_lag_ms, label));
        let help = "Newest event time of the source's mound minus the source's own";
        self.gauges("source_watermark_lag", help, Some(&Unit::Seconds), lags)?;
        let outcomes = each().flat_map(|(source, label)| {
            source.accounting.outcomes().map(|(outcome, count)| (vec![label, ("outcome", outcome)], count))
        });
        self.counters("source_frames", "Where the source's frames went", None, outcomes)?;
        let counters: [(&str, &str, SourceCount); 4] = [
            ("source_received", "Frames received", |source| source.accounting.received),
            ("source_gaps", "Sequence numbers skipped and not seen since", |source| source.gaps),
            ("source_restarts", "Starts of the source after the first", |source| source.restarts),
            ("source_dropped", "Frames that the camera says it dropped", |source| source.dropped),
        ];
        for (name, help, value) in counters {
            self.counters(name, help, None, each().map(|(source, label)| (vec![label], value(source))))?;
        }
        Ok(())
    }

    fn ingest(&mut self, status: &IngestStatus) -> fmt::Result {
        let single = [
            ("ingest_datagrams", "Datagrams received", None, status.datagrams),
            ("ingest_received", "Bytes received", Some(&Unit::Bytes), status.bytes),
            ("ingest_frames", "Frames accepted", None, status.frames),
            ("ingest_kernel_drops", "Datagrams that the kernel dropped", None, status.kernel_drops),
            ("ingest_unstamped", "Datagrams without a kernel stamp", None, status.unstamped),
            ("ingest_socket_errors", "Socket errors that were survived", None, status.socket_errors),
        ];
        for (name, help, unit, value) in single {
            self.counters(name, help, unit, [(no_labels(), value)])?;
        }
        let refused = status.refused.iter().map(|(cause, count)| (vec![("cause", cause.as_str())], *count));
        let help = "Frames refused, by the first check that failed";
        self.counters("ingest_refused", help, None, refused)?;
        let sizes = [("given", status.receive_buffer_bytes), ("wanted", status.receive_buffer_wanted_bytes)];
        self.gauges("ingest_receive_buffer", "Socket receive buffer", Some(&Unit::Bytes), by_label("size", &sizes))?;
        self.serial(&status.serial)
    }

    fn serial(&mut self, lines: &[SerialStatus]) -> fmt::Result {
        let states = lines.iter().flat_map(|line| {
            LineState::ALL.map(|state| {
                let labels = vec![("device", line.device.as_str()), ("state", state.as_str())];
                (labels, u32::from(line.state == state.as_str()))
            })
        });
        self.gauges("serial_state", "1 for the state that a serial line is in", None, states)?;
        let counters: [(&str, &str, Option<&Unit>, LineCount); 5] = [
            ("serial_received", "Bytes read off the line", Some(&Unit::Bytes), |line| line.bytes),
            ("serial_frames", "Whole frames off the line, refused ones too", None, |line| line.frames),
            ("serial_rubbish", "Stretches between zeros that were no frame", None, |line| line.rubbish),
            ("serial_opened", "Times that the device was opened", None, |line| line.opened),
            ("serial_open_failures", "Times that opening the device failed", None, |line| line.open_failures),
        ];
        for (name, help, unit, value) in counters {
            let each = lines.iter().map(|line| (vec![("device", line.device.as_str())], value(line)));
            self.counters(name, help, unit, each)?;
        }
        Ok(())
    }

    fn store(&mut self, status: &StoreStatus) -> fmt::Result {
        self.gauges("store_map_used", "Pages in use", Some(&Unit::Bytes), [(no_labels(), status.map_used_bytes)])?;
        self.gauges("store_map_size", "Size of the map", Some(&Unit::Bytes), [(no_labels(), status.map_size_bytes)])?;
        self.gauges("store_queued", "Writes waiting for the writer", None, [(no_labels(), status.queued)])?;
        self.counters("store_commits", "Transactions committed", None, [(no_labels(), status.commits)])?;
        self.gauges("store_queue_room", "Writes that may wait", None, [(no_labels(), status.queue_room)])?;
        let counters = [
            ("store_commit_failures", "Transactions that failed and were tried again", status.commit_failures),
            ("store_batches_refused", "Batches refused for their own sake", status.refused),
            ("store_batches_lost", "Batches lost: nothing could be stored, and the queue was full", status.lost),
            ("store_waits", "Times that the merge thread waited for room in the queue", status.waits),
            ("store_corrupt_records", "Corrupt records met", status.corrupt_records),
            (
                "store_finals_kept",
                "Refused: what would have overwritten a final pitch, or been a second one of its throw",
                status.finals_kept,
            ),
        ];
        for (name, help, value) in counters {
            self.counters(name, help, None, [(no_labels(), value)])?;
        }
        Ok(())
    }

    fn responses(&mut self, telemetry: &Telemetry) -> fmt::Result {
        let counts = telemetry.responses.each_ref().map(|count| count.load(std::sync::atomic::Ordering::Relaxed));
        let classes: Vec<(&str, u64)> = ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(counts).collect();
        self.counters("http_responses", "Answers of the API, by class of status", None, by_label("class", &classes))
    }

    fn journal(&mut self, status: &JournalStatus) -> fmt::Result {
        let frames = [("flushed", status.frames), ("missed", status.missed), ("failed", status.failed)];
        let help = "Frames by what became of them in the journal";
        self.counters("journal_frames", help, None, by_label("outcome", &frames))?;
        let help = "Times that the journal stopped for want of room on its disk";
        self.counters("journal_stops", help, None, [(no_labels(), status.stops)])?;
        let parts = [("set_aside", status.set_aside), ("removed", status.removed)];
        self.counters("journal_parts_gone", "Parts of the journal by why they went", None, by_label("why", &parts))?;
        self.gauges("journal_parts", "Parts of the journal", None, [(no_labels(), status.parts)])?;
        self.gauges("journal_size", "What it takes on the disk", Some(&Unit::Bytes), [(no_labels(), status.bytes)])?;
        let help = "Frames taken from the journal at the start";
        self.gauges("journal_recovered_frames", help, None, [(no_labels(), status.recovered)])
    }

    fn calibration(&mut self, status: &CalibrationStatus) -> fmt::Result {
        let help =
            "How far this box's clock is ahead of its cameras', where that makes one of them wrong; 0 while they agree";
        let off = [(no_labels(), status.box_clock_off_s.unwrap_or(0.0))];
        self.gauges("box_clock_off", help, Some(&Unit::Seconds), off)?;
        let help = "Confidence below which readiness is held";
        self.gauges("calibration_hold_below", help, None, [(no_labels(), status.hold_below)])?;
        let help = "Confidence in the game mound's calibration, 0.50 to 0.95; absent while it is unverified";
        let confidence = status.confidence.map(|confidence| (no_labels(), confidence));
        self.gauges("calibration_confidence", help, None, confidence)?;
        let help = "Effective age of the calibration; absent while it is unverified";
        let age = status.age_s.map(|age_s| (no_labels(), age_s));
        self.gauges("calibration_age", help, Some(&Unit::Seconds), age)?;
        self.mound_cameras(&status.mounds)?;
        let numbers: Vec<String> = status.cameras.iter().map(|camera| camera.id.to_string()).collect();
        let each = || status.cameras.iter().zip(&numbers).map(|(camera, number)| (camera, ("camera", number.as_str())));
        let states = each().flat_map(|(camera, label)| {
            CameraState::ALL
                .map(CameraState::as_str)
                .map(|state| (vec![label, ("state", state)], u32::from(camera.state == state)))
        });
        self.gauges("camera_state", "1 for the state that a camera's calibration is in", None, states)?;
        let gauges: [(&str, &str, Option<Unit>, CameraGauge); 4] = [
            ("camera_confidence", "Confidence in the camera's calibration", None, |camera| camera.confidence),
            ("camera_drift", "How far the picture is off its model", Some(pixels()), |camera| camera.drift_px),
            ("camera_drift_sd", "Its standard deviation", Some(pixels()), |camera| camera.drift_sd_px),
            ("camera_clock_offset", "How far the clock is ahead", Some(Unit::Seconds), |camera| {
                camera.clock_offset_us.map(|us| 1e-6 * us)
            }),
        ];
        for (name, help, unit, value) in gauges {
            let known = each().filter_map(|(camera, label)| Some((vec![label], value(camera)?)));
            self.gauges(name, help, unit.as_ref(), known)?;
        }
        let corrections = each().map(|(camera, label)| (vec![label], u64::from(camera.corrections)));
        self.counters("camera_corrections", "Corrections of the camera's model", None, corrections)
    }

    fn mound_cameras(&mut self, mounds: &[MoundCameras]) -> fmt::Result {
        let each = || mounds.iter().map(|mound| (mound, vec![("mound", mound.name.as_str())]));
        let help = "Confidence in a mound's calibration; absent while it is unverified";
        let known = each().filter_map(|(mound, label)| Some((label, mound.confidence?)));
        self.gauges("mound_confidence", help, None, known)?;
        let help = "For how long nobody has looked at a mound's cameras; absent while it is verified";
        let unverified = each().filter_map(|(mound, label)| Some((label, mound.unverified_for_s?)));
        self.gauges("mound_unverified", help, Some(&Unit::Seconds), unverified)?;
        let help = "Cameras of a mound that send what results can use";
        self.gauges("mound_cameras", help, None, each().map(|(mound, label)| (label, mound.cameras_heard)))?;
        let help = "Cameras that a pitch needs";
        self.gauges("mound_cameras_needed", help, None, each().map(|(mound, label)| (label, mound.cameras_needed)))?;
        let help = "1 where somebody threw within 15 minutes";
        self.gauges("mound_in_use", help, None, each().map(|(mound, label)| (label, u32::from(mound.in_use))))
    }

    fn upstream(&mut self, status: &UpstreamStatus) -> fmt::Result {
        let up = status.up.map(|up| (no_labels(), u32::from(up)));
        self.gauges("upstream_up", "1 where the last attempt came through", None, up)?;
        self.gauges("upstream_failures", "Attempts failed in a row", None, [(no_labels(), status.failures)])?;
        let waiting = status.waiting.iter().map(|(lane, count)| (vec![("lane", lane.as_str())], *count));
        self.gauges("outbox_waiting", "Summaries waiting", None, waiting)?;
        let bytes = [(no_labels(), status.waiting_bytes)];
        self.gauges("outbox_waiting_size", "Bytes of the waiting summaries", Some(&Unit::Bytes), bytes)?;
        let oldest = status.oldest_s.iter().map(|(lane, age_s)| (vec![("lane", lane.as_str())], *age_s));
        self.gauges("outbox_oldest", "Age of the oldest waiting summary", Some(&Unit::Seconds), oldest)?;
        self.counters("outbox_delivered", "Summaries acknowledged", None, [(no_labels(), status.delivered)])?;
        let dropped = status.dropped.iter().map(|(cause, count)| (vec![("cause", cause.as_str())], *count));
        self.counters("outbox_dropped", "Summaries that had to go unsent, by cause", None, dropped)?;
        self.gauges("outbox_refused", "Summaries set aside now", None, [(no_labels(), status.refused)])?;
        let help = "Summaries that the cloud refused";
        self.counters("outbox_refusals", help, None, [(no_labels(), status.refused_ever)])
    }

    fn clients(&mut self, telemetry: &Telemetry) -> fmt::Result {
        let clients = telemetry.clients.status();
        self.gauges("live_clients", "Connected WebSocket clients", None, [(no_labels(), clients.connected)])?;
        self.gauges("live_seats", "WebSocket clients that may be connected", None, [(no_labels(), clients.seats)])?;
        let dropped = [
            ("slow", clients.dropped_slow),
            ("silent", clients.dropped_silent),
            ("noisy", clients.dropped_noisy),
            ("refused", clients.refused),
            ("refused_address", clients.refused_address),
        ];
        let help = "WebSocket clients dropped or refused, by reason";
        self.counters("live_clients_dropped", help, None, by_label("reason", &dropped))
    }

    fn connections(&mut self, telemetry: &Telemetry) -> fmt::Result {
        let http = telemetry.http.status();
        self.gauges("http_connections", "Open HTTP connections", None, [(no_labels(), http.open)])?;
        self.gauges("http_connections_max", "HTTP connections that may be open", None, [(no_labels(), http.most)])?;
        let ended = [
            ("refused", http.refused),
            ("made_room", http.made_room),
            ("unfinished", http.unfinished),
            ("unread", http.unread),
        ];
        let help = "HTTP connections refused or ended by the daemon, by reason";
        self.counters("http_connections_dropped", help, None, by_label("reason", &ended))?;
        let help = "HTTP requests refused because too many answers of their address were under way";
        self.counters("http_answers_refused", help, None, [(no_labels(), http.refused_answers)])
    }
}

fn pixels() -> Unit {
    Unit::Other("pixels".to_owned())
}

/// Encodes one series of a metric; without labels it is the metric itself, which Prometheus wants without braces.
fn with_labels(
    metric: &mut MetricEncoder<'_>,
    labels: &Labels<'_>,
    encode: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    if labels.is_empty() { encode(metric) } else { encode(&mut metric.encode_family(&labels)?) }
}

/// Counts per bucket, not cumulative, with +Inf last. HDR buckets are 1 % wide, so a value that close to a bound may
/// count on either side of it.
fn buckets(latencies: &Latencies) -> Vec<(f64, u64)> {
    let mut counts: Vec<(f64, u64)> = BUCKETS_NS.iter().map(|ns| (*ns as f64 / 1e9, 0)).collect();
    counts.push((f64::MAX, 0));
    for recorded in latencies.histogram.iter_recorded() {
        let bucket = BUCKETS_NS.partition_point(|bound| *bound < recorded.value_iterated_to());
        counts[bucket].1 += recorded.count_since_last_iteration();
    }
    counts
}

fn no_labels<'a>() -> Vec<(&'a str, &'a str)> {
    Vec::new()
}

fn by_label<'a>(name: &'a str, values: &'a [(&'a str, u64)]) -> impl Iterator<Item = (Vec<(&'a str, &'a str)>, u64)> {
    values.iter().map(move |(value, count)| (vec![(name, *value)], *count))
}
