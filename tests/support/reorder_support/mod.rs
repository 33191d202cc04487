//! A sink that remembers everything, and a stadium of cameras that send on time.
#![allow(unreachable_pub, missing_docs, dead_code)] // each test binary takes what it needs

use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::reorder::{Config, MoundPlan, Producer, Reorder, Route, Sink, SourceStatus, Stamped, buffer};

pub const MS: u64 = 1_000_000;
pub const S: u64 = 1000 * MS;
/// Box time at which every test starts.
pub const T0: u64 = 1_700_000_000 * S;
pub const GAME: MoundId = MoundId(0);

/// A payload that names a mound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names(pub u8);

impl Route for Names {
    fn mound(&self, _source: u8) -> MoundId {
        MoundId(self.0)
    }
}

/// (event, source, seq): the order of release.
pub type Key = (u64, u8, u32);

#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub struct Log {
    pub eager: Vec<(MoundId, Key)>,
    pub after_eager: Vec<(MoundId, Key)>,
    pub released: Vec<(MoundId, Key)>,
    pub late: Vec<(MoundId, Key)>,
    pub advanced: Vec<(MoundId, u64, u64, u64)>,
    pub restarted: Vec<MoundId>,
}

fn key(frame: &Stamped<Names>) -> Key {
    (frame.event.0, frame.source, frame.seq)
}

impl Sink<Names> for Log {
    fn eager(&mut self, mound: MoundId, frame: &Stamped<Names>) {
        self.eager.push((mound, key(frame)));
    }
    fn after_eager(&mut self, mound: MoundId, frame: &Stamped<Names>) {
        self.after_eager.push((mound, key(frame)));
    }
    fn released(&mut self, mound: MoundId, frame: &Stamped<Names>) {
        self.released.push((mound, key(frame)));
    }
    fn late(&mut self, mound: MoundId, frame: &Stamped<Names>) {
        self.late.push((mound, key(frame)));
    }
    fn advanced(&mut self, mound: MoundId, eager: EventNs, final_: EventNs, moved_by: BoxNs) {
        self.advanced.push((mound, eager.0, final_.0, moved_by.0));
    }
    fn restarted(&mut self, mound: MoundId) {
        self.restarted.push(mound);
    }
}

pub fn frame(source: u8, seq: u32, event: u64, arrival: u64) -> Stamped<Names> {
    Stamped { source, seq, event: EventNs(event), arrival: BoxNs(arrival), payload: Names(0) }
}

/// Cameras 1 to `cameras` on one mound.
pub fn one_mound(cameras: u8) -> Config {
    Config { mounds: vec![MoundPlan { mound: GAME, cameras: (1..=cameras).collect() }], ..Config::default() }
}

/// A buffer with its log, and cameras that send a frame every 10 ms.
pub struct Stadium {
    pub paths: Vec<Producer<Names>>,
    pub reorder: Reorder<Names>,
    pub log: Log,
    pub now: u64,
    seqs: [u32; 64],
}

impl Stadium {
    pub fn new(config: &Config) -> Self {
        let (paths, reorder) = buffer(config).expect("the test's configuration is right");
        Self { paths, reorder, log: Log::default(), now: T0, seqs: [0; 64] }
    }

    /// Sends a frame of the source that now arrives with this event time, and polls.
    pub fn send(&mut self, source: u8, event: u64) -> u32 {
        let seq = self.seqs[usize::from(source)];
        self.seqs[usize::from(source)] += 1;
        self.resend(source, seq, event);
        seq
    }

    /// The same with a chosen seq.
    pub fn resend(&mut self, source: u8, seq: u32, event: u64) {
        let _ = self.paths[0].push(frame(source, seq, event, self.now));
        self.poll();
    }

    pub fn poll(&mut self) {
        self.reorder.poll(BoxNs(self.now), &mut self.log);
        assert!(self.reorder.counts().balanced(), "{:?}", self.reorder.counts());
    }

    /// Runs for so long; each camera of `lags` sends every 10 ms with its raw lag in ns. Ingest is alive.
    pub fn run(&mut self, for_ns: u64, lags: &[(u8, i64)]) {
        let end = self.now + for_ns;
        while self.now < end {
            for &(camera, lag) in lags {
                self.send(camera, self.now.wrapping_sub(lag as u64));
            }
            for path in &mut self.paths {
                path.beat(BoxNs(self.now));
            }
            self.poll();
            self.now += 10 * MS;
        }
    }

    /// How far the watermarks are behind box time, ns: (eager, final).
    pub fn behind(&self) -> (i64, i64) {
        let (eager, final_) = self.reorder.watermarks(GAME).expect("the mound is anchored");
        ((self.now.wrapping_sub(eager.0)) as i64, (self.now.wrapping_sub(final_.0)) as i64)
    }

    pub fn status(&self, source: u8) -> SourceStatus {
        self.reorder.sources().find(|s| s.source == source).expect("the source is known")
    }
}
