//! Which day, outing and season: midnight, daylight saving, 29 February, New Year, two games of a day, games that go on.

use std::collections::BTreeSet;

use pitchguard::simulate::Stint;

use super::park::*;

/// The dates of all pitches.
fn dates(park: &Park) -> BTreeSet<&str> {
    park.finals.values().map(|p| p.game_date.as_str()).collect()
}

/// A starter's night that runs past midnight, and his next noon.
fn over_midnight(seed: u64, night: &str, next: &str) {
    let late = turn(&format!("{night}T23:50"), KESSLER, 7, 12);
    let park = Park::play(
        seed,
        &[late, goes_on(&format!("{next}T00:20"), late, 10), turn(&format!("{next}T12:10"), KESSLER, 8, 9)],
    );
    park.assert_whose(|thrown| Some(thrown.pitcher));
    assert_eq!(dates(&park), BTreeSet::from([night, next]));
    assert_eq!(park.appearances(KESSLER), [(night.to_owned(), 7, 22), (next.to_owned(), 8, 9)]);
    park.assert_dose(KESSLER, &format!("{next}T06:00"), night, 22, 22.0);
    park.assert_dose(KESSLER, &format!("{next}T18:00"), next, 9, 9.0 + 11.0);
    let readiness = park.readiness_before(KESSLER, GAME, wall(&format!("{next}T18:00")));
    assert_eq!(readiness.features["days_rest"].value.to_bits(), 0.0_f64.to_bits(), "he pitched the night before");
    assert!(park.nights.iter().all(|night| night.unattributed_today == 0), "{:?}", park.nights);
}

#[test]
fn a_game_past_midnight_is_one_outing_of_the_day_it_began() {
    seeds().for_each(|seed| over_midnight(seed, "2025-07-04", "2025-07-05"));
}

#[test]
fn a_game_over_the_night_on_which_the_clock_is_set_forward_is_one_outing() {
    seeds().for_each(|seed| over_midnight(seed, "2026-03-07", "2026-03-08"));
}

#[test]
fn a_game_over_the_night_on_which_the_clock_is_set_back_is_one_outing() {
    seeds().for_each(|seed| over_midnight(seed, "2025-11-01", "2025-11-02"));
}

#[test]
fn a_game_into_and_out_of_29_february_is_one_outing() {
    for seed in seeds() {
        over_midnight(seed, "2028-02-28", "2028-02-29");
        over_midnight(seed + 100, "2028-02-29", "2028-03-01");
    }
}

#[test]
fn new_years_night_is_of_the_old_season() {
    for seed in seeds() {
        over_midnight(seed, "2025-12-31", "2026-01-01");
        let late = turn("2025-12-31T23:50", KESSLER, 7, 12);
        let park =
            Park::play(seed, &[late, goes_on("2026-01-01T00:20", late, 10), turn("2026-01-01T12:10", KESSLER, 8, 9)]);
        let last_dates = |season| -> BTreeSet<String> {
            park.store.baselines_of(KESSLER.0, season).expect("read").into_iter().map(|sums| sums.last_date).collect()
        };
        assert_eq!(last_dates(2025), BTreeSet::from(["2025-12-31".to_owned()]));
        assert_eq!(last_dates(2026), BTreeSet::from(["2026-01-01".to_owned()]));
    }
}

#[test]
fn the_day_turns_at_six_by_the_wall_clock_on_the_nights_on_which_it_is_set() {
    for seed in seeds() {
        for (day, before) in [("2026-03-08", "2026-03-07"), ("2025-11-02", "2025-11-01")] {
            let park = Park::play(
                seed,
                &[
                    turn(&format!("{day}T05:55"), KESSLER, 7, 6),
                    turn(&format!("{day}T06:01"), HALLORAN, 8, 6),
                    turn(&format!("{day}T06:59"), KESSLER, 9, 6),
                ],
            );
            let of = |pitcher| park.appearances(pitcher);
            assert_eq!(of(KESSLER), [(before.to_owned(), 7, 6), (day.to_owned(), 9, 6)]);
            assert_eq!(of(HALLORAN), [(day.to_owned(), 8, 6)]);
        }
    }
}

#[test]
fn both_games_of_a_doubleheader_are_one_days_work_and_two_outings() {
    for seed in seeds() {
        let park = Park::play(
            seed,
            &[
                turn("2025-07-04T13:10", KESSLER, 7, 20),
                turn("2025-07-04T18:40", KESSLER, 8, 15),
                turn("2025-07-05T19:10", KESSLER, 9, 6),
            ],
        );
        park.assert_whose(|thrown| Some(thrown.pitcher));
        let day = |pk, n| ("2025-07-04".to_owned(), pk, n);
        assert_eq!(park.appearances(KESSLER), [day(7, 20), day(8, 15), ("2025-07-05".to_owned(), 9, 6)]);
        park.assert_dose(KESSLER, "2025-07-04T23:00", "2025-07-04", 15, 35.0);
        park.assert_dose(KESSLER, "2025-07-05T23:00", "2025-07-05", 6, 6.0 + 17.5);
        assert_eq!(park.workload(KESSLER, "2025-07-05").loads[0].rest_deficit, Some(1), "35 pitches ask for a day");
    }
}

#[test]
fn late_last_night_and_again_before_noon_counts_last_night_once() {
    for seed in seeds() {
        let park =
            Park::play(seed, &[turn("2025-07-04T23:16", KESSLER, 7, 44), turn("2025-07-05T10:45", KESSLER, 8, 12)]);
        park.assert_dose(KESSLER, "2025-07-05T00:30", "2025-07-04", 44, 44.0);
        park.assert_dose(KESSLER, "2025-07-05T12:00", "2025-07-05", 12, 34.0);
        let words = park.readiness_before(KESSLER, GAME, wall("2025-07-05T12:00")).reasons.join("; ");
        assert!(!words.contains("56 pitches"), "{words}");
    }
}

#[test]
fn a_suspended_game_that_goes_on_next_day_is_a_new_outing_with_the_rest_that_is_missing() {
    for seed in seeds() {
        let park = Park::play(
            seed,
            &[
                turn("2025-07-04T22:00", KESSLER, 7, 44),
                Stint { thrown: 0, ..turn("2025-07-05T14:00", KESSLER, 7, 12) },
            ],
        );
        park.assert_whose(|thrown| Some(thrown.pitcher));
        assert_eq!(park.appearances(KESSLER), [("2025-07-04".to_owned(), 7, 44), ("2025-07-05".to_owned(), 7, 12)]);
        park.assert_dose(KESSLER, "2025-07-05T20:00", "2025-07-05", 12, 34.0);
        assert_eq!(park.workload(KESSLER, "2025-07-05").loads[0].rest_deficit, Some(1), "44 pitches ask for a day");
        let readiness = park.readiness_before(KESSLER, GAME, wall("2025-07-05T20:00"));
        assert_eq!(readiness.features["days_rest"].value.to_bits(), 0.0_f64.to_bits());
        let words = readiness.reasons.join("; ");
        assert!(words.contains("rest"), "the rest that is missing is told: {words}");
    }
}

#[test]
fn a_game_number_that_is_used_again_is_another_outing() {
    for seed in seeds() {
        let park = Park::play(
            seed,
            &[
                turn("2025-07-04T19:10", KESSLER, 7, 20),
                turn("2025-07-09T19:10", KESSLER, 7, 10),
                turn("2026-07-09T19:10", KESSLER, 7, 8),
            ],
        );
        let day = |day: &str, n| (day.to_owned(), 7, n);
        assert_eq!(park.appearances(KESSLER), [day("2025-07-04", 20), day("2025-07-09", 10), day("2026-07-09", 8)]);
        park.assert_dose(KESSLER, "2025-07-10T00:00", "2025-07-09", 10, 10.0 + 20.0 / 32.0);
        let (pitches, _) = park.load_before(KESSLER, "2026-07-10T00:00");
        assert_eq!(pitches, 8);
    }
}
