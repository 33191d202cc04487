//! Series from the store. Training, serving and evaluation read here and nowhere else: what comes as files is imported
//! into a store of its own first, so that nothing is read in two ways.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::coverage::Lists;
use super::day::Day;
use super::reports::{Report, placements};
use super::series::{Appearance, Placement, Series};
use crate::history::{First, Inputs, RowSummary, Watcher, import_appearances, import_injuries};
use crate::records::{AppearanceRecord, InjuryRecord, Origin, PitchRecord};
use crate::store::{Cursor, Store, StoreError, StoreOptions};

/// What a store knows of everybody.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// One a pitcher with games, ascending by pitcher.
    pub series: Vec<Series>,
    /// Pitchers with arm placements in the years of the games.
    pub arm_pitchers: usize,
    /// Of those, the ones whose games are known.
    pub arm_pitchers_matched: usize,
    /// The latest day that an injury report tells anything of; placements after it are not known of.
    pub injuries_until: Option<Day>,
}

impl Known {
    /// The last day up to which games and placements are known; none without games or without injury reports.
    pub fn data_end(&self) -> Option<Day> {
        let latest = self.series.iter().filter_map(|s| s.appearances.last()?.day).max()?;
        self.injuries_until.map(|until| until.min(latest))
    }
}

/// The days that the store's injured lists tell of.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn lists(store: &Store) -> Result<Lists, StoreError> {
    let mut told = BTreeMap::new();
    for person in store.pitchers()? {
        store.injuries_of(person.id)?.iter().for_each(|record| tells(&mut told, record));
    }
    Ok(Lists::of(&told))
}

/// The latest day that the list of a record's season tells of.
fn tells(told: &mut BTreeMap<i16, Day>, record: &InjuryRecord) {
    let season = i16::try_from(record.season).ok();
    if let (Some(season), Some(day)) = (season, latest_day(record)) {
        told.entry(season).and_modify(|latest| *latest = day.max(*latest)).or_insert(day);
    }
}

/// All that the store knows of a pitcher, whose injured lists tell of these days; none where it knows no game of his.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn series_of(store: &Store, pitcher: u32, lists: &Lists) -> Result<Option<Series>, StoreError> {
    let appearances = store.appearances_of(pitcher, "0001-01-01", "9999-12-31")?;
    if appearances.is_empty() {
        return Ok(None);
    }
    let person = store.pitcher(pitcher)?.unwrap_or_default();
    let mut series = Series {
        pitcher,
        name: person.name.unwrap_or_default(),
        born: person.birth_date.as_deref().and_then(Day::parse),
        // Of a game that nobody has summed up only what is missing may be known.
        appearances: appearances.iter().filter(|a| a.pitches > 0 && a.counts()).map(appearance).collect(),
        partial: appearances.iter().filter(|a| !a.counts()).map(appearance).collect(),
        placements: placements(store.injuries_of(pitcher)?.iter().map(report).collect()),
        lists: lists.clone(),
    };
    series.settle();
    Ok(Some(series))
}

/// Days within which a game measured here may not have been summed up yet.
const UNFOLDED_DAYS: i32 = 14;

/// What was thrown here on the game mound in the days up to `day` and stands in no appearance yet, by pitcher: games under
/// way and the last ones.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn measured_here(store: &Store, day: Day) -> Result<BTreeMap<u32, Vec<Appearance>>, StoreError> {
    let pitches = store.pitches_since(Cursor { release_ns: unfolded_since(day), id: 0 }, usize::MAX, None)?;
    let mut of: BTreeMap<u32, Vec<PitchRecord>> = BTreeMap::new();
    for pitch in pitches {
        pitch.pitcher.into_iter().for_each(|pitcher| of.entry(pitcher).or_default().push(pitch.clone()));
    }
    of.into_iter().map(|(pitcher, pitches)| Ok((pitcher, unsummed(store, pitcher, &pitches, day)?))).collect()
}

/// [`measured_here`] of one pitcher.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn measured_of(store: &Store, pitcher: u32, day: Day) -> Result<Vec<Appearance>, StoreError> {
    unsummed(store, pitcher, &store.pitches_of(pitcher, unfolded_since(day), u64::MAX, usize::MAX)?, day)
}

/// The moment from which pitches may not have been summed up yet, ns since the Unix epoch.
fn unfolded_since(day: Day) -> u64 {
    // A park's date and that of the release in UTC are a day apart at most.
    const DAY_NS: u64 = 86_400_000_000_000;
    u64::try_from(day.plus(-UNFOLDED_DAYS - 1).0).unwrap_or(0).saturating_mul(DAY_NS)
}

/// Of his pitches those measured here on the game mound in the days up to `day` that stand in no appearance yet, by game.
fn unsummed(store: &Store, pitcher: u32, pitches: &[PitchRecord], day: Day) -> Result<Vec<Appearance>, StoreError> {
    let (first, last) = (day.plus(-UNFOLDED_DAYS), day);
    let mut games: BTreeMap<(Day, u32), u32> = BTreeMap::new();
    for pitch in pitches.iter().filter(|pitch| pitch.origin == Origin::Live && pitch.mound == 0) {
        if let Some(date) = Day::parse(&pitch.game_date).filter(|date| (first..=last).contains(date)) {
            *games.entry((date, pitch.game_pk)).or_default() += 1;
        }
    }
    if games.is_empty() {
        return Ok(Vec::new());
    }
    let mut missed = BTreeMap::new();
    for known in store.appearances_of(pitcher, &first.to_string(), &last.to_string())? {
        let Some(date) = Day::parse(&known.game_date) else { continue };
        if let Some(thrown) = games.get_mut(&(date, known.game_pk)) {
            *thrown = thrown.saturating_sub(known.pitches);
            // What a sum is missing is told with it.
            if known.pitches == 0 {
                missed.insert((date, known.game_pk), known.missed.pitches_at_most());
            }
        }
    }
    let more = games.into_iter().filter(|(_, thrown)| *thrown > 0).map(|(game, pitches)| Appearance {
        day: Some(game.0),
        pitches,
        missed: missed.get(&game).copied().unwrap_or_default(),
        ..Appearance::default()
    });
    Ok(more.collect())
}

/// All that the store knows of everybody who is real.
///
/// # Errors
/// The store fails or holds a corrupt record.
pub fn all(store: &Store) -> Result<Known, StoreError> {
    let mut known = Known::default();
    let mut placed: Vec<(bool, Vec<Placement>)> = Vec::new();
    let lists = lists(store)?;
    for person in store.pitchers()?.into_iter().filter(|person| !person.is_simulated()) {
        let told = store.injuries_of(person.id)?;
        known.injuries_until = told.iter().filter_map(latest_day).chain(known.injuries_until).max();
        let series = series_of(store, person.id, &lists)?;
        if !told.is_empty() {
            placed.push((series.is_some(), placements(told.iter().map(report).collect())));
        }
        known.series.extend(series);
    }
    let days = known.series.iter().flat_map(|s| s.appearances.iter().filter_map(|a| a.day));
    let years: BTreeSet<i16> = days.map(Day::year).collect();
    let counts = |p: &Placement| p.part.is_arm() && p.dated().is_some_and(|day| years.contains(&day.year()));
    for (has_games, placements) in placed {
        if placements.iter().any(counts) {
            known.arm_pitchers += 1;
            known.arm_pitchers_matched += usize::from(has_games);
        }
    }
    Ok(known)
}

/// All that files tell: `reports` injured-list reports first, whose ids the names of the game means that follow are matched
/// with. They are imported into a store that lives in `scratch` for as long as this takes. What could not be read is in
/// the summaries.
///
/// # Errors
/// The store fails.
pub fn of_files(
    files: &mut dyn Inputs,
    reports: usize,
    scratch: &Path,
    watcher: &mut dyn Watcher,
) -> Result<(Known, [RowSummary; 2]), StoreError> {
    let failed = |source| StoreError::File { path: scratch.to_path_buf(), source };
    let dir = tempfile::Builder::new().prefix("files-").tempdir_in(scratch).map_err(failed)?;
    let store = Store::open(dir.path(), StoreOptions::default())?;
    let injuries = import_injuries(&store, &mut First::of(files, reports), None, None, watcher)?;
    let appearances = import_appearances(&store, files, None, watcher)?;
    Ok((all(&store)?, [injuries, appearances]))
}

fn appearance(record: &AppearanceRecord) -> Appearance {
    let all = f64::from(record.pitches.max(1));
    let (pitches, missed) = record.counted();
    Appearance {
        day: Day::parse(&record.game_date),
        pitches,
        missed,
        release_speed: record.release_speed,
        effective_speed: record.effective_speed,
        release_spin_rate: record.release_spin_rate,
        mix: record.types.iter().map(|t| (t.pitch_type.clone(), f64::from(t.pitches) / all)).collect(),
    }
}

fn report(record: &InjuryRecord) -> Report {
    let day = |text: &Option<String>| text.as_deref().and_then(Day::parse);
    Report {
        hurt: day(&record.injury_date).or(day(&record.surgery_date)),
        placement: Placement {
            hurt: day(&record.injury_date),
            announced: day(&record.announced_date),
            retroactive: day(&record.retroactive_date),
            surgery: day(&record.surgery_date),
            returned: day(&record.return_date),
            part: record.part,
        },
    }
}

fn latest_day(record: &InjuryRecord) -> Option<Day> {
    let r = record;
    let told = [&r.injury_date, &r.surgery_date, &r.announced_date, &r.retroactive_date, &r.return_date];
    told.into_iter().flatten().filter_map(|text| Day::parse(text)).max()
}
