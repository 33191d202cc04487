//! Serving: the model in force, a bounded cache, and what comes of asking.
//!
//! An answer is kept under pitcher and day, with the model and a digest of all that is known of the pitcher. It is given
//! again only where both are still the same, so that a promotion, a new game and a new injury report each make it stale.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;

use super::config::Config;
use super::coverage::Lists;
use super::day::Day;
use super::model::Model;
use super::monitor::{self, Watch};
use super::registry::{Insist, Listed, Registry, RegistryError};
use super::respond::{Assessment, NoAssessment, assess, probability};
use super::series::Series;
use super::{stored, words};
use crate::history::imports;
use crate::readiness::InjuryRisk;
use crate::store::{Store, StoreError};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RiskError {
    /// No model serves.
    #[error("no risk model serves: run `pitchguard train`, then `pitchguard model promote VERSION`")]
    NoModel,
    /// A model was promoted that cannot serve.
    #[error("the risk model that was promoted cannot serve: {0}")]
    CannotServe(String),
    /// Nobody by this id.
    #[error("the box knows no game of pitcher {0}; GET /api/pitchers lists whom it knows")]
    UnknownPitcher(u32),
    /// Too little is known of him by then.
    #[error(transparent)]
    NoAssessment(#[from] NoAssessment),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A pitcher, and what can be told of him or why nothing can.
pub type Told = (u32, Result<Arc<Assessment>, RiskError>);

/// What an answer was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    version: String,
    digest: u64,
}

#[derive(Debug, Default)]
struct Cache {
    kept: BTreeMap<(u32, Day), (Made, Arc<Assessment>)>,
    order: VecDeque<(u32, Day)>,
}

/// Risk as the API and the live path ask for it.
#[derive(Debug)]
pub struct RiskService {
    store: Arc<Store>,
    registry: Registry,
    model: ArcSwapOption<Model>,
    /// Why the promoted model does not serve, where it does not.
    unserved: ArcSwapOption<String>,
    /// The days that injured lists tell of, with the number of reports and imports that they were made from.
    lists: Mutex<Option<(u64, Vec<u8>, Lists)>>,
    config: Config,
    cache: Mutex<Cache>,
    /// The latest look at the model in force, or at one before it.
    watch: ArcSwapOption<Watch>,
    /// Assessments that were made, taken from the cache, and not to be had.
    asked: [AtomicU64; 3],
    /// Held while which model serves is changed.
    changing: Mutex<()>,
}

/// A poisoned lock guards plain values: they stay good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RiskService {
    /// Serves what the store's registry promoted. A model that cannot serve is logged, and none serves.
    pub fn new(store: Arc<Store>, config: Config) -> Self {
        let registry = Registry::new(Arc::clone(&store));
        let (model, unserved) = match registry.serving() {
            Ok(model) => (model, None),
            Err(error) => {
                tracing::error!(%error, "no risk model serves");
                (None, Some(Arc::new(error.to_string())))
            }
        };
        let watch = monitor::latest(&store).unwrap_or_else(|error| {
            tracing::error!(%error, "what is known of the risk model's drift cannot be read");
            None
        });
        Self {
            store,
            registry,
            model: ArcSwapOption::new(model.map(Arc::new)),
            unserved: ArcSwapOption::new(unserved),
            lists: Mutex::default(),
            config,
            cache: Mutex::default(),
            watch: ArcSwapOption::new(watch.map(Arc::new)),
            asked: Default::default(),
            changing: Mutex::default(),
        }
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The model in force.
    pub fn model(&self) -> Option<Arc<Model>> {
        self.model.load_full()
    }

    /// The model in force, or why there is none.
    pub(super) fn serving(&self) -> Result<Arc<Model>, RiskError> {
        self.model().ok_or_else(|| match self.unserved.load_full() {
            Some(why) => RiskError::CannotServe(why.to_string()),
            None => RiskError::NoModel,
        })
    }

    /// The days that the store's injured lists tell of. Read anew when reports came or went.
    pub(super) fn lists(&self) -> Result<Lists, StoreError> {
        let (count, imports) = (self.store.counts()?.injuries, imports(&self.store)?);
        let mut kept = lock(&self.lists);
        if let Some((of, after, lists)) = &*kept
            && (*of, after) == (count, &imports)
        {
            return Ok(lists.clone());
        }
        let lists = stored::lists(&self.store)?;
        *kept = Some((count, imports, lists.clone()));
        Ok(lists)
    }

    /// A pitcher's risk as of the end of `day`, or of the day of his latest game where it is left open.
    ///
    /// # Errors
    /// No model serves, he is unknown, too little is known of him, or the store fails.
    pub fn assess(&self, pitcher: u32, day: Option<Day>) -> Result<Arc<Assessment>, RiskError> {
        let told = self.lists().map_err(RiskError::from).and_then(|lists| self.look_up(pitcher, day, &lists));
        self.count(&told);
        told.map(|(answer, _)| answer)
    }

    /// The risk of each of these pitchers as of the end of `day`, or of the day of his latest game where it is left open.
    ///
    /// # Errors
    /// No model serves, or the store fails.
    pub fn assess_all(&self, pitchers: &[u32], day: Option<Day>) -> Result<Vec<Told>, RiskError> {
        let lists = self.lists()?;
        let one = |pitcher: &u32| {
            let told = self.look_up(*pitcher, day, &lists);
            self.count(&told);
            match told.map(|(answer, _)| answer) {
                Err(error @ (RiskError::UnknownPitcher(_) | RiskError::NoAssessment(_))) => Ok((*pitcher, Err(error))),
                Err(error) => Err(error),
                Ok(answer) => Ok((*pitcher, Ok(answer))),
            }
        };
        pitchers.iter().map(one).collect()
    }

    fn count(&self, told: &Result<(Arc<Assessment>, bool), RiskError>) {
        let outcome = match told {
            Ok((_, false)) => 0,
            Ok((_, true)) => 1,
            Err(_) => 2,
        };
        self.asked[outcome].fetch_add(1, Ordering::Relaxed);
    }

    /// Assessments so far: made, taken from the cache, not to be had.
    pub fn counts(&self) -> [(&'static str, u64); 3] {
        let [made, cached, none] = self.asked.each_ref().map(|count| count.load(Ordering::Relaxed));
        [("made", made), ("cached", cached), ("none", none)]
    }

    /// The answer, and whether it was known.
    fn look_up(&self, pitcher: u32, day: Option<Day>, lists: &Lists) -> Result<(Arc<Assessment>, bool), RiskError> {
        let model = self.serving()?;
        let series = stored::series_of(&self.store, pitcher, lists)?.ok_or(RiskError::UnknownPitcher(pitcher))?;
        let latest = series.appearances.iter().filter_map(|a| a.day).next_back();
        let day = day.or(latest).ok_or(RiskError::UnknownPitcher(pitcher))?;
        // What he may throw follows from all that he threw; what the model was trained with is of games that are over.
        let mut thrown = series.clone();
        thrown.appearances.extend(stored::measured_of(&self.store, pitcher, day)?);
        thrown.settle();
        let made = Made { version: model.version.clone(), digest: digest(&thrown) };
        if let Some((kept, answer)) = lock(&self.cache).kept.get(&(pitcher, day))
            && *kept == made
        {
            return Ok((Arc::clone(answer), true));
        }
        let answer = Arc::new(assess(&model, &series, &thrown, day, &self.config)?);
        let mut cache = lock(&self.cache);
        if cache.kept.insert((pitcher, day), (made, Arc::clone(&answer))).is_none() {
            cache.order.push_back((pitcher, day));
        }
        while cache.order.len() > self.config.cache_max {
            if let Some(oldest) = cache.order.pop_front() {
                cache.kept.remove(&oldest);
            }
        }
        Ok((answer, false))
    }

    /// His probability at the end of each of these days; none for a day of which nothing can be told, and none at all where
    /// the model is no better than chance.
    ///
    /// # Errors
    /// No model serves, or the store fails.
    pub fn probabilities(&self, pitcher: u32, days: &[Day]) -> Result<Vec<Option<f64>>, RiskError> {
        let (model, lists) = (self.serving()?, self.lists()?);
        let series = stored::series_of(&self.store, pitcher, &lists)?.filter(|_| model.is_better_than_chance());
        let Some(series) = series else { return Ok(vec![None; days.len()]) };
        Ok(days.iter().map(|day| probability(&model, &series, *day).ok()).collect())
    }

    /// What the live path shows on `day`: as of the end of the day before, or why nothing can be told.
    ///
    /// # Errors
    /// In a coach's words, why there is no risk.
    pub fn before(&self, pitcher: u32, day: Day) -> Result<InjuryRisk, String> {
        let told = match self.assess(pitcher, Some(day.plus(-1))) {
            Ok(told) => told,
            Err(RiskError::Store(error)) => {
                tracing::error!(%error, "no injury risk for a pitcher");
                return Err("the risk could not be read from the store; the log says more".to_owned());
            }
            Err(error) => return Err(words::absent(&error)),
        };
        match told.probability.zip(told.risk_index) {
            Some((probability, index)) => Ok(InjuryRisk {
                index,
                probability,
                base_rate: told.base_rate,
                coverage: told.coverage.sentence.clone(),
                model_version: told.model_version.clone(),
            }),
            None => Err(told.risk_absent.clone().unwrap_or_default()),
        }
    }

    /// The latest look at the model in force; none while nobody has looked at it.
    pub fn watch(&self) -> Option<Arc<Watch>> {
        let version = self.model()?.version.clone();
        self.watch.load_full().filter(|watch| watch.model_version == version)
    }

    pub(super) fn watched(&self, watch: Watch) {
        self.watch.store(Some(Arc::new(watch)));
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Keeps a model. It does not serve before it is promoted.
    ///
    /// # Errors
    /// The store fails.
    pub(super) fn register(&self, model: &Model) -> Result<(), RegistryError> {
        self.registry.register(model)
    }

    /// A registered model.
    ///
    /// # Errors
    /// As [`Registry::get`].
    pub(super) fn registered(&self, version: &str) -> Result<Model, RegistryError> {
        self.registry.get(version)
    }

    /// All registered models.
    ///
    /// # Errors
    /// The store fails.
    pub fn models(&self) -> Result<Vec<Listed>, RegistryError> {
        self.registry.list()
    }

    /// Lets another version serve, at once.
    ///
    /// # Errors
    /// As [`Registry::promote`]; the model in force stays.
    pub fn promote(&self, version: &str, insist: Insist) -> Result<Arc<Model>, RegistryError> {
        let _changing = lock(&self.changing);
        Ok(self.serve(self.registry.promote(version, insist)?))
    }

    fn serve(&self, model: Model) -> Arc<Model> {
        let model = Arc::new(model);
        self.model.store(Some(Arc::clone(&model)));
        self.unserved.store(None);
        model
    }

    /// Lets no model serve, at once. Which did.
    ///
    /// # Errors
    /// As [`Registry::retire`].
    pub fn retire(&self) -> Result<String, RegistryError> {
        let _changing = lock(&self.changing);
        let version = self.registry.retire()?;
        self.model.store(None);
        self.unserved.store(None);
        Ok(version)
    }

    /// Lets the version serve again that did before, at once.
    ///
    /// # Errors
    /// As [`Registry::rollback`]; the model in force stays.
    pub fn rollback(&self) -> Result<Arc<Model>, RegistryError> {
        let _changing = lock(&self.changing);
        Ok(self.serve(self.registry.rollback()?))
    }
}

/// A digest of all that is known of a pitcher.
fn digest(series: &Series) -> u64 {
    let mut hasher = DefaultHasher::new();
    let bits = |x: Option<f64>| x.map(f64::to_bits);
    series.born.hash(&mut hasher);
    series.lists.hash(&mut hasher);
    for a in &series.appearances {
        (a.day, a.pitches, a.missed, bits(a.release_speed), bits(a.effective_speed), bits(a.release_spin_rate))
            .hash(&mut hasher);
        a.mix.iter().for_each(|(kind, share)| (kind, share.to_bits()).hash(&mut hasher));
    }
    series.partial.iter().for_each(|a| a.day.hash(&mut hasher));
    for p in &series.placements {
        (p.announced, p.retroactive, p.surgery, p.returned, p.part).hash(&mut hasher);
    }
    hasher.finish()
}
