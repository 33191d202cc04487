//! All cameras of a venue, as one estimate.

use std::collections::{BTreeMap, VecDeque};

use firmware_protocol::{Fiducial, Health};
use nalgebra::{Matrix2x5, Point3, Vector2};

use super::camera_state::{Watched, push_bounded};
use super::config::{Config, Limits};
use super::event::{AlertKind, Event};
use super::filter::Measurement;
use super::joint_filter::{JointFilter, Taken};
use super::landmarks::{Round, RoundSum};
use super::presence::Hearing;
use super::report::{ChartPoint, StandingAlert, Told};
use super::verify::Look;
use super::weather::{Conditions, Surroundings};
use super::{camera_state, chart, joint_filter, maintenance, motion, verify};
use crate::ids::{BoxNs, EventNs, MoundId};
use crate::tracking::CameraCorrection;
use crate::tracking::evidence::{PARAMETERS, RigEvidence, UNITS};
use crate::tracking::venue::{Landmark, Venue};

/// Pitches count for this long, ns.
pub(super) const WINDOW_NS: u64 = 900_000_000_000;

/// Pitches within that time that are remembered: more than a mound throws.
const PITCHES_MAX: usize = 256;

/// Events that wait to be taken; nobody who takes them leaves as many.
pub(super) const EVENTS_MAX: usize = 1024;

/// A camera that saw so many landmarks of a round is believed at once.
pub(super) const SURE_LANDMARKS: usize = 2;

/// How much a new pitch counts in the smoothed accuracy of fits.
pub(super) const SMOOTHING: f64 = 0.1;

/// The calibration of one venue's rig.
#[derive(Debug)]
pub struct Calibration {
    pub(super) config: Config,
    pub(super) limits: Limits,
    pub(super) venue: String,
    pub(super) landmarks: Vec<Landmark>,
    /// Ascending by source.
    pub(super) cameras: Vec<Watched>,
    pub(super) lanes: Vec<Lane>,
    pub(super) air: Surroundings,
    pub(super) hearing: Hearing,
    pub(super) events: VecDeque<Event>,
}

/// One mound.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) mound: MoundId,
    pub(super) name: String,
    pub(super) rig: JointFilter,
    /// By the rig's order.
    pub(super) rounds: Vec<Round>,
    /// Until when the filter has walked.
    pub(super) walked: BoxNs,
    /// Accepted pitches of the last 15 minutes.
    pub(super) pitches: VecDeque<BoxNs>,
    /// Standard deviation at the plate that fits state, inches, smoothed.
    pub(super) fit_sd_in: f64,
    pub(super) landmarks_at: Option<BoxNs>,
    /// Whether any of its cameras has a landmark in its picture.
    pub(super) sees_landmarks: bool,
    /// Whether somebody threw there within 15 minutes of when it was last seen.
    pub(super) used_when_seen: bool,
    /// When readiness was last held there while somebody threw.
    pub(super) held_at: Option<BoxNs>,
    /// Standing alerts about it.
    pub(super) alerts: BTreeMap<AlertKind, StandingAlert>,
}

impl Calibration {
    /// A rig whose cameras stand as the venue file says.
    pub fn new(venue: &Venue, config: Config, now: BoxNs) -> Self {
        let air = Surroundings::new(now);
        let with_mound = venue.cameras.iter().filter_map(|camera| Some((camera, venue.mound_of(camera.id)?)));
        let cameras = with_mound
            .map(|(camera, mound)| Watched::new(camera, mound, venue.calibrated_at.get(&camera.id).copied(), &air, now))
            .collect();
        let lanes = venue
            .mounds
            .iter()
            .map(|mound| Lane {
                mound: mound.id,
                name: mound.name.clone(),
                rig: JointFilter::new(mound.cameras.clone(), &config),
                rounds: vec![Round::default(); mound.cameras.len()],
                walked: now,
                pitches: VecDeque::new(),
                fit_sd_in: 0.0,
                landmarks_at: None,
                sees_landmarks: mound.cameras.iter().filter_map(|id| venue.camera(*id)).any(|camera| {
                    venue.landmarks.iter().any(|landmark| camera.sees(&Point3::from(landmark.position_ft)).is_some())
                }),
                used_when_seen: false,
                held_at: None,
                alerts: BTreeMap::new(),
            })
            .collect();
        Self {
            config,
            limits: Limits::default(),
            venue: venue.id.clone(),
            landmarks: venue.landmarks.clone(),
            cameras,
            lanes,
            air,
            hearing: Hearing::new(venue.mounds.iter().flat_map(|mound| mound.cameras.iter().copied()), now),
            events: VecDeque::new(),
        }
    }

    /// Follows what is configured elsewhere, from now on.
    pub fn follow_limits(&mut self, limits: Limits) {
        if limits.hold_below.total_cmp(&self.limits.hold_below).is_ne() {
            // By another limit nothing was held yet.
            self.lanes.iter_mut().for_each(|lane| lane.held_at = None);
        }
        self.limits = limits;
    }

    /// What it follows.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes in what a final pitch says of its cameras.
    pub fn pitch(&mut self, evidence: &RigEvidence, now: BoxNs) {
        self.grow_older(now);
        let Some(at) = self.lane_of(evidence.mound) else { return };
        self.walk(at, now);
        let (lanes, cameras) = (&mut self.lanes, &self.cameras);
        let lane = &mut lanes[at];
        let in_force =
            |id: u8| find(cameras, id).map_or_else(CameraCorrection::default, |c| cameras[c].kept.correction);
        let Some((taken, information)) = lane.rig.pitch(evidence, in_force, &self.config) else { return };
        let mut left_out = Vec::new();
        for (part, seen) in evidence.cameras.iter().enumerate() {
            let gain = information.plate.fixed_view::<2, PARAMETERS>(0, PARAMETERS * part);
            let Some(index_of) = find(&self.cameras, seen.camera) else { continue };
            let camera = &mut self.cameras[index_of];
            camera.see(seen);
            if camera.is_excluded() {
                camera.set_plate(&Matrix2x5::zeros());
                left_out.push((index_of, seen.scatter_px / seen.stated_px.max(1e-3)));
                continue;
            }
            camera.set_plate(&gain.into_owned());
            if evidence.accepted {
                push_bounded(&mut camera.kept.pitches, now, PITCHES_MAX);
            }
        }
        if evidence.accepted {
            push_bounded(&mut lane.pitches, now, PITCHES_MAX);
            let first = lane.fit_sd_in == 0.0;
            lane.fit_sd_in += (evidence.plate_sd_in - lane.fit_sd_in) * if first { 1.0 } else { SMOOTHING };
        }
        self.note_parts(at, evidence, now);
        for (index, scatter_share) in left_out {
            self.count_good(index, scatter_share);
        }
        self.note_jumps(at, &taken, now);
        for (index, seen) in &taken.seen {
            let Some(camera) = find(&self.cameras, self.lanes[at].rig.cameras[*index]) else { continue };
            let camera = &mut self.cameras[camera];
            camera.kept.charts.see(seen, self.config.ewma_lambda);
            let shift = camera.model_shift(seen);
            if let Some(trial) = &mut camera.kept.trial {
                trial.sum_px[0] += shift.x;
                trial.sum_px[1] += shift.y;
                trial.variance += seen.shift_variance.trace();
                trial.pitches += 1;
            }
        }
        self.judge_by_pitches(at, self.moment(evidence.release, now), now);
        self.verify(at, self.moment(evidence.release, now), now);
        self.look(at, now);
        let seen = taken.seen.keys().map(|index| self.lanes[at].rig.cameras[*index]).collect::<Vec<u8>>();
        self.plot(&seen, now);
    }

    /// Notes which cameras of a mound had a part in a pitch, of those that it crosses the picture of.
    fn note_parts(&mut self, at: usize, evidence: &RigEvidence, now: BoxNs) {
        for index in self.cameras_of(at) {
            let camera = &self.cameras[index];
            let id = camera.kept.id;
            let took_part = evidence.cameras.iter().any(|seen| seen.camera == id);
            let expected = evidence.accepted && camera.model.sees(&Point3::from(camera.middle_ft)).is_some();
            if took_part || expected {
                self.hearing.pitched(id, took_part, now);
            }
        }
    }

    /// Takes in a landmark that a camera saw. A camera's landmarks within two seconds are one round.
    pub fn landmark(&mut self, camera: u8, event: EventNs, fiducial: &Fiducial, now: BoxNs) {
        self.close_rounds(now);
        let place = self.lanes.iter_mut().find_map(|lane| lane.rig.index(camera).map(|index| (lane, index)));
        if let Some((lane, index)) = place {
            let uv = Vector2::new(f64::from(fiducial.u), f64::from(fiducial.v));
            lane.rounds[index].see(fiducial.landmark, event, uv, f64::from(fiducial.sigma), now);
        }
    }

    /// Takes in a camera's heartbeat.
    pub fn health(&mut self, camera: u8, _event: EventNs, health: &Health, now: BoxNs) {
        self.vibration(camera, f64::from(health.vibration_milli_g) * 1e-3, now);
        if let Some(at) = find(&self.cameras, camera) {
            let kept = &mut self.cameras[at].kept;
            kept.temperature_c = Some(f64::from(health.temperature_centi_c) * 0.01);
            kept.clock_told_ns = Some(f64::from(health.clock_offset_ns));
            kept.dropped = Some(health.dropped);
        }
    }

    /// Takes in the weather, as fused from the sensors.
    pub fn weather(&mut self, conditions: &Conditions, now: BoxNs) {
        self.grow_older(now);
        self.air.read(conditions, now);
    }

    /// Takes in a camera's vibration, g rms, as its heartbeat or a sensor of its own says.
    pub fn vibration(&mut self, camera: u8, rms_g: f64, now: BoxNs) {
        if let Some(at) = find(&self.cameras, camera) {
            let kept = &mut self.cameras[at].kept;
            kept.age.advance(now, &self.air, &kept.vibration_g);
            kept.vibration_g.read(rms_g.max(0.0), now);
        }
    }

    /// The rig was surveyed anew (the mark "calibration done"): its age starts again. What was corrected stays so, and what the
    /// filter knows too: it is about these models.
    pub fn calibrated(&mut self, now: BoxNs) {
        self.grow_older(now);
        for camera in &mut self.cameras {
            camera.kept.age.calibrated(now, &self.air);
        }
    }

    /// Nothing happened until now: rounds of landmarks close, calibrations age, rules are looked at.
    pub fn pass_time(&mut self, now: BoxNs) {
        self.follow_clock(now);
        self.grow_older(now);
        self.close_rounds(now);
        self.listen(now);
        self.sample_trends(now);
        for at in 0..self.lanes.len() {
            self.look(at, now);
        }
    }

    /// What happened since the last call, oldest first.
    pub fn drain_events(&mut self) -> impl Iterator<Item = Event> + '_ {
        self.events.drain(..)
    }

    /// The correction in force; the venue file's model where a camera has none.
    pub fn correction(&self, camera: u8) -> CameraCorrection {
        find(&self.cameras, camera).map_or_else(CameraCorrection::default, |at| self.cameras[at].kept.correction)
    }

    /// Whether something is held against a camera by what it saw.
    pub fn is_accused(&self, camera: u8) -> bool {
        find(&self.cameras, camera).is_some_and(|at| self.cameras[at].kept.state.is_accused())
    }

    /// Whether a camera is left out of fits.
    pub fn is_excluded(&self, camera: u8) -> bool {
        find(&self.cameras, camera).is_some_and(|at| self.cameras[at].is_excluded())
    }

    pub(super) fn lane_of(&self, mound: MoundId) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.mound == mound)
    }

    /// All calibrations age until now, in the weather known so far.
    fn grow_older(&mut self, now: BoxNs) {
        for camera in &mut self.cameras {
            camera.kept.age.advance(now, &self.air, &camera.kept.vibration_g);
        }
        for list in
            self.cameras.iter_mut().map(|c| &mut c.kept.pitches).chain(self.lanes.iter_mut().map(|l| &mut l.pitches))
        {
            while list.front().is_some_and(|at| now.0.saturating_sub(at.0) > WINDOW_NS) {
                list.pop_front();
            }
        }
    }

    /// The filter of a mound walks on to now.
    fn walk(&mut self, at: usize, now: BoxNs) {
        let lane = &mut self.lanes[at];
        let seconds = now.0.saturating_sub(lane.walked.0) as f64 * 1e-9;
        lane.walked = lane.walked.max(now);
        let (cameras, air) = (&self.cameras, &self.air);
        let config = &self.config;
        let growth = |id: u8| {
            find(cameras, id).map_or(1.0, |at| {
                let kept = &cameras[at].kept;
                let drifting = if kept.charts.shifted(config.drifting_limit) { config.drifting_walk } else { 1.0 };
                drifting * air.restlessness(&kept.vibration_g, now)
            })
        };
        lane.rig.walk(seconds / self.config.pitch_s, growth, &self.config);
    }

    /// Closes the rounds of landmarks that are over: all of a mound at once, as one measurement.
    fn close_rounds(&mut self, now: BoxNs) {
        for at in 0..self.lanes.len() {
            if !self.lanes[at].rounds.iter().any(|round| round.is_due(now)) {
                continue;
            }
            self.walk(at, now);
            let lane = &mut self.lanes[at];
            let mut sums = Vec::with_capacity(lane.rounds.len());
            for (index, round) in lane.rounds.iter_mut().enumerate() {
                let Some(camera) = find(&self.cameras, lane.rig.cameras[index]) else { continue };
                sums.extend(
                    round.close(&self.cameras[camera].model, &self.landmarks, &self.config).map(|sum| (index, sum)),
                );
            }
            let lane = &self.lanes[at];
            let size = lane.rig.cameras.len();
            let alone = lane.rig.most_suspicious(&arrange(&sums, size));
            if let Some(moved) = motion::find(&lane.rig.filter, &sums, alone) {
                self.follow(at, &moved, now);
                for (_, sum) in &mut sums {
                    let along = sum.matrix.fixed_columns::<{ motion::RIG_PARAMETERS }>(PARAMETERS) * moved.units;
                    sum.pull -= along;
                }
            }
            let sure = |index: usize| sums.iter().any(|(at, sum)| *at == index && sum.landmarks >= SURE_LANDMARKS);
            let lane = &mut self.lanes[at];
            let look = |(index, sum): &(usize, RoundSum)| {
                let filter = &lane.rig.filter;
                (*index, sum.at, verify::compare(sum, &filter.mean_of(*index), &filter.covariance_of(*index)))
            };
            let looks: Vec<(usize, EventNs, Look)> = sums.iter().map(look).collect();
            if let Some(taken) = lane.rig.landmarks(&arrange(&sums, size), sure) {
                lane.landmarks_at = Some(now);
                self.note_jumps(at, &taken, now);
                for (index, seen, look) in looks {
                    let jumped = taken.jumped.iter().any(|(jumped, _)| *jumped == index);
                    if let Some(camera) = self.camera_of(at, index) {
                        self.take_look(camera, look, jumped, self.moment(seen, now), now);
                    }
                }
                self.look(at, now);
            }
        }
    }

    /// Cameras that jumped need no chart to be believed, and their charts start anew.
    fn note_jumps(&mut self, at: usize, taken: &Taken, now: BoxNs) {
        for (index, by_shift) in &taken.jumped {
            let Some(camera) = find(&self.cameras, self.lanes[at].rig.cameras[*index]) else { continue };
            let kept = &mut self.cameras[camera].kept;
            kept.jumped = *by_shift;
            kept.charts = chart::Charts::default();
            if let Some(trial) = &mut kept.trial {
                (trial.sum_px, trial.variance, trial.pitches) = ([0.0; 2], 0.0, 0);
            }
            if !taken.by_landmarks {
                let knocks = camera_state::mishap(&mut kept.knocks, now);
                self.count_knocks(camera, knocks, now);
            }
        }
    }

    fn sample_trends(&mut self, now: BoxNs) {
        for index in 0..self.cameras.len() {
            if !self.cameras[index].kept.trends.is_due(now) {
                continue;
            }
            let standing = self.standing(index);
            let camera = &mut self.cameras[index];
            let corrected = camera.shift(&joint_filter::units(&camera.kept.correction));
            let kept = &mut camera.kept;
            kept.trends.sample(maintenance::Sample {
                at: now,
                shift_px: (corrected + standing.shift).into(),
                dropped: kept.dropped,
                temperature_c: kept.temperature_c,
                clock_ns: kept.clock_told_ns.map(|told| told + kept.correction.clock_offset_ns),
            });
            let warning = kept.trends.warning();
            self.alert(index, AlertKind::Maintenance, warning.map(Told::from), now);
        }
    }

    /// Draws a point on the charts of these cameras.
    fn plot(&mut self, seen: &[u8], now: BoxNs) {
        for id in seen {
            let Some(index) = find(&self.cameras, *id) else { continue };
            let standing = self.standing(index);
            let limit = self.config.ewma_limit;
            let camera = &mut self.cameras[index];
            let charts = camera.kept.charts.shift;
            camera.plot(ChartPoint {
                at: now,
                dx_px: standing.shift.x,
                dy_px: standing.shift.y,
                sd_px: standing.sd_px,
                ewma_px: charts.map(|c| c.value),
                limit_px: charts.map(|c| c.limit(limit)),
                clock_us: standing.errors[4] * UNITS[4] * 1e6,
                version: camera.kept.correction.version,
            });
        }
    }
}

/// A round of landmarks as a measurement of so many cameras' own errors.
pub(super) fn arrange(sums: &[(usize, RoundSum)], cameras: usize) -> Measurement {
    let mut out = Measurement::nothing(cameras);
    for (index, sum) in sums {
        let place = index * PARAMETERS;
        let own = sum.matrix.fixed_view::<PARAMETERS, PARAMETERS>(0, 0);
        out.matrix.fixed_view_mut::<PARAMETERS, PARAMETERS>(place, place).copy_from(&own);
        out.pull.fixed_rows_mut::<PARAMETERS>(place).copy_from(&sum.pull.fixed_rows::<PARAMETERS>(0));
    }
    out
}

/// Where a camera is in the list.
pub(super) fn find(cameras: &[Watched], id: u8) -> Option<usize> {
    cameras.binary_search_by_key(&id, |c| c.kept.id).ok()
}
