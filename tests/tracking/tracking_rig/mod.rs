//! Tracking as a whole: a thrower, the reference rig, and what must come out.

mod accuracy;
mod adversity;
mod busch;
mod life;
