//! Batches by POST: `{"summaries": [ … ]}`, gzip, TLS 1.3, an idempotency key a batch and an id a summary.
//!
//! An answer of 2xx whose body came whole and that names what it takes (the batch's `Idempotency-Key`, or as a JSON body the number
//! of summaries, `{"accepted": 100}`) acknowledges the whole batch. 400, 413, 415 and 422 refuse what was sent. Everything else
//! is trouble of the line, and means: try again. Model bundles are asked for by GET at
//! `{url}/models/newest` with the last one's `ETag`; 404 means that there is none.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use super::config::{Config, without_login};
use super::line::{Answer, Trouble};
use super::sink::Sink;
use super::summary::Parcel;
use super::tls::{Identity, TlsError, provider};

/// Time for one attempt, its answer included.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Time to connect.
const CONNECT: Duration = Duration::from_secs(5);
/// An answer's body beyond this is not read.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// A model bundle beyond this is not read.
const BUNDLE_BYTES_MAX: u64 = 16 << 20;
/// How much of a refusal's words is kept.
const WORDS_MAX: usize = 300;

/// The line by HTTPS.
pub struct Https {
    agent: ureq::Agent,
    url: String,
    token: Option<PathBuf>,
    /// The last bundle's validator.
    etag: Option<String>,
}

impl Https {
    /// The line to `url`. Nothing is sent yet.
    ///
    /// # Errors
    /// A file that the configuration names cannot be used.
    pub fn new(config: &Config, url: &str) -> Result<Self, TlsError> {
        let Identity { roots, own } = Identity::load(config)?;
        let roots: Vec<_> = roots.iter().map(|cert| Certificate::from_der(cert).to_owned()).collect();
        let own = own.map(|own| {
            let chain: Vec<_> = own.chain.iter().map(|cert| Certificate::from_der(cert).to_owned()).collect();
            let key = PrivateKey::from_pem(&own.key_pem).expect("the same bytes were read as a key before");
            ClientCert::new_with_certs(&chain, key)
        });
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider())
            .root_certs(if roots.is_empty() { RootCerts::WebPki } else { RootCerts::new_with_certs(&roots) })
            .client_cert(own)
            .build();
        let mut agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(ATTEMPT))
            .timeout_connect(Some(CONNECT))
            .tls_config(tls)
            .user_agent(concat!("pitchguard/", env!("CARGO_PKG_VERSION")));
        if url.starts_with("http://") {
            // Only to this machine: the configuration says so.
            agent = agent.proxy(None);
        }
        Ok(Self { agent: agent.build().into(), url: url.to_owned(), token: config.credential(), etag: None })
    }

    /// The bearer token, read anew each time: it may be changed while the daemon runs.
    fn authorization(&self) -> Result<Option<String>, Trouble> {
        let Some(path) = &self.token else { return Ok(None) };
        let token = crate::disk::read_settings_text(path).map_err(|error| unreadable(path, &error))?;
        Ok(Some(format!("Bearer {}", token.trim())))
    }

    fn post(&self, batch: &[Parcel]) -> Result<Answer, Trouble> {
        let key = key_of(batch);
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .header("idempotency-key", &key);
        if let Some(authorization) = self.authorization()? {
            request = request.header("authorization", authorization);
        }
        let mut response = request.send(&body(batch)).map_err(|error| broken(&error))?;
        let status = response.status();
        let asked = retry_after(&response);
        let [echoed, kind] = ["idempotency-key", "content-type"].map(|name| header(&response, name).map(str::to_owned));
        // Read to its end: an answer that breaks off is none.
        let words =
            response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(|error| broken(&error))?;
        if status.is_success() {
            if takes(status, &words, echoed.as_deref() == Some(key.as_str()), batch.len()) {
                return Ok(Answer::Accepted);
            }
            let what = told(&words, kind.as_deref());
            let why = format!(
                "{} answers {status} without naming what it takes ({what}): it must send back Idempotency-Key, or {{\"accepted\": {}}}",
                without_login(&self.url),
                batch.len()
            );
            return Err(Trouble { why, retry_after_ns: None });
        }
        let words = String::from_utf8_lossy(&words);
        let words: String = words.trim().chars().take(WORDS_MAX).collect();
        match judged(status) {
            Judged::Refused => Ok(Answer::Refused(format!("{status}: {words}"))),
            Judged::Trouble(advice) => {
                let why = format!("{} answers {status}{advice}", without_login(&self.url));
                Err(Trouble { why, retry_after_ns: asked })
            }
        }
    }

    fn bundle(&mut self) -> Result<Option<Vec<u8>>, Trouble> {
        let mut request = self.agent.get(format!("{}/models/newest", self.url.trim_end_matches('/')));
        if let Some(authorization) = self.authorization()? {
            request = request.header("authorization", authorization);
        }
        if let Some(etag) = &self.etag {
            request = request.header("if-none-match", etag);
        }
        let mut response = request.call().map_err(|error| broken(&error))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED | StatusCode::NOT_FOUND | StatusCode::NO_CONTENT => return Ok(None),
            status => {
                let why = format!("asked for a model, {} answers {status}", without_login(&self.url));
                return Err(Trouble { why, retry_after_ns: retry_after(&response) });
            }
        }
        let etag = header(&response, "etag").map(str::to_owned);
        let body =
            response.body_mut().with_config().limit(BUNDLE_BYTES_MAX).read_to_vec().map_err(|error| broken(&error))?;
        self.etag = etag;
        Ok(Some(body))
    }
}

impl Sink for Https {
    fn send(&mut self, batch: &[Parcel]) -> Answer {
        self.post(batch).unwrap_or_else(Answer::Failed)
    }

    fn newest_model(&mut self) -> Result<Option<Vec<u8>>, Trouble> {
        self.bundle()
    }
}

/// The batch's own name: its first summary's and the last one's sequence. A retry of the same batch has the same.
fn key_of(batch: &[Parcel]) -> String {
    match batch {
        [] => String::new(),
        [first, .., last] => format!("{}-{}", first.id, last.sequence),
        [only] => only.id.clone(),
    }
}

fn body(batch: &[Parcel]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(16 << 10), Compression::fast());
    let mut write = |bytes: &[u8]| gzip.write_all(bytes).expect("a Vec takes everything");
    write(b"{\"summaries\":[");
    for (nth, parcel) in batch.iter().enumerate() {
        if nth > 0 {
            write(b",");
        }
        write(&parcel.json);
    }
    write(b"]}");
    gzip.finish().expect("a Vec takes everything")
}

/// What a status that is no success says of the batch.
enum Judged {
    /// It is at fault.
    Refused,
    /// It is not, with advice.
    Trouble(&'static str),
}

fn judged(status: StatusCode) -> Judged {
    match status.as_u16() {
        400 | 413 | 415 | 422 => Judged::Refused,
        401 | 403 => Judged::Trouble(": it does not know this box; check its token and certificate"),
        404 | 405 | 410 => {
            Judged::Trouble(": nothing takes summaries there; check [upstream] url, or wait for its deploy")
        }
        407 => Judged::Trouble(": a proxy between wants a login"),
        421 => Judged::Trouble(": it is another server's; check [upstream] url and what stands between"),
        300..=399 => Judged::Trouble(": it is elsewhere; write where in [upstream] url"),
        _ => Judged::Trouble(""),
    }
}

/// Whether a success is one of the whole batch. How many it says that it takes decides, where it says so; else the key that was
/// sent back, but not beside words of something that failed, nor where the status says that each has its own: gateways send back
/// what headers they got.
fn takes(status: StatusCode, body: &[u8], is_echoed: bool, summaries: usize) -> bool {
    let told: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(accepted) = told.get("accepted") {
        return accepted.as_u64() == Some(summaries as u64);
    }
    let failed = |name: &str| match told.get(name) {
        None | Some(serde_json::Value::Null | serde_json::Value::Bool(false)) => false,
        Some(serde_json::Value::Array(list)) => !list.is_empty(),
        Some(what) => what.as_u64() != Some(0),
    };
    let is_plain = matches!(status.as_u16(), 200 | 201 | 202 | 204);
    is_echoed && is_plain && !["error", "errors", "failed", "rejected", "failures"].into_iter().any(failed)
}

/// What an answer is that names nothing.
fn told(body: &[u8], kind: Option<&str>) -> String {
    match (body.trim_ascii(), kind) {
        ([], _) => "nothing in its body".to_owned(),
        ([b'<', ..], _) => "a web page".to_owned(),
        (_, Some(kind)) if !kind.contains("json") => kind.chars().take(80).collect(),
        (body, _) => String::from_utf8_lossy(body).chars().take(80).collect(),
    }
}

/// A header's text; absent where there is none, or it is no text.
fn header<'r, B>(response: &'r Response<B>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// `Retry-After`, seconds or a date of HTTP's, ns.
fn retry_after<B>(response: &Response<B>) -> Option<u64> {
    let wait = crate::clock::retry_after(header(response, "retry-after")?, header(response, "date"))?;
    Some(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
}

fn broken(error: &ureq::Error) -> Trouble {
    Trouble { why: format!("no answer: {error}"), retry_after_ns: None }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Trouble {
    let why = format!("cannot read the token in {}: {error}; check [upstream] credential_file", path.display());
    Trouble { why, retry_after_ns: None }
}
