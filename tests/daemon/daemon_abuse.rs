//! Bad input: it is counted under its cause, everything else goes on, and memory stays within its bound.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use crate::daemon_support::{Cameras, Rack, Rehearsed, Running, Wire, frame, rehearse};
use firmware_protocol::{Authentication, Ball, HEADER_LEN, Health, MAX_DATAGRAM, encode, frames};
use pitchguard::config::Config;
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::ingest::Refusal;
use pitchguard::records::PitchRecord;
use pitchguard::signal::Signal;
use pitchguard::simulate::{Delivery, Game, Scenario, Score, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use serde_json::Value;

const SECOND_NS: u64 = 1_000_000_000;
/// A camera of the game mound, which misbehaves.
const WILD: u8 = 3;
/// A camera that the venue does not have.
const STRANGER: u8 = 39;

fn stadium(pitches: usize, start: EventNs) -> Stadium {
    let settings = Settings { seed: 21, start, pace_s: 6.0, pitches_max: Some(pitches), ..Settings::quiet() };
    Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings)
}

/// A heartbeat of a source at a moment.
fn heartbeat(source: u8, seq: u32, event: u64) -> Delivery {
    let health = Health {
        temperature_centi_c: 2500,
        vibration_milli_g: 0,
        dropped: 0,
        clock_offset_ns: 0,
        exposure_ns: 500_000,
    };
    Delivery { arrival: BoxNs(event), source, seq, event: EventNs(event), signal: Signal::Health(health) }
}

fn ball(source: u8, seq: u32, event: u64, u: f32, v: f32) -> Delivery {
    let ball = Ball { u, v, sigma: 0.5, diameter: 9.0 };
    Delivery { arrival: BoxNs(event), source, seq, event: EventNs(event), signal: Signal::Ball(ball) }
}

fn bytes(delivery: &Delivery) -> Vec<u8> {
    let mut bytes = vec![0; MAX_DATAGRAM];
    let len = encode(&frame(delivery), None, &mut bytes).expect("a good frame");
    bytes.truncate(len);
    bytes
}

/// A frame with some bytes changed and a checksum that fits them.
fn forged(mut bytes: Vec<u8>, at: usize, change: &[u8]) -> Vec<u8> {
    bytes[at..at + change.len()].copy_from_slice(change);
    let body = bytes.len() - 4;
    let crc = crc32c(&bytes[..body]);
    bytes[body..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// CRC-32C bit by bit, as SPEC.md gives it.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg()))
    })
}

/// Datagrams of rubbish: noise, cut, flipped, impossible values, kinds of tomorrow.
fn rubbish(rng: &mut StdRng, event: u64) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for seq in 0..40_u32 {
        let mut noise = vec![0; rng.random_range(0..=MAX_DATAGRAM)];
        rng.fill_bytes(&mut noise);
        out.push(noise);
        let good = bytes(&ball(WILD, 1 << 20 | seq, event, 100.0, 100.0));
        out.push(good[..rng.random_range(1..good.len())].to_vec());
        let mut flipped = good.clone();
        let bit = rng.random_range(0..good.len() * 8);
        flipped[bit / 8] ^= 1 << (bit % 8);
        out.push(flipped);
        // u, v, sigma
        for (at, value) in [(0, f32::NAN), (4, f32::INFINITY), (8, 0.0), (8, -1.0), (8, f32::NAN)] {
            out.push(forged(good.clone(), HEADER_LEN + at, &value.to_le_bytes()));
        }
        out.push(forged(good.clone(), 4, &[0]));
        out.push(forged(good.clone(), 4, &[64]));
        // What follows an unknown kind in its datagram is still read.
        let mut unknown = forged(good, 3, &[99]);
        unknown.extend(bytes(&heartbeat(STRANGER, seq, event)));
        out.push(unknown);
    }
    out
}

/// What the protocol itself says of a datagram: accepted, and refused by cause.
fn judge(datagram: &[u8], accepted: &mut u64, refused: &mut BTreeMap<String, u64>) {
    for frame in frames(datagram, Authentication::Off) {
        match frame {
            Ok(_) => *accepted += 1,
            Err(rejected) => *refused.entry(rejected.cause.as_str().to_owned()).or_default() += 1,
        }
    }
}

fn number(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number {path} in {value}"))
}

fn score_of(daemon: &Running, truth: &[Thrown]) -> Score {
    let pitches: Vec<PitchRecord> =
        daemon.pitches().into_iter().map(|p| serde_json::from_value(p).expect("a pitch")).collect();
    Score::of(truth, &pitches)
}

#[test]
fn rubbish_among_the_frames_is_counted_by_cause_and_costs_no_pitch() {
    let speed = 10.0;
    let mut rack = Rack::new();
    let mut daemon = rack.start(speed);
    let mut cameras = Cameras::new(stadium(10, daemon.now()), speed, daemon.udp);
    let mut rng = StdRng::seed_from_u64(5);
    let wire = Wire::to(daemon.udp);
    let (mut accepted, mut refused) = (0, BTreeMap::new());
    let (mut outside, mut late, mut strangers) = (0, 0, 0);
    for k in 0..10 {
        let pause = cameras.stadium.truth()[k].plate.0 + SECOND_NS;
        cameras.play(EventNs(pause));
        let seen = pause - 4 * SECOND_NS;
        for (n, datagram) in rubbish(&mut rng, seen).into_iter().enumerate() {
            judge(&datagram, &mut accepted, &mut refused);
            wire.raw(&datagram);
            if n % 32 == 31 {
                // A small receive buffer holds so many.
                sleep(Duration::from_millis(2));
            }
        }
        strangers += 40;
        for seq in 0..20 {
            let seq = 1 << 30 | (k as u32) << 8 | seq;
            let mut wild = |event| {
                wire.raw(&bytes(&heartbeat(WILD, seq, event)));
                accepted += 1;
            };
            wild(pause + 3600 * SECOND_NS);
            wild(pause - 3600 * SECOND_NS);
            wild(u64::MAX);
            wild(0);
            outside += 4;
            if k >= 6 {
                wild(pause - 22 * SECOND_NS + u64::from(seq));
                late += 1;
            }
        }
    }
    cameras.play_out();
    let status = daemon.swallow(cameras.sent + accepted);
    daemon.settle(10);

    for cause in ["truncated", "magic", "crc", "values", "kind"] {
        assert!(refused[cause] >= 40, "the test must send some: {refused:?}");
    }
    assert!(refused["values"] >= 7 * 400, "NaN, infinity, sigma ≤ 0 and sources that cannot be: {refused:?}");
    let metrics = daemon.text("/metrics");
    for refusal in Refusal::all() {
        let (cause, expected) = (refusal.as_str(), refused.get(refusal.as_str()).copied().unwrap_or(0));
        assert_eq!(number(&status, &format!("/ingest/refused/{cause}")), expected, "{cause}");
        let line = format!("pitchguard_ingest_refused_total{{cause=\"{cause}\"}} {expected}\n");
        assert!(metrics.contains(&line), "{line} not in:\n{metrics}");
    }
    assert_eq!(number(&status, "/ingest/kernel_drops"), 0, "the test outran the socket");
    assert_eq!(number(&status, "/ingest/frames"), cameras.sent + accepted);
    let accounting = &status["reorder"]["accounting"];
    assert_eq!(status["identity_holds"], true, "{accounting}");
    for (outcome, expected) in
        [("quarantined", outside), ("late", late), ("refused", strangers), ("duplicate", 0), ("overflowed", 0)]
    {
        assert_eq!(number(accounting, &format!("/{outcome}")), expected, "{outcome}: {accounting}");
        let line = format!("pitchguard_reorder_frames_total{{outcome=\"{outcome}\"}} {expected}\n");
        assert!(metrics.contains(&line), "{line} not in:\n{metrics}");
    }
    assert!(metrics.contains("pitchguard_reorder_unaccounted 0\n"), "{metrics}");
    let score = score_of(&daemon, cameras.stadium.truth());
    assert_eq!((score.found, score.invented), (10, 0), "{score}");
    assert!(daemon.rss_bytes() < 200_000_000, "{} bytes", daemon.rss_bytes());
    let (status, log) = daemon.terminate();
    assert!(status.success() && !log.contains("panicked"), "{log}");
}

#[test]
fn a_flood_from_one_camera_grows_no_memory_and_what_comes_after_it_is_found() {
    const FLOOD: u32 = 1_200_000;
    let speed = 6.0;
    let mut rack = Rack::new();
    let mut daemon = rack.start(speed);
    let mut cameras = Cameras::new(stadium(8, daemon.now()), speed, daemon.udp);
    let plate = |cameras: &Cameras, k: usize| cameras.stadium.truth()[k].plate.0;
    cameras.play(EventNs(plate(&cameras, 2) + SECOND_NS));
    let before = daemon.rss_bytes();

    let mut wire = Wire::to(daemon.udp);
    // Of the last seconds, so that the clock fence has nothing against them.
    let from = plate(&cameras, 2) - 2 * SECOND_NS;
    let enough = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&enough);
    let flood = std::thread::spawn(move || {
        let mut rng = StdRng::seed_from_u64(6);
        let mut sent = 0;
        while sent < FLOOD && !told.load(Ordering::Relaxed) {
            let (u, v) = (rng.random_range(0.0..1900.0), rng.random_range(0.0..1200.0));
            wire.send(&ball(WILD, 1 << 30 | sent, from + u64::from(sent) * 4_000, u, v));
            sent += 1;
        }
        wire.flush();
        sent
    });
    cameras.play(EventNs(plate(&cameras, 5) + SECOND_NS));
    enough.store(true, Ordering::Relaxed);
    let flooded = flood.join().expect("the flood does not panic");
    cameras.play_out();
    let after = daemon.wait_for("the flood is swallowed", |r| {
        let status = r.status();
        let frames = number(&status, "/ingest/frames");
        (number(&status, "/reorder/accounting/received") == frames && frames > cameras.sent).then_some(status)
    });
    let (drops, grown) = (number(&after, "/ingest/kernel_drops"), daemon.rss_bytes().saturating_sub(before));
    eprintln!(
        "{flooded} frames of flood; {} taken, {drops} datagrams dropped by the kernel, {grown} bytes more",
        after["ingest"]["frames"]
    );
    assert!(daemon.rss_bytes() < 200_000_000 && grown < 30_000_000, "{} bytes, {grown} more", daemon.rss_bytes());
    assert_eq!(after["identity_holds"], true, "{after}");
    let wild = after["reorder"]["sources"].as_array().expect("an array").iter().find(|s| s["source"] == WILD);
    let wild = wild.expect("it was heard");
    assert!(number(wild, "/accounting/overflowed") > 0, "its quota ended: {wild}");
    let of_others = number(&after, "/reorder/accounting/overflowed") - number(wild, "/accounting/overflowed");
    assert_eq!(of_others, 0, "nobody else lost room");

    let score = score_of(&daemon, cameras.stadium.truth());
    assert_eq!(score.invented, 0, "{score}");
    let missed: Vec<u64> = score.missed.iter().map(|t| t.release.0).collect();
    let during = plate(&cameras, 1)..plate(&cameras, 5);
    assert!(missed.iter().all(|release| drops > 0 && during.contains(release)), "{score}");
    let (status, log) = daemon.terminate();
    assert!(status.success() && !log.contains("panicked"), "{log}");
}

/// Plays an evening with something wrong in it; `change` sees every frame in order of arrival and says what leaves
/// instead, by path.
fn evening(paths: usize, mut change: impl FnMut(Delivery, &mut Vec<(usize, Delivery)>)) -> (Rehearsed, Vec<Thrown>) {
    let venue = Venue::busch_iii();
    let stadium = stadium(12, Settings::default().start);
    let truth = stadium.truth().to_vec();
    let mut deliveries = Vec::new();
    for delivery in stadium {
        change(delivery, &mut deliveries);
    }
    deliveries.sort_by_key(|(_, d)| d.arrival);
    let played = rehearse(&venue, &Config::default(), deliveries.into_iter(), paths);
    assert!(played.counts.balanced() && played.counts.held == 0, "{:?}", played.counts);
    let score = Score::of(&truth, played.pitches());
    assert_eq!((score.found, score.invented), (truth.len(), 0), "{score}");
    (played, truth)
}

/// When the fifth pitch of [`evening`] has crossed the plate, and the sixth is not thrown.
fn half_time() -> u64 {
    stadium(12, Settings::default().start).truth()[4].plate.0 + SECOND_NS
}

#[test]
fn a_camera_whose_clock_steps_costs_no_pitch_and_makes_none() {
    let half_time = half_time();
    for step_s in [3_i64, -3, 100, -100] {
        let (played, _) = evening(1, |mut d, out| {
            if d.source == WILD && d.event.0 >= half_time {
                d.event.0 = d.event.0.wrapping_add_signed(step_s * SECOND_NS as i64);
            }
            out.push((0, d));
        });
        let wild = played.source(WILD);
        eprintln!("{step_s} s: {:?}", played.counts);
        assert_eq!(played.counts.quarantined, wild.quarantined, "{step_s} s: the others' clocks are right");
        assert_eq!(wild.quarantined > 0, step_s.abs() == 100, "{step_s} s: {wild:?}");
        assert_eq!(played.counts.late, wild.late, "{step_s} s: nobody else was late");
        assert_eq!(played.counts.epochs, 0, "{step_s} s: one camera's clock restarts no watermark");
    }
}

#[test]
fn a_restarted_camera_is_a_new_incarnation_and_no_duplicate() {
    let half_time = half_time();
    let after = |d: &Delivery| d.source == WILD && d.event.0 >= half_time;
    let first = stadium(12, Settings::default().start).filter(after).map(|d| d.seq).min().expect("it sends");
    let (played, _) = evening(1, |mut d, out| {
        if after(&d) {
            d.seq -= first;
        }
        out.push((0, d));
    });
    assert_eq!((played.source(WILD).restarts, played.counts.duplicate), (1, 0));
    let restarts: u64 = played.sources.iter().map(|s| s.restarts).sum();
    assert_eq!(restarts, 1, "nobody else restarted");
}

#[test]
fn a_source_on_two_paths_is_heard_on_the_first_and_the_other_is_counted() {
    let mut copies = 0;
    let (played, _) = evening(2, |d, out| {
        out.push((0, d));
        if d.source == WILD {
            copies += 1;
            out.push((1, Delivery { arrival: BoxNs(d.arrival.0 + 1_000_000), ..d }));
        }
    });
    assert_eq!((played.counts.refused, played.source(WILD).refused), (copies, copies));
    assert_eq!((played.counts.duplicate, played.counts.late), (0, 0));
}

#[test]
fn a_box_whose_stamps_step_ahead_loses_no_pitch_once_the_clocks_are_known_again() {
    // Nothing is in the air, and all frames of the fifth pitch are there.
    let quiet = stadium(12, Settings::default().start).truth()[4].plate.0 + 4 * SECOND_NS;
    let (played, _) = evening(1, |mut d, out| {
        if d.arrival.0 >= quiet {
            d.arrival.0 += 100 * SECOND_NS;
        }
        out.push((0, d));
    });
    eprintln!("{:?}", played.counts);
    assert!(played.counts.quarantined < 200, "until the median camera was heard again: {:?}", played.counts);
}

#[test]
fn a_flood_of_a_million_and_a_half_balls_from_one_camera_costs_no_pitch() {
    const FLOOD: u64 = 1_500_000;
    let venue = Venue::busch_iii();
    let stadium = stadium(12, Settings::default().start);
    let truth = stadium.truth().to_vec();
    let from = truth[3].release.0 - SECOND_NS;
    let to = truth[7].release.0;
    let step = (to - from) / FLOOD;
    let mut rng = StdRng::seed_from_u64(7);
    let mut flood = (0..FLOOD)
        .map(|n| {
            let event = from + n * step;
            let wild =
                ball(WILD, 1 << 30 | n as u32, event, rng.random_range(0.0..1900.0), rng.random_range(0.0..1200.0));
            Delivery { arrival: BoxNs(event + 3 * SECOND_NS), ..wild }
        })
        .peekable();
    let mut stadium = stadium.peekable();
    let mut sent = 0;
    let merged = std::iter::from_fn(|| {
        let wild_first = match (flood.peek(), stadium.peek()) {
            (Some(wild), Some(good)) => wild.arrival < good.arrival,
            (wild, _) => wild.is_some(),
        };
        let next = if wild_first { flood.next() } else { stadium.next() };
        sent += u64::from(next.is_some());
        next.map(|d| (0, d))
    });
    let played = rehearse(&venue, &Config::default(), merged, 1);
    assert!(played.counts.balanced() && played.counts.received == sent, "{sent}: {:?}", played.counts);
    let wild = played.source(WILD);
    assert_eq!(played.counts.overflowed, wild.overflowed, "nobody else lost room");
    assert!(wild.overflowed > FLOOD / 2, "{wild:?}");
    let score = Score::of(&truth, played.pitches());
    assert_eq!((score.found, score.invented), (truth.len(), 0), "{score}");
}
