//! What a configuration comes to: settings, store, listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::error::DaemonError;
use super::merge::CAMERA_MAX;
use super::profiles::{self, StoreProfiles};
use super::reprocess::Reprocess;
use super::{calibration, descriptors, systemd};
use jiff::tz::TimeZone;

use crate::api::{ApiKeys, HttpOptions, Live};
use crate::clock::BoxClock;
use crate::config::Config;
use crate::environment::Environment;
use crate::ids::BoxNs;
use crate::ingest::{IngestError, UdpIngest, UdpSettings};
use crate::journal::{Journal, Recorder};
use crate::observe::Telemetry;
use crate::pipeline::{Beginning, Input, Pipeline, Settings};
use crate::readiness;
use crate::reorder;
use crate::store::{Store, StoreError, StoreOptions};
use crate::tracking::venue::Venue;

/// HTTP workers: the hot path keeps the cores.
const HTTP_WORKERS: usize = 2;

pub(super) fn environment_of(config: &Config, venue: &Venue, clock: BoxClock, runtime: &Runtime) -> Arc<Environment> {
    match &config.mqtt.url {
        Some(url) => {
            let park = (venue.id.as_str(), venue.altitude_ft);
            Environment::listen(url, park, config.environment, clock, runtime.handle())
        }
        None => Environment::off(clock),
    }
}

pub(super) fn http_options(config: &Config, at: SocketAddr, keys: &Arc<ApiKeys>) -> HttpOptions {
    let mut options = HttpOptions::new(at);
    options.allowed_hosts.clone_from(&config.http.allowed_hosts);
    options.keys = Some(Arc::clone(keys));
    options.connections_max = descriptors::room_for(config.http.connections);
    options.connections_per_address = config.http.connections_per_address as usize;
    options.live_per_address = config.http.live_per_address as usize;
    options
}

pub(super) fn open_store(config: &Config) -> Result<Store, StoreError> {
    let group_commit = Duration::from_millis(config.store.commit_ms.into());
    let backups = Some(config.store.backup_dir());
    Store::open(&config.store.path, StoreOptions { group_commit, backups, looking, ..StoreOptions::default() })
}

/// Tells how far the look through a large database has come: the service manager at each percent, the log at each tenth.
fn looking(percent: u8) {
    let words = format!("looking through the database, {percent} %");
    systemd::starting(&words);
    if percent.is_multiple_of(10) {
        tracing::info!("{words}");
    }
}

/// The runtime of all that may wait, and its HTTP listener.
pub(crate) fn listen(
    address: SocketAddr,
    handed_over: Option<std::net::TcpListener>,
) -> Result<(Runtime, tokio::net::TcpListener), DaemonError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(HTTP_WORKERS)
        .thread_name("http")
        .enable_all()
        .build()?;
    let failed = |source| DaemonError::Http { address, source };
    let listener = match handed_over {
        Some(socket) => {
            let _inside = runtime.enter();
            socket.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(socket)).map_err(failed)?
        }
        None => runtime.block_on(tokio::net::TcpListener::bind(address)).map_err(failed)?,
    };
    Ok((runtime, listener))
}

/// The rooms' settings from the configuration.
pub fn settings(config: &Config, venue: &Venue) -> Settings {
    let paths = 1 + config.ingest.serial.len();
    Settings {
        reorder: reorder::Config { paths, ..config.reorder.buffer(venue) },
        tracking: config.tracking.clone(),
        readiness: config.readiness,
        calibration: config.calibration.clone(),
    }
}

/// A final pitch of a game as this box would have measured it.
#[cfg(test)]
pub(crate) fn live_pitch(pitcher: u32, release_ns: u64, id: u64) -> crate::records::PitchRecord {
    use crate::records::{Measured, Origin, PitchRecord, State};
    PitchRecord {
        pitcher: Some(pitcher),
        release_ns,
        id,
        game_date: "2027-01-15".to_owned(),
        game_pk: 7,
        at_bat_number: None,
        pitch_number: None,
        pitch_type: "FF".to_owned(),
        mound: 0,
        origin: Origin::Live,
        state: State::Final,
        revision: 1,
        values: Measured { release_speed: Some(95.0), ..Measured::default() },
        sd: None,
        cameras: 5,
        residual_px: None,
        late_data_frac: 0.0,
        calibration_confidence: None,
        release_marked: true,
        flags: Vec::new(),
    }
}

pub(super) fn warn_of_doubts(config: &Config) {
    for doubt in config.readiness.doubts() {
        tracing::warn!("[readiness] {} {}", doubt.key, doubt.why);
    }
}

/// The socket that a service manager handed over, else one of our own.
pub(super) fn udp_of(handed_over: Option<socket2::Socket>, settings: UdpSettings) -> Result<UdpIngest, IngestError> {
    match handed_over {
        Some(socket) => UdpIngest::take_over(socket, settings),
        None => UdpIngest::bind(settings),
    }
}

/// Cameras were heard until the store's last word of them, whatever an earlier run kept of their calibration.
pub(super) fn recall_heard(store: &Store, pipeline: &mut Pipeline<StoreProfiles>) -> Result<(), StoreError> {
    let cameras = store.source_marks()?.marks.into_iter().filter(|mark| mark.source <= CAMERA_MAX);
    if let Some(at_ns) = cameras.map(|mark| mark.at_ns).max() {
        pipeline.were_heard_until(BoxNs(at_ns));
    }
    Ok(())
}

/// From here on what enters the pipeline is journalled, and readiness is judged by the limits in force: what an earlier run knew, it judged by
/// those of then.
pub(super) fn record(
    pipeline: &mut Pipeline<StoreProfiles>,
    recorder: Option<Recorder>,
    beginning: Beginning,
    (limits, now): (readiness::Config, BoxNs),
) {
    if let Some(recorder) = recorder {
        let goes_on = matches!(beginning, Beginning::Resumed(_));
        pipeline.journal(recorder, beginning);
        if goes_on {
            pipeline.note_checkpoint();
        }
    }
    pipeline.input(Input::JudgeBy(Box::new(limits)), now);
}

/// The thread that measures late pitches again; it ends with the merge thread, and nobody waits for what it still measures.
pub(super) fn reprocess_of(
    journal: Option<&Journal>,
    venue: &Venue,
    config: &Config,
    clock: BoxClock,
) -> Result<Option<Reprocess>, DaemonError> {
    let started =
        journal.map(|journal| Reprocess::start(journal.clone(), venue.clone(), config.tracking.clone(), clock));
    Ok(started.transpose()?.map(|(reprocess, _thread)| reprocess))
}

/// What is known after a start is shown before the first frame comes.
pub(super) fn show(
    pipeline: &Pipeline<StoreProfiles>,
    store: &Store,
    zone: &TimeZone,
    live: &Live,
    telemetry: &Telemetry,
    started: BoxNs,
) -> Result<(), StoreError> {
    let seen = started.by_cameras(pipeline.clocks_apart_ns());
    profiles::show_pitches(store, live, BoxNs(seen.0))?;
    profiles::show(pipeline, live, started);
    calibration::show(pipeline.calibration(started), zone, live, telemetry);
    Ok(())
}
