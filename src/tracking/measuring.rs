//! A flight measured, judged and put in a pitch's words.

use firmware_protocol::Spin;

use super::camera::Camera;
use super::classify;
use super::config::Config;
use super::extend::{self, Grown};
use super::fit::Samples;
use super::flight::{self, Flight};
use super::jerk::JerkScale;
use super::marks::Marks;
use super::pitch::{MeasuredSpin, Pitch, PitchState};
use super::quantities;
use super::sightings::Sightings;
use crate::ids::{MoundId, PitchId};

/// What is this near to a flight's prediction is a frame of it, px: wide, so that a camera that is off shows by how much.
pub(super) const NEAR_PX: f64 = 150.0;

/// What every measurement of a mound rests on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) mound: MoundId,
    pub(super) cameras: &'a [Camera],
    /// Columns: the mound's axes in the field frame.
    pub(super) axes: &'a nalgebra::Matrix3<f64>,
    pub(super) scale: JerkScale,
    pub(super) config: &'a Config,
    /// Whether the first cameras alone are to say what they know.
    pub(super) is_early: bool,
}

/// What was seen and said, and room to fit it in.
pub(super) struct Material<'a> {
    pub(super) sightings: &'a Sightings,
    pub(super) samples: &'a mut Samples,
    pub(super) marks: &'a Marks,
}

impl Ground<'_> {
    /// Fits and judges a flight as it looks now, as a provisional pitch of revision 0; `others` are the first observations of
    /// other pitches. `None` where it is no pitch.
    pub(super) fn measure(
        &self,
        Material { sightings, samples, marks }: Material<'_>,
        mut grown: Grown,
        others: impl Iterator<Item = u64>,
    ) -> Option<(Pitch, Flight, Grown)> {
        let Self { cameras, config, .. } = *self;
        let start = &grown.path;
        let (from, to) = (start.seconds(grown.first), start.seconds(grown.plate) + config.end_margin_ns as f64 * 1e-9);
        sightings.collect(cameras, start, from, to, NEAR_PX, samples);
        let flight = flight::measure(samples, cameras, start, &self.scale, config)?;
        let first = if self.is_early {
            extend::start_of_few(samples, cameras, &flight.path)?
        } else {
            extend::agreed_start(samples, f64::NEG_INFINITY)?
        };
        let unseen_s = flight::unseen_before(first, samples, cameras);
        grown.first = flight.path.event(first);
        let mark = marks.release(grown.first.0, config.match_ns);
        let release = classify::release(&flight, &grown, unseen_s, mark)?;
        let (values, sd) = classify::values(&flight, &release, config)?;
        if !classify::is_pitch(&flight, &grown, &values, &sd) {
            return None;
        }
        let pitch = Pitch {
            id: PitchId::new(release.event, self.mound),
            revision: 0,
            state: PitchState::Provisional,
            mound: self.mound,
            release: release.event,
            release_marked: release.marked,
            plate: extend::plate_event(&flight.path)?,
            context: marks.context(grown.first.0, config.attribute_ns, others),
            flags: classify::flags(&flight, &grown, &release, &values, &sd, config),
            values,
            sd,
            nine_p: quantities::nine_p(&flight.nine)?,
            spin: marks.spin_at(release.event.0, config.match_ns).map(|spin| self.local_spin(spin)),
            cameras: flight.cameras,
            residuals: flight.residuals.clone(),
            residual_px: flight.residual_px,
            frames: flight.frames,
            frames_late: 0,
            early: false,
        };
        Some((pitch, flight, grown))
    }

    pub(super) fn local_spin(&self, spin: &Spin) -> MeasuredSpin {
        let axis = self.axes.transpose() * nalgebra::Vector3::from(spin.axis.map(f64::from));
        MeasuredSpin {
            release_spin_rate: f64::from(spin.rate_rpm),
            spin_axis: axis.z.atan2(axis.x).to_degrees().rem_euclid(360.0),
            confidence: f64::from(spin.confidence),
        }
    }
}
