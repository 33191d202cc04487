//! What must not hold a result up does not: the same evening under a simulated clock, where moments are exact, once as it
//! is and once with something late, missing or gone; and when each pitch was published.

use crate::common::Strangers;
use pitchguard::config::Config;
use pitchguard::daemon;
use pitchguard::ids::BoxNs;
use pitchguard::pipeline::{Output, Pipeline};
use pitchguard::records::{EARLY, State};
use pitchguard::reorder::{self, Stamped};
use pitchguard::simulate::{Delivery, Game, Scenario, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;

const SECOND: u64 = 1_000_000_000;
/// The daemon's merge thread looks this often.
const STEP_NS: u64 = 500_000;
/// A pitch is published no later than on the evening as it is, but for the moment at which the pipeline looks, and for
/// what the pitch's end moves when it is told by other frames.
const SLACK_NS: u64 = 20_000_000;
/// First camera of the game mound's.
const CAMERA: u8 = 2;
const DEVICES: std::ops::RangeInclusive<u8> = 40..=63;

/// When a thrown pitch was published.
#[derive(Debug, Clone, Copy, Default)]
struct Published {
    provisional: Option<BoxNs>,
    settled: Option<BoxNs>,
}

fn evening() -> (Vec<Delivery>, Vec<Thrown>) {
    let settings = Settings { seed: 41, pitches_max: Some(40), pace_s: 6.0, break_s: 20.0, ..Settings::quiet() };
    let mut stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let deliveries = stadium.by_ref().collect();
    (deliveries, stadium.truth().to_vec())
}

/// Plays deliveries in the order of their arrival; when each thrown pitch was published.
fn play(mut deliveries: Vec<Delivery>, truth: &[Thrown]) -> Vec<Published> {
    deliveries.sort_by_key(|d| (d.arrival, d.source, d.seq));
    let venue = Venue::busch_iii();
    let settings = daemon::settings(&Config::default(), &venue);
    let (mut producers, buffer) = reorder::buffer(&settings.reorder).expect("the defaults are good settings");
    let mut producer = producers.pop().expect("one path");
    let start = deliveries.first().map_or(BoxNs(0), |d| d.arrival);
    let mut pipeline = Pipeline::new(&venue, &settings, buffer, Strangers, start);
    let mut published = vec![Published::default(); truth.len()];
    let (mut outputs, mut now) = (Vec::new(), BoxNs(0));
    for delivery in deliveries {
        if delivery.arrival.0 >= now.0 + STEP_NS {
            now = delivery.arrival;
            producer.beat(now);
            pipeline.step(now, &mut outputs);
            for output in outputs.drain(..) {
                let Output::Pitch { record, .. } = output else { continue };
                // An early one comes with the first cameras, whichever those are: what nothing may hold up is that of all.
                if record.flags.iter().any(|flag| flag == EARLY) {
                    continue;
                }
                let near = |t: &Thrown| t.release.0.abs_diff(record.release_ns) < SECOND / 4;
                let at = truth.iter().position(near).expect("no pitch is invented");
                match record.state {
                    State::Final => published[at].settled.get_or_insert(now),
                    State::Provisional | State::Held => published[at].provisional.get_or_insert(now),
                };
            }
        }
        producer.push(Stamped::from(delivery)).expect("the buffer has room for an evening's rate");
    }
    published
}

/// How much later than on the evening as it is each result came, provisional and final, ns; negative is earlier.
fn later(changed: &[Published], as_it_is: &[Published]) -> Vec<[i64; 2]> {
    let difference = |a: Option<BoxNs>, b: Option<BoxNs>| {
        let (a, b) = (a.expect("published in both evenings"), b.expect("published in both evenings"));
        a.0 as i64 - b.0 as i64
    };
    let pairs = changed.iter().zip(as_it_is);
    pairs.map(|(c, o)| [difference(c.provisional, o.provisional), difference(c.settled, o.settled)]).collect()
}

fn assert_nothing_held_up(what: &str, change: impl FnOnce(&mut Vec<Delivery>)) {
    let (mut deliveries, truth) = evening();
    let as_it_is = play(deliveries.clone(), &truth);
    change(&mut deliveries);
    let delays = later(&play(deliveries, &truth), &as_it_is);
    let worst = [0, 1].map(|i| delays.iter().map(|d| d[i]).max().expect("pitches were thrown"));
    let best = [0, 1].map(|i| delays.iter().map(|d| d[i]).min().expect("pitches were thrown"));
    eprintln!("{what}: provisional and final later by {best:?} to {worst:?} ns");
    assert!(worst.iter().all(|w| *w <= SLACK_NS as i64), "{what}: {delays:?}");
}

fn delay(deliveries: &mut [Delivery], whose: impl Fn(u8) -> bool, by_ns: u64) {
    deliveries.iter_mut().filter(|d| whose(d.source)).for_each(|d| d.arrival.0 += by_ns);
}

#[test]
fn a_camera_20_s_late_holds_up_neither_provisional_nor_final_results() {
    assert_nothing_held_up("a camera 20 s late", |d| delay(d, |source| source == CAMERA, 20 * SECOND));
}

#[test]
fn a_camera_that_never_says_anything_holds_up_nothing() {
    assert_nothing_held_up("a dead camera", |d| d.retain(|d| d.source != CAMERA));
}

#[test]
fn devices_and_mark_feeds_20_s_late_hold_up_nothing() {
    assert_nothing_held_up("devices 20 s late", |d| delay(d, |source| DEVICES.contains(&source), 20 * SECOND));
}

#[test]
fn devices_and_mark_feeds_that_die_in_mid_game_hold_up_nothing() {
    let (_, truth) = evening();
    let dies = truth[truth.len() / 2].release;
    assert_nothing_held_up("devices that die", |d| {
        d.retain(|d| !DEVICES.contains(&d.source) || d.event < dies);
    });
}

#[test]
fn devices_and_mark_feeds_that_were_never_there_hold_up_nothing() {
    assert_nothing_held_up("no devices", |d| d.retain(|d| !DEVICES.contains(&d.source)));
}

#[test]
fn a_camera_that_falls_20_s_behind_is_waited_for_until_it_is_idle_and_no_longer() {
    let (mut deliveries, truth) = evening();
    let falls = truth[truth.len() / 2].release.0 - SECOND / 10;
    let as_it_is = play(deliveries.clone(), &truth);
    let from_then_on = deliveries.iter_mut().filter(|d| d.source == CAMERA && d.event.0 >= falls);
    from_then_on.for_each(|d| d.arrival.0 += 20 * SECOND);
    let delays = later(&play(deliveries, &truth), &as_it_is);
    let idle_ns = daemon::settings(&Config::default(), &Venue::busch_iii()).reorder.idle_ns;
    for (thrown, delay) in truth.iter().zip(&delays) {
        assert!(delay.iter().all(|d| *d <= (idle_ns + SLACK_NS) as i64), "{delay:?}");
        let waited = delay[0] > SLACK_NS as i64;
        let may_wait = (falls..falls + idle_ns + SECOND).contains(&thrown.release.0);
        let after_ms = (thrown.release.0 as i64 - falls as i64) / 1_000_000;
        assert!(!waited || may_wait, "{delay:?} for the pitch {after_ms} ms after");
    }
    assert!(delays.iter().any(|d| d[0] > SLACK_NS as i64), "the pitch in flight was waited for");
}
