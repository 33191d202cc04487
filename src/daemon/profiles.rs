//! What the pipeline is told of a pitcher before his first pitch of the day, and of itself after a restart: from the
//! store.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::apart::{Boot, KeptApart};
use super::calibration;
use crate::api::{Event, Live, RiskApi};
use crate::clock::is_plausible_day;
use crate::history;
use crate::ids::{BoxNs, EventNs, MoundId, PitcherId};
use crate::pipeline::{Pipeline, Profile, Profiles};
use crate::readiness::InjuryRisk;
use crate::records::{AppearanceRecord, Origin, PitchRecord};
use crate::risk::Day;
use crate::store::{Cursor, Store, StoreError, Write};
use crate::tracking::JerkScale;
use crate::tracking::pitch::Pitch;
use crate::tracking::venue::Venue;
use crate::workload::{HISTORY_DAYS, Workload, newest_days};

/// Days of which outings tell a role: whoever was hurt for a season comes back as what he was.
const ROLE_LOOK_BACK_D: i64 = 730;
/// Days within which a game measured here may not have been summed up yet.
const UNFOLDED_DAYS: i32 = 14;
/// An outing in progress is at most this old; nobody pitches for longer.
const OUTING_NS: u64 = 18 * 3_600 * 1_000_000_000;

/// The longest day of baseball: that on which the clock is set back.
const DAY_NS: u64 = 25 * 3_600 * 1_000_000_000;

/// Frames of a pitch that was published before a restart come this long after it at most; a stored pitch farther from now
/// was seen by other clocks.
const STRAGGLE_NS: u64 = 32_000_000_000;
/// Pitches on all mounds within that time at most.
const STRAGGLE_PITCHES: usize = 64;
/// Newest pitches that are shown after a restart: as many as a snapshot holds.
const RECENT_PITCHES: usize = 100;

/// Profiles from the store. One read an outing, tens of microseconds.
#[derive(Debug, Clone)]
pub struct StoreProfiles {
    store: Arc<Store>,
    risk: Option<Arc<RiskApi>>,
}

impl StoreProfiles {
    /// Reads from this store.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, risk: None }
    }

    /// Tells of injury risk too: one more read an outing.
    #[must_use]
    pub fn with_risk(self, risk: Arc<RiskApi>) -> Self {
        Self { risk: Some(risk), ..self }
    }

    fn risk(&self, pitcher: PitcherId, day: Date) -> (Option<InjuryRisk>, Option<String>) {
        let Some(desk) = &self.risk else { return (None, None) };
        match desk.service().before(pitcher.0, Day::of(day)) {
            Ok(risk) => (Some(risk), None),
            Err(why) => (None, Some(why)),
        }
    }

    fn read(&self, pitcher: PitcherId, day: Date) -> Result<Profile, StoreError> {
        if !is_plausible_day(day) {
            return self.of_no_day(pitcher);
        }
        let today = day.to_string();
        let baseline = history::baseline_before(&self.store, pitcher, &today)?;
        let yesterday = day.saturating_sub(1.day());
        let unfolded = day.saturating_sub(UNFOLDED_DAYS.days());
        let first = day.saturating_sub(ROLE_LOOK_BACK_D.days()).to_string();
        let long_ago = self.store.appearances_of(pitcher.0, &first, &unfolded.saturating_sub(1.day()).to_string())?;
        let long_ago = long_ago.into_iter().map(|a| (a.game_date.clone(), Thrown::of(&a)));
        let recent = self.games(pitcher, unfolded, yesterday)?;
        let (mut past, mut missed, mut thrown_on) = (Vec::new(), Vec::new(), Vec::new());
        for (date, thrown) in long_ago.chain(recent.into_iter().map(|((date, _), thrown)| (date, thrown))) {
            let days = date.parse::<Date>().ok().and_then(|date| u32::try_from(day.since(date).ok()?.get_days()).ok());
            let Some(days) = days else { continue };
            thrown_on.push((days, thrown.pitches));
            if days > HISTORY_DAYS {
                continue;
            }
            past.extend(Some((days, thrown.pitches)).filter(|(_, pitches)| *pitches > 0));
            missed.extend(Some((days, thrown.more)).filter(|_| thrown.partly_seen));
        }
        let told = history::roster::told(&self.store, pitcher.0)?;
        let (risk, risk_absent) = self.risk(pitcher, day);
        Ok(Profile {
            name: self.store.pitcher(pitcher.0)?.and_then(|p| p.name),
            baseline: (!baseline.types.is_empty()).then_some(baseline),
            workload: Workload {
                role: told.and_then(|told| told.role),
                role_days: newest_days(thrown_on),
                ..Workload::of_past(past).with_missed(missed)
            },
            risk,
            risk_absent,
        })
    }
}

impl StoreProfiles {
    /// What is known of him while no clock tells the day: what is usual for him, and nothing that depends on days.
    fn of_no_day(&self, pitcher: PitcherId) -> Result<Profile, StoreError> {
        let newest = self.store.newest_appearance_of(pitcher.0)?.and_then(|a| a.game_date.parse::<Date>().ok());
        let day = newest.and_then(|day| day.tomorrow().ok());
        let baseline = day.map(|day| history::baseline_before(&self.store, pitcher, &day.to_string())).transpose()?;
        let told = history::roster::told(&self.store, pitcher.0)?;
        Ok(Profile {
            name: self.store.pitcher(pitcher.0)?.and_then(|p| p.name),
            baseline: baseline.filter(|usual| !usual.types.is_empty()),
            workload: Workload { role: told.and_then(|told| told.role), ..Workload::default() },
            risk: None,
            risk_absent: Some("no clock here tells what day it is".to_owned()),
        })
    }
}

/// What he threw in a game.
#[derive(Debug, Default)]
struct Thrown {
    pitches: u32,
    /// Whether some may be missing, and more than can be.
    partly_seen: bool,
    more: u32,
}

impl Thrown {
    fn of(outing: &AppearanceRecord) -> Self {
        let (pitches, more) = outing.counted();
        Self { pitches, partly_seen: more > 0 || !outing.missed.is_nothing(), more }
    }
}

impl StoreProfiles {
    /// What he threw by date and game: of appearances, and of games measured here that nobody has summed up yet.
    fn games(
        &self,
        pitcher: PitcherId,
        first: Date,
        last: Date,
    ) -> Result<BTreeMap<(String, u32), Thrown>, StoreError> {
        let (first_text, last_text) = (first.to_string(), last.to_string());
        let appearances = self.store.appearances_of(pitcher.0, &first_text, &last_text)?;
        let mut games: BTreeMap<_, _> =
            appearances.into_iter().map(|a| ((a.game_date.clone(), a.game_pk), Thrown::of(&a))).collect();
        // A park's date and that of the release in UTC are a day apart at most.
        let midnight = |date: Date| {
            let moment = date.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_nanosecond());
            u64::try_from(moment).unwrap_or(0)
        };
        let (from_ns, to_ns) = (midnight(first.saturating_sub(1.day())), midnight(last.saturating_add(2.days())));
        let mut measured: BTreeMap<(String, u32), u32> = BTreeMap::new();
        for pitch in self.store.pitches_of(pitcher.0, from_ns, to_ns, usize::MAX)? {
            let counts = pitch.origin == Origin::Live && pitch.mound == 0;
            if counts && (first_text.as_str()..=last_text.as_str()).contains(&pitch.game_date.as_str()) {
                *measured.entry((pitch.game_date, pitch.game_pk)).or_default() += 1;
            }
        }
        for (game, pitches) in measured {
            let known = games.entry(game).or_default();
            known.pitches = pitches.max(known.pitches);
        }
        Ok(games)
    }
}

impl Profiles for StoreProfiles {
    fn profile(&mut self, pitcher: PitcherId, day: Date) -> Profile {
        self.read(pitcher, day).unwrap_or_else(|error| {
            tracing::error!(%error, "no history for a pitcher: his readiness goes without a baseline");
            Profile::default()
        })
    }

    fn name(&mut self, pitcher: PitcherId) -> Option<String> {
        let read = self.store.pitcher(pitcher.0);
        let read = read.inspect_err(|error| tracing::error!(%error, "no name for a pitcher: he goes by his number"));
        read.ok()??.name
    }

    fn is_old_throw(&mut self, pitch: &Pitch) -> bool {
        let known = self.store.final_throw(pitch.mound.0, pitch.plate.0);
        let known = known.inspect_err(|error| tracing::error!(%error, "not known whether a pitch is one of before"));
        let Some(known) = known.ok().flatten() else { return false };
        self.store.refuse(&known);
        true
    }
}

/// Where what is known of the pitchers is kept at an orderly stop.
const ARMS: &str = "arms";

/// The write that keeps what is known of the pitchers.
pub(super) fn keep_arms(pipeline: &Pipeline<StoreProfiles>) -> Write {
    Write::Checkpoint { name: ARMS.to_owned(), bytes: pipeline.arms() }
}

/// Where what full fits found of the cameras is kept at an orderly stop.
const TRUST: &str = "trust";

/// The write that keeps what full fits found of the cameras.
pub(super) fn keep_trust(pipeline: &Pipeline<StoreProfiles>) -> Write {
    Write::Checkpoint { name: TRUST.to_owned(), bytes: pipeline.trust() }
}

/// The writes that say that nothing of pitchers and of cameras is kept: a run goes on, and what was kept is of before.
pub(super) fn drop_kept() -> [Write; 2] {
    [ARMS, TRUST].map(|name| Write::Checkpoint { name: name.to_owned(), bytes: Vec::new() })
}

/// Where what is known of sources' clocks is kept at an orderly stop.
const CLOCKS: &str = "clocks";

/// The write that keeps what is known of sources' clocks.
pub(super) fn keep_clocks(pipeline: &Pipeline<StoreProfiles>) -> Write {
    Write::Checkpoint { name: CLOCKS.to_owned(), bytes: pipeline.clocks() }
}

/// Where it is kept how far the system's clock is ahead of the cameras'.
const APART: &str = "clocks_apart";

/// The write that keeps how far the system's clock is ahead of the cameras'.
pub(super) fn keep_apart(kept: &KeptApart) -> Write {
    let bytes = postcard::to_allocvec(kept).expect("numbers and a name go into memory");
    Write::Checkpoint { name: APART.to_owned(), bytes }
}

/// By how much the box's clock was set since the last run began, ns, where that is known and not nothing.
pub(super) fn clock_set_ns(store: &Store, now: BoxNs, boot: Option<&Boot>) -> Result<Option<i64>, StoreError> {
    Ok(kept_apart(store)?.and_then(|kept| kept.set_ns(now, boot)))
}

fn kept_apart(store: &Store) -> Result<Option<KeptApart>, StoreError> {
    Ok(store.checkpoint(APART)?.and_then(|bytes| postcard::from_bytes(&bytes).ok()))
}

/// Where a mound's learned jerk scale is kept.
pub(super) fn learned_key(mound: MoundId) -> String {
    format!("jerk_scale/{mound}")
}

/// Mean, variance (f64) and count (u32), little-endian.
pub(super) fn encode(scale: JerkScale) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(20);
    bytes.extend(scale.mean.to_le_bytes());
    bytes.extend(scale.variance.to_le_bytes());
    bytes.extend(scale.pitches.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<JerkScale> {
    let (mean, rest) = bytes.split_first_chunk()?;
    let (variance, rest) = rest.split_first_chunk()?;
    let scale = JerkScale {
        mean: f64::from_le_bytes(*mean),
        variance: f64::from_le_bytes(*variance),
        pitches: u32::from_le_bytes(rest.try_into().ok()?),
    };
    (scale.mean.is_finite() && scale.variance.is_finite() && scale.variance > 0.0).then_some(scale)
}

/// Gives the pipeline back what an earlier run knew: what the trackers learned,
/// how the cameras stand, the outings in progress, and how many of today's throws are nobody's. What is of today is told by the
/// cameras' clock, as far off this box's as it was.
pub(super) fn recall(
    store: &Store,
    venue: &Venue,
    pipeline: &mut Pipeline<StoreProfiles>,
    now: BoxNs,
    boot: Option<&Boot>,
) -> Result<(), StoreError> {
    let kept_apart = kept_apart(store)?;
    let apart_ns = kept_apart.as_ref().map_or(0, |kept| kept.at_start(now, boot));
    pipeline.suppose_clocks_apart(apart_ns);
    let seen = BoxNs(now.by_cameras(apart_ns).0);
    pipeline.resume_clocks(&store.checkpoint(CLOCKS)?.unwrap_or_default());
    let mut pitches: Vec<PitchRecord> =
        store.open_outings(seen.0.saturating_sub(OUTING_NS))?.into_values().flatten().collect();
    pitches.sort_by_key(|p| p.release_ns);
    // Before the rig's alerts are raised again in the same book.
    let kept = store.checkpoint(ARMS)?.unwrap_or_default();
    let gone_on = pipeline.resume_arms(&kept, &pitches, now);
    for mound in &venue.mounds {
        if let Some(scale) = store.checkpoint(&learned_key(mound.id))?.as_deref().and_then(decode) {
            pipeline.set_learned(mound.id, scale);
        }
    }
    calibration::recall(store, venue, pipeline, now);
    pipeline.resume_trust(&store.checkpoint(TRUST)?.unwrap_or_default());
    if let Some(set_ns) = kept_apart.and_then(|kept| kept.set_ns(now, boot)) {
        pipeline.clock_was_set(set_ns, now);
    }
    if !gone_on {
        for pitch in &pitches {
            pipeline.restore(pitch, seen);
        }
        for (pitcher, game_date, game_pk) in games_of(&pitches) {
            let known = store.appearances_of(pitcher, game_date, game_date)?;
            for outing in known.iter().filter(|a| a.game_pk == game_pk && !a.missed.is_nothing()) {
                pipeline.recall_missed(PitcherId(pitcher), &outing.missed);
            }
        }
        pipeline.look(now);
    }
    let today = Cursor { release_ns: seen.0.saturating_sub(DAY_NS), id: u64::MAX };
    for throw in store.pitches_since(today, usize::MAX, None)?.iter().filter(|p| p.origin == Origin::Live) {
        pipeline.recall_throw(throw);
    }
    let end = Cursor { release_ns: seen.0.saturating_add(STRAGGLE_NS), id: u64::MAX };
    let live =
        |pitch: &&PitchRecord| pitch.origin == Origin::Live && seen.0.saturating_sub(pitch.release_ns) < STRAGGLE_NS;
    for pitch in store.latest_pitches(end, STRAGGLE_PITCHES, None)?.iter().filter(live) {
        pipeline.published_before(MoundId(pitch.mound), EventNs(pitch.release_ns));
    }
    Ok(())
}

/// The newest game of everybody who threw on the game mound: whose, date and game.
fn games_of(pitches: &[PitchRecord]) -> Vec<(u32, &str, u32)> {
    let mut games: BTreeMap<u32, (u64, &str, u32)> = BTreeMap::new();
    for pitch in pitches.iter().filter(|pitch| pitch.mound == MoundId::GAME.0) {
        let Some(pitcher) = pitch.pitcher else { continue };
        let this = (pitch.release_ns, pitch.game_date.as_str(), pitch.game_pk);
        games.entry(pitcher).and_modify(|newest| *newest = this.max(*newest)).or_insert(this);
    }
    games.into_iter().map(|(pitcher, (_, date, game))| (pitcher, date, game)).collect()
}

/// Shows the day's newest pitches, so that a client of before the restart misses none: its sequence number is of an earlier
/// run, and it gets a snapshot with these in it. `now` is by the cameras' clock.
pub(super) fn show_pitches(store: &Store, live: &Live, now: BoxNs) -> Result<(), StoreError> {
    let end = Cursor { release_ns: now.0.saturating_add(STRAGGLE_NS), id: u64::MAX };
    let today =
        |pitch: &PitchRecord| pitch.origin == Origin::Live && now.0.saturating_sub(pitch.release_ns) < OUTING_NS;
    for pitch in store.latest_pitches(end, RECENT_PITCHES, None)?.into_iter().filter(today) {
        live.publish(Event::Pitch(pitch));
    }
    Ok(())
}

/// Shows what was recalled as it is now: everybody's readiness, and the alerts that stand.
pub(super) fn show(pipeline: &Pipeline<StoreProfiles>, live: &Live, now: BoxNs) {
    live.set_clocks_apart(pipeline.clocks_apart_ns());
    for (readiness, trend) in pipeline.outings_at(now) {
        live.publish_outing(readiness, trend);
    }
    for alert in pipeline.standing_alerts() {
        live.publish(Event::AlertRaised(alert.clone()));
    }
}

/// Shows anew whoever is shown otherwise than the pipeline has him: what is shown at a start was composed before its first step,
/// and by what was seen then.
pub(super) fn renew(pipeline: &Pipeline<StoreProfiles>, live: &Live) {
    let snapshot = live.snapshot();
    for (readiness, trend) in pipeline.outings() {
        if snapshot.shows_otherwise(readiness) {
            live.publish_outing(readiness.clone(), trend.clone());
        }
    }
}

/// Takes whom the pipeline follows no more from what is shown.
pub(super) fn farewell(pipeline: &Pipeline<StoreProfiles>, live: &Live) {
    let followed: Vec<_> = pipeline.active().map(|readiness| (readiness.pitcher, readiness.mound)).collect();
    for (pitcher, mound) in live.snapshot().outings().filter(|outing| followed.binary_search(outing).is_err()) {
        live.publish(Event::OutingEnded { pitcher, mound });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Snapshot;
    use crate::clock::BoxClock;
    use crate::daemon::live_pitch;
    use crate::readiness::Readiness;
    use crate::records::{Missed, MissedOuting};
    use crate::reorder;
    use crate::store::StoreOptions;

    const NOW: BoxNs = BoxNs(1_800_000_000_000_000_000);

    /// A pitch whose camera data came too late, which stands as an alert.
    fn pitch(pitcher: u32, ago_s: u64) -> PitchRecord {
        let release_ns = NOW.0 - ago_s * 1_000_000_000;
        PitchRecord { late_data_frac: 0.5, ..live_pitch(pitcher, release_ns, release_ns & !0xf) }
    }

    fn pipeline(store: &Arc<Store>) -> Pipeline<StoreProfiles> {
        let venue = Venue::busch_iii();
        let settings = super::super::setup::settings(&crate::config::Config::default(), &venue);
        let (_, buffer) = reorder::buffer(&settings.reorder).expect("the defaults are sound");
        Pipeline::new(&venue, &settings, buffer, StoreProfiles::new(Arc::clone(store)), NOW)
    }

    #[test]
    fn after_a_restart_outings_and_standing_alerts_are_shown_until_they_are_over() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        for (pitcher, ago_s, mound) in [(5, 40, 0), (6, 20, 1)] {
            let thrown = PitchRecord { mound, ..pitch(pitcher, ago_s) };
            store.transact(|txn| txn.put_pitch(&thrown)).expect("stored");
        }
        let live = Live::new(64, BoxClock::start(1.0));
        let mut recalled = pipeline(&store);
        recall(&store, &Venue::busch_iii(), &mut recalled, NOW, None).expect("read");
        show_pitches(&store, &live, NOW).expect("read");
        show(&recalled, &live, NOW);
        let shown = live.snapshot();
        assert_eq!(shown.outings().map(|(pitcher, _)| pitcher).collect::<Vec<_>>(), [PitcherId(5), PitcherId(6)]);
        assert_eq!(shown.pitches().map(|pitch| pitch.pitcher).collect::<Vec<_>>(), [Some(5), Some(6)]);
        let alerts: Vec<_> = shown.alerts().map(|a| (a.rule.as_str(), a.pitcher)).collect();
        assert_eq!(alerts, [("late_data_frac", Some(PitcherId(5))), ("late_data_frac", Some(PitcherId(6)))]);

        let told = live.head();
        renew(&recalled, &live);
        assert_eq!(live.head(), told, "what is so is told once");
        let stale = Readiness { recommendation: "too few cameras".to_owned(), ..shown.readiness(NOW).remove(0) };
        live.publish(Event::Readiness(stale));
        renew(&recalled, &live);
        let renewed = live.snapshot();
        let words =
            |snapshot: &Snapshot| snapshot.readiness(NOW).into_iter().map(|r| r.recommendation).collect::<Vec<_>>();
        assert_eq!(words(&renewed), words(&shown), "what was composed of another moment does not stay");

        farewell(&recalled, &live);
        assert_eq!(live.snapshot().outings().count(), 2, "both still throw");
        farewell(&pipeline(&store), &live);
        assert_eq!(live.snapshot().outings().count(), 0, "nobody is followed any more");
    }

    #[test]
    fn who_has_not_thrown_for_a_day_is_followed_no_more_though_nobody_else_throws() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        store.transact(|txn| txn.put_pitch(&pitch(5, 40))).expect("stored");
        let mut pipeline = pipeline(&store);
        recall(&store, &Venue::busch_iii(), &mut pipeline, NOW, None).expect("read");
        let mut outputs = Vec::new();
        pipeline.step(NOW, &mut outputs);
        assert_eq!(pipeline.active().count(), 1);
        pipeline.step(BoxNs(NOW.0 + OUTING_NS), &mut outputs);
        assert_eq!(pipeline.active().count(), 0);
        let cleared: Vec<_> = outputs
            .iter()
            .filter_map(|output| match output {
                crate::pipeline::Output::Cleared(alert) => alert.cleared_because.as_deref(),
                _ => None,
            })
            .collect();
        assert_eq!(cleared, ["no throw was seen on his mound for a while"]);
    }

    /// What was thrown: so many pitches of pitcher 5 that ended so long ago, on a day of baseball and in a game.
    fn thrown(store: &Store, count: u64, ago_s: u64, game_date: &str, game_pk: u32) {
        for i in 0..count {
            let record = PitchRecord { game_date: game_date.to_owned(), game_pk, ..pitch(5, ago_s + 20 * i) };
            store.transact(|txn| txn.put_pitch(&record)).expect("stored");
        }
    }

    #[test]
    fn the_morning_after_a_night_game_is_another_day_in_the_same_game_and_in_another() {
        for game_pk in [7, 8] {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
            thrown(&store, 44, 11 * 3_600, "2027-01-14", 7);
            thrown(&store, 12, 10, "2027-01-15", game_pk);
            let mut pipeline = pipeline(&store);
            recall(&store, &Venue::busch_iii(), &mut pipeline, NOW, None).expect("read");
            let shown: Vec<_> = pipeline.active().map(|r| (r.pitches, r.features["dose"].value)).collect();
            assert_eq!(shown, [(12, 34.0)], "game {game_pk}");
        }
    }

    #[test]
    fn an_orderly_stop_keeps_what_the_stored_pitches_do_not_tell() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        thrown(&store, 12, 10, "2027-01-15", 7);
        let mut first = pipeline(&store);
        recall(&store, &Venue::busch_iii(), &mut first, NOW, None).expect("read");
        let alert = first.active().next().expect("he throws").alerts[0].id;
        first.input(crate::pipeline::Input::Acknowledge { alert }, NOW).alert.expect("it stands");
        let kept = keep_arms(&first);
        store.transact(|txn| txn.apply(&kept)).expect("stored");

        let mut next = pipeline(&store);
        recall(&store, &Venue::busch_iii(), &mut next, NOW, None).expect("read");
        let outings = |pipeline: &Pipeline<StoreProfiles>| -> Vec<_> {
            pipeline.outings().map(|(readiness, trend)| (readiness.clone(), trend.clone())).collect()
        };
        assert_eq!(outings(&next), outings(&first));
        assert!(next.active().all(|r| r.alerts[0].acknowledged_at.is_some()));

        // It is of other pitches than the store's: one came since.
        store.transact(|txn| txn.put_pitch(&pitch(5, 1))).expect("stored");
        let mut other = pipeline(&store);
        recall(&store, &Venue::busch_iii(), &mut other, NOW, None).expect("read");
        assert_eq!(other.active().map(|r| r.pitches).collect::<Vec<_>>(), [13]);
    }

    #[test]
    fn yesterdays_game_counts_into_todays_load_though_nobody_has_summed_it_up() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        for ago_s in 1..=20 {
            store.transact(|txn| txn.put_pitch(&pitch(5, ago_s))).expect("stored");
        }
        let mut warm_up = pitch(5, 30);
        warm_up.mound = 1;
        store.transact(|txn| txn.put_pitch(&warm_up)).expect("stored");
        let mut profiles = StoreProfiles::new(Arc::clone(&store));
        let mut past = |day: i8| profiles.profile(PitcherId(5), jiff::civil::date(2027, 1, day)).workload.past;
        assert_eq!(past(15), [], "today's are counted by today's outing");
        assert_eq!(past(16), [(1, 20)]);
        assert_eq!(past(18), [(3, 20)]);

        let summed = AppearanceRecord {
            pitcher: 5,
            game_date: "2027-01-15".to_owned(),
            game_pk: 7,
            pitches: 21,
            ..AppearanceRecord::default()
        };
        store.transact(|txn| txn.put_appearance(&summed)).expect("stored");
        assert_eq!(past(16), [(1, 21)], "one game, once");
    }

    #[test]
    fn what_is_missing_of_yesterday_is_carried_into_today_before_and_after_it_is_summed_up() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens"));
        thrown(&store, 20, 10, "2027-01-14", 7);
        let mut profiles = StoreProfiles::new(Arc::clone(&store));
        let mut told = || {
            let workload = profiles.profile(PitcherId(5), jiff::civil::date(2027, 1, 15)).workload;
            (workload.past, workload.missed)
        };
        assert_eq!(told(), (vec![(1, 20)], vec![]));
        let missed = Missed { unseen: vec![(NOW.0, NOW.0 + 60_000_000_000)], unnamed: 3 };
        let game_date = "2027-01-14".to_owned();
        let outing = MissedOuting { pitcher: 5, game_date, game_pk: 7, thrown_ns: NOW.0, missed: missed.clone() };
        store.transact(|txn| txn.note_missed(&outing).map(drop)).expect("stored");
        assert_eq!(told(), (vec![(1, 20)], vec![(1, 9)]));
        history::rebuild(&store, 5, 2027).expect("summed up");
        assert_eq!(told(), (vec![(1, 20)], vec![(1, 9)]));

        // Of an outing in progress it is told again though nothing but pitches was kept.
        let mut pipeline = pipeline(&store);
        recall(&store, &Venue::busch_iii(), &mut pipeline, NOW, None).expect("read");
        let shown: Vec<_> = pipeline.active().map(|r| (r.pitches, r.unnamed_throws, r.unseen.len())).collect();
        assert_eq!(shown, [(20, 3, 1)]);
    }

    #[test]
    fn a_learned_scale_survives_its_bytes_and_rubbish_is_refused() {
        let scale = JerkScale { mean: 0.93, variance: 0.002, pitches: 412 };
        assert_eq!(decode(&encode(scale)), Some(scale));
        assert_eq!(decode(&[0; 20]), None, "a variance of zero was never learned");
        assert_eq!(decode(&encode(scale)[..19]), None);
    }
}
