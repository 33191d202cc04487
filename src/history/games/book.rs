//! The records of games, as they are stored.

use std::collections::BTreeMap;

use super::Game;
use crate::store::{Put, Store, StoreError, Transaction, game_name as name};

/// Layout of the bytes.
const LAYOUT: u8 = 1;

/// What is known of a game; none where nothing is.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub(in crate::history) fn of_store(store: &Store, game_pk: u32) -> Result<Option<Game>, StoreError> {
    let Some(bytes) = store.meta(&name(game_pk))? else { return Ok(None) };
    match bytes.split_first() {
        Some((&LAYOUT, rest)) => {
            postcard::from_bytes(rest).map(Some).map_err(|error| corrupt(game_pk, &error.to_string()))
        }
        _ => Err(corrupt(game_pk, "its layout is unknown to this version")),
    }
}

fn corrupt(game_pk: u32, why: &str) -> StoreError {
    StoreError::Corrupt { table: "meta", key: name(game_pk), why: why.to_owned() }
}

/// Keeps what is known of a game.
///
/// # Errors
/// The store fails.
pub(in crate::history) fn put(txn: &mut Transaction<'_>, game_pk: u32, game: &Game) -> Result<Put, StoreError> {
    let bytes = postcard::to_extend(game, vec![LAYOUT]).expect("numbers go into memory");
    txn.put_meta(&name(game_pk), &bytes)
}

/// Games that are looked at together.
pub(in crate::history) struct Book<'s> {
    store: &'s Store,
    games: BTreeMap<u32, Option<Game>>,
    changed: BTreeMap<u32, Game>,
}

impl<'s> Book<'s> {
    pub(in crate::history) fn new(store: &'s Store) -> Self {
        Self { store, games: BTreeMap::new(), changed: BTreeMap::new() }
    }

    pub(in crate::history) fn store(&self) -> &'s Store {
        self.store
    }

    /// What is known of a game.
    ///
    /// # Errors
    /// The store fails or holds a corrupt record.
    pub(in crate::history) fn game(&mut self, game_pk: u32) -> Result<Option<&Game>, StoreError> {
        if !self.games.contains_key(&game_pk) {
            self.games.insert(game_pk, of_store(self.store, game_pk)?);
        }
        Ok(self.games[&game_pk].as_ref())
    }

    /// Puts another in its place.
    pub(in crate::history) fn replace(&mut self, game_pk: u32, game: Game) {
        self.changed.insert(game_pk, game.clone());
        self.games.insert(game_pk, Some(game));
    }

    /// What is to be stored; nothing is remembered any longer.
    pub(in crate::history) fn take_changed(&mut self) -> BTreeMap<u32, Game> {
        self.games.clear();
        std::mem::take(&mut self.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Outcome, Slot};
    use super::*;

    #[test]
    fn the_bytes_of_a_game_hold_still() {
        let mut game = Game { year: 2023, whole: true, ..Game::default() };
        let slot = Slot {
            half: Some(19),
            outs: Some(2),
            balls: Some(3),
            strikes: Some(1),
            on_first: Some(true),
            batter: Some(600_001),
            outcome: Some(Outcome::Over(1)),
            ..Slot::of(700_001)
        };
        game.tell((75, 6), slot);
        game.measured(700_002, &[(76, 1)].into());
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), crate::store::StoreOptions::default()).expect("it opens");
        store.transact(|txn| put(txn, 717_797, &game).map(drop)).expect("stored");
        let bytes = store.meta("game/717797").expect("read").expect("there");
        assert_eq!(
            bytes,
            [
                1, 231, 15, 1, 2, 75, 6, 225, 220, 42, 0, 1, 193, 207, 36, 1, 1, 0, 1, 19, 1, 2, 1, 3, 1, 1, 1, 1, 1,
                3, 1, 76, 1, 226, 220, 42, 1, 226, 220, 42, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
            ]
        );
        assert_eq!(of_store(&store, 717_797).expect("read"), Some(game));
        store.transact(|txn| txn.put_meta("game/5", &[9, 1]).map(drop)).expect("stored");
        assert!(of_store(&store, 5).is_err(), "of a version to come");
    }
}
