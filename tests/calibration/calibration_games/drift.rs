//! One camera drifts by a pixel an hour for three hours.

use pitchguard::calibration::AlertKind;

use crate::calibration_games::park::{Fault, Game, Options};
use crate::common::quantile;

/// px a pitch.
const RATE: f64 = 0.01;

/// What is wanted of a game with one drifting camera.
struct Outcome {
    /// Drift at the first watch of the right camera, px.
    watch_px: Option<f64>,
    /// Other cameras that were put on watch or in alarm.
    innocents: Vec<u8>,
    /// Largest that the drift got beyond the correction, px.
    largest_px: f64,
    /// What each correction left, px.
    left_px: Vec<f64>,
    plate_p95_in: f64,
    seconds: f64,
}

fn play(camera: u8, seed: u64, landmarks: bool) -> Outcome {
    let angle = 0.628 * seed as f64 + 0.3 * f64::from(camera);
    let game = Game::play(Fault::Drift(camera, 1.0, angle), Options { landmarks, ..Options::seed(seed) });
    let raised: Vec<(u8, usize)> =
        [AlertKind::Watch, AlertKind::Alarm].into_iter().flat_map(|kind| game.raised(kind)).collect();
    let mut innocents: Vec<u8> = raised.iter().map(|(c, _)| *c).filter(|c| *c != camera).collect();
    innocents.sort_unstable();
    innocents.dedup();
    Outcome {
        watch_px: raised.iter().filter(|(c, _)| *c == camera).map(|(_, p)| RATE * *p as f64).reduce(f64::min),
        innocents,
        largest_px: game.largest_left_px(camera),
        left_px: game.left_after_corrections(camera),
        plate_p95_in: game.plate_p95_in(),
        seconds: game.seconds,
    }
}

fn seeds() -> u64 {
    if crate::calibration_games::park::full() { 10 } else { 2 }
}

fn share(of: usize, all: usize) -> f64 {
    of as f64 / all as f64
}

#[test]
fn a_camera_that_drifts_is_found_alone_and_corrected_in_time() {
    let mut all = Vec::new();
    let mut ratios = Vec::new();
    for camera in [1, 2, 5] {
        for seed in 0..seeds() {
            let still = Game::play(Fault::None, Options::seed(seed)).plate_p95_in();
            let outcome = play(camera, seed, true);
            println!(
                "camera {camera} seed {seed}: watch at {:.2?} px, innocents {:?}, at most {:.2} px, corrections left {:.2?}, plate p95 {:.3} in beside {still:.3}, {:.1} s",
                outcome.watch_px,
                outcome.innocents,
                outcome.largest_px,
                outcome.left_px,
                outcome.plate_p95_in,
                outcome.seconds
            );
            ratios.push(outcome.plate_p95_in / still);
            all.push(outcome);
        }
    }
    let early = all.iter().filter(|o| o.watch_px.is_some_and(|px| px < 0.4) && o.innocents.is_empty()).count();
    let left: Vec<f64> = all.iter().flat_map(|o| o.left_px.clone()).collect();
    let small = left.iter().filter(|px| **px < 0.15).count();
    println!(
        "{} of {} in time and alone; {small} of {} corrections left < 0.15 px; plate ratio {:.2}",
        early,
        all.len(),
        left.len(),
        quantile(&ratios, 0.5)
    );
    assert!(share(early, all.len()) >= 0.95);
    assert!(all.iter().all(|o| o.largest_px < 1.0 && !o.left_px.is_empty()));
    assert!(share(small, left.len()) >= 0.90);
    assert!(quantile(&ratios, 0.5) <= 1.3);
}

#[test]
fn uncorrected_and_ungated_the_same_drift_bends_the_pitches() {
    let mut ratios = Vec::new();
    for camera in [1, 2, 5] {
        for seed in 0..seeds().div_ceil(4) {
            let still = Game::play(Fault::None, Options::seed(seed)).plate_p95_in();
            let options = Options { corrected: false, ..Options::seed(seed) };
            let bent = Game::play(Fault::Drift(camera, 1.0, 0.3 * f64::from(camera)), options).plate_p95_in();
            println!(
                "camera {camera} seed {seed}: plate p95 {bent:.3} in uncorrected and ungated, {still:.3} undrifted"
            );
            ratios.push(bent / still);
        }
    }
    println!("ratio {:.2}", quantile(&ratios, 0.5));
    assert!(quantile(&ratios, 0.5) > 1.5, "{ratios:?}");
}

#[test]
fn without_landmarks_the_drift_is_found_as_early_but_neighbours_may_be_named() {
    let (mut early, mut named, mut all) = (0, 0, 0);
    for camera in [1, 2, 5] {
        for seed in 0..seeds() {
            let outcome = play(camera, seed, false);
            println!(
                "camera {camera} seed {seed}: watch at {:.2?} px, innocents {:?}",
                outcome.watch_px, outcome.innocents
            );
            early += usize::from(outcome.watch_px.is_some_and(|px| px < 0.4));
            named += usize::from(!outcome.innocents.is_empty());
            all += 1;
        }
    }
    println!("{early} of {all} in time; a neighbour named in {named}");
    assert!(share(early, all) >= 0.80);
}
