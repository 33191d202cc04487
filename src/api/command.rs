//! What the API asks of the merge thread.

use tokio::sync::oneshot;

use crate::calibration::Proposal;
use crate::readiness::Alert;

/// What the API asks of the merge thread.
#[derive(Debug)]
pub enum Command {
    /// Somebody has seen this alert. The reply is the alert as acknowledged, or none where no such alert stands; the
    /// merge thread publishes [`Event::AlertAcknowledged`](super::Event::AlertAcknowledged) besides.
    AcknowledgeAlert {
        /// [`Alert::id`].
        id: u64,
        /// Where the answer goes; the asker may have gone.
        reply: oneshot::Sender<Option<Alert>>,
    },
    /// Somebody wants the cameras corrected by what is known of them, or to know what that would do.
    Recalibrate {
        /// Sources; none is all.
        cameras: Option<Vec<u8>>,
        /// Whether to propose only.
        dry_run: bool,
        /// Where the answer goes, one proposal a camera; the asker may have gone.
        reply: oneshot::Sender<Vec<Proposal>>,
    },
    /// Readiness is judged by these limits from now on.
    Judge(Box<crate::readiness::Config>),
    /// The store knows other names than before.
    NamesCame,
}
