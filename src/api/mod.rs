//! Routes, WebSocket, `OpenAPI`: what tablets and tools see.
//!
//! The API only reads: immutable snapshots and numbered events that the merge thread publishes through [`Live`], and
//! the store through [`History`](crate::queries::History). What it asks for, an alert's acknowledgement or a recalibration, goes to the merge thread
//! as a [`Command`] with a reply. It never touches the pipeline.

mod admission;
mod alerts;
mod auth;
mod baseline;
mod calibration;
mod command;
mod environment;
mod extract;
mod guard;
mod health;
mod limit;
mod live;
mod models;
mod options;
mod pitchers;
mod pitches;
mod place;
mod problem;
mod readiness;
mod risk;
mod risk_api;
mod routes;
mod server;
mod session;
mod socket;
mod state;
mod tablet;
mod trend;
mod upstream;
mod venue;
mod workload;

pub use self::auth::{ApiKeys, KeyPolicy, local_pass};
pub use self::live::{Beat, Event, Live, Numbered, Since, Snapshot, SnapshotData, SnapshotMessage};
pub use self::options::HttpOptions;
pub use self::place::Place;
pub use self::problem::ProblemDetails;
pub use self::risk_api::RiskApi;
pub use self::routes::{openapi, router};
pub use self::server::serve;
pub use command::Command;
pub use state::ApiState;
