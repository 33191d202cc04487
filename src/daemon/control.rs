//! The control socket: verbs that need the store go through the daemon that has it.
//!
//! One connection is one piece of work. The client sends a [`Request`] on one line, then the bytes of its files one after
//! the other: the daemon needs no right to read them. It hears [`Answer`]s, one a line every few seconds at least, the last
//! of which ends it. One piece at a time; the store's bulk transactions let live pitches go first. Keys wait for no other
//! work: one that is revoked admits nobody from then on. Whoever asks and goes away, or a daemon that stops, ends the work
//! where nothing is half done. What is waited for from a client has an end, and so has all waiting together.
//!
//! Only the daemon's own user, root and the members of the group `pitchguard` are served: by the mode of the socket, and
//! by the kernel's word of who connected (`SO_PEERCRED`).

mod peer;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use self::peer::Doorman;
use super::days::Days;
use super::invented::{self, Season};
use super::upkeep::{self, Upkeep};
use crate::api::{ApiKeys, Command};
use crate::config::StoreConfig;
use crate::history::etl::DailyModel;
use crate::history::jobs::{self, Job, Outcome, Sources};
use crate::history::{Input, Inputs, Watcher};
use crate::store::Store;

/// Longest request, bytes: some hundred file names.
const REQUEST_MAX: u64 = 64 * 1024;
/// How long a client may take for its request's line.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);
/// How long a client may be waited for in all, or take no answer; what its files need by [`FILE_BYTES_A_SECOND`] comes on top.
const PATIENCE: Duration = Duration::from_secs(30);
/// A client reads its files at least so fast, bytes a second.
const FILE_BYTES_A_SECOND: u64 = 1 << 20;
/// Clients that are talked to at once: more than people ask for, and each takes a thread and a descriptor.
const CLIENTS_MAX: usize = 32;
/// A client hears something at least so often while its work goes on: see `ANSWER_WITHIN` of the command line.
const ALIVE_EVERY: Duration = Duration::from_secs(5);
/// How often a wait for a client looks whether the daemon stops.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Time between two reports of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// How long a stopping daemon waits for work to find a place to end.
const GRACE: Duration = Duration::from_secs(10);
/// Mode of the socket with and without the group `pitchguard`.
const MODE_GROUP: u32 = 0o660;
const MODE_OWNER: u32 = 0o600;

/// Work of either kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlJob {
    /// History comes in.
    History(Job),
    /// The store is looked after.
    Upkeep(Upkeep),
    /// Invented people come with their season.
    Simulated(Season),
}

impl ControlJob {
    /// What is done, without whom it is about.
    fn verb(&self) -> &'static str {
        match self {
            Self::History(work) => work.verb(),
            Self::Upkeep(upkeep) => upkeep.verb(),
            Self::Simulated(_) => "simulated history",
        }
    }
}

impl From<Job> for ControlJob {
    fn from(work: Job) -> Self {
        Self::History(work)
    }
}

impl From<Upkeep> for ControlJob {
    fn from(upkeep: Upkeep) -> Self {
        Self::Upkeep(upkeep)
    }
}

/// What a client asks for; the bytes of the files follow in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The work.
    pub work: ControlJob,
    /// Its files.
    pub files: Vec<FileHead>,
}

/// A file that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHead {
    /// What it is called in reports.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It goes on.
    Progress {
        /// With what.
        doing: String,
        /// So many …
        done: u64,
        /// … of so many.
        total: u64,
    },
    /// It is done.
    Done(Outcome),
    /// It is not, for this reason.
    Refused(String),
}

/// The socket as it is served.
pub(super) struct Control {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    busy: Arc<AtomicBool>,
    serving: tokio::task::JoinHandle<()>,
}

impl Control {
    /// [`Self::serve`]; where that fails it is said, and pitches are served without.
    pub(super) fn try_serve(
        config: &StoreConfig,
        store: &Arc<Store>,
        (model, days): (Arc<dyn DailyModel>, Days),
        desk: &Arc<ApiKeys>,
        (commands, runtime): (mpsc::Sender<Command>, &Handle),
    ) -> Option<Self> {
        Self::serve(config, Arc::clone(store), (model, days), Arc::clone(desk), (commands, runtime))
            .inspect_err(|error| {
                let path = config.control_socket();
                tracing::error!(path = %path.display(), %error, "no control socket: import, fetch, etl, train, model, \
                    backup and key need the daemon stopped");
            })
            .ok()
    }

    /// Binds the socket and serves it on the runtime.
    ///
    /// # Errors
    /// The system refuses the path, or another daemon answers there.
    fn serve(
        config: &StoreConfig,
        store: Arc<Store>,
        (model, days): (Arc<dyn DailyModel>, Days),
        desk: Arc<ApiKeys>,
        (commands, runtime): (mpsc::Sender<Command>, &Handle),
    ) -> std::io::Result<Self> {
        let path = &config.control_socket();
        let listener = bind(path)?;
        let made = std::fs::metadata(path)?;
        let doorman = Doorman::new(made.uid());
        // A group that the daemon is no member of cannot be given the socket: then it is the owner's alone. As a service it
        // has that group already, and no right to change it.
        let given = |gid| made.gid() == gid || std::os::unix::fs::chown(path, None, Some(gid)).is_ok();
        let shared = doorman.group().is_some_and(given);
        let mode = if shared { MODE_GROUP } else { MODE_OWNER };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
        let (stop, busy) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let worker = Worker {
            store,
            model,
            days,
            desk,
            commands,
            config: config.clone(),
            sources: Arc::default(),
            stop: Arc::clone(&stop),
            busy: Arc::clone(&busy),
        };
        let listener = {
            let _inside = runtime.enter();
            listener.set_nonblocking(true)?;
            tokio::net::UnixListener::from_std(listener)?
        };
        let serving = runtime.spawn(accept(listener, doorman, worker));
        Ok(Self { path: path.to_owned(), stop, busy, serving })
    }

    /// Takes no more, and lets what is under way find a place to end.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Release);
        self.serving.abort();
        // It is only a name by now.
        let _ = std::fs::remove_file(&self.path);
        let until = Instant::now() + GRACE;
        while self.busy.load(Ordering::Acquire) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The store's lock is ours, so a socket that lies there is left over, unless it is another store's daemon's.
fn bind(path: &Path) -> std::io::Result<std::os::unix::net::UnixListener> {
    if std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket()) {
        if UnixStream::connect(path).is_ok() {
            return Err(std::io::Error::new(ErrorKind::AddrInUse, "another daemon answers there"));
        }
        std::fs::remove_file(path)?;
    }
    std::os::unix::net::UnixListener::bind(path)
}

async fn accept(listener: tokio::net::UnixListener, doorman: Doorman, worker: Worker) {
    // Each client holds one more of it.
    let clients = Arc::new(());
    loop {
        let mut stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the control socket cannot accept");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let admitted = stream.peer_cred().is_ok_and(|peer| doorman.admits(peer.uid(), peer.gid()));
        let refusal = if !admitted {
            Some("only the daemon's own user, root and the group pitchguard may ask")
        } else if Arc::strong_count(&clients) > CLIENTS_MAX {
            Some("the daemon talks to too many others on this socket: try again in a few seconds")
        } else {
            None
        };
        if let Some(why) = refusal {
            let line = line_of(&Answer::Refused(why.to_owned()));
            // Who is refused may have gone; nobody waits for him, nor does who comes next.
            tokio::spawn(async move {
                let _ = tokio::time::timeout(REQUEST_WITHIN, stream.write_all(&line)).await;
            });
            continue;
        }
        let (worker, client) = (worker.clone(), Arc::clone(&clients));
        let thread = std::thread::Builder::new().name("control".into()).spawn(move || {
            if let Err(error) = stream.into_std().and_then(|stream| worker.work(&stream)) {
                tracing::info!(%error, "a client of the control socket went away");
            }
            drop(client);
        });
        if let Err(error) = thread {
            tracing::error!(%error, "no thread for the control socket");
        }
    }
}

/// The one piece of work at a time, free again when dropped.
struct Free(Arc<AtomicBool>);

impl Free {
    fn take(busy: &Arc<AtomicBool>) -> Option<Self> {
        (!busy.swap(true, Ordering::AcqRel)).then(|| Self(Arc::clone(busy)))
    }
}

impl Drop for Free {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn line_of(answer: &Answer) -> Vec<u8> {
    let mut line = serde_json::to_vec(answer).expect("an answer is plain data");
    line.push(b'\n');
    line
}

#[derive(Clone)]
struct Worker {
    store: Arc<Store>,
    model: Arc<dyn DailyModel>,
    days: Days,
    desk: Arc<ApiKeys>,
    /// To the merge thread.
    commands: mpsc::Sender<Command>,
    config: StoreConfig,
    sources: Arc<Sources>,
    stop: Arc<AtomicBool>,
    busy: Arc<AtomicBool>,
}

impl Worker {
    fn work(&self, stream: &UnixStream) -> std::io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(LOOK_EVERY))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let patient = Patient { stream, stop: &self.stop, left: REQUEST_WITHIN };
        let mut reader = BufReader::with_capacity(1 << 16, patient);
        let mut line = Vec::new();
        (&mut reader).take(REQUEST_MAX).read_until(b'\n', &mut line)?;
        let voice = Voice::new(stream);
        let request: Request = match serde_json::from_slice(&line) {
            Ok(request) => request,
            Err(error) => {
                let why = format!("no request that this daemon understands: {error}; is it of the same version?");
                return voice.say(&Answer::Refused(why));
            }
        };
        let beside_others = matches!(&request.work, ControlJob::Upkeep(upkeep) if upkeep.is_about_keys());
        let free = if beside_others { None } else { Free::take(&self.busy) };
        if free.is_none() && !beside_others {
            let why = "the daemon is busy with other work of this kind: try again when that is done";
            return voice.say(&Answer::Refused(why.to_owned()));
        }
        tracing::info!(work = request.work.verb(), files = request.files.len(), "work from the control socket");
        // What is asked for can name people: holders of keys.
        tracing::debug!(work = ?request.work, "as it was asked for");
        let total: u64 = request.files.iter().map(|f| f.bytes).sum();
        reader.get_mut().left = PATIENCE + Duration::from_secs(total / FILE_BYTES_A_SECOND);
        let mut files = Sent { reader, left: 0, total, heads: request.files.into_iter() };
        let over = AtomicBool::new(false);
        let done = std::thread::scope(|scope| {
            let alive = scope.spawn(|| voice.stay_alive(&over));
            let done = self.perform(&request.work, &mut files, &mut Telling { voice: &voice, stop: &self.stop });
            over.store(true, Ordering::Release);
            alive.thread().unpark();
            done
        });
        // Also of work that was given up half-way: what it brought is there.
        if !matches!(request.work, ControlJob::Upkeep(_)) {
            // Where the merge thread has ended, nobody is called anything any more.
            let _ = self.commands.blocking_send(Command::NamesCame);
        }
        drop(free);
        voice.say(&done.map_or_else(Answer::Refused, Answer::Done))
    }

    fn perform(&self, job: &ControlJob, files: &mut Sent<'_>, told: &mut Telling<'_>) -> Result<Outcome, String> {
        match job {
            ControlJob::History(work) => {
                let (today, model) = (self.days.today(), Some(&*self.model));
                jobs::perform(&self.store, work, files, &self.sources, model, today, told)
                    .map_err(|error| error.to_string())
            }
            ControlJob::Upkeep(upkeep) => {
                upkeep::perform(&self.store, upkeep, (&self.config, self.days.today()), Some(&self.desk), told)
                    .map_err(|error| error.to_string())
            }
            ControlJob::Simulated(season) => {
                invented::perform(&self.store, season, told).map_err(|error| error.to_string())
            }
        }
    }
}

/// Waits for a client's bytes, but not for ever and not beyond the daemon's end.
struct Patient<'p> {
    stream: &'p UnixStream,
    stop: &'p AtomicBool,
    /// How long it may still be waited for in all: a byte now and then brings nothing back.
    left: Duration,
}

impl Read for Patient<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let since = Instant::now();
            let read = (&mut &*self.stream).read(buf);
            self.left = self.left.saturating_sub(since.elapsed());
            let waits = |e: &std::io::Error| matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            if !read.as_ref().is_err_and(waits) && !self.left.is_zero() {
                return read;
            }
            if self.stop.load(Ordering::Acquire) {
                return Err(std::io::Error::other("the daemon stops"));
            }
            if self.left.is_zero() {
                return Err(std::io::Error::new(ErrorKind::TimedOut, "the client was waited for too long"));
            }
        }
    }
}

/// The files of a request, as they come.
struct Sent<'s> {
    reader: BufReader<Patient<'s>>,
    heads: std::vec::IntoIter<FileHead>,
    /// Bytes of the present file that nobody has read.
    left: u64,
    total: u64,
}

impl Inputs for Sent<'_> {
    fn next(&mut self) -> Option<Input<'_>> {
        // A file that was given up lies before the next one.
        let rest = std::io::copy(&mut (&mut self.reader).take(self.left), &mut std::io::sink());
        let skipped = rest.is_ok_and(|n| n == self.left);
        let head = self.heads.next()?;
        self.left = head.bytes;
        if !skipped {
            return Some(Input { name: head.name, bytes: Err("the client went away".to_owned()) });
        }
        Some(Input { name: head.name, bytes: Ok(Box::new(OneSent { reader: &mut self.reader, left: &mut self.left })) })
    }

    fn total(&self) -> u64 {
        self.total
    }
}

struct OneSent<'f, 's> {
    reader: &'f mut BufReader<Patient<'s>>,
    left: &'f mut u64,
}

impl Read for OneSent<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = (&mut self.reader).take(*self.left).read(buf)?;
        // The end of the connection is no end of the file.
        if n == 0 && *self.left > 0 && !buf.is_empty() {
            return Err(std::io::Error::new(ErrorKind::UnexpectedEof, "the client went away"));
        }
        *self.left -= n as u64;
        Ok(n)
    }
}

/// What is said to a client, by the work and, while that has nothing to say, by a thread beside it.
struct Voice<'v> {
    stream: &'v UnixStream,
    said: Mutex<Said>,
}

struct Said {
    /// The client takes nothing any more.
    gone: bool,
    /// The last progress, and when it was told.
    progress: Answer,
    told: Option<Instant>,
}

impl<'v> Voice<'v> {
    fn new(stream: &'v UnixStream) -> Self {
        let progress = Answer::Progress { doing: "working".to_owned(), done: 0, total: 0 };
        Self { stream, said: Mutex::new(Said { gone: false, progress, told: None }) }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says the last word.
    fn say(&self, answer: &Answer) -> std::io::Result<()> {
        self.speak(&mut self.said(), answer)
    }

    /// Under the lock, so that lines stay whole.
    fn speak(&self, said: &mut Said, answer: &Answer) -> std::io::Result<()> {
        let done = (&mut &*self.stream).write_all(&line_of(answer));
        said.told = Some(Instant::now());
        said.gone |= done.is_err();
        done
    }

    /// Tells the client that its work goes on, where that tells nothing for long.
    fn stay_alive(&self, over: &AtomicBool) {
        while !over.load(Ordering::Acquire) {
            std::thread::park_timeout(ALIVE_EVERY);
            let mut said = self.said();
            let quiet = said.told.is_none_or(|told| told.elapsed() >= ALIVE_EVERY / 2);
            if quiet && !said.gone && !over.load(Ordering::Acquire) {
                let progress = said.progress.clone();
                // Whether he has gone is noted.
                let _ = self.speak(&mut said, &progress);
            }
        }
    }
}

/// Tells the client, now and then.
struct Telling<'t> {
    voice: &'t Voice<'t>,
    stop: &'t AtomicBool,
}

impl Watcher for Telling<'_> {
    fn progress(&mut self, doing: &str, done: u64, total: u64) {
        let mut said = self.voice.said();
        if !said.gone && said.told.is_none_or(|told| told.elapsed() >= PROGRESS_EVERY) {
            let progress = Answer::Progress { doing: doing.to_owned(), done, total };
            // Whether he has gone is noted.
            let _ = self.voice.speak(&mut said, &progress);
            said.progress = progress;
        }
    }

    fn stopped(&mut self) -> bool {
        self.voice.said().gone || self.stop.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_sends_a_byte_now_and_then_is_not_waited_for_without_end() {
        let (client, ours) = UnixStream::pair().expect("a pair");
        ours.set_read_timeout(Some(Duration::from_millis(10))).expect("a timeout can be set");
        let (stop, over) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) && (&client).write_all(b"x").is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let mut patient = Patient { stream: &ours, stop: &stop, left: Duration::from_millis(200) };
            let mut all = Vec::new();
            let error = patient.read_to_end(&mut all).expect_err("it has an end");
            over.store(true, Ordering::Relaxed);
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert!(!all.is_empty());
        });
    }

    #[test]
    fn a_client_hears_something_while_its_work_has_nothing_to_say() {
        let (client, ours) = UnixStream::pair().expect("a pair");
        let (voice, over) = (Voice::new(&ours), AtomicBool::new(false));
        let mut telling = Telling { voice: &voice, stop: &over };
        telling.progress("training", 1, 4);
        std::thread::scope(|scope| {
            let alive = scope.spawn(|| voice.stay_alive(&over));
            voice.said().told = None;
            alive.thread().unpark();
            let lines: Vec<_> = BufReader::new(&client).lines().take(2).map(|line| line.expect("a line")).collect();
            over.store(true, Ordering::Release);
            alive.thread().unpark();
            let progress = Answer::Progress { doing: "training".to_owned(), done: 1, total: 4 };
            assert_eq!(serde_json::from_str::<Answer>(&lines[1]).expect("an answer"), progress);
        });
    }
}
