//! A journal's entries through a pipeline: at the same times, in the same steps, with the same signs of life.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;

use super::{Cut, CutError, Note, Output, Pipeline, Profile, Profiles};
use crate::ids::{BoxNs, PitcherId};
use crate::ingest::Signal;
use crate::journal::{Block, Entry};
use crate::reorder::{Life, Producer, Stamped};

/// Takes entries and steps a pipeline as they tell.
pub struct Replayer {
    producers: Vec<Producer<Signal>>,
    /// What stands before the next step.
    frames: Vec<(u8, Stamped<Signal>)>,
    lives: Vec<Option<Life>>,
    /// Where to go on from, while its step is not reached.
    cut: Option<Cut>,
    answers: Answers,
    /// Frames that the journal missed, in what was taken so far.
    missed: u64,
    taken: u64,
    /// The end of the last step taken.
    now: BoxNs,
}

impl Replayer {
    /// Feeds these paths.
    pub fn new(producers: Vec<Producer<Signal>>, answers: Answers) -> Self {
        let lives = vec![None; producers.len()];
        Self { producers, frames: Vec::new(), lives, cut: None, answers, missed: 0, taken: 0, now: BoxNs(0) }
    }

    /// Goes on from a cut: blocks must follow from its `since` on.
    ///
    /// # Errors
    /// The cut is of another rig.
    pub fn from<P: Profiles>(&mut self, cut: Cut, pipeline: &mut Pipeline<P>) -> Result<(), CutError> {
        pipeline.warm(&cut)?;
        self.cut = Some(cut);
        Ok(())
    }

    /// Takes one block, or what of it is needed; `each` sees what came of every step, and its time.
    pub fn block<P: Profiles>(
        &mut self,
        block: Block,
        pipeline: &mut Pipeline<P>,
        mut each: impl FnMut(BoxNs, &mut Vec<Output>),
    ) {
        let mut step = block.step;
        let mut outputs = Vec::new();
        for entry in block.entries {
            match entry {
                Entry::Frame { path, frame } => self.frames.push((path, frame)),
                Entry::Life { path, life } => {
                    if let Some(own) = self.lives.get_mut(usize::from(path)) {
                        *own = Some(life);
                    }
                }
                Entry::Missed(missed) => {
                    self.missed += missed.frames;
                    step += missed.steps;
                }
                Entry::Note(bytes) => {
                    if let Some(note) = Note::from_bytes(&bytes) {
                        self.note(note, pipeline, &mut outputs);
                        each(self.now, &mut outputs);
                        outputs.clear();
                    }
                }
                Entry::Step { now } => {
                    if self.cut.as_ref().is_some_and(|cut| now < cut.since) {
                        self.frames.clear();
                    } else {
                        self.step(now, pipeline, &mut outputs);
                        each(now, &mut outputs);
                        outputs.clear();
                    }
                    if let Some(cut) = self.cut.take_if(|cut| step >= cut.step) {
                        pipeline.resume(cut);
                    }
                    step += 1;
                }
            }
        }
    }

    fn step<P: Profiles>(&mut self, now: BoxNs, pipeline: &mut Pipeline<P>, outputs: &mut Vec<Output>) {
        for (producer, life) in self.producers.iter_mut().zip(&mut self.lives) {
            if let Some(life) = *life {
                producer.relive(life);
            }
        }
        for (path, frame) in self.frames.drain(..) {
            if let Some(producer) = self.producers.get_mut(usize::from(path)) {
                // What was taken in one step had room on the ring.
                let _counted = producer.push(frame);
            }
        }
        self.now = now;
        self.taken += pipeline.step(now, outputs) as u64;
    }

    /// Tells the pipeline what it was told then; while it warms it knows that already.
    fn note<P: Profiles>(&mut self, note: Note, pipeline: &mut Pipeline<P>, outputs: &mut Vec<Output>) {
        if let Note::Profile { pitcher, day, profile } = note {
            return self.answers.learn(pitcher, day, profile);
        }
        if self.cut.is_some() {
            return;
        }
        match note {
            Note::Weather { air, now } => pipeline.weather(&air, now),
            Note::Vibration { camera, rms_g, now } => pipeline.vibration(camera, rms_g, now),
            Note::Recalibrate { cameras, dry_run, now } => {
                pipeline.recalibrate(cameras.as_deref(), dry_run, now);
            }
            Note::Acknowledge { alert, now } => {
                pipeline.acknowledge(alert, now);
            }
            Note::Finished { now } => pipeline.finish(now, outputs),
            Note::Resumed(Some(cut)) => pipeline.resume(*cut),
            // A pipeline that begins is another one: whoever replays makes it.
            Note::Began(_) | Note::Resumed(None) | Note::Cut(_) | Note::Profile { .. } => {}
        }
    }

    /// The journal ends here: where it ends before the cut's step, what was committed tells the rest, and is returned.
    pub fn end<P: Profiles>(&mut self, pipeline: &mut Pipeline<P>) -> Option<Cut> {
        self.frames.clear();
        let cut = self.cut.take()?;
        pipeline.resume(cut.clone());
        Some(cut)
    }

    /// Frames taken, and frames that the journal had missed among them.
    pub fn counts(&self) -> (u64, u64) {
        (self.taken, self.missed)
    }

    /// The last step's time.
    pub fn now(&self) -> BoxNs {
        self.now
    }

    /// Whether it still warms.
    pub fn is_warming(&self) -> bool {
        self.cut.is_some()
    }

    /// The paths, for the threads that go on.
    pub fn into_producers(self) -> Vec<Producer<Signal>> {
        self.producers
    }
}

/// A cut that the journal holds, where a block has one.
pub(crate) fn cuts(block: &Block) -> impl Iterator<Item = (Cut, bool)> + '_ {
    block.entries.iter().filter_map(|entry| match entry {
        Entry::Note(bytes) => match Note::from_bytes(bytes)? {
            Note::Cut(cut) => Some((*cut, false)),
            Note::Began(cut) => Some((*cut, true)),
            _ => None,
        },
        _ => None,
    })
}

/// What was known of pitchers when the pipeline asked, as the journal tells it; bounded by what one replay meets.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<Mutex<BTreeMap<(PitcherId, Date), VecDeque<Profile>>>>);

impl Answers {
    fn learn(&self, pitcher: PitcherId, day: Date, profile: Profile) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((pitcher, day)).or_default().push_back(profile);
    }
}

impl Profiles for Answers {
    fn profile(&mut self, pitcher: PitcherId, day: Date) -> Profile {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_mut(&(pitcher, day)).and_then(VecDeque::pop_front).unwrap_or_default()
    }
}
