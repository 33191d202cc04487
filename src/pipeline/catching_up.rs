//! Late data at work: what is critical is asked for, and what was measured again is published where it is news.

use super::held::Downstream;
use super::late::{CRITICAL_FRAC, Critical, MARKS_NS, Patch, QUIET_NS, Remeasured};
use super::output::Output;
use super::profile::Profiles;
use crate::ids::{BoxNs, EventNs, MoundId, PitchId};
use crate::records::{PitchRecord, REPROCESSED, State};
use crate::reorder::{SOURCE_MAX, Stamped};
use crate::signal::Signal;
use crate::tracking::pitch::Pitch;

/// A pitch measured again is the one that was released within this, ns.
const SAME_NS: u64 = 250_000_000;

impl<P: Profiles> Downstream<P> {
    /// Notes a frame behind the final watermark.
    pub(super) fn note_late(&mut self, mound: MoundId, frame: &Stamped<Signal>) {
        if let Some(lane) = self.lane(mound) {
            lane.late.note(frame);
        }
    }

    /// Asks for what is critical to be measured again.
    pub(super) fn tell_critical(&mut self, clock_ns: i64) {
        for at in 0..self.lanes.len() {
            while let Some(patch) = self.lanes[at].late.closed(self.now) {
                let mound = self.lanes[at].mound;
                if !self.is_critical(mound, &patch) {
                    continue;
                }
                let cameras: Vec<u8> = self.rig.cameras_of(mound).collect();
                let calibration = &self.rig.calibration;
                let critical = Critical {
                    mound,
                    from: EventNs(patch.from),
                    to: EventNs(patch.to),
                    since: BoxNs(patch.from.saturating_sub(MARKS_NS).saturating_add_signed(clock_ns)),
                    balls: patch.balls,
                    corrections: cameras
                        .into_iter()
                        .map(|id| (id, calibration.correction(id), calibration.is_excluded(id)))
                        .collect(),
                    scale: self.lanes[at].tracker.jerk_scale(),
                    standing: self.lanes[at].tracker.standing(EventNs(patch.from)),
                    shifts: self.clocks.shifts(),
                    rough: (1..=SOURCE_MAX).filter(|source| self.clocks.is_rough(*source)).collect(),
                };
                self.outputs.push(Output::Critical(Box::new(critical)));
            }
        }
    }

    /// Whether a patch has no pitch, or one that missed too much.
    fn is_critical(&self, mound: MoundId, patch: &Patch) -> bool {
        let within = |release: u64| release + QUIET_NS >= patch.from && release <= patch.to;
        let mut known =
            self.recent.iter().filter(|r| r.record.mound == mound.0 && within(r.record.release_ns)).peekable();
        known.peek().is_none() || known.any(|recent| recent.record.late_data_frac > CRITICAL_FRAC)
    }

    /// Publishes what of it is news.
    pub(super) fn take_remeasured(&mut self, again: &Remeasured) {
        again.pitches.iter().for_each(|pitch| self.take_again(pitch, again.now));
    }

    fn take_again(&mut self, pitch: &Pitch, now: BoxNs) {
        let same = |record: &PitchRecord| {
            record.mound == pitch.mound.0 && record.release_ns.abs_diff(pitch.release.0) < SAME_NS
        };
        let known = self.recent.iter().rev().map(|recent| &recent.record).find(|record| same(record));
        let mut pitch = pitch.clone();
        if let Some(known) = known {
            let critical = known.late_data_frac > CRITICAL_FRAC && known.state == State::Final;
            let news = known.values.plate_x != Some(pitch.values.plate_x)
                || known.values.release_speed != Some(pitch.values.release_speed);
            if !critical || !news {
                return;
            }
            pitch.id = PitchId(known.id);
            pitch.revision = known.revision + 1;
            pitch.frames_late = (known.late_data_frac * f64::from(pitch.frames)).round() as u32;
        }
        self.publish_as(&pitch, now, Some(REPROCESSED));
    }
}
