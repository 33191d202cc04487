//! What an operator or a test may turn in calibration, with this project's own choices [P] as defaults.

use serde::{Deserialize, Serialize};

use crate::bounds::{Bound, Fault, outside};

/// Settings of a [`Calibration`](super::estimator::Calibration). Every default is science.md's, or a prior of this project \[P\].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Random walk of a camera's shift from pitch to pitch in calm air, px per √pitch: science.md §2 says about 0.02. 0.012 keeps a
    /// healthy rig's worst camera above a confidence of 0.85; what drifts is followed faster, see below.
    pub walk_px: f64,
    /// Random walk of roll (rad) and scale per √pitch: 0.02 px at 1000 px from the principal point.
    pub walk_turn: f64,
    /// Random walk of the clock offset, ns per √pitch.
    pub walk_clock_ns: f64,
    /// A camera whose chart is beyond so many standard deviations …
    pub drifting_limit: f64,
    /// … walks by this factor more: what drifts is followed closely, what stands is averaged for long.
    pub drifting_walk: f64,
    /// The time that one pitch takes in the random walk, s: 300 in three hours.
    pub pitch_s: f64,
    /// Standard deviation of the shift right after a survey, px.
    pub surveyed_px: f64,
    /// The same of roll (rad) and scale.
    pub surveyed_turn: f64,
    /// The same of the clock offset, ns: clocks agree by PTP.
    pub surveyed_clock_ns: f64,
    /// Offset that a camera's pixels share during one pitch or one round of landmarks, px.
    pub common_px: f64,
    /// A watch needs a shift of at least this, px. science.md §2 says 0.25; the estimate follows what drifts some pitches late,
    /// and this little makes up for one of them.
    pub watch_px: f64,
    /// An alarm needs a shift of at least this, px …
    pub alarm_px: f64,
    /// … or one that moves the plate by this, inches.
    pub alarm_plate_in: f64,
    /// Memory of the control charts (science.md §2).
    pub ewma_lambda: f64,
    /// Limit of the control charts in standard deviations.
    pub ewma_limit: f64,
    /// A shift of at least this is corrected, px …
    pub correct_px: f64,
    /// … where it is known this well, px.
    pub correct_sd_px: f64,
    /// A clock offset of at least this is corrected, ns …
    pub correct_clock_ns: f64,
    /// … where it is known this well, ns.
    pub correct_clock_sd_ns: f64,
    /// At or below this confidence a camera is recalibrated …
    pub correct_confidence: f64,
    /// … and not again before it was at least this.
    pub rearm_confidence: f64,
    /// Time between two corrections of a camera, s.
    pub correct_every_s: f64,
    /// Pitches that a correction is judged by.
    pub judge_pitches: u32,
    /// Corrections undone within an hour that make a camera one beyond repair.
    pub undone_max: u32,
    /// Knocks within an hour that make a camera one beyond repair.
    pub knocks_max: u32,
    /// A shift beyond this is no matter of a correction, px.
    pub beyond_repair_px: f64,
    /// Pixels that scatter by more than this multiple of what they state, over the last pitches, are beyond repair.
    pub beyond_repair_scatter: f64,
    /// Pitches in a row in which an excluded camera must behave before it is taken in again.
    pub reinstate_pitches: u32,
}

/// What is configured for other rooms, and holds here too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Below this confidence readiness is held.
    pub hold_below: f64,
    /// Below this one its pitchers are warned of; none where that is off.
    pub look_below: Option<f64>,
    /// A camera is heard for so long after a frame, ns: as long as the watermark buffer waits for it.
    pub heard_ns: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { hold_below: 0.6, look_below: Some(0.8), heard_ns: 5_000_000_000 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            walk_px: 0.012,
            walk_turn: 2e-5,
            walk_clock_ns: 500.0,
            drifting_limit: 4.0,
            drifting_walk: 2.5,
            pitch_s: 36.0,
            surveyed_px: 0.1,
            surveyed_turn: 1e-4,
            surveyed_clock_ns: 10_000.0,
            common_px: 0.1,
            watch_px: 0.24,
            alarm_px: 1.0,
            alarm_plate_in: 0.1,
            ewma_lambda: 0.1,
            ewma_limit: 5.0,
            correct_px: 0.35,
            correct_sd_px: 0.1,
            correct_clock_ns: 25_000.0,
            correct_clock_sd_ns: 15_000.0,
            correct_confidence: 0.70,
            rearm_confidence: 0.80,
            correct_every_s: 600.0,
            judge_pitches: 10,
            undone_max: 2,
            knocks_max: 4,
            beyond_repair_px: 30.0,
            beyond_repair_scatter: 3.0,
            reinstate_pitches: 20,
        }
    }
}

impl Config {
    /// What its numbers may be.
    pub fn bounds(&self) -> Vec<Bound> {
        vec![
            Bound::new("walk_px", self.walk_px, 0.0001, 1.0),
            Bound::new("walk_turn", self.walk_turn, 0.000_000_1, 0.01),
            Bound::new("walk_clock_ns", self.walk_clock_ns, 1.0, 1e6),
            Bound::new("drifting_limit", self.drifting_limit, 1.0, 20.0),
            Bound::new("drifting_walk", self.drifting_walk, 1.0, 100.0),
            Bound::new("pitch_s", self.pitch_s, 1.0, 600.0),
            Bound::new("surveyed_px", self.surveyed_px, 0.001, 10.0),
            Bound::new("surveyed_turn", self.surveyed_turn, 0.000_001, 0.1),
            Bound::new("surveyed_clock_ns", self.surveyed_clock_ns, 100.0, 1e8),
            Bound::new("common_px", self.common_px, 0.001, 5.0),
            Bound::new("watch_px", self.watch_px, 0.01, 10.0),
            Bound::new("alarm_px", self.alarm_px, 0.01, 50.0),
            Bound::new("alarm_plate_in", self.alarm_plate_in, 0.001, 10.0),
            Bound::new("ewma_lambda", self.ewma_lambda, 0.001, 1.0),
            Bound::new("ewma_limit", self.ewma_limit, 1.0, 20.0),
            Bound::new("correct_px", self.correct_px, 0.01, 10.0),
            Bound::new("correct_sd_px", self.correct_sd_px, 0.001, 10.0),
            Bound::new("correct_clock_ns", self.correct_clock_ns, 100.0, 1e8),
            Bound::new("correct_clock_sd_ns", self.correct_clock_sd_ns, 10.0, 1e8),
            // Confidence is 0.95 at most (science.md §3).
            Bound::new("correct_confidence", self.correct_confidence, 0.0, 0.95),
            Bound::new("rearm_confidence", self.rearm_confidence, 0.0, 0.95),
            Bound::new("correct_every_s", self.correct_every_s, 1.0, 86_400.0),
            Bound::new("judge_pitches", f64::from(self.judge_pitches), 2.0, 200.0),
            Bound::new("undone_max", f64::from(self.undone_max), 1.0, 100.0),
            Bound::new("knocks_max", f64::from(self.knocks_max), 1.0, 100.0),
            Bound::new("beyond_repair_px", self.beyond_repair_px, 1.0, 500.0),
            Bound::new("beyond_repair_scatter", self.beyond_repair_scatter, 1.1, 100.0),
            Bound::new("reinstate_pitches", f64::from(self.reinstate_pitches), 1.0, 500.0),
        ]
    }

    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        // Each pair: what must not be below, than what, and why.
        for (key, value, least_key, least, why) in [
            ("alarm_px", self.alarm_px, "watch_px", self.watch_px, "an alarm is worse than a watch"),
            (
                "beyond_repair_px",
                self.beyond_repair_px,
                "alarm_px",
                self.alarm_px,
                "what is beyond repair is worse than an alarm",
            ),
            (
                "beyond_repair_px",
                self.beyond_repair_px,
                "correct_px",
                self.correct_px,
                "nothing that is beyond repair would be left to correct",
            ),
            (
                "correct_px",
                self.correct_px,
                "correct_sd_px",
                self.correct_sd_px,
                "a shift is corrected where it is known better than it is large",
            ),
            (
                "correct_clock_ns",
                self.correct_clock_ns,
                "correct_clock_sd_ns",
                self.correct_clock_sd_ns,
                "an offset is corrected where it is known better than it is large",
            ),
            (
                "rearm_confidence",
                self.rearm_confidence,
                "correct_confidence",
                self.correct_confidence,
                "a camera is armed again once it is better",
            ),
        ] {
            if value < least {
                errors.push(Fault::of_two(key, least_key, format!("is {value}, below {least_key} ({least}); {why}")));
            }
        }
        errors
    }
}
