//! Which cameras an early result may rest on.
//!
//! With two cameras a wrong one cannot be told by the fit itself: what one is off, the flight takes up. So a camera has a say
//! only while the last full fits, of all cameras, found it in place, and nothing is held against it.

use serde::{Deserialize, Serialize};

use crate::tracking::pitch::{CameraResidual, Pitch};

/// Full fits that must have found a camera in place, one after the other \[P\].
const FITS: usize = 3;
/// In place is a camera whose mean residual, before any gate, is below this, px \[P\].
const IN_PLACE_PX: f64 = 0.4;
/// The newest of those fits is no older than this, ns \[P\].
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
        usize::from(self.in_place) == FITS
            && at.saturating_sub(self.newest) < NEWEST_NS
            && !self.accused
            && !self.excluded
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
        trust.forget();
        assert!(!trust.has_say(4 * minute), "its model was corrected");
    }
}
