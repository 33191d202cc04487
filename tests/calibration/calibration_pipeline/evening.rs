//! An evening under a simulated clock, and what calibration made of it.

use std::collections::BTreeMap;

use nalgebra::Point3;
use pitchguard::calibration::{CalibrationState, CameraState, Event, EventKind, Report};
use pitchguard::environment::Air;
use pitchguard::ids::{BoxNs, MoundId, PitcherId};
use pitchguard::pipeline::{Input, Output, Pipeline, Settings as PipelineSettings};
use pitchguard::readiness::{Alert, Readiness};
use pitchguard::records::{PitchRecord, State};
use pitchguard::reorder;
use pitchguard::simulate::{Delivery, Faults, Game, Scenario, Settings, Stadium, Thrown};
use pitchguard::tracking::CameraCorrection;
use pitchguard::tracking::venue::Venue;

use crate::common::Strangers;

const STEP_NS: u64 = 500_000;
const SAMPLE_NS: u64 = 60_000_000_000;
/// A published pitch is the thrown one whose release is at most this far away, ns.
const SAME_PITCH_NS: u64 = 250_000_000;

/// Cameras of the game mound that see the ball, twelve in all; the bullpens' stay at home.
pub(crate) fn game(seed: u64, faults: Faults) -> Settings {
    Settings { seed, faults, cameras: Some((1..=12).collect()), spin: false, ..Settings::quiet() }
}

/// What an evening brought, times in seconds after the start.
pub(crate) struct Evening {
    pub(crate) settings: Settings,
    pub(crate) truth: Vec<Thrown>,
    /// Final pitches of the game mound.
    pub(crate) finals: Vec<PitchRecord>,
    /// When each of them was published.
    pub(crate) published: Vec<f64>,
    pub(crate) events: Vec<(f64, Event)>,
    pub(crate) raised: Vec<Alert>,
    /// The same with the moment at which each was raised, and cleared.
    pub(crate) alerts: Vec<(f64, Alert)>,
    pub(crate) cleared: Vec<(f64, Alert)>,
    /// Final pitches of all mounds.
    pub(crate) all_finals: Vec<PitchRecord>,
    /// Once a minute.
    pub(crate) reports: Vec<(f64, Report)>,
    pub(crate) kept: Option<CalibrationState>,
    /// What is shown of everybody last.
    pub(crate) shown: BTreeMap<(PitcherId, MoundId), Readiness>,
    /// What is kept of each pitch last, by the moment of its release.
    pub(crate) pitches: BTreeMap<u64, PitchRecord>,
    /// Where what is shown of somebody and what is kept of his newest pitch said different confidences at the end of a step.
    pub(crate) at_odds: Vec<String>,
}

/// How the pipeline behind a stadium is set up.
#[derive(Default)]
pub(crate) struct SetUp<'a> {
    /// What an earlier run kept.
    pub(crate) before: Option<CalibrationState>,
    /// What the sensors say once a minute; none is no sensors.
    pub(crate) weather: Option<Air>,
    /// How often the pipeline steps, ns of box time; 0 for [`STEP_NS`].
    pub(crate) step_ns: u64,
    /// Other settings than the daemon's.
    pub(crate) tune: Option<&'a dyn Fn(&mut PipelineSettings)>,
}

impl Evening {
    /// The fictional game.
    pub(crate) fn play(settings: Settings) -> Self {
        Self::play_in(settings, SetUp::default())
    }

    /// The fictional game, with another pipeline.
    pub(crate) fn play_in(settings: Settings, pipeline: SetUp<'_>) -> Self {
        let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings.clone());
        let truth = stadium.truth().to_vec();
        Self::behind(stadium, &truth, settings, pipeline)
    }

    /// Deliveries through a pipeline.
    pub(crate) fn behind(
        deliveries: impl Iterator<Item = Delivery>,
        truth: &[Thrown],
        settings: Settings,
        set_up: SetUp<'_>,
    ) -> Self {
        let venue = Venue::busch_iii();
        let mut rooms: PipelineSettings = pitchguard::daemon::settings(&pitchguard::config::Config::default(), &venue);
        if let Some(tune) = set_up.tune {
            tune(&mut rooms);
        }
        let (mut producers, buffer) = reorder::buffer(&rooms.reorder).expect("the defaults are good settings");
        let mut producer = producers.pop().expect("one path");
        let mut deliveries = deliveries.peekable();
        let mut now = deliveries.peek().map_or(BoxNs(settings.start.0), |d| d.arrival);
        let mut pipeline = Pipeline::new(&venue, &rooms, buffer, Strangers, now);
        if let Some(before) = set_up.before {
            pipeline.restore_calibration(before, now);
        }
        let mut evening = Self {
            truth: truth.iter().filter(|t| t.mound.0 == 0).copied().collect(),
            settings,
            finals: Vec::new(),
            published: Vec::new(),
            events: Vec::new(),
            raised: Vec::new(),
            alerts: Vec::new(),
            cleared: Vec::new(),
            all_finals: Vec::new(),
            reports: Vec::new(),
            kept: None,
            shown: BTreeMap::new(),
            pitches: BTreeMap::new(),
            at_odds: Vec::new(),
        };
        let (mut outputs, mut sampled) = (Vec::new(), now);
        let step_ns = if set_up.step_ns == 0 { STEP_NS } else { set_up.step_ns };
        for delivery in deliveries {
            if delivery.arrival.0 >= now.0 + step_ns {
                now = delivery.arrival;
                producer.beat(now);
                pipeline.step(now, &mut outputs);
                if !outputs.is_empty() {
                    outputs.drain(..).for_each(|output| evening.take(now, output));
                    evening.compare(now);
                }
                if now.0 >= sampled.0 + SAMPLE_NS {
                    sampled = now;
                    if let Some(weather) = &set_up.weather {
                        pipeline.input(Input::Weather(*weather), now);
                    }
                    evening.reports.push((evening.seconds(now), pipeline.calibration(now)));
                }
            }
            assert!(producer.push(delivery.into()).is_ok(), "a simulated clock leaves no frame behind");
        }
        pipeline.finish(now, &mut outputs);
        outputs.drain(..).for_each(|output| evening.take(now, output));
        evening.reports.push((evening.seconds(now), pipeline.calibration(now)));
        evening
    }

    /// Looks whether everybody's confidence is that of his newest pitch.
    fn compare(&mut self, now: BoxNs) {
        for ((pitcher, mound), shown) in &self.shown {
            let his = |pitch: &&PitchRecord| (pitch.pitcher, pitch.mound) == (Some(pitcher.0), mound.0);
            let kept = self.pitches.values().rev().find(his).and_then(|pitch| pitch.calibration_confidence);
            if kept != shown.calibration_confidence {
                let at = self.seconds(now);
                self.at_odds.push(format!("{at:.1} s: {:?} shown, {kept:?} kept", shown.calibration_confidence));
            }
        }
    }

    fn take(&mut self, now: BoxNs, output: Output) {
        match &output {
            Output::Pitch { record, .. } | Output::Recounted(record) => {
                self.pitches.retain(|_, known| known.id != record.id);
                self.pitches.insert(record.release_ns, (**record).clone());
            }
            Output::Readiness { readiness, .. } => {
                self.shown.insert((readiness.pitcher, readiness.mound), (**readiness).clone());
            }
            _ => {}
        }
        if let Output::Pitch { record, .. } = &output
            && record.state == State::Final
        {
            self.all_finals.push((**record).clone());
        }
        match output {
            Output::Pitch { record, .. } if record.state == State::Final && record.mound == 0 => {
                self.finals.push(*record);
                self.published.push(self.seconds(now));
            }
            // The alerts tell who is heard: in most evenings here the bullpens' cameras stay at home.
            Output::Camera(event) if is_of_presence(&event) => {}
            Output::Camera(event) => self.events.push((self.seconds(now), *event)),
            Output::Raised(alert) => {
                self.alerts.push((self.seconds(now), alert.clone()));
                self.raised.push(alert);
            }
            Output::Cleared(alert) => self.cleared.push((self.seconds(now), alert)),
            Output::Calibration(kept) => self.kept = Some(kept.state),
            _ => {}
        }
    }

    pub(crate) fn seconds(&self, now: BoxNs) -> f64 {
        (now.0 as f64 - self.settings.start.0 as f64) * 1e-9
    }

    pub(crate) fn released_s(&self, pitch: &PitchRecord) -> f64 {
        self.seconds(BoxNs(pitch.release_ns))
    }

    /// The picture at the end.
    pub(crate) fn last(&self) -> &Report {
        &self.reports.last().expect("at least the one at the end").1
    }

    /// When a camera first came into one of these states, s.
    pub(crate) fn first(&self, camera: u8, states: &[CameraState]) -> Option<f64> {
        let came = |event: &Event| match event.kind {
            EventKind::State { to, .. } => event.camera == camera && states.contains(&to),
            _ => false,
        };
        self.events.iter().find(|(_, event)| came(event)).map(|(at, _)| *at)
    }

    /// When a camera was corrected, s, and how it stands corrected since.
    pub(crate) fn corrections(&self, camera: u8) -> Vec<(f64, CameraCorrection)> {
        let of = |(at, event): &(f64, Event)| match event.kind {
            EventKind::Corrected(correction) if event.camera == camera => Some((*at, correction)),
            _ => None,
        };
        self.events.iter().filter_map(of).collect()
    }

    /// Cameras that ever were on watch, in alarm or left out, each once.
    pub(crate) fn accused(&self) -> Vec<u8> {
        let mut cameras: Vec<u8> = self
            .events
            .iter()
            .filter(|(_, e)| matches!(e.kind, EventKind::State { to, .. } if to != CameraState::Ok))
            .map(|(_, e)| e.camera)
            .collect();
        cameras.sort_unstable();
        cameras.dedup();
        cameras
    }

    /// A camera's correction at the end.
    pub(crate) fn correction(&self, camera: u8) -> CameraCorrection {
        let of = self.last().cameras.iter().find(|c| c.id == camera);
        of.expect("every camera is told of").correction
    }

    /// What a correction moves the middle of a camera's track by, px.
    pub(crate) fn moves(camera: u8, correction: &CameraCorrection) -> [f64; 2] {
        let venue = Venue::busch_iii();
        let (camera, mound) = (venue.camera(camera).expect("in the venue"), &venue.mounds[0]);
        let middle = camera.project(&mound.to_field(&Point3::new(0.0, 28.0, 4.5))).expect("in front");
        let (u, v) = (middle.x - camera.principal_px.x, middle.y - camera.principal_px.y);
        [
            correction.dx_px - v * correction.roll_rad + u * correction.scale,
            correction.dy_px + u * correction.roll_rad + v * correction.scale,
        ]
    }

    /// 95 % of the unflagged final pitches are this near to where they crossed the plate, inches.
    pub(crate) fn plate_error_p95_in(&self) -> f64 {
        let mut errors: Vec<f64> = self.finals.iter().filter_map(|p| self.plate_error_in(p)).collect();
        errors.sort_by(f64::total_cmp);
        errors[(errors.len() - 1) * 95 / 100]
    }

    fn plate_error_in(&self, pitch: &PitchRecord) -> Option<f64> {
        let thrown = self.truth.iter().find(|t| t.release.0.abs_diff(pitch.release_ns) < SAME_PITCH_NS)?;
        let (x, z) = (pitch.values.plate_x?, pitch.values.plate_z?);
        Some(12.0 * (x - thrown.quantities.plate_x).hypot(z - thrown.quantities.plate_z))
    }

    /// Final pitches released within these seconds.
    pub(crate) fn between(&self, from_s: f64, to_s: f64) -> impl Iterator<Item = &PitchRecord> {
        self.finals.iter().filter(move |p| (from_s..to_s).contains(&self.released_s(p)))
    }

    /// Final pitches released after one moment and published by another: what calibration had heard of.
    pub(crate) fn heard(&self, from_s: f64, by_s: f64) -> usize {
        let pitches = self.finals.iter().zip(&self.published);
        pitches.filter(|(pitch, at)| self.released_s(pitch) > from_s && **at <= by_s).count()
    }

    /// Everything that was said, for a test that fails.
    pub(crate) fn told(&self) -> String {
        let line = |(at, e): &(f64, Event)| format!("{at:7.0} s camera {:2} {:?}: {}", e.camera, e.kind, e.reason);
        self.events.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn is_of_presence(event: &Event) -> bool {
    use pitchguard::calibration::AlertKind::{MoundCameras, RigUnverified, Silent, Useless};
    let (EventKind::Raised(kind) | EventKind::Cleared(kind)) = event.kind else { return false };
    matches!(kind, MoundCameras | RigUnverified | Silent | Useless)
}

/// The smallest confidence of some pitches.
pub(crate) fn least<'a>(pitches: impl Iterator<Item = &'a PitchRecord>) -> f64 {
    pitches.map(|p| p.calibration_confidence.expect("every live pitch is judged")).fold(f64::INFINITY, f64::min)
}
