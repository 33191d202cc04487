//! The merge thread: steps the pipeline, publishes what happened, hands records to the writer.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::apart::{Apart, Boot, KeptApart};
use super::merge_status::{clocks_part, ingest_part, ingest_status, reorder_status, writer_part};
use super::profiles::{self, StoreProfiles, learned_key};
use super::reprocess::Reprocess;
use super::upstream::SummaryWriter;
use super::waking::{Rest, Waker};
use super::{calibration, recovery};
use crate::api::{Command, Event, Live};
use crate::clock::BoxClock;
use crate::environment::Environment;
use crate::ids::{BoxNs, EventNs};
use crate::ingest::{IngestCounters, KeyRing, RefusedSources, SourceMark, refusals};
use crate::journal::Journal;
use crate::moment::rfc3339;
use crate::observe::{PartState, PublishedPitches, Recorder, Stage, StoreStatus, Telemetry};
use crate::pipeline::{Answer, Input, MarkFeedState, Output, Pipeline};
use crate::readiness::Alert;
use crate::records::{EARLY, JOURNAL_GAP, PitchRecord, REPROCESSED, State};
use crate::reorder;
use crate::store::{Store, Write, WriterHandle};
use crate::tracking::venue::Venue;
use crate::upstream::SummaryEvent;

/// How often the pipeline steps while no frame comes: its timers are no finer, and each step is journalled.
const IDLE_STEP: Duration = Duration::from_millis(40);

/// The same while it holds no frame either, divided by the clock's speed: what is due then is due in seconds.
const STILL_STEP: Duration = Duration::from_millis(250);

/// How long whoever asks for something is let wait at most while no frame comes: it wakes nobody.
const ASKED_EVERY: Duration = Duration::from_millis(100);

/// How often it is looked whether the journal has flushed what transactions wait for.
const FLUSHED_EVERY: Duration = Duration::from_millis(2);

/// How often counters and states are published.
const REPORT_EVERY_NS: u64 = 250_000_000;

/// How often the cameras' state is published with its charts, some hundred kilobytes.
const SHOW_EVERY_NS: u64 = 1_000_000_000;

/// How long a transaction waits for the journal: for a disk that is not in trouble.
const FLUSH_GRACE: Duration = Duration::from_millis(250);

/// Transactions that may wait for the journal.
const WAITING_MAX: usize = 64;

/// Cameras are sources up to this one, mark feeds those from the other one on, other devices between them.
pub(super) const CAMERA_MAX: u8 = 39;

pub(super) const FEED_MIN: u8 = 48;

/// Clocks that are otherwise apart by more than this are kept anew, ns: more than ways of frames differ from one hour to the next.
const APART_NEWS_NS: u64 = 2_000_000_000;

/// How often how the pipeline stands is journalled, box time: a replay begins at one of these.
const NOTE_EVERY_NS: u64 = 300_000_000_000;

pub(super) struct Merge {
    pub(super) pipeline: Pipeline<StoreProfiles>,
    pub(super) clock: BoxClock,
    pub(super) live: Arc<Live>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) writer: WriterHandle,
    pub(super) store: Arc<Store>,
    /// Sources that are expected, besides the venue's cameras: those that addresses are listed for, …
    pub(super) listed: BTreeSet<u8>,
    /// … and those that there are keys of.
    pub(super) frame_keys: Option<KeyRing>,
    pub(super) counters: Arc<IngestCounters>,
    /// Where the socket listens.
    pub(super) udp: SocketAddr,
    /// Asked for, given.
    pub(super) receive_buffer_bytes: (u32, u32),
    pub(super) venue: Venue,
    pub(super) environment: Arc<Environment>,
    pub(super) inbox: mpsc::Receiver<Command>,
    pub(super) stop: Arc<AtomicBool>,
    /// Turns of the thread so far.
    pub(super) turns: Arc<AtomicU64>,
    pub(super) upstream: SummaryWriter,
    /// Absent where nothing is journalled.
    pub(super) journal: Option<Journal>,
    /// Absent where nothing is journalled.
    pub(super) reprocess: Option<Reprocess>,
    /// What a run that was killed had not published, and how many frames told it.
    pub(super) recovered: (Vec<Output>, u64),
}

/// Starts the thread, and tells how it is woken. It ends once `stop` is set and everything held has gone through.
pub(super) fn spawn(merge: Merge) -> std::io::Result<(JoinHandle<()>, Waker)> {
    let rest = Rest::default();
    let own = rest.clone();
    let thread = std::thread::Builder::new().name("merge".into()).spawn(move || {
        let recorder = merge.telemetry.recorder();
        let zone = crate::day::zone(&merge.venue.time_zone);
        let noted = merge.clock.now();
        let newest_ns = merge.pipeline.published().map(|(_, release)| release.0).max();
        let apart_ns = merge.pipeline.clocks_apart_ns();
        let published = PublishedPitches { newest_ns, ..PublishedPitches::default() };
        Running {
            merge,
            rest: own,
            recorder,
            published,
            batch: Vec::new(),
            waiting: VecDeque::with_capacity(WAITING_MAX),
            reported: BoxNs(0),
            shown: BoxNs(0),
            kept: BoxNs(0),
            marks: Vec::new(),
            marked: BoxNs(0),
            noted,
            refused: RefusedSources::default(),
            apart: Apart::default(),
            zone,
            apart_ns,
            kept_apart_ns: None,
        }
        .run();
    })?;
    let waker = Waker::new(rest, thread.thread());
    Ok((thread, waker))
}

impl Merge {
    /// Whether this box is set up to hear that source.
    fn expects(&self, source: u8) -> bool {
        self.venue.mounds.iter().any(|mound| mound.cameras.contains(&source))
            || self.listed.contains(&source)
            || self.frame_keys.as_ref().is_some_and(|keys| keys.knows(source))
    }
}

struct Running {
    merge: Merge,
    rest: Rest,
    recorder: Recorder,
    published: PublishedPitches,
    /// What one step has to keep: one transaction.
    batch: Vec<Write>,
    /// Transactions that wait until the journal has flushed the frames behind them, oldest first, so that what is
    /// committed can be gone on from: number of the step after theirs, and since when they wait.
    waiting: VecDeque<(u64, Instant, Vec<Write>)>,
    reported: BoxNs,
    /// When the cameras' state was last published.
    shown: BoxNs,
    /// When how the pipeline stands was last kept in the store, and in the journal.
    kept: BoxNs,
    noted: BoxNs,
    /// How far the sources had come when that was last kept, and when that was.
    marks: Vec<SourceMark>,
    marked: BoxNs,
    /// Who sends nothing that is let in.
    pub(super) refused: RefusedSources,
    apart: Apart,
    /// The park's.
    zone: TimeZone,
    /// How far the box's clock is ahead of the cameras', ns, and how far the system's was when that was last kept.
    pub(super) apart_ns: i64,
    kept_apart_ns: Option<i64>,
}

impl Running {
    fn run(mut self) {
        self.merge.telemetry.set_part("merge", PartState::Ready, "");
        if self.merge.pipeline.next_step().is_none() {
            // What an earlier run kept is not gone on from, and must not be by a later one that journals again.
            self.batch.push(recovery::all_done());
        }
        self.batch.extend(profiles::drop_kept());
        let mut outputs = std::mem::take(&mut self.merge.recovered.0);
        self.apply(&mut outputs, self.merge.clock.now());
        let mut stepped: Option<Instant> = None;
        loop {
            self.merge.turns.fetch_add(1, Ordering::Relaxed);
            // Read before the step: it is said when ingest has pushed its last frame.
            let stopping = self.merge.stop.load(Ordering::Acquire);
            let idle = stepped.map_or(Duration::MAX, |at: Instant| at.elapsed());
            if !stopping
                && !self.merge.pipeline.has_frames()
                && let due = self.idle_step()
                && idle < due
            {
                self.submit();
                let left = due.saturating_sub(idle).min(ASKED_EVERY);
                let left = if self.waiting.is_empty() { left } else { left.min(FLUSHED_EVERY) };
                self.rest.rest(left, || self.merge.pipeline.has_frames());
                continue;
            }
            let now = self.merge.clock.now();
            let began = Instant::now();
            stepped = Some(began);
            let frames = self.merge.pipeline.step(now, &mut outputs);
            if outputs.iter().any(|output| matches!(output, Output::Pitch { .. })) {
                self.recorder.record(Stage::Step, began.elapsed());
            }
            if let Some(arrival) = self.merge.pipeline.first_taken() {
                self.latency(Stage::KernelToMerge, now, arrival);
            }
            if stopping && frames == 0 {
                break;
            }
            // Before anything else is told to the pipeline: what is kept stands at the end of the step.
            self.apply(&mut outputs, now);
            self.commands(now);
            if let Some(reprocess) = &self.merge.reprocess {
                reprocess.done().for_each(|remeasured| {
                    self.merge.pipeline.input(Input::Reprocessed(Box::new(remeasured)), now);
                });
            }
            if now.0.saturating_sub(self.reported.0) as f64 >= REPORT_EVERY_NS as f64 * self.merge.clock.speed() {
                self.reported = now;
                self.sense(now);
                self.report(now);
                profiles::farewell(&self.merge.pipeline, &self.merge.live);
                profiles::renew(&self.merge.pipeline, &self.merge.live);
            }
            if now.0.saturating_sub(self.shown.0) as f64 >= SHOW_EVERY_NS as f64 * self.merge.clock.speed() {
                self.show_rig(now);
            }
        }
        self.merge.pipeline.finish(self.merge.clock.now(), &mut outputs);
        self.publish(&mut outputs);
        self.keep_marks(true, self.merge.clock.now());
        self.batch.push(recovery::all_done());
        self.batch.push(profiles::keep_arms(&self.merge.pipeline));
        self.batch.push(profiles::keep_trust(&self.merge.pipeline));
        self.batch.push(profiles::keep_clocks(&self.merge.pipeline));
        let last = std::mem::take(&mut self.batch);
        for batch in std::mem::take(&mut self.waiting).into_iter().map(|(.., batch)| batch).chain([last]) {
            self.write(batch);
        }
        self.report(self.merge.clock.now());
        self.merge.telemetry.set_part("merge", PartState::Stopped, "");
    }

    /// How long after a step the next one is due though no frame came.
    fn idle_step(&self) -> Duration {
        if self.merge.inbox.is_empty() && self.merge.pipeline.is_still() {
            IDLE_STEP.max(STILL_STEP.div_f64(self.merge.clock.speed()))
        } else {
            IDLE_STEP
        }
    }

    /// Hands the pipeline what the park's sensors say.
    fn sense(&mut self, now: BoxNs) {
        let conditions = self.merge.environment.conditions();
        self.merge.pipeline.input(Input::Weather(conditions.air(now)), now);
        for camera in &conditions.vibration {
            if let Some(rms_g) = conditions.vibration_g(camera.camera, now) {
                self.merge.pipeline.input(Input::Vibration { camera: camera.camera, rms_g }, now);
            }
        }
    }

    fn commands(&mut self, now: BoxNs) {
        while let Ok(command) = self.merge.inbox.try_recv() {
            // Whoever asked may have gone: what was asked for is done all the same.
            match command {
                Command::AcknowledgeAlert { id, reply } => {
                    let acknowledged = self.merge.pipeline.input(Input::Acknowledge { alert: id }, now).alert;
                    let alert = acknowledged.or_else(|| self.seen_of_box(id, now));
                    if let Some(alert) = &alert {
                        self.tell(SummaryEvent::Alert(alert));
                        self.merge.live.publish(Event::AlertAcknowledged(alert.clone()));
                    }
                    let _ = reply.send(alert);
                }
                Command::Recalibrate { cameras, dry_run, reply } => {
                    let Answer { proposals, .. } =
                        self.merge.pipeline.input(Input::Recalibrate { cameras, dry_run }, now);
                    self.show_rig(now);
                    let _ = reply.send(proposals);
                }
                Command::Judge(limits) => drop(self.merge.pipeline.input(Input::JudgeBy(limits), now)),
                Command::NamesCame => self.merge.pipeline.names_came(),
            }
        }
    }

    /// An alert that was raised beside the pipeline, as seen; none where no such one stands.
    fn seen_of_box(&self, id: u64, now: BoxNs) -> Option<Alert> {
        let mut alert = self.merge.live.snapshot().alerts().find(|alert| alert.id == id).cloned()?;
        alert.acknowledged_at.get_or_insert_with(|| rfc3339(now));
        Some(alert)
    }

    /// Publishes what a step brought, and has it kept in one transaction with how the pipeline stands after it.
    fn apply(&mut self, outputs: &mut Vec<Output>, now: BoxNs) {
        self.publish(outputs);
        let results = self.batch.iter().any(|write| matches!(write, Write::Pitch(_)));
        if results || now.0.saturating_sub(self.kept.0) >= recovery::CHECKPOINT_EVERY_NS {
            // Before the first step there is nothing to keep, and the next step is asked again.
            if let Some(checkpoint) = self.merge.pipeline.checkpoint() {
                self.kept = now;
                self.batch.push(recovery::checkpoint(&checkpoint));
            }
        }
        self.keep_marks(results, now);
        self.submit();
        if now.0.saturating_sub(self.noted.0) >= NOTE_EVERY_NS {
            self.noted = now;
            self.merge.pipeline.note_checkpoint();
        }
    }

    /// Has kept how far the sources have come: with the results that their frames made, and now and then.
    fn keep_marks(&mut self, results: bool, now: BoxNs) {
        let forgotten = self.merge.store.take_forgotten();
        (0..64)
            .filter(|source| forgotten & (1 << source) != 0)
            .for_each(|source| self.merge.counters.marks.forget(source));
        if !results && forgotten == 0 && now.0.saturating_sub(self.marked.0) < recovery::CHECKPOINT_EVERY_NS {
            return;
        }
        self.marked = now;
        let marks = self.merge.counters.marks.kept();
        if marks != self.marks {
            self.batch.push(Write::SourceMarks(marks.clone()));
            self.marks = marks;
        }
    }

    fn publish(&mut self, outputs: &mut Vec<Output>) {
        for output in outputs.drain(..) {
            match output {
                Output::Pitch { record, moved_by, crossed } => {
                    let stage = match record.state {
                        State::Final => Stage::WatermarkToFinal,
                        State::Provisional | State::Held => Stage::WatermarkToProvisional,
                    };
                    let of_state = (record.state, record.flags.iter().any(|flag| flag == EARLY));
                    self.count(&record);
                    tracing::debug!(
                        pitcher = record.pitcher, game_pk = record.game_pk, mound = record.mound, id = record.id,
                        revision = record.revision, state = ?record.state, "pitch"
                    );
                    self.keep_and_tell(Write::Pitch(record.clone()), SummaryEvent::Pitch(&record));
                    self.merge.live.publish(Event::Pitch(*record));
                    let now = self.merge.clock.now();
                    self.latency(stage, now, moved_by);
                    if let Some(crossed) = crossed {
                        self.since_crossing(of_state, crossed, now);
                    }
                }
                Output::Readiness { readiness, .. } => {
                    self.tell(SummaryEvent::Readiness(&readiness));
                    let of = (readiness.pitcher, readiness.mound);
                    // Points of earlier pitches settle with it.
                    match self.merge.pipeline.trend_of(of).cloned() {
                        Some(trend) => self.merge.live.publish_outing(*readiness, trend),
                        None => self.merge.live.publish(Event::Readiness(*readiness)),
                    };
                }
                Output::Recounted(record) => {
                    self.keep_and_tell(Write::Pitch(record.clone()), SummaryEvent::Pitch(&record));
                    self.merge.live.publish(Event::Pitch(*record));
                }
                Output::Missed(outing) => self.batch.push(Write::Missed(outing)),
                Output::Raised(alert) => {
                    tracing::warn!(rule = alert.rule, value = alert.value, limit = alert.limit, "alert raised");
                    self.tell(SummaryEvent::Alert(&alert));
                    self.merge.live.publish(Event::AlertRaised(alert));
                }
                Output::Cleared(alert) => {
                    tracing::info!(rule = alert.rule, "alert cleared");
                    self.tell(SummaryEvent::Alert(&alert));
                    self.merge.live.publish(Event::AlertCleared(alert));
                }
                Output::Critical(critical) => {
                    if let Some(reprocess) = &self.merge.reprocess {
                        reprocess.ask(*critical);
                    }
                }
                Output::Camera(event) => calibration::log(&event),
                Output::Calibration(kept) => {
                    if let Some(record) = calibration::record(&kept) {
                        self.batch.push(Write::Calibration(Box::new(record)));
                        // The whole picture with its charts: only for somebody who hears it.
                        if self.merge.upstream.is_on() {
                            let status = calibration::status(
                                &self.merge.pipeline.calibration(self.merge.clock.now()),
                                &self.zone,
                            );
                            self.tell(SummaryEvent::Calibration(&status));
                        }
                    }
                }
                Output::Learned(mound, scale) => {
                    self.batch.push(Write::Checkpoint { name: learned_key(mound), bytes: profiles::encode(scale) });
                }
            }
        }
    }

    /// Publishes how the cameras stand.
    fn show_rig(&mut self, now: BoxNs) {
        self.shown = now;
        calibration::show(self.merge.pipeline.calibration(now), &self.zone, &self.merge.live, &self.merge.telemetry);
    }

    /// Keeps a record, and with it in one batch what the cloud is told of it.
    fn keep_and_tell(&mut self, write: Write, told: SummaryEvent<'_>) {
        self.batch.push(write);
        self.tell(told);
    }

    /// Tells the cloud, in the batch of this step.
    fn tell(&mut self, told: SummaryEvent<'_>) {
        self.batch.extend(self.merge.upstream.write(told, self.merge.clock.now()));
    }

    /// Hands what a step has to keep to the writer, once the journal has flushed the step or was too slow for it.
    fn submit(&mut self) {
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            match self.merge.pipeline.next_step() {
                Some(step) => self.waiting.push_back((step, Instant::now(), batch)),
                None => self.write(batch),
            }
        }
        let flushed = self.merge.journal.as_ref().map_or(u64::MAX, Journal::flushed);
        while self.waiting.front().is_some_and(|(step, since, _)| {
            *step <= flushed || since.elapsed() >= FLUSH_GRACE || self.waiting.len() >= WAITING_MAX
        }) {
            let (.., batch) = self.waiting.pop_front().expect("the front was there");
            self.write(batch);
        }
    }

    /// A full queue makes this wait: frames then wait in the rings, where they are counted.
    fn write(&mut self, batch: Vec<Write>) {
        if let Err(error) = self.merge.writer.submit(batch) {
            self.merge.telemetry.set_part("writer", PartState::Failed, error.to_string());
        }
    }

    fn count(&mut self, record: &PitchRecord) {
        self.published.newest_ns = self.published.newest_ns.max(Some(record.release_ns));
        match record.state {
            State::Final => self.published.r#final += 1,
            _ if record.revision == 0 => self.published.provisional += 1,
            _ => self.published.revised += 1,
        }
        let flagged = |name: &str| u64::from(record.flags.iter().any(|flag| flag == name));
        self.published.reprocessed += flagged(REPROCESSED);
        self.published.journal_gap += flagged(JOURNAL_GAP);
        self.published.flag(record.state == State::Final, &record.flags);
    }

    /// Records the wall time between two moments of box time.
    fn latency(&mut self, stage: Stage, now: BoxNs, since: BoxNs) {
        let box_ns = now.0.saturating_sub(since.0) as f64;
        self.recorder.record(stage, Duration::from_nanos((box_ns / self.merge.clock.speed()) as u64));
    }

    /// Records what a coach waits: from the ball's crossing of the plate to the first result of a state, by the cameras' clock.
    fn since_crossing(&mut self, (state, is_early): (State, bool), crossed: EventNs, now: BoxNs) {
        let stage = match state {
            State::Final => Stage::CrossingToFinal,
            _ if is_early => Stage::CrossingToEarly,
            State::Provisional | State::Held => Stage::CrossingToProvisional,
        };
        let seen = now.by_cameras(self.merge.pipeline.clocks_apart_ns());
        self.recorder.record(stage, Duration::from_nanos(seen.0.saturating_sub(crossed.0)));
    }

    /// Tells whose the throws are, and people what is new of it.
    fn tell_whose(&self, now: BoxNs) {
        let status = self.merge.pipeline.attribution(now);
        // A feed that never was there is no part.
        if status.degraded || status.mark_feed != MarkFeedState::Never {
            let state = if status.degraded { PartState::Degraded } else { PartState::Ready };
            self.merge.telemetry.set_part("marks", state, &status.sentence);
        }
        if self.merge.live.snapshot().attribution().is_none_or(|told| status.is_news(told)) {
            self.merge.live.publish(Event::Attribution(status.clone()));
        }
        self.merge.telemetry.publish_attribution(status);
    }

    /// Has kept how far the system's clock is off the cameras': a run that starts by it knows what time it is.
    fn keep_apart(&mut self, now: BoxNs) {
        let ns = self.apart_ns.saturating_add(if self.apart_ns == 0 { 0 } else { self.merge.clock.set_by_ns() });
        if self.kept_apart_ns.is_none_or(|kept| kept.abs_diff(ns) > APART_NEWS_NS) {
            self.kept_apart_ns = Some(ns);
            let boot = Boot::of(self.merge.clock);
            let kept = KeptApart { system_ns: ns, box_ns: self.apart_ns, at: now, boot };
            self.batch.push(profiles::keep_apart(&kept));
        }
    }

    /// Tells whose clock is off, and the pipeline what the system's clock was set by since the start.
    fn tell_clocks(&mut self, now: BoxNs) {
        self.merge.pipeline.input(Input::Wall { ahead_ns: self.merge.clock.set_by_ns() }, now);
        let off = self.merge.pipeline.clocks_off(now);
        let (state, told) = clocks_part(&off, self.merge.telemetry.hears_cameras());
        self.merge.telemetry.set_part("clocks", state, told);
    }

    fn report(&mut self, now: BoxNs) {
        self.tell_clocks(now);
        let buffer = self.merge.pipeline.reorder();
        let lags = buffer.sources().filter(|source| is_heard(source.state)).filter_map(|source| source.lag_ns);
        if buffer.median_lag_ns().is_some() {
            self.apart_ns = self.apart.look(buffer.clock_offset_ns(), lags);
            self.merge.live.set_clocks_apart(self.apart_ns);
            self.keep_apart(now);
        }
        let apart_ns = self.apart_ns;
        let telemetry = &self.merge.telemetry;
        telemetry.publish_reorder(reorder_status(&self.merge.pipeline, &self.merge.venue, apart_ns, now));
        telemetry.publish_ingest(ingest_status(&self.merge.counters, self.merge.receive_buffer_bytes, now));
        let counts = self.merge.counters.snapshot();
        let expected = |source| self.merge.expects(source);
        let refused = self.refused.look(&counts, expected, now);
        let news: Vec<_> = refused.iter().filter(|refused| refused.is_news).copied().collect();
        for sentence in refusals::sentences(&news, rfc3339) {
            tracing::warn!("{sentence}");
        }
        let twofold = self.merge.counters.twofold(now);
        let (state, detail) = ingest_part(&counts.lines, &refused, &twofold, self.merge.udp);
        telemetry.set_part("ingest", state, detail);
        telemetry.publish_pitches(PublishedPitches {
            marks_contradicted: self.merge.pipeline.contradicted_marks(),
            ..self.published.clone()
        });
        self.tell_whose(now);
        if let Some(journal) = &self.merge.journal {
            super::journal::report(journal, self.merge.recovered.1, telemetry);
        }
        let counts = self.merge.writer.counts();
        let queued = counts.submitted - counts.settled;
        let (state, detail) = writer_part(self.merge.writer.trouble(), queued, self.merge.writer.room(), counts.lost);
        telemetry.set_part("writer", state, detail);
        telemetry.publish_store(StoreStatus {
            map_used_bytes: (self.merge.store.map_used().unwrap_or_default() * self.merge.store.map_bytes() as f64)
                as u64,
            map_size_bytes: self.merge.store.map_bytes() as u64,
            commits: counts.commits,
            commit_failures: counts.retries,
            queued: queued + self.waiting.len() as u64,
            queue_room: self.merge.writer.room() as u64,
            refused: counts.refused,
            lost: counts.lost,
            waits: counts.waits,
            corrupt_records: self.merge.store.corrupt_records(),
            finals_kept: self.merge.store.refused_finals(),
        });
    }
}

/// Whether what a source's newest frame said is of now.
pub(super) fn is_heard(state: reorder::SourceState) -> bool {
    matches!(state, reorder::SourceState::Active | reorder::SourceState::Rejoining)
}
