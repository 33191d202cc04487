//! What the devices see: each camera's exposures of a flight, its heartbeats and its rounds of landmarks, and a spin
//! device's reading. A camera's clock runs free: its exposures start at a phase of their own.

use nalgebra::{Point3, Vector2, Vector3};
use rand::Rng;
use rand::rngs::StdRng;
use rand_distr::StandardNormal;

use super::faults::CameraFaults;
use super::flight::Flight;
use super::script::to_field;
use super::settings::{Purpose, Settings, stream};
use crate::ids::{EventNs, MoundId};
use crate::signal::Signal;
use crate::tracking::camera::Camera;
use crate::tracking::venue::{Landmark, Mound, Venue};
use firmware_protocol::{Ball, Fiducial, Health, Spin};

/// Below this a ball is not detected (the venue file's header), px.
const SMALLEST_BALL_PX: f64 = 4.0;
/// A heartbeat comes every 95 ms, give or take 2 ms: never less than ten in any second.
const HEARTBEAT_NS: (f64, f64) = (95e6, 2e6);
/// A frame's sigma must be above zero, px.
const SMALLEST_SIGMA_PX: f64 = 0.01;
/// Sd of the direction that a spin device reports, rad.
const SPIN_DIRECTION_SD: f64 = 0.015;

/// A camera's true place and aim.
#[derive(Debug)]
struct Stand {
    /// In the field's frame.
    field: Camera,
    /// In its mound's frame.
    local: Camera,
}

impl Stand {
    fn new(field: Camera, mound: &Mound) -> Self {
        Self { local: mound.localise(&field), field }
    }
}

/// One camera at its place.
#[derive(Debug)]
pub(crate) struct Eye {
    stands: Stand,
    /// From that event time on it stands elsewhere.
    displaced: Option<(EventNs, Stand)>,
    faults: CameraFaults,
    start: EventNs,
    /// The mound whose balls it sees.
    pub(crate) mound: MoundId,
    /// First exposure, ns since the epoch.
    first_ns: u64,
    period_ns: f64,
    rng: StdRng,
    first_beat_ns: u64,
    beats: u64,
    next_beat: EventNs,
    temperature_c: f64,
}

impl Eye {
    /// The cameras of a venue that take part, ascending by source; a camera without a mound sees no balls and is none.
    pub(crate) fn all(venue: &Venue, settings: &Settings) -> Vec<Self> {
        let takes_part = |id: u8| settings.cameras.as_ref().is_none_or(|ids| ids.contains(&id));
        let cameras = venue.cameras.iter().filter(|c| takes_part(c.id));
        cameras.filter_map(|camera| venue.mound_of(camera.id).map(|mound| Self::new(camera, mound, settings))).collect()
    }

    fn new(camera: &Camera, mound: &Mound, settings: &Settings) -> Self {
        let mut rng = stream(settings.seed, Purpose::Camera, u64::from(camera.id), 0);
        let period_ns = 1e9 / camera.fps;
        let first_ns = settings.start.0 + (rng.random::<f64>() * period_ns) as u64;
        let first_beat_ns = settings.start.0 + (rng.random::<f64>() * HEARTBEAT_NS.0) as u64;
        let temperature_c = rng.random_range(24.0..31.0);
        let displacement = settings.faults.displacements.iter().find(|d| d.mound == mound.id);
        Self {
            stands: Stand::new(camera.clone(), mound),
            displaced: displacement.map(|d| (settings.at(d.at_s), Stand::new(d.moved(mound, camera), mound))),
            faults: settings.faults.of(camera.id),
            start: settings.start,
            mound: mound.id,
            first_ns,
            period_ns,
            rng,
            first_beat_ns,
            beats: 0,
            next_beat: EventNs(first_beat_ns),
            temperature_c,
        }
    }

    /// Source of its frames.
    pub(crate) fn source(&self) -> u8 {
        self.stands.field.id
    }

    /// Event time of an exposure. Up to 2^53 ns (104 days) after the start this is exact.
    fn exposure(&self, number: u64) -> EventNs {
        EventNs(self.first_ns + (number as f64 * self.period_ns).round() as u64)
    }

    /// The first exposure at or after a moment.
    fn exposure_from(&self, moment: EventNs) -> u64 {
        let since = moment.0.saturating_sub(self.first_ns) as f64;
        let guess = (since / self.period_ns).ceil().max(0.0) as u64;
        if self.exposure(guess) < moment { guess + 1 } else { guess }
    }

    /// Where it stands at a moment.
    fn stand(&self, at: EventNs) -> &Stand {
        self.displaced.as_ref().filter(|(from, _)| at >= *from).map_or(&self.stands, |(_, stand)| stand)
    }

    /// Where a camera with this one's faults has a point in its picture, noise apart.
    fn sees(&self, camera: &Camera, point: &Point3<f64>, at: EventNs) -> Option<Vector2<f64>> {
        let at_s = at.0.saturating_sub(self.start.0) as f64 * 1e-9;
        let uv = self.faults.shifted(camera, camera.sees(point)?, at_s);
        let inside = (0.0..camera.image_px[0]).contains(&uv.x) && (0.0..camera.image_px[1]).contains(&uv.y);
        inside.then_some(uv)
    }

    /// A true moment as its clock has it.
    fn stamp(&self, at: EventNs) -> EventNs {
        EventNs(at.0.saturating_add_signed(self.faults.clock_ns))
    }

    /// Every frame of a flight in which it sees the ball.
    pub(crate) fn balls(
        &self,
        flight: &Flight,
        release: EventNs,
        settings: &Settings,
        out: &mut Vec<(EventNs, Signal)>,
    ) {
        let mut rng = stream(settings.seed, Purpose::Pixels, u64::from(self.source()), release.0 - settings.start.0);
        let common = pair(&mut rng, settings.common_px);
        let sigma = settings.white_px.max(SMALLEST_SIGMA_PX) as f32;
        for number in self.exposure_from(release).. {
            let event = self.exposure(number);
            let t = (event.0 - release.0) as f64 * 1e-9;
            if t > flight.end_s() {
                break;
            }
            let white = pair(&mut rng, settings.white_px);
            let point = Point3::from(flight.at(t).0);
            let local = &self.stand(event).local;
            let diameter = local.ball_diameter_px(&point);
            if let Some(uv) = self.sees(local, &point, event).filter(|_| diameter >= SMALLEST_BALL_PX) {
                let (u, v) = ((uv.x + common.0 + white.0) as f32, (uv.y + common.1 + white.1) as f32);
                out.push((self.stamp(event), Signal::Ball(Ball { u, v, sigma, diameter: diameter as f32 })));
            }
        }
    }

    /// It was off until this moment.
    pub(crate) fn wake(&mut self, at: EventNs) {
        if self.next_beat < at {
            self.beats = (at.0.saturating_sub(self.first_beat_ns) as f64 / HEARTBEAT_NS.0) as u64 + 1;
            self.next_beat = EventNs(self.first_beat_ns + (self.beats as f64 * HEARTBEAT_NS.0) as u64);
        }
    }

    /// Its heartbeats before a moment, each once.
    pub(crate) fn heartbeats(&mut self, until: EventNs, out: &mut Vec<(EventNs, Signal)>) {
        while self.next_beat < until {
            let ailing = self.faults.ailing((self.next_beat.0 - self.start.0) as f64 * 1e-9);
            let temperature_c = self.temperature_c + ailing.temperature_c_per_h;
            let health = Health {
                temperature_centi_c: (100.0 * temperature_c + self.rng.random_range(-20.0..20.0)) as i16,
                vibration_milli_g: self
                    .rng
                    .random_range(10..40_u16)
                    .saturating_add((1e3 * ailing.vibration_g_per_h) as u16),
                dropped: ailing.dropped_per_h as u32,
                clock_offset_ns: self.rng.random_range(-300..300_i32).saturating_add(ailing.clock_ns_per_h as i32),
                exposure_ns: 500_000,
            };
            out.push((self.stamp(self.next_beat), Signal::Health(health)));
            self.beats += 1;
            let jitter = self.rng.random_range(0.0..HEARTBEAT_NS.1);
            self.next_beat = EventNs(self.first_beat_ns + (self.beats as f64 * HEARTBEAT_NS.0 + jitter) as u64);
        }
    }

    /// One round of landmarks, all in the first exposure from a moment on.
    pub(crate) fn landmarks(
        &self,
        landmarks: &[Landmark],
        at: EventNs,
        settings: &Settings,
        out: &mut Vec<(EventNs, Signal)>,
    ) {
        let event = self.exposure(self.exposure_from(at));
        let mut rng = stream(settings.seed, Purpose::Landmarks, u64::from(self.source()), at.0 - settings.start.0);
        let common = pair(&mut rng, settings.landmark_common_px);
        let sigma = settings.landmark_white_px.max(SMALLEST_SIGMA_PX) as f32;
        for landmark in landmarks {
            let white = pair(&mut rng, settings.landmark_white_px);
            if let Some(uv) = self.sees(&self.stand(event).field, &Point3::from(landmark.position_ft), event) {
                let (u, v) = ((uv.x + common.0 + white.0) as f32, (uv.y + common.1 + white.1) as f32);
                let fiducial = Fiducial { landmark: landmark.id, u, v, sigma };
                out.push((self.stamp(event), Signal::Fiducial(fiducial)));
            }
        }
    }
}

/// What the spin device of a mound reports: the axis in the field's frame, each with its noise.
pub(crate) fn spin_reading(
    mound: &Mound,
    rate_rpm: f64,
    axis: &Vector3<f64>,
    release: EventNs,
    settings: &Settings,
) -> Signal {
    let mut rng = stream(settings.seed, Purpose::Spin, u64::from(mound.id.0), release.0 - settings.start.0);
    let mut normal = || rng.sample::<f64, _>(StandardNormal);
    let rate = rate_rpm + settings.spin_noise_rpm * normal();
    let wobble = Vector3::new(normal(), normal(), normal()) * SPIN_DIRECTION_SD;
    let axis = (to_field(mound, axis) + wobble).normalize();
    Signal::Spin(Spin {
        rate_rpm: rate.max(0.0) as f32,
        axis: [axis.x as f32, axis.y as f32, axis.z as f32],
        confidence: 0.95,
    })
}

/// Two independent normal numbers of that sd.
fn pair(rng: &mut StdRng, sd: f64) -> (f64, f64) {
    (sd * rng.sample::<f64, _>(StandardNormal), sd * rng.sample::<f64, _>(StandardNormal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{Ailment, Displacement, Faults, Knock};

    fn round_of(id: u8, at_s: f64, settings: &Settings) -> Vec<(EventNs, Signal)> {
        let venue = Venue::busch_iii();
        let eyes = Eye::all(&venue, settings);
        let eye = eyes.iter().find(|eye| eye.source() == id).expect("in the venue");
        let mut seen = Vec::new();
        eye.landmarks(&venue.landmarks, settings.at(at_s), settings, &mut seen);
        seen
    }

    #[test]
    fn faults_move_what_a_camera_sees_and_leave_its_noise_alone() {
        let with = |faults| Settings { faults, ..Settings::default() };
        let (before, clean) = (100.0, Settings::default());
        let knocked = with(Faults::default().knock(Knock { camera: 5, at_s: 200.0, dx_px: 2.0, dy_px: -1.0 }));
        assert_eq!(round_of(5, before, &knocked), round_of(5, before, &clean));
        assert_eq!(round_of(4, 300.0, &knocked), round_of(4, 300.0, &clean), "another camera");
        let (moved, still) = (round_of(5, 300.0, &knocked), round_of(5, 300.0, &clean));
        assert!(still.len() > 3);
        for ((at, moved), (_, still)) in moved.iter().zip(&still) {
            let (Signal::Fiducial(moved), Signal::Fiducial(still)) = (moved, still) else { panic!("a landmark") };
            assert!((moved.u - still.u - 2.0).abs() < 1e-3 && (moved.v - still.v + 1.0).abs() < 1e-3, "{at:?}");
        }

        let late = with(Faults::default().clock(3, 200.0));
        let (moved, still) = (round_of(3, 300.0, &late), round_of(3, 300.0, &clean));
        assert!(
            moved.iter().zip(&still).all(|(m, s)| m.0.0 - s.0.0 == 200_000 && m.1 == s.1),
            "only the stamp differs"
        );

        let displacement =
            Displacement { mound: MoundId(0), at_s: 200.0, translation_ft: [0.1, 0.0, 0.0], rotation_rad: [0.0; 3] };
        let away = with(Faults::default().displacement(displacement));
        assert_eq!(round_of(1, before, &away), round_of(1, before, &clean));
        assert_ne!(round_of(1, 300.0, &away), round_of(1, 300.0, &clean));
        assert_eq!(round_of(13, 300.0, &away), round_of(13, 300.0, &clean), "a bullpen's camera");
    }

    #[test]
    fn an_ailing_camera_says_so_in_its_heartbeats() {
        let ailment = Ailment {
            camera: 4,
            from_s: 0.0,
            temperature_c_per_h: 36.0,
            vibration_g_per_h: 3.6,
            dropped_per_h: 360.0,
            clock_ns_per_h: 3.6e6,
        };
        let settings = Settings { faults: Faults::default().ailment(ailment), ..Settings::default() };
        let last = |id: u8, settings: &Settings| {
            let mut eyes = Eye::all(&Venue::busch_iii(), settings);
            let mut beats = Vec::new();
            let eye = eyes.iter_mut().find(|eye| eye.source() == id).expect("in the venue");
            eye.heartbeats(settings.at(1000.0), &mut beats);
            match beats.last() {
                Some((_, Signal::Health(health))) => *health,
                other => panic!("{other:?}"),
            }
        };
        let (well, ill) = (last(4, &Settings::default()), last(4, &settings));
        assert_eq!(last(5, &settings), last(5, &Settings::default()));
        assert!((ill.temperature_centi_c - well.temperature_centi_c - 1000).abs() <= 1);
        assert!((ill.vibration_milli_g - well.vibration_milli_g).abs_diff(1000) <= 1);
        assert_eq!((well.dropped, ill.dropped), (0, 99));
        assert!((ill.clock_offset_ns - well.clock_offset_ns - 1_000_000).abs() < 1000);
    }

    #[test]
    fn exposures_are_free_running_and_the_first_at_or_after_a_moment_is_found() {
        let settings = Settings::default();
        let eyes = Eye::all(&Venue::busch_iii(), &settings);
        assert_eq!(eyes.len(), 18);
        let mut phases: Vec<u64> = eyes.iter().map(|eye| eye.exposure(0).0).collect();
        phases.sort_unstable();
        phases.dedup();
        assert_eq!(phases.len(), 18, "every camera has a phase of its own");
        for eye in &eyes {
            for moment in (0..50_000_u64).map(|i| EventNs(settings.start.0 + i * 777_777)) {
                let number = eye.exposure_from(moment);
                assert!(eye.exposure(number) >= moment);
                assert!(number == 0 || eye.exposure(number - 1) < moment);
            }
            let day = (86_400.0 * eye.stands.field.fps) as u64;
            assert!((eye.exposure(day).0 - eye.exposure(0).0).abs_diff(86_400_000_000_000) <= 1);
        }
    }
}
