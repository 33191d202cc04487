//! A camera that drifts by 1 px an hour for three hours, beside games in which nothing drifts.

use pitchguard::calibration::CameraState;
use pitchguard::pipeline::Settings as PipelineSettings;
use pitchguard::simulate::{Drift, Faults};

use crate::calibration_pipeline::evening::{Evening, SetUp, game, least};
use crate::common::full;

const PX_PER_H: f64 = 1.0;
const HOUR_S: f64 = 3600.0;

/// Camera and seed of each game.
fn cases() -> Vec<(u8, u64)> {
    if !full() {
        return vec![(2, 1)];
    }
    [1, 2, 5].into_iter().flat_map(|camera| (1..=10).map(move |seed| (camera, seed))).collect()
}

fn drifting(camera: u8) -> Faults {
    Faults::default().drift(Drift { camera, dx_px_per_h: PX_PER_H, ..Drift::default() })
}

/// Neither gate nor correction: what the drift alone does.
fn left_alone(rooms: &mut PipelineSettings) {
    rooms.tracking.gate_chi2 = 1e9;
    rooms.calibration.correct_px = 1e9;
    rooms.calibration.correct_confidence = 0.0;
    rooms.calibration.alarm_px = 1e9;
    rooms.calibration.alarm_plate_in = 1e9;
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn a_drifting_camera_is_named_alone_before_it_matters_and_corrected() {
    let cases = cases();
    let (mut watched, mut alone, mut in_time) = (0, 0, 0);
    let (mut biases, mut ratios, mut untouched) = (Vec::new(), Vec::new(), Vec::new());
    for (camera, seed) in &cases {
        let evening = Evening::play(game(*seed, drifting(*camera)));
        let still = Evening::play(game(*seed, Faults::default()));
        let set_up = SetUp { tune: Some(&left_alone), ..SetUp::default() };
        let nobody_acts = Evening::play_in(game(*seed, drifting(*camera)), set_up);
        assert_eq!(nobody_acts.corrections(*camera).len(), 0, "{}", nobody_acts.told());
        assert_eq!(evening.finals.len(), evening.truth.len(), "no pitch is lost to calibration");
        let watch = evening.first(*camera, &[CameraState::Watch, CameraState::Alarm]);
        let corrected = evening.corrections(*camera);
        let first = corrected.first().map(|(at, _)| *at);
        let last = corrected.last().map_or(f64::INFINITY, |(at, correction)| {
            let [dx, dy] = Evening::moves(*camera, correction);
            (dx - PX_PER_H * at / HOUR_S).hypot(dy)
        });
        let [plate, of_still, of_none] = [&evening, &still, &nobody_acts].map(Evening::plate_error_p95_in);
        watched += usize::from(watch.is_some_and(|at| PX_PER_H * at / HOUR_S < 0.4));
        alone += usize::from(evening.accused() == [*camera]);
        in_time += usize::from(first.is_some_and(|at| PX_PER_H * at / HOUR_S < 1.0));
        biases.push(last);
        ratios.push(plate / of_still);
        untouched.push(of_none / of_still);
        eprintln!(
            "camera {camera} seed {seed}: watch at {:.2} px, corrected at {:.2} px, {} times, {last:.3} px left by the \
             last; plate {plate:.4} in against {of_still:.4} in undrifted and {of_none:.4} in left \
             alone with the gate off; named: {:?}",
            watch.unwrap_or(f64::INFINITY) / HOUR_S,
            first.unwrap_or(f64::INFINITY) / HOUR_S,
            corrected.len(),
            evening.accused()
        );
    }
    let games = cases.len() as f64;
    let share = |count: usize| count as f64 / games;
    let small = biases.iter().filter(|px| **px < 0.15).count();
    let (ratio, left_alone) = (median(ratios), median(untouched));
    eprintln!(
        "{games} games: watch before 0.4 px {:.0} %, nobody else named {:.0} %, corrected before 1 px {:.0} %, less than 0.15 \
         px left {:.0} %, plate error {ratio:.2} times an undrifted game's, {left_alone:.2} times left alone",
        100.0 * share(watched),
        100.0 * share(alone),
        100.0 * share(in_time),
        100.0 * share(small)
    );
    assert!(share(watched) >= 0.95 && share(alone) >= 0.95 && share(in_time) >= 1.0);
    assert!(ratio <= 1.3, "{ratio:.2}");
    assert!(left_alone > 1.6, "{left_alone:.2}: without a drift that matters the rest shows nothing");
    if full() {
        assert!(share(small) >= 0.9);
    }
    assert!(biases.iter().all(|px| *px < 0.3), "{biases:?}");
}

#[test]
fn in_undrifted_games_nobody_is_named_and_confidence_stays_high_while_pitches_come() {
    // Everyday the seed that the drifting camera's game is not compared with.
    let (first, games) = if full() { (1, 100) } else { (2, 1) };
    let mut named = 0;
    for seed in first..first + games {
        let evening = Evening::play(game(seed, Faults::default()));
        named += evening.accused().len();
        let lowest = least(evening.finals.iter());
        eprintln!("seed {seed}: lowest confidence {lowest:.3}, named {:?}", evening.accused());
        assert!(lowest >= 0.85, "seed {seed}: {lowest:.3}\n{}", evening.told());
    }
    eprintln!("{games} undrifted games: {named} cameras on watch or in alarm");
    assert!(named <= if full() { 2 } else { 0 });
}

#[test]
fn without_landmarks_a_drift_is_still_seen_in_time() {
    let seeds = if full() { 10 } else { 1 };
    let mut others = 0;
    for seed in 1..=seeds {
        let settings = pitchguard::simulate::Settings {
            landmarks: false,
            pitches_max: (!full()).then_some(90),
            ..game(seed, drifting(2))
        };
        let evening = Evening::play(settings);
        let watch = evening.first(2, &[CameraState::Watch, CameraState::Alarm]);
        let accused = evening.accused();
        others += usize::from(accused.iter().any(|id| *id != 2));
        eprintln!(
            "seed {seed} without landmarks: watch at {:.2} px, named {accused:?}",
            watch.unwrap_or(f64::INFINITY) / HOUR_S
        );
        assert!(watch.is_some_and(|at| PX_PER_H * at / HOUR_S < 0.6), "{}", evening.told());
    }
    eprintln!("without landmarks a neighbour was named in {others} of {seeds} games");
}
