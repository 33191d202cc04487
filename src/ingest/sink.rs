//! Where accepted frames go.

use firmware_protocol::Mark;

use crate::ids::{BoxNs, MoundId};
use crate::reorder::{Producer, Route, Stamped};
use crate::signal::Signal;

/// Marks and poses name their mound. Nothing on the wire does so for spin: source 40 + mound measures on that mound (40
/// game, 41 `bullpen_home`, 42 `bullpen_visitor`), and any other device on the game mound.
impl Route for Signal {
    fn mound(&self, source: u8) -> MoundId {
        MoundId(match (self, source) {
            (Self::Mark(Mark { mound, .. }) | Self::Pose { mound, .. }, _) => *mound,
            (_, 40..=42) => source - 40,
            _ => 0,
        })
    }
}

/// Where accepted frames go. Called on the receiving thread: it must neither block nor allocate.
pub trait FrameSink: Send + 'static {
    /// Takes a frame. Arrivals never go back.
    fn frame(&mut self, frame: Stamped<Signal>);
    /// The receiver is alive and has handed over all that had arrived before `now`; comes every 50 ms at least.
    fn beat(&mut self, now: BoxNs);
    /// What feeds the receiver is gone: until the next beat nobody vouches for its sources, and nobody waits for them.
    fn hang_up(&mut self) {}
}

/// A path into the watermark buffer. A frame that finds no slot there has been counted by the buffer: nothing is left to
/// do for it.
impl FrameSink for Producer<Signal> {
    fn frame(&mut self, frame: Stamped<Signal>) {
        let _counted = self.push(frame);
    }

    fn beat(&mut self, now: BoxNs) {
        Self::beat(self, now);
    }

    fn hang_up(&mut self) {
        Self::hang_up(self);
    }
}

#[cfg(test)]
mod tests {
    use firmware_protocol::{MarkKind, Spin};

    use super::*;

    #[test]
    fn marks_and_poses_name_their_mound_and_other_devices_are_known_by_their_number() {
        let mark = Signal::Mark(Mark {
            what: MarkKind::PitchReleased,
            mound: 2,
            at_bat_number: 1,
            pitch_number: 1,
            game_pk: 0,
            pitcher: 1,
            pitch_type: [0; 4],
        });
        let spin = Signal::Spin(Spin { rate_rpm: 2400.0, axis: [1.0, 0.0, 0.0], confidence: 1.0 });
        assert_eq!(mark.mound(48), MoundId(2));
        assert_eq!(Signal::Pose { mound: 1, joints: 17 }.mound(40), MoundId(1));
        assert_eq!([40, 41, 42, 43, 47].map(|source| spin.mound(source).0), [0, 1, 2, 0, 0]);
    }
}
