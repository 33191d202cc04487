//! A box, a network and a cloud under one simulated clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pitchguard::ids::BoxNs;
use pitchguard::store::summary::{Lane, OutboxRecord, Queued, Summary, SummaryKind};
use pitchguard::upstream::Line;
use pitchguard::upstream::line::{Action, Answer, Event, LineSettings, Trouble};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const S: u64 = 1000 * MS;
/// When an attempt is given up.
pub(crate) const TIMEOUT: u64 = 10 * S;
/// Moment at which everything begins.
pub(crate) const START: u64 = 1_700_000_000 * S;

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives and is answered.
    Good,
    /// Nobody is there.
    NoRoute,
    /// It is lost on its way.
    RequestLost,
    /// It arrives; the answer is lost, or breaks off in its body.
    AnswerLost,
    /// It arrives after so long, given up or not.
    Late(u64),
    /// It arrives twice, the second time after so long.
    Twice(u64),
    /// An answer of 500, after it was stored or before.
    Fails { stored: bool },
    /// 429 or 503 with `Retry-After`, ns.
    Busy(u64),
    /// 400 for no reason.
    Spurious400,
}

/// The cloud: what it received, in order, and what it refused.
#[derive(Default)]
pub(crate) struct Cloud {
    /// First arrival by sequence.
    pub(crate) received: HashMap<u64, u64>,
    /// Sequences by kind and lane in the order of their first arrival.
    pub(crate) order: BTreeMap<(SummaryKind, Lane), Vec<u64>>,
    pub(crate) duplicates: u64,
    /// Sequences that were refused when they came alone.
    pub(crate) refused_alone: BTreeSet<u64>,
}

impl Cloud {
    /// Takes a batch, or refuses it whole where there is poison in it.
    fn take(&mut self, now: u64, batch: &[Queued]) -> Answer {
        if batch.iter().any(poisoned) {
            return self.refuse(batch);
        }
        for queued in batch {
            if self.received.contains_key(&queued.sequence) {
                self.duplicates += 1;
                continue;
            }
            self.received.insert(queued.sequence, now);
            self.order.entry((queued.record.summary.kind, queued.lane)).or_default().push(queued.sequence);
        }
        Answer::Accepted
    }

    fn refuse(&mut self, batch: &[Queued]) -> Answer {
        if let [only] = batch {
            self.refused_alone.insert(only.sequence);
        }
        Answer::Refused("400: no".to_owned())
    }
}

fn poisoned(queued: &Queued) -> bool {
    queued.record.summary.body.starts_with(b"poison")
}

fn failed(why: &str, retry_after_ns: Option<u64>) -> Answer {
    Answer::Failed(Trouble { why: why.to_owned(), retry_after_ns })
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) settings: LineSettings,
    pub(crate) line: Line,
    /// The outbox, as the store keeps it.
    pub(crate) outbox: BTreeMap<(Lane, u64), OutboxRecord>,
    next: u64,
    /// When each summary was made.
    pub(crate) made: Vec<u64>,
    /// What is set aside now.
    pub(crate) aside: BTreeMap<u64, OutboxRecord>,
    /// What was ever refused alone, and so left its lane.
    out_of_order: BTreeSet<u64>,
    pub(crate) cloud: Cloud,
    /// What is on its way and may arrive though nobody waits for it any more.
    flying: Vec<(u64, Vec<Queued>)>,
    /// The answer that the box waits for.
    awaited: Option<(u64, Answer)>,
    pub(crate) random: SmallRng,
    pub(crate) attempts: u64,
}

impl World {
    pub(crate) fn new(seed: u64, settings: LineSettings) -> Self {
        let settings = LineSettings { seed, ..settings };
        Self {
            now: START,
            settings,
            line: Line::new(settings),
            outbox: BTreeMap::new(),
            next: 0,
            made: Vec::new(),
            aside: BTreeMap::new(),
            out_of_order: BTreeSet::new(),
            cloud: Cloud::default(),
            flying: Vec::new(),
            awaited: None,
            random: SmallRng::seed_from_u64(seed),
            attempts: 0,
        }
    }

    /// A summary is made.
    pub(crate) fn make(&mut self, kind: SummaryKind, poison: bool) {
        let body = if poison { b"poison".to_vec() } else { vec![b'x'; 100] };
        let summary = Summary { kind, queued_ns: self.now, pitcher: None, body };
        self.outbox.insert((Lane::Live, self.next), OutboxRecord { epoch: 1, summary });
        self.next += 1;
        self.made.push(self.now);
    }

    /// The box restarts: what the line knew is gone, what is on its way is not.
    pub(crate) fn restart(&mut self) {
        self.line = Line::new(LineSettings { seed: self.random.random(), ..self.settings });
        self.awaited = None;
    }

    /// Whatever is due happens; then the line gets a tick. `fate` decides what becomes of each attempt.
    pub(crate) fn tick(&mut self, mut fate: impl FnMut(&mut SmallRng, u64) -> Fate) {
        self.land();
        let mut events = vec![match self.awaited.take() {
            Some((at, answer)) if at <= self.now => Event::Answered(answer),
            waiting => {
                self.awaited = waiting;
                Event::Tick
            }
        }];
        while let Some(event) = events.pop() {
            for action in self.line.step(BoxNs(self.now), event) {
                events.extend(self.perform(action, &mut fate));
            }
        }
    }

    /// What was on its way arrives, in the order of its arrival.
    fn land(&mut self) {
        self.flying.sort_by_key(|(at, _)| *at);
        let due = self.flying.partition_point(|(at, _)| *at <= self.now);
        for (at, batch) in self.flying.drain(..due) {
            self.cloud.take(at, &batch);
        }
    }

    fn perform(&mut self, action: Action, fate: &mut impl FnMut(&mut SmallRng, u64) -> Fate) -> Option<Event> {
        match action {
            Action::Read(lane, limit) => {
                assert!(self.awaited.is_none(), "one batch is on its way at a time");
                let of_lane = self.outbox.range((lane, 0)..=(lane, u64::MAX)).take(limit);
                let queued =
                    of_lane.map(|((lane, sequence), r)| Queued { lane: *lane, sequence: *sequence, record: r.clone() });
                return Some(Event::Read(lane, queued.collect()));
            }
            Action::Send(batch) => {
                assert!(!batch.is_empty());
                self.attempts += 1;
                let fate = fate(&mut self.random, self.now);
                self.send(batch, fate);
            }
            Action::Acknowledged(keys) => {
                for key in keys {
                    assert!(self.cloud.received.contains_key(&key.1), "{key:?} was deleted before it was received");
                    self.outbox.remove(&key);
                }
            }
            Action::SetAside { lane, sequence, .. } => {
                assert!(self.cloud.refused_alone.contains(&sequence), "{sequence} was not refused alone");
                let record = self.outbox.remove(&(lane, sequence)).expect("it was just sent");
                self.aside.insert(sequence, record);
                self.out_of_order.insert(sequence);
            }
            Action::ReadAside(after, limit) => {
                let from = after.map_or(0, |(sequence, _)| sequence + 1);
                let aside = self.aside.range(from..).take(limit);
                let lane = Lane::Backlog;
                let queued = aside.map(|(sequence, r)| Queued { lane, sequence: *sequence, record: r.clone() });
                return Some(Event::ReadAside(queued.collect()));
            }
            Action::AcknowledgedAside(keys) => {
                for (sequence, _) in keys {
                    assert!(
                        self.cloud.received.contains_key(&sequence),
                        "{sequence} was deleted before it was received"
                    );
                    self.aside.remove(&sequence);
                }
            }
            Action::FallBehind { after, before } => {
                let from = after.map_or(0, |after| after + 1);
                let live = self.outbox.range((Lane::Live, from)..=(Lane::Live, u64::MAX));
                let stale = live.take_while(|(_, record)| record.summary.queued_ns < before.0).take(512);
                for (_, sequence) in stale.map(|(key, _)| *key).collect::<Vec<_>>() {
                    let record = self.outbox.remove(&(Lane::Live, sequence)).expect("just seen");
                    self.outbox.insert((Lane::Backlog, sequence), record);
                }
            }
        }
        None
    }

    fn send(&mut self, batch: Vec<Queued>, fate: Fate) {
        let there = self.now + self.random.random_range(5..60) * MS;
        let back = there + self.random.random_range(5..60) * MS;
        let given_up = self.now + TIMEOUT;
        let nothing = || failed("no answer", None);
        self.awaited = Some(match fate {
            Fate::Good => (back, self.arrive(there, &batch)),
            Fate::NoRoute => (self.now, failed("nobody is there", None)),
            Fate::RequestLost => (given_up, nothing()),
            Fate::AnswerLost => {
                self.flying.push((there, batch));
                (given_up.min(back + 100 * MS), nothing())
            }
            Fate::Late(after) => {
                let late = there + after;
                if late + 50 * MS < given_up {
                    (late + 50 * MS, self.arrive(late, &batch))
                } else {
                    self.flying.push((late, batch));
                    (given_up, nothing())
                }
            }
            Fate::Twice(after) => {
                self.flying.push((there + after, batch.clone()));
                (back, self.arrive(there, &batch))
            }
            Fate::Fails { stored } => {
                if stored {
                    self.flying.push((there, batch));
                }
                (back, failed("500", None))
            }
            Fate::Busy(asked) => (back, failed("429", Some(asked))),
            Fate::Spurious400 => (back, self.cloud.refuse(&batch)),
        });
    }

    /// Arrives in good time: what was sent earlier and comes before it comes first.
    fn arrive(&mut self, at: u64, batch: &[Queued]) -> Answer {
        self.flying.sort_by_key(|(when, _)| *when);
        let before = self.flying.partition_point(|(when, _)| *when <= at);
        for (when, earlier) in self.flying.drain(..before) {
            self.cloud.take(when, &earlier);
        }
        self.cloud.take(at, batch)
    }

    /// Each kind and lane came in the order of its sequence. What was refused alone is out of the order: an older attempt
    /// with it may still arrive, and be taken, long after it was set aside.
    pub(crate) fn assert_in_order(&self, seed: u64) {
        for ((kind, lane), sequences) in &self.cloud.order {
            let sequences: Vec<_> = sequences.iter().filter(|sequence| !self.out_of_order.contains(sequence)).collect();
            let out = sequences.windows(2).find(|pair| pair[0] >= pair[1]);
            assert!(out.is_none(), "seed {seed}: {kind:?} {lane:?} came out of order: {out:?}");
        }
    }
}
