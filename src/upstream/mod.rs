//! The line to the analytics cloud: nothing on the box waits for it, and nothing that it was given is lost while it is down.
//!
//! Summaries wait in the store's [outbox](crate::store::outbox), queued by the transaction that stored what they tell.
//! [`Line`] decides what is read, sent and settled, and touches nothing; [`Driver`] performs it between the store and a
//! [`Sink`]: [`Https`] or [`Nats`]. Every summary arrives at least once and under one name; once, after the receiver has
//! left out names that it knows. Model bundles come back the same way ([`bundle`]).

mod backoff;
pub mod bundle;
mod config;
mod driver;
mod https;
pub mod line;
mod nats;
pub mod schema;
mod sink;
mod summary;
mod tls;

pub use backoff::Circuit;
pub use config::{BadBoxName, BadKey, BoxName, Config, SigningKey, UpstreamKind};
pub use driver::Driver;
pub use https::Https;
pub use line::Line;
pub use nats::{MODEL_STREAM, MODEL_SUBJECT, Nats, NatsError, STREAM, subject};
pub use sink::Sink;
pub use summary::{Document, InputDrift, ModelFigure, ModelSummary, Parcel, SCHEMA, SummaryEvent};
pub use tls::{TlsError, check_files};
