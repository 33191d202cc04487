//! What a coach's evening must look like from the readiness room: what a number is of, who stands where, which day it is.

use crate::fastballs::{baseline, fastball};
use jiff::civil::{Date, date};
use pitchguard::features::OutingPitch;
use pitchguard::ids::{BoxNs, EventNs, GamePk, MoundId, PitcherId};
use pitchguard::readiness::{
    AsOf, Config, Engine, Outcome, PresenceState, Readiness, Severity, Sign, Verdict, VerdictAbsent,
};
use pitchguard::records::{AppearanceRecord, State};
use pitchguard::tracking::pitch::PitchState;
use pitchguard::workload::{OutingKey, Role, Roles, Workload, report};

const S: u64 = 1_000_000_000;
const MIN: u64 = 60 * S;
const START: u64 = 1_700_000_000 * S;
const HIM: PitcherId = PitcherId(669_456);
const OTHER: PitcherId = PitcherId(543_037);
const DAY: Date = date(2023, 11, 14);
const NEXT_DAY: Date = date(2023, 11, 15);
const GAME: OutingKey = OutingKey { day: DAY, game: Some(GamePk(717_797)) };
const UNNAMED: OutingKey = OutingKey { day: DAY, game: None };
const MOUND: MoundId = MoundId(0);
const BULLPEN: MoundId = MoundId(1);

/// A fastball at a moment, so much slower than usual.
fn pitch(at_ns: u64, mound: MoundId, slower: f64) -> OutingPitch {
    fastball(EventNs(START + at_ns), mound, PitchState::Final, slower, at_ns / S / 20)
}

struct Evening(Engine);

impl Evening {
    fn new() -> Self {
        let mut engine = Engine::new(Config::default());
        for pitcher in [HIM, OTHER] {
            engine.set_baseline(pitcher, baseline(pitcher));
            engine.set_workload(pitcher, Workload { role: Some(Role::Starter), ..Workload::default() });
        }
        engine.set_name(HIM, "Sam Closer".to_owned());
        engine.set_name(OTHER, "Bob Bull".to_owned());
        engine.mark(MOUND, EventNs(START - S), Sign::InningBegan);
        Self(engine)
    }

    fn take(&mut self, pitcher: PitcherId, mound: MoundId, key: OutingKey, pitch: &OutingPitch) -> Readiness {
        self.0.pitch(pitcher, mound, key, *pitch, BoxNs(pitch.release.0 + 3 * S)).readiness
    }

    /// His `count` fastballs on the game mound, one every 20 s from a moment on.
    fn throws(&mut self, count: u64, from_ns: u64, slower: f64) -> Readiness {
        let last = (0..count).map(|i| self.take(HIM, MOUND, GAME, &pitch(from_ns + 20 * S * i, MOUND, slower))).last();
        last.expect("some were thrown")
    }

    fn watch(&mut self, at_ns: u64) -> Vec<Outcome> {
        self.0.watch(BoxNs(START + at_ns))
    }

    fn shown(&self, pitcher: PitcherId, mound: MoundId) -> Option<&Readiness> {
        self.0.active().find(|r| (r.pitcher, r.mound) == (pitcher, mound))
    }

    fn state(&self, pitcher: PitcherId, mound: MoundId) -> Option<PresenceState> {
        self.shown(pitcher, mound)?.presence.as_ref().map(|presence| presence.state)
    }
}

fn utc(at_ns: u64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(START + at_ns)).expect("a moment").to_string()
}

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
    evening.0.set_workload(HIM, Workload::of_past(vec![(1, 44)]));
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
    evening.0.set_workload(HIM, Workload::of_past(vec![(1, 44)]));
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

#[test]
fn while_his_mound_is_not_seen_nobody_is_ready_and_no_alert_says_what_to_do() {
    let mut evening = Evening::new();
    evening.throws(6, 0, 0.0);
    let tired = evening.throws(5, 120 * S, 5.9);
    assert!(tired.verdict.is_some() && tired.alerts.iter().any(|a| a.rule == "readiness"), "{tired:?}");
    let seen = |evening: &mut Evening, is_seen: bool, unseen: Option<(u64, u64)>, now: u64| {
        let unseen = unseen.map(|(from, to)| (EventNs(START + from), EventNs(START + to)));
        evening.0.see(MOUND, is_seen, Some(EventNs(START + now)), unseen);
        evening.watch(now).into_iter().map(|outcome| outcome.readiness).collect::<Vec<_>>()
    };
    seen(&mut evening, true, None, 204 * S);
    let blind = seen(&mut evening, false, None, 210 * S);
    assert_eq!(
        blind.iter().map(|r| (r.verdict, r.verdict_absent)).collect::<Vec<_>>(),
        [(None, Some(VerdictAbsent::NotSeen))]
    );
    assert!(blind[0].recommendation.starts_with("What he throws now is not seen"), "{}", blind[0].recommendation);
    for alert in blind[0].alerts.iter().filter(|a| a.rule != "calibration_confidence") {
        assert_eq!(alert.now, None, "{}", alert.message);
        let of_then = ["is the last good number, as of pitch 11", "not known since pitch 11"];
        assert!(of_then.iter().any(|told| alert.message.contains(told)), "{}", alert.message);
    }
    let back = seen(&mut evening, true, Some((204 * S, 211 * S)), 211 * S);
    let told: Vec<_> = back.iter().map(|r| (r.verdict, r.verdict_absent, r.unseen.len())).collect();
    assert_eq!(told, [(None, Some(VerdictAbsent::Incomplete), 1)], "he may have thrown since");
    assert!(back[0].recommendation.contains("as of pitch 11: he may have thrown since"), "{}", back[0].recommendation);
    assert!(evening.throws(1, 220 * S, 5.9).verdict.is_some(), "he is measured again");
    evening.0.see(BULLPEN, false, None, None);
    let first = evening.take(OTHER, BULLPEN, UNNAMED, &pitch(212 * S, BULLPEN, 0.0));
    assert_eq!(first.verdict_absent, Some(VerdictAbsent::NotSeen));
}

#[test]
fn while_nobody_tells_whose_the_throws_on_his_mound_are_his_old_number_carries_no_verdict() {
    let mut evening = Evening::new();
    let ready = evening.throws(10, 0, 0.0);
    assert!(ready.verdict.is_some(), "{ready:?}");
    let told = |evening: &mut Evening, is_told: bool, now: u64| {
        evening.0.is_told(MOUND, is_told);
        let outcomes = evening.watch(now);
        outcomes.into_iter().map(|outcome| outcome.readiness).collect::<Vec<_>>()
    };
    let untold = told(&mut evening, false, 200 * S);
    assert_eq!(
        untold.iter().map(|r| (r.verdict, r.verdict_absent)).collect::<Vec<_>>(),
        [(None, Some(VerdictAbsent::NotTold))]
    );
    assert!(untold[0].recommendation.contains("thrown 10 or more"), "{}", untold[0].recommendation);
    let back = told(&mut evening, true, 201 * S);
    assert_eq!(back.iter().map(|r| r.verdict).collect::<Vec<_>>(), [ready.verdict]);
}

#[test]
fn what_was_thrown_unseen_makes_the_count_a_lower_bound_and_withholds_a_verdict_that_it_could_change() {
    let unseen_for = |minutes: u64, pitches: u64, slower: f64| {
        let mut evening = Evening::new();
        evening.throws(pitches, 0, slower);
        let last = (pitches - 1) * 20 * S;
        let (from, to) = (EventNs(START + last + S), EventNs(START + last + S + minutes * MIN));
        evening.0.see(MOUND, true, Some(to), Some((from, to)));
        let told = evening.watch(last + S + minutes * MIN);
        assert_eq!(told.len(), 1, "it is told at once");
        assert_eq!(told[0].readiness.unseen.len(), 1);
        assert_eq!(told[0].readiness.verdict_absent, Some(VerdictAbsent::Incomplete), "the number is of before");
        let next = evening.throws(1, last + 20 * S + minutes * MIN, slower);
        (told[0].readiness.clone(), next)
    };
    let (told, next) = unseen_for(1, 23, 0.0);
    assert_eq!(
        (told.unseen[0].from.as_str(), told.unseen[0].to.as_str()),
        ("2023-11-14T22:20:41Z", "2023-11-14T22:21:41Z")
    );
    assert_eq!(told.reasons[0], "60 s in which he may have thrown were not seen: he has thrown at least 23 pitches");
    assert_eq!((next.verdict, next.pitches), (Some(Verdict::Ready), 24), "six more pitches change nothing");
    assert!(
        next.recommendation
            .starts_with("Ready: good to go. The load of throws that were not counted would not change that."),
        "{}",
        next.recommendation
    );
    let reasons: Vec<&str> = next.reasons.iter().map(String::as_str).collect();
    let last = "60 s in which he may have thrown were not seen: he has thrown at least 24 pitches";
    assert_eq!(reasons.last(), Some(&last), "what does not change the verdict comes last");
    // Of a starter's hundred 71 were seen; as many more as fit in 19 minutes would take all the points of the dose.
    let (_, next) = unseen_for(19, 70, 1.0);
    assert_eq!((next.verdict, next.verdict_absent), (None, Some(VerdictAbsent::Incomplete)));
    assert!(next.recommendation.starts_with("Not all that he threw is known"), "{}", next.recommendation);
    assert!(next.reasons[0].starts_with("19 min in which he may have thrown were not seen"), "{:?}", next.reasons);
    assert!(next.reasons.iter().any(|r| r.starts_with("At least 71 game pitches today")), "{:?}", next.reasons);
}

#[test]
fn while_his_mound_is_not_seen_his_count_is_the_least_that_he_threw() {
    let mut evening = Evening::new();
    evening.throws(22, 0, 0.0);
    let until = EventNs(START + 430 * S);
    evening.0.see(MOUND, true, Some(until), None);
    evening.0.see(MOUND, false, None, None);
    evening.watch(440 * S);
    let shown = |evening: &Evening| evening.shown(HIM, MOUND).cloned().expect("he is shown");
    assert!(!shown(&evening).is_at_least(), "what comes late may still come");
    let told = evening.watch(461 * S);
    assert_eq!(dose(&shown(&evening)), (true, 22.0));
    assert!(shown(&evening).is_at_least() && told[0].missed.is_some(), "and it is stored, for his rest");
    assert!(evening.watch(470 * S).is_empty(), "not every few seconds");
    let held = OutingPitch { calibration_confidence: Some(0.5), ..pitch(480 * S, MOUND, 0.0) };
    let held = evening.take(HIM, MOUND, GAME, &held);
    assert!(held.reasons[0].starts_with("Held at the last good number, as of pitch 22: "), "{:?}", held.reasons);
    assert!(
        held.reasons.iter().any(|reason| reason.contains("not seen: he has thrown at least 23")),
        "{:?}",
        held.reasons
    );
    evening.watch(521 * S);
    evening.0.see(MOUND, true, Some(EventNs(START + 530 * S)), Some((until, EventNs(START + 530 * S))));
    evening.watch(531 * S);
    assert_eq!(shown(&evening).unseen.len(), 1, "one while: {:?}", shown(&evening).unseen);
}

/// Whether the dose of a card is a lower bound, and what it is.
fn dose(shown: &Readiness) -> (bool, f64) {
    let dose = shown.features["dose"];
    (dose.partly_seen, dose.value)
}

#[test]
fn throws_that_no_mark_names_make_his_count_a_lower_bound_and_are_told_by_their_number() {
    let mut evening = Evening::new();
    evening.throws(20, 0, 0.0);
    let at = |i: u64| pitch(20 * S * (20 + i), MOUND, 0.0);
    for i in 0..6 {
        let throw = at(i);
        evening.0.throw_unnamed(MOUND, throw.release, throw.id);
        evening.0.throw_unnamed(MOUND, throw.release, throw.id);
    }
    let told = evening.watch(27 * 20 * S);
    let [told] = &told[..] else { panic!("of him, once: {told:?}") };
    let shown = &told.readiness;
    assert_eq!((shown.pitches, shown.unnamed_throws, shown.is_at_least()), (20, 6, true));
    assert_eq!(
        shown.reasons[0],
        "He has thrown at least 20 pitches; 6 throws on this mound that may be his carry no name"
    );
    assert_eq!(dose(shown), (true, 20.0));
    let verdict = (shown.verdict, shown.verdict_absent);
    assert_eq!(verdict, (None, Some(VerdictAbsent::Incomplete)), "six throws that nobody measured may be his");
    let missed = told.missed.as_ref().expect("it is to be stored");
    assert_eq!((missed.game_date.as_str(), missed.game_pk), ("2023-11-14", 717_797));
    assert_eq!((missed.missed.unnamed, missed.missed.pitches_at_most()), (6, 6));

    // Three of them were measured again with their marks.
    let named: Vec<_> = (0..3).map(|i| evening.take(HIM, MOUND, GAME, &at(i))).collect();
    assert_eq!((named[2].pitches, named[2].unnamed_throws), (23, 3));
    assert_eq!(named[2].verdict, None, "three of them came after it");
    let other = evening.take(OTHER, BULLPEN, UNNAMED, &pitch(10 * MIN, BULLPEN, 0.0));
    assert!(!other.is_at_least(), "nobody else's throws");
    // As a restart finds it.
    let mut later = Evening::new();
    later.throws(20, 0, 0.0);
    later.0.recall_missed(HIM, MOUND, &missed.missed);
    let told = later.watch(27 * 20 * S);
    assert_eq!(told.iter().map(|o| o.readiness.unnamed_throws).collect::<Vec<_>>(), [6]);
}

#[test]
fn who_comes_in_while_no_mark_names_anybody_has_thrown_at_least_what_is_counted_since() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 0.0);
    for i in 0..4 {
        let throw = pitch(20 * S * (12 + i), MOUND, 0.0);
        evening.0.throw_unnamed(MOUND, throw.release, throw.id);
    }
    let first = evening.take(OTHER, MOUND, GAME, &pitch(20 * S * 17, MOUND, 0.0));
    assert_eq!((first.pitches, first.unnamed_throws), (1, 4));
    evening.watch(20 * S * 18);
    assert_eq!(evening.shown(HIM, MOUND).map(|shown| shown.unnamed_throws), Some(4), "or the man before him");
}

#[test]
fn the_dose_is_one_number_on_every_mound_of_his_and_counts_game_pitches() {
    let mut evening = Evening::new();
    evening.0.set_workload(HIM, Workload { role: Some(Role::Reliever), ..Workload::of_past(vec![(1, 20)]) });
    let warm_up = (0..15).map(|i| evening.take(HIM, BULLPEN, UNNAMED, &pitch(20 * S * i, BULLPEN, 0.0))).last();
    assert_eq!(dose(&warm_up.expect("thrown")), (false, 10.0), "warm-ups are none");
    let game = evening.throws(12, 10 * MIN, 0.0);
    evening.watch(14 * MIN + 20 * S);
    let doses = |evening: &Evening| [BULLPEN, MOUND].map(|on| dose(evening.shown(HIM, on).expect("shown")));
    assert_eq!(doses(&evening), [(false, 22.0); 2]);
    let bullpen = evening.shown(HIM, BULLPEN).expect("shown");
    assert_eq!(bullpen.as_of.as_ref().map(|as_of| as_of.pitches), Some(15), "his number there is of then");
    assert_eq!(dose(&game), (false, 22.0));
    // What was not seen of the game is missing on both.
    let [from, to] = [MIN, 2 * MIN].map(|after| EventNs(START + 14 * MIN + after));
    evening.0.see(MOUND, true, Some(to), Some((from, to)));
    evening.watch(16 * MIN + S);
    assert_eq!(doses(&evening), [(true, 22.0); 2]);
}

#[test]
fn what_was_missed_on_an_earlier_day_makes_the_load_a_lower_bound_and_counts_for_the_verdict() {
    let carrying = |missed: Vec<(u32, u32)>| {
        let mut evening = Evening::new();
        let past = Workload::of_past(vec![(1, 25)]).with_missed(missed);
        evening.0.set_workload(HIM, Workload { role: Some(Role::Reliever), ..past });
        evening.throws(6, 0, 0.0)
    };
    let (seen, partly) = (carrying(Vec::new()), carrying(vec![(1, 40)]));
    assert_eq!((dose(&seen), dose(&partly)), ((false, 18.5), (true, 18.5)));
    assert_eq!((seen.verdict, seen.readiness.value), (Some(Verdict::Ready), partly.readiness.value));
    assert_eq!((partly.verdict, partly.verdict_absent), (None, Some(VerdictAbsent::Incomplete)), "65 ask for rest");
    assert!(partly.reasons.iter().any(|r| r.contains("and at least 12 still counting")), "{:?}", partly.reasons);
}

#[test]
fn who_was_replaced_before_nobody_saw_it_has_thrown_what_was_counted() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 0.0);
    evening.0.mark(MOUND, EventNs(START + 5 * MIN), Sign::Named(OTHER));
    let [from, to] = [6, 8].map(|min| EventNs(START + min * MIN));
    evening.0.see(MOUND, true, Some(to), Some((from, to)));
    evening.watch(8 * MIN);
    assert_eq!(evening.shown(HIM, MOUND).map(|shown| shown.unseen.len()), Some(0));
    // Who is first seen soon after may have begun unseen.
    let first = evening.take(OTHER, MOUND, GAME, &pitch(9 * MIN, MOUND, 0.0));
    assert_eq!((first.pitches, first.unseen.len()), (1, 1));
    assert_eq!(first.reasons[0], "2 min in which he may have thrown were not seen: he has thrown at least 1 pitch");
}

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
fn who_left_while_no_mark_named_anybody_may_be_replaced_or_not_and_throw_on_while_nobody_sees_it() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 0.0);
    let unnamed = pitch(4 * MIN, MOUND, 0.0);
    evening.0.throw_unnamed(MOUND, unnamed.release, unnamed.id);
    evening.take(OTHER, MOUND, GAME, &pitch(6 * MIN, MOUND, 0.0));
    evening.watch(6 * MIN + S);
    let presence = |evening: &Evening| evening.shown(HIM, MOUND).and_then(|shown| shown.presence.clone());
    let left = presence(&evening).expect("he is shown");
    assert_eq!((left.state, left.by), (PresenceState::BetweenInnings, Some(OTHER)), "not known which");
    let (from, to) = (EventNs(START + 7 * MIN), EventNs(START + 7 * MIN + 6 * S));
    evening.0.see(MOUND, true, Some(to), Some((from, to)));
    evening.watch(8 * MIN);
    assert_eq!(evening.shown(HIM, MOUND).map(|shown| shown.unseen.len()), Some(1), "he may have thrown then");
    evening.0.is_told(MOUND, false);
    evening.watch(9 * MIN);
    let named = evening.shown(OTHER, MOUND).and_then(|shown| shown.presence.as_ref()?.last_named.clone());
    assert_eq!(named.as_deref(), Some("2023-11-14T22:19:20Z"), "when he was named last");
}

#[test]
fn throws_without_a_name_make_the_count_of_both_sides_starters_the_least() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 0.0);
    evening.0.mark(MOUND, EventNs(START + 225 * S), Sign::InningEnded);
    for i in 0..6 {
        evening.take(OTHER, MOUND, GAME, &pitch((260 + 20 * i) * S, MOUND, 0.0));
    }
    for i in 0..4 {
        let throw = pitch((380 + 20 * i) * S, MOUND, 0.0);
        evening.0.throw_unnamed(MOUND, throw.release, throw.id);
    }
    evening.watch(460 * S);
    let unnamed = |evening: &Evening| [HIM, OTHER].map(|who| evening.shown(who, MOUND).map(|s| s.unnamed_throws));
    assert_eq!(unnamed(&evening), [Some(3), Some(4)], "the first came too soon after the other side's throw");
    evening.take(HIM, MOUND, GAME, &pitch(600 * S, MOUND, 0.0));
    evening.take(OTHER, MOUND, GAME, &pitch(900 * S, MOUND, 0.0));
    evening.watch(901 * S);
    assert_eq!(unnamed(&evening), [Some(4), Some(4)], "and so it stays");
}

#[test]
fn where_the_feed_was_silent_between_two_names_nobody_says_that_he_was_replaced() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 0.0);
    evening.0.mark(MOUND, EventNs(START + 7 * MIN), Sign::Named(OTHER));
    evening.take(OTHER, MOUND, GAME, &pitch(7 * MIN, MOUND, 0.0));
    evening.watch(7 * MIN + S);
    let left = evening.shown(HIM, MOUND).and_then(|shown| shown.presence.clone()).expect("he is shown");
    assert_eq!((left.state, left.by, left.since), (PresenceState::BetweenInnings, Some(OTHER), utc(7 * MIN)));
}

#[test]
fn whoever_is_first_seen_after_a_short_while_unseen_may_have_begun_in_it_only_if_he_was_there() {
    let unseen = |prepare: &dyn Fn(&mut Evening), him: bool, at: u64| {
        let mut evening = Evening::new();
        if him {
            evening.throws(12, 0, 0.0);
            evening.0.mark(MOUND, EventNs(START + 225 * S), Sign::InningEnded);
        }
        let [from, to] = [240, 246].map(|s| EventNs(START + s * S));
        evening.0.see(MOUND, true, Some(to), Some((from, to)));
        prepare(&mut evening);
        let first = evening.take(OTHER, MOUND, GAME, &pitch(at * S, MOUND, 0.0));
        evening.watch(at * S + 3 * S);
        (first.unseen.len(), evening.shown(HIM, MOUND).map(|shown| shown.unseen.len()))
    };
    let mark = |s: u64, sign: Sign| move |evening: &mut Evening| evening.0.mark(MOUND, EventNs(START + s * S), sign);
    assert_eq!(unseen(&|_| {}, true, 260), (0, Some(0)), "nobody is there so soon after an inning");
    assert_eq!(unseen(&mark(235, Sign::Named(OTHER)), true, 260), (1, Some(0)), "he was named before it");
    let began = |evening: &mut Evening| {
        mark(235, Sign::Named(OTHER))(evening);
        mark(255, Sign::InningBegan)(evening);
    };
    assert_eq!(unseen(&began, true, 260), (0, Some(0)), "his inning began after it");
    assert_eq!(unseen(&|_| {}, false, 260), (1, None), "nobody was known before");
    assert_eq!(unseen(&|_| {}, false, 400), (0, None), "that was long ago");
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
fn throws_that_were_warm_ups_after_all_are_nobodys() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 0.0);
    for i in 0..4 {
        let throw = pitch((300 + 25 * i) * S, MOUND, 0.0);
        evening.0.throw_unnamed(MOUND, throw.release, throw.id);
    }
    evening.watch(400 * S);
    assert_eq!(evening.shown(HIM, MOUND).map(|shown| shown.unnamed_throws), Some(4));
    for i in 0..4 {
        evening.0.throw_was_none(MOUND, pitch((300 + 25 * i) * S, MOUND, 0.0).id);
    }
    evening.watch(401 * S);
    assert_eq!(evening.shown(HIM, MOUND).map(|shown| (shown.unnamed_throws, shown.is_at_least())), Some((0, false)));
}

#[test]
fn whose_half_inning_has_just_ended_did_not_throw_what_comes_next() {
    let mut evening = Evening::new();
    evening.throws(12, 0, 0.0);
    evening.0.mark(MOUND, EventNs(START + 225 * S), Sign::InningEnded);
    let missing = |evening: &mut Evening, at: u64| {
        evening.watch(at * S);
        let shown = evening.shown(HIM, MOUND).expect("he is shown");
        (shown.unseen.len(), shown.unnamed_throws)
    };
    let [from, to] = [240, 300].map(|s| EventNs(START + s * S));
    evening.0.see(MOUND, true, Some(to), Some((from, to)));
    assert_eq!(missing(&mut evening, 301), (0, 0), "the other side may have begun, not he");
    for i in 0..3 {
        let throw = pitch((350 + 20 * i) * S, MOUND, 0.0);
        evening.0.throw_unnamed(MOUND, throw.release, throw.id);
    }
    assert_eq!(missing(&mut evening, 410), (0, 0), "these are the other side's");
    let throw = pitch(520 * S, MOUND, 0.0);
    evening.0.throw_unnamed(MOUND, throw.release, throw.id);
    assert_eq!(missing(&mut evening, 521), (0, 1), "he may be back");
    evening.0.mark(MOUND, EventNs(START + 600 * S), Sign::InningEnded);
    evening.take(HIM, MOUND, GAME, &pitch(800 * S, MOUND, 0.0));
    assert_eq!(missing(&mut evening, 801), (0, 1));
    let [from, to] = [405, 700].map(|s| EventNs(START + s * S));
    evening.0.see(MOUND, true, Some(to), Some((from, to)));
    assert_eq!(missing(&mut evening, 802).0, 1, "five minutes are long enough for both");
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

#[test]
fn a_gap_in_another_mans_half_inning_is_none_of_his() {
    let unseen = |for_s: u64, next: PitcherId, batters: Option<[u16; 2]>, began: bool| {
        let mut evening = Evening::new();
        evening.throws(12, 0, 0.0);
        evening.0.mark(MOUND, EventNs(START + 225 * S), Sign::InningEnded);
        for i in 0..6 {
            evening.take(OTHER, MOUND, GAME, &pitch((400 + 20 * i) * S, MOUND, 0.0));
        }
        let [last, from, to, first] = [500, 505, 505 + for_s, 515 + for_s];
        evening.0.see(
            MOUND,
            true,
            Some(EventNs(START + to * S)),
            Some((EventNs(START + from * S), EventNs(START + to * S))),
        );
        evening.watch((to + 1) * S);
        let told = |evening: &Evening| [HIM, OTHER].map(|who| evening.shown(who, MOUND).map_or(9, |s| s.unseen.len()));
        let at_first = told(&evening);
        for (at, batter) in [last, first].into_iter().zip(batters.into_iter().flatten()) {
            evening.0.mark(MOUND, EventNs(START + at * S), Sign::Batter(batter));
        }
        if began {
            evening.0.mark(MOUND, EventNs(START + (to + 5) * S), Sign::InningBegan);
        }
        evening.take(next, MOUND, GAME, &pitch(first * S, MOUND, 0.0));
        evening.watch((first + 3) * S);
        (at_first, told(&evening))
    };
    assert_eq!(unseen(60, OTHER, None, false), ([1, 1], [0, 1]), "nobody has a half-inning in a minute");
    assert_eq!(unseen(60, HIM, None, false), ([1, 1], [1, 1]), "the sides may have changed in it");
    assert_eq!(unseen(60, HIM, None, true), ([1, 1], [0, 1]), "his half-inning began after it");
    assert_eq!(unseen(300, OTHER, None, false), ([1, 1], [1, 1]), "long enough for his");
    assert_eq!(unseen(300, OTHER, Some([9, 12]), false), ([1, 1], [0, 1]), "two batters between are no half-inning");
    assert_eq!(unseen(300, OTHER, Some([9, 13]), false), ([1, 1], [1, 1]), "three are one");
}
