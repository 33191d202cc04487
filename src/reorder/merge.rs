//! The merge thread's end: takes frames, judges them, moves the watermarks.

use std::sync::Arc;

use super::calendar::Put;
use super::fence::{Fence, lag_ns};
use super::mound::{Mound, event, tick};
use super::producer::{Life, Signals};
use super::shelf::{Shelf, Staged, Tally, row};
use super::slab::{Held, Reader};
use super::source::Source;
use super::{
    CAMERA_MAX, Config, Counts, Route, SOURCE_MAX, SPAN_TICKS, Sink, SourceState, SourceStatus, Stamped, TICK_BITS,
};
use crate::ids::{BoxNs, EventNs, MoundId};

/// How often the timers and the median lag are looked at, ns of box time.
const LOOK_NS: u64 = 1 << 24;
/// How often idleness is looked for, ns of a path's signs of life.
const LIFE_NS: u64 = 1 << 20;
/// Cameras whose lag must be known before the fence is trusted, where as many are planned: one wild one among three is
/// outvoted.
const FENCE_CAMERAS: usize = 3;
/// How far the median camera may be behind the final watermark before its time is taken to have stepped, ns.
const STEP_NS: i64 = 1_000_000_000;
/// And how many of the mound's camera frames in a row must have been late: stragglers of a camera gone silent are no step.
const STEP_FRAMES: u32 = 16;

/// The first source that is no camera.
const FIRST_DEVICE: u8 = CAMERA_MAX + 1;

/// Where a camera gates.
#[derive(Debug, Clone, Copy)]
struct Place {
    mound: usize,
    gate: usize,
}

/// The merge thread's end of the buffer: takes frames from all paths and gives them to a [`Sink`] in order.
///
/// Frames are taken in order of arrival over all paths, and time passes as they arrive, so that what comes out depends on
/// the arrivals and not on how often [`Reorder::poll`] is called; idleness alone is told at the end of a poll.
pub struct Reorder<T> {
    shelf: Shelf<T>,
    signals: Vec<Arc<Signals>>,
    /// The next slot of each path.
    heads: Vec<Option<Held>>,
    lives: Vec<Life>,
    /// The sign of life at which each path's sources are looked at again.
    life_at: Vec<BoxNs>,
    sources: [Source; SOURCE_MAX as usize + 1],
    places: [Option<Place>; CAMERA_MAX as usize + 1],
    mounds: Vec<Mound>,
    fence: Fence,
    /// Frames that wait until the fence knows the clocks.
    staged: Option<Staged>,
    fence_cameras: usize,
    config: Waits,
    now: BoxNs,
    look_at: BoxNs,
    /// When staging ends at the latest; set by the first poll.
    deadline: Option<BoxNs>,
    epochs: u64,
}

/// The settings that are read while running.
#[derive(Debug, Clone, Copy)]
struct Waits {
    watermark_ticks: u64,
    idle_ns: u64,
    max_hold_ns: u64,
    gate_lag_ns: i64,
    startup_ns: u64,
}

impl<T: Copy + Send + Route> Reorder<T> {
    pub(super) fn new(config: &Config, reader: Reader<Stamped<T>>, slots: usize, signals: Vec<Arc<Signals>>) -> Self {
        let mut places = [None; CAMERA_MAX as usize + 1];
        for (mound, plan) in config.mounds.iter().enumerate() {
            for (gate, camera) in plan.cameras.iter().enumerate() {
                places[usize::from(*camera)] = Some(Place { mound, gate });
            }
        }
        Self {
            shelf: Shelf::new(reader, slots),
            heads: signals.iter().map(|_| None).collect(),
            life_at: vec![BoxNs(0); signals.len()],
            lives: signals.iter().map(|signals| signals.life()).collect(),
            signals,
            sources: [Source::UNSEEN; SOURCE_MAX as usize + 1],
            mounds: config.mounds.iter().map(Mound::new).collect(),
            fence: Fence::new(config.gate_lag_ns, config.idle_ns),
            staged: Some(Staged::default()),
            fence_cameras: places.iter().flatten().count().min(FENCE_CAMERAS),
            places,
            config: Waits {
                watermark_ticks: config.watermark_ns.div_ceil(1 << TICK_BITS),
                idle_ns: config.idle_ns,
                max_hold_ns: config.max_hold_ns,
                gate_lag_ns: config.gate_lag_ns as i64,
                startup_ns: config.startup_ns,
            },
            now: BoxNs(0),
            look_at: BoxNs(0),
            deadline: None,
            epochs: 0,
        }
    }

    /// Takes all that has arrived and moves the watermarks; the number of frames taken.
    pub fn poll(&mut self, now: BoxNs, sink: &mut impl Sink<T>) -> usize {
        if self.deadline.is_none() {
            let deadline = BoxNs(now.0.saturating_add(self.config.startup_ns));
            self.deadline = Some(deadline);
            self.mounds.iter_mut().for_each(|mound| mound.deadline = deadline);
        }
        // The signs of life first: what they vouch for is then on the rings.
        for (path, signals) in self.signals.iter().enumerate() {
            self.lives[path] = signals.life();
            self.shelf.reader.look(path);
            self.heads[path] = self.shelf.reader.take(path);
        }
        let mut taken = 0;
        while let Some((path, until)) = self.earliest() {
            while let Some(held) = self.heads[path].take() {
                let arrival = self.shelf.reader.get(&held).arrival;
                if arrival > until {
                    self.heads[path] = Some(held);
                    break;
                }
                self.heads[path] = self.shelf.reader.take(path);
                self.take(path, held, sink);
                taken += 1;
            }
        }
        self.pass_time(now, sink);
        for path in 0..self.signals.len() {
            self.hear_life(path, sink);
        }
        self.shelf.reader.publish();
        debug_assert!(self.counts().balanced(), "{:?}", self.counts());
        taken
    }

    /// The path whose next frame arrived first, and up to which arrival it stays so.
    fn earliest(&self) -> Option<(usize, BoxNs)> {
        let mut earliest: Option<(usize, BoxNs)> = None;
        let mut until = BoxNs(u64::MAX);
        for (path, held) in self.heads.iter().enumerate() {
            let Some(held) = held else { continue };
            let arrival = self.shelf.reader.get(held).arrival;
            match earliest {
                Some((_, first)) if first <= arrival => until = until.min(arrival),
                _ => {
                    until = earliest.map_or(until, |(_, first)| first);
                    earliest = Some((path, arrival));
                }
            }
        }
        earliest.map(|(path, _)| (path, until))
    }

    /// Judges one frame.
    fn take(&mut self, path: usize, held: Held, sink: &mut impl Sink<T>) {
        let frame = self.shelf.reader.get(&held);
        let (id, seq, event, arrival) = (frame.source, frame.seq, frame.event, frame.arrival);
        let row = row(id);
        self.shelf.tally[row].taken += 1;
        let Some(mound) = self.mound_of(frame) else {
            return self.shelf.dismiss(held, |tally| &mut tally.refused);
        };
        if !self.sources[row].own(path, arrival, self.config.idle_ns) {
            return self.shelf.dismiss(held, |tally| &mut tally.refused);
        }
        if arrival > self.now {
            self.now = arrival;
            if arrival >= self.look_at {
                self.look(sink);
            }
        }
        let newest = self.sources[row].count(seq, event, self.shelf.tally[row].duplicate);
        if newest && id <= CAMERA_MAX {
            self.fence.see(id, event, arrival);
        }
        if let Some(staged) = &mut self.staged {
            self.shelf.stage(staged, held);
            if self.fence.heard() >= self.fence_cameras {
                self.look(sink);
            }
        } else {
            self.admit(mound, held, sink);
        }
    }

    /// The mound that a frame goes to, as an index: a camera's by plan, a device's by what the frame says.
    fn mound_of(&self, frame: &Stamped<T>) -> Option<usize> {
        match frame.source {
            1..=CAMERA_MAX => self.places[usize::from(frame.source)].map(|place| place.mound),
            FIRST_DEVICE..=SOURCE_MAX => {
                let id = frame.payload.mound(frame.source);
                self.mounds.iter().position(|mound| mound.id == id)
            }
            _ => None,
        }
    }

    /// Passes one frame by the fence and into its mound's calendar.
    fn admit(&mut self, at: usize, held: Held, sink: &mut impl Sink<T>) {
        let frame = self.shelf.reader.get(&held);
        let (id, event, arrival) = (frame.source, frame.event, frame.arrival);
        if !self.fence.admits(event, arrival) {
            return self.shelf.dismiss(held, |tally| &mut tally.quarantined);
        }
        let mound = &mut self.mounds[at];
        if !mound.anchored {
            let eager = reached_by_all(arrival, self.config.gate_lag_ns, self.fence.offset_ns());
            mound.calendar.anchor(eager, eager.saturating_sub(self.config.watermark_ticks));
            mound.anchored = true;
        }
        let (_, final_) = mound.calendar.watermarks();
        let tick = tick(event);
        if tick >= final_ + SPAN_TICKS {
            return self.shelf.dismiss(held, |tally| &mut tally.quarantined);
        }
        if tick < final_ {
            sink.late(mound.id, frame);
            mound.late_run = mound.late_run.saturating_add(u32::from(id <= CAMERA_MAX));
            self.shelf.dismiss(held, |tally| &mut tally.late);
        } else {
            match mound.calendar.put(&mut self.shelf, tick, held, sink) {
                Put::Done => {
                    if id <= CAMERA_MAX {
                        mound.late_run = 0;
                    }
                    self.shelf.tally[row(id)].held += 1;
                    mound.holds.note(arrival, tick);
                }
                Put::Duplicate(held) => self.shelf.dismiss(held, |tally| &mut tally.duplicate),
            }
        }
        if self.sources[row(id)].largest.is_none_or(|largest| event > largest) {
            self.advance_source(id, event, arrival, sink);
        }
    }

    /// A source's event time has advanced: it is heard, and a camera may gate and move its mound's watermarks.
    fn advance_source(&mut self, id: u8, event: EventNs, arrival: BoxNs, sink: &mut impl Sink<T>) {
        let source = &mut self.sources[row(id)];
        let first = source.largest.replace(event).is_none();
        source.advanced = arrival;
        let Some(Place { mound: at, gate }) = self.places.get(usize::from(id)).copied().flatten() else {
            source.state = SourceState::Active;
            return;
        };
        let mound = &mut self.mounds[at];
        let tick = tick(event);
        let lag_ns = lag_ns(arrival, event).saturating_sub(self.fence.offset_ns());
        let caught_up = source.state == SourceState::Active || tick >= mound.calendar.watermarks().0;
        let gates = caught_up && lag_ns <= self.config.gate_lag_ns;
        source.state = if gates { SourceState::Active } else { SourceState::Rejoining };
        mound.absent = mound.absent.saturating_sub(usize::from(first));
        if mound.gate(gate, gates.then_some(tick)) || first {
            self.follow(at, arrival, sink);
        }
    }

    /// Moves a mound's watermarks to where its gating cameras allow; with none gating, to what no camera that could gate is
    /// still behind: `gate_lag_ns` ago.
    fn follow(&mut self, at: usize, moved_by: BoxNs, sink: &mut impl Sink<T>) {
        let mound = &self.mounds[at];
        if mound.anchored && mound.absent == 0 {
            let eager = mound
                .least()
                .unwrap_or_else(|| reached_by_all(self.now, self.config.gate_lag_ns, self.fence.offset_ns()));
            self.advance(at, eager, 0, moved_by, sink);
        }
    }

    /// Moves a mound's watermarks, never back.
    fn advance(&mut self, at: usize, eager: u64, final_: u64, moved_by: BoxNs, sink: &mut impl Sink<T>) {
        let mound = &mut self.mounds[at];
        let before = mound.calendar.watermarks();
        let eager = eager.max(final_).max(before.0);
        let final_ = eager.saturating_sub(self.config.watermark_ticks).max(final_).max(before.1);
        if (eager, final_) != before {
            mound.calendar.pass_eager(&mut self.shelf, eager, sink);
            mound.calendar.release(&mut self.shelf, final_, sink);
            sink.advanced(mound.id, self::event(eager), self::event(final_), moved_by);
        }
    }

    /// Lets time pass without a frame.
    fn pass_time(&mut self, now: BoxNs, sink: &mut impl Sink<T>) {
        self.now = self.now.max(now);
        if self.now >= self.look_at {
            self.look(sink);
        }
    }

    /// Looks at the median lag and at every timer but idleness.
    fn look(&mut self, sink: &mut impl Sink<T>) {
        self.look_at = BoxNs(self.now.0.saturating_add(LOOK_NS));
        self.fence.look(self.now);
        let started = self.deadline.is_some_and(|deadline| self.now >= deadline);
        if (started || self.fence.heard() >= self.fence_cameras)
            && let Some(staged) = self.staged.take()
        {
            self.unstage(staged, sink);
        }
        for at in 0..self.mounds.len() {
            if self.now >= self.mounds[at].deadline {
                self.mounds[at].absent = 0;
            }
            let due = self.mounds[at].holds.due(self.now, self.config.max_hold_ns);
            if self.mounds[at].anchored {
                self.mind_steps(at, sink);
            }
            if self.mounds[at].anchored {
                self.advance(at, 0, due, self.now, sink);
                self.follow(at, self.now, sink);
            }
        }
    }

    /// Takes the waiting frames through the fence, in the order in which they came.
    fn unstage(&mut self, mut staged: Staged, sink: &mut impl Sink<T>) {
        while let Some(held) = self.shelf.unstage(&mut staged) {
            let mound = self.mound_of(self.shelf.reader.get(&held)).expect("only frames with a mound are staged");
            self.admit(mound, held, sink);
        }
    }

    /// Where the calendar can take nothing from the median camera, its time has stepped (or passed without us), and the
    /// watermarks go there: forward at once, back by beginning a new epoch.
    fn mind_steps(&mut self, at: usize, sink: &mut impl Sink<T>) {
        let Some(median_ns) = self.fence.median_ns() else { return };
        let (_, final_) = self.mounds[at].calendar.watermarks();
        let reached = (self.now.0 as i64).saturating_sub(median_ns);
        if reached >= event(final_ + SPAN_TICKS).0 as i64 {
            let eager = reached_by_all(self.now, self.config.gate_lag_ns, self.fence.offset_ns());
            self.advance(at, eager, 0, self.now, sink);
        } else if self.mounds[at].late_run >= STEP_FRAMES && reached < (event(final_).0 as i64).saturating_sub(STEP_NS)
        {
            self.restart(at, sink);
        }
    }

    /// Begins a new epoch on a mound: all that is held is released, and the next frame sets the watermarks.
    fn restart(&mut self, at: usize, sink: &mut impl Sink<T>) {
        self.empty(at, sink);
        self.epochs += 1;
        let mound = &mut self.mounds[at];
        let mut absent = 0;
        for camera in &mound.cameras {
            let source = &mut self.sources[usize::from(*camera)];
            source.largest = None;
            absent += usize::from(source.is_heard());
        }
        mound.forget(absent, BoxNs(self.now.0.saturating_add(self.config.startup_ns)));
        sink.restarted(mound.id);
    }

    fn empty(&mut self, at: usize, sink: &mut impl Sink<T>) {
        let end = self.mounds[at].calendar.end();
        self.advance(at, end, end, self.now, sink);
    }

    /// Tells idleness from what the path's ingest thread vouched for.
    fn hear_life(&mut self, path: usize, sink: &mut impl Sink<T>) {
        let life = self.lives[path];
        if life.beat < self.life_at[path] && !life.closed {
            return;
        }
        self.life_at[path] = BoxNs(life.beat.0.saturating_add(LIFE_NS));
        for id in 1..=SOURCE_MAX {
            let source = &mut self.sources[usize::from(id)];
            if !source.is_on(path) {
                continue;
            }
            let silent_since = source.advanced.max(life.alive_since);
            if life.closed {
                source.finish();
            } else if source.is_heard() && life.beat.0.saturating_sub(silent_since.0) >= self.config.idle_ns {
                source.state = SourceState::Idle;
            } else {
                continue;
            }
            if let Some(Place { mound, gate }) = self.places.get(usize::from(id)).copied().flatten()
                && self.mounds[mound].gate(gate, None)
            {
                self.follow(mound, self.now, sink);
            }
        }
    }

    /// Shutdown: takes what is on the rings and releases all that is held, in order.
    pub fn drain(&mut self, sink: &mut impl Sink<T>) {
        self.poll(self.now, sink);
        if let Some(staged) = self.staged.take() {
            self.unstage(staged, sink);
        }
        for at in 0..self.mounds.len() {
            if self.mounds[at].anchored {
                self.empty(at, sink);
            }
        }
        self.shelf.reader.publish();
    }

    /// Where every frame went; exact whenever no producer is pushing.
    pub fn counts(&self) -> Counts {
        let overflowed = (0..=SOURCE_MAX).map(|id| self.overflowed(id)).sum();
        let counts = self.shelf.counts();
        Counts { received: counts.received + overflowed, overflowed, epochs: self.epochs, ..counts }
    }

    fn overflowed(&self, id: u8) -> u64 {
        self.signals.iter().map(|signals| signals.overflowed(id)).sum()
    }

    /// Every source that is planned or was heard, by number.
    pub fn sources(&self) -> impl Iterator<Item = SourceStatus> + '_ {
        (1..=SOURCE_MAX).filter_map(|id| {
            let place = self.places.get(usize::from(id)).copied().flatten();
            let source = &self.sources[usize::from(id)];
            let tally: &Tally = &self.shelf.tally[usize::from(id)];
            let overflowed = self.overflowed(id);
            (place.is_some() || tally.taken + overflowed > 0).then(|| SourceStatus {
                source: id,
                mound: place.map(|place| self.mounds[place.mound].id),
                state: source.state,
                lag_ns: self.fence.raw_lag_ns(id),
                largest: source.largest,
                gaps: source.gaps(tally.duplicate),
                restarts: source.restarts,
                held: tally.held,
                released: tally.released,
                duplicate: tally.duplicate,
                late: tally.late,
                quarantined: tally.quarantined,
                refused: tally.refused,
                overflowed,
            })
        })
    }

    /// Eager and final watermark of a mound: every frame before them has passed them. `None` for a mound that is not
    /// planned, or before its first frame.
    pub fn watermarks(&self, mound: MoundId) -> Option<(EventNs, EventNs)> {
        let mound = self.mounds.iter().find(|m| m.id == mound && m.anchored)?;
        let (eager, final_) = mound.calendar.watermarks();
        Some((event(eager), event(final_)))
    }

    /// The median camera's lag, ns, by the box's clock; implausible when the box's clock is wrong. `None` before the fence
    /// knows the clocks.
    pub fn median_lag_ns(&self) -> Option<i64> {
        self.fence.median_ns()
    }
}

/// The tick that every camera that may gate has reached at `now`, the box's clock being `offset_ns` ahead of theirs.
fn reached_by_all(now: BoxNs, gate_lag_ns: i64, offset_ns: i64) -> u64 {
    let reached = (now.0 as i64).saturating_sub(offset_ns).saturating_sub(gate_lag_ns);
    tick(EventNs(reached.max(0) as u64))
}
