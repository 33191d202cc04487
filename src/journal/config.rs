//! `[journal]`.

use std::path::PathBuf;

use crate::bounds::{Bound, Fault, outside};

/// `[journal]`: this project's own choices.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Whether frames are journalled at all. Without it nothing is replayed after a crash.
    pub enabled: bool,
    /// Its directory; `journal` in the store's directory where absent.
    pub path: Option<PathBuf>,
    /// Frames older than this are removed, hours.
    pub max_age_h: f64,
    /// The most that it takes on the disk, bytes; the oldest part goes first. Never more than half of its file system.
    pub max_bytes: u64,
    /// Share of its file system that it leaves free: `[store] disk_shed_frac`.
    pub leaves_free_frac: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { enabled: true, path: None, max_age_h: 72.0, max_bytes: 8 << 30, leaves_free_frac: 0.05 }
    }
}

impl Config {
    /// The least room that a journal is of any use with: a few parts.
    pub const BYTES_MIN: u64 = 64 << 20;

    /// What its numbers may be.
    pub fn bounds(&self) -> Vec<Bound> {
        vec![
            Bound::new("max_age_h", self.max_age_h, 0.01, 8784.0),
            Bound::new("max_bytes", self.max_bytes as f64, Self::BYTES_MIN as f64, (1_u64 << 43) as f64),
        ]
    }

    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<Fault> {
        outside(self.bounds(), &Self::default().bounds())
    }
}
