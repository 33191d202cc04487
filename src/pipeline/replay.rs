//! A journal's entries through a pipeline: at the same times, in the same steps, with the same signs of life.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::gap::{Gap, Tail};
use super::held::Pipeline;
use super::note::Note;
use super::output::Output;
use super::profile::{Profile, Profiles};
use crate::ids::{BoxNs, PitchId, PitcherId};
use crate::journal::{Block, Blocks, Entry, JournalError, Reader, STEP_BACK_NS};
use crate::reorder::{Life, Producer, Stamped};
use crate::signal::Signal;
use crate::tracking::pitch::Pitch;

/// Kills within the time for which one matters, at most.
const GAPS_MAX: usize = 8;

/// What is done with what the journal holds next.
enum State {
    /// Nothing, until a pipeline begins.
    Waiting,
    /// Frames fill buffer and trackers, until the checkpoint's step is reached.
    Warming(Box<Checkpoint>),
    /// Everything is as it was.
    Running,
}

/// Takes a journal's entries and steps a pipeline as they tell.
pub struct Replayer<P, M> {
    make: M,
    pipeline: Pipeline<P>,
    producers: Vec<Producer<Signal>>,
    /// What stands before the next step.
    frames: Vec<(u8, Stamped<Signal>)>,
    lives: Vec<Option<Life>>,
    state: State,
    answers: Answers,
    /// Frames that the journal missed since the last kill, and in all.
    missed: u64,
    missed_ever: u64,
    taken: u64,
    /// The end of the last step taken.
    now: BoxNs,
    /// What came last.
    tail: Tail,
}

impl<P: Profiles, M: FnMut(BoxNs) -> (Vec<Producer<Signal>>, Pipeline<P>)> Replayer<P, M> {
    /// Waits for a pipeline to begin. `make` makes one with its paths; `answers` learns what pipelines were told of pitchers.
    pub fn new(mut make: M, answers: Answers) -> Self {
        let (producers, pipeline) = make(BoxNs(0));
        let lives = vec![None; producers.len()];
        Self {
            make,
            pipeline,
            producers,
            frames: Vec::new(),
            lives,
            state: State::Waiting,
            answers,
            missed: 0,
            missed_ever: 0,
            taken: 0,
            now: BoxNs(0),
            tail: Tail::default(),
        }
    }

    /// Goes on from a checkpoint instead: blocks must follow from its `since` on.
    ///
    /// # Errors
    /// The checkpoint is of another rig.
    pub fn warm(&mut self, checkpoint: Checkpoint) -> Result<(), CheckpointError> {
        self.renew(checkpoint.since);
        self.pipeline.warm(&checkpoint)?;
        self.state = State::Warming(Box::new(checkpoint));
        Ok(())
    }

    fn renew(&mut self, now: BoxNs) {
        (self.producers, self.pipeline) = (self.make)(now);
        self.lives = vec![None; self.producers.len()];
        self.frames.clear();
    }

    /// Takes one block; `each` sees what came of every step, and its time.
    ///
    /// # Errors
    /// A pipeline begins with another rig, or what it was told does not read.
    pub fn block(
        &mut self,
        block: Block,
        mut each: impl FnMut(BoxNs, &mut Vec<Output>),
    ) -> Result<(), CheckpointError> {
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
                    self.missed_ever += missed.frames;
                    step += missed.steps;
                }
                Entry::Note(bytes) => match (Note::from_bytes(&bytes), &self.state) {
                    (Ok(note), _) => {
                        self.note(note, &mut outputs)?;
                        each(self.now, &mut outputs);
                        outputs.clear();
                    }
                    (Err(error), State::Running) => return Err(error),
                    // What another version wrote before the place from which to go on is not needed.
                    (Err(_), State::Waiting | State::Warming(_)) => {}
                },
                Entry::Step { now } => {
                    self.step(now, step, &mut outputs);
                    each(now, &mut outputs);
                    outputs.clear();
                    step += 1;
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, now: BoxNs, step: u64, outputs: &mut Vec<Output>) {
        match &self.state {
            State::Waiting => return self.frames.clear(),
            State::Warming(checkpoint) if now < checkpoint.since => return self.frames.clear(),
            State::Warming(_) | State::Running => {}
        }
        for (producer, life) in self.producers.iter_mut().zip(&self.lives) {
            if let Some(life) = *life {
                producer.relive(life);
            }
        }
        self.push();
        self.now = now;
        self.taken += self.pipeline.step(now, outputs) as u64;
        if let State::Warming(checkpoint) = &mut self.state
            && step >= checkpoint.step
            && let State::Warming(checkpoint) = std::mem::replace(&mut self.state, State::Running)
        {
            self.pipeline.resume(*checkpoint);
        }
    }

    /// Puts what stands before the next step on the paths.
    fn push(&mut self) {
        for (path, frame) in self.frames.drain(..) {
            self.tail.note(&self.pipeline.stage.clocks.corrected(&frame));
            if let Some(producer) = self.producers.get_mut(usize::from(path)) {
                // What was taken in one step had room on the ring.
                let _counted = producer.push(frame);
            }
        }
    }

    /// Tells the pipeline what it was told then; while it warms it knows that already.
    fn note(&mut self, note: Note, outputs: &mut Vec<Output>) -> Result<(), CheckpointError> {
        match (note, &self.state) {
            // Before the checkpoint's step nobody asks, and what was told then is in the checkpoint.
            (Note::Profile { pitcher, day, profile }, State::Running) => self.answers.learn(pitcher, day, profile),
            (Note::OldThrow { id }, State::Running) => self.answers.learn_old_throw(id),
            (Note::Began(checkpoint), State::Waiting | State::Running) => {
                self.renew(checkpoint.now);
                self.pipeline.warm(&checkpoint)?;
                self.pipeline.resume(*checkpoint);
                self.state = State::Running;
            }
            (Note::Resumed(_), State::Warming(_)) => {
                self.frames.clear();
                self.mind_gap();
            }
            (Note::Input { input, now }, State::Running) => {
                self.pipeline.input(input, now);
            }
            (Note::Called { pitcher, name }, State::Running) => self.pipeline.stage.call(pitcher, name),
            (Note::Finished { now }, State::Running) => {
                self.push();
                self.pipeline.finish(now, outputs);
            }
            (Note::CutShort { now }, State::Running) => {
                self.push();
                self.pipeline.cut_short(now, outputs);
            }
            (Note::Resumed(checkpoint), State::Running) => {
                // They were taken, and journalled, again.
                self.frames.clear();
                if let Some(checkpoint) = checkpoint {
                    // Committed when the journal was behind, and nowhere in it but here.
                    let told = self.pipeline.known_otherwise(&checkpoint).cloned();
                    let moved_by = self.now;
                    outputs.extend(told.map(|record| Output::Pitch {
                        record: Box::new(record),
                        moved_by,
                        crossed: None,
                    }));
                    self.pipeline.resume(*checkpoint);
                }
                self.mind_gap();
            }
            (Note::Checkpoint(_), State::Running) | (_, State::Waiting | State::Warming(_)) => {}
        }
        Ok(())
    }

    /// The journal ends here, because the run that wrote it was killed. Where it ends before the checkpoint's step, what was
    /// committed tells the rest, and is returned. Frames whose step is missing are left on the paths.
    pub fn end(mut self) -> (Pipeline<P>, Vec<Producer<Signal>>, Option<Box<Checkpoint>>) {
        self.push();
        let checkpoint = match std::mem::replace(&mut self.state, State::Running) {
            State::Warming(checkpoint) => Some(checkpoint),
            State::Waiting | State::Running => None,
        };
        if let Some(checkpoint) = &checkpoint {
            self.pipeline.resume((**checkpoint).clone());
        }
        self.mind_gap();
        (self.pipeline, self.producers, checkpoint)
    }

    /// From now on pitches of which frames are missing here are told apart.
    fn mind_gap(&mut self) {
        let gap = Gap::new(self.tail.clone(), std::mem::take(&mut self.missed) > 0);
        let gaps = &mut self.pipeline.stage.gaps;
        if gaps.len() == GAPS_MAX {
            gaps.remove(0);
        }
        gaps.push(gap);
        self.pipeline.stage.was_killed = true;
    }

    /// Frames taken.
    pub fn frames(&self) -> u64 {
        self.taken
    }

    /// Frames that came, and that the journal could not keep up with.
    pub fn missed_ever(&self) -> u64 {
        self.missed_ever
    }

    /// The last step's time.
    pub fn now(&self) -> BoxNs {
        self.now
    }
}

/// Where a replay can begin.
#[derive(Debug)]
pub struct Start {
    checkpoint: Checkpoint,
    /// Whether a pipeline begins there, with no frames held.
    begins: bool,
}

/// Box time within which the journal has a checkpoint, what the daemon writes and some more, and the frames that it needs.
const CHECKPOINT_WITHIN_NS: u64 = 475_000_000_000;

impl Start {
    /// The last place to begin at before that moment, or the first after it where there is none. None where the journal
    /// ends before it, or has no such place.
    ///
    /// # Errors
    /// A part of the journal does not open, or there is no such place and a block does not read. Otherwise such a block is
    /// passed over.
    pub fn find(reader: &Reader, from: BoxNs) -> Result<Option<Self>, JournalError> {
        let near = BoxNs(from.0.saturating_sub(CHECKPOINT_WITHIN_NS));
        let mut unread = None;
        for near in [near, BoxNs(0)] {
            let Some(blocks) = reader.around(near, from)? else { return Ok(None) };
            let (mut found, mut oldest) = (None, None);
            for block in blocks {
                let block = match block {
                    Ok(block) => block,
                    Err(error) => {
                        unread.get_or_insert(error);
                        continue;
                    }
                };
                oldest = oldest.or(Some(block.since).filter(|since| since.0 > 0));
                let starts = block.entries.iter().filter_map(Self::of);
                for start in starts.filter(|start| start.has_frames(oldest)) {
                    let is_before = start.checkpoint.now <= from;
                    if !is_before && found.is_some() {
                        return Ok(found);
                    }
                    if is_before || near.0 == 0 {
                        found = Some(start);
                    }
                }
            }
            if found.is_some() {
                return Ok(found);
            }
        }
        unread.map_or(Ok(None), Err)
    }

    /// Whether the frames that it needs are there, in a journal that begins then.
    fn has_frames(&self, oldest: Option<BoxNs>) -> bool {
        self.begins || oldest.is_some_and(|oldest| oldest.0 <= self.checkpoint.since.0.saturating_add(STEP_BACK_NS))
    }

    fn of(entry: &Entry) -> Option<Self> {
        let Entry::Note(bytes) = entry else { return None };
        match Note::from_bytes(bytes).ok()? {
            Note::Checkpoint(checkpoint) => Some(Self { checkpoint: *checkpoint, begins: false }),
            Note::Began(checkpoint) => Some(Self { checkpoint: *checkpoint, begins: true }),
            _ => None,
        }
    }

    /// From which box time on results are as they were.
    pub fn now(&self) -> BoxNs {
        self.checkpoint.now
    }

    /// Whether a pipeline began there, with what the store knew.
    pub fn begins(&self) -> bool {
        self.begins
    }

    /// The blocks that a replay from there needs.
    ///
    /// # Errors
    /// The newest part of the journal does not open.
    pub fn blocks(&self, reader: &Reader) -> Result<Blocks, JournalError> {
        reader.since(self.checkpoint.since, self.checkpoint.step)
    }

    /// Prepares a replayer for the blocks from there on.
    ///
    /// # Errors
    /// It is of another rig.
    pub fn prepare<P, M>(self, replayer: &mut Replayer<P, M>) -> Result<(), CheckpointError>
    where
        P: Profiles,
        M: FnMut(BoxNs) -> (Vec<Producer<Signal>>, Pipeline<P>),
    {
        if self.begins { Ok(()) } else { replayer.warm(self.checkpoint) }
    }
}

/// What was known of pitchers when the pipeline asked, as the journal tells it; bounded by what one replay meets.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    /// In the order in which they were told.
    profiles: BTreeMap<(PitcherId, Date), VecDeque<Profile>>,
    old_throws: BTreeSet<PitchId>,
}

impl Answers {
    fn learn(&self, pitcher: PitcherId, day: Date, profile: Profile) {
        self.told().profiles.entry((pitcher, day)).or_default().push_back(profile);
    }

    fn learn_old_throw(&self, id: PitchId) {
        self.told().old_throws.insert(id);
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Profiles for Answers {
    fn profile(&mut self, pitcher: PitcherId, day: Date) -> Profile {
        self.told().profiles.get_mut(&(pitcher, day)).and_then(VecDeque::pop_front).unwrap_or_default()
    }

    fn is_old_throw(&mut self, pitch: &Pitch) -> bool {
        self.told().old_throws.contains(&pitch.id)
    }
}
