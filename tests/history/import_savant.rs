//! `import savant` on small files that say what must hold, and on real ones where they are.

use std::fs;
use std::path::{Path, PathBuf};

use pitchguard::cli::import::{ImportArgs, ImportWhat, run};
use pitchguard::config::StoreConfig;
use pitchguard::history::{self, Summary};
use pitchguard::ids::{PitchType, PitcherId};
use pitchguard::records::{Origin, PitchRecord};
use pitchguard::risk::Config;
use pitchguard::store::{Cursor, Store, StoreOptions};

use crate::common::real_data;

const HEADER: &str = "pitch_type,game_date,release_speed,release_pos_z,release_spin_rate,player_name,batter,pitcher,\
    description,game_type,p_throws,home_team,away_team,inning_topbot,game_pk,at_bat_number,pitch_number,pfx_x,note";

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

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("the file is written");
        path
    }

    fn import(&self, paths: &[PathBuf]) -> Summary {
        history::import_savant(&self.store, paths, &mut |_| ()).expect("the store works")
    }

    fn import_text(&self, text: &str) -> Summary {
        self.import(&[self.file("some.csv", text)])
    }

    fn pitches(&self) -> Vec<PitchRecord> {
        self.store.pitches_since(Cursor::default(), usize::MAX, None).expect("pitches are read")
    }

    /// The database file, byte for byte.
    fn bytes(&self) -> Vec<u8> {
        fs::read(self.store.dir().join("data.mdb")).expect("the database is there")
    }
}

/// A row of [`HEADER`].
fn row(date: &str, pitcher: u32, game: u32, at_bat: u32, pitch: u32, speed: &str) -> String {
    format!(
        "FF,{date},{speed},6.1,2300,\"Doe, Jo\",{},{pitcher},ball,R,L,STL,CHC,Top,{game},{at_bat},{pitch},-0.5,new\n",
        900 + at_bat
    )
}

fn text(rows: &[String]) -> String {
    format!("{HEADER}\n{}", rows.concat())
}

#[test]
fn rows_become_pitches_in_the_order_of_play_whatever_their_order_in_the_file() {
    let b = Rig::new();
    let rows = [
        row("2023-06-11", 7, 50, 12, 1, "95.0"),
        row("2023-06-11", 7, 50, 2, 10, "94.0"),
        row("2023-06-11", 7, 50, 2, 9, "93.0"),
        row("2023-06-10", 7, 49, 30, 1, "92.0"),
    ];
    let summary = b.import_text(&text(&rows));
    assert_eq!((summary.rows, summary.new, summary.refused.total(), summary.dropped.total()), (4, 4, 0, 0));
    let speeds: Vec<_> = b.pitches().iter().filter_map(|p| p.values.release_speed).collect();
    assert_eq!(speeds, [92.0, 93.0, 94.0, 95.0]);
    let person = b.store.pitcher(7).expect("read").expect("he is known");
    assert_eq!((person.name.as_deref(), person.team.as_deref()), (Some("Jo Doe"), Some("STL")));
    assert_eq!((person.throws.as_deref(), person.last_date.as_deref()), (Some("L"), Some("2023-06-11")));
    let outings = b.store.appearances_of(7, "2023-01-01", "2023-12-31").expect("read");
    assert_eq!(outings.iter().map(|a| (a.game_pk, a.pitches)).collect::<Vec<_>>(), [(49, 1), (50, 3)]);
    assert_eq!(outings[1].release_speed, Some(94.0));
}

#[test]
fn a_file_imported_twice_changes_no_byte() {
    let b = Rig::new();
    let rows: Vec<_> = (1..40).map(|i| row("2023-06-11", 7 + i % 5, 50, i, 1, "95.1")).collect();
    assert_eq!(b.import_text(&text(&rows)).new, 39);
    let before = b.bytes();
    let again = b.import_text(&text(&rows));
    assert_eq!((again.new, again.changed, again.unchanged), (0, 0, 39));
    assert!(before == b.bytes(), "the database file has changed");
}

#[test]
fn overlapping_files_add_up_and_a_correction_changes_one_pitch() {
    let b = Rig::new();
    b.import_text(&text(&[row("2023-06-11", 7, 50, 1, 1, "95.0"), row("2023-06-11", 7, 50, 1, 2, "95.5")]));
    let second = [row("2023-06-11", 7, 50, 1, 2, "96.0"), row("2023-06-11", 7, 50, 1, 3, "94.0")];
    let summary = b.import_text(&text(&second));
    assert_eq!((summary.new, summary.changed, summary.unchanged), (1, 1, 0));
    let outing = b.store.appearances_of(7, "2023-06-11", "2023-06-11").expect("read").remove(0);
    assert_eq!((outing.pitches, outing.release_speed), (3, Some(95.0)));
}

#[test]
fn a_pitch_given_to_another_pitcher_leaves_the_first_ones_outing() {
    let b = Rig::new();
    b.import_text(&text(&[row("2023-06-11", 7, 50, 1, 1, "95.0"), row("2023-06-11", 7, 50, 1, 2, "95.0")]));
    let summary = b.import_text(&text(&[row("2023-06-11", 8, 50, 1, 2, "95.0")]));
    assert_eq!((summary.new, summary.changed), (0, 1));
    let pitches = |who| b.store.appearances_of(who, "2023-06-11", "2023-06-11").expect("read")[0].pitches;
    assert_eq!((pitches(7), pitches(8)), (1, 1));
}

#[test]
fn bad_fields_are_dropped_and_rows_without_identity_refused_with_their_lines() {
    let b = Rig::new();
    let good = row("2023-06-11", 7, 50, 1, 1, "95.0");
    let rows = [
        good.clone(),
        row("2023-06-11", 7, 50, 1, 2, "fast"),
        row("2023-06-11", 7, 50, 1, 3, "153.2"),
        row("2023-06-11", 7, 50, 1, 4, "NaN"),
        row("11/06/2023", 7, 50, 1, 5, "95.0"),
        good.replace(",7,ball", ",NA,ball"),
        row("2023-06-11", 7, 50, 999, 1, "95.0"),
        good.replace(",ball,", ",automatic_ball,"),
        "FF,2023-06-11\n".to_owned(),
        good.replace('\n', ",one more\n"),
        good.replace("50,1,1", "50.0,1,6"),
    ];
    let summary = b.import_text(&text(&rows));
    assert_eq!((summary.rows, summary.new), (11, 5));
    let refused: Vec<_> = summary.refused.0.iter().map(|(why, g)| (why.as_str(), g.places[0].as_str())).collect();
    assert_eq!(
        refused,
        [
            ("an automatic ball or strike: no pitch was thrown", "some.csv:9"),
            ("at_bat_number is outside 1 to 250", "some.csv:8"),
            ("game_date is no YYYY-MM-DD", "some.csv:6"),
            ("pitcher is missing", "some.csv:7"),
            ("the number of fields is not the header's (2, not 19)", "some.csv:10"),
            ("the number of fields is not the header's (20, not 19)", "some.csv:11"),
        ]
    );
    let dropped: Vec<_> = summary.dropped.0.iter().map(|(why, g)| (why.as_str(), g.places[0].as_str())).collect();
    assert_eq!(
        dropped,
        [("release_speed is not a number", "some.csv:3"), ("release_speed is outside 25 to 110", "some.csv:4")]
    );
    assert!(b.pitches().iter().skip(1).take(3).all(|p| p.values.release_speed.is_none()));
    let said = summary.to_string();
    assert!(
        said.contains("11 rows of 1 file: 5 new") && said.contains("1 × pitcher is missing (some.csv:7)"),
        "{said}"
    );
}

#[test]
fn a_file_cut_in_half_keeps_the_rows_before_the_cut() {
    let b = Rig::new();
    let whole = text(&(1..=9).map(|i| row("2023-06-11", 7, 50, i, 1, "95.0")).collect::<Vec<_>>());
    for cut in [whole.len() - 30, whole.len() - 75, whole.len() - 76] {
        let summary = b.import_text(&whole[..cut]);
        assert_eq!(summary.new + summary.unchanged, 8, "cut at {cut}");
        let (why, group) = summary.refused.0.iter().next().expect("the cut is refused");
        assert_eq!(
            (why.as_str(), group.places.as_slice()),
            ("the file is cut off here", &["some.csv:10".to_owned()][..])
        );
    }
}

#[test]
fn a_file_that_is_no_savant_csv_is_named_and_the_others_go_on() {
    let b = Rig::new();
    let other = b.file("other.csv", "a,b\n1,2\n");
    let empty = b.file("empty.csv", "");
    let good = b.file("good.csv", &text(&[row("2023-06-11", 7, 50, 1, 1, "95.0")]));
    let summary = b.import(&[other, empty, b.dir.path().join("absent.csv"), good]);
    assert_eq!((summary.files, summary.new, summary.failed.len()), (1, 1, 3));
    assert!(summary.failed[0].contains("its header lacks pitcher, game_date, game_pk"), "{:?}", summary.failed);
}

#[test]
fn the_verb_says_when_a_file_was_not_read_and_when_the_store_is_taken() {
    let b = Rig::new();
    let good = b.file("good.csv", &text(&[row("2023-06-11", 7, 50, 1, 1, "95.0")]));
    let import = |files: &[&PathBuf], store: &Path| {
        let files = files.iter().map(|f| (*f).clone()).collect();
        let store = StoreConfig { path: store.to_owned(), ..StoreConfig::default() };
        run(&ImportArgs { what: ImportWhat::Savant { files } }, &store, &Config::default())
            .map(drop)
            .map_err(|e| e.to_string())
    };
    let other_store = b.dir.path().join("other");
    assert_eq!(import(&[&good], &other_store), Ok(()));
    let absent = b.dir.path().join("absent.csv");
    assert_eq!(import(&[&absent, &good], &other_store).expect_err("one is absent").split(' ').next(), Some("1"));
    let taken = import(&[&good], b.store.dir()).expect_err("this test holds it");
    assert!(taken.contains(&format!("in use by process {}", std::process::id())), "{taken}");
}

#[test]
fn what_a_later_file_does_not_know_stays() {
    let b = Rig::new();
    let full = text(&[row("2023-06-11", 7, 50, 1, 1, "95.0"), row("2023-06-11", 7, 50, 2, 1, "95.0")]);
    b.import_text(&full);
    let lean = "game_date,pitcher,game_pk,at_bat_number,pitch_number,release_speed\n2023-06-11,7,50,1,1,95.4\n";
    assert_eq!(b.import_text(lean).changed, 1);
    let pitch = &b.pitches()[0];
    assert_eq!((pitch.values.release_speed, pitch.values.release_spin_rate), (Some(95.4), Some(2300.0)));
    assert_eq!(pitch.pitch_type, "FF");
    let person = b.store.pitcher(7).expect("read").expect("he is known");
    assert_eq!(person.name.as_deref(), Some("Jo Doe"));
    assert_eq!(b.store.appearances_of(7, "2023-06-11", "2023-06-11").expect("read")[0].game_type.as_deref(), Some("R"));
}

#[test]
fn a_pitch_measured_here_is_left_as_measured_and_counts_once() {
    let b = Rig::new();
    b.import_text(&text(&[row("2023-06-11", 7, 50, 1, 1, "95.0")]));
    let imported = b.pitches().remove(0);
    let live = PitchRecord {
        id: 1 << 60,
        origin: Origin::Live,
        release_ns: imported.release_ns + 3_600_000_000_000,
        values: pitchguard::records::Measured { release_speed: Some(97.0), ..imported.values },
        pitch_number: Some(2),
        ..imported
    };
    b.store.transact(|txn| txn.put_pitch(&live)).expect("stored");
    let rows = [row("2023-06-11", 7, 50, 1, 1, "95.0"), row("2023-06-11", 7, 50, 1, 2, "96.0")];
    let summary = b.import_text(&text(&rows));
    assert_eq!((summary.unchanged, summary.measured_here, summary.new), (1, 1, 0));
    let outing = b.store.appearances_of(7, "2023-06-11", "2023-06-11").expect("read").remove(0);
    assert_eq!((outing.pitches, outing.release_speed), (2, Some(96.0)));
}

#[test]
fn baselines_come_of_games_that_count_and_never_of_the_outing_itself() {
    let b = Rig::new();
    let mut rows = Vec::new();
    for day in 1..=8 {
        for pitch in 1..=4 {
            let speed = format!("{}", 90 + day + pitch % 2);
            rows.push(row(&format!("2023-05-{day:02}"), 7, 100 + day, 1, pitch, &speed));
        }
    }
    rows.push(row("2023-03-01", 7, 99, 1, 1, "70").replace(",R,L,", ",S,L,"));
    b.import_text(&text(&rows));
    let speed = |date: &str| {
        let baseline = history::baseline_before(&b.store, PitcherId(7), date).expect("the store works");
        baseline.of(PitchType::parse("FF").expect("a type")).and_then(|t| t.release_speed)
    };
    assert_eq!(speed("2023-05-04"), None, "three outings and no prior say too little");
    let at_five = speed("2023-05-05").expect("four outings");
    assert_eq!((at_five.outings, at_five.mean), (4, 93.0));
    let next_year = speed("2024-04-01").expect("last season");
    assert!(next_year.outings == 0 && (next_year.mean - 95.0).abs() < 1e-9, "{next_year:?}");
    assert!(next_year.sd_mean > speed("2023-12-01").expect("this season").sd_mean);
}

#[test]
fn every_real_layout_is_read_whole_and_twice_without_a_trace() {
    let b = Rig::new();
    let files = [
        ("batter_2014-09-28.csv", 6),
        ("busch_2023-06-11_game717797.csv", 305),
        ("darvish_2019-07.csv", 438),
        ("league_2020-09-03.csv", 2507),
        ("league_2023-06-11.csv", 4418),
        ("shane_mcclanahan_pitches.csv", 6923),
        ("spencer_strider_pitches.csv", 6878),
    ];
    let paths: Vec<_> = files.iter().filter_map(|(name, _)| real_data(&format!("statcast/{name}"))).collect();
    if paths.len() < files.len() {
        return;
    }
    for (path, (name, rows)) in paths.iter().zip(files) {
        let summary = b.import(std::slice::from_ref(path));
        let taken = summary.new + summary.unchanged + summary.changed + summary.doubled;
        assert_eq!((summary.rows, taken + summary.refused.total()), (rows, rows), "{name}");
        assert!(summary.refused.0.keys().all(|why| why.starts_with("an automatic")), "{name}: {summary}");
    }
    let before = b.bytes();
    let again = b.import(&paths);
    assert_eq!((again.new, again.changed), (0, 0), "{again}");
    assert!(before == b.bytes(), "the database file has changed");

    let name = |id| b.store.pitcher(id).expect("read").and_then(|p| p.name);
    assert_eq!(name(663_556).as_deref(), Some("Shane McClanahan"));
    let outings = b.store.appearances_of(663_556, "2023-01-01", "2023-12-31").expect("read");
    assert_eq!(outings.iter().filter(|a| a.game_type.as_deref() == Some("R")).count(), 21, "his starts of 2023");
    let fastball = b.store.baselines_of(663_556, 2023).expect("read").into_iter().find(|s| s.pitch_type == "FF");
    let speed = fastball.expect("he throws it").quantities[0].means.mean;
    assert!((96.5..97.0).contains(&speed), "Savant's season mean is 96.8 mph, not {speed}");
    assert_eq!(name(656_061).as_deref(), Some("Albert Abreu"));
    assert_eq!(name(453_329), None, "the 2014 file names the batter");
    assert_eq!(name(425_794), None, "the Busch file names the batter");
}

#[test]
fn a_real_file_cut_anywhere_is_refused_at_the_cut_only() {
    let Some(path) = real_data("statcast/darvish_2019-07.csv") else { return };
    let whole = fs::read_to_string(path).expect("it is text");
    for part in 1..8 {
        let b = Rig::new();
        let cut = whole.floor_char_boundary(whole.len() * part / 8);
        let lines = whole[..cut].lines().count() as u64;
        let summary = b.import_text(&whole[..cut]);
        assert_eq!((summary.rows, summary.new), (lines - 1, lines - 2), "{summary}");
        assert_eq!(summary.refused.0["the file is cut off here"].places, [format!("some.csv:{lines}")]);
    }
}
