//! One pitch of about 970 observations: the tracker's measurement (12P with its covariance, 9P, what it teaches, residuals,
//! quantities with their standard deviations) beside a plain fit of the same observations: dense Levenberg–Marquardt
//! over 12 parameters with a Jacobian by central differences, no offsets, no robustness, no covariance.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use firmware_protocol::Ball;
use nalgebra::{DMatrix, DVector, Point3, SVector, Vector2, Vector3};
use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::signal::Signal;
use pitchguard::tracking::camera::Camera;
use pitchguard::tracking::fit::{Sample, Samples};
use pitchguard::tracking::flight::measure;
use pitchguard::tracking::quantities::{deviations, quantities};
use pitchguard::tracking::trajectory::Trajectory;
use pitchguard::tracking::venue::Venue;
use pitchguard::tracking::{Config, JerkScale, MoundTracker, When};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, Normal};

const RELEASE_S: f64 = -0.22;
const AIR_DENSITY: f64 = 1.1739;

/// What the rig's game cameras see of a fastball, noise and all.
struct Scene {
    cameras: Vec<Camera>,
    seen: Vec<(usize, Sample)>,
    start: Trajectory,
}

impl Scene {
    fn new() -> Self {
        let venue = Venue::busch_iii();
        let place = &venue.mounds[0];
        let cameras: Vec<Camera> =
            place.cameras.iter().map(|id| place.localise(venue.camera(*id).expect("in the file"))).collect();
        let path = |z: f64| {
            let (p, v, a) =
                (Vector3::new(-0.5, 27.5, z), Vector3::new(4.0, -116.0, -10.0), Vector3::new(-8.0, 22.0, -16.0));
            Trajectory::new(EventNs(1_800_000_000_000_000_000), 0.2, p, v, a)
        };
        let truth = path(5.0);
        let mut rng = StdRng::seed_from_u64(1);
        let (white, common) = (Normal::new(0.0, 0.5).expect("finite"), Normal::new(0.0, 0.1).expect("finite"));
        let mut seen = Vec::new();
        for (index, camera) in cameras.iter().enumerate() {
            let offset = Vector2::new(common.sample(&mut rng), common.sample(&mut rng));
            let frames = (0.44 * camera.fps) as usize;
            for k in 0..frames {
                let seconds = RELEASE_S + (k as f64 + 0.3) / camera.fps;
                let point = truth.point(seconds);
                let Some(uv) = camera.sees(&point).filter(|_| camera.ball_diameter_px(&point) >= 4.0) else { continue };
                let noise = Vector2::new(white.sample(&mut rng), white.sample(&mut rng));
                seen.push((index, Sample { seconds, uv: uv + offset + noise, variance: 0.25 }));
            }
        }
        Self { cameras, seen, start: path(5.02) }
    }

    fn tracker_way(&self, samples: &mut Samples, config: &Config) -> f64 {
        samples.clear();
        for (camera, sample) in &self.seen {
            samples.push(*camera, *sample);
        }
        let flight = measure(samples, &self.cameras, &self.start, &JerkScale::default(), config).expect("a pitch");
        let values = quantities(&flight.path, RELEASE_S, AIR_DENSITY).expect("reaches the plate");
        let sd = deviations(&flight.path, RELEASE_S, AIR_DENSITY, &flight.covariance, 0.0).expect("reaches the plate");
        values.plate_x + black_box(sd).plate_x
    }

    /// A second of a ball that every camera sees on its way back to the pitcher, in event order.
    fn throw_back(&self) -> Vec<(EventNs, u8, Signal)> {
        let (p, v) = (Vector3::new(0.5, 2.0, 4.0), Vector3::new(0.5, 50.0, 15.0));
        let back = Trajectory::new(self.start.reference, 0.5, p, v, Vector3::new(0.0, 0.0, -32.0));
        let mut frames = Vec::new();
        for camera in &self.cameras {
            for k in 0..camera.fps as usize {
                let seconds = (k as f64 + 0.3) / camera.fps;
                if let Some(uv) = camera.sees(&back.point(seconds)) {
                    let ball = Ball { u: uv.x as f32, v: uv.y as f32, sigma: 0.5, diameter: 10.0 };
                    frames.push((back.event(seconds), camera.id, Signal::Ball(ball)));
                }
            }
        }
        frames.sort_by_key(|(event, source, _)| (*event, *source));
        frames
    }

    /// A tracker that saw the whole pitch and waits for the eager watermark to pass its end.
    fn waiting(&self) -> MoundTracker {
        let mut tracker = MoundTracker::new(&Venue::busch_iii(), MoundId(0), Config::default());
        let mut frames: Vec<(EventNs, u8, Signal)> = self
            .seen
            .iter()
            .map(|(camera, sample)| {
                let [u, v] = [sample.uv.x as f32, sample.uv.y as f32];
                let ball = Ball { u, v, sigma: 0.5, diameter: 10.0 };
                (self.start.event(sample.seconds), self.cameras[*camera].id, Signal::Ball(ball))
            })
            .collect();
        frames.sort_by_key(|(event, source, _)| (*event, *source));
        let mut out = Vec::new();
        for (event, source, signal) in frames {
            tracker.observe(source, event, BoxNs(event.0), &signal, When::Eager);
            if event < self.start.event(0.18) {
                tracker.advance(event, EventNs(0), BoxNs(event.0), &mut out);
            }
        }
        assert!(out.is_empty(), "its end has not passed");
        tracker
    }

    fn publish(&self, tracker: &mut MoundTracker) -> usize {
        let mut out = Vec::new();
        let end = self.start.event(0.3);
        tracker.advance(end, EventNs(0), BoxNs(end.0), &mut out);
        assert_eq!(out.len(), 1, "published once");
        out.len()
    }

    fn residuals(&self, path: &Trajectory) -> DVector<f64> {
        let mut out = DVector::zeros(2 * self.seen.len());
        for (i, (camera, sample)) in self.seen.iter().enumerate() {
            let at = Point3::from(path.position(sample.seconds));
            let off = (sample.uv - self.cameras[*camera].project(&at).expect("in front")) / sample.variance.sqrt();
            out[2 * i] = off.x;
            out[2 * i + 1] = off.y;
        }
        out
    }

    fn plain_way(&self) -> f64 {
        let mut path = self.start;
        let mut damping = 1e-6;
        let mut residual = self.residuals(&path);
        for _ in 0..20 {
            let mut jacobian = DMatrix::zeros(residual.len(), 12);
            for k in 0..12 {
                let mut step = SVector::<f64, 12>::zeros();
                step[k] = 1e-5;
                let slope = (self.residuals(&path.stepped(&step)) - self.residuals(&path.stepped(&-step))) / 2e-5;
                jacobian.set_column(k, &slope);
            }
            let mut normal = jacobian.tr_mul(&jacobian);
            for k in 0..12 {
                normal[(k, k)] *= 1.0 + damping;
            }
            let step = normal.cholesky().expect("determined").solve(&-jacobian.tr_mul(&residual));
            let step = SVector::<f64, 12>::from_column_slice(step.as_slice());
            let trial = path.stepped(&step);
            let there = self.residuals(&trial);
            if there.norm_squared() <= residual.norm_squared() {
                (path, residual, damping) = (trial, there, damping * 0.1);
                if step.amax() < 1e-4 {
                    break;
                }
            } else {
                damping *= 10.0;
            }
        }
        quantities(&path, RELEASE_S, AIR_DENSITY).expect("reaches the plate").plate_x
    }
}

fn median(mut run: impl FnMut() -> f64) -> Duration {
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn fit(criterion: &mut Criterion) {
    let scene = Scene::new();
    let config = Config::default();
    let mut samples = Samples::with_capacity(4096, scene.cameras.len());
    let mut group = criterion.benchmark_group(format!("fit of {} observations", scene.seen.len()));
    group.sample_size(20);
    group.bench_function("tracker: 12P + 9P + quantities + sd", |b| {
        b.iter(|| scene.tracker_way(&mut samples, &config));
    });
    group.bench_function("plain: dense 12P, differences", |b| b.iter(|| scene.plain_way()));
    group.bench_function("from the watermark's passing to the published pitch", |b| {
        b.iter_batched(|| scene.waiting(), |mut tracker| scene.publish(&mut tracker), BatchSize::LargeInput);
    });
    let back = scene.throw_back();
    group.bench_function(format!("a throw back, 1 s, {} frames, searched", back.len()), |b| {
        b.iter_batched(
            || MoundTracker::new(&Venue::busch_iii(), MoundId(0), Config::default()),
            |mut tracker| {
                let mut out = Vec::new();
                for (event, source, signal) in &back {
                    tracker.observe(*source, *event, BoxNs(event.0), signal, When::Eager);
                    tracker.advance(*event, EventNs(0), BoxNs(event.0), &mut out);
                }
                assert!(out.is_empty(), "no pitch");
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
    let (ours, plain) = (median(|| scene.tracker_way(&mut samples, &config)), median(|| scene.plain_way()));
    println!("median {ours:?} beside {plain:?}: {:.1} times as fast", plain.as_secs_f64() / ours.as_secs_f64());
}

criterion_group!(benches, fit);
criterion_main!(benches);
