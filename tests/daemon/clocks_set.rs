//! Where neither the box's clock nor the cameras' was ever set, and one of them is then: whenever that is, every frame is released or
//! counted, and every throw becomes one final pitch, in the order of the throws.

use std::collections::BTreeMap;

use crate::common::Strangers;
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::pipeline::{Input, Output, Pipeline};
use pitchguard::records::{PitchRecord, State};
use pitchguard::reorder::{self, Counts, Stamped};
use pitchguard::signal::Signal;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;

const S: i64 = 1_000_000_000;
/// What the cameras and the box count from: that long before the first frame, ns.
const CAMERAS_UP: i64 = 3_600 * S;
const BOX_UP: i64 = 900 * S;
/// The throw about which a clock is set.
const ABOUT: usize = 1;

/// Whose clock is set, and in what order.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Set {
    Box,
    Cameras,
    BoxThenCameras,
    CamerasThenBox,
}

struct Played {
    thrown: Vec<Thrown>,
    /// As last published, in the order in which they became final; those that did not last.
    pitches: Vec<PitchRecord>,
    counts: Counts,
}

/// A few throws; the first clock is set so long after the throw crossed the plate, s, the other one two seconds later.
fn play(set: Set, after_s: f64) -> Played {
    let venue = Venue::busch_iii();
    let settings = Settings {
        seed: 401,
        pitches_max: Some(4),
        pace_s: 9.0,
        break_s: 9.0,
        landmarks: false,
        spin: false,
        ..Settings::quiet()
    };
    let start = settings.start.0 as i64;
    let stadium = Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings);
    let rooms = pitchguard::daemon::settings(&pitchguard::config::Config::default(), &venue);
    let (mut producers, buffer) = reorder::buffer(&rooms.reorder).expect("the defaults are sound");
    let thrown = stadium.truth().to_vec();
    let first = thrown[ABOUT].plate.0.saturating_add_signed((after_s * 1e9) as i64);
    let second = first + 2 * S as u64;
    let (box_at, cameras_at) = match set {
        Set::Box => (first, u64::MAX),
        Set::Cameras => (u64::MAX, first),
        Set::BoxThenCameras => (first, second),
        Set::CamerasThenBox => (second, first),
    };
    let boxed = |at: u64| at.saturating_add_signed(BOX_UP - start);
    let deliveries = stadium.map(Stamped::<Signal>::from).map(|frame| {
        let event = if frame.event.0 < cameras_at {
            frame.event.0.saturating_add_signed(CAMERAS_UP - start)
        } else {
            frame.event.0
        };
        Stamped { event: EventNs(event), arrival: BoxNs(boxed(frame.arrival.0)), ..frame }
    });
    let mut pipeline = Pipeline::new(&venue, &rooms, buffer, Strangers, BoxNs(BOX_UP as u64));
    let (mut outputs, mut now) = (Vec::new(), BoxNs(0));
    let mut open: BTreeMap<u64, PitchRecord> = BTreeMap::new();
    let mut pitches = Vec::new();
    let mut take = |outputs: &mut Vec<Output>| {
        for output in outputs.drain(..) {
            if let Output::Pitch { record, .. } = output {
                open.insert(record.id, (*record).clone());
                if record.state == State::Final {
                    open.remove(&record.id);
                    pitches.retain(|pitch: &PitchRecord| pitch.id != record.id);
                    pitches.push(*record);
                }
            }
        }
    };
    for frame in deliveries {
        if frame.arrival.0 >= now.0 + 5_000_000 {
            now = frame.arrival;
            producers[0].beat(now);
            if now.0 >= boxed(box_at.min(i64::MAX as u64)) {
                pipeline.input(Input::Wall { ahead_ns: start - BOX_UP }, now);
            }
            pipeline.step(now, &mut outputs);
            take(&mut outputs);
        }
        let _counted = producers[0].push(frame);
    }
    pipeline.finish(now, &mut outputs);
    take(&mut outputs);
    pitches.extend(open.into_values());
    Played { thrown, pitches, counts: pipeline.reorder().counts() }
}

/// Every frame went somewhere, and every throw is one final pitch, in order.
fn is_whole(set: Set, after_s: f64) -> Played {
    let played = play(set, after_s);
    let Played { thrown, pitches, counts } = &played;
    let told = |what: &str| format!("{what}: {set:?} {after_s} s after the throw: {counts:?} {pitches:#?}");
    assert_eq!(counts.held, 0, "{}", told("held"));
    assert!(pitches.iter().all(|pitch| pitch.state == State::Final), "{}", told("provisional"));
    assert_eq!(pitches.len(), thrown.len(), "{}", told("one each"));
    let start = Settings::default().start.0 as i64;
    for (pitch, thrown) in pitches.iter().zip(thrown) {
        // Where it has no date it is of the cameras' own time; where the box dates it, it is later by a way.
        let later = if pitch.is_dated() { 0 } else { start - CAMERAS_UP };
        let late_ns = pitch.release_ns.saturating_add_signed(later) as i64 - thrown.release.0 as i64;
        let most = if pitch.is_dated() { 5 * S } else { S / 10 };
        assert!((-S / 10..most).contains(&late_ns), "{}", told("in the order of the throws"));
    }
    played
}

#[test]
fn whenever_the_box_is_set_no_frame_is_dropped_and_every_throw_is_named() {
    for after_s in [-0.2, 1.0, 3.0, 4.5] {
        let played = is_whole(Set::Box, after_s);
        assert_eq!(played.counts.released, played.counts.received, "{after_s}: {:?}", played.counts);
        let named = played.pitches.iter().filter(|pitch| pitch.pitcher.is_some());
        assert_eq!(named.count(), played.thrown.len(), "{after_s}: {:#?}", played.pitches);
    }
}

#[test]
fn whenever_the_cameras_are_set_every_throw_is_one_final_pitch_also_one_in_the_air() {
    for (set, after_s) in [
        (Set::Cameras, -0.2),
        (Set::Cameras, 1.0),
        (Set::BoxThenCameras, -2.2),
        (Set::BoxThenCameras, 4.5),
        (Set::CamerasThenBox, -0.2),
        (Set::CamerasThenBox, 2.0),
    ] {
        is_whole(set, after_s);
    }
}
