//! The cameras of one mound in the filter: pitches and rounds of landmarks in, innovations and jumps out.
//!
//! # Jumps
//! A walk of 0.02 px a pitch follows a slow drift and not a knock: two pixels would take it thirty pitches, and meanwhile
//! the neighbours would be pulled along. So every measurement is first asked which camera's sudden shift (or step of the
//! clock) would explain best what was not foreseen. Beyond [`SUSPICION_CHI2`] the camera's share of this pitch is left
//! out, and where that happens twice in [`SUSPICION_PITCHES`] pitches the camera did jump: its variance is widened, and
//! the measurements say where it is now. One camera at a time, the most suspicious first, so that what it alone
//! explains is not laid on others. A round of two landmarks or more is believed at once, beyond
//! [`LANDMARK_CHI2`]: it is no flight that could be bent.

use std::collections::BTreeMap;

use nalgebra::{DVector, Matrix2, Vector2, Vector5};

use super::config::Config;
use super::filter::{Filter, Innovation, Measurement, Posterior};
use crate::tracking::CameraCorrection;
use crate::tracking::evidence::{Information, PARAMETERS, RigEvidence, UNITS};

/// Likelihood ratio beyond which a jump is suspected: once in 8000 of one camera's undisturbed pitches.
const SUSPICION_CHI2: f64 = 18.0;
/// The same of a round of landmarks, which is believed at once: once in 60 million.
const LANDMARK_CHI2: f64 = 36.0;
/// Suspected twice within so many pitches, it is one.
const SUSPICION_PITCHES: u64 = 3;
/// A step of the clock explains a pitch better than a shift by this much: only it is allowed for. Where it explains it no
/// better at all, only the shift is: cameras are knocked more often than clocks step.
const DECIDED_CHI2: f64 = 12.0;
/// During so many pitches after the start the two are never told apart at once: a clock that was off from the beginning
/// looks like a knock at the first pitch.
const UNDECIDED_PITCHES: u64 = 5;
/// What a suspected camera's pixels share in the pitch, px²: anything.
const ANY_OFFSET_PX2: f64 = 1e4;
/// After a jump the error is known no better than this beside its first estimate, px and units of 100 µs.
const JUMP_MARGIN: f64 = 2.0;
/// Roll and scale may change with a knock, mrad and thousandths.
const JUMP_TURN: f64 = 0.5;

/// The filter of one mound's cameras.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JointFilter {
    /// Sources, in the filter's order.
    pub(super) cameras: Vec<u8>,
    pub(super) filter: Filter,
    /// Per camera: number of the pitch at which it was last suspected.
    suspected: Vec<Option<u64>>,
    pitches: u64,
}

/// What one measurement brought.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// By index of the camera: what the measurement alone says.
    pub(super) seen: BTreeMap<usize, Seen>,
    /// Cameras that jumped, and whether a step of the clock is ruled out.
    pub(super) jumped: Vec<(usize, bool)>,
    /// Whether landmarks said so, which a moved rig makes of many cameras at once.
    pub(super) by_landmarks: bool,
}

/// One camera's errors by one measurement, whatever the prior thought of this camera, in units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// dx, dy.
    pub(super) shift: Vector2<f64>,
    pub(super) shift_variance: Matrix2<f64>,
    /// Roll and scale, each alone, with its variance.
    pub(super) turn: [(f64, f64); 2],
    /// Roll and scale as the prior had them, which the shift goes with.
    pub(super) turn_before: [f64; 2],
}

/// A sudden change that would explain a measurement.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    camera: usize,
    chi2: f64,
    /// Variances to allow for.
    widening: Vector5<f64>,
}

impl JointFilter {
    /// Per camera the number of the measurement at which it was last suspected, and how many there were.
    pub(super) fn suspicions(&self) -> (&[Option<u64>], u64) {
        (&self.suspected, self.pitches)
    }

    /// Goes on with another one's.
    pub(super) fn set_suspicions(&mut self, suspected: Vec<Option<u64>>, pitches: u64) {
        if suspected.len() == self.suspected.len() {
            (self.suspected, self.pitches) = (suspected, pitches);
        }
    }

    /// Cameras as surveyed.
    pub(super) fn new(cameras: Vec<u8>, config: &Config) -> Self {
        let filter = Filter::new(&vec![surveyed(config); cameras.len()]);
        Self { suspected: vec![None; cameras.len()], cameras, filter, pitches: 0 }
    }

    /// Where a camera is in the filter.
    pub(super) fn index(&self, camera: u8) -> Option<usize> {
        self.cameras.iter().position(|c| *c == camera)
    }

    /// The walk of so many pitches' time; `growth` is by camera, of the standard deviation.
    pub(super) fn walk(&mut self, pitches: f64, growth: impl Fn(u8) -> f64, config: &Config) {
        let turn = (config.walk_turn / UNITS[2]).powi(2);
        let clock = (config.walk_clock_ns * 1e-9 / UNITS[4]).powi(2);
        let shift = config.walk_px.powi(2);
        for (index, camera) in self.cameras.iter().enumerate() {
            let factor = pitches * growth(*camera).powi(2);
            self.filter.widen(index, &(Vector5::new(shift, shift, turn, turn, clock) * factor));
        }
    }

    /// Takes in a pitch; `in_force` are the corrections of now. `None` where it says nothing usable. Also what the cameras'
    /// errors move at the plate.
    pub(super) fn pitch(
        &mut self,
        evidence: &RigEvidence,
        in_force: impl Fn(u8) -> CameraCorrection,
        config: &Config,
    ) -> Option<(Taken, Information)> {
        self.pitches += 1;
        let common = config.common_px.powi(2);
        let mut left_out: Vec<usize> = Vec::new();
        let mut taken = Taken::default();
        loop {
            let offset =
                |camera: u8| if left_out.iter().any(|c| self.cameras[*c] == camera) { ANY_OFFSET_PX2 } else { common };
            let mut information = evidence.information(offset)?;
            let mut since = DVector::zeros(information.pull.len());
            for (at, part) in evidence.cameras.iter().enumerate() {
                let moved = units(&part.correction) - units(&in_force(part.camera));
                since.fixed_rows_mut::<PARAMETERS>(at * PARAMETERS).copy_from(&moved);
            }
            information.pull += &information.matrix * since;
            let measurement = self.arrange(evidence, &information);
            let posterior = self.filter.weigh(&measurement)?;
            let free = |camera: usize| {
                !left_out.contains(&camera) && !taken.jumped.iter().any(|(jumped, _)| *jumped == camera)
            };
            let clocks = if self.pitches <= UNDECIDED_PITCHES { Clocks::Likely } else { Clocks::Rare };
            let Some(suspect) = suspect(&posterior, free, clocks, SUSPICION_CHI2) else {
                let cameras = evidence.cameras.iter().filter_map(|c| self.index(c.camera));
                taken.seen = cameras
                    .filter(|c| !left_out.contains(c))
                    .filter_map(|c| Some((c, seen(&self.filter, c, &posterior.innovations[c])?)))
                    .collect();
                self.filter.take(posterior);
                return Some((taken, information));
            };
            let before = self.suspected[suspect.camera].replace(self.pitches);
            if before.is_some_and(|at| self.pitches - at < SUSPICION_PITCHES) {
                self.suspected[suspect.camera] = None;
                self.filter.widen(suspect.camera, &suspect.widening);
                taken.jumped.push((suspect.camera, suspect.widening[4] == 0.0));
            } else {
                left_out.push(suspect.camera);
            }
        }
    }

    /// Takes in a round of landmarks; `sure` tells which cameras saw enough of them to be believed at once.
    pub(super) fn landmarks(&mut self, round: &Measurement, sure: impl Fn(usize) -> bool) -> Option<Taken> {
        let mut taken = Taken { by_landmarks: true, ..Taken::default() };
        loop {
            let posterior = self.filter.weigh(round)?;
            let free = |camera: usize| sure(camera) && !taken.jumped.iter().any(|(jumped, _)| *jumped == camera);
            let Some(suspect) = suspect(&posterior, free, Clocks::Innocent, LANDMARK_CHI2) else {
                self.filter.take(posterior);
                return Some(taken);
            };
            self.filter.widen(suspect.camera, &suspect.widening);
            taken.jumped.push((suspect.camera, suspect.widening[4] == 0.0));
        }
    }

    /// The largest likelihood ratio of one camera's own shift in a measurement.
    pub(super) fn most_suspicious(&self, measurement: &Measurement) -> f64 {
        let posterior = self.filter.weigh(measurement);
        let each = posterior.iter().flat_map(|p| &p.innovations).filter_map(|i| shift_test(i).map(|(chi2, _)| chi2));
        each.fold(0.0, f64::max)
    }

    /// Brings a pitch's information into the filter's order and makes it relative to the models in force.
    fn arrange(&self, evidence: &RigEvidence, information: &Information) -> Measurement {
        let mut out = Measurement::nothing(self.cameras.len());
        let places: Vec<Option<usize>> = evidence.cameras.iter().map(|c| self.index(c.camera)).collect();
        for (i, to_row) in places.iter().enumerate() {
            let Some(row) = to_row else { continue };
            let pull = information.pull.fixed_rows::<PARAMETERS>(PARAMETERS * i);
            out.pull.fixed_rows_mut::<PARAMETERS>(PARAMETERS * row).copy_from(&pull);
            for (j, to_column) in places.iter().enumerate() {
                let Some(column) = to_column else { continue };
                let block = information.matrix.fixed_view::<PARAMETERS, PARAMETERS>(PARAMETERS * i, PARAMETERS * j);
                let mut place =
                    out.matrix.fixed_view_mut::<PARAMETERS, PARAMETERS>(PARAMETERS * row, PARAMETERS * column);
                place.copy_from(&block);
            }
        }
        out
    }
}

/// A correction in units.
pub(super) fn units(correction: &CameraCorrection) -> Vector5<f64> {
    Vector5::new(
        correction.dx_px / UNITS[0],
        correction.dy_px / UNITS[1],
        correction.roll_rad / UNITS[2],
        correction.scale / UNITS[3],
        correction.clock_offset_ns * 1e-9 / UNITS[4],
    )
}

/// Variances right after a survey, in units.
pub(super) fn surveyed(config: &Config) -> Vector5<f64> {
    let turn = (config.surveyed_turn / UNITS[2]).powi(2);
    let clock = (config.surveyed_clock_ns * 1e-9 / UNITS[4]).powi(2);
    let shift = config.surveyed_px.powi(2);
    Vector5::new(shift, shift, turn, turn, clock)
}

/// Whether a step of the clock may be what looks like a sudden change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clocks {
    /// Landmarks stand still: no clock shows in them.
    Innocent,
    /// As likely as a knock.
    Likely,
    /// Only where it explains more than a knock does.
    Rare,
}

/// The camera whose sudden change explains most of what was not foreseen, where that is suspicious.
fn suspect(posterior: &Posterior, free: impl Fn(usize) -> bool, clocks: Clocks, beyond: f64) -> Option<Suspect> {
    let each = posterior.innovations.iter().enumerate().filter(|(camera, _)| free(*camera));
    let suspects = each.filter_map(|(camera, innovation)| {
        let (shift, moved) = shift_test(innovation)?;
        let clock = if clocks == Clocks::Innocent { None } else { clock_test(innovation) };
        let (clock, stepped) = clock.unwrap_or((0.0, 0.0));
        let mut widening = Vector5::zeros();
        if clocks == Clocks::Likely || shift > clock - DECIDED_CHI2 {
            let far = (moved.norm() + JUMP_MARGIN).powi(2);
            widening += Vector5::new(far, far, JUMP_TURN.powi(2), JUMP_TURN.powi(2), 0.0);
        }
        if clocks == Clocks::Likely || clock > shift {
            widening[4] = (stepped.abs() + JUMP_MARGIN).powi(2);
        }
        Some(Suspect { camera, chi2: shift.max(clock), widening })
    });
    suspects.filter(|s| s.chi2 > beyond).max_by(|a, b| a.chi2.total_cmp(&b.chi2))
}

/// Likelihood ratio of a shift and its estimate.
fn shift_test(innovation: &Innovation) -> Option<(f64, Vector2<f64>)> {
    let pull = innovation.pull.fixed_rows::<2>(0).into_owned();
    let inverse = invert(&innovation.matrix.fixed_view::<2, 2>(0, 0).into_owned())?;
    let moved = inverse * pull;
    Some((pull.dot(&moved), moved))
}

/// Likelihood ratio of a step of the clock and its estimate.
fn clock_test(innovation: &Innovation) -> Option<(f64, f64)> {
    let information = innovation.matrix[(4, 4)];
    (information > 1e-9).then(|| (innovation.pull[4].powi(2) / information, innovation.pull[4] / information))
}

fn invert(matrix: &Matrix2<f64>) -> Option<Matrix2<f64>> {
    let least = 1e-9;
    (matrix[(0, 0)] > least && matrix.determinant() > least * matrix[(0, 0)]).then(|| matrix.try_inverse()).flatten()
}

/// One camera by this measurement: the prior's mean and the step that the measurement wants from there.
fn seen(filter: &Filter, camera: usize, innovation: &Innovation) -> Option<Seen> {
    let mean = filter.mean_of(camera);
    let shift_variance = invert(&innovation.matrix.fixed_view::<2, 2>(0, 0).into_owned())?;
    let shift = mean.fixed_rows::<2>(0) + shift_variance * innovation.pull.fixed_rows::<2>(0);
    let turn = [2, 3].map(|k| {
        let information = innovation.matrix[(k, k)].max(1e-9);
        (mean[k] + innovation.pull[k] / information, information.recip())
    });
    Some(Seen { shift, shift_variance, turn, turn_before: [mean[2], mean[3]] })
}
