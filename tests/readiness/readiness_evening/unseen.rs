//! What nobody saw or named makes a count the least that he threw, and may withhold a verdict.

use super::{BULLPEN, Evening, GAME, HIM, MIN, MOUND, OTHER, S, START, UNNAMED, pitch, utc};
use pitchguard::features::OutingPitch;
use pitchguard::ids::{EventNs, MoundId, PitcherId};
use pitchguard::readiness::{PresenceState, Readiness, Sign, Verdict, VerdictAbsent};
use pitchguard::tracking::pitch::PitchState;
use pitchguard::workload::{Role, Workload};

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
fn of_an_hour_in_which_nothing_was_seen_everybody_on_a_mound_has_thrown_at_least_what_was_counted() {
    const LEFT: PitcherId = PitcherId(7);
    let mut evening = Evening::new();
    let away = MoundId(2);
    evening.throws(8, 0, 0.0);
    let warm = |mound: MoundId, i: u64| pitch((10 + 20 * i) * S, mound, 0.0);
    for i in 0..8 {
        evening.take(OTHER, BULLPEN, UNNAMED, &warm(BULLPEN, i));
        evening.take(LEFT, away, UNNAMED, &warm(away, i));
    }
    evening.watch(180 * S);
    let hour = (EventNs(START + 175 * S), EventNs(START + 175 * S + 60 * MIN));
    let all = [(HIM, MOUND), (OTHER, BULLPEN), (LEFT, away)];
    for (_, mound) in all {
        evening.0.see(mound, true, Some(hour.0), None);
        evening.0.see(mound, false, Some(hour.0), None);
    }
    let least = |evening: &Evening| {
        all.map(|(who, mound)| evening.shown(who, mound).map(|shown| (shown.is_at_least(), shown.verdict)))
    };
    evening.watch(175 * S + 10 * MIN);
    assert_eq!(least(&evening), [Some((true, None)); 3], "while it lasts");
    for (_, mound) in all {
        evening.0.see(mound, true, Some(hour.1), Some(hour));
    }
    evening.watch(175 * S + 60 * MIN + S);
    assert_eq!(least(&evening), [Some((true, None)); 3], "and when it is over");
    let loads = |evening: &Evening| all.map(|(who, mound)| evening.shown(who, mound).map(|shown| dose(shown).0));
    assert_eq!(loads(&evening), [Some(true); 3], "whoever warmed up may have been in the game meanwhile");
    evening.take(OTHER, BULLPEN, UNNAMED, &pitch(64 * MIN, BULLPEN, 0.0));
    evening.watch(65 * MIN);
    assert_eq!(loads(&evening), [Some(true), Some(false), Some(true)], "he was not: he warms up still");
}

#[test]
fn after_a_while_in_which_he_was_not_seen_nobody_knows_whether_he_stayed_until_he_throws_or_is_named() {
    let mut evening = Evening::new();
    let warm = |s: u64| pitch(s * S, BULLPEN, 0.0);
    for i in 0..8 {
        evening.take(OTHER, BULLPEN, UNNAMED, &warm(20 * i));
    }
    evening.watch(145 * S);
    let unsure =
        |evening: &Evening| evening.shown(OTHER, BULLPEN).and_then(|shown| shown.presence.clone()?.unsure_since);
    assert_eq!(unsure(&evening), None);
    let see = |evening: &mut Evening, from: u64, to: u64| {
        let [from, to] = [from, to].map(|s| EventNs(START + s * S));
        evening.0.see(BULLPEN, true, Some(to), Some((from, to)));
        evening.watch((to.0 - START) + S);
    };
    see(&mut evening, 150, 200);
    assert_eq!(unsure(&evening), None, "nobody goes so soon");
    see(&mut evening, 210, 3_900);
    assert_eq!(evening.state(OTHER, BULLPEN), Some(PresenceState::OnMound));
    assert_eq!(unsure(&evening), Some(utc(210 * S)), "an hour later nobody knows");
    evening.watch(4_000 * S);
    assert_eq!(unsure(&evening), Some(utc(210 * S)), "and what is unseen stays unknown");
    evening.take(OTHER, BULLPEN, UNNAMED, &warm(4_010));
    assert_eq!(unsure(&evening), None, "he throws");
}

#[test]
fn whom_a_mark_names_on_the_game_mound_has_left_the_bullpen_however_soon_it_is() {
    let mut evening = Evening::new();
    for i in 0..8 {
        evening.take(OTHER, BULLPEN, UNNAMED, &pitch(20 * i * S, BULLPEN, 0.0));
    }
    evening.0.mark(MOUND, EventNs(START + 150 * S), Sign::Named(OTHER));
    for mound in [MOUND, BULLPEN] {
        evening.0.see(mound, true, Some(EventNs(START + 151 * S)), None);
        evening.0.see(mound, false, None, None);
    }
    evening.watch(155 * S);
    let there = evening.shown(OTHER, BULLPEN).and_then(|shown| shown.presence.clone()).expect("he is shown");
    assert_eq!((there.state, there.to), (PresenceState::Replaced, Some(MOUND)));
    // He throws on in the bullpen: the name was a slip.
    evening.take(OTHER, BULLPEN, UNNAMED, &pitch(160 * S, BULLPEN, 0.0));
    assert_eq!(evening.state(OTHER, BULLPEN), Some(PresenceState::OnMound));
}

#[test]
fn a_point_of_the_trend_says_nothing_that_happened_after_its_pitch() {
    let mut evening = Evening::new();
    let provisional = |i: u64, revision: u32| OutingPitch {
        state: if revision == 0 { PitchState::Provisional } else { PitchState::Final },
        revision,
        ..pitch(20 * S * i, MOUND, 1.0)
    };
    for i in 0..72 {
        evening.take(HIM, MOUND, GAME, &provisional(i, 0));
    }
    let [from, to] = [1_421, 1_500].map(|s| EventNs(START + s * S));
    evening.0.see(MOUND, true, Some(to), Some((from, to)));
    evening.watch(1_501 * S);
    // Its last revision comes after it.
    evening.take(HIM, MOUND, GAME, &provisional(71, 1));
    evening.watch(1_502 * S);
    let shown = evening.shown(HIM, MOUND).expect("he is shown");
    assert!(shown.reasons.iter().any(|reason| reason.contains("were not seen")), "{:?}", shown.reasons);
    assert!(shown.reasons.iter().any(|reason| reason.starts_with("At least 72 game")), "{:?}", shown.reasons);
    let of_then = |evening: &Evening, pitches: u32| {
        let trend = evening.0.trend_of(HIM, MOUND).expect("it is kept");
        trend.points().find(|point| point.pitches == pitches).expect("a point").reasons.clone()
    };
    let point = of_then(&evening, 72);
    assert!(point.iter().any(|reason| reason.starts_with("72 game pitches today")), "{point:?}");
    assert!(!point.iter().any(|reason| reason.contains("east") || reason.contains("not seen")), "{point:?}");
    evening.take(HIM, MOUND, GAME, &provisional(76, 0));
    let point = of_then(&evening, 73);
    assert!(point.iter().any(|reason| reason.contains("were not seen")), "it happened before: {point:?}");
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
