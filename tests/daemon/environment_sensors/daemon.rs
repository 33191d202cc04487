//! The daemon beside its broker: whatever that does, frames and pitches come out the same.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use pitchguard::ids::EventNs;
use pitchguard::simulate::weather::{Climate, Weather, publish};
use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;
use rumqttc::v5::mqttbytes::QoS;
use serde_json::Value;

use crate::daemon_support::{Cameras, Rack, Running};
use crate::environment_sensors::mosquitto::{Message, Mosquitto, wait_for};

const SPEED: f64 = 5.0;
const PITCHES: usize = 4;
const FLOOD: usize = 100_000;
/// A broker may drop what asks for no acknowledgement.
const NEARLY_ALL: u64 = FLOOD as u64 * 95 / 100;

/// The same evening to a daemon; `meanwhile` runs beside it.
fn play(daemon: &mut Running, meanwhile: impl FnOnce() + Send) -> (BTreeMap<String, u64>, Vec<[f64; 3]>) {
    let settings =
        Settings { seed: 21, start: daemon.now(), pace_s: 6.0, pitches_max: Some(PITCHES), ..Settings::quiet() };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Closer), settings);
    let mut cameras = Cameras::new(stadium, SPEED, daemon.udp);
    std::thread::scope(|scope| {
        scope.spawn(meanwhile);
        cameras.play_out();
    });
    daemon.swallow(cameras.sent);
    daemon.settle(PITCHES);
    let status = daemon.status();
    assert_eq!(status["identity_holds"], true, "{status}");
    let accounting = status["reorder"]["accounting"].as_object().expect("an object");
    // What is released by now and what is still held depends on the moment; together they do not.
    let mut counts: BTreeMap<String, u64> =
        accounting.iter().map(|(name, n)| (name.clone(), n.as_u64().expect("a count"))).collect();
    let held = counts.remove("held").unwrap_or(0);
    *counts.get_mut("released").expect("counted") += held;
    let value = |pitch: &Value, name: &str| pitch[name].as_f64().unwrap_or(f64::NAN);
    let values = daemon.pitches();
    let values = values.iter().map(|p| ["release_speed", "plate_x", "pfx_z"].map(|name| value(p, name))).collect();
    (counts, values)
}

#[test]
fn a_flood_of_rubbish_and_a_killed_broker_change_nothing_about_frames_and_pitches() {
    let Some(mut broker) = Mosquitto::start() else { return };
    let mut rack = Rack::new();
    let mut alone = rack.start(SPEED);
    let (counts_alone, pitches_alone) = play(&mut alone, || {});
    let off = alone.get("/api/environment");
    assert_eq!((&off["broker"]["state"], &off["temperature_c"]), (&Value::from("off"), &Value::Null), "{off}");
    assert!(off["summary"].as_str().is_some_and(|text| text.contains("[mqtt] url is not set")), "{off}");
    drop(alone);

    let mut rack = Rack::new();
    let config = fs::read_to_string(rack.config()).expect("written just now");
    fs::write(rack.config(), format!("{config}\n[mqtt]\nurl = \"{}\"\n", broker.url())).expect("written");
    let mut flooded = rack.start(SPEED);
    let venue = Venue::busch_iii();
    let start = EventNs(flooded.now().0);
    let weather = Weather::simulated(&venue, Climate::of(&venue, &Settings::default()), 1, start);
    let publisher = publish(weather, &broker.url(), start, Instant::now(), SPEED).expect("a thread");
    flooded
        .wait_for("the air is known", |d| Some(d.get("/api/environment")).filter(|air| air["air_density"].is_object()));
    let rss_before = flooded.rss_bytes();
    let environment = format!("http://{}/api/environment", flooded.http);
    let (counts, pitches) = play(&mut flooded, || {
        let seen = |what: &str, look: &dyn Fn(&Value) -> bool| {
            let look = || reqwest::blocking::get(&environment).ok()?.json().ok().filter(|air| look(air));
            wait_for(what, look).1
        };
        broker.kill();
        std::thread::sleep(Duration::from_millis(300));
        broker.restart();
        let back = seen("the daemon listens again", &|air| {
            air["broker"]["connects"] == 2 && air["broker"]["state"] == "listening"
        });
        // The last asks for an acknowledgement, so that all are at the broker then.
        let qos = |k| if k + 1 == FLOOD { QoS::AtLeastOnce } else { QoS::AtMostOnce };
        broker.publish((0..FLOOD).map(|k| Message { qos: qos(k), ..rubbish(k) }));
        let count = |air: &Value, what: &str| air["counts"][what].as_u64().unwrap_or(0);
        let all = |air: &Value| count(air, "received") - count(air, "accepted") >= NEARLY_ALL;
        let read = seen("the whole flood is read", &all);
        eprintln!("listening again {back:.0?} after the broker; the flood was read {read:.1?} after it was sent");
    });
    let grown = flooded.rss_bytes().saturating_sub(rss_before);
    let air = flooded.wait_for("sensors are back", |d| {
        let air = d.get("/api/environment");
        (air["broker"]["state"] == "listening" && air["broker"]["connects"] == 2).then_some(air)
    });
    let published = publisher.finish();
    eprintln!("{published:?}\n{}\n{} kB more resident", air["counts"], grown / 1024);
    assert_eq!(counts, counts_alone, "every frame went where it goes without a broker");
    assert_eq!(pitches.len(), PITCHES);
    for (with, without) in pitches.iter().zip(&pitches_alone) {
        let worst = with.iter().zip(without).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-6, "{with:?} {without:?}");
    }
    let refused = |cause: &str| air["counts"][cause].as_u64().expect("a count");
    let refusals = ["not_json", "future", "old", "no_time"].map(refused);
    let rubbish = refusals.iter().sum::<u64>();
    assert!((NEARLY_ALL..=FLOOD as u64).contains(&rubbish), "all of the flood, under its causes: {}", air["counts"]);
    assert!(refused("topic") == 0 && refused("too_many") == 0, "{}", air["counts"]);
    assert!(air["sensors"].as_array().is_some_and(|sensors| sensors.len() == 4), "{air}");
    let relative = air["air_density"]["relative"].as_f64().expect("still known");
    assert!((relative - 1.0).abs() < 0.01, "{air}");
    let log = flooded.log();
    assert!(log.lines().filter(|line| line.contains("broker")).count() < 10, "a message is never logged:\n{log}");
}

/// One of many ways to be wrong.
fn rubbish(k: usize) -> Message {
    match k % 6 {
        0 => Message::new("environment/roof", "rubbish"),
        1 => Message::new("environment/roof", vec![0xff; 300]),
        2 => Message::new("environment/roof", r#"{"time":"2099-01-01T00:00:00Z","temperature_c":20}"#),
        3 => Message::new("environment/dugout", r#"{"time":"1999-01-01T00:00:00Z","temperature_c":20}"#),
        4 => Message::new("camera/1/vibration", r#"{"time":null,"rms_g":1e308}"#),
        _ => Message::new("environment/roof", format!("[{k}")),
    }
}
