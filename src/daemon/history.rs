//! The past as the API asks for it, from the store.

use std::sync::Arc;

use crate::api::{History, HistoryError, PitchPage, PitchPosition, PitchQuery, Pitcher};
use crate::ids::PitcherId;
use crate::store::records::{PitchRecord, PitcherRecord};
use crate::store::{Cursor, Store, StoreError};

#[derive(Debug)]
pub(super) struct StoreHistory {
    store: Arc<Store>,
}

impl StoreHistory {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store }
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

fn failed(error: StoreError) -> HistoryError {
    HistoryError::Failed(error.to_string())
}

impl History for StoreHistory {
    fn pitchers(&self, team: Option<&str>, season: Option<i16>) -> Result<Vec<Pitcher>, HistoryError> {
        let mut out = Vec::new();
        for record in self.store.pitchers().map_err(failed)? {
            if team.is_some_and(|team| record.team.as_deref() != Some(team)) {
                continue;
            }
            let pitcher = self.describe(record).map_err(failed)?;
            if season.is_none_or(|season| pitcher.seasons.contains(&season)) {
                out.push(pitcher);
            }
        }
        out.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        Ok(out)
    }

    fn pitcher(&self, id: PitcherId) -> Result<Option<Pitcher>, HistoryError> {
        let Some(record) = self.store.pitcher(id.0).map_err(failed)? else { return Ok(None) };
        self.describe(record).map(Some).map_err(failed)
    }

    fn pitches(&self, query: &PitchQuery) -> Result<Vec<PitchRecord>, HistoryError> {
        let game = query.game_pk.map(|g| g.0);
        let at = |p: PitchPosition| Cursor { release_ns: p.release_ns, id: p.id };
        match (query.pitcher, query.page) {
            (None, PitchPage::After(start)) => self.store.pitches_since(at(start), query.limit, game),
            (Some(pitcher), PitchPage::After(start)) => {
                let mut pitches = self.store.pitches_of(pitcher.0, start.release_ns, u64::MAX, usize::MAX);
                if let Ok(pitches) = &mut pitches {
                    pitches.retain(|p| query.fits(p));
                    query.cut(pitches);
                }
                pitches
            }
            (None, page) => self.store.latest_pitches(end(page), query.limit, game),
            (Some(pitcher), page) => self.store.latest_pitches_of(pitcher.0, end(page), query.limit, game),
        }
        .map_err(failed)
    }
}

fn end(page: PitchPage) -> Cursor {
    match page {
        PitchPage::Before(end) => Cursor { release_ns: end.release_ns, id: end.id },
        PitchPage::Newest | PitchPage::After(_) => Cursor::END,
    }
}
