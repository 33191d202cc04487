//! A ballpark whose cameras are off in known ways.

use std::time::Instant;

use firmware_protocol::{Fiducial, Health};
use nalgebra::{Point3, Rotation3, Vector2, Vector3};
use pitchguard::calibration::{AlertKind, Calibration, Conditions, Config, Event, EventKind};
use pitchguard::ids::{BoxNs, EventNs, MoundId, PitchId};
use pitchguard::tracking::camera::Camera;
use pitchguard::tracking::evidence::{Told, evidence};
use pitchguard::tracking::fit::{Sample, Samples};
use pitchguard::tracking::flight::{Flight as Measured, measure};
use pitchguard::tracking::quantities::deviations;
use pitchguard::tracking::trajectory::Trajectory;
use pitchguard::tracking::venue::Venue;
use pitchguard::tracking::{self, CameraCorrection, JerkScale};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;

use crate::common::quantile;
use crate::thrower::{Flight, SECOND, START, real_pitch};

pub(crate) const PITCHES: usize = 300;
/// Three hours.
pub(crate) const PITCH_NS: u64 = 36 * SECOND;
/// Pitches of a half-inning.
const HALF_INNING: usize = 18;
const FRONT: f64 = 17.0 / 12.0;

/// What is off, by pitch number (a fraction counts from the first).
pub(crate) enum Fault {
    None,
    /// Camera, px an hour, direction in radians.
    Drift(u8, f64, f64),
    /// Camera, px, direction, at this pitch.
    Knock(u8, f64, f64, usize),
    /// Camera, px, direction, off between these pitches only.
    Loose(u8, f64, f64, std::ops::Range<usize>),
    /// Camera whose pixels have this much white noise until this pitch, px.
    Shaky(u8, f64, usize),
    /// Camera, ns that its clock is ahead.
    Clock(u8, f64),
    /// The whole rig is moved by this, feet, at this pitch.
    Moved(Vector3<f64>, usize),
    /// The whole rig is turned about the plate by this, degrees, at this pitch.
    Turned(f64, usize),
}

pub(crate) struct Options {
    pub(crate) seed: u64,
    pub(crate) landmarks: bool,
    /// Whether calibration's corrections and the fit's gate are in force.
    pub(crate) corrected: bool,
    pub(crate) pitches: usize,
}

impl Options {
    pub(crate) fn seed(seed: u64) -> Self {
        Self { seed, landmarks: true, corrected: true, pitches: PITCHES }
    }
}

/// What happened in a game.
pub(crate) struct Game {
    pub(crate) park: Park,
    /// With the number of pitches thrown before each.
    pub(crate) events: Vec<(usize, Event)>,
    /// Inches at the plate, pitch by pitch.
    pub(crate) plate_error_in: Vec<f64>,
    /// Of the rig, after each pitch; none while it is unverified.
    pub(crate) confidence: Vec<Option<f64>>,
    pub(crate) seconds: f64,
}

pub(crate) struct Park {
    pub(crate) venue: Venue,
    pub(crate) calibration: Calibration,
    pub(crate) fault: Fault,
    options: Options,
    /// The models of the fit.
    cameras: Vec<Camera>,
    phases: Vec<f64>,
    rng: StdRng,
    samples: Samples,
    config: tracking::Config,
    /// Pitches that no fit was found for.
    lost: usize,
}

/// Whether the full counts of the issue are asked for.
pub(crate) fn full() -> bool {
    std::env::var_os("PITCHGUARD_FULL").is_some()
}

pub(crate) fn at(pitch: usize) -> BoxNs {
    BoxNs(START + (pitch as u64 + 1) * PITCH_NS)
}

impl Park {
    pub(crate) fn new(fault: Fault, options: Options) -> Self {
        let venue = Venue::busch_iii();
        let mut rng = StdRng::seed_from_u64(options.seed);
        let place = &venue.mounds[0];
        let cameras: Vec<Camera> =
            place.cameras.iter().map(|id| place.localise(venue.camera(*id).expect("in the rig"))).collect();
        let gate_chi2 = if options.corrected { tracking::Config::default().gate_chi2 } else { f64::INFINITY };
        Self {
            calibration: Calibration::new(&venue, Config::default(), BoxNs(START)),
            phases: cameras.iter().map(|_| rng.random_range(0.0..1.0)).collect(),
            samples: Samples::with_capacity(4096, cameras.len()),
            config: tracking::Config { gate_chi2, ..tracking::Config::default() },
            venue,
            fault,
            options,
            cameras,
            rng,
            lost: 0,
        }
    }

    /// What a camera is off its venue file's model, as a correction would say it.
    pub(crate) fn truth(&self, camera: u8, pitch: usize) -> CameraCorrection {
        let along = |px: f64, angle: f64| CameraCorrection {
            dx_px: px * angle.cos(),
            dy_px: px * angle.sin(),
            ..CameraCorrection::default()
        };
        match self.fault {
            Fault::Drift(id, rate, angle) if id == camera => along(rate * pitch as f64 * 36.0 / 3600.0, angle),
            Fault::Knock(id, px, angle, from) if id == camera && pitch >= from => along(px, angle),
            Fault::Loose(id, px, angle, ref during) if id == camera && during.contains(&pitch) => along(px, angle),
            _ => CameraCorrection::default(),
        }
    }

    pub(crate) fn clock_s(&self, camera: u8) -> f64 {
        match self.fault {
            Fault::Clock(id, ns) if id == camera => ns * 1e-9,
            _ => 0.0,
        }
    }

    /// What is left of a shift after the corrections, px.
    pub(crate) fn left_px(&self, camera: u8, pitch: usize) -> f64 {
        let (truth, made) = (self.truth(camera, pitch), self.calibration.correction(camera));
        (truth.dx_px - made.dx_px).hypot(truth.dy_px - made.dy_px)
    }

    /// How fast an ordinary pitch moves in a camera's picture.
    pub(crate) fn image_speed_px_s(&self, camera: u8) -> f64 {
        let camera = self.cameras.iter().find(|c| c.id == camera).expect("in the rig");
        let seen = camera.project_with_jacobian(&Vector3::new(0.0, 28.0, 4.7)).expect("in front");
        (seen.jacobian * Vector3::new(3.0, -125.0, -8.0)).norm()
    }

    /// The camera as it really stands.
    fn real(&self, camera: &Camera, pitch: usize) -> Camera {
        let mut real = camera.clone();
        assert!(real.correct(&self.truth(camera.id, pitch)));
        match self.fault {
            Fault::Moved(by, from) if pitch >= from => real.position_ft += by,
            Fault::Turned(degrees, from) if pitch >= from => {
                let turn = Rotation3::from_axis_angle(&Vector3::z_axis(), degrees.to_radians());
                real.position_ft = turn * real.position_ft;
                real.rotation *= turn.inverse().matrix();
            }
            _ => {}
        }
        real
    }

    fn normal(&mut self, sd: f64) -> Vector2<f64> {
        Vector2::new(self.rng.sample::<f64, _>(StandardNormal), self.rng.sample::<f64, _>(StandardNormal)) * sd
    }

    /// Films one pitch, fits it, and tells calibration. Gives the error at the plate, inches; `None` where no fit was found.
    fn throw(&mut self, pitch: usize) -> Option<f64> {
        let flight = real_pitch(&mut self.rng, at(pitch).0 - 10 * SECOND);
        let middle = 0.5 * flight.duration();
        let reference = EventNs(flight.start + (middle * 1e9) as u64);
        self.film(&flight, middle, pitch);
        let ((p, v), (_, ahead), (_, behind)) = (flight.at(middle), flight.at(middle + 0.05), flight.at(middle - 0.05));
        let off = Vector3::new(0.05, -0.03, 0.04);
        let start = Trajectory::new(reference, middle, p + off, v, (ahead - behind) / 0.1);
        let scale = JerkScale { mean: 1.0, variance: 1e-3, pitches: 100 };
        let Some(measured) = measure(&mut self.samples, &self.cameras, &start, &scale, &self.config) else {
            self.lost += 1;
            return None;
        };
        self.testify(&measured, EventNs(flight.start), pitch);
        let seconds = measured.path.seconds_at_y(FRONT).expect("reaches the plate");
        let (found, truth) = (measured.path.position(seconds), flight.at(flight.plate_s()).0);
        Some(12.0 * (found.x - truth.x).hypot(found.z - truth.z))
    }

    fn film(&mut self, flight: &Flight, middle: f64, pitch: usize) {
        self.samples.clear();
        for index in 0..self.cameras.len() {
            let mut base = self.cameras[index].clone();
            assert!(base.correct(&CameraCorrection::default()));
            let real = self.real(&base, pitch);
            let stamp_s = self.clock_s(real.id) - self.cameras[index].clock_offset_s();
            let common = self.normal(0.1);
            let white_px = match self.fault {
                Fault::Shaky(id, px, until) if id == real.id && pitch < until => px,
                _ => 0.5,
            };
            let mut t = self.phases[index] / real.fps;
            while t < flight.duration() {
                let point = Point3::from(flight.at(t).0);
                let white = self.normal(white_px);
                if let Some(uv) = real.sees(&point).filter(|_| real.ball_diameter_px(&point) >= 4.0) {
                    let sample = Sample { seconds: t + stamp_s - middle, uv: uv + common + white, variance: 0.25 };
                    self.samples.push(index, sample);
                }
                t += real.fps.recip();
            }
        }
    }

    fn testify(&mut self, measured: &Measured, release: EventNs, pitch: usize) {
        let seconds = measured.path.seconds(release);
        let sd = deviations(&measured.path, seconds, 1.17, &measured.covariance, 0.0).expect("reaches the plate");
        let told = Told {
            pitch: PitchId::new(release, MoundId(0)),
            mound: MoundId(0),
            release,
            accepted: !measured.disagree,
            plate_sd_in: 12.0 * sd.plate_x.max(sd.plate_z),
        };
        let said = evidence(&self.samples, &self.cameras, measured, &told).expect("twelve cameras say something");
        self.calibration.pitch(&said, at(pitch));
    }

    fn landmarks(&mut self, pitch: usize) {
        let now = at(pitch);
        for camera in self.venue.cameras.clone().iter().filter(|c| c.id <= 12) {
            let real = self.real(camera, pitch);
            let common = self.normal(0.1);
            // The field's; the bullpens' are for the bullpens' cameras.
            for landmark in self.venue.landmarks.clone().iter().filter(|landmark| landmark.id <= 10) {
                let white = self.normal(0.25);
                if let Some(uv) = real.sees(&Point3::from(landmark.position_ft)) {
                    let (u, v) = ((uv.x + common.x + white.x) as f32, (uv.y + common.y + white.y) as f32);
                    let fiducial = Fiducial { landmark: landmark.id, u, v, sigma: 0.25 };
                    self.calibration.landmark(camera.id, EventNs(now.0), &fiducial, now);
                }
            }
        }
        self.calibration.pass_time(BoxNs(now.0 + 3 * SECOND));
    }

    /// One pitch and what belongs to it.
    fn play(&mut self, pitch: usize) -> Option<f64> {
        let now = BoxNs(at(pitch).0 - SECOND);
        self.calibration.weather(&Conditions { wind_mph: Some(4.0), temperature_c: Some(21.0) }, now);
        let health = Health {
            temperature_centi_c: 2800,
            vibration_milli_g: 20,
            dropped: 0,
            clock_offset_ns: 0,
            exposure_ns: 500_000,
        };
        for id in 1..=12 {
            self.calibration.arrived(id, EventNs(now.0), now);
            self.calibration.delivered(id, EventNs(now.0), now);
            self.calibration.health(id, EventNs(now.0), &health, now);
        }
        let error = self.throw(pitch);
        if self.options.landmarks && pitch % HALF_INNING == HALF_INNING - 1 {
            self.landmarks(pitch);
        }
        error
    }

    fn obey(&mut self) -> Vec<Event> {
        let events: Vec<Event> = self.calibration.drain_events().collect();
        for event in &events {
            let Some(index) = self.cameras.iter().position(|c| c.id == event.camera) else { continue };
            match &event.kind {
                EventKind::Corrected(correction) | EventKind::Undone(correction) => {
                    assert!(self.cameras[index].correct(correction));
                }
                EventKind::Excluded => self.samples.mute(index, true),
                EventKind::Reinstated => self.samples.mute(index, false),
                _ => {}
            }
        }
        events
    }
}

impl Game {
    pub(crate) fn play(fault: Fault, options: Options) -> Self {
        let began = Instant::now();
        let mut park = Park::new(fault, options);
        let (mut events, mut plate_error_in, mut confidence) = (Vec::new(), Vec::new(), Vec::new());
        for pitch in 0..park.options.pitches {
            plate_error_in.extend(park.play(pitch));
            confidence.push(park.calibration.confidence(MoundId(0), at(pitch)).map(|c| c.fused));
            if park.options.corrected {
                events.extend(park.obey().into_iter().map(|event| (pitch, event)));
            } else {
                park.calibration = Calibration::new(&park.venue, Config::default(), BoxNs(START));
            }
        }
        assert!(park.lost <= 1, "{} pitches were not fitted", park.lost);
        Self { park, events, plate_error_in, confidence, seconds: began.elapsed().as_secs_f64() }
    }

    /// Cameras and pitches at which an alert of this kind was raised.
    pub(crate) fn raised(&self, kind: AlertKind) -> Vec<(u8, usize)> {
        let raised = self.events.iter().filter(|(_, e)| e.kind == EventKind::Raised(kind));
        raised.map(|(pitch, e)| (e.camera, *pitch)).collect()
    }

    /// Cameras and pitches at which a correction was made.
    pub(crate) fn corrected(&self) -> Vec<(u8, usize)> {
        let corrected = self.events.iter().filter(|(_, e)| matches!(e.kind, EventKind::Corrected(_)));
        corrected.map(|(pitch, e)| (e.camera, *pitch)).collect()
    }

    /// What was left of a camera's shift right after each of its corrections, px.
    pub(crate) fn left_after_corrections(&self, camera: u8) -> Vec<f64> {
        let made = self.events.iter().filter(|(_, e)| e.camera == camera).filter_map(|(pitch, e)| match &e.kind {
            EventKind::Corrected(correction) => Some((*pitch, *correction)),
            _ => None,
        });
        made.map(|(pitch, made)| {
            let truth = self.park.truth(camera, pitch);
            (truth.dx_px - made.dx_px).hypot(truth.dy_px - made.dy_px)
        })
        .collect()
    }

    /// The farthest that a camera was from its corrected model, px.
    pub(crate) fn largest_left_px(&self, camera: u8) -> f64 {
        let mut made = CameraCorrection::default();
        let mut largest = 0.0;
        for pitch in 0..self.confidence.len() {
            let truth = self.park.truth(camera, pitch);
            largest = f64::max(largest, (truth.dx_px - made.dx_px).hypot(truth.dy_px - made.dy_px));
            for (_, event) in self.events.iter().filter(|(at, e)| *at == pitch && e.camera == camera) {
                if let EventKind::Corrected(correction) | EventKind::Undone(correction) = &event.kind {
                    made = *correction;
                }
            }
        }
        largest
    }

    pub(crate) fn least_confidence(&self, pitches: std::ops::Range<usize>) -> f64 {
        self.confidence[pitches].iter().flatten().copied().fold(1.0, f64::min)
    }

    pub(crate) fn plate_p95_in(&self) -> f64 {
        quantile(&self.plate_error_in, 0.95)
    }

    pub(crate) fn describe(&self) -> String {
        let line = |(pitch, e): &(usize, Event)| format!("  {pitch:3} camera {} {:?}: {}", e.camera, e.kind, e.reason);
        self.events.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
