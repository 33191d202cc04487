//! Invented people and their season, for a stadium that throws at this box (`pitchguard simulate --history`).
//!
//! Nobody may take them for real: their names end with [`SIMULATED_MARK`], their club is [`SIMULATED_TEAM`], their pitches of the past
//! carry the flag [`SIMULATED`], and neither the league's baseline nor the risk model learns from them. A real person who has
//! the id of one of them is left alone, and so is a season that is there already.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::history::jobs::Outcome;
use crate::history::{self, Watcher};
use crate::ids::EventNs;
use crate::records::{PitchRecord, PitcherRecord, SIMULATED, SIMULATED_TEAM};
use crate::simulate::{Game, SIMULATED_MARK, Scenario, Settings, Stadium};
use crate::store::{Store, StoreError};
use crate::tracking::venue::Venue;

/// A season that reaches this near to the day serves on: none is put beside it.
const STILL_SERVES_DAYS: i64 = 30;

/// Whose season is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// The stadium's seed.
    pub seed: u64,
    /// What it plays: only those who throw in it are brought.
    pub scenario: Scenario,
    /// The day before which the season was.
    pub day: Date,
}

/// Stores the people and their season, and tells whom it brought.
///
/// # Errors
/// The store fails, or the day is none that a season can be before.
pub fn perform(store: &Store, season: &Season, watcher: &mut dyn Watcher) -> Result<Outcome, StoreError> {
    let midnight = |day: Date| {
        let moment = day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond();
        u64::try_from(moment).ok()
    };
    let why = || StoreError::Refused { table: "pitches", why: format!("no season was before {}", season.day) };
    let start = midnight(season.day).filter(|_| season.day.year() > 1970).ok_or_else(why)?;
    let since = midnight(season.day.saturating_sub(STILL_SERVES_DAYS.days())).unwrap_or(0);
    let settings = Settings { seed: season.seed, start: EventNs(start), ..Settings::default() };
    watcher.progress("inventing a season", 0, 1);
    let (people, pitches) = Stadium::new(&Venue::busch_iii(), &Game::Scenario(season.scenario), settings).past();

    let (mut brought, mut known, mut real) = (BTreeSet::new(), 0_usize, Vec::new());
    let mut taken = Vec::new();
    for person in people {
        match store.pitcher(person.id)? {
            Some(there) if !there.is_simulated() => real.push(there.name.unwrap_or_else(|| there.id.to_string())),
            _ if !store.pitches_of(person.id, since, start, 1)?.is_empty() => known += 1,
            _ => {
                brought.insert(person.id);
                taken.push(marked(person));
            }
        }
    }
    let pitches: Vec<PitchRecord> = pitches.into_iter().filter_map(|pitch| of(pitch, &brought)).collect();
    store.bulk(&taken, |txn, person| txn.put_pitcher(person).map(drop))?;
    store.bulk(&pitches, |txn, pitch| txn.put_pitch(pitch).map(drop))?;
    let seasons = pitches.iter().filter_map(|p| Some((p.pitcher?, history::season_of(&p.game_date)?)));
    history::rebuild_all(store, &seasons.collect(), &history::GameTypes::new())?;
    let said = format!(
        "{} simulated pitchers brought with {} pitches of the past; {known} were there already\n",
        taken.len(),
        pitches.len()
    );
    let undone = (!real.is_empty())
        .then(|| format!("{} have the ids of simulated pitchers and were left alone", real.join(", ")));
    Ok(Outcome { undone, ..Outcome::said(said) })
}

fn marked(person: PitcherRecord) -> PitcherRecord {
    let name = person.name.map(|name| name + SIMULATED_MARK);
    PitcherRecord { name, team: Some(SIMULATED_TEAM.to_owned()), ..person }
}

fn of(mut pitch: PitchRecord, brought: &BTreeSet<u32>) -> Option<PitchRecord> {
    brought.contains(&pitch.pitcher?).then(|| {
        pitch.flags.push(SIMULATED.to_owned());
        pitch
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Unwatched;
    use crate::ids::PitcherId;
    use crate::store::StoreOptions;

    const SEASON: Season = Season { seed: 1, scenario: Scenario::Closer, day: jiff::civil::date(2026, 6, 11) };
    const CLOSER: u32 = 900_021;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        (dir, store)
    }

    #[test]
    fn a_simulated_season_gives_a_baseline_is_marked_everywhere_and_teaches_nobody_else() {
        let (_dir, store) = store();
        let outcome = perform(&store, &SEASON, &mut Unwatched).expect("stored");
        assert_eq!(outcome.undone, None, "{}", outcome.said);
        assert!(outcome.said.starts_with("1 simulated pitchers brought with 339 pitches"), "{}", outcome.said);
        let person = store.pitcher(CLOSER).expect("read").expect("brought");
        assert_eq!(person.name.as_deref(), Some("Marcus Bellweather (simulated)"));
        assert_eq!(person.team.as_deref(), Some("SIM"));
        let pitches = store.pitches_of(CLOSER, 0, u64::MAX, usize::MAX).expect("read");
        assert!(pitches.len() == 339 && pitches.iter().all(|p| p.flags.contains(&SIMULATED.to_owned())));
        let baseline = history::baseline_before(&store, PitcherId(CLOSER), "2026-06-11").expect("read");
        let fastball = baseline.types.iter().find(|t| t.pitch_type.as_str() == "FF").expect("he throws one");
        let speed = fastball.release_speed.expect("thrown often enough").mean;
        assert!((speed - 97.0).abs() < 0.5, "{speed}");
        assert!(store.baselines_of(0, 2026).expect("read").is_empty(), "the league learns nothing of him");
        assert!(crate::risk::stored::all(&store).expect("read").series.is_empty(), "nor does the risk model");
    }

    #[test]
    fn it_comes_once_and_a_real_person_of_that_id_is_left_alone() {
        let (_dir, store) = store();
        perform(&store, &SEASON, &mut Unwatched).expect("stored");
        let later = Season { day: jiff::civil::date(2026, 6, 20), seed: 2, ..SEASON };
        let again = perform(&store, &later, &mut Unwatched).expect("read");
        assert!(
            again.said.contains("0 simulated pitchers brought with 0 pitches of the past; 1 were"),
            "{}",
            again.said
        );

        let (_dir, other) = self::store();
        let real = PitcherRecord { id: CLOSER, name: Some("Real Man".to_owned()), ..PitcherRecord::default() };
        other.transact(|txn| txn.put_pitcher(&real)).expect("stored");
        let outcome = perform(&other, &SEASON, &mut Unwatched).expect("read");
        assert!(outcome.undone.is_some_and(|why| why.contains("Real Man")), "{}", outcome.said);
        assert_eq!(other.pitcher(CLOSER).expect("read"), Some(real));
        assert!(other.pitches_of(CLOSER, 0, u64::MAX, 1).expect("read").is_empty());
    }
}
