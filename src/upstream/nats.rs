//! `JetStream`, for fleets: one subject a box and kind, `Nats-Msg-Id` for deduplication, every publish acknowledged.
//!
//! A summary goes to `pitchguard.summary.{box}.{kind}` of the stream `PITCHGUARD` (`docs/fleet.md` says how to set it up).
//! Kinds go side by side, the summaries of one kind one after the other: each is published when the one before it is in the
//! stream, so that the stream's order is the order of the lane. Nothing is published while the client is not connected:
//! what it would keep for later would only come twice. Model bundles are the last message of `pitchguard.model` in the stream
//! `PITCHGUARD_MODELS`.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_nats::connection::State;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, ErrorCode, stream::LastRawMessageErrorKind};
use async_nats::{Client, ClientError, ConnectOptions, Event, ServerError};
use futures_util::future::join_all;
use rand::Rng;
use tokio::runtime::Handle;

use super::config::{BoxName, Config};
use super::line::{Answer, Trouble};
use super::sink::Sink;
use super::summary::Parcel;
use super::tls::{Identity, TlsError, provider};
use crate::store::summary::SummaryKind;

/// The stream that summaries go to.
pub const STREAM: &str = "PITCHGUARD";
/// The stream that model bundles come from.
pub const MODEL_STREAM: &str = "PITCHGUARD_MODELS";
/// The subject of model bundles.
pub const MODEL_SUBJECT: &str = "pitchguard.model";

/// Time for one acknowledgement.
const ACK: Duration = Duration::from_secs(5);
/// Time in which summaries of a batch are started; what is left goes with the next one.
const BATCH: Duration = Duration::from_secs(5);
/// Longest wait between two attempts to connect.
const RECONNECT_MS_MAX: u64 = 4000;

/// The subject of a box's summaries of one kind.
pub fn subject(box_name: &BoxName, kind: SummaryKind) -> String {
    format!("pitchguard.summary.{box_name}.{}", kind.as_str())
}

/// The line by `JetStream`.
pub struct Nats {
    runtime: Handle,
    client: Client,
    context: jetstream::Context,
    box_name: BoxName,
    /// The servers, as they may be shown.
    address: String,
    heard: Heard,
    /// Stream sequence of the last bundle.
    bundle: Option<u64>,
}

/// What client and servers said of their troubles, which no answer carries.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Troubles>>);

#[derive(Debug, Default)]
struct Troubles {
    /// Why the last attempt to connect failed; none once one succeeded.
    connecting: Option<String>,
    /// What the server last said that it denies this box.
    denied: Option<(Instant, String)>,
}

impl Heard {
    fn troubles(&self) -> MutexGuard<'_, Troubles> {
        // Plain words: they stay good where a thread panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, event: &Event) {
        let mut troubles = self.troubles();
        match event {
            Event::Connected => *troubles = Troubles::default(),
            Event::ClientError(ClientError::Other(why)) => troubles.connecting = Some(why.clone()),
            Event::ServerError(ServerError::AuthorizationViolation) => {
                troubles.connecting = Some(ServerError::AuthorizationViolation.to_string());
            }
            Event::ServerError(ServerError::Other(why)) if why.to_lowercase().contains("permissions violation") => {
                troubles.denied = Some((Instant::now(), why.clone()));
            }
            _ => {}
        }
    }

    /// Why nobody is connected, and what to do.
    fn not_connected(&self, address: &str) -> String {
        let nobody = format!("no NATS server at {address} is connected");
        let Some(why) = self.troubles().connecting.clone() else { return nobody };
        let said = why.to_lowercase();
        let advice = if said.contains("authori") || said.contains("authenticat") {
            "; the server is there and refuses this box's login: check [upstream] credential_file, or the login in url"
        } else if said.contains("tls") || said.contains("certificate") {
            "; check [upstream] ca_file, client_cert and client_key, and the server's certificate"
        } else if said.contains("dns") {
            "; nobody here knows that name: check [upstream] url, and this box's name server"
        } else {
            ""
        };
        format!("{nobody}: {why}{advice}")
    }

    /// What the server denied since a moment.
    fn denied_since(&self, began: Instant) -> Option<String> {
        self.troubles().denied.as_ref().filter(|(at, _)| *at >= began).map(|(_, why)| why.clone())
    }
}

/// Why the line cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// The TLS files.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The credentials.
    #[error("cannot use the NATS credentials in {}: {source}; check [upstream] credential_file", path.display())]
    Credentials {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The address.
    #[error("[upstream] url: {0}")]
    Address(std::io::Error),
    /// The client did not start.
    #[error("the NATS client cannot start: {0}")]
    Client(async_nats::ConnectError),
}

impl Nats {
    /// The line to the servers in `url`, comma-separated. Does not wait for them: the client connects by itself, again
    /// and again.
    ///
    /// # Errors
    /// A file or an address of the configuration cannot be used.
    pub fn new(config: &Config, url: &str, box_name: BoxName, runtime: Handle) -> Result<Self, NatsError> {
        let servers: Vec<async_nats::ServerAddr> =
            url.split(',').map(|one| one.trim().parse()).collect::<Result<_, _>>().map_err(NatsError::Address)?;
        let heard = Heard::default();
        let listening = heard.clone();
        let mut options = ConnectOptions::new()
            .event_callback(move |event| {
                listening.note(&event);
                std::future::ready(())
            })
            .name(format!("pitchguard {box_name}"))
            .retry_on_initial_connect()
            .connection_timeout(ACK)
            .request_timeout(Some(ACK))
            .reconnect_delay_callback(|attempts| {
                let ceiling = 100_u64.checked_shl(attempts.min(6) as u32).unwrap_or(RECONNECT_MS_MAX);
                Duration::from_millis(rand::rng().random_range(0..=ceiling.min(RECONNECT_MS_MAX)))
            });
        if url.contains("tls://") {
            options = options.require_tls(true).tls_client_config(tls(config)?);
        }
        // The client itself reads no login from an address.
        if let Some(server) = servers.iter().find(|server| server.has_user_pass()) {
            let [user, password] =
                [server.username(), server.password()].map(|text| text.unwrap_or_default().to_owned());
            options = options.user_and_password(user, password);
        }
        if let Some(path) = config.credential() {
            let failed = |source| NatsError::Credentials { path: path.clone(), source };
            let text = crate::disk::read_settings_text(&path).map_err(failed)?;
            options = options.credentials(&text).map_err(failed)?;
        }
        let client = runtime.block_on(options.connect(servers)).map_err(NatsError::Client)?;
        // The context spawns a task of its own.
        let _inside = runtime.enter();
        let context = jetstream::context::ContextBuilder::new().ack_timeout(ACK).timeout(ACK).build(client.clone());
        let address = config.shown_url();
        Ok(Self { runtime, client, context, box_name, address, heard, bundle: None })
    }

    fn not_connected(&self) -> Option<Trouble> {
        let trouble = || Trouble { why: self.heard.not_connected(&self.address), retry_after_ns: None };
        (self.client.connection_state() != State::Connected).then(trouble)
    }
}

/// The client's side of TLS.
fn tls(config: &Config) -> Result<rustls::ClientConfig, TlsError> {
    let Identity { roots: named, own } = Identity::load(config)?;
    let mut roots = rustls::RootCertStore::empty();
    if named.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    } else {
        roots.add_parsable_certificates(named);
    }
    let builder = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Pair)?
        .with_root_certificates(roots);
    match own {
        Some(own) => builder.with_client_auth_cert(own.chain, own.key).map_err(TlsError::Pair),
        None => Ok(builder.with_no_client_auth()),
    }
}

/// What became of the summaries of one kind, in order up to the first that did not go.
#[derive(Default)]
struct Run {
    accepted: Vec<u64>,
    refused: Vec<(u64, String)>,
    trouble: Option<Trouble>,
}

/// Whether the stream can never take a document, as it and the servers are set up.
fn is_never_taken(error: &PublishError) -> bool {
    let of_stream = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
    let too_large = [ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM, ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM];
    error.kind() == PublishErrorKind::MaxPayloadExceeded
        || of_stream.is_some_and(|error| too_large.contains(&error.error_code()))
}

async fn publish_in_order(context: &jetstream::Context, heard: &Heard, subject: String, parcels: Vec<&Parcel>) -> Run {
    let mut run = Run::default();
    let began = Instant::now();
    for parcel in parcels {
        let asked = Instant::now();
        if began.elapsed() > BATCH {
            break;
        }
        let message = PublishMessage::build().payload(parcel.json.clone().into()).message_id(&parcel.id);
        let acknowledged = match context.send_publish(subject.clone(), message).await {
            Ok(sent) => sent.await,
            Err(error) => Err(error),
        };
        match acknowledged {
            Ok(stored) if stored.stream == STREAM => run.accepted.push(parcel.sequence),
            Ok(stored) => {
                let why = format!(
                    "{subject}: the stream {} takes it, not {STREAM}; set the streams' subjects as docs/fleet.md says",
                    stored.stream
                );
                run.trouble = Some(Trouble { why, retry_after_ns: None });
                break;
            }
            Err(error) if is_never_taken(&error) => run.refused.push((parcel.sequence, error.to_string())),
            Err(error) => {
                // What is denied is never answered, but said beside.
                let why = match (error.kind(), heard.denied_since(asked)) {
                    (PublishErrorKind::StreamNotFound, _) => {
                        format!("{error}; create the stream PITCHGUARD as docs/fleet.md says")
                    }
                    (_, Some(denied)) => {
                        format!("the server denies it: {denied}; allow this box what docs/fleet.md says")
                    }
                    _ => error.to_string(),
                };
                run.trouble = Some(Trouble { why: format!("{subject}: {why}"), retry_after_ns: None });
                break;
            }
        }
    }
    run
}

impl Sink for Nats {
    fn send(&mut self, batch: &[Parcel]) -> Answer {
        if let Some(trouble) = self.not_connected() {
            return Answer::Failed(trouble);
        }
        let of_kind = |kind| batch.iter().filter(|parcel| parcel.kind == kind).collect::<Vec<_>>();
        let runs = SummaryKind::ALL.map(|kind| (subject(&self.box_name, kind), of_kind(kind)));
        let runs = runs.into_iter().filter(|(_, parcels)| !parcels.is_empty());
        let (context, heard) = (&self.context, &self.heard);
        let all = join_all(runs.map(|(subject, parcels)| publish_in_order(context, heard, subject, parcels)));
        let mut whole = Run::default();
        for run in self.runtime.block_on(all) {
            whole.accepted.extend(run.accepted);
            whole.refused.extend(run.refused);
            whole.trouble = whole.trouble.or(run.trouble);
        }
        Answer::Partly { accepted: whole.accepted, refused: whole.refused, trouble: whole.trouble }
    }

    fn newest_model(&mut self) -> Result<Option<Vec<u8>>, Trouble> {
        if let Some(trouble) = self.not_connected() {
            return Err(trouble);
        }
        let trouble = |why: String| Trouble { why: format!("asked for a model: {why}"), retry_after_ns: None };
        let newest = self.runtime.block_on(async {
            let stream = self.context.get_stream_no_info(MODEL_STREAM).await.map_err(|e| trouble(e.to_string()))?;
            match stream.get_last_raw_message_by_subject(MODEL_SUBJECT).await {
                Ok(message) => Ok(Some(message)),
                Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
                Err(error) => Err(trouble(error.to_string())),
            }
        })?;
        let newest = newest.filter(|message| Some(message.sequence) != self.bundle);
        Ok(newest.map(|message| {
            self.bundle = Some(message.sequence);
            message.payload.to_vec()
        }))
    }
}
