//! From stored pitches to appearances, season sums and what to expect of a pitcher.
//!
//! Everything here is derived from the stored pitches and recomputed from them, never added to: the same pitches give
//! the same bytes, however often and in whatever order they were imported.

use std::collections::{BTreeMap, BTreeSet};

use super::games::{self, Book, Judged, Number};
use super::{changed, outliers};
use crate::features::baseline::{PitcherBaseline, Quantity, league_sums, resolve, season_sums};
use crate::ids::PitcherId;
use crate::records::{
    AppearanceRecord, BaselineRecord, DELIBERATE, Lack, Missed, Moments, Origin, PitchRecord, PitcherRecord, TypeSums,
    is_of_its_making,
};
use crate::store::summary::Summary;
use crate::store::{Put, Store, StoreError};

/// `game_type` by `game_pk`, as far as an import knows it.
pub type GameTypes = BTreeMap<u32, String>;

/// What the cloud is told of an appearance.
pub type Tell<'t> = dyn Fn(&AppearanceRecord) -> Option<Summary> + 't;

/// Pitcher-seasons whose changes are held in memory at once.
const REBUILD_AT_ONCE: usize = 64;

/// How often a pitcher-season is looked at in one rebuild at most: what contradicts itself must not go round for ever.
const LOOKS_MAX: u8 = 3;

/// Years that a game can be in.
pub const YEARS: std::ops::RangeInclusive<u16> = 1901..=2261;

/// What a rebuild does to the store.
enum Change {
    Mark(Box<PitchRecord>),
    RemovePitch(u64),
    Put(AppearanceRecord),
    Remove(AppearanceRecord),
    PutSums(BaselineRecord),
    RemoveSums(BaselineRecord),
}

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Appearances of the seasons looked at.
    pub appearances: u64,
    /// Values that are marked as outliers in them, by column.
    pub outliers: BTreeMap<&'static str, u64>,
    /// Pitchers and seasons of which an appearance is another now.
    pub changed: BTreeSet<(u32, u16)>,
    /// Stored pitches that went: a whole game does not have them, or this box measured them.
    pub taken_away: u64,
}

/// Recomputes one pitcher's appearances and season sums from the stored pitches of a season, then the league's. Call it
/// when an outing is over.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn rebuild(store: &Store, pitcher: u32, season: u16) -> Result<Rebuilt, StoreError> {
    rebuild_all(store, &BTreeSet::from([(pitcher, season)]), &GameTypes::new())
}

/// [`rebuild`] that queues what `tell` makes of each appearance that is another now, in the transaction that stores it.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn rebuild_telling(store: &Store, pitcher: u32, season: u16, tell: &Tell<'_>) -> Result<Rebuilt, StoreError> {
    rebuild_some(store, &BTreeSet::from([(pitcher, season)]), &GameTypes::new(), tell)
}

/// [`rebuild`] of many pitcher-seasons. `game_types` adds to what stored appearances know already.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn rebuild_all(store: &Store, whose: &BTreeSet<(u32, u16)>, game_types: &GameTypes) -> Result<Rebuilt, StoreError> {
    rebuild_some(store, whose, game_types, &|_| None)
}

fn rebuild_some(
    store: &Store,
    whose: &BTreeSet<(u32, u16)>,
    game_types: &GameTypes,
    tell: &Tell<'_>,
) -> Result<Rebuilt, StoreError> {
    let (mut looked, mut waiting): (BTreeMap<(u32, u16), u8>, _) = (BTreeMap::new(), whose.clone());
    let mut rebuilt = Rebuilt::default();
    let mut book = Book::new(store);
    while !waiting.is_empty() {
        let some: Vec<_> = waiting.iter().copied().take(REBUILD_AT_ONCE).collect();
        let mut changes = Vec::new();
        for one in some {
            waiting.remove(&one);
            *looked.entry(one).or_default() += 1;
            // What one man's pitches tell of a game may judge another's outing in another way.
            let others = derive(&mut book, one, game_types, &mut changes, &mut rebuilt)?;
            waiting.extend(others.into_iter().filter(|other| looked.get(other).is_none_or(|times| *times < LOOKS_MAX)));
        }
        apply(store, changes, tell, &mut rebuilt.changed)?;
        store.bulk(book.take_changed(), |txn, (game_pk, game)| games::put(txn, game_pk, &game).map(drop))?;
    }
    changed::note(store, &rebuilt.changed)?;
    let seasons: BTreeSet<_> = looked.keys().map(|(_, season)| *season).collect();
    seasons.into_iter().try_for_each(|season| rebuild_league(store, season))?;
    Ok(rebuilt)
}

/// The changes that bring one pitcher-season up to date. Whose else are to be looked at again.
fn derive(
    book: &mut Book<'_>,
    (pitcher, season): (u32, u16),
    game_types: &GameTypes,
    changes: &mut Vec<Change>,
    rebuilt: &mut Rebuilt,
) -> Result<BTreeSet<(u32, u16)>, StoreError> {
    let store = book.store();
    let old = store.appearances_of(pitcher, &format!("{season:04}-01-01"), &format!("{season:04}-12-31"))?;
    let known = old.iter().filter_map(|a| Some((a.game_pk, a.game_type.clone()?)));
    let mut types: GameTypes = known.collect();
    let missed: BTreeMap<_, _> = old.iter().map(|a| ((a.game_date.clone(), a.game_pk), a.missed.clone())).collect();
    let mut pitches = season_pitches(store, pitcher, season)?;
    let (others, judged) = settle_games(book, pitcher, &mut pitches, |gone| {
        rebuilt.taken_away += 1;
        changes.push(Change::RemovePitch(gone));
    })?;
    let marked = outliers::mark(&mut pitches, &mut rebuilt.outliers);
    changes.extend(marked.into_iter().map(|at| Change::Mark(Box::new(pitches[at].clone()))));
    let games: BTreeSet<_> = pitches.iter().map(|p| p.game_pk).collect();
    types.extend(games.iter().filter_map(|game| Some((*game, game_types.get(game)?.clone()))));

    let mut new = appearances(pitcher, &pitches, &types, &judged);
    for appearance in &mut new {
        // No pitch tells what was not seen.
        let known = missed.get(&(appearance.game_date.clone(), appearance.game_pk));
        appearance.missed = known.cloned().unwrap_or_default();
    }
    changes_of_sums(&store.baselines_of(pitcher, season)?, season_sums(pitcher, season, &new, None), changes);
    let kept: BTreeSet<_> = new.iter().map(|a| (a.game_date.clone(), a.game_pk)).collect();
    rebuilt.appearances += new.len() as u64;
    // Means of a day stay until its pitches are known.
    let days: BTreeSet<_> = new.iter().map(|a| a.game_date.clone()).collect();
    let gone = old.into_iter().filter(|a| {
        if a.is_means_only() { days.contains(&a.game_date) } else { !kept.contains(&(a.game_date.clone(), a.game_pk)) }
    });
    changes.extend(gone.map(Change::Remove));
    changes.extend(new.into_iter().map(Change::Put));
    Ok(others.into_iter().map(|other| (other, season)).collect())
}

/// Holds one pitcher's pitches against what is known of their games: takes out what a whole game does not have and what this box
/// measured besides, and tells of each game how his outing is judged, and who else is now judged in another way.
fn settle_games(
    book: &mut Book<'_>,
    pitcher: u32,
    pitches: &mut Vec<PitchRecord>,
    mut take_away: impl FnMut(u64),
) -> Result<(BTreeSet<u32>, BTreeMap<u32, Judged>), StoreError> {
    let mut of_games: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, pitch) in pitches.iter().enumerate().filter(|(_, p)| p.mound == 0 && p.game_pk != 0) {
        of_games.entry(pitch.game_pk).or_default().push(place);
    }
    let (mut others, mut judged, mut gone) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
    for (game_pk, places) in of_games {
        let is_live = |place: &&usize| pitches[**place].origin == Origin::Live;
        let known = book.game(game_pk)?;
        if known.is_none() && !places.iter().any(|place| is_live(&place)) {
            continue;
        }
        let before = known.cloned().unwrap_or_default();
        let mut after = before.clone();
        if after.year == 0 {
            after.year = season_of(&pitches[places[0]].game_date).unwrap_or(0);
        }
        let measured: BTreeSet<Number> = places.iter().filter(is_live).filter_map(|at| number(&pitches[*at])).collect();
        after.measured(pitcher, &measured);
        // Those that were renumbered at the source, after this box had measured them by the numbers of then.
        let by_number = |number: &&Number| {
            let is_his = |s: &games::Slot| s.measured_by == Some(pitcher) || (s.told && s.pitcher == pitcher);
            after.slots.get(number).is_some_and(is_his)
        };
        // Pitches, not numbers: marks may give one number twice, or none.
        let live = places.iter().filter(is_live).count();
        let mut alone = if after.whole { live - measured.iter().filter(by_number).count() } else { 0 };
        let mut filed: Vec<(Number, usize)> = places
            .iter()
            .filter(|place| !is_live(place))
            .filter_map(|place| Some((number(&pitches[*place])?, *place)))
            .collect();
        filed.sort_unstable();
        for (number, place) in filed {
            let slot = after.slots.get(&number);
            let is_his = slot.is_some_and(|slot| slot.pitcher == pitcher && slot.thrown && slot.measured_by.is_none());
            let is_foreign = if after.whole { !is_his } else { slot.is_some() && !is_his };
            let is_alone = !is_foreign && alone > 0;
            alone -= usize::from(is_alone);
            if is_foreign || is_alone {
                take_away(pitches[place].id);
                gone.insert(place);
            } else if slot.is_none() {
                after.tell(number, games::Slot::of(pitcher));
            }
        }
        if after != before {
            others.extend(after.differently_judged(&before));
            others.extend(
                before
                    .slots
                    .iter()
                    .filter(|(n, s)| s.pitcher != pitcher && measured.contains(n))
                    .map(|(_, s)| s.pitcher),
            );
        }
        if let Some(one) = after.judge().get(&pitcher) {
            judged.insert(game_pk, *one);
        }
        if after != before {
            book.replace(game_pk, after);
        }
    }
    others.remove(&pitcher);
    let mut place = 0;
    pitches.retain(|_| {
        place += 1;
        !gone.contains(&(place - 1))
    });
    Ok((others, judged))
}

/// Which number of which at-bat, where it has one.
fn number(pitch: &PitchRecord) -> Option<Number> {
    pitch.at_bat_number.zip(pitch.pitch_number).filter(|(at_bat, number)| *at_bat > 0 && *number > 0)
}

fn changes_of_sums(old: &[BaselineRecord], new: Vec<BaselineRecord>, changes: &mut Vec<Change>) {
    let gone = old.iter().filter(|o| !new.iter().any(|n| n.pitch_type == o.pitch_type));
    changes.extend(gone.cloned().map(Change::RemoveSums));
    changes.extend(new.into_iter().map(Change::PutSums));
}

fn apply(
    store: &Store,
    changes: Vec<Change>,
    tell: &Tell<'_>,
    changed: &mut BTreeSet<(u32, u16)>,
) -> Result<(), StoreError> {
    store.bulk(changes, |txn, change| {
        let game = match &change {
            Change::Put(a) | Change::Remove(a) => season_of(&a.game_date).map(|season| (a.pitcher, season)),
            Change::Mark(_) | Change::RemovePitch(_) | Change::PutSums(_) | Change::RemoveSums(_) => None,
        };
        let is_new = match change {
            Change::Mark(pitch) => matches!(txn.put_pitch(&pitch)?, Put::New | Put::Changed),
            Change::RemovePitch(id) => txn.remove_pitch(id)?,
            Change::Put(record) => {
                let is_new = txn.put_appearance(&record)? != Put::Unchanged;
                if let Some(summary) = tell(&record).filter(|_| is_new) {
                    txn.queue(&summary)?;
                }
                is_new
            }
            Change::Remove(record) => txn.remove_appearance(&record)?,
            Change::PutSums(record) => txn.put_baseline(&record)? != Put::Unchanged,
            Change::RemoveSums(record) => txn.remove_baseline(&record)?,
        };
        changed.extend(game.filter(|_| is_new));
        Ok(())
    })
}

/// Recomputes the league's sums of a season from its pitchers'.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn rebuild_league(store: &Store, season: u16) -> Result<(), StoreError> {
    let invented: BTreeSet<u32> =
        store.pitchers()?.into_iter().filter(PitcherRecord::is_simulated).map(|person| person.id).collect();
    let mut of_pitchers = store.baselines_of_season(season)?;
    of_pitchers.retain(|record| !invented.contains(&record.pitcher));
    let new = league_sums(season, &of_pitchers);
    let mut changes = Vec::new();
    changes_of_sums(&store.baselines_of(0, season)?, new, &mut changes);
    apply(store, changes, &|_| None, &mut BTreeSet::new())
}

/// What to expect of a pitcher in an outing on `game_date` (`YYYY-MM-DD`), from outings before that date only: this
/// season's, shrunk towards last season's, and that towards the league's of last season, else of this one.
///
/// # Errors
/// The date is none, or the store fails or holds a corrupt record.
pub fn baseline_before(store: &Store, pitcher: PitcherId, game_date: &str) -> Result<PitcherBaseline, StoreError> {
    let season = season_of(game_date).ok_or_else(|| StoreError::Refused {
        table: "baselines",
        why: format!("game_date `{game_date}` is no YYYY-MM-DD"),
    })?;
    let appearances = store.appearances_of(pitcher.0, &format!("{season:04}-01-01"), game_date)?;
    let sums = season_sums(pitcher.0, season, &appearances, Some(game_date));
    let last = store.baselines_of(pitcher.0, season - 1)?;
    let mut league = store.baselines_of(0, season - 1)?;
    if league.is_empty() {
        league = store.baselines_of(0, season)?;
    }
    Ok(resolve(pitcher, &sums, &last, &league))
}

/// The year of a `YYYY-MM-DD`, where nanoseconds since the Unix epoch reach it and baseball was played.
pub fn season_of(game_date: &str) -> Option<u16> {
    game_date.get(..4)?.parse().ok().filter(|year| YEARS.contains(year))
}

/// A season's stored pitches of one pitcher. The park's local date can be a day off the UTC release, so the range is a
/// day wider at both ends and the date decides.
fn season_pitches(store: &Store, pitcher: u32, season: u16) -> Result<Vec<PitchRecord>, StoreError> {
    const DAY_NS: u64 = 86_400_000_000_000;
    let january = |year: u16| {
        let days =
            jiff::civil::date(year as i16, 1, 1).since(jiff::civil::date(1970, 1, 1)).map_or(0, |s| s.get_days());
        u64::try_from(days).unwrap_or(0) * DAY_NS
    };
    let (from, to) = (january(season).saturating_sub(DAY_NS), january(season + 1) + DAY_NS);
    let mut pitches = store.pitches_of(pitcher, from, to, usize::MAX)?;
    pitches.retain(|p| season_of(&p.game_date) == Some(season));
    Ok(pitches)
}

/// One pitcher's appearances, by date and game; those of a day that no mark gave a game are one. Pitches of bullpen mounds
/// are none.
fn appearances(
    pitcher: u32,
    pitches: &[PitchRecord],
    game_types: &GameTypes,
    judged: &BTreeMap<u32, Judged>,
) -> Vec<AppearanceRecord> {
    let mut games: BTreeMap<(&str, u32), Vec<&PitchRecord>> = BTreeMap::new();
    // A game that goes on another day is filed under its first: an at-bat that was measured here tells the day of all of it.
    let measured = pitches.iter().filter(|p| p.origin == Origin::Live && p.game_pk != 0);
    let days: BTreeMap<_, &str> =
        measured.filter_map(|p| Some(((p.game_pk, number(p)?.0), p.game_date.as_str()))).collect();
    for pitch in pitches.iter().filter(|p| p.mound == 0) {
        let day = number(pitch).filter(|_| pitch.origin == Origin::Savant);
        let day = day.and_then(|(at_bat, _)| days.get(&(pitch.game_pk, at_bat)).copied());
        games.entry((day.unwrap_or(&pitch.game_date), pitch.game_pk)).or_default().push(pitch);
    }
    let of = |((date, game), pitches): ((&str, u32), Vec<&PitchRecord>)| AppearanceRecord {
        lack: judged.get(&game).and_then(|judged| lack(judged, &pitches)),
        ..appearance(pitcher, date, game, &pitches, game_types)
    };
    games.into_iter().map(of).collect()
}

/// What an outing lacks, of these pitches of it.
fn lack(judged: &Judged, pitches: &[&PitchRecord]) -> Option<Lack> {
    judged.lacks.then(|| Lack {
        missing: judged.missing,
        by_pitch: judged.by_pitch,
        measured_here: pitches.iter().any(|pitch| pitch.origin == Origin::Live),
    })
}

/// Types of fastballs, by which it is told who is no pitcher.
pub(super) const FASTBALLS: [&str; 5] = ["FF", "FA", "FT", "SI", "FC"];
/// Whose fastball is slower lobs the ball in, mph: the league's is 93, its slowest pitchers' 81. \[P\]
const LOB_MPH: f64 = 80.0;
/// Where nobody calls any a fastball, so many pitches of which the fastest is slower than this, mph. \[P\]
const LOBS_MIN: usize = 5;
const LOB_FASTEST_MPH: f64 = 75.0;

/// Whether an outing is that of a position player who lobs the ball in.
fn are_lobs(pitches: &[&PitchRecord]) -> bool {
    let speeds = |of: &dyn Fn(&PitchRecord) -> bool| -> Vec<f64> {
        pitches.iter().filter(|p| of(p)).filter_map(|p| outliers::trusted(p, Quantity::ReleaseSpeed)).collect()
    };
    let is_meant = |p: &PitchRecord| !p.flags.iter().any(|flag| flag == DELIBERATE);
    let mut fastballs = speeds(&|p| is_meant(p) && FASTBALLS.contains(&p.pitch_type.as_str()));
    if fastballs.is_empty() {
        let all = speeds(&is_meant);
        return all.len() >= LOBS_MIN && all.iter().all(|speed| *speed < LOB_FASTEST_MPH);
    }
    let middle = fastballs.len() / 2;
    *fastballs.select_nth_unstable_by(middle, f64::total_cmp).1 < LOB_MPH
}

fn appearance(pitcher: u32, date: &str, game: u32, pitches: &[&PitchRecord], types: &GameTypes) -> AppearanceRecord {
    let [mut speed, mut spin, mut effective] = [Moments::default(); 3];
    let mut by_type: BTreeMap<&str, TypeSums> = BTreeMap::new();
    let lobs = are_lobs(pitches);
    for pitch in pitches {
        let sums = by_type
            .entry(&pitch.pitch_type)
            .or_insert_with(|| TypeSums { pitch_type: pitch.pitch_type.clone(), ..TypeSums::default() });
        sums.pitches += 1;
        if lobs || pitch.flags.iter().any(|flag| !outliers::is_mark(flag) && !is_of_its_making(flag)) {
            continue;
        }
        for (quantity, moments) in Quantity::ALL.into_iter().zip(&mut sums.quantities) {
            let Some(value) = outliers::trusted(pitch, quantity) else { continue };
            moments.push(value);
            match quantity {
                Quantity::ReleaseSpeed => {
                    speed.push(value);
                    pitch.values.effective_speed.into_iter().for_each(|v| effective.push(v));
                }
                Quantity::ReleaseSpinRate => spin.push(value),
                _ => {}
            }
        }
    }
    let mean = |m: Moments| (m.n > 0).then_some(m.mean);
    AppearanceRecord {
        pitcher,
        game_date: date.to_owned(),
        game_pk: game,
        game_type: types.get(&game).cloned(),
        pitches: pitches.len() as u32,
        first_ns: pitches.first().map_or(0, |p| p.release_ns),
        last_ns: pitches.last().map_or(0, |p| p.release_ns),
        release_speed: mean(speed),
        release_spin_rate: mean(spin),
        effective_speed: mean(effective),
        types: by_type.into_values().collect(),
        missed: Missed::default(),
        lack: None,
    }
}
