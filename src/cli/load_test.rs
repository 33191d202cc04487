//! `pitchguard load-test`: serves far more than an evening brings, to try clients against.
//!
//! The daemon's own hub, API and store, and in place of the merge thread a publisher that tells of many invented pitchers
//! many times a second. It tries what comes after the pipeline: hub, WebSocket, pages. With `--url` it is the other side: as
//! many tablets of a box that runs (`crowd`).

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::mpsc;

use super::crowd::{self, Crowd, CrowdError};
use super::demo::Temporary;
use super::out::say;
use super::values;
use crate::api::{self, ApiState, Event, HttpOptions, Live, Place};
use crate::clock::BoxClock;
use crate::config::Config;
use crate::daemon::{self, DaemonError};
use crate::environment::Environment;
use crate::ids::{MoundId, PitcherId};
use crate::moment::rfc3339;
use crate::observe::{PartState, Telemetry};
use crate::queries::StoreHistory;
use crate::readiness::{AsOf, FeatureValue, Index, Presence, PresenceState, Readiness, VerdictLimits};
use crate::records::{Measured, Origin, PitchRecord, PitcherRecord, State};
use crate::store::{Store, StoreError, StoreOptions};
use crate::tracking::venue::Venue;
use crate::units::Unit;

/// Ids of people without an MLBAM id start here.
const LOCAL_ID: u32 = 1 << 31;
/// What the names of invented pitchers begin with.
pub(super) const LOAD_NAME: &str = "Load Tester ";
/// How long a crowd stays where nobody says.
const CROWD_STAYS: Duration = Duration::from_mins(1);
/// A pitcher starts anew after so many pitches.
const OUTING_PITCHES: u32 = 100;
/// Events that a reconnecting client can resume over, as in the daemon.
const LIVE_EVENTS: usize = 512;
/// Time that clients have to take the close frame.
const GOODBYE: Duration = Duration::from_secs(2);

/// Arguments of `load-test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Active pitchers.
    #[arg(long, default_value_t = 25, value_parser = values::count::<1, 128>, allow_negative_numbers = true)]
    pitchers: u32,
    /// Readiness updates a second, over all pitchers; each has its pitch with it.
    #[arg(long, default_value_t = 100, value_parser = values::count::<1, 10_000>, allow_negative_numbers = true)]
    rate: u32,
    /// Ends after so many seconds; without it, at Ctrl-C, with --url after a minute.
    #[arg(long, value_name = "S", value_parser = values::whole_seconds, allow_negative_numbers = true)]
    seconds: Option<u64>,
    /// Where to serve; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))]
    http: SocketAddr,
    /// Be so many tablets of the box at this address instead of serving: http://HOST:PORT. Refused while a real pitcher
    /// throws there.
    #[arg(long, value_name = "URL", value_parser = values::daemon_url, conflicts_with_all = ["pitchers", "rate", "http", "seed"])]
    url: Option<String>,
    /// Tablets.
    #[arg(long, value_name = "N", default_value_t = 25, requires = "url", value_parser = values::count::<1, 500>, allow_negative_numbers = true)]
    clients: u32,
    /// A file with a key of that box.
    #[arg(long, value_name = "FILE", requires = "url")]
    key_file: Option<PathBuf>,
    /// Also while real pitchers throw there.
    #[arg(long, requires = "url")]
    during_a_game: bool,
    /// Same seed, same numbers.
    #[arg(long, default_value_t = 1, value_parser = values::seed, allow_negative_numbers = true)]
    seed: u64,
}

/// Why the load cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadTestError {
    /// The API cannot be served.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The store cannot be prepared.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No directory for the store, or no socket.
    #[error("load-test: cannot make a directory for the store, or listen: {0}; see that TMPDIR can be written")]
    System(#[from] std::io::Error),
    /// No crowd came to the box.
    #[error(transparent)]
    Crowd(#[from] CrowdError),
    /// The key of the box.
    #[error("cannot read the key in {}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// Serves and publishes until told to stop, then tells how the clients were served.
///
/// # Errors
/// The API cannot be served, or the store cannot be prepared.
pub fn run(args: &Args) -> Result<ExitCode, LoadTestError> {
    if let Some(url) = &args.url {
        return crowd_of(args, url);
    }
    let dir = Temporary::new("pitchguard-load-test")?;
    let mut crowd: Vec<Thrower> = (0..args.pitchers).map(|number| Thrower::new(number, args.seed)).collect();
    let store = Arc::new(Store::open(&dir.0, StoreOptions::default())?);
    store.bulk(&crowd, |txn, thrower| txn.put_pitcher(&thrower.person()).map(drop))?;
    let (runtime, listener) = daemon::listen(args.http, None)?;
    let http = listener.local_addr()?;
    let clock = BoxClock::start(1.0);
    let live = Live::new(LIVE_EVENTS, clock);
    let telemetry = Telemetry::new(clock, &["api"]);
    telemetry.set_part("api", PartState::Ready, format!("http {http}"));
    // Nobody takes commands: there is no pipeline, and the API says so.
    let (commands, _) = mpsc::channel(1);
    let options = Arc::new(HttpOptions::new(http));
    let router = api::router(ApiState {
        live: Arc::clone(&live),
        history: Arc::new(StoreHistory::new(store, Config::default().readiness.roles())),
        commands,
        risk: None,
        telemetry: Arc::clone(&telemetry),
        environment: Environment::off(clock),
        place: Arc::new(Place::from(&Venue::busch_iii())),
        clock,
        options: Arc::clone(&options),
    });
    let serving = runtime.spawn(api::serve(listener, router, options, Arc::clone(&telemetry), std::future::pending()));
    say!("load test: {} invented pitchers, {} updates/s", args.pitchers, args.rate);
    say!("  look at  http://{http}/");

    let interrupted = runtime.spawn(tokio::signal::ctrl_c());
    let (started, mut published) = (Instant::now(), 0_u64);
    let until = args.seconds.map(Duration::from_secs);
    while !interrupted.is_finished() && !serving.is_finished() {
        let elapsed = started.elapsed();
        if until.is_some_and(|until| elapsed >= until) {
            break;
        }
        let due = (elapsed.as_secs_f64() * f64::from(args.rate)) as u64;
        while published < due {
            let at = (published % u64::from(args.pitchers)) as usize;
            let (pitch, readiness) = crowd[at].throw(clock.now().0);
            live.publish(Event::Pitch(pitch));
            live.publish(Event::Readiness(readiness));
            published += 1;
        }
        std::thread::sleep(Duration::from_secs_f64(1.0 / f64::from(args.rate)));
    }
    let report = telemetry.report();
    live.close();
    runtime.shutdown_timeout(GOODBYE);
    say!("published {published} updates in {:.1} s", started.elapsed().as_secs_f64());
    let ms = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.2} ms"));
    for stage in report.latencies.iter().filter(|latency| latency.stage == "publish_to_socket") {
        say!("publish to socket: p50 {}, p99 {}, max {}", ms(stage.p50_ms), ms(stage.p99_ms), ms(stage.max_ms));
    }
    let clients = report.clients;
    say!(
        "clients dropped: {} slow, {} silent; refused: {}",
        clients.dropped_slow,
        clients.dropped_silent,
        clients.refused
    );
    Ok(if clients.dropped_slow == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn crowd_of(args: &Args, url: &str) -> Result<ExitCode, LoadTestError> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path);
        text.map_err(|source| LoadTestError::Key { path: path.clone(), source })
    };
    let key = args.key_file.as_ref().map(read).transpose()?;
    let crowd = Crowd {
        url,
        clients: args.clients,
        time: args.seconds.map_or(CROWD_STAYS, Duration::from_secs),
        key: key.as_deref().map(str::trim),
        regardless: args.during_a_game,
    };
    Ok(crowd::run(&crowd)?)
}

/// An invented pitcher whose numbers wander.
struct Thrower {
    id: u32,
    rng: StdRng,
    value: f64,
    pitches: u32,
    revision: u64,
}

impl Thrower {
    fn new(number: u32, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ (u64::from(number) << 32));
        let value = rng.random_range(50.0..98.0);
        Self { id: LOCAL_ID + number, rng, value, pitches: number % OUTING_PITCHES, revision: 0 }
    }

    fn name(&self) -> String {
        format!("{LOAD_NAME}{}", self.id - LOCAL_ID + 1)
    }

    fn person(&self) -> PitcherRecord {
        PitcherRecord { id: self.id, name: Some(self.name()), ..PitcherRecord::default() }
    }

    /// His next pitch, released this moment, and what it makes of him.
    fn throw(&mut self, now_ns: u64) -> (PitchRecord, Readiness) {
        self.pitches = self.pitches % OUTING_PITCHES + 1;
        self.revision += 1;
        self.value = (self.value + self.rng.random_range(-3.0..3.0)).clamp(35.0, 98.0);
        let state = if self.revision.is_multiple_of(2) { State::Final } else { State::Provisional };
        (self.pitch(now_ns, state), self.readiness(now_ns, state))
    }

    fn pitch(&mut self, now_ns: u64, state: State) -> PitchRecord {
        let released = jiff::Timestamp::from_nanosecond(i128::from(now_ns)).unwrap_or_default();
        let mut around = |mean: f64, sd: f64| Some(mean + self.rng.random_range(-sd..sd));
        let values = Measured {
            release_speed: around(94.0, 2.0),
            release_spin_rate: around(2300.0, 90.0),
            release_pos_z: around(5.9, 0.1),
            pfx_x: around(-0.6, 0.2),
            pfx_z: around(1.4, 0.2),
            plate_x: around(0.0, 1.0),
            plate_z: around(2.5, 1.2),
            ..Measured::default()
        };
        PitchRecord {
            pitcher: Some(self.id),
            release_ns: now_ns,
            id: now_ns & !0xf,
            game_date: released.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
            game_pk: 0,
            at_bat_number: None,
            pitch_number: u16::try_from(self.pitches).ok(),
            pitch_type: "FF".to_owned(),
            mound: (self.id % 3) as u8,
            origin: Origin::Live,
            state,
            revision: 0,
            values,
            sd: None,
            cameras: 5,
            residual_px: Some(0.5),
            late_data_frac: 0.0,
            calibration_confidence: Some(0.9),
            release_marked: true,
            flags: Vec::new(),
        }
    }

    fn readiness(&self, now_ns: u64, state: State) -> Readiness {
        let around =
            |value: f64| Index { value: Some(value), low: Some(value - 4.0), high: Some(value + 4.0), one_sided: None };
        let delta = FeatureValue {
            value: (self.value - 90.0) / 20.0,
            sd: 0.3,
            qa: 0.98,
            n: 5,
            unit: Some(Unit::Mph),
            digits: Some(1),
            partly_seen: false,
        };
        Readiness {
            pitcher: PitcherId(self.id),
            name: self.name(),
            mound: MoundId((self.id % 3) as u8),
            readiness: around(self.value),
            fatigue: around(100.0 - self.value),
            risk: Index::default(),
            probability_21d: None,
            base_rate_21d: None,
            risk_coverage: None,
            risk_absent: Some("no risk model serves on this box".to_owned()),
            features: [("velocity_delta_5".to_owned(), delta)].into(),
            early: false,
            feature_set: "v2".to_owned(),
            feature_qa_min: Some(0.98),
            calibration_confidence: Some(0.9),
            late_data_frac: 0.0,
            data_age_ms: Some(0),
            state,
            revision: self.revision,
            reasons: vec![format!("Invented for a load test: update {}", self.revision)],
            recommendation: "Nobody throws: this is a load test.".to_owned(),
            alerts: Vec::new(),
            model_version: None,
            pitches: self.pitches,
            last_pitch_at: rfc3339(crate::ids::BoxNs(now_ns)),
            as_of: Some(AsOf { pitches: self.pitches, at: rfc3339(crate::ids::BoxNs(now_ns)) }),
            presence: Some(Presence {
                state: PresenceState::OnMound,
                since: rfc3339(crate::ids::BoxNs(now_ns)),
                by: None,
                by_name: None,
                to: None,
                seen_until: None,
                unsure_since: None,
                last_named: None,
            }),
            verdict: None,
            verdict_absent: None,
            unseen: Vec::new(),
            unnamed_throws: 0,
            unnamed_from: None,
            unnamed_to: None,
            verdict_limits: VerdictLimits::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_they_stay_in_range() {
        let (mut one, mut other) = (Thrower::new(3, 7), Thrower::new(3, 7));
        for throw in 0..500 {
            let (now, told) = (1_000_000_000 * (throw + 1), 1_000_000_000 * (throw + 1));
            let ((pitch, readiness), again) = (one.throw(now), other.throw(told));
            assert_eq!((&pitch, &readiness), (&again.0, &again.1));
            assert!(readiness.readiness.value.is_some_and(|value| (35.0..=98.0).contains(&value)));
            assert!((1..=OUTING_PITCHES).contains(&readiness.pitches));
        }
    }
}
