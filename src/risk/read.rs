//! Training data from files: game means and injury reports, matched by name. Columns are found by name, and a row that
//! cannot be read is counted with its line and reason, never guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::day::Day;
use super::names::plain;
use super::reports::{Report, placements};
use super::series::{Appearance, BodyPart, Placement, Series};

/// Rows whose reasons are kept word for word; further ones are only counted.
const REASONS_KEPT: usize = 20;
/// First id of pitchers whom no source gives an MLBAM id.
pub const LOCAL_ID: u32 = 1 << 31;

/// Why a file cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be opened or is no CSV.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A column is missing without which no row makes sense.
    #[error("{} has no column `{column}`: is it the right file?", path.display())]
    Column {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: &'static str,
    },
}

/// What was read and what not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Games read.
    pub games: usize,
    /// Placements of pitchers read.
    pub placements: usize,
    /// Placements of other players, left out.
    pub not_pitchers: usize,
    /// Pitchers with arm placements in the years of the games.
    pub arm_pitchers: usize,
    /// Of those, the ones whose games were found by name.
    pub arm_pitchers_matched: usize,
    /// Names that stand for several people in the injury reports: their placements are left out.
    pub ambiguous: usize,
    /// Rows that could not be read.
    pub bad_rows: usize,
    /// The first of them: file, line, reason.
    pub reasons: Vec<String>,
}

impl Tally {
    fn bad(&mut self, path: &Path, record: &StringRecord, why: &str) {
        self.bad_rows += 1;
        if self.reasons.len() < REASONS_KEPT {
            let line = record.position().map_or(0, csv::Position::line);
            self.reasons.push(format!("{} line {line}: {why}", path.display()));
        }
    }

    /// Share of pitchers with arm placements whom the names matched; 1 where there are none.
    pub fn matched_share(&self) -> f64 {
        if self.arm_pitchers == 0 { 1.0 } else { self.arm_pitchers_matched as f64 / self.arm_pitchers as f64 }
    }
}

/// A report with the person it is about.
struct Named {
    name: String,
    mlbam: Option<u32>,
    report: Report,
}

/// Games and injury reports as one series a pitcher, ascending by pitcher.
///
/// # Errors
/// A file cannot be read or lacks a column; rows that cannot be read are in the tally.
pub fn read_files(games: &[PathBuf], injuries: &[PathBuf]) -> Result<(Vec<Series>, Tally), ReadError> {
    let mut tally = Tally::default();
    let mut people: BTreeMap<String, Series> = BTreeMap::new();
    for path in games {
        read_games(path, &mut people, &mut tally)?;
    }
    let mut placements = Vec::new();
    for path in injuries {
        read_injuries(path, &mut placements, &mut tally)?;
    }
    attach(&mut people, placements, &mut tally);
    let mut series: Vec<Series> = people.into_values().collect();
    for (n, one) in series.iter_mut().enumerate() {
        if one.pitcher == 0 {
            one.pitcher = LOCAL_ID + n as u32;
        }
        one.settle();
    }
    series.sort_by_key(|s| s.pitcher);
    Ok((series, tally))
}

fn read_games(path: &Path, people: &mut BTreeMap<String, Series>, tally: &mut Tally) -> Result<(), ReadError> {
    let mut table = Table::open(path)?;
    let (name, date, pitches) =
        (table.column("player_name")?, table.column("game_date")?, table.column("num_pitches")?);
    let speed = table.optional("avg_release_speed");
    let effective = table.optional("avg_effective_speed");
    let spin = table.optional("avg_release_spin_rate");
    let age = table.optional("age");
    let mut record = StringRecord::new();
    while table.next(&mut record)? {
        let Some(day) = record.get(date).and_then(Day::parse) else {
            tally.bad(path, &record, "game_date is no YYYY-MM-DD");
            continue;
        };
        let count = number(&record, Some(pitches)).filter(|n| (1.0..=400.0).contains(n));
        let key = plain(record.get(name).unwrap_or_default());
        let (Some(count), false) = (count, key.is_empty()) else {
            tally.bad(path, &record, "player_name is empty, or num_pitches is not in 1 to 400");
            continue;
        };
        tally.games += 1;
        let series = people.entry(key).or_default();
        if series.name.is_empty() {
            record.get(name).unwrap_or_default().clone_into(&mut series.name);
        }
        if let Some(age) = number(&record, age).filter(|a| (15.0..60.0).contains(a)) {
            series.born.get_or_insert(day.plus(-(age * 365.25) as i32));
        }
        series.appearances.push(Appearance {
            day: Some(day),
            pitches: count as u32,
            release_speed: number(&record, speed).filter(|v| (40.0..110.0).contains(v)),
            effective_speed: number(&record, effective).filter(|v| (40.0..115.0).contains(v)),
            release_spin_rate: number(&record, spin).filter(|v| (300.0..4000.0).contains(v)),
            mix: Vec::new(),
        });
    }
    Ok(())
}

fn read_injuries(path: &Path, out: &mut Vec<Named>, tally: &mut Tally) -> Result<(), ReadError> {
    let mut table = Table::open(path)?;
    let (name, injury) = (table.column("Name")?, table.column("Injury / Surgery")?);
    let (dated, retro) = (table.column("Injury / Surgery Date")?, table.column("IL Retro Date")?);
    let (position, returned) = (table.optional("Pos"), table.optional("Return Date"));
    let mlbam = table.optional("MLBAMID");
    let mut record = StringRecord::new();
    while table.next(&mut record)? {
        let text = |column: Option<usize>| column.and_then(|c| record.get(c)).unwrap_or_default().trim();
        if position.is_some() && !text(position).split('/').any(|p| matches!(p, "SP" | "RP" | "P")) {
            tally.not_pitchers += 1;
            continue;
        }
        let mut wrong = Vec::new();
        let mut day = |column: usize, what: &str| match short_date(text(Some(column))) {
            Ok(day) => day,
            Err(why) => {
                wrong.push(format!("{what} {why}"));
                None
            }
        };
        let (first, retroactive) = (day(dated, "Injury / Surgery Date"), day(retro, "IL Retro Date"));
        let returned = returned.and_then(|c| day(c, "Return Date"));
        let words = text(Some(injury));
        // The report's one column is the day of the operation where there was one, else of the injury: in 8 of 10 rows
        // his last game. It tells no announcement, so that the retroactive date dates the placement.
        let operated = words.to_lowercase().contains("surgery");
        let placement = Placement {
            announced: None,
            retroactive,
            surgery: first.filter(|_| operated),
            returned,
            part: BodyPart::classify(words),
        };
        if !wrong.is_empty() || placement.dated().is_none() {
            let why =
                if wrong.is_empty() { "no date that tells when he was placed".to_owned() } else { wrong.join("; ") };
            tally.bad(path, &record, &why);
            if placement.dated().is_none() {
                continue;
            }
        }
        tally.placements += 1;
        let mlbam = number(&record, mlbam).filter(|id| (1.0..2e9).contains(id)).map(|id| id as u32);
        out.push(Named { name: plain(text(Some(name))), mlbam, report: Report { hurt: first, placement } });
    }
    Ok(())
}

/// Gives each placement to the pitcher of its name, and counts whom the names did not match.
fn attach(people: &mut BTreeMap<String, Series>, all: Vec<Named>, tally: &mut Tally) {
    let mut by_name: BTreeMap<String, (BTreeSet<u32>, Vec<Report>)> = BTreeMap::new();
    for Named { name, mlbam, report } in all {
        let (ids, reports) = by_name.entry(name).or_default();
        ids.extend(mlbam);
        reports.push(report);
    }
    let years: BTreeSet<i16> =
        people.values().flat_map(|s| s.appearances.iter().filter_map(|a| a.day)).map(Day::year).collect();
    for (name, (ids, reports)) in by_name {
        let counts = |r: &Report| {
            r.placement.part.is_arm() && r.placement.dated().is_some_and(|dated| years.contains(&dated.year()))
        };
        let counted = usize::from(reports.iter().any(counts));
        tally.arm_pitchers += counted;
        if ids.len() > 1 {
            tally.ambiguous += 1;
            continue;
        }
        let Some(series) = people.get_mut(&name) else { continue };
        tally.arm_pitchers_matched += counted;
        series.pitcher = ids.first().copied().unwrap_or(series.pitcher);
        series.placements = placements(reports);
    }
}

/// `M/D/YY` or `YYYY-MM-DD`; empty is none.
fn short_date(text: &str) -> Result<Option<Day>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(day) = Day::parse(text) {
        return Ok(Some(day));
    }
    let parts: Vec<&str> = text.split('/').collect();
    let day = match parts[..] {
        [month, day, year] => (|| {
            let year: i16 = year.parse().ok()?;
            let year = if (0..100).contains(&year) { 2000 + year } else { year };
            Day::ymd(year, month.parse().ok()?, day.parse().ok()?)
        })(),
        _ => None,
    };
    day.map(Some).ok_or_else(|| format!("`{text}` is no date (M/D/YY)"))
}

fn number(record: &StringRecord, column: Option<usize>) -> Option<f64> {
    record.get(column?)?.trim().parse::<f64>().ok().filter(|x| x.is_finite())
}

/// A CSV file whose columns are asked for by name.
struct Table {
    path: PathBuf,
    reader: csv::Reader<std::fs::File>,
    header: StringRecord,
}

impl Table {
    fn open(path: &Path) -> Result<Self, ReadError> {
        let failed = |source| ReadError::File { path: path.to_path_buf(), source };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(failed)?;
        let header = reader.headers().map_err(failed)?.clone();
        Ok(Self { path: path.to_path_buf(), reader, header })
    }

    fn optional(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h.trim_start_matches('\u{feff}').trim() == name)
    }

    fn column(&self, column: &'static str) -> Result<usize, ReadError> {
        self.optional(column).ok_or_else(|| ReadError::Column { path: self.path.clone(), column })
    }

    fn next(&mut self, record: &mut StringRecord) -> Result<bool, ReadError> {
        self.reader.read_record(record).map_err(|source| ReadError::File { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAMES: &str = "player_name,game_date,num_pitches,avg_release_speed,age\n\
        \"Rodón, Carlos\",2022-05-01,95,95.5,29.4\n\
        \"Garcia, Luis\",2022-05-02,80,93.1,25.0\n\
        \"Nobody, Known\",2022-05-03,20,950,31.0\n\
        \"Rodón, Carlos\",May 6,95,95.5,29.4\n\
        \"Rodón, Carlos\",2022-05-06,0,95.5,29.4\n";

    const INJURIES: &str = "Name,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date,Return Date,MLBAMID\n\
        Carlos Rodon,SP,06/01/22,Strained shoulder,06/02/22,06/20/22,607074.0\n\
        Luis García,SP,05/03/22,Tommy John surgery,05/04/22,,677651.0\n\
        Luis Garcia,RP,07/03/22,Strained groin,07/04/22,,472610.0\n\
        Absent Arm,RP,07/03/22,Elbow inflammation,07/04/22,,1.0\n\
        Mike Trout,OF,07/13/22,Back spasms,07/14/22,08/19/22,545361.0\n\
        Bad Date,SP,07/13/22,Sore elbow,13/41/22,,2.0\n";

    fn read(games: &str, injuries: &str) -> Result<(Vec<Series>, Tally), ReadError> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        read_files(&[file("games.csv", games)], &[file("injuries.csv", injuries)])
    }

    #[test]
    fn people_are_matched_by_name_and_whoever_is_not_is_counted() {
        let (series, tally) = read(GAMES, INJURIES).expect("it reads");
        let rodon = series.iter().find(|s| s.pitcher == 607_074).expect("matched over accent and order");
        assert_eq!((rodon.appearances.len(), rodon.placements.len()), (1, 1));
        let [placement] = &rodon.placements[..] else { panic!("one placement") };
        assert_eq!(placement.dated(), Day::parse("2022-06-02"), "the day of the injury is no announcement");
        assert!(series.iter().filter(|s| s.pitcher >= LOCAL_ID).count() == 2, "local ids for the others");
        assert_eq!((tally.ambiguous, tally.not_pitchers), (1, 1), "two of one name: neither's placements are taken");
        assert_eq!((tally.arm_pitchers, tally.arm_pitchers_matched), (3, 1));
    }

    #[test]
    fn what_cannot_be_read_is_told_by_line_and_what_cannot_be_true_is_absent() {
        let (series, tally) = read(GAMES, INJURIES).expect("it reads");
        assert_eq!(tally.bad_rows, 3, "{:?}", tally.reasons);
        assert!(tally.reasons[0].contains("line 5") && tally.reasons[2].contains("13/41/22"), "{:?}", tally.reasons);
        let fast = series.iter().find(|s| s.name == "Nobody, Known").expect("he is there");
        assert_eq!(fast.appearances[0].release_speed, None, "950 mph");
    }

    #[test]
    fn a_file_of_another_kind_is_refused_with_the_column_it_lacks() {
        assert!(matches!(read("a,b\n1,2\n", INJURIES), Err(ReadError::Column { column: "player_name", .. })));
    }
}
