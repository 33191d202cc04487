//! What must hold of `clocks.rs`.

use firmware_protocol::Mark;

use super::*;

const NOW: i64 = 1_800_000_000 * S;

/// Whole seconds at which somebody throws, as irregular as people.
const THROWN_S: [i64; 8] = [0, 19, 41, 58, 83, 101, 124, 150];

fn released(at_ns: i64, arrival_ns: i64) -> Stamped<Signal> {
    let mark = Mark {
        what: MarkKind::PitchReleased,
        mound: 0,
        at_bat_number: 1,
        pitch_number: 1,
        game_pk: 7,
        pitcher: 11,
        pitch_type: [0; 4],
    };
    let (event, arrival) = (EventNs(at_ns as u64), BoxNs(arrival_ns as u64));
    Stamped { source: 48, seq: 0, event, arrival, payload: Signal::Mark(mark) }
}

/// So many throws, each with a mark of a clock that is so far behind, ns, and that is clicked so much too late, ns; what is
/// allowed for at the end, and after how many throws it first was.
fn follow(throws: &[i64], behind_ns: i64, late_ns: impl Fn(usize) -> i64) -> (i64, Option<usize>) {
    let (mut clocks, mut first) = (Clocks::default(), None);
    for (at, thrown) in throws.iter().enumerate() {
        let release = NOW + thrown * S;
        clocks.hear(&released(release - behind_ns + late_ns(at), release + 300_000_000), 0);
        clocks.threw(MoundId::GAME, at as u64, EventNs(release as u64));
        first = first.or((!clocks.learn().is_empty()).then_some(at + 1));
    }
    (clocks.shift_ns(48), first)
}

#[test]
fn a_feeds_clock_is_known_by_what_four_releases_agree_on_and_a_known_distance_is_exact() {
    let clicked = |at: usize| 40_000_000 + 30_000_000 * (at as i64 % 3);
    for behind_s in [37, -37, 18, 3600, -3600, -18_000] {
        assert_eq!(follow(&THROWN_S, behind_s * S, clicked), (behind_s * S, Some(4)), "{behind_s} s");
    }
    let (known, first) = follow(&THROWN_S, 12_345 * S + 678_000_000, |_| 0);
    assert_eq!((known, first), (12_345 * S + 678_000_000, Some(4)));
    assert_eq!(follow(&THROWN_S, 0, clicked), (0, None), "it is right");
    assert_eq!(follow(&THROWN_S[..3], 37 * S, clicked), (0, None), "too few");
}

#[test]
fn marks_that_fit_two_distances_teach_nothing() {
    let steady: Vec<i64> = (0..12).map(|throw| 15 * throw).collect();
    assert_eq!(follow(&steady, 37 * S, |_| 0).0, 0, "throws like a clock's: one earlier fits as well");
    let wild = |at: usize| [0, 5, -3, 9, 2, -7, 4, -1][at] * S;
    assert_eq!(follow(&THROWN_S, 37 * S, wild).0, 0, "clicks that agree on nothing");
}

#[test]
fn a_feed_that_is_set_right_is_believed_at_once_and_told_of_no_more() {
    let mut clocks = Clocks::default();
    for (at, thrown) in THROWN_S.into_iter().enumerate() {
        let release = NOW + thrown * S;
        clocks.hear(&released(release - 37 * S, release + 300_000_000), 0);
        clocks.threw(MoundId::GAME, at as u64, EventNs(release as u64));
        clocks.learn();
        let told = clocks.off(BoxNs(release as u64));
        assert_eq!(told.len(), usize::from(at > 0), "after two marks by their arrival");
        assert!(told.iter().all(|off| off.is_allowed_for == (at >= 3) && (off.ahead_s + 37.0).abs() < 0.5), "{told:?}");
    }
    let told = clocks.words(BoxNs((NOW + 150 * S) as u64));
    assert!(told[0].starts_with("mark feed 48's clock is 37 s behind the cameras' (TAI against UTC)"), "{told:?}");
    let release = NOW + 170 * S;
    clocks.hear(&released(release, release + 300_000_000), 0);
    let learned = clocks.learn();
    assert_eq!((clocks.shift_ns(48), learned.len()), (0, 1));
    assert!(clocks.off(BoxNs(release as u64)).is_empty());
}

#[test]
fn cameras_that_were_never_set_are_taken_by_a_clock_that_can_be_right_and_by_none_otherwise() {
    let now = BoxNs(NOW as u64);
    let mut clocks = Clocks::default();
    assert!(!clocks.look(std::iter::empty(), 2 * S, now), "they are right");
    assert!(!clocks.look(std::iter::empty(), -2 * 86_400 * S, now), "the box is two days behind: they may be right");
    let since_boot = NOW - 600 * S;
    assert!(clocks.look(std::iter::empty(), since_boot, now));
    let is_near = |ns: i64, to: i64| (0..1 << TICK_BITS).contains(&(to - ns));
    let corrected = clocks.corrected(&Stamped { source: 7, ..released(600 * S, NOW) }).event;
    assert!(is_near(corrected.0 as i64, NOW), "in whole ticks");
    assert!(!clocks.look(std::iter::empty(), 3 * S, now) && !clocks.look(std::iter::empty(), -S, now), "ways differ");
    assert!(clocks.look(std::iter::empty(), 600 * S, now), "they count anew");
    assert_eq!(clocks.take_moves(), 0, "what was held was seen before they did");
    assert!(clocks.look(std::iter::empty(), -clocks.cameras_ns(), now), "they were set");
    assert_eq!((clocks.cameras_ns(), clocks.take_moves()), (0, 0));
    // Neither: the box counts since its own boot, until the system's clock is set.
    let booted = BoxNs(900 * S as u64);
    assert!(!clocks.look(std::iter::empty(), 300 * S, booted));
    assert!(clocks.set_wall(NOW - 900 * S) && clocks.look(std::iter::empty(), 300 * S, booted));
    assert!(is_near(clocks.cameras_ns(), NOW - 600 * S));
    assert_eq!(clocks.take_moves() << TICK_BITS, clocks.cameras_ns(), "what is held was seen by the same clock");
}

/// A mark of a clock that shows so much at a moment, ns after the box's start in 1970; it comes a third of a second late.
fn of_boot(said_ns: i64, now_ns: i64) -> Stamped<Signal> {
    released(said_ns, now_ns + 300_000_000)
}

#[test]
fn where_no_clock_was_ever_set_that_is_told_and_a_feed_that_counts_as_the_cameras_do_goes_with_them() {
    let (booted, cameras) = (900 * S, 3_600 * S);
    let at = BoxNs(booted as u64);
    let mut clocks = Clocks::default();
    let lag = booted - cameras;
    assert!(!clocks.look(std::iter::empty(), lag, at) && clocks.is_never_set());
    for at_s in [10, 20] {
        clocks.hear(&of_boot(cameras + at_s * S, booted + at_s * S), lag);
        clocks.threw(MoundId::GAME, 1, EventNs((cameras + at_s * S) as u64));
    }
    let told = clocks.words(at);
    assert!(
        told.len() == 1 && told[0].contains("shows 1970-01-01 00:15 and its cameras' 1970-01-01 01:00"),
        "{told:?}"
    );
    assert!(clocks.most_off(at).is_some_and(|(off_s, _)| off_s < -40.0 * 365.0 * 86_400.0));

    assert!(clocks.set_wall(NOW - booted) && clocks.look(std::iter::empty(), lag, at) && !clocks.is_never_set());
    assert_eq!(clocks.shift_ns(48), clocks.cameras_ns());
    assert_eq!(clocks.learn().len(), 2, "what it said is taken again");
    assert_eq!(clocks.words(at), Vec::<String>::new(), "of the cameras' own clock the box tells");
}

#[test]
fn what_an_earlier_run_knew_of_a_feed_is_believed_where_its_first_marks_come_as_late_as_that_says() {
    let learned = |behind_s: i64| {
        let mut clocks = Clocks::default();
        for (at, thrown) in THROWN_S.iter().enumerate() {
            let release = NOW + thrown * S;
            clocks.hear(&released(release - behind_s * S, release + 300_000_000), 0);
            clocks.threw(MoundId::GAME, at as u64, EventNs(release as u64));
            clocks.learn();
        }
        clocks.kept()
    };
    let next = |behind_s: i64| {
        let mut clocks = Clocks::default();
        clocks.remember(learned(3_600));
        assert_eq!(clocks.shift_ns(48), 0, "nothing is moved before it speaks");
        let release = NOW + 600 * S;
        clocks.hear(&released(release - behind_s * S, release + 300_000_000), 0);
        (clocks.shift_ns(48), clocks.learn().len())
    };
    assert_eq!(next(3_600), (3_600 * S, 1), "and what it said is taken as that");
    assert_eq!(next(0), (0, 0), "it was set meanwhile");
    assert_eq!(next(3_637), (0, 0), "it was set to something else");
    let mut clocks = Clocks::default();
    clocks.remember(learned(3_600));
    assert_eq!(clocks.kept(), learned(3_600), "who did not speak is remembered on");
}

#[test]
fn a_throw_that_was_in_the_air_while_the_cameras_were_set_is_one() {
    let (mut clocks, booted) = (Clocks::default(), 900 * S);
    let at = |s: i64| BoxNs((booted + s * S) as u64);
    assert!(!clocks.look(std::iter::empty(), -2_700 * S, at(0)));
    let thrown = EventNs((booted + 2_700 * S - 3 * S) as u64);
    assert!(!clocks.is_cut_off(EventNs(NOW as u64), thrown, at(0)), "no clock was set");
    // The cameras are set: what is seen at 900 s comes from now on.
    assert!(!clocks.look(std::iter::empty(), booted - NOW, at(1)));
    let again = |ms: i64| EventNs((NOW - 3 * S + ms * 1_000_000) as u64);
    assert!(clocks.is_cut_off(again(200), thrown, at(5)) && clocks.is_cut_off(again(-400), thrown, at(5)));
    assert!(!clocks.is_cut_off(again(4_000), thrown, at(5)), "the next one");
    assert!(!clocks.is_cut_off(again(200), thrown, at(60)), "of long ago");
    assert!(clocks.is_of_now(&released(NOW, booted + 300_000_000)), "a mark of a clock that is right");
    assert!(!clocks.is_of_now(&released(booted + 2_700 * S, booted + 300_000_000)), "and one of before");
}
