//! What enters the pipeline beside frames and time.

use serde::{Deserialize, Serialize};

use super::late::Remeasured;
use crate::calibration::Proposal;
use crate::environment::Air;
use crate::readiness::{self, Alert};

/// Something that enters the pipeline. What it changes leaves with the next step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Input {
    /// What the air is now, as fused from the park's sensors: pitches are compared as in standard air, and the cameras'
    /// calibration ages by it.
    Weather(Air),
    /// How a camera shakes now, g rms, as a sensor on it says.
    Vibration {
        /// The camera.
        camera: u8,
        /// g rms.
        rms_g: f64,
    },
    /// All cameras, or these, are to be corrected by what is known of them, or it is asked what that would do.
    Recalibrate {
        /// Which; all where none are named.
        cameras: Option<Vec<u8>>,
        /// Whether it is only asked.
        dry_run: bool,
    },
    /// Somebody saw an alert.
    Acknowledge {
        /// Its number.
        alert: u64,
    },
    /// Readiness is judged by other limits from now on, alerts of it from the next pitch on.
    JudgeBy(Box<readiness::Config>),
    /// What came too late was measured again. It is published where it is news; a pitch that is not critical stays as it is:
    /// final is final.
    Reprocessed(Box<Remeasured>),
    /// The system's clock was set since the start, and is so far ahead of the box's now.
    Wall {
        /// How far, ns.
        ahead_ns: i64,
    },
}

/// What an [`Input`] is answered with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// To [`Input::Recalibrate`]: what was, or would be, done to each camera.
    pub proposals: Vec<Proposal>,
    /// To [`Input::Acknowledge`]: the alert. None where no such alert stands.
    pub alert: Option<Alert>,
}
