//! Series from the store: what an outing left there becomes a game of the risk model.

use super::day::Day;
use super::series::{Appearance, Series};
use crate::store::records::AppearanceRecord;
use crate::store::{Store, StoreError};

/// All that the store knows of a pitcher; none where it knows no game of his. Placements are those of injury reports.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn series_of(store: &Store, pitcher: u32) -> Result<Option<Series>, StoreError> {
    let appearances = store.appearances_of(pitcher, "0001-01-01", "9999-12-31")?;
    if appearances.is_empty() {
        return Ok(None);
    }
    let name = store.pitcher(pitcher)?.and_then(|record| record.name).unwrap_or_default();
    let appearances = appearances.iter().map(appearance).collect();
    let mut series = Series { pitcher, name, appearances, ..Series::default() };
    series.settle();
    Ok(Some(series))
}

/// The series of every pitcher, ascending.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn all_series(store: &Store) -> Result<Vec<Series>, StoreError> {
    let mut all = Vec::new();
    for record in store.pitchers()? {
        all.extend(series_of(store, record.id)?);
    }
    Ok(all)
}

fn appearance(record: &AppearanceRecord) -> Appearance {
    let all = f64::from(record.pitches.max(1));
    Appearance {
        day: Day::parse(&record.game_date),
        pitches: record.pitches,
        release_speed: record.release_speed,
        effective_speed: None,
        release_spin_rate: record.release_spin_rate,
        mix: record.types.iter().map(|t| (t.pitch_type.clone(), f64::from(t.pitches) / all)).collect(),
    }
}
