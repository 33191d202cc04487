//! Two days of seven real stations in St. Louis, with their spikes, sunny places and gaps.

use std::collections::BTreeMap;

use pitchguard::environment::{Config, Fusion, Quantity, Why};
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::simulate::Weather;
use pitchguard::tracking::venue::Venue;

use crate::common::real_data;

const START: EventNs = EventNs(1_800_000_000_000_000_000);
const MINUTE_NS: u64 = 60_000_000_000;

/// A quantity over the two days.
#[derive(Debug, Default)]
struct Course {
    /// Each minute: what is fused, and the mean of what the sensors said last.
    minutes: Vec<(f64, f64)>,
}

impl Course {
    /// Lowest and highest, and the largest step from one minute to the next.
    fn of(&self, which: impl Fn(&(f64, f64)) -> f64) -> (f64, f64, f64) {
        let values: Vec<f64> = self.minutes.iter().map(which).collect();
        let step = values.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f64::max);
        (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(f64::MIN, f64::max), step)
    }
}

#[test]
fn absurd_values_of_real_sensors_are_left_out_and_gaps_are_named() {
    let Some(file) = real_data("weather/stl_2025-05-14_15.csv") else { return };
    let venue = Venue::busch_iii();
    let mut fusion = Fusion::new(&venue.id, venue.altitude_ft, Config::default());
    let mut courses: BTreeMap<Quantity, Course> = BTreeMap::new();
    let mut left_out: BTreeMap<(String, &str), u32> = BTreeMap::new();
    let mut next = START.0 + MINUTE_NS;
    let mut reports = 0_u64;
    for report in Weather::replayed(&venue, &file, START).expect("it can be read") {
        while report.at.0 >= next {
            let (now, seen) = (BoxNs(next), fusion.step(BoxNs(next)));
            for quantity in [Quantity::TemperatureC, Quantity::HumidityPct, Quantity::PressureHpa] {
                let said: Vec<f64> = seen
                    .sensors
                    .iter()
                    .filter_map(|s| s.values.iter().find(|v| v.quantity == quantity && !seen.is_stale(v.at, now)))
                    .map(|v| v.value)
                    .collect();
                let fused = seen.fresh(quantity, now).expect("some station always speaks").value;
                let mean = said.iter().sum::<f64>() / said.len() as f64;
                courses.entry(quantity).or_default().minutes.push((fused, mean));
            }
            for out in &seen.left_out {
                assert_ne!(out.why, Why::Stuck, "none of them ever stood still for long: {out:?}");
                let why = if out.why == Why::Stale { "stale" } else { "absurd" };
                *left_out.entry((format!("{} {}", out.sensor, out.quantity.name()), why)).or_default() += 1;
            }
            next += MINUTE_NS;
        }
        // Two rows of a station at the same second are one message and its double.
        let _counted = fusion.take(&report.topic, report.payload.as_bytes(), BoxNs(report.at.0));
        reports += 1;
    }
    let counts = fusion.step(BoxNs(next)).counts;
    eprintln!("{reports} reports, {counts:?}");
    for ((what, why), minutes) in &left_out {
        eprintln!("left out as {why}: {what}, {minutes} min");
    }
    for (quantity, course) in &courses {
        let (fused, mean) = (course.of(|m| m.0), course.of(|m| m.1));
        eprintln!("{:<14} fused (low, high, step) {fused:.2?}, plain mean {mean:.2?}", quantity.name());
    }
    assert_eq!((counts.received, counts.refused()), (reports, 0), "{counts:?}");
    // At one time four of seven are 10 to 20 hPa low at once, which no vote can mend; the weather changed by 6 hPa.
    let pressure = &courses[&Quantity::PressureHpa];
    let (fused, mean) = (pressure.of(|m| m.0), pressure.of(|m| m.1));
    assert!(fused.0 > 1000.0 && fused.1 < 1012.0, "pressure {fused:?} hPa");
    assert!(mean.0 < 995.0 && fused.2 < mean.2, "a plain mean follows the absurd ones: {fused:?} {mean:?}");
    let (low, high, step) = courses[&Quantity::TemperatureC].of(|m| m.0);
    assert!(low > 17.0 && high < 40.0 && step < 3.0, "temperature {low} to {high} °C, by {step} in a minute");
    let absurd = |what: &str| left_out.get(&(what.to_owned(), "absurd")).copied().unwrap_or(0);
    assert!(absurd("station_7135 temperature_c") > 10, "the one in the sun: {left_out:?}");
    let gap = left_out[&("station_13848 temperature_c".to_owned(), "stale")];
    assert!(gap > 900, "the one that was silent for fifteen hours: {gap} min");
}
