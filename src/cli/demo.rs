//! `pitchguard demo`: daemon and stadium together, on embedded defaults, or on what `--config` and the environment say of
//! the address and of how is judged. Store, frames and sensors are its own, and nothing goes to the cloud.
//!
//! The stadium sends its frames over a real UDP socket to a real daemon on a store of its own; `--fast` puts both into
//! one process under a simulated clock instead. Either way what was published is compared with what was thrown.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::demo_table::DemoTable;
use super::out::{self, say, tell};
use super::simulate::ScenarioArg;
use super::{check_config, values};
use crate::api::{Event, Since};
use crate::clock::BoxClock;
use crate::config::{Config, HttpConfig, IngestConfig, MqttConfig, StoreConfig, VenueConfig};
use crate::daemon::{self, Daemon, DaemonError, StoreProfiles};
use crate::history;
use crate::ids::EventNs;
use crate::pipeline::Output;
use crate::readiness::{Alert, Severity};
use crate::records::PitchRecord;
use crate::reorder::ConfigError;
use crate::simulate::{Game, Rehearsal, Scenario, Score, SendError, Settings, Stadium, sender};
use crate::store::{Store, StoreError, StoreOptions};
use crate::tracking::venue::Venue;

/// How much faster than the wall the closer's outing runs: half a minute instead of ten.
const CLOSER_SPEED: f64 = 30.0;
/// How often the terminal looks for news.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long after the stadium's last frame the last results may take, box time.
const SETTLE_S: f64 = 16.0;

/// The alerts that a closer who tires must raise: first these warnings, as his velocity goes (20 points are lost where it
/// is 2 mph down, so which of the two comes first is a matter of a tenth), …
const CLOSER_WARNINGS: [&str; 2] = ["velocity_delta", "readiness"];
/// … then this critical one, as more goes; and no other.
const CLOSER_CRITICAL: &str = "readiness";

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is played.
    #[arg(long, value_enum, default_value_t = ScenarioArg::Game)]
    scenario: ScenarioArg,
    /// Same seed, same evening.
    #[arg(long, default_value_t = 1, value_parser = values::seed, allow_negative_numbers = true)]
    seed: u64,
    /// How much faster than the wall it runs; 1 for a game, 30 for the closer.
    #[arg(long, value_parser = values::speed, allow_negative_numbers = true)]
    speed: Option<f64>,
    /// End after so many pitches.
    #[arg(long, value_name = "N", value_parser = values::pitches, allow_negative_numbers = true)]
    pitches: Option<usize>,
    /// In one process under a simulated clock: a whole game in seconds, nothing to look at in a browser.
    #[arg(long)]
    fast: bool,
    /// Keep the store here instead of in a directory that is removed at the end.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

/// Why the demo cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The daemon does not start.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The store cannot be prepared.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The buffer's settings.
    #[error(transparent)]
    Buffer(#[from] ConfigError),
    /// The stadium's frames do not leave.
    #[error(transparent)]
    Send(#[from] SendError),
    /// No directory for the store, or no thread.
    #[error("demo: cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}

/// Plays, prints, compares. Success means: every pitch found, none invented, every frame accounted for, and for the
/// closer the expected alerts in the expected order.
///
/// # Errors
/// The daemon does not start, or the store cannot be prepared.
pub fn run(args: &Args, given: Config) -> Result<ExitCode, DemoError> {
    let venue = Venue::busch_iii();
    let scenario = Scenario::from(args.scenario);
    let speed = args.speed.unwrap_or(if scenario == Scenario::Closer { CLOSER_SPEED } else { 1.0 });
    let (clock, started) = (BoxClock::start(speed), Instant::now());
    let start = if args.fast { Settings::default().start } else { EventNs(clock.now().0) };
    let settings = Settings { seed: args.seed, start, pitches_max: args.pitches, ..Settings::default() };
    let stadium = Stadium::new(&venue, &Game::Scenario(scenario), settings);
    let mut truth = stadium.truth().to_vec();

    let temporary = if args.store.is_none() { Some(temporary()?) } else { None };
    let dir = args.store.as_ref().or(temporary.as_ref().map(|t| &t.0)).expect("one of the two is there").clone();
    tell_history(&dir, &stadium)?;
    let config = its_own(given, &dir);

    let mut seen = Seen { board: DemoTable::new(&venue), pitches: Vec::new(), raised: Vec::new(), interrupted: false };
    let balanced = if args.fast {
        say!("PitchGuard demo under a simulated clock: {}, seed {}", venue.name, args.seed);
        rehearse(&venue, &config, stadium, &mut seen)?
    } else {
        perform(&venue, config, stadium, (clock, started), args, &mut seen)?
    };
    seen.board.flush();
    if seen.interrupted {
        // What was still on its way is nobody's fault.
        let newest = seen.pitches.iter().map(|p| p.release_ns).max().unwrap_or(0);
        truth.retain(|t| t.release.0 <= newest);
    }

    let score = Score::of(&truth, &seen.pitches);
    out::write(format_args!("\n{score}"));
    say!("every frame is accounted for: {}", if balanced { "yes" } else { "NO" });
    let mut good = balanced && score.found == score.thrown && score.invented == 0;
    if scenario == Scenario::Closer && args.pitches.is_none() && !seen.interrupted {
        good &= closer_alerts(&seen.raised);
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the closer's alerts came as expected; says so.
fn closer_alerts(raised: &[Alert]) -> bool {
    let came: Vec<_> = raised.iter().map(|a| format!("{:?} {}", a.severity, a.rule)).collect();
    let warned = |alert: &Alert, rule: &str| alert.severity == Severity::Warning && alert.rule == rule;
    let as_expected = match raised {
        [first, second, last] => {
            let [a, b] = CLOSER_WARNINGS;
            (warned(first, a) && warned(second, b) || warned(first, b) && warned(second, a))
                && last.severity == Severity::Critical
                && last.rule == CLOSER_CRITICAL
        }
        _ => false,
    };
    if as_expected {
        say!("alerts came as expected: {}", came.join(", "));
    } else {
        say!(
            "alerts did NOT come as expected: {}; expected warnings of {}, then critical {CLOSER_CRITICAL}",
            came.join(", "),
            CLOSER_WARNINGS.join(" and ")
        );
    }
    as_expected
}

/// The configuration that is asked for: defaults where no file is named, with the environment over either. A fault of it
/// gives 78, as everywhere.
pub fn configured(file: Option<&Path>, demo: impl FnOnce(Config) -> ExitCode) -> ExitCode {
    let loaded = match file {
        Some(_) => Config::load(file, std::env::vars_os()),
        None => Config::embedded(std::env::vars_os()),
    };
    match loaded {
        Ok((config, _)) => demo(config),
        Err(errors) => {
            tell!("{errors}");
            ExitCode::from(check_config::EXIT_CONFIG)
        }
    }
}

/// What a demo has for itself whatever the configuration says: nothing of it reaches the box's own data, sensors or cloud.
fn its_own(given: Config, dir: &Path) -> Config {
    Config {
        venue: VenueConfig { file: None },
        ingest: IngestConfig { udp_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..IngestConfig::default() },
        store: StoreConfig { path: dir.to_path_buf(), ..StoreConfig::default() },
        mqtt: MqttConfig::default(),
        journal: crate::journal::Config { path: None, ..given.journal },
        upstream: crate::upstream::Config::default(),
        ..given
    }
}

struct Seen {
    board: DemoTable,
    pitches: Vec<PitchRecord>,
    /// Those about pitchers.
    raised: Vec<Alert>,
    interrupted: bool,
}

impl Seen {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Pitch(pitch) => {
                self.board.pitch(pitch);
                self.pitches.push(pitch.clone());
            }
            Event::Readiness(readiness) => self.board.readiness(readiness),
            Event::AlertRaised(alert) => {
                self.board.alert(alert, true);
                // The cameras' own come when the stadium closes.
                self.raised.extend(alert.pitcher.is_some().then(|| alert.clone()));
            }
            Event::AlertCleared(alert) => self.board.alert(alert, false),
            Event::AlertAcknowledged(_) | Event::OutingEnded { .. } | Event::Health(_) | Event::Attribution(_) => {}
        }
    }
}

/// Writes the fictional season into the store, as an import would.
fn tell_history(dir: &Path, stadium: &Stadium) -> Result<(), StoreError> {
    let store = Store::open(dir, StoreOptions::default())?;
    let (people, pitches) = stadium.past();
    store.bulk(&people, |txn, person| txn.put_pitcher(person).map(drop))?;
    store.bulk(&pitches, |txn, pitch| txn.put_pitch(pitch).map(drop))?;
    let seasons = pitches.iter().filter_map(|p| Some((p.pitcher?, history::season_of(&p.game_date)?)));
    history::rebuild_all(&store, &seasons.collect(), &history::GameTypes::new()).map(drop)
}

/// In one process, under a simulated clock. Whether every frame was accounted for.
fn rehearse(venue: &Venue, config: &Config, stadium: Stadium, seen: &mut Seen) -> Result<bool, DemoError> {
    let store = Arc::new(Store::open(&config.store.path, StoreOptions::default())?);
    let settings = daemon::settings(config, venue);
    let mut rehearsal = Rehearsal::new(venue, stadium, &settings, StoreProfiles::new(store))?;
    let counts = rehearsal.play(|_, output| match output {
        Output::Pitch { record, .. } | Output::Recounted(record) => seen.event(&Event::Pitch(*record)),
        Output::Readiness { readiness, .. } => seen.event(&Event::Readiness(*readiness)),
        Output::Raised(alert) => seen.event(&Event::AlertRaised(alert)),
        Output::Cleared(alert) => seen.event(&Event::AlertCleared(alert)),
        Output::Learned(..) | Output::Camera(_) | Output::Calibration(_) | Output::Critical(_) | Output::Missed(_) => {}
    });
    Ok(counts.balanced())
}

/// Over a real socket to a real daemon. Whether every frame was accounted for.
fn perform(
    venue: &Venue,
    mut config: Config,
    mut stadium: Stadium,
    (clock, started): (BoxClock, Instant),
    args: &Args,
    seen: &mut Seen,
) -> Result<bool, DemoError> {
    // An address that somebody asked for is that one or none.
    if config.http.listen == HttpConfig::default().listen && TcpListener::bind(config.http.listen).is_err() {
        config.http.listen.set_port(0);
    }
    let daemon = Daemon::start(&config, clock)?;
    say!("PitchGuard demo: {}, seed {}, {}× as fast as the wall", venue.name, args.seed, clock.speed());
    say!("  frames   udp {}", daemon.udp);
    say!(
        "  look at  http://{}/  ·  API http://{}/api/docs  ·  numbers http://{}/metrics",
        daemon.http,
        daemon.http,
        daemon.http
    );
    say!("  The first pitch comes within a minute: he takes his time, and cameras lag by 2 to 5 s. Ctrl-C ends it.\n");

    let system = |what| move |source| DemoError::System { what, source };
    let stop = Arc::new(AtomicBool::new(false));
    let throwing = {
        let (stop, to) = (Arc::clone(&stop), daemon.udp);
        std::thread::Builder::new()
            .name("stadium".into())
            .spawn(move || sender::send(&mut stadium, to, None, started, clock.speed(), &stop, |_, _| {}))
            .map_err(system("start the stadium's thread"))?
    };
    let interrupted = daemon.interrupted();
    let mut seq = daemon.live.head();
    let mut ended_at = None;
    let died = loop {
        match daemon.live.since(seq) {
            Since::Events(events) => {
                for numbered in events {
                    seq = numbered.seq;
                    seen.event(&numbered.event);
                }
            }
            Since::Gone => seq = daemon.live.head(),
        }
        if interrupted.load(Ordering::Acquire) || out::unread() {
            stop.store(true, Ordering::Release);
            seen.interrupted = true;
            break None;
        }
        if let Some(part) = daemon.died() {
            stop.store(true, Ordering::Release);
            break Some(part);
        }
        if throwing.is_finished() {
            let now = clock.now();
            let since = *ended_at.get_or_insert(now);
            if (now.0 - since.0) as f64 > SETTLE_S * 1e9 {
                break None;
            }
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let balanced = daemon.telemetry.report().identity_holds;
    daemon.shutdown();
    match (throwing.join(), died) {
        (Ok(_), Some(part)) => Err(DaemonError::Died(part).into()),
        (Ok(sent), None) => Ok(sent.map(|_| balanced)?),
        (Err(panic), _) => std::panic::resume_unwind(panic),
    }
}

/// A directory that is removed when dropped.
pub(super) struct Temporary(pub(super) PathBuf);

impl Temporary {
    pub(super) fn new(name: &str) -> std::io::Result<Self> {
        let dir = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        Ok(Self(dir))
    }
}

fn temporary() -> Result<Temporary, DemoError> {
    Temporary::new("pitchguard-demo")
        .map_err(|source| DemoError::System { what: "make a directory for the store", source })
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
