//! Frames through a real UDP socket on loopback: what arrives, what is counted, what is refused.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use firmware_protocol::{Ball, Body, Cause, Frame, Health, Joint, Pose, SourceId, Spin, encode};
use pitchguard::clock::BoxClock;
use pitchguard::ids::BoxNs;
use pitchguard::ingest::intake::Intake;
use pitchguard::ingest::{FrameSink, IngestCounters, KeyRing, Refusal, UdpIngest, UdpSettings};
use pitchguard::reorder::Stamped;
use pitchguard::signal::Signal;
use rand::{Rng, SeedableRng, rngs::StdRng};

const S: u64 = 1_000_000_000;
const EVENT: u64 = 1_780_000_000 * S;
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Default)]
struct Kept {
    frames: Arc<Mutex<Vec<Stamped<Signal>>>>,
    beat: Arc<AtomicU64>,
    pause: Duration,
}

impl FrameSink for Kept {
    fn frame(&mut self, frame: Stamped<Signal>) {
        sleep(self.pause);
        self.frames.lock().expect("no panic while held").push(frame);
    }

    fn beat(&mut self, now: BoxNs) {
        self.beat.store(now.0, Ordering::Relaxed);
    }
}

/// A receiver with a sender's socket beside it.
struct Line {
    kept: Kept,
    counters: Arc<IngestCounters>,
    clock: BoxClock,
    to: SocketAddr,
    from: UdpSocket,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Kept>>,
}

impl Line {
    fn start(change: impl FnOnce(&mut UdpSettings), kept: Kept) -> Self {
        let mut settings = UdpSettings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            receive_buffer_bytes: 4 << 20,
            sources: BTreeMap::new(),
            keys: None,
        };
        change(&mut settings);
        let ingest = UdpIngest::bind(settings).expect("loopback");
        let (to, clock) = (ingest.address(), BoxClock::start(1.0));
        let (counters, stop) = (Arc::new(IngestCounters::default()), Arc::new(AtomicBool::new(false)));
        let thread =
            ingest.spawn(clock, Arc::clone(&counters), Arc::clone(&stop), kept.clone()).expect("a thread can start");
        let from = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
        Self { kept, counters, clock, to, from, stop, thread: Some(thread) }
    }

    fn open() -> Self {
        Self::start(|_| (), Kept::default())
    }

    fn send(&self, datagram: &[u8]) {
        self.from.send_to(datagram, self.to).expect("loopback takes it");
    }

    /// Waits until the counters say so.
    fn until(&self, what: &str, done: impl Fn(&pitchguard::ingest::IngestSnapshot) -> bool) {
        let started = Instant::now();
        while !done(&self.counters.snapshot()) {
            assert!(started.elapsed() < PATIENCE, "never: {what}; {:?}", self.counters.snapshot());
            sleep(Duration::from_millis(1));
        }
    }

    fn frames(&self) -> Vec<Stamped<Signal>> {
        self.kept.frames.lock().expect("no panic while held").clone()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the receiver never panics");
        }
    }
}

const BALL: Body<'_> = Body::Ball(Ball { u: 100.0, v: 200.0, sigma: 0.5, diameter: 9.0 });

fn frame(source: u8, seq: u32, event_time_ns: u64, body: Body<'_>) -> Frame<'_> {
    let source = SourceId::new(source).expect("a source");
    Frame { source, seq, event_time_ns, clock_locked: true, authenticated: false, body }
}

fn bytes(frame: &Frame<'_>, key: Option<&[u8; 32]>) -> Vec<u8> {
    let mut out = vec![0; 1472];
    let len = encode(frame, key, &mut out).expect("a good frame");
    out.truncate(len);
    out
}

fn ball(source: u8, seq: u32) -> Vec<u8> {
    bytes(&frame(source, seq, EVENT + u64::from(seq), BALL), None)
}

/// Corrects the checksum after a change, so that a later check is reached.
fn sealed(mut frame: Vec<u8>) -> Vec<u8> {
    let body = frame.len() - 4;
    let mut crc = !0_u32;
    for byte in &frame[..body] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        }
    }
    frame[body..].copy_from_slice(&(!crc).to_le_bytes());
    frame
}

#[test]
fn frames_arrive_decoded_in_order_and_stamped_with_the_moment_the_kernel_had_them() {
    let line = Line::open();
    let health = Health {
        temperature_centi_c: 2500,
        vibration_milli_g: 3,
        dropped: 0,
        clock_offset_ns: -5,
        exposure_ns: 100_000,
    };
    let spin = Spin { rate_rpm: 2400.0, axis: [1.0, 0.0, 0.0], confidence: 0.9 };
    let joints = [Joint { joint: 1, confidence: 200, position_mm: [1, 2, 3] }; 17];
    let sent = [
        (frame(3, 7, EVENT, BALL), Signal::from(&BALL)),
        (frame(3, 8, EVENT + 1, Body::Health(health)), Signal::Health(health)),
        (frame(40, 1, EVENT, Body::Spin(spin)), Signal::Spin(spin)),
        (frame(41, 1, EVENT, Body::Pose(Pose::new(1, &joints))), Signal::Pose { mound: 1, joints: 17 }),
    ];
    let before = line.clock.now();
    let datagram: Vec<u8> = sent.iter().flat_map(|(frame, _)| bytes(frame, None)).collect();
    line.send(&datagram);
    line.send(&ball(5, 9));
    line.until("five frames", |c| c.frames() == 5);
    let after = line.clock.now();
    let frames = line.frames();
    for (got, (frame, signal)) in frames.iter().zip(&sent) {
        assert_eq!((got.source, got.seq, got.event.0), (frame.source.get(), frame.seq, frame.event_time_ns));
        assert_eq!(got.payload, *signal);
    }
    // An age is 1 s at most, however long the receiver was held up between its two clocks.
    let slack = S;
    for pair in frames.windows(2) {
        assert!(pair[0].arrival <= pair[1].arrival, "arrivals never go back");
    }
    assert!(frames.iter().all(|f| f.arrival.0 + slack >= before.0 && f.arrival <= after));
    let counts = line.counters.snapshot();
    assert_eq!((counts.datagrams, counts.unstamped, counts.socket_errors), (2, 0, 0));
    assert_eq!(counts.source(3).map(|s| s.frames), Some(2));
}

#[test]
fn a_frame_that_waited_in_the_receive_buffer_keeps_the_time_at_which_it_came() {
    let line = Line::start(|_| (), Kept { pause: Duration::from_millis(200), ..Kept::default() });
    line.send(&ball(1, 0));
    sleep(Duration::from_millis(20));
    line.send(&ball(1, 1));
    let sent = line.clock.now();
    line.until("both frames", |c| c.frames() == 2);
    let started = Instant::now();
    while line.frames().len() < 2 {
        assert!(started.elapsed() < PATIENCE, "the second frame was never handed over");
        sleep(Duration::from_millis(1));
    }
    // It was read 180 ms after it came; a stamp can only err towards the past.
    let arrival = line.frames()[1].arrival;
    assert!(arrival.0 <= sent.0 + S / 100, "stamped {} ns after it was sent", arrival.0 - sent.0);
}

#[test]
fn a_bad_frame_is_counted_by_cause_and_the_rest_of_its_datagram_is_dropped() {
    let line = Line::open();
    let good = ball(2, 1);
    let changed = |at: usize, to: u8| {
        let mut frame = good.clone();
        frame[at] = to;
        frame
    };
    let bad = [
        (Cause::Truncated, good[..good.len() - 1].to_vec()),
        (Cause::Magic, changed(0, 0)),
        (Cause::Version, changed(2, 2)),
        (Cause::Crc, changed(30, 0x55)),
        (Cause::Flags, sealed(changed(5, 0x80))),
        (Cause::PayloadSize, sealed(changed(3, 5))),
        (Cause::Values, sealed(changed(4, 0))),
        (Cause::Values, sealed(changed(4, 64))),
        (Cause::Truncated, Vec::new()),
        (Cause::Truncated, vec![0x50; 2047]),
    ];
    for (cause, frame) in &bad {
        let mut datagram = good.clone();
        datagram.extend(frame);
        if *cause != Cause::Truncated {
            datagram.extend(&good);
        }
        // The last two are datagrams of their own: an empty one, and one of more than 1472 bytes.
        line.send(if frame.is_empty() || frame.len() > 1472 { frame } else { &datagram });
    }
    line.send(&ball(9, 1));
    line.until("the last frame", |c| c.source(9).is_some());
    let counts = line.counters.snapshot();
    assert_eq!(counts.source(2).map(|s| s.frames), Some(8), "one before each bad frame, none after it");
    for cause in Cause::ALL {
        let expected = bad.iter().filter(|(c, _)| *c == cause).count() as u64;
        assert_eq!(counts.refused(Refusal::Protocol(cause)), expected, "{}", cause.as_str());
    }
    assert_eq!(counts.source(2).map(|s| s.refused(Refusal::Protocol(Cause::Flags))), Some(1), "its checksum held");
    assert_eq!(counts.source(0).map(|s| s.refused(Refusal::Protocol(Cause::Crc))), Some(1), "nobody vouches for it");
}

#[test]
fn an_unknown_kind_is_skipped_and_counted_and_the_frames_after_it_are_read() {
    let line = Line::open();
    let mut unknown = ball(2, 1);
    unknown[3] = 200;
    let mut datagram = sealed(unknown);
    datagram.extend(ball(2, 2));
    line.send(&datagram);
    line.until("the frame after it", |c| c.frames() == 1);
    let counts = line.counters.snapshot();
    assert_eq!(counts.source(2).map(|s| s.refused(Refusal::Protocol(Cause::Kind))), Some(1));
    assert_eq!(line.frames()[0].seq, 2);
}

#[test]
fn what_the_kernel_drops_is_counted_to_the_datagram() {
    let line =
        Line::start(|s| s.receive_buffer_bytes = 4096, Kept { pause: Duration::from_millis(20), ..Kept::default() });
    let sent = 500;
    for seq in 0..sent {
        line.send(&ball(1, seq));
    }
    line.until("received and dropped make up all that was sent", |c| c.datagrams + c.kernel_dropped == u64::from(sent));
    assert!(line.counters.snapshot().kernel_dropped > 0);
}

#[test]
fn an_old_authenticated_frame_sent_again_is_refused_and_a_near_one_is_left_to_the_buffer() {
    let (key, other) = ([7; 32], [8; 32]);
    let hex = |key: [u8; 32]| key.map(|b| format!("{b:02x}")).concat();
    let keys = KeyRing::parse(&format!("1, {}\n1, {}\n2, {}\n", hex(key), hex(other), hex(key))).expect("good lines");
    let line = Line::start(|s| s.keys = Some(keys), Kept::default());
    let tagged = |source, second: u64, key| bytes(&frame(source, second as u32, EVENT + second * S, BALL), Some(key));
    let old = tagged(1, 0, &key);
    for second in 0..40 {
        line.send(&tagged(1, second, if second < 20 { &key } else { &other }));
    }
    line.send(&old);
    line.send(&tagged(1, 30, &other));
    line.send(&tagged(2, 0, &key));
    line.send(&tagged(2, 1, &other));
    line.send(&ball(1, 41));
    line.send(&tagged(3, 1, &key));
    line.send(&tagged(1, 40, &other));
    line.until("the last frame", |c| c.frames() == 43);
    let counts = line.counters.snapshot();
    assert_eq!(counts.refused(Refusal::Replayed), 1);
    assert_eq!(counts.refused(Refusal::Protocol(Cause::Auth)), 3, "the wrong key, no tag, a source without a key");
    assert_eq!(counts.source(2).map(|s| s.frames), Some(1), "another source's time is its own");
    assert_eq!(line.frames().iter().filter(|f| f.source == 1 && f.seq == 0).count(), 1);
}

#[test]
fn with_a_list_of_sources_only_those_count_and_only_from_their_address() {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let elsewhere = IpAddr::from([192, 0, 2, 11]);
    let line = Line::start(|s| s.sources = BTreeMap::from([(1, here), (2, elsewhere)]), Kept::default());
    let datagram = [ball(1, 1), ball(2, 1), ball(3, 1), ball(1, 2)].concat();
    line.send(&datagram);
    line.until("the last frame", |c| c.frames() == 2);
    let counts = line.counters.snapshot();
    assert!(line.frames().iter().all(|f| f.source == 1));
    assert_eq!([2, 3].map(|s| counts.source(s).map(|s| s.refused(Refusal::Address))), [Some(1), Some(1)]);
}

#[test]
fn random_bytes_and_broken_frames_are_counted_and_good_frames_still_arrive() {
    let line = Line::open();
    let mut rng = StdRng::seed_from_u64(7);
    let mut good = 0;
    for seq in 0..3000 {
        let mut datagram = ball(1, seq);
        match seq % 3 {
            0 => {
                let len = rng.random_range(0..1472);
                datagram = (0..len).map(|_| rng.random()).collect();
            }
            1 => {
                let bit = rng.random_range(0..datagram.len() * 8);
                datagram[bit / 8] ^= 1 << (bit % 8);
            }
            _ => good += 1,
        }
        line.send(&datagram);
        if seq % 64 == 0 {
            let sent = u64::from(seq) + 1;
            line.until("all that was sent so far", |c| c.datagrams == sent);
        }
    }
    line.until("all datagrams", |c| c.datagrams == 3000);
    let counts = line.counters.snapshot();
    let refused: u64 = Refusal::all().map(|r| counts.refused(r)).sum();
    assert_eq!((counts.frames(), refused, counts.kernel_dropped), (good, 3000 - good, 0));
}

#[test]
fn a_silent_line_beats_and_stops_when_told() {
    let mut line = Line::open();
    let beat = |line: &Line| line.kept.beat.load(Ordering::Relaxed);
    for _ in 0..3 {
        let (last, started) = (beat(&line), Instant::now());
        while beat(&line) <= last {
            assert!(started.elapsed() < PATIENCE, "no beat");
            sleep(Duration::from_millis(1));
        }
    }
    line.stop.store(true, Ordering::Relaxed);
    line.thread.take().expect("running").join().expect("it ends");
}

/// By hand: `cargo test --release --test ingest_udp -- --ignored --nocapture measure`.
#[test]
#[ignore = "a measurement on a quiet machine, not a check"]
fn measure_frames_per_second_in_full_datagrams() {
    #[derive(Default)]
    struct Count(u64);
    impl FrameSink for Count {
        fn frame(&mut self, frame: Stamped<Signal>) {
            self.0 += u64::from(frame.source == 1);
        }
        fn beat(&mut self, _: BoxNs) {}
    }
    let settings = UdpSettings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        receive_buffer_bytes: 16 << 20,
        sources: BTreeMap::new(),
        keys: None,
    };
    let ingest = UdpIngest::bind(settings).expect("loopback");
    let to = ingest.address();
    let (counters, stop) = (Arc::new(IngestCounters::default()), Arc::new(AtomicBool::new(false)));
    let thread = ingest
        .spawn(BoxClock::start(1.0), Arc::clone(&counters), Arc::clone(&stop), Count::default())
        .expect("a thread can start");
    let from = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    from.connect(to).expect("loopback");
    let per_datagram = 1472 / ball(1, 0).len() as u32;
    let datagram: Vec<u8> = (0..per_datagram).flat_map(|seq| ball(1, seq)).collect();
    let mut intake = Intake::new(None, &BTreeMap::new(), Arc::new(IngestCounters::default()), Count::default());
    let started = Instant::now();
    for _ in 0..100_000 {
        intake.datagram(&datagram, datagram.len(), None, BoxNs(0));
    }
    let nanoseconds = started.elapsed().as_secs_f64() * 1e9 / f64::from(per_datagram) / 1e5;
    println!("decoding and admitting alone: {nanoseconds:.1} ns a frame");
    let started = Instant::now();
    let mut sent = 0_u64;
    while started.elapsed() < Duration::from_secs(5) {
        for _ in 0..64 {
            sent += u64::from(from.send(&datagram).is_ok());
        }
    }
    let counts = counters.snapshot();
    let (seconds, busy) = (started.elapsed().as_secs_f64(), receiver_cpu_seconds());
    stop.store(true, Ordering::Relaxed);
    thread.join().expect("the receiver never panics");
    println!(
        "{per_datagram} frames of {} bytes a datagram: sent {:.0} datagrams/s, received {:.0} datagrams/s, {:.2} M \
         frames/s, {:.2} M frames a second of the receiver's core, dropped by the kernel {}",
        ball(1, 0).len(),
        sent as f64 / seconds,
        counts.datagrams as f64 / seconds,
        counts.frames() as f64 / seconds / 1e6,
        counts.frames() as f64 / busy / 1e6,
        counts.kernel_dropped,
    );
}

/// Processor time that the receiving thread has had, s: what it did with a core, however many shared the machine.
fn receiver_cpu_seconds() -> f64 {
    let read = |task: &std::path::Path, file| std::fs::read_to_string(task.join(file)).unwrap_or_default();
    std::fs::read_dir("/proc/self/task")
        .expect("Linux")
        .filter_map(|task| Some(task.ok()?.path()))
        .filter(|task| read(task, "comm").trim() == "ingest-udp")
        .filter_map(|task| read(&task, "schedstat").split(' ').next()?.parse::<f64>().ok())
        .sum::<f64>()
        / 1e9
}
