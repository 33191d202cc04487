//! Clocks of the box, of cameras and of marks that are off each other: every pitch is somebody's, or openly nobody's, and of its
//! day, or openly of none; and which clock is off by how much is told within half a minute.

use std::collections::BTreeMap;

use crate::common::Strangers;
use pitchguard::calibration::CameraState;
use pitchguard::day::{game_date, zone};
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::pipeline::{Input, Output, Pipeline};
use pitchguard::readiness::Alert;
use pitchguard::records::{PitchRecord, State, UNDATED};
use pitchguard::reorder::{self, Stamped};
use pitchguard::signal::Signal;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;

const S: i64 = 1_000_000_000;
/// The newest of the pitches of before a feed's clock is known, which nobody's marks name.
const UNNAMED_MAX: usize = 6;

/// Whose clock is ahead by how much, ns.
#[derive(Default)]
struct Ahead {
    camera: BTreeMap<u8, i64>,
    cameras: i64,
    marks: i64,
    this_box: i64,
    /// What the system's clock is set by after a minute.
    set_by: i64,
}

struct Evening {
    thrown: Vec<Thrown>,
    /// As last published.
    pitches: Vec<PitchRecord>,
    /// With the seconds since the first frame.
    raised: Vec<(f64, Alert)>,
    /// The first time that each was told, in the same.
    told: BTreeMap<String, f64>,
    states: BTreeMap<u8, (CameraState, Option<f64>)>,
    whose: String,
}

fn play(seed: u64, ahead: &Ahead) -> Evening {
    let venue = Venue::busch_iii();
    let settings = Settings { seed, pitches_max: Some(18), pace_s: 12.0, ..Settings::quiet() };
    let stadium = Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings);
    let rooms = pitchguard::daemon::settings(&pitchguard::config::Config::default(), &venue);
    let (mut producers, buffer) = reorder::buffer(&rooms.reorder).expect("the defaults are sound");
    let thrown = stadium.truth().to_vec();
    let moved = |at: u64, by: i64| at.saturating_add_signed(by);
    let mut deliveries = stadium
        .map(Stamped::<Signal>::from)
        .map(|frame| {
            let by = match frame.source {
                source @ ..=39 => ahead.camera.get(&source).copied().unwrap_or(ahead.cameras),
                _ => ahead.marks,
            };
            let (event, arrival) = (moved(frame.event.0, by), moved(frame.arrival.0, ahead.this_box));
            Stamped { event: EventNs(event), arrival: BoxNs(arrival), ..frame }
        })
        .peekable();
    let began = deliveries.peek().expect("frames").arrival;
    let since = |now: BoxNs| (now.0 - began.0) as f64 * 1e-9;
    let mut pipeline = Pipeline::new(&venue, &rooms, buffer, Strangers, began);
    let mut evening = Evening {
        thrown,
        pitches: Vec::new(),
        raised: Vec::new(),
        told: BTreeMap::new(),
        states: BTreeMap::new(),
        whose: String::new(),
    };
    let (mut outputs, mut now, mut looked) = (Vec::new(), BoxNs(0), BoxNs(0));
    let mut last: BTreeMap<u64, PitchRecord> = BTreeMap::new();
    for frame in deliveries {
        if frame.arrival.0 >= now.0 + 5_000_000 {
            now = frame.arrival;
            producers[0].beat(now);
            if since(now) > 60.0 {
                pipeline.input(Input::Wall { ahead_ns: ahead.set_by }, now);
            }
            pipeline.step(now, &mut outputs);
            take(&mut outputs, since(now), &mut last, &mut evening);
            if now.0 >= looked.0 + S as u64 {
                looked = now;
                for told in pipeline.clocks_off(now) {
                    evening.told.entry(told).or_insert(since(now));
                }
            }
        }
        let _counted = producers[0].push(frame);
    }
    let report = pipeline.calibration(now);
    evening.states = report.cameras.iter().map(|camera| (camera.id, (camera.state, camera.confidence))).collect();
    evening.whose = pipeline.attribution(now).sentence;
    pipeline.finish(now, &mut outputs);
    take(&mut outputs, since(now), &mut last, &mut evening);
    evening.pitches = last.into_values().filter(|pitch| pitch.state == State::Final).collect();
    evening
}

fn take(outputs: &mut Vec<Output>, at_s: f64, last: &mut BTreeMap<u64, PitchRecord>, evening: &mut Evening) {
    for output in outputs.drain(..) {
        match output {
            Output::Pitch { record, .. } => drop(last.insert(record.id, *record)),
            Output::Raised(alert) => evening.raised.push((at_s, alert)),
            _ => {}
        }
    }
}

impl Evening {
    /// When the first sentence with all these words was told, s.
    fn told(&self, words: &[&str]) -> f64 {
        let is_it = |told: &&String| words.iter().all(|words| told.contains(words));
        let told = self.told.keys().filter(is_it).map(|told| self.told[told]);
        told.reduce(f64::min).unwrap_or_else(|| panic!("{words:?} of {:?}", self.told))
    }

    /// When the first alert of a rule with all these words was raised, s.
    fn raised(&self, rule: &str, words: &[&str]) -> f64 {
        let is_it = |alert: &Alert| alert.rule == rule && words.iter().all(|words| alert.message.contains(words));
        let raised = self.raised.iter().find(|(_, alert)| is_it(alert));
        raised.unwrap_or_else(|| panic!("{rule} {words:?} of {:?}", self.raised)).0
    }

    /// Every pitch was found, is of its own man, game and number or of nobody, and of its day; so many are of nobody. Their releases are so
    /// much later than the truth, ns.
    fn unnamed(&self, later: i64) -> usize {
        let named: Vec<&Thrown> = self.thrown.iter().filter(|thrown| thrown.at_bat_number > 0).collect();
        let mut unnamed = 0;
        for thrown in &named {
            let at = thrown.release.0.saturating_add_signed(later);
            let near = |pitch: &&PitchRecord| pitch.release_ns.abs_diff(at) < 5 * S as u64;
            let pitch = self.pitches.iter().filter(near).min_by_key(|pitch| pitch.release_ns.abs_diff(at));
            let pitch = pitch.unwrap_or_else(|| panic!("no pitch at {at}"));
            assert_eq!(pitch.game_date, game_date(thrown.release.0, &zone("America/Chicago")).to_string(), "{pitch:?}");
            match pitch.pitcher {
                None => unnamed += 1,
                Some(pitcher) => assert_eq!(
                    (pitcher, pitch.game_pk, pitch.at_bat_number, pitch.pitch_number),
                    (thrown.pitcher.0, thrown.game_pk.0, Some(thrown.at_bat_number), Some(thrown.pitch_number))
                ),
            }
        }
        assert!(named.len() >= 15 && self.pitches.iter().all(|pitch| pitch.game_date.starts_with("2024-06-1")));
        unnamed
    }
}

#[test]
fn with_all_cameras_on_tai_marks_of_utc_name_the_pitches_once_several_agree() {
    let evening = play(201, &Ahead { cameras: 37 * S, ..Ahead::default() });
    let unnamed = evening.unnamed(37 * S);
    assert!((1..=UNNAMED_MAX).contains(&unnamed), "{unnamed}");
    assert!(evening.told(&["this box's clock is about 37 s behind its cameras'", "TAI"]) <= 30.0, "{:?}", evening.told);
    assert!(evening.raised("box_clock", &["37 s behind", "TAI against UTC"]) <= 30.0);
    evening.told(&["mark feed 48's clock is about 37 s behind the cameras'", "TAI", "matches no pitch"]);
    evening.told(&["mark feed 48's clock is 37 s behind the cameras'", "TAI", "allowed for"]);
    evening.raised("source_clock", &["48", "37 s behind"]);
    assert!(evening.whose.is_empty() || !evening.whose.contains("Nobody tells"), "{}", evening.whose);
    let marked = evening.pitches.iter().filter(|pitch| pitch.pitcher.is_some());
    assert!(marked.clone().count() > 8 && marked.clone().all(|pitch| pitch.release_marked), "37 s are exact");
}

#[test]
fn one_camera_on_tai_is_of_no_use_and_every_pitch_is_named() {
    let evening = play(202, &Ahead { camera: [(3, 37 * S)].into(), ..Ahead::default() });
    assert_eq!(evening.unnamed(0), 0);
    let words = ["Camera 3", "about 37 s ahead of the other cameras' (TAI against UTC)"];
    assert!(evening.raised("camera_useless", &words) <= 30.0);
    assert!(evening.told(&["camera 3", "37 s ahead of the other cameras'", "TAI"]) <= 30.0);
    assert_eq!(evening.states[&3], (CameraState::Useless, None));
    assert!(evening.raised.iter().all(|(_, alert)| alert.rule == "camera_useless"), "{:?}", evening.raised);
}

#[test]
fn cameras_that_count_since_their_boot_are_dated_by_this_box() {
    let boot = Settings::default().start.0 as i64 - 3_600 * S;
    let evening = play(203, &Ahead { cameras: -boot, ..Ahead::default() });
    let unnamed = evening.unnamed(0);
    assert!(unnamed <= UNNAMED_MAX, "{unnamed}");
    assert!(evening.raised("box_clock", &["ahead of its cameras'", "1970", "dated by this box's"]) <= 30.0);
    assert!(evening.told(&["never set"]) <= 30.0);
    assert!(evening.told.keys().all(|told| !told.contains("mark feed")), "{:?}", evening.told);
    assert!(evening.pitches.iter().all(|pitch| !pitch.release_marked), "marks of another clock are no releases");
}

#[test]
fn while_this_box_is_in_1970_its_cameras_date_and_the_marks_name() {
    let boot = Settings::default().start.0 as i64 - 60 * S;
    let evening = play(204, &Ahead { this_box: -boot, ..Ahead::default() });
    assert_eq!(evening.unnamed(0), 0);
    assert!(evening.raised("box_clock", &["behind its cameras'", "1970"]) <= 30.0);
}

#[test]
fn where_no_clock_can_be_right_pitches_have_no_date_until_one_is_set() {
    let start = Settings::default().start.0 as i64;
    let (cameras, this_box) = (3_600 * S - start, 60 * S - start);
    let evening = play(205, &Ahead { cameras, marks: this_box, this_box, set_by: -this_box, ..Ahead::default() });
    let (undated, dated): (Vec<_>, Vec<_>) = evening.pitches.iter().partition(|pitch| pitch.game_date.is_empty());
    assert!(!dated.is_empty() && dated.iter().all(|pitch| pitch.game_date == "2024-06-10"), "{dated:?}");
    assert!(undated.iter().all(|pitch| pitch.flags.iter().any(|flag| flag == UNDATED)), "{undated:?}");
}

#[test]
fn marks_that_are_an_hour_off_name_the_pitches_once_several_agree() {
    for (seed, hour, way) in [(206, 3_600, "ahead of"), (207, -3_600, "behind")] {
        let evening = play(seed, &Ahead { marks: hour * S, ..Ahead::default() });
        let unnamed = evening.unnamed(0);
        assert!((1..=UNNAMED_MAX).contains(&unnamed), "{unnamed}");
        evening.told(&["mark feed 48's clock is 60 min", way, "daylight saving", "matches no pitch"]);
        evening.raised("source_clock", &["60 min", way]);
    }
}
