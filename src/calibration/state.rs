//! What outlives a restart.

use std::collections::{BTreeMap, VecDeque};

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::camera_state::Kept;
use super::estimator::{Calibration, find};
use super::event::AlertKind;
use super::landmarks::Round;
use super::presence::Hearing;
use super::report::StandingAlert;
use super::weather::Surroundings;
use crate::ids::{BoxNs, MoundId};
use crate::tracking::evidence::PARAMETERS;

/// Everything needed to go on after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationState {
    cameras: Vec<Kept>,
    lanes: Vec<KeptLane>,
    /// Who was heard; absent where an earlier version kept it.
    #[serde(default)]
    hearing: Option<Hearing>,
}

/// One mound's filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct KeptLane {
    mound: MoundId,
    cameras: Vec<u8>,
    mean: Vec<f64>,
    /// Row by row.
    covariance: Vec<f64>,
    walked: BoxNs,
    pitches: VecDeque<BoxNs>,
    landmarks_at: Option<BoxNs>,
    fit_sd_in: f64,
    #[serde(default)]
    used_when_seen: bool,
    #[serde(default)]
    held_at: Option<BoxNs>,
    #[serde(default)]
    alerts: BTreeMap<AlertKind, StandingAlert>,
}

/// All that changes while it runs, but for charts and trends: to go on with elsewhere as if nothing had happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExactState {
    known: CalibrationState,
    air: Surroundings,
    lanes: Vec<ExactLane>,
}

/// The rest of one mound.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ExactLane {
    rounds: Vec<Round>,
    suspected: Vec<Option<u64>>,
    measured: u64,
}

impl Calibration {
    /// All that it knows now, but for charts and trends, which are for people and large.
    pub fn exact_state(&mut self) -> ExactState {
        let history: Vec<_> = self.cameras.iter_mut().map(|c| c.kept.take_history()).collect();
        let known = self.state();
        for (camera, history) in self.cameras.iter_mut().zip(history) {
            camera.kept.put_history(history);
        }
        let lane = |lane: &super::estimator::Lane| {
            let (suspected, measured) = lane.rig.suspicions();
            ExactLane { rounds: lane.rounds.clone(), suspected: suspected.to_vec(), measured }
        };
        let lanes = self.lanes.iter().map(lane).collect();
        ExactState { known, air: self.air, lanes }
    }

    /// Goes on exactly where another one stood; charts and trends stay. Nothing changes, and `false`, where that one had
    /// another rig.
    pub fn resume(&mut self, state: ExactState) -> bool {
        let ExactState { known, air, lanes } = state;
        let same = known.cameras.len() == self.cameras.len()
            && known.cameras.iter().zip(&self.cameras).all(|(kept, camera)| kept.id == camera.kept.id)
            && known.lanes.len() == self.lanes.len()
            && lanes.len() == self.lanes.len()
            && known.lanes.iter().zip(&self.lanes).all(|(kept, lane)| {
                let size = PARAMETERS * lane.rig.cameras.len();
                kept.cameras == lane.rig.cameras && kept.mean.len() == size && kept.covariance.len() == size * size
            })
            && lanes.iter().zip(&self.lanes).all(|(kept, lane)| kept.rounds.len() == lane.rounds.len());
        if !same {
            return false;
        }
        self.air = air;
        if let Some(hearing) = known.hearing {
            self.hearing = hearing;
        }
        for (camera, mut kept) in self.cameras.iter_mut().zip(known.cameras) {
            kept.put_history(camera.kept.take_history());
            camera.set(kept.correction);
            camera.kept = kept;
        }
        for ((lane, kept), exact) in self.lanes.iter_mut().zip(known.lanes).zip(lanes) {
            let size = PARAMETERS * lane.rig.cameras.len();
            lane.rig.filter.mean = DVector::from_vec(kept.mean);
            lane.rig.filter.covariance = DMatrix::from_vec(size, size, kept.covariance);
            lane.rig.set_suspicions(exact.suspected, exact.measured);
            (lane.walked, lane.pitches, lane.landmarks_at) = (kept.walked, kept.pitches, kept.landmarks_at);
            (lane.used_when_seen, lane.held_at) = (kept.used_when_seen, kept.held_at);
            (lane.fit_sd_in, lane.rounds, lane.alerts) = (kept.fit_sd_in, exact.rounds, kept.alerts);
        }
        true
    }

    /// What to keep over a restart.
    pub fn state(&self) -> CalibrationState {
        CalibrationState {
            cameras: self.cameras.iter().map(|c| c.kept.clone()).collect(),
            lanes: self
                .lanes
                .iter()
                .map(|lane| KeptLane {
                    mound: lane.mound,
                    cameras: lane.rig.cameras.clone(),
                    mean: lane.rig.filter.mean.iter().copied().collect(),
                    covariance: lane.rig.filter.covariance.iter().copied().collect(),
                    walked: lane.walked,
                    pitches: lane.pitches.clone(),
                    landmarks_at: lane.landmarks_at,
                    fit_sd_in: lane.fit_sd_in,
                    used_when_seen: lane.used_when_seen,
                    held_at: lane.held_at,
                    alerts: lane.alerts.clone(),
                })
                .collect(),
            hearing: Some(self.hearing.clone()),
        }
    }

    /// Goes on where an earlier run stopped; what the weather did meanwhile nobody knows, so the age grew at its worst. What was
    /// verified then still is, at that age, once the camera is heard again; nobody is heard yet, and what stood stands. Cameras
    /// that the venue no longer has are left out, and so is a filter over other cameras. What is in force afterwards is in
    /// [`correction`](Self::correction) and [`is_excluded`](Self::is_excluded).
    pub fn restore(&mut self, state: CalibrationState, now: BoxNs) {
        for mut kept in state.cameras {
            let Some(at) = find(&self.cameras, kept.id) else { continue };
            let camera = &mut self.cameras[at];
            if !camera.set(kept.correction) {
                continue;
            }
            kept.age.resumed(now);
            kept.alerts.values_mut().for_each(|alert| alert.since = alert.since.min(now));
            camera.kept = kept;
        }
        if let Some(hearing) = state.hearing {
            self.hearing.go_on(hearing, now);
        }
        for mut kept in state.lanes {
            let Some(lane) = self.lanes.iter_mut().find(|lane| lane.mound == kept.mound) else { continue };
            kept.alerts.values_mut().for_each(|alert| alert.since = alert.since.min(now));
            (lane.alerts, lane.used_when_seen) = (kept.alerts, kept.used_when_seen);
            let size = PARAMETERS * lane.rig.cameras.len();
            let fits =
                kept.cameras == lane.rig.cameras && kept.mean.len() == size && kept.covariance.len() == size * size;
            let covariance = fits.then(|| DMatrix::from_vec(size, size, kept.covariance));
            let sound = covariance
                .filter(|c| c.iter().chain(&kept.mean).all(|x| x.is_finite()) && c.clone().cholesky().is_some());
            let Some(covariance) = sound else { continue };
            lane.rig.filter.mean = DVector::from_vec(kept.mean);
            lane.rig.filter.covariance = covariance;
            (lane.walked, lane.pitches, lane.landmarks_at) = (kept.walked.min(now), kept.pitches, kept.landmarks_at);
            lane.fit_sd_in = kept.fit_sd_in;
        }
    }
}
