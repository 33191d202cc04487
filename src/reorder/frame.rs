//! A frame as the buffer takes it, and what takes it from the buffer.

use crate::ids::{BoxNs, EventNs, MoundId};

/// A frame with what the buffer needs to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamped<T> {
    /// Who sent it: cameras 1–39, devices 40–47, mark feeds 48–63.
    pub source: u8,
    /// The source's own counter; wraps.
    pub seq: u32,
    /// Exposure time.
    pub event: EventNs,
    /// Kernel receive stamp, in box time.
    pub arrival: BoxNs,
    /// What it says.
    pub payload: T,
}

/// How frames of devices and mark feeds find their mound; cameras go by the plan.
pub trait Route {
    /// The mound that this frame of that device or mark feed names.
    fn mound(&self, source: u8) -> MoundId;
}

/// What the merge thread does with frames. Calls come in a fixed order: for each move of the watermarks first `eager`,
/// then `released`, then one `advanced`.
pub trait Sink<T> {
    /// A frame is taken off a path, and not judged yet: every one, in the order in which they are taken.
    #[inline]
    fn taken(&mut self, path: usize, frame: &Stamped<T>) {
        let _ = (path, frame);
    }
    /// The eager watermark passes this frame: once per frame, in (event, source, seq) order within an epoch.
    fn eager(&mut self, mound: MoundId, frame: &Stamped<T>);
    /// Accepted, though the eager watermark had already passed it; the final one has not.
    fn after_eager(&mut self, mound: MoundId, frame: &Stamped<T>);
    /// The final watermark passes this frame: once per frame, in (event, source, seq) order within an epoch.
    fn released(&mut self, mound: MoundId, frame: &Stamped<T>);
    /// Behind the final watermark when it came.
    fn late(&mut self, mound: MoundId, frame: &Stamped<T>);
    /// The watermarks of a mound moved; `moved_by` is the arrival (or, by timer, the moment) that moved them.
    fn advanced(&mut self, mound: MoundId, eager: EventNs, final_: EventNs, moved_by: BoxNs);
    /// The cameras' own time stepped back: all that was held has been released, and the mound's watermarks start anew.
    fn restarted(&mut self, mound: MoundId) {
        let _ = mound;
    }
}
