//! Tracking as a whole: a thrower, the reference rig, and what must come out.

#[path = "../support/skipping.rs"]
mod skipping;
#[path = "../support/thrower.rs"]
mod thrower;
mod tracking_rig;
