//! A box in this process under a simulated clock, with a journal on the disk, that can be killed and started again.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::civil::Date;
use pitchguard::config::Config;
use pitchguard::daemon;
use pitchguard::features::baseline::PitcherBaseline;
use pitchguard::ids::{BoxNs, MoundId, PitcherId};
use pitchguard::journal::{self, Journal};
use pitchguard::pipeline::{
    Answers, Beginning, Checkpoint, Critical, Input, Output, Pipeline, Profile, Profiles, Replayer, Settings, Start,
};
use pitchguard::readiness::Readiness;
use pitchguard::records::PitchRecord;
use pitchguard::reorder::{self, Producer, Reorder};
use pitchguard::signal::Signal;
use pitchguard::simulate::{Delivery, Stadium};
use pitchguard::tracking::venue::Venue;

/// The daemon's merge thread looks this often.
pub const STEP_NS: u64 = 500_000;

/// What came out, and when.
pub type Told = Vec<(BoxNs, Output)>;

/// What a season taught about everybody.
#[derive(Debug, Clone)]
pub struct Known(pub Vec<PitcherBaseline>);

impl Profiles for Known {
    fn profile(&mut self, pitcher: PitcherId, _: Date) -> Profile {
        let baseline = self.0.iter().find(|b| b.pitcher == pitcher).cloned();
        Profile { name: Some(format!("Pitcher {pitcher}")), baseline, ..Profile::default() }
    }
}

pub fn settings(venue: &Venue) -> Settings {
    daemon::settings(&Config::default(), venue)
}

pub fn buffer(venue: &Venue) -> (Vec<Producer<Signal>>, Reorder<Signal>) {
    reorder::buffer(&settings(venue).reorder).expect("the defaults are good settings")
}

/// The bytes of what came out: what two runs are compared by.
pub fn bytes(outputs: &[(BoxNs, Output)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (now, output) in outputs {
        out.extend(now.0.to_le_bytes());
        match output {
            Output::Pitch { record, moved_by, .. } => {
                out.extend(moved_by.0.to_le_bytes());
                out.extend(serde_json::to_vec(record).expect("plain data"));
            }
            Output::Readiness { readiness, .. } => out.extend(serde_json::to_vec(readiness).expect("plain data")),
            Output::Raised(alert) | Output::Cleared(alert) => {
                out.extend(serde_json::to_vec(alert).expect("plain data"));
            }
            Output::Recounted(record) => out.extend(serde_json::to_vec(record).expect("plain data")),
            // What is kept of calibration holds charts, which are for people.
            Output::Calibration(_) => {}
            other => out.extend(format!("{other:?}").into_bytes()),
        }
    }
    out
}

/// The last of every pitch, by id.
pub fn last_pitches<'o>(outputs: impl IntoIterator<Item = &'o (BoxNs, Output)>) -> BTreeMap<u64, PitchRecord> {
    let records = outputs.into_iter().filter_map(|(_, output)| match output {
        Output::Pitch { record, .. } | Output::Recounted(record) => Some((record.id, (**record).clone())),
        _ => None,
    });
    records.collect()
}

/// The last readiness of everybody on each of his mounds.
pub fn last_readiness<'o>(
    outputs: impl IntoIterator<Item = &'o (BoxNs, Output)>,
) -> BTreeMap<(PitcherId, MoundId), Readiness> {
    let told = outputs.into_iter().filter_map(|(_, output)| match output {
        Output::Readiness { readiness, .. } => Some(((readiness.pitcher, readiness.mound), (**readiness).clone())),
        _ => None,
    });
    told.collect()
}

/// A box that runs.
pub struct Box0<P> {
    pub pipeline: Pipeline<P>,
    pub producer: Producer<Signal>,
    pub now: BoxNs,
    journal: Option<(Journal, JoinHandle<()>)>,
    /// As in the store: how the pipeline stood when results were last committed, and how many there were then.
    pub committed: (Vec<u8>, usize),
}

impl<P: Profiles> Box0<P> {
    /// One that begins, and journals here.
    pub fn begin(venue: &Venue, profiles: P, now: BoxNs, dir: Option<&Path>) -> Self {
        let (mut producers, reorder) = buffer(venue);
        let mut pipeline = Pipeline::new(venue, &settings(venue), reorder, profiles, now);
        let producer = producers.pop().expect("one path");
        let journal = dir.map(|dir| {
            let journal = Journal::open(dir, &journal::Config::default()).expect("it opens");
            let (tap, thread) = journal.start().expect("a thread");
            pipeline.journal(tap, Beginning::Anew);
            (journal, thread)
        });
        Self { pipeline, producer, now, journal, committed: (Vec::new(), 0) }
    }

    /// One that goes on after one that was killed, from what that committed and journalled. What it published beyond is
    /// taken back from `outputs`.
    pub fn go_on(
        venue: &Venue,
        profiles: &P,
        dir: &Path,
        (bytes, results): (Vec<u8>, usize),
        outputs: &mut Vec<(BoxNs, Output)>,
    ) -> Self
    where
        P: Clone,
    {
        outputs.truncate(results);
        let checkpoint = Checkpoint::from_bytes(&bytes).expect("it reads back");
        let (since, step) = (checkpoint.since, checkpoint.step);
        let make = |now| {
            let (producers, reorder) = buffer(venue);
            (producers, Pipeline::new(venue, &settings(venue), reorder, profiles.clone(), now))
        };
        let mut replayer = Replayer::new(make, Answers::default());
        replayer.warm(checkpoint).expect("the same rig");
        let journal = Journal::open(dir, &journal::Config::default()).expect("it opens");
        let mut now = since;
        for block in journal.reader().since(since, step).expect("it opens") {
            let take = |at, fresh: &mut Vec<Output>| {
                now = at;
                outputs.extend(fresh.drain(..).map(|output| (at, output)));
            };
            replayer.block(block.expect("it reads"), take).expect("the same rig");
        }
        let (mut pipeline, mut producers, beyond) = replayer.end();
        let (tap, thread) = journal.start().expect("a thread");
        pipeline.journal(tap, Beginning::Resumed(beyond));
        let producer = producers.pop().expect("one path");
        let committed = (bytes, results);
        Self { pipeline, producer, now, journal: Some((journal, thread)), committed }
    }

    /// Takes deliveries as they arrive, and steps as the daemon does.
    pub fn play(&mut self, deliveries: impl IntoIterator<Item = Delivery>, outputs: &mut Vec<(BoxNs, Output)>) {
        let mut last = self.now;
        for delivery in deliveries {
            if delivery.arrival.0 >= self.now.0 + STEP_NS {
                self.step(delivery.arrival, outputs);
            }
            last = delivery.arrival;
            self.producer.push(delivery.into()).expect("the buffer has room for a stadium's rate");
        }
        self.step(last.max(self.now), outputs);
    }

    /// One step, whose results are committed with how the pipeline stands after it.
    fn step(&mut self, now: BoxNs, outputs: &mut Vec<(BoxNs, Output)>) {
        self.now = now;
        self.producer.beat(now);
        let mut fresh = Vec::new();
        self.pipeline.step(now, &mut fresh);
        let results = fresh.iter().any(|output| matches!(output, Output::Pitch { .. }));
        outputs.extend(fresh.iter().map(|output| (now, output.clone())));
        if results || self.committed.0.is_empty() {
            let checkpoint = self.pipeline.checkpoint();
            self.committed = (checkpoint.map_or_else(Vec::new, |checkpoint| checkpoint.to_bytes()), outputs.len());
        }
        for output in fresh {
            if let Output::Critical(critical) = output {
                self.measure_again(&critical);
            }
        }
    }

    /// What the daemon's thread for it does, at once.
    fn measure_again(&mut self, critical: &Critical) {
        let Some((journal, _)) = &self.journal else { return };
        let step = self.pipeline.next_step().expect("it journals");
        while journal.flushed() < step {
            // Simulated time flies: let the journal follow.
            self.pipeline.step(self.now, &mut Vec::new());
            std::thread::sleep(Duration::from_millis(5));
        }
        let venue = Venue::busch_iii();
        let blocks =
            journal.reader().since(critical.since, u64::MAX).expect("it opens").map(|block| block.expect("it reads"));
        let measured = critical.measure(&venue, &settings(&venue).tracking, blocks, self.now);
        self.pipeline.input(Input::Reprocessed(Box::new(measured)), self.now);
    }

    /// Everything goes through.
    pub fn finish(mut self, outputs: &mut Vec<(BoxNs, Output)>) {
        let mut fresh = Vec::new();
        self.pipeline.finish(self.now, &mut fresh);
        outputs.extend(fresh.drain(..).map(|output| (self.now, output)));
        self.stop();
    }

    /// It is gone; what was journalled is on the disk.
    pub fn stop(self) {
        let Self { pipeline, journal, .. } = self;
        drop(pipeline);
        if let Some((journal, thread)) = journal {
            thread.join().expect("the journal's thread does not panic");
            assert_eq!((journal.counts().missed, journal.counts().failed), (0, 0), "{:?}", journal.counts());
        }
    }
}

/// Replays a journal, from a moment or from its beginning.
pub fn replay(venue: &Venue, dir: &Path, from: Option<BoxNs>) -> Vec<(BoxNs, Output)> {
    let answers = Answers::default();
    let profiles = answers.clone();
    let make = |now| {
        let (producers, reorder) = buffer(venue);
        (producers, Pipeline::new(venue, &settings(venue), reorder, profiles.clone(), now))
    };
    let mut replayer = Replayer::new(make, answers);
    let reader = journal::Reader::open(dir).expect("nobody writes it");
    let start = Start::find(&reader, from.unwrap_or(BoxNs(0))).expect("it reads").expect("there is a place to begin");
    let blocks = start.blocks(&reader).expect("it opens");
    start.prepare(&mut replayer).expect("the same rig");
    let mut outputs = Vec::new();
    for block in blocks {
        let take = |now, fresh: &mut Vec<Output>| outputs.extend(fresh.drain(..).map(|output| (now, output)));
        replayer.block(block.expect("it reads"), take).expect("the same rig");
    }
    outputs.retain(|(now, _)| from.is_none_or(|from| *now >= from));
    outputs
}

/// All deliveries of an evening, in order of arrival.
pub fn deliveries(stadium: &mut Stadium) -> Vec<Delivery> {
    let mut deliveries: Vec<Delivery> = stadium.by_ref().collect();
    deliveries.sort_by_key(|d| (d.arrival, d.source, d.seq));
    deliveries
}
