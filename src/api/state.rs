//! What the API needs from the outside world.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::command::Command;
use super::live::Live;
use super::options::HttpOptions;
use super::place::Place;
use super::risk_api::RiskApi;
use crate::clock::BoxClock;
use crate::environment::Environment;
use crate::observe::Telemetry;
use crate::queries::History;

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
