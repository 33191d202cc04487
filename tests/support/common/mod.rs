//! What several of the integration tests need.
#![allow(dead_code, unreachable_pub, unused_imports)] // each test binary uses its own part

pub mod process;
#[path = "../skipping.rs"]
mod skipping;
pub mod truth;

use pitchguard::ids::PitcherId;
use pitchguard::pipeline::{Output, Profile, Profiles, Settings};
use pitchguard::records::{Measured, Origin, PitchRecord, State};
use pitchguard::reorder::Counts;
use pitchguard::simulate::{Rehearsal, Score, Stadium};
use pitchguard::tracking::venue::Venue;

pub use skipping::{real_data, skip};

/// Whether the full counts of the issue are asked for (`make soak`) instead of the everyday ones.
pub fn full() -> bool {
    std::env::var_os("PITCHGUARD_FULL").is_some()
}

/// The seed of a trial by chance: another one may be asked for.
pub fn seed(usual: u64) -> u64 {
    std::env::var("PITCHGUARD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(usual)
}

/// The value below which this share lies; no number of none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// A final pitch of the game mound that this box measured, with this `release_speed`, mph.
pub fn final_pitch(pitcher: u32, release_ns: u64, id: u64, release_speed: f64) -> PitchRecord {
    PitchRecord {
        pitcher: Some(pitcher),
        release_ns,
        id,
        game_date: "2023-06-11".to_owned(),
        game_pk: 717_797,
        at_bat_number: None,
        pitch_number: None,
        pitch_type: "SI".to_owned(),
        mound: 0,
        origin: Origin::Live,
        state: State::Final,
        revision: 0,
        values: Measured { release_speed: Some(release_speed), ..Measured::default() },
        sd: None,
        cameras: 5,
        residual_px: None,
        late_data_frac: 0.0,
        calibration_confidence: None,
        release_marked: false,
        flags: Vec::new(),
    }
}

/// Nobody is known: pitches without readiness of a baseline.
#[derive(Debug)]
pub struct Strangers;

impl Profiles for Strangers {
    fn profile(&mut self, _: PitcherId, _: jiff::civil::Date) -> Profile {
        Profile::default()
    }
}

/// What a rehearsal brought.
pub struct Played {
    pub score: Score,
    pub counts: Counts,
    pub pitches: Vec<PitchRecord>,
}

/// Plays a stadium under a simulated clock through the whole pipeline.
pub fn play(venue: &Venue, stadium: Stadium) -> Played {
    let mut settings = Settings::default();
    settings.reorder = pitchguard::daemon::settings(&pitchguard::config::Config::default(), venue).reorder;
    let truth = stadium.truth().to_vec();
    let mut pitches = Vec::new();
    let mut rehearsal = Rehearsal::new(venue, stadium, &settings, Strangers).expect("the defaults are good settings");
    let counts = rehearsal.play(|_, output| {
        if let Output::Pitch { record, .. } = output {
            pitches.push(*record);
        }
    });
    Played { score: Score::of(&truth, &pitches), counts, pitches }
}

/// The limits of the issue: 95 % of pitches, and honest 90 % intervals.
pub fn assert_accurate(score: &Score) {
    eprintln!("{score}");
    for (name, limit) in [("plate_x", 0.04), ("plate_z", 0.04), ("release_speed", 0.06), ("release_pos_z", 0.006)] {
        let errors = score.errors_of(name).expect("compared");
        assert!(errors.p95 <= limit, "{name}: 95 % within {:.4} {}, limit {limit}", errors.p95, errors.unit);
        // 85 to 95 %, as far as so many pitches can tell: 1.5 standard errors of a share of 90 %.
        let slack = 1.5 * (0.9 * 0.1 / score.found as f64).sqrt();
        assert!(
            (0.85 - slack..=0.95 + slack).contains(&errors.coverage) || score.found < 100,
            "{name}: 90 % intervals hold {:.1} % of the time",
            errors.coverage * 100.0
        );
    }
}
