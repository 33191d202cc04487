//! The past as the API asks for it, from the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::history::{DayRange, History, HistoryError, PitchPage, PitchPosition, PitchQuery, PitchSlice, Pitcher};
use crate::features::baseline::PitcherBaseline;
use crate::history;
use crate::history::teams::canonical;
use crate::ids::PitcherId;
use crate::records::{AppearanceRecord, Origin, PitchRecord, PitcherRecord};
use crate::risk::anomaly::Anomaly;
use crate::risk::unusual;
use crate::store::{Cursor, Store, StoreError, Wanted};
use crate::workload::{self, Roles, WorkloadReport};

/// Pitches that one question reads at most, some tens of milliseconds: a read transaction that lasts keeps the writer from
/// using freed pages again.
const VISITS_MAX: usize = 20_000;

#[derive(Debug)]
pub(crate) struct StoreHistory {
    store: Arc<Store>,
    visits: usize,
    roles: Roles,
}

impl StoreHistory {
    pub(crate) fn new(store: Arc<Store>, roles: Roles) -> Self {
        Self { store, visits: VISITS_MAX, roles }
    }

    /// His appearances of these days, and the games measured here that nobody has summed up yet.
    fn outings(&self, pitcher: u32, first: Date, last: Date) -> Result<Vec<AppearanceRecord>, StoreError> {
        let mut outings = self.store.appearances_of(pitcher, &first.to_string(), &last.to_string())?;
        let newest = self.store.newest_appearance_of(pitcher)?;
        // By day: an imported appearance has no times, and a park's date and that of a release in UTC are a day apart at most.
        let midnight = |date: Date| u64::try_from(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond()).ok();
        let newest: Option<Date> = newest.and_then(|a| a.game_date.parse().ok());
        let since = newest.and_then(|date| midnight(date.saturating_sub(1.day()))).unwrap_or(0);
        let mut unsummed: BTreeMap<(String, u32), AppearanceRecord> = BTreeMap::new();
        for pitch in self.store.pitches_of(pitcher, since, u64::MAX, self.visits)? {
            let date: Option<Date> = pitch.game_date.parse().ok();
            let wanted = date.is_some_and(|date| (first..=last).contains(&date));
            if wanted && pitch.origin == Origin::Live && pitch.mound == 0 {
                let key = (pitch.game_date.clone(), pitch.game_pk);
                let outing = unsummed.entry(key).or_insert_with(|| AppearanceRecord {
                    pitcher,
                    game_date: pitch.game_date,
                    game_pk: pitch.game_pk,
                    ..AppearanceRecord::default()
                });
                outing.pitches += 1;
            }
        }
        // Of a game that goes on though it was summed up, more is measured than the sum knows.
        for (_, outing) in unsummed {
            match outings.iter_mut().find(|a| (&a.game_date, a.game_pk) == (&outing.game_date, outing.game_pk)) {
                Some(known) => known.pitches = outing.pitches.max(known.pitches),
                None => outings.push(outing),
            }
        }
        Ok(outings)
    }

    fn all_outings(&self, pitcher: u32) -> Result<Vec<AppearanceRecord>, StoreError> {
        self.outings(pitcher, Date::constant(1, 1, 1), Date::constant(9999, 12, 31))
    }

    /// Up to which day it is known who pitched: a while after the newest game that the box knows of anybody.
    fn known_to(&self) -> Result<Option<Date>, StoreError> {
        let imported = self.store.pitchers()?.into_iter().filter_map(|person| person.last_date).max();
        let newest = Wanted { pitcher: None, game_pk: None, limit: 1, visits: 1 };
        let measured = self.store.pitches_before(Cursor::END, newest)?.pitches.pop().map(|pitch| pitch.game_date);
        let newest: Option<Date> = imported.max(measured).and_then(|date| date.parse().ok());
        Ok(newest.map(|date| date.saturating_add(workload::KNOWN_FOR_D.days())))
    }

    fn describe(&self, record: PitcherRecord) -> Result<Pitcher, StoreError> {
        let outings = self.all_outings(record.id)?;
        let season = |outing: &AppearanceRecord| outing.game_date.get(..4)?.parse().ok();
        let seasons: BTreeSet<i16> = outings.iter().filter_map(season).collect();
        let pitches = outings.iter().filter(|a| !a.is_means_only()).map(|a| u64::from(a.pitches)).sum();
        let last = outings.into_iter().map(|a| a.game_date).max();
        Ok(Pitcher {
            id: PitcherId(record.id),
            name: record.name.unwrap_or_else(|| record.id.to_string()),
            team: record.team.as_deref().map(canonical),
            throws: record.throws,
            seasons: seasons.into_iter().collect(),
            pitches: Some(pitches).filter(|pitches| *pitches > 0),
            last_game_date: last.max(record.last_date),
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
        let team = team.map(canonical);
        for record in self.store.known_pitchers()? {
            if team.as_ref().is_some_and(|team| record.team.as_deref().map(canonical).as_ref() != Some(team)) {
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
        let Some(record) = self.store.known_pitcher(id.0)? else { return Ok(None) };
        Ok(Some(self.describe(record)?))
    }

    fn latest_outing(&self, id: PitcherId) -> Result<Option<Anomaly>, HistoryError> {
        Ok(unusual::latest_outing(&self.store, id.0)?)
    }

    fn anomalies(&self, pitches: &[PitchRecord]) -> Result<Vec<Option<Anomaly>>, HistoryError> {
        Ok(unusual::of_pitches(&self.store, pitches)?)
    }

    fn baseline(&self, id: PitcherId, day: Date) -> Result<Option<PitcherBaseline>, HistoryError> {
        if self.store.known_pitcher(id.0)?.is_none() {
            return Ok(None);
        }
        let day = day.to_string();
        // Before baseball was played nothing is usual.
        if history::season_of(&day).is_none() {
            return Ok(Some(PitcherBaseline { pitcher: id, types: Vec::new() }));
        }
        Ok(Some(history::baseline_before(&self.store, id, &day)?))
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

    fn workload(&self, id: PitcherId, days: DayRange) -> Result<Option<WorkloadReport>, HistoryError> {
        if self.store.known_pitcher(id.0)?.is_none() {
            return Ok(None);
        }
        let outings = self.all_outings(id.0)?;
        let end = days.end;
        let start = days.start.unwrap_or_else(|| end.saturating_sub(workload::RANGE_D.days())).min(end);
        let told = history::roster::told(&self.store, id.0)?.and_then(|told| told.role);
        let until = workload::Until { known_to: self.known_to()?.unwrap_or(end), today: days.today };
        Ok(Some(workload::report_of(id, &outings, (start, end), until, &self.roles, told)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::StoreProfiles;
    use crate::daemon::live_pitch;
    use crate::ids::GamePk;
    use crate::pipeline::Profiles;
    use crate::store::StoreOptions;

    const ROLES: Roles = Roles { starter_pitches_min: 45, starter_cap: 100.0, reliever_cap: 25.0 };

    const TODAY: DayRange = {
        let today = Date::constant(2027, 1, 15);
        DayRange { start: None, end: today, today }
    };

    fn pitch(i: u64) -> PitchRecord {
        PitchRecord { game_pk: if i % 10 == 3 { 7 } else { 8 }, ..live_pitch(1 + (i % 2) as u32, 1000 + i, i) }
    }

    #[test]
    fn a_call_looks_at_so_many_pitches_at_most_and_its_pages_still_reach_all_of_a_game() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        store.bulk(0..100, |txn, i| txn.put_pitch(&pitch(i)).map(drop)).expect("stored");
        let history = StoreHistory { visits: 8, ..StoreHistory::new(store, ROLES) };
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

    #[test]
    fn a_game_measured_here_counts_on_the_day_of_an_imported_one_whose_time_is_made_up() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        let person = PitcherRecord { id: 5, ..PitcherRecord::default() };
        let day = 1_800_000_000_000_000_000;
        // The first game of a doubleheader came as a file, under times until late in the evening.
        let imported = AppearanceRecord {
            pitcher: 5,
            game_date: "2027-01-15".to_owned(),
            game_pk: 6,
            pitches: 12,
            first_ns: day + 30_000_000_000_000,
            last_ns: day + 40_000_000_000_000,
            ..AppearanceRecord::default()
        };
        store
            .transact(|txn| {
                txn.put_pitcher(&person)?;
                txn.put_appearance(&imported)?;
                (0..3).try_for_each(|i| txn.put_pitch(&live_pitch(5, day + i, day + i)).map(drop))
            })
            .expect("stored");
        let history = StoreHistory::new(store, ROLES);
        let report = history.workload(PitcherId(5), TODAY).expect("read").expect("he is known");
        assert_eq!(report.loads.last().map(|load| load.pitches), Some(15));
    }

    #[test]
    fn a_pitcher_is_told_with_todays_pitches_and_one_who_is_only_on_the_roster_with_none() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        let person = |id| PitcherRecord { id, ..PitcherRecord::default() };
        let day = 1_800_000_000_000_000_000;
        store
            .transact(|txn| {
                txn.put_pitcher(&person(5))?;
                txn.put_pitcher(&person(6))?;
                (0..3).try_for_each(|i| txn.put_pitch(&live_pitch(5, day + i, day + i)).map(drop))
            })
            .expect("stored");
        let history = StoreHistory::new(store, ROLES);
        let told = |id| history.pitcher(PitcherId(id)).expect("read").expect("he is known");
        assert_eq!((told(5).pitches, told(5).last_game_date.as_deref()), (Some(3), Some("2027-01-15")));
        assert_eq!(told(5).seasons, [2027]);
        assert_eq!((told(6).pitches, told(6).last_game_date), (None, None));
    }

    #[test]
    fn who_is_on_no_list_is_known_by_what_he_threw() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        let day = 1_800_000_000_000_000_000;
        store
            .transact(|txn| {
                txn.put_pitcher(&PitcherRecord { id: 6, ..PitcherRecord::default() })?;
                txn.put_pitch(&PitchRecord { pitcher: None, ..live_pitch(5, day - 1, day - 1) })?;
                (0..3).try_for_each(|i| txn.put_pitch(&live_pitch(5, day + i, day + i)).map(drop))?;
                txn.put_pitch(&live_pitch(u32::MAX, day + 9, day + 9)).map(drop)
            })
            .expect("stored");
        let history = StoreHistory::new(Arc::clone(&store), ROLES);
        let listed = history.pitchers(None, None).expect("read");
        let known: BTreeSet<_> = listed.iter().map(|one| (one.id.0, one.pitches)).collect();
        assert_eq!(known, BTreeSet::from([(5, Some(3)), (6, None), (u32::MAX, Some(1))]), "and nobody is nobody");
        let told = history.pitcher(PitcherId(5)).expect("read").expect("he threw");
        assert_eq!((told.name.as_str(), told.last_game_date.as_deref()), ("5", Some("2027-01-15")));
        let loads = history.workload(PitcherId(5), TODAY).expect("read").expect("he threw").loads;
        assert_eq!(loads.last().map(|load| load.pitches), Some(3));
        assert_eq!(history.pitcher(PitcherId(0)).expect("read"), None);
        assert_eq!(history.workload(PitcherId(7), TODAY).expect("read"), None);
        let today = crate::risk::Day::parse("2027-01-15").expect("a date");
        let service = crate::risk::service::RiskService::new(Arc::clone(&store), crate::risk::Config::default());
        let staff = service.staff(today).expect("read");
        let row = staff.rows.iter().find(|row| row.pitcher == 5).expect("he threw");
        assert_eq!((row.last_game_date.as_deref(), row.pitches_7d), (Some("2027-01-15"), Some(3)));
        assert_eq!(row.availability.first().and_then(|day| day.thrown), Some(3));
        crate::history::rebuild(&store, 5, 2027).expect("summed up");
        let later = service.staff(today.plus(1_000)).expect("read");
        let row = later.rows.iter().find(|row| row.pitcher == 5).expect("he threw");
        assert_eq!(
            (row.last_game_date.as_deref(), row.days_since_last),
            (Some("2027-01-15"), Some(1_000)),
            "however long ago"
        );
        assert_eq!((row.pitches_7d, row.availability.len()), (Some(0), 0));
    }

    #[test]
    fn a_game_that_no_mark_named_counts_the_same_in_every_load_today_tomorrow_and_summed_up() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        store.transact(|txn| txn.put_pitcher(&PitcherRecord { id: 5, ..PitcherRecord::default() })).expect("stored");
        let day = 1_800_000_000_000_000_000;
        for i in 0..3 {
            let pitch = PitchRecord { game_pk: 0, ..live_pitch(5, day + i, day + i) };
            store.transact(|txn| txn.put_pitch(&pitch)).expect("stored");
        }
        let counted = || {
            let report = StoreHistory::new(Arc::clone(&store), ROLES).workload(PitcherId(5), TODAY);
            let load = report.expect("read").expect("he is known").loads.last().map(|load| load.pitches);
            let mut profiles = StoreProfiles::new(Arc::clone(&store));
            let tomorrow = profiles.profile(PitcherId(5), jiff::civil::date(2027, 1, 16)).workload.past;
            (load, tomorrow)
        };
        assert_eq!(counted(), (Some(3), vec![(1, 3)]));
        let today = crate::risk::Day::parse("2027-01-15").expect("a date");
        let staff = crate::risk::stored::measured_here(&store, today).expect("read");
        assert_eq!(staff[&5].iter().map(|game| game.pitches).collect::<Vec<_>>(), [3]);
        crate::history::rebuild(&store, 5, 2027).expect("summed up");
        assert_eq!(counted(), (Some(3), vec![(1, 3)]), "each once");
    }

    #[test]
    fn a_workload_counts_games_that_nobody_has_summed_up_and_each_pitch_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        let person = PitcherRecord { id: 5, ..PitcherRecord::default() };
        store.transact(|txn| txn.put_pitcher(&person)).expect("stored");
        let hour = 3_600_000_000_000;
        let put = |ns: u64| store.transact(|txn| txn.put_pitch(&live_pitch(5, ns, ns))).expect("stored");
        let day = 1_800_000_000_000_000_000;
        for i in 0..3 {
            put(day + i);
        }
        let history = StoreHistory::new(Arc::clone(&store), ROLES);
        let pitches = || {
            let report = history.workload(PitcherId(5), TODAY).expect("read").expect("he is known");
            assert_eq!(report.end_date, "2027-01-15");
            report.loads.last().map(|load| load.pitches)
        };
        assert_eq!(pitches(), Some(3));
        crate::history::rebuild(&store, 5, 2027).expect("summed up");
        assert_eq!(pitches(), Some(3));
        put(day + hour);
        assert_eq!(pitches(), Some(4), "he goes on after the sum");
        let today = crate::risk::Day::parse("2027-01-15").expect("a date");
        let more = |day| crate::risk::stored::measured_here(&store, day).expect("read").remove(&5).unwrap_or_default();
        assert_eq!(
            more(today).iter().map(|game| game.pitches).collect::<Vec<_>>(),
            [1],
            "the staff's list adds what is new"
        );
        assert!(more(today.plus(-1)).is_empty(), "and nothing to the day before");
        assert_eq!(history.workload(PitcherId(6), TODAY).expect("read"), None);
    }
}
