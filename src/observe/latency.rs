//! Stage latencies in HDR histograms that a hot thread fills without ever waiting.
//!
//! The shared histogram of a stage sits behind a mutex that is touched by its one hot writer and by the scraper. The
//! writer only ever *tries* the lock. Where a scrape holds it (the time of copying 30 kB, unless the scraper is
//! preempted just then), the value goes to the [`Recorder`]'s own spill histogram, which is added to the shared one by
//! the next record that finds the lock free. So no value is lost, nothing waits and nothing is allocated after start;
//! a scrape may miss the values that spilled since the last free moment until the next record of that stage.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use super::telemetry::Telemetry;

/// Resolution at the low end, and the largest latency told apart. Longer ones count as this one.
const LOWEST_NS: u64 = 100;
const HIGHEST_NS: u64 = 600_000_000_000;
/// Two significant digits: within 1 %, 30 kB a histogram.
const DIGITS: u8 = 2;

/// What is timed, in the way of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From the kernel's receive stamp to the merge thread, of the frame that waited longest for each step.
    KernelToMerge,
    /// From the arrival that moved the eager watermark past a pitch's end to its provisional result.
    WatermarkToProvisional,
    /// From the arrival that moved the final watermark past a pitch's end to its final result.
    WatermarkToFinal,
    /// From a ball's crossing of the plate to its first result, of the first cameras that showed it, by the cameras' clock.
    CrossingToEarly,
    /// The same to the first result of all cameras.
    CrossingToProvisional,
    /// The same to its final result.
    CrossingToFinal,
    /// One step of the merge thread that published a pitch: fit, features, readiness, alerts.
    Step,
    /// Committing one transaction, durably.
    StoreCommit,
    /// From publishing an event to its last byte handed to a client's socket.
    PublishToSocket,
    /// Answering one HTTP request.
    HttpRequest,
}

impl Stage {
    /// All stages, in the way of the data.
    pub const ALL: [Self; 10] = [
        Self::KernelToMerge,
        Self::WatermarkToProvisional,
        Self::WatermarkToFinal,
        Self::CrossingToEarly,
        Self::CrossingToProvisional,
        Self::CrossingToFinal,
        Self::Step,
        Self::StoreCommit,
        Self::PublishToSocket,
        Self::HttpRequest,
    ];

    /// As in JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KernelToMerge => "kernel_to_merge",
            Self::WatermarkToProvisional => "watermark_to_provisional",
            Self::WatermarkToFinal => "watermark_to_final",
            Self::CrossingToEarly => "crossing_to_early",
            Self::CrossingToProvisional => "crossing_to_provisional",
            Self::CrossingToFinal => "crossing_to_final",
            Self::Step => "step",
            Self::StoreCommit => "store_commit",
            Self::PublishToSocket => "publish_to_socket",
            Self::HttpRequest => "http_request",
        }
    }
}

/// One stage's latencies: the histogram, and the exact sum that a Prometheus histogram needs beside it.
#[derive(Debug, Clone)]
pub(super) struct Latencies {
    pub(super) histogram: Histogram<u64>,
    pub(super) sum_ns: u64,
}

impl Latencies {
    fn new() -> Self {
        let histogram = Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, DIGITS)
            .expect("the bounds are constants that hdrhistogram accepts");
        Self { histogram, sum_ns: 0 }
    }

    fn record(&mut self, latency: Duration) {
        let ns = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(ns);
        self.sum_ns = self.sum_ns.saturating_add(ns);
    }

    /// Takes over what spilled, and empties the spill.
    fn absorb(&mut self, spill: &mut Self) {
        self.histogram.add(&spill.histogram).expect("both histograms have the same bounds");
        self.sum_ns = self.sum_ns.saturating_add(spill.sum_ns);
        spill.histogram.reset();
        spill.sum_ns = 0;
    }
}

/// The shared latencies of all stages.
#[derive(Debug)]
pub(super) struct Stages([Mutex<Latencies>; Stage::ALL.len()]);

impl Stages {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(Latencies::new())))
    }

    /// Records, waiting where a scrape is reading just now.
    pub(super) fn record(&self, stage: Stage, latency: Duration) {
        self.lock(stage).record(latency);
    }

    /// A copy of one stage's latencies.
    pub(super) fn read(&self, stage: Stage) -> Latencies {
        self.lock(stage).clone()
    }

    fn lock(&self, stage: Stage) -> MutexGuard<'_, Latencies> {
        // A histogram is whole after every call, so a panic elsewhere does not make it unreadable.
        self.0[stage as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records latencies for the thread that owns it, without waiting and without allocating.
#[derive(Debug)]
pub struct Recorder {
    telemetry: Arc<Telemetry>,
    spill: Box<[Latencies]>,
}

impl Recorder {
    pub(super) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self { telemetry, spill: Stage::ALL.iter().map(|_| Latencies::new()).collect() }
    }

    /// Records one latency.
    pub fn record(&mut self, stage: Stage, latency: Duration) {
        let spill = &mut self.spill[stage as usize];
        let Ok(mut shared) = self.telemetry.stages.0[stage as usize].try_lock() else {
            return spill.record(latency);
        };
        if !spill.histogram.is_empty() {
            shared.absorb(spill);
        }
        shared.record(latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::BoxClock;

    #[test]
    fn values_recorded_during_a_scrape_are_counted_after_it() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &[]);
        let mut recorder = telemetry.recorder();
        recorder.record(Stage::Step, Duration::from_micros(300));
        let scrape = telemetry.stages.lock(Stage::Step);
        recorder.record(Stage::Step, Duration::from_micros(400));
        recorder.record(Stage::Step, Duration::from_micros(500));
        assert_eq!(scrape.histogram.len(), 1);
        drop(scrape);
        recorder.record(Stage::Step, Duration::from_micros(600));
        let step = telemetry.stages.read(Stage::Step);
        assert_eq!((step.histogram.len(), step.sum_ns), (4, 1_800_000));
        assert!(recorder.spill[Stage::Step as usize].histogram.is_empty());
    }

    #[test]
    fn a_latency_beyond_the_range_counts_as_the_longest() {
        let stages = Stages::new();
        stages.record(Stage::StoreCommit, Duration::MAX);
        stages.record(Stage::StoreCommit, Duration::ZERO);
        let latencies = stages.read(Stage::StoreCommit);
        assert_eq!(latencies.histogram.len(), 2);
        assert!(latencies.histogram.max() >= HIGHEST_NS);
    }

    #[test]
    fn stages_are_indexed_in_their_own_order() {
        for (index, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage as usize, index);
        }
    }
}
