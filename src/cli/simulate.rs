//! `pitchguard simulate`: a stadium that sends its frames over UDP, from a process of its own.

use std::fmt;
use std::fs::File;
use std::io::{self, LineWriter, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::out::tell;
use super::run_job::{self, VerbError};
use super::simulate_faults::FaultArgs;
use super::values;
use super::verbs::{told, with_config};
use crate::config::Config;
use crate::daemon::control::ControlJob;
use crate::daemon::invented::Season;
use crate::environment::BrokerUrl;
use crate::ids::{EventNs, PitcherId};
use crate::ingest::{KeyFileError, KeyRing};
use crate::simulate::weather::{self, Publisher};
use crate::simulate::{
    Away, Climate, Game, Rain, Scenario, SendError, Sent, Settings, Silence, Stadium, StatcastError, Thrown, Weather,
    WeatherError, sender, statcast,
};
use crate::tracking::venue::{Venue, VenueError};

/// Arguments of `simulate`.
#[derive(Debug, Clone, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub struct Args {
    /// Same seed, same stadium.
    #[arg(long, default_value_t = 1, value_parser = values::seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// What is played.
    #[arg(long, value_enum, default_value_t = ScenarioArg::Game, conflicts_with = "statcast")]
    pub scenario: ScenarioArg,
    /// Throw the real pitches of a Baseball Savant CSV instead.
    #[arg(long, value_name = "FILE")]
    pub statcast: Option<PathBuf>,
    /// Bring the daemon the pitchers and their season first, through its control socket: names, and what is usual for
    /// them. They are marked as simulated.
    #[arg(long, conflicts_with = "statcast")]
    pub history: bool,
    /// Where the daemon listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7117", value_parser = address)]
    pub to: SocketAddr,
    /// Times faster than real time; the daemon's clock must run as fast.
    #[arg(long, default_value_t = 1.0, value_parser = values::speed, allow_negative_numbers = true)]
    pub speed: f64,
    /// Mean seconds between pitches, 2 at least [default: 20].
    #[arg(long, value_name = "S", value_parser = values::pace, allow_negative_numbers = true)]
    pub pace: Option<f64>,
    /// Seconds between half-innings [default: 140].
    #[arg(long = "break", value_name = "S", value_parser = values::seconds, allow_negative_numbers = true)]
    pub break_s: Option<f64>,
    /// Stop after this many pitches, warm-ups counted.
    #[arg(long, value_name = "N", value_parser = values::pitches, allow_negative_numbers = true)]
    pub pitches: Option<usize>,
    /// Pixel noise of each observation, sd [default: 0.5].
    #[arg(long, value_name = "PX", value_parser = values::pixels, allow_negative_numbers = true)]
    pub white_px: Option<f64>,
    /// Pixel offset common to a camera's pitch, sd [default: 0.1].
    #[arg(long, value_name = "PX", value_parser = values::pixels, allow_negative_numbers = true)]
    pub common_px: Option<f64>,
    /// Seconds that frames are on their way, least and most [default: cameras 2,5 and up to 0.2 more each, devices 0.1,0.5]: 0,0
    /// is no time at all.
    #[arg(long, value_name = "LEAST,MOST", value_parser = lag)]
    pub lag: Option<(f64, f64)>,
    /// Share of camera frames lost [default: 0.01].
    #[arg(long, value_name = "SHARE", value_parser = values::share, allow_negative_numbers = true)]
    pub loss: Option<f64>,
    /// Share of camera frames that come twice [default: 0.002].
    #[arg(long, value_name = "SHARE", value_parser = values::share, allow_negative_numbers = true)]
    pub doubles: Option<f64>,
    /// Share of camera frames another 5 to 9 s late [default: 0.005].
    #[arg(long, value_name = "SHARE", value_parser = values::share, allow_negative_numbers = true)]
    pub stragglers: Option<f64>,
    /// A camera that says nothing for a while: 4@600+60 is camera 4, 600 s after the start, for 60 s.
    #[arg(long, value_name = "CAM@FROM+FOR", value_parser = silence)]
    pub silent: Option<Silence>,
    /// A rain delay: 3600+1800 is an hour after the start, for half an hour.
    #[arg(long, value_name = "FROM+FOR", value_parser = rain)]
    pub rain: Option<Rain>,
    /// What goes wrong with the rig.
    #[command(flatten)]
    pub faults: FaultArgs,
    /// Only these cameras take part.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub cameras: Option<Vec<u8>>,
    /// Without mark feeds.
    #[arg(long)]
    pub no_marks: bool,
    /// Share of marks another 3 to 9 s late [default: 0].
    #[arg(long, value_name = "SHARE", value_parser = values::share, allow_negative_numbers = true)]
    pub marks_late: Option<f64>,
    /// Share of marks that come twice [default: 0].
    #[arg(long, value_name = "SHARE", value_parser = values::share, allow_negative_numbers = true)]
    pub marks_doubled: Option<f64>,
    /// Share of marks that never come [default: 0].
    #[arg(long, value_name = "SHARE", value_parser = values::share, allow_negative_numbers = true)]
    pub marks_absent: Option<f64>,
    /// A while without any mark: 3600+600 is an hour after the start, for ten minutes.
    #[arg(long, value_name = "FROM+FOR", value_parser = away)]
    pub marks_away: Option<Away>,
    /// Throws on the game mound before each half-inning, of which no mark tells [default: 0].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=20))]
    pub warm_ups: Option<u16>,
    /// Without spin devices.
    #[arg(long)]
    pub no_spin: bool,
    /// Without rounds of landmarks.
    #[arg(long)]
    pub no_landmarks: bool,
    /// Pixel noise of each landmark, sd [default: 0.25].
    #[arg(long, value_name = "PX", value_parser = values::pixels, allow_negative_numbers = true)]
    pub landmark_px: Option<f64>,
    /// A network without loss, doubles and stragglers.
    #[arg(long)]
    pub quiet: bool,
    /// Sign frames with the keys of this file (lines: source, hex key).
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// The ballpark's rig [default: the built-in rig].
    #[arg(long, value_name = "FILE")]
    pub venue: Option<PathBuf>,
    /// Publish weather and camera vibration at this broker.
    #[arg(long, value_name = "URL")]
    pub mqtt: Option<BrokerUrl>,
    /// Replay the weather of this CSV file instead of simulating it, with its own timing times --speed.
    #[arg(long, value_name = "FILE", requires = "mqtt")]
    pub weather: Option<PathBuf>,
    /// Write what was really thrown, a line of JSON a pitch.
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
}

/// The scenarios by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ScenarioArg {
    /// A three-hour game with starters, relievers and both bullpens.
    Game,
    /// A closer who tires.
    Closer,
    /// Both bullpens at once.
    Bullpen,
}

impl From<ScenarioArg> for Scenario {
    fn from(arg: ScenarioArg) -> Self {
        match arg {
            ScenarioArg::Game => Self::Game,
            ScenarioArg::Closer => Self::Closer,
            ScenarioArg::Bullpen => Self::Bullpen,
        }
    }
}

/// Why a stadium cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The venue file.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// The Savant file.
    #[error(transparent)]
    Statcast(#[from] StatcastError),
    /// The keys file.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The weather file.
    #[error(transparent)]
    Weather(#[from] WeatherError),
    /// The system gives no thread for the weather.
    #[error("cannot start the weather's thread: {0}; raise TasksMax or the process limit")]
    Thread(io::Error),
    /// The truth file.
    #[error("truth file {path}: {source}; give a path that can be written")]
    Truth {
        /// The path tried.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A fault of a camera that is not there.
    #[error("no camera {camera} in {venue}: its cameras are {known}")]
    NoCamera {
        /// The camera named.
        camera: u8,
        /// The ballpark.
        venue: String,
        /// Those that it has.
        known: String,
    },
    /// The wire.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Args {
    /// The stadium's settings, with its cameras starting at that moment.
    pub fn settings(&self, start: EventNs) -> Settings {
        let base = if self.quiet { Settings::quiet() } else { Settings::default() };
        let mut marks = base.marks;
        marks.on = !self.no_marks;
        marks.late = self.marks_late.unwrap_or(marks.late);
        marks.doubled = self.marks_doubled.unwrap_or(marks.doubled);
        marks.absent = self.marks_absent.unwrap_or(marks.absent);
        marks.away = self.marks_away;
        marks.lag_s = self.lag.unwrap_or(marks.lag_s);
        Settings {
            seed: self.seed,
            start,
            white_px: self.white_px.unwrap_or(base.white_px),
            common_px: self.common_px.unwrap_or(base.common_px),
            lag_s: self.lag.unwrap_or(base.lag_s),
            jitter_s: if self.lag.is_some() { 0.0 } else { base.jitter_s },
            loss: self.loss.unwrap_or(base.loss),
            doubles: self.doubles.unwrap_or(base.doubles),
            stragglers: self.stragglers.unwrap_or(base.stragglers),
            silent: self.silent,
            rain: self.rain,
            faults: self.faults.faults(),
            landmark_white_px: self.landmark_px.unwrap_or(base.landmark_white_px),
            marks,
            spin: !self.no_spin,
            landmarks: !self.no_landmarks,
            cameras: self.cameras.clone(),
            pace_s: self.pace.unwrap_or(base.pace_s),
            break_s: self.break_s.unwrap_or(base.break_s),
            warm_ups: self.warm_ups.unwrap_or(base.warm_ups),
            pitches_max: self.pitches,
            ..base
        }
    }
}

impl Args {
    /// Starts to publish the weather, where a broker is named.
    fn publish(&self, venue: &Venue, start: EventNs, started: Instant) -> Result<Option<Publisher>, SimulateError> {
        let Some(broker) = &self.mqtt else { return Ok(None) };
        let climate = Climate::of(venue, &self.settings(start));
        let weather = match &self.weather {
            Some(file) => Weather::replayed(venue, file, start)?.shaken(venue, climate, self.seed, start),
            None => Weather::simulated(venue, climate, self.seed, start),
        };
        weather::publish(weather, broker, start, started, self.speed).map(Some).map_err(SimulateError::Thread)
    }
}

/// Brings the people where that is asked for, and sends until the evening is over or somebody interrupts it: both give 0.
pub fn run(args: &Args, config: Option<&Path>) -> ExitCode {
    if args.history {
        return with_config(config, |config| told(bring(args, config).map(|()| play(args))));
    }
    play(args)
}

/// Gives the daemon the pitchers and their season, up to today.
fn bring(args: &Args, config: &Config) -> Result<(), VerbError> {
    let day = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let season = Season { seed: args.seed, scenario: args.scenario.into(), day };
    run_job::run(&ControlJob::Simulated(season), &[], &config.store, &config.risk).map(drop)
}

fn play(args: &Args) -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = stop_on_signal(Arc::clone(&stop)) {
        tell!("an interrupt will end this at once, without a summary: {error}");
    }
    told(simulate(args, &stop, &mut io::stdout().lock()).map(|_| ExitCode::SUCCESS))
}

/// Sends, telling `out` about it.
///
/// # Errors
/// When a file cannot be used or the network fails; see [`SimulateError`].
pub fn simulate(args: &Args, stop: &AtomicBool, out: &mut impl Write) -> Result<Sent, SimulateError> {
    let venue = args.venue.as_deref().map_or_else(|| Ok(Venue::busch_iii()), Venue::load)?;
    let faults = args.faults.faults();
    let mut named =
        faults.cameras().chain(args.silent.map(|silence| silence.camera)).chain(args.cameras.iter().flatten().copied());
    if let Some(camera) = named.find(|id| venue.camera(*id).is_none()) {
        let known: Vec<String> = venue.cameras.iter().map(|c| c.id.to_string()).collect();
        return Err(SimulateError::NoCamera { camera, venue: venue.id, known: known.join(", ") });
    }
    let keys = args.key_file.as_deref().map(KeyRing::load).transpose()?;
    let (game, title) = match &args.statcast {
        Some(path) => {
            let read = statcast::read(path)?;
            let title =
                format!("{}: {} of {} rows are complete pitches", path.display(), read.pitches.len(), read.rows);
            (Game::Statcast(read.pitches), title)
        }
        None => (
            Game::Scenario(args.scenario.into()),
            format!("scenario {}", format!("{:?}", args.scenario).to_lowercase()),
        ),
    };
    let started = Instant::now();
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut stadium = Stadium::new(&venue, &game, args.settings(EventNs(since_epoch.as_nanos() as u64)));
    let names = stadium.roster();
    let seconds = ((stadium.end().0 - stadium.start().0) as f64 * 1e-9 / args.speed) as u64;
    let mut truth = args.truth.as_deref().map(TruthFile::create).transpose()?;
    let publisher = args.publish(&venue, stadium.start(), started)?;

    if args.statcast.is_none() && !args.history {
        tell!("these pitchers are invented: without --history a daemon knows nothing of them, and tells no readiness");
    }
    // Whether or not anybody reads along, the stadium goes on: a closed standard output is no reason to stop.
    let _unread = writeln!(
        out,
        "{title}, seed {}: {} pitches in {} min {} s to udp {}",
        args.seed,
        stadium.truth().len(),
        seconds / 60,
        seconds % 60,
        args.to
    );
    let sent = sender::send(&mut stadium, args.to, keys.as_ref(), started, args.speed, stop, |number, thrown| {
        let _unread = writeln!(out, "{}", Line { number: number + 1, thrown, names: &names });
        if let Some(file) = &mut truth {
            file.write(thrown);
        }
    })?;
    let counts = stadium.counts();
    let _unread = writeln!(
        out,
        "{} {} pitches, {} frames in {} datagrams, {:.1} MB. On the way: {} lost, {} doubled, {} held back.",
        if sent.stopped { "Stopped after" } else { "Done:" },
        sent.pitches,
        sent.frames,
        sent.datagrams,
        sent.bytes as f64 * 1e-6,
        counts.lost,
        counts.doubled,
        counts.straggled
    );
    if let Some(published) = publisher.map(Publisher::finish) {
        let _unread = writeln!(
            out,
            "Weather: {} reports, {} acknowledged by the broker, {} that it was not there to take.",
            published.made, published.acknowledged, published.untaken
        );
    }
    if sent.unheard > 0 {
        let _unread = writeln!(out, "{} datagrams found nobody listening on udp {}.", sent.unheard, args.to);
    }
    truth.map_or(Ok(sent), |file| file.close().map(|()| sent))
}

/// One pitch for people.
struct Line<'a> {
    number: usize,
    thrown: &'a Thrown,
    names: &'a [(PitcherId, String)],
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (t, q) = (self.thrown, &self.thrown.quantities);
        let mound = ["game", "bullpen home", "bullpen visitor"].get(usize::from(t.mound.0)).unwrap_or(&"");
        let known = self.names.iter().find(|(id, _)| *id == t.pitcher);
        let name = known.map_or_else(|| t.pitcher.to_string(), |(_, name)| name.clone());
        write!(f, "{:>4}  {mound:<15}  {name:<20}  {:<2}  ", self.number, t.pitch_type.as_str())?;
        write!(f, "{:5.1} mph  ", q.release_speed)?;
        match t.spin {
            Some(spin) => write!(f, "{:4.0} rpm  ", spin.release_spin_rate)?,
            None => f.write_str("   - rpm  ")?,
        }
        write!(f, "release {:5.2} ft high  plate {:+5.2}, {:4.2} ft", q.release_pos_z, q.plate_x, q.plate_z)
    }
}

/// The truth, a line of JSON a pitch. The first failure is kept and told at the end: pitches cannot wait for a disk.
struct TruthFile {
    path: String,
    file: LineWriter<File>,
    failed: Option<io::Error>,
}

impl TruthFile {
    fn create(path: &Path) -> Result<Self, SimulateError> {
        let path_shown = path.display().to_string();
        let file = File::create(path).map_err(|source| SimulateError::Truth { path: path_shown.clone(), source })?;
        Ok(Self { path: path_shown, file: LineWriter::new(file), failed: None })
    }

    fn write(&mut self, thrown: &Thrown) {
        if let Err(error) = writeln!(self.file, "{}", thrown.to_json()) {
            self.failed.get_or_insert(error);
        }
    }

    fn close(self) -> Result<(), SimulateError> {
        let Self { path, failed, .. } = self;
        failed.map_or(Ok(()), |source| Err(SimulateError::Truth { path, source }))
    }
}

/// Sets the flag at the first interrupt or request to end.
fn stop_on_signal(stop: Arc<AtomicBool>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut end) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let wait = move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = end.recv() => {}
            }
        });
        stop.store(true, Ordering::Relaxed);
    };
    std::thread::Builder::new().name("signals".into()).spawn(wait).map(drop)
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut found = text.to_socket_addrs().map_err(|error| format!("{error}; write HOST:PORT"))?;
    found.next().ok_or_else(|| "the name has no address".into())
}

fn rain(text: &str) -> Result<Rain, String> {
    let parts = text.split_once('+');
    let parsed = parts.and_then(|(from, length)| {
        Some(Rain { from_s: values::seconds(from).ok()?, for_s: values::seconds(length).ok()? })
    });
    parsed.ok_or_else(|| "write FROM+FOR in seconds, such as 3600+1800".into())
}

fn away(text: &str) -> Result<Away, String> {
    rain(text).map(|Rain { from_s, for_s }| Away { from_s, for_s })
}

fn lag(text: &str) -> Result<(f64, f64), String> {
    let parsed = text.split_once(',').and_then(|(least, most)| {
        let lag = (values::seconds(least).ok()?, values::seconds(most).ok()?);
        (lag.0 <= lag.1).then_some(lag)
    });
    parsed.ok_or_else(|| "write LEAST,MOST in seconds, such as 2,5".into())
}

fn silence(text: &str) -> Result<Silence, String> {
    let parts = text.split_once('@').and_then(|(camera, rest)| Some((camera, rest.split_once('+')?)));
    let parsed = parts.and_then(|(camera, (from, length))| {
        Some(Silence {
            camera: camera.parse().ok()?,
            from_s: values::seconds(from).ok()?,
            for_s: values::seconds(length).ok()?,
        })
    });
    parsed.ok_or_else(|| "write CAMERA@FROM+FOR in seconds, such as 4@600+60".into())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.args)
    }

    #[test]
    fn without_arguments_it_is_the_stadium_of_everyday_faults() {
        let args = parse("simulate").expect("all have defaults");
        let start = EventNs(7);
        assert_eq!(args.settings(start), Settings { start, ..Settings::default() });
        let quiet = parse("simulate --quiet").expect("known");
        assert_eq!(quiet.settings(start), Settings { start, ..Settings::quiet() });
    }

    #[test]
    fn arguments_reach_the_settings() {
        let args = parse(
            "simulate --seed 9 --pace 5 --break 30 --pitches 3 --white-px 0.2 --common-px 0 --lag 0.5,1 --loss 0.1 --doubles 0.2 \
             --stragglers 0.3 --silent 4@600+60 --rain 3600+1800 --knock 5@600:2 --landmark-px 0.1 --cameras 1,2,5 --marks-absent 0.5 --no-spin --no-landmarks",
        );
        let s = args.expect("all known").settings(EventNs(0));
        assert_eq!((s.seed, s.pace_s, s.break_s, s.pitches_max), (9, 5.0, 30.0, Some(3)));
        assert_eq!((s.lag_s, s.jitter_s, s.marks.lag_s), ((0.5, 1.0), 0.0, (0.5, 1.0)));
        assert_eq!((s.white_px, s.common_px, s.loss, s.doubles, s.stragglers), (0.2, 0.0, 0.1, 0.2, 0.3));
        assert_eq!(s.silent, Some(Silence { camera: 4, from_s: 600.0, for_s: 60.0 }));
        assert_eq!((s.rain, s.landmark_white_px), (Some(Rain { from_s: 3600.0, for_s: 1800.0 }), 0.1));
        assert_eq!(s.faults.knocks.len(), 1);
        assert_eq!((s.cameras, s.marks.absent, s.spin, s.landmarks), (Some(vec![1, 2, 5]), 0.5, false, false));
    }

    #[test]
    fn a_fault_of_a_camera_that_is_not_there_is_refused_before_anything_is_sent() {
        let args = parse("simulate --to 127.0.0.1:9 --drift 39:1").expect("well formed");
        let error = simulate(&args, &AtomicBool::new(true), &mut Vec::new()).expect_err("no such camera");
        assert!(error.to_string().contains("no camera 39 in busch_iii: its cameras are 1, 2"), "{error}");
    }

    #[test]
    fn nonsense_is_refused_with_what_to_write_instead() {
        for (line, wanted) in [
            ("simulate --loss 1.5", "a share from 0 to 1"),
            ("simulate --pace 0.1", "from 2 up"),
            ("simulate --speed 0", "above 0"),
            ("simulate --white-px NaN", "from 0 up"),
            ("simulate --silent 4", "4@600+60"),
            ("simulate --lag 5,2", "LEAST,MOST"),
            ("simulate --rain 4", "3600+1800"),
            ("simulate --to nowhere", "HOST:PORT"),
            ("simulate --mqtt 127.0.0.1", "mqtt://HOST:PORT"),
            ("simulate --weather x.csv", "--mqtt"),
            ("simulate --statcast x.csv --scenario closer", "cannot be used with"),
        ] {
            let error = parse(line).expect_err(line).to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
