//! The tracker's side: final pitches testify, corrections and exclusions act on what is fitted.

use firmware_protocol::Ball;
use pitchguard::signal::Signal;
use pitchguard::tracking::CameraCorrection;
use pitchguard::tracking::evidence::{PARAMETERS, UNITS};
use pitchguard::tracking::pitch::Pitch;
use rand::Rng;

use crate::thrower::{Frame, Rig, SECOND, START, finals, real_pitch, run};

/// Ten pitches of a rig whose camera 1 is off, as corrected.
fn play(correction: &CameraCorrection, off_px: (f32, f32), clock_ns: u64, excluded: bool) -> (Vec<Pitch>, Vec<f64>) {
    let mut rig = Rig::new(0, 21);
    let mut tracker = rig.tracker();
    assert!(tracker.set_correction(1, correction) && !tracker.set_correction(13, correction));
    tracker.exclude(1, excluded);
    let mut frames: Vec<Frame> = Vec::new();
    for k in 0..10 {
        let start = START + k * 5 * SECOND + rig.rng.random_range(0..SECOND);
        let flight = real_pitch(&mut rig.rng, start);
        frames.extend(rig.film(&flight));
    }
    for frame in frames.iter_mut().filter(|f| f.source == 1) {
        frame.event += clock_ns;
        if let Signal::Ball(Ball { u, v, .. }) = &mut frame.signal {
            *u += off_px.0;
            *v += off_px.1;
        }
    }
    let found = finals(&run(&mut tracker, frames));
    let evidence: Vec<_> = tracker.evidence().collect();
    assert_eq!(evidence.iter().map(|e| e.pitch).collect::<Vec<_>>(), found.iter().map(|p| p.id).collect::<Vec<_>>());
    assert_eq!(tracker.evidence().count(), 0, "each is told once");
    // camera 1 by each pitch, all others taken as they are: shift and clock
    let seen = evidence.iter().map(|e| {
        let at = PARAMETERS * e.cameras.iter().position(|c| c.camera == 1).expect("camera 1 saw it");
        let information = e.information(|_| 0.01).expect("determined");
        let of = |k: usize| information.pull[at + k] / information.matrix[(at + k, at + k)];
        if clock_ns > 0 { of(4) * UNITS[4] * 1e9 } else { of(0) }
    });
    (found.clone(), seen.collect())
}

fn mean(list: &[f64]) -> f64 {
    list.iter().sum::<f64>() / list.len() as f64
}

/// Observations of camera 1 that the fits used and did not use.
fn share_used(found: &[Pitch]) -> f64 {
    let of_one = found.iter().flat_map(|p| &p.residuals).filter(|r| r.camera == 1);
    let (used, gated) =
        of_one.fold((0.0, 0.0), |(used, gated), r| (used + f64::from(r.used), gated + f64::from(r.gated)));
    used / (used + gated)
}

#[test]
fn evidence_tells_a_shift_that_the_gate_hides_and_a_correction_takes_it_away() {
    let (found, seen) = play(&CameraCorrection::default(), (4.0, 0.0), 0, false);
    assert!(share_used(&found) < 0.2, "the gate takes what is four pixels off");
    assert!((mean(&seen) - 4.0).abs() < 0.2, "{seen:?}");
    let correction = CameraCorrection { version: 1, dx_px: 4.0, ..CameraCorrection::default() };
    let (found, seen) = play(&correction, (4.0, 0.0), 0, false);
    assert!(share_used(&found) > 0.9 && mean(&seen).abs() < 0.2, "{seen:?}");
}

#[test]
fn evidence_tells_a_clock_and_a_correction_takes_it_away() {
    let (_, seen) = play(&CameraCorrection::default(), (0.0, 0.0), 300_000, false);
    assert!((mean(&seen) - 300_000.0).abs() < 30_000.0, "{seen:?}");
    let correction = CameraCorrection { version: 1, clock_offset_ns: 300_000.0, ..CameraCorrection::default() };
    let (_, seen) = play(&correction, (0.0, 0.0), 300_000, false);
    assert!(mean(&seen).abs() < 30_000.0, "{seen:?}");
}

#[test]
fn an_excluded_camera_has_no_say_and_still_testifies() {
    let (found, seen) = play(&CameraCorrection::default(), (1.0, 0.0), 0, true);
    assert!(share_used(&found) == 0.0 && found.iter().all(|p| !p.flags.any()), "nor does it disagree");
    assert!((mean(&seen) - 1.0).abs() < 0.2, "{seen:?}");
}
