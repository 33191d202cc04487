//! Calibration at the edge of the pipeline: kept in the store, recalled at start, shown to people and scrapers.

use std::sync::Arc;

use crate::api::Live;
use crate::calibration::{CalibrationState, CameraReport, Event, EventKind, Report};
use crate::ids::BoxNs;
use crate::observe::{CalibrationStatus, CameraStatus, Telemetry};
use crate::pipeline::{Kept, Pipeline, Profiles};
use crate::store::Store;
use crate::store::records::CalibrationRecord;
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
        confidence: camera.confidence,
        drift_px: camera.drift.dx_px.hypot(camera.drift.dy_px),
        drift_sd_px: camera.drift.dx_sd_px.max(camera.drift.dy_sd_px),
        clock_offset_us: camera.clock_offset_us,
        corrections: camera.correction.version,
    };
    CalibrationStatus {
        venue: report.venue.clone(),
        confidence: report.confidence,
        age_s: report.age_s,
        cameras: report.cameras.iter().map(camera).collect(),
    }
}
