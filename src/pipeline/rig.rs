//! The calibration of the whole rig, and what the pipeline knows of it.

use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::calibration::{
    self, ABSENT_S, AlertKind, CLOCK_AHEAD_S_MAX, CLOCK_BEHIND_S_MAX, Calibration, CalibrationState, Limits, Report,
    StandingAlert, UNVERIFIED_TOLD_S,
};
use crate::ids::{BoxNs, MoundId};
use crate::readiness::{self, CameraAlert, Severity, sentence};
use crate::reorder::{Life, SOURCE_MAX};
use crate::tracking::evidence::RigEvidence;
use crate::tracking::venue::Venue;

/// Sources 0 to 63.
const SOURCES: usize = SOURCE_MAX as usize + 1;

/// What of calibration must outlive a restart.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The ballpark's short name.
    pub venue: String,
    /// Box time at which it was true.
    pub at: BoxNs,
    /// All that calibration needs to go on.
    pub state: CalibrationState,
}

/// What an alert of calibration is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    /// Source; 0 where it is about no one camera.
    pub(super) camera: u8,
    /// The mound, where it is about one.
    pub(super) mound: Option<MoundId>,
    pub(super) kind: AlertKind,
}

/// Calibration, and what the pipeline knows of it.
pub(super) struct Rig {
    pub(super) calibration: Calibration,
    limits: calibration::Config,
    pub(super) venue: String,
    /// Source, name and mound of each camera.
    pub(super) cameras: Vec<(u8, String, MoundId)>,
    /// The mound of each source that is a camera.
    mounds: [Option<MoundId>; SOURCES],
    /// Alerts that stand, with their numbers in the book.
    pub(super) standing: Vec<(About, u64)>,
    pub(super) evidence: Vec<RigEvidence>,
    pub(super) passed: BoxNs,
    pub(super) kept: BoxNs,
    /// Whether it learned something since it was last kept.
    pub(super) learned: bool,
}

impl Rig {
    /// With its own settings and what it follows of the others'.
    pub(super) fn new(venue: &Venue, settings: &Settings, now: BoxNs) -> Self {
        let of_mound = |id| venue.mound_of(id).map(|mound| mound.id);
        let limits = settings.calibration.clone();
        let mut calibration = Calibration::new(venue, limits.clone(), now);
        calibration.follow_limits(Limits { heard_ns: settings.reorder.idle_ns, ..calibration.limits() });
        let mut rig = Self {
            calibration,
            limits,
            venue: venue.id.clone(),
            cameras: venue.cameras.iter().filter_map(|c| Some((c.id, c.name.clone(), of_mound(c.id)?))).collect(),
            mounds: std::array::from_fn(|source| u8::try_from(source).ok().and_then(of_mound)),
            standing: Vec::new(),
            evidence: Vec::with_capacity(8),
            passed: now,
            kept: now,
            learned: false,
        };
        rig.judge_by(&settings.readiness);
        rig
    }

    /// Readiness is held, and warned of, below these confidences from now on.
    pub(super) fn judge_by(&mut self, readiness: &readiness::Config) {
        let warning = readiness.alerts.calibration_confidence.warning;
        let limits = Limits {
            hold_below: readiness.hold_confidence,
            look_below: warning.map(|warning| warning.raise),
            ..self.calibration.limits()
        };
        self.calibration.follow_limits(limits);
    }

    /// Takes note of since when, and until when, the threads at the sockets vouch that what came was taken.
    pub(super) fn vouched(&mut self, lives: impl Iterator<Item = Life>) {
        let open = lives.filter(|life| !life.closed && life.beat.0 > 0).map(|life| (life.alive_since, life.beat));
        if let Some((since, until)) = open.reduce(|a, b| (a.0.max(b.0), a.1.min(b.1))) {
            self.calibration.vouched(since, until);
        }
    }

    /// The cameras of a mound.
    pub(super) fn cameras_of(&self, mound: MoundId) -> impl Iterator<Item = u8> + '_ {
        self.cameras.iter().filter(move |(.., of)| *of == mound).map(|(id, ..)| *id)
    }

    /// The mound that a source looks at; none where it is no camera.
    #[inline]
    pub(super) fn mound_of(&self, source: u8) -> Option<MoundId> {
        self.mounds.get(usize::from(source)).copied().flatten()
    }

    /// The rule's name, how bad it is, the number behind it and its limit, and not since when; `is_needed` where somebody throws,
    /// or may throw, at what it is about.
    pub(super) fn alert(&self, about: About, reason: &str, report: &Report, is_needed: bool) -> CameraAlert {
        let About { camera, mound, kind } = about;
        let of_camera = report.cameras.iter().find(|c| c.id == camera);
        let of_mound = report.mounds.iter().find(|m| Some(m.mound) == mound);
        let drift = of_camera.and_then(|c| c.drift);
        // A picture that is turned or grown may stand where it did in its middle.
        let shift_px = drift.map_or(0.0, |drift| drift.dx_px.hypot(drift.dy_px).max(drift.turn_px));
        let (value, limit) = match kind {
            AlertKind::Watch => (shift_px, self.limits.watch_px),
            AlertKind::Maintenance | AlertKind::Alarm => (shift_px, self.limits.alarm_px),
            AlertKind::Excluded => (shift_px, self.limits.beyond_repair_px),
            AlertKind::Silent | AlertKind::Useless => {
                let for_s = of_camera.and_then(|c| c.silent_for_s.or(c.useless_for_s));
                (for_s.unwrap_or(ABSENT_S), ABSENT_S)
            }
            AlertKind::MoundCameras => {
                let heard = of_mound.map_or(0, |m| m.cameras_heard);
                (heard.into(), of_mound.map_or(1, |m| m.cameras_needed).into())
            }
            AlertKind::RigUnverified => {
                let for_s = of_mound.and_then(|m| m.unverified_for_s);
                (for_s.unwrap_or(UNVERIFIED_TOLD_S) / 60.0, UNVERIFIED_TOLD_S / 60.0)
            }
            AlertKind::RigHeld => {
                let confidence = of_mound.and_then(|m| m.confidence).map(|confidence| confidence.fused);
                (confidence.unwrap_or(report.hold_below), report.hold_below)
            }
            AlertKind::SourceClock => (report.source_clock_off_s.unwrap_or(0.0), 1.0),
            AlertKind::BoxClock => {
                let off_s = report.box_clock_off_s.unwrap_or(0.0);
                (off_s, if off_s < 0.0 { -CLOCK_BEHIND_S_MAX } else { CLOCK_AHEAD_S_MAX })
            }
        };
        let name = self.cameras.iter().find(|(id, ..)| *id == camera).map_or("", |(_, name, _)| name);
        let message = if camera > 0 { format!("Camera {camera} ({name}): {reason}") } else { sentence(reason) };
        CameraAlert {
            camera: (camera > 0).then_some(camera),
            mound,
            rule: kind.rule().to_owned(),
            severity: severity_of(kind, is_needed),
            message,
            value,
            limit,
            since: None,
        }
    }
}

/// How bad an alert of calibration is, as the box's verdict has it: critical is where somebody throws, or may throw (`is_needed`), and
/// is not measured or held for it. What a camera that moved or is left out does to the games' numbers is told by these two.
pub fn severity_of(kind: AlertKind, is_needed: bool) -> Severity {
    match kind {
        AlertKind::MoundCameras | AlertKind::RigHeld if is_needed => Severity::Critical,
        _ => Severity::Warning,
    }
}

/// What stands in a report of an alert.
pub(super) fn standing(report: &Report, About { camera, mound, kind }: About) -> Option<&StandingAlert> {
    let alerts = match mound {
        _ if camera > 0 => &report.cameras.iter().find(|of| of.id == camera)?.alerts,
        Some(mound) => &report.mounds.iter().find(|of| of.mound == mound)?.alerts,
        None => &report.alerts,
    };
    alerts.iter().find(|alert| alert.kind == kind)
}
