//! Games kept under a local id, until an import tells whose they are: in whatever order files come, the same is known.

use std::collections::BTreeSet;

use super::changed;
use super::outings::season_of;
use super::people::{LOCAL_ID_MIN, People, Whose};
use crate::records::{AppearanceRecord, PitcherRecord};
use crate::store::{Store, StoreError};

/// Gives games under local ids to those whom their names turned out to mean, and takes out those whose name turned out to
/// be several people's. Call it after an import that told of people.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub(super) fn settle(store: &Store) -> Result<(), StoreError> {
    let people = People::of(store)?;
    for person in people.by_id.values().filter(|person| person.id >= LOCAL_ID_MIN) {
        match person.name.as_deref().map(|name| people.whose(name)) {
            Some(Whose::Known(id)) => move_over(store, person, id)?,
            Some(Whose::Several(_)) => forget(store, person.id)?,
            Some(Whose::Local(_)) | None => {}
        }
    }
    Ok(())
}

fn move_over(store: &Store, local: &PitcherRecord, id: u32) -> Result<(), StoreError> {
    let known = games_of(store, id)?;
    let days: BTreeSet<&str> = known.iter().map(|a| a.game_date.as_str()).collect();
    let mut seasons = BTreeSet::new();
    store.bulk(games_of(store, local.id)?, |txn, game| {
        txn.remove_appearance(&game)?;
        if !days.contains(game.game_date.as_str()) {
            seasons.extend(season_of(&game.game_date).map(|season| (id, season)));
            txn.put_appearance(&AppearanceRecord { pitcher: id, ..game })?;
        }
        Ok(())
    })?;
    let person = store.pitcher(id)?.unwrap_or_default();
    let person = PitcherRecord {
        id,
        birth_date: earlier(person.birth_date, local.birth_date.clone()),
        last_date: person.last_date.max(local.last_date.clone()),
        ..person
    };
    store.transact(|txn| {
        txn.put_pitcher(&person)?;
        txn.remove_pitcher(local.id).map(drop)
    })?;
    changed::note(store, &seasons)
}

fn forget(store: &Store, local: u32) -> Result<(), StoreError> {
    store.bulk(games_of(store, local)?, |txn, game| txn.remove_appearance(&game).map(drop))?;
    store.transact(|txn| txn.remove_pitcher(local).map(drop))
}

fn games_of(store: &Store, pitcher: u32) -> Result<Vec<AppearanceRecord>, StoreError> {
    store.appearances_of(pitcher, "0001-01-01", "9999-12-31")
}

/// Of two days of birth, told by ages that are rounded, always the same one.
pub(super) fn earlier(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
