//! Each rule of the watermark buffer, one by one.

use crate::reorder_support::{GAME, MS, Names, S, Stadium, T0, frame, one_mound};
use pitchguard::ids::{BoxNs, MoundId};
use pitchguard::reorder::{Config, ConfigError, MoundPlan, SourceState, TICK_BITS, buffer};

const L2: i64 = 2 * S as i64;
const L3: i64 = 3 * S as i64;
const L5: i64 = 5 * S as i64;
/// Three cameras of ordinary lags.
const THREE: [(u8, i64); 3] = [(1, L2), (2, L3), (3, L5)];
/// Two ticks and one frame interval: how exactly a watermark is known.
const NEAR: i64 = 13 * MS as i64;

fn near(value: i64, expected: i64) {
    assert!((value - expected).abs() <= NEAR, "{value} is not near {expected}");
}

#[test]
fn the_eager_watermark_is_the_slowest_camera_and_the_final_one_seven_seconds_behind() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(20 * S, &THREE);
    near(s.behind().0, L5);
    near(s.behind().1, L5 + 7 * S as i64);
    assert_eq!(s.reorder.counts().released, s.log.released.len() as u64);
    assert!(s.log.released.is_sorted_by(|a, b| a.1 < b.1));
    assert!(s.log.eager.is_sorted_by(|a, b| a.1 < b.1));
}

#[test]
fn a_moved_watermark_names_the_arrival_that_moved_it_after_its_frames() {
    let mut s = Stadium::new(&one_mound(1));
    s.run(3 * S, &[(1, L2)]);
    let arrival = s.now;
    s.send(1, arrival - L2 as u64);
    let last = s.log.advanced.last().expect("it moved");
    assert_eq!(last.3, arrival);
    assert!(s.log.eager.iter().all(|(_, key)| key.0 < last.1));
}

#[test]
fn marks_and_devices_never_hold_anything_up_and_go_where_they_say() {
    let mut config = one_mound(3);
    config.mounds.push(MoundPlan { mound: MoundId(1), cameras: vec![10] });
    let mut s = Stadium::new(&config);
    s.run(S, &[(1, L2), (2, L3), (3, L5), (10, L2)]);
    s.send(48, s.now - S);
    let mut to_bullpen = frame(40, 0, s.now - S, s.now);
    to_bullpen.payload = Names(1);
    s.paths[0].push(to_bullpen).expect("there is room");
    let mut nowhere = frame(41, 0, s.now, s.now);
    nowhere.payload = Names(2);
    s.paths[0].push(nowhere).expect("there is room");
    s.run(20 * S, &[(1, L2), (2, L3), (3, L5), (10, L2)]);
    near(s.behind().0, L5);
    assert!(s.log.released.iter().any(|(m, k)| *m == GAME && k.1 == 48));
    assert!(s.log.released.iter().any(|(m, k)| *m == MoundId(1) && k.1 == 40));
    assert_eq!(s.reorder.counts().refused, 1, "a mound that is not ours");
}

#[test]
fn a_mound_waits_for_its_own_cameras_only() {
    let mut config = one_mound(3);
    config.mounds.push(MoundPlan { mound: MoundId(1), cameras: vec![10] });
    let mut s = Stadium::new(&config);
    s.run(12 * S, &[(1, L2), (2, L2), (3, L2), (10, 7 * S as i64)]);
    near(s.behind().0, L2);
    let (eager, _) = s.reorder.watermarks(MoundId(1)).expect("heard");
    near((s.now - eager.0) as i64, 7 * S as i64);
}

#[test]
fn duplicates_are_dropped_before_and_behind_the_eager_watermark() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    let ahead = s.now - S;
    let seq = s.send(1, ahead);
    s.resend(1, seq, ahead);
    let behind = s.now - 8 * S;
    s.resend(2, 77_777, behind);
    s.resend(2, 77_777, behind);
    assert_eq!(s.reorder.counts().duplicate, 1, "behind the eager watermark it is known at once");
    s.run(20 * S, &THREE);
    assert_eq!(s.reorder.counts().duplicate, 2);
    assert_eq!(s.log.after_eager.len(), 1);
    assert_eq!(s.log.released.iter().filter(|(_, k)| *k == (ahead, 1, seq)).count(), 1);
    assert_eq!(s.log.released.iter().filter(|(_, k)| *k == (behind, 2, 77_777)).count(), 1);
}

#[test]
fn a_frame_behind_the_final_watermark_is_late() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    let event = s.now - 14 * S;
    s.send(1, event);
    assert_eq!(s.reorder.counts().late, 1);
    assert_eq!(s.log.late[0].1.0, event);
}

#[test]
fn a_silent_camera_is_idle_after_five_seconds_and_holds_nobody() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    s.run(4900 * MS, &THREE[..2]);
    assert_eq!(s.status(3).state, SourceState::Active);
    s.run(300 * MS, &THREE[..2]);
    assert_eq!(s.status(3).state, SourceState::Idle);
    near(s.behind().0, L3);
}

#[test]
fn stragglers_of_a_silent_camera_do_not_revive_it() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    let last = s.now - L5 as u64;
    for i in 0..60 {
        s.run(100 * MS, &THREE[..2]);
        s.resend(3, i, last - 600 * MS + u64::from(i) * MS);
    }
    assert_eq!(s.status(3).state, SourceState::Idle);
    near(s.behind().0, L3);
}

#[test]
fn back_pressure_is_not_idleness() {
    // The ingest thread is held up for 20 s, then brings what waited in the socket.
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    let held_up = s.now;
    for _ in 0..200 {
        s.now += 100 * MS;
        s.poll();
    }
    assert!(s.reorder.sources().all(|c| c.state == SourceState::Active), "its silence says nothing of the cameras");
    s.paths[0].beat(BoxNs(s.now));
    s.poll();
    assert!(s.reorder.sources().all(|c| c.state == SourceState::Active), "nor does its first sign of life");
    for i in 0..2000_u64 {
        let arrival = held_up + i * 10 * MS;
        for (camera, lag) in THREE {
            s.paths[0].push(frame(camera, 1000 + i as u32, arrival - lag as u64, arrival)).expect("there is room");
        }
    }
    s.poll();
    s.run(S, &THREE);
    assert!(s.reorder.sources().all(|c| c.state == SourceState::Active));
}

#[test]
fn overflow_is_not_idleness() {
    let config = Config { held_per_source: 400, ..one_mound(3) };
    let mut s = Stadium::new(&config);
    s.run(12 * S, &THREE);
    assert!(s.reorder.counts().overflowed > 0, "4 s of frames fit, more is wanted");
    assert!(s.reorder.sources().all(|c| c.state == SourceState::Active));
}

#[test]
fn a_camera_back_from_idleness_gates_only_once_it_has_caught_up() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    s.run(6 * S, &THREE[..2]);
    s.run(S, &THREE);
    assert_eq!(s.status(3).state, SourceState::Rejoining);
    near(s.behind().0, L3);
    s.run(S, &[(1, L2), (2, L3), (3, L2)]);
    assert_eq!(s.status(3).state, SourceState::Active);
    s.run(4 * S, &THREE);
    near(s.behind().0, L5);
}

#[test]
fn a_camera_twenty_seconds_late_holds_nobody_up() {
    let mut s = Stadium::new(&one_mound(4));
    s.run(20 * S, &[(1, L2), (2, L3), (3, L3), (4, 20 * S as i64)]);
    near(s.behind().0, L3);
    assert_eq!(s.status(4).state, SourceState::Rejoining);
    assert!(s.log.late.iter().all(|(_, k)| k.1 == 4));
}

#[test]
fn absent_cameras_stop_nobody_after_the_deadline() {
    let mut s = Stadium::new(&one_mound(6));
    s.run(7 * S, &THREE);
    assert!(s.log.advanced.is_empty(), "until then they are waited for");
    s.run(2 * S, &THREE);
    near(s.behind().0, L5);
    assert_eq!(s.status(6).state, SourceState::Unseen);
}

#[test]
fn with_every_camera_idle_time_moves_the_watermarks_and_everything_is_released() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    s.run(18 * S, &[]);
    assert_eq!(s.reorder.counts().held, 0);
    near(s.behind().0, 8 * S as i64);
    near(s.behind().1, 15 * S as i64);
}

#[test]
fn nothing_is_held_longer_than_max_hold_though_ingest_is_dead() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    for _ in 0..1200 {
        s.now += 10 * MS;
        s.poll();
    }
    assert_eq!(s.reorder.counts().held, 0);
    assert!(s.log.released.is_sorted_by(|a, b| a.1 < b.1));
}

#[test]
fn one_frame_of_the_future_poisons_nothing() {
    for camera in [1, 3] {
        let mut s = Stadium::new(&one_mound(3));
        s.run(10 * S, &THREE);
        s.send(camera, s.now + 3600 * S);
        s.send(camera, u64::MAX);
        s.send(48, s.now + 2 * S);
        s.send(camera, s.now - 40 * S);
        s.run(10 * S, &THREE);
        assert_eq!(s.reorder.counts().quarantined, 4);
        assert_eq!(s.status(camera).quarantined, 3);
        near(s.behind().0, L5);
        assert_eq!(s.reorder.counts().late, 0);
    }
}

#[test]
fn a_first_frame_of_the_future_poisons_nothing() {
    for cameras in 1..=3 {
        let mut s = Stadium::new(&one_mound(cameras));
        s.send(1, s.now + 3600 * S);
        s.run(10 * S, &THREE[..usize::from(cameras)]);
        assert_eq!(s.reorder.counts().quarantined, 1);
        assert_eq!(s.reorder.counts().late, 0);
        near(s.behind().0, THREE[usize::from(cameras) - 1].1);
    }
}

#[test]
fn a_box_clock_off_by_an_hour_quarantines_nobody() {
    for off in [3600 * S as i64, -3600 * S as i64] {
        let mut s = Stadium::new(&one_mound(3));
        s.run(20 * S, &[(1, L2 + off), (2, L3 + off), (3, L5 + off)]);
        assert_eq!(s.reorder.counts().quarantined, 0);
        assert_eq!(s.reorder.counts().late, 0);
        near(s.behind().0, L5 + off);
    }
}

#[test]
fn a_wrong_box_clock_quarantines_nobody_though_it_waited_for_the_cameras() {
    for off in [3600 * S as i64, -3600 * S as i64] {
        let mut s = Stadium::new(&one_mound(3));
        s.run(60 * S, &[]);
        s.run(20 * S, &[(1, L2 + off), (2, L3 + off), (3, L5 + off)]);
        assert_eq!(s.reorder.counts().quarantined, 0);
        near(s.behind().0, L5 + off);
    }
}

#[test]
fn a_camera_whose_clock_steps_is_quarantined_with_its_source_named() {
    for step in [-3600 * S as i64, 3600 * S as i64] {
        let mut s = Stadium::new(&one_mound(3));
        s.run(10 * S, &THREE);
        s.run(10 * S, &[(1, L2), (2, L3), (3, L5 + step)]);
        assert_eq!(s.status(3).quarantined, 1000);
        assert_eq!(s.reorder.counts().quarantined, 1000);
        near(s.behind().0, L3);
    }
}

#[test]
fn when_all_cameras_step_the_watermarks_follow_and_nothing_stays_blind() {
    for (step, epochs) in [(3600 * S as i64, 1), (-3600 * S as i64, 0)] {
        let mut s = Stadium::new(&one_mound(3));
        s.run(10 * S, &THREE);
        let stepped = THREE.map(|(camera, lag)| (camera, lag + step));
        s.run(20 * S, &stepped);
        let counts = s.reorder.counts();
        assert_eq!(counts.epochs, epochs);
        assert_eq!(s.log.restarted.len() as u64, epochs);
        assert!(counts.quarantined + counts.late < 30, "some frames until the median has followed: {counts:?}");
        near(s.behind().0, L5 + step);
    }
}

#[test]
fn a_restarted_camera_is_a_new_incarnation_and_its_frames_no_duplicates() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    for i in 0..500_u32 {
        let event = s.now - L2 as u64;
        s.resend(1, i, event);
        s.run(10 * MS, &THREE[1..]);
    }
    assert_eq!((s.status(1).restarts, s.status(1).gaps), (1, 0));
    s.reorder.drain(&mut s.log);
    assert_eq!(s.reorder.counts().duplicate, 0);
    assert_eq!(s.status(1).released, 1500);
}

#[test]
fn gaps_are_counted_over_the_wrap_and_overtaking_is_none() {
    let mut s = Stadium::new(&one_mound(1));
    for seq in [u32::MAX - 2, u32::MAX, u32::MAX - 1, 0, 1, 5, 5, 4] {
        let event = s.now - L2 as u64 + u64::from(seq.wrapping_add(10)) * MS;
        s.resend(1, seq, event);
    }
    s.reorder.drain(&mut s.log);
    assert_eq!((s.status(1).gaps, s.status(1).restarts), (2, 0));
    assert_eq!(s.reorder.counts().duplicate, 1);
}

#[test]
fn a_source_belongs_to_one_path_until_it_has_been_silent() {
    let mut s = Stadium::new(&Config { paths: 2, ..one_mound(3) });
    s.run(10 * S, &THREE);
    let intruder = frame(1, 5, s.now - S, s.now);
    s.paths[1].push(intruder).expect("there is room");
    s.poll();
    assert_eq!((s.reorder.counts().refused, s.status(1).refused), (1, 1));
    s.run(5 * S, &THREE[1..]);
    s.paths[1].push(frame(1, 6, s.now - S, s.now)).expect("there is room");
    s.poll();
    assert_eq!(s.reorder.counts().refused, 1, "the old path is silent");
    s.send(1, s.now - S);
    assert_eq!(s.reorder.counts().refused, 2, "and now the intruder");
}

#[test]
fn sources_of_a_closed_path_are_finished_and_hold_nobody() {
    let mut s = Stadium::new(&Config { paths: 2, ..one_mound(3) });
    for i in 0..500_u32 {
        let slow = frame(3, i, s.now - L5 as u64, s.now);
        s.paths[1].push(slow).expect("there is room");
        s.run(10 * MS, &THREE[..2]);
    }
    drop(s.paths.remove(1));
    s.run(50 * MS, &THREE[..2]);
    assert_eq!(s.status(3).state, SourceState::Finished);
    near(s.behind().0, L3);
}

#[test]
fn a_path_that_hung_up_holds_nobody_and_its_sources_gate_again_once_they_are_back() {
    let mut s = Stadium::new(&Config { paths: 2, ..one_mound(3) });
    let mut seq = 0;
    let mut run = |s: &mut Stadium, for_ns: u64, plugged: bool| {
        for _ in 0..for_ns / (10 * MS) {
            if plugged {
                s.paths[1].beat(BoxNs(s.now));
                s.paths[1].push(frame(3, seq, s.now - L2 as u64, s.now)).expect("there is room");
                seq += 1;
            }
            for &(camera, lag) in &THREE[..2] {
                s.send(camera, s.now - lag as u64);
            }
            s.paths[0].beat(BoxNs(s.now));
            s.poll();
            s.now += 10 * MS;
        }
    };
    run(&mut s, 10 * S, true);
    for _ in 0..2 {
        assert_eq!(s.status(3).state, SourceState::Active);
        near(s.behind().0, L3);
        run(&mut s, 3 * S, false);
        near(s.behind().0, L5);
        s.paths[1].hang_up();
        run(&mut s, 50 * MS, false);
        assert_eq!(s.status(3).state, SourceState::Finished);
        near(s.behind().0, L3);
        run(&mut s, 60 * S, false);
        run(&mut s, S, true);
    }
    let counts = s.reorder.counts();
    assert_eq!((counts.refused, counts.late, counts.duplicate, counts.overflowed), (0, 0, 0, 0), "{counts:?}");
}

#[test]
fn a_flood_from_one_source_takes_its_quota_and_no_more() {
    let config = Config { slots_per_path: 8192, slots_per_source: 2048, held_per_source: 2048, ..one_mound(3) };
    let mut s = Stadium::new(&config);
    s.run(2 * S, &THREE);
    for i in 0..50_000_u32 {
        let _ = s.paths[0].push(frame(1, 10_000 + i, s.now - L2 as u64 + u64::from(i) * 1000, s.now));
    }
    s.poll();
    s.run(20 * S, &THREE[1..]);
    let counts = s.reorder.counts();
    assert_eq!(s.status(1).overflowed, counts.overflowed);
    assert!(counts.overflowed >= 47_000);
    assert!(s.status(2).overflowed == 0 && s.status(2).released > 900);
}

#[test]
fn sources_without_a_plan_are_refused() {
    let mut s = Stadium::new(&one_mound(3));
    for source in [0, 4, 39, 64, 255] {
        let _ = s.paths[0].push(frame(source, 0, s.now, s.now));
    }
    s.poll();
    assert_eq!(s.reorder.counts().refused, 5);
}

#[test]
fn an_event_time_beyond_the_calendar_is_quarantined() {
    // The game's ingest thread is dead and its watermarks stand still; frames on the living path run away from them.
    let mut s = Stadium::new(&Config { paths: 2, max_hold_ns: 30 * S, ..one_mound(3) });
    s.run(3 * S, &THREE);
    for i in 0..2600_u64 {
        s.now += 10 * MS;
        s.paths[1].push(frame(48, i as u32, s.now, s.now)).expect("there is room");
        s.poll();
    }
    let counts = s.reorder.counts();
    assert!((250..350).contains(&counts.quarantined), "until the watermarks follow the median camera: {counts:?}");
}

#[test]
fn shutdown_releases_all_in_order() {
    let mut s = Stadium::new(&one_mound(3));
    s.run(10 * S, &THREE);
    s.paths[0].push(frame(1, 9999, s.now - S, s.now)).expect("there is room");
    s.reorder.drain(&mut s.log);
    let counts = s.reorder.counts();
    assert_eq!((counts.held, counts.released, counts.received), (0, 3001, 3001));
    assert!(s.log.released.is_sorted_by(|a, b| a.1 < b.1));
    assert_eq!(s.log.eager.len(), 3001);
}

#[test]
fn what_comes_out_does_not_depend_on_how_often_it_is_polled() {
    let run = |every: u64| {
        let mut s = Stadium::new(&Config { paths: 2, ..one_mound(3) });
        for i in 0..3000_u64 {
            s.now = T0 + i * 10 * MS;
            for (camera, lag) in THREE {
                let path = usize::from(camera == 2);
                let jitter = (i * 7919 + u64::from(camera)) % 200 * MS;
                let arrived = frame(camera, i as u32, s.now - lag as u64 - jitter, s.now);
                s.paths[path].push(arrived).expect("there is room");
            }
            s.paths.iter_mut().for_each(|path| path.beat(BoxNs(s.now)));
            if i % every == 0 {
                s.poll();
            }
        }
        s.reorder.drain(&mut s.log);
        s.log
    };
    let often = run(1);
    let seldom = run(100);
    assert_eq!(often.released, seldom.released);
    assert_eq!(often.late, seldom.late);
}

#[test]
fn a_wrong_configuration_is_refused() {
    let of = |config: Config| buffer::<Names>(&config).err();
    assert_eq!(of(Config::default()), Some(ConfigError::NoMound));
    let twice = MoundPlan { mound: MoundId(1), cameras: vec![1] };
    assert_eq!(
        of(Config { mounds: vec![one_mound(1).mounds[0].clone(), twice], ..Config::default() }),
        Some(ConfigError::CameraTwice(1))
    );
    assert!(matches!(of(one_mound(40)), Some(ConfigError::NotACamera { source_id: 40, .. })));
    assert!(matches!(
        of(Config { max_hold_ns: S, ..one_mound(1) }),
        Some(ConfigError::Wait { name: "max_hold_ns", .. })
    ));
    assert!(matches!(of(Config { paths: 0, ..one_mound(1) }), Some(ConfigError::Count { name: "paths", .. })));
}

#[test]
fn a_clock_that_is_known_better_moves_all_that_is_held_and_drops_nothing() {
    // 56 years on, and two seconds back.
    for ticks in [1_685_000_000_000_i64, -1_907] {
        let by_ns = ticks << TICK_BITS;
        let mut s = Stadium::new(&one_mound(3));
        s.run(20 * S, &THREE);
        let (before, behind) = (s.log.released.len(), s.behind());
        s.reorder.move_on(ticks);
        for camera in 1..=3 {
            s.reorder.set_shift(camera, by_ns);
        }
        assert_eq!(s.log.released.len(), before, "nothing leaves by it");
        assert_eq!(s.behind(), (behind.0.wrapping_sub(by_ns), behind.1.wrapping_sub(by_ns)));
        s.run(20 * S, &THREE);
        let counts = s.reorder.counts();
        assert_eq!(
            (counts.late, counts.quarantined, counts.duplicate, counts.overflowed, counts.epochs),
            (0, 0, 0, 0, 0)
        );
        assert_eq!(counts.received, counts.released + counts.held);
        // As they were sent, each once and in order.
        let sent = |(place, (_, key)): (usize, &(MoundId, (u64, u8, u32)))| {
            (key.0.wrapping_sub(if place < before { 0 } else { by_ns as u64 }), key.1, key.2)
        };
        let sent: Vec<_> = s.log.released.iter().enumerate().map(sent).collect();
        assert!(sent.is_sorted_by(|a, b| a < b));
    }
}
