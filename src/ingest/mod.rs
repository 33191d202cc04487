//! From bytes to frames, and onto the source's ring.

use firmware_protocol::{Ball, Fiducial, Health, Mark, Spin};

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
