//! Calibration at the edge of the pipeline: kept in the store, recalled at start, shown to people and scrapers.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::api::Live;
use crate::calibration::{AlertKind, AwayWhile, CalibrationState, CameraReport, Event, EventKind, MoundReport, Report};
use crate::ids::BoxNs;
use crate::moment::rfc3339;
use crate::observe::{
    About, AwayStatus, BoxVerdictState, CalibrationStatus, CameraStatus, MoundCameras, PartState, Telemetry,
};
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

/// Parts of the daemon that stand as the verdict has them: parts and sentence say one thing.
const OF_THE_VERDICT: [(&str, About); 2] = [("cameras", About::Cameras), ("calibration", About::Calibration)];

/// Shows how the cameras stand; `zone` is the park's.
pub(super) fn show(report: Report, zone: &TimeZone, live: &Live, telemetry: &Telemetry) {
    telemetry.publish_calibration(status(&report, zone));
    let verdict = telemetry.verdict();
    for (name, about) in OF_THE_VERDICT {
        let Some(told) = verdict.parts.iter().find(|part| part.about == about) else { continue };
        let (state, detail) = match told.state {
            BoxVerdictState::Off => (PartState::Off, told.sentence.clone()),
            BoxVerdictState::Ready => (PartState::Ready, String::new()),
            BoxVerdictState::Degraded => (PartState::Degraded, told.sentence.clone()),
            BoxVerdictState::NotReady => (PartState::Failed, told.sentence.clone()),
        };
        telemetry.set_part(name, state, detail);
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

/// What will be wrong with a camera within days, in words.
fn foreseen(camera: &CameraReport) -> Option<String> {
    let alert = camera.alerts.iter().find(|alert| alert.kind == AlertKind::Maintenance)?;
    Some(alert.reason.clone())
}

/// A while in which the box was away, as the park's clock shows it; with the days where it lasted into another one.
fn away_status(AwayWhile { from, to }: AwayWhile, zone: &TimeZone) -> AwayStatus {
    let of = |at: BoxNs| {
        let moment = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
        moment.to_zoned(zone.clone())
    };
    let [began, ended] = [from, to].map(of);
    let half = |at: &jiff::Zoned| at.hour() / 12;
    let forms = if began.date() != ended.date() {
        ["%b %-d, %-I:%M:%S %p", "%b %-d, %-I:%M:%S %p"]
    } else if half(&began) == half(&ended) {
        ["%-I:%M:%S", "%-I:%M:%S %p"]
    } else {
        ["%-I:%M:%S %p", "%-I:%M:%S %p"]
    };
    let told = format!("from {} to {}", began.strftime(forms[0]), ended.strftime(forms[1]));
    AwayStatus { from: rfc3339(from), to: rfc3339(to), told }
}

/// How the cameras stand, in short; `zone` is the park's.
pub(super) fn status(report: &Report, zone: &TimeZone) -> CalibrationStatus {
    let camera = |camera: &CameraReport| CameraStatus {
        id: camera.id,
        name: camera.name.clone(),
        state: camera.state.as_str().to_owned(),
        is_heard: camera.is_heard,
        trouble: camera.trouble.clone(),
        trouble_for_s: camera.silent_for_s.or(camera.useless_for_s),
        maintenance: foreseen(camera),
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
        is_held: mound.is_held,
    };
    CalibrationStatus {
        venue: report.venue.clone(),
        confidence: report.confidence,
        age_s: report.age_s,
        is_heard: report.is_heard,
        heard_ns: report.heard_at.map(|at| at.0),
        away: report.away.iter().map(|away| away_status(*away, zone)).collect(),
        box_clock_off_s: report.box_clock_off_s,
        hold_below: report.hold_below,
        look_below: report.look_below,
        mounds: report.mounds.iter().map(mound).collect(),
        cameras: report.cameras.iter().map(camera).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::{Calibration, CameraState, Config, StandingAlert};
    use crate::clock::BoxClock;
    use crate::daemon::merge_status::clocks_part;
    use crate::ids::EventNs;
    use crate::pipeline::{AttributionStatus, severity_of};
    use crate::readiness::Severity;

    /// A rig of which all is well, as of a moment.
    fn well() -> Report {
        const S: u64 = 1_000_000_000;
        let start = 1_800_000_000 * S;
        let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), BoxNs(start));
        for second in 1..=20 {
            let now = BoxNs(start + second * S);
            for id in 1..=18 {
                calibration.arrived(id, EventNs(now.0 - S), now);
                calibration.delivered(id, EventNs(now.0 - S), now);
            }
            calibration.calibrated(now);
            calibration.pass_time(now);
        }
        calibration.report(BoxNs(start + 20 * S))
    }

    /// What the rig looks like while such an alert stands, and the part `clocks` besides.
    fn with(kind: AlertKind, is_needed: bool) -> (Report, &'static str) {
        let mut rig = well();
        let (mut clocks, camera) = ("", &mut rig.cameras[0]);
        let bullpen = &mut rig.mounds[1];
        match kind {
            AlertKind::Watch => camera.state = CameraState::Watch,
            AlertKind::Alarm => camera.state = CameraState::Alarm,
            AlertKind::Excluded => camera.state = CameraState::Excluded,
            AlertKind::Maintenance => {
                let reason = "drifts by 0.5 px a day".to_owned();
                camera.alerts = vec![StandingAlert { kind, since: BoxNs(1), began: None, reason }];
            }
            AlertKind::Silent => (camera.state, camera.silent_for_s) = (CameraState::Silent, Some(40.0)),
            AlertKind::Useless => (camera.state, camera.useless_for_s) = (CameraState::Useless, Some(40.0)),
            AlertKind::MoundCameras => (bullpen.cameras_heard, bullpen.in_use) = (1, is_needed),
            AlertKind::RigUnverified => (bullpen.confidence, bullpen.unverified_for_s) = (None, Some(3_000.0)),
            AlertKind::RigHeld => (bullpen.is_held, bullpen.in_use) = (true, is_needed),
            AlertKind::BoxClock => rig.box_clock_off_s = Some(100.0),
            AlertKind::SourceClock => clocks = "the clock of source 48 is 37 s ahead of the cameras'",
        }
        (rig, clocks)
    }

    #[test]
    fn every_alert_of_the_rig_is_as_bad_as_the_sentence_about_the_box() {
        let verdict = |(rig, clocks): (Report, &str)| {
            let telemetry = Telemetry::new(BoxClock::start(1.0), &["merge"]);
            telemetry.set_part("merge", PartState::Ready, "");
            let state = if clocks.is_empty() { PartState::Ready } else { PartState::Degraded };
            telemetry.set_part("clocks", state, clocks);
            telemetry.publish_attribution(AttributionStatus::example());
            telemetry.publish_calibration(status(&rig, &TimeZone::UTC));
            telemetry.verdict()
        };
        let healthy = verdict((well(), ""));
        assert_eq!(healthy.state, BoxVerdictState::Ready, "{healthy:?}");
        for (kind, is_needed) in AlertKind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
            let told = verdict(with(kind, is_needed));
            let wanted = match severity_of(kind, is_needed) {
                Severity::Warning => BoxVerdictState::Degraded,
                Severity::Critical => BoxVerdictState::NotReady,
            };
            assert_eq!(told.state, wanted, "{kind:?}, needed {is_needed}: {}", told.sentence);
        }
    }

    #[test]
    fn the_parts_of_the_daemon_stand_as_the_sentence_about_the_box_has_them() {
        let mut silent = well();
        silent.is_heard = false;
        silent.mounds.iter_mut().for_each(|mound| mound.cameras_heard = 0);
        let alerts = AlertKind::ALL.into_iter().flat_map(|kind| [with(kind, false), with(kind, true)]);
        for (rig, clocks) in alerts.chain([(well(), ""), (silent, "")]) {
            let telemetry = Telemetry::new(BoxClock::start(1.0), &[]);
            telemetry.publish_attribution(AttributionStatus::example());
            telemetry.publish_calibration(status(&rig, &TimeZone::UTC));
            let off: Vec<String> = [clocks.to_owned()].into_iter().filter(|words| !words.is_empty()).collect();
            let (state, told) = clocks_part(&off, telemetry.hears_cameras());
            telemetry.set_part("clocks", state, told);
            show(rig, &TimeZone::UTC, &Live::new(8, BoxClock::start(1.0)), &telemetry);
            let (parts, verdict) = (telemetry.parts(), telemetry.verdict());
            for (name, about) in
                [("cameras", About::Cameras), ("calibration", About::Calibration), ("clocks", About::Clocks)]
            {
                let part = parts.iter().find(|part| part.name == name).expect("it is a part");
                let said = verdict.parts.iter().find(|part| part.about == about).expect("it is said");
                // A box whose clock is off is told by its cameras, and by the part as soon as that is looked at.
                if name == "clocks" && verdict.sentence.contains("this box's clock") {
                    continue;
                }
                let wanted = match said.state {
                    BoxVerdictState::Off => PartState::Off,
                    BoxVerdictState::Ready => PartState::Ready,
                    BoxVerdictState::Degraded => PartState::Degraded,
                    BoxVerdictState::NotReady => PartState::Failed,
                };
                assert_eq!(part.state, wanted, "{name}: {}", verdict.sentence);
                assert!(part.detail == said.sentence || wanted == PartState::Ready, "{name}: {}", part.detail);
            }
        }
    }

    #[test]
    fn a_while_away_is_told_by_the_parks_clock() {
        let zone = crate::day::zone("America/Chicago");
        let at = |text: &str| {
            let moment: jiff::Timestamp = text.parse().expect("a moment");
            BoxNs(u64::try_from(moment.as_nanosecond()).expect("after 1970"))
        };
        let told = |from: &str, to: &str| away_status(AwayWhile { from: at(from), to: at(to) }, &zone).told;
        assert_eq!(told("2026-06-11T00:05:12.9Z", "2026-06-11T00:06:11Z"), "from 7:05:12 to 7:06:11 PM");
        assert_eq!(told("2026-06-11T16:59:50Z", "2026-06-11T17:00:20Z"), "from 11:59:50 AM to 12:00:20 PM");
        let night = told("2026-06-11T04:00:05Z", "2026-06-11T17:00:00Z");
        assert_eq!(night, "from Jun 10, 11:00:05 PM to Jun 11, 12:00:00 PM");
    }

    #[test]
    fn a_box_that_was_away_says_so_in_its_sentence_and_is_as_ready_as_it_is() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &[]);
        telemetry.publish_attribution(AttributionStatus::example());
        let mut rig = well();
        let away = |s: u64| AwayWhile { from: BoxNs(s * 1_000_000_000), to: BoxNs((s + 59) * 1_000_000_000) };
        rig.away = vec![away(1_800_000_000)];
        telemetry.publish_calibration(status(&rig, &TimeZone::UTC));
        let verdict = telemetry.verdict();
        assert_eq!(verdict.state, BoxVerdictState::Ready);
        let words = "; the box was away from 8:00:00 to 8:00:59 AM, and what was thrown then was not measured.";
        assert!(verdict.sentence.starts_with("Ready again: ") && verdict.sentence.ends_with(words), "{verdict:?}");
        rig.away.push(away(1_800_000_100));
        rig.cameras[0].state = CameraState::Watch;
        telemetry.publish_calibration(status(&rig, &TimeZone::UTC));
        let verdict = telemetry.verdict();
        assert_eq!(verdict.state, BoxVerdictState::Degraded);
        let words = "away from 8:00:00 to 8:00:59 AM and from 8:01:40 to 8:02:39 AM, and what";
        assert!(verdict.sentence.contains("on watch; the box was") && verdict.sentence.contains(words), "{verdict:?}");
    }
}
