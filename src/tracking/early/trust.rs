//! Which cameras an early result may rest on.
//!
//! With two cameras a wrong one cannot be told by the fit itself: what one is off, the flight takes up. So a camera has a say
//! only while the last full fits, of all cameras, found it in place, and nothing is held against it.

use serde::{Deserialize, Serialize};

use crate::tracking::camera::Camera;
use crate::tracking::pitch::{CameraResidual, Pitch};

/// Full fits that must have found a camera in place, one after the other \[P\].
const FITS: usize = 3;
/// In place is a camera whose mean residual, before any gate, is below this, px \[P\].
const IN_PLACE_PX: f64 = 0.4;
/// The newest of those fits is no further away than this, ns \[P\].
const NEWEST_NS: u64 = 20 * 60 * 1_000_000_000;
/// A camera with fewer observations said nothing in a fit.
const OBSERVATIONS_MIN: u16 = 4;

/// What is known of one camera.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Trust {
    /// Full fits one after the other, up to now, that found it in place; no more than are needed.
    in_place: u8,
    /// Event time of the newest one.
    newest: u64,
    /// Calibration has something against it.
    accused: bool,
    /// It is left out of fits.
    excluded: bool,
}

/// A camera's trust as it is kept over an orderly stop, with the model by which the fits found it in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptTrust {
    camera: u8,
    model: Vec<f64>,
    trust: Trust,
}

/// What is to be kept of these cameras.
pub(super) fn kept(cameras: &[Camera], trust: &[Trust]) -> Vec<KeptTrust> {
    let of = |(camera, trust): (&Camera, &Trust)| KeptTrust { camera: camera.id, model: camera.model(), trust: *trust };
    cameras.iter().zip(trust).map(of).collect()
}

/// Takes up what an earlier run kept of these cameras: a camera of which there is another model now was never found in place.
pub(super) fn take_up(cameras: &[Camera], trust: &mut [Trust], kept: &[KeptTrust]) {
    for (camera, trust) in cameras.iter().zip(trust) {
        if let Some(known) = kept.iter().find(|kept| kept.camera == camera.id && kept.model == camera.model()) {
            // What is held against it is told by calibration, which is kept as well.
            (trust.in_place, trust.newest) = (known.trust.in_place, known.trust.newest);
        }
    }
}

impl Trust {
    /// Takes what a full fit found, at this event time.
    pub(super) fn hear(&mut self, found: Option<&CameraResidual>, at: u64) {
        let is_in_place =
            |r: &CameraResidual| r.used + r.gated >= OBSERVATIONS_MIN && r.mean_px[0].hypot(r.mean_px[1]) < IN_PLACE_PX;
        self.in_place = if found.is_some_and(is_in_place) { (self.in_place + 1).min(FITS as u8) } else { 0 };
        self.newest = at;
    }

    /// Its model was corrected: what was found before is of another one.
    pub(super) fn forget(&mut self) {
        self.in_place = 0;
    }

    pub(super) fn set_accused(&mut self, accused: bool) {
        self.accused = accused;
    }

    pub(super) fn set_excluded(&mut self, excluded: bool) {
        self.excluded = excluded;
    }

    /// Whether it has a say at this event time.
    pub(super) fn has_say(&self, at: u64) -> bool {
        usize::from(self.in_place) == FITS && at.abs_diff(self.newest) < NEWEST_NS && !self.accused && !self.excluded
    }

    /// Takes its times as so much later, ns.
    pub(super) fn move_on(&mut self, by_ns: i64) {
        self.newest = self.newest.saturating_add_signed(by_ns);
    }
}

/// Whether a final pitch is a fit that cameras can be judged by.
pub(super) fn judges(pitch: &Pitch) -> bool {
    let flags = pitch.flags;
    !(flags.cameras_disagree || flags.weak_geometry || flags.unusual_flight || flags.withdrawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::CameraCorrection;
    use crate::tracking::venue::Venue;

    fn found(off_px: f64) -> CameraResidual {
        CameraResidual { camera: 3, used: 40, gated: 0, mean_px: [0.0, off_px], rms_px: 0.5 }
    }

    #[test]
    fn a_camera_has_a_say_after_three_full_fits_that_found_it_in_place_and_loses_it_by_one_that_did_not() {
        let minute = 60_000_000_000;
        let mut trust = Trust::default();
        for fit in 1..=3 {
            assert!(!trust.has_say(fit * minute));
            trust.hear(Some(&found(0.3)), fit * minute);
        }
        assert!(trust.has_say(4 * minute) && !trust.has_say(24 * minute), "for twenty minutes");
        trust.set_accused(true);
        assert!(!trust.has_say(4 * minute));
        trust.set_accused(false);
        for gone in [Some(found(0.5)), None] {
            let mut trust = trust;
            trust.hear(gone.as_ref(), 5 * minute);
            assert!(!trust.has_say(6 * minute), "{gone:?}");
            (6..8).for_each(|at| trust.hear(Some(&found(0.1)), at * minute));
            assert!(!trust.has_say(8 * minute), "two of three");
            trust.hear(Some(&found(0.1)), 8 * minute);
            assert!(trust.has_say(9 * minute));
        }
        trust.newest = 30 * minute;
        assert!(!trust.has_say(4 * minute), "the cameras' clock was set back");
        trust.newest = 3 * minute;
        trust.forget();
        assert!(!trust.has_say(4 * minute), "its model was corrected");
    }

    #[test]
    fn what_is_kept_of_a_camera_is_taken_up_while_its_model_is_the_same() {
        let venue = Venue::busch_iii();
        let mut cameras: Vec<Camera> = [1, 2, 3].iter().filter_map(|id| venue.camera(*id)).cloned().collect();
        let trust = [1, 2, 3].map(|newest| Trust { in_place: 3, newest, accused: true, excluded: false });
        let kept = kept(&cameras, &trust);
        cameras.remove(0);
        cameras[1].correct(&CameraCorrection { dx_px: 0.5, version: 1, ..CameraCorrection::default() });
        let mut after = [Trust::default(); 2];
        take_up(&cameras, &mut after, &kept);
        let expected = [Trust { in_place: 3, newest: 2, ..Trust::default() }, Trust::default()];
        assert_eq!(after, expected, "by number, and not what calibration held against it");
    }
}
