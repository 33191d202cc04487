//! The daemon under a service manager: what it tells it, and what it takes over from it. The manager is this test.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Something hangs if it takes longer; nothing that is judged depends on it.
const PATIENCE: Duration = Duration::from_secs(45);

/// A daemon, and the socket at which it tells how it does.
struct Service {
    daemon: Child,
    told: UnixDatagram,
    config: PathBuf,
    log: Arc<Mutex<Vec<String>>>,
    _dir: tempfile::TempDir,
}

impl Service {
    /// Starts it on this socket, which is there before it is, with a watchdog of this time.
    fn start(udp: UdpSocket, watchdog: Duration) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (notify, config) = (dir.path().join("notify"), dir.path().join("pitchguard.toml"));
        let told = UnixDatagram::bind(&notify).expect("a socket");
        told.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let store = dir.path().join("store");
        let address = udp.local_addr().expect("bound");
        let text = format!(
            "[store]\npath = \"{}\"\n[ingest]\nudp_listen = \"{address}\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
            store.display()
        );
        fs::write(&config, text).expect("written");
        // The number of the process is known to itself only; descriptor 3 is where handed-over sockets begin.
        let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ WATCHDOG_PID=$$ exec \"$0\" --config \"$1\" run";
        let mut daemon = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_pitchguard")])
            .arg(&config)
            .env("LISTEN_FDS", "1")
            .env("LISTEN_FDNAMES", "udp")
            .env("NOTIFY_SOCKET", &notify)
            .env("WATCHDOG_USEC", watchdog.as_micros().to_string())
            .env_remove("PITCHGUARD_LOG")
            .env_remove("JOURNAL_STREAM")
            .stdin(Stdio::from(OwnedFd::from(udp)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, stderr) = (Arc::clone(&log), daemon.stderr.take().expect("piped"));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lock().expect("nobody panics with it").push(line);
            }
        });
        Self { daemon, told, config, log, _dir: dir }
    }

    /// The next message that says this.
    fn hear(&self, what: &str) -> String {
        let mut bytes = [0; 4096];
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let length = self.told.recv(&mut bytes).unwrap_or_else(|e| panic!("no {what}: {e}; {:?}", self.log()));
            let message = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if message.lines().any(|line| line.starts_with(what)) {
                return message;
            }
        }
        panic!("no {what}");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.daemon.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().expect("nobody panics with it").clone()
    }

    /// Waits until the log has a line with all of these.
    fn logged(&self, parts: &[&str]) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.log().into_iter().find(|line| parts.iter().all(|part| line.contains(part))) {
                return line;
            }
            assert!(Instant::now() < until, "no line with {parts:?} in {:#?}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop, and hears that it does.
    fn stop(mut self) -> Vec<String> {
        self.signal("-TERM");
        self.hear("STOPPING=1");
        assert!(self.daemon.wait().expect("a child").success());
        self.logged(&["\"stopped\""]);
        self.log()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended, which is as good.
        let _ended = self.daemon.kill();
        let _status = self.daemon.wait();
    }
}

fn loopback() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a free port")
}

/// The value of a key of a message.
fn value<'m>(message: &'m str, key: &str) -> Option<&'m str> {
    message.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}

fn edit(config: &Path, more: &str) {
    let text = fs::read_to_string(config).expect("read");
    fs::write(config, text + more).expect("written");
}

#[test]
fn it_says_ready_feeds_the_watchdog_without_traffic_and_says_when_it_stops() {
    let service = Service::start(loopback(), Duration::from_secs(1));
    let ready = service.hear("READY=1");
    assert!(value(&ready, "STATUS").is_some_and(|status| status.starts_with("frames on udp 127.0.0.1:")), "{ready}");
    for _ in 0..4 {
        service.hear("WATCHDOG=1");
    }
    service.stop();
}

#[test]
fn what_came_before_the_daemon_waits_in_the_socket_that_it_takes_over() {
    let socket = loopback();
    let sender = loopback();
    let address = socket.local_addr().expect("bound");
    for _ in 0..100 {
        sender.send_to(&[0x50, 0x47], address).expect("sent");
    }
    let service = Service::start(socket, Duration::from_secs(5));
    service.hear("READY=1");
    service.logged(&["\"ready\"", "\"udp_handed_over\":true"]);
    sender.send_to(&[0x50, 0x47], address).expect("sent");
    service.hear("WATCHDOG=1");
    let log = service.stop();
    let stopped = log.iter().find(|line| line.contains("\"stopped\"")).expect("it said so");
    assert!(stopped.contains("\"datagrams\":101,") && stopped.contains("\"kernel_drops\":0"), "{stopped}");
}

#[test]
fn a_hangup_applies_what_can_change_names_what_cannot_and_refuses_what_is_wrong() {
    let service = Service::start(loopback(), Duration::from_secs(5));
    let outcome = || {
        service.signal("-HUP");
        let reloading = service.hear("RELOADING=1");
        let moment = value(&reloading, "MONOTONIC_USEC").and_then(|usec| usec.parse::<u64>().ok());
        assert!(moment.is_some_and(|usec| usec > 0), "{reloading}");
        value(&service.hear("READY=1"), "STATUS").expect("a status").to_owned()
    };
    service.hear("READY=1");
    assert_eq!(outcome(), "configuration read, nothing to apply");
    edit(&service.config, "[log]\nlevel = \"debug\"\n[readiness]\nstarter_cap = 90.0\nalerts_max = 10\n");
    assert_eq!(
        outcome(),
        "configuration read, applied [readiness] starter_cap, [log] level; needs a restart: [readiness] alerts_max"
    );
    assert_eq!(outcome(), "configuration read, nothing to apply; needs a restart: [readiness] alerts_max");
    edit(&service.config, "[mqtt]\nurl = 1\nurn = 2\n");
    assert_eq!(outcome(), "configuration refused, 2 errors: nothing of it is applied");
    service.logged(&["\"ERROR\"", "did you mean url?"]);
    service.stop();
}
