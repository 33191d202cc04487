//! The air of the park, and how it shakes: sensors over MQTT become one immutable [`Conditions`], and conditions bring a
//! pitch's break and velocity to standard air (science.md §1).
//!
//! [`Fusion`] is pure: topics, payloads and the time come in as arguments, [`Conditions`] come out. It trusts nobody:
//! what is oversized, no JSON, of the wrong time or beyond belief is refused and counted by cause; of several sensors of
//! one quantity a stuck, an absurd or a silent one is left out, and named with the reason. [`Environment`] is the edge: a
//! task of the HTTP runtime that listens to the broker, another that publishes what is known four times a second.
//! Readers take the newest snapshot without waiting; a broker that is absent, restarts or talks rubbish reaches nobody.

pub mod adjust;
mod broker;
mod clockwork;
mod conditions;
mod config;
pub mod density;
mod fusion;
mod message;
mod refusal;
mod robust;
mod sensors;
mod speakers;
mod units;

pub use broker::{BrokerUrl, BrokerUrlError};
pub use conditions::{Air, Conditions, Fused, LeftOut, SensorReport, SensorValue, Vibration, Why};
pub use config::{Config, Limits, Quantity};
pub use fusion::Fusion;
pub use refusal::{Complaint, Counts, Refusal};
pub use sensors::{BrokerState, BrokerStatus, Environment};
pub use speakers::{RefusedMessage, Speaker};
pub use units::{Estimate, MPH_PER_MPS, celsius, fahrenheit};
