//! The same thrown ball at 40 °F and at 95 °F, through cameras, network and fit.

use pitchguard::environment::{Air, Estimate, celsius, density};
use pitchguard::features::OutingPitch;
use pitchguard::features::baseline::PitcherBaseline;
use pitchguard::ids::PitcherId;
use pitchguard::pipeline::{Output, Profile, Profiles};
use pitchguard::simulate::{Climate, Game, Rehearsal, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;

use crate::common::play;

/// A closer's evening in this heat, and its air as sensors would tell it.
fn evening_in(temperature_f: f64, white_px: f64, common_px: f64) -> (Settings, Air) {
    let climate =
        Climate { temperature_c: celsius(temperature_f), ..Climate::of(&Venue::busch_iii(), &Settings::default()) };
    let settings = Settings {
        seed: 7,
        white_px,
        common_px,
        pace_s: 8.0,
        pitches_max: Some(30),
        air_density_kg_m3: climate.density_kg_m3(),
        ..Settings::quiet()
    };
    let sure = |value| Estimate { value, sd: 0.0 };
    let reading = |value| Estimate { value, sd: 0.5 };
    let air = Air {
        density_kg_m3: Some(density::estimate(
            reading(climate.temperature_c),
            Some(reading(climate.humidity_pct)),
            reading(climate.station_hpa),
        )),
        temperature_f: Some(sure(temperature_f)),
        ..Air::default()
    };
    (settings, air)
}

/// What the cameras saw of it: break of each pitch, in, as measured and in standard air.
fn evening(temperature_f: f64, white_px: f64, common_px: f64) -> Vec<[[f64; 2]; 2]> {
    let venue = Venue::busch_iii();
    let (settings, air) = evening_in(temperature_f, white_px, common_px);
    let played = play(&venue, Stadium::new(&venue, &Game::Scenario(Scenario::Closer), settings));
    let mut last = std::collections::BTreeMap::new();
    for record in played.pitches {
        last.insert(record.id, record);
    }
    let inches = |pitch: &OutingPitch| [pitch.pfx_x, pitch.pfx_z].map(|r| 12.0 * r.expect("measured").value);
    last.values()
        .map(|record| {
            let measured = OutingPitch::from(record);
            [inches(&measured), inches(&measured.in_standard_air(&air))]
        })
        .collect()
}

/// For both axes: the largest difference of a pitch, and the difference of the evenings' means.
fn apart(cold: &[[[f64; 2]; 2]], hot: &[[[f64; 2]; 2]], which: usize) -> [(f64, f64); 2] {
    assert_eq!((cold.len(), hot.len()), (30, 30), "every pitch is found");
    [0, 1].map(|axis| {
        let differences: Vec<f64> = cold.iter().zip(hot).map(|(c, h)| c[which][axis] - h[which][axis]).collect();
        let worst = differences.iter().fold(0.0, |worst: f64, d| worst.max(d.abs()));
        (worst, differences.iter().sum::<f64>() / differences.len() as f64)
    })
}

#[test]
fn break_of_the_same_ball_at_40_and_at_95_degrees_agrees_within_a_tenth_of_an_inch() {
    let (cold, hot) = (evening(40.0, 0.05, 0.0), evening(95.0, 0.05, 0.0));
    let (measured, adjusted) = (apart(&cold, &hot, 0), apart(&cold, &hot, 1));
    eprintln!("sharp cameras, in: (worst, mean) of x and z: measured {measured:.3?}, in standard air {adjusted:.3?}");
    assert!(measured[1].0 > 1.0, "the air matters: {measured:?}");
    for (worst, _) in adjusted {
        assert!(worst < 0.1, "{adjusted:?}");
    }
    let (cold, hot) = (evening(40.0, 0.5, 0.1), evening(95.0, 0.5, 0.1));
    let adjusted = apart(&cold, &hot, 1);
    eprintln!("usual cameras, in: {adjusted:.3?}");
    for (_, mean) in adjusted {
        assert!(mean.abs() < 0.1, "{adjusted:?}");
    }
}

/// Profiles with the same baseline, whatever the evening.
struct Known(Vec<PitcherBaseline>);

impl Profiles for Known {
    fn profile(&mut self, pitcher: PitcherId, _: jiff::civil::Date) -> Profile {
        Profile { baseline: self.0.iter().find(|b| b.pitcher == pitcher).cloned(), ..Profile::default() }
    }
}

/// `break_adj_z` at the end of the evening, in, the pipeline being told of the air or not.
fn published(temperature_f: f64, told: bool) -> f64 {
    let venue = Venue::busch_iii();
    let closer = Game::Scenario(Scenario::Closer);
    let (settings, air) = evening_in(temperature_f, 0.05, 0.0);
    let usual = Stadium::new(&venue, &closer, Settings { seed: settings.seed, ..Settings::quiet() }).baselines();
    let rooms = pitchguard::daemon::settings(&pitchguard::config::Config::default(), &venue);
    let stadium = Stadium::new(&venue, &closer, settings);
    let mut rehearsal = Rehearsal::new(&venue, stadium, &rooms, Known(usual)).expect("the defaults are good settings");
    if told {
        rehearsal.weather(&air);
    }
    let mut last = None;
    rehearsal.play(|_, output| {
        if let Output::Readiness { readiness, .. } = output {
            last = readiness.features.get("break_adj_z").map(|feature| feature.value).or(last);
        }
    });
    last.expect("break has a window of ten pitches")
}

#[test]
fn a_pipeline_that_is_told_of_the_air_compares_break_as_in_standard_air() {
    let apart = |told| (published(40.0, told) - published(95.0, told)).abs();
    let (told, untold) = (apart(true), apart(false));
    eprintln!("break_adj_z at 40 and 95 °F: {told:.3} in apart when told, {untold:.3} in when not");
    assert!(told < 0.1 && untold > 1.0, "{told} {untold}");
}
