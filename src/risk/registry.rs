//! Trained models by version, and which of them serves.
//!
//! A model never changes once registered. Which one serves is the last of the promotions, kept in one value, so that a
//! promotion, a rollback and a retirement (a promotion of nobody) are one durable write each.

use std::sync::Arc;

use super::metrics::Interval;
use super::model::{Model, ScoreError};
use crate::records::ModelRecord;
use crate::store::{Store, StoreError};

/// The name of the promotions in the store.
const PROMOTIONS: &str = "risk.promotions";
/// Promotions remembered: how far a rollback can go back.
const PROMOTIONS_MAX: usize = 50;
/// Models listed.
const LISTED_MAX: usize = 200;

/// What can go wrong with the registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such version.
    #[error("there is no model {0}; `pitchguard model list` shows all")]
    Unknown(String),
    /// Nothing to go back to.
    #[error("no model served before this one: nothing to roll back to")]
    NothingBefore,
    /// Nothing to retire.
    #[error("no model serves: nothing to retire")]
    NoneServes,
    /// The model's features are not those that are computed here.
    #[error(transparent)]
    Mismatch(#[from] ScoreError),
    /// The model ranks pitchers no better than a coin.
    #[error(
        "model {version} is not better than chance: its AUC on {year} is {:.3} [{:.3}, {:.3}], and the interval reaches 0.5 or \
         below; train on more seasons, or insist (`pitchguard model promote {version} --force`): it then serves, and its \
         numbers are shown to nobody",
        auc.value, auc.low, auc.high
    )]
    NotBetterThanChance {
        /// Which.
        version: String,
        /// The year that it was tested on.
        year: i16,
        /// What came of that.
        auc: Interval,
    },
    /// A stored model cannot be read.
    #[error("model {version} cannot be read: {why}; train anew")]
    Unreadable {
        /// Which.
        version: String,
        /// Why.
        why: String,
    },
}

/// Whether somebody insists on a model that is not better than chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insist {
    /// It is refused.
    No,
    /// It serves, and its numbers are shown to nobody.
    Yes,
}

impl From<bool> for Insist {
    fn from(insists: bool) -> Self {
        if insists { Self::Yes } else { Self::No }
    }
}

/// A registered model.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The model.
    pub model: Model,
    /// Whether it serves.
    pub serving: bool,
}

/// The registry in a store.
#[derive(Debug, Clone)]
pub struct Registry {
    store: Arc<Store>,
}

impl Registry {
    /// The registry of this store.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Keeps a model. It does not serve before it is promoted.
    ///
    /// # Errors
    /// The store fails.
    pub fn register(&self, model: &Model) -> Result<(), RegistryError> {
        let artifact = serde_json::to_vec(model).map_err(|e| unreadable(&model.version, &e))?;
        let record = ModelRecord { version: model.version.clone(), fingerprint: model.fingerprint.clone(), artifact };
        self.store.transact(|txn| txn.put_model(&record))?;
        Ok(())
    }

    /// All models, oldest first; those that cannot be read are logged and left out.
    ///
    /// # Errors
    /// The store fails.
    pub fn list(&self) -> Result<Vec<Listed>, RegistryError> {
        let serving = self.promotions()?.pop().flatten();
        let read = |record: ModelRecord| match decode(&record) {
            Ok(model) => Some(Listed { serving: serving.as_deref() == Some(&model.version), model }),
            Err(error) => {
                tracing::error!(%error, "a model is left out");
                None
            }
        };
        Ok(self.store.models(LISTED_MAX)?.into_iter().filter_map(read).collect())
    }

    /// One model.
    ///
    /// # Errors
    /// There is none of this version, it cannot be read, or the store fails.
    pub fn get(&self, version: &str) -> Result<Model, RegistryError> {
        let record = self.store.model(version)?.ok_or_else(|| RegistryError::Unknown(version.to_owned()))?;
        decode(&record)
    }

    /// The model that serves; none where none was promoted.
    ///
    /// # Errors
    /// It cannot be read, its features are not those that are computed here, or the store fails.
    pub fn serving(&self) -> Result<Option<Model>, RegistryError> {
        let Some(version) = self.promotions()?.pop().flatten() else { return Ok(None) };
        let model = self.get(&version)?;
        model.check()?;
        Ok(Some(model))
    }

    /// Lets this version serve.
    ///
    /// # Errors
    /// There is none, its features are not those that are computed here, it is not better than chance and nobody insists, or
    /// the store fails.
    pub fn promote(&self, version: &str, insist: Insist) -> Result<Model, RegistryError> {
        let model = self.get(version)?;
        model.check()?;
        if insist == Insist::No && !model.is_better_than_chance() {
            let (year, auc) = (model.record.test_year, model.record.test.auc);
            return Err(RegistryError::NotBetterThanChance { version: version.to_owned(), year, auc });
        }
        let mut promotions = self.promotions()?;
        if promotions.last().and_then(Option::as_deref) != Some(version) {
            promotions.push(Some(version.to_owned()));
            self.keep(promotions)?;
        }
        Ok(model)
    }

    /// Lets no model serve, until one is promoted or this is rolled back. Which did.
    ///
    /// # Errors
    /// None serves, or the store fails.
    pub fn retire(&self) -> Result<String, RegistryError> {
        let mut promotions = self.promotions()?;
        let version = promotions.last().cloned().flatten().ok_or(RegistryError::NoneServes)?;
        promotions.push(None);
        self.keep(promotions)?;
        Ok(version)
    }

    /// Lets the model serve that served before.
    ///
    /// # Errors
    /// None did, its features are not those that are computed here, or the store fails.
    pub fn rollback(&self) -> Result<Model, RegistryError> {
        let mut promotions = self.promotions()?;
        promotions.pop();
        while promotions.last().is_some_and(Option::is_none) {
            promotions.pop();
        }
        let model = self.get(promotions.last().and_then(Option::as_deref).ok_or(RegistryError::NothingBefore)?)?;
        model.check()?;
        self.keep(promotions)?;
        Ok(model)
    }

    /// The versions that were let serve, the newest last; none where one was retired.
    fn promotions(&self) -> Result<Vec<Option<String>>, RegistryError> {
        let bytes = self.store.meta(PROMOTIONS)?.unwrap_or_else(|| b"[]".to_vec());
        serde_json::from_slice(&bytes).map_err(|e| unreadable(PROMOTIONS, &e))
    }

    fn keep(&self, mut promotions: Vec<Option<String>>) -> Result<(), RegistryError> {
        promotions.drain(..promotions.len().saturating_sub(PROMOTIONS_MAX));
        let bytes = serde_json::to_vec(&promotions).map_err(|e| unreadable(PROMOTIONS, &e))?;
        self.store.transact(|txn| txn.put_meta(PROMOTIONS, &bytes))?;
        Ok(())
    }
}

fn decode(record: &ModelRecord) -> Result<Model, RegistryError> {
    let model: Model = serde_json::from_slice(&record.artifact).map_err(|e| unreadable(&record.version, &e))?;
    let columns = model.preparation.columns.len();
    if model.weights.len() == columns && model.means.len() == columns && model.version == record.version {
        return Ok(model);
    }
    let why = format!("it has {columns} inputs and {} weights", model.weights.len());
    Err(RegistryError::Unreadable { version: record.version.clone(), why })
}

fn unreadable(version: &str, why: &serde_json::Error) -> RegistryError {
    RegistryError::Unreadable { version: version.to_owned(), why: why.to_string() }
}
