//! What a coach reads: whose each throw is, which day and outing it belongs to, how old a number is, who stands where.

mod calendar_nights;
#[path = "../support/common/mod.rs"]
mod common;
#[path = "../support/daemon_support/mod.rs"]
mod daemon_support;
mod fastballs;
mod readiness_daemon;
mod readiness_engine;
mod readiness_evening;
mod readiness_held;
mod readiness_seasons;
