//! How far each camera is off its model, how far to trust the rig, and what to do about it (science.md §2 and §3).
//!
//! [`Calibration`] owns a venue. Evidence of pitches, rounds of landmarks, heartbeats and weather come in with the time;
//! corrections, states and alerts go out as [`Event`]s. Pure logic: no clock, no thread, no disk.

mod config;
mod event;
mod report;
mod weather;

use firmware_protocol::{Fiducial, Health};
use serde::{Deserialize, Serialize};

pub use config::Config;
pub use event::{AlertKind, CameraState, Event, EventKind};
pub use report::{
    CameraReport, ChartPoint, Confidence, CorrectionRecord, Drift, MoundReport, NextAction, Outcome, Proposal, Report,
    StandingAlert,
};
pub use weather::Conditions;

use crate::ids::{BoxNs, EventNs, MoundId};
use crate::tracking::CameraCorrection;
use crate::tracking::evidence::RigEvidence;
use crate::tracking::venue::Venue;

/// The calibration of one venue's rig.
#[derive(Debug)]
pub struct Calibration {
    config: Config,
    venue: String,
    events: Vec<Event>,
}

/// Everything needed to go on after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationState {}

impl Calibration {
    /// A rig whose cameras stand as the venue file says.
    pub fn new(venue: &Venue, config: Config, _now: BoxNs) -> Self {
        Self { config, venue: venue.id.clone(), events: Vec::new() }
    }

    /// Takes in what a final pitch says of its cameras.
    pub fn pitch(&mut self, _evidence: &RigEvidence, _now: BoxNs) {}

    /// Takes in a landmark that a camera saw.
    pub fn landmark(&mut self, _camera: u8, _event: EventNs, _fiducial: &Fiducial, _now: BoxNs) {}

    /// Takes in a camera's heartbeat.
    pub fn health(&mut self, _camera: u8, _event: EventNs, _health: &Health, _now: BoxNs) {}

    /// Takes in the weather, as fused from the sensors.
    pub fn weather(&mut self, _conditions: &Conditions, _now: BoxNs) {}

    /// Takes in a camera's vibration, g rms, as its own sensor says.
    pub fn vibration(&mut self, _camera: u8, _rms_g: f64, _now: BoxNs) {}

    /// The rig was surveyed anew (the mark "calibration done").
    pub fn calibrated(&mut self, _now: BoxNs) {}

    /// Recalibrates by command: all cameras or these, whatever the rules would wait for. A dry run only proposes.
    pub fn recalibrate(&mut self, _which: Option<&[u8]>, _dry_run: bool, _now: BoxNs) -> Vec<Proposal> {
        Vec::new()
    }

    /// Nothing happened until now: rounds of landmarks close, calibrations age, rules are looked at.
    pub fn pass_time(&mut self, _now: BoxNs) {}

    /// What happened since the last call, oldest first.
    pub fn drain_events(&mut self) -> impl Iterator<Item = Event> + '_ {
        self.events.drain(..)
    }

    /// The correction in force; the venue file's model where a camera has none.
    pub fn correction(&self, _camera: u8) -> CameraCorrection {
        CameraCorrection::default()
    }

    /// Whether a camera is left out of fits.
    pub fn is_excluded(&self, _camera: u8) -> bool {
        false
    }

    /// How far to trust a mound's results.
    pub fn confidence(&self, _mound: MoundId, _now: BoxNs) -> Confidence {
        Confidence { fused: 0.95, time: 0.95, residual: 0.95 }
    }

    /// The whole picture.
    pub fn report(&self, now: BoxNs) -> Report {
        let Confidence { fused, time, residual } = self.confidence(MoundId(0), now);
        Report {
            venue: self.venue.clone(),
            confidence: fused,
            confidence_time: time,
            confidence_residual: residual,
            age_s: 0.0,
            mounds: Vec::new(),
            cameras: Vec::new(),
            next_action: NextAction {
                what: "nothing".into(),
                why: format!("no camera is off by {} px", self.config.correct_px),
                when: None,
            },
        }
    }

    /// What to keep over a restart.
    pub fn state(&self) -> CalibrationState {
        CalibrationState {}
    }

    /// Goes on where an earlier run stopped. Cameras that the venue no longer has are left out. What is in force afterwards
    /// is in [`correction`](Self::correction) and [`is_excluded`](Self::is_excluded).
    pub fn restore(&mut self, _state: CalibrationState, _now: BoxNs) {}
}
