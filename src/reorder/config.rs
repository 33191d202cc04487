//! What the buffer is told once, at start: who stands where, how long to wait, how much to hold.

use thiserror::Error;

use crate::ids::MoundId;

/// Width of a calendar bucket as a power of two: 2^20 ns, 1.05 ms. Watermarks move in whole ticks.
pub const TICK_BITS: u32 = 20;
/// Buckets of the calendar ring: 2^15 ticks are 34.4 s of event time. Measured from newest frame to watermark: 10 s at
/// the median, 21 s at most.
pub const SPAN_TICKS: u64 = 1 << 15;
/// The last camera's number: sources 1–39 are cameras, 40–63 devices and mark feeds.
pub const CAMERA_MAX: u8 = 39;
/// The last source's number.
pub const SOURCE_MAX: u8 = 63;
/// The most mounds of one venue.
pub const MOUNDS_MAX: usize = 16;

const SECOND_NS: u64 = 1_000_000_000;
/// The longest any of the waits may be configured: it must fit the calendar with room for the fastest camera.
const WAIT_MAX_NS: u64 = 30 * SECOND_NS;
/// The most slots of one path and the most frames held: both are numbered in 23 bits.
const SLOTS_MAX: usize = 1 << 23;

/// A mound and the cameras whose results it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoundPlan {
    /// The mound.
    pub mound: MoundId,
    /// Its cameras, sources 1–39. A camera belongs to one mound.
    pub cameras: Vec<u8>,
}

/// The buffer's settings. [`Config::default`] has no mounds; add those of the venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The mounds, each with its cameras.
    pub mounds: Vec<MoundPlan>,
    /// How far the final watermark stays behind the slowest gating camera, ns. 7 s.
    pub watermark_ns: u64,
    /// A camera whose event time has not advanced for so long gates no more, ns. 5 s. A source silent for so long may
    /// come back on another path.
    pub idle_ns: u64,
    /// No frame is held longer than this after its arrival, ns, whatever the watermark says. 12 s.
    pub max_hold_ns: u64,
    /// A camera that lags more than this stops gating, ns. 8 s.
    pub gate_lag_ns: u64,
    /// How long after the first frame of all absent cameras may hold their mound, ns. 8 s: a camera whose first frame comes
    /// later than that would not gate either.
    pub startup_ns: u64,
    /// Paths: sockets and serial lines, each with one ingest thread. 1.
    pub paths: usize,
    /// Frames that one path may have on their way from its ingest thread to the merge thread; rounded up to a power of two.
    /// 16,384: 5.5 s of 3,000 frames a second, 1 MB with 64-byte frames, which stays in the cache.
    pub slots_per_path: usize,
    /// Frames that one source may have on their way. 4,096: 13.7 s of 300 frames a second.
    pub slots_per_source: usize,
    /// Frames that may be held. 65,536: 21 s of 3,000 frames a second, 4.2 MB with 64-byte frames in full chunks.
    pub held_max: usize,
    /// Frames of one source that may be held. 8,192: 27 s of 300 frames a second.
    pub held_per_source: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mounds: Vec::new(),
            watermark_ns: 7 * SECOND_NS,
            idle_ns: 5 * SECOND_NS,
            max_hold_ns: 12 * SECOND_NS,
            gate_lag_ns: 8 * SECOND_NS,
            startup_ns: 8 * SECOND_NS,
            paths: 1,
            slots_per_path: 1 << 14,
            slots_per_source: 1 << 12,
            held_max: 1 << 16,
            held_per_source: 1 << 13,
        }
    }
}

/// Why a buffer cannot be built so.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// No mound at all.
    #[error("reorder: no mound is configured; give the venue at least one [[mound]]")]
    NoMound,
    /// More mounds than there are ids for.
    #[error("reorder: {0} mounds are configured; {MOUNDS_MAX} at most")]
    TooManyMounds(usize),
    /// The same mound twice.
    #[error("reorder: mound {0} is configured twice; merge its camera lists")]
    MoundTwice(MoundId),
    /// Not a camera's number.
    #[error("reorder: mound {mound} lists source {source_id} as a camera; cameras are 1 to {CAMERA_MAX}")]
    NotACamera {
        /// The mound that lists it.
        mound: MoundId,
        /// The number.
        source_id: u8,
    },
    /// A camera listed twice.
    #[error("reorder: camera {0} is listed twice; a camera belongs to one mound, once")]
    CameraTwice(u8),
    /// A wait out of its range.
    #[error("reorder: {name} is {value_ns} ns; it must be from {least_ns} to {most_ns}")]
    Wait {
        /// The setting.
        name: &'static str,
        /// What it was set to, ns.
        value_ns: u64,
        /// The least allowed, ns.
        least_ns: u64,
        /// The most allowed, ns.
        most_ns: u64,
    },
    /// A count out of its range.
    #[error("reorder: {name} is {value}; it must be from 1 to {most}")]
    Count {
        /// The setting.
        name: &'static str,
        /// What it was set to.
        value: usize,
        /// The most allowed.
        most: usize,
    },
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.mounds.is_empty() {
            return Err(ConfigError::NoMound);
        }
        if self.mounds.len() > MOUNDS_MAX {
            return Err(ConfigError::TooManyMounds(self.mounds.len()));
        }
        let mut seen = 0_u64;
        for (i, plan) in self.mounds.iter().enumerate() {
            if self.mounds[..i].iter().any(|other| other.mound == plan.mound) {
                return Err(ConfigError::MoundTwice(plan.mound));
            }
            for &source_id in &plan.cameras {
                if source_id == 0 || source_id > CAMERA_MAX {
                    return Err(ConfigError::NotACamera { mound: plan.mound, source_id });
                }
                if seen & (1 << source_id) != 0 {
                    return Err(ConfigError::CameraTwice(source_id));
                }
                seen |= 1 << source_id;
            }
        }
        // Final watermark, gate lag and the fastest honest camera must lie within one turn of the calendar ring.
        let waits = [
            ("watermark_ns", self.watermark_ns, 0, WAIT_MAX_NS / 2),
            ("gate_lag_ns", self.gate_lag_ns, 1, WAIT_MAX_NS / 3),
            ("idle_ns", self.idle_ns, 1, WAIT_MAX_NS),
            ("max_hold_ns", self.max_hold_ns, self.watermark_ns.max(1), WAIT_MAX_NS),
            ("startup_ns", self.startup_ns, 0, self.max_hold_ns),
        ];
        for (name, value_ns, least_ns, most_ns) in waits {
            if !(least_ns..=most_ns).contains(&value_ns) {
                return Err(ConfigError::Wait { name, value_ns, least_ns, most_ns });
            }
        }
        let counts = [
            ("paths", self.paths, 64),
            ("slots_per_path", self.slots_per_path, SLOTS_MAX),
            ("slots_per_source", self.slots_per_source, SLOTS_MAX),
            ("held_max", self.held_max, SLOTS_MAX),
            ("held_per_source", self.held_per_source, SLOTS_MAX),
        ];
        for (name, value, most) in counts {
            if !(1..=most).contains(&value) {
                return Err(ConfigError::Count { name, value, most });
            }
        }
        Ok(())
    }
}
