//! A store with summaries, and the line out of it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pitchguard::clock::BoxClock;
use pitchguard::observe::{CalibrationStatus, UpstreamStatus};
use pitchguard::store::summary::{OutboxSums, Summary, SummaryKind};
use pitchguard::store::{Store, StoreOptions};
use pitchguard::upstream::{BoxName, Config, Driver, Sink};

/// Something hangs if it takes longer than this; nothing that is judged depends on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64
}

/// A summary of this kind, its body a calibration's whatever the kind: what a cloud would not take is `poison`.
pub(crate) fn summary(kind: SummaryKind, queued_ns: u64, venue: &str) -> Summary {
    let status = CalibrationStatus { venue: venue.to_owned(), ..CalibrationStatus::default() };
    Summary { kind, queued_ns, pitcher: None, body: serde_json::to_vec(&status).expect("plain data") }
}

pub(crate) struct Stage {
    _dir: tempfile::TempDir,
    pub(crate) store: Arc<Store>,
    driver: Driver,
    pub(crate) status: UpstreamStatus,
}

pub(crate) fn box_name(name: &str) -> BoxName {
    name.parse().expect("a good name")
}

impl Stage {
    /// A store of its own, and a line out of it by the sink that `make` gives.
    pub(crate) fn new(name: &str, config: &Config, make: impl FnOnce(&Config, BoxName) -> Box<dyn Sink>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let options = StoreOptions { map_bytes: 256 << 20, ..StoreOptions::default() };
        let store = Arc::new(Store::open(dir.path(), options).expect("a new store opens"));
        let sink = make(config, box_name(name));
        let driver = Driver::new(Arc::clone(&store), sink, BoxClock::start(1.0), box_name(name), config.clone());
        Self { _dir: dir, store, driver, status: UpstreamStatus::default() }
    }

    /// Queues summaries of every kind in turn, made `ago_ns` ago.
    pub(crate) fn queue(&self, count: u64, ago_ns: u64) {
        let made = now_ns() - ago_ns;
        let some: Vec<_> =
            (0..count).map(|n| summary(SummaryKind::ALL[n as usize % 6], made + n, "busch_iii")).collect();
        self.store.bulk(some, |txn, summary| txn.queue(&summary).map(drop)).expect("queued");
    }

    pub(crate) fn sums(&self) -> OutboxSums {
        self.store.outbox_sums().expect("read")
    }

    pub(crate) fn waiting(&self) -> u64 {
        self.sums().waiting.iter().sum()
    }

    /// One turn, and whatever is due besides.
    pub(crate) fn turn(&mut self) {
        let sent = self.driver.turn().expect("the store works");
        if let Some(status) = self.driver.keep_house().expect("the store works") {
            self.status = status;
        }
        if !sent {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Turns until it is so.
    pub(crate) fn until(&mut self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        while !so(self) {
            assert!(began.elapsed() < PATIENCE, "never {what}; {:?} {:?}", self.sums(), self.status);
            self.turn();
        }
    }

    /// Turns until nothing waits.
    pub(crate) fn drain(&mut self) {
        self.until("drained", |stage| stage.waiting() == 0);
    }
}
