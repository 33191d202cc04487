//! The past as the API asks for it, from the store.

use std::sync::Arc;

use crate::api::{History, HistoryError, PitchPage, PitchPosition, PitchQuery, PitchSlice, Pitcher};
use crate::ids::PitcherId;
use crate::store::records::PitcherRecord;
use crate::store::{Cursor, Store, StoreError, Wanted};

/// Pitches that one question reads at most, some tens of milliseconds: a read transaction that lasts keeps the writer from
/// using freed pages again.
const VISITS_MAX: usize = 20_000;

#[derive(Debug)]
pub(super) struct StoreHistory {
    store: Arc<Store>,
    visits: usize,
}

impl StoreHistory {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store, visits: VISITS_MAX }
    }

    fn describe(&self, record: PitcherRecord) -> Result<Pitcher, StoreError> {
        let appearances = self.store.appearances_of(record.id, "0001-01-01", "9999-12-31")?;
        let mut seasons: Vec<i16> = appearances.iter().filter_map(|a| a.game_date.get(..4)?.parse().ok()).collect();
        seasons.dedup();
        Ok(Pitcher {
            id: PitcherId(record.id),
            name: record.name.unwrap_or_else(|| record.id.to_string()),
            team: record.team,
            throws: record.throws,
            seasons,
            pitches: appearances.iter().map(|a| u64::from(a.pitches)).sum(),
            last_game_date: appearances.last().map(|a| a.game_date.clone()).or(record.last_date),
        })
    }
}

impl From<StoreError> for HistoryError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl History for StoreHistory {
    fn pitchers(&self, team: Option<&str>, season: Option<i16>) -> Result<Vec<Pitcher>, HistoryError> {
        let mut out = Vec::new();
        for record in self.store.pitchers()? {
            if team.is_some_and(|team| record.team.as_deref() != Some(team)) {
                continue;
            }
            let pitcher = self.describe(record)?;
            if season.is_none_or(|season| pitcher.seasons.contains(&season)) {
                out.push(pitcher);
            }
        }
        out.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        Ok(out)
    }

    fn pitcher(&self, id: PitcherId) -> Result<Option<Pitcher>, HistoryError> {
        let Some(record) = self.store.pitcher(id.0)? else { return Ok(None) };
        Ok(Some(self.describe(record)?))
    }

    fn pitches(&self, query: &PitchQuery) -> Result<PitchSlice, HistoryError> {
        let wanted = Wanted {
            pitcher: query.pitcher.map(|pitcher| pitcher.0),
            game_pk: query.game_pk.map(|game| game.0),
            limit: query.limit,
            visits: self.visits,
        };
        let at = |p: PitchPosition| Cursor { release_ns: p.release_ns, id: p.id };
        let found = match query.page {
            PitchPage::After(start) => self.store.pitches_after(at(start), wanted),
            PitchPage::Before(end) => self.store.pitches_before(at(end), wanted),
            PitchPage::Newest => self.store.pitches_before(Cursor::END, wanted),
        }?;
        let stopped_at = found.stopped_at.map(|c| PitchPosition { release_ns: c.release_ns, id: c.id });
        Ok(PitchSlice { pitches: found.pitches, stopped_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::live_pitch;
    use crate::ids::GamePk;
    use crate::store::StoreOptions;
    use crate::store::records::PitchRecord;

    fn pitch(i: u64) -> PitchRecord {
        PitchRecord { game_pk: if i % 10 == 3 { 7 } else { 8 }, ..live_pitch(1 + (i % 2) as u32, 1000 + i, i) }
    }

    #[test]
    fn a_call_looks_at_so_many_pitches_at_most_and_its_pages_still_reach_all_of_a_game() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        store.bulk(0..100, |txn, i| txn.put_pitch(&pitch(i)).map(drop)).expect("stored");
        let history = StoreHistory { store, visits: 8 };
        let start = PitchPage::After(PitchPosition { release_ns: 0, id: 0 });
        for (pitcher, first) in
            [(None, start), (None, PitchPage::Newest), (Some(2), start), (Some(2), PitchPage::Newest)]
        {
            let pitcher = pitcher.map(PitcherId);
            let mut query = PitchQuery { pitcher, game_pk: Some(GamePk(7)), page: first, limit: 3 };
            let (mut seen, mut calls) = (Vec::new(), 0);
            loop {
                let slice = history.pitches(&query).expect("read");
                calls += 1;
                seen.extend(slice.pitches.iter().map(|p| p.id));
                let Some(at) = slice.stopped_at else { break };
                query.page = if first == start { PitchPage::After(at) } else { PitchPage::Before(at) };
            }
            seen.sort_unstable();
            assert_eq!(seen, (0..10).map(|i| 10 * i + 3).collect::<Vec<_>>());
            assert_eq!(calls, if pitcher.is_some() { 7 } else { 13 });
        }
    }
}
