//! A daemon in a process of its own, and cameras of which a test decides what leaves when.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use firmware_protocol::{Body, EncodeError, Frame, MAX_DATAGRAM, SourceId, encode};
use pitchguard::config::Config;
use pitchguard::daemon;
use pitchguard::ids::{BoxNs, EventNs, PitcherId};
use pitchguard::pipeline::{self, Pipeline, Profile, Profiles};
use pitchguard::records::PitchRecord;
use pitchguard::reorder::{self, Counts, SourceStatus};
use pitchguard::signal::Signal;
use pitchguard::simulate::{Delivery, Game, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;
use serde_json::Value;

/// How long a test waits for what must come before it fails.
const PATIENCE: Duration = Duration::from_secs(45);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Longest way of a frame of [`Settings::quiet`](pitchguard::simulate::Settings::quiet) to the box, and a little more.
pub const WAY_NS: u64 = 5_500_000_000;

/// The program: that of this build, or another one, as an optimised one whose memory and latency are measured.
fn program() -> std::ffi::OsString {
    std::env::var_os("PITCHGUARD_TEST_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_pitchguard").into())
}

/// A box with a store of its own, and nothing running yet.
pub struct Rack {
    dir: tempfile::TempDir,
    runs: usize,
}

impl Rack {
    pub fn new() -> Self {
        let rack = Self { dir: tempfile::tempdir().expect("a temporary directory"), runs: 0 };
        fs::write(rack.config(), format!("[store]\npath = \"{}\"\n", rack.store().display())).expect("written");
        rack
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.path("store")
    }

    pub fn config(&self) -> PathBuf {
        self.path("pitchguard.toml")
    }

    /// The program on this box's configuration, with ports that the system chooses.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PITCHGUARD_")) {
            command.env_remove(name);
        }
        command.env("PITCHGUARD_INGEST__UDP_LISTEN", "127.0.0.1:0").env("PITCHGUARD_HTTP__LISTEN", "127.0.0.1:0");
        command.arg("--config").arg(self.config()).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs a verb to its end.
    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Starts the daemon, its clock `speed` times as fast as the wall's.
    pub fn start(&mut self, speed: f64) -> Running {
        self.start_on(speed, "127.0.0.1:0")
    }

    pub fn start_on(&mut self, speed: f64, udp: &str) -> Running {
        self.start_with(speed, &[("PITCHGUARD_INGEST__UDP_LISTEN", udp)])
    }

    /// Starts it with more in its environment.
    pub fn start_with(&mut self, speed: f64, environment: &[(&str, &str)]) -> Running {
        let mut command = self.command(&["run", "--clock-speed", &speed.to_string()]);
        command.envs(environment.iter().copied());
        self.start_as(command)
    }

    /// Starts the daemon on a socket that somebody else holds open, as a service manager does.
    pub fn start_held(&mut self, socket: &UdpSocket) -> Running {
        let program = self.command(&["run"]);
        let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=udp exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let held = socket.try_clone().expect("a descriptor");
        command.stdin(Stdio::from(std::os::fd::OwnedFd::from(held)));
        self.start_as(command)
    }

    /// Starts it with so many file descriptors and no right to more.
    pub fn start_with_descriptors(&mut self, most: u32) -> Running {
        let program = self.command(&["run"]);
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\"")]);
        command.arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null());
        self.start_as(command)
    }

    /// Starts it as if the box's clock were that far ahead.
    pub fn start_ahead(&mut self, by: Duration) -> Running {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let command = self.command(&["run", "--clock-since", &(now + by).as_nanos().to_string()]);
        self.start_as(command)
    }

    /// Starts the daemon with its clock at that moment, which is to come.
    pub fn start_at(&mut self, speed: f64, at: BoxNs) -> Running {
        let (speed, at) = (speed.to_string(), at.0.to_string());
        let command = self.command(&["run", "--clock-speed", &speed, "--clock-since", &at]);
        self.start_as(command)
    }

    /// Starts the daemon by that command.
    pub fn start_as(&mut self, mut command: Command) -> Running {
        self.runs += 1;
        let log = self.path(&format!("stderr-{}", self.runs));
        let child = command
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a log file"))
            .spawn()
            .expect("the program starts");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
        let mut running = Running { child, log, udp: nowhere, http: nowhere, client };
        let ready = running.wait_for("the daemon is ready", |r| r.logged("ready"));
        let address = |name: &str| ready[name].as_str().and_then(|a| a.parse().ok()).expect("an address in the log");
        (running.udp, running.http) = (address("udp"), address("http"));
        running
    }
}

/// A daemon that runs; killed where the test forgets it.
pub struct Running {
    child: Child,
    log: PathBuf,
    pub udp: SocketAddr,
    pub http: SocketAddr,
    client: reqwest::blocking::Client,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The fields of the log line with this message.
    fn logged(&self, message: &str) -> Option<Value> {
        let log = self.log();
        let fields = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?.get("fields").cloned());
        fields.into_iter().find(|fields| fields["message"] == message)
    }

    /// Looks until there is something; fails with the log where it never comes or the daemon ends.
    pub fn wait_for<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let since = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            let ended = self.child.try_wait().expect("it is our child");
            assert!(ended.is_none(), "{what}: the daemon ended with {ended:?}:\n{}", self.log());
            assert!(since.elapsed() < PATIENCE, "never: {what}\n{}", self.log());
            sleep(LOOK_EVERY);
        }
    }

    pub fn try_get(&self, path: &str) -> (u16, Value) {
        let response = self.client.get(format!("http://{}{path}", self.http)).send().expect("the daemon answers");
        (response.status().as_u16(), response.json().expect("JSON"))
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.try_get(path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub fn text(&self, path: &str) -> String {
        let response = self.client.get(format!("http://{}{path}", self.http)).send().expect("the daemon answers");
        response.text().expect("text")
    }

    pub fn post(&self, path: &str) -> (u16, Value) {
        let response = self.client.post(format!("http://{}{path}", self.http)).send().expect("the daemon answers");
        (response.status().as_u16(), response.json().expect("JSON"))
    }

    pub fn post_json(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("http://{}{path}", self.http);
        let response = self.client.post(url).json(body).send().expect("the daemon answers");
        (response.status().as_u16(), response.json().expect("JSON"))
    }

    pub fn status(&self) -> Value {
        self.get("/api/status")
    }

    /// All pitches that it measured, in order.
    pub fn pitches(&self) -> Vec<Value> {
        let page = self.get("/api/pitches?limit=1000");
        let newest = page["pitches"].as_array().expect("an array");
        let has_all = page["next"].is_null() || newest[0]["origin"] != "live";
        assert!(has_all, "a test throws less than a page, after whatever it imported");
        newest.iter().filter(|p| p["origin"] == "live").cloned().collect()
    }

    pub fn readiness(&self, pitcher: u32) -> Option<Value> {
        let (status, body) = self.try_get(&format!("/api/readiness/{pitcher}"));
        (status == 200).then_some(body)
    }

    /// Waits until as many pitches as that were published final and everything published is committed.
    pub fn settle(&mut self, finals: usize) {
        self.wait_for("the pitches are final and kept", |r| {
            let status = r.status();
            let published = status["pitches"]["final"].as_u64()?;
            (published >= finals as u64 && status["store"]["queued"] == 0).then_some(())
        });
    }

    /// Waits until the buffer was handed so many frames.
    pub fn swallow(&mut self, frames: u64) -> Value {
        self.wait_for("every frame sent was received", |r| {
            let status = r.status();
            let received = status["reorder"]["accounting"]["received"].as_u64()?;
            (received >= frames).then_some(status)
        })
    }

    /// Box time now, ns.
    pub fn now(&self) -> EventNs {
        let status = self.status();
        let started: jiff::Timestamp = status["started_at"].as_str().expect("text").parse().expect("RFC 3339");
        let uptime_s = status["uptime_s"].as_f64().expect("a number");
        EventNs(started.as_nanosecond() as u64 + (uptime_s * 1e9) as u64)
    }

    /// Resident memory, bytes.
    pub fn rss_bytes(&self) -> u64 {
        self.memory_bytes("VmRSS:")
    }

    /// Memory of its own, bytes: without pages of files, which the system takes back when it needs them.
    pub fn own_bytes(&self) -> u64 {
        self.memory_bytes("RssAnon:")
    }

    fn memory_bytes(&self, of: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = text.lines().find_map(|l| l.strip_prefix(of)).expect("Linux says so");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is our child");
    }

    /// SIGTERM, and waits for the end. Gives what it wrote to stderr, too.
    pub fn terminate(mut self) -> (ExitStatus, String) {
        let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.pid())]).status();
        assert!(told.expect("a shell").success());
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return (status, self.log());
            }
            assert!(since.elapsed() < PATIENCE, "SIGTERM does not end it:\n{}", self.log());
            sleep(LOOK_EVERY);
        }
    }
}

/// A short game of three cameras, a pitch each six seconds and a short break: enough of it to be stopped in.
pub fn short_game(seed: u64, start: EventNs, pitches_max: usize) -> Stadium {
    let settings = Settings {
        seed,
        start,
        cameras: Some(vec![1, 3, 5]),
        pitches_max: Some(pitches_max),
        pace_s: 6.0,
        break_s: 8.0,
        tail_s: 12.0,
        ..Settings::quiet()
    };
    Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings)
}

/// The stadium's devices: their frames leave when they would reach the box, until the test says halt.
pub struct Cameras {
    pub stadium: Stadium,
    pub sent: u64,
    waiting: Option<Delivery>,
    at: u64,
    speed: f64,
    pub wire: Wire,
    /// Marks of later events name no pitch type.
    pub typed_until: EventNs,
    /// Marks of events in this time are lost.
    pub unmarked: std::ops::Range<EventNs>,
    /// The newest mark that was sent.
    pub marked: Option<Delivery>,
    /// How far the clock of each source is ahead, ns.
    pub ahead: Box<dyn Fn(u8) -> i64 + Send>,
    /// Made before the first leaves, so that none leaves late.
    made: std::vec::IntoIter<Delivery>,
}

impl Cameras {
    pub fn new(stadium: Stadium, speed: f64, to: SocketAddr) -> Self {
        let (at, typed_until) = (stadium.start().0, EventNs(u64::MAX));
        let (wire, unmarked) = (Wire::to(to), EventNs(0)..EventNs(0));
        let ahead = Box::new(|_| 0);
        Self {
            at,
            stadium,
            sent: 0,
            waiting: None,
            speed,
            wire,
            typed_until,
            unmarked,
            marked: None,
            ahead,
            made: Vec::new().into_iter(),
        }
    }

    /// Makes all frames now: where time is told by when they leave none may be late for being made.
    pub fn make(&mut self) {
        self.made = self.stadium.by_ref().collect::<Vec<_>>().into_iter();
    }

    /// Sends everything that arrives before that moment. Afterwards the stadium stands still.
    pub fn play(&mut self, until: EventNs) {
        let (began, at) = (Instant::now(), self.at);
        let due = |ns: u64| began + Duration::from_secs_f64(ns.saturating_sub(at) as f64 * 1e-9 / self.speed);
        while let Some(mut delivery) = self.waiting.take().or_else(|| self.made.next()).or_else(|| self.stadium.next())
        {
            if delivery.arrival.0 >= until.0 {
                self.waiting = Some(delivery);
                break;
            }
            if let Signal::Mark(mark) = &mut delivery.signal {
                if self.unmarked.contains(&delivery.event) {
                    continue;
                }
                mark.pitch_type = if delivery.event > self.typed_until { [0; 4] } else { mark.pitch_type };
                self.marked = Some(delivery);
            }
            let wait = due(delivery.arrival.0).saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                self.wire.flush();
                sleep(wait + Duration::from_millis(1));
            }
            let event = EventNs(delivery.event.0.saturating_add_signed((self.ahead)(delivery.source)));
            self.wire.send(&Delivery { event, ..delivery });
            self.sent += 1;
        }
        self.wire.flush();
        sleep(due(until.0).saturating_duration_since(Instant::now()));
        self.at = until.0;
    }

    /// Sends all that remains.
    pub fn play_out(&mut self) {
        let end = self.stadium.end();
        self.play(EventNs(end.0 + 2 * WAY_NS));
    }

    /// The first moment after the pitch with this number when all its frames are there and none of the next is.
    pub fn quiet_after(&self, number: usize) -> EventNs {
        let (pitch, next) = (&self.stadium.truth()[number], &self.stadium.truth()[number + 1]);
        let over = EventNs(pitch.plate.0 + WAY_NS);
        assert!(over < next.release, "the pace of this test leaves no pause between pitches");
        over
    }
}

/// A socket that speaks the protocol.
pub struct Wire {
    socket: UdpSocket,
    pub to: SocketAddr,
    datagram: [u8; MAX_DATAGRAM],
    filled: usize,
}

impl Wire {
    pub fn to(to: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        Self { socket, to, datagram: [0; MAX_DATAGRAM], filled: 0 }
    }

    pub fn send(&mut self, delivery: &Delivery) {
        let frame = frame(delivery);
        let mut written = encode(&frame, None, &mut self.datagram[self.filled..]);
        if let Err(EncodeError::NoRoom { .. }) = written {
            self.flush();
            written = encode(&frame, None, &mut self.datagram);
        }
        self.filled += written.expect("what the stadium says fits the wire");
    }

    pub fn flush(&mut self) {
        if self.filled > 0 {
            self.raw(&self.datagram[..self.filled]);
            self.filled = 0;
        }
    }

    pub fn raw(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.to).expect("loopback takes it");
    }
}

/// A delivery as it leaves its device.
pub fn frame(delivery: &Delivery) -> Frame<'static> {
    Frame {
        source: SourceId::new(delivery.source).expect("the stadium's sources exist"),
        seq: delivery.seq,
        event_time_ns: delivery.event.0,
        clock_locked: true,
        authenticated: false,
        body: match delivery.signal {
            Signal::Ball(ball) => Body::Ball(ball),
            Signal::Fiducial(fiducial) => Body::Fiducial(fiducial),
            Signal::Spin(spin) => Body::Spin(spin),
            Signal::Mark(mark) => Body::Mark(mark),
            Signal::Health(health) => Body::Health(health),
            Signal::Pose { .. } => unreachable!("the stadium sends no poses"),
        },
    }
}

/// A Savant CSV of what the stadium's pitchers threw this season, every fastball this much faster than they throw today.
pub fn season_csv(path: &Path, stadium: &Stadium, faster_mph: f64) {
    let (people, pitches) = stadium.past();
    let mut text =
        "pitch_type,game_date,release_speed,release_pos_x,release_pos_z,player_name,batter,pitcher,description,\
        game_type,p_throws,home_team,away_team,inning_topbot,pfx_x,pfx_z,game_pk,at_bat_number,pitch_number,\
        release_spin_rate,release_extension\n"
            .to_owned();
    for p in &pitches {
        let person =
            people.iter().find(|person| Some(person.id) == p.pitcher).expect("everybody who threw is somebody");
        let (first, last) = person.name.as_deref().and_then(|name| name.split_once(' ')).expect("two names");
        let number = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.4}"));
        let (v, PitchRecord { pitch_type, game_date, game_pk, .. }) = (&p.values, p);
        writeln!(
            text,
            "{pitch_type},{game_date},{},{},{},\"{last}, {first}\",{},{},ball,R,{},STL,CHC,Top,{},{},{game_pk},{},{},{},{}",
            number(v.release_speed.map(|speed| speed + faster_mph)),
            number(v.release_pos_x),
            number(v.release_pos_z),
            // Nobody bats twice: so the names in the file can only be the pitchers'.
            p.release_ns % 1_000_000_007,
            person.id,
            person.throws.as_deref().unwrap_or("R"),
            number(v.pfx_x),
            number(v.pfx_z),
            p.at_bat_number.expect("a past pitch has one"),
            p.pitch_number.expect("a past pitch has one"),
            number(v.release_spin_rate.map(f64::round)),
            number(v.release_extension),
        )
        .expect("writing to a string cannot fail");
    }
    fs::write(path, text).expect("written");
}

/// Nobody is known.
struct Strangers;

impl Profiles for Strangers {
    fn profile(&mut self, _: PitcherId, _: jiff::civil::Date) -> Profile {
        Profile::default()
    }
}

/// What came of frames under a simulated clock.
pub struct Rehearsed {
    pub outputs: Vec<pipeline::Output>,
    pub counts: Counts,
    pub sources: Vec<SourceStatus>,
}

impl Rehearsed {
    pub fn pitches(&self) -> impl Iterator<Item = &PitchRecord> {
        self.outputs.iter().filter_map(|output| match output {
            pipeline::Output::Pitch { record, .. } => Some(&**record),
            _ => None,
        })
    }

    pub fn source(&self, source: u8) -> &SourceStatus {
        self.sources.iter().find(|s| s.source == source).expect("it was heard")
    }
}

/// The daemon's pipeline, with as many paths, under a simulated clock: frames in order of arrival, each on its path.
pub fn rehearse(
    venue: &Venue,
    config: &Config,
    deliveries: impl Iterator<Item = (usize, Delivery)>,
    paths: usize,
) -> Rehearsed {
    let mut settings = daemon::settings(config, venue);
    settings.reorder.paths = paths;
    let (mut producers, buffer) = reorder::buffer(&settings.reorder).expect("good settings");
    let mut deliveries = deliveries.peekable();
    let start = deliveries.peek().map_or(BoxNs(0), |(_, first)| first.arrival);
    let mut pipeline = Pipeline::new(venue, &settings, buffer, Strangers, start);
    let (mut outputs, mut now) = (Vec::new(), BoxNs(0));
    for (path, delivery) in deliveries {
        if delivery.arrival.0 >= now.0 + 500_000 {
            now = delivery.arrival;
            for producer in &mut producers {
                producer.beat(now);
            }
            pipeline.step(now, &mut outputs);
        }
        // What finds no slot is counted by the buffer.
        let _counted = producers[path].push(delivery.into());
    }
    pipeline.step(now, &mut outputs);
    pipeline.finish(now, &mut outputs);
    let sources = pipeline.reorder().sources().collect();
    Rehearsed { outputs, counts: pipeline.reorder().counts(), sources }
}
