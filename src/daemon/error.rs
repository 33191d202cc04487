//! Why the daemon does not start.

use std::net::SocketAddr;

use super::upstream::UpstreamError;
use crate::ingest::{IngestError, KeyFileError};
use crate::reorder::ConfigError;
use crate::store::StoreError;
use crate::tracking::venue::VenueError;

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The venue file.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// The keys file.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The watermark buffer's settings.
    #[error(transparent)]
    Buffer(#[from] ConfigError),
    /// The UDP socket.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The HTTP socket.
    #[error("cannot listen on http {address}: {source}; `ss -tlpn` shows who has it: stop that, or set [http] listen")]
    Http {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The line to the cloud.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// A thread that the daemon cannot do without has ended.
    #[error(
        "the {0} thread has ended by itself, which is a fault of this program; the lines above say why. Restart it"
    )]
    Died(&'static str),
    /// The system gives no thread.
    #[error("cannot start a thread: {0}; raise TasksMax or the process limit")]
    Thread(#[from] std::io::Error),
}
