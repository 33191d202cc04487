//! Game means without their pitches, one row a pitcher and day: what is known of seasons whose pitches nobody has here.
//!
//! - **Whose** is told by name only. A name that one known pitcher has is his; one that several have is refused and
//!   reported; for one that nobody has a local id stands, until an import tells the MLBAM id and the rows move over.
//! - **Pitches know better.** A day of which the pitches are stored is passed over, and means give way when they come.
//! - **Filled-in means are none.** Authors filled gaps with means of their own: rows of one pitcher that agree in speed,
//!   spin and `avg_vx0` to the last digit. Those keep their number of pitches and lose the rest.
//! - Weight, height, bats and throws are coded by nobody knows what rule, and the event flag is somebody's label: left.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::changed;
use super::input::{Inputs, Watched, Watcher};
use super::local::{self, earlier};
use super::outings::{YEARS, season_of};
use super::people::{People, Whose, first_last, folded};
use super::table::{Flaw, Layout, Reasons, Row, RowSummary, dates, read_table};
use crate::records::{AppearanceRecord, PitcherRecord};
use crate::store::{Put, Store, StoreError};

const LAYOUT: Layout = Layout {
    what: "game means",
    needed: &["player_name", "game_date", "num_pitches"],
    others: &["avg_release_speed", "avg_release_spin_rate", "avg_effective_speed", "avg_vx0", "age"],
    dates: &["game_date"],
    order: None,
    in_season: true,
};

/// Pitches of one game at most: the most since they are counted were under 180.
const PITCHES_MAX: f64 = 200.0;
/// Ages of a day and another may tell birthdays this far apart and still be one person's.
const BIRTHDAYS_APART_D: i32 = 30;

/// What one row says.
struct Said {
    line: u64,
    name: String,
    date: Date,
    pitches: u32,
    release_speed: Option<f64>,
    release_spin_rate: Option<f64>,
    effective_speed: Option<f64>,
    birth_date: Option<Date>,
    /// The same for rows that were filled in with the same means.
    means: Option<(u64, u64, u64)>,
}

/// Imports files one after the other. Days that lie ahead of `today` are refused; none where no clock tells it.
///
/// # Errors
/// The store fails or holds a corrupt record. What was committed before stays, and importing again completes it.
pub fn import_appearances(
    store: &Store,
    inputs: &mut dyn Inputs,
    today: Option<Date>,
    watcher: &mut dyn Watcher,
) -> Result<RowSummary, StoreError> {
    let mut summary = RowSummary { what: "appearances".to_owned(), ..RowSummary::default() };
    let mut whose = BTreeSet::new();
    local::settle(store)?;
    let (total, mut read) = (inputs.total(), 0);
    while let Some(input) = inputs.next() {
        let mut said = Vec::new();
        let left_before = summary.left();
        let rows = input.bytes.and_then(|bytes| {
            let bytes = Watched::new(bytes, "reading", &mut read, total, watcher);
            let RowSummary { refused, dropped, notes, .. } = &mut summary;
            let (mut unread, place) = (Reasons::default(), &input.name);
            let rows =
                read_table(bytes, place, &LAYOUT, (&mut unread, notes), &mut |row| match say(row, today, &mut |why| {
                    dropped.add(why, place, row.line);
                }) {
                    Ok(row) => said.push(row),
                    Err(flaw) => refused.refuse(flaw, place, row.line),
                });
            refused.absorb(unread);
            rows
        });
        if !summary.count_file(&input.name, rows, left_before) {
            continue;
        }
        leave_out_units(&mut said, &input.name, &mut summary.dropped);
        drop_filled_in(&mut said, &input.name, &mut summary.dropped);
        let mut kept = Kept { store, place: &input.name, people: People::of(store)?, persons: vec![], games: vec![] };
        for games in by_name(said) {
            whose.extend(kept.keep(games, &mut summary)?);
        }
        store.bulk(kept.persons, |txn, person| txn.put_pitcher(&person).map(drop))?;
        let mut changed = BTreeSet::new();
        store.bulk(kept.games, |txn, record| {
            let put = txn.put_appearance(&record)?;
            summary.count(put);
            let season = season_of(&record.game_date).filter(|_| put != Put::Unchanged);
            changed.extend(season.map(|season| (record.pitcher, season)));
            Ok(())
        })?;
        changed::note(store, &changed)?;
    }
    summary.pitchers = whose.len() as u64;
    Ok(summary)
}

fn say(row: &Row<'_>, today: Option<Date>, dropped: &mut dyn FnMut(&str)) -> Result<Said, Flaw> {
    let name = row.text("player_name").ok_or("player_name is missing")?;
    let told = row.text("game_date").ok_or("game_date is missing")?;
    let date = row.date("game_date").ok_or_else(|| Flaw::of(format!("game_date {}", dates::why_none(told)), told))?;
    if dates::is_ahead(date, today) {
        return Err(Flaw::of(format!("game_date {}", dates::AHEAD), told));
    }
    if !YEARS.contains(&date.year().unsigned_abs()) || date.year() < 1970 {
        return Err("game_date is before 1970".into());
    }
    let pitches = row.number("num_pitches").ok_or("num_pitches is no number")?;
    if pitches.fract() != 0.0 || !(1.0..=PITCHES_MAX).contains(&pitches) {
        return Err(format!("num_pitches is outside 1 to {PITCHES_MAX}").into());
    }
    let mut mean = |column: &str, low: f64, high: f64| {
        row.text(column)?;
        let value = row.number(column).filter(|v| (low..=high).contains(v));
        if row.number(column) == Some(0.0) {
            dropped(&format!("{column} is 0, which says nothing"));
        } else if value.is_none() {
            dropped(&format!("{column} is no number from {low} to {high}"));
        }
        value
    };
    let release_speed = mean("avg_release_speed", 35.0, 110.0);
    let release_spin_rate = mean("avg_release_spin_rate", 100.0, 4500.0);
    let effective_speed = mean("avg_effective_speed", 35.0, 112.0);
    let age = mean("age", 15.0, 60.0);
    let means = release_speed.zip(release_spin_rate).zip(row.number("avg_vx0"));
    Ok(Said {
        line: row.line,
        name: name.to_owned(),
        date,
        pitches: pitches as u32,
        release_speed,
        release_spin_rate,
        effective_speed,
        birth_date: age.and_then(|years| date.checked_sub(((years * 365.25).round() as i64).days()).ok()),
        means: means.map(|((speed, spin), vx0)| (speed.to_bits(), spin.to_bits(), vx0.to_bits())),
    })
}

impl Said {
    /// Whether another row tells the same of a day.
    fn is_same(&self, other: &Self) -> bool {
        let told = |row: &Self| (row.date, row.pitches, row.release_speed, row.release_spin_rate, row.effective_speed);
        told(self) == told(other)
    }
}

/// A mean's column, between which the median of a file's is, and where it goes.
type Unit = (&'static str, f64, f64, fn(&mut Said) -> &mut Option<f64>);
/// What no file's games are outside of in Statcast's units \[P\].
const UNITS: [Unit; 3] = [
    ("avg_release_speed", 70.0, 100.0, |said| &mut said.release_speed),
    ("avg_release_spin_rate", 1000.0, 3500.0, |said| &mut said.release_spin_rate),
    ("avg_effective_speed", 65.0, 100.0, |said| &mut said.effective_speed),
];
/// Rows with a value below which a column is not judged \[P\].
const ROWS_MIN: usize = 20;

/// Leaves out the means that are in other units than Statcast's in most rows.
fn leave_out_units(said: &mut [Said], place: &str, dropped: &mut Reasons) {
    for (column, low, high, of) in UNITS {
        let mut values: Vec<f64> = said.iter_mut().filter_map(|row| *of(row)).collect();
        if values.len() < ROWS_MIN {
            continue;
        }
        let middle = values.len() / 2;
        let median = *values.select_nth_unstable_by(middle, f64::total_cmp).1;
        if (low..=high).contains(&median) {
            continue;
        }
        let why = format!("{column} is {median:.1} in the middle, where {low} to {high} can be: it is in another unit");
        for row in said.iter_mut() {
            if of(row).take().is_some() {
                dropped.add(&why, place, row.line);
            }
        }
    }
}

/// Takes the means from rows that were filled in with the same ones.
fn drop_filled_in(said: &mut [Said], place: &str, dropped: &mut Reasons) {
    let mut times: BTreeMap<_, u32> = BTreeMap::new();
    for row in said.iter() {
        if let Some(means) = row.means {
            *times.entry((row.name.clone(), means)).or_default() += 1;
        }
    }
    for row in said {
        if row.means.is_some_and(|means| times.get(&(row.name.clone(), means)).is_some_and(|n| *n > 1)) {
            dropped.add("the means are the same in several games: filled in", place, row.line);
            (row.release_speed, row.release_spin_rate, row.effective_speed) = (None, None, None);
        }
    }
}

/// One name's rows together, in whatever way it is written.
fn by_name(said: Vec<Said>) -> Vec<Vec<Said>> {
    let mut names: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for row in said {
        names.entry(folded(&row.name)).or_default().push(row);
    }
    names.into_values().collect()
}

/// What a file's rows come to.
struct Kept<'k> {
    store: &'k Store,
    place: &'k str,
    people: People,
    persons: Vec<PitcherRecord>,
    games: Vec<AppearanceRecord>,
}

impl Kept<'_> {
    /// Takes one name's games. Whose they are, where that is clear.
    fn keep(&mut self, said: Vec<Said>, summary: &mut RowSummary) -> Result<Option<u32>, StoreError> {
        let Some(name) = said.first().map(|row| row.name.clone()) else { return Ok(None) };
        let mut refuse = |why: &str| {
            for row in &said {
                summary.refused.add(why, self.place, row.line);
            }
        };
        let mut born: Vec<Date> = said.iter().filter_map(|row| row.birth_date).collect();
        born.sort_unstable();
        if let (Some(early), Some(late)) = (born.first(), born.last())
            && late.since(*early).is_ok_and(|apart| apart.get_days() > BIRTHDAYS_APART_D)
        {
            refuse(&format!("{name} is of several ages on one day: the name of several people"));
            return Ok(None);
        }
        let id = match self.people.whose(&name) {
            Whose::Known(id) => id,
            Whose::Local(id) => {
                let why = "no MLBAM id is known for the name: kept under a local id";
                for row in &said {
                    summary.notes.add(why, self.place, row.line);
                }
                id
            }
            Whose::Several(ids) => {
                let ids: Vec<_> = ids.iter().map(u32::to_string).collect();
                refuse(&format!("{name} is the name of several pitchers: {}", ids.join(", ")));
                return Ok(None);
            }
        };
        self.take_person(id, &name, born.first(), said.iter().map(|row| row.date).max());
        self.take_games(id, said, summary)?;
        Ok(Some(id))
    }

    fn take_person(&mut self, id: u32, name: &str, born: Option<&Date>, last: Option<Date>) {
        let old = self.people.by_id.get(&id).cloned().unwrap_or_default();
        let person = PitcherRecord {
            id,
            name: old.name.or_else(|| Some(first_last(name))),
            birth_date: earlier(old.birth_date, born.map(Date::to_string)),
            last_date: old.last_date.max(last.map(|date| date.to_string())),
            team: old.team,
            throws: old.throws,
        };
        self.people.add(person.clone());
        self.persons.push(person);
    }

    fn take_games(&mut self, id: u32, said: Vec<Said>, summary: &mut RowSummary) -> Result<(), StoreError> {
        let known = self.store.appearances_of(id, "0001-01-01", "9999-12-31")?;
        let pitched: BTreeSet<&str> =
            known.iter().filter(|a| !a.is_means_only()).map(|a| a.game_date.as_str()).collect();
        let mut days: BTreeMap<Date, Vec<Said>> = BTreeMap::new();
        for row in said {
            if pitched.contains(row.date.to_string().as_str()) {
                summary.passed_over.add("the pitches of that day are known", self.place, row.line);
                continue;
            }
            let games = days.entry(row.date).or_default();
            if games.iter().any(|game| game.is_same(&row)) {
                summary.refused.add("the same row twice", self.place, row.line);
                continue;
            }
            if !games.is_empty() {
                summary.notes.add("a second game of that day: both are added up", self.place, row.line);
            }
            games.push(row);
        }
        for (date, games) in days {
            self.games.push(AppearanceRecord {
                pitcher: id,
                game_date: date.to_string(),
                pitches: games.iter().map(|game| game.pitches).sum(),
                release_speed: mean_of(&games, |game| game.release_speed),
                release_spin_rate: mean_of(&games, |game| game.release_spin_rate),
                effective_speed: mean_of(&games, |game| game.effective_speed),
                ..AppearanceRecord::default()
            });
        }
        Ok(())
    }
}

/// The mean over all pitches of a day's games; none where one of them has none.
fn mean_of(games: &[Said], of: impl Fn(&Said) -> Option<f64>) -> Option<f64> {
    if let [one] = games {
        return of(one);
    }
    let sum: Option<f64> = games.iter().map(|game| Some(of(game)? * f64::from(game.pitches))).sum();
    Some(sum? / f64::from(games.iter().map(|game| game.pitches).sum::<u32>()))
}
