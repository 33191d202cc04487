//! What must hold of the readiness room from outside: pitches in, what to publish out.

use crate::fastballs::{baseline, fastball};
use jiff::civil::{Date, date};
use pitchguard::features::{OutingPitch, Reading};
use pitchguard::ids::{BoxNs, EventNs, GamePk, MoundId, PitchId, PitcherId};
use pitchguard::readiness::{Config, Engine, Outcome, Readiness, Severity};
use pitchguard::records::State;
use pitchguard::tracking::pitch::PitchState;
use pitchguard::workload::{OutingKey, Role, Workload};

pub(crate) const NS_PER_S: u64 = 1_000_000_000;
const START_S: u64 = 1_700_000_000;
pub(crate) const HIM: PitcherId = PitcherId(669_456);
const OTHER: PitcherId = PitcherId(543_037);
const DAY: Date = date(2023, 11, 14);
const GAME: OutingKey = OutingKey { day: DAY, game: Some(GamePk(717_797)) };
const NIGHTCAP: OutingKey = OutingKey { day: DAY, game: Some(GamePk(717_798)) };
const UNNAMED: OutingKey = OutingKey { day: DAY, game: None };
pub(crate) const MOUND: MoundId = MoundId(0);
pub(crate) const BULLPEN: MoundId = MoundId(1);

pub(crate) fn engine() -> Engine {
    let mut engine = Engine::new(Config::default());
    for pitcher in [HIM, OTHER] {
        engine.set_baseline(pitcher, baseline(pitcher));
        engine.set_workload(pitcher, Workload { role: Some(Role::Starter), ..Workload::default() });
    }
    engine.set_name(HIM, "Sam Closer".to_owned());
    engine
}

/// The `i`-th fastball, 20 s after the one before, with his usual scatter and `slower` mph off.
pub(crate) fn pitch(i: u64, slower: f64) -> OutingPitch {
    fastball(EventNs((START_S + 20 * i) * NS_PER_S), MOUND, PitchState::Provisional, slower, i)
}

#[allow(clippy::large_types_passed_by_value)] // as the engine takes it
pub(crate) fn throw(engine: &mut Engine, pitch: OutingPitch) -> Outcome {
    engine.pitch(HIM, MOUND, GAME, pitch, BoxNs(pitch.release.0 + 3 * NS_PER_S))
}

pub(crate) fn throw_all(engine: &mut Engine, pitches: impl IntoIterator<Item = OutingPitch>) -> Vec<Outcome> {
    pitches.into_iter().map(|pitch| throw(engine, pitch)).collect()
}

pub(crate) fn raised(outcomes: &[Outcome]) -> Vec<(String, Severity)> {
    outcomes.iter().flat_map(|o| &o.raised).map(|a| (a.rule.clone(), a.severity)).collect()
}

pub(crate) fn standing(readiness: &Readiness) -> Vec<(&str, Severity)> {
    readiness.alerts.iter().map(|a| (a.rule.as_str(), a.severity)).collect()
}

pub(crate) fn last(outcomes: &[Outcome]) -> &Readiness {
    &outcomes.last().expect("some were thrown").readiness
}

#[test]
fn before_the_first_window_opens_there_is_no_number_and_no_feature() {
    let outcomes = throw_all(&mut engine(), (0..5).map(|i| pitch(i, 0.0)));
    for outcome in &outcomes[..4] {
        let shown = &outcome.readiness;
        assert_eq!((shown.readiness.value, shown.fatigue.value, shown.state), (None, None, State::Held));
        assert_eq!(shown.features.keys().collect::<Vec<_>>(), ["calibration_confidence", "dose", "late_data_frac"]);
        assert_eq!(shown.feature_qa_min, None, "no window has opened");
        assert!(outcome.raised.is_empty());
    }
    let shown = last(&outcomes);
    assert_eq!((shown.readiness.value, shown.state), (Some(100.0), State::Provisional));
    let windows = ["release_extension_delta", "velocity_delta_5"];
    assert_eq!(shown.features.keys().filter(|name| windows.contains(&name.as_str())).count(), 2);
    assert_eq!((shown.features.len(), shown.feature_qa_min), (5, Some(1.0)));
}

#[test]
fn a_number_of_the_bullpen_does_not_fall_by_what_he_threw_in_the_game_after_it() {
    let mut engine = engine();
    let warm_up = |i: u64| fastball(EventNs((START_S + 20 * i) * NS_PER_S), BULLPEN, PitchState::Provisional, 0.0, i);
    let throw_there = |engine: &mut Engine, pitch: OutingPitch, now_s: u64| {
        engine.pitch(HIM, BULLPEN, GAME, pitch, BoxNs((START_S + now_s) * NS_PER_S)).readiness
    };
    let before = (0..15).map(|i| throw_there(&mut engine, warm_up(i), 20 * i + 3)).last().expect("some were thrown");
    assert!(before.readiness.value.is_some(), "{before:?}");
    throw_all(&mut engine, (20..100).map(|i| pitch(i, 0.0)));
    let settled = OutingPitch { state: PitchState::Final, revision: 1, ..warm_up(14) };
    let after = throw_there(&mut engine, settled, 2_010);
    assert_eq!(after.readiness.value, before.readiness.value, "as of the same pitch");
}

#[test]
fn what_is_published_names_him_his_mound_and_the_age_of_the_data() {
    let mut engine = engine();
    let outcomes = throw_all(&mut engine, (0..30).map(|i| OutingPitch { state: PitchState::Final, ..pitch(i, 0.0) }));
    let shown = last(&outcomes);
    assert_eq!((shown.name.as_str(), shown.pitcher, shown.mound), ("Sam Closer", HIM, MOUND));
    assert_eq!((shown.pitches, shown.data_age_ms, shown.state), (30, Some(3000), State::Final));
    assert_eq!(shown.last_pitch_at, "2023-11-14T22:23:00Z");
    assert_eq!((shown.risk.value, shown.probability_21d, shown.model_version.as_ref()), (None, None, None));
    assert_eq!((shown.feature_set.as_str(), shown.calibration_confidence), ("v2", Some(0.94)));
    assert!(shown.recommendation.contains("promises nothing about injury"), "{}", shown.recommendation);
    assert_eq!(shown.reasons, ["Nothing out of the ordinary against his season"]);
    assert!(outcomes.windows(2).all(|w| w[0].readiness.revision < w[1].readiness.revision));
    assert_eq!(engine.active().collect::<Vec<_>>(), [shown]);
}

#[test]
fn the_interval_holds_the_value_and_narrows_as_windows_fill() {
    let outcomes = throw_all(
        &mut engine(),
        (0..40).map(|i| {
            let p = pitch(i, 1.2);
            // Release height twice as variable as usual, so that its ramp is in play.
            OutingPitch {
                release_pos_z: p.release_pos_z.map(|r| Reading { value: 6.0 + (r.value - 6.0) * 1.5, ..r }),
                ..p
            }
        }),
    );
    let width = |i: usize| {
        let index = outcomes[i].readiness.readiness;
        let (low, value, high) = (index.low.expect("low"), index.value.expect("value"), index.high.expect("high"));
        assert!(low <= value && value <= high && low < high, "{index:?}");
        high - low
    };
    assert!(width(10) > width(15) && width(15) > width(24), "{} {} {}", width(10), width(15), width(24));
}

#[test]
fn the_features_that_surround_the_arm_are_there_where_they_are_known_and_absent_where_not() {
    let mut engine = engine();
    let unknown = last(&throw_all(&mut engine, (0..20).map(|i| pitch(i, 0.0)))).clone();
    for (name, value, n) in [
        ("late_data_frac", 0.0, 20),
        ("calibration_confidence", 0.94, 1),
        ("dose", 20.0, 20),
        ("release_extension_delta", 0.0, 5),
        ("pitch_tempo_delta", 0.0, 5),
    ] {
        let feature = unknown.features.get(name).unwrap_or_else(|| panic!("{name} is absent"));
        assert!((feature.value - value).abs() < 1e-9 && feature.n == n, "{name}: {feature:?}");
    }
    assert!(!unknown.features.contains_key("acwr") && !unknown.features.contains_key("days_rest"));
    let past = (0..30).map(|i| (2 + 2 * i, 20)).chain([(1, 12)]).collect();
    engine.set_workload(HIM, Workload { role: Some(Role::Reliever), ..Workload::of_past(past) });
    let known = throw(&mut engine, OutingPitch { calibration_confidence: None, ..pitch(20, 0.0) }).readiness;
    assert!(!known.features.contains_key("calibration_confidence"), "nobody judged it");
    let carried = (0..30).map(|i| 20.0 * f64::from(-2 - 2 * i).exp2()).sum::<f64>() + 6.0;
    assert!((known.features["dose"].value - (21.0 + carried)).abs() < 1e-9);
    assert!((known.features["days_rest"].value - 0.0).abs() < 1e-9);
    let ratio = known.features["acwr"].value;
    assert!((1.0..1.5).contains(&ratio), "{ratio}: the same every other day, and yesterday besides");
    assert_eq!(known.feature_qa_min, Some(1.0));
}

#[test]
fn a_closer_who_tires_raises_velocity_then_readiness_then_critical_readiness() {
    let mut engine = engine();
    engine.set_workload(HIM, Workload { role: Some(Role::Reliever), past: vec![(1, 4)], ..Workload::default() });
    let outcomes = throw_all(
        &mut engine,
        (0..28_u64).map(|i| {
            let tired = i.saturating_sub(6) as f64;
            let p = pitch(i, 0.35 * tired);
            let loose = 1.0 + 0.06 * tired;
            OutingPitch {
                release_spin_rate: p
                    .release_spin_rate
                    .map(|r| Reading { value: 2300.0 + (r.value - 2300.0) * loose, ..r }),
                release_pos_z: p.release_pos_z.map(|r| Reading { value: r.value - 0.01 * tired, ..r }),
                ..p
            }
        }),
    );
    let expected =
        [("velocity_delta", Severity::Warning), ("readiness", Severity::Warning), ("readiness", Severity::Critical)];
    assert_eq!(raised(&outcomes), expected.map(|(rule, severity)| (rule.to_owned(), severity)));
    let shown = last(&outcomes);
    assert_eq!(standing(shown), [("velocity_delta", Severity::Warning), ("readiness", Severity::Critical)]);
    assert!(shown.reasons[0].starts_with("Fastball ") && shown.reasons[0].contains("under his season baseline"));
    assert!(shown.recommendation.starts_with("Time to take him out."), "{}", shown.recommendation);
    let ids: Vec<u64> = engine.alerts().map(|a| a.id).collect();
    assert!(ids.windows(2).all(|w| w[0] < w[1]) && ids.len() == 3);
    let superseded = engine.alerts().nth(1).expect("the readiness warning");
    assert!(superseded.cleared_at.is_some());
}

#[test]
fn reasons_come_weightiest_first() {
    let mut engine = engine();
    let workload = Workload {
        past: vec![(1, 60)],
        role: Some(Role::Starter),
        acwr: Some(1.4),
        rest_deficit: Some(1.0),
        ..Workload::default()
    };
    engine.set_workload(HIM, workload);
    let outcomes = throw_all(&mut engine, (0..70).map(|i| pitch(i, 1.4)));
    assert_eq!(
        last(&outcomes).reasons,
        [
            "Fastball 1.4 mph (2.3 km/h) under his season baseline over the last 5 (sd 0.5 mph)",
            "70 game pitches today and 30 still counting from earlier days, 100 % of a starter's load",
            "1 day short of the rest guidance",
            "This week's load is 1.4 times his month's",
        ]
    );
    let value = last(&outcomes).readiness.value.expect("judged");
    assert!((value - (100.0 - 12.0 - 10.0 - 5.0 - 2.0)).abs() < 1e-6, "{value}");
}

#[test]
fn a_revision_of_the_newest_pitch_replaces_it_and_raises_nothing_twice() {
    let mut engine = engine();
    throw_all(&mut engine, (0..12).map(|i| pitch(i, 0.0)));
    let slow = throw(&mut engine, pitch(12, 15.0));
    assert_eq!(raised(std::slice::from_ref(&slow)).len(), 2, "velocity and readiness");
    let again = throw(&mut engine, OutingPitch { revision: 1, ..pitch(12, 14.9) });
    assert!(again.changed && again.raised.is_empty() && again.cleared.is_empty());
    assert_eq!(again.readiness.pitches, 13);
    let stale = throw(&mut engine, pitch(12, 15.0));
    assert!(!stale.changed);
    assert_eq!(stale.readiness, again.readiness);
    let mended = throw(&mut engine, OutingPitch { revision: 2, ..pitch(12, 0.0) });
    assert_eq!(mended.cleared.len(), 2, "the cause was never there");
    assert_eq!(mended.readiness.readiness.value, Some(100.0));
}

#[test]
fn an_earlier_pitch_changes_numbers_but_is_never_news() {
    let mut engine = engine();
    let before = last(&throw_all(&mut engine, (0..14).filter(|i| *i != 11).map(|i| pitch(i, 0.0)))).clone();
    for late in [pitch(11, 20.0), OutingPitch { revision: 1, ..pitch(11, 25.0) }] {
        let outcome = throw(&mut engine, late);
        assert!(outcome.changed && outcome.raised.is_empty() && outcome.readiness.alerts.is_empty());
        assert_eq!(outcome.readiness.last_pitch_at, before.last_pitch_at);
        assert_eq!(outcome.readiness.pitches, 14);
        assert!(outcome.readiness.readiness.value < before.readiness.value);
    }
    assert_eq!(throw(&mut engine, pitch(14, 0.0)).raised.len(), 2, "the next pitch is judged on the whole window");
}

#[test]
fn a_pitch_that_was_another_mans_takes_its_alerts_with_it() {
    let mut engine = engine();
    throw_all(&mut engine, (0..12).map(|i| pitch(i, 0.0)));
    let stray = pitch(12, 20.0);
    assert_eq!(throw(&mut engine, stray).raised.len(), 2);
    let removed = engine.remove(HIM, stray.id, BoxNs(stray.release.0)).expect("it was his");
    assert_eq!((removed.cleared.len(), removed.readiness.pitches), (2, 12));
    assert_eq!(removed.readiness.readiness.value, Some(100.0));
    assert!(removed.readiness.alerts.is_empty());
    assert_eq!(engine.remove(HIM, stray.id, BoxNs(stray.release.0)), None);

    let given = engine.pitch(OTHER, MOUND, GAME, stray, BoxNs(stray.release.0));
    assert_eq!(given.readiness.pitches, 1);
    assert_eq!(engine.active().map(|r| r.pitcher).collect::<Vec<_>>(), [OTHER, HIM]);
    engine.remove(OTHER, stray.id, BoxNs(stray.release.0)).expect("it is his now");
    assert_eq!(engine.active().map(|r| r.pitcher).collect::<Vec<_>>(), [HIM], "who threw nothing is not active");
}

#[test]
fn windows_and_alerts_do_not_cross_outings_but_the_days_pitches_do() {
    let mut engine = engine();
    engine.set_workload(HIM, Workload { role: Some(Role::Reliever), ..Workload::default() });
    let first = throw_all(&mut engine, (0..20).map(|i| pitch(i, 4.0)));
    assert!(!last(&first).alerts.is_empty());
    let later = |i: u64| {
        let release = EventNs((START_S + 6 * 3600 + 20 * i) * NS_PER_S);
        OutingPitch { id: PitchId::new(release, MOUND), release, ..pitch(i, 0.0) }
    };
    let mut throw_later = |i| engine.pitch(HIM, MOUND, NIGHTCAP, later(i), BoxNs(later(i).release.0));
    let opening = throw_later(0);
    assert_eq!(opening.cleared.len(), last(&first).alerts.len());
    assert_eq!((opening.readiness.readiness.value, opening.readiness.pitches), (None, 1));
    let outcomes: Vec<_> = (1..5).map(throw_later).collect();
    // 25 of 25: ten points.
    let value = last(&outcomes).readiness.value.expect("judged");
    assert!((value - 90.0).abs() < 1e-9, "{value}");
    let revised = throw(&mut engine, OutingPitch { revision: 1, ..pitch(19, 30.0) });
    assert!(!revised.changed, "the first game is over");
}

#[test]
fn warm_up_throws_are_an_outing_of_their_own_and_do_not_count_against_his_game() {
    let mut engine = engine();
    engine.set_workload(HIM, Workload { role: Some(Role::Reliever), ..Workload::default() });
    for i in 0..25 {
        engine.pitch(HIM, BULLPEN, UNNAMED, pitch(i, 4.0), BoxNs(0));
    }
    let outcomes = throw_all(&mut engine, (30..35).map(|i| pitch(i, 0.0)));
    assert_eq!(last(&outcomes).readiness.value, Some(100.0));
    assert_eq!(last(&outcomes).mound, MOUND);
}

#[test]
fn a_game_named_late_continues_the_outing() {
    let mut engine = engine();
    engine.pitch(HIM, MOUND, UNNAMED, pitch(0, 0.0), BoxNs(0));
    assert_eq!(throw(&mut engine, pitch(1, 0.0)).readiness.pitches, 2);
    assert_eq!(throw(&mut engine, OutingPitch { revision: 1, ..pitch(0, 0.0) }).readiness.pitches, 2);
}

#[test]
fn a_late_mark_moves_a_pitch_out_of_the_game_that_it_was_counted_to() {
    let mut engine = engine();
    throw_all(&mut engine, (0..12).map(|i| pitch(i, 0.0)));
    assert_eq!(throw(&mut engine, pitch(12, 20.0)).raised.len(), 2);
    throw(&mut engine, pitch(13, 0.0));
    let renamed = OutingPitch { revision: 1, ..pitch(12, 20.0) };
    let moved = engine.pitch(HIM, MOUND, NIGHTCAP, renamed, BoxNs(0));
    assert!(moved.changed);
    assert_eq!((moved.readiness.pitches, moved.cleared.len()), (13, 2));

    let newest = OutingPitch { revision: 1, ..pitch(13, 0.0) };
    let moved = engine.pitch(HIM, MOUND, NIGHTCAP, newest, BoxNs(0));
    assert_eq!(moved.readiness.pitches, 1, "it opens the second game");
    let again = OutingPitch { revision: 2, ..pitch(12, 20.0) };
    assert_eq!(engine.pitch(HIM, MOUND, NIGHTCAP, again, BoxNs(0)).readiness.pitches, 2);
}

#[test]
fn whoever_is_forgotten_for_a_newcomers_profile_leaves_no_alert_standing_unsaid() {
    let mut engine = Engine::new(Config { pitchers_max: 1, ..Config::default() });
    let blind = throw(&mut engine, OutingPitch { calibration_confidence: Some(0.5), ..pitch(0, 0.0) });
    let cleared = engine.set_workload(OTHER, Workload::default());
    assert_eq!(cleared.iter().map(|a| a.id).collect::<Vec<_>>(), [blind.raised[0].id]);
    assert!(cleared[0].cleared_at.is_some());
}

#[test]
fn of_whom_too_few_outings_are_known_no_role_is_told_and_his_load_is_a_starters() {
    let load = |past: Vec<(u32, u32)>| {
        let mut engine = engine();
        engine.set_workload(HIM, Workload { acwr: None, rest_deficit: None, ..Workload::of_past(past) });
        let shown = last(&throw_all(&mut engine, (0..80).map(|i| pitch(i, 0.0)))).clone();
        shown.reasons.into_iter().find(|reason| reason.contains("load")).expect("its load is told")
    };
    let three = load(vec![(20, 14), (25, 20), (30, 16)]);
    assert!(three.ends_with("80 % of a starter's load (his own role is not known)"), "{three}");
    let six = load((1..=6).map(|i| (10 * i, 16)).collect());
    assert!(six.ends_with("% of a reliever's load"), "{six}");
}

#[test]
fn after_a_restart_the_outing_goes_on_and_no_alert_is_raised_anew() {
    let mut engine = engine();
    let pitches: Vec<OutingPitch> = (0..30).map(|i| pitch(i, 0.12 * i as f64)).collect();
    let before = throw_all(&mut engine, pitches.iter().copied());
    let mut restarted = self::engine();
    let mut stored = pitches.clone();
    stored.reverse();
    let now = BoxNs(pitches[29].release.0 + 3 * NS_PER_S);
    let restored = restarted.restore(HIM, MOUND, GAME, stored, now).expect("30 pitches");
    assert_eq!(&restored, last(&before));
    assert!(!restored.alerts.is_empty());
    let next = pitch(30, 3.6);
    assert_eq!(throw(&mut restarted, next), throw(&mut engine, next));
    assert_eq!(restarted.restore(OTHER, MOUND, GAME, [], now), None);
}

#[test]
fn the_same_pitches_give_the_same_output_to_the_last_bit() {
    let run = || throw_all(&mut engine(), (0..60).map(|i| pitch(i, (i % 7) as f64 * 0.6)));
    assert_eq!(run(), run());
}

#[test]
fn an_acknowledged_alert_says_so_wherever_it_is_shown() {
    let mut engine = engine();
    throw_all(&mut engine, (0..12).map(|i| pitch(i, 3.0)));
    let id = engine.alerts().next().expect("an alert stands").id;
    let when = "2023-11-14T22:30:00Z";
    assert_eq!(engine.acknowledge(id, when.to_owned()).and_then(|a| a.acknowledged_at.as_deref()), Some(when));
    engine.acknowledge(id, "later".to_owned());
    let kept = engine.alerts().find(|a| a.id == id).expect("it is kept");
    let shown = engine.active().flat_map(|r| &r.alerts).find(|a| a.id == id).expect("it stands");
    assert_eq!([&kept.acknowledged_at, &shown.acknowledged_at].map(Option::as_deref), [Some(when); 2]);
    assert_eq!(engine.acknowledge(1, String::new()), None);
    assert_eq!(throw(&mut engine, pitch(12, 3.0)).readiness.alerts[0].acknowledged_at.as_deref(), Some(when));
}

#[test]
fn no_feed_makes_the_engine_grow_without_bound() {
    let mut engine = Engine::new(Config { pitchers_max: 10, alerts_max: 20, ..Config::default() });
    for i in 0..1000 {
        let stranger = PitcherId(i as u32);
        let outcome = engine.pitch(
            stranger,
            MOUND,
            GAME,
            OutingPitch { calibration_confidence: Some(0.5), ..pitch(i, 0.0) },
            BoxNs(0),
        );
        assert_eq!(outcome.raised.len(), 1);
        assert_eq!(outcome.cleared.len(), usize::from(i >= 10), "who is forgotten leaves no alert standing");
    }
    assert_eq!((engine.active().count(), engine.alerts().count()), (10, 20));
}

#[test]
fn without_a_baseline_there_is_no_number_and_the_reason_says_why() {
    let mut engine = Engine::new(Config::default());
    let outcomes = throw_all(&mut engine, (0..30).map(|i| pitch(i, 0.0)));
    let shown = last(&outcomes);
    assert_eq!((shown.readiness.value, shown.state), (None, State::Held));
    assert_eq!(shown.reasons[0], "No season baseline for him yet, so nothing to compare today with");
    assert_eq!(shown.name, HIM.to_string());
}

#[test]
fn without_pitch_types_there_is_no_number_and_the_reason_says_why() {
    let outcomes = throw_all(&mut engine(), (0..30).map(|i| OutingPitch { pitch_type: None, ..pitch(i, 0.0) }));
    let shown = last(&outcomes);
    assert_eq!((shown.readiness.value, shown.state), (None, State::Held));
    assert_eq!(shown.reasons[0], "No pitch types from the game feed, so nothing to compare with his season");
}

#[test]
fn who_threw_yesterday_is_retired_with_his_alerts_and_his_baseline() {
    let mut engine = engine();
    let outcomes = throw_all(&mut engine, (0..12).map(|i| pitch(i, 4.0)));
    let newest = pitch(11, 4.0).release;
    assert_eq!(engine.retire(newest), []);
    let cleared = engine.retire(EventNs(newest.0 + 1));
    assert_eq!(cleared.len(), last(&outcomes).alerts.len());
    assert!(cleared.iter().all(|a| a.cleared_at.is_some()));
    assert_eq!(engine.active().count(), 0);
    assert!(!engine.has_baseline(HIM) && engine.has_baseline(OTHER));
}
