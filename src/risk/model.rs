//! A trained model as it is kept and served.

use serde::{Deserialize, Serialize};

use super::calibrate::{Isotonic, Platt};
use super::choose::Tried;
use super::day::Day;
use super::drift::Reference;
use super::explain::Explanation;
use super::features::{Snapshot, fingerprint};
use super::labels::Balance;
use super::metrics::{Interval, Judged};
use super::prepare::Preparation;

/// The AUC of a coin.
const CHANCE: f64 = 0.5;

/// A snapshot with fewer of the model's features is not scored (science.md §7).
pub const COMPLETENESS_MIN: f64 = 0.5;

/// Everything that serving needs, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its name in the registry: when it was trained, and on what.
    pub version: String,
    /// When, RFC 3339.
    pub trained_at: String,
    /// SHA-256 of the feature definitions that it was trained with.
    pub fingerprint: String,
    /// Selection, imputation, scaling.
    pub preparation: Preparation,
    /// One a column.
    pub weights: Vec<f64>,
    /// b.
    pub intercept: f64,
    /// Means of the prepared training rows: what contributions are measured from.
    pub means: Vec<f64>,
    /// To probabilities.
    pub platt: Platt,
    /// Beside it; not served.
    pub isotonic: Option<Isotonic>,
    /// Share of placements among the calibration rows, π₀.
    pub base_rate: f64,
    /// What the inputs looked like, by which drift is told.
    pub reference: Reference,
    /// How it was made and how it did.
    pub record: Record,
}

/// How a model was made, and how it did on years that it never saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Years trained on, from and to.
    pub train_years: (i16, i16),
    /// Year calibrated on.
    pub calibrate_year: i16,
    /// Year tested on.
    pub test_year: i16,
    /// Inputs chosen, by name.
    pub inputs: String,
    /// C chosen.
    pub c: f64,
    /// Everything that was tried.
    pub tried: Vec<Tried>,
    /// Outcomes of the snapshots by year.
    pub balance: Vec<(i16, Balance)>,
    /// Last day that placements are known of.
    pub data_end: Day,
    /// Share of pitchers with arm placements whose games were found; absent where ids and not names were matched.
    pub matched: Option<(usize, usize)>,
    /// On the test year.
    pub test: Judged,
    /// On the test year with the blackout rows as placements.
    pub test_with_blackout: Judged,
    /// Through isotonic regression on the test year, where there were samples enough.
    pub test_isotonic: Option<Judged>,
    /// The plain pipeline on the same rows.
    pub yardstick: Judged,
    /// AUC − the yardstick's.
    pub over_yardstick: Interval,
    /// The boosted trees beside it on the test year, and the difference of their AUC to this model's.
    pub boosted: Option<(Judged, Interval)>,
    /// What the leakage audit found.
    pub audit: Vec<String>,
}

/// Why a model does not score.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoreError {
    /// The model was trained with other features.
    #[error(
        "model {version} was trained with features {theirs:.12}…, this version computes {ours:.12}…: train anew, or roll back"
    )]
    Fingerprint {
        /// Which model.
        version: String,
        /// What it was trained with.
        theirs: String,
        /// What is computed here.
        ours: String,
    },
    /// Over half of the features are missing.
    #[error("only {:.0} % of the features are there, 50 % are needed: more games must be known", 100.0 * .0)]
    Incomplete(f64),
}

/// What a model says of a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Of an arm placement within 21 days.
    pub probability: f64,
    /// Share of the model's features that the snapshot has.
    pub completeness: f64,
    /// Why.
    pub explanation: Explanation,
}

impl Model {
    /// Whether it was trained with the features that are computed here.
    ///
    /// # Errors
    /// It was not.
    pub fn check(&self) -> Result<(), ScoreError> {
        let ours = fingerprint();
        if self.fingerprint == ours {
            return Ok(());
        }
        Err(ScoreError::Fingerprint { version: self.version.clone(), theirs: self.fingerprint.clone(), ours })
    }

    /// Whether its ranking of pitchers, on the year that it was tested on, can be told from chance: the whole interval of
    /// its AUC lies above 0.5.
    pub fn is_better_than_chance(&self) -> bool {
        self.record.test.auc.low > CHANCE
    }

    /// Scores a snapshot.
    ///
    /// # Errors
    /// Too little is known. [`Model::check`] is to be asked once before.
    pub fn score(&self, snapshot: &Snapshot) -> Result<Score, ScoreError> {
        let completeness = self.preparation.completeness(snapshot);
        if completeness < COMPLETENESS_MIN {
            return Err(ScoreError::Incomplete(completeness));
        }
        let mut inputs = self.preparation.inputs(snapshot);
        // What no injured list covers is unknown: it moves the risk neither way, to the last bit.
        for at in self.preparation.uncovered(snapshot) {
            inputs[at] = self.means[at];
        }
        let decision: f64 = self.weights.iter().zip(&inputs).map(|(w, x)| w * x).sum::<f64>() + self.intercept;
        Ok(Score {
            probability: self.platt.probability(decision),
            completeness,
            explanation: Explanation::of(&inputs, &self.means, &self.weights, self.intercept, &self.platt),
        })
    }
}

/// Risk Index 0–100: 100·σ(logit p − logit π₀ − ln 3), so that the base rate is 25, thrice its odds 50, nine times 75
/// (science.md §6).
pub fn risk_index(probability: f64, base_rate: f64) -> f64 {
    use super::logistic::{logit, sigmoid};
    100.0 * sigmoid(logit(probability) - logit(base_rate) - 3.0_f64.ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_25_at_the_base_rate_50_at_thrice_and_75_at_nine_times_its_odds() {
        let odds = |o: f64| o / (1.0 + o);
        for (times, index) in [(1.0, 25.0), (3.0, 50.0), (9.0, 75.0)] {
            assert!((risk_index(odds(0.04 * times), odds(0.04)) - index).abs() < 1e-9);
        }
    }
}
