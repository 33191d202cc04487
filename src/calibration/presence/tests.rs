//! What must hold of `presence.rs`.

use super::super::config::{Config, Limits};
use super::*;
use crate::calibration::{Calibration, EventKind};
use crate::ids::MoundId;
use crate::tracking::venue::Venue;

#[test]
fn readiness_that_is_held_where_somebody_throws_is_an_alert_until_it_is_no_longer() {
    const S: u64 = 1_000_000_000;
    let mut now = BoxNs(1_800_000_000 * S);
    let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), now);
    let mut told = |calibration: &mut Calibration, hold_below: f64| -> Vec<(EventKind, Option<MoundId>)> {
        calibration.follow_limits(Limits { hold_below, ..calibration.limits() });
        for _ in 0..20 {
            now = BoxNs(now.0 + S);
            for id in 1..=18 {
                calibration.arrived(id, EventNs(now.0 - S), now);
                calibration.delivered(id, EventNs(now.0 - S), now);
            }
            calibration.listen(now);
        }
        calibration.drain_events().map(|event| (event.kind, event.mound)).collect()
    };
    let (raised, cleared) = (EventKind::Raised(AlertKind::RigHeld), EventKind::Cleared(AlertKind::RigHeld));
    assert_eq!(told(&mut calibration, 0.6), []);
    calibration.calibrated(BoxNs(1_800_000_020 * S));
    assert_eq!(told(&mut calibration, 0.95), [], "nobody throws");
    calibration.lanes[0].pitches.push_back(BoxNs(1_800_000_040 * S));
    assert_eq!(told(&mut calibration, 0.95), [(raised, Some(MoundId(0)))]);
    let words = &calibration.lanes[0].alerts[&AlertKind::RigHeld].reason;
    let asked =
        "the game mound is trusted to less than the 0.95 that hold_confidence asks for, more than cameras reach";
    assert!(words.contains(asked), "{words}");
    assert_eq!(told(&mut calibration, 0.9), [(cleared, Some(MoundId(0)))]);
}

#[test]
fn readiness_that_is_held_on_and_off_at_its_limit_is_one_alert() {
    const S: u64 = 1_000_000_000;
    let start = 1_800_000_000 * S;
    let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), BoxNs(start));
    let confidence = |calibration: &Calibration, now| calibration.confidence(MoundId(0), now).map(|c| c.fused);
    let mut told = Vec::new();
    let mut held = Vec::new();
    for second in 1..=400 {
        let now = BoxNs(start + second * S);
        for id in 1..=18 {
            calibration.arrived(id, EventNs(now.0 - S), now);
            calibration.delivered(id, EventNs(now.0 - S), now);
        }
        if second == 20 {
            calibration.calibrated(now);
            calibration.lanes[0].pitches.push_back(now);
        }
        // It goes up and down around its limit, ten seconds each, until it stays above.
        if let Some(now_is) = confidence(&calibration, now) {
            let is_below = (40..200).contains(&second) && second / 10 % 2 == 0;
            calibration.limits.hold_below = now_is + if is_below { 0.001 } else { -0.001 };
        }
        calibration.listen(now);
        let events = calibration.drain_events().filter(|event| event.mound.is_some());
        told.extend(events.map(|event| (event.kind, second)));
        if calibration.report(now).mounds[0].is_held {
            held.push(second);
        }
    }
    let (raised, cleared) = (EventKind::Raised(AlertKind::RigHeld), EventKind::Cleared(AlertKind::RigHeld));
    assert_eq!(told, [(raised, 40), (cleared, 310)], "two minutes after it was held last");
    assert_eq!((held.first(), held.last(), held.len()), (Some(&40), Some(&309), 270));
}

fn missed(whiles: &[(u64, u64)]) -> Vec<(EventNs, EventNs)> {
    whiles.iter().map(|(from, to)| (EventNs(*from), EventNs(*to))).collect()
}

#[test]
fn nothing_was_seen_while_more_cameras_than_can_be_spared_told_of_nothing() {
    let of = |whiles: &[(u64, u64)], spare| too_many_missed(&missed(whiles), spare).map(|(from, to)| (from.0, to.0));
    assert_eq!(of(&[(10, 70), (11, 71), (12, 69)], Some(2)), Some((12, 69)), "all of three");
    assert_eq!(of(&[(10, 70), (11, 71)], Some(2)), None, "a third one saw it");
    assert_eq!(of(&[(10, 70), (11, 71), (1, 3)], Some(2)), None, "a third one saw it, and missed something before");
    assert_eq!(
        of(&[(10, u64::MAX), (11, u64::MAX), (12, 69)], Some(2)),
        Some((12, 69)),
        "one is back, which is enough"
    );
    assert_eq!(of(&[(10, u64::MAX), (11, u64::MAX), (12, u64::MAX)], Some(2)), None, "it is not over");
    assert_eq!(of(&[(10, 70)], None), None, "never enough of them");
}

const TENTH: u64 = 100_000_000;

/// Of which while it missed what was to be seen, tenths; frames by their own time and when they came.
fn missed_of(frames: impl Iterator<Item = (u64, u64)>) -> Option<(u64, u64)> {
    let mut hearing = Hearing::new([1].into_iter(), BoxNs(0));
    frames.for_each(|(own, came)| hearing.delivered(1, EventNs(own * TENTH), BoxNs(came * TENTH)));
    hearing.of(1).missed_while.map(|(from, to)| (from.0 / TENTH, to.0 / TENTH)).filter(|(from, _)| *from > 0)
}

#[test]
fn a_camera_missed_what_lies_between_two_of_its_frames_and_nothing_that_only_came_late() {
    let steady = || (10..60).map(|n| (n, n)).chain((40..65).map(|n| (n, n.max(60))));
    assert_eq!(missed_of(steady()), None);
    assert_eq!(missed_of(steady().chain([(120, 120), (121, 121)])), Some((64, 120)));
}

#[test]
fn a_straggler_ends_no_silence() {
    let after = |came: &[u64]| missed_of((10..=300).chain(came.iter().copied()).map(|n| (n, n)));
    assert_eq!(after(&[740, 782, 783]), Some((300, 782)), "one straggler");
    assert_eq!(after(&[740, 741, 761, 782, 783]), Some((300, 782)), "and more of them");
    assert_eq!(after(&[330, 331, 332]), Some((300, 330)), "one of its own");
    let steady: Vec<u64> = (330..360).collect();
    assert_eq!(after(&[&steady[..], &[400]].concat()), Some((359, 400)), "it was back");
    assert_eq!(after(&[301, 302]), None, "a kill that lost nothing");
}

#[test]
fn a_trickle_of_what_had_waited_on_its_way_ends_no_silence_however_long_it_lasts() {
    let before = || (10..=300).map(|n| (n, n));
    let trickle = || (330..400).map(|n| (n, 900));
    let on = || (905..950).map(|n| (n, n));
    assert_eq!(missed_of(before().chain(trickle())), Some((300, 330)), "as far as is known then");
    assert_eq!(missed_of(before().chain(trickle()).chain(on())), Some((300, 905)), "all of it was old");
    let back = || (400..500).map(|n| (n, n));
    let lost = before().chain(back()).chain([(900, 900)]);
    assert_eq!(missed_of(lost), Some((499, 900)), "it was back in between");
    let slow = before().chain((330..1_200).map(|n| (n, n + 50))).chain([(1_220, 1_230)]);
    assert_eq!(missed_of(slow), Some((1_199, 1_220)), "a line that was slow for longer than anything waits");
    // Of a run that knows nothing of the one before.
    assert_eq!(missed_of(trickle().chain(on()).skip(69)), None, "since when it missed nobody knows");
}
