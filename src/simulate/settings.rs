//! What a simulated stadium does, and the named random streams it draws from.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::faults::Faults;
use crate::ids::EventNs;

/// Everything about the stadium that can be chosen. `Default` is the stadium of everyday faults; [`Settings::quiet`]
/// the same without loss, doubles and stragglers.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Same seed, same deliveries.
    pub seed: u64,
    /// Event time at which the cameras start.
    pub start: EventNs,
    /// Sd of a ball's pixel noise, per observation and axis; also the frame's sigma (not below 0.01 px).
    pub white_px: f64,
    /// Sd of the pixel offset common to a camera's observations of one pitch, per axis.
    pub common_px: f64,
    /// Bounds of each camera's slowly varying lag, s.
    pub lag_s: (f64, f64),
    /// Further delay of each frame, uniform from 0 up to this, s: it keeps no order.
    pub jitter_s: f64,
    /// Share of camera frames that never arrive.
    pub loss: f64,
    /// Share of camera frames that arrive twice.
    pub doubles: f64,
    /// Share of camera frames that arrive later than the lag by [`Settings::straggle_s`].
    pub stragglers: f64,
    /// Bounds of a straggler's further delay, s.
    pub straggle_s: (f64, f64),
    /// A camera that sends nothing for a while.
    pub silent: Option<Silence>,
    /// The mark feeds (sources 48–50).
    pub marks: MarkFeed,
    /// Whether the spin devices (sources 40–42) report.
    pub spin: bool,
    /// Sd of the reported spin rate, rpm.
    pub spin_noise_rpm: f64,
    /// Whether the cameras report the landmarks once each half-inning.
    pub landmarks: bool,
    /// Sd of a landmark's pixel noise, per observation and axis.
    pub landmark_white_px: f64,
    /// Sd of the pixel offset common to a camera's round of landmarks, per axis.
    pub landmark_common_px: f64,
    /// What is wrong with the rig.
    pub faults: Faults,
    /// A rain delay.
    pub rain: Option<Rain>,
    /// Sources of the cameras that take part; `None` is all of the venue's.
    pub cameras: Option<Vec<u8>>,
    /// Mean seconds between the pitches of one batter; a new batter takes about twice as long. Below 2 s flights of one
    /// mound may overlap.
    pub pace_s: f64,
    /// Seconds between half-innings.
    pub break_s: f64,
    /// Throws of a pitcher on the game mound before each half-inning of the fictional game, of which no mark tells.
    pub warm_ups: u16,
    /// Throw at most this many pitches, all mounds together, in order of release.
    pub pitches_max: Option<usize>,
    /// Seconds for which the cameras' heartbeats go on after the last pitch, so that the last results become final.
    pub tail_s: f64,
    /// Density of the air, kg/m³.
    pub air_density_kg_m3: f64,
    /// Wind in the field frame, ft/s. It acts on scenario flights only: a Statcast flight has its own inside.
    pub wind_ft_s: [f64; 3],
}

/// A while without play: what would happen after its begin happens later by its length. The cameras stay on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rain {
    /// Seconds after the start.
    pub from_s: f64,
    /// Seconds of rain.
    pub for_s: f64,
}

/// A camera that sends nothing for a while, and then goes on where it left off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silence {
    /// Source.
    pub camera: u8,
    /// Seconds after the start.
    pub from_s: f64,
    /// Seconds of silence.
    pub for_s: f64,
}

/// How the mark feeds behave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarkFeed {
    /// Whether there are marks at all.
    pub on: bool,
    /// Bounds of a mark's lag, uniform, s. Spin frames have the same.
    pub lag_s: (f64, f64),
    /// Share of marks that come later by [`MarkFeed::late_s`].
    pub late: f64,
    /// Bounds of a late mark's further delay, s.
    pub late_s: (f64, f64),
    /// Share of marks that come twice.
    pub doubled: f64,
    /// Share of marks that never come.
    pub absent: f64,
    /// A while from which no mark comes, now or later.
    pub away: Option<Away>,
}

/// A while in which nobody marks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Away {
    /// Seconds after the start.
    pub from_s: f64,
    /// Seconds without marks.
    pub for_s: f64,
}

impl Default for MarkFeed {
    fn default() -> Self {
        Self { on: true, lag_s: (0.1, 0.5), late: 0.0, late_s: (3.0, 9.0), doubled: 0.0, absent: 0.0, away: None }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            start: EventNs(1_718_064_600_000_000_000), // 2024-06-11 00:10 UTC, a June evening in St. Louis
            white_px: 0.5,
            common_px: 0.1,
            lag_s: (2.0, 5.0),
            jitter_s: 0.2,
            loss: 0.01,
            doubles: 0.002,
            stragglers: 0.005,
            straggle_s: (5.0, 9.0),
            silent: None,
            marks: MarkFeed::default(),
            spin: true,
            spin_noise_rpm: 15.0,
            landmarks: true,
            landmark_white_px: 0.25, // issue 3's round of landmarks
            landmark_common_px: 0.1,
            faults: Faults::default(),
            rain: None,
            cameras: None,
            pace_s: 20.0,
            break_s: 140.0,
            warm_ups: 0,
            pitches_max: None,
            tail_s: 15.0,
            air_density_kg_m3: 1.1739, // science.md §1: standard conditions at Busch
            wind_ft_s: [0.0; 3],
        }
    }
}

impl Settings {
    /// A network that delays and jitters, but loses, doubles and holds back nothing.
    pub fn quiet() -> Self {
        Self { loss: 0.0, doubles: 0.0, stragglers: 0.0, ..Self::default() }
    }

    /// Event time of a moment given in seconds after the start.
    pub fn at(&self, seconds: f64) -> EventNs {
        EventNs(self.start.0 + to_ns(seconds))
    }
}

/// Seconds as nanoseconds; negative time is none.
pub(crate) fn to_ns(seconds: f64) -> u64 {
    (seconds * 1e9).round().max(0.0) as u64
}

/// What a random stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The order of play: who pitches when, and what.
    Script = 1,
    /// One throw of one pitcher.
    Throw = 2,
    /// A camera's phase, heartbeat and lag.
    Camera = 3,
    /// A camera's pixel noise of one pitch.
    Pixels = 4,
    /// A camera's pixel noise of one round of landmarks.
    Landmarks = 5,
    /// What the network does to a source's frames.
    Network = 6,
    /// A spin device's noise.
    Spin = 7,
    /// The throws that tell a pitcher's baseline.
    Baseline = 8,
    /// What is a pitcher's own, the same for every seed.
    Arsenal = 9,
    /// What the weather stations and accelerometers read.
    Weather = 10,
}

/// The random stream of one purpose, one source and one item. Streams are independent of each other: what one of them
/// is asked for changes nothing in another.
pub(crate) fn stream(seed: u64, purpose: Purpose, source: u64, item: u64) -> StdRng {
    let mut key = [0; 32];
    for (part, word) in key.chunks_exact_mut(8).zip([seed, purpose as u64, source, item]) {
        part.copy_from_slice(&word.to_le_bytes());
    }
    StdRng::from_seed(key)
}
