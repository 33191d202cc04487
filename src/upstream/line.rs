//! The line's logic: what to read, what to send, what to settle. Pure: time and answers come in, actions come out.
//!
//! One batch is on its way at a time, so that the order of a lane is the order in which it was sent. A batch is settled
//! only by its answer; until then everything in it stays queued. Between two batches the live lane is looked at first,
//! and the backlog gets what its token bucket allows.
//!
//! **What was once sent keeps its lane.** An attempt that timed out may still be on its way, and reach the cloud after
//! whatever is sent later. If its summaries had moved to the backlog meanwhile, they would come first time out of order.
//! So live summaries fall behind only from the last one sent on; those before it are sent again in their own lane, first of
//! all, until the cloud has answered for them, and a late copy of them is nothing but a duplicate. After a restart, what
//! was sent is unknown: the first batch is taken for sent.
//!
//! **What the cloud refuses never blocks, and one word of it settles nothing.** A refused batch is cut in half until the one
//! that is at fault is alone; that one is set aside, and batches grow again. Where one after the other is refused and none
//! taken, not they are at fault but the line, which waits as after any failure. What is aside is asked for again, all of it
//! once and behind everything else, when something is taken after that; and then more and more seldom, once a day at last.

use super::backoff::{Backoff, Circuit};
use crate::ids::BoxNs;
use crate::store::summary::{Lane, Queued};

/// So many refused alone with none taken between are trouble of the line.
const REFUSED_IN_A_ROW: u32 = 3;
/// First and longest wait between two rounds of asking for what is aside, ns.
const ASK_AGAIN_NS: (u64, u64) = (60_000_000_000, 86_400_000_000_000);

/// How the line is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineSettings {
    /// Summaries in one batch at most.
    pub batch_max: usize,
    /// Bytes of bodies in one batch at most, unless a single summary is larger.
    pub batch_bytes_max: usize,
    /// Backlog summaries a second.
    pub backlog_per_s: f64,
    /// A live summary that has waited for so long falls behind into the backlog, ns.
    pub live_ns_max: u64,
    /// How often stale live summaries are looked for, ns.
    pub maintain_every_ns: u64,
    /// Seed of the jitter; another one on each box.
    pub seed: u64,
}

impl Default for LineSettings {
    fn default() -> Self {
        Self {
            batch_max: 100,
            batch_bytes_max: 512 << 10,
            backlog_per_s: 50.0,
            live_ns_max: 10_000_000_000,
            maintain_every_ns: 1_000_000_000,
            seed: 0,
        }
    }
}

/// Why the line does not carry at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// In words.
    pub why: String,
    /// How long the other side wants to be left alone, ns.
    pub retry_after_ns: Option<u64>,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All of it is acknowledged.
    Accepted,
    /// The cloud will not take it as it is; of several summaries it is unknown which is at fault.
    Refused(String),
    /// Nothing of it is acknowledged; it may have arrived all the same.
    Failed(Trouble),
    /// By summary: sequences that are acknowledged, those that are refused with the reason, and why the rest is neither.
    Partly {
        /// Acknowledged.
        accepted: Vec<u64>,
        /// Refused.
        refused: Vec<(u64, String)>,
        /// Of the rest.
        trouble: Option<Trouble>,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Time passed.
    Tick,
    /// What was read of a lane, oldest first; it may be nothing.
    Read(Lane, Vec<Queued>),
    /// What was read of what is aside, oldest first; it may be nothing.
    ReadAside(Vec<Queued>),
    /// The batch that was on its way is answered.
    Answered(Answer),
}

/// What to do, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Read the start of a lane, then tell [`Event::Read`].
    Read(Lane, usize),
    /// Send this, then tell [`Event::Answered`].
    Send(Vec<Queued>),
    /// Delete what was acknowledged.
    Acknowledged(Vec<(Lane, u64)>),
    /// Set aside what the cloud refuses.
    SetAside {
        /// Its lane.
        lane: Lane,
        /// Its sequence.
        sequence: u64,
        /// What the cloud said.
        why: String,
        /// Whether it takes others: else it stays queued where there is no room aside.
        others_pass: bool,
    },
    /// Read what is aside behind this sequence and epoch, then tell [`Event::ReadAside`].
    ReadAside(Option<(u64, u64)>, usize),
    /// Delete of what is aside what was acknowledged: sequence and epoch.
    AcknowledgedAside(Vec<(u64, u64)>),
    /// Move to the backlog what is live, behind this sequence and older than this.
    FallBehind {
        /// The last one sent; none before any.
        after: Option<u64>,
        /// Made before this moment.
        before: BoxNs,
    },
}

/// The batch on its way: keys in order.
#[derive(Debug)]
enum OnItsWay {
    /// Of a lane: sequences.
    Queued(Lane, Vec<u64>),
    /// Of what is aside: sequences and epochs.
    Aside(Vec<(u64, u64)>),
}

/// A round of asking for what is aside.
#[derive(Debug)]
struct Round {
    /// The last that was asked for: sequence and epoch.
    after: Option<(u64, u64)>,
    /// Summaries in one batch at most.
    limit: usize,
}

/// Where the line stands between two events.
#[derive(Debug)]
enum State {
    Resting,
    Reading,
    Sending(OnItsWay),
}

/// One box's line to the cloud.
#[derive(Debug)]
pub struct Line {
    settings: LineSettings,
    backoff: Backoff,
    state: State,
    /// Summaries that a batch of each lane may have, cut by refusals.
    limits: [usize; 2],
    tokens: f64,
    counted: Option<BoxNs>,
    maintained: Option<BoxNs>,
    /// The last live summary that was ever sent; none while none was, since the start.
    sent: Option<u64>,
    /// Whether the first live batch was sent or there was none to send.
    opened: bool,
    /// Since when nothing came through; none while it does.
    troubled: Option<(BoxNs, String)>,
    /// Summaries refused alone since the last that was taken.
    refused_in_a_row: u32,
    /// The round that is under way.
    round: Option<Round>,
    /// When the next one may begin, with something that is taken, and the wait after that, ns.
    next_round: (BoxNs, u64),
}

impl Line {
    /// A line that nothing was sent over yet.
    pub fn new(settings: LineSettings) -> Self {
        Self {
            settings,
            backoff: Backoff::new(settings.seed),
            state: State::Resting,
            limits: [settings.batch_max; 2],
            tokens: 0.0,
            counted: None,
            maintained: None,
            sent: None,
            opened: false,
            troubled: None,
            refused_in_a_row: 0,
            round: None,
            next_round: (BoxNs(0), ASK_AGAIN_NS.0),
        }
    }

    /// Takes what happened and says what to do.
    pub fn step(&mut self, now: BoxNs, event: Event) -> Vec<Action> {
        self.fill_bucket(now);
        match event {
            Event::Tick => self.tick(now),
            Event::Read(lane, queued) => self.read(now, lane, queued),
            Event::ReadAside(queued) => self.read_aside(queued),
            Event::Answered(answer) => self.answered(now, answer),
        }
    }

    /// State of the breaker.
    pub fn circuit(&self, now: BoxNs) -> Circuit {
        self.backoff.circuit(now)
    }

    /// Since when nothing comes through, and why; none while the line carries.
    pub fn trouble(&self) -> Option<(BoxNs, &str)> {
        self.troubled.as_ref().map(|(since, why)| (*since, why.as_str()))
    }

    /// Attempts that failed since the last success.
    pub fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    fn fill_bucket(&mut self, now: BoxNs) {
        let since = self.counted.replace(now).unwrap_or(now);
        let elapsed_s = now.0.saturating_sub(since.0) as f64 / 1e9;
        // A second's worth at most: the rate holds over every second, also the first after a rest.
        let full = self.settings.backlog_per_s.max(1.0);
        self.tokens = (self.tokens + elapsed_s * self.settings.backlog_per_s).min(full);
    }

    fn tick(&mut self, now: BoxNs) -> Vec<Action> {
        if !matches!(self.state, State::Resting) {
            return Vec::new();
        }
        let mut actions = Vec::new();
        let due = self.maintained.is_none_or(|last| now.0.saturating_sub(last.0) >= self.settings.maintain_every_ns);
        if due && self.opened {
            self.maintained = Some(now);
            let before = BoxNs(now.0.saturating_sub(self.settings.live_ns_max));
            actions.push(Action::FallBehind { after: self.sent, before });
        }
        if now >= self.backoff.until() {
            actions.push(self.look(now, Lane::Live));
        }
        actions
    }

    /// Reads what the next batch of a lane may have. The caller has seen that the lane may send.
    fn look(&mut self, now: BoxNs, lane: Lane) -> Action {
        self.state = State::Reading;
        let probing = self.backoff.circuit(now) == Circuit::HalfOpen;
        let allowed = match lane {
            Lane::Live => usize::MAX,
            Lane::Backlog => self.tokens as usize,
        };
        Action::Read(lane, if probing { 1 } else { self.limits[lane as usize].min(allowed) })
    }

    fn read(&mut self, now: BoxNs, lane: Lane, queued: Vec<Queued>) -> Vec<Action> {
        self.state = State::Resting;
        if lane == Lane::Live {
            self.opened = true;
        }
        if queued.is_empty() {
            return match lane {
                _ if self.tokens < 1.0 => Vec::new(),
                Lane::Live => vec![self.look(now, Lane::Backlog)],
                Lane::Backlog => self.look_aside(now).into_iter().collect(),
            };
        }
        let queued = self.that_fit(queued);
        match lane {
            Lane::Live => {
                let last = queued.last().map(|queued| queued.sequence);
                self.sent = self.sent.max(last);
            }
            Lane::Backlog => self.tokens -= queued.len() as f64,
        }
        let sequences = queued.iter().map(|queued| queued.sequence).collect();
        self.state = State::Sending(OnItsWay::Queued(lane, sequences));
        vec![Action::Send(queued)]
    }

    /// Reads what is aside, while a round is under way.
    fn look_aside(&mut self, now: BoxNs) -> Option<Action> {
        let round = self.round.as_ref()?;
        self.state = State::Reading;
        let probing = self.backoff.circuit(now) == Circuit::HalfOpen;
        let limit = if probing { 1 } else { round.limit.min(self.tokens as usize) };
        Some(Action::ReadAside(round.after, limit))
    }

    fn read_aside(&mut self, queued: Vec<Queued>) -> Vec<Action> {
        self.state = State::Resting;
        if queued.is_empty() {
            self.round = None;
            return Vec::new();
        }
        let queued = self.that_fit(queued);
        self.tokens -= queued.len() as f64;
        let keys = queued.iter().map(|queued| (queued.sequence, queued.record.epoch)).collect();
        self.state = State::Sending(OnItsWay::Aside(keys));
        vec![Action::Send(queued)]
    }

    /// The first of them, as many as one batch may have bytes.
    fn that_fit(&self, mut queued: Vec<Queued>) -> Vec<Queued> {
        let mut bytes = 0;
        let fits = queued.iter().take_while(|queued| {
            bytes += queued.record.summary.body.len();
            bytes <= self.settings.batch_bytes_max
        });
        let fits = fits.count().max(1);
        queued.truncate(fits);
        queued
    }

    fn answered(&mut self, now: BoxNs, answer: Answer) -> Vec<Action> {
        let State::Sending(batch) = std::mem::replace(&mut self.state, State::Resting) else {
            debug_assert!(false, "an answer without a batch on its way");
            return Vec::new();
        };
        match batch {
            OnItsWay::Queued(lane, sequences) => self.answered_for_queued(now, lane, &sequences, answer),
            OnItsWay::Aside(keys) => self.answered_for_aside(now, &keys, answer),
        }
    }

    fn answered_for_queued(&mut self, now: BoxNs, lane: Lane, batch: &[u64], answer: Answer) -> Vec<Action> {
        match answer {
            Answer::Accepted => {
                self.carried(lane);
                self.taken(now);
                vec![Action::Acknowledged(batch.iter().map(|sequence| (lane, *sequence)).collect())]
            }
            Answer::Refused(why) if batch.len() == 1 => vec![self.refused(now, lane, batch[0], why)],
            Answer::Refused(_) => {
                self.came_through();
                self.limits[lane as usize] = batch.len() / 2;
                Vec::new()
            }
            Answer::Failed(trouble) => {
                self.failed(now, trouble);
                Vec::new()
            }
            Answer::Partly { accepted, refused, trouble } => {
                match trouble {
                    Some(trouble) => self.failed(now, trouble),
                    None => self.carried(lane),
                }
                let accepted: Vec<_> =
                    accepted.into_iter().filter(|one| batch.contains(one)).map(|one| (lane, one)).collect();
                if !accepted.is_empty() {
                    self.taken(now);
                }
                let mut actions = vec![Action::Acknowledged(accepted)];
                let refused = refused.into_iter().filter(|(sequence, _)| batch.contains(sequence));
                actions.extend(refused.map(|(sequence, why)| self.refused(now, lane, sequence, why)));
                actions
            }
        }
    }

    /// What is aside and refused again stays there.
    fn answered_for_aside(&mut self, now: BoxNs, batch: &[(u64, u64)], answer: Answer) -> Vec<Action> {
        let Some(round) = &mut self.round else { return Vec::new() };
        let (mut settled, mut trouble) = (Vec::new(), None);
        match answer {
            Answer::Accepted => {
                round.limit = (round.limit * 2).min(self.settings.batch_max);
                round.after = batch.last().copied();
                settled = batch.to_vec();
            }
            Answer::Refused(_) if batch.len() == 1 => round.after = batch.last().copied(),
            Answer::Refused(_) => round.limit = batch.len() / 2,
            Answer::Failed(why) => trouble = Some(why),
            Answer::Partly { accepted, trouble: why, .. } => {
                settled.extend(batch.iter().filter(|(sequence, _)| accepted.contains(sequence)));
                if why.is_none() {
                    round.after = batch.last().copied();
                }
                trouble = why;
            }
        }
        match trouble {
            Some(trouble) => self.failed(now, trouble),
            None => self.came_through(),
        }
        if settled.is_empty() { Vec::new() } else { vec![Action::AcknowledgedAside(settled)] }
    }

    /// Something was taken: the line is good, and what was set aside before may be taken now.
    fn taken(&mut self, now: BoxNs) {
        if self.refused_in_a_row >= REFUSED_IN_A_ROW {
            self.next_round = (now, ASK_AGAIN_NS.0);
        }
        self.refused_in_a_row = 0;
        let (due, wait) = self.next_round;
        if self.round.is_none() && now >= due {
            self.round = Some(Round { after: None, limit: self.settings.batch_max });
            self.next_round = (BoxNs(now.0.saturating_add(wait)), (wait * 2).min(ASK_AGAIN_NS.1));
        }
    }

    /// A summary was refused by itself.
    fn refused(&mut self, now: BoxNs, lane: Lane, sequence: u64, why: String) -> Action {
        self.refused_in_a_row = self.refused_in_a_row.saturating_add(1);
        let others_pass = self.refused_in_a_row < REFUSED_IN_A_ROW;
        if others_pass {
            self.came_through();
        } else {
            let why = format!("it refuses one summary after the other and takes none, the last with: {why}");
            self.failed(now, Trouble { why, retry_after_ns: None });
        }
        Action::SetAside { lane, sequence, why, others_pass }
    }

    /// A batch went through whole.
    fn carried(&mut self, lane: Lane) {
        self.came_through();
        let limit = &mut self.limits[lane as usize];
        *limit = (*limit * 2).min(self.settings.batch_max);
    }

    /// The other side answered for what it was sent.
    fn came_through(&mut self) {
        self.backoff.succeeded();
        self.troubled = None;
    }

    fn failed(&mut self, now: BoxNs, trouble: Trouble) {
        self.backoff.failed(now, trouble.retry_after_ns);
        let since = self.troubled.as_ref().map_or(now, |(since, _)| *since);
        self.troubled = Some((since, trouble.why));
    }
}
