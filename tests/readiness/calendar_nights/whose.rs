//! Whose each throw is: marks missing, late and on the wrong mound, warm-ups, and men who throw at the same time.

use pitchguard::ids::PitcherId;
use pitchguard::pipeline::MarkFeedState;
use pitchguard::readiness::Alert;
use pitchguard::simulate::{Game, MarkFeed, Scenario, Settings, Stint, StintMarks};

use super::park::*;

/// What counts for nobody at the end of the only night, by mound.
fn nobodys(park: &Park) -> (u64, u64) {
    let [night] = park.nights.as_slice() else { panic!("one night: {:?}", park.nights) };
    let by_mound = &night.unattributed_by_mound;
    assert_eq!(night.unattributed_today, by_mound.values().sum::<u64>());
    (by_mound["game"], by_mound["bullpen_home"])
}

/// Pitches of his outing on the game mound as told last.
fn pitches(park: &Park, pitcher: PitcherId) -> u32 {
    park.load_before(pitcher, "2030-01-01T00:00").0
}

#[test]
fn warm_ups_between_innings_are_nobodys_pitches_and_counted_as_such() {
    for seed in seeds() {
        // Two and a half innings of both sides.
        let settings =
            Settings { warm_ups: 8, seed, pace_s: 6.0, spin: false, pitches_max: Some(110), ..Settings::quiet() };
        let park = Park::play_as(settings, &Game::Scenario(Scenario::Game));
        let is_pitch = |thrown: &pitchguard::simulate::Thrown| thrown.at_bat_number > 0;
        park.assert_whose(|thrown| is_pitch(thrown).then_some(thrown.pitcher));
        let warm_ups = park.truth.iter().filter(|thrown| !is_pitch(thrown)).count();
        assert!(warm_ups >= 24, "{warm_ups}");
        assert_eq!(nobodys(&park), (warm_ups as u64, 0));
        for pitcher in [KESSLER, HALLORAN] {
            let thrown = park.truth.iter().filter(|t| t.pitcher == pitcher && is_pitch(t)).count();
            assert_eq!(pitches(&park, pitcher) as usize, thrown, "{pitcher}");
            assert_eq!(park.appearances(pitcher).iter().map(|(.., n)| *n as usize).sum::<usize>(), thrown);
        }
        assert!(!park.nights[0].degraded, "{:?}", park.nights[0]);
    }
}

#[test]
fn after_an_innings_end_the_other_sides_unmarked_pitches_are_not_his() {
    for seed in seeds() {
        let his = Stint { ends_inning: true, ..turn("2025-07-04T19:10", KESSLER, 7, 24) };
        let other = Stint { marks: StintMarks::Nothing, ..turn("2025-07-04T19:15", HALLORAN, 7, 12) };
        let park = Park::play(seed, &[his, other]);
        park.assert_whose(|thrown| (thrown.pitcher == KESSLER).then_some(KESSLER));
        assert_eq!((nobodys(&park), pitches(&park, KESSLER)), ((12, 0), 24));
        park.assert_dose(KESSLER, "2030-01-01T00:00", "2025-07-04", 24, 24.0);
    }
}

#[test]
fn a_feed_without_names_at_releases_names_by_who_stands_there_until_the_inning_ends() {
    for seed in seeds() {
        let his = Stint { ends_inning: true, marks: StintMarks::Nameless, ..turn("2025-07-04T19:10", KESSLER, 7, 12) };
        // Of the other side's man it says only the releases, and no id.
        let other = Stint { from: wall("2025-07-04T19:15"), pitcher: HALLORAN, throws: 9, ..his };
        let park = Park::play(seed, &[his, other]);
        park.assert_whose(|thrown| Some(thrown.pitcher));
        assert_eq!(nobodys(&park), (0, 0));
    }
}

#[test]
fn a_reliever_who_warms_up_while_another_pitches_takes_nothing_from_him() {
    for seed in seeds() {
        let his = turn("2025-07-04T21:00", KESSLER, 7, 30);
        let up = session("2025-07-04T21:00:20", IBARRA, 15);
        let enters = turn("2025-07-04T21:08", IBARRA, 7, 10);
        // Somebody else throws on where he threw, and nobody says who.
        let unsaid = Stint { marks: StintMarks::Nothing, ..session("2025-07-04T21:10", HALLORAN, 5) };
        let park = Park::play(seed, &[his, up, enters, unsaid]);
        park.assert_whose(|thrown| (thrown.pitcher != HALLORAN).then_some(thrown.pitcher));
        assert_eq!((nobodys(&park), pitches(&park, KESSLER), pitches(&park, IBARRA)), ((0, 5), 30, 10));
        let day = |n| vec![("2025-07-04".to_owned(), 7, n)];
        assert_eq!((park.appearances(KESSLER), park.appearances(IBARRA)), (day(30), day(10)));
    }
}

#[test]
fn in_a_bullpen_without_its_mark_the_throws_are_nobodys() {
    for seed in seeds() {
        let unsaid = Stint { marks: StintMarks::Nothing, ..session("2025-07-04T21:00", IBARRA, 12) };
        let park = Park::play(seed, &[unsaid, turn("2025-07-04T21:02", KESSLER, 7, 6)]);
        park.assert_whose(|thrown| (thrown.pitcher == KESSLER).then_some(KESSLER));
        assert_eq!(nobodys(&park), (0, 12));
        let [night] = park.nights.as_slice() else { panic!("one night") };
        let words = "12 throws of the last five minutes in the home bullpen must be somebody's and no mark says whose, the last at \
                     9:01 PM. 12 throws today count for nobody: 12 in the home bullpen between 9:00 PM and 9:01 PM.";
        assert_eq!((night.sentence.as_str(), night.degraded), (words, true));
    }
}

#[test]
fn an_inning_without_marks_counts_for_nobody_and_is_told() {
    for seed in seeds() {
        let first = Stint { ends_inning: true, ..turn("2025-07-04T19:10", KESSLER, 7, 15) };
        let stints = [first, turn("2025-07-04T19:15", HALLORAN, 7, 14), goes_on("2025-07-04T19:20", first, 10)];
        let mut settings = settings(seed, &stints);
        // From after the first inning's end until the third's begin.
        let from_s = (wall("2025-07-04T19:13").0 - settings.start.0) as f64 * 1e-9;
        settings.marks.away = Some(pitchguard::simulate::Away { from_s, for_s: 6.0 * 60.0 });
        let park = Park::play_as(settings, &Game::Stints(stints.to_vec()));
        park.assert_whose(|thrown| (thrown.pitcher == KESSLER).then_some(KESSLER));
        assert_eq!((nobodys(&park), pitches(&park, KESSLER)), ((14, 0), 25));
        assert_eq!(park.appearances(HALLORAN), []);
    }
}

#[test]
fn throws_of_nobody_in_his_inning_make_his_count_a_lower_bound_that_day_and_the_next() {
    for seed in seeds() {
        let his = turn("2025-07-04T19:10", KESSLER, 7, 20);
        let stints = [his, turn("2025-07-05T19:10", KESSLER, 8, 5)];
        let mut settings = settings(seed, &stints);
        let from_s = (wall("2025-07-04T19:10:58").0 - settings.start.0) as f64 * 1e-9;
        settings.marks.away = Some(pitchguard::simulate::Away { from_s, for_s: 30.0 });
        let park = Park::play_as(settings, &Game::Stints(stints.to_vec()));
        let nobodys = park.finals.values().filter(|p| p.pitcher.is_none()).count() as u32;
        assert!((4..=6).contains(&nobodys), "{nobodys}");
        let evening = park.readiness_before(KESSLER, GAME, wall("2025-07-05T00:00"));
        assert_eq!((evening.pitches, evening.unnamed_throws), (20 - nobodys, nobodys));
        assert!(evening.features["dose"].partly_seen, "{evening:?}");
        // Over the sum of the outing.
        let load = park.workload(KESSLER, "2025-07-04");
        assert_eq!((load.appearances[0].pitches, load.appearances[0].partly_seen), (20 - nobodys, true));
        let morning = park.readiness_before(KESSLER, GAME, wall("2025-07-06T00:00"));
        assert!(morning.features["dose"].partly_seen && !morning.is_at_least(), "{morning:?}");
        let load = park.workload(KESSLER, "2025-07-05");
        assert_eq!(load.summary.partly_seen_on.as_deref(), Some("2025-07-04"));
        assert_eq!(load.summary.dose, Some(morning.features["dose"].value));
    }
}

#[test]
fn warm_ups_and_a_game_of_one_evening_are_one_load_in_every_place() {
    for seed in seeds() {
        let stints = [
            turn("2025-07-03T19:10", IBARRA, 6, 8),
            session("2025-07-04T19:00", IBARRA, 15),
            turn("2025-07-04T19:10", IBARRA, 7, 10),
        ];
        let park = Park::play(seed, &stints);
        let of = |mound, before: &str| park.readiness_before(IBARRA, mound, wall(before)).features["dose"].value;
        let throwing = of(BULLPEN, "2025-07-04T19:05");
        assert!((throwing - 4.0).abs() < 1e-9, "warm-ups are no game pitches: {throwing}");
        let load = park.workload(IBARRA, "2025-07-04");
        let doses = [of(BULLPEN, "2030-01-01T00:00"), of(GAME, "2030-01-01T00:00"), load.loads[0].dose];
        assert!(doses.iter().all(|dose| (dose - 14.0).abs() < 1e-9), "both cards and the workload: {doses:?}");
        assert_eq!(load.loads[0].pitches_7d, 18);
    }
}

#[test]
fn marks_three_seconds_late_name_every_pitch_by_a_revision() {
    for seed in seeds() {
        let stints = [turn("2025-07-04T19:10", KESSLER, 7, 16), session("2025-07-04T19:10:10", IBARRA, 12)];
        let mut settings = settings(seed, &stints);
        // Cameras are faster than the feed here: every pitch is published before its mark comes.
        settings.lag_s = (0.3, 0.6);
        settings.marks = MarkFeed { late: 1.0, late_s: (3.0, 3.5), ..settings.marks };
        let park = Park::play_as(settings, &Game::Stints(stints.to_vec()));
        park.assert_whose(|thrown| Some(thrown.pitcher));
        assert_eq!((nobodys(&park), pitches(&park, KESSLER)), ((0, 0), 16));
        let of_game = park.told.iter().filter(|(id, _)| park.finals[*id].mound == 0);
        for (id, told) in of_game {
            assert_eq!((told.first(), told.last()), (Some(&None), Some(&Some(KESSLER.0))), "{id}");
        }
    }
}

#[test]
fn a_mark_that_comes_after_final_names_nobody_any_more() {
    for seed in seeds() {
        let stints = [turn("2025-07-04T19:10", KESSLER, 7, 16)];
        let mut settings = settings(seed, &stints);
        settings.lag_s = (0.3, 0.6);
        settings.marks = MarkFeed { late: 1.0, late_s: (12.0, 13.0), ..settings.marks };
        settings.tail_s = 40.0;
        let park = Park::play_as(settings, &Game::Stints(stints.to_vec()));
        park.assert_whose(|_| None);
        assert_eq!(nobodys(&park), (16, 0));
        assert!(park.readiness.is_empty(), "nobody's pitches are nobody's readiness");
        assert_eq!(park.appearances(KESSLER), []);
    }
}

#[test]
fn three_bullpen_throws_marked_as_his_take_nothing_from_his_outing_on_the_game_mound() {
    for seed in seeds() {
        let first = turn("2025-07-04T19:10", KESSLER, 7, 12);
        let wrong = Stint { marks: StintMarks::Of(KESSLER), ..session("2025-07-04T19:11:20", IBARRA, 3) };
        let park = Park::play(seed, &[first, wrong, goes_on("2025-07-04T19:12", first, 6)]);
        let before = park.readiness_before(KESSLER, GAME, wall("2025-07-04T19:12:05"));
        assert_eq!(before.pitches, 12, "on the mound where he pitches, after what was marked as his elsewhere");
        assert_eq!(pitches(&park, KESSLER), 18);
        assert_eq!(park.readiness_before(KESSLER, BULLPEN, wall("2030-01-01T00:00")).pitches, 3, "as the marks say");
        let told = |alert: &Alert| alert.rule == "two_mounds" && alert.pitcher == Some(KESSLER);
        assert!(park.raised.iter().any(told), "{:?}", park.raised);
        assert_eq!(park.appearances(KESSLER), [("2025-07-04".to_owned(), 7, 18)], "no throw of another mound");
        assert_eq!(nobodys(&park), (0, 0));
    }
}

#[test]
fn a_feed_that_marks_no_releases_is_told_and_counts_for_nobody() {
    for seed in seeds() {
        let stint = Stint { marks: StintMarks::OnMound, ..turn("2025-07-04T19:10", KESSLER, 7, 24) };
        let park = Park::play(seed, &[stint]);
        park.assert_whose(|_| None);
        assert_eq!(nobodys(&park), (24, 0));
        let [night] = park.nights.as_slice() else { panic!("one night") };
        assert!(night.degraded);
        assert!(
            night.sentence.starts_with("Nobody tells who pitches: the last 24 throws on the game mound have no mark"),
            "{}",
            night.sentence
        );
    }
}

#[test]
fn without_a_mark_feed_everything_is_measured_and_nobody_tells_who_pitches() {
    for seed in seeds() {
        let stint = turn("2025-07-04T19:10", KESSLER, 7, 15);
        let mut settings = settings(seed, &[stint]);
        settings.marks.on = false;
        let park = Park::play_as(settings, &Game::Stints(vec![stint]));
        park.assert_whose(|_| None);
        assert!(park.finals.values().all(|p| p.values.release_speed.is_some()), "it still measures");
        let [night] = park.nights.as_slice() else { panic!("one night") };
        assert_eq!((night.mark_feed, night.degraded), (MarkFeedState::Never, true));
        assert!(night.sentence.starts_with("Nobody tells who pitches: no mark has come since the start."));
    }
}
