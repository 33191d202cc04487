//! A result when enough is known, not when every camera has spoken.
//!
//! Beside the watermarks, frames are taken as they arrive. As soon as two cameras that may be trusted (`trust.rs`) have shown the
//! same ball, its flight is followed: a camera *counts* once any frame of it is past the earlier of the ball's crossing of the
//! plate and its leaving that camera's picture, less one frame. The fit by those that count is given out as an **early** pitch
//! at the arrival that makes it known well enough: standard deviations within the configured ones, rays that cross, pixels
//! and cameras that agree (`agree.rs`), and no doubt of any kind. It is given out once; from then on only what marks and
//! spins say changes it, until the eager watermark's result of all cameras goes on under its id.
//!
//! Nothing here is known to the watermarked path but that id, and nothing waits for it. What was seen is kept until the eager
//! watermark has passed it by a flight, in rings that were taken at start. All that the answer depends on, beside those and
//! the marks, is in [`EarlyState`], so that another tracker goes on with the same answers.

mod agree;
mod candidate;
mod trust;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use self::candidate::Candidate;
pub use self::trust::KeptTrust;
use self::trust::Trust;
use super::camera::Camera;
use super::detect::{Detector, HOP_NS, WINDOW_NS};
use super::extend;
use super::fit::Samples;
use super::marks::Marks;
use super::measuring::{Ground, Material};
use super::pitch::{CameraResidual, Context, Pitch, PitchState};
use super::sightings::{Sighting, Sightings};
use crate::ids::{BoxNs, EventNs};

/// Observations that a flight is fitted with at most: of few cameras.
const SAMPLES_MAX: usize = 4096;
/// What was seen is kept so long behind the eager watermark, ns: a flight.
const BEHIND_NS: u64 = 1_000_000_000;
/// Nobody's frames are so far ahead of the slowest camera's, ns: what says so is no time to reckon with.
const AHEAD_NS: u64 = 30_000_000_000;
/// Windows that one frame can pass at most.
const WINDOWS_MAX: u64 = 12;
/// A window is searched as the second to fourth camera that saw something in it passes it.
const SEARCHES_MAX: usize = 3;
/// Results that are remembered: more than are thrown on a mound while frames of them can still be taken again.
const GIVEN_MAX: usize = 32;
/// Where more frames of cameras that count came in, a flight is fitted again after so long, ns.
const RETRY_NS: u64 = 20_000_000;
/// So long around a flight no other one is sought, ns.
const APART_NS: u64 = 25_000_000;
/// So long after the final watermark has passed it a result that no full fit confirmed is withdrawn, ns of event time.
const CONFIRM_NS: u64 = 100_000_000;

/// An early result that was given out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Given {
    pitch: Pitch,
    /// First observation, event time.
    first: u64,
    /// Whether a full fit goes on under its id, or it was withdrawn.
    is_settled: bool,
}

/// All that early results depend on, beside what was seen and what marks said.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EarlyState {
    /// By camera: its newest event time.
    reached: Vec<u64>,
    trust: Vec<Trust>,
    eager: u64,
    candidate: Option<Candidate>,
    /// Oldest first.
    given: VecDeque<Given>,
}

/// What has arrived of one mound, ahead of the watermarks.
#[derive(Debug)]
pub(super) struct Early {
    state: EarlyState,
    sightings: Sightings,
    samples: Samples,
    seeker: Detector,
    marks: Marks,
}

/// What a camera's frame says here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    pub(super) camera: usize,
    pub(super) event: u64,
    pub(super) arrival: BoxNs,
    /// A ball in it, where there is one.
    pub(super) ball: Option<Sighting>,
}

impl Early {
    pub(super) fn new(ground: &Ground<'_>) -> Self {
        let cameras = ground.cameras;
        Self {
            state: EarlyState {
                reached: vec![0; cameras.len()],
                trust: vec![Trust::default(); cameras.len()],
                given: VecDeque::with_capacity(GIVEN_MAX),
                ..EarlyState::default()
            },
            sightings: Sightings::new(cameras),
            samples: Samples::with_capacity(SAMPLES_MAX, cameras.len()),
            seeker: Detector::new(cameras.len()),
            marks: Marks::new(ground.mound),
        }
    }

    /// Marks and spins as they arrive.
    pub(super) fn marks(&mut self) -> &mut Marks {
        &mut self.marks
    }

    /// Takes a frame. Whether it is one with which a flight may have become known: [`Self::look`] tells.
    pub(super) fn arrive(&mut self, frame: &Arrived) -> Option<u64> {
        let Arrived { camera, event, ball, .. } = *frame;
        let EarlyState { reached, eager, .. } = &mut self.state;
        let is_of_now = *eager > 0 && event.saturating_add(BEHIND_NS) >= *eager && event <= *eager + AHEAD_NS;
        if !is_of_now {
            return None;
        }
        if let Some(ball) = ball {
            self.sightings.insert(camera, ball);
        }
        let before = reached[camera];
        reached[camera] = before.max(event);
        let trust = &self.state.trust[camera];
        (trust.has_say(event) && (event > before || ball.is_some())).then_some(before)
    }

    /// Looks whether a flight became known by a frame that was taken, its camera having come `before` until it. `is_known` tells
    /// of a stretch of event time whether the watermarked path has a pitch in it.
    pub(super) fn look(
        &mut self,
        ground: &Ground<'_>,
        frame: &Arrived,
        before: u64,
        is_known: impl Fn(u64, u64) -> bool,
        searched: u64,
    ) -> Option<Pitch> {
        if let Some(candidate) = &mut self.state.candidate {
            let (due, reached) = (candidate.due[frame.camera], self.state.reached[frame.camera]);
            if before < due && reached >= due {
                (candidate.is_stirred, candidate.retry_at) = (true, BoxNs(0));
            }
            candidate.is_stirred |= reached >= due && frame.ball.is_some();
        } else if frame.event > before {
            self.state.candidate = self.seek(ground, frame, before, &is_known, searched);
        }
        let is_due = |candidate: &Candidate| candidate.is_stirred && frame.arrival >= candidate.retry_at;
        if !self.state.candidate.as_ref().is_some_and(is_due) {
            return None;
        }
        let mut candidate = self.state.candidate.take()?;
        candidate.is_stirred = false;
        candidate.retry_at = BoxNs(frame.arrival.0.saturating_add(RETRY_NS));
        if is_known(candidate.plate.saturating_sub(APART_NS), candidate.plate) {
            return None;
        }
        let found = self.attempt(ground, &mut candidate, frame.event, &is_known);
        let Some((pitch, first)) = found else {
            self.state.candidate = Some(candidate);
            return None;
        };
        if self.state.given.len() == GIVEN_MAX {
            self.state.given.pop_front();
        }
        self.state.given.push_back(Given { pitch: pitch.clone(), first, is_settled: false });
        Some(pitch)
    }

    fn has_say(&self, camera: usize, at: u64) -> bool {
        self.state.trust[camera].has_say(at)
    }

    /// Searches the windows that a camera passed with this frame for a ball that others have shown there as well.
    fn seek(
        &mut self,
        ground: &Ground<'_>,
        frame: &Arrived,
        before: u64,
        is_known: &impl Fn(u64, u64) -> bool,
        searched: u64,
    ) -> Option<Candidate> {
        // A window is passed when a frame at or past its end came.
        let last = (frame.event.saturating_sub(WINDOW_NS)) / HOP_NS;
        let first = (before.saturating_sub(WINDOW_NS) / HOP_NS + 1).max((last + 1).saturating_sub(WINDOWS_MAX));
        for window in (first..=last).map(|k| k * HOP_NS) {
            let saw = |camera: usize| self.sightings.between(camera, window, window + WINDOW_NS).nth(2).is_some();
            if window < searched || !saw(frame.camera) {
                continue;
            }
            let others = (0..ground.cameras.len()).filter(|other| {
                *other != frame.camera
                    && self.state.reached[*other] >= window + WINDOW_NS
                    && self.has_say(*other, frame.event)
                    && saw(*other)
            });
            if !(1..=SEARCHES_MAX).contains(&others.count()) || self.is_given(window) || is_known(window, window) {
                continue;
            }
            let trust = &self.state.trust;
            let has_say = |camera: usize| trust[camera].has_say(frame.event);
            let Some(seed) = self.seeker.seek(ground.cameras, &self.sightings, window, has_say) else { continue };
            if let Some(mut candidate) = Candidate::new(ground, seed) {
                let counts = |camera: usize| has_say(camera) && self.state.reached[camera] >= candidate.due[camera];
                candidate.is_stirred = (0..ground.cameras.len()).filter(|camera| counts(*camera)).count() >= 2;
                return Some(candidate);
            }
        }
        None
    }

    /// Whether an early result was given out of a ball in the air then.
    fn is_given(&self, event: u64) -> bool {
        let during = |given: &Given| {
            event.saturating_add(APART_NS) > given.first && event <= given.pitch.plate.0.saturating_add(APART_NS)
        };
        self.state.given.iter().any(during)
    }

    /// Fits the flight by the cameras that count, and gives it and its first observation where it is known well enough.
    fn attempt(
        &mut self,
        ground: &Ground<'_>,
        candidate: &mut Candidate,
        at: u64,
        is_known: &impl Fn(u64, u64) -> bool,
    ) -> Option<(Pitch, u64)> {
        for camera in 0..ground.cameras.len() {
            let counts = self.has_say(camera, at) && self.state.reached[camera] >= candidate.due[camera];
            self.samples.mute(camera, !counts);
        }
        if (0..ground.cameras.len()).filter(|camera| !self.samples.is_muted(*camera)).count() < 2 {
            return None;
        }
        let Self { sightings, samples, .. } = self;
        let mut grown = extend::grow(ground.cameras, sightings, &candidate.path, samples, ground.config)?;
        grown.first = grown.path.event(extend::start_of_few(samples, ground.cameras, &grown.path)?);
        candidate.follow(ground, &grown);
        let is_over = |camera: usize| self.state.reached[camera] >= candidate.due[camera];
        let is_early = |camera: usize| !self.samples.is_muted(camera) && !is_over(camera);
        if (0..ground.cameras.len()).any(is_early)
            || is_known(grown.first.0, grown.plate.0)
            || self.is_given(grown.first.0)
            || self.is_given(grown.plate.0)
        {
            return None;
        }
        let Self { sightings, samples, marks, state, .. } = self;
        if extend::came_from_behind(ground.cameras, sightings, &grown.path, samples) {
            return None;
        }
        let others = state.given.iter().map(|given| given.first);
        let (mut pitch, flight, grown) = ground.measure(Material { sightings, samples, marks }, grown, others)?;
        // Its end was not seen by these cameras, which its standard deviations tell; the hand's side must have been.
        pitch.flags.short_track &= !candidate::saw_the_start(&grown);
        let config = ground.config;
        let is_certain = 12.0 * pitch.sd.plate_x.max(pitch.sd.plate_z) <= config.early_plate_in
            && pitch.sd.release_speed <= config.early_speed_mph;
        let is_sound = !pitch.flags.any()
            && candidate::rays_cross(ground.cameras, samples, &flight.path)
            && agree::do_agree(samples, ground.cameras, &flight, config.common_px);
        if !is_certain || !is_sound {
            return None;
        }
        pitch.early = true;
        Some((pitch, grown.first.0))
    }

    /// A mark or a spin came: results that no full fit confirmed yet, and of which it says something else, are given out anew.
    pub(super) fn touch(&mut self, ground: &Ground<'_>, out: &mut Vec<Pitch>) {
        let Self { state, marks, .. } = self;
        let firsts: Vec<u64> = state.given.iter().map(|given| given.first).collect();
        for (at, given) in state.given.iter_mut().enumerate().filter(|(_, given)| !given.is_settled) {
            let others = firsts.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, first)| *first);
            let context: Context = marks.context(given.first, ground.config.attribute_ns, others);
            let spin = marks.spin_at(given.pitch.release.0, ground.config.match_ns).map(|spin| ground.local_spin(spin));
            if (context, spin) != (given.pitch.context, given.pitch.spin) {
                (given.pitch.context, given.pitch.spin) = (context, spin);
                given.pitch.revision += 1;
                out.push(given.pitch.clone());
            }
        }
    }

    /// Whether anything was given out that no full fit confirmed yet.
    pub(super) fn has_open(&self) -> bool {
        self.state.given.iter().any(|given| !given.is_settled)
    }

    /// A full fit found a pitch, as yet of revision 0: where it was given out early it goes on under that id.
    pub(super) fn settle(&mut self, first: u64, pitch: &mut Pitch) {
        let is_same = |given: &&mut Given| first < given.pitch.plate.0 && given.first < pitch.plate.0;
        if let Some(given) = self.state.given.iter_mut().find(is_same) {
            given.is_settled = true;
            pitch.id = given.pitch.id;
            pitch.revision = given.pitch.revision + 1;
        }
        self.marks.threw(first);
    }

    /// Follows the watermarks: forgets what they have passed, and withdraws what no full fit confirmed before the final one passed.
    pub(super) fn advance(&mut self, eager: EventNs, final_: EventNs, out: &mut Vec<Pitch>) {
        let Self { state, sightings, .. } = self;
        state.eager = eager.0;
        sightings.forget_before(eager.0.saturating_sub(BEHIND_NS));
        if state.candidate.as_ref().is_some_and(|candidate| candidate.plate.saturating_add(APART_NS) < eager.0) {
            state.candidate = None;
        }
        for given in state.given.iter_mut().filter(|given| !given.is_settled) {
            if given.pitch.plate.0.saturating_add(CONFIRM_NS) < final_.0 {
                given.is_settled = true;
                let pitch = &mut given.pitch;
                pitch.revision += 1;
                pitch.state = PitchState::Final;
                pitch.flags.withdrawn = true;
                pitch.context = Context { game_pk: pitch.context.game_pk, ..Context::default() };
                out.push(pitch.clone());
            }
        }
    }

    /// Takes what the full fit of a pitch that the final watermark passed says of its cameras. Where that is beyond all that came,
    /// because a run ends, those that had not shown the whole flight yet are not judged by it.
    pub(super) fn judge(&mut self, cameras: &[Camera], pitch: &Pitch, final_: EventNs) {
        let counts = trust::judges(pitch);
        let EarlyState { trust, reached, .. } = &mut self.state;
        let is_cut_off = reached.iter().all(|reached| *reached < final_.0);
        for ((camera, trust), reached) in cameras.iter().zip(trust).zip(reached) {
            if is_cut_off && *reached < pitch.plate.0 {
                continue;
            }
            let found = pitch.residuals.iter().find(|r: &&CameraResidual| r.camera == camera.id);
            trust.hear(found.filter(|_| counts), pitch.plate.0);
        }
    }

    /// A camera's model was corrected.
    pub(super) fn corrected(&mut self, camera: usize) {
        self.state.trust[camera].forget();
    }

    /// Whether calibration has something against a camera.
    pub(super) fn accuse(&mut self, camera: usize, accused: bool) {
        self.state.trust[camera].set_accused(accused);
    }

    /// Whether a camera is left out of fits.
    pub(super) fn exclude(&mut self, camera: usize, excluded: bool) {
        self.state.trust[camera].set_excluded(excluded);
    }

    /// The cameras' own time begins anew.
    pub(super) fn restart(&mut self) {
        self.sightings.clear();
        self.marks.restart();
        let state = &mut self.state;
        state.reached.fill(0);
        state.trust.iter_mut().for_each(Trust::forget);
        (state.eager, state.candidate) = (0, None);
        state.given.clear();
    }

    /// Takes all that was seen and is open as so much later, ns.
    pub(super) fn move_on(&mut self, by_ns: i64) {
        self.sightings.move_on(by_ns);
        self.marks.move_on(by_ns);
        let later = |event: u64| if event == 0 { 0 } else { event.saturating_add_signed(by_ns) };
        let EarlyState { reached, trust, eager, candidate, given } = &mut self.state;
        reached.iter_mut().chain([eager]).for_each(|event| *event = later(*event));
        for trust in trust {
            trust.move_on(by_ns);
        }
        if let Some(candidate) = candidate {
            candidate.move_on(by_ns);
        }
        for Given { pitch, first, .. } in given {
            *first = later(*first);
            (pitch.release.0, pitch.plate.0) = (later(pitch.release.0), later(pitch.plate.0));
        }
    }

    /// What full fits found of the cameras, to be kept over an orderly stop.
    pub(super) fn kept_trust(&self, cameras: &[Camera]) -> Vec<KeptTrust> {
        trust::kept(cameras, &self.state.trust)
    }

    /// Takes up what an earlier run told by [`Self::kept_trust`].
    pub(super) fn take_up_trust(&mut self, cameras: &[Camera], kept: &[KeptTrust]) {
        trust::take_up(cameras, &mut self.state.trust, kept);
    }

    /// All that answers depend on beside frames and marks.
    pub(super) fn state(&self) -> EarlyState {
        self.state.clone()
    }

    /// Goes on with what another tracker of the same cameras told by [`Self::state`].
    pub(super) fn resume(&mut self, state: EarlyState) {
        if state.trust.len() == self.state.trust.len() && state.reached.len() == self.state.reached.len() {
            self.state = state;
        }
    }

    /// Takes over what another tracker gave out early, so that full fits go on under the same ids.
    pub(super) fn recall(&mut self, state: &EarlyState) {
        self.state.given.clone_from(&state.given);
    }
}
