//! What comes as files and what the store was given, in whatever order, are the same to the risk model, bit for bit.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::real_data;
use pitchguard::history::{Paths, Unwatched, import_appearances, import_injuries};
use pitchguard::risk::features::Snapshot;
use pitchguard::risk::series::{BodyPart, Series};
use pitchguard::risk::stored::{self, Known};
use pitchguard::store::{Store, StoreOptions};

const MEANS: &str = "player_name,game_date,num_pitches,avg_release_speed,avg_effective_speed,avg_release_spin_rate,age\n\
    \"Rodón, Carlos\",2022-05-01,95,95.51,94.9,2301.5,29.4011\n\
    \"Rodón, Carlos\",2022-05-07,91,95.13,94.2,2290.25,29.4175\n\
    \"Rodón, Carlos\",2022-05-13,88,95.07,94.1,2295.75,29.4339\n\
    \"Garcia, Luis\",2022-05-02,80,93.1,92.0,2100.5,25.0\n\
    \"Nobody, Ned\",2022-05-03,20,91.25,90.5,2000.25,31.0\n\
    \"Nobody, Ned\",2022-05-05,25,91.5,90.75,2010.5,31.0055\n";

const REPORT: &str = "Name,Team,Pos,Injury / Surgery Date,Injury / Surgery,IL Retro Date,Return Date,Latest Update,MLBAMID,season\n\
    Carlos Rodon,SF,SP,05/01/22,Elbow inflammation,05/02/22,05/06/22,Activated,607074.0,2022\n\
    Carlos Rodon,SF,SP,05/13/22,Tommy John surgery,05/14/22,10/05/22,Out for 2022 season,607074.0,2022\n\
    Luis García,HOU,SP,05/03/22,Strained shoulder,05/04/22,,,677651.0,2022\n\
    Luis Garcia,SD,RP,07/03/22,Strained groin,07/04/22,,,472610.0,2022\n\
    Absent Arm,TB,RP,07/03/22,Elbow inflammation,07/04/22,,,1.0,2022\n\
    Mike Trout,LAA,OF,07/13/22,Back spasms,07/14/22,08/19/22,Activated,545361.0,2022\n";

fn of_files(reports: &[PathBuf], means: &[PathBuf], dir: &Path) -> Known {
    let mut files = Paths::new([reports, means].concat());
    let (known, read) = stored::of_files(&mut files, reports.len(), dir, &mut Unwatched).expect("the store works");
    assert!(read.iter().all(|summary| summary.failed.is_empty()), "{read:?}");
    known
}

/// A store that was given the games before the reports, each file by itself.
fn of_store(reports: &[PathBuf], means: &[PathBuf], dir: &Path) -> (Store, Known) {
    let store = Store::open(&dir.join("store"), StoreOptions::default()).expect("a new store opens");
    for file in means {
        import_appearances(&store, &mut Paths::new([file.clone()]), None, &mut Unwatched).expect("the store works");
    }
    for file in reports {
        import_injuries(&store, &mut Paths::new([file.clone()]), None, None, &mut Unwatched).expect("the store works");
    }
    let known = stored::all(&store).expect("read");
    (store, known)
}

/// Every `step`th day of pitching of everybody, to the bit.
fn features(series: &[Series], step: usize) -> Vec<(u32, i32, Vec<Option<u64>>)> {
    let of = |one: &Series| {
        let days = one.appearances.iter().step_by(step).filter_map(|a| a.day);
        let bits = |s: Snapshot| (s.pitcher, s.day.0, s.values.iter().map(|v| v.map(f64::to_bits)).collect());
        days.filter_map(|day| Snapshot::of(one, day)).map(bits).collect::<Vec<_>>()
    };
    series.iter().flat_map(of).collect()
}

#[test]
fn a_store_filled_in_another_order_gives_the_features_of_the_files_and_both_know_of_age_and_placements() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("written");
        vec![path]
    };
    let (reports, means) = (file("report.csv", REPORT), file("means.csv", MEANS));
    let from_files = of_files(&reports, &means, dir.path());
    let (store, from_store) = of_store(&reports, &means, dir.path());
    assert_eq!(from_files, from_store);
    assert_eq!(features(&from_files.series, 1), features(&from_store.series, 1));

    let ids: Vec<_> = from_store.series.iter().map(|s| (s.pitcher, s.appearances.len())).collect();
    assert_eq!(
        (ids[0], ids.len()),
        ((607_074, 3), 2),
        "Ned has a local id, and nobody can tell whose Garcia's game is"
    );
    let rodon =
        stored::series_of(&store, 607_074, &stored::lists(&store).expect("read")).expect("read").expect("he is known");
    let placements: Vec<_> = rodon.placements.iter().map(|p| (p.part, p.surgery, p.returned)).collect();
    let day = |month, day| pitchguard::risk::Day::ymd(2022, month, day);
    let expected = [(BodyPart::Elbow, None, day(5, 6)), (BodyPart::Elbow, day(5, 13), None)];
    assert_eq!(placements, expected, "the season's end is no return");
    let snapshot = Snapshot::of(&rodon, day(5, 13).expect("a date")).expect("games");
    assert_eq!(snapshot.value("arm_placements_365d"), Some(1.0));
    assert!(snapshot.value("age").is_some_and(|age| (age - 29.43).abs() < 0.01), "{:?}", snapshot.value("age"));
    let perceived = rodon.appearances.iter().all(|a| a.effective_speed.is_some());
    assert!(perceived, "extension is known from the effective speed");
    assert_eq!((from_store.arm_pitchers, from_store.arm_pitchers_matched), (3, 1), "Rodón, Luis García and Absent Arm");
}

#[test]
fn the_real_seasons_are_the_same_from_files_and_from_a_store() {
    let names = ["pitcher_games_2021.csv", "pitcher_games_2022.csv", "pitcher_games_2023.csv"];
    let means: Vec<_> = names.iter().filter_map(|name| real_data(&format!("appearances/{name}"))).collect();
    let Some(report) = real_data("injuries/il_2020_2023.csv") else { return };
    if means.len() < names.len() {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let from_files = of_files(std::slice::from_ref(&report), &means, dir.path());
    let (_, from_store) = of_store(&[report], &means, dir.path());
    assert_eq!(from_files, from_store);
    let (ours, theirs) = (features(&from_files.series, 40), features(&from_store.series, 40));
    assert!(ours.len() > 1000 && ours == theirs);
    println!(
        "of {} pitchers with arm placements the games of {} are known; reports tell up to {:?}",
        from_files.arm_pitchers, from_files.arm_pitchers_matched, from_files.injuries_until
    );
}
