//! The clock fence: an event time that no honest clock and network explain reaches no watermark.
//!
//! What a frame shows of the clocks is its raw lag L = arrival − event. Let m be the median camera's L. With a right box
//! clock m is the usual way through camera and network, 0 to `gate_lag_ns`; a frame is in the future when its event is more
//! than 1 s after its arrival, L < −1 s, that is m − L > 1 s + m. Written so, the rule never asks a camera to lag as much as
//! the median one does: a camera of 2 s beside a median of 5 s is honest. With a wrong box clock (or all cameras wrong alike)
//! m is implausible and says how wrong; lags then explain a spread of `gate_lag_ns` at most, so that a frame is in the future
//! when m − L > 1 s + `gate_lag_ns`. It is in the past when L − m > 30 s.
//!
//! L is kept per camera, of quarantined frames too: when all cameras step together the median follows them and quarantines
//! nobody. A frame moves its camera's L only where its seq is the newest, which a straggler's is not, and its event time
//! advances on the frame before it by no more than 1 s beyond what passed between their arrivals: one wild frame never
//! moves it, the second frame after a step does.

use std::ops::RangeInclusive;

use super::CAMERA_MAX;
use crate::ids::{BoxNs, EventNs};

const FUTURE_NS: i64 = 1_000_000_000;
const PAST_NS: i64 = 30_000_000_000;

/// Arrival − event, ns. Wrapping: times more than 292 years apart come out wrong, and are far outside the fence anyway.
pub(super) fn lag_ns(arrival: BoxNs, event: EventNs) -> i64 {
    arrival.0.wrapping_sub(event.0) as i64
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    last: Option<(EventNs, BoxNs)>,
    lag_ns: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Fence {
    gate_lag_ns: i64,
    /// A camera silent for longer has no say in the median.
    idle_ns: u64,
    cameras: [Seen; CAMERA_MAX as usize + 1],
    median_ns: Option<i64>,
    /// The lags that the median makes believable.
    believed_ns: RangeInclusive<i64>,
    heard: usize,
}

impl Fence {
    pub(super) fn new(gate_lag_ns: u64, idle_ns: u64) -> Self {
        let cameras = [Seen::default(); CAMERA_MAX as usize + 1];
        let gate_lag_ns = gate_lag_ns as i64;
        // Without any camera the box's clock is believed.
        let believed_ns = believed_ns(0, gate_lag_ns);
        Self { gate_lag_ns, idle_ns, cameras, median_ns: None, believed_ns, heard: 0 }
    }

    /// A camera's newest frame, believed or not.
    pub(super) fn see(&mut self, camera: u8, event: EventNs, arrival: BoxNs) {
        let seen = &mut self.cameras[usize::from(camera)];
        if let Some((last_event, last_arrival)) = seen.last {
            let advance = event.0.wrapping_sub(last_event.0) as i64;
            let passed = arrival.0.saturating_sub(last_arrival.0) as i64;
            if advance > 0 && advance <= passed.saturating_add(FUTURE_NS) {
                self.heard += usize::from(seen.lag_ns.is_none());
                seen.lag_ns = Some(lag_ns(arrival, event));
            }
        }
        seen.last = Some((event, arrival));
    }

    /// Takes the median anew over cameras heard within the idle time; while none is, it stays.
    pub(super) fn look(&mut self, now: BoxNs) {
        let mut lags = [0; CAMERA_MAX as usize + 1];
        let mut n = 0;
        for seen in &self.cameras {
            if let (Some((_, arrival)), Some(lag)) = (seen.last, seen.lag_ns)
                && now.0.saturating_sub(arrival.0) <= self.idle_ns
            {
                lags[n] = lag;
                n += 1;
            }
        }
        let lags = &mut lags[..n];
        lags.sort_unstable();
        if n % 2 == 1 {
            self.median_ns = Some(lags[n / 2]);
        } else if n > 0 {
            // Of the middle two the one that is nearer to a plausible lag.
            let far = |lag: i64| (-lag).max(lag.saturating_sub(self.gate_lag_ns)).max(0);
            let (a, b) = (lags[n / 2 - 1], lags[n / 2]);
            self.median_ns = Some(if far(a) <= far(b) { a } else { b });
        }
        self.believed_ns = believed_ns(self.median_ns.unwrap_or(0), self.gate_lag_ns);
    }

    /// Cameras whose lag is known.
    pub(super) fn heard(&self) -> usize {
        self.heard
    }

    /// The median camera's lag.
    pub(super) fn median_ns(&self) -> Option<i64> {
        self.median_ns
    }

    /// A camera's raw lag.
    pub(super) fn raw_lag_ns(&self, camera: u8) -> Option<i64> {
        self.cameras.get(usize::from(camera)).and_then(|seen| seen.lag_ns)
    }

    /// How wrong the box's clock is: what to take off a raw lag. Zero while the median lag is plausible.
    pub(super) fn offset_ns(&self) -> i64 {
        self.median_ns.filter(|m| !(0..=self.gate_lag_ns).contains(m)).unwrap_or(0)
    }

    /// Whether a frame's event time is to be believed.
    #[inline]
    pub(super) fn admits(&self, event: EventNs, arrival: BoxNs) -> bool {
        self.believed_ns.contains(&lag_ns(arrival, event))
    }
}

fn believed_ns(median: i64, gate_lag_ns: i64) -> RangeInclusive<i64> {
    let spread = if (0..=gate_lag_ns).contains(&median) { median } else { gate_lag_ns };
    median.saturating_sub(FUTURE_NS + spread)..=median.saturating_add(PAST_NS)
}
