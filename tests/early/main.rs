//! Results before all cameras have spoken: how soon, how certain, and never in vain.

mod alarms;
#[path = "../support/common/mod.rs"]
mod common;
mod evening;
mod restart;
mod soon;
mod wild;
