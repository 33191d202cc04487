//! `import injuries` and `import appearances` on small files that say what must hold, and on real ones where they are;
//! outliers of `import savant`.

use std::fs;
use std::path::PathBuf;

use crate::common::real_data;
use pitchguard::history::{self, Paths, RowSummary, Unwatched};
use pitchguard::records::{BodyPart, InjuryRecord, PitcherRecord};
use pitchguard::store::{Store, StoreOptions};

const REPORT: &str = "Name,Team,Pos,Injury / Surgery Date,Injury / Surgery,Status,IL Retro Date,Eligible to Return,\
    Return Date,Latest Update,NameASCII,PlayerId,MLBAMID,season";
const MEANS: &str =
    "player_name,game_date,num_pitches,avg_release_spin_rate,avg_release_speed,avg_effective_speed,avg_vx0,age";

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

    fn file(&self, name: &str, header: &str, rows: &[&str]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, [&[header], rows].concat().join("\n") + "\n").expect("the file is written");
        path
    }

    fn injuries(&self, paths: &[PathBuf]) -> RowSummary {
        history::import_injuries(&self.store, &mut Paths::new(paths.iter().cloned()), None, None, &mut Unwatched)
            .expect("the store works")
    }

    fn appearances(&self, paths: &[PathBuf]) -> RowSummary {
        history::import_appearances(&self.store, &mut Paths::new(paths.iter().cloned()), None, &mut Unwatched)
            .expect("the store works")
    }

    fn report(&self, rows: &[&str]) -> RowSummary {
        self.injuries(&[self.file("report.csv", REPORT, rows)])
    }

    fn means(&self, rows: &[&str]) -> RowSummary {
        self.appearances(&[self.file("means.csv", MEANS, rows)])
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.store.dir().join("data.mdb")).expect("the database is there")
    }

    fn person(&self, name: &str) -> PitcherRecord {
        let people = self.store.pitchers().expect("read");
        people.into_iter().find(|p| p.name.as_deref() == Some(name)).expect("he is known")
    }

    /// Dates and pitches of all appearances.
    fn games(&self, id: u32) -> Vec<(String, u32)> {
        let games = self.store.appearances_of(id, "0001-01-01", "9999-12-31").expect("read");
        games.into_iter().map(|a| (a.game_date, a.pitches)).collect()
    }
}

fn why(reasons: &history::Reasons) -> Vec<(&str, &[String])> {
    reasons.0.iter().map(|(why, group)| (why.as_str(), group.places.as_slice())).collect()
}

const BREBBIA: &str = "John Brebbia,SFG,RP,06/16/23,Strained lat,Activated,06/17/23,08/16/23,09/05/23,Activated,\
    John Brebbia,12777,605154.0,2023";

#[test]
fn a_placement_keeps_its_dates_apart() {
    let b = Rig::new();
    let rows = [
        BREBBIA,
        "Chris Rodriguez,LAA,SP,10/01/21,Shoulder surgery,60-Day IL,03/27/23,05/26/23,10/01/23,Out for 2023 season,\
            Chris Rodriguez,22310,669735.0,2023",
    ];
    let summary = b.report(&rows);
    assert_eq!((summary.rows, summary.new, summary.pitchers, summary.dropped.total()), (2, 2, 2, 0), "{summary}");
    let text = |s: &str| Some(s.to_owned());
    let lat = InjuryRecord {
        pitcher: 605_154,
        season: 2023,
        team: text("SF"),
        position: text("RP"),
        injury: "Strained lat".to_owned(),
        part: BodyPart::Shoulder,
        injury_date: text("2023-06-16"),
        surgery_date: None,
        announced_date: None,
        retroactive_date: text("2023-06-17"),
        eligible_date: text("2023-08-16"),
        return_date: text("2023-09-05"),
        status: text("Activated"),
    };
    assert_eq!(b.store.injuries_of(605_154).expect("read"), std::slice::from_ref(&lat));
    assert_eq!((lat.placed(), lat.filed()), (Some("2023-06-17"), Some("2023-06-17")));
    let surgery = b.store.injuries_of(669_735).expect("read").remove(0);
    assert_eq!((surgery.injury_date, surgery.surgery_date.as_deref()), (None, Some("2021-10-01")));
    assert_eq!(surgery.return_date, None, "the end of a season is no return");
    assert_eq!(b.person("John Brebbia").id, 605_154);
}

#[test]
fn a_report_imported_twice_changes_no_byte_and_a_later_one_completes_the_placement() {
    let b = Rig::new();
    let open = BREBBIA.replace("09/05/23,Activated", ",No timetable for return");
    assert_eq!(b.report(&[&open]).new, 1);
    let before = b.bytes();
    assert_eq!(b.report(&[&open]).unchanged, 1);
    assert!(before == b.bytes(), "the database file has changed");
    assert_eq!(b.report(&[BREBBIA]).changed, 1);
    let known = b.store.injuries_of(605_154).expect("read");
    assert_eq!(known.iter().map(|i| i.return_date.as_deref()).collect::<Vec<_>>(), [Some("2023-09-05")]);
}

#[test]
fn what_a_report_gets_wrong_is_said_with_its_line() {
    let b = Rig::new();
    let rows = [
        BREBBIA,
        &BREBBIA.replace("06/17/23", "06/31/23"),
        &BREBBIA.replace("06/16/23", "06/16/02"),
        &BREBBIA.replace("09/05/23", "05/05/23"),
        &BREBBIA.replace("605154.0", "x").replace("John", "Jon"),
        &BREBBIA.replace(",RP,", ",OF,"),
        &BREBBIA.replace("06/16/23", "").replace("06/17/23", "soon"),
        ",,,,,,,,,,,,,2021",
        &BREBBIA.replace("605154.0", "").replace("John B", "Ned N"),
        "John Brebbia,SFG",
        &BREBBIA.replace("605154.0", ""),
    ];
    let summary = b.report(&rows);
    assert_eq!((summary.rows, summary.new, summary.changed, summary.unchanged), (11, 3, 1, 0), "{summary}");
    let at = |line: u32| vec![format!("report.csv:{line}")];
    let expected = [
        ("IL Retro Date is no date near the season", [at(3), at(8)].concat()),
        ("Injury / Surgery Date is no date near the season", at(4)),
        ("Return Date is before IL Retro Date", at(5)),
    ];
    assert_eq!(why(&summary.dropped), expected.each_ref().map(|(why, places)| (*why, places.as_slice())));
    let expected = [
        ("it names nobody", at(9)),
        ("no MLBAMID, and no pitcher of that name is known", [at(6), at(10), at(12)].concat()),
        ("no date says when", at(8)),
        ("the number of fields is not the header's (2, not 14)", at(11)),
    ];
    assert_eq!(why(&summary.refused), expected.each_ref().map(|(why, places)| (*why, places.as_slice())));
    assert_eq!(why(&summary.passed_over), [("not a pitcher's", at(7).as_slice())]);
}

const RODON: [&str; 2] = [
    "\"Rodon, Carlos\",2023-07-07,69,2258.5,95.5,94.5,2.5,30.5681",
    "\"Rodon, Carlos\",2023-07-14,75,2260.5,95.1,94.1,2.4,30.5873",
];

#[test]
fn games_go_to_whom_the_name_means_and_make_up_for_the_pitches_that_nobody_has() {
    let b = Rig::new();
    b.report(&[&BREBBIA.replace("John Brebbia", "Carlos Rodón").replace("605154", "607074")]);
    let summary = b.means(&RODON);
    assert_eq!((summary.new, summary.pitchers, summary.notes.total()), (2, 1, 0), "{summary}");
    let games = b.store.appearances_of(607_074, "2023-07-07", "2023-07-07").expect("read");
    assert!(games[0].is_means_only());
    let means = (games[0].pitches, games[0].release_speed, games[0].release_spin_rate, games[0].effective_speed);
    assert_eq!(means, (69, Some(95.5), Some(2258.5), Some(94.5)));
    let person = b.person("Carlos Rodón");
    assert_eq!(person.birth_date.as_deref(), Some("1992-12-11"));
    let before = b.bytes();
    let again = b.means(&RODON);
    assert_eq!((again.new, again.changed, again.unchanged), (0, 0, 2));
    assert!(before == b.bytes(), "the database file has changed");

    let pitches = b.file(
        "pitches.csv",
        "game_date,pitcher,game_pk,at_bat_number,pitch_number,release_speed",
        &["2023-07-07,607074,50,1,1,95.0", "2023-07-07,607074,50,1,2,96.0"],
    );
    history::import_savant(&b.store, &[pitches], &mut |_| ()).expect("the store works");
    assert_eq!(b.games(607_074), [("2023-07-07".to_owned(), 2), ("2023-07-14".to_owned(), 75)], "pitches know better");
    let again = b.means(&RODON);
    assert_eq!((again.unchanged, again.passed_over.total()), (1, 1), "{again}");
}

#[test]
fn a_name_that_nobody_has_gets_a_local_id_until_an_import_tells_whose_it_is() {
    let b = Rig::new();
    let summary = b.means(&RODON);
    assert_eq!((summary.new, summary.notes.total()), (2, 2), "{summary}");
    let local = b.person("Carlos Rodon").id;
    assert!(local >= 1 << 31, "{local}");
    b.report(&[&BREBBIA.replace("John Brebbia", "Carlos Rodón").replace("605154", "607074")]);
    assert_eq!(b.means(&RODON).unchanged, 2);
    assert_eq!(b.games(local), []);
    assert_eq!(b.games(607_074).len(), 2);
    assert!(b.store.pitcher(local).expect("read").is_none(), "he is one person now");
}

#[test]
fn a_name_of_several_people_is_refused_and_reported() {
    let b = Rig::new();
    let garcia = |id| BREBBIA.replace("John Brebbia", "Luis Garcia").replace("605154", id);
    b.report(&[&garcia("677651"), &garcia("472610")]);
    let summary = b.means(&[
        "\"García, Luis\",2023-07-07,69,2258.5,95.5,94.5,2.5,26.6",
        "\"Two, Men\",2023-07-07,10,2258.5,95.5,94.5,2.5,26.6",
        "\"Two, Men\",2023-07-08,10,2258.6,95.5,94.5,2.5,36.4",
    ]);
    let refused = why(&summary.refused).into_iter().map(|(why, _)| why).collect::<Vec<_>>();
    assert_eq!(
        refused,
        [
            "García, Luis is the name of several pitchers: 472610, 677651",
            "Two, Men is of several ages on one day: the name of several people"
        ]
    );
    assert_eq!((summary.rows, summary.new), (3, 0));
}

#[test]
fn bad_rows_and_filled_in_means_are_said_and_their_pitches_kept() {
    let b = Rig::new();
    let summary = b.means(&[
        RODON[0],
        RODON[0],
        "\"Rodon, Carlos\",07/14/2023,75,2260.5,95.1,94.1,2.4,30.58",
        "\"Rodon, Carlos\",2023-07-15,0,2260.5,95.1,94.1,2.4,30.58",
        "\"Rodon, Carlos\",2023-07-16,12,2260.5,9.1,94.1,2.4,30.5928",
        "\"Nobody, Ned\",2023-07-15,11,2190.16,85.38,84.5,-2.41,35.2",
        "\"Nobody, Ned\",2023-07-19,12,2190.16,85.38,84.5,-2.41,35.2",
    ]);
    assert_eq!((summary.rows, summary.new, summary.refused.total()), (7, 4, 3), "{summary}");
    let dropped: Vec<_> = why(&summary.dropped).into_iter().map(|(why, places)| (why, places.len())).collect();
    assert_eq!(
        dropped,
        [
            ("avg_release_speed is no number from 35 to 110", 1),
            ("the means are the same in several games: filled in", 3)
        ]
    );
    let ned = b.person("Ned Nobody").id;
    let games = b.store.appearances_of(ned, "2023-07-15", "2023-07-19").expect("read");
    assert_eq!(games.iter().map(|a| (a.pitches, a.release_speed)).collect::<Vec<_>>(), [(11, None), (12, None)]);
}

#[test]
fn a_file_cut_in_half_keeps_the_rows_before_the_cut_and_another_table_is_named() {
    let b = Rig::new();
    let path = b.file("means.csv", MEANS, &RODON);
    let whole = fs::read(&path).expect("read");
    for cut in [whole.len() - 30, whole.len() - 58] {
        fs::write(&path, &whole[..cut]).expect("written");
        let summary = b.appearances(&[path.clone(), b.dir.path().join("absent.csv")]);
        assert_eq!((summary.new + summary.unchanged, summary.failed.len()), (1, 1), "{summary}");
        assert_eq!(why(&summary.refused), [("the file is cut off here", &["means.csv:3".to_owned()][..])]);
    }
    fs::write(&path, format!("{REPORT}\n{BREBBIA}\n")).expect("written");
    let summary = b.appearances(&[path]);
    assert!(summary.failed[0].contains("lacks player_name, game_date, num_pitches"), "{summary}");
}

#[test]
fn a_file_without_an_end_of_line_is_refused_before_it_fills_the_memory() {
    let b = Rig::new();
    let header = "game_date,pitcher,game_pk,at_bat_number,pitch_number";
    for endless in ["x".repeat(2 << 20), format!("\"{}", "x\n".repeat(1 << 20))] {
        let pitches = b.file("pitches.csv", header, &[&endless]);
        let summary = history::import_savant(&b.store, &[pitches], &mut |_| ()).expect("the store works");
        assert!(summary.failed[0].contains("a row is longer than 1048576 bytes"), "{:?}", summary.failed);
        let summary = b.means(&[RODON[0], &endless]);
        assert!(summary.failed[0].contains("a row is longer than 1048576 bytes"), "{summary}");
    }
}

#[test]
fn an_outlier_keeps_its_value_gets_a_mark_and_is_left_out_of_the_outing() {
    let b = Rig::new();
    let header = "pitch_type,game_date,pitcher,game_pk,at_bat_number,pitch_number,release_speed,release_spin_rate";
    let mut rows: Vec<String> =
        (1..=40).map(|i| format!("FF,2023-07-07,7,50,{i},1,{},2300", 94.0 + f64::from(i % 3))).collect();
    rows.push("FF,2023-07-08,7,51,1,1,61.0,2310".to_owned());
    rows.push("FF,2023-07-08,7,51,1,2,95.0,2310".to_owned());
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let path = b.file("pitches.csv", header, &rows);
    let import = || history::import_savant(&b.store, std::slice::from_ref(&path), &mut |_| ()).expect("it works");
    let summary = import();
    assert_eq!((summary.new, summary.outliers.get("release_speed")), (42, Some(&1)), "{summary}");
    assert!(summary.to_string().contains("marked as outliers in these seasons: 1 release_speed"), "{summary}");
    let outing = b.store.appearances_of(7, "2023-07-08", "2023-07-08").expect("read").remove(0);
    assert_eq!((outing.pitches, outing.release_speed, outing.release_spin_rate), (2, Some(95.0), Some(2310.0)));
    let pitches = b.store.pitches_of(7, 0, u64::MAX, 99).expect("read");
    let marked: Vec<_> = pitches.iter().filter(|p| !p.flags.is_empty()).map(|p| p.values.release_speed).collect();
    assert_eq!(marked, [Some(61.0)]);
    let before = b.bytes();
    let again = import();
    assert_eq!((again.new, again.changed), (0, 0));
    assert!(before == b.bytes(), "the database file has changed");
}

#[test]
fn the_real_reports_and_game_means_are_read_whole_and_twice_without_a_trace() {
    let b = Rig::new();
    let names = ["pitcher_games_2021.csv", "pitcher_games_2022.csv", "pitcher_games_2023.csv"];
    let Some(report) = real_data("injuries/il_2020_2023.csv") else { return };
    let games: Vec<_> = names.iter().filter_map(|name| real_data(&format!("appearances/{name}"))).collect();
    if games.len() < names.len() {
        return;
    }
    let injuries = b.injuries(std::slice::from_ref(&report));
    println!("{injuries}");
    assert_eq!((injuries.rows, injuries.refused.total()), (3588, 1), "one row names nobody");
    let means = b.appearances(&games);
    println!("{means}");
    assert_eq!(means.rows, 59_845);
    let taken = means.new + means.unchanged + means.changed;
    assert_eq!(taken + means.refused.total() + means.passed_over.total(), means.rows);
    assert!(means.refused.0.keys().all(|why| why.contains("the name of several")), "{means}");
    let before = b.bytes();
    assert_eq!((b.injuries(&[report]).new, b.appearances(&games).new), (0, 0));
    assert!(before == b.bytes(), "the database file has changed");
}
