//! The balls that a mound's cameras saw in the last seconds, per camera and in event order.
//!
//! One ring per camera, taken at start and sized by its frame rate, so that a camera that floods pushes out its own
//! past and nobody else's.

use std::collections::VecDeque;

use nalgebra::Vector2;

use super::fit::{Sample, Samples};
use super::trajectory::Trajectory;
use crate::tracking::camera::Camera;

/// Seconds of one ball in view that a ring holds: the final watermark's 7 s, a hold of 12 s cut short, and a flight.
const SPAN_S: f64 = 16.0;

/// One ball in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sighting {
    pub(super) event: u64,
    pub(super) u: f32,
    pub(super) v: f32,
    pub(super) sigma: f32,
}

impl Sighting {
    pub(super) fn uv(&self) -> Vector2<f64> {
        Vector2::new(f64::from(self.u), f64::from(self.v))
    }
}

/// All rings of a mound, in the order of its cameras.
#[derive(Debug)]
pub(super) struct Sightings {
    rings: Vec<VecDeque<Sighting>>,
}

impl Sightings {
    pub(super) fn new(cameras: &[Camera]) -> Self {
        let nothing = Sighting { event: u64::MAX, u: 0.0, v: 0.0, sigma: 0.0 };
        let ring = |camera: &Camera| {
            // Written to here, so that no frame waits for the system to find the memory.
            let mut ring = VecDeque::from(vec![nothing; (camera.fps * SPAN_S) as usize + 64]);
            ring.clear();
            ring
        };
        Self { rings: cameras.iter().map(ring).collect() }
    }

    /// Keeps event order; the same sighting twice is kept once; a full ring loses its oldest.
    pub(super) fn insert(&mut self, camera: usize, sighting: Sighting) {
        let ring = &mut self.rings[camera];
        let at = ring.partition_point(|s| s.event <= sighting.event);
        if ring.range(..at).rev().take_while(|s| s.event == sighting.event).any(|s| *s == sighting) {
            return;
        }
        if ring.len() < ring.capacity() {
            ring.insert(at, sighting);
        } else if at > 0 {
            ring.pop_front();
            ring.insert(at - 1, sighting);
        }
    }

    /// Takes what was seen as so much later, ns.
    pub(super) fn move_on(&mut self, by_ns: i64) {
        for sighting in self.rings.iter_mut().flatten() {
            sighting.event = sighting.event.saturating_add_signed(by_ns);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.rings.iter_mut().for_each(VecDeque::clear);
    }

    /// Forgets what was seen before this event time.
    pub(super) fn forget_before(&mut self, event: u64) {
        for ring in &mut self.rings {
            while ring.front().is_some_and(|s| s.event < event) {
                ring.pop_front();
            }
        }
    }

    /// A camera's sightings of `from ..= to`.
    pub(super) fn between(&self, camera: usize, from: u64, to: u64) -> impl Iterator<Item = &Sighting> + '_ {
        let ring = &self.rings[camera];
        let first = ring.partition_point(|s| s.event < from);
        ring.range(first..).take_while(move |s| s.event <= to)
    }

    /// The earliest sighting of any camera at or after this event time.
    pub(super) fn next_event(&self, from: u64) -> Option<u64> {
        self.rings.iter().filter_map(|ring| ring.get(ring.partition_point(|s| s.event < from))).map(|s| s.event).min()
    }

    /// Fills `samples` with what was seen within `reach_px` of a flight between two times (seconds from its reference);
    /// of several balls in one frame the nearest.
    pub(super) fn collect(
        &self,
        cameras: &[Camera],
        path: &Trajectory,
        from_s: f64,
        to_s: f64,
        reach_px: f64,
        samples: &mut Samples,
    ) {
        samples.clear();
        let (from, to) = (path.event(from_s).0, path.event(to_s).0);
        for (index, camera) in cameras.iter().enumerate() {
            let mut best: Option<(u64, f64, Sample)> = None;
            for sighting in self.between(index, from, to) {
                let seconds = path.seconds(crate::ids::EventNs(sighting.event)) - camera.clock_offset_s();
                let Some(expected) = camera.project(&path.point(seconds)) else { continue };
                let off = (sighting.uv() - expected).norm();
                if off > reach_px {
                    continue;
                }
                let sample = Sample { seconds, uv: sighting.uv(), variance: f64::from(sighting.sigma).powi(2) };
                match &best {
                    Some((event, nearest, _)) if *event == sighting.event && *nearest <= off => {}
                    Some((event, _, done)) => {
                        if *event != sighting.event {
                            samples.push(index, *done);
                        }
                        best = Some((sighting.event, off, sample));
                    }
                    None => best = Some((sighting.event, off, sample)),
                }
            }
            if let Some((_, _, sample)) = best {
                samples.push(index, sample);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::venue::Venue;

    fn at(event: u64) -> Sighting {
        Sighting { event, u: event as f32, v: 0.0, sigma: 0.5 }
    }

    #[test]
    fn sightings_stay_in_event_order_once_each_and_within_their_ring() {
        let cameras = [Venue::busch_iii().cameras[11].clone()];
        let mut kept = Sightings::new(&cameras);
        for event in [5, 3, 9, 3, 7] {
            kept.insert(0, at(event));
        }
        let events = |kept: &Sightings| kept.between(0, 0, u64::MAX).map(|s| s.event).collect::<Vec<_>>();
        assert_eq!(events(&kept), [3, 5, 7, 9]);
        assert_eq!(kept.next_event(4), Some(5));
        kept.forget_before(6);
        assert_eq!(events(&kept), [7, 9]);
        let room = kept.rings[0].capacity();
        for event in 10..20_000 {
            kept.insert(0, at(event));
        }
        assert_eq!(kept.rings[0].capacity(), room, "a flood takes no memory");
        kept.insert(0, at(1));
        assert!(kept.next_event(0).is_some_and(|first| first > 1), "older than all that a full ring holds");
    }
}
