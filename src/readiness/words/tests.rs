//! What must hold of `words.rs`.

use super::*;

#[test]
fn rounding_never_crosses_a_limit() {
    for (value, limit, low_is_bad, decimals, shown) in [
        (79.6, 80.0, true, 0, "79"),
        (80.4, 80.0, true, 0, "80"),
        (80.0, 80.0, true, 0, "80"),
        (79.2, 80.0, true, 0, "79"),
        (0.597, 0.6, true, 2, "0.59"),
        (0.6, 0.6, true, 2, "0.60"),
        (-2.04, -2.0, true, 1, "-2.1"),
        (-1.96, -2.0, true, 1, "-2.0"),
        (30.2, 30.0, false, 0, "31"),
        (29.7, 30.0, false, 0, "30"),
        (80.45, 80.4, true, 0, "81"),
    ] {
        assert_eq!(within(value, limit, low_is_bad, decimals), shown, "{value} at {limit}");
    }
    assert_eq!([79.6, 80.0, 59.999, 0.0].map(whole), ["79", "80", "59", "0"]);
}

#[test]
fn an_alert_says_what_it_was_and_what_it_is_and_what_fits_the_mound() {
    let limit = Limit { raise: 60.0, clear: 63.0 };
    let limits = Config::default().alerts.readiness;
    let told = |on: u8, now: Option<f64>| {
        let telling = Telling { raised: 59.7, now, last: None, limit };
        alert("Sam", MoundId(on), Rule::Readiness, Severity::Critical, limits, &telling)
    };
    let warned = |now: f64| {
        let limit = Limit { raise: 80.0, clear: 83.0 };
        let telling = Telling { raised: now, now: Some(now), last: None, limit };
        alert("Sam", GAME_MOUND, Rule::Readiness, Severity::Warning, limits, &telling)
    };
    assert_eq!(warned(69.0), "Sam: readiness is down to 69, have someone warm", "as the card says");
    assert_eq!(warned(71.0), "Sam: readiness is down to 71, watch him");
    assert_eq!(told(0, Some(59.7)), "Sam: readiness is down to 59, time to take him out");
    let later = "Sam: readiness was down to 59 at first and is 33 now, time to take him out";
    assert_eq!(told(0, Some(33.2)), later);
    let back = "Sam: readiness was down to 59 at first and is 61 now, time to take him out";
    assert_eq!(told(0, Some(61.5)), back);
    let held = "Sam: readiness was down to 59 and is not known now, go by what you see";
    assert_eq!(told(0, None), held);
    assert_eq!(told(1, Some(59.7)), "Sam: readiness is down to 59, sit him down");
    let last = Some(LastGood { readiness: 61.4, pitches: 31 });
    let held = |rule| {
        let telling = Telling { raised: 59.7, now: None, last, limit };
        alert("Sam", GAME_MOUND, rule, Severity::Critical, limits, &telling)
    };
    let told = "Sam: readiness was down to 59; 61 is the last good number, as of pitch 31, go by what you see";
    assert_eq!(held(Rule::Readiness), told);
    assert_eq!(over(told), "Sam: readiness was down to 59");
    let fastball = held(Rule::VelocityDelta);
    assert!(fastball.ends_with("over the last 5; not known since pitch 31"), "{fastball}");
    let config = Config::default();
    let reason = Hold::Quality(0.5).reason(&config, Some(31));
    assert!(reason.starts_with("Held at the last good number, as of pitch 31: data quality"), "{reason}");
}

#[test]
fn what_is_over_is_told_of_the_past_and_advises_nothing() {
    let told = |rule: Rule, raised: f64, now: Option<f64>, raise: f64| {
        let limit = Limit { raise, clear: raise };
        let telling = Telling { raised, now, last: None, limit };
        over(&alert("Sam", GAME_MOUND, rule, Severity::Critical, Config::default().alerts.readiness, &telling))
    };
    assert_eq!(told(Rule::Readiness, 59.7, Some(59.7), 60.0), "Sam: readiness was down to 59");
    assert_eq!(told(Rule::Readiness, 59.7, Some(33.2), 60.0), "Sam: readiness was down to 59 at first, then 33");
    assert_eq!(told(Rule::Readiness, 59.7, None, 60.0), "Sam: readiness was down to 59");
    for rule in Rule::ALL {
        for now in [Some(0.5), Some(0.4), None] {
            let words = told(rule, 0.5, now, 0.6);
            assert!(words.starts_with("Sam: ") && words.contains(" was "), "{words}");
            for standing in [" is ", " now", "until", "watch", "take him", "go by"] {
                assert!(!words.contains(standing), "{words}");
            }
        }
    }
}

#[test]
fn a_verdict_goes_by_the_limits_that_are_configured() {
    let limit = |raise| Some(Limit { raise, clear: raise + 3.0 });
    let of = |warning, critical, readiness: [f64; 4]| {
        readiness.map(|r| verdict(r, GAME_MOUND, Limits { warning, critical }, None))
    };
    assert_eq!(
        of(limit(90.0), limit(50.0), [90.0, 89.9, 69.9, 49.9]),
        [Verdict::Ready, Verdict::Watch, Verdict::Warm, Verdict::Out]
    );
    assert_eq!(of(None, limit(50.0), [80.0, 70.0, 50.0, 49.9])[2..], [Verdict::Ready, Verdict::Out]);
    assert_eq!(of(limit(75.0), None, [75.0, 74.9, 30.0, 0.0])[..3], [Verdict::Ready, Verdict::Watch, Verdict::Watch]);
}

#[test]
fn what_is_missing_of_an_outing_is_told_with_the_least_that_he_threw() {
    const S: u64 = 1_000_000_000;
    assert_eq!(missed(None, 0, 23), None);
    let told = |unseen: Option<u64>, unnamed| missed(unseen.map(|s| s * S), unnamed, 23).expect("told");
    assert_eq!(
        told(None, 6),
        "He has thrown at least 23 pitches; 6 throws on this mound that may be his carry no name"
    );
    assert_eq!(told(Some(60), 0), "60 s in which he may have thrown were not seen: he has thrown at least 23 pitches");
    assert!(told(Some(60), 1).ends_with("at least 23 pitches; 1 throw on this mound that may be his carries no name"));
}

#[test]
fn a_verdict_fits_the_mound_and_never_says_better_than_the_alert_beside_it() {
    let limits = Config::default().alerts.readiness;
    let of = |readiness, on| verdict(readiness, MoundId(on), limits, None);
    assert_eq!(
        [80.0, 79.9, 69.9, 59.9].map(|r| of(r, 0)),
        [Verdict::Ready, Verdict::Watch, Verdict::Warm, Verdict::Out]
    );
    assert_eq!(
        [80.0, 79.9, 69.9, 59.9].map(|r| of(r, 1)),
        [Verdict::Ready, Verdict::Watch, Verdict::Watch, Verdict::Sit]
    );
    let warned = |readiness| verdict(readiness, GAME_MOUND, limits, Some((Severity::Warning, 83.0)));
    assert_eq!([81.0, 83.0, 65.0].map(warned), [Verdict::Watch, Verdict::Ready, Verdict::Warm]);
    let critical = |readiness| verdict(readiness, GAME_MOUND, limits, Some((Severity::Critical, 63.0)));
    assert_eq!([61.0, 63.0].map(critical), [Verdict::Out, Verdict::Warm]);
    for verdict in [Verdict::Ready, Verdict::Watch, Verdict::Sit] {
        let words = recommendation(Advice::Verdict { verdict, on: MoundId(2), is_partly_seen: false, rest_short: 0.0 });
        assert!(!words.contains("take him out") && !words.contains("warm"), "{words}");
    }
}
