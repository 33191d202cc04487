//! The stadium through a real socket: everything sent arrives, in whole datagrams, and the truth is written down.

use std::collections::HashSet;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use firmware_protocol::{Authentication, Body, MarkKind, frames};
use pitchguard::cli::simulate::{Args, simulate};
use pitchguard::ids::EventNs;
use pitchguard::ingest::KeyRing;
use pitchguard::simulate::{Game, Scenario, SendError, Settings, Stadium, sender};
use pitchguard::tracking::venue::Venue;

#[derive(Debug, clap::Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn args(line: &str) -> Args {
    <Cli as clap::Parser>::try_parse_from(line.split_whitespace()).expect("good arguments").args
}

/// A socket whose datagrams are kept until the sender is done.
struct Receiver {
    to: std::net::SocketAddr,
    done: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Vec<Vec<u8>>>,
}

impl Receiver {
    fn start() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
        // As much as the kernel gives: a busy machine may keep the receiving thread waiting for a while.
        socket2::SockRef::from(&socket).set_recv_buffer_size(4 << 20).expect("capped, not refused");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout above zero");
        let to = socket.local_addr().expect("bound");
        let done = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&done);
        let thread = std::thread::spawn(move || {
            let mut kept = Vec::new();
            let mut buffer = [0; 2048];
            loop {
                let last = told.load(Ordering::Relaxed);
                match socket.recv(&mut buffer) {
                    Ok(n) => kept.push(buffer[..n].to_vec()),
                    Err(_) if last => return kept,
                    Err(_) => {}
                }
            }
        });
        Self { to, done, thread }
    }

    fn finish(self) -> Vec<Vec<u8>> {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().expect("the receiver does not panic")
    }
}

#[test]
fn everything_sent_arrives_and_the_truth_is_written() {
    let receiver = Receiver::start();
    let folder = tempfile::tempdir().expect("a scratch folder");
    let truth = folder.path().join("truth.jsonl");
    let line = format!(
        "simulate --scenario closer --pitches 4 --pace 4 --speed 10 --to {} --truth {}",
        receiver.to,
        truth.display()
    );
    let mut said = Vec::new();
    let sent = simulate(&args(&line), &AtomicBool::new(false), &mut said).expect("loopback takes it");
    let datagrams = receiver.finish();
    let said = String::from_utf8(said).expect("text");

    let mut releases = HashSet::new();
    let mut seen = 0;
    for datagram in &datagrams {
        assert!(datagram.len() <= 1472);
        for frame in frames(datagram, Authentication::Off) {
            let frame = frame.expect("every frame is well made");
            seen += 1;
            if let Body::Mark(mark) = frame.body
                && mark.what == MarkKind::PitchReleased
            {
                releases.insert(frame.event_time_ns);
            }
        }
    }
    assert_eq!((seen, datagrams.len() as u64), (sent.frames, sent.datagrams));
    assert!(!sent.stopped && sent.unheard == 0, "{sent:?}");
    assert!(sent.frames > 2 * sent.datagrams, "frames due together share a datagram: {sent:?}");

    let text = std::fs::read_to_string(&truth).expect("written");
    let rows: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!((rows.len(), sent.pitches), (4, 4));
    assert!(rows.iter().all(|row| releases.contains(&row["release_ns"].as_u64().expect("ns"))));
    assert!(rows.iter().all(|row| row["plate_z"].is_f64() && row["pitcher"] == 900_021));
    assert_eq!(said.lines().count(), 6, "a heading, a line a pitch, a summary:\n{said}");
    assert!(said.contains("Marcus Bellweather") && said.contains("Done: 4 pitches"), "{said}");
}

#[test]
fn an_interrupt_ends_it_early_with_a_summary() {
    let receiver = Receiver::start();
    let stop = AtomicBool::new(true);
    let mut said = Vec::new();
    let line = format!("simulate --scenario bullpen --to {}", receiver.to);
    let sent = simulate(&args(&line), &stop, &mut said).expect("loopback takes it");
    assert!(sent.stopped && sent.pitches == 0, "{sent:?}");
    assert!(String::from_utf8_lossy(&said).contains("Stopped after 0 pitches"));
    receiver.finish();
}

#[test]
fn frames_are_signed_with_their_sources_key() {
    let key = |source: u8| format!("{source}, {}", format!("{source:02x}").repeat(32));
    let keys = (1..=63).map(key).collect::<Vec<_>>().join("\n");
    let ring = KeyRing::parse(&keys).expect("good keys");
    let receiver = Receiver::start();
    let settings = Settings { pitches_max: Some(1), tail_s: 1.0, ..Settings::quiet() };
    let mut stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Bullpen), settings);
    let stop = AtomicBool::new(false);
    let sent = sender::send(&mut stadium, receiver.to, Some(&ring), Instant::now(), 50.0, &stop, |_, _| ());
    let sent = sent.expect("loopback takes it");
    let datagrams = receiver.finish();
    let keys = ring.current();
    let verified = |d: &Vec<u8>| frames(d, Authentication::Required(&**keys)).flatten().count();
    assert_eq!(datagrams.iter().map(verified).sum::<usize>() as u64, sent.frames);

    let one = KeyRing::parse(&format!("1, {}", "ab".repeat(32))).expect("a good key");
    let mut again = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Bullpen), Settings::quiet());
    let nowhere = ([127, 0, 0, 1], 9).into();
    let refused = sender::send(&mut again, nowhere, Some(&one), Instant::now(), 1e6, &stop, |_, _| ());
    assert!(matches!(refused, Err(SendError::NoKey(_))), "{refused:?}");
}

#[test]
fn nobody_listening_is_counted_and_survived() {
    let gone = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback").local_addr().expect("bound");
    let settings =
        Settings { start: EventNs(1_700_000_000_000_000_000), pitches_max: Some(1), tail_s: 1.0, ..Settings::quiet() };
    let mut stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Bullpen), settings);
    let stop = AtomicBool::new(false);
    let sent = sender::send(&mut stadium, gone, None, Instant::now(), 50.0, &stop, |_, _| ()).expect("survived");
    assert!(sent.unheard > 0 && sent.pitches == 1, "{sent:?}");
}
