//! The writer thread: batches in, one synced commit for all that gathered within a few milliseconds.
//!
//! A batch is the unit of atomicity (a pitch with the checkpoint that covers it). The queue is bounded: one that is full
//! because the disk is slow makes [`WriterHandle::submit`] wait, which is counted. A batch that cannot be stored for its own
//! sake (a corrupt record in its way, a date that is none) is refused, logged and counted, and the rest goes on.
//!
//! When the disk or the map is full the writer tries again and again, [`WriterHandle::trouble`] says why, and batches gather
//! in the queue, which has room for some games. Only once that is full too is a new batch given up, logged and counted:
//! what is shown must not stand still because nothing can be kept. After [`WriterHandle::stop`] the same becomes of what
//! cannot be stored at once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, TrySendError, bounded};

use super::error::StoreError;
use super::handle::Store;
use super::transaction::Transaction;
use super::write::Write;

/// Batches in one group at most: keeps a commit after a pause short.
const GROUP_MAX: usize = 256;

/// How often the writer turns where nothing comes.
const TURN_EVERY: Duration = Duration::from_millis(250);

/// Pause before a failed commit is tried again.
const RETRY: Duration = Duration::from_millis(250);

/// Numbers of the writer since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriterCounts {
    /// Batches submitted.
    pub submitted: u64,
    /// Batches settled: committed, or refused for their own sake.
    pub settled: u64,
    /// Batches refused for their own sake.
    pub refused: u64,
    /// Synced commits.
    pub commits: u64,
    /// Commits that failed and were tried again.
    pub retries: u64,
    /// Submissions that had to wait for room in the queue.
    pub waits: u64,
    /// Batches lost: they found the queue full while the store failed, or the store still failed when the writer was told
    /// to stop.
    pub lost: u64,
}

/// Why commits fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// In words.
    pub why: String,
    /// Whether the disk or the map is full: making room mends it.
    pub is_about_room: bool,
}

impl From<&StoreError> for Trouble {
    fn from(error: &StoreError) -> Self {
        Self { why: error.to_string(), is_about_room: error.is_about_room() }
    }
}

#[derive(Debug, Default)]
struct Shared {
    settled: Mutex<u64>,
    settled_more: Condvar,
    refused: AtomicU64,
    commits: AtomicU64,
    retries: AtomicU64,
    waits: AtomicU64,
    lost: AtomicU64,
    trouble: Mutex<Option<Trouble>>,
    stop: AtomicBool,
    turns: AtomicU64,
    pushes: AtomicU64,
}

/// Feeds the writer. Clone it freely; the thread ends when the last one is dropped and all is committed.
#[derive(Debug, Clone)]
pub struct WriterHandle {
    // Number and queue place are taken together, so that the numbers are the order of the queue.
    entrance: Arc<Mutex<(u64, Sender<Vec<Write>>)>>,
    shared: Arc<Shared>,
    room: usize,
}

/// A poisoned lock guards plain numbers: they stay good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WriterHandle {
    /// Queues one batch, all of which is committed or nothing, and returns its number. Waits while the queue is full, but
    /// not while the store fails, nor for long once the writer was told to [stop](Self::stop).
    ///
    /// # Errors
    /// The writer has stopped, or the batch is lost because the store fails and the queue is full.
    pub fn submit(&self, batch: Vec<Write>) -> Result<u64, StoreError> {
        let mut entrance = lock(&self.entrance);
        match entrance.1.try_send(batch) {
            Ok(()) => {}
            Err(TrySendError::Full(batch)) => {
                if self.failing() {
                    return Err(self.give_up());
                }
                self.shared.waits.fetch_add(1, Ordering::Relaxed);
                self.send_waiting(&entrance.1, batch)?;
            }
            Err(TrySendError::Disconnected(_)) => return Err(StoreError::WriterStopped),
        }
        entrance.0 += 1;
        Ok(entrance.0)
    }

    fn send_waiting(&self, queue: &Sender<Vec<Write>>, mut batch: Vec<Write>) -> Result<(), StoreError> {
        loop {
            self.shared.pushes.fetch_add(1, Ordering::Relaxed);
            match queue.send_timeout(batch, RETRY) {
                Ok(()) => return Ok(()),
                Err(SendTimeoutError::Disconnected(_)) => return Err(StoreError::WriterStopped),
                Err(SendTimeoutError::Timeout(_)) if self.shared.stop.load(Ordering::Acquire) => {
                    tracing::error!("a batch is lost: the queue of the store is still full at the end");
                    self.shared.lost.fetch_add(1, Ordering::Relaxed);
                    return Err(StoreError::WriterStopped);
                }
                Err(SendTimeoutError::Timeout(_)) if self.failing() => return Err(self.give_up()),
                Err(SendTimeoutError::Timeout(unsent)) => batch = unsent,
            }
        }
    }

    fn failing(&self) -> bool {
        lock(&self.shared.trouble).is_some()
    }

    /// Counts a batch that finds neither disk nor room. Logged once a thousand: the state of the part says it all the time.
    fn give_up(&self) -> StoreError {
        let before = self.shared.lost.fetch_add(1, Ordering::Relaxed);
        if before.is_multiple_of(1000) {
            tracing::error!(lost = before + 1, "results are lost: the store cannot commit and its queue is full");
        }
        StoreError::NoRoom
    }

    /// Batches that the queue has room for.
    pub fn room(&self) -> usize {
        self.room
    }

    /// Tells the writer that the end has come: what cannot be stored at once is lost rather than waited for.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
    }

    /// Number of the last batch that is settled: it and all before it are on disk, but for those counted as refused.
    pub fn committed(&self) -> u64 {
        *lock(&self.shared.settled)
    }

    /// Waits until batch `number` is settled. Whether it was in time.
    pub fn wait(&self, number: u64, timeout: Duration) -> bool {
        let settled = lock(&self.shared.settled);
        let waited = self.shared.settled_more.wait_timeout_while(settled, timeout, |settled| *settled < number);
        *waited.unwrap_or_else(PoisonError::into_inner).0 >= number
    }

    /// Why commits fail at the moment, or that the writer has ended, which stays; nothing where all is well.
    pub fn trouble(&self) -> Option<Trouble> {
        lock(&self.shared.trouble).clone()
    }

    /// How often the writer has turned: many times a second, also with nothing to write or nothing that can be written.
    pub fn turns(&self) -> u64 {
        self.shared.turns.load(Ordering::Relaxed)
    }

    /// How often those who submit have tried to push into a full queue: they wait, and do not hang.
    pub fn pushes(&self) -> u64 {
        self.shared.pushes.load(Ordering::Relaxed)
    }

    /// The numbers so far.
    pub fn counts(&self) -> WriterCounts {
        let submitted = lock(&self.entrance).0;
        WriterCounts {
            submitted,
            settled: self.committed(),
            refused: self.shared.refused.load(Ordering::Relaxed),
            commits: self.shared.commits.load(Ordering::Relaxed),
            retries: self.shared.retries.load(Ordering::Relaxed),
            waits: self.shared.waits.load(Ordering::Relaxed),
            lost: self.shared.lost.load(Ordering::Relaxed),
        }
    }
}

impl Store {
    /// Starts the writer thread. `committed` is told how long each synced commit took.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn writer(
        self: Arc<Self>,
        committed: impl Fn(Duration) + Send + 'static,
    ) -> Result<(WriterHandle, JoinHandle<()>), StoreError> {
        let (sender, receiver) = bounded(self.options.queue);
        let shared = Arc::new(Shared::default());
        let handle = WriterHandle {
            entrance: Arc::new(Mutex::new((0, sender))),
            shared: Arc::clone(&shared),
            room: self.options.queue,
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || Writer { store: self, receiver, shared, committed }.run())
            .map_err(|source| StoreError::File { path: "writer thread".into(), source })?;
        Ok((handle, thread))
    }
}

struct Writer<C> {
    store: Arc<Store>,
    receiver: Receiver<Vec<Write>>,
    shared: Arc<Shared>,
    committed: C,
}

impl<C: Fn(Duration)> Writer<C> {
    fn run(self) {
        let mut group = Vec::new();
        loop {
            self.shared.turns.fetch_add(1, Ordering::Relaxed);
            match self.receiver.recv_timeout(TURN_EVERY) {
                Ok(first) => group.push(first),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.gather(&mut group);
            self.settle(&mut group);
        }
    }

    /// Collects what comes within the group's time.
    fn gather(&self, group: &mut Vec<Vec<Write>>) {
        let until = Instant::now() + self.store.options.group_commit;
        while group.len() < GROUP_MAX {
            match self.receiver.recv_deadline(until) {
                Ok(batch) => group.push(batch),
                Err(_) => break,
            }
        }
    }

    /// Commits the group, together where it can be, one by one where a batch spoils it.
    fn settle(&self, group: &mut Vec<Vec<Write>>) {
        match self.commit(group) {
            Ok(()) => self.settled(group.len()),
            Err(_) => group.iter().for_each(|batch| self.settle_alone(batch)),
        }
        group.clear();
    }

    fn settle_alone(&self, batch: &Vec<Write>) {
        loop {
            match self.commit(std::slice::from_ref(batch)) {
                Ok(()) => break,
                Err(error) if error.is_about_a_record() => {
                    tracing::error!(%error, "a batch cannot be stored and is refused");
                    self.shared.refused.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Err(error) if self.stopping() => {
                    tracing::error!(%error, "a batch is lost: the store still fails at the end");
                    self.shared.lost.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Err(error) => {
                    self.shared.retries.fetch_add(1, Ordering::Relaxed);
                    self.trouble(Some(Trouble::from(&error)));
                    self.shared.turns.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(RETRY);
                }
            }
        }
        self.trouble(None);
        self.settled(1);
    }

    /// Notes how it stands, and logs it where that is news.
    fn trouble(&self, trouble: Option<Trouble>) {
        let mut known = lock(&self.shared.trouble);
        match (&*known, &trouble) {
            (None, Some(Trouble { why, .. })) => {
                tracing::error!(why, "the store cannot commit; trying again until it can");
            }
            (Some(_), None) => tracing::info!("the store goes on"),
            _ => {}
        }
        *known = trouble;
    }

    /// Whether nobody is left who could submit or wait, or the end has come.
    fn stopping(&self) -> bool {
        self.shared.stop.load(Ordering::Acquire) || Arc::strong_count(&self.shared) == 1
    }

    fn commit(&self, batches: &[Vec<Write>]) -> Result<(), StoreError> {
        self.store.live_waiting.store(true, Ordering::Release);
        let begun = Transaction::begin(&self.store);
        self.store.live_waiting.store(false, Ordering::Release);
        let mut transaction = begun?;
        for write in batches.iter().flatten() {
            transaction.apply(write)?;
        }
        let began = Instant::now();
        transaction.commit()?;
        (self.committed)(began.elapsed());
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn settled(&self, batches: usize) {
        *lock(&self.shared.settled) += batches as u64;
        self.shared.settled_more.notify_all();
    }
}

impl<C> Drop for Writer<C> {
    /// However the thread ends, those who hold a handle see it.
    fn drop(&mut self) {
        *lock(&self.shared.trouble) = Some(Trouble::from(&StoreError::WriterStopped));
    }
}
