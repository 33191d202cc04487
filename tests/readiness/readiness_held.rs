//! When a number is held, and on whose pitches and which limits it rests: what is poorly measured concludes nothing.

use crate::readiness_engine::{BULLPEN, HIM, MOUND, NS_PER_S, engine, last, pitch, raised, standing, throw, throw_all};
use pitchguard::features::OutingPitch;
use pitchguard::ids::BoxNs;
use pitchguard::readiness::{Config, Engine, Readiness, Severity};
use pitchguard::records::State;
use pitchguard::tracking::pitch::PitchState;

#[test]
fn with_low_confidence_the_last_value_is_held_and_nothing_else_is_concluded() {
    let mut engine = engine();
    let good = last(&throw_all(&mut engine, (0..12).map(|i| pitch(i, 0.8)))).clone();
    let blind = throw(&mut engine, OutingPitch { calibration_confidence: Some(0.55), ..pitch(12, 9.0) });
    assert_eq!(blind.readiness.state, State::Held);
    assert_eq!((blind.readiness.readiness, blind.readiness.fatigue), (good.readiness, good.fatigue));
    assert_eq!(standing(&blind.readiness), [("calibration_confidence", Severity::Critical)]);
    assert!(
        blind.readiness.reasons[0].starts_with("Held at the last good number, as of pitch "),
        "{:?}",
        blind.readiness.reasons
    );
    assert!(blind.readiness.recommendation.contains("last good number"));

    let seeing = throw_all(&mut engine, (13..16).map(|i| pitch(i, 0.8)));
    assert_eq!(seeing[0].readiness.state, State::Provisional);
    assert_eq!(seeing.iter().map(|o| o.cleared.len()).collect::<Vec<_>>(), [0, 0, 1]);
}

#[test]
fn with_poor_data_quality_the_last_value_is_held() {
    let mut engine = engine();
    let good = last(&throw_all(&mut engine, (0..20).map(|i| pitch(i, 0.8)))).clone();
    let flagged = throw_all(&mut engine, (20..23).map(|i| OutingPitch { flagged: true, ..pitch(i, 20.0) }));
    let shown = last(&flagged);
    assert_eq!(shown.feature_qa_min, Some(5.0 / 8.0));
    assert_eq!((shown.state, shown.readiness), (State::Held, good.readiness));
    assert_eq!(raised(&flagged), [("feature_qa_min".to_owned(), Severity::Critical)]);
}

#[test]
fn late_data_warns_then_alarms_and_then_holds() {
    let mut engine = engine();
    let outcomes = throw_all(
        &mut engine,
        (0..40).map(|i| OutingPitch { late_data_frac: if i < 20 { 0.0 } else { 0.5 }, ..pitch(i, 0.0) }),
    );
    let expected = [
        ("late_data_frac", Severity::Warning),
        ("late_data_frac", Severity::Critical),
        ("feature_qa_min", Severity::Critical),
    ];
    assert_eq!(raised(&outcomes), expected.map(|(rule, severity)| (rule.to_owned(), severity)));
    assert_eq!(last(&outcomes).state, State::Held);
}

#[test]
fn held_comes_and_goes_with_its_cause_and_nothing_is_held_before_there_is_a_number() {
    // Confidence, late fraction and whether a pitch is flagged; what must be shown after it.
    let mut engine = engine();
    let mut at = 0;
    let mut throw = |confidence: Option<f64>, slower| {
        at += 1;
        let shown = throw(&mut engine, OutingPitch { calibration_confidence: confidence, ..pitch(at, slower) });
        (shown.readiness.state, shown.readiness.readiness.value)
    };
    for _ in 0..7 {
        assert_eq!(throw(Some(0.5), 0.0), (State::Held, None), "held with no good number before");
    }
    assert_eq!(throw(Some(0.6), 0.0), (State::Provisional, Some(100.0)), "0.6 is enough");
    assert_eq!(throw(Some(0.599), 5.0), (State::Held, Some(100.0)));
    let (state, value) = throw(None, 5.0);
    assert_eq!(state, State::Provisional, "nobody judges it: nothing to hold for");
    assert!(value.is_some_and(|value| value < 90.0), "and what was thrown while it was held counts: {value:?}");
    assert_eq!(throw(Some(0.0), 0.0), (State::Held, value));
}

#[test]
fn a_number_is_judged_by_the_limits_in_force_and_not_by_those_of_its_pitch() {
    let mut before = engine();
    let thrown = throw_all(&mut before, (0..20).map(|i| pitch(i, 0.0)));
    let now = BoxNs(pitch(19, 0.0).release.0 + 4 * NS_PER_S);
    before.watch(now);
    // A restart by another configuration: what is known was judged by the old one.
    let mut engine = self::engine();
    engine.resume(before.state());
    assert_eq!(engine.limits(), &Config::default());
    let strict = Config { hold_confidence: 0.95, ..Config::default() };
    engine.judge_by(strict, now);
    let told = engine.watch(now);
    let held = &told.iter().find(|outcome| outcome.readiness.pitcher == HIM).expect("it is told").readiness;
    assert_eq!((held.state, held.verdict), (State::Held, None));
    assert_eq!(
        held.as_of.as_ref().map(|as_of| as_of.pitches),
        Some(20),
        "the last good number is that of his last pitch"
    );
    assert!(held.recommendation.contains("confidence 0.94 is under 0.95"), "{}", held.recommendation);
    engine.judge_by(Config::default(), now);
    let told = engine.watch(now);
    let back = &told.last().expect("it is told").readiness;
    assert_eq!((back.state, back.verdict), (last(&thrown).state, last(&thrown).verdict));
    assert_eq!(back.readiness, last(&thrown).readiness);
}

#[test]
fn once_the_pitches_behind_it_are_final_the_number_is_final() {
    let mut engine = engine();
    throw_all(&mut engine, (0..30).map(|i| pitch(i, 0.0)));
    let outcomes = throw_all(&mut engine, (5..30).map(|i| OutingPitch { state: PitchState::Final, ..pitch(i, 0.0) }));
    assert_eq!(outcomes[23].readiness.state, State::Provisional);
    assert_eq!(outcomes[24].readiness.state, State::Final);
}

#[test]
fn a_value_that_rested_on_another_mans_pitch_is_not_held() {
    let mut engine = engine();
    throw_all(&mut engine, (0..4).map(|i| pitch(i, 0.0)));
    let stray = pitch(4, 20.0);
    assert!(throw(&mut engine, stray).readiness.readiness.value.is_some());
    let removed = engine.remove(HIM, stray.id, BoxNs(stray.release.0)).expect("it was his");
    assert_eq!((removed.readiness.readiness.value, removed.readiness.state), (None, State::Held));
}

#[test]
fn cameras_that_are_verified_after_a_pitch_are_told_of_whoever_throws_no_more_and_the_number_stays() {
    let mut engine = engine();
    let unjudged = |i| OutingPitch { calibration_confidence: None, ..pitch(i, 0.5) };
    let before = last(&throw_all(&mut engine, (0..8).map(unjudged))).clone();
    let now = BoxNs(pitch(8, 0.0).release.0);
    engine.watch(now);
    engine.trust(MOUND, None, now);
    assert_eq!(engine.watch(now), [], "nobody knows more");
    engine.trust(BULLPEN, Some(0.93), now);
    assert_eq!(engine.watch(now), [], "another mound's");
    engine.trust(MOUND, Some(0.93), now);
    let told = engine.watch(now);
    let shown = &told.first().expect("he is told of").readiness;
    assert_eq!((before.calibration_confidence, shown.calibration_confidence), (None, Some(0.93)));
    assert_eq!((shown.readiness, shown.as_of.clone()), (before.readiness, before.as_of.clone()));
    assert_eq!(shown.verdict, before.verdict);
    engine.trust(MOUND, Some(0.91), now);
    assert_eq!(engine.watch(now), [], "it is that of his pitches, not of now");

    let mut another = self::engine();
    throw_all(&mut another, (0..8).map(unjudged));
    let later = BoxNs(now.0 + 50 * 60 * NS_PER_S);
    another.trust(MOUND, Some(0.93), later);
    let told = another.watch(later);
    assert!(told.iter().all(|outcome| outcome.readiness.calibration_confidence.is_none()), "too long ago to tell");
}

/// A pitch in its final revision, seen by cameras that are trusted so far.
fn final_of(i: u64, confidence: f64) -> OutingPitch {
    OutingPitch { revision: 1, state: PitchState::Final, calibration_confidence: Some(confidence), ..pitch(i, 0.1) }
}

#[test]
fn a_pitch_whose_final_result_comes_after_the_next_pitch_is_no_provisional_one_for_ever() {
    let (mut late, mut prompt) = (engine(), engine());
    for i in 0..12 {
        // What is seen of it first is half a mile an hour off.
        throw(&mut late, pitch(i, 0.6));
        if i > 0 {
            throw(&mut late, final_of(i - 1, 0.94));
        }
        throw(&mut prompt, final_of(i, 0.94));
    }
    throw(&mut late, final_of(11, 0.94));
    let points = |engine: &Engine| -> Vec<_> {
        let trend = engine.trend_of(HIM, MOUND).expect("an outing");
        trend.points().map(|p| (p.pitches, p.state, p.readiness, p.fatigue)).collect()
    };
    assert_eq!(points(&late), points(&prompt), "by the same data the same numbers");
    assert!(points(&late)[4..].iter().all(|(_, state, ..)| *state == State::Final), "{:?}", points(&late));
}

#[test]
fn a_number_held_from_its_own_pitch_on_is_a_good_one_at_that_pitch() {
    let mut engine = engine();
    throw_all(&mut engine, (0..10).map(|i| final_of(i, 0.94)));
    throw(&mut engine, pitch(10, 0.1));
    let held = throw(&mut engine, final_of(10, 0.5)).readiness;
    let as_of = |readiness: &Readiness| readiness.as_of.as_ref().map(|as_of| as_of.pitches);
    assert_eq!((held.state, held.pitches, as_of(&held)), (State::Held, 11, Some(11)));
    let held = throw(&mut engine, final_of(11, 0.5)).readiness;
    assert_eq!((held.state, held.pitches, as_of(&held)), (State::Held, 12, Some(11)));
    let trend = engine.trend_of(HIM, MOUND).expect("an outing");
    let points: Vec<_> =
        trend.points().skip(9).map(|p| (p.pitches, p.state == State::Held, p.readiness.value)).collect();
    let number = held.readiness.value;
    assert!(number.is_some());
    assert_eq!(points, [(10, false, points[0].2), (11, false, number), (12, true, number)]);
}
