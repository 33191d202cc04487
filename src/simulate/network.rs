//! The way from a device to the box: lag, jitter, loss, doubles and stragglers, all counted.

use rand::Rng;
use rand::rngs::StdRng;

use super::settings::{Purpose, Settings, stream, to_ns};
use super::stadium::Counts;
use crate::ids::{BoxNs, EventNs};

/// A lag that varies slowly and stays within its bounds: three sinusoids of one to eleven minutes with random phases.
#[derive(Debug, Clone)]
struct SlowLag {
    bounds_s: (f64, f64),
    /// (share, angular frequency in rad/s, phase); the shares sum to 1.
    waves: [(f64, f64, f64); 3],
}

impl SlowLag {
    fn new(bounds_s: (f64, f64), rng: &mut StdRng) -> Self {
        let mut wave = |share: f64, period_s: (f64, f64)| {
            let period = rng.random_range(period_s.0..period_s.1);
            (share, std::f64::consts::TAU / period, rng.random_range(0.0..std::f64::consts::TAU))
        };
        Self { bounds_s, waves: [wave(0.5, (300.0, 660.0)), wave(0.3, (120.0, 240.0)), wave(0.2, (60.0, 110.0))] }
    }

    fn at(&self, seconds: f64) -> f64 {
        let swing: f64 = self.waves.iter().map(|(share, rate, phase)| share * (rate * seconds + phase).sin()).sum();
        let (low, high) = self.bounds_s;
        low + (high - low) * 0.5 * (1.0 + swing)
    }
}

#[derive(Debug, Clone)]
enum Lag {
    /// A camera's: slow, and jitter on top.
    Slow(SlowLag, f64),
    /// A device's: uniform, anew for each frame.
    Uniform((f64, f64)),
}

/// One source's way to the box. It numbers the frames that the source sends.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    rng: StdRng,
    start: EventNs,
    lag: Lag,
    loss: f64,
    doubles: f64,
    stragglers: f64,
    straggle_s: (f64, f64),
    seq: u32,
}

impl Link {
    /// A camera's link.
    pub(crate) fn camera(source: u8, settings: &Settings) -> Self {
        let mut rng = stream(settings.seed, Purpose::Network, u64::from(source), 0);
        let lag = Lag::Slow(SlowLag::new(settings.lag_s, &mut rng), settings.jitter_s);
        Self {
            rng,
            start: settings.start,
            lag,
            loss: settings.loss,
            doubles: settings.doubles,
            stragglers: settings.stragglers,
            straggle_s: settings.straggle_s,
            seq: 0,
        }
    }

    /// A mark feed's link.
    pub(crate) fn marks(source: u8, settings: &Settings) -> Self {
        let feed = &settings.marks;
        Self {
            rng: stream(settings.seed, Purpose::Network, u64::from(source), 0),
            start: settings.start,
            lag: Lag::Uniform(feed.lag_s),
            loss: feed.absent,
            doubles: feed.doubled,
            stragglers: feed.late,
            straggle_s: feed.late_s,
            seq: 0,
        }
    }

    /// A spin device's link: the lag of the mark feed, and nothing goes wrong.
    pub(crate) fn spin(source: u8, settings: &Settings) -> Self {
        Self { loss: 0.0, doubles: 0.0, stragglers: 0.0, ..Self::marks(source, settings) }
    }

    /// Sends a frame: its number, and the up to two moments at which it arrives. Every call draws the same number of
    /// random numbers, whatever comes of it; `silent` sends nothing and takes no number.
    pub(crate) fn carry(&mut self, event: EventNs, silent: bool, counts: &mut Counts) -> (u32, [Option<BoxNs>; 2]) {
        let [lost, doubled, held] = [0; 3].map(|_| self.rng.random::<f64>());
        let [jitter, jitter_again, hold] = [0; 3].map(|_| self.rng.random::<f64>());
        if silent {
            return (self.seq, [None; 2]);
        }
        let seq = self.seq;
        self.seq = self.seq.wrapping_add(1);
        counts.sent += 1;
        if lost < self.loss {
            counts.lost += 1;
            return (seq, [None; 2]);
        }
        let mut later_s = 0.0;
        if held < self.stragglers {
            counts.straggled += 1;
            later_s = self.straggle_s.0 + (self.straggle_s.1 - self.straggle_s.0) * hold;
        }
        let arrival = |part: f64| {
            let lag_s = match &self.lag {
                Lag::Slow(lag, jitter_s) => lag.at((event.0 - self.start.0) as f64 * 1e-9) + jitter_s * part,
                Lag::Uniform((low, high)) => low + (high - low) * part,
            };
            Some(BoxNs(event.0 + to_ns(lag_s + later_s)))
        };
        let first = arrival(jitter);
        let second = if doubled < self.doubles {
            counts.doubled += 1;
            arrival(jitter_again)
        } else {
            None
        };
        (seq, [first, second])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_varies_slowly_within_its_bounds_and_uses_them() {
        let settings = Settings::default();
        for source in 1..=18 {
            let lag = SlowLag::new((2.0, 5.0), &mut stream(settings.seed, Purpose::Network, source, 0));
            let values: Vec<f64> = (0..3600).map(|s| lag.at(f64::from(s))).collect();
            assert!(values.iter().all(|v| (2.0..=5.0).contains(v)));
            let (low, high) = values.iter().fold((9.0, 0.0), |(l, h), v| (f64::min(l, *v), f64::max(h, *v)));
            assert!(high - low > 1.5, "source {source}: {low} to {high}");
            assert!(values.windows(2).all(|w| (w[1] - w[0]).abs() < 0.1), "slower than a tenth of a second a second");
        }
    }

    #[test]
    fn a_fault_changes_no_other_frames_way() {
        let event = |i: u64| EventNs(Settings::default().start.0 + i * 10_000_000);
        let arrivals = |settings: &Settings| -> Vec<Option<BoxNs>> {
            let mut link = Link::camera(3, settings);
            (0..5_000).map(|i| link.carry(event(i), false, &mut Counts::default()).1[0]).collect()
        };
        let clean = arrivals(&Settings::quiet());
        let lossy = arrivals(&Settings { loss: 0.1, ..Settings::quiet() });
        let kept = lossy.iter().filter(|a| a.is_some()).count();
        assert!((4_300..4_700).contains(&kept), "{kept}");
        assert!(lossy.iter().zip(&clean).all(|(l, c)| l.is_none() || l == c));
    }
}
