//! The hub between the merge thread, which publishes, and the clients, who read.
//!
//! Publishing never waits for a reader: an event goes into its slot of a ring, then the new snapshot and the new
//! sequence number become visible, each by one pointer or number swapped. Readers keep a position in the ring instead
//! of a queue of their own; a reader whose position has been overwritten is told so ([`Since::Gone`]) and starts anew
//! from a snapshot. So a client costs no memory here and a slow one costs nobody anything.
//!
//! **Sequence numbers** rise by one with each event. The first one of a run is the box time of the start in
//! microseconds: a number that a client kept from an earlier run is then below everything in the ring, and the client
//! gets a snapshot rather than somebody else's events. They stay below 2^53, which is what JavaScript counts exactly.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use arc_swap::{ArcSwap, ArcSwapOption};
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::calibration::Report;
use crate::clock::BoxClock;
use crate::ids::{BoxNs, MoundId, PitcherId};
use crate::moment::rfc3339;
use crate::observe::PartReport;
use crate::pipeline::AttributionStatus;
use crate::readiness::{Alert, Readiness, Trend};
use crate::records::{PitchRecord, serialize_all_told, serialize_told};

/// Newest pitches in a snapshot.
const RECENT_PITCHES: usize = 100;
/// Pitchers in a snapshot; beyond it the one updated longest ago leaves.
const ACTIVE_PITCHERS: usize = 256;
/// Standing alerts in a snapshot; beyond it the oldest leaves.
const STANDING_ALERTS: usize = 1024;

/// Something that clients want to know at once.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// A pitch, provisional, revised or final.
    #[serde(serialize_with = "serialize_told")]
    Pitch(PitchRecord),
    /// A pitcher's readiness changed.
    Readiness(Readiness),
    /// A pitcher's outing on a mound ended, or he left it long ago: he is no longer active there.
    OutingEnded {
        /// Who.
        pitcher: PitcherId,
        /// Where.
        mound: MoundId,
    },
    /// An alert was raised.
    AlertRaised(Alert),
    /// An alert cleared.
    AlertCleared(Alert),
    /// Somebody acknowledged an alert.
    AlertAcknowledged(Alert),
    /// A part of the daemon changed its state.
    Health(PartReport),
    /// Whose the throws are: how the mark feed does, and how many throws count for nobody.
    Attribution(AttributionStatus),
}

/// An event with its number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Numbered {
    /// Rises by one with each event.
    pub seq: u64,
    /// Box time of publishing, RFC 3339.
    pub published_at: String,
    /// The same moment by the cameras' clock, RFC 3339: event times and ages are by it.
    pub seen_at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// When it was published, for the latency to the socket.
    #[serde(skip)]
    pub(super) published: Instant,
    #[serde(skip)]
    text: OnceLock<Utf8Bytes>,
}

impl Numbered {
    /// As sent to clients: written once, by the first client that sends it, and shared by all.
    pub(super) fn text(&self) -> Utf8Bytes {
        self.text.get_or_init(|| serde_json::to_string(self).expect("an event is plain data").into()).clone()
    }
}

/// Said in quiet moments to clients that ask for it: that the connection lives, and what time it is on the box.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Beat {
    /// The last event that the client has.
    pub seq: u64,
    /// Always `beat`.
    pub r#type: BeatTag,
    /// Box time, RFC 3339.
    pub published_at: String,
    /// The same moment by the cameras' clock, RFC 3339.
    pub seen_at: String,
}

/// What a [`Beat`] is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BeatTag {
    /// Always.
    Beat,
}

/// What a [`SnapshotMessage`] is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotTag {
    /// Always.
    Snapshot,
}

/// A readiness, whose age is told anew at each reading, and how its outing went.
#[derive(Debug, Clone)]
struct Shown {
    readiness: Arc<Readiness>,
    published: BoxNs,
    trend: Trend,
}

impl Shown {
    fn of(&self) -> (PitcherId, MoundId) {
        (self.readiness.pitcher, self.readiness.mound)
    }

    fn at(&self, seen_now: BoxNs) -> Readiness {
        aged(Readiness::clone(&self.readiness), seen_now)
    }

    /// When he threw last.
    fn thrown(&self) -> Option<jiff::Timestamp> {
        self.readiness.last_pitch_at.parse().ok()
    }
}

/// As of a moment by the cameras' clock: a value is as old as the pitches behind it, whenever it was published.
fn aged(mut readiness: Readiness, seen_now: BoxNs) -> Readiness {
    readiness.data_age_ms = readiness.as_of.as_ref().and_then(|as_of| as_of.age_ms(seen_now));
    readiness
}

/// What is true after the event `seq`. Immutable.
#[derive(Debug, Clone)]
pub struct Snapshot {
    seq: u64,
    /// How far the box's clock is ahead of the cameras'.
    clocks_apart_ns: i64,
    readiness: Vec<Shown>,
    alerts: Vec<Arc<Alert>>,
    pitches: VecDeque<Arc<PitchRecord>>,
    attribution: Option<Arc<AttributionStatus>>,
}

impl Snapshot {
    /// The last event that it knows of.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// All active pitchers on their mounds, ascending by pitcher and mound, with `data_age_ms` as of `now`.
    pub fn readiness(&self, now: BoxNs) -> Vec<Readiness> {
        self.readiness.iter().map(|shown| shown.at(self.seen(now))).collect()
    }

    /// One active pitcher on a mound, or on the one where he threw last, with `data_age_ms` as of `now`.
    pub fn readiness_of(&self, pitcher: PitcherId, mound: Option<MoundId>, now: BoxNs) -> Option<Readiness> {
        self.shown(pitcher, mound).map(|shown| shown.at(self.seen(now)))
    }

    /// A moment by the cameras' clock, which all ages are counted by and the day of baseball turns by.
    pub fn seen(&self, now: BoxNs) -> BoxNs {
        BoxNs(now.by_cameras(self.clocks_apart_ns).0)
    }

    /// Whether an outing is shown, and otherwise than this, its age aside.
    pub(crate) fn shows_otherwise(&self, readiness: &Readiness) -> bool {
        let of = (readiness.pitcher, readiness.mound);
        let Ok(index) = self.readiness.binary_search_by_key(&of, Shown::of) else { return false };
        let shown = &*self.readiness[index].readiness;
        let data_age_ms = shown.data_age_ms;
        *shown != Readiness { data_age_ms, ..readiness.clone() }
    }

    /// How an active pitcher's outing on a mound, or on the one where he threw last, went.
    pub(super) fn trend_of(&self, pitcher: PitcherId, mound: Option<MoundId>) -> Option<(MoundId, Trend)> {
        self.shown(pitcher, mound).map(|shown| (shown.readiness.mound, shown.trend.clone()))
    }

    fn shown(&self, pitcher: PitcherId, mound: Option<MoundId>) -> Option<&Shown> {
        let of_him = self.readiness.iter().filter(|shown| shown.readiness.pitcher == pitcher);
        of_him
            .filter(|shown| mound.is_none_or(|mound| shown.readiness.mound == mound))
            .max_by_key(|shown| shown.thrown())
    }

    /// All active pitchers and their mounds, ascending.
    pub fn outings(&self) -> impl Iterator<Item = (PitcherId, MoundId)> {
        self.readiness.iter().map(Shown::of)
    }

    /// Standing alerts, oldest first.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().map(Arc::as_ref)
    }

    /// The newest pitches in their last revisions, oldest first.
    pub fn pitches(&self) -> impl Iterator<Item = &PitchRecord> {
        self.pitches.iter().map(Arc::as_ref)
    }

    /// Whose the throws are; none before anybody told.
    pub fn attribution(&self) -> Option<&AttributionStatus> {
        self.attribution.as_deref()
    }

    fn apply(&mut self, event: &Event, trend: Option<Trend>, now: BoxNs) {
        match event {
            Event::Pitch(pitch) => self.put_pitch(pitch),
            Event::Readiness(readiness) => self.put_readiness(readiness, trend, now),
            Event::OutingEnded { pitcher, mound } => self.readiness.retain(|shown| shown.of() != (*pitcher, *mound)),
            Event::AlertRaised(alert) => self.put_alert(alert),
            Event::AlertAcknowledged(alert) => self.acknowledge(alert),
            Event::AlertCleared(alert) => self.alerts.retain(|standing| standing.id != alert.id),
            Event::Attribution(status) => self.attribution = Some(Arc::new(status.clone())),
            Event::Health(_) => {}
        }
    }

    fn put_pitch(&mut self, pitch: &PitchRecord) {
        let pitch = Arc::new(pitch.clone());
        if let Some(known) = self.pitches.iter_mut().find(|known| known.id == pitch.id) {
            *known = pitch;
            return;
        }
        if self.pitches.len() == RECENT_PITCHES {
            self.pitches.pop_front();
        }
        self.pitches.push_back(pitch);
    }

    fn put_readiness(&mut self, readiness: &Readiness, trend: Option<Trend>, now: BoxNs) {
        let known = self.readiness.binary_search_by_key(&(readiness.pitcher, readiness.mound), Shown::of);
        let so_far = known.map(|index| std::mem::take(&mut self.readiness[index].trend));
        let trend = trend.unwrap_or_else(|| {
            let mut trend = so_far.unwrap_or_default();
            trend.push(readiness, || readiness.reasons.clone());
            trend
        });
        // What stands says what it watches now, in the list as at its pitcher.
        for alert in &readiness.alerts {
            if let Some(standing) = self.alerts.iter_mut().find(|standing| standing.id == alert.id) {
                *standing = Arc::new(alert.clone());
            }
        }
        let shown = Shown { readiness: Arc::new(readiness.clone()), published: now, trend };
        match known {
            Ok(index) => self.readiness[index] = shown,
            Err(index) => self.readiness.insert(index, shown),
        }
        if self.readiness.len() > ACTIVE_PITCHERS {
            let stalest = self.readiness.iter().enumerate().min_by_key(|(_, shown)| shown.published);
            if let Some((index, _)) = stalest {
                self.readiness.remove(index);
            }
        }
    }

    /// Shows that somebody has seen it wherever it stands: in the list, and at its pitcher.
    fn acknowledge(&mut self, alert: &Alert) {
        if self.alerts.iter().any(|standing| standing.id == alert.id) {
            self.put_alert(alert);
        }
        for shown in self.readiness.iter_mut().filter(|shown| Some(shown.readiness.pitcher) == alert.pitcher) {
            let of_him = &mut Arc::make_mut(&mut shown.readiness).alerts;
            of_him
                .iter_mut()
                .filter(|standing| standing.id == alert.id)
                .for_each(|standing| standing.clone_from(alert));
        }
    }

    fn put_alert(&mut self, alert: &Alert) {
        let alert = Arc::new(alert.clone());
        if let Some(standing) = self.alerts.iter_mut().find(|standing| standing.id == alert.id) {
            *standing = alert;
            return;
        }
        if self.alerts.len() == STANDING_ALERTS {
            self.alerts.remove(0);
        }
        self.alerts.push(alert);
    }
}

/// A snapshot as it goes to a client: `seq`, `type` = `snapshot`, `published_at` and `data`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SnapshotMessage {
    /// The last event that it knows of.
    pub seq: u64,
    /// Always `snapshot`.
    pub r#type: SnapshotTag,
    /// Box time of reading, RFC 3339; ages are as of then.
    pub published_at: String,
    /// The same moment by the cameras' clock, RFC 3339: whatever is told with an event time is so old as it lies before this.
    pub seen_at: String,
    /// What is true.
    pub data: SnapshotData,
}

/// What is true after an event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SnapshotData {
    /// All active pitchers.
    pub readiness: Vec<Readiness>,
    /// Standing alerts, oldest first.
    pub alerts: Vec<Alert>,
    /// The newest pitches, oldest first.
    #[serde(serialize_with = "serialize_all_told")]
    pub pitches: Vec<PitchRecord>,
    /// Whose the throws are; null before anybody told.
    pub attribution: Option<AttributionStatus>,
}

/// What came after a sequence number.
#[derive(Debug)]
pub enum Since {
    /// These events, oldest first; none where the number is the newest.
    Events(Vec<Arc<Numbered>>),
    /// The ring no longer has them all, or the number is of another run: start from a snapshot.
    Gone,
}

/// The hub.
#[derive(Debug)]
pub struct Live {
    clock: BoxClock,
    /// Number before the first event of this run.
    base: u64,
    head: AtomicU64,
    ring: Box<[ArcSwapOption<Numbered>]>,
    snapshot: ArcSwap<Snapshot>,
    /// How the cameras stand, as last shown.
    calibration: ArcSwapOption<Report>,
    wake: watch::Sender<u64>,
    closed: AtomicBool,
    /// Taken by publishers only, so the merge thread, the only one that publishes in numbers, finds it free.
    publishing: Mutex<()>,
}

impl Live {
    /// A hub whose ring keeps `capacity` events (at least one).
    pub fn new(capacity: usize, clock: BoxClock) -> Arc<Self> {
        let base = clock.now().0 / 1_000;
        let snapshot = Snapshot {
            seq: base,
            clocks_apart_ns: 0,
            readiness: Vec::new(),
            alerts: Vec::new(),
            pitches: VecDeque::new(),
            attribution: None,
        };
        Arc::new(Self {
            clock,
            base,
            head: AtomicU64::new(base),
            ring: (0..capacity.max(1)).map(|_| ArcSwapOption::empty()).collect(),
            snapshot: ArcSwap::from_pointee(snapshot),
            calibration: ArcSwapOption::empty(),
            wake: watch::Sender::new(base),
            closed: AtomicBool::new(false),
            publishing: Mutex::new(()),
        })
    }

    /// Publishes an event and returns its number. Waits for no reader.
    pub fn publish(&self, event: Event) -> u64 {
        self.publish_with(event, None)
    }

    /// Publishes a readiness of an outing that went on elsewhere until now, as the trend tells.
    pub fn publish_outing(&self, readiness: Readiness, trend: Trend) -> u64 {
        self.publish_with(Event::Readiness(readiness), Some(trend))
    }

    fn publish_with(&self, event: Event, trend: Option<Trend>) -> u64 {
        // The lock guards no data that a panic could leave half written.
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let seq = self.head.load(Ordering::Relaxed) + 1;
        let mut snapshot = Snapshot::clone(&self.snapshot.load());
        let event = match event {
            Event::Readiness(readiness) => Event::Readiness(aged(readiness, snapshot.seen(now))),
            other => other,
        };
        snapshot.seq = seq;
        snapshot.apply(&event, trend, now);
        let numbered = Numbered {
            seq,
            published_at: rfc3339(now),
            seen_at: rfc3339(snapshot.seen(now)),
            event,
            published: Instant::now(),
            text: OnceLock::new(),
        };
        self.slot(seq).store(Some(Arc::new(numbered)));
        // The head before the snapshot: whoever holds a snapshot finds all that came after it.
        self.head.store(seq, Ordering::Release);
        self.snapshot.store(Arc::new(snapshot));
        self.wake.send_replace(seq);
        seq
    }

    /// How far the box's clock is ahead of the cameras': ages count by event times.
    pub fn set_clocks_apart(&self, ns: i64) {
        if self.snapshot.load().clocks_apart_ns == ns {
            return;
        }
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = Snapshot { clocks_apart_ns: ns, ..Snapshot::clone(&self.snapshot.load()) };
        self.snapshot.store(Arc::new(snapshot));
    }

    /// What is true now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Shows how the cameras stand.
    pub fn show_calibration(&self, report: Arc<Report>) {
        self.calibration.store(Some(report));
    }

    /// How the cameras stood when it was last shown.
    pub fn calibration(&self) -> Option<Arc<Report>> {
        self.calibration.load_full()
    }

    /// What is true now, as it goes to a client.
    pub fn snapshot_message(&self) -> SnapshotMessage {
        let (snapshot, now) = (self.snapshot(), self.clock.now());
        SnapshotMessage {
            seq: snapshot.seq,
            r#type: SnapshotTag::Snapshot,
            published_at: rfc3339(now),
            seen_at: rfc3339(snapshot.seen(now)),
            data: SnapshotData {
                readiness: snapshot.readiness(now),
                alerts: snapshot.alerts().cloned().collect(),
                pitches: snapshot.pitches().cloned().collect(),
                attribution: snapshot.attribution().cloned(),
            },
        }
    }

    /// That the connection to a client lives, who has everything up to `seq`.
    pub(super) fn beat(&self, seq: u64) -> Beat {
        let (snapshot, now) = (self.snapshot(), self.clock.now());
        Beat { seq, r#type: BeatTag::Beat, published_at: rfc3339(now), seen_at: rfc3339(snapshot.seen(now)) }
    }

    /// The newest event's number.
    pub fn head(&self) -> u64 {
        self.head.load(Ordering::Acquire)
    }

    /// What came after `seq`.
    pub fn since(&self, seq: u64) -> Since {
        let head = self.head();
        if seq < self.base || seq > head || head - seq > self.capacity() {
            return Since::Gone;
        }
        let events: Option<Vec<_>> = (seq + 1..=head).map(|wanted| self.event(wanted)).collect();
        events.map_or(Since::Gone, Since::Events)
    }

    /// Events that the ring keeps: a client further behind has lost some.
    pub fn capacity(&self) -> u64 {
        self.ring.len() as u64
    }

    /// Sends the clients away with a word, because the daemon stops.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake.send_replace(self.head());
    }

    /// Whether the daemon stops.
    pub(super) fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The event with this number, while the ring has it.
    pub(super) fn event(&self, seq: u64) -> Option<Arc<Numbered>> {
        self.slot(seq).load_full().filter(|event| event.seq == seq)
    }

    /// Wakes up with each event.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    fn slot(&self, seq: u64) -> &ArcSwapOption<Numbered> {
        &self.ring[(seq % self.capacity()) as usize]
    }
}

#[cfg(test)]
mod tests;
