//! Pitches that missed too much of their data: which ones, when to measure them again, and what becomes of it.
//!
//! A ball behind the final watermark is in the journal, but in no fit. Late balls of one mound that are near in time are
//! one *patch*. It is closed when every camera that is late has gone [`QUIET_NS`] of event time beyond it (a late
//! camera's heartbeats are late, too, and tell), or when nothing late came for [`WAIT_NS`]. Is there no pitch in it, or one
//! whose late data is more than [`CRITICAL_FRAC`], it is *critical*: [`Output::Critical`](super::Output::Critical) asks for
//! its frames to be measured again, elsewhere and from the journal ([`Critical::measure`]), and what is found comes back as
//! [`Input::Reprocessed`](super::Input::Reprocessed): a revision of the pitch, or a pitch that nobody had seen, final and
//! flagged as [`REPROCESSED`](crate::records::REPROCESSED).

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::ids::{BoxNs, EventNs, MoundId};
use crate::journal::{Block, Entry};
use crate::reorder::{CAMERA_MAX, Route, Stamped};
use crate::signal::Signal;
use crate::tracking::pitch::{Pitch, PitchState};
use crate::tracking::venue::Venue;
use crate::tracking::{self, CameraCorrection, JerkScale, MoundTracker, Standing, When};

/// A pitch with more late data than that is critical.
pub const CRITICAL_FRAC: f64 = 0.3;

/// Balls this near in event time are of one patch, and a camera this far beyond it sends no more of it, ns.
pub(super) const QUIET_NS: u64 = 1_000_000_000;
/// Frames of one camera overtake each other by this much at most, ns.
const JITTER_NS: u64 = 500_000_000;
/// Silence of all late cameras that closes a patch, box time.
const WAIT_NS: u64 = 5_000_000_000;
/// A patch is closed after this long whatever comes, box time.
const PATCH_NS_MAX: u64 = 60_000_000_000;
/// Patches of one mound at once.
const PATCHES_MAX: usize = 16;
/// Marks and spins this far from a patch may belong to it, ns.
pub(super) const MARKS_NS: u64 = 2_000_000_000;

/// What is late on one mound. Its memory is taken at start.
#[derive(Debug)]
pub(super) struct Late {
    patches: VecDeque<Patch>,
    /// By source: newest late event time and its arrival.
    cameras: Vec<Option<(u64, BoxNs)>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Patch {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) balls: u32,
    first: BoxNs,
}

impl Default for Late {
    fn default() -> Self {
        Self { patches: VecDeque::with_capacity(PATCHES_MAX), cameras: vec![None; usize::from(CAMERA_MAX) + 1] }
    }
}

impl Late {
    /// A frame came behind the final watermark.
    pub(super) fn note(&mut self, frame: &Stamped<Signal>) {
        let Some(camera) = self.cameras.get_mut(usize::from(frame.source)) else { return };
        let event = frame.event.0;
        *camera = Some((camera.map_or(event, |(newest, _)| newest.max(event)), frame.arrival));
        if !matches!(frame.payload, Signal::Ball(_)) {
            return;
        }
        let near = |patch: &&mut Patch| event.saturating_add(QUIET_NS) >= patch.from && event <= patch.to + QUIET_NS;
        if let Some(patch) = self.patches.iter_mut().find(near) {
            (patch.from, patch.to) = (patch.from.min(event), patch.to.max(event));
            patch.balls += 1;
            return;
        }
        if self.patches.len() == PATCHES_MAX {
            self.patches.pop_front();
        }
        self.patches.push_back(Patch { from: event, to: event, balls: 1, first: frame.arrival });
    }

    /// Takes what is late as so much later, ns.
    pub(super) fn move_on(&mut self, by_ns: i64) {
        let patches = self.patches.iter_mut().flat_map(|patch| [&mut patch.from, &mut patch.to]);
        let newest = self.cameras.iter_mut().flatten().map(|(newest, _)| newest);
        patches.chain(newest).for_each(|at| *at = at.saturating_add_signed(by_ns));
    }

    /// Takes out a patch that is closed.
    pub(super) fn closed(&mut self, now: BoxNs) -> Option<Patch> {
        let since = |at: BoxNs| now.0.saturating_sub(at.0);
        let late = || self.cameras.iter().flatten().filter(|(_, arrival)| since(*arrival) < WAIT_NS);
        let reached = late().map(|(newest, _)| newest.saturating_sub(JITTER_NS)).min();
        let is_closed = |patch: &Patch| {
            reached.is_none_or(|reached| reached >= patch.to + QUIET_NS) || since(patch.first) >= PATCH_NS_MAX
        };
        let at = self.patches.iter().position(is_closed)?;
        self.patches.remove(at)
    }
}

/// A stretch of one mound's time that is to be measured again.
#[derive(Debug, Clone, PartialEq)]
pub struct Critical {
    /// Which mound.
    pub mound: MoundId,
    /// First and last late ball.
    pub from: EventNs,
    /// See `from`.
    pub to: EventNs,
    /// From which box time on its frames came.
    pub since: BoxNs,
    /// Late balls in it.
    pub(super) balls: u32,
    pub(super) corrections: Vec<(u8, CameraCorrection, bool)>,
    pub(super) scale: JerkScale,
    pub(super) standing: Option<Standing>,
    /// How much later sources' event times are taken, ns, and which of them are rough.
    pub(super) shifts: BTreeMap<u8, i64>,
    pub(super) rough: Vec<u8>,
}

/// What was measured again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remeasured {
    pub(super) pitches: Vec<Pitch>,
    pub(super) now: BoxNs,
}

impl Critical {
    /// Measures with all its frames that the journal has, in order of event time.
    pub fn measure(
        &self,
        venue: &Venue,
        config: &tracking::Config,
        blocks: impl Iterator<Item = Block>,
        now: BoxNs,
    ) -> Remeasured {
        let cameras = venue.mounds.iter().find(|m| m.id == self.mound).map_or(&[][..], |m| &m.cameras);
        let ours = |frame: &Stamped<Signal>| match frame.payload {
            Signal::Ball(_) => cameras.contains(&frame.source) && self.near(frame.event, QUIET_NS),
            Signal::Mark(_) | Signal::Spin(_) => {
                frame.payload.mound(frame.source) == self.mound && self.near(frame.event, MARKS_NS)
            }
            _ => false,
        };
        let corrected = |frame: Stamped<Signal>| {
            let by_ns = self.shifts.get(&frame.source).copied().unwrap_or(0);
            Stamped { event: EventNs(frame.event.0.saturating_add_signed(by_ns)), ..frame }
        };
        let entries = blocks.flat_map(|block| block.entries);
        let mut frames: Vec<Stamped<Signal>> = entries
            .filter_map(|entry| match entry {
                Entry::Frame { frame, .. } => Some(corrected(frame)).filter(ours),
                _ => None,
            })
            .collect();
        frames.sort_unstable_by_key(|frame| (frame.event, frame.source, frame.seq));
        frames.dedup_by_key(|frame| (frame.event, frame.source, frame.seq));

        let mut tracker = MoundTracker::new(venue, self.mound, config.clone());
        tracker.set_jerk_scale(self.scale);
        self.rough.iter().for_each(|source| tracker.set_rough(*source, true));
        for (camera, correction, excluded) in &self.corrections {
            tracker.set_correction(*camera, correction);
            tracker.exclude(*camera, *excluded);
        }
        if let Some(standing) = &self.standing {
            tracker.set_standing(standing);
        }
        for frame in &frames {
            tracker.observe(frame.source, frame.event, frame.arrival, &frame.payload, When::Eager);
        }
        let end = EventNs(self.to.0 + 2 * MARKS_NS);
        let mut pitches = Vec::new();
        tracker.advance(end, end, now, &mut pitches);
        pitches.retain(|pitch| pitch.state == PitchState::Final);
        for pitch in &mut pitches {
            pitch.frames_late = pitch.frames.min(self.balls);
        }
        Remeasured { pitches, now }
    }

    fn near(&self, event: EventNs, within_ns: u64) -> bool {
        event.0.saturating_add(within_ns) >= self.from.0 && event.0 <= self.to.0.saturating_add(within_ns)
    }
}

#[cfg(test)]
mod tests {
    use firmware_protocol::{Ball, Health};

    use super::*;

    const S: u64 = 1_000_000_000;

    fn ball(source: u8, event_ms: u64, arrival_ms: u64) -> Stamped<Signal> {
        let payload = Signal::Ball(Ball { u: 1.0, v: 1.0, sigma: 1.0, diameter: 1.0 });
        frame(source, event_ms, arrival_ms, payload)
    }

    fn beat(source: u8, event_ms: u64, arrival_ms: u64) -> Stamped<Signal> {
        let health =
            Health { temperature_centi_c: 0, vibration_milli_g: 0, dropped: 0, clock_offset_ns: 0, exposure_ns: 0 };
        frame(source, event_ms, arrival_ms, Signal::Health(health))
    }

    fn frame(source: u8, event_ms: u64, arrival_ms: u64, payload: Signal) -> Stamped<Signal> {
        let (event, arrival) = (EventNs(event_ms * S / 1_000), BoxNs(arrival_ms * S / 1_000));
        Stamped { source, seq: event_ms as u32, event, arrival, payload }
    }

    #[test]
    fn a_patch_closes_when_every_late_camera_is_beyond_it() {
        let mut late = Late::default();
        late.note(&ball(1, 10_000, 30_000));
        late.note(&ball(1, 10_400, 30_400));
        late.note(&ball(2, 10_100, 32_100));
        late.note(&beat(1, 12_200, 32_200));
        assert!(late.closed(BoxNs(32 * S + S / 4)).is_none(), "camera 2 may have more of it");
        late.note(&beat(2, 12_000, 34_000));
        let patch = late.closed(BoxNs(34 * S)).expect("both are beyond");
        assert_eq!((patch.from, patch.to, patch.balls), (10 * S, 10 * S + 2 * S / 5, 3));
        assert!(late.closed(BoxNs(34 * S)).is_none());
    }

    #[test]
    fn a_patch_closes_when_nothing_late_comes_any_more() {
        let mut late = Late::default();
        late.note(&ball(1, 10_000, 30_000));
        assert!(late.closed(BoxNs(34 * S)).is_none());
        assert!(late.closed(BoxNs(35 * S)).is_some());
    }

    #[test]
    fn pitches_are_patches_of_their_own_and_there_are_so_many_at_most() {
        let mut late = Late::default();
        for pitch in 0..40 {
            late.note(&ball(1, 10_000 + pitch * 6_000, 30_000 + pitch * 6_000));
        }
        assert_eq!(late.patches.len(), PATCHES_MAX);
    }
}
