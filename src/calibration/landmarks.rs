//! Rounds of landmarks: what the cameras report as FIDUCIAL within two seconds is one look at the park.
//!
//! A landmark is a direct observation of its camera's errors: no flight takes anything up. Its pixels have white noise of the
//! stated sigma and an offset that the camera's pixels share in this round.

use nalgebra::{Matrix5, Point3, Vector2, Vector5};

use super::config::Config;
use crate::ids::{BoxNs, EventNs};
use crate::tracking::camera::Camera;
use crate::tracking::evidence::basis;
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

/// One camera's open round.
#[derive(Debug, Clone, Default)]
pub(super) struct Round {
    opened: Option<BoxNs>,
    list: Vec<Sight>,
}

/// One landmark in one picture.
#[derive(Debug, Clone, Copy)]
struct Sight {
    landmark: u16,
    event: EventNs,
    uv: Vector2<f64>,
    sigma_px: f64,
}

/// What a closed round says of its camera, in units.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoundSum {
    pub(super) matrix: Matrix5<f64>,
    /// Matrix times the errors.
    pub(super) pull: Vector5<f64>,
    /// Landmarks that it rests on.
    pub(super) landmarks: usize,
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
        self.list.push(Sight { landmark, event, uv, sigma_px: sigma_px.max(SIGMA_MIN_PX) });
    }

    /// Whether it is over.
    pub(super) fn is_due(&self, now: BoxNs) -> bool {
        self.opened.is_some_and(|opened| now.0.saturating_sub(opened.0) >= ROUND_NS)
    }

    /// Closes it; `None` where nothing usable was seen.
    pub(super) fn close(&mut self, camera: &Camera, landmarks: &[Landmark], config: &Config) -> Option<RoundSum> {
        self.opened = None;
        let seen: Vec<(Sight, Vector2<f64>, Vector2<f64>)> = self
            .list
            .drain(..)
            .filter_map(|sight| {
                let place = landmarks.iter().find(|l| l.id == sight.landmark)?;
                let at = camera.project(&Point3::from(place.position_ft))?;
                let residual = sight.uv - at;
                (residual.norm() < NEAR_PX).then(|| (sight, camera.from_centre(at), residual))
            })
            .collect();
        let centre = Vector2::new(median(&seen, 0)?, median(&seen, 1)?);
        let (mut matrix, mut pull, mut count) = (Matrix5::zeros(), Vector5::zeros(), 0);
        for (sight, from_centre, residual) in &seen {
            if (residual - centre).norm() > STRAY_PX.max(STRAY_SD * sight.sigma_px) {
                continue;
            }
            let basis = basis(*from_centre, Vector2::zeros());
            let weighted = basis.transpose() * sight.sigma_px.powi(-2);
            matrix += weighted * basis;
            pull += weighted * residual;
            count += 1;
        }
        let offset = (matrix.fixed_view::<2, 2>(0, 0) + nalgebra::Matrix2::identity() / config.common_px.powi(2))
            .try_inverse()?;
        let rows = matrix.fixed_rows::<2>(0).into_owned();
        pull -= rows.transpose() * (offset * pull.fixed_rows::<2>(0));
        matrix -= rows.transpose() * offset * rows;
        (count > 0).then_some(RoundSum { matrix, pull, landmarks: count })
    }
}

fn median(seen: &[(Sight, Vector2<f64>, Vector2<f64>)], axis: usize) -> Option<f64> {
    let mut values: Vec<f64> = seen.iter().map(|(_, _, residual)| residual[axis]).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
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
            for (k, landmark) in venue.landmarks.iter().enumerate() {
                if let Some(uv) = camera.sees(&Point3::from(landmark.position_ft)) {
                    let off = if stray && k == 1 { 40.0 } else { 0.0 };
                    round.see(landmark.id, EventNs(now.0), uv + Vector2::new(1.5, off - 0.5), 0.25, now);
                }
            }
            assert!(!round.is_due(now) && round.is_due(BoxNs(now.0 + ROUND_NS)));
            let sum = round.close(camera, &venue.landmarks, &config).expect("camera 1 sees landmarks");
            let found = (sum.matrix + Matrix5::from_diagonal(&Vector5::repeat(1e-3)))
                .cholesky()
                .expect("positive")
                .solve(&sum.pull);
            assert!((found[0] - 1.5).abs() < 0.1 && (found[1] + 0.5).abs() < 0.1, "{found}");
            estimates.push(sum.landmarks);
            assert!(round.close(camera, &venue.landmarks, &config).is_none(), "closed is closed");
        }
        assert_eq!(estimates[0], estimates[1] + 1);
    }
}
