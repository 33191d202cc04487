//! Routes, WebSocket, `OpenAPI`: what tablets and tools see.
//!
//! The API only reads: immutable snapshots and numbered events that the merge thread publishes through [`Live`], and
//! the store through [`History`]. What it asks for, an alert's acknowledgement or a recalibration, goes to the merge thread
//! as a [`Command`] with a reply. It never touches the pipeline.

mod alerts;
mod auth;
mod baseline;
mod calibration;
mod environment;
mod extract;
mod guard;
mod health;
mod history;
mod limit;
mod live;
mod models;
mod options;
mod pitchers;
mod pitches;
mod problem;
mod readiness;
mod risk;
mod routes;
mod server;
mod session;
mod socket;
mod tablet;
mod trend;
mod upstream;
mod venue;
mod workload;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

pub use self::auth::{ApiKeys, KeyPolicy, local_pass};
pub use self::history::{DayRange, History, HistoryError, PitchPage, PitchPosition, PitchQuery, PitchSlice, Pitcher};
pub use self::live::{Beat, Event, Live, Numbered, Since, Snapshot, SnapshotData, SnapshotMessage};
pub use self::options::HttpOptions;
pub use self::problem::ProblemDetails;
pub use self::risk::RiskApi;
pub use self::routes::{openapi, router};
pub use self::server::serve;
pub use self::venue::Place;
use crate::calibration::Proposal;
use crate::clock::BoxClock;
use crate::environment::Environment;
use crate::observe::Telemetry;
use crate::readiness::Alert;

/// What the API asks of the merge thread.
#[derive(Debug)]
pub enum Command {
    /// Somebody has seen this alert. The reply is the alert as acknowledged, or none where no such alert stands; the
    /// merge thread publishes [`Event::AlertAcknowledged`] besides.
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

/// What the API needs from the outside world. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// Snapshots and events.
    pub live: Arc<Live>,
    /// The past.
    pub history: Arc<dyn History>,
    /// To the merge thread; bounded.
    pub commands: mpsc::Sender<Command>,
    /// Injury risk; none where it is not served.
    pub risk: Option<Arc<RiskApi>>,
    /// The daemon's numbers of its own.
    pub telemetry: Arc<Telemetry>,
    /// What sensors tell.
    pub environment: Arc<Environment>,
    /// The ballpark.
    pub place: Arc<Place>,
    /// Box time.
    pub clock: BoxClock,
    /// Limits, and who may ask.
    pub options: Arc<HttpOptions>,
}

impl ApiState {
    /// The day of baseball in the park: by the cameras' clock, as the pitches' dates are.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.place.day_of(self.live.snapshot().seen(self.clock.now()))
    }
}
