//! From pixels to pitches: BALL, SPIN and MARK signals of one mound become [`pitch::Pitch`]es.
//!
//! [`MoundTracker`] owns a mound. It keeps the observations of the last seconds per camera, looks for balls that fly from the
//! rubber to the plate, fits each whole flight in pixels and publishes it provisional, revised and final. Pure logic: time
//! and signals come in as arguments, pitches go out.

pub mod camera;
mod config;
mod force;
mod jerk;
pub mod pitch;
mod tracker;
pub mod venue;

pub use config::{Config, When};
pub use jerk::JerkScale;
pub use tracker::{LateCount, MoundTracker};
