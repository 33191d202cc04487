//! An evening under a law of lag, and what of each pitch was told when.

use std::collections::BTreeMap;
use std::path::PathBuf;

use firmware_protocol::MarkKind;
use pitchguard::features::baseline::PitcherBaseline;
use pitchguard::ids::{BoxNs, PitcherId};
use pitchguard::pipeline::{Output, Pipeline, Profile, Profiles, Settings as PipelineSettings};
use pitchguard::readiness::Severity;
use pitchguard::records::{EARLY, Measured, PitchRecord, State, WITHDRAWN};
use pitchguard::signal::Signal;
use pitchguard::simulate::{Delivery, Game, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// How the way from a camera to the box varies, in 2 to 5 s and with up to 0.2 s of jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Law {
    /// Drawn once a camera.
    Drawn,
    /// A slow sine a camera.
    Sine,
    /// The simulator's own.
    Own,
}

pub(crate) const LAWS: [Law; 3] = [Law::Drawn, Law::Sine, Law::Own];

const STEP_NS: u64 = 500_000;
const CAMERA_MAX: u8 = 39;
/// A published pitch is the one released this near to it.
const SAME_NS: u64 = 60_000_000;

/// Full fits that a camera must have taken part in before anything rests on it.
const FITS: usize = 3;

/// What was told of a pitch that was thrown.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) thrown: Thrown,
    /// What was published of it, with the arrival behind it.
    pub(crate) published: Vec<(PitchRecord, BoxNs)>,
    /// Whether so many pitches of its mound were final when it crossed the plate that cameras could be trusted.
    pub(crate) is_trusted: bool,
}

/// What is usual for those who throw.
struct Known(Vec<PitcherBaseline>);

impl Profiles for Known {
    fn profile(&mut self, pitcher: PitcherId, _: jiff::civil::Date) -> Profile {
        let baseline = self.0.iter().find(|baseline| baseline.pitcher == pitcher).cloned();
        Profile { baseline, ..Profile::default() }
    }
}

/// An evening's pitches, and what matches none of them.
pub(crate) struct Evening {
    /// Alerts about pitchers that were raised: the rule, how bad, and at which pitch of whom.
    pub(crate) raised: Vec<(String, Severity, Option<PitcherId>, f64)>,
    pub(crate) told: Vec<Told>,
    pub(crate) invented: Vec<PitchRecord>,
    pub(crate) withdrawn: usize,
}

pub(crate) fn is_early(record: &PitchRecord) -> bool {
    record.flags.iter().any(|flag| flag == EARLY)
}

impl Told {
    pub(crate) fn first(&self) -> Option<&(PitchRecord, BoxNs)> {
        self.published.first()
    }

    /// The early result, where there was one.
    pub(crate) fn early(&self) -> Option<&(PitchRecord, BoxNs)> {
        self.first().filter(|(record, _)| is_early(record))
    }

    /// The first result of all cameras.
    pub(crate) fn full(&self) -> Option<&(PitchRecord, BoxNs)> {
        self.published.iter().find(|(record, _)| !is_early(record))
    }

    /// Seconds from the crossing of the plate to a result.
    pub(crate) fn after_s(&self, (_, arrival): &(PitchRecord, BoxNs)) -> f64 {
        (arrival.0 as f64 - self.thrown.plate.0 as f64) * 1e-9
    }
}

/// The quantities that are compared: name, published, true, scale of the unit shown.
pub(crate) type Quantity = (&'static str, fn(&Measured) -> Option<f64>, fn(&Thrown) -> f64, f64);
pub(crate) const QUANTITIES: [Quantity; 4] = [
    ("plate_x, in", |m| m.plate_x, |t| t.quantities.plate_x, 12.0),
    ("plate_z, in", |m| m.plate_z, |t| t.quantities.plate_z, 12.0),
    ("release_speed, mph", |m| m.release_speed, |t| t.quantities.release_speed, 1.0),
    ("pfx_z, in", |m| m.pfx_z, |t| t.quantities.pfx_z, 12.0),
];

/// Frames as they reach the box under a law.
pub(crate) fn deliveries(stadium: Stadium, law: Law, seed: u64) -> Vec<Delivery> {
    let start = stadium.start().0;
    let mut rng = StdRng::seed_from_u64(seed ^ 0x5eed);
    let cameras: Vec<(f64, f64, f64)> = (0..=CAMERA_MAX)
        .map(|_| {
            let turn = rng.random_range(0.0..std::f64::consts::TAU);
            (rng.random_range(2.0..5.0), rng.random_range(60.0..600.0), turn)
        })
        .collect();
    let mut all: Vec<Delivery> = stadium.collect();
    if matches!(law, Law::Drawn | Law::Sine) {
        for delivery in all.iter_mut().filter(|d| d.source <= CAMERA_MAX) {
            let (drawn, period, turn) = cameras[usize::from(delivery.source)];
            let at = (delivery.event.0 - start) as f64 * 1e-9;
            let lag = match law {
                Law::Drawn => drawn,
                _ => 3.5 + 1.5 * (std::f64::consts::TAU * at / period + turn).sin(),
            };
            let lag = lag + rng.random_range(0.0..0.2);
            delivery.arrival = BoxNs(delivery.event.0 + (lag * 1e9) as u64);
        }
        all.sort_by_key(|d| (d.arrival, d.source, d.seq));
    }
    all
}

/// Settings of the daemon for a venue.
pub(crate) fn settings(venue: &Venue) -> PipelineSettings {
    let defaults = pitchguard::daemon::settings(&pitchguard::config::Config::default(), venue);
    PipelineSettings { reorder: defaults.reorder, ..PipelineSettings::default() }
}

/// The stadium's own part of a law.
pub(crate) fn under(law: Law, settings: Settings) -> Settings {
    match law {
        Law::Own => settings,
        Law::Drawn | Law::Sine => Settings { lag_s: (0.0, 0.0), jitter_s: 0.0, ..settings },
    }
}

/// Plays an evening through the pipeline.
pub(crate) fn play(venue: &Venue, game: &Game, law: Law, settings: Settings, pipeline: &PipelineSettings) -> Evening {
    play_changed(venue, game, law, settings, pipeline, |_| {})
}

/// The same with frames that something was done to on their way.
pub(crate) fn play_changed(
    venue: &Venue,
    game: &Game,
    law: Law,
    settings: Settings,
    pipeline: &PipelineSettings,
    change: impl FnOnce(&mut [Delivery]),
) -> Evening {
    let seed = settings.seed;
    let stadium = Stadium::new(venue, game, under(law, settings));
    let (start, truth, baselines) = (BoxNs(stadium.start().0), stadium.truth().to_vec(), stadium.baselines());
    let mut all = deliveries(stadium, law, seed);
    change(&mut all);
    let (mut producers, buffer) = pitchguard::reorder::buffer(&pipeline.reorder).expect("good settings");
    let mut producer = producers.pop().expect("one path");
    let mut pipe = Pipeline::new(venue, pipeline, buffer, Known(baselines), start);
    let (mut outputs, mut published, mut raised) = (Vec::new(), Vec::new(), Vec::new());
    let mut now = BoxNs(0);
    let mut take = |outputs: &mut Vec<Output>| {
        for output in outputs.drain(..) {
            match output {
                Output::Pitch { record, moved_by, .. } => published.push((*record, moved_by)),
                Output::Raised(alert) => raised.push((alert.rule, alert.severity, alert.pitcher, alert.value)),
                _ => {}
            }
        }
    };
    for delivery in &all {
        if delivery.arrival.0 >= now.0 + STEP_NS {
            now = delivery.arrival;
            producer.beat(now);
            pipe.step(now, &mut outputs);
            take(&mut outputs);
        }
        let _counted = producer.push((*delivery).into());
    }
    pipe.step(now, &mut outputs);
    pipe.finish(now, &mut outputs);
    take(&mut outputs);
    assert!(pipe.reorder().counts().balanced());
    let evening = Evening { raised, ..matched(&truth, published) };
    if let Some(to) = std::env::var_os("PITCHGUARD_EARLY_DUMP") {
        let name = format!(
            "{law:?}-{}-{seed}.jsonl",
            if evening.told.iter().any(|t| t.thrown.mound.0 == 0) { "game" } else { "pens" }
        );
        std::fs::write(PathBuf::from(to).join(name), told_to_others(&all, &evening)).expect("a directory to write to");
    }
    evening
}

/// An evening as the independent script reads it.
fn told_to_others(all: &[Delivery], evening: &Evening) -> String {
    let mut lines = Vec::new();
    for Delivery { source, event, arrival, signal, .. } in all {
        let line = match signal {
            Signal::Ball(ball) => serde_json::json!({
                "source": source, "event": event.0, "arrival": arrival.0, "uv": [ball.u, ball.v], "sigma": ball.sigma
            }),
            Signal::Mark(mark) if mark.what == MarkKind::PitchReleased => {
                serde_json::json!({ "mark": mark.mound, "event": event.0, "arrival": arrival.0 })
            }
            _ if *source <= CAMERA_MAX => {
                serde_json::json!({ "source": source, "event": event.0, "arrival": arrival.0 })
            }
            _ => continue,
        };
        lines.push(line.to_string());
    }
    for told in &evening.told {
        let Some((record, arrival)) = told.first() else { continue };
        let Thrown { mound, release, plate, .. } = told.thrown;
        let line = serde_json::json!({
            "told": mound.0, "release": release.0, "plate": plate.0, "arrival": arrival.0, "early": is_early(record),
            "trusted": told.is_trusted
        });
        lines.push(line.to_string());
    }
    lines.join("\n")
}

fn matched(truth: &[Thrown], published: Vec<(PitchRecord, BoxNs)>) -> Evening {
    let mut by_id: BTreeMap<u64, Vec<(PitchRecord, BoxNs)>> = BTreeMap::new();
    for (record, at) in published {
        by_id.entry(record.id).or_default().push((record, at));
    }
    let mut finals: BTreeMap<u8, Vec<BoxNs>> = BTreeMap::new();
    for (record, at) in by_id.values().flatten().filter(|(record, _)| record.state == State::Final) {
        finals.entry(record.mound).or_default().push(*at);
    }
    for of in finals.values_mut() {
        of.sort();
    }
    let trusted_from = |mound: u8| finals.get(&mound).and_then(|of| of.get(FITS - 1)).map_or(u64::MAX, |at| at.0);
    let told = truth.iter().map(|thrown| {
        let is_trusted = thrown.plate.0 > trusted_from(thrown.mound.0);
        Told { thrown: *thrown, published: Vec::new(), is_trusted }
    });
    let mut told: Vec<Told> = told.collect();
    let (mut invented, mut withdrawn) = (Vec::new(), 0);
    for revisions in by_id.into_values() {
        let last = revisions.last().expect("at least one").0.clone();
        assert_eq!(last.state, State::Final, "every pitch becomes final: {last:?}");
        for (at, (record, _)) in revisions.iter().enumerate() {
            assert_eq!(record.revision as usize, at, "revisions count up");
        }
        if last.flags.iter().any(|flag| flag == WITHDRAWN) {
            withdrawn += 1;
            continue;
        }
        let is_it =
            |t: &Told| t.thrown.mound.0 == last.mound && t.thrown.release.0.abs_diff(last.release_ns) <= SAME_NS;
        match told.iter_mut().find(|t| is_it(t) && t.published.is_empty()) {
            Some(told) => told.published = revisions,
            None => invented.push(last),
        }
    }
    Evening { told, invented, withdrawn, raised: Vec::new() }
}
