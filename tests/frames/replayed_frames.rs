//! Signed frames that somebody recorded and sends again, to another run of the box: after a stop, a kill, a day, a rotation of
//! keys, a restored backup. No pitch changes, none appears, and each frame is counted as refused.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::daemon_support::{Rack, Running, frame, short_game};
use firmware_protocol::{MAX_DATAGRAM, encode};
use pitchguard::ids::{BoxNs, EventNs};
use serde_json::Value;

const OLD_KEY: [u8; 32] = [0x5a; 32];
const NEW_KEY: [u8; 32] = [0xa5; 32];
const HOUR_NS: u64 = 3_600_000_000_000;

fn hex(key: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    key.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes everything");
        hex
    })
}

/// A box that requires signed frames, or one that takes any.
struct Signed {
    rack: Rack,
    sources: Vec<u8>,
    key: Option<[u8; 32]>,
}

impl Signed {
    fn new(sources: Vec<u8>) -> Self {
        let rack = Rack::new();
        let signed = Self { rack, sources, key: Some(OLD_KEY) };
        signed.keys(&[OLD_KEY]);
        let config = fs::read_to_string(signed.rack.config()).expect("it has one");
        let keys = signed.rack.path("keys");
        let more = format!("{config}[ingest]\nauth = \"required\"\nkeys_file = \"{}\"\n", keys.display());
        fs::write(signed.rack.config(), more).expect("written");
        signed
    }

    fn unsigned(sources: Vec<u8>) -> Self {
        Self { rack: Rack::new(), sources, key: None }
    }

    fn keys(&self, keys: &[[u8; 32]]) {
        use std::os::unix::fs::PermissionsExt;
        let lines =
            self.sources.iter().flat_map(|source| keys.iter().map(move |key| format!("{source} {}\n", hex(key))));
        fs::write(self.rack.path("keys"), lines.collect::<String>()).expect("written");
        fs::set_permissions(self.rack.path("keys"), fs::Permissions::from_mode(0o600)).expect("ours");
    }

    fn said(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.rack.output(arguments);
        assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8_lossy(&stdout).into_owned()
    }

    /// Starts it at that moment, sends it what was recorded, and sees that nothing of it is believed. Gives what it logged.
    fn replay(&mut self, at: u64, recorded: &[Vec<u8>], case: &str) -> String {
        let mut running = self.rack.start_at(1.0, BoxNs(at));
        let before = running.pitches();
        // After a kill those that the journal had.
        let received = running.status()["reorder"]["accounting"]["received"].clone();
        send(recorded, running.udp);
        heard(&mut running, recorded.len());
        let status = running.status();
        let heard = status["ingest"]["datagrams"].as_u64().expect("a number");
        assert_eq!(status["ingest"]["refused"]["replayed"].as_u64(), Some(heard), "{case}: {}", status["ingest"]);
        assert_eq!(status["reorder"]["accounting"]["received"], received, "{case}");
        assert_eq!(status["store"]["finals_kept"], 0, "{case}");
        // Long enough for a pitch to be final, if there were one.
        sleep(Duration::from_secs(1));
        assert_eq!(running.pitches(), before, "{case}");
        let (status, log) = running.terminate();
        assert!(status.success(), "{log}");
        let told = ["pitchguard source reset", "heard before the last start"];
        assert!(told.iter().any(|words| log.contains(words)), "{case}: {log}");
        log
    }
}

/// Waits until it has heard so many datagrams, or knows that the kernel dropped them.
fn heard(running: &mut Running, datagrams: usize) {
    running.wait_for("every datagram is heard", |r| {
        let ingest = &r.status()["ingest"];
        let known = ingest["datagrams"].as_u64()? + ingest["kernel_drops"].as_u64()?;
        (known >= datagrams as u64).then_some(())
    });
}

fn send(recorded: &[Vec<u8>], to: SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    for (number, datagram) in recorded.iter().enumerate() {
        socket.send_to(datagram, to).expect("loopback takes it");
        if number % 50 == 0 {
            sleep(Duration::from_millis(2));
        }
    }
}

/// Plays a short game with signed frames, and gives them as somebody on the wire records them, with the moment of its end.
fn play(signed: &Signed, running: &mut Running) -> (Vec<Vec<u8>>, EventNs) {
    let stadium = short_game(5, running.now(), 2);
    let (start, end) = (stadium.start(), stadium.end());
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let (began, mut recorded) = (Instant::now(), Vec::new());
    for delivery in stadium {
        if !signed.sources.contains(&delivery.source) {
            continue;
        }
        let due = began + Duration::from_nanos(delivery.arrival.0.saturating_sub(start.0));
        sleep(due.saturating_duration_since(Instant::now()));
        let mut datagram = [0; MAX_DATAGRAM];
        let length = encode(&frame(&delivery), signed.key.as_ref(), &mut datagram).expect("it fits");
        socket.send_to(&datagram[..length], running.udp).expect("loopback takes it");
        recorded.push(datagram[..length].to_vec());
    }
    running.wait_for("the pitches are final and kept", |r| {
        let pitches = r.pitches();
        let settled = pitches.len() >= 2 && pitches.iter().all(|pitch| pitch["state"] == "final");
        (settled && r.status()["store"]["queued"] == 0).then_some(())
    });
    (recorded, end)
}

#[test]
fn recorded_frames_are_refused_by_every_later_run() {
    let mut signed = Signed::new((1..=48).collect());
    let mut running = signed.rack.start(1.0);
    let backup_before = signed.said(&["backup"]).lines().next().expect("its path").to_owned();
    let (recorded, end) = play(&signed, &mut running);
    assert_eq!(running.status()["ingest"]["refused"]["replayed"].as_u64().unwrap_or(0), 0);
    let backup_after = signed.said(&["backup"]).lines().next().expect("its path").to_owned();
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");
    // Its marks are those of the end of the game.
    let at = |hours: u64| end.0 + hours * HOUR_NS;
    let old = recorded;

    // Nearer than a straggler is late: only what was heard itself tells.
    let log = signed.replay(end.0 + 8_000_000_000, &old, "seconds after the stop");
    assert!(log.contains("heard before the last start"), "{log}");

    let listed = signed.said(&["source", "list"]);
    assert!(listed.lines().any(|line| line.starts_with("3 ")), "{listed}");
    // Heartbeats of an hour later move the marks beyond all of it.
    let mut running = signed.rack.start_at(1.0, BoxNs(at(1)));
    let beats: Vec<Vec<u8>> = (0..20).flat_map(|nth| heartbeats(&signed.sources, at(1) + nth * 100_000_000)).collect();
    send(&beats, running.udp);
    running.swallow(beats.len() as u64);
    // A kill: how far they came is kept every ten seconds besides.
    running.wait_for("the marks are kept", |r| {
        sleep(Duration::from_millis(500));
        (r.now().0 > at(1) + 12_000_000_000).then_some(())
    });
    running.kill();
    signed.replay(at(2), &old, "after a kill");
    signed.replay(at(22), &old, "the day after");
    signed.keys(&[NEW_KEY, OLD_KEY]);
    signed.replay(at(24), &old, "after a rotation of keys");
    signed.said(&["restore", "--replace", &backup_after]);
    signed.replay(at(26), &old, "after a restore");
    signed.said(&["restore", "--replace", &backup_before]);
    // What gives up its place is named by the second.
    sleep(Duration::from_millis(1100));
    signed.said(&["restore", "--replace", &backup_before]);
    signed.replay(at(28), &old, "after a restore of a backup of before the game, twice");

    // A person may have a camera believed anew, through the daemon, and it is kept that somebody did.
    let mut running = signed.rack.start_at(1.0, BoxNs(at(30)));
    let earlier: Vec<Vec<u8>> = (0..3).flat_map(|nth| heartbeats(&[3], end.0 - HOUR_NS + nth * 100_000_000)).collect();
    send(&earlier, running.udp);
    running.wait_for("they are refused", |r| (r.status()["ingest"]["refused"]["replayed"] == 3).then_some(()));
    let said = signed.said(&["source", "reset", "3"]);
    assert!(said.contains("forgotten"), "{said}");
    sleep(Duration::from_secs(1));
    send(&earlier, running.udp);
    running.swallow(3);
    let (status, log) = running.terminate();
    assert!(status.success() && log.contains("is forgotten, as somebody asked for"), "{log}");
    let listed = signed.said(&["source", "list"]);
    assert!(listed.contains("forgotten at"), "{listed}");
    assert!(!signed.rack.output(&["source", "reset", "62"]).status.success(), "it has no mark");
}

/// Starts the box at that moment, sends it what was recorded, and sees that no pitch changes and none appears.
fn in_vain(signed: &mut Signed, at: u64, recorded: &[Vec<u8>], case: &str) {
    let mut running = signed.rack.start_at(1.0, BoxNs(at));
    let before = running.pitches();
    let thrown = |running: &Running| -> Vec<(Value, Value)> {
        let all = running.get("/api/readiness");
        let of = |one: &Value| (one["pitcher"].clone(), one["pitches"].clone());
        all["readiness"].as_array().expect("a list").iter().map(of).collect()
    };
    let active = thrown(&running);
    assert!(before.len() >= 2, "{case}: {before:?}");
    send(recorded, running.udp);
    heard(&mut running, recorded.len());
    let kept = running.wait_for("throws of before are refused and counted", |r| {
        sleep(Duration::from_millis(200));
        r.status()["store"]["finals_kept"].as_u64().filter(|kept| *kept > 0)
    });
    // Until what is found would be final.
    sleep(Duration::from_secs(14));
    let status = running.status();
    assert!(status["store"]["finals_kept"].as_u64() >= Some(kept), "{case}");
    assert_eq!(running.pitches(), before, "{case}");
    assert_eq!(thrown(&running), active, "{case}");
    assert_eq!(status["pitches"]["final"], 0, "{case}: {}", status["pitches"]);
    let (status, log) = running.terminate();
    assert!(status.success() && log.contains("old frames come again"), "{case}: {log}");
}

#[test]
fn recorded_frames_make_no_second_pitch_where_nothing_but_the_store_knows_that_they_are_old() {
    let mut any = Signed::unsigned((1..=48).collect());
    let mut running = any.rack.start(1.0);
    let (recorded, end) = play(&any, &mut running);
    let pitches = running.pitches();
    let backup = any.said(&["backup"]).lines().next().expect("its path").to_owned();
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");

    // Within ten seconds: each is one that was heard, whoever may send unsigned ones.
    let mut running = any.rack.start_at(1.0, BoxNs(end.0 + 10_000_000_000));
    send(&recorded, running.udp);
    heard(&mut running, recorded.len());
    let ingest = running.status()["ingest"].clone();
    let refused = ingest["refused"]["replayed"].as_u64().expect("a number");
    // Where the game is longer than what is looked back for, its beginning is let in, and makes no pitch.
    assert!(refused > recorded.len() as u64 / 2, "{refused} of {}: {ingest}", recorded.len());
    let told = &ingest["last_refused"][0];
    assert!(told["from"].as_str().is_some_and(|from| from.starts_with("127.0.0.1:")), "{told}");
    assert!(told["why"].as_str().is_some_and(|why| why.contains("heard before the last start")), "{told}");
    sleep(Duration::from_secs(14));
    assert_eq!(running.pitches(), pitches, "within ten seconds");
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");

    in_vain(&mut any, end.0 + 22 * HOUR_NS, &recorded, "the day after");
    any.said(&["restore", "--replace", &backup]);
    in_vain(&mut any, end.0 + 24 * HOUR_NS, &recorded, "after a restore");
    // Three cameras' frames of it alone, from the middle of the game on.
    let half = &recorded[recorded.len() / 3..];
    in_vain(&mut any, end.0 + 26 * HOUR_NS, half, "a part of them");
}

#[test]
fn signed_frames_of_which_nobody_remembers_how_far_their_sources_came_make_no_second_pitch() {
    let mut signed = Signed::new((1..=48).collect());
    let mut running = signed.rack.start(1.0);
    let (recorded, end) = play(&signed, &mut running);
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");
    let known = signed.said(&["source", "list"]);
    for source in known.lines().filter_map(|line| line.split_whitespace().next()?.parse::<u8>().ok()) {
        signed.said(&["source", "reset", &source.to_string()]);
    }
    signed.keys(&[NEW_KEY, OLD_KEY]);
    in_vain(&mut signed, end.0 + 24 * HOUR_NS, &recorded, "forgotten marks, and a rotation of keys");
}

fn heartbeats(sources: &[u8], event_ns: u64) -> Vec<Vec<u8>> {
    use firmware_protocol::{Body, Frame, Health, SourceId};
    let health =
        Health { temperature_centi_c: 2500, vibration_milli_g: 1, dropped: 0, clock_offset_ns: 0, exposure_ns: 0 };
    let beat = |source: &u8| {
        let frame = Frame {
            source: SourceId::new(*source).expect("it exists"),
            seq: (event_ns / 100_000_000) as u32,
            event_time_ns: event_ns,
            clock_locked: true,
            authenticated: false,
            body: Body::Health(health),
        };
        let mut datagram = [0; MAX_DATAGRAM];
        let length = encode(&frame, Some(&OLD_KEY), &mut datagram).expect("it fits");
        datagram[..length].to_vec()
    };
    sources.iter().map(beat).collect()
}
