//! Judges frames and moves the watermarks.

use super::calendar::Shelf;
use super::fence::{Fence, lag_ns};
use super::mound::{Mound, event, tick};
use super::producer::Life;
use super::source::Source;
use super::tally::row;
use super::{
    CAMERA_MAX, Config, Counts, Route, SOURCE_MAX, SPAN_TICKS, Sink, SourceState, SourceStatus, Stamped, TICK_BITS,
};
use crate::ids::{BoxNs, EventNs, MoundId};

/// How often the timers and the median lag are looked at, ns of box time.
const LOOK_NS: u64 = 1 << 24;
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

/// The settings that are read while running.
#[derive(Debug, Clone, Copy)]
struct Limits {
    watermark_ticks: u64,
    idle_ns: u64,
    max_hold_ns: u64,
    gate_lag_ns: i64,
    startup_ns: u64,
    held_max: usize,
    held_per_source: u64,
}

/// All that the merge thread knows, but for the rings.
pub(super) struct Merge<T> {
    shelf: Shelf<T>,
    sources: [Source; SOURCE_MAX as usize + 1],
    places: [Option<Place>; CAMERA_MAX as usize + 1],
    mounds: Vec<Mound>,
    fence: Fence,
    /// Frames that wait until the fence knows the clocks, in order of arrival.
    staged: Option<Vec<Stamped<T>>>,
    fence_cameras: usize,
    limits: Limits,
    now: BoxNs,
    look_at: BoxNs,
    /// When staging ends at the latest; set by the first frame of all.
    deadline: Option<BoxNs>,
    epochs: u64,
}

impl<T: Copy + Send + Route> Merge<T> {
    pub(super) fn new(config: &Config) -> Self {
        let mut places = [None; CAMERA_MAX as usize + 1];
        for (mound, plan) in config.mounds.iter().enumerate() {
            for (gate, camera) in plan.cameras.iter().enumerate() {
                places[usize::from(*camera)] = Some(Place { mound, gate });
            }
        }
        Self {
            shelf: Shelf::new(config.held_max, config.mounds.len()),
            sources: [Source::UNSEEN; SOURCE_MAX as usize + 1],
            mounds: config.mounds.iter().map(Mound::new).collect(),
            fence: Fence::new(config.gate_lag_ns, config.idle_ns),
            staged: Some(Vec::with_capacity(config.held_max)),
            fence_cameras: places.iter().flatten().count().min(FENCE_CAMERAS),
            places,
            limits: Limits {
                watermark_ticks: config.watermark_ns.div_ceil(1 << TICK_BITS),
                idle_ns: config.idle_ns,
                max_hold_ns: config.max_hold_ns,
                gate_lag_ns: config.gate_lag_ns as i64,
                startup_ns: config.startup_ns,
                held_max: config.held_max,
                held_per_source: config.held_per_source as u64,
            },
            now: BoxNs(0),
            look_at: BoxNs(0),
            deadline: None,
            epochs: 0,
        }
    }

    pub(super) fn now(&self) -> BoxNs {
        self.now
    }

    /// Fetches the bucket of a frame that will be taken soon.
    #[inline]
    pub(super) fn prefetch_bucket(&self, frame: &Stamped<T>) {
        if let Some(place) = self.places.get(usize::from(frame.source)).copied().flatten() {
            self.mounds[place.mound].calendar.prefetch_bucket(tick(frame.event));
        }
    }

    /// Fetches the place of a frame whose bucket has been fetched.
    #[inline]
    pub(super) fn prefetch_place(&self, frame: &Stamped<T>) {
        if let Some(place) = self.places.get(usize::from(frame.source)).copied().flatten() {
            self.mounds[place.mound].calendar.prefetch_place(&self.shelf.pool, tick(frame.event));
        }
    }

    /// Judges one frame.
    #[inline]
    pub(super) fn take(&mut self, path: usize, frame: &Stamped<T>, sink: &mut impl Sink<T>) {
        let id = frame.source;
        let tally = self.shelf.tallies.of(id);
        tally.taken += 1;
        let source = &mut self.sources[row(id)];
        let mound = mound_of(frame, &self.places, &self.mounds);
        let Some(mound) = mound.filter(|_| source.own(path, frame.arrival, self.limits.idle_ns)) else {
            tally.refused += 1;
            return;
        };
        if self.deadline.is_none() {
            let deadline = BoxNs(frame.arrival.0.saturating_add(self.limits.startup_ns));
            self.deadline = Some(deadline);
            self.mounds.iter_mut().for_each(|mound| mound.deadline = deadline);
        }
        if frame.arrival > self.now {
            self.now = frame.arrival;
            if self.now >= self.look_at {
                self.look(sink);
            }
        }
        let tally = self.shelf.tallies.get(id);
        let newest = self.sources[row(id)].count(frame.seq, frame.event, || tally.duplicate());
        if newest && id <= CAMERA_MAX {
            self.fence.see(id, frame.event, frame.arrival);
        }
        if self.staged.is_none() {
            self.admit(mound, frame, sink);
        } else {
            self.stage(frame, sink);
        }
    }

    /// Lets a frame wait for the fence.
    #[cold]
    fn stage(&mut self, frame: &Stamped<T>, sink: &mut impl Sink<T>) {
        let tally = self.shelf.tallies.of(frame.source);
        if let Some(staged) = &mut self.staged {
            if staged.len() < self.limits.held_max && tally.held() < self.limits.held_per_source {
                tally.entered += 1;
                staged.push(*frame);
            } else {
                tally.overflowed += 1;
            }
        }
        if self.fence.heard() >= self.fence_cameras {
            self.look(sink);
        }
    }

    /// Takes the waiting frames through the fence, in the order in which they came.
    fn unstage(&mut self, sink: &mut impl Sink<T>) {
        for frame in self.staged.take().unwrap_or_default() {
            self.shelf.tallies.of(frame.source).entered -= 1;
            let mound = mound_of(&frame, &self.places, &self.mounds);
            self.admit(mound.expect("only frames with a mound are staged"), &frame, sink);
        }
    }

    /// Passes one frame by the fence and into its mound's calendar.
    #[inline]
    fn admit(&mut self, at: usize, frame: &Stamped<T>, sink: &mut impl Sink<T>) {
        let Stamped { source: id, event, arrival, .. } = *frame;
        let tally = self.shelf.tallies.of(id);
        if !self.fence.admits(event, arrival) {
            tally.quarantined += 1;
            return;
        }
        let mound = &mut self.mounds[at];
        if !mound.anchored {
            let eager = reached_by_all(arrival, self.limits.gate_lag_ns, self.fence.offset_ns());
            mound.calendar.anchor(eager, eager.saturating_sub(self.limits.watermark_ticks));
            mound.anchored = true;
        }
        let (_, final_) = mound.calendar.watermarks();
        let tick = tick(event);
        if tick < final_ {
            tally.late += 1;
            sink.late(mound.id, frame);
            mound.late_run = mound.late_run.saturating_add(u32::from(id <= CAMERA_MAX));
        } else if tick >= final_ + SPAN_TICKS {
            tally.quarantined += 1;
            return;
        } else if self.shelf.held >= self.limits.held_max || tally.held() >= self.limits.held_per_source {
            tally.overflowed += 1;
        } else if mound.calendar.put(&mut self.shelf, tick, frame, sink) {
            self.shelf.tallies.of(id).entered += 1;
            if id <= CAMERA_MAX {
                mound.late_run = 0;
            }
            mound.holds.note(arrival, tick);
        } else {
            self.shelf.tallies.of(id).known += 1;
        }
        // Also where there was no room: a camera that overflows must not hold up what would make room.
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
        let gates = caught_up && lag_ns <= self.limits.gate_lag_ns;
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
                .unwrap_or_else(|| reached_by_all(self.now, self.limits.gate_lag_ns, self.fence.offset_ns()));
            self.advance(at, eager, 0, moved_by, sink);
        }
    }

    /// Moves a mound's watermarks, never back.
    fn advance(&mut self, at: usize, eager: u64, final_: u64, moved_by: BoxNs, sink: &mut impl Sink<T>) {
        let mound = &mut self.mounds[at];
        let before = mound.calendar.watermarks();
        let eager = eager.max(final_).max(before.0);
        let final_ = eager.saturating_sub(self.limits.watermark_ticks).max(final_).max(before.1);
        if (eager, final_) != before {
            mound.calendar.pass_eager(&mut self.shelf, eager, sink);
            mound.calendar.release(&mut self.shelf, final_, sink);
            sink.advanced(mound.id, self::event(eager), self::event(final_), moved_by);
        }
    }

    /// Lets time pass without a frame.
    pub(super) fn pass_time(&mut self, now: BoxNs, sink: &mut impl Sink<T>) {
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
        if (started || self.fence.heard() >= self.fence_cameras) && self.staged.is_some() {
            self.unstage(sink);
        }
        for at in 0..self.mounds.len() {
            if self.now >= self.mounds[at].deadline {
                self.mounds[at].absent = 0;
            }
            let due = self.mounds[at].holds.due(self.now, self.limits.max_hold_ns);
            if self.mounds[at].anchored {
                self.mind_steps(at, sink);
            }
            if self.mounds[at].anchored {
                self.advance(at, 0, due, self.now, sink);
                self.follow(at, self.now, sink);
            }
        }
    }

    /// Where the calendar can take nothing from the median camera, its time has stepped (or passed without us), and the
    /// watermarks go there: forward at once, back by beginning a new epoch.
    fn mind_steps(&mut self, at: usize, sink: &mut impl Sink<T>) {
        let Some(median_ns) = self.fence.median_ns() else { return };
        let (_, final_) = self.mounds[at].calendar.watermarks();
        let reached = (self.now.0 as i64).saturating_sub(median_ns);
        if reached >= event(final_ + SPAN_TICKS).0 as i64 {
            let eager = reached_by_all(self.now, self.limits.gate_lag_ns, self.fence.offset_ns());
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
        mound.forget(absent, BoxNs(self.now.0.saturating_add(self.limits.startup_ns)));
        sink.restarted(mound.id);
    }

    fn empty(&mut self, at: usize, sink: &mut impl Sink<T>) {
        let end = self.mounds[at].calendar.end();
        self.advance(at, end, end, self.now, sink);
    }

    /// Tells idleness from what the path's ingest thread vouched for; until which sign of life there is none to tell.
    pub(super) fn hear_life(&mut self, path: usize, life: Life, sink: &mut impl Sink<T>) -> BoxNs {
        let mut until = life.beat.0.saturating_add(self.limits.idle_ns);
        for id in 1..=SOURCE_MAX {
            let source = &mut self.sources[usize::from(id)];
            if !source.is_on(path) {
                continue;
            }
            let idle_at = source.advanced.max(life.alive_since).0.saturating_add(self.limits.idle_ns);
            if life.closed {
                source.finish();
            } else if source.is_heard() && life.beat.0 >= idle_at {
                source.state = SourceState::Idle;
            } else {
                until = if source.is_heard() { until.min(idle_at) } else { until };
                continue;
            }
            if let Some(Place { mound, gate }) = self.places.get(usize::from(id)).copied().flatten()
                && self.mounds[mound].gate(gate, None)
            {
                self.follow(mound, self.now, sink);
            }
        }
        BoxNs(until)
    }

    /// Releases all that is held, in order.
    pub(super) fn finish(&mut self, sink: &mut impl Sink<T>) {
        self.unstage(sink);
        for at in 0..self.mounds.len() {
            if self.mounds[at].anchored {
                self.empty(at, sink);
            }
        }
    }

    /// Where every frame went that was taken.
    pub(super) fn counts(&self) -> Counts {
        let counts = self.shelf.tallies.counts();
        let staged = self.staged.as_ref().map_or(0, Vec::len);
        debug_assert_eq!(counts.held, (self.shelf.held + staged) as u64, "by source as by bucket");
        Counts { epochs: self.epochs, ..counts }
    }

    /// A source as it is now, where it is planned or was heard; so many of its frames found no slot on their way here.
    pub(super) fn status(&self, id: u8, no_slot: u64) -> Option<SourceStatus> {
        let place = self.places.get(usize::from(id)).copied().flatten();
        let (source, tally) = (&self.sources[row(id)], self.shelf.tallies.get(id));
        (place.is_some() || tally.taken + no_slot > 0).then(|| SourceStatus {
            source: id,
            mound: place.map(|place| self.mounds[place.mound].id),
            state: source.state,
            lag_ns: self.fence.raw_lag_ns(id),
            largest: source.largest,
            gaps: source.gaps(tally.duplicate()),
            restarts: source.restarts,
            held: tally.held(),
            released: tally.released,
            duplicate: tally.duplicate(),
            late: tally.late,
            quarantined: tally.quarantined,
            refused: tally.refused,
            overflowed: tally.overflowed + no_slot,
        })
    }

    pub(super) fn watermarks(&self, mound: MoundId) -> Option<(EventNs, EventNs)> {
        let mound = self.mounds.iter().find(|m| m.id == mound && m.anchored)?;
        let (eager, final_) = mound.calendar.watermarks();
        Some((event(eager), event(final_)))
    }

    pub(super) fn median_lag_ns(&self) -> Option<i64> {
        self.fence.median_ns()
    }
}

/// The mound that a frame goes to, as an index: a camera's by plan, a device's by what the frame says.
#[inline]
fn mound_of<T: Route>(
    frame: &Stamped<T>,
    places: &[Option<Place>; CAMERA_MAX as usize + 1],
    mounds: &[Mound],
) -> Option<usize> {
    match frame.source {
        1..=CAMERA_MAX => places[usize::from(frame.source)].map(|place| place.mound),
        FIRST_DEVICE..=SOURCE_MAX => {
            let id = frame.payload.mound(frame.source);
            mounds.iter().position(|mound| mound.id == id)
        }
        _ => None,
    }
}

/// The tick that every camera that may gate has reached at `now`, the box's clock being `offset_ns` ahead of theirs.
fn reached_by_all(now: BoxNs, gate_lag_ns: i64, offset_ns: i64) -> u64 {
    let reached = (now.0 as i64).saturating_sub(offset_ns).saturating_sub(gate_lag_ns);
    tick(EventNs(reached.max(0) as u64))
}
