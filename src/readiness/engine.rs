//! The room itself: one arm per pitcher, a pitch in, what to publish out.
//!
//! - An outing is one pitcher's pitches on one mound in one game of one day of baseball (or on one day where no game is
//!   known); windows do not cross outings. A game that goes on another day is another outing. A man who throws on two
//!   mounds has an outing on each, and neither touches the other. The first pitch of a later outing ends the earlier one
//!   on that mound; a revision of an ended outing changes nothing any more.
//! - Numbers follow every pitch and revision at once, because the windows reach back over them. Alerts are judged on the
//!   newest pitch and its revisions only: what an earlier pitch changes is seen by the next judgement, so that
//!   the result of an earlier pitch is never announced as news. What stands tells the number as it is now.
//! - The dose counts pitches on the game mound: those of the day of baseball and what still counts of earlier days, one number on
//!   every mound of his, in the workload and on the staff's page. Warm-up throws are none of them, as caps know none.
//! - A mound is seen or not (`sight`). While it is not, nobody there has a verdict; of whoever stood there while it was not,
//!   the pitches counted are the least that he threw. So they are of whose mound throws came that no mark names and that are
//!   somebody's.
//! - `now` is by the cameras' clock: ages and presence are of event times, and the box's own clock may be wrong.
//! - Who left the mound (`presence`) has no alert that stands, and is shown no more after a while, but for what he threw in a
//!   bullpen today; his outing stays known until his day is over, so that it goes on if he does.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::alert::{Alert, Audience, CameraAlert};
use super::alerts::{Book, Changes};
use super::answer::{InjuryRisk, Readiness};
use super::arm::{Arm, Scene};
use super::config::Config;
use super::indices::Judge;
use super::presence::{GAME_MOUND, Known, Mounds, PresenceState, Sign, Stand, Throws};
use super::sight::{Sight, While};
use super::trend::Trend;
use super::words;
use crate::features::baseline::PitcherBaseline;
use crate::features::{OutingPitch, Placed};
use crate::ids::{BoxNs, EventNs, MoundId, PitchId, PitcherId};
use crate::records::MissedOuting;
use crate::workload::{OutingKey, Workload};

/// How often it is looked who left a mound, and whose number grew old, while nothing happens.
const LOOK_EVERY_NS: u64 = 5_000_000_000;
/// Cameras that are verified now stood so for so long before, \[P\]: as long as a round of landmarks anchors a rig.
const TRUSTED_BEFORE_NS: u64 = 45 * 60 * 1_000_000_000;
/// Why the alerts cleared of whoever is forgotten to make room.
const TOO_MANY: &str = "too many pitchers are followed";

/// What one pitch, revision, removal or change of place led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The pitcher's readiness now.
    pub readiness: Readiness,
    /// Whether it differs from what was published before; if not, nothing needs publishing.
    pub changed: bool,
    /// Alerts raised by it.
    pub raised: Vec<Alert>,
    /// Alerts cleared by it.
    pub cleared: Vec<Alert>,
    /// What is missing of the outing, where something is and its pitches count: to be stored.
    pub missed: Option<MissedOuting>,
}

/// Readiness of every pitcher who throws.
#[derive(Debug, Clone)]
pub struct Engine {
    config: Config,
    judge: Judge,
    pub(super) known: EngineState,
}

/// All that an engine knows, to go on with elsewhere as if nothing had happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EngineState {
    pub(super) book: Book,
    pub(super) arms: BTreeMap<PitcherId, Arm>,
    pub(super) mounds: Mounds,
    pub(super) sight: Sight,
    /// Whether something happened since it was last looked who stands where.
    pub(super) stirred: bool,
    looked: BoxNs,
    /// The day of baseball; none while nobody told.
    today: Option<Date>,
    /// The limits that the numbers shown are judged by.
    judged_by: Config,
}

impl EngineState {
    /// Of everybody followed and each of his mounds: when he threw last.
    pub fn outings(&self) -> impl Iterator<Item = (PitcherId, MoundId, EventNs)> + '_ {
        self.arms.iter().flat_map(|(pitcher, arm)| {
            arm.runs.iter().filter_map(|(mound, run)| Some((*pitcher, *mound, run.newest_release()?)))
        })
    }

    /// Without alerts about the rig, which others keep.
    #[must_use]
    pub fn of_pitchers(mut self) -> Self {
        self.book.keep_of_pitchers();
        self
    }
}

impl Engine {
    /// The limits that it judges by.
    pub fn limits(&self) -> &Config {
        &self.config
    }

    /// All that it knows.
    pub fn state(&self) -> EngineState {
        self.known.clone()
    }

    /// Goes on with what another one knew, by the limits that it judged by.
    pub fn resume(&mut self, state: EngineState) {
        (self.config, self.known) = (state.judged_by, state);
    }

    /// An engine that knows nobody yet.
    pub fn new(config: Config) -> Self {
        let known = EngineState {
            book: Book::new(config.alerts_max),
            arms: BTreeMap::new(),
            mounds: Mounds::default(),
            sight: Sight::default(),
            stirred: false,
            looked: BoxNs(0),
            today: None,
            judged_by: config,
        };
        Self { config, judge: Judge::default(), known }
    }

    /// Judges by other limits: numbers from now on, of which [`Self::watch`] tells, alerts from the next pitch on. How many alerts are
    /// kept stays as it was.
    pub fn judge_by(&mut self, config: Config, now: BoxNs) {
        (self.config, self.known.judged_by) = (config, config);
        for (pitcher, arm) in &mut self.known.arms {
            for mound in arm.runs.keys().copied().collect::<Vec<_>>() {
                arm.publish(&self.config, &mut self.judge, (*pitcher, mound), now);
            }
        }
        self.known.stirred = true;
    }

    /// Forgets what was known of a pitcher before an earlier day; what is told of him now takes its place.
    pub fn forget_past(&mut self, pitcher: PitcherId) {
        if let Some(arm) = self.known.arms.get_mut(&pitcher) {
            (arm.baseline, arm.risk, arm.risk_absent, arm.workload) = (None, None, None, Workload::default());
        }
    }

    /// Sets what is usual for a pitcher; it counts from his next pitch on. Returns the alerts of whoever was forgotten
    /// to make room.
    pub fn set_baseline(&mut self, pitcher: PitcherId, baseline: PitcherBaseline) -> Vec<Alert> {
        self.introduce(pitcher, |arm| arm.baseline = Some(baseline))
    }

    /// Sets what he carried into today; it counts from his next pitch on. Returns as [`Self::set_baseline`] does.
    pub fn set_workload(&mut self, pitcher: PitcherId, workload: Workload) -> Vec<Alert> {
        self.introduce(pitcher, |arm| arm.workload = workload)
    }

    /// Sets what an injury model told of him before today, or why none did, in a coach's words. Returns as [`Self::set_baseline`] does.
    pub fn set_risk(&mut self, pitcher: PitcherId, risk: Result<InjuryRisk, String>) -> Vec<Alert> {
        self.introduce(pitcher, |arm| match risk {
            Ok(risk) => (arm.risk, arm.risk_absent) = (Some(risk), None),
            Err(why) => (arm.risk, arm.risk_absent) = (None, Some(why)),
        })
    }

    /// Sets his name for people; [`Self::watch`] tells it of whom it is shown. Returns as [`Self::set_baseline`] does.
    pub fn set_name(&mut self, pitcher: PitcherId, name: String) -> Vec<Alert> {
        self.known.stirred = true;
        self.introduce(pitcher, |arm| arm.name = Some(name))
    }

    /// Whether anything is known of him.
    pub fn is_followed(&self, pitcher: PitcherId) -> bool {
        self.known.arms.contains_key(&pitcher)
    }

    /// What people call him, where that is known.
    pub fn name_of(&self, pitcher: PitcherId) -> Option<&str> {
        self.known.arms.get(&pitcher)?.name.as_deref()
    }

    /// Whether a baseline of his is known here. Pitchers who threw longest ago are forgotten when there are too many.
    pub fn has_baseline(&self, pitcher: PitcherId) -> bool {
        self.known.arms.get(&pitcher).is_some_and(|arm| arm.baseline.is_some())
    }

    /// Takes a pitch, or a revision of one.
    pub fn pitch(
        &mut self,
        pitcher: PitcherId,
        mound: MoundId,
        key: OutingKey,
        pitch: OutingPitch,
        now: BoxNs,
    ) -> Outcome {
        let mut changes = Changes::default();
        self.make_room(pitcher, pitch.release, &mut changes);
        let elsewhere = self.known.arms.get(&pitcher).is_some_and(|arm| arm.holds_elsewhere(mound, key, &pitch));
        if elsewhere && let Some(outcome) = self.remove(pitcher, pitch.id, now) {
            changes.cleared = outcome.cleared;
        }
        self.known.stirred = true;
        if let Some(at) = self.known.sight.throw_named(mound, pitch.id) {
            self.known.mounds.find(mound, at);
        }
        let EngineState { book, arms, .. } = &mut self.known;
        let arm = arms.entry(pitcher).or_default();
        let placed = arm.place(book, mound, key, &pitch, &mut changes);
        let first = arm.first_of(mound).filter(|first| *first == pitch.release && pitch.revision == 0);
        if let Some(unseen) = first.and_then(|first| self.began_in(pitcher, mound, first)) {
            self.known.arms.entry(pitcher).or_default().miss(mound, unseen);
        }
        self.settle_unseen(mound);
        self.count_unnamed(mound);
        if placed != Placed::Stale {
            let arm = self.known.arms.entry(pitcher).or_default();
            arm.publish(&self.config, &mut self.judge, (pitcher, mound), now);
            let stand = self.stand(pitcher, mound, now);
            if stand.is_none_or(|stand| stand.is_here()) {
                let EngineState { book, arms, .. } = &mut self.known;
                let arm = arms.entry(pitcher).or_default();
                arm.judge(&self.config, book, (pitcher, mound), placed, &mut changes);
            }
            self.conclude(pitcher, mound, stand, now);
        }
        self.outcome(pitcher, mound, elsewhere || placed != Placed::Stale, changes)
            .expect("an outing is published with its first pitch")
    }

    /// Takes back a pitch that a late mark gave to another pitcher. None where it was not his. Alerts that his
    /// remaining pitches do not justify are cleared at once; none is raised.
    pub fn remove(&mut self, pitcher: PitcherId, id: PitchId, now: BoxNs) -> Option<Outcome> {
        let arm = self.known.arms.get_mut(&pitcher)?;
        let mound = arm.mound_of(id)?;
        let run = arm.runs.get_mut(&mound)?;
        let removed = run.outing.remove(id)?;
        run.forget_good();
        self.known.stirred = true;
        let mut changes = Changes::default();
        arm.publish(&self.config, &mut self.judge, (pitcher, mound), now);
        arm.withdraw(&self.config, &mut self.known.book, mound, removed.release, &mut changes);
        let stand = self.stand(pitcher, mound, now);
        self.conclude(pitcher, mound, stand, now);
        self.outcome(pitcher, mound, true, changes)
    }

    /// Takes what a mark says of a mound; [`Self::watch`] tells what it changed.
    pub fn mark(&mut self, mound: MoundId, at: EventNs, sign: Sign) {
        self.known.mounds.take(mound, at, sign);
        self.known.stirred = true;
    }

    /// Takes that a mound was not seen for a while: whoever may have thrown in it has thrown at least what was counted.
    pub(super) fn miss(&mut self, mound: MoundId, unseen: While) {
        let throws = self.throws();
        let stands = self.stands_at(mound, &throws, unseen.from());
        let free_since = free_since(&stands, unseen.from());
        let last = stands.iter().map(|(_, stand)| stand.last).max();
        let concerned = |stand: &Stand| unseen.concerns(stand, free_since, Some(stand.last) == last);
        for (pitcher, _) in stands.iter().filter(|(_, stand)| concerned(stand)) {
            if let Some(arm) = self.known.arms.get_mut(pitcher) {
                arm.miss(mound, unseen);
            }
        }
    }

    /// Takes how far the cameras of a mound are trusted; none while nobody knows. Pitches that were measured before anybody knew
    /// are told by it, for the same cameras saw them: these are told, so that whoever else keeps them knows it too. [`Self::watch`]
    /// tells what it changed.
    pub fn trust(&mut self, mound: MoundId, confidence: Option<f64>, now: BoxNs) -> Vec<PitchId> {
        let mut told = Vec::new();
        let Some(confidence) = confidence else { return told };
        let since = EventNs(now.0.saturating_sub(TRUSTED_BEFORE_NS));
        for (pitcher, arm) in &mut self.known.arms {
            let of_him = arm.trust(mound, confidence, since);
            if !of_him.is_empty() {
                arm.publish(&self.config, &mut self.judge, (*pitcher, mound), now);
                self.known.stirred = true;
                told.extend(of_him);
            }
        }
        told
    }

    /// Takes whether it is told whose the throws on a mound are.
    pub fn is_told(&mut self, mound: MoundId, is_told: bool) {
        self.known.stirred |= self.known.sight.is_told(mound, is_told);
    }

    /// Takes which day of baseball it is: what was thrown in a bullpen on it stays shown until it is over.
    pub fn set_today(&mut self, today: Date) {
        self.known.stirred |= self.known.today.replace(today) != Some(today);
    }

    /// Who was named last on a mound and has not thrown there, and when he was.
    pub fn waiting(&self, mound: MoundId, now: BoxNs) -> Option<(PitcherId, EventNs)> {
        self.known.mounds.waiting(mound, &self.throws(), now)
    }

    /// Whether nobody stands on a mound: whoever threw there is known to have left it, and nobody was named or threw there since.
    pub fn is_deserted(&self, mound: MoundId, now: BoxNs) -> bool {
        self.known.mounds.is_deserted(mound, &self.throws(), self.known.sight.blind_since(mound), now)
    }

    /// Looks who stands where, is seen, and has a number of now, and tells of everybody of whom that changed. Alerts of who left
    /// his mound clear. Cheap where nothing happened since it was last called.
    pub fn watch(&mut self, now: BoxNs) -> Vec<Outcome> {
        if !self.known.stirred && now.0.abs_diff(self.known.looked.0) < LOOK_EVERY_NS {
            return Vec::new();
        }
        (self.known.stirred, self.known.looked) = (false, now);
        for (mound, unseen) in self.known.sight.lasting(EventNs(now.0)) {
            self.miss(mound, unseen);
        }
        let throws = self.throws();
        let mut outcomes = Vec::new();
        for pitcher in self.known.arms.keys().copied().collect::<Vec<_>>() {
            let mut changes = Changes::default();
            let twice = self.watch_two_mounds(pitcher, now, &mut changes);
            let runs = self.known.arms.get(&pitcher).map(|arm| arm.runs.keys().copied().collect::<Vec<_>>());
            for mound in runs.unwrap_or_default() {
                let blind_since = self.known.sight.blind_since(mound);
                let stand = self.known.mounds.stand(pitcher, mound, &throws, blind_since, now);
                let moved = self.settle(pitcher, mound, stand, now, &mut changes);
                if moved || twice || changes != Changes::default() {
                    self.conclude(pitcher, mound, stand, now);
                    self.known.arms.entry(pitcher).or_default().count_revision(mound);
                    outcomes.extend(self.outcome(pitcher, mound, true, std::mem::take(&mut changes)));
                }
            }
        }
        outcomes
    }

    /// Continues an outing after a restart: its pitches as stored, in any order. Alerts that stood stand again, under
    /// the numbers that they had, and are not raised anew. None without pitches.
    pub fn restore(
        &mut self,
        pitcher: PitcherId,
        mound: MoundId,
        key: OutingKey,
        pitches: impl IntoIterator<Item = OutingPitch>,
        now: BoxNs,
    ) -> Option<Readiness> {
        let mut pitches: Vec<OutingPitch> = pitches.into_iter().collect();
        pitches.sort_by_key(|p| (p.release, p.id));
        pitches.into_iter().map(|pitch| self.pitch(pitcher, mound, key, pitch, now).readiness).last()
    }

    /// Forgets everybody whose newest pitch was released before `before`, with his baseline and workload, which are
    /// another day's; returns the alerts that this cleared. Who has not thrown yet stays.
    pub fn retire(&mut self, before: EventNs) -> Vec<Alert> {
        let mut changes = Changes::default();
        let EngineState { book, arms, mounds, sight, .. } = &mut self.known;
        mounds.forget(before);
        sight.forget(before);
        arms.retain(|_, arm| match arm.newest_release() {
            Some(newest) if newest < before => {
                arm.end(book, newest, words::OUTING_ENDED, &mut changes);
                false
            }
            _ => true,
        });
        changes.cleared
    }

    /// Notes that somebody has seen an alert. None where no such alert stands.
    pub fn acknowledge(&mut self, alert: u64, when: String) -> Option<&Alert> {
        let EngineState { book, arms, .. } = &mut self.known;
        let published =
            arms.values_mut().flat_map(|arm| arm.runs.values_mut()).filter_map(|run| run.published.as_mut());
        for shown in published.flat_map(|published| published.alerts.iter_mut()).filter(|a| a.id == alert) {
            shown.acknowledged_at.get_or_insert_with(|| when.clone());
        }
        book.acknowledge(alert, when)
    }

    /// Raises an alert about a camera, in the same book as those about pitchers.
    pub fn raise_of_camera(&mut self, about: CameraAlert, at: EventNs) -> Alert {
        let CameraAlert { camera, mound, rule, severity, message, value, limit, since } = about;
        self.known.book.raise(
            at,
            Alert {
                id: 0,
                rule,
                severity,
                pitcher: None,
                camera,
                message,
                value,
                limit,
                raised_at: String::new(),
                since: since.map(words::rfc3339),
                cleared_at: None,
                acknowledged_at: None,
                now: None,
                cleared_because: None,
                mound,
                audience: Audience::Engineer,
            },
        )
    }

    /// Clears an alert that [`Self::raise_of_camera`] raised. None where the book no longer has it.
    pub fn clear_of_camera(&mut self, alert: u64, at: EventNs) -> Option<Alert> {
        self.known.book.clear(alert, at, "")
    }

    /// All alerts kept, oldest first: those that stand and the last that cleared.
    pub fn alerts(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.known.book.alerts()
    }

    /// Alerts that stand, about pitchers and about cameras, oldest first.
    pub fn standing(&self) -> impl Iterator<Item = &Alert> {
        self.alerts().filter(|alert| alert.cleared_at.is_none())
    }

    /// The readiness last published of every pitcher with an outing who has not left long ago, ascending by id and mound.
    pub fn active(&self) -> impl Iterator<Item = &Readiness> {
        self.outings().map(|(readiness, _)| readiness)
    }

    /// The same with how each outing went.
    pub fn outings(&self) -> impl Iterator<Item = (&Readiness, &Trend)> {
        let runs = self.known.arms.values().flat_map(|arm| arm.runs.values());
        runs.filter(|run| run.outing.newest().is_some() && !run.is_past)
            .filter_map(|run| Some((run.published.as_ref()?, &run.trend)))
    }

    /// How a pitcher's outing on a mound went.
    pub fn trend_of(&self, pitcher: PitcherId, mound: MoundId) -> Option<&Trend> {
        Some(&self.known.arms.get(&pitcher)?.runs.get(&mound)?.trend)
    }

    /// Everybody of whom something is known.
    pub fn followed(&self) -> impl Iterator<Item = PitcherId> + '_ {
        self.known.arms.keys().copied()
    }

    fn introduce(&mut self, pitcher: PitcherId, tell: impl FnOnce(&mut Arm)) -> Vec<Alert> {
        let mut changes = Changes::default();
        self.make_room(pitcher, EventNs(0), &mut changes);
        tell(self.known.arms.entry(pitcher).or_default());
        changes.cleared
    }

    /// Forgets the pitcher who threw longest ago when one more would be too many.
    fn make_room(&mut self, pitcher: PitcherId, at: EventNs, changes: &mut Changes) {
        let EngineState { book, arms, .. } = &mut self.known;
        if arms.contains_key(&pitcher) || arms.len() < self.config.pitchers_max.max(1) {
            return;
        }
        let longest_ago = arms.iter().min_by_key(|(_, arm)| arm.newest_release()).map(|(id, _)| *id);
        if let Some(mut arm) = longest_ago.and_then(|id| arms.remove(&id)) {
            arm.end(book, arm.newest_release().unwrap_or(at), TOO_MANY, changes);
        }
    }

    /// Everybody's throws.
    pub(super) fn throws(&self) -> Vec<Throws> {
        let arms = self.known.arms.iter();
        arms.flat_map(|(pitcher, arm)| {
            arm.runs.iter().filter(|(_, run)| run.outing.newest().is_some()).map(|(mound, run)| Throws {
                pitcher: *pitcher,
                mound: *mound,
                releases: run.outing.pitches().iter().map(|p| p.release).collect(),
            })
        })
        .collect()
    }

    pub(super) fn stand(&self, pitcher: PitcherId, mound: MoundId, now: BoxNs) -> Option<Stand> {
        self.known.mounds.stand(pitcher, mound, &self.throws(), self.known.sight.blind_since(mound), now)
    }

    fn scene(&self, mound: MoundId, stand: Option<Stand>, now: BoxNs) -> Scene {
        let by = stand.and_then(|stand| stand.by);
        let by_name = by.and_then(|by| self.name_of(by)).map(str::to_owned);
        let sight = &self.known.sight;
        Scene {
            stand,
            by_name,
            is_blind: sight.is_blind(mound),
            known: Known {
                seen_until: sight.seen_until(mound),
                unsure_since: stand
                    .and_then(|stand| self.known.mounds.unsure_since(mound, stand.last, sight.seen_until(mound), now)),
                is_untold: sight.is_untold(mound),
            },
            now,
        }
    }

    fn conclude(&mut self, pitcher: PitcherId, mound: MoundId, stand: Option<Stand>, now: BoxNs) {
        let scene = self.scene(mound, stand, now);
        let EngineState { book, arms, .. } = &mut self.known;
        if let Some(arm) = arms.get_mut(&pitcher) {
            arm.conclude(&self.config, book, (pitcher, mound), &scene);
        }
    }

    /// Acts on where a pitcher stands; whether that is news.
    fn settle(
        &mut self,
        pitcher: PitcherId,
        mound: MoundId,
        stand: Option<Stand>,
        now: BoxNs,
        changes: &mut Changes,
    ) -> bool {
        let scene = self.scene(mound, stand, now);
        let left = scene.left();
        let today = self.known.today;
        let EngineState { book, arms, .. } = &mut self.known;
        let Some(arm) = arms.get_mut(&pitcher) else { return false };
        if !left.is_empty() {
            arm.leave(book, mound, EventNs(now.0), &left, changes);
        }
        if let Some(run) = arm.runs.get_mut(&mound) {
            run.may_have_gone = mound != GAME_MOUND && scene.known.unsure_since.is_some();
        }
        let is_behind = arm.is_behind(mound);
        let Some(run) = arm.runs.get_mut(&mound) else { return false };
        let stays = mound != GAME_MOUND && today.is_some_and(|today| run.day() >= today);
        let is_past = !stays && stand.is_some_and(|stand| stand.is_past(now));
        let was_past = std::mem::replace(&mut run.is_past, is_past);
        let is_back = was_past && !run.is_past;
        let has_missed = run.has_missed();
        match is_behind {
            true if has_missed || left.is_empty() => {
                arm.publish(&self.config, &mut self.judge, (pitcher, mound), now);
            }
            true => arm.carry_dose(mound),
            false => {}
        }
        is_back || is_behind || arm.is_outdated(&self.config, (pitcher, mound), &scene)
    }

    fn outcome(&mut self, pitcher: PitcherId, mound: MoundId, changed: bool, changes: Changes) -> Option<Outcome> {
        let arm = self.known.arms.get_mut(&pitcher)?;
        let readiness = arm.published(mound)?.clone();
        let missed = arm.missed_outing(pitcher, mound);
        Some(Outcome { readiness, changed, raised: changes.raised, cleared: changes.cleared, missed })
    }
}

/// Since when nobody stood on a mound at a moment; none where somebody did, or nobody ever threw there.
pub(super) fn free_since(stands: &[(PitcherId, Stand)], at: EventNs) -> Option<EventNs> {
    let stands = || stands.iter().map(|(_, stand)| stand);
    let is_there = |stand: &Stand| match stand.state {
        PresenceState::OnMound => stand.since <= at,
        _ => stand.since > at,
    };
    let between = stands().filter(|stand| stand.state == PresenceState::BetweenInnings);
    between.map(|stand| stand.since).max().filter(|_| !stands().any(is_there))
}

/// Everybody's throws up to a moment.
pub(super) fn throws_until(throws: &[Throws], at: EventNs) -> Vec<Throws> {
    let until = |of: &Throws| {
        let releases: Vec<EventNs> = of.releases.iter().copied().filter(|release| *release <= at).collect();
        (!releases.is_empty()).then_some(Throws { pitcher: of.pitcher, mound: of.mound, releases })
    };
    throws.iter().filter_map(until).collect()
}
