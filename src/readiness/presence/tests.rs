//! What must hold of `presence.rs`.

use super::*;
use proptest::prelude::*;

const HOME: PitcherId = PitcherId(1);
const AWAY: PitcherId = PitcherId(2);
const RELIEF: PitcherId = PitcherId(3);

fn at(min: u64) -> EventNs {
    EventNs(1_700_000_000 * NS_PER_S + min * NS_PER_MIN)
}

fn box_at(min: u64) -> BoxNs {
    BoxNs(at(min).0)
}

fn threw(pitcher: PitcherId, mound: u8, minutes: &[u64]) -> Throws {
    Throws { pitcher, mound: MoundId(mound), releases: minutes.iter().map(|min| at(*min)).collect() }
}

fn mounds(signs: &[(u64, Sign)]) -> Mounds {
    let mut mounds = Mounds::default();
    for (min, sign) in signs {
        mounds.take(GAME_MOUND, at(*min), *sign);
    }
    mounds
}

fn told(mounds: &Mounds, pitcher: PitcherId, throws: &[Throws], min: u64) -> (PresenceState, EventNs, Option<u32>) {
    let stand = mounds.stand(pitcher, GAME_MOUND, throws, None, box_at(min)).expect("he threw there");
    (stand.state, stand.since, stand.by.map(|by| by.0))
}

use PresenceState::{BetweenInnings, Gone, OnMound, Replaced};
use Sign::{Batter, InningBegan, InningEnded, Named, Somebody};

#[test]
fn both_sides_pitch_from_one_mound_and_neither_replaces_the_other() {
    let half = |from: u64, who| [(from, InningBegan), (from, Named(who)), (from + 8, InningEnded)];
    let game: Vec<_> = [half(0, HOME), half(10, AWAY), half(20, HOME), half(30, AWAY)].concat();
    let throws = [threw(HOME, 0, &[2, 5, 22, 25]), threw(AWAY, 0, &[12, 15, 32])];
    let mounds = mounds(&game);
    assert_eq!(told(&mounds, HOME, &throws, 33), (BetweenInnings, at(28), None));
    assert_eq!(told(&mounds, AWAY, &throws, 33), (BetweenInnings, at(38), None), "as of the marks known");
    let first = [threw(HOME, 0, &[2, 5])];
    assert_eq!(told(&self::mounds(&game[..3]), HOME, &first, 9), (BetweenInnings, at(8), None));
    assert_eq!(told(&self::mounds(&game[..2]), HOME, &first, 6), (OnMound, at(0), None));
}

#[test]
fn a_reliever_replaces_within_the_inning_and_in_his_own_sides_next() {
    let within = mounds(&[(0, InningBegan), (0, Named(HOME)), (5, Named(RELIEF))]);
    assert_eq!(told(&within, HOME, &[threw(HOME, 0, &[1, 4])], 6), (Replaced, at(5), Some(3)));
    let next = [(0, Named(HOME)), (8, InningEnded), (10, Named(AWAY)), (18, InningEnded), (20, Named(RELIEF))];
    let throws = [threw(HOME, 0, &[2, 5]), threw(AWAY, 0, &[12])];
    assert_eq!(told(&mounds(&next), HOME, &throws, 21), (Replaced, at(20), Some(3)));
    assert_eq!(told(&mounds(&next), AWAY, &throws, 21), (BetweenInnings, at(18), None));
}

#[test]
fn who_relieves_and_is_named_late_replaces_where_the_batters_tell_that_no_half_inning_turned() {
    let begun = [(0, InningBegan), (0, Named(HOME)), (2, Batter(4)), (5, Batter(5)), (8, Named(RELIEF))];
    let throws = [threw(HOME, 0, &[2, 5]), threw(RELIEF, 0, &[10])];
    let of = |more: &[(u64, Sign)]| told(&mounds(&[&begun, more].concat()), HOME, &throws, 16);
    assert_eq!(of(&[]), (BetweenInnings, at(8), Some(3)), "no batter is known");
    assert_eq!(of(&[(10, Batter(5))]), (Replaced, at(8), Some(3)), "the batter's turn went on");
    assert_eq!(of(&[(10, Batter(6))]), (BetweenInnings, at(8), Some(3)), "he may be the other side's first");
    let two = [(10, Batter(6)), (12, Batter(7)), (13, InningEnded)];
    assert_eq!(of(&two), (BetweenInnings, at(8), Some(3)), "the game may be over");
    let next = |half: &[(u64, Sign)]| of(&[half, &[(15, Named(AWAY))]].concat());
    assert_eq!(next(&two), (Replaced, at(8), Some(3)), "two batters are no half-inning");
    let three = [(10, Batter(6)), (11, Batter(7)), (12, Batter(8)), (13, InningEnded)];
    assert_eq!(
        next(&three),
        (Replaced, at(15), None),
        "both sides have pitched since, and who replaced him is not known"
    );
}

/// So many seconds after the fifth minute.
fn past_five(s: u64) -> EventNs {
    EventNs(at(5).0 + s * NS_PER_S)
}

#[test]
fn after_a_while_that_nobody_saw_another_man_may_be_of_the_other_side() {
    let throws = [threw(HOME, 0, &[2, 5]), threw(AWAY, 0, &[7])];
    let mut mounds = mounds(&[(0, InningBegan), (0, Named(HOME)), (6, Named(AWAY))]);
    assert_eq!(told(&mounds, HOME, &throws, 8), (Replaced, at(6), Some(2)), "as long as nothing was lost");
    mounds.lose(GAME_MOUND, past_five(20), past_five(40));
    assert_eq!(told(&mounds, HOME, &throws, 8), (BetweenInnings, at(6), Some(2)), "nobody knows");
    assert_eq!(told(&mounds, HOME, &throws, 35), (BetweenInnings, at(6), Some(2)));
    assert_eq!(told(&mounds, HOME, &throws, 36), (Gone, at(5), None), "half an hour later");
    mounds.take(GAME_MOUND, at(18), InningEnded);
    mounds.take(GAME_MOUND, at(20), Named(RELIEF));
    assert_eq!(told(&mounds, HOME, &throws, 21), (Replaced, at(20), None), "both sides have pitched since");
    mounds.take(GAME_MOUND, at(22), Named(HOME));
    assert_eq!(told(&mounds, HOME, &throws, 23).0, OnMound);
}

#[test]
fn after_a_throw_that_no_mark_names_another_man_may_be_of_the_other_side() {
    let throws = [threw(HOME, 0, &[2, 5]), threw(AWAY, 0, &[7])];
    let mut mounds = mounds(&[(0, InningBegan), (0, Named(HOME)), (6, Named(AWAY))]);
    mounds.lose(GAME_MOUND, at(3), at(3));
    assert_eq!(told(&mounds, HOME, &throws, 8), (Replaced, at(6), Some(2)), "he was named after it");
    mounds.lose(GAME_MOUND, past_five(30), past_five(30));
    assert_eq!(told(&mounds, HOME, &throws, 8), (BetweenInnings, at(6), Some(2)));
    mounds.take(GAME_MOUND, at(18), InningEnded);
    assert_eq!(
        told(&mounds, HOME, &throws, 19),
        (BetweenInnings, at(6), Some(2)),
        "the other's inning is over, not his"
    );
    mounds.take(GAME_MOUND, past_five(20), InningEnded);
    assert_eq!(told(&mounds, HOME, &throws, 8), (BetweenInnings, past_five(20), None), "his was over before");
    mounds.find(GAME_MOUND, past_five(30));
    assert_eq!(told(&mounds.as_of(GAME_MOUND, at(5)), HOME, &throws[..1], 12), (OnMound, at(0), None));
}

#[test]
fn where_no_mark_came_for_longer_than_a_change_takes_nobody_knows_whether_the_inning_turned() {
    let throws = [threw(HOME, 0, &[2, 5]), threw(AWAY, 0, &[8, 9])];
    let silent = mounds(&[(0, InningBegan), (0, Named(HOME)), (8, Named(AWAY))]);
    assert_eq!(told(&silent, HOME, &throws, 9), (BetweenInnings, at(8), Some(2)));
    let ended = mounds(&[(0, InningBegan), (0, Named(HOME)), (6, InningEnded), (8, Named(AWAY))]);
    assert_eq!(told(&ended, HOME, &throws, 9), (BetweenInnings, at(6), None), "the end was marked");
    let named = mounds(&[(0, InningBegan), (0, Named(HOME)), (6, Named(AWAY)), (8, Named(AWAY))]);
    assert_eq!(told(&named, HOME, &throws, 9), (Replaced, at(6), Some(2)), "he was named soon enough");
    let unmarked = mounds(&[(0, Named(HOME)), (6, Named(AWAY))]);
    assert_eq!(told(&unmarked, HOME, &throws, 9), (BetweenInnings, at(6), Some(2)), "no inning is ever marked");
}

#[test]
fn who_pitched_before_him_and_comes_again_is_of_the_other_side() {
    let throws = [threw(AWAY, 0, &[1, 16]), threw(HOME, 0, &[10, 14])];
    let marks = [(0, InningBegan), (1, Named(AWAY)), (4, InningEnded), (9, Named(HOME)), (15, Named(AWAY))];
    assert_eq!(told(&mounds(&marks), HOME, &throws, 17), (BetweenInnings, at(15), Some(2)));
    let known = [marks.as_slice(), &[(14, InningEnded)]].concat();
    assert_eq!(told(&mounds(&known), HOME, &throws, 17), (BetweenInnings, at(14), None));
}

#[test]
fn a_turn_that_is_marked_twice_or_late_or_in_the_middle_of_an_inning_is_one_turn_or_none() {
    let throws = [threw(HOME, 0, &[2, 7]), threw(AWAY, 0, &[12, 15])];
    let marks = [(0, InningBegan), (1, InningBegan), (3, InningBegan), (8, InningEnded), (9, InningEnded)];
    let next = [(11, Named(AWAY)), (11, InningBegan), (13, InningBegan), (17, InningEnded), (21, Named(RELIEF))];
    let game = [marks.as_slice(), &next].concat();
    assert_eq!(told(&mounds(&game[..6]), HOME, &throws[..1], 11), (BetweenInnings, at(8), None), "ended twice");
    assert_eq!(told(&mounds(&game[..8]), HOME, &throws, 16), (BetweenInnings, at(8), None), "began twice");
    assert_eq!(told(&mounds(&game), HOME, &throws, 22), (Replaced, at(21), Some(3)));
    // The start comes after the name, and the end was lost.
    let late = [(0, InningBegan), (0, Named(HOME)), (8, Named(AWAY)), (11, InningBegan)];
    assert_eq!(told(&mounds(&late), HOME, &throws, 13), (BetweenInnings, at(7), None));
    // The end is marked late, after the name of the next man.
    let late = [(0, InningBegan), (0, Named(HOME)), (8, Named(AWAY)), (9, InningEnded)];
    assert_eq!(told(&mounds(&late), HOME, &throws[..1], 10), (BetweenInnings, at(7), None));
    assert_eq!(told(&mounds(&late), HOME, &throws, 13), (BetweenInnings, at(7), None));
    // An end and the start after it were lost, of two innings one each.
    let each = [(0, InningBegan), (8, InningEnded), (11, Named(AWAY)), (20, InningBegan), (20, Named(RELIEF))];
    assert_eq!(told(&mounds(&each), HOME, &throws, 21), (Replaced, at(20), Some(3)));
    assert_eq!(told(&mounds(&each), AWAY, &throws, 21), (BetweenInnings, at(15), None));
    // A half-inning of which no throw has a mark.
    let mut unnamed = mounds(&[(0, InningBegan), (8, InningEnded), (18, InningEnded), (20, Named(RELIEF))]);
    unnamed.lose(GAME_MOUND, at(12), at(12));
    assert_eq!(unnamed.turned(GAME_MOUND, &throws[..1]), [at(0), at(8), at(18)]);
}

#[test]
fn in_a_rain_delay_both_sides_leave_the_mound_at_the_same_moment() {
    let marks = [(0, InningBegan), (0, Named(HOME)), (8, InningEnded), (10, InningBegan), (10, Named(AWAY))];
    let throws = [threw(HOME, 0, &[2, 7]), threw(AWAY, 0, &[12, 15])];
    let both = |mounds: &Mounds, min| [HOME, AWAY].map(|who| told(mounds, who, &throws, min).0);
    assert_eq!(both(&mounds(&marks), 44), [BetweenInnings, OnMound]);
    assert_eq!(both(&mounds(&marks), 45), [Gone; 2]);
    let over = mounds(&[marks.as_slice(), &[(17, InningEnded)]].concat());
    assert_eq!([76, 77].map(|min| both(&over, min)), [[BetweenInnings; 2], [Gone; 2]]);
}

#[test]
fn where_an_inning_s_end_was_lost_its_start_tells_the_turn() {
    let lost = [(0, Named(HOME)), (10, InningBegan), (10, Named(AWAY)), (18, InningEnded), (20, InningBegan)];
    let throws = [threw(HOME, 0, &[2, 5]), threw(AWAY, 0, &[12])];
    let first = told(&mounds(&lost[..3]), HOME, &throws, 13);
    assert_eq!(first, (BetweenInnings, at(5), None), "it is the other side's turn, since his last throw");
    let over = told(&mounds(&lost[..4]), HOME, &throws, 19);
    assert_eq!(over, first, "and the end of the other side's inning is not his");
    let mut next = mounds(&lost);
    next.take(GAME_MOUND, at(21), Named(RELIEF));
    assert_eq!(told(&next, HOME, &throws, 22), (Replaced, at(21), Some(3)));
}

#[test]
fn without_any_mark_of_an_inning_nobody_knows_who_was_replaced() {
    let throws = [threw(HOME, 0, &[1, 2]), threw(RELIEF, 0, &[9, 10]), threw(AWAY, 0, &[20])];
    assert_eq!(told(&Mounds::default(), HOME, &throws, 21), (BetweenInnings, at(9), Some(3)));
    assert_eq!(told(&Mounds::default(), RELIEF, &throws, 21), (BetweenInnings, at(20), Some(2)));
    assert_eq!(told(&Mounds::default(), AWAY, &throws, 21), (OnMound, at(20), None));
}

#[test]
fn who_was_named_and_has_not_thrown_waits_until_he_throws_or_is_gone() {
    let waits = |mounds: &Mounds, throws: &[Throws], min| {
        mounds.waiting(GAME_MOUND, throws, box_at(min)).map(|(who, since)| (who.0, since))
    };
    let marks = [(0, InningBegan), (1, Named(HOME)), (3, Named(HOME))];
    let mut mounds = mounds(&marks);
    assert_eq!(waits(&mounds, &[], 4), Some((1, at(1))));
    assert_eq!(waits(&mounds, &[threw(HOME, 1, &[0])], 4), Some((1, at(1))), "his warm-up was elsewhere");
    assert_eq!(waits(&mounds, &[threw(HOME, 0, &[4])], 5), None, "he has thrown");
    assert_eq!(waits(&mounds, &[threw(AWAY, 0, &[4])], 5), None, "another man has");
    assert_eq!(waits(&mounds, &[], 33), None, "half an hour of nothing");
    mounds.take(MoundId(1), at(5), Named(HOME));
    assert_eq!(waits(&mounds, &[], 6), None, "he went elsewhere");
    mounds.take(GAME_MOUND, at(7), Named(HOME));
    assert_eq!(waits(&mounds, &[], 8), Some((1, at(1))));
    mounds.take(GAME_MOUND, at(9), InningEnded);
    assert_eq!(waits(&mounds, &[], 10), None);
}

#[test]
fn who_sits_for_forty_minutes_is_not_gone_and_who_is_named_again_is_back() {
    let mut mounds = mounds(&[(0, Named(HOME)), (10, InningEnded)]);
    let throws = [threw(HOME, 0, &[2, 9])];
    assert_eq!(told(&mounds, HOME, &throws, 50).0, BetweenInnings, "nobody replaced him");
    assert_eq!(told(&mounds, HOME, &throws, 70), (Gone, at(10), None), "an hour without a sign");
    mounds.take(GAME_MOUND, at(65), Somebody);
    assert_eq!(told(&mounds, HOME, &throws, 94).0, BetweenInnings, "somebody throws there");
    mounds.take(GAME_MOUND, at(95), Named(HOME));
    assert_eq!(told(&mounds, HOME, &throws, 96), (OnMound, at(95), None));
}

#[test]
fn a_mound_without_a_sign_for_half_an_hour_is_left_and_he_leaves_the_list_later() {
    let throws = [threw(HOME, 0, &[0, 1])];
    let mounds = Mounds::default();
    assert_eq!(told(&mounds, HOME, &throws, 30).0, OnMound);
    assert_eq!(told(&mounds, HOME, &throws, 31), (Gone, at(1), None));
    let is_past = |min: u64| {
        let stand = mounds.stand(HOME, GAME_MOUND, &throws, None, box_at(min)).expect("he threw there");
        stand.is_past(box_at(min))
    };
    assert_eq!([31, 180, 181].map(is_past), [false, false, true]);
    let replaced = Stand { state: Replaced, since: at(5), by: Some(RELIEF), to: None, last: at(1) };
    assert_eq!([5, 64, 65].map(|min| replaced.is_past(box_at(min))), [false, false, true]);
    let called_in = Stand { by: None, to: Some(GAME_MOUND), ..replaced };
    assert_eq!([5, 19, 20].map(|min| called_in.is_past(box_at(min))), [false, false, true]);
}

#[test]
fn while_nobody_sees_a_mound_its_silence_is_none_and_a_bullpen_knows_no_innings() {
    let throws = [threw(HOME, 0, &[0, 1])];
    let mut mounds = Mounds::default();
    let stand = |mounds: &Mounds, is_blind: bool, min| {
        let blind_since = is_blind.then(|| at(1));
        mounds.stand(HOME, GAME_MOUND, &throws, blind_since, box_at(min)).expect("he threw there").state
    };
    assert_eq!([stand(&mounds, false, 40), stand(&mounds, true, 40), stand(&mounds, true, 181)], [Gone, OnMound, Gone]);
    mounds.lose(GAME_MOUND, at(2), at(40));
    assert_eq!([stand(&mounds, false, 41), stand(&mounds, false, 70)], [OnMound, Gone]);

    let bullpen = [threw(HOME, 1, &[0, 1])];
    let mut mounds = Mounds::default();
    mounds.lose(MoundId(1), at(2), at(4));
    mounds.take(MoundId(1), at(5), Named(RELIEF));
    let stand = mounds.stand(HOME, MoundId(1), &bullpen, None, box_at(6)).expect("he threw there");
    assert_eq!((stand.state, stand.by), (Replaced, Some(RELIEF)));
}

#[test]
fn who_has_left_comes_back_by_no_while_unseen() {
    let throws = [threw(HOME, 0, &[0, 1])];
    let mut mounds = Mounds::default();
    let state = |mounds: &Mounds, blind: Option<u64>, min| {
        mounds.stand(HOME, GAME_MOUND, &throws, blind.map(at), box_at(min)).expect("he threw there").state
    };
    assert_eq!(state(&mounds, None, 40), Gone);
    assert_eq!(state(&mounds, Some(40), 41), Gone, "nor by cameras that fail then");
    mounds.lose(GAME_MOUND, at(41), at(42));
    assert_eq!(state(&mounds, None, 43), Gone, "a restart");
    let mut mounds = Mounds::default();
    mounds.lose(GAME_MOUND, at(2), at(139));
    assert_eq!(state(&mounds, None, 140), Gone, "nor after hours in which nobody saw him");
    mounds.take(GAME_MOUND, at(141), Named(HOME));
    assert_eq!(state(&mounds, None, 142), OnMound);
}

#[test]
fn who_goes_to_the_game_has_left_the_bullpen_and_a_stray_throw_takes_nobody_off_the_game_mound() {
    let throws = [threw(HOME, 1, &[0, 3]), threw(HOME, 0, &[9])];
    let bullpen = Mounds::default().stand(HOME, MoundId(1), &throws, None, box_at(10)).expect("he threw there");
    assert_eq!((bullpen.state, bullpen.since, bullpen.by, bullpen.to), (Replaced, at(9), None, Some(GAME_MOUND)));
    let stray = [threw(HOME, 0, &[0, 3]), threw(HOME, 1, &[9])];
    assert_eq!(told(&Mounds::default(), HOME, &stray, 10), (OnMound, at(0), None));
}

#[test]
fn who_left_a_bullpen_by_himself_is_replaced_by_nobody_who_comes_later_and_left_with_his_last_throw() {
    let bullpen = |mounds: &Mounds, throws: &[Throws], min: u64| {
        let stand = mounds.stand(HOME, MoundId(1), throws, None, box_at(min)).expect("he threw there");
        (stand.told(None, Known::default()).since, stand.state, stand.by, stand.to)
    };
    let written = |min| super::super::words::rfc3339(at(min));
    let called_in = [threw(HOME, 1, &[0, 3]), threw(HOME, 0, &[9])];
    let mut mounds = Mounds::default();
    let left = (written(3), Replaced, None, Some(GAME_MOUND));
    assert_eq!(bullpen(&mounds, &called_in, 10), left, "since his last throw there");
    assert!(mounds.is_deserted(MoundId(1), &called_in, None, box_at(10)));
    mounds.take(MoundId(1), at(12), Named(RELIEF));
    assert_eq!(bullpen(&mounds, &called_in, 13), left, "whoever comes later takes nobody's place");
    assert!(!mounds.is_deserted(MoundId(1), &called_in, None, box_at(13)), "somebody is there");

    let sat_down = [threw(HOME, 1, &[0, 3])];
    let mut mounds = Mounds::default();
    assert!(!mounds.is_deserted(MoundId(1), &sat_down, None, box_at(10)), "he stands there");
    assert!(!mounds.is_deserted(MoundId(2), &sat_down, None, box_at(10)), "nothing is known of it");
    mounds.take(MoundId(1), at(33), Named(RELIEF));
    assert_eq!(bullpen(&mounds, &sat_down, 34), (written(3), Gone, None, None), "half an hour of nothing");
    mounds.take(MoundId(1), at(32), Named(AWAY));
    assert_eq!(bullpen(&mounds, &sat_down, 34), (written(32), Replaced, Some(AWAY), None));
}

#[test]
fn of_a_mound_that_is_not_seen_it_is_told_until_when_it_was() {
    let throws = [threw(HOME, 0, &[0, 1])];
    let stand = Mounds::default().stand(HOME, GAME_MOUND, &throws, Some(at(2)), box_at(40)).expect("he threw there");
    assert_eq!(
        stand.told(None, Known { seen_until: Some(at(2)), ..Known::default() }).seen_until,
        Some(super::super::words::rfc3339(at(2)))
    );
    assert_eq!(
        stand.told(None, Known::default()),
        Presence { last_named: None, ..stand.told(None, Known { is_untold: true, ..Known::default() }) }
    );
    let named = stand.told(None, Known { is_untold: true, ..Known::default() }).last_named;
    assert_eq!(named, Some(super::super::words::rfc3339(at(1))), "nobody tells any more who pitches there");
    let gone = Mounds::default().stand(HOME, GAME_MOUND, &throws, Some(at(2)), box_at(181)).expect("he threw there");
    let told = gone.told(None, Known { seen_until: Some(at(2)), is_untold: true, ..Known::default() });
    assert_eq!((told.seen_until, told.last_named), (None, None), "he is not there any more");
}

fn any_sign() -> impl Strategy<Value = Sign> {
    prop_oneof![(1..4_u32).prop_map(|who| Named(PitcherId(who))), Just(InningEnded), Just(InningBegan), Just(Somebody)]
}

proptest! {
    #[test]
    fn whoever_threw_earlier_stands_no_longer_than_who_threw_later(
        signs in proptest::collection::btree_map(0..120_u64, any_sign(), 0..40), now in 0..240_u64,
    ) {
        let ordered: Vec<_> = signs.into_iter().collect();
        let mounds = mounds(&ordered);
        let throws = [threw(HOME, 0, &[3, 50]), threw(AWAY, 0, &[20, 21]), threw(RELIEF, 0, &[70])];
        let stand = |who| mounds.stand(who, GAME_MOUND, &throws, None, box_at(now)).expect("he threw there");
        let mut stands = [HOME, AWAY, RELIEF].map(stand);
        stands.sort_by_key(|stand| stand.last);
        let gone = stands.iter().rposition(|stand| stand.state == Gone).unwrap_or(0);
        prop_assert!(stands[..gone].iter().all(|stand| !stand.is_here()), "{stands:?}");
    }

    #[test]
    fn the_order_in_which_marks_become_known_changes_nothing(
        signs in proptest::collection::btree_map(0..120_u64, any_sign(), 0..40), seed: u64, now in 0..200_u64,
    ) {
        let ordered: Vec<_> = signs.into_iter().collect();
        let mut mixed = ordered.clone();
        mixed.sort_by_key(|(min, _)| (min ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let throws = [threw(HOME, 0, &[3, 50]), threw(AWAY, 0, &[20, 21]), threw(RELIEF, 0, &[70])];
        for pitcher in [HOME, AWAY, RELIEF] {
            prop_assert_eq!(
                told(&mounds(&ordered), pitcher, &throws, now),
                told(&mounds(&mixed), pitcher, &throws, now)
            );
        }
    }
}
