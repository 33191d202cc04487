//! What must hold of `whose.rs`.

use super::*;
use crate::records::{Measured, Origin};

const MIN: u64 = 60 * 1_000_000_000;

#[test]
fn a_mark_of_another_day_of_baseball_is_told_with_its_date() {
    let told = |ago: u64| clock(BoxNs(NOW - ago * MIN), BoxNs(NOW), &zone());
    assert_eq!([0, 12 * 60, 24 * 60].map(told), ["7:10 PM", "7:10 AM", "Jun 9, 7:10 PM"]);
    let past_midnight = |ago: u64| clock(BoxNs(NOW + 300 * MIN - ago * MIN), BoxNs(NOW + 300 * MIN), &zone());
    assert_eq!(past_midnight(20), "11:50 PM", "of the same game");
}

/// 2024-06-11 00:10 UTC, 19:10 in St. Louis.
const NOW: u64 = 1_718_064_600_000_000_000;

fn mark(what: MarkKind, mound: u8) -> Mark {
    Mark { what, mound, at_bat_number: 0, pitch_number: 0, game_pk: 7, pitcher: 11, pitch_type: [0; 4] }
}

fn throw(mound: u8, release_ns: u64) -> PitchRecord {
    PitchRecord {
        pitcher: None,
        release_ns,
        id: release_ns,
        game_date: game_date(release_ns, &zone()).to_string(),
        game_pk: 7,
        at_bat_number: None,
        pitch_number: None,
        pitch_type: String::new(),
        mound,
        origin: Origin::Live,
        state: State::Final,
        revision: 1,
        values: Measured::default(),
        sd: None,
        cameras: 5,
        residual_px: None,
        late_data_frac: 0.0,
        calibration_confidence: None,
        release_marked: false,
        flags: Vec::new(),
    }
}

fn zone() -> TimeZone {
    crate::day::zone("America/Chicago")
}

fn whose() -> Whose {
    Whose::new(&Venue::busch_iii())
}

fn hear(whose: &mut Whose, what: MarkKind, mound: u8, at: u64) {
    whose.hear(&mark(what, mound), EventNs(at), BoxNs(at));
}

fn told(whose: &Whose, now: u64) -> (MarkFeedState, bool, String) {
    let status = whose.status(BoxNs(now), BoxNs(now), &zone(), None);
    (status.mark_feed, status.degraded, status.sentence)
}

#[test]
fn without_any_mark_nobody_tells_who_pitches() {
    let mut whose = whose();
    let words = "Nobody tells yet who pitches: no mark has come since the start. Have the mark feed switched on before \
                 anybody throws.";
    assert_eq!(told(&whose, NOW), (MarkFeedState::Never, false, words.to_owned()));
    for i in 0..14 {
        whose.count(&throw(0, NOW + i * MIN / 3));
    }
    let words = "Nobody tells who pitches: no mark has come since the start. Have the mark feed switched on: until then no \
                 throw counts for anybody. \
                 14 throws today count for nobody: 14 on the game mound between 7:10 PM and 7:14 PM.";
    assert_eq!(told(&whose, NOW + 6 * MIN), (MarkFeedState::Never, true, words.to_owned()));
}

#[test]
fn a_feed_lives_for_five_minutes_after_its_newest_mark() {
    let mut whose = whose();
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW);
    whose.count(&throw(0, NOW - MIN));
    let words = "1 throw today counts for nobody: 1 on the game mound at 7:09 PM.";
    assert_eq!(told(&whose, NOW + 4 * MIN), (MarkFeedState::Live, false, words.to_owned()));
    let (feed, degraded, _) = told(&whose, NOW + 5 * MIN);
    assert_eq!((feed, degraded), (MarkFeedState::Silent, false), "nothing was thrown since");
    whose.count(&throw(1, NOW + 4 * MIN));
    let words = "Nobody tells who pitches: no mark has come since 7:10 PM, and 1 throw since then. \
                 2 throws today count for nobody: 1 on the game mound at 7:09 PM; 1 in the home bullpen at 7:14 PM.";
    assert_eq!(told(&whose, NOW + 5 * MIN), (MarkFeedState::Silent, true, words.to_owned()));
    hear(&mut whose, MarkKind::InningStart, 0, NOW + 5 * MIN);
    assert!(!told(&whose, NOW + 5 * MIN).1, "it lives again");
}

#[test]
fn a_feed_that_marks_no_releases_is_told() {
    let mut whose = whose();
    for i in 0..13 {
        hear(&mut whose, MarkKind::PitcherOnMound, 0, NOW + i * MIN / 6);
        assert!(!told(&whose, NOW + i * MIN / 6).1, "{i} warm-ups");
        whose.count(&throw(0, NOW + i * MIN / 6 + 1));
    }
    let words = "The mark feed marks no releases: the last 13 throws on the game mound have none. \
                 13 throws today count for nobody: 13 on the game mound between 7:10 PM and 7:12 PM.";
    // Marks of another kind come all the time.
    hear(&mut whose, MarkKind::PitcherOnMound, 0, NOW + 13 * MIN);
    assert_eq!(told(&whose, NOW + 13 * MIN), (MarkFeedState::Live, true, words.to_owned()));
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW + 19 * MIN);
    assert!(!told(&whose, NOW + 19 * MIN).1);
}

#[test]
fn a_feed_that_dies_in_an_inning_is_told_by_its_second_pitch_without_a_mark() {
    let mut whose = whose();
    hear(&mut whose, MarkKind::InningStart, 0, NOW);
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW + 1);
    whose.count(&throw(0, NOW + MIN / 3));
    let one = "1 throw of the last five minutes on the game mound must be somebody's and no mark says whose, the last at \
               7:10 PM. 1 throw today counts for nobody: 1 on the game mound at 7:10 PM.";
    let live = MarkFeedState::Live;
    assert_eq!(told(&whose, NOW + MIN / 2), (live, true, one.to_owned()), "one mark may be lost");
    whose.count(&throw(1, NOW + MIN / 2));
    assert_eq!(told(&whose, NOW + MIN / 2).0, live, "a bullpen's throws are nothing to the game mound");
    whose.count(&throw(0, NOW + 2 * MIN / 3));
    let words = "Nobody tells who pitches: the last 2 throws on the game mound have no mark; no mark has come since 7:10 PM. \
                 3 throws today count for nobody: 2 on the game mound at 7:10 PM; 1 in the home bullpen at 7:10 PM.";
    assert_eq!(told(&whose, NOW + MIN), (MarkFeedState::Silent, true, words.to_owned()));
    // Over a kill, too.
    let mut after = Whose::new(&Venue::busch_iii());
    after.resume(whose.known().clone());
    assert!(told(&after, NOW + MIN).1);
    // Only the releases are missing.
    hear(&mut whose, MarkKind::PitchEnded, 0, NOW + MIN);
    let (feed, degraded, words) = told(&whose, NOW + MIN);
    assert!(feed == MarkFeedState::Live && degraded && words.starts_with("The mark feed marks no releases"), "{words}");
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW + 2 * MIN);
    let (feed, degraded, words) = told(&whose, NOW + 2 * MIN);
    assert!(feed == live && degraded && words.starts_with("2 throws of the last five minutes"), "{words}");
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW + 6 * MIN);
    assert!(!told(&whose, NOW + 6 * MIN).1, "it lives again");
}

#[test]
fn who_warms_up_between_innings_or_for_another_is_missed_by_no_mark() {
    let begins = [
        mark(MarkKind::InningEnd, 0),
        mark(MarkKind::InningStart, 0),
        Mark { pitcher: 12, ..mark(MarkKind::PitcherOnMound, 0) },
    ];
    for begins in begins {
        let mut whose = whose();
        hear(&mut whose, MarkKind::PitchReleased, 0, NOW);
        // The same man is named again and again.
        hear(&mut whose, MarkKind::PitcherOnMound, 0, NOW + 1);
        whose.count(&throw(0, NOW + 2));
        whose.hear(&begins, EventNs(NOW + 3), BoxNs(NOW + 3));
        for i in 0..8 {
            whose.count(&throw(0, NOW + MIN + i));
            assert!(!whose.is_untold(), "warm-up {i}");
        }
    }
}

#[test]
fn throws_that_are_somebodys_are_told_once_and_warm_ups_only_when_they_are_too_many() {
    let mut whose = whose();
    let number = |thrown: Vec<(PitchId, EventNs)>| thrown.len();
    assert_eq!(number(whose.count(&throw(0, NOW))), 0, "before the first mark there are warm-ups");
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW + 1);
    assert_eq!(whose.count(&throw(0, NOW + 9)), [(PitchId(NOW + 9), EventNs(NOW + 9))]);
    assert_eq!(number(whose.count(&throw(1, NOW + 10))), 0, "a bullpen's");
    // The end of the inning is heard before its last throw is final.
    hear(&mut whose, MarkKind::InningEnd, 0, NOW + 20);
    assert_eq!(number(whose.count(&throw(0, NOW + 15))), 1);
    let warm_ups: Vec<_> = (0..11).map(|i| number(whose.count(&throw(0, NOW + MIN + i)))).collect();
    assert_eq!(warm_ups, [vec![0; 10], vec![11]].concat(), "13 since the newest mark, two of them told");
    assert_eq!(number(whose.count(&throw(0, NOW + 2 * MIN))), 1);
    // The next pitches have their marks before the throw is final.
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW + 4 * MIN);
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW + 5 * MIN);
    assert_eq!(number(whose.count(&throw(0, NOW + 4 * MIN + 1))), 1);
    assert_eq!(number(whose.count(&throw(0, NOW + 3 * MIN))), 0, "a warm-up before them");
}

#[test]
fn what_lasts_longer_than_a_break_or_comes_as_a_games_pitches_do_is_no_warm_up() {
    const S: u64 = MIN / 60;
    let thrown = |whose: &mut Whose, s: u64, mph: f64| {
        let mut thrown = throw(0, NOW + s * S);
        thrown.values.release_speed = Some(mph);
        whose.count(&thrown).len()
    };
    let after_an_inning = || {
        let mut whose = whose();
        for i in 0..20 {
            let pitch = PitchRecord {
                pitcher: Some(11),
                values: Measured { release_speed: Some([95.0, 85.0][i % 2]), ..Measured::default() },
                ..throw(0, NOW - MIN)
            };
            whose.pitched(&pitch);
        }
        hear(&mut whose, MarkKind::PitchReleased, 0, NOW);
        hear(&mut whose, MarkKind::InningEnd, 0, NOW + S);
        whose
    };
    let tell = |spacing: u64, mph: f64| -> Vec<usize> {
        let mut whose = after_an_inning();
        (0..10).map(|i| thrown(&mut whose, 40 + spacing * i, mph)).collect()
    };
    assert_eq!(tell(12, 95.0), [0; 10], "who warms up throws faster after one another");
    assert_eq!(tell(16, 88.0), [0; 10], "or less hard");
    assert_eq!(tell(16, 93.0), [0, 0, 0, 0, 5, 1, 1, 1, 1, 1]);
    assert_eq!(tell(25, 80.0), [0, 0, 0, 0, 0, 0, 0, 8, 1, 1], "nobody warms up for three minutes");
    // Who comes in for another has a break of his own.
    let mut whose = after_an_inning();
    let first: Vec<_> = (0..6).map(|i| thrown(&mut whose, 40 + 15 * i, 80.0)).collect();
    let next = Mark { pitcher: 12, ..mark(MarkKind::PitcherOnMound, 0) };
    whose.hear(&next, EventNs(NOW + 180 * S), BoxNs(NOW + 180 * S));
    let second: Vec<_> = (0..6).map(|i| thrown(&mut whose, 190 + 15 * i, 80.0)).collect();
    assert_eq!([first, second], [vec![0; 6], vec![0; 6]]);
    // Who comes in for one who is hurt warms up for as long as he likes, and the numbers tell that it was no more.
    let mut whose = after_an_inning();
    let long: Vec<_> = (0..10).map(|i| thrown(&mut whose, 40 + 25 * i, 80.0)).collect();
    assert_eq!(long.iter().sum::<usize>(), 10);
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW + 300 * S);
    assert!(told(&whose, NOW + 300 * S).1);
    let between = |from: u64, to: u64| (EventNs(NOW + from * S), EventNs(NOW + to * S));
    let (from, to) = between(60, 300);
    assert_eq!(whose.were_warm_ups(MoundId::GAME, from, to).len(), 9, "the first came before");
    let (from, to) = between(0, 300);
    assert_eq!(whose.were_warm_ups(MoundId::GAME, from, to), [PitchId(NOW + 40 * S)]);
    assert!(!told(&whose, NOW + 300 * S).1);
    // What is no warm-up is told, and makes that nobody tells who pitches.
    let mut whose = after_an_inning();
    let told_now: usize = (0..5).map(|i| thrown(&mut whose, 40 + 16 * i, 93.0)).sum();
    assert_eq!(told_now, 5);
    assert!(whose.is_untold() && told(&whose, NOW + 2 * MIN).1);
}

#[test]
fn a_bullpens_throws_without_a_name_are_told_while_they_are_recent() {
    let mut whose = whose();
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW);
    let told_at = |whose: &mut Whose, min: u64| {
        hear(whose, MarkKind::PitchReleased, 0, NOW + min * MIN);
        told(whose, NOW + min * MIN)
    };
    whose.count(&throw(1, NOW + MIN));
    assert!(!told_at(&mut whose, 1).1, "he may be named with the next one");
    whose.count(&throw(1, NOW + 2 * MIN));
    let words = "2 throws of the last five minutes in the home bullpen must be somebody's and no mark says whose, the last at \
                 7:12 PM. 2 throws today count for nobody: 2 in the home bullpen between 7:11 PM and 7:12 PM.";
    assert_eq!(told_at(&mut whose, 3), (MarkFeedState::Live, true, words.to_owned()));
    assert!(!told_at(&mut whose, 8).1, "that was some time ago");
    assert!(told_at(&mut whose, 8).2.starts_with("2 throws today count for nobody"));
}

#[test]
fn after_the_box_was_away_a_throw_before_the_first_mark_is_somebodys() {
    let mut whose = whose();
    hear(&mut whose, MarkKind::PitchReleased, 0, NOW);
    hear(&mut whose, MarkKind::InningEnd, 0, NOW + 1);
    assert_eq!(whose.count(&throw(0, NOW + MIN)), [], "a warm-up");
    whose.was_away(EventNs(NOW + 3 * MIN));
    assert_eq!(whose.count(&throw(0, NOW + 2 * MIN)), [], "before that");
    let under_way = NOW + 3 * MIN - MIN / 12;
    let told = whose.count(&throw(0, under_way));
    assert_eq!(
        told,
        [(PitchId(under_way), EventNs(under_way))],
        "its mark came while the box was away, its frames after it"
    );
    let first = NOW + 3 * MIN + 5;
    assert_eq!(whose.count(&throw(0, first)), [(PitchId(first), EventNs(first))]);
    hear(&mut whose, MarkKind::InningEnd, 0, NOW + 4 * MIN);
    assert_eq!(whose.count(&throw(0, NOW + 5 * MIN)), [], "a warm-up again");
}

#[test]
fn today_ends_when_the_day_turns_and_the_total_goes_on() {
    let mut whose = whose();
    whose.count(&throw(0, NOW));
    whose.count(&throw(0, NOW + 6 * 60 * MIN));
    let today = |whose: &Whose, now| whose.status(BoxNs(now), BoxNs(now), &zone(), None).unattributed_today;
    let (night, morning) = (NOW + 10 * 60 * MIN, NOW + 11 * 60 * MIN);
    assert_eq!([night, morning].map(|now| today(&whose, now)), [2, 0], "ten past five and ten past six");
    whose.count(&throw(0, morning));
    whose.count(&throw(0, NOW));
    let status = whose.status(BoxNs(morning), BoxNs(morning), &zone(), None);
    assert_eq!((status.unattributed_today, status.mounds[0].unattributed), (1, 4), "one came late, of yesterday");
    whose.uncount(&throw(0, morning));
    assert_eq!(today(&whose, morning), 0);
}
