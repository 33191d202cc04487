//! The daemon as what it is: a process with a UDP socket, asked over HTTP. And the processes that send to it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use pitchguard::observe::StatusReport;
use pitchguard::records::{PitchRecord, State};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_pitchguard");
/// Something hangs if it takes longer than this; nothing that is judged depends on it.
const PATIENCE: Duration = Duration::from_mins(1);

/// The rig that simulators and daemon agree on.
pub fn venue_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/venues/busch_iii.toml")
}

/// A child process that does not outlive its test.
pub struct Guarded(Option<Child>);

impl Guarded {
    pub fn id(&self) -> u32 {
        self.0.as_ref().map_or(0, Child::id)
    }

    /// Waits for its end.
    pub fn output(mut self) -> Output {
        let child = self.0.take().expect("taken only here");
        child.wait_with_output().expect("a child can be waited for")
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended already, which is as good.
            let _ended = child.kill();
            let _status = child.wait();
        }
    }
}

/// `pitchguard run` on ports and a store of its own.
pub struct RunningDaemon {
    pub udp: SocketAddr,
    pub http: SocketAddr,
    process: Guarded,
    client: reqwest::blocking::Client,
    store: TempDir,
}

impl RunningDaemon {
    /// Starts it, its clock running `speed` times as fast as the wall, and waits until it says that it is ready.
    pub fn start(speed: f64) -> Self {
        Self::start_with(speed, &[])
    }

    /// The same with further variables of the environment.
    pub fn start_with(speed: f64, environment: &[(&str, &str)]) -> Self {
        let store = tempfile::tempdir().expect("a scratch folder");
        let mut child = Command::new(BINARY)
            .args(["run", "--clock-speed", &speed.to_string()])
            .env("PITCHGUARD_VENUE__FILE", venue_file())
            .env("PITCHGUARD_INGEST__UDP_LISTEN", "127.0.0.1:0")
            .env("PITCHGUARD_HTTP__LISTEN", "127.0.0.1:0")
            .env("PITCHGUARD_STORE__PATH", store.path())
            .envs(environment.iter().copied())
            .env_remove("PITCHGUARD_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built with this test");
        let said = child.stderr.take().expect("piped");
        let process = Guarded(Some(child));
        let (tell, told) = mpsc::channel();
        // Reads on to the end: a full pipe would stop the daemon.
        std::thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                match ready(&line) {
                    Some(addresses) => drop(tell.send(addresses)),
                    None => eprintln!("daemon: {line}"),
                }
            }
        });
        let (udp, http) = told.recv_timeout(PATIENCE).expect("the daemon says where it listens");
        let client = reqwest::blocking::Client::builder().timeout(PATIENCE).build().expect("a plain client");
        Self { udp, http, process, client, store }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// A verb on its store, to its end.
    pub fn verb(&self, args: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.args(args).env("PITCHGUARD_STORE__PATH", self.store.path()).stdin(Stdio::null());
        command.output().expect("the binary was built with this test")
    }

    pub fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let url = format!("http://{}{path}", self.http);
        let answer = self.client.get(&url).send().expect("the daemon answers");
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        answer.json().expect("the answer is what its schema says")
    }

    /// `/api/status`.
    pub fn status(&self) -> StatusReport {
        self.get("/api/status")
    }

    /// Every pitch, page by page as a client reads them.
    pub fn pitches(&self) -> Vec<PitchRecord> {
        #[derive(serde::Deserialize)]
        struct Page {
            pitches: Vec<PitchRecord>,
            next: Option<String>,
        }
        let mut pitches = Vec::new();
        let mut since = "0".to_owned();
        loop {
            let page: Page = self.get(&format!("/api/pitches?limit=100&since={since}"));
            pitches.extend(page.pitches);
            match page.next {
                Some(next) => since = next,
                None => return pitches,
            }
        }
    }

    /// Waits until that many frames are counted and no published pitch is left to settle; then the report.
    pub fn settled(&self, frames: u64) -> StatusReport {
        let began = Instant::now();
        loop {
            let status = self.status();
            let open = status.pitches.provisional.saturating_sub(status.pitches.r#final);
            if (status.reorder.accounting.received >= frames && open == 0) || began.elapsed() > PATIENCE {
                return status;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(self) {
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.id())]).status();
        assert!(asked.expect("a shell").success(), "the daemon is still there to be stopped");
        let ended = self.process.output();
        assert!(ended.status.success(), "{}", ended.status);
    }
}

/// The addresses of the log line that says that the daemon is ready.
fn ready(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = &line["fields"];
    let address = |name: &str| fields[name].as_str()?.parse().ok();
    (fields["message"] == "ready").then(|| Some((address("udp")?, address("http")?)))?
}

/// Starts `pitchguard` with these arguments, its output kept.
pub fn pitchguard(args: &[&str]) -> Guarded {
    let child = Command::new(BINARY).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    Guarded(Some(child.expect("the binary was built with this test")))
}

/// What a sender says that it sent: frames handed to the network.
#[derive(Debug)]
pub struct Sending {
    pub frames: u64,
    pub said: String,
}

/// `pitchguard simulate` to the daemon, to its end.
pub fn simulate(daemon: &RunningDaemon, speed: f64, truth: &Path, more: &[&str]) -> Sending {
    let (to, speed) = (daemon.udp.to_string(), speed.to_string());
    let (truth, venue) = (truth.display().to_string(), venue_file().display().to_string());
    let mut args = vec!["simulate", "--to", &to, "--speed", &speed, "--truth", &truth, "--venue", &venue];
    args.extend(more);
    let said = succeeded(pitchguard(&args));
    let done = said.lines().find(|line| line.starts_with("Done: ")).expect("a summary");
    Sending { frames: number_before(done, " frames in "), said }
}

/// Standard output of a child that ends well.
pub fn succeeded(child: Guarded) -> String {
    let ended = child.output();
    let said = String::from_utf8(ended.stdout).expect("text");
    assert!(ended.status.success(), "{}:\n{said}", ended.status);
    said
}

/// Python 3.11 or later, or `None` with a plain word on stderr.
fn python() -> Option<&'static str> {
    let new_enough = "import sys; sys.exit(sys.version_info < (3, 11))";
    let asked = Command::new("python3").args(["-c", new_enough]).status();
    let there = asked.is_ok_and(|status| status.success());
    if !there {
        super::skip("the independent sender needs python3, 3.11 or later");
    }
    there.then_some("python3")
}

/// The independent sender to the daemon, to its end; `None` where there is no Python for it.
pub fn independent_sender(daemon: &RunningDaemon, speed: f64, truth: &Path, more: &[&str]) -> Option<Sending> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/independent/sender.py");
    let mut command = Command::new(python()?);
    command.arg(script).arg("--venue").arg(venue_file()).arg("--truth").arg(truth);
    command.args(["--to", &daemon.udp.to_string(), "--speed", &speed.to_string()]).args(more);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it was there just now");
    let said = succeeded(Guarded(Some(child)));
    let done = said.lines().last().expect("a summary").to_owned();
    Some(Sending { frames: number_before(&done, " frames ("), said })
}

/// The number that stands before these words.
fn number_before(text: &str, words: &str) -> u64 {
    let before = text.split(words).next().expect("split gives one part at least");
    let number = before.rsplit(' ').next().expect("rsplit too");
    number.parse().unwrap_or_else(|_| panic!("no number before {words:?} in {text:?}"))
}

/// Nothing was lost between the sender's socket and the buffer's accounts, and the accounts are exact.
pub fn assert_every_frame_accounted(status: &StatusReport, sent: u64) {
    let ingest = status.ingest.as_ref().expect("ingest reports");
    let accounting = status.reorder.accounting;
    assert_eq!(ingest.kernel_drops, 0, "the kernel dropped datagrams: {ingest:?}");
    assert!(ingest.refused.values().all(|n| *n == 0), "{:?}", ingest.refused);
    assert_eq!(ingest.frames, sent, "what ingest accepted is what was sent");
    assert_eq!(accounting.received, sent, "what ingest accepted reached the buffer");
    assert!(status.identity_holds && accounting.difference() == 0, "{accounting:?}");
    assert_eq!((accounting.overflowed, accounting.refused, accounting.quarantined), (0, 0, 0), "{accounting:?}");
}

/// Every pitch is final in the end.
pub fn assert_all_final(pitches: &[PitchRecord]) {
    let open: Vec<_> = pitches.iter().filter(|p| p.state != State::Final).map(|p| (p.id, p.revision)).collect();
    assert!(open.is_empty(), "not final: {open:?}");
}

/// Prints the latencies, which depend on the machine and are never asserted.
pub fn print_latencies(status: &StatusReport) {
    let ms = |v: Option<f64>| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
    for l in &status.latencies {
        let (p50, p99, max) = (ms(l.p50_ms), ms(l.p99_ms), ms(l.max_ms));
        eprintln!("{:<26} n {:>8}  p50 {p50:>8} ms  p99 {p99:>8} ms  max {max:>8} ms", l.stage, l.count);
    }
}
