//! The daemon's numbers of its own: stage latencies, the accounting identity, sources, the store, health.
//!
//! One [`Telemetry`] is shared by all threads. Three ways lead into it, chosen so that the hot path never waits:
//! - **latencies** through a [`Recorder`] that its thread owns: it writes into the shared histogram where that is free
//!   and into a histogram of its own where a scrape is just reading, and never waits or allocates;
//! - **counters and states** as whole immutable structs that their owner publishes a few times a second
//!   ([`Telemetry::publish_reorder`] and its like), so that the accounting identity is always read at one moment;
//! - **health** of each part of the daemon by [`Telemetry::set_part`].
//!
//! Three ways lead out: [`Telemetry::report`] for `/api/status` and `pitchguard status`, [`Telemetry::prometheus`] for
//! `/metrics`, and [`Telemetry::parts`] for `/health/ready`.

mod clients;
mod latency;
mod prometheus;
mod report;
mod risk;
mod status;
pub mod surroundings;
mod system;
mod telemetry;
mod upstream;
mod verdict;

pub use self::clients::{ClientStatus, HttpStatus};
pub use self::latency::{Recorder, Stage};
pub use self::report::{LatencyReport, PartReport, StatusReport};
pub use self::risk::{Outcomes, RiskStatus};
pub use self::status::{
    AccessStatus, Accounting, AwayStatus, CalibrationStatus, CameraStatus, IngestStatus, JournalStatus, MoundCameras,
    MoundStatus, Part, PartState, PublishedPitches, RefusedFrameStatus, RefusedKeyStatus, ReorderStatus, SerialStatus,
    SourceState, SourceStatus, StoreStatus,
};
pub use self::surroundings::Surroundings;
pub use self::system::SystemStatus;
pub use self::upstream::{BundleStatus, RefusedStatus, UpstreamStatus};
pub use self::verdict::{About, BoxReason, BoxVerdict, BoxVerdictPart, BoxVerdictState, NO_CLOCKS};
pub use telemetry::{METRICS_CONTENT_TYPE, Telemetry};
