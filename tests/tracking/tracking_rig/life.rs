//! The life of a pitch: provisional, revised, final; marks and spins that are absent, late and doubled; late frames.

use crate::thrower::*;
use firmware_protocol::MarkKind;
use pitchguard::ids::{BoxNs, EventNs, GamePk, PitcherId};
use pitchguard::signal::Signal;
use pitchguard::tracking::pitch::{Pitch, PitchState};
use pitchguard::tracking::{MoundTracker, When};
use rand::Rng;

struct Scene {
    rig: Rig,
    tracker: MoundTracker,
    flight: Flight,
    frames: Vec<Frame>,
    out: Vec<Pitch>,
}

impl Scene {
    fn new(seed: u64) -> Self {
        Self::on(0, seed)
    }

    fn on(mound: u8, seed: u64) -> Self {
        let mut rig = Rig::new(mound, seed);
        let tracker = rig.tracker();
        let start = START + SECOND + rig.rng.random_range(0..SECOND);
        let flight = real_pitch(&mut rig.rng, start);
        let mut frames = rig.film(&flight);
        frames.sort_by_key(|f| (f.event, f.source));
        Self { rig, tracker, flight, frames, out: Vec::new() }
    }

    fn end(&self) -> u64 {
        self.flight.start + (self.flight.plate_s() * 1e9) as u64
    }

    /// Feeds the eager frames that pass, the others are given back; the eager watermark ends 10 ms past the plate.
    fn play(&mut self, passes: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        let (eager, held): (Vec<Frame>, Vec<Frame>) = self.frames.drain(..).partition(passes);
        for frame in &eager {
            feed(&mut self.tracker, frame, When::Eager, frame.event + 3 * SECOND);
            step(&mut self.tracker, frame.event, &mut self.out);
        }
        let end = self.end() + 10 * MS;
        step(&mut self.tracker, end, &mut self.out);
        held
    }

    /// Feeds frames behind the eager watermark, so long after the pitch's end.
    fn after(&mut self, frames: &[Frame], ns: u64) {
        let now = self.end() + ns;
        for frame in frames {
            feed(&mut self.tracker, frame, When::AfterEager, now + 3 * SECOND);
        }
        step(&mut self.tracker, now, &mut self.out);
    }

    fn rest(&mut self) -> Vec<Pitch> {
        let from = self.end() + 900 * MS;
        rest(&mut self.tracker, from, &mut self.out);
        finals(&self.out)
    }
}

#[test]
fn a_pitch_is_provisional_as_soon_as_the_eager_watermark_passes_its_end() {
    let mut scene = Scene::new(30);
    for frame in scene.frames.clone() {
        feed(&mut scene.tracker, &frame, When::Eager, frame.event + 3 * SECOND);
    }
    let end = scene.end();
    step(&mut scene.tracker, end - MS, &mut scene.out);
    assert!(scene.out.is_empty(), "not before its end");
    step(&mut scene.tracker, end + 5 * MS, &mut scene.out);
    assert_eq!(scene.out.len(), 1, "no later than a few milliseconds of event time after it");
    assert_eq!((scene.out[0].state, scene.out[0].revision), (PitchState::Provisional, 0));
    assert!(scene.out[0].plate.0.abs_diff(end) < 100_000);
    let out = scene.rest();
    assert_eq!((out.len(), out[0].revision), (1, 1), "nothing changed: only final follows");
}

#[test]
fn frames_behind_the_eager_watermark_make_one_revision_after_they_were_gathered() {
    let mut scene = Scene::new(31);
    let held = scene.play(|f| ![1, 2].contains(&f.source));
    assert_eq!(scene.out.len(), 1);
    let provisional = scene.out[0].clone();
    let (first, second) = held.split_at(held.len() / 2);
    scene.after(first, 50 * MS);
    scene.after(second, 150 * MS);
    assert_eq!(scene.out.len(), 1, "gathering");
    scene.after(&[], 320 * MS);
    assert_eq!(scene.out.len(), 2);
    let revised = &scene.out[1];
    assert_eq!((revised.id, revised.revision, revised.state), (provisional.id, 1, PitchState::Provisional));
    assert_eq!((provisional.cameras, revised.cameras), (10, 12));
    assert!(revised.sd.plate_z < provisional.sd.plate_z);
    assert_eq!(scene.rest().len(), 1);
}

#[test]
fn a_late_frame_that_changes_nothing_makes_no_revision() {
    let mut scene = Scene::new(32);
    let held = scene.play(|f| f.source != 11 || f.event % 7 != 0);
    assert!(!held.is_empty());
    scene.after(&held[..1], 50 * MS);
    scene.after(&[], 400 * MS);
    assert_eq!(scene.out.len(), 1);
    assert_eq!(scene.rest()[0].revision, 1);
}

#[test]
fn a_pitch_whose_cameras_were_all_late_is_found_once() {
    let mut scene = Scene::new(33);
    let held = scene.play(|_| false);
    assert!(scene.out.is_empty());
    scene.after(&held, 100 * MS);
    let out = scene.rest();
    assert_eq!(out.len(), 1);
    assert!(!out[0].flags.any());
    assert_eq!(out[0].cameras, 12);
}

#[test]
fn a_pitch_of_which_one_camera_was_in_time_is_found_with_the_rest() {
    let mut scene = Scene::new(34);
    let held = scene.play(|f| f.source == 6);
    scene.after(&held, 800 * MS);
    assert_eq!(scene.rest().len(), 1);
}

#[test]
fn frames_behind_the_final_watermark_are_counted_and_nothing_else() {
    let mut scene = Scene::new(35);
    let held = scene.play(|f| f.source != 9);
    let before = scene.rest().remove(0);
    let said = scene.out.len();
    for frame in &held {
        feed(&mut scene.tracker, frame, When::Late, frame.event + 20 * SECOND);
    }
    let from = scene.end() + 20 * SECOND;
    rest(&mut scene.tracker, from, &mut scene.out);
    assert_eq!(scene.out.len(), said);
    let mut counts = Vec::new();
    let arrived = held[0].event + 20 * SECOND;
    scene.tracker.late_counts(BoxNs(arrived + 249 * MS), &mut counts);
    assert!(counts.is_empty(), "gathering");
    scene.tracker.late_counts(BoxNs(arrived + 250 * MS), &mut counts);
    assert_eq!(counts.len(), 1);
    assert_eq!(counts[0].id, before.id);
    assert_eq!(counts[0].frames_late as usize, held.iter().filter(|f| f.event <= before.plate.0).count());
    assert_eq!(counts[0].frames, before.frames + counts[0].frames_late);
    counts.clear();
    scene.tracker.late_counts(BoxNs(u64::MAX), &mut counts);
    assert!(counts.is_empty(), "told once");
}

#[test]
fn a_mark_in_time_gives_the_release_and_doubled_ones_change_nothing() {
    let mut scene = Scene::new(36);
    let mark = scene.rig.released(scene.flight.start, 5);
    feed(&mut scene.tracker, &mark, When::Eager, mark.event + SECOND);
    feed(&mut scene.tracker, &mark, When::Eager, mark.event + SECOND);
    scene.play(|_| true);
    scene.after(std::slice::from_ref(&mark), 60 * MS);
    scene.after(&[], 400 * MS);
    let out = scene.rest();
    assert_eq!((out.len(), out[0].revision), (1, 1));
    assert!(out[0].release_marked);
    assert_eq!(out[0].release, EventNs(scene.flight.start));
    let context = out[0].context;
    assert_eq!((context.pitcher, context.game_pk), (Some(PitcherId(425_794)), Some(GamePk(717_797))));
    assert_eq!((context.at_bat_number, context.pitch_number), (Some(2), Some(2)));
}

#[test]
fn without_marks_the_release_is_the_first_observation_and_nobody_is_named() {
    let mut scene = Scene::new(37);
    let first = scene.frames[0].event;
    scene.play(|_| true);
    let out = scene.rest();
    assert!(!out[0].release_marked);
    assert!(out[0].release.0.abs_diff(first) < 4 * MS, "the first observation inside the gate");
    assert_eq!(out[0].context, pitchguard::tracking::pitch::Context::default());
    assert_eq!(out[0].spin, None);
}

#[test]
fn a_late_mark_revises_release_and_context_under_the_same_id() {
    let mut scene = Scene::new(38);
    scene.play(|_| true);
    let mark = scene.rig.released(scene.flight.start, 5);
    scene.after(&[mark], 500 * MS);
    scene.after(&[], 800 * MS);
    assert_eq!(scene.out.len(), 2);
    assert!(!scene.out[0].release_marked && scene.out[1].release_marked);
    assert_eq!(scene.out[1].context.pitch_number, Some(2));
    assert_eq!(scene.rest().len(), 1);
}

#[test]
fn a_sloppy_mark_names_the_pitch_without_moving_its_release() {
    let mut scene = Scene::new(39);
    let mark = scene.rig.released(scene.flight.start + 400 * MS, 5);
    feed(&mut scene.tracker, &mark, When::Eager, mark.event + SECOND);
    scene.play(|_| true);
    let out = scene.rest();
    assert!(!out[0].release_marked);
    assert_eq!(out[0].context.pitch_number, Some(2));
}

#[test]
fn in_a_bullpen_the_pitcher_on_the_mound_throws_and_on_the_game_mound_nobody_without_a_released_mark() {
    for (mound, pitcher) in [(0, None), (1, Some(PitcherId(425_794)))] {
        let mut scene = Scene::on(mound, 40);
        let mut mark = scene.rig.released(START, 0);
        if let Signal::Mark(mark) = &mut mark.signal {
            mark.what = MarkKind::PitcherOnMound;
        }
        feed(&mut scene.tracker, &mark, When::Eager, START);
        scene.play(|_| true);
        let out = scene.rest();
        assert_eq!((out[0].context.pitcher, out[0].context.game_pk), (pitcher, Some(GamePk(717_797))), "mound {mound}");
        assert_eq!(out[0].context.pitch_type, None);
    }
}

#[test]
fn a_late_end_of_the_inning_takes_a_pitch_that_no_released_mark_names() {
    let mut scene = Scene::on(1, 46);
    let mut named = scene.rig.released(START, 0);
    let mut over = scene.rig.released(START + 100 * MS, 0);
    for (frame, what) in [(&mut named, MarkKind::PitcherOnMound), (&mut over, MarkKind::InningEnd)] {
        if let Signal::Mark(mark) = &mut frame.signal {
            mark.what = what;
        }
    }
    feed(&mut scene.tracker, &named, When::Eager, START);
    scene.play(|_| true);
    assert_eq!(scene.out[0].context.pitcher, Some(PitcherId(425_794)));
    scene.after(std::slice::from_ref(&over), 100 * MS);
    scene.after(&[], 500 * MS);
    assert_eq!((scene.out.len(), scene.out[1].context.pitcher), (2, None), "it is told at once, by a revision");
    let released = scene.rig.released(scene.flight.start, 0);
    assert_eq!(scene.rest()[0].context.pitcher, None);
    scene.after(&[released], 9 * SECOND);
    assert_eq!(scene.rest()[0].context.pitcher, None, "after final no mark names anybody");
}

#[test]
fn a_mark_of_another_mound_names_nobody_here() {
    let mut scene = Scene::new(41);
    let mut mark = scene.rig.released(scene.flight.start, 5);
    if let Signal::Mark(mark) = &mut mark.signal {
        mark.mound = 1;
    }
    feed(&mut scene.tracker, &mark, When::Eager, mark.event);
    scene.play(|_| true);
    assert_eq!(scene.rest()[0].context.pitcher, None);
}

#[test]
fn spin_in_time_is_published_and_late_spin_revises() {
    let mut scene = Scene::new(42);
    scene.play(|_| true);
    assert_eq!(scene.out[0].spin, None);
    let spin = spin(scene.flight.start);
    scene.after(std::slice::from_ref(&spin), 100 * MS);
    scene.after(std::slice::from_ref(&spin), 200 * MS);
    scene.after(&[], 500 * MS);
    assert_eq!(scene.out.len(), 2);
    let out = scene.rest();
    let measured = out[0].spin.expect("measured");
    assert!((measured.spin_axis - 180.0).abs() < 1e-6 && (measured.release_spin_rate - 2300.0).abs() < 1e-6);
    assert_eq!(out[0].revision, 2);
}

#[test]
fn a_spin_axis_is_told_in_the_mounds_own_frame() {
    let mut rig = Rig::new(1, 43);
    let mut tracker = rig.tracker();
    let flight = real_pitch(&mut rig.rng, START + SECOND);
    let mut frames = rig.film(&flight);
    let place = &rig.venue.mounds[1];
    let origin = place.to_field(&nalgebra::Point3::origin());
    let field = place.to_field(&nalgebra::Point3::new(-1.0, 0.0, 0.0)) - origin;
    let mut frame = spin(flight.start);
    if let Signal::Spin(spin) = &mut frame.signal {
        spin.axis = [field.x as f32, field.y as f32, field.z as f32];
    }
    frames.push(frame);
    let found = finals(&run(&mut tracker, frames));
    assert!((found[0].spin.expect("measured").spin_axis - 180.0).abs() < 1e-3, "{:?}", found[0].spin);
}

#[test]
fn two_pitches_three_seconds_apart_are_two() {
    let mut rig = Rig::new(0, 44);
    let mut tracker = rig.tracker();
    let flights = [real_pitch(&mut rig.rng, START + SECOND), real_pitch(&mut rig.rng, START + 4 * SECOND)];
    let mut frames: Vec<Frame> = flights.iter().flat_map(|f| rig.film(f)).collect();
    frames.push(rig.released(flights[0].start, 0));
    frames.push(rig.released(flights[1].start, 1));
    let found = finals(&run(&mut tracker, frames));
    assert_eq!(found.len(), 2);
    assert_eq!(found.iter().map(|p| p.context.pitch_number).collect::<Vec<_>>(), [Some(1), Some(2)]);
}

#[test]
fn a_step_back_of_the_cameras_time_loses_no_later_pitch_and_not_who_throws() {
    // A bullpen: on the game mound each pitch needs a mark of its own.
    let mut rig = Rig::new(1, 47);
    let mut tracker = rig.tracker();
    let mut game = |tracker: &mut MoundTracker, start: u64, marked: bool| {
        let flight = real_pitch(&mut rig.rng, start);
        let mut frames = rig.film(&flight);
        frames.extend(marked.then(|| rig.released(start, 0)));
        finals(&run(tracker, frames))
    };
    assert_eq!(game(&mut tracker, START + 3600 * SECOND, true).len(), 1);
    tracker.restart();
    let after = game(&mut tracker, START + SECOND, false);
    assert_eq!(after.len(), 1, "an hour back");
    assert_eq!(after[0].context.pitcher, Some(PitcherId(425_794)));
    assert!(!after[0].release_marked && after[0].context.pitch_number.is_none());
}

#[test]
fn a_revision_that_sees_the_release_earlier_keeps_the_mark_that_came_after_it() {
    let mut scene = Scene::new(48);
    let start = scene.flight.start;
    let mark = scene.rig.released(start + 400 * MS, 5);
    feed(&mut scene.tracker, &mark, When::Eager, mark.event + SECOND);
    let held = scene.play(|f| f.event >= start + 30 * MS);
    assert_eq!(scene.out[0].context.pitch_number, Some(2));
    scene.after(&held, 50 * MS);
    scene.after(&[], 400 * MS);
    assert_eq!(scene.out.len(), 2, "its beginning came late");
    assert!(scene.out[1].release.0 + 20 * MS < scene.out[0].release.0);
    assert_eq!(scene.out[1].context, scene.out[0].context);
}

#[test]
fn what_was_gathered_is_published_also_while_no_watermark_moves() {
    let mut scene = Scene::new(31);
    let held = scene.play(|f| ![1, 2].contains(&f.source));
    let arrived = scene.end() + 3 * SECOND;
    for frame in &held {
        feed(&mut scene.tracker, frame, When::AfterEager, arrived);
    }
    scene.tracker.revise(BoxNs(arrived + 249 * MS), &mut scene.out);
    assert_eq!(scene.out.len(), 1);
    scene.tracker.revise(BoxNs(arrived + 250 * MS), &mut scene.out);
    assert_eq!((scene.out.len(), scene.out[1].revision), (2, 1));
}

#[test]
fn frames_that_still_come_of_an_earlier_runs_pitch_make_no_second_one() {
    let mut rig = Rig::new(0, 49);
    let mut tracker = rig.tracker();
    let flights = [real_pitch(&mut rig.rng, START + SECOND), real_pitch(&mut rig.rng, START + 4 * SECOND)];
    let frames: Vec<Frame> = flights.iter().flat_map(|f| rig.film(f)).collect();
    tracker.published_before(EventNs(flights[0].start));
    let found = finals(&run(&mut tracker, frames));
    assert_eq!(found.len(), 1);
    assert!(found[0].release.0 > START + 3 * SECOND);
}

#[test]
fn a_flight_in_the_first_second_of_a_clock_that_was_never_set_is_found() {
    let mut scene = Scene::new(50);
    let early = scene.flight.start - 5 * MS;
    let mut tracker = scene.rig.tracker();
    let mut out = Vec::new();
    for frame in &mut scene.frames {
        frame.event -= early;
        feed(&mut tracker, frame, When::Eager, frame.event);
    }
    tracker.advance(EventNs(2 * SECOND), EventNs(0), BoxNs(0), &mut out);
    assert_eq!(out.len(), 1);
}

#[test]
fn the_same_frames_give_the_same_pitches() {
    let play = || {
        let mut rig = Rig::new(0, 45);
        let mut tracker = rig.tracker();
        let flights: Vec<Flight> = (0..3).map(|k| real_pitch(&mut rig.rng, START + k * 9 * SECOND + 77)).collect();
        let frames = flights.iter().flat_map(|f| rig.film(f)).collect();
        (run(&mut tracker, frames), tracker.jerk_scale())
    };
    assert_eq!(play(), play());
}

#[test]
fn what_was_learned_about_the_jerk_survives_a_restart() {
    let mut rig = Rig::new(0, 46);
    let mut tracker = rig.tracker();
    let flight = nine_p_pitch(&mut rig.rng, START + SECOND);
    let frames = rig.film(&flight);
    run(&mut tracker, frames);
    let learned = tracker.jerk_scale();
    assert_eq!(learned.pitches, 1);
    assert!(learned.variance < rig.tracker().jerk_scale().variance);
    let mut restarted = rig.tracker();
    restarted.set_jerk_scale(learned);
    assert_eq!(restarted.jerk_scale(), learned);
}
