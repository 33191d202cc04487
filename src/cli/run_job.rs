//! Work on the store, by this process where the store is free, else by the daemon that has it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::out::{say, tell};
use crate::config::StoreConfig;
use crate::daemon::control::{Answer, ControlJob, FileHead, Request};
use crate::daemon::invented;
use crate::daemon::upkeep::{self, Upkeep, UpkeepError};
use crate::history::jobs::{self, Job, JobError, ModelJob, Outcome, Sources};
use crate::history::{Paths, Watcher, input};
use crate::risk;
use crate::risk::service::RiskService;
use crate::store::{Store, StoreError, StoreOptions};

/// Why the work was not done, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum VerbError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work itself.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Looking after the store.
    #[error(transparent)]
    Upkeep(#[from] UpkeepError),
    /// There is no database, and this makes none.
    #[error(
        "there is no database in {}: it comes with the daemon's first start or an import; `--config FILE` or [store] path \
         name another directory", path.display()
    )]
    NoStore {
        /// Where.
        path: PathBuf,
    },
    /// Another process has the store, and no daemon answers for it.
    #[error("{locked}; and nobody answers on its control socket {}: {source}", socket.display())]
    NoDaemon {
        /// Who has the store.
        locked: StoreError,
        /// Where a daemon would answer.
        socket: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The daemon would not.
    #[error("the daemon says: {0}")]
    Refused(String),
    /// The daemon says nothing any more.
    #[error(
        "the daemon was asked on {} and has said nothing for {} s ({doing}): it is stopped or hangs. `systemctl status \
         pitchguard` and its log say more; what it had committed stays",
        socket.display(), ANSWER_WITHIN.as_secs()
    )]
    Silent {
        /// Where it was asked.
        socket: PathBuf,
        /// What it was last known to do.
        doing: String,
    },
    /// The daemon went away.
    #[error("the daemon went away before it was done ({0}); what it had committed stays, so ask again")]
    Gone(io::Error),
    /// The model card cannot be written.
    #[error("the model card cannot be written to {}: {source}", path.display())]
    Card {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no room for files that are only tried.
    #[error("no temporary directory can be had: {0}; set TMPDIR")]
    Scratch(io::Error),
    /// Some of it is left undone; the rest was done.
    #[error("{0}")]
    Undone(String),
}

/// [`ask`], and prints what came of it.
///
/// # Errors
/// It could not be done, or not all of it.
pub fn run(
    job: &ControlJob,
    files: &[PathBuf],
    store: &StoreConfig,
    risk: &risk::Config,
) -> Result<ExitCode, VerbError> {
    told(ask(job, files, store, risk)?)
}

/// Prints what came of work.
///
/// # Errors
/// Some of it is left undone.
pub fn told(outcome: Outcome) -> Result<ExitCode, VerbError> {
    if !outcome.said.is_empty() {
        say!("{}", outcome.said.trim_end_matches('\n'));
    }
    outcome.undone.map_or(Ok(ExitCode::SUCCESS), |undone| Err(VerbError::Undone(undone)))
}

/// Does the work with these files, and shows how far it is where standard error is a terminal.
///
/// # Errors
/// It could not be done.
pub fn ask(
    job: &ControlJob,
    files: &[PathBuf],
    config: &StoreConfig,
    risk: &risk::Config,
) -> Result<Outcome, VerbError> {
    if !Store::is_there(&config.path) {
        if !brings_something(job) {
            return Err(VerbError::NoStore { path: config.path.clone() });
        }
        // Nothing comes in, and no empty store is made for it.
        input::some_can_be_read(files).map_err(VerbError::Undone)?;
    }
    let mut bar = Bar::new();
    let options = StoreOptions { backups: Some(config.backup_dir()), ..StoreOptions::default() };
    let outcome = match Store::open(&config.path, options) {
        Ok(store) => match job {
            ControlJob::History(work) => {
                let store = Arc::new(store);
                let model = RiskService::new(Arc::clone(&store), *risk);
                let (files, sources) = (&mut Paths::new(files.iter().cloned()), Sources::default());
                let today = crate::clock::today(&jiff::tz::TimeZone::system());
                jobs::perform(&store, work, files, &sources, Some(&model), today, &mut bar)?
            }
            ControlJob::Upkeep(upkeep) => {
                let today = crate::clock::today(&jiff::tz::TimeZone::UTC);
                upkeep::perform(&store, upkeep, (config, today), None, &mut bar)?
            }
            ControlJob::Simulated(season) => invented::perform(&store, season, &mut bar)?,
        },
        Err(locked @ StoreError::Locked { .. }) => {
            through_daemon(locked, job, files, &config.control_socket(), &mut bar)?
        }
        Err(error) => return Err(error.into()),
    };
    bar.drawn.finish_and_clear();
    Ok(outcome)
}

/// Whether work may be the first that a store holds. What only reads or tidies makes none.
fn brings_something(job: &ControlJob) -> bool {
    match job {
        ControlJob::History(work) => matches!(
            work,
            Job::Import { .. }
                | Job::Fetch { .. }
                | Job::Etl { fetch: true, .. }
                | Job::Model { ask: ModelJob::Train { reports: Some(_), .. } }
        ),
        ControlJob::Upkeep(upkeep) => matches!(upkeep, Upkeep::KeyAdd { .. }),
        ControlJob::Simulated(_) => true,
    }
}

/// Asks the daemon to do it and sends it the files.
fn through_daemon(
    locked: StoreError,
    job: &ControlJob,
    files: &[PathBuf],
    socket: &Path,
    bar: &mut Bar,
) -> Result<Outcome, VerbError> {
    let stream = match connect(socket) {
        Ok(stream) => stream,
        Err(source) => return Err(VerbError::NoDaemon { locked, socket: socket.to_owned(), source }),
    };
    let (mut unread, mut opened) = (Vec::new(), Vec::new());
    for path in files {
        match input::open(path) {
            Ok((file, bytes)) => {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                opened.push((FileHead { name, bytes }, file));
            }
            Err(why) => unread.push(format!("not read: {}: {why}\n", path.display())),
        }
    }
    if opened.is_empty() && !unread.is_empty() {
        return Err(VerbError::Undone(unread.concat().trim_end().to_owned()));
    }
    // Numbers of files in the work count those that can be read.
    if !unread.is_empty() && matches!(job, ControlJob::History(Job::Model { .. })) {
        return Err(VerbError::Undone(unread.concat().trim_end().to_owned()));
    }
    let request = Request { work: job.clone(), files: opened.iter().map(|(head, _)| head.clone()).collect() };
    // Answers are heard while files are sent, or both sides would wait for each other.
    let mut outcome = std::thread::scope(|scope| {
        let answers = scope.spawn(|| {
            let heard = listen(&stream, socket, bar);
            if heard.is_err() {
                // Nobody goes on sending to a daemon that was given up. It may have hung up itself.
                let _ = stream.shutdown(Shutdown::Both);
            }
            heard
        });
        // A daemon that refuses hangs up; what it said then is what counts.
        let sent = send(&stream, &request, opened);
        let heard = answers.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match (heard, sent) {
            (Err(VerbError::Gone(_)), Err(error)) => Err(VerbError::Gone(error)),
            (heard, _) => heard,
        }
    })?;
    if !unread.is_empty() {
        outcome.said.extend(unread.iter().map(String::as_str));
        let more = outcome.undone.map(|why| format!("; {why}")).unwrap_or_default();
        outcome.undone = Some(format!("{} of the files could not be read: see above{more}", unread.len()));
    }
    Ok(outcome)
}

fn send(mut stream: &UnixStream, request: &Request, files: Vec<(FileHead, File)>) -> io::Result<()> {
    let mut line = serde_json::to_vec(request).expect("a request is plain data");
    line.push(b'\n');
    stream.write_all(&line)?;
    for (head, file) in files {
        let sent = io::copy(&mut file.take(head.bytes), &mut stream);
        if sent.as_ref().ok() != Some(&head.bytes) {
            // It has shrunk, or reads no further: the daemon hears the end where the rest should be, and waits no longer.
            stream.shutdown(Shutdown::Write)?;
            return sent.map(drop);
        }
    }
    stream.shutdown(Shutdown::Write)
}

/// Connects to the daemon, which takes a client at once unless it hangs.
fn connect(socket: &Path) -> io::Result<UnixStream> {
    let stream = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)?;
    stream.connect_timeout(&socket2::SockAddr::unix(socket)?, CONNECTED_WITHIN)?;
    let stream = UnixStream::from(std::os::fd::OwnedFd::from(stream));
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    Ok(stream)
}

fn listen(stream: &UnixStream, socket: &Path, bar: &mut Bar) -> Result<Outcome, VerbError> {
    let mut known = "nothing heard yet".to_owned();
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                VerbError::Silent { socket: socket.to_owned(), doing: known.clone() }
            }
            _ => VerbError::Gone(error),
        })?;
        let answer = serde_json::from_str(&line).map_err(|error| VerbError::Gone(error.into()))?;
        match answer {
            Answer::Progress { doing, done, total } => {
                bar.progress(&doing, done, total);
                known = doing;
            }
            Answer::Done(outcome) => return Ok(outcome),
            Answer::Refused(why) => return Err(VerbError::Refused(why)),
        }
    }
    Err(VerbError::Gone(io::ErrorKind::UnexpectedEof.into()))
}

/// How long a daemon may take to take a client.
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);
/// How long the daemon may say nothing; it says something every 5 s while it works.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How often a bar is drawn.
const LOOKS_ALIVE: Duration = Duration::from_millis(100);
/// Work that is over sooner is not told of where nobody watches a terminal.
const QUIET: Duration = Duration::from_secs(2);
/// How often a line tells how far work is that goes on with the same.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How far work is, on standard error: a bar where that is a terminal, else a line now and then.
struct Bar {
    drawn: ProgressBar,
    lines: bool,
    begun: Instant,
    /// When the last line was told, and what of.
    told: Option<(Instant, String)>,
}

impl Bar {
    fn new() -> Self {
        let template = "{msg} {wide_bar} {percent} % {eta}";
        let style = ProgressStyle::with_template(template).expect("the template is valid");
        let bar = ProgressBar::new(0).with_style(style);
        let lines = !io::stderr().is_terminal();
        if !lines {
            // It moves also while a step takes its time.
            bar.enable_steady_tick(LOOKS_ALIVE);
        }
        Self { drawn: bar, lines, begun: Instant::now(), told: None }
    }
}

impl Watcher for Bar {
    fn progress(&mut self, doing: &str, done: u64, total: u64) {
        if self.lines {
            let fresh = |(at, what): &(Instant, String)| what == doing && at.elapsed() < LINE_EVERY;
            if self.begun.elapsed() >= QUIET && !self.told.as_ref().is_some_and(fresh) {
                self.told = Some((Instant::now(), doing.to_owned()));
                match total {
                    0 | 1 => tell!("{doing} …"),
                    total => tell!("{doing}: {:.0} %", 100.0 * done as f64 / total as f64),
                }
            }
            return;
        }
        if self.drawn.message() != doing {
            self.drawn.set_message(doing.to_owned());
        }
        self.drawn.set_length(total);
        self.drawn.set_position(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_says_nothing_is_given_up_and_what_it_was_doing_is_said() {
        let (ours, daemon) = UnixStream::pair().expect("a pair");
        ours.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout can be set");
        let progress = Answer::Progress { doing: "backing up".to_owned(), done: 1, total: 9 };
        let mut line = serde_json::to_vec(&progress).expect("plain data");
        line.push(b'\n');
        (&daemon).write_all(&line).expect("sent");
        let error = listen(&ours, Path::new("/run/control.sock"), &mut Bar::new()).expect_err("it is silent");
        let said = error.to_string();
        assert!(said.contains("/run/control.sock") && said.contains("(backing up)"), "{said}");
    }
}
