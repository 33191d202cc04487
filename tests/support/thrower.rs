//! A small thrower for the tracking tests: flights, cameras and noise, written apart from the code under test.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use firmware_protocol::{Ball, Mark, MarkKind, Spin};
use nalgebra::{Point3, Vector3};
use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::signal::Signal;
use pitchguard::tracking::camera::Camera;
use pitchguard::tracking::pitch::{Pitch, PitchState};
use pitchguard::tracking::venue::Venue;
use pitchguard::tracking::{MoundTracker, When};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Normal};

pub(crate) const START: u64 = 1_800_000_000_000_000_000;
pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MS: u64 = 1_000_000;
const G: f64 = 32.174;
const STEP_S: f64 = 0.000_5;
const FRONT: f64 = 17.0 / 12.0;

/// A thing in the air: states every half millisecond from its start.
#[derive(Clone)]
pub(crate) struct Flight {
    pub(crate) start: u64,
    states: Vec<(Vector3<f64>, Vector3<f64>)>,
}

impl Flight {
    pub(crate) fn fly(
        start: u64,
        mut p: Vector3<f64>,
        mut v: Vector3<f64>,
        acceleration: impl Fn(&Vector3<f64>, &Vector3<f64>) -> Vector3<f64>,
        go_on: impl Fn(&Vector3<f64>, f64) -> bool,
    ) -> Self {
        let mut states = vec![(p, v)];
        let h = STEP_S;
        while go_on(&p, (states.len() - 1) as f64 * h) && states.len() < 20_000 {
            let a1 = acceleration(&p, &v);
            let (p2, v2) = (p + v * (h / 2.0), v + a1 * (h / 2.0));
            let a2 = acceleration(&p2, &v2);
            let (p3, v3) = (p + v2 * (h / 2.0), v + a2 * (h / 2.0));
            let a3 = acceleration(&p3, &v3);
            let (p4, v4) = (p + v3 * h, v + a3 * h);
            let a4 = acceleration(&p4, &v4);
            p += (v + v2 * 2.0 + v3 * 2.0 + v4) * (h / 6.0);
            v += (a1 + a2 * 2.0 + a3 * 2.0 + a4) * (h / 6.0);
            states.push((p, v));
        }
        Self { start, states }
    }

    pub(crate) fn duration(&self) -> f64 {
        (self.states.len() - 1) as f64 * STEP_S
    }

    /// Position and velocity, seconds after the start.
    pub(crate) fn at(&self, t: f64) -> (Vector3<f64>, Vector3<f64>) {
        let i = ((t / STEP_S) as usize).min(self.states.len() - 2);
        let ((p0, v0), (p1, v1)) = (self.states[i], self.states[i + 1]);
        let s = t / STEP_S - i as f64;
        let (s2, s3) = (s * s, s * s * s);
        let p = p0 * (2.0 * s3 - 3.0 * s2 + 1.0)
            + v0 * ((s3 - 2.0 * s2 + s) * STEP_S)
            + p1 * (3.0 * s2 - 2.0 * s3)
            + v1 * ((s3 - s2) * STEP_S);
        (p, v0 + (v1 - v0) * s)
    }

    /// Seconds after the start at the plate's front.
    pub(crate) fn plate_s(&self) -> f64 {
        let i = self.states.iter().position(|(p, _)| p.y < FRONT).expect("reaches the plate");
        let (mut low, mut high) = ((i - 1) as f64 * STEP_S, i as f64 * STEP_S);
        for _ in 0..60 {
            let mid = 0.5 * (low + high);
            if self.at(mid).0.y > FRONT { low = mid } else { high = mid }
        }
        low
    }
}

/// The published quantities of a thrown flight, straight from science.md §1.
pub(crate) fn truth(flight: &Flight) -> [(&'static str, f64); 13] {
    let tf = flight.plate_s();
    let ((pr, vr), (pp, vp)) = (flight.at(0.0), flight.at(tf));
    let a = (vp - vr) / tf;
    let mean = vr + a * (tf / 2.0);
    let along = mean / mean.norm();
    let air = a + Vector3::new(0.0, 0.0, G);
    let drag = -air.dot(&along);
    let k = 5.381e-3 * 1.1739 / 1.2 * mean.norm_squared();
    let speed = vr.norm() / 1.466_667;
    [
        ("release_speed", speed),
        ("release_pos_x", pr.x),
        ("release_pos_y", pr.y),
        ("release_pos_z", pr.z),
        ("plate_x", pp.x),
        ("plate_z", pp.z),
        ("pfx_x", pp.x - pr.x - vr.x / vr.y * (FRONT - pr.y)),
        ("pfx_z", pp.z - pr.z - vr.z / vr.y * (FRONT - pr.y) + 0.5 * G * tf * tf),
        ("vertical_approach_angle", -(vp.z / vp.y).atan().to_degrees()),
        ("horizontal_approach_angle", -(vp.x / vp.y).atan().to_degrees()),
        ("effective_speed", speed * (60.5 - 6.3) / pr.y),
        ("drag_coefficient", drag / k),
        ("lift_coefficient", (air + along * drag).norm() / k),
    ]
}

pub(crate) fn quantities(q: &pitchguard::tracking::pitch::Quantities) -> [f64; 13] {
    [
        q.release_speed,
        q.release_pos_x,
        q.release_pos_y,
        q.release_pos_z,
        q.plate_x,
        q.plate_z,
        q.pfx_x,
        q.pfx_z,
        q.vertical_approach_angle,
        q.horizontal_approach_angle,
        q.effective_speed,
        q.drag_coefficient,
        q.lift_coefficient,
    ]
}

/// Drag and Magnus (science.md §1) with this spin, rad/s.
pub(crate) fn air(spin: Vector3<f64>) -> impl Fn(&Vector3<f64>, &Vector3<f64>) -> Vector3<f64> {
    move |_, v| {
        let (speed, rate) = (v.norm(), spin.norm());
        let s = 0.121 * rate / speed;
        let lift = 1.120 * s / (0.583 + 2.333 * s);
        let k = 5.381e-3 * 1.1739 / 1.2;
        Vector3::new(0.0, 0.0, -G) - v * (k * 0.33 * speed) + (spin / rate).cross(v) * (k * lift * speed)
    }
}

/// A random pitch with drag and Magnus that ends half a foot behind the plate's front.
pub(crate) fn real_pitch(rng: &mut StdRng, start: u64) -> Flight {
    let p = Vector3::new(rng.random_range(-2.5..2.5), rng.random_range(53.3..55.0), rng.random_range(5.0..6.8));
    let speed = rng.random_range(72.0..101.0) * 1.466_667;
    let target = (rng.random_range(-1.3..1.3), rng.random_range(0.8..4.2));
    let axis = Vector3::new(rng.random_range(-1.0..1.0), rng.random_range(-0.3..0.3), rng.random_range(-1.0..1.0));
    let spin = axis.normalize() * (rng.random_range(1500.0..2700.0) * std::f64::consts::TAU / 60.0);
    let (mut vx, mut vz) = (0.0, -5.0);
    let mut flight = None;
    for _ in 0..6 {
        let vy = -f64::sqrt(speed * speed - vx * vx - vz * vz);
        let thrown = Flight::fly(start, p, Vector3::new(vx, vy, vz), air(spin), |p, _| p.y > 0.9);
        let t = thrown.plate_s();
        let end = thrown.at(t).0;
        vx += (target.0 - end.x) / t;
        vz += (target.1 - end.z) / t;
        flight = Some(thrown);
    }
    flight.expect("thrown")
}

/// The same start and end with constant acceleration.
pub(crate) fn nine_p_pitch(rng: &mut StdRng, start: u64) -> Flight {
    let model = real_pitch(rng, start);
    let tf = model.plate_s();
    let ((p, v), (_, vp)) = (model.at(0.0), model.at(tf));
    let a = (vp - v) / tf;
    Flight::fly(start, p, v, move |_, _| a, |p, _| p.y > 0.9)
}

/// One frame on its way to the tracker.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) event: u64,
    pub(crate) source: u8,
    pub(crate) signal: Signal,
}

/// A rig that looks at one mound.
pub(crate) struct Rig {
    pub(crate) venue: Venue,
    pub(crate) mound: MoundId,
    pub(crate) rng: StdRng,
    pub(crate) cameras: Vec<Camera>,
    phases: Vec<f64>,
    pub(crate) white_px: f64,
    pub(crate) common_px: f64,
}

impl Rig {
    pub(crate) fn new(mound: u8, seed: u64) -> Self {
        let venue = Venue::busch_iii();
        let place = &venue.mounds[usize::from(mound)];
        let cameras: Vec<Camera> =
            place.cameras.iter().map(|id| place.localise(venue.camera(*id).expect("in the rig"))).collect();
        let mut rng = StdRng::seed_from_u64(seed);
        let phases = cameras.iter().map(|_| rng.random_range(0.0..1.0)).collect();
        Self { venue, mound: MoundId(mound), rng, cameras, phases, white_px: 0.5, common_px: 0.1 }
    }

    pub(crate) fn with_cameras(mound: u8, seed: u64, only: &[u8]) -> Self {
        let mut rig = Self::new(mound, seed);
        rig.cameras.retain(|c| only.contains(&c.id));
        rig
    }

    pub(crate) fn tracker(&self) -> MoundTracker {
        MoundTracker::new(&self.venue, self.mound, pitchguard::tracking::Config::default())
    }

    /// What the cameras see of a flight, between two moments of it (s).
    pub(crate) fn film_part(&mut self, flight: &Flight, from: f64, to: f64) -> Vec<Frame> {
        let mut frames = Vec::new();
        let white = Normal::new(0.0, self.white_px).expect("finite");
        let common = Normal::new(0.0, self.common_px).expect("finite");
        for (camera, phase) in self.cameras.iter().zip(&self.phases) {
            let offset = [common.sample(&mut self.rng), common.sample(&mut self.rng)];
            let period = SECOND as f64 / camera.fps;
            let origin = flight.start as f64 - START as f64;
            let first = ((origin + from * 1e9) / period - phase).ceil();
            for k in 0.. {
                let event = START + ((first + phase + f64::from(k)) * period).ceil() as u64;
                let t = (event as i64 - flight.start as i64) as f64 * 1e-9;
                if t > to.min(flight.duration()) {
                    break;
                }
                let point = Point3::from(flight.at(t).0);
                let Some(uv) = camera.sees(&point) else { continue };
                let diameter = camera.ball_diameter_px(&point);
                if diameter < 4.0 {
                    continue;
                }
                let ball = Ball {
                    u: (uv.x + offset[0] + white.sample(&mut self.rng)) as f32,
                    v: (uv.y + offset[1] + white.sample(&mut self.rng)) as f32,
                    sigma: self.white_px as f32,
                    diameter: diameter as f32,
                };
                frames.push(Frame { event, source: camera.id, signal: Signal::Ball(ball) });
            }
        }
        frames
    }

    pub(crate) fn film(&mut self, flight: &Flight) -> Vec<Frame> {
        self.film_part(flight, 0.0, f64::INFINITY)
    }

    pub(crate) fn released(&self, event: u64, number: u16) -> Frame {
        let mark = Mark {
            what: MarkKind::PitchReleased,
            mound: self.mound.0,
            at_bat_number: 1 + number / 4,
            pitch_number: 1 + number % 4,
            game_pk: 717_797,
            pitcher: 425_794,
            pitch_type: *b"FF\0\0",
        };
        Frame { event, source: 48, signal: Signal::Mark(mark) }
    }
}

pub(crate) fn spin(event: u64) -> Frame {
    let spin = Spin { rate_rpm: 2300.0, axis: [-1.0, 0.0, 0.0], confidence: 0.9 };
    Frame { event, source: 40, signal: Signal::Spin(spin) }
}

/// Feeds frames in event order, as the watermark buffer would: eager at each frame, final 7 s behind, then 10 s of nothing.
pub(crate) fn run(tracker: &mut MoundTracker, mut frames: Vec<Frame>) -> Vec<Pitch> {
    let mut out = Vec::new();
    frames.sort_by_key(|f| (f.event, f.source));
    for frame in &frames {
        feed(tracker, frame, When::Eager, frame.event + 3 * SECOND);
        step(tracker, frame.event, &mut out);
    }
    if let Some(last) = frames.last() {
        rest(tracker, last.event, &mut out);
    }
    out
}

pub(crate) fn feed(tracker: &mut MoundTracker, frame: &Frame, when: When, arrival: u64) {
    tracker.observe(frame.source, EventNs(frame.event), BoxNs(arrival), &frame.signal, when);
}

/// The eager watermark at an event time, box time 3 s later.
pub(crate) fn step(tracker: &mut MoundTracker, eager: u64, out: &mut Vec<Pitch>) {
    tracker.advance(EventNs(eager), EventNs(eager - 7 * SECOND), BoxNs(eager + 3 * SECOND), out);
}

/// Heartbeats only, for ten seconds.
pub(crate) fn rest(tracker: &mut MoundTracker, from: u64, out: &mut Vec<Pitch>) {
    for k in 1..=100 {
        step(tracker, from + k * 100 * MS, out);
    }
}

/// The final results, checked to be once per id and the last of their revisions.
pub(crate) fn finals(out: &[Pitch]) -> Vec<Pitch> {
    let mut seen: Vec<Pitch> = Vec::new();
    for pitch in out {
        if let Some(before) = seen.iter_mut().find(|p| p.id == pitch.id) {
            assert_eq!(before.state, PitchState::Provisional, "nothing after final");
            assert_eq!(pitch.revision, before.revision + 1, "revisions count up");
            *before = pitch.clone();
        } else {
            assert_eq!((pitch.revision, pitch.state), (0, PitchState::Provisional), "first published provisional");
            seen.push(pitch.clone());
        }
    }
    for pitch in &seen {
        assert_eq!(pitch.state, PitchState::Final, "every pitch becomes final");
    }
    seen
}
