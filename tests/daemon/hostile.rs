//! Clients that mean harm, at the counts at which they once took the box down: while they are at it every pitch is found,
//! whoever behaves is answered, the command line works, and memory stays within its bound.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::daemon_support::{Cameras, Rack, Running};
use pitchguard::records::PitchRecord;
use pitchguard::simulate::{Game, Scenario, Score, Settings, Stadium};
use pitchguard::tracking::venue::Venue;
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tokio_tungstenite::tungstenite::client;

/// Unfinished heads of requests, as many as once used up every descriptor.
const HALF_OPEN: usize = 8_300;
/// Endless heads, and how long each is: once 618 MB.
const LONG_HEADS: usize = 1_500;
const LONG_HEAD_BYTES: usize = 400_000;
/// Answers that nobody reads, of one address, …
const UNREAD: usize = 400;
/// … and of as many addresses: once 163 MB.
const UNREAD_OF_MANY: usize = 1_500;
/// Live clients that ping and never read: once 2,781 MB in 13 s.
const PINGERS: usize = 4;
const PINGS: usize = 200_000;
/// Live clients of one address: once all seats.
const SEATS: usize = 300;
/// The most that the daemon's own memory may grow meanwhile, bytes, a game included: an installed one, which has 12 MB of its own
/// and 20 MB of text to begin with, stays below 64 MB. Pages of the database are the system's cache, and as many as it has to spare.
const GROWTH_MAX: u64 = 24 << 20;

fn connect(to: SocketAddr) -> Option<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, Duration::from_secs(2)).ok()?;
    stream.set_write_timeout(Some(Duration::from_millis(500))).ok()?;
    Some(stream)
}

/// Whatever the daemon does to these is its right: they are held open until they are dropped.
fn half_open(to: SocketAddr) -> Vec<TcpStream> {
    let unfinished = |mut stream: TcpStream| {
        let _ = stream.write_all(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        stream
    };
    (0..HALF_OPEN).filter_map(|_| connect(to)).map(unfinished).collect()
}

fn long_heads(to: SocketAddr) -> Vec<TcpStream> {
    let filler = vec![b'x'; LONG_HEAD_BYTES];
    let endless = |mut stream: TcpStream| {
        let _ =
            stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ").and_then(|()| stream.write_all(&filler));
        stream
    };
    (0..LONG_HEADS).filter_map(|_| connect(to)).map(endless).collect()
}

/// The loopback address of an attacker with this number.
fn address(n: usize) -> SocketAddr {
    SocketAddr::from(([127, 1, (n / 200) as u8, (n % 200) as u8 + 1], 0))
}

/// Connects from an address, with the smallest receive buffer.
fn connect_from(from: SocketAddr, to: SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
    socket.set_recv_buffer_size(4096).ok()?;
    socket.bind(&from.into()).ok()?;
    socket.connect_timeout(&to.into(), Duration::from_secs(2)).ok()?;
    socket.set_write_timeout(Some(Duration::from_millis(500))).ok()?;
    Some(TcpStream::from(socket))
}

/// Asks for the longest answer that is made anew each time, and for the longest of all, again and again, and takes none of it.
fn ask_in_vain(mut stream: TcpStream) -> Option<TcpStream> {
    let asks = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let all = (asks("/api/status") + &asks("/api/openapi.json")).repeat(20);
    stream.write_all(all.as_bytes()).ok()?;
    Some(stream)
}

fn unread(to: SocketAddr) -> Vec<TcpStream> {
    (0..UNREAD).filter_map(|_| ask_in_vain(connect_from(address(0), to)?)).collect()
}

fn unread_of_many(to: SocketAddr) -> Vec<TcpStream> {
    (0..UNREAD_OF_MANY).filter_map(|n| ask_in_vain(connect_from(address(n), to)?)).collect()
}

/// As [`half_open`], each of another address.
fn half_open_of_many(to: SocketAddr) -> Vec<TcpStream> {
    let unfinished = |n| {
        let mut stream = connect_from(address(n), to)?;
        let _ = stream.write_all(b"GET /api/status HTTP/1.1\r\nX-Slow: ");
        Some(stream)
    };
    (0..HALF_OPEN).filter_map(unfinished).collect()
}

fn web_socket(to: SocketAddr) -> Option<TcpStream> {
    let stream = connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let (socket, _) = client(format!("ws://{to}/api/live"), stream).ok()?;
    Some(socket.get_ref().try_clone().expect("a descriptor"))
}

/// Pings of 125 bytes, masked by zeros, and no read.
fn pingers(to: SocketAddr) -> Vec<TcpStream> {
    let mut ping = vec![0x89, 0xfd, 0, 0, 0, 0];
    ping.extend([b'p'; 125]);
    let many = ping.repeat(100);
    let mut sockets: Vec<TcpStream> = (0..PINGERS).filter_map(|_| web_socket(to)).collect();
    assert_eq!(sockets.len(), PINGERS, "they are let in");
    std::thread::scope(|scope| {
        for socket in &mut sockets {
            scope.spawn(|| (0..PINGS / 100).all(|_| socket.write_all(&many).is_ok()));
        }
    });
    sockets
}

/// Begins an attack, which lasts until what it holds is dropped.
type Attack = fn(SocketAddr) -> Vec<TcpStream>;

/// What somebody who behaves saw meanwhile.
#[derive(Default)]
struct Seen {
    answered: AtomicU64,
    failed: AtomicU64,
    slowest_us: AtomicU64,
}

fn behave(to: SocketAddr, over: &AtomicBool, seen: &Seen, took: &mut Vec<Duration>) {
    let client = reqwest::blocking::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
    let client = client.expect("a client");
    while !over.load(Ordering::Relaxed) {
        let since = Instant::now();
        let answer =
            client.get(format!("http://{to}/api/readiness")).send().and_then(reqwest::blocking::Response::bytes);
        let elapsed = since.elapsed();
        match answer {
            Ok(_) => seen.answered.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                eprintln!("a client that behaves, after {elapsed:?}: {error:?}");
                seen.failed.fetch_add(1, Ordering::Relaxed)
            }
        };
        seen.slowest_us.fetch_max(elapsed.as_micros() as u64, Ordering::Relaxed);
        took.push(elapsed);
        sleep(Duration::from_millis(20));
    }
}

fn count(status: &Value, pointer: &str) -> u64 {
    status.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {pointer} in {status}"))
}

#[test]
fn floods_from_one_address_and_from_many_cost_no_pitch_no_answer_no_backup_and_no_memory() {
    let mut rack = Rack::new();
    // As many as a service has unless told otherwise.
    let mut daemon: Running = rack.start_with_descriptors(1024);
    let to = daemon.http;
    let start = daemon.now();
    let settings = Settings { seed: 21, start, pace_s: 4.0, pitches_max: Some(5), ..Settings::quiet() };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let truth = stadium.truth().to_vec();
    let mut cameras = Cameras::new(stadium, 1.0, daemon.udp);
    let (over, seen, mut took) = (AtomicBool::new(false), Seen::default(), Vec::new());
    // From when it has what it keeps: buffers come with the merge thread's first steps.
    let stands = |daemon: &Running| {
        let bytes = daemon.own_bytes();
        sleep(Duration::from_secs(1));
        (daemon.own_bytes() < bytes + (1 << 20)).then_some(bytes)
    };
    let before = daemon.wait_for("its memory to stand", stands);
    let (sent, verbs, most) = std::thread::scope(|scope| {
        let playing = scope.spawn(|| {
            cameras.play_out();
            cameras.sent
        });
        scope.spawn(|| behave(to, &over, &seen, &mut took));
        let verbs = scope.spawn(|| {
            let mut done = 0;
            while !over.load(Ordering::Relaxed) {
                for verb in [&["status", "--json", "--url", &format!("http://{to}")][..], &["backup"], &["key", "list"]]
                {
                    let output = rack.output(verb);
                    // The status ends by what there is to look at: the cameras that this game has not.
                    let [said, told] = [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned());
                    // A disk of which less than a twentieth is free takes no backup, which is said as well.
                    let answered =
                        output.status.success() || said.starts_with('{') || told.contains("no room for a backup");
                    assert!(answered, "{verb:?}: {told}");
                    done += 1;
                }
                sleep(Duration::from_secs(1));
            }
            done
        });
        let memory = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Ordering::Relaxed) {
                most = most.max(daemon.own_bytes());
                sleep(Duration::from_millis(10));
            }
            most
        });
        let attacks: [(&str, Attack); 7] = [
            ("half-open heads", half_open),
            ("long heads", long_heads),
            ("unread answers", unread),
            ("unread answers of many addresses", unread_of_many),
            ("half-open heads of many addresses", half_open_of_many),
            ("pings", pingers),
            ("seats", |to| (0..SEATS).filter_map(|_| web_socket(to)).collect()),
        ];
        for (attack, begin) in attacks {
            let since = Instant::now();
            let held = begin(to);
            let (rss, open) = (daemon.own_bytes(), held.len());
            sleep(Duration::from_secs(1));
            eprintln!("{attack}: {open} in {:?}, memory {} kB", since.elapsed(), rss / 1024);
        }
        let sent = playing.join().expect("the stadium plays");
        over.store(true, Ordering::Relaxed);
        (sent, verbs.join().expect("every verb works"), memory.join().expect("it is read"))
    });
    let status = daemon.swallow(sent);
    daemon.settle(5);
    let pitches: Vec<PitchRecord> =
        daemon.pitches().into_iter().map(|pitch| serde_json::from_value(pitch).expect("a pitch")).collect();
    let score = Score::of(&truth, pitches.iter());
    took.sort_unstable();
    eprintln!(
        "{score}; answered {}, failed {}, p99 {:?}, slowest {:?}; {verbs} verbs; memory {} -> {} kB; {} {}",
        seen.answered.load(Ordering::Relaxed),
        seen.failed.load(Ordering::Relaxed),
        took[took.len() * 99 / 100],
        took.last(),
        before / 1024,
        most / 1024,
        status["http"],
        status["clients"]
    );
    assert_eq!((score.found, score.invented), (5, 0), "{score}");
    assert_eq!(status["identity_holds"], true);
    assert_eq!(seen.failed.load(Ordering::Relaxed), 0, "whoever behaves is answered");
    assert!(verbs >= 9, "{verbs} verbs");
    assert!(most.saturating_sub(before) < GROWTH_MAX, "{before} -> {most}");
    assert_eq!(count(&status, "/http/most"), 768, "of 1024 descriptors 256 are kept back");
    assert!(count(&status, "/http/made_room") > HALF_OPEN as u64, "{}", status["http"]);
    assert_eq!(count(&status, "/clients/dropped_noisy"), PINGERS as u64);
    assert!(count(&status, "/clients/refused_address") >= (SEATS - 64) as u64, "{}", status["clients"]);
    let metrics = daemon.text("/metrics");
    assert!(metrics.contains("pitchguard_live_clients_dropped_total{reason=\"noisy\"} 4\n"), "{metrics}");
    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{log}");
    assert!(log.len() < 200_000, "{} bytes of log", log.len());
}

#[test]
fn an_unfinished_head_and_an_answer_that_nobody_takes_have_an_end() {
    let mut rack = Rack::new();
    let mut daemon = rack.start(1.0);
    let mut unfinished = connect(daemon.http).expect("let in");
    unfinished.write_all(b"GET / HTTP/1.1\r\n").expect("sent");
    unfinished.set_read_timeout(Some(Duration::from_secs(45))).expect("a timeout can be set");
    let mut rest = Vec::new();
    unfinished.read_to_end(&mut rest).expect("closed in order");
    daemon.wait_for("it is counted", |r| (count(&r.status(), "/http/unfinished") == 1).then_some(()));
    let mut long = connect(daemon.http).expect("let in");
    // The rest may meet a closed door.
    let _ = long.write_all(b"GET / HTTP/1.1\r\nX: ").and_then(|()| long.write_all(&vec![b'x'; 60_000]));
    long.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout can be set");
    let mut answer = [0; 64];
    let told = long.read(&mut answer).map_or(0, |n| n);
    assert!(told == 0 || answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
}
