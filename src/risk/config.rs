//! This project's own choices in telling risk.

use serde::{Deserialize, Serialize};

use crate::bounds::{Bound, Fault, outside};

/// How risk is told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// A probability from which the level is medium.
    pub medium_from: f64,
    /// A probability from which it is high.
    pub high_from: f64,
    /// Contributors shown.
    pub contributors: usize,
    /// Risk requests of one client a minute; a burst of as many is let through.
    pub requests_per_minute: u32,
    /// Assessments kept; the oldest makes room.
    pub cache_max: usize,
    /// Pitchers of one batch request at most.
    pub batch_max: usize,
    /// An AUC known no better than to ± this judges no model: a year that tells no more is no test year.
    pub test_auc_within: f64,
    /// Newly labelled days of pitching from which on `etl` trains anew; a tenth of them where quality fell.
    pub retrain_rows: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            medium_from: 0.06,
            high_from: 0.10,
            contributors: 5,
            requests_per_minute: 240,
            cache_max: 4096,
            batch_max: 100,
            // Chance, and the best that public data allows (science.md §7), lie within it.
            test_auc_within: 0.1,
            // A fifth of a league's season.
            retrain_rows: 3000,
        }
    }
}

impl Config {
    /// What its numbers may be.
    pub fn bounds(&self) -> Vec<Bound> {
        vec![
            Bound::new("medium_from", self.medium_from, 0.001, 0.99),
            Bound::new("high_from", self.high_from, 0.001, 0.99),
            Bound::new("contributors", self.contributors as f64, 1.0, 50.0),
            Bound::new("requests_per_minute", f64::from(self.requests_per_minute), 1.0, 1e6),
            Bound::new("batch_max", self.batch_max as f64, 1.0, 1000.0),
            Bound::new("cache_max", self.cache_max as f64, 1.0, 1e6),
            Bound::new("test_auc_within", self.test_auc_within, 0.01, 0.5),
            Bound::new("retrain_rows", self.retrain_rows as f64, 1.0, 1e7),
        ]
    }

    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        if self.high_from <= self.medium_from {
            let (high, medium) = (self.high_from, self.medium_from);
            let why = format!("is {high}, not above medium_from ({medium}); high is more than medium");
            errors.push(Fault::of_two("high_from", "medium_from", why));
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_sound_and_every_fault_is_told() {
        assert_eq!(Config::default().errors(), []);
        let config = Config { medium_from: 0.2, high_from: 0.1, cache_max: 0, ..Config::default() };
        assert_eq!(config.errors().len(), 2);
    }
}
