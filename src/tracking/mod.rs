//! From pixels to pitches: BALL, SPIN and MARK signals of one mound become [`pitch::Pitch`]es.
//!
//! [`MoundTracker`] owns a mound. It keeps the observations of the last seconds per camera, looks for balls that fly from the
//! rubber to the plate, fits each whole flight in pixels and publishes it provisional, revised and final. Pure logic: time
//! and signals come in as arguments, pitches go out.

pub mod camera;
mod classify;
mod config;
mod correction;
mod detect;
mod early;
pub mod evidence;
mod extend;
pub mod fit;
pub mod flight;
mod force;
mod jerk;
mod marks;
mod measured;
mod measuring;
pub mod pitch;
pub mod quantities;
mod sightings;
mod tracker;
pub mod trajectory;
pub mod venue;

pub use config::{Config, When};
pub use correction::CameraCorrection;
pub use early::{EarlyState, KeptTrust};
pub use jerk::JerkScale;
pub use marks::Standing;
pub use tracker::{LateCount, MoundTracker};
