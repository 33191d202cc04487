//! Frames over a pair of pseudo-terminals that socat joins: what arrives, what is counted, and what happens when the plug is
//! pulled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use crate::daemon_support::{Rack, Wire, frame};
use firmware_protocol::serial::{MAX_ENCODED, SerialError};
use firmware_protocol::{Ball, Body, Cause, Frame, SourceId, encode};
use pitchguard::clock::BoxClock;
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::ingest::{
    FrameSink, IngestCounters, KeyRing, LineSnapshot, LineState, Refusal, Sender, SerialIngest, SerialLine,
};
use pitchguard::records::PitchRecord;
use pitchguard::reorder::Stamped;
use pitchguard::signal::Signal;
use pitchguard::simulate::{Delivery, Game, Scenario, Score, Settings, Stadium};
use pitchguard::tracking::venue::Venue;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use serde_json::Value;

const EVENT: u64 = 1_780_000_000_000_000_000;
const PATIENCE: Duration = Duration::from_secs(30);
const KEY: [u8; 32] = [7; 32];

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(since.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(2));
    }
}

/// A cable with a plug at either end: the camera writes into one, the box reads the other.
struct Cable {
    dir: tempfile::TempDir,
    socat: Option<Child>,
    plug: Option<File>,
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.pull();
    }
}

impl Cable {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory"), socat: None, plug: None }
    }

    fn plugged() -> Self {
        let mut cable = Self::new();
        cable.plug_in();
        cable
    }

    /// Where the box finds the device, plugged in or not.
    fn device(&self) -> PathBuf {
        self.dir.path().join("box")
    }

    fn line(&self) -> SerialLine {
        format!("{}@921600", self.device().display()).parse().expect("a line")
    }

    fn plug_in(&mut self) {
        let end = |name: &str| format!("pty,raw,echo=0,link={}", self.dir.path().join(name).display());
        let socat = Command::new("socat").args([end("camera"), end("box")]).stdin(Stdio::null()).spawn();
        self.socat = Some(socat.expect("socat is installed (make setup)"));
        let camera = self.dir.path().join("camera");
        self.plug = Some(until("socat joins two terminals", || {
            let ready = self.device().exists();
            let open = || OpenOptions::new().write(true).custom_flags(libc::O_NOCTTY).open(&camera).ok();
            ready.then(open).flatten()
        }));
    }

    fn pull(&mut self) {
        self.plug = None;
        if let Some(mut socat) = self.socat.take() {
            // First the names: a killed socat leaves them to whoever gets its terminals' numbers next.
            for end in ["camera", "box"] {
                std::fs::remove_file(self.dir.path().join(end)).expect("socat made it");
            }
            socat.kill().expect("it runs");
            socat.wait().expect("it is our child");
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.plug.as_mut().expect("plugged in").write_all(bytes).expect("the line takes it");
    }
}

#[derive(Clone, Default)]
struct Kept {
    frames: Arc<Mutex<Vec<Stamped<Signal>>>>,
    beat: Arc<AtomicU64>,
    hung_up: Arc<AtomicU64>,
    /// The thread that reads, below `/proc`.
    thread: Arc<OnceLock<PathBuf>>,
}

impl Kept {
    /// Processor time of the reading thread so far.
    fn processor_time(&self) -> Duration {
        let thread = Path::new("/proc").join(self.thread.get().expect("it has beaten"));
        let stat = std::fs::read_to_string(thread.join("schedstat")).expect("it lives");
        let ns = stat.split(' ').next().and_then(|ns| ns.parse().ok()).expect("a number");
        Duration::from_nanos(ns)
    }
}

impl FrameSink for Kept {
    fn frame(&mut self, frame: Stamped<Signal>) {
        self.frames.lock().expect("no panic while held").push(frame);
    }

    fn beat(&mut self, now: BoxNs) {
        self.thread.get_or_init(|| std::fs::read_link("/proc/thread-self").expect("Linux says so"));
        self.beat.store(now.0, Ordering::Relaxed);
    }

    fn hang_up(&mut self) {
        self.hung_up.fetch_add(1, Ordering::Relaxed);
    }
}

/// A reader of one line.
struct Reader {
    kept: Kept,
    counters: Arc<IngestCounters>,
    clock: BoxClock,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Kept>>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the reader never panics");
        }
    }
}

impl Reader {
    fn of(line: SerialLine, keys: Option<&KeyRing>) -> Self {
        let (counters, clock) = (Arc::new(IngestCounters::with_lines(&[line])), BoxClock::start(1.0));
        let (stop, kept) = (Arc::new(AtomicBool::new(false)), Kept::default());
        let ingest = SerialIngest::lines(keys, &counters).pop().expect("one line");
        let thread = ingest.spawn(clock, Arc::clone(&stop), kept.clone()).expect("a thread can start");
        Self { kept, counters, clock, stop, thread: Some(thread) }
    }

    fn line(&self) -> LineSnapshot {
        self.counters.snapshot().lines[0].clone()
    }

    fn reaches(&self, state: LineState) {
        until(state.as_str(), || (self.line().state == state).then_some(()));
    }

    fn counts(&self, what: &str, done: impl Fn(&LineSnapshot) -> bool) {
        until(&format!("{what}; {:?}", self.line()), || done(&self.line()).then_some(()));
    }

    fn frames(&self) -> Vec<Stamped<Signal>> {
        self.kept.frames.lock().expect("no panic while held").clone()
    }
}

fn ball(seq: u32) -> Frame<'static> {
    Frame {
        source: SourceId::new(7).expect("a source"),
        seq,
        event_time_ns: EVENT + u64::from(seq),
        clock_locked: true,
        authenticated: false,
        // Zeros and fractions, so that COBS has something to do.
        body: Body::Ball(Ball { u: seq as f32 * 0.37, v: 256.0, sigma: 0.5, diameter: 9.0 }),
    }
}

/// A frame as it stands on the line, its 0x00 included.
fn on_the_line(frame: &Frame<'_>, key: Option<&[u8; 32]>) -> Vec<u8> {
    let (mut bytes, mut line) = ([0; 1472], vec![0; MAX_ENCODED]);
    let length = encode(frame, key, &mut bytes).expect("a good frame");
    let length = firmware_protocol::serial::encode(&bytes[..length], &mut line).expect("it fits");
    line.truncate(length);
    line
}

/// What must have come of a frame that was read.
fn same(got: &Stamped<Signal>, sent: &Frame<'_>) -> bool {
    (got.source, got.seq, got.event.0) == (sent.source.get(), sent.seq, sent.event_time_ns)
        && got.payload == Signal::from(&sent.body)
}

#[test]
fn frames_arrive_in_order_stamped_when_they_were_read() {
    let mut cable = Cable::plugged();
    let reader = Reader::of(cable.line(), None);
    reader.reaches(LineState::Open);
    let before = reader.clock.now();
    let sent: Vec<_> = (0..2000).map(ball).collect();
    for frame in &sent {
        cable.send(&on_the_line(frame, None));
    }
    reader.counts("2000 frames", |line| line.frames == 2000);
    let (frames, after) = (reader.frames(), reader.clock.now());
    assert!(frames.iter().zip(&sent).all(|(got, sent)| same(got, sent)) && frames.len() == sent.len());
    assert!(frames.windows(2).all(|pair| pair[0].arrival <= pair[1].arrival), "arrivals never go back");
    assert!(frames.iter().all(|frame| frame.arrival >= before && frame.arrival <= after));
    let counts = reader.counters.snapshot();
    assert_eq!((counts.frames(), counts.datagrams, counts.bytes), (2000, 0, 0), "a line has no datagrams");
    let line = reader.line();
    let bytes: usize = sent.iter().map(|frame| on_the_line(frame, None).len()).sum();
    assert_eq!((line.bytes, line.rubbish, line.opened, line.open_failures), (bytes as u64, 0, 1, 0));
    until("a beat after the last frame", || (reader.kept.beat.load(Ordering::Relaxed) >= after.0).then_some(()));
}

#[test]
fn a_line_costs_what_comes_on_it_and_an_idle_one_nothing() {
    let mut cable = Cable::plugged();
    let reader = Reader::of(cable.line(), None);
    reader.reaches(LineState::Open);
    cable.send(&on_the_line(&ball(1), None));
    reader.counts("a first frame", |line| line.frames == 1);
    let share = |of: &mut dyn FnMut()| {
        let (since, before) = (Instant::now(), reader.kept.processor_time());
        of();
        reader.kept.processor_time().saturating_sub(before).as_secs_f64() / since.elapsed().as_secs_f64()
    };
    let idle = share(&mut || sleep(Duration::from_secs(2)));
    // 921,600 baud: 10 bits a byte.
    let mut sent = Vec::new();
    let full = share(&mut || {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(2) {
            let due = (since.elapsed().as_secs_f64() * 92_160.0) as usize;
            while sent.len() < due {
                let frame = on_the_line(&ball(sent.len() as u32), None);
                cable.send(&frame);
                sent.extend(frame);
            }
            sleep(Duration::from_millis(2));
        }
    });
    eprintln!("of a core: idle {:.2} %, full {:.2} % (this library is not optimised)", 100.0 * idle, 100.0 * full);
    // A share of 1 before; on a busy machine it is only smaller.
    assert!(idle < 0.01, "{idle}");
    assert!(full < 0.10, "{full}");
}

#[test]
fn a_line_that_flips_drops_and_inserts_bytes_costs_only_the_frames_that_it_hits() {
    let mut rng = StdRng::seed_from_u64(7);
    let sent: Vec<_> = (0..4000).map(ball).collect();
    let mut damaged = Vec::new();
    for byte in sent.iter().flat_map(|frame| on_the_line(frame, None)) {
        match rng.random_range(0..1500) {
            0 => damaged.push(byte ^ (1 << rng.random_range(0..8))),
            1 => {}
            2 => damaged.extend([byte, rng.random()]),
            _ => damaged.push(byte),
        }
    }
    // The end of the line is known to be one.
    damaged.push(0);
    let stretches: Vec<_> = damaged.split(|byte| *byte == 0).filter(|stretch| !stretch.is_empty()).collect();
    let clean: BTreeMap<Vec<u8>, u32> = sent.iter().map(|frame| (on_the_line(frame, None), frame.seq)).collect();
    let intact: Vec<u32> = stretches.iter().filter_map(|s| clean.get(&[*s, &[0]].concat()).copied()).collect();
    let (whole, hit) = (intact.len(), stretches.len() - intact.len());
    assert!(whole > 3000 && hit > 200, "the test must do damage: {whole} whole, {hit} hit");

    let mut cable = Cable::plugged();
    let reader = Reader::of(cable.line(), None);
    reader.reaches(LineState::Open);
    for part in damaged.chunks(97) {
        cable.send(part);
    }
    reader.counts("every stretch", |line| line.frames + line.rubbish == (whole + hit) as u64);
    let line = reader.line();
    assert_eq!((line.frames, line.rubbish), (whole as u64, hit as u64));
    let frames = reader.frames();
    // A frame whose own 0x00 was lost still holds together, before the rubbish that then follows it.
    assert!(frames.len() >= whole, "{} of {whole}", frames.len());
    let seqs: BTreeSet<u32> = frames.iter().map(|frame| frame.seq).collect();
    assert_eq!(seqs.len(), frames.len(), "no frame twice");
    assert!(frames.iter().all(|got| same(got, &sent[got.seq as usize])), "no frame that was not sent");
    assert!(intact.iter().all(|seq| seqs.contains(seq)), "every intact frame arrives");
    let counts = reader.counters.snapshot();
    let by_cause: Vec<_> = Refusal::all().map(|r| (r.as_str(), counts.refused(r))).filter(|(_, n)| *n > 0).collect();
    eprintln!("{whole} whole, {hit} hit, {} arrived; {by_cause:?}", frames.len());
    assert_eq!(by_cause.iter().map(|(_, n)| n).sum::<u64>(), hit as u64, "each counted once, by its cause");
    assert!(
        counts.refused(Refusal::Serial(SerialError::CutShort)) > 0 && counts.refused(Refusal::Protocol(Cause::Crc)) > 0
    );
}

#[test]
fn an_unplugged_device_is_read_again_once_it_is_back_and_nobody_vouches_meanwhile() {
    let mut cable = Cable::new();
    let reader = Reader::of(cable.line(), None);
    reader.reaches(LineState::Unplugged);
    reader.counts("it is tried again", |line| line.open_failures >= 3);
    assert_eq!(reader.kept.beat.load(Ordering::Relaxed), 0, "a device that was never there vouches for nothing");
    for round in 1..=3 {
        cable.plug_in();
        reader.reaches(LineState::Open);
        for seq in 0..50 {
            cable.send(&on_the_line(&ball(round * 100 + seq), None));
        }
        let (expected, opened) = (u64::from(round) * 50, u64::from(round));
        reader.counts("the frames of this round", |line| line.frames == expected && line.opened == opened);
        // Half a frame: the plug is pulled in the middle of it.
        cable.send(&on_the_line(&ball(999), None)[..20]);
        cable.pull();
        reader.reaches(LineState::Unplugged);
        until("the sink hears of it", || (reader.kept.hung_up.load(Ordering::Relaxed) == opened).then_some(()));
        let beat = reader.kept.beat.load(Ordering::Relaxed);
        sleep(Duration::from_millis(200));
        assert_eq!(reader.kept.beat.load(Ordering::Relaxed), beat, "an unplugged line vouches for nobody");
    }
    assert_eq!(reader.line().rubbish, 0, "half a frame before the plug was pulled spoils none after it");
}

#[test]
fn a_line_on_which_nothing_is_a_frame_is_told_and_one_frame_ends_that() {
    let mut cable = Cable::plugged();
    let reader = Reader::of(cable.line(), None);
    reader.reaches(LineState::Open);
    let mut rng = StdRng::seed_from_u64(3);
    let mut noise = [0; 256];
    until("the state says so", || {
        rng.fill_bytes(&mut noise);
        cable.send(&noise);
        sleep(Duration::from_millis(10));
        (reader.line().state == LineState::Rubbish).then_some(())
    });
    let line = reader.line();
    assert!(line.bytes >= 4096 && line.rubbish > 0 && line.frames == 0 && reader.frames().is_empty(), "{line:?}");
    cable.send(&[0]);
    cable.send(&on_the_line(&ball(1), None));
    reader.reaches(LineState::Open);
    assert_eq!(reader.frames().len(), 1);
    // Without a single zero among 10 kB: one stretch, told once.
    let before = reader.counters.snapshot().refused(Refusal::Serial(SerialError::TooLong));
    cable.send(&[9; 10_000]);
    cable.send(&[0]);
    cable.send(&on_the_line(&ball(2), None));
    reader.counts("a frame after the stretch", |line| line.frames == 2);
    assert_eq!(reader.counters.snapshot().refused(Refusal::Serial(SerialError::TooLong)), before + 1);
    let last = reader.counters.last_refused()[0];
    assert_eq!((last.refusal, last.from), (Refusal::Serial(SerialError::TooLong), Sender::Line(0)));
    assert_eq!(last.sample.bytes(), [9; 16], "as it came on the line");
    assert!(last.sample.length() > 1472, "{last:?}");
}

#[test]
fn a_device_that_is_no_terminal_is_refused_and_survived() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("file");
    std::fs::write(&file, "no terminal").expect("written");
    let reader = Reader::of(format!("{}@921600", file.display()).parse().expect("a line"), None);
    reader.reaches(LineState::Refused);
    reader.counts("it is tried again", |line| line.open_failures >= 2);
}

#[test]
fn where_keys_are_required_a_line_is_believed_no_more_than_the_network() {
    let text = format!("7 {}\n", "07".repeat(32));
    let keys = KeyRing::parse(&text).expect("a key");
    let mut cable = Cable::plugged();
    let reader = Reader::of(cable.line(), Some(&keys));
    reader.reaches(LineState::Open);
    cable.send(&on_the_line(&ball(1), None));
    cable.send(&on_the_line(&ball(2), Some(&[8; 32])));
    cable.send(&on_the_line(&ball(3), Some(&KEY)));
    let old = Frame { event_time_ns: EVENT - 60_000_000_000, ..ball(4) };
    cable.send(&on_the_line(&ball(5), Some(&KEY)));
    cable.send(&on_the_line(&old, Some(&KEY)));
    reader.counts("five frames", |line| line.frames == 5);
    let counts = reader.counters.snapshot();
    assert_eq!(reader.frames().iter().map(|frame| frame.seq).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(counts.refused(Refusal::Protocol(Cause::Auth)), 2);
    assert_eq!(counts.refused(Refusal::Replayed), 1);
    assert_eq!(reader.line().rubbish, 0, "refused is not rubbish");
}

/// The camera of the game mound that stands on the serial line.
const ON_THE_LINE: u8 = 3;
const PITCHES: usize = 8;
const SPEED: f64 = 4.0;

#[test]
fn a_daemon_with_one_camera_on_a_line_and_the_rest_on_the_network_finds_every_pitch_and_accounts_for_every_frame() {
    let mut cable = Cable::plugged();
    let mut rack = Rack::new();
    let text = format!("[ingest]\nserial = [\"{}\"]\n[store]\npath = \"{}\"\n", cable.line(), rack.store().display());
    std::fs::write(rack.config(), text).expect("written");
    let mut daemon = rack.start(SPEED);
    daemon.wait_for("the line is open", |r| state(&r.status(), "open"));

    let start = EventNs(daemon.now().0 + 2_000_000_000);
    let settings = Settings { seed: 5, start, pace_s: 6.0, pitches_max: Some(PITCHES), ..Settings::quiet() };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let truth = stadium.truth().to_vec();
    let mut wire = Wire::to(daemon.udp);
    let (began, at) = (Instant::now(), start.0 - 1_000_000_000);
    let (mut by_line, mut by_network, mut lost) = (0_u64, 0_u64, 0_u64);
    // Pulled after the third pitch has settled, back after the fifth.
    let (pull_at, back_at) = (truth[3].release.0 - 1_000_000_000, truth[5].release.0 - 1_000_000_000);
    let mut waiting: Vec<Delivery> = stadium.collect();
    waiting.sort_by_key(|delivery| delivery.arrival);
    for delivery in waiting {
        let due = began + Duration::from_secs_f64(delivery.arrival.0.saturating_sub(at) as f64 * 1e-9 / SPEED);
        let wait = due.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            wire.flush();
            sleep(wait + Duration::from_millis(1));
        }
        if delivery.source != ON_THE_LINE {
            wire.send(&delivery);
            by_network += 1;
        } else if (pull_at..back_at).contains(&delivery.arrival.0) {
            if cable.plug.is_some() {
                daemon.wait_for("the line was read to its end", |r| (frames_of(r.status()) == by_line).then_some(()));
                cable.pull();
                daemon.wait_for("the unplugged line is told", |r| state(&r.status(), "unplugged"));
            }
            lost += 1;
        } else {
            if cable.plug.is_none() {
                let report = daemon.status();
                assert_eq!(source(&report)["state"], "finished", "nobody waits for a camera whose line is unplugged");
                assert_eq!(part(&report)["state"], "degraded");
                cable.plug_in();
                daemon.wait_for("the line is open again", |r| state(&r.status(), "open"));
            }
            cable.send(&on_the_line(&frame(&delivery), None));
            by_line += 1;
        }
    }
    wire.flush();
    assert!(by_line > 200 && lost > 50, "{by_line} by the line, {lost} lost");
    let status = daemon.swallow(by_line + by_network);
    daemon.settle(PITCHES);

    let accounting = &status["reorder"]["accounting"];
    assert_eq!(status["identity_holds"], true, "{accounting}");
    assert_eq!(accounting["received"], by_line + by_network, "{accounting}");
    assert_eq!(status["ingest"]["frames"], by_line + by_network);
    for outcome in ["refused", "quarantined", "overflowed", "duplicate"] {
        assert_eq!(accounting[outcome], 0, "{outcome}: {accounting}");
    }
    let line = &status["ingest"]["serial"][0];
    assert_eq!((&line["frames"], &line["opened"], &line["rubbish"]), (&by_line.into(), &2.into(), &0.into()), "{line}");
    assert_eq!(source(&status)["accounting"]["received"], by_line);
    let pitches: Vec<PitchRecord> =
        daemon.pitches().into_iter().map(|pitch| serde_json::from_value(pitch).expect("a pitch")).collect();
    let score = Score::of(&truth, pitches.iter());
    assert_eq!((score.found, score.invented), (PITCHES, 0), "{score}");
    let metrics = daemon.text("/metrics");
    let device = cable.device();
    for line in [
        format!("pitchguard_serial_state{{device=\"{}\",state=\"open\"}} 1\n", device.display()),
        format!("pitchguard_serial_frames_total{{device=\"{}\"}} {by_line}\n", device.display()),
    ] {
        assert!(metrics.contains(&line), "{line} not in:\n{metrics}");
    }

    let mut rng = StdRng::seed_from_u64(3);
    let mut noise = [0; 512];
    daemon.wait_for("rubbish is told", |r| {
        rng.fill_bytes(&mut noise);
        cable.send(&noise);
        state(&r.status(), "rubbish")
    });
    assert!(part(&daemon.status())["detail"].as_str().is_some_and(|detail| detail.contains("wrong speed?")));
    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{ended}:\n{log}");
    assert_eq!(log.matches("wrong speed? Nothing that comes").count(), 1, "once a minute:\n{log}");
}

#[test]
fn a_refused_stretch_of_a_line_is_told_by_its_device() {
    let mut cable = Cable::plugged();
    let mut rack = Rack::new();
    let text = format!("[ingest]\nserial = [\"{}\"]\n[store]\npath = \"{}\"\n", cable.line(), rack.store().display());
    std::fs::write(rack.config(), text).expect("written");
    let mut daemon = rack.start(1.0);
    daemon.wait_for("the line is open", |r| state(&r.status(), "open"));
    // Half of a frame, and one of another protocol.
    cable.send(&[0]);
    cable.send(&on_the_line(&ball(1), None)[..20]);
    cable.send(&[0]);
    cable.send(b"\x2a$GPRMC,123519,A,4807.038,N,01131.000,E,02\0");
    let told = daemon.wait_for("both are told", |r| {
        let told = r.status()["ingest"]["last_refused"].as_array().cloned().unwrap_or_default();
        (told.len() == 2).then_some(told)
    });
    let device = cable.device().display().to_string();
    assert!(told.iter().all(|one| one["from"] == device.as_str() && one["source"].is_null()), "{told:?}");
    let of = |cause: &str| told.iter().find(|one| one["cause"] == cause).unwrap_or_else(|| panic!("{cause}: {told:?}"));
    let short = of("serial_cut_short");
    assert_eq!(short["bytes"], 20, "{short}");
    assert!(short["why"].as_str().is_some_and(|why| why.starts_with("20 bytes on the line: ")), "{short}");
    let other = of("magic");
    let why = other["why"].as_str().expect("words");
    assert!(why.contains("this looks like NMEA") && why.ends_with("sends to this line"), "{other}");
}

fn state(status: &Value, wanted: &str) -> Option<()> {
    (status["ingest"]["serial"][0]["state"] == wanted).then_some(())
}

#[allow(clippy::needless_pass_by_value)] // as it comes from the daemon
fn frames_of(status: Value) -> u64 {
    status["ingest"]["serial"][0]["frames"].as_u64().unwrap_or(0)
}

fn source(status: &Value) -> &Value {
    let sources = status["reorder"]["sources"].as_array().expect("an array");
    sources.iter().find(|source| source["source"] == ON_THE_LINE).expect("the venue has it")
}

fn part(status: &Value) -> &Value {
    let parts = status["parts"].as_array().expect("an array");
    parts.iter().find(|part| part["name"] == "ingest").expect("every part is listed")
}
