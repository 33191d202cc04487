//! A park with a store behind its pipeline, through as many nights as its stints take.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use pitchguard::daemon::StoreProfiles;
use pitchguard::history::{rebuild, season_of};
use pitchguard::ids::{BoxNs, EventNs, GamePk, MoundId, PitcherId};
use pitchguard::pipeline::{AttributionStatus, Output, Pipeline};
use pitchguard::readiness::{Alert, Readiness};
use pitchguard::records::{AppearanceRecord, PitchRecord, State, UNMARKED};
use pitchguard::reorder;
use pitchguard::simulate::{Delivery, Game, MarkFeed, Settings, Stadium, Stint, StintMarks, Thrown};
use pitchguard::store::{Store, StoreOptions};
use pitchguard::tracking::venue::Venue;
use pitchguard::workload::{Roles, WorkloadReport, report};

use crate::common::full;

/// How often the merge thread looks.
const STEP_NS: u64 = 500_000;
/// Without a frame for so long the night is over, and what is over is summed up.
const NIGHT_NS: u64 = 2 * 3_600 * 1_000_000_000;
/// A published pitch is the thrown one whose release is at most this far away, ns.
const SAME_PITCH_NS: u64 = 250_000_000;

/// The home team's starter and his first reliever; the visitors' starter.
pub(crate) const KESSLER: PitcherId = PitcherId(900_001);
pub(crate) const IBARRA: PitcherId = PitcherId(900_002);
pub(crate) const HALLORAN: PitcherId = PitcherId(900_011);

pub(crate) const GAME: MoundId = MoundId(0);
pub(crate) const BULLPEN: MoundId = MoundId(1);

/// Everyday seeds, or the soak's.
pub(crate) fn seeds() -> std::ops::Range<u64> {
    if full() { 0..20 } else { 0..1 }
}

/// The park's zone: that of the built-in rig.
pub(crate) fn zone() -> TimeZone {
    TimeZone::get("America/Chicago").expect("bundled")
}

/// A moment by the park's wall clock; where it is read twice, the first time.
pub(crate) fn wall(text: &str) -> EventNs {
    let wall: DateTime = text.parse().expect("a literal");
    let at = wall.to_zoned(zone()).expect("in range").timestamp().as_nanosecond();
    EventNs(u64::try_from(at).expect("after 1970"))
}

/// A turn on the game mound with all its marks.
pub(crate) fn turn(from: &str, pitcher: PitcherId, game_pk: u32, throws: u16) -> Stint {
    Stint {
        from: wall(from),
        mound: GAME,
        pitcher,
        game_pk: GamePk(game_pk),
        throws,
        thrown: 0,
        marks: StintMarks::All,
        ends_inning: false,
    }
}

/// His next turn in the same outing.
pub(crate) fn goes_on(from: &str, before: Stint, throws: u16) -> Stint {
    Stint { from: wall(from), throws, thrown: before.thrown + u32::from(before.throws), ..before }
}

/// A session in the home bullpen, of which the feed says only who throws.
pub(crate) fn session(from: &str, pitcher: PitcherId, throws: u16) -> Stint {
    let of_game = turn(from, pitcher, 0, throws);
    Stint { mound: BULLPEN, marks: StintMarks::OnMound, thrown: 500, ..of_game }
}

/// What nights brought.
pub(crate) struct Park {
    _dir: tempfile::TempDir,
    pub(crate) store: Arc<Store>,
    pub(crate) truth: Vec<Thrown>,
    /// Each pitch in its last revision.
    pub(crate) finals: BTreeMap<u64, PitchRecord>,
    /// In order.
    pub(crate) readiness: Vec<(BoxNs, Readiness)>,
    /// Who was told as the pitcher of each pitch, revision by revision.
    pub(crate) told: BTreeMap<u64, Vec<Option<u32>>>,
    /// Alerts that were raised.
    pub(crate) raised: Vec<Alert>,
    /// At the end of each night.
    pub(crate) nights: Vec<AttributionStatus>,
}

/// A network without loss, at a pace that costs little.
pub(crate) fn settings(seed: u64, stints: &[Stint]) -> Settings {
    let first = stints.iter().map(|stint| stint.from.0).min().expect("somebody throws");
    Settings {
        seed,
        start: EventNs(first - 20_000_000_000),
        pace_s: 6.0,
        spin: false,
        marks: MarkFeed { lag_s: (0.1, 0.5), ..MarkFeed::default() },
        ..Settings::quiet()
    }
}

impl Park {
    /// Plays these turns.
    pub(crate) fn play(seed: u64, stints: &[Stint]) -> Self {
        Self::play_as(settings(seed, stints), &Game::Stints(stints.to_vec()))
    }

    /// Plays a game of any kind.
    pub(crate) fn play_as(settings: Settings, game: &Game) -> Self {
        let venue = Venue::busch_iii();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        let stadium = Stadium::new(&venue, game, settings);
        let mut park = Self {
            _dir: dir,
            store: Arc::clone(&store),
            truth: stadium.truth().to_vec(),
            finals: BTreeMap::new(),
            readiness: Vec::new(),
            told: BTreeMap::new(),
            raised: Vec::new(),
            nights: Vec::new(),
        };
        let rooms = pitchguard::daemon::settings(&pitchguard::config::Config::default(), &venue);
        let (mut producers, buffer) = reorder::buffer(&rooms.reorder).expect("the defaults are good settings");
        let mut producer = producers.pop().expect("one path");
        let mut now = BoxNs(stadium.start().0);
        let mut pipeline = Pipeline::new(&venue, &rooms, buffer, StoreProfiles::new(store), now);
        let mut outputs = Vec::new();
        for delivery in stadium {
            let Delivery { arrival, .. } = delivery;
            if arrival.0 >= now.0 + NIGHT_NS {
                park.night(&mut pipeline, BoxNs(now.0 + 20_000_000_000));
            }
            if arrival.0 >= now.0 + STEP_NS {
                now = arrival;
                producer.beat(now);
                pipeline.step(now, &mut outputs);
                park.take(now, &mut outputs);
            }
            let _counted = producer.push(delivery.into());
        }
        pipeline.step(now, &mut outputs);
        pipeline.finish(now, &mut outputs);
        park.take(now, &mut outputs);
        park.night(&mut pipeline, now);
        park
    }

    fn take(&mut self, now: BoxNs, outputs: &mut Vec<Output>) {
        let mut pitches = Vec::new();
        for output in outputs.drain(..) {
            match output {
                Output::Pitch { record, .. } => {
                    self.told.entry(record.id).or_default().push(record.pitcher);
                    self.finals.insert(record.id, (*record).clone());
                    pitches.push(*record);
                }
                Output::Recounted(record) => pitches.push(*record),
                Output::Readiness { readiness, .. } => self.readiness.push((now, *readiness)),
                Output::Raised(alert) => self.raised.push(alert),
                Output::Missed(outing) => {
                    self.store.transact(|txn| txn.note_missed(&outing).map(drop)).expect("stored");
                }
                _ => {}
            }
        }
        if !pitches.is_empty() {
            self.store.transact(|txn| pitches.iter().try_for_each(|p| txn.put_pitch(p).map(drop))).expect("stored");
        }
    }

    /// What the daemon does when outings are over: everything that is open becomes final, and is summed up.
    fn night(&mut self, pipeline: &mut Pipeline<StoreProfiles>, now: BoxNs) {
        let mut outputs = Vec::new();
        pipeline.step(now, &mut outputs);
        self.take(now, &mut outputs);
        self.nights.push(pipeline.attribution(now));
        let whose: BTreeSet<(u32, u16)> =
            self.finals.values().filter_map(|p| Some((p.pitcher?, season_of(&p.game_date)?))).collect();
        for (pitcher, season) in whose {
            rebuild(&self.store, pitcher, season).expect("summed up");
        }
    }

    /// Asserts that each throw was found once, is final, and belongs to whom `whose` says; nobody's are flagged so.
    pub(crate) fn assert_whose(&self, whose: impl Fn(&Thrown) -> Option<PitcherId>) {
        assert_eq!(self.finals.len(), self.truth.len(), "each throw once");
        for thrown in &self.truth {
            let near = |p: &&PitchRecord| {
                p.mound == thrown.mound.0 && p.release_ns.abs_diff(thrown.release.0) <= SAME_PITCH_NS
            };
            let found = self.finals.values().find(near).expect("each throw is found");
            assert_eq!(found.state, State::Final);
            assert_eq!(found.pitcher.map(PitcherId), whose(thrown), "{thrown:?}");
            assert_eq!(found.flags.iter().any(|flag| flag == UNMARKED), found.pitcher.is_none(), "{found:?}");
        }
    }

    /// His readiness on that mound as told last before a moment.
    pub(crate) fn readiness_before(&self, pitcher: PitcherId, mound: MoundId, before: EventNs) -> &Readiness {
        let his = |(at, r): &&(BoxNs, Readiness)| at.0 < before.0 && r.pitcher == pitcher && r.mound == mound;
        &self.readiness.iter().rev().find(his).expect("he threw there").1
    }

    /// Pitches of that outing and what counts today, as told last before a moment.
    pub(crate) fn load_before(&self, pitcher: PitcherId, before: &str) -> (u32, f64) {
        let readiness = self.readiness_before(pitcher, GAME, wall(before));
        (readiness.pitches, readiness.features["dose"].value)
    }

    /// His appearances: date, game and pitches.
    pub(crate) fn appearances(&self, pitcher: PitcherId) -> Vec<(String, u32, u32)> {
        let all = self.all_appearances(pitcher);
        all.into_iter().map(|a| (a.game_date, a.game_pk, a.pitches)).collect()
    }

    fn all_appearances(&self, pitcher: PitcherId) -> Vec<AppearanceRecord> {
        self.store.appearances_of(pitcher.0, "0001-01-01", "9999-12-31").expect("read")
    }

    /// What the workload endpoint says of one day.
    pub(crate) fn workload(&self, pitcher: PitcherId, day: &str) -> WorkloadReport {
        let roles = Roles { starter_pitches_min: 50, starter_cap: 100.0, reliever_cap: 25.0 };
        let day: Date = day.parse().expect("a literal");
        report(pitcher, &self.all_appearances(pitcher), (day, day), &roles)
    }

    /// Asserts that the dose told while he threw is the one that the workload of that day ends with.
    pub(crate) fn assert_dose(&self, pitcher: PitcherId, before: &str, day: &str, pitches: u32, dose: f64) {
        let (in_outing, told) = self.load_before(pitcher, before);
        assert_eq!(in_outing, pitches, "pitches of the outing before {before}");
        assert!((told - dose).abs() < 1e-9, "dose before {before}: {told}, not {dose}");
        let load = &self.workload(pitcher, day).loads[0];
        assert!((load.dose - dose).abs() < 1e-9, "workload of {day}: {}, not {dose}", load.dose);
    }
}
