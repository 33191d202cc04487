//! Judges frames and moves the watermarks.

use super::calendar::{Shelf, boxed};
use super::config::{CAMERA_MAX, Config, SOURCE_MAX, SPAN_TICKS, TICK_BITS};
use super::fence::Fence;
use super::frame::{Route, Sink, Stamped};
use super::lag::lag_ns;
use super::mound::{Mound, event, tick};
use super::producer::Life;
use super::source::{Place, Source};
use super::status::{Counts, SourceState, SourceStatus};
use super::tally::NUMBERS;
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
pub(super) struct Judge<T> {
    shelf: Shelf<T>,
    sources: Box<[Source; NUMBERS]>,
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

impl<T: Copy + Send + Route> Judge<T> {
    pub(super) fn new(config: &Config) -> Self {
        let mut sources: Box<[Source; NUMBERS]> = boxed(Source::unseen(None));
        for (mound, plan) in config.mounds.iter().enumerate() {
            for (gate, camera) in plan.cameras.iter().enumerate() {
                sources[usize::from(*camera)].place = Some(Place { mound: mound as u8, gate: gate as u8 });
            }
        }
        let cameras = config.mounds.iter().map(|plan| plan.cameras.len()).sum::<usize>();
        Self {
            shelf: Shelf::new(config.held_max, config.mounds.len()),
            sources,
            mounds: config.mounds.iter().map(|plan| Mound::new(plan, config.held_max)).collect(),
            fence: Fence::new(config.gate_lag_ns, config.idle_ns),
            staged: Some(Vec::with_capacity(config.held_max)),
            fence_cameras: cameras.min(FENCE_CAMERAS),
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
    #[inline(always)]
    pub(super) fn prefetch_bucket(&self, frame: &Stamped<T>) {
        if let Some(place) = self.sources[usize::from(frame.source)].place {
            self.mounds[usize::from(place.mound)].calendar.prefetch_bucket(tick(frame.event));
        }
    }

    /// Fetches the place of a frame whose bucket has been fetched.
    #[inline(always)]
    pub(super) fn prefetch_chunk(&self, frame: &Stamped<T>) {
        if let Some(place) = self.sources[usize::from(frame.source)].place {
            self.mounds[usize::from(place.mound)].calendar.prefetch_chunk(&self.shelf, tick(frame.event));
        }
    }

    /// Judges one frame.
    #[inline(always)]
    pub(super) fn take(&mut self, path: usize, frame: &Stamped<T>, sink: &mut impl Sink<T>) {
        let Stamped { source: id, seq, event, arrival, .. } = *frame;
        let at = usize::from(id);
        self.shelf.tallies.of(id).taken += 1;
        if !self.sources[at].is_camera_on(path) {
            self.take_odd(path, frame, sink);
            return;
        }
        self.pass_to(arrival, sink);
        let source = &mut self.sources[at];
        let tally = self.shelf.tallies.get(id);
        source.count(seq, event, arrival, || tally.came());
        let Some(place) = source.place else { return };
        let (tick, mound) = (tick(event), &mut self.mounds[usize::from(place.mound)]);
        // What the tally says is held has this frame in it.
        let room = self.shelf.held < self.limits.held_max && tally.held() <= self.limits.held_per_source;
        let ordinary = room && mound.calendar.ahead(tick) < SPAN_TICKS && self.fence.admits(event, arrival);
        if ordinary && mound.calendar.put(&mut self.shelf, tick, frame, sink) {
            mound.late_run = 0;
            mound.holds.note(arrival, tick);
            if source.is_behind(event) {
                self.advance_source(id, event, arrival, sink);
            }
        } else if ordinary {
            self.shelf.tallies.of(id).drop_as(|tally| &mut tally.known);
        } else {
            self.admit_odd(usize::from(place.mound), frame, sink);
        }
    }

    /// Lets time pass up to an arrival.
    #[inline(always)]
    fn pass_to(&mut self, arrival: BoxNs, sink: &mut impl Sink<T>) {
        if arrival > self.now {
            self.now = arrival;
            if arrival >= self.look_at {
                self.look(sink);
            }
        }
    }

    /// Judges the frame of a device, of a source that speaks on this path for the first time, or one to be refused.
    #[inline(never)]
    fn take_odd(&mut self, path: usize, frame: &Stamped<T>, sink: &mut impl Sink<T>) {
        let Stamped { source: id, seq, event, arrival, .. } = *frame;
        let mound = self.mound_of(frame);
        let source = &mut self.sources[usize::from(id)];
        let Some(mound) = mound.filter(|_| source.own(path, arrival, self.limits.idle_ns)) else {
            self.shelf.tallies.of(id).drop_as(|tally| &mut tally.refused);
            return;
        };
        if self.deadline.is_none() {
            let deadline = BoxNs(arrival.0.saturating_add(self.limits.startup_ns));
            self.deadline = Some(deadline);
            self.mounds.iter_mut().for_each(|mound| mound.deadline = deadline);
        }
        self.pass_to(arrival, sink);
        let tally = self.shelf.tallies.get(id);
        self.sources[usize::from(id)].count(seq, event, arrival, || tally.came());
        self.admit_odd(mound, frame, sink);
    }

    /// The mound that a frame goes to, as an index: a camera's by plan, a device's by what the frame says.
    fn mound_of(&self, frame: &Stamped<T>) -> Option<usize> {
        match frame.source {
            1..=CAMERA_MAX => self.sources[usize::from(frame.source)].place.map(|place| usize::from(place.mound)),
            FIRST_DEVICE..=SOURCE_MAX => {
                let id = frame.payload.mound(frame.source);
                self.mounds.iter().position(|mound| mound.id == id)
            }
            _ => None,
        }
    }

    /// Cameras whose lag the fence knows.
    fn heard(&self) -> usize {
        cameras(&self.sources).iter().filter(|camera| camera.lag_ns.is_some()).count()
    }

    /// Lets a frame wait for the fence.
    #[cold]
    fn stage(&mut self, frame: &Stamped<T>, sink: &mut impl Sink<T>) {
        let tally = self.shelf.tallies.of(frame.source);
        if let Some(staged) = &mut self.staged {
            if staged.len() < self.limits.held_max && tally.held() <= self.limits.held_per_source {
                staged.push(*frame);
            } else {
                tally.drop_as(|tally| &mut tally.overflowed);
            }
        }
        if self.heard() >= self.fence_cameras {
            self.look(sink);
        }
    }

    /// Takes the waiting frames through the fence, in the order in which they came.
    fn unstage(&mut self, sink: &mut impl Sink<T>) {
        for frame in self.staged.take().unwrap_or_default() {
            let mound = self.mound_of(&frame).expect("only frames with a mound are staged");
            self.admit_odd(mound, &frame, sink);
        }
    }

    /// Passes one frame, whatever it is like, by the fence and into its mound's calendar, or lets it wait before that.
    #[inline(never)]
    fn admit_odd(&mut self, at: usize, frame: &Stamped<T>, sink: &mut impl Sink<T>) {
        if self.staged.is_some() {
            self.stage(frame, sink);
            return;
        }
        let Stamped { source: id, event, arrival, .. } = *frame;
        let (tick, mound) = (tick(event), &mut self.mounds[at]);
        let room =
            self.shelf.held < self.limits.held_max && self.shelf.tallies.get(id).held() <= self.limits.held_per_source;
        let tally = self.shelf.tallies.of(id);
        if !self.fence.admits(event, arrival) {
            tally.drop_as(|tally| &mut tally.quarantined);
            return;
        }
        if !mound.calendar.anchored() {
            let eager = reached_by_all(arrival, self.limits.gate_lag_ns, self.fence.offset_ns());
            mound.calendar.anchor(eager, eager.saturating_sub(self.limits.watermark_ticks));
        }
        if tick < mound.calendar.watermarks().1 {
            tally.drop_as(|tally| &mut tally.late);
            sink.late(mound.id, frame);
            mound.late_run = mound.late_run.saturating_add(u32::from(id <= CAMERA_MAX));
        } else if mound.calendar.ahead(tick) >= SPAN_TICKS {
            tally.drop_as(|tally| &mut tally.quarantined);
            return;
        } else if !room {
            tally.drop_as(|tally| &mut tally.overflowed);
        } else if mound.calendar.put(&mut self.shelf, tick, frame, sink) {
            if id <= CAMERA_MAX {
                mound.late_run = 0;
            }
            mound.holds.note(arrival, tick);
        } else {
            self.shelf.tallies.of(id).drop_as(|tally| &mut tally.known);
        }
        // Also where there was no room: a camera that overflows must not hold up what would make room.
        if self.sources[usize::from(id)].is_behind(event) {
            self.advance_source(id, event, arrival, sink);
        }
    }

    /// A source's event time has advanced: it is heard, and a camera may gate and move its mound's watermarks.
    #[inline(never)]
    fn advance_source(&mut self, id: u8, event: EventNs, arrival: BoxNs, sink: &mut impl Sink<T>) {
        let source = &mut self.sources[usize::from(id)];
        let first = source.reach(event, arrival);
        let Some(place) = source.place else {
            source.state = SourceState::Active;
            return;
        };
        let (at, gate) = (usize::from(place.mound), usize::from(place.gate));
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
        if mound.calendar.anchored() && mound.absent == 0 {
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

    /// Takes a source's event times as so much later from now on, ns.
    pub(super) fn shift(&mut self, id: u8, by_ns: i64) {
        self.sources[usize::from(id)].shift(by_ns);
        self.look_at = BoxNs(0);
    }

    /// Takes all that is held, and the watermarks, as so many ticks later.
    #[cold]
    pub(super) fn move_on(&mut self, ticks: i64) {
        let by_ns = ticks << TICK_BITS;
        for frame in self.staged.iter_mut().flatten() {
            frame.event = EventNs(frame.event.0.saturating_add_signed(by_ns));
        }
        self.mounds.iter_mut().for_each(|mound| mound.move_on(&mut self.shelf, ticks));
        self.fence.move_on(by_ns);
    }

    /// Lets time pass without a frame.
    pub(super) fn pass_time(&mut self, now: BoxNs, sink: &mut impl Sink<T>) {
        self.now = self.now.max(now);
        if self.now >= self.look_at {
            self.look(sink);
        }
    }

    /// Looks at the median lag and at every timer but idleness.
    #[cold]
    fn look(&mut self, sink: &mut impl Sink<T>) {
        self.look_at = BoxNs(self.now.0.saturating_add(LOOK_NS));
        self.fence.look(cameras(&self.sources), self.now);
        let started = self.deadline.is_some_and(|deadline| self.now >= deadline);
        if self.staged.is_some() && (started || self.heard() >= self.fence_cameras) {
            self.unstage(sink);
        }
        for at in 0..self.mounds.len() {
            if self.now >= self.mounds[at].deadline {
                self.mounds[at].absent = 0;
            }
            let due = self.mounds[at].holds.due(self.now, self.limits.max_hold_ns);
            if self.mounds[at].calendar.anchored() {
                self.mind_steps(at, sink);
            }
            if self.mounds[at].calendar.anchored() {
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
            source.forget();
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
            if let Some(Place { mound, gate }) = source.place
                && self.mounds[usize::from(mound)].gate(usize::from(gate), None)
            {
                self.follow(usize::from(mound), self.now, sink);
            }
        }
        BoxNs(until)
    }

    /// Releases all that is held, in order.
    pub(super) fn finish(&mut self, sink: &mut impl Sink<T>) {
        self.unstage(sink);
        for at in 0..self.mounds.len() {
            if self.mounds[at].calendar.anchored() {
                self.empty(at, sink);
            }
        }
    }

    /// Where every frame went that was taken.
    pub(super) fn counts(&self) -> Counts {
        let counts = self.shelf.tallies.counts();
        let staged = self.staged.as_ref().map_or(0, Vec::len);
        Counts { held: (self.shelf.held + staged) as u64, epochs: self.epochs, ..counts }
    }

    /// A source as it is now, where it is planned or was heard; so many of its frames found no slot on their way here.
    pub(super) fn status(&self, id: u8, no_slot: u64) -> Option<SourceStatus> {
        let (source, tally) = (&self.sources[usize::from(id)], self.shelf.tallies.get(id));
        let place = source.place;
        (place.is_some() || tally.taken + no_slot > 0).then(|| SourceStatus {
            source: id,
            mound: place.map(|place| self.mounds[usize::from(place.mound)].id),
            state: source.state,
            lag_ns: source.lag_ns.filter(|_| id <= CAMERA_MAX),
            largest: source.largest(),
            gaps: source.gaps(tally.came()),
            restarts: source.restarts,
            held: tally.held(),
            released: tally.released(),
            duplicate: tally.duplicate(),
            late: tally.late,
            quarantined: tally.quarantined,
            refused: tally.refused,
            overflowed: tally.overflowed + no_slot,
        })
    }

    pub(super) fn watermarks(&self, mound: MoundId) -> Option<(EventNs, EventNs)> {
        let mound = self.mounds.iter().find(|m| m.id == mound && m.calendar.anchored())?;
        let (eager, final_) = mound.calendar.watermarks();
        Some((event(eager), event(final_)))
    }

    pub(super) fn clock_offset_ns(&self) -> i64 {
        self.fence.offset_ns()
    }

    pub(super) fn median_lag_ns(&self) -> Option<i64> {
        self.fence.median_ns()
    }
}

fn cameras(sources: &[Source; NUMBERS]) -> &[Source] {
    &sources[1..=usize::from(CAMERA_MAX)]
}

/// The tick that every camera that may gate has reached at `now`, the box's clock being `offset_ns` ahead of theirs.
fn reached_by_all(now: BoxNs, gate_lag_ns: i64, offset_ns: i64) -> u64 {
    let reached = (now.0 as i64).saturating_sub(offset_ns).saturating_sub(gate_lag_ns);
    tick(EventNs(reached.max(0) as u64))
}
