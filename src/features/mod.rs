//! From pitches to features, against what is usual for the pitcher.

pub mod baseline;
