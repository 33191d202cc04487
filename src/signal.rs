//! What an accepted frame says, as every room takes it.

use firmware_protocol::{Ball, Body, Fiducial, Health, Kind, Mark, Spin};

/// What one accepted frame says, as it waits in the watermark buffer. Fixed size, no heap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signal {
    /// A ball seen by a camera, in pixels.
    Ball(Ball),
    /// A landmark seen by a camera, in pixels.
    Fiducial(Fiducial),
    /// A ball's spin at release.
    Spin(Spin),
    /// A pose of so many joints on that mound.
    Pose {
        /// Mound that the frame names.
        mound: u8,
        /// Joints in the frame.
        joints: u8,
    },
    /// What the game feed says happened.
    Mark(Mark),
    /// A camera's heartbeat.
    Health(Health),
}

impl Signal {
    /// The kind of frame that said it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Ball(_) => Kind::Ball,
            Self::Fiducial(_) => Kind::Fiducial,
            Self::Spin(_) => Kind::Spin,
            Self::Pose { .. } => Kind::Pose,
            Self::Mark(_) => Kind::Mark,
            Self::Health(_) => Kind::Health,
        }
    }
}

impl From<&Body<'_>> for Signal {
    fn from(body: &Body<'_>) -> Self {
        match body {
            Body::Ball(ball) => Self::Ball(*ball),
            Body::Fiducial(fiducial) => Self::Fiducial(*fiducial),
            Body::Spin(spin) => Self::Spin(*spin),
            // The count is a byte on the wire.
            Body::Pose(pose) => Self::Pose { mound: pose.mound, joints: pose.count() as u8 },
            Body::Mark(mark) => Self::Mark(*mark),
            Body::Health(health) => Self::Health(*health),
        }
    }
}
