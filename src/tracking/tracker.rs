//! One mound's tracker: signals in, pitches out.
//!
//! # Life of a pitch
//! The search follows the eager watermark. A seed in the corridor waits until the watermark passes its predicted crossing
//! of the plate; then the whole flight is measured, judged and published as **provisional**, revision 0. Frames, marks and
//! spins that come later mark it changed; `gather_ns` of box time after the first of them it is measured again and published
//! as the next revision where that changes something that matters. When the final watermark passes its end it is published
//! once more, **final**. Later frames are only counted.
//!
//! Frames behind the eager watermark that belong to no known pitch make the search go over their time once more, so a
//! pitch whose cameras were all late is still found, at the latest before the final watermark passes it.

mod again;
mod arrivals;

use std::collections::VecDeque;

use firmware_protocol::Ball;
use nalgebra::Point3;

use super::camera::Camera;
use super::config::{Config, When};
use super::correction::CameraCorrection;
use super::detect::{Detector, HOP_NS, WINDOW_NS};
use super::early::Early;
use super::evidence::{self, RigEvidence, Told};
use super::extend::{self, Grown};
use super::fit::Samples;
use super::flight::Flight;
use super::jerk::JerkScale;
use super::marks::Marks;
use super::measuring::{Ground, Material, NEAR_PX};
use super::pitch::{Pitch, PitchState};
use super::quantities;
use super::sightings::{Sighting, Sightings};
use super::trajectory::Trajectory;
use super::venue::{Mound, Venue};
use crate::ids::{BoxNs, EventNs, MoundId, PitchId, PitcherId};
use crate::signal::Signal;

/// Pitches remembered for frames that come late.
const REMEMBERED: usize = 32;
/// Sightings this far behind the final watermark belong to no open flight any more, ns.
const KEPT_BEHIND_FINAL_NS: u64 = 2_000_000_000;
/// A flight's surroundings in event time that no other pitch may claim, ns.
const APART_NS: u64 = 100_000_000;
/// No camera sees a ball better than this, whatever it says, px.
const SIGMA_MIN_PX: f32 = 0.1;
/// What says to know a ball's place no better than this tells nothing of a flight and is no observation, px: it would
/// weigh nothing and still count as a camera and as a degree of freedom. The widest blob that a detector fits has a tenth.
const SIGMA_MAX_PX: f32 = 50.0;
/// The year 2262: what lies beyond is no time, and sums of times below it do not overflow.
const EVENT_MAX: u64 = i64::MAX as u64;
/// Observations that one flight is fitted with at most.
const SAMPLES_MAX: usize = 4096;
/// No flight from the hand to behind the plate takes longer, and no pitch follows another so soon, ns.
const FLIGHT_NS: u64 = 1_000_000_000;
/// Evidence that waits to be taken: more pitches than become final between two looks.
const EVIDENCE_MAX: usize = 32;
/// Cameras that teach the scale of the jerk at least.
const TEACHING_CAMERAS_MIN: u8 = 3;

/// Frames of a pitch after late ones were added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateCount {
    /// Which pitch.
    pub id: PitchId,
    /// All its frames so far.
    pub frames: u32,
    /// Those that came after the final watermark.
    pub frames_late: u32,
}

/// Finds and fits the pitches of one mound. Its memory is taken at start, but for the pitches it gives out.
#[derive(Debug)]
pub struct MoundTracker {
    config: Config,
    mound: MoundId,
    cameras: Vec<Camera>,
    /// Columns: the mound's axes in the field frame, to turn a spin axis into the mound's frame.
    axes: nalgebra::Matrix3<f64>,
    scale: JerkScale,
    sightings: Sightings,
    marks: Marks,
    seeker: Detector,
    samples: Samples,
    /// Start of the next window to search.
    cursor: u64,
    /// Nothing before it is searched for: an earlier run did that.
    searched: u64,
    pending: Option<Pending>,
    missed: Option<Missed>,
    tracked: VecDeque<Tracked>,
    evidence: VecDeque<RigEvidence>,
    /// What comes before the eager watermark, and is told from few cameras.
    early: Early,
    /// What the park's flights taught of the jerk, for early results.
    park_scale: JerkScale,
}

/// A seed whose flight is not over yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    seed: Trajectory,
    /// Where the search resumes should it be no pitch.
    resume: u64,
    /// Event time at which all its frames are in.
    end: u64,
}

/// Frames behind the eager watermark that belong to no known pitch.
#[derive(Debug, Clone, Copy)]
struct Missed {
    from: u64,
    to: u64,
    /// Arrival of the first and of the last of them.
    first: BoxNs,
    last: BoxNs,
}

/// A published pitch.
#[derive(Debug)]
struct Tracked {
    pitch: Pitch,
    flight: Flight,
    grown: Grown,
    changed_since: Option<BoxNs>,
    /// Arrival of the first late frame that was not told yet.
    late_since: Option<BoxNs>,
}

impl MoundTracker {
    /// A tracker of this mound's cameras; a mound that the venue lacks has none and finds nothing.
    pub fn new(venue: &Venue, mound: MoundId, config: Config) -> Self {
        let place = venue.mounds.iter().find(|m| m.id == mound);
        let localise = |m: &Mound| m.cameras.iter().filter_map(|id| venue.camera(*id)).map(|c| m.localise(c)).collect();
        let cameras: Vec<Camera> = place.map(localise).unwrap_or_default();
        let axes = place.map_or_else(nalgebra::Matrix3::identity, |m| {
            let origin = m.to_field(&Point3::origin());
            let axis = |x, y, z| m.to_field(&Point3::new(x, y, z)) - origin;
            nalgebra::Matrix3::from_columns(&[axis(1.0, 0.0, 0.0), axis(0.0, 1.0, 0.0), axis(0.0, 0.0, 1.0)])
        });
        let scale = JerkScale::default();
        let early =
            Early::new(&Ground { mound, cameras: &cameras, axes: &axes, scale, config: &config, is_early: true });
        Self {
            config,
            mound,
            axes,
            scale,
            sightings: Sightings::new(&cameras),
            marks: Marks::new(mound),
            seeker: Detector::new(cameras.len()),
            samples: Samples::with_capacity(SAMPLES_MAX, cameras.len()),
            cursor: 0,
            searched: 0,
            pending: None,
            missed: None,
            tracked: VecDeque::with_capacity(REMEMBERED),
            evidence: VecDeque::with_capacity(EVIDENCE_MAX),
            early,
            park_scale: JerkScale::of_a_park(scale, []),
            cameras,
        }
    }

    /// Takes one signal in: balls of this mound's cameras, marks that name this mound, spins. The rest is ignored.
    /// Eager ones come before the [`advance`](Self::advance) that passes them.
    pub fn observe(&mut self, source: u8, event: EventNs, arrival: BoxNs, signal: &Signal, when: When) {
        match signal {
            Signal::Ball(ball) => {
                if let Some(camera) = self.index_of(source) {
                    self.ball(camera, event, arrival, ball, when);
                }
            }
            Signal::Mark(mark) => {
                self.marks.hear(source, event.0);
                if mark.mound == self.mound.0 && self.marks.mark(source, event.0, mark) {
                    let reach = self.config.attribute_ns;
                    self.touch(event.0, reach, true, arrival);
                }
            }
            Signal::Spin(spin) => {
                if self.marks.spin(event.0, spin) {
                    let reach = self.config.match_ns;
                    self.touch(event.0, reach, false, arrival);
                }
            }
            Signal::Fiducial(_) | Signal::Pose { .. } | Signal::Health(_) => {}
        }
    }

    /// Marks of that source say whose a pitch was and not when the ball left the hand, or both again.
    pub fn set_rough(&mut self, source: u8, is_rough: bool) {
        self.marks.set_rough(source, is_rough);
        self.early.marks().set_rough(source, is_rough);
    }

    /// Marks that were not kept, because a feed with a lower number says otherwise.
    pub fn contradicted_marks(&self) -> u64 {
        self.marks.contradicted()
    }

    /// He was named on the game mound and stands on this one no more.
    pub fn left(&mut self, event: EventNs, arrival: BoxNs, pitcher: PitcherId) {
        if self.marks.left(event.0, pitcher.0) {
            self.touch(event.0, 0, true, arrival);
        }
    }

    /// Moves on to these watermarks and appends what became due: provisional pitches, revisions, final ones.
    pub fn advance(&mut self, eager: EventNs, final_: EventNs, now: BoxNs, out: &mut Vec<Pitch>) {
        let eager = eager.max(final_).0;
        self.search_ahead(eager, out);
        self.search_missed(eager, final_.0, now, out);
        self.revise(now, out);
        self.finish(final_, out);
        self.early.advance(EventNs(eager), final_, out);
        self.sightings.forget_before(final_.0.saturating_sub(KEPT_BEHIND_FINAL_NS));
    }

    /// Appends the pitches whose counts grew by frames behind the final watermark, once these were gathered: each late
    /// frame is told once.
    pub fn late_counts(&mut self, now: BoxNs, out: &mut Vec<LateCount>) {
        let gather_ns = self.config.gather_ns;
        for tracked in &mut self.tracked {
            if tracked.late_since.take_if(|since| now.0.saturating_sub(since.0) >= gather_ns).is_some() {
                let Pitch { id, frames, frames_late, .. } = tracked.pitch;
                out.push(LateCount { id, frames, frames_late });
            }
        }
    }

    /// What the pitches that became final since the last call say of their cameras, oldest first.
    pub fn evidence(&mut self) -> impl Iterator<Item = RigEvidence> + '_ {
        self.evidence.drain(..)
    }

    /// Corrects a camera's model from now on: fits to come, revisions and evidence use it, frames stay as they are. `false`
    /// where this mound has no such camera or the correction is not plausible.
    pub fn set_correction(&mut self, camera: u8, correction: &CameraCorrection) -> bool {
        let Some(index) = self.index_of(camera) else { return false };
        if self.cameras[index].correction() != correction {
            self.early.corrected(index);
        }
        self.cameras[index].correct(correction)
    }

    /// Leaves a camera out of fits, or takes it in again. Its frames still count as such and still give evidence.
    pub fn exclude(&mut self, camera: u8, excluded: bool) {
        if let Some(index) = self.index_of(camera) {
            self.samples.mute(index, excluded);
            self.early.exclude(index, excluded);
        }
    }

    /// The cameras' own time stepped, or the box's: all that was seen lies in another time. What was learned stays, and so
    /// do whoever stands on the mound and the pitches that are final: frames of theirs that still come make no second one.
    pub fn restart(&mut self) {
        self.sightings.clear();
        self.marks.restart();
        self.early.restart();
        self.tracked.retain(|tracked| tracked.pitch.state == PitchState::Final);
        (self.cursor, self.searched, self.pending, self.missed) = (0, 0, None, None);
    }

    /// A pitch with this release was published by an earlier run: frames of it that still come make no second one.
    pub fn published_before(&mut self, release: EventNs) {
        self.searched = self.searched.max(release.0.saturating_add(FLIGHT_NS));
    }

    /// What was learned about the jerk of flights.
    pub fn jerk_scale(&self) -> JerkScale {
        self.scale
    }

    /// Takes up what an earlier run learned.
    pub fn set_jerk_scale(&mut self, scale: JerkScale) {
        self.scale = scale;
    }

    /// The place of a camera of this mound, by its number.
    fn index_of(&self, camera: u8) -> Option<usize> {
        self.cameras.iter().position(|c| c.id == camera)
    }

    fn ball(&mut self, camera: usize, event: EventNs, arrival: BoxNs, ball: &Ball, when: When) {
        let Some(sighting) = sighting(event, ball) else { return };
        if when != When::Late {
            self.sightings.insert(camera, sighting);
        }
        if when == When::Eager {
            return;
        }
        let lens = &self.cameras[camera];
        let near = |t: &Tracked| {
            let seconds = t.flight.path.seconds(event) - lens.clock_offset_s();
            lens.project(&t.flight.path.point(seconds)).is_some_and(|uv| (uv - sighting.uv()).norm() < NEAR_PX)
        };
        let margin = self.config.end_margin_ns;
        let during =
            |t: &&mut Tracked| event.0 >= t.grown.first.0.saturating_sub(margin) && event.0 <= t.grown.plate.0 + margin;
        if let Some(tracked) = self.tracked.iter_mut().rev().find(during) {
            if !near(tracked) {
                return;
            }
            if when == When::Late {
                tracked.pitch.frames += 1;
                tracked.pitch.frames_late += 1;
                tracked.late_since.get_or_insert(arrival);
            } else if tracked.pitch.state == PitchState::Provisional {
                tracked.changed_since.get_or_insert(arrival);
            }
        } else if when == When::AfterEager {
            let fresh = Missed { from: event.0, to: event.0, first: arrival, last: arrival };
            let missed = self.missed.get_or_insert(fresh);
            missed.from = missed.from.min(event.0);
            missed.to = missed.to.max(event.0);
            missed.last = missed.last.max(arrival);
        }
    }

    /// A mark or spin came: pitches within its reach are looked at again, and those that follow a mark that says who stands there.
    fn touch(&mut self, event: u64, reach: u64, says_who_follows: bool, arrival: BoxNs) {
        for tracked in &mut self.tracked {
            let near =
                tracked.grown.first.0.abs_diff(event) <= reach || tracked.pitch.release.0.abs_diff(event) <= reach;
            let follows = says_who_follows && event <= tracked.grown.first.0;
            if tracked.pitch.state == PitchState::Provisional && (near || follows) {
                tracked.changed_since.get_or_insert(arrival);
            }
        }
    }

    fn search_ahead(&mut self, eager: u64, out: &mut Vec<Pitch>) {
        loop {
            if let Some(pending) = self.pending {
                if pending.end > eager {
                    return;
                }
                self.pending = None;
                self.cursor = self.settle(&pending, eager, out);
                continue;
            }
            let Some(window) = self.next_window(self.cursor) else { return };
            self.cursor = window;
            if window + WINDOW_NS > eager {
                return;
            }
            self.cursor = window + HOP_NS;
            self.pending = self.seed(window);
        }
    }

    /// Searches again where frames came behind the eager watermark.
    fn search_missed(&mut self, eager: u64, final_: u64, now: BoxNs, out: &mut Vec<Pitch>) {
        let Some(missed) = self.missed else { return };
        let waited = |since: BoxNs, ns: u64| now.0.saturating_sub(since.0) >= ns;
        let gather_ns = self.config.gather_ns;
        if !waited(missed.last, gather_ns) && !waited(missed.first, 4 * gather_ns) && final_ < missed.to {
            return;
        }
        self.missed = None;
        let mut from = missed.from.saturating_sub(WINDOW_NS);
        while let Some(window) = self.next_window(from) {
            if window > missed.to {
                return;
            }
            from = window + HOP_NS;
            if let Some(found) = self.seed(window) {
                if found.end <= eager {
                    from = self.settle(&found, eager, out).max(from);
                } else {
                    self.pending.get_or_insert(found);
                    return;
                }
            }
        }
    }

    /// The next window at or after `from` that has something in it and lies in no known pitch.
    fn next_window(&self, from: u64) -> Option<u64> {
        let mut window = self.sightings.next_event(from.max(self.searched))?;
        while let Some(known) = self.tracked.iter().find(|t| t.claims(window)) {
            window = self.sightings.next_event(known.grown.plate.0 + 1)?;
        }
        Some(window)
    }

    fn seed(&mut self, window: u64) -> Option<Pending> {
        let seed = self.seeker.seek(&self.cameras, &self.sightings, window, |_| true)?;
        let plate = extend::plate_event(&seed)?;
        Some(Pending { seed, resume: window + HOP_NS, end: plate.0 + self.config.end_margin_ns })
    }

    /// Measures a seed whose flight should be over; gives where the search goes on.
    fn settle(&mut self, pending: &Pending, eager: u64, out: &mut Vec<Pitch>) -> u64 {
        let grown = extend::grow(&self.cameras, &self.sightings, &pending.seed, &mut self.samples, &self.config);
        let Some(grown) = grown else { return pending.resume };
        let end = grown.plate.0 + self.config.end_margin_ns;
        if end > eager {
            let seed = grown.path.recentred(pending.seed.reference, pending.seed.scale_s);
            self.pending.get_or_insert(Pending { seed, end, ..*pending });
            return self.cursor;
        }
        let known = |t: &Tracked| grown.first.0 < t.grown.plate.0 + APART_NS / 4 && t.grown.first.0 < grown.plate.0;
        if self.tracked.iter().any(known)
            || extend::came_from_behind(&self.cameras, &self.sightings, &grown.path, &mut self.samples)
        {
            return pending.resume;
        }
        let Some((mut pitch, flight, grown)) = self.measure(grown, None) else { return pending.resume };
        self.marks.threw(grown.first.0);
        self.early.settle(grown.first.0, &mut pitch);
        out.push(pitch.clone());
        if self.tracked.len() == REMEMBERED {
            self.tracked.pop_front();
        }
        self.tracked.push_back(Tracked { pitch, flight, grown, changed_since: None, late_since: None });
        end
    }

    /// Fits and judges a flight as it looks now; `known` is its place among the tracked ones.
    fn measure(&mut self, grown: Grown, known: Option<usize>) -> Option<(Pitch, Flight, Grown)> {
        let Self { mound, cameras, axes, scale, config, sightings, samples, marks, tracked, .. } = self;
        let ground = Ground { mound: *mound, cameras, axes, scale: *scale, config, is_early: false };
        let others = tracked.iter().enumerate().filter(|(at, _)| Some(*at) != known).map(|(_, t)| t.grown.first.0);
        ground.measure(Material { sightings, samples, marks }, grown, others)
    }

    /// Appends what changed by more than it is worth once its frames were gathered. [`advance`](Self::advance) does so
    /// too; this is for when no watermark moves.
    pub fn revise(&mut self, now: BoxNs, out: &mut Vec<Pitch>) {
        for at in 0..self.tracked.len() {
            let due =
                self.tracked[at].changed_since.is_some_and(|s| now.0.saturating_sub(s.0) >= self.config.gather_ns);
            if due && self.refit(at) {
                self.tracked[at].pitch.revision += 1;
                out.push(self.tracked[at].pitch.clone());
            }
        }
    }

    /// Publishes as final what the final watermark passed, and learns from it. [`advance`](Self::advance) does so too; this is
    /// for when the time of the frames ends.
    pub fn finish(&mut self, final_: EventNs, out: &mut Vec<Pitch>) {
        for at in 0..self.tracked.len() {
            let open = &self.tracked[at];
            if open.pitch.state == PitchState::Final || final_.0 < open.grown.plate.0 + self.config.end_margin_ns {
                continue;
            }
            if open.changed_since.is_some() {
                self.refit(at);
            }
            self.testify(at);
            let done = &mut self.tracked[at];
            done.pitch.state = PitchState::Final;
            done.pitch.revision += 1;
            out.push(done.pitch.clone());
            self.early.judge(&self.cameras, &done.pitch, final_);
            let teaches = !done.pitch.flags.any() && done.pitch.cameras >= TEACHING_CAMERAS_MIN;
            if let (true, Some(jerk)) = (teaches, &done.flight.free_jerk) {
                let walk = self.config.jerk_scale_walk;
                self.scale.learn(&jerk.estimate, &jerk.covariance, &jerk.model, &jerk.scatter, walk);
            }
        }
    }

    /// Keeps what a pitch that becomes final says of its cameras; what nobody takes makes room for what is newer.
    fn testify(&mut self, at: usize) {
        let Tracked { pitch, flight, grown, .. } = &self.tracked[at];
        let path = &flight.path;
        let to = path.seconds(grown.plate) + self.config.end_margin_ns as f64 * 1e-9;
        self.sightings.collect(&self.cameras, path, path.seconds(grown.first), to, NEAR_PX, &mut self.samples);
        let told = Told {
            pitch: pitch.id,
            mound: self.mound,
            release: pitch.release,
            accepted: !pitch.flags.any(),
            plate_sd_in: 12.0 * pitch.sd.plate_x.max(pitch.sd.plate_z),
        };
        if let Some(evidence) = evidence::evidence(&self.samples, &self.cameras, flight, &told) {
            if self.evidence.len() == EVIDENCE_MAX {
                self.evidence.pop_front();
            }
            self.evidence.push_back(evidence);
        }
    }

    /// Measures a pitch again with all that is known now; whether what is published changes by more than it is worth.
    /// Small changes are not taken up, so that a revision always tells the whole change since the last one.
    fn refit(&mut self, at: usize) -> bool {
        self.tracked[at].changed_since = None;
        let seed = self.tracked[at].flight.path;
        let grown = extend::grow(&self.cameras, &self.sightings, &seed, &mut self.samples, &self.config);
        let grown = grown.unwrap_or(self.tracked[at].grown);
        let Some((mut pitch, flight, grown)) = self.measure(grown, Some(at)) else { return false };
        let tracked = &mut self.tracked[at];
        let before = &tracked.pitch;
        pitch.id = before.id;
        pitch.revision = before.revision;
        pitch.frames_late = before.frames_late;
        pitch.frames += before.frames_late;
        let told = |p: &Pitch| (p.release_marked, p.context, p.flags);
        if told(&pitch) == told(before)
            && pitch.spin == before.spin
            && !quantities::moved(&before.values, &pitch.values, &before.sd, self.config.revise_sd)
        {
            tracked.pitch.frames = pitch.frames;
            return false;
        }
        (tracked.pitch, tracked.flight, tracked.grown) = (pitch, flight, grown);
        true
    }
}

/// What a frame shows of a ball, where that can be used.
fn sighting(event: EventNs, ball: &Ball) -> Option<Sighting> {
    let finite = [ball.u, ball.v, ball.sigma].iter().all(|x| x.is_finite());
    let usable = finite && ball.sigma <= SIGMA_MAX_PX && event.0 <= EVENT_MAX;
    usable.then(|| Sighting { event: event.0, u: ball.u, v: ball.v, sigma: ball.sigma.max(SIGMA_MIN_PX) })
}

impl Tracked {
    fn claims(&self, event: u64) -> bool {
        event + APART_NS / 4 > self.grown.first.0 && event <= self.grown.plate.0
    }
}
