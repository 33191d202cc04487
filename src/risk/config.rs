//! This project's own choices in telling risk.

use serde::{Deserialize, Serialize};

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
    /// Every key that cannot be meant, with why; empty for a sound configuration.
    pub fn errors(&self) -> Vec<(&'static str, String)> {
        let mut errors = Vec::new();
        let share = |x: f64| x > 0.0 && x < 1.0;
        if !(share(self.medium_from) && share(self.high_from) && self.medium_from < self.high_from) {
            errors.push(("medium_from", "must lie below high_from, both between 0 and 1".to_owned()));
        }
        if !(self.test_auc_within > 0.0 && self.test_auc_within <= 0.5) {
            let why = format!("is {}; write more than 0 and at most 0.5 (0.1 is usual)", self.test_auc_within);
            errors.push(("test_auc_within", why));
        }
        for (name, value) in [
            ("contributors", self.contributors),
            ("requests_per_minute", self.requests_per_minute as usize),
            ("cache_max", self.cache_max),
            ("batch_max", self.batch_max),
            ("retrain_rows", self.retrain_rows as usize),
        ] {
            if value == 0 {
                errors.push((name, "is 0; write 1 or more".to_owned()));
            }
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
