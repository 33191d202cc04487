//! Corrections on trial, cameras beyond repair, commands, restarts and ages.

use firmware_protocol::Health;
use pitchguard::calibration::{Calibration, CalibrationState, CameraState, Conditions, Config, EventKind, Outcome};
use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::tracking::venue::Venue;

use crate::calibration_games::park::{Fault, Game, Options, at};
use crate::thrower::{SECOND, START};

#[test]
fn a_correction_that_makes_things_worse_is_undone() {
    // it slips back right after it was corrected
    let game = Game::play(Fault::Loose(2, 2.0, 1.0, 60..68), Options { pitches: 100, ..Options::seed(5) });
    let undone = game.events.iter().find(|(_, e)| matches!(e.kind, EventKind::Undone(_)));
    assert!(undone.is_some_and(|(pitch, e)| e.camera == 2 && (68..90).contains(pitch)), "{}", game.describe());
    assert!(game.park.left_px(2, 99) < 0.25, "{}", game.describe());
    let report = game.park.calibration.report(at(99));
    let outcomes: Vec<Outcome> = report.cameras[1].corrections.iter().map(|c| c.outcome).collect();
    assert_eq!(outcomes, [Outcome::Undone, Outcome::TookBack]);
}

#[test]
fn a_camera_beyond_repair_is_left_out_and_taken_in_again_when_it_behaves() {
    let game = Game::play(Fault::Shaky(6, 3.0, 60), Options { pitches: 140, ..Options::seed(6) });
    let when = |wanted: EventKind| game.events.iter().find(|(_, e)| e.camera == 6 && e.kind == wanted).map(|(p, _)| *p);
    let (out, back) = (when(EventKind::Excluded), when(EventKind::Reinstated));
    assert!(out.is_some_and(|p| p < 40) && back.is_some_and(|p| p > 60), "{out:?} {back:?}\n{}", game.describe());
    assert!(game.events.iter().all(|(_, e)| e.camera == 6), "nobody else is blamed: {}", game.describe());
}

#[test]
fn a_command_proposes_and_applies() {
    let mut game = Game::play(Fault::Knock(3, 0.25, 0.5, 0), Options { pitches: 40, ..Options::seed(7) });
    let calibration = &mut game.park.calibration;
    let before = calibration.correction(3);
    let proposals = calibration.recalibrate(Some(&[3, 77]), true, at(40));
    assert_eq!(proposals.len(), 1, "there is no camera 77");
    assert!(proposals[0].applies && calibration.correction(3) == before, "a dry run changes nothing: {proposals:?}");
    assert!(proposals[0].why.starts_with("0.") && proposals[0].why.contains(" px off (sd "), "{proposals:?}");
    let applied = calibration.recalibrate(Some(&[3]), false, at(40));
    assert_eq!(calibration.correction(3), applied[0].correction);
    assert_eq!(applied[0].correction.version, before.version + 1);
    let events: Vec<_> = calibration.drain_events().collect();
    assert!(events.iter().any(|e| e.kind == EventKind::Corrected(applied[0].correction)));
    assert!(game.park.left_px(3, 40) < 0.25);
}

#[test]
fn a_healthy_rig_is_offered_no_correction_that_is_within_its_own_error() {
    for seed in 11..15 {
        let mut game = Game::play(Fault::None, Options { pitches: 40, ..Options::seed(seed) });
        let report = game.park.calibration.report(at(40));
        for proposal in game.park.calibration.recalibrate(None, true, at(40)) {
            let camera = report.cameras.iter().find(|of| of.id == proposal.camera).expect("it is there");
            assert!(!proposal.applies, "seed {seed}: {proposal:?}, {:?}", camera.drift);
            let is_told = proposal.why.contains("within its error") || proposal.why.contains("is known to");
            assert!(is_told, "seed {seed}: {proposal:?}");
        }
    }
}

#[test]
fn a_camera_that_was_left_out_is_taken_in_again_by_a_command_that_names_it() {
    let mut game = Game::play(Fault::Shaky(6, 3.0, 60), Options { pitches: 50, ..Options::seed(6) });
    let calibration = &mut game.park.calibration;
    let reinstated = |calibration: &mut Calibration| {
        calibration.drain_events().any(|e| e.camera == 6 && e.kind == EventKind::Reinstated)
    };
    let all = calibration.recalibrate(None, false, at(50));
    assert!(all.iter().all(|p| !p.reinstates) && !reinstated(calibration), "nobody named it: {all:?}");
    assert!(calibration.recalibrate(Some(&[6]), true, at(50))[0].reinstates && !reinstated(calibration), "a dry run");
    calibration.recalibrate(Some(&[6]), false, at(50));
    assert!(reinstated(calibration));
    assert!(!calibration.recalibrate(Some(&[6]), true, at(50))[0].reinstates, "it takes part");
}

#[test]
fn a_restart_goes_on_where_it_stopped() {
    let game = Game::play(Fault::Drift(1, 1.0, 0.3), Options { pitches: 80, ..Options::seed(8) });
    let calibration = &game.park.calibration;
    let text = serde_json::to_string(&calibration.state()).expect("plain numbers");
    serde_json::from_str::<CalibrationState>(&text).expect("what was written");
    let mut again = Calibration::new(&game.park.venue, Config::default(), at(79));
    again.restore(calibration.state(), at(79));
    assert!(again.report(at(79)).confidence.is_none(), "who is not heard again yet counts for nothing");
    hear(&mut again, at(79));
    let (before, after) = (calibration.report(at(79)), again.report(at(79)));
    for (before, after) in before.cameras.iter().zip(&after.cameras) {
        assert_eq!((before.correction, &before.corrections), (after.correction, &after.corrections));
        assert_eq!(before.drift.is_some(), before.id <= 12, "the bullpens' were never seen");
        assert!(before.id > 12 || before.state == after.state);
        let (Some(drift), Some(again)) = (before.drift, after.drift) else { continue };
        assert!((drift.dx_px - again.dx_px).abs() < 1e-6);
        assert!((before.age_s.expect("judged") - after.age_s.expect("judged")).abs() < 1e-6);
    }
    assert!(calibration.correction(1).version > 0, "there was something to keep");
    let later = BoxNs(at(79).0 + 600 * SECOND);
    let aged = {
        let mut asleep = Calibration::new(&game.park.venue, Config::default(), later);
        asleep.restore(again.state(), later);
        hear(&mut asleep, later);
        asleep.report(later).cameras[0].age_s.expect("judged") - after.cameras[0].age_s.expect("judged")
    };
    assert!((aged - 600.0 * 3.9).abs() < 1e-6, "nobody knows the weather of a time without the daemon: {aged}");
}

/// A frame of each of the game mound's cameras.
fn hear(calibration: &mut Calibration, now: BoxNs) {
    for id in 1..=12 {
        calibration.arrived(id, EventNs(now.0), now);
        calibration.delivered(id, EventNs(now.0), now);
    }
}

/// Weather and heartbeats every minute, and no pitch.
fn wait(calibration: &mut Calibration, minutes: f64, wind_mph: f64, milli_g: u16, from_s: f64) -> BoxNs {
    let health = Health {
        temperature_centi_c: 2500,
        vibration_milli_g: milli_g,
        dropped: 0,
        clock_offset_ns: 0,
        exposure_ns: 500_000,
    };
    let mut elapsed_s = 0.0;
    loop {
        let now = BoxNs(START + ((from_s + elapsed_s) * 1e9) as u64);
        calibration.weather(&Conditions { wind_mph: Some(wind_mph), temperature_c: Some(20.0) }, now);
        for id in 1..=18 {
            calibration.arrived(id, EventNs(now.0), now);
            calibration.delivered(id, EventNs(now.0), now);
            calibration.health(id, EventNs(now.0), &health, now);
        }
        if elapsed_s >= minutes * 60.0 {
            return now;
        }
        elapsed_s = (elapsed_s + 60.0).min(minutes * 60.0);
    }
}

#[test]
fn without_pitches_the_confidence_is_the_formula_in_calm_air() {
    for (minutes, expected) in [(26.3, 0.80), (52.6, 0.70), (97.6, 0.60)] {
        let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), BoxNs(START));
        calibration.calibrated(BoxNs(START));
        let now = wait(&mut calibration, minutes, 5.0, 20, 0.0);
        let exact = 0.50 + 0.45 * (-minutes / 45.0_f64).exp2();
        for mound in 0..3 {
            let found = calibration.confidence(MoundId(mound), now).expect("somebody surveyed it");
            assert!((found.fused - exact).abs() < 1e-9 && (found.time - exact).abs() < 1e-9, "{minutes}: {found:?}");
            assert!((found.fused - expected).abs() < 1e-3);
        }
    }
}

#[test]
fn wind_and_vibration_age_a_calibration_for_good() {
    let mut calibration = Calibration::new(&Venue::busch_iii(), Config::default(), BoxNs(START));
    calibration.calibrated(BoxNs(START));
    let fused = |calibration: &Calibration, now| calibration.confidence(MoundId(0), now).map_or(f64::NAN, |c| c.fused);
    let mut last = 1.0;
    let mut elapsed_s = 0.0;
    for (wind, milli_g) in [(5.0, 20), (25.0, 20), (25.0, 500), (5.0, 20), (0.0, 20)] {
        let now = wait(&mut calibration, 10.0, wind, milli_g, elapsed_s);
        elapsed_s += 600.0;
        let found = fused(&calibration, now);
        assert!(found < last, "it never rises because the wind drops");
        last = found;
    }
    let exact_s = 600.0 * (1.0 + (1.0 + 0.5 * 25.0 / 30.0) * (1.0 + 1.5) + 1.0 + 1.0);
    assert!((last - (0.50 + 0.45 * (-exact_s / 2700.0_f64).exp2())).abs() < 1e-9, "{last}");
    let surveyed = BoxNs(START + (elapsed_s * 1e9) as u64);
    calibration.calibrated(surveyed);
    assert!((fused(&calibration, surveyed) - 0.95).abs() < 1e-9);
    assert!(calibration.report(surveyed).cameras.iter().all(|c| c.state == CameraState::Ok));
}
