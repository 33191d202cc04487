//! `kill -9` at random moments of a game, the socket held open meanwhile: what is known afterwards is what an uninterrupted
//! run over the same frames knows.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::thread::sleep;
use std::time::Duration;

use crate::common::full;
use crate::daemon_support::{Cameras, Rack, short_game};
use crate::journal_support::{last_pitches, last_readiness, replay};
use pitchguard::ids::{EventNs, MoundId, PitcherId};
use pitchguard::readiness::Readiness;
use pitchguard::records::JOURNAL_GAP;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

const SEED: u64 = 71;
/// What must be the same.
const FIELDS: [&str; 9] =
    ["state", "pitcher", "pitch_number", "release_speed", "plate_x", "plate_z", "release_pos_z", "pfx_x", "pfx_z"];

#[test]
fn a_game_with_kills_ends_as_one_without() {
    let (kills, pitches) = if full() { (200, 120) } else { (20, 12) };
    let mut rack = Rack::new();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let to = socket.local_addr().expect("bound");
    let mut running = rack.start_held(&socket);
    let settings = Settings {
        seed: SEED,
        start: EventNs(running.now().0),
        cameras: Some(vec![1, 2, 3, 4, 5]),
        pitches_max: Some(pitches),
        pace_s: 6.0,
        break_s: 12.0,
        tail_s: 12.0,
        ..Settings::quiet()
    };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let truth = stadium.truth().to_vec();
    let end = stadium.end();
    let length_s = (stadium.end().0 - stadium.start().0) as f64 * 1e-9;
    let sender = std::thread::spawn(move || {
        let mut cameras = Cameras::new(stadium, 1.0, to);
        cameras.play_out();
    });

    let mut rng = StdRng::seed_from_u64(SEED);
    let mut recovered = 0;
    let mean_s = length_s / f64::from(kills);
    for kill in 0..kills {
        sleep(Duration::from_secs_f64(rng.random_range(0.2..2.0) * (mean_s - 0.8).max(0.4)));
        running.kill();
        running = rack.start_held(&socket);
        recovered += usize::from(running.log().contains("gone on from the journal"));
        eprintln!("kill {kill}: {}", running.status()["journal"]);
    }
    sender.join().expect("all is sent");
    let kept = running.wait_for("every pitch is final and kept", |r| {
        let pitches = r.pitches();
        let over = r.now().0 > end.0 + 14_000_000_000;
        let settled = over && pitches.iter().all(|p| p["state"] == "final");
        (settled && r.status()["store"]["queued"] == 0).then_some(pitches)
    });
    let readiness: Vec<Value> = running.get("/api/readiness")["readiness"].as_array().cloned().unwrap_or_default();
    let status = running.status();
    let identity = status["identity_holds"].clone();
    // What the held socket had no room for, in all runs: the kernel counts by socket.
    let dropped = status["ingest"]["kernel_drops"].as_u64().expect("a number");
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");
    assert_eq!(identity, true);
    assert_eq!(recovered, kills as usize, "every start went on from the journal");

    let oracle = replay(&Venue::busch_iii(), &rack.store().join("journal"), None);
    let told = last_pitches(&oracle);
    let by_id: BTreeMap<u64, &Value> = kept.iter().map(|p| (id_of(p), p)).collect();
    let gaps = kept.iter().filter(|p| is_flagged(p)).count();
    eprintln!(
        "{} thrown, {} kept, {} in the uninterrupted run, {gaps} touch a gap",
        truth.len(),
        kept.len(),
        told.len()
    );
    let mut differences = Vec::new();
    for (id, record) in &told {
        let Some(kept) = by_id.get(id) else {
            assert!(record.flags.iter().any(|flag| flag == JOURNAL_GAP), "{id} is missing and touches no gap");
            continue;
        };
        let uninterrupted = serde_json::to_value(record).expect("plain data");
        let differing: Vec<_> = FIELDS.iter().filter(|field| kept[**field] != uninterrupted[**field]).collect();
        if !differing.is_empty() {
            let number = kept["pitch_number"].as_u64();
            eprintln!("{id} {number:?} flags {} and {:?}:", kept["flags"], record.flags);
            for field in differing {
                eprintln!("    {field}: {} and {}", kept[*field], uninterrupted[*field]);
            }
            if !is_flagged(kept) {
                differences.push(*id);
            }
        }
    }
    assert!(differences.is_empty(), "touch no gap, and are not as in the uninterrupted run: {differences:?}");
    for pitch in &kept {
        let id = id_of(pitch);
        assert!(told.contains_key(&id) || is_flagged(pitch), "{id} is in no uninterrupted run and touches no gap");
    }
    for thrown in &truth {
        let near = |p: &&Value| release_ns(p).abs_diff(thrown.release.0) < 250_000_000;
        let found: Vec<_> = kept.iter().filter(near).collect();
        if found.is_empty() && dropped > 0 {
            continue;
        }
        assert!(!found.is_empty(), "the pitch at {} is lost", thrown.release.0);
        assert!(found.len() == 1 || found.iter().any(|p| is_flagged(p)), "it is there {} times", found.len());
        assert!(found.iter().any(|p| p["state"] == "final"), "{found:?}");
    }
    assert_same_readiness(&readiness, &last_readiness(&oracle), gaps > 0);
    assert!(!readiness.is_empty());
}

/// As a daemon is that nobody hands sockets to: what comes while it is down is lost, and pitches in the air are seen in part. Each
/// is there once all the same, and counts once for who threw it.
#[test]
fn no_pitch_is_counted_twice_where_no_socket_is_held() {
    let (kills, pitches) = if full() { (250, 150) } else { (10, 8) };
    killed_without_a_socket(kills, pitches, &[]);
}

/// The same where nothing of before can be gone on from.
#[test]
fn no_pitch_is_counted_twice_or_stays_provisional_without_a_journal() {
    let (kills, pitches) = if full() { (250, 150) } else { (5, 4) };
    killed_without_a_socket(kills, pitches, &[("PITCHGUARD_JOURNAL__ENABLED", "false")]);
}

fn killed_without_a_socket(kills: u32, pitches: usize, environment: &[(&str, &str)]) {
    let seed = crate::common::seed(SEED);
    let mut rack = Rack::new();
    let port = UdpSocket::bind("127.0.0.1:0").expect("loopback").local_addr().expect("bound");
    let port_text = port.to_string();
    let environment = [environment, &[("PITCHGUARD_INGEST__UDP_LISTEN", port_text.as_str())]].concat();
    let mut running = rack.start_with(1.0, &environment);
    let settings = Settings {
        seed,
        start: EventNs(running.now().0),
        cameras: Some(vec![1, 2, 3, 4, 5]),
        pitches_max: Some(pitches),
        pace_s: 6.0,
        break_s: 8.0,
        tail_s: 12.0,
        ..Settings::quiet()
    };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let (truth, end) = (stadium.truth().to_vec(), stadium.end());
    let mean_s = (stadium.end().0 - stadium.start().0) as f64 * 1e-9 / f64::from(kills);
    let sender = std::thread::spawn(move || Cameras::new(stadium, 1.0, port).play_out());
    let mut rng = StdRng::seed_from_u64(seed);
    for kill in 0..kills {
        sleep(Duration::from_secs_f64(rng.random_range(0.2..2.0) * (mean_s - 0.8).max(0.4)));
        running.kill();
        running = rack.start_with(1.0, &environment);
        let counted: u64 = running.get("/api/readiness")["readiness"]
            .as_array()
            .map_or(0, |all| all.iter().filter_map(|one| one["pitches"].as_u64()).sum());
        let thrown = truth.iter().filter(|thrown| thrown.release.0 < running.now().0).count();
        assert!(counted <= thrown as u64, "kill {kill}: {counted} counted of {thrown} thrown");
    }
    sender.join().expect("all is sent");
    let kept = running.wait_for("every pitch is final and kept", |r| {
        let pitches = r.pitches();
        let settled = r.now().0 > end.0 + 14_000_000_000 && pitches.iter().all(|p| p["state"] == "final");
        (settled && r.status()["store"]["queued"] == 0).then_some(pitches)
    });
    let mut found = 0;
    for thrown in &truth {
        let near: Vec<_> = kept.iter().filter(|p| release_ns(p).abs_diff(thrown.release.0) < 1_500_000_000).collect();
        assert!(near.len() <= 1, "the pitch at {} is there {} times: {near:?}", thrown.release.0, near.len());
        found += near.len();
    }
    assert_eq!(found, kept.len(), "nothing is there that nobody threw");
    let counted: u64 = running.get("/api/readiness")["readiness"]
        .as_array()
        .map_or(0, |all| all.iter().filter_map(|one| one["pitches"].as_u64()).sum());
    let somebodys = kept.iter().filter(|p| !p["pitcher"].is_null()).count();
    eprintln!("{} thrown, {found} found, {somebodys} of somebody, {counted} counted", truth.len());
    assert_eq!(counted, somebodys as u64);
}

/// Without a journal there is no going on: what was provisional when the box was killed is final with what there was of it.
#[test]
fn a_pitch_that_a_kill_left_provisional_is_final_at_the_next_start_and_says_so() {
    let mut rack = Rack::new();
    let none = [("PITCHGUARD_JOURNAL__ENABLED", "false"), ("PITCHGUARD_INGEST__UDP_LISTEN", "127.0.0.1:0")];
    let mut running = rack.start_with(1.0, &none);
    let stadium = short_game(SEED, running.now(), 2);
    let truth = stadium.truth().to_vec();
    let mut cameras = Cameras::new(stadium, 1.0, running.udp);
    // Sent until the first is published, and not yet final.
    cameras.play(EventNs(truth[0].release.0 + 5_000_000_000));
    let before = running.wait_for("a pitch is provisional and kept", |r| {
        let pitches = r.pitches();
        (pitches.len() == 1 && r.status()["store"]["queued"] == 0).then_some(pitches)
    });
    assert_eq!(before[0]["state"], "provisional");
    running.kill();
    let mut running = rack.start_with(1.0, &none);
    cameras.wire.to = running.udp;
    let after = running.wait_for("it is final", |r| {
        let pitches = r.pitches();
        (pitches[0]["state"] == "final" && r.status()["store"]["queued"] == 0).then_some(pitches)
    });
    assert!(after.len() == 1 && is_flagged(&after[0]), "{after:?}");
    for field in ["id", "pitcher", "release_speed", "plate_x"] {
        assert_eq!(after[0][field], before[0][field], "{field}");
    }
    cameras.play_out();
    running.settle(2);
    let kept = running.pitches();
    assert!(kept.len() == truth.len() && kept.iter().all(|p| p["state"] == "final"), "{kept:?}");
    let (status, log) = running.terminate();
    assert!(status.success() && log.contains("left provisional"), "{log}");
}

/// The box runs an hour ahead, and is killed with pitches in flight; then its clock is right. The cameras' is another.
#[test]
fn a_clock_that_is_set_back_while_the_box_is_down_costs_no_pitch() {
    let mut rack = Rack::new();
    let mut running = rack.start_ahead(Duration::from_hours(1));
    let stadium = short_game(72, running.now(), 5);
    let truth = stadium.truth().to_vec();
    // One pitch waits to be final, and of another the first frames have come.
    let killed_at = truth[2].release.0 + 4_000_000_000;
    let mut cameras = Cameras::new(stadium, 1.0, running.udp);
    cameras.play(EventNs(killed_at));
    running.swallow(cameras.sent);
    let before = running.pitches();
    running.kill();
    let mut running = rack.start(1.0);
    assert!(running.now().0 < killed_at, "the clock was set back");
    let log = running.log();
    assert!(log.contains("clock was set:") && !log.contains("are lost"), "{log}");
    cameras.wire.to = running.udp;
    cameras.play_out();
    let kept = running.wait_for("every pitch is final and kept", |r| {
        let (pitches, status) = (r.pitches(), r.status());
        let settled = pitches.len() >= truth.len() && pitches.iter().all(|p| p["state"] == "final");
        (settled && status["store"]["queued"] == 0).then_some(pitches)
    });
    assert_eq!(running.status()["identity_holds"], true);
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");

    for thrown in &truth {
        let near = |p: &&Value| release_ns(p).abs_diff(thrown.release.0) < 250_000_000;
        let found: Vec<_> = kept.iter().filter(near).collect();
        assert_eq!(found.len(), 1, "the pitch at {}: {found:?}", thrown.release.0);
        assert_eq!(found[0]["pitcher"], thrown.pitcher.0, "whose it is");
    }
    for pitch in before.iter().filter(|p| p["state"] == "final") {
        assert!(kept.contains(pitch), "final is final: {pitch}");
    }
    let flagged = kept.iter().filter(|p| is_flagged(p)).count();
    assert!(flagged <= 2, "only what was in flight: {flagged}");

    // The journal of both runs, over the step.
    let told = last_pitches(&replay(&Venue::busch_iii(), &rack.store().join("journal"), None));
    assert_eq!(told.len(), kept.len());
    for pitch in &kept {
        let replayed = serde_json::to_value(&told[&id_of(pitch)]).expect("plain data");
        for field in ["state", "revision", "pitcher", "pitch_number", "release_speed", "plate_x", "plate_z", "flags"] {
            assert_eq!(pitch[field], replayed[field], "{field} of {}", id_of(pitch));
        }
    }
}

/// Where nothing touched a gap, everything of it is the same.
fn assert_same_readiness(readiness: &[Value], judged: &BTreeMap<(PitcherId, MoundId), Readiness>, touched: bool) {
    for own in readiness {
        let pitcher = own["pitcher"].as_u64().expect("an id") as u32;
        let mound = own["mound"].as_u64().expect("a number") as u8;
        let other = serde_json::to_value(&judged[&(PitcherId(pitcher), MoundId(mound))]).expect("plain data");
        let fields =
            ["readiness", "fatigue", "features", "pitches", "state", "last_pitch_at", "late_data_frac", "as_of"];
        for field in fields {
            assert!(own[field] == other[field] || touched, "{pitcher} {field}: {} and {}", own[field], other[field]);
        }
    }
}

fn is_flagged(pitch: &Value) -> bool {
    pitch["flags"].as_array().is_some_and(|flags| flags.iter().any(|flag| flag == JOURNAL_GAP))
}

fn release_ns(pitch: &Value) -> u64 {
    pitch["release_ns"].as_u64().unwrap_or_else(|| panic!("{pitch}"))
}

fn id_of(pitch: &Value) -> u64 {
    pitch["id"].as_u64().unwrap_or_else(|| panic!("{pitch}"))
}
