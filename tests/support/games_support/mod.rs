//! Invented games of nine innings, row by row as a source tells them, and a store that they are imported into.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use pitchguard::history::{self, Summary};
use pitchguard::ids::PitcherId;
use pitchguard::records::{AppearanceRecord, PitchRecord};
use pitchguard::store::{Cursor, Store, StoreOptions};
use pitchguard::workload::{Roles, WorkloadReport, report};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::common::final_pitch;

/// A year before the clock gave balls and strikes.
pub const YEAR: u16 = 2022;
/// Whose rows they are.
pub const GAME: u32 = 661_000;
const HEADER: &str = "pitch_type,game_date,release_speed,player_name,batter,pitcher,events,description,type,game_type,home_team,\
    away_team,inning,inning_topbot,balls,strikes,outs_when_up,on_1b,game_pk,at_bat_number,pitch_number";

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub year: u16,
    pub pitch_type: &'static str,
    pub speed: f64,
    pub batter: u32,
    pub pitcher: u32,
    pub event: &'static str,
    pub kind: &'static str,
    pub inning: u32,
    pub top: bool,
    pub balls: u32,
    pub strikes: u32,
    pub outs: u32,
    pub on_first: bool,
    pub at_bat: u16,
    pub number: u16,
    /// Whether the row is an automatic ball.
    pub automatic: bool,
    /// Which game of the season, 0 and up; one a day, and after a hundred days from the first one on again.
    pub nth: u32,
}

impl Row {
    /// Whether the clock may have given the number: a ball within an at-bat, in every thirtieth at-bat.
    pub fn is_clocks(&self) -> bool {
        self.event.is_empty() && self.kind == "B" && self.number == 2 && self.at_bat % 30 == 7
    }

    fn text(&self) -> String {
        let Self { year, speed, batter, pitcher, event, kind, inning, balls, strikes, outs, at_bat, number, .. } = self;
        let first = jiff::civil::date(*year as i16, 6, 11);
        let (date, game) = (first + jiff::Span::new().days(self.nth % 100), GAME + self.nth);
        let description = match (self.automatic, *kind) {
            (true, _) => "automatic_ball",
            (_, "B") => "ball",
            (_, "F") => "foul",
            (_, "S") => "called_strike",
            _ => "hit_into_play",
        };
        let kind = if *kind == "F" { "S" } else { kind };
        let (side, first) = (if self.top { "Top" } else { "Bot" }, if self.on_first { "901" } else { "" });
        format!(
            "{},{date},{speed:.1},\"Doe, Jo\",{batter},{pitcher},{event},{description},{kind},R,STL,CHC,{inning},{side},{balls},\
             {strikes},{outs},{first},{game},{at_bat},{number}",
            self.pitch_type
        )
    }
}

/// Rows as a source sends them.
pub fn text(rows: &[Row]) -> String {
    let mut text = format!("{HEADER}\n");
    for row in rows {
        writeln!(text, "{}", row.text()).expect("a String takes everything");
    }
    text
}

/// A game of nine innings with four pitchers.
pub fn game(seed: u64, year: u16) -> Vec<Row> {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut rows, mut at_bat, mut next) = (Vec::new(), 0, [0, 0]);
    let changes = [rng.random_range(5..8), rng.random_range(5..8)];
    for half in 2..20_u32 {
        let (inning, top) = (half / 2, half % 2 == 0);
        let side = usize::from(top);
        let (mut outs, mut on_first) = (0, false);
        while outs < 3 {
            at_bat += 1;
            let batter = 901 + 100 * side as u32 + next[side] % 9;
            next[side] += 1;
            // The second man comes in the middle of an inning on one side, and between two on the other.
            let second = inning > changes[side] || (inning == changes[side] && (side == 0 || outs > 0));
            let pitcher = 700 + 10 * side as u32 + u32::from(second);
            let (mut balls, mut strikes, mut number) = (0, 0, 0);
            loop {
                number += 1;
                let (kind, event) = match rng.random_range(0..20) {
                    0..=7 if balls == 3 => ("B", "walk"),
                    0..=7 => ("B", ""),
                    8..=11 if strikes == 2 => ("S", "strikeout"),
                    8..=11 => ("S", ""),
                    12..=14 => ("F", ""),
                    15 => ("X", "single"),
                    16 if on_first && outs < 2 => ("X", "grounded_into_double_play"),
                    _ => ("X", "field_out"),
                };
                rows.push(Row {
                    year,
                    pitch_type: if rng.random_bool(0.6) { "FF" } else { "SL" },
                    speed: f64::from(rng.random_range(840..970)) / 10.0,
                    batter,
                    pitcher,
                    event,
                    kind,
                    inning,
                    top,
                    balls,
                    strikes,
                    outs,
                    on_first,
                    at_bat,
                    number,
                    automatic: false,
                    nth: 0,
                });
                match kind {
                    "B" => balls += 1,
                    "S" => strikes += 1,
                    "F" => strikes = 2.min(strikes + 1),
                    _ => {}
                }
                if !event.is_empty() {
                    break;
                }
            }
            match rows.last().expect("a pitch").event {
                "walk" | "single" => on_first = true,
                "grounded_into_double_play" => (outs, on_first) = (outs + 2, false),
                _ => outs += 1,
            }
        }
    }
    rows
}

/// Without the rows of numbers that the clock gave.
pub fn no_clock(rows: &[Row]) -> Vec<Row> {
    rows.iter().filter(|row| !row.is_clocks()).cloned().collect()
}

/// With an intentional walk without pitches before the second at-bat of the fourth inning.
pub fn with_walk(rows: &[Row], year: u16) -> Vec<Row> {
    let first = rows.iter().find(|row| row.inning == 4).expect("a fourth inning").at_bat;
    let after = |row: &Row| if row.at_bat > first { row.at_bat + 1 } else { row.at_bat };
    let same_half = |row: &Row| row.at_bat > first && row.inning == 4 && row.top;
    let walked = |row: &Row| Row { year, at_bat: after(row), on_first: row.on_first || same_half(row), ..row.clone() };
    rows.iter().map(walked).collect()
}

/// As the source told it first: with an at-bat of one pitch that nobody threw, after which all others have a number more.
pub fn uncorrected(rows: &[Row]) -> Vec<Row> {
    let reached = |pair: &[Row]| {
        matches!(pair[0].event, "walk" | "single") && (pair[0].inning, pair[0].top) == (pair[1].inning, pair[1].top)
    };
    let at = 1 + rows.windows(2).position(reached).expect("somebody reaches base in the middle of an inning");
    let phantom = Row { at_bat: rows[at].at_bat, number: 1, event: "hit_by_pitch", kind: "B", ..rows[at].clone() };
    let later = rows[at..].iter().map(|row| Row { at_bat: row.at_bat + 1, ..row.clone() });
    rows[..at].iter().cloned().chain([Row { balls: 0, strikes: 0, ..phantom }]).chain(later).collect()
}

/// As the source told it last: without a pitch that was fouled off at two strikes, where there is one.
pub fn corrected(rows: &[Row]) -> Vec<Row> {
    let foul = rows.iter().position(|row| row.kind == "F" && row.strikes == 2);
    let Some(at) = foul else { return rows.to_vec() };
    let (at_bat, number) = (rows[at].at_bat, rows[at].number);
    let mut new = rows.to_vec();
    new.remove(at);
    new.iter_mut().filter(|row| row.at_bat == at_bat && row.number > number).for_each(|row| row.number -= 1);
    new
}

/// A store.
pub struct Rig {
    dir: tempfile::TempDir,
    pub store: Store,
}

impl Rig {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(&dir.path().join("store"), StoreOptions::default()).expect("a new store opens");
        Self { dir, store }
    }

    pub fn import_file(&self, path: &Path) -> Summary {
        let summary = history::import_savant(&self.store, &[path.to_path_buf()], &mut |_| ()).expect("the store works");
        assert!(summary.failed.is_empty(), "{summary}");
        summary
    }

    pub fn import(&self, rows: &[Row]) -> Summary {
        let summary = self.import_text(&text(rows));
        assert!(summary.failed.is_empty(), "{summary}");
        summary
    }

    /// What comes of a file, also where it is refused.
    pub fn import_text(&self, text: &str) -> Summary {
        let path = self.dir.path().join("some.csv");
        fs::write(&path, text).expect("the file is written");
        history::import_savant(&self.store, &[path], &mut |_| ()).expect("the store works")
    }

    /// This box measures the pitches of some rows on a day, and sums up.
    pub fn measure(&self, rows: &[Row], day: &str) {
        for pitcher in rows.iter().map(|row| row.pitcher).collect::<BTreeSet<_>>() {
            let of = rows.iter().filter(|row| row.pitcher == pitcher);
            let numbers: Vec<_> = of.map(|row| (row.at_bat, row.number)).collect();
            self.measure_numbers(GAME, pitcher, &numbers, day);
        }
    }

    /// The same of one pitcher's numbers.
    pub fn measure_numbers(&self, game_pk: u32, pitcher: u32, numbers: &[(u16, u16)], day: &str) {
        let noon: jiff::Timestamp = format!("{day}T18:00:00Z").parse().expect("a day");
        let noon = u64::try_from(noon.as_nanosecond()).expect("after 1970");
        for (place, (at_bat, number)) in numbers.iter().enumerate() {
            // Each is a pitch, also where marks give one number twice.
            let before = numbers[..place].iter().filter(|other| **other == (*at_bat, *number)).count() as u64;
            let release_ns = noon + (u64::from(*at_bat) * 100 + u64::from(*number) * 4 + before) * 1_000_000_000;
            let id = release_ns ^ u64::from(pitcher) << 20;
            let pitch = PitchRecord {
                game_date: day.to_owned(),
                game_pk,
                at_bat_number: Some(*at_bat),
                pitch_number: Some(*number),
                pitch_type: "FF".to_owned(),
                release_marked: true,
                ..final_pitch(pitcher, release_ns, id, 93.5)
            };
            self.store.transact(|txn| txn.put_pitch(&pitch).map(drop)).expect("stored");
        }
        let season = history::season_of(day).expect("a day");
        history::rebuild(&self.store, pitcher, season).expect("summed up");
    }

    pub fn pitches(&self) -> Vec<PitchRecord> {
        self.store.pitches_since(Cursor::default(), usize::MAX, None).expect("pitches are read")
    }

    /// Everybody's.
    pub fn outings(&self) -> Vec<AppearanceRecord> {
        let whose: BTreeSet<u32> = self.pitches().iter().filter_map(|pitch| pitch.pitcher).collect();
        let of = |pitcher| self.store.appearances_of(pitcher, "0001-01-01", "9999-12-31").expect("read");
        whose.into_iter().flat_map(of).collect()
    }

    /// Over the days of his outings.
    pub fn workload(&self, pitcher: u32) -> WorkloadReport {
        let outings = self.store.appearances_of(pitcher, "0001-01-01", "9999-12-31").expect("read");
        let days: Vec<jiff::civil::Date> = outings.iter().map(|a| a.game_date.parse().expect("a date")).collect();
        let (first, last) = (days.iter().min().expect("an outing"), days.iter().max().expect("an outing"));
        let roles = Roles { starter_pitches_min: 45, starter_cap: 100.0, reliever_cap: 25.0 };
        report(PitcherId(pitcher), &outings, (*first, *last), &roles)
    }
}
