//! Blanks that programs and people filled in, ids that a spreadsheet rounded, and other values that stand for nothing.

use std::collections::BTreeSet;

use crate::games_support::{Rig, Row, YEAR, game, text};
use pitchguard::history::{Paths, Unwatched, import_injuries, import_roster};

/// Who lacks pitches.
fn lacking(rig: &Rig) -> BTreeSet<u32> {
    rig.outings().into_iter().filter(|outing| outing.lack.is_some()).map(|outing| outing.pitcher).collect()
}

/// A game without the last pitches of one man's longer at-bats.
fn cut() -> Vec<Row> {
    let is_last = |row: &Row| row.pitcher == 700 && !row.event.is_empty() && row.number >= 3;
    game(3, YEAR).into_iter().filter(|row| !is_last(row)).collect()
}

/// The same file, with something written into the blanks of these columns; of all where none are named.
fn filled(text: &str, filler: &str, columns: &[&str]) -> String {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("written");
    for record in reader.records() {
        let record = record.expect("a row");
        let is_wanted = |column: &str| columns.is_empty() || columns.contains(&column);
        let fill = |(column, field)| if str::is_empty(field) && is_wanted(column) { filler } else { field };
        writer.write_record(header.iter().zip(&record).map(fill)).expect("written");
    }
    String::from_utf8(writer.into_inner().expect("written")).expect("text")
}

#[test]
fn whatever_is_written_into_blanks_the_holes_are_noticed() {
    let honest = Rig::new();
    let sound = text(&cut());
    honest.import_text(&sound);
    assert!(lacking(&honest).contains(&700));
    for filler in ["0", "-1", "no_event", "unknown", "FALSE", "False", "other", "none", "?"] {
        let rig = Rig::new();
        let summary = rig.import_text(&filled(&sound, filler, &["events", "on_1b"]));
        assert_eq!((lacking(&rig), rig.outings()), (lacking(&honest), honest.outings()), "{filler}: {summary}");
        assert_eq!(summary.dropped.total(), 0, "{filler}: {summary}");
    }
    for filler in ["#N/A", "<NA>", "\\N", "NaT", "N/A", "#VALUE!", "-", ".", "--", "null", "nan"] {
        let rig = Rig::new();
        let summary = rig.import_text(&filled(&sound, filler, &[]));
        assert_eq!((lacking(&rig), rig.outings()), (lacking(&honest), honest.outings()), "{filler}: {summary}");
    }
    let rig = Rig::new();
    let summary = rig.import_text(&filled(&sound, "nothing_yet", &["events"]));
    assert_eq!(lacking(&rig), lacking(&honest), "{summary}");
    assert!(summary.to_string().contains("none of Statcast's"), "{summary}");
}

const MEASURED: &str = "pitch_type,game_date,release_speed,release_spin_rate,spin_axis,release_extension,pfx_x,player_name,\
    batter,pitcher,game_pk,at_bat_number,pitch_number";

#[test]
fn nought_where_none_can_be_is_unknown() {
    let rig = Rig::new();
    let row = |number: u32| match number {
        1..=20 => format!("FF,2023-06-11,95.1,2300,200,6.5,0,,901,7,50,{number},1"),
        _ => format!("FF,2023-06-11,95.1,0,0,0,0,0,0,7,50,{number},1"),
    };
    let rows: Vec<_> = (1..=60).map(row).collect();
    let summary = rig.import_text(&format!("{MEASURED}\n{}\n", rows.join("\n")));
    let said = summary.to_string();
    assert!(
        said.contains("40 × release_spin_rate is 0, which says nothing") && !said.contains("another unit"),
        "{said}"
    );
    let last = rig.pitches().into_iter().find(|pitch| pitch.at_bat_number == Some(21)).expect("stored").values;
    assert_eq!((last.release_spin_rate, last.spin_axis, last.release_extension), (None, None, None));
    assert_eq!((last.pfx_x, last.release_speed), (Some(0.0), Some(95.1)), "a break may be 0");
    assert_eq!(rig.outings()[0].release_spin_rate, Some(2300.0));
    assert_eq!(rig.store.pitcher(7).expect("read").expect("known").name, None, "nobody is called 0");
}

#[test]
fn ids_that_a_spreadsheet_rounded_are_refused_in_every_import() {
    let word = "is in scientific notation, so a spreadsheet has rounded it";
    let rig = Rig::new();
    let row = |pitcher: &str, game: &str| format!("FF,2023-06-11,95.1,2300,200,6.5,0,,9.01E+05,{pitcher},{game},1,1");
    let file = |row: String| format!("{MEASURED}\n{row}\n");
    for (pitcher, game, column) in [("4.26E+05", "717797", "pitcher"), ("425794", "7.18E+05", "game_pk")] {
        let summary = rig.import_text(&file(row(pitcher, game)));
        assert_eq!((summary.refused.total(), summary.untaken.len()), (1, 1), "{summary}");
        assert!(summary.to_string().contains(&format!("{column} {word}")), "{summary}");
    }
    let summary = rig.import_text(&file(row("425794.0", "717797.0")));
    assert_eq!((summary.new, rig.pitches()[0].game_pk), (1, 717_797), "{summary}");
    assert!(summary.to_string().contains(&format!("batter {word}")), "{summary}");

    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("people.csv");
    let today = jiff::civil::date(2026, 6, 11);
    std::fs::write(&path, "mlbam_id,name\n6.6E+05,Al Ames\n660271.0,Bo Burr\n").expect("written");
    let summary = import_roster(&rig.store, &mut Paths::new([path.clone()]), today, &mut Unwatched).expect("read");
    assert_eq!((summary.new, summary.refused.total()), (1, 1), "{summary}");
    assert!(summary.to_string().contains(&format!("mlbam_id {word}")), "{summary}");
    let report = "Name,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date,MLBAMID,season\n\
        Al Ames,SP,06/01/23,Strained lat,06/02/23,6.60E+05,2023\n";
    std::fs::write(&path, report).expect("written");
    let summary = import_injuries(&rig.store, &mut Paths::new([path]), None, None, &mut Unwatched).expect("read");
    assert!(summary.new == 0 && summary.to_string().contains(&format!("MLBAMID {word}")), "{summary}");
}
