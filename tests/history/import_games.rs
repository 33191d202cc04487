//! Games as wholes: what files hold of them, cut, searched, corrected and measured here, in whatever order it comes.

use std::collections::BTreeSet;

use crate::common::real_data;
use crate::games_support::{GAME, Rig, Row, YEAR, corrected, game, no_clock, uncorrected};
use pitchguard::records::{Origin, PitchRecord};
use proptest::prelude::*;
use proptest::sample::subsequence;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Whose outings lack pitches, and who is known at all.
fn lacking(rig: &Rig) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let outings = rig.outings();
    let of = |lacks: bool| outings.iter().filter(|a| !lacks || a.lack.is_some()).map(|a| a.pitcher).collect();
    (of(true), of(false))
}

fn imported(rows: &[Row]) -> Rig {
    let rig = Rig::new();
    rig.import(rows);
    rig
}

#[test]
fn a_whole_game_lacks_nothing_and_one_file_after_the_other_adds_up_to_it() {
    for seed in 0..40 {
        let rows = game(seed, YEAR);
        let rig = imported(&rows);
        assert_eq!(lacking(&rig).0, BTreeSet::new(), "game {seed}");
        let (even, odd): (Vec<_>, Vec<_>) = rows.iter().cloned().partition(|row| row.number % 2 == 0);
        let parts = Rig::new();
        for part in [&even, &odd] {
            parts.import(part);
            let known = lacking(&parts);
            assert!(part.as_ptr() != even.as_ptr() || known.0 == known.1, "game {seed}: every second pitch");
        }
        assert_eq!((parts.pitches(), parts.outings()), (rig.pitches(), rig.outings()), "game {seed}");
    }
}

#[test]
fn a_file_that_holds_a_part_of_a_game_feeds_no_load_and_says_so() {
    type Search = (&'static str, fn(&Row) -> bool);
    let searches: [Search; 8] = [
        ("one pitch type", |row| row.pitch_type == "FF"),
        ("by result", |row| !row.event.is_empty()),
        ("first pitches", |row| row.number == 1),
        ("two strikes", |row| row.strikes == 2),
        ("one batter", |row| row.batter % 9 == 4),
        ("one side of the plate", |row| row.batter % 2 == 0),
        ("with a runner on first", |row| row.on_first),
        ("two outs", |row| row.outs == 2),
    ];
    let (mut lack, mut known) = ([0; 8], [0; 8]);
    for seed in 0..40 {
        let rows = game(seed, YEAR);
        for (place, (_, wanted)) in searches.iter().enumerate() {
            let part: Vec<_> = rows.iter().filter(|row| wanted(row)).cloned().collect();
            let rig = imported(&part);
            let (lacking, all) = lacking(&rig);
            lack[place] += lacking.len();
            known[place] += all.len();
            for pitcher in lacking {
                let report = rig.workload(pitcher);
                assert_eq!(
                    (report.summary.pitches, report.summary.dose.unwrap_or(0.0)),
                    (0, 0.0),
                    "{}",
                    searches[place].0
                );
                let why = report.unknown.unwrap_or_default();
                assert!(why.contains("not counted") && why.contains("2022-06-11"), "{}: {why}", searches[place].0);
            }
        }
    }
    for (place, (what, _)) in searches.iter().enumerate() {
        // Of a man's few at-bats that are whole chance may make what looks like an outing.
        let whole_at_bats = ["one batter", "one side of the plate", "with a runner on first"].contains(what);
        let least = if whole_at_bats { known[place] * 97 / 100 } else { known[place] };
        assert!(lack[place] >= least, "{what}: {} of {}", lack[place], known[place]);
    }
}

#[test]
fn what_a_source_cuts_off_is_missing_to_those_who_threw_it() {
    for seed in 0..40 {
        let rows = game(seed, YEAR);
        let newest_first = imported(&rows[rows.len() / 2..]);
        let (lacking, all) = lacking(&newest_first);
        let whole: BTreeSet<_> = all.difference(&lacking).copied().collect();
        let cut: BTreeSet<_> = rows[..rows.len() / 2].iter().map(|row| row.pitcher).collect();
        assert!(whole.is_disjoint(&cut), "game {seed}: {whole:?} began before the cut");
        let oldest_first = imported(&rows[..rows.len() / 3]);
        let last: BTreeSet<_> = rows[..rows.len() / 3].iter().map(|row| row.pitcher).collect();
        // From the fifth inning on rain may have ended it.
        if rows[rows.len() / 3].inning < 5 {
            assert_eq!(games_lacking(&oldest_first), last, "game {seed}: nobody knows how long they stayed");
        }
    }
}

fn games_lacking(rig: &Rig) -> BTreeSet<u32> {
    lacking(rig).0
}

/// The games of one man's starts, as a search for him sends them.
fn starts(games: u32) -> Vec<Row> {
    let of = |nth: u32| {
        let rows = game(u64::from(nth), YEAR).into_iter().filter(|row| row.pitcher == 700);
        rows.map(move |row| Row { nth, ..row }).collect::<Vec<_>>()
    };
    (0..games).flat_map(of).collect()
}

#[test]
fn innings_that_are_left_out_at_an_end_are_told_as_a_doubt() {
    let whole = starts(8);
    let told = Rig::new().import(&whole).doubtful;
    assert_eq!(told, Vec::<String>::new(), "he begins each in the first");
    let cut: Vec<_> = whole.iter().filter(|row| row.nth != 3 || row.inning > 2).cloned().collect();
    let told = Rig::new().import(&cut);
    assert_eq!(told.doubtful.len(), 1, "{:?}", told.doubtful);
    assert!(told.doubtful[0].contains("700 begins in inning 3, and in 7 of 7 other games here in the first"), "{told}");
    let reliever: Vec<_> = whole.iter().filter(|row| row.nth % 2 == 0 || row.inning > 2).cloned().collect();
    assert_eq!(Rig::new().import(&reliever).doubtful, Vec::<String>::new(), "who begins anywhere is no starter");

    let both_sides = game(1, YEAR);
    assert_eq!(Rig::new().import(&both_sides).doubtful, Vec::<String>::new());
    let six: Vec<_> = both_sides.into_iter().filter(|row| row.inning <= 6).collect();
    let told = Rig::new().import(&six).doubtful;
    assert!(told.len() == 1 && told[0].contains("ends in inning 6"), "{told:?}");
}

#[test]
fn one_pitch_that_is_lost_is_noticed_before_the_clock_and_where_the_count_tells() {
    let rows = game(3, YEAR);
    // After which a man stands on first without one more out: to who looks at the rest it is an intentional walk.
    let is_like_a_walk = |row: &Row| matches!(row.event, "single" | "walk") && (row.balls, row.strikes) != (3, 2);
    // In the ninth nobody comes to bat again who would tell that a runner was put out.
    let is_told = |at: &usize| rows[*at].inning < 9 && !is_like_a_walk(&rows[*at]);
    for lost in (0..rows.len()).filter(is_told) {
        let rest: Vec<_> = rows.iter().enumerate().filter(|(at, _)| *at != lost).map(|(_, row)| row.clone()).collect();
        let found = games_lacking(&imported(&rest));
        assert!(found.contains(&rows[lost].pitcher), "row {lost}: {:?}", rows[lost]);
    }
}

#[test]
fn automatic_balls_and_walks_without_pitches_are_no_holes() {
    let mut numbers = 0;
    for seed in 0..20 {
        let rows = no_clock(&game(seed, 2023));
        let rig = Rig::new();
        let summary = rig.import(&rows);
        assert_eq!(games_lacking(&rig), BTreeSet::new(), "game {seed}: {summary}");
        let without = (game(seed, 2023).len() - rows.len()) as u64;
        assert_eq!(summary.clock, without, "game {seed}: {summary}");
        assert_eq!(summary.to_string().contains("automatic balls and strikes"), without > 0, "{summary}");
        // The same rows of a year without a clock are holes.
        let before: Vec<_> = rows.iter().map(|row| Row { year: 2022, ..row.clone() }).collect();
        assert_eq!(games_lacking(&imported(&before)).is_empty(), without == 0, "game {seed}");
        // Told by rows of their own they are none in any year.
        let told: Vec<_> =
            game(seed, 2022).iter().map(|row| Row { automatic: row.is_clocks(), ..row.clone() }).collect();
        assert_eq!(games_lacking(&imported(&told)), BTreeSet::new(), "game {seed}");
        numbers += without;
    }
    assert!(numbers > 5, "{numbers}");
    let walked = crate::games_support::with_walk(&game(7, YEAR), YEAR);
    assert_eq!(games_lacking(&imported(&walked)), BTreeSet::new());
    let early: Vec<_> = walked.iter().map(|row| Row { year: 2016, ..row.clone() }).collect();
    assert_ne!(games_lacking(&imported(&early)), BTreeSet::new(), "a walk took four pitches then");
}

#[test]
fn a_whole_game_that_comes_again_replaces_and_a_part_brings_nothing_back() {
    // The source took a pitch away, and an at-bat, after which the others are numbered anew.
    let (old, new) = (uncorrected(&game(5, YEAR)), corrected(&game(5, YEAR)));
    let expected = imported(&new);
    for orders in [vec![&old, &new], vec![&old, &new, &new]] {
        let rig = Rig::new();
        let summaries: Vec<_> = orders.iter().map(|rows| rig.import(rows)).collect();
        assert_eq!(rig.pitches(), expected.pitches());
        assert_eq!(rig.outings(), expected.outings());
        assert!(summaries[1].taken_away > 0, "{}", summaries[1]);
    }
    let rig = imported(&new);
    let summary = rig.import(&old[..old.len() / 2]);
    assert_eq!((rig.pitches(), rig.outings()), (expected.pitches(), expected.outings()));
    assert!(summary.passed_over.total() > 0, "{summary}");
    assert!(summary.to_string().contains("not in the whole game that is known"), "{summary}");
}

/// More rows than are held in memory, one game's far from each other.
#[test]
fn the_games_of_a_long_file_replace_whatever_order_its_rows_are_in() {
    const GAMES: u32 = 180;
    let of = |nth: u32, rows: Vec<Row>| rows.into_iter().map(move |row| Row { nth, ..row });
    let new = |nth: u32| of(nth, corrected(&game(u64::from(nth), YEAR)));
    let long: Vec<Row> = (0..GAMES).flat_map(new).collect();
    assert!(long.len() > 33_000, "{}", long.len());
    let mut mixed = long.clone();
    mixed.shuffle(&mut StdRng::seed_from_u64(7));
    let known: Vec<Row> = (0..3).flat_map(|nth| of(nth, uncorrected(&game(u64::from(nth), YEAR)))).collect();
    let [sorted, mixed] = [&long, &mixed].map(|rows| {
        let rig = Rig::new();
        rig.import(&known);
        let summary = rig.import(rows);
        (rig, summary)
    });
    for (rig, summary) in [&sorted, &mixed] {
        assert_eq!((summary.games, summary.lacking.len(), summary.doubled), (u64::from(GAMES), 0, 0), "{summary}");
        assert!(summary.taken_away > 0, "what the known games had beyond: {summary}");
        assert_eq!(rig.pitches().len(), long.len(), "{summary}");
    }
    assert_eq!(sorted.0.pitches(), mixed.0.pitches());
    assert_eq!(sorted.0.outings(), mixed.0.outings());
    assert_eq!(sorted.1, mixed.1);
}

#[test]
fn of_more_rows_of_one_game_than_a_game_can_have_the_rest_is_refused_by_name() {
    let rows: Vec<Row> = game(1, YEAR).into_iter().cycle().take(32_768 + 5).collect();
    let summary = Rig::new().import(&rows);
    assert_eq!((summary.games, summary.refused.total()), (1, 5), "{summary}");
    assert!(summary.to_string().contains("rows are of its game: game_pk is wrong"), "{summary}");
}

#[test]
fn a_pitch_measured_here_counts_once_on_the_day_it_was_thrown_whoever_files_it_and_when() {
    let rows = game(2, YEAR);
    let his: Vec<_> = rows.iter().filter(|row| row.pitcher == rows[0].pitcher).cloned().collect();
    let (first, rest) = his.split_at(his.len() / 2);
    let day = "2022-07-02";
    let expected = (his.len(), BTreeSet::from(["2022-06-11".to_owned(), day.to_owned()]));
    let other = Row { pitcher: 999, ..rest[0].clone() };
    for order in 0..4 {
        let rig = Rig::new();
        match order {
            0 => drop((rig.measure(rest, day), rig.import(&rows))),
            1 => drop((rig.import(&rows), rig.measure(rest, day))),
            2 => drop((rig.import(std::slice::from_ref(&other)), rig.measure(rest, day), rig.import(&rows))),
            _ => drop((rig.import(first), rig.measure(rest, day), rig.import(&rows), rig.import(&rows))),
        }
        let pitches = rig.pitches();
        let numbers: BTreeSet<_> = pitches.iter().filter_map(PitchRecord::identity).collect();
        assert_eq!((pitches.len(), numbers.len()), (rows.len(), rows.len()), "order {order}");
        assert_eq!(pitches.iter().filter(|p| p.origin == Origin::Live).count(), rest.len());
        let outings: Vec<_> = rig.outings().into_iter().filter(|a| a.pitcher == his[0].pitcher).collect();
        let count: u32 = outings.iter().map(|a| a.pitches).sum();
        let days: BTreeSet<_> = outings.iter().map(|a| a.game_date.clone()).collect();
        assert_eq!((count as usize, days), expected, "order {order}");
        assert!(!rig.outings().iter().any(|a| a.pitcher == 999), "order {order}: it is his who was measured");
    }
}

#[test]
fn what_was_measured_by_numbers_of_before_a_correction_counts_once() {
    let (old, new) = (uncorrected(&game(5, YEAR)), corrected(&game(5, YEAR)));
    let whose = old[0].pitcher;
    let his = |rows: &[Row]| rows.iter().filter(|row| row.pitcher == whose).cloned().collect::<Vec<_>>();
    for order in [[0, 1], [1, 0]] {
        let rig = Rig::new();
        for step in order {
            if step == 0 { rig.measure(&his(&old), "2022-06-11") } else { drop(rig.import(&new)) }
        }
        let outing = rig.outings().into_iter().find(|a| a.pitcher == whose).expect("he threw");
        assert_eq!(outing.pitches as usize, his(&old).len(), "{order:?}");
    }
}

#[test]
fn numbers_that_marks_give_to_two_men_come_to_an_end_and_take_nothing_from_either() {
    let rows = game(4, YEAR);
    let his: Vec<_> = rows.iter().filter(|row| row.pitcher == rows[0].pitcher).take(20).cloned().collect();
    let others: Vec<_> = his[5..].iter().map(|row| Row { pitcher: 650, ..row.clone() }).collect();
    let told = |order: [&[Row]; 2]| {
        let rig = Rig::new();
        for rows in order {
            rig.measure(rows, "2022-06-11");
        }
        rig.import(&rows);
        rig.measure(&his, "2022-06-11");
        let of = |pitcher| rig.outings().into_iter().filter(|a| a.pitcher == pitcher).map(|a| a.pitches).sum::<u32>();
        (of(his[0].pitcher), of(650))
    };
    let all = rows.iter().filter(|row| row.pitcher == rows[0].pitcher).count() as u32;
    assert_eq!(told([&his, &others]), (all, 15));
    assert_eq!(told([&others, &his]), (all, 15));
}

#[test]
fn pitches_that_marks_number_in_another_way_than_the_file_count_once() {
    let rows = game(6, YEAR);
    let whose = rows[0].pitcher;
    let all: Vec<_> = rows.iter().filter(|row| row.pitcher == whose).map(|row| (row.at_bat, row.number)).collect();
    let seen = &all[all.len() - 13..];
    let from_zero: Vec<_> = seen.iter().map(|(at_bat, number)| (*at_bat, number - 1)).collect();
    let unchanging = vec![(1, 1); seen.len()];
    let unnumbered = vec![(0, 0); seen.len()];
    let anew: Vec<_> = (0..seen.len() as u16).map(|nth| (1 + nth / 4, 1 + nth % 4)).collect();
    for numbers in [from_zero, unchanging, unnumbered, anew] {
        for is_filed_first in [true, false] {
            let rig = Rig::new();
            let import = || drop(rig.import(&rows));
            if is_filed_first {
                import();
            }
            rig.measure_numbers(GAME, whose, &numbers, "2022-06-11");
            if !is_filed_first {
                import();
            }
            let his = || rig.outings().into_iter().filter(|a| a.pitcher == whose).map(|a| a.pitches).sum::<u32>();
            assert_eq!(his() as usize, all.len(), "{numbers:?}, filed first: {is_filed_first}");
            import();
            assert_eq!(his() as usize, all.len(), "{numbers:?}, and again");
            let live = rig.pitches().iter().filter(|pitch| pitch.origin == Origin::Live).count();
            assert_eq!(live, seen.len(), "what was measured stays");
        }
    }
}

#[test]
fn an_outing_that_was_measured_here_counts_as_the_least_that_he_threw() {
    let rows = game(9, YEAR);
    let his: Vec<_> = rows.iter().filter(|row| row.pitcher == rows[0].pitcher).cloned().collect();
    let seen: Vec<_> = his.iter().enumerate().filter(|(at, _)| at % 7 != 3).map(|(_, row)| row.clone()).collect();
    let rig = Rig::new();
    rig.measure(&seen, "2022-06-11");
    let report = rig.workload(his[0].pitcher);
    assert_eq!(report.summary.pitches as usize, seen.len());
    let why = report.unknown.unwrap_or_default();
    assert!(why.contains("at least") && why.contains("counted as measured"), "{why}");
    rig.import(&rows);
    assert_eq!(rig.workload(his[0].pitcher).summary.pitches as usize, his.len(), "the file has the others");
}

#[test]
fn real_games_are_whole_and_the_collected_search_counts_for_nobody() {
    let Some(root) = real_data("statcast") else { return };
    for (name, lacks) in [
        ("busch_2023-06-11_game717797.csv", 0),
        ("league_2023-06-11.csv", 0),
        ("league_2020-09-03.csv", 0),
        ("darvish_2019-07.csv", 0),
        ("shane_mcclanahan_pitches.csv", 0),
        // Of a game in spring the row of a single is missing.
        ("spencer_strider_pitches.csv", 1),
        ("batter_2014-09-28.csv", 1),
    ] {
        let rig = Rig::new();
        let summary = rig.import_file(&root.join(name));
        let outings = rig.outings();
        let found: Vec<_> =
            outings.iter().filter(|a| a.lack.is_some()).map(|a| (a.pitcher, a.game_pk, a.lack)).collect();
        assert_eq!(found.len(), lacks, "{name}: {found:?} of {}\n{summary}", outings.len());
    }
    let Some(cases) = real_data("../cases") else { return };
    let rig = Rig::new();
    let summary = rig.import_file(&cases.join("03-venue-names/by_venue.csv"));
    let outings = rig.outings();
    assert_eq!(outings.iter().filter(|a| a.counts()).count(), 0, "{summary}");
    for outing in &outings {
        let report = rig.workload(outing.pitcher);
        assert!(report.summary.dose.is_none_or(|dose| dose <= 0.0), "{report:?}");
    }
    let ghosts = Rig::new();
    let summary = ghosts.import_file(&cases.join("13-ghost-rows/ghosts.csv"));
    assert!(ghosts.outings().iter().all(|a| a.counts() && a.pitches == 14), "{summary}");
    for live_first in [true, false] {
        let rig = Rig::new();
        let path = cases.join("16-suspended-game/savant.csv");
        let measure =
            || rig.measure_numbers(777_016, 930_016, &[(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2)], "2026-09-29");
        if live_first {
            measure();
        }
        rig.import_file(&path);
        if !live_first {
            measure();
        }
        let told: Vec<_> = rig.outings().into_iter().map(|a| (a.game_date, a.pitches)).collect();
        assert_eq!((told, rig.pitches().len()), (vec![("2026-09-29".to_owned(), 6)], 6), "live first: {live_first}");
    }
}

/// One thing that comes in.
#[derive(Debug, Clone)]
enum Comes {
    Rows(Vec<Row>),
    Measured(Vec<Row>),
}

fn take(rig: &Rig, comes: &Comes) {
    match comes {
        Comes::Rows(rows) => drop(rig.import(rows)),
        Comes::Measured(rows) => rig.measure(rows, "2022-06-11"),
    }
}

/// Parts of a game: what is nearly all of it can look like a whole, and is one then.
fn parts_of(rows: Vec<Row>) -> impl Strategy<Value = Vec<Vec<Row>>> {
    let n = rows.len();
    prop::collection::vec(subsequence(rows, n / 8..=n * 3 / 4), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_order_things_of_a_game_come_in_the_end_is_the_same(
        (first, second) in (0_u64..40, any::<u64>()).prop_flat_map(|(seed, shuffle)| {
            let (old, new) = (uncorrected(&game(seed, YEAR)), corrected(&game(seed, YEAR)));
            let pitcher = new[0].pitcher;
            let his: Vec<_> = new.iter().filter(|row| row.pitcher == pitcher).cloned().collect();
            let n = his.len();
            let things = (parts_of(new.clone()), parts_of(old.clone()), subsequence(his, 0..=n), any::<[bool; 3]>());
            things.prop_map(move |(parts, stale, seen, [is_whole, was_whole, doubled])| {
                let mut things: Vec<Comes> = parts.into_iter().map(Comes::Rows).collect();
                if is_whole {
                    things.push(Comes::Rows(new.clone()));
                    things.extend(stale.into_iter().map(Comes::Rows));
                }
                things.push(Comes::Measured(seen));
                if doubled {
                    things.extend(things.clone());
                }
                let mut other = things.clone();
                let mut at = shuffle | 1;
                for place in (1..other.len()).rev() {
                    at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    other.swap(place, (at >> 33) as usize % (place + 1));
                }
                // What was whole before the correction came before it.
                if is_whole && was_whole {
                    things.insert(0, Comes::Rows(old.clone()));
                    other.insert(0, Comes::Rows(old.clone()));
                }
                (things, other)
            })
        })
    ) {
        let (one, two) = (Rig::new(), Rig::new());
        for (rig, things) in [(&one, &first), (&two, &second)] {
            for comes in things {
                take(rig, comes);
            }
        }
        prop_assert_eq!(one.pitches(), two.pitches());
        prop_assert_eq!(one.outings(), two.outings());
        for outing in one.outings() {
            prop_assert_eq!(one.workload(outing.pitcher), two.workload(outing.pitcher));
        }
    }
}
