//! Calibration at the edge of the pipeline: kept in the store, recalled at start, shown to people and scrapers.

use std::sync::Arc;

use crate::api::Live;
use crate::calibration::{CalibrationState, CameraReport, Event, EventKind, MoundReport, Report};
use crate::ids::BoxNs;
use crate::observe::{About, BoxVerdictState, CalibrationStatus, CameraStatus, MoundCameras, PartState, Telemetry};
use crate::pipeline::{Kept, Pipeline, Profiles};
use crate::records::CalibrationRecord;
use crate::store::Store;
use crate::tracking::venue::Venue;

/// What of calibration is stored. None where it cannot be written down, which is said.
pub(super) fn record(kept: &Kept) -> Option<CalibrationRecord> {
    match serde_json::to_vec(&kept.state) {
        Ok(state) => Some(CalibrationRecord { venue: kept.venue.clone(), saved_ns: kept.at.0, state }),
        Err(error) => {
            tracing::error!(%error, "what calibration knows cannot be kept: a restart would begin it anew");
            None
        }
    }
}

/// Gives the pipeline back what an earlier run knew of the cameras. What cannot be read is said and begun anew: pitches
/// do not wait for it.
pub(super) fn recall<P: Profiles>(store: &Store, venue: &Venue, pipeline: &mut Pipeline<P>, now: BoxNs) {
    let state = match store.calibration(&venue.id) {
        Ok(None) => return,
        Ok(Some(record)) => serde_json::from_slice::<CalibrationState>(&record.state).map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match state {
        Ok(state) => pipeline.restore_calibration(state, now),
        Err(error) => tracing::error!(
            error,
            "the cameras' corrections are lost: calibration begins anew from the venue file. POST \
             /api/calibration/{{venue}}/recalibrate once some pitches are in"
        ),
    }
}

/// Shows how the cameras stand.
pub(super) fn show(report: Report, live: &Live, telemetry: &Telemetry) {
    telemetry.publish_calibration(status(&report));
    let verdict = telemetry.verdict();
    if let Some(cameras) = verdict.parts.iter().find(|part| part.about == About::Cameras) {
        let (state, detail) = match cameras.state {
            BoxVerdictState::Ready | BoxVerdictState::Off => (PartState::Ready, String::new()),
            BoxVerdictState::Degraded => (PartState::Degraded, cameras.sentence.clone()),
            BoxVerdictState::NotReady => (PartState::Failed, cameras.sentence.clone()),
        };
        telemetry.set_part("cameras", state, detail);
    }
    live.show_calibration(Arc::new(report));
}

/// Says in the log what happened to a camera.
pub(super) fn log(event: &Event) {
    let (camera, reason) = (event.camera, event.reason.as_str());
    match &event.kind {
        EventKind::Corrected(correction) => {
            tracing::info!(camera, reason, version = correction.version, "camera corrected");
        }
        EventKind::Undone(correction) => {
            tracing::warn!(camera, reason, version = correction.version, "correction undone");
        }
        EventKind::State { from, to } => {
            tracing::info!(camera, reason, from = from.as_str(), to = to.as_str(), "camera changed its state");
        }
        EventKind::Excluded => tracing::warn!(camera, reason, "camera left out of fits"),
        EventKind::Reinstated => tracing::info!(camera, reason, "camera back in the fits"),
        EventKind::RigMoved { mound, .. } => tracing::warn!(mound = mound.0, reason, "a whole rig moved"),
        // The book of alerts tells of them.
        EventKind::Raised(_) | EventKind::Cleared(_) => {}
    }
}

/// How the cameras stand, in short.
pub(super) fn status(report: &Report) -> CalibrationStatus {
    let camera = |camera: &CameraReport| CameraStatus {
        id: camera.id,
        name: camera.name.clone(),
        state: camera.state.as_str().to_owned(),
        is_heard: camera.is_heard,
        trouble: camera.trouble.clone(),
        trouble_for_s: camera.silent_for_s.or(camera.useless_for_s),
        confidence: camera.confidence,
        drift_px: camera.drift.map(|drift| drift.dx_px.hypot(drift.dy_px)),
        drift_sd_px: camera.drift.map(|drift| drift.dx_sd_px.max(drift.dy_sd_px)),
        clock_offset_us: camera.clock_offset_us,
        corrections: camera.correction.version,
    };
    let mound = |mound: &MoundReport| MoundCameras {
        mound: mound.mound.0,
        name: mound.name.clone(),
        state: mound.state.as_str().to_owned(),
        verified_ns: mound.verified_at.map(|at| at.0),
        unverified_for_s: mound.unverified_for_s,
        cameras_heard: mound.cameras_heard,
        cameras_needed: mound.cameras_needed,
        in_use: mound.in_use,
        confidence: mound.confidence.map(|confidence| confidence.fused),
    };
    CalibrationStatus {
        venue: report.venue.clone(),
        confidence: report.confidence,
        age_s: report.age_s,
        is_heard: report.is_heard,
        heard_ns: report.heard_at.map(|at| at.0),
        box_clock_off_s: report.box_clock_off_s,
        hold_below: report.hold_below,
        look_below: report.look_below,
        mounds: report.mounds.iter().map(mound).collect(),
        cameras: report.cameras.iter().map(camera).collect(),
    }
}
