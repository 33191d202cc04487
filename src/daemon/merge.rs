//! The merge thread: steps the pipeline, publishes what happened, hands records to the writer.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::profiles::{self, StoreProfiles, learned_key};
use super::rig;
use super::upstream::Teller;
use crate::api::{Command, Event, Live};
use crate::clock::BoxClock;
use crate::environment::Environment;
use crate::ids::BoxNs;
use crate::ingest::{IngestCounters, LineSnapshot, Refusal};
use crate::observe::{
    Accounting, IngestStatus, MoundStatus, PartState, PublishedPitches, Recorder, ReorderStatus, SerialStatus,
    SourceState, SourceStatus, Stage, StoreStatus, Telemetry,
};
use crate::pipeline::{Output, Pipeline};
use crate::reorder;
use crate::store::records::{PitchRecord, State};
use crate::store::{Store, Write, WriterHandle};
use crate::tracking::venue::Venue;
use crate::upstream::Told;

/// Nap when the rings are empty: it bounds the delay that the merge thread adds, and what an idle daemon costs.
const NAP: Duration = Duration::from_micros(500);
/// How often counters and states are published.
const REPORT_EVERY_NS: u64 = 250_000_000;
/// How often the cameras' state is published with its charts, some hundred kilobytes.
const SHOW_EVERY_NS: u64 = 1_000_000_000;

pub(super) struct Merge {
    pub(super) pipeline: Pipeline<StoreProfiles>,
    pub(super) clock: BoxClock,
    pub(super) live: Arc<Live>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) writer: WriterHandle,
    pub(super) store: Arc<Store>,
    pub(super) counters: Arc<IngestCounters>,
    /// Where the socket listens.
    pub(super) udp: SocketAddr,
    /// Asked for, given.
    pub(super) receive_buffer_bytes: (u32, u32),
    pub(super) venue: Venue,
    pub(super) environment: Arc<Environment>,
    pub(super) inbox: mpsc::Receiver<Command>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) upstream: Teller,
}

/// Starts the thread. It ends once `stop` is set and everything held has gone through.
pub(super) fn spawn(merge: Merge) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("merge".into()).spawn(move || {
        let recorder = merge.telemetry.recorder();
        Running { merge, recorder, published: PublishedPitches::default(), reported: BoxNs(0), shown: BoxNs(0) }.run();
    })
}

struct Running {
    merge: Merge,
    recorder: Recorder,
    published: PublishedPitches,
    reported: BoxNs,
    /// When the cameras' state was last published.
    shown: BoxNs,
}

impl Running {
    fn run(mut self) {
        self.merge.telemetry.set_part("merge", PartState::Ready, "");
        let mut outputs = Vec::with_capacity(64);
        loop {
            // Read before the step: it is said when ingest has pushed its last frame.
            let stopping = self.merge.stop.load(Ordering::Acquire);
            let now = self.merge.clock.now();
            let began = Instant::now();
            let frames = self.merge.pipeline.step(now, &mut outputs);
            if outputs.iter().any(|output| matches!(output, Output::Pitch { .. })) {
                self.recorder.record(Stage::Step, began.elapsed());
            }
            if let Some(moved_by) = self.merge.pipeline.moved_by() {
                self.latency(Stage::KernelToMerge, now, moved_by);
            }
            self.commands(now);
            if stopping && frames == 0 {
                break;
            }
            let quiet = frames == 0 && outputs.is_empty();
            self.apply(&mut outputs);
            if now.0.saturating_sub(self.reported.0) as f64 >= REPORT_EVERY_NS as f64 * self.merge.clock.speed() {
                self.reported = now;
                self.sense(now);
                self.report(now);
                profiles::farewell(&self.merge.pipeline, &self.merge.live);
            }
            if now.0.saturating_sub(self.shown.0) as f64 >= SHOW_EVERY_NS as f64 * self.merge.clock.speed() {
                self.show_rig(now);
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

    /// Hands the pipeline what the park's sensors say.
    fn sense(&mut self, now: BoxNs) {
        let conditions = self.merge.environment.conditions();
        self.merge.pipeline.weather(&conditions.air(now), now);
        for camera in &conditions.vibration {
            if let Some(rms_g) = conditions.vibration_g(camera.camera, now) {
                self.merge.pipeline.vibration(camera.camera, rms_g, now);
            }
        }
    }

    fn commands(&mut self, now: BoxNs) {
        while let Ok(command) = self.merge.inbox.try_recv() {
            // Whoever asked may have gone: what was asked for is done all the same.
            match command {
                Command::AcknowledgeAlert { id, reply } => {
                    let alert = self.merge.pipeline.acknowledge(id, now);
                    if let Some(alert) = &alert {
                        self.tell(Told::Alert(alert));
                        self.merge.live.publish(Event::AlertAcknowledged(alert.clone()));
                    }
                    let _ = reply.send(alert);
                }
                Command::Recalibrate { cameras, dry_run, reply } => {
                    let proposals = self.merge.pipeline.recalibrate(cameras.as_deref(), dry_run, now);
                    self.show_rig(now);
                    let _ = reply.send(proposals);
                }
            }
        }
    }

    fn apply(&mut self, outputs: &mut Vec<Output>) {
        for output in outputs.drain(..) {
            match output {
                Output::Pitch { record, moved_by } => {
                    let stage = match record.state {
                        State::Final => Stage::WatermarkToFinal,
                        State::Provisional | State::Held => Stage::WatermarkToProvisional,
                    };
                    self.count(&record);
                    self.submit(Write::Pitch(record.clone()), Told::Pitch(&record));
                    self.merge.live.publish(Event::Pitch(*record));
                    self.latency(stage, self.merge.clock.now(), moved_by);
                }
                Output::Readiness { readiness, .. } => {
                    self.tell(Told::Readiness(&readiness));
                    self.merge.live.publish(Event::Readiness(*readiness));
                }
                Output::Recounted(record) => {
                    self.submit(Write::Pitch(record.clone()), Told::Pitch(&record));
                    self.merge.live.publish(Event::Pitch(*record));
                }
                Output::Raised(alert) => {
                    tracing::warn!(rule = alert.rule, value = alert.value, limit = alert.limit, "alert raised");
                    self.tell(Told::Alert(&alert));
                    self.merge.live.publish(Event::AlertRaised(alert));
                }
                Output::Cleared(alert) => {
                    tracing::info!(rule = alert.rule, "alert cleared");
                    self.tell(Told::Alert(&alert));
                    self.merge.live.publish(Event::AlertCleared(alert));
                }
                Output::Camera(event) => rig::log(&event),
                Output::Calibration(kept) => {
                    if let Some(record) = rig::record(&kept) {
                        let status = rig::status(&self.merge.pipeline.calibration(self.merge.clock.now()));
                        let told = Told::Calibration(&status);
                        self.submit(Write::Calibration(Box::new(record)), told);
                    }
                }
                Output::Learned(mound, scale) => {
                    self.keep(Write::Checkpoint { name: learned_key(mound), bytes: profiles::encode(scale) });
                }
            }
        }
    }

    /// Publishes how the cameras stand.
    fn show_rig(&mut self, now: BoxNs) {
        self.shown = now;
        rig::show(self.merge.pipeline.calibration(now), &self.merge.live, &self.merge.telemetry);
    }

    /// Hands a record to the writer, and with it in one batch what the cloud is told of it.
    fn submit(&mut self, write: Write, told: Told<'_>) {
        let told = self.merge.upstream.write(told, self.merge.clock.now());
        self.hand_over(std::iter::once(write).chain(told).collect());
    }

    /// Tells the cloud of what is not stored otherwise.
    fn tell(&mut self, told: Told<'_>) {
        if let Some(write) = self.merge.upstream.write(told, self.merge.clock.now()) {
            self.hand_over(vec![write]);
        }
    }

    /// Hands a record to the writer that the cloud is not told of.
    fn keep(&mut self, write: Write) {
        self.hand_over(vec![write]);
    }

    /// A full queue makes this wait: frames then wait in the rings, where they are counted.
    fn hand_over(&mut self, batch: Vec<Write>) {
        if let Err(error) = self.merge.writer.submit(batch) {
            self.merge.telemetry.set_part("store", PartState::Failed, error.to_string());
        }
    }

    fn count(&mut self, record: &PitchRecord) {
        match record.state {
            State::Final => self.published.r#final += 1,
            _ if record.revision == 0 => self.published.provisional += 1,
            _ => self.published.revised += 1,
        }
        self.published.flagged += u64::from(!record.flags.is_empty());
    }

    /// Records the wall time between two moments of box time.
    fn latency(&mut self, stage: Stage, now: BoxNs, since: BoxNs) {
        let box_ns = now.0.saturating_sub(since.0) as f64;
        self.recorder.record(stage, Duration::from_nanos((box_ns / self.merge.clock.speed()) as u64));
    }

    fn report(&self, now: BoxNs) {
        let telemetry = &self.merge.telemetry;
        telemetry.publish_reorder(reorder_status(&self.merge.pipeline, &self.merge.venue, now));
        telemetry.publish_ingest(ingest_status(&self.merge.counters, self.merge.receive_buffer_bytes));
        let lines = self.merge.counters.snapshot().lines;
        if !lines.is_empty() {
            let (state, detail) = ingest_part(&lines, self.merge.udp);
            telemetry.set_part("ingest", state, detail);
        }
        telemetry.publish_pitches(self.published);
        let counts = self.merge.writer.counts();
        match self.merge.writer.trouble() {
            Some(trouble) => telemetry.set_part("store", PartState::Failed, trouble),
            None => telemetry.set_part("store", PartState::Ready, ""),
        };
        telemetry.publish_store(StoreStatus {
            map_used_bytes: (self.merge.store.map_used().unwrap_or_default() * self.merge.store.map_bytes() as f64)
                as u64,
            map_size_bytes: self.merge.store.map_bytes() as u64,
            commits: counts.commits,
            commit_failures: counts.retries,
            queued: counts.submitted - counts.settled,
        });
    }
}

fn reorder_status(pipeline: &Pipeline<StoreProfiles>, venue: &Venue, now: BoxNs) -> ReorderStatus {
    let buffer = pipeline.reorder();
    let counts = buffer.counts();
    let ms = |ns: i128| ns as f64 / 1e6;
    let sources: Vec<reorder::SourceStatus> = buffer.sources().collect();
    let newest = |mound| sources.iter().filter(|s| s.mound == mound).filter_map(|s| s.largest).max();
    let behind = |of: crate::ids::EventNs| ms(i128::from(now.0) - i128::from(of.0));
    ReorderStatus {
        accounting: Accounting {
            received: counts.received,
            released: counts.released,
            duplicate: counts.duplicate,
            late: counts.late,
            quarantined: counts.quarantined,
            refused: counts.refused,
            overflowed: counts.overflowed,
            held: counts.held,
        },
        epochs: counts.epochs,
        sources: sources
            .iter()
            .map(|s| SourceStatus {
                source: s.source,
                name: venue.camera(s.source).map(|c| c.name.clone()).unwrap_or_default(),
                state: match s.state {
                    reorder::SourceState::Unseen => SourceState::Unseen,
                    reorder::SourceState::Active => SourceState::Active,
                    reorder::SourceState::Idle => SourceState::Idle,
                    reorder::SourceState::Rejoining => SourceState::Rejoining,
                    reorder::SourceState::Finished => SourceState::Finished,
                },
                gates: s.mound.is_some() && s.state == reorder::SourceState::Active,
                lag_ms: s.lag_ns.map(|ns| ms(ns.into())),
                watermark_lag_ms: newest(s.mound)
                    .zip(s.largest)
                    .map(|(newest, own)| ms(i128::from(newest.0) - i128::from(own.0))),
                accounting: Accounting {
                    received: s.held + s.released + s.duplicate + s.late + s.quarantined + s.refused + s.overflowed,
                    released: s.released,
                    duplicate: s.duplicate,
                    late: s.late,
                    quarantined: s.quarantined,
                    refused: s.refused,
                    overflowed: s.overflowed,
                    held: s.held,
                },
                gaps: s.gaps,
                restarts: s.restarts,
                dropped: pipeline.dropped(s.source).into(),
            })
            .collect(),
        mounds: venue
            .mounds
            .iter()
            .map(|mound| {
                let watermarks = buffer.watermarks(mound.id);
                let held = sources.iter().filter(|s| s.mound == Some(mound.id)).map(|s| s.held).sum();
                MoundStatus {
                    mound: mound.id.0,
                    name: mound.name.clone(),
                    eager_watermark_lag_ms: watermarks.map(|(eager, _)| behind(eager)),
                    final_watermark_lag_ms: watermarks.map(|(_, final_)| behind(final_)),
                    held,
                }
            })
            .collect(),
    }
}

fn ingest_status(counters: &IngestCounters, (asked, given): (u32, u32)) -> IngestStatus {
    let now = counters.snapshot();
    IngestStatus {
        datagrams: now.datagrams,
        bytes: now.bytes,
        frames: now.frames(),
        refused: Refusal::all().map(|refusal| (refusal.as_str().to_owned(), now.refused(refusal))).collect(),
        kernel_drops: now.kernel_dropped,
        unstamped: now.unstamped,
        socket_errors: now.socket_errors,
        receive_buffer_bytes: given.into(),
        receive_buffer_wanted_bytes: asked.into(),
        serial: now.lines.iter().map(serial_status).collect(),
    }
}

fn serial_status(line: &LineSnapshot) -> SerialStatus {
    SerialStatus {
        device: line.line.device().display().to_string(),
        baud: line.line.baud(),
        state: line.state.as_str().to_owned(),
        bytes: line.bytes,
        frames: line.frames,
        rubbish: line.rubbish,
        opened: line.opened,
        open_failures: line.open_failures,
    }
}

/// How ingest does: the UDP socket works as long as its thread does, a serial line may be away.
fn ingest_part(lines: &[LineSnapshot], udp: SocketAddr) -> (PartState, String) {
    let mut detail = format!("udp {udp}");
    for line in lines {
        // Writing to a string cannot fail.
        let _ = write!(detail, "; serial {} {}", line.line, line.state.as_str());
        if !line.state.advice().is_empty() {
            let _ = write!(detail, " ({})", line.state.advice());
        }
    }
    let troubled = lines.iter().any(|line| !line.state.advice().is_empty());
    (if troubled { PartState::Degraded } else { PartState::Ready }, detail)
}
