//! A cloud of one thread: takes batches by POST, and fails as it is told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use flate2::read::GzDecoder;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// What it does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Stores it and says so.
    Good,
    /// Stores it or not, and closes without an answer.
    Silent { stored: bool },
    /// Stores it, promises an answer, and closes in the middle of its body.
    MidBody,
    /// Answers this, having stored it or not.
    Status { code: u16, stored: bool },
    /// Stores it, and answers 204 with the batch's key.
    Echoes,
    /// Answers this with the batch's key, as a gateway that sends back what headers it got, having stored nothing.
    Reflects(u16, &'static str),
    /// Answers 200 with a page, having stored nothing.
    Says(&'static str),
    /// Answers 503 and asks to wait until a date, which is a second off by its own clock.
    BusyUntil,
    /// Answers 429 and asks for so many seconds.
    Busy(u64),
    /// Stores it and answers after so many milliseconds.
    Slow(u64),
}

/// What came.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Documents in the order of their first arrival.
    pub(crate) documents: Vec<Value>,
    known: BTreeMap<String, usize>,
    pub(crate) duplicates: usize,
    pub(crate) posts: usize,
    /// Headers of the last request.
    pub(crate) headers: BTreeMap<String, String>,
    /// Bytes of bodies as they came, and unpacked.
    pub(crate) packed: usize,
    pub(crate) unpacked: usize,
}

impl Log {
    fn store(&mut self, documents: Vec<Value>) {
        for document in documents {
            let id = document["id"].as_str().expect("every document has an id").to_owned();
            if self.known.insert(id, self.documents.len()).is_some() {
                self.duplicates += 1;
            } else {
                self.documents.push(document);
            }
        }
    }

    /// Sequences by kind and lane, in the order of their first arrival.
    pub(crate) fn order(&self) -> BTreeMap<(String, String), Vec<u64>> {
        let mut order: BTreeMap<_, Vec<u64>> = BTreeMap::new();
        for document in &self.documents {
            let text = |name: &str| document[name].as_str().expect("a text").to_owned();
            let sequence = document["sequence"].as_u64().expect("a number");
            order.entry((text("kind"), text("lane"))).or_default().push(sequence);
        }
        order
    }

    pub(crate) fn assert_in_order(&self) {
        for (what, sequences) in self.order() {
            assert!(sequences.is_sorted(), "{what:?} came out of order: {sequences:?}");
        }
    }
}

/// What GET `/models/newest` answers: validator and body.
type Offered = Option<(String, Vec<u8>)>;

type Script = dyn FnMut(usize) -> Act + Send;

/// Whether it refuses a document, and with it the batch.
type Judge = Box<dyn FnMut(&Value) -> bool + Send>;

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Log>>,
    bundle: Arc<Mutex<Offered>>,
    judge: Arc<Mutex<Judge>>,
}

impl Receiver {
    /// Serves until the process ends. The script is asked what to do with each POST, by its number.
    pub(crate) fn start(script: impl FnMut(usize) -> Act + Send + 'static) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").expect("a port"), None, script)
    }

    pub(crate) fn start_tls(tls: ServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self::serve(listener, Some(Arc::new(tls)), |_| Act::Good)
    }

    fn serve(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        script: impl FnMut(usize) -> Act + Send + 'static,
    ) -> Self {
        let address = listener.local_addr().expect("bound");
        let (log, bundle) = (Arc::new(Mutex::new(Log::default())), Arc::new(Mutex::new(None)));
        let judge: Judge = Box::new(|document| document["data"]["venue"] == "poison");
        let judge = Arc::new(Mutex::new(judge));
        let (kept, offered, judging) = (Arc::clone(&log), Arc::clone(&bundle), Arc::clone(&judge));
        let mut script: Box<Script> = Box::new(script);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket takes a time limit");
                // A client that breaks off, or fails at TLS, is none of ours.
                let _ = match &tls {
                    None => exchange(stream, &kept, &offered, &judging, &mut script),
                    Some(tls) => {
                        let connection = ServerConnection::new(Arc::clone(tls)).expect("good settings");
                        exchange(StreamOwned::new(connection, stream), &kept, &offered, &judging, &mut script)
                    }
                };
            }
        });
        Self { address, log, bundle, judge }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/summaries", self.address)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("nobody panics while holding it")
    }

    /// Refuses batches with such documents from now on.
    pub(crate) fn refuse(&self, such: impl FnMut(&Value) -> bool + Send + 'static) {
        *self.judge.lock().expect("nobody panics while holding it") = Box::new(such);
    }

    pub(crate) fn offer(&self, etag: &str, bundle: Vec<u8>) {
        *self.bundle.lock().expect("nobody panics while holding it") = Some((etag.to_owned(), bundle));
    }
}

/// One request and its answer; then the connection ends.
fn exchange<S: Read + Write>(
    stream: S,
    log: &Mutex<Log>,
    bundle: &Mutex<Offered>,
    judge: &Mutex<Judge>,
    script: &mut Box<Script>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    if request.starts_with("GET /summaries/models/newest ") {
        let offered = bundle.lock().expect("nobody panics while holding it").clone();
        let known = headers.get("if-none-match");
        return match offered {
            None => answer(stream.get_mut(), 404, "", b""),
            Some((etag, _)) if Some(&etag) == known => answer(stream.get_mut(), 304, "", b""),
            Some((etag, body)) => answer(stream.get_mut(), 200, &format!("etag: {etag}\r\n"), &body),
        };
    }
    let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut packed = vec![0; length];
    stream.read_exact(&mut packed)?;
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text)?;
    let mut body: Value = serde_json::from_str(&text)?;
    let Value::Array(documents) = body["summaries"].take() else { panic!("no batch: {text}") };
    let (count, key) = (documents.len(), headers.get("idempotency-key").cloned().unwrap_or_default());

    let mut log = log.lock().expect("nobody panics while holding it");
    let act = script(log.posts);
    log.posts += 1;
    log.headers = headers;
    log.packed += packed.len();
    log.unpacked += text.len();
    let mut refuses = judge.lock().expect("nobody panics while holding it");
    let poisoned = documents.iter().filter(|document| refuses(document)).count() > 0;
    drop(refuses);
    if poisoned && matches!(act, Act::Good | Act::Echoes) {
        drop(log);
        return answer(stream.get_mut(), 400, "", b"poison in it");
    }
    let stores = match act {
        Act::Good | Act::Echoes | Act::MidBody | Act::Slow(_) => true,
        Act::Silent { stored } | Act::Status { stored, .. } => stored,
        Act::Busy(_) | Act::BusyUntil | Act::Says(_) | Act::Reflects(..) => false,
    };
    if stores && !poisoned {
        log.store(documents);
    }
    drop(log);
    let to = stream.get_mut();
    match act {
        Act::Good => answer(to, 200, "", format!("{{\"accepted\":{count}}}").as_bytes()),
        Act::Echoes => answer(to, 204, &format!("idempotency-key: {key}\r\n"), b""),
        Act::Reflects(code, words) => answer(to, code, &format!("idempotency-key: {key}\r\n"), words.as_bytes()),
        Act::Says(words) => answer(to, 200, "content-type: text/html\r\n", words.as_bytes()),
        Act::BusyUntil => {
            let dates = "date: Wed, 21 Oct 2015 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2015 07:28:01 GMT\r\n";
            answer(to, 503, dates, b"later")
        }
        Act::Silent { .. } => Ok(()),
        Act::MidBody => to.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"stored\":"),
        Act::Status { code, .. } => answer(to, code, "", b"a fault of ours"),
        Act::Busy(seconds) => answer(to, 429, &format!("retry-after: {seconds}\r\n"), b"later"),
        Act::Slow(ms) => {
            std::thread::sleep(Duration::from_millis(ms));
            answer(to, 200, "", format!("{{\"accepted\":{count}}}").as_bytes())
        }
    }
}

fn answer(to: &mut impl Write, code: u16, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(to, "HTTP/1.1 {code} Said\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n")?;
    to.write_all(body)?;
    to.flush()
}
