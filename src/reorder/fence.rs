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

use super::config::CAMERA_MAX;
use super::lag::{FUTURE_NS, lag_ns};
use super::source::Source;
use crate::ids::{BoxNs, EventNs};

const PAST_NS: i64 = 30_000_000_000;

#[derive(Debug)]
#[allow(clippy::struct_field_names)] // the unit is last in a name
pub(super) struct Fence {
    gate_lag_ns: i64,
    /// A camera silent for longer has no say in the median.
    idle_ns: u64,
    median_ns: Option<i64>,
    /// The least lag that the median makes believable, and how far above it the greatest is.
    least_ns: i64,
    width_ns: u64,
}

impl Fence {
    pub(super) fn new(gate_lag_ns: u64, idle_ns: u64) -> Self {
        let mut fence = Self { gate_lag_ns: gate_lag_ns as i64, idle_ns, median_ns: None, least_ns: 0, width_ns: 0 };
        fence.believe();
        fence
    }

    /// Takes the median anew over cameras heard within the idle time; while none is, it stays.
    pub(super) fn look(&mut self, cameras: &[Source], now: BoxNs) {
        let mut lags = [0; CAMERA_MAX as usize + 1];
        let mut n = 0;
        for (slot, lag) in lags.iter_mut().zip(cameras.iter().filter_map(|c| c.fresh_lag_ns(now, self.idle_ns))) {
            *slot = lag;
            n += 1;
        }
        if n == 0 {
            return;
        }
        let (below, upper, _) = lags[..n].select_nth_unstable(n / 2);
        let upper = *upper;
        self.median_ns = Some(match below.iter().max() {
            // Of the middle two the one that is nearer to a plausible lag.
            Some(lower) if n % 2 == 0 && self.far_ns(*lower) <= self.far_ns(upper) => *lower,
            _ => upper,
        });
        self.believe();
    }

    /// All cameras' event times are taken as so much later, ns.
    pub(super) fn move_on(&mut self, by_ns: i64) {
        self.median_ns = self.median_ns.map(|median| median.saturating_sub(by_ns));
        self.believe();
    }

    /// How far a lag is from a plausible one.
    fn far_ns(&self, lag_ns: i64) -> i64 {
        lag_ns.saturating_neg().max(lag_ns.saturating_sub(self.gate_lag_ns)).max(0)
    }

    /// Without any camera the box's clock is believed.
    fn believe(&mut self) {
        let median = self.median_ns.unwrap_or(0);
        let spread = if (0..=self.gate_lag_ns).contains(&median) { median } else { self.gate_lag_ns };
        self.least_ns = median.saturating_sub(FUTURE_NS + spread);
        self.width_ns = median.saturating_add(PAST_NS).abs_diff(self.least_ns);
    }

    /// The median camera's lag.
    pub(super) fn median_ns(&self) -> Option<i64> {
        self.median_ns
    }

    /// How wrong the box's clock is: what to take off a raw lag. Zero while the median lag is plausible.
    pub(super) fn offset_ns(&self) -> i64 {
        self.median_ns.filter(|m| !(0..=self.gate_lag_ns).contains(m)).unwrap_or(0)
    }

    /// Whether a frame's event time is to be believed.
    #[inline]
    pub(super) fn admits(&self, event: EventNs, arrival: BoxNs) -> bool {
        lag_ns(arrival, event).wrapping_sub(self.least_ns) as u64 <= self.width_ns
    }
}
