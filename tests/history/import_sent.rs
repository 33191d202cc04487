//! Files as people send them: of Excel, R and Python, cut, packed, in other encodings, or another file than was meant. On small
//! ones that say what must hold, and on a collection where it is at hand.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use crate::common::real_data;
use pitchguard::history::{self, Paths, RowSummary, Summary, Unwatched};
use pitchguard::records::PitchRecord;
use pitchguard::store::{Cursor, Store, StoreOptions};

const HEADER: &str =
    "pitch_type,game_date,release_speed,player_name,batter,pitcher,description,game_pk,at_bat_number,pitch_number";

struct Rig {
    dir: tempfile::TempDir,
    store: Store,
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(&dir.path().join("store"), StoreOptions::default()).expect("a new store opens");
        Self { dir, store }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).expect("the file is written");
        path
    }

    fn import(&self, path: PathBuf) -> Summary {
        history::import_savant(&self.store, &[path], &mut |_| ()).expect("the store works")
    }

    fn injuries(&self, path: PathBuf, season: Option<u16>) -> RowSummary {
        history::import_injuries(&self.store, &mut Paths::new([path]), season, None, &mut Unwatched)
            .expect("the store works")
    }

    fn pitches(&self) -> Vec<PitchRecord> {
        self.store.pitches_since(Cursor::default(), usize::MAX, None).expect("pitches are read")
    }

    fn name(&self, pitcher: u32) -> Option<String> {
        self.store.pitcher(pitcher).expect("read").and_then(|person| person.name)
    }
}

/// Rows of [`HEADER`] of one outing, the pitch number told by its place.
fn rows(date: &str, name: &str, count: u32) -> Vec<String> {
    let row = |number| format!("FF,{date},95.{number},\"{name}\",90{number},7,ball,50,{number},1");
    (1..=count).map(row).collect()
}

fn text(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn imported(bytes: &[u8]) -> (Rig, Summary) {
    let rig = Rig::new();
    let summary = rig.import(rig.file("sent.csv", bytes));
    (rig, summary)
}

/// What refused the file as a whole.
fn refusal(bytes: &[u8]) -> String {
    let (rig, summary) = imported(bytes);
    assert!(rig.pitches().is_empty(), "nothing is stored of a refused file");
    summary.failed.first().cloned().unwrap_or_else(|| panic!("it was read: {summary}"))
}

#[test]
fn what_excel_makes_of_a_file_is_read_as_the_file() {
    let sound = text(&rows("2023-09-30", "Excel, Ed", 3));
    let (expected, _) = imported(sound.as_bytes());
    let windows = |text: &str| text.replace('\n', "\r\n");
    let us = windows(&text(&rows("9/30/2023", "Excel, Ed", 3)));
    let with_mark = format!("\u{feff}{us}");
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(sound.replace(", Ed", "; Ed").encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let tabs = sound.replace("\"Excel, Ed\"", "Excel; Ed").replace(',', "\t").replace(';', ",");
    let mac = sound.replace('\n', "\r");
    let blank_rows = format!("{sound},,,,,,,,,\n\n,,,,,,,,,\n");
    let midnight = text(&rows("2023-09-30 00:00:00", "Excel, Ed", 3));
    let europe = text(&rows("30.9.2023", "Excel, Ed", 3))
        .replace("\"Excel, Ed\"", "\"Excel| Ed\"")
        .replace(',', ";")
        .replace('|', ",");
    for (what, bytes) in [
        ("CRLF and the month first", us.as_bytes()),
        ("a byte order mark", with_mark.as_bytes()),
        ("UTF-16", &utf16),
        ("tabs", tabs.as_bytes()),
        ("lone carriage returns", mac.as_bytes()),
        ("blank rows behind the table", blank_rows.as_bytes()),
        ("midnight behind the day", midnight.as_bytes()),
        ("semicolons and points in dates", europe.as_bytes()),
    ] {
        let (rig, summary) = imported(bytes);
        assert_eq!((summary.new, summary.refused.total()), (3, 0), "{what}: {summary}");
        assert_eq!(rig.pitches(), expected.pitches(), "{what}");
        if what != "UTF-16" {
            assert_eq!(rig.name(7).as_deref(), Some("Ed Excel"), "{what}");
        }
    }
}

#[test]
fn the_order_of_day_and_month_is_that_of_the_whole_file_and_not_guessed() {
    let day_first = [rows("4/9/2023", "Doe, Jo", 2), rows("30/9/2023", "Doe, Jo", 4).split_off(2)].concat();
    let (rig, summary) = imported(text(&day_first).as_bytes());
    let dates: Vec<_> = rig.pitches().into_iter().map(|pitch| pitch.game_date).collect();
    assert_eq!(dates, ["2023-09-04", "2023-09-04", "2023-09-30", "2023-09-30"], "{summary}");
    assert!(summary.to_string().contains("its dates are read with the day first"), "{summary}");
    let why = refusal(text(&rows("4/5/2023", "Doe, Jo", 2)).as_bytes());
    assert!(why.contains("month or the day first (4/5/2023, line 2)") && why.contains("YYYY-MM-DD"), "{why}");
    let both = [rows("4/30/2023", "Doe, Jo", 1), rows("30/4/2023", "Doe, Jo", 2)].concat();
    assert!(refusal(text(&both).as_bytes()).contains("contradict"));
}

#[test]
fn what_r_and_pandas_make_of_a_file_is_read_as_the_file() {
    let sound = text(&rows("2023-06-11", "Doe, Jo", 3));
    let (expected, _) = imported(sound.as_bytes());
    let repaired = sound.replacen("batter,pitcher", "batter...5,pitcher...6", 1);
    let named = {
        let mut lines = sound.lines();
        let header =
            lines.next().expect("a header").split(',').map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(",");
        let rows: Vec<_> = lines.enumerate().map(|(i, line)| format!("\"{}\",{line}", i + 1)).collect();
        format!("{header}\n{}\n", rows.join("\n"))
    };
    let indexed = {
        let mut lines = sound.lines();
        let header = lines.next().expect("a header");
        let rows: Vec<_> = lines.enumerate().map(|(i, line)| format!("{i},{line}")).collect();
        format!(",{header}\n{}\n", rows.join("\n"))
    };
    let floats = sound.replace(",7,ball,50,", ",7.0,ball,50.0,");
    let capitals = sound.replacen(HEADER, &HEADER.to_uppercase(), 1);
    let comma_behind =
        sound.lines().enumerate().map(|(i, l)| if i == 0 { format!("{l}\n") } else { format!("{l},\n") });
    let comma_behind: String = comma_behind.collect();
    for (what, text) in [
        ("names repaired by readr", repaired),
        ("row names of write.table", named),
        ("an index column of pandas", indexed),
        ("ids as floating point", floats),
        ("column names in capitals", capitals),
        ("a comma behind each row", comma_behind),
    ] {
        let (rig, summary) = imported(text.as_bytes());
        assert_eq!((summary.new, summary.refused.total()), (3, 0), "{what}: {summary}");
        assert_eq!(rig.pitches(), expected.pitches(), "{what}");
        assert_eq!(rig.name(7).as_deref(), Some("Jo Doe"), "{what}");
    }
    let before = |(i, line): (usize, &str)| if i == 0 { line.to_owned() } else { format!("x,{line}") };
    let shifted = sound.lines().enumerate().map(before).collect::<Vec<_>>().join(
        "
",
    );
    let why = refusal(shifted.as_bytes());
    assert!(why.contains("nobody can tell which column is which") && why.contains("row.names = FALSE"), "{why}");
}

#[test]
fn packed_files_are_unpacked_and_those_that_are_no_tables_are_called_by_name() {
    let sound = text(&rows("2023-06-11", "Doe, Jo", 3));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(sound.as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    let (rig, _) = imported(&packed);
    assert_eq!(rig.pitches().len(), 3);
    let (rig, summary) = imported(&packed[..packed.len() - 12]);
    assert!(rig.pitches().is_empty() && summary.failed.len() == 1, "half of a packed file: {summary}");
    for (bytes, word) in [
        (&b"PAR1\x15\x04\x15"[..], "a Parquet file"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xml", "an Excel workbook"),
        (b"<!DOCTYPE html>\n<title>Statcast Search</title>", "a web page (\u{201c}Statcast Search\u{201d})"),
        (b"{\"error\": \"no\"}", "JSON"),
        (b"player_id,pitches,velocity\n7,8741,90\n", "Savant's summary, one row a player"),
        (b"Name,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date\n", "`pitchguard import injuries FILE`"),
        (b"error\nToo many results\n", "the source's word"),
    ] {
        let why = refusal(bytes);
        assert!(why.contains(word), "{word}: {why}");
    }
    let why = refusal(text(&rows("2023-06-11", "Doe, Jo", 3)).replace("95.2", "\"95,2\"").as_bytes());
    assert!(why.contains("line 3 has a comma in a number (95,2)"), "{why}");
}

#[test]
fn names_keep_their_letters_or_are_not_stored() {
    let of = |name: &[u8]| {
        let text = text(&rows("2023-06-11", "NAME", 3));
        let mut bytes = Vec::new();
        for (i, part) in text.split("NAME").enumerate() {
            bytes.extend_from_slice(if i > 0 { name } else { b"" });
            bytes.extend_from_slice(part.as_bytes());
        }
        let (rig, summary) = imported(&bytes);
        assert_eq!(summary.new, 3, "{summary}");
        (rig.name(7), summary.to_string())
    };
    let jose = Some("José Peña".to_owned());
    assert_eq!(of("Peña, José".as_bytes()).0, jose);
    let (name, said) = of(b"Pe\xf1a, Jos\xe9");
    assert_eq!(name, jose);
    assert!(said.contains("3 × letters are read as what they were written for"), "{said}");
    assert_eq!(of("PeÃ±a, JosÃ©".as_bytes()).0, jose);
    for lost in ["Pe\u{fffd}a, Jos\u{fffd}".as_bytes(), b"Pe\x96a, Jos\x8e"] {
        let (name, said) = of(lost);
        assert_eq!(name, None);
        assert!(said.contains("letters were lost") && said.contains("save it as UTF-8"), "{said}");
    }
}

#[test]
fn a_row_is_told_by_the_line_that_an_editor_shows() {
    for end in ["\n", "\r\n", "\r"] {
        let good = rows("2023-06-11", "Doe, Jo", 6);
        let two_lines = good[1].replace("ball", "\"a\nball\"");
        let bad = |row: &str| row.replace(",50,", ",no,");
        let lines = [&good[0], &two_lines, "", &bad(&good[2]), "", "", &bad(&good[3]), &good[4], &bad(&good[5])];
        let (_, summary) = imported(format!("{HEADER}\n{}", lines.join("\n")).replace('\n', end).as_bytes());
        assert_eq!(
            summary.refused.0["game_pk is not a whole number"].places,
            ["sent.csv:6", "sent.csv:9", "sent.csv:11"]
        );
    }
}

const REPORT: &str = "Name,Team,Pos,Injury / Surgery Date,Injury / Surgery,Status,IL Retro Date,Latest Update,MLBAMID";

#[test]
fn an_injury_report_without_a_season_takes_that_of_its_dates_or_the_one_that_is_said() {
    let rig = Rig::new();
    let rows = "Al Ames,BOS,SP,06/26/24,Elbow surgery,Projected Injured List,,,920000\r\n\
                Joe Judd,CHW,SP,02/12/25,Tommy John surgery,60-Day IL,03/26/26,,920009\r\n\
                Kit King,COL,RP,03/14/26,Strained forearm,,,,920010\r\n\
                Lee Lowe,COL,1B,03/14/26,Strained forearm,,03/26/26,,920011\r\n";
    let report = rig.file("report.csv", format!("{REPORT}\r\n{rows}").as_bytes());
    let summary = rig.injuries(report.clone(), None);
    assert_eq!((summary.new, summary.passed_over.total(), summary.refused.total()), (1, 2, 1), "{summary}");
    let said = summary.to_string();
    assert!(
        said.contains("projected, not placed (report.csv:2)") && said.contains("say --season (report.csv:4)"),
        "{said}"
    );
    let of = |pitcher| rig.store.injuries_of(pitcher).expect("read");
    assert_eq!(of(920_009).iter().map(|i| i.season).collect::<Vec<_>>(), [2026]);
    let summary = rig.injuries(report, Some(2026));
    assert_eq!((summary.new, summary.unchanged, summary.refused.total()), (1, 1, 0), "{summary}");
    assert_eq!(of(920_010)[0].season, 2026);
    let only = rig.file("projected.csv", format!("{REPORT}\n{}", rows.lines().next().expect("a row")).as_bytes());
    assert_eq!(rig.injuries(only, None).untaken, ["projected.csv"], "nothing of it is taken");
}

#[test]
fn the_collected_files_give_what_is_right() {
    let Some(root) = real_data("../cases") else { return };
    let case = |path: &str| {
        let rig = Rig::new();
        let summary = rig.import(root.join(path));
        (rig, summary)
    };
    let (rig, summary) = case("01-excel-dates/excel.csv");
    assert_eq!((summary.new, summary.refused.total()), (30, 0), "{summary}");
    assert!(rig.pitches().iter().all(|pitch| pitch.game_date == "2023-09-30"));
    for (path, pitcher, name) in [
        ("08-r-name-repair/readr.csv", 900_208, "Sam Sample"),
        ("23-windows-1252/cp1252.csv", 900_223, "José Martín Peña"),
    ] {
        let (rig, summary) = case(path);
        assert_eq!((summary.new, summary.refused.total()), (summary.rows, 0), "{summary}");
        assert_eq!(rig.name(pitcher).as_deref(), Some(name));
    }
    let (rig, summary) = case("09-r-row-names/write_table.csv");
    assert_eq!((summary.new, summary.refused.total()), (18, 0), "{summary}");
    assert!(rig.pitches().iter().all(|pitch| pitch.game_date == "2022-04-09"));
    let (_, summary) = case("11-gz/savant.csv.gz");
    assert_eq!((summary.new, summary.refused.total()), (18, 0), "{summary}");
    let (_, summary) = case("26-crlf-lines/crlf.csv");
    assert_eq!(summary.refused.0["game_date is no YYYY-MM-DD"].places, ["crlf.csv:4"], "{summary}");
    for (path, word) in [
        ("06-summary-table/pitch_data.csv", "one row a pitch"),
        ("14-html/savant_data.csv", "a web page"),
        ("24-parquet/statcast.parquet", "Parquet"),
    ] {
        let (rig, summary) = case(path);
        assert!(summary.failed[0].contains(word) && rig.pitches().is_empty(), "{summary}");
    }
    for report in ["injury_report_2026.csv", "with_season.csv"] {
        let rig = Rig::new();
        let summary = rig.injuries(root.join("20-il-export").join(report), None);
        assert_eq!((summary.new, summary.passed_over.total(), summary.refused.total()), (3, 9, 0), "{summary}");
    }
}

#[test]
fn deliberate_balls_and_lobs_count_and_enter_no_mean() {
    let row = |number: u32, kind: &str, speed: f64, description: &str| {
        format!("{kind},2016-09-22,{speed},\"Doe, Jo\",90{number},7,{description},50,{number},1")
    };
    let mut outing: Vec<_> = (1..=6).map(|number| row(number, "SI", 97.0, "ball")).collect();
    outing.push(row(7, "IN", 74.0, "intent_ball"));
    outing.push(row(8, "FF", 84.0, "pitchout"));
    let of = |rows: &[String]| {
        let (rig, summary) = imported(text(rows).as_bytes());
        let outing = rig.store.appearances_of(7, "2016-09-22", "2016-09-22").expect("read").remove(0);
        let again = rig.import(rig.file("again.csv", text(rows).as_bytes()));
        assert_eq!(again.unchanged, summary.new, "{again}");
        (outing.pitches, outing.release_speed)
    };
    assert_eq!(of(&outing), (8, Some(97.0)));
    let lobs: Vec<_> = (1..=9).map(|number| row(number, "FA", 58.0 + f64::from(number), "ball")).collect();
    assert_eq!(of(&lobs), (9, None), "a position player");
    let soft: Vec<_> = (1..=9).map(|number| row(number, "FF", 81.5, "ball")).collect();
    assert_eq!(of(&soft), (9, Some(81.5)), "the slowest of the league");
    let curves: Vec<_> = (1..=3).map(|number| row(number, "CU", 73.0, "ball")).collect();
    assert_eq!(of(&curves), (3, Some(73.0)));
}

#[test]
fn rows_that_are_no_pitches_count_as_nothing() {
    let header = HEADER.replacen("description", "description,balls,strikes", 1);
    let good = "FF,2015-04-21,95.1,\"Doe, Jo\",901,7,ball,3,2,50,1,1";
    let rows = [
        good.to_owned(),
        good.replace("FF,", "150421_204011,").replace(",50,1,1", ",50,1,2"),
        good.replace(",3,2,50,1,1", ",4,0,50,1,3"),
        good.replace(",3,2,50,1,1", ",0,3,50,1,4"),
    ];
    let (rig, summary) = imported(format!("{header}\n{}\n", rows.join("\n")).as_bytes());
    assert_eq!((summary.new, summary.refused.total()), (1, 3), "{summary}");
    assert_eq!(rig.store.appearances_of(7, "2015-01-01", "2015-12-31").expect("read")[0].pitches, 1);
}

#[test]
fn a_file_at_a_limit_of_its_source_is_said_to_be_possibly_cut() {
    let rows: Vec<_> =
        (0..25_000).map(|i| format!("FF,2023-06-11,95.1,,,{},ball,50,{},1", 1 + i / 200, 1 + i % 200)).collect();
    let (_, summary) = imported(text(&rows).as_bytes());
    let said = summary.to_string();
    assert!(
        said.contains("25000 rows are as many as the source sends at most") && said.contains("before 2023-06-11"),
        "{said}"
    );
    let (_, summary) = imported(text(&rows[1..]).as_bytes());
    assert!(!summary.to_string().contains("at most"), "{summary}");
}

/// A day of the league, if it is at hand, with one column changed in each row.
fn league(change: &dyn Fn(&str, f64) -> f64, columns: &[&str]) -> Option<Summary> {
    let path = real_data("statcast/busch_2023-06-11_game717797.csv")?;
    let mut reader = csv::Reader::from_path(path).expect("read");
    let header = reader.headers().expect("a header").clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("written");
    for record in reader.records() {
        let record = record.expect("a row");
        let changed = header.iter().zip(&record).map(|(column, field)| match field.parse::<f64>() {
            Ok(value) if columns.contains(&column.trim_start_matches('\u{feff}')) => change(column, value).to_string(),
            _ => field.to_owned(),
        });
        writer.write_record(changed).expect("written");
    }
    Some(imported(&writer.into_inner().expect("written")).1)
}

#[test]
fn a_column_that_contradicts_the_others_is_left_out_whole() {
    let Some(sound) = league(&|_, value| value, &[]) else { return };
    assert_eq!(sound.dropped.total(), 0, "{sound}");
    for (columns, factor, word) in [
        (&["pfx_x", "pfx_z"][..], 3.0, "pfx_x contradicts ax"),
        (&["pfx_x"], -1.0, "pfx_x contradicts ax"),
        (&["release_speed"], 0.447, "release_speed contradicts vx0"),
        (&["effective_speed"], 0.447, "effective_speed contradicts release_speed"),
        (&["release_extension"], 0.3048, "release_extension contradicts release_pos_y"),
        (&["release_pos_x", "release_pos_z"], 0.3048, "contradict the flight"),
        (&["plate_x", "plate_z"], 0.3048, "contradict the flight"),
    ] {
        let summary = league(&|_, value| value * factor, columns).expect("it was at hand");
        assert!(summary.to_string().contains(word), "{columns:?} × {factor}: {summary}");
        let others = summary.dropped.0.keys().filter(|why| !why.contains("contradict") && !why.contains("outside"));
        assert_eq!((summary.new, summary.refused.total(), others.count()), (sound.new, 0, 0), "{summary}");
    }
}

#[test]
fn the_collected_files_of_partial_rows_lobs_and_inches_give_what_is_right() {
    let Some(root) = real_data("../cases") else { return };
    let case = |path: &str| {
        let rig = Rig::new();
        let summary = rig.import(root.join(path));
        (rig, summary)
    };
    let (rig, summary) = case("03-venue-names/by_venue.csv");
    assert!(summary.to_string().contains("player_name holds places"), "{summary}");
    assert!(rig.store.pitchers().expect("read").iter().all(|person| person.name.is_none()));
    let (rig, _) = case("05-intentional-balls/intentional.csv");
    let outing = rig.store.appearances_of(900_205, "2016-09-22", "2016-09-22").expect("read").remove(0);
    assert_eq!((outing.pitches, outing.release_speed.map(|mph| (10.0 * mph).round() / 10.0)), (22, Some(96.6)));
    let (rig, summary) = case("12-break-in-inches/inches.csv");
    assert!(summary.to_string().contains("pfx_x is outside -4 to 4 in most rows"), "{summary}");
    assert!(
        rig.pitches().iter().all(|p| p.values.pfx_x.is_none() && p.values.pfx_z.is_none() && p.values.vx0.is_some())
    );
    let (_, summary) = case("13-ghost-rows/ghosts.csv");
    assert_eq!((summary.new, summary.refused.total()), (14, 7), "{summary}");
}
