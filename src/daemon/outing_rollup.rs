//! Outings that are over become appearances and season sums, and these the daily model's features.
//!
//! A thread of its own, apart from the path of the data: it reads what is committed and rewrites what is derived from it,
//! in transactions that let live pitches go first. It needs no word that an outing has ended, so it also makes up for
//! what ended while the daemon was down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use super::days::Days;
use super::upstream::SummaryWriter;
use crate::history::etl::{DailyModel, keep_up};
use crate::history::{self, Watcher};
use crate::ids::BoxNs;
use crate::moment::is_plausible;
use crate::records::PitchRecord;
use crate::store::{Store, StoreError};
use crate::upstream::SummaryEvent;

/// How often outings are looked through, wall time.
const EVERY: Duration = Duration::from_mins(10);
/// Who has not thrown for so long has thrown his last pitch of the outing: longer than any rain delay after which the
/// same man goes on.
const OVER_NS: u64 = 2 * HOUR_NS;
/// Games that ended this long ago are folded in, or an operator has to import.
const RECENT_NS: u64 = 72 * HOUR_NS;
/// No game lasts longer: one that ended within `RECENT_NS` is read from its first pitch on.
const GAME_NS: u64 = 24 * HOUR_NS;
const HOUR_NS: u64 = 3_600_000_000_000;

/// The running thread.
pub(super) struct OutingRollup {
    /// Dropped to stop it.
    goes_on: Sender<()>,
    thread: JoinHandle<()>,
}

impl OutingRollup {
    /// Stops after the pitcher at hand, milliseconds.
    pub(super) fn stop(self) {
        drop(self.goes_on);
        // If it panicked it has said so on stderr; nothing depends on it now.
        let _ = self.thread.join();
    }
}

/// Starts the thread. Its first pass is at once.
pub(super) fn spawn(
    store: Arc<Store>,
    model: Arc<dyn DailyModel>,
    days: Days,
    teller: SummaryWriter,
) -> std::io::Result<OutingRollup> {
    let (goes_on, stopped) = bounded(0);
    let run = move || run(&store, &*model, &days, teller, &stopped);
    let thread = std::thread::Builder::new().name("fold".into()).spawn(run)?;
    Ok(OutingRollup { goes_on, thread })
}

fn run(store: &Store, model: &dyn DailyModel, days: &Days, teller: SummaryWriter, stopped: &Receiver<()>) {
    loop {
        let goes_on = || matches!(stopped.try_recv(), Err(TryRecvError::Empty));
        if let Err(error) = pass(store, days.now(), teller, goes_on) {
            tracing::error!(%error, "outings that are over were not summed up; trying again later");
        }
        if let Err(error) = keep_up(store, model, days.today(), &mut Until(stopped)) {
            tracing::error!(%error, "features were not brought up to date; trying again later");
        }
        if !matches!(stopped.recv_timeout(EVERY), Err(RecvTimeoutError::Timeout)) {
            break;
        }
    }
}

/// Works until the daemon stops.
struct Until<'u>(&'u Receiver<()>);

impl Watcher for Until<'_> {
    fn progress(&mut self, _: &str, _: u64, _: u64) {}

    fn stopped(&mut self) -> bool {
        !matches!(self.0.try_recv(), Err(TryRecvError::Empty))
    }
}

/// Sums up the outings that are over at `now`, by the cameras' clock, and that no appearance tells of yet. Whose they were. By a clock
/// that was never set nothing is over.
fn pass(store: &Store, now: BoxNs, teller: SummaryWriter, goes_on: impl Fn() -> bool) -> Result<Vec<u32>, StoreError> {
    let recent = now.0.saturating_sub(RECENT_NS);
    let mut folded = Vec::new();
    if !is_plausible(now.0) {
        return Ok(folded);
    }
    for (pitcher, pitches) in store.open_outings(recent.saturating_sub(GAME_NS))? {
        if !goes_on() {
            break;
        }
        let over = pitches.iter().all(|p| p.release_ns.saturating_add(OVER_NS) < now.0);
        let seasons = if over { unsummed(store, pitcher, &pitches, recent)? } else { BTreeSet::new() };
        for season in &seasons {
            history::rebuild_telling(store, pitcher, *season, &|outing| {
                teller.summary(SummaryEvent::Outing(outing), now)
            })?;
        }
        if !seasons.is_empty() {
            folded.push(pitcher);
        }
    }
    Ok(folded)
}

/// Seasons in which he has a game with pitches that its appearance does not tell of.
fn unsummed(store: &Store, pitcher: u32, pitches: &[PitchRecord], recent: u64) -> Result<BTreeSet<u16>, StoreError> {
    let mut games: BTreeMap<(&str, u32), (u32, u64)> = BTreeMap::new();
    for pitch in pitches.iter().filter(|p| p.mound == 0 && p.is_dated()) {
        let (thrown, last_ns) = games.entry((&pitch.game_date, pitch.game_pk)).or_default();
        *thrown += 1;
        *last_ns = pitch.release_ns.max(*last_ns);
    }
    let mut seasons = BTreeSet::new();
    for ((date, game), (thrown, last_ns)) in games {
        let known = store.appearances_of(pitcher, date, date)?;
        // Imported pitches of the same game may be in it besides those measured here.
        let told = known.iter().any(|a| a.game_pk == game && a.pitches >= thrown && a.last_ns >= last_ns);
        if last_ns >= recent && !told {
            seasons.extend(history::season_of(date));
        }
    }
    Ok(seasons)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::api::Live;
    use crate::clock::BoxClock;
    use crate::daemon::live_pitch;
    use crate::risk::service::RiskService;
    use crate::store::StoreOptions;
    use crate::store::summary::{Lane, SummaryKind};
    use crate::upstream::{self, UpstreamKind};

    const NOW: BoxNs = BoxNs(1_800_000_000_000_000_000);
    const NOBODY: [u32; 0] = [];

    fn silent() -> SummaryWriter {
        SummaryWriter::new(&upstream::Config::default())
    }

    fn pitch(pitcher: u32, release_ns: u64) -> PitchRecord {
        live_pitch(pitcher, release_ns, release_ns & !0xf)
    }

    fn store_of(pitches: impl IntoIterator<Item = PitchRecord>) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        store.bulk(pitches, |txn, pitch| txn.put_pitch(&pitch).map(drop)).expect("stored");
        (dir, store)
    }

    fn outing(pitcher: u32, ago_ns: u64) -> impl Iterator<Item = PitchRecord> {
        (0..20).map(move |i| pitch(pitcher, NOW.0 - ago_ns - i * 20_000_000_000))
    }

    #[test]
    fn an_outing_that_is_over_becomes_an_appearance_and_season_sums_once() {
        let (_dir, store) = store_of(outing(5, 3 * HOUR_NS).chain(outing(6, HOUR_NS)).chain(outing(8, 100 * HOUR_NS)));
        assert_eq!(pass(&store, NOW, silent(), || true).expect("read"), [5], "6 may still throw, and 8 threw long ago");
        let appearances = store.appearances_of(5, "2027-01-15", "2027-01-15").expect("read");
        assert_eq!(appearances.iter().map(|a| (a.game_pk, a.pitches)).collect::<Vec<_>>(), [(7, 20)]);
        let sums = store.baselines_of(5, 2027).expect("read");
        assert_eq!(sums.iter().map(|s| s.pitch_type.as_str()).collect::<Vec<_>>(), ["FF"]);
        assert_eq!(pass(&store, NOW, silent(), || true).expect("read"), NOBODY, "it is told of");

        store.transact(|txn| txn.put_pitch(&pitch(5, NOW.0 - 3 * HOUR_NS + 20_000_000_000))).expect("stored");
        assert_eq!(pass(&store, NOW, silent(), || true).expect("read"), [5], "one more pitch, not told of");
        assert_eq!(pass(&store, BoxNs(NOW.0 + 2 * HOUR_NS), silent(), || true).expect("read"), [6]);
    }

    #[test]
    fn the_cloud_is_told_of_an_outing_that_is_over_once() {
        let (_dir, store) = store_of(outing(5, 3 * HOUR_NS));
        let teller = SummaryWriter::new(&upstream::Config { kind: UpstreamKind::Nats, ..upstream::Config::default() });
        for _ in 0..2 {
            pass(&store, NOW, teller, || true).expect("read");
        }
        let queued = store.outbox_front(Lane::Live, 9).expect("read").queued;
        let told: Vec<_> = queued.iter().map(|q| (q.record.summary.kind, q.record.summary.pitcher)).collect();
        assert_eq!(told, [(SummaryKind::Outing, Some(5))]);
    }

    #[test]
    fn a_pass_ends_when_the_daemon_does() {
        let (_dir, store) = store_of(outing(5, 3 * HOUR_NS));
        assert_eq!(pass(&store, NOW, silent(), || false).expect("read"), NOBODY);
        let store = Arc::new(store);
        let model = Arc::new(RiskService::new(Arc::clone(&store), crate::risk::Config::default()));
        let clock = BoxClock::start(1.0);
        let days = Days::new(clock, Live::new(8, clock), TimeZone::UTC);
        let folding = spawn(store, model, days, silent()).expect("a thread");
        folding.stop();
    }

    #[test]
    fn warm_ups_are_no_appearance_to_wait_for_and_a_game_that_no_mark_named_is_one() {
        let warm_up = outing(5, 3 * HOUR_NS).map(|p| PitchRecord { mound: 1, ..p });
        let unnamed = outing(6, 4 * HOUR_NS).map(|p| PitchRecord { game_pk: 0, ..p });
        let (_dir, store) = store_of(warm_up.chain(unnamed));
        assert_eq!(pass(&store, NOW, silent(), || true).expect("read"), [6]);
        let appearances = store.appearances_of(6, "2027-01-15", "2027-01-15").expect("read");
        assert_eq!(appearances.iter().map(|a| (a.game_pk, a.pitches)).collect::<Vec<_>>(), [(0, 20)]);
        assert!(!appearances[0].is_means_only(), "its pitches are known");
        assert!(!store.baselines_of(6, 2027).expect("read").is_empty(), "and he is known by them");
        assert_eq!(pass(&store, NOW, silent(), || true).expect("read"), NOBODY, "it is told of");
    }
}
