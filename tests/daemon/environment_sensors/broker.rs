//! Listening to a real broker that is killed, repeats itself and keeps rubbish.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use pitchguard::clock::BoxClock;
use pitchguard::environment::{BrokerState, Config, Environment, Quantity};
use pitchguard::ids::EventNs;
use pitchguard::simulate::Settings;
use pitchguard::simulate::weather::{Climate, Weather, publish};
use pitchguard::tracking::venue::Venue;
use tokio::runtime::Runtime;

use crate::environment_sensors::mosquitto::{Message, Mosquitto, ago, epoch_s, wait_for};

/// A runtime as the daemon's, and somebody who listens on it.
fn listen(broker: &Mosquitto) -> (Runtime, Arc<Environment>, BoxClock) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let clock = BoxClock::start(1.0);
    let environment =
        Environment::listen(&broker.url(), ("busch_iii", 466.0), Config::default(), clock, runtime.handle());
    (runtime, environment, clock)
}

fn listening(environment: &Environment) -> Option<()> {
    (environment.broker().state == BrokerState::Listening).then_some(())
}

#[test]
fn sensors_are_back_soon_after_their_broker_whenever_it_was_killed() {
    let Some(mut broker) = Mosquitto::start() else { return };
    let (runtime, environment, clock) = listen(&broker);
    let venue = Venue::busch_iii();
    let start = EventNs(clock.now().0);
    let weather = Weather::simulated(&venue, Climate::of(&venue, &Settings::default()), 1, start);
    let publisher = publish(weather, &broker.url(), start, Instant::now(), 1.0).expect("a thread");
    wait_for("the air is known", || environment.conditions().density_kg_m3(clock.now()));
    for round in 1..=4_u64 {
        broker.kill();
        wait_for("the loss is noticed", || listening(&environment).is_none().then_some(()));
        assert!(environment.broker().error.is_some());
        // A pause that meets the attempts at another point each time.
        sleep(Duration::from_millis(700 + 170 * round));
        let accepted = environment.conditions().counts.accepted;
        broker.restart();
        let ((), subscribed) = wait_for("the broker is found again", || listening(&environment));
        let heard = || (environment.conditions().counts.accepted > accepted).then_some(());
        let ((), heard) = wait_for("sensors are heard again", heard);
        eprintln!(
            "round {round}: subscribed {subscribed:.0?} after the broker, sensors heard {:.0?}",
            subscribed + heard
        );
        assert_eq!(environment.broker().connects, round + 1);
    }
    let published = publisher.finish();
    eprintln!("{published:?} {:?}", environment.conditions().counts);
    assert!(published.acknowledged > 0);
    assert_eq!(environment.conditions().counts.refused(), 0);
    runtime.shutdown_background();
}

#[test]
fn retained_doubled_old_and_oversized_messages_do_no_harm() {
    let Some(broker) = Mosquitto::start() else { return };
    let warm = |time: &str, celsius: f64| format!(r#"{{"time":"{time}","temperature_c":{celsius}}}"#);
    let now = ago(1);
    broker.publish([
        Message::new("environment/roof", warm(&now, 21.0)).retained(),
        Message::new("environment/attic", warm(&ago(7200), 35.0)).retained(),
        Message::new("environment/huge", vec![b'x'; 200_000]).retained(),
        Message::new("environment/large", vec![b'x'; 10_000]).retained(),
        Message::new("camera/99/vibration", warm(&now, 21.0)).retained(),
    ]);
    let (runtime, environment, clock) = listen(&broker);
    let counted = |what: &str, received: u64| {
        wait_for(what, || Some(environment.conditions().counts).filter(|c| c.received >= received)).0
    };
    let counts = counted("what was retained comes at once", 4);
    assert_eq!((counts.accepted, counts.old, counts.oversized, counts.topic), (1, 1, 1, 1), "{counts:?}");
    let known = environment.conditions().fused;
    assert_eq!(known[0].map(|t| t.value), Some(21.0));

    let again = Message::new("environment/roof", warm(&now, 99.0));
    let same = Message::new("environment/roof", warm(&now, 21.0));
    broker.publish([same.clone(), same, again]);
    let counts = counted("the doubles came", 7);
    assert_eq!((counts.accepted, counts.repeated, counts.implausible), (1, 2, 1), "{counts:?}");
    assert_eq!(environment.conditions().fused, known, "a double changes nothing");
    let broker_now = environment.broker();
    assert_eq!((broker_now.state, broker_now.connects), (BrokerState::Listening, 1), "never lost: {broker_now:?}");
    assert!(environment.conditions().air(clock.now()).is_known());
    runtime.shutdown_background();
}

#[test]
fn what_home_automation_sends_is_read_or_told_with_who_sent_it_and_what_is_wanted() {
    let Some(broker) = Mosquitto::start() else { return };
    let (runtime, environment, _) = listen(&broker);
    wait_for("it listens", || listening(&environment));
    let now = ago(1);
    // Sensor, what it sends, temperature and pressure that are known of it then, and words of the refusal.
    let habits = [
        (
            "tasmota",
            format!(
                r#"{{"Time":"{now}","BME280":{{"Temperature":21.5,"Humidity":40.2,"Pressure":998.3}},"TempUnit":"C"}}"#
            ),
            [None, None],
            "\"time\" is missing: it has BME280, TempUnit, Time",
        ),
        (
            "local",
            r#"{"time":"2026-07-04T18:15:00","temperature_c":21.5,"pressure_hpa":998.3}"#.to_owned(),
            [None, None],
            "has no zone",
        ),
        (
            "texts",
            format!(r#"{{"time":"{now}","temperature_c":"21.5","pressure_hpa":"998.3"}}"#),
            [Some(21.5), Some(998.3)],
            "",
        ),
        (
            "nan",
            format!(r#"{{"time":"{now}","temperature_c":nan,"pressure_hpa":998.3}}"#),
            [None, Some(998.3)],
            "temperature_c: \"nan\" is no number",
        ),
        (
            "epoch",
            format!(r#"{{"time":{},"temperature_c":21.5,"pressure_hpa":998.3}}"#, epoch_s() - 1),
            [Some(21.5), Some(998.3)],
            "",
        ),
        ("assistant", "unavailable".to_owned(), [None, None], "no JSON object, but \"unavailable\""),
        (
            "fahrenheit",
            format!(r#"{{"time":"{now}","temperature_f":70.7}}"#),
            [None, None],
            "none of its fields is known: it has temperature_f",
        ),
        ("zigbee", "21.5".to_owned(), [None, None], "no JSON object, but 21.5"),
        ("influx", "weather,site=roof temperature_c=21.5 1795952627".to_owned(), [None, None], "no JSON object"),
    ];
    let count = habits.len() as u64;
    broker
        .publish(habits.iter().map(|(sensor, said, ..)| Message::new(&format!("environment/{sensor}"), said.clone())));
    let conditions = wait_for("all came", || Some(environment.conditions()).filter(|c| c.counts.received >= count)).0;
    for (sensor, said, known, words) in &habits {
        let told = conditions.sensors.iter().find(|told| told.name == *sensor);
        let value =
            |quantity| told.and_then(|told| told.values.iter().find(|v| v.quantity == quantity)).map(|v| v.value);
        assert_eq!([value(Quantity::TemperatureC), value(Quantity::PressureHpa)], *known, "{sensor}");
        let name = format!("environment/{sensor}");
        let speaker = conditions.speakers.iter().find(|speaker| speaker.name == name).expect("each speaker is listed");
        match &speaker.last {
            None => assert_eq!((*words, speaker.refused), ("", 0), "{sensor}"),
            Some(last) => {
                assert!(!words.is_empty() && last.why.contains(words), "{sensor}: {last:?}");
                assert!(said.starts_with(&last.sample[..10.min(last.sample.len())]), "{last:?}");
            }
        }
    }
    runtime.shutdown_background();
}

#[test]
fn a_broker_that_is_not_there_yet_is_found_when_it_comes() {
    let Some(mut broker) = Mosquitto::start() else { return };
    broker.kill();
    let (runtime, environment, _) = listen(&broker);
    wait_for("the absence is told", || environment.broker().error.clone());
    assert_eq!(environment.broker().state, BrokerState::Connecting);
    broker.restart();
    let ((), took) = wait_for("it is found", || listening(&environment));
    eprintln!("found {took:.0?} after it came");
    runtime.shutdown_background();
}
