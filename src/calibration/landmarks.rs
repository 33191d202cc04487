//! Rounds of landmarks: what the cameras report as FIDUCIAL within two seconds is one look at the park.
//!
//! A landmark is a direct observation of its camera's errors: no flight takes anything up. Its pixels have white noise of the
//! stated sigma and an offset that the camera's pixels share in this round.

use nalgebra::{Matrix2, Point3, SMatrix, SVector, Vector2};

use serde::{Deserialize, Serialize};

use super::config::Config;
use super::motion::{RIG_PARAMETERS, motion};
use crate::ids::{BoxNs, EventNs};
use crate::tracking::camera::Camera;
use crate::tracking::evidence::{PARAMETERS, basis};
use crate::tracking::venue::Landmark;

/// A round lasts this long, ns of box time.
const ROUND_NS: u64 = 2_000_000_000;
/// Landmarks of one camera's round that are kept.
const LANDMARKS_MAX: usize = 64;
/// A picture this far from the landmark is of something else, px.
const NEAR_PX: f64 = 150.0;
/// Beyond so many standard deviations, or [`STRAY_PX`], from the camera's other landmarks it is a stray.
const STRAY_SD: f64 = 8.0;
/// Roll and scale move landmarks apart by this much, px.
const STRAY_PX: f64 = 8.0;
/// No camera sees a landmark better than this, px.
const SIGMA_MIN_PX: f64 = 0.05;

/// A camera's errors and the rig's.
pub(super) const BOTH: usize = PARAMETERS + RIG_PARAMETERS;

/// One camera's open round.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Round {
    opened: Option<BoxNs>,
    list: Vec<Sight>,
}

/// One landmark in one picture.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Sight {
    landmark: u16,
    event: EventNs,
    uv: [f64; 2],
    sigma_px: f64,
}

/// What a closed round says of its camera, in units: its five errors, then the six of a motion of the whole rig, in
/// `motion::RIG_UNITS`.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoundSum {
    pub(super) matrix: SMatrix<f64, BOTH, BOTH>,
    /// Matrix times the errors.
    pub(super) pull: SVector<f64, BOTH>,
    /// Landmarks that it rests on.
    pub(super) landmarks: usize,
    /// When the newest of them was seen.
    pub(super) at: EventNs,
}

impl Round {
    /// Takes in a landmark; what is not finite is none.
    pub(super) fn see(&mut self, landmark: u16, event: EventNs, uv: Vector2<f64>, sigma_px: f64, now: BoxNs) {
        let usable = uv.iter().all(|x| x.is_finite()) && sigma_px.is_finite() && sigma_px > 0.0;
        if !usable
            || self.list.len() >= LANDMARKS_MAX
            || self.list.iter().any(|s| (s.landmark, s.event) == (landmark, event))
        {
            return;
        }
        self.opened.get_or_insert(now);
        self.list.push(Sight { landmark, event, uv: uv.into(), sigma_px: sigma_px.max(SIGMA_MIN_PX) });
    }

    /// Whether it is over.
    pub(super) fn is_due(&self, now: BoxNs) -> bool {
        self.opened.is_some_and(|opened| now.0.saturating_sub(opened.0) >= ROUND_NS)
    }

    /// Closes it; `None` where nothing usable was seen.
    pub(super) fn close(&mut self, camera: &Camera, landmarks: &[Landmark], config: &Config) -> Option<RoundSum> {
        self.opened = None;
        let at = self.list.iter().map(|sight| sight.event).max()?;
        let seen: Vec<Seen> = self
            .list
            .drain(..)
            .filter_map(|sight| {
                let place = landmarks.iter().find(|l| l.id == sight.landmark)?;
                let at = camera.project(&Point3::from(place.position_ft))?;
                let residual = Vector2::from(sight.uv) - at;
                let mut basis_of_both = SMatrix::<f64, 2, BOTH>::zeros();
                basis_of_both
                    .fixed_columns_mut::<PARAMETERS>(0)
                    .copy_from(&basis(camera.from_centre(at), Vector2::zeros()));
                basis_of_both
                    .fixed_columns_mut::<RIG_PARAMETERS>(PARAMETERS)
                    .copy_from(&motion(camera, &place.position_ft)?);
                (residual.norm() < NEAR_PX).then_some(Seen { residual, basis: basis_of_both, sigma_px: sight.sigma_px })
            })
            .collect();
        let centre = Vector2::new(median(&seen, 0)?, median(&seen, 1)?);
        let (mut matrix, mut pull, mut count) = (SMatrix::<f64, BOTH, BOTH>::zeros(), SVector::<f64, BOTH>::zeros(), 0);
        for Seen { residual, basis, sigma_px } in &seen {
            if (residual - centre).norm() > STRAY_PX.max(STRAY_SD * sigma_px) {
                continue;
            }
            let weighted = basis.transpose() * sigma_px.powi(-2);
            matrix += weighted * basis;
            pull += weighted * residual;
            count += 1;
        }
        let own = matrix.fixed_view::<2, 2>(0, 0) + Matrix2::identity() / config.common_px.powi(2);
        let offset = own.try_inverse()?;
        let rows = matrix.fixed_rows::<2>(0).into_owned();
        pull -= rows.transpose() * (offset * pull.fixed_rows::<2>(0));
        matrix -= rows.transpose() * offset * rows;
        (count > 0).then_some(RoundSum { matrix, pull, landmarks: count, at })
    }
}

/// One landmark, linearised.
struct Seen {
    residual: Vector2<f64>,
    basis: SMatrix<f64, 2, BOTH>,
    sigma_px: f64,
}

fn median(seen: &[Seen], axis: usize) -> Option<f64> {
    let mut values: Vec<f64> = seen.iter().map(|seen| seen.residual[axis]).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use nalgebra::Matrix5;

    use super::*;
    use crate::tracking::venue::Venue;

    #[test]
    fn a_round_finds_a_moved_camera_and_a_stray_landmark_changes_nothing() {
        let venue = Venue::busch_iii();
        let camera = &venue.cameras[0];
        let config = Config::default();
        let mut estimates = Vec::new();
        for stray in [false, true] {
            let mut round = Round::default();
            let now = BoxNs(1_800_000_000_000_000_000);
            let seen = venue.landmarks.iter().filter_map(|l| Some((l.id, camera.sees(&Point3::from(l.position_ft))?)));
            for (k, (landmark, uv)) in seen.enumerate() {
                let off = if stray && k == 0 { 40.0 } else { 0.0 };
                round.see(landmark, EventNs(now.0), uv + Vector2::new(1.5, off - 0.5), 0.25, now);
            }
            assert!(!round.is_due(now) && round.is_due(BoxNs(now.0 + ROUND_NS)));
            let sum = round.close(camera, &venue.landmarks, &config).expect("camera 1 sees landmarks");
            let own = sum.matrix.fixed_view::<PARAMETERS, PARAMETERS>(0, 0) + Matrix5::identity() * 1e-3;
            let found = own.cholesky().expect("positive").solve(&sum.pull.fixed_rows::<PARAMETERS>(0).into_owned());
            assert!((found[0] - 1.5).abs() < 0.1 && (found[1] + 0.5).abs() < 0.1, "{found}");
            estimates.push(sum.landmarks);
            assert!(round.close(camera, &venue.landmarks, &config).is_none(), "closed is closed");
        }
        assert_eq!(estimates[0], estimates[1] + 1, "the stray is left out");
    }
}
