//! From pixels to pitches.

pub mod camera;
pub mod pitch;
pub mod venue;
