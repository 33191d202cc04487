//! What a tracker takes before the watermarks: frames as they arrive, for early results.

use super::super::early::{Arrived, EarlyState, KeptTrust};
use super::super::measuring::Ground;
use super::{APART_NS, MoundTracker, sighting};
use crate::ids::{BoxNs, EventNs, PitcherId};
use crate::signal::Signal;
use crate::tracking::jerk::JerkScale;
use crate::tracking::pitch::Pitch;

impl MoundTracker {
    /// Takes a signal as it arrives, whatever the watermarks say of it, and appends what became known early by it. Each is taken
    /// by [`observe`](Self::observe) as well, when its time comes. With `is_told` off nothing is given out, and all is kept.
    pub fn arrive(
        &mut self,
        source: u8,
        event: EventNs,
        arrival: BoxNs,
        signal: &Signal,
        is_told: bool,
        out: &mut Vec<Pitch>,
    ) {
        if !self.config.early {
            return;
        }
        match signal {
            Signal::Mark(mark) => {
                self.early.marks().hear(source, event.0);
                if mark.mound == self.mound.0 && self.early.marks().mark(source, event.0, mark) {
                    self.tell_early(is_told, out);
                }
                return;
            }
            Signal::Spin(spin) => {
                if self.early.marks().spin(event.0, spin) {
                    self.tell_early(is_told, out);
                }
                return;
            }
            Signal::Ball(_) | Signal::Fiducial(_) | Signal::Pose { .. } | Signal::Health(_) => {}
        }
        let Some(camera) = self.index_of(source) else { return };
        let ball = if let Signal::Ball(ball) = signal { sighting(event, ball) } else { None };
        let frame = Arrived { camera, event: event.0, arrival, ball };
        let Some(before) = self.early.arrive(&frame).filter(|_| is_told) else { return };
        let Self { mound, cameras, axes, park_scale, config, early, tracked, searched, .. } = self;
        let ground = Ground { mound: *mound, cameras, axes, scale: *park_scale, config, is_early: true };
        let is_known = |first: u64, plate: u64| {
            tracked.iter().any(|t| first < t.grown.plate.0 + APART_NS / 4 && t.grown.first.0 < plate + APART_NS / 4)
        };
        out.extend(early.look(&ground, &frame, before, is_known, *searched));
    }

    /// He was named on the game mound, as a mark says that arrives.
    pub fn left_early(&mut self, event: EventNs, pitcher: PitcherId, is_told: bool, out: &mut Vec<Pitch>) {
        if self.config.early && self.early.marks().left(event.0, pitcher.0) {
            self.tell_early(is_told, out);
        }
    }

    fn tell_early(&mut self, is_told: bool, out: &mut Vec<Pitch>) {
        if is_told && self.early.has_open() {
            let Self { mound, cameras, axes, scale, config, early, .. } = self;
            early.touch(&Ground { mound: *mound, cameras, axes, scale: *scale, config, is_early: true }, out);
        }
    }

    /// What is learned of the jerk on all of a park's mounds, for early results.
    pub fn share_jerk_scales(&mut self, of_others: impl IntoIterator<Item = JerkScale>) {
        self.park_scale = JerkScale::of_a_park(self.scale, of_others);
    }

    /// Whether calibration has something against a camera: then no early result rests on it.
    pub fn accuse(&mut self, camera: u8, accused: bool) {
        if let Some(index) = self.index_of(camera) {
            self.early.accuse(index, accused);
        }
    }

    /// What full fits found of the cameras, to be kept over an orderly stop.
    pub fn kept_trust(&self) -> Vec<KeptTrust> {
        self.early.kept_trust(&self.cameras)
    }

    /// Takes up what an earlier run told by [`kept_trust`](Self::kept_trust), once the corrections in force are set.
    pub fn take_up_trust(&mut self, kept: &[KeptTrust]) {
        self.early.take_up_trust(&self.cameras, kept);
    }

    /// All that early results depend on, beside frames and marks.
    pub fn early_state(&self) -> EarlyState {
        self.early.state()
    }

    /// Takes over what another tracker told by [`early_state`](Self::early_state).
    pub fn resume_early(&mut self, state: EarlyState) {
        self.early.resume(state);
    }

    /// Knows what another tracker gave out early until it told [`early_state`](Self::early_state), and gives nothing out by itself.
    pub fn recall_early(&mut self, state: &EarlyState) {
        self.early.recall(state);
    }
}
