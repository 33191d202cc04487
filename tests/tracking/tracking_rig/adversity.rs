//! What is no pitch gives none or a flagged one, and what disturbs a pitch does not bend it: never a confident wrong one.

use crate::thrower::*;
use firmware_protocol::Ball;
use nalgebra::Vector3;
use pitchguard::signal::Signal;
use pitchguard::tracking::pitch::Pitch;
use rand::Rng;
use rand::rngs::StdRng;

/// A pitch that claims to be sure is near the thrown one.
fn never_confidently_wrong(pitch: &Pitch, flight: &Flight) {
    if pitch.flags.any() {
        return;
    }
    let (values, sd) = (quantities(&pitch.values), quantities(&pitch.sd));
    for (k, (name, truth)) in truth(flight).iter().enumerate() {
        let off = (values[k] - truth).abs();
        assert!(off < 5.0 * sd[k], "{name} is {off} off at a stated sd of {}", sd[k]);
    }
}

fn near_in_inches(pitch: &Pitch, flight: &Flight) -> f64 {
    let end = flight.at(flight.plate_s()).0;
    12.0 * (pitch.values.plate_x - end.x).hypot(pitch.values.plate_z - end.z)
}

/// Ten real pitches, filmed by this rig and spoilt frame by frame.
fn spoilt(rig: &mut Rig, spoil: impl Fn(&mut StdRng, &mut Frame)) -> (Vec<Flight>, Vec<Pitch>) {
    let mut tracker = rig.tracker();
    let (mut thrown, mut frames) = (Vec::new(), Vec::new());
    for k in 0..10 {
        let start = START + k * 5 * SECOND + rig.rng.random_range(0..SECOND);
        let flight = real_pitch(&mut rig.rng, start);
        let mut filmed = rig.film(&flight);
        for frame in &mut filmed {
            spoil(&mut rig.rng, frame);
        }
        frames.extend(filmed);
        thrown.push(flight);
    }
    let found = finals(&run(&mut tracker, frames));
    (thrown, found)
}

fn shift(frame: &mut Frame, du: f32, dv: f32) {
    if let Signal::Ball(ball) = &mut frame.signal {
        ball.u += du;
        ball.v += dv;
    }
}

#[test]
fn one_camera_50_px_off_does_not_bend_a_pitch() {
    for wild in [1, 5, 10] {
        let mut rig = Rig::new(0, 10);
        let (thrown, found) = spoilt(&mut rig, |_, f| {
            if f.source == wild {
                shift(f, 30.0, -40.0);
            }
        });
        assert_eq!(found.len(), thrown.len());
        for (pitch, flight) in found.iter().zip(&thrown) {
            assert!(near_in_inches(pitch, flight) < 0.1, "camera {wild}: {}", near_in_inches(pitch, flight));
            never_confidently_wrong(pitch, flight);
            let told = pitch.residuals.iter().find(|r| r.camera == wild).expect("it is told");
            assert_eq!(told.used, 0);
            assert!((told.mean_px[0] - 30.0).abs() < 1.5 && (told.mean_px[1] + 40.0).abs() < 1.5, "{told:?}");
        }
    }
}

#[test]
fn one_camera_2_px_off_is_measured_by_its_residual_and_does_not_bend_a_pitch() {
    let mut rig = Rig::new(0, 11);
    let (thrown, found) = spoilt(&mut rig, |_, f| {
        if f.source == 3 {
            shift(f, 2.0, 0.0);
        }
    });
    assert_eq!(found.len(), thrown.len());
    for (pitch, flight) in found.iter().zip(&thrown) {
        assert!(near_in_inches(pitch, flight) < 0.12, "{}", near_in_inches(pitch, flight));
        let told = pitch.residuals.iter().find(|r| r.camera == 3).expect("it is told");
        assert!(told.mean_px[0] > 1.0, "{told:?}");
    }
}

#[test]
fn a_wild_camera_among_three_is_never_believed_quietly() {
    let mut rig = Rig::new(1, 12);
    let (thrown, found) = spoilt(&mut rig, |_, f| {
        if f.source == 14 {
            shift(f, 40.0, 30.0);
        }
    });
    for pitch in &found {
        assert!(pitch.flags.any(), "two against one is not sure: {pitch:?}");
    }
    assert!(found.len() <= thrown.len());
}

#[test]
fn a_camera_of_random_garbage_costs_only_itself() {
    let mut rig = Rig::new(0, 13);
    let (thrown, found) = spoilt(&mut rig, |rng, f| {
        if f.source == 2 {
            let (u, v) = (rng.random_range(0.0..3840.0), rng.random_range(0.0..2160.0));
            if let Signal::Ball(ball) = &mut f.signal {
                (ball.u, ball.v) = (u, v);
            }
        }
    });
    assert_eq!(found.len(), thrown.len());
    for (pitch, flight) in found.iter().zip(&thrown) {
        assert!(near_in_inches(pitch, flight) < 0.08);
        never_confidently_wrong(pitch, flight);
    }
}

#[test]
fn strays_everywhere_in_a_tenth_of_the_frames_are_gated() {
    let mut rig = Rig::new(0, 14);
    let (thrown, found) = spoilt(&mut rig, |rng, f| {
        if rng.random_bool(0.1) {
            let (du, dv) = (rng.random_range(-60.0..60.0), rng.random_range(-60.0..60.0));
            shift(f, du, dv);
        }
    });
    assert_eq!(found.len(), thrown.len());
    for (pitch, flight) in found.iter().zip(&thrown) {
        assert!(near_in_inches(pitch, flight) < 0.08);
        never_confidently_wrong(pitch, flight);
    }
}

#[test]
fn a_flood_of_garbage_from_one_camera_hides_no_pitch() {
    let mut rig = Rig::new(0, 15);
    let mut tracker = rig.tracker();
    let flight = real_pitch(&mut rig.rng, START + 3 * SECOND);
    let mut frames = rig.film(&flight);
    for k in 0..200_000_u64 {
        let signal = Signal::Ball(Ball {
            u: rig.rng.random_range(0.0..3840.0),
            v: rig.rng.random_range(0.0..2160.0),
            sigma: 0.5,
            diameter: 10.0,
        });
        frames.push(Frame { event: START + k * 30_000, source: 4, signal });
    }
    let found = finals(&run(&mut tracker, frames));
    assert_eq!(found.len(), 1);
    assert!(near_in_inches(&found[0], &flight) < 0.1);
}

fn thing(p: [f64; 3], v: [f64; 3], a: [f64; 3], seconds: f64) -> Flight {
    let a = Vector3::from(a);
    Flight::fly(START + 12_345_678, p.into(), v.into(), move |_, _| a, move |_, t| t < seconds)
}

fn what_it_makes(mound: u8, flights: &[Flight]) -> Vec<Pitch> {
    let mut rig = Rig::new(mound, 16);
    let mut tracker = rig.tracker();
    let frames = flights.iter().flat_map(|f| rig.film(f)).collect();
    finals(&run(&mut tracker, frames))
}

#[test]
fn things_that_are_no_pitch_give_no_pitch() {
    let cases = [
        ("a slow bird across", thing([-40.0, 30.0, 8.0], [35.0, 2.0, 0.5], [0.0; 3], 2.0)),
        ("a rolling ball", thing([0.0, 50.0, 0.12], [0.3, -70.0, 0.0], [0.0, 8.0, 0.0], 0.7)),
        ("a slow roller", thing([0.0, 50.0, 0.12], [0.3, -20.0, 0.0], [0.0, 2.0, 0.0], 2.0)),
        ("the throw back", thing([0.5, 1.0, 4.0], [0.5, 85.0, 10.0], [0.0, -10.0, -30.0], 0.7)),
        ("a throw to first", thing([-1.0, 55.0, 5.5], [90.0, 8.0, 6.0], [-8.0, 0.0, -30.0], 0.7)),
        ("a throw to second", thing([0.0, 1.0, 5.0], [0.0, 110.0, 9.0], [0.0, -15.0, -30.0], 1.1)),
        ("a throw home from centre field", thing([1.0, 160.0, 9.0], [-0.3, -125.0, 14.0], [0.0, 18.0, -28.0], 1.35)),
        ("a ball lying there", thing([3.0, 30.0, 0.12], [0.0, 0.001, 0.0], [0.0; 3], 5.0)),
        ("a pop up", thing([0.0, 2.0, 3.0], [2.0, 10.0, 120.0], [0.0, 0.0, -34.0], 5.0)),
        ("a toss", thing([0.0, 54.0, 5.0], [0.0, -45.0, 14.0], [0.0, 1.0, -32.0], 1.2)),
    ];
    for (name, flight) in cases {
        for mound in [0, 1] {
            let made = what_it_makes(mound, std::slice::from_ref(&flight));
            assert!(made.is_empty(), "{name}: {made:?}");
        }
    }
}

#[test]
fn a_bird_on_the_way_of_a_pitch_is_flagged_or_nothing() {
    for speed in [70.0, 90.0, 110.0] {
        let bird = thing([0.5, 57.0, 6.0], [0.0, -speed, -3.0], [0.0; 3], 55.0 / speed);
        for pitch in what_it_makes(0, &[bird]) {
            assert!(pitch.flags.unusual_flight, "{pitch:?}");
        }
    }
}

#[test]
fn a_bird_beside_the_pitch_and_the_batted_ball_after_it_change_nothing() {
    let mut rig = Rig::new(0, 17);
    let mut tracker = rig.tracker();
    let flight = real_pitch(&mut rig.rng, START + SECOND);
    let hit_s = flight.plate_s() - 0.01;
    let (p, _) = flight.at(hit_s);
    let mut frames = rig.film_part(&flight, 0.0, hit_s);
    let hit_at = flight.start + (hit_s * 1e9) as u64;
    let batted =
        Flight::fly(hit_at, p, Vector3::new(30.0, 120.0, 40.0), air(Vector3::new(150.0, 0.0, 50.0)), |_, t| t < 2.0);
    frames.extend(rig.film(&batted));
    let bird = Flight::fly(
        START,
        Vector3::new(-20.0, 25.0, 12.0),
        Vector3::new(18.0, 3.0, 0.0),
        |_, _| Vector3::zeros(),
        |_, t| t < 3.0,
    );
    frames.extend(rig.film(&bird));
    let back = Flight::fly(
        START + 5 * SECOND,
        Vector3::new(0.0, 0.0, 3.0),
        Vector3::new(0.0, 80.0, 12.0),
        |_, _| Vector3::new(0.0, -9.0, -31.0),
        |_, t| t < 0.7,
    );
    frames.extend(rig.film(&back));
    let found = finals(&run(&mut tracker, frames));
    assert_eq!(found.len(), 1);
    assert!(near_in_inches(&found[0], &flight) < 0.08, "{}", near_in_inches(&found[0], &flight));
    assert!(!found[0].flags.any(), "{:?}", found[0].flags);
}

#[test]
fn a_ball_seen_in_the_hand_and_in_the_glove_does_not_move_release_or_plate() {
    for seed in 60..65 {
        let mut rig = Rig::new(0, seed);
        let mut tracker = rig.tracker();
        let flight = real_pitch(&mut rig.rng, START + 2 * SECOND + 1_234_567);
        let mut frames = rig.film(&flight);
        let still = |start: u64, p: Vector3<f64>, seconds: f64| {
            Flight::fly(start, p, Vector3::zeros(), |_, _| Vector3::zeros(), move |_, t| t < seconds)
        };
        let in_hand = still(flight.start - SECOND, flight.at(0.0).0, 0.999);
        let end_s = flight.duration();
        let in_glove = still(flight.start + (end_s * 1e9) as u64 + MS, flight.at(end_s).0, 1.0);
        frames.extend(rig.film(&in_hand));
        frames.extend(rig.film(&in_glove));
        let found = finals(&run(&mut tracker, frames));
        assert_eq!(found.len(), 1);
        assert!(found[0].release.0.abs_diff(flight.start) < 5 * MS, "{:?}", found[0].release.0.abs_diff(flight.start));
        assert!(near_in_inches(&found[0], &flight) < 0.1);
        assert!(!found[0].flags.any(), "{:?}", found[0].flags);
    }
}

#[test]
fn one_camera_never_makes_a_pitch() {
    for only in [1, 5, 10] {
        let mut rig = Rig::with_cameras(0, 18, &[only]);
        let (_, found) = spoilt(&mut rig, |_, _| {});
        assert!(found.is_empty());
    }
}

#[test]
fn two_cameras_suffice_and_it_is_said_how_many_they_were() {
    let mut rig = Rig::with_cameras(0, 19, &[1, 4]);
    let (thrown, found) = spoilt(&mut rig, |_, _| {});
    assert_eq!(found.len(), thrown.len());
    for (pitch, flight) in found.iter().zip(&thrown) {
        assert_eq!(pitch.cameras, 2);
        never_confidently_wrong(pitch, flight);
    }
}

#[test]
fn a_camera_that_says_it_knows_nothing_is_no_camera_of_the_pitch() {
    let blind = Rig::new(0, 22).cameras[0].id;
    for sigma in [51.0, f32::MAX] {
        let (thrown, found) = spoilt(&mut Rig::new(0, 22), |_, frame| {
            if let Signal::Ball(ball) = &mut frame.signal
                && frame.source == blind
            {
                ball.sigma = sigma;
            }
        });
        assert_eq!(found.len(), thrown.len());
        let all = Rig::new(0, 22).cameras.len();
        assert!(found.iter().all(|pitch| usize::from(pitch.cameras) < all), "{:?}", found[0].cameras);
    }
}

#[test]
fn two_cameras_in_line_with_the_pitch_are_flagged_or_right() {
    let mut rig = Rig::with_cameras(0, 20, &[5, 10]);
    let (thrown, found) = spoilt(&mut rig, |_, _| {});
    for pitch in &found {
        let flight = thrown.iter().min_by_key(|f| f.start.abs_diff(pitch.release.0)).expect("thrown");
        never_confidently_wrong(pitch, flight);
    }
}

#[test]
fn a_pitch_seen_in_part_is_flagged_and_honest() {
    for (from, to) in [(0.0, 0.22), (0.17, 1.0), (0.1, 0.3)] {
        let mut rig = Rig::new(0, 21);
        let mut tracker = rig.tracker();
        let flight = real_pitch(&mut rig.rng, START + SECOND);
        let frames = rig.film_part(&flight, from, to);
        let found = finals(&run(&mut tracker, frames));
        assert_eq!(found.len(), 1, "seen from {from} to {to} s");
        let (pitch, end) = (&found[0], flight.at(flight.plate_s()).0);
        assert!(pitch.flags.short_track);
        assert!((pitch.values.plate_x - end.x).abs() < 5.0 * pitch.sd.plate_x, "{pitch:?}");
        assert!((pitch.values.plate_z - end.z).abs() < 5.0 * pitch.sd.plate_z, "{pitch:?}");
    }
}
