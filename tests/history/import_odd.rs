//! Files whose days, numbers, columns or clubs are not what their source means by them.

use std::fs;

use crate::games_support::{Rig, Row, YEAR, game, text};
use jiff::civil::{Date, date};
use pitchguard::history::{Paths, RowSummary, Summary, Unwatched};
use pitchguard::history::{import_appearances, import_injuries, import_pitches};

const DAY: &str = "2022-06-11";

fn imported(text: &str) -> (Rig, Summary) {
    let rig = Rig::new();
    let summary = rig.import_text(text);
    (rig, summary)
}

#[test]
fn a_moment_that_is_no_midnight_is_no_day() {
    let sound = text(&game(3, YEAR));
    let (known, _) = imported(&sound);
    for midnight in ["2022-06-11T00:00:00Z", "2022-06-11 00:00:00+00:00", "2022-06-11 0:00"] {
        let (rig, summary) = imported(&sound.replace(DAY, midnight));
        assert!(rig.pitches() == known.pitches(), "{midnight}: {summary}");
    }
    for moment in ["2022-06-12T00:15:00Z", "2022-06-11 19:05:00", "2022-06-11 99:99:99 nonsense"] {
        let (rig, summary) = imported(&sound.replace(DAY, moment));
        assert_eq!((rig.pitches().len(), summary.refused.total()), (0, summary.rows), "{moment}: {summary}");
        assert!(summary.to_string().contains("game_date has a time of day"), "{moment}: {summary}");
    }
}

#[test]
fn a_game_of_two_seasons_is_refused_and_one_of_two_days_is_told() {
    let rows = game(3, YEAR);
    let (early, late): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(|row| row.inning <= 4);
    let of = |rows: &[Row], day: &str| text(rows).replace(DAY, day);
    let both = |day: &str| text(&early) + of(&late, day).split_once('\n').expect("a header").1;
    let (rig, summary) = imported(&both("2023-06-11"));
    assert_eq!((rig.pitches().len(), summary.refused.total()), (0, summary.rows), "{summary}");
    assert!(summary.to_string().contains("game 661000 is in two seasons"), "{summary}");
    let (rig, _) = imported(&text(&early));
    let summary = rig.import_text(&of(&late, "2023-06-11"));
    assert_eq!((summary.new, summary.untaken.len()), (0, 1), "one file after the other: {summary}");
    let summary = rig.import_text(&of(&rows, "2023-06-11"));
    assert_eq!(summary.refused.total(), 0, "a whole one may put right what was wrong: {summary}");

    let word = "game 661000 is of 2022-06-11 and 2022-06-12";
    let (_, summary) = imported(&both("2022-06-12"));
    assert!(summary.new == summary.rows && summary.to_string().contains(word), "{summary}");
    let (rig, summary) = imported(&text(&early));
    assert!(!summary.to_string().contains(word), "{summary}");
    let summary = rig.import_text(&of(&late, "2022-06-12"));
    assert!(summary.to_string().contains(word), "one file after the other: {summary}");

    let suspended = Rig::new();
    suspended.import(&rows);
    suspended.measure(&late, "2022-06-13");
    let summary = suspended.import(&rows);
    assert!(suspended.outings().iter().any(|outing| outing.game_date == "2022-06-13"));
    assert_eq!(summary.doubtful, Vec::<String>::new(), "this box saw it go on");
}

#[test]
fn numbers_that_count_from_0_are_refused_and_an_outing_begins_with_a_game_only_where_the_game_begins() {
    let rows = game(3, YEAR);
    let less = |row: &Row| Row { at_bat: row.at_bat - 1, ..row.clone() };
    let (rig, summary) = imported(&text(&rows.iter().map(less).collect::<Vec<_>>()));
    let why = summary.failed.first().cloned().unwrap_or_default();
    assert!(why.contains("at_bat_number counts from 0 (line 2)") && rig.pitches().is_empty(), "{summary}");
    let (_, summary) =
        imported(&text(&rows.iter().map(|row| Row { number: row.number - 1, ..row.clone() }).collect::<Vec<_>>()));
    assert!(summary.failed[0].contains("pitch_number counts from 0 (line 2)"), "{summary}");

    for seed in 0..10 {
        let rest: Vec<Row> = game(seed, YEAR).iter().filter(|row| row.at_bat > 1).map(less).collect();
        let (rig, _) = imported(&text(&rest));
        let starter = rig.outings().into_iter().find(|outing| outing.pitcher == 710).expect("he threw");
        assert!(starter.lack.is_some(), "game {seed}: the first at-bat is not there");
    }
}

#[test]
fn columns_that_a_merge_renamed_are_read_or_named_and_types_are_in_capitals() {
    let sound = text(&game(3, YEAR));
    let (known, _) = imported(&sound);
    let (rig, summary) = imported(&sound.replacen("release_speed,", "release_speed_x,", 1));
    assert!(rig.pitches() == known.pitches(), "{summary}");
    assert!(summary.to_string().contains("no release_speed column: release_speed_x is read as it"), "{summary}");
    let twice = sound.replacen("release_speed,player_name", "release_speed_x,release_speed_y", 1);
    let (rig, summary) = imported(&twice);
    assert!(rig.pitches().iter().all(|pitch| pitch.values.release_speed.is_none()), "{summary}");
    assert!(summary.to_string().contains("release_speed_x and release_speed_y look like it"), "{summary}");
    let (_, summary) = imported(&sound.replacen("batter,pitcher,", "pitcher_x,pitcher_y,", 1));
    let why = &summary.failed[0];
    assert!(why.contains("lacks pitcher; pitcher_x, pitcher_y look like it"), "{why}");
    let (_, summary) = imported(&sound.replacen(",pitcher,", ",pitcher_id,", 1));
    assert!(summary.failed[0].ends_with("lacks pitcher"), "it is not told the command just run: {summary}");

    let (rig, summary) = imported(&sound.replace("\nFF,", "\nff,").replace("\nSL,", "\nSl,"));
    assert!(rig.pitches() == known.pitches(), "{summary}");
}

#[test]
fn whom_he_throws_for_among_stars_and_nations_is_not_his_club() {
    let rows = game(3, YEAR);
    let later = |teams: &str| {
        let rows: Vec<_> = rows.iter().map(|row| Row { nth: 30, ..row.clone() }).collect();
        text(&rows).replace(",R,STL,CHC,", teams)
    };
    for teams in [",A,NL,AL,", ",E,USA,MEX,", ",F,USA,JPN,", ",E,STL,MEM,"] {
        let joined = text(&rows) + later(teams).split_once('\n').expect("a header").1;
        let (rig, _) = imported(&joined);
        let after = Rig::new();
        after.import(&rows);
        after.import_text(&later(teams));
        for rig in [rig, after] {
            let person = rig.store.pitcher(710).expect("read").expect("known");
            assert_eq!(
                (person.team.as_deref(), person.last_date.as_deref()),
                (Some("STL"), Some("2022-07-11")),
                "{teams}"
            );
        }
    }
}

struct Table(tempfile::TempDir, Rig);

impl Table {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"), Rig::new())
    }

    fn paths(&self, text: &str) -> Paths {
        let path = self.0.path().join("table.csv");
        fs::write(&path, text).expect("written");
        Paths::new([path])
    }

    fn injuries(&self, rows: &str, today: Option<Date>) -> RowSummary {
        let header = "Name,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date,Eligible to Return,MLBAMID,season";
        let mut files = self.paths(&format!("{header}\n{rows}"));
        import_injuries(&self.1.store, &mut files, None, today, &mut Unwatched).expect("the store works")
    }

    fn means(&self, rows: &str, today: Option<Date>) -> RowSummary {
        let header =
            "player_name,game_date,num_pitches,avg_release_speed,avg_release_spin_rate,avg_effective_speed,avg_vx0";
        let mut files = self.paths(&format!("{header}\n{rows}"));
        import_appearances(&self.1.store, &mut files, today, &mut Unwatched).expect("the store works")
    }
}

#[test]
fn a_pitcher_is_one_by_whatever_his_position_is_called() {
    let table = Table::new();
    let positions = ["RHP", "LHP", "CL", "TWP", "sp", "DH/SP", "P", "RP", "1B", "C", "OF/2B"];
    let row = |(n, position)| format!("A A,{position},06/01/23,Strained lat,06/02/23,,{},2023\n", 900_001 + n);
    let rows: String = positions.into_iter().enumerate().map(row).collect();
    let summary = table.injuries(&rows, None);
    assert_eq!((summary.new, summary.passed_over.total()), (8, 3), "{summary}");
}

#[test]
fn two_games_of_a_day_add_up_and_one_row_twice_does_not() {
    let table = Table::new();
    let rows = "\"Doe, Jo\",2023-06-11,30,93,2200,92,1\n\"Doe, Jo\",2023-06-11,20,95,2300,94,2\n\
        \"Roe, Ed\",2023-06-11,30,93,,92,1\n\"Roe, Ed\",2023-06-11,30,93,,92,1\n";
    for again in [false, true] {
        let summary = table.means(rows, None);
        assert_eq!((summary.new, summary.unchanged), if again { (0, 2) } else { (2, 0) }, "{summary}");
        assert_eq!((summary.refused.total(), summary.rows), (1, 4), "{summary}");
        assert!(summary.to_string().contains("a second game of that day"), "{summary}");
    }
    let people = table.1.store.pitchers().expect("read");
    let of = |name: &str| {
        let id = people.iter().find(|person| person.name.as_deref() == Some(name)).expect("known").id;
        table.1.store.appearances_of(id, "2023-06-11", "2023-06-11").expect("read").remove(0)
    };
    let doe = of("Jo Doe");
    assert_eq!((doe.pitches, doe.release_speed, doe.release_spin_rate), (50, Some(93.8), Some(2240.0)));
    assert_eq!(of("Ed Roe").pitches, 30);
}

#[test]
fn days_that_have_not_come_are_refused_where_a_clock_tells_today() {
    let today = Some(date(2026, 11, 30));
    let table = Table::new();
    let pitches = |day: &str, today| {
        let mut files = table.paths(&text(&game(3, YEAR)).replace(DAY, day));
        import_pitches(&table.1.store, &mut files, today, &mut Unwatched).expect("the store works")
    };
    let summary = pitches("2032-06-11", today);
    assert_eq!((summary.new, summary.refused.total()), (0, summary.rows), "{summary}");
    assert!(summary.to_string().contains("game_date lies ahead of today"), "{summary}");
    assert_eq!(pitches("2026-12-01", today).refused.total(), 0, "elsewhere it is tomorrow");
    assert_eq!(pitches("2032-06-11", None).refused.total(), 0, "nobody can tell");

    let summary = table.means("\"Doe, Jo\",2093-06-11,30,93,2200,92,1\n", today);
    assert!(summary.new == 0 && summary.to_string().contains("game_date lies ahead of today"), "{summary}");
    let row = |from: &str| format!("A A,SP,{from},Strained lat,{from},03/30/27,900001,2026\n");
    let summary = table.injuries(&row("12/20/26"), today);
    assert!(summary.new == 0 && summary.to_string().contains("IL Retro Date lies ahead of today"), "{summary}");
    let summary = table.injuries(&row("11/20/26"), today);
    assert_eq!((summary.new, summary.dropped.total()), (1, 0), "he is to come back next year: {summary}");
}
