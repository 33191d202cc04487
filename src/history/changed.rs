//! Whose seasons have changed since features were last made of them: kept in the store, so that an ETL run that breaks
//! off, and one that comes days later, knows what is to be done.

use std::collections::BTreeSet;

use crate::store::{Store, StoreError};

const NAME: &str = "etl/changed";
/// Bytes of a pitcher and a season.
const ENTRY: usize = 6;

/// Pitchers and seasons that have changed.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn changed(store: &Store) -> Result<BTreeSet<(u32, u16)>, StoreError> {
    let bytes = store.meta(NAME)?.unwrap_or_default();
    let entry = |e: &[u8]| (u32::from_be_bytes([e[0], e[1], e[2], e[3]]), u16::from_be_bytes([e[4], e[5]]));
    Ok(bytes.chunks_exact(ENTRY).map(entry).collect())
}

/// Adds to them. Nothing to add leaves the store as it is.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub(super) fn note(store: &Store, whose: &BTreeSet<(u32, u16)>) -> Result<(), StoreError> {
    if whose.is_empty() {
        return Ok(());
    }
    rewrite(store, |known| known.extend(whose))
}

/// Takes away those that have been dealt with.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub(super) fn settle(store: &Store, whose: &BTreeSet<(u32, u16)>) -> Result<(), StoreError> {
    rewrite(store, |known| known.retain(|one| !whose.contains(one)))
}

/// Within one write transaction, so that two who rewrite at once lose nothing of each other's.
fn rewrite(store: &Store, change: impl FnOnce(&mut BTreeSet<(u32, u16)>)) -> Result<(), StoreError> {
    store.transact(|txn| {
        let mut known = changed(store)?;
        change(&mut known);
        let mut bytes = Vec::with_capacity(known.len() * ENTRY);
        for (pitcher, season) in known {
            bytes.extend(pitcher.to_be_bytes());
            bytes.extend(season.to_be_bytes());
        }
        txn.put_meta(NAME, &bytes).map(drop)
    })
}
