//! Where summaries go.

use super::line::{Answer, Trouble};
use super::summary::Parcel;

/// A way to the cloud. Calls may take until their own time limits: they are made on the line's own thread.
pub trait Sink: Send {
    /// Sends a batch, oldest first, and waits for what becomes of it.
    fn send(&mut self, batch: &[Parcel]) -> Answer;

    /// The newest model bundle that the cloud offers; none where it offers none, or the one that was returned before.
    ///
    /// # Errors
    /// The line does not carry.
    fn newest_model(&mut self) -> Result<Option<Vec<u8>>, Trouble>;
}
