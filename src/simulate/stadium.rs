//! The stadium itself: what every device sends, in the order in which it reaches the box.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use firmware_protocol::{Mark, MarkKind};
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use super::cameras::{Eye, spin_reading};
use super::flight::Air;
use super::network::Link;
use super::pitchers::{self, Pitcher};
use super::script::{Planned, Script};
use super::settings::Settings;
use super::statcast::ThrownNineP;
use super::stints::Stint;
use super::thrown::Thrown;
use crate::features::baseline::PitcherBaseline;
use crate::ids::{BoxNs, EventNs, PitcherId};
use crate::reorder::Stamped;
use crate::signal::Signal;
use crate::tracking::venue::{Landmark, Mound, Venue};

/// What is played.
#[derive(Debug, Clone, PartialEq)]
pub enum Game {
    /// Published pitches on the game mound, flown exactly as published.
    Statcast(Vec<ThrownNineP>),
    /// Fictional pitchers, flights under drag and Magnus force.
    Scenario(Scenario),
    /// Fictional pitchers in turns of one's own choosing, in any order; the cameras sleep in between.
    Stints(Vec<Stint>),
}

/// A fictional evening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// Three hours: starters and relievers take half-innings in turn, relievers warm up on mounds 1 and 2.
    Game,
    /// A closer who tires: velocity falls by about 4 mph, spin scatters, the release drops.
    Closer,
    /// Both bullpens at once, nothing on the game mound.
    Bullpen,
}

/// One frame as it reaches the box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivery {
    /// When it reaches the box.
    pub arrival: BoxNs,
    /// Who sent it.
    pub source: u8,
    /// Its number at that source.
    pub seq: u32,
    /// When it happened.
    pub event: EventNs,
    /// What it says.
    pub signal: Signal,
}

/// As ingest would hand it on.
impl From<Delivery> for Stamped<Signal> {
    fn from(d: Delivery) -> Self {
        Self { source: d.source, seq: d.seq, event: d.event, arrival: d.arrival, payload: d.signal }
    }
}

/// What became of the frames so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Frames that devices sent.
    pub sent: u64,
    /// Of those, lost on the way.
    pub lost: u64,
    /// Of those, delivered twice.
    pub doubled: u64,
    /// Of those, held back for seconds.
    pub straggled: u64,
}

/// Event time generated at once, ns. An arrival is never before its event, so that everything which arrives before the
/// time generated so far is complete.
const STEP_NS: u64 = 100_000_000;
/// The ball is in the glove this long after it passes the plate's front, ns.
const CAUGHT_NS: u64 = 150_000_000;
/// Source of the first spin device and of the first mark feed; the mound's id is added.
const SPIN_SOURCE: u8 = 40;
const MARK_SOURCE: u8 = 48;
/// Mounds that a mark can name (0 to 2); nothing is thrown on a mound beyond.
pub(super) const MOUNDS_MAX: u8 = 3;

/// One device: what it is about to send, and its way to the box.
#[derive(Debug)]
struct Sender {
    source: u8,
    link: Link,
    /// Frames not yet sent, sorted by event time when they are.
    queue: Vec<(EventNs, Signal)>,
    /// Event times during which it sends nothing.
    silent: std::ops::Range<u64>,
}

/// A delivery in the heap, ordered by arrival; source, number and copy make the order total.
#[derive(Debug, Clone, Copy)]
struct Waiting(Delivery);

impl Waiting {
    fn key(&self) -> (BoxNs, u8, u32) {
        (self.0.arrival, self.0.source, self.0.seq)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// A stadium as a stream of frames in arrival order.
#[derive(Debug)]
pub struct Stadium {
    pub(super) settings: Settings,
    script: Script,
    truth: Vec<Thrown>,
    pub(super) roster: Vec<Pitcher>,
    mounds: Vec<Mound>,
    landmarks: Vec<Landmark>,
    eyes: Vec<Eye>,
    /// The cameras' first, in the order of `eyes`, then spin devices and mark feeds.
    senders: Vec<Sender>,
    heap: BinaryHeap<Reverse<Waiting>>,
    counts: Counts,
    /// Event time up to which frames are generated.
    generated: EventNs,
    throws_done: usize,
    marks_done: usize,
    rounds_done: usize,
}

impl Stadium {
    /// A stadium that has not begun.
    pub fn new(venue: &Venue, game: &Game, settings: Settings) -> Self {
        let script = Script::new(venue, game, &settings);
        let eyes = Eye::all(venue, &settings);
        let mut senders: Vec<Sender> = Vec::new();
        for eye in &eyes {
            let silent = settings.silent.filter(|s| s.camera == eye.source());
            let silent = silent.map_or(0..0, |s| settings.at(s.from_s).0..settings.at(s.from_s + s.for_s).0);
            let link = Link::camera(eye.source(), &settings);
            senders.push(Sender { source: eye.source(), link, queue: Vec::new(), silent });
        }
        for mound in venue.mounds.iter().filter(|m| m.id.0 < MOUNDS_MAX) {
            let (spin, marks) = (SPIN_SOURCE + mound.id.0, MARK_SOURCE + mound.id.0);
            for (source, link) in [(spin, Link::spin(spin, &settings)), (marks, Link::marks(marks, &settings))] {
                senders.push(Sender { source, link, queue: Vec::new(), silent: 0..0 });
            }
        }
        let truth: Vec<Thrown> = script.throws.iter().map(|p| p.thrown).collect();
        let fictional = if matches!(game, Game::Statcast(_)) { Vec::new() } else { pitchers::everybody() };
        Self {
            roster: fictional.into_iter().filter(|p| truth.iter().any(|t| t.pitcher == p.id)).collect(),
            truth,
            mounds: venue.mounds.clone(),
            landmarks: venue.landmarks.clone(),
            generated: settings.start,
            script,
            eyes,
            senders,
            settings,
            heap: BinaryHeap::new(),
            counts: Counts::default(),
            throws_done: 0,
            marks_done: 0,
            rounds_done: 0,
        }
    }

    /// Every pitch of the evening, thrown already or yet to be, in order of release.
    pub fn truth(&self) -> &[Thrown] {
        &self.truth
    }

    /// When the cameras start.
    pub fn start(&self) -> EventNs {
        self.settings.start
    }

    /// When the cameras stop.
    pub fn end(&self) -> EventNs {
        self.script.end
    }

    /// The fictional pitchers who throw this evening, and their names; empty for published pitches, whose file names no pitcher.
    pub fn roster(&self) -> Vec<(PitcherId, String)> {
        self.roster.iter().map(|p| (p.id, p.name.to_owned())).collect()
    }

    /// What a season would have taught about the roster, in still air of this density.
    pub fn baselines(&self) -> Vec<PitcherBaseline> {
        let air = Air::new(self.settings.air_density_kg_m3, Vector3::zeros());
        self.roster.iter().map(|p| p.baseline(self.settings.seed, &air)).collect()
    }

    /// What became of the frames so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Frames generated and not yet delivered: bounded by the lag, not by the evening's length.
    pub fn waiting(&self) -> usize {
        self.heap.len() + self.senders.iter().map(|s| s.queue.len()).sum::<usize>()
    }

    /// Generates the next [`STEP_NS`] of event time, or wakes the cameras where they sleep.
    fn step(&mut self) {
        if let Some(awake) = self.script.awake.iter().find(|awake| awake.end > self.generated.0)
            && awake.start > self.generated.0
        {
            self.generated = EventNs(awake.start);
            self.eyes.iter_mut().for_each(|eye| eye.wake(self.generated));
        }
        let until = EventNs((self.generated.0 + STEP_NS).min(self.script.end.0));
        while let Some(planned) = self.script.throws.get(self.throws_done).filter(|p| p.thrown.release < until) {
            let planned = *planned;
            self.throws_done += 1;
            self.throw(&planned);
        }
        while let Some((event, mark)) = self.script.marks.get(self.marks_done).filter(|(event, _)| *event < until) {
            let (event, mark) = (*event, *mark);
            self.marks_done += 1;
            self.mark(event, mark);
        }
        while let Some(at) = self.script.rounds.get(self.rounds_done).filter(|at| **at < until) {
            self.rounds_done += 1;
            if self.settings.landmarks {
                for (eye, sender) in self.eyes.iter().zip(&mut self.senders) {
                    eye.landmarks(&self.landmarks, *at, &self.settings, &mut sender.queue);
                }
            }
        }
        for (eye, sender) in self.eyes.iter_mut().zip(&mut self.senders) {
            eye.heartbeats(until, &mut sender.queue);
        }
        for sender in &mut self.senders {
            sender.send(until, &mut self.counts, &mut self.heap);
        }
        self.generated = until;
    }

    /// All that the devices will say about a throw.
    fn throw(&mut self, planned: &Planned) {
        let thrown = &planned.thrown;
        let flight = planned.flight();
        for (eye, sender) in self.eyes.iter().zip(&mut self.senders) {
            if eye.mound == thrown.mound {
                eye.balls(&flight, thrown.release, &self.settings, &mut sender.queue);
            }
        }
        if let Some(spin) = thrown.spin.filter(|_| self.settings.spin) {
            let mound = self.mounds.iter().find(|m| m.id == thrown.mound);
            let mound = mound.expect("throws are planned on the venue's mounds only");
            let (rate, axis) = (spin.release_spin_rate, &planned.spin_axis);
            let reading = spin_reading(mound, rate, axis, thrown.release, &self.settings);
            self.queue(SPIN_SOURCE + thrown.mound.0, thrown.release, reading);
        }
        let Some(named) = planned.named else { return };
        let mark = |what| Mark {
            what,
            mound: thrown.mound.0,
            at_bat_number: thrown.at_bat_number,
            pitch_number: thrown.pitch_number,
            game_pk: thrown.game_pk.0,
            pitcher: named.0,
            pitch_type: thrown.pitch_type.0,
        };
        self.mark(thrown.release, mark(MarkKind::PitchReleased));
        self.mark(EventNs(thrown.plate.0 + CAUGHT_NS), mark(MarkKind::PitchEnded));
    }

    fn mark(&mut self, event: EventNs, mark: Mark) {
        let feed = &self.settings.marks;
        let away = feed.away.is_some_and(|away| {
            (self.settings.at(away.from_s)..self.settings.at(away.from_s + away.for_s)).contains(&event)
        });
        if feed.on && !away {
            self.queue(MARK_SOURCE + mark.mound, event, Signal::Mark(mark));
        }
    }

    fn queue(&mut self, source: u8, event: EventNs, signal: Signal) {
        if let Some(sender) = self.senders.iter_mut().find(|s| s.source == source) {
            sender.queue.push((event, signal));
        }
    }
}

impl Sender {
    /// Sends what is due before a moment, in order of event time.
    fn send(&mut self, until: EventNs, counts: &mut Counts, heap: &mut BinaryHeap<Reverse<Waiting>>) {
        self.queue.sort_by_key(|(event, _)| *event);
        let due = self.queue.partition_point(|(event, _)| *event < until);
        for (event, signal) in self.queue.drain(..due) {
            let (seq, arrivals) = self.link.carry(event, self.silent.contains(&event.0), counts);
            for arrival in arrivals.into_iter().flatten() {
                heap.push(Reverse(Waiting(Delivery { arrival, source: self.source, seq, event, signal })));
            }
        }
    }
}

impl Iterator for Stadium {
    type Item = Delivery;

    fn next(&mut self) -> Option<Delivery> {
        while self.generated < self.script.end {
            if self.heap.peek().is_some_and(|Reverse(first)| first.0.arrival.0 < self.generated.0) {
                break;
            }
            self.step();
        }
        self.heap.pop().map(|Reverse(first)| first.0)
    }
}
