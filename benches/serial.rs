//! What a serial line costs its thread: idle, and full at 921,600 baud, over a pair of pseudo-terminals that socat joins.
//!
//! `cargo bench --bench serial`. Prints shares of a core by the processor time of the reading thread, and fails where a full
//! line takes 3 % or an idle one 1 %: such a share is only smaller on a busy machine.

use std::fs::{OpenOptions, read_link, read_to_string};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use firmware_protocol::serial::MAX_ENCODED;
use firmware_protocol::{Ball, Body, Frame, SourceId, encode};
use pitchguard::clock::BoxClock;
use pitchguard::ids::BoxNs;
use pitchguard::ingest::{FrameSink, IngestCounters, SerialIngest};
use pitchguard::reorder::Stamped;
use pitchguard::signal::Signal;

/// Bytes a second: 921,600 baud of 10 bits.
const FULL: f64 = 92_160.0;
const TURN: Duration = Duration::from_secs(5);
const FULL_MAX: f64 = 0.03;
const IDLE_MAX: f64 = 0.01;

#[derive(Clone, Default)]
struct Reader {
    frames: Arc<AtomicU64>,
    thread: Arc<OnceLock<PathBuf>>,
}

impl FrameSink for Reader {
    fn frame(&mut self, _: Stamped<Signal>) {
        self.frames.fetch_add(1, Ordering::Relaxed);
    }

    fn beat(&mut self, _: BoxNs) {
        self.thread.get_or_init(|| read_link("/proc/thread-self").expect("Linux says so"));
    }
}

impl Reader {
    /// Share of a core that the reading thread takes meanwhile.
    fn share(&self, mut of: impl FnMut()) -> f64 {
        let (since, before) = (Instant::now(), self.processor_s());
        of();
        (self.processor_s() - before) / since.elapsed().as_secs_f64()
    }

    fn processor_s(&self) -> f64 {
        let thread = Path::new("/proc").join(self.thread.get().expect("it has beaten"));
        let stat = read_to_string(thread.join("schedstat")).expect("it lives");
        stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).expect("a number") * 1e-9
    }
}

/// Ended with the bench.
struct Socat(Child);

impl Drop for Socat {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn encoded(seq: u32) -> Vec<u8> {
    let frame = Frame {
        source: SourceId::new(7).expect("a source"),
        seq,
        event_time_ns: 1_780_000_000_000_000_000 + u64::from(seq),
        clock_locked: true,
        authenticated: false,
        body: Body::Ball(Ball { u: seq as f32 * 0.37, v: 256.0, sigma: 0.5, diameter: 9.0 }),
    };
    let (mut bytes, mut line) = ([0; 1472], vec![0; MAX_ENCODED]);
    let length = encode(&frame, None, &mut bytes).expect("a good frame");
    let length = firmware_protocol::serial::encode(&bytes[..length], &mut line).expect("it fits");
    line.truncate(length);
    line
}

fn main() {
    // As criterion does: `cargo test --benches` only looks whether it runs.
    let measures = std::env::args().any(|argument| argument == "--bench");
    let turn = if measures { TURN } else { TURN / 10 };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let end = |name: &str| format!("pty,raw,echo=0,link={}", dir.path().join(name).display());
    let socat = Command::new("socat").args([end("camera"), end("box")]).stdin(Stdio::null()).spawn();
    let _socat = Socat(socat.expect("socat is installed (make setup)"));
    let (camera, device) = (dir.path().join("camera"), dir.path().join("box"));
    while !device.exists() || !camera.exists() {
        sleep(Duration::from_millis(5));
    }
    let mut plug = OpenOptions::new().write(true).custom_flags(libc::O_NOCTTY).open(&camera).expect("it opens");
    let line = format!("{}@921600", device.display()).parse().expect("a line");
    let counters = Arc::new(IngestCounters::with_lines(&[line]));
    let (stop, reader) = (Arc::new(AtomicBool::new(false)), Reader::default());
    let ingest = SerialIngest::lines(None, &counters).pop().expect("one line");
    let thread = ingest.spawn(BoxClock::start(1.0), Arc::clone(&stop), reader.clone()).expect("a thread starts");
    while reader.frames.load(Ordering::Relaxed) == 0 {
        plug.write_all(&encoded(0)).expect("taken");
        sleep(Duration::from_millis(50));
    }
    let idle = reader.share(|| sleep(turn));
    let (mut sent, mut seq) = (0, 0);
    let full = reader.share(|| {
        let since = Instant::now();
        while since.elapsed() < turn {
            let due = (since.elapsed().as_secs_f64() * FULL) as usize;
            while sent < due {
                let frame = encoded(seq);
                plug.write_all(&frame).expect("taken");
                (sent, seq) = (sent + frame.len(), seq + 1);
            }
            sleep(Duration::from_millis(1));
        }
    });
    stop.store(true, Ordering::Relaxed);
    thread.join().expect("it never panics");
    println!("a serial line, of a core: idle {:.2} %, full at 921,600 baud {:.2} %", 100.0 * idle, 100.0 * full);
    let read = reader.frames.load(Ordering::Relaxed);
    assert!(read > u64::from(seq) / 2, "{read} of {seq} frames were read");
    assert!(!measures || idle < IDLE_MAX && full < FULL_MAX, "idle {idle}, full {full}");
}
