//! Whose a number is, how old, on which mound, of which day.

use super::{BULLPEN, DAY, Evening, GAME, HIM, MIN, MOUND, NEXT_DAY, OTHER, S, START, UNNAMED, pitch, utc};
use crate::fastballs::baseline;
use pitchguard::features::OutingPitch;
use pitchguard::ids::{BoxNs, EventNs, GamePk, PitcherId};
use pitchguard::readiness::{AsOf, Config, Engine, PresenceState, Readiness, Severity, Sign, Verdict, VerdictAbsent};
use pitchguard::records::{AppearanceRecord, State};
use pitchguard::workload::{OutingKey, Role, Roles, Workload, report};

#[test]
fn a_held_number_says_what_it_is_of_and_carries_no_verdict() {
    let mut evening = Evening::new();
    let good = evening.throws(31, 0, 1.9);
    let at = utc(30 * 20 * S);
    assert_eq!(good.as_of, Some(AsOf { pitches: 31, at: at.clone() }));
    assert_eq!((good.verdict, good.data_age_ms), (Some(Verdict::Ready), Some(3_000)));
    let blind = |i: u64| OutingPitch { calibration_confidence: Some(0.597), ..pitch(20 * S * i, MOUND, 9.0) };
    let held = (31..45).map(|i| evening.take(HIM, MOUND, GAME, &blind(i))).last().expect("thrown");
    assert_eq!((held.state, held.pitches, held.verdict), (State::Held, 45, None));
    assert_eq!(held.readiness, good.readiness);
    assert_eq!(held.as_of, Some(AsOf { pitches: 31, at }));
    // 14 pitches and what passes until the newest is shown.
    assert_eq!(held.data_age_ms, Some(14 * 20_000 + 3_000));
    let number = good.readiness.value.expect("judged").floor();
    let why = "camera calibration confidence 0.59 is under 0.60";
    assert!(
        held.recommendation.starts_with(&format!(
            "{number:.0} is the last good number, as of pitch 31, 14 pitches ago: {why}. Go by what you see."
        )),
        "{}",
        held.recommendation
    );
    assert_eq!(held.reasons[0], format!("Held at the last good number, as of pitch 31: {why}"));
    // What was measured while it was held is no reason for a number of before.
    assert!(held.reasons[1].starts_with("Fastball 1.9 mph (3.1 km/h) under"), "{:?}", held.reasons);
}

#[test]
fn where_there_never_was_a_number_nothing_is_held() {
    let mut evening = Evening::new();
    let blind = |i: u64| OutingPitch { calibration_confidence: Some(0.5), ..pitch(20 * S * i, MOUND, 0.0) };
    let shown = (0..12).map(|i| evening.take(HIM, MOUND, GAME, &blind(i))).last().expect("thrown");
    assert_eq!((shown.as_of, shown.data_age_ms, shown.verdict, shown.readiness.value), (None, None, None, None));
    assert_eq!(shown.reasons[0], "No number: camera calibration confidence 0.50 is under 0.60");
    assert!(shown.recommendation.starts_with("No number: camera"), "{}", shown.recommendation);
    let words = shown.reasons.join(" ") + &shown.recommendation;
    assert!(!words.contains("last good") && !words.contains("Held"), "{words}");
}

#[test]
fn an_alert_tells_its_value_at_raising_and_now_and_stands_beside_no_better_verdict() {
    let mut evening = Evening::new();
    evening.0.set_workload(HIM, Workload { role: Some(Role::Starter), rest_deficit: Some(1.0), ..Workload::default() });
    evening.throws(6, 0, 0.0);
    let tired = evening.throws(5, 120 * S, 2.9);
    let alert = |readiness: &Readiness| readiness.alerts.iter().find(|a| a.rule == "readiness").cloned();
    let raised = alert(&tired).expect("it stands");
    let shown = tired.readiness.value.expect("judged");
    assert_eq!((raised.now, raised.mound), (Some(shown), Some(MOUND)));
    let later = evening.throws(8, 220 * S, 5.9);
    let critical = alert(&later).expect("it stands");
    let now = later.readiness.value.expect("judged");
    assert_eq!((critical.severity, critical.now), (Severity::Critical, Some(now)));
    assert!(critical.value >= now && critical.value < 60.0, "{critical:?}");
    let (was, is) = (critical.value.floor(), now.floor());
    let says = format!("Sam Closer: readiness was down to {was:.0} at first and is {is:.0} now, time to take him out");
    assert!(was <= is || critical.message == says, "{}", critical.message);
    assert_eq!(later.verdict, Some(Verdict::Out));
    let superseded = evening.0.alerts().find(|a| a.id == raised.id).expect("it is kept");
    assert_eq!(superseded.cleared_because.as_deref(), Some("it became critical"));

    let mut better = evening.throws(5, 400 * S, 0.0);
    while better.readiness.value.is_some_and(|value| value < 80.0) {
        let at = 400 * S + 20 * S * u64::from(better.pitches);
        better = evening.throws(1, at, 0.0);
    }
    let number = better.readiness.value.expect("judged");
    if let Some(standing) = alert(&better) {
        assert_eq!(standing.now, Some(number), "what stands is told as it is");
        assert!(number >= 83.0 || better.verdict == Some(Verdict::Watch), "{number} {:?}", better.verdict);
    }
}

#[test]
fn in_a_bullpen_nobody_is_taken_out_and_nobody_warmed() {
    let mut evening = Evening::new();
    evening
        .0
        .set_workload(HIM, Workload { role: Some(Role::Reliever), rest_deficit: Some(2.0), ..Workload::default() });
    let mut words = Vec::new();
    for i in 0..20 {
        let slower = if i < 6 { 0.0 } else { 6.0 };
        let shown = evening.take(HIM, BULLPEN, UNNAMED, &pitch(20 * S * i, BULLPEN, slower));
        words.extend(shown.alerts.iter().map(|a| a.message.clone()));
        words.push(shown.recommendation.clone());
    }
    assert_eq!(evening.shown(HIM, BULLPEN).and_then(|shown| shown.verdict), Some(Verdict::Sit));
    let said = words.join("\n");
    assert!(said.contains("2 days short of the rest guidance. By today's arm he is ready."), "{said}");
    assert!(!said.contains("good to go"), "{said}");
    assert!(said.contains("Sit him down.") && said.contains("sit him down"), "{said}");
    assert!(!said.contains("take him out") && !said.contains("warm"), "{said}");
}

#[test]
fn who_was_replaced_is_told_apart_and_his_alerts_close_with_the_reason() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 4.0);
    evening.watch(4 * MIN + S);
    assert!(!evening.shown(HIM, MOUND).expect("active").alerts.is_empty());
    evening.0.mark(MOUND, EventNs(START + 5 * MIN), Sign::Named(OTHER));
    let outcomes = evening.watch(5 * MIN);
    let cleared: Vec<_> = outcomes.iter().flat_map(|o| &o.cleared).map(|a| a.cleared_because.as_deref()).collect();
    assert_eq!(cleared, [Some("he was replaced by Bob Bull"); 2]);
    let shown = evening.shown(HIM, MOUND).expect("shown apart");
    let presence = shown.presence.clone().expect("known");
    assert_eq!((presence.state, presence.by, presence.since), (PresenceState::Replaced, Some(OTHER), utc(5 * MIN)));
    assert!(shown.alerts.is_empty() && shown.verdict.is_none(), "{shown:?}");
    assert!(shown.recommendation.starts_with("He was replaced by Bob Bull"), "{}", shown.recommendation);
    // A late revision of what he threw is no news of him.
    let revised = OutingPitch { revision: 1, ..pitch(220 * S, MOUND, 9.0) };
    assert!(evening.0.pitch(HIM, MOUND, GAME, revised, BoxNs(START + 7 * MIN)).raised.is_empty());

    evening.take(OTHER, MOUND, GAME, &pitch(8 * MIN, MOUND, 0.0));
    evening.watch(65 * MIN - S);
    assert!(evening.shown(HIM, MOUND).is_some());
    evening.watch(65 * MIN + 5 * S);
    assert!(evening.shown(HIM, MOUND).is_none(), "an hour after he was replaced");
    // The mark was wrong: he goes on where he was.
    let on = evening.take(HIM, MOUND, GAME, &pitch(67 * MIN, MOUND, 0.0));
    evening.watch(67 * MIN + 3 * S);
    assert_eq!((on.pitches, evening.state(HIM, MOUND)), (13, Some(PresenceState::OnMound)));
}

#[test]
fn a_starter_who_sits_while_the_other_side_pitches_is_between_innings() {
    let mut evening = Evening::new();
    evening.throws(15, 0, 0.0);
    let mark = |evening: &mut Evening, min: u64, sign| evening.0.mark(MOUND, EventNs(START + min * MIN), sign);
    mark(&mut evening, 6, Sign::InningEnded);
    mark(&mut evening, 8, Sign::InningBegan);
    mark(&mut evening, 8, Sign::Named(OTHER));
    for i in 0..20 {
        evening.take(OTHER, MOUND, GAME, &pitch(9 * MIN + 90 * S * i, MOUND, 0.0));
    }
    evening.watch(40 * MIN);
    assert_eq!(evening.state(HIM, MOUND), Some(PresenceState::BetweenInnings));
    assert_eq!(evening.state(OTHER, MOUND), Some(PresenceState::OnMound));
    mark(&mut evening, 45, Sign::InningEnded);
    evening.watch(46 * MIN);
    assert_eq!(evening.state(OTHER, MOUND), Some(PresenceState::BetweenInnings));
    evening.0.mark(MOUND, EventNs(START + 47 * MIN), Sign::Named(HIM));
    evening.watch(47 * MIN);
    assert_eq!(evening.state(HIM, MOUND), Some(PresenceState::OnMound));
    assert_eq!(evening.state(OTHER, MOUND), Some(PresenceState::BetweenInnings));
}

#[test]
fn nobody_stands_on_a_mound_that_has_been_silent_for_half_an_hour() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 4.0);
    evening.watch(5 * MIN);
    let outcomes = evening.watch(34 * MIN);
    assert_eq!(evening.state(HIM, MOUND), Some(PresenceState::Gone));
    let cleared: Vec<_> = outcomes.iter().flat_map(|o| &o.cleared).map(|a| a.cleared_because.as_deref()).collect();
    assert_eq!(cleared, [Some("no throw was seen on his mound for a while"); 2]);
    evening.watch(180 * MIN);
    assert!(evening.shown(HIM, MOUND).is_some(), "after two hours he is shown as gone");
    evening.watch(184 * MIN);
    assert!(evening.shown(HIM, MOUND).is_none());
}

#[test]
fn stray_throws_under_his_name_on_another_mound_are_told_and_take_nothing_from_him() {
    let mut evening = Evening::new();
    let before = evening.throws(12, 0, 0.0);
    for i in 0..3 {
        evening.take(HIM, BULLPEN, UNNAMED, &pitch(230 * S + 15 * S * i, BULLPEN, 0.0));
    }
    let outcomes = evening.watch(263 * S);
    let game = evening.shown(HIM, MOUND).expect("his game goes on");
    assert_eq!((game.pitches, game.readiness, game.state), (12, before.readiness, State::Final));
    assert_eq!(evening.state(HIM, MOUND), Some(PresenceState::OnMound));
    assert_eq!(evening.shown(HIM, BULLPEN).map(|shown| shown.pitches), Some(3));
    let raised: Vec<_> = outcomes.iter().flat_map(|o| &o.raised).map(|a| (a.rule.as_str(), a.severity)).collect();
    assert_eq!(raised, [("two_mounds", Severity::Warning)]);
    let told =
        "A throw under his name on bullpen mound 1, 40 s after one on the game mound: one of them is another man's";
    for mound in [MOUND, BULLPEN] {
        assert_eq!(evening.shown(HIM, mound).expect("shown").reasons[0], told);
    }
    evening.throws(40, 280 * S, 0.0);
    let outcomes = evening.watch(1_063 * S);
    let cleared: Vec<_> = outcomes.iter().flat_map(|o| &o.cleared).map(|a| a.cleared_because.as_deref()).collect();
    assert_eq!(cleared, [Some("his name is on one mound again")]);
    assert_eq!(evening.shown(HIM, MOUND).map(|shown| shown.pitches), Some(52));
    assert_eq!(evening.state(HIM, BULLPEN), Some(PresenceState::Replaced), "he is on the game mound");
}

#[test]
fn the_dose_of_a_morning_after_a_night_game_is_what_the_workload_says() {
    let mut evening = Evening::new();
    evening.throws(44, 0, 0.0);
    // What was measured yesterday is history today.
    evening.0.forget_past(HIM);
    evening.0.set_baseline(HIM, baseline(HIM));
    evening.0.set_workload(HIM, Workload { role: Some(Role::Reliever), ..Workload::of_past(vec![(1, 44)]) });
    let matinee = OutingKey { day: NEXT_DAY, game: Some(GamePk(717_811)) };
    let morning = 11 * 60 * MIN + 29 * MIN;
    let throw = |i: u64| pitch(morning + 20 * S * i, MOUND, 0.0);
    let shown = (0..12).map(|i| evening.take(HIM, MOUND, matinee, &throw(i))).last().expect("thrown");
    assert!((shown.features["dose"].value - 34.0).abs() < 1e-9, "{:?}", shown.features["dose"]);
    let dose = shown.reasons.iter().find(|r| r.contains("game pitches today")).expect("a reliever's load is over");
    assert!(dose.starts_with("12 game pitches today and 22 still counting from earlier days"), "{dose}");

    let of = |date: &str, game_pk, pitches| AppearanceRecord {
        pitcher: HIM.0,
        game_date: date.to_owned(),
        game_pk,
        pitches,
        ..AppearanceRecord::default()
    };
    let roles = Roles { starter_pitches_min: 45, starter_cap: 100.0, reliever_cap: 25.0 };
    let appearances = [of("2023-11-14", 717_797, 44), of("2023-11-15", 717_811, 12)];
    let told = report(HIM, &appearances, (NEXT_DAY, NEXT_DAY), &roles);
    assert!((told.summary.dose.expect("he threw") - shown.features["dose"].value).abs() < 1e-9, "both say the same");
}

#[test]
fn a_game_that_goes_on_the_next_day_is_a_new_outing() {
    let mut evening = Evening::new();
    evening.throws(44, 0, 0.0);
    evening.0.forget_past(HIM);
    evening.0.set_baseline(HIM, baseline(HIM));
    evening.0.set_workload(HIM, Workload { role: Some(Role::Reliever), ..Workload::of_past(vec![(1, 44)]) });
    let resumed = OutingKey { day: NEXT_DAY, ..GAME };
    let throw = |i: u64| pitch(16 * 60 * MIN + 20 * S * i, MOUND, 1.0175);
    let shown = (0..12).map(|i| evening.take(HIM, MOUND, resumed, &throw(i))).last().expect("thrown");
    assert_eq!(shown.pitches, 12);
    assert!((shown.features["dose"].value - 34.0).abs() < 1e-9, "{:?}", shown.features["dose"]);
    // 34 of a reliever's 25: 20 points. A day short of rest: 5. 1.0175 mph: 6.9.
    let value = shown.readiness.value.expect("judged");
    assert!((value - 68.1).abs() < 0.05, "{value}");
    assert_eq!(evening.0.active().count(), 1, "yesterday's is over");
}

#[test]
fn of_two_games_of_a_day_the_first_counts_into_the_second_and_not_into_tomorrow() {
    let mut evening = Evening::new();
    evening.throws(20, 0, 0.0);
    let nightcap = OutingKey { day: DAY, game: Some(GamePk(717_798)) };
    let at = 13 * 60 * MIN;
    let second = evening.take(HIM, MOUND, nightcap, &pitch(at, MOUND, 0.0));
    assert!((second.features["dose"].value - 21.0).abs() < 1e-9, "thirteen hours later, on the same day");
    let tomorrow = OutingKey { day: NEXT_DAY, game: Some(GamePk(717_799)) };
    let third = evening.take(HIM, MOUND, tomorrow, &pitch(at + 60 * MIN, MOUND, 0.0));
    assert!((third.features["dose"].value - 1.0).abs() < 1e-9, "{:?}", third.features["dose"]);
}

#[test]
fn what_was_known_goes_on_in_another_engine_with_its_trend_and_its_places() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 3.0);
    evening.0.mark(MOUND, EventNs(START + 5 * MIN), Sign::InningEnded);
    evening.watch(5 * MIN);
    let mut resumed = Engine::new(Config::default());
    resumed.resume(evening.0.state());
    let outings = |engine: &Engine| -> Vec<_> {
        engine.outings().map(|(readiness, trend)| (readiness.clone(), trend.clone())).collect()
    };
    assert_eq!(outings(&resumed), outings(&evening.0));
    let (_, trend) = resumed.outings().next().expect("one outing");
    assert_eq!(trend.points().map(|point| point.pitches).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    let next = pitch(6 * MIN, MOUND, 3.0);
    let now = BoxNs(next.release.0 + 3 * S);
    assert_eq!(resumed.pitch(HIM, MOUND, GAME, next, now), evening.0.pitch(HIM, MOUND, GAME, next, now));
}

#[test]
fn a_number_that_is_old_or_of_an_unknown_age_carries_no_verdict() {
    let mut evening = Evening::new();
    let ready = evening.throws(31, 0, 1.9);
    assert_eq!((ready.verdict, ready.verdict_absent), (Some(Verdict::Ready), None));
    let last = 30 * 20 * S;
    evening.watch(last + 20 * MIN);
    let shown = evening.shown(HIM, MOUND).expect("he stands there");
    assert_eq!((shown.verdict, shown.data_age_ms), (Some(Verdict::Ready), Some(3_000)), "as published");
    let outcomes = evening.watch(last + 20 * MIN + 5 * S);
    let told: Vec<_> = outcomes.iter().map(|o| (o.readiness.verdict, o.readiness.verdict_absent)).collect();
    assert_eq!(told, [(None, Some(VerdictAbsent::Old))]);
    let old = &outcomes[0].readiness;
    assert_eq!((old.data_age_ms, old.readiness), (Some(1_205_000), ready.readiness));
    assert!(old.recommendation.starts_with("This number is more than 20 minutes old"), "{}", old.recommendation);
    let again = evening.throws(1, last + 21 * MIN, 1.9);
    assert_eq!(again.verdict, Some(Verdict::Ready), "he throws again");

    // The cameras' clock was set back ten minutes.
    let outcomes = evening.watch(last + 11 * MIN);
    let told: Vec<_> = outcomes.iter().map(|o| (o.readiness.verdict_absent, o.readiness.data_age_ms)).collect();
    assert_eq!(told, [(Some(VerdictAbsent::AgeUnknown), None)]);
}

/// Whether the dose of a card is a lower bound, and what it is.
#[test]
fn a_name_that_comes_in_is_shown_at_once_of_him_and_of_whom_he_replaced() {
    let mut evening = Evening::new();
    let stranger = PitcherId(900_002);
    evening.throws(12, 0, 0.0);
    evening.0.mark(MOUND, EventNs(START + 5 * MIN), Sign::Named(stranger));
    assert_eq!(evening.0.waiting(MOUND, BoxNs(START + 6 * MIN)), Some((stranger, EventNs(START + 5 * MIN))));
    let told = evening.watch(6 * MIN);
    assert!(told[0].readiness.recommendation.starts_with("He was replaced by pitcher 900002"), "{told:?}");
    evening.take(stranger, MOUND, GAME, &pitch(7 * MIN, MOUND, 0.0));
    assert_eq!(evening.0.waiting(MOUND, BoxNs(START + 8 * MIN)), None, "he has thrown");
    evening.0.set_name(stranger, "Ann Newcomer".to_owned());
    let told = evening.watch(7 * MIN);
    let shown: Vec<_> = told.iter().map(|o| (o.readiness.pitcher, o.readiness.name.as_str())).collect();
    assert_eq!(shown, [(HIM, "Sam Closer"), (stranger, "Ann Newcomer")]);
    let him = &told[0].readiness;
    assert!(him.recommendation.starts_with("He was replaced by Ann Newcomer"), "{}", him.recommendation);
    assert_eq!(him.presence.as_ref().and_then(|p| p.by_name.as_deref()), Some("Ann Newcomer"));
}

#[test]
fn what_he_threw_in_a_bullpen_stays_on_his_page_until_the_day_turns() {
    let mut evening = Evening::new();
    evening.0.set_today(DAY);
    for i in 0..15 {
        evening.take(HIM, BULLPEN, UNNAMED, &pitch(20 * S * i, BULLPEN, 0.0));
    }
    evening.0.mark(BULLPEN, EventNs(START + 10 * MIN), Sign::Named(OTHER));
    evening.take(OTHER, BULLPEN, UNNAMED, &pitch(11 * MIN, BULLPEN, 0.0));
    let shown = |evening: &mut Evening, min: u64| {
        evening.watch(min * MIN);
        evening.shown(HIM, BULLPEN).map(|shown| (shown.pitches, shown.last_pitch_at.clone()))
    };
    let left = Some((15, utc(280 * S)));
    assert_eq!(shown(&mut evening, 12), left);
    assert_eq!(evening.state(HIM, BULLPEN), Some(PresenceState::Replaced));
    assert_eq!(shown(&mut evening, 240), left, "four hours later");
    assert_eq!(evening.shown(HIM, BULLPEN).map(|shown| (shown.verdict, shown.alerts.len())), Some((None, 0)));
    evening.throws(3, 241 * MIN, 0.0);
    assert_eq!(shown(&mut evening, 300), left, "he went into the game since");
    assert_eq!(evening.state(HIM, MOUND), Some(PresenceState::Gone));
    evening.0.set_today(NEXT_DAY);
    assert_eq!(shown(&mut evening, 301), None);
}

#[test]
fn a_slip_of_the_scorer_replaces_nobody_for_longer_than_until_the_next_pitch() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 0.0);
    // One pitch of his is marked as another man's who never pitched.
    evening.take(OTHER, MOUND, GAME, &pitch(12 * 20 * S, MOUND, 0.0));
    evening.throws(5, 13 * 20 * S, 0.0);
    evening.watch(18 * 20 * S);
    assert_eq!(evening.state(HIM, MOUND), Some(PresenceState::OnMound));
    let other = evening.shown(OTHER, MOUND).and_then(|shown| shown.presence.clone()).expect("he is shown");
    assert_eq!(
        (other.state, other.by),
        (PresenceState::BetweenInnings, Some(HIM)),
        "nobody comes back who was replaced"
    );
    // A bullpen's mark for the game mound.
    evening.0.mark(MOUND, EventNs(START + 365 * S), Sign::Named(PitcherId(1)));
    evening.throws(1, 380 * S, 0.0);
    evening.watch(383 * S);
    assert_eq!(evening.state(HIM, MOUND), Some(PresenceState::OnMound));
}

#[test]
fn an_opener_is_replaced_by_who_pitches_the_next_inning_of_his_side() {
    let mut evening = Evening::new();
    let bulk = PitcherId(3);
    let mark = |evening: &mut Evening, s: u64, sign| evening.0.mark(MOUND, EventNs(START + s * S), sign);
    evening.throws(12, 0, 0.0);
    for s in [225, 226] {
        mark(&mut evening, s, Sign::InningEnded);
    }
    for i in 0..10 {
        evening.take(OTHER, MOUND, GAME, &pitch((380 + 20 * i) * S, MOUND, 0.0));
    }
    mark(&mut evening, 640, Sign::Named(bulk));
    mark(&mut evening, 650, Sign::InningEnded);
    evening.watch(651 * S);
    let presence = |evening: &Evening, who| evening.shown(who, MOUND).and_then(|shown| shown.presence.clone());
    let opener = presence(&evening, HIM).expect("he is shown");
    assert_eq!((opener.state, opener.by), (PresenceState::Replaced, Some(bulk)), "the end was marked late");
    let other = presence(&evening, OTHER).expect("he is shown");
    assert_eq!((other.state, other.by, other.since), (PresenceState::BetweenInnings, None, utc(560 * S)));
}

#[test]
fn a_point_of_the_trend_says_what_was_so_at_its_pitch() {
    let mut evening = Evening::new();
    evening.throws(23, 0, 0.0);
    evening.watch(22 * 20 * S + 4 * S);
    let point = |evening: &Evening| {
        let trend = evening.0.trend_of(HIM, MOUND).expect("he threw");
        trend.points().last().cloned().expect("a point a pitch")
    };
    let then = point(&evening);
    let (from, to) = (EventNs(START + 450 * S), EventNs(START + 650 * S));
    evening.0.see(MOUND, true, Some(to), Some((from, to)));
    evening.watch(651 * S);
    let shown = evening.shown(HIM, MOUND).expect("he is there");
    assert!(shown.reasons.iter().any(|reason| reason.contains("not seen")), "{:?}", shown.reasons);
    assert_eq!(point(&evening), then, "of what was missed later it says nothing");
}
