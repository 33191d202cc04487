//! Whether the model that serves is still fit: how far its inputs have moved since it was trained, and whether as many
//! placements came as it foretold. Looked at every night, and kept in the store.

use serde::{Deserialize, Serialize};

use super::dataset::seasons;
use super::day::Day;
use super::drift::{Moved, PSI_ALARM, Settled, settled};
use super::labels::outcome;
use super::model::Model;
use super::snapshots;
use super::stored::Known;
use crate::store::{Store, StoreError};

/// Days of pitching that inputs are compared over: two months, so that no month of the season is a drift by itself.
const LOOK_BACK_DAYS: i32 = 60;
/// From here on placements that came are not those that were foretold (see [`Settled::z`]).
pub const Z_FAULT: f64 = 6.0;
/// The name of the latest look in the store.
const NAME: &str = "risk.watch";

/// One look at a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// Which model.
    pub model_version: String,
    /// As of the end of this day.
    pub as_of: Day,
    /// Days of pitching whose inputs were compared.
    pub snapshots: usize,
    /// Its inputs, the farthest moved first; none while the days are too few to tell.
    pub inputs: Option<Vec<Moved>>,
    /// Placements since its training data ended; none where no 21 days are over since.
    pub settled: Option<Settled>,
}

impl Watch {
    /// Why the model is no longer fit, where it is not.
    pub fn fault(&self) -> Option<String> {
        let moved = self.inputs.iter().flatten().find(|m| m.psi >= PSI_ALARM);
        let missed = self.settled.filter(|s| s.z.abs() >= Z_FAULT);
        match (moved, missed) {
            (_, Some(s)) => {
                Some(format!("{:.0} placements came, {:.0} were foretold (z {:.1})", s.came, s.foretold, s.z))
            }
            (Some(m), None) => Some(format!("its input {} is another population (PSI {:.2})", m.feature, m.psi)),
            (None, None) => None,
        }
    }
}

/// Looks at a model as of the end of `as_of`, by the stored snapshots.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn look(store: &Store, model: &Model, known: &Known, as_of: Day) -> Result<Watch, StoreError> {
    let seasons = seasons(&known.series);
    let season = |day: Day| seasons.get(&day.year()).copied().filter(|s| s.has(day));
    let (mut recent, mut outcomes) = (Vec::new(), Vec::new());
    let from = model.record.data_end.plus(1).min(as_of.plus(1 - LOOK_BACK_DAYS));
    for series in &known.series {
        let told = snapshots::of_days_of_pitching(store, series, from, as_of)?;
        for snapshot in told.into_iter().filter(|s| season(s.day).is_some()) {
            let day = snapshot.day;
            if day > model.record.data_end
                && let Some(data_end) = known.data_end()
                && let Some(came) = outcome(series, day, season(day), data_end).target()
                && let Ok(score) = model.score(&snapshot)
            {
                outcomes.push((score.probability, came));
            }
            if day.since(as_of) > -LOOK_BACK_DAYS {
                recent.push(snapshot);
            }
        }
    }
    Ok(Watch {
        model_version: model.version.clone(),
        as_of,
        snapshots: recent.len(),
        inputs: model.reference.moved(&recent),
        settled: settled(&outcomes),
    })
}

/// The latest look; none where nobody has looked.
///
/// # Errors
/// The store fails.
pub fn latest(store: &Store) -> Result<Option<Watch>, StoreError> {
    Ok(store.meta(NAME)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Keeps a look.
///
/// # Errors
/// The store fails.
pub fn keep(store: &Store, watch: &Watch) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(watch).expect("a look is plain data");
    store.transact(|txn| txn.put_meta(NAME, &bytes).map(drop))
}
