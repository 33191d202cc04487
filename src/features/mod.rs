//! From pitches to features, against what is usual for the pitcher (science.md §4).
//!
//! An [`Outing`] holds one pitcher's pitches in order of release; [`features_v1`] reads its newest windows, and
//! [`features_v2`] what surrounds them. All are pure: the same pitches give the same features, in whatever order they and their revisions arrived.

pub mod baseline;
mod config;
mod outing;
mod shown;
#[cfg(test)]
mod tests;
mod v1;
mod v2;
mod window;

pub use config::Config;
pub use outing::{Outing, OutingPitch, Placed, Reading};
pub use shown::shown;
pub use v1::{Feature, FeatureSet, Lowering, Mechanics, Ratio, features_v1};
pub use v2::{Context, FeatureSetV2, features_v2};
