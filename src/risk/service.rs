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
use super::day::Day;
use super::features::Snapshot;
use super::model::Model;
use super::registry::{Listed, Registry, RegistryError};
use super::respond::{Assessment, NoAssessment, assess};
use super::series::Series;
use super::stored;
use crate::readiness::InjuryRisk;
use crate::store::{Store, StoreError};

/// Live snapshots kept for drift, the latest.
const LIVE_SNAPSHOTS_MAX: usize = 2000;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RiskError {
    /// No model serves.
    #[error("no model serves: run `pitchguard train`, then `pitchguard model promote`")]
    NoModel,
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
    config: Config,
    cache: Mutex<Cache>,
    live: Mutex<VecDeque<Snapshot>>,
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
        let model = registry.serving().unwrap_or_else(|error| {
            tracing::error!(%error, "no risk model serves");
            None
        });
        Self {
            store,
            registry,
            model: ArcSwapOption::new(model.map(Arc::new)),
            config,
            cache: Mutex::default(),
            live: Mutex::default(),
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

    /// A pitcher's risk as of the end of `day`, or of the day of his latest game where it is left open.
    ///
    /// # Errors
    /// No model serves, he is unknown, too little is known of him, or the store fails.
    pub fn assess(&self, pitcher: u32, day: Option<Day>) -> Result<Arc<Assessment>, RiskError> {
        let told = self.look_up(pitcher, day);
        let outcome = match &told {
            Ok((_, false)) => 0,
            Ok((_, true)) => 1,
            Err(_) => 2,
        };
        self.asked[outcome].fetch_add(1, Ordering::Relaxed);
        told.map(|(answer, _)| answer)
    }

    /// Assessments so far: made, taken from the cache, not to be had.
    pub fn counts(&self) -> [(&'static str, u64); 3] {
        let [made, cached, none] = self.asked.each_ref().map(|count| count.load(Ordering::Relaxed));
        [("made", made), ("cached", cached), ("none", none)]
    }

    /// The answer, and whether it was known.
    fn look_up(&self, pitcher: u32, day: Option<Day>) -> Result<(Arc<Assessment>, bool), RiskError> {
        let model = self.model().ok_or(RiskError::NoModel)?;
        let series = stored::series_of(&self.store, pitcher)?.ok_or(RiskError::UnknownPitcher(pitcher))?;
        let latest = series.appearances.iter().filter_map(|a| a.day).next_back();
        let day = day.or(latest).ok_or(RiskError::UnknownPitcher(pitcher))?;
        let made = Made { version: model.version.clone(), digest: digest(&series) };
        if let Some((kept, answer)) = lock(&self.cache).kept.get(&(pitcher, day))
            && *kept == made
        {
            return Ok((Arc::clone(answer), true));
        }
        let answer = Arc::new(assess(&model, &series, day, &self.config)?);
        if latest == Some(day) {
            self.remember(Snapshot::of(&series, day));
        }
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

    /// What the live path shows on `day`: as of the end of the day before; none where nothing can be told.
    pub fn before(&self, pitcher: u32, day: Day) -> Option<InjuryRisk> {
        match self.assess(pitcher, Some(day.plus(-1))) {
            Ok(told) => Some(InjuryRisk {
                index: told.risk_index,
                probability: told.probability,
                model_version: told.model_version.clone(),
            }),
            Err(RiskError::Store(error)) => {
                tracing::error!(%error, "no injury risk for a pitcher");
                None
            }
            Err(_) => None,
        }
    }

    /// Snapshots of latest games that were asked about, for drift.
    pub fn live_snapshots(&self) -> Vec<Snapshot> {
        lock(&self.live).iter().cloned().collect()
    }

    fn remember(&self, snapshot: Option<Snapshot>) {
        let Some(snapshot) = snapshot else { return };
        let mut live = lock(&self.live);
        live.retain(|known| (known.pitcher, known.day) != (snapshot.pitcher, snapshot.day));
        if live.len() >= LIVE_SNAPSHOTS_MAX {
            live.pop_front();
        }
        live.push_back(snapshot);
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
    pub fn promote(&self, version: &str) -> Result<Arc<Model>, RegistryError> {
        let _changing = lock(&self.changing);
        let model = Arc::new(self.registry.promote(version)?);
        self.model.store(Some(Arc::clone(&model)));
        Ok(model)
    }

    /// Lets the version serve again that did before, at once.
    ///
    /// # Errors
    /// As [`Registry::rollback`]; the model in force stays.
    pub fn rollback(&self) -> Result<Arc<Model>, RegistryError> {
        let _changing = lock(&self.changing);
        let model = Arc::new(self.registry.rollback()?);
        self.model.store(Some(Arc::clone(&model)));
        Ok(model)
    }
}

/// A digest of all that is known of a pitcher.
fn digest(series: &Series) -> u64 {
    let mut hasher = DefaultHasher::new();
    let bits = |x: Option<f64>| x.map(f64::to_bits);
    series.born.hash(&mut hasher);
    for a in &series.appearances {
        (a.day, a.pitches, bits(a.release_speed), bits(a.effective_speed), bits(a.release_spin_rate)).hash(&mut hasher);
        a.mix.iter().for_each(|(kind, share)| (kind, share.to_bits()).hash(&mut hasher));
    }
    for p in &series.placements {
        (p.announced, p.retroactive, p.surgery, p.returned, p.part).hash(&mut hasher);
    }
    hasher.finish()
}
