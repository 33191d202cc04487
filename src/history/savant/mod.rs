//! Baseball Savant's CSV files, as downloaded or as other tools keep them, into the store.
//!
//! - **By name.** Columns change between years; a column that is missing leaves its field absent, a new one is ignored,
//!   and of two with the same name the first counts.
//! - **Nothing silent.** A field that is no number or outside its range is dropped with its reason; a row that does not
//!   say which pitch it is, is refused with its line; a file cut off in the middle keeps the rows before the cut.
//! - **Incremental.** A pitch is known by (`game_pk`, `at_bat_number`, `pitch_number`), and everything stored is a
//!   function of the row: a file imported twice changes no byte, overlapping files add up. A value that a later file
//!   lacks stays. A pitch that this box measured itself is left as measured.
//! - **By games.** A file's rows are taken game by game, whatever order they are in and however many (`runs`). A file that holds a
//!   whole game replaces what is stored of it: corrections take rows away and renumber at-bats. What is missing of a game that is
//!   not whole is known and said (`history::games`).
//! - **Outliers are marked**, not lost: a value far from the pitcher's others of that season and type keeps its place and
//!   gets a flag (`history::outliers`).
//! - **In the order of play**, though files are not: the time of an imported pitch is made from date, at-bat and number
//!   ([`row::release_ns`]). Savant's own `sv_id` is no help: it is missing on some rows, in local time in some years
//!   and in UTC in others.

mod names;
pub mod row;
mod runs;
mod sense;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use jiff::civil::Date;

pub use summary::{Lacking, Summary};

use self::names::Names;
use self::row::{Columns, LAYOUT, NoPitch, Row};
use self::runs::{CHUNK_ROWS, Rows, Thrown, Told};
use self::sense::Sense;
use super::games::{self, Game, Picking};
use super::input::{Inputs, Paths, Watched, Watcher};
use super::local;
use super::outings::{GameTypes, rebuild_all, season_of};
use super::roster;
use super::table::{Table, dates, text};
use crate::records::{Measured, Origin, PitchRecord, PitcherRecord};
use crate::store::{Put, Store, StoreError};

/// Who began so many games in the first inning, and nine in ten of the others, is a starter \[P\].
const STARTS_MIN: usize = 5;
/// Rows of one game at most: some times as many as a game has numbers.
const GAME_ROWS_MAX: usize = CHUNK_ROWS;
/// Rows at which Savant's answers end, whatever more there is.
const SOURCE_LIMITS: [u64; 3] = [25_000, 30_000, 40_000];

/// Imports files one after the other, then recomputes what depends on them: appearances, season sums, the league's.
/// `progress` hears how many bytes of all files have been read. A file that cannot be read at all is named in the
/// summary and the others go on.
///
/// # Errors
/// The store fails or holds a corrupt record. What was committed before stays, and importing again completes it.
pub fn import_savant(store: &Store, paths: &[PathBuf], progress: &mut dyn FnMut(u64)) -> Result<Summary, StoreError> {
    struct Bytes<'p>(&'p mut dyn FnMut(u64));
    impl Watcher for Bytes<'_> {
        fn progress(&mut self, _: &str, done: u64, _: u64) {
            (self.0)(done);
        }
    }
    import_pitches(store, &mut Paths::new(paths.iter().cloned()), None, &mut Bytes(progress))
}

/// [`import_savant`] of files from wherever. Days that lie ahead of `today` are refused; none where no clock tells it.
///
/// # Errors
/// As there.
pub fn import_pitches(
    store: &Store,
    inputs: &mut dyn Inputs,
    today: Option<Date>,
    watcher: &mut dyn Watcher,
) -> Result<Summary, StoreError> {
    let mut import = Import {
        store,
        today,
        summary: Summary::default(),
        touched: BTreeSet::new(),
        games: GameTypes::new(),
        heard: BTreeSet::new(),
    };
    let (total, mut read) = (inputs.total(), 0);
    while let Some(input) = inputs.next() {
        let left = import.summary.left();
        let rows = import.summary.rows;
        let imported = match input.bytes {
            Ok(bytes) => {
                let bytes = Watched::new(bytes, "reading", &mut read, total, watcher);
                import.file(&input.name, bytes)
            }
            Err(why) => Err(FileError::Unreadable(why)),
        };
        match imported {
            Ok(()) => {
                let summary = &mut import.summary;
                summary.files += 1;
                if summary.rows - rows == summary.left() - left {
                    summary.untaken.push(input.name);
                }
            }
            Err(FileError::Store(error)) => return Err(error),
            Err(FileError::Unreadable(why)) => import.summary.failed.push(format!("{}: {why}", input.name)),
        }
    }
    watcher.progress("summing up", 0, import.touched.len() as u64);
    let rebuilt = rebuild_all(store, &import.touched, &import.games)?;
    local::settle(store)?;
    import.tell_games()?;
    let mut summary = import.summary;
    summary.pitchers = import.touched.iter().map(|(pitcher, _)| pitcher).collect::<BTreeSet<_>>().len() as u64;
    summary.appearances = rebuilt.appearances;
    summary.taken_away = rebuilt.taken_away;
    summary.outliers = rebuilt.outliers.into_iter().map(|(column, count)| (column.to_owned(), count)).collect();
    Ok(summary)
}

/// Rows of an answer that is whole: its header is a Savant CSV's, every row has as many fields and is of the day that was asked
/// for, and it does not end in the middle of one.
///
/// # Errors
/// What it is instead, in words.
pub fn rows_of_day(bytes: &[u8], day: Date) -> Result<u64, String> {
    let mut table = Table::open(bytes, &LAYOUT)?;
    let at = table.column("game_date").expect("a table has the columns that its layout needs");
    let order = table.order();
    let mut rows = 0;
    while let Some((line, row)) = table.next()? {
        rows += 1;
        let row = row.map_err(|why| format!("line {line}: {why}"))?;
        let date = text(row, at).and_then(|date| dates::parse(date, order));
        if date != Some(day) {
            let of = date.map_or_else(|| "no day".to_owned(), |date| date.to_string());
            return Err(format!("line {line} is of {of}, which was not asked for"));
        }
    }
    Ok(rows)
}

enum FileError {
    Store(StoreError),
    Unreadable(String),
}

impl From<StoreError> for FileError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<String> for FileError {
    fn from(why: String) -> Self {
        Self::Unreadable(why)
    }
}

struct Import<'s> {
    store: &'s Store,
    today: Option<Date>,
    summary: Summary,
    /// Pitcher-seasons that the files speak of, changed or not: an import that was interrupted is completed by the next.
    touched: BTreeSet<(u32, u16)>,
    games: GameTypes,
    /// Games that the files speak of.
    heard: BTreeSet<u32>,
}

/// What most rows of a file contradict: by column why, and in how many rows it was left out, first on which line.
type LeftOut = BTreeMap<&'static str, (String, (u64, u64))>;

/// What rows tell of games.
fn games_of<'t>(told: impl Iterator<Item = &'t Told>) -> BTreeMap<u32, Game> {
    let mut games: BTreeMap<u32, Game> = BTreeMap::new();
    for one in told {
        let game = games.entry(one.game_pk).or_default();
        game.year = one.year;
        game.tell(one.number, one.slot);
    }
    games
}

/// What one file says of the people in it.
#[derive(Default)]
struct People {
    names: Names,
    pitchers: BTreeMap<u32, Person>,
}

/// One of them, and the last day that told his club.
#[derive(Default)]
struct Person {
    record: PitcherRecord,
    club_of: Option<String>,
}

impl Import<'_> {
    fn file(&mut self, place: &str, bytes: impl Read) -> Result<(), FileError> {
        let mut table = Table::open(bytes, &LAYOUT)?;
        let columns = Columns::of(&table, self.today);
        let (mut people, mut sense, mut kept) = (People::default(), Sense::default(), Rows::default());
        let mut of_game: BTreeMap<u32, usize> = BTreeMap::new();
        let (mut rows, mut first_date) = (0, None::<String>);
        while let Some((line, record)) = table.next()? {
            rows += 1;
            let mut drop = |why: &str| self.summary.dropped.add(why, place, line);
            let told = match record.map_err(NoPitch::from).and_then(|record| columns.row(record, &mut drop)) {
                Ok(row) => {
                    let of_game = of_game.entry(row.pitch.game_pk).or_default();
                    *of_game += 1;
                    if *of_game > GAME_ROWS_MAX {
                        let why = format!("more than {GAME_ROWS_MAX} rows are of its game: game_pk is wrong");
                        self.summary.refused.add(&why, place, line);
                        continue;
                    }
                    people.hear(&row);
                    sense.hear(&row);
                    if first_date.as_ref().is_none_or(|first| row.pitch.game_date < *first) {
                        first_date = Some(row.pitch.game_date.clone());
                    }
                    Told::of(line, season_of(&row.pitch.game_date).unwrap_or(0), row)
                }
                Err(NoPitch { from_0: Some(column), .. }) => {
                    return Err(FileError::Unreadable(format!(
                        "{column} counts from 0 (line {line}), and Savant's from 1, or blanks were filled with 0: take the \
                         download as it came"
                    )));
                }
                Err(NoPitch { flaw, takes, .. }) => {
                    self.summary.refused.refuse(flaw, place, line);
                    let Some((game_pk, year, number, slot)) = takes else { continue };
                    Told { line, game_pk, year, number, slot, thrown: None }
                }
            };
            kept.push(told)?;
        }
        self.summary.rows += rows;
        table.tell(place, &mut self.summary.notes);
        if people.names.are_places() {
            let why =
                "player_name holds places, not people, as of a search that is grouped by them: nobody is called so";
            self.summary.notes.add(why, place, 1);
        }
        if SOURCE_LIMITS.contains(&rows) {
            let from = first_date.unwrap_or_default();
            let why = format!(
                "{rows} rows are as many as the source sends at most: what was thrown before {from} may be missing"
            );
            self.summary.notes.add(&why, place, 1);
        }
        self.store_rows(kept, &sense, place)?;
        self.store_people(people)?;
        Ok(())
    }

    /// Stores the rows of a file, game by game, and what they say of games.
    fn store_rows(&mut self, kept: Rows, sense: &Sense, place: &str) -> Result<(), FileError> {
        let kept = kept.by_game()?;
        let (mut picking, mut game) = (Picking::default(), None::<(u32, Game)>);
        kept.look(|told| {
            if let Some((_, whole)) = game.take_if(|(game_pk, _)| *game_pk != told.game_pk) {
                picking.hear(&whole);
            }
            let (_, game) = game.get_or_insert_with(|| (told.game_pk, Game::default()));
            game.year = told.year;
            game.tell(told.number, told.slot);
        })?;
        if let Some((_, last)) = game {
            picking.hear(&last);
        }
        if picking.are_picked() {
            let why = "pitches are missing in so many places as of a search by type, result, count or batter: what it holds \
                       of a game is counted only where other files complete it";
            self.summary.notes.add(why, place, 1);
        }
        let mut left_out: LeftOut =
            sense.contradictions().into_iter().map(|(column, why)| (column, (why, (0, 0)))).collect();
        kept.batches(|told| self.store_batch(told, picking.are_picked(), &mut left_out, place))?;
        for (why, rows) in left_out.into_values() {
            self.summary.dropped.add_many(&why, place, rows);
        }
        Ok(())
    }

    /// Stores rows of whole games.
    fn store_batch(
        &mut self,
        mut told: Vec<Told>,
        are_picked: bool,
        left_out: &mut LeftOut,
        place: &str,
    ) -> Result<(), FileError> {
        let mut games = games_of(told.iter());
        if are_picked {
            games.values_mut().for_each(Game::pick);
        }
        let (mut known, mut wrong, mut years) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let is_other = |one: &&Told| *years.entry(one.game_pk).or_insert(one.year) != one.year;
        let of_two: BTreeSet<u32> = told.iter().filter(is_other).map(|one| one.game_pk).collect();
        for (game_pk, game) in games {
            let before = games::of_store(self.store, game_pk)?.unwrap_or_default();
            let mut after = before.clone();
            let replaces = after.hear(&game);
            if of_two.contains(&game_pk) || (before.year != 0 && before.year != game.year && !replaces) {
                wrong.insert(game_pk, format!("game {game_pk} is in two seasons: game_pk or game_date is wrong"));
                continue;
            }
            self.heard.insert(game_pk);
            let others = after.differently_judged(&before).into_iter().map(|pitcher| (pitcher, after.year));
            self.touched.extend(others);
            known.insert(game_pk, Known { stays: before.whole && !replaces, replaces, game: after });
        }
        told.retain(|one| {
            let why = wrong.get(&one.game_pk);
            if let Some(why) = why.filter(|_| one.thrown.is_some()) {
                self.summary.refused.add(why, place, one.line);
            }
            why.is_none()
        });
        leave_out(&mut told, left_out);
        // As they came.
        told.sort_by_cached_key(|told| told.line);
        self.store_pitches(told, &known, place)?;
        self.store.bulk(known, |txn, (game_pk, known)| games::put(txn, game_pk, &known.game).map(drop))?;
        Ok(())
    }

    /// Tells which games are not whole.
    fn tell_games(&mut self) -> Result<(), StoreError> {
        let mut begun: BTreeMap<u32, Vec<(u32, u8)>> = BTreeMap::new();
        let (mut whose, mut days) = (BTreeSet::new(), BTreeMap::new());
        for game_pk in &self.heard {
            let Some(game) = games::of_store(self.store, *game_pk)? else { continue };
            for (pitcher, inning) in game.first_innings() {
                begun.entry(pitcher).or_default().push((*game_pk, inning));
            }
            if let Some(inning) = game.ends_early() {
                let why =
                    format!("game {game_pk} ends in inning {inning}, as rain ends one and a file that is cut does");
                self.summary.doubtful.push(why);
            }
            whose.extend(game.pitchers().into_iter().map(|pitcher| (pitcher, game.year)));
            // What this box measured tells of itself on which day a game went on.
            if game.slots.values().all(|slot| slot.measured_by.is_none()) {
                days.insert(*game_pk, BTreeSet::new());
            }
            let judged = game.judge();
            let lacking = judged.values().filter(|one| one.lacks);
            let (outings, missing) = lacking.fold((0, 0), |(n, missing), one| (n + 1, missing + one.missing));
            let clock: u32 = judged.values().map(|one| one.clock).sum();
            self.summary.games += 1;
            self.summary.clock += u64::from(clock);
            if outings > 0 {
                let thrown = judged.values().map(|one| one.thrown).sum();
                self.summary.lacking.push(Lacking { game_pk: *game_pk, outings, thrown, missing });
            }
        }
        self.tell_days(whose, days)?;
        for (pitcher, games) in begun {
            let first = games.iter().filter(|(_, inning)| *inning == 1).count();
            let others = games.len() - 1;
            if first < STARTS_MIN || first * 10 < others * 9 {
                continue;
            }
            self.summary.doubtful.extend(games.iter().filter(|(_, inning)| *inning > 1).map(|(game_pk, inning)| {
                format!(
                    "game {game_pk}: {pitcher} begins in inning {inning}, and in {first} of {others} other games here in the first"
                )
            }));
        }
        Ok(())
    }

    /// Tells which games are of two days, though the source files a game under one: by whose outings of which seasons, into the days
    /// of these games.
    fn tell_days(
        &mut self,
        whose: BTreeSet<(u32, u16)>,
        mut days: BTreeMap<u32, BTreeSet<String>>,
    ) -> Result<(), StoreError> {
        for (pitcher, year) in whose {
            let season = [format!("{year:04}-01-01"), format!("{year:04}-12-31")];
            for outing in self.store.appearances_of(pitcher, &season[0], &season[1])? {
                if let Some(days) = days.get_mut(&outing.game_pk).filter(|days| !days.contains(&outing.game_date)) {
                    days.insert(outing.game_date);
                }
            }
        }
        self.summary.doubtful.extend(days.into_iter().filter(|(_, days)| days.len() > 1).map(|(game_pk, days)| {
            let days = days.into_iter().collect::<Vec<_>>().join(" and ");
            format!("game {game_pk} is of {days}, and the source files a game under one day: a time zone may have moved some")
        }));
        Ok(())
    }

    /// Stores rows in the order of their keys.
    fn store_pitches(&mut self, rows: Vec<Told>, games: &BTreeMap<u32, Known>, place: &str) -> Result<(), StoreError> {
        let mut pitches: BTreeMap<(u32, u64), Box<PitchRecord>> = BTreeMap::new();
        for Told { line, game_pk, year, number, slot, thrown } in rows {
            let Some(Thrown { pitch, game_type }) = thrown else { continue };
            self.touched.insert((slot.pitcher, year));
            let known = &games[&game_pk];
            if known.stays && !known.game.slots.get(&number).is_some_and(|s| s.told && s.thrown) {
                let why = "not in the whole game that is known: fetching its day again (--again) tells which is right";
                self.summary.passed_over.add(why, place, line);
                continue;
            }
            if let Some(kind) = game_type {
                self.games.insert(game_pk, kind);
            }
            match pitches.entry((slot.pitcher, pitch.release_ns)) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(pitch);
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    let merged = merge(entry.get(), *pitch);
                    entry.insert(Box::new(merged));
                    self.summary.doubled += 1;
                }
            }
        }
        let measured = self.measured_here(&pitches)?;
        let (summary, touched) = (&mut self.summary, &mut self.touched);
        self.store.bulk(pitches, |txn, (_, pitch)| {
            let known = &games[&pitch.game_pk];
            let slot = pitch.at_bat_number.zip(pitch.pitch_number).and_then(|number| known.game.slots.get(&number));
            if slot.is_some_and(|slot| slot.measured_by.is_some())
                || pitch.identity().is_some_and(|i| measured.contains(&i))
            {
                summary.measured_here += 1;
                return Ok(());
            }
            let old = txn.pitch(pitch.id)?;
            let pitch = match &old {
                Some(old) if known.stays => fill(old, &pitch),
                Some(old) if !known.replaces || is_same(old, &pitch) => merge(old, *pitch),
                _ => *pitch,
            };
            match txn.put_pitch(&pitch)? {
                Put::New => summary.new += 1,
                Put::Changed => summary.changed += 1,
                Put::Unchanged | Put::Refused => summary.unchanged += 1,
            }
            // The scorers may have given the pitch to somebody else, or moved the game.
            let whose = old.and_then(|old| Some((old.pitcher?, season_of(&old.game_date)?)));
            touched.extend(whose);
            Ok(())
        })
    }

    /// Identities of pitches on these pitchers' days that this box measured itself.
    fn measured_here(
        &self,
        pitches: &BTreeMap<(u32, u64), Box<PitchRecord>>,
    ) -> Result<BTreeSet<(u32, u16, u16)>, StoreError> {
        const DAY_NS: u64 = 86_400_000_000_000;
        let days: BTreeSet<_> = pitches.keys().map(|(pitcher, ns)| (*pitcher, ns / DAY_NS)).collect();
        let mut out = BTreeSet::new();
        for (pitcher, day) in days {
            // The park's date can end on the next day, UTC.
            let stored = self.store.pitches_of(pitcher, day * DAY_NS, (day + 2) * DAY_NS, usize::MAX)?;
            out.extend(stored.iter().filter(|p| p.origin == Origin::Live).filter_map(PitchRecord::identity));
        }
        Ok(out)
    }

    fn store_people(&self, people: People) -> Result<(), StoreError> {
        let names = people.names.of_pitchers();
        let mut records = Vec::new();
        for (id, Person { record: mut new, .. }) in people.pitchers {
            new.name = names.get(&id).cloned();
            let Some(old) = self.store.pitcher(id)? else {
                records.push(new);
                continue;
            };
            // The later game knows better, or a roster of a later day; the earlier fills what is missing.
            let listed =
                roster::told(self.store, id)?.is_some_and(|told| Some(told.as_of.to_string()) >= new.last_date);
            let last_date = old.last_date.clone().max(new.last_date.clone());
            let (late, early) = if listed || old.last_date > new.last_date { (old, new) } else { (new, old) };
            records.push(PitcherRecord {
                id,
                name: late.name.or(early.name),
                team: late.team.or(early.team),
                throws: late.throws.or(early.throws),
                last_date,
                birth_date: late.birth_date.or(early.birth_date),
            });
        }
        self.store.bulk(records, |txn, record| txn.put_pitcher(&record).map(drop))
    }
}

impl People {
    fn hear(&mut self, row: &Row) {
        if let Some(name) = &row.player_name {
            self.names.hear(row.pitcher, row.batter, row.home_team.as_deref(), name);
        }
        let date = Some(&row.pitch.game_date);
        let person = self.pitchers.entry(row.pitcher).or_default();
        person.record.id = row.pitcher;
        if person.record.last_date.as_ref() < date {
            person.record.last_date = date.cloned();
        }
        if row.team.is_some() && person.club_of.as_ref() <= date {
            person.club_of = date.cloned();
            person.record.team.clone_from(&row.team);
        }
        if row.throws.is_some() {
            person.record.throws.clone_from(&row.throws);
        }
    }
}

/// Leaves out what most rows of a file contradict.
fn leave_out(told: &mut [Told], left_out: &mut LeftOut) {
    for field in &row::FIELDS {
        let Some((_, (count, first))) = left_out.get_mut(field.column) else { continue };
        for one in &mut *told {
            let Some(thrown) = &mut one.thrown else { continue };
            if (field.of)(&mut thrown.pitch.values).take().is_some() {
                *first = if *count == 0 { one.line } else { one.line.min(*first) };
                *count += 1;
            }
        }
    }
}

/// Relative difference up to which two values are the same number as printed by two tools: they differ in the 16th
/// digit, and no one measures the 10th.
const SAME: f64 = 1e-10;

/// A game that rows are of.
struct Known {
    /// What is stored of it is a whole, and the rows are a part.
    stays: bool,
    /// The rows are a whole.
    replaces: bool,
    /// As it is with them.
    game: Game,
}

/// Whether two rows of one number are the same pitch, as two tools or two years print it: of what both measured, most agrees.
fn is_same(old: &PitchRecord, new: &PitchRecord) -> bool {
    let (mut known, mut values) = (old.values, new.values);
    let both = row::FIELDS.iter().filter_map(|field| (*(field.of)(&mut known)).zip(*(field.of)(&mut values)));
    let (agree, differ): (Vec<_>, Vec<_>) = both.partition(|(old, new)| (new - old).abs() <= SAME * old.abs());
    old.pitcher == new.pitcher && agree.len() >= differ.len()
}

/// A pitch of a whole game, and what a part tells of it besides: where it is the same pitch, what the whole does not know.
fn fill(whole: &PitchRecord, part: &PitchRecord) -> PitchRecord {
    if !is_same(whole, part) {
        return whole.clone();
    }
    let (mut values, mut more) = (whole.values, part.values);
    for field in &row::FIELDS {
        let known = (field.of)(&mut values);
        *known = known.or(*(field.of)(&mut more));
    }
    PitchRecord { values, ..whole.clone() }
}

/// A later row of a pitch over an earlier one: what the later does not know, or only prints differently, stays.
fn merge(old: &PitchRecord, new: PitchRecord) -> PitchRecord {
    let mut values: Measured = new.values;
    let mut known = old.values;
    for field in &row::FIELDS {
        let (new, known) = ((field.of)(&mut values), *(field.of)(&mut known));
        *new = match (*new, known) {
            (Some(new), Some(known)) if (new - known).abs() > SAME * known.abs() => Some(new),
            (new, known) => known.or(new),
        };
    }
    let pitch_type = if new.pitch_type.is_empty() { old.pitch_type.clone() } else { new.pitch_type.clone() };
    // Marks of outliers are of the stored values, and looked at anew after every import.
    let mut flags = old.flags.clone();
    flags.extend(new.flags.into_iter().filter(|flag| !old.flags.contains(flag)));
    PitchRecord { pitch_type, values, flags, ..new }
}
