//! The receiving threads allocate nothing after their start, whatever comes: so no flood can make it grow.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use firmware_protocol::{Ball, Body, Frame, SourceId, encode, serial};
use pitchguard::clock::BoxClock;
use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::ingest::{FrameSink, IngestCounters, KeyRing, Refusal, SerialIngest, UdpIngest, UdpSettings};
use pitchguard::reorder::{self, MoundPlan, Producer, Sink, Stamped};
use pitchguard::signal::Signal;

static OF_UDP: AtomicU64 = AtomicU64::new(0);
static OF_SERIAL: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static WATCHED: Cell<Option<&'static AtomicU64>> = const { Cell::new(None) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator unchanged; counting touches no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(count) = WATCHED.with(Cell::get) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: by the caller's own promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by the caller's own promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static GLOBAL: Counting = Counting;

/// Watches the receiving thread from its first beat on.
struct Watched(Producer<Signal>);

impl FrameSink for Watched {
    fn frame(&mut self, frame: Stamped<Signal>) {
        FrameSink::frame(&mut self.0, frame);
    }

    fn beat(&mut self, now: BoxNs) {
        WATCHED.with(|watched| watched.set(Some(&OF_UDP)));
        FrameSink::beat(&mut self.0, now);
    }
}

/// Watches a line's thread from its first frame on: what the runtime sets up with its first wait is there by then.
struct WatchedLine(u64);

impl FrameSink for WatchedLine {
    fn frame(&mut self, _: Stamped<Signal>) {
        self.0 += 1;
        WATCHED.with(|watched| watched.set(Some(&OF_SERIAL)));
    }

    fn beat(&mut self, _: BoxNs) {}
}

struct Nowhere;

impl Sink<Signal> for Nowhere {
    fn eager(&mut self, _: MoundId, _: &Stamped<Signal>) {}
    fn after_eager(&mut self, _: MoundId, _: &Stamped<Signal>) {}
    fn released(&mut self, _: MoundId, _: &Stamped<Signal>) {}
    fn late(&mut self, _: MoundId, _: &Stamped<Signal>) {}
    fn advanced(&mut self, _: MoundId, _: EventNs, _: EventNs, _: BoxNs) {}
}

#[test]
fn a_flood_from_one_source_allocates_nothing_takes_no_others_room_and_is_counted_to_the_frame() {
    let config = reorder::Config {
        mounds: vec![MoundPlan { mound: MoundId(0), cameras: vec![1, 2] }],
        slots_per_path: 4096,
        slots_per_source: 1024,
        ..reorder::Config::default()
    };
    let (mut producers, mut merge) = reorder::buffer::<Signal>(&config).expect("a good plan");
    let keys = KeyRing::parse(&format!("1, {0}\n2, {0}\n", "07".repeat(32))).expect("good lines");
    let settings = UdpSettings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        receive_buffer_bytes: 1 << 20,
        sources: BTreeMap::new(),
        keys: Some(keys),
    };
    let ingest = UdpIngest::bind(settings).expect("loopback");
    let to = ingest.address();
    let (counters, stop) = (Arc::new(IngestCounters::default()), Arc::new(AtomicBool::new(false)));
    let clock = BoxClock::start(1.0);
    let producer = producers.pop().expect("one path");
    let thread =
        ingest.spawn(clock, Arc::clone(&counters), Arc::clone(&stop), Watched(producer)).expect("a thread can start");

    let from = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    let mut bytes = [0; 1472];
    let mut send = |source: u8, seq: u32| {
        let frame = Frame {
            source: SourceId::new(source).expect("a source"),
            seq,
            event_time_ns: 1_780_000_000_000_000_000 + u64::from(seq) * 1000,
            clock_locked: true,
            authenticated: false,
            body: Body::Ball(Ball { u: 1.0, v: 2.0, sigma: 0.5, diameter: 9.0 }),
        };
        let key = if seq % 64 == 47 { [8; 32] } else { [7; 32] };
        let len = encode(&frame, Some(&key), &mut bytes).expect("a good frame");
        let bytes = match seq % 64 {
            15 => {
                bytes[len - 1] ^= 1;
                &bytes[..len]
            }
            31 => b"{\"what\": \"no frame of this protocol\"}".as_slice(),
            63 => &[0x50; 6600],
            _ => &bytes[..len],
        };
        from.send_to(bytes, to).expect("loopback takes it");
    };
    let flood = 50_000;
    let started = Instant::now();
    for seq in 0..flood {
        send(1, seq);
        // In bursts that the receive buffer holds, so that it is the watermark buffer that overflows.
        while (seq + 1) % 500 == 0
            && counters.snapshot().datagrams + counters.snapshot().kernel_dropped <= u64::from(seq)
        {
            assert!(started.elapsed() < Duration::from_mins(1), "{:?}", counters.snapshot());
            // Whoever tells of what is refused does not hold it up.
            assert!(counters.last_refused().len() <= 4);
            sleep(Duration::from_micros(100));
        }
    }
    send(2, 0);
    while counters.snapshot().source(2).is_none() {
        assert!(started.elapsed() < Duration::from_mins(1), "the other source never came");
        sleep(Duration::from_millis(1));
    }
    stop.store(true, Ordering::Relaxed);
    drop(thread.join().expect("the receiver never panics"));
    assert_eq!(OF_UDP.load(Ordering::Relaxed), 0, "allocations on the receiving thread");

    let told: BTreeSet<_> = counters.last_refused().iter().map(|frame| frame.refusal.as_str()).collect();
    assert_eq!(told, BTreeSet::from(["auth", "crc", "magic", "truncated"]));

    merge.poll(clock.now(), &mut Nowhere);
    let (ingest, buffer) = (counters.snapshot(), merge.counts());
    let refused: u64 = Refusal::all().map(|r| ingest.refused(r)).sum();
    assert_eq!(ingest.frames() + refused, ingest.datagrams);
    assert_eq!(buffer.received, ingest.frames());
    assert!(buffer.balanced(), "{buffer:?}");
    let overflowed = |source| merge.sources().find(|s| s.source == source).map(|s| s.overflowed);
    let quota = config.slots_per_source as u64;
    assert_eq!(overflowed(1), ingest.source(1).map(|s| s.frames - quota));
    assert_eq!(overflowed(2), Some(0));
}

#[test]
fn a_serial_line_allocates_nothing_be_it_quiet_busy_or_full_of_rubbish() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let end = |name: &str| format!("pty,raw,echo=0,link={}", dir.path().join(name).display());
    let mut socat = Command::new("socat").args([end("camera"), end("box")]).spawn().expect("socat is installed");
    let (camera, device) = (dir.path().join("camera"), dir.path().join("box"));
    let started = Instant::now();
    let wait_for = |what: &str, done: &dyn Fn() -> bool| {
        while !done() {
            assert!(started.elapsed() < Duration::from_mins(1), "never: {what}");
            sleep(Duration::from_millis(1));
        }
    };
    wait_for("two terminals", &|| camera.exists() && device.exists());
    let line = format!("{}@921600", device.display()).parse().expect("a line");
    let counters = Arc::new(IngestCounters::with_lines(&[line]));
    let stop = Arc::new(AtomicBool::new(false));
    let ingest = SerialIngest::lines(None, &counters).pop().expect("one line");
    let thread = ingest.spawn(BoxClock::start(1.0), Arc::clone(&stop), WatchedLine(0)).expect("a thread can start");
    let line = || counters.snapshot().lines[0].clone();
    wait_for("the line is open", &|| line().opened == 1);
    let mut plug =
        OpenOptions::new().write(true).custom_flags(libc::O_NOCTTY).open(&camera).expect("the other terminal");
    let (mut bytes, mut encoded) = ([0; 1472], [0; 1500]);
    let mut send = |seq: u32| {
        let frame = Frame {
            source: SourceId::new(1).expect("a source"),
            seq,
            event_time_ns: 1_780_000_000_000_000_000 + u64::from(seq) * 1000,
            clock_locked: true,
            authenticated: false,
            body: Body::Ball(Ball { u: 1.0, v: 2.0, sigma: 0.5, diameter: 9.0 }),
        };
        let len = encode(&frame, None, &mut bytes).expect("a good frame");
        let len = serial::encode(&bytes[..len], &mut encoded).expect("it fits");
        if seq % 16 == 15 {
            encoded[7] ^= 1;
        }
        plug.write_all(&encoded[..len]).expect("the line takes it");
    };
    (0..8_000).for_each(&mut send);
    wait_for("all of it", &|| line().frames + line().rubbish >= 8_000);
    // Quiet for a few of the thread's waits, then busy again.
    sleep(Duration::from_millis(300));
    (8_000..8_160).for_each(&mut send);
    wait_for("the rest", &|| line().frames + line().rubbish >= 8_160);
    let allocations = OF_SERIAL.load(Ordering::Relaxed);
    stop.store(true, Ordering::Relaxed);
    let WatchedLine(frames) = thread.join().expect("the reader never panics");
    assert_eq!((frames, line().frames, line().rubbish), (7_650, 7_650, 510));
    assert_eq!(allocations, 0, "allocations on the line's thread");
    assert_eq!(counters.last_refused().len(), 1, "the last frame whose checksum did not fit");
    drop(plug);
    socat.kill().expect("it runs");
    socat.wait().expect("it is our child");
}
