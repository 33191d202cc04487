//! Who has looked: what verifies a calibration, and what was never seen (science.md §3).
//!
//! Ten accepted pitches within 15 minutes verify the cameras that saw them, where their residuals agree and landmarks anchor
//! the rig. A round of landmarks verifies each camera that took part and agrees with it, pitches or not. What nobody has looked
//! at since the start, or for so long that its age alone would hold readiness, is unverified: it has no confidence at all, until
//! its first throws or the next round say where it stands.

use nalgebra::{Matrix4, Vector4};

use super::confidence;
use super::estimator::{Calibration, SURE_LANDMARKS, find};
use super::landmarks::RoundSum;
use super::rules::{CLEAR_SD, FIT_CAMERAS_MIN};
use crate::ids::BoxNs;
use crate::moment::{is_plausible, span};

/// A round of landmarks anchors the rig for so long: two half-innings and a long break. \[P\]
const ANCHORED_NS: u64 = 45 * 60 * 1_000_000_000;
/// A verification needs so many accepted pitches in 15 minutes …
const VERIFYING_PITCHES: usize = 10;
/// … and this confidence by residuals.
const VERIFYING_CONFIDENCE: f64 = 0.80;
/// A round that leaves a camera farther off than this verifies nothing, px.
const VERIFYING_SHIFT_PX: f64 = 0.25;
/// p = 0.001 of χ² with one to four degrees of freedom.
const ROUND_CHI2: [f64; 4] = [10.828, 13.816, 16.266, 18.467];
/// Rounds running that disagree and so accuse; one neither verifies nor accuses.
pub(super) const ACCUSING_ROUNDS: u8 = 2;
/// Dx, dy, roll and scale: the drift state without the clock.
const DRIFT: usize = 4;
/// A direction of which a round knows less than this share of what it knows best is one that it does not see.
const SEEN_SHARE: f64 = 1e-9;

/// What a round of landmarks says of one camera's model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// As foreseen.
    Agrees,
    /// It could not be by chance.
    Differs,
    /// It saw too little of them.
    Nothing,
}

/// A round against what the filter foresaw: the difference over all four of the drift state that the round sees, with the
/// variances of both combined.
pub(super) fn compare(sum: &RoundSum, mean: &nalgebra::Vector5<f64>, covariance: &nalgebra::Matrix5<f64>) -> Look {
    if sum.landmarks < SURE_LANDMARKS {
        return Look::Nothing;
    }
    let matrix: Matrix4<f64> = sum.matrix.fixed_view::<DRIFT, DRIFT>(0, 0).into_owned();
    let pull: Vector4<f64> = sum.pull.fixed_rows::<DRIFT>(0).into_owned();
    let prior: Matrix4<f64> = covariance.fixed_view::<DRIFT, DRIFT>(0, 0).into_owned();
    let unforeseen = pull - matrix * mean.fixed_rows::<DRIFT>(0);
    let spread = (matrix + matrix * prior * matrix).symmetric_eigen();
    let most = spread.eigenvalues.max();
    let (mut chi2, mut seen) = (0.0, 0);
    for (value, direction) in spread.eigenvalues.iter().zip(spread.eigenvectors.column_iter()) {
        if *value > SEEN_SHARE * most {
            chi2 += direction.dot(&unforeseen).powi(2) / value;
            seen += 1;
        }
    }
    match ROUND_CHI2.get(usize::wrapping_sub(seen, 1)) {
        Some(limit) if chi2 <= *limit => Look::Agrees,
        Some(_) => Look::Differs,
        None => Look::Nothing,
    }
}

/// That a mound is unverified, in words, by [`MoundReport::unverified_for_s`](super::report::MoundReport::unverified_for_s) and whether its
/// cameras were ever verified: one that was is not unverified for as long as that is ago.
pub fn unverified_words(for_s: f64, was_verified: bool) -> String {
    let told = span(for_s);
    if was_verified { format!("unverified now, last verified {told} ago") } else { format!("unverified for {told}") }
}

impl Calibration {
    /// Takes up what a round of landmarks said of a camera, once the filter has it: it verifies, fails, or neither.
    pub(super) fn take_look(&mut self, index: usize, look: Look, jumped: bool, seen: BoxNs, now: BoxNs) {
        let standing = self.standing(index);
        let shift = standing.shift.norm();
        let far = shift >= VERIFYING_SHIFT_PX;
        let clearly_far = far && shift > CLEAR_SD * standing.sd_px;
        let kept = &mut self.cameras[index].kept;
        match look {
            Look::Nothing => {}
            _ if look == Look::Differs || jumped || clearly_far => kept.disputed = kept.disputed.saturating_add(1),
            _ if far => {}
            _ => {
                kept.disputed = 0;
                kept.age.verified(seen, now, &self.air, &kept.vibration_g);
            }
        }
    }

    /// Whether a mound's rig is known not to have moved as one: by landmarks, where its cameras have any in their pictures.
    fn is_anchored(&self, at: usize, now: BoxNs) -> bool {
        let lane = &self.lanes[at];
        !lane.sees_landmarks || lane.landmarks_at.is_some_and(|seen| now.0.saturating_sub(seen.0) <= ANCHORED_NS)
    }

    /// Enough pitches that agree, the newest of which was seen at `seen`, verify the calibration of an anchored rig: its age starts
    /// anew.
    pub(super) fn verify(&mut self, at: usize, seen: BoxNs, now: BoxNs) {
        if !self.is_anchored(at, now) {
            return;
        }
        for index in self.cameras_of(at) {
            let enough = self.cameras[index].kept.pitches.len() >= VERIFYING_PITCHES;
            if enough && self.by_residuals(index) >= VERIFYING_CONFIDENCE {
                let kept = &mut self.cameras[index].kept;
                kept.age.verified(seen, now, &self.air, &kept.vibration_g);
            }
        }
    }

    /// Notes which cameras enough pitches say something of, the newest of which was seen at `seen`.
    pub(super) fn judge_by_pitches(&mut self, at: usize, seen: BoxNs, now: BoxNs) {
        for index in self.cameras_of(at) {
            if self.recent_pitches(index, now) >= VERIFYING_PITCHES {
                let kept = &mut self.cameras[index].kept;
                kept.judged_at = kept.judged_at.max(Some(seen));
            }
        }
    }

    /// Whether anything is known of where a camera stands: it was heard since the box is back, and is accused, verified not too
    /// long ago, or part of enough pitches to be judged by them alone.
    pub(super) fn is_judged(&self, index: usize, now: BoxNs) -> bool {
        let kept = &self.cameras[index].kept;
        let looked_at = || {
            let known_s = kept.age.at(now, &self.air, &kept.vibration_g).known_s;
            kept.age.verified_at().is_some() && !confidence::is_too_old(known_s, self.limits.hold_below)
        };
        self.hearing.is_up(kept.id, now)
            && (kept.state.is_accused() || self.recent_pitches(index, now) >= VERIFYING_PITCHES || looked_at())
    }

    /// Accepted pitches of the last 15 minutes that a camera saw.
    pub(super) fn recent_pitches(&self, index: usize, now: BoxNs) -> usize {
        let pitches = &self.cameras[index].kept.pitches;
        pitches.iter().filter(|at| now.0.saturating_sub(at.0) <= super::estimator::WINDOW_NS).count()
    }

    /// Cameras of a mound that its confidence rests on: its fits need them, and something is known of them. Where that is less
    /// than a fit needs, and none of them is accused, all of which something is known; none where that is too few as well.
    pub(super) fn judged(&self, at: usize, now: BoxNs) -> Vec<usize> {
        let judged: Vec<usize> = self.needed(at, now).filter(|index| self.is_judged(*index, now)).collect();
        let accused = judged.iter().any(|index| self.cameras[*index].kept.state.is_accused());
        if accused || judged.len() >= FIT_CAMERAS_MIN {
            return judged;
        }
        let known = |index: &usize| {
            self.is_present(*index, now) && !self.cameras[*index].is_excluded() && self.is_judged(*index, now)
        };
        let judged: Vec<usize> = self.cameras_of(at).into_iter().filter(known).collect();
        if judged.len() >= FIT_CAMERAS_MIN { judged } else { Vec::new() }
    }

    /// When a mound's cameras were verified last, or judged by pitches, as many of them as a fit needs; none where they never
    /// were, or nobody knows when, because the box's clock was not set then, or was later than it is.
    pub(super) fn looked_at(&self, at: usize, now: BoxNs) -> Option<BoxNs> {
        let kept = self.cameras_of(at).into_iter().map(|index| &self.cameras[index].kept);
        let mut verified: Vec<BoxNs> = kept.filter_map(|kept| kept.age.verified_at().max(kept.judged_at)).collect();
        verified.sort_unstable_by(|a, b| b.cmp(a));
        let is_known = |at: &BoxNs| *at <= now && (is_plausible(at.0) || !is_plausible(self.hearing.started.0));
        verified.get(FIT_CAMERAS_MIN - 1).copied().filter(is_known)
    }

    /// For how long nobody has looked at a mound's cameras, s: since they were verified last, or since the start; `None` while
    /// they are verified.
    pub(super) fn unverified_for_s(&self, at: usize, now: BoxNs) -> Option<f64> {
        let looked_at = self.looked_at(at, now).unwrap_or(self.hearing.started);
        self.judged(at, now).is_empty().then(|| now.0.saturating_sub(looked_at.0) as f64 * 1e-9)
    }

    /// Why pitches do not verify a mound's calibration, in words; `None` where they do.
    pub(super) fn unverified(&self, at: usize, now: BoxNs) -> Option<String> {
        if !self.is_anchored(at, now) {
            let seen = self.lanes[at].landmarks_at.filter(|seen| *seen <= now);
            let for_s = now.0.saturating_sub(seen.unwrap_or(self.hearing.started).0) as f64 * 1e-9;
            let told = if seen.is_some() { "for" } else { "since the start," };
            return Some(format!(
                "no landmarks {told} {}: pitches alone cannot see a rig that moved as a whole",
                span(for_s)
            ));
        }
        let pitches = self.lanes[at].pitches.len();
        if pitches < VERIFYING_PITCHES {
            // Landmarks did.
            if !self.judged(at, now).is_empty() {
                return None;
            }
            return Some(format!(
                "{VERIFYING_PITCHES} pitches within 15 min, or a round of landmarks, verify it; {pitches} so far"
            ));
        }
        let worst = self.needed(at, now).min_by(|a, b| self.by_residuals(*a).total_cmp(&self.by_residuals(*b)))?;
        if self.by_residuals(worst) >= VERIFYING_CONFIDENCE {
            return None;
        }
        let (standing, name) = (self.standing(worst), &self.cameras[worst].model.name);
        let (shift, sd) = (standing.shift.norm(), standing.sd_px);
        Some(format!(
            "camera {} ({name}) may be {:.2} px off: {shift:.2} estimated, sd {sd:.2}",
            self.cameras[worst].kept.id,
            shift + 1.96 * sd
        ))
    }

    /// The cameras of a round in the list, by the index in their mound's rig.
    pub(super) fn camera_of(&self, at: usize, index: usize) -> Option<usize> {
        find(&self.cameras, *self.lanes[at].rig.cameras.get(index)?)
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::Matrix2x5;

    use super::super::config::Config;
    use super::*;
    use crate::ids::EventNs;
    use crate::tracking::venue::Venue;

    #[test]
    fn pitches_that_judged_a_rig_without_landmarks_leave_when_that_was() {
        const S: u64 = 1_000_000_000;
        let start = 1_800_000_000 * S;
        let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), BoxNs(start));
        let listen = |calibration: &mut Calibration, second: u64| {
            let now = BoxNs(start + second * S);
            for id in 1..=18 {
                calibration.arrived(id, EventNs(now.0 - S), now);
                calibration.delivered(id, EventNs(now.0 - S), now);
            }
            calibration.pass_time(now);
            now
        };
        for second in 1..=600 {
            let now = listen(&mut calibration, second);
            if second % 50 == 0 {
                let cameras = calibration.cameras_of(0);
                for index in cameras {
                    calibration.cameras[index].kept.pitches.push_back(now);
                }
                calibration.judge_by_pitches(0, BoxNs(now.0 - 2 * S), now);
            }
        }
        let now = BoxNs(start + 600 * S);
        assert!(
            calibration.unverified(0, now).is_some_and(|why| why.starts_with("no landmarks since the start, 10 min"))
        );
        assert_eq!(calibration.unverified_for_s(0, now), None);
        for second in 601..=1600 {
            listen(&mut calibration, second);
        }
        let now = BoxNs(start + 1600 * S);
        assert_eq!(calibration.looked_at(0, now), Some(BoxNs(start + 598 * S)));
        assert_eq!(calibration.unverified_for_s(0, now).map(f64::round), Some(1002.0));
    }

    #[test]
    fn a_mound_that_somebody_threw_on_when_its_cameras_were_lost_is_in_use_until_they_are_back() {
        const S: u64 = 1_000_000_000;
        let start = 1_800_000_000 * S;
        let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), BoxNs(start));
        let is_used = |calibration: &Calibration, second: u64| {
            calibration.report(BoxNs(start + second * S)).mounds.iter().map(|mound| mound.in_use).collect::<Vec<_>>()
        };
        for second in 1..=2000 {
            let now = BoxNs(start + second * S);
            if second == 50 {
                calibration.lanes[0].pitches.push_back(now);
            }
            for id in (1..=18).filter(|_| !(60..=1990).contains(&second)) {
                calibration.arrived(id, EventNs(now.0 - S), now);
                calibration.delivered(id, EventNs(now.0 - S), now);
            }
            calibration.pass_time(now);
            if [55, 100, 1985].contains(&second) {
                assert_eq!(is_used(&calibration, second), [true, false, false], "{second}");
            }
        }
        assert_eq!(is_used(&calibration, 2000), [false; 3]);
    }

    #[test]
    fn that_a_rig_is_unverified_stands_on_while_another_alert_comes_and_goes() {
        const S: u64 = 1_000_000_000;
        let start = 1_800_000_000 * S;
        let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), BoxNs(start));
        let cameras: Vec<u8> =
            calibration.cameras_of(0).iter().map(|index| calibration.cameras[*index].kept.id).collect();
        let since = |calibration: &Calibration| {
            let alerts = &calibration.lanes[0].alerts;
            (
                alerts.get(&super::super::event::AlertKind::RigUnverified).map(|alert| (alert.since.0 - start) / S),
                alerts.len(),
            )
        };
        let mut seen = Vec::new();
        for second in 1..=3000 {
            let now = BoxNs(start + second * S);
            let is_blind = (2800..2820).contains(&second);
            for id in (1..=18).filter(|id| !is_blind || !cameras.contains(id)) {
                calibration.arrived(id, EventNs(now.0 - S), now);
                calibration.delivered(id, EventNs(now.0 - S), now);
            }
            calibration.listen(now);
            if [2750, 2815, 2990].contains(&second) {
                seen.push(since(&calibration));
            }
        }
        assert_eq!(seen, [(Some(2700), 1), (Some(2700), 2), (Some(2700), 1)]);
    }

    #[test]
    fn a_mound_is_verified_by_two_of_its_cameras_though_the_one_that_moves_the_plate_most_is_not() {
        const S: u64 = 1_000_000_000;
        let start = 1_800_000_000 * S;
        let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), BoxNs(start));
        let home = calibration.lanes.iter().position(|lane| lane.name == "bullpen_home").expect("in the rig");
        let cameras = calibration.cameras_of(home);
        for (&index, pull) in cameras.iter().zip([1.0, 9.0, 1.0]) {
            calibration.cameras[index].set_plate(&Matrix2x5::from_element(pull));
        }
        let mut now = BoxNs(start);
        for second in 1..=60 {
            now = BoxNs(start + second * S);
            for index in &cameras {
                let id = calibration.cameras[*index].kept.id;
                calibration.arrived(id, EventNs(now.0 - S), now);
                calibration.delivered(id, EventNs(now.0 - S), now);
            }
            calibration.listen(now);
        }
        assert!(calibration.judged(home, now).is_empty() && calibration.unverified_for_s(home, now).is_some());
        for index in [cameras[0], cameras[2]] {
            let kept = &mut calibration.cameras[index].kept;
            kept.age.verified(now, now, &calibration.air, &kept.vibration_g);
        }
        assert_eq!(calibration.judged(home, now), [cameras[0], cameras[2]]);
        assert_eq!(calibration.unverified_for_s(home, now), None);
    }
}
