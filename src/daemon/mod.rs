//! The daemon: threads, sockets and disk around the pipeline.
//!
//! Start-up reads as a list: venue → store → buffer → sockets → threads. Whatever fails does so before the first thread
//! runs. Shutdown goes the way of the data: ingest stops, the merge thread lets all that is held through, the writer
//! commits it, then HTTP ends.

mod history;
mod merge;
mod profiles;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use crate::api::{self, ApiState, Event, HttpOptions, Live};
use crate::clock::BoxClock;
use crate::config::{Auth, Config};
use crate::ingest::{IngestCounters, IngestError, KeyFileError, KeyRing, UdpIngest, UdpSettings};
use crate::observe::{PartState, Telemetry};
use crate::pipeline::{Pipeline, Settings};
use crate::reorder::{self, ConfigError, Producer};
use crate::store::{Store, StoreError, StoreOptions};
use crate::tracking::venue::{Venue, VenueError};

pub use profiles::StoreProfiles;

/// Parts whose state `/health/ready` shows.
const PARTS: [&str; 4] = ["ingest", "merge", "store", "api"];
/// Events that a reconnecting client can resume over: a busy game's last ten minutes.
const LIVE_EVENTS: usize = 4_096;
/// Requests of the API that may wait for the merge thread.
const COMMANDS: usize = 64;
/// HTTP workers: the hot path keeps the cores.
const HTTP_WORKERS: usize = 2;
/// How long HTTP may take to say goodbye to its clients.
const DRAIN: Duration = Duration::from_secs(3);

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The venue file.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// The keys file.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The watermark buffer's settings.
    #[error(transparent)]
    Buffer(#[from] ConfigError),
    /// The UDP socket.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The HTTP socket.
    #[error("cannot listen on http {address}: {source}; `ss -tlpn` shows who has it: stop that, or set [http] listen")]
    Http {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system gives no thread.
    #[error("cannot start a thread: {0}; raise TasksMax or the process limit")]
    Thread(#[from] std::io::Error),
}

/// A running daemon.
pub struct Daemon {
    /// Where frames are received.
    pub udp: SocketAddr,
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// What it publishes.
    pub live: Arc<Live>,
    /// Its numbers of its own.
    pub telemetry: Arc<Telemetry>,
    /// What ingest counts.
    pub counters: Arc<IngestCounters>,
    /// Its clock.
    pub clock: BoxClock,
    stop: Arc<AtomicBool>,
    ingest: JoinHandle<Producer<crate::ingest::Signal>>,
    merge: JoinHandle<()>,
    writer: JoinHandle<()>,
    http_stop: oneshot::Sender<()>,
    http_done: tokio::task::JoinHandle<()>,
    runtime: Runtime,
}

impl Daemon {
    /// Starts everything that the configuration names.
    ///
    /// # Errors
    /// The first thing that cannot be had, with what to do.
    pub fn start(config: &Config, clock: BoxClock) -> Result<Self, DaemonError> {
        let telemetry = Telemetry::new(clock, &PARTS);
        let venue = config.venue.load()?;
        let keys = match (config.ingest.auth, &config.ingest.keys_file) {
            (Auth::Required, Some(path)) => Some(KeyRing::load(path)?),
            _ => None,
        };
        let options = StoreOptions {
            group_commit: Duration::from_millis(config.store.commit_ms.into()),
            ..StoreOptions::default()
        };
        let store = Arc::new(Store::open(&config.store.path, options)?);
        let settings = settings(config, &venue);
        let (mut producers, buffer) = reorder::buffer(&settings.reorder)?;
        let producer = producers.pop().expect("one path was asked for");

        let udp = UdpIngest::bind(UdpSettings {
            listen: config.ingest.udp_listen,
            receive_buffer_bytes: config.ingest.receive_buffer_bytes,
            sources: config.ingest.sources.clone(),
            keys,
        })?;
        let udp_address = udp.address();
        let receive_buffer_bytes = udp.receive_buffer_bytes();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(HTTP_WORKERS)
            .thread_name("http")
            .enable_all()
            .build()?;
        let listen = config.http.listen;
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(listen))
            .map_err(|source| DaemonError::Http { address: listen, source })?;
        let http_address = listener.local_addr().unwrap_or(listen);

        let live = Live::new(LIVE_EVENTS, clock);
        let counters = Arc::new(IngestCounters::default());
        let stop = Arc::new(AtomicBool::new(false));
        let (commands, inbox) = mpsc::channel(COMMANDS);

        let (writer, writer_thread) = Arc::clone(&store).writer()?;
        let mut pipeline = Pipeline::new(&venue, settings, buffer, StoreProfiles::new(Arc::clone(&store)));
        profiles::recall(&store, &venue, &mut pipeline, clock.now())?;
        for readiness in pipeline.active() {
            live.publish(Event::Readiness(readiness.clone()));
        }
        let merge = merge::spawn(merge::Merge {
            pipeline,
            clock,
            live: Arc::clone(&live),
            telemetry: Arc::clone(&telemetry),
            writer,
            store: Arc::clone(&store),
            counters: Arc::clone(&counters),
            receive_buffer_bytes: (config.ingest.receive_buffer_bytes, receive_buffer_bytes),
            venue,
            inbox,
            stop: Arc::clone(&stop),
        })?;
        let ingest = udp.spawn(clock, Arc::clone(&counters), Arc::clone(&stop), producer)?;
        telemetry.set_part("ingest", PartState::Ready, format!("udp {udp_address}"));

        let mut options = HttpOptions::new(http_address);
        options.allowed_hosts.clone_from(&config.http.allowed_hosts);
        let router = api::router(ApiState {
            live: Arc::clone(&live),
            history: Arc::new(history::StoreHistory::new(store)),
            commands,
            telemetry: Arc::clone(&telemetry),
            clock,
            options: Arc::new(options),
        });
        let (http_stop, stopped) = oneshot::channel::<()>();
        let parts = Arc::clone(&telemetry);
        let http_done = runtime.spawn(async move {
            let asked = async move {
                let _ = stopped.await;
            };
            if let Err(error) = api::serve(listener, router, asked).await {
                tracing::error!(%error, "HTTP ended");
                parts.set_part("api", PartState::Failed, error.to_string());
            }
        });
        telemetry.set_part("api", PartState::Ready, format!("http {http_address}"));
        Ok(Self {
            udp: udp_address,
            http: http_address,
            live,
            telemetry,
            counters,
            clock,
            stop,
            ingest,
            merge,
            writer: writer_thread,
            http_stop,
            http_done,
            runtime,
        })
    }

    /// Waits for SIGTERM or Ctrl-C.
    ///
    /// # Errors
    /// Where the system lets nobody listen for signals.
    pub fn wait_for_signal(&self) -> std::io::Result<()> {
        self.runtime.block_on(signalled())
    }

    /// A flag that SIGTERM or Ctrl-C sets.
    pub fn interrupted(&self) -> Arc<AtomicBool> {
        let flag = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&flag);
        self.runtime.spawn(async move {
            if signalled().await.is_ok() {
                raised.store(true, Ordering::Release);
            }
        });
        flag
    }

    /// Stops in the way of the data: what was received is merged, what was merged is committed.
    pub fn shutdown(self) {
        self.stop.store(true, Ordering::Release);
        // A thread that panicked has said so on stderr; the others still stop in order.
        let _ = self.ingest.join();
        let _ = self.merge.join();
        let _ = self.writer.join();
        let _ = self.http_stop.send(());
        let _ = self.runtime.block_on(async { tokio::time::timeout(DRAIN, self.http_done).await });
        self.runtime.shutdown_timeout(DRAIN);
    }
}

async fn signalled() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        done = tokio::signal::ctrl_c() => done,
    }
}

/// The rooms' settings from the configuration.
pub fn settings(config: &Config, venue: &Venue) -> Settings {
    let ns = |seconds: f64| (seconds * 1e9) as u64;
    Settings {
        reorder: reorder::Config {
            mounds: venue
                .mounds
                .iter()
                .map(|m| reorder::MoundPlan { mound: m.id, cameras: m.cameras.clone() })
                .collect(),
            watermark_ns: ns(config.reorder.watermark_s),
            idle_ns: ns(config.reorder.idle_s),
            max_hold_ns: ns(config.reorder.max_hold_s),
            ..reorder::Config::default()
        },
        ..Settings::default()
    }
}
