//! Confidence over time: a rain delay, a restart.

use pitchguard::calibration::CalibrationState;
use pitchguard::environment::{Air, Estimate, fahrenheit};
use pitchguard::simulate::{Delivery, Faults, Game, Knock, Rain, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;

use crate::calibration_pipeline::evening::{Evening, SetUp, game, least};

/// science.md §3, half-life.
const HALF_LIFE_S: f64 = 2700.0;
/// Pitches count for so long, s.
const WINDOW_S: f64 = 900.0;

#[test]
fn confidence_decays_in_a_rain_delay_as_the_formula_says_and_comes_back_with_the_pitches() {
    let rain = Rain { from_s: 1300.0, for_s: 3600.0 };
    let settings = Settings { rain: Some(rain), pitches_max: Some(70), ..game(1, Faults::default()) };
    let surely = |value| Some(Estimate { value, sd: 0.1 });
    let calm = Air { wind_mph: surely(3.0), temperature_f: surely(fahrenheit(24.0)), ..Air::default() };
    let evening = Evening::play_in(settings, SetUp { weather: Some(calm), ..SetUp::default() });
    let last_dry = evening.between(0.0, rain.from_s).map(|p| evening.released_s(p)).fold(0.0, f64::max);
    let over = rain.from_s + rain.for_s;
    let idle: Vec<_> =
        evening.reports.iter().filter(|(at, _)| (last_dry + WINDOW_S + 30.0..over).contains(at)).collect();
    assert!(idle.len() > 20, "{}", idle.len());
    for (at, report) in &idle {
        // Nothing is verified after the last pitch; it was final some seconds later.
        let expected = 0.5 + 0.45 * (-(at - last_dry) / HALF_LIFE_S).exp2();
        let confidence = report.confidence.expect("an hour is not too long");
        assert!((confidence - expected).abs() < 0.01, "at {at:.0} s: {confidence:.3}, not {expected:.3}");
        assert_eq!(report.mounds[0].pitches, 0);
    }
    assert!(idle.windows(2).all(|w| w[1].1.confidence < w[0].1.confidence), "it only falls");
    let (before, after) = (least(evening.between(120.0, rain.from_s)), least(evening.between(over, over + 120.0)));
    let late: Vec<_> = evening.between(over, f64::INFINITY).skip(15).collect();
    eprintln!(
        "confidence {before:.3} before, {after:.3} at the first pitches after, {:.3} after 15",
        least(late.iter().copied())
    );
    assert!(before >= 0.85 && after < before - 0.05);
    assert!(!late.is_empty() && least(late.into_iter()) >= 0.85);
}

#[test]
fn a_confidence_that_becomes_known_after_a_pitch_is_kept_with_it_too() {
    // The first pitches are thrown before anybody has looked at the cameras, and frames of them come late.
    let settings = Settings { pitches_max: Some(24), stragglers: 0.05, ..game(1, Faults::default()) };
    let evening = Evening::play(settings);
    let first = evening.pitches.values().next().expect("somebody throws");
    assert!(first.calibration_confidence.is_some(), "known in the end");
    assert!(!evening.shown.is_empty());
    assert_eq!(evening.at_odds, [""; 0], "what is shown and what is kept are of one moment");
}

#[test]
fn a_restart_keeps_corrections_and_what_is_known_of_them() {
    const STOP_S: f64 = 1900.0;
    let knock = Knock { camera: 2, at_s: 300.0, dx_px: 1.5, dy_px: 0.0 };
    let settings = Settings { pitches_max: Some(80), ..game(3, Faults::default().knock(knock)) };
    let mut stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings.clone());
    let truth = stadium.truth().to_vec();
    let deliveries: Vec<Delivery> = stadium.by_ref().collect();
    let split = deliveries.partition_point(|d| d.arrival.0 < settings.at(STOP_S).0);
    let (before, after) = deliveries.split_at(split);

    let first = Evening::behind(before.iter().copied(), &truth, settings.clone(), SetUp::default());
    assert!(!first.corrections(2).is_empty(), "{}", first.told());
    let state = first.kept.clone().expect("what it knows is kept");
    let bytes = serde_json::to_vec(&state).expect("plain data");
    let read: CalibrationState = serde_json::from_slice(&bytes).expect("reads back");
    eprintln!("{} kB kept", bytes.len() / 1000);

    let goes_on = SetUp { before: Some(read), ..SetUp::default() };
    let second = Evening::behind(after.iter().copied(), &truth, settings.clone(), goes_on);
    assert_eq!(second.reports[0].1.cameras[1].correction, first.correction(2), "from the first frame on");
    let of_second = second.last().cameras.iter().find(|c| c.id == 2).expect("every camera is told of");
    assert!(of_second.corrections.len() >= first.corrections(2).len(), "with its history");
    assert_eq!(second.accused(), [0; 0], "{}", second.told());
    assert!(second.finals.len() > 15 && least(second.finals.iter()) >= 0.8);

    let forgetful = Evening::behind(after.iter().copied(), &truth, settings, SetUp::default());
    assert!(forgetful.accused().contains(&2), "without it the same camera would be found off anew");
}
