//! Knocks, clocks, a rig that moves as one, and nothing at all.

use nalgebra::Vector3;
use pitchguard::calibration::{AlertKind, Event, EventKind};
use pitchguard::ids::MoundId;

use crate::calibration_games::park::{Fault, Game, Options, at};
use crate::common::quantile;

/// When the fault happens: between two rounds of landmarks.
const AT: usize = 100;
/// The last pitch before the next round.
const ROUND: usize = 107;

#[test]
fn a_knock_alarms_within_eight_pitches_alone_and_is_corrected() {
    let seeds = if crate::calibration_games::park::full() { 10 } else { 2 };
    let (mut in_time, mut all) = (0, 0);
    for camera in [1, 2, 5, 8] {
        for seed in 0..seeds {
            let fault = Fault::Knock(camera, 2.0, 0.7 * seed as f64 + f64::from(camera), AT);
            let game = Game::play(fault, Options { pitches: 150, ..Options::seed(seed) });
            let alarms = game.raised(AlertKind::Alarm);
            let corrected = game.corrected();
            println!(
                "camera {camera} seed {seed}: alarms {alarms:?}, corrected {corrected:?}, left {:.2?}, least confidence {:.2}",
                game.left_after_corrections(camera),
                game.least_confidence(AT..AT + 8)
            );
            assert!(alarms.iter().all(|(c, _)| *c == camera), "{}", game.describe());
            in_time += usize::from(alarms.iter().any(|(_, p)| (AT..AT + 8).contains(p)));
            all += 1;
            assert!(game.park.left_px(camera, 149) < 0.25 && !corrected.is_empty(), "{}", game.describe());
            assert!(game.least_confidence(AT..AT + 8) < 0.6, "results between are not trusted");
        }
    }
    println!("{in_time} of {all} within eight pitches");
    // a knock that looks like a step of the clock waits for the next round of landmarks
    assert!(20 * in_time >= 19 * all);
}

#[test]
fn a_clock_that_is_off_is_estimated_and_corrected_and_is_no_drift() {
    let seeds = if crate::calibration_games::park::full() { 10 } else { 1 };
    let (mut near, mut all, mut squares) = (0, 0, 0.0);
    for camera in 1..=4 {
        for seed in 0..seeds {
            let game = Game::play(Fault::Clock(camera, 200_000.0), Options { pitches: 100, ..Options::seed(seed) });
            let report = game.park.calibration.report(at(99));
            let found = report.cameras.iter().find(|c| c.id == camera).expect("in the rig");
            let estimate_us = found.clock_offset_us.expect("judged") + found.correction.clock_offset_ns * 1e-3;
            let px_per_us = 1e-6 * game.park.image_speed_px_s(camera);
            let sd_us = found.clock_offset_sd_us.expect("judged");
            let (image_px, sd_px) = ((estimate_us - 200.0) * px_per_us, sd_us * px_per_us);
            println!(
                "camera {camera} seed {seed}: {estimate_us:.0} µs, {image_px:.3} ± {sd_px:.3} px of image motion, corrected {:.0} µs at {:?}, watches {:?}",
                found.correction.clock_offset_ns * 1e-3,
                game.corrected(),
                game.raised(AlertKind::Watch)
            );
            near += usize::from(image_px.abs() < 0.15);
            all += 1;
            squares += (image_px / sd_px).powi(2);
            assert!(found.correction.clock_offset_ns > 150_000.0, "{}", game.describe());
            assert!(
                game.raised(AlertKind::Watch).is_empty() && game.raised(AlertKind::Alarm).is_empty(),
                "{}",
                game.describe()
            );
        }
    }
    // Pitches alone cannot tell a clock from a shift along the image velocity: what five rounds of landmarks, 0.1 px common to
    // each, know of the shift is what can be known of the clock.
    println!("{near} of {all} within 0.15 px, {:.2} of the stated standard deviation", (squares / all as f64).sqrt());
    assert!(20 * near >= 19 * all);
}

#[test]
fn undrifted_games_alarm_nobody_and_are_trusted() {
    let games = if crate::calibration_games::park::full() { 100 } else { 4 };
    let (mut alerts, mut low) = (0, 0);
    for seed in 0..games {
        let game = Game::play(Fault::None, Options::seed(1000 + seed));
        let mine = game.raised(AlertKind::Watch).len() + game.raised(AlertKind::Alarm).len();
        let least = game.least_confidence(0..crate::calibration_games::park::PITCHES);
        if mine > 0 || !game.corrected().is_empty() {
            println!("seed {seed}: {}", game.describe());
        }
        println!(
            "seed {seed}: {mine} watches and alarms, least confidence {least:.3}, plate p95 {:.3} in",
            game.plate_p95_in()
        );
        alerts += mine;
        low += u64::from(least < 0.85);
    }
    println!("{alerts} watches and alarms in {games} games, {low} with a moment below 0.85");
    assert!(20 * low <= games.max(20), "a healthy rig is trusted");
    assert!(alerts <= 2);
}

#[test]
fn a_rig_that_moved_as_one_is_found_by_the_next_landmarks() {
    for (name, fault) in [
        ("0.3 in to the right", Fault::Moved(Vector3::new(0.025, 0.0, 0.0), AT)),
        ("0.3 in up", Fault::Moved(Vector3::new(0.0, 0.0, 0.025), AT)),
        ("0.03° about the plate", Fault::Turned(0.03, AT)),
    ] {
        let game = Game::play(fault, Options { pitches: 180, ..Options::seed(3) });
        let after = quantile(&game.plate_error_in[ROUND..], 0.95);
        println!("{name}: plate p95 {after:.3} in after the round\n{}", game.describe());
        assert!(game.events.iter().all(|(pitch, _)| *pitch >= ROUND), "{name}: balls cannot see it");
        let at_round = |e: &(usize, Event)| e.0 == ROUND && matches!(e.1.kind, EventKind::RigMoved { .. });
        assert!(game.events.iter().any(at_round), "{name}: landmarks see it at once");
        assert!(after < 0.15, "{name}: pitches are measured right again");
        assert!(game.raised(AlertKind::Alarm).is_empty(), "{name}: no camera is blamed");
    }
}

#[test]
fn without_landmarks_nothing_verifies_and_the_confidence_decays_and_says_why() {
    let game = Game::play(Fault::None, Options { landmarks: false, ..Options::seed(4) });
    let report = game.park.calibration.report(at(299));
    println!(
        "{:?} {:?}",
        report.mounds[0],
        game.confidence.iter().step_by(20).map(|c| c.map(|c| format!("{c:.2}"))).collect::<Vec<_>>()
    );
    let (Some(time), Some(fused)) = (report.confidence_time, report.confidence) else { panic!("{report:?}") };
    assert!(time < 0.62 && fused < 0.80, "{report:?}");
    let why = report.mounds[0].unverified.clone().expect("not verified");
    assert!(why.contains("landmarks"), "{why}");
    assert_eq!(game.park.calibration.confidence(MoundId(0), at(299)).map(|c| c.fused), report.confidence);
    assert!(report.cameras.iter().all(|c| !c.state.is_accused()), "{}", game.describe());
}
