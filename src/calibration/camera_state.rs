//! All that is known of one camera beside its errors in the filter.

use std::collections::{BTreeMap, VecDeque};

use nalgebra::{Matrix2, Matrix2x5, Vector2, Vector3, Vector5};
use serde::{Deserialize, Serialize};

use super::chart::Charts;
use super::clock_set::moved;
use super::event::{AlertKind, CameraState};
use super::joint_filter::Seen;
use super::maintenance::Trends;
use super::report::{ChartPoint, CorrectionRecord, StandingAlert};
use super::weather::{Aged, Reading, Surroundings};
use crate::ids::{BoxNs, MoundId};
use crate::tracking::CameraCorrection;
use crate::tracking::camera::Camera;
use crate::tracking::evidence::{self, CameraEvidence, PARAMETERS};
use crate::tracking::venue::Mound;

/// Corrections that are remembered.
pub(super) const RECORDS_MAX: usize = 64;
/// Pitches on a chart: two long games.
pub(super) const CHART_MAX: usize = 600;
/// The last of a repeated mishap that are remembered.
const MISHAPS_MAX: usize = 16;
/// How much a new pitch counts in smoothed residual and scatter.
const SMOOTHING: f64 = 0.1;
/// Half of an ordinary flight, s.
const HALF_FLIGHT_S: f64 = 0.2;
/// An ordinary pitch half way to the plate, mound frame, ft and ft/s.
const TYPICAL: ([f64; 3], [f64; 3]) = ([-0.7, 28.0, 4.7], [3.0, -125.0, -8.0]);

/// One camera.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) mound: MoundId,
    /// In the field's frame, with the correction in force.
    pub(super) model: Camera,
    pub(super) kept: Kept,
    /// A pitch half way, field frame, ft.
    pub(super) middle_ft: Vector3<f64>,
}

/// Where its pitches are in a camera's picture, smoothed, and what its errors do to them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Track {
    /// px from the principal point.
    centre_px: [f64; 2],
    /// From the centre to the ends, px.
    pub(super) reach_px: f64,
    /// px/s.
    pub(super) speed_px_s: f64,
    /// Inches at the plate (x, z) by unit errors; zero while it has no part in fits.
    plate: [[f64; 2]; PARAMETERS],
}

/// The part that outlives a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) id: u8,
    pub(super) track: Track,
    pub(super) state: CameraState,
    pub(super) correction: CameraCorrection,
    pub(super) age: Age,
    pub(super) charts: Charts,
    /// It jumped, which needs no chart.
    pub(super) jumped: bool,
    pub(super) armed: bool,
    pub(super) corrected_at: Option<BoxNs>,
    pub(super) trial: Option<Trial>,
    pub(super) records: VecDeque<CorrectionRecord>,
    pub(super) undone: VecDeque<BoxNs>,
    pub(super) knocks: VecDeque<BoxNs>,
    pub(super) excluded_at: Option<BoxNs>,
    /// Rounds of landmarks running that disagreed with it.
    #[serde(default)]
    pub(super) disputed: u8,
    /// Pitches in a row that an excluded camera behaved in.
    pub(super) good: u32,
    pub(super) residual_px: Option<f64>,
    pub(super) scatter_px: Option<f64>,
    /// Scatter over what is stated.
    pub(super) excess: f64,
    /// Accepted pitches of the last 15 minutes that it saw.
    pub(super) pitches: VecDeque<BoxNs>,
    /// The newest of them when they were last enough to judge it by.
    #[serde(default)]
    pub(super) judged_at: Option<BoxNs>,
    pub(super) vibration_g: Reading,
    pub(super) temperature_c: Option<f64>,
    pub(super) clock_told_ns: Option<f64>,
    pub(super) dropped: Option<u32>,
    pub(super) trends: Trends,
    pub(super) alerts: BTreeMap<AlertKind, StandingAlert>,
    pub(super) points: VecDeque<ChartPoint>,
}

/// Effective age of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Age {
    /// Seconds of calm air until `until`, with the worst of what was not known of the weather.
    effective_s: f64,
    /// The same by what was known alone.
    #[serde(default)]
    known_s: f64,
    until: BoxNs,
    /// Air temperature at the calibration, °C.
    calibrated_c: Option<f64>,
    /// When somebody last looked and found it in place, or put it there.
    #[serde(default)]
    verified_at: Option<BoxNs>,
}

/// A correction that the following pitches judge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Trial {
    /// What was changed, in units.
    pub(super) change: [f64; 5],
    /// What it moves the track by, px.
    pub(super) moved_px: [f64; 2],
    /// Sum of what the pitches since then say, weighted equally, px.
    pub(super) sum_px: [f64; 2],
    /// Sum of their variances, the worse axis, px².
    pub(super) variance: f64,
    pub(super) pitches: u32,
}

impl Age {
    fn since(calibrated: BoxNs, now: BoxNs, air: &Surroundings) -> Self {
        let since_s = now.0.saturating_sub(calibrated.0) as f64 * 1e-9;
        Self {
            // what the weather was before the start is not known: the worst
            effective_s: since_s * WORST,
            known_s: since_s,
            until: now,
            calibrated_c: air.temperature_c.fresh(now),
            verified_at: None,
        }
    }

    /// The clock of the age goes on to now.
    pub(super) fn advance(&mut self, now: BoxNs, air: &Surroundings, vibration: &Reading) {
        Aged { worst_s: self.effective_s, known_s: self.known_s } = self.at(now, air, vibration);
        self.until = self.until.max(now);
        if self.calibrated_c.is_none() {
            self.calibrated_c = air.temperature_c.fresh(now);
        }
    }

    /// Seconds of calm air that the calibration aged like until now.
    pub(super) fn at(&self, now: BoxNs, air: &Surroundings, vibration: &Reading) -> Aged {
        let since = air.aging(vibration, self.calibrated_c, self.until, now);
        Aged { worst_s: self.effective_s + since.worst_s, known_s: self.known_s + since.known_s }
    }

    /// Pitches or landmarks that were seen at `seen` verified it.
    pub(super) fn verified(&mut self, seen: BoxNs, now: BoxNs, air: &Surroundings, vibration: &Reading) {
        self.advance(now, air, vibration);
        let Aged { worst_s, known_s } = air.aging(vibration, self.calibrated_c, seen, now);
        (self.effective_s, self.known_s) = (self.effective_s.min(worst_s), self.known_s.min(known_s));
        self.verified_at = self.verified_at.max(Some(seen));
    }

    /// When somebody last looked.
    pub(super) fn verified_at(&self) -> Option<BoxNs> {
        self.verified_at
    }

    /// Calibrated anew.
    pub(super) fn calibrated(&mut self, now: BoxNs, air: &Surroundings) {
        (self.effective_s, self.known_s) = (0.0, 0.0);
        self.until = self.until.max(now);
        self.verified_at = self.verified_at.max(Some(now));
        self.calibrated_c = air.temperature_c.fresh(now);
    }

    /// The clock of all this was set forward by so much, ns, while the daemon was away.
    pub(super) fn clock_was_set(&mut self, by_ns: i64, now: BoxNs) {
        self.verified_at = self.verified_at.map(|at| moved(at, by_ns).min(now));
        if by_ns < 0 {
            self.until = moved(self.until, by_ns);
            self.resumed(now);
        } else {
            // Of the time away so much was none.
            let none_s = by_ns as f64 * 1e-9;
            self.effective_s = (self.effective_s - none_s * WORST).max(0.0);
            self.known_s = (self.known_s - none_s).max(0.0);
        }
    }

    /// Goes on after a time without the daemon, whose weather nobody knows.
    pub(super) fn resumed(&mut self, now: BoxNs) {
        let away_s = now.0.saturating_sub(self.until.0) as f64 * 1e-9;
        self.effective_s += away_s * WORST;
        self.known_s += away_s;
        self.until = self.until.max(now);
    }
}

impl Kept {
    /// Takes out what is large and for people.
    pub(super) fn take_history(&mut self) -> (Trends, VecDeque<ChartPoint>) {
        (std::mem::take(&mut self.trends), std::mem::take(&mut self.points))
    }

    pub(super) fn put_history(&mut self, history: (Trends, VecDeque<ChartPoint>)) {
        (self.trends, self.points) = history;
    }
}

/// The worst that vibration, wind and temperature do together (science.md §3).
const WORST: f64 = 2.0 * 1.5 * 1.3;

impl Watched {
    pub(super) fn new(
        camera: &Camera,
        mound: &Mound,
        calibrated: Option<BoxNs>,
        air: &Surroundings,
        now: BoxNs,
    ) -> Self {
        let local = mound.localise(camera);
        let (at, velocity) = (Vector3::from(TYPICAL.0), Vector3::from(TYPICAL.1));
        let seen = local.project_with_jacobian(&at);
        let centre = seen.map_or(Vector2::zeros(), |s| camera.from_centre(s.uv));
        let speed_px_s = seen.map_or(0.0, |s| (s.jacobian * velocity).norm());
        Self {
            mound: mound.id,
            model: camera.clone(),
            kept: Kept {
                id: camera.id,
                track: Track {
                    centre_px: centre.into(),
                    reach_px: speed_px_s * HALF_FLIGHT_S,
                    speed_px_s,
                    plate: [[0.0; 2]; PARAMETERS],
                },
                state: CameraState::Ok,
                correction: CameraCorrection::default(),
                age: Age::since(calibrated.unwrap_or(now), now, air),
                charts: Charts::default(),
                jumped: false,
                armed: true,
                corrected_at: None,
                trial: None,
                records: VecDeque::new(),
                undone: VecDeque::new(),
                knocks: VecDeque::new(),
                excluded_at: None,
                disputed: 0,
                good: 0,
                residual_px: None,
                scatter_px: None,
                excess: 1.0,
                pitches: VecDeque::new(),
                judged_at: None,
                vibration_g: Reading::none(now),
                temperature_c: None,
                clock_told_ns: None,
                dropped: None,
                trends: Trends::default(),
                alerts: BTreeMap::new(),
                points: VecDeque::new(),
            },
            middle_ft: mound.to_field(&at.into()).coords,
        }
    }

    /// Takes up what a pitch says beside the filter's share.
    pub(super) fn see(&mut self, seen: &CameraEvidence) {
        let towards = |value: Option<f64>, new: f64| Some(value.map_or(new, |v| v + SMOOTHING * (new - v)));
        self.kept.residual_px = towards(self.kept.residual_px, seen.mean_px[0].hypot(seen.mean_px[1]));
        self.kept.scatter_px = towards(self.kept.scatter_px, seen.scatter_px);
        self.kept.excess += SMOOTHING * (seen.scatter_px / seen.stated_px.max(1e-3) - self.kept.excess);
        let speed = seen.velocity_px_s[0].hypot(seen.velocity_px_s[1]);
        let track = &mut self.kept.track;
        track.centre_px[0] += (seen.track_px[0] - track.centre_px[0]) * SMOOTHING;
        track.centre_px[1] += (seen.track_px[1] - track.centre_px[1]) * SMOOTHING;
        track.speed_px_s += (speed - track.speed_px_s) * SMOOTHING;
        track.reach_px += (seen.reach_px - track.reach_px) * SMOOTHING;
    }

    /// Inches at the plate by its errors, in units.
    pub(super) fn plate(&self) -> Matrix2x5<f64> {
        Matrix2x5::from_columns(&self.kept.track.plate.map(Vector2::from))
    }

    /// Takes up what its errors moved the last pitch by.
    pub(super) fn set_plate(&mut self, plate: &Matrix2x5<f64>) {
        self.kept.track.plate = std::array::from_fn(|k| [plate[(0, k)], plate[(1, k)]]);
    }

    /// Pixels at the track's centre by the errors that are drift, in units; the clock is none.
    fn drift_basis(&self) -> Matrix2x5<f64> {
        evidence::basis(Vector2::from(self.kept.track.centre_px), Vector2::zeros())
    }

    /// Shift of the track's centre, px.
    pub(super) fn shift(&self, errors: &Vector5<f64>) -> Vector2<f64> {
        self.drift_basis() * errors
    }

    /// The same of what one pitch alone says.
    pub(super) fn model_shift(&self, seen: &Seen) -> Vector2<f64> {
        self.shift(&Vector5::new(seen.shift.x, seen.shift.y, seen.turn_before[0], seen.turn_before[1], 0.0))
    }

    /// Its covariance, px².
    pub(super) fn shift_covariance(&self, covariance: &nalgebra::Matrix5<f64>) -> Matrix2<f64> {
        let basis = self.drift_basis();
        basis * covariance * basis.transpose()
    }

    /// What roll and scale move the ends of the track by against its centre, px.
    pub(super) fn turn_px(&self, errors: &Vector5<f64>) -> f64 {
        self.kept.track.reach_px * 1e-3 * errors[2].hypot(errors[3])
    }

    /// Sets the model to a correction; keeps the last plausible one otherwise.
    pub(super) fn set(&mut self, correction: CameraCorrection) -> bool {
        let plausible = self.model.correct(&correction);
        if plausible {
            self.kept.correction = correction;
        }
        plausible
    }

    pub(super) fn is_excluded(&self) -> bool {
        self.kept.state == CameraState::Excluded
    }

    /// Remembers a point of the chart.
    pub(super) fn plot(&mut self, point: ChartPoint) {
        push_bounded(&mut self.kept.points, point, CHART_MAX);
    }
}

/// Remembers a mishap; how many there were within the hour.
pub(super) fn mishap(list: &mut VecDeque<BoxNs>, now: BoxNs) -> u32 {
    push_bounded(list, now, MISHAPS_MAX);
    list.iter().filter(|at| now.0.saturating_sub(at.0) < 3_600_000_000_000).count() as u32
}

/// Appends, forgetting the oldest where it is full.
pub(super) fn push_bounded<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}
